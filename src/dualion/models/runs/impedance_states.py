"""States of charge at which a spectrum is computed, as fillings of the anode.

A state is written as a share of the charge between the ends of the window in equilibrium (``0.5``, ``50 %``), as a voltage of the cell in
equilibrium (``4.1 V``), or as the filling of the anode's whole host (``x=0.5``). A half cell counts from its upper to its lower voltage,
for there its carbon fills; a dual-ion cell counts from its assembly, where it is discharged, to its upper voltage; a rocking-chair cell
from its lower voltage, or from where a measured potential of a host ends, to its upper one.
"""

from __future__ import annotations

import re

from dualion.errors import SpecError, UnitError
from dualion.models.isotherms import TableIsotherm, isotherm_of
from dualion.models.states import host_charge, initial_fractions
from dualion.records.cell import Cell
from dualion.units import convert, parse

_FILLING = re.compile(r"x\s*=\s*(?P<value>[0-9.eE+-]+)")


def filling_at(cell: Cell, state: str) -> float:
    """Filling of the anode's host at a state of charge.

    Parameters
    ----------
    cell : Cell
    state : str
        Such as ``"0.5"``, ``"50 %"``, ``"4.1 V"`` or ``"x=0.5"``.

    Returns
    -------
    float
        [1] of the whole host.

    Raises
    ------
    SpecError
        The text is none of these, or the cell has no such state.

    Examples
    --------
    >>> from dualion.records.cell_files import load_cell
    >>> filling_at(load_cell("na-mec3"), "x=0.5")
    0.5
    """
    written = _FILLING.fullmatch(state.strip())
    try:
        value, unit = (float(written["value"]), "x") if written else parse(state)
    except (UnitError, ValueError) as error:
        raise _unclear(state) from error
    if unit == "x":
        return value
    if unit in ("V", "mV"):
        return _at_voltage(cell, convert(value, unit, "V"))
    if unit not in ("", "1", "%"):
        raise _unclear(state)
    share = convert(value, unit or "1", "1")
    if not 0 <= share <= 1:
        raise SpecError(f"state: {share:g} is not between 0 and 1. Write a share of the charge, such as 0.5 or 50 %.")
    first, last = _ends(cell)
    return first + share * (last - first)


def _ends(cell: Cell) -> tuple[float, float]:
    """Filling of the anode at the states of charge 0 and 1."""
    low, high = cell.window[0].value, cell.window[1].value
    if cell.kind == "half":
        return _at_voltage(cell, high), _at_voltage(cell, low)
    if cell.kind == "dual-ion":
        return initial_fractions(cell, {})["anode.initial_fraction"], _at_voltage(cell, high)
    try:
        emptied = _at_voltage(cell, low)
    except SpecError:  # a measured potential ends before the window does
        emptied = _emptiest(cell)
    return emptied, _at_voltage(cell, high)


def _emptiest(cell: Cell) -> float:
    """Filling of the anode where a measured potential of one of the hosts ends, on discharge of a rocking-chair cell."""
    assert cell.cathode is not None
    start = initial_fractions(cell, {})
    anode, cathode = isotherm_of(cell.anode), isotherm_of(cell.cathode)
    least = anode.fractions[0] if isinstance(anode, TableIsotherm) else 0.0
    most = cathode.fractions[-1] if isinstance(cathode, TableIsotherm) else 1.0
    taken = (most - start["cathode.initial_fraction"]) * host_charge(cell.cathode, cell) / host_charge(cell.anode, cell)
    return max(least, start["anode.initial_fraction"] - taken)


def _at_voltage(cell: Cell, voltage: float) -> float:
    if cell.kind == "half":
        return float(isotherm_of(cell.anode).fraction(voltage))
    return initial_fractions(cell, {}, voltage=voltage)["anode.initial_fraction"]


def _unclear(state: str) -> SpecError:
    return SpecError(
        f'state: "{state}" is not a state of charge. Write a share such as 0.5 or "50 %", a voltage such as "4.1 V", or "x=0.5".'
    )
