"""Synthetic Raman frames of a discharge: D, a G that shifts below a potential, and the line of silicon as a reference."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: Abscissa [cm-1]: first, end, step.
SHIFTS = (480.0, 1801.0, 5.0)
#: Position and half-width [cm-1] of D and G, height of G and the background.
_D, _WIDE, _G, _HALF_WIDTH, _HEIGHT, _BACKGROUND = 1345.0, 60.0, 1590.0, 35.0, 1000.0, 300.0
#: First and lowest potential [V].
_FIRST, _LAST = 1.5, 1e-4
#: Position of the reference line, that of silicon, its half-width [cm-1] and its height relative to G.
REFERENCE, _NARROW, _BRIGHT = 520.5, 8.0, 5.0
#: Noise of a point relative to the height of G, which gives the position of G in one frame a standard error of about 1 cm-1.
NOISE = 0.07


def discharge(change_point: float, frames: int) -> Array:
    """Potentials [V] of frames at equal times: half of them above the change point, ever flatter towards it, and half below.

    Parameters
    ----------
    change_point : float
        [V]
    frames : int
        [1]
    """
    half = frames // 2
    left = 1 - np.arange(half) / half
    return np.concatenate([change_point + (_FIRST - change_point) * left**2, np.linspace(change_point, _LAST, frames - half + 1)[1:]])


def shifted(potential: Array, *, shift: float, change_point: float, shape: Literal["step", "ramp"]) -> Array:
    """Shift [cm-1] of the band at potentials: all of it below the change point, or growing linearly from there.

    Parameters
    ----------
    potential : array, shape (n,)
        [V]
    shift : float
        [cm-1] at the end of the discharge.
    change_point : float
        [V]
    shape : {"step", "ramp"}
    """
    if shape == "step":
        return shift * (potential < change_point).astype(np.float64)
    return shift * np.clip((change_point - potential) / (change_point - _LAST), 0.0, 1.0)


def spectrum(rng: np.random.Generator, *, noise: float, shift: float, drift: float) -> tuple[Array, Array]:
    """Abscissa [cm-1] and intensities of one frame.

    Parameters
    ----------
    rng : numpy.random.Generator
    noise : float
        [1] multiple of the noise.
    shift, drift : float
        [cm-1] of the band, and of the whole spectrum.
    """
    x = np.arange(*SHIFTS)
    band = _HEIGHT / (1 + ((x - _G - shift - drift) / _HALF_WIDTH) ** 2)
    disorder = _HEIGHT / (1 + ((x - _D - drift) / _WIDE) ** 2)
    line = _BRIGHT * _HEIGHT / (1 + ((x - REFERENCE - drift) / _NARROW) ** 2)
    return x, _BACKGROUND + band + disorder + line + noise * NOISE * _HEIGHT * rng.standard_normal(x.size)
