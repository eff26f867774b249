"""BioLogic EC-Lab: text files ``.mpt``, and binary files ``.mpr`` where the user has installed the package galvani.

A ``.mpt`` begins with ``EC-Lab ASCII FILE`` and ``Nb header lines : n``; its n-th line names the columns, separated by tabs, each name
with its unit behind the last slash. Decimal commas are those of the computer it was written on. Where the header says ``Loop k from point
number i to j``, the file must hold j + 1 points; fewer mean that it is cut off.

The grammar is that of files which EC-Lab 11 writes. The binary files are undocumented. galvani reads them, is under the GPL, and is
therefore no dependency: it is used where it is found.

Signs: currents are positive for oxidation at the working electrode, which charges the cell. The files hold minus the imaginary part of
the impedance, which is turned here. ``Ewe-Ece`` is the voltage of a cell with a reference electrode, ``Ewe`` its working potential;
without a column of the difference ``Ewe`` is the voltage.
"""

from __future__ import annotations

import importlib
import importlib.util
import io
import re
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import polars as pl

from dualion.errors import ReadError
from dualion.readers.format import Format, Given
from dualion.readers.tables import measured
from dualion.readers.texts.blocks import WITHIN_ROW, Text, heading_places, impedance_rows, inductive, read_block, text_of, truncated
from dualion.readers.texts.decoding import beginning, finite_number
from dualion.records.cell_record import CellRecord
from dualion.records.measurement import Measurement
from dualion.records.quantity import Flag, Quantity
from dualion.units import convert

_TEXT = "biologic-mpt"
_BINARY = "biologic-mpr"
_FIRST = re.compile(r"(?:EC|BT)-Lab ASCII FILE\s*$")
_COUNT = re.compile(r"Nb header lines\s*:\s*(\d{1,6})\s*$")
_LOOP = re.compile(r"Loop \d+ from point number \d+ to (\d+)\s*$")
_MAGIC = b"BIO-LOGIC MODULAR FILE\x1a"
#: Technique byte of a .mpr: the first of the settings, behind the date that ends the head of their module.
_TECHNIQUE_BYTE = re.compile(rb"VMP Set   VMP settings *(?:\xff{4}[\0-\xff]{12}|[\0-\xff]{8})\d\d[./-]\d\d[./-]\d\d([\0-\xff])")
_BYTES = {0x06: "cv", 0x6C: "cv", 0x0B: "ocv"}

#: Our column: the names that a file may use, the preferred one first, each with the factor to our unit [1].
_COLUMNS: dict[str, dict[str, float]] = {
    "test_time_second": {"time/s": 1.0},
    "voltage_volt": {"Ewe-Ece/V": 1.0, "<Ewe-Ece>/V": 1.0, "Ecell/V": 1.0, "<Ecell>/V": 1.0, "Ewe/V": 1.0, "<Ewe>/V": 1.0},
    "working_electrode_potential_vs_reference_volt": {"Ewe/V": 1.0, "<Ewe>/V": 1.0},
    "current_ampere": {"I/mA": 1e-3, "<I>/mA": 1e-3, "I/A": 1.0, "<I>/A": 1.0, "control/mA": 1e-3},
    "frequency_hertz": {"freq/Hz": 1.0},
    "real_impedance_ohm": {"Re(Z)/Ohm": 1.0},
    "imaginary_impedance_ohm": {"-Im(Z)/Ohm": -1.0, "Im(Z)/Ohm": 1.0},
    "step_net_capacity_ah": {"Q charge/discharge/mA.h": 1e-3},
    "cycle_count": {"cycle number": 1.0},
    "step_count": {"half cycle": 1.0},
    "step_id": {"Ns": 1.0},
    "mode": {"mode": 1.0},
    "control": {"control/V/mA": 1.0},
}
_DIFFERENCES = ("Ewe-Ece/V", "<Ewe-Ece>/V")
_GALVANOSTATIC, _REST = 1, 3  # values of the column mode
_UNSAID = 0.001  # [g], [cm2] what the program writes where nobody gave a mass or an area
_TITLES = (("cv", "voltammetry"), ("ocv", "open circuit"), ("gitt", "intermittent"))

_Columns = dict[str, pl.Series]


def _is_text(given: Given) -> bool:
    first = next((line for line in beginning(given).split("\n") if line.strip()), "")
    return _FIRST.match(first.strip()) is not None


def _is_binary(given: Given) -> bool:
    return given.data.startswith(_MAGIC)


def _read_text(given: Given) -> Measurement:
    text = text_of(given)
    start = next(at for at, line in enumerate(text.lines) if line.strip())
    line = _heading_line(text, start)
    header = text.lines[start:line]
    heading = [name.strip() for name in text.lines[line].rstrip().split("\t")]
    spellings = {name: tuple(factors) for name, factors in _COLUMNS.items()}
    places = heading_places(text, line, heading, spellings)
    if line == len(text.lines) - 1 or not places:
        raise text.error(line, "there are no rows behind the names of the columns" if places else "the names of the columns are not known")
    rows = range(line + 1, len(text.lines))
    block = read_block(text, rows, places, split=lambda row: row.split("\t"), widths=(len(heading), len(heading) + 1))
    columns = {name: series * _COLUMNS[name][heading[places[name]]] for name, series in block.columns.items()}
    if heading[places["voltage_volt"]] not in _DIFFERENCES if "voltage_volt" in places else True:
        columns.pop("working_electrode_potential_vs_reference_volt", None)
    title = next((found.strip() for found in header[2:] if found.strip()), "")
    technique = _technique(columns, title)
    if "impedance" in title.lower() and "frequency_hertz" not in columns:
        raise _no_column(given, "frequency_hertz")
    loops = [int(found[1]) for row in header if (found := _LOOP.match(row.strip()))]
    flags: tuple[Flag, ...] = ()
    if block.cut:
        flags = (truncated(WITHIN_ROW),)
    elif loops and block.height <= max(loops):
        flags = (truncated(f"The header announces {max(loops) + 1} points, the file holds {block.height}."),)
    conditions, cell = _conditions(header, title, technique)
    table = _table(given, columns, technique)
    flags += inductive(table)
    return measured(given, table, technique=technique, reader=_TEXT, conditions=conditions, flags=flags, cell=cell)


def _heading_line(text: Text, start: int) -> int:
    """The line of the names of the columns, from zero."""
    found = _COUNT.match(text.lines[start + 1].strip()) if len(text.lines) > start + 1 else None
    if found is None:
        raise text.error(start + 1, 'there is no "Nb header lines : n"', "Export the file from EC-Lab anew.")
    line = start + int(found[1]) - 1
    if not start + 1 < line < len(text.lines):
        raise text.error(start + 1, f"{found[1]} header lines are announced, the file has {len(text.lines) - start}")
    return line


def _technique(columns: Mapping[str, pl.Series], title: str) -> str:
    frequency = columns.get("frequency_hertz")
    if frequency is not None and (frequency > 0).any():
        return "eis"
    return next((technique for technique, word in _TITLES if word in title.lower()), "gcd")


def _table(given: Given, columns: _Columns, technique: str) -> _Columns:
    """Our columns from theirs."""
    table = {name: series for name, series in columns.items() if name not in ("mode", "control")}
    if technique == "eis":
        absent = [name for name in ("real_impedance_ohm", "imaginary_impedance_ohm") if name not in table]
        if absent:
            raise _no_column(given, absent[0])
        return impedance_rows(table)
    table.pop("frequency_hertz", None)
    for name in ("real_impedance_ohm", "imaginary_impedance_ohm"):
        table.pop(name, None)
    if "current_ampere" not in table:
        table["current_ampere"] = _current(given, columns, technique)
    for name in ("test_time_second", "voltage_volt"):
        if name not in table:
            raise _no_column(given, name)
    return table


def _current(given: Given, columns: _Columns, technique: str) -> pl.Series:
    """The current where there is no column of it: zero at open circuit, what was asked for under current control; else null."""
    height = max(len(series) for series in columns.values())
    if technique == "ocv":
        return pl.repeat(0.0, height, eager=True)
    mode, control = columns.get("mode"), columns.get("control")
    if mode is None or control is None:
        raise _no_column(given, "current_ampere")
    frame = pl.DataFrame({"mode": mode, "control": control})
    asked = pl.when(pl.col("mode") == _GALVANOSTATIC).then(pl.col("control") * 1e-3).when(pl.col("mode") == _REST).then(0.0)
    return frame.select(asked.alias("current"))["current"]


def _no_column(given: Given, name: str) -> ReadError:
    wanted = " or ".join(f'"{spelling}"' for spelling in _COLUMNS[name])
    return ReadError(given.name, "names of the columns", f"there is no column {wanted}", "Export it with this column from EC-Lab.")


def _conditions(header: Sequence[str], title: str, technique: str) -> tuple[dict[str, Quantity | str], CellRecord]:
    said = {key.strip(): value.strip() for key, colon, value in (line.partition(" : ") for line in header) if colon}
    conditions: dict[str, Quantity | str] = {
        "experiment": title,
        "instrument": said.get("Device", ""),
        "start_local_time": said.get("Acquisition started on", ""),
        "comment": said.get("Comments", ""),
    }
    mass, area = _stated(said.get("Characteristic mass", ""), ("g", "mg")), _stated(said.get("Electrode surface area", ""), ("cm2",))
    if mass is not None:
        milligram = convert(mass[0], mass[1], "mg")
        conditions["active_mass"] = Quantity(milligram, "mg", rule="as given to the program; of which electrode, it does not say")
    rate = _setting(header, "dE/dt")
    if technique == "cv" and rate and _setting(header, "dE/dt unit") == ["mV/s"] and (value := _number(rate[0])):
        conditions["scan_rate"] = Quantity(value, "mV/s")
    cell = CellRecord(area=Quantity(*area)) if area is not None else CellRecord()
    return {name: value for name, value in conditions.items() if value != ""}, cell


def _setting(header: Sequence[str], key: str) -> list[str]:
    """Values of a setting, which stand in columns of fixed width."""
    line = next((line for line in header if re.match(re.escape(key) + r"\s{2,}", line)), "")
    return line.removeprefix(key).split()


def _stated(words: str, units: Sequence[str]) -> tuple[float, str] | None:
    """A quantity that somebody gave, with its unit."""
    word, _, unit = words.replace("²", "2").partition(" ")
    value = _number(word)
    if value is None or value <= 0 or value == _UNSAID or unit.strip() not in units:
        return None
    return value, unit.strip()


def _number(word: str) -> float | None:
    return finite_number(word.replace(",", "."))


def _read_binary(given: Given) -> Measurement:
    if importlib.util.find_spec("galvani") is None:
        reason = "a BioLogic .mpr file is read by the package galvani only, which is not installed"
        hint = "Install it (pip install galvani; it is under the GPL), or export the file from EC-Lab as text (.mpt)."
        raise ReadError(given.name, "start of file", reason, hint)
    opened = importlib.import_module("galvani.BioLogic").MPRfile(io.BytesIO(given.data))
    rows, names = opened.data, opened.data.dtype.names
    columns: _Columns = {}
    used: dict[str, str] = {}
    for name, factors in _COLUMNS.items():
        found = next((spelling for spelling in factors if spelling in names), None)
        if found is not None:
            used[name] = found
            columns[name] = _numbers(rows[found]) * factors[found]
    if "mode" not in columns and "flags" in names:
        columns["mode"] = _numbers(_flag(opened.get_flag, "mode"))
    if used.get("voltage_volt") not in _DIFFERENCES:
        columns.pop("working_electrode_potential_vs_reference_volt", None)
    byte = _TECHNIQUE_BYTE.search(given.head)
    technique = _technique(columns, "") if byte is None or "frequency_hertz" in columns else _BYTES.get(byte[1][0], "gcd")
    table = _table(given, columns, technique)
    return measured(given, table, technique=technique, reader=_BINARY, flags=inductive(table))


def _numbers(values: np.ndarray) -> pl.Series:
    return pl.Series(np.ascontiguousarray(values, dtype=np.float64)).fill_nan(None)


def _flag(get: Callable[[str], np.ndarray], name: str) -> np.ndarray:
    return np.asarray(get(name))


FORMATS = (
    Format(_TEXT, "BioLogic EC-Lab text (.mpt)", (".mpt",), _is_text, _read_text),
    Format(_BINARY, "BioLogic EC-Lab binary (.mpr, with the package galvani)", (".mpr",), _is_binary, _read_binary),
)
