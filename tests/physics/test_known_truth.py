"""The round trip: simulated MEC3 experiments, analysed as if measured, against what was put in; and the page that says how wrong it is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dualion.records.cell_files import load_cell
from dualion.study.known_truth.comparison import Comparison
from dualion.study.known_truth.run import KnownTruth, known_truth

pytestmark = [pytest.mark.models, pytest.mark.slow]


@pytest.fixture(scope="module")
def found() -> KnownTruth:
    return known_truth(load_cell("na-mec3"))


@pytest.fixture(scope="module")
def full() -> KnownTruth:
    return known_truth(load_cell("mec3-eg"))


def _of(found: KnownTruth, quantity: str, *, rule: str = "", case: str = "") -> list[Comparison]:
    kept = [one for one in found.comparisons if one.quantity == quantity and rule in one.rule and case in one.case]
    assert kept, f"no comparison of {quantity}"
    return kept


def test_every_part_ran(found: KnownTruth) -> None:
    assert found.flags == ()
    assert {one.technique for one in found.comparisons} == {"cycling", "plateau", "cv_separation", "gitt", "gitt_model", "eis", "arrhenius"}


def test_whole_charges_come_back(found: KnownTruth) -> None:
    assert all(abs(one.miss or 0.0) < 1e-6 for one in _of(found, "capacity"))
    assert all(abs(one.miss or 0.0) < 0.02 for one in _of(found, "mean potential"))


def test_the_plateau_capacity_comes_back_within_one_per_cent(found: KnownTruth) -> None:
    assert all(one.miss is not None and abs(one.miss) < 0.1 for one in _of(found, "charge below 0.15 V"))


def test_no_rule_finds_the_plateau_of_the_open_circuit_potential_at_high_rate(found: KnownTruth) -> None:
    """What polarisation hides is beyond the cut-off: correcting the boundary does not bring it back."""
    for rule in ("fixed", "ir_corrected"):
        misses = [one.miss for one in _of(found, "plateau of the open-circuit potential", rule=rule)]
        assert misses == sorted(misses, reverse=True)  # type: ignore[type-var]
        assert misses[0] > -5
        assert misses[-1] < -50


def test_resistances_come_back_within_three_per_cent(found: KnownTruth) -> None:
    """Of the film together with the metal: a two-electrode spectrum cannot tell them apart, and the film alone is 8 % off."""
    for quantity in ("series and electrolyte", "film and metal interface", "charge transfer"):
        (one,) = _of(found, quantity)
        assert one.miss == pytest.approx(0.0, abs=0.5)
    assert _of(found, "film alone")[0].miss == pytest.approx(7.7, abs=0.5)


def test_a_dual_ion_cell_gives_film_and_reaction_back_within_three_per_cent(full: KnownTruth) -> None:
    """It has no sodium metal, so that the film stands alone; activation energies of 45.9 and 42.5 kJ/mol come back too."""
    assert full.flags == ()
    assert {one.quantity: one.miss for one in full.comparisons} == {
        "series and electrolyte": pytest.approx(0.0, abs=0.1),
        "film": pytest.approx(0.0, abs=0.1),
        "charge transfer of the anode": pytest.approx(-0.7, abs=0.2),
        "activation energy, film": pytest.approx(0.0, abs=0.2),
        "activation energy, charge transfer of the anode": pytest.approx(-0.5, abs=0.2),
    }


def test_the_split_of_currents_refuses_where_nothing_is_stored_at_the_surface(found: KnownTruth) -> None:
    assert all(one.found is None and "not_separable" in one.flags for one in _of(found, "surface share", rule="refuses"))
    assert all(one.found is not None and one.found > 20 for one in _of(found, "surface share", rule="alone"))


def test_the_closed_form_of_the_titration_needs_a_slow_particle(found: KnownTruth) -> None:
    misses = [one.miss for one in _of(found, "diffusivity", rule="slope form")]
    assert misses == sorted(misses)  # type: ignore[type-var]
    assert misses[0] < -95
    assert misses[-1] == pytest.approx(0.0, abs=3)
    assert "tau_too_long" in _of(found, "diffusivity", rule="slope form", case="1e-13")[0].flags


def test_the_fit_of_whole_pulses_is_better_where_the_pulse_meets_the_centre(found: KnownTruth) -> None:
    for case in ("1e-15", "1e-16"):
        (closed,), (fitted,) = (_of(found, "diffusivity", rule=rule, case=case) for rule in ("slope form", "whole pulses"))
        assert abs(fitted.miss or 0.0) < abs(closed.miss or 0.0)


def test_two_arcs_misplace_the_activation_energy_that_three_arcs_find(found: KnownTruth) -> None:
    two, three = _of(found, "activation energy, charge transfer")
    assert two.miss is not None
    assert two.miss < -20
    assert three.miss == pytest.approx(0.0, abs=0.5)


def test_the_page_says_these_numbers(found: KnownTruth, full: KnownTruth, root: Path) -> None:
    """Every row of the page's tables that names a technique is one of the comparisons, to the digits it shows."""
    text = (root / "docs" / "accuracy.md").read_text(encoding="utf-8")
    rows = [re.split(r" *(?<!\\)\| *", line)[1:-1] for line in text.splitlines() if line.startswith("| `")]
    assert len(rows) > 20
    for technique, case, quantity, rule, put_in, value, off in rows:
        words = (technique.strip("`"), case, quantity, rule.replace(r"\|", "|"))
        kept = [one for one in (*found.comparisons, *full.comparisons) if (one.technique, one.case, one.quantity, one.rule) == words]
        assert len(kept) == 1, words
        assert put_in == f"{kept[0].truth:.3g} {kept[0].unit}"
        assert value == ("withheld" if kept[0].found is None else f"{kept[0].found:.3g}")
        assert off == ("" if kept[0].miss is None else f"{kept[0].miss:+.1f} %".replace("-0.0", "0.0").replace("+0.0", "0.0"))
