"""Rate capability on any engine: one continuous sequence of blocks, and isolated cycles from the state of assembly beside it.

The value of a block is the mean of its last two cycles, and their difference is its spread. A block at a current that was run before is a
return: its capacity over that of the first is the recovery. An isolated cycle starts from the state in which the cell was built; how far
the continuous sequence lies from it is the difference, block by block.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dualion.models.engines import Solver
from dualion.models.experiments import CYCLES_PER_BLOCK, Protocol, cycle, rate_blocks
from dualion.models.outputs import CellResult
from dualion.models.runs.summaries import UNITS, Row, Value, beyond_the_data, number, once, step_rows
from dualion.records.quantity import Flag

#: Cycles at the end of a block whose mean is its value.
AVERAGED = 2

BLOCK_UNITS = {
    **UNITS,
    "specific_capacity_spread": "mAh/g", "mean_voltage_spread": "V", "isolated_capacity": "mAh/g", "isolated_mean_voltage": "V",
    "continuous_minus_isolated": "mAh/g", "recovery": "%", "temperature": "degC", "isolated_capacity_error": "mAh/g",
}  # fmt: skip

#: What is averaged over the last cycles of a block.
_AVERAGES = ("specific_capacity", "mean_voltage", "median_voltage", "energy", "plateau_capacity", "slope_capacity")
_LEAST = ("least_salt", "lowest_anode_potential", "lowest_apparent_anode_potential")

Said = Callable[[str], None]


@dataclass(frozen=True, slots=True, eq=False)
class RateTest:
    """A rate test.

    Parameters
    ----------
    protocol : Protocol
        Of the continuous sequence, or of the first isolated cycle.
    result : CellResult
        Of that protocol.
    rows : tuple of dict
        One for each block, or each isolated cycle; units in ``BLOCK_UNITS``.
    steps : tuple of dict
        One for each half cycle, as ``summaries.step_rows`` gives them.
    flags : tuple of Flag
    alone : tuple of CellResult
        Isolated cycles, one for each current, in their order.
    """

    protocol: Protocol
    result: CellResult
    rows: tuple[Row, ...]
    steps: tuple[Row, ...]
    flags: tuple[Flag, ...]
    alone: tuple[CellResult, ...]


def continuous(
    solver: Solver, specific_currents: Sequence[float], *, cycles: int = CYCLES_PER_BLOCK, said: Said = lambda _: None
) -> RateTest:
    """A rate test as it is run: blocks one after the other, the state carried over, and the isolated cycles beside them.

    Parameters
    ----------
    solver : Solver
    specific_currents : sequence of float
        [mA/g] one block each; one that comes again is a return.
    cycles : int
        In each block.
    said : callable
        Told what is computed next.

    Returns
    -------
    RateTest
        With the flag ``partial`` where the sequence could not be ended; the blocks until then are there.
    """
    cell = solver.cell
    protocol = rate_blocks(cell, specific_currents, cycles=cycles)
    said(f"{len(protocol.steps)} half cycles in one sequence")
    run = solver.solve(protocol, on_fail="record")
    said("the same on a finer mesh and to a tighter tolerance")
    run = solver.numerical_error(protocol, run)
    steps = step_rows(run, protocol)
    alone = _alone(solver, specific_currents, said)
    rows: list[Row] = []
    for place, current in enumerate(specific_currents):
        here = [row for row in _given(steps) if place * cycles < number(row, "cycle") <= (place + 1) * cycles]
        if len(here) < cycles:
            break
        row = _block(here, alone[current][1])
        first = specific_currents.index(current)
        row["recovery"] = None if first == place else 100 * number(row, "specific_capacity") / number(rows[first], "specific_capacity")
        rows.append({"block": place + 1, **row})
    flags = once([*run.flags, *beyond_the_data(cell, specific_currents)])
    return RateTest(protocol, run, tuple(rows), steps, flags, tuple(alone[current][0] for current in dict.fromkeys(specific_currents)))


def isolated(solver: Solver, specific_currents: Sequence[float], *, said: Said = lambda _: None) -> RateTest:
    """One cycle at each current, each from the state in which the cell was built: no rate test, and labelled so.

    Parameters
    ----------
    solver : Solver
    specific_currents : sequence of float
        [mA/g]
    said : callable
        Told what is computed next.

    Returns
    -------
    RateTest
        With the flag ``isolated``.
    """
    cell = solver.cell
    alone = _alone(solver, specific_currents, said)
    steps = tuple(row for _, rows in alone.values() for row in rows)
    rows = tuple(dict(row) for row in _given(steps))
    label = Flag("isolated", "note", "Each cycle starts from the state of assembly: these are not the blocks of a continuous rate test.")
    results = tuple(result for result, _ in alone.values())
    raised = [flag for result in results for flag in result.flags]
    flags = once([label, *raised, *beyond_the_data(cell, specific_currents)])
    return RateTest(cycle(cell, specific_currents[0]), results[0], rows, steps, flags, results)


def _alone(solver: Solver, specific_currents: Sequence[float], said: Said) -> dict[float, tuple[CellResult, tuple[Row, ...]]]:
    """The isolated cycle at each current, with its rows."""
    found = {}
    for current in dict.fromkeys(specific_currents):
        said(f"an isolated cycle at {current:.4g} mA/g")
        protocol = cycle(solver.cell, current)
        result = solver.numerical_error(protocol, solver.solve(protocol, on_fail="record"))
        found[current] = result, step_rows(result, protocol)
    return found


def _given(steps: Sequence[Row]) -> list[Row]:
    """Half cycles whose capacity is reported: the sodiation of a half cell, the discharge of a full one."""
    return [row for row in steps if row["direction"] in ("sodiation", "discharge")]


def _block(here: Sequence[Row], alone: Sequence[Row]) -> Row:
    """The row of a block, from the half cycles that count in it."""
    last = here[-AVERAGED:]
    row: Row = {name: last[0][name] for name in ("specific_current", "c_rate", "direction")}
    for name in _AVERAGES:
        if name in last[0]:
            row[name] = _mean(last, name)
    for name in ("specific_capacity", "mean_voltage"):
        values = [number(one, name) for one in last]
        row[f"{name}_spread"] = max(values) - min(values)
    for name in _LEAST:
        if name in last[0]:
            row[name] = min(number(one, name) for one in here)
    for name in ("capacity_error", "mean_voltage_error"):
        if name in last[0]:
            row[name] = max(number(one, name) for one in last)
    if single := _given(alone):
        row["isolated_capacity"] = single[0]["specific_capacity"]
        row["continuous_minus_isolated"] = number(row, "specific_capacity") - number(single[0], "specific_capacity")
        row["isolated_capacity_error"] = single[0].get("capacity_error")
    return row


def _mean(rows: Sequence[Row], name: str) -> Value:
    return sum(number(row, name) for row in rows) / len(rows)
