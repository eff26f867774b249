"""A simulated dual-ion cell whose energy and power on every mass basis are known."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.random import Generator

from dualion.numerics.cycling.cycle_pairs import simulated_cycling
from dualion.numerics.cycling.cycler_rows import CURRENT_ACCURACY
from dualion.numerics.masses.cell_masses import BasisMass, bases_of, basis_mass
from dualion.records.cell_record import CellRecord
from dualion.records.measurement import Measurement
from dualion.records.quantity import Quantity

_MILLI = 1e3
#: Nominal rates [C] of the blocks, current of 1 C [mA/g], cycles of a block [1], rows of a half cycle [1].
_RATES, _ONE_C, _BLOCK, _ROWS = (2.0, 10.0, 20.0), 80.0, 6, 21
#: [V] half of what the voltage falls over a discharge, and charge above discharge.
_HALF_FALL, _HYSTERESIS = 0.6, 0.2
#: What a discharge has at each rate, relative to the first [1].
_FADE = (1.0, 0.9, 0.83)
#: Relative errors [1]: scatter of a cycle, accuracy of the voltage.
_SCATTER, _VOLTAGE_ERROR = 1e-3, 1e-3
#: What is in the cell: value, relative error [1] and unit of each.
_STATED = {
    "cathode_mass": (2.0, 0.01, "mg"),
    "anode_mass": (1.0, 0.02, "mg"),
    "electrolyte_volume": (60.0, 0.02, "uL"),
    "electrolyte_density": (1.23, 0.002, "g/mL"),
    "salt_concentration": (1.0, 0.01, "mol/L"),
    "salt_molar_mass": (167.95, 0.0, "g/mol"),
}


def synthesise(
    rng: Generator, *, noise: float = 1.0, capacity: float = 94.0, mean_voltage: float = 3.543
) -> tuple[tuple[Measurement, ...], Mapping[str, float]]:
    """Discharges of a dual-ion cell at 2, 10 and 20 C; what the cell record states is drawn about what is in the cell.

    The instrument errs by 0.1 % in all voltages and by 0.05 % in all currents, and each cycle scatters by 0.1 %.

    Parameters
    ----------
    rng : Generator
    noise : float
        [1] scale of all errors.
    capacity : float
        [mAh/g] of the cathode at 2 C.
    mean_voltage : float
        [V] E/Q at 2 C.

    Returns
    -------
    tuple of Measurement, mapping of str to float
    """
    held, stated = {}, {}
    for name, (value, relative, unit) in _STATED.items():
        seen = value * (1 + noise * relative * rng.standard_normal())
        held[name], stated[name] = Quantity(value, unit), Quantity(seen, unit, stderr=noise * relative * seen)
    gram = _STATED["cathode_mass"][0] / _MILLI
    gain, stretch = 1 + noise * np.array([CURRENT_ACCURACY, _VOLTAGE_ERROR]) * rng.standard_normal(2)
    count = len(_RATES) * _BLOCK
    scatter = 1 + noise * _SCATTER * rng.standard_normal(count)
    charge = gram * capacity / _MILLI * np.repeat(_FADE, _BLOCK) * scatter
    current = gram * _ONE_C / _MILLI * np.repeat(_RATES, _BLOCK)
    fall = np.linspace(_HALF_FALL, -_HALF_FALL, _ROWS)
    halves = np.stack([mean_voltage + _HYSTERESIS - fall, mean_voltage + fall])
    truth = _truth(_cell(held), gram * capacity, mean_voltage, capacity / (_RATES[0] * _ONE_C))
    measured = simulated_cycling(
        np.repeat(charge * gain, 2), np.repeat(current * gain, 2) * np.tile([1.0, -1.0], count), np.tile(halves * stretch, (count, 1)),
        cycle=np.repeat(np.arange(1, count + 1), 2), name="energy_power", truth=truth, cell=_cell(stated),
    )  # fmt: skip
    return (measured,), truth


def _cell(fields: Mapping[str, Quantity]) -> CellRecord:
    return CellRecord(
        kind="dual-ion", one_c=Quantity(_ONE_C, "mA/g"), one_c_mass="cathode", cathode_mass=fields["cathode_mass"],
        anode_mass=fields["anode_mass"], electrolyte_volume=fields["electrolyte_volume"], electrolyte_density=fields["electrolyte_density"],
        salt_concentration=fields["salt_concentration"], salt_molar_mass=fields["salt_molar_mass"],
    )  # fmt: skip


def _truth(cell: CellRecord, charge: float, voltage: float, hours: float) -> dict[str, float]:
    """Energy [Wh/kg] and power [W/kg] on every basis, of a charge [mAh] at a mean voltage [V]."""
    truth = {"mean_voltage": voltage, "discharged_charge": charge, "discharged_energy": charge * voltage}
    masses: list[BasisMass] = [basis_mass(cell, basis, charge) for basis in bases_of(cell)]
    for mass in masses:
        energy = _MILLI * charge * voltage / (mass.value or np.nan)
        truth |= {f"energy_{mass.name}": energy, f"power_{mass.name}": energy / hours}
    return truth
