"""What CasaXPS writes: regions and components in the comments of VAMAS blocks, and its table of results.

A component stands in a comment with its area, width and kinetic energy; it becomes conditions ``vendor_name_1``, ``vendor_position_1``
[eV, binding energy], ``vendor_fwhm_1`` [eV], ``vendor_area_1`` [Hz eV: CasaXPS divides counts by their time], ``vendor_shape_1`` and
``vendor_rsf_1``, and the region becomes ``vendor_background``, ``vendor_window_low`` and ``vendor_window_high``. Vendor values are kept as
they are and enter no number of ours.

The result table (tab-divided, "Name  Position  FWHM  Raw Area ...") holds no spectrum: it is read as descriptors, one row for each number,
named after its component, such as ``fe_2p_1_position``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from dualion.errors import ReadError
from dualion.readers.format import Format, Given
from dualion.readers.tables import measured
from dualion.readers.texts.decoding import beginning, decoded
from dualion.records.measurement import Measurement
from dualion.records.quantity import Flag, Quantity

_READER, _VERSION = "casaxps-results", 1
_NUMBER = r"([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)"
_REGION = re.compile(rf"CASA region \(\*(.*?)\*\) \(\*(.*?)\*\) {_NUMBER} {_NUMBER} {_NUMBER}")
_COMPONENT = re.compile(
    rf"CASA comp \(\*(.*?)\*\) \(\*(.*?)\*\) Area {_NUMBER} .*?MFWHM {_NUMBER} .*?Position {_NUMBER} .*?RSF {_NUMBER}(?: |$)"
)
_MOST_COMPONENTS = 64
_AGAIN = "Export it anew."

#: Headings of the table of results, with the name and the unit of the descriptor.
_HEADINGS = {
    "Position": ("position", "eV"),
    "FWHM": ("fwhm", "eV"),
    "Raw Area": ("area", "Hz eV"),
    "Area": ("area", "Hz eV"),
    "Area/(RSF*T*MFP)": ("corrected_area", "Hz eV"),
    "Area/(RSF*T)": ("corrected_area", "Hz eV"),
    "%At Conc": ("share", "at%"),
    "%Conc": ("share", "at%"),
}
_METHODS = {"area": "counts per second times eV", "corrected_area": "divided by the factors of the heading"}
_NONE = ("", "-1.#IND", "1.#INF", "-1.#INF", "1.#QNAN", "nan", "-nan", "inf", "-nan(ind)")
_NAMED = re.compile(r"^Name\tPosition\tFWHM\t", re.MULTILINE)


def vendor_conditions(comment: Sequence[str], photon_energy: float | None) -> dict[str, Quantity | str]:
    """The model that CasaXPS left in the comment of a block.

    Parameters
    ----------
    comment : sequence of str
        Its lines.
    photon_energy : float or None
        [eV]

    Returns
    -------
    dict
        Empty where there is none.
    """
    found: dict[str, Quantity | str] = {}
    if photon_energy is None:
        return found
    number = 0
    for line in comment:
        region, component = _REGION.search(line), _COMPONENT.search(line)
        if region and "vendor_background" not in found:
            found["vendor_background"] = region[2]
            low, high = sorted(photon_energy - float(region[k]) for k in (3, 4))
            found |= {"vendor_window_low": Quantity(low, "eV"), "vendor_window_high": Quantity(high, "eV")}
        if component and number < _MOST_COMPONENTS:
            number += 1
            found |= {f"vendor_name_{number}": component[1], f"vendor_shape_{number}": component[2]}
            found[f"vendor_area_{number}"] = Quantity(float(component[3]), "Hz eV")
            found[f"vendor_fwhm_{number}"] = Quantity(float(component[4]), "eV")
            found[f"vendor_position_{number}"] = Quantity(photon_energy - float(component[5]), "eV", rule="binding energy")
            found[f"vendor_rsf_{number}"] = Quantity(float(component[6]), "1")
    return found


def _recognises(given: Given) -> bool:
    return _NAMED.search(beginning(given)) is not None


def _read(given: Given) -> Measurement:
    lines = decoded(given).split("\n")
    start = next(k for k, line in enumerate(lines) if _NAMED.match(line))
    headings = [word.strip() for word in lines[start].split("\t")]
    rows: list[dict[str, object]] = []
    seen: dict[str, int] = {}
    flags: list[Flag] = []
    for at in range(start + 1, len(lines)):
        fields = [word.strip() for word in lines[at].split("\t")]
        if not any(fields):
            if at == len(lines) - 1 and not lines[at]:
                flags = [_cut()]
            break
        rows += _numbers_of(given, at, headings, fields, seen)
    else:
        flags = [_cut()]
    if not rows:
        raise ReadError(given.name, f"line {start + 2}", "the table of results has no rows", _AGAIN)
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    return measured(given, columns, technique="descriptors", reader=_READER, version=_VERSION, flags=flags)


def _cut() -> Flag:
    return Flag("truncated", "warning", "The file ends with its table of components, which a blank line should close; rows may be missing.")


def _numbers_of(given: Given, at: int, headings: Sequence[str], fields: Sequence[str], seen: dict[str, int]) -> list[dict[str, object]]:
    """One row of the table as descriptors."""
    if len(fields) < len([name for name in headings if name]):
        raise ReadError(given.name, f"line {at + 1}", f"the row has {len(fields)} fields and the heading {len(headings)}", _AGAIN)
    stem = re.sub(r"[^a-z0-9]+", "_", fields[0].lower()).strip("_") or "component"
    seen[stem] = seen.get(stem, 0) + 1
    made: list[dict[str, object]] = []
    for heading, word in zip(headings[1:], fields[1:], strict=False):
        if heading not in _HEADINGS or word in _NONE:
            continue
        name, unit = _HEADINGS[heading]
        try:
            value = float(word)
        except ValueError:
            raise ReadError(given.name, f"line {at + 1}, column {heading}", f'"{word[:40]}" is not a number', _AGAIN) from None
        made.append(
            {
                "sample_name": "",
                "descriptor": f"{stem}_{seen[stem]}_{name}",
                "descriptor_value": value,
                "descriptor_unit": unit,
                "descriptor_method": f"CasaXPS, {_METHODS.get(name, 'as printed')}",
                "descriptor_source": given.name,
                "descriptor_qualifier": "=",
            }
        )
    return made


FORMATS = (Format(_READER, "CasaXPS table of results (.csv, .txt)", (".csv", ".txt"), _recognises, _read, _VERSION),)
