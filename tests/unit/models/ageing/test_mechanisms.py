"""Mechanisms: their laws in the units of the compiled cycles, and what they refuse."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dualion.errors import SpecError
from dualion.models.ageing.mechanisms import NONE, Mechanisms, check, plain
from dualion.models.fast import cycling
from dualion.records.cell import Cell
from dualion.records.cell_files import load_cell


@pytest.fixture(scope="module")
def cell() -> Cell:
    return load_cell("mec3-eg")


def test_the_default_is_the_assumed_loss_of_sites() -> None:
    """Specification 5.1: 2.95e-8 1/s at 10 C; nothing else is on, and all of it is assumed."""
    default = Mechanisms()
    assert (default.site_loss, default.site_law, default.reference_rate) == (2.95e-8, "constant", 10.0)
    assert (default.anode_share, default.cathode_share, default.film_growth, default.film_per_charge) == (0.0, 0.0, 0.0, 0.0)
    assert default.standing == "assumed"
    assert default.acts
    assert not NONE.acts


@pytest.mark.parametrize(
    ("specific_current", "exponent", "factor"), [(800.0, 1.0, 1.0), (80.0, 1.0, 0.1), (1600.0, 0.5, 2**0.5), (80.0, 0.0, 1.0)]
)
def test_the_loss_of_sites_follows_the_current(cell: Cell, specific_current: float, exponent: float, factor: float) -> None:
    laws = Mechanisms(site_exponent=exponent).laws(cell, specific_current)
    assert laws[cycling.SITES_PER_SECOND] == pytest.approx(2.95e-8 * factor, rel=1e-12)
    assert laws[cycling.SITES_PER_CYCLE] == laws[cycling.PROPORTIONAL] == 0.0


def test_a_loss_per_cycle_knows_no_time_and_no_current(cell: Cell) -> None:
    laws = Mechanisms(site_loss=2e-5, site_law="per-cycle").laws(cell, 80.0)
    assert laws[cycling.SITES_PER_CYCLE] == 2e-5
    assert laws[cycling.SITES_PER_SECOND] == 0.0
    assert Mechanisms(site_law="proportional").laws(cell, 800.0)[cycling.PROPORTIONAL] == 1.0


def test_the_film_grows_with_cycles_and_with_the_interphase(cell: Cell) -> None:
    """1 + k n^m + g s; 1 mAh/cm2 are 3.6e4 coulomb/m2."""
    both = Mechanisms(film_growth=0.01, film_exponent=0.5, film_per_charge=2.0)
    assert both.film_factor(100.0, 3.6e4) == pytest.approx(1.0 + 0.01 * 10.0 + 2.0, rel=1e-12)
    assert both.film_factor(0.0, 0.0) == 1.0
    assert both.laws(cell, 800.0)[cycling.FILM_PER_CHARGE] == pytest.approx(2.0 / 3.6e4, rel=1e-12)


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"site_loss": -1e-8}, "site_loss"),
        ({"site_loss": np.nan}, "site_loss"),
        ({"anode_share": 1.0}, "anode_share"),
        ({"cathode_share": np.inf}, "cathode_share"),
        ({"film_exponent": 0.0}, "film_exponent"),
        ({"film_exponent": 1.5}, "film_exponent"),
        ({"reference_rate": 0.0}, "reference_rate"),
        ({"site_law": "sudden"}, "site_law"),
    ],
)
def test_a_number_out_of_range_is_named(given: dict[str, float], named: str) -> None:
    with pytest.raises(SpecError, match=rf"mechanisms: {named}: .* Write "):
        Mechanisms(**given)  # type: ignore[arg-type]


def test_every_problem_is_named_at_once() -> None:
    with pytest.raises(SpecError) as caught:
        Mechanisms(site_loss=-1.0, film_exponent=2.0)
    assert len(caught.value.problems) == 2


def test_a_cell_without_a_place_for_a_mechanism_is_refused(cell: Cell) -> None:
    check(cell, Mechanisms(film_growth=0.1))
    with pytest.raises(SpecError, match=r"mec3-eg: there is no film that could grow. Add \[film\]"):
        check(replace(cell, film=None), Mechanisms(film_growth=0.1))
    with pytest.raises(SpecError, match="only dual-ion cells age here"):
        check(load_cell("na-mec3"), NONE)


def test_mechanisms_are_plain_data() -> None:
    assert Mechanisms(**plain(Mechanisms(film_growth=0.5))) == Mechanisms(film_growth=0.5)  # type: ignore[arg-type]
