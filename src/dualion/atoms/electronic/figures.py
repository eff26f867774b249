"""Figures of the electronic analysis, as data."""

from __future__ import annotations

import numpy as np

from dualion.atoms.electronic.bader import Charges
from dualion.atoms.electronic.density import DensityDifference
from dualion.atoms.electronic.dos import CAVEAT, Dos
from dualion.atoms.electronic.field import MOMENTA
from dualion.atoms.structure import Floats, Structure
from dualion.records.figure import Axis, Figure, Panel, Series

_MOST_BARS = 30  # [1] atoms that can be named below an axis; of more, those of the largest bars
_STRONGEST = 4  # [1] projections drawn beside the total
_DIGITS = 6  # decimals of a number that is drawn


def density_figure(found: DensityDifference) -> Figure:
    """Profile along the normal of the carbon, and what each basin gained.

    Parameters
    ----------
    found : DensityDifference

    Returns
    -------
    Figure
    """
    first, second = found.charges
    to = "B" if found.transferred > 0.0 else "A"
    finding = (
        f"{found.moved:.2f} electrons moved; the basins of {to} gained {abs(found.transferred):.3f} "
        f"(fragments with charges {first:+d} and {second:+d})."
    )
    distance, electrons = found.profile[:, 0], found.profile[:, 1]
    side = Panel(
        Axis("Distance from the plane of A", "angstrom"),
        Axis("Electrons gained per length", "1/angstrom"),
        (Series("Density difference", "simulated", _tuple(distance), _tuple(electrons), "atomistic"),),
    )
    atoms = _bars(found.structure, found.gained, "Electrons gained")
    return Figure("density-difference", f"Charge density difference of {found.structure.formula}", finding, (side, atoms), 183)


def charges_figure(structure: Structure, found: Charges) -> Figure:
    """Charge of each atom.

    Parameters
    ----------
    structure : Structure
    found : Charges

    Returns
    -------
    Figure
    """
    high, low = int(np.argmax(found.charges)), int(np.argmin(found.charges))
    names = atom_names(structure)
    finding = f"Charges reach from {found.charges[low]:+.2f} e ({names[low]}) to {found.charges[high]:+.2f} e ({names[high]})."
    return Figure("bader-charges", f"Bader charges of {structure.formula}", finding, (_bars(structure, found.charges, "Charge [e]"),), 183)


def dos_figure(structure: Structure, found: Dos, atom: int | None = None) -> Figure:
    """Total density of states and its strongest projections near the highest occupied orbital.

    Parameters
    ----------
    structure : Structure
    found : Dos
    atom : int, optional
        Index of an atom whose projections are drawn instead of the strongest ones [1].

    Returns
    -------
    Figure
    """
    names = atom_names(structure)
    near = int(np.argmin(np.abs(found.energies)))
    shares = found.projected[near]
    if atom is None:
        order = np.argsort(shares, axis=None, kind="stable")[::-1][:_STRONGEST]
        channels = [divmod(int(place), shares.shape[1]) for place in order]
    else:
        channels = [(atom, momentum) for momentum in range(shares.shape[1]) if found.projected[:, atom, momentum].any()]
    series = [Series("total", "simulated", _tuple(found.energies), _tuple(found.total), "atomistic")]
    series += [
        Series(
            f"{names[one]} {MOMENTA[momentum]}", "simulated", _tuple(found.energies), _tuple(found.projected[:, one, momentum]), "atomistic"
        )
        for one, momentum in channels
    ]
    place = int(np.argmax(shares))
    best, momentum = divmod(place, shares.shape[1])
    part = shares[best, momentum] / found.total[near]
    finding = f"At the highest occupied orbital {names[best]} {MOMENTA[momentum]} holds {part:.0%} of the states. {CAVEAT}"
    panel = Panel(Axis("Energy against the highest occupied orbital", "eV"), Axis("Density of states", "1/eV"), tuple(series))
    return Figure("projected-dos", f"Density of states of {structure.formula}", finding, (panel,), 89)


def atom_names(structure: Structure) -> tuple[str, ...]:
    """Symbol and number of each atom, counted from 1 over the whole structure: ``"O12"``."""
    return tuple(f"{symbol}{index}" for index, symbol in enumerate(structure.symbols, 1))


def _bars(structure: Structure, values: Floats, quantity: str) -> Panel:
    """Bars for every atom, or for those of the largest values."""
    shown = np.arange(len(values))
    if len(values) > _MOST_BARS:
        shown = np.sort(np.argsort(np.abs(values), kind="stable")[::-1][:_MOST_BARS])
    names = tuple(atom_names(structure)[index] for index in shown)
    bars = Series(quantity, "bar", tuple(float(i) for i in range(len(shown))), _tuple(values[shown]), "atomistic")
    return Panel(Axis("Atom", "", categories=names), Axis(quantity, "1"), (bars,))


def _tuple(values: Floats) -> tuple[float, ...]:
    return tuple(round(float(value), _DIGITS) for value in values)
