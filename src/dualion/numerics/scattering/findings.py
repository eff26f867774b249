"""What a careful reader must know of a fitted scattering curve, as flags."""

from __future__ import annotations

import math

from dualion.errors import CoverageError, FitError
from dualion.numerics.scattering.choice import LENGTHS, NOT_TOLD_APART, Candidate, composition_of, exponent_outside
from dualion.numerics.scattering.contrast import GRAPHITE_DENSITY
from dualion.numerics.scattering.curve_fit import CurveFit, fit_curve
from dualion.numerics.scattering.curves import ScatteringCurve
from dualion.numerics.scattering.models import build
from dualion.numerics.scattering.two_phases import GREATEST
from dualion.records.quantity import Flag

#: |corr(B, a)| above which the two are one number.
STRONG = 0.995
#: a Q_min and a Q_max between which the knee must lie.
KNEE = (1.0, 1.5)
#: Gain of the Bayesian information criterion from which a second population of pores is taken for real (Kass & Raftery 1995).
_VERY_STRONG = 10.0
#: [nm-1] where mesopores scatter beyond the pores.
_MESOPORES = (0.4, 1.0)
_LARGER = 2.0  # length of the second population over that of the first
_ROUGH = 1e-5  # relative decrease of chi^2 at which that fit ends: only its size counts
_NOTICED = 0.02  # its least share of the intensity there
#: [nm-1] above which the 002 reflection lifts the curve.
REFLECTION = 8.0


def fit_flags(fit: CurveFit, *, limit: float, contrast: float | None) -> list[Flag]:
    """Flags of a fit: misfit, composition, exponent, background, correlation, knee.

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
        message = f"{fit.model.name}: chi2 per degree of freedom is {fit.reduced:.3g}, above {limit:g}: it does not describe the curve"
        found.append(Flag("poor_fit", "refusal", f"{message}, and what it says of pores is withheld. Compare the models."))
    x = composition_of(fit, contrast)
    if x is not None and x > GREATEST:
        message = f"phi(1-phi) = {x:.3f} exceeds 1/4, which no two phases have: the model, the scale or the density of the walls is wrong"
        found.append(Flag("inconsistent_invariant", "refusal", f"{message}. Porosity, volumes and areas are withheld."))
    if exponent_outside(fit):
        message = f"The fitted exponent is {fit.value('n'):.2f}, and an interface has 3 to 4: the power law is no surface."
        found.append(Flag("slope_not_porod", "warning", message))
    if "D" in fit.at_bound:
        found.append(Flag("background_at_bound", "warning", f"The background lies at its bound, {fit.value('D'):.4g}: {_BOUNDED}."))
    if not fit.varied.any():
        message = "The curve does not determine the parameters of the model; no error can be given."
        found.append(Flag("not_determined", "warning", message))
    return found + _pore_flags(fit)


_BOUNDED = "the curve does not show it, and without the bound it would take up what the model lacks"


def _pore_flags(fit: CurveFit) -> list[Flag]:
    """Whether amplitude and length are two numbers, and whether the knee lies in the window."""
    name = LENGTHS.get(fit.model.name)
    if name is None:
        return []
    found = []
    shared = fit.correlation("B", name)
    if shared is not None and abs(shared) > STRONG:
        message = f"The correlation of B and {name} is {shared:.4f}: neither is known alone; use their product."
        found.append(Flag("correlation", "warning", message))
    ends = fit.value(name) * fit.q[0], fit.value(name) * fit.q[-1]
    if ends[0] > KNEE[1] or ends[1] < KNEE[0]:
        message = f"{name} Q runs from {ends[0]:.2g} to {ends[1]:.2g}: the knee, at 1, lies outside of the window. Widen the window."
        found.append(Flag("knee_outside_window", "warning", message))
    return found


def scale_flags(*, absolute: bool, assumed_density: bool, q_max: float) -> list[Flag]:
    """Flags of the scale, of the density of the walls and of the end of the window.

    Parameters
    ----------
    absolute : bool
    assumed_density : bool
        Whether the density of graphite was taken because none was given.
    q_max : float
        [nm-1] end of the window.
    """
    found = []
    if not absolute:
        message = "The intensity has no absolute scale: amplitudes and the closed-pore parameter compare only within one experiment, and"
        found.append(Flag("arbitrary_scale", "warning", f"{message} only at equal normalisation; there is no porosity."))
    elif assumed_density:
        message = (
            f"The density of the walls was not given; {GRAPHITE_DENSITY} g/cm3 of graphite was taken, and hard carbon may have 10 % less."
        )
        found.append(Flag("rho_skel_assumed", "warning", message))
    if q_max > REFLECTION:
        message = f"The window goes to {q_max:g} nm-1; above {REFLECTION:g} nm-1 the 002 reflection lifts the curve."
        found.append(Flag("reflection_in_window", "warning", message))
    return found


def open_pore_flags(fit: CurveFit, curve: ScatteringCurve, *, d_bound: float | None, background: bool, limit: float) -> list[Flag]:
    """Whether a second, larger population of pores is seen at 0.4 to 1.0 nm-1.

    Parameters
    ----------
    fit : CurveFit
        Of a model with one population.
    curve : ScatteringCurve
        Inside the window.
    d_bound : float or None
        Lower bound of the background, in the [unit] of the intensity.
    background : bool
    limit : float
        [1] of chi^2 / nu of the fit with both populations.
    """
    if fit.model.name not in ("m1", "saurel"):
        return []
    model = build("mesopores", curve.q, d_bound=d_bound, background=background)
    try:
        both = fit_curve(model, curve.q, curve.intensity, curve.error, stated=curve.stated, flat=_ROUGH)
    except (CoverageError, FitError):
        return []
    sizes = sorted((both.value(length), amplitude) for length, amplitude in (("a", "B"), ("a_meso", "B_meso")))
    (small, _), (large, name) = sizes
    if both.reduced > limit or fit.bic - both.bic < _VERY_STRONG or large < _LARGER * small or not both.value(name) > 0:
        return []
    share = max(_share(both, name, large, at) for at in _MESOPORES)
    if share < _NOTICED or not math.isfinite(share):
        return []
    message = (
        f"A second population of {large:.2g} nm gives up to {share:.0%} of the intensity at 0.4 to 1.0 nm-1: mesopores, which may be open,"
    )
    return [
        Flag("open_pores_included", "warning", f"{message} are counted in with the pores. Take the N2 volume off before calling it closed.")
    ]


def _share(both: CurveFit, name: str, length: float, at: float) -> float:
    """Share of the second population in the intensity at a Q."""
    from numpy import array

    total = float(both.model.intensity(array([at]), both.values)[0])
    return both.value(name) * length**4 / (1 + (length * at) ** 2) ** 2 / total if total > 0 else 0.0


def choice_flags(candidates: list[Candidate], chosen: Candidate) -> list[Flag]:
    """Whether another accepted model is as good.

    Parameters
    ----------
    candidates : list of Candidate
    chosen : Candidate
    """
    if chosen.fit is None:
        return []
    lowest = chosen.fit.bic
    near = [
        one.name
        for one in candidates
        if one.accepted and one.fit is not None and one.name != chosen.name and abs(one.fit.bic - lowest) < NOT_TOLD_APART
    ]
    if not near:
        return []
    return [Flag("models_not_told_apart", "note", f"The criterion of {', '.join(near)} is within {NOT_TOLD_APART:g} of {chosen.name}.")]
