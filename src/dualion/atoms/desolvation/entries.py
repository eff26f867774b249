"""One state and one step as plain data, with all that their energy rests on, and as one line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

from dualion.atoms.desolvation.intervals import LABEL, engine_uncertainty
from dualion.atoms.desolvation.request import Carbon
from dualion.atoms.desolvation.steps import StateEnergy, Step, state_energy
from dualion.atoms.desolvation.times import prefactor_table
from dualion.atoms.electrons import signed
from dualion.atoms.engines.base import Level
from dualion.atoms.search.run import Searched
from dualion.atoms.search.states import BARE, Found, State

CONVERGED, NOT_CONVERGED, STOPPED, RIGID, NOTHING = "converged", "not converged", "stopped, not converged", "no shell", "no minimum"
_ONE_MINIMUM: Final = "fewer than two different minima"
_IN_METHOD: Final = {"GFN1-xTB": "D3 in method", "GFN2-xTB": "D4 in method"}
_DISPERSION: Final = {"none": "no dispersion", "d3bj": "D3(BJ)", "in method": "dispersion in method"}


def file_of(state: State) -> str:
    """Name of the file that holds the reported minimum of a state, such as ``"frames/oxN_zz-Na-EC3_q+1.extxyz"``."""
    shell = [f"{name}{count}" for name, count in sorted(Counter(state.solvents).items())] if state.ion else list(state.solvents)
    return f"frames/{'-'.join(part for part in (state.carbon, state.ion, *shell) if part)}_q{signed(state.charge)}.extxyz"


def state_entry(found: Found, searched: Searched, carbons: Sequence[Carbon]) -> dict[str, Any]:
    """A state as plain data.

    Parameters
    ----------
    found : Found
    searched : Searched
    carbons : sequence of Carbon

    Returns
    -------
    dict
        Energies in eV.
    """
    state, energy = found.state, state_energy(found)
    level = searched.engine.level
    flake = next((one.flake for one in carbons if one.name == state.carbon), "")
    reasons: dict[str, str] = {}
    if energy is None:
        reasons |= dict.fromkeys(
            ("total_eV", "multiplicity", "gap_eV", "geometry", "coordination", "key"), "no start became a minimum with a whole shell"
        )
    else:
        reasons |= _missing(energy, {"gap": "gap_eV", "shell": "coordination", "nearest": "coordination.nearest_distance"})
    search = _search(found, energy)
    if search["second_eV"] is None:
        reasons["search.second_eV"] = _ONE_MINIMUM
    if search["opened_eV"] is None:
        reasons["search.opened_eV"] = "no opened shell lies lower"
    return {
        "kind": "state",
        "name": state.name,
        "carbon": state.carbon,
        "flake": flake,
        "ion": state.ion,
        "solvents": dict(sorted(Counter(state.solvents).items())),
        "charge": state.charge,
        "multiplicity": None if energy is None else energy.multiplicity,
        "key": None if energy is None else energy.key,
        "level": level.document(),
        "total_eV": None if energy is None else energy.energy,
        "gap_eV": None if energy is None else energy.gap,
        "geometry": None if energy is None else {**geometry(level, searched.options.fmax), "file": file_of(state)},
        "search": search,
        "coordination": None if energy is None or energy.shell is None else asdict(energy.shell),
        "lowest_by_start_eV": _trace(found),
        "reasons": reasons,
    }


def step_entry(one: Step, carbon: Carbon, variants: Mapping[str, float | None], temperature: float, open_: Sequence[str]) -> dict[str, Any]:
    """A step as plain data.

    Parameters
    ----------
    one : Step
    carbon : Carbon
    variants : mapping of str to float or None
        The same step at other charges and levels [eV].
    temperature : float
        Of the times [K].
    open_ : sequence of str
        What the result leaves open.

    Returns
    -------
    dict
        Energies in eV, times in s.
    """
    states = _states(one)
    source = engine_uncertainty(carbon=one.motif != BARE, method=one.level.method)
    assumed = one.terms is None or abs(one.terms.engine - source.value) < 1e-9
    times = [] if one.energy is None else prefactor_table(one.energy, one.interval, temperature=temperature)
    return {
        "kind": "step",
        "name": one.name,
        "title": one.title,
        "motif": one.motif,
        "flake": carbon.flake,
        "solvent": one.solvent,
        "solvents_before": one.solvents,
        **{what: None if state is None else state.key for what, state in states.items()},
        "charge": one.charge,
        "multiplicity": {what: None if state is None else state.multiplicity for what, state in states.items()},
        "level": one.level.document(),
        "geometry": geometry(one.level, one.fmax),
        "energy_eV": one.energy,
        "interval_eV": None if one.interval is None else list(one.interval),
        "interval_label": LABEL,
        "interval_terms": None if one.terms is None else one.terms.document(),
        "engine_term_source": source.source if assumed else "density functional theory of the lowest minima",
        "search": {what: None if state is None else _searched(state) for what, state in states.items()},
        "convergence": word(one),
        "gap_eV": {what: None if state is None else state.gap for what, state in states.items()},
        "coordination": {
            what: None if state is None or state.shell is None else asdict(state.shell) for what, state in states.items()
        },
        "time": None if one.time is None else one.time.document(),
        "times": [entry.document() for entry in times],
        "variants": dict(variants),
        "short": short(one),
        "sentence": sentence(one),
        "flags": list(dict.fromkeys(flag.code for flag in one.flags)),
        "remarks": [asdict(flag) for flag in one.flags],
        "reasons": _step_reasons(one, variants),
        "open_questions": list(open_),
    }  # fmt: skip


def _states(one: Step) -> dict[str, StateEnergy | None]:
    return {"before": one.before, "after": one.after, "released": one.released}


def _step_reasons(one: Step, variants: Mapping[str, float | None]) -> dict[str, str]:
    """Why a field of a step is empty, by its dotted name."""
    states = _states(one)
    lacking = [what for what, state in states.items() if state is None]
    empty = ("energy_eV", "interval_eV", "interval_terms", "time") if one.energy is None else ()
    reasons = dict.fromkeys(empty, f"no minimum of the state {' and '.join(lacking)}")
    reasons |= {f"variants.{name}": "no energy" for name, value in variants.items() if value is None}
    for what, state in states.items():
        if state is None:
            names = (what, *(f"{kind}.{what}" for kind in ("multiplicity", "search", "gap_eV", "coordination")))
            reasons |= dict.fromkeys(names, "no start became a minimum with a whole shell")
            continue
        places = {"gap": f"gap_eV.{what}", "shell": f"coordination.{what}", "nearest": f"coordination.{what}.nearest_distance"}
        reasons |= _missing(state, places)
        if state.second is None:
            reasons[f"search.{what}.second_eV"] = _ONE_MINIMUM
    return reasons


def geometry(level: Level, fmax: float) -> dict[str, Any]:
    """Where a geometry comes from: level and threshold of its relaxation.

    Parameters
    ----------
    level : Level
    fmax : float
        Largest force on an atom [eV/angstrom].

    Returns
    -------
    dict
    """
    return {"relaxed_at": level.short, "fmax_eV_per_angstrom": fmax}


def word(one: Step) -> str:
    """What is said of the search of a step: converged, not, ended before its end, or without a minimum."""
    if one.energy is None:
        return NOTHING
    if one.converged:
        return CONVERGED
    return STOPPED if any(flag.code == "search_stopped" for flag in one.flags) else NOT_CONVERGED


def short(one: Step) -> str:
    """A step in one line: energy, distances to the ends of its interval, level, charge, multiplicity, box, and its search.

    Conformers are the accepted starts before and after the step; the spread is the larger one of the two states.
    """
    before, after = one.before, one.after
    if one.energy is None or one.interval is None or before is None or after is None:
        why = "; ".join(flag.message for flag in one.flags if flag.severity == "refusal")
        return f"no energy  ({one.level.short}, q={signed(one.charge)}; {why})"
    spins = f"{before.multiplicity}" if before.multiplicity == after.multiplicity else f"{before.multiplicity}/{after.multiplicity}"
    level = one.level
    dispersion = _IN_METHOD.get(level.method, _DISPERSION.get(level.dispersion, level.dispersion))
    box = "no box" if level.box == "none" else f"box {level.box}"
    search = f"conformers {before.accepted}/{after.accepted}, {word(one)}, spread {max(before.spread, after.spread):.2f}"
    ends = f"+{one.interval[1] - one.energy:.2f}/-{one.energy - one.interval[0]:.2f}"
    return f"{one.energy:.2f} eV  ({ends}; {level.short}, q={signed(one.charge)}, 2S+1={spins}, {dispersion}, {box}; {search})"


def sentence(one: Step) -> str:
    """A sentence on a step: conformers tried, converged or not, and the interval."""
    before, after = one.before, one.after
    if one.energy is None or one.interval is None or before is None or after is None:
        return f"{one.title}: no energy, for no start of one of its states became a minimum."
    tried = f"{before.starts} and {after.starts} conformers tried, {before.accepted} and {after.accepted} of them minima"
    low, high = one.interval
    return f"{one.title}: {tried}; {word(one)}; {one.energy:.2f} eV between {low:.2f} and {high:.2f} eV ({LABEL})."


def _missing(state: StateEnergy, places: Mapping[str, str]) -> dict[str, str]:
    """Why the gap, the shell or the carbon beside it is not told, under the names of their fields."""
    reasons = {}
    if state.gap is None:
        reasons[places["gap"]] = "the engine gives none"
    if state.shell is None:
        reasons[places["shell"]] = "there is no ion"
    elif state.shell.nearest_distance is None:
        reasons[places["nearest"]] = "there is no carbon"
    return reasons


def _search(found: Found, energy: StateEnergy | None) -> dict[str, Any]:
    accepted, whole = len(found.accepted), len(found.closed)
    plain = NOTHING if energy is None else CONVERGED if found.converged else STOPPED if found.stopped else NOT_CONVERGED
    return {
        "starts": len(found.tried),
        "accepted": accepted,
        "whole": whole,
        "discarded": len(found.tried) - accepted,
        "outcomes": found.outcomes,
        "families": list(found.families),
        "converged": energy is not None and found.converged,
        "convergence": RIGID if found.state.rigid and energy is not None else plain,
        "spread_eV": found.spread,
        "second_eV": found.second,
        "opened_eV": found.opened,
    }


def _searched(state: StateEnergy) -> dict[str, Any]:
    """The search of a state, as its step tells it."""
    return {
        "starts": state.starts,
        "accepted": state.accepted,
        "discarded": state.starts - state.accepted,
        "families": list(state.families),
        "converged": state.converged,
        "spread_eV": state.spread,
        "second_eV": state.second,
    }


def _trace(found: Found) -> list[float | None]:
    """After each start, how far the lowest whole shell until then lies above the last one [eV]; None until there is one."""
    best = found.best
    if best is None:
        return [None] * len(found.tried)
    whole = {id(one) for one in found.closed}
    trace, lowest = list[float | None](), None
    for one in found.tried:
        if id(one) in whole and (lowest is None or one.energy < lowest):
            lowest = one.energy
        trace.append(None if lowest is None else lowest - best.energy)
    return trace
