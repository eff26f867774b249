"""C K-edge near-edge absorption: pi* position, its raw share, and sp2 relative to a reference spectrum.

    y = (mu - line of the pre-edge) / mean above E_n           mu: electron yield over the incident intensity
    y = step (erf or arctan) + Gauss peaks: pi*, three of C-H and C-O bonds, three of sigma*
    pi_fraction_raw            = I_pi / I_tot         I_tot from the lower end of the pi* range to the upper end of the sigma* range
    sp2_relative_to_reference  = [I_pi / I(dE)]_sample / [I_pi / I(dE)]_reference          dE: the sigma* range

The raw share is not the sp2 fraction: of a carbon that is almost all sp2 it is 0.05 to 0.1, because I_tot holds the whole sigma* band.
Asked for under a name with "sp2" it is refused (``raw_share_not_sp2``). The relative value needs a spectrum of a known carbon, best HOPG at
the magic angle of 54.7 degrees, over the same energies (``no_reference``, ``dE_mismatch``).

Shares stand side by side by the fit and by a window; the second holds what else lies under pi*. Their errors are those of noise, residuals
and pre-edge; the relative value adds 0.05 for window, step and geometry. The energy scale is that of the file plus ``energy_shift``.

Valid for thin or yield-detected spectra without saturation. Carbon on the optics dips the incident intensity at 285 eV and raises pi*
(``i0_carbon``); it can only be seen where the incident intensity is in the file (column ``intensity_arbitrary`` beside ``mu``), so a signal
without it is flagged ``prenormalised``. Where the step lies is often not determined by the data (``step_undetermined``).

References: stohr1992, mangolini2016, bayley1946.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from dualion.errors import CoverageError, SpecError
from dualion.numerics.arrays import curve_from, numbers
from dualion.numerics.near_edge.findings import component_table, covers, incident_flags
from dualion.numerics.near_edge.resonances import FEWEST, STEP, Step
from dualion.numerics.near_edge.share import Shares, ratio, shares
from dualion.numerics.near_edge.synthetic import carbon_edge, height_of_over_sigma, height_of_raw, over_sigma
from dualion.numerics.simulated import simulated_source
from dualion.numerics.student import interval
from dualion.records.figure import Axis, Figure, Panel, Series
from dualion.records.measurement import Curve, Measurement, Result
from dualion.records.quantity import Flag, Quantity
from dualion.techniques.row import Technique, Truth, carried_flags, check_input, finding_of, prefixes, provenance

#: [deg] at which the orientation of graphite does not matter, and how far off it may be.
MAGIC_ANGLE, _NEAR_ANGLE = 54.7, 2.0
#: No spectrum has such numbers; the inverse is nothing.
_LARGEST = 1e50
_INCIDENT = "intensity_arbitrary"
_X, _Y = Axis("Photon energy", "eV"), Axis("Normalised absorption", "1")
_RAW = "pi_fraction_raw"
_NOISE = 0.003  # [1] of the edge jump, of synthetic spectra


@dataclass(frozen=True, slots=True)
class Options:
    """Ranges, step and reference."""

    pre_edge: tuple[float, float] = (275.0, 281.0)  # [eV] of the line that is subtracted
    normalise_from: float = 315.0  # [eV] above which the spectrum is one
    pi_range: tuple[float, float] = (283.5, 286.3)  # [eV] window of pi*
    sigma_range: tuple[float, float] = (288.6, 320.0)  # [eV] of sigma*; its upper end must be the same for all samples of a comparison
    step: Step = "erf"  # or "arctan"
    step_ev: float | None = None  # [eV] energy of the step; fitted between 289 and 292 where absent
    reference: str | None = None  # sample whose spectrum is that of a known carbon
    share_name: str = _RAW  # under which the share of pi* is asked for; names with "sp2" are refused
    energy_shift: float = 0.0  # [eV] added to all energies: calibration of the beamline
    energy_error: float = 0.1  # [eV] standard error of the calibration
    method_error: float = 0.05  # [1] of the relative value for window, step and geometry

    def __post_init__(self) -> None:
        problems = []
        for name, window in (("pre_edge", self.pre_edge), ("pi_range", self.pi_range), ("sigma_range", self.sigma_range)):
            if not (len(window) == 2 and 0 < window[0] < window[1] < math.inf):
                problems.append(f"{name}: {window} is not a range. Give its lower and its upper end in eV.")
        if not problems and not self.pre_edge[1] <= self.pi_range[0] < self.sigma_range[0] < self.normalise_from:
            problems.append(
                "pi_range: pre_edge, pi_range, sigma_range and normalise_from must follow each other. Give them in rising order."
            )
        if self.step not in ("erf", "arctan"):
            problems.append(f'step: "{self.step}" is not known. Write one of erf, arctan.')
        if self.step_ev is not None and not STEP[0] <= self.step_ev <= STEP[1]:
            problems.append(f"step_ev: {self.step_ev} eV is no energy of a carbon step. Give one from {STEP[0]:g} to {STEP[1]:g}.")
        if not math.isfinite(self.normalise_from):
            problems.append("normalise_from: it is not a number. Give an energy in eV, such as 315.")
        if not math.isfinite(self.energy_shift):
            problems.append("energy_shift: it is not a number. Give it in eV.")
        for name, value in (("energy_error", self.energy_error), ("method_error", self.method_error)):
            if not 0 <= value < math.inf:
                problems.append(f"{name}: {value} is not an error. Give 0 or more.")
        if self.share_name != _RAW and "sp2" not in self.share_name.lower():
            problems.append(f'share_name: "{self.share_name}" is not known. The raw share is {_RAW}.')
        if problems:
            raise SpecError(problems)


@dataclass(frozen=True, slots=True)
class _Sample:
    """One sample: its name, shares where there is an edge, and the angle [deg] of incidence where it is known."""

    name: str
    found: Shares | None
    angle: float | None


def analyse(measurements: Sequence[Measurement], options: Options) -> Result:
    """Shares of pi* of one or more samples.

    Parameters
    ----------
    measurements : sequence of Measurement
        One spectrum each; one of them is the reference where ``reference`` names its sample.
    options : Options

    Returns
    -------
    Result
        ``pi_position`` [eV], ``pi_width`` [eV], ``pi_fraction_raw``, ``pi_fraction_window`` and ``sp2_relative_to_reference`` [1]; of
        several samples with the name of the sample before them, and their ratios.

    Raises
    ------
    CoverageError, InputError, SpecError
        Too few points, a missing column, or no spectrum of the reference.
    """
    check_input(TECHNIQUE, measurements, rows=FEWEST)
    ordered = sorted(measurements, key=lambda one: (one.sample, one.region, one.source.sha256))
    flags = [*carried_flags(measurements)]
    samples = [_sample(one, options, flags) for one in ordered]
    reference, samples = _reference(samples, options)
    values: dict[str, Quantity] = {}
    curves: dict[str, Curve] = {}
    for prefix, one in zip(prefixes([one.name for one in samples]), samples, strict=True):
        values |= _values(prefix, one, options, flags)
        values |= _relative(prefix, one, reference, options, flags)
        curves |= _curves(prefix, one)
    values |= _ratios(samples, flags)
    return Result(
        technique=TECHNIQUE.name,
        values=values,
        curves=curves,
        flags=tuple(dict.fromkeys(flags)),
        provenance=provenance(TECHNIQUE, measurements, options),
        tables={"components": component_table([(one.name, one.found) for one in (*samples, *((reference,) if reference else ()))])},
    )


def _sample(measured: Measurement, options: Options, flags: list[Flag]) -> _Sample:
    """A spectrum over rising energies, normalised and fitted."""
    name = measured.sample or measured.region or measured.source.file
    table = measured.table
    columns = [column for column in (*TECHNIQUE.needs, _INCIDENT) if column in table.columns]
    energy, mu, *rest = (numbers(table, column) for column in columns)
    good = (np.abs(energy) < _LARGEST) & (np.abs(mu) < _LARGEST)
    mu = np.where(np.abs(mu) < 1 / _LARGEST, 0.0, mu)
    if int((~good).sum()):
        flags.append(Flag("missing_values", "warning", f"{name}: {int((~good).sum())} rows without a number are left out."))
    if not any(flag.code == "prenormalised" for flag in measured.flags):
        flags += incident_flags(name, energy, rest[0] if rest else None)
    rising, first = np.unique(energy[good] + options.energy_shift, return_index=True)
    mu = mu[good][first]
    if rising.size < FEWEST:
        raise CoverageError(f"{measured.source.file}: nexafs, in different energies with a number,", FEWEST, int(rising.size))
    angle = measured.conditions.get("incidence_angle")
    known = angle.value if isinstance(angle, Quantity) else None
    ranges = {"pre_edge": options.pre_edge, "sigma_range": options.sigma_range}
    if not covers(name, rising, flags, normalise_from=options.normalise_from, **ranges):
        return _Sample(name, None, known)
    found = shares(
        rising,
        mu,
        normalise_from=options.normalise_from,
        pi_range=options.pi_range,
        **ranges,
        step=options.step,
        step_energy=options.step_ev,
        energy_error=options.energy_error,
    )
    if found is None:
        flags.append(Flag("no_edge", "refusal", f"{name}: the signal does not rise above its pre-edge. Check the column and the ranges."))
    elif not found.fit.step_determined and options.step_ev is None:
        where = "ended at a bound" if found.fit.step_at_bound else f"is known to {found.fit.step_error:.2g} eV only"
        message = f"{name}: the step at {found.fit.step_energy:.1f} eV, {found.fit.step_width:.1f} eV wide, {where}; the shares hang on it."
        flags.append(Flag("step_undetermined", "warning", message))
    return _Sample(name, found, known)


def _reference(samples: list[_Sample], options: Options) -> tuple[_Sample | None, list[_Sample]]:
    if options.reference is None:
        return None, samples
    found = [one for one in samples if one.name == options.reference]
    others = [one for one in samples if one.name != options.reference]
    if len(found) != 1 or not others:
        known = ", ".join(f'"{one.name}"' for one in samples)
        raise SpecError(f'reference: "{options.reference}" must name the sample of one of two or more spectra; those given are {known}.')
    return found[0], others


def _values(prefix: str, one: _Sample, options: Options, flags: list[Flag]) -> dict[str, Quantity]:
    """Quantities of one sample."""
    asked = {}
    if "sp2" in options.share_name.lower():
        message = (
            f'{one.name}: the share of pi* was asked for as "{options.share_name}"; it is not the sp2 fraction, which needs a reference.'
        )
        flags.append(Flag("raw_share_not_sp2", "refusal", message))
        asked = {f"{prefix}sp2_fraction": Quantity(None, "1", rule="the raw share of pi* is no sp2 fraction")}
    found = one.found
    if found is None:
        units = {"pi_position": "eV", "pi_width": "eV", _RAW: "1", "pi_fraction_window": "1", "step_energy": "eV"}
        return {f"{prefix}{name}": Quantity(None, unit) for name, unit in units.items()} | asked
    pi, freedom = found.fit.pi, found.fit.freedom
    total = f"I_tot {options.pi_range[0]:g} to {found.upper:g} eV, pre-edge {options.pre_edge[0]:g} to {options.pre_edge[1]:g} eV"
    fitted = f"Gauss peak beside {options.step} step, {total}"
    window = f"window {options.pi_range[0]:g} to {options.pi_range[1]:g} eV, {total}"
    error = math.hypot(pi.centre_error, options.energy_error)
    calibrated = f"energies shifted by {options.energy_shift:g} eV" if options.energy_shift else "energies as in the file"
    low, high = interval(found.raw, found.raw_error, freedom)
    return {
        f"{prefix}pi_position": Quantity(pi.centre, "eV", error, rule=f"centre of the Gauss peak; {calibrated}"),
        f"{prefix}pi_width": Quantity(pi.width, "eV", pi.width_error, rule="full width at half of the height of the Gauss peak"),
        f"{prefix}{_RAW}": Quantity(found.raw, "1", found.raw_error, rule=fitted, interval=(max(low, 0.0), high)),
        f"{prefix}pi_fraction_window": Quantity(found.window, "1", found.window_error, rule=window),
        f"{prefix}step_energy": Quantity(
            found.fit.step_energy, "eV", math.hypot(found.fit.step_error, options.energy_error), rule=options.step
        ),
        **asked,
    }


def _relative(prefix: str, one: _Sample, reference: _Sample | None, options: Options, flags: list[Flag]) -> dict[str, Quantity]:
    """Share relative to that of the reference spectrum."""
    name = f"{prefix}sp2_relative_to_reference"
    rule = f"I_pi / I({options.sigma_range[0]:g} to {options.sigma_range[1]:g} eV) over that of the reference"
    withheld = {name: Quantity(None, "1", rule=rule)}
    if reference is None:
        message = "sp2 relative to a reference needs the spectrum of a known carbon. Give HOPG at 54.7 degrees, and reference = its sample."
        flags.append(Flag("no_reference", "refusal", message))
        return withheld
    if reference.angle is None or abs(reference.angle - MAGIC_ANGLE) > _NEAR_ANGLE:
        told = "not known" if reference.angle is None else f"{reference.angle:g} degrees"
        message = f"{reference.name}: its angle of incidence is {told}; away from {MAGIC_ANGLE} degrees pi* of graphite depends on it."
        flags.append(Flag("reference_geometry_unknown", "warning", message))
    if one.found is None or reference.found is None:
        return withheld
    if _differ(one, reference, flags):
        return withheld
    top, bottom = one.found, reference.found
    if bottom.over_sigma <= 0:
        flags.append(Flag("no_edge", "refusal", f"{reference.name}: the reference shows no pi*."))
        return withheld
    value, error = ratio(top.over_sigma, top.over_sigma_error, bottom.over_sigma, bottom.over_sigma_error)
    stated = f"{rule} {reference.name}; {options.method_error:g} for window, step and geometry"
    return {name: Quantity(value, "1", math.hypot(error, options.method_error), rule=stated)}


def _differ(first: _Sample, second: _Sample, flags: list[Flag]) -> bool:
    """Whether two spectra were integrated to different energies."""
    if first.found is None or second.found is None or abs(first.found.upper - second.found.upper) <= 0.5:
        return False
    message = f"{first.name} is integrated to {first.found.upper:g} eV and {second.name} to {second.found.upper:g} eV. Lower sigma_range."
    flags.append(Flag("dE_mismatch", "refusal", message))
    return True


def _ratios(samples: Sequence[_Sample], flags: list[Flag]) -> dict[str, Quantity]:
    """Raw shares over that of the first sample: better determined than either."""
    if len(samples) == 1:
        return {}
    first, *others = samples
    marks = prefixes([one.name for one in samples])
    found = {}
    for prefix, one in zip(marks[1:], others, strict=True):
        name, rule = f"{prefix}over_{marks[0]}pi_fraction_ratio", f"raw shares of {one.name} over {first.name}"
        if one.found is None or first.found is None or first.found.raw <= 0 or _differ(one, first, flags):
            if one.found is not None and first.found is not None and first.found.raw <= 0:
                flags.append(Flag("no_edge", "refusal", f"{first.name}: it shows no pi*."))
            found[name] = Quantity(None, "1", rule=rule)
            continue
        value, error = ratio(one.found.raw, one.found.raw_error, first.found.raw, first.found.raw_error)
        freedom = min(one.found.fit.freedom, first.found.fit.freedom)
        found[name] = Quantity(value, "1", error, rule=rule, interval=interval(value, error, freedom))
    return found


def _curves(prefix: str, one: _Sample) -> dict[str, Curve]:
    if one.found is None:
        return {}
    spectrum, fit = one.found.spectrum, one.found.fit
    pairs = {"normalised": (spectrum.energy, spectrum.y), "fitted": (fit.energy, fit.fitted), "step": (fit.energy, fit.step)}
    return {f"{prefix}{name}": curve_from(_X, _Y, x, y) for name, (x, y) in pairs.items()}


def draw(result: Result) -> Figure:
    """Normalised spectra with fit and step.

    Parameters
    ----------
    result : Result

    Returns
    -------
    Figure
    """
    panels = []
    for name, curve in result.curves.items():
        if not name.endswith("normalised"):
            continue
        prefix = name.removesuffix("normalised")
        series = [Series("Measured", "measured", curve.x, curve.y, "raw-file")]
        for other, label in (("fitted", "Fit"), ("step", "Step")):
            line = result.curves[f"{prefix}{other}"]
            series.append(Series(label, "fitted", line.x, line.y, "analysis", sample=label))
        panels.append(Panel(_X, _Y, tuple(series), title=prefix.strip("_").replace("_", " ")))
    finding = finding_of(result.values, ("pi_position", _RAW, "sp2_relative_to_reference"), otherwise="no spectrum was measured")
    return Figure("nexafs", "Carbon K-edge", finding, tuple(panels) or (Panel(_X, _Y, ()),), width=183 if len(panels) > 1 else 89)


def synthesise(
    rng: np.random.Generator,
    *,
    noise: float = 1.0,
    pi_position: float = 284.6,
    pi_fraction_raw: float = 0.0761,
    sp2_relative_to_reference: float = 0.9,
) -> tuple[tuple[Measurement, ...], Truth]:
    """C K-edge spectra of a sample and of its reference, with the incident intensity.

    Parameters
    ----------
    rng : numpy.random.Generator
    noise : float
        [1] multiple of the noise of 0.3 % of the edge jump, of the error of calibration of 0.1 eV, and of 0.05 of the relative value.
    pi_position : float
        [eV]
    pi_fraction_raw : float
        [1] share of pi* by the fit, from 283.5 to 320 eV.
    sp2_relative_to_reference : float
        [1]

    Returns
    -------
    measurements : tuple of Measurement
        Samples ``"synthetic"`` and ``"reference"``.
    truth : mapping
    """
    energy = np.arange(270.0, 322.0, 0.2)
    defaults = Options()
    relative = sp2_relative_to_reference + noise * defaults.method_error * rng.standard_normal()
    shift = noise * defaults.energy_error * rng.standard_normal()
    height = height_of_raw(pi_fraction_raw, pi_range=defaults.pi_range, position=pi_position, sigma_range=defaults.sigma_range)
    of_reference = over_sigma(height, position=pi_position, sigma_range=defaults.sigma_range) / relative
    heights = {
        "synthetic": height,
        "reference": height_of_over_sigma(of_reference, position=pi_position, sigma_range=defaults.sigma_range),
    }
    made = []
    for sample, own in heights.items():
        y = carbon_edge(energy, height=own, position=pi_position, shift=shift) + noise * _NOISE * rng.standard_normal(energy.size)
        table = pl.DataFrame({
            "photon_energy_electronvolt": energy,
            "mu": 0.07 - 3e-4 * (energy - energy[0]) + 0.3 * y,
            _INCIDENT: 2.0 - 2e-3 * (energy - energy[0]),
        })  # fmt: skip
        source = simulated_source("nexafs", f"{sample}-nexafs.csv", y)
        made.append(Measurement("nexafs", table, {"incidence_angle": Quantity(MAGIC_ANGLE, "deg")}, sample, source))
    truth = {"pi_position": pi_position, _RAW: pi_fraction_raw, "sp2_relative_to_reference": sp2_relative_to_reference}
    return tuple(made), truth


TECHNIQUE = Technique(
    name="nexafs",
    title="Carbon K-edge near-edge absorption",
    measurement="nexafs",
    needs=("photon_energy_electronvolt", "mu"),
    options=Options,
    analyse=analyse,
    draw=draw,
    synthesise=synthesise,
    references=("stohr1992", "mangolini2016", "bayley1946"),
    several=True,
    example=Options(reference="reference"),
)
