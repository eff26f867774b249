"""Quantities of a fitted pattern: distances, widths, sizes and layers, with the errors of the fit and of the background.

    u^2 = u_fit^2 + u_method^2        0.05 angstrom for d002, 10 % for L_c, 25 % for L_a (100)

The second part is what choices of background and convention change; it is added to that of the fit, for which the counts alone would give
a hundredth of it. Sizes and widths are positive and known by a factor.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from dualion.numerics.diffraction.geometry import GRAPHITE, TURBOSTRATIC, Instrument, graphitisation, size, spacing, without_instrument
from dualion.numerics.diffraction.pattern import Pattern, lean
from dualion.numerics.diffraction.synthesis import D002_ERROR, LA_ERROR, LC_ERROR
from dualion.numerics.spectra.intervals import factor_interval
from dualion.records.quantity import Flag, Quantity

#: [angstrom] size above which strain and the instrument widen a line as much as it does.
SCHERRER_LIMIT = 500.0
#: [angstrom] between the raw and a corrected distance of layers beyond which the correction matters.
LP_SHIFT = 0.05
#: How much wider the upper half of (100) is than the lower, over their mean, beyond which it is called asymmetric.
ASYMMETRIC = 0.2
_SIGNIFICANT, _ABOVE_REST = 3.0, 1.0  # [1] of a height over its error, and over the residuals
_TENTH = 0.1  # nm in an angstrom
_NEVER_ON_BOUND = ("002 centre", "002 fwhm", "100 centre", "100 fwhm")


@dataclass(frozen=True, slots=True)
class Sizing:
    """How widths become sizes.

    Parameters
    ----------
    K002, K100 : float
        [1]
    instrument : float or None
        Full width that the instrument adds [deg].
    shape : {"gauss", "lorentz"}
        Of that width.
    """

    K002: float
    K100: float
    instrument: float | None
    shape: Instrument


def layer_quantities(pattern: Pattern, sizing: Sizing, *, basis: str) -> tuple[dict[str, Quantity], list[Flag]]:
    """What the reflections as measured give.

    Parameters
    ----------
    pattern : Pattern
    sizing : Sizing
    basis : str
        Profile, window and wavelength, for the rules.
    """
    refused = {name: why for name in ("002", "100") if (why := missing(pattern, name))}
    flags = [Flag("no_reflection", "refusal", why) for why in refused.values()]
    found: dict[str, Quantity] = {}
    if "002" in refused:
        units = {"position_002": "deg", "fwhm_002": "deg", "d002": "angstrom", "l_c": "angstrom", "stacked_layers": "1", "r_ratio": "1"}
        found |= {name: Quantity(None, unit, rule=basis) for name, unit in units.items()}
    else:
        found |= _interlayer(pattern, basis)
        found["l_c"], more = _size(pattern, "002", sizing, LC_ERROR, basis)
        found["stacked_layers"] = _layers(found["l_c"], found["d002"])
        flags += more
    if "100" in refused:
        units = {"position_100": "deg", "fwhm_100": "deg", "l_a": "angstrom", "asymmetry_100": "1"}
        found |= {name: Quantity(None, unit, rule=basis) for name, unit in units.items()}
    else:
        found |= _in_plane(pattern, basis)
        found["l_a"], more = _size(pattern, "100", sizing, LA_ERROR, basis)
        flags += more
    return found, [*flags, *_findings(pattern, found)]


def missing(pattern: Pattern, name: str) -> str | None:
    """Why a reflection is none; None where it is one.

    Parameters
    ----------
    pattern : Pattern
    name : {"002", "100"}
    """
    fit = pattern.fit
    if not fit.converged:
        return f"The fit did not reach a minimum, so ({name}) is withheld: narrow the window, or take another profile."
    held = [one for one in fit.at_bound if one in _NEVER_ON_BOUND and one.startswith(name)]
    if held:
        return f"({name}) is not found: {', '.join(held)} ended on a bound. Check the window and the wavelength."
    height, error = fit.value(name, "height"), fit.stderr(name, "height")
    if height <= _SIGNIFICANT * error or height <= _ABOVE_REST * fit.rms:
        return f"({name}) does not stand out of the noise."
    return None


def _interlayer(pattern: Pattern, basis: str) -> dict[str, Quantity]:
    fit = pattern.fit
    centre, width, height = (fit.value("002", name) for name in ("centre", "fwhm", "height"))
    d = spacing(centre, pattern.wavelength)
    per_degree = math.radians(1) / 2 / math.tan(math.radians(centre) / 2) * d  # [angstrom/deg]
    u = math.hypot(per_degree * fit.stderr("002", "centre"), D002_ERROR)
    relative = math.hypot(fit.stderr("002", "fwhm") / width, LC_ERROR)
    below = pattern.at("background", centre) + (pattern.at("100", centre) if "100" in {term.name for term in fit.terms} else 0.0)
    found = {
        "position_002": Quantity(centre, "deg", u / per_degree, rule=basis),
        "fwhm_002": Quantity(
            width, "deg", width * relative, rule=f"{basis}, with the instrument", interval=factor_interval(width, relative)
        ),
        "d002": Quantity(d, "angstrom", u, rule=f"Bragg, {basis}; 0.05 angstrom for the background"),
    }
    if below > 0:
        rule = f"peak and background over background at (002), {basis}; no standard error: it hangs on the background"
        found["r_ratio"] = Quantity((height + below) / below, "1", rule=rule)
    return found


def _in_plane(pattern: Pattern, basis: str) -> dict[str, Quantity]:
    fit = pattern.fit
    centre, width = fit.value("100", "centre"), fit.value("100", "fwhm")
    relative = math.hypot(fit.stderr("100", "fwhm") / width, LA_ERROR)
    leans, error = lean(pattern)
    return {
        "position_100": Quantity(centre, "deg", fit.stderr("100", "centre"), rule=f"{basis}; error of the fit alone"),
        "fwhm_100": Quantity(
            width, "deg", width * relative, rule=f"{basis}, with the instrument", interval=factor_interval(width, relative)
        ),
        "asymmetry_100": Quantity(leans, "1", error, rule="upper less lower half-width over their mean, one step from the symmetric fit"),
    }


def _size(pattern: Pattern, name: str, sizing: Sizing, method: float, basis: str) -> tuple[Quantity, list[Flag]]:
    """L_c or L_a, or why there is none."""
    centre, measured = pattern.fit.value(name, "centre"), pattern.fit.value(name, "fwhm")
    factor = sizing.K002 if name == "002" else sizing.K100
    width: float | None = measured
    said = "instrument not taken off: a lower bound"
    if sizing.instrument is not None:
        width = without_instrument(measured, sizing.instrument, sizing.shape)
        said = f"instrument {sizing.instrument:g} deg ({sizing.shape}) taken off"
    rule = f"Scherrer with K = {factor:g}, {basis}, {said}"
    if width is None:
        message = f"({name}) is {measured:.3f} deg wide and the instrument {sizing.instrument:g} deg: the sample widens it by nothing."
        return Quantity(None, "angstrom", rule=rule), [Flag("beta_below_instrument", "refusal", message)]
    length = size(centre, width, wavelength=pattern.wavelength, factor=factor)
    # d beta / beta = (B / beta)^2 dB / B for a Gauss, (B / beta) dB / B for a Lorentz instrument
    steeper = (measured / width) ** (2 if sizing.shape == "gauss" else 1)
    relative = math.hypot(steeper * pattern.fit.stderr(name, "fwhm") / measured, method)
    flags = []
    if length > SCHERRER_LIMIT:
        message = f"({name}) gives {length * _TENTH:.0f} nm: above 50 nm strain and the instrument widen a line as much as the size does."
        flags.append(Flag("scherrer_limit", "warning", message))
    return Quantity(length, "angstrom", length * relative, rule=rule, interval=factor_interval(length, relative)), flags


def _layers(height: Quantity, d: Quantity) -> Quantity:
    """Number of layers of a stack."""
    rule = "L_c / d002, raw"
    if not height.value or not d.value:
        return Quantity(None, "1", rule=rule)
    number = height.value / d.value
    relative = math.hypot((height.stderr or 0.0) / height.value, (d.stderr or 0.0) / d.value)
    return Quantity(number, "1", number * relative, rule=rule, interval=factor_interval(number, relative))


def _findings(pattern: Pattern, found: dict[str, Quantity]) -> list[Flag]:
    flags = []
    leans = found["asymmetry_100"]
    if leans.value is not None and abs(leans.value) > max(ASYMMETRIC, _SIGNIFICANT * (leans.stderr or 0.0)):
        message = (
            f"(100) is {abs(leans.value):.0%} wider on one side: it is the band of single layers, and L_a of a symmetric peak is nominal."
        )
        flags.append(Flag("asymmetric_100", "warning", message))
    fit, centre = pattern.fit, found["position_002"].value
    if centre is not None:
        tail = pattern.at("background", centre) - fit.value("background", "constant")
        if tail > fit.value("002", "height"):
            message = (
                f"The tail of small-angle scattering at (002) is {tail / fit.value('002', 'height'):.1f} times as high as the reflection."
            )
            flags.append(Flag("background_tail_dominates", "warning", message))
    return flags


def corrected_quantities(
    pattern: Pattern, sizing: Sizing, *, which: str, suffix: str, basis: str
) -> tuple[dict[str, Quantity], list[Flag]]:
    """The distance, width and height of stacks after a correction of the intensities.

    Parameters
    ----------
    pattern : Pattern
    sizing : Sizing
    which : str
        Of the correction, for the rules.
    suffix : str
        Of the names, such as ``"lp"``.
    basis : str
    """
    why = missing(pattern, "002")
    rule = f"intensities divided by {which}, {basis}"
    if why:
        units = {f"d002_{suffix}": "angstrom", f"fwhm_002_{suffix}": "deg", f"l_c_{suffix}": "angstrom"}
        message = f"After division by {which}: {why}"
        return {name: Quantity(None, unit, rule=rule) for name, unit in units.items()}, [Flag("no_reflection", "refusal", message)]
    own = _interlayer(pattern, rule)
    length, _ = _size(pattern, "002", sizing, LC_ERROR, rule)
    return {f"d002_{suffix}": own["d002"], f"fwhm_002_{suffix}": own["fwhm_002"], f"l_c_{suffix}": length}, []


def shift_flags(found: dict[str, Quantity]) -> list[Flag]:
    """A warning where the correction moves d002 by more than 0.05 angstrom.

    Parameters
    ----------
    found : dict of str to Quantity
        In angstrom.
    """
    raw = found["d002"].value
    corrected = [one.value for name in ("d002_lp", "d002_corrected") if (one := found.get(name)) is not None and one.value is not None]
    if raw is None or not corrected or max(abs(raw - one) for one in corrected) <= LP_SHIFT:
        return []
    said = " and ".join(f"{one:.3f}" for one in corrected)
    message = f"d002 is {raw:.3f} angstrom as measured and {said} after correction: compare values of one convention only."
    return [Flag("lp_shift", "warning", message)]


def graphitisation_quantity(d002: Quantity, *, asked: bool) -> tuple[dict[str, Quantity], list[Flag]]:
    """Degree of graphitisation, withheld where the layers are wider apart than turbostratic ones.

    Parameters
    ----------
    d002 : Quantity
        In angstrom.
    asked : bool
        Whether it is given, withheld, even where it means nothing.
    """
    rule = "(0.3440 - d002) / (0.3440 - 0.3354) in nm, raw"
    degree = None if d002.value is None else graphitisation(_TENTH * d002.value)
    if degree is not None:
        stderr = _TENTH * (d002.stderr or 0.0) / (TURBOSTRATIC - GRAPHITE)
        return {"graphitisation": Quantity(degree, "1", stderr, rule=rule)}, []
    if not asked or d002.value is None:
        return {}, []
    message = f"d002 is {d002.value:.3f} angstrom, and above 3.440 a degree of graphitisation would be negative."
    return {"graphitisation": Quantity(None, "1", rule=rule)}, [Flag("not_meaningful", "refusal", message)]
