"""Pore widths from nitrogen sorption at 77 K: micropores by a kernel of carbon slits, mesopores by BJH or DH.

    n(x) = sum_j K(x, w_j) v_j,    minimise |K v - n|^2 + lambda^2 s^2 sum_j v_j^2 mean(dw)/dw_j,    v >= 0     (Tikhonov 1963)
    dV_p = ((r_K + t) / (r_K + dt))^2 (dV - dV of thinning layers)              (Barrett, Joyner & Halenda 1951; Dollimore & Heal 1964)

x = p/p0; K is the kernel ``DFT-N2-77K-carbon-slit`` that comes with pyGAPS (Iacomi & Llewellyn 2019): 77 widths from 0.4 to 9.2 nm, lowest
p/p0 7.65e-7. It holds for nitrogen at 77 K in slits between walls of carbon and for nothing else; another adsorptive is refused. Widths
below 0.5 nm are extrapolated: nitrogen hardly enters them. The residual between isotherm and fit is part of the result: where it is large,
the kernel does not describe the sample. Volumes hardly depend on lambda, the shape of the distribution does.

BJH and DH take cylinders and Kelvin's equation and are valid above 3 to 4 nm. On the desorption branch nitrogen leaves near p/p0 = 0.42
whatever the pores are, which gives a peak at 3.8 nm: the main width is not sought between 3.6 and 4.0 nm there. Negative steps stay in the
table; the curve shows them as zero, with a flag.

Uncertainty: 10 % of the method, 3 % of the measurement and the residual as liquid on volumes, in quadrature; half a step of the widths on
the main width.

References: Barrett 1951; Dollimore 1964; Tikhonov 1963; Thommes 2015; Iacomi 2019.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualion.errors import CoverageError, SpecError
from dualion.numerics.arrays import curve_from
from dualion.numerics.sorption.branches import LATE, Branch, branch_of, others_not_used
from dualion.numerics.sorption.kernel import Kernel, Widths, pore_widths
from dualion.numerics.sorption.mesopores import Mesopores, mesopores
from dualion.numerics.sorption.shown import N_AXIS, X_AXIS
from dualion.numerics.sorption.synthetic import COMMON, METHOD, POINT, nitrogen_isotherm
from dualion.records.figure import Axis, Figure, Panel, Series
from dualion.records.measurement import Curve, Measurement, Result
from dualion.records.quantity import Flag, Quantity
from dualion.techniques.checks import negative
from dualion.techniques.engines.sorption import kernel
from dualion.techniques.row import Technique, Truth, carried_flags, check_input, provenance

Array = NDArray[np.float64]

#: Fewest points [1] of an isotherm.
_LEAST_POINTS = 10
#: [nm] up to which a pore is a micropore (Thommes et al. 2015), and below which the kernel is an extrapolation.
_MICROPORE, _EXTRAPOLATED = 2.0, 0.5
#: Share [1] of the volume below 0.5 nm that is worth a word.
_WORTH = 0.01
#: Share [1] of the highest loading that the fit may miss where wider pores than the kernel has fill.
_MISSED = 0.01
#: Relative pressures [1] of BJH and DH.
_MESOPORES = (0.1, 0.99)
#: [nm] of the peak that desorption of nitrogen gives by itself.
_ARTEFACT = (3.6, 4.0)
#: [nm] below which Kelvin's equation is not valid.
_KELVIN = 3.5
_WIDTH, _DENSITY = Axis("Pore width", "nm", scale="log"), Axis("dV/dw", "cm3/g/nm")
_RESIDUAL = Axis("Residual", "mmol/g")


@dataclass(frozen=True, slots=True)
class Options:
    """Method, strength of the Tikhonov term, and the errors that are added."""

    psd_method: Literal["dft", "dh", "bjh"] = "dft"
    regularisation: float = 1e-3  # [1] lambda, relative to the largest singular value of the kernel
    branch: Literal["adsorption", "desorption"] = "adsorption"
    p_limits: tuple[float, float] = (0.0, 1.0)  # [1] relative pressures that are used
    fit_relative: float = 0.03  # [1] standard error of mass and free space
    method_relative: float = 0.10  # [1] standard error of the kernel or of Kelvin's equation
    adsorptive: str | None = None  # where the file does not say it
    temperature: float | None = None  # [K] where the file does not say it

    def __post_init__(self) -> None:
        problems = negative(self, "regularisation", "fit_relative", "method_relative")
        if not 0 <= self.p_limits[0] < self.p_limits[1] <= 1:
            problems.append(f"p_limits: {self.p_limits} does not rise within 0 and 1. Give its lower end first.")
        if self.temperature is not None and not 0 < self.temperature < math.inf:
            problems.append(f"temperature: {self.temperature} is not a temperature in K.")
        if problems:
            raise SpecError(problems)


def analyse(measurements: Sequence[Measurement], options: Options) -> Result:
    """Volumes of pores by their width.

    Parameters
    ----------
    measurements : sequence of Measurement
        One isotherm; of several, the first is analysed and the others are named.
    options : Options

    Returns
    -------
    Result
        ``dft_pore_volume`` and ``dft_micropore_volume`` [cm3/g] of the kernel, or ``mesopore_volume`` [cm3/g], and ``mode_width`` [nm]; the
        table ``widths``.

    Raises
    ------
    SpecError
        The adsorptive is not nitrogen, or the temperature not that of its bath.
    CoverageError
        Too few points.
    MissingDependency
        pyGAPS, which holds the kernel, is not installed.
    """
    check_input(TECHNIQUE, measurements)
    measured = measurements[0]
    given = branch_of(measured, options.branch, adsorptive=options.adsorptive, temperature=options.temperature, least=_LEAST_POINTS)
    _check_gas(measured, given)
    flags = [*given.flags, *others_not_used(measurements)]
    if given.x[0] > LATE and options.psd_method == "dft":
        message = f"The isotherm begins at p/p0 = {given.x[0]:.2g}; micropores fill below 1e-4, so their widths are not seen."
        flags.append(Flag("range_starts_late", "warning", message))
    values, curves, table, more = (_by_kernel if options.psd_method == "dft" else _by_kelvin)(given, options)
    return Result(
        technique=TECHNIQUE.name,
        values=values,
        curves=curves,
        flags=tuple(dict.fromkeys((*carried_flags(measurements), *flags, *more))),
        provenance=provenance(TECHNIQUE, measurements, options),
        tables={"widths": table},
    )


#: Values, curves, table and flags of a method.
_Found = tuple[dict[str, Quantity], dict[str, Curve], pl.DataFrame, list[Flag]]


def _check_gas(measured: Measurement, given: Branch) -> None:
    """The kernel and Kelvin's radius are those of nitrogen at 77 K."""
    if given.gas.name != "nitrogen":
        reason = (
            f"adsorptive: {measured.source.file} is of {given.gas.name}, and the kernel and Kelvin's radius here are of nitrogen at 77 K."
        )
        raise SpecError(f"{reason} Give an isotherm of nitrogen.")
    if any(flag.code == "adsorptive_temperature_conflict" for flag in given.flags) and abs(given.temperature - given.gas.boiling_point) > 2:
        reason = f"temperature: {given.temperature:g} K is not that of the kernel, 77.35 K."
        raise SpecError(f"{reason} Give an isotherm of nitrogen at 77 K, or correct the metadata.")


def _limited(given: Branch, inside: NDArray[np.bool_], what: str) -> tuple[Array, Array]:
    """Relative pressure and loading of some points."""
    if int(inside.sum()) < _LEAST_POINTS:
        raise CoverageError(f"Pore widths by {what}, in points within its range of pressure,", _LEAST_POINTS, int(inside.sum()))
    return given.x[inside], given.loading[inside]


def _volume(value: float, options: Options, rule: str, misfit: float = 0.0) -> Quantity:
    error = math.hypot(options.fit_relative * value, options.method_relative * value, misfit)
    return Quantity(value, "cm3/g", error, rule=rule)


def _by_kernel(given: Branch, options: Options) -> _Found:
    """Micropores and small mesopores from the kernel."""
    slits = kernel()
    low, high = options.p_limits
    x, loading = _limited(given, slits.covers(given.x) & (given.x >= low) & (given.x <= high), "the kernel")
    found = pore_widths(slits, x, loading, regularisation=options.regularisation)
    residual = float(np.sqrt((found.residual**2).mean()))
    rule = f"kernel DFT-N2-77K-carbon-slit, 0.4 to 9.2 nm, lambda {options.regularisation:g}, p/p0 {x[0]:.2g} to {x[-1]:.3g}"
    rule += f", root mean square residual {residual:.3g} mmol/g"
    total, micro = float(found.volumes.sum()), float(found.volumes[slits.widths <= _MICROPORE].sum())
    flags, misfit = [], 1e-3 * given.gas.liquid_volume * residual
    if total <= 0:
        values = {name: Quantity(None, unit, rule=rule) for name, unit in _KERNEL_VALUES.items()}
        return values, {}, _width_table(slits, found), [Flag("kernel_does_not_fit", "refusal", "No pore of the kernel fits the isotherm.")]
    mode = int(np.argmax(found.density))
    values = {
        "dft_pore_volume": _volume(total, options, rule, misfit),
        "dft_micropore_volume": _volume(micro, options, f"up to 2 nm; {rule}", misfit),
        "mode_width": _mode(float(slits.widths[mode]), float(slits.steps[mode]), "highest dV/dw of the kernel"),
    }
    below = float(found.volumes[slits.widths < _EXTRAPOLATED].sum())
    if below > _WORTH * total:
        message = f"{below:.3g} of {total:.3g} cm3/g lie below 0.5 nm, where the widths are an extrapolation."
        flags.append(Flag("psd_extrapolated", "warning", message))
    full = float(slits.relative_pressure[int(np.argmax(np.diff(slits.loading[:, -1]))) + 1])
    missed = np.abs(found.residual[x > full])
    if missed.size and missed.max() > _MISSED * loading.max():
        message = f"The widest pore of the kernel, {slits.widths[-1]:g} nm, is full at p/p0 = {full:.2f}; wider ones fill behind it, up to "
        message += f"{missed.max():.3g} mmol/g off the fit. Limit the range with p_limits, or take them from BJH or DH."
        flags.append(Flag("kernel_exceeded", "warning", message))
    curves = {
        "distribution": curve_from(_WIDTH, _DENSITY, slits.widths, found.density),
        "isotherm": curve_from(X_AXIS, N_AXIS, x, loading),
        "fitted": curve_from(X_AXIS, N_AXIS, x, found.fitted),
        "residual": curve_from(X_AXIS, _RESIDUAL, x, found.residual),
    }
    return values, curves, _width_table(slits, found), flags


_KERNEL_VALUES = {"dft_pore_volume": "cm3/g", "dft_micropore_volume": "cm3/g", "mode_width": "nm"}


def _mode(width: float, step: float, rule: str) -> Quantity:
    return Quantity(width, "nm", step / 2, rule=f"{rule}; half a step of the widths as error", interval=(width - step, width + step))


def _width_table(slits: Kernel, found: Widths) -> pl.DataFrame:
    density = [float(one) for one in found.density]
    columns = {"width [nm]": slits.widths, "pore_volume [cm3/g]": found.volumes, "pore_density [cm3/g/nm]": density}
    return pl.DataFrame(columns)


def _by_kelvin(given: Branch, options: Options) -> _Found:
    """Mesopores from Kelvin's equation."""
    low, high = max(options.p_limits[0], _MESOPORES[0]), min(options.p_limits[1], _MESOPORES[1])
    inside = (given.x >= low) & (given.x <= high)
    x, _ = _limited(given, inside, options.psd_method.upper())
    liquid = given.volume[inside]
    found = mesopores(x, liquid, temperature=given.temperature, branch=options.branch, method=options.psd_method)
    negative = found.volumes < 0
    volume = float(found.volumes[found.widths >= _KELVIN].sum())
    rule = f"{options.psd_method.upper()}, {options.branch} branch, Harkins-Jura, cylinders, from {_KELVIN:g} nm"
    rule += f", p/p0 {x[0]:.2g} to {x[-1]:.3g}"
    searched = np.where(negative | (found.widths < _MICROPORE), -np.inf, found.distribution)
    if options.branch == "desorption":
        searched = np.where((found.widths > _ARTEFACT[0]) & (found.widths < _ARTEFACT[1]), -np.inf, searched)
    mode = int(np.argmax(searched))
    flags, values = [], {"mesopore_volume": _volume(max(volume, 0.0), options, rule)}
    if np.isfinite(searched[mode]):
        said = "highest dV/dw from 2 nm" + (", but for the artefact of 3.6 to 4.0 nm" if options.branch == "desorption" else "")
        values["mode_width"] = _mode(float(found.widths[mode]), float(np.gradient(found.widths)[mode]), f"{rule}; {said}")
    else:
        values["mode_width"] = Quantity(None, "nm", rule=rule)
        flags.append(Flag("bjh_no_mesopores", "refusal", "No step of the isotherm belongs to a pore of 2 nm or more."))
    if negative.any():
        lost = float(found.volumes[negative].sum())
        message = (
            f"{int(negative.sum())} of {negative.size} steps have a negative volume, {lost:.3g} cm3/g in all; the curve shows them as "
        )
        message += "zero, the table as they are."
        flags.append(Flag("bjh_negative_clipped", "warning", message))
    curves = {
        "distribution": curve_from(_WIDTH, _DENSITY, found.widths, np.maximum(found.distribution, 0.0)),
        "isotherm": curve_from(X_AXIS, N_AXIS, given.x, given.loading),
    }
    return values, curves, _step_table(found), flags


def _step_table(found: Mesopores) -> pl.DataFrame:
    """One row for each step, negative ones among them."""
    return pl.DataFrame(
        {
            "width [nm]": found.widths,
            "pore_volume [cm3/g]": found.volumes,
            "pore_density [cm3/g/nm]": found.distribution,
            "pore_area [m2/g]": found.areas,
        }
    )


def draw(result: Result) -> Figure:
    """The distribution, the isotherm with its fit, and the residual.

    Parameters
    ----------
    result : Result

    Returns
    -------
    Figure
    """
    panels = []
    if "distribution" in result.curves:
        one = result.curves["distribution"]
        panels.append(Panel(one.x_axis, one.y_axis, (Series("Pores", "fitted", one.x, one.y, "analysis", sample="pores"),), "Pore widths"))
    if "isotherm" in result.curves:
        one = result.curves["isotherm"]
        drawn = [Series("Measured", "measured", one.x, one.y, "analysis", sample="isotherm")]
        if "fitted" in result.curves:
            fitted = result.curves["fitted"]
            drawn.append(Series("Kernel", "fitted", fitted.x, fitted.y, "analysis", sample="isotherm"))
        panels.append(Panel(X_AXIS, N_AXIS, tuple(drawn), "Isotherm"))
    if "residual" in result.curves:
        one = result.curves["residual"]
        panels.append(
            Panel(one.x_axis, one.y_axis, (Series("Residual", "measured", one.x, one.y, "analysis", sample="isotherm"),), "Residual")
        )
    if not panels:
        table = result.tables["widths"]
        series = Series("Pores", "fitted", tuple(table["width [nm]"]), tuple(table["pore_density [cm3/g/nm]"]), "analysis")
        panels.append(Panel(_WIDTH, _DENSITY, (series,), "Pore widths"))
    said = []
    names = {"dft_pore_volume": "pores", "dft_micropore_volume": "micropores", "mesopore_volume": "mesopores"}
    for name, word in names.items():
        value = result.values[name].value if name in result.values else None
        said += [] if value is None else [f"{value:.3g} cm3/g of {word}"]
    mode = result.values["mode_width"].value
    said.append("the main width is withheld" if mode is None else f"main width {mode:.3g} nm")
    text = ", ".join(said)
    return Figure("pore-sizes", "Pore widths", f"{text[0].upper()}{text[1:]}.", tuple(panels), width=183)


def synthesise(
    rng: np.random.Generator,
    *,
    noise: float = 1.0,
    dft_pore_volume: float = 0.023,
    mode_width: float = 0.9,
    mesopore_share: float = 0.2,
    points: int = 70,
) -> tuple[tuple[Measurement, ...], Truth]:
    """An isotherm of two slits of the kernel, one of micropores and one of mesopores.

    Parameters
    ----------
    rng : numpy.random.Generator
    noise : float
        [1] factor of all errors: 0.1 % of each loading, 3 % of all of them, 10 % of the kernel.
    dft_pore_volume : float
        [cm3/g]
    mode_width : float
        [nm] of the micropores; the nearest width of the kernel is taken.
    mesopore_share : float
        [1] of the volume, in slits of 3 nm.
    points : int
        [1] of the isotherm, from p/p0 = 1e-6 to 0.95.

    Returns
    -------
    measurements : tuple of Measurement
    truth : mapping
        ``dft_pore_volume`` and ``dft_micropore_volume``.
    """
    slits = kernel()
    if not 0 <= mesopore_share <= 1 or dft_pore_volume <= 0:
        raise SpecError(f"mesopore_share, dft_pore_volume: {mesopore_share}, {dft_pore_volume} are no share between 0 and 1 and no volume.")
    volumes = np.zeros(slits.widths.size)
    for width, share in ((mode_width, 1 - mesopore_share), (_SYNTHETIC_MESOPORE, mesopore_share)):
        volumes[int(np.argmin(np.abs(slits.widths - width)))] += share * dft_pore_volume
    x = np.geomspace(1e-6, 0.95, points)
    common, of_kernel = 1 + noise * np.array([COMMON, METHOD]) * rng.standard_normal(4)[[0, 2]]
    loading = slits.at(x) @ volumes * common * of_kernel * (1 + POINT * noise * rng.standard_normal(points))
    truth = {"dft_pore_volume": dft_pore_volume, "dft_micropore_volume": float(volumes[slits.widths <= _MICROPORE].sum())}
    return (nitrogen_isotherm(x, loading, ("adsorption",) * points, "pore_sizes"),), truth


_SYNTHETIC_MESOPORE = 3.0  # [nm]

TECHNIQUE = Technique(
    name="pore_sizes",
    title="Pore widths from nitrogen sorption",
    measurement="sorption",
    needs=("loading_mol_per_kg",),
    options=Options,
    analyse=analyse,
    draw=draw,
    synthesise=synthesise,
    references=("barrett1951", "dollimore1964", "tikhonov1963", "lawson1974", "thommes2015", "iacomi2019"),
    example=Options(regularisation=1e-6),
)
