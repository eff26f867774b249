"""Numbers of steps: identities of ladders, times with a prefactor, intervals of search and method."""

from __future__ import annotations

import math
from math import comb
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dualion.atoms.desolvation.intervals import (
    ENGINE_ON_CARBON,
    SMALLEST,
    UNCONVERGED,
    IntervalTerms,
    engine_uncertainty,
    search_uncertainty,
    step_interval,
)
from dualion.atoms.desolvation.steps import StateEnergy, step_energy
from dualion.atoms.desolvation.times import (
    PREFACTORS,
    Prefactor,
    attempts,
    energy_for,
    first_step_over,
    lifetime,
    log10_rate,
    prefactor_table,
    rate,
)
from dualion.errors import SpecError
from dualion.store.digests import canonical

ENERGIES = st.floats(-3.0, 3.0)
UNCERTAINTIES = st.floats(0.0, 1.0)


# --- steps --------------------------------------------------------------------------------------------------------------------


def _state(energy: float, carbon: str = "oxN_zz", ion: str = "Na", solvents: int = 0, charge: int = 1) -> StateEnergy:
    name = f"{carbon} + {ion}+(EC){solvents}"
    return StateEnergy(
        name=name, carbon=carbon, ion=ion, solvents=("EC",) * solvents, charge=charge, multiplicity=1, key="0" * 64, energy=energy,
        gap=None, starts=1, accepted=1, outcomes={"accepted": 1}, families=("random",), converged=False, spread=0.0, second=None,
        opened=None, energies=(energy,), shell=None,
    )  # fmt: skip


def _ec(energy: float) -> StateEnergy:
    return _state(energy, carbon="", ion="", solvents=1, charge=0)


@pytest.mark.slow
@settings(max_examples=50)
@given(st.lists(st.floats(-5e4, 0.0), min_size=9, max_size=9), st.floats(-700.0, -600.0), st.floats(-4e4, 0.0))
def test_ladders_close_and_differ_by_adsorption(totals: list[float], solvent: float, carbon: float) -> None:
    ec, shells = _ec(solvent), range(4)
    bare = [_state(totals[m], carbon="bare", solvents=m) for m in shells]
    slab = [_state(totals[m + 4], solvents=m) for m in shells]
    on_bare, on_slab = ([step_energy(one[m], one[m - 1], ec) for m in shells[1:]] for one in (bare, slab))
    for states, steps in ((bare, on_bare), (slab, on_slab)):
        assert sum(steps) == pytest.approx(states[0].energy + 3 * solvent - states[3].energy, abs=1e-9)
    solvation = totals[3] - totals[0] - 3 * solvent
    assert solvation == pytest.approx(-sum(on_bare), abs=1e-9)
    adsorption = [totals[m + 4] - carbon - totals[m] for m in shells]
    for m in shells[1:]:
        assert on_slab[m - 1] - on_bare[m - 1] == pytest.approx(adsorption[m - 1] - adsorption[m], abs=1e-9)


@pytest.mark.parametrize(
    ("after", "words"),
    [
        ({"charge": 0}, r"has charge \+1 and .* \+0. Compute both at one charge"),
        ({"carbon": "pristine"}, "Give the states before and after"),
        ({"ion": "K"}, "Give the states before and after"),
        ({"solvents": 1}, "Give the states before and after"),
        ({"solvents": 3}, "Give the states before and after"),
    ],
)
def test_states_of_another_kind_are_never_put_into_a_step(after: dict[str, Any], words: str) -> None:
    with pytest.raises(SpecError, match=words):
        step_energy(_state(-3.0, solvents=3), _state(-2.0, **{"solvents": 2, **after}), _ec(-0.5))


# --- times --------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("prefactor", "electronvolt", "kilojoule"), [(1e12, 0.710, 68.5), ("kT/h", 0.757, 73.0), (1e13, 0.769, 74.2), (1e14, 0.828, 79.9)]
)
def test_energy_of_one_second(prefactor: Prefactor, electronvolt: float, kilojoule: float) -> None:
    energy = energy_for(1.0, prefactor=prefactor)
    assert energy == pytest.approx(electronvolt, abs=1e-3)
    assert energy * 96.48533 == pytest.approx(kilojoule, abs=0.1)  # [kJ/mol] of one eV


def test_the_prefactor_of_transition_state_theory() -> None:
    assert attempts("kT/h") == pytest.approx(6.212e12, rel=1e-4)
    assert attempts("kT/h", 596.3) == pytest.approx(2 * attempts("kT/h", 298.15), rel=1e-12)


@pytest.mark.parametrize(("energy", "seconds"), [(1.00, 1.3e4), (0.84, 25.0), (0.80, 5.0), (0.26, 4e-9)])
def test_times_of_the_steps_that_the_specification_names(energy: float, seconds: float) -> None:
    assert lifetime(energy).tau == pytest.approx(seconds, rel=0.12)  # printed with one or two digits


def test_a_decade_and_a_tenth_of_an_electronvolt() -> None:
    assert energy_for(10.0) - energy_for(1.0) == pytest.approx(0.0592, abs=5e-5)
    assert 10 ** (lifetime(0.9).log10_tau - lifetime(0.8).log10_tau) == pytest.approx(49.0, abs=0.5)
    assert math.log10(4.80) == pytest.approx(lifetime(0.040).log10_tau - lifetime(0.0).log10_tau, abs=6e-3)


@given(ENERGIES, st.sampled_from(PREFACTORS), st.floats(200.0, 500.0))
def test_time_and_energy_are_inverse(energy: float, prefactor: Prefactor, temperature: float) -> None:
    found = lifetime(energy, temperature=temperature, prefactor=prefactor)
    frequency = rate(energy, temperature=temperature, prefactor=prefactor)
    assert found.tau is not None
    assert frequency is not None
    assert energy_for(found.tau, temperature=temperature, prefactor=prefactor) == pytest.approx(energy, abs=1e-12)
    assert found.tau * frequency == pytest.approx(1.0, abs=1e-12)


@given(ENERGIES, UNCERTAINTIES, UNCERTAINTIES, st.sampled_from(PREFACTORS))
def test_the_interval_of_a_time_is_the_image_of_that_of_the_energy(energy: float, down: float, up: float, prefactor: Prefactor) -> None:
    found = lifetime(energy, (energy - down, energy + up), prefactor=prefactor)
    ends = (lifetime(energy - down, prefactor=prefactor), lifetime(energy + up, prefactor=prefactor))
    assert found.log10_interval == pytest.approx([end.log10_tau for end in ends], abs=1e-12)
    assert found.interval == tuple(end.tau for end in ends)
    assert found.log10_interval[0] <= found.log10_tau <= found.log10_interval[1]


@pytest.mark.parametrize(("energy", "sign"), [(20.0, 1), (1e6, 1), (-60.0, -1), (-1e6, -1)])
def test_a_time_that_no_number_can_hold_is_withheld_and_its_logarithm_is_not(energy: float, sign: int) -> None:
    found = lifetime(energy, (energy - 0.5, energy + 0.5))
    assert found.tau is None
    assert found.log10_tau * sign > 300
    assert rate(energy) is None
    assert log10_rate(energy) == -found.log10_tau
    canonical(found.document())  # nothing in it is infinite


def test_every_time_carries_the_flag_that_it_rests_on_a_reaction_energy() -> None:
    table = prefactor_table(1.0, (0.6, 1.4))
    assert all("reaction_energy_as_barrier" in [flag.code for flag in time.flags] for time in table)
    assert [time.prefactor for time in table] == [1e12, "kT/h", 1e13, 1e14]
    assert [time.log10_tau for time in table] == pytest.approx([4.9035, 4.1102, 3.9035, 2.9035], abs=1e-4)  # 16.9035 decades to the eV
    assert table[1].document() == lifetime(1.0, (0.6, 1.4)).document()


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ({"energy": math.nan}, "energy"),
        ({"energy": math.inf}, "energy"),
        ({"temperature": 0.0}, "temperature"),
        ({"temperature": math.nan}, "temperature"),
        ({"prefactor": 0.0}, "prefactor"),
        ({"prefactor": -1e13}, "prefactor"),
        ({"prefactor": math.inf}, "prefactor"),
        ({"prefactor": "kt/H"}, "prefactor"),
        ({"interval": (1.1, 1.2)}, "interval"),
        ({"interval": (1.2, 0.8)}, "interval"),
        ({"interval": (0.8, math.nan)}, "energy"),
    ],
)
def test_a_time_of_bad_input_is_refused(wrong: dict[str, Any], word: str) -> None:
    with pytest.raises(SpecError, match=f"^{word}: "):
        lifetime(**{"energy": 1.0, **wrong})


@pytest.mark.parametrize("tau", [0.0, -1.0, math.inf, math.nan])
def test_what_is_no_time_has_no_energy(tau: float) -> None:
    with pytest.raises(SpecError, match=r"^tau: "):
        energy_for(tau)


def test_the_first_step_over_a_second() -> None:
    steps = {"4->3": (0.50, 0.70), "3->2": (0.77, 1.10), "2->1": (1.2, 1.5)}
    found = first_step_over(steps)
    assert (found.above, found.crossing, found.below, found.first) == (("3->2", "2->1"), (), ("4->3",), "3->2")
    assert found.statement == "3->2 is the first step over 1 s."
    over_all = first_step_over(steps, prefactors=PREFACTORS)  # 1e14 needs 0.828 eV
    assert (over_all.above, over_all.crossing, over_all.first) == (("2->1",), ("3->2",), None)


def test_a_step_that_crosses_leaves_the_first_one_open() -> None:
    found = first_step_over({"4->3": (0.44, 1.24), "3->2": (0.8, 1.4)})
    assert (found.above, found.crossing, found.first) == (("3->2",), ("4->3",), None)
    assert found.statement == "Which step is the first over 1 s is not decided: the interval of 4->3 crosses it."
    open_steps = first_step_over(dict.fromkeys(("6->5", "5->4", "4->3"), (0.5, 1.0)))
    assert "the interval of 6->5, 5->4 and 4->3 crosses it" in open_steps.statement
    later = first_step_over({"4->3": (0.8, 1.2), "3->2": (0.7, 1.2)})
    assert later.statement == "4->3 is the first step over 1 s; the interval of 3->2 crosses it."
    nobody = first_step_over({"4->3": (0.1, 0.2)})
    assert (nobody.above, nobody.crossing, nobody.below, nobody.first) == ((), (), ("4->3",), None)
    assert nobody.statement == "No step takes longer than 1 s."
    assert first_step_over({"4->3": (0.44, 0.60)}, threshold=1e-6).first == "4->3"  # 0.402 eV


@pytest.mark.parametrize("interval", [(0.9, 0.8), (math.nan, 1.0), (0.0, math.inf)])
def test_a_step_without_an_interval_is_refused(interval: tuple[float, float]) -> None:
    with pytest.raises(SpecError, match=r"3->2: .* is not an interval"):
        first_step_over({"3->2": interval})


# --- intervals ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("starts", "rank_of_quantile"), [(8, 4), (12, 3), (24, 3)])
def test_the_uncertainty_of_a_search_is_the_quantile_over_halves(starts: int, rank_of_quantile: int) -> None:
    # of n starts drawn half, the lowest k are all left out with comb(n - k, n/2) / comb(n, n/2)
    left_out = [comb(starts - k, starts // 2) / comb(starts, starts // 2) for k in range(starts)]
    exact = next(k for k, share in enumerate(left_out[1:]) if share <= 0.05)  # the k-th above the lowest is found in 95 % of the halves
    assert exact == rank_of_quantile - (starts == 8)
    energies = 0.1 * np.arange(starts)
    assert search_uncertainty(energies, converged=True, seed=1) == pytest.approx(0.1 * exact, abs=1e-9)


def test_a_search_that_has_converged_is_as_uncertain_as_its_families_may_differ() -> None:
    assert search_uncertainty([-1.0] * 8 + [-0.2], converged=True, seed=0) == SMALLEST
    assert search_uncertainty([-7.0], converged=True, seed=0) == SMALLEST  # a bare ion has one minimum and no search


def test_a_search_that_has_not_converged_has_at_least_its_spread() -> None:
    assert search_uncertainty([-1.0] * 8 + [-0.64], converged=False, seed=0) == pytest.approx(0.36, abs=1e-12)
    assert search_uncertainty([-1.0, -0.99], converged=False, seed=0) == UNCONVERGED
    assert search_uncertainty([-1.0], converged=False, seed=0) == UNCONVERGED


@settings(max_examples=25)
@given(st.lists(st.floats(-1.0, 1.0), min_size=1, max_size=20), st.booleans(), st.integers(0, 99), st.floats(-5e4, 5e4))
def test_the_uncertainty_of_a_search_is_the_same_again_and_at_another_zero(
    energies: list[float], converged: bool, seed: int, zero: float
) -> None:
    found = search_uncertainty(energies, converged=converged, seed=seed)
    assert search_uncertainty(energies, converged=converged, seed=seed) == found
    assert search_uncertainty(np.array(energies) + zero, converged=converged, seed=seed) == pytest.approx(found, abs=1e-10)
    assert SMALLEST <= found <= max(np.ptp(energies), UNCONVERGED)


@pytest.mark.parametrize("energies", [[], [math.nan], [[1.0]], [1.0, math.inf]])
def test_a_state_without_energies_has_no_uncertainty(energies: list[float]) -> None:
    with pytest.raises(SpecError, match="at least one accepted start"):
        search_uncertainty(energies, converged=True, seed=0)


def test_the_interval_of_a_step_is_asymmetric() -> None:
    found = step_interval(1.03, delta_before=0.30, delta_after=0.02, engine=0.4)
    assert found.low == pytest.approx(1.03 - math.sqrt(0.02**2 + 0.4**2 + 0.01**2), abs=1e-12)
    assert found.high == pytest.approx(1.03 + math.sqrt(0.30**2 + 0.4**2 + 0.01**2), abs=1e-12)
    assert found.half_width == pytest.approx((found.high - found.low) / 2, abs=1e-15)
    assert found.document()["interval_terms"] == {"delta_before": 0.3, "delta_after": 0.02, "engine": 0.4, "numeric": 0.01}


@pytest.mark.parametrize("name", ["delta_before", "delta_after", "engine", "numeric"])
@pytest.mark.parametrize("value", [-0.1, math.nan, math.inf])
def test_a_term_that_is_no_uncertainty_is_refused(name: str, value: float) -> None:
    terms = {"delta_before": 0.1, "delta_after": 0.1, "engine": 0.1, "numeric": 0.1, name: value}
    with pytest.raises(SpecError, match=name):
        IntervalTerms(**terms)
    with pytest.raises(SpecError, match=name):
        step_interval(1.0, **terms)


def test_the_method_on_bare_shells_is_as_uncertain_as_on_the_anchors() -> None:
    gfn1, pbe = np.array([1.711, 1.358, 1.000]), np.array([1.702, 1.421, 1.056])
    computed = engine_uncertainty(carbon=False, differences=list(gfn1 - pbe))
    assert computed.value == pytest.approx(engine_uncertainty(carbon=False).value, abs=2e-3)
    assert computed.flags == engine_uncertainty(carbon=False).flags == ()
    assert engine_uncertainty(carbon=False, reference="PBE-D3(BJ)/def2-TZVP").value == 0.15
    gfn2 = engine_uncertainty(carbon=False, method="GFN2-xTB", differences=[0.27, 0.08, 0.21])
    assert gfn2.value == pytest.approx(0.203, abs=1e-3)


def test_the_method_on_carbon_is_assumed_without_dft_and_says_so() -> None:
    for assumed in (engine_uncertainty(carbon=True), engine_uncertainty(carbon=False, method="GFN2-xTB")):
        assert assumed.value == ENGINE_ON_CARBON == 0.4
        assert [flag.code for flag in assumed.flags] == ["engine_term_assumed"]
    computed = engine_uncertainty(carbon=True, differences=[0.02, -0.40, 0.07])
    assert computed.value == 0.40
    assert computed.flags == ()


@pytest.mark.parametrize("differences", [[], [math.nan], [0.1, math.inf]])
def test_a_method_without_finite_differences_is_refused(differences: list[float]) -> None:
    for carbon in (True, False):
        with pytest.raises(SpecError, match="Give None"):
            engine_uncertainty(carbon=carbon, differences=differences)


# --- coverage on a synthetic landscape ----------------------------------------------------------------------------------------

#: Sweeps of a search: down, up, down.
DEFAULT = ({"random": 8, "strip": 6}, {"grow": 12}, {"strip": 6, "shake": 4})
SHORT = ({"random": 4}, {"strip": 4})


def _search(rng: np.random.Generator, sweeps: tuple[dict[str, int], ...], minima: int, gap: float) -> tuple[list[float], bool]:
    """Energies above the true minimum of a funnel that each family enters by doors of its own, and whether the search says it is done."""
    levels = np.concatenate([[0.0], np.cumsum(rng.exponential(gap, minima - 1))])
    doors = {}
    for name in ("random", "strip", "grow", "shake"):
        width = np.exp(-levels / 0.2) * rng.gamma(0.5, size=minima)
        doors[name] = width / width.sum()
    energies: list[float] = []
    families: list[str] = []
    lowered = 0
    for sweep, plan in enumerate(sweeps, start=1):
        before = min(energies, default=math.inf)
        for name, count in plan.items():
            energies += [float(levels[one]) + abs(rng.normal(0.0, 0.003)) for one in rng.choice(minima, count, p=doors[name])]
            families += [name] * count
        lowered = sweep if before - min(energies) > 0.02 else lowered
    order = np.argsort(energies)
    other = next((energies[one] for one in order if families[one] != families[order[0]]), math.inf)
    return energies, len(energies) >= 8 and other - min(energies) <= 0.02 and lowered < len(sweeps)


def _coverage(sweeps: tuple[dict[str, int], ...], minima: int, gap: float, *, steps: int, trusting: bool = False) -> float:
    """Share of true steps (zero) inside their intervals, without a term of the method."""
    rng = np.random.default_rng(20260118)
    inside = 0
    for seed in range(steps):
        (before, sure_before), (after, sure_after) = _search(rng, sweeps, minima, gap), _search(rng, sweeps, minima, gap)
        found = step_interval(
            min(after) - min(before),
            delta_before=search_uncertainty(before, converged=sure_before or trusting, seed=seed),
            delta_after=search_uncertainty(after, converged=sure_after or trusting, seed=seed),
            engine=0.0,
        )
        inside += found.low <= 0.0 <= found.high
    return inside / steps


@pytest.mark.slow
@pytest.mark.parametrize(("minima", "gap"), [(8, 0.05), (20, 0.03), (12, 0.1), (12, 0.06)])
def test_true_steps_of_a_search_with_all_families_lie_inside(minima: int, gap: float) -> None:
    assert _coverage(DEFAULT, minima, gap, steps=300) >= 0.90


@pytest.mark.slow
def test_a_short_search_is_kept_honest_by_the_rule_for_unconverged_ones() -> None:
    with_rule = _coverage(SHORT, 12, 0.1, steps=300)
    assert with_rule >= _coverage(SHORT, 12, 0.1, steps=300, trusting=True) + 0.05
    assert with_rule >= 0.80
