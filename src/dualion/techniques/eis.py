"""Electrochemical impedance: Kramers-Kronig test, and the fit of an equivalent circuit whose arcs are ordered by their time constants.

    Z = R_s + sum_i R_i / (1 + R_i Q_i (j omega)^n_i) + Z_tail
    tau_i = (R_i Q_i)^(1/n_i),      C_i = tau_i / R_i (Hsu & Mansfeld)  or  Q_i^(1/n_i) (1/R_s + 1/R_i)^(1 - 1/n_i) (Brug)

The tail is a constant-phase element, a Warburg element sigma (1 - j) omega^(-1/2), or one of finite length. Im Z is negative where the cell
is capacitive; points with Im Z > 0 at the highest frequencies are inductance of leads, left out and listed.

First the spectrum is tested: what Voigt elements cannot describe within 1 %, or only with residuals that drift, is not linear, causal or
stable (``kk_failed``). Then ln R, ln Q and logit n are fitted from several starts, with weights 1 / |Z| or with a known relative error.
Errors are those of the least-squares fit with the noise found in its residuals, intervals are Student's, symmetric in ln R. Which circuit:
as given; or the number of arcs as given; or chosen by the Bayesian information criterion among one to three arcs without and with tails,
all listed. Several spectra are fitted one by one, or with exponents in common (``share_exponents``).

Valid for small signals at a steady state. In a two-electrode cell the arcs of both electrodes lie in one spectrum: a half cell holds those
of its metal. An arc is a number of its own only where ``identifiability`` is not raised: two arcs whose time constants lie within a factor
of three correlate beyond 0.999.

References: boukamp1995, schonleber2014, boukamp1986, hsu2001, brug1984, schwarz1978.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from dualion.errors import SpecError
from dualion.numerics.arrays import curve_from, plain
from dualion.numerics.impedance.batch import Plan, Tail, choice_flags, fit_spectra
from dualion.numerics.impedance.choice import Candidate, verdicts
from dualion.numerics.impedance.circuit_fit import Weights
from dualion.numerics.impedance.circuit_result import Capacitance, CircuitFit
from dualion.numerics.impedance.circuits import Circuit, parse
from dualion.numerics.impedance.kramers_kronig import KramersKronig, kramers_kronig
from dualion.numerics.impedance.quantities import quantities
from dualion.numerics.impedance.spectra import (
    COLUMNS,
    FEWEST,
    MASKS,
    Mask,
    Spectrum,
    check_window,
    left_out_flags,
    spectrum_of,
    temperature_of,
)
from dualion.numerics.impedance.tables import (
    candidate_table,
    correlation_table,
    kramers_kronig_table,
    parameter_table,
    residual_table,
    start_table,
)
from dualion.numerics.simulated import simulated_source
from dualion.records.cell_record import CellRecord
from dualion.records.figure import Axis, Figure, Panel, Series
from dualion.records.measurement import Curve, Measurement, Result
from dualion.records.quantity import Flag, Quantity
from dualion.techniques.checks import check_words
from dualion.techniques.row import Technique, Truth, carried_flags, check_input, provenance

#: Relative noise of the synthetic spectra.
_NOISE = 0.003
_PROPERTY = "no standard error: a property of the fit"
_REAL, _IMAGINARY = Axis("Re Z", "ohm"), Axis("-Im Z", "ohm")


@dataclass(frozen=True, slots=True)
class Options:
    """How a spectrum is analysed."""

    circuit: str | None = None  # such as "R(R|Q)(R|Q)W"; chosen where absent
    arcs: int | None = None  # [1] number of arcs, where no circuit is given
    tail: Tail = "auto"  # behind the arcs, where no circuit is given: one of these, "none", "Q", "W", "Ws", "Wo"
    weights: Weights = "modulus"  # of the points: 1 / |Z|, or "unit" for all alike
    relative_error: float | None = None  # [1] known standard error of Re Z and Im Z over |Z|; takes the place of the weights
    mask: Mask = "inductive-tail"  # points left out: those, every Im Z > 0 ("capacitive-only"), or "none"
    window: tuple[float, float] | None = None  # [Hz] outside of which points are left out
    capacitance: Capacitance = "hsu-mansfeld"  # of an arc, or "brug", with the series resistance
    kk_limit: float = 0.01  # [1] greatest residual of the Kramers-Kronig test over |Z|
    kk_elements: int | None = None  # [1] Voigt elements; raised by rule where absent
    drop_kk: bool = False  # leave out the points that fail the test
    share_exponents: bool = False  # one exponent for each arc in all spectra
    n_starts: int = 8  # [1] start values of each fit
    seed: int = 0  # [1] of the draws of start values

    def __post_init__(self) -> None:
        _plan(self)
        words = (("mask", self.mask, MASKS), ("capacitance", self.capacitance, ("hsu-mansfeld", "brug")))
        check_words(words)
        if not (np.isfinite(self.kk_limit) and self.kk_limit > 0):
            raise SpecError(f"kk_limit: {self.kk_limit} is not a positive number. Write a share of |Z| such as 0.01.")
        check_window(self.window)
        if self.kk_elements is not None and self.kk_elements < 1:
            raise SpecError(f"kk_elements: {self.kk_elements} is not a number of elements.")


def analyse(measurements: Sequence[Measurement], options: Options) -> Result:
    """Test spectra and fit a circuit to each.

    Parameters
    ----------
    measurements : sequence of Measurement
        One spectrum each.
    options : Options

    Returns
    -------
    Result
        Of several spectra the names of the values begin with ``spectrum_1_``, ``spectrum_2_``, ...

    Raises
    ------
    CoverageError, InputError, SpecError
        Too few points, a missing column, or an option that the circuit does not have.
    """
    check_input(TECHNIQUE, measurements, rows=FEWEST)
    spectra = [spectrum_of(one, mask=options.mask, window=options.window) for one in measurements]
    tests = [kramers_kronig(one.frequency, one.impedance, elements=options.kk_elements, limit=options.kk_limit) for one in spectra]
    if options.drop_kk:
        spectra = [one.without(test.failing, "fails the Kramers-Kronig test") for one, test in zip(spectra, tests, strict=True)]
    fits, candidates = fit_spectra(spectra, _plan(options))
    values: dict[str, Quantity] = {}
    flags = [*carried_flags(measurements), *choice_flags(candidates)]
    for number, (measured, fit, test) in enumerate(zip(measurements, fits, tests, strict=True), start=1):
        where = f"spectrum {number}: " if len(fits) > 1 else ""
        own = [*_test_flags(test, where), *verdicts(fit, where)]
        prefix = f"spectrum_{number}_" if len(fits) > 1 else ""
        values |= {f"{prefix}{name}": one for name, one in _values(measured, fit, test, own, options).items()}
        flags += own
    flags += left_out_flags(pl.concat([one.left_out for one in spectra]))
    return Result(
        technique=TECHNIQUE.name,
        values=values,
        curves=_curves(fits),
        flags=tuple(dict.fromkeys(flags)),
        provenance=provenance(TECHNIQUE, measurements, options, seed=options.seed),
        tables=_tables(measurements, spectra, fits, tests, candidates),
    )


def _plan(options: Options) -> Plan:
    return Plan(
        circuit=options.circuit, arcs=options.arcs, tail=options.tail, weights=options.weights, relative_error=options.relative_error,
        share_exponents=options.share_exponents, starts=options.n_starts, seed=options.seed,
    )  # fmt: skip


def _test_flags(test: KramersKronig, where: str) -> list[Flag]:
    if test.valid:
        return []
    count = len(test.failing)
    points = f"; {count} points beyond {test.limit:.1%}" if count else ""
    return [Flag("kk_failed", "warning", f"{where}Kramers-Kronig test: {test.verdict}{points}.")]


def _values(measured: Measurement, fit: CircuitFit, test: KramersKronig, flags: Sequence[Flag], options: Options) -> dict[str, Quantity]:
    """Quantities of one spectrum; withheld where the fit is none."""
    weights = "measured errors" if fit.absolute else f"{options.weights} weights"
    low, high = fit.frequency.min(), fit.frequency.max()
    rule = f"{fit.circuit.text}, {weights}, {fit.frequency.size} points from {low:.3g} to {high:.3g} Hz"
    found = quantities(fit, rule=rule, capacitance=options.capacitance, area=measured.cell.area)
    rms = 100 * float(np.sqrt(np.mean(np.abs(fit.residuals) ** 2) / 2))
    found["misfit"] = Quantity(rms, "%", rule=f"rms of Re and Im over |Z|; {_PROPERTY}")
    if any(flag.severity == "refusal" for flag in flags):
        found = {name: replace(one, value=None, stderr=None, interval=None) for name, one in found.items()}
    tested = f"of Re and Im over |Z|, M = {test.elements}; {_PROPERTY}"
    found["kramers_kronig_residual"] = Quantity(100 * test.worst, "%", rule=f"greatest {tested}")
    found["kramers_kronig_rms"] = Quantity(100 * test.rms, "%", rule=f"rms {tested}")
    found["condition_number"] = Quantity(fit.condition, "1", rule=f"of the Jacobian with columns of unit length; {_PROPERTY}")
    return found


def _curves(fits: Sequence[CircuitFit]) -> dict[str, Curve]:
    found = {}
    for number, fit in enumerate(fits, start=1):
        for name, z in (("measured", fit.impedance), ("fitted", fit.fitted)):
            found[f"{name}_{number}"] = curve_from(_REAL, _IMAGINARY, z.real, -z.imag)
    return found


def _tables(
    measurements: Sequence[Measurement],
    spectra: Sequence[Spectrum],
    fits: Sequence[CircuitFit],
    tests: Sequence[KramersKronig],
    candidates: Sequence[Candidate],
) -> dict[str, pl.DataFrame]:
    named = [{"file": one.source.file, "temperature [degC]": _degrees(one)} for one in measurements]
    numbers = range(1, len(fits) + 1)
    found = {
        "parameters": parameter_table(fits, named),
        "correlation": pl.concat([correlation_table(k, fit) for k, fit in zip(numbers, fits, strict=True)], how="diagonal"),
        "residuals": pl.concat([residual_table(k, fit) for k, fit in zip(numbers, fits, strict=True)]),
        "kramers_kronig": pl.concat([kramers_kronig_table(k, test) for k, test in zip(numbers, tests, strict=True)]),
        "starts": pl.concat([start_table(k, fit) for k, fit in zip(numbers, fits, strict=True)]),
        "left_out": pl.concat([one.left_out.with_columns(pl.lit(k).alias("spectrum")) for k, one in zip(numbers, spectra, strict=True)]),
    }
    return found | ({"circuits": candidate_table(candidates)} if candidates else {})


def _degrees(measured: Measurement) -> float | None:
    try:
        return temperature_of(measured)[0]
    except SpecError:
        return None


def draw(result: Result) -> Figure:
    """Nyquist plot with the fits, and their residuals.

    Parameters
    ----------
    result : Result

    Returns
    -------
    Figure
    """
    count = sum(name.startswith("measured_") for name in result.curves)
    nyquist: list[Series] = []
    rests: list[Series] = []
    residuals = result.tables["residuals"]
    for number in range(1, count + 1):
        mark = f" {number}" if count > 1 else ""
        one = f"spectrum{mark}" if mark else None  # points, fit and residuals of one spectrum in one colour
        measured, fitted = result.curves[f"measured_{number}"], result.curves[f"fitted_{number}"]
        nyquist.append(Series(f"Measured{mark}", "measured", measured.x, measured.y, "raw-file", sample=one))
        nyquist.append(Series(f"Fit{mark}", "fitted", fitted.x, fitted.y, "analysis", sample=one))
        rests += _rest_series(residuals.filter(pl.col("spectrum") == number), mark)
    return Figure(
        name="eis",
        title="Impedance spectrum and fitted circuit",
        finding=_finding(result),
        panels=(
            Panel(_REAL, _IMAGINARY, tuple(nyquist)),
            Panel(Axis("Frequency", "Hz", scale="log"), Axis("Residual of |Z|", "%"), tuple(rests)),
        ),
        width=183,
    )


def _rest_series(own: pl.DataFrame, mark: str) -> list[Series]:
    """Residuals of one spectrum: both parts, or their modulus where there are several spectra."""
    f = plain(own["frequency [Hz]"].to_numpy())
    parts = {name: own[f"{name}_residual [%]"].to_numpy() for name in ("real", "imaginary")}
    if mark:
        moduli = plain(np.hypot(parts["real"], parts["imaginary"]))
        return [Series(f"Spectrum{mark}", "measured", f, moduli, "analysis", sample=f"spectrum{mark}")]
    return [Series(f"{name.capitalize()} part", "measured", f, plain(rest), "analysis") for name, rest in parts.items()]


def _finding(result: Result) -> str:
    found: dict[str, list[Quantity]] = {}
    for name, one in result.values.items():
        arc = re.fullmatch(r"(?:spectrum_\d+_)?arc_(\d+)_resistance", name)
        if arc:
            found.setdefault(f"arc {arc[1]}", []).append(one)
    said = []
    for arc_name, ones in found.items():
        values = [one.value for one in ones if one.value is not None]
        if len(values) < len(ones):
            return "The fit of the circuit is withheld: it did not reach a minimum of its own."
        said.append(
            f"{arc_name} {values[0]:.4g} ± {ones[0].stderr or 0:.2g} ohm"
            if len(ones) == 1
            else f"{arc_name} {min(values):.4g} to {max(values):.4g} ohm in {len(ones)} spectra"
        )
    return f"Resistances of the arcs, in the order of their time constants: {'; '.join(said) or 'the circuit has no arc'}."


def synthesise(
    rng: np.random.Generator,
    *,
    noise: float = 1.0,
    series_resistance: float = 5.0,
    arc_1_resistance: float = 30.0,
    arc_1_time_constant: float = 1e-4,
    arc_1_exponent: float = 0.9,
    arc_2_resistance: float = 60.0,
    arc_2_time_constant: float = 1e-2,
    arc_2_exponent: float = 0.85,
) -> tuple[tuple[Measurement, ...], Truth]:
    """A spectrum of two arcs behind a series resistance, 1 MHz to 10 mHz.

    Parameters
    ----------
    rng : numpy.random.Generator
    noise : float
        [1] multiple of the relative noise of 0.3 %.
    series_resistance, arc_1_resistance, arc_2_resistance : float
        [ohm]
    arc_1_time_constant, arc_2_time_constant : float
        [s]
    arc_1_exponent, arc_2_exponent : float
        [1]
    """
    truth = {
        "series_resistance": series_resistance,
        "arc_1_resistance": arc_1_resistance,
        "arc_1_time_constant": arc_1_time_constant,
        "arc_1_exponent": arc_1_exponent,
        "arc_2_resistance": arc_2_resistance,
        "arc_2_time_constant": arc_2_time_constant,
        "arc_2_exponent": arc_2_exponent,
    }
    values = [series_resistance]
    for one in ("arc_1", "arc_2"):
        resistance, tau, n = (truth[f"{one}_{name}"] for name in ("resistance", "time_constant", "exponent"))
        values += [resistance, tau**n / resistance, n]
    frequency = np.geomspace(1e6, 1e-2, 81)
    z = _TWO_ARCS.impedance(frequency, np.array(values))
    z = z + noise * _NOISE * np.abs(z) * (rng.standard_normal(frequency.size) + 1j * rng.standard_normal(frequency.size))
    table = pl.DataFrame(dict(zip(COLUMNS, (frequency, z.real, z.imag), strict=True)))
    source = simulated_source("eis", "synthetic-eis.csv", z)
    cell = CellRecord(temperature=Quantity(25.0, "degC"), area=Quantity(1.0, "cm2"))
    return (Measurement("eis", table, {}, "synthetic", source, cell=cell),), truth


_TWO_ARCS: Circuit = parse("R(R|Q)(R|Q)")

TECHNIQUE = Technique(
    name="eis",
    title="Electrochemical impedance spectroscopy",
    measurement="eis",
    needs=COLUMNS,
    options=Options,
    analyse=analyse,
    draw=draw,
    synthesise=synthesise,
    references=("boukamp1995", "schonleber2014", "boukamp1986", "hsu2001", "brug1984", "schwarz1978"),
    example=Options(circuit="R(R|Q)(R|Q)"),
)
