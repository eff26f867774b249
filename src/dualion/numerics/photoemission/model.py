"""Components of a region: a sum of lines of unit area, on a background that is taken off or that belongs to the model.

    y(E) - B(E) = sum_i A_i s_i(E; p_i, w_g(i))                                        B taken off beforehand
    y(E)        = b + sum_i A_i [ s_i(E) + k integral of s_i from E_low to E ]         active Shirley

Parameters in their order: areas A_i >= 0, positions p_i within their ranges, one width for each group, and for the active Shirley
background its level b and its step k [1/eV]. What is known beforehand enters as rows of a linear system: the first position, and the
separations of the others from it, each with the tolerance of its component as 95 % half-width.

References: Herrera-Gomez et al. 2014 (active Shirley).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from dualion.errors import SpecError
from dualion.numerics.photoemission.backgrounds import running
from dualion.numerics.photoemission.lines import Kind, Line

Array = NDArray[np.float64]

#: Half-width of a 95 % interval in standard errors.
NORMAL = 1.959964
_SHAPE = re.compile(r"(gl|sgl|voigt)(\d{1,3})?")
_USUAL = 30.0  # [%] mixing where a shape does not state it


@dataclass(frozen=True, slots=True)
class Component:
    """One species of a region.

    Parameters
    ----------
    name : str
        In lower case with underscores.
    position : float
        [eV] expected binding energy.
    low, high : float
        [eV] range of the position.
    tolerance : float or None
        [eV] 95 % half-width of what is known of the position (of the first component) or of the separation from the first one; None
        where only the range is known.
    fwhm_low, fwhm_high : float
        [eV] range of the width.
    group : str
        Components of one group share their width.
    shape : str
        Such as ``"gl30"``; that of the options where empty.
    tail, decay : float
        [1] of a line with a tail.
    linked : str
        Name of a component whose area sets this one's, as in a spin-orbit pair; free where empty.
    ratio : float
        [1] area over that of the linked component.
    """

    name: str
    position: float
    low: float
    high: float
    tolerance: float | None = 0.3
    fwhm_low: float = 1.2
    fwhm_high: float = 2.0
    group: str = ""
    shape: str = ""
    tail: float = 0.0
    decay: float = 0.0
    linked: str = ""
    ratio: float = 1.0

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z][a-z0-9_]*", self.name):
            raise SpecError(f'components: "{self.name}" is not a name. Write small letters, digits and underscores.')
        if not self.low <= self.position <= self.high or not np.isfinite(self.position):
            raise SpecError(f"components.{self.name}: {self.position} eV is not within {self.low} to {self.high} eV.")
        if not 0 < self.fwhm_low <= self.fwhm_high < np.inf:
            raise SpecError(f"components.{self.name}: the width has no range from {self.fwhm_low} to {self.fwhm_high} eV.")
        if self.tolerance is not None and not 0 < self.tolerance < np.inf:
            raise SpecError(f"components.{self.name}.tolerance: {self.tolerance} is not a positive number of eV.")
        if not 0 <= self.tail < 1 or not 0 <= self.decay < np.inf:
            raise SpecError(f"components.{self.name}: a tail has a share of 0 to 1 and a decay of 0 or more.")
        if not 0 <= self.ratio < np.inf:
            raise SpecError(f"components.{self.name}.ratio: {self.ratio} is not a ratio of areas.")
        if self.shape:
            line_of(self.shape)


def line_of(shape: str, *, tail: float = 0.0, decay: float = 0.0) -> Line:
    """The line that a word stands for.

    Parameters
    ----------
    shape : str
        ``"gl30"``, ``"sgl30"``, ``"voigt"`` and their like; the number is the mixing in percent.
    tail, decay : float
        [1]

    Returns
    -------
    Line

    Raises
    ------
    SpecError
        No such shape.
    """
    found = _SHAPE.fullmatch(shape)
    mixing = _USUAL if found is None or found[2] is None else float(found[2])
    if found is None or mixing > 100:
        raise SpecError(f'shape: "{shape}" is not known. Write "gl30", "sgl30" or "voigt30", with the Lorentz share in percent.')
    return Line(cast(Kind, found[1]), mixing, tail, decay)


@dataclass(frozen=True, slots=True)
class Model:
    """Lines on an energy axis.

    Parameters
    ----------
    energy : ndarray, shape (n,)
        [eV] rising.
    lines : tuple of Line, length m
    groups : tuple of int, length m
        Number of the width of each line, from 0.
    active : bool
        Whether the background is an active Shirley one.
    """

    energy: Array
    lines: tuple[Line, ...]
    groups: tuple[int, ...]
    active: bool = False

    @property
    def size(self) -> int:
        """Number of parameters."""
        return 2 * len(self.lines) + max(self.groups) + 1 + 2 * self.active

    def evaluate(self, theta: Array) -> tuple[Array, Array]:
        """Intensities and derivatives.

        Parameters
        ----------
        theta : ndarray, shape (k, p)
            Parameters of k spectra, in eV and in the unit of the areas.

        Returns
        -------
        tuple of ndarrays, shapes (k, n) and (k, p, n)
        """
        count = len(self.lines)
        total = np.zeros((theta.shape[0], self.energy.size))
        slopes = np.zeros((theta.shape[0], self.size, self.energy.size))
        step = theta[:, -1, None] if self.active else None
        beneath = np.zeros_like(total)
        for i, line in enumerate(self.lines):
            area, place, w = theta[:, i, None], theta[:, count + i, None], theta[:, 2 * count + self.groups[i], None]
            t = (self.energy - place) / w
            f, slope = line.curve(t)
            scale = 1 / (line.area * w)
            unit, by_place = f * scale, -slope * scale / w
            by_width = -(f + t * slope) * scale / w
            if step is not None:
                whole = running(self.energy, unit)
                beneath += area * whole
                unit = unit + step * whole
                by_place, by_width = (one + step * running(self.energy, one) for one in (by_place, by_width))
            total += area * unit
            slopes[:, i] = unit
            slopes[:, count + i] = area * by_place
            slopes[:, 2 * count + self.groups[i]] += area * by_width
        if step is not None:
            total += theta[:, -2, None]
            slopes[:, -2] = 1
            slopes[:, -1] = beneath
        return total, slopes


def model_of(energy: Array, components: Sequence[Component], *, shape: str, share: str, active: bool) -> Model:
    """The model of some components.

    Parameters
    ----------
    energy : ndarray, shape (n,)
        [eV] rising.
    components : sequence of Component
    shape : str
        Of components that have none of their own.
    share : {"groups", "none"}
        Whether components of a group share their width.
    active : bool

    Returns
    -------
    Model
    """
    lines = tuple(line_of(one.shape or shape, tail=one.tail, decay=one.decay) for one in components)
    names = [one.group for one in components] if share == "groups" else [one.name for one in components]
    known = list(dict.fromkeys(names))
    return Model(energy, lines, tuple(known.index(name) for name in names), active)


def limits(model: Model, components: Sequence[Component], *, rate: float) -> tuple[Array, Array]:
    """Lower and upper limits of the parameters, each of shape (p,).

    Parameters
    ----------
    model : Model
    components : sequence of Component
    rate : float
        Greatest intensity, in its [unit]; areas end at a hundred times its product with the window.
    """
    most = 100 * rate * float(np.ptp(model.energy))
    lows, highs = [0.0] * len(components), [most] * len(components)
    lows += [one.low for one in components]
    highs += [one.high for one in components]
    for group in range(max(model.groups) + 1):
        inside = [one for one, own in zip(components, model.groups, strict=True) if own == group]
        lows.append(min(one.fwhm_low for one in inside))
        highs.append(max(one.fwhm_high for one in inside))
    if model.active:
        lows += [-rate, 0.0]
        highs += [2 * rate, _MOST_STEP]
    return np.array(lows), np.array(highs)


#: [1/eV] greatest step of an active Shirley background: one electronvolt of it is as high as the peak above it.
_MOST_STEP = 1.0


def knowledge(model: Model, components: Sequence[Component], *, firm: float) -> tuple[Array, Array]:
    """What is known beforehand: rows of shape (q, p) and their targets of shape (q,), in standard errors.

    Parameters
    ----------
    model : Model
    components : sequence of Component
    firm : float
        Inverse standard error with which linked areas are held, in the inverse [unit] of the areas.
    """
    rows, targets = [], []
    count = len(components)
    names = [one.name for one in components]
    for i, one in enumerate(components):
        if one.linked:
            held = np.zeros(model.size)
            held[i], held[names.index(one.linked)] = firm, -firm * one.ratio
            rows.append(held)
            targets.append(0.0)
        if one.tolerance is None:
            continue
        row, spread = np.zeros(model.size), one.tolerance / NORMAL
        row[count + i] = 1 / spread
        expected = one.position
        if i:
            row[count] = -1 / spread
            expected -= components[0].position
        rows.append(row)
        targets.append(expected / spread)
    return np.array(rows).reshape(-1, model.size), np.array(targets)
