"""Simulated titrations of one spherical particle with a straight open-circuit curve: what a technique must give back.

    E(t) = E_0 + E' [ c(R, t) - c_0 ] + I r + noise

with c(R, t) of a sphere of radius R and constant diffusivity D under a current that is switched on and off (``sphere``), and a
resistance r that stands for ohmic drop and linear kinetics. E' is given as the change of the voltage at rest by one pulse.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import polars as pl
from numpy.random import Generator
from numpy.typing import NDArray

from dualion.numerics.simulated import simulated_source
from dualion.numerics.titration.sphere import switched_response
from dualion.records.cell_record import CellRecord
from dualion.records.measurement import Measurement
from dualion.records.quantity import Quantity

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Train:
    """A train of equal pulses.

    Parameters
    ----------
    rate : float
        [s-1] D / R^2.
    pulses : int
        [1]
    pulse, rest : float
        [s] duration of each pulse and of each rest.
    before : float
        [s] of the rest before the first pulse.
    change : float
        [V] of the voltage at rest by one pulse, with its sign.
    voltage : float
        [V] at rest before the first pulse.
    current : float
        [A]
    resistance : float
        [ohm]
    pulse_rows, rest_rows : int
        [1] rows of each, spread evenly over the square root of time.
    """

    rate: float
    pulses: int
    pulse: float
    rest: float
    before: float
    change: float
    voltage: float
    current: float
    resistance: float
    pulse_rows: int
    rest_rows: int


#: [1] Relative standard error with which the radius of a particle is known.
RADIUS_ERROR = 0.05
_UM = 1e-6  # [m]
#: Periods of an interrupted current that are switched one by one before a record, and D t/R^2 [1] for which the mean current flowed before.
_EARLIER_PERIODS, _STEADY = 60, 3.0


def pulse_train(rng: Generator, train: Train, *, noise: float) -> pl.DataFrame:
    """The table of a titration that begins at rest.

    Parameters
    ----------
    rng : Generator
    train : Train
    noise : float
        [V] standard deviation of each voltage.

    Returns
    -------
    polars.DataFrame
        ``test_time_second``, ``voltage_volt``, ``current_ampere``.
    """
    return _with_noise(rng, *_pulses(train), noise=noise)


def interruption_train(rng: Generator, train: Train, *, noise: float) -> pl.DataFrame:
    """The table of a current that is interrupted again and again, and has flowed like that for long.

    Parameters
    ----------
    rng : Generator
    train : Train
        Its rests are the interruptions; there is none before.
    noise : float
        [V] standard deviation of each voltage.

    Returns
    -------
    polars.DataFrame
        ``test_time_second``, ``voltage_volt``, ``current_ampere``.
    """
    return _with_noise(rng, *_interruptions(train), noise=noise)


def _with_noise(rng: Generator, time: Array, voltage: Array, current: Array, *, noise: float) -> pl.DataFrame:
    noisy = voltage + noise * rng.standard_normal(time.size)
    return pl.DataFrame({"test_time_second": time, "voltage_volt": noisy, "current_ampere": current})


@lru_cache(maxsize=8)
def _pulses(train: Train) -> tuple[Array, Array, Array]:
    """Time [s], voltage [V] and current [A] of a titration without noise."""
    period = _period(train)
    begins = train.before + np.arange(train.pulses) * (train.pulse + train.rest)
    lead = np.linspace(0, train.before, train.rest_rows)
    time = np.maximum.accumulate(np.concatenate((lead, np.add.outer(begins, period).ravel())))
    on = np.concatenate((np.zeros(lead.size), np.tile(_on(train), train.pulses)))
    response = _switched(time, begins, train)
    return time, train.voltage + train.change * response + on * train.current * train.resistance, on * train.current


@lru_cache(maxsize=8)
def _interruptions(train: Train) -> tuple[Array, Array, Array]:
    """Time [s], voltage [V] and current [A] of an interrupted current without noise; the record ends with a run of current."""
    every = train.pulse + train.rest
    begins = np.arange(-_EARLIER_PERIODS, train.pulses + 1) * every
    recorded = begins[_EARLIER_PERIODS:]
    time = np.maximum.accumulate(np.add.outer(recorded, _period(train)).ravel()[: -train.rest_rows])
    on = np.tile(_on(train), recorded.size)[: -train.rest_rows]
    # the mean current until the first period that is switched
    mean = train.pulse / every
    from_then = switched_response(time, (begins[0] - _STEADY / train.rate, begins[0]), (mean, -mean), rate=train.rate)
    response = _switched(time, begins, train) + from_then / (3 * train.rate * train.pulse)
    voltage = train.voltage + train.change * (response - response[0]) + on * train.current * train.resistance
    return time, voltage, on * train.current


def _period(train: Train) -> Array:
    """[s] rows of one pulse and its rest; the first row of a step stands at the time of the last row of the step before."""
    pulse = train.pulse * np.linspace(0, 1, train.pulse_rows) ** 2
    return np.concatenate((pulse, train.pulse + train.rest * np.linspace(0, 1, train.rest_rows) ** 2))


def _on(train: Train) -> Array:
    """[1] whether the current flows in the rows of one pulse and its rest."""
    return np.repeat((1.0, 0.0), (train.pulse_rows, train.rest_rows))


def _switched(time: Array, begins: NDArray[Any], train: Train) -> Array:
    """Rise at the surface [1] over that of the mean by one pulse, under pulses that begin at ``begins`` [s]."""
    switches = np.ravel(np.column_stack((begins, begins + train.pulse)))
    steps = np.tile((1.0, -1.0), begins.size)
    return switched_response(time, switches, steps, rate=train.rate) / (3 * train.rate * train.pulse)


def of_particles(
    rng: Generator,
    train: Train,
    make: Callable[..., pl.DataFrame],
    *,
    name: str,
    noise: float,
    volts: float,
    median_diffusivity: float,
) -> tuple[Measurement, dict[str, float]]:
    """A simulated titration of particles whose radius is known to 5 %: the radius that the cell record states is drawn about the true one.

    Parameters
    ----------
    rng : Generator
    train : Train
        Its rate and the diffusivity give the radius.
    make : callable
        ``pulse_train`` or ``interruption_train``.
    name : str
        Of the technique.
    noise : float
        [1] scale of all errors.
    volts : float
        [V] error of a voltage at noise 1.
    median_diffusivity : float
        [m2/s]

    Returns
    -------
    Measurement, truth
    """
    radius = math.sqrt(median_diffusivity / train.rate) / _UM
    stated = radius * (1 + noise * RADIUS_ERROR * rng.standard_normal())
    truth = {"median_diffusivity": median_diffusivity}
    known = Quantity(stated, "um", stderr=noise * RADIUS_ERROR * stated)
    return simulated(make(rng, train, noise=noise * volts), known, name=name, truth=truth), truth


def simulated(table: pl.DataFrame, radius: Quantity, *, name: str, truth: Mapping[str, float]) -> Measurement:
    """A simulated table as a measurement of a half cell whose particle radius is known with an error.

    Parameters
    ----------
    table : polars.DataFrame
    radius : Quantity
        [um] as the cell record states it.
    name : str
        Of the technique.
    truth : mapping of str to float
        What the table was made with, in the units of the result.
    """
    source = simulated_source(name, f"synthetic-{name}.csv", table.to_numpy(), truth=truth)
    cell = CellRecord(kind="half", working="anode", particle_radius=radius)
    return Measurement("gitt", table, {}, "synthetic", source, cell=cell)
