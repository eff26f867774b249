from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from atoms_landscape import CO, ladder
from dualion.atoms.bonds import bonds
from dualion.atoms.building import place
from dualion.atoms.building.flake import Cut, flake
from dualion.atoms.building.motifs import motif
from dualion.atoms.building.place import donor_indices, ion_index
from dualion.atoms.building.species import bundled
from dualion.atoms.engines.check import overlapping
from dualion.atoms.search.options import Ladder, SearchOptions
from dualion.atoms.search.starts import _laid, grown, random_start, shaken, stream, strips, swapped
from dualion.atoms.search.states import State
from dualion.atoms.structure import Structure
from dualion.errors import SpecError

SMALL = flake(Cut(10.0, 11.5, "ring"))
EC = bundled()["EC"]


def _on(kind: str, charge: int = 1) -> Ladder:
    return Ladder(kind, motif(SMALL, kind), EC, 3, 0, charge)


def _state(one: Ladder, solvents: int) -> State:
    return State(one.name, one.ion, (one.solvent.name,) * solvents, one.charge)


def _random(one: Ladder, solvents: int, index: int = 0, seed: int = 0) -> Structure:
    found = random_start(one, _state(one, solvents), index, seed)
    assert found is not None
    return found


def _apart(structure: Structure) -> float:
    """Least distance between atoms of different parts [angstrom]."""
    distance = np.linalg.norm(structure.positions[:, None] - structure.positions[None], axis=2)
    return float(distance[structure.parts[:, None] != structure.parts[None, :]].min())


def test_numbers_follow_from_seed_and_names_alone() -> None:
    first, again = stream(3, "random", "bare"), stream(3, "random", "bare")
    assert first.integers(2**32) == again.integers(2**32)
    others = [stream(4, "random", "bare"), stream(3, "grow", "bare"), stream(3, "randombare")]
    assert len({int(rng.integers(2**32)) for rng in (stream(3, "random", "bare"), *others)}) == 4
    assert int(stream(0, "random").integers(2**32)) == 4242960289  # another number would be another search


def test_random_starts_repeat_and_differ_by_index_seed_and_state() -> None:
    one = ladder(4)
    first = _random(one, 3)
    assert np.array_equal(first.positions, _random(one, 3).positions)
    for other in (_random(one, 3, index=1), _random(one, 3, seed=1)):
        assert np.abs(other.positions - first.positions).max() > 0.1


@pytest.mark.parametrize("kind", ["pristine", "oxN_zz"])
@pytest.mark.parametrize("solvents", [0, 1, 3])
def test_random_starts_have_the_atoms_of_their_state(kind: str, solvents: int) -> None:
    start = _random(_on(kind), solvents, index=2)
    assert start.labels == ("carbon", "Na", *["EC"] * solvents)
    assert (start.charge, start.multiplicity) == (1, 1)
    assert _apart(start) >= 1.6


def test_an_ion_without_solvents_begins_at_several_places() -> None:
    one = _on("pristine")
    places = np.array([_random(one, 0, index).positions[ion_index(_random(one, 0, index))] for index in range(6)])
    assert np.ptp(places, axis=0)[:2].min() > 0.3
    assert places[:, 2].min() >= places[0, 2]  # none nearer to the plane than the first


def test_strips_take_each_solvent_away_in_turn() -> None:
    parent = _random(ladder(3), 3)
    left = list(strips(parent, "CO"))
    assert [len(one.part("CO")) for one in left] == [2, 2, 2]
    kept = [{tuple(row) for row in one.positions} for one in left]
    everything = {tuple(row) for row in parent.positions}
    gone = [everything - some for some in kept]
    assert all(len(one) == 2 for one in gone)
    assert set.union(*gone) | {tuple(parent.positions[0])} == everything
    assert list(strips(parent, "EC")) == []


def test_a_grown_start_is_the_parent_and_one_solvent_more() -> None:
    one = ladder(4)
    parent = _random(one, 2)
    start = grown(one, parent, "key", 0, 0)
    assert start is not None
    assert np.array_equal(start.positions[: len(parent)], parent.positions)
    assert len(start.part("CO")) == 3
    assert _apart(start) >= 2.0
    again = grown(one, parent, "key", 0, 0)
    assert again is not None
    assert np.array_equal(start.positions, again.positions)


def test_a_shell_without_room_gives_no_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(place, "_TRIES", 40)
    grid = 1.5 * np.argwhere(np.ones((9, 9, 9))) - 6.0  # atoms everywhere
    grid = grid[np.linalg.norm(grid, axis=1) > 1.0]
    count = len(grid)
    crowd = Structure(np.array([*[6] * count, 11]), np.vstack([grid, np.zeros(3)]), 1, 1, ("carbon", "Na"), np.repeat([0, 1], [count, 1]))
    assert grown(ladder(2), crowd, "key", 0, 0) is None


def test_a_shaken_start_keeps_its_bonds_and_its_donors() -> None:
    parent = _random(Ladder("bare", None, EC, 3, 0, 1), 2)
    start = shaken(parent, "key", 0, 0)
    assert start is not None
    assert np.array_equal(bonds(start), bonds(parent))
    moved = np.linalg.norm(start.positions - parent.positions, axis=1)
    assert moved[donor_indices(parent)].max() < 0.6  # rattled alone
    assert moved.max() > 1.0  # turned about the line from ion to donor
    other = shaken(parent, "key", 1, 0)
    assert other is not None
    assert np.abs(other.positions - start.positions).max() > 0.1


def test_a_swapped_start_is_the_shell_of_one_motif_at_another() -> None:
    mine, theirs = _on("pyridinic_zz"), _on("oxN_zz")
    minimum = _random(theirs, 2)
    turn = np.linalg.qr(np.random.default_rng(5).normal(size=(3, 3)))[0]
    turn *= np.sign(np.linalg.det(turn))
    minimum = minimum.moved(minimum.positions @ turn.T + 7.0)  # the flake has drifted
    start = swapped(mine, theirs, minimum)
    assert start is not None
    assert mine.carbon is not None
    assert start.labels == minimum.labels
    assert np.array_equal(start.numbers[start.parts == 0], mine.carbon.numbers)
    assert np.array_equal(start.positions[start.parts > 0], minimum.positions[minimum.parts > 0])
    lies = start.positions[start.parts == 0]
    assert lies == pytest.approx(mine.carbon.positions @ turn.T + 7.0, abs=0.05)


def test_a_shell_is_not_swapped_with_another_flake_or_none() -> None:
    mine = _on("oxN_zz")
    other = Ladder("far", motif(SMALL, "pristine").moved(SMALL.positions + 0.7), EC, 3, 0, 1)
    assert swapped(mine, other, _random(other, 1)) is None
    bare = Ladder("bare", None, EC, 3, 0, 1)
    assert swapped(mine, bare, _random(bare, 1)) is None
    assert swapped(bare, mine, _random(mine, 1)) is None


def test_a_record_with_its_carbon_in_another_order_is_not_swapped() -> None:
    mine, theirs = _on("pyridinic_zz"), _on("oxN_zz")
    minimum = _random(theirs, 1)
    order = np.arange(len(minimum))
    carbon = minimum.atoms_of(0)
    order[carbon] = carbon[::-1]
    other = replace(minimum, numbers=minimum.numbers[order], positions=minimum.positions[order], parts=minimum.parts[order])
    assert swapped(mine, theirs, other) is None


def test_points_are_laid_on_others_without_a_mirror() -> None:
    rng = np.random.default_rng(2)
    points = rng.normal(size=(12, 3))
    turn = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    turn *= np.sign(np.linalg.det(turn))
    assert _laid(points, points[:7], points[:7] @ turn.T + 2.0) == pytest.approx(points @ turn.T + 2.0, abs=1e-10)
    flat = points * np.array([1.0, 1.0, 0.0])
    laid = _laid(flat, flat, flat @ turn.T)
    assert laid == pytest.approx(flat @ turn.T, abs=1e-10)
    mirrored = _laid(points, points, points * np.array([1.0, 1.0, -1.0]))
    assert np.linalg.det(np.linalg.lstsq(points - points.mean(axis=0), mirrored - mirrored.mean(axis=0), rcond=None)[0]) == pytest.approx(
        1.0
    )


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"starts": 0}, "starts: 0 is too small"),
        ({"grow": -1}, "grow: -1 is too small"),
        ({"max_rounds": -1}, "max_rounds: -1 is too small"),
        ({"seed": -1}, "seed: -1 is too small"),
        ({"max_steps": 0}, "max_steps: 0 is too small"),
        ({"fmax": 0.0}, "fmax: 0 is not a threshold"),
    ],
)
def test_options_out_of_range_are_refused(wrong: dict[str, int], words: str) -> None:
    with pytest.raises(SpecError, match=words):
        SearchOptions(**wrong)


@pytest.mark.parametrize(("top", "bottom"), [(2, 2), (1, 2), (2, -1), (7, 0)])
def test_what_is_no_ladder_is_refused(top: int, bottom: int) -> None:
    with pytest.raises(SpecError, match="ladder: "):
        Ladder("bare", None, CO, top, bottom, 1)


def test_a_shaken_start_never_overlaps(monkeypatch: pytest.MonkeyPatch) -> None:
    """A rattle can push two bound atoms into each other, which a relaxation refuses to begin with."""
    monkeypatch.setattr("dualion.atoms.search.starts._RATTLE", 0.3)
    parent = _random(ladder(3), 3)
    made = [start for index in range(60) if (start := shaken(parent, "key", index, 0)) is not None]
    assert len(made) > 20
    assert all(overlapping(start) is None for start in made)
