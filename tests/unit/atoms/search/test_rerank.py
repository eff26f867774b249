"""Minima at two levels: which are chosen, what an order is worth, and the differences that an interval is made of."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from atoms_landscape import CO, Here, Landscape, ladder
from atoms_molecules import molecule
from dualion.atoms.desolvation.intervals import engine_uncertainty
from dualion.atoms.engines.base import Energy, Level
from dualion.atoms.relax import Relaxed, relax
from dualion.atoms.search.options import SearchOptions
from dualion.atoms.search.rerank import NOT_COMPUTED, Pair, Reranked, engine_differences, rerank, within
from dualion.atoms.search.run import Searched
from dualion.atoms.search.states import Found, State, Tried
from dualion.atoms.structure import Structure
from dualion.atoms.tasks import SinglePoint
from dualion.errors import ConvergenceError, SpecError
from dualion.store.tasks import TaskFolder

TWO, ONE, RELEASED = State("bare", "Na", ("CO",) * 2, 1), State("bare", "Na", ("CO",), 1), State("", "", ("CO",), 0)


@dataclass(frozen=True, slots=True)
class Other:
    """The landscape with an energy of its own for each angle of a shell, and a constant that no difference of states may hold."""

    tilt: float = 0.0  # [eV] per unit of the cosine between two donors
    offset: float = 0.0  # [eV] of each atom
    fails: bool = False

    @property
    def level(self) -> Level:
        return Level("other", "1", f"other {self.tilt:g} {self.offset:g} {self.fails}")

    def session(self, structure: Structure) -> Callable[..., Energy]:
        def session(positions: np.ndarray, *, forces: bool = True) -> Energy:
            if self.fails:
                raise ConvergenceError("not converged")
            energy = self.offset * len(structure)
            if len(structure) == 5:
                one, two = positions[1] - positions[0], positions[3] - positions[0]
                energy += self.tilt * float(one @ two / np.linalg.norm(one) / np.linalg.norm(two))
            return Energy(energy, np.zeros_like(positions))

        return session


def _shell(degrees: float) -> Structure:
    x, y = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    return molecule(
        f"Na 0 0 0; O 2.3 0 0; C 3.5 0 0; O {2.3 * x} {2.3 * y} 0; C {3.5 * x} {3.5 * y} 0", 1, 1, ("Na", "CO", "CO"), (1, 2, 2)
    )


def _tried(structure: Structure, energy: float) -> Tried:
    return Tried(f"{abs(hash((energy, len(structure)))):064x}", "random", 1, Relaxed("accepted", structure, energy, 5.0, 0.01, 5))


def _searched(energies: dict[float, float]) -> Searched:
    """A search that has found shells of two at some angles [deg] with their energies [eV]."""
    one = molecule("Na 0 0 0; O 2.3 0 0; C 3.5 0 0", 1, 1, ("Na", "CO"), (1, 2))
    found = {
        TWO: Found(TWO, [_tried(_shell(degrees), energy) for degrees, energy in energies.items()]),
        ONE: Found(ONE, [_tried(one, -1.0)]),
        RELEASED: Found(RELEASED, [_tried(CO.structure(), -0.1)]),
    }
    return Searched((ladder(2),), Landscape(), SearchOptions(), found, False)


FIVE = {180.0: -2.0, 150.0: -1.95, 120.0: -1.9, 100.0: -1.8, 80.0: -1.4}


@pytest.mark.parametrize(
    ("energies", "window", "kept"),
    [
        ([-2.0, -1.95, -1.9, -1.8], 0.3, 4),
        ([-2.0, -1.6, -1.2, -0.8], 0.3, 3),
        ([-2.0, -1.6], 0.3, 2),
        ([-2.0, -1.95, -1.9, -1.85, -1.8, -1.75], 0.3, 5),
        ([-2.0, -1.95, -1.9, -1.8], 0.0, 3),
    ],
)
def test_at_least_three_and_at_most_five_minima_of_the_window(energies: list[float], window: float, kept: int) -> None:
    found = _searched(dict(zip((180.0, 160.0, 140.0, 120.0, 100.0, 80.0), energies, strict=False))).found[TWO]
    assert [one.energy for one in within(found, window=window)] == energies[:kept]


def test_equal_and_opened_minima_are_left_out() -> None:
    found = _searched(FIVE).found[TWO]
    turned = found.tried[0].relaxed.structure
    opened = _shell(180.0)
    far = opened.positions.copy()
    far[3:] *= 1.6
    found.tried += [_tried(turned.moved(turned.positions[:, [1, 2, 0]]), -1.999), _tried(opened.moved(far), -2.5)]
    assert [one.energy for one in within(found)] == [-2.0, -1.95, -1.9, -1.8]


def test_single_points_are_told_and_change_no_order() -> None:
    (found,) = rerank(_searched(FIVE), [TWO], Other(tilt=-0.5), executor=Here())
    assert [pair.energy for pair in found.pairs] == [-2.0, -1.95, -1.9, -1.8]
    assert [pair.other for pair in found.pairs] == pytest.approx([-0.5 * np.cos(np.deg2rad(angle)) for angle in (180, 150, 120, 100)])
    assert found.order_changes == 6  # every pair of the four
    assert found.spearman == pytest.approx(-1.0)
    assert found.ordered == found.pairs
    assert (found.mode, found.complete) == ("single-point", True)
    changes = [abs((found.pairs[i].other or 0.0) - (found.pairs[0].other or 0.0) - (found.pairs[i].energy + 2.0)) for i in (1, 2, 3)]
    assert found.shift == pytest.approx(np.mean(changes))


def test_relaxed_minima_are_put_into_their_new_order() -> None:
    (found,) = rerank(_searched(FIVE), [TWO], Other(tilt=-0.5), mode="relax", executor=Here())
    assert [pair.energy for pair in found.ordered] == [-1.8, -1.9, -1.95, -2.0]
    (same,) = rerank(_searched(FIVE), [TWO], Other(tilt=0.5), mode="relax", executor=Here())
    assert same.ordered == same.pairs
    assert (same.order_changes, same.spearman) == (0, pytest.approx(1.0))


def test_relaxation_at_the_other_level_is_one() -> None:
    searched = _searched({150.0: -2.0})
    searched = replace(searched, engine=Other())
    (found,) = rerank(searched, [TWO], Landscape(), mode="relax", executor=Here())
    start = searched.found[TWO].tried[0].relaxed.structure
    ended = relax(start, Landscape())
    assert found.pairs[0].other == pytest.approx(ended.energy, abs=1e-7)
    assert found.pairs[0].outcome == "accepted"


def test_a_constant_between_the_levels_is_no_shift() -> None:
    (found,) = rerank(_searched(FIVE), [TWO], Other(tilt=0.0, offset=-30.0), executor=Here())
    assert found.shift == pytest.approx(np.mean([0.05, 0.1, 0.2]))
    assert found.spearman is None  # all equal
    assert found.order_changes == 0


def _ranked(values: list[float]) -> float | None:
    pairs = tuple(Pair("a", "b", 0.1 * index, value, "accepted") for index, value in enumerate(values))
    return Reranked(TWO, "relax", Landscape().level, Other().level, pairs).spearman


def test_rank_correlation_is_the_formula_of_its_squares() -> None:
    for order in itertools.permutations(range(5)):
        squares = sum((rank - index) ** 2 for index, rank in enumerate(order))
        assert _ranked([0.3 * rank - 7.0 for rank in order]) == pytest.approx(1.0 - 6.0 * squares / (5 * 24), abs=1e-12)
    assert _ranked([0.0, 0.1, 0.1, 0.3]) == pytest.approx(np.sqrt(0.9))  # of equal ones the mean rank
    assert _ranked([0.0]) is None


def test_what_fails_at_the_other_level_is_told_and_reorders_nothing() -> None:
    (found,) = rerank(_searched(FIVE), [TWO], Other(fails=True), mode="relax", executor=Here())
    assert {(pair.outcome, pair.other) for pair in found.pairs} == {("scf", None)}
    assert (found.spearman, found.shift, found.order_changes, found.complete) == (None, None, 0, False)
    assert found.ordered == found.pairs
    assert engine_differences(found, found_one(), found_released()) == ()


def found_one(offset: float = 0.0) -> Reranked:
    return rerank(_searched(FIVE), [ONE], Other(fails=True), mode="relax", executor=Here())[0]


def found_released() -> Reranked:
    return rerank(_searched(FIVE), [RELEASED], Other(fails=True), mode="relax", executor=Here())[0]


def test_a_shell_that_opened_at_the_other_level_is_not_compared() -> None:
    level, other = Landscape().level, Other().level
    pairs = (Pair("a", "b", -2.0, -1.0, "accepted"), Pair("c", "d", -1.9, -1.5, "accepted", whole=False))
    found = Reranked(TWO, "relax", level, other, pairs)
    assert [pair.key for pair in found.compared] == ["a"]
    assert found.ordered == pairs  # not complete: the order stays


def test_differences_of_a_step() -> None:
    engine = Other(tilt=0.3, offset=-7.0)
    before, after, released = rerank(_searched(FIVE), [TWO, ONE, RELEASED], engine, executor=Here())
    found = engine_differences(before, after, released)
    expected = [
        (-1.0 - 0.1 - energy) - (-21.0 - 14.0 - (0.3 * np.cos(np.deg2rad(angle)) - 35.0)) for angle, energy in list(FIVE.items())[:4]
    ]
    assert found == pytest.approx(expected, abs=1e-7)
    assert engine_uncertainty(carbon=True, differences=found).value == pytest.approx(max(map(abs, expected)), abs=1e-7)
    assert engine_uncertainty(carbon=True, differences=found).flags == ()


def test_differences_of_what_is_no_step_are_refused() -> None:
    searched, engine = _searched(FIVE), Other()
    before, after, released = rerank(searched, [TWO, ONE, RELEASED], engine, executor=Here())
    with pytest.raises(SpecError, match="different ways"):
        engine_differences(before, after, rerank(searched, [RELEASED], Other(tilt=1.0), executor=Here())[0])
    with pytest.raises(SpecError, match="different ways"):
        engine_differences(before, rerank(searched, [ONE], engine, mode="relax", executor=Here())[0], released)
    with pytest.raises(SpecError, match="is not"):
        engine_differences(after, before, released)
    with pytest.raises(SpecError, match="no step"):
        engine_differences(before, replace(after, state=replace(ONE, charge=0)), released)


def test_each_task_is_computed_once_for_all_and_kept(tmp_path: Path) -> None:
    searched = _searched(FIVE)
    with TaskFolder(tmp_path) as folder:
        first, again = Here(), Here()
        found = rerank(searched, [TWO, ONE, TWO], Other(), cache=folder, executor=first)
        assert (first.submitted, found[0].pairs) == (5, found[2].pairs)
        assert rerank(searched, [TWO, ONE, TWO], Other(), cache=folder, executor=again) == found
        assert again.submitted == 0
        relaxing = Here()
        rerank(searched, [ONE], Other(), mode="relax", cache=folder, executor=relaxing)
        assert relaxing.submitted == 1  # another kind of task
        structure = searched.found[TWO].best
        assert structure is not None
        assert SinglePoint(structure.relaxed.structure, Other()).key == found[0].pairs[0].other_key


def test_a_budget_leaves_pairs_that_say_so() -> None:
    class Endless(Here):
        def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
            if self.submitted:
                return Future()
            return super().submit(fn, *args, **kwargs)

    (found,) = rerank(_searched(FIVE), [TWO], Other(tilt=0.5), mode="relax", executor=Endless(), deadline=time.time() + 0.2)
    assert [pair.outcome for pair in found.pairs] == ["accepted", NOT_COMPUTED, NOT_COMPUTED, NOT_COMPUTED]
    assert found.ordered == found.pairs
    assert len(found.compared) == 1


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"mode": "guess"}, '"guess" is not a mode. Write one of single-point, relax'),
        ({"window": -0.1}, "window: -0.1 is not an energy"),
        ({"window": np.nan}, "window: nan is not an energy"),
        ({"workers": 0}, "workers: 0 is not"),
        ({"engine": Landscape()}, "is the level of the search. Give another engine"),
        ({"states": [State("oxN_zz", "Na", (), 1)]}, r"holds no oxN_zz \+ Na\+"),
    ],
)
def test_what_cannot_be_recomputed_is_refused(wrong: dict[str, Any], words: str) -> None:
    given = {"states": [TWO], "engine": Other(), "executor": Here(), **wrong}
    with pytest.raises(SpecError, match=words):
        rerank(_searched(FIVE), given.pop("states"), given.pop("engine"), **given)
