"""Galvanostatic intermittent titration: apparent chemical diffusion coefficient against potential.

A current pulse of duration tau, then a rest until the voltage stands. From each pulse with a rest before and after it, with L the diffusion
length (R/3 of a sphere of radius R; m V_m / (M S) of a slab):

    slope form         D = (4/pi) [ L (dE_s/tau) / (dE/dsqrt(t)) ]^2
    two-point form     D = (4/(pi tau)) L^2 (dE_s/dE_t)^2

    dE_s               change of the voltage at rest by the pulse; each rest is read at its end, by a line through its last tenth
    dE/dsqrt(t)        slope of the voltage against sqrt(t) over ``sqrt_window`` since the pulse began
    dE_t               voltage at the end of the pulse minus the intercept of that line, so that ohmic drop and kinetics are not in it

The slope form is preferred: the two-point form draws its line through the end of the pulse, where the front may have met the centre and
the open-circuit curve need not be straight, and gives about half on real data.

Validity. tau << L^2/D, a straight open-circuit curve over the pulse, an overpotential that stays the same in it, particles of one size.
Finite size and overpotentials have cost up to four orders of magnitude (Kang & Chueh 2021); a radius enters squared and usually dominates
the error. For a sphere the curvature adds sqrt(pi D t)/R to the slope, so D comes out low by about 2 sqrt(pi D t)/R (t in the window).
A fit of the whole pulse (``gitt_model``) does not have this error. Flags of a pulse:

    apparent           |dE_s| < k sigma_E with sigma_E the larger of the scatter of the rests and 0.1 mV, or |dE/dx| < ``plateau_slope``, a
                       plateau of two phases, on which D is no diffusivity; left out of medians
    poor_sqrt_t        R^2 of the line below ``min_r2``
    not_relaxed        |dE/dt| at the end of a rest above ``rest_tol_v_per_h``
    tau_too_long       tau > 0.1 L^2/D; a warning, excludes nothing
    few_points         fewer than 5 rows in the window: no D

x counts from 0 to 1 over ``full_capacity``, or over the charge that the titration spans. Standard error:
u(D)/D = 2 (u_slope (+) u_dE_s (+) u_L), added in quadrature.

References: Weppner & Huggins 1977; Kang & Chueh 2021; Geng et al. 2022.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.random import Generator

from dualion.errors import CoverageError, InputError, SpecError
from dualion.numerics.titration.diffusion_length import GEOMETRIES, Geometry, Length, slab, sphere
from dualion.numerics.titration.diffusivity import closed_form, median_quantity
from dualion.numerics.titration.pulses import LEAST_POINTS, median, record, runs
from dualion.numerics.titration.reading import (
    COUNTED,
    LEAST_REST_ERROR,
    PULSE_COLUMNS,
    Pulse,
    code_counts,
    described,
    listed,
    named,
    pulse_flags,
    read_pulses,
    row_flags,
)
from dualion.numerics.titration.train import Train, of_particles, pulse_train
from dualion.records.figure import Axis, Figure, Panel, Series
from dualion.records.measurement import Curve, Measurement, Result
from dualion.records.quantity import Flag, Quantity
from dualion.techniques.checks import check_numbers
from dualion.techniques.row import Technique, Truth, carried_flags, check_input, provenance

#: Share of L^2/D beyond which a pulse is too long.
LONG_PULSE = 0.1
_UM = 1e-6  # [m]
_SHARED = "no standard error: both forms share the change at rest and the length"

#: What the flags of a pulse say of its diffusivity; in the order in which they are listed.
MEANINGS = {
    "apparent": "the voltage at rest hardly changed or stands on a plateau: the number is no diffusivity, and is in no median",
    "poor_sqrt_t": "the voltage is no straight line of sqrt(t) in the window",
    "not_relaxed": "the voltage still moved at the end of a rest",
    "tau_too_long": "the pulse is longer than 0.1 L^2/D",
    "few_points": f"fewer than {LEAST_POINTS} rows in the window: no diffusivity",
}


@dataclass(frozen=True, slots=True)
class Options:
    """Options of the titration; of ``particle_radius``, ``thickness`` and ``molar_volume`` only what the geometry needs."""

    geometry: Geometry = "sphere"  # of the particles: sphere or slab
    particle_radius: float | None = None  # [m]; None: of the cell record
    particle_radius_stderr: float = 0.0  # [m] of the option
    thickness: float | None = None  # [m] diffusion length of a slab; None: from mass, molar volume and area
    thickness_stderr: float = 0.0  # [m] of the option
    molar_volume: float | None = None  # [m3/mol] of a slab without thickness
    molar_mass: float | None = None  # [g/mol] of a slab without thickness
    sqrt_window: tuple[float, float] = (1.0, 60.0)  # [s] since the pulse began
    min_r2: float = 0.99  # [1] least R2 of the straight line in sqrt(t)
    k_noise: float = 5.0  # [1] times the error of the rests, below which a change of voltage says nothing
    rest_tol_v_per_h: float = 1e-3  # [V/h] beyond which a rest has not ended
    plateau_slope: float = 0.1  # [V] per unit x, below which the curve is a plateau
    full_capacity: float | None = None  # [mAh] of one unit x; None: the charge the titration spans
    seed: int = 0  # [1] of the draws behind the error of the median

    def __post_init__(self) -> None:
        if self.geometry not in GEOMETRIES:
            raise SpecError(f'gitt.geometry: "{self.geometry}" is not a geometry. Write "sphere" or "slab".')
        lengths = ("particle_radius", "thickness", "molar_volume", "molar_mass", "full_capacity")
        from_zero = ("particle_radius_stderr", "thickness_stderr", "plateau_slope")
        check_numbers(self, "gitt", positive=(*lengths, "k_noise", "rest_tol_v_per_h", "min_r2"), from_zero=from_zero)
        low, high = self.sqrt_window
        if not (math.isfinite(high) and 0 <= low < high):
            raise SpecError(f"gitt.sqrt_window: {list(self.sqrt_window)} is no window. Write [begin, end] in s, with 0 <= begin < end.")

    def length(self, measured: Measurement) -> Length:
        """Diffusion length of the working material; SpecError where it is not known."""
        if self.geometry == "sphere":
            return sphere(measured.cell, self.particle_radius, self.particle_radius_stderr)
        given = {"molar_volume": self.molar_volume, "molar_mass": self.molar_mass}
        return slab(measured.cell, thickness=self.thickness, stderr=self.thickness_stderr, **given)


def analyse(measurements: Sequence[Measurement], options: Options) -> Result:
    """Diffusivities of the pulses of one titration.

    Parameters
    ----------
    measurements : sequence of Measurement
        One.
    options : Options

    Returns
    -------
    Result
        Tables ``pulses`` and ``pseudo_ocv``, curves of the same, and medians over the pulses that are not ``apparent``.

    Raises
    ------
    CoverageError
        No pulse has a rest before and after it.
    SpecError
        The diffusion length is not known.
    """
    check_input(TECHNIQUE, measurements)
    if len(measurements) > 1:
        raise InputError(f"gitt takes one titration and has {len(measurements)}. Analyse them one by one.")
    measured = measurements[0]
    rows = record(measured.table, file=measured.source.file)
    found = runs(rows)
    pulses = read_pulses(rows, found, window=options.sqrt_window, full_capacity=options.full_capacity)
    if not pulses:
        raise CoverageError(f"{measured.source.file}: gitt, in pulses with a rest before and after,", 1, 0)
    length = options.length(measured)
    table = pl.DataFrame([described(pulse) | _evaluated(pulse, length, options) for pulse in pulses], schema=_SCHEMA)
    flags = (*carried_flags(measurements), *row_flags(rows), *pulse_flags(table, MEANINGS))
    values, refused = _values(table, length, options)
    origin = provenance(TECHNIQUE, measurements, options, seed=options.seed)
    return Result("gitt", values, _curves(table), (*flags, *refused), origin, {"pulses": table, "pseudo_ocv": _rests(table)})


_SCHEMA = PULSE_COLUMNS | {
    "diffusivity [m2/s]": pl.Float64,
    "diffusivity_stderr [m2/s]": pl.Float64,
    "relative_error_without_length": pl.Float64,
    "two_point_diffusivity [m2/s]": pl.Float64,
    "flags": pl.String,
}


def _evaluated(pulse: Pulse, length: Length, options: Options) -> dict[str, Any]:
    """Diffusivities of a pulse, and its flags."""
    line, tau, change = pulse.line, pulse.duration, pulse.change
    flags = [] if line is None or line.r2 >= options.min_r2 else ["poor_sqrt_t"]
    if abs(change) < options.k_noise * pulse.rest_error or pulse.slope_per_x < options.plateau_slope:
        flags.append("apparent")
    if pulse.drift is not None and pulse.drift > options.rest_tol_v_per_h:
        flags.append("not_relaxed")
    if line is None or line.slope == 0 or change == 0 or tau <= 0:
        flags.append("few_points" if line is None else "apparent")
        return {"flags": listed(flags, MEANINGS)}
    diffusivity = closed_form(length=length.value, change=change, duration=tau, slope=line.slope)
    own = 2 * math.hypot(line.slope_stderr / line.slope, pulse.change_error / change)
    if tau > LONG_PULSE * length.value**2 / diffusivity:
        flags.append("tau_too_long")
    whole = pulse.end_voltage - line.intercept
    return {
        "diffusivity [m2/s]": diffusivity,
        "diffusivity_stderr [m2/s]": diffusivity * math.hypot(own, 2 * length.relative),
        "relative_error_without_length": own,
        "two_point_diffusivity [m2/s]": 4 / (math.pi * tau) * (length.value * change / whole) ** 2 if whole else None,
        "flags": listed(flags, MEANINGS),
    }


def _values(table: pl.DataFrame, length: Length, options: Options) -> tuple[dict[str, Quantity], tuple[Flag, ...]]:
    """Medians and counts, and the refusal where there is no median."""
    kept = table.filter(~pl.col("flags").str.contains("apparent") & pl.col("diffusivity [m2/s]").is_not_null())
    low, high = options.sqrt_window
    rule = f"Weppner-Huggins, slope over {low:g} to {high:g} s, {length.rule}; median over pulses that are not apparent"
    errors = kept["relative_error_without_length"].to_list()
    slope = median(kept["diffusivity [m2/s]"].to_list(), errors, common=2 * length.relative, seed=options.seed)
    two = kept.drop_nulls("two_point_diffusivity [m2/s]")
    ratios = (two["two_point_diffusivity [m2/s]"] / two["diffusivity [m2/s]"]).to_numpy()
    voltages = [*table["voltage_before [V]"], *table["voltage_after [V]"]]
    values = {
        "median_diffusivity": median_quantity(slope, rule),
        "two_point_over_slope": Quantity(
            float(np.median(ratios)) if ratios.size else None, "1", n=ratios.size, rule=f"median of the ratios, pulse by pulse; {_SHARED}"
        ),
        "pulses": Quantity(float(table.height), "1", rule=f"pulses with a rest before and after; {COUNTED}"),
        "pulses_in_median": Quantity(float(kept.height), "1", rule=f"not apparent, enough points; {COUNTED}"),
        "lowest_voltage_at_rest": Quantity(min(voltages), "V", stderr=LEAST_REST_ERROR, rule="end of a rest"),
        "highest_voltage_at_rest": Quantity(max(voltages), "V", stderr=LEAST_REST_ERROR, rule="end of a rest"),
        "diffusion_length": Quantity(length.value / _UM, "um", stderr=length.value * length.relative / _UM, rule=length.rule),
    }
    counts = code_counts(table, MEANINGS)
    values |= {f"{code}_pulses": Quantity(float(count), "1", rule=f"{MEANINGS[code]}; {COUNTED}") for code, count in counts.items()}
    straight = kept.filter(~pl.col("flags").str.contains("poor_sqrt_t"))
    if straight.height:
        errors = straight["relative_error_without_length"].to_list()
        found = median(straight["diffusivity [m2/s]"].to_list(), errors, common=2 * length.relative, seed=options.seed)
        values["median_diffusivity_straight"] = median_quantity(found, f"{rule}, and whose line has R^2 >= {options.min_r2:g}")
    if kept.height:
        return {name: quantity for name, quantity in values.items() if quantity.value is not None}, ()
    return values, (Flag("no_diffusivity", "refusal", f"None of {table.height} pulses has a diffusivity that is not apparent: no median."),)


def _rests(table: pl.DataFrame) -> pl.DataFrame:
    """The pseudo-open-circuit curve: charge that has passed [mAh] and the voltage at the end of the rest [V]."""
    before = table.select("charge [mAh]", voltage="voltage_before [V]")
    last = table.tail(1).select(pl.col("charge [mAh]") + pl.col("pulse_charge [mAh]"), voltage="voltage_after [V]")
    return pl.concat((before, last)).rename({"voltage": "voltage_at_rest [V]"})


def _curves(table: pl.DataFrame) -> Mapping[str, Curve]:
    """Diffusivity against the voltage at rest in the middle of each pulse, and voltage at rest against charge."""
    known = table.drop_nulls("diffusivity [m2/s]")
    plateau = known["flags"].str.contains("apparent")
    drawn = {"diffusivity": known.filter(~plateau), "apparent_diffusivity": known.filter(plateau)}
    curves = {name: _diffusivity_curve(part) for name, part in drawn.items() if part.height}
    rests = _rests(table)
    return curves | {"pseudo_ocv": Curve(_CHARGE, _VOLTAGE, tuple(rests["charge [mAh]"]), tuple(rests["voltage_at_rest [V]"]))}


def _diffusivity_curve(part: pl.DataFrame) -> Curve:
    middle = (part["voltage_before [V]"] + part["voltage_after [V]"]) / 2
    return Curve(_VOLTAGE, _DIFFUSIVITY, tuple(middle), tuple(part["diffusivity [m2/s]"]), tuple(part["diffusivity_stderr [m2/s]"]))


_VOLTAGE, _CHARGE = Axis("Voltage at rest", "V"), Axis("Charge", "mAh")
_DIFFUSIVITY = Axis("Apparent diffusivity", "m2/s", scale="log")
_NAMES = {"diffusivity": "slope form", "apparent_diffusivity": "apparent, in no median"}


def draw(result: Result) -> Figure:
    """Diffusivity against voltage, and the voltage at rest against charge.

    Parameters
    ----------
    result : Result

    Returns
    -------
    Figure
    """
    series = tuple(
        Series(label, "measured", result.curves[name].x, result.curves[name].y, "analysis")
        for name, label in _NAMES.items()
        if name in result.curves
    )
    ocv = result.curves["pseudo_ocv"]
    rests = Panel(_CHARGE, _VOLTAGE, (Series("ends of rests", "measured", ocv.x, ocv.y, "analysis"),))
    found, flags = result.values["median_diffusivity"], named(result.flags)
    finding = f"No pulse gives a diffusivity that is not apparent{flags}."
    if found.value is not None and found.stderr is not None:
        finding = f"The median apparent diffusivity of {found.n} pulses is {found.value:.3g} ± {found.stderr:.1g} m2/s{flags}."
    panels = (Panel(_VOLTAGE, _DIFFUSIVITY, series), rests) if series else (rests,)
    return Figure("gitt", "Galvanostatic intermittent titration", finding, panels, 183 if series else 89)


#: Simulated titration: D/R^2 so small that the curvature of the sphere lowers D by 1 % in the window; the rests are as long as it asks.
_TRAIN = Train(
    rate=4e-7, pulses=40, pulse=600.0, rest=1e6, before=3600.0, change=-5e-3, voltage=1.0, current=-1e-4, resistance=100.0,
    pulse_rows=61, rest_rows=61,
)  # fmt: skip
_NOISE = 1e-4  # [V]


def synthesise(rng: Generator, *, noise: float = 1.0, median_diffusivity: float = 1e-16) -> tuple[tuple[Measurement, ...], Truth]:
    """A titration of particles with a known diffusivity, whose radius is known to 5 %.

    The voltages have an error of 0.1 mV, and the radius that the cell record states is drawn about the true one.

    Parameters
    ----------
    rng : Generator
    noise : float
        [1] scale of all errors.
    median_diffusivity : float
        [m2/s]

    Returns
    -------
    tuple of Measurement, Truth
    """
    made, truth = of_particles(rng, _TRAIN, pulse_train, name="gitt", noise=noise, volts=_NOISE, median_diffusivity=median_diffusivity)
    return (made,), truth


TECHNIQUE = Technique(
    name="gitt",
    title="Galvanostatic intermittent titration",
    measurement="gitt",
    needs=("test_time_second", "voltage_volt", "current_ampere"),
    options=Options,
    analyse=analyse,
    draw=draw,
    synthesise=synthesise,
    references=("weppner1977", "kang2021", "geng2022", "crank1975"),
)
