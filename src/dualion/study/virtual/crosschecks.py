"""What the techniques say of each other on a virtual carbon: the comparisons of ``numerics.consistency``, as for a measured sample.

Density, plateau and capacity are those that were put in: no signal shows them. What is incompatible here is so by the choice of
descriptors, not by an error of a method.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from dualion.numerics import consistency
from dualion.numerics.atomic_weights import ATOMIC_WEIGHTS
from dualion.numerics.consistency import Check, Value
from dualion.numerics.porosity.skeleton import GRAPHITE_DENSITY, GRAPHITE_SPACING, scaled_density
from dualion.records.measurement import Result
from dualion.records.quantity import Parameter
from dualion.study.virtual.carbon import Carbon
from dualion.units import convert

_MILLI = 1e3
_UNKNOWN = Value(None, None)


def crosschecks(carbon: Carbon, results: Mapping[str, Result]) -> tuple[Check, ...]:
    """Hold the results of a carbon against each other.

    Parameters
    ----------
    carbon : Carbon
    results : mapping of str to Result
        Of ``recovery.analysed``, by instrument.

    Returns
    -------
    tuple of Check
        Those of which at least one number was found in the signals, or put in.
    """
    of = _Numbers(results)
    spacing, density = of("xrd", "d002", "nm"), _put_in(carbon.descriptor("true_density"))
    closed, plateau = _closed(density, spacing), _put_in(carbon.descriptor("plateau_capacity"))
    capacity = max((_put_in(state.charge) for state in carbon.states), key=lambda one: one.value or 0.0, default=_UNKNOWN)
    pores, ratio = of("saxs", "pore_volume", "cm3/g"), of("gdoes", "sodium_ratio", "1")
    full, spread = (of("sodiation_contrast", name, "1") for name in ("filled_fraction", "uniform_filling"))
    return (
        consistency.pore_balance(pores, of("sorption", "total_pore_volume", "cm3/g"), closed),
        consistency.spacing_and_walls(spacing, _put_in(carbon.descriptor("wall_density"))),
        consistency.surface_and_bulk_nitrogen(
            of("xps", "surface_nitrogen_content", "at%"), of("composition", "nitrogen_atomic_share", "at%")
        ),
        consistency.nitrogen_and_sodium(of("composition", "oxidised_nitrogen", "mmol/g"), capacity),
        consistency.plateau_and_pores(plateau, closed),
        consistency.contrast_and_sodium(full, spread, closed, _on_the_plateau(ratio, capacity, plateau)),
    )


@dataclass(frozen=True, slots=True)
class _Numbers:
    """Values of results in a unit."""

    results: Mapping[str, Result]

    def __call__(self, instrument: str, name: str, unit: str) -> Value:
        found = self.results[instrument].values.get(name) if instrument in self.results else None
        if found is None or found.value is None:
            return _UNKNOWN
        factor = convert(1.0, found.unit, unit)
        error = None if found.stderr is None else factor * found.stderr
        return Value(factor * found.value, error, "; ".join(self.results[instrument].provenance.inputs))


def _put_in(one: Parameter) -> Value:
    return Value(one.value, one.quantity.stderr)


def _closed(density: Value, spacing: Value) -> Value:
    """Closed volume [cm3/g] that a true density and a layer spacing leave."""
    if density.value is None or spacing.value is None:
        return _UNKNOWN
    volume = 1 / density.value - 1 / scaled_density(spacing.value)
    error = math.hypot((density.stderr or 0.0) / density.value**2, (spacing.stderr or 0.0) / (GRAPHITE_DENSITY * GRAPHITE_SPACING))
    return Value(volume, error, spacing.source)


def _on_the_plateau(ratio: Value, capacity: Value, plateau: Value) -> Value:
    """Sodium [mmol/g] that entered along the plateau: that of the fullest profile, less what the charge of the slope brought."""
    if ratio.value is None or ratio.stderr is None or capacity.value is None or plateau.value is None:
        return _UNKNOWN
    amount = _MILLI / ATOMIC_WEIGHTS["C"]
    slope = (capacity.value - plateau.value) / consistency.MILLIAMPERE_HOURS
    return Value(amount * ratio.value - slope, amount * ratio.stderr, ratio.source)
