"""Peaks of cyclic voltammograms at several scan rates, and the exponent b of their currents.

    |i_p| = a v^b,        ln |i_p| = ln a + b ln v        (ordinary least squares, for each branch and peak)

v is the scan rate, i_p the peak current of a branch: anodic while the potential rises, cathodic while it falls. A peak is found in each
scan anew, on the last complete cycle of its rate (the last but one of three or more), and is followed from rate to rate by its potential.
b = 0.5 where semi-infinite diffusion limits the current (Randles-Sevcik), b = 1 where all of the surface follows the potential; a fast
intercalation in a thin film gives 1 as well (Girard et al. 2015), so b alone does not tell a capacitance from a redox reaction. No
baseline is taken off: i_p holds the capacitive current below the peak.

The interval of b is that of Student's t at n - 2 degrees of freedom. That ln |i_p| bends with ln v is tested by the coefficient of a
quadratic term (flag ``curved`` at p < 0.05); a bent line has no single b. The shift of the peak potential is given as its slope on log10 v
and as its range over all rates: a series resistance moves peaks and lowers b.

Each rate is measured from the rows and compared with the one that the file states (flag ``rate_mismatch`` beyond 2 %).

References: Lindström et al. 1997; Girard et al. 2015.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy.stats import t as student

from dualion.errors import CoverageError, InputError, SpecError
from dualion.numerics.arrays import curve_from
from dualion.numerics.simulated import simulated_source
from dualion.numerics.student import interval
from dualion.numerics.voltammetry.peaks import Peak, peaks, tracked
from dualion.numerics.voltammetry.scan_rates import COLUMNS, Chosen, chosen_scans, corrected, rate_flags, scan_table
from dualion.numerics.voltammetry.scans import DIRECTIONS, SEVERAL, Array, Direction, distinct_rates, triangle
from dualion.records.cell_record import CellRecord
from dualion.records.figure import Axis, Figure, Panel, Series
from dualion.records.measurement import Curve, Measurement, Result
from dualion.records.quantity import Flag, Quantity
from dualion.techniques.row import Technique, Truth, carried_flags, check_input, provenance

#: Fewest rates of which a line has an error.
_LEAST_RATES = 3
#: Level [1] of the test of curvature.
CURVATURE_LEVEL = 0.05
#: Residuals of a line below which they are rounding, and their bend means nothing.
_ROUNDING = 1e-9
_MILLI = 1e3
_RANGE, _NO_ERROR = "highest minus lowest peak potential", "no standard error: a range"


@dataclass(frozen=True, slots=True)
class Options:
    """How peaks are sought and their exponents fitted."""

    window: tuple[float, float] | None = None  # [V] in which peaks are sought
    ir_ohm: float | None = None  # [ohm] whose drop is taken off the potential first
    min_rates: int = 4  # [1] fewest different scan rates for b
    peaks: int = 1  # [1] of each branch, the most prominent ones
    cycle: int | None = None  # [1] of each rate, from 1; without it the last complete one, or the last but one of three or more
    trim: float = 0.002  # [V] at each end of a sweep in which no peak is sought: carbons have one at 0.01 V, close to the end

    def __post_init__(self) -> None:
        problems = []
        if self.window is not None and not self.window[0] < self.window[1]:
            problems.append(f"window: {self.window} does not rise. Give its lower end first.")
        if self.ir_ohm is not None and not 0 <= self.ir_ohm < math.inf:
            problems.append(f"ir_ohm: {self.ir_ohm} is not a resistance. Give it in ohm, 0 or more.")
        if self.min_rates < _LEAST_RATES:
            problems.append(f"min_rates: {self.min_rates} is too few for a line with an error. Give {_LEAST_RATES} or more.")
        if self.peaks < 1:
            problems.append(f"peaks: {self.peaks} is not a number of peaks. Give 1 or more.")
        if self.cycle is not None and self.cycle < 1:
            problems.append(f"cycle: {self.cycle} is not the number of a cycle. Give 1 or more.")
        if not 0 <= self.trim < math.inf:
            problems.append(f"trim: {self.trim} is not a width. Give it in V, 0 or more.")
        if problems:
            raise SpecError(problems)


@dataclass(frozen=True, slots=True)
class _Track:
    """One peak of a branch over all rates: rates [V/s], potentials [V], currents [A], and whether each stands at the edge."""

    name: str
    direction: Direction
    rates: Array
    voltages: Array
    currents: Array
    at_edge: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class _Line:
    """A fitted line with standard error and 95 % interval of its slope, and the p value [1] of a quadratic term, where there is one."""

    slope: float
    level: float
    slope_stderr: float
    interval: tuple[float, float]
    curvature_p: float | None


def analyse(measurements: Sequence[Measurement], options: Options) -> Result:
    """Peaks of each scan, and b of each branch and peak.

    Parameters
    ----------
    measurements : sequence of Measurement
        One for each rate, or some that hold several rates one after the other.
    options : Options

    Returns
    -------
    Result
        ``b_anodic_1`` [1], ``peak_shift_anodic_1`` [mV] per decade, ``peak_range_anodic_1`` [mV], ``curvature_p_anodic_1`` [1] and
        their like; the tables ``scans`` and ``peaks``.

    Raises
    ------
    CoverageError
        Fewer different rates than ``min_rates``, or no complete cycle.
    InputError
        A column is missing or not usable.
    """
    check_input(TECHNIQUE, measurements)
    chosen, left_out = chosen_scans(measurements, cycle=options.cycle)
    count = distinct_rates([one.rate for one in chosen])
    if count < options.min_rates:
        raise CoverageError("The exponent b, in different scan rates with a complete cycle,", options.min_rates, count)
    if options.ir_ohm is not None:
        chosen = corrected(chosen, options.ir_ohm)
    followed = [track for direction in DIRECTIONS for track in _tracks(chosen, direction, options)]
    if not any(track.rates.size for track in followed):
        raise InputError("current_ampere: no sweep has a current in its own direction. Check the sign of the current and the window.")
    values: dict[str, Quantity] = {}
    curves: dict[str, Curve] = {}
    flags = [*left_out, *rate_flags(chosen)]
    for track in followed:
        values |= _values(track, options)
        flags += _track_flags(track, options)
        if track.rates.size >= _LEAST_RATES and distinct_rates(track.rates.tolist()) >= options.min_rates:
            curves[f"line_{track.name}"] = _curve(track)
    return Result(
        technique=TECHNIQUE.name,
        values=values,
        curves=curves,
        flags=tuple(dict.fromkeys((*carried_flags(measurements), *flags))),
        provenance=provenance(TECHNIQUE, measurements, options),
        tables={"scans": scan_table(chosen), "peaks": _peak_table(followed)},
    )


def _tracks(found: Sequence[Chosen], direction: Direction, options: Options) -> list[_Track]:
    """Peaks of one branch, each followed over all rates."""
    seen = [peaks(one.sweep(direction), trim=options.trim, window=options.window) for one in found]
    rates = np.array([one.sweep(direction).rate for one in found])
    tracks = []
    for number, track in enumerate(tracked(seen, options.peaks) or ((None,) * len(found),), start=1):
        there = [place for place, peak in enumerate(track) if peak is not None]
        some: list[Peak] = [peak for peak in track if peak is not None]
        voltages, currents = (np.array([getattr(peak, name) for peak in some], dtype=float) for name in ("voltage", "current"))
        tracks.append(_Track(f"{direction}_{number}", direction, rates[there], voltages, currents, tuple(peak.at_edge for peak in some)))
    return tracks


def _line(x: Array, y: Array) -> _Line:
    """Ordinary least squares of y on x, in their units."""
    count = x.size
    design = np.column_stack([x - x.mean(), np.ones(count)])
    (slope, level), *_ = np.linalg.lstsq(design, y, rcond=None)
    free = count - 2
    residuals = y - design @ (slope, level)
    error = math.sqrt(float((residuals**2).sum()) / free / float((design[:, 0] ** 2).sum()))
    level -= slope * x.mean()
    bend = _curvature(design, y) if np.abs(residuals).max() > _ROUNDING else None
    return _Line(float(slope), float(level), error, interval(float(slope), error, free), bend)


def _curvature(design: Array, y: Array) -> float | None:
    """The p value [1] of a quadratic term in a line; None where no degree of freedom is left."""
    free = y.size - 3
    if free < 1:
        return None
    wider = np.column_stack([design, design[:, 0] ** 2])
    found, _, rank, _ = np.linalg.lstsq(wider, y, rcond=None)
    if rank < wider.shape[1]:
        return None
    variance = float(((y - wider @ found) ** 2).sum()) / free
    error = math.sqrt(variance * float(np.linalg.inv(wider.T @ wider)[2, 2]))
    return None if error == 0 else float(2 * student.sf(abs(float(found[2])) / error, free))


def _values(track: _Track, options: Options) -> dict[str, Quantity]:
    """Quantities of one peak; b is withheld where too few rates show it."""
    count = distinct_rates(track.rates.tolist())
    if count < options.min_rates:
        return {f"b_{track.name}": Quantity(None, "1", rule=f"of {count} rates, and {options.min_rates} are needed")}
    b = _line(np.log(track.rates), np.log(track.currents))
    shift = _line(np.log10(track.rates), _MILLI * track.voltages)
    span = f"{_MILLI * track.rates[0]:.4g} to {_MILLI * track.rates[-1]:.4g} mV/s"
    n = track.rates.size
    values = {
        f"b_{track.name}": Quantity(b.slope, "1", b.slope_stderr, n, f"least squares of ln |i_p| on ln v, {span}", b.interval),
        f"peak_shift_{track.name}": Quantity(
            shift.slope, "mV", shift.slope_stderr, n, f"peak potential for each decade of the rate, {span}", shift.interval
        ),
        f"peak_range_{track.name}": Quantity(float(_MILLI * np.ptp(track.voltages)), "mV", n=n, rule=f"{_RANGE}, {span}; {_NO_ERROR}"),
    }
    if b.curvature_p is not None:
        rule = "t test of a quadratic term of ln |i_p| in ln v; no standard error: a p value"
        values[f"curvature_p_{track.name}"] = Quantity(b.curvature_p, "1", n=n, rule=rule)
    return values


def _track_flags(track: _Track, options: Options) -> list[Flag]:
    flags = []
    count = distinct_rates(track.rates.tolist())
    if count < options.min_rates:
        return [Flag("few_rates", "refusal", f"b_{track.name}: {count} rates show this peak, and {options.min_rates} are needed.")]
    if any(track.at_edge):
        slow = ", ".join(f"{_MILLI * rate:.4g}" for rate, edge in zip(track.rates, track.at_edge, strict=True) if edge)
        message = f"{track.name}: no maximum inside the sweep at {slow} mV/s; the largest current of the sweep is taken."
        flags.append(Flag("peak_at_edge", "warning", message))
    p = _line(np.log(track.rates), np.log(track.currents)).curvature_p
    if p is not None and p < CURVATURE_LEVEL:
        flags.append(Flag("curved", "warning", f"{track.name}: ln |i_p| bends with ln v (p = {p:.2g}): b changes over the rates."))
    return flags


def _peak_table(followed: Sequence[_Track]) -> pl.DataFrame:
    """One row for each peak of each rate."""
    return pl.DataFrame(
        {
            "peak": [track.name for track in followed for _ in track.rates],
            "rate [mV/s]": [float(_MILLI * rate) for track in followed for rate in track.rates],
            "peak_voltage [V]": [float(one) for track in followed for one in track.voltages],
            "peak_current [mA]": [
                float(_MILLI * one * (1 if track.direction == "anodic" else -1)) for track in followed for one in track.currents
            ],
            "at_edge": [edge for track in followed for edge in track.at_edge],
        }
    )


def _curve(track: _Track) -> Curve:
    """The fitted line from the slowest to the fastest rate."""
    line = _line(np.log(track.rates), np.log(track.currents))
    ends = np.array([track.rates.min(), track.rates.max()])
    currents = _MILLI * np.exp(line.level + line.slope * np.log(ends))
    return curve_from(_RATE, _CURRENT, _MILLI * ends, currents)


_RATE = Axis("Scan rate", "mV/s", scale="log")
_CURRENT = Axis("Peak current", "mA", scale="log")


def draw(result: Result) -> Figure:
    """Peak currents and peak potentials against the rate.

    Parameters
    ----------
    result : Result

    Returns
    -------
    Figure
    """
    table = result.tables["peaks"]
    currents, voltages, said = [], [], []
    for name in table["peak"].unique(maintain_order=True):
        rows = table.filter(pl.col("peak") == name)
        x, label = tuple(rows["rate [mV/s]"]), _label(name)
        currents.append(Series(label, "measured", x, tuple(rows["peak_current [mA]"].abs()), "analysis", sample=name))
        voltages.append(Series(label, "measured", x, tuple(rows["peak_voltage [V]"]), "analysis", sample=name))
        line = result.curves.get(f"line_{name}")
        if line is not None:
            currents.append(Series(f"{label}, fitted", "fitted", line.x, line.y, "analysis", sample=name))
    for key, b in result.values.items():
        if key.startswith("b_"):
            label = _label(key.removeprefix("b_"))
            said.append(f"{label} b is withheld" if b.value is None else f"{label} b = {b.value:.2f}")
    panels = (
        Panel(_RATE, _CURRENT, tuple(currents)),
        Panel(_RATE, Axis("Peak potential", "V"), tuple(voltages)),
    )
    return Figure("cv-peaks", "Peaks against the scan rate", f"{'; '.join(said).capitalize()}.", panels, width=183)


def _label(name: str) -> str:
    """Name of a peak for people: ``"anodic"``, ``"anodic 2"``."""
    return name.removesuffix("_1").replace("_", " ")


def synthesise(
    rng: np.random.Generator,
    *,
    noise: float = 0.02,
    b_anodic: float = 0.75,
    b_cathodic: float = 0.60,
    rates: Sequence[float] = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0),
    rows: int = 300,
) -> tuple[tuple[Measurement, ...], Truth]:
    """Voltammograms with one peak in each branch whose height follows a power of the rate.

    Parameters
    ----------
    rng : numpy.random.Generator
    noise : float
        Relative standard deviation [1] of the height of a scan; a tenth of it is added to each row, relative to the peak.
    b_anodic, b_cathodic : float
        Exponents [1].
    rates : sequence of float
        [mV/s]
    rows : int
        Of each sweep [1].

    Returns
    -------
    measurements : tuple of Measurement
        One for each rate, of ``SEVERAL`` cycles.
    truth : mapping
        ``b_anodic_1`` and ``b_cathodic_1``.
    """
    made = []
    for rate in rates:
        time, voltage, up = triangle(1e-3 * rate, low=0.01, high=1.0, rows=rows, cycles=SEVERAL)
        current = np.zeros(time.size)
        for rising, b, centre in ((True, b_anodic, 0.55), (False, b_cathodic, 0.45)):
            height = 1e-3 * rate**b * math.exp(noise * rng.standard_normal())  # [A], 1 mA at 1 mV/s
            shape = np.exp(-0.5 * ((voltage - centre) / 0.1) ** 2)
            branch = height * (shape + 0.1 * noise * rng.standard_normal(time.size))
            current = np.where(up == rising, branch if rising else -branch, current)
        table = pl.DataFrame({"test_time_second": time, "voltage_volt": voltage, "current_ampere": current})
        source = simulated_source("cv_peaks", f"cv-{rate:g}-mV-s.csv", current)
        made.append(Measurement("cv", table, {"scan_rate": Quantity(float(rate), "mV/s")}, "synthetic", source, cell=_CELL))
    return tuple(made), {"b_anodic_1": b_anodic, "b_cathodic_1": b_cathodic}


_CELL = CellRecord(kind="half", working="anode", anode_mass=Quantity(1.0, "mg"), reference_electrode="Na+/Na")

TECHNIQUE = Technique(
    name="cv_peaks",
    title="Peaks of cyclic voltammograms and the exponent b",
    measurement="cv",
    needs=COLUMNS,
    options=Options,
    analyse=analyse,
    draw=draw,
    synthesise=synthesise,
    references=("lindstrom1997", "girard2015"),
    several=True,
)
