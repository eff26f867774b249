"""Several reaction sets as one document: what is said of them, what is kept apart, and the figure."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest

from atoms_reactions import HELD, HYDRIDE, OXIDE, Shifts, reaction_set
from dualion.atoms.reactions.document import CASES, case_rows, document, frames, reaction_rows, reactions_csv
from dualion.atoms.reactions.figure import reaction_figure
from dualion.errors import SpecError
from dualion.figures.looks import check, legend_label

ACETATE = "Zn(OAc)2"


@pytest.fixture(scope="module")
def sets() -> list[dict[str, Any]]:
    return [reaction_set("zigzag"), reaction_set("zigzag", "acetate"), reaction_set("armchair")]


@pytest.fixture(scope="module")
def made(sets: list[dict[str, Any]]) -> dict[str, Any]:
    return document(sets, {"edges": ["zigzag", "armchair"]})


def test_the_document_is_plain_and_names_its_level(made: dict[str, Any]) -> None:
    assert json.loads(json.dumps(made, allow_nan=False)) == made
    assert (made["schema"], made["kind"], made["origin"]) == ("dualion/reactions/1", "reactions", "atomistic")
    assert made["level"]["method"] == "GFN1-xTB"
    assert [(one["edge"], one["zinc"]) for one in made["sets"]] == [("zigzag", None), ("zigzag", ACETATE), ("armchair", None)]
    assert len(made["open_questions"]) == len(set(made["open_questions"])) == 3


def test_differences_are_those_of_the_energies_that_went_in(made: dict[str, Any]) -> None:
    found = {(row["edge"], row["case"]): row["difference_eV"] for row in case_rows(made)}
    bare, kept, apart, released = CASES
    assert found["zigzag", bare] == pytest.approx(OXIDE - HYDRIDE)
    assert found["armchair", bare] == pytest.approx(OXIDE - HYDRIDE)
    assert found["zigzag", kept] == pytest.approx(2.0 - 0.2)  # the hydride holds zinc by 0.1 eV, N* and the oxide by 0.8 eV
    assert found["zigzag", apart] == pytest.approx(2.0 - 0.3)
    assert found["zigzag", released] == pytest.approx(OXIDE - HYDRIDE)
    assert len(found) == 5
    for one in made["sets"]:
        own = {row["case"]: row["difference_eV"] for row in case_rows({"sets": [one]})}
        for case, preference in one["preferences_eV"].items():
            assert own[case] == pytest.approx(preference, abs=1e-6)


def test_a_row_stands_for_each_reaction_once(made: dict[str, Any]) -> None:
    rows = reaction_rows(made)
    keys = [(row["edge"], row["zinc"], row["reaction"]) for row in rows]
    assert len(keys) == len(set(keys)) == 2 + 7 + 2
    assert ("zigzag", ACETATE, "binding at N*") in keys
    read = list(csv.DictReader(io.StringIO(reactions_csv(made))))
    assert [row["equation"] for row in read] == [row["equation"] for row in rows]
    assert {row["energy_eV"] for row in read if row["reaction"] == "binding at N*"} == {str(HELD)}


def test_the_statement_says_which_is_lower_by_how_much_and_what_cannot_be_computed(made: dict[str, Any]) -> None:
    said = made["statement"]
    assert "Zigzag edge without zinc: hydrogenation lies 2.50 eV below oxidation (oxidation +2.00 eV, hydrogenation -0.50 eV)." in said
    assert "With Zn(OAc)2: hydrogenation lies 1.80 eV below oxidation where both keep the zinc" in said
    assert "which is 0.70 eV towards oxidation and does not turn the order" in said
    assert "where the oxide keeps it and the hydride releases it, hydrogenation lies 1.70 eV below oxidation" in said
    assert "where both release it, the 2.50 eV of the bare site, for its binding cancels" in said
    assert said.count("Armchair edge") == 1
    assert said.count("With Zn(OAc)2") == 1
    assert "GFN1-xTB, a semi-empirical method, with model ligands" in said
    assert "cannot be computed from them" in said


def test_the_statement_says_where_zinc_turns_the_order() -> None:
    near = Shifts(method="PBE", shifts={"N*-O": 0.3, "N*-H": 0.1})
    said = document([reaction_set("armchair", "chloride", near)], {})["statement"]
    assert "hydrogenation lies 0.20 eV below oxidation" in said
    assert "With ZnCl2: oxidation lies 0.50 eV below hydrogenation where both keep the zinc" in said
    assert "which is 0.70 eV towards oxidation and turns the order" in said
    assert "semi-empirical" not in said


def test_what_has_no_minimum_is_withheld_and_named() -> None:
    broken = Shifts(fails="N*-O")
    sets = [reaction_set("zigzag", "chloride", broken)]
    made = document(sets, {})
    energies = {row["reaction"]: row["energy_eV"] for row in reaction_rows(made)}
    assert energies["oxidation"] is energies["oxidation, zinc kept"] is None
    assert energies["hydrogenation"] == pytest.approx(HYDRIDE)
    assert "Zigzag edge without zinc: withheld" in made["statement"]
    assert "With ZnCl2: zinc kept by both, withheld" in made["statement"]
    assert ("no_minimum", "refusal") in {(flag["code"], flag["severity"]) for flag in made["flags"]}
    assert "N*-O" not in frames(sets)
    assert [series.name for series in reaction_figure(made).panels[0].series] == ["hydrogenation to N–H", "the site itself"]  # type: ignore[union-attr]


def test_a_flag_of_one_edge_says_so_and_one_of_all_stands_once(sets: list[dict[str, Any]]) -> None:
    small = reaction_set("armchair", engine=Shifts(gap=0.2))
    flags = document([*sets[:2], small], {})["flags"]
    assert [flag["message"] for flag in flags if flag["code"] == "electronic_energy"] == [sets[0]["flags"][0]["message"]]
    gaps = [flag["message"] for flag in flags if flag["code"] == "small_gap"]
    assert len(gaps) == 5
    assert all(message.startswith("armchair: ") for message in gaps)


def test_every_minimum_has_one_frame_with_the_energy_of_its_species(sets: list[dict[str, Any]], made: dict[str, Any]) -> None:
    lines = frames(sets).splitlines()
    comments = [line for line in lines if line.startswith("Properties=")]
    assert len(comments) == 2 + 2 * 3 + 1 + 3  # molecules, sites of both edges, zinc, zinc at the sites of one
    assert sum(int(line) + 2 for line in lines if line.isdecimal()) == len(lines)
    for one in made["sets"]:
        for name, species in one["species"].items():
            assert "structure" not in species
            comment = comments[species["frame"] - 1]
            assert f"energy={species['energy_eV']:.8f} " in comment
            assert f"multiplicity={species['multiplicity']} " in comment
            assert f'{name}" pbc' in comment
    assert made["sets"][0]["species"]["N*"]["frame"] == made["sets"][1]["species"]["N*"]["frame"]
    assert made["sets"][0]["species"]["N*"]["frame"] != made["sets"][2]["species"]["N*"]["frame"]


def test_sets_that_do_not_go_together_are_refused(sets: list[dict[str, Any]]) -> None:
    with pytest.raises(SpecError, match="there is no set"):
        document([], {})
    with pytest.raises(SpecError, match="an edge is there twice with the same zinc"):
        document([sets[0], sets[0]], {})
    with pytest.raises(SpecError, match="the sets are of two levels"):
        document([sets[0], reaction_set("armchair", engine=Shifts(method="GFN2-xTB"))], {})


def test_the_figure_has_a_panel_for_each_edge_and_calls_nothing_measured(made: dict[str, Any]) -> None:
    figure = reaction_figure(made)
    assert figure is not None
    check(figure)
    assert [panel.title for panel in figure.panels] == ["zigzag edge", "armchair edge"]
    assert figure.panels[0].x.categories == ("no zinc", "Zn(OAc)₂ kept", "Zn(OAc)₂ released")
    assert figure.panels[1].x.categories == ("no zinc",)
    oxidation, hydrogenation, _ = figure.panels[0].series
    assert oxidation.y == pytest.approx((2.0, 2.0, 2.8))
    assert hydrogenation.y == pytest.approx((-0.5, 0.2, 0.3))
    assert hydrogenation.labels == ("−0.50", "+0.20", "+0.30")
    assert legend_label(oxidation) == "oxidation to N–O (computed)"
    assert figure.finding == made["statement"]
    low, high = figure.panels[0].y.limits or (0.0, 0.0)
    assert low < -0.5 < 2.8 < high
