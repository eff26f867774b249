"""Cheap limits of the cell models, in closed form: what starts of a fit are screened on before the full model refines them.

Half cell without gradients (fast diffusion, uniform salt):

    V(U) = U - i [R A + L_s / kappa_s + L_n / (3 kappa_n)] - (2 R T / F) asinh(j / 2 j0(x(U)))

falls with U, so the capacity at the cut-off is Q(U) at the root of V(U) = V_end, without solving for U(x).

Dual-ion cell with a quasi-steady parabola in the cathode particle and a flat anode: surface and mean differ by
theta_s - theta = tau i'/5 with tau i' = i R_p^2 / (3 D q m); the charge ends where the surface meets the upper cut-off and the
discharge where it meets the lower.
Valid while a half cycle lasts longer than R_p^2 / D; only starts are judged by it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from dualion.models.cells import nominal_values, with_inputs
from dualion.models.constants import BRUGGEMAN, DESODIATED_POTENTIAL, FARADAY, GAS_CONSTANT, HALF_CELL_START, REFERENCE_TEMPERATURE
from dualion.models.isotherms import LogitIsotherm, isotherm_of
from dualion.models.targets import CAPACITIES, RATIOS, Target
from dualion.records.cell import Cell

_THERMAL = 2 * GAS_CONSTANT * REFERENCE_TEMPERATURE / FARADAY  # [V]
_GRID = 600
#: Potentials between which an anode and a cathode are tabulated, beyond all that a cell reaches.
_LOWEST_ANODE = -0.2  # [V]
_CATHODE_RANGE = (2.0, 6.0)  # [V]
#: How near to empty or full a host may come, where a logarithm of its filling is taken.
_EDGE = 1e-9
#: Largest difference of surface and mean occupation; beyond it a particle is not quasi-steady, and nothing is left to charge.
_LARGEST_LAG = 0.45
#: Points over which the voltage of a discharge is averaged.
_AVERAGED = 200
#: Conductivity where the transport is a table and no formula is at hand.
_TYPICAL_CONDUCTIVITY = 0.9  # [S/m]


def has_cheap_limit(cell: Cell, targets: Sequence[Target]) -> bool:
    """Whether the cheap limit of a cell gives every one of these targets.

    Parameters
    ----------
    cell : Cell
    targets : sequence of Target
    """
    if cell.cathode is None:
        law = "charge_transfer_resistance" in cell.anode.material.parameters
        return law and all(target.quantity in (*CAPACITIES, *RATIOS) for target in targets)
    return not cell.cathode.material.table and all(target.quantity in ("specific_capacity", "mean_voltage") for target in targets)


def cheap_half_cell(cell: Cell, targets: Sequence[Target], parameters: Mapping[str, float], boundary: float) -> list[float]:
    """The targets of a half cell in its limit without gradients, in the targets' units.

    Parameters
    ----------
    cell : Cell
    targets : sequence of Target
    parameters : mapping of str to float
        Values of the open parameters, in the units of their records.
    boundary : float
        [V] against Na+/Na, between plateau and slope.

    Returns
    -------
    list of float
        In the order of the targets.
    """
    given = with_inputs(cell, parameters)
    isotherm = isotherm_of(given.anode)
    potential = np.linspace(HALF_CELL_START, _LOWEST_ANODE, _GRID)
    held = isotherm.capacity(potential)
    filled = np.clip(isotherm.fraction(potential), _EDGE, 1 - _EDGE)

    def crossing(current: float, voltage: float) -> float:
        """[mAh/g] held when the cell voltage falls to ``voltage``."""
        return float(np.interp(-voltage, -(potential - _half_cell_drop(given, current, filled)), held))

    def capacities(current: float) -> dict[str, float]:
        total = crossing(current, cell.window[0].value)
        plateau = total - crossing(current, boundary)
        return {"specific_capacity": total, "plateau_capacity": plateau, "slope_capacity": total - plateau}

    values = []
    for target in targets:
        here = capacities(target.specific_current)
        if target.quantity in RATIOS and target.reference_current is not None:
            capacity = RATIOS[target.quantity]
            values.append(100 * here[capacity] / max(capacities(target.reference_current)[capacity], _EDGE))
        else:
            values.append(here[target.quantity])
    return values


def _half_cell_drop(cell: Cell, specific_current: float, filled: NDArray[np.float64]) -> NDArray[np.float64]:
    """[V] lost at a current, at each filling of the host."""
    current = cell.current_of(specific_current)
    area = cell.area.value * 1e-4
    conductivity = _conductivity(cell)
    separator = cell.separator.thickness.value * 1e-6 / (conductivity * cell.separator.porosity.value**BRUGGEMAN)
    electrode = cell.anode.thickness / (3 * conductivity * cell.anode.material["porosity"] ** BRUGGEMAN)
    linear = current * (_resistance(cell) + (separator + electrode) / area)
    transfer = GAS_CONSTANT * REFERENCE_TEMPERATURE / FARADAY / cell.anode.material["charge_transfer_resistance"]  # [A] at half filling
    reaction = _THERMAL * np.arcsinh(current / (2 * transfer * 2 * np.sqrt(filled * (1 - filled))))
    return np.asarray(linear + reaction)


def _resistance(cell: Cell) -> float:
    """[ohm] in series: contacts, and a film where it is a circuit of its own."""
    return cell.series_resistance.value + (0.0 if cell.film is None else cell.film.resistance.value)


def _conductivity(cell: Cell) -> float:
    salt = cell.electrolyte.concentration.value
    law = cell.electrolyte.transport.conductivity
    return _TYPICAL_CONDUCTIVITY if law is None else float(law[0] * salt * np.exp(-law[1] * salt))


def cheap_dual_ion(cell: Cell, targets: Sequence[Target], parameters: Mapping[str, float]) -> list[float]:
    """The capacities and mean voltages of a dual-ion cell in its quasi-steady limit, in the targets' units.

    Parameters
    ----------
    cell : Cell
    targets : sequence of Target
    parameters : mapping of str to float
        Values of the open parameters, in the units of their records.

    Returns
    -------
    list of float
        In the order of the targets.
    """
    assert cell.cathode is not None
    book = {**nominal_values(cell), **parameters}
    host = book["cathode.host_capacity"]
    shape = isotherm_of(cell.cathode)
    assert isinstance(shape, LogitIsotherm)
    potential = np.linspace(*_CATHODE_RANGE, _GRID)
    surface = shape.fraction(potential - book["cathode.ocp_shift"] + shape.shift)
    given = with_inputs(cell, parameters)
    anode = isotherm_of(given.anode)
    per_anode = host * cell.cathode.loading.value / cell.anode.loading.value
    filled = np.clip(anode.fraction(DESODIATED_POTENTIAL) + surface * per_anode / anode.size, _EDGE, 1 - _EDGE)
    fractions, potentials = anode.table(_LOWEST_ANODE, DESODIATED_POTENTIAL + 1.0)
    voltage = potential - np.interp(filled, fractions, potentials)
    values = []
    for target in targets:
        drop = cell.current_of(target.specific_current) * _resistance(given)
        lag = _surface_lag(cell, target.specific_current, host, book["cathode.diffusivity"])
        top = float(np.interp(cell.window[1].value - drop, voltage, surface)) - lag
        bottom = float(np.interp(cell.window[0].value + drop, voltage, surface)) + lag
        window = np.linspace(max(bottom, 1e-4), max(top, bottom + 1e-3), _AVERAGED)
        mean = float(np.mean(np.interp(np.clip(window - lag, 1e-6, 1), surface, voltage))) - drop
        values.append(host * (top - bottom) if target.unit == "mAh/g" else mean)
    return values


def _surface_lag(cell: Cell, specific_current: float, host: float, diffusivity: float) -> float:
    """[1] difference of surface and mean occupation in a particle under a steady flux: q R^2 / (15 D)."""
    assert cell.cathode is not None
    radius = cell.cathode.material["particle_radius"] * 1e-6
    rate = specific_current / host / 3600  # [1/s] of the host
    return float(np.minimum(rate * radius**2 / (15 * diffusivity), _LARGEST_LAG))
