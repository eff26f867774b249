"""Workbooks of Thermo Avantage (.xlsx): one sheet for each region, and the vendor's table of components.

A sheet of a region has a line "Axis Energy Elements= n", the path of its data file, a line of headings that begins with
"Binding Energy (E)", a line of units and n rows. Beside the counts per second stand curves of components, "Backgnd.", "Envelope" and
"Residuals" where the region was fitted; rows in which the background is zero lie outside of the fit. The sheet of the quantification
lists name, position, width, area and share of all components; each goes to the region by whose name it begins, as the conditions
``vendor_name_1``, ``vendor_position_1`` [eV], ``vendor_fwhm_1`` [eV], ``vendor_area_1`` [Hz eV] and ``vendor_share_1`` [at%]. Vendor values
are kept as they are.

``label_conflict`` is raised where names contradict each other: a sheet and the data file of its region; the components of a sheet and those
of the quantification; the material in the name of the workbook and in its title. Which is right cannot be told from the file. Hidden sheets
are left out (``hidden_sheets``), and formulas give what the program that wrote the file had computed (``formula_cells``).
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dualion.errors import ReadError
from dualion.readers.format import Format, Given
from dualion.readers.tables import measured
from dualion.readers.workbooks import SHEETS, heads, opened
from dualion.records.measurement import Measurement
from dualion.records.quantity import Flag, Quantity

_READER, _VERSION = "avantage", 1
_MARK = re.compile(rb"(?:Binding|Kinetic) Energy \(E\)")
_AXIS = re.compile(rb"Elements=")
_FORMULA = re.compile(rb"<(?:\w+:)?f[ >/]")
_ENERGY, _BACKGROUND, _ENVELOPE = "Binding Energy (E)", "Backgnd.", "Envelope"
_RATE, _EV = ("counts / s", "counts/s", "cps"), "ev"
_TABLE = ("name", "peak be", "fwhm ev", "area (p) cps.ev", "atomic %")
_FIELDS = (("position", "eV"), ("fwhm", "eV"), ("area", "Hz eV"), ("share", "at%"))
_REGION = re.compile(r"\b([A-Z][a-z]?) ?([1-7][spdf])(?![a-z])")
_FILE = re.compile(r"([^\\/]+)\.VGD$", re.IGNORECASE)
_EMPTY_WORDS = {"scan", "xps", ""}
#: Words for a material in the name or the title of a file.
_MATERIALS = {"hard carbon": r"hard[ _-]?carbon", "graphite": r"gra?phi?te?", "graphene": "graphene", "carbon black": r"carbon[ _-]?black"}
_AGAIN = "Export the experiment anew."


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A region: its name, data file, energies [eV], rates [Hz], names of components, and the fitted rows."""

    name: str
    file: str
    energy: NDArray[np.float64]
    rate: NDArray[np.float64]
    components: tuple[str, ...]
    window: tuple[float, float] | None


def _recognises(given: Given) -> bool:
    begins = heads(given)
    return any(map(_MARK.search, begins)) and any(map(_AXIS.search, begins))


def _read(given: Given) -> tuple[Measurement, ...]:
    book = opened(given)
    cells: dict[str, list[list[str]]] = {}
    hidden = []
    for name in book.sheet_names:
        sheet = book.load_sheet(name, header_row=None, dtypes="string")
        if sheet.visible != "visible":
            hidden.append(name)
        elif sheet.height:
            cells[name] = [[(word or "").strip().lstrip("\ufeff") for word in row] for row in sheet.to_polars().rows()]
    sheets = [found for name, rows in cells.items() if (found := _sheet(given, name, rows)) is not None]
    if not sheets:
        raise ReadError(given.name, "sheets", "no visible sheet holds a region with binding energy and counts / s", _AGAIN)
    vendor = [row for rows in cells.values() for row in _quantified(given, rows)]
    title, carbon = _title(cells.values())
    flags = [*_book_flags(given, hidden), *_conflicts(given.name, title, sheets, vendor)]
    return tuple(
        _measurement(given, one, region, vendor, title, carbon, flags) for one, region in zip(sheets, _regions(sheets), strict=True)
    )


def _sheet(given: Given, name: str, rows: Sequence[Sequence[str]]) -> _Sheet | None:
    """A region; None where the sheet is none."""
    start = next((k for k, row in enumerate(rows) if row and row[0] in (_ENERGY, "Kinetic Energy (E)")), None)
    if start is None or start + 1 >= len(rows):
        return None
    where = f'sheet "{name[:40]}"'
    headings, units = rows[start], [word.lower() for word in rows[start + 1]]
    if headings[0] != _ENERGY:
        raise ReadError(given.name, where, "its axis is the kinetic energy", "Export with binding energies.")
    if units[0] != _EV:
        raise ReadError(given.name, where, f'its energies are in "{rows[start + 1][0][:20]}", not in eV', _AGAIN)
    at = next((k for k, unit in enumerate(units) if unit in _RATE and headings[k] == ""), None)
    if at is None:
        raise ReadError(given.name, where, 'no column is in "Counts / s"', _AGAIN)
    body = rows[start + 2 :]
    while body and not any(body[-1]):
        body = body[:-1]
    announced = _announced(rows[:start])
    if announced is not None and announced != len(body):
        raise ReadError(given.name, where, f"it holds {len(body)} rows and announces {announced}", _AGAIN)
    energy, rate = (_column(given, where, body, k, start + 2) for k in (0, at))
    window = None
    if _BACKGROUND in headings:
        fitted = _column(given, where, body, headings.index(_BACKGROUND), start + 2) != 0
        window = (float(energy[fitted].min()), float(energy[fitted].max())) if fitted.any() else None
    known = (_BACKGROUND, _ENVELOPE, "Residuals")
    components = tuple(word for word in headings[at + 1 :] if word and word not in known)
    path = next((word for row in rows[:start] for word in row if _FILE.search(word)), "")
    found = _FILE.search(path)
    return _Sheet(name, found[1] if found else "", energy, rate, components, window)


def _announced(rows: Sequence[Sequence[str]]) -> int | None:
    """How many rows the sheet says it has."""
    for row in rows:
        if "Elements=" in row:
            word = row[row.index("Elements=") + 1] if row.index("Elements=") + 1 < len(row) else ""
            return int(float(word)) if re.fullmatch(r"\d{1,7}(\.0+)?", word) else None
    return None


def _column(given: Given, where: str, rows: Sequence[Sequence[str]], at: int, first: int) -> NDArray[np.float64]:
    """A column of numbers; an empty cell is not a number."""
    values = np.full(len(rows), np.nan)
    for k, row in enumerate(rows):
        if not row[at]:
            continue
        try:
            values[k] = float(row[at])
        except ValueError:
            reason = f'"{row[at][:40]}" is not a number'
            raise ReadError(given.name, f"{where}, row {first + k + 1} of its cells, column {at + 1}", reason, _AGAIN) from None
    return values


def _quantified(given: Given, rows: Sequence[Sequence[str]]) -> list[tuple[str, dict[str, float]]]:
    """Components of the quantification: name, and numbers by field."""
    start = next((k for k, row in enumerate(rows) if set(_TABLE[:-1]) <= {word.lower() for word in row}), None)
    if start is None:
        return []
    words = [word.lower() for word in rows[start]]
    places = [words.index(name) if name in words else -1 for name in _TABLE]
    found = []
    for row in rows[start + 1 :]:
        if not row[places[0]]:
            break
        numbers = {}
        for (field, _), at in zip(_FIELDS, places[1:], strict=True):
            if at >= 0 and row[at]:
                try:
                    numbers[field] = float(row[at])
                except ValueError:
                    raise ReadError(given.name, "quantification", f'"{row[at][:40]}" is not a number', _AGAIN) from None
        found.append((row[places[0]], numbers))
    return found


def _title(sheets: Any) -> tuple[str, float | None]:
    """Title of the experiment, and the energy [eV] that its scale was set to for carbon."""
    title, carbon = "", None
    for rows in sheets:
        for k, row in enumerate(rows):
            if row and row[0] == "Carbon BE":
                title = rows[k - 1][0] if k else ""
                word = next((cell for cell in row[1:] if cell), "")
                carbon = float(word) if re.fullmatch(r"\d{3}(\.\d+)?", word) else None
    return title, carbon


def _regions(sheets: Sequence[_Sheet]) -> list[str]:
    """Names of the regions: those of the sheets without "Scan"."""
    return [re.sub(r"\s*\bScan\b\s*", "", one.name).strip() or one.name for one in sheets]


def region_of(name: str) -> str:
    """The element and shell in a name, such as ``"C 1s"``; empty where it has none."""
    found = _REGION.search(name)
    return f"{found[1]} {found[2]}" if found else ""


def _book_flags(given: Given, hidden: Sequence[str]) -> list[Flag]:
    flags = []
    if hidden:
        flags.append(Flag("hidden_sheets", "note", f"Sheets that are hidden were left out: {', '.join(hidden)}."))
    with zipfile.ZipFile(io.BytesIO(given.data)) as archive:
        formulas = [one for one in archive.namelist() if one.startswith(SHEETS) and _FORMULA.search(archive.read(one))]
    if formulas:
        message = f"{len(formulas)} of the sheets hold formulas; what the program computed when it wrote the file is taken."
        flags.append(Flag("formula_cells", "warning", message))
    return flags


def _conflicts(name: str, title: str, sheets: Sequence[_Sheet], vendor: Sequence[tuple[str, Mapping[str, float]]]) -> list[Flag]:
    """Names that contradict each other."""
    found = []
    for one in sheets:
        own, file = ({word.lower() for word in re.split(r"[\s_]+", text)} - _EMPTY_WORDS for text in (one.name, one.file))
        if own and file and not own & file:
            found.append(f'sheet "{one.name}" holds the data file "{one.file}"')
        listed = [label for label, _ in vendor if region_of(label) == region_of(one.name) != ""]
        absent = [label for label in one.components if label not in listed]
        if listed and absent:
            found.append(f'sheet "{one.name}" has the component "{absent[0]}", and the quantification lists {", ".join(listed)}')
    called, titled = (
        {material for material, pattern in _MATERIALS.items() if re.search(pattern, text, re.IGNORECASE)} for text in (name, title)
    )
    if called and titled and not called & titled:
        found.append(
            f'the file is called "{name}" and its title is "{title}": {" and ".join(sorted(called | titled))} are not one material'
        )
    return [Flag("label_conflict", "warning", f"Labels contradict each other: {'; '.join(found)}.")] if found else []


def _measurement(
    given: Given,
    sheet: _Sheet,
    region: str,
    vendor: Sequence[tuple[str, Mapping[str, float]]],
    title: str,
    carbon: float | None,
    flags: Sequence[Flag],
) -> Measurement:
    conditions: dict[str, Quantity | str] = {"x_unit": "eV", "y_unit": "Counts / s"}
    if title:
        conditions["title"] = title
    if carbon is not None:
        conditions["carbon_energy"] = Quantity(carbon, "eV", rule="that the vendor set the scale to; as the file says")
    if sheet.window is not None:
        low, high = sheet.window
        conditions |= {"vendor_window_low": Quantity(low, "eV"), "vendor_window_high": Quantity(high, "eV")}
    own = [(name, numbers) for name, numbers in vendor if region_of(name) and region_of(name) == region_of(sheet.name)]
    for number, (name, numbers) in enumerate(own, start=1):
        conditions[f"vendor_name_{number}"] = name
        conditions |= {f"vendor_{field}_{number}": Quantity(numbers[field], unit) for field, unit in _FIELDS if field in numbers}
    columns = {"binding_energy_electronvolt": sheet.energy, "intensity_count_per_second": sheet.rate}
    return measured(given, columns, technique="xps", reader=_READER, version=_VERSION, conditions=conditions, flags=flags, region=region)


FORMATS = (Format(_READER, "Thermo Avantage export (.xlsx)", (".xlsx",), _recognises, _read, _VERSION),)
