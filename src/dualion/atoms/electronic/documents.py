"""Results of the electronic analysis as plain data and as tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dualion.atoms.electronic.bader import Charges
from dualion.atoms.electronic.density import DensityDifference
from dualion.atoms.electronic.dos import CAVEAT, Dos
from dualion.atoms.electronic.field import MOMENTA, Orbitals
from dualion.atoms.electronic.figures import atom_names
from dualion.atoms.engines.base import Level
from dualion.atoms.structure import Structure
from dualion.records.quantity import Flag

SCHEMA = "dualion/atoms/1"
_DIGITS = 6  # decimals of every number
_LEAST_WEIGHT = 0.05  # [1] share of an orbital below which it is not listed


def density_document(found: DensityDifference, level: Level, geometry: str) -> dict[str, Any]:
    """A density difference.

    Parameters
    ----------
    found : DensityDifference
    level : Level
    geometry : str
        Where the positions come from.

    Returns
    -------
    dict
    """
    inside = set(found.first)
    second = [atom for atom in range(len(found.structure)) if atom not in inside]
    return {
        **_head("density", found.structure, level, geometry),
        "fragments": [
            {"name": name, "atoms": [atom + 1 for atom in atoms], "charge": charge, "multiplicity": multiplicity}
            for name, atoms, charge, multiplicity in zip(
                ("A", "B"), (found.first, second), found.charges, found.multiplicities, strict=True
            )
        ],
        "spacing_angstrom": found.grid.spacing,
        "integral_e": _rounded(found.integral),
        "grid_integral_e": _rounded(found.grid_integral),
        "moved_e": _rounded(found.moved),
        "from_A_to_B_e": _rounded(found.transferred),
        "gained_e": dict(zip(atom_names(found.structure), map(_rounded, found.gained), strict=True)),
        "flags": flag_documents(found.flags),
    }


def charges_document(structure: Structure, found: Charges, level: Level, geometry: str) -> dict[str, Any]:
    """Charges of atoms.

    Parameters
    ----------
    structure : Structure
    found : Charges
    level : Level
    geometry : str
        Where the positions come from.

    Returns
    -------
    dict
    """
    return {
        **_head("charges", structure, level, geometry),
        "method": "Bader",
        "spacing_angstrom": _rounded(found.spacing),
        "charges_e": dict(zip(atom_names(structure), map(_rounded, found.charges), strict=True)),
        "parts_e": [
            {"part": label, "charge": _rounded(found.charges[structure.atoms_of(part)].sum())}
            for part, label in enumerate(structure.labels)
        ],
        "electrons": _rounded(found.total),
        "largest_difference_between_spacings_e": None if found.disagreement is None else _rounded(found.disagreement),
        "non_nuclear": [
            {"position_angstrom": [_rounded(x) for x in place], "electrons": _rounded(held)} for place, held in found.non_nuclear
        ],
        "flags": flag_documents(found.flags),
    }


def dos_document(structure: Structure, orbitals: Orbitals, found: Dos, level: Level, geometry: str) -> dict[str, Any]:
    """A projected density of states.

    Parameters
    ----------
    structure : Structure
    orbitals : Orbitals
    found : Dos
    level : Level
    geometry : str
        Where the positions come from.

    Returns
    -------
    dict
    """
    empty = orbitals.energies[orbitals.occupations <= 0.0]
    return {
        **_head("dos", structure, level, geometry),
        "projection": "Löwdin",
        "broadening_eV": found.broadening,
        "energies_relative_to": "highest occupied orbital",
        "highest_occupied_eV": _rounded(found.reference),
        "gap_eV": _rounded(empty.min() - found.reference) if len(empty) else None,
        "highest_occupied_weights": weights(structure, orbitals, orbitals.homo),
        "caveat": CAVEAT,
    }


def weights(structure: Structure, orbitals: Orbitals, orbital: int) -> dict[str, float]:
    """Shares of an orbital that are not small, the largest first.

    Parameters
    ----------
    structure : Structure
    orbitals : Orbitals
    orbital : int
        Index [1].

    Returns
    -------
    dict of str to float
        By atom and angular momentum, such as ``"O12 p"`` [1].
    """
    names = atom_names(structure)
    shares = orbitals.weights[orbital]
    found = {f"{names[a]} {MOMENTA[m]}": _rounded(shares[a, m]) for a in range(shares.shape[0]) for m in range(shares.shape[1])}
    return dict(sorted(((name, share) for name, share in found.items() if share >= _LEAST_WEIGHT), key=lambda pair: -pair[1]))


def dos_table(structure: Structure, found: Dos) -> str:
    """The curves as comma-separated values, one line for each energy."""
    kept = [(a, m) for a in range(found.projected.shape[1]) for m in range(found.projected.shape[2]) if found.projected[:, a, m].any()]
    names = atom_names(structure)
    rows = [["energy_eV", "total_1/eV", *(f"{names[a]} {MOMENTA[m]}_1/eV" for a, m in kept)]]
    for index, energy in enumerate(found.energies):
        values = [energy, found.total[index], *(found.projected[index, a, m] for a, m in kept)]
        rows.append([_written(float(value)) for value in values])
    return lines(rows)


def profile_table(found: DensityDifference) -> str:
    """The profile of a density difference as comma-separated values."""
    return lines([["distance_angstrom", "electrons_1/angstrom"], *([_written(float(x)) for x in row] for row in found.profile)])


def atoms_table(structure: Structure, columns: dict[str, Sequence[float]]) -> str:
    """Numbers of each atom as comma-separated values.

    Parameters
    ----------
    structure : Structure
    columns : dict of str to sequence of float
        Shape (n,) each, in the unit that its name states [1].

    Returns
    -------
    str
    """
    rows = [["atom", "part", "element", *columns]]
    for index, symbol in enumerate(structure.symbols):
        part = int(structure.parts[index])
        own = [str(index + 1), f"{structure.labels[part]} {part + 1}", symbol]
        rows.append([*own, *(_written(float(values[index])) for values in columns.values())])
    return lines(rows)


def lines(rows: Sequence[Sequence[str]]) -> str:
    """Rows as comma-separated values."""
    return "\n".join(",".join(row) for row in rows) + "\n"


def flag_documents(flags: Sequence[Flag]) -> list[dict[str, str]]:
    """Flags as plain data."""
    return [{"code": flag.code, "severity": flag.severity, "message": flag.message} for flag in flags]


def _head(kind: str, structure: Structure, level: Level, geometry: str) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "kind": kind,
        "origin": "atomistic",
        "formula": structure.formula,
        "parts": list(structure.labels),
        "charge": structure.charge,
        "multiplicity": structure.multiplicity,
        "level": level.document(),
        "geometry": geometry,
    }


def _rounded(value: float) -> float:
    return round(float(value), _DIGITS) + 0.0  # no negative zero


def _written(value: float) -> str:
    return f"{_rounded(value):.{_DIGITS}f}"
