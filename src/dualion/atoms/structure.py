"""Atoms of one state: where they are, to which part of it each belongs, and how many electrons they share.

A structure is a carbon, an ion and its solvents, each of them optional. Parts follow each other in that order, and every atom names its
part, so that a solvent can be taken away, a bond graph can be held against that of its part, and a shell can be counted.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dualion.errors import SpecError

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

CARBON = "carbon"
_TABLE = (
    "X H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br Kr Rb Sr Y Zr Nb Mo Tc Ru Rh Pd Ag"
    " Cd In Sn Sb Te I Xe Cs Ba La Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho Er Tm Yb Lu Hf Ta W Re Os Ir Pt Au Hg Tl Pb Bi"
)
#: Symbols by atomic number.
SYMBOLS = tuple(_TABLE.split())


@dataclass(frozen=True, slots=True)
class Site:
    """Where on a carbon an ion is put.

    Parameters
    ----------
    atom : int
        Index of the atom that the ion is put next to [1].
    outward : tuple of float
        Direction away from the carbon in its plane, of length one [1]; the normal of the plane for a basal site.
    mode : str
        ``"basal"`` or ``"edge"``.
    """

    atom: int
    outward: tuple[float, float, float]
    mode: str


@dataclass(frozen=True, slots=True, eq=False)
class Structure:
    """Atoms with charge and multiplicity.

    Parameters
    ----------
    numbers : array of int, shape (n,)
        Atomic numbers [1].
    positions : array of float, shape (n, 3)
        [angstrom]
    charge : int
        Total charge [e].
    multiplicity : int
        2S + 1 [1].
    labels : tuple of str
        Name of each part: ``"carbon"``, an ion such as ``"Na"``, solvents such as ``"EC"``.
    parts : array of int, shape (n,)
        Index of the part of each atom [1].
    site : Site, optional
        Where on the carbon the ion belongs.
    """

    numbers: Integers
    positions: Floats
    charge: int
    multiplicity: int
    labels: tuple[str, ...]
    parts: Integers
    site: Site | None = None

    def __post_init__(self) -> None:
        count = len(self.numbers)
        if self.positions.shape != (count, 3) or len(self.parts) != count:
            raise SpecError(
                f"structure: {count} atoms and {self.positions.shape[0]} positions do not fit. Give one position for each atom."
            )
        if count and not np.all(np.isfinite(self.positions)):
            raise SpecError("structure: a position is not a number. Give three finite coordinates for each atom.")
        if count and not (self.numbers.min() > 0 and self.numbers.max() < len(SYMBOLS)):
            raise SpecError(f"structure: an atomic number is not one of 1 to {len(SYMBOLS) - 1}. Give elements up to {SYMBOLS[-1]}.")
        if count and not (self.parts.min() >= 0 and self.parts.max() < len(self.labels)):
            raise SpecError(f"structure: an atom belongs to none of its {len(self.labels)} parts. Give each atom the index of its part.")

    def __len__(self) -> int:
        return len(self.numbers)

    @property
    def symbols(self) -> tuple[str, ...]:
        """Symbol of each atom."""
        return tuple(SYMBOLS[number] for number in self.numbers)

    @property
    def formula(self) -> str:
        """Sum formula, carbon and hydrogen first."""
        return formula(self.symbols)

    def part(self, label: str) -> tuple[int, ...]:
        """Indices of the parts of a name [1]."""
        return tuple(index for index, name in enumerate(self.labels) if name == label)

    def atoms_of(self, part: int) -> Integers:
        """Indices of the atoms of a part [1]."""
        return np.flatnonzero(self.parts == part)

    def moved(self, positions: Floats) -> Structure:
        """The same atoms elsewhere."""
        return replace(self, positions=np.array(positions, dtype=np.float64))

    def without(self, part: int, charge: int | None = None) -> Structure:
        """The structure with one part taken away, in its lowest multiplicity."""
        from dualion.atoms.electrons import lowest_multiplicity

        kept = self.parts != part
        numbers = self.numbers[kept]
        total = self.charge if charge is None else charge
        site = self.site
        if site is not None:
            in_front = int(np.count_nonzero(~kept[: site.atom]))
            site = replace(site, atom=site.atom - in_front) if kept[site.atom] else None
        parts = self.parts[kept]
        return Structure(
            numbers=numbers,
            positions=self.positions[kept],
            charge=total,
            multiplicity=lowest_multiplicity(numbers, total),
            labels=self.labels[:part] + self.labels[part + 1 :],
            parts=np.where(parts > part, parts - 1, parts),
            site=site,
        )

    def ase(self) -> Any:
        """The structure as ``ase.Atoms``, charge and multiplicity in ``info``."""
        from dualion.atoms.engines.libraries import ase

        return ase().Atoms(numbers=self.numbers, positions=self.positions, info={"charge": self.charge, "multiplicity": self.multiplicity})


def formula(symbols: tuple[str, ...]) -> str:
    """Sum formula of symbols, carbon and hydrogen first, the rest in the order of the alphabet."""
    counts = Counter(symbols)
    order = [symbol for symbol in ("C", "H") if symbol in counts] + sorted(counts.keys() - {"C", "H"})
    return "".join(symbol + (str(counts[symbol]) if counts[symbol] > 1 else "") for symbol in order)


def joined(*pieces: Structure, charge: int, multiplicity: int) -> Structure:
    """Several structures as one, in the order given; the site is that of the first that has one."""
    offsets = np.cumsum([0, *(len(piece.labels) for piece in pieces)])
    begins = np.cumsum([0, *(len(piece) for piece in pieces)])
    sites = [
        replace(piece.site, atom=piece.site.atom + int(begin))
        for piece, begin in zip(pieces, begins, strict=False)
        if piece.site is not None
    ]
    return Structure(
        numbers=np.concatenate([piece.numbers for piece in pieces]),
        positions=np.concatenate([piece.positions for piece in pieces]),
        charge=charge,
        multiplicity=multiplicity,
        labels=tuple(label for piece in pieces for label in piece.labels),
        parts=np.concatenate([piece.parts + offset for piece, offset in zip(pieces, offsets, strict=False)]),
        site=sites[0] if sites else None,
    )
