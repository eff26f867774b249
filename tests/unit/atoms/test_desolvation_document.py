"""What is said of a search of desolvation: every number with all it rests on, and nothing that the search does not carry."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from atoms_desolvation import MOLECULE, searched
from atoms_landscape import Here, Landscape, ladder, lowest
from dualion.atoms.desolvation import budget
from dualion.atoms.desolvation.document import Asked, document
from dualion.atoms.desolvation.request import (
    ALL,
    Carbon,
    cuts_written,
    motifs_written,
    prefactor_written,
    rungs,
    second_engine,
)
from dualion.atoms.desolvation.table import duration, state_table, states_parquet, step_table, steps_csv, terminal_rows
from dualion.atoms.search.options import SearchOptions
from dualion.atoms.search.run import Searched, run
from dualion.atoms.search.states import State
from dualion.atoms.tasks import MemoryCache
from dualion.errors import SpecError

LADDER = (0.9, 1.1, 1.7)


@pytest.fixture(scope="module")
def bare_and_oxidised() -> dict[str, Any]:
    return document(*searched({("bare", 1): LADDER, ("oxN_zz", 1): (0.5, 0.8, 1.2)}))


@pytest.fixture(scope="module")
def validator(source: Path) -> Any:
    jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed")
    schema = json.loads((source / "data" / "desolvation.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def _stopped() -> tuple[Searched, Asked]:
    """A search that was ended before it knew anything of two solvents."""
    whole, asked = searched({("oxN_zz", 1): (0.8,)})
    rest = {state: one for state, one in whole.found.items() if len(state.solvents) != 2}
    for one in rest.values():
        one.stopped = True
    return replace(whole, found=rest, stopped=True), asked


def _empty(entry: Any, here: str = "") -> Iterator[str]:
    """Dotted names of the fields that hold nothing; of the course of a search, the starts before the first minimum are none."""
    if entry is None:
        yield here
    elif isinstance(entry, dict):
        for name, inner in entry.items():
            if name != "lowest_by_start_eV":
                yield from _empty(inner, f"{here}.{name}" if here else name)
    elif isinstance(entry, list):
        for inner in entry:
            yield from _empty(inner, here)


# --- schema and completeness --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("which", ["whole", "stopped", "two charges"])
def test_the_document_fits_its_schema(validator: Any, which: str) -> None:
    made = {
        "whole": lambda: searched({("bare", 1): LADDER}),
        "stopped": _stopped,
        "two charges": lambda: searched({("pristine", 1): (1.0,), ("pristine", 0): (0.7,), ("oxN_zz", 1): (0.8,), ("oxN_zz", 0): (0.8,)}),
    }[which]()
    plain = json.loads(json.dumps(document(*made), allow_nan=False))
    assert list(validator.iter_errors(plain)) == []
    plain["steps"][0]["extra"] = 1
    assert [error.validator for error in validator.iter_errors(plain)] == ["additionalProperties"]


def test_no_field_is_empty_without_a_reason(bare_and_oxidised: dict[str, Any]) -> None:
    """V25."""
    for made in (bare_and_oxidised, document(*_stopped())):
        for entry in (*made["states"], *made["steps"], *made["ladders"]):
            assert set(_empty({name: value for name, value in entry.items() if name != "reasons"})) == set(entry["reasons"])


def test_every_energy_carries_what_it_rests_on(bare_and_oxidised: dict[str, Any]) -> None:
    """V25: the fields of section 1.4."""
    for entry in (*bare_and_oxidised["states"], *bare_and_oxidised["steps"]):
        assert {"charge", "multiplicity", "level", "geometry", "search", "gap_eV", "coordination"} <= entry.keys()
        assert {"engine", "version", "method", "basis", "grid", "dispersion", "box", "electronic_temperature"} <= entry["level"].keys()
        assert entry["geometry"]["fmax_eV_per_angstrom"] == 0.02
    step = bare_and_oxidised["steps"][0]
    assert {"starts", "accepted", "discarded", "families", "converged", "spread_eV", "second_eV"} == step["search"]["before"].keys()
    assert all(one["open_questions"] for one in (bare_and_oxidised, *bare_and_oxidised["steps"]))
    assert any("1->0" in question for question in bare_and_oxidised["open_questions"])


def test_nothing_of_the_machine_is_in_it(bare_and_oxidised: dict[str, Any]) -> None:
    text = json.dumps(bare_and_oxidised)
    assert not [word for word in ("cpu", "host", "/tmp", "workers", "date") if word in text]
    assert text == json.dumps(document(*searched({("bare", 1): LADDER, ("oxN_zz", 1): (0.5, 0.8, 1.2)})))


# --- energies -----------------------------------------------------------------------------------------------------------------


def test_steps_are_differences_of_the_states(bare_and_oxidised: dict[str, Any]) -> None:
    totals = {state["key"]: state["total_eV"] for state in bare_and_oxidised["states"]}
    energies = [step["energy_eV"] for step in bare_and_oxidised["steps"]]
    assert energies == pytest.approx([*LADDER, 0.5, 0.8, 1.2], abs=1e-6)
    for step, energy in zip(bare_and_oxidised["steps"], energies, strict=True):
        assert totals[step["after"]] + totals[step["released"]] - totals[step["before"]] == pytest.approx(energy, abs=1e-6)
        assert step["variants"] == {}


def test_the_ladder_closes_and_gives_the_solvation_energy(bare_and_oxidised: dict[str, Any]) -> None:
    """V1."""
    bare, oxidised = bare_and_oxidised["ladders"]
    for one in (bare, oxidised):
        assert abs(one["closure_eV"]) <= 1e-9
    totals = {state["name"]: state["total_eV"] for state in bare_and_oxidised["states"]}
    assert bare["solvation_eV"] == pytest.approx(totals["Na+(CO)3"] - totals["Na+"] - 3 * MOLECULE, abs=1e-6)
    assert bare["solvation_eV"] == pytest.approx(-sum(LADDER), abs=1e-6)
    assert oxidised["solvation_eV"] is None


def test_a_step_on_carbon_differs_from_the_bare_one_by_two_adsorption_energies(bare_and_oxidised: dict[str, Any]) -> None:
    """V1, the third identity of section 2.2."""
    adsorption = bare_and_oxidised["ladders"][1]["adsorption_eV"]
    energies = {step["name"]: step["energy_eV"] for step in bare_and_oxidised["steps"]}
    for solvents in (3, 2, 1):
        name = f"CO {solvents}->{solvents - 1} @"
        difference = energies[f"{name} oxN_zz"] - energies[f"{name} bare"]
        assert difference == pytest.approx(adsorption[str(solvents - 1)] - adsorption[str(solvents)], abs=3e-6)


def test_a_real_search_gives_the_known_steps() -> None:
    options = SearchOptions(starts=4, parents=1, grow=2, shakes=2, max_rounds=1)
    ended = run([ladder(3)], Landscape(), options, executor=Here())
    made = document(ended, Asked((Carbon("bare", "bare"),), engine="landscape"))
    energies = [step["energy_eV"] for step in made["steps"]]
    assert energies == pytest.approx([lowest(solvents - 1) - lowest(solvents) for solvents in (3, 2, 1)], abs=2e-3)
    assert made["steps"][0]["engine_term_source"] == "assumed"
    assert "engine_term_assumed" in made["steps"][0]["flags"]


def test_the_line_of_a_step_says_all() -> None:
    made = document(*searched({("oxN_zz", 1): (1.03,)}, converged=False, spread=0.33))
    assert made["steps"][0]["short"] == (
        "1.03 eV  (+0.52/-0.52; GFN1-xTB, q=+1, 2S+1=1, D3 in method, no box; conformers 10/10, not converged, spread 0.33)"
    )
    assert made["steps"][0]["sentence"].startswith("CO 3->2 @ oxN_zz, q=+1, GFN1-xTB: 10 and 10 conformers tried")
    assert made["steps"][0]["convergence"] == "not converged"


def test_a_stopped_search_gives_no_energy_and_says_why() -> None:
    made = document(*_stopped())
    step = made["steps"][0]
    assert (made["complete"], step["energy_eV"], step["convergence"]) == (False, None, "no minimum")
    assert {"no_minimum", "search_stopped"} <= set(step["flags"])
    assert "no start of the state after became a minimum" in step["short"]
    assert made["ladders"][0]["sum_eV"] is None
    whole, asked = searched({("oxN_zz", 1): (0.8,)})
    for one in whole.found.values():
        one.stopped = True
    assert document(replace(whole, stopped=True), asked)["steps"][0]["convergence"] == "stopped, not converged"


def test_the_course_of_a_search_ends_at_its_minimum() -> None:
    made = document(*searched({("bare", 1): LADDER}, spread=0.2))
    trace = made["states"][0]["lowest_by_start_eV"]
    assert trace == pytest.approx([0.2, 0.001, 0.001, 0.001, 0.001, 0, 0, 0, 0, 0])


# --- order of motifs and times ------------------------------------------------------------------------------------------------

TWO = {("pristine", 1): (1.9,), ("pristine", 0): (1.8,), ("oxN_zz", 1): (0.8,), ("oxN_zz", 0): (0.7,)}
SECOND = {(f"{name}@15x7.25-bond", charge): energies for (name, charge), energies in TWO.items()}
FLAKES = {"pristine@15x7.25-bond": "15x7.25-bond", "oxN_zz@15x7.25-bond": "15x7.25-bond"}


def test_two_charges_and_two_flakes_decide_an_order() -> None:
    made = document(*searched(TWO | SECOND, flakes=FLAKES))
    first = made["rankings"][0]
    assert (first["total"], first["motifs"], first["step"]) == (True, ["oxN_zz", "pristine"], "CO 3->2")
    assert first["oxidised_against_pristine"] == ["oxN_zz lies below pristine by 1.10 eV (uncertainty 0.57 eV)."]
    assert [ranking["charge"] for ranking in made["rankings"]] == [1, 0]
    assert made["steps"][0]["variants"] == {"charge=0": 1.8}


@pytest.mark.parametrize(
    ("steps", "converged", "failed"),
    [
        (TWO, True, {"flake"}),
        ({key: energy for key, energy in TWO.items() if key[1] == 1}, True, {"charge", "flake"}),
        (TWO, False, {"flake", "search"}),
        (TWO | {("pristine", 0): (0.6,)}, True, {"flake", "charge"}),
    ],
)
def test_an_order_is_refused_with_its_reason(steps: Any, converged: bool, failed: set[str]) -> None:
    ranking = document(*searched(steps, converged=converged))["rankings"][0]
    assert set(ranking["pairs"][0]["failed"]) == failed
    assert ranking["flags"] == ["not_decidable"]
    assert "not decidable" in ranking["oxidised_against_pristine"][0]


def test_the_bare_shell_is_no_motif_to_rank() -> None:
    assert document(*searched({("bare", 1): LADDER, ("oxN_zz", 1): LADDER}))["rankings"] == []


def test_the_first_step_over_a_second() -> None:
    made = document(*searched({("bare", 1): (0.5, 1.1, 1.7)}))
    over = made["ladders"][0]["first_step_over_all_prefactors"]
    assert (over["first"], over["below"]) == ("CO 2->1 @ bare", ["CO 3->2 @ bare"])
    made = document(*searched({("bare", 1): (0.5, 0.78, 1.7)}))
    over = made["ladders"][0]["first_step_over_all_prefactors"]
    assert (over["first"], over["crossing"]) == (None, ["CO 2->1 @ bare"])


def test_times_are_given_for_every_prefactor(bare_and_oxidised: dict[str, Any]) -> None:
    step = bare_and_oxidised["steps"][0]
    assert [one["prefactor"] for one in step["times"]] == [1e12, "kT/h", 1e13, 1e14]
    assert step["times"][0]["tau_s"] == pytest.approx(100 * step["times"][3]["tau_s"], rel=1e-5)
    low, high = step["time"]["tau_interval_s"]
    assert low < step["time"]["tau_s"] < high
    assert "reaction_energy_as_barrier" in step["flags"]


# --- tables -------------------------------------------------------------------------------------------------------------------


def test_tables_hold_the_numbers_of_the_document(bare_and_oxidised: dict[str, Any]) -> None:
    read = pl.read_csv(io.StringIO(steps_csv(bare_and_oxidised)))
    assert read["energy_eV"].to_list() == [step["energy_eV"] for step in bare_and_oxidised["steps"]]
    assert read["low_eV"].to_list() == [step["interval_eV"][0] for step in bare_and_oxidised["steps"]]
    states = pl.read_parquet(io.BytesIO(states_parquet(bare_and_oxidised)))
    assert states["total_eV"].to_list() == [state["total_eV"] for state in bare_and_oxidised["states"]]
    assert dict(zip(states["name"], states["n_bound"], strict=True))["oxN_zz + Na+(CO)3"] == 3


def test_tables_of_a_stopped_search_have_gaps_not_zeros() -> None:
    made = document(*_stopped())
    assert step_table(made)[0]["energy_eV"] is None
    row = next(row for row in state_table(made) if row["name"] == "oxN_zz + Na+(CO)2")
    assert (row["total_eV"], row["starts"], row["convergence"]) == (None, 0, "no minimum")
    assert pl.read_parquet(io.BytesIO(states_parquet(made)))["total_eV"].null_count() == 1
    assert terminal_rows(made)[1][2] == "–"


@pytest.mark.parametrize(
    ("log10", "said"),
    [(-8.4, "4 ns"), (0.0, "1 s"), (1.4, "25 s"), (4.1, "3.5 h"), (-13.0, "1e-13 s"), (30.0, "1e23 a"), (9.9, "252 a")],
)
def test_a_time_is_written_in_its_own_unit(log10: float, said: str) -> None:
    assert duration(log10) == said


# --- words --------------------------------------------------------------------------------------------------------------------


def test_motifs_are_understood() -> None:
    assert motifs_written(["bare, oxidised-armchair", "pristine", "pristine"]) == ("bare", "oxN_ac", "pristine")
    assert motifs_written(["all"]) == ALL
    assert len(ALL) == 7


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: motifs_written(["oxN_zs"]), "Did you mean"),
        (lambda: motifs_written(["bar"]), 'Did you mean "bare"'),
        (lambda: motifs_written(["pristine,"]), "a name is empty"),
        (lambda: rungs("3-1", None, None), "takes one solvent away"),
        (lambda: rungs("2-3", None, None), "takes one solvent away. Write 3-2.$"),
        (lambda: rungs("three", None, None), "is not a step"),
        (lambda: rungs("7-6", None, None), "do not fit"),
        (lambda: rungs(None, 2, 2), "not a ladder"),
        (lambda: rungs("3-2", 3, None), "cannot stand beside"),
        (lambda: prefactor_written("fast"), "is not a rate"),
        (lambda: prefactor_written("-1"), "is not a rate"),
        (lambda: cuts_written(["10"], []), "cannot be read"),
        (lambda: cuts_written(["10,11.5", "10,11.5"], []), "there twice"),
        (lambda: cuts_written(["10,11.5"], ["ring", "bond"]), "one for all"),
        (lambda: second_engine("again"), "is not a way"),
    ],
)
def test_words_that_are_not_understood(call: Any, said: str) -> None:
    with pytest.raises(SpecError, match=said):
        call()


def test_ladders_are_understood() -> None:
    assert rungs("3->2", None, None) == (3, 2)
    assert rungs(None, None, None) == (6, 0)
    assert rungs(None, 4, 1) == (4, 1)


# --- budget -------------------------------------------------------------------------------------------------------------------

SMALL = SearchOptions(starts=3, parents=1, grow=1, shakes=1, max_rounds=1)


def test_a_budget_that_is_long_enough_changes_nothing() -> None:
    alone = run([ladder(2)], Landscape(), SMALL, executor=Here())
    asked = Asked((Carbon("bare", "bare"),))
    cache = MemoryCache()

    def here(*arguments: Any, **options: Any) -> Searched:
        return run(*arguments, **options, executor=Here())

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(budget, "run", here)
        ended = budget.searched([ladder(2)], Landscape(), SMALL, cache=cache, deadline=4e9)
    assert document(ended, asked) == document(alone, asked)
    assert not ended.stopped


def test_a_search_that_is_ended_early_knows_something_of_every_state(monkeypatch: pytest.MonkeyPatch) -> None:
    """The full search is ended before it begins: what the thin search found is there."""
    asked_for: list[int] = []

    def ended(ladders: Any, engine: Any, options: SearchOptions, **others: Any) -> Searched:
        asked_for.append(options.starts)
        done = run(ladders, engine, options, cache=others["cache"], executor=Here())
        return replace(done, found={}, stopped=True) if options == SMALL else done

    monkeypatch.setattr(budget, "run", ended)
    found = budget.searched([ladder(2)], Landscape(), SMALL, cache=MemoryCache(), deadline=4e9)
    assert asked_for == [2, 3]
    assert found.stopped
    counts = [len(found.found[State("bare", "Na", ("CO",) * count, 1)].tried) for count in (2, 1, 0)]
    assert counts[0] == 2
    assert counts[1] >= 4  # two random starts, and two strips
    assert counts[2] == 1
    assert not any(one.converged for state, one in found.found.items() if len(state.solvents) == 2)
    made = document(found, Asked((Carbon("bare", "bare"),)))
    assert [step["convergence"] for step in made["steps"]] == ["stopped, not converged"] * 2
