"""Pore widths from a kernel of computed isotherms: non-negative least squares with a Tikhonov term.

    n(x) = sum_j K(x, w_j) v_j,      minimise |K v - n|^2 + lambda^2 s^2 sum_j v_j^2 mean(dw)/dw_j,     v_j >= 0

K(x, w) is the loading at the relative pressure x in a pore of width w for each cm3 of pore, v_j the volume of pores of that width, s the
largest singular value of K, so that lambda is a pure number. The term holds the density v/dw back where the isotherm does not decide it.
The kernel is interpolated in ln x by a monotone cubic. Between the isotherm and K v a residual is left, which is shown.

References: Tikhonov 1963; Lawson & Hanson 1974; Fritsch & Carlson 1980.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

Array = NDArray[np.float64]

#: [1] steps of the active set for each width.
_STEPS = 20


@dataclass(frozen=True, slots=True)
class Kernel:
    """Computed isotherms of pores.

    Parameters
    ----------
    relative_pressure : ndarray, shape (k,)
        [1] rising.
    widths : ndarray, shape (m,)
        [nm] rising.
    loading : ndarray, shape (k, m)
        [mmol/cm3] of pore volume.
    """

    relative_pressure: Array
    widths: Array
    loading: Array

    @property
    def steps(self) -> Array:
        """[nm] of width that each pore stands for."""
        return np.asarray(np.gradient(self.widths))

    def at(self, x: Array) -> Array:
        """Loading [mmol/cm3] at relative pressures.

        Parameters
        ----------
        x : ndarray, shape (n,)
            [1] within the range of the kernel.

        Returns
        -------
        ndarray, shape (n, m)
        """
        from scipy.interpolate import PchipInterpolator

        return np.asarray(PchipInterpolator(np.log(self.relative_pressure), self.loading)(np.log(x)))

    def covers(self, x: Array) -> NDArray[np.bool_]:
        """Which relative pressures [1], shape (n,), are within the range of the kernel."""
        return np.asarray((x >= self.relative_pressure[0]) & (x <= self.relative_pressure[-1]))


@dataclass(frozen=True, slots=True)
class Widths:
    """Volumes of pores by their width.

    Parameters
    ----------
    volumes : ndarray, shape (m,)
        [cm3/g]
    density : ndarray, shape (m,)
        [cm3/g/nm]
    fitted : ndarray, shape (n,)
        [mmol/g] of the isotherm that the volumes have.
    residual : ndarray, shape (n,)
        [mmol/g] measured minus fitted.
    """

    volumes: Array
    density: Array
    fitted: Array
    residual: Array


def pore_widths(kernel: Kernel, x: Array, loading: Array, *, regularisation: float) -> Widths:
    """Volumes of pores whose isotherms add up to the measured one.

    Parameters
    ----------
    kernel : Kernel
    x : ndarray, shape (n,)
        [1] relative pressures within the range of the kernel.
    loading : ndarray, shape (n,)
        [mmol/g]
    regularisation : float
        lambda [1].

    Returns
    -------
    Widths
    """
    model, steps = kernel.at(x), kernel.steps
    strength = regularisation * float(np.linalg.norm(model, 2))
    penalty = strength * np.diag(np.sqrt(steps.mean() / steps))
    volumes, _ = nnls(np.vstack([model, penalty]), np.concatenate([loading, np.zeros(steps.size)]), maxiter=_STEPS * steps.size)
    fitted = model @ volumes
    return Widths(volumes, volumes / steps, fitted, loading - fitted)
