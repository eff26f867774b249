"""Which single mechanisms reach the same retention, and what would tell them apart.

One number at the end of a life fixes one rate constant of any mechanism that can bring the capacity down so far. For each the rate is
sought at which the retention is met; the cells that then look alike are compared in what else could be measured on them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from dualion.errors import SolveError, SpecError
from dualion.models.ageing.life import LifeResult, life
from dualion.models.ageing.mechanisms import NONE, Mechanisms, check
from dualion.models.engines import DEFAULT_ENGINE
from dualion.records.cell import Cell

#: How near to the retention that was asked for a mechanism must come, in points.
ACCURACY = 0.01  # [%]
_SEARCHES = 60
#: Interval of the logarithm of a rate at which a search ends.
_NARROWEST = 1e-9


@dataclass(frozen=True, slots=True)
class Family:
    """A single mechanism with one free rate constant.

    Parameters
    ----------
    name : str
    symbol : str
        Fields of ``Mechanisms`` that are free.
    with_rate : callable
        The mechanism at a rate.
    low, high : float
        Between which the rate is sought, in the unit of the field.
    """

    name: str
    symbol: str
    with_rate: Callable[[float], Mechanisms]
    low: float
    high: float


#: Mechanisms that are tried, each alone.
FAMILIES = (
    Family("loss of sites", "site_loss", lambda rate: Mechanisms(site_loss=rate), 1e-11, 1e-4),
    Family(
        "loss of salt",
        "anode_share = cathode_share",
        lambda rate: Mechanisms(site_loss=0.0, anode_share=rate, cathode_share=rate),
        1e-8,
        0.1,
    ),
    Family("slippage by the anode", "anode_share", lambda rate: Mechanisms(site_loss=0.0, anode_share=rate), 1e-8, 0.1),
    Family("slippage by the cathode", "cathode_share", lambda rate: Mechanisms(site_loss=0.0, cathode_share=rate), 1e-8, 0.1),
    Family("growth of the film", "film_growth", lambda rate: Mechanisms(site_loss=0.0, film_growth=rate), 1e-6, 1e3),
)

#: What could be measured at the end of a life, with its unit and the difference that a measurement shows.
OBSERVABLES = {
    "mean discharge voltage": ("V", 0.01),
    "coulombic efficiency": ("%", 0.01),
    "energy efficiency": ("%", 0.5),
    "residual salt": ("%", 2.0),
    "film resistance": ("ohm", 2.0),
    "lowest anode potential": ("V", 0.005),
}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A mechanism that reaches the retention.

    Parameters
    ----------
    name : str
    symbol : str
        Fields of ``Mechanisms`` that were sought.
    rate : float
        In the unit of that field.
    mechanisms : Mechanisms
    retention : float
        [%] at the end.
    observed : mapping of str to float
        By name, in the units of ``OBSERVABLES``, at the end.
    """

    name: str
    symbol: str
    rate: float
    mechanisms: Mechanisms
    retention: float
    observed: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a retention says about its cause.

    Parameters
    ----------
    retention : float
        [%] that was asked for.
    cycles : int
        [1]
    relative_to : int
        [1] cycle on which the retention is based.
    candidates : tuple of Candidate
    fresh : mapping of str to float
        What is observed in cycle 2 of a new cell, in the units of ``OBSERVABLES``.
    unable : mapping of str to str
        Mechanisms that do not reach it alone, and why.
    apart : mapping of str to tuple of str
        For each pair of candidates, ``"a / b"``, the observables that differ by more than a measurement needs.
    verdict : {"not identified", "one mechanism", "none"}
    """

    retention: float
    cycles: int
    relative_to: int
    candidates: tuple[Candidate, ...]
    fresh: Mapping[str, float]
    unable: Mapping[str, str]
    apart: Mapping[str, tuple[str, ...]]

    @property
    def verdict(self) -> str:
        """Whether the retention names its cause."""
        return ("none", "one mechanism")[len(self.candidates)] if len(self.candidates) < 2 else "not identified"


def explain(
    cell: Cell,
    *,
    specific_current: float,
    cycles: int,
    retention: float,
    relative_to: int = 1,
    engine: str = DEFAULT_ENGINE,
    families: tuple[Family, ...] = FAMILIES,
    on_progress: Callable[[int, int, str], None] | None = None,
) -> Explanation:
    """Find the single mechanisms that bring a cell to a retention.

    Parameters
    ----------
    cell : Cell
    specific_current : float
        [mA/g] on the mass that defines 1 C.
    cycles : int
        [1]
    retention : float
        [%] of the discharge capacity of cycle ``relative_to``, after the last cycle.
    relative_to : int
        [1]
    engine : str
    families : tuple of Family
    on_progress : callable, optional
        ``on_progress(done, total, message)``.

    Returns
    -------
    Explanation

    Raises
    ------
    SpecError
        The retention is not within 0 and 100, or the cell is no dual-ion cell.
    """
    if not 0.0 < retention < 100.0:
        raise SpecError(f"retention: {retention:g} % is not within 0 and 100. Write the share that is left, such as 80.6.")
    check(cell, NONE)

    def lived(mechanisms: Mechanisms) -> LifeResult:
        return life(
            cell, specific_current=specific_current, cycles=cycles, mechanisms=mechanisms, engine=engine, method="stepper",
            curves_at=(), checked_cycles=0,
        )  # fmt: skip

    found, unable = [], {}
    for number, family in enumerate(families, start=1):
        sought = _sought(family, lived, cycles, retention, relative_to, cell)
        if isinstance(sought, str):
            unable[family.name] = sought
        else:
            found.append(sought)
        if on_progress is not None:
            on_progress(number, len(families), family.name)
    new = lived(NONE)
    return Explanation(retention, cycles, relative_to, tuple(found), _observed(cell, new, at=1), unable, _apart(found))


def _sought(
    family: Family, lived: Callable[[Mechanisms], LifeResult], cycles: int, retention: float, relative_to: int, cell: Cell
) -> Candidate | str:
    """The mechanism at the rate that meets the retention, or why there is none; a search on the logarithm of the rate."""
    if family.symbol.startswith("film") and cell.film is None:
        return "the cell has no film of its own"
    low, high, above, below = np.log(family.low), np.log(family.high), 100.0, 0.0
    for number in range(_SEARCHES):
        # a straight line between what is left at both ends, and each third time the middle; nothing is known where a cell did not last
        share = 0.5 if below <= 0.0 or number % 3 == 2 else float(np.clip((above - retention) / (above - below), 0.02, 0.98))
        between = low + share * (high - low)
        mechanisms = family.with_rate(float(np.exp(between)))
        result = _lived_through(lived, mechanisms)
        left = result.retention(relative_to)[-1] if result is not None and result.table["cycle"].size == cycles else 0.0
        if result is not None and abs(left - retention) <= ACCURACY:
            return Candidate(family.name, family.symbol, float(np.exp(between)), mechanisms, float(left), _observed(cell, result, at=-1))
        if left > retention:
            low, above = between, float(left)
        else:
            high, below = between, float(left)
        if high - low < _NARROWEST:
            break
    if np.exp(low) > 0.99 * family.high:
        return f"at the largest rate that was tried {above:.1f} % is left"
    return f"the retention jumps over {retention:g} % at a rate of {np.exp(low):.3g}"


def _lived_through(lived: Callable[[Mechanisms], LifeResult], mechanisms: Mechanisms) -> LifeResult | None:
    try:
        return lived(mechanisms)
    except SolveError:
        return None  # the cell did not last: less is left than was asked for


def _observed(cell: Cell, result: LifeResult, *, at: int) -> dict[str, float]:
    """What could be measured in one row of a life."""
    table = {name: column[at] for name, column in result.table.items()}
    initial = cell.electrolyte.concentration.value * 1e3 * _electrolyte(cell)
    return {
        "mean discharge voltage": float(table["mean_discharge_voltage"]),
        "coulombic efficiency": float(100.0 * table["coulombic_efficiency"]),
        "energy efficiency": float(100.0 * table["energy_efficiency"]),
        "residual salt": float(100.0 * table["salt"] / initial),
        "film resistance": float(table["film_factor"]) * (0.0 if cell.film is None else cell.film.resistance.value),
        "lowest anode potential": float(table["lowest_anode_potential"]),
    }


def _electrolyte(cell: Cell) -> float:
    """[m3] that takes part."""
    beside = cell.reservoir if cell.reservoir_exchange is not None else 0.0
    return (cell.pore_volume + beside) * 1e-9 * cell.area.value


def _apart(candidates: list[Candidate]) -> dict[str, tuple[str, ...]]:
    return {
        f"{one.name} / {other.name}": tuple(
            name for name, (_, shown) in OBSERVABLES.items() if abs(one.observed[name] - other.observed[name]) > shown
        )
        for one, other in combinations(candidates, 2)
    }
