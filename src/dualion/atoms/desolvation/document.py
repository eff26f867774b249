"""What a search says of desolvation, as plain data: states, steps, ladders, rankings, and what stays open (schema ``dualion/atoms/1``).

Every energy carries what it rests on: charge, multiplicity, level, geometry, search, spread, gap, coordination. Where a field is empty,
``reasons`` beside it says why. Nothing of the machine, the clock or the number of processes is in it: a search that came to its own end
gives the same document however often it was killed and however many processes shared it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from dualion.atoms.desolvation.again import Again
from dualion.atoms.desolvation.entries import state_entry, step_entry
from dualion.atoms.desolvation.flags import OPEN_QUESTIONS
from dualion.atoms.desolvation.numbers import plain
from dualion.atoms.desolvation.ranking import RankedStep, rank
from dualion.atoms.desolvation.request import Carbon
from dualion.atoms.desolvation.steps import Step, step
from dualion.atoms.desolvation.times import PREFACTORS, ROOM, Prefactor, StepsOver, first_step_over
from dualion.atoms.electrons import signed
from dualion.atoms.engines.registry import engine_flags
from dualion.atoms.search.options import Ladder
from dualion.atoms.search.run import Searched
from dualion.atoms.search.states import BARE, Found, State
from dualion.errors import SpecError

SCHEMA: Final = "dualion/atoms/1"
_OXIDISED: Final = ("oxN_zz", "oxN_ac")
_PRISTINE: Final = "pristine"


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """What the energies are turned into, beside the search itself.

    Parameters
    ----------
    carbons : tuple of Carbon
    engine : str
        As it was named.
    prefactor : "kT/h" or float
        Of the Arrhenius rate [s-1].
    temperature : float
        [K]
    rerank : str
        ``"none"``, or how the lowest minima were computed again.
    reranked : Again, optional
        What that says.
    """

    carbons: tuple[Carbon, ...]
    engine: str = "gfn1"
    prefactor: Prefactor = "kT/h"
    temperature: float = ROOM
    rerank: str = "none"
    reranked: Again | None = None

    def carbon(self, name: str) -> Carbon:
        """The carbon of a name."""
        found = next((one for one in self.carbons if one.name == name), None)
        if found is None:
            raise SpecError(f"carbons: {name} is not among them. Give the carbon of every ladder.")
        return found


def document(searched: Searched, asked: Asked) -> dict[str, Any]:
    """Everything that a search says of desolvation.

    Parameters
    ----------
    searched : Searched
    asked : Asked

    Returns
    -------
    dict
        Plain data: energies in eV, times in s, lengths in angstrom.
    """
    made = steps_of(searched, asked)
    flags = {flag.code: flag for flag in (*engine_flags(searched.engine), *(flag for one in asked.carbons for flag in one.flags))}
    ladders = {(ladder.name, ladder.charge): ladder for ladder in searched.ladders}
    entries = [
        step_entry(
            one, asked.carbon(one.motif), _variants(one, ladders[one.motif, one.charge], made, asked), asked.temperature, _stated(one)
        )
        for one in made
    ]
    whole = {
        "schema": SCHEMA,
        "kind": "desolvation",
        "origin": "atomistic",
        "request": _request(searched, asked),
        "level": searched.engine.level.document(),
        "complete": not searched.stopped,
        "states": [state_entry(found, searched, asked.carbons) for found in _states(searched)],
        "steps": entries,
        "ladders": [_ladder_entry(ladder, made, searched, asked) for ladder in searched.ladders],
        "rankings": _rankings(searched, made, asked),
        "rerank": None if asked.reranked is None else asked.reranked.document(),
        "flags": [asdict(flag) for flag in flags.values()],
        "open_questions": list(OPEN_QUESTIONS),
    }
    rounded: dict[str, Any] = plain(whole)
    return rounded


def steps_of(searched: Searched, asked: Asked) -> tuple[Step, ...]:
    """Every step of every ladder, from the most solvents down.

    Parameters
    ----------
    searched : Searched
    asked : Asked

    Returns
    -------
    tuple of Step
    """
    return tuple(
        step(
            searched,
            ladder,
            solvents,
            prefactor=asked.prefactor,
            temperature=asked.temperature,
            known=None if asked.reranked is None else asked.reranked.known(ladder, solvents),
        )
        for ladder in searched.ladders
        for solvents in range(ladder.top, ladder.bottom, -1)
    )


def _request(searched: Searched, asked: Asked) -> dict[str, Any]:
    first = searched.ladders[0]
    return {
        "carbons": [
            {
                "name": one.name,
                "motif": one.motif,
                "flake": one.flake,
                "formula": "" if one.structure is None else one.structure.formula,
                "gap_eV": one.gap,
            }
            for one in asked.carbons
        ],
        "ion": first.ion,
        "solvent": {"name": first.solvent.name, "smiles": first.solvent.smiles},
        "from": max(ladder.top for ladder in searched.ladders),
        "to": min(ladder.bottom for ladder in searched.ladders),
        "ladders": [
            {"carbon": ladder.name, "from": ladder.top, "to": ladder.bottom, "charge": ladder.charge} for ladder in searched.ladders
        ],
        "charges": list(dict.fromkeys(ladder.charge for ladder in searched.ladders)),
        "engine": asked.engine,
        "search": asdict(searched.options),
        "rerank": asked.rerank,
        "prefactor": asked.prefactor,
        "temperature_K": asked.temperature,
    }


def _states(searched: Searched) -> list[Found]:
    """States of the ladders from the most solvents down, then the released molecule and the carbons alone; also those not begun."""
    wanted = [
        State(ladder.name, ladder.ion, (ladder.solvent.name,) * solvents, ladder.charge)
        for ladder in searched.ladders
        for solvents in range(ladder.top, ladder.bottom - 1, -1)
    ]
    wanted += [state for state in searched.found if state not in wanted]
    return [searched.found.get(state) or Found(state, stopped=searched.stopped) for state in wanted]


def _variants(one: Step, ladder: Ladder, made: Sequence[Step], asked: Asked) -> dict[str, float | None]:
    """The same step at other charges and with density functional theory; never averaged into it."""
    found: dict[str, float | None] = {
        f"charge={signed(other.charge)}": other.energy
        for other in made
        if (other.motif, other.solvents) == (one.motif, one.solvents) and other.charge != one.charge
    }
    if asked.reranked is not None:
        found[f"dft={asked.rerank}"] = asked.reranked.energy(ladder, one.solvents)
    return found


def _stated(one: Step) -> tuple[str, ...]:
    """What the result leaves open for one step."""
    if one.motif == BARE:
        return OPEN_QUESTIONS[-2:]
    return tuple(question for question in OPEN_QUESTIONS if one.solvents == 1 or "1->0" not in question)


def _ladder_entry(ladder: Ladder, made: Sequence[Step], searched: Searched, asked: Asked) -> dict[str, Any]:
    """Steps of one ladder together: whether they add up, what they add up to, and which is the first that takes long."""
    own = [one for one in made if (one.motif, one.charge) == (ladder.name, ladder.charge)]
    energies = {one.name: one.energy for one in own}
    known = [one.energy for one in own if one.energy is not None]
    total = sum(known) if len(known) == len(own) else None
    ends = _ends(own)
    intervals = {one.name: one.interval for one in own if one.interval is not None}
    over = {
        "first_step_over": first_step_over(intervals, temperature=asked.temperature, prefactors=(asked.prefactor,)),
        "first_step_over_all_prefactors": first_step_over(intervals, temperature=asked.temperature, prefactors=PREFACTORS),
    }
    reasons = _open_ends(own, ladder, total)
    reasons |= {f"{name}.first": found.statement for name, found in over.items() if found.first is None}
    return {
        "kind": "ladder",
        "motif": ladder.name,
        "flake": asked.carbon(ladder.name).flake,
        "charge": ladder.charge,
        "solvent": ladder.solvent.name,
        "from": ladder.top,
        "to": ladder.bottom,
        "steps_eV": energies,
        "sum_eV": total,
        "ends_eV": ends,
        "closure_eV": None if total is None or ends is None else total - ends,
        "solvation_eV": -total if total is not None and ladder.name == BARE and ladder.bottom == 0 else None,
        "adsorption_eV": _adsorption(ladder, searched),
        **{name: _over(found) for name, found in over.items()},
        "reasons": reasons,
    }


def _open_ends(own: Sequence[Step], ladder: Ladder, total: float | None) -> dict[str, str]:
    """Why a sum of a ladder is not told."""
    missing = ", ".join(one.name for one in own if one.energy is None)
    reasons = {f"steps_eV.{one.name}": "no energy" for one in own if one.energy is None}
    if missing:
        reasons |= dict.fromkeys(("sum_eV", "closure_eV"), f"no energy of {missing}")
    if _ends(own) is None:
        reasons["ends_eV"] = "an end of the ladder has no minimum"
    if ladder.name != BARE or ladder.bottom or total is None:
        reasons["solvation_eV"] = "only of a shell without carbon, down to the ion, with every step known"
    return reasons


def _ends(own: Sequence[Step]) -> float | None:
    """What the steps of a ladder must add up to, from its two ends alone [eV]."""
    before, after, released = own[0].before, own[-1].after, own[0].released
    if before is None or after is None or released is None:
        return None
    return after.energy + len(own) * released.energy - before.energy


def _adsorption(ladder: Ladder, searched: Searched) -> dict[str, float]:
    """Energy of the shell at the carbon against both apart, by the number of solvents; empty where the shell alone was not searched."""
    if ladder.name == BARE:
        return {}
    found = {}
    alone = _lowest(searched, State(ladder.name, "", (), 0))
    for solvents in range(ladder.top, ladder.bottom - 1, -1):
        names = (ladder.solvent.name,) * solvents
        pair = [_lowest(searched, State(carbon, ladder.ion, names, ladder.charge)) for carbon in (ladder.name, BARE)]
        if alone is not None and pair[0] is not None and pair[1] is not None:
            found[str(solvents)] = pair[0] - alone - pair[1]
    return found


def _lowest(searched: Searched, state: State) -> float | None:
    found = searched.found.get(state)
    best = None if found is None else found.best
    return None if best is None else best.energy


def _over(found: StepsOver) -> dict[str, Any]:
    return {
        "threshold_s": found.threshold,
        "above": list(found.above),
        "crossing": list(found.crossing),
        "below": list(found.below),
        "first": found.first,
        "statement": found.statement,
    }


def _rankings(searched: Searched, made: Sequence[Step], asked: Asked) -> list[dict[str, Any]]:
    """The order of the motifs of the first flake by each step and charge, as far as it is decided."""
    main = next((one.flake for one in asked.carbons if one.flake), "")
    names = [one.name for one in asked.carbons if one.structure is not None and one.flake in (main, "")]
    found = []
    for charge in dict.fromkeys(ladder.charge for ladder in searched.ladders):
        for solvents in range(max(one.top for one in searched.ladders), min(one.bottom for one in searched.ladders), -1):
            at = [one for one in made if (one.solvents, one.charge) == (solvents, charge) and one.motif in names]
            ranked = [_ranked(one, made, asked, searched.options.seed) for one in at if one.energy is not None]
            if len(ranked) > 1:
                ranking = rank(ranked)
                pairs = {(pair.lower, pair.higher): pair.statement for pair in ranking.pairs}
                found.append(
                    {
                        **ranking.document(),
                        "step": f"{at[0].solvent} {solvents}->{solvents - 1}",
                        "charge": charge,
                        "left_out": [one.motif for one in at if one.energy is None],
                        "oxidised_against_pristine": _oxidised(pairs),
                    }
                )
    return found


def _oxidised(pairs: Mapping[tuple[str, str], str]) -> list[str]:
    """What is said of oxidised nitrogen against the carbon without nitrogen."""
    wanted = [{name, _PRISTINE} for name in _OXIDISED]
    return [said for names, said in pairs.items() if set(names) in wanted]


def _ranked(one: Step, made: Sequence[Step], asked: Asked, seed: int) -> RankedStep:
    """A step with all that its place in an order depends on."""
    assert one.energy is not None
    assert one.terms is not None
    carbon = asked.carbon(one.motif)
    same = [other for other in made if other.solvents == one.solvents and other.energy is not None]
    charges = {other.charge: other.energy for other in same if other.motif == one.motif and other.energy is not None}
    flakes = {
        asked.carbon(other.motif).flake: other.energy
        for other in same
        if other.charge == one.charge and asked.carbon(other.motif).motif == carbon.motif and other.energy is not None
    }
    return RankedStep(
        motif=one.motif,
        energy=one.energy,
        delta_before=one.terms.delta_before,
        delta_after=one.terms.delta_after,
        engine_uncertainty=one.terms.engine,
        converged=one.converged,
        dft_relaxed=False,  # the energies that are compared are those of the search, whatever was computed again
        charge_energies=charges,
        flakes=flakes,
    )
