"""Rigaku diffraction scans as text: ``.ras`` of SmartLab and MiniFlex, and the older ``.asc``/``.dat``.

A ``.ras`` holds blocks ``*RAS_HEADER_START`` to ``*RAS_HEADER_END`` of lines ``*KEY "value"``, each followed by rows of angle,
intensity and factor of the attenuator between ``*RAS_INT_START`` and ``*RAS_INT_END``; the intensity is the product of the last two.

A ``.asc`` has a header of lines ``*KEY = value`` and groups ``*BEGIN`` to ``*END``, which state first angle, last angle, step and number of
intensities, and list these with commas.

Where the end of a block is missing the file is cut: its last value is left out, and the flag ``truncated`` says so.

References: the files themselves, as read by xylib (Rigaku DAT) and by readers of .ras in use at beam-lines.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import polars as pl

from dualion.errors import ReadError
from dualion.readers.diffraction.scans import HALF, Scan, degrees, even_angles, is_two_theta, measurements, refuse_axis, wavelength
from dualion.readers.format import Format, Given
from dualion.readers.texts.blocks import Text, read_block, text_of, truncated
from dualion.readers.texts.decoding import Marks, beginning, finite_number, numbers
from dualion.records.measurement import Measurement
from dualion.records.quantity import Flag, Quantity

_RAS, _ASC = "rigaku-ras", "rigaku-asc"
_QUOTED = re.compile(r'\*(?P<key>[A-Z][A-Z0-9_\-]*)\s+"(?P<value>.*)"\s*$')
_EQUALS = re.compile(r"\*(?P<key>[A-Z][A-Z0-9_]*)\s*=\s*(?P<value>.*?)\s*$")
_PLACES = {"two_theta_degree": 0, "intensity": 1, "factor": 2}
_AGAIN = "Export the measurement anew."


def _is_ras(given: Given) -> bool:
    text = beginning(given)
    return text.lstrip().startswith("*RAS_") or "*RAS_HEADER_START" in text


def _is_asc(given: Given) -> bool:
    text = beginning(given).lstrip()
    return re.match(r"\*TYPE\s*=", text) is not None


def _read_ras(given: Given) -> tuple[Measurement, ...]:
    text = text_of(given)
    begins = [at for at, line in enumerate(text.lines) if line.strip() == "*RAS_INT_START"]
    if not begins:
        raise text.error(len(text.lines) - 1, "there are no rows of data (*RAS_INT_START)", _AGAIN)
    scans, header_from = [], 0
    for number, begin in enumerate(begins, start=1):
        stop = begins[number] if number < len(begins) else len(text.lines)
        end = next((at for at in range(begin + 1, stop) if text.lines[at].startswith("*")), stop)
        scans.append(_ras_scan(text, _header(text, header_from, begin, _QUOTED), begin, end, number))
        header_from = end
    return measurements(given, scans, reader=_RAS)


def _header(text: Text, begin: int, end: int, form: re.Pattern[str]) -> dict[str, str]:
    found = (form.match(text.lines[at].strip()) for at in range(begin, end))
    return {one["key"]: one["value"].strip() for one in found if one}


def _ras_scan(text: Text, header: dict[str, str], begin: int, end: int, number: int) -> Scan:
    given, where = text.given, f"line {begin + 1}, scan {number}"
    axis = header.get("MEAS_SCAN_AXIS_X_INTERNAL") or header.get("MEAS_SCAN_AXIS_X", "")
    if not is_two_theta(axis):
        raise refuse_axis(given, axis, where)
    rows = range(begin + 1, end)
    ended = end < len(text.lines) and text.lines[end].strip() == "*RAS_INT_END"
    flags = []
    if not ended:
        whole = [row for row in rows if text.lines[row].strip()]
        rows = range(begin + 1, whole[-1] if whole else begin + 1)
        flags.append(truncated("The scan ends without *RAS_INT_END; its last row was left out."))
    width = len(text.lines[begin + 1].split()) if rows else len(_PLACES)
    places = {name: at for name, at in _PLACES.items() if at < width}
    block = read_block(text, rows, places, split=str.split, widths=(2, 3), decimal_comma=False)
    columns = dict(block.columns)
    intensity = columns["intensity"] * columns["factor"] if "factor" in columns else columns["intensity"]
    flags += _counted(header.get("MEAS_DATA_COUNT"), len(intensity), ended=ended)
    unit = header.get("MEAS_SCAN_UNIT_Y", "")
    factor = degrees(given, header.get("MEAS_SCAN_UNIT_X") or "deg", where)
    angles = columns["two_theta_degree"] * factor
    conditions = _ras_conditions(header)
    region = header.get("FILE_COMMENT") or f"scan {number}"
    return Scan(angles, intensity, unit, where, region, conditions, tuple(flags))


def _counted(announced: str | None, found: int, *, ended: bool) -> list[Flag]:
    """A warning where the header announces more points than there are."""
    if announced is None or not announced.isdecimal() or int(announced) <= found or not ended:
        return []
    return [truncated(f"The header announces {announced} points, and there are {found}.")]


def _ras_conditions(header: dict[str, str]) -> dict[str, Quantity | str]:
    unit = header.get("HW_XG_WAVE_LENGTH_UNIT", "")
    lines = [finite_number(header.get(f"HW_XG_WAVE_LENGTH_{name}")) for name in ("ALPHA1", "ALPHA2")]
    kind = header.get("MEAS_COND_XG_WAVE_TYPE", "")
    found = _lines(lines, unit=unit, first_only=kind.casefold().replace("α", "a") in ("ka1", "kalpha1"))
    for name, key in (("title", "FILE_SAMPLE"), ("instrument", "HW_GONIOMETER_NAME-0")):
        if header.get(key):
            found[name] = header[key]
    return found


def _lines(lines: Sequence[float | None], *, unit: str, first_only: bool) -> dict[str, Quantity | str]:
    first, second = lines
    if first is None:
        return {}
    if first_only or not second:
        return wavelength([(first, 1.0)], unit=unit, said="K-alpha 1")
    return wavelength([(first, 1.0), (second, HALF)], unit=unit, said="mean of K-alpha 1 and 2, two to one")


def _read_asc(given: Given) -> tuple[Measurement, ...]:
    text = text_of(given)
    begins = [at for at, line in enumerate(text.lines) if line.strip() == "*BEGIN"]
    if not begins:
        raise text.error(len(text.lines) - 1, "there is no group of data (*BEGIN)", _AGAIN)
    header = _header(text, 0, begins[0], _EQUALS)
    scans = []
    for number, begin in enumerate(begins, start=1):
        stop = begins[number] if number < len(begins) else len(text.lines)
        scans.append(_asc_scan(text, header, begin, stop, number))
    announced = header.get("GROUP_COUNT", "")
    if announced.isdecimal() and int(announced) > len(scans):
        raise text.error(len(text.lines) - 1, f"the header announces {announced} groups, and there are {len(scans)}", _AGAIN)
    return measurements(given, scans, reader=_ASC)


def _asc_scan(text: Text, header: dict[str, str], begin: int, stop: int, number: int) -> Scan:
    given, where = text.given, f"line {begin + 1}, group {number}"
    own = header | _header(text, begin, stop, _EQUALS)
    axis = own.get("SCAN_AXIS", "")
    if not is_two_theta(axis):
        raise refuse_axis(given, axis, where)
    first = next((at for at in range(begin, stop) if text.lines[at].lstrip().startswith("*COUNT")), None)
    start, step, count = (finite_number(own.get(name)) for name in ("START", "STEP", "COUNT"))
    if first is None or start is None or step is None or count is None:
        raise ReadError(given.name, where, "the group does not state *START, *STEP and *COUNT", _AGAIN)
    end = next((at for at in range(first + 1, stop) if text.lines[at].startswith("*")), stop)
    cells = [cell for at in range(first + 1, end) for cell in re.split(r"[,\s]+", text.lines[at].strip(", \t")) if cell]
    ended = end < len(text.lines) and text.lines[end].strip() == "*END"
    flags = []
    if not ended:
        cells = cells[:-1]
        flags.append(truncated("The group ends without *END; its last value was left out."))
    elif len(cells) != int(count):
        raise ReadError(given.name, where, f"the group announces {count:g} intensities, and there are {len(cells)}", _AGAIN)
    intensity = numbers(given, pl.Series(cells, dtype=pl.String), where=lambda at: f"{where}, number {at + 1}", marks=Marks())
    factor = degrees(given, own.get("XUNIT") or "deg", where)
    angles = even_angles(given, start * factor, step * factor, len(intensity), where)
    only = own.get("XRAY_CHAR", "").replace("-", "").casefold() in ("kalpha1", "ka1")
    conditions = _lines([finite_number(own.get(f"WAVE_LENGTH{k}")) for k in (1, 2)], unit="", first_only=only)
    if own.get("SAMPLE"):
        conditions["title"] = own["SAMPLE"]
    return Scan(angles, intensity, own.get("YUNIT", ""), where, f"group {own.get('GROUP', number)}", conditions, tuple(flags))


FORMATS = (
    Format(_RAS, "Rigaku diffraction scan (.ras)", (".ras",), _is_ras, _read_ras),
    Format(_ASC, "Rigaku diffraction scan (.asc)", (".asc", ".dat"), _is_asc, _read_asc),
)
