"""Figures of simulated experiments as data: what is drawn, and the sentence that it supports.

Every series is simulated and says so; a cell has the colour of its sample. Drawing is the business of ``dualion.figures``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from dualion.models.experiments import HalfCycle, Protocol, Sweep
from dualion.models.outputs import Array, CellResult, StepResult, interpolated, working_mass
from dualion.models.runs.measured import sample_of
from dualion.models.runs.summaries import PARTS, Row, number
from dualion.records.cell import Cell
from dualion.records.figure import Axis, Figure, Panel, Series

if TYPE_CHECKING:
    from dualion.models.ageing.life import LifeResult
    from dualion.models.reference.impedance import Spectrum

#: Points of a curve in a figure, and curves in a panel.
CURVE_POINTS = 240
MOST_CURVES = 8
#: Curves in a panel of a figure with many panels.
FEW_CURVES = 4

_CAPACITY = Axis("Specific capacity", "mAh/g")
_DIFFERENTIAL = Axis("Differential capacity", "mAh/g/V")

#: Width over height of one panel of two, without its margins.
PANEL_RATIO = 1.44


def voltage_axis(cell: Cell) -> Axis:
    """Axis of the voltage of a full cell, or of the potential of a half cell."""
    return Axis("Potential against Na⁺/Na" if cell.kind == "half" else "Voltage", "V")


def cycle_figure(result: CellResult, protocol: Protocol, cycles: Sequence[Row]) -> Figure:
    """Voltage against capacity of chosen cycles, and what the last half cycle loses to each part.

    Parameters
    ----------
    result : CellResult
    protocol : Protocol
    cycles : sequence of dict
        Of ``summaries.cycle_rows``.

    Returns
    -------
    Figure
    """
    cell = result.cell
    half_cycles = [(n, step) for n, step in enumerate(result.steps) if isinstance(step.step, HalfCycle) and step.voltage.size > 1]
    shown = chosen([protocol.cycles[n] for n, _ in half_cycles])
    series = tuple(_curve(cell, step, f"cycle {protocol.cycles[n]}, simulated") for n, step in half_cycles if protocol.cycles[n] in shown)
    curves = Panel(_CAPACITY, voltage_axis(cell), series)
    losses = _losses(cell, half_cycles[-1][1]) if half_cycles else None
    finding = f"Simulated: {cell.name} has no whole cycle here."
    if cycles:
        finding = (
            f"Simulated: {cell.name} gives {number(cycles[-1], 'capacity_out'):.1f} mAh/g in cycle {cycles[-1]['cycle']} "
            f"at {number(cycles[-1], 'specific_current'):g} mA/g."
        )
    panels = (curves,) if losses is None else (curves, losses)
    return Figure("cycle", f"{cell.name}: cycles", finding, panels, 183 if len(panels) > 1 else 89)


def rate_figure(cell: Cell, rows: Sequence[Row], steps: Sequence[Row], results: Sequence[CellResult]) -> Figure:
    """Capacity cycle by cycle, or against the rate where the cycles are isolated, and the curve of each rate.

    Parameters
    ----------
    cell : Cell
    rows : sequence of dict
        Of blocks or isolated cycles.
    steps : sequence of dict
        Of half cycles.
    results : sequence of CellResult
        Isolated cycles, one for each rate.

    Returns
    -------
    Figure
    """
    sample = sample_of(cell)
    curves = Panel(_CAPACITY, voltage_axis(cell), tuple(_rated_curves(cell, results)), "Isolated cycles")
    first, last = rows[0], min(rows, key=lambda row: number(row, "specific_capacity"))
    finding = (
        f"Simulated: {number(first, 'specific_capacity'):.1f} mAh/g at {number(first, 'c_rate'):g}C and "
        f"{number(last, 'specific_capacity'):.1f} mAh/g at {number(last, 'c_rate'):g}C."
    )
    if "block" not in first:
        x, y = _columns(sorted(rows, key=lambda row: number(row, "c_rate")), "c_rate", "specific_capacity")
        line = Series("isolated cycles, simulated", "simulated", x, y, "simulation", sample)
        main = Panel(
            Axis("Rate, multiple of 1C", "1", scale="log" if len(rows) > 1 else "linear"),
            Axis("Specific capacity", "mAh/g", limits=_from_zero(y)),
            (line,),
        )
        return Figure("rate", f"{cell.name}: isolated cycles", finding, (main, curves), 183)
    main = _blocks_panel(sample, rows, [row for row in steps if row["direction"] in ("sodiation", "discharge")])
    return Figure("rate", f"{cell.name}: rate test", finding, (main, curves), 183)


def temperature_figure(cell: Cell, rows: Sequence[Row], results: Sequence[tuple[float, CellResult]]) -> Figure:
    """Capacity against temperature at each rate, and the curve of each temperature at the highest rate.

    Parameters
    ----------
    cell : Cell
    rows : sequence of dict
        With ``temperature`` [degC], ``c_rate`` and ``specific_capacity``.
    results : sequence of tuple of float and CellResult
        Temperature [degC] and an isolated cycle at the highest rate.

    Returns
    -------
    Figure
    """
    sample = sample_of(cell)
    series = []
    for rate in dict.fromkeys(number(row, "c_rate") for row in rows):
        x, y = _columns([row for row in rows if row["c_rate"] == rate], "temperature", "specific_capacity")
        series.append(Series(f"{rate:g}C, simulated", "simulated", x, y, "simulation", sample))
    top = [value for one in series for value in one.y]
    main = Panel(Axis("Temperature", "degC"), Axis("Specific capacity", "mAh/g", limits=_from_zero(top)), tuple(series))
    curves = [
        _curve(cell, step, f"{degrees:g} °C, simulated") for degrees, result in results for step in result.steps if step.voltage.size > 1
    ]
    worst, best = (pick(rows, key=lambda row: number(row, "specific_capacity")) for pick in (min, max))
    finding = (
        f"Simulated: from {number(best, 'specific_capacity'):.1f} mAh/g at {number(best, 'temperature'):g} °C and "
        f"{number(best, 'c_rate'):g}C to {number(worst, 'specific_capacity'):.1f} mAh/g at {number(worst, 'temperature'):g} °C and "
        f"{number(worst, 'c_rate'):g}C."
    )
    highest = max(number(row, "c_rate") for row in rows)
    panels = (main, Panel(_CAPACITY, voltage_axis(cell), tuple(curves), f"At {highest:g}C"))
    return Figure("temperature", f"{cell.name}: rate at temperatures", finding, panels, 183)


def voltammogram_figure(cell: Cell, results: Sequence[tuple[float, CellResult]], rows: Sequence[Row]) -> Figure:
    """Current density against voltage in the last cycle of each sweep rate; with several rates also current over sweep rate, dQ/dV.

    Parameters
    ----------
    cell : Cell
    results : sequence of tuple of float and CellResult
        Sweep rate [mV/s], and its voltammogram.
    rows : sequence of dict
        Of ``voltammograms.peak_rows``, of all of them.

    Returns
    -------
    Figure
    """
    currents = Panel(voltage_axis(cell), Axis("Current density", "mA/cm2"), _swept(cell, results, 1e3 / cell.area.value, over_rate=False))
    panels = [currents]
    if len(results) > 1:
        # i / v is the charge per volt: [A] over [V/s] in [mAh/g/V]
        panels.append(Panel(voltage_axis(cell), _DIFFERENTIAL, _swept(cell, results, 1 / (3.6e-3 * working_mass(cell)), over_rate=True)))
    last = [row for row in rows if row["cycle"] == max(number(one, "cycle") for one in rows)]
    highest = max(last, key=lambda row: number(row, "peak_current"))
    edge = ", at the edge of the window" if highest["at_edge"] == "yes" else ""
    finding = (
        f"Simulated: the current peaks at {number(highest, 'peak_voltage'):.3f} V with "
        f"{number(highest, 'peak_current_density'):.3g} mA/cm2 at {number(highest, 'sweep_rate'):g} mV/s{edge}."
    )
    return Figure("cv", f"{cell.name}: voltammetry", finding, tuple(panels), 183 if len(panels) > 1 else 89)


def _swept(cell: Cell, results: Sequence[tuple[float, CellResult]], factor: float, *, over_rate: bool) -> tuple[Series, ...]:
    """The last two sweeps of each voltammogram: the current times a factor, over the sweep rate [V/s] where asked for."""
    series = []
    for rate, result in results:
        sweeps = [step for step in result.steps if isinstance(step.step, Sweep) and step.voltage.size > 1][-2:]
        x = np.concatenate([_thin(step.voltage) for step in sweeps])
        y = np.concatenate([_thin(factor * step.currents) for step in sweeps]) / (1e-3 * rate if over_rate else 1.0)
        series.append(Series(f"{rate:g} mV/s, simulated", "simulated", _floats(x), _floats(y), "simulation", sample_of(cell)))
    return tuple(series)


def titration_figure(result: CellResult, rows: Sequence[Row]) -> Figure:
    """Voltage through pulses and rests, the relaxed voltage, and the apparent diffusion coefficient beside the one put in.

    Parameters
    ----------
    result : CellResult
    rows : sequence of dict
        Of ``titrations.pulse_rows``.

    Returns
    -------
    Figure
    """
    cell = result.cell
    sample, hours, voltage, begun = sample_of(cell), [], [], 0.0
    for step in result.steps:
        hours.append((begun + step.time) / 3600)
        voltage.append(step.voltage)
        begun += float(step.time[-1])
    through = Series(
        "pulses and rests, simulated", "simulated", _floats(np.concatenate(hours)), _floats(np.concatenate(voltage)), "simulation", sample
    )
    panels = [Panel(Axis("Time", "h"), voltage_axis(cell), (through,))]
    read = [row for row in rows if row.get("ratio") is not None and number(row, "apparent_diffusivity") > 0]
    finding = f"Simulated: {len(rows)} pulses of {cell.name}."
    if len(read) > 1:
        series = (
            Series(
                "apparent, from simulated pulses",
                "simulated",
                *_columns(read, "relaxed_after", "apparent_diffusivity"),
                "simulation",
                sample,
            ),
            Series("put into the simulation", "simulated", *_columns(read, "relaxed_after", "diffusivity_put_in"), "simulation"),
        )
        decades = _decades([value for one in series for value in one.y])
        relaxed = Axis("Relaxed potential" if cell.kind == "half" else "Relaxed voltage", "V")
        panels.append(Panel(relaxed, Axis("Diffusion coefficient", "m2/s", scale="log", limits=decades), series))
        ratios = [number(row, "ratio") for row in read]
        finding = f"Simulated: the apparent diffusion coefficient is {min(ratios):.2g} to {max(ratios):.2g} times the one put in."
    return Figure("gitt", f"{cell.name}: titration", finding, tuple(panels), 183 if len(panels) > 1 else 89)


def nyquist_figure(cell: Cell, spectra: Sequence[tuple[str, Spectrum]]) -> Figure:
    """Spectra in the complex plane, and the modulus against the frequency.

    Parameters
    ----------
    cell : Cell
    spectra : sequence of tuple of str and Spectrum
        Name of the state, and its spectrum.

    Returns
    -------
    Figure
    """
    sample, plane, modulus = sample_of(cell), [], []
    for name, found in spectra:
        z = found.impedance
        plane.append(Series(f"{name}, simulated", "simulated", _floats(z.real), _floats(-z.imag), "simulation", sample))
        modulus.append(Series(f"{name}, simulated", "simulated", _floats(found.frequency), _floats(np.abs(z)), "simulation", sample))
    x, y = _equal_scale([found for _, found in spectra])
    panels = (
        Panel(Axis("Re Z", "ohm", limits=x), Axis("−Im Z", "ohm", limits=y), tuple(plane)),
        Panel(Axis("Frequency", "Hz", scale="log"), Axis("Modulus |Z|", "ohm", scale="log"), tuple(modulus)),
    )
    name, found = spectra[0]
    real = found.impedance.real
    finding = (
        f"Simulated: at {name} the impedance of {cell.name} rises from {real.min():.3g} ohm at high frequency to {real.max():.3g} ohm."
    )
    return Figure("eis", f"{cell.name}: impedance", finding, panels, 183)


def life_figure(result: LifeResult) -> Figure:
    """Capacity, coulombic efficiency and discharge curves of a life.

    Parameters
    ----------
    result : LifeResult
        With one cycle at least.

    Returns
    -------
    Figure
    """
    cell, table = result.cell, result.table
    sample, cycles = sample_of(cell), np.asarray(table["cycle"], dtype=float)
    capacity, kept, efficiency = table["discharge_capacity"], result.retention(), 100 * table["coulombic_efficiency"]
    finding = (
        f"Simulated: after {int(cycles[-1])} cycles at {result.specific_current / cell.one_c.value:g}C {cell.name} keeps "
        f"{kept[-1]:.1f} % of the capacity of its first cycle; the rates of ageing are {result.mechanisms.standing}."
    )
    later = slice(1, None) if cycles.size > 1 else slice(None)  # the first cycle fills what the others never empty
    lines = [
        Series(name, "simulated", _floats(_thin(cycles[part])), _floats(_thin(values[part])), "simulation", sample)
        for name, values, part in (
            ("discharge, simulated", capacity, slice(None)),
            ("relative to cycle 1, simulated", kept, slice(None)),
            (f"from cycle {int(cycles[later][0])} on, simulated", efficiency, later),
        )
    ]
    shown = chosen(sorted(result.curves), most=FEW_CURVES)
    curves = tuple(
        Series(f"cycle {cycle}, simulated", "simulated", _floats(_thin(both[0])), _floats(_thin(both[1])), "simulation", sample)
        for cycle, kinds in sorted(result.curves.items())
        for both in (kinds["charge"], kinds["discharge"])
        if cycle in shown
    )
    panels = [
        Panel(Axis("Cycle", "1"), Axis("Specific capacity", "mAh/g", limits=_from_zero(capacity.tolist())), (lines[0],)),
        Panel(Axis("Cycle", "1"), Axis("Retention", "%", limits=_from_zero(kept.tolist())), (lines[1],)),
        Panel(Axis("Cycle", "1"), Axis("Coulombic efficiency", "%", limits=_around(efficiency[later])), (lines[2],)),
    ]
    if curves:
        panels.append(Panel(_CAPACITY, voltage_axis(cell), curves))
    return Figure("life", f"{cell.name}: cycle life", finding, tuple(panels), 183)


def _around(efficiency: Array) -> tuple[float, float]:
    """Some percentages with room on both sides, a whole range of half a percent at least."""
    low, high = float(efficiency.min()), float(efficiency.max())
    room = max(0.25, 0.5 * (high - low))
    return low - room, high + room


def chosen(values: Sequence[int], *, most: int = MOST_CURVES) -> tuple[int, ...]:
    """At most so many of some numbers, evenly chosen, the first and the last among them."""
    each = list(dict.fromkeys(values))
    if len(each) <= most:
        return tuple(each)
    return tuple(each[round(at)] for at in np.linspace(0, len(each) - 1, most))


def _curve(cell: Cell, step: StepResult, name: str) -> Series:
    points = interpolated(step, CURVE_POINTS, working_mass(cell))
    return Series(name, "simulated", tuple(points["capacity"]), tuple(points["voltage"]), "simulation", sample_of(cell))


def _rated_curves(cell: Cell, results: Sequence[CellResult]) -> list[Series]:
    rated = []
    for place in chosen(range(len(results))):
        for step in results[place].steps:
            if step.voltage.size > 1:
                rate = abs(step.half_cycle.current) / cell.current(1.0)
                rated.append(_curve(cell, step, f"{rate:.3g}C, simulated"))
    return rated


def _blocks_panel(sample: str, rows: Sequence[Row], given: Sequence[Row]) -> Panel:
    """Capacity cycle by cycle, a line for each block, and a dash in its middle for the isolated cycle."""
    per_block = len(given) // max(len(rows), 1)
    series = []
    for place, row in enumerate(rows):
        x, y = _columns(given[place * per_block : (place + 1) * per_block], "cycle", "specific_capacity")
        series.append(Series("continuous, simulated", "simulated", (x[0] - 0.5, *x, x[-1] + 0.5), (y[0], *y, y[-1]), "simulation", sample))
        if row.get("isolated_capacity") is not None:
            middle = (x[0] + x[-1]) / 2
            series.append(Series("isolated cycle, simulated", "simulated", (middle,), (number(row, "isolated_capacity"),), "simulation"))
    top = _from_zero([value for one in series for value in one.y])
    return Panel(Axis("Cycle", "1"), Axis("Specific capacity", "mAh/g", limits=top), tuple(series), "Blocks in one sequence")


def _losses(cell: Cell, step: StepResult) -> Panel | None:
    """What each part takes off the voltage of a half cycle, or adds to it, against the capacity."""
    present = [part for part in PARTS[1:] if part in step.traces and np.abs(step.traces[part]).max() > 0]
    if not present:
        return None
    capacity = step.capacities(working_mass(cell))
    series = tuple(
        Series(f"{part}, simulated", "simulated", _floats(_thin(capacity)), _floats(_thin(1e3 * step.traces[part])), "simulation")
        for part in present
    )
    return Panel(_CAPACITY, Axis("Part of the voltage", "mV"), series, f"Last {step.half_cycle.direction}")


def _equal_scale(spectra: Sequence[Spectrum]) -> tuple[tuple[float, float], tuple[float, float]]:
    """Limits of both axes at which an ohm is as long along one as along the other, so that arcs look like arcs."""
    real = np.concatenate([found.impedance.real for found in spectra])
    imaginary = np.concatenate([-found.impedance.imag for found in spectra])
    least = min(0.0, 1.05 * float(imaginary.min()))
    span = 1.08 * max(float(real.max()), PANEL_RATIO * (float(imaginary.max()) - least))
    return (0.0, span), (least, least + span / PANEL_RATIO)


def _columns(rows: Sequence[Row], x: str, y: str) -> tuple[tuple[float, ...], tuple[float, ...]]:
    return tuple(number(row, x) for row in rows), tuple(number(row, y) for row in rows)


def _decades(values: Sequence[float]) -> tuple[float, float]:
    """Whole decades around some numbers."""
    return 10 ** math.floor(math.log10(min(values))), 10 ** math.ceil(math.log10(max(values)))


def _from_zero(values: Sequence[float]) -> tuple[float, float]:
    return 0.0, 1.15 * max(values)


def _thin(values: Array) -> Array:
    """Every so-many-th value, the last among them."""
    stride = max(values.size // CURVE_POINTS, 1)
    thinned = values[::stride]
    return thinned if (values.size - 1) % stride == 0 else np.append(thinned, values[-1])


def _floats(values: Array) -> tuple[float, ...]:
    return tuple(float(value) for value in values)
