"""Solvation energy of an ion by a shell, in three readings that are not the same.

    E_solv = E[ion X_M] - E[ion] - M E[X],     per ligand E_solv / M,     last ligand E[S_(M-1)] + E[X] - E[S_M]

The total is the more negative the more ligands bind, the last ligand the weaker the fuller the shell: both follow from the number of
ligands alone, so that "the smallest solvation energy" of a six-coordinate shell decides nothing by itself. Every start is relaxed; equal
minima count once; a shell that lost a ligand on the way says so. With a carbon the reference is the carbon alone, and the energy is that
of binding ion and solvents to it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from dualion.atoms.bonds import Coordination, coordination
from dualion.atoms.building.place import Composition
from dualion.atoms.building.shells import shell_name, starts
from dualion.atoms.building.species import IONS, Solvent, ion_structure
from dualion.atoms.engines.base import Engine, Level
from dualion.atoms.engines.check import single_point
from dualion.atoms.engines.registry import engine_flags
from dualion.atoms.relax import FMAX, Relaxed
from dualion.atoms.search.relaxer import Relaxer, in_process
from dualion.atoms.search.states import BARE, Found, State, Tried
from dualion.atoms.structure import CARBON, SYMBOLS, Structure
from dualion.atoms.tasks import structure_document
from dualion.errors import ConvergenceError, SpecError
from dualion.records.quantity import Flag

STARTS: Final = 8  # [1] of each shell
SMALL_GAP: Final = 0.5  # [eV] below it a closed shell is doubtful
OPEN_QUESTIONS: Final = (
    "Gas-phase shells: no second shell, no anion, no continuum; the order of shells in the liquid needs them.",
    "Electronic energies of one method; basis, dispersion and zero-point terms move each ligand by 0.1 eV and more.",
)
_NO_POWER = Flag(
    "no_power",
    "note",
    "The total falls and the last ligand weakens with the number of ligands alone: which shell has the smallest energy tests nothing.",
)


@dataclass(frozen=True, slots=True)
class References:
    """Energies that a shell is measured from.

    Parameters
    ----------
    rest : float
        The ion alone, with a carbon also the carbon alone [eV].
    solvents : mapping of str to float
        Lowest conformer of each solvent [eV].
    """

    rest: float
    solvents: Mapping[str, float]

    def solvation(self, total: float, names: Sequence[str]) -> float:
        """Energy of a shell against its pieces.

        Parameters
        ----------
        total : float
            Of the shell [eV].
        names : sequence of str
            Its solvents.

        Returns
        -------
        float
            Negative where it is bound [eV].
        """
        return total - self.rest - sum(count * self.solvents[name] for name, count in sorted(Counter(names).items()))


@dataclass(frozen=True, slots=True, eq=False)
class Shell:
    """A shell with what its starts led to.

    Parameters
    ----------
    composition : Composition
    found : Found
        Every start with its outcome.
    references : References
    without : mapping of str to (Relaxed or None)
        The lowest shell with one solvent of a kind less, by the name of that kind.
    """

    composition: Composition
    found: Found
    references: References
    without: Mapping[str, Relaxed | None]

    @property
    def names(self) -> tuple[str, ...]:
        """Solvents of the shell, sorted."""
        return self.found.state.solvents

    @property
    def name(self) -> str:
        """Such as ``"Na(DMC)2(EC)4"``."""
        return shell_name(self.names, self.composition.ion)

    @property
    def target(self) -> int:
        """Ligands that it was built with [1]."""
        return len(self.names)

    @property
    def best(self) -> Relaxed | None:
        """The minimum that is reported: the lowest that kept every ligand, else the lowest."""
        found = self.found.best or next(iter(self.found.accepted), None)
        return None if found is None else found.relaxed

    @property
    def coordination(self) -> Coordination | None:
        """What is bound to the ion of the reported minimum."""
        return None if self.best is None else coordination(self.best.structure)

    @property
    def solvation(self) -> float | None:
        """Total solvation energy [eV]."""
        best = self.best
        return None if best is None or best.energy is None else self.references.solvation(best.energy, self.names)

    @property
    def per_ligand(self) -> float | None:
        """Solvation energy for each ligand [eV]."""
        return None if self.solvation is None else self.solvation / self.target

    @property
    def last(self) -> dict[str, float | None]:
        """Energy to take the last ligand of each kind away [eV]; positive where it is bound."""
        best = self.best
        found: dict[str, float | None] = {}
        for kind, less in self.without.items():
            if best is None or less is None or best.energy is None or less.energy is None:
                found[kind] = None
            else:
                found[kind] = less.energy + self.references.solvents[kind] - best.energy
        return found

    @property
    def flags(self) -> tuple[Flag, ...]:
        """What a careful reader must know."""
        return _flags(self)

    def document(self) -> dict[str, Any]:
        """The shell as plain data."""
        best, around, found = self.best, self.coordination, self.found
        return {
            "name": self.name,
            "solvents": dict(sorted(Counter(self.names).items())),
            "charge": self.composition.charge,
            "multiplicity": None if best is None else best.structure.multiplicity,
            "solvation_energy_eV": _rounded(self.solvation),
            "per_ligand_eV": _rounded(self.per_ligand),
            "last_ligand_eV": {kind: _rounded(value) for kind, value in self.last.items()},
            "coordination_target": self.target,
            "coordination_relaxed": None if around is None else around.n_bound,
            "donors_relaxed": None if around is None else around.n_donors,
            "donor_distances_A": None if around is None else list(around.distances),
            "gap_eV": None if best is None else _rounded(best.gap, 4),
            "fmax_eV_per_A": None if best is None else _rounded(best.fmax, 5),
            "total_energy_eV": None if best is None else _rounded(best.energy, 8),
            "search": {
                "starts": len(found.tried),
                "accepted": len(found.accepted),
                "outcomes": found.outcomes,
                "families": list(found.families),
                "minima": len(found.minima),
                "converged": found.converged,
                "spread_eV": _rounded(found.spread),
                "second_eV": _rounded(found.second),
            },
            "structure": None if best is None else structure_document(best.structure),
            "flags": [_plain(flag) for flag in self.flags],
        }


@dataclass(frozen=True, slots=True, eq=False)
class Solvation:
    """Several shells at one level.

    Parameters
    ----------
    shells : tuple of Shell
    level : Level
    fmax : float
        Threshold of the minima [eV/angstrom].
    flags : tuple of Flag
        What holds for every energy.
    """

    shells: tuple[Shell, ...]
    level: Level
    fmax: float
    flags: tuple[Flag, ...] = ()

    @property
    def readings(self) -> dict[str, str]:
        """Which shell each reading of "the smallest solvation energy" names."""
        known = [shell for shell in self.shells if shell.solvation is not None]
        if len(known) < 2:
            return {}
        found = {
            "most negative total": min(known, key=lambda shell: shell.solvation or 0.0).name,
            "least negative total": max(known, key=lambda shell: shell.solvation or 0.0).name,
            "strongest per ligand": min(known, key=lambda shell: shell.per_ligand or 0.0).name,
            "weakest per ligand": max(known, key=lambda shell: shell.per_ligand or 0.0).name,
        }
        last = [(value, shell.name) for shell in known for value in shell.last.values() if value is not None]
        return found | ({"weakest last ligand": min(last)[1]} if last else {})

    def document(self) -> dict[str, Any]:
        """The shells as plain data."""
        return {
            "kind": "solvation",
            "level": {**self.level.document(), "fmax": self.fmax},
            "shells": [shell.document() for shell in self.shells],
            "readings": self.readings,
            "flags": [_plain(flag) for flag in self.flags],
            "open_questions": list(OPEN_QUESTIONS),
        }


def solvate(
    compositions: Sequence[Composition],
    engine: Engine,
    *,
    count: int = STARTS,
    seed: int = 0,
    fmax: float = FMAX,
    relaxer: Relaxer | None = None,
) -> Solvation:
    """Relax shells and take their energies.

    Parameters
    ----------
    compositions : sequence of Composition
        With one ion, one carbon (or none) and one charge.
    engine : Engine
    count : int
        Starts of each shell [1].
    seed : int
        Of the starts [1].
    fmax : float
        Largest force on an atom of a minimum [eV/angstrom].
    relaxer : callable, optional
        Relaxes structures; in this process if not given.

    Returns
    -------
    Solvation

    Raises
    ------
    SpecError
        The compositions cannot be compared.
    PlacementError
        The solvents do not fit.
    ConvergenceError
        A reference did not converge.
    """
    _check_comparable(compositions)
    relaxed_by = relaxer or in_process(engine, fmax=fmax)
    begun = [starts(composition, count=count, seed=seed) for composition in compositions]
    references = reference_energies(compositions, engine, relaxed_by)
    ended = iter(relaxed_by([start for several in begun for _, start in several]))
    found = [
        Found(_state(composition), [Tried(str(index), family, 0, next(ended)) for index, (family, _) in enumerate(several)])
        for composition, several in zip(compositions, begun, strict=True)
    ]
    bare = [Shell(composition, one, references, {}) for composition, one in zip(compositions, found, strict=True)]
    stripped = _stripped(bare, relaxed_by)
    shells = tuple(replace(one, without=less) for one, less in zip(bare, stripped, strict=True))
    return Solvation(shells, engine.level, fmax, (*engine_flags(engine), _NO_POWER))


def reference_energies(compositions: Sequence[Composition], engine: Engine, relaxer: Relaxer) -> References:
    """Energies of the ion, the carbon and every solvent alone.

    Parameters
    ----------
    compositions : sequence of Composition
    engine : Engine
    relaxer : callable

    Returns
    -------
    References
        [eV]

    Raises
    ------
    ConvergenceError
        One of them did not converge.
    """
    solvents: dict[str, Solvent] = {}
    for composition in compositions:
        solvents.update({solvent.name: solvent for solvent in composition.solvents})
    pieces = [(name, solvent.structure(index)) for name, solvent in sorted(solvents.items()) for index in range(len(solvent.conformers))]
    carbon = compositions[0].carbon
    if carbon is not None:
        pieces.append(("", carbon))
    energies: dict[str, list[float]] = {}
    for (name, _), one in zip(pieces, relaxer([structure for _, structure in pieces]), strict=True):
        if one.accepted and one.energy is not None:
            energies.setdefault(name, []).append(one.energy)
    missing = sorted({name or "the carbon" for name, _ in pieces if name not in energies})
    if missing:
        raise ConvergenceError(f"{', '.join(missing)}: did not relax to a minimum alone. Give another geometry, or another engine.")
    rest = single_point(_ion(compositions[0]), engine).energy + min(energies.pop("", [0.0]))
    return References(rest, {name: min(values) for name, values in energies.items()})


def _ion(composition: Composition) -> Structure:
    """The ion with the charge of the shell; a carbon keeps its own."""
    carbon = composition.carbon
    charge = composition.charge - (0 if carbon is None else carbon.charge)
    alone = ion_structure(composition.ion, np.zeros(3))
    if charge == IONS[composition.ion]:
        return alone
    electrons = SYMBOLS.index(composition.ion) - charge
    return Structure(alone.numbers, alone.positions, charge, 1 + electrons % 2, alone.labels, alone.parts)


def _check_comparable(compositions: Sequence[Composition]) -> None:
    if not compositions:
        raise SpecError("solvation: there is no shell. Give at least one, such as EC=4.")
    first = compositions[0]
    for one in compositions:
        if not one.solvents:
            raise SpecError("solvation: a shell without a solvent has no solvation energy. Give at least one, such as EC=4.")
        if one.ion != first.ion or one.charge != first.charge or one.carbon is not first.carbon:
            raise SpecError("solvation: shells of several ions, charges or carbons are not compared. Compute them one after the other.")


def _stripped(shells: Sequence[Shell], relaxer: Relaxer) -> list[dict[str, Relaxed | None]]:
    """Of each shell the lowest minimum with one solvent of each kind taken away."""
    asked: list[tuple[int, str]] = []
    begun: list[Structure] = []
    for index, shell in enumerate(shells):
        best = shell.best
        if best is None:
            continue
        for part, label in enumerate(best.structure.labels):
            if label in shell.names:
                asked.append((index, label))
                begun.append(best.structure.without(part))
    found: list[dict[str, Relaxed | None]] = [dict.fromkeys(sorted(set(shell.names))) for shell in shells]
    for (index, label), one in zip(asked, relaxer(begun), strict=True):
        lowest = found[index][label]
        if one.accepted and one.energy is not None and (lowest is None or one.energy < (lowest.energy or 0.0)):
            found[index][label] = one
    return found


def _state(composition: Composition) -> State:
    carbon = BARE if composition.carbon is None else CARBON
    return State(carbon, composition.ion, tuple(sorted(solvent.name for solvent in composition.solvents)), composition.charge)


def _flags(shell: Shell) -> tuple[Flag, ...]:
    best, around, found = shell.best, shell.coordination, []
    if best is None or around is None:
        outcomes = ", ".join(sorted(shell.found.outcomes))
        return (Flag("no_minimum", "refusal", f"No start led to a minimum ({outcomes}). Give more starts."),)
    if around.n_bound != shell.target:
        text = f"Built with {shell.target} ligands, {around.n_bound} are bound after relaxation."
        found.append(Flag("coordination_changed", "warning", text))
    if shell.found.best is not None and shell.found.opened is not None:
        text = f"A shell with fewer than {shell.target} ligands bound lies {shell.found.opened:.2f} eV lower."
        found.append(Flag("shell_opened", "warning", text))
    if not shell.found.converged:
        found.append(Flag("search_not_converged", "warning", f"{len(shell.found.tried)} starts did not settle the lowest minimum."))
    if best.gap is not None and best.gap < SMALL_GAP:
        found.append(Flag("small_gap", "warning", f"Gap {best.gap:.2f} eV; another spin state may lie lower."))
    return tuple(found)


def _plain(flag: Flag) -> dict[str, str]:
    return {"code": flag.code, "severity": flag.severity, "message": flag.message}


def _rounded(value: float | None, digits: int = 6) -> float | None:
    return None if value is None else round(float(value), digits)
