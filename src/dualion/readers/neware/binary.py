"""Neware's binary files, .nda and .ndax, by fastnda.

The counters are those of the file. Beside its ``cycle_count`` stands ``cycle_count_auto``, counted from the order of the steps: it rises
where a step of the sort that came first (charge or discharge) follows one of the other sort. The vendor's export agrees with one of
the two, and not always with the same one.

Amounts come in mA, mAh and mWh as float32, and leave in A, Ah and Wh as float64: exports agree within their own rounding. Net capacity and
energy are positive where the cell is charged, and begin anew with each step.

A file that is shorter than its header says is flagged ``truncated``, as is one whose header gives no length (a test that still ran): what
is there is read. An .ndax is a zip with check sums, and a cut one is refused.

Formats: Neware BTS 5 to 9 as reverse engineered in fastnda (Empa) and NewareNDA (Heaton 2020 ff.).
"""

from __future__ import annotations

import tempfile
import warnings
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualion.errors import ReadError
from dualion.readers.format import Format, Given
from dualion.readers.tables import measured
from dualion.records.measurement import Measurement
from dualion.records.quantity import Flag, Quantity

_VERSION = 1
_MAGIC = b"NEWARE"
_ZIP = b"PK\x03\x04"
_MAIN_MEMBER = "data.ndc"

# where a header says what the file is and where its records lie, each [byte]
_VERSION_AT = 14
_BTS9 = (129, 130)  # file versions of BTS 9
_RECORDS_AT, _RECORDS_AT_BTS9 = 64, 82
_HEADER_BTS9 = 1024
# [byte] of a record, by the version of the file, as far as the last record can be cut
_RECORD_BYTES = dict.fromkeys((5, 6, 7, 8), 59) | {1: 38, 2: 39, 3: 43, 4: 43, 9: 60, 10: 64, 19: 68}
_RECORD_BYTES |= dict.fromkeys((11, 12, 13, 15, 18), 69) | dict.fromkeys((14, 16, 17, 20, 22, 23, 24, 26, 28, 29), 86)
_RECORD_BYTES |= dict.fromkeys((25, 27), 70)

# active mass in the header [ug]: first version of the file with it, position [byte]
_MASS_AT = ((129, 330), (9, 152), (8, 144), (1, 80))
_UNSET_MASS = (0, 1000)  # [ug] nobody gave one, and the vendor's default of 1 mg
_UG_PER_MG = 1000.0

# fastnda's column, ours, and the factor to our unit
_NUMBERS = (
    ("total_time_s", "test_time_second", 1.0),
    ("step_time_s", "step_time_second", 1.0),
    ("voltage_V", "voltage_volt", 1.0),
    ("current_mA", "current_ampere", 1e-3),
    ("capacity_mAh", "step_net_capacity_ah", 1e-3),
    ("energy_mWh", "step_net_energy_wh", 1e-3),
    ("unix_time_s", "unix_time_second", 1.0),
)
# counters of charge and of discharge, where a file has two for one
_NET = (("capacity_mAh", "step_net_capacity_ah", 1e-3), ("energy_mWh", "step_net_energy_wh", 1e-3))
_COUNTERS = (("index", "record_index"), ("cycle_count", "cycle_count"), ("step_count", "step_count"), ("step_index", "step_index"))
_TEMPERATURE = "temperature_degC"
_NOT_OF_THE_CELL = ("setpoint", "clamp", "leader", "red")

# 1 for steps that charge, 0 for steps that discharge, by the code of the step; as the vendor counts them
_CHARGING = dict.fromkeys((1, 3, 7, 9, 11, 18, 27, 29), 1) | dict.fromkeys((2, 8, 10, 19, 20, 26, 28), 0)
_CODES, _UNKNOWN = 256, 255
_NEITHER = -1
_RUN_INFO, _STEPS = "data_runInfo.ndc", "data_step.ndc"  # members of an .ndax: times and counters of some records; kinds of the steps
_PAGE = 4096  # [byte] of a member; the first is its header
_LAST_PAGES = 4  # that are looked at: the very last may be empty
_MOST_UNLOGGED = 3  # records behind the last logged one, in the widest spacing of logged ones


def recognises_nda(given: Given) -> bool:
    """Whether the bytes are an .nda file."""
    return given.data.startswith(_MAGIC)


def recognises_ndax(given: Given) -> bool:
    """Whether the bytes are an .ndax file: a zip with a member ``data.ndc``."""
    if not given.data.startswith(_ZIP):
        return False
    with zipfile.ZipFile(BytesIO(given.data)) as archive:
        return _MAIN_MEMBER in archive.namelist()


def read_nda(given: Given) -> Measurement:
    """Read an .nda file.

    Parameters
    ----------
    given : Given

    Returns
    -------
    Measurement

    Raises
    ------
    ReadError
        There are no records. Damaged bytes may raise anything else, for the guard to turn into it.
    """
    frame, flags = _by_fastnda(given, ".nda")
    return _measurement(given, frame, "neware-nda", (*flags, *_of_header(given)))


def read_ndax(given: Given) -> Measurement:
    """Read an .ndax file.

    Parameters
    ----------
    given : Given

    Returns
    -------
    Measurement

    Raises
    ------
    ReadError
        There are no records. Damaged bytes may raise anything else, for the guard to turn into it.
    """
    frame, flags = _by_fastnda(given, ".ndax")
    return _measurement(given, frame, "neware-ndax", (*flags, *_of_members(given.data, frame)))


FORMATS = (
    Format("neware-nda", "Neware binary (.nda)", (".nda",), recognises_nda, read_nda, _VERSION),
    Format("neware-ndax", "Neware binary (.ndax)", (".ndax",), recognises_ndax, read_ndax, _VERSION),
)


def _by_fastnda(given: Given, suffix: str) -> tuple[pl.DataFrame, tuple[Flag, ...]]:
    """The records as fastnda decodes them; it takes a path, and the bytes go through a private file.

    Its ``read`` would add the time of the test, round, and cast to float32 what is known better; all of that is done here.
    """
    from fastnda.nda import read_nda as decode_nda
    from fastnda.ndax import read_ndax as decode_ndax

    with tempfile.TemporaryDirectory(prefix="dualion-") as folder, warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        path = Path(folder, f"measurement{suffix}")
        path.write_bytes(given.data)
        frame = decode_nda(path) if suffix == ".nda" else decode_ndax(path)
    notes = dict.fromkeys(str(one.message).split(" If you can")[0].strip() for one in said if issubclass(one.category, UserWarning))
    flags = tuple(
        Flag("truncated", "warning", note) if "may be missing" in note else Flag("unverified_format", "warning", note) for note in notes
    )
    return frame, flags


def _of_members(data: bytes, frame: pl.DataFrame) -> tuple[Flag, ...]:
    """Whether the members of an .ndax end together: a copy of a running test may hold more of one than of another."""
    try:
        from fastnda._ndc import read_ndc
    except ImportError:  # no part of its public interface
        return ()
    with zipfile.ZipFile(BytesIO(data)) as archive:
        if not {_RUN_INFO, _STEPS} <= set(archive.namelist()):
            return ()
        run, steps = archive.read(_RUN_INFO), read_ndc(archive.read(_STEPS))
    ends = run[:_PAGE] + run[-_LAST_PAGES * _PAGE :] if len(run) > (_LAST_PAGES + 1) * _PAGE else run
    logged = read_ndc(ends)["index"].sort()
    last, row = int(logged[-1]), int(frame["index"].max())  # type: ignore[arg-type]
    step, named = int(frame["step_count"].max()), int(steps["step_count"].max())  # type: ignore[arg-type]
    spacing = int(logged.diff().max() or 1)
    if last > row:
        why = f"the list of states goes on to record {last}, the records end with {row}"
    elif step != named:
        why = f"the records end in step {step}, the list of steps has {named}"
    elif row - last > _MOST_UNLOGGED * spacing:
        why = f"the list of states ends with record {last}, the records go on to {row}"
    else:
        return ()
    return (Flag("truncated", "warning", f"the members of the archive do not end together: {why}. Copy the file anew."),)


def _measurement(given: Given, frame: pl.DataFrame, reader: str, flags: tuple[Flag, ...]) -> Measurement:
    if frame.height == 0:
        raise ReadError(given.name, "end of file", "the file holds no records", "Export the measurement anew.")
    codes = _filled(frame["step_type"], _UNKNOWN).astype(np.uint8, copy=False)
    auto = pl.Series("cycle_count_auto", cycles_by_steps(codes))
    columns = [pl.col(theirs).cast(pl.Int64).alias(ours) for theirs, ours in _COUNTERS if theirs in frame.columns]
    columns += [(pl.col(theirs).cast(pl.Float64) * factor).alias(ours) for theirs, ours, factor in _NUMBERS if theirs in frame.columns]
    columns += [
        ((pl.col(f"charge_{theirs}").cast(pl.Float64) - pl.col(f"discharge_{theirs}").cast(pl.Float64)) * factor).alias(ours)
        for theirs, ours, factor in _NET
        if theirs not in frame.columns and f"charge_{theirs}" in frame.columns
    ]
    table = frame.select(columns).with_columns(_words(codes), auto, *_temperatures(frame))
    if "cycle_count" not in table.columns:
        table = table.with_columns(auto.alias("cycle_count"))
        flags += (
            Flag("cycle_count_derived", "note", "the file holds no counter of cycles; cycle_count follows from the order of the steps"),
        )
    if "test_time_second" not in table.columns:
        table = table.with_columns(pl.Series("test_time_second", _test_time(table["step_time_second"], table["step_count"])))
    return measured(given, table, technique="gcd", reader=reader, version=_VERSION, conditions=_conditions(given.data), flags=flags)


def cycles_by_steps(codes: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Cycle of each row by the order of charge and discharge steps, from 1; shape (n,).

    Parameters
    ----------
    codes : int array, shape (n,)
        Neware's code [1] of the step of each row; codes that neither charge nor discharge, such as rests, continue the cycle.
    """
    sort = np.full(_CODES, _NEITHER, dtype=np.int8)
    sort[list(_CHARGING)] = list(_CHARGING.values())
    begins = np.flatnonzero(np.concatenate([[True], codes[1:] != codes[:-1]])[: codes.size])
    sorts = sort[codes[begins]]
    counted = np.flatnonzero(sorts != _NEITHER)
    rises = np.zeros(begins.size, dtype=np.int64)
    if counted.size:
        of_counted = sorts[counted]
        turned = np.flatnonzero(of_counted[1:] != of_counted[:-1]) + 1
        rises[counted[turned[of_counted[turned] == of_counted[0]]]] = 1
    return np.repeat(np.cumsum(rises) + 1, np.diff(begins, append=codes.size))


def _test_time(in_step: pl.Series, step: pl.Series) -> NDArray[np.float64]:
    """Time [s] since the first record, from the time in each step: each begins where the longest of the step before ended."""
    times, steps = in_step.to_numpy(), _filled(step.forward_fill() if step.null_count() else step, 0)
    numbers, place = np.unique(steps, return_inverse=True) if np.any(steps[1:] < steps[:-1]) else (None, None)
    if place is None or numbers is None:
        begins = np.flatnonzero(np.concatenate([[True], steps[1:] != steps[:-1]]))
        longest = np.fmax.reduceat(times, begins)
        return np.asarray(times + np.repeat(_before(longest), np.diff(begins, append=steps.size)))
    lasted = np.zeros(numbers.size)
    np.fmax.at(lasted, place, times)
    return np.asarray(times + _before(lasted)[place])


def _before(lasted: NDArray[np.float64]) -> NDArray[np.float64]:
    """When each step begins [s], by how long each lasted [s]."""
    return np.concatenate([[0.0], np.cumsum(np.nan_to_num(lasted))[:-1]])


def _filled(column: pl.Series, value: int) -> NDArray[Any]:
    """A column as an array, with a value where one is missing."""
    return (column.fill_null(value) if column.null_count() else column).to_numpy()


def _words(codes: NDArray[np.uint8]) -> pl.Series:
    """Neware's words for the codes of the steps; null where a code is not known."""
    from fastnda import step_type_map

    words = sorted(set(step_type_map.values()))
    place = np.full(_CODES, len(words), dtype=np.uint32)
    place[list(step_type_map)] = [words.index(word) for word in step_type_map.values()]
    places = place[codes]
    found = pl.Series(places)
    if int(places.max()) == len(words):
        found = found.replace(len(words), None)
    return found.cat.to(pl.Enum(words)).alias("step_type")


def _temperatures(frame: pl.DataFrame) -> list[pl.Series]:
    """The temperature of the cell, where one of the auxiliary channels measured it: the first, in the order of the channels."""
    of_cell = [name for name in frame.columns if name.endswith(_TEMPERATURE) and not any(word in name for word in _NOT_OF_THE_CELL)]
    return [frame[name].cast(pl.Float64).alias("cell_temperature_celsius") for name in of_cell[:1] if frame[name].any()]


def _number(data: bytes, at: int, size: int) -> int:
    return int.from_bytes(data[at : at + size], "little")


def _conditions(data: bytes) -> dict[str, Quantity | str]:
    """The active mass of the header, where somebody gave one."""
    if not data.startswith(_MAGIC):
        return {}
    at = next((at for version, at in _MASS_AT if data[_VERSION_AT] >= version), None)
    mass = 0 if at is None else _number(data, at, 4)
    if mass in _UNSET_MASS:
        return {}
    return {"active_mass": Quantity(mass / _UG_PER_MG, "mg", rule="as given to the instrument; of which electrode, it does not say")}


def _of_header(given: Given) -> tuple[Flag, ...]:
    """What the header says of the length of the file against what is there."""
    data, version = given.data, given.data[_VERSION_AT]
    at, size = (_RECORDS_AT_BTS9, 8) if version in _BTS9 else (_RECORDS_AT, 4)
    begin, length = _number(data, at, size), _number(data, at + size, size)
    if version in _BTS9 and begin == 0 and data[_HEADER_BTS9:].startswith(_MAGIC):
        return ()  # a chain of blocks, each with its header: fastnda compares its length with the whole
    if length:
        missing = begin + length - len(data)
        message = f"the header announces records up to byte {begin + length}, and the file ends {missing} byte before"
        return (Flag("truncated", "warning", f"{message}. Copy the file anew."),) if missing > 0 else ()
    cut = (len(data) - begin) % _RECORD_BYTES[version] if version in _RECORD_BYTES and 0 < begin < len(data) else 0
    message = "the header gives no length: the test still ran when the file was copied, or was broken off"
    return (Flag("truncated", "warning", message + (f"; the last record is cut after {cut} byte" if cut else "")),)
