"""What ``dualion solvate`` writes and prints."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dualion.atoms.electrons import signed
from dualion.cli.output import columns_of

if TYPE_CHECKING:
    from dualion.atoms.building.place import Composition
    from dualion.atoms.solvation import Shell, Solvation
    from dualion.atoms.structure import Structure

Starts = Sequence[Sequence[tuple[str, "Structure"]]]
SCHEMA = "dualion/solvates/1"
LAST = "solvates.json"


def document(
    shells: Sequence[Composition],
    begun: Starts,
    found: Solvation | None,
    *,
    ratio: Mapping[str, float] | None,
    salt: float,
    carbon: str | None,
    seed: int,
) -> dict[str, Any]:
    """Everything that was made, as plain data.

    Parameters
    ----------
    shells : sequence of Composition
    begun : sequence of sequence of (str, Structure)
        Starts of each shell with their families.
    found : Solvation or None
        None where nothing was relaxed.
    ratio : mapping of str to float, or None
        Molecules of each solvent for one ion [1].
    salt : float
        Concentration of the salt [mol/L].
    carbon : str or None
        As the user named it.
    seed : int
        Of the starts [1].

    Returns
    -------
    dict
    """
    from dualion.atoms.building.shells import allowed

    built = [
        {
            "name": _name(shell),
            "solvents": dict(sorted(Counter(_solvents(shell)).items())),
            "smiles": {solvent.name: solvent.smiles for solvent in sorted(shell.solvents, key=lambda one: one.name)},
            "charge": shell.charge,
            "starts": [f"{_file(shell)}-{number:02d}-{family}.extxyz" for number, (family, _) in enumerate(several, 1)],
            **({} if ratio is None else {"allowed_for_every_ion": allowed(_solvents(shell), ratio)}),
        }
        for shell, several in zip(shells, begun, strict=True)
    ]
    made: dict[str, Any] = {"schema": SCHEMA, "origin": "atomistic", "ion": shells[0].ion, "carbon": carbon, "seed": seed, "built": built}
    if ratio is not None:
        made["electrolyte"] = {"salt_mol_per_L": salt, "molecules_per_ion": {name: round(value, 3) for name, value in ratio.items()}}
    return made if found is None else {**made, "solvation": found.document()}


def files(shells: Sequence[Composition], begun: Starts, found: Solvation | None, made: Mapping[str, Any]) -> dict[str, bytes]:
    """Every file by its name in the folder."""
    from dualion.atoms.export import extxyz

    written = {}
    for shell, several in zip(made["built"], begun, strict=True):
        for name, (_, structure) in zip(shell["starts"], several, strict=True):
            written[f"starts/{name}"] = extxyz(structure).encode()
    for composition, shell in zip(shells, found.shells if found else (), strict=False):
        if shell.best is not None:
            written[f"minima/{_file(composition)}.extxyz"] = extxyz(shell.best.structure).encode()
    written[LAST] = (json.dumps(made, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()
    return written


def lines(
    shells: Sequence[Composition], begun: Starts, found: Solvation | None, *, ratio: Mapping[str, float] | None, salt: float
) -> list[str]:
    """The table, and what the electrolyte allows.

    Parameters
    ----------
    shells : sequence of Composition
    begun : sequence of sequence of (str, Structure)
        Starts of each shell with their families.
    found : Solvation or None
        None where nothing was relaxed.
    ratio : mapping of str to float, or None
        Molecules of each solvent for one ion [1].
    salt : float
        Concentration of the salt [mol/L].

    Returns
    -------
    list of str
    """
    if found is None:
        heading = "Shells, built and not relaxed"
        table = _built_table(shells, begun, ratio)
    else:
        first = found.shells[0]
        where = "binding of ion and solvents to the carbon" if first.composition.carbon is not None else "solvation energies"
        heading = (
            f"Shells: {where}, {found.level.short}, q={signed(first.composition.charge)}, dispersion {found.level.dispersion}, box none"
        )
        table = _energy_table(found, ratio)
    said = ["", *_electrolyte(shells, ratio, salt)] if ratio is not None else []
    if found is None:
        return [heading, "", *columns_of(table), *said]
    readings = columns_of(list(found.readings.items())) if found.readings else []
    notes = [f"{shell.name}: {flag.message}" for shell in found.shells for flag in shell.flags if flag.code != "search_not_converged"]
    notes += [flag.message for flag in found.flags]
    return [heading, "", *columns_of(table), *(["", *readings] if readings else []), *said, "", *notes]


def _built_table(shells: Sequence[Composition], begun: Starts, ratio: Mapping[str, float] | None) -> list[tuple[str, ...]]:
    rows = [("shell", "ligands", "starts", "atoms", *(("for every ion",) if ratio is not None else ()))]
    for shell, several in zip(shells, begun, strict=True):
        families = Counter(family for family, _ in several)
        made = ", ".join(f"{count} {family}" for family, count in sorted(families.items()))
        rows.append((_name(shell), str(len(shell.solvents)), made, str(len(several[0][1])), *_possible(_solvents(shell), ratio)))
    return rows


def _energy_table(found: Solvation, ratio: Mapping[str, float] | None) -> list[tuple[str, ...]]:
    head = ("shell", "E/eV", "per ligand", "last ligand", "bound", "spread", "starts", "search")
    rows = [(*head, *(("for every ion",) if ratio is not None else ()))]
    return rows + [(*_cells(shell), *_possible(shell.names, ratio)) for shell in found.shells]


def _cells(shell: Shell) -> tuple[str, ...]:
    around, search = shell.coordination, shell.found
    last = ", ".join(f"{kind} {_shown(value)}" for kind, value in shell.last.items())
    if around is None:
        bound = "none"
    else:
        bound = str(around.n_bound) if around.n_bound == shell.target else f"{shell.target} -> {around.n_bound}"
    word = "converged" if search.converged else "not converged"
    starts = f"{len(search.accepted)}/{len(search.tried)}"
    return (shell.name, _shown(shell.solvation), _shown(shell.per_ligand), last, bound, f"{search.spread:.2f}", starts, word)


def _electrolyte(shells: Sequence[Composition], ratio: Mapping[str, float], salt: float) -> list[str]:
    """What the electrolyte holds for each ion, and which shells go with it."""
    from dualion.atoms.building.shells import allowed

    held = ", ".join(f"{value:.1f} {name}" for name, value in ratio.items())
    fits = [_name(shell) for shell in shells if allowed(_solvents(shell), ratio)]
    return [
        f"For each ion the electrolyte holds {held} ({salt:g} mol/L; volume of the salt and of mixing neglected).",
        f"Shells that every ion can have at once: {', '.join(fits) if fits else 'none of these'}.",
    ]


def _possible(names: Sequence[str], ratio: Mapping[str, float] | None) -> tuple[str, ...]:
    from dualion.atoms.building.shells import allowed

    return () if ratio is None else ("yes" if allowed(names, ratio) else "no",)


def _shown(value: float | None) -> str:
    return "withheld" if value is None else f"{value:.2f}"


def _solvents(shell: Composition) -> tuple[str, ...]:
    return tuple(sorted(solvent.name for solvent in shell.solvents))


def _name(shell: Composition) -> str:
    from dualion.atoms.building.shells import shell_name

    return shell_name(_solvents(shell), shell.ion)


def _file(shell: Composition) -> str:
    """Name of a shell for a file, such as ``"Na_DMC2_EC4"``."""
    parts = [f"{name}{count}" for name, count in sorted(Counter(_solvents(shell)).items())]
    return re.sub(r"[^A-Za-z0-9_+-]", "", "_".join([shell.ion, *parts]))
