"""Logit populations and tables, both ways round, against a bracketing root finder."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq

from dualion.errors import SpecError
from dualion.models.isotherms import LogitIsotherm, TableIsotherm, isotherm_of, logit_potential
from dualion.records.cell import Cell
from dualion.records.material import PotentialTable

#: Everything that a fit of the anode may visit (bounds of ``fitting.FREE``); the slope population stays where it is.
ANODES = st.builds(
    lambda slope, pore, middle, width: LogitIsotherm((slope, pore), (0.30, middle), (0.15, width), +1),
    st.floats(10, 300), st.floats(20, 600), st.floats(-0.05, 0.15), st.floats(0.003, 0.08),
)  # fmt: skip
#: Anion hosts of three stages that overlap as those of EG do.
CATHODES = st.builds(
    lambda shares, shift, widths: LogitIsotherm(shares, (4.02, 4.32, 4.60), widths, -1, shift),
    st.tuples(*[st.floats(0.2, 0.5)] * 3), st.floats(-0.2, 0.4),
    st.tuples(st.floats(0.08, 0.15), st.floats(0.055, 0.15), st.floats(0.055, 0.15)),
)  # fmt: skip
FRACTIONS = st.floats(1e-3, 1 - 1e-3)


def _by_bracketing(isotherm: LogitIsotherm, fraction: float) -> float:
    """U at which the populations hold this fraction, by bisection: shares no code with the Newton steps."""

    def miss(potential: float) -> float:
        held = sum(
            capacity / (1 + math.exp(min(isotherm.sign * (potential - middle - isotherm.shift) / width, 700)))
            for capacity, middle, width in zip(isotherm.capacities, isotherm.potentials, isotherm.widths, strict=True)
        )
        return held / sum(isotherm.capacities) - fraction

    return float(brentq(miss, -8.0, 12.0, xtol=1e-12, rtol=1e-14))


@given(ANODES, FRACTIONS)
def test_an_anode_is_inverted(isotherm: LogitIsotherm, fraction: float) -> None:
    assert isotherm.potential(fraction) == pytest.approx(_by_bracketing(isotherm, fraction), abs=1e-6)


@given(CATHODES, FRACTIONS)
def test_an_anion_host_of_three_stages_is_inverted(isotherm: LogitIsotherm, fraction: float) -> None:
    assert isotherm.potential(fraction) == pytest.approx(_by_bracketing(isotherm, fraction), abs=1e-6)


@pytest.mark.slow
def test_populations_of_any_width_that_is_promised_are_inverted() -> None:
    """3 to 80 mV, one to three populations, either sign; where they hardly overlap the potential crosses a gap in little charge."""
    random = np.random.default_rng(0)
    worst = 0.0
    for _ in range(300):
        count, sign = int(random.integers(1, 4)), int(random.choice([1, -1]))
        sites = [tuple(random.uniform(low, high, count)) for low, high in ((10, 600), (-0.05, 0.5), (0.003, 0.08))]
        isotherm = LogitIsotherm(*sites, sign)
        for fraction in random.uniform(1e-3, 1 - 1e-3, 10):
            worst = max(worst, abs(float(isotherm.potential(fraction)) - _by_bracketing(isotherm, float(fraction))))
    assert worst < 1e-6


@given(ANODES, st.floats(-0.1, 1.2))
def test_the_potential_of_a_fraction_is_where_it_came_from(isotherm: LogitIsotherm, potential: float) -> None:
    fraction = isotherm.fraction(potential)
    if 1e-6 < fraction < 1 - 1e-6:
        assert isotherm.potential(fraction) == pytest.approx(potential, abs=1e-6)


@given(ANODES, FRACTIONS, st.floats(1e-4, 0.1))
def test_an_anode_falls_as_it_fills(isotherm: LogitIsotherm, fraction: float, more: float) -> None:
    if fraction + more < 1:
        assert isotherm.potential(fraction + more) < isotherm.potential(fraction)


@given(CATHODES, FRACTIONS, st.floats(1e-4, 0.1))
def test_an_anion_host_rises_as_it_fills(isotherm: LogitIsotherm, fraction: float, more: float) -> None:
    if fraction + more < 1:
        assert isotherm.potential(fraction + more) > isotherm.potential(fraction)


def test_one_population_has_the_closed_form() -> None:
    """U = U_1 + v ln((1 - x)/x) for sodium, the mirror image for the anion."""
    for sign in (1, -1):
        alone = LogitIsotherm((100.0,), (0.2,), (0.03,), sign, shift=0.01)
        assert alone.potential(0.25) == pytest.approx(0.21 + sign * 0.03 * math.log(3), abs=1e-12)
        assert alone.potential(0.5) == pytest.approx(0.21, abs=1e-12)
        assert alone.capacity(0.21) == pytest.approx(50.0, abs=1e-12)


def test_arrays_keep_their_shape() -> None:
    fractions = np.array([[0.1, 0.2, 0.3], [0.5, 0.7, 0.9]])
    found = logit_potential(fractions, 100.0, 400.0, 0.3, 0.01, 0.15, 0.03)
    assert found.shape == (2, 3)
    assert found[1, 0] == pytest.approx(float(logit_potential(0.5, 100.0, 400.0, 0.3, 0.01, 0.15, 0.03)), abs=1e-12)


def test_far_from_every_population_nothing_overflows() -> None:
    isotherm = LogitIsotherm((100.0, 400.0), (0.3, 0.01), (0.15, 0.003), +1)
    assert isotherm.capacity(50.0) == pytest.approx(0.0, abs=1e-100)
    assert isotherm.capacity(-50.0) == pytest.approx(500.0, abs=1e-9)


@given(ANODES)
def test_a_table_is_sorted_and_lies_on_the_isotherm(isotherm: LogitIsotherm) -> None:
    fractions, potentials = isotherm.table(-0.25, 2.8)
    assert fractions.shape == potentials.shape == (1200,)
    assert np.all(np.diff(fractions) >= 0)
    assert np.all(np.diff(potentials) < 0)
    assert isotherm.fraction(potentials) == pytest.approx(fractions, abs=1e-14)


def test_between_its_knots_a_table_is_the_isotherm_within_a_hundredth_of_a_millivolt(half: Cell, full: Cell) -> None:
    from scipy.interpolate import PchipInterpolator

    assert full.cathode is not None
    for electrode, span in ((half.anode, (-0.25, 2.8)), (full.cathode, (1.7, 6.0))):
        isotherm = isotherm_of(electrode)
        fractions, potentials = isotherm.table(*span)
        between = np.linspace(max(1e-3, fractions[0]), min(1 - 1e-3, fractions[-1]), 777)
        assert np.asarray(PchipInterpolator(fractions, potentials)(between)) == pytest.approx(isotherm.potential(between), abs=1e-5)


def test_the_capacity_above_zero_volt_of_the_reference_anode(half: Cell) -> None:
    """Specification 2.1: Q(0) = 424 mAh/g (tolerance 1), though the host is 654 mAh/g large."""
    isotherm = isotherm_of(half.anode)
    assert isotherm.capacity_above(0.0) == pytest.approx(424.0, abs=1.0)
    assert isotherm.size == pytest.approx(653.9)  # type: ignore[union-attr]
    assert isotherm.capacity_above(1.0) < isotherm.capacity_above(0.15) < isotherm.capacity_above(0.0)


def test_the_desodiated_anode_of_the_reference(half: Cell) -> None:
    """Specification 3.6: x = 4.042e-4 at 1.2 V."""
    assert float(isotherm_of(half.anode).fraction(1.2)) == pytest.approx(4.042e-4, abs=5e-8)


def test_an_electrode_gives_the_isotherm_of_its_ion(full: Cell) -> None:
    assert full.cathode is not None
    anode, cathode = isotherm_of(full.anode), isotherm_of(full.cathode)
    assert isinstance(anode, LogitIsotherm)
    assert isinstance(cathode, LogitIsotherm)
    assert (anode.sign, cathode.sign) == (1, -1)
    # shares of the host become capacities of it, and the shift moves all of them
    assert cathode.capacities == pytest.approx((28.7715, 33.56675, 33.56675), abs=1e-9)
    assert cathode.potential(0.5) == pytest.approx(replace(cathode, shift=0.0).potential(0.5) - 0.0641, abs=1e-12)
    assert cathode.fraction(4.0) < cathode.fraction(4.6)


TABLE = TableIsotherm((0.0, 0.2, 0.6, 1.0), (1.2, 0.2, 0.05, 0.0), 300.0, shift=0.01)


def test_a_table_is_read_both_ways() -> None:
    assert float(TABLE.potential(0.2)) == pytest.approx(0.21, abs=1e-12)
    assert float(TABLE.fraction(0.06)) == pytest.approx(0.6, abs=1e-9)
    assert TABLE.capacity_above(0.06) == pytest.approx(180.0, abs=1e-6)
    potentials = np.linspace(0.02, 1.1, 40)
    assert np.asarray(TABLE.potential(TABLE.fraction(potentials))) == pytest.approx(potentials, abs=1e-9)
    fractions, knots = TABLE.table(-9.0, 9.0)
    assert (fractions.tolist(), knots.tolist()) == ([0.0, 0.2, 0.6, 1.0], pytest.approx([1.21, 0.21, 0.06, 0.01]))


def test_a_material_with_a_table_is_read_from_it(half: Cell) -> None:
    measured = PotentialTable(TABLE.fractions, TABLE.potentials, "made up")
    material = replace(half.anode.material, populations=(), table=measured, parameters={
        **half.anode.material.parameters, "host_capacity": half.anode.material.populations[0].capacity,
    })  # fmt: skip
    found = isotherm_of(replace(half.anode, material=material))
    assert isinstance(found, TableIsotherm)
    assert found.size == pytest.approx(106.9)


def test_a_material_without_any_potential_is_refused(half: Cell) -> None:
    bare = replace(half.anode, material=replace(half.anode.material, populations=()))
    with pytest.raises(SpecError, match="no open-circuit potential"):
        isotherm_of(bare)


def test_a_table_that_does_not_reach_the_start_says_so() -> None:
    table = TableIsotherm((0.05, 0.5, 0.95), (0.9, 0.1, 0.01), 400.0)
    with pytest.raises(SpecError, match=r"1 V to 1 V is needed, and the table reaches from 0\.01 V to 0\.9 V"):
        table.fraction(1.0)
    assert table.fraction(0.1) == pytest.approx(0.5)
