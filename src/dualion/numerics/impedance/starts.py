"""Start values of a circuit fit from the geometry of the arcs.

Once time constants and exponents are given, an impedance is linear in its resistances. A start draws the former (the first from the apexes
of the arcs, the others at random, one in each equal share of the logarithmic window), and takes the latter from non-negative least squares
weighted by the modulus. The starts that describe the spectrum best are kept.

References: lawson1974 (non-negative least squares).
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import nnls

from dualion.numerics.impedance.circuits import DIFFUSION, Array, Circuit, ComplexArray, Part

#: Draws for each start that is kept.
DRAWS = 4
#: Exponents of arcs and of tails at a start.
_ARC_EXPONENTS, _TAIL_EXPONENTS = (0.75, 0.98), (0.4, 0.95)
#: Finite diffusion begins near the end of the window: spread of its logarithmic time constant.
_DIFFUSION_SPREAD = 1.5
#: Share of the impedance that a vanishing part starts with.
_LEAST_SHARE = 1e-3
#: Exchanges of non-negative least squares, for each unknown.
_MOST_EXCHANGES = 50
#: Share of the room of one arc by which the apexes of the first start are apart at least; least share of the window that arcs lie in.
_APART, _NARROWEST = 0.3, 0.3


def starts(circuit: Circuit, omega: Array, impedance: ComplexArray, *, count: int, seed: int) -> Array:
    """Coordinates from which a fit begins.

    Parameters
    ----------
    circuit : Circuit
    omega : ndarray, shape (n,)
        [1] angular frequencies in units of omega_0.
    impedance : ndarray of complex, shape (n,)
        [ohm]
    count : int
        [1] starts.
    seed : int
        [1] of the draws.

    Returns
    -------
    ndarray, shape (count, p)
        [1] coordinates with time in units of 1 / omega_0, the best description first.
    """
    rng = np.random.default_rng(seed)
    found = []
    for draw in range(count * DRAWS):
        times = _apexes(omega, impedance, len(circuit.arcs)) if draw == 0 else _drawn(rng, omega, len(circuit.arcs))
        found.append(_start(circuit, omega, impedance, times, rng))
    order = sorted(range(len(found)), key=lambda one: found[one][0])
    return np.stack([found[one][1] for one in order[:count]])


def _apexes(omega: Array, impedance: ComplexArray, count: int) -> Array:
    """Logarithms of the time constants at the highest apexes of -Im Z, and of shares of the window where there are too few."""
    order = np.argsort(omega)
    logarithm, height = np.log(omega[order]), -impedance.imag[order]
    inner = np.flatnonzero((height[1:-1] > height[:-2]) & (height[1:-1] >= height[2:])) + 1
    inner = inner[np.argsort(height[inner])[::-1][:count]]
    found = list(-logarithm[inner])
    span = np.ptp(logarithm)
    shares = -logarithm[-1] + span * (np.arange(count) + 0.5) / max(count, 1)
    for share in shares:
        if len(found) == count:
            break
        if all(abs(share - one) > _APART * span / max(count, 1) for one in found):
            found.append(share)
    return np.sort(np.array([*found, *shares[: count - len(found)]]))


def _drawn(rng: np.random.Generator, omega: Array, count: int) -> Array:
    """Logarithms of time constants, one in each equal share of a window that is itself drawn."""
    low, high = -np.log(omega.max()), -np.log(omega.min())
    begin, end = np.sort(rng.uniform(low, high, 2))
    middle, width = 0.5 * float(begin + end), max(float(end - begin), _NARROWEST * float(high - low))
    return np.asarray(middle + width * ((np.arange(count) + rng.uniform(size=count)) / max(count, 1) - 0.5))


def _start(circuit: Circuit, omega: Array, impedance: ComplexArray, times: Array, rng: np.random.Generator) -> tuple[float, Array]:
    """Cost and coordinates of one start."""
    columns: list[ComplexArray] = []
    shapes: list[tuple[float, float]] = []
    places = iter(times)
    s: ComplexArray = 1j * omega
    for part in circuit.parts:
        logarithm = next(places) if part.kind == "arc" else -np.log(omega.min()) + rng.normal() * _DIFFUSION_SPREAD
        exponent = rng.uniform(*(_ARC_EXPONENTS if part.kind == "arc" else _TAIL_EXPONENTS))
        shape = (float(np.exp(logarithm)), float(exponent) if "Q" in part.elements else 1.0)
        shapes.append(shape)
        columns += _columns(part, s, *shape)
    size = np.abs(impedance)
    design = np.stack(columns, axis=1) / size[:, None]
    scale = np.linalg.norm(design, axis=0)
    target = impedance / size
    amplitudes, misfit = nnls(
        np.concatenate([design.real, design.imag]) / scale, np.concatenate([target.real, target.imag]), maxiter=_MOST_EXCHANGES * scale.size
    )
    least = _LEAST_SHARE * np.sqrt(2 * size.size) / scale  # each column is at least this share of the whole
    return float(misfit), _coordinates(circuit, list(np.maximum(amplitudes / scale, least)), shapes)


def _columns(part: Part, s: ComplexArray, tau: float, n: float) -> list[ComplexArray]:
    """Impedance for each unit of amplitude, of a part and of the diffusion inside an arc."""
    whole: dict[str, ComplexArray] = {"R": np.ones_like(s), "L": s, "C": 1 / s, "Q": s**-n, "W": np.sqrt(2 / s)}
    root = np.sqrt(s * tau)
    whole |= {"Ws": np.tanh(root) / root, "Wo": 1 / (root * np.tanh(root))}
    if part.kind != "arc":
        return [whole[part.kind]]
    return [1 / (1 + (s * tau) ** n)] + [whole["W"] for element in part.inner if element in DIFFUSION]


def _coordinates(circuit: Circuit, amplitudes: list[float], shapes: list[tuple[float, float]]) -> Array:
    values: list[float] = []
    taken = iter(amplitudes)
    for part, (tau, n) in zip(circuit.parts, shapes, strict=True):
        size = next(taken)
        if part.kind != "arc":
            values += {"R": [size], "L": [size], "C": [1 / size], "Q": [1 / size, n], "W": [size]}.get(part.kind, [size, tau])
            continue
        values.append(size)
        for element in part.inner[1:-1]:
            diffusion = next(taken)
            values += [diffusion] if element == "W" else [size, tau]
        values += [tau**n / size, n] if part.inner[-1] == "Q" else [tau / size]
    return np.asarray(circuit.coordinates(np.array(values)))
