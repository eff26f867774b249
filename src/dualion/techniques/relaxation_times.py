"""Distribution of relaxation times: which time constants an impedance spectrum holds, without a circuit.

    Z(omega) = R_0 + j omega L + 1 / (j omega C) + int gamma(ln tau) / (1 + j omega tau) d ln tau,       gamma >= 0

gamma follows by Tikhonov regularisation of its second derivative on Gaussians (or a piecewise linear function), weighted with 1 / |Z|;
how strongly is decided by generalised cross validation, by the L-curve, or given. See ``impedance.relaxation`` for both rules and for the
errors of the peaks. A peak's resistance is the integral of gamma from minimum to minimum, its time constant the mean of ln tau over it.

Valid for spectra that obey the Kramers-Kronig relations; where the test fails, every number is withheld (``kk_failed``). The integral over
a peak is what the data carry well, its shape is not: the width of a narrow peak is that of the regularisation. A tail that leaves the
window piles up at the longest times (``peak_at_edge``); with ``capacitance`` a blocking one is taken out.

References: wan2015, golub1979, kim2004, hansen1992, schonleber2014.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from dualion.errors import SpecError
from dualion.numerics.arrays import curve_from
from dualion.numerics.impedance.kramers_kronig import KramersKronig, kramers_kronig
from dualion.numerics.impedance.relaxation import Basis, Distribution, Peak, Rule, distribution
from dualion.numerics.impedance.spectra import COLUMNS, FEWEST, MASKS, Mask, check_window, left_out_flags, spectrum_of
from dualion.numerics.impedance.tables import kramers_kronig_table
from dualion.numerics.simulated import simulated_source
from dualion.records.figure import Axis, Figure, Panel, Series
from dualion.records.measurement import Measurement, Result
from dualion.records.quantity import Flag, Quantity
from dualion.techniques.checks import check_words
from dualion.techniques.row import Technique, Truth, carried_flags, check_input, provenance

_PROPERTY = "no standard error: a property of the fit"
_TIME, _GAMMA = Axis("Relaxation time", "s", scale="log"), Axis("Distribution of resistance", "ohm")
#: Standard errors from a value to an end of its 95 % interval.
_NORMAL = 1.959964
#: Relative noise of the synthetic spectra, and standard deviation of ln tau of their peaks.
_NOISE, _WIDTH = 0.002, 0.5


@dataclass(frozen=True, slots=True)
class Options:
    """How the distribution is found."""

    basis: Basis = "gaussian"  # of gamma, or "linear" between points
    rule: Rule = "gcv"  # for the regularisation: generalised cross validation, or "l-curve"
    regularisation: float | None = None  # [1] lambda; by the rule where absent
    inductance: bool = False  # in series; keeps the inductive points with mask = "none"
    capacitance: bool = False  # in series, for a blocking tail
    mask: Mask = "inductive-tail"  # points left out: those, every Im Z > 0 ("capacitive-only"), or "none"
    window: tuple[float, float] | None = None  # [Hz] outside of which points are left out
    kk_limit: float = 0.01  # [1] greatest residual of the Kramers-Kronig test over |Z|

    def __post_init__(self) -> None:
        check_window(self.window)
        words = (("basis", self.basis, ("gaussian", "linear")), ("rule", self.rule, ("gcv", "l-curve")), ("mask", self.mask, MASKS))
        check_words(words)
        for name, number in (("regularisation", self.regularisation), ("kk_limit", self.kk_limit)):
            if number is not None and not (np.isfinite(number) and number > 0):
                raise SpecError(f"{name}: {number} is not a positive number.")


def analyse(measurements: Sequence[Measurement], options: Options) -> Result:
    """Find the relaxation times of a spectrum.

    Parameters
    ----------
    measurements : sequence of Measurement
        One spectrum.
    options : Options

    Returns
    -------
    Result
        Peaks are counted by their time constants, ``peak_1_resistance``, ``peak_1_time_constant``, ...

    Raises
    ------
    CoverageError, InputError
        Too few points, or a missing column.
    SpecError
        More than one spectrum.
    """
    check_input(TECHNIQUE, measurements, rows=FEWEST)
    if len(measurements) > 1:
        raise SpecError(f"relaxation_times: {len(measurements)} spectra are given; a distribution holds one. Analyse them one by one.")
    spectrum = spectrum_of(measurements[0], mask=options.mask, window=options.window)
    test = kramers_kronig(spectrum.frequency, spectrum.impedance, limit=options.kk_limit)
    found = distribution(
        spectrum.frequency, spectrum.impedance, basis=options.basis, rule=options.rule, regularisation=options.regularisation,
        inductance=options.inductance, capacitance=options.capacitance,
    )  # fmt: skip
    values, flags = _values(found, test, options), [*carried_flags(measurements), *_flags(found, test)]
    if not test.valid:
        values = {name: Quantity(None, one.unit, rule=one.rule) for name, one in values.items()}
    flags += left_out_flags(spectrum.left_out)
    values["kramers_kronig_residual"] = Quantity(
        100 * test.worst, "%", rule=f"greatest of Re and Im over |Z|, M = {test.elements}; no standard error: a bound"
    )
    tables = {"kramers_kronig": kramers_kronig_table(1, test), "left_out": spectrum.left_out, "regularisation": _scores(found)}
    curves = {}
    if test.valid:
        tables |= {"peaks": _peak_table(found.peaks), "residuals": _residuals(spectrum.frequency, found)}
        tau, gamma = np.exp(found.log_time), found.gamma
        curves["distribution"] = curve_from(_TIME, _GAMMA, tau, gamma, found.gamma_stderr)
    return Result(
        technique=TECHNIQUE.name, values=values, curves=curves, flags=tuple(dict.fromkeys(flags)),
        provenance=provenance(TECHNIQUE, measurements, options), tables=tables,
    )  # fmt: skip


def _values(found: Distribution, test: KramersKronig, options: Options) -> dict[str, Quantity]:
    how = "given" if options.regularisation is not None else f"by {options.rule}"
    rule = f"{options.basis} basis, lambda = {found.regularisation:.3g} {how}"
    values = {
        "series_resistance": _linear(found.resistance, found.resistance_stderr, "ohm", rule),
        "polarisation_resistance": _linear(found.total, found.total_stderr, "ohm", f"integral of gamma; {rule}"),
        "peak_count": Quantity(float(len(found.peaks)), "1", rule=f"{rule}; no standard error: a count"),
        "misfit": Quantity(
            100 * float(np.sqrt(np.mean(np.abs(found.residuals) ** 2) / 2)),
            "%",
            rule="rms of Re and Im over |Z|; no standard error: a measure of the fit",
        ),
    }
    for number, peak in enumerate(found.peaks, start=1):
        values[f"peak_{number}_resistance"] = _linear(peak.resistance, peak.resistance_stderr, "ohm", f"from minimum to minimum; {rule}")
        tau, width = float(np.exp(peak.log_time)), float(np.exp(_NORMAL * peak.log_time_stderr))
        values[f"peak_{number}_time_constant"] = Quantity(
            tau, "s", stderr=tau * peak.log_time_stderr, rule=f"mean of ln tau over the peak; {rule}", interval=(tau / width, tau * width)
        )
    return values


def _linear(value: float, stderr: float, unit: str, rule: str) -> Quantity:
    return Quantity(value, unit, stderr=stderr, rule=rule, interval=(value - _NORMAL * stderr, value + _NORMAL * stderr))


def _flags(found: Distribution, test: KramersKronig) -> list[Flag]:
    if not test.valid:
        return [Flag("kk_failed", "refusal", f"Kramers-Kronig test: {test.verdict}. A distribution of such a spectrum means nothing.")]
    edges = [str(number) for number, peak in enumerate(found.peaks, start=1) if peak.at_edge]
    flags = []
    if edges:
        flags.append(Flag("peak_at_edge", "warning", f"Peak {', '.join(edges)} runs out of the window; only what is seen counts."))
    misfit = float(np.sqrt(np.mean(np.abs(found.residuals) ** 2) / 2))
    if misfit > test.limit:
        text = f"The distribution misses the spectrum by {misfit:.1%} of |Z|; a blocking tail or an inductance may be left out."
        flags.append(Flag("poor_fit", "warning", text))
    if found.scores.size and found.regularisation in (found.scores[0, 0], found.scores[-1, 0]):
        flags.append(Flag("regularisation_at_edge", "warning", f"lambda = {found.regularisation:.3g} is an end of the range tried."))
    return flags


def _scores(found: Distribution) -> pl.DataFrame:
    return pl.DataFrame({"regularisation": found.scores[:, 0], "score": found.scores[:, 1]})


def _peak_table(peaks: Sequence[Peak]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "peak": range(1, len(peaks) + 1),
            "resistance [ohm]": [peak.resistance for peak in peaks],
            "resistance_stderr [ohm]": [peak.resistance_stderr for peak in peaks],
            "time_constant [s]": [float(np.exp(peak.log_time)) for peak in peaks],
            "frequency [Hz]": [float(np.exp(-peak.log_time) / (2 * np.pi)) for peak in peaks],
            "width_of_ln_tau": [peak.width for peak in peaks],
            "at_edge": [peak.at_edge for peak in peaks],
        },
        schema_overrides={"peak": pl.Int64},
    )


def _residuals(frequency: np.ndarray, found: Distribution) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "frequency [Hz]": frequency,
            "fitted_real_impedance [ohm]": found.fitted.real,
            "fitted_imaginary_impedance [ohm]": found.fitted.imag,
            "real_residual [%]": 100 * found.residuals.real,
            "imaginary_residual [%]": 100 * found.residuals.imag,
        }
    )


def draw(result: Result) -> Figure:
    """The distribution with its 95 % band; the residuals of the Kramers-Kronig test where it is withheld.

    Parameters
    ----------
    result : Result

    Returns
    -------
    Figure
    """
    if "distribution" not in result.curves:
        test = result.tables["kramers_kronig"]
        f = tuple(test["frequency [Hz]"].to_list())
        parts = [
            Series(f"{part.capitalize()} part", "measured", f, tuple(test[f"{part}_residual [%]"].to_list()), "analysis")
            for part in ("real", "imaginary")
        ]
        panel = Panel(Axis("Frequency", "Hz", scale="log"), Axis("Residual of |Z|", "%"), tuple(parts))
        finding = "The distribution of relaxation times is withheld: the spectrum fails the Kramers-Kronig test."
        return Figure("relaxation-times", "Kramers-Kronig test", finding, (panel,))
    curve = result.curves["distribution"]
    half = tuple(_NORMAL * one for one in curve.y_stderr or ())
    low = tuple(max(y - one, 0.0) for y, one in zip(curve.y, half, strict=True))
    band = Series("95 %", "band", curve.x, low, "analysis", y_upper=tuple(y + one for y, one in zip(curve.y, half, strict=True)))
    peaks = result.tables["peaks"]
    said = [
        f"{row['resistance [ohm]']:.4g} ohm at {row['time_constant [s]']:.3g} s" for row in peaks.iter_rows(named=True)
    ]  # fmt: skip
    return Figure(
        name="relaxation-times",
        title="Distribution of relaxation times",
        finding=f"Peaks: {'; '.join(said) or 'none'}.",
        panels=(Panel(_TIME, _GAMMA, (band, Series("Distribution", "fitted", curve.x, curve.y, "analysis"))),),
    )


def synthesise(
    rng: np.random.Generator,
    *,
    noise: float = 1.0,
    series_resistance: float = 5.0,
    peak_1_resistance: float = 20.0,
    peak_1_time_constant: float = 1e-4,
    peak_2_resistance: float = 50.0,
    peak_2_time_constant: float = 1e-1,
) -> tuple[tuple[Measurement, ...], Truth]:
    """A spectrum of two log-normal distributions of relaxation times, 1 MHz to 10 mHz.

    Parameters
    ----------
    rng : numpy.random.Generator
    noise : float
        [1] multiple of the relative noise of 0.2 %.
    series_resistance, peak_1_resistance, peak_2_resistance : float
        [ohm]
    peak_1_time_constant, peak_2_time_constant : float
        [s]
    """
    truth = {
        "series_resistance": series_resistance,
        "peak_1_resistance": peak_1_resistance,
        "peak_1_time_constant": peak_1_time_constant,
        "peak_2_resistance": peak_2_resistance,
        "peak_2_time_constant": peak_2_time_constant,
        "polarisation_resistance": peak_1_resistance + peak_2_resistance,
    }
    frequency = np.geomspace(1e6, 1e-2, 81)
    nodes, weights = np.polynomial.hermite_e.hermegauss(40)
    z = np.full(frequency.size, series_resistance, dtype=complex)
    for resistance, tau in ((peak_1_resistance, peak_1_time_constant), (peak_2_resistance, peak_2_time_constant)):
        terms = 1 / (1 + 2j * np.pi * frequency[:, None] * tau * np.exp(_WIDTH * nodes))
        z = z + resistance * (terms @ weights) / weights.sum()
    z = z + noise * _NOISE * np.abs(z) * (rng.standard_normal(frequency.size) + 1j * rng.standard_normal(frequency.size))
    table = pl.DataFrame(dict(zip(COLUMNS, (frequency, z.real, z.imag), strict=True)))
    source = simulated_source("relaxation_times", "synthetic-relaxation-times.csv", z)
    return (Measurement("eis", table, {}, "synthetic", source),), truth


TECHNIQUE = Technique(
    name="relaxation_times",
    title="Distribution of relaxation times",
    measurement="eis",
    needs=COLUMNS,
    options=Options,
    analyse=analyse,
    draw=draw,
    synthesise=synthesise,
    references=("wan2015", "golub1979", "kim2004", "hansen1992", "schonleber2014"),
)
