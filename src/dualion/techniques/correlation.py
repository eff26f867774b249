"""One descriptor of a few samples against another: line, correlation and what the number of samples allows to say.

    y = a + b x

Line: York's, weighted by the errors of both coordinates of every sample; Deming's, with one pair of errors for all; or ordinary least
squares. The errors of a and b follow from the scatter about the line, with Student's t at n - 2 degrees of freedom: t(0.975) = 4.303 at
four samples. Beside it stand Pearson's r with Fisher's interval, Spearman's rho with its exact permutation p value (1/12 at the least for
four samples), the slope without each sample in turn, and the interval in which a further sample is expected. Where several parameters were
tried, their p values are corrected for it (Holm). ``numerics.correlation`` has the formulas.

A sample that is left out is named with its reason; the fit with it stands beside the one without, and ``post_hoc_exclusion`` says where
leaving it out changes the conclusion, which is whether the 95 % interval of the slope leaves zero out, and its sign. Samples that differ in
several factors at once show that two numbers vary together, never which factor does it: ``correlation_not_causation``.

Each value keeps method and source. Where a sample has a descriptor several times, the one to take is stated (``x_choice``, ``y_choice``).
Valid for samples that are independent of each other; p values of a line that was chosen after looking at the data are too small.

References: Fisher 1921; Spearman 1904; Holm 1979; Deming 1943; York et al. 2004.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from scipy.special import stdtrit

from dualion.errors import CoverageError, SpecError
from dualion.numerics.arrays import curve_from
from dualion.numerics.correlation.coefficients import holm, pearson, spearman
from dualion.numerics.correlation.descriptors import NEEDED, Descriptor, choose, read_tables
from dualion.numerics.correlation.pairs import Coordinate, Pairs, paired, varying_together
from dualion.numerics.correlation.slope_unit import slope_unit
from dualion.numerics.correlation.small_samples import FEWEST, KINDS, Kind, band, conclusion, fitted, leave_one_out, scatter
from dualion.numerics.lines import Line
from dualion.numerics.simulated import simulated_source
from dualion.records.figure import Axis, Figure, Panel, Series
from dualion.records.measurement import Curve, Measurement, Result
from dualion.records.quantity import Flag, Quantity
from dualion.techniques.row import Technique, Truth, carried_flags, check_input, provenance

#: Number of samples below which every statement is flagged.
FEW = 8  # [1]
#: Correlation of another descriptor with x from which it is named as varying together with it, and reduced chi squared of a poor fit.
TOGETHER, POOR = 0.9, 3.0  # [1]

_LINES: Mapping[Kind, str] = {"york": "York's line", "deming": "Deming's line", "ols": "ordinary least squares"}
#: Synthetic samples: their closed-pore parameter [cm-1 nm-3], the last one off the line; relative errors of x and y, and how far it is off.
_X = (1.0, 1.6, 2.3, 3.0, 3.4)
_U_X, _U_Y, _OFF = 0.02, 0.015, 0.7  # [1]
_LEAST_ERROR = 1e-3  # [1] share of the errors that synthetic tables without noise state


@dataclass(frozen=True, slots=True)
class Options:
    """How two descriptors are compared."""

    x: str = "closed_pore_parameter"  # descriptor of the abscissa
    y: str = "plateau_capacity"  # descriptor of the ordinate
    x_choice: str = ""  # text in the method or source of the value to take, where a sample has several
    y_choice: str = ""  # the same for y
    exclude: Mapping[str, str] = field(default_factory=dict)  # samples left out, each with its reason
    line: Kind = "york"  # errors of each sample; "deming" one pair for all, "ols" none in x
    confidence: float = 0.95  # [1] of the interval for a further sample
    x_relative_error: float | None = None  # [1] of x, for samples without a standard error
    y_relative_error: float | None = None  # [1] of y, for samples without a standard error
    also: tuple[str, ...] = ()  # further descriptors that were tried as x, for Holm's correction
    together: tuple[str, ...] = ("Zn dose", "acetate", "acid treatment")  # factors that vary together over the samples
    seed: int = 0  # [1] of the orders drawn above eight samples

    def __post_init__(self) -> None:
        if self.line not in KINDS:
            raise SpecError(f'line: "{self.line}" is not known. Write one of {", ".join(KINDS)}.')
        if not 0 < self.confidence < 1:
            raise SpecError(f"confidence: {self.confidence} is not between 0 and 1. Write a share such as 0.95.")
        for name, error in (("x_relative_error", self.x_relative_error), ("y_relative_error", self.y_relative_error)):
            if error is not None and not (math.isfinite(error) and error > 0):
                raise SpecError(f"{name}: {error} is not a relative standard error. Write one such as 0.05.")
        if not self.x or not self.y or self.x == self.y:
            raise SpecError(f'x: "{self.x}", y: "{self.y}": two different descriptors are needed.')
        empty = [sample for sample, reason in self.exclude.items() if not reason.strip()]
        if empty:
            raise SpecError(f"exclude.{empty[0]}: no reason. Write why the sample is left out.")


def analyse(measurements: Sequence[Measurement], options: Options) -> Result:
    """Compare two descriptors over samples.

    Parameters
    ----------
    measurements : sequence of Measurement
        Tables of descriptors; those of one sample may stand in several.
    options : Options

    Returns
    -------
    Result

    Raises
    ------
    CoverageError
        Fewer than three samples have both descriptors.
    SpecError
        A descriptor is not there, a choice between several values or an error of a value is missing.
    InputError
        All samples have the same x.
    """
    check_input(TECHNIQUE, measurements)
    descriptors, set_aside = read_tables(measured.table for measured in measurements)
    flags = [*carried_flags(measurements), *set_aside]
    descriptors = sorted(dict.fromkeys(descriptors), key=lambda one: (one.sample, one.name, one.method, one.source, one.value))
    axes = (
        Coordinate("x", options.x, options.x_choice, options.x_relative_error),
        Coordinate("y", options.y, options.y_choice, options.y_relative_error),
    )
    present = {str(name) for one in measurements for name in one.table["descriptor"] if name}
    everything, noted = paired(descriptors, present, axes, exact_x=options.line == "ols")
    flags += noted
    unknown = [name for name in options.exclude if name not in everything.samples]
    if unknown:
        raise SpecError(f"exclude.{unknown[0]}: no such sample with both descriptors; there are {', '.join(everything.samples)}.")
    kept = everything.without(options.exclude)
    if len(kept.samples) < FEWEST:
        raise CoverageError(f"A line of {options.y} against {options.x}, in samples,", FEWEST, len(kept.samples))
    line, without = fitted(kept.points, options.line), leave_one_out(kept.points, options.line)
    wider = fitted(everything.points, options.line) if options.exclude else None
    tested = _tested(descriptors, kept, options)
    flags += _flags(kept, line, without, options, tested)
    flags += _exclusions(everything, line, wider, options)
    flags.append(_causation(descriptors, kept, options))
    return Result(
        technique=TECHNIQUE.name,
        values=_values(kept, line, without, options) | _wider_values(everything, wider, options),
        curves=_curves(kept, line, wider, everything, options),
        flags=tuple(dict.fromkeys(flags)),
        provenance=provenance(TECHNIQUE, measurements, options, seed=options.seed),
        tables={"samples": _samples(everything, kept, without), **({"parameters": tested} if tested is not None else {})},
    )


def _tested(descriptors: Sequence[Descriptor], kept: Pairs, options: Options) -> pl.DataFrame | None:
    """Every descriptor that was tried as x, with p values corrected for their number."""
    if not options.also:
        return None
    y = dict(zip(kept.samples, kept.points.y, strict=True))
    rows = [(options.x, kept.points.x, kept.points.y)]
    for name in options.also:
        taken = choose([one for one in descriptors if one.qualifier == "="], name, unit=None, choice=options.x_choice, option="x_choice")
        both = [sample for sample in kept.samples if sample in taken]
        if len(both) < FEWEST:
            raise CoverageError(f"also: {name} against {options.y}, in samples with both,", FEWEST, len(both))
        rows.append((name, np.array([taken[sample].value for sample in both]), np.array([y[sample] for sample in both])))
    ranked = [spearman(x, up, seed=options.seed) for _, x, up in rows]
    return pl.DataFrame(
        {
            "descriptor": [name for name, _, _ in rows],
            "samples": [int(x.size) for _, x, _ in rows],
            "pearson_r": [pearson(x, up).r for _, x, up in rows],
            "spearman_rho": [one.rho for one in ranked],
            "p": [one.p for one in ranked],
            "p_holm": list(holm([one.p for one in ranked])),
        }
    )


def _flags(kept: Pairs, line: Line, without: Sequence[Line | None], options: Options, tested: pl.DataFrame | None) -> list[Flag]:
    flags, n = [], len(kept.samples)
    if n < FEW:
        t, least = float(stdtrit(n - 2, 0.975)), spearman(kept.points.x, kept.points.y, seed=options.seed).smallest
        text = f"{n} samples leave {n - 2} degrees of freedom (t = {t:.3f}), and no order of them has a permutation p below {least:.3g}."
        flags.append(Flag("small_n", "warning", text))
    drawn = conclusion(line)
    deciding = [name for name, one in zip(kept.samples, without, strict=True) if one is not None and one.slope * line.slope < 0]
    if deciding:
        flags.append(Flag("one_sample_decides", "warning", f"Without {' or '.join(deciding)} the slope has the other sign."))
    if options.line != "ols" and line.chi2 / (n - 2) > POOR:
        text = f"The samples scatter {math.sqrt(line.chi2 / (n - 2)):.2g} times as far about the line as their errors say."
        flags.append(Flag("poor_fit", "warning", text))
    if drawn == "open":
        low, high = line.slope_interval
        flags.append(Flag("slope_open", "note", f"The 95 % interval of the slope, {low:.3g} to {high:.3g}, holds zero."))
    if tested is not None:
        text = f"{tested.height} descriptors were tried as x: read p_holm of the table of parameters, not a p by itself."
        flags.append(Flag("several_parameters", "note", text))
    if kept.units[0] == "1" and options.x in ("closed_pore_parameter", "pore_invariant"):
        text = f"{options.x} is on an arbitrary scale: comparable only within one experiment and one normalisation."
        flags.append(Flag("arbitrary_scale", "warning", text))
    return flags


def _exclusions(everything: Pairs, line: Line, wider: Line | None, options: Options) -> list[Flag]:
    """What was left out and why, and whether that changes the conclusion."""
    if wider is None:
        return []
    listed = "; ".join(f"{name}: {options.exclude[name]}" for name in everything.samples if name in options.exclude)
    flags = [Flag("samples_left_out", "note", f"Left out: {listed}. The fit with all samples is shown beside.")]
    before, after = conclusion(wider), conclusion(line)
    if before != after:
        said = {"rising": "rises", "falling": "falls", "open": "is open (its slope's 95 % interval holds zero)"}
        text = f"With all samples the line {said[before]}; without those left out it {said[after]}: the choice makes the conclusion."
        flags.append(Flag("post_hoc_exclusion", "warning", text))
    return flags


def _causation(descriptors: Sequence[Descriptor], kept: Pairs, options: Options) -> Flag:
    """What varies together with x, by the recipe and by the table."""
    along = varying_together(descriptors, kept, (options.x, options.y), beyond=TOGETHER)
    *most, last = options.together or ("the factors of the recipe",)
    factors = f"{', '.join(most)} and {last}" if most else last
    text = f"{factors[0].upper()}{factors[1:]} vary together over such samples, so that {options.y} following {options.x} names no cause."
    return Flag("correlation_not_causation", "warning", text + (f" So do, in this table: {', '.join(along)}." if along else ""))


def _values(kept: Pairs, line: Line, without: Sequence[Line | None], options: Options) -> dict[str, Quantity]:
    n, (_, y_unit) = len(kept.samples), kept.units
    unit = slope_unit(kept.units[1], kept.units[0])
    t = float(stdtrit(n - 2, 0.975))
    rule = f"{_LINES[options.line]} of {options.y} against {options.x}; errors from the scatter, Student's t at {n - 2} degrees of freedom"
    straight, ranked = pearson(kept.points.x, kept.points.y), spearman(kept.points.x, kept.points.y, seed=options.seed)
    fisher = "Fisher's interval" if straight.interval else "no standard error: Fisher's interval needs four samples off one line"
    slopes = [one.slope for one in without if one is not None]
    ordered = "all orders" if ranked.exact else f"{ranked.orders} orders drawn"
    _, low, high = band(kept.points, line, confidence=options.confidence)
    middle = low.size // 2
    values = {
        "slope": Quantity(line.slope, unit, line.slope_stderr, n, rule, line.slope_interval),
        "intercept": Quantity(line.intercept, y_unit, line.intercept_stderr, n, rule, line.intercept_interval),
        "scatter": Quantity(scatter(kept.points, line), y_unit, n=n, rule="of y about the line; no standard error: a property of the line"),
        "pearson_r": Quantity(straight.r, "1", n=n, rule=fisher, interval=straight.interval),
        "spearman_rho": Quantity(ranked.rho, "1", n=n, rule="of ranks; no standard error: its p value is exact or by permutation"),
        "spearman_p": Quantity(ranked.p, "1", n=n, rule=f"two-sided, {ordered}; no standard error: a p value"),
        "smallest_p": Quantity(ranked.smallest, "1", n=n, rule="that any order of these samples has; no standard error: a p value"),
        "samples": Quantity(float(n), "1", rule="a count"),
        "degrees_of_freedom": Quantity(float(n - 2), "1", rule="a count"),
        "t_quantile": Quantity(t, "1", rule=f"Student's t, 0.975, {n - 2} degrees of freedom; no standard error: a quantile"),
        "prediction_half_width": Quantity(
            float(high[middle] - low[middle]) / 2, y_unit, n=n,
            rule=f"of a further sample at the middle of the range of x, {100 * options.confidence:g} %; no standard error: a bound",
        ),
    }  # fmt: skip
    if slopes:
        for name, slope in (("leave_one_out_low", min(slopes)), ("leave_one_out_high", max(slopes))):
            values[name] = Quantity(slope, unit, rule="slope without one of the samples; no standard error: a bound")
    return values


def _wider_values(everything: Pairs, wider: Line | None, options: Options) -> dict[str, Quantity]:
    """The fit with the samples that were left out."""
    if wider is None:
        return {}
    n, straight = wider.n, pearson(everything.points.x, everything.points.y)
    rule = f"{_LINES[options.line]} with the samples left out; errors from the scatter, Student's t at {n - 2} degrees of freedom"
    unit = slope_unit(everything.units[1], everything.units[0])
    return {
        "slope_with_all": Quantity(wider.slope, unit, wider.slope_stderr, n, rule, wider.slope_interval),
        "pearson_r_with_all": Quantity(
            straight.r, "1", n=n, interval=straight.interval, rule="with the samples left out" + ("" if straight.interval else _NO_FISHER)
        ),
    }


_NO_FISHER = "; no standard error: r is 1"


def _samples(everything: Pairs, kept: Pairs, without: Sequence[Line | None]) -> pl.DataFrame:
    """One row for each sample: what it has, whether it is used, and the slope without it."""
    x_unit, y_unit = everything.units
    alone = {name: None if one is None else one.slope for name, one in zip(kept.samples, without, strict=True)}
    p = everything.points
    return pl.DataFrame(
        {
            "sample": list(everything.samples),
            f"x [{x_unit}]": p.x,
            f"x_stderr [{x_unit}]": p.u_x,
            f"y [{y_unit}]": p.y,
            f"y_stderr [{y_unit}]": p.u_y,
            "used": [name in alone for name in everything.samples],
            f"slope_without [{slope_unit(y_unit, x_unit)}]": pl.Series([alone.get(name) for name in everything.samples], dtype=pl.Float64),
        }
    )


def _curves(kept: Pairs, line: Line, wider: Line | None, everything: Pairs, options: Options) -> dict[str, Curve]:
    across, up = (Axis(name.replace("_", " ").capitalize(), unit) for name, unit in zip((options.x, options.y), kept.units, strict=True))
    x, low, high = band(kept.points, line, confidence=options.confidence)
    ends = np.array([everything.points.x.min(), everything.points.x.max()])
    found = {
        "line": curve_from(across, up, x, line.intercept + line.slope * x),
        "further_sample_low": curve_from(across, up, x, low),
        "further_sample_high": curve_from(across, up, x, high),
    }
    if wider is not None:
        found["line_with_all"] = curve_from(across, up, ends, wider.intercept + wider.slope * ends)
    return found


def draw(result: Result) -> Figure:
    """The samples with their line, the interval for a further one, and the line with the samples left out.

    Parameters
    ----------
    result : Result

    Returns
    -------
    Figure
    """
    table, line = result.tables["samples"], result.curves["line"]
    low, high = result.curves["further_sample_low"], result.curves["further_sample_high"]
    share = 100 * float(result.provenance.options["confidence"])
    series = [
        Series(f"Further sample, {share:g} %", "band", low.x, low.y, "analysis", y_upper=high.y),
        Series("Line", "fitted", line.x, line.y, "analysis"),
    ]
    if "line_with_all" in result.curves:
        wider = result.curves["line_with_all"]
        series.append(Series("Line with all samples", "limit", wider.x, wider.y, "analysis"))
    y_error = next(name for name in table.columns if name.startswith("y_stderr"))
    x_name, y_name = table.columns[1], table.columns[3]
    for row in table.iter_rows(named=True):
        name = row["sample"] if row["used"] else f"{row['sample']} (left out)"
        error = (_NORMAL * row[y_error],)
        series.append(Series(name, "measured", (row[x_name],), (row[y_name],), "analysis", row["sample"], error, labels=(row["sample"],)))
    slope, n = result.values["slope"], result.values["samples"].value
    ends = "" if slope.interval is None else f" (95 % interval {slope.interval[0]:.3g} to {slope.interval[1]:.3g})"
    text = f"Slope {slope.value:.3g} {slope.unit}{ends} over {n:.0f} samples; varying together names no cause."
    return Figure(
        "correlation",
        f"{line.y_axis.quantity} against {line.x_axis.quantity.lower()}",
        text,
        (Panel(line.x_axis, line.y_axis, tuple(series)),),
    )


_NORMAL = 1.959964  # [1] half-width of a 95 % interval in standard errors


def synthesise(
    rng: np.random.Generator, *, noise: float = 1.0, slope: float = 60.0, intercept: float = 105.0
) -> tuple[tuple[Measurement, ...], Truth]:
    """Five samples of which four follow a line, and a fifth with open pores that does not.

    Parameters
    ----------
    rng : numpy.random.Generator
    noise : float
        [1] multiple of a relative error of 2 % in x and 1.5 % in y.
    slope : float
        [mAh/g/cm-1/nm-3] of the plateau capacity against the closed-pore parameter.
    intercept : float
        [mAh/g]
    """
    x, stated = np.array(_X), max(noise, _LEAST_ERROR)
    y = (intercept + slope * x) * np.where(np.arange(x.size) == x.size - 1, _OFF, 1.0)
    across = x * (1 + noise * _U_X * rng.standard_normal(x.size))
    up = y * (1 + noise * _U_Y * rng.standard_normal(x.size))
    names = [f"MEC{number}" for number in range(x.size)]
    table = pl.DataFrame(
        {
            "sample_name": names * 2,
            "descriptor": ["closed_pore_parameter"] * x.size + ["plateau_capacity"] * x.size,
            "descriptor_value": np.concatenate([across, up]),
            "descriptor_stderr": np.concatenate([stated * _U_X * x, stated * _U_Y * y]),
            "descriptor_unit": ["cm-1 nm-3"] * x.size + ["mAh/g"] * x.size,
            "descriptor_method": ["Debye-Bueche fit"] * x.size + ["below 0.1 V"] * x.size,
            "descriptor_source": ["synthetic"] * (2 * x.size),
        }
    )
    source = simulated_source("correlation", "synthetic-descriptors.csv", across, up)
    return (Measurement("descriptors", table, {}, "synthetic", source),), {"slope": slope, "intercept": intercept}


TECHNIQUE = Technique(
    name="correlation",
    title="Correlation of two descriptors over samples",
    measurement="descriptors",
    needs=NEEDED,
    options=Options,
    analyse=analyse,
    draw=draw,
    synthesise=synthesise,
    references=("fisher1921", "spearman1904", "holm1979", "deming1943", "york2004"),
    several=True,
    example=Options(exclude={"MEC4": "mesopores are open to the electrolyte"}),
)
