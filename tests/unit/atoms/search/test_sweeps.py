"""The order of the search: which starts come when, and when it ends. No energy is computed: a table says what each state has."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from atoms_landscape import CO, Landscape, ladder
from dualion.atoms.building.flake import Cut, flake
from dualion.atoms.building.motifs import motif
from dualion.atoms.building.species import bundled
from dualion.atoms.relax import Relaxed
from dualion.atoms.search.options import Ladder, SearchOptions
from dualion.atoms.search.starts import Start
from dualion.atoms.search.states import State, Tried
from dualion.atoms.search.sweeps import Search
from dualion.atoms.tasks import Task
from dualion.errors import SpecError

SMALL = flake(Cut(10.0, 11.5, "ring"))
EC = bundled()["EC"]
FEW = SearchOptions(starts=2, parents=1, grow=1, shakes=1, swaps=1, max_rounds=2)


def _energy(start: Start) -> float:
    """Of a start by the digits of its key, within a tenth of an electronvolt above what its number of solvents has."""
    digits = int(Task(start.structure, Landscape()).key[:6], 16) / 16**6
    return -1.0 * len(start.state.solvents) + 0.1 * digits


def _answer(start: Start, energy: float, outcome: str = "accepted") -> Tried:
    key = Task(start.structure, Landscape()).key
    return Tried(key, start.family, start.sweep, Relaxed(outcome, start.structure, energy, 5.0, 0.01, 5))


def _driven(search: Search, steady: bool = False) -> list[list[Start]]:
    """The waves of a search whose starts stay where they are; of `steady` ones every start of a state has one energy."""
    waves, seen = search.waves(), list[list[Start]]()
    wave = next(waves, None)
    while wave is not None:
        seen.append(wave)
        try:
            wave = waves.send([_answer(start, -1.0 * len(start.state.solvents) if steady else _energy(start)) for start in wave])
        except StopIteration:
            break
    return seen


def _order(waves: list[list[Start]]) -> list[tuple[int, int]]:
    return [(wave[0].sweep, len(wave[0].state.solvents)) for wave in waves[1:]]


def test_down_up_down() -> None:
    waves = _driven(Search([ladder(3)], FEW), steady=True)
    order = _order(waves)
    assert order[:4] == [(1, 3), (1, 2), (1, 1), (1, 0)]
    assert [solvents for sweep, solvents in order if sweep == 2] == [1, 2, 3]
    assert [solvents for sweep, solvents in order if sweep == 3] == [3, 2, 1]
    assert {sweep for sweep, _ in order} == {1, 2, 3}  # nothing got lower in the first round
    assert all(len({len(start.state.solvents) for start in wave}) == 1 for wave in waves[1:])


def test_families_of_each_sweep() -> None:
    waves = _driven(Search([ladder(3)], FEW), steady=True)
    families = {(wave[0].sweep, len(wave[0].state.solvents)): Counter(start.family for start in wave) for wave in waves[1:]}
    assert families[1, 3] == {"random": 2}
    assert families[1, 2] == {"random": 2, "strip": 3}
    assert families[1, 1] == {"random": 2, "strip": 2}
    assert families[1, 0] == {"random": 1}  # an ion alone has one place
    assert families[2, 1] == families[2, 2] == families[2, 3] == {"grow": 1}
    assert families[3, 3] == {"shake": 1}
    assert [start.state.name for start in waves[0]] == ["CO", "Na+"]  # the fragments
    assert waves[0][0].state == State("", "", ("CO",), 0)


def test_rounds_go_on_while_something_gets_lower_and_end_at_their_number() -> None:
    search, falling = Search([ladder(2)], replace(FEW, max_rounds=2)), [0.0]
    waves, sweeps = search.waves(), set()
    wave = next(waves)
    while True:
        sweeps.add(wave[0].sweep)
        falling[0] -= 1.0
        try:
            wave = waves.send([_answer(start, falling[0]) for start in wave])
        except StopIteration:
            break
    assert sweeps == {0, 1, 2, 3, 4, 5}
    assert not any(found.converged for state, found in search.found.items() if state.solvents and state.ion)
    assert {sweep for sweep, _ in _order(_driven(Search([ladder(2)], replace(FEW, max_rounds=0))))} == {1}


def test_a_parent_is_stripped_and_grown_once() -> None:
    search = Search([ladder(3)], replace(FEW, max_rounds=3))
    waves = _driven(search)
    grown = [start for wave in waves for start in wave if start.family == "grow"]
    assert len({Task(start.structure, Landscape()).key for start in grown}) == len(grown)
    strips = [start for wave in waves for start in wave if start.family == "strip"]
    assert len({Task(start.structure, Landscape()).key for start in strips}) == len(strips)


def test_the_same_answers_give_the_same_waves() -> None:
    first, second = (_driven(Search([ladder(3)], FEW)) for _ in range(2))
    keys = [[[Task(start.structure, Landscape()).key for start in wave] for wave in waves] for waves in (first, second)]
    assert keys[0] == keys[1]
    other = _driven(Search([ladder(3)], replace(FEW, seed=1)))
    assert keys[0][1] != [Task(start.structure, Landscape()).key for start in other[1]]


@pytest.mark.parametrize("options", [FEW, SearchOptions(), replace(FEW, max_rounds=0)])
def test_the_plan_is_not_exceeded(options: SearchOptions) -> None:
    search = Search([ladder(4)], options)
    made = sum(len(wave) for wave in _driven(search))
    assert 0.2 * search.planned() <= made <= search.planned()


def test_a_state_for_which_nothing_new_was_left_was_not_lowered() -> None:
    carbon = motif(SMALL, "pristine")
    one = Ladder("pristine", carbon, EC, 1, 0, 1)
    search = Search([one], SearchOptions(parents=1, grow=0, shakes=0, max_rounds=1))
    waves, wave = search.waves(), None
    wave = next(waves)
    while True:
        try:
            wave = waves.send([_answer(start, -1.0) for start in wave])
        except StopIteration:
            break
    bottom = search.found[State("pristine", "Na", (), 1)]
    assert bottom.lowered_in == 1
    assert bottom.sweeps == 3
    assert len(bottom.accepted) >= 8
    assert bottom.converged


def _motifs(*names: str, charge: int = 1, solvents: int = 1) -> list[Ladder]:
    return [Ladder(name, motif(SMALL, name), EC, solvents, solvents - 1, charge) for name in names]


def test_ladders_go_in_step_and_swap_their_shells() -> None:
    search = Search(_motifs("oxN_zz", "pyridinic_zz"), FEW)
    waves = _driven(search)
    assert {start.state.carbon for start in waves[1]} == {"oxN_zz", "pyridinic_zz"}
    assert {start.state.name for start in waves[0]} == {"EC", "Na+", "oxN_zz", "pyridinic_zz"}
    swaps = [start for wave in waves for start in wave if start.family == "swap"]
    assert {start.state.carbon for start in swaps} == {"oxN_zz", "pyridinic_zz"}
    for start in swaps:
        carbon = motif(SMALL, start.state.carbon)
        assert np.array_equal(start.structure.numbers[start.structure.parts == 0], carbon.numbers)


def test_shells_of_another_solvent_ion_or_charge_are_not_swapped() -> None:
    one, other = _motifs("oxN_zz", "pyridinic_zz")
    for different in (replace(other, solvent=CO), replace(other, charge=0), replace(other, ion="K")):
        search = Search([one, different], replace(FEW, max_rounds=1))
        waves = _driven(search)
        assert not [start for wave in waves for start in wave if start.family == "swap"]
        for start in (start for wave in waves[1:] for start in wave):
            assert start.structure.labels == ("carbon", start.state.ion, *start.state.solvents)
            assert start.structure.charge == start.state.charge


def test_a_conformer_each_and_one_carbon_for_two_charges() -> None:
    dmc = bundled()["DMC"]
    carbon = motif(SMALL, "pristine")
    wave = next(Search([Ladder("pristine", carbon, dmc, 1, 0, charge) for charge in (0, 1)], FEW).waves())
    assert Counter(start.state.name for start in wave) == {"DMC": len(dmc.conformers), "pristine": 1, "Na+": 1}
    assert len(dmc.conformers) == 2


@pytest.mark.parametrize(
    ("ladders", "words"),
    [
        ([], "ladders: none is given"),
        ([ladder(2), ladder(3)], '"bare" is the name of two ladders'),
        ([*_motifs("oxN_zz"), replace(_motifs("oxN_zz", charge=0)[0], carbon=motif(SMALL, "pristine"))], '"oxN_zz" is the name of two'),
        ([ladder(2), replace(_motifs("oxN_zz")[0], solvent=replace(EC, name="CO"))], '"CO" is the name of two solvents'),
    ],
)
def test_ladders_that_cannot_be_told_apart_are_refused(ladders: list[Ladder], words: str) -> None:
    with pytest.raises(SpecError, match=words):
        Search(ladders, FEW)


def test_a_wave_that_was_broken_off_is_kept_and_nothing_has_converged() -> None:
    search = Search([ladder(2)], FEW)
    waves = search.waves()
    wave = waves.send(None)
    wave = waves.send([_answer(start, 0.0) for start in wave])
    search.take([(start, _answer(start, -2.0)) for start in wave[:1]])
    search.stop()
    (found,) = [found for state, found in search.found.items() if state.ion]
    assert len(found.tried) == 1
    assert found.stopped
    assert not found.converged
    assert search.found[State("", "", ("CO",), 0)].converged  # it has no shell to search for


def test_starts_that_became_no_minimum_are_no_parents() -> None:
    search = Search([ladder(2)], FEW)
    waves = search.waves()
    wave = next(waves)
    families = Counter[str]()
    while True:
        families.update(start.family for start in wave)
        try:
            wave = waves.send([_answer(start, -1.0, "detached" if start.state.ion else "accepted") for start in wave])
        except StopIteration:
            break
    assert families == {"random": 7}  # released and ion as fragments, two of two states, the ion alone
    assert all(np.isfinite(found.spread) for found in search.found.values())


def test_an_energy_far_from_that_of_its_fragments_is_a_clash() -> None:
    search = Search([ladder(2)], FEW)
    waves = search.waves()
    first = waves.send([_answer(start, -10.0) for start in next(waves)])
    waves.send([_answer(start, -30.5 if number else -100.0) for number, start in enumerate(first)])
    found = search.found[search.state(search.ladders[0], 2)]
    assert found.outcomes == {"accepted": 1, "clash": 1}
    assert found.best is not None
    assert found.best.energy == -30.5
