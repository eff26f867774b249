"""Figures of desolvation as data: the ladder, the motifs side by side, and how the search came down.

Drawn from the document of a result, so that the figure of a stored result is the one that was drawn when it was computed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from dualion.atoms.desolvation.times import PREFACTORS, THRESHOLD, energy_for
from dualion.atoms.electrons import signed
from dualion.atoms.search.states import AGREE
from dualion.records.figure import Axis, Figure, Panel, Series

_NAMES: Final = {
    "bare": "bare shell",
    "pyridinic_zz": "pyridinic, zigzag",
    "pyridinic_ac": "pyridinic, armchair",
    "oxN_zz": "oxidised, zigzag",
    "oxN_ac": "oxidised, armchair",
    "NH_zz": "N–H, zigzag",
    "NH_ac": "N–H, armchair",
    "graft": "own carbon",
}
_SPAN = 0.64  # [1] of a category's slot over which series stand side by side
_EDGE = 0.6  # [1] a line across the axes ends this far outside the first and the last category
_LOOSE = "*"  # behind a number whose search has not converged
_MOST_PANELS = 9  # [1] of the progress figure
_LEAST_HEIGHT = 0.05  # [eV] of its axis
_MARGIN = 0.06  # [1] of its axis, free below zero and above the highest
_MOST_NUMBERED = 2  # [1] series side by side whose points bear their number
_WIDE_FROM = 3  # [1] steps and motifs from which a figure takes both columns


def figures(document: Mapping[str, Any]) -> tuple[Figure, ...]:
    """Every figure that a document has numbers for.

    Parameters
    ----------
    document : mapping
        Of `document.document`.

    Returns
    -------
    tuple of Figure
    """
    made = [ladder_figure(document), motif_figure(document), search_figure(document)]
    return tuple(one for one in made if one is not None)


def ladder_figure(document: Mapping[str, Any]) -> Figure | None:
    """Energy of every step with its interval, a series for each carbon, a panel for each charge; None without an energy."""
    request = document["request"]
    counts = list(range(request["from"], request["to"], -1))
    panels, names = [], _motifs(document)
    for charge in request["charges"]:
        groups = {name: [one for one in _known(document, charge) if one["motif"] == name] for name in names}
        groups = {name: steps for name, steps in groups.items() if steps}
        series = [
            _series(_name(name), steps, [counts.index(one["solvents_before"]) for one in steps], place, len(groups))
            for place, (name, steps) in enumerate(groups.items())
        ]
        if series:
            axis = Axis(
                f"Step, {request['solvent']['name']} at the ion", "", categories=tuple(f"{count} → {count - 1}" for count in counts)
            )
            steps = [one for own in groups.values() for one in own]
            panels.append(_energies(document, axis, series, steps, _charge(charge), len(counts)))
    if not panels:
        return None
    said = " ".join(one["sentence"] for one in document["steps"])
    finding = f"Computed energies of shedding {request['solvent']['name']} one by one. {said}" if len(document["steps"]) < _WIDE_FROM else (
        f"Computed energies of shedding {request['solvent']['name']} one by one; {_count_converged(document)}. {_first_over(document)}"
    )  # fmt: skip
    wide = len(counts) * len(names) > 2 * _WIDE_FROM or len(panels) > 1
    return Figure("desolvation-ladder", "Desolvation step by step", finding + _footnote(panels), tuple(panels), 183 if wide else 89)


def motif_figure(document: Mapping[str, Any]) -> Figure | None:
    """One step at several carbons, a panel for each step and a series for each charge; None where there is no second carbon."""
    request = document["request"]
    names = _motifs(document)
    panels = []
    for count in range(request["from"], request["to"], -1):
        at = [one for one in document["steps"] if one["solvents_before"] == count and one["energy_eV"] is not None]
        if len({one["motif"] for one in at}) < 2:
            continue
        charges = [charge for charge in request["charges"] if any(one["charge"] == charge for one in at)]
        series = []
        for place, charge in enumerate(charges):
            own = [one for one in at if one["charge"] == charge]
            series.append(_series(_charge(charge), own, [names.index(one["motif"]) for one in own], place, len(charges)))
        axis = Axis("", "", categories=tuple(_name(name) for name in names))
        title = f"{request['solvent']['name']} {count} → {count - 1}"
        panels.append(_energies(document, axis, series, at, title, len(names)))
    if not panels:
        return None
    said = [f"{one['step']}, q={signed(one['charge'])}: {one['statement']}" for one in document["rankings"]]
    finding = " ".join(said) or "One motif and the bare shell: there is no order to decide."
    return Figure("desolvation-motifs", "Desolvation at each motif", finding + _footnote(panels), tuple(panels), _width(names, panels))


def search_figure(document: Mapping[str, Any]) -> Figure | None:
    """How the lowest minimum of each state came down with the starts, a panel for each carbon and charge; None without a minimum."""
    groups: dict[tuple[str, int], list[Mapping[str, Any]]] = {}
    for state in document["states"]:
        if state["ion"] and state["total_eV"] is not None and state["search"]["starts"] > 1:
            groups.setdefault((state["carbon"], state["charge"]), []).append(state)
    panels = []
    for (carbon, charge), states in list(groups.items())[:_MOST_PANELS]:
        series = [_descent(state) for state in states]
        longest = max(len(state["lowest_by_start_eV"]) for state in states)
        highest = max(_LEAST_HEIGHT, *(max(one.y) for one in series))
        agree = Series(f"{AGREE:g} eV", "limit", (0.0, float(longest)), (AGREE, AGREE), "arithmetic")
        done = sum(state["search"]["converged"] for state in states)
        title = f"{_name(carbon)}, {_charge(charge)} ({done}/{len(states)})"
        axis = Axis("Above the lowest", "eV", limits=(-_MARGIN * highest, (1 + _MARGIN) * highest))
        panels.append(Panel(Axis("Starts relaxed", "1", limits=(0.0, longest + 1.0)), axis, (*series, agree), title))
    if not panels:
        return None
    left = f" The first {_MOST_PANELS} of {len(groups)} carbons are shown." if len(groups) > _MOST_PANELS else ""
    finding = (
        f"Lowest computed minimum of each state against the starts that were relaxed; {_count_converged(document)} (in brackets for each "
        f"carbon). Within {AGREE:g} eV two families of starts agree.{left}"
    )
    return Figure("desolvation-search", "How the search came down", finding, tuple(panels), 89 if len(panels) == 1 else 183)


def _energies(
    document: Mapping[str, Any], axis: Axis, series: Sequence[Series], steps: Sequence[Mapping[str, Any]], title: str, slots: int
) -> Panel:
    """A panel of step energies over some slots, with the energy of a step of one second; its title says how many have converged."""
    converged = sum(one["convergence"] == "converged" for one in steps)
    energy = Axis(f"Step energy, {document['level']['method']}", "eV")
    seconds = _one_second(document["request"]["temperature_K"], slots)
    return Panel(axis, energy, (*series, *seconds), f"{title}, {converged}/{len(steps)} converged")


def _descent(state: Mapping[str, Any]) -> Series:
    """Staircase of the lowest minimum of one state."""
    trace = [(start, above) for start, above in enumerate(state["lowest_by_start_eV"], start=1) if above is not None]
    x, y = [float(trace[0][0])], [float(trace[0][1])]
    for start, above in trace[1:]:
        x += [float(start), float(start)]
        y += [y[-1], float(above)]
    name = " ".join(f"{count} {solvent}" for solvent, count in state["solvents"].items()) or "ion alone"
    return Series(name, "simulated", tuple(x), tuple(y), "atomistic")


def _series(name: str, steps: Sequence[Mapping[str, Any]], places: Sequence[int], own: int, of: int) -> Series:
    """Steps with their intervals, beside those of the other series."""
    shift = (own - (of - 1) / 2) * _SPAN / max(of, 1)
    energies = tuple(float(one["energy_eV"]) for one in steps)
    return Series(
        name=name,
        kind="simulated",
        x=tuple(place + shift for place in places),
        y=energies,
        origin="atomistic",
        y_error=tuple(one["interval_eV"][1] - one["energy_eV"] for one in steps),
        y_error_low=tuple(one["energy_eV"] - one["interval_eV"][0] for one in steps),
        labels=tuple(_label(one) for one in steps) if of <= _MOST_NUMBERED else None,
    )


def _label(step: Mapping[str, Any]) -> str:
    """Energy of a step, with a mark where its search has not converged."""
    return f"{step['energy_eV']:.2f}{'' if step['convergence'] == 'converged' else _LOOSE}"


def _one_second(temperature: float, slots: int) -> tuple[Series, Series]:
    """Where a step takes one second: a band over the usual prefactors, and the line of transition-state theory."""
    ends = (-_EDGE, slots - 1 + _EDGE)
    limits = [energy_for(THRESHOLD, temperature=temperature, prefactor=prefactor) for prefactor in PREFACTORS]
    theory = energy_for(THRESHOLD, temperature=temperature, prefactor="kT/h")
    band = Series("1 s at 10¹² to 10¹⁴ s⁻¹", "band", ends, (min(limits),) * 2, "arithmetic", y_upper=(max(limits),) * 2)
    return band, Series("1 s at kT/h", "limit", ends, (theory, theory), "arithmetic")


def _known(document: Mapping[str, Any], charge: int) -> list[Mapping[str, Any]]:
    return [one for one in document["steps"] if one["charge"] == charge and one["energy_eV"] is not None]


def _motifs(document: Mapping[str, Any]) -> list[str]:
    """Carbons with at least one energy, in the order asked for."""
    with_energy = {one["motif"] for one in document["steps"] if one["energy_eV"] is not None}
    return [one["name"] for one in document["request"]["carbons"] if one["name"] in with_energy]


def _name(motif: str) -> str:
    kind, at, flake = motif.partition("@")
    return f"{_NAMES.get(kind, kind)}{f' ({flake})' if at else ''}"


def _charge(charge: int) -> str:
    return f"q = {charge:+d}".replace("-", "−") if charge else "q = 0"


def _width(names: Sequence[str], panels: Sequence[Panel]) -> Any:
    return 183 if len(names) > _WIDE_FROM or len(panels) > 1 else 89


def _count_converged(document: Mapping[str, Any]) -> str:
    states = [state for state in document["states"] if state["ion"] and state["search"]["starts"] > 1]
    done = sum(state["search"]["converged"] for state in states)
    return f"the search of {done} of {len(states)} states has converged"


def _first_over(document: Mapping[str, Any]) -> str:
    return " ".join(one["first_step_over_all_prefactors"]["statement"] for one in document["ladders"][:1])


def _footnote(panels: Sequence[Panel]) -> str:
    """What the marks of the panels mean."""
    starred = any(label.endswith(_LOOSE) for panel in panels for series in panel.series for label in series.labels or ())
    return " Whiskers: search and method interval." + (f" {_LOOSE} The search has not converged." if starred else "")
