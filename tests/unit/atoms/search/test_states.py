from __future__ import annotations

import numpy as np
import pytest

from atoms_molecules import molecule
from dualion.atoms.relax import Relaxed
from dualion.atoms.search.states import Found, State, Tried, distinct
from dualion.atoms.structure import Structure

SHELL = State("bare", "Na", ("CO", "CO"), 1)


def _shell(angle: float = 180.0, far: float = 2.3) -> Structure:
    """An ion with two solvents: the angle between them [deg], and how far the second one stands [angstrom]."""
    x, y = np.cos(np.deg2rad(angle)), np.sin(np.deg2rad(angle))
    text = f"Na 0 0 0; O 2.3 0 0; C 3.5 0 0; O {far * x} {far * y} 0; C {(far + 1.2) * x} {(far + 1.2) * y} 0"
    return molecule(text, 1, 1, ("Na", "CO", "CO"), (1, 2, 2))


def _tried(energy: float | None, family: str = "random", outcome: str = "accepted", structure: Structure | None = None) -> Tried:
    relaxed = Relaxed(outcome, _shell() if structure is None else structure, energy, 5.0, 0.01, 10)
    return Tried(f"{energy}{family}", family, 1, relaxed)


def _found(tried: list[Tried], lowered_in: int = 1, sweeps: int = 3, stopped: bool = False, state: State = SHELL) -> Found:
    return Found(state, tried, lowered_in, sweeps, stopped)


AGREEING = [_tried(-1.0, "random"), _tried(-0.985, "strip"), *[_tried(-0.5, "random")] * 6]


@pytest.mark.parametrize(
    ("state", "name"),
    [
        (State("oxN_zz", "Na", ("EC",) * 3, 1), "oxN_zz + Na+(EC)3"),
        (State("bare", "Na", ("DMC", "EC", "EC"), 1), "Na+(DMC)1(EC)2"),
        (State("bare", "Na", (), 1), "Na+"),
        (State("pristine", "", (), 0), "pristine"),
        (State("", "", ("EC",), 0), "EC"),
    ],
)
def test_states_are_named_by_what_they_are_made_of(state: State, name: str) -> None:
    assert state.name == name


def test_two_families_that_agree_have_converged() -> None:
    assert _found(AGREEING).converged


@pytest.mark.parametrize(
    "found",
    [
        _found(AGREEING[:7]),
        _found(AGREEING, lowered_in=3),
        _found(AGREEING, lowered_in=1, sweeps=1),
        _found(AGREEING, stopped=True),
        _found([_tried(-1.0), _tried(-0.979, "strip"), *AGREEING[2:]]),
        _found([_tried(-1.0)] * 8),
        _found([*AGREEING[:7], _tried(-0.5, outcome="unconverged")]),
        _found([*AGREEING[:7], _tried(-0.5, structure=_shell(far=3.4))]),
        _found([]),
    ],
    ids=["seven starts", "lowered in the last sweep", "one sweep", "stopped", "families apart", "one family", "no minimum", "open", "none"],
)
def test_a_search_that_lacks_one_of_its_conditions_has_not_converged(found: Found) -> None:
    assert not found.converged


def test_what_has_no_shell_has_converged_with_one_minimum() -> None:
    alone = molecule("O 0 0 0; C 1.2 0 0", 0, 1, ("CO",))
    state = State("", "", ("CO",), 0)
    assert _found([_tried(-1.0, structure=alone)], state=state, stopped=True).converged
    assert not _found([_tried(None, outcome="scf", structure=alone)], state=state).converged


def test_the_lowest_whole_shell_is_reported_and_the_opened_one_told() -> None:
    found = _found([_tried(-1.0), _tried(-1.3, structure=_shell(far=3.4)), _tried(-0.8), _tried(-2.0, outcome="reacted")])
    assert found.best is found.tried[0]
    assert found.opened == pytest.approx(0.3)
    assert found.spread == pytest.approx(0.2)
    assert [one.energy for one in found.accepted] == [-1.3, -1.0, -0.8]
    assert found.outcomes == {"accepted": 3, "reacted": 1}
    assert found.families == ("random",)
    assert _found([_tried(-1.0)]).opened is None


def test_only_an_opened_shell_is_no_minimum_to_report() -> None:
    found = _found([_tried(-1.3, structure=_shell(far=3.4))])
    assert (found.best, found.opened, found.second, found.spread) == (None, None, None, 0.0)


def test_minima_are_one_where_energy_and_distances_agree() -> None:
    straight, bent = _shell(180.0), _shell(120.0)
    turned = straight.moved(straight.positions[:, [1, 2, 0]])
    same, apart = _tried(-0.996, structure=turned), _tried(-0.994, structure=turned)
    other = _tried(-0.999, structure=bent)
    first = _tried(-1.0, structure=straight)
    assert distinct([first, same]) == [first]
    assert distinct([first, apart]) == [first, apart]
    assert distinct([first, other, same]) == [first, other]
    assert _found([first, other, same]).second == pytest.approx(0.001)


def test_of_equal_energies_the_earlier_start_is_reported() -> None:
    found = _found([_tried(-0.5), _tried(-1.0, "grow"), _tried(-1.0, "strip")])
    assert found.best is found.tried[1]
