"""The step energy of Eq. (1) from three runs: before -> after + released.

    E = E[after] + E[released] - E[before]

It is given only where the three are of one level: cutoff, cell, k points, potentials, dispersion and every other tag that changes an
energy; where charge and atoms balance; and where each run is usable by itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from dualion.atoms.structure import CARBON
from dualion.atoms.vasp.folder import Outcome
from dualion.atoms.vasp.refusals import same_mesh
from dualion.atoms.vasp.state_file import State
from dualion.atoms.vasp.tags import differing
from dualion.errors import SpecError
from dualion.records.quantity import Flag

_LENGTH: Final = 1e-4  # [angstrom]


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """A step energy and what it was made from.

    Parameters
    ----------
    name : str
        Such as ``"EC 3->2 @ oxN_zz"``.
    energy : float
        [eV]
    charge : int
        Of both sides [e].
    before, after, released : Outcome
    flags : tuple of Flag
    """

    name: str
    energy: float
    charge: int
    before: Outcome
    after: Outcome
    released: Outcome
    flags: tuple[Flag, ...]


def step_energy(before: Outcome, after: Outcome, released: Outcome) -> Step:
    """Energy that is needed to take the released molecule away.

    Parameters
    ----------
    before, after, released : Outcome

    Returns
    -------
    Step

    Raises
    ------
    SpecError
        Everything that forbids it, one line each.
    """
    roles = {"before": before, "after": after, "released": released}
    problems = [
        f"{role} ({one.folder}): {flag.code}: {flag.message}."
        for role, one in roles.items()
        for flag in one.flags
        if flag.severity == "refusal"
    ]
    problems += [f"step: {said}" for said in (*_levels(roles), *_balance(before.state, after.state, released.state))]
    energies = [one.run.energy for one in (after, released, before)]
    states = [one.state for one in (before, after, released)]
    if problems or any(energy is None for energy in energies) or any(state is None for state in states):
        raise SpecError(problems)
    gained, molecule, spent = (float(energy or 0.0) for energy in energies)
    said = "each state is one structure: the minimum over its conformers was not searched here"
    flags = (Flag("one_structure_per_state", "warning", said), *_notes(roles))
    first = states[0].structure.charge if states[0] is not None else 0
    return Step(_name(before, after, released), gained + molecule - spent, first, before, after, released, flags)


def mixed_potentials(outcomes: Sequence[Outcome]) -> tuple[Flag, ...]:
    """A refusal for each element that several folders compute with different potentials.

    Parameters
    ----------
    outcomes : sequence of Outcome

    Returns
    -------
    tuple of Flag
    """
    titles: dict[str, dict[str, None]] = {}
    for outcome in outcomes:
        for element, title in outcome.run.titles:
            titles.setdefault(element, {})[title] = None
    return tuple(
        Flag("mixed_potentials", "refusal", f"{element} is computed with {' and '.join(found)}: these energies form no difference")
        for element, found in sorted(titles.items())
        if len(found) > 1
    )


def _levels(roles: dict[str, Outcome]) -> Iterator[str]:
    (first_role, first), *others = roles.items()
    for role, one in others:
        for tag, mine, theirs in differing(first.run.tags, one.run.tags):
            yield f"{tag} is {mine} in {first_role} and {theirs} in {role}. Compute all three at one level."
        if first.run.lattice.shape != one.run.lattice.shape or not np.allclose(first.run.lattice, one.run.lattice, rtol=0.0, atol=_LENGTH):
            yield f"the cell of {role} is not that of {first_role}. Compute all three in one box."
        if not same_mesh(first.run.kpoints, one.run.kpoints):
            yield f"the k points of {role} are not those of {first_role}. Compute all three on one mesh."
    for flag in mixed_potentials(tuple(roles.values())):
        yield f"{flag.message}. Compute all three with one potential."


def _balance(before: State | None, after: State | None, released: State | None) -> Iterator[str]:
    if before is None or after is None or released is None:
        return
    left, right = before.structure, (after.structure, released.structure)
    charge = sum(structure.charge for structure in right)
    if left.charge != charge:
        yield f"the charge is {left.charge:+d} before and {charge:+d} after. Compute both sides at one charge."
    if released.structure.charge:
        yield f"the released molecule has the charge {released.structure.charge:+d}. Compute it neutral."
    atoms = Counter(symbol for structure in right for symbol in structure.symbols)
    if Counter(left.symbols) != atoms:
        yield f"{left.formula} is not {right[0].formula} + {right[1].formula}. Name the three states of one step."


def _notes(roles: dict[str, Outcome]) -> Iterator[Flag]:
    for role, one in roles.items():
        for flag in one.flags:
            yield Flag(flag.code, flag.severity, f"{role}: {flag.message}")


def _name(before: Outcome, after: Outcome, released: Outcome) -> str:
    if before.state is None or after.state is None or released.state is None:
        return f"{before.name} -> {after.name} + {released.name}"
    first, second = Counter(before.state.structure.labels), Counter(after.state.structure.labels)
    gone = first - second
    if list(gone.values()) != [1] or second - first:
        return f"{before.name} -> {after.name} + {released.name}"
    (label,) = gone
    carbon = before.name.partition(" + ")[0] if CARBON in first else "bare"
    return f"{label} {first[label]}->{second[label]} @ {carbon}"
