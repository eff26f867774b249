"""Densities on a grid and densities of states."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dualion.atoms.vasp.density import all_electrons, read_density
from dualion.atoms.vasp.doscar import read_doscar
from dualion.errors import ReadError, SpecError

LATTICE = np.diag([4.0, 5.0, 6.0])
SHAPE = (8, 10, 12)


def density_text(values: np.ndarray, *, places: str = "0.5 0.5 0.5") -> str:
    """A density file: values times the volume, the first index fastest, five in a line."""
    flat = (values * np.prod(np.diag(LATTICE))).ravel(order="F")
    rows = [" ".join(f"{value:.11E}" for value in flat[start : start + 5]) for start in range(0, len(flat), 5)]
    head = ["grid", "1.0", *(" ".join(str(value) for value in row) for row in LATTICE), "Na", "1", "Direct", places, ""]
    after = ["augmentation occupancies   1  8", " 0.1 0.2 0.3", " ".join(str(number) for number in SHAPE), *rows]
    return "\n".join([*head, " ".join(str(number) for number in SHAPE), *rows, *after]) + "\n"


@pytest.fixture(scope="module")
def gaussian() -> np.ndarray:
    """A density of two electrons in the middle of the cell, on its grid."""
    axes = [np.arange(count) / count * edge for count, edge in zip(SHAPE, np.diag(LATTICE), strict=True)]
    x, y, z = np.meshgrid(*axes, indexing="ij")
    values = np.exp(-((x - 2.0) ** 2 + (y - 2.5) ** 2 + (z - 3.0) ** 2))
    return 2.0 * values / (values.mean() * np.prod(np.diag(LATTICE)))


def test_a_density_is_read_with_its_axes_and_its_integral(gaussian: np.ndarray, tmp_path: Path) -> None:
    (tmp_path / "CHGCAR").write_text(density_text(gaussian))
    found = read_density(tmp_path / "CHGCAR")
    np.testing.assert_allclose(found.values, gaussian, rtol=1e-10)
    assert (found.lengths, found.volume) == ((4.0, 5.0, 6.0), pytest.approx(120.0))
    assert found.electrons == pytest.approx(2.0, abs=1e-9)
    np.testing.assert_allclose(found.cell.positions, [[2.0, 2.5, 3.0]])
    assert np.unravel_index(np.argmax(found.values), SHAPE) == (4, 5, 6)


def test_core_and_valence_are_added(gaussian: np.ndarray, tmp_path: Path) -> None:
    (tmp_path / "AECCAR0").write_text(density_text(4.0 * gaussian))
    (tmp_path / "AECCAR2").write_text(density_text(gaussian))
    assert all_electrons(tmp_path).electrons == pytest.approx(10.0, abs=1e-8)
    (tmp_path / "AECCAR0").write_text(density_text(gaussian, places="0.5 0.5 0.6"))
    with pytest.raises(SpecError, match="not of one run"):
        all_electrons(tmp_path)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda text: text[: len(text) // 4], "does not hold its 960 numbers"),
        (lambda text: text.replace("8 10 12", "8 10", 1), "numbers of points"),
        (lambda text: text.replace("8 10 12", "90000 90000 90000", 1), "numbers of points"),
        (lambda text: text.replace("E+0", "E+x", 3), "does not hold"),
        (lambda text: text.replace("Na", "Zz"), "no element"),
        (lambda text: text.replace("6.0", "0.0"), "span no cell"),
        (lambda text: "x" * 70_000, "longer than"),
    ],
)
def test_a_damaged_density_is_refused(gaussian: np.ndarray, tmp_path: Path, damage, said: str) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "CHGCAR").write_text(damage(density_text(gaussian)))
    with pytest.raises(ReadError, match=said):
        read_density(tmp_path / "CHGCAR")


def doscar_text(total: np.ndarray, atoms: list[np.ndarray], energies: np.ndarray, count: int) -> str:
    """A DOSCAR: columns of the total, then of each atom."""
    head = [f"   {count}   {count}   1   0", " 27000.0 3e-9 3e-9 3e-9 0.5E-15", "  1.0E-004", "  CAR ", " oxN_zz"]
    title = f"     20.0    -20.0  {len(energies)}   -3.25000   1.00000"
    blocks = [np.column_stack([energies, total]), *(np.column_stack([energies, atom]) for atom in atoms)]
    return "\n".join([*head, *(line for block in blocks for line in [title, *(" ".join(f"{x:.6E}" for x in row) for row in block)])]) + "\n"


def test_a_spin_polarised_doscar_of_two_atoms(tmp_path: Path) -> None:
    rng, energies = np.random.default_rng(4), np.linspace(-20.0, 20.0, 7)
    atoms = [rng.uniform(0.0, 1.0, (7, 18)) for _ in range(2)]  # s, three p, five d; up and down side by side
    up = sum(atom[:, 0::2].sum(axis=1) for atom in atoms) / 0.9
    down = sum(atom[:, 1::2].sum(axis=1) for atom in atoms) / 0.9
    total = np.column_stack([up, down, np.cumsum(up), np.cumsum(down)])
    (tmp_path / "DOSCAR").write_text(doscar_text(total, atoms, energies, 2))
    found = read_doscar(tmp_path / "DOSCAR")
    assert (found.fermi, found.momenta, found.projected.shape) == (-3.25, "spd", (2, 2, 3, 7))
    np.testing.assert_allclose(found.energy, energies, atol=1e-5)
    np.testing.assert_allclose(found.total, [up, down], rtol=1e-5)
    np.testing.assert_allclose(found.projected[1, 0, 1], atoms[1][:, [2, 4, 6]].sum(axis=1), rtol=1e-5)
    np.testing.assert_allclose(found.projected[0, 1, 2], atoms[0][:, 9::2].sum(axis=1), rtol=1e-5)
    assert found.share == pytest.approx(0.9, rel=1e-5)


def test_a_doscar_without_projections(tmp_path: Path) -> None:
    total = np.column_stack([np.ones(5), np.arange(5)])
    (tmp_path / "DOSCAR").write_text(doscar_text(total, [], np.arange(5.0), 3))
    found = read_doscar(tmp_path / "DOSCAR")
    assert (found.total.shape, found.projected.shape, found.share, found.momenta) == ((1, 5), (0, 1, 0, 5), 0.0, "")


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda text: text[: text.rindex("     20.0")], "projections onto 1 of 2 atoms"),
        (lambda text: text[:-200], "is cut|cannot be read"),
        (lambda text: text[:60], "is cut"),
        (lambda text: text.replace("1.000000E+00", "**********"), "cannot be read"),
        (lambda text: text.replace("   2   2", " 999999999 2", 1), "counts of atoms"),
    ],
)
def test_a_damaged_doscar_is_refused(tmp_path: Path, damage, said: str) -> None:  # type: ignore[no-untyped-def]
    total = np.column_stack([np.ones(5), np.arange(5.0)])
    (tmp_path / "DOSCAR").write_text(damage(doscar_text(total, [np.ones((5, 9))] * 2, np.arange(5.0), 2)))
    with pytest.raises(ReadError, match=said):
        read_doscar(tmp_path / "DOSCAR")
