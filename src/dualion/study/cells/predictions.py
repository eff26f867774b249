"""How well a calibrated model predicts the numbers it was not fitted to, beside a predictor without any physics.

The trivial predictor is the straight line between the calibration claims against the logarithm of the current,

    y(i) = y_1 + (y_2 - y_1) ln(i / i_1) / ln(i_2 / i_1),

with (i_1, y_1), (i_2, y_2) the two calibration claims around i, or the two nearest ones beyond the first or the last. A model that does
not beat it has shown nothing. Valid for one quantity of one cell. Source: the specification of the study, section 2.2.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from dualion.errors import CoverageError, InputError

#: What a calibration is for, as a study declares it.
CalibrationRole = Literal["calibration", "hard-extrapolation", "all-points"]


@dataclass(frozen=True, slots=True)
class Point:
    """One predicted claim.

    Parameters
    ----------
    claim : str
    current : float
        [mA/g]
    printed, model : float
        In the unit of the score.
    trivial : float or None
        In the unit of the score; None where there are fewer than two calibration claims of this quantity.
    """

    claim: str
    current: float
    printed: float
    model: float
    trivial: float | None


@dataclass(frozen=True, slots=True)
class Score:
    """Errors of a model and of the trivial predictor at the same claims.

    Parameters
    ----------
    rmse, max_error : float
        Of the model, in ``unit``; the largest error by size.
    trivial_rmse, trivial_max_error : float or None
        Of the trivial predictor; None where it cannot be drawn.
    beats_trivial : bool or None
        Whether the model's RMSE is the smaller one.
    sentence : str
        The result in words.
    """

    unit: str
    points: tuple[Point, ...]
    rmse: float
    max_error: float
    trivial_rmse: float | None
    trivial_max_error: float | None
    beats_trivial: bool | None
    sentence: str


def trivial_predictor(calibration_points: Sequence[tuple[float, float]], at: float) -> float:
    """Interpolate calibration claims linearly against the logarithm of the current.

    Parameters
    ----------
    calibration_points : sequence of (float, float)
        Current [mA/g] and value, in any order; the value in one unit.
    at : float
        [mA/g]

    Returns
    -------
    float
        In the unit of the values; beyond the ends on the line through the two nearest points.

    Raises
    ------
    CoverageError
        Fewer than two points.
    InputError
        A current is not positive, or two points have one current.

    Examples
    --------
    >>> round(trivial_predictor([(80.0, 97.0), (800.0, 85.0)], 160.0), 2)
    93.39
    """
    points = sorted(calibration_points)
    if len(points) < 2:
        raise CoverageError("The trivial predictor", 2, len(points))
    currents = [current for current, _ in points]
    if min(*currents, at) <= 0:
        raise InputError(f"trivial_predictor: a current of {min(*currents, at)} mA/g has no logarithm. Give positive currents.")
    if len(set(currents)) < len(currents):
        raise InputError("trivial_predictor: two calibration claims have one current. Keep one of them.")
    right = next((position for position, current in enumerate(currents) if at <= current), len(points) - 1)
    (i_1, y_1), (i_2, y_2) = points[max(right, 1) - 1], points[max(right, 1)]
    return y_1 + (y_2 - y_1) * math.log(at / i_1) / math.log(i_2 / i_1)


def score(points: Sequence[Point], *, unit: str) -> Score:
    """Errors of a model at the claims it was not fitted to, beside those of the trivial predictor.

    Parameters
    ----------
    points : sequence of Point
        At least one, all of one quantity.
    unit : str
        Of the printed and predicted values.

    Raises
    ------
    CoverageError
        No point.
    """
    if not points:
        raise CoverageError("A score of a prediction", 1, 0)
    rmse, largest = _errors([point.model - point.printed for point in points])
    trivial = [point.trivial - point.printed for point in points if point.trivial is not None]
    if len(trivial) < len(points):  # two scores are compared at the same claims or not at all
        sentence = f"RMSE {rmse:.3g} {unit}; no trivial predictor, which takes two calibration claims of this quantity."
        return Score(unit, tuple(points), rmse, largest, None, None, None, sentence)
    trivial_rmse, trivial_largest = _errors(trivial)
    beats = rmse < trivial_rmse
    verb = "beats" if beats else "does not beat"
    sentence = f"The model {verb} the trivial predictor: RMSE {rmse:.3g} against {trivial_rmse:.3g} {unit}."
    return Score(unit, tuple(points), rmse, largest, trivial_rmse, trivial_largest, beats, sentence)


def prediction_entry(result: Score, *, name: str, calibration: str, quantity: str, role: CalibrationRole) -> dict[str, Any]:
    """One row of ``predictions`` in the results document.

    Parameters
    ----------
    result : Score
    name, calibration : str
        The prediction set and the calibration behind it.
    quantity : str
        Registered name of the predicted quantity.
    role : {"calibration", "hard-extrapolation", "all-points"}
        Of the calibration.

    Returns
    -------
    dict
        Plain data in the form of ``PredictionForm``.
    """
    plain = asdict(result)
    points = [dict(point) for point in plain.pop("points")]
    return {"name": name, "calibration": calibration, "role": role, "quantity": quantity, "points": points, **plain}


def _errors(residuals: Sequence[float]) -> tuple[float, float]:
    rmse = math.sqrt(sum(residual**2 for residual in residuals) / len(residuals))
    return rmse, max(abs(residual) for residual in residuals)
