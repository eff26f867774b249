"""What the units of a JCAMP-DX block say: which technique, and which canonical columns.

Wavenumbers with transmittance, absorbance or another ordinate are infrared, or Raman where the data type says so. An axis of hertz, of
parts per million or of anything else is no infrared spectrum: it is kept as it is, with the flag ``units_not_ir``.

``TRANSMITTANCE`` may be a fraction or percent. A percent sign in YUNITS decides, or what the user declares, or a range that the header
states in percent (``0.01,87.100 %T``) and to which the table is held. Where nothing does, the word means the fraction, unless values above
1.5 leave only percent; either way a warning says so (``units_assumed``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dualion.readers.format import Given
from dualion.readers.jcamp.blocks import Block
from dualion.readers.spectra.units import factor_to
from dualion.records.quantity import Flag, Quantity

Array = NDArray[np.float64]

#: Transmittance [1] that noise and a poor reference do not exceed.
MOST_FRACTION = 1.5
#: Relative difference of a highest value from the stated one that rounding and smoothing explain.
_SAME = 0.01
#: [cm-1 um] wavenumber times wavelength.
_MICROMETRES = 1e4
_PERCENT = 100.0

_MICROMETRE_NAMES = ("MICROMETERS", "MICROMETRES", "MICROMETER", "MICRONS", "UM")
_TRANSMITTANCE = re.compile(r"TRANSMITTANCE|TRANSMISSION|%\s*T|T\s*%", re.IGNORECASE)
_PERCENT_SIGN = re.compile(r"%|PERCENT", re.IGNORECASE)
_FRACTION = ("1", "fraction")
_PERCENT_T = re.compile(r"(?P<highest>\d+\.?\d*)\s*%\s*T\b")
_RESOLUTION = re.compile(r"\s*(?P<value>\d+\.?\d*|\.\d+)\s*(?P<unit>.*)")
_WITHIN = re.compile(r"\bresol\w*\s*=?\s*(?P<value>\d+\.?\d*)\s*cm-1", re.IGNORECASE)
_TABLES = ("XYDATA", "XYPOINTS", "PEAKTABLE", "NTUPLES", "PAGE", "DATATABLE")
_WORDS = (("title", "TITLE"), ("instrument", "SPECTROMETERDATASYSTEM"), ("x_unit", "XUNITS"), ("y_unit", "YUNITS"), ("state", "STATE"))


@dataclass(frozen=True, slots=True)
class Spectrum:
    """A block as a measurement has it.

    Parameters
    ----------
    technique : str
    columns : dict of str to ndarray, shape (n,)
        By canonical names, in their [unit].
    flags : tuple of Flag
    """

    technique: str
    columns: dict[str, Array]
    flags: tuple[Flag, ...]


def spectrum(given: Given, block: Block, x: Array, y: Array) -> Spectrum:
    """Columns of a block in canonical units.

    Parameters
    ----------
    given : Given
        With what the user declares.
    block : Block
    x, y : ndarray, shape (n,)
        In the units of the block [XUNITS, YUNITS].

    Returns
    -------
    Spectrum
    """
    x_unit = block.text("XUNITS") or given.declared.x_unit or ""
    kind = block.text("DATATYPE").upper()
    flags: list[Flag] = []
    if kind.startswith("INFRARED") and x_unit.upper().strip() in _MICROMETRE_NAMES and bool((x > 0).all()):
        x = _MICROMETRES / x
        flags.append(Flag("abscissa_converted", "note", "The file is in micrometres; wavenumbers are 10 000 divided by them."))
    else:
        factor = factor_to(x_unit, "cm-1")
        if factor is None:
            told = f'"{x_unit}"' if x_unit else "not stated"
            message = f"The unit of the abscissa is {told}, which is none of an infrared spectrum; the columns are as they were written."
            return Spectrum("spectrum", {"abscissa": x, "ordinate": y}, (Flag("units_not_ir", "warning", message),))
        x = factor * x
    if "RAMAN" in kind:
        return Spectrum("raman", {"raman_shift_per_centimetre": x, "intensity_arbitrary": y}, tuple(flags))
    name, y, said = _ordinate(given, block, y)
    return Spectrum("ftir", {"wavenumber_per_centimetre": x, name: y}, (*flags, *said))


def _ordinate(given: Given, block: Block, y: Array) -> tuple[str, Array, tuple[Flag, ...]]:
    """Canonical name and values of the ordinate."""
    unit = block.text("YUNITS")
    if unit.upper().startswith("ABSORBANCE"):
        return "absorbance", y, ()
    if not _TRANSMITTANCE.search(unit):
        return "intensity_arbitrary", y, ()
    name, declared = "transmittance_percent", (given.declared.y_unit or "").strip().lower()
    if _PERCENT_SIGN.search(unit) or _PERCENT_SIGN.search(declared):
        return name, y, ()
    if declared in _FRACTION:
        return name, _PERCENT * y, ()
    largest = float(np.nanmax(y)) if np.isfinite(y).any() else 0.0
    highest = _stated_percent(block)
    for factor, kind in ((1.0, "percent"), (_PERCENT, "a fraction")):
        if highest and abs(factor * largest - highest) <= _SAME * highest:
            message = f"YUNITS does not say percent or fraction; the header states a range up to {highest:g} %T, so the table is {kind}."
            return name, factor * y, (Flag("units_assumed", "note", message),)
    percent = largest > MOST_FRACTION
    why = f"values up to {largest:.4g} can only be percent" if percent else "without a percent sign the word means the fraction"
    message = f'The unit of the ordinate is "{unit}": {why}. Declare y_unit = "%" or y_unit = "1" where it is known.'
    return name, y if percent else _PERCENT * y, (Flag("units_assumed", "warning", message),)


def _stated_percent(block: Block) -> float | None:
    """Highest transmittance [%] that a text of the header states."""
    for label, record in block.records.items():
        if label not in _TABLES:
            found = _PERCENT_T.search("\n".join((record.text, *(row for _, row in record.rows))))
            if found:
                return float(found["highest"])
    return None


def conditions(block: Block) -> dict[str, Quantity | str]:
    """What the header says besides the columns.

    Parameters
    ----------
    block : Block
    """
    found: dict[str, Quantity | str] = {ours: text for ours, label in _WORDS if (text := block.text(label))}
    resolution = _resolution(block)
    if resolution is not None and resolution > 0:
        found["resolution"] = Quantity(resolution, "cm-1", rule="stated in the header")
    return found


def _resolution(block: Block) -> float | None:
    """Resolution [cm-1], from its record or from the text of the instrument."""
    stated = _RESOLUTION.fullmatch(block.text("RESOLUTION"))
    if stated and (not stated["unit"] or factor_to(stated["unit"], "cm-1") == 1):
        return float(stated["value"])
    record = block.records.get("INSTRUMENTPARAMETERS")
    within = _WITHIN.search("\n".join((record.text, *(row for _, row in record.rows)))) if record else None
    return float(within["value"]) if within else None
