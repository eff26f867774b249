"""Diffusion coefficient of each pulse of a titration by fitting the solution for a sphere to the whole pulse.

Between two rests with the voltages E_1 and E_2, a pulse of duration tau through particles of radius R follows

    E(t) - E_1 = b + A h(t),      h = g(D t / R^2) / (3 D tau / R^2)

    g     rise of the concentration at the surface of a sphere under constant flux (Crank 1975), in units of j R / D
    A     change of the voltage at rest, known as E_2 - E_1 within the error of the rests: the open-circuit curve is straight over the pulse
    b     offset for ohmic drop and kinetics, the same over the pulse

D, b and A are fitted by least squares to every row after ``skip``; the 95 % interval of D is that of its profile, and its error also
holds the correlation of the residuals from row to row and the error of R, which enters squared.

Where it is better than the closed form (``gitt``). The closed form asks for sqrt(D t) << R in its window and reads D low by about
2 sqrt(pi D t)/R: by a tenth at D tau/R^2 = 0.02 and by more than a third at 0.3. The fit holds at any length of the pulse, as long as the
profile still forms: past D tau/R^2 of about 0.5 the constant part of g cannot be told from b, the interval grows, and the answer is
``not_identified``. It also uses the whole pulse, so its statistical error is smaller. Where it is no better, or worse: the open-circuit
curve bends over the range that the surface runs through, which is 0.38/sqrt(D tau/R^2) times the change of a pulse and so the wider the
slower the diffusion; D or the kinetics change with the filling; particles differ in size; the electrolyte polarises. Horner et al. 2021
and Gumrukcuoglu et al. 2024 drop the straight curve and the constant D at the price of a model of the whole titration.

Flags of a pulse: ``apparent`` and ``not_relaxed`` as in ``gitt``; ``poor_fit`` where R^2 is below ``min_r2``; ``few_points`` with too few
rows to fit; ``not_identified`` where the interval of D does not end or spans more than a factor of ten, and where all that the forming
profile moves the voltage by, A R^2/(15 D tau), is less than two errors of a rest: other slow processes, such as those of the electrolyte,
would be read as diffusion. Medians hold the pulses that are identified and not apparent; where these are fewer than half of those that
are not apparent, the median of the titration is not known, and is withheld (``no_diffusivity``).

References: Crank 1975; Horner et al. 2021; Gumrukcuoglu et al. 2024; Kang & Chueh 2021.
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
from dualion.numerics.titration.diffusion_length import Length, sphere
from dualion.numerics.titration.diffusivity import closed_form, median_quantity
from dualion.numerics.titration.pulse_fit import LEAST_PARTS, PulseFit, fit_pulse
from dualion.numerics.titration.pulses import median, record, runs
from dualion.numerics.titration.reading import (
    COUNTED,
    PULSE_COLUMNS,
    SPREAD,
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

#: Errors of a rest [1] that the forming profile must move the voltage by, and the factor of its part, from g = 3 theta + 1/5.
LEAST_FORMING, FORMING_PART = 2.0, 1 / 15

_UM, _MV = 1e-6, 1e3  # [m], per V

#: What the flags of a pulse say of its diffusivity; in the order in which they are listed.
MEANINGS = {
    "apparent": "the voltage at rest hardly changed or stands on a plateau: the number is no diffusivity, and is in no median",
    "not_identified": "the interval of the diffusivity does not end within a factor of ten, or the profile forms within the errors",
    "poor_fit": "the sphere explains less of the voltage than asked for",
    "not_relaxed": "the voltage still moved at the end of a rest",
    "few_points": f"rows in fewer than {LEAST_PARTS} parts of the square root of time, or no change: no diffusivity",
}


@dataclass(frozen=True, slots=True)
class Options:
    """Options of the fit."""

    particle_radius: float | None = None  # [m]; None: of the cell record
    particle_radius_stderr: float = 0.0  # [m] of the option
    skip: float = 1.0  # [s] of the pulse that are not fitted: the double layer charges
    closed_window: tuple[float, float] = (1.0, 60.0)  # [s] of the closed form that stands beside
    min_r2: float = 0.99  # [1] least R2 of the straight line in sqrt(t)
    k_noise: float = 5.0  # [1] times the error of the rests, below which a change of voltage says nothing
    rest_tol_v_per_h: float = 1e-3  # [V/h] beyond which a rest has not ended
    plateau_slope: float = 0.1  # [V] per unit x, below which the curve is a plateau
    full_capacity: float | None = None  # [mAh] of one unit x; None: the charge the titration spans
    seed: int = 0  # [1] of the draws behind the error of the median

    def __post_init__(self) -> None:
        positive = ("particle_radius", "full_capacity", "k_noise", "rest_tol_v_per_h", "min_r2")
        check_numbers(self, "gitt_model", positive=positive, from_zero=("particle_radius_stderr", "plateau_slope", "skip"))
        low, high = self.closed_window
        if not (math.isfinite(high) and 0 <= low < high):
            raise SpecError(f"gitt_model.closed_window: {list(self.closed_window)} is no window. Write [begin, end] in s, begin < end.")


_SCHEMA = PULSE_COLUMNS | {
    "diffusivity [m2/s]": pl.Float64,
    "diffusivity_stderr [m2/s]": pl.Float64,
    "diffusivity_low [m2/s]": pl.Float64,
    "diffusivity_high [m2/s]": pl.Float64,
    "relative_error_without_length": pl.Float64,
    "offset [mV]": pl.Float64,
    "offset_stderr [mV]": pl.Float64,
    "resistance [ohm]": pl.Float64,
    "fitted_change [mV]": pl.Float64,
    "fitted_change_stderr [mV]": pl.Float64,
    "correlation_with_offset": pl.Float64,
    "correlation_with_change": pl.Float64,
    "scatter [mV]": pl.Float64,
    "fit_r2": pl.Float64,
    "fourier_number": pl.Float64,
    "closed_form_diffusivity [m2/s]": pl.Float64,
    "flags": pl.String,
}


def analyse(measurements: Sequence[Measurement], options: Options) -> Result:
    """Diffusivities of the pulses of one titration by fits.

    Parameters
    ----------
    measurements : sequence of Measurement
        One.
    options : Options

    Returns
    -------
    Result
        Table ``pulses``, curves ``diffusivity`` and ``closed_form``, and medians over the identified pulses.

    Raises
    ------
    CoverageError
        No pulse has a rest before and after it.
    SpecError
        The particle radius is not known.
    """
    check_input(TECHNIQUE, measurements)
    if len(measurements) > 1:
        raise InputError(f"gitt_model takes one titration and has {len(measurements)}. Analyse them one by one.")
    measured = measurements[0]
    rows = record(measured.table, file=measured.source.file)
    pulses = read_pulses(rows, runs(rows), window=options.closed_window, full_capacity=options.full_capacity)
    if not pulses:
        raise CoverageError(f"{measured.source.file}: gitt_model, in pulses with a rest before and after,", 1, 0)
    length = sphere(measured.cell, options.particle_radius, options.particle_radius_stderr)
    table = pl.DataFrame([described(pulse) | _evaluated(pulse, length, options) for pulse in pulses], schema=_SCHEMA)
    flags = (*carried_flags(measurements), *row_flags(rows), *pulse_flags(table, MEANINGS))
    values, refused = _values(table, length, options)
    origin = provenance(TECHNIQUE, measurements, options, seed=options.seed)
    return Result("gitt_model", values, _curves(table), (*flags, *refused), origin, {"pulses": table})


def _evaluated(pulse: Pulse, length: Length, options: Options) -> dict[str, Any]:
    """Fit of a pulse, and its flags."""
    chosen = pulse.time >= options.skip
    found = fit_pulse(
        pulse.time[chosen],
        pulse.voltage[chosen],
        duration=pulse.duration,
        before=pulse.before.voltage,
        change=pulse.change,
        change_error=pulse.change_error,
    )
    flags = ["few_points"] if found is None else []
    if abs(pulse.change) < options.k_noise * pulse.rest_error or pulse.slope_per_x < options.plateau_slope:
        flags.append("apparent")
    if pulse.drift is not None and pulse.drift > options.rest_tol_v_per_h:
        flags.append("not_relaxed")
    if found is None:
        return {"flags": listed(flags, MEANINGS)}
    forming = FORMING_PART * abs(found.change) / (found.rate * pulse.duration)
    if not found.identified or forming < LEAST_FORMING * pulse.rest_error:
        flags.append("not_identified")
    if found.r2 < options.min_r2:
        flags.append("poor_fit")
    row = _columns(pulse, found, length) | {"flags": listed(flags, MEANINGS)}
    return row if "not_identified" in flags else row | _diffusivities(found, length)


def _columns(pulse: Pulse, found: PulseFit, length: Length) -> dict[str, Any]:
    """What the fit of a pulse gives besides the diffusivity."""
    spread = np.sqrt(np.diag(np.asarray(found.covariance)))
    products = spread[0] * spread[1:]
    correlations = [
        float(c) if p > 0 else None for c, p in zip(found.covariance[0][1:] / np.where(products > 0, products, 1.0), products, strict=True)
    ]
    row: dict[str, Any] = {
        "offset [mV]": found.offset * _MV,
        "offset_stderr [mV]": found.offset_stderr * _MV,
        "resistance [ohm]": found.offset / pulse.current if pulse.current else None,
        "fitted_change [mV]": found.change * _MV,
        "fitted_change_stderr [mV]": found.change_stderr * _MV,
        "correlation_with_offset": correlations[0],
        "correlation_with_change": correlations[1],
        "scatter [mV]": found.scatter * _MV,
        "fit_r2": found.r2,
        "fourier_number": found.rate * pulse.duration,
    }
    if pulse.line is not None and pulse.line.slope and pulse.duration > 0:
        slope = pulse.line.slope
        closed = closed_form(length=length.value, change=pulse.change, duration=pulse.duration, slope=slope)
        row["closed_form_diffusivity [m2/s]"] = closed
    return row


def _diffusivities(found: PulseFit, length: Length) -> dict[str, float]:
    """The diffusivity of an identified pulse, with its error and its interval without that of the radius."""
    squared = (3 * length.value) ** 2
    low, high = found.interval or (found.rate, found.rate)
    return {
        "diffusivity [m2/s]": found.rate * squared,
        "diffusivity_stderr [m2/s]": found.rate * squared * math.hypot(found.relative, 2 * length.relative),
        "diffusivity_low [m2/s]": low * squared,
        "diffusivity_high [m2/s]": high * squared,
        "relative_error_without_length": found.relative,
    }


def _values(table: pl.DataFrame, length: Length, options: Options) -> tuple[dict[str, Quantity], tuple[Flag, ...]]:
    """Medians and counts, and the refusal where there is no median."""
    asked = table.filter(~pl.col("flags").str.contains("apparent|few_points"))
    kept = asked.drop_nulls("diffusivity [m2/s]")
    rule = f"sphere fitted to each pulse from {options.skip:g} s, {length.rule}; median over identified pulses that are not apparent"
    found = median(
        kept["diffusivity [m2/s]"].to_list(), kept["relative_error_without_length"].to_list(), common=2 * length.relative, seed=options.seed
    )
    closed = kept.drop_nulls("closed_form_diffusivity [m2/s]")
    ratios = (closed["closed_form_diffusivity [m2/s]"] / closed["diffusivity [m2/s]"]).to_numpy()
    offsets = kept.drop_nulls("resistance [ohm]")["resistance [ohm]"].to_numpy()
    values = {
        "median_diffusivity": median_quantity(found, rule),
        "closed_form_over_model": _middle(ratios, "1", "slope form over the fit, median of the ratios, pulse by pulse"),
        "median_resistance": _middle(offsets, "ohm", "offset over current: ohmic drop and kinetics; median over the same pulses"),
        "median_fourier_number": _middle(kept["fourier_number"].to_numpy(), "1", "D tau / R^2, median over the same pulses"),
        "pulses": Quantity(float(table.height), "1", rule=f"pulses with a rest before and after; {COUNTED}"),
        "pulses_in_median": Quantity(float(kept.height), "1", rule=f"identified and not apparent; {COUNTED}"),
    }
    counts = code_counts(table, MEANINGS)
    values |= {f"{code}_pulses": Quantity(float(count), "1", rule=f"{MEANINGS[code]}; {COUNTED}") for code, count in counts.items()}
    given = {name: quantity for name, quantity in values.items() if quantity.value is not None}
    if kept.height and 2 * kept.height >= asked.height:
        return given, ()
    message = f"Of {table.height} pulses {asked.height} are not apparent, and {kept.height} of these identify a diffusivity: no median."
    withheld = {"median_diffusivity": median_quantity(None, rule)}
    return (given if kept.height else values) | withheld, (Flag("no_diffusivity", "refusal", message),)


def _middle(values: Any, unit: str, rule: str) -> Quantity:
    """A median without an error of its own."""
    return Quantity(float(np.median(values)) if values.size else None, unit, n=int(values.size), rule=f"{rule}; {SPREAD}")


_VOLTAGE, _DIFFUSIVITY = Axis("Voltage at rest", "V"), Axis("Diffusivity", "m2/s", scale="log")
_NAMES = {"diffusivity": "fit of a sphere", "closed_form": "slope form on the same pulses"}


def _curves(table: pl.DataFrame) -> Mapping[str, Curve]:
    """Diffusivities of the pulses that are in the median, by both ways, against the voltage at rest in the middle of a pulse."""
    known = table.filter(~pl.col("flags").str.contains("apparent") & pl.col("diffusivity [m2/s]").is_not_null())
    if not known.height:
        return {}
    middle = (known["voltage_before [V]"] + known["voltage_after [V]"]) / 2
    fitted = Curve(_VOLTAGE, _DIFFUSIVITY, tuple(middle), tuple(known["diffusivity [m2/s]"]), tuple(known["diffusivity_stderr [m2/s]"]))
    closed = known.drop_nulls("closed_form_diffusivity [m2/s]")
    middle = (closed["voltage_before [V]"] + closed["voltage_after [V]"]) / 2
    return {
        "diffusivity": fitted,
        "closed_form": Curve(_VOLTAGE, _DIFFUSIVITY, tuple(middle), tuple(closed["closed_form_diffusivity [m2/s]"])),
    }


def draw(result: Result) -> Figure:
    """Diffusivity against voltage by the fit and by the closed form.

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
    found, flags = result.values["median_diffusivity"], named(result.flags)
    finding = f"Too few pulses identify a diffusivity{flags}."
    if found.value is not None:
        finding = f"Fits give a median diffusivity of {found.value:.3g} m2/s over {found.n} pulses{flags}"
        ratio = result.values.get("closed_form_over_model")
        finding += "." if ratio is None or ratio.value is None else f"; the slope form {ratio.value:.2f} times that."
    return Figure("gitt-model", "Diffusivity by fits of the pulses", finding, (Panel(_VOLTAGE, _DIFFUSIVITY, series),))


#: Simulated titration: D tau / R^2 = 0.024, where the slope form is off by a tenth.
_TRAIN = Train(
    rate=4e-5, pulses=16, pulse=600.0, rest=3e4, before=3600.0, change=-8e-3, voltage=1.0, current=-1e-4, resistance=100.0,
    pulse_rows=61, rest_rows=61,
)  # fmt: skip
_NOISE = 1e-4  # [V]


def synthesise(rng: Generator, *, noise: float = 1.0, median_diffusivity: float = 1e-15) -> tuple[tuple[Measurement, ...], Truth]:
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
    made, truth = of_particles(
        rng, _TRAIN, pulse_train, name="gitt_model", noise=noise, volts=_NOISE, median_diffusivity=median_diffusivity
    )
    return (made,), truth


TECHNIQUE = Technique(
    name="gitt_model",
    title="Titration, model-based diffusivity",
    measurement="gitt",
    needs=("test_time_second", "voltage_volt", "current_ampere"),
    options=Options,
    analyse=analyse,
    draw=draw,
    synthesise=synthesise,
    references=("crank1975", "horner2021", "gumrukcuoglu2024", "kang2021"),
)
