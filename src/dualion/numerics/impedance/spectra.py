"""Impedance spectra as arrays: which points of a table are used, which are left out and why, and at which temperature they were taken.

Inductance of leads turns Im Z positive at the highest frequencies. Those points are left out, never silently: every point with Im Z > 0 in
the highest decade, and the unbroken run of them that begins at the highest frequency. A temperature is taken from the sensor at the cell,
from the cell record, from the conditions, or from the chamber, in this order; it is never guessed from a name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl

from dualion.errors import CoverageError, SpecError
from dualion.numerics.impedance.circuits import Array, ComplexArray
from dualion.records.measurement import Measurement
from dualion.records.quantity import Flag, Quantity

Mask = Literal["inductive-tail", "capacitive-only", "none"]
MASKS = ("inductive-tail", "capacitive-only", "none")

#: Columns of a spectrum.
COLUMNS = ("frequency_hertz", "real_impedance_ohm", "imaginary_impedance_ohm")
#: Why a point is left out that holds no impedance.
UNUSABLE = "not a usable number"
#: Fewest usable points, and distinct frequencies.
FEWEST = 6
_DECADE = 10.0


@dataclass(frozen=True, slots=True, eq=False)
class Spectrum:
    """The usable points of a spectrum, from high to low frequency.

    Parameters
    ----------
    frequency : ndarray, shape (n,)
        [Hz]
    impedance : ndarray of complex, shape (n,)
        [ohm]
    left_out : polars.DataFrame
        Points that are not used: ``frequency [Hz]``, ``real_impedance [ohm]``, ``imaginary_impedance [ohm]``, ``reason``.
    """

    frequency: Array
    impedance: ComplexArray
    left_out: pl.DataFrame

    def without(self, places: tuple[int, ...], reason: str) -> Spectrum:
        """The spectrum without points at places [1] from 0, which join those left out."""
        kept = np.ones(self.frequency.size, dtype=bool)
        kept[list(places)] = False
        gone = _listed(self.frequency[~kept], self.impedance[~kept], [reason] * int((~kept).sum()))
        return Spectrum(self.frequency[kept], self.impedance[kept], pl.concat([self.left_out, gone]))


def spectrum_of(measured: Measurement, *, mask: Mask = "inductive-tail", window: tuple[float, float] | None = None) -> Spectrum:
    """The spectrum in a measurement.

    Parameters
    ----------
    measured : Measurement
    mask : {"inductive-tail", "capacitive-only", "none"}
        Which points with Im Z > 0 are left out.
    window : tuple of two floats, optional
        [Hz] outside of which points are left out.

    Returns
    -------
    Spectrum

    Raises
    ------
    CoverageError
        Fewer than 6 usable points at different frequencies.
    """
    f, real, imaginary = (measured.table[name].to_numpy().astype(float) for name in COLUMNS)
    order = np.argsort(-np.where(np.isfinite(f), f, -np.inf), kind="stable")
    f, real, imaginary = f[order], real[order], imaginary[order]
    reasons = np.full(f.size, "", dtype=object)
    usable = np.isfinite(f) & np.isfinite(real) & np.isfinite(imaginary) & (f > 0)
    z = np.where(usable, real, np.nan) + 1j * np.where(usable, imaginary, 0.0)
    usable &= z != 0
    reasons[~usable] = UNUSABLE
    reasons[np.isnan(f) & np.isnan(real) & np.isnan(imaginary)] = "row without an impedance"  # such as of a direct current beforehand
    if window is not None:
        reasons[usable & ((f < min(window)) | (f > max(window)))] = "outside the window"
    left = reasons == ""
    positive = left & (z.imag > 0)
    if mask == "inductive-tail" and left.any():
        run = np.cumsum(left & ~positive) == 0
        reasons[positive & (run | (f >= f[left].max() / _DECADE))] = "inductive tail"
    elif mask == "capacitive-only":
        reasons[positive] = "Im Z > 0"
    kept = reasons == ""
    distinct = int(np.unique(f[kept]).size)
    if distinct < FEWEST:
        raise CoverageError(f"{measured.source.file}: a spectrum, in usable points at different frequencies,", FEWEST, distinct)
    return Spectrum(f[kept], z[kept], _listed(f[~kept], z[~kept], [str(one) for one in reasons[~kept]]))


def left_out_flags(left_out: pl.DataFrame) -> tuple[Flag, ...]:
    """What a reader must know of the points that are not used: a note, and a warning where they hold no impedance.

    Parameters
    ----------
    left_out : polars.DataFrame
        As in ``Spectrum``.
    """
    if not left_out.height:
        return ()
    listed = "the table left_out lists them with the reason"
    found = [Flag("points_left_out", "note", f"{left_out.height} points are not used; {listed}.")]
    unusable = left_out.filter(pl.col("reason") == UNUSABLE).height
    if unusable:
        found.append(Flag("rows_left_out", "warning", f"{unusable} points hold no usable frequency or impedance; {listed}."))
    return tuple(found)


def check_window(window: tuple[float, float] | None) -> None:
    """Refuse a window [Hz] that holds no frequency, with a ``SpecError``."""
    if window is not None and not 0 <= min(window) < max(window):
        raise SpecError("window: write two different frequencies in Hz, such as [0.01, 100000].")


def temperature_of(measured: Measurement) -> tuple[float, bool]:
    """Temperature of a measurement [degC], and whether it was measured at the cell.

    Parameters
    ----------
    measured : Measurement

    Returns
    -------
    tuple of float and bool

    Raises
    ------
    SpecError
        It is not known.
    """
    sensor = _mean(measured, "cell_temperature_celsius")
    if sensor is not None:
        return sensor, True
    given = measured.cell.temperature or measured.conditions.get("temperature")
    if isinstance(given, Quantity) and given.unit == "degC" and given.value is not None:
        return given.value, False
    chamber = _mean(measured, "ambient_temperature_celsius")
    if chamber is not None:
        return chamber, False
    raise SpecError(
        f"{measured.source.file}: temperature: missing. Give it in dualion.toml (temperature of the file), as Measurement.cell, or in a "
        "column cell_temperature_celsius."
    )


def _mean(measured: Measurement, name: str) -> float | None:
    """Mean of the usable numbers of a column; None where there are none."""
    if name not in measured.table.columns:
        return None
    values = measured.table[name].to_numpy().astype(float)
    usable = values[np.isfinite(values)]
    return float(usable.mean()) if usable.size else None


def _listed(frequency: Array, impedance: ComplexArray, reasons: list[str]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "frequency [Hz]": frequency,
            "real_impedance [ohm]": np.real(impedance).astype(float),
            "imaginary_impedance [ohm]": np.imag(impedance).astype(float),
            "reason": pl.Series(reasons, dtype=pl.String),
        },
        schema_overrides={"frequency [Hz]": pl.Float64},
    )
