"""Craters to states, and states to a line of sodium over charge."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dualion.numerics.depth_profile.plateaus import Level, Window, level, plateau
from dualion.numerics.depth_profile.sodium import LEAST_CRATERS, content_of_charge, content_of_ratio, pooled_scatter, x_of_charge
from dualion.numerics.lines import Line, deming_line, ols_line

Array = NDArray[np.float64]

#: Fewest different charges [1] of a line.
LEAST_STATES = 3
_PERCENT = 100.0


@dataclass(frozen=True, slots=True)
class Crater:
    """One profile and its level part.

    Parameters
    ----------
    key : tuple of str
        Equal for craters of one state.
    name : str
    charge : float or None
        [mAh/g]
    x, ratio : ndarray, shape (n,)
        Sputter time [s] or depth [nm], and the ratio of the signals [1].
    window : Window
    stated : bool
        Whether the user gave the window.
    sodium, divisor, level : Level
        The two signals and their ratio in the window.
    """

    key: tuple[str, ...]
    name: str
    charge: float | None
    x: Array
    ratio: Array
    window: Window
    stated: bool
    sodium: Level
    divisor: Level
    level: Level

    @property
    def q(self) -> float:
        """Ratio [1] of the means, which noise of the divisor does not move."""
        return self.sodium.mean / self.divisor.mean


@dataclass(frozen=True, slots=True)
class State:
    """Craters of one state.

    Parameters
    ----------
    craters : tuple of Crater
    q, stderr : float
        [1] ratio of the signals.
    freedom : float
        Degrees of freedom [1] behind its error.
    rule : str
        What the error is.
    """

    craters: tuple[Crater, ...]
    q: float
    stderr: float
    freedom: float
    rule: str

    @property
    def charge(self) -> float | None:
        """Charge [mAh/g]."""
        return self.craters[0].charge


def crater_of(
    x: Array, sodium: Array, divisor: Array, *, key: tuple[str, ...], name: str, charge: float | None, window: tuple[float, float] | None
) -> Crater | None:
    """A crater with its window; None where there are too few points in it, or no signal.

    Parameters
    ----------
    x : ndarray, shape (n,)
        Sputter time [s] or depth [nm], rising.
    sodium, divisor : ndarray, shape (n,)
        Signals, in any [unit].
    key : tuple of str
    name : str
    charge : float or None
        [mAh/g]
    window : tuple of two floats or None
        In the [unit] of x; the first level part where None.
    """
    ratio = sodium / divisor
    found = Window(*window, level=True) if window is not None else plateau(x, ratio)
    parts = [level(x, y, found.start, found.end) for y in (sodium, divisor, ratio)]
    if parts[0] is None or parts[1] is None or parts[2] is None:
        return None
    return Crater(key, name, charge, x, ratio, found, window is not None, parts[0], parts[1], parts[2])


def states_of(craters: Sequence[Crater], *, matrix_error: float) -> list[State]:
    """Craters grouped by state, in their order.

    Parameters
    ----------
    craters : sequence of Crater
    matrix_error : float
        Relative standard error [1] of a ratio of one or two craters.
    """
    groups: dict[tuple[str, ...], list[Crater]] = {}
    for one in craters:
        groups.setdefault(one.key, []).append(one)
    pool = pooled_scatter([[one.q for one in some] for some in groups.values()])
    states = []
    for some in groups.values():
        q, count = float(np.mean([one.q for one in some])), len(some)
        if pool is not None and count >= LEAST_CRATERS:
            rule = f"{count} craters, scatter pooled over the states ({pool[1]} degrees of freedom)"
            states.append(State(tuple(some), q, abs(q) * pool[0] / math.sqrt(count), pool[1], rule))
            continue
        points = [one.q * one.level.stderr / one.level.mean for one in some]
        rule = f"{count} crater{'s' if count > 1 else ''}, scatter in the window and a matrix term of {_PERCENT * matrix_error:g} %"
        u = math.hypot(math.hypot(*points) / count, matrix_error * abs(q))
        states.append(State(tuple(some), q, u, math.inf, rule))
    return states


def lines_of(states: Sequence[State], *, calibration: float | None, irreversible: float, charge_error: float) -> dict[str, Line]:
    """Lines over the charge of the states that have one; none with fewer than three charges.

    Parameters
    ----------
    states : sequence of State
    calibration : float or None
        Ratio [1] of the signals of equal numbers of atoms. With it sodium [mmol/g] is over that of the charge [mmol/g], without it the
        ratio is over the charge [mAh/g].
    irreversible : float
        [mAh/g] taken off the charges.
    charge_error : float
        Relative standard error [1] of a charge.

    Returns
    -------
    dict of str to Line
        ``"ols"`` and ``"deming"``.
    """
    known = [(one, one.charge) for one in states if one.charge is not None]
    if len({charge for _, charge in known}) < LEAST_STATES:
        return {}
    across = 1.0 if calibration is None else content_of_charge(1.0)
    up = 1.0 if calibration is None else content_of_ratio(1.0) / calibration
    x = across * np.array([charge - irreversible for _, charge in known])
    u_x = across * charge_error * np.abs([charge for _, charge in known])
    y, u_y = up * np.array([one.q for one, _ in known]), up * np.array([one.stderr for one, _ in known])
    lines = {"ols": ols_line(x, y)}
    if np.all(u_x + u_y > 0):
        lines["deming"] = deming_line(x, y, u_x, u_y)
    return lines


def state_rows(states: Sequence[State], *, irreversible: float, calibration: float | None) -> dict[str, list[Any]]:
    """One row for each state.

    Parameters
    ----------
    states : sequence of State
    irreversible : float
        [mAh/g] taken off the charges.
    calibration : float or None
        Ratio [1] of the signals of equal numbers of atoms.
    """
    charges = [one.charge for one in states]
    firsts = np.cumsum([1, *(len(one.craters) for one in states[:-1])]).tolist()
    net = [None if one is None else one - irreversible for one in charges]
    rows: dict[str, list[Any]] = {
        "state": [one.craters[0].name for one in states],
        "charge [mAh/g]": charges,
        "craters": [len(one.craters) for one in states],
        "first_profile": firsts,
        "sodium_ratio": [one.q for one in states],
        "sodium_ratio_stderr": [one.stderr for one in states],
        "depth_variation [%]": [max(crater.level.variation for crater in one.craters) for one in states],
        "drift [%]": [max((crater.level.drift for crater in one.craters), key=abs) for one in states],
        "x_ratio_from_charge": [None if one is None else x_of_charge(one) for one in net],
    }
    if calibration is not None:
        rows["sodium_per_carbon_ratio"] = [one.q / calibration for one in states]
        if any(one is not None for one in charges):
            rows["sodium_content [mmol/g]"] = [content_of_ratio(one.q / calibration) for one in states]
            rows["sodium_of_the_charge [mmol/g]"] = [None if one is None else content_of_charge(one) for one in net]
    return rows


def crater_rows(craters: Sequence[Crater], unit: str) -> dict[str, list[Any]]:
    """One row for each crater.

    Parameters
    ----------
    craters : sequence of Crater
    unit : str
        Of the abscissa.
    """
    return {
        "crater": [one.name for one in craters],
        "sodium_ratio": [one.q for one in craters],
        f"window_start [{unit}]": [one.window.start for one in craters],
        f"window_end [{unit}]": [one.window.end for one in craters],
        "points": [one.level.n for one in craters],
        "depth_variation [%]": [one.level.variation for one in craters],
        "drift [%]": [one.level.drift for one in craters],
        "drift_stderr [%]": [one.level.drift_stderr for one in craters],
        "divisor_drift [%]": [one.divisor.drift for one in craters],
    }


def line_rows(lines: Mapping[str, Line]) -> dict[str, list[Any]]:
    """One row for each kind of line.

    Parameters
    ----------
    lines : mapping of str to Line
    """
    found = [lines[one] for one in sorted(lines)]
    return {
        "line": sorted(lines),
        "gradient": [one.slope for one in found],
        "gradient_low": [one.slope_interval[0] for one in found],
        "gradient_high": [one.slope_interval[1] for one in found],
        "intercept": [one.intercept for one in found],
        "intercept_low": [one.intercept_interval[0] for one in found],
        "intercept_high": [one.intercept_interval[1] for one in found],
        "points": [one.n for one in found],
    }
