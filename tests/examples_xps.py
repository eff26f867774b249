"""VAMAS files, CasaXPS results and Avantage workbooks written here, with the numbers that are in them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Sequence

import numpy as np

from readers_examples import Example

IDENTIFIER = "VAMAS Surface Chemical Analysis Standard Data Transfer Format 1988 May 4"
PHOTON, UNKNOWN = 1486.69, "1E+37"
DWELL, SCANS = 0.25, 4
CASA = (
    "Casa Info Follows",
    "CASA region (*N 1s*) (*Shirley*) 1078.69 1092.69 1.8 2 0 0 391.7 0 0 0 (*N 1s*) 14.0067 0 1.8",
    (
        "CASA comp (*pyridinic*) (*GL(30)*) Area 512.5 1e-020 6383903.5 -1 1 MFWHM 1.6 0.25 6 -1 1 Position 1088.29 1084 1092 -1 1 RSF 1.8 "
        "MASS 14.0067 INDEX -1 (*N 1s*) CONST (**) UNCORRECTEDRSF 1.8"
    ),
    "Charge Neutraliser : On",
)


def n1s(points: int = 15) -> tuple[list[float], list[int], list[float]]:
    """Binding energy [eV] falling in steps of 1 eV, counts, and transmission."""
    energy = 408.0 - np.arange(points)
    counts = 4000 + 900 * np.exp(-(((energy - 400.0) / 1.5) ** 2))
    return energy.tolist(), [int(one) for one in counts], [round(2.5 - 0.01 * k, 2) for k in range(points)]


def head(
    *, mode: str = "NORM", scan: str = "REGULAR", listed: Sequence[int] = (0,), manual: Sequence[str] = (), blocks: int = 1
) -> list[str]:
    """Lines before the blocks."""
    lines = [IDENTIFIER, "Institute", "Instrument", "Operator", "Experiment", "1", "a comment", mode, scan]
    lines += ["1"] if mode in ("NORM", "SDP", "MAP", "MAPDP") else []
    return [*lines, "1", "Index", "d", *map(str, listed), str(len(manual)), *manual, "0", "0", str(blocks)]


def block(
    name: str = "N 1s",
    *,
    comment: Sequence[str] = CASA,
    technique: str = "XPS",
    photon: str = f"{PHOTON}",
    work: str = "-4.5",
    species: tuple[str, str] = ("N", "1s"),
    label: str = "Kinetic Energy",
    unit: str = "eV",
    irregular: bool = False,
    points: int = 15,
    time: str = f"{DWELL}",
    values: Sequence[str] | None = None,
    count: int | None = None,
) -> list[str]:
    """Lines of one block with counts and transmission."""
    energy, counts, transmission = n1s(points)
    start = PHOTON - energy[0]
    lines = [name, "carbon 7", "2026", "1", "2", "3", "4", "5", "0", str(len(comment)), *comment, technique, "1", "Al (mono)", photon]
    lines += ["225", UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, "FAT", "20", UNKNOWN, work, *([UNKNOWN] * 5), *species, "-1"]
    variables = ["Intensity", "d", "Transmission", "d"]
    lines += ["3", label, unit, *variables] if irregular else [label, unit, f"{start:.2f}", "1", "2", *variables]
    lines += ["pulse counting", time, f"{SCANS}", "0", UNKNOWN, UNKNOWN, UNKNOWN, "0"]
    if values is None:
        columns = ([f"{start + k:.2f}" for k in range(points)],) if irregular else ()
        rows = zip(*columns, map(str, counts), map(str, transmission), strict=True)
        values = [word for row in rows for word in row]
    limits = ["0", "1"] * (3 if irregular else 2)
    return [*lines, str(len(values) if count is None else count), *limits, *values]


def vamas(lines: Sequence[str], *, mark: str = "\r\n", before: str = "", end: str = "end of experiment") -> bytes:
    return (before + mark.join([*lines, end] if end else lines) + mark).encode()


def _truth() -> dict[str, list[float | None]]:
    energy, counts, _ = n1s()
    return {
        "binding_energy_electronvolt": [round(one, 2) for one in energy],
        "intensity_count_per_second": [one / (DWELL * SCANS) for one in counts],
    }


def regular() -> Example:
    return Example("vamas", "vamas", vamas([*head(), *block()]), "xps", _truth())


def irregular() -> Example:
    data = vamas([*head(scan="IRREGULAR"), *block(irregular=True)], mark="\r", before="\r\r \r")
    return Example("vamas", "vamas-irregular", data, "xps", _truth())


RESULTS = (("N 1s", 398.41, 1.6, 512.5, 284.7, 61.5), ("N 1s", 401.2, 1.6, 320.25, 177.9, 38.5))


def results() -> Example:
    rows = [
        f"{name}\t{at:.2f}\t{w:.2f}\t{area:.2f}\t{corrected:.2f}\t{share:.2f}\t-1.#IND\t" for name, at, w, area, corrected, share in RESULTS
    ]
    first = ["C:\\data\\carbon 7.vms\t", "", "Name\tPosition\tFWHM\tRaw Area\tArea/(RSF*T*MFP)\t%At Conc\tGoodness of Fit\t"]
    data = ("\r\n".join([*first, *rows, "", "", "Peak Area Results\t"]) + "\r\n").encode()
    values: list[float | None] = [one for row in RESULTS for one in row[1:]]
    return Example("casaxps-results", "casaxps-results", data, "descriptors", {"descriptor_value": values})


_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_XML = '<?xml version="1.0" encoding="UTF-8"?>'


def _cell(word: object) -> str:
    if isinstance(word, str) and word.startswith("="):
        formula, _, value = word[1:].partition("|")
        return f"<c><f>{formula}</f><v>{value}</v></c>"
    if isinstance(word, int | float):
        return f"<c><v>{word!r}</v></c>"
    return f'<c t="inlineStr"><is><t>{word}</t></is></c>' if word else "<c/>"


def workbook(sheets: dict[str, list[list[object]]], *, hidden: Sequence[str] = ()) -> bytes:
    """A workbook (ECMA-376) of sheets of cells; a text that begins with "=" is a formula, with its value behind "|"."""
    numbers = range(1, len(sheets) + 1)
    overrides = "".join(f'<Override PartName="/xl/worksheets/sheet{k}.xml" ContentType="{_KIND}.worksheet+xml"/>' for k in numbers)
    links = "".join(f'<Relationship Id="r{k}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{k}.xml"/>' for k in numbers)
    listed = "".join(
        f'<sheet name="{name}" sheetId="{k}" r:id="r{k}"{" state=" + chr(34) + "hidden" + chr(34) if name in hidden else ""}/>'
        for k, name in zip(numbers, sheets)
    )
    parts = {
        "[Content_Types].xml": (
            f'<Types xmlns="{_TYPES}"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{_KIND}.sheet.main+xml"/>{overrides}</Types>'
        ),
        "_rels/.rels": (
            f'<Relationships xmlns="{_PACKAGE}"><Relationship Id="r1" Type="{_OFFICE}/officeDocument" '
            'Target="xl/workbook.xml"/></Relationships>'
        ),
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}">{links}</Relationships>',
    }
    for k, rows in zip(numbers, sheets.values()):
        body = "".join(f"<row>{''.join(map(_cell, row))}</row>" for row in rows)
        parts[f"xl/worksheets/sheet{k}.xml"] = f'<worksheet xmlns="{_MAIN}"><sheetData>{body}</sheetData></worksheet>'
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name), _XML + content, zipfile.ZIP_DEFLATED)
    return written.getvalue()


def region_sheet(file: str = "N1s Scan", *, component: str = "N1s pyridinic", announced: int | None = None) -> list[list[object]]:
    """Cells of a fitted region."""
    energy, counts, _ = n1s()
    rows: list[list[object]] = [
        ["Axis", "Energy", "Elements=", len(energy) if announced is None else announced],
        [f"C:\\data\\carbon 7.DATA\\{file}.VGD"],
        [],
        ["Binding Energy (E)", "", "", "", component, "Backgnd.", "Envelope"],
        ["eV", "", "Counts / s", "", "Counts / s", "Counts / s", "Counts / s"],
    ]
    for at, (one, count) in enumerate(zip(energy, counts)):
        inside = 2 <= at < 13
        rows.append([one, "", count, "", count + 0.5 if inside else 0, 4000 if inside else 0, count])
    return rows


QUANTIFIED: list[list[object]] = [
    [" ", "Name", "Peak BE", "FWHM eV", "Area (P) CPS.eV", "Atomic %"],
    ["", "N1s pyridinic", 398.4, 1.6, 512.5, 0.9],
    ["", "C1s sp2", 284.5, 0.6, 90000.0, 99.1],
]
TITLES: list[list[object]] = [["22:56 Thursday"], ["carbon 7"], ["Carbon BE", 284.8]]


def avantage() -> Example:
    data = workbook({"N1s Scan": region_sheet(), "Titles": TITLES, "Quantifications": QUANTIFIED})
    energy, counts, _ = n1s()
    truth: dict[str, list[float | None]] = {
        "binding_energy_electronvolt": list(energy),
        "intensity_count_per_second": [float(one) for one in counts],
    }
    return Example("avantage", "avantage", data, "xps", truth)


#: Every example of the readers of photoelectron spectrometers.
EVERY: tuple[Callable[[], Example], ...] = (regular, irregular, results, avantage)
