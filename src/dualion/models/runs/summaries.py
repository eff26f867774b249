"""What a careful reader wants to know of every half cycle and every cycle of a simulation, as rows of plain numbers.

    mean voltage = E / Q,      coulombic efficiency = Q_out / Q_in,      energy efficiency = E_out / E_in

A half cell takes sodium in first: there Q_in is the sodiation, and its first one has the capacity that the host holds in equilibrium above
the start of the simulation added. Plateau and slope are split where the carbon passes a potential against Na+/Na: the voltage of a half
cell, and in a full cell the anode's potential against the electrolyte. What the split costs in certainty is said by two more rules, 0.10
and 0.20 V. The parts of the voltage are means over the charge passed; ``closure`` is the largest distance of their sum from the voltage.

Valid for half cycles at constant current that were read in full.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.interpolate import PchipInterpolator

from dualion.models.constants import FARADAY, HALF_CELL_START, REFERENCE_TEMPERATURE, ZERO_CELSIUS
from dualion.models.experiments import HalfCycle, Protocol
from dualion.models.isotherms import isotherm_of
from dualion.models.outputs import Array, CellResult, StepResult, working_mass
from dualion.models.targets import PLATEAU_BOUNDARY
from dualion.numerics.masses.mass_bases import cell_mass, energy_density, mass, power_density
from dualion.records.cell import FULL_CELL_BASES, Cell
from dualion.records.quantity import Flag

Value = str | int | float | None
Row = dict[str, Value]

#: Other places of the split between plateau and slope, whose capacities bracket that of the rule.
BRACKET = (0.10, 0.20)  # [V] against Na+/Na
#: Highest specific current of the half-cell data behind the bundled carbons' kinetics: 2 C of 300 mA/g.
HALF_CELL_TESTED = 600.0  # [mA/g]
#: Temperatures between which the activation energies of the bundled carbons hold, from the reference up.
MEASURED_TEMPERATURES = (25.0, 70.0)  # [degC]
#: Parts whose sum is the voltage.
PARTS = ("equilibrium", "reaction", "concentration", "electrolyte", "solid", "series", "film")
#: Amounts that no half cycle may change, by kind of cell.
CONSERVED = {"half": ("salt",), "dual-ion": ("sodium", "PF6"), "rocking-chair": ("sodium", "salt"), "symmetric": ("salt",)}

#: Units of the columns whose names do not say that they are words or counts.
UNITS: Mapping[str, str] = {
    "specific_current": "mA/g", "c_rate": "1", "capacity": "mAh", "specific_capacity": "mAh/g", "equilibrium_capacity_above_start": "mAh/g",
    "total_capacity": "mAh/g", "mean_voltage": "V", "median_voltage": "V", "energy": "mWh", "plateau_capacity": "mAh/g",
    "plateau_capacity_at_0.10V": "mAh/g", "plateau_capacity_at_0.20V": "mAh/g", "slope_capacity": "mAh/g", "least_salt": "mol/m3",
    "least_salt_time": "s", "least_salt_position": "um", "most_salt": "mol/m3", "most_salt_time": "s", "duration": "s",
    "lowest_anode_potential": "V", "lowest_apparent_anode_potential": "V", "fullest_anode_surface": "1", "fullest_cathode_surface": "1",
    "closure": "V", "plated": "mAh", "capacity_error": "mAh/g", "mean_voltage_error": "V", "coulombic_efficiency": "%",
    "energy_efficiency": "%", "capacity_in": "mAh/g", "capacity_out": "mAh/g", "energy_in": "mWh", "energy_out": "mWh",
    "voltage_hysteresis": "V",
    **{f"capacity_per_{basis}": "mAh/g" for basis in FULL_CELL_BASES},
    **{f"energy_per_{basis}": "Wh/kg" for basis in FULL_CELL_BASES},
    **{f"power_per_{basis}": "W/kg" for basis in FULL_CELL_BASES},
    **{f"part_{part}": "V" for part in PARTS},
    **{f"{name}_at_end": "mol" for name in ("salt", "sodium", "PF6", "host_sodium", "host_PF6", "cathode_sodium")},
    **{f"{name}_drift": "1" for name in ("salt", "sodium", "PF6")},
}  # fmt: skip


def step_rows(result: CellResult, protocol: Protocol, *, boundary: float = PLATEAU_BOUNDARY) -> tuple[Row, ...]:
    """One row for each half cycle.

    Parameters
    ----------
    result : CellResult
        Read in full; it may have ended before its protocol.
    protocol : Protocol
    boundary : float
        [V] against Na+/Na, between plateau and slope.

    Returns
    -------
    tuple of dict
        Names as in ``UNITS``, with ``step``, ``cycle``, ``direction`` and ``ended``.
    """
    cell = result.cell
    steps = [(number, step) for number, step in enumerate(result.steps) if isinstance(step.step, HalfCycle) and step.voltage.size > 1]
    stored = max((step.capacity(working_mass(cell)) for _, step in steps if step.half_cycle.current > 0), default=0.0)
    rows = []
    for number, step in steps:
        row: Row = {
            "step": number + 1,
            "cycle": protocol.cycles[number] if protocol.cycles else None,
            "direction": step.half_cycle.direction,
            "specific_current": protocol.specific_currents[number],
            "c_rate": protocol.specific_currents[number] / cell.one_c.value,
            "ended": step.ended or "cutoff",
            "duration": float(step.time[-1]),
        }
        row |= _capacities(cell, step, boundary, first=number == 0)
        row |= _on_bases(cell, step, protocol.specific_currents[number], stored)
        row |= _limits_met(step) | _parts(step) | _amounts(cell, step)
        if result.error:
            error = result.error[number]
            row["capacity_error"] = error["capacity"] / working_mass(cell) * 1e3
            row["mean_voltage_error"] = error["mean_voltage"]
        rows.append(row)
    return tuple(rows)


def cycle_rows(cell: Cell, rows: Sequence[Row]) -> tuple[Row, ...]:
    """One row for each cycle: what went in, what came out next, and the efficiencies.

    Parameters
    ----------
    cell : Cell
    rows : sequence of dict
        Of ``step_rows``.

    Returns
    -------
    tuple of dict
        Of a half cell what goes in is the sodiation, of a full cell the charge. Where a cell gives first, its first cycle has nothing
        that went in before it, and so no efficiency.
    """
    inward = "sodiation" if cell.kind == "half" else "charge"
    found: list[Row] = []
    taken: Row | None = None
    for row in rows:
        if row["direction"] == inward:
            taken = row
            continue
        inside: Row = {
            "capacity_in": None,
            "coulombic_efficiency": None,
            "energy_in": None,
            "energy_efficiency": None,
            "voltage_hysteresis": None,
        }
        if taken is not None:
            inside = _efficiencies(cell, taken, row)
        named: Row = {name: row[name] for name in ("cycle", "specific_current", "c_rate")}
        found.append({**named, "capacity_out": row["specific_capacity"], "energy_out": row["energy"], **inside})
        taken = None
    return tuple(found)


def _efficiencies(cell: Cell, taken: Row, given: Row) -> Row:
    """What of a half cycle came out again in the next."""
    capacity_in = number(taken, "total_capacity" if "total_capacity" in taken else "specific_capacity")
    return {
        "capacity_in": capacity_in,
        "coulombic_efficiency": 100 * number(given, "specific_capacity") / capacity_in,
        "energy_in": taken["energy"],
        # against sodium metal the sodiation gives energy too: a ratio of the two says nothing
        "energy_efficiency": None if cell.kind == "half" else 100 * number(given, "energy") / number(taken, "energy"),
        "voltage_hysteresis": abs(number(taken, "mean_voltage") - number(given, "mean_voltage")),
    }


def number(row: Row, name: str) -> float:
    """A value of a row that is a number, in the unit of ``UNITS``."""
    value = row[name]
    assert isinstance(value, int | float)
    return float(value)


def beyond_the_data(cell: Cell, specific_currents: Sequence[float]) -> tuple[Flag, ...]:
    """The flag ``extrapolated`` where the anode carries more than the half-cell data behind its kinetics did.

    Parameters
    ----------
    cell : Cell
    specific_currents : sequence of float
        [mA/g] on the mass that defines 1 C.

    Returns
    -------
    tuple of Flag
        Empty where all currents are within the data.
    """
    per_anode = 1.0
    if cell.cathode is not None and cell.one_c_mass == "cathode":
        per_anode = cell.cathode.loading.value / cell.anode.loading.value
    beyond = [current for current in specific_currents if current * per_anode > HALF_CELL_TESTED]
    if not beyond:
        return ()
    rate, carried = min(beyond) / cell.one_c.value, sorted({f"{per_anode * current:.0f}" for current in beyond}, key=float)
    message = (
        f"From {rate:.3g}C on the anode carries {' to '.join(dict.fromkeys([carried[0], carried[-1]]))} mA/g; "
        f"half-cell data end at {HALF_CELL_TESTED:.0f} mA/g."
    )
    return (Flag("extrapolated", "warning", message),)


def beyond_the_temperatures(cell: Cell, degrees: Sequence[float]) -> tuple[Flag, ...]:
    """What must be said of temperatures: hosts without an activation energy, and temperatures outside those of the data.

    Parameters
    ----------
    cell : Cell
    degrees : sequence of float
        [degC]

    Returns
    -------
    tuple of Flag
        Empty where all are the reference temperature.
    """
    if all(value == REFERENCE_TEMPERATURE - ZERO_CELSIUS for value in degrees):
        return ()
    hosts = [electrode.material for electrode in (cell.anode, cell.cathode) if electrode is not None]
    without = [material.name for material in hosts if "activation_energy" not in material.parameters]
    found = []
    if without:
        message = f"{' and '.join(without)}: no activation energy, so the reaction hardly follows the temperature. Write activation_energy."
        found.append(Flag("temperature_not_modelled", "warning", message))
    outside = [value for value in degrees if not MEASURED_TEMPERATURES[0] <= value <= MEASURED_TEMPERATURES[1]]
    if outside and len(without) < len(hosts):
        listed = ", ".join(f"{value:g}" for value in outside)
        message = f"{listed} degC: the activation energies were measured at 30 to 70 degC, and below 25 degC they are extrapolated."
        found.append(Flag("extrapolated", "warning", message))
    return tuple(found)


def once(flags: Sequence[Flag]) -> tuple[Flag, ...]:
    """Flags without repetition, in the order raised."""
    return tuple(dict.fromkeys(flags))


def _capacities(cell: Cell, step: StepResult, boundary: float, *, first: bool) -> Row:
    """Charge, energy, voltages, and the split of the carbon's capacity on the carbon's mass."""
    carbon = cell.anode.loading.value * cell.area.value
    row: Row = {
        "capacity": step.charge / 3.6,
        "specific_capacity": step.capacity(working_mass(cell)),
        "mean_voltage": step.mean_voltage(),
        "median_voltage": step.median_voltage(),
        "energy": step.charge / 3.6 * step.mean_voltage(),
    }
    if cell.kind == "half" and first:
        above = isotherm_of(cell.anode).capacity_above(HALF_CELL_START)
        row |= {"equilibrium_capacity_above_start": above, "total_capacity": step.capacity(carbon) + above}
    potential = step.voltage if cell.cathode is None else step.anode_potential
    if potential.size == step.time.size:
        below = {rule: _charge_below(step, potential, rule) / 3.6 / carbon * 1e3 for rule in (boundary, *BRACKET)}
        row |= {
            "plateau_capacity": below[boundary],
            "slope_capacity": step.capacity(carbon) - below[boundary],
            "plateau_capacity_at_0.10V": below[BRACKET[0]],
            "plateau_capacity_at_0.20V": below[BRACKET[1]],
        }
    return row


def _charge_below(step: StepResult, potential: Array, boundary: float) -> float:
    """Charge [coulomb] passed while a potential is below a boundary, by straight lines between the points."""
    depth = boundary - potential
    first, last = depth[:-1], depth[1:]
    inside = np.clip(np.maximum(first, last), 0, None) / np.maximum(np.abs(first - last), np.finfo(float).tiny)
    share = np.where((first > 0) & (last > 0), 1.0, np.where((first <= 0) & (last <= 0), 0.0, np.minimum(inside, 1.0)))
    return float(abs(step.half_cycle.current) * np.sum(share * np.diff(step.time)))


def _on_bases(cell: Cell, step: StepResult, specific_current: float, stored: float) -> Row:
    """Capacity, energy and mean power on the five mass bases of a full cell; the salt is sized for ``stored`` [mAh/g]."""
    if cell.cathode is None or not stored:
        return {}
    design = cell_mass(cell, stored)
    capacity, voltage = step.capacity(working_mass(cell)), step.mean_voltage()
    on_cathode = abs(step.half_cycle.current) / working_mass(cell) * 1e6  # [mA/g]
    row: Row = {f"capacity_per_{basis}": capacity / mass(design, mass_basis=basis) for basis in FULL_CELL_BASES}
    row |= {f"energy_per_{basis}": energy_density(capacity, voltage, design, mass_basis=basis).value for basis in FULL_CELL_BASES}
    return row | {f"power_per_{basis}": power_density(on_cathode, voltage, design, mass_basis=basis).value for basis in FULL_CELL_BASES}


def _limits_met(step: StepResult) -> Row:
    """Extremes of salt, anode potential and surface fillings, with place and time where they are known."""
    row: Row = {}
    if step.salt.size:
        least, most = int(np.argmin(step.salt[:, 0])), int(np.argmax(step.salt[:, 2]))
        row |= {
            "least_salt": float(step.salt[least, 0]),
            "least_salt_time": float(step.time[least]),
            "least_salt_position": 1e6 * step.poorest,
            "most_salt": float(step.salt[most, 2]),
            "most_salt_time": float(step.time[most]),
        }
    if step.anode_potential.size:
        row["lowest_anode_potential"] = float(step.anode_potential.min())
        if "lowest_apparent_potential" in step.totals:
            row["lowest_apparent_anode_potential"] = step.totals["lowest_apparent_potential"]
        elif "anode_potential_with_series" in step.traces:
            row["lowest_apparent_anode_potential"] = float(step.traces["anode_potential_with_series"].min())
    for role in ("anode", "cathode"):
        if f"{role}_filling" in step.traces:
            row[f"fullest_{role}_surface"] = float(step.traces[f"{role}_filling"].max())
    return row


def _parts(step: StepResult) -> Row:
    """Mean of each part of the voltage over the charge, and how far their sum is from it at most."""
    present = {part: step.traces[part] for part in PARTS if part in step.traces}
    if "equilibrium" not in present:
        return {}
    row: Row = {f"part_{part}": _mean_over_time(step, trace) for part, trace in present.items()}
    total: Array = np.sum(list(present.values()), axis=0)
    return row | {"closure": float(np.abs(total - step.voltage).max())}


def _mean_over_time(step: StepResult, trace: Array) -> float:
    """Mean of a trace over the time of a half cycle, by monotone cubics: an engine's own points may lie 0.1 V apart."""
    kept = np.concatenate([[True], np.diff(step.time) > 0])
    return float(PchipInterpolator(step.time[kept], trace[kept]).integrate(0.0, step.time[-1]) / step.time[-1])


def _amounts(cell: Cell, step: StepResult) -> Row:
    """Inventories at the end [mol], the drift of those that stay, and what was plated."""
    row: Row = {}
    for name, (first, last) in step.inventories.items():
        if name == "plated":
            row["plated"] = float(last - first) * FARADAY / 3.6
            continue
        row[f"{name.replace(' ', '_')}_at_end"] = float(last)
        if name in CONSERVED[cell.kind]:
            row[f"{name}_drift"] = float((last - first) / first)
    return row
