"""A spectrum under a grid of settings: edge, edge step and first shell with standard errors from settings, noise and calibration.

The reduction itself (normalisation, background, transform) is handed in, so that any library can do it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from dualion.numerics.absorption_edge.edges import WhiteLine, inflection, white_line
from dualion.numerics.absorption_edge.grids import Settings, background_grid, edge_step_grids, spread_stderr, transform_grids
from dualion.numerics.absorption_edge.spectra import Ordered
from dualion.numerics.absorption_edge.transform import end_of_signal, highest, noise_of, position_stderr

Array = NDArray[np.float64]

#: [eV] half-widths of the smoothing of an edge that could be chosen: wider ones are oversmoothed and move the edge by up to 2 eV.
SMOOTHINGS = (1.0, 1.5, 2.0)
#: [eV] from the engine's edge to an inflection that is still the same one.
_SAME_EDGE = 2.0
#: [eV] above the edge up to which a white line is sought.
_WHITE_LINE_REACH = 30.0


class Normal(Protocol):
    """What a normalisation gives."""

    @property
    def e0(self) -> float:
        """Edge [eV]."""

    @property
    def edge_step(self) -> float:
        """Edge step, in the unit of the absorption."""

    @property
    def norm(self) -> Array:
        """Normalised absorption [1], shape (n,)."""


class Fine(Protocol):
    """What a reduction gives: chi(k) with its window, and |chi(R)|."""

    @property
    def k(self) -> Array:
        """Wavenumbers [angstrom-1], shape (n,)."""

    @property
    def chi(self) -> Array:
        """Fine structure [1], shape (n,)."""

    @property
    def window(self) -> Array:
        """Window of the transform [1], shape (n,)."""

    @property
    def r(self) -> Array:
        """Distances [angstrom], shape (m,)."""

    @property
    def magnitude(self) -> Array:
        """Size of the transform, shape (m,)."""


Normalise = Callable[[Array, Array, Settings], Normal]
Reduce = Callable[[Array, Array, Settings], tuple[Normal, Fine]]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its standard error.

    Parameters
    ----------
    value, stderr : float
        In one [unit].
    """

    value: float
    stderr: float


@dataclass(frozen=True, slots=True)
class Edge:
    """An edge and the normalised spectrum; the standard error is without that of the calibration.

    Parameters
    ----------
    value, stderr : float
        [eV]
    step : float
        Edge step, in the [unit] of the absorption.
    norm : ndarray, shape (n,)
        [1]
    smoothings : mapping of float to float
        Edge [eV] by half-width [eV] of the smoothing.
    """

    value: float
    stderr: float
    step: float
    norm: Array
    smoothings: Mapping[float, float]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What follows from a spectrum.

    Parameters
    ----------
    base : Settings
    edge, step : Estimate
        [eV], and in the [unit] of the absorption.
    calibration : float
        [eV] standard error of the calibration.
    white_line : WhiteLine or None
    energy, norm : ndarray, shape (n,)
        [eV], [1]
    reduced : object or None
        chi(k) and |chi(R)|.
    shell : Estimate or None
        [angstrom]
    height : float
        Of |chi(R)| there, in its [unit].
    rbkg_range : float
        [angstrom] that the shell moves over the cutoffs of the background.
    noise, signal_end : float
        [1] of a sample of chi, and the k [angstrom-1] where the signal ends.
    rows : mapping of str to list
        One row for each setting.
    """

    base: Settings
    edge: Estimate
    step: Estimate
    calibration: float
    white_line: WhiteLine | None
    energy: Array
    norm: Array
    reduced: Fine | None = None
    shell: Estimate | None = None
    height: float = 0.0
    rbkg_range: float = 0.0
    noise: float = 0.0
    signal_end: float = 0.0
    rows: Mapping[str, Sequence[Any]] | None = None


@dataclass(frozen=True, slots=True)
class _Row:
    """A setting and what it gives."""

    kind: str
    settings: Settings
    smoothing: float | None = None
    edge: float | None = None
    step: float | None = None
    shell: float | None = None


def edge_of(spectrum: Ordered, settings: Settings, normalise: Normalise) -> Edge:
    """The edge of a spectrum with the spread over smoothings, the noise, and the sampling.

    Parameters
    ----------
    spectrum : Ordered
    settings : Settings
    normalise : callable

    Returns
    -------
    Edge
    """
    found = normalise(spectrum.energy, spectrum.mu, settings)
    fits = [inflection(spectrum.energy, spectrum.mu, start=found.e0, half_width=width) for width in SMOOTHINGS]
    kept = [one for one in fits if one is not None and abs(one.energy - found.e0) <= _SAME_EDGE]
    at = int(np.clip(np.searchsorted(spectrum.energy, found.e0), 1, spectrum.energy.size - 1))
    sampling = float(spectrum.energy[at] - spectrum.energy[at - 1]) / math.sqrt(12)
    spread = spread_stderr({"smoothing": [one.energy for one in kept]}, found.e0)
    noise = kept[len(kept) // 2].stderr if kept else 0.0
    smoothings = {one.half_width: one.energy for one in kept}
    return Edge(found.e0, math.hypot(spread, noise, sampling), found.edge_step, found.norm, smoothings)


def analysed(
    spectrum: Ordered,
    base: Settings,
    *,
    rbkg_range: tuple[float, float],
    shell: tuple[float, float],
    energy_error: float,
    normalise: Normalise,
    reduce: Reduce | None,
) -> Outcome:
    """Edge, edge step, white line and first shell of a spectrum over a grid of settings.

    Parameters
    ----------
    spectrum : Ordered
    base : Settings
    rbkg_range : tuple of two floats
        [angstrom]
    shell : tuple of two floats
        [angstrom] in which the first shell is sought.
    energy_error : float
        [eV] standard error of the calibration.
    normalise, reduce : callable
        The latter is None where the range of k is too short.

    Returns
    -------
    Outcome
    """
    energy, mu = spectrum.energy, spectrum.mu
    edge = edge_of(spectrum, base, normalise)
    rows = [_Row("smoothing", base, width, value) for width, value in edge.smoothings.items()]
    grids = edge_step_grids(base, first=float(energy[0] - edge.value), last=float(energy[-1] - edge.value))
    steps = {kind: [normalise(energy, mu, one).edge_step for one in some] for kind, some in grids.items()}
    rows += [_Row(kind, one, step=step) for kind, some in grids.items() for one, step in zip(some, steps[kind], strict=True)]
    outcome = Outcome(
        base,
        Estimate(edge.value, math.hypot(edge.stderr, energy_error)),
        Estimate(edge.step, math.hypot(spread_stderr(steps, edge.step), _step_noise(energy, mu, edge))),
        energy_error,
        white_line(energy, edge.norm, edge=edge.value, reach=_WHITE_LINE_REACH),
        energy,
        edge.norm,
    )
    if reduce is None:
        return _with_rows(outcome, [_Row("base", base, None, edge.value, edge.step), *rows])
    return _with_shell(outcome, spectrum, rows, rbkg_range=rbkg_range, within=shell, reduce=reduce)


def _step_noise(energy: Array, mu: Array, edge: Edge) -> float:
    """Standard error of the edge step from the noise of the points before and behind the edge."""
    parts = []
    for side in (energy < edge.value - 20.0, energy > edge.value + 50.0):
        y = mu[side]
        if y.size > 4:
            # the second difference of white noise has six times its variance
            parts.append(float(np.mean(np.diff(y, 2) ** 2)) / 6 / y.size)
    return math.sqrt(4 * sum(parts))  # a line and a parabola at their ends: about twice the error of a mean


def _with_shell(
    outcome: Outcome, spectrum: Ordered, rows: list[_Row], *, rbkg_range: tuple[float, float], within: tuple[float, float], reduce: Reduce
) -> Outcome:
    """The outcome with its first shell."""
    base, edge, step = outcome.base, outcome.edge.value, outcome.step.value
    _, fine = reduce(spectrum.energy, spectrum.mu, base)
    peak = highest(fine.r, fine.magnitude, within)
    grids = {"rbkg": background_grid(base, rbkg_range), **transform_grids(base, end=float(fine.k[-1]))}
    found: dict[str, list[float]] = {}
    for kind, some in grids.items():
        for one in some:
            other = reduce(spectrum.energy, spectrum.mu, one)[1]
            top = highest(other.r, other.magnitude, within)
            rows.append(_Row(kind, one, shell=None if top is None else top.position))
            found.setdefault(kind, []).extend([] if top is None else [top.position])
    noise = noise_of(fine.k, fine.chi, weight=base.kweight, window=fine.window)
    end = end_of_signal(fine.k, fine.chi, noise=noise, start=base.k[0])
    shell, height, moved = None, 0.0, 0.0
    if peak is not None:
        u = position_stderr(fine.k, fine.chi, weight=base.kweight, window=fine.window, position=peak.position, noise=noise)
        shell = Estimate(peak.position, math.hypot(spread_stderr(found, peak.position), u or 0.0))
        height, moved = peak.height, float(np.ptp([*found["rbkg"], peak.position]))
    rows = [_Row("base", base, None, edge, step, None if peak is None else peak.position), *rows]
    with_rows = _with_rows(outcome, rows)
    return Outcome(
        base, outcome.edge, outcome.step, outcome.calibration, outcome.white_line, outcome.energy, outcome.norm,
        fine, shell, height, moved, noise, end, with_rows.rows,
    )  # fmt: skip


def _with_rows(outcome: Outcome, rows: Sequence[_Row]) -> Outcome:
    """The outcome with its table of settings."""
    table: dict[str, list[Any]] = {
        "kind": [one.kind for one in rows],
        "rbkg [angstrom]": [one.settings.rbkg for one in rows],
        "k_low [angstrom-1]": [one.settings.k[0] for one in rows],
        "k_high [angstrom-1]": [one.settings.k[1] for one in rows],
        "dk [angstrom-1]": [one.settings.dk for one in rows],
        "window": [one.settings.window for one in rows],
        "victoreen": [one.settings.victoreen for one in rows],
        "pre_edge_low [eV]": [one.settings.pre_edge[0] if one.settings.pre_edge else None for one in rows],
        "pre_edge_high [eV]": [one.settings.pre_edge[1] if one.settings.pre_edge else None for one in rows],
        "post_edge_low [eV]": [one.settings.post_edge[0] if one.settings.post_edge else None for one in rows],
        "post_edge_high [eV]": [one.settings.post_edge[1] if one.settings.post_edge else None for one in rows],
        "smoothing [eV]": [one.smoothing for one in rows],
        "edge_energy [eV]": [one.edge for one in rows],
        "edge_step": [one.step for one in rows],
        "first_shell_position [angstrom]": [one.shell for one in rows],
    }
    return Outcome(
        outcome.base, outcome.edge, outcome.step, outcome.calibration, outcome.white_line, outcome.energy, outcome.norm, rows=table
    )  # fmt: skip
