"""Oxidation against hydrogenation of a nitrogen at an edge, with and without zinc (Fig. 4b of the study).

    N* + H2O -> N*-O + H2,      N* + 1/2 H2 -> N*-H

Water and hydrogen are the references, so that no energy of triplet oxygen enters; the reference O2 is reached by the formation enthalpy of
water vapour at 0 K: 1/2 E(O2) = E(H2O) - E(H2) + 2.476 eV (Chase 1998). With zinc the site holds ZnL2 from the start, L being acetate
(neutral, as in the synthesis), chloride, or four waters at +2; the charge is equal on both sides. A product may keep the zinc or release
it, and both ends are listed. Atoms and charge of every reaction are counted exactly before an energy is taken.

These are electronic energies of relaxed minima: no zero-point or thermal terms, no barrier.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import numpy as np

from dualion.atoms.building.motifs import motif
from dualion.atoms.engines.base import Engine
from dualion.atoms.reactions.reagents import adducts, hydrogen_molecules, water_molecule, zinc_complex, zinc_name
from dualion.atoms.reactions.results import ReactionSet, Species
from dualion.atoms.relax import FMAX
from dualion.atoms.search.relaxer import Relaxer, in_process
from dualion.atoms.structure import Structure
from dualion.errors import SpecError

STARTS: Final = 3  # [1] of every adduct of zinc
_MOVED = 0.02  # [angstrom] of every coordinate, standard deviation
_PUSHES = (0.3, 0.5)  # [angstrom] out of the plane: the hydrogen of the pyridinyl radical stands 0.25 out of it
_BESIDE = 1.5  # [angstrom] from the site to the atoms bound to it
EDGES: Final = {"zigzag": "zz", "armchair": "ac"}
SITE, OXIDISED, HYDROGENATED, HYDROGEN, WATER = "N*", "N*-O", "N*-H", "H2", "H2O"


@dataclass(frozen=True, slots=True)
class Reaction:
    """Species before and after, with how many of each.

    Parameters
    ----------
    name : str
    before, after : tuple of (str, Fraction)
        Species and its number [1].
    """

    name: str
    before: tuple[tuple[str, Fraction], ...]
    after: tuple[tuple[str, Fraction], ...]

    @property
    def equation(self) -> str:
        """Such as ``"N* + 1/2 H2 -> N*-H"``."""
        return " -> ".join(
            " + ".join(name if count == 1 else f"{count} {name}" for name, count in side) for side in (self.before, self.after)
        )

    def energy(self, energies: Mapping[str, float]) -> float:
        """Products minus reactants.

        Parameters
        ----------
        energies : mapping of str to float
            Total energy of each species [eV].

        Returns
        -------
        float
            [eV]
        """
        return sum(float(count) * energies[name] for name, count in self.after) - sum(
            float(count) * energies[name] for name, count in self.before
        )


def check_balance(reaction: Reaction, species: Mapping[str, Structure]) -> None:
    """Count atoms and charge on both sides.

    Parameters
    ----------
    reaction : Reaction
    species : mapping of str to Structure

    Raises
    ------
    SpecError
        A species is not there, or the two sides differ.
    """
    total: dict[str, Fraction] = {}
    for sign, side in ((1, reaction.after), (-1, reaction.before)):
        for name, count in side:
            if name not in species:
                raise SpecError(f'reaction {reaction.name}: there is no species "{name}". Give its structure.')
            one = species[name]
            for symbol, atoms in Counter(one.symbols).items():
                total[symbol] = total.get(symbol, Fraction(0)) + sign * count * atoms
            total["charge"] = total.get("charge", Fraction(0)) + sign * count * one.charge
    wrong = [f"{what} {'+' if count > 0 else '-'}{abs(count)}" for what, count in sorted(total.items()) if count]
    if wrong:
        raise SpecError(f"reaction {reaction.name}: {reaction.equation} does not balance ({', '.join(wrong)}). Correct the numbers.")


@dataclass(frozen=True, slots=True, eq=False)
class Nitrogen:
    """One nitrogen in its three states.

    Parameters
    ----------
    name : str
        Such as ``"zigzag"``.
    site, oxidised, hydrogenated : Structure
        N*, N*-O and N*-H; each names its site.
    """

    name: str
    site: Structure
    oxidised: Structure
    hydrogenated: Structure


def nitrogen_at(carbon: Structure, edge: str) -> Nitrogen:
    """Pyridinic nitrogen of a flake, with its oxide and its hydride.

    Parameters
    ----------
    carbon : Structure
        From `dualion.atoms.building.flake.flake`.
    edge : str
        ``"zigzag"`` or ``"armchair"``.

    Returns
    -------
    Nitrogen

    Raises
    ------
    SpecError
        No such edge on the flake.
    """
    if edge not in EDGES:
        raise SpecError(f'edge: "{edge}" is not an edge. Write "zigzag" or "armchair".')
    short = EDGES[edge]
    return Nitrogen(edge, *(motif(carbon, f"{kind}_{short}") for kind in ("pyridinic", "oxN", "NH")))


def without_zinc() -> tuple[Reaction, ...]:
    """Oxidation and hydrogenation of the bare site."""
    one, half = Fraction(1), Fraction(1, 2)
    return (
        Reaction("oxidation", ((SITE, one), (WATER, one)), ((OXIDISED, one), (HYDROGEN, one))),
        Reaction("hydrogenation", ((SITE, one), (HYDROGEN, half)), ((HYDROGENATED, one),)),
    )


def with_zinc(zinc: str) -> tuple[Reaction, ...]:
    """Binding of zinc, and both reactions of the site that holds it, zinc kept and released.

    Parameters
    ----------
    zinc : str
        Its formula, such as ``"Zn(OAc)2"``.

    Returns
    -------
    tuple of Reaction
    """
    one, half = Fraction(1), Fraction(1, 2)
    held = {name: (f"{name}.{zinc}", one) for name in (SITE, OXIDISED, HYDROGENATED)}
    free = (zinc, one)
    wet, start = (WATER, one), held[SITE]
    return (
        *(Reaction(f"binding at {name}", ((name, one), free), (held[name],)) for name in (SITE, OXIDISED, HYDROGENATED)),
        Reaction("oxidation, zinc kept", (start, wet), (held[OXIDISED], (HYDROGEN, one))),
        Reaction("oxidation, zinc released", (start, wet), ((OXIDISED, one), free, (HYDROGEN, one))),
        Reaction("hydrogenation, zinc kept", (start, (HYDROGEN, half)), (held[HYDROGENATED],)),
        Reaction("hydrogenation, zinc released", (start, (HYDROGEN, half)), ((HYDROGENATED, one), free)),
    )


def compute(
    nitrogen: Nitrogen,
    engine: Engine,
    *,
    ligand: str | None = None,
    starts: int = STARTS,
    seed: int = 0,
    fmax: float = FMAX,
    relaxer: Relaxer | None = None,
) -> ReactionSet:
    """Relax every species and take the reaction energies.

    Parameters
    ----------
    nitrogen : Nitrogen
    engine : Engine
    ligand : str, optional
        Of zinc, one of ``"acetate"``, ``"chloride"``, ``"water"``; without zinc if not given.
    starts : int
        Of every species with zinc [1].
    seed : int
        Of the starts [1].
    fmax : float
        Largest force on an atom of a minimum [eV/angstrom].
    relaxer : callable, optional
        Relaxes structures; in this process if not given.

    Returns
    -------
    ReactionSet

    Raises
    ------
    SpecError
        An impossible number of starts, no such ligand, or a reaction that does not balance.
    """
    if starts < 1:
        raise SpecError(f"starts: {starts} is not a number of starts. Write 1 or more.")
    zinc = None if ligand is None else zinc_name(ligand)
    begun = _starts(nitrogen, ligand, starts=starts, seed=seed)
    listed = without_zinc() + (() if zinc is None else with_zinc(zinc))
    for reaction in listed:
        check_balance(reaction, {name: several[0] for name, several in begun.items()})
    ended = iter((relaxer or in_process(engine, fmax=fmax))([one for several in begun.values() for one in several]))
    found = {name: Species(name, tuple(next(ended) for _ in several)) for name, several in begun.items()}
    found[HYDROGEN] = Species(HYDROGEN, found[HYDROGEN].accepted or found[HYDROGEN].relaxed)  # see `hydrogen_molecules`
    return ReactionSet(
        nitrogen=nitrogen.name,
        zinc=zinc,
        level=engine.level,
        fmax=fmax,
        species=found,
        energies={reaction.name: _energy(reaction, found) for reaction in listed},
        equations={reaction.name: reaction.equation for reaction in listed},
    )


def _starts(nitrogen: Nitrogen, ligand: str | None, *, starts: int, seed: int) -> dict[str, tuple[Structure, ...]]:
    sites = {SITE: nitrogen.site, OXIDISED: nitrogen.oxidised, HYDROGENATED: nitrogen.hydrogenated}
    begun: dict[str, tuple[Structure, ...]] = {HYDROGEN: hydrogen_molecules(), WATER: (water_molecule(),)}
    for index, (name, one) in enumerate(sites.items()):
        begun[name] = _out_of_plane(one, np.random.default_rng((seed, index, 0)))
    if ligand is None:
        return begun
    zinc = zinc_name(ligand)
    begun[zinc] = (zinc_complex(ligand),)
    for index, (name, one) in enumerate(sites.items()):
        begun[f"{name}.{zinc}"] = adducts(one, ligand, starts=starts, rng=np.random.default_rng((seed, index, 1)))
    return begun


def _out_of_plane(carbon: Structure, rng: np.random.Generator) -> tuple[Structure, ...]:
    """A carbon twice with its outermost atom at the site out of the plane: forces never leave a plane that all atoms lie in."""
    assert carbon.site is not None
    from_site = carbon.positions - carbon.positions[carbon.site.atom]
    beside = np.flatnonzero(np.linalg.norm(from_site, axis=1) < _BESIDE)
    outermost = beside[np.argmax(from_site[beside] @ np.array(carbon.site.outward))]
    normal = np.linalg.svd(carbon.positions - carbon.positions.mean(axis=0))[2][2]
    made = []
    for push in _PUSHES:
        positions = carbon.positions + rng.normal(scale=_MOVED, size=carbon.positions.shape)
        positions[outermost] += push * normal
        made.append(carbon.moved(positions))
    return tuple(made)


def _energy(reaction: Reaction, found: Mapping[str, Species]) -> float | None:
    energies = {}
    for name, _ in reaction.before + reaction.after:
        best = found[name].best
        if best is None or best.energy is None:
            return None
        energies[name] = best.energy
    return reaction.energy(energies)
