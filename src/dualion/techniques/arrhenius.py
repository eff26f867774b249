"""Activation energies of the processes behind resistances, from impedance spectra at several temperatures or from a table of resistances.

    inverse_r    ln(1/R) = ln A - E_a / (R_gas T)
    t_over_r     ln(T/R) = ln A - E_a / (R_gas T)         (exchange current R = R_gas T / (n F i_0); conductivity ln(sigma T))

The form is part of the result; the energy in the other one, larger or smaller by R_gas times the mean temperature, is printed beside it.
Spectra are fitted with one circuit, as the technique ``eis`` does, and each arc, counted by its time constant and never by its size, has an
energy of its own. A fit that did not converge, returned a start, hit a bound or is not identified is left out unless ``allow_flagged``.

The standard error is the larger of what the points scatter about the line and of what u(R) and u(T) make of it; see
``numerics.impedance.arrhenius``. ln A is correlated with E_a nearly completely: two samples are never to be ranked by E_a alone.

Valid where one process governs the resistance over the whole range of temperatures: ``curved`` says where a straight line does not
describe it, ``narrow_range`` where 1/T spans less than 5e-4 per kelvin, so that a degree at one end moves E_a by percent.

References: arrhenius1889, jcgm2008.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import polars as pl

from dualion.errors import CoverageError, InputError, SpecError
from dualion.numerics.arrays import curve_from
from dualion.numerics.impedance.arrhenius import FEWEST, FORMS, GAS_CONSTANT, Array, Form, Line, line
from dualion.numerics.impedance.arrhenius_tables import errors_table, points_table
from dualion.numerics.impedance.batch import Plan, Tail, choice_flags, fit_spectra
from dualion.numerics.impedance.choice import BARRING, verdicts
from dualion.numerics.impedance.circuit_fit import Weights as SpectrumWeights
from dualion.numerics.impedance.circuit_result import CircuitFit
from dualion.numerics.impedance.resistances import Process, processes_of_tables
from dualion.numerics.impedance.spectra import COLUMNS, MASKS, Mask, check_window, spectrum_of, temperature_of
from dualion.numerics.impedance.tables import candidate_table, parameter_table
from dualion.numerics.simulated import simulated_source
from dualion.records.figure import Axis, Figure, Panel, Series
from dualion.records.measurement import Curve, Measurement, Result
from dualion.records.quantity import Flag, Quantity
from dualion.techniques.checks import check_words
from dualion.techniques.row import Technique, Truth, carried_flags, check_input, provenance

#: Number of temperatures below which an energy is flagged, and range of 1/T.
FEW_TEMPERATURES, NARROW_RANGE = 4, 5e-4  # [1], [1/K]
#: Probability below which a line counts as curved.
CURVED = 0.05

_ELECTRONVOLT = 96_485.33212331001  # [J/mol], the Faraday constant times 1 V
_KILOJOULE = 1e3  # [J]
_INVERSE = Axis("Inverse temperature", "K-1")
_UNIT_OF_A: Mapping[Form, str] = {"inverse_r": "1/ohm", "t_over_r": "K/ohm"}
#: Why some values have none.
_PROPERTY, _BOUND = "no standard error: a property of the line", "no standard error: a bound"
_P_VALUE = "no standard error: a p value"
#: Truth of the synthetic table: relative error of a resistance, error of a temperature, and temperatures.
_NOISE, _TEMPERATURE_NOISE = 0.01, 1.0  # [1], [K]
_TEMPERATURES = (20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0)  # [degC]


@dataclass(frozen=True, slots=True)
class Options:
    """How activation energies are found."""

    form: Form = "inverse_r"  # ln(1/R), or "t_over_r" for ln(T/R)
    weights: Literal["uniform", "errors"] = "uniform"  # of the points of the line; "errors" for 1 / u^2(ln R)
    kelvin_offset: float = 273.15  # [K] at 0 degC
    temperature_stderr: float = 1.0  # [K] of each temperature
    min_temperatures: int = 4  # [1] below which the analysis is refused
    allow_flagged: bool = False  # use fits that are flagged
    circuit: str | None = None  # of the spectra; chosen on the coldest where absent
    arcs: int | None = None  # [1] number of arcs, where no circuit is given
    tail: Tail = "auto"  # behind the arcs, where no circuit is given; as of eis
    spectrum_weights: SpectrumWeights = "modulus"  # of the points of a spectrum: 1 / |Z|, or "unit" for all alike
    mask: Mask = "inductive-tail"  # points left out: those, every Im Z > 0 ("capacitive-only"), or "none"
    window: tuple[float, float] | None = None  # [Hz] outside of which points are left out
    share_exponents: bool = False  # one exponent for each arc at all temperatures
    n_starts: int = 8  # [1] start values of each fit
    draws: int = 2000  # [1] draws of temperatures
    seed: int = 0  # [1] of all draws

    def __post_init__(self) -> None:
        _plan(self)
        check_window(self.window)
        words = (("form", self.form, FORMS), ("weights", self.weights, ("uniform", "errors")), ("mask", self.mask, MASKS))
        check_words(words)
        if self.min_temperatures < FEWEST:
            raise SpecError(f"min_temperatures: {self.min_temperatures} is fewer than {FEWEST}, below which a line has no error.")
        if not (np.isfinite(self.temperature_stderr) and self.temperature_stderr >= 0):
            raise SpecError(f"temperature_stderr: {self.temperature_stderr} K is not a standard error.")
        if not np.isfinite(self.kelvin_offset) or self.draws < FEWEST:
            raise SpecError(f"kelvin_offset: {self.kelvin_offset}, draws: {self.draws}: one is not usable.")


def analyse(measurements: Sequence[Measurement], options: Options) -> Result:
    """Find the activation energy of every process.

    Parameters
    ----------
    measurements : sequence of Measurement
        Spectra with their temperatures, or tables with ``resistance_ohm`` and a temperature in every row; a table names its process in
        ``conditions["process"]``, and tables of one process are joined.
    options : Options

    Returns
    -------
    Result
        The names of the values begin with the process, ``arc_1_``, ``arc_2_``, ...; without one where a table does not name it.

    Raises
    ------
    CoverageError
        Fewer temperatures than ``min_temperatures``.
    InputError, SpecError
        A measurement is neither a spectrum nor a table of resistances, or its temperature is not known.
    """
    check_input(TECHNIQUE, measurements)
    flags = list(carried_flags(measurements))
    tables: dict[str, pl.DataFrame] = {}
    if all("resistance_ohm" in one.table.columns for one in measurements):
        processes = processes_of_tables(measurements, flags)
    else:
        processes = _from_spectra(measurements, options, flags, tables)
    lines = {}
    for process in processes:
        distinct = int(np.unique(process.celsius).size)
        if distinct < options.min_temperatures:
            label = process.name or "the resistance"
            raise CoverageError(f"Arrhenius analysis of {label}, in temperatures with a usable fit,", options.min_temperatures, distinct)
        lines[process.name] = {form: _line(process, options, form) for form in FORMS}
    values = {name: one for process in lines for name, one in _values(process, lines[process], options).items()}
    main = {process: found[options.form] for process, found in lines.items()}
    flags += [flag for process in processes for flag in _verdicts(process, main[process.name])]
    if not all(temperature_of(one)[1] for one in measurements):
        text = "The temperatures are those of a chamber or of the record, not of a sensor at the cell."
        flags.append(Flag("chamber_temperature", "warning", text))
    return Result(
        technique=TECHNIQUE.name,
        values=values,
        curves=_curves(main),
        flags=tuple(dict.fromkeys(flags)),
        provenance=provenance(TECHNIQUE, measurements, options, seed=options.seed),
        tables={
            "points": pl.concat([points_table(one.name, main[one.name], one.resistance, one.relative_error) for one in processes]),
            "errors": errors_table(lines),
            **tables,
        },
    )


def _plan(options: Options) -> Plan:
    return Plan(
        circuit=options.circuit, arcs=options.arcs, tail=options.tail, weights=options.spectrum_weights,
        share_exponents=options.share_exponents, starts=options.n_starts, seed=options.seed,
    )  # fmt: skip


def _from_spectra(
    measurements: Sequence[Measurement], options: Options, flags: list[Flag], tables: dict[str, pl.DataFrame]
) -> list[Process]:
    """Processes from spectra: each arc of the circuit fitted to all of them."""
    for measured in measurements:
        absent = [name for name in COLUMNS if name not in measured.table.columns]
        if absent:
            raise InputError(
                f"{measured.source.file}: no column {absent[0]}. Give impedance spectra, or tables with resistance_ohm and a temperature."
            )
    measurements = sorted(measurements, key=lambda one: (temperature_of(one)[0], one.source.sha256))  # whatever the order of the files
    celsius = np.array([temperature_of(one)[0] for one in measurements])
    distinct = int(np.unique(celsius).size)
    if distinct < options.min_temperatures:
        raise CoverageError("Arrhenius analysis of spectra, in different temperatures,", options.min_temperatures, distinct)
    spectra = [spectrum_of(one, mask=options.mask, window=options.window) for one in measurements]
    fits, candidates = fit_spectra(spectra, _plan(options))
    named = [{"file": one.source.file, "temperature [degC]": float(T)} for one, T in zip(measurements, celsius, strict=True)]
    tables["parameters"] = parameter_table(fits, named)
    if candidates:
        tables["circuits"] = candidate_table(candidates)
    flags += choice_flags(candidates)
    kept = _usable(measurements, fits, options, flags)
    first = fits[0].circuit.arcs
    if not first:
        raise SpecError(f"circuit: {fits[0].circuit.text} has no arc, and so no resistance of a process. Give one with arcs.")
    return [_arc(number, [fits[k] for k in kept], celsius[kept]) for number in range(len(first))]


def _usable(measurements: Sequence[Measurement], fits: Sequence[CircuitFit], options: Options, flags: list[Flag]) -> list[int]:
    """Places of the fits that may be used; what keeps the others out becomes a flag."""
    kept = []
    for place, (measured, fit) in enumerate(zip(measurements, fits, strict=True)):
        own = verdicts(fit, f"{measured.source.file}: ")
        barring = [flag for flag in own if flag.code in BARRING]
        used = options.allow_flagged or not barring
        flags += [flag if flag.severity != "refusal" else replace(flag, severity="warning") for flag in own]
        if barring and used:
            codes = ", ".join(flag.code for flag in barring)
            flags.append(Flag("from_flagged_fit", "warning", f"{measured.source.file}: used although its fit is flagged {codes}."))
        elif barring:
            text = f"{measured.source.file}: its fit is flagged; allow_flagged = true would use it."
            flags.append(Flag("spectrum_left_out", "warning", text))
        if used:
            kept.append(place)
    return kept


def _arc(number: int, fits: Sequence[CircuitFit], celsius: Array) -> Process:
    """Resistances of an arc, counted from 0 by its time constant."""
    estimates = [fit.parameter(fit.circuit.arcs[number].first) for fit in fits]
    resistance = np.array([value for value, _, _ in estimates])
    relative = np.array([stderr / value for value, stderr, _ in estimates])
    return Process(f"arc_{number + 1}", celsius, resistance, relative if (relative > 0).all() else None)


def _line(process: Process, options: Options, form: Form) -> Line:
    return line(
        process.celsius + options.kelvin_offset, process.resistance, form=form, relative_error=process.relative_error,
        weighted=options.weights == "errors", temperature_stderr=options.temperature_stderr, draws=options.draws, seed=options.seed,
    )  # fmt: skip


def _values(process: str, lines: Mapping[Form, Line], options: Options) -> dict[str, Quantity]:
    """Quantities of one process in the form asked for, and its energy in the other."""
    prefix = f"{process}_" if process else ""
    found = lines[options.form]
    other: Form = "t_over_r" if options.form == "inverse_r" else "inverse_r"
    count = found.kelvin.size
    error = "scatter, Student's t" if found.from_scatter else "u(R) and u(T), normal"
    rule = f"{options.form}, {options.weights} weights, error of {error}"
    spread = float(np.sqrt(found.covariance[1, 1]))
    low, high = found.without_one
    values = {
        "activation_energy": _energy(found, _KILOJOULE, "kJ/mol", rule),
        "activation_energy_electronvolt": _energy(found, _ELECTRONVOLT, "eV", rule),
        "ln_prefactor": Quantity(
            found.log_prefactor, "1", stderr=spread, n=count, rule=f"{rule}, A in {_UNIT_OF_A[options.form]}",
            interval=(found.log_prefactor - found.quantile * spread, found.log_prefactor + found.quantile * spread),
        ),
        "energy_prefactor_correlation": Quantity(float(found.covariance[0, 1] / (found.stderr * spread)) if spread > 0 else 0.0, "1",
            rule=f"of E_a and ln A; {_PROPERTY}",
        ),
        "activation_energy_other_form": _energy(lines[other], _KILOJOULE, "kJ/mol", f"{other}, {options.weights} weights"),
        "correlation_coefficient": Quantity(found.correlation, "1", n=count, rule=f"of ln k and 1/T; {_PROPERTY}"),
        "leave_one_out_low": Quantity(low / _KILOJOULE, "kJ/mol", rule=f"without one of the points; {_BOUND}"),
        "leave_one_out_high": Quantity(high / _KILOJOULE, "kJ/mol", rule=f"without one of the points; {_BOUND}"),
    }  # fmt: skip
    if found.curvature is not None:
        values["curvature_probability"] = Quantity(found.curvature, "1", rule=f"t-test of a quadratic in 1/T; {_P_VALUE}")
    return {f"{prefix}{name}": one for name, one in values.items()}


def _energy(found: Line, per: float, unit: str, rule: str) -> Quantity:
    value, error = found.energy / per, found.stderr / per
    interval = (value - found.quantile * error, value + found.quantile * error)
    return Quantity(value, unit, stderr=error, n=found.kelvin.size, rule=rule, interval=interval)


def _verdicts(process: Process, found: Line) -> list[Flag]:
    flags = []
    label = f"{process.name}: " if process.name else ""
    distinct, span = int(np.unique(found.kelvin).size), float(np.ptp(1 / found.kelvin))
    if distinct < FEW_TEMPERATURES:
        flags.append(Flag("few_temperatures", "warning", f"{label}{distinct} temperatures; {FEW_TEMPERATURES} or more show a curvature."))
    if found.curvature is not None and found.curvature < CURVED:
        flags.append(Flag("curved", "warning", f"{label}ln k against 1/T is curved (p = {found.curvature:.2g}); one energy does not hold."))
    if span < NARROW_RANGE:
        flags.append(Flag("narrow_range", "warning", f"{label}1/T spans {span:.2g} per kelvin, less than {NARROW_RANGE:g}."))
    return flags


def _curves(lines: Mapping[str, Line]) -> dict[str, Curve]:
    found = {}
    for process, one in lines.items():
        y = Axis("ln(T/R)" if one.form == "t_over_r" else "ln(1/R)", "1")
        order = np.argsort(1 / one.kelvin)
        prefix = f"{process}_" if process else ""
        found[f"{prefix}measured"] = curve_from(_INVERSE, y, 1 / one.kelvin[order], one.ordinate[order])
        found[f"{prefix}fitted"] = curve_from(_INVERSE, y, 1 / one.kelvin[order], one.fitted[order])
    return found


def draw(result: Result) -> Figure:
    """Logarithms of the rates against 1/T, with their lines.

    Parameters
    ----------
    result : Result

    Returns
    -------
    Figure
    """
    series: list[Series] = []
    axis = Axis("ln(1/R)", "1")
    for name, curve in result.curves.items():
        kind, axis = name.rpartition("_")[2], curve.y_axis
        label = name.removesuffix(kind).strip("_").replace("_", " ")
        text = f"{label} ({kind})" if label else kind.capitalize()
        if kind == "measured":
            series.append(Series(text, "measured", curve.x, curve.y, "raw-file"))
        else:
            series.append(Series(text, "fitted", curve.x, curve.y, "analysis"))
    energies = [(name, one) for name, one in result.values.items() if name.endswith("activation_energy")]
    said = [
        f"{name.removesuffix('activation_energy').strip('_').replace('_', ' ') or 'the process'} {one.value:.2f} ± {one.stderr:.2f} kJ/mol"
        for name, one in energies
        if one.value is not None and one.stderr is not None
    ]
    return Figure(
        name="arrhenius",
        title="Arrhenius plot",
        finding=f"Activation energies: {'; '.join(said) or 'withheld'}.",
        panels=(Panel(_INVERSE, axis, tuple(series)),),
    )


def synthesise(
    rng: np.random.Generator, *, noise: float = 1.0, activation_energy: float = 45.9, ln_prefactor: float = 13.0
) -> tuple[tuple[Measurement, ...], Truth]:
    """Resistances at seven temperatures from 20 to 80 degC, each temperature with an error of its own.

    Parameters
    ----------
    rng : numpy.random.Generator
    noise : float
        [1] multiple of 1 % in the resistances and of 1 K in the temperatures.
    activation_energy : float
        [kJ/mol]
    ln_prefactor : float
        [1] ln A with A in 1/ohm.
    """
    celsius = np.array(_TEMPERATURES)
    kelvin = celsius + Options().kelvin_offset + noise * _TEMPERATURE_NOISE * rng.standard_normal(celsius.size)
    resistance = np.exp(activation_energy * _KILOJOULE / (GAS_CONSTANT * kelvin) - ln_prefactor)
    resistance = resistance * np.exp(noise * _NOISE * rng.standard_normal(celsius.size))
    table = pl.DataFrame(
        {"resistance_ohm": resistance, "resistance_stderr_ohm": noise * _NOISE * resistance, "cell_temperature_celsius": celsius}
    )
    source = simulated_source("arrhenius", "synthetic-arrhenius.csv", resistance)
    truth = {"activation_energy": activation_energy, "ln_prefactor": ln_prefactor}
    return (Measurement("eis", table, {}, "synthetic", source),), truth


TECHNIQUE = Technique(
    name="arrhenius",
    title="Arrhenius analysis of resistances",
    measurement="eis",
    needs=(),
    options=Options,
    analyse=analyse,
    draw=draw,
    synthesise=synthesise,
    references=("arrhenius1889", "jcgm2008"),
    several=True,
)
