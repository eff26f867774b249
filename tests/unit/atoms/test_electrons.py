from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dualion.atoms.electrons import check_multiplicity, electrons, lowest_multiplicity
from dualion.errors import SpecError

C50H18 = [6] * 50 + [1] * 18
NITROGEN = [6] * 49 + [7] + [1] * 18
OXIDE_NA_3EC = [6] * 58 + [1] * 29 + [7] + [8] * 10 + [11]  # oxN_zz + Na(EC)3

numbers_of_atoms = st.lists(st.integers(1, 83), min_size=1, max_size=40)


@pytest.mark.parametrize(
    ("numbers", "charge", "count", "lowest"),
    [(C50H18, 0, 318, 1), (NITROGEN, 0, 319, 2), (NITROGEN, 1, 318, 1), ([11], 1, 10, 1), ([11], 0, 11, 2), (OXIDE_NA_3EC, 1, 474, 1)],
)
def test_electrons_are_protons_less_charge(numbers: list[int], charge: int, count: int, lowest: int) -> None:
    assert electrons(numbers, charge) == count
    assert lowest_multiplicity(numbers, charge) == lowest


@settings(max_examples=50)
@given(numbers_of_atoms, st.integers(-3, 1), st.integers(1, 9))
def test_a_multiplicity_is_allowed_where_the_unpaired_electrons_pair_up_with_the_rest(
    numbers: list[int], charge: int, multiplicity: int
) -> None:
    count, unpaired = electrons(numbers, charge), multiplicity - 1
    possible = unpaired <= count and (count - unpaired) % 2 == 0
    if possible:
        check_multiplicity(numbers, charge, multiplicity)
    else:
        with pytest.raises(SpecError, match="multiplicity"):
            check_multiplicity(numbers, charge, multiplicity)
    assert possible == (multiplicity <= count + 1 and multiplicity % 2 == lowest_multiplicity(numbers, charge) % 2)


def test_the_refusal_says_what_would_do() -> None:
    with pytest.raises(SpecError, match=r"1 does not go with 319 electrons at charge \+0. Write one of 2, 4, 6"):
        check_multiplicity(np.array(NITROGEN), 0, 1)


def test_more_charge_than_electrons_is_refused() -> None:
    with pytest.raises(SpecError, match=r"\+2 takes away more than the 1 electrons"):
        electrons([1], 2)
