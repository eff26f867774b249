"""Models of a scattering curve: sums of laws, their parameters, bounds and starts.

    m1              power (n = 4) + dab + constant          Gibaud, Xue & Dahn 1996; Stevens & Dahn 2000
    saurel          power (n free) + layers + dab + constant                Saurel et al. 2019
    teubner_strey   power + wave + constant
    beaucage        power (n free) + unified + constant
    spheres         power (n free) + polydisperse spheres as hard spheres + constant: its term is given by the caller
    mesopores       m1 + a second dab of larger length

Every parameter is scaled by its logarithm or not; a parameter whose bounds are equal is fixed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Literal

import numpy as np
from scipy.optimize import nnls

from dualion.errors import InputError
from dualion.numerics.scattering import laws
from dualion.numerics.scattering.laws import Array, Law

Exponent = Literal["fixed", "porod", "free"]
#: Names of the models of closed form.
CLOSED = ("m1", "saurel", "teubner_strey", "beaucage")

#: Exponents between which an interface scatters: 3 (rough) and 4 (smooth).
POROD = (3.0, 4.0)
_FREE = (0.0, 6.0)
_P = (1.0, 4.0)  # exponent of the unified function
_STARTS, _FAR = 3, 2.0  # kept of the grid, and their misfit over that of the best
_SMALLEST = 1e-12  # of an amplitude on a logarithmic scale, over the largest intensity
_LENGTHS = (1e-2, 1e3)  # [nm]
_WIDTHS = (0.01, 0.8)  # [1] relative standard deviation of radii
_FRACTIONS = (0.0, 0.6)  # [1] of hard spheres: below random close packing
#: Models whose power law always has a free exponent.
_FREE_POWER = ("beaucage", "spheres")
_LARGER = 2.0  # mesopores: their length over that of the pores


@dataclass(frozen=True, slots=True)
class Bounds:
    """A parameter of a model.

    Parameters
    ----------
    name : str
    unit : str
        ``"I"`` stands for the unit of the intensity.
    low, high : float
        In its [unit]; equal where it is fixed.
    log : bool
        Whether it is varied on a logarithmic scale.
    linear : bool
        Whether the curve is proportional to it.
    """

    name: str
    unit: str
    low: float
    high: float
    log: bool = False
    linear: bool = False

    @property
    def fixed(self) -> bool:
        """Whether it is given."""
        return self.low == self.high


@dataclass(frozen=True, slots=True)
class Term:
    """A law with its parameters, and a grid of the ones in which it is not linear."""

    law: Law
    parameters: tuple[Bounds, ...]
    grid: tuple[tuple[float, ...], ...] = ((),)


@dataclass(frozen=True, slots=True)
class Model:
    """A sum of terms.

    Parameters
    ----------
    name : str
    terms : tuple of Term
    batch : bool
        Whether its laws take many sets of parameters at once.
    """

    name: str
    terms: tuple[Term, ...]
    batch: bool = True

    @property
    def parameters(self) -> tuple[Bounds, ...]:
        """Of all terms, in order."""
        return tuple(one for term in self.terms for one in term.parameters)

    def place(self, name: str) -> int:
        """Index [1] of a parameter.

        Raises
        ------
        InputError
            The model has no such parameter.
        """
        names = [one.name for one in self.parameters]
        if name not in names:
            raise InputError(f'The model {self.name} has no parameter "{name}". It has {", ".join(names)}.')
        return names.index(name)

    def has(self, name: str) -> bool:
        """Whether it has a parameter."""
        return any(one.name == name for one in self.parameters)

    def evaluate(self, q: Array, values: Array) -> tuple[Array, Array]:
        """Intensity and its derivatives.

        Parameters
        ----------
        q : ndarray, shape (m,)
            [nm-1]
        values : ndarray, shape (..., p)
            In the [unit] of each parameter.

        Returns
        -------
        ndarray, shape (..., m), and ndarray, shape (..., m, p)
        """
        at, intensity, slopes = 0, np.zeros((*values.shape[:-1], q.size)), []
        for term in self.terms:
            width = len(term.parameters)
            found, slope = term.law(q, values[..., at : at + width])
            intensity = intensity + found
            slopes.append(slope)
            at += width
        return intensity, np.concatenate(slopes, axis=-1)

    def intensity(self, q: Array, values: Array) -> Array:
        """Intensity alone.

        Parameters
        ----------
        q : ndarray, shape (m,)
            [nm-1]
        values : ndarray, shape (..., p)
            In the [unit] of each parameter.

        Returns
        -------
        ndarray, shape (..., m)
        """
        return self.evaluate(q, values)[0]

    def starts(self, q: Array, intensity: Array, error: Array) -> Array:
        """Starting values: the best of a grid, with amplitudes by non-negative least squares.

        Parameters
        ----------
        q : ndarray, shape (m,)
            [nm-1]
        intensity, error : ndarray, shape (m,)
            In the [unit] of the intensity.

        Returns
        -------
        ndarray, shape (s, p)
        """
        found = []
        largest = float(np.max(np.abs(intensity)))
        for chosen in product(*(term.grid for term in self.terms)):
            values = self._unit_values(chosen)
            _, slopes = self.evaluate(q, values)
            linear = np.array([one.linear and not one.fixed for one in self.parameters])
            design = slopes[:, linear] / error[:, None]
            norms = np.linalg.norm(design, axis=0)
            norms[norms == 0] = 1.0
            solved, misfit = nnls(design / norms, intensity / error)
            values[linear] = solved / norms
            found.append((misfit, self.inside(values, largest)))
        found.sort(key=lambda one: one[0])
        return np.array([values for misfit, values in found[:_STARTS] if misfit <= _FAR * found[0][0]])

    def _unit_values(self, chosen: Sequence[Sequence[float]]) -> Array:
        """Amplitudes of one, and the other parameters from the grid."""
        values: list[float] = []
        for term, point in zip(self.terms, chosen, strict=True):
            left = iter(point)
            values += [1.0 if one.linear else one.low if one.fixed else next(left) for one in term.parameters]
        return np.array(values)

    def inside(self, values: Array, largest: float) -> Array:
        """Values within the bounds, positive where they are varied as logarithms.

        Parameters
        ----------
        values : ndarray, shape (..., p)
            In the [unit] of each parameter.
        largest : float
            Largest intensity, in its [unit].
        """
        low = np.array([max(one.low, _SMALLEST * largest) if one.log and one.linear else one.low for one in self.parameters])
        high = np.array([one.high for one in self.parameters])
        kept: Array = np.clip(values, low, high)
        return kept


def build(
    name: str,
    q: Array,
    *,
    exponent: Exponent = "fixed",
    n: float = 4.0,
    d_bound: float | None = 0.0,
    background: bool = True,
    term: Term | None = None,
) -> Model:
    """A model for a curve.

    Parameters
    ----------
    name : str
        One of ``CLOSED``, ``"mesopores"``, or another with its own ``term``.
    q : ndarray, shape (m,)
        [nm-1] of the curve, from which the starts follow.
    exponent : {"fixed", "porod", "free"}
        Of the power law: given, between 3 and 4, or between 0 and 6.
    n : float
        The exponent [1], where it is given.
    d_bound : float or None
        Lower bound of the background, in the [unit] of the intensity.
    background : bool
        Whether there is a background at all.
    term : Term, optional
        Pore term of a model that is not of closed form.

    Returns
    -------
    Model

    Raises
    ------
    InputError
        The name is not known.
    """
    if term is None and name not in (*CLOSED, "mesopores"):
        raise InputError(f'"{name}" is not a model of closed form. Write one of {", ".join(CLOSED)}.')
    kind: Exponent = exponent if exponent != "fixed" else "porod" if name == "saurel" else "free" if name in _FREE_POWER else "fixed"
    terms = [_power(kind, n)]
    if name == "saurel":
        terms.append(Term(laws.layers, (Bounds("b", "I", 0.0, math.inf, linear=True),)))
    terms.append(term or _pores(name, q))
    if name == "mesopores":
        terms.append(_second(q))
    low = -math.inf if d_bound is None else d_bound
    bounds = (low, math.inf) if background else (0.0, 0.0)
    terms.append(Term(laws.constant, (Bounds("D", "I", *bounds, linear=background),)))
    return Model(name, tuple(terms), batch=term is None)


def _power(kind: Exponent, n: float) -> Term:
    low, high = (n, n) if kind == "fixed" else POROD if kind == "porod" else _FREE
    grid = {"fixed": ((),), "porod": ((3.2,), (3.8,)), "free": ((1.0,), (2.5,), (4.0,))}[kind]
    return Term(laws.power, (Bounds("A", "I", 0.0, math.inf, linear=True), Bounds("n", "1", low, high)), grid)


def _amplitude(name: str, unit: str, *, log: bool = True) -> Bounds:
    return Bounds(name, unit, 0.0, math.inf, log=log, linear=True)


def _scales(q: Array, count: int) -> tuple[float, ...]:
    """Lengths [nm] whose knee lies in the window, or near it."""
    return tuple(float(one) for one in np.geomspace(0.7 / q.max(), 1.4 / q.min(), count))


def _length(name: str) -> Bounds:
    return Bounds(name, "nm", *_LENGTHS, log=True)


def _pores(name: str, q: Array) -> Term:
    if name == "teubner_strey":
        grid = tuple((2 * math.pi * one, share * one) for one in _scales(q, 7) for share in (0.3, 0.8, 2.0))
        return Term(laws.wave, (_amplitude("B", "I nm-4"), _length("d"), _length("xi")), grid)
    if name == "beaucage":
        grid = tuple((2 * one, exponent) for one in _scales(q, 7) for exponent in (2.0, 4.0))
        return Term(
            laws.unified,
            (_amplitude("G", "I"), _length("R_g"), _amplitude("K", "I", log=False), Bounds("P", "1", *_P)),
            grid,
        )
    return Term(laws.dab, (_amplitude("B", "I nm-4"), _length("a")), tuple((one,) for one in _scales(q, 7)))


def _second(q: Array) -> Term:
    """A second population of pores, larger than the first."""
    first = _scales(q, 7)
    grid = tuple((one,) for one in first if one > _LARGER * first[0])
    return Term(laws.dab, (_amplitude("B_meso", "I nm-4"), replace(_length("a_meso"), low=0.5 / q.max())), grid)


def spheres_term(law: Law, q: Array) -> Term:
    """The term of polydisperse hard spheres: scale, radius, relative width of the radii, volume fraction.

    Parameters
    ----------
    law : callable
    q : ndarray, shape (m,)
        [nm-1]
    """
    grid = tuple((2 * one, 0.3, 0.07) for one in _scales(q, 5))
    parameters = (_amplitude("scale", "1"), _length("R"), Bounds("width", "1", *_WIDTHS), Bounds("eta", "1", *_FRACTIONS))
    return Term(law, parameters, grid)
