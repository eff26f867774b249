"""A simulated rate test of a dual-ion cell whose capacity at each rate is known."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.random import Generator

from dualion.numerics.cycling.cycle_pairs import simulated_cycling
from dualion.numerics.cycling.cycler_rows import CURRENT_ACCURACY
from dualion.records.cell_record import CellRecord
from dualion.records.measurement import Measurement
from dualion.records.quantity import Quantity

_MILLI, _PERCENT = 1e3, 100.0
#: Simulated dual-ion cell: nominal rates [C] of the blocks, and their cycles.
_RATES, _BLOCK = (1.0, 2.0, 4.0, 8.0, 10.0, 15.0, 20.0, 1.0), 7
#: [C] rate at which half of the capacity is left, relative scatter of a cycle, and that of the mass [1]; mass [mg], current of 1 C [mA/g].
_HALF_RATE, _SCATTER, _MASS_ERROR, _MASS, _ONE_C = 80.0, 2e-3, 0.01, 2.0, 80.0
#: What the first cycle of a block still has of the rate before it [1].
_FIRST = 0.03
#: [V] ends of charge and discharge.
_HIGH, _LOW = 5.0, 2.0


def synthesise(
    rng: Generator, *, noise: float = 1.0, lowest_rate_capacity: float = 97.0, recovery: float = 99.0
) -> tuple[tuple[Measurement, ...], Mapping[str, float]]:
    """A rate test of a dual-ion cell from 1 C to 20 C and back, with scatter from cycle to cycle of 0.2 % and a mass known to 1 %.

    Each range of the current has an error of 0.05 %, and the mass that the cell record states is drawn about the true one.

    Parameters
    ----------
    rng : Generator
    noise : float
        [1] scale of all errors.
    lowest_rate_capacity : float
        [mAh/g] of the cathode at 1 C.
    recovery : float
        [%] of it in the last block.

    Returns
    -------
    tuple of Measurement, mapping of str to float
    """
    nominal = np.array(_RATES)
    law = (1 + nominal[0] / _HALF_RATE) / (1 + nominal / _HALF_RATE)
    law[-1] = recovery / _PERCENT
    of_range = dict(zip(_RATES, noise * CURRENT_ACCURACY * rng.standard_normal(len(_RATES)), strict=True))
    gain = 1 + np.array([of_range[rate] for rate in _RATES])
    cycles = np.repeat(law, _BLOCK)
    cycles[::_BLOCK] *= 1 + _FIRST
    true = _MASS / _MILLI * lowest_rate_capacity / _MILLI * cycles * (1 + noise * _SCATTER * rng.standard_normal(cycles.size))
    charge = np.repeat(true * np.repeat(gain, _BLOCK), 2)
    current = np.repeat(nominal * _ONE_C * _MASS / _MILLI**2 * gain, 2 * _BLOCK) * np.tile([1.0, -1.0], cycles.size)
    stated = _MASS * (1 + noise * _MASS_ERROR * rng.standard_normal())
    truth = {
        "lowest_rate_capacity": lowest_rate_capacity,
        "highest_rate_capacity": lowest_rate_capacity * float(law.min()),
        "rate_retention": _PERCENT * float(law.min()),
        "recovery": recovery,
    }
    cell = CellRecord(
        kind="dual-ion", cathode_mass=Quantity(stated, "mg", stderr=noise * _MASS_ERROR * stated), one_c=Quantity(_ONE_C, "mA/g"),
        one_c_mass="cathode",
    )  # fmt: skip
    voltage = np.tile(np.stack([np.linspace(_LOW, _HIGH, 5), np.linspace(_HIGH, _LOW, 5)]), (cycles.size, 1))
    number = np.repeat(np.arange(1, cycles.size + 1), 2)
    return (simulated_cycling(charge, current, voltage, cycle=number, name="rate_capability", truth=truth, cell=cell),), truth
