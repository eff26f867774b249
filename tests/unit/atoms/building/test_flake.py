"""V8: flakes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dualion.atoms.building.flake import CC, CH, Cut, edge_hydrogens, flake
from dualion.atoms.electrons import electrons
from dualion.atoms.structure import Structure
from dualion.errors import SpecError

#: Size, centre and formula of the flakes of the specification, section 4.1.
FLAKES = [
    ((7.5, 11.5, "bond"), "C38H16"), ((10.0, 11.5, "ring"), "C50H18"), ((12.5, 7.25, "ring"), "C40H16"), ((15.0, 7.25, "bond"), "C48H18"),
    ((10.0, 7.25, "ring"), "C36H16"), ((7.5, 11.5, "ring"), "C42H18"), ((12.5, 7.25, "bond"), "C44H18"), ((10.0, 11.5, "bond"), "C54H20"),
    ((15.0, 7.25, "ring"), "C52H20"),
]  # fmt: skip
#: Aromatic hydrocarbons that a rectangle cuts out.
HYDROCARBONS = [
    ((3.0, 3.0, "ring"), "C6H6"),  # benzene
    ((5.0, 3.0, "bond"), "C10H8"),  # naphthalene
    ((7.5, 3.0, "ring"), "C14H10"),  # anthracene
    ((5.0, 7.2, "bond"), "C16H10"),  # pyrene
    ((7.5, 7.2, "ring"), "C24H12"),  # coronene
]
sizes = st.floats(5.0, 16.0)
cuts = st.builds(Cut, sizes, sizes, st.sampled_from(["ring", "bond"]))


def split(structure: Structure) -> tuple[np.ndarray, np.ndarray]:
    return structure.positions[structure.numbers == 6], structure.positions[structure.numbers == 1]


def between(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return np.linalg.norm(first[:, None] - second[None], axis=2)


@pytest.mark.parametrize(("size", "expected"), FLAKES + HYDROCARBONS)
def test_formula_of_a_cut(size: tuple[float, float, str], expected: str) -> None:
    assert flake(Cut(*size)).formula == expected


@settings(max_examples=15)
@given(cuts)
def test_every_carbon_has_three_neighbours_and_every_flake_an_even_number_of_electrons(cut: Cut) -> None:
    made = flake(cut)
    carbon, hydrogen = split(made)
    to_carbon, to_hydrogen = between(carbon, carbon), between(carbon, hydrogen)
    bound = (to_carbon > 0.1) & (to_carbon < 1.6)
    degree = bound.sum(axis=1)
    assert set(degree) <= {2, 3}
    assert np.all(degree + (to_hydrogen < 1.2).sum(axis=1) == 3)
    assert len(hydrogen) == np.sum(degree == 2)
    assert to_carbon[bound] == pytest.approx(CC, abs=1e-6)
    assert to_hydrogen.min(axis=0) == pytest.approx(CH, abs=1e-9)
    assert np.all(made.positions[:, 2] == 0.0)
    assert electrons(made.numbers, 0) % 2 == 0
    assert made.multiplicity == 1


@settings(max_examples=15)
@given(cuts)
def test_a_flake_is_one_piece_with_the_rings_of_euler(cut: Cut) -> None:
    carbon, hydrogen = split(flake(cut))
    touching = between(carbon, carbon) < 1.6
    reached = np.zeros(len(carbon), dtype=bool)
    reached[0] = True
    while not np.array_equal(wider := touching[reached].any(axis=0), reached):
        reached = wider
    assert reached.all()
    bonds = (3 * len(carbon) - len(hydrogen)) // 2
    assert bonds == (touching.sum() - len(carbon)) // 2
    assert bonds - len(carbon) + 1 >= 1  # rings


@settings(max_examples=15)
@given(cuts)
def test_a_flake_looks_the_same_from_behind(cut: Cut) -> None:
    made = flake(cut)
    for mirror in ((-1, 1, 1), (1, -1, 1)):
        distance = between(made.positions * mirror, made.positions)
        nearest = distance.argmin(axis=1)
        assert distance.min(axis=1).max() < 1e-8
        assert np.array_equal(made.numbers[nearest], made.numbers)


@settings(max_examples=15)
@given(cuts)
def test_atoms_lie_within_the_cut_and_the_site_nearest_to_its_centre(cut: Cut) -> None:
    made = flake(cut)
    carbon, _ = split(made)
    assert np.abs(carbon[:, 0]).max() <= cut.width / 2 + 1e-6
    assert np.abs(carbon[:, 1]).max() <= cut.height / 2 + 1e-6
    assert made.site is not None
    assert (made.site.mode, made.site.outward) == ("basal", (0.0, 0.0, 1.0))
    distance = np.linalg.norm(carbon, axis=1)
    assert distance[made.site.atom] == pytest.approx(distance.min(), abs=1e-3)


def test_the_same_cut_gives_the_same_bytes() -> None:
    first, second = flake(), flake(Cut(10.0, 11.5, "ring"))
    assert first.positions.tobytes() == second.positions.tobytes()


# --- edges --------------------------------------------------------------------------------------------------------------------


def test_the_default_flake_has_two_zigzag_and_sixteen_armchair_hydrogens() -> None:
    found = edge_hydrogens(flake())
    assert {kind: len(pairs) for kind, pairs in found.items()} == {"zigzag": 2, "armchair": 16}


@settings(max_examples=15)
@given(cuts)
def test_edges_hold_every_hydrogen_once_and_are_ordered_from_their_middle(cut: Cut) -> None:
    made = flake(cut)
    found = edge_hydrogens(made)
    hydrogens = [hydrogen for pairs in found.values() for _, hydrogen in pairs]
    assert sorted(hydrogens) == np.flatnonzero(made.numbers == 1).tolist()
    for kind, axis in (("zigzag", 0), ("armchair", 1)):
        along = [abs(float(made.positions[atom, axis])) for atom, _ in found[kind]]
        assert np.all(np.diff(along) > -2e-3)
    assert all(np.linalg.norm(made.positions[a] - made.positions[h]) < 1.1 for pairs in found.values() for a, h in pairs)


@settings(max_examples=15)
@given(st.tuples(st.floats(-50, 50), st.floats(-50, 50), st.floats(-50, 50)))
def test_edges_do_not_depend_on_where_the_flake_lies(shift: tuple[float, float, float]) -> None:
    made = flake()
    moved = made.moved(made.positions + np.round(shift, 3))
    assert {k: set(v) for k, v in edge_hydrogens(moved).items()} == {k: set(v) for k, v in edge_hydrogens(made).items()}
    assert abs(made.positions[edge_hydrogens(moved)["zigzag"][0][0], 0]) < 1e-6


# --- refused ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "said"),
    [
        ((10.0, 11.5, "hole"), '"hole" is not a centre'),
        ((0.0, 5.0, "ring"), "0 is not an edge"),
        ((5.0, -1.0, "ring"), "-1 is not an edge"),
        ((float("nan"), 5.0, "ring"), "nan is not an edge"),
        ((500.0, 5.0, "ring"), "500 is not an edge"),
        ((2.0, 2.0, "ring"), "no ring of carbon fits into 2 x 2"),
    ],
)
def test_sizes_that_make_no_flake_are_refused(size: tuple[float, float, str], said: str) -> None:
    with pytest.raises(SpecError, match=said):
        flake(Cut(*size))
