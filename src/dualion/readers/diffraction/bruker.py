"""Bruker and Siemens diffraction scans as text (``.uxd``).

Lines ``_KEY=value`` and comments behind ``;`` stand before each range of data. The line that opens a range says what follows:
``_COUNTS`` and ``_CPS`` intensities alone, whose angles follow from ``_START`` and ``_STEPSIZE``; ``_2THETACOUNTS`` and ``_2THETACPS``
pairs of position and intensity. The position is that of the drive, so a range whose ``_DRIVE`` is not 2 theta is refused. ``_STEPCOUNT``
states how many steps a range has; fewer are flagged ``truncated``.

References: the files themselves, as read by xylib (Siemens/Bruker UXD).
"""

from __future__ import annotations

import re

import polars as pl

from dualion.errors import ReadError
from dualion.readers.diffraction.scans import HALF, Scan, even_angles, is_two_theta, measurements, refuse_axis, wavelength
from dualion.readers.format import Format, Given
from dualion.readers.texts.blocks import Text, text_of, truncated
from dualion.readers.texts.decoding import Marks, beginning, finite_number, numbers
from dualion.records.measurement import Measurement
from dualion.records.quantity import Flag, Quantity

_READER = "bruker-uxd"
_KEY = re.compile(r"_(?P<key>[A-Z0-9_]+)\s*=\s*(?P<value>.*?)\s*$", re.IGNORECASE)
_OPENS = re.compile(r"_(?P<pairs>2THETA)?(?P<unit>COUNTS|CPS)\s*(?:=.*)?$", re.IGNORECASE)
_AGAIN = "Export the measurement anew."
_PAIR = 2


def _recognises(given: Given) -> bool:
    lines = [line.strip() for line in beginning(given).split("\n") if line.strip() and not line.lstrip().startswith(";")]
    keys = {found["key"].upper() for line in lines if (found := _KEY.match(line))}
    return bool(lines) and lines[0].startswith("_") and bool(keys & {"FILEVERSION", "DRIVE", "STEPSIZE", "SAMPLE"})


def _read(given: Given) -> tuple[Measurement, ...]:
    text = text_of(given)
    header: dict[str, str] = {}
    scans: list[Scan] = []
    at = 0
    while at < len(text.lines):
        line = text.lines[at].strip()
        opens, pair = _OPENS.match(line), _KEY.match(line)
        if opens:
            end = next((one for one in range(at + 1, len(text.lines)) if text.lines[one].lstrip()[:1] in ("_", ";")), len(text.lines))
            scans.append(_scan(text, header, opens, at, end, len(scans) + 1))
            at = end
            continue
        if pair:
            header[pair["key"].upper()] = pair["value"].strip("'\" ")
        elif line and not line.startswith(";"):
            raise text.error(at, f'"{line[:40]}" stands outside of a range', _AGAIN)
        at += 1
    return measurements(given, scans, reader=_READER)


def _scan(text: Text, header: dict[str, str], opens: re.Match[str], begin: int, end: int, number: int) -> Scan:
    given, where = text.given, f"line {begin + 1}, range {number}"
    drive = header.get("DRIVE", "")
    if not (is_two_theta(drive) or drive == ""):
        raise refuse_axis(given, drive, where)
    cells = [cell for at in range(begin + 1, end) for cell in text.lines[at].split()]
    width = _PAIR if opens["pairs"] else 1
    announced = finite_number(header.get("STEPCOUNT"))
    flags: list[Flag] = []
    if end == len(text.lines) and not text.ended and cells:
        cells = cells[: (len(cells) - 1) // width * width]
        flags.append(truncated("The file ends within a row, which was left out."))
    elif len(cells) % width:
        raise ReadError(given.name, where, "the last position has no intensity", _AGAIN)
    if not flags and announced is not None and announced > len(cells) / width:
        flags.append(truncated(f"The range announces {announced:g} steps and holds {len(cells) // width}."))
    values = numbers(given, pl.Series(cells, dtype=pl.String), where=lambda at: f"{where}, number {at + 1}", marks=Marks())
    if width == _PAIR:
        angles, intensity = values.to_numpy()[::_PAIR], values.to_numpy()[1::_PAIR]
    else:
        start = next((value for key in ("START", "2THETA") if (value := finite_number(header.get(key))) is not None), None)
        step = finite_number(header.get("STEPSIZE"))
        if start is None or step is None:
            raise ReadError(given.name, where, "the range states no _START and _STEPSIZE", _AGAIN)
        angles, intensity = even_angles(given, start, step, len(values), where), values.to_numpy()
    unit = "counts" if opens["unit"].upper() == "COUNTS" else "cps"
    return Scan(angles, intensity, unit, where, f"range {number}", _conditions(header), tuple(flags))


def _conditions(header: dict[str, str]) -> dict[str, Quantity | str]:
    unit = header.get("WL_UNIT", "")
    first, second, ratio = (finite_number(header.get(name)) for name in ("WL1", "WL2", "WLRATIO"))
    found: dict[str, Quantity | str] = {}
    if first and second and ratio != 0:
        found = wavelength([(first, 1.0), (second, HALF if ratio is None else ratio)], unit=unit, said="mean of both lines")
    elif first:
        found = wavelength([(first, 1.0)], unit=unit, said="first line")
    if header.get("SAMPLE"):
        found["title"] = header["SAMPLE"]
    time = finite_number(header.get("STEPTIME"))
    if time and time > 0:
        found["counting_time"] = Quantity(time, "s")
    return found


FORMATS = (Format(_READER, "Bruker diffraction scan (.uxd)", (".uxd",), _recognises, _read),)
