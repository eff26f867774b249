"""Currents of cyclic voltammograms split into a surface part and a diffusion part, where the data allow it.

    i(E) = k1 v + k2 v^1/2,        i / v^1/2 = k1 v^1/2 + k2        (Wang, Polleux, Lim and Dunn 2007; Lindström et al. 1997)

by least squares at each of 500 potentials that all scans of a branch share, 10 mV left out at each end, weights equal in i/v^1/2. v is the
scan rate as measured. The share of the surface part of a branch at rate v, over all potentials or those of ``window``, is

    s(v) = int |k1| v dE / int |i| dE.

The sum holds only where a potential means the same state at every rate: no ohmic drop, no sluggish kinetics, currents that reverse at
once. A series resistance shifts peaks, and least squares then returns any number, also negative ones. So a share is withheld
(``not_separable``) where

    the residuals exceed ``max_misfit``: the largest over the rates of their root mean square, relative to the peak of the rate;
    k1 or k2 runs against the branch, by over 1 % of the peak of a rate, over more than ``max_wrong_sign`` of the potentials;
    the peak moves by more than 59 mV over the rates (that of the other branch where this one has none inside its sweeps);
    there are fewer than four rates.

It is never cut to 0-100 %. Shares of all rates follow from one ratio k1/k2: where they do not, or where shares stated by a source do not,
the flag is ``share_vs_rate_inconsistent``. Errors are those of the bootstrap: residuals of whole scans are drawn anew (200 times, seeded);
their interval is that of Student's t at m - 2 degrees of freedom for m rates, a little narrower because each share also holds the current
of its own scan. With an ohmic correction, half of the change it makes is added in quadrature.

References: Lindström et al. 1997; Wang et al. 2007; Girard et al. 2015.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from dualion.errors import CoverageError, SpecError
from dualion.numerics.arrays import curve_from
from dualion.numerics.simulated import simulated_source
from dualion.numerics.voltammetry.rate_split import Shares, diffusion_share, shares_with_errors, surface_shares
from dualion.numerics.voltammetry.scan_rates import COLUMNS, Chosen, chosen_scans, corrected, rate_flags, scan_table
from dualion.numerics.voltammetry.scans import DIRECTIONS, SEVERAL, Array, Direction, triangle
from dualion.numerics.voltammetry.separability import LEAST_RATES, Branch, Limits, judged_branch
from dualion.records.cell_record import CellRecord
from dualion.records.figure import Axis, Figure, Panel, Series
from dualion.records.measurement import Curve, Measurement, Result
from dualion.records.quantity import Flag, Quantity
from dualion.techniques.row import Technique, Truth, carried_flags, check_input, provenance

#: How far a share may be from the one that the share at another rate gives [1].
LAW_TOLERANCE = 0.05
_MILLI, _PERCENT = 1e3, 100.0
#: Of the points of a curve that is drawn as marks, one in so many.
_DRAWN_EVERY = 5
_SURFACE_UNIT, _DIFFUSION_UNIT = "F", "(A2 s/V)^0.5"


@dataclass(frozen=True, slots=True)
class Options:
    """How currents are split, and when the split is refused."""

    window: tuple[float, float] | None = None  # [V] of which the share is taken, such as (0, 0.15) for the plateau
    ir_ohm: float | None = None  # [ohm] whose drop is taken off the potential first
    min_rates: int = LEAST_RATES  # [1] fewest different scan rates
    max_misfit: float = 0.05  # [1] root mean square residual over the peak of the rate
    max_wrong_sign: float = 0.20  # [1] of the potentials
    max_peak_shift: float = 0.059  # [V] over all rates
    nnls: bool = False  # whether k1 and k2 may not run against the branch; the refusals look at the free fit all the same
    points: int = 500  # [1] of the grid
    trim: float = 0.010  # [V] at each end of what the scans share
    bootstrap: int = 200  # [1] draws
    seed: int = 0  # [1] of the draws
    cycle: int | None = None  # [1] of each rate, from 1; without it the last complete one, or the last but one of three or more
    stated_diffusion: tuple[tuple[float, float], ...] = ()  # ([mV/s], [1]) pairs that a source gives, to hold against the law

    def __post_init__(self) -> None:
        problems = []
        if self.window is not None and not self.window[0] < self.window[1]:
            problems.append(f"window: {self.window} does not rise. Give its lower end first.")
        if self.ir_ohm is not None and not 0 <= self.ir_ohm < math.inf:
            problems.append(f"ir_ohm: {self.ir_ohm} is not a resistance. Give it in ohm, 0 or more.")
        for name, least in (("min_rates", LEAST_RATES), ("points", 10), ("bootstrap", 50), ("seed", 0), ("cycle", 1)):
            number = getattr(self, name)
            if number is not None and number < least:
                problems.append(f"{name}: {number} is too small. Give {least} or more.")
        for name in ("max_misfit", "max_wrong_sign", "max_peak_shift", "trim"):
            bound = getattr(self, name)
            if not 0 <= bound < math.inf:
                problems.append(f"{name}: {bound} is not a bound. Give a number of 0 or more.")
        for rate, share in self.stated_diffusion:
            if not (0 < rate < math.inf and 0 < share <= 1):
                problems.append(f"stated_diffusion: ({rate}, {share}) is not a rate in mV/s and a share between 0 and 1.")
        if problems:
            raise SpecError(problems)


def analyse(measurements: Sequence[Measurement], options: Options) -> Result:
    """The split of each branch, and its share at each rate where it can be had.

    Parameters
    ----------
    measurements : sequence of Measurement
        One for each rate, or some that hold several rates one after the other.
    options : Options

    Returns
    -------
    Result
        ``surface_share_anodic_1`` [%] of the slowest rate and so on, ``misfit_anodic`` [1], ``wrong_sign_anodic`` [1],
        ``peak_range_anodic`` [mV] and their like; the curves ``k1_anodic``, ``k2_anodic``, ``r2_anodic``, ...; the tables ``scans``
        and ``shares``.

    Raises
    ------
    CoverageError
        No complete cycle.
    InputError
        A column is missing or not usable, or the scans share no potentials.
    """
    check_input(TECHNIQUE, measurements)
    plain, left_out = chosen_scans(measurements, cycle=options.cycle)
    if not plain:
        raise CoverageError("The split of currents, in complete cycles,", 1, 0)
    chosen = plain if options.ir_ohm is None else corrected(plain, options.ir_ohm)
    values: dict[str, Quantity] = {}
    curves: dict[str, Curve] = {}
    flags = [*carried_flags(measurements), *left_out, *rate_flags(chosen)]
    tables = []
    for direction in DIRECTIONS:
        branch = _branch(chosen, direction, options)
        other = _branch(plain, direction, options) if options.ir_ohm is not None else None
        shares = _shares(branch, other, options)
        values |= _values(branch, shares, chosen)
        curves |= _curves(branch, shares)
        flags += [*_branch_flags(branch), *_law_flags(branch, shares)]
        tables.append(_share_table(branch, shares, chosen))
    flags += _stated_flags(options)
    return Result(
        technique=TECHNIQUE.name,
        values=values,
        curves=curves,
        flags=tuple(dict.fromkeys(flags)),
        provenance=provenance(TECHNIQUE, measurements, options, seed=options.seed),
        tables={"scans": scan_table(chosen), "shares": pl.concat(tables)},
    )


def _branch(chosen: Sequence[Chosen], direction: Direction, options: Options) -> Branch:
    limits = Limits(options.min_rates, options.max_misfit, options.max_wrong_sign, options.max_peak_shift)
    return judged_branch(
        chosen, direction, limits, points=options.points, trim=options.trim, window=options.window, nonnegative=options.nnls
    )


def _shares(branch: Branch, other: Branch | None, options: Options) -> Shares | None:
    """Shares of a branch; None where they are withheld. ``other`` is the branch without the ohmic correction."""
    fit = branch.fit
    if fit is None or branch.reasons:
        return None
    found = shares_with_errors(fit, branch.currents, draws=options.bootstrap, seed=options.seed, nonnegative=options.nnls)
    if other is None or other.fit is None:
        return found
    return found.widened(0.5 * np.abs(found.share - surface_shares(other.fit.surface, other.currents, fit.rates)))


def _values(branch: Branch, shares: Shares | None, chosen: Sequence[Chosen]) -> dict[str, Quantity]:
    """Quantities of a branch."""
    name, low, high = branch.direction, branch.grid[0], branch.grid[-1]
    values: dict[str, Quantity] = {}
    for place, one in enumerate(chosen):
        rule = f"int |k1| v dE / int |i| dE at {one.rate:.4g} mV/s, {low:.4g} to {high:.4g} V"
        key = f"surface_share_{name}_{place + 1}"
        if shares is None:
            values[key] = Quantity(None, "%", rule=rule)
            continue
        share, half = _PERCENT * float(shares.share[place]), _PERCENT * float(shares.half_width[place])
        error = _PERCENT * float(shares.stderr[place])
        values[key] = Quantity(share, "%", error, len(chosen), rule, (share - half, share + half))
    if branch.fit is not None:
        rule = "largest over the rates of the rms residual over the peak; no standard error: a bound"
        values[f"misfit_{name}"] = Quantity(branch.misfit, "1", rule=rule)
        rule = "part of the potentials where k1 or k2 runs against the branch by over 1 % of a peak; no standard error: a count"
        values[f"wrong_sign_{name}"] = Quantity(branch.wrong_sign, "1", rule=rule)
    if branch.peak_shift is not None:
        rule = "highest minus lowest peak potential over the rates; no standard error: a range"
        values[f"peak_range_{name}"] = Quantity(_MILLI * branch.peak_shift, "mV", rule=rule)
    return values


def _curves(branch: Branch, shares: Shares | None) -> dict[str, Curve]:
    """k1, k2 and R2 against the potential; current of the fastest rate, and of its surface part where it can be told."""
    name, grid = branch.direction, branch.grid
    curves = {f"current_{name}": curve_from(_POTENTIAL, _CURRENT, grid, _MILLI * branch.currents[-1])}
    fit = branch.fit
    if fit is None:
        return curves
    curves[f"k1_{name}"] = curve_from(_POTENTIAL, Axis("k1", _SURFACE_UNIT), grid, fit.surface, fit.surface_stderr)
    curves[f"k2_{name}"] = curve_from(_POTENTIAL, Axis("k2", _DIFFUSION_UNIT), grid, fit.diffusion, fit.diffusion_stderr)
    curves[f"r2_{name}"] = curve_from(_POTENTIAL, _EXPLAINED, grid, fit.explained)
    if shares is not None:
        surface = _MILLI * fit.rates[-1] * fit.surface
        curves[f"surface_current_{name}"] = curve_from(_POTENTIAL, _CURRENT, grid, surface)
    return curves


def _branch_flags(branch: Branch) -> list[Flag]:
    """The flags of a branch that cannot be split, or whose peak stands at an end of a sweep."""
    flags = []
    if branch.at_edge:
        some = "no rate" if branch.peak_shift is None else "not every rate"
        flags.append(
            Flag("peak_at_edge", "warning", f"The {branch.direction} branch: {some} has a maximum of the current inside the sweep.")
        )
    if branch.reasons:
        message = f"The {branch.direction} branch: {'; '.join(branch.reasons)}. Its shares are withheld."
        flags.append(Flag("not_separable", "refusal", message))
    return flags


def _law_flags(branch: Branch, shares: Shares | None) -> list[Flag]:
    """The flag of shares that do not follow from one ratio k1/k2."""
    if shares is None:
        return []
    worst = float(np.abs(shares.share - shares.law).max())
    if worst <= LAW_TOLERANCE:
        return []
    message = f"The {branch.direction} branch: its shares are up to {_PERCENT * worst:.2g} points off those that one ratio k1/k2 gives."
    return [Flag("share_vs_rate_inconsistent", "warning", message)]


def _stated_flags(options: Options) -> list[Flag]:
    """The flag of stated shares that do not follow from the one at the slowest rate."""
    stated = sorted(options.stated_diffusion)
    flags = []
    for rate, share in stated[1:]:
        law = diffusion_share(stated[0][1], at=stated[0][0], rate=rate)
        if abs(law - share) > LAW_TOLERANCE:
            message = (
                f"A diffusion share of {stated[0][1]:.3g} at {stated[0][0]:.3g} mV/s gives {law:.3f} at {rate:.3g} mV/s "
                f"for i = k1 v + k2 v^1/2; {share:.3g} is stated."
            )
            flags.append(Flag("share_vs_rate_inconsistent", "warning", message))
    return flags


def _share_table(branch: Branch, shares: Shares | None, chosen: Sequence[Chosen]) -> pl.DataFrame:
    """One row for each rate; numbers are missing where they are withheld."""

    def percent(values: Array | None) -> pl.Series:
        return pl.Series([None] * len(chosen) if values is None else (_PERCENT * values).tolist(), dtype=pl.Float64)

    return pl.DataFrame(
        {
            "branch": [branch.direction] * len(chosen),
            "rate [mV/s]": [one.rate for one in chosen],
            "surface_share [%]": percent(None if shares is None else shares.share),
            "surface_share_stderr [%]": percent(None if shares is None else shares.stderr),
            "half_interval [%]": percent(None if shares is None else shares.half_width),
            "diffusion_share [%]": percent(None if shares is None else 1 - shares.share),
            "surface_share_by_law [%]": percent(None if shares is None else shares.law),
            "lowest_without_one_rate [%]": percent(None if shares is None else shares.lowest),
            "highest_without_one_rate [%]": percent(None if shares is None else shares.highest),
        }
    )


_POTENTIAL = Axis("Potential", "V")
_CURRENT = Axis("Current", "mA")
_EXPLAINED = Axis("R² of the split", "1")
_SHARE = Axis("Surface share", "%")


def draw(result: Result) -> Figure:
    """Currents of the fastest rate with their surface part, R2 of the split, and shares against the rate, as far as there are any.

    Parameters
    ----------
    result : Result

    Returns
    -------
    Figure
    """
    currents, explained, shares = [], [], []
    for name in DIRECTIONS:
        curves = {key: result.curves.get(f"{key}_{name}") for key in ("current", "surface_current", "r2")}
        if (curve := curves["current"]) is not None:
            x, y = curve.x[::_DRAWN_EVERY], curve.y[::_DRAWN_EVERY]
            currents.append(Series(name, "measured", x, y, "analysis", sample=name))
        if (curve := curves["surface_current"]) is not None:
            currents.append(Series(f"{name}, k₁v fitted", "fitted", curve.x, curve.y, "analysis", sample=name))
        if (curve := curves["r2"]) is not None:
            explained.append(Series(f"{name}, fitted", "fitted", curve.x, curve.y, "analysis", sample=name))
        rows = _told(result, name)
        if rows.height:
            x, half = tuple(rows["rate [mV/s]"]), tuple(rows["half_interval [%]"])
            shares.append(Series(name, "measured", x, tuple(rows["surface_share [%]"]), "analysis", sample=name, y_error=half))
            law = tuple(rows["surface_share_by_law [%]"])
            shares.append(Series(f"{name}, one k₁/k₂ fitted", "fitted", x, law, "analysis", sample=name))
    panels = [Panel(_POTENTIAL, _CURRENT, tuple(currents))]
    panels += [Panel(_POTENTIAL, _EXPLAINED, tuple(explained))] if explained else []
    panels += [Panel(Axis("Scan rate", "mV/s", scale="log"), _SHARE, tuple(shares))] if shares else []
    return Figure("cv-separation", "Surface and diffusion part of the current", _finding(result), tuple(panels), width=183)


def _told(result: Result, name: Direction) -> pl.DataFrame:
    """The rates at which a branch has a share."""
    rows: pl.DataFrame = result.tables["shares"].filter((pl.col("branch") == name) & pl.col("surface_share [%]").is_not_null())
    return rows


def _finding(result: Result) -> str:
    said = []
    for name in DIRECTIONS:
        rows = _told(result, name)
        if not rows.height:
            said.append(f"the {name} branch is not separable")
            continue
        ends = [f"{rows['surface_share [%]'][at]:.0f} % at {rows['rate [mV/s]'][at]:.3g} mV/s" for at in (0, -1)]
        said.append(f"the surface share of the {name} branch is {ends[0]} and {ends[1]}")
    return f"{'; '.join(said).capitalize()}."


def synthesise(
    rng: np.random.Generator,
    *,
    noise: float = 0.01,
    surface: float = 0.5,
    diffusion: float = 0.03,
    rates: Sequence[float] = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0),
    rows: int = 300,
) -> tuple[tuple[Measurement, ...], Truth]:
    """Voltammograms that are an exact mixture of both parts, with the errors that equal weights in i/v^1/2 stand for.

    Parameters
    ----------
    rng : numpy.random.Generator
    noise : float
        Standard deviation [1] of i/v^1/2, of a whole scan and again of each row, relative to its mean over the rates.
    surface : float
        k1 at the peak [F].
    diffusion : float
        k2 at the peak [(A2 s/V)^0.5].
    rates : sequence of float
        [mV/s]
    rows : int
        Of each sweep [1].

    Returns
    -------
    measurements : tuple of Measurement
        One for each rate, of ``SEVERAL`` cycles.
    truth : mapping
        ``surface_share_anodic_1`` [%] and its like.
    """
    low, high, trim = 0.01, 1.0, Options().trim  # [V]
    roots = np.sqrt(1e-3 * np.sort(np.asarray(rates, dtype=float)))
    typical = float((surface * roots + diffusion).mean())
    made = []
    for rate, root in zip(np.sort(rates), roots, strict=True):
        time, voltage, up = triangle(root**2, low=low, high=high, rows=rows, cycles=SEVERAL)
        of_scan = np.where(up, *rng.standard_normal(2))
        k1, k2 = _shapes(voltage, np.where(up, 0.55, 0.45))
        error = noise * typical * (k2 * of_scan + rng.standard_normal(voltage.size))
        current = np.where(up, 1, -1) * root * (surface * k1 * root + diffusion * k2 + error)
        table = pl.DataFrame({"test_time_second": time, "voltage_volt": voltage, "current_ampere": current})
        source = simulated_source("cv_separation", f"cv-{rate:g}-mV-s.csv", current)
        made.append(Measurement("cv", table, {"scan_rate": Quantity(float(rate), "mV/s")}, "synthetic", source, cell=_CELL))
    truth = {}
    grid = np.linspace(low + trim, high - trim, Options().points)
    for name, centre in zip(DIRECTIONS, (0.55, 0.45), strict=True):
        k1, k2 = (part.sum() for part in _shapes(grid, np.asarray(centre)))
        for place, root in enumerate(roots, start=1):
            truth[f"surface_share_{name}_{place}"] = float(_PERCENT * surface * k1 * root / (surface * k1 * root + diffusion * k2))
    return tuple(made), truth


def _shapes(voltage: Array, centre: Array) -> tuple[Array, Array]:
    """Both parts against the potential [V], 1 at the peak: the surface part broad, the diffusion part peaked."""
    peak = np.exp(-0.5 * ((voltage - centre) / 0.1) ** 2)
    return 0.5 + 0.5 * peak, 0.2 + 0.8 * peak


_CELL = CellRecord(kind="half", working="anode", anode_mass=Quantity(1.0, "mg"), reference_electrode="Na+/Na")

TECHNIQUE = Technique(
    name="cv_separation",
    title="Surface and diffusion parts of cyclic voltammograms",
    measurement="cv",
    needs=COLUMNS,
    options=Options,
    analyse=analyse,
    draw=draw,
    synthesise=synthesise,
    references=("lindstrom1997", "wang2007", "girard2015"),
    several=True,
)
