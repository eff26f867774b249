"""Carbons as records: what is stated is what the study prints, what follows is computed, and a file that is wrong is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dualion.errors import SpecError
from dualion.study.load import load, locate
from dualion.study.virtual.carbon import DERIVED_NAMES
from dualion.study.virtual.carbon_files import DescriptorsTable, bundled_carbons, load_carbon
from dualion.units import convert

SAMPLES = ("mec0", "mec1", "mec2", "mec3", "mec4")
WRITTEN = Path(__file__).parents[4] / "src" / "dualion" / "data" / "carbons" / "mec3.toml"


def test_five_carbons_come_with_it() -> None:
    assert bundled_carbons() == SAMPLES


@pytest.mark.parametrize("name", SAMPLES)
def test_what_is_stated_is_what_the_study_prints(name: str) -> None:
    carbon, claims = load_carbon(name), load(locate("tang2026")).claims
    parameters = [*carbon.given.values(), *(one for state in carbon.states for one in (state.potential, state.charge))]
    stated = [one for one in parameters if one.standing == "stated"]
    for parameter in stated:
        for key in parameter.claims:
            claim = claims[key]
            assert claim.value_num is not None
            assert convert(claim.value_num, claim.unit, parameter.quantity.unit) == pytest.approx(parameter.value, rel=1e-9), key
            assert carbon.name in claim.sample or claim.sample in ("chitosan", "CS@Zn(AC)2"), key
    assert all(one.standing in ("stated", "assumed") and one.source for one in parameters)
    assert all(not one.claims for one in parameters if one.standing == "assumed")


def test_mec3_has_the_numbers_of_the_study() -> None:
    carbon = load_carbon("mec3")
    stated = {claim: name for name, one in carbon.given.items() for claim in one.claims}
    assert stated == {
        "P047": "open_area", "P064": "nitrogen_content", "P065": "zinc_content", "P108": "oxidised_fraction", "P069": "pi_fraction_raw",
        "P066": "pi_position", "P055": "plateau_capacity", "P043b": "hydroxyl_band", "P045": "first_shell_position",
    }  # fmt: skip
    assert (carbon["open_area"], carbon["nitrogen_content"], carbon["oxidised_fraction"]) == (39.13, 1.15, 34.8)


def test_derived_numbers_against_hand_arithmetic() -> None:
    carbon = load_carbon("mec3")
    assert carbon["nitrogen_amount"] == pytest.approx(0.821, abs=5e-4)
    assert carbon["oxidised_amount"] == pytest.approx(0.286, abs=5e-4)
    assert carbon["required_pore_volume"] == pytest.approx(0.2836, abs=1e-4)
    assert load_carbon("mec0")["required_pore_volume"] == pytest.approx(0.146, abs=5e-4)
    assert carbon["graphitic_fraction"] == pytest.approx(100 - 20 - 22 - 34.8)
    assert carbon["wall_density"] == pytest.approx(2.02, abs=0.005)
    assert 1 / 1.80 - 1 / carbon["wall_density"] == pytest.approx(0.061, abs=5e-4)  # the specification's sample
    assert carbon.states[-1].sodium_per_carbon == pytest.approx(427 * 37.31e-6 * 12.011, rel=1e-3)


@pytest.mark.parametrize("name", SAMPLES)
def test_volumes_and_porosity_close(name: str) -> None:
    carbon = load_carbon(name)
    phi, walls = carbon["porosity"], carbon["wall_density"]
    assert phi / (walls * (1 - phi)) == pytest.approx(carbon["open_pore_volume"] + carbon["closed_pore_volume"], rel=1e-12)
    assert carbon["closed_pore_volume"] + 1 / walls == pytest.approx(1 / carbon["true_density"], rel=1e-12)
    assert 0 < phi * (1 - phi) < 0.25


def test_errors_of_derived_numbers_are_those_of_a_simulation() -> None:
    carbon, rng = load_carbon("mec3"), np.random.default_rng(5)
    drawn = {name: rng.normal(one.value, one.quantity.stderr or 0.0, 200_000) for name, one in carbon.given.items()}
    walls = 2.26 * 0.3354 / drawn["d002"]
    closed = 1 / drawn["true_density"] - 1 / walls
    total = closed + drawn["open_pore_volume"]
    porosity = total * walls / (1 + total * walls)
    for name, sample in (("closed_pore_volume", closed), ("total_pore_volume", total), ("porosity", porosity)):
        assert carbon.descriptor(name).quantity.stderr == pytest.approx(sample.std(), rel=0.05)


def test_the_series_is_one_dose() -> None:
    carbons = [load_carbon(name) for name in SAMPLES[:4]]
    for name in ("closed_pore_volume", "plateau_capacity", "oxidised_fraction", "l_c", "open_area"):
        assert all(np.diff([carbon[name] for carbon in carbons]) > 0), name
    assert all(np.diff([carbon["d002"] for carbon in carbons]) < 0)
    assert load_carbon("mec4")["closed_pore_volume"] < carbons[0]["closed_pore_volume"]


def test_every_descriptor_has_a_name_once() -> None:
    assert not set(DERIVED_NAMES) & set(DescriptorsTable.model_fields)
    assert "edge_energy" not in load_carbon("mec0")
    assert set(load_carbon("mec3").derived) == set(DERIVED_NAMES)


def _changed(tmp_path: Path, old: str, new: str) -> Path:
    text = WRITTEN.read_text(encoding="utf-8")
    assert text.count(old) >= 1
    path = tmp_path / "mine.toml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('unit = "m2/g", stderr = 2.0', 'unit = "m2/g"', "mine.toml: descriptor.open_area: no error beside it"),
        ('unit = "m2/g"', 'unit = "cm3/g"', "is a specific volume; a specific area is needed"),
        (', claims = ["P047"]', "", "stated, and no claim beside it"),
        ("value = 34.8", "value = 64.8", "add up to 106.8 %"),
        ("value = 1.6,", "value = 2.1,", "no volume is left for closed pores"),
        ("l_a =", "la =", 'Did you mean "l_a"?'),
        ('standing = "assumed"', 'standing = "guessed"', "standing"),
        ("schema = 1", "schema = 2", "Write schema = 1."),
        ("value = 39.13", "value = nan", "not finite"),
    ],
)
def test_a_wrong_file_is_refused(tmp_path: Path, old: str, new: str, said: str) -> None:
    with pytest.raises(SpecError) as refused:
        load_carbon(_changed(tmp_path, old, new))
    assert said in str(refused.value)


def test_an_unknown_carbon_is_refused_with_the_nearest() -> None:
    with pytest.raises(SpecError, match='Did you mean "mec3"'):
        load_carbon("mec33")


def test_a_path_is_a_file(tmp_path: Path) -> None:
    carbon = load_carbon(_changed(tmp_path, "value = 1.6,", "value = 1.45,"))
    assert carbon["closed_pore_volume"] > load_carbon("mec3")["closed_pore_volume"]
