"""Equivalent circuits of impedance spectra: what they are made of, how they are written, their impedance and its derivatives.

A circuit is a series of parts. With s = j omega:

    R     Z = R                                        resistor
    L     Z = s L                                      inductor
    C     Z = 1 / (s C)                                capacitor
    Q     Z = 1 / (Q s^n)                              constant-phase element, 0 < n < 1
    W     Z = sigma (1 - j) omega^(-1/2)               Warburg, semi-infinite
    Ws    Z = R_d tanh(u) / u,   u = (s tau_d)^(1/2)   Warburg, finite length, open to a reservoir
    Wo    Z = R_d coth(u) / u                          Warburg, finite space, closed
    (..|Q)  an arc: a resistor, alone or in series with one of W, Ws, Wo, beside Q or C

It is written as in ``"R(R|Q)(R|Q)W"`` or ``"(R1|Q1)+(R2|Q2)+Q3"``; numbers and plus signs are for the reader. The grammar:

    circuit = part { ["+"] part };    part = element | "(" branch "|" branch ")"
    branch = element { ["+"] element };    element = ("R" | "L" | "C" | "Q" | "W" | "Ws" | "Wo") [digits]

Coordinates of a fit are ln R, ln L, ln C, ln Q, ln sigma, ln R_d, ln tau_d and logit n; derivatives are analytic and refer to them. A
circuit may be evaluated in any unit of time 1 / omega_0: ``time_powers`` says how a parameter follows.

References: brug1984 (constant-phase element), barsoukov2005 (finite-length diffusion).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from dualion.errors import SpecError

Array = NDArray[np.float64]
ComplexArray = NDArray[np.complexfloating[Any, Any]]
Role = Literal["R", "L", "C", "Q", "n", "sigma", "R_d", "tau_d"]

#: Parameters of each element, in the order of their coordinates.
ROLES: dict[str, tuple[Role, ...]] = {
    "R": ("R",),
    "L": ("L",),
    "C": ("C",),
    "Q": ("Q", "n"),
    "W": ("sigma",),
    "Ws": ("R_d", "tau_d"),
    "Wo": ("R_d", "tau_d"),
}
#: Units of parameters, as words: that of Q holds the exponent.
UNITS: dict[Role, str] = {
    "R": "ohm",
    "L": "ohm s",
    "C": "F",
    "Q": "S s^n",
    "n": "1",
    "sigma": "ohm s^-0.5",
    "R_d": "ohm",
    "tau_d": "s",
}
DIFFUSION = ("W", "Ws", "Wo")
_TOKEN = re.compile(r"\s*(?:(?P<element>Ws|Wo|[RLCQW])(?P<digits>\d*)|(?P<mark>[()|+]))")
_MOST_PARTS = 12


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the series.

    Parameters
    ----------
    kind : str
        An element, or ``"arc"``.
    inner : tuple of str
        Elements of an arc: the resistor, its diffusion element if it has one, the capacitive element.
    first : int
        [1] Place of its first parameter in the coordinates.
    """

    kind: str
    inner: tuple[str, ...]
    first: int

    @property
    def elements(self) -> tuple[str, ...]:
        """Elements whose parameters it has, in their order."""
        return self.inner if self.kind == "arc" else (self.kind,)

    @property
    def roles(self) -> tuple[Role, ...]:
        """Its parameters, in their order."""
        return tuple(role for element in self.elements for role in ROLES[element])


@dataclass(frozen=True, slots=True)
class Circuit:
    """A circuit: its parts in series.

    Parameters
    ----------
    parts : tuple of Part
    """

    parts: tuple[Part, ...]

    @property
    def text(self) -> str:
        """The circuit in writing, such as ``"R(R|Q)(R|Q)Q"``."""
        return "".join(_written(part) for part in self.parts)

    @property
    def roles(self) -> tuple[Role, ...]:
        """What each parameter is, shape (p,)."""
        return tuple(role for part in self.parts for role in part.roles)

    @property
    def arcs(self) -> tuple[Part, ...]:
        """Its arcs, in the order of writing."""
        return tuple(part for part in self.parts if part.kind == "arc")

    @property
    def size(self) -> int:
        """Number of parameters."""
        return len(self.roles)

    def names(self) -> tuple[str, ...]:
        """Names of the parameters: ``R_s``, ``R_1``, ``Q_1``, ``n_1``, ..., and without a number outside of arcs."""
        found: list[str] = []
        for part in self.parts:
            mark = f"_{1 + self.arcs.index(part)}" if part.kind == "arc" else ""
            for role in part.roles:
                name = f"{role}{mark}" if mark else {"R": "R_s", "Q": "Q_t", "n": "n_t", "C": "C_t"}.get(role, role)
                found.append(name if name not in found else f"{name}{sum(one.startswith(name) for one in found) + 1}")
        return tuple(found)

    def values(self, coordinates: Array) -> Array:
        """Parameters at coordinates.

        Parameters
        ----------
        coordinates : ndarray, shape (..., p)
            [1] logarithms, and logits of exponents.

        Returns
        -------
        ndarray, shape (..., p)
            In the units of the parameters.
        """
        exponent = self.is_exponent()
        return np.where(exponent, expit(coordinates), np.exp(np.where(exponent, 0.0, coordinates)))

    def coordinates(self, values: Array) -> Array:
        """Coordinates of parameters, the inverse of ``values``.

        Parameters
        ----------
        values : ndarray, shape (..., p)
            [ohm], [S s^n], ... in the units of the parameters.
        """
        exponent = self.is_exponent()
        return np.where(exponent, logit(np.where(exponent, values, 0.5)), np.log(np.where(exponent, 1.0, values)))

    def is_exponent(self) -> NDArray[np.bool_]:
        """Which parameters are exponents n, shape (p,)."""
        return np.array([role == "n" for role in self.roles])

    def impedance(self, frequency: Array, values: Array) -> ComplexArray:
        """Impedance [ohm] at frequencies.

        Parameters
        ----------
        frequency : ndarray, shape (n,)
            [Hz]
        values : ndarray, shape (p,)
            [ohm], [S s^n], ... parameters in their units.

        Returns
        -------
        ndarray of complex, shape (n,)
        """
        omega = 2 * np.pi * np.asarray(frequency, dtype=float)
        return np.asarray(self.evaluate(omega, self.coordinates(np.asarray(values, dtype=float))[None])[0][0])

    def evaluate(self, omega: Array, coordinates: Array) -> tuple[ComplexArray, ComplexArray]:
        """Impedance and its derivatives for many sets of coordinates at once.

        Parameters
        ----------
        omega : ndarray, shape (n,)
            [1] angular frequencies in units of omega_0.
        coordinates : ndarray, shape (m, p)
            [1] of parameters in the same unit of time.

        Returns
        -------
        impedance : ndarray of complex, shape (m, n)
        derivatives : ndarray of complex, shape (m, n, p)
            [ohm]
        """
        s = 1j * omega[None]
        total = np.zeros((coordinates.shape[0], omega.size), dtype=complex)
        slopes = np.empty((coordinates.shape[0], omega.size, self.size), dtype=complex)
        for part in self.parts:
            at = coordinates[:, part.first : part.first + len(part.roles)]
            found, derivatives = _arc(part.inner, s, at) if part.kind == "arc" else ELEMENTS[part.kind](s, at)
            total += found
            for place, one in enumerate(derivatives):
                slopes[:, :, part.first + place] = one
        return total, slopes

    def time_powers(self) -> tuple[Array, Array]:
        """How coordinates follow the unit of time: with x' in units of 1 / omega_0, x = x' - (a + b n) ln omega_0.

        Returns
        -------
        a : ndarray, shape (p,)
        b : ndarray, shape (p, p)
            Its rows pick the exponent n that belongs to a Q.
        """
        fixed = np.array([{"L": 1.0, "C": 1.0, "tau_d": 1.0, "sigma": -0.5}.get(role, 0.0) for role in self.roles])
        picks = np.zeros((self.size, self.size))
        for place, role in enumerate(self.roles):
            if role == "Q":
                picks[place, place + 1] = 1.0
        return fixed, picks


def parse(text: str) -> Circuit:
    """Read a circuit.

    Parameters
    ----------
    text : str
        Such as ``"R(R|Q)(R|Q)W"``.

    Returns
    -------
    Circuit

    Raises
    ------
    SpecError
        The text does not follow the grammar.

    Examples
    --------
    >>> parse("(R1|Q1)+(R2|Q2)+Q3").text
    '(R|Q)(R|Q)Q'
    """
    tokens, at = [], 0
    while at < len(text.rstrip()):
        found = _TOKEN.match(text, at)
        if found is None:
            raise _refused(text, f'"{text[at:].strip()[:1]}" at character {at + 1} is not part of a circuit')
        tokens.append(found["element"] or found["mark"])
        at = found.end()
    parts: list[Part] = []
    rest = list(reversed(tokens))
    first = 0
    while rest:
        token = rest.pop()
        if token == "+" and parts and rest:
            continue
        if token not in ROLES and token != "(":
            raise _refused(text, f'"{token}" stands where a part should begin')
        part = Part("arc", _arc_of(text, rest), first) if token == "(" else Part(token, (), first)
        parts.append(part)
        first += len(part.roles)
    _refuse_repeats(text, parts)
    return Circuit(tuple(parts))


def _arc_of(text: str, rest: list[str]) -> tuple[str, ...]:
    """Elements of an arc, resistor first; takes its tokens from the reversed list."""
    branches: list[list[str]] = [[]]
    while True:
        if not rest:
            raise _refused(text, "a bracket is not closed")
        token = rest.pop()
        if token == ")":
            break
        if token == "|":
            branches.append([])
        elif token in ROLES:
            branches[-1].append(token)
        elif token != "+":
            raise _refused(text, "an arc holds no further brackets")
    ordered = sorted(branches, key=lambda branch: branch[:1] != ["R"])
    if len(ordered) == 2 and ordered[1] in (["Q"], ["C"]) and ordered[0][:1] == ["R"]:
        more = ordered[0][1:]
        if not more or (len(more) == 1 and more[0] in DIFFUSION):
            return (*ordered[0], *ordered[1])
    raise _refused(text, "an arc is a resistor, alone or with one of W, Ws, Wo behind it, beside Q or C, as in (R|Q) or (RW|Q)")


def _refuse_repeats(text: str, parts: list[Part]) -> None:
    if not 0 < len(parts) <= _MOST_PARTS:
        raise _refused(text, f"it has {len(parts)} parts, and 1 to {_MOST_PARTS} can be told apart")
    kinds = [part.kind for part in parts]
    for kind in ("R", "L", "C", "W"):
        if kinds.count(kind) > 1:
            raise _refused(text, f"{kind} stands {kinds.count(kind)} times in series, which no spectrum can tell apart")


def _refused(text: str, problem: str) -> SpecError:
    return SpecError(f'circuit: "{text}": {problem}. Write it as in "R(R|Q)(R|Q)W" or "(R1|Q1)+(R2|Q2)+Q3".')


def _written(part: Part) -> str:
    return part.kind if part.kind != "arc" else f"({''.join(part.inner[:-1])}|{part.inner[-1]})"


Found = tuple[ComplexArray, Sequence[ComplexArray]]


def _resistor(s: ComplexArray, at: Array) -> Found:
    z = np.exp(at[:, :1]) + 0j * s
    return z, [z]


def _inductor(s: ComplexArray, at: Array) -> Found:
    z = np.exp(at[:, :1]) * s
    return z, [z]


def _capacitor(s: ComplexArray, at: Array) -> Found:
    z = 1 / (np.exp(at[:, :1]) * s)
    return z, [-z]


def _phase(s: ComplexArray, at: Array) -> Found:
    n = expit(at[:, 1:])
    logarithm = np.log(s)
    z = np.exp(-at[:, :1] - n * logarithm)
    return z, [-z, -z * logarithm * n * (1 - n)]


def _warburg(s: ComplexArray, at: Array) -> Found:
    z = np.exp(at[:, :1]) * np.sqrt(2 / s)
    return z, [z]


def _short(s: ComplexArray, at: Array) -> Found:
    u = np.sqrt(s * np.exp(at[:, 1:]))
    decayed = np.exp(-2 * u)
    tangent, rise = (1 - decayed) / (1 + decayed), 4 * decayed / (1 + decayed) ** 2
    resistance = np.exp(at[:, :1])
    z = resistance * tangent / u
    return z, [z, 0.5 * (resistance * rise - z)]


def _open(s: ComplexArray, at: Array) -> Found:
    u = np.sqrt(s * np.exp(at[:, 1:]))
    decayed = np.exp(-2 * u)
    cotangent, fall = (1 + decayed) / (1 - decayed), 4 * decayed / (1 - decayed) ** 2
    resistance = np.exp(at[:, :1])
    z = resistance * cotangent / u
    return z, [z, -0.5 * (resistance * fall + z)]


#: Impedance [ohm] and its derivatives with respect to the coordinates, of each element.
ELEMENTS: dict[str, Callable[[ComplexArray, Array], Found]] = {
    "R": _resistor,
    "L": _inductor,
    "C": _capacitor,
    "Q": _phase,
    "W": _warburg,
    "Ws": _short,
    "Wo": _open,
}


def _arc(inner: tuple[str, ...], s: ComplexArray, at: Array) -> Found:
    """1 / (1 / Z_branch + Y), with Y of the capacitive element."""
    branch: ComplexArray = np.zeros((at.shape[0], s.shape[1]), dtype=complex)
    derivatives: list[ComplexArray] = []
    first = 0
    for element in inner[:-1]:
        count = len(ROLES[element])
        one, slopes = ELEMENTS[element](s, at[:, first : first + count])
        branch, derivatives, first = branch + one, [*derivatives, *slopes], first + count
    beside, others = ELEMENTS[inner[-1]](s, at[:, first:])
    whole = branch * beside / (branch + beside)
    through, past = (whole / branch) ** 2, (whole / beside) ** 2
    return whole, [through * one for one in derivatives] + [past * one for one in others]
