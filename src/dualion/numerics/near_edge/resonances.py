"""Step and resonances of a C K-edge by least squares.

    y(E) = s S((E - E_s) / w_s) + sum_k h_k exp(-4 ln2 ((E - E_k) / w_k)^2)
    S erf:     (1 + erf(2 sqrt(ln2) t)) / 2            S arctan:   1/2 + arctan(2 t) / pi

pi* (284.2 to 285.6 eV), three resonances of C-H and C-O bonds (286.5, 287.6, 288.6, each within 0.3 eV) and three of sigma* (292 to 305).
The step lies within 289 and 292 eV, unless its energy is given, and is no wider than 2 eV: core hole and instrument allow no more. Standard
errors are those of least squares with the scatter of the residuals, times sqrt((1 + r) / (1 - r)) where neighbouring residuals correlate by
r: a model that misses features leaves residuals that are no noise.

References: Stohr 1992 (step and widths); Bayley & Hammersley 1946 (correlated residuals).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.optimize import least_squares
from scipy.special import erf

from dualion.errors import CoverageError
from dualion.numerics.near_edge.spectrum import Array

Step = Literal["erf", "arctan"]

_FOUR_LN2 = 4 * math.log(2)
_AREA = math.sqrt(math.pi / math.log(2)) / 2  # of a Gauss peak of unit height and width
#: Name, start, lowest and highest centre [eV]; start, lowest and highest width [eV].
RESONANCES = (
    ("pi*", 284.9, 284.2, 285.6, 1.2, 0.6, 2.5),
    ("C-H 286.5", 286.5, 286.2, 286.8, 1.0, 0.4, 2.5),
    ("C-H 287.6", 287.6, 287.3, 287.9, 1.0, 0.4, 2.5),
    ("C-O 288.6", 288.6, 288.3, 288.9, 1.0, 0.4, 2.5),
    ("sigma* 293", 293.0, 292.0, 296.0, 3.0, 1.0, 8.0),
    ("sigma* 297", 297.0, 294.0, 300.0, 6.0, 2.0, 12.0),
    ("sigma* 303", 303.0, 300.0, 305.0, 10.0, 3.0, 20.0),
)
#: [eV] energy and width of the step.
STEP, STEP_WIDTH = (289.0, 292.0), (0.3, 2.0)
_START_STEP, _START_WIDTH, _MOST_HEIGHT = 290.5, 1.0, 50.0
#: [eV] standard error above which the step is not determined.
STEP_ERROR = 0.5
_AT_BOUND = 1e-3  # of the range
_MOST_CORRELATED = 0.95
_MOST_EVALUATIONS = 400
FEWEST = 40


@dataclass(frozen=True, slots=True)
class Component:
    """One resonance: name, centre, width and height, area, and standard errors of centre, width and area.

    Parameters
    ----------
    name : str
    centre, width, area : float
        [eV]
    height : float
        [1]
    centre_error, width_error, area_error : float
        [eV]
    """

    name: str
    centre: float
    width: float
    height: float
    area: float
    centre_error: float
    width_error: float
    area_error: float


@dataclass(frozen=True, slots=True)
class Resonances:
    """The fit.

    Parameters
    ----------
    components : tuple of Component
        The first is pi*.
    step_height, step_energy, step_width, step_error : float
        [1], [eV], [eV], and the standard error [eV] of the energy.
    step_at_bound : bool
        Whether energy or width of the step ended at a bound.
    freedom : int
        Degrees of freedom [1].
    rms : float
        [1] of the residuals.
    inflation : float
        [1] by which correlated residuals raise the errors.
    energy, fitted, step : ndarray, shape (n,)
        [eV], [1], [1]
    pi_response : ndarray, shape (n,)
        [eV] by which the area of pi* changes with each ordinate.
    """

    components: tuple[Component, ...]
    step_height: float
    step_energy: float
    step_width: float
    step_error: float
    step_at_bound: bool
    freedom: int
    rms: float
    inflation: float
    energy: Array
    fitted: Array
    step: Array
    pi_response: Array

    @property
    def pi(self) -> Component:
        """The pi* resonance."""
        return self.components[0]

    @property
    def step_determined(self) -> bool:
        """Whether the data tell where the step is."""
        return not self.step_at_bound and self.step_error <= STEP_ERROR


def model(energy: Array, p: Array, step: Step = "erf") -> Array:
    """Step and resonances.

    Parameters
    ----------
    energy : ndarray, shape (n,)
        [eV]
    p : ndarray, shape (3 k + 3,)
        Height [1], centre [eV] and width [eV] of each resonance, then height, energy and width of the step.
    step : {"erf", "arctan"}

    Returns
    -------
    ndarray, shape (n,)
        [1]
    """
    heights, centres, widths = p[:-3].reshape(-1, 3).T
    peaks = np.exp(-_FOUR_LN2 * ((energy[:, None] - centres) / widths) ** 2) @ heights
    return np.asarray(peaks + p[-3] * _step((energy - p[-2]) / p[-1], step))


def _step(t: Array, step: Step) -> Array:
    if step == "erf":
        return np.asarray(0.5 * (1 + erf(2 * math.sqrt(math.log(2)) * t)))
    return np.asarray(0.5 + np.arctan(2 * t) / math.pi)


def _jacobian(energy: Array, p: Array, step: Step) -> Array:
    """Derivatives of the model."""
    heights, centres, widths = p[:-3].reshape(-1, 3).T
    t = (energy[:, None] - centres) / widths
    peaks = np.exp(-_FOUR_LN2 * t * t)
    by_centre = heights * peaks * 2 * _FOUR_LN2 * t / widths
    found = np.empty((energy.size, p.size))
    found[:, 0:-3:3], found[:, 1:-3:3], found[:, 2:-3:3] = peaks, by_centre, by_centre * t
    t = (energy - p[-2]) / p[-1]
    slope = 2 * math.sqrt(math.log(2) / math.pi) * np.exp(-_FOUR_LN2 * t * t) if step == "erf" else 2 / math.pi / (1 + 4 * t * t)
    found[:, -3], found[:, -2], found[:, -1] = _step(t, step), -p[-3] * slope / p[-1], -p[-3] * slope * t / p[-1]
    return found


def resonances(energy: Array, y: Array, *, step: Step = "erf", step_energy: float | None = None) -> Resonances:
    """Fit step and resonances to a normalised spectrum.

    Parameters
    ----------
    energy : ndarray, shape (n,)
        [eV] rising.
    y : ndarray, shape (n,)
        [1]
    step : {"erf", "arctan"}
    step_energy : float or None
        [eV] of the step, where it is known.

    Returns
    -------
    Resonances

    Raises
    ------
    CoverageError
        Fewer than forty points.
    """
    if energy.size < FEWEST:
        raise CoverageError("The fit of a carbon edge, in points,", FEWEST, int(energy.size))
    rows = [(one[1:4], one[4:7]) for one in RESONANCES]
    start = [value for centre, width in rows for value in (0.5, centre[0], width[0])]
    low = [value for centre, width in rows for value in (0.0, centre[1], width[1])]
    high = [value for centre, width in rows for value in (_MOST_HEIGHT, centre[2], width[2])]
    known = step_energy is not None
    at = _START_STEP if step_energy is None else step_energy
    whole = np.array([*start, 0.8, at, _START_WIDTH])
    bottom, top = np.array([*low, 0.0, STEP[0], STEP_WIDTH[0]]), np.array([*high, _MOST_HEIGHT, STEP[1], STEP_WIDTH[1]])
    free = np.ones(whole.size, dtype=bool)
    free[-2] = not known

    def filled(p: Array) -> Array:
        q = whole.copy()
        q[free] = p
        return q

    found = least_squares(
        lambda p: model(energy, filled(p), step) - y,
        whole[free],
        jac=lambda p: _jacobian(energy, filled(p), step)[:, free],
        bounds=(bottom[free], top[free]),
        x_scale="jac",
        max_nfev=_MOST_EVALUATIONS,
        ftol=1e-10,
        xtol=1e-10,
    )
    return _report(energy, filled(found.x), np.asarray(found.jac), np.asarray(found.fun), free, bottom, top, step)


def _report(energy: Array, p: Array, jacobian: Array, rest: Array, free: Array, bottom: Array, top: Array, step: Step) -> Resonances:
    freedom = energy.size - int(free.sum())
    inflation = _inflation(rest)
    near = np.minimum(p - bottom, top - p)[free] < _AT_BOUND * (top - bottom)[free]
    inside = np.flatnonzero(free)[~near]  # a parameter at its bound is held there; the others keep their own errors
    inverse = np.zeros((p.size, energy.size))
    inverse[inside] = np.linalg.pinv(jacobian[:, ~near])
    covariance = inverse @ inverse.T * float(rest @ rest) / freedom * inflation**2
    components = []
    for number, row in enumerate(RESONANCES):
        height, centre, width = (float(one) for one in p[3 * number : 3 * number + 3])
        own = covariance[3 * number : 3 * number + 3, 3 * number : 3 * number + 3]
        gradient = _AREA * np.array([width, 0.0, height])
        area = math.sqrt(max(float(gradient @ own @ gradient), 0.0))
        errors = np.sqrt(np.maximum(np.diag(own), 0.0))
        components.append(Component(row[0], centre, width, height, _AREA * height * width, float(errors[1]), float(errors[2]), area))
    of_step = np.minimum(p - bottom, top - p)[-2:] < _AT_BOUND * (top - bottom)[-2:]
    bound = bool(of_step[1] or (of_step[0] and free[-2]))
    curve = p[-3] * _step((energy - p[-2]) / p[-1], step)
    return Resonances(
        components=tuple(components),
        step_height=float(p[-3]),
        step_energy=float(p[-2]),
        step_width=float(p[-1]),
        step_error=math.sqrt(max(float(covariance[-2, -2]), 0.0)),
        step_at_bound=bound,
        freedom=freedom,
        rms=math.sqrt(float(np.mean(rest**2))),
        inflation=inflation,
        energy=energy,
        fitted=model(energy, p, step),
        step=np.asarray(curve),
        pi_response=_AREA * np.array([p[2], 0.0, p[0]]) @ inverse[:3],
    )


def _inflation(rest: Array) -> float:
    """By how much correlated residuals raise standard errors."""
    total = float(rest @ rest)
    r = float(rest[1:] @ rest[:-1]) / total if total > 0 else 0.0
    r = min(max(r, 0.0), _MOST_CORRELATED)
    return math.sqrt((1 + r) / (1 - r))
