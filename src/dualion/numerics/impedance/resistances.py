"""Resistances of processes against temperature, from tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from dualion.numerics.impedance.arrhenius import Array
from dualion.numerics.impedance.spectra import temperature_of
from dualion.records.measurement import Measurement
from dualion.records.quantity import Flag


@dataclass(frozen=True, slots=True, eq=False)
class Process:
    """Resistances of one process against temperature.

    Parameters
    ----------
    name : str
        Empty where there is only one.
    celsius : ndarray, shape (n,)
        [degC]
    resistance : ndarray, shape (n,)
        [ohm]
    relative_error : ndarray, shape (n,), or None
        [1] standard error of ln R.
    """

    name: str
    celsius: Array
    resistance: Array
    relative_error: Array | None


def processes_of_tables(measurements: Sequence[Measurement], flags: list[Flag]) -> list[Process]:
    """Processes from tables of resistances; those of one process are joined.

    Parameters
    ----------
    measurements : sequence of Measurement
        With ``resistance_ohm``, and a temperature in a column or of the whole; ``conditions["process"]`` names the process.
    flags : list of Flag
        To which is added what is left out.

    Returns
    -------
    list of Process
    """
    parts: dict[str, list[pl.DataFrame]] = {}
    given = {_process_of(one) for one in measurements if "resistance_stderr_ohm" in one.table.columns}
    for measured in measurements:
        table = measured.table
        column = next((name for name in ("cell_temperature_celsius", "ambient_temperature_celsius") if name in table.columns), None)
        celsius = table[column] if column else pl.Series([temperature_of(measured)[0]] * table.height)
        errors = table["resistance_stderr_ohm"] if "resistance_stderr_ohm" in table.columns else pl.Series([None] * table.height)
        rows = pl.DataFrame({"celsius": celsius, "ohm": table["resistance_ohm"], "stderr": errors.cast(pl.Float64)})
        usable = rows.filter(pl.col("celsius").is_finite() & pl.col("ohm").is_finite() & (pl.col("ohm") > 0))
        if usable.height < rows.height:
            count = rows.height - usable.height
            flags.append(
                Flag("rows_left_out", "warning", f"{measured.source.file}: {count} rows without a usable resistance and temperature.")
            )
        parts.setdefault(_process_of(measured), []).append(usable)
    found = []
    for name, rows_of in parts.items():
        rows = pl.concat(rows_of).sort("celsius", "ohm")  # whatever the order of the rows
        ohm, stderr = rows["ohm"].to_numpy(), rows["stderr"].to_numpy().astype(float)
        known = rows.height > 0 and bool(np.isfinite(stderr).all() and (stderr > 0).all())
        if name in given and not known:
            label = name or "the resistance"
            flags.append(Flag("errors_not_used", "warning", f"{label}: a standard error is missing or not positive; none of them is used."))
        found.append(Process(name, rows["celsius"].to_numpy(), ohm, stderr / ohm if known else None))
    return found


def _process_of(measured: Measurement) -> str:
    name = measured.conditions.get("process", "")
    return name if isinstance(name, str) else ""
