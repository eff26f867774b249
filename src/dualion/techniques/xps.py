"""X-ray photoelectron spectroscopy: species of one region, their fractions, and what cannot be seen.

    y(E) - B(E) = sum_i A_i s(E; p_i, w),   x_i = A_i / sum_j A_j

N 1s by default: pyridinic 398.4, pyrrolic 400.2, graphitic 401.2 eV and oxidised nitrogen from 402.5 to 405 eV, of one shared width of 1.2
to 2.0 eV. The separations are known to 0.3 eV (95 %), the position of oxidised nitrogen only by its range; areas are not negative. s is a
line of GL or Voigt form, B a Shirley, linear or active Shirley background (``numerics.photoemission``). Any other region is fitted by
giving ``region``, ``components`` and ``window``.

Energies are moved such that the maximum of C 1s stands at the energy of ``be_reference``, that of adventitious or of sp2 carbon; without a
C 1s region they stay as they are (``reference_unknown``).

Errors. The fractions are those of one simplex: a bootstrap gives their errors with all correlations, the profile likelihood their limits,
and the fit with each of the three backgrounds the sensitivity, whose half-range over sqrt(3) is added in quadrature. Intervals take the
wider of bootstrap and profile on each side. A fraction that is consistent with zero, by its profile or below three standard errors, has an
interval from zero to its 95 % upper bound.

Satellites of pi to pi* transitions stand 3 to 5 eV above the lines, where oxidised nitrogen is, and rise with the background: where the
choice of background moves the oxidised fraction by more than 0.05, ``oxidised_background_degenerate`` says so. Atomic shares come from the
areas of all regions with Scofield's factors and the transmission that the file states. A line of Zn 2p below three standard errors of its
background is given as an upper bound (``zn_below_limit``). The information comes from some 8 nm of the surface; it is compared with the
nitrogen of the bulk where that is given (``xps_vs_ea`` beyond a factor of two).

References: Shirley 1972; Proctor & Sherwood 1982; Herrera-Gomez et al. 2014; Scofield 1976; Brundle & Crist 2020; Efron & Tibshirani 1993;
Venzon & Moolgavkar 1988; Pels et al. 1995 (species of nitrogen in carbon).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from dualion.errors import CoverageError, InputError, SpecError
from dualion.numerics.arrays import numbers
from dualion.numerics.photoemission.amounts import FACTORS, Difference, difference
from dualion.numerics.photoemission.composition import ZINC, surface, zinc_of
from dualion.numerics.photoemission.findings import Analysis, Charge, analysed, charge_of
from dualion.numerics.photoemission.flags import bulk_flags, fit_flags, reference_flags, too_noisy, zinc_flags
from dualion.numerics.photoemission.model import NORMAL, Component, line_of, model_of
from dualion.numerics.photoemission.region import Background, Recipe, Weights
from dualion.numerics.photoemission.results import ENERGY, curves_of, quantities, shares_of, tables_of, vendor_rows
from dualion.numerics.photoemission.spectrum import CARBON, Region, chosen, region, shell_of
from dualion.numerics.photoemission.synthetic import counted, drawn_places, lines, spectrum
from dualion.numerics.simulated import simulated_source
from dualion.records.figure import Axis, Figure, Panel, Series
from dualion.records.measurement import Measurement, Result
from dualion.records.quantity import Flag, Quantity
from dualion.techniques.row import Technique, Truth, carried_flags, check_input, provenance

#: Species of nitrogen in carbon, with their binding energies [eV] (Pels et al. 1995; ranges of the field).
NITROGEN = (
    Component("pyridinic", 398.4, 398.1, 398.7),
    Component("pyrrolic", 400.2, 399.8, 400.5),
    Component("graphitic", 401.2, 400.8, 401.7),
    Component("oxidised", 403.2, 402.5, 405.0, tolerance=None),
)
_ENERGY = "binding_energy_electronvolt"
#: Columns of intensity in the order in which they are taken, and their units.
_RATES = (("intensity_count_per_second", "Hz"), ("intensity_count", "1"), ("intensity_arbitrary", "1"))
_REFERENCE = re.compile(r"C ?1s(?:_sp2)?_(\d{3}(?:\.\d+)?)")
_SPARE_ROWS = 5  # beyond the parameters
_LEAST_DRAWS = 20


@dataclass(frozen=True, slots=True)
class Options:
    """What is fitted, and how."""

    components: tuple[Component, ...] = NITROGEN  # species of the region
    region: str = "N 1s"  # element and shell
    background: Background = "shirley"  # or "linear", "active_shirley", "tougaard"
    shape: str = "gl30"  # of the lines; or "sgl30", "voigt30", with the Lorentz share in percent
    window: tuple[float, float] = (394.0, 408.0)  # [eV] that is fitted
    be_reference: str = "C1s_284.8"  # or "C1s_sp2_284.5" and their like; "none" leaves the energies as they are
    n_boot: int = 200  # [1] draws of the bootstrap
    share_fwhm: bool = True  # whether components of a group have one width
    weights: Weights = "counting"  # noise that goes with the root of the intensity, or "equal"
    bulk_nitrogen: float | None = None  # [wt%] by elemental analysis
    seed: int = 0  # [1] of the bootstrap

    def __post_init__(self) -> None:
        problems = []
        names = [one.name for one in self.components]
        if not names or len(set(names)) != len(names):
            problems.append("components: give at least one, each with a name of its own.")
        problems += [
            f"components.{one.name}: no component {one.linked}." for one in self.components if one.linked and one.linked not in names
        ]
        if not shell_of(self.region):
            problems.append(f'region: "{self.region}" is no element with its shell. Write one such as "N 1s".')
        if self.background not in ("shirley", "linear", "active_shirley", "tougaard"):
            problems.append(f'background: "{self.background}" is not known. Write shirley, linear, active_shirley or tougaard.')
        if self.weights not in ("counting", "equal"):
            problems.append(f'weights: "{self.weights}" is not known. Write counting or equal.')
        if not self.window[0] < self.window[1] < np.inf:
            problems.append(f"window: {self.window} does not rise. Give its lower end first, in eV.")
        if self.be_reference != "none" and not _REFERENCE.fullmatch(self.be_reference):
            problems.append(f'be_reference: "{self.be_reference}" is not known. Write one such as "C1s_284.8", or "none".')
        if self.n_boot < _LEAST_DRAWS:
            problems.append(f"n_boot: {self.n_boot} is too few for a standard error. Give {_LEAST_DRAWS} or more.")
        if self.bulk_nitrogen is not None and not 0 < self.bulk_nitrogen < 100:
            problems.append(f"bulk_nitrogen: {self.bulk_nitrogen} is not a share in wt%.")
        if problems:
            raise SpecError(problems)
        line_of(self.shape)

    @property
    def reference(self) -> float | None:
        """Energy [eV] to which C 1s is brought; None where energies stay."""
        found = _REFERENCE.fullmatch(self.be_reference)
        return float(found[1]) if found else None


def analyse(measurements: Sequence[Measurement], options: Options) -> Result:
    """Fit the components of one region.

    Parameters
    ----------
    measurements : sequence of Measurement
        All regions of one sample: that of the components, C 1s for the reference, others for the atomic shares.
    options : Options

    Returns
    -------
    Result
        ``pyridinic_fraction`` [1] and its like, positions [eV], widths [eV], areas, ``charge_shift`` [eV], atomic shares [at%] and
        ``zinc_limit`` [at%].

    Raises
    ------
    CoverageError, InputError
        The region is not there, is there twice, or has too few rows in the window.
    """
    check_input(TECHNIQUE, measurements)
    regions = [_region(one) for one in measurements]
    flags = [*carried_flags(measurements), *_dropped(regions)]
    target = _target(regions, options)
    carbon = chosen(regions, "C 1s", CARBON)
    charge = charge_of(regions[carbon[0]].within(*CARBON) if carbon else None, options.reference)
    moved = [one.shifted(charge.shift) for one in regions]
    part = moved[target].within(*options.window)
    recipe = Recipe(options.components, options.shape, options.background, "groups" if options.share_fwhm else "none", options.weights)
    needed = model_of(part.energy, options.components, shape=options.shape, share=recipe.share, active=True).size + _SPARE_ROWS
    if part.energy.size < needed:
        low, high = options.window
        raise CoverageError(f"{options.region}: the fit, in rows between {low:g} and {high:g} eV,", needed, part.energy.size)
    if not np.ptp(part.rate) > 0:
        raise InputError(f"{options.region}: the intensity is the same in every row. Give a measured spectrum.")
    found = analysed(part, recipe, draws=options.n_boot, seed=options.seed)
    return _result(measurements, options, found, charge, moved, target, flags)


def _region(measured: Measurement) -> Region:
    """Energies and intensities of a measurement."""
    name, unit = next(((name, unit) for name, unit in _RATES if name in measured.table.columns), ("", ""))
    if not name:
        raise InputError(f"{measured.source.file}: no column {_RATES[0][0]}, which xps needs. Give intensities in counts per second.")
    transmission = measured.conditions.get("transmission")
    factor = transmission.value if isinstance(transmission, Quantity) else None
    energy, rate = (numbers(measured.table, column) for column in (_ENERGY, name))
    return region(measured.region, energy, rate, unit=unit, transmission=factor)


def _dropped(regions: Sequence[Region]) -> list[Flag]:
    return [
        Flag("missing_values", "warning", f"{one.name or 'spectrum'}: {one.dropped} rows are not finite and were left out.")
        for one in regions
        if one.dropped
    ]


def _target(regions: Sequence[Region], options: Options) -> int:
    """Place of the region that is fitted."""
    found = chosen(regions, options.region, options.window)
    if not found and len(regions) == 1 and not regions[0].shell:
        found = [0]
    known = ", ".join(one.name or "one without a name" for one in regions)
    if not found:
        raise InputError(f"No region is {options.region} or holds {options.window[0]:g} to {options.window[1]:g} eV; there are {known}.")
    if len(found) > 1:
        raise InputError(f"{len(found)} regions are {options.region}; give those of one sample at a time. There are {known}.")
    return found[0]


def _result(
    measurements: Sequence[Measurement],
    options: Options,
    found: Analysis,
    charge: Charge,
    regions: Sequence[Region],
    target: int,
    flags: Sequence[Flag],
) -> Result:
    """Numbers, tables, curves and flags of an analysis."""
    unit = regions[target].unit
    low, high = found.fit.model.energy[[0, -1]]
    rule = f"{options.shape} lines, {options.background} background, {low:.1f} to {high:.1f} eV"
    withheld = f"withheld: height of the lines only {found.fit.snr:.1f} times the noise" if too_noisy(found) else ""
    areas = {regions[target].shell or options.region: _total(found)} if not withheld else {}
    same = [one for one in regions if one.unit == unit]
    shares = surface(same, areas)
    zinc = zinc_of(next((one for one in same if one.shell == "Zn 2p"), None), shares)
    if zinc is not None and not zinc.limit.seen and any(one.shell == "Zn 2p" for one in shares):
        shares = surface([one for one in same if one.shell != "Zn 2p"], areas)
    values = quantities(found, charge, unit=unit, rule=rule, withheld=withheld) | shares_of(shares, zinc, unit=unit)
    raised = [*fit_flags(found), *reference_flags(charge, wanted=options.reference is not None), *zinc_flags(zinc)]
    raised += bulk_flags(values, options.bulk_nitrogen)
    return Result(
        technique=TECHNIQUE.name,
        values=values,
        curves=curves_of(found, unit=unit),
        flags=tuple(dict.fromkeys((*flags, *raised))),
        provenance=provenance(TECHNIQUE, measurements, options, seed=options.seed),
        tables=tables_of(found, shares, vendor_rows(measurements[target].conditions), unit=unit),
    )


def _total(found: Analysis) -> tuple[float, float]:
    """Area of all components and its standard error."""
    drawn = found.draws[:, : found.fit.count].sum(axis=1)
    return float(found.fit.areas.sum()), float(drawn.std(ddof=1))


def compare(first: Result, other: Result, name: str = "oxidised_fraction") -> Difference:
    """Whether a number differs between two samples, with pooled errors; only beyond two standard errors is it meaningful.

    Parameters
    ----------
    first, other : Result
    name : str
        Of a value that both have.

    Returns
    -------
    Difference

    Raises
    ------
    InputError
        One of them has no such value, or no standard error of it.
    """
    ends = []
    for one in (first, other):
        found = one.values.get(name)
        if found is None or found.value is None or found.stderr is None:
            raise InputError(f"{name}: a result has no such value with a standard error.")
        ends.append((found.value, found.stderr))
    return difference(ends[0], ends[1])


def draw(result: Result) -> Figure:
    """Spectrum with its components, and the fractions.

    Parameters
    ----------
    result : Result

    Returns
    -------
    Figure
    """
    curves = result.curves
    axis = curves["measured"].y_axis
    own = ("measured", "fitted")
    series = [
        Series(
            _label(name),
            "measured" if name == "measured" else "fitted",
            curve.x,
            curve.y,
            "analysis",
            sample=own[0] if name in own else name,
        )
        for name, curve in curves.items()
    ]
    values = {name.removesuffix("_fraction"): one for name, one in result.values.items() if name.endswith("_fraction")}
    given = {name: one for name, one in values.items() if one.value is not None}
    panels = [Panel(ENERGY, axis, tuple(series))]
    if given:
        at = tuple(float(k) for k in range(len(given)))
        numbers = tuple(float(one.value or 0.0) for one in given.values())
        errors = tuple(NORMAL * float(one.stderr or 0.0) for one in given.values())
        bars = Series("fraction", "bar", at, numbers, "analysis", y_error=errors)
        panels.append(Panel(Axis("Species", "", categories=tuple(given)), Axis("Fraction", "1"), (bars,)))
    said = ", ".join(f"{name} {one.value:.2f}" for name, one in given.items())
    finding = f"Fractions of the region: {said}." if said else "The region is too noisy for fractions, which are withheld."
    return Figure("xps", "Species of a photoelectron region", finding, tuple(panels), width=183 if given else 89)


def _label(name: str) -> str:
    return name.removeprefix("component_").replace("_", " ")


#: Relative noise at the top of the nitrogen peak of the synthetic spectra, at which all other errors have their full size.
_NOISE = 0.03
_STEP = 0.1  # [eV]
_CARBON_AREA = 1e5  # [Hz eV]
_LEVEL = 5.0  # [1] of the background over the height of N 1s
_MIXED = 1 / np.sqrt(12)  # standard error of the share of a linear background
_FWHM = 1.6  # [eV]


def synthesise(
    rng: np.random.Generator,
    *,
    noise: float = _NOISE,
    pyridinic_fraction: float = 0.25,
    pyrrolic_fraction: float = 0.22,
    graphitic_fraction: float = 0.182,
    oxidised_fraction: float = 0.348,
    nitrogen_content: float = 0.99,
    oxygen_content: float = 5.0,
    charge_shift: float = 0.4,
) -> tuple[tuple[Measurement, ...], Truth]:
    """N 1s, C 1s, O 1s and an empty Zn 2p region of one carbon.

    Parameters
    ----------
    rng : numpy.random.Generator
    noise : float
        Standard error of a row [1] over the height of N 1s. Positions, their separations and the share of a linear background are drawn
        with the errors that the method states, in proportion.
    pyridinic_fraction, pyrrolic_fraction, graphitic_fraction, oxidised_fraction : float
        [1], brought to a sum of 1.
    nitrogen_content, oxygen_content : float
        [at%] of the surface; the rest is carbon.
    charge_shift : float
        [eV] by which all lines stand too high in the files.

    Returns
    -------
    measurements : tuple of Measurement
    truth : mapping
        The four fractions.
    """
    shares = np.array([pyridinic_fraction, pyrrolic_fraction, graphitic_fraction, oxidised_fraction])
    shares = shares / shares.sum()
    carbon = 100 - nitrogen_content - oxygen_content
    nitrogen = _CARBON_AREA * nitrogen_content / carbon * FACTORS["N 1s"]
    oxygen = _CARBON_AREA * oxygen_content / carbon * FACTORS["O 1s"]
    scale = noise / _NOISE
    places = drawn_places(rng, NITROGEN, scale=min(scale, 1.0))
    mixed = float(rng.standard_normal()) * _MIXED * scale
    species = [(share * nitrogen, place, _FWHM) for share, place in zip(shares, places, strict=True)]
    height = float(lines(np.arange(394.0, 408.0, _STEP), species).max())
    plan: tuple[tuple[str, tuple[float, float], list[tuple[float, float, float]]], ...] = (
        ("N 1s", (394.0, 408.0), species),
        ("C 1s", (278.0, 294.0), [(_CARBON_AREA, 284.8, 1.0)]),
        ("O 1s", (526.0, 540.0), [(oxygen, 532.5, 2.0)]),
        ("Zn 2p", ZINC, []),
    )
    made = []
    for name, (low, high), peaks in plan:
        energy = np.arange(low, high + _STEP / 2, _STEP)
        clean = spectrum(energy, lines(energy, peaks), level=_LEVEL * height, straight=mixed if name == "N 1s" else 0.0)
        made.append(_measurement(name, energy + charge_shift, counted(rng, clean, sigma=noise * height)))
    return tuple(made), {f"{one.name}_fraction": float(share) for one, share in zip(NITROGEN, shares, strict=True)}


def _measurement(name: str, energy: np.ndarray, rate: np.ndarray) -> Measurement:
    table = pl.DataFrame({_ENERGY: energy, "intensity_count_per_second": rate})
    source = simulated_source("xps", f"synthetic-{name.lower().replace(' ', '')}.vms", rate)
    conditions: dict[str, Quantity | str] = {"photon_energy": Quantity(1486.6, "eV"), "pass_energy": Quantity(20.0, "eV")}
    return Measurement("xps", table, conditions, "synthetic", source, region=name)


TECHNIQUE = Technique(
    name="xps",
    title="X-ray photoelectron spectroscopy",
    measurement="xps",
    needs=(_ENERGY,),
    options=Options,
    analyse=analyse,
    draw=draw,
    synthesise=synthesise,
    references=(
        *("shirley1972", "proctor1982", "herreragomez2014", "scofield1976", "brundle2020"),
        *("efron1993", "venzon1988", "pels1995", "fairley2021"),
    ),
    several=True,
    example=Options(n_boot=60),
)  # fmt: skip
