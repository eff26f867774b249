"""Isotherms of hosts: logit populations and measured tables, both ways round.

Each population k holds Q_k at full occupation and fills around U_k with width v_k,

    q(U) = sum_k Q_k / (1 + exp(s (U - U_k - dU) / v_k)),     s = +1 for a cation host, -1 for an anion host,

so that the filled fraction x = q / sum Q_k falls with the potential for Na+ and rises with it for PF6-. U(x) has no closed form for
two populations or more. ``logit_potential`` finds it by a fixed number of Newton steps on ln((1-x)/x), which is nearly linear in U,
inside the bracket of the single populations; it is written with numpy functions alone, so that PyBaMM can trace it and every
parameter of the isotherm can stay an input of a model that is built once.

Valid for independent sites. ``sum Q_k`` is the size of the isotherm, not a capacity that can be measured: only q(U) above the
lowest potential visited is determined.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from dualion.errors import SpecError
from dualion.records.cell import Electrode
from dualion.records.material import Material

#: Steps of ``logit_potential``, each Newton's or, where that would leave the bracket, half of it: within 1e-6 V for widths of 3 to 80 mV.
NEWTON_STEPS = 40
#: The same where a model is traced and every step is paid at every evaluation: within 1e-8 V inside the bounds of the fits.
TRACED_STEPS = 9

#: How far beyond the bracket a step may reach and still count as Newton's last one.
_ROUNDING = 1e-9  # [V]

#: Keeps logarithms and slopes finite where a host is full or empty to the last bit.
_TINY = 1e-300

#: Knots of a table: pchip then lies within 1e-5 V of the isotherm wherever a host is between 0.1 % and 99.9 % full.
TABLE_POINTS = 1200

#: Largest argument handed to exp, short of overflow in float64.
_LARGEST_EXPONENT = 700.0

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LogitIsotherm:
    """Logit populations of one host.

    Parameters
    ----------
    capacities : tuple of float, shape (k,)
        [mAh/g]
    potentials : tuple of float, shape (k,)
        [V] against Na+/Na, at half filling.
    widths : tuple of float, shape (k,)
        [V]
    sign : {+1, -1}
        +1 for Na+, -1 for PF6-.
    shift : float
        [V] added to all potentials.
    """

    capacities: tuple[float, ...]
    potentials: tuple[float, ...]
    widths: tuple[float, ...]
    sign: int
    shift: float = 0.0

    @property
    def size(self) -> float:
        """[mAh/g] of all populations."""
        return sum(self.capacities)

    def capacity(self, potential: float | Array) -> Any:
        """[mAh/g] held in equilibrium at a potential [V]."""
        filled = 0.0
        for capacity, middle, width in zip(self.capacities, self.potentials, self.widths, strict=True):
            filled = filled + capacity * _occupied(self.sign * (potential - middle - self.shift) / width)
        return filled

    def fraction(self, potential: float | Array) -> Any:
        """Filled fraction [1] of the host in equilibrium at a potential [V]."""
        return self.capacity(potential) / self.size

    def potential(self, fraction: Any) -> Any:
        """Equilibrium potential [V] at a filled fraction [1], strictly between 0 and 1."""
        return self.shift + logit_potential(fraction, *self.capacities, *self.potentials, *self.widths, sign=self.sign)

    def capacity_above(self, potential: float) -> float:
        """[mAh/g] that a cation host takes up between a high potential and ``potential`` [V] in equilibrium."""
        return float(self.capacity(potential))

    def table(self, lowest: float, highest: float, points: int = TABLE_POINTS) -> tuple[Array, Array]:
        """Fraction [1] and potential [V] on a grid even in potential, sorted by fraction.

        Parameters
        ----------
        lowest, highest : float
            [V] the range that any protocol may visit, with a margin.
        points : int
            Number of knots.
        """
        potential = np.linspace(lowest, highest, points)
        fraction = self.fraction(potential)
        order = np.argsort(fraction)
        return fraction[order], potential[order]


@dataclass(frozen=True, slots=True)
class TableIsotherm:
    """A measured open-circuit potential; ``fraction`` [1] rises, ``potentials`` [V] go with it, ``size`` [mAh/g]."""

    fractions: tuple[float, ...]
    potentials: tuple[float, ...]
    size: float
    shift: float = 0.0
    interpolation: Literal["pchip", "linear"] = "pchip"

    def potential(self, fraction: Any) -> Any:
        """Equilibrium potential [V] at a filled fraction [1], by a monotone cubic or by straight lines."""
        if self.interpolation == "linear":
            return self.shift + np.interp(fraction, self.fractions, self.potentials)
        from scipy.interpolate import PchipInterpolator

        return self.shift + PchipInterpolator(self.fractions, self.potentials)(fraction)

    def fraction(self, potential: float | Array) -> Any:
        """Filled fraction [1] at a potential [V], by bisection within the table.

        Raises
        ------
        SpecError
            The potential lies outside the table.
        """
        from scipy.optimize import brentq

        def miss(x: float, target: float) -> float:
            return float(self.potential(x) - target)

        low, high = self.fractions[0], self.fractions[-1]
        ends = sorted((float(self.potential(low)), float(self.potential(high))))
        if np.min(potential) < ends[0] or np.max(potential) > ends[1]:
            raise SpecError(
                f"open-circuit potential: {np.min(potential):.4g} V to {np.max(potential):.4g} V is needed, and the table reaches from "
                f"{ends[0]:.4g} V to {ends[1]:.4g} V. Give a table that spans the window of the cell."
            )
        return np.vectorize(lambda target: brentq(miss, low, high, args=(target,), xtol=1e-14))(potential)

    def capacity(self, potential: float | Array) -> Any:
        """[mAh/g] held in equilibrium at a potential [V]."""
        return self.size * self.fraction(potential)

    def capacity_above(self, potential: float) -> float:
        """[mAh/g] that a cation host takes up between a high potential and ``potential`` [V] in equilibrium."""
        return float(self.capacity(potential))

    def table(self, lowest: float, highest: float, points: int = TABLE_POINTS) -> tuple[Array, Array]:
        """The table itself; the arguments, two potentials [V] and a number, are those of ``LogitIsotherm.table`` and not needed."""
        return np.asarray(self.fractions), np.asarray(self.potentials) + self.shift


Isotherm = LogitIsotherm | TableIsotherm


def logit_potential(fraction: Any, *populations: Any, sign: int = 1, steps: int = NEWTON_STEPS) -> Any:
    """Equilibrium potential of a sum of logit populations at a filled fraction.

    Parameters
    ----------
    fraction : array-like or traced symbol
        [1] strictly between 0 and 1.
    *populations
        Capacities [mAh/g] of all populations, then their potentials [V], then their widths [V].
    sign : {+1, -1}
        +1 for a cation host, -1 for an anion host.
    steps : int
        [1] of the iteration.

    Returns
    -------
    array-like or traced symbol
        [V]
    """
    count = len(populations) // 3
    capacities, middles, widths = populations[:count], populations[count : 2 * count], populations[2 * count :]
    size = sum(capacities[1:], capacities[0])
    logit = np.log((1.0 - fraction) / fraction)
    alone = [middle + sign * width * logit for middle, width in zip(middles, widths, strict=True)]
    low, high, potential = alone[0], alone[0], alone[0] * (capacities[0] / size)
    for capacity, single in zip(capacities[1:], alone[1:], strict=True):
        low, high = np.fmin(low, single), np.fmax(high, single)
        potential = potential + single * (capacity / size)
    for _ in range(steps):
        filled, slope = _TINY, _TINY
        for capacity, middle, width in zip(capacities, middles, widths, strict=True):
            occupied = _occupied(sign * (potential - middle) / width)
            filled = filled + capacity / size * occupied
            slope = slope + capacity / size * occupied * (1.0 - occupied) / width
        # the bracket closes from the side on which the potential lies; 1.0 and 0.0 stand for yes and no, so that it can be traced
        too_high = 1.0 * (sign * (fraction - filled) > 0)
        high, low = high + too_high * (potential - high), potential + too_high * (low - potential)
        rest = np.fmax(1.0 - filled, _TINY)
        newton = potential - sign * (np.log(rest / filled) - logit) * filled * rest / slope
        inside = 1.0 * (newton > low - _ROUNDING) * (newton < high + _ROUNDING)
        potential = inside * np.fmax(np.fmin(newton, high), low) + (1.0 - inside) * 0.5 * (low + high)
    return potential


def _occupied(distance: Any) -> Any:
    """1 / (1 + exp(distance)), without overflow."""
    return 1.0 / (1.0 + np.exp(np.fmin(distance, _LARGEST_EXPONENT)))


def isotherm_of(electrode: Electrode) -> Isotherm:
    """Isotherm of an electrode's host.

    Parameters
    ----------
    electrode : Electrode

    Returns
    -------
    LogitIsotherm or TableIsotherm

    Raises
    ------
    SpecError
        The material has neither populations nor a table.
    """
    material = electrode.material
    shift = material.parameters["ocp_shift"].value if "ocp_shift" in material.parameters else 0.0
    if material.table is not None:
        table = material.table
        return TableIsotherm(table.fraction, table.potential, electrode.host_capacity, shift, table.interpolation)
    if not material.populations:
        raise SpecError(f"{material.name}: no open-circuit potential. Write [[population]] tables or a table of fraction and potential.")
    return LogitIsotherm(
        tuple(_population_capacity(material, index) for index in range(len(material.populations))),
        tuple(population.potential.value for population in material.populations),
        tuple(population.width.value for population in material.populations),
        +1 if material.ion == "Na+" else -1,
        shift,
    )


def _population_capacity(material: Material, index: int) -> float:
    parameter = material.populations[index].capacity
    if parameter.quantity.unit == "1":
        return parameter.value * material["host_capacity"]
    return parameter.value
