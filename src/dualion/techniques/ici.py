"""Intermittent current interruption: apparent diffusion coefficient from short rests in a constant current.

A constant current is interrupted for some seconds every few minutes. Over ``sqrt_window`` since an interruption began, the voltage follows

    E(t) = E_OC + (dE/dsqrt(t)) sqrt(t)

whose intercept is free of ohmic drop. With t_I the time for which the current flowed between two interruptions and L the diffusion length
(R/3 of a sphere of radius R, or the thickness of a slab),

    D = (4 L^2/pi) [ (dE_OC/dt_I) / (dE/dsqrt(t)) ]^2          (Chien et al. 2023)

dE_OC/dt_I is taken from the intercepts of the interruptions before and after, from one side at the ends of a train. Nothing has to
relax: the intercepts keep the polarisation of the current, which drops out of their difference while it does not change.

Validity. sqrt(D t) << L in the window; the profile in the particle steady, that is D t/R^2 > 0.2 since the current began or changed sign;
overpotentials and D that do not change between interruptions. In a sphere the curvature makes D come out high by about
4 sqrt(pi D t)/R (t in the window), and the memory of the interruptions before adds 0.7 % for 10 s in every 310 s. The first interruptions
of a train come out high, because the profile still forms. Flags of an interruption:

    apparent           |dE_OC| < k sigma_E with sigma_E the larger of the error of the intercepts and 0.1 mV, or |dE_OC/dx| below
                       ``plateau_slope``: a plateau, on which D is no diffusivity; left out of medians
    poor_sqrt_t        R^2 of the line below ``min_r2``
    tau_too_long       window > 0.1 L^2/D; a warning, excludes nothing
    not_steady         D t/R^2 < 0.2 since the current began; a warning, excludes nothing
    few_points         fewer than 5 rows in the window, or no neighbour: no D

Standard error: u(D)/D = 2 (u_slope (+) u_dE_OC (+) u_L), added in quadrature.

References: Chien et al. 2023; Geng et al. 2022; Kang & Chueh 2021.
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
from dualion.numerics.titration.pulses import LEAST_POINTS, Line, Record, Runs, median, record, runs, sqrt_line
from dualion.numerics.titration.reading import COUNTED, LEAST_REST_ERROR, SPREAD, code_counts, listed, named, pulse_flags, row_flags
from dualion.numerics.titration.train import Train, interruption_train, of_particles
from dualion.records.figure import Axis, Figure, Panel, Series
from dualion.records.measurement import Curve, Measurement, Result
from dualion.records.quantity import Flag, Quantity
from dualion.techniques.checks import check_numbers
from dualion.techniques.row import Technique, Truth, carried_flags, check_input, provenance

#: Share of L^2/D beyond which a window is too long, and D t / R^2 = D t / (9 L^2) from which a profile is steady.
LONG_WINDOW, STEADY = 0.1, 0.2
_MV, _MAH, _UM = 1e3, 1e3, 1e-6  # per V, per Ah, [m]

#: What the flags of an interruption say of its diffusivity; in the order in which they are listed.
MEANINGS = {
    "apparent": "the open-circuit voltage hardly changed or stands on a plateau: the number is no diffusivity, and is in no median",
    "poor_sqrt_t": "the voltage is no straight line of sqrt(t) in the window",
    "not_steady": "the current has not flowed long enough for a steady profile",
    "tau_too_long": "the window is longer than 0.1 L^2/D",
    "few_points": f"fewer than {LEAST_POINTS} rows in the window, or no interruption beside it: no diffusivity",
}


@dataclass(frozen=True, slots=True)
class Options:
    """Options of the interruptions; of ``particle_radius`` and ``thickness`` only what the geometry needs."""

    geometry: Geometry = "sphere"  # of the particles: sphere or slab
    particle_radius: float | None = None  # [m]; None: of the cell record
    particle_radius_stderr: float = 0.0  # [m] of the option
    thickness: float | None = None  # [m] diffusion length of a slab
    thickness_stderr: float = 0.0  # [m] of the option
    sqrt_window: tuple[float, float] = (1.0, 10.0)  # [s] since the interruption began
    min_r2: float = 0.99  # [1] least R2 of the straight line in sqrt(t)
    k_noise: float = 5.0  # [1] times the error of the rests, below which a change of voltage says nothing
    plateau_slope: float = 0.1  # [V] per unit x, below which the curve is a plateau
    full_capacity: float | None = None  # [mAh] of one unit x; None: the charge the record spans
    seed: int = 0  # [1] of the draws behind the error of the median

    def __post_init__(self) -> None:
        if self.geometry not in GEOMETRIES:
            raise SpecError(f'ici.geometry: "{self.geometry}" is not a geometry. Write "sphere" or "slab".')
        positive = ("particle_radius", "thickness", "full_capacity", "k_noise", "min_r2")
        check_numbers(self, "ici", positive=positive, from_zero=("particle_radius_stderr", "thickness_stderr", "plateau_slope"))
        low, high = self.sqrt_window
        if not (math.isfinite(high) and 0 <= low < high):
            raise SpecError(f"ici.sqrt_window: {list(self.sqrt_window)} is no window. Write [begin, end] in s, with 0 <= begin < end.")

    def length(self, measured: Measurement) -> Length:
        """Diffusion length of the working material; SpecError where it is not known."""
        if self.geometry == "sphere":
            return sphere(measured.cell, self.particle_radius, self.particle_radius_stderr)
        return slab(measured.cell, thickness=self.thickness, stderr=self.thickness_stderr)


@dataclass(frozen=True, slots=True)
class _Interruption:
    """One interruption, and those beside it in the same current."""

    number: int
    at: int  # of its run
    line: Line | None
    neighbours: tuple[Line, ...]  # first and last of the interruptions that dE_OC is taken over; empty without
    on_time: float  # [s] of current between these
    charge: float  # [mAh] between these
    passed: float  # [mAh] before it
    since: float | None  # [s] since the train of this current began; None where the record begins later


_SCHEMA = {
    "interruption": pl.Int64, "sign": pl.Int64, "begin [s]": pl.Float64, "duration [s]": pl.Float64, "charge [mAh]": pl.Float64,
    "open_circuit_voltage [V]": pl.Float64, "open_circuit_voltage_stderr [V]": pl.Float64, "jump [mV]": pl.Float64,
    "resistance [ohm]": pl.Float64, "sqrt_slope [(V2/s)^0.5]": pl.Float64, "sqrt_slope_stderr [(V2/s)^0.5]": pl.Float64,
    "r2": pl.Float64, "points": pl.Int64, "slope_per_x [V]": pl.Float64, "diffusivity [m2/s]": pl.Float64,
    "diffusivity_stderr [m2/s]": pl.Float64, "relative_error_without_length": pl.Float64, "flags": pl.String,
}  # fmt: skip


def analyse(measurements: Sequence[Measurement], options: Options) -> Result:
    """Diffusivities at the interruptions of one record.

    Parameters
    ----------
    measurements : sequence of Measurement
        One.
    options : Options

    Returns
    -------
    Result
        Table ``interruptions``, curves ``diffusivity`` and ``open_circuit_voltage``, and medians over what is not ``apparent``.

    Raises
    ------
    CoverageError
        There are fewer than two interruptions.
    SpecError
        The diffusion length is not known.
    """
    check_input(TECHNIQUE, measurements)
    if len(measurements) > 1:
        raise InputError(f"ici takes one record and has {len(measurements)}. Analyse them one by one.")
    measured = measurements[0]
    rows = record(measured.table, file=measured.source.file)
    found = runs(rows)
    chosen = found.interruptions()
    if chosen.size < 2:
        raise CoverageError(f"{measured.source.file}: ici, in interruptions of a current,", 2, int(chosen.size))
    length = options.length(measured)
    unit = options.full_capacity or float(np.ptp(np.cumsum(found.charge))) * _MAH
    read = _interruptions(rows, found, chosen, options)
    table = pl.DataFrame([_described(rows, found, one) | _evaluated(one, unit, length, options) for one in read], schema=_SCHEMA)
    flags = (*carried_flags(measurements), *row_flags(rows), *pulse_flags(table, MEANINGS, of="interruptions"))
    values, refused = _values(table, length, options)
    origin = provenance(TECHNIQUE, measurements, options, seed=options.seed)
    return Result("ici", values, _curves(table), (*flags, *refused), origin, {"interruptions": table})


def _interruptions(rows: Record, found: Runs, chosen: Any, options: Options) -> list[_Interruption]:
    """Every interruption with its neighbours."""
    lines = {int(at): sqrt_line(rows, found, int(at), options.sqrt_window) for at in chosen}
    passed = np.concatenate(([0.0], np.cumsum(found.charge))) * _MAH
    flowed = np.concatenate(([0.0], np.cumsum(np.where(found.sign != 0, found.duration, 0.0))))
    read: list[_Interruption] = []
    begun: float | None = None
    for number, at in enumerate(lines, start=1):
        if at - 2 not in lines:
            begun = float(found.begin[at - 1]) if at > 1 else None
        first, last = (k if lines.get(k) is not None else at for k in (at - 2, at + 2))
        one, other = lines[first], lines[last]
        known = (one, other) if one is not None and other is not None and first < last else ()
        charge, on_time = float(passed[last] - passed[first]), float(flowed[last] - flowed[first])
        since = None if begun is None else float(found.begin[at]) - begun
        read.append(_Interruption(number, at, lines[at], known, on_time, charge, float(passed[at]), since))
    return read


def _described(rows: Record, found: Runs, one: _Interruption) -> dict[str, Any]:
    """What was measured of an interruption."""
    row: dict[str, Any] = {
        "interruption": one.number,
        "sign": int(found.sign[one.at - 1]),
        "begin [s]": float(found.begin[one.at]),
        "duration [s]": float(found.duration[one.at]),
        "charge [mAh]": one.passed,
        "points": 0 if one.line is None else one.line.points,
    }
    if one.line is None:
        return row
    last = int(found.last[one.at - 1])
    jump = one.line.intercept - float(rows.voltage[last])
    return row | {
        "open_circuit_voltage [V]": one.line.intercept,
        "open_circuit_voltage_stderr [V]": one.line.intercept_stderr,
        "jump [mV]": jump * _MV,
        "resistance [ohm]": -jump / float(rows.current[last]),
        "sqrt_slope [(V2/s)^0.5]": one.line.slope,
        "sqrt_slope_stderr [(V2/s)^0.5]": one.line.slope_stderr,
        "r2": one.line.r2,
    }


def _evaluated(one: _Interruption, unit: float, length: Length, options: Options) -> dict[str, Any]:
    """Diffusivity at an interruption, and its flags."""
    line = one.line
    flags = [] if line is None or line.r2 >= options.min_r2 else ["poor_sqrt_t"]
    if line is None or not one.neighbours or one.on_time <= 0:
        return {"flags": listed((*flags, "few_points"), MEANINGS)}
    before, after = one.neighbours
    change = after.intercept - before.intercept
    error = max(math.hypot(before.intercept_stderr, after.intercept_stderr), math.sqrt(2) * LEAST_REST_ERROR)
    per_x = abs(change) / abs(one.charge / unit) if one.charge and unit else 0.0
    row: dict[str, Any] = {"slope_per_x [V]": per_x}
    if abs(change) < options.k_noise * error / math.sqrt(2) or per_x < options.plateau_slope or line.slope == 0 or change == 0:
        flags.append("apparent")
    if line.slope == 0 or change == 0:
        return row | {"flags": listed(flags, MEANINGS)}
    diffusivity = closed_form(length=length.value, change=change, duration=one.on_time, slope=line.slope)
    own = 2 * math.hypot(line.slope_stderr / line.slope, error / change)
    if options.sqrt_window[1] > LONG_WINDOW * length.value**2 / diffusivity:
        flags.append("tau_too_long")
    if one.since is not None and diffusivity * one.since < STEADY * 9 * length.value**2:
        flags.append("not_steady")
    return row | {
        "diffusivity [m2/s]": diffusivity,
        "diffusivity_stderr [m2/s]": diffusivity * math.hypot(own, 2 * length.relative),
        "relative_error_without_length": own,
        "flags": listed(flags, MEANINGS),
    }


def _values(table: pl.DataFrame, length: Length, options: Options) -> tuple[dict[str, Quantity], tuple[Flag, ...]]:
    """Medians and counts, and the refusal where there is no median."""
    kept = table.filter(~pl.col("flags").str.contains("apparent") & pl.col("diffusivity [m2/s]").is_not_null())
    low, high = options.sqrt_window
    rule = f"slope over {low:g} to {high:g} s of an interruption, {length.rule}; median over interruptions that are not apparent"
    errors = kept["relative_error_without_length"].to_list()
    found = median(kept["diffusivity [m2/s]"].to_list(), errors, common=2 * length.relative, seed=options.seed)
    jumps = table["resistance [ohm]"].drop_nulls().to_numpy()
    resistance = f"voltage step at the begin of an interruption over the current, median; {SPREAD}"
    values = {
        "median_diffusivity": median_quantity(found, rule),
        "median_resistance": Quantity(float(np.median(jumps)) if jumps.size else None, "ohm", n=int(jumps.size), rule=resistance),
        "interruptions": Quantity(float(table.height), "1", rule=f"rests between two runs of current of the same sign; {COUNTED}"),
        "interruptions_in_median": Quantity(float(kept.height), "1", rule=f"not apparent, enough points; {COUNTED}"),
        "diffusion_length": Quantity(length.value / _UM, "um", stderr=length.value * length.relative / _UM, rule=length.rule),
    }
    counts = code_counts(table, MEANINGS)
    values |= {f"{code}_interruptions": Quantity(float(count), "1", rule=f"{MEANINGS[code]}; {COUNTED}") for code, count in counts.items()}
    if kept.height:
        return values, ()
    message = f"None of {table.height} interruptions has a diffusivity that is not apparent: no median."
    return values, (Flag("no_diffusivity", "refusal", message),)


_VOLTAGE, _CHARGE = Axis("Open-circuit voltage", "V"), Axis("Charge", "mAh")
_DIFFUSIVITY = Axis("Apparent diffusivity", "m2/s", scale="log")
_NAMES = {"diffusivity": "interruptions", "apparent_diffusivity": "apparent, in no median"}


def _curves(table: pl.DataFrame) -> Mapping[str, Curve]:
    """Diffusivity against the open-circuit voltage, and that voltage against charge."""
    known = table.drop_nulls("diffusivity [m2/s]")
    plateau = known["flags"].str.contains("apparent")
    drawn = {"diffusivity": known.filter(~plateau), "apparent_diffusivity": known.filter(plateau)}
    curves = {
        name: Curve(
            _VOLTAGE,
            _DIFFUSIVITY,
            tuple(part["open_circuit_voltage [V]"]),
            tuple(part["diffusivity [m2/s]"]),
            tuple(part["diffusivity_stderr [m2/s]"]),
        )
        for name, part in drawn.items()
        if part.height
    }
    rows = table.drop_nulls("open_circuit_voltage [V]")
    if rows.height:
        errors = tuple(rows["open_circuit_voltage_stderr [V]"])
        curves["open_circuit_voltage"] = Curve(
            _CHARGE, _VOLTAGE, tuple(rows["charge [mAh]"]), tuple(rows["open_circuit_voltage [V]"]), errors
        )
    return curves


def draw(result: Result) -> Figure:
    """Diffusivity against open-circuit voltage, and that voltage against charge.

    Parameters
    ----------
    result : Result

    Returns
    -------
    Figure
    """
    curves = result.curves
    series = tuple(
        Series(label, "measured", curves[name].x, curves[name].y, "analysis") for name, label in _NAMES.items() if name in curves
    )
    panels = [Panel(_VOLTAGE, _DIFFUSIVITY, series)]
    if "open_circuit_voltage" in curves:
        ocv = curves["open_circuit_voltage"]
        panels.append(Panel(_CHARGE, _VOLTAGE, (Series("intercepts", "measured", ocv.x, ocv.y, "analysis"),)))
    found, flags = result.values["median_diffusivity"], named(result.flags)
    finding = f"No interruption gives a diffusivity that is not apparent{flags}."
    if found.value is not None:
        finding = f"The median apparent diffusivity at {found.n} interruptions is {found.value:.3g} m2/s{flags}."
    return Figure("ici", "Intermittent current interruption", finding, tuple(panels), 183 if len(panels) > 1 else 89)


#: Simulated record: D/R^2 so small that the curvature of the sphere raises D by 1 % in the window.
_TRAIN = Train(
    rate=2e-7, pulses=40, pulse=300.0, rest=10.0, before=0.0, change=-8e-3, voltage=1.0, current=-1e-4, resistance=100.0,
    pulse_rows=31, rest_rows=41,
)  # fmt: skip
_NOISE = 1e-5  # [V]


def synthesise(rng: Generator, *, noise: float = 1.0, median_diffusivity: float = 1e-16) -> tuple[tuple[Measurement, ...], Truth]:
    """An interrupted current through particles with a known diffusivity, whose radius is known to 5 %.

    The voltages have an error of 0.01 mV, and the radius that the cell record states is drawn about the true one. The current has flowed
    for long when the record begins.

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
    made, truth = of_particles(
        rng, _TRAIN, interruption_train, name="ici", noise=noise, volts=_NOISE, median_diffusivity=median_diffusivity
    )
    return (made,), truth


TECHNIQUE = Technique(
    name="ici",
    title="Intermittent current interruption",
    measurement="gitt",
    needs=("test_time_second", "voltage_volt", "current_ampere"),
    options=Options,
    analyse=analyse,
    draw=draw,
    synthesise=synthesise,
    references=("chien2023", "geng2022", "kang2021"),
)
