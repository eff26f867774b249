"""What a cell model gives for named targets, and the error that a calibration leaves on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from dualion.errors import SpecError
from dualion.models.cells import with_inputs
from dualion.models.constants import HALF_CELL_START
from dualion.models.engines import Detail, Solver
from dualion.models.experiments import Protocol, cycle
from dualion.models.isotherms import isotherm_of
from dualion.models.outputs import working_mass
from dualion.models.targets import RATIOS, Target
from dualion.numerics.fit import DIFFERENCE_STEP, Fit, propagated


def simulated(model: Solver, targets: Sequence[Target], *, parameters: Mapping[str, float], boundary: float) -> list[float]:
    """What the model gives for each target, in the targets' units.

    Parameters
    ----------
    model : Solver
    targets : sequence of Target
    parameters : mapping of str to float
        Values of the open parameters, in the units of their records.
    boundary : float
        [V] against Na+/Na, between plateau and slope.

    Returns
    -------
    list of float
        In the order of the targets.

    Raises
    ------
    SolveError
        A half cycle could not be computed.
    SpecError
        A quantity that a cell model does not give.
    """
    currents = sorted({t.specific_current for t in targets} | {t.reference_current for t in targets if t.reference_current is not None})
    found = {current: _observed(model, current, parameters, boundary=boundary, detail=_detail(targets, current)) for current in currents}
    values = []
    for target in targets:
        try:
            values.append(_value(target, found))
        except KeyError as error:
            known = ", ".join(found[currents[0]])
            raise SpecError(f"{target.claim}: {target.quantity} is not a quantity of {model.cell.name}. Write one of {known}.") from error
    return values


def _detail(targets: Sequence[Target], current: float) -> Detail:
    """A capacity needs only where a half cycle ended; everything else needs its voltage."""
    here = [target for target in targets if current in (target.specific_current, target.reference_current)]
    return "ends" if all(target.quantity == "specific_capacity" for target in here) else "last voltage"


def _value(target: Target, found: Mapping[float, Mapping[str, float]]) -> float:
    here = found[target.specific_current]
    if target.quantity in RATIOS and target.reference_current is not None:
        capacity = RATIOS[target.quantity]
        return 100 * here[capacity] / found[target.reference_current][capacity]
    return here[target.quantity]


def _observed(model: Solver, current: float, parameters: Mapping[str, float], *, boundary: float, detail: Detail) -> dict[str, float]:
    """Every quantity of one current by name."""
    cell = model.cell
    protocol = cycle(cell, current)
    if cell.kind == "half":
        protocol = Protocol("sodiation", protocol.steps[:1], protocol.specific_currents[:1])
    run = model.solve(protocol, parameters=parameters, check=("steps",), detail=detail)
    mass, named = working_mass(cell), run.steps[-1]
    values = {"specific_capacity": named.capacity(mass)}
    if detail != "ends":
        mean = named.mean_voltage()
        values |= {"mean_voltage": mean, "median_voltage": named.median_voltage(), "specific_energy": values["specific_capacity"] * mean}
    if cell.kind == "half":
        values["specific_capacity"] += isotherm_of(with_inputs(cell, parameters).anode).capacity_above(HALF_CELL_START)
        if detail != "ends":
            values["plateau_capacity"] = named.capacity_below(boundary, mass)
            values["slope_capacity"] = values["specific_capacity"] - values["plateau_capacity"]
    return values


def predicted_errors(
    model: Solver, calibration: Fit, targets: Sequence[Target], *, values: Mapping[str, float], boundary: float
) -> list[float]:
    """Standard error of each target that follows from the covariance of a calibration, in the units of the targets.

    Parameters
    ----------
    model : Solver
        With the fitted parameters open.
    calibration : Fit
        Of parameters in the order of ``values``.
    targets : sequence of Target
    values : mapping of str to float
        The fitted parameters, as reported.
    boundary : float
        [V] against Na+/Na, between plateau and slope.

    Returns
    -------
    list of float
        In the order and the units of the targets.

    Raises
    ------
    SolveError
        A half cycle could not be computed beside the fitted values.
    """
    gradients = []
    for free, value in zip(calibration.parameters, values.values(), strict=True):
        at = free.inside(value)
        low, high = free.value(max(at - DIFFERENCE_STEP, 0.0)), free.value(min(at + DIFFERENCE_STEP, 1.0))
        up, down = (simulated(model, targets, parameters={**values, free.name: side}, boundary=boundary) for side in (high, low))
        gradients.append((np.array(up) - np.array(down)) / (high - low))
    return [propagated(gradient, calibration.covariance) for gradient in np.stack(gradients, axis=1)]
