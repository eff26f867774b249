"""Compositions, arrangements and starts of shells, and the shells that an electrolyte allows."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from dualion.atoms.building.place import Composition, donor_indices, ion_index
from dualion.atoms.building.shells import allowed, arrangements, corners, mixtures, parts_of, per_ion, shell_name, starts
from dualion.atoms.building.species import bundled
from dualion.atoms.structure import Floats, Structure
from dualion.errors import PlacementError, SpecError

SOLVENTS = bundled()
TWELVE = [names for count in (4, 6) for names in mixtures(("EC", "DMC"), count)]


def _composition(names: tuple[str, ...]) -> Composition:
    return Composition(None, "Na", tuple(SOLVENTS[name] for name in names), 1)


def _directions(structure: Structure) -> Floats:
    """From the ion to the donors, of length one."""
    vectors = structure.positions[donor_indices(structure)] - structure.positions[ion_index(structure)]
    unit: Floats = vectors / np.linalg.norm(vectors, axis=1)[:, None]
    return unit


@pytest.mark.parametrize(
    ("count", "angles"),
    [(1, []), (2, [180]), (3, [120] * 3), (4, [109.4712] * 6), (5, [90] * 6 + [120] * 3 + [180]), (6, [90] * 12 + [180] * 3)],
)
def test_corners_have_the_angles_of_their_polyhedron(count: int, angles: list[float]) -> None:
    vertices = corners(count)
    first, second = np.triu_indices(count, k=1)
    found = np.degrees(np.arccos(np.clip(np.sum(vertices[first] * vertices[second], axis=1), -1.0, 1.0)))
    assert np.linalg.norm(vertices, axis=1) == pytest.approx(np.ones(count))
    assert sorted(found) == pytest.approx(angles, abs=1e-3)


def test_seven_ligands_have_no_polyhedron() -> None:
    with pytest.raises(SpecError, match=r"7 has no polyhedron here\. Write 1 to 6"):
        corners(7)


@pytest.mark.parametrize(
    ("kinds", "ways"),
    [
        ("AAAA", 1), ("AAAB", 1), ("AABB", 1), ("ABCD", 1),
        ("AAAAA", 1), ("AAAAB", 2), ("AAABB", 3),
        ("AAAAAA", 1), ("AAAAAB", 1), ("AAAABB", 2), ("AAABBB", 2), ("AABBCC", 5), ("ABCDEF", 15),
    ],
)  # fmt: skip
def test_isomers_are_those_that_coordination_chemistry_counts(kinds: str, ways: int) -> None:
    """With mirror images counted once: cis and trans, facial and meridional, 15 of six different ligands at an octahedron."""
    found = arrangements(list(kinds), most=100)
    assert len(found) == ways
    assert all(sorted(order) == list(range(len(kinds))) for order in found)
    assert len(arrangements(list(kinds))) == min(ways, 6)


def test_two_solvents_make_twelve_shells() -> None:
    assert len(TWELVE) == len(set(TWELVE)) == 12
    assert [Counter(names)["EC"] for names in TWELVE] == [4, 3, 2, 1, 0, 6, 5, 4, 3, 2, 1, 0]
    assert shell_name(TWELVE[1]) == "Na(DMC)1(EC)3"


@pytest.mark.parametrize("names", TWELVE, ids=shell_name)
def test_every_one_of_the_twelve_is_built_at_its_polyhedron_and_at_random(names: tuple[str, ...]) -> None:
    made = starts(_composition(names), count=3, seed=0)
    assert Counter(family for family, _ in made) == {"polyhedron": 2, "random": 1}
    angles = np.sort(corners(len(names)) @ corners(len(names)).T, axis=None)
    for family, structure in made:
        assert Counter(structure.labels) == Counter(("Na", *names))
        assert (structure.charge, structure.multiplicity) == (1, 1)
        found = _directions(structure)
        if family == "polyhedron":
            assert np.sort(found @ found.T, axis=None) == pytest.approx(angles, abs=1e-6)


def test_a_polyhedron_of_dmc_is_tried_with_both_conformers() -> None:
    conformers = [np.array(one) for one in SOLVENTS["DMC"].conformers]
    lengths = [round(float(np.linalg.norm(one[0] - one[5])), 2) for one in conformers]  # between the two methyl groups
    found = []
    for family, structure in starts(_composition(("DMC",) * 4), count=4, seed=0):
        if family == "polyhedron":
            parts = (structure.positions[structure.atoms_of(part)] for part in structure.part("DMC"))
            found.append({round(float(np.linalg.norm(one[0] - one[5])), 2) for one in parts})
    assert found == [{lengths[0]}, {lengths[1]}]


def test_every_arrangement_is_started_even_if_fewer_starts_are_asked_for() -> None:
    made = starts(_composition(("EC",) * 3 + ("DMC",) * 3), count=1, seed=0)
    opposite = []
    for _, structure in made:
        directions = _directions(structure)
        kinds = [label for label in structure.labels if label != "Na"]
        pairs = zip(*np.where(np.triu(directions @ directions.T < -0.99)), strict=True)
        opposite.append(sorted(tuple(sorted((kinds[a], kinds[b]))) for a, b in pairs))
    facial, meridional = [("DMC", "EC")] * 3, [("DMC", "DMC"), ("DMC", "EC"), ("EC", "EC")]
    assert sorted(opposite) == sorted([facial, meridional])


def test_the_same_seed_gives_the_same_starts_and_another_one_others() -> None:
    def places(seed: int) -> Floats:
        return np.concatenate([structure.positions for _, structure in starts(_composition(("EC",) * 3), count=4, seed=seed)])

    assert np.array_equal(places(1), places(1))
    assert not np.allclose(places(1), places(2))


def test_no_start_and_seven_ligands_are_refused() -> None:
    with pytest.raises(SpecError, match="0 is not a number of starts"):
        starts(_composition(("EC",)), count=0, seed=0)
    with pytest.raises(SpecError, match="Write 1 to 6"):
        starts(_composition(("EC",) * 7), count=1, seed=0)


def test_a_shell_that_never_fits_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dualion.atoms.building.place._CLEARANCE", 50.0)
    monkeypatch.setattr("dualion.atoms.building.shells._ATTEMPTS", 2)
    with pytest.raises(PlacementError, match="could not place 4 solvents"):
        starts(_composition(("EC",) * 4), count=1, seed=0)


def test_electrolyte_of_the_full_cell_holds_five_ec_for_each_ion() -> None:
    """Relation R12: EC/DMC/EMC 1:1:1 by volume, 1 mol/L; the half cell, EC/DMC 1:1, holds 7.5."""
    ratio = per_ion({"EC": 1.0, "DMC": 1.0, "EMC": 1.0}, salt=1.0)
    assert ratio["EC"] == pytest.approx(1321.0 / 3.0 / 88.06 / 1.0, rel=1e-4)
    assert ratio["EC"] == pytest.approx(5.0, abs=0.01)
    assert per_ion({"EC": 2.0, "DMC": 2.0})["EC"] == pytest.approx(7.5, abs=0.01)
    assert per_ion({"EC": 1.0, "DMC": 1.0, "EMC": 1.0}, salt=2.0)["EC"] == pytest.approx(ratio["EC"] / 2.0)


def test_molecules_fill_the_volume() -> None:
    """Molar mass over density is the molar volume: the parts of volume come back."""
    molar_volumes = {"EC": 88.06 / 1321.0, "PC": 102.09 / 1200.0, "DEC": 118.13 / 969.0}  # [L/mol]
    ratio = per_ion({"EC": 1.0, "PC": 2.0, "DEC": 5.0}, salt=1.0)
    assert [ratio[name] * volume for name, volume in molar_volumes.items()] == pytest.approx([0.125, 0.25, 0.625], rel=1e-3)


def test_six_ec_for_every_ion_are_not_possible() -> None:
    ratio = per_ion({"EC": 1.0, "DMC": 1.0, "EMC": 1.0})
    fits = [shell_name(names) for names in TWELVE if allowed(names, ratio)]
    assert "Na(EC)6" not in fits
    assert fits == [
        "Na(EC)4", "Na(DMC)1(EC)3", "Na(DMC)2(EC)2", "Na(DMC)3(EC)1", "Na(DMC)1(EC)5", "Na(DMC)2(EC)4", "Na(DMC)3(EC)3"
    ]  # fmt: skip
    assert not allowed(("PC",), ratio)


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("EC=x", "is no number. Write parts of volume"),
        ("EC=1,EC=2", '"EC" is given twice'),
        ("ECC=1", 'Did you mean "EC"?'),
        ("EC=-1", "is not a part of volume of EC"),
        ("EC=nan", "is not a part of volume of EC"),
        ("EC=0", "is not a part of volume of EC"),
    ],
)
def test_an_electrolyte_that_cannot_be_is_refused(written: str, says: str) -> None:
    with pytest.raises(SpecError) as problem:
        per_ion(parts_of(written))
    assert says in str(problem.value)


def test_a_concentration_must_be_positive_and_a_density_known() -> None:
    with pytest.raises(SpecError, match="salt: 0 mol/L is not a concentration"):
        per_ion({"EC": 1.0}, salt=0.0)
    with pytest.raises(SpecError, match="density of THF is not known"):
        per_ion({"THF": 1.0})
