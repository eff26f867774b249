"""Nitrogen sorption: BET area with its window, total and micropore volume, and the area outside the micropores.

    x / (n (1 - x)) = 1/(n_m C) + (C - 1)/(n_m C) x,   x = p/p0,   S_BET = n_m N_A sigma      (Brunauer, Emmett & Teller 1938)
    ln V = ln V_0 - (R T ln(1/x) / E)^2                                                      (Dubinin & Radushkevich 1947)
    V = V_t + S_ext t(x) for t between stated limits                                         (Lippens & de Boer 1965)
    V_total = n(x = 0.95) V_L                                                                (Gurvich 1915)

The window of the BET plot follows Rouquerol et al. (2007) and ISO 9277: n(1 - x) rises, C > 0, n_m lies in the window, and 1/(sqrt(C) + 1)
is within 10 % of the measured pressure at n_m. Volumes are those of the liquid at the bath, 0.0015468 cm3 for each cm3(STP) of nitrogen.
A fixed window of 0.05 to 0.30 is wrong for microporous carbons: C becomes negative, and the area is refused. So is one of a plot that is
not straight (r < 0.995), of C < 5 or of fewer than 5 points. The section of the t-plot is never sought; an external area above half of the
BET area is a warning that pores fill within it. The area of a microporous carbon is an equivalent one, not that of its walls.

The numbers follow from closed forms; pyGAPS (Iacomi & Llewellyn 2019) is the second opinion in ``techniques.engines.sorption``.
Uncertainty: standard error of the line, spread over all admissible windows, 3 % of the measurement (mass, free space) on everything, and
10 % of the method on areas, C and the micropore volume, added in quadrature.

References: Brunauer 1938; Rouquerol 2007; Thommes 2015; Dubinin 1947; Lippens 1965; Iacomi 2019.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from dualion.errors import SpecError
from dualion.numerics.arrays import curve_from
from dualion.numerics.sorption.bet import LEAST_C, LEAST_CORRELATION, LEAST_POINTS, Bet, admissible, chosen_window, fit_window
from dualion.numerics.sorption.branches import BRANCHES, LATE, Branch, branch_if_any, branch_of, others_not_used
from dualion.numerics.sorption.dubinin import dubinin
from dualion.numerics.sorption.gases import AREA_OF_MONOLAYER
from dualion.numerics.sorption.shown import N_AXIS, X_AXIS, bet_curves, t_curves, vendor_table, window_table
from dualion.numerics.sorption.synthetic import isotherm, nitrogen_isotherm
from dualion.numerics.sorption.tplot import Line, t_line, thickness
from dualion.records.figure import Figure, Panel, Series
from dualion.records.measurement import Curve, Measurement, Result
from dualion.records.quantity import Flag, Quantity
from dualion.techniques.checks import negative
from dualion.techniques.row import Technique, Truth, carried_flags, check_input, provenance

Array = NDArray[np.float64]

#: Share [1] of the BET area above which the external one is suspect.
_SUSPECT = 0.5
#: Correlation [1] below which a t-plot is not straight.
_STRAIGHT = 0.99
#: Relative difference [1] from the area that the instrument printed above which it is told.
_VENDOR = 0.25
_NM2_LEAST, _NM2_MOST = 0.05, 1.0
THICKNESS = ("carbon-black", "harkins-jura", "halsey", "kruk-jaroniec-gadkaree")
_BLIND = "Nitrogen at 77 K does not enter pores below 0.45 to 0.5 nm in the time of a measurement. CO2 at 273 K sees them."


@dataclass(frozen=True, slots=True)
class Options:
    """Windows, thickness, and the errors that are added."""

    bet_window: str | tuple[float, float] = "rouquerol"  # [1] or two relative pressures, which are flagged
    sigma_nm2: float | None = None  # [nm2] of a molecule; that of the adsorptive without it, 0.162 of nitrogen
    branch: Literal["adsorption", "desorption"] = "adsorption"
    thickness: Literal["carbon-black", "harkins-jura", "halsey", "kruk-jaroniec-gadkaree"] = "carbon-black"
    t_limits: tuple[float, float] | None = (0.43, 0.64)  # [nm] of the t-plot; p/p0 from 0.2 to 0.5 (ASTM D6556)
    total_at: float = 0.95  # [1] relative pressure of the total pore volume
    dr_limits: tuple[float, float] = (0.0, 0.005)  # [1] relative pressures of the Dubinin plot
    dr_exponent: float = 2.0  # [1] 2 of Radushkevich, up to 3 of Astakhov
    kr_threshold_m2_g: float = 1.0  # [m2/g] below which krypton is advised
    fit_relative: float = 0.03  # [1] standard error of mass and free space
    method_relative: float = 0.10  # [1] standard error of a model of areas and micropores
    adsorptive: str | None = None  # where the file does not say it
    temperature: float | None = None  # [K] where the file does not say it

    def __post_init__(self) -> None:
        problems = []
        window = self.bet_window
        if isinstance(window, str) and window != "rouquerol":
            problems.append(f'bet_window: "{window}" is not known. Write "rouquerol" or two relative pressures, such as (0.005, 0.1).')
        for name, limits, top in (("bet_window", window, 1.0), ("t_limits", self.t_limits, 10.0), ("dr_limits", self.dr_limits, 1.0)):
            if isinstance(limits, tuple) and not 0 <= limits[0] < limits[1] <= top:
                problems.append(f"{name}: {limits} does not rise within 0 and {top:g}. Give its lower end first.")
        if self.sigma_nm2 is not None and not _NM2_LEAST <= self.sigma_nm2 <= _NM2_MOST:
            problems.append(f"sigma_nm2: {self.sigma_nm2} is not the area of a molecule in nm2. Give a number such as 0.162.")
        if not 1 <= self.dr_exponent <= 3:
            problems.append(f"dr_exponent: {self.dr_exponent} is not between 1 and 3.")
        problems += negative(self, "kr_threshold_m2_g", "fit_relative", "method_relative")
        if not 0 < self.total_at < 1:
            problems.append(f"total_at: {self.total_at} is not a relative pressure between 0 and 1.")
        if self.temperature is not None and not 0 < self.temperature < math.inf:
            problems.append(f"temperature: {self.temperature} is not a temperature in K.")
        if problems:
            raise SpecError(problems)


def analyse(measurements: Sequence[Measurement], options: Options) -> Result:
    """Area and volumes of one isotherm.

    Parameters
    ----------
    measurements : sequence of Measurement
        One isotherm; of several, the first is analysed and the others are named.
    options : Options

    Returns
    -------
    Result
        ``bet_area`` [m2/g], ``bet_c`` [1], ``monolayer_capacity`` [mmol/g], ``total_pore_volume`` [cm3/g], ``micropore_volume`` [cm3/g],
        ``external_area`` [m2/g]; the tables ``windows`` and ``vendor``.

    Raises
    ------
    SpecError
        Adsorptive or temperature is not known.
    CoverageError
        Fewer than five points.
    """
    check_input(TECHNIQUE, measurements)
    measured = measurements[0]
    given = branch_of(measured, options.branch, adsorptive=options.adsorptive, temperature=options.temperature, least=LEAST_POINTS)
    flags = [*given.flags, *_range_flags(given), *others_not_used(measurements)]
    line, windows = _bet(given, options)
    values, found = _bet_values(given, line, windows, options)
    flags += found
    area = values["bet_area"].value
    for made, more in (_total(given, options), _micropores(given, options), _external(given, area, options)):
        values, flags = values | made, flags + more
    flags += _vendor_flags(measured, area)
    return Result(
        technique=TECHNIQUE.name,
        values=values,
        curves=_curves(measured, given, line, options),
        flags=tuple(dict.fromkeys((*carried_flags(measurements), *flags))),
        provenance=provenance(TECHNIQUE, measurements, options),
        tables={"windows": window_table(windows, _sigma(given, options)), "vendor": vendor_table(measured)},
    )


def _sigma(given: Branch, options: Options) -> float:
    return given.gas.cross_section if options.sigma_nm2 is None else options.sigma_nm2


def _range_flags(given: Branch) -> list[Flag]:
    flags = []
    if given.x[0] > LATE:
        message = f"The isotherm begins at p/p0 = {given.x[0]:.2g}; micropores fill below 1e-4, so their volume is an extrapolation."
        flags.append(Flag("range_starts_late", "warning", message))
    if given.gas.name == "nitrogen":
        flags.append(Flag("ultramicropore_blind", "note", _BLIND))
    return flags


def _bet(given: Branch, options: Options) -> tuple[Bet | None, tuple[Bet, ...]]:
    """The line of the chosen window, and all admissible ones."""
    windows = admissible(given.x, given.loading)
    if isinstance(options.bet_window, str):
        return chosen_window(given.x, given.loading), windows
    low, high = options.bet_window
    begin, end = int(np.searchsorted(given.x, low, "left")), int(np.searchsorted(given.x, high, "right"))
    return fit_window(given.x, given.loading, begin, end), windows


def _bet_values(given: Branch, line: Bet | None, windows: Sequence[Bet], options: Options) -> tuple[dict[str, Quantity], list[Flag]]:
    """Area, C and monolayer, or their refusal."""
    flags = []
    if not isinstance(options.bet_window, str):
        low, high = options.bet_window
        flags.append(Flag("bet_window_user", "warning", f"The window of the BET plot, {low:g} to {high:g}, was given and not sought."))
    refusal = _refusal(line)
    if line is None or refusal is not None:
        flags.append(refusal or Flag("bet_not_linear", "refusal", "No line can be drawn in the BET plot."))
        units = {"bet_area": "m2/g", "bet_c": "1", "monolayer_capacity": "mmol/g"}
        return {name: Quantity(None, unit, rule=flags[-1].message) for name, unit in units.items()}, flags
    sigma, n = _sigma(given, options), line.points
    spread = float(np.std([one.monolayer for one in windows])) if windows else 0.0
    c_spread = float(np.std([one.c for one in windows])) if windows else 0.0
    fit, method = options.fit_relative, options.method_relative
    monolayer = math.hypot(line.monolayer_stderr, spread, fit * line.monolayer)
    area, to_area = line.monolayer * sigma * AREA_OF_MONOLAYER, sigma * AREA_OF_MONOLAYER
    window = f"p/p0 {line.low:.4g} to {line.high:.4g}, r = {line.correlation:.5f}, {len(windows)} admissible windows"
    values = {
        "bet_area": Quantity(area, "m2/g", math.hypot(to_area * monolayer, method * area), n, f"BET, sigma {sigma:g} nm2, {window}"),
        "bet_c": Quantity(line.c, "1", math.hypot(line.c_stderr, c_spread, method * line.c), n, f"BET, {window}"),
        "monolayer_capacity": Quantity(line.monolayer, "mmol/g", monolayer, n, f"BET, {window}"),
    }
    if area < options.kr_threshold_m2_g:
        message = (
            f"{area:.3g} m2/g is below {options.kr_threshold_m2_g:g} m2/g, where the free space decides. Measure with krypton at 77 K."
        )
        flags.append(Flag("use_krypton", "warning", message))
    return values, flags


def _refusal(line: Bet | None) -> Flag | None:
    """Why a BET line is no headline."""
    if line is None:
        return Flag("bet_not_linear", "refusal", "No line can be drawn in the BET plot of this window.")
    where = f"in the window p/p0 {line.low:.4g} to {line.high:.4g}"
    if line.c <= 0:
        return Flag("bet_c_negative", "refusal", f"C = {line.c:.4g} {where}: pores fill there. Use the window of Rouquerol.")
    said = []
    if line.points < LEAST_POINTS:
        said.append(f"{line.points} points, and {LEAST_POINTS} are needed")
    if line.correlation < LEAST_CORRELATION:
        said.append(f"r = {line.correlation:.4f} is below {LEAST_CORRELATION}")
    if line.c < LEAST_C:
        said.append(f"C = {line.c:.3g} is below {LEAST_C:g}")
    if not said and not line.consistent:
        said.append("n_m is not where the equation has it (criteria of Rouquerol)")
    return Flag("bet_not_linear", "refusal", f"{'; '.join(said)}, {where}.") if said else None


def _total(given: Branch, options: Options) -> tuple[dict[str, Quantity], list[Flag]]:
    rule = f"loading at p/p0 = {options.total_at:g} as liquid (Gurvich)"
    if given.x[-1] < options.total_at:
        message = f"The isotherm ends at p/p0 = {given.x[-1]:.3f}, below {options.total_at:g}: the total pore volume is withheld. "
        message += "Measure further, or lower total_at."
        return {"total_pore_volume": Quantity(None, "cm3/g", rule=rule)}, [Flag("range_ends_early", "refusal", message)]
    volume = float(np.interp(options.total_at, given.x, given.volume))
    return {"total_pore_volume": Quantity(volume, "cm3/g", options.fit_relative * volume, rule=rule)}, []


def _micropores(given: Branch, options: Options) -> tuple[dict[str, Quantity], list[Flag]]:
    low, high = options.dr_limits
    inside = (given.x >= low) & (given.x <= high)
    found = dubinin(given.x[inside], given.volume[inside], temperature=given.temperature, exponent=options.dr_exponent)
    name = "Dubinin-Radushkevich" if options.dr_exponent == 2 else f"Dubinin-Astakhov, exponent {options.dr_exponent:g}"
    if found is None:
        message = f"Fewer than three points between p/p0 = {low:g} and {high:g}: the micropore volume is withheld. Measure from 1e-6 on."
        return {"micropore_volume": Quantity(None, "cm3/g", rule=name)}, [Flag("range_starts_late", "refusal", message)]
    most = float(given.volume[-1])
    if found.volume > most:
        message = f"The Dubinin line leads to {found.volume:.3g} cm3/g, more than the {most:.3g} cm3/g that were ever adsorbed: pores fill "
        message += f"above p/p0 = {high:g}. Widen dr_limits."
        return {"micropore_volume": Quantity(None, "cm3/g", rule=name)}, [Flag("dr_extrapolated", "refusal", message)]
    error = math.hypot(found.volume_stderr, options.fit_relative * found.volume, options.method_relative * found.volume)
    rule = f"{name}, p/p0 {low:g} to {high:g}, E = {found.energy:.3g} kJ/mol, r = {found.correlation:.4f}"
    return {"micropore_volume": Quantity(found.volume, "cm3/g", error, found.points, rule)}, []


def _t_line(given: Branch, options: Options) -> tuple[Array, Line | None]:
    """Thickness [nm] at each point, and the line of the stated section."""
    if options.thickness == "kruk-jaroniec-gadkaree":
        from dualion.techniques.engines.sorption import standard_thickness

        t = standard_thickness(given.x)
    else:
        t = thickness(options.thickness, given.x)
    known = options.t_limits is not None and given.gas.name == "nitrogen"
    return t, t_line(t, given.volume, options.t_limits) if known and options.t_limits is not None else None


def _external(given: Branch, area: float | None, options: Options) -> tuple[dict[str, Quantity], list[Flag]]:
    """External area, or its refusal."""
    _, line = _t_line(given, options)
    if line is None or options.t_limits is None:
        if options.t_limits is None:
            why = "no limits are given, and a section that a program seeks may be one where pores fill. Give t_limits in nm"
        elif given.gas.name != "nitrogen":
            why = f"the thickness of a layer of {given.gas.name} is not known here. Measure with nitrogen at 77 K"
        else:
            why = f"fewer than three points lie between t = {options.t_limits[0]:g} and {options.t_limits[1]:g} nm. Widen t_limits"
        message = f"External area withheld: {why}."
        return {"external_area": Quantity(None, "m2/g", rule=message)}, [Flag("tplot_window_suspect", "refusal", message)]
    low, high = options.t_limits
    error = math.hypot(line.area_stderr, options.fit_relative * line.area, options.method_relative * line.area)
    rule = f"t-plot, {options.thickness}, t {low:g} to {high:g} nm, intercept {line.volume:.4g} cm3/g, r = {line.correlation:.4f}"
    flags = []
    if line.correlation < _STRAIGHT:
        message = f"The t-plot is not straight between its limits (r = {line.correlation:.3f}); pores may fill there."
        flags.append(Flag("tplot_window_suspect", "warning", message))
    if area is not None and line.area > _SUSPECT * area:
        message = (
            f"The external area, {line.area:.4g} m2/g, is above half of the BET area, {area:.4g} m2/g: pores may fill between the limits."
        )
        flags.append(Flag("tplot_window_suspect", "warning", message))
    return {"external_area": Quantity(line.area, "m2/g", error, line.points, rule)}, flags


def _vendor_flags(measured: Measurement, area: float | None) -> list[Flag]:
    printed = measured.conditions.get("vendor_bet_area")
    if not isinstance(printed, Quantity) or not printed.value or area is None:
        return []
    difference = area / printed.value - 1
    if abs(difference) <= _VENDOR:
        return []
    message = f"The report prints {printed.value:g} m2/g, and this area differs by {100 * difference:+.0f} %; the reason is not known, and "
    message += "nothing was fitted to it."
    return [Flag("vendor_differs", "warning", message)]


def _curves(measured: Measurement, given: Branch, line: Bet | None, options: Options) -> dict[str, Curve]:
    """The branches, the BET plot with its line, and the t-plot."""
    curves: dict[str, Curve] = {options.branch: curve_from(X_AXIS, N_AXIS, given.x, given.loading)}
    other = next(name for name in BRANCHES if name != options.branch)
    second = branch_if_any(measured, other, adsorptive=options.adsorptive, temperature=options.temperature)
    if second is not None:
        curves[other] = curve_from(X_AXIS, N_AXIS, second.x, second.loading)
    if line is not None:
        curves |= bet_curves(given, line)
    t, fitted = _t_line(given, options)
    if fitted is not None and options.t_limits is not None:
        curves |= t_curves(given, t, fitted, options.t_limits)
    return curves


def draw(result: Result) -> Figure:
    """The isotherm, the BET plot and the t-plot.

    Parameters
    ----------
    result : Result

    Returns
    -------
    Figure
    """
    isotherm = [
        Series(name.capitalize(), "measured", one.x, one.y, "analysis", sample=name)
        for name in BRANCHES
        if (one := result.curves.get(name)) is not None
    ]
    panels = [Panel(X_AXIS, N_AXIS, tuple(isotherm), "Isotherm")]
    for title, points, line in (("BET plot", "bet_plot", "bet_line"), ("t-plot", "t_plot", "t_line")):
        if points in result.curves and line in result.curves:
            one, fitted = result.curves[points], result.curves[line]
            drawn = (
                Series("Measured", "measured", one.x, one.y, "analysis", sample=points),
                Series("Line", "fitted", fitted.x, fitted.y, "analysis", sample=points),
            )
            panels.append(Panel(one.x_axis, one.y_axis, drawn, title))
    area, total = result.values["bet_area"], result.values["total_pore_volume"]
    said = (
        "The BET area is withheld" if area.value is None else f"BET area {area.value:.4g} m2/g, C {result.values['bet_c'].value or 0:.3g}"
    )
    if total.value is not None:
        said += f"; {total.value:.3g} cm3/g of pores in all"
    return Figure("sorption", "Sorption isotherm", f"{said}.", tuple(panels), width=183)


def synthesise(
    rng: np.random.Generator,
    *,
    noise: float = 1.0,
    bet_area: float = 39.13,
    bet_c: float = 150.0,
    total_pore_volume: float | None = None,
    micropore_volume: float | None = None,
    external_area: float | None = None,
) -> tuple[tuple[Measurement, ...], Truth]:
    """A nitrogen isotherm at 77 K that follows Dubinin and Radushkevich, then BET, then a straight t-plot, then fills its pores.

    Parameters
    ----------
    rng : numpy.random.Generator
    noise : float
        [1] factor of all errors: 0.1 % of each loading, 3 % of all of them, 10 % of each model.
    bet_area : float
        [m2/g]
    bet_c : float
        C [1], from 25 to 2000.
    total_pore_volume : float or None
        [cm3/g] at p/p0 = 0.95; half again of what the t-plot ends with where None.
    micropore_volume : float or None
        [cm3/g]; 1.15 times that of the monolayer where None.
    external_area : float or None
        [m2/g]; 0.15 of the BET area where None.

    Returns
    -------
    measurements : tuple of Measurement
        One isotherm.
    truth : mapping
        By the names of the values.
    """
    made = isotherm(
        rng,
        noise=noise,
        bet_area=bet_area,
        bet_c=bet_c,
        total_pore_volume=total_pore_volume,
        micropore_volume=micropore_volume,
        external_area=external_area,
    )
    return (nitrogen_isotherm(made.x, made.loading, made.branch, "sorption"),), dict(made.truth)


TECHNIQUE = Technique(
    name="sorption",
    title="Nitrogen sorption: areas and volumes",
    measurement="sorption",
    needs=("loading_mol_per_kg",),
    options=Options,
    analyse=analyse,
    draw=draw,
    synthesise=synthesise,
    references=("brunauer1938", "rouquerol2007", "thommes2015", "dubinin1947", "lippens1965", "kruk1997", "iacomi2019"),
)
