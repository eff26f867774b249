"""The electrons of a structure: their density anywhere, a quadrature that resolves the nuclei, and their orbitals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from dualion.atoms.engines.base import BOHR, HARTREE
from dualion.atoms.engines.libraries import library
from dualion.atoms.structure import Floats, Integers, Structure

MOMENTA = "spdfgh"  # letter of each angular momentum
QUADRATURE_LEVEL = 3  # [1] of PySCF's atom-centred grids; 56 electrons are then counted to 2e-5
_BLOCK = 56 * 300  # [1] points evaluated at once: PySCF looks at them in blocks of 56


class Field(Protocol):
    """A density of electrons that can be evaluated anywhere."""

    @property
    def structure(self) -> Structure:
        """The atoms it belongs to."""

    @property
    def electrons(self) -> float:
        """What the density integrates to [1]."""

    def density(self, points: Floats) -> Floats:
        """Density at points, shape (n, 3) [angstrom], shape (n,) [e/angstrom3]; electrons count as positive."""

    def gradient(self, points: Floats) -> Floats:
        """Its derivative at points, shape (n, 3) [angstrom], shape (n, 3) [e/angstrom4]."""

    def quadrature(self) -> tuple[Floats, Floats]:
        """Points [angstrom], shape (n, 3), and weights [angstrom3], shape (n,), that integrate the density with its cusps."""


@dataclass(frozen=True, slots=True, eq=False)
class Orbitals:
    """Molecular orbitals and how they share themselves out over atoms, by Löwdin.

    Parameters
    ----------
    energies : array of float, shape (k,)
        [eV], rising.
    occupations : array of float, shape (k,)
        Electrons in each orbital [1].
    spins : array of int, shape (k,)
        0 where an orbital holds both spins or is of spin up, 1 where it is of spin down [1].
    weights : array of float, shape (k, n, l)
        Share of each atom and angular momentum in each orbital [1]; over atoms and momenta it sums to one.
    """

    energies: Floats
    occupations: Floats
    spins: Integers
    weights: Floats

    @property
    def homo(self) -> int:
        """Index of the highest occupied orbital [1]."""
        return int(np.flatnonzero(self.occupations > 0.0)[-1])

    def weight(self, orbital: int, atom: int, letter: str) -> float:
        """Share of an atom's functions in an orbital [1].

        Parameters
        ----------
        orbital, atom : int
            Indices [1].
        letter : str
            Angular momentum, such as ``"p"``.
        """
        momentum = MOMENTA.index(letter)
        return float(self.weights[orbital, atom, momentum]) if momentum < self.weights.shape[2] else 0.0


@dataclass(frozen=True, slots=True, eq=False)
class PySCFField:
    """A converged mean field of PySCF.

    Parameters
    ----------
    mean_field : pyscf.scf.hf.SCF
        Converged.
    structure : Structure
        At the positions where it converged.
    """

    mean_field: Any
    structure: Structure

    @property
    def electrons(self) -> float:
        """Number of electrons [1]."""
        return float(self.mean_field.mol.nelectron)

    def density(self, points: Floats) -> Floats:
        """Density at points, shape (n, 3) [angstrom], shape (n,) [e/angstrom3]."""
        return self._evaluated(points, 0, "LDA")[0] / BOHR**3

    def gradient(self, points: Floats) -> Floats:
        """Its derivative at points, shape (n, 3) [angstrom], shape (n, 3) [e/angstrom4]."""
        return self._evaluated(points, 1, "GGA")[1:].T / BOHR**4

    def _evaluated(self, points: Floats, derivative: int, kind: str) -> Floats:
        """Density and, where the derivative is wanted, its three components, shape (1 or 4, n) [bohr]."""
        mole, integrator = self.mean_field.mol, self.mean_field._numint
        places = np.asarray(points, dtype=np.float64) / BOHR
        found = np.zeros((1 + 3 * derivative, len(places)))
        with library("pyscf.lib").with_omp_threads(1):
            for start in range(0, len(places), _BLOCK):
                block = np.ascontiguousarray(places[start : start + _BLOCK])
                mask = integrator.make_mask(mole, block)
                functions = integrator.eval_ao(mole, block, deriv=derivative, non0tab=mask)
                for coefficients, occupations in self._spins():
                    found[:, start : start + _BLOCK] += integrator.eval_rho2(mole, functions, coefficients, occupations, mask, kind)
        return found

    def quadrature(self) -> tuple[Floats, Floats]:
        """Points [angstrom] and weights [angstrom3] of an atom-centred grid (Becke 1988)."""
        grids = library("pyscf.dft.gen_grid").Grids(self.mean_field.mol)
        grids.level = QUADRATURE_LEVEL
        with library("pyscf.lib").with_omp_threads(1):
            grids.build(with_non0tab=False)
        inside = grids.weights != 0.0  # PySCF fills its last block with points that weigh nothing
        return grids.coords[inside] * BOHR, grids.weights[inside] * BOHR**3

    def orbitals(self) -> Orbitals:
        """Energies, occupations and Löwdin's weights |(S^1/2 C)|^2, summed over the functions of one momentum at one atom."""
        mole = self.mean_field.mol
        overlap = mole.intor_symmetric("int1e_ovlp")
        values, vectors = np.linalg.eigh(overlap)
        root = (vectors * np.sqrt(np.clip(values, 0.0, None))) @ vectors.T
        labels = mole.ao_labels(fmt=False)
        momenta = [MOMENTA.index(shell.lstrip("0123456789")[0]) for _, _, shell, _ in labels]
        owner = np.zeros((mole.natm, 1 + max(momenta), len(labels)))
        for function, (atom, *_) in enumerate(labels):
            owner[atom, momenta[function], function] = 1.0
        shares, levels, electrons, spins = [], [], [], []
        energies = np.atleast_2d(self.mean_field.mo_energy)
        for spin, (coefficients, occupations) in enumerate(self._spins()):
            shares.append(np.einsum("alm,mk->kal", owner, (root @ coefficients) ** 2))
            levels.append(energies[spin] * HARTREE)
            electrons.append(occupations)
            spins.append(np.full(len(occupations), spin))
        order = np.argsort(np.concatenate(levels), kind="stable")
        parts = [np.concatenate(part)[order] for part in (levels, electrons, spins, shares)]
        return Orbitals(parts[0], parts[1], parts[2], parts[3])

    def _spins(self) -> list[tuple[Floats, Floats]]:
        coefficients, occupations = np.asarray(self.mean_field.mo_coeff), np.asarray(self.mean_field.mo_occ)
        if occupations.ndim == 1:
            return [(coefficients, occupations)]
        return [(coefficients[spin], occupations[spin]) for spin in range(2)]
