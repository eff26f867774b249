"""A fitted scattering curve as tables of a result: parameters with errors and bootstrap, their correlations."""

from __future__ import annotations

import numpy as np
import polars as pl

from dualion.numerics.scattering.choice import LENGTHS
from dualion.numerics.scattering.curve_fit import CurveFit
from dualion.numerics.scattering.laws import Array

_ENDS = (2.5, 97.5)  # per cent


def parameter_table(fit: CurveFit, unit: str, samples: Array | None) -> pl.DataFrame:
    """Every parameter, and the product B a, with standard error and what the bootstrap finds.

    Parameters
    ----------
    fit : CurveFit
    unit : str
        Of the intensity.
    samples : ndarray, shape (b, p), or None
        Bootstrap values, in the [unit] of each parameter.
    """
    rows = []
    for place, one in enumerate(fit.model.parameters):
        drawn = None if samples is None or one.fixed else samples[:, place]
        rows.append(_row(one.name, one.unit.replace("I", unit), fit.value(one.name), fit.stderr(one.name), drawn, fixed=one.fixed))
    name = LENGTHS.get(fit.model.name)
    if name is not None:
        product, stderr = fit.of_product("B", name)
        drawn = None if samples is None else samples[:, fit.model.place("B")] * samples[:, fit.model.place(name)]
        rows.append(_row(f"B {name}", f"{unit} nm-3", product, stderr, drawn, fixed=False))
    kinds = dict.fromkeys(("value", "stderr", "bootstrap_stderr", "low", "high"), pl.Float64)
    return pl.DataFrame(rows, schema_overrides=kinds)


def _row(name: str, unit: str, value: float, stderr: float | None, drawn: Array | None, *, fixed: bool) -> dict[str, object]:
    good = drawn[np.isfinite(drawn)] if drawn is not None else np.zeros(0)
    low, high = np.percentile(good, _ENDS) if good.size > 1 else (None, None)
    spread = float(np.std(good, ddof=1)) if good.size > 1 else None
    return {
        "parameter": name, "unit": unit, "value": value, "stderr": stderr, "bootstrap_stderr": spread,
        "low": None if low is None else float(low), "high": None if high is None else float(high), "fixed": fixed,
    }  # fmt: skip


def covariance_table(fit: CurveFit, unit: str) -> pl.DataFrame:
    """Covariance and correlation of every pair of parameters that have errors.

    Parameters
    ----------
    fit : CurveFit
    unit : str
        Of the intensity.
    """
    varied = [place for place, one in enumerate(fit.varied) if one]
    rows = []
    for i in varied:
        for j in varied:
            if j < i:
                continue
            first, second = fit.model.parameters[i], fit.model.parameters[j]
            covariance = float(fit.covariance[i, j])
            shared = fit.correlation(first.name, second.name)
            units = f"({first.unit.replace('I', unit)})({second.unit.replace('I', unit)})"
            rows.append({"first": first.name, "second": second.name, "covariance": covariance, "correlation": shared, "unit": units})
    kinds = {"first": pl.String, "second": pl.String, "covariance": pl.Float64, "correlation": pl.Float64, "unit": pl.String}
    return pl.DataFrame(rows, schema=kinds)
