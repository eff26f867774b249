"""A circuit fit and a Kramers-Kronig test as tables of a result: headings are names with units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from dualion.numerics.impedance.choice import Candidate
from dualion.numerics.impedance.circuit_result import CircuitFit
from dualion.numerics.impedance.circuits import UNITS
from dualion.numerics.impedance.kramers_kronig import KramersKronig


def parameter_table(fits: Sequence[CircuitFit], named: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    """Every parameter of every fit with its unit in words, standard error and 95 % interval.

    Parameters
    ----------
    fits : sequence of CircuitFit
    named : sequence of mapping
        Further cells of the rows of each fit, such as its file.
    """
    rows = []
    for number, (fit, more) in enumerate(zip(fits, named, strict=True), start=1):
        for place, (name, role) in enumerate(zip(fit.names, fit.circuit.roles, strict=True)):
            value, stderr, (low, high) = fit.parameter(place)
            rows.append(
                {"spectrum": number, **more, "parameter": name, "unit": UNITS[role], "value": value, "stderr": stderr, "low": low,
                 "high": high, "at_bound": fit.at_bound[place]}
            )  # fmt: skip
    return pl.DataFrame(rows, schema_overrides={"temperature [degC]": pl.Float64})


def correlation_table(number: int, fit: CircuitFit) -> pl.DataFrame:
    """Correlations of the coordinates of a fit, which has a number [1] among the spectra."""
    columns = {name: fit.correlation[:, place] for place, name in enumerate(fit.names)}
    return pl.DataFrame({"spectrum": [number] * len(fit.names), "parameter": list(fit.names), **columns})


def residual_table(number: int, fit: CircuitFit) -> pl.DataFrame:
    """Points, fitted values and residuals of a fit, which has a number [1] among the spectra."""
    return pl.DataFrame(
        {
            "spectrum": [number] * fit.frequency.size,
            "frequency [Hz]": fit.frequency,
            "real_impedance [ohm]": fit.impedance.real,
            "imaginary_impedance [ohm]": fit.impedance.imag,
            "fitted_real_impedance [ohm]": fit.fitted.real,
            "fitted_imaginary_impedance [ohm]": fit.fitted.imag,
            "real_residual [%]": 100 * fit.residuals.real,
            "imaginary_residual [%]": 100 * fit.residuals.imag,
        }
    )


def kramers_kronig_table(number: int, test: KramersKronig) -> pl.DataFrame:
    """Residuals of a Kramers-Kronig test, of a spectrum that has a number [1]."""
    failing = np.zeros(test.frequency.size, dtype=bool)
    failing[list(test.failing)] = True
    return pl.DataFrame(
        {
            "spectrum": [number] * test.frequency.size,
            "frequency [Hz]": test.frequency,
            "real_residual [%]": 100 * test.residuals.real,
            "imaginary_residual [%]": 100 * test.residuals.imag,
            "fails": failing,
        }
    )


def start_table(number: int, fit: CircuitFit) -> pl.DataFrame:
    """Where each start of a fit ended, which has a number [1] among the spectra."""
    return pl.DataFrame(
        {
            "spectrum": [number] * len(fit.starts),
            "start": range(1, len(fit.starts) + 1),
            "chi_squared": [start.cost if np.isfinite(start.cost) else None for start in fit.starts],
            "converged": [start.converged for start in fit.starts],
        },
        schema_overrides={"chi_squared": pl.Float64},
    )


def candidate_table(candidates: Sequence[Candidate]) -> pl.DataFrame:
    """Circuits that were fitted, the chosen one first."""
    least = min(one.fit.bayes for one in candidates)
    return pl.DataFrame(
        {
            "circuit": [one.fit.circuit.text for one in candidates],
            "parameters": [one.fit.circuit.size for one in candidates],
            "chi_squared": [one.fit.chi_squared for one in candidates],
            "bayesian_information_criterion": [one.fit.bayes for one in candidates],
            "difference": [one.fit.bayes - least for one in candidates],
            "barred_by": [", ".join(one.barred) for one in candidates],
            "chosen": [place == 0 for place in range(len(candidates))],
        }
    )
