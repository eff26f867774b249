"""Several models on one curve: which of them describe it, and which of those is the best.

A model is accepted where chi^2 / nu does not exceed its limit, its exponent is one of an interface (3 to 4), its composition phi (1 -
phi) is that of two phases (at most 1/4), and its covariance exists. Among the accepted ones the best has the lowest Bayesian information
criterion; within six of it they are not told apart (Kass & Raftery 1995).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from dualion.numerics.scattering.curve_fit import CurveFit
from dualion.numerics.scattering.models import POROD
from dualion.numerics.scattering.two_phases import GREATEST, composition

#: Difference of the criterion up to which two models are not told apart.
NOT_TOLD_APART = 6.0
#: Names of the length that belongs to B in each model with two phases.
LENGTHS = {"m1": "a", "saurel": "a", "mesopores": "a", "teubner_strey": "xi"}
_NEAR = 1e-6  # of the exponent to its end


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model on a curve.

    Parameters
    ----------
    name : str
    fit : CurveFit or None
        None where it could not be fitted.
    reasons : tuple of str
        Why it is refused; empty where it is accepted.
    """

    name: str
    fit: CurveFit | None
    reasons: tuple[str, ...]

    @property
    def accepted(self) -> bool:
        """Whether it describes the curve."""
        return not self.reasons


def composition_of(fit: CurveFit, contrast: float | None) -> float | None:
    """The composition phi (1 - phi) [1] of a model of two phases on an absolute scale; None for another.

    Parameters
    ----------
    fit : CurveFit
    contrast : float or None
        [cm-2]; None where the scale is arbitrary.
    """
    length = LENGTHS.get(fit.model.name)
    if length is None or contrast is None:
        return None
    return composition(fit.of_product("B", length)[0], contrast)


def exponent_outside(fit: CurveFit) -> bool:
    """Whether the exponent of the power law was fitted, carries weight, and is outside 3 to 4 or at its bound."""
    place = fit.model.place("n")
    if fit.model.parameters[place].fixed or fit.value("A") <= 0:
        return False
    n = float(fit.values[place])
    return not POROD[0] - _NEAR <= n <= POROD[1] + _NEAR or ("n" in fit.at_bound and n != POROD[1])


def reasons(fit: CurveFit, *, limit: float, contrast: float | None) -> tuple[str, ...]:
    """Why a model is refused.

    Parameters
    ----------
    fit : CurveFit
    limit : float
        [1] of chi^2 / nu.
    contrast : float or None
        [cm-2]; None where the scale is arbitrary.
    """
    found = []
    if fit.reduced > limit:
        found.append(f"poor fit: chi2 per degree of freedom {fit.reduced:.3g} exceeds {limit:g}")
    x = composition_of(fit, contrast)
    if x is not None and x > GREATEST:
        found.append(f"inconsistent invariant: phi(1-phi) = {x:.3f} exceeds 1/4")
    if exponent_outside(fit):
        found.append(f"slope not Porod: exponent {fit.value('n'):.2f}")
    if not fit.varied.any():
        found.append("its parameters are not determined by the curve")
    return tuple(found)


def best(candidates: Sequence[Candidate]) -> Candidate | None:
    """The accepted model of the lowest criterion; None where none is accepted.

    Parameters
    ----------
    candidates : sequence of Candidate
    """
    accepted = [one for one in candidates if one.accepted and one.fit is not None]
    return min(accepted, key=lambda one: one.fit.bic if one.fit else 0.0) if accepted else None


def model_table(candidates: Sequence[Candidate], chosen: str, contrast: float | None) -> pl.DataFrame:
    """One row for each model.

    Parameters
    ----------
    candidates : sequence of Candidate
    chosen : str
        Name of the model whose values are given.
    contrast : float or None
        [cm-2]; None where the scale is arbitrary.
    """
    fits = [one.fit for one in candidates]
    lowest = min((fit.bic for fit in fits if fit is not None), default=0.0)
    return pl.DataFrame(
        {
            "model": [one.name for one in candidates],
            "chi2r": [None if fit is None else fit.reduced for fit in fits],
            "chi2_over_n": [None if fit is None else fit.chi2 / fit.q.size for fit in fits],
            "bic": [None if fit is None else fit.bic for fit in fits],
            "delta_bic": [None if fit is None else fit.bic - lowest for fit in fits],
            "free_parameters": [None if fit is None else fit.free for fit in fits],
            "phi_times_one_minus_phi": [None if fit is None else composition_of(fit, contrast) for fit in fits],
            "accepted": ["yes" if one.accepted else "no" for one in candidates],
            "chosen": ["yes" if one.name == chosen else "no" for one in candidates],
            "reason": ["; ".join(one.reasons) for one in candidates],
            "values": [_written(fit) for fit in fits],
        },
        schema_overrides={
            **dict.fromkeys(("chi2r", "chi2_over_n", "bic", "delta_bic", "phi_times_one_minus_phi"), pl.Float64),
            "free_parameters": pl.Int64,
        },
    )


def _written(fit: CurveFit | None) -> str:
    if fit is None:
        return ""
    return ", ".join(f"{one.name} {value:.4g}" for one, value in zip(fit.model.parameters, fit.values, strict=True))
