"""A reduced curve, as any file of scattering holds it, under canonical names and in our units.

The scattering vector is read in the unit that the file states, or that the user declares; there is no default, because a factor of ten in q
changes a Porod constant by 10^4. The intensity is absolute where its unit is one of a length to the power -1 (per solid angle or not), else
arbitrary. A stated unit always overrules a declared one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from dualion.errors import ReadError
from dualion.readers.format import Given
from dualion.readers.spectra.meanings import MEANINGS, UnknownUnitError, meant
from dualion.readers.spectra.units import factor_to
from dualion.readers.tables import measured
from dualion.records.measurement import Measurement
from dualion.records.quantity import Flag, Quantity

_SAXS = "saxs"


@dataclass(frozen=True, slots=True)
class Reduced:
    """A curve with its units as written.

    Parameters
    ----------
    q, intensity : polars.Series of float64, shape (n,)
        In [q_unit] and [intensity_unit].
    q_unit, intensity_unit : str or None
        As written; None or empty where the file is silent.
    error : polars.Series of float64, shape (n,), or None
        One standard error, in the [intensity_unit].
    resolution : polars.Series of float64, shape (n,), or None
        One standard deviation of q, in the [q_unit].
    where : str
        Position in the file, for messages.
    region : str
        Name of the curve, where the file has several.
    conditions : mapping of str to Quantity or str
        What else the file says.
    flags : tuple of Flag
    """

    q: pl.Series
    intensity: pl.Series
    q_unit: str | None
    intensity_unit: str | None
    error: pl.Series | None = None
    resolution: pl.Series | None = None
    where: str = "start of file"
    region: str = ""
    conditions: Mapping[str, Quantity | str] = field(default_factory=dict)
    flags: tuple[Flag, ...] = ()


def measurement_of(given: Given, curve: Reduced, *, reader: str, version: int = 1) -> Measurement:
    """A measurement of technique ``saxs``.

    Parameters
    ----------
    given : Given
    curve : Reduced
    reader : str
        Name of the format.
    version : int
        [1] of the reader.

    Returns
    -------
    Measurement

    Raises
    ------
    ReadError
        A unit is neither stated nor declared, or not known; the lengths differ; or there are no rows.
    """
    q_unit = curve.q_unit or given.declared.x_unit
    intensity_unit = curve.intensity_unit or given.declared.y_unit
    sizes = {len(one) for one in (curve.q, curve.intensity, curve.error, curve.resolution) if one is not None}
    if len(sizes) > 1:
        raise ReadError(given.name, curve.where, f"its columns have {sorted(sizes)} rows", "Export the curve anew.")
    try:
        columns = meant(MEANINGS[_SAXS], curve.q, curve.intensity, x_unit=q_unit, y_unit=intensity_unit)
    except UnknownUnitError as problem:
        hint = f"{str(problem)[0].upper()}{str(problem)[1:]}."
        raise ReadError(given.name, curve.where, "a unit is not stated or not known", hint) from None
    scale = MEANINGS[_SAXS].ordinate(intensity_unit)[1]
    if curve.error is not None:
        columns["intensity_error"] = curve.error * scale
    if curve.resolution is not None:
        columns["q_resolution"] = curve.resolution * (factor_to(q_unit or "", "nm-1") or 1.0)
    said = [("x_unit", q_unit, curve.q_unit), ("y_unit", intensity_unit, curve.intensity_unit)]
    conditions = dict(curve.conditions) | {name: unit for name, unit, _ in said if unit}
    return measured(
        given,
        columns,
        technique=_SAXS,
        reader=reader,
        version=version,
        conditions=conditions,
        flags=(*curve.flags, *_declared(said)),
        region=curve.region,
    )


def _declared(said: Sequence[tuple[str, str | None, str | None]]) -> tuple[Flag, ...]:
    """The note that keeps what the user stated in place of the file."""
    stated = ", ".join(f'{name} = "{unit}"' for name, unit, written in said if unit and not written)
    return (Flag("declared", "note", f"The file does not state it; it was declared: {stated}."),) if stated else ()
