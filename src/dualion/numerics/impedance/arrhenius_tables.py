"""Lines of an Arrhenius analysis as tables of a result: headings are names with units."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from dualion.numerics.impedance.arrhenius import Array, Form, Line

_KILOJOULE = 1e3  # [J]


def points_table(process: str, line: Line, resistance: Array, relative_error: Array | None) -> pl.DataFrame:
    """The points of one process, with the line at each.

    Parameters
    ----------
    process : str
    line : Line
    resistance : ndarray, shape (n,)
        [ohm]
    relative_error : ndarray, shape (n,), or None
        [1] standard error of ln R.
    """
    count = line.kelvin.size
    error = np.full(count, np.nan) if relative_error is None else relative_error * resistance
    return pl.DataFrame(
        {
            "process": [process] * count,
            "temperature [K]": line.kelvin,
            "resistance [ohm]": resistance,
            "resistance_stderr [ohm]": pl.Series(error).fill_nan(None),
            "ln_rate": line.ordinate,
            "fitted_ln_rate": line.fitted,
            "residual": line.ordinate - line.fitted,
        }
    )


def errors_table(lines: Mapping[str, Mapping[Form, Line]]) -> pl.DataFrame:
    """What each source of error makes of the energy of every process, in both forms."""
    return pl.DataFrame(
        [
            {
                "process": process,
                "form": form,
                "activation_energy [kJ/mol]": one.energy / _KILOJOULE,
                "stderr [kJ/mol]": one.stderr / _KILOJOULE,
                "scatter [kJ/mol]": one.scatter / _KILOJOULE,
                "of_resistance [kJ/mol]": one.of_resistance / _KILOJOULE,
                "of_temperature [kJ/mol]": one.of_temperature / _KILOJOULE,
                "ln_prefactor": one.log_prefactor,
                "energy_prefactor_covariance [kJ/mol]": one.covariance[0, 1] / _KILOJOULE,
            }
            for process, forms in lines.items()
            for form, one in forms.items()
        ]
    )
