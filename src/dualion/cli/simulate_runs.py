"""The verbs of ``dualion simulate`` that pass current: solved, summarised, drawn, written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dualion.cli import progress
from dualion.cli.simulate_input import Asked, divided, quantity, refuse_start, specific_currents
from dualion.cli.simulate_output import Findings, Table, finish
from dualion.models.cells import with_temperature
from dualion.models.experiments import rate_blocks, titration, voltammetry
from dualion.models.outputs import CellResult
from dualion.models.runs import drawings
from dualion.models.runs.blocks import BLOCK_UNITS, continuous, isolated
from dualion.models.runs.measured import measurement
from dualion.models.runs.summaries import UNITS, Row, beyond_the_data, beyond_the_temperatures, cycle_rows, once, step_rows
from dualion.models.runs.titrations import PULSE_UNITS, pulse_rows, titration_flags
from dualion.models.runs.voltammograms import PEAK_UNITS, balance_flags, peak_rows
from dualion.records.cell import Cell
from dualion.records.json import to_plain
from dualion.records.measurement import Measurement
from dualion.records.quantity import Flag

#: Rates of a test where none are given: those of the full cell of the bundled study, and of its half cell; the first comes again.
DEFAULT_RATES = {"half": ("0.1C", "0.2C", "0.5C", "1C", "2C")}
FULL_CELL_RATES = ("1C", "2C", "4C", "8C", "10C", "15C", "20C")


def cycles_of(asked: Asked, current: float, cycles: int, *, as_json: bool) -> int:
    """Run cycles at one rate.

    Parameters
    ----------
    asked : Asked
    current : float
        [mA/g] on the mass that defines 1 C.
    cycles : int
    as_json : bool
        Whether a program reads the output.

    Returns
    -------
    int
        Exit code [1].
    """
    cell, solver = asked.cell, asked.solver()
    protocol = replace(rate_blocks(cell, [current], cycles=cycles), name="cycles")
    with progress.shown() as on_progress:
        on_progress(0, 3, f"{len(protocol.steps)} half cycles")
        result = solver.solve(protocol, on_fail="record")
        on_progress(1, 3, "the same on a finer mesh and to a tighter tolerance")
        result = solver.numerical_error(protocol, result)
        on_progress(2, 3, "figures and tables")
        steps = step_rows(result, protocol)
        whole = cycle_rows(cell, steps)
        found = Findings(
            given={"specific_current": current, "rate": current / cell.one_c.value, "cycles": cycles, "protocol": to_plain(protocol.name)},
            tables=(Table("steps", steps, UNITS), Table("cycles", whole, UNITS)),
            shown=("cycle", "direction", "specific_capacity", "capacity", "mean_voltage", "median_voltage", "energy", "plateau_capacity",
                   "least_salt", "lowest_anode_potential"),
            figures=(drawings.cycle_figure(result, protocol, whole),) if steps else (),
            measurements={"measurement": measurement(result, protocol)} if steps else {},
            flags=once([*result.flags, *beyond_the_data(cell, [current])]),
        )  # fmt: skip
        on_progress(3, 3, "written")
    return finish(asked, found, as_json=as_json)


def rates_or_default(cell: Cell, texts: Sequence[str] | None, *, with_return: bool) -> list[float]:
    """Specific currents [mA/g] of a rate test; where none are given, those of the bundled study, the first again at the end."""
    if texts:
        return specific_currents(cell, texts)
    default = DEFAULT_RATES.get(cell.kind, FULL_CELL_RATES)
    return specific_currents(cell, [*default, default[0]] if with_return else default)


def rates_of(asked: Asked, currents: Sequence[float], cycles: int, mode: str, *, as_json: bool) -> int:
    """Run a rate test.

    Parameters
    ----------
    asked : Asked
    currents : sequence of float
        [mA/g] on the mass that defines 1 C.
    cycles : int
        In each block.
    mode : {"continuous", "isolated"}
    as_json : bool
        Whether a program reads the output.

    Returns
    -------
    int
        Exit code [1].
    """
    cell, done = asked.cell, 0
    parts = len(set(currents)) + 1 + 2 * (mode == "continuous")
    with progress.shown() as on_progress:

        def said(message: str) -> None:
            nonlocal done
            on_progress(done, parts, message)
            done += 1

        if mode == "continuous":
            test = continuous(asked.solver(), currents, cycles=cycles, said=said)
        else:
            test = isolated(asked.solver(), currents, said=said)
        said("figures and tables")
        figures = (drawings.rate_figure(cell, test.rows, test.steps, test.alone),) if test.rows else ()
        on_progress(parts, parts, "written")
    found = Findings(
        given={"mode": mode, "specific_currents": list(currents), "cycles_in_a_block": cycles if mode == "continuous" else 1},
        tables=(Table("rates", test.rows, BLOCK_UNITS), Table("steps", test.steps, UNITS)),
        shown=("block", "c_rate", "specific_current", "specific_capacity", "specific_capacity_spread", "capacity_error", "mean_voltage",
               "isolated_capacity", "continuous_minus_isolated", "recovery"),
        figures=figures,
        measurements=_measured_rates(test.result, test.alone, mode, cell),
        flags=test.flags,
    )  # fmt: skip
    return finish(asked, found, as_json=as_json)


def temperatures_of(asked: Asked, currents: Sequence[float], degrees: Sequence[float], *, as_json: bool) -> int:
    """Run isolated cycles at temperatures.

    Parameters
    ----------
    asked : Asked
    currents : sequence of float
        [mA/g] on the mass that defines 1 C.
    degrees : sequence of float
        [degC]
    as_json : bool
        Whether a program reads the output.

    Returns
    -------
    int
        Exit code [1].
    """
    rows: list[Row] = []
    steps: list[Row] = []
    flags: list[Flag] = []
    fastest: list[tuple[float, CellResult]] = []
    measurements: dict[str, Measurement] = {}
    with progress.shown() as on_progress:
        for done, celsius in enumerate(degrees):
            on_progress(done, len(degrees) + 1, f"{celsius:g} degC")
            cell = with_temperature(asked.cell, celsius)
            test = isolated(asked.solver(cell), currents)
            rows += [{"temperature": celsius, **row} for row in test.rows]
            steps += [{"temperature": celsius, **row} for row in test.steps]
            flags += [
                replace(flag, message=f"At {celsius:g} degC: {flag.message}")
                for flag in test.flags
                if flag.code not in ("isolated", "extrapolated")
            ]
            fastest += [(celsius, test.alone[list(dict.fromkeys(currents)).index(max(currents))])]
            for name, measured in _measured_rates(test.result, test.alone, "isolated", cell).items():
                measurements[f"{name}-{celsius:g}degC"] = measured
        on_progress(len(degrees), len(degrees) + 1, "figures and tables")
    found = Findings(
        given={"temperatures": list(degrees), "specific_currents": list(currents), "mode": "isolated"},
        tables=(Table("temperatures", rows, BLOCK_UNITS), Table("steps", steps, BLOCK_UNITS)),
        shown=(
            "temperature",
            "c_rate",
            "specific_capacity",
            "capacity_error",
            "mean_voltage",
            "plateau_capacity",
            "lowest_anode_potential",
        ),
        figures=(drawings.temperature_figure(asked.cell, rows, fastest),) if rows else (),
        measurements=measurements,
        flags=once([*flags, *beyond_the_data(asked.cell, currents), *beyond_the_temperatures(asked.cell, degrees)]),
    )
    return finish(asked, found, as_json=as_json)


def sweep_rates(texts: Sequence[str]) -> list[float]:
    """Sweep rates [V/s], one a text or divided by commas."""
    return [quantity("sweep-rate", text, "mV/s") / 1e3 for text in divided(texts)]


def voltammograms_of(asked: Asked, swept: Sequence[float], window: tuple[float | None, float | None], cycles: int, *, as_json: bool) -> int:
    """Run voltammograms.

    Parameters
    ----------
    asked : Asked
    swept : sequence of float
        [V/s]
    window : tuple of two floats or None
        [V] lower and upper end; None for those of the cell.
    cycles : int
        At each sweep rate.
    as_json : bool
        Whether a program reads the output.

    Returns
    -------
    int
        Exit code [1].
    """
    cell, solver = asked.cell, asked.solver()
    protocols = [voltammetry(cell, rate, low=window[0], high=window[1], cycles=cycles) for rate in swept]
    refuse_start(cell, protocols[0])
    rows: list[Row] = []
    flags: list[Flag] = []
    results: list[tuple[float, CellResult]] = []
    measurements: dict[str, Measurement] = {}
    with progress.shown() as on_progress:
        for done, protocol in enumerate(protocols):
            name = f"{1e3 * swept[done]:g}"
            on_progress(done, len(protocols) + 1, f"{name} mV/s")
            result = solver.solve(protocol, on_fail="record")
            here = peak_rows(result, protocol)
            rows += here
            flags += [replace(flag, message=f"At {name} mV/s: {flag.message}") for flag in (*result.flags, *balance_flags(here))]
            if here:
                results.append((1e3 * swept[done], result))
                measurements[f"measurement-{name}mVs"] = measurement(result, protocol)
        on_progress(len(protocols), len(protocols) + 1, "figures and tables")
    first = protocols[0].steps[0]
    found = Findings(
        given={"sweep_rates": list(swept), "window": to_plain(first), "cycles": cycles},
        tables=(Table("peaks", rows, PEAK_UNITS),),
        shown=("sweep_rate", "cycle", "direction", "peak_voltage", "at_edge", "peak_current", "peak_specific_current", "charge"),
        figures=(drawings.voltammogram_figure(cell, results, rows),) if rows else (),
        measurements=measurements,
        flags=once(flags),
    )
    return finish(asked, found, as_json=as_json)


def titration_of(asked: Asked, current: float, times: tuple[float, float], pulses: int, *, as_json: bool) -> int:
    """Run a titration.

    Parameters
    ----------
    asked : Asked
    current : float
        [mA/g] on the mass that defines 1 C.
    times : tuple of two floats
        [s] of a pulse and of a rest.
    pulses : int
        At most.
    as_json : bool
        Whether a program reads the output.

    Returns
    -------
    int
        Exit code [1].
    """
    cell = asked.cell
    protocol = titration(cell, current, pulse=times[0], rest=times[1], pulses=pulses)
    with progress.shown() as on_progress:
        on_progress(0, 2, f"{pulses} pulses at most")
        result = until_cutoff(asked.solver().solve(protocol, on_fail="record"))
        on_progress(1, 2, "figures and tables")
        rows = pulse_rows(result)
        found = Findings(
            given={"specific_current": current, "pulse": times[0], "rest": times[1], "pulses": pulses},
            tables=(Table("pulses", rows, PULSE_UNITS),),
            shown=("pulse", "capacity", "relaxed_after", "ohmic_drop", "apparent_diffusivity", "diffusivity_put_in", "ratio"),
            figures=(drawings.titration_figure(result, rows),) if rows else (),
            measurements={"measurement": measurement(result, protocol)} if rows else {},
            flags=once([*result.flags, *titration_flags(rows), *beyond_the_data(cell, [current])]),
        )
        on_progress(2, 2, "written")
    return finish(asked, found, as_json=as_json)


def until_cutoff(result: CellResult) -> CellResult:
    """A titration up to the pulse that met its cut-off and the rest after it; what broke off after that is no failure.

    Parameters
    ----------
    result : CellResult
        Of pulses and rests in turn.

    Returns
    -------
    CellResult
    """
    for place in range(0, len(result.steps), 2):
        step = result.steps[place]
        longest = step.half_cycle.duration
        if longest is not None and step.time[-1] < longest * (1 - 1e-9):
            flags = tuple(flag for flag in result.flags if flag.code != "partial")
            return replace(result, steps=result.steps[: place + 2], flags=flags)
    return result


def _measured_rates(result: CellResult, alone: Sequence[CellResult], mode: str, cell: Cell) -> dict[str, Measurement]:
    """The continuous sequence as one measurement, or each isolated cycle as its own."""
    if mode == "continuous":
        currents = [step.half_cycle.current / cell.current_of(1.0) for step in result.steps]
        protocol = replace(rate_blocks(cell, [1.0], cycles=max(len(currents) // 2, 1)), steps=tuple(step.step for step in result.steps))
        return {"measurement": measurement(result, replace(protocol, name="rate test"))} if result.steps else {}
    found = {}
    for one in alone:
        steps = tuple(step.step for step in one.steps)
        if not steps or one.steps[0].voltage.size < 2:
            continue
        rate = abs(one.steps[0].half_cycle.current) / cell.current(1.0)
        protocol = replace(rate_blocks(cell, [rate * cell.one_c.value], cycles=1), steps=steps)
        found[f"measurement-{rate:.3g}C"] = measurement(one, protocol)
    return found
