"""One file read, with what the project knows of it put in; and what is worth saying of it in a line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from dualion.project.drawing import SIMULATED
from dualion.project.roles import Role
from dualion.readers.quality.spectrum_checks import ABSCISSAE
from dualion.records.cell_record import CellRecord
from dualion.records.measurement import ELECTROCHEMICAL, Measurement
from dualion.records.quantity import Flag, Quantity

#: [1] Share of the largest current below which a row counts as rest.
_REST_SHARE = 0.01
#: [1] Fewest pulses of one direction, one after the other with rests between, that look like a titration.
FEWEST_PULSES = 10


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file was read as.

    Parameters
    ----------
    path, technique, reader : str
    reader_version : int
        [1]
    sha256 : str
    rows : int
        [1]
    columns : tuple of str
    ranges : tuple of (name, lowest, highest)
        Lowest and highest value of the columns that say most [unit of the column].
    duration : float or None
        [s] from the first to the last row.
    temperature : float or None
        [degC]
    kind, working : str or None
        Of the cell.
    titration : bool
        Whether a charge-discharge file looks like pulses with rests.
    flags : tuple of Flag
    corrections : tuple of str
    simulated : bool
        Whether a model wrote it.
    regions : tuple of (region, technique)
        Every measurement of a file that names its regions; empty for a file that holds one without a name.
    sample : str
    state : str
        Of the sample: in words, or the potential at which it was taken; empty where nothing is said.
    """

    path: str
    technique: str
    reader: str
    reader_version: int
    sha256: str
    rows: int
    columns: tuple[str, ...]
    ranges: tuple[tuple[str, float, float], ...] = ()
    duration: float | None = None
    temperature: float | None = None
    kind: str | None = None
    working: str | None = None
    titration: bool = False
    flags: tuple[Flag, ...] = ()
    corrections: tuple[str, ...] = ()
    simulated: bool = False
    regions: tuple[tuple[str, str], ...] = ()
    sample: str = ""
    state: str = ""


_SHOWN = tuple(
    dict.fromkeys(("voltage_volt", "current_ampere", "frequency_hertz", *(name for names in ABSCISSAE.values() for name in names)))
)


def read_file(path: Path, role: Role) -> tuple[Measurement, ...]:
    """Read a file, every region of it, and put in what the project knows of it.

    Parameters
    ----------
    path : Path
    role : Role

    Returns
    -------
    tuple of Measurement
        With the cell record of the project over what the file says, the sample, and the stated conditions.

    Raises
    ------
    ReadError
        The file cannot be read.
    SpecError
        A repair is not known.
    """
    from dualion.readers import read_all

    return tuple(with_role(one, role) for one in read_all(path, declared=role.declared, repair=role.repair))


def with_role(measured: Measurement, role: Role) -> Measurement:
    """A measurement with what the project knows of its file."""
    conditions: dict[str, Quantity | str] = dict(measured.conditions)
    cell, flags = merged(measured.cell, role.cell.record), role.flags
    if role.temperature is not None and not (role.from_name and "temperature" in conditions):
        given = Quantity(role.temperature, "degC")
        conditions["temperature"], cell = given, replace(cell, temperature=given)
    else:
        flags = tuple(flag for flag in flags if flag.code != "temperature_from_name")
    if role.scan_rate is not None and not (role.from_name and "scan_rate" in conditions):
        conditions["scan_rate"] = Quantity(role.scan_rate, "mV/s")
    conditions |= role.conditions
    technique = role.measurement if role.measurement in ELECTROCHEMICAL and measured.technique in ELECTROCHEMICAL else measured.technique
    if measured.simulated:
        flags = (SIMULATED, *flags)
    sample = measured.sample if role.from_name and measured.sample else role.cell.sample
    return replace(measured, technique=technique, conditions=conditions, sample=sample, cell=cell, flags=(*measured.flags, *flags))


def merged(found: CellRecord, given: CellRecord) -> CellRecord:
    """What a file says of its cell, overridden by what the user gives."""
    kept: dict[str, Any] = {}
    for one in fields(CellRecord):
        value = getattr(given, one.name)
        if value is not None and value != one.default:
            kept[one.name] = value
    return replace(found, **kept)


def reading_of(several: Sequence[Measurement], path: str) -> Reading:
    """What is worth saying of the measurements of a file.

    Parameters
    ----------
    several : sequence of Measurement
        At least one.
    path : str
        Of its file, relative to the folder.

    Returns
    -------
    Reading
    """
    measured = several[0]
    table, source, cell = measured.table, measured.source, measured.cell
    ranges = []
    for name in _SHOWN:
        if name in table.columns:
            values = table[name].to_numpy()
            values = values[np.isfinite(values)]
            if values.size:
                ranges.append((name, float(values.min()), float(values.max())))
    return Reading(
        path,
        measured.technique,
        source.reader,
        source.reader_version,
        source.sha256,
        sum(one.table.height for one in several),
        tuple(table.columns),
        tuple(ranges),
        _duration(measured),
        _temperature(measured),
        cell.kind,
        cell.working,
        measured.technique == "gcd" and looks_like_titration(measured),
        tuple(dict.fromkeys(flag for one in several for flag in one.flags)),
        measured.corrections,
        measured.simulated,
        tuple((one.region, one.technique) for one in several if one.region),
        measured.sample,
        _state(measured),
    )


def _state(measured: Measurement) -> str:
    told = [measured.conditions[name] for name in ("state", "potential", "state_of_charge") if name in measured.conditions]
    return ", ".join(one if isinstance(one, str) else f"{one.value:g} {one.unit}" for one in told)


def _duration(measured: Measurement) -> float | None:
    if "test_time_second" not in measured.table.columns:
        return None
    times = measured.table["test_time_second"].to_numpy()
    times = times[np.isfinite(times)]
    return float(times.max() - times.min()) if times.size else None


def _temperature(measured: Measurement) -> float | None:
    known = measured.conditions.get("temperature")
    if isinstance(known, Quantity) and known.value is not None and known.unit in ("degC", "K"):
        from dualion.units import convert

        return round(convert(known.value, known.unit, "degC"), 6)
    return None if measured.cell.temperature is None else measured.cell.temperature.value


def looks_like_titration(measured: Measurement) -> bool:
    """Whether at least ten pulses of one direction follow each other with a rest after each."""
    if "current_ampere" not in measured.table.columns:
        return False
    current = measured.table["current_ampere"].to_numpy()
    current = current[np.isfinite(current)]
    if current.size == 0 or not np.abs(current).max() > 0:
        return False
    sign = np.where(np.abs(current) <= _REST_SHARE * np.abs(current).max(), 0, np.sign(current))
    runs = sign[np.flatnonzero(np.diff(sign, prepend=np.nan) != 0)]
    pulses = np.flatnonzero(runs)
    after_rest = (np.diff(pulses) == 2) & (np.diff(runs[pulses]) == 0)
    longest = best = 0
    for one in after_rest:
        longest = longest + 1 if one else 0
        best = max(best, longest)
    return best + 1 >= FEWEST_PULSES
