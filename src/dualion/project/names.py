"""What the name of a file says: temperature, scan rate, sample. A hint for a draft; used, and flagged, where nothing better is known."""

from __future__ import annotations

import re

_NUMBER = r"(?P<number>(?:(?<![A-Za-z0-9)])-)?\d{1,4}(?:[.,p]\d{1,3})?)"
_TEMPERATURE = re.compile(rf"(?<![\d.]){_NUMBER}[ _]?(?P<unit>°C|degC|deg|C|K)(?![A-Za-z0-9])")
_SCAN_RATE = re.compile(rf"(?<![\d.]){_NUMBER}[ _]?(?P<unit>u|µ|m|)V[ _.-]?(?:p|per)?[ _.-]?s(?:ec)?(?:-1)?(?![A-Za-z0-9])")
_SAMPLE = re.compile(r"(?<![A-Za-z0-9])(MEC\d)(?!\d)")
_KELVIN = 273.15  # [K] at 0 degC
_COLDEST, _HOTTEST = -80.0, 1000.0  # [degC] what a temperature in a name can mean: "1C" in a name is a rate
_HIGHEST_RATE = 20.0  # [1] up to this, a bare "C" is a C-rate: 20C is the fastest of the study
_PREFIXES = {"": 1e3, "m": 1.0, "u": 1e-3, "µ": 1e-3}  # to mV


def temperature_in(name: str) -> float | None:
    """Temperature [degC] that a name gives, such as 140 of ``cell-140deg.txt``; None where it gives none.

    A bare ``C`` is a temperature above 20 only: ``2C`` and ``20C`` are rates.

    Examples
    --------
    >>> temperature_in("s04147-140deg.txt"), temperature_in("MEC3_2C.nda"), temperature_in("eis_303K.z")
    (140.0, None, 29.85)
    """
    found = [(match["unit"], _value(match["number"])) for match in _TEMPERATURE.finditer(name)]
    for unit, value in found:
        celsius = value - _KELVIN if unit == "K" else value
        if unit == "C" and value <= _HIGHEST_RATE:
            continue
        if _COLDEST <= celsius <= _HOTTEST:
            return round(celsius, 2)
    return None


def scan_rate_in(name: str) -> float | None:
    """Scan rate [mV/s] that a name gives; None where it gives none.

    Examples
    --------
    >>> scan_rate_in("AQDS_25mVs.DTA"), scan_rate_in("cv_0.1mV_s-1.par"), scan_rate_in("cv.par")
    (25.0, 0.1, None)
    """
    found = _SCAN_RATE.search(name)
    return None if found is None else _value(found["number"]) * _PREFIXES[found["unit"]]


def sample_in(name: str) -> str | None:
    """Name of a sample of the study, such as ``MEC3``, where the name of the file holds one."""
    found = _SAMPLE.search(name)
    return None if found is None else found[1]


def family(name: str) -> str:
    """The name with its temperature and scan rate blanked: what the files of one series share.

    Examples
    --------
    >>> family("s04147-140deg.txt") == family("s04147-150deg.txt"), family("MEC0_cv.par") == family("MEC3_cv.par")
    (True, False)
    """
    return _SCAN_RATE.sub("#", _TEMPERATURE.sub("#", name))


def _value(text: str) -> float:
    return float(text.replace(",", ".").replace("p", "."))
