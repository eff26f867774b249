"""The pattern of a disordered carbon: (002), the two-dimensional (10) or (100), small-angle scattering that tails off, and a constant.

    I = I_002 + I_100 + A exp(-k (2 theta - 2 theta_0)) + B                       the pattern as it was measured
    I / LP  or  I / (LP f^2) = I_002 + a parabola                                  up to d = 2.495 angstrom, below (100)

The reflections are pseudo-Voigt, Lorentz or Gauss peaks. Division by LP and f^2 lifts the background towards high angles, so that the
corrected pattern has a sloping and bent one, and (002) is fitted alone. How much (100) leans is the first step of a fit in which its upper
and lower half may differ in width: the reflection of single layers is steep on its low-angle side (Warren 1941), which no symmetric peak
follows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from dualion.errors import CoverageError
from dualion.numerics.diffraction.geometry import Array, angle, carbon_form_factor, lorentz_polarisation
from dualion.numerics.spectra.fitting import TermFit, fit_terms
from dualion.numerics.spectra.terms import Shape, Term, evaluated

Profile = Literal["pseudo_voigt", "lorentz", "gauss"]
Correction = Literal["lp", "lpf2"]

#: [angstrom] distances between which a reflection is sought, and where it usually is.
D002, D002_USUAL, D100, D100_USUAL = (3.2, 4.7), 3.65, (1.90, 2.25), 2.06
#: [angstrom] lower end of the corrected pattern, between (002) and (100).
_CORRECTED_TO = 2.495
#: Start of the full widths [deg], and shares of the span of the window between which they are sought.
_WIDTHS, _NARROWEST, _WIDEST = {"002": 6.0, "100": 4.0}, 1e-3, 0.5
_DECAYS = (0.15, 0.01, 3.0)  # [1/deg] of small-angle scattering: start, lowest, highest
_FEWEST = 24
_HIGHEST, _LEAST = 5.0, 1e-3  # [1] of a height over that of the pattern; start of a tail that the data do not show


@dataclass(frozen=True, slots=True, eq=False)
class Pattern:
    """A fitted pattern.

    Parameters
    ----------
    fit : TermFit
        With the terms ``"002"``, ``"background"``, and ``"100"`` where it was fitted.
    wavelength : float
        [angstrom]
    """

    fit: TermFit
    wavelength: float

    @property
    def background(self) -> Array:
        """All but the reflections, shape (n,), in the unit of the intensity."""
        return self.fit.curve("background")

    def at(self, name: str, two_theta: float) -> float:
        """A term at one angle [deg], in the unit of the intensity."""
        return float(self.fit.curve(name, np.array([two_theta]))[0])


def fit_pattern(x: Array, y: Array, *, wavelength: float, profile: Profile = "pseudo_voigt", weights: Array | None = None) -> Pattern:
    """Fit (002), (100), tail and constant.

    Parameters
    ----------
    x : ndarray, shape (n,)
        2 theta [deg], rising, of the window.
    y : ndarray, shape (n,)
        Intensity, in any [unit].
    wavelength : float
        [angstrom]
    profile : {"pseudo_voigt", "lorentz", "gauss"}
    weights : ndarray, shape (n,), or None
        [1] one over the standard error of each point.

    Returns
    -------
    Pattern

    Raises
    ------
    CoverageError
        Too few points, or the window does not hold both reflections.
    """
    _check(x, wavelength, (D002[0], D100_USUAL))
    scale = float(np.abs(y).max()) or 1.0
    peaks = [_reflection(name, x, y, wavelength, profile, scale) for name in ("002", "100")]
    return Pattern(fit_terms(x, y, [*peaks, _tail(x, y, scale)], weights=weights), wavelength)


def fit_corrected(x: Array, y: Array, *, wavelength: float, correction: Correction, profile: Profile = "pseudo_voigt") -> Pattern:
    """Fit (002) to the pattern divided by LP, or by LP and the square of the form factor.

    Parameters
    ----------
    x : ndarray, shape (n,)
        2 theta [deg], rising, of the window.
    y : ndarray, shape (n,)
        Intensity, in any [unit].
    wavelength : float
        [angstrom]
    correction : {"lp", "lpf2"}
    profile : {"pseudo_voigt", "lorentz", "gauss"}

    Returns
    -------
    Pattern

    Raises
    ------
    CoverageError
        Too few points, or the window does not hold (002).
    """
    below = x <= angle(_CORRECTED_TO, wavelength)
    x, y = x[below], y[below]
    divisor = lorentz_polarisation(x)
    if correction == "lpf2":
        divisor = divisor * carbon_form_factor(x, wavelength) ** 2
    return fit_interlayer(x, y / divisor, wavelength=wavelength, profile=profile)


def fit_interlayer(x: Array, y: Array, *, wavelength: float, profile: Profile = "pseudo_voigt", start: Sequence[float] = ()) -> Pattern:
    """Fit (002) alone on a parabola, as of one frame of a series.

    Parameters
    ----------
    x : ndarray, shape (n,)
        2 theta [deg], rising, all below (100).
    y : ndarray, shape (n,)
        Intensity, in any [unit].
    wavelength : float
        [angstrom]
    profile : {"pseudo_voigt", "lorentz", "gauss"}
    start : sequence of float
        Parameters of an earlier fit, in the [unit] of each.

    Returns
    -------
    Pattern

    Raises
    ------
    CoverageError
        Too few points, or they do not hold (002).
    """
    below = x <= angle(_CORRECTED_TO, wavelength)
    x, y = x[below], y[below]
    _check(x, wavelength, (D002[0],))
    scale = float(np.abs(y).max()) or 1.0
    peak = _reflection("002", x, y, wavelength, profile, scale)
    return Pattern(fit_terms(x, y, [peak, _parabola(x, y, scale)], start=start), wavelength)


def _check(x: Array, wavelength: float, held: tuple[float, ...]) -> None:
    if x.size < _FEWEST:
        raise CoverageError("The fit of a pattern, in rows within the window,", _FEWEST, int(x.size))
    for d in held:
        inside = int(((x > angle(d, wavelength) - 1) & (x < angle(d, wavelength) + 1)).sum())
        if not inside:
            raise CoverageError(f"A pattern of carbon, in rows near 2 theta = {angle(d, wavelength):.1f} deg,", 1, 0)


def _reflection(name: str, x: Array, y: Array, wavelength: float, profile: Profile, scale: float) -> Term:
    (low, high), usual = (D002, D002_USUAL) if name == "002" else (D100, D100_USUAL)
    centres = (angle(usual, wavelength), angle(high, wavelength), angle(low, wavelength))
    inside = (x >= centres[1]) & (x <= centres[2])
    share = 0.5 if name == "002" else 0.15  # of the range of the pattern: it only starts the fit
    begin = float(x[inside][np.argmax(y[inside])]) if name == "002" and inside.any() else centres[0]
    begin = float(np.clip(begin, centres[1], centres[2])) if abs(begin - centres[1]) > 1 else centres[0]
    span = float(x[-1] - x[0])
    rows = [
        (begin, centres[1], centres[2]),
        (share * float(np.ptp(y)) or scale, 0.0, _HIGHEST * scale),
        (min(_WIDTHS[name], _WIDEST * span), _NARROWEST * span, _WIDEST * span),
    ]
    if profile == "pseudo_voigt":
        rows.append((0.5, 0.0, 1.0))
    shape: Shape = profile
    start, least, most = (tuple(float(row[k]) for row in rows) for k in range(3))
    return Term(name, shape, start, least, most)


def _tail(x: Array, y: Array, scale: float) -> Term:
    low, most = float(y.min()), _HIGHEST * scale
    rows = [(max(float(y[0]) - low, _LEAST * scale), 0.0, 2 * most), _DECAYS, (low, -scale, most)]
    start, least, highest = (tuple(float(row[k]) for row in rows) for k in range(3))
    return Term("background", "tail", start, least, highest, anchor=float(x[0]))


def _parabola(x: Array, y: Array, scale: float) -> Term:
    span, most = float(x[-1] - x[0]), 2 * _HIGHEST * scale
    bounds = (most, most / span, most / span**2)
    start = (float(y.min()), 0.0, 0.0)
    return Term("background", "parabola", start, tuple(-one for one in bounds), bounds, anchor=float(x[0] + x[-1]) / 2)


def lean(pattern: Pattern, name: str = "100") -> tuple[float, float]:
    """How much wider the upper half of a reflection is than its lower half, over their mean, and the standard error of it [1].

    One Gauss-Newton step from the symmetric fit, in which all parameters may move.

    Parameters
    ----------
    pattern : Pattern
    name : str
        Of the reflection.
    """
    fit = pattern.fit
    parts = [evaluated(term, fit.x, fit.values[fit.places(term.name)]) for term in fit.terms]
    jacobian = np.vstack([slopes for _, slopes in parts]).T
    at = fit.places(name)
    centre, _, width = fit.values[at][:3]
    # a width w (1 + a) above and w (1 - a) below the centre: d/da is d/dw times w, with the sign of the side
    extra = np.sign(fit.x - centre) * jacobian[:, at.start + 2] * width
    design = np.column_stack([jacobian, extra])
    lengths = np.maximum(np.sqrt((design**2).sum(axis=0)), np.finfo(float).tiny)
    scaled = design / lengths
    rest = fit.y - fit.model
    step, *_ = np.linalg.lstsq(scaled, rest, rcond=None)
    freedom = max(fit.x.size - design.shape[1], 1)
    variance = float(((rest - scaled @ step) ** 2).sum()) / freedom
    spread = math.sqrt(max(variance * float(np.linalg.pinv(scaled.T @ scaled, hermitian=True)[-1, -1]), 0.0))
    return 2 * float(step[-1] / lengths[-1]), 2 * spread / float(lengths[-1])
