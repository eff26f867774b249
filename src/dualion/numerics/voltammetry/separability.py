"""Whether the currents of a branch can be split into two powers of the rate, and why not.

The split of ``rate_split`` always gives numbers. They mean something only where a potential stands for the same state at every rate. Four
signs of the contrary are looked for: too few rates; residuals that are large against the peak; a part that runs against the branch; a
peak that moves with the rate. The first three judge the free fit, also where the parts are then held to one sign. A branch without a
peak inside its sweep is judged by the peak of the other one, for the same resistance moves both: a simulated half cell of hard carbon
without any surface process, whose cathodic peak lies at the end of the window, would else pass with a "surface share" of 30 to 78 %.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dualion.numerics.voltammetry.peaks import peaks, tracked
from dualion.numerics.voltammetry.rate_split import Array, Split, split
from dualion.numerics.voltammetry.scan_rates import Chosen
from dualion.numerics.voltammetry.scans import Direction, Sweep, common_grid, distinct_rates, on_grid

#: Fewest rates [1] of a split, two more than its parameters.
LEAST_RATES = 4
#: A part that runs against the branch counts where it is more than this of the peak of a rate: of a pure capacitor k2 is noise about 0,
#: and has the wrong sign half of the time.
NEGLIGIBLE = 0.01
_MILLI, _PERCENT = 1e3, 100.0


@dataclass(frozen=True, slots=True)
class Limits:
    """What a branch may show and still be split.

    Parameters
    ----------
    min_rates : int
        Fewest different rates [1].
    max_misfit : float
        Root mean square residual over the peak of the rate [1].
    max_wrong_sign : float
        Part of the potentials [1] where k1 or k2 runs against the branch.
    max_peak_shift : float
        Range of the peak potential over the rates [V].
    """

    min_rates: int
    max_misfit: float
    max_wrong_sign: float
    max_peak_shift: float


@dataclass(frozen=True, slots=True)
class Branch:
    """One branch of all rates, and what speaks against its split.

    Parameters
    ----------
    direction : {"anodic", "cathodic"}
    grid : array, shape (n,)
        [V]
    currents : array, shape (m, n)
        [A]
    fit : Split or None
        None where there are fewer rates than needed.
    misfit : float
        Largest over the rates of the root mean square residual over the peak of the rate [1].
    wrong_sign : float
        Part of the potentials [1] where k1 or k2 runs against the branch by more than ``NEGLIGIBLE`` of the peak of a rate.
    peak_shift : float or None
        Range of the potential of the main peak [V]; None where no rate has a maximum inside the sweep.
    at_edge : bool
        Whether a rate has none.
    reasons : tuple of str
        Why it cannot be split; empty where it can.
    """

    direction: Direction
    grid: Array
    currents: Array
    fit: Split | None
    misfit: float
    wrong_sign: float
    peak_shift: float | None
    at_edge: bool
    reasons: tuple[str, ...]


def judged_branch(
    chosen: Sequence[Chosen],
    direction: Direction,
    limits: Limits,
    *,
    points: int = 500,
    trim: float = 0.010,
    window: tuple[float, float] | None = None,
    nonnegative: bool = False,
) -> Branch:
    """One branch on its grid, split where there are rates enough, and judged.

    Parameters
    ----------
    chosen : sequence of Chosen, length m
        From the slowest to the fastest rate.
    direction : {"anodic", "cathodic"}
    limits : Limits
    points : int
        [1] of the grid.
    trim : float
        [V] that is left out at each end.
    window : tuple of two floats or None
        [V] outside of which nothing is taken.
    nonnegative : bool
        Whether neither part may run against the branch.

    Returns
    -------
    Branch

    Raises
    ------
    InputError
        The sweeps share no potentials.
    """
    swept = [one.sweep(direction) for one in chosen]
    rates = np.array([one.rate for one in swept])
    grid = common_grid(swept, points=points, trim=trim, window=window)
    currents = np.stack([on_grid(one, grid) for one in swept])
    shift, at_edge = _peak_shift(swept, trim=trim, window=window)
    opposite = [one.sweep("cathodic" if direction == "anodic" else "anodic") for one in chosen]
    borrowed = _peak_shift(opposite, trim=trim, window=window)[0] if shift is None else None
    count = distinct_rates(rates.tolist())
    if count < limits.min_rates:
        few = f"{count} different scan rates, and {limits.min_rates} are needed"
        return Branch(direction, grid, currents, None, 0.0, 0.0, shift, at_edge, (few,))
    free = split(currents, rates, sign=swept[0].sign)
    tops = np.abs(currents).max(axis=1)
    if not (tops > 0).all():
        return Branch(direction, grid, currents, None, 0.0, 0.0, shift, at_edge, ("a scan has no current",))
    misfit = float((np.sqrt((rates[:, None] * free.residuals**2).mean(axis=1)) / tops).max())
    wrong = _against(free, tops)
    reasons = _reasons(misfit, wrong, shift, borrowed, limits)
    fit = split(currents, rates, sign=swept[0].sign, nonnegative=True) if nonnegative else free
    return Branch(direction, grid, currents, fit, misfit, wrong, shift, at_edge, reasons)


def _against(free: Split, tops: Array) -> float:
    """Part of the potentials [1] where k1 or k2 runs against the branch, and is not nothing beside the peaks ``tops`` [A] of the rates."""
    rates, peaks_of_rates = free.rates[:, None], tops[:, None]
    parts = (free.surface * rates, free.diffusion * np.sqrt(rates))
    return float(np.any([(free.sign * part / peaks_of_rates < -NEGLIGIBLE).any(axis=0) for part in parts], axis=0).mean())


def _reasons(misfit: float, wrong: float, shift: float | None, borrowed: float | None, limits: Limits) -> tuple[str, ...]:
    """Why a branch cannot be split, in words."""
    reasons = []
    if misfit > limits.max_misfit:
        reasons.append(f"residuals of {_PERCENT * misfit:.3g} % of the peak, and {_PERCENT * limits.max_misfit:.3g} % are allowed")
    if wrong > limits.max_wrong_sign:
        allowed = f"{_PERCENT * limits.max_wrong_sign:.3g} % are allowed"
        reasons.append(f"k1 or k2 runs against the branch over {_PERCENT * wrong:.3g} % of the potentials, and {allowed}")
    for whose, moved in (("peak", shift), ("peak of the other branch", borrowed)):
        if moved is not None and moved > limits.max_peak_shift:
            reasons.append(f"the {whose} moves by {_MILLI * moved:.3g} mV, and {_MILLI * limits.max_peak_shift:.3g} mV are allowed")
    return tuple(reasons)


def _peak_shift(swept: Sequence[Sweep], *, trim: float, window: tuple[float, float] | None) -> tuple[float | None, bool]:
    """Range of the potential of the main peak [V], and whether a rate has no maximum inside."""
    followed = tracked([peaks(one, trim=trim, window=window) for one in swept], 1)
    main = [peak for peak in followed[0] if peak is not None] if followed else []
    inside = [peak for peak in main if not peak.at_edge]
    if not inside:
        return None, True
    potentials = [peak.voltage for peak in main]
    return max(potentials) - min(potentials), len(inside) < len(swept)
