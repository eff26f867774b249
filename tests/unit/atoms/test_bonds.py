from __future__ import annotations

import numpy as np
import pytest

from atoms_molecules import ethylene_carbonate, molecule, oxide_complex, pair, solvated_sodium
from dualion.atoms.bonds import bonds, connected, coordination, has_ion, radii
from dualion.atoms.structure import Structure


def test_bonds_of_ethylene_carbonate() -> None:
    bound = bonds(ethylene_carbonate())
    pairs = {(int(i), int(j)) for i, j in np.argwhere(np.triu(bound))}
    ring = {(1, 2), (2, 3), (3, 4), (4, 5), (1, 5)}
    assert pairs == ring | {(0, 1), (3, 6), (3, 7), (4, 8), (4, 9)}
    assert np.array_equal(bound, bound.T)


def test_a_metal_has_contacts_and_no_bonds() -> None:
    structure = solvated_sodium()
    assert not bonds(structure)[0].any()
    assert not bonds(pair(2.0)).any()
    assert np.array_equal(bonds(structure)[1:, 1:].sum(), 20)


def test_radii_are_those_of_the_table_and_one_for_the_rest() -> None:
    assert list(radii(np.array([1, 6, 11, 92]))) == [0.31, 0.76, 1.66, 1.5]


def _shell(distance: float, carbon: float | None = None) -> Structure:
    """An ion at the origin, a carbonyl at a distance on one side and, if asked for, a carbon on the other."""
    atoms = f"Na 0 0 0; O {distance} 0 0; C {distance + 1.2} 0 0"
    if carbon is None:
        return molecule(atoms, 1, 1, ("Na", "CO"), (1, 2))
    flake = f"C {-carbon} 0 0; C {-carbon - 1.4} 0 0; "
    return molecule(flake + atoms, 1, 1, ("carbon", "Na", "CO"), (2, 1, 2))


@pytest.mark.parametrize(("solvent", "carbon", "one"), [(2.3, 2.9, True), (2.3, 4.4, True), (2.3, 4.6, False), (4.6, 2.9, False)])
def test_a_cluster_is_one_while_its_parts_touch(solvent: float, carbon: float, one: bool) -> None:
    assert connected(_shell(solvent, carbon)) is one
    assert connected(_shell(solvent)) is (solvent < 4.5)


def test_an_ion_that_left_the_carbon_for_its_solvent_is_detached() -> None:
    # the solvent stands between the two: all parts touch, and the ion is not at the carbon
    between = molecule("C 0 0 0; C 1.4 0 0; O 0 0 3; C 0 0 4.2; Na 0 0 6.5", 1, 1, ("carbon", "CO", "Na"), (2, 2, 1))
    assert not connected(between)


@pytest.mark.parametrize(("distance", "bound"), [(2.99, 1), (3.01, 0)])
def test_a_donor_is_bound_within_three_angstrom(distance: float, bound: int) -> None:
    found = coordination(_shell(distance, 2.9))
    assert found is not None
    assert (found.n_bound, found.n_donors, len(found.distances)) == (bound, bound, bound)
    assert (found.nearest, found.nearest_distance) == ("C", 2.9)


def test_coordination_of_the_complexes() -> None:
    found, alone = coordination(oxide_complex()), coordination(solvated_sodium())
    assert found is not None
    assert alone is not None
    assert (found.n_bound, found.n_donors, found.nearest) == (1, 1, "O")
    assert found.distances == (2.034,)
    assert found.nearest_distance == pytest.approx(2.000, abs=0.01)
    assert (alone.n_bound, alone.nearest, alone.nearest_distance) == (1, "", None)
    assert coordination(ethylene_carbonate()) is None
    assert not has_ion(ethylene_carbonate())
    assert has_ion(solvated_sodium())


def test_sulphur_binds_an_ion_as_oxygen_does() -> None:
    """Thiophene, which `smiles` takes as a solvent for its sulphur, would otherwise never be at the ion."""
    bound = coordination(molecule("Na 0 0 0; S 2.8 0 0; C 4.2 1.0 0; C 4.2 -1.0 0", 1, 1, ("Na", "thiophene"), (1, 3)))
    assert bound is not None
    assert (bound.n_bound, bound.n_donors, bound.distances) == (1, 1, (2.8,))
