"""Density differences: fragments that do not meet, analytic fields, refusals, and the reference of the specification."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from atoms_pyscf import ENGINE, n_oxide, n_oxide_basins, solved
from dualion.atoms.electronic.cube import cube
from dualion.atoms.electronic.density import density_difference, mean_plane, profile
from dualion.atoms.electronic.example import example
from dualion.atoms.electronic.fragments import fragment, split
from dualion.atoms.electronic.grids import Grid
from dualion.atoms.engines.base import BOHR
from dualion.errors import SpecError


def _single(field: Any, index: int) -> Any:
    return replace(field, centres=field.centres[[index]], electrons_each=(field.electrons_each[index],))


def test_fragments_that_do_not_meet_move_nothing() -> None:
    whole = solved("He...Na")[1]
    pieces = [fragment(whole.structure, [part], charge=charge, multiplicity=1) for part, charge in ((0, 0), (1, 1))]
    found = density_difference(whole, ENGINE.field(pieces[0]), ENGINE.field(pieces[1]), spacing=0.3)
    assert abs(found.integral) <= 2e-3
    assert found.moved <= 2e-3
    assert np.abs(found.gained).max() <= 2e-3


def test_electrons_put_on_one_side_are_found_there(two_gaussians: Any) -> None:
    whole, before = two_gaussians(2.0, 1.5), two_gaussians(2.5, 1.0)
    found = density_difference(whole, _single(before, 0), _single(before, 1))
    left = whole.held()[0] - (before.held()[0] + _spilled(before, whole))
    assert found.integral == pytest.approx(0.0, abs=1e-9)
    assert found.grid_integral == pytest.approx(0.0, abs=1e-4)
    assert found.gained[0] == pytest.approx(left, abs=0.005)
    assert found.transferred == pytest.approx(-left, abs=0.005)
    assert found.charges == (0, 0)
    assert found.profile[:, 1].sum() * found.grid.spacing == pytest.approx(found.grid_integral, abs=1e-9)
    assert found.profile[:, 0][found.profile[:, 1].argmax()] == pytest.approx(2.4, abs=0.2)
    assert found.flags == ()


def _spilled(before: Any, whole: Any) -> float:
    """Electrons of the fragments between their own plane and that of the whole."""
    from math import erf, sqrt

    def left(cut: float) -> float:
        root = sqrt(before.exponent)
        first, second = before.electrons_each
        return 0.5 * first * (1.0 + erf(root * cut)) + 0.5 * second * (1.0 + erf(root * (cut - 2.4)))

    return left(whole.plane()) - left(before.plane())


def test_electrons_that_vanish_are_flagged(two_gaussians: Any) -> None:
    whole, before = two_gaussians(2.0, 1.0), two_gaussians(2.5, 1.0)
    found = density_difference(whole, _single(before, 0), _single(before, 1))
    assert [flag.code for flag in found.flags] == ["electrons_not_conserved", "grid_too_coarse"]
    assert found.integral == pytest.approx(-0.5, abs=1e-6)


def test_fragments_must_be_those_of_the_whole(two_gaussians: Any) -> None:
    whole = two_gaussians(2.0, 1.0)
    first, second = _single(whole, 0), _single(whole, 1)
    with pytest.raises(SpecError, match="not where it is in the whole"):
        density_difference(whole, first, replace(second, centres=second.centres + 0.1))
    with pytest.raises(SpecError, match="Share out every atom once"):
        density_difference(whole, first, first)


def test_charges_of_fragments_must_add_up() -> None:
    whole = solved("He...Na")[1]
    pieces = [fragment(whole.structure, [part], charge=charge, multiplicity=spin) for part, charge, spin in ((0, 0, 1), (1, 0, 2))]
    empty = [replace(whole, structure=piece) for piece in pieces]
    with pytest.raises(SpecError, match=r"charges \+0 and \+0 do not add up to \+1"):
        density_difference(whole, *empty)


def test_fragments_are_written_by_their_parts() -> None:
    whole = example()
    assert split(whole) == split(whole, "carbon,Na+EC") == ((0,), (1, 2))
    assert split(whole, "rest,EC") == ((0, 1), (2,))
    for written, said in (
        ("carbon", "are not two"),
        ("rest,rest", "are not two"),
        ("carbon,DMC", 'no part is called "DMC"'),
        ("carbon,Na", "do not hold every part once"),
        ("carbon+Na,Na+EC", "do not hold every part once"),
    ):
        with pytest.raises(SpecError, match=said):
            split(whole, written)


def test_a_fragment_keeps_its_places_and_refuses_the_wrong_spin() -> None:
    whole = example()
    shell = fragment(whole, (1, 2), charge=1, multiplicity=1)
    assert shell.formula == "C3H4NaO3"
    assert np.array_equal(shell.positions, whole.positions[12:])
    assert shell.atoms_of(shell.part("EC")[0]).tolist() == list(range(1, 11))
    with pytest.raises(SpecError, match="multiplicity: 1 does not go with 55 electrons"):
        fragment(whole, (1, 2), charge=2, multiplicity=1)


def test_the_normal_points_from_the_plane_to_the_others() -> None:
    flat = np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 1.0], [0.0, 1.0, 1.0], [1.0, 1.0, 1.0]])
    centre, normal = mean_plane(flat, np.array([[0.5, 0.5, -3.0]]))
    assert centre == pytest.approx([0.5, 0.5, 1.0])
    assert normal == pytest.approx([0.0, 0.0, -1.0], abs=1e-12)


def test_a_profile_integrates_planes() -> None:
    grid = Grid((0.0, 0.0, 0.0), 0.5, (4, 4, 6))
    values = np.zeros(grid.shape)
    values[:, :, 2] = 0.25
    flat = np.array([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    found = profile(grid, values, flat, np.array([[0.0, 0.0, 5.0]]))
    assert found[found[:, 1] != 0.0] == pytest.approx(np.array([[1.0, 0.25 * 16 * 0.25]]))  # 16 points of 0.25 angstrom2


def test_a_cube_file_holds_atoms_and_values_in_atomic_units() -> None:
    grid = Grid((1.0, 2.0, 3.0), 0.5, (2, 3, 7))
    values = np.arange(42, dtype=np.float64).reshape(grid.shape)
    lines = cube(example(), grid, values, "a title").decode().splitlines()
    assert lines[0] == "a title"
    assert lines[2].split() == ["23", f"{1 / BOHR:.6f}", f"{2 / BOHR:.6f}", f"{3 / BOHR:.6f}"]
    assert [line.split()[0] for line in lines[3:6]] == ["2", "3", "7"]
    assert lines[6].split()[:2] == ["7", "7.000000"]
    rows = lines[6 + 23 :]
    assert [len(row.split()) for row in rows] == [6, 1] * 6
    read = np.array([float(word) for row in rows for word in row.split()])
    assert read / BOHR**3 == pytest.approx(values.ravel(), rel=1e-5)


@pytest.mark.slow
def test_the_reference_complex_moves_what_the_specification_says() -> None:
    whole, oxide, shell = n_oxide()
    found = density_difference(whole, oxide, shell, basins=n_oxide_basins())
    assert abs(found.integral) <= 2e-3
    assert found.moved == pytest.approx(0.38, abs=0.03)
    assert found.gained.sum() == pytest.approx(found.integral, abs=1e-9)
    assert found.gained[11] > 0.1  # the oxygen is polarised towards the ion
    assert abs(found.transferred) < 0.1  # and yet little leaves the oxide
