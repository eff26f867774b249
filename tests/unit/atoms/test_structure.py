from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dualion.atoms.electrons import electrons
from dualion.atoms.structure import SYMBOLS, Site, Structure, formula, joined
from dualion.errors import SpecError


def single(symbol: str, charge: int = 0, label: str = "", site: Site | None = None) -> Structure:
    number = SYMBOLS.index(symbol)
    return Structure(
        np.array([number]), np.zeros((1, 3)), charge, 1 + (number - charge) % 2, (label or symbol,), np.zeros(1, dtype=int), site
    )


def water(label: str = "water") -> Structure:
    positions = np.array([[0.0, 0.0, 0.0], [0.96, 0.0, 0.0], [-0.24, 0.93, 0.0]])
    return Structure(np.array([8, 1, 1]), positions, 0, 1, (label,), np.zeros(3, dtype=int))


# --- symbols and formulas -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("symbol", "number"), [("H", 1), ("C", 6), ("N", 7), ("O", 8), ("Na", 11), ("K", 19), ("Zn", 30), ("Cs", 55), ("Bi", 83)]
)
def test_symbols_stand_at_their_atomic_numbers(symbol: str, number: int) -> None:
    assert SYMBOLS[number] == symbol
    assert single(symbol).symbols == (symbol,)


def test_formula_has_carbon_and_hydrogen_first() -> None:
    assert formula(("O", "Na", "H", "C", "H", "N", "C")) == "C2H2NNaO"
    assert water().formula == "H2O"


@settings(max_examples=30)
@given(st.lists(st.sampled_from(["C", "H", "N", "Na", "O", "Zn"]), min_size=1, max_size=30), st.randoms())
def test_the_formula_depends_on_the_atoms_and_not_on_their_order(symbols: list[str], shuffler: object) -> None:
    shuffled = list(symbols)
    shuffler.shuffle(shuffled)  # type: ignore[attr-defined]
    written = formula(tuple(symbols))
    assert formula(tuple(shuffled)) == written
    assert all(f"{symbol}{count if count > 1 else ''}" in written for symbol, count in Counter(symbols).items())


# --- parts --------------------------------------------------------------------------------------------------------------------


def test_joined_numbers_the_parts_on_and_keeps_the_site() -> None:
    site = Site(0, (0.0, 0.0, 1.0), "basal")
    whole = joined(single("C", label="carbon", site=site), single("Na", 1), water("A"), water("B"), charge=1, multiplicity=1)
    assert whole.labels == ("carbon", "Na", "A", "B")
    assert whole.parts.tolist() == [0, 1, 2, 2, 2, 3, 3, 3]
    assert (whole.charge, whole.multiplicity, whole.site) == (1, 1, site)
    assert whole.formula == "CH4NaO2"
    assert whole.part("B") == (3,)
    assert whole.atoms_of(2).tolist() == [2, 3, 4]


@settings(max_examples=30)
@given(st.integers(1, 3))
def test_taking_a_part_away_undoes_joining_it(part: int) -> None:
    pieces = [single("C", label="carbon"), single("Na", 1), water("A"), water("B")]
    whole = joined(*pieces, charge=1, multiplicity=1)
    rest = whole.without(part)
    expected = joined(*(piece for index, piece in enumerate(pieces) if index != part), charge=1, multiplicity=1)
    assert rest.labels == expected.labels
    assert rest.parts.tolist() == expected.parts.tolist()
    assert rest.numbers.tolist() == expected.numbers.tolist()
    assert electrons(rest.numbers, rest.charge) % 2 == (rest.multiplicity - 1) % 2


def test_taking_the_ion_away_may_take_its_charge() -> None:
    whole = joined(single("Na", 1), water(), charge=1, multiplicity=1)
    assert (whole.without(0, charge=0).charge, whole.without(0, charge=0).multiplicity) == (0, 1)


def test_moving_leaves_the_original_where_it_was() -> None:
    before = water()
    target = before.positions + 2.0
    after = before.moved(target)
    target += 1.0
    assert np.allclose(after.positions - before.positions, 2.0)


# --- refused ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("positions", "parts", "said"),
    [
        (np.zeros((2, 3)), np.zeros(1, dtype=int), "positions do not fit"),
        (np.full((1, 3), np.nan), np.zeros(1, dtype=int), "is not a number"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(positions: np.ndarray, parts: np.ndarray, said: str) -> None:
    with pytest.raises(SpecError, match=said):
        Structure(np.array([6]), positions, 0, 1, ("carbon",), parts)


def test_ase_is_given_charge_and_multiplicity() -> None:
    pytest.importorskip("ase", reason="needs the extra [atoms]")
    atoms = water().ase()
    assert atoms.get_chemical_formula() == "H2O"
    assert atoms.info == {"charge": 0, "multiplicity": 1}
    assert atoms.get_distance(0, 1) == pytest.approx(0.96)
