"""Isotherms written here in the grammar of each format, with the numbers that are in them."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Sequence

from readers_examples import Example

STP = 22_413.969545  # [cm3/mol]
TORR = 101_325.0 / 760  # [Pa]
P0 = 101.3  # [kPa]


def points() -> tuple[list[float], list[float], int]:
    """Pressures [kPa] and loadings [mmol/g] of both branches, and how many belong to adsorption."""
    up = [0.00112, 0.01024, 0.10311, 1.01234, 3.03512, 5.07123, 8.11432, 12.15234, 20.26812, 35.45123, 60.78321, 90.15734]
    down = [70.91231, 40.52123, 25.32512, 10.13234]
    amounts = [0.11234, 0.21342, 0.29123, 0.35112, 0.38234, 0.40123, 0.42234, 0.44312, 0.47123, 0.51234, 0.59123, 0.70234]
    return up + down, [*amounts, 0.65123, 0.56234, 0.52123, 0.47234], len(up)


def _written(values: Sequence[float], form: str) -> tuple[list[str], list[float]]:
    texts = [format(value, form) for value in values]
    return texts, [float(text) for text in texts]


def aif() -> Example:
    """With a text of several lines, quotes within quotes, and a comment."""
    pressure, amount, up = points()
    volumes, read = _written([STP * 1e-3 * one for one in amount], ".5f")
    rows = [f"{p:.5f} {P0} {v}" for p, v in zip(pressure, volumes, strict=True)]
    head = [
        "data_example",
        "_exptl_operator 'it's me'",
        "_exptl_adsorptive N2",
        "_exptl_temperature 77.355  # of the bath",
        "_adsnt_sample_mass 0.14320",
        '_adsnt_material_id "carbon 7"',
        "_exptl_comment",
        ";first line",
        "loop_ is a word here, and so is _adsorp_pressure",
        ";",
        "_units_temperature K",
        "_units_pressure kPa",
        "_units_mass g",
        "_units_loading 'ml(STP) g-1'",
    ]
    first = ["", "loop_", "_adsorp_pressure", "_adsorp_p0", "_adsorp_amount"]
    second = ["", "loop_", "_desorp_pressure", "_desorp_p0", "_desorp_amount"]
    lines = [*head, *first, *rows[:up], *second, *rows[up:]]
    truth = {
        "relative_pressure": [p / P0 for p in pressure],
        "pressure_pascal": [1e3 * p for p in pressure],
        "loading_mol_per_kg": [1e3 * v / STP for v in read],
    }
    return Example("aif", "aif", ("\n".join(lines) + "\n").encode(), "sorption", truth, lines=tuple(rows))


def pygaps_json(basis: str = "molar") -> Example:
    pressure, amount, up = points()
    rows = [
        {"pressure": 1e-2 * p, "loading": n} | ({} if at < up else {"branch": "des"}) for at, (p, n) in enumerate(zip(pressure, amount))
    ]
    head = {"file_version": "3.0", "adsorbate": "nitrogen", "material": "carbon 7", "material_basis": "mass", "material_unit": "g"}
    units = {
        "loading_basis": basis,
        "loading_unit": "mmol" if basis == "molar" else "mg",
        "pressure_mode": "absolute",
        "pressure_unit": "bar",
    }
    held = head | units | {"temperature": 77.355, "temperature_unit": "K", "isotherm_data": rows}
    mass = 1.0 if basis == "molar" else 28.014
    truth = {"pressure_pascal": [1e3 * p for p in pressure], "loading_mol_per_kg": [n / mass for n in amount]}
    return Example("pygaps-json", f"pygaps-json-{basis}", json.dumps(held, indent=1).encode(), "sorption", truth)


def quantachrome() -> Example:
    pressure, amount, _ = points()
    mass = 0.0523
    torr, read_p = _written([1e3 * p / TORR for p in pressure], ".4f")
    volumes, read_v = _written([STP * 1e-3 * n * mass for n in amount], ".6f")
    rows = [
        f"       {p:<15}{760:.2f}            {v:<15}{at:<15.1f}3               {at % 10}" for at, (p, v) in enumerate(zip(torr, volumes))
    ]
    head = [
        "                        Quantachrome ASiQwin- Automated Gas Sorption Data",
        "Analysis                                          Report",
        "Operator:      QC             Date:2016/10/07     Operator: ir                  Date:2020/05/06",
        "Sample ID:     carbon 7            Filename:      carbon7.qps",
        f"Sample Weight: {mass} g            Instrument:    Autosorb iQ Station 1",
        "Analysis gas:  Nitrogen            Non-ideality:  6.58e-05 1/Torr     CellType:      9mm w/o rod",
        "Analysis Time: 19:41 hr:min        Bath temp.:    77.35 K",
        "",
        "      Press            P0         Volume @ STP        Time             Tol             Equ",
        "",
        "      Torr            Torr             cc              min",
        "",
    ]
    truth = {
        "relative_pressure": [p / 760 for p in read_p],
        "saturation_pressure_pascal": [760 * TORR] * len(rows),
        "loading_mol_per_kg": [1e3 * v / STP / mass for v in read_v],
    }
    return Example("quantachrome-txt", "quantachrome", ("\n".join([*head, *rows]) + "\n").encode(), "sorption", truth, lines=tuple(rows))


def belsorp_dat() -> Example:
    pressure, amount, up = points()
    volumes, read = _written([STP * 1e-3 * n for n in amount], ".4f")
    rows = [f"{at + 1}\t{p:.4E}\t{p:.6f}\t{P0:.3f}\t12.3400\t{v}" for at, (p, v) in enumerate(zip(pressure, volumes))]
    names = "No\tPi/kPa\tPe/kPa\tP0/kPa\tVd/ml\tV/ml(STP) g-1"
    head = [
        '"Comment1:"\t"carbon 7"',
        '"Adsorptive:"\t"N2"',
        "Adsorption temperature/K:\t77.355",
        "Sample weight/g:\t0.1432",
        '"Serial number:"\t"218"',
    ]
    ruler = "=" * 40
    end = "0\t0\t0\t0\t0\t0"
    lines = [*head, "Adsorption data", ruler, names, *rows[:up], end, "Desorption data", ruler, names, *rows[up:], end]
    truth = {"relative_pressure": [float(f"{p:.6f}") / P0 for p in pressure], "loading_mol_per_kg": [1e3 * v / STP for v in read]}
    return Example("belsorp-dat", "belsorp-dat", ("\r\n".join(lines) + "\r\n").encode(), "sorption", truth, lines=tuple(rows))


def belsorp_csv() -> Example:
    pressure, amount, up = points()
    volumes, read = _written([STP * 1e-3 * n for n in amount], ".4f")
    rows = [f"{at + 1},{p:.6f},{P0:.3f},{p / P0:.8f},{v}" for at, (p, v) in enumerate(zip(pressure, volumes))]
    head = ["Comment1,carbon 7", "Adsorptive,N2", "Meas. Temp.,77.355,[K]", "Sample weight,0.1432,[g]", "Instrument,BELSORP-max"]
    lines = [*head, "No,Pe/kPa,P0/kPa,P/P0,V/ml(STP) g-1", "ADS", *rows[:up], "DES", *rows[up:]]
    truth = {"relative_pressure": [float(f"{p / P0:.8f}") for p in pressure], "loading_mol_per_kg": [1e3 * v / STP for v in read]}
    return Example("belsorp-csv", "belsorp-csv", ("\n".join(lines) + "\n").encode(), "sorption", truth, lines=tuple(rows))


def table(*, unit: str = "cm3(STP)/g") -> Example:
    pressure, amount, up = points()
    factor = STP * 1e-3 if "STP" in unit else 1.0
    loadings, read = _written([factor * n for n in amount], ".5f")
    rows = [f"{p / P0:.8f},{v},{b}" for p, v, b in zip(pressure, loadings, ["ads"] * up + ["des"] * (len(pressure) - up), strict=True)]
    head = ["# adsorptive: nitrogen", "# temperature: 77.355 K", "# sample: carbon 7", f"p/p0,loading ({unit}),branch"]
    truth = {"relative_pressure": [float(f"{p / P0:.8f}") for p in pressure], "loading_mol_per_kg": [v / factor for v in read]}
    name = "plain-isotherm" if "STP" in unit else "plain-isotherm-mmol"
    return Example("plain-isotherm", name, ("\n".join([*head, *rows]) + "\n").encode(), "sorption", truth, lines=tuple(rows))


_CONTENT = (
    '<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>{}'
    "</Types>"
)
_SHEET_TYPE = (
    '<Override PartName="/xl/worksheets/sheet{}.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
)
_RELATION = '<Relationship Id="rId{}" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{}" Target="{}"/>'
_RELATIONS = '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'
_BOOK = (
    '<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets>{}</sheets></workbook>'
)
_SHEET = '<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{}</sheetData></worksheet>'

Cell = str | float | None


def _cell(row: int, column: int, value: Cell) -> str:
    place = f"{chr(ord('A') + column)}{row}"
    if value is None:
        return ""
    if isinstance(value, str):
        return f'<c r="{place}" t="inlineStr"><is><t>{value}</t></is></c>'
    return f'<c r="{place}"><v>{value!r}</v></c>'


def workbook(sheets: dict[str, Sequence[Sequence[Cell]]]) -> bytes:
    """A workbook after ECMA-376."""
    numbers = range(1, len(sheets) + 1)
    relations = "".join(_RELATION.format(at, "worksheet", f"worksheets/sheet{at}.xml") for at in numbers)
    members = {
        "[Content_Types].xml": _CONTENT.format("".join(map(_SHEET_TYPE.format, numbers))),
        "_rels/.rels": _RELATIONS.format(_RELATION.format(1, "officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": _BOOK.format(
            "".join(f'<sheet name="{name}" sheetId="{at}" r:id="rId{at}"/>' for at, name in enumerate(sheets, 1))
        ),
        "xl/_rels/workbook.xml.rels": _RELATIONS.format(relations),
    }
    for at, rows in enumerate(sheets.values(), 1):
        written = "".join(
            f'<row r="{line}">{"".join(_cell(line, column, value) for column, value in enumerate(row))}</row>'
            for line, row in enumerate(rows, 1)
        )
        members[f"xl/worksheets/sheet{at}.xml"] = _SHEET.format(written)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def micromeritics_rows() -> list[list[Cell]]:
    """A report with a summary on its left, and rows that hold a saturation pressure alone."""
    pressure, amount, _ = points()
    names = ["Relative Pressure (P/Po)", "Absolute Pressure (mmHg)", "Quantity Adsorbed (cm³/g STP)", "Elapsed Time (h:min)"]
    rows: list[list[Cell]] = [
        ["Micromeritics Instrument Corporation", "|", "Micromeritics Instrument Corporation"],
        ["3Flex Version 5.02", "|", "3Flex Version 5.02"],
        ["Sample:", "carbon 7", "|"],
        ["Analysis adsorptive:", "N2", "|"],
        ["Analysis bath temp.:", "77.355 K", "|"],
        ["Sample mass:", "0.1013 g", "|"],
        ["Summary Report", None, "|", "Isotherm Tabular Report"],
        [None, None, "|", None],
        [None, None, "|", *names, "Saturation Pressure (mmHg)", "|"],
        [None, None, "|", None, None, None, "01:19", 760.0, "|"],
    ]
    kilopascal = TORR * 1e-3
    for at, (p, n) in enumerate(zip(pressure, amount, strict=True)):
        left: list[Cell] = ["BET Surface Area:", "39.1300 ± 0.2 m²/g"] if at == 2 else [None, None]
        rows.append([*left, "|", p / kilopascal / 760.0, p / kilopascal, n * STP * 1e-3, f"01:{at + 20}", None, "|"])
        if at == 4:
            rows.append([None, None, "|", None, None, None, "01:59", 760.0, "|"])
    return rows


def micromeritics() -> Example:
    pressure, amount, _ = points()
    truth = {"pressure_pascal": [1e3 * p for p in pressure], "loading_mol_per_kg": amount}
    return Example("micromeritics", "micromeritics-xlsx", workbook({"Sheet1": micromeritics_rows()}), "sorption", truth)


def three_p() -> Example:
    pressure, amount, up = points()
    head: list[list[Cell]] = [["Charge Name", "carbon 7"], ["Adsorbate", "N2"], ["Sample Weight", 0.1432]]
    named: list[Cell] = ["ID", "P (kPa)", "P0 (kPa)", "P/P0", "Time", "V (ml(STP)/g)"]
    rows: list[list[Cell]] = [["3P report"], named]
    for at, (p, n) in enumerate(zip(pressure, amount, strict=True)):
        if at == up:
            rows.append(["---"])
        rows.append([float(at), p, P0, p / P0, float(60 * at), n * STP * 1e-3])
    truth = {"relative_pressure": [p / P0 for p in pressure], "loading_mol_per_kg": amount}
    return Example("three-p", "three-p", workbook({"Info": head, "Isotherm": rows}), "sorption", truth)


#: Every example of the readers of isotherms.
EVERY: tuple[Callable[[], Example], ...] = (
    aif,
    pygaps_json,
    lambda: pygaps_json("mass"),
    quantachrome,
    belsorp_dat,
    belsorp_csv,
    micromeritics,
    three_p,
    table,
    lambda: table(unit="mmol/g"),
)
