"""The report of a folder: every number with its uncertainty, rule and flags; nothing asked of another file; long lists folded."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from dualion.figures.render import render
from dualion.project.analysis import Analysis, Finished
from dualion.project.load import Project
from dualion.project.plan import Lack, Task
from dualion.project.reading import Reading
from dualion.project.work import Problem
from dualion.records.figure import Axis, Figure, Panel, Series
from dualion.records.measurement import Provenance, Result
from dualion.records.quantity import Flag, Quantity
from dualion.records.result_files import from_files
from dualion.report.analysis.files import publish_analysis, results
from dualion.report.analysis.page import Drawn, page_of
from dualion.report.analysis.words import breakable, cell_text, column_title, number
from dualion.report.blocks import Block, Details, FigureBlock, Section, Stack, Subsection, Table
from dualion.report.page import build
from dualion.store import Store

HOSTILE = "<script>alert(1)</script>"


def a_result(technique: str, values: dict[str, Quantity], *, flags: tuple[Flag, ...] = (), rows: int = 40) -> Result:
    frame = pl.DataFrame(
        {"cycle": range(1, rows + 1), "discharge_capacity [mAh/g]": [320.5] * rows} | {f"c{n} [V]": [0.1] * rows for n in range(9)}
    )
    source = Provenance(("sha256:0",), technique, 1, {"k_stable": 3, "window": [0.1, 0.2], "basis": None}, {"numpy": "2"}, ("sulzer2021",))
    return Result(technique, values, {}, flags, source, {"cycles": frame})


def an_analysis(count: int = 1, *, flags: tuple[Flag, ...] = (), values: dict[str, Quantity] | None = None) -> Analysis:
    given = values or {
        "discharge_capacity": Quantity(320.46, "mAh/g", 3.2, n=3, rule="anode mass, step counter"),
        "initial_coulombic_efficiency": Quantity(83.545, "%", rule="first cycle"),
    }
    finished = tuple(
        Finished(Task("cycling", (f"raw/c{n}.nda",), f"c{n}", "MEC3"), a_result("cycling", given, flags=flags)) for n in range(count)
    )
    readings = tuple(
        Reading(f"raw/c{n}.nda", "gcd", "neware-nda", 1, "a" * 64, 22_233, ("voltage_volt",), (("voltage_volt", 0.0, 2.5),), 7200.0)
        for n in range(count)
    )
    problems = (Problem(f"raw/{HOSTILE}.nda", "", "byte 0x40", "the file is cut off", "Copy it anew."),)
    lacks = (Lack("plateau", ("raw/c0.nda",), 'needs a half cell: write kind = "half".'),)
    return Analysis(Project(Path("raw"), "My cells", ()), readings, finished, problems, lacks)


def a_figure(name: str) -> Figure:
    series = Series("discharge", "measured", (1.0, 2.0), (3.0, 4.0), "raw-file")
    return Figure(name, "Cycling", "It cycles.", (Panel(Axis("Cycle", "1"), Axis("Specific capacity", "mAh/g"), (series,)),))


def sections(analysis: Analysis, *, drawn: bool = False) -> dict[str, Section]:
    names = [f"cycling-{n}" for n in range(len(analysis.finished))]
    figures = {name: Drawn(a_figure(name), render(a_figure(name))["svg"].decode()) for name in names} if drawn else {}
    return {section.anchor: section for section in page_of(analysis, names, figures).sections}


def walk(blocks: tuple[Block, ...]) -> list[Block]:
    found: list[Block] = []
    for block in blocks:
        found.append(block)
        if isinstance(block, Details | Subsection):
            found += walk(block.blocks)
    return found


def tables(section: Section) -> dict[str, Table]:
    return {block.caption: block for block in walk(section.blocks) if isinstance(block, Table)}


# --- numbers ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("quantity", "text"),
    [
        (Quantity(0.507, "1", 0.0141), "0.507 ± 0.014"),
        (Quantity(320.46, "mAh/g", 3.2), "320.5 ± 3.2 mAh g⁻¹"),
        (Quantity(196201.0, "ohm", 9811.0), "(1.962 ± 0.098) × 10⁵ Ω"),
        (Quantity(9.30e-16, "m2/s", 4.1e-18), "(9.300 ± 0.041) × 10⁻¹⁶ m² s⁻¹"),
        (Quantity(-10.2, "mV", 37.4), "−10 ± 37 mV"),
        (Quantity(12345.0, "ohm", 321.0), "12 340 ± 320 Ω"),
        (Quantity(1e-9, "V", 0.5), "0 ± 0.50 V"),
        (Quantity(0.0, "V", 2e-7), "(0 ± 2.0) × 10⁻⁷ V"),
        (Quantity(0.045018, "mA", 2.3e-5), "0.045018 ± 0.000023 mA"),
        (Quantity(450.184864, "mAh", 1e-13), "450.1849 ± 10⁻¹³ mAh"),
        (Quantity(98765.0, "1", 1234.0), "98 800 ± 1200"),
        (Quantity(8992.0, "1"), "8992"),
        (Quantity(None, "%"), "withheld"),
    ],
)
def test_a_number_has_the_digits_that_its_error_allows(quantity: Quantity, text: str) -> None:
    assert number(quantity).replace("\u00a0", " ").replace("\u2009", " ") == text


def test_words_of_tables_and_paths() -> None:
    assert column_title("discharge_capacity [mAh/g]") == "discharge capacity (mAh g⁻¹)"
    assert (cell_text(None), cell_text(True), cell_text(0.123456), cell_text("own_rule")) == ("–", "yes", "0.1235", "own rule")
    assert breakable("short.csv") == "short.csv"
    assert breakable("a_very_long_name_of_a_file.csv").replace("\u200b", "") == "a_very_long_name_of_a_file.csv"


def test_each_number_stands_with_uncertainty_interval_rule_and_flags() -> None:
    flags = (Flag("sign_suspect", "warning", "I and step label disagree"), Flag("integrated", "note", "no counter"))
    table = tables(sections(an_analysis(flags=flags))["cycling-results"])["Numbers of c0"]
    assert [column.title for column in table.columns] == ["Quantity and rule", "Value", "95 % interval", "n", "Flags"]
    capacity, efficiency = table.rows
    assert capacity[0] == Stack("discharge capacity", "anode mass, step counter")
    assert str(capacity[1]).replace("\u00a0", " ") == "320.5 ± 3.2 mAh g⁻¹"
    assert str(capacity[2]).replace("\u00a0", " ") == "314.2 to 326.7"
    assert capacity[3:] == ("3", "sign_suspect")
    assert efficiency[2:] == ("", "", "sign_suspect")


def test_a_withheld_number_says_so_with_the_code_of_its_refusal() -> None:
    refusal = (Flag("not_separable", "refusal", "the parts cannot be told apart"),)
    analysis = an_analysis(flags=refusal, values={"surface_share": Quantity(None, "%")})
    found = sections(analysis)
    assert tables(found["cycling-results"])["Numbers of c0"].rows[0][1:] == ("withheld", "not_separable")
    html = build(page_of(analysis, ["cycling-0"], {}))
    assert "the parts cannot be told apart" in html
    assert re.search(r"<strong>refusal</strong> <code>not_separable</code>", html)


def test_an_interval_of_its_own_goes_before_the_normal_one() -> None:
    values = {"activation_energy": Quantity(45.9, "kJ/mol", 1.0, n=5, interval=(42.7, 49.1))}
    row = tables(sections(an_analysis(values=values))["cycling-results"])["Numbers of c0"].rows[0]
    assert str(row[2]).replace("\u00a0", " ") == "42.7 to 49.1"


# --- long lists -------------------------------------------------------------------------------------------------------------------


def test_many_numbers_are_folded_behind_the_first_twelve() -> None:
    values = {f"quantity_{n}": Quantity(float(n), "V", 0.1) for n in range(30)}
    found = tables(sections(an_analysis(values=values))["cycling-results"])
    assert (len(found["Numbers of c0"].rows), len(found["Further numbers of c0"].rows)) == (12, 18)


def test_many_results_are_compared_and_each_is_folded() -> None:
    section = sections(an_analysis(5))["cycling-results"]
    part = section.blocks[0]
    assert isinstance(part, Subsection)
    assert isinstance(part.blocks[0], Table)
    assert [row[0] for row in part.blocks[0].rows] == ["c0", "c1", "c2", "c3", "c4"]
    assert part.blocks[0].columns[1].title == "discharge capacity (mAh g⁻¹)"
    assert sum(isinstance(block, Details) for block in part.blocks) == 5


def test_several_spectra_of_one_result_stand_side_by_side() -> None:
    values = {f"spectrum_{n}_arc_1_resistance": Quantity(100.0 * n, "ohm", 1.0) for n in (1, 2, 3)}
    flags = (Flag("arc_outside_window", "warning", "spectrum 2: fewer than 3 points"), Flag("kk_failed", "warning", "drift"))
    result = a_result("eis", values, flags=flags)
    finished = Finished(Task("eis", ("a-10degC.z", "a-20degC.z", "a-30degC.z"), "a", "a"), result)
    analysis = replace(an_analysis(), finished=(finished,))
    section = {one.anchor: one for one in page_of(analysis, ["eis-a"], {}).sections}["impedance-results"]
    table = tables(section)["Numbers of a"]
    compared = next(block for block in walk(section.blocks) if isinstance(block, Table))
    assert [row[0] for row in compared.rows] == ["a-10degC", "a-20degC", "a-30degC"]
    assert [column.title for column in compared.columns] == ["", "arc 1 resistance (Ω)", "Flags"]
    assert [row[2] for row in compared.rows] == ["kk_failed", "arc_outside_window, kk_failed", "kk_failed"]
    assert len(table.rows) == 3


def test_a_long_table_shows_its_first_rows_and_names_the_files_with_all() -> None:
    table = tables(sections(an_analysis())["cycling-results"])["Cycles of c0"]
    assert (len(table.rows), len(table.columns)) == (12, 6)
    assert "12 of 40 rows and 6 of 11 columns" in str(table.note)
    assert "tables/cycling-0-cycles.csv" in str(table.note)


# --- the page ---------------------------------------------------------------------------------------------------------------------


def test_sections_come_in_order_and_those_without_results_are_left_out() -> None:
    assert list(sections(an_analysis())) == ["summary", "cycling-results", "not-computed", "files", "methods"]


def test_the_summary_names_files_errors_and_what_is_missing() -> None:
    found = sections(an_analysis(), drawn=True)
    html = build(page_of(an_analysis(), ["cycling-0"], {"cycling-0": Drawn(a_figure("cycling-0"), "<svg></svg>")}))
    table = tables(found["summary"])["Files that could not be read, and analyses that broke off"]
    assert table.rows[0][1:] == ("byte 0x40", "the file is cut off.", "Copy it anew.")
    files = tables(found["summary"])["Files that were read"]
    assert str(files.rows[0][2]).replace("\u2009", " ") == "22 233"
    assert tables(found["not-computed"])["Techniques that did not run"].rows[0][:2] == (
        "plateau",
        'Needs a half cell: write kind = "half".',
    )
    assert "It cycles." in html
    assert HOSTILE not in html


def test_many_errors_are_folded_behind_the_first_ten() -> None:
    problems = tuple(Problem(f"{n}.csv", "", "line 1", "damaged") for n in range(33))
    found = tables(sections(replace(an_analysis(), problems=problems))["summary"])
    assert len(found["Files that could not be read, and analyses that broke off"].rows) == 10
    assert len(found["Further errors"].rows) == 23


def test_a_page_without_results_says_so() -> None:
    analysis = replace(an_analysis(), finished=(), readings=(), lacks=())
    html = build(page_of(analysis, [], {}))
    assert "No technique gave a result" in html
    assert "0 of 1 files read, 0 results" in html


def test_the_page_asks_nothing_of_another_file() -> None:
    drawn = {"cycling-0": Drawn(a_figure("cycling-0"), render(a_figure("cycling-0"))["svg"].decode())}
    html = build(page_of(an_analysis(), ["cycling-0"], drawn))
    assert not re.search(r"""(?:src|href)\s*=\s*["'](?!#|data:)""", html)
    assert html == build(page_of(an_analysis(), ["cycling-0"], drawn))


# --- files ------------------------------------------------------------------------------------------------------------------------


def test_the_folder_holds_report_results_tables_and_figures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dualion.report.analysis.files.drawn_figure", lambda result, name: a_figure(name))
    monkeypatch.setattr("dualion.report.analysis.files.rendered", lambda figure: dict.fromkeys(("svg", "png", "pdf"), b"<svg></svg>"))
    store, out = Store(tmp_path / "store"), tmp_path / "out"
    published = publish_analysis(an_analysis(), out, store=store)
    figures = {f"figures/cycling-c0.{form}" for form in ("svg", "png", "pdf")}
    tables = {f"tables/cycling-c0-cycles.{form}" for form in ("csv", "parquet")} | {"tables/cycling-c0.json"}
    frames = {f"{name}.{form}" for name in ("results", "files") for form in ("csv", "parquet")}
    assert set(published.files) == figures | tables | frames | {"report.html", "results.json"}
    assert pl.read_parquet(out / "tables/cycling-c0-cycles.parquet").height == 40
    again = from_files({path.name: path.read_bytes() for path in (out / "tables").iterdir()}, "cycling-c0")
    assert again.values == an_analysis().finished[0].result.values
    row = pl.read_csv(out / "results.csv").row(0, named=True)
    assert (row["quantity"], row["value"], row["unit"], row["stderr"]) == ("discharge_capacity", 320.46, "mAh/g", 3.2)
    before = {name: (out / name).read_bytes() for name in published.files}
    publish_analysis(an_analysis(), out, store=store)
    assert {name: (out / name).read_bytes() for name in published.files} == before


def test_a_figure_that_cannot_be_drawn_costs_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(result: Result, name: str) -> Figure:
        raise KeyError("curves")

    monkeypatch.setattr("dualion.report.analysis.files.drawn_figure", broken)
    published = publish_analysis(an_analysis(), tmp_path / "out", store=Store(tmp_path / "store"))
    assert [problem.position for problem in published.problems] == ["byte 0x40", "figure"]
    assert "KeyError" in (tmp_path / "out" / "report.html").read_text()


def test_the_document_holds_inputs_values_and_problems() -> None:
    document = results(an_analysis(), ["cycling-c0"])
    assert document["schema"] == "dualion/analysis/1"
    assert document["results"][0]["values"]["discharge_capacity"]["value"] == 320.46
    assert document["results"][0]["tables"]["cycles"]["rows"] == 40
    assert document["files"][0]["sha256"] == "a" * 64
    assert document["problems"][0]["position"] == "byte 0x40"


def test_a_figure_block_stands_in_the_part_of_its_technique() -> None:
    section = sections(an_analysis(), drawn=True)["cycling-results"]
    assert sum(isinstance(block, FigureBlock) for block in walk(section.blocks)) == 1
