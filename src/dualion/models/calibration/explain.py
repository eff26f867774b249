"""A printed capacity held against mechanisms that might explain it, each with its one free parameter scanned.

A cell delivers less than its hosts hold when resistance, slow transport in the anode's particles, or plating takes a share. Each is tried
alone or in the order in which it makes sense, the parameter of each over the range that a reader might allow:

    resistance     films and contacts as one series resistance, transport in the anode fast
    transport      solid diffusivity of the anode, at a given resistance
    plating        exchange current density of sodium plating beside it, irreversible or reversible, at a given diffusivity

A mechanism is *sufficient* where its scan encloses the printed number. One number cannot tell sufficient mechanisms apart, nor fix a
parameter that nothing else has measured: the verdict on what explains it is then *not identified*, however well one of the scans may agree.
Capacities are those of the second cycle, so that what the first leaves in the anode counts; the Na inventory is that of the whole cell.

Valid with the limits of the cell model; volume change, side reactions and a film that grows are not among the mechanisms.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from dualion.errors import SolveError
from dualion.models.cells import with_values
from dualion.models.engines import DEFAULT_ENGINE, solver
from dualion.models.experiments import rate_blocks
from dualion.models.outputs import CellResult, working_mass
from dualion.records.cell import Cell, Plating
from dualion.records.figure import Axis, Figure, Panel, Series
from dualion.records.quantity import Parameter, Quantity

Mechanism = Literal["resistance", "transport", "irreversible plating", "reversible plating"]
Verdict = Literal["not identified", "not explained"]

#: Cycle whose discharge counts.
CYCLE = 2
#: Series resistances scanned beside the cell's own [ohm]. Specification of the cell models, 3.9.
RESISTANCES = (33.0,)
#: Diffusivities of the anode scanned [m2/s].
DIFFUSIVITIES = (1e-15, 3e-16, 2e-16, 1e-16)
#: Diffusivity at which plating is tried [m2/s].
DIFFUSIVITY_WITH_PLATING = 2e-16
#: Exchange current densities of plating scanned [A/m2]; none is known.
EXCHANGE_CURRENTS = (1e-4, 1e-3, 1e-2, 1e-1, 1.0)

_KINDS: dict[Mechanism, Literal["irreversible", "reversible"]] = {
    "irreversible plating": "irreversible",
    "reversible plating": "reversible",
}


@dataclass(frozen=True, slots=True)
class Attempt:
    """One value of one mechanism.

    Parameters
    ----------
    mechanism : str
    value : float
        [ohm], [m2/s] or [A/m2].
    capacities : tuple of float or None
        [mAh/g] of the cathode at each current, None where the run failed.
    lowest_potential : float or None
        [V] of the anode against the electrolyte at the current of the printed number, without films.
    plated : float or None
        [1] share of the cell's sodium that is plated at the end of the last charge, at that current.
    status : str
        ``"done"``, or the message of what failed.
    """

    mechanism: Mechanism
    value: float
    capacities: tuple[float | None, ...]
    lowest_potential: float | None
    plated: float | None
    status: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """What each mechanism gives for a printed number, and the verdict.

    Parameters
    ----------
    cell : str
    printed : float
        [mAh/g]
    specific_current : float
        [mA/g] of the printed number.
    currents : tuple of float
        [mA/g] of every run.
    attempts : tuple of Attempt
    sufficient : tuple of str
        Mechanisms whose scan encloses the printed number.
    verdict : {"not identified", "not explained"}
    sentence : str
    """

    cell: str
    printed: float
    specific_current: float
    currents: tuple[float, ...]
    attempts: tuple[Attempt, ...]
    sufficient: tuple[Mechanism, ...]
    verdict: Verdict
    sentence: str


def explain(
    cell: Cell,
    printed: float,
    specific_current: float,
    *,
    currents: Sequence[float],
    resistances: Sequence[float] = RESISTANCES,
    diffusivities: Sequence[float] = DIFFUSIVITIES,
    exchange_currents: Sequence[float] = EXCHANGE_CURRENTS,
    engine: str = DEFAULT_ENGINE,
) -> Explanation:
    """Try each mechanism on a printed capacity.

    Parameters
    ----------
    cell : Cell
        A full cell; its film, where it is a circuit of its own, is taken into the series resistance.
    printed : float
        [mAh/g] of the cathode.
    specific_current : float
        [mA/g] at which it was printed.
    currents : sequence of float
        [mA/g] of the runs; the printed one is added where it is not among them.
    resistances : sequence of float
        [ohm] beside the cell's own.
    diffusivities : sequence of float
        [m2/s] of the anode.
    exchange_currents : sequence of float
        [A/m2] of plating.
    engine : str
        See ``engines.engine_named``.

    Returns
    -------
    Explanation
    """
    shown = tuple(sorted({*currents, specific_current}))
    base = _lumped(cell)
    own = base.series_resistance.value
    tried: list[tuple[Mechanism, float, Cell]] = []
    tried += [("resistance", r, with_values(base, {"series_resistance": r})) for r in sorted({*resistances, own})]
    tried += [("transport", d, with_values(base, {"anode.diffusivity": d})) for d in sorted(diffusivities, reverse=True)]
    slow = with_values(base, {"anode.diffusivity": DIFFUSIVITY_WITH_PLATING}, standing="assumed", source="scan")
    for mechanism in _KINDS:
        tried += [(mechanism, j, _plating(slow, mechanism, j)) for j in sorted(exchange_currents)]
    attempts = tuple(_attempt(mechanism, value, variant, shown, specific_current, engine) for mechanism, value, variant in tried)
    at = shown.index(specific_current)
    sufficient = tuple(m for m in ("resistance", "transport", *_KINDS) if _encloses(attempts, m, printed, at))
    verdict: Verdict = "not identified" if sufficient else "not explained"
    return Explanation(
        cell.name, printed, specific_current, shown, attempts, sufficient, verdict, _sentence(attempts, sufficient, printed, at)
    )


def _lumped(cell: Cell) -> Cell:
    """The cell with its film as part of the series resistance, which is the same at constant current."""
    if cell.film is None:
        return cell
    together = cell.series_resistance.value + cell.film.resistance.value
    return replace(with_values(cell, {"series_resistance": together}, standing="derived", source="contacts and film"), film=None)


def _plating(cell: Cell, mechanism: Mechanism, exchange: float) -> Cell:
    density = Parameter(Quantity(exchange, "A/m2"), "assumed", "scan")
    return replace(cell, plating=Plating(_KINDS[mechanism], density))


def _attempt(mechanism: Mechanism, value: float, cell: Cell, currents: Sequence[float], printed_at: float, engine: str) -> Attempt:
    """Run one variant of the cell at every current; a current that fails is a failed number with its message."""
    model, mass = solver(cell, engine=engine), working_mass(cell)
    capacities: list[float | None] = []
    lowest, plated, status = None, None, "done"
    for current in currents:
        try:
            run = model.solve(rate_blocks(cell, [current], cycles=CYCLE), detail="all" if current == printed_at else "ends")
        except SolveError as error:
            capacities.append(None)
            status = str(error).splitlines()[0]
            continue
        capacities.append(run.steps[-1].capacity(mass))
        if current == printed_at:
            lowest, plated = _lowest(run), _plated_share(run)
    return Attempt(mechanism, value, tuple(capacities), lowest, plated, status)


def _lowest(run: CellResult) -> float:
    return min(float(step.anode_potential.min()) for step in run.steps)


def _plated_share(run: CellResult) -> float | None:
    """[1] of the cell's sodium that is plated when the last charge ends; None where nothing can plate."""
    if run.cell.plating is None:
        return None
    held = run.steps[-2].inventories
    return max(held["plated"][1], 0.0) / held["sodium"][1] if "plated" in held else None


def _encloses(attempts: Sequence[Attempt], mechanism: Mechanism, printed: float, at: int) -> bool:
    found = [a.capacities[at] for a in attempts if a.mechanism == mechanism]
    known = [value for value in found if value is not None]
    return bool(known) and min(known) <= printed <= max(known)


def _sentence(attempts: Sequence[Attempt], sufficient: Sequence[Mechanism], printed: float, at: int) -> str:
    """The verdict in words: what resistance alone gives, which scans reach the number, and what that shows."""
    known = [value for a in attempts if a.mechanism == "resistance" and (value := a.capacities[at]) is not None]
    alone = f"Resistance alone gives {min(known):.1f} to {max(known):.1f} mAh/g where {printed:g} is printed. " if known else ""
    if not sufficient:
        return f"{alone}No mechanism that was tried reaches it: not explained."
    words = ", ".join({"transport": "slow transport in the anode"}.get(name, name) for name in sufficient)
    return (
        f"{alone}It is reached by: {words}; each has a free parameter that nothing else has measured, and one number cannot tell "
        "them apart. Sufficient, not shown to be the cause: not identified."
    )


_SCANS: tuple[tuple[str, Axis, tuple[Mechanism, ...]], ...] = (
    ("Anode diffusivity", Axis("Solid diffusivity of the anode", "m2/s", scale="log"), ("transport",)),
    ("Plating", Axis("Exchange current density of plating", "A/m2", scale="log"), tuple(_KINDS)),
)


def explanation_figure(explanation: Explanation, *, name: str = "explanation") -> Figure:
    """Resistance against rate, and both scans at the current of the printed number.

    Parameters
    ----------
    explanation : Explanation
    name : str
        Of the file.

    Returns
    -------
    Figure
    """
    at = explanation.currents.index(explanation.specific_current)
    capacity = Axis("Specific capacity", "mAh/g", limits=(0.0, 105.0))
    rates = [_series(f"{a.value:g} Ω", explanation.currents, a.capacities) for a in explanation.attempts if a.mechanism == "resistance"]
    rates.append(Series("printed", "printed", (explanation.specific_current,), (explanation.printed,), "source-text"))
    panels = [Panel(Axis("Specific current", "mA/g", scale="log"), capacity, tuple(rates), "Resistance alone")]
    for title, axis, mechanisms in _SCANS:
        series = []
        for mechanism in mechanisms:
            own = [a for a in explanation.attempts if a.mechanism == mechanism]
            series.append(_series(mechanism, [a.value for a in own], [a.capacities[at] for a in own]))
        ends = [x for one in series for x in one.x]
        if ends:
            series.append(Series("printed", "limit", (min(ends), max(ends)), (explanation.printed,) * 2, "source-text"))
            panels.append(Panel(axis, capacity, tuple(series), f"{title}, {explanation.specific_current:g} mA/g"))
    return Figure(name, f"What might explain {explanation.cell}", explanation.sentence, tuple(panels), 183)


def _series(name: str, x: Sequence[float], y: Sequence[float | None]) -> Series:
    """A simulated line of what was computed."""
    pairs = sorted((a, b) for a, b in zip(x, y, strict=True) if b is not None)
    return Series(name, "simulated", tuple(a for a, _ in pairs), tuple(b for _, b in pairs), "simulation")
