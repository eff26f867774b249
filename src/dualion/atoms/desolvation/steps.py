"""Steps of desolvation, from what a search found.

With S_m the carbon, the ion and m solvents X, and E[.] the lowest minimum found with every solvent at the ion,

    E_X(m -> m-1) = E[S_(m-1)] + E[X] - E[S_m]                                                                  (Eq. 1)

of one level, one charge and one box. A step is named by its species, never by a number of its own. Its interval grows on the side of
each state whose minimum may not have been found yet, and by what the engine is known, or assumed, to be wrong by.

Source of Eq. (1): Tang et al., Nano-Micro Lett. 2026, 18, 161.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dualion.atoms.bonds import Coordination, coordination
from dualion.atoms.desolvation.flags import step_flags
from dualion.atoms.desolvation.intervals import EngineUncertainty, IntervalTerms, engine_uncertainty, search_uncertainty, step_interval
from dualion.atoms.desolvation.times import ROOM, Lifetime, Prefactor, lifetime
from dualion.atoms.electrons import signed
from dualion.atoms.engines.base import Level
from dualion.atoms.search.options import Ladder
from dualion.atoms.search.run import Searched
from dualion.atoms.search.states import BARE, Found, State
from dualion.errors import SpecError
from dualion.records.quantity import Flag


@dataclass(frozen=True, slots=True)
class StateEnergy:
    """The reported minimum of a state, and how it was found.

    Parameters
    ----------
    name : str
        Such as ``"oxN_zz + Na+(EC)3"``.
    carbon, ion : str
    solvents : tuple of str
    charge, multiplicity : int
        Total charge [e] and 2S + 1 [1].
    key : str
        Of the task that found it.
    energy : float
        Total energy [eV].
    gap : float or None
        Between the highest occupied and the lowest empty orbital [eV].
    starts, accepted : int
        Starts that were relaxed, and those of them that are minima [1].
    outcomes : mapping of str to int
        How many starts had each outcome [1].
    families : tuple of str
        Families with an accepted start.
    converged : bool
        Whether the search ended where its rule asks.
    spread : float
        Highest minus lowest accepted energy [eV].
    second : float or None
        From the lowest minimum to the next different one [eV].
    opened : float or None
        How far an opened shell lies below it [eV].
    energies : tuple of float
        Of every accepted start with a whole shell, ascending [eV].
    shell : Coordination or None
    """

    name: str
    carbon: str
    ion: str
    solvents: tuple[str, ...]
    charge: int
    multiplicity: int
    key: str
    energy: float
    gap: float | None
    starts: int
    accepted: int
    outcomes: Mapping[str, int]
    families: tuple[str, ...]
    converged: bool
    spread: float
    second: float | None
    opened: float | None
    energies: tuple[float, ...]
    shell: Coordination | None

    def uncertainty(self, seed: int) -> float:
        """By how much the minimum may lie lower [eV].

        Parameters
        ----------
        seed : int
            Of the random halves of the starts [1].

        Returns
        -------
        float
        """
        return search_uncertainty(self.energies, converged=self.converged, seed=seed)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of desolvation.

    Parameters
    ----------
    motif : str
        Name of the carbon; ``"bare"`` for the shell alone.
    solvent : str
        The released molecule.
    solvents : int
        How many there were before [1].
    charge : int
        Total charge of both states [e].
    level : Level
    fmax : float
        Largest force on an atom of the minima [eV/angstrom].
    energy : float or None
        [eV]; None where a state has no minimum.
    interval : tuple of float or None
        Search and method interval [eV], not a standard error.
    terms : IntervalTerms or None
        What the interval consists of.
    before, after, released : StateEnergy or None
    time : Lifetime or None
        With the reaction energy in the place of a barrier.
    flags : tuple of Flag
    """

    motif: str
    solvent: str
    solvents: int
    charge: int
    level: Level
    fmax: float
    energy: float | None
    interval: tuple[float, float] | None
    terms: IntervalTerms | None
    before: StateEnergy | None
    after: StateEnergy | None
    released: StateEnergy | None
    time: Lifetime | None
    flags: tuple[Flag, ...]

    @property
    def name(self) -> str:
        """Such as ``"EC 3->2 @ oxN_zz"``."""
        return f"{self.solvent} {self.solvents}->{self.solvents - 1} @ {self.motif}"

    @property
    def title(self) -> str:
        """The name with charge and level, such as ``"EC 3->2 @ oxN_zz, q=+1, GFN1-xTB"``."""
        return f"{self.name}, q={signed(self.charge)}, {self.level.short}"

    @property
    def converged(self) -> bool:
        """Whether both states are."""
        return self.before is not None and self.after is not None and self.before.converged and self.after.converged


def state_energy(found: Found) -> StateEnergy | None:
    """The reported minimum of a state; None where none was found.

    Parameters
    ----------
    found : Found

    Returns
    -------
    StateEnergy or None
    """
    best, state = found.best, found.state
    if best is None:
        return None
    structure = best.relaxed.structure
    return StateEnergy(
        name=state.name,
        carbon=state.carbon,
        ion=state.ion,
        solvents=state.solvents,
        charge=state.charge,
        multiplicity=structure.multiplicity,
        key=best.key,
        energy=best.energy,
        gap=best.relaxed.gap,
        starts=len(found.tried),
        accepted=len(found.accepted),
        outcomes=found.outcomes,
        families=found.families,
        converged=found.converged,
        spread=found.spread,
        second=found.second,
        opened=found.opened,
        energies=tuple(one.energy for one in found.closed),
        shell=coordination(structure),
    )


def steps(searched: Searched, *, prefactor: Prefactor = "kT/h", temperature: float = ROOM) -> tuple[Step, ...]:
    """Every step of every ladder of a search, from the most solvents down.

    Parameters
    ----------
    searched : Searched
    prefactor : "kT/h" or float
        Of the Arrhenius rate [s-1].
    temperature : float
        [K]

    Returns
    -------
    tuple of Step
    """
    return tuple(
        step(searched, ladder, solvents, prefactor=prefactor, temperature=temperature)
        for ladder in searched.ladders
        for solvents in range(ladder.top, ladder.bottom, -1)
    )


def step(
    searched: Searched,
    ladder: Ladder,
    solvents: int,
    *,
    prefactor: Prefactor = "kT/h",
    temperature: float = ROOM,
    known: EngineUncertainty | None = None,
) -> Step:
    """One step of a ladder.

    Parameters
    ----------
    searched : Searched
    ladder : Ladder
    solvents : int
        How many there are before [1].
    prefactor : "kT/h" or float
        Of the Arrhenius rate [s-1].
    temperature : float
        [K]
    known : EngineUncertainty, optional
        From DFT of the same states; the usual or assumed one unless given.

    Returns
    -------
    Step
    """
    name, ion, solvent, charge = ladder.name, ladder.ion, ladder.solvent.name, ladder.charge
    before = _energy_of(searched, State(name, ion, (solvent,) * solvents, charge))
    after = _energy_of(searched, State(name, ion, (solvent,) * (solvents - 1), charge))
    released = _energy_of(searched, State("", "", (solvent,), 0))
    level = searched.engine.level
    engine = engine_uncertainty(carbon=name != BARE, method=level.method) if known is None else known
    energy = interval = terms = time = None
    if before is not None and after is not None and released is not None:
        energy = step_energy(before, after, released)
        seed = searched.options.seed
        found = step_interval(energy, delta_before=before.uncertainty(seed), delta_after=after.uncertainty(seed), engine=engine.value)
        terms, interval = found.terms, found.ends
        time = lifetime(energy, interval, prefactor=prefactor, temperature=temperature)
    return Step(
        motif=name, solvent=solvent, solvents=solvents, charge=charge, level=level, fmax=searched.options.fmax, energy=energy,
        interval=interval, terms=terms, before=before, after=after, released=released, time=time,
        flags=step_flags(before, after, released, level, engine, stopped=searched.stopped),
    )  # fmt: skip


def step_energy(before: StateEnergy, after: StateEnergy, released: StateEnergy) -> float:
    """Eq. (1) [eV].

    Parameters
    ----------
    before, after, released : StateEnergy

    Returns
    -------
    float

    Raises
    ------
    SpecError
        The states are of different carbons, ions or charges, or do not differ by the released molecule.
    """
    if before.charge != after.charge:
        raise SpecError(
            f"step: {before.name} has charge {before.charge:+d} and {after.name} {after.charge:+d}. Compute both at one charge."
        )
    if (before.carbon, before.ion) != (after.carbon, after.ion) or sorted(before.solvents) != sorted((*after.solvents, *released.solvents)):
        raise SpecError(
            f"step: {before.name} is not {after.name} and {released.name}. Give the states before and after, and what was released."
        )
    return after.energy + released.energy - before.energy


def _energy_of(searched: Searched, state: State) -> StateEnergy | None:
    found = searched.found.get(state)
    return None if found is None else state_energy(found)
