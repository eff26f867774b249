"""PANalytical XRDML: diffraction scans as XML, schema 1.x and 2.x.

Each ``scan`` of an ``xrdMeasurement`` has ``dataPoints``: the positions of 2 theta as first and last angle or as a list, and the values,
as ``intensities`` (schema 1, already multiplied by the factors of an attenuator) or as ``counts`` (schema 2, which are multiplied by
``beamAttenuationFactors`` where these are given). The wavelength is that of the intended line; "K-Alpha" is the mean of both lines in the
stated ratio. A scan that was not completed is flagged ``truncated``. Scans in which 2 theta stands still are refused.

References: the public XRDMeasurement schemas 1.5 and 2.1, as read by xylib and xrdtools.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import polars as pl

from dualion.errors import ReadError
from dualion.readers.diffraction.scans import HALF, Array, Scan, degrees, even_angles, measurements, refuse_axis, wavelength
from dualion.readers.format import Format, Given
from dualion.readers.texts.blocks import truncated
from dualion.readers.texts.decoding import Marks, beginning, finite_number, numbers
from dualion.readers.texts.xml_tree import Element, root_of
from dualion.records.measurement import Measurement
from dualion.records.quantity import Flag, Quantity

_READER = "xrdml"
_ROOT = re.compile(r"<(?:\w+:)?xrdMeasurements\b")
_AGAIN = "Export the measurement anew."


def _recognises(given: Given) -> bool:
    return _ROOT.search(beginning(given)) is not None


def _read(given: Given) -> tuple[Measurement, ...]:
    root = root_of(given)
    title = next((one.words for path in (("sample", "id"), ("sample", "name")) if (one := root.first(*path)) and one.words), "")
    scans = [
        _scan(given, scan, lines, title, number)
        for number, (lines, scan) in enumerate(_scans(root), start=1)
    ]  # fmt: skip
    return measurements(given, scans, reader=_READER)


def _scans(root: Element) -> Iterator[tuple[Element | None, Element]]:
    """The lines and each scan of every measurement."""
    for measurement in root.all("xrdMeasurement"):
        for scan in measurement.all("scan"):
            yield measurement.first("usedWavelength"), scan


def _scan(given: Given, scan: Element, lines: Element | None, title: str, number: int) -> Scan:
    where = f"line {scan.line}, scan {number}"
    points = scan.first("dataPoints")
    if points is None:
        raise ReadError(given.name, where, "the scan has no dataPoints", _AGAIN)
    values = next((found for name in ("counts", "intensities") if (found := points.first(name)) is not None), None)
    if values is None:
        raise ReadError(given.name, where, "the scan has neither counts nor intensities", _AGAIN)
    intensity = _list(given, values)
    factors = points.first("beamAttenuationFactors")
    if values.name == "counts" and factors is not None:
        intensity = _multiplied(given, intensity, _list(given, factors), factors)
    axis = next((one for one in points.all("positions") if one.attributes.get("axis") == "2Theta"), None)
    if axis is None or axis.first("commonPosition") is not None:
        raise refuse_axis(given, scan.attributes.get("scanAxis", "nothing"), where)
    conditions = _conditions(points, lines, title)
    flags: tuple[Flag, ...] = ()
    status = scan.attributes.get("status", "Completed")
    if status != "Completed":
        flags = (truncated(f'The scan is "{status}" and not completed.'),)
    angles = _angles(given, axis, len(intensity))
    return Scan(angles, intensity, values.attributes.get("unit", "counts"), where, f"scan {number}", conditions, flags)


def _list(given: Given, element: Element) -> pl.Series:
    """Numbers of an element, which stand between white space."""
    place = f"line {element.line}, {element.name}"
    found = numbers(given, element.words.split(), where=lambda at: f"{place}, number {at + 1}", marks=Marks())
    if found.null_count():
        raise ReadError(given.name, place, "a number is missing", _AGAIN)
    return found


def _number(given: Given, element: Element | None, what: str, where: str) -> float:
    if element is None:
        raise ReadError(given.name, where, f"there is no {what}", _AGAIN)
    return float(_list(given, element)[0]) if element.words else float("nan")


def _multiplied(given: Given, counts: pl.Series, factors: pl.Series, element: Element) -> pl.Series:
    if len(factors) != len(counts):
        reason = f"there are {len(factors)} factors of the attenuator for {len(counts)} counts"
        raise ReadError(given.name, f"line {element.line}", reason, _AGAIN)
    return counts * factors


def _angles(given: Given, axis: Element, count: int) -> Array:
    where = f"line {axis.line}, positions"
    factor = degrees(given, axis.attributes.get("unit", ""), where)
    listed = axis.first("listPositions")
    if listed is not None:
        angles = _list(given, listed)
        if len(angles) != count:
            raise ReadError(given.name, where, f"there are {len(angles)} positions for {count} intensities", _AGAIN)
        return np.asarray(angles.to_numpy() * factor)
    first, last = (factor * _number(given, axis.first(name), name, where) for name in ("startPosition", "endPosition"))
    return even_angles(given, first, (last - first) / max(count - 1, 1), count, where)


def _conditions(points: Element, lines: Element | None, title: str) -> dict[str, Quantity | str]:
    found = _wavelength(lines)
    if title:
        found["title"] = title
    time = points.first("commonCountingTime")
    if time is not None and (seconds := _plain(time)) is not None and seconds > 0:
        found["counting_time"] = Quantity(seconds, "s")
    omega = next((one.first("commonPosition") for one in points.all("positions") if one.attributes.get("axis") == "Omega"), None)
    if omega is not None and (angle := _plain(omega)) is not None:
        found["incidence_angle"] = Quantity(angle, "deg")
    return found


def _plain(element: Element | None) -> float | None:
    """A number of the header; None where it is none, as nothing hangs on it."""
    return finite_number(None if element is None else element.words)


def _wavelength(lines: Element | None) -> dict[str, Quantity | str]:
    if lines is None:
        return {}
    values = {name: _plain(lines.first(name)) for name in ("kAlpha1", "kAlpha2", "kBeta", "ratioKAlpha2KAlpha1")}
    element = lines.first("kAlpha1")
    unit = "" if element is None else element.attributes.get("unit", "")
    intended = lines.attributes.get("intended", "K-Alpha")
    first, second, ratio = values["kAlpha1"], values["kAlpha2"], values["ratioKAlpha2KAlpha1"]
    if intended == "K-Beta" and values["kBeta"] is not None:
        return wavelength([(values["kBeta"], 1.0)], unit=unit, said="K-beta")
    if first is None:
        return {}
    if intended == "K-Alpha 1" or second is None or ratio == 0:
        return wavelength([(first, 1.0)], unit=unit, said="K-alpha 1")
    return wavelength([(first, 1.0), (second, HALF if ratio is None else ratio)], unit=unit, said="mean of K-alpha 1 and 2")


FORMATS = (Format(_READER, "PANalytical diffraction scan (.xrdml)", (".xrdml", ".xml"), _recognises, _read),)
