"""Kramers-Kronig test of a spectrum: a linear fit of Voigt elements, which obey the relations whatever their number.

    Z(omega) = R_0 + j omega L + 1 / (j omega C) + sum_k R_k / (1 + j omega tau_k)

The time constants are fixed, evenly in the logarithm between 1 / omega_max and 1 / omega_min, and the fit is linear, with residuals in
units of |Z| and R_k of either sign. M elements are raised one by one until

    mu = 1 - sum |R_k < 0| / sum |R_k >= 0|  <  0.85        (Schoenleber, Klotz & Ivers-Tiffee 2014)

which is where the fit begins to follow noise, or until the residuals stop falling: three raises in a row that lower their root mean square
by less than 5 % each. Too few elements also take negative resistances, and so do the ideal arcs of models between two grid points: mu
counts once the signs of the residuals are those of noise, and the residuals are within the limit or there are three elements for each
decade.

A spectrum that the fit describes is causal, linear and stable. Its residuals must be within a limit, and their signs must change as often
as those of noise do: a runs test (Wald & Wolfowitz 1940) on Re and Im, which counts only where the residuals are above the 0.1 % that
instruments resolve.

References: boukamp1995, schonleber2014, wald1940.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from dualion.errors import CoverageError, SpecError
from dualion.numerics.impedance.circuits import Array, ComplexArray

#: Least share of positive resistances before a fit follows noise.
LEAST_MU = 0.85
#: Fewest and most elements, and fewest points of a spectrum.
FEWEST, MOST, FEWEST_POINTS = 3, 50, 6
#: Elements for each decade from which mu counts whatever the residuals.
ENOUGH = 3.0
#: A raise that lowers the residuals by a smaller share has not lowered them; how many in a row end the search.
STALLED, RAISES = 0.05, 3
#: Probability of as few or as many runs by chance, below which signs are not those of noise.
LEAST_CHANCE = 1e-3
#: Root mean square of relative residuals below which their signs do not count: what impedance analysers resolve.
RESOLVED = 1e-3
#: Elements for each point, at most.
_ELEMENTS_PER_POINT = 0.6


@dataclass(frozen=True, slots=True, eq=False)
class KramersKronig:
    """What the test found.

    Parameters
    ----------
    frequency : ndarray, shape (n,)
        [Hz]
    fitted : ndarray of complex, shape (n,)
        [ohm]
    residuals : ndarray of complex, shape (n,)
        [1] (Z_fit - Z) / |Z|.
    elements : int
        [1] M.
    mu : float
        [1]
    chance : float
        [1] of as unusual a number of runs.
    limit : float
        [1] of a residual of Re or Im.
    """

    frequency: Array
    fitted: ComplexArray
    residuals: ComplexArray
    elements: int
    mu: float
    chance: float
    limit: float

    @property
    def worst(self) -> float:
        """Greatest residual of Re or Im [1]."""
        return float(np.max(self._parts))

    @property
    def rms(self) -> float:
        """Root mean square of the residuals of Re and Im [1]."""
        return float(np.sqrt(np.mean(self._parts**2)))

    @property
    def failing(self) -> tuple[int, ...]:
        """Places [1] of the points whose residual is beyond the limit, from 0."""
        return tuple(int(place) for place in np.flatnonzero(self._parts.max(axis=0) > self.limit))

    @property
    def random(self) -> bool:
        """Whether the signs of the residuals are those of noise, or the residuals too small to tell."""
        return self.chance >= LEAST_CHANCE or self.rms < RESOLVED

    @property
    def valid(self) -> bool:
        """Whether the spectrum passes."""
        return self.worst <= self.limit and self.random

    @property
    def verdict(self) -> str:
        """In words, such as for a rule or a flag."""
        found = f"residuals of at most {self.worst:.2%}, rms {self.rms:.2%}, M = {self.elements}, mu = {self.mu:.2f}"
        signs = "signs of the residuals as of noise" if self.random else f"signs of the residuals not as of noise (p = {self.chance:.1g})"
        return f"{found}, {signs}"

    @property
    def _parts(self) -> Array:
        return np.asarray(np.abs(np.stack([self.residuals.real, self.residuals.imag])))


def kramers_kronig(
    frequency: Array, impedance: ComplexArray, *, elements: int | None = None, limit: float = 0.01, capacitance: bool = True
) -> KramersKronig:
    """Test a spectrum.

    Parameters
    ----------
    frequency : ndarray, shape (n,)
        [Hz]
    impedance : ndarray of complex, shape (n,)
        [ohm]
    elements : int, optional
        [1] M; by the rule where absent.
    limit : float
        [1] greatest residual of Re or Im, relative to the modulus.
    capacitance : bool
        Whether a capacitor stands in series, as a spectrum that ends in a blocking tail needs.

    Returns
    -------
    KramersKronig

    Raises
    ------
    CoverageError
        Fewer than 6 points.
    SpecError
        A frequency or an impedance is not a usable number.
    """
    frequency, impedance = np.asarray(frequency, dtype=float), np.asarray(impedance, dtype=complex)
    if frequency.size < FEWEST_POINTS:
        raise CoverageError("A Kramers-Kronig test, in points,", FEWEST_POINTS, int(frequency.size))
    usable = np.isfinite(frequency) & np.isfinite(impedance) & (frequency > 0) & (np.abs(impedance) > 0)
    if not usable.all() or np.ptp(frequency) == 0:
        raise SpecError("impedance: a frequency or an impedance is not a usable number, or all frequencies are one. Leave such points out.")
    most = min(MOST, int(_ELEMENTS_PER_POINT * frequency.size))
    count = min(FEWEST, most) if elements is None else min(max(elements, 1), most)
    found = _voigt(frequency, impedance, count, limit=limit, capacitance=capacitance)
    enough, stalled = ENOUGH * float(np.log10(frequency.max() / frequency.min())), 0
    while elements is None and stalled < RAISES and found.elements < most:
        if found.mu < LEAST_MU and found.random and (found.worst <= limit or found.elements >= enough):
            break
        raised = _voigt(frequency, impedance, found.elements + 1, limit=limit, capacitance=capacitance)
        stalled = stalled + 1 if raised.rms > (1 - STALLED) * found.rms and raised.worst <= limit else 0
        found = raised
    return found


def _voigt(frequency: Array, impedance: ComplexArray, count: int, *, limit: float, capacitance: bool) -> KramersKronig:
    """The linear fit with a given number of elements."""
    omega = 2 * np.pi * frequency
    middle = np.sqrt(omega.min() * omega.max())
    tau = np.geomspace(1 / omega.max(), 1 / omega.min(), count)
    s = 1j * omega / middle
    columns = [np.ones_like(s), s, *([1 / s] if capacitance else []), *(1 / (1 + 1j * omega * one) for one in tau)]
    size = np.abs(impedance)
    design = np.stack(columns, axis=1) / size[:, None]
    stacked = np.concatenate([design.real, design.imag])
    scale = np.linalg.norm(stacked, axis=0)
    target = impedance / size
    amplitudes = np.linalg.lstsq(stacked / scale, np.concatenate([target.real, target.imag]), rcond=None)[0] / scale
    voigt = amplitudes[-count:]
    positive = float(voigt[voigt >= 0].sum())
    mu = 1 - float(np.abs(voigt[voigt < 0]).sum()) / positive if positive > 0 else 0.0
    fitted = design @ amplitudes * size
    residuals = (fitted - impedance) / size
    chance = min(1.0, 2 * min(runs_chance(residuals.real), runs_chance(residuals.imag)))
    return KramersKronig(frequency, fitted, residuals, count, mu, chance, limit)


def runs_chance(residuals: Array) -> float:
    """Probability [1] of a number of runs of one sign as far from the expected one, were the signs random, in normal approximation.

    Parameters
    ----------
    residuals : ndarray, shape (n,)
        [1] in the order of the frequencies.

    Examples
    --------
    >>> runs_chance(np.array([1.0, -1.0, -2.0, 1.0, -1.0, 2.0, 1.0, -1.0])) > 0.5
    True
    """
    above = residuals > 0
    plus, minus, n = int(above.sum()), int((~above).sum()), above.size
    if min(plus, minus) == 0 or n < FEWEST_POINTS:
        return 1.0 if n < FEWEST_POINTS else 0.0
    runs = 1 + int(np.count_nonzero(np.diff(above)))
    expected = 1 + 2 * plus * minus / n
    spread = np.sqrt((expected - 1) * (expected - 2) / (n - 1))
    return float(2 * ndtr(-abs(runs - expected) / spread)) if spread > 0 else 1.0
