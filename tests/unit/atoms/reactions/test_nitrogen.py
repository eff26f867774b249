"""Oxidation against hydrogenation of nitrogen: balance, references, energies of pyridine and of the flake."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from dualion.atoms.building.flake import flake
from dualion.atoms.building.motifs import NH_BOND, NO_BOND, motif
from dualion.atoms.electrons import check_multiplicity, lowest_multiplicity
from dualion.atoms.engines.check import single_point
from dualion.atoms.engines.tblite import Tblite
from dualion.atoms.reactions.free_energy import free_energies
from dualion.atoms.reactions.nitrogen import Nitrogen, Reaction, check_balance, compute, nitrogen_at, with_zinc, without_zinc
from dualion.atoms.reactions.reagents import LIGANDS, adducts, hydrogen_molecules, water_molecule, zinc_complex, zinc_name
from dualion.atoms.reactions.results import OPEN_QUESTIONS, WATER_FORMATION, ReactionSet, Species
from dualion.atoms.reactions.stability import STABLE, gas_potential, stability
from dualion.atoms.relax import Relaxed, relax
from dualion.atoms.structure import SYMBOLS, Site, Structure
from dualion.atoms.thermo import harmonic
from dualion.errors import SpecError

GFN1 = Tblite("gfn1")
AWAY = (0.0, 1.0, 0.0)
#: Pyridine in the plane z = 0, its nitrogen at the origin and open towards +y [angstrom].
PYRIDINE = (
    ("N", 0.0, 0.0), ("C", 1.14, -0.70), ("C", 1.20, -2.09), ("C", 0.0, -2.80), ("C", -1.20, -2.09), ("C", -1.14, -0.70),
    ("H", 2.06, -0.12), ("H", 2.15, -2.61), ("H", 0.0, -3.88), ("H", -2.15, -2.61), ("H", -2.06, -0.12),
)  # fmt: skip


def _ring(extra: str = "", distance: float = 0.0) -> Structure:
    """Pyridine, with an atom at its nitrogen if one is named."""
    rows = [*PYRIDINE, *([(extra, 0.0, distance)] if extra else [])]
    numbers = np.array([SYMBOLS.index(row[0]) for row in rows])
    positions = np.array([(row[1], row[2], 0.0) for row in rows])
    site = Site(len(rows) - 1 if extra == "O" else 0, AWAY, "edge")
    return Structure(numbers, positions, 0, lowest_multiplicity(numbers, 0), ("carbon",), np.zeros(len(rows), dtype=np.int64), site)


def _pyridine() -> Nitrogen:
    return Nitrogen("pyridine", _ring(), _ring("O", NO_BOND), _ring("H", NH_BOND))


@pytest.fixture(scope="module")
def pyridine() -> ReactionSet:
    return compute(_pyridine(), GFN1)


@pytest.mark.parametrize("ligand", [None, *LIGANDS])
@pytest.mark.parametrize("edge", ["zigzag", "armchair"])
def test_every_reaction_balances_atoms_and_charge(edge: str, ligand: str | None) -> None:
    """V24: exactly, half molecules included."""
    nitrogen = nitrogen_at(flake(), edge)
    sites = {"N*": nitrogen.site, "N*-O": nitrogen.oxidised, "N*-H": nitrogen.hydrogenated}
    species = {**sites, "H2": hydrogen_molecules()[0], "H2O": water_molecule()}
    reactions = without_zinc()
    if ligand is not None:
        zinc = zinc_name(ligand)
        held = {f"{name}.{zinc}": adducts(one, ligand, starts=1, rng=np.random.default_rng(0))[0] for name, one in sites.items()}
        species |= {zinc: zinc_complex(ligand), **held}
        reactions += with_zinc(zinc)
    assert len(reactions) == (2 if ligand is None else 9)
    for reaction in reactions:
        check_balance(reaction, species)
        numbers = np.zeros(len(SYMBOLS))
        charge = Fraction(0)
        for sign, side in ((1, reaction.after), (-1, reaction.before)):
            for name, count in side:
                numbers += sign * float(count) * np.bincount(species[name].numbers, minlength=len(SYMBOLS))
                charge += sign * count * species[name].charge
        assert not numbers.any()
        assert charge == 0


def test_a_reaction_that_does_not_balance_is_refused_with_what_is_too_much() -> None:
    species = {"N*": _ring(), "N*-H": _ring("H", NH_BOND), "H2": hydrogen_molecules()[0]}
    wrong = Reaction("wrong", (("N*", Fraction(1)), ("H2", Fraction(1))), (("N*-H", Fraction(1)),))
    with pytest.raises(SpecError, match=r"N\* \+ H2 -> N\*-H does not balance \(H -1\)"):
        check_balance(wrong, species)
    charged = Reaction("charged", (("N*", Fraction(1)),), (("ion", Fraction(1)),))
    with pytest.raises(SpecError, match=r"does not balance \(charge \+1\)"):
        check_balance(charged, {"N*": _ring(), "ion": replace(_ring(), charge=1, multiplicity=2)})
    with pytest.raises(SpecError, match='there is no species "N\\*-O"'):
        check_balance(without_zinc()[0], species)


def test_equations_read_as_the_specification_writes_them() -> None:
    assert [reaction.equation for reaction in without_zinc()] == ["N* + H2O -> N*-O + H2", "N* + 1/2 H2 -> N*-H"]
    assert with_zinc("ZnCl2")[4].equation == "N*.ZnCl2 + H2O -> N*-O + ZnCl2 + H2"


def test_energies_are_products_minus_reactants_of_the_same_geometries(pyridine: ReactionSet) -> None:
    energies = {name: single_point(one.best.structure, GFN1).energy for name, one in pyridine.species.items()}  # type: ignore[union-attr]
    oxidation = energies["N*-O"] + energies["H2"] - energies["N*"] - energies["H2O"]
    hydrogenation = energies["N*-H"] - energies["N*"] - energies["H2"] / 2.0
    assert pyridine.energies["oxidation"] == pytest.approx(oxidation, abs=1e-5)
    assert pyridine.energies["hydrogenation"] == pytest.approx(hydrogenation, abs=1e-5)
    assert pyridine.preferences["without zinc"] == pytest.approx(oxidation - hydrogenation, abs=1e-5)


def test_oxidation_of_pyridine_lies_between_the_two_methods(pyridine: ReactionSet) -> None:
    """Experiment: formation enthalpies of gases 140.4 (pyridine), 88.0 (N-oxide), -241.8 kJ/mol (water) give 1.96 eV."""
    experiment = (88.0 - 140.4 + 241.8) / 96.485
    low, high = compute(_pyridine(), Tblite("gfn2")).energies["oxidation"], pyridine.energies["oxidation"]
    assert low is not None
    assert high is not None
    assert experiment - 0.5 < low < experiment < high < experiment + 0.5


@pytest.mark.slow
@pytest.mark.parametrize(("edge", "oxidation", "hydrogenation"), [("zigzag", 1.57, -0.53), ("armchair", 1.81, 0.02)])
def test_flake_has_the_energies_of_the_specification(edge: str, oxidation: float, hydrogenation: float) -> None:
    """Section 8, GFN2 without zinc, +-0.05 eV: hydrogenation wins."""
    found = compute(nitrogen_at(flake(), edge), Tblite("gfn2"), fmax=0.05)
    assert found.energies["oxidation"] == pytest.approx(oxidation, abs=0.05)
    assert found.energies["hydrogenation"] == pytest.approx(hydrogenation, abs=0.05)
    assert found.preferences["without zinc"] > 1.5  # type: ignore[operator]
    assert found.species["N*-H"].best.structure.multiplicity == 2  # type: ignore[union-attr]


@pytest.mark.slow
def test_zinc_that_is_released_by_both_changes_no_preference() -> None:
    """The energy of binding cancels: a check of the bookkeeping from the same records."""
    found = compute(_pyridine(), GFN1, ligand="chloride", starts=1, fmax=0.05)
    free, both = found.preferences["without zinc"], found.preferences["zinc released by both"]
    assert both == pytest.approx(free, abs=1e-9)
    kept, bound, bare = (found.energies[name] for name in ("oxidation, zinc kept", "binding at N*-O", "binding at N*"))
    assert kept == pytest.approx(found.energies["oxidation"] + bound - bare, abs=1e-9)  # type: ignore[operator]
    assert bare < 0.0  # type: ignore[operator]
    assert {"zinc kept by both", "zinc kept by the oxide, released by the hydride"} <= set(found.preferences)
    assert found.species["N*.ZnCl2"].document()["starts"] == 1


@pytest.mark.parametrize(("ligand", "charge", "formula"), [("acetate", 0, "C4H6O4Zn"), ("chloride", 0, "Cl2Zn"), ("water", 2, "H8O4Zn")])
def test_zinc_complexes_have_their_charge_and_four_or_two_neighbours(ligand: str, charge: int, formula: str) -> None:
    made = zinc_complex(ligand)
    assert (made.formula, made.charge, made.multiplicity) == (formula, charge, 1)
    distance = np.linalg.norm(made.positions, axis=1)
    near = (distance > 0.1) & (distance < 2.2)
    assert near.sum() == (2 if ligand == "chloride" else 4)
    assert set(np.array(made.symbols)[near]) == {"Cl" if ligand == "chloride" else "O"}


def test_zinc_stands_before_the_nitrogen_or_the_oxygen() -> None:
    for kind, distance in (("pyridinic_zz", 2.1), ("oxN_zz", 2.0), ("NH_zz", 3.4)):
        carbon = motif(flake(), kind)
        assert carbon.site is not None
        for made in adducts(carbon, "acetate", starts=2, rng=np.random.default_rng(1)):
            zinc = made.positions[made.numbers == 30][0]
            assert np.linalg.norm(zinc - carbon.positions[carbon.site.atom]) == pytest.approx(distance, abs=1e-9)
            others = np.linalg.norm(made.positions[made.parts > 1][:, None] - carbon.positions[None], axis=2)
            assert others.min() > 1.2
            check_multiplicity(made.numbers, made.charge, made.multiplicity)


def test_zinc_at_a_plane_and_unknown_ligands_are_refused() -> None:
    with pytest.raises(SpecError, match="zinc binds at a nitrogen of its edge"):
        adducts(flake(), "acetate", starts=1, rng=np.random.default_rng(0))
    with pytest.raises(SpecError, match='"oxide" is not a ligand of zinc here'):
        zinc_complex("oxide")
    with pytest.raises(SpecError, match='"corner" is not an edge'):
        nitrogen_at(flake(), "corner")
    with pytest.raises(SpecError, match="0 is not a number of starts"):
        compute(_pyridine(), GFN1, starts=0)


def test_a_species_without_a_minimum_gives_no_energy() -> None:
    def relaxer(several: Sequence[Structure]) -> list[Relaxed]:
        return [
            Relaxed("unconverged" if "O" in one.symbols and "C" in one.symbols else "accepted", one, -10.0, 0.2, 0.01, 1) for one in several
        ]

    found = compute(_pyridine(), GFN1, relaxer=relaxer)
    assert found.energies["oxidation"] is None
    assert found.preferences["without zinc"] is None
    assert found.energies["hydrogenation"] == pytest.approx(5.0)
    flags = {(flag.code, flag.severity) for flag in found.flags}
    assert {("no_minimum", "refusal"), ("small_gap", "warning"), ("electronic_energy", "note")} <= flags
    assert found.document()["reactions"]["oxidation"]["energy_eV"] is None


def test_document_is_plain_and_complete(pyridine: ReactionSet) -> None:
    made = json.loads(json.dumps(pyridine.document(), allow_nan=False))
    assert made["level"]["method"] == "GFN1-xTB"
    assert made["open_questions"] == list(OPEN_QUESTIONS)
    assert set(made["species"]) == {"H2", "H2O", "N*", "N*-O", "N*-H"}
    for one in made["species"].values():
        assert {"energy_eV", "gap_eV", "starts", "outcomes", "converged", "spread_eV", "structure"} <= set(one)
    assert made["species"]["N*-H"]["structure"]["multiplicity"] == 2
    assert compute(_pyridine(), GFN1).document() == pyridine.document()


def test_map_has_its_borders_where_two_states_are_equal() -> None:
    found = stability(1.57, -0.53, np.linspace(-3.0, 0.0, 61), np.linspace(-1.5, 0.0, 31))
    assert found.borders["N* | N*-O, mu_O"] == pytest.approx(1.57 - WATER_FORMATION)
    assert found.borders["N* | N*-H, mu_H"] == pytest.approx(-0.53)
    for i, oxygen in enumerate(found.mu_oxygen):
        for j, hydrogen in enumerate(found.mu_hydrogen):
            energies = {"N*": 0.0, "N*-O": 1.57 - 2.476 - oxygen, "N*-H": -0.53 - hydrogen}
            assert energies[STABLE[found.stable[i, j]]] == pytest.approx(min(energies.values()), abs=1e-12)
    assert set(np.unique(found.stable)) == {0, 1, 2}
    assert json.loads(json.dumps(found.document()))["states"] == list(STABLE)


@pytest.mark.parametrize(("temperature", "expected"), [(300.0, -0.27), (600.0, -0.61), (1000.0, -1.10)])
def test_oxygen_potential_is_that_of_reuter_and_scheffler(temperature: float, expected: float) -> None:
    """Their Table I, 1 atm, from measured enthalpies and entropies."""
    assert gas_potential("O", temperature=temperature, pressure=1.01325) == pytest.approx(expected, abs=0.006)


def test_hydrogen_potential_is_that_of_the_tables() -> None:
    """(8.467 - 298.15 * 0.130680) / 2 kJ/mol (Chase 1998); quantum rotation is worth 2 meV."""
    expected = (8.467 - 298.15 * 0.130680) / 2.0 / 96.485
    assert gas_potential("H", temperature=298.15, pressure=1.0) == pytest.approx(expected, abs=0.003)


def test_gas_potentials_are_refused_where_they_are_wrong() -> None:
    with pytest.raises(SpecError, match="100 K is below 200 K"):
        gas_potential("H", temperature=100.0, pressure=1.0)
    with pytest.raises(SpecError, match='"N" has no gas here'):
        gas_potential("N", temperature=300.0, pressure=1.0)
    with pytest.raises(SpecError, match="pressure"):
        gas_potential("O", temperature=300.0, pressure=0.0)


def test_a_flat_start_does_not_hide_that_the_radical_is_bent(pyridine: ReactionSet) -> None:
    """Flat N*-H is a saddle 0.5 meV above the minimum, and no force leads out of the plane."""
    best = pyridine.species["N*-H"].best
    assert best is not None
    flat = relax(_ring("H", NH_BOND), GFN1)
    assert np.abs(flat.structure.positions[:, 2]).max() < 1e-3
    assert best.energy < flat.energy - 1e-4  # type: ignore[operator]
    nitrogen, hydrogen = best.structure.positions[0], best.structure.positions[-1]
    normal = np.linalg.svd(best.structure.positions[:6] - best.structure.positions[:6].mean(axis=0))[2][2]
    assert 0.1 < abs((hydrogen - nitrogen) @ normal) < 0.5


@pytest.mark.slow
def test_free_energies_add_the_terms_of_every_species(pyridine: ReactionSet) -> None:
    found = free_energies(pyridine, GFN1, temperature=500.0, pressure=0.1)
    terms = {name: value for name, value in found.terms.items() if value is not None}
    assert set(terms) == set(pyridine.species)
    expected = pyridine.energies["hydrogenation"] + terms["N*-H"] - terms["N*"] - terms["H2"] / 2.0  # type: ignore[operator]
    assert found.energies["hydrogenation"] == pytest.approx(expected, abs=1e-9)
    # hydrogen by itself: zero point and the table of Chase 1998 (H(500) - H(0) = 14.35 kJ/mol, S(500) = 145.74 J/mol/K)
    gas = (14.35 - 500.0 * 0.145737) / 96.485 + 8.617333e-5 * 500.0 * np.log(0.1)
    best = pyridine.species["H2"].best
    assert best is not None
    assert terms["H2"] - harmonic(best.structure, GFN1).zero_point == pytest.approx(gas, abs=0.01)
    assert found.document()["free_energies_eV"]["oxidation"] == pytest.approx(found.energies["oxidation"], abs=1e-6)


@pytest.mark.slow
def test_a_saddle_has_no_free_energy(pyridine: ReactionSet) -> None:
    water = np.array([[0.0, 0.0, 0.0], [0.0, 0.9292, 0.0], [0.0, -0.9292, 0.0]])  # straight: forces vanish, its bend is imaginary
    bent = pyridine.species["H2O"].relaxed[0]
    straight = Relaxed("accepted", bent.structure.moved(water), bent.energy, bent.gap, 0.01, 1)
    broken = replace(pyridine, species={**pyridine.species, "H2O": Species("H2O", (straight,))})
    found = free_energies(broken, GFN1)
    assert found.energies["oxidation"] is None
    assert found.energies["hydrogenation"] is not None
    assert [(flag.code, flag.severity) for flag in found.flags] == [("no_free_energy", "refusal")]
