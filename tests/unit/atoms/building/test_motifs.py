"""V8: motifs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dualion.atoms.building.flake import Cut, flake
from dualion.atoms.building.motifs import ALIASES, MOTIFS, motif, motif_name
from dualion.atoms.electrons import electrons
from dualion.atoms.structure import Site, Structure
from dualion.errors import SpecError

#: Formula and parity of electrons on C50H18, section 4.1 of the specification; mode and element of the site.
ON_C50H18 = {
    "pristine": ("C50H18", 0, "basal", "C"),
    "graphitic": ("C49H18N", 1, "basal", "N"),
    "pyridinic_zz": ("C49H17N", 0, "edge", "N"),
    "pyridinic_ac": ("C49H17N", 0, "edge", "N"),
    "pyrrolic": ("C50H17N", 0, "edge", "N"),
    "oxN_zz": ("C49H17NO", 0, "edge", "O"),
    "oxN_ac": ("C49H17NO", 0, "edge", "O"),
    "NH_zz": ("C49H18N", 1, "edge", "N"),
    "NH_ac": ("C49H18N", 1, "edge", "N"),
}
#: Atoms that each motif takes and brings: C, H, N, O.
CHANGES = {
    "pristine": (0, 0, 0, 0), "graphitic": (-1, 0, 1, 0), "pyridinic_zz": (-1, -1, 1, 0), "pyridinic_ac": (-1, -1, 1, 0),
    "pyrrolic": (0, -1, 1, 0), "oxN_zz": (-1, -1, 1, 1), "oxN_ac": (-1, -1, 1, 1), "NH_zz": (-1, 0, 1, 0), "NH_ac": (-1, 0, 1, 0),
}  # fmt: skip
cuts = st.builds(Cut, st.floats(7.0, 18.0), st.floats(7.0, 18.0), st.sampled_from(["ring", "bond"]))


def site_of(structure: Structure) -> Site:
    assert structure.site is not None
    return structure.site


def nitrogen(structure: Structure) -> int:
    (found,) = np.flatnonzero(structure.numbers == 7)
    return int(found)


def neighbours(structure: Structure, atom: int) -> dict[str, list[float]]:
    distance = np.linalg.norm(structure.positions - structure.positions[atom], axis=1)
    found: dict[str, list[float]] = {}
    for other in np.flatnonzero((distance > 0.1) & (distance < 1.75)):
        found.setdefault(structure.symbols[other], []).append(round(float(distance[other]), 6))
    return found


@pytest.mark.parametrize("kind", MOTIFS)
def test_formula_parity_and_site(kind: str) -> None:
    made = motif(flake(), kind)
    expected, odd, mode, element = ON_C50H18[kind]
    assert made.formula == expected
    assert electrons(made.numbers, 0) % 2 == odd
    assert (made.charge, made.multiplicity) == (0, 1 + odd)
    assert (site_of(made).mode, made.symbols[site_of(made).atom]) == (mode, element)
    assert np.linalg.norm(site_of(made).outward) == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize(
    ("kind", "bound"),
    [
        ("graphitic", {"C": [1.42] * 3}),
        ("pyridinic_zz", {"C": [1.42] * 2}),
        ("pyridinic_ac", {"C": [1.42] * 2}),
        ("oxN_zz", {"C": [1.42] * 2, "O": [1.28]}),
        ("oxN_ac", {"C": [1.42] * 2, "O": [1.28]}),
        ("NH_zz", {"C": [1.42] * 2, "H": [1.01]}),
        ("NH_ac", {"C": [1.42] * 2, "H": [1.01]}),
        ("pyrrolic", {"C": [round(float(np.hypot(1.42, 0.55)), 6)] * 2, "H": [1.01]}),  # 2.84 across the bay, 0.55 out of it
    ],
)
def test_what_is_bound_to_nitrogen(kind: str, bound: dict[str, list[float]]) -> None:
    made = motif(flake(), kind)
    found = neighbours(made, nitrogen(made))
    assert set(found) == set(bound)
    assert all(sorted(found[symbol]) == pytest.approx(distances, abs=1e-4) for symbol, distances in bound.items())


@pytest.mark.parametrize("kind", MOTIFS[2:])
def test_an_edge_site_looks_away_from_the_carbon(kind: str) -> None:
    made = motif(flake(), kind)
    site = site_of(made)
    along = (made.positions - made.positions[site.atom]) @ np.array(site.outward)
    bound = np.flatnonzero(np.linalg.norm(made.positions - made.positions[site.atom], axis=1) < 1.75)
    assert all(along[other] < 0.0 for other in bound if made.symbols[other] != "H" and other != site.atom)
    assert np.linalg.norm(made.positions[site.atom]) < np.linalg.norm(made.positions[site.atom] + np.array(site.outward))


@pytest.mark.parametrize("kind", ["pyridinic_zz", "oxN_zz", "NH_zz", "pyridinic_ac", "oxN_ac", "NH_ac", "pyrrolic"])
def test_a_motif_stands_in_the_middle_of_its_edge(kind: str) -> None:
    made = motif(flake(), kind)
    x, y, _ = made.positions[nitrogen(made)]
    if kind.endswith("zz"):
        assert (abs(x), y) == (pytest.approx(0.0, abs=1e-6), pytest.approx(5.68, abs=0.01))
    else:  # the bay at y = 0, or the atom above it
        assert x > 4.0
        assert abs(y) < 1.5


@settings(max_examples=25)
@given(cuts, st.sampled_from(MOTIFS))
def test_a_motif_changes_the_formula_by_its_own_atoms_on_every_flake(cut: Cut, kind: str) -> None:
    bare = flake(cut)
    try:
        made = motif(bare, kind)
    except SpecError:
        assert kind not in ("pristine", "graphitic")  # these fit on every flake
        return
    counted = [np.sum(made.numbers == number) - np.sum(bare.numbers == number) for number in (6, 1, 7, 8)]
    assert tuple(counted) == CHANGES[kind]
    assert electrons(made.numbers, 0) % 2 == (made.multiplicity - 1) % 2
    distance = np.linalg.norm(made.positions[:, None] - made.positions[None], axis=2)
    assert distance[np.triu_indices(len(made), 1)].min() > 1.0


def test_nothing_else_moves() -> None:
    bare, made = flake(), motif(flake(), "oxN_zz")
    still = [np.any(np.all(np.abs(made.positions - place) < 1e-12, axis=1)) for place in bare.positions]
    assert sum(still) == len(bare) - 1  # all but the hydrogen, where oxygen stands farther out


def test_pristine_is_the_flake_itself() -> None:
    bare = flake()
    assert motif(bare, "pristine") is bare


# --- names --------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        *ALIASES.items(),
        *((name, name) for name in MOTIFS),
        ("Oxidised-Zigzag", "oxN_zz"),
        ("oxidised_zigzag", "oxN_zz"),
        ("oxn-ac", "oxN_ac"),
    ],
)
def test_names_and_longer_names(written: str, meant: str) -> None:
    assert motif_name(written) == meant


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("oxN_zy", 'Did you mean "oxN_zz"'),
        ("oxidised-zigag", 'Did you mean "oxidised-zigzag"'),
        ("boron", "Write one of pristine, graphitic"),
    ],
)
def test_other_names_are_refused_with_the_nearest(written: str, said: str) -> None:
    with pytest.raises(SpecError, match=said):
        motif_name(written)


# --- refused ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cut", "kind", "said"),
    [
        (Cut(12.5, 7.25, "ring"), "pyrrolic", "no armchair bay on this flake; pyrrolic N cannot be placed"),
        (Cut(7.5, 11.5, "bond"), "oxN_zz", "no zigzag C-H on this flake; oxN N cannot be placed there"),
    ],
)
def test_a_flake_without_the_place_is_refused(cut: Cut, kind: str, said: str) -> None:
    with pytest.raises(SpecError, match=said):
        motif(flake(cut), kind)


def test_a_second_motif_is_refused() -> None:
    with pytest.raises(SpecError, match="C49H17N holds more than carbon and hydrogen"):
        motif(motif(flake(), "pyridinic_zz"), "graphitic")
