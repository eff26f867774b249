"""Adapter around rexafs: normalisation, background by AUTOBK and Fourier transform of an absorption spectrum; arrays in, arrays out.

rexafs is a Rust library with the algorithms of Ifeffit and Larch (Newville et al. 1993). Its own settings are used as they are but for
those that ``Settings`` names; the weight of k is one number for the fit of the background and for the transform.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dualion.errors import FitError, MissingDependency
from dualion.numerics.absorption_edge.grids import Settings

Array = NDArray[np.float64]

#: Our names of windows, and those of rexafs.
WINDOWS = {"hanning": "Hanning", "kaiser": "KaiserBessel", "parzen": "Parzen", "welch": "Welch", "sine": "Sine"}


@dataclass(frozen=True, slots=True)
class Normalised:
    """A spectrum freed of what lies under its edge, with an edge of height 1.

    Parameters
    ----------
    e0 : float
        [eV]
    edge_step : float
        In the [unit] of the absorption.
    norm : ndarray, shape (n,)
        [1]
    """

    e0: float
    edge_step: float
    norm: Array


@dataclass(frozen=True, slots=True)
class Reduced:
    """Fine structure and its transform.

    Parameters
    ----------
    k, chi, window : ndarray, shape (n,)
        [angstrom-1], [1] and [1].
    r, magnitude : ndarray, shape (m,)
        [angstrom], and |chi(R)| in [angstrom-1] to the power of the weight plus one.
    """

    k: Array
    chi: Array
    window: Array
    r: Array
    magnitude: Array


def normalised(energy: Array, mu: Array, settings: Settings) -> Normalised:
    """Edge, edge step and normalised absorption.

    Parameters
    ----------
    energy : ndarray, shape (n,)
        [eV], strictly rising.
    mu : ndarray, shape (n,)
        In any [unit].
    settings : Settings

    Returns
    -------
    Normalised

    Raises
    ------
    MissingDependency
        rexafs is not installed.
    FitError
        rexafs finds no edge, or no baseline.
    """
    return _normalised(_spectrum(energy, mu, settings), energy)


def reduced(energy: Array, mu: Array, settings: Settings) -> tuple[Normalised, Reduced]:
    """Edge and normalised absorption, fine structure and its transform.

    Parameters
    ----------
    energy : ndarray, shape (n,)
        [eV], strictly rising.
    mu : ndarray, shape (n,)
        In any [unit].
    settings : Settings

    Returns
    -------
    tuple of Normalised and Reduced

    Raises
    ------
    MissingDependency
        rexafs is not installed.
    FitError
        rexafs finds no edge, no baseline or no background.
    """
    library = _library()
    spectrum = _spectrum(energy, mu, settings)
    spectrum.set_background_method(library.AUTOBK(rbkg=settings.rbkg, kweight=settings.kweight))
    (low, high), window = settings.k, WINDOWS[settings.window]
    spectrum.set_fft(library.XrayFFTF(kmin=low, kmax=high, kweight=settings.kweight, dk=settings.dk, window=window))
    try:
        spectrum.fft()
    except (RuntimeError, ValueError) as problem:
        raise FitError(f"rexafs: no fine structure ({problem}). Check the range of energies and of k.") from problem
    k, chi, window_k = spectrum.k(), spectrum.chi(), np.interp(spectrum.k(), spectrum.kwin_k(), spectrum.kwin())
    found = Reduced(k, chi, window_k, spectrum.r(), spectrum.chir_mag())
    if not all(np.isfinite(one).all() for one in (found.chi, found.magnitude)):
        raise FitError("rexafs: the fine structure is not finite. Check the normalisation of the spectrum.")
    return _normalised(spectrum, energy), found


def _spectrum(energy: Array, mu: Array, settings: Settings) -> Any:
    """A spectrum of rexafs with its normalisation set."""
    library = _library()
    pre, post = settings.pre_edge or (None, None), settings.post_edge or (None, None)
    try:
        spectrum = library.Spectrum(energy, mu)
        spectrum.set_normalization_method(
            library.PrePostEdge(
                pre_edge_start=pre[0],
                pre_edge_end=pre[1],
                norm_start=post[0],
                norm_end=post[1],
                norm_polyorder=settings.order,
                n_victoreen=settings.victoreen,
                e0=settings.e0,
            )
        )
    except (RuntimeError, ValueError) as problem:
        raise FitError(f"rexafs: the spectrum is not accepted ({problem}).") from problem
    return spectrum


def _normalised(spectrum: Any, energy: Array) -> Normalised:
    try:
        spectrum.normalize()
    except (RuntimeError, ValueError) as problem:
        raise FitError(
            f"rexafs: no normalisation ({problem}). Check that the spectrum goes from before its edge to behind it."
        ) from problem
    e0, norm = spectrum.e0(), spectrum.norm()
    if e0 is None or norm is None or not np.isfinite(norm).all():
        raise FitError("rexafs: no edge was found in the spectrum.")
    at = int(np.argmin(np.abs(energy - e0)))
    step = float(spectrum.post_edge()[at] - spectrum.pre_edge()[at])
    return Normalised(float(e0), step, np.asarray(norm, dtype=np.float64))


def _library() -> Any:
    try:
        import rexafs
    except ImportError:
        raise MissingDependency("rexafs", "xafs") from None
    return rexafs
