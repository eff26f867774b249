"""Searches with known energies, made without computing: for tests of what is said of them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

from atoms_landscape import CO
from dualion.atoms.desolvation.document import Asked
from dualion.atoms.desolvation.request import Carbon, ladders
from dualion.atoms.engines.base import Level
from dualion.atoms.relax import Relaxed
from dualion.atoms.search.options import SearchOptions
from dualion.atoms.search.run import Searched
from dualion.atoms.search.states import Found, State, Tried
from dualion.atoms.structure import CARBON, Structure

_FAMILIES = ("random", "strip", "grow", "shake")
#: Directions of up to six solvents.
_OUT = np.array([[0, 0, 1], [1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, -1]], dtype=np.float64)
ION, MOLECULE = 3.0, -50.0  # [eV] of the ion alone, of the solvent alone


class Named:
    """An engine that is only asked for its level."""

    level = Level("tblite", "0.8.0", "GFN1-xTB", electronic_temperature=300.0)


def structure(state: State, flake: Structure | None) -> Structure:
    """A whole shell of a state, on a small carbon where there is one; nothing about it is a minimum."""
    pieces: list[tuple[str, list[int], np.ndarray]] = []
    if flake is not None:
        pieces.append((CARBON, list(flake.numbers), flake.positions))
    if state.ion:
        pieces.append((state.ion, [11], np.array([[0.0, 0.0, 3.0]])))
    for index, name in enumerate(state.solvents):
        donor = np.array([0.0, 0.0, 3.0]) + 2.3 * _OUT[index]
        pieces.append((name, [8, 6], np.array([donor, donor + 1.2 * _OUT[index]])))
    return Structure(
        np.concatenate([numbers for _, numbers, _ in pieces]).astype(np.int64),
        np.vstack([positions for _, _, positions in pieces]),
        state.charge,
        1,
        tuple(name for name, _, _ in pieces),
        np.repeat(np.arange(len(pieces)), [len(numbers) for _, numbers, _ in pieces]),
    )


def small_carbon() -> Structure:
    """Two carbon atoms below the ion."""
    return Structure(np.array([6, 6]), np.array([[0.0, 0.0, 0.0], [1.4, 0.0, 0.0]]), 0, 1, (CARBON,), np.zeros(2, dtype=np.int64))


def found(state: State, energies: Sequence[float], *, flake: Structure | None, converged: bool = True) -> Found:
    """A state with accepted starts of some energies [eV], in several families unless it has not converged."""
    tried = []
    for index, energy in enumerate(energies):
        key = hashlib.sha256(f"{state} {index}".encode()).hexdigest()
        family = _FAMILIES[index % len(_FAMILIES)] if converged else "random"
        tried.append(Tried(key, family, 1, Relaxed("accepted", structure(state, flake), energy, 4.0, 0.015, 30)))
    return Found(state, tried, 1, 3)


def searched(
    steps: dict[tuple[str, int], Sequence[float]],
    *,
    top: int = 3,
    converged: bool = True,
    flakes: dict[str, str] | None = None,
    spread: float = 0.0,
) -> tuple[Searched, Asked]:
    """A search that found steps of given energies [eV], by carbon and charge, from the most solvents down; ten starts of each state."""
    names, charges = list(dict.fromkeys(name for name, _ in steps)), list(dict.fromkeys(charge for _, charge in steps))
    flake = small_carbon()
    carbons = tuple(
        Carbon(name, name.partition("@")[0], "" if name == "bare" else (flakes or {}).get(name, "10x11.5-ring"),
               None if name == "bare" else flake, None if name == "bare" else 1.32)
        for name in names
    )  # fmt: skip
    bottom = top - len(next(iter(steps.values())))
    made = ladders(carbons, CO, top=top, bottom=bottom, charges=charges)
    states: dict[State, Found] = {}
    released = State("", "", ("CO",), 0)
    states[released] = found(released, [MOLECULE], flake=None)
    for ladder in made:
        if ladder.carbon is not None:
            alone = State(ladder.name, "", (), 0)
            states[alone] = found(alone, [-1000.0], flake=ladder.carbon)
        below = ION + (0.0 if ladder.carbon is None else -1000.5) + bottom * (MOLECULE - 1.0)
        energies = {bottom: below}
        for solvents, step in zip(range(bottom + 1, top + 1), reversed(steps[ladder.name, ladder.charge]), strict=True):
            energies[solvents] = energies[solvents - 1] + MOLECULE - step
        for solvents, total in sorted(energies.items(), reverse=True):
            state = State(ladder.name, "Na", ("CO",) * solvents, ladder.charge)
            alone = ladder.carbon is None and not solvents
            tries = [total] if alone else [total + spread, *[total + 0.001] * 4, total, *[total + 0.002] * 4]
            states[state] = found(state, tries, flake=ladder.carbon, converged=converged)
    return Searched(made, Named(), SearchOptions(), states, stopped=False), Asked(carbons)
