"""An isotherm from what a reader found: columns in our units, both branches, and the conditions by their fixed names."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from dualion.errors import ReadError
from dualion.numerics.sorption.branches import BRANCHES
from dualion.numerics.sorption.gases import CELSIUS, gas
from dualion.readers.adsorption.loadings import loading_factor
from dualion.readers.format import Given
from dualion.readers.spectra.units import factor_to
from dualion.readers.tables import measured
from dualion.records.measurement import Measurement
from dualion.records.quantity import Flag, Quantity

RELATIVE, PRESSURE, SATURATION, LOADING = "relative_pressure", "pressure_pascal", "saturation_pressure_pascal", "loading_mol_per_kg"
_HOTTEST = 1000.0  # [K]


@dataclass(frozen=True, slots=True)
class Said:
    """What a file says besides its numbers.

    Parameters
    ----------
    adsorptive : str
        As written; empty where it is not said.
    temperature : float or None
        [K] of the bath.
    mass : float or None
        [g] of the sample.
    sample, instrument : str
    others : mapping of str to Quantity or str
        Vendor values and the like.
    """

    adsorptive: str = ""
    temperature: float | None = None
    mass: float | None = None
    sample: str = ""
    instrument: str = ""
    others: Mapping[str, Quantity | str] = field(default_factory=dict)

    def conditions(self) -> dict[str, Quantity | str]:
        """By their fixed names."""
        found: dict[str, Quantity | str] = {}
        if self.adsorptive:
            known = gas(self.adsorptive)
            found["adsorptive"] = self.adsorptive if known is None else known.name
        if self.temperature is not None and 0 < self.temperature < _HOTTEST:
            found["temperature"] = Quantity(round(self.temperature - CELSIUS, 9), "degC")
        if self.mass is not None and 0 < self.mass < math.inf:
            found["mass"] = Quantity(self.mass, "g")
        words = (("title", self.sample), ("instrument", self.instrument))
        return found | {name: text for name, text in words if text} | dict(self.others)


def pressure_factor(given: Given, where: str, written: str) -> float:
    """Factor [Pa] for each unit of a pressure.

    Raises
    ------
    ReadError
        The unit is not known.
    """
    found = factor_to(written, "Pa")
    if found is None:
        raise ReadError(given.name, where, f'"{written[:40]}" is no unit of a pressure that is known', "Write Pa, kPa, bar, torr or mmHg.")
    return found


def factor_of(given: Given, where: str, name: str, written: str, said: Said, *, standard: bool = False) -> float:
    """Factor to our unit of a column of an isotherm; 1 for a relative pressure.

    Parameters
    ----------
    given : Given
        For messages.
    where, name, written : str
        Position in the file, one of our columns, and its unit as in the file.
    said : Said
        Whose adsorptive and mass a loading may need.
    standard : bool
        Whether the file says elsewhere that its volumes are at 0 degC and 101325 Pa.

    Raises
    ------
    ReadError
        The unit is not known, or a loading lacks its basis or its mass.
    """
    if name == LOADING:
        return loading_factor(given, where, written, adsorptive=said.adsorptive, mass=said.mass, standard=standard)
    return 1.0 if name == RELATIVE else pressure_factor(given, where, written)


def isotherm(
    given: Given,
    columns: Mapping[str, pl.Series],
    said: Said,
    *,
    reader: str,
    branch: Sequence[str] | None = None,
    flags: Sequence[Flag] = (),
    version: int = 1,
) -> Measurement:
    """A measurement of sorption.

    Parameters
    ----------
    given : Given
    columns : mapping of str to polars.Series, shape (n,)
        ``loading_mol_per_kg`` with ``relative_pressure``, or with ``pressure_pascal`` and perhaps ``saturation_pressure_pascal``.
    said : Said
    reader : str
    branch : sequence of str or None, shape (n,)
        ``"adsorption"`` or ``"desorption"``; split at the highest pressure where None.
    flags : sequence of Flag
    version : int
        [1] of the reader.

    Raises
    ------
    ReadError
        There are no rows, or no pressures.
    """
    found = dict(columns)
    if PRESSURE not in found and RELATIVE not in found:
        raise ReadError(given.name, "columns", "there is no pressure", "Export pressure or relative pressure.")
    if RELATIVE not in found and SATURATION in found:
        saturation = found[SATURATION].set(found[SATURATION] <= 0, None)
        found[RELATIVE] = found[PRESSURE] / saturation
    rows = len(found[LOADING])
    if rows == 0:
        raise ReadError(given.name, "end of file", "the isotherm has no points", "Export the measurement anew.")
    words = _split(found[RELATIVE] if RELATIVE in found else found[PRESSURE]) if branch is None else list(branch)
    order = (RELATIVE, PRESSURE, SATURATION, LOADING)
    frame = pl.DataFrame({name: found[name].cast(pl.Float64) for name in order if name in found})
    frame = frame.with_columns(pl.Series("branch", words, dtype=pl.Enum(BRANCHES)))
    return measured(given, frame, technique="sorption", reader=reader, version=version, conditions=said.conditions(), flags=flags)


def _split(pressure: pl.Series) -> list[str]:
    """Adsorption up to the highest pressure, desorption behind it."""
    values = pressure.fill_null(-math.inf).fill_nan(-math.inf).to_numpy()
    highest = int(np.argmax(values))
    return [BRANCHES[0] if at <= highest else BRANCHES[1] for at in range(values.size)]
