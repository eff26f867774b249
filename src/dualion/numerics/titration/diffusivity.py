"""The closed form of a titration, and a median of diffusivities as a quantity.

D = (4 / pi) [ L (E_after - E_before) / tau / (dE / d sqrt(t)) ]^2                (Weppner & Huggins 1977)
"""

from __future__ import annotations

import math

from dualion.numerics.titration.pulses import Median
from dualion.records.quantity import Quantity


def closed_form(*, length: float, change: float, duration: float, slope: float) -> float:
    """Diffusivity [m2/s] of one pulse.

    Parameters
    ----------
    length : float
        [m] volume of a particle over its surface, which is a third of the radius of a sphere.
    change : float
        [V] of the voltage at rest by the pulse.
    duration : float
        [s]
    slope : float
        [V] per root of a second, of the voltage during the pulse.
    """
    return 4 / math.pi * (length * change / duration / slope) ** 2


def median_quantity(found: Median | None, rule: str) -> Quantity:
    """A median of diffusivities as a quantity, withheld where there is none."""
    if found is None:
        return Quantity(None, "m2/s", n=0, rule=rule)
    return Quantity(found.value, "m2/s", stderr=found.stderr, n=found.n, rule=rule, interval=found.interval)
