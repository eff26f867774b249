"""Calibration of cell models on named numbers, and prediction of others with an interval.

Bounds are physical, not chosen to help: a host that the paper's loading can hold, diffusivities between solids and liquids, potentials
within the window. Starts are screened on the closed-form limits of ``limits`` and refined on the full model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dualion.errors import SpecError
from dualion.models.calibration.limits import cheap_dual_ion, cheap_half_cell, has_cheap_limit
from dualion.models.calibration.observe import simulated
from dualion.models.cells import nominal_values
from dualion.models.engines import DEFAULT_ENGINE, Solver, solver
from dualion.models.targets import Target
from dualion.numerics.fit import Fit, FreeParameter, Residual, fit
from dualion.numerics.rounding import significant
from dualion.records.cell import Cell

#: Digits to which fitted values are kept: every later number is computed from the value that is reported.
REPORTED_DIGITS = 6

#: Starts where there is no cheap limit to screen them on.
DEAR_STARTS = 4

#: Fit parameters that are known, with their bounds.
FREE = {
    free.name: free
    for free in (
        FreeParameter("anode.slope_capacity", "mAh/g", 10.0, 300.0),
        FreeParameter("anode.pore_capacity", "mAh/g", 20.0, 600.0),  # bulk sodium in half a cubic centimetre of pores per gram
        FreeParameter("anode.pore_potential", "V", -0.05, 0.15),
        FreeParameter("anode.pore_width", "V", 0.003, 0.08),
        FreeParameter("anode.slope_potential", "V", 0.1, 0.6),
        FreeParameter("anode.slope_width", "V", 0.04, 0.35),
        FreeParameter("anode.diffusivity", "m2/s", 1e-18, 1e-12, "log"),
        FreeParameter("anode.charge_transfer_resistance", "ohm", 0.5, 500.0, "log"),
        FreeParameter("cathode.host_capacity", "mAh/g", 60.0, 140.0),  # C37(PF6) to C16(PF6)
        FreeParameter("cathode.diffusivity", "m2/s", 1e-17, 1e-12, "log"),
        FreeParameter("cathode.ocp_shift", "V", -0.2, 0.4),  # below, a discharged cell would stand under its lower cut-off
        FreeParameter("series_resistance", "ohm", 0.1, 500.0, "log"),
    )
}


@dataclass(frozen=True, slots=True)
class CellFit:
    """A calibration: the fit, its targets with what the model gives for them, and the values that later runs use.

    Parameters
    ----------
    fit : Fit
    targets : tuple of Target
    model : tuple of float
        In the units of the targets.
    values : mapping of str to float
        Fitted parameters, rounded to the digits that are reported.
    """

    fit: Fit
    targets: tuple[Target, ...]
    model: tuple[float, ...]
    values: Mapping[str, float]

    def rmse(self, unit: str) -> float | None:
        """Root mean square deviation of the targets of one unit, in it; None where there is none."""
        misses = [m - t.value for m, t in zip(self.model, self.targets, strict=True) if t.unit == unit]
        return float(np.sqrt(np.mean(np.square(misses)))) if misses else None


def residual_of(model: Solver, targets: Sequence[Target], names: Sequence[str], *, boundary: float) -> Residual:
    """What a fit makes small: (model - datum) / sigma of each target, against the named parameters.

    Parameters
    ----------
    model : Solver
    targets : sequence of Target
    names : sequence of str
        Parameters, in the order in which the residual takes their values.
    boundary : float
        [V] against Na+/Na, between plateau and slope.

    Returns
    -------
    callable
        Values of shape (p,) in the units of the records to residuals of shape (n,).
    """
    data = np.array([target.value for target in targets])
    sigma = np.array([target.sigma for target in targets])

    def residual(values: NDArray[np.float64]) -> NDArray[np.float64]:
        given = dict(zip(names, map(float, values), strict=True))
        return np.asarray((np.array(simulated(model, targets, parameters=given, boundary=boundary)) - data) / sigma)

    return residual


def calibrate(
    cell: Cell,
    targets: Sequence[Target],
    names: Sequence[str],
    *,
    boundary: float,
    begin: Sequence[Mapping[str, float]] = (),
    starts: int = 16,
    engine: str = DEFAULT_ENGINE,
) -> CellFit:
    """Fit named parameters of a cell to targets.

    Parameters
    ----------
    cell : Cell
    targets : sequence of Target
    names : sequence of str
        Parameters to fit, such as ``anode.pore_capacity``.
    boundary : float
        [V] against Na+/Na, between plateau and slope.
    begin : sequence of mapping of str to float
        Further starts, in the units of the parameters.
    starts : int
        [1] scrambled starts, screened on the cheap limit.
    engine : str
        See ``engines.engine_named``.

    Returns
    -------
    CellFit

    Raises
    ------
    SpecError
        A parameter that cannot be fitted.
    FitError, CoverageError
        From ``numerics.fit``.
    """
    _check_names(cell, names)
    free = [FREE[name] for name in names]
    model = solver(cell, engine=engine, inputs=tuple(names))
    residual = residual_of(model, targets, names, boundary=boundary)
    cheap = _cheap_residual(cell, targets, names, boundary)
    screened = has_cheap_limit(cell, targets)
    found = fit(
        residual,
        free,
        cheap=cheap if screened else None,
        begin=[[start[name] for name in names] for start in begin],
        starts=starts if screened else min(starts, DEAR_STARTS),
    )
    values = {name: significant(value, REPORTED_DIGITS) for name, value in zip(names, found.values, strict=True)}
    return CellFit(found, tuple(targets), tuple(simulated(model, targets, parameters=values, boundary=boundary)), values)


def _check_names(cell: Cell, names: Sequence[str]) -> None:
    """Refuse what cannot be fitted, and what the cell does not have."""
    known = nominal_values(cell)
    for name in names:
        if name not in FREE:
            raise SpecError(f"{name}: not a parameter that can be fitted. Write one of {', '.join(FREE)}.")
        if name not in known:
            raise SpecError(f"{name}: no parameter of {cell.name}. Write one of {', '.join(n for n in FREE if n in known)}.")


def _cheap_residual(cell: Cell, targets: Sequence[Target], names: Sequence[str], boundary: float) -> Residual:
    """The residual in the closed-form limit of a cell."""
    data = np.array([target.value for target in targets])
    sigma = np.array([target.sigma for target in targets])

    def cheap(values: NDArray[np.float64]) -> NDArray[np.float64]:
        given = dict(zip(names, map(float, values), strict=True))
        found = cheap_half_cell(cell, targets, given, boundary) if cell.kind == "half" else cheap_dual_ion(cell, targets, given)
        return np.asarray((np.array(found) - data) / sigma)

    return cheap
