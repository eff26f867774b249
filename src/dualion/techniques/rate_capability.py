"""Rate capability: the capacity at each current, and what is left of that at the lowest.

    value of a block   Q_b = mean of its last k = 3 stable cycles, the first cycle never among them   (``numerics.cycling.rate_blocks``)
    nominal C rate     C = I / (m q_ref)                                     the current called 1 C, and the mass it refers to
    true rate          1 / t_half  [1/h]                                     t_half the time that the half cycle really took
    relative           Q_b / Q_lowest

Q is the reversible charge of a cycle: the discharge of a full cell, the desodiation of a half cell of an anode material. Nominal and true
rate differ wherever the capacity is not q_ref: at a nominal 0.1 C of 300 mA/g, 427 mAh/g take 14.2 h and not 10 h.

Uncertainty, each with its degrees of freedom, added by Welch and Satterthwaite:

    u(Q_b)     scatter of the k cycles s / sqrt(k), k - 1;   accuracy of the current a I_fs / I;   u(m) / m
    u(ratio)   scatter and accuracy of both blocks, on ranges that err independently; the mass cancels

Validity. A block needs k + 1 cycles. Capacity that is still falling or rising within a block by 2 % or more is no property of its
rate: such a block has no value and is flagged ``not_stable``, or ``short_block`` where it has too few cycles. In a half cell the
polarisation of the sodium counter electrode is in every number.

References: Tang et al. 2026; Welch 1947.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualion.errors import CoverageError, InputError, SpecError
from dualion.numerics.arrays import numbers
from dualion.numerics.cycling.capacity_scale import Basis, CapacityScale, capacity_scale, check_basis
from dualion.numerics.cycling.cycle_pairs import (
    BRANCHES,
    CycleRule,
    check_cycle_rule,
    cycles_of,
    reversible_branch,
)
from dualion.numerics.cycling.cycler_rows import CURRENT_ACCURACY
from dualion.numerics.cycling.rate_blocks import MOST_SPREAD, SAME_CURRENT, STABLE_CYCLES, Block, rate_blocks
from dualion.numerics.cycling.synthetic_rates import synthesise
from dualion.numerics.student import interval, welch
from dualion.records.cell_record import CellRecord
from dualion.records.figure import Axis, Figure, Panel, Series
from dualion.records.measurement import Measurement, Result
from dualion.records.quantity import Flag, Quantity, Severity
from dualion.techniques.row import Technique, check_input, provenance

Array = NDArray[np.float64]

_MILLI, _HOUR, _PERCENT = 1e3, 3600.0, 100.0
#: Half-width of a normal 95 % interval in standard errors.
_NORMAL = 1.96
#: Currents of a block that returns to an earlier one differ by at most this share [1].
_RETURNED = 0.05


@dataclass(frozen=True, slots=True)
class Options:
    """Options of the rate capability."""

    k_stable: int = STABLE_CYCLES  # [1] cycles of a value
    max_spread: float = MOST_SPREAD  # [1] of the cycles of a value
    same_current: float = SAME_CURRENT  # [1] largest change within a block
    basis: Basis = ""  # mass of the capacities: "" working electrode, "anode", "cathode"; "cell": mAh, without a mass
    cycles: CycleRule = "instrument"  # whose count; own where the instrument has none
    accuracy_fs: float = CURRENT_ACCURACY  # [1] accuracy of the current as a share of full scale
    full_scale: float | None = None  # [A]; None: each current is measured on a range of its size

    def __post_init__(self) -> None:
        if self.k_stable < 2:
            raise SpecError(f"rate_capability.k_stable: {self.k_stable} cycles have no spread. Give 2 or more.")
        for name in ("max_spread", "same_current", "accuracy_fs"):
            if not (math.isfinite(getattr(self, name)) and getattr(self, name) > 0):
                raise SpecError(f"rate_capability.{name}: {getattr(self, name)} is not a positive number. Give a share, such as 0.02.")
        if self.full_scale is not None and not (math.isfinite(self.full_scale) and self.full_scale > 0):
            raise SpecError(
                f"rate_capability.full_scale: {self.full_scale} is not a positive number. Give a current in A, or leave it out."
            )
        check_basis("rate_capability.basis", self.basis)
        check_cycle_rule("rate_capability.cycles", self.cycles)


@dataclass(frozen=True, slots=True)
class _Rate:
    """A block with its value and the errors of it: relative scatter with its degrees of freedom, and accuracy."""

    block: Block
    capacity: float | None
    scatter: float
    freedom: float
    accuracy: float
    hours: float

    def parts(self) -> list[tuple[float, float]]:
        return [(self.scatter, self.freedom), (self.accuracy, math.inf)]


def analyse(measurements: Sequence[Measurement], options: Options) -> Result:
    """Capacity at each rate of one rate test.

    Parameters
    ----------
    measurements : sequence of Measurement
        One.
    options : Options

    Returns
    -------
    Result
        Values, the table ``rates`` with one row a block, and the table ``cycles``.

    Raises
    ------
    SpecError
        A mass is asked for and is not known.
    CoverageError
        No block has as many cycles as a value needs.
    """
    check_input(TECHNIQUE, measurements)
    if len(measurements) > 1:
        raise InputError(f"rate_capability takes one rate test and has {len(measurements)}. Analyse them one by one.")
    measured = measurements[0]
    scale = capacity_scale(measured.cell, options.basis)
    cycles, counted, known = cycles_of(measured, options.cycles)
    branch = reversible_branch(measured.cell)
    whole = cycles.filter(pl.col(f"{branch}_charge_ah") > 0)
    capacity, current, lasts = (numbers(whole, f"{branch}_{name}") for name in ("charge_ah", "current_ampere", "duration_second"))
    blocks = rate_blocks(current, capacity, k=options.k_stable, spread=options.max_spread, same=options.same_current)
    longest = max((block.cycles for block in blocks), default=0)
    if longest <= options.k_stable:
        raise CoverageError(f"{measured.source.file}: rate_capability, in cycles of a block,", options.k_stable + 1, longest)
    rates = [_rate(block, scale.factor * capacity, lasts / _HOUR, options) for block in blocks]
    rule = f"{branch}, mean of the last {options.k_stable} stable cycles of a block, {scale.rule}, {counted}"
    values = _values(rates, scale, rule)
    tables = {"rates": _table(rates, scale, measured.cell, whole["cycle"].to_numpy()), "cycles": _cycles(whole, scale)}
    flags = (*known, *_flags(rates, values, tables["rates"], options))
    return Result("rate_capability", values, {}, flags, provenance(TECHNIQUE, measurements, options), tables)


def _rate(block: Block, capacity: Array, hours: Array, options: Options) -> _Rate:
    stable = block.of_value(capacity)
    full = options.full_scale if options.full_scale is not None else block.current
    accuracy = options.accuracy_fs * full / block.current if block.current > 0 else 0.0
    if stable.size == 0:
        return _Rate(block, None, 0.0, 1.0, accuracy, float(np.mean(hours[block.first : block.last + 1])))
    mean = float(stable.mean())
    scatter = float(stable.std(ddof=1)) / math.sqrt(stable.size) / mean
    return _Rate(block, mean, scatter, stable.size - 1.0, accuracy, float(np.mean(block.of_value(hours))))


def _valued(value: float, parts: list[tuple[float, float]], unit: str, n: int, rule: str) -> Quantity:
    """A quantity with relative errors in parts."""
    relative, freedom = welch(parts)
    stderr = abs(value) * relative
    return Quantity(value, unit, stderr=stderr, n=n, rule=rule, interval=interval(value, stderr, freedom))


def _values(rates: Sequence[_Rate], scale: CapacityScale, rule: str) -> dict[str, Quantity]:
    valued = [rate for rate in rates if rate.capacity is not None]
    values = {
        "blocks": Quantity(float(len(rates)), "1", rule="a count"),
        "valued_blocks": Quantity(float(len(valued)), "1", rule="a count of those with a value"),
    }
    if not valued:
        units = {"lowest_rate_capacity": scale.unit, "highest_rate_capacity": scale.unit, "rate_retention": "%"}
        return values | {name: Quantity(None, unit, rule=rule) for name, unit in units.items()}
    slow, fast = _first_at(valued, min), _first_at(valued, max)
    for name, rate in (("lowest_rate", slow), ("highest_rate", fast)):
        current = _MILLI * rate.block.current
        parts = [*rate.parts(), (scale.relative, math.inf)]
        values[f"{name}_capacity"] = _valued(rate.capacity or 0.0, parts, scale.unit, _count(rate), f"{rule}; at {current:.4g} mA")
        values[f"{name}_current"] = Quantity(
            current, "mA", stderr=current * rate.accuracy, rule="median of the block; accuracy of the instrument"
        )
    if fast is not slow:
        values["rate_retention"] = _ratio(fast, slow, f"highest over lowest current; {rule}")
    last = valued[-1]
    if last is not slow and _same(last, slow):
        values["recovery"] = _ratio(last, slow, f"last block over the first one at this current; {rule}")
    return values


def _first_at(valued: Sequence[_Rate], which: Callable[[Iterable[float]], float]) -> _Rate:
    """The first block at the lowest or highest current."""
    wanted = which(rate.block.current for rate in valued)
    return next(rate for rate in valued if abs(rate.block.current / wanted - 1) <= _RETURNED)


def _same(one: _Rate, other: _Rate) -> bool:
    return abs(one.block.current / other.block.current - 1) <= _RETURNED


def _count(rate: _Rate) -> int:
    return 0 if rate.block.value is None else rate.block.value[1] - rate.block.value[0] + 1


def _ratio(one: _Rate, other: _Rate, rule: str) -> Quantity:
    """Capacity of one block relative to another. At one current, accuracy cancels, and both blocks tell of one scatter."""
    if _same(one, other):
        parts = [(math.hypot(one.scatter, other.scatter), one.freedom + other.freedom)]
    else:
        parts = [*one.parts(), *other.parts()]
    return _valued(_PERCENT * (one.capacity or 0.0) / (other.capacity or math.nan), parts, "%", min(_count(one), _count(other)), rule)


def _table(rates: Sequence[_Rate], scale: CapacityScale, cell: CellRecord, number: NDArray[np.int64]) -> pl.DataFrame:
    """One row a block."""
    valued = [rate for rate in rates if rate.capacity is not None]
    lowest = _first_at(valued, min).capacity if valued else None
    one_c = _one_c(cell)
    rows = []
    for place, rate in enumerate(rates, start=1):
        stderr, _ = welch([*rate.parts(), (scale.relative, math.inf)])
        value = rate.block.value
        current = _MILLI * rate.block.current
        rows.append(
            {
                "block": place,
                "first_cycle": int(number[rate.block.first]),
                "last_cycle": int(number[rate.block.last]),
                "value_from_cycle": None if value is None else int(number[value[0]]),
                "value_to_cycle": None if value is None else int(number[value[1]]),
                "current [mA]": current,
                "specific_current [mA/g]": None if scale.gram is None else current / scale.gram,
                "nominal_rate [C]": None if one_c is None else current / one_c,
                "true_rate [1/h]": 1 / rate.hours if rate.hours > 0 else None,
                f"capacity [{scale.unit}]": rate.capacity,
                f"capacity_stderr [{scale.unit}]": None if rate.capacity is None else rate.capacity * stderr,
                "relative_capacity [%]": None if rate.capacity is None or lowest is None else _PERCENT * rate.capacity / lowest,
            }
        )
    return pl.DataFrame(rows, schema=_schema(scale.unit))


def _schema(unit: str) -> dict[str, type[pl.DataType]]:
    counts = ("block", "first_cycle", "last_cycle", "value_from_cycle", "value_to_cycle")
    numbers_of = ("current [mA]", "specific_current [mA/g]", "nominal_rate [C]", "true_rate [1/h]")
    capacities = (f"capacity [{unit}]", f"capacity_stderr [{unit}]", "relative_capacity [%]")
    return dict.fromkeys(counts, pl.Int64) | dict.fromkeys((*numbers_of, *capacities), pl.Float64)


def _one_c(cell: CellRecord) -> float | None:
    """The current [mA] called 1 C; None where it, its mass or what it refers to is not known."""
    if cell.one_c is None or cell.one_c_mass is None:
        return None
    mass = cell.anode_mass if cell.one_c_mass == "anode" else cell.cathode_mass
    if mass is None or mass.value is None or cell.one_c.value is None:
        return None
    return cell.one_c.value * mass.value / _MILLI


def _cycles(whole: pl.DataFrame, scale: CapacityScale) -> pl.DataFrame:
    """One row a cycle."""
    return whole.select(
        "cycle",
        *((pl.col(f"{branch}_charge_ah") * scale.factor).alias(f"{branch}_capacity [{scale.unit}]") for branch in BRANCHES),
        *((pl.col(f"{branch}_current_ampere") * _MILLI).alias(f"{branch}_current [mA]") for branch in BRANCHES),
    )


def _flags(rates: Sequence[_Rate], values: dict[str, Quantity], table: pl.DataFrame, options: Options) -> tuple[Flag, ...]:
    flags = []
    severity: Severity = "refusal" if values["valued_blocks"].value == 0 else "warning"
    short = [str(place) for place, rate in enumerate(rates, start=1) if rate.block.cycles <= options.k_stable]
    moving = [str(place) for place, rate in enumerate(rates, start=1) if rate.capacity is None and rate.block.cycles > options.k_stable]
    if moving:
        text = (
            f"No {options.k_stable} cycles in a row lie within {_PERCENT * options.max_spread:g} % in block {', '.join(moving)}: no value."
        )
        flags.append(Flag("not_stable", severity, text))
    if short:
        text = f"Fewer than {options.k_stable + 1} cycles in block {', '.join(short)}: the first never counts, so no value."
        flags.append(Flag("short_block", "note", text))
    if table["nominal_rate [C]"].null_count():
        flags.append(
            Flag("nominal_rate_unknown", "note", "The current called 1 C, or the mass it refers to, is not known: true rates only.")
        )
    return tuple(flags)


_CYCLE, _RATE = Axis("Cycle", "1"), Axis("True rate", "1/h", scale="log")


def draw(result: Result) -> Figure:
    """Capacity of every cycle, and the value of each block against the true rate.

    Parameters
    ----------
    result : Result

    Returns
    -------
    Figure
    """
    rates, cycles = result.tables["rates"], result.tables["cycles"]
    heading = next(name for name in rates.columns if name.startswith("capacity ["))
    unit = heading[heading.index("[") + 1 : -1]
    axis = Axis("Specific capacity" if unit == "mAh/g" else "Capacity", unit)
    series = [
        Series(branch, "measured", tuple(part["cycle"].cast(pl.Float64)), tuple(part[name]), "analysis")
        for branch in BRANCHES
        if (part := cycles.drop_nulls(name := f"{branch}_capacity [{unit}]")).height
    ]
    valued = rates.drop_nulls(heading)
    panels = [Panel(_CYCLE, axis, tuple(series))]
    against = valued.drop_nulls("true_rate [1/h]")
    if against.height:
        errors = tuple((_NORMAL * against[f"capacity_stderr [{unit}]"]).to_list())
        points = Series(
            "value of a block", "measured", tuple(against["true_rate [1/h]"]), tuple(against[heading]), "analysis", y_error=errors
        )
        panels.append(Panel(_RATE, axis, (points,)))
    kept, low = result.values.get("rate_retention"), result.values["lowest_rate_capacity"]
    finding = "No block of cycles is stable enough to have a value."
    if low.value is not None:
        finding = f"The lowest rate gives {low.value:.4g} {unit}"
        finding += f", and the highest keeps {kept.value:.1f} % of it." if kept is not None and kept.value is not None else "."
    return Figure("rate-capability", "Rate capability", finding, tuple(panels), 183 if len(panels) > 1 else 89)


TECHNIQUE = Technique(
    name="rate_capability",
    title="Rate capability",
    measurement="gcd",
    needs=("test_time_second", "voltage_volt", "current_ampere"),
    options=Options,
    analyse=analyse,
    draw=draw,
    synthesise=synthesise,
    references=("tang2026", "welch1947"),
)
