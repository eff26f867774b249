"""The last state of a cell, by name: what one step hands to the next, to another model of the same cell, or to a stepper over cycles.

Particles are kept as fractions of their host: sodium, or the vacancies of an anion host. Where the host is a size that changes as a cell
ages, the amount it holds is kept,

    x' = x Q / Q'        (Na+ host),      1 - y' = (1 - y) Q / Q'        (PF6- host, y vacancies),

and a shift of one host, such as a slippage, moves every shell alike. Both change the amounts by exactly what is asked, whatever the
profile in the particle is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from dualion.errors import SpecError
from dualion.models.outputs import Array
from dualion.models.reference.inventories import CathodeIon

Role = Literal["anode", "cathode"]

#: Sums over time; each step starts its own.
COUNTERS = ("Discharge capacity [A.h]", "Throughput capacity [A.h]", "Discharge energy [W.h]", "Throughput energy [W.h]")
_SALT = ("porosity times concentration [mol.m-3]", "electrolyte concentration [mol.m-3]", "salt concentration [mol.m-3]")


@dataclass(frozen=True, slots=True, eq=False)
class CellState:
    """State of a cell.

    Parameters
    ----------
    values : mapping of str to ndarray
        By the name of PyBaMM's variable, as fractions of their scales: particles of the full host, salt of the initial concentration.
    shells : int
        [1] in each particle.
    cathode : {"PF6-", "Na+"} or None
        What the cathode takes up; None in a half cell.
    """

    values: Mapping[str, Array]
    shells: int
    cathode: CathodeIon


def filling(state: CellState, role: Role) -> float:
    """Filled fraction of a host, the mean over particles of one size.

    Parameters
    ----------
    state : CellState
    role : {"anode", "cathode"}

    Returns
    -------
    float
        [1] of sodium, or of anions in an anion host.
    """
    name = _particles(state, role)
    edges = np.linspace(0, 1, state.shells + 1) ** 3
    held = float(np.mean(state.values[name].reshape(-1, state.shells) @ np.diff(edges)))
    return 1 - held if _holds_vacancies(state, role) else held


def with_filling_shifted(state: CellState, role: Role, change: float) -> CellState:
    """The state with one host fuller, every shell alike.

    Parameters
    ----------
    state : CellState
    role : {"anode", "cathode"}
    change : float
        [1] of the filled fraction, positive where ions are added.

    Returns
    -------
    CellState

    Raises
    ------
    SpecError
        A shell would be less than empty or more than full.
    """
    sign = -1 if _holds_vacancies(state, role) else 1
    name = _particles(state, role)
    return _with_particles(state, name, state.values[name] + sign * change)


def with_host_resized(state: CellState, role: Role, ratio: float) -> CellState:
    """The state in a host of another size, with the amount of ions kept.

    Parameters
    ----------
    state : CellState
    role : {"anode", "cathode"}
    ratio : float
        [1] new size over old size.

    Returns
    -------
    CellState

    Raises
    ------
    SpecError
        The host has become too small for what it holds.
    """
    name = _particles(state, role)
    held = state.values[name]
    return _with_particles(state, name, 1 - (1 - held) / ratio if _holds_vacancies(state, role) else held / ratio)


def with_salt_scaled(state: CellState, factor: float) -> CellState:
    """The state with ``factor`` [1] times the salt in every place."""
    changed = {name: values * factor for name, values in state.values.items() if name.endswith(_SALT)}
    return replace(state, values={**state.values, **changed})


def _with_particles(state: CellState, name: str, held: Array) -> CellState:
    if held.min() < 0 or held.max() > 1:
        raise SpecError(f"{name}: {held.min():.4g} to {held.max():.4g} of the host is outside 0 to 1. Take a smaller step.")
    return replace(state, values={**state.values, name: held})


def _particles(state: CellState, role: Role) -> str:
    """Name of the variable that holds the particles of a host; a half cell's carbon is PyBaMM's positive electrode."""
    side = "negative" if role == "anode" and state.cathode is not None else "positive"
    names = (f"X-averaged {side} particle concentration [mol.m-3]", f"{side.capitalize()} particle concentration [mol.m-3]")
    found = next((name for name in names if name in state.values), None)
    if found is None or (role == "cathode" and state.cathode is None):
        raise SpecError(f"{role}: this state has no such host. It has {', '.join(state.values)}.")
    return found


def _holds_vacancies(state: CellState, role: Role) -> bool:
    return role == "cathode" and state.cathode == "PF6-"
