"""X-ray absorption at an edge: edge energy, edge step, white line, fine structure and the position of its first shell.

    chi(k) = [mu(E) - mu_0(E)] / J,     k = sqrt((E - E0) / 3.81 eV A^2),     |chi(R)| = |FT of chi(k) k^w W(k)|

J is the edge step: the distance at E0 between the line before the edge and the polynomial behind it. mu_0 is the background by AUTOBK,
with Fourier content below ``rbkg`` (Newville et al. 1993). E0 is the first inflection of the edge; the white line is a maximum of mu above
it and is no E0. R is where |chi(R)| is highest, without phase correction: the distance is larger by 0.4 to 0.5 angstrom (flag
``no_phase_correction``). N and O scatter alike, so that a peak near 1.5 to 1.6 angstrom is found with Zn-N and with Zn-O (``n_or_o``).

Uncertainties are of three kinds, added in squares. (1) Settings that could have been chosen as well (table ``settings``): the smoothing of
the derivative for E0; the ranges and the model before and behind the edge for J; rbkg, range of k and window for R. The values of each
kind span a range, which is taken as rectangular. (2) The noise: of mu for E0, of chi for R, the latter from |chi(R)| between 15 and 25
angstrom, which also says up to which k there is a signal (``noise_limited``). (3) For E0 the calibration of the energy,
``energy_error``; with the scan of a foil it is replaced by the error of the foil's edge, and all energies are shifted such that the
foil's edge is at ``foil_energy`` (9660.76 eV for zinc, Kraft et al. 1996; 9659 eV is usual too: say which).

The sample is the one measurement that is neither the foil nor one of ``references``; edges of references give ``edge_shift_NAME``, and two
of them the place between, ``edge_position``: 0 at the first, 1 at the second.

References: Newville et al. 1993; Newville, Boyanov & Sayers 1999; Kraft et al. 1996; Ravel & Newville 2005.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualion.errors import CoverageError, InputError, SpecError
from dualion.numerics.absorption_edge.edges import difference, place_between
from dualion.numerics.absorption_edge.grids import Settings
from dualion.numerics.absorption_edge.outcome import Outcome, analysed, edge_of
from dualion.numerics.absorption_edge.spectra import KINETIC, Ordered, Recipe, absorption, ordered, scan
from dualion.numerics.arrays import curve_from
from dualion.numerics.simulated import simulated_source
from dualion.records.figure import Axis, Figure, Panel, Series
from dualion.records.measurement import Curve, Measurement, Result
from dualion.records.quantity import Flag, Quantity
from dualion.techniques.engines import absorption as engine
from dualion.techniques.row import Technique, Truth, carried_flags, check_input, provenance

Array = NDArray[np.float64]

#: Fewest rows [1] of a spectrum, and the least range of k [angstrom-1] that is transformed.
_LEAST_ROWS, _LEAST_K = 30, 3.0
#: Power of the energy in Victoreen's law a E^-3 + b E^-4 before an edge.
_VICTOREEN = 3
#: [angstrom] first shells of N and of O about zinc, without phase correction.
_N_OR_O = (1.3, 1.8)
#: [angstrom] that R may move over the cutoffs of the background.
_RBKG_TOLERANCE = 0.03
#: [eV] about the edge over which spectra are compared, and the step.
_COMPARED, _STEP = (-20.0, 60.0), 0.25
_ENERGY, _NORM = Axis("Photon energy", "eV"), Axis("Normalised absorption", "1")
_DIFFERENCE = Axis("Difference of normalised absorption", "1")
_DISTANCE = Axis("Distance, without phase correction", "angstrom")
_MODELS = ("linear", "victoreen")


@dataclass(frozen=True, slots=True)
class Options:
    """How a spectrum is reduced, and what it is compared with."""

    rbkg: float = 1.0  # [angstrom] below which Fourier content is background
    rbkg_range: tuple[float, float] = (0.8, 1.2)  # [angstrom] of cutoffs that could have been chosen as well
    kweight: int = 2  # [1] power of k in background and transform
    k: tuple[float, float] = (3.0, 12.0)  # [angstrom-1] range of the transform
    window: str = "hanning"  # of the transform: hanning, kaiser, parzen, welch or sine
    dk: float = 1.0  # [angstrom-1] width of its sills
    pre_edge_model: str = "linear"  # or "victoreen"
    pre_edge: tuple[float, float] | None = None  # [eV] from the edge; chosen from the spectrum where None
    post_edge: tuple[float, float] | None = None  # [eV] from the edge; chosen from the spectrum where None
    shell: tuple[float, float] = (1.1, 3.2)  # [angstrom] in which the first shell is sought
    edge_step_range: tuple[float, float] = (0.7, 1.0)  # [1] of edge steps that are usual
    e0: float | None = None  # [eV] edge; found where None
    energy_error: float = 0.3  # [eV] standard error of the calibration of the energy
    foil: str = ""  # file, region, sample or title of the scan of a foil among the measurements
    foil_energy: float = 9660.76  # [eV] edge of the foil
    references: tuple[str, ...] = ()  # files, regions, samples or titles of references among the measurements

    def __post_init__(self) -> None:
        problems = []
        for name in ("rbkg_range", "k", "pre_edge", "post_edge", "shell", "edge_step_range"):
            span = getattr(self, name)
            if span is not None and not (all(map(math.isfinite, span)) and span[0] < span[1]):
                problems.append(f"{name}: {span} is not a range. Give two numbers, the lower one first.")
        positive = {name: getattr(self, name) for name in ("rbkg", "foil_energy")}
        problems += [f"{name}: {one} is not a positive number. Give one." for name, one in positive.items() if not 0 < one < math.inf]
        others = {name: getattr(self, name) for name in ("dk", "energy_error")}
        problems += [f"{name}: {one} is not a number. Give 0 or more." for name, one in others.items() if not 0 <= one < math.inf]
        if self.e0 is not None and not 0 < self.e0 < math.inf:
            problems.append(f"e0: {self.e0} is not an energy. Give it in eV.")
        if self.kweight not in (1, 2, 3):
            problems.append(f"kweight: {self.kweight} is not a weight. Give 1, 2 or 3.")
        if self.window not in engine.WINDOWS:
            problems.append(f'window: "{self.window}" is not known. Give one of {", ".join(engine.WINDOWS)}.')
        if self.pre_edge_model not in _MODELS:
            problems.append(f'pre_edge_model: "{self.pre_edge_model}" is not known. Give one of {", ".join(_MODELS)}.')
        if not self.rbkg_range[0] > 0 or self.k[0] < 0:
            problems.append("rbkg_range, k: a lower end is negative. Give positive numbers.")
        if problems:
            raise SpecError(problems)

    @property
    def settings(self) -> Settings:
        """Settings of the reduction itself."""
        power = _VICTOREEN if self.pre_edge_model == "victoreen" else 0
        return Settings(self.e0, self.pre_edge, self.post_edge, power, None, self.rbkg, self.kweight, self.k, self.dk, self.window)


def analyse(measurements: Sequence[Measurement], options: Options) -> Result:
    """Edge, edge step, white line, fine structure and first shell of a sample; shifts against references.

    Parameters
    ----------
    measurements : sequence of Measurement
        The sample, and the foil and the references that the options name.
    options : Options

    Returns
    -------
    Result
        ``edge_energy`` [eV], ``edge_step`` [1], ``white_line_energy`` [eV], ``white_line_height`` [1], ``first_shell_position`` [angstrom]
        and others; curves ``normalised``, ``chi``, ``transform``, ``difference_NAME``, ``reference_NAME``; the table ``settings``.

    Raises
    ------
    CoverageError
        Too few rows with numbers.
    SpecError
        A foil or reference is not among the measurements, or two samples are.
    InputError
        A spectrum has no edge.
    MissingDependency
        rexafs is not installed.
    """
    check_input(TECHNIQUE, measurements)
    sample, foil, references = _roles(measurements, options)
    flags = list(carried_flags(measurements))
    spectra = {id(one): _ordered(one, flags) for one in measurements}
    shift, error = 0.0, options.energy_error
    values: dict[str, Quantity] = {}
    if foil is not None:
        edge = edge_of(spectra[id(foil)], options.settings, engine.normalised)
        shift, error = options.foil_energy - edge.value, edge.stderr
        values["energy_shift"] = Quantity(shift, "eV", error, rule=f"edge of the foil to {options.foil_energy:g} eV")
    spectra = {key: replace(one, energy=one.energy + shift) for key, one in spectra.items()}
    found, cut = _outcome(spectra[id(sample)], options, error)
    values |= _values(found, options, "as measured" if foil is None else "calibrated by a foil")
    more, differences = _compared(found, {name: spectra[id(one)] for name, one in references.items()}, options)
    return Result(
        technique=TECHNIQUE.name,
        values=values | more,
        curves=_curves(found, options) | differences,
        flags=tuple(dict.fromkeys((*flags, *cut, *_flags(found, options)))),
        provenance=provenance(TECHNIQUE, measurements, options),
        tables={"settings": pl.DataFrame(found.rows)},
    )


def _names(measured: Measurement) -> tuple[str, ...]:
    title = measured.conditions.get("title", "")
    return tuple(one for one in (measured.source.file, measured.region, measured.sample, title) if isinstance(one, str) and one)


def _roles(measurements: Sequence[Measurement], options: Options) -> tuple[Measurement, Measurement | None, dict[str, Measurement]]:
    """The sample, the foil, and the references by name."""
    chosen: dict[str, Measurement] = {}
    for option, name in (*(("references", one) for one in options.references), *((("foil", options.foil),) if options.foil else ())):
        match = [one for one in measurements if name in _names(one)]
        if len(match) != 1:
            known = ", ".join(dict.fromkeys(said for one in measurements for said in _names(one)))
            raise SpecError(f'{option}: "{name}" names {len(match)} of the measurements. Give one of {known}.')
        chosen[name] = match[0]
    rest = [one for one in measurements if not any(one is other for other in chosen.values())]
    if len(rest) != 1:
        shown = ", ".join(one.region or one.source.file for one in rest)
        problem = f"{len(rest)} measurements are neither the foil nor a reference" + (f" ({shown})" if rest else "")
        raise SpecError(f'references: {problem}. Name all but the sample, such as references = ["Zn_foil.xdi"].')
    return rest[0], chosen.get(options.foil) if options.foil else None, {name: chosen[name] for name in options.references}


def _ordered(measured: Measurement, flags: list[Flag]) -> Ordered:
    """The rows of a spectrum in order, with a word on those that were left out."""
    found = ordered(measured.table["photon_energy_electronvolt"], measured.table["mu"])
    known = {flag.code for flag in measured.flags}
    name = measured.region or measured.source.file
    if found.missing and "missing_values" not in known:
        flags.append(Flag("missing_values", "warning", f"{name}: {found.missing} rows lack a number and were left out."))
    if found.repeated and "duplicate_abscissae" not in known:
        flags.append(Flag("duplicate_abscissae", "warning", f"{name}: {found.repeated} rows repeat an energy and were averaged."))
    if found.energy.size < _LEAST_ROWS:
        raise CoverageError(f"{name}: {TECHNIQUE.name}, in energies with a number,", _LEAST_ROWS, int(found.energy.size))
    if not np.ptp(found.mu) > 0:
        raise InputError(f"{name}: mu: it is the same at all energies. Give a spectrum with an edge.")
    return found


def _outcome(spectrum: Ordered, options: Options, error: float) -> tuple[Outcome, list[Flag]]:
    """What follows from a spectrum; the range of k is cut to the data."""
    base, flags = options.settings, []
    edge = engine.normalised(spectrum.energy, spectrum.mu, base)
    last = math.sqrt(max(float(spectrum.energy[-1]) - edge.e0, 0.0) / KINETIC)
    fine = last - base.k[0] >= _LEAST_K
    if fine and last < base.k[1]:
        base = replace(base, k=(base.k[0], last))
        flags.append(Flag("k_range_cut", "warning", f"The data end at k = {last:.2f} 1/angstrom, and so does the transform."))
    if not fine:
        message = f"The data end at k = {last:.2f} 1/angstrom; {base.k[0] + _LEAST_K:g} are needed for a shell."
        flags.append(Flag("short_range", "refusal", message))
    reduce = engine.reduced if fine else None
    return analysed(
        spectrum, base, rbkg_range=options.rbkg_range, shell=options.shell, energy_error=error, normalise=engine.normalised, reduce=reduce
    ), flags


def _values(found: Outcome, options: Options, scale: str) -> dict[str, Quantity]:
    unit = f"angstrom-{options.kweight + 1}"
    model = f"{options.pre_edge_model} line before the edge, polynomial behind it; grid of settings"
    span = (
        f"rbkg {options.rbkg:g} angstrom, k^{options.kweight}, k {found.base.k[0]:g} to {found.base.k[1]:.4g} 1/angstrom, {options.window}"
    )
    edge, step = found.edge, found.step
    values = {
        "edge_energy": Quantity(edge.value, "eV", edge.stderr, rule=f"first inflection, energies {scale}; grid of smoothings, calibration"),
        "edge_step": Quantity(step.value, "1", step.stderr, rule=model),
    }
    line = found.white_line
    if line is not None:
        u = math.hypot(found.calibration, line.step / math.sqrt(12))
        values["white_line_energy"] = Quantity(line.energy, "eV", u, rule="first maximum above the edge; not E0")
        values["white_line_height"] = Quantity(
            line.height, "1", line.height * step.stderr / step.value, rule="of the normalised absorption"
        )
    shell = found.shell
    if shell is None:
        values["first_shell_position"] = Quantity(None, "angstrom", rule=span)
        return values
    values["first_shell_position"] = Quantity(shell.value, "angstrom", shell.stderr, rule=f"highest |chi(R)|, not phase corrected; {span}")
    values["first_shell_height"] = Quantity(found.height, unit, found.height * step.stderr / step.value, rule=f"of |chi(R)|; {span}")
    no_error = "no standard error: "
    values["rbkg_range"] = Quantity(found.rbkg_range, "angstrom", rule=f"of first_shell_position over rbkg; {no_error}a range")
    values["signal_end"] = Quantity(found.signal_end, "angstrom-1", rule=f"k at which chi sinks into the noise; {no_error}a sample of k")
    values["chi_noise"] = Quantity(found.noise, "1", rule=f"|chi(R)| from 15 to 25 angstrom; {no_error}itself an error")
    return values


def _curves(found: Outcome, options: Options) -> dict[str, Curve]:
    curves = {"normalised": curve_from(_ENERGY, _NORM, found.energy, found.norm)}
    if found.reduced is not None:
        one, power = found.reduced, options.kweight + 1
        curves["chi"] = curve_from(Axis("Wavenumber k", "angstrom-1"), Axis("chi(k)", "1"), one.k, one.chi)
        curves["transform"] = curve_from(_DISTANCE, Axis("|chi(R)|", f"angstrom-{power}"), one.r, one.magnitude)
    return curves


def _compared(found: Outcome, spectra: Mapping[str, Ordered], options: Options) -> tuple[dict[str, Quantity], dict[str, Curve]]:
    """Edge shifts against references, and differences of the normalised spectra about the edge."""
    values: dict[str, Quantity] = {}
    curves: dict[str, Curve] = {}
    edges = {name: edge_of(one, options.settings, engine.normalised) for name, one in spectra.items()}
    grid = np.arange(found.edge.value + _COMPARED[0], found.edge.value + _COMPARED[1], _STEP)
    for name, edge in edges.items():
        key = "".join(sign if sign.isalnum() else "_" for sign in name.casefold()).strip("_")
        u = math.hypot(found.edge.stderr, edge.stderr)
        values[f"edge_shift_{key}"] = Quantity(found.edge.value - edge.value, "eV", u, rule=f"edge energy less that of {name}")
        parts, area = difference(found.energy, found.norm, spectra[name].energy, edge.norm, grid)
        curves[f"difference_{key}"] = curve_from(_ENERGY, _DIFFERENCE, grid, parts)
        curves[f"reference_{key}"] = curve_from(_ENERGY, _NORM, grid, np.interp(grid, spectra[name].energy, edge.norm))
        rule = f"area between the normalised spectra, {_COMPARED[0]:g} to {_COMPARED[1]:g} eV; no standard error: a sum of differences"
        values[f"difference_{key}"] = Quantity(area, "eV", rule=rule)
    if len(edges) == 2:
        (first, low), (second, high) = edges.items()
        place = place_between(found.edge.value, found.edge.stderr, low=(low.value, low.stderr), high=(high.value, high.stderr))
        if place is not None:
            values["edge_position"] = Quantity(place[0], "1", place[1], rule=f"0 at the edge of {first}, 1 at that of {second}")
    return values, curves


def _flags(found: Outcome, options: Options) -> list[Flag]:
    flags = []
    low, high = options.edge_step_range
    if not low <= found.step.value <= high:
        message = f"The edge step is {found.step.value:.3g}; {low:g} to {high:g} are usual: thickness effects, or too little signal."
        flags.append(Flag("edge_step_out_of_range", "warning", message))
    if found.shell is None:
        if found.reduced is not None:
            message = f"|chi(R)| has no maximum between {options.shell[0]:g} and {options.shell[1]:g} angstrom."
            flags.append(Flag("no_shell", "refusal", message))
        return flags
    position = found.shell.value
    message = f"R = {position:.2f} angstrom is not phase corrected; the distance is larger by about 0.4 to 0.5 angstrom."
    flags.append(Flag("no_phase_correction", "note", message))
    if _N_OR_O[0] <= position <= _N_OR_O[1]:
        message = f"A first shell at {position:.2f} angstrom is found with N and with O neighbours; it proves neither."
        flags.append(Flag("n_or_o", "warning", message))
    if found.signal_end < found.base.k[1]:
        message = f"The noise is larger than chi from k = {found.signal_end:.1f} 1/angstrom on; the transform goes to {found.base.k[1]:g}."
        flags.append(Flag("noise_limited", "warning", message))
    if found.rbkg_range > _RBKG_TOLERANCE:
        message = "R moves by {:.3f} angstrom over rbkg {:g} to {:g} angstrom.".format(found.rbkg_range, *options.rbkg_range)
        flags.append(Flag("rbkg_sensitive", "warning", message))
    return flags


def draw(result: Result) -> Figure:
    """Normalised absorption, and |chi(R)| where there is one.

    Parameters
    ----------
    result : Result

    Returns
    -------
    Figure
    """
    edge, shell = result.values["edge_energy"], result.values["first_shell_position"]
    at, own = edge.value or 0.0, result.curves["normalised"]
    near = [(x, y) for x, y in zip(own.x, own.y, strict=True) if _COMPARED[0] <= x - at <= _COMPARED[1]]
    series = [Series("sample", "measured", tuple(x for x, _ in near), tuple(y for _, y in near), "analysis")]
    for name, one in result.curves.items():
        if name.startswith("reference_"):
            series.append(Series(name.removeprefix("reference_").replace("_", " "), "measured", one.x, one.y, "analysis"))
    panels = [Panel(own.x_axis, own.y_axis, tuple(series))]
    if (found := result.curves.get("transform")) is not None:
        panels.append(Panel(found.x_axis, found.y_axis, (Series("sample", "measured", found.x, found.y, "analysis"),)))
    said = "no first shell" if shell.value is None else f"the first shell at {shell.value:.2f} angstrom, not phase corrected"
    finding = f"The edge is at {edge.value:.1f} eV and {said}."
    return Figure("xafs", "X-ray absorption", finding, tuple(panels), width=183 if len(panels) > 1 else 89)


def synthesise(
    rng: np.random.Generator,
    *,
    noise: float = 0.002,
    edge_energy: float = 9662.0,
    edge_step: float = 0.85,
    first_shell_position: float = 1.53,
    white_line: float = 0.35,
) -> tuple[tuple[Measurement, ...], Truth]:
    """A transmission spectrum with one shell.

    Parameters
    ----------
    rng : numpy.random.Generator
    noise : float
        Standard deviation [1] of the absorption over the edge step; calibration (0.3 eV at 0.002), thickness and distance vary with it.
    edge_energy : float
        [eV]
    edge_step : float
        [1]
    first_shell_position : float
        [angstrom] at which |chi(R)| is highest.
    white_line : float
        Height [1] of the white line over the edge step.

    Returns
    -------
    measurements : tuple of Measurement
        One.
    truth : mapping
        ``edge_energy``, ``edge_step``, ``first_shell_position``.
    """
    scale = noise / _USUAL_NOISE
    drawn = rng.standard_normal(3)
    edge = edge_energy + scale * _SHIFT * float(drawn[0])
    recipe = Recipe(
        edge, edge_step * (1 + scale * _STEP_ERROR * float(drawn[1])), first_shell_position + scale * _MOVED * float(drawn[2]), white_line
    )
    energy = scan(edge_energy)
    mu = absorption(energy, recipe) + noise * edge_step * rng.standard_normal(energy.size)
    table = pl.DataFrame({"photon_energy_electronvolt": energy, "mu": mu})
    source = simulated_source("xafs", "synthetic.xdi", mu)
    truth = {"edge_energy": edge_energy, "edge_step": edge_step, "first_shell_position": first_shell_position}
    return (Measurement("xafs", table, {"title": "synthetic", "channel": "transmission"}, "synthetic", source),), truth


#: Noise at which the other errors are drawn with these standard deviations: [eV], relative [1], [angstrom].
_USUAL_NOISE, _SHIFT, _STEP_ERROR, _MOVED = 0.002, 0.3, 0.007, 0.005

TECHNIQUE = Technique(
    name="xafs",
    title="X-ray absorption fine structure",
    measurement="xafs",
    needs=("photon_energy_electronvolt", "mu"),
    options=Options,
    analyse=analyse,
    draw=draw,
    synthesise=synthesise,
    references=("newville1993", "newville1999", "kraft1996", "ravel2005"),
    libraries=("numpy", "scipy", "polars", "rexafs"),
)
