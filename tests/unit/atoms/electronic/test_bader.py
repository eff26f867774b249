"""Basins and charges: two Gaussians with a known dividing plane, attractors that are no nuclei, and states of the specification."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from atoms_pyscf import n_oxide, n_oxide_basins, solved
from dualion.atoms.electronic.bader import bader, bader_agreed, charges_of
from dualion.atoms.electronic.basins import basins
from dualion.atoms.electronic.example import OXYGEN
from dualion.atoms.electronic.grids import enclosing, sampled
from dualion.atoms.structure import Structure
from dualion.errors import SpecError


@pytest.mark.parametrize("electrons", [(1.0, 1.0), (3.0, 1.0), (3.0, 2.0)])
def test_two_gaussians_are_divided_at_their_plane(two_gaussians: Any, electrons: tuple[float, float]) -> None:
    field = two_gaussians(*electrons)
    found = bader(field)
    assert found.electrons == pytest.approx(field.held(), abs=0.005)
    assert found.total == pytest.approx(sum(electrons), abs=1e-6)
    assert found.charges == pytest.approx(1.0 - found.electrons, abs=1e-12)
    assert found.flags == ()


def test_cells_alone_converge_at_least_linearly(two_gaussians: Any) -> None:
    def error(spacing: float) -> float:
        errors = []
        for shift in (0.0, 0.07, 0.137):
            field = two_gaussians(3.0, 2.0, shift=shift)
            grid = enclosing(field.centres - shift, spacing=spacing)
            values = sampled(field, grid)
            labels, maxima = basins(values)
            first = int(np.linalg.norm(grid.points(maxima) - field.centres[0], axis=1).argmin())
            errors.append(float(values[labels == first].sum()) * grid.volume - field.held()[0])
        return float(np.sqrt(np.mean(np.square(errors))))

    coarse, fine = error(0.4), error(0.2)
    assert np.log2(coarse / fine) >= 1.0
    assert fine < 0.005


def test_shared_borders_belong_to_one_basin_each(two_gaussians: Any) -> None:
    field = two_gaussians(2.0, 2.0)
    grid = enclosing(field.centres, spacing=0.25)
    labels, maxima = basins(sampled(field, grid))
    assert len(maxima) == 2
    assert labels.min() == 0
    assert labels.max() == 1
    side = (grid.points(np.arange(len(grid))) - field.centres.mean(axis=0)) @ (field.centres[1] - field.centres[0])
    second = labels.ravel() == labels.ravel()[grid.cell_of(field.centres[1:])[0]]
    wrong = second != (side > 0.0)
    assert np.abs(side[wrong]).max() < 2.4 * grid.spacing * np.sqrt(3.0)  # [angstrom2] no cell off the plane by more than its diagonal


def test_a_maximum_that_is_no_nucleus_is_reported(two_gaussians: Any) -> None:
    @dataclass(frozen=True)
    class OneAtom:
        """Two Gaussians, of which only the first is an atom."""

        inner: Any

        @property
        def structure(self) -> Structure:
            whole = self.inner.structure
            return Structure(whole.numbers[:1], whole.positions[:1], 0, 2, ("H",), np.array([0]))

        def __getattr__(self, name: str) -> Any:
            return getattr(self.inner, name)

    field = two_gaussians(3.0, 1.0)
    found = bader(OneAtom(field))
    assert [flag.code for flag in found.flags] == ["non_nuclear"]
    ((place, held),) = found.non_nuclear
    assert np.linalg.norm(np.array(place) - field.centres[1]) < 0.2
    assert held == pytest.approx(field.held()[1], abs=0.005)
    assert found.electrons == pytest.approx([field.held()[0]], abs=0.005)


def test_an_atom_without_electrons_and_a_lost_electron_are_flagged(two_gaussians: Any) -> None:
    field = two_gaussians(3.0, 0.0)
    found = bader(field)
    assert [flag.code for flag in found.flags] == ["no_basin"]
    assert "H2" in found.flags[0].message
    coarse = replace(field, spacing=1.1)
    assert "electrons_missed" in [flag.code for flag in bader(coarse).flags]


def test_spacings_that_disagree_are_flagged(two_gaussians: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    field = two_gaussians(3.0, 1.0)
    fine = bader_agreed(field, spacing=0.3)
    assert fine.disagreement == pytest.approx(0.0, abs=0.005)
    assert fine.spacing == pytest.approx(0.24)
    monkeypatch.setattr("dualion.atoms.electronic.bader.AGREEMENT", -1.0)
    assert [flag.code for flag in bader_agreed(field, spacing=0.4).flags] == ["spacing_dependent"]


@pytest.mark.slow
def test_a_hydrogen_atom_that_the_grid_steps_over_keeps_its_basin() -> None:
    charges = [bader(solved("HOH")[1], spacing=spacing).charges for spacing in (0.25, 0.2)]
    for found in charges:
        assert 0.4 < found[1] < 0.7  # 0.5 to 0.6 e in published basins of water
        assert found[1] == pytest.approx(found[2], abs=0.01)
        assert found.sum() == pytest.approx(0.0, abs=0.002)
    assert charges[0] == pytest.approx(charges[1], abs=0.02)


@pytest.mark.parametrize("spacing", [0.0, -0.1, 0.6])
def test_a_spacing_out_of_range_is_refused(two_gaussians: Any, spacing: float) -> None:
    with pytest.raises(SpecError, match="cannot be used"):
        bader(two_gaussians(1.0, 1.0), spacing=spacing)


def test_a_grid_that_does_not_fit_into_memory_is_refused() -> None:
    with pytest.raises(SpecError, match="Widen it"):
        enclosing(np.zeros((1, 3)), spacing=0.01)


def test_cells_of_points_are_the_nearest_ones(two_gaussians: Any) -> None:
    grid = enclosing(two_gaussians(1.0, 1.0).centres, spacing=0.3)
    indices = np.arange(0, len(grid), 97)
    assert np.array_equal(grid.cell_of(grid.points(indices) + 0.14), indices)
    assert grid.cell_of(np.array([[-99.0, -99.0, -99.0], [99.0, 99.0, 99.0]])).tolist() == [0, len(grid) - 1]


@pytest.mark.slow
def test_the_solvated_ion_keeps_its_charge_on_two_grids() -> None:
    field = solved("Na(EC)1")[1]
    found = bader_agreed(field)
    assert found.total == pytest.approx(56.0, abs=0.002)
    assert found.charges.sum() == pytest.approx(1.0, abs=0.002)
    assert found.charges[0] == pytest.approx(0.945, abs=0.03)
    assert found.disagreement is not None
    assert found.disagreement <= 0.02
    assert found.flags == ()
    methylene = found.charges[7:]  # four hydrogens that symmetry makes equal
    assert methylene == pytest.approx(np.full(4, methylene.mean()), abs=0.01)


@pytest.mark.slow
def test_the_oxygen_of_the_oxide_gets_more_negative_at_the_ion() -> None:
    whole, oxide, _ = n_oxide()
    found = charges_of(n_oxide_basins(), whole)
    assert found.charges.sum() == pytest.approx(1.0, abs=0.002)
    assert found.charges[12] == pytest.approx(0.91, abs=0.05)
    assert found.charges[OXYGEN] == pytest.approx(-0.74, abs=0.05)
    assert bader(oxide).charges[OXYGEN] == pytest.approx(-0.54, abs=0.05)
