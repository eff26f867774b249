"""Free energies of the reactions at a nitrogen: the electronic energies with zero-point and thermal terms.

    G(reaction) = E(reaction) + sum over products of (G - E) - sum over reactants of (G - E)

Hydrogen, water and zinc with its ligands are ideal gases at one pressure; a carbon is held, with or without zinc. The terms are those of
`dualion.atoms.thermo`, at the minima of the electronic energies. Where a Hessian finds no minimum the energies that need it are withheld.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from dualion.atoms.engines.base import Engine
from dualion.atoms.reactions.nitrogen import HYDROGEN, WATER, with_zinc, without_zinc
from dualion.atoms.reactions.results import ReactionSet
from dualion.atoms.structure import CARBON
from dualion.atoms.thermo import ROOM, Gas, harmonic
from dualion.errors import ModelError
from dualion.records.quantity import Flag

#: Rotations onto itself of each gas [1]; zinc with its ligands is assumed to have the two of a straight or twisted pair.
_SYMMETRY: Final = {HYDROGEN: 2, WATER: 2}
_SYMMETRY_OF_ZINC: Final = 2
_DIGITS = 6  # of an energy in eV


@dataclass(frozen=True, slots=True, eq=False)
class FreeEnergies:
    """Free energies of reactions.

    Parameters
    ----------
    temperature : float
        [K]
    pressure : float
        Of every gas [bar].
    terms : mapping of str to (float or None)
        G - E of each species [eV]; None where its Hessian shows no minimum.
    energies : mapping of str to (float or None)
        Of each reaction by name [eV].
    flags : tuple of Flag
    """

    temperature: float
    pressure: float
    terms: Mapping[str, float | None]
    energies: Mapping[str, float | None]
    flags: tuple[Flag, ...]

    def document(self) -> dict[str, Any]:
        """The free energies as plain data."""
        return {
            "temperature_K": self.temperature,
            "pressure_bar": self.pressure,
            "terms_eV": {name: _rounded(value) for name, value in self.terms.items()},
            "free_energies_eV": {name: _rounded(value) for name, value in self.energies.items()},
            "flags": [{"code": flag.code, "severity": flag.severity, "message": flag.message} for flag in self.flags],
        }


def free_energies(found: ReactionSet, engine: Engine, *, temperature: float = ROOM, pressure: float = 1.0) -> FreeEnergies:
    """Free energies of computed reactions.

    Parameters
    ----------
    found : ReactionSet
        From the same engine.
    engine : Engine
    temperature : float
        [K]
    pressure : float
        Of every gas [bar].

    Returns
    -------
    FreeEnergies

    Raises
    ------
    SpecError
        Temperature or pressure are not above zero, or the minima are not those of the engine.
    ConvergenceError
        A field did not become self-consistent.
    """
    terms: dict[str, float | None] = {}
    flags = []
    for name, species in found.species.items():
        best = species.best
        terms[name] = None
        if best is None:
            continue
        gas = None if CARBON in best.structure.labels else Gas(pressure)
        symmetry = _SYMMETRY.get(name, 1 if gas is None else _SYMMETRY_OF_ZINC)
        try:
            made = harmonic(best.structure, engine, temperature=temperature, state=gas, symmetry_number=symmetry)
        except ModelError as problem:
            flags.append(Flag("no_free_energy", "refusal", f"{name}: {problem}"))
            continue
        terms[name] = made.gibbs
        flags += [Flag(flag.code, flag.severity, f"{name}: {flag.message}") for flag in made.flags]
    listed = without_zinc() + (() if found.zinc is None else with_zinc(found.zinc))
    energies: dict[str, float | None] = {}
    for reaction in listed:
        known = {name: terms[name] for name, _ in reaction.before + reaction.after}
        electronic = found.energies[reaction.name]
        whole = {name: value for name, value in known.items() if value is not None}
        energies[reaction.name] = electronic + reaction.energy(whole) if electronic is not None and len(whole) == len(known) else None
    return FreeEnergies(temperature, pressure, terms, energies, tuple(flags))


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, _DIGITS)
