"""Horiba LabSpec as text: a header of ``#`` lines with settings, then one spectrum, or a map or series of them.

Header lines are ``#Name=<tab>value`` in no fixed number. One spectrum is two columns, shift and intensity. A map or series has a first row
of shifts behind one or two empty cells, and a row for each spectrum behind its coordinates; each is a region. Decimal commas are read where
all numbers of the file agree on them.

The unit of the axis is that of ``AxisUnit[1]``, or of ``Range (...)`` or ``Spectro (...)``. Shifts in cm-1 are kept, also the negative
ones below the laser; a wavelength axis is refused, as it needs the exact wavelength of the laser. Where no line names the unit, cm-1 is
taken and flagged ``units_assumed``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import polars as pl

from dualion.errors import ReadError
from dualion.readers.format import Format, Given
from dualion.readers.spectra.units import factor_to
from dualion.readers.tables import measured
from dualion.readers.texts.blocks import WITHIN_ROW, Text, read_block, text_of, truncated
from dualion.readers.texts.decoding import beginning
from dualion.records.measurement import Measurement
from dualion.records.quantity import Flag, Quantity

_READER = "horiba-text"
_HEADER = re.compile(r"#\s*(?P<key>[^=]+?)\s*=\s*(?P<value>.*?)\s*$")
_KNOWN = re.compile(
    r"(acq\. time|accumulations|laser|grating|axistype\[|axisunit\[|spectro|range \(|detector|objective|nd filter)", re.IGNORECASE
)
_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?")
_UNIT = re.compile(r"(?:range|spectro)\s*\((?P<unit>[^)]*)\)", re.IGNORECASE)
_LASERS = (200.0, 2000.0)  # [nm]
_FEWEST_SETTINGS, _MOST_SPECTRA = 2, 5000
_AGAIN = "Export the spectrum anew."


def _recognises(given: Given) -> bool:
    settings = _settings(beginning(given).split("\n"))
    return len(settings) >= _FEWEST_SETTINGS and any(_KNOWN.match(key) for key in settings)


def _settings(lines: list[str] | tuple[str, ...]) -> dict[str, str]:
    found = (_HEADER.match(line) for line in lines)
    return {one["key"].strip(): one["value"] for one in found if one}


def _read(given: Given) -> Measurement | tuple[Measurement, ...]:
    text = text_of(given)
    settings = _settings(text.lines)
    flags = _axis(given, settings)
    rows = [at for at, line in enumerate(text.lines) if line.strip() and not line.lstrip().startswith("#")]
    if not rows:
        raise text.error(len(text.lines) - 1, "there are no rows of numbers behind the header", _AGAIN)
    first = text.lines[rows[0]]
    blank = len(first) - len(first.lstrip("\t"))
    conditions = conditions_of(settings)
    if blank:
        return _several(text, rows, blank, conditions, flags)
    block = read_block(text, rows, {"x": 0, "y": 1}, split=_split, widths=(2,))
    return _spectrum(given, block.columns["x"], block.columns["y"], conditions, [*flags, *_cut(cut=block.cut)])


def _split(line: str) -> list[str]:
    """Fields between tabs, or between blanks or semicolons where there is no tab."""
    line = line.strip()
    divider = next((one for one in ("\t", ";") if one in line), None)
    return [one.strip() for one in line.split(divider)] if divider else line.split()


def _cut(*, cut: bool) -> list[Flag]:
    return [truncated(WITHIN_ROW)] if cut else []


def _axis(given: Given, settings: Mapping[str, str]) -> list[Flag]:
    """Refuse an axis that is no shift; a flag where no unit is named."""
    unit = settings.get("AxisUnit[1]") or next((found["unit"] for key in settings if (found := _UNIT.match(key))), "")
    unit = unit or (given.declared.x_unit or "")
    if not unit:
        return [Flag("units_assumed", "warning", "No line of the header names the unit of the axis; a shift in cm-1 was taken.")]
    if factor_to(unit, "cm-1") != 1.0:
        hint = "Export the spectrum with the axis in cm-1."
        raise ReadError(given.name, "header", f'the axis is in "{unit[:20]}" and is no Raman shift in cm-1', hint)
    return []


def _spectrum(
    given: Given, x: pl.Series, y: pl.Series, conditions: Mapping[str, Quantity | str], flags: list[Flag], region: str = ""
) -> Measurement:
    columns = {"raman_shift_per_centimetre": x, "intensity_arbitrary": y}
    return measured(given, columns, technique="raman", reader=_READER, conditions=conditions, flags=flags, region=region)


def _several(
    text: Text, rows: list[int], blank: int, conditions: Mapping[str, Quantity | str], flags: list[Flag]
) -> tuple[Measurement, ...]:
    """Spectra of a map or series, whose shifts stand in the first row."""
    given = text.given
    width = len(text.lines[rows[0]].split("\t"))
    if len(rows) - 1 > _MOST_SPECTRA:
        reason = f"the map holds {len(rows) - 1} spectra, and {_MOST_SPECTRA} are allowed"
        raise ReadError(given.name, f"line {rows[0] + 1}", reason, "Export a part of the map.")
    names = {str(at): at for at in range(width)}
    block = read_block(text, rows, names, split=lambda line: line.split("\t"), widths=(width,))
    table = pl.DataFrame(dict(block.columns)).transpose()
    if table.width < 2:
        raise ReadError(given.name, f"line {rows[0] + 1}", "there is no spectrum behind the row of shifts", _AGAIN)
    shifts = table.to_series(0).slice(blank)
    found = []
    for column in table.get_columns()[1:]:
        place = ", ".join("?" if one is None else f"{one:g}" for one in column.head(blank))
        found.append(_spectrum(given, shifts, column.slice(blank), conditions, [*flags, *_cut(cut=block.cut)], f"at {place}"))
    return tuple(found)


def conditions_of(settings: Mapping[str, str]) -> dict[str, Quantity | str]:
    """Conditions that the settings of LabSpec state.

    Parameters
    ----------
    settings : mapping of str to str
        By the names of LabSpec.
    """
    found: dict[str, Quantity | str] = {}
    laser = next((value for key in ("Laser (nm)", "Laser") if (value := number_in(settings.get(key, ""))) is not None), None)
    if laser is not None and _LASERS[0] < laser < _LASERS[1]:
        found["laser_wavelength"] = Quantity(laser, "nm", rule="as stated by the file")
    time = number_in(settings.get("Acq. time (s)", ""))
    if time is not None and time > 0:
        found["frame_time"] = Quantity(time * (number_in(settings.get("Accumulations", "")) or 1.0), "s")
    names = (("title", "Title"), ("instrument", "Instrument"), ("grating", "Grating"), ("filter", "ND Filter"), ("objective", "Objective"))
    for name, key in names:
        if settings.get(key):
            found[name] = settings[key]
    return found


def number_in(text: str) -> float | None:
    """The number with which a setting begins [unit of the setting]; None where it does not."""
    found = _NUMBER.match(text.strip())
    return float(found[0].replace(",", ".")) if found else None


FORMATS = (Format(_READER, "Horiba LabSpec text (# header)", (".txt",), _recognises, _read),)
