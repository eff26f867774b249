"""What a cell model is asked to reproduce: named quantities at named currents, with the error that a datum is given."""

from __future__ import annotations

from dataclasses import dataclass

#: Standard errors where a source gives none: 1 % of a capacity but at least 1 mAh/g, 10 mV, one point of a ratio. Assumed.
CAPACITY_SIGMA, LEAST_CAPACITY_SIGMA = 0.01, 1.0  # [1], [mAh/g]
VOLTAGE_SIGMA = 0.01  # [V]
RATIO_SIGMA = 1.0  # [%]

#: Potential that splits the plateau from the slope, unless a study says otherwise. Assumed.
PLATEAU_BOUNDARY = 0.15  # [V] against Na+/Na

#: A ratio at two currents, and the capacity that it is of.
RATIOS = {"plateau_retention": "plateau_capacity", "capacity_retention": "specific_capacity"}
CAPACITIES = ("specific_capacity", "plateau_capacity", "slope_capacity")


@dataclass(frozen=True, slots=True)
class Target:
    """One number that a model is held against.

    Parameters
    ----------
    claim : str
    quantity : str
        ``specific_capacity``, ``plateau_capacity``, ``slope_capacity`` [mAh/g], ``mean_voltage``, ``median_voltage`` [V],
        ``specific_energy`` [mWh/g] of the mass that defines the capacity, ``plateau_retention`` or ``capacity_retention`` [%], at
        ``specific_current`` over ``reference_current``.
    specific_current : float
        [mA/g] on the mass that defines 1 C.
    value : float
        In the unit of the quantity.
    reference_current : float or None
        [mA/g]
    error : float or None
        Standard error in the unit of the quantity, where the source gives one.
    """

    claim: str
    quantity: str
    specific_current: float
    value: float
    reference_current: float | None = None
    error: float | None = None

    @property
    def sigma(self) -> float:
        """Standard error in the unit of the quantity: the given one, else an assumed one."""
        if self.error is not None:
            return self.error
        if self.quantity in CAPACITIES:
            return max(CAPACITY_SIGMA * abs(self.value), LEAST_CAPACITY_SIGMA)
        if self.quantity == "specific_energy":
            return CAPACITY_SIGMA * abs(self.value)
        return RATIO_SIGMA if self.quantity in RATIOS else VOLTAGE_SIGMA

    @property
    def unit(self) -> str:
        """Unit of the quantity."""
        if self.quantity in CAPACITIES:
            return "mAh/g"
        if self.quantity in RATIOS:
            return "%"
        return "mWh/g" if self.quantity == "specific_energy" else "V"
