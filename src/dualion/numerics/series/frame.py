"""What the fit of one frame of a series gives: the tracked quantity, its error, and where the next fit may start."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FrameFit:
    """The tracked quantity in one frame.

    Parameters
    ----------
    value : float
        In the [unit] of the quantity; NaN where the fit found none.
    stderr : float
        One standard error, in the same [unit]; NaN where there is none.
    seed : tuple of float
        Parameters [1] of the fit, in its own order and units: the start of the fit of the next frame. Empty where the fit needs none.
    """

    value: float
    stderr: float
    seed: tuple[float, ...] = ()
