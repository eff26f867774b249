"""What a careful reader must know of a step, and what the results leave open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dualion.atoms.desolvation.times import REACTION_ENERGY_AS_BARRIER
from dualion.records.quantity import Flag

if TYPE_CHECKING:
    from dualion.atoms.desolvation.intervals import EngineUncertainty
    from dualion.atoms.desolvation.steps import StateEnergy
    from dualion.atoms.engines.base import Level

SMALL_GAP = 0.5  # [eV] a state whose gap is smaller may be an open shell
_BIASED = {"GFN2-xTB": "GFN2-xTB binds sodium to carbonates too strongly: its bare steps lie 0.1 to 0.3 eV above PBE-D3(BJ)/def2-SVP"}

#: What no result of a semi-empirical method settles.
OPEN_QUESTIONS = (
    "The order of the motifs: it needs three to five structures of each state relaxed with DFT, in one box, on two flakes.",
    "The step 1->0 on a carbon: the gap is small, so it needs spin-resolved DFT.",
    "What zinc does to the order: it depends on the ligands and on free energies.",
    "Absolute energies: basis set, dispersion and zero-point terms each move a step by a tenth of an electron volt or more.",
    (
        "What the authors' files alone can tell: NELECT (the total charge), the dispersion setting, the starting structures, the "
        "pre-factor and the temperature of the printed times."
    ),
)


def step_flags(
    before: StateEnergy | None,
    after: StateEnergy | None,
    released: StateEnergy | None,
    level: Level,
    engine: EngineUncertainty,
    *,
    stopped: bool,
) -> tuple[Flag, ...]:
    """Flags of a step.

    Parameters
    ----------
    before, after, released : StateEnergy or None
        None where no minimum was found.
    level : Level
    engine : EngineUncertainty
        How far the method may be off, with its own flags.
    stopped : bool
        Whether the search was ended before it came to its own end.

    Returns
    -------
    tuple of Flag
    """
    found = [REACTION_ENERGY_AS_BARRIER]
    missing = [what for what, state in (("before", before), ("after", after), ("released", released)) if state is None]
    if missing:
        found.append(Flag("no_minimum", "refusal", f"no start of the state {' and '.join(missing)} became a minimum: no energy is given"))
    states = [state for state in (before, after) if state is not None]
    loose = [state.name for state in states if not state.converged]
    if loose:
        found.append(
            Flag("search_not_converged", "warning", f"the search for {' and '.join(loose)} has not converged: a lower minimum may exist")
        )
    if stopped:
        found.append(Flag("search_stopped", "warning", "the search was ended before its last sweep"))
    found += [
        Flag("shell_opened", "note", f"{state.name}: an opened shell lies {state.opened:.3f} eV below the reported minimum")
        for state in states
        if state.opened is not None
    ]
    found += [
        Flag("small_gap", "warning", f"{state.name}: the gap is {state.gap:.2f} eV; the state may be an open shell")
        for state in states
        if state.gap is not None and state.gap < SMALL_GAP
    ]
    found += engine.flags
    if level.method in _BIASED:
        found.append(Flag("engine_known_bias", "warning", _BIASED[level.method]))
    return tuple(found)
