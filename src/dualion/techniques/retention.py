"""Retention over cycles, and how fast capacity fades by two laws.

    retention        R_n = Q_n / Q_ref
    geometric fade   f_g = 1 - R_n^(1/(n - n_ref))
    linear fade      f_l = -b / Q_ref                  b the slope of Q on the cycle number, over cycles that are not masked

Q is the reversible charge of a cycle: the discharge of a full cell, the desodiation of a half cell of an anode material. Which cycle is the
reference is no detail: against the first cycle, the cycles after formation and the largest of all, one test gives three retentions. So
``n_ref`` has no default: ``first``, ``max``, ``after_formation(k)`` (the first ordinary cycle behind k cycles) or the number of a cycle.

Mask. Checks of the capacity, broken cycles, starts and ends are none of the cycling: a cycle is masked where its charge or its discharge
lies outside of 50 to 150 % of the median of the 11 cycles around it (``cycling.masks``), or is missing. Masked cycles are listed, and are
in no line; a masked cycle may be named as reference, and is then flagged.

Uncertainty. Both capacities of a ratio are counted by one instrument, so its gain cancels, and what is left is the scatter from cycle to
cycle s, relative, by second differences of the capacities that are not masked (``numerics.cycling.fade_laws``):

    u(R) / R = sqrt(2) s            u(f_g) = (1 - f_g) / (n - n_ref) u(R) / R

with t intervals. Temperature that drifts over days is not in s. Validity: a law of fading holds for the cycles it was fitted to and says
nothing of later ones; where the line misses by more than the scatter, ``fade_not_linear`` says so.

References: Gasser et al. 1986.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl
from numpy.random import Generator
from numpy.typing import NDArray

from dualion.errors import CoverageError, InputError, SpecError
from dualion.numerics.arrays import curve_from, numbers
from dualion.numerics.cycling.cycle_pairs import CycleRule, check_cycle_rule, cycles_of, reversible_branch, simulated_cycling
from dualion.numerics.cycling.fade_laws import LEAST_CYCLES, LinearFade, degrees_of_freedom, geometric_fade, linear_fade, scatter
from dualion.numerics.cycling.masks import MASK_HIGH, MASK_LOW, MASK_WINDOW, diagnostic
from dualion.numerics.student import interval
from dualion.records.cell_record import CellRecord
from dualion.records.figure import Axis, Figure, Panel, Series
from dualion.records.measurement import Curve, Measurement, Result
from dualion.records.quantity import Flag, Quantity
from dualion.techniques.row import Technique, Truth, check_input, provenance

Array = NDArray[np.float64]
Branch = Literal["reversible", "charge", "discharge"]

_AFTER = re.compile(r"after_formation\((\d{1,6})\)")
_MAH = 1e3  # [mAh/Ah]
#: A line that misses by more than this many times the scatter does not hold [1].
NOT_LINEAR = 2.0
#: Numbers of masked cycles that a message lists, and points that a figure shows, at most.
_LISTED, _SHOWN = 20, 60


@dataclass(frozen=True, slots=True)
class Options:
    """Options of the retention. ``n_ref`` must be given: it has no default that would suit."""

    n_ref: int | str | None = None  # "first", "max", "after_formation(k)" or the number of a cycle
    at: int | None = None  # [1] cycle whose retention is stated; None: the last that is not masked
    branch: Branch = "reversible"  # whose charge is the capacity
    cycles: CycleRule = "instrument"  # whose count; own where the instrument has none
    mask_window: int = MASK_WINDOW  # [1] cycles of the rolling median
    mask_low: float = MASK_LOW  # [1] share of the rolling median below which a cycle is masked
    mask_high: float = MASK_HIGH  # [1] share of the rolling median above which a cycle is masked

    def __post_init__(self) -> None:
        if self.n_ref is not None:
            reference(self.n_ref)
        if self.branch not in ("reversible", "charge", "discharge"):
            raise SpecError(f'retention.branch: "{self.branch}" is unknown. Write "reversible", "charge" or "discharge".')
        check_cycle_rule("retention.cycles", self.cycles)
        if self.mask_window < 1 or self.mask_window % 2 == 0:
            raise SpecError(f"retention.mask_window: {self.mask_window} cycles have no middle. Give an odd number.")
        if not 0 <= self.mask_low < self.mask_high:
            raise SpecError(f"retention.mask_low: {self.mask_low} is not below mask_high, {self.mask_high}. Give two shares of the median.")


def reference(n_ref: int | str) -> tuple[str, int]:
    """What the option ``n_ref`` means: its word, and the number [1] that belongs to it.

    Parameters
    ----------
    n_ref : int or str
        [1] a cycle, or a word.

    Raises
    ------
    SpecError
        It means nothing.

    Examples
    --------
    >>> reference("after_formation(3)"), reference(8), reference("max")
    (('after_formation', 3), ('cycle', 8), ('max', 0))
    """
    if isinstance(n_ref, int) and not isinstance(n_ref, bool):
        return "cycle", n_ref
    text = str(n_ref).strip()
    found = _AFTER.fullmatch(text)
    if found:
        return "after_formation", int(found[1])
    if text in ("first", "max"):
        return text, 0
    if text.isdecimal():
        return "cycle", int(text)
    raise SpecError(f'retention.n_ref: "{n_ref}" is unknown. Write "first", "max", "after_formation(k)" or the number of a cycle.')


@dataclass(frozen=True, slots=True)
class _Series:
    """Capacities [Ah] of all cycles, which of them are masked, and where the reference and the end stand."""

    cycle: Array
    capacity: Array
    masked: NDArray[np.bool_]
    reference: int
    end: int

    @property
    def line(self) -> NDArray[np.bool_]:
        """Cycles of the lines: from the reference to the end, without those that are masked."""
        inside = (self.cycle >= self.cycle[self.reference]) & (self.cycle <= self.cycle[self.end])
        return np.asarray(inside & ~self.masked)

    @property
    def kept(self) -> Array:
        return self.capacity[~self.masked]


def analyse(measurements: Sequence[Measurement], options: Options) -> Result:
    """Retention and fade of one life test.

    Parameters
    ----------
    measurements : sequence of Measurement
        One.
    options : Options
        With ``n_ref``.

    Returns
    -------
    Result
        Values, the table ``cycles`` with one row a cycle, the table ``masked``, and the two laws as curves.

    Raises
    ------
    SpecError
        ``n_ref`` is not given, or a cycle that was named is not there.
    CoverageError
        Fewer than four cycles are not masked.
    """
    check_input(TECHNIQUE, measurements)
    if len(measurements) > 1:
        raise InputError(f"retention takes one life test and has {len(measurements)}. Join their files, or analyse them one by one.")
    if options.n_ref is None:
        raise SpecError(
            'retention.n_ref: missing, and it has no default. Write "first", "max", "after_formation(k)" or the number of a cycle.'
        )
    measured = measurements[0]
    cycles, counted, known = cycles_of(measured, options.cycles)
    branch = reversible_branch(measured.cell) if options.branch == "reversible" else options.branch
    found = _series(cycles, branch, options, measured.source.file)
    noise = scatter(found.kept)
    line = linear_fade(
        found.cycle[found.line], found.capacity[found.line], reference=float(found.capacity[found.reference]),
        at=float(found.cycle[found.reference]), relative=noise,
    )  # fmt: skip
    rule = (
        f"{branch} of cycle {found.cycle[found.end]:.0f} over cycle {found.cycle[found.reference]:.0f} (n_ref {options.n_ref}), {counted}"
    )
    values = _values(cycles, found, noise=noise, line=line, rule=rule)
    flags = (*known, *_flags(cycles, found, line))
    tables = {"cycles": _table(cycles, found), "masked": _table(cycles, found).filter(pl.col("masked")).drop("masked")}
    return Result("retention", values, _curves(found, values, line), flags, provenance(TECHNIQUE, measurements, options), tables)


def _series(cycles: pl.DataFrame, branch: str, options: Options, file: str) -> _Series:
    """Capacities with mask, reference and end."""
    charge, discharge = (numbers(cycles, f"{name}_charge_ah") for name in ("charge", "discharge"))
    masked = diagnostic(charge, discharge, window=options.mask_window, low=options.mask_low, high=options.mask_high)
    cycle, capacity = cycles["cycle"].to_numpy().astype(float), charge if branch == "charge" else discharge
    ordinary = np.flatnonzero(~masked)
    if ordinary.size < LEAST_CYCLES:
        raise CoverageError(f"{file}: retention, in cycles that are not masked,", LEAST_CYCLES, int(ordinary.size))
    end = int(ordinary[-1]) if options.at is None else _place(cycle, capacity, options.at, "at")
    word, number = reference(options.n_ref if options.n_ref is not None else "first")
    if word == "cycle":
        start = _place(cycle, capacity, number, "n_ref")
    elif word == "first":
        start = int(np.flatnonzero(capacity > 0)[0])
    elif word == "max":
        start = int(ordinary[np.argmax(capacity[ordinary])])
    else:
        behind = ordinary[ordinary >= number]
        if behind.size == 0:
            raise CoverageError(f"{file}: retention after {number} cycles of formation, in cycles behind them,", 1, 0)
        start = int(behind[0])
    if end <= start:
        raise SpecError(f"retention.at: cycle {cycle[end]:.0f} is not behind the reference, cycle {cycle[start]:.0f}. Name a later one.")
    return _Series(cycle, capacity, masked, start, end)


def _place(cycle: Array, capacity: Array, number: int, option: str) -> int:
    """Row of a cycle that was named."""
    rows = np.flatnonzero((cycle == number) & (capacity > 0))
    if rows.size == 0:
        raise SpecError(f"retention.{option}: there is no capacity of cycle {number}. Cycles go from {cycle[0]:.0f} to {cycle[-1]:.0f}.")
    return int(rows[0])


def _values(cycles: pl.DataFrame, found: _Series, *, noise: float, line: LinearFade, rule: str) -> dict[str, Quantity]:
    first, last = found.capacity[found.reference], found.capacity[found.end]
    passed = found.cycle[found.end] - found.cycle[found.reference]
    kept = int((~found.masked).sum())
    freedom = degrees_of_freedom(kept)
    retention = float(last / first)
    relative = noise * float(np.sqrt(2))
    geometric = geometric_fade(retention, passed)

    def quantity(value: float, unit: str, stderr: float, text: str) -> Quantity:
        value, stderr = float(value), float(stderr)
        return Quantity(value, unit, stderr=stderr, n=kept, rule=text, interval=interval(value, stderr, freedom))

    scale = f"scatter from cycle to cycle of {kept} cycles"
    lasts = (numbers(cycles, f"{name}_duration_second") for name in ("charge", "discharge"))
    ends = cycles["start_second"].to_numpy()
    return {
        "retention": quantity(100 * retention, "%", 100 * retention * relative, f"{rule}; {scale}"),
        "geometric_fade": quantity(geometric, "1/cycle", (1 - geometric) / passed * relative, f"1 - R^(1/{passed:.0f}); {rule}"),
        "linear_fade": quantity(
            line.rate, "1/cycle", line.stderr, f"least squares over {int(found.line.sum())} cycles that are not masked; {rule}"
        ),
        "reference_capacity": quantity(_MAH * first, "mAh", _MAH * first * noise, f"cycle {found.cycle[found.reference]:.0f}; {scale}"),
        "last_capacity": quantity(_MAH * last, "mAh", _MAH * last * noise, f"cycle {found.cycle[found.end]:.0f}; {scale}"),
        "cycles": Quantity(float(cycles.height), "1", rule="a count"),
        "masked_cycles": Quantity(
            float(found.masked.sum()), "1", rule="a count: outside of the shares of the rolling median, or half missing"
        ),
        "cycling_duration": Quantity(
            float(sum(np.nansum(part) for part in lasts)) / 3600,
            "h",
            rule="no standard error: the clock of the instrument; charges and discharges, without rests",
        ),
        "test_duration": Quantity(
            float(ends[-1] - ends[0]) / 3600,
            "h",
            rule="no standard error: the clock of the instrument; from the begin of the first cycle to that of the last",
        ),
    }


def _flags(cycles: pl.DataFrame, found: _Series, line: LinearFade) -> tuple[Flag, ...]:
    flags = []
    halves = int(cycles.select((pl.col("charge_charge_ah").is_null() | pl.col("discharge_charge_ah").is_null()).sum()).item())
    if halves:
        flags.append(
            Flag("incomplete_cycle", "note", f"{halves} of {cycles.height} cycles lack their charge or their discharge; they are masked.")
        )
    if found.masked.any():
        masked = [f"{number:.0f}" for number in found.cycle[found.masked]]
        more = f", and {len(masked) - _LISTED} more" if len(masked) > _LISTED else ""
        text = f"{len(masked)} of {found.cycle.size} cycles are none of the cycling and are left out: {', '.join(masked[:_LISTED])}{more}."
        flags.append(Flag("masked_cycles", "note", text))
    for place, name in ((found.reference, "reference"), (found.end, "last")):
        if found.masked[place]:
            text = f"Cycle {found.cycle[place]:.0f}, the {name} one, is a masked cycle: the retention compares cycles of different kinds."
            flags.append(Flag(f"{name}_masked", "warning", text))
    if line.misfit > NOT_LINEAR:
        text = f"Capacities lie {line.misfit:.1f} times their scatter off the straight line: the linear fade is a mean, not a law."
        flags.append(Flag("fade_not_linear", "note", text))
    return tuple(flags)


def _table(cycles: pl.DataFrame, found: _Series) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "cycle": cycles["cycle"],
            "charge_capacity [mAh]": cycles["charge_charge_ah"] * _MAH,
            "discharge_capacity [mAh]": cycles["discharge_charge_ah"] * _MAH,
            "retention [%]": pl.Series(100 * found.capacity / found.capacity[found.reference]).fill_nan(None),
            "masked": found.masked,
        }
    )


_CYCLE, _RETENTION = Axis("Cycle", "1"), Axis("Retention", "%")


def _curves(found: _Series, values: dict[str, Quantity], line: LinearFade) -> dict[str, Curve]:
    """Both laws from the reference to the end."""
    passed = np.linspace(0.0, found.cycle[found.end] - found.cycle[found.reference], 101)
    at = found.cycle[found.reference] + passed
    kept = found.line
    middle, level = found.cycle[kept].mean(), found.capacity[kept].mean() / found.capacity[found.reference]
    straight = 100 * (level - line.rate * (at - middle))
    geometric = values["geometric_fade"].value or 0.0
    return {
        "geometric_law": curve_from(_CYCLE, _RETENTION, at, 100 * (1 - geometric) ** passed),
        "linear_law": curve_from(_CYCLE, _RETENTION, at, straight),
    }


def draw(result: Result) -> Figure:
    """Retention of the cycles that are not masked with both laws, and the capacity of every cycle.

    Parameters
    ----------
    result : Result

    Returns
    -------
    Figure
    """
    cycles = result.tables["cycles"].drop_nulls("retention [%]")
    laws = {"geometric_law": "geometric law", "linear_law": "straight line"}
    kept = _points(cycles.filter(~pl.col("masked")), "cycles")
    series = [*kept, *(Series(label, "fitted", result.curves[name].x, result.curves[name].y, "analysis") for name, label in laws.items())]
    panels = [Panel(_CYCLE, _RETENTION, tuple(series))]
    masked = _points(cycles.filter(pl.col("masked")), "masked")
    if masked:
        panels.append(Panel(_CYCLE, _RETENTION, (*kept, *masked), "with masked cycles"))
    found, fade = result.values["retention"], result.values["geometric_fade"]
    finding = f"Retention is {found.value:.2f} % ({found.rule}), a geometric fade of {fade.value:.3g} per cycle."
    return Figure("retention", "Retention over cycles", finding, tuple(panels), 183 if masked else 89)


def _points(part: pl.DataFrame, name: str) -> list[Series]:
    """Retention of some cycles, of a few of them where they are many; none where there are none."""
    part = part[:: 1 + part.height // _SHOWN]
    x, y = tuple(part["cycle"].cast(pl.Float64)), tuple(part["retention [%]"])
    return [Series(name, "measured", x, y, "analysis")] if part.height else []


#: Simulated life test: relative scatter from cycle to cycle, ordinary cycles between checks, cycles, charge of a cycle [Ah], current [A].
_SCATTER, _CHECK_EVERY, _CYCLES, _CHARGE_AH, _CURRENT = 1e-3, 50, 200, 1e-3, 1e-3
#: Charge of a check over that of an ordinary cycle [1], and what is lost in charging [1].
_CHECK, _LOSS = 2.5, 2e-3


def synthesise(rng: Generator, *, noise: float = 1.0, retention: float = 90.0) -> tuple[tuple[Measurement, ...], Truth]:
    """A life test that fades geometrically, with a check of the capacity every 50 cycles; a capacity scatters by 0.1 %.

    Parameters
    ----------
    rng : Generator
    noise : float
        [1] scale of the scatter.
    retention : float
        [%] of the last cycle over the first that is not masked.

    Returns
    -------
    tuple of Measurement, Truth
    """
    cycle = np.arange(1, _CYCLES + 1)
    check = cycle % _CHECK_EVERY == 1
    ordinary = cycle[~check]
    first, last = int(ordinary[0]), int(ordinary[-1])
    fade = geometric_fade(retention / 100, last - first)
    law = _CHARGE_AH * (1 - fade) ** (cycle - float(first))
    discharge = law * np.where(check, _CHECK, 1.0) * (1 + noise * _SCATTER * rng.standard_normal(_CYCLES))
    charge = np.ravel(np.column_stack([discharge * (1 + _LOSS), discharge]))
    line = linear_fade(ordinary.astype(float), law[~check], reference=_CHARGE_AH, at=float(first), relative=0.0)
    truth = {
        "retention": retention,
        "geometric_fade": fade,
        "linear_fade": line.rate,
        "reference_capacity": _MAH * _CHARGE_AH,
        "last_capacity": _MAH * float(law[last - 1]),
    }
    voltage = np.tile(np.stack([np.linspace(3.2, 3.8, 5), np.linspace(3.7, 3.1, 5)]), (_CYCLES, 1))
    measured = simulated_cycling(
        charge, np.tile([_CURRENT, -_CURRENT], _CYCLES), voltage, cycle=np.repeat(cycle, 2), name="retention", truth=truth,
        cell=CellRecord(kind="dual-ion"),
    )  # fmt: skip
    return (measured,), truth


TECHNIQUE = Technique(
    name="retention",
    title="Retention and fade",
    measurement="gcd",
    needs=("test_time_second", "current_ampere", "voltage_volt"),
    options=Options,
    analyse=analyse,
    draw=draw,
    synthesise=synthesise,
    references=("gasser1986",),
    example=Options(n_ref="after_formation(1)"),
)
