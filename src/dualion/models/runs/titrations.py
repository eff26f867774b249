"""Galvanostatic intermittent titration of a simulated cell: relaxed voltages, and the diffusion coefficient that the usual formula reads.

For a sphere of radius R, charged by a short pulse of duration tau,

    D_app = (4 / pi) [ (R / 3) (dE_s / tau) / (dE / d sqrt(t)) ]^2            (Weppner & Huggins 1977)

where dE_s is the change of the relaxed voltage by the pulse and dE / d sqrt(t) the slope of the voltage in the pulse, after its ohmic
jump. It holds while tau << R^2 / D and the potential is a straight line over the pulse; here neither is asked of the pulse. The
coefficient that was put in stands beside the apparent one, and their ratio says what the formula is worth. In a full cell the voltage
mixes both electrodes, and the radius and the coefficient are those of the cathode.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from dualion.models.constants import COULOMB_PER_MAH, GAS_CONSTANT, REFERENCE_TEMPERATURE, ZERO_CELSIUS
from dualion.models.experiments import HalfCycle, Rest
from dualion.models.outputs import CellResult, StepResult, working_mass
from dualion.models.runs.summaries import Row, number
from dualion.numerics.titration.diffusivity import closed_form
from dualion.records.cell import Cell, Electrode
from dualion.records.quantity import Flag

#: Part of a pulse over whose square root of time the slope is taken, after the ohmic jump and before the particle's centre is felt.
SQRT_WINDOW = (1.0, 60.0)  # [s]
#: Points of a straight line, at least.
_LEAST_POINTS = 20
#: R^2 / D over the duration of a pulse below which the formula's first condition is broken.
SHORT_PULSE = 10.0

#: Parts of the voltage that leave with the current.
_OHMIC = ("electrolyte", "solid", "series", "film")

PULSE_UNITS = {
    "capacity": "mAh/g", "relaxed_before": "V", "relaxed_after": "V", "relaxed_change": "V", "ohmic_drop": "V", "slope": "V/s0.5",
    "pulse_duration": "s", "rest_drift": "mV/h", "apparent_diffusivity": "m2/s", "diffusivity_put_in": "m2/s", "ratio": "1",
    "surface_filling": "1", "diffusion_time": "s",
}  # fmt: skip


def pulse_rows(result: CellResult) -> tuple[Row, ...]:
    """One row for each pulse that is followed by its rest.

    Parameters
    ----------
    result : CellResult
        Of pulses and rests in turn, read in full.

    Returns
    -------
    tuple of dict
        Units in ``PULSE_UNITS``; what cannot be read of a pulse is None.
    """
    cell = result.cell
    rows: list[Row] = []
    passed, before = 0.0, None
    for pulse, rest in zip(result.steps[::2], result.steps[1::2], strict=False):
        if not isinstance(pulse.step, HalfCycle) or not isinstance(rest.step, Rest):
            break
        passed += pulse.charge / COULOMB_PER_MAH / working_mass(cell) * 1e3
        rows.append({"pulse": len(rows) + 1, "direction": pulse.step.direction, "capacity": passed, **_read(cell, pulse, rest, before)})
        before = float(rest.voltage[-1])
    return tuple(rows)


def titration_flags(rows: Sequence[Row]) -> tuple[Flag, ...]:
    """The flag ``apparent`` where the conditions of the formula do not hold.

    Parameters
    ----------
    rows : sequence of dict
        As ``pulse_rows`` gives them.

    Returns
    -------
    tuple of Flag
    """
    ratios = [number(row, "ratio") for row in rows if row.get("ratio") is not None]
    if not ratios:
        return ()
    long = [row for row in rows if number(row, "pulse_duration") * SHORT_PULSE > number(row, "diffusion_time")]
    message = f"The apparent coefficient is {min(ratios):.2g} to {max(ratios):.2g} times what was put in."
    if long:
        message += f" {len(long)} of {len(rows)} pulses are not short against the time of diffusion, which the formula asks for."
    return (Flag("apparent", "warning", message),)


def _read(cell: Cell, pulse: StepResult, rest: StepResult, before: float | None) -> Row:
    """What one pulse and its rest give."""
    host = cell.anode if cell.cathode is None else cell.cathode
    role = "anode" if cell.cathode is None else "cathode"
    after, duration = float(rest.voltage[-1]), float(pulse.time[-1])
    radius = host.material["particle_radius"] * 1e-6
    slope = _slope(pulse)
    filling = float(rest.traces[f"{role}_filling"][-1]) if f"{role}_filling" in rest.traces else None
    put_in = _diffusivity(cell, host, filling)
    row: Row = {
        "pulse_duration": duration,
        "relaxed_before": before,
        "relaxed_after": after,
        "ohmic_drop": sum(float(pulse.traces[part][-1]) for part in _OHMIC if part in pulse.traces),
        "rest_drift": _drift(rest),
        "slope": slope,
        "surface_filling": filling,
        "diffusivity_put_in": put_in,
        "diffusion_time": radius**2 / put_in,
        "relaxed_change": None,
        "apparent_diffusivity": None,
        "ratio": None,
    }
    if before is not None and slope:
        apparent = closed_form(length=radius / 3, change=after - before, duration=duration, slope=slope)
        row |= {"relaxed_change": after - before, "apparent_diffusivity": apparent, "ratio": apparent / put_in}
    return row


def _slope(pulse: StepResult) -> float | None:
    """[V/s0.5] of the voltage against the square root of time; None where the pulse is too short."""
    low, high = SQRT_WINDOW[0], min(SQRT_WINDOW[1], float(pulse.time[-1]))
    if not low < high:
        return None
    root = np.linspace(math.sqrt(low), math.sqrt(high), _LEAST_POINTS)
    voltage = np.interp(root**2, pulse.time, pulse.voltage)
    return float(np.polyfit(root, voltage, 1)[0])


def _drift(rest: StepResult) -> float:
    """[mV/h] at the end of a rest, over its last tenth: what the relaxed voltage still moves by."""
    last = 0.1 * float(rest.time[-1])
    earlier = float(np.interp(rest.time[-1] - last, rest.time, rest.voltage))
    return (float(rest.voltage[-1]) - earlier) / last * 3.6e6


def _diffusivity(cell: Cell, host: Electrode, filling: float | None) -> float:
    """[m2/s] that the model has at a filling and at the temperature of the cell."""
    material = host.material
    profile = material.profiles.get("diffusivity")
    value = material["diffusivity"] if profile is None or filling is None else float(np.interp(filling, profile.fraction, profile.value))
    if "diffusivity_activation_energy" not in material.parameters:
        return value
    inverse = 1 / REFERENCE_TEMPERATURE - 1 / (cell.temperature.value + ZERO_CELSIUS)
    return value * math.exp(1e3 * material["diffusivity_activation_energy"] / GAS_CONSTANT * inverse)
