"""V9: placement, and of V2 that its energies do not depend on how a start lies."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dualion.atoms.building.flake import Cut, flake
from dualion.atoms.building.motifs import MOTIFS, motif
from dualion.atoms.building.place import (
    MOST_SOLVENTS,
    Composition,
    added,
    donor_indices,
    ion_index,
    ion_position,
    placed,
    plane_normal,
    polyhedron,
    random_direction,
    rotation,
)
from dualion.atoms.building.species import Solvent, bundled
from dualion.atoms.engines.check import single_point
from dualion.atoms.engines.tblite import Tblite
from dualion.atoms.structure import CARBON, SYMBOLS, Site, Structure
from dualion.errors import PlacementError, SpecError

DONOR, CLEARANCE = 2.35, 2.3  # [angstrom] section 4.2 of the specification
TETRAHEDRON = np.array([(1, 1, 1), (1, -1, -1), (-1, 1, -1), (-1, -1, 1)]) / np.sqrt(3.0)
OCTAHEDRON = np.concatenate([np.eye(3), -np.eye(3)])


@cache
def carbon(kind: str) -> Structure:
    return motif(flake(), kind)


def ethylene_carbonate() -> Solvent:
    return bundled()["EC"]


def start(kind: str | None, count: int, seed: int) -> Structure:
    composition = Composition(None if kind is None else carbon(kind), "Na", (ethylene_carbonate(),) * count, 1)
    return placed(composition, np.random.default_rng(seed))


def check_start(made: Structure, count: int) -> None:
    """Everything section 4.2 says of a start."""
    ion = ion_index(made)
    away = np.linalg.norm(made.positions - made.positions[ion], axis=1)
    donors = donor_indices(made)
    assert len(donors) == count
    assert all(DONOR - 1e-9 <= away[donor] < 2.0 * DONOR for donor in donors)
    distance = np.linalg.norm(made.positions[:, None] - made.positions[None], axis=2)
    carbon_parts = made.part(CARBON)
    foreign = made.parts[:, None] != made.parts[None, :]
    foreign[ion] = foreign[:, ion] = False
    if foreign.any():
        assert distance[foreign].min() >= CLEARANCE
    for part in range(len(made.labels)):
        if part not in carbon_parts and part != made.parts[ion]:
            atoms = made.atoms_of(part)
            inside = distance[np.ix_(atoms, atoms)]
            relaxed = ethylene_carbonate().structure().positions
            assert np.allclose(inside, np.linalg.norm(relaxed[:, None] - relaxed[None], axis=2), atol=1e-9)


@pytest.mark.parametrize("kind", [None, *MOTIFS])
def test_a_start_keeps_the_distances(kind: str | None) -> None:
    for count in (1, 2, 4):
        check_start(start(kind, count, seed=7), count)


@pytest.mark.slow
@pytest.mark.parametrize("kind", [None, *MOTIFS])
def test_one_to_six_solvents_find_room_at_every_motif(kind: str | None) -> None:
    seeds, missing = 12, 0
    for count in range(1, MOST_SOLVENTS + 1):
        for seed in range(seeds):
            try:
                check_start(start(kind, count, seed), count)
            except PlacementError:
                missing += 1
    assert missing <= 0.05 * seeds * MOST_SOLVENTS


@pytest.mark.thorough
@pytest.mark.parametrize("kind", [None, *MOTIFS])
@pytest.mark.parametrize("count", range(1, MOST_SOLVENTS + 1))
def test_of_a_hundred_seeds_ninety_five_are_placed(kind: str | None, count: int) -> None:
    missing = 0
    for seed in range(100):
        try:
            check_start(start(kind, count, seed), count)
        except PlacementError:
            missing += 1
    assert missing <= 5


def test_the_first_donors_are_seen_from_the_ion_far_apart() -> None:
    made = start(None, 4, seed=3)
    vectors = made.positions[donor_indices(made)] - made.positions[ion_index(made)]
    unit = vectors / np.linalg.norm(vectors, axis=1)[:, None]
    assert (unit @ unit.T)[np.triu_indices(4, 1)].max() <= 0.25


def test_the_carbonyl_points_along_the_radius() -> None:
    made = start(None, 3, seed=1)
    centre = made.positions[ion_index(made)]
    for donor in donor_indices(made):
        bond = made.positions[donor + 1] - made.positions[donor]  # C=O of ethylene carbonate, donor first
        radius = made.positions[donor] - centre
        assert bond @ radius / np.linalg.norm(bond) / np.linalg.norm(radius) == pytest.approx(1.0, abs=1e-9)


def test_a_seed_gives_one_start() -> None:
    assert start("oxN_zz", 3, 5).positions.tobytes() == start("oxN_zz", 3, 5).positions.tobytes()
    assert start("oxN_zz", 3, 5).positions.tobytes() != start("oxN_zz", 3, 6).positions.tobytes()


def test_charge_parts_and_labels() -> None:
    made = start("graphitic", 2, seed=0)
    assert made.labels == (CARBON, "Na", "EC", "EC")
    assert (made.charge, made.multiplicity, made.site) == (1, 2, carbon("graphitic").site)
    assert made.formula == "C55H26NNaO6"


# --- where the ion stands -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "few", "many"),
    [("pristine", 2.9, 4.2), ("graphitic", 2.9, 4.2), ("oxN_zz", 2.25, 3.05), ("oxN_ac", 2.25, 3.05), ("pyridinic_zz", 2.5, 3.3),
     ("pyridinic_ac", 2.5, 3.3), ("NH_zz", 3.4, 4.2), ("NH_ac", 3.4, 4.2), ("pyrrolic", 3.4, 4.2)],
)  # fmt: skip
def test_distance_from_the_site(kind: str, few: float, many: float) -> None:
    site = carbon(kind).site
    assert site is not None
    for solvents, expected in ((1, few), (4, few), (5, many), (6, many)):
        path = ion_position(carbon(kind), solvents) - carbon(kind).positions[site.atom]
        assert np.linalg.norm(path) == pytest.approx(expected, abs=1e-9)
        if site.mode == "edge":
            assert path @ np.array(site.outward) / expected == pytest.approx(np.cos(np.deg2rad(35.0)), abs=1e-9)
            assert path[2] / expected == pytest.approx(np.sin(np.deg2rad(35.0)), abs=1e-9)


@settings(max_examples=25)
@given(st.sampled_from(MOTIFS), st.floats(-3.1, 3.1), st.tuples(*[st.floats(-30, 30)] * 3), st.sampled_from(["z", "x"]))
def test_the_ion_turns_and_moves_with_the_carbon(kind: str, angle: float, shift: tuple[float, float, float], about: str) -> None:
    made = carbon(kind)
    site = made.site
    assert site is not None
    turn = rotation(np.eye(3)["xyz".index(about)], angle if about == "z" else np.pi / 2)  # about x: the sheet stands upright
    outward = turn @ np.array(site.outward)
    moved = Structure(
        made.numbers,
        made.positions @ turn.T + shift,
        0,
        made.multiplicity,
        made.labels,
        made.parts,
        Site(site.atom, tuple(outward), site.mode),
    )
    expected = turn @ (ion_position(made, 1) - made.positions[site.atom])
    found = ion_position(moved, 1) - moved.positions[site.atom]
    normal = turn @ np.array((0.0, 0.0, 1.0))
    mirrored = expected - 2.0 * (expected @ normal) * normal  # above and below an edge are alike
    assert min(np.abs(found - expected).max(), np.abs(found - mirrored).max() if site.mode == "edge" else np.inf) < 1e-6


def test_the_normal_of_a_flat_carbon_is_exactly_z_even_where_it_is_a_little_bent() -> None:
    made = flake()
    bent = made.moved(made.positions + np.column_stack([np.zeros((len(made), 2)), 0.01 * made.positions[:, 0] ** 2]))
    for one in (made, bent):
        assert plane_normal(one, 3).tolist() == [0.0, 0.0, 1.0]


# --- adding and polyhedra -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [None, "oxN_zz"])
def test_one_more_solvent_leaves_the_others(kind: str | None) -> None:
    before = start(kind, 2, seed=4)
    after = added(before, ethylene_carbonate(), np.random.default_rng(0))
    check_start(after, 3)
    assert np.array_equal(after.positions[: len(before)], before.positions)
    assert (after.charge, after.labels) == (1, (*before.labels, "EC"))


@pytest.mark.parametrize("vertices", [TETRAHEDRON, OCTAHEDRON], ids=["tetrahedron", "octahedron"])
def test_donors_stand_at_the_vertices_of_a_polyhedron(vertices: np.ndarray) -> None:
    count = len(vertices)
    composition = Composition(None, "Na", (ethylene_carbonate(),) * count, 1)
    made = polyhedron(composition, vertices, range(count), np.random.default_rng(0))
    check_start(made, count)
    donors = made.positions[donor_indices(made)]
    assert np.allclose(donors / np.linalg.norm(donors, axis=1)[:, None], vertices, atol=1e-9)


# --- V2: energies -------------------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("method", ["gfn1", "gfn2"])
def test_the_energy_of_a_start_does_not_depend_on_how_it_lies(method: str) -> None:
    pytest.importorskip("tblite", reason="needs the extra [atoms]")
    made = start(None, 2, seed=1)
    expected = single_point(made, Tblite(method)).energy
    rng = np.random.default_rng(3)
    for _ in range(3):
        turn = rotation(random_direction(rng), float(rng.uniform(0.0, np.pi)))
        moved = made.moved(made.positions @ turn.T + rng.normal(scale=20.0, size=3))
        assert single_point(moved, Tblite(method)).energy == pytest.approx(expected, abs=1e-6)


# --- refused ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ion", "count", "said"),
    [("Na", 7, "7 are more than fit around one ion"), ("", 2, "placed around an ion"), ("Fe", 1, '"Fe" is not an ion of this package')],
)
def test_compositions_that_cannot_be_placed_are_refused(ion: str, count: int, said: str) -> None:
    with pytest.raises(SpecError, match=said):
        placed(Composition(None, ion, (ethylene_carbonate(),) * count, 0), np.random.default_rng(0))


def sprawling() -> Solvent:
    """A plate so wide that three find no room around one ion."""
    reach = np.arange(-9.0, 9.5, 3.0)
    points = [(0.0, 0.0, 0.0), *((1.3, float(y), float(z)) for y in reach for z in reach)]
    return Solvent("wide", "", ("O",) + ("C",) * (len(points) - 1), (tuple(points),), 0)


@pytest.mark.slow
def test_more_than_fits_says_how_many_were_placed() -> None:
    with pytest.raises(PlacementError, match=r"could not place 4 solvents \(placed [123]\)"):
        placed(Composition(None, "Na", (sprawling(),) * 4, 1), np.random.default_rng(0))
    with pytest.raises(PlacementError, match=r"at a polyhedron \(placed [123]\)"):
        polyhedron(Composition(None, "Na", (sprawling(),) * 4, 1), TETRAHEDRON, range(4), np.random.default_rng(0))


def test_a_carbon_without_a_site_and_a_structure_without_an_ion_are_refused() -> None:
    bare = Structure(np.array([6]), np.zeros((1, 3)), 0, 1, ("carbon",), np.zeros(1, dtype=int))
    with pytest.raises(SpecError, match="names no site for the ion"):
        placed(Composition(bare, "Na", (), 1), np.random.default_rng(0))
    with pytest.raises(SpecError, match="holds no ion"):
        ion_index(flake(Cut(5.0, 5.0)))


# --- directions ---------------------------------------------------------------------------------------------------------------


def test_random_directions_have_no_preference() -> None:
    rng = np.random.default_rng(0)
    found = np.array([random_direction(rng) for _ in range(4000)])
    assert np.allclose(np.linalg.norm(found, axis=1), 1.0)
    assert np.abs(found.mean(axis=0)).max() < 4.0 / np.sqrt(3 * 4000)
    assert np.abs(found.T @ found / len(found) - np.eye(3) / 3).max() < 0.03


@settings(max_examples=25)
@given(st.integers(0, 10_000), st.floats(-7.0, 7.0), st.floats(-7.0, 7.0))
def test_rotations_turn_and_add_up(seed: int, first: float, second: float) -> None:
    axis = random_direction(np.random.default_rng(seed))
    turn = rotation(axis, first)
    assert np.allclose(turn @ turn.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(turn) == pytest.approx(1.0, abs=1e-12)
    assert np.allclose(turn @ axis, axis, atol=1e-12)
    assert np.allclose(turn @ rotation(axis, second), rotation(axis, first + second), atol=1e-12)
    assert np.trace(turn) == pytest.approx(1.0 + 2.0 * np.cos(first), abs=1e-12)


def test_symbols_of_the_bundled_solvents_are_elements() -> None:
    assert all(symbol in SYMBOLS for solvent in bundled().values() for symbol in solvent.symbols)
