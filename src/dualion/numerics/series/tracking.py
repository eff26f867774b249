"""One quantity followed over frames: every fit starts where that of its neighbour ended, once forwards and once backwards.

The first frame is fitted with the full recipe (an empty seed, or a window), each later one from the seed of the last frame that could be
fitted. A second pass goes from the end to the beginning, from the seeds that the first one left. Where both end at the same place the
result does not depend on the direction; where they differ by more than a standard error, the frame has jumped: its value is the mean of the
two, and half their difference counts as a further error.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from dualion.errors import DualionError
from dualion.numerics.series.frame import FrameFit

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Frame = TypeVar("Frame")

#: Standard errors by which two passes may differ and still agree.
AGREE = 1.0


@dataclass(frozen=True, slots=True)
class Tracked:
    """A quantity over frames.

    Parameters
    ----------
    value, stderr : array, shape (n,)
        In the [unit] of the quantity; NaN where a frame failed.
    forward, backward : array, shape (n,)
        Of the two passes, in the same [unit]; the second is NaN throughout where there was one.
    failed, jumped : bool array, shape (n,)
        [1] frames that could not be fitted, and those whose value depends on the direction.
    """

    value: Array
    stderr: Array
    forward: Array
    backward: Array
    failed: Mask
    jumped: Mask


def follow(
    frames: Sequence[Frame], fit: Callable[[Frame, tuple[float, ...]], FrameFit], *, first: tuple[float, ...] = (), two_pass: bool = True
) -> Tracked:
    """Follow a quantity over frames.

    Parameters
    ----------
    frames : sequence
        In their order.
    fit : callable
        (frame, seed) -> FrameFit; an error on purpose, or a number that is not finite, counts as a failed frame.
    first : tuple of float
        [1] seed of the first frame; empty for the full recipe.
    two_pass : bool
        Whether to go back as well.

    Returns
    -------
    Tracked
    """
    forward = _pass(frames, fit, first, first)
    values, errors = _arrays(forward)
    if not two_pass:
        failed = ~np.isfinite(values)
        return Tracked(values, errors, values, np.full(len(frames), np.nan), failed, np.zeros(len(frames), dtype=bool))
    last = next((one.seed for one in reversed(forward) if one is not None), first)
    back, back_errors = _arrays(_pass(frames[::-1], fit, last, first)[::-1])
    both = np.isfinite(values) & np.isfinite(back)
    larger = np.fmax(errors, back_errors)
    apart = np.where(both, np.abs(values - back), 0.0)
    jumped = both & (apart > AGREE * larger)
    value = np.where(both, (values + back) / 2, np.where(np.isfinite(values), values, back))
    stderr = np.where(jumped, np.hypot(larger, apart / 2), larger)
    return Tracked(value, stderr, values, back, ~np.isfinite(value), jumped)


def _pass(
    frames: Sequence[Frame], fit: Callable[[Frame, tuple[float, ...]], FrameFit], seed: tuple[float, ...], first: tuple[float, ...]
) -> list[FrameFit | None]:
    """Fits of one pass; None where a frame failed. A frame that fails from a seed is tried afresh."""
    found: list[FrameFit | None] = []
    for frame in frames:
        one = _fitted(frame, fit, seed)
        if one is None and seed != first:
            one = _fitted(frame, fit, first)
        if one is not None:
            seed = one.seed
        found.append(one)
    return found


def _fitted(frame: Frame, fit: Callable[[Frame, tuple[float, ...]], FrameFit], seed: tuple[float, ...]) -> FrameFit | None:
    try:
        one = fit(frame, seed)
    except DualionError:
        return None
    return one if math.isfinite(one.value) and math.isfinite(one.stderr) and one.stderr >= 0 else None


def _arrays(fits: Sequence[FrameFit | None]) -> tuple[Array, Array]:
    return (
        np.array([np.nan if one is None else one.value for one in fits], dtype=np.float64),
        np.array([np.nan if one is None else one.stderr for one in fits], dtype=np.float64),
    )
