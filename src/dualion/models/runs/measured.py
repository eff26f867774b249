"""Simulated experiments as the measurements that a reader would return, so that every analysis of measured data runs on them.

A table has the canonical columns of ``dualion.columns``: positive current charges the cell, the net capacity and energy of a step are

    Q(t) = int_0^t I dt',      E(t) = int_0^t U I dt'

since the step began. The voltage of a half cell is the potential of the carbon against Na+/Na. Where an engine's own points lie further
apart than 5 mV, or are fewer than 200 in a step, points are set between them by monotone cubics (Fritsch & Carlson 1980), so that integrals
over the table hold. The first row of a step stands at the time of the last row of the step before it: between the two the current jumps.
``source`` says that a model wrote the numbers, and its digest is that of what the model was given: cell, protocol, engine and version of
this program. The same inputs give the same table.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from scipy.interpolate import PchipInterpolator

from dualion import __version__
from dualion.columns import DIRECTIONS
from dualion.errors import CoverageError
from dualion.models.experiments import HalfCycle, Hold, Protocol, Rest, Step, Sweep
from dualion.models.outputs import Array, CellResult, StepResult, working_mass
from dualion.records.cell import Cell
from dualion.records.cell_record import CellRecord
from dualion.records.json import to_plain
from dualion.records.measurement import Measurement, Source
from dualion.records.quantity import Quantity

if TYPE_CHECKING:
    from dualion.models.reference.impedance import Spectrum

#: Raised whenever the same simulation gives another table.
TABLE_VERSION = 1
#: Words of the column ``step_type``.
STEP_TYPES = ("constant_current_charge", "constant_current_discharge", "rest", "constant_voltage", "sweep")

#: Change of voltage between two rows beyond which rows are set between them, how many at most, and rows of a step, at least.
FINEST = 5e-3  # [V]
MOST_PARTS, LEAST_ROWS = 64, 200

_SECONDS_PER_HOUR = 3600.0
_TECHNIQUES = {"voltammetry": "cv", "titration": "gitt"}
_ROUNDING = 1e-9
_AS_STRING = ("step_type", "direction")


def sample_of(cell: Cell) -> str:
    """Sample of a cell by its electrodes: ``"MEC3"``, ``"MEC3||EG"``."""
    anode = cell.anode.material.name
    return anode if cell.cathode is None else f"{anode}||{cell.cathode.material.name}"


def digest_of(cell: Cell, given: object, engine: str) -> str:
    """SHA-256 of what a simulation was given, 64 hexadecimal digits.

    Parameters
    ----------
    cell : Cell
    given : object
        Protocol or settings: records, text, numbers and mappings of them.
    engine : str

    Returns
    -------
    str
    """
    whole = {"cell": to_plain(cell), "given": to_plain(given), "engine": engine, "version": __version__}
    return hashlib.sha256(json.dumps(whole, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()).hexdigest()


def measurement(result: CellResult, protocol: Protocol) -> Measurement:
    """A simulated protocol as the measurement that a reader would return.

    Parameters
    ----------
    result : CellResult
        With the voltage of its steps.
    protocol : Protocol
        Of which the result may lack the last steps.

    Returns
    -------
    Measurement

    Raises
    ------
    CoverageError
        No step has a voltage.
    """
    cell = result.cell
    parts: list[dict[str, Any]] = []
    begun = 0.0
    for place, step in enumerate(result.steps):
        if step.voltage.size < 2:
            continue
        parts.append(_columns(cell, step, begun, step_number=place + 1, cycle=protocol.cycles[place] if protocol.cycles else None))
        begun += float(step.time[-1])
    if not parts:
        raise CoverageError("A table of a simulation, in steps whose voltage was read,", 1, 0)
    joined = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    joined = {"record_index": np.arange(1, joined["test_time_second"].size + 1), **joined}
    return Measurement(
        technique=_TECHNIQUES.get(protocol.name, "gcd"),
        table=_frame(joined),
        conditions=_conditions(cell, result.hierarchy),
        sample=sample_of(cell),
        source=_source(cell, protocol, result.hierarchy, protocol.name),
        cell=cell_record(cell),
    )


def spectrum_measurement(cell: Cell, found: Spectrum) -> Measurement:
    """A simulated impedance spectrum as the measurement that a reader would return.

    Parameters
    ----------
    cell : Cell
    found : Spectrum

    Returns
    -------
    Measurement
    """
    count = found.frequency.size
    table = _frame(
        {
            "record_index": np.arange(1, count + 1),
            "frequency_hertz": np.asarray(found.frequency, dtype=float),
            "real_impedance_ohm": found.impedance.real.copy(),
            "imaginary_impedance_ohm": found.impedance.imag.copy(),
            "voltage_volt": np.full(count, found.voltage),
            "cell_temperature_celsius": np.full(count, found.temperature),
        }
    )
    engine = f"pybamm-{found.hierarchy}"
    state: dict[str, Quantity | str] = {
        "temperature": Quantity(found.temperature, "degC"),
        "voltage_at_rest": Quantity(found.voltage, "V"),
        "anode_filling": Quantity(found.filling, "1", rule="of the whole host"),
        "salt": Quantity(found.salt, "mol/m3"),
    }
    if found.cathode_filling is not None:
        state["cathode_filling"] = Quantity(found.cathode_filling, "1", rule="of the whole host")
    given = {"filling": found.filling, "temperature": found.temperature, "frequencies": [float(f) for f in found.frequency]}
    source = _source(cell, given, engine, "impedance")
    record = replace(cell_record(cell), temperature=Quantity(found.temperature, "degC"))
    return Measurement("eis", table, _conditions(cell, engine) | state, sample_of(cell), source, cell=record)


def cell_record(cell: Cell) -> CellRecord:
    """What an analysis must know of a simulated cell."""
    half = cell.kind == "half"
    area = cell.area.value
    of = cell.anode if cell.cathode is None else cell.cathode
    return CellRecord(
        kind=cell.kind,
        working="anode" if half else None,
        anode_mass=Quantity(cell.anode.loading.value * area, "mg"),
        cathode_mass=None if cell.cathode is None else Quantity(cell.cathode.loading.value * area, "mg"),
        area=cell.area.quantity,
        one_c=cell.one_c.quantity,
        one_c_mass=cell.one_c_mass,
        electrolyte_volume=Quantity(cell.electrolyte_volume.value * area, "uL"),
        electrolyte_density=cell.electrolyte.density.quantity,
        salt_concentration=cell.electrolyte.concentration.quantity,
        salt_molar_mass=cell.electrolyte.salt_molar_mass.quantity,
        particle_radius=of.material.parameters["particle_radius"].quantity,
        temperature=cell.temperature.quantity,
        reference_electrode="Na+/Na" if half else "",
    )


def _columns(cell: Cell, step: StepResult, begun: float, *, step_number: int, cycle: int | None) -> dict[str, Any]:
    """The columns of one step that began at ``begun`` [s]."""
    time, voltage, current = _refined(step)
    count = time.size
    columns: dict[str, Any] = {
        "test_time_second": begun + time,
        "step_time_second": time,
        "voltage_volt": voltage,
        "current_ampere": current,
    }
    if cell.kind == "half":
        columns["working_electrode_potential_vs_reference_volt"] = voltage
    if cycle is not None:
        columns["cycle_count"] = np.full(count, cycle)
    columns |= {
        "step_count": np.full(count, step_number),
        "step_type": [_step_type(step.step)] * count,
        "direction": [_direction(cell, step.step)] * count,
        "step_net_capacity_ah": _running(current, time) / _SECONDS_PER_HOUR,
        "step_net_energy_wh": _running(current * voltage, time) / _SECONDS_PER_HOUR,
        "cell_temperature_celsius": np.full(count, cell.temperature.value),
    }
    return columns


def _refined(step: StepResult) -> tuple[Array, Array, Array]:
    """Time [s], voltage [V] and current [A] of a step, with points between those of the engine."""
    time, voltage, current = step.time, step.voltage, step.currents
    kept = np.concatenate([[True], np.diff(time) > 0])  # two points of an engine may meet
    time, voltage, current = time[kept], voltage[kept], current[kept]
    needed = np.maximum(np.abs(np.diff(voltage)) / FINEST, np.diff(time) / time[-1] * LEAST_ROWS)
    parts = np.clip(np.ceil(needed - _ROUNDING), 1, MOST_PARTS).astype(int)
    if parts.max() == 1:
        return time, voltage, current
    within = np.concatenate([np.arange(count) / count for count in parts])
    first = np.repeat(np.arange(parts.size), parts)
    grid = np.append(time[first] + within * np.diff(time)[first], time[-1])
    if not isinstance(step.step, HalfCycle) and current.any():
        return grid, PchipInterpolator(time, voltage)(grid), PchipInterpolator(time, current)(grid)
    return grid, PchipInterpolator(time, voltage)(grid), np.full(grid.size, current[-1])


def _running(values: Array, time: Array) -> Array:
    """Integral over time since the first point, in the unit of the values times seconds."""
    return np.concatenate([[0.0], np.cumsum(0.5 * (values[1:] + values[:-1]) * np.diff(time))])


def _step_type(step: Step) -> str:
    if isinstance(step, HalfCycle):
        return STEP_TYPES[0] if step.current > 0 else STEP_TYPES[1]
    return STEP_TYPES[2] if isinstance(step, Rest) else STEP_TYPES[3] if isinstance(step, Hold) else STEP_TYPES[4]


def _direction(cell: Cell, step: Step) -> str:
    """A word of ``DIRECTIONS``; a hold is called after what it does to a cell that is below its voltage."""
    if isinstance(step, HalfCycle):
        return step.direction
    if isinstance(step, Rest):
        return "rest"
    upwards = not isinstance(step, Sweep) or step.end > step.start
    if cell.kind == "half":
        return "desodiation" if upwards else "sodiation"
    return "charge" if upwards else "discharge"


def _type_of(name: str) -> Any:
    if name == "step_type":
        return pl.Enum(STEP_TYPES)
    if name == "direction":
        return pl.Enum(DIRECTIONS)
    return pl.Int64 if name in ("record_index", "cycle_count", "step_count") else pl.Float64


def _frame(columns: Mapping[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(
        {name: pl.Series(name, values.tolist() if name in _AS_STRING else values, dtype=_type_of(name)) for name, values in columns.items()}
    )


def _conditions(cell: Cell, engine: str) -> dict[str, Quantity | str]:
    of = cell.anode.material.name if cell.cathode is None else cell.cathode.material.name
    found: dict[str, Quantity | str] = {
        "temperature": cell.temperature.quantity,
        "active_mass": Quantity(working_mass(cell), "mg", rule=f"active mass of {of}"),
        "anode_mass": Quantity(cell.anode.loading.value * cell.area.value, "mg", rule=f"active mass of {cell.anode.material.name}"),
        "area": cell.area.quantity,
        "one_c": Quantity(cell.one_c.value, "mA/g", rule=f"of the {cell.one_c_mass}"),
        "particle_radius": (cell.anode if cell.cathode is None else cell.cathode).material.parameters["particle_radius"].quantity,
        "cell": cell.name,
        "cell_kind": cell.kind,
        "engine": engine,
    }
    if cell.kind == "half":
        found["reference_electrode"] = "Na+/Na"
    return found


def _source(cell: Cell, given: object, engine: str, what: str) -> Source:
    name = f"{cell.name}-{what.replace(' ', '-')}.csv"
    return Source(name, digest_of(cell, given, engine), f"dualion {engine}", TABLE_VERSION, "simulation")
