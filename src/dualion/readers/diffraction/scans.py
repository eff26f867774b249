"""What all diffraction files have in common: one or several scans of 2 theta, intensities in a unit, a wavelength."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualion.errors import ReadError
from dualion.readers.format import Given
from dualion.readers.spectra.units import factor_to
from dualion.readers.tables import measured
from dualion.records.measurement import Measurement
from dualion.records.quantity import Flag, Quantity

Array = NDArray[np.float64]

_COUNTS, _RATE = (
    re.compile(r"counts?|cts?", re.IGNORECASE),
    re.compile(r"cps|counts?\s*(?:/|per)\s*s(?:ec(?:ond)?)?\.?|cts?/s", re.IGNORECASE),
)
_TWO_THETA = re.compile(r"2\W?theta|two\W?theta|coupled|gonio", re.IGNORECASE)
#: Weight [1] of K-alpha 2 beside K-alpha 1, where the file does not state it.
HALF = 0.5
_SHORTEST, _LONGEST = 0.01, 1.0  # [nm]
_LIMIT = 180.0  # [deg]


@dataclass(frozen=True, slots=True)
class Scan:
    """One scan of 2 theta.

    Parameters
    ----------
    two_theta : array or polars.Series, shape (n,)
        [deg]
    intensity : array or polars.Series, shape (n,)
        In ``unit``.
    unit : str
        As the file writes it: counts or counts per second.
    where : str
        Place in the file, for messages.
    region : str
    conditions : mapping
    flags : tuple of Flag
    """

    two_theta: Array | pl.Series
    intensity: Array | pl.Series
    unit: str
    where: str
    region: str = ""
    conditions: Mapping[str, Quantity | str] = field(default_factory=dict)
    flags: tuple[Flag, ...] = ()


def intensity_column(given: Given, unit: str, where: str) -> str:
    """Canonical column of intensities in a unit.

    Parameters
    ----------
    given : Given
    unit : str
        As written.
    where : str
        Place in the file.

    Raises
    ------
    ReadError
        The unit is neither counts nor counts per second; an empty one is not guessed.
    """
    if _RATE.fullmatch(unit.strip()):
        return "intensity_count_per_second"
    if _COUNTS.fullmatch(unit.strip()):
        return "intensity_count"
    if re.fullmatch(r"a\.?u\.?|arb.*", unit.strip(), re.IGNORECASE):
        return "intensity_arbitrary"
    raise ReadError(given.name, where, f'"{unit[:40]}" is no unit of an intensity', "Export the scan in counts or counts per second.")


def degrees(given: Given, unit: str, where: str) -> float:
    """Factor [1] that brings an angle to degrees; ``ReadError`` for an unknown unit."""
    factor = factor_to(unit.rstrip("."), "deg")
    if factor is None:
        raise ReadError(given.name, where, f'"{unit[:40]}" is no unit of an angle', "Export the scan in degrees.")
    return factor


def is_two_theta(axis: str) -> bool:
    """Whether an axis of a scan moves 2 theta."""
    return _TWO_THETA.search(axis) is not None


def refuse_axis(given: Given, axis: str, where: str) -> ReadError:
    """The complaint about a scan that is no diffraction pattern."""
    reason = f'the scan moves "{axis[:40]}" and not 2 theta, so it is no diffraction pattern'
    return ReadError(given.name, where, reason, "Give a coupled scan or one of the detector.")


def wavelength(values: Sequence[tuple[float, float]], *, unit: str, said: str) -> dict[str, Quantity | str]:
    """The condition ``wavelength`` [nm] from lines and their weights; empty where they are no wavelengths of X-rays.

    Parameters
    ----------
    values : sequence of tuple of two floats
        Wavelength in ``unit`` and weight [1].
    unit : str
        As written; an angstrom where empty, as of all these programs.
    said : str
        Which lines they are.
    """
    factor = factor_to(unit or "angstrom", "nm")
    weight = sum(share for _, share in values)
    if factor is None or not values or not weight > 0:
        return {}
    mean = factor * sum(value * share for value, share in values) / weight
    return {"wavelength": Quantity(mean, "nm", rule=f"{said}, as stated by the file")} if _SHORTEST < mean < _LONGEST else {}


def measurements(given: Given, scans: Sequence[Scan], *, reader: str) -> tuple[Measurement, ...]:
    """Measurements of all scans of a file.

    Parameters
    ----------
    given : Given
    scans : sequence of Scan
    reader : str

    Raises
    ------
    ReadError
        There is no scan, or one is empty or of an unknown unit.
    """
    if not scans:
        raise ReadError(given.name, "end of file", "the file holds no scan of 2 theta", "Export the measurement anew.")
    found = []
    for scan in scans:
        columns = {"two_theta_degree": scan.two_theta, intensity_column(given, scan.unit, scan.where): scan.intensity}
        region = scan.region if len(scans) > 1 else ""
        found.append(measured(given, columns, technique="xrd", reader=reader, conditions=scan.conditions, flags=scan.flags, region=region))
    return tuple(found)


def even_angles(given: Given, start: float, step: float, count: int, where: str) -> Array:
    """Angles [deg] of a scan that states its first angle and its step.

    Parameters
    ----------
    given : Given
    start, step : float
        [deg]
    count : int
        [1] points.
    where : str
        Place in the file.

    Raises
    ------
    ReadError
        They are no angles.
    """
    last = start + step * max(count - 1, 0)
    if not (np.isfinite(start) and np.isfinite(step) and step != 0 and max(abs(start), abs(last)) <= _LIMIT):
        raise ReadError(given.name, where, f"a scan of {count} points from {start:g} in steps of {step:g} deg cannot be", "Export it anew.")
    return np.asarray(start + step * np.arange(count), dtype=float)
