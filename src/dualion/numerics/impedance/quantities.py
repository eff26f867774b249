"""A circuit fit as named quantities with units, errors, intervals and rules."""

from __future__ import annotations

import numpy as np

from dualion.numerics.impedance.circuit_result import Capacitance, CircuitFit, log_capacitance
from dualion.records.quantity import Quantity

#: Name and unit of a parameter outside of arcs; Q has no unit of its own, for its unit holds the exponent, and stands in the table alone.
_NAMES = {
    "R": ("series_resistance", "ohm"),
    "L": ("inductance", "ohm s"),
    "C": ("series_capacitance", "F"),
    "n": ("tail_exponent", "1"),
    "sigma": ("warburg_coefficient", "(ohm2/s)^0.5"),
    "R_d": ("diffusion_resistance", "ohm"),
    "tau_d": ("diffusion_time_constant", "s"),
}
_IN_ARC = {"R": ("resistance", "ohm"), "C": ("capacitance", "F"), "n": ("exponent", "1")}

Estimate = tuple[float, float, tuple[float, float]]


def quantities(fit: CircuitFit, *, rule: str, capacitance: Capacitance, area: Quantity | None = None) -> dict[str, Quantity]:
    """Parameters, time constants and capacitances of a fit.

    Parameters
    ----------
    fit : CircuitFit
    rule : str
        Circuit, weights and points, for every quantity.
    capacitance : {"hsu-mansfeld", "brug"}
    area : Quantity, optional
        [cm2] of the electrodes; area-specific resistances are given where it is known.

    Returns
    -------
    dict of str to Quantity
    """
    found: dict[str, Quantity] = {}
    arcs = fit.circuit.arcs
    for part in fit.circuit.parts:
        prefix = f"arc_{1 + arcs.index(part)}_" if part.kind == "arc" else ""
        for offset, role in enumerate(part.roles):
            known = {**_NAMES, **_IN_ARC} if prefix else _NAMES
            if role == "Q" or (role == "C" and prefix):
                continue
            name, unit = known[role]
            name = _free(f"{prefix}{name}", found)
            found[name] = _quantity(fit.parameter(part.first + offset), unit, rule)
            if unit == "ohm" and area is not None:
                found[f"{name}_area_specific"] = _specific(fit.parameter(part.first + offset), area, rule)
        if prefix:
            found[f"{prefix}time_constant"] = _quantity(fit.time_constant(part), "s", f"(R Q)^(1/n); {rule}")
            charge = fit.estimate(lambda x, part=part: log_capacitance(fit.circuit, part, x, capacitance))  # type: ignore[misc]
            found[f"{prefix}capacitance"] = _quantity(charge, "F", f"{capacitance}; {rule}")
    if len(arcs) > 1:
        whole = fit.estimate(lambda x: float(np.logaddexp.reduce([x[part.first] for part in arcs])))
        found["total_arc_resistance"] = _quantity(whole, "ohm", rule)
    return found


def _quantity(estimate: Estimate, unit: str, rule: str) -> Quantity:
    value, stderr, interval = estimate
    return Quantity(value, unit, stderr=stderr, rule=rule, interval=interval)


def _specific(estimate: Estimate, area: Quantity, rule: str) -> Quantity:
    """R A, with the error of the area."""
    value, stderr, (_, high) = estimate
    size = float(area.value or 0.0)
    relative = (area.stderr or 0.0) / size
    error = float(np.hypot(stderr / value, relative))
    width = float(np.exp(np.log(high / value) * error / max(stderr / value, np.finfo(float).tiny))) if stderr > 0 else 1 + 1.96 * error
    return Quantity(value * size, "ohm cm2", stderr=value * size * error, rule=rule, interval=(value * size / width, value * size * width))


def _free(name: str, taken: dict[str, Quantity]) -> str:
    """A name that is not taken, with a number behind it where it is."""
    count = sum(one == name or (one.startswith(f"{name}_") and one.removeprefix(f"{name}_").isdigit()) for one in taken)
    return f"{name}_{count + 1}" if count else name
