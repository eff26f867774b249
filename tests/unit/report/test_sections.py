from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from dualion.records import Axis, Figure, Panel, Series
from dualion.report import sections
from dualion.report.blocks import Callout, Conflict, Definitions, Details, Finding, Ledger, Page, Subsection, Table
from dualion.report.numbers import MOST_ROWS, number_tables
from dualion.report.page import build
from dualion.report.values import amount, percent, printed, wanted

RECIPE = {
    "chitosan": {"mass": "1.6 g", "deacetylation": [0.8, 1.0]},
    "water": "30 mL",
    "stock": {"solute": "Zn(CH3COO)2.2H2O", "concentration": "0.25 mol/L", "volume": "15 mL"},
    "stock_volume": {"A0": "0 mL", "A1": "3.33 mL", "A3": "6.67 mL"},
    "hcl": {"mass_fraction": 0.37, "density": "1.18 g/mL", "per_zn": 1.0},
    "furnace": [{"to": "700 degC", "rate": "5 degC/min", "hold": "5 h"}, {"to": "1300 degC", "rate": "5 degC/min"}],
}


def found(blocks: Any, kind: type) -> list[Any]:
    """Blocks of one kind, however deep they lie."""
    inner = [block for block in blocks if isinstance(block, kind)]
    for block in blocks:
        if isinstance(block, Subsection | Details):
            inner += found(block.blocks, kind)
    return inner


# --- summary ------------------------------------------------------------------------------------------------------------------


def test_summary_has_five_lines_and_keeps_the_counts_apart(document: dict[str, Any]) -> None:
    section = sections.summary_section(document)
    lines = found(section.blocks, Definitions)[0].items
    assert [line.term for line in lines] == ["Checked", "Predicted", "Fitted", "Not computed", "Arithmetic"]
    marks = {line.term: {mark.word: mark.count for mark in line.marks} for line in lines}
    assert marks["Predicted"] == {"differs": 1}
    assert marks["Fitted"] == {"fitted": 1}
    assert marks["Arithmetic"]["inconsistent in source"] == 1
    assert "5 claims" in lines[0].text
    assert "4 of them numbers" in lines[0].text


def test_weightiest_findings_are_a_conflict_the_largest_miss_and_the_prediction(document: dict[str, Any]) -> None:
    first, second, third = sections.weightiest(document)
    assert "What R01 says." in first.title
    assert "126.9" in str(second.title)
    assert "+41" in str(second.text)
    assert third.title == ("It does not beat interpolation.",)
    assert third.tone == "differs"


def test_conflicts_fill_the_places_of_what_was_not_computed(document: dict[str, Any]) -> None:
    document |= {"predictions": [], "claims": document["claims"][2:]}
    document["relations"] = [dict(document["relations"][0], id=f"R0{number}") for number in range(1, 5)]
    assert len(sections.weightiest(document)) == 3


def test_findings_of_the_caller_go_first(document: dict[str, Any]) -> None:
    section = sections.summary_section(document, findings=(Finding("ours"),))
    assert found(section.blocks, Callout)[0].findings == (Finding("ours"),)


# --- ledger -------------------------------------------------------------------------------------------------------------------


def test_ledger_has_every_claim_with_what_was_obtained(document: dict[str, Any]) -> None:
    rows = found(sections.ledger_section(document).blocks, Ledger)[0].rows
    assert [row.claim for row in rows] == ["X1", "X2", "X3", "X4", "X5"]
    differing = rows[1]
    assert differing.obtained == "126.9\u00a0±\u00a01.2\u00a0mAh\u00a0g⁻¹"
    assert differing.origin == "simulation, dual ion, per mass of cathode"
    assert differing.deviation == "+41\u00a0%"
    assert differing.allowed == "allowed ±5\u00a0%"
    assert differing.flags == ("Beware.",)
    assert differing.alternatives == ("initial sodiation 1: 99\u00a0mAh\u00a0g⁻¹\u00a0(simulation)",)
    assert rows[3].reason == "needs the instrument file"
    assert rows[4].printed == "better"
    assert rows[2].obtained == ""


# --- conflicts ----------------------------------------------------------------------------------------------------------------


def test_conflicts_show_readings_and_choose_none(document: dict[str, Any]) -> None:
    section = sections.conflicts_section(document)
    cards = found(section.blocks, Conflict)
    assert [card.id for card in cards] == ["R01", "R02", "R03"]
    assert [reading.says for reading in cards[0].readings] == ["first reading", "second reading"]
    assert "315.7 to 325.7" in cards[0].computed
    assert cards[0].expected == "≤ 165\u00a0mAh\u00a0g⁻¹"
    assert cards[2].computed == "absent"
    assert cards[2].expected == "initial sodiation"
    assert "needs new samples or tests" in cards[2].text
    page = build(Page("t", (section, sections.ledger_section(document))))
    assert "wrong" not in page
    assert "The text does not agree with itself" in page


def test_relations_that_hold_and_hypotheses_are_in_tables(document: dict[str, Any]) -> None:
    tables = found(sections.conflicts_section(document).blocks, Table)
    assert [[row[0] for row in table.rows] for table in tables] == [["R04"], ["R05"], ["C1"]]
    assert tables[0].rows[0][3] == "in 3 to 4\u00a0V, within 5\u00a0%"


# --- recipe, assumptions, needs, methods --------------------------------------------------------------------------------------


def test_recipe_has_doses_and_says_what_cannot_be_told_apart() -> None:
    section = sections.recipe_section(SimpleNamespace(settings={"recipe": RECIPE}))  # type: ignore[arg-type]
    assert section is not None
    doses, programme = found(section.blocks, Table)
    row = {line[0]: line[1:] for line in doses.rows}
    assert row["Zinc (mmol)"] == ("0", "0.8325", "1.667")
    assert row["Hydrochloric acid (µL)"][2] == "139.2"
    assert row["Zinc per amine, highest to lowest deacetylation (mol\u00a0mol⁻¹)"][2] == "0.168 to 0.221"
    warning = found(section.blocks, Callout)[0].findings[0]
    assert "vary together in A0-A3" in warning.title or "vary together" in warning.title
    assert "Rank 1 of 4 factors" in warning.text
    assert len(programme.rows) == 2


def test_no_recipe_no_section() -> None:
    assert sections.recipe_section(SimpleNamespace(settings={})) is None  # type: ignore[arg-type]


def test_assumptions_and_what_changes(document: dict[str, Any]) -> None:
    relation = SimpleNamespace(id="R9", expr="X1 * rho_e", expect={"=": "1"}, readings=())
    other = SimpleNamespace(id="R8", expr="X1 * rho_elsewhere", expect={}, readings=())
    study = SimpleNamespace(relations=(relation, other))
    section = sections.assumptions_section(document, study)  # type: ignore[arg-type]
    constants, cells, changes = found(section.blocks, Table)
    assert constants.rows == (("rho_e", "1.23\u00a0g\u00a0mL⁻¹", "a guess", "R9"),)
    assert [row[1] for row in cells.rows] == ["desodiated", "see the cell file"]
    assert changes.rows[0][2] == "initial sodiation 1"
    assert changes.rows[0][5] == "−22\u00a0%"
    assert found(sections.assumptions_section(document).blocks, Table)[0].rows[0] == constants.rows[0][:3]


def test_needs_name_the_file_that_would_fill_them(document: dict[str, Any]) -> None:
    section = sections.needs_section(document)
    assert section is not None
    (claims,) = found(section.blocks, Table)
    assert claims.rows == (("EIS", "X4", "needs the instrument file", "impedance file: .mpr, .mpt, .z, .csv"),)
    tables = ({"source": "Fig. 1", "title": "a spectrum", "needs": "a .dat file"}, {"source": "Fig. 2", "draws": "rate", "cells": ["c"]})
    study = SimpleNamespace(settings={"figure": tables})
    section = sections.needs_section(document, study)  # type: ignore[arg-type]
    assert section is not None
    figures = found(section.blocks, Table)[0].rows
    assert [(row[0], row[1], row[3]) for row in figures] == [("Fig. 1", "a spectrum", "a .dat file")]
    assert sections.needs_section({**document, "claims": [], "study": {"id": "other"}}) is None


def test_methods_cite_and_attribute(document: dict[str, Any]) -> None:
    html = build(Page("t", (sections.methods_section(document, references=("tang2026",)),)))
    assert "V. Sulzer" in html
    assert "B. Tang et al." in html
    assert "CC-BY-4.0" in html
    assert "10.0/x" in html
    assert "mesh 40" in html


# --- blocks for the cell models -----------------------------------------------------------------------------------------------


def test_fit_says_what_is_not_identified(document: dict[str, Any]) -> None:
    blocks = sections.fit_blocks(document["fits"][0])
    parameters, residuals, correlations = found(blocks, Table)
    assert [row[2] for row in parameters.rows] == ["yes", "no"]
    assert parameters.rows[0][1] == "112.3\u00a0±\u00a01.2\u00a0mAh\u00a0g⁻¹"
    assert "fitted to X1" in parameters.note
    assert residuals.rows[0][0] == "X1"
    assert correlations.rows[0] == ("host_capacity", "+1.00", "−0.43")


def test_prediction_stands_beside_the_trivial_predictor(document: dict[str, Any]) -> None:
    (table,) = found(sections.prediction_blocks(document["predictions"][0]), Table)
    assert table.rows == (("X2", "160", "90\u00a0mAh\u00a0g⁻¹", "126.9\u00a0mAh\u00a0g⁻¹", "37", "none"),)
    assert "Simulated" in [column.title for column in table.columns]


def test_energy_names_its_basis(document: dict[str, Any]) -> None:
    table = sections.energy_table(document["energies"][0])
    assert table.rows == (("actives", "1.5\u00a0g\u00a0g⁻¹", "219.3\u00a0Wh\u00a0kg⁻¹", "", "3.54\u00a0V", "yes"),)
    assert "simulation" in table.caption


def test_all_sections_make_one_page(document: dict[str, Any]) -> None:
    made = [
        sections.summary_section(document),
        sections.ledger_section(document),
        sections.conflicts_section(document),
        sections.needs_section(document),
        sections.recipe_section(SimpleNamespace(settings={"recipe": RECIPE})),  # type: ignore[arg-type]
        sections.assumptions_section(document),
        sections.methods_section(document),
    ]
    html = build(Page("t", tuple(section for section in made if section is not None)))
    assert 'id="claim-X2"' in html
    assert 'href="#claim-X3"' in html
    for line in html.splitlines():
        if "simulation" in line and ("<th" in line or "<caption" in line):
            assert "measured" not in line.lower()


# --- words and numbers --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "unit", "stderr", "text"),
    [
        (320.606, "mAh/g", None, "320.6 mAh g⁻¹"),
        (81.42, "mAh/g", 1.234, "81.4 ± 1.2 mAh g⁻¹"),
        (2.3e-14, "m2/s", 4.1e-15, "2.3 × 10⁻¹⁴ ± 4.1 × 10⁻¹⁵ m² s⁻¹"),
        (None, "V", None, "withheld"),
        (0.9, "1", None, "0.9"),
        (1234.0, "V", 56.0, "1234 ± 56 V"),
    ],
)
def test_amount(value: float | None, unit: str, stderr: float | None, text: str) -> None:
    assert amount(value, unit, stderr).replace("\u00a0", " ") == text


def test_percent_and_printed() -> None:
    assert percent(-0.0123).replace("\u00a0", " ") == "−1.2 %"
    form = {"printed": {"value": "5.0", "unit": "V", "qualifier": "~"}}
    assert printed(form).replace("\u00a0", " ") == "about 5.0 V"


def test_wanted_gives_the_value_of_an_expression() -> None:
    row = {"expected": "<= 2 * P057", "expected_value": 600.0, "unit": "mA/g", "value": 1.0}
    assert wanted(row).replace("\u00a0", " ") == "≤ 2 * P057, that is 600 mA g⁻¹"
    assert wanted({**row, "expected": "", "expected_value": None}) == "no test"


def test_long_curves_are_thinned_to_their_ends_and_say_so() -> None:
    x = tuple(float(step) for step in range(500))
    panel = Panel(Axis("Time", "s"), Axis("Voltage", "V"), (Series("MEC3", "simulated", x, x, "simulation"),), "Charge")
    (table,) = number_tables(Figure("f", "t", "f", (panel,)))
    rows = table.groups[0].rows
    assert len(rows) == MOST_ROWS
    assert (rows[0][0], rows[-1][0]) == ("0", "499")
    assert table.groups[0].name == f"MEC3: simulation ({MOST_ROWS} of 500 points)"
    assert table.columns == ("Time (s)", "Voltage (V)")


def test_an_interval_with_two_sides_is_told_with_both() -> None:
    from dualion.records.figure import Axis, Figure, Panel, Series
    from dualion.report.numbers import number_tables

    series = Series("computed", "simulated", (0.0,), (1.0,), "atomistic", y_error=(0.4,), y_error_low=(0.1,))
    table = number_tables(Figure("f", "f", "f", (Panel(Axis("x", "1"), Axis("E", "eV"), (series,)),), 89))[0]
    assert list(zip(table.columns[2:], table.groups[0].rows[0][2:], strict=True)) == [
        ("interval reaches below", "0.1"), ("interval reaches above", "0.4"),
    ]  # fmt: skip
