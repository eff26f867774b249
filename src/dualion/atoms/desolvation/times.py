"""Times of steps, with a stated prefactor.

With the prefactor A and the temperature T the rate is k = A exp(-E / kT), the time 1 / k, and the energy of a time E = kT ln(A tau). The
energy of a step is that of a reaction and no barrier: re-solvation, exchange and field are absent, which each time carries as a flag. A
time spans tens of decades, so that its logarithm stands beside it; a time that no floating-point number can hold is withheld.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from dualion.atoms.engines.base import BOLTZMANN
from dualion.errors import SpecError
from dualion.records.quantity import Flag

PLANCK = 4.135667696e-15  # [eV s] CODATA 2018
ROOM = 298.15  # [K] assumed where none is given: the study states no temperature for its times
THRESHOLD = 1.0  # [s] the time that the study compares steps with

Prefactor = float | Literal["kT/h"]

#: Prefactors [1/s] for which each time is given again: the usual range of attempt frequencies, and that of transition-state theory.
PREFACTORS: tuple[Prefactor, ...] = (1e12, "kT/h", 1e13, 1e14)

REACTION_ENERGY_AS_BARRIER = Flag(
    "reaction_energy_as_barrier",
    "warning",
    "The energy of a reaction was put in place of a barrier; re-solvation, exchange by a solvent or an anion, and the field are absent.",
)
_LARGEST, _SMALLEST = 307.0, -307.0  # decades that a floating-point number holds in full precision


@dataclass(frozen=True, slots=True)
class Lifetime:
    """The time of a step, with the image of the interval of its energy.

    Parameters
    ----------
    log10_tau : float
        Decimal logarithm of the time in seconds [1].
    log10_interval : tuple of two floats
        Of the ends of the interval in seconds [1].
    prefactor : float or "kT/h"
        As it was asked for [Hz].
    temperature : float
        [K]
    flags : tuple of Flag
        Always with ``reaction_energy_as_barrier``.
    """

    log10_tau: float
    log10_interval: tuple[float, float]
    prefactor: Prefactor
    temperature: float
    flags: tuple[Flag, ...] = (REACTION_ENERGY_AS_BARRIER,)

    @property
    def tau(self) -> float | None:
        """The time [s]; None where no floating-point number can hold it."""
        return _power(self.log10_tau)

    @property
    def interval(self) -> tuple[float | None, float | None]:
        """The ends of its interval [s]; None where no floating-point number can hold one."""
        return _power(self.log10_interval[0]), _power(self.log10_interval[1])

    def document(self) -> dict[str, Any]:
        """The time as plain data, in seconds."""
        return {
            "tau_s": self.tau,
            "tau_interval_s": list(self.interval),
            "log10_tau": self.log10_tau,
            "log10_tau_interval": list(self.log10_interval),
            "prefactor": self.prefactor,
            "temperature_K": self.temperature,
        }


@dataclass(frozen=True, slots=True)
class StepsOver:
    """Which steps take longer than a threshold, for every prefactor that was asked for.

    Parameters
    ----------
    threshold : float
        [s]
    above : tuple of str
        Steps whose whole interval lies above it.
    crossing : tuple of str
        Steps whose interval contains it, for at least one of the prefactors.
    below : tuple of str
        Steps whose whole interval lies below it.
    first : str or None
        The first step above it with all earlier ones below it; None where the intervals do not decide that.
    """

    threshold: float
    above: tuple[str, ...]
    crossing: tuple[str, ...]
    below: tuple[str, ...]
    first: str | None

    @property
    def statement(self) -> str:
        """One sentence."""
        limit = f"{self.threshold:g} s"
        if self.first is not None:
            later = f"; the interval of {_listed(self.crossing)} crosses it" if self.crossing else ""
            return f"{self.first} is the first step over {limit}{later}."
        if self.crossing:
            return f"Which step is the first over {limit} is not decided: the interval of {_listed(self.crossing)} crosses it."
        return f"No step takes longer than {limit}."


def attempts(prefactor: Prefactor, temperature: float = ROOM) -> float:
    """Number that a prefactor stands for [1/s].

    Parameters
    ----------
    prefactor : float or "kT/h"
        Positive [Hz].
    temperature : float
        Positive [K].

    Returns
    -------
    float

    Raises
    ------
    SpecError
        One of them is not positive and finite, or the prefactor is another word.

    Examples
    --------
    >>> f"{attempts('kT/h', 298.15):.3e}"
    '6.212e+12'
    """
    if not (math.isfinite(temperature) and temperature > 0):
        raise SpecError(f"temperature: {temperature} K is not above 0 K. Write an absolute temperature, such as {ROOM}.")
    if prefactor == "kT/h":
        return BOLTZMANN * temperature / PLANCK
    try:
        number = float(prefactor)
    except (TypeError, ValueError):
        number = math.nan
    if not (math.isfinite(number) and number > 0):
        raise SpecError(f'prefactor: {prefactor} is not a rate. Write "kT/h", or a positive number in 1/s, such as 1e13.')
    return number


def log10_rate(energy: float, *, temperature: float = ROOM, prefactor: Prefactor = "kT/h") -> float:
    """Decimal logarithm of the rate in 1/s [1].

    Parameters
    ----------
    energy : float
        Of the step [eV].
    temperature : float
        [K]
    prefactor : float or "kT/h"
        [Hz]

    Returns
    -------
    float

    Raises
    ------
    SpecError
        A value is not finite, or the temperature or the prefactor is not positive.
    """
    if not math.isfinite(energy):
        raise SpecError(f"energy: {energy} eV is not finite. Leave out a step without an energy.")
    return math.log10(attempts(prefactor, temperature)) - energy / (BOLTZMANN * temperature * math.log(10.0))


def rate(energy: float, *, temperature: float = ROOM, prefactor: Prefactor = "kT/h") -> float | None:
    """Rate [1/s]; None where no floating-point number can hold it.

    Parameters
    ----------
    energy : float
        Of the step [eV].
    temperature : float
        [K]
    prefactor : float or "kT/h"
        [Hz]

    Returns
    -------
    float or None

    Raises
    ------
    SpecError
        A value is not finite, or the temperature or the prefactor is not positive.
    """
    return _power(log10_rate(energy, temperature=temperature, prefactor=prefactor))


def lifetime(
    energy: float, interval: tuple[float, float] | None = None, *, temperature: float = ROOM, prefactor: Prefactor = "kT/h"
) -> Lifetime:
    """Time of a step.

    Parameters
    ----------
    energy : float
        Of the step [eV].
    interval : tuple of two floats, optional
        Of the energy, the lower end first [eV]; the energy itself where none is given.
    temperature : float
        [K]
    prefactor : float or "kT/h"
        [Hz]

    Returns
    -------
    Lifetime

    Raises
    ------
    SpecError
        A value is not finite, the temperature or the prefactor is not positive, or the interval does not contain the energy.
    """
    low, high = (energy, energy) if interval is None else interval
    logs = [-log10_rate(value, temperature=temperature, prefactor=prefactor) for value in (low, energy, high)]
    if not low <= energy <= high:
        raise SpecError(f"interval: {low} to {high} eV does not contain the energy {energy} eV. Write its lower end first.")
    return Lifetime(logs[1], (logs[0], logs[2]), prefactor, temperature)


def energy_for(tau: float, *, temperature: float = ROOM, prefactor: Prefactor = "kT/h") -> float:
    """Energy of a step that takes a time [eV].

    Parameters
    ----------
    tau : float
        Positive [s].
    temperature : float
        [K]
    prefactor : float or "kT/h"
        [Hz]

    Returns
    -------
    float

    Raises
    ------
    SpecError
        One of them is not positive and finite.

    Examples
    --------
    >>> round(energy_for(1.0), 3)
    0.757
    """
    if not (math.isfinite(tau) and tau > 0):
        raise SpecError(f"tau: {tau} s is not a time. Write a positive number of seconds.")
    return BOLTZMANN * temperature * (math.log(attempts(prefactor, temperature)) + math.log(tau))


def prefactor_table(energy: float, interval: tuple[float, float] | None = None, *, temperature: float = ROOM) -> tuple[Lifetime, ...]:
    """Time of a step for each prefactor of the usual range.

    Parameters
    ----------
    energy : float
        Of the step [eV].
    interval : tuple of two floats, optional
        Of the energy, the lower end first [eV].
    temperature : float
        [K]

    Returns
    -------
    tuple of Lifetime
        In the order of ``PREFACTORS``.

    Raises
    ------
    SpecError
        As ``lifetime``.
    """
    return tuple(lifetime(energy, interval, temperature=temperature, prefactor=prefactor) for prefactor in PREFACTORS)


def first_step_over(
    steps: Mapping[str, tuple[float, float]],
    *,
    threshold: float = THRESHOLD,
    temperature: float = ROOM,
    prefactors: tuple[Prefactor, ...] = ("kT/h",),
) -> StepsOver:
    """Steps that take longer than a threshold, and those whose interval does not decide it.

    Parameters
    ----------
    steps : mapping of str to tuple of two floats
        Interval of the energy of each step by its name, in the order in which the solvents leave [eV].
    threshold : float
        [s]
    temperature : float
        [K]
    prefactors : tuple of float or "kT/h"
        A step is above or below only if it is so for each of them [Hz]; ``PREFACTORS`` for the usual range.

    Returns
    -------
    StepsOver

    Raises
    ------
    SpecError
        A value is not finite or not positive, or there is no prefactor.
    """
    if not prefactors:
        raise SpecError('prefactors: none is given. Write at least one, such as ("kT/h",).')
    for name, (low, high) in steps.items():
        if not (math.isfinite(low) and math.isfinite(high) and low <= high):
            raise SpecError(f"{name}: {low} to {high} eV is not an interval. Write its lower end first, and leave out a step without one.")
    limits = [energy_for(threshold, temperature=temperature, prefactor=prefactor) for prefactor in prefactors]
    above = tuple(name for name, (low, _) in steps.items() if low > max(limits))
    below = tuple(name for name, (_, high) in steps.items() if high < min(limits))
    crossing = tuple(name for name in steps if name not in (*above, *below))
    undecided = next((name for name in steps if name not in below), None)
    return StepsOver(threshold, above, crossing, below, undecided if undecided in above else None)


def _listed(names: tuple[str, ...]) -> str:
    return " and ".join(names) if len(names) < 3 else f"{', '.join(names[:-1])} and {names[-1]}"


def _power(exponent: float) -> float | None:
    return 10.0**exponent if _SMALLEST < exponent < _LARGEST else None
