"""Nitrogen on a flake: every motif of the study, and the place next to it where an ion is put.

``pristine`` changes nothing; ``graphitic`` replaces the innermost carbon; ``pyridinic`` replaces an edge C-H by N, ``NH`` by N-H, ``oxN``
by N-O, each at a zigzag (``_zz``) or an armchair (``_ac``) edge; ``pyrrolic`` bridges an armchair bay with N-H. An edge motif stands at
the C-H nearest to the middle of its edge.
"""

from __future__ import annotations

from dataclasses import replace
from difflib import get_close_matches
from typing import Final

import numpy as np

from dualion.atoms.building.flake import edge_hydrogens
from dualion.atoms.electrons import lowest_multiplicity
from dualion.atoms.structure import Floats, Integers, Site, Structure
from dualion.errors import SpecError

MOTIFS: Final = ("pristine", "graphitic", "pyridinic_zz", "pyridinic_ac", "pyrrolic", "oxN_zz", "oxN_ac", "NH_zz", "NH_ac")
#: Longer names that a user may write.
ALIASES: Final = {
    "oxidised-zigzag": "oxN_zz",
    "oxidised-armchair": "oxN_ac",
    "oxidized-zigzag": "oxN_zz",
    "oxidized-armchair": "oxN_ac",
    "pyridinic-zigzag": "pyridinic_zz",
    "pyridinic-armchair": "pyridinic_ac",
    "pyridinic": "pyridinic_zz",
    "hydrogenated-zigzag": "NH_zz",
    "hydrogenated-armchair": "NH_ac",
}
NO_BOND = 1.28  # [angstrom] N-O of a pyridine N-oxide
NH_BOND = 1.01  # [angstrom]
_BAY_CARBONS = 2.84  # [angstrom] carbon-carbon across an armchair bay
_BAY_HYDROGENS = 2.2  # [angstrom] hydrogens nearer than this point into the same bay
_BAY_NITROGEN = 0.55  # [angstrom] nitrogen stands this far out of the line between the two carbon atoms
_BAY_TOLERANCE = 0.05  # [angstrom]
_HYDROGEN, _CARBON, _NITROGEN, _OXYGEN = 1, 6, 7, 8


def motif_name(written: str) -> str:
    """The motif that a name means.

    Parameters
    ----------
    written : str
        A motif or one of its longer names, such as ``"oxidised-zigzag"``, in small or capital letters.

    Returns
    -------
    str

    Raises
    ------
    SpecError
        No such motif.
    """
    names = {_plain(name): name for name in MOTIFS} | ALIASES
    plain = _plain(written)
    if plain in names:
        return names[plain]
    near = get_close_matches(plain, list(names), n=1)
    meant = f' Did you mean "{near[0] if near[0] in ALIASES else names[near[0]]}"?' if near else f" Write one of {', '.join(MOTIFS)}."
    raise SpecError(f'motif: "{written}" is not a nitrogen motif.{meant}')


def _plain(written: str) -> str:
    """A name in small letters, with hyphens."""
    return written.strip().lower().replace("_", "-")


def motif(carbon: Structure, kind: str) -> Structure:
    """A flake with one motif.

    Parameters
    ----------
    carbon : Structure
        From `flake`.
    kind : str
        One of `MOTIFS`, or a longer name of it.

    Returns
    -------
    Structure
        In its lowest multiplicity, its site at the motif: at the oxygen of ``oxN``, at the nitrogen of the others.

    Raises
    ------
    SpecError
        No such motif, the flake has no edge or bay for it, or it carries one already.
    """
    kind = motif_name(kind)
    if kind == "pristine":
        return carbon
    if not np.isin(carbon.numbers, (_HYDROGEN, _CARBON)).all():
        raise SpecError(
            f"motif: {carbon.formula} holds more than carbon and hydrogen; {kind} would be a second motif. Begin with a bare flake."
        )
    if kind == "graphitic":
        return _graphitic(carbon)
    if kind == "pyrrolic":
        return _pyrrolic(carbon)
    family, edge = kind.rsplit("_", 1)
    return _at_edge(carbon, family, "zigzag" if edge == "zz" else "armchair")


def _graphitic(carbon: Structure) -> Structure:
    """Nitrogen instead of the atom of the site."""
    if carbon.site is None:
        raise SpecError("motif: the carbon names no site, so that graphitic N has no place. Build it with flake.")
    numbers = carbon.numbers.copy()
    numbers[carbon.site.atom] = _NITROGEN
    return replace(carbon, numbers=numbers, multiplicity=lowest_multiplicity(numbers, carbon.charge))


def _at_edge(carbon: Structure, family: str, edge: str) -> Structure:
    """Nitrogen in the first C-H of an edge, bare or with what its family carries."""
    pairs = edge_hydrogens(carbon)[edge]
    if not pairs:
        raise SpecError(f"motif: no {edge} C-H on this flake; {family} N cannot be placed there. Choose another size, or the other edge.")
    atom, hydrogen = pairs[0]
    away = carbon.positions[hydrogen] - carbon.positions[atom]
    away = away / np.linalg.norm(away)
    numbers, positions = carbon.numbers.copy(), carbon.positions.copy()
    numbers[atom] = _NITROGEN
    if family == "pyridinic":
        index = atom - int(hydrogen < atom)  # the hydrogen may have stood in front of it
        return _rebuilt(carbon, np.delete(numbers, hydrogen), np.delete(positions, hydrogen, axis=0), index, away)
    if family == "oxN":
        numbers[hydrogen] = _OXYGEN
        positions[hydrogen] = positions[atom] + NO_BOND * away
        return _rebuilt(carbon, numbers, positions, hydrogen, away)
    positions[hydrogen] = positions[atom] + NH_BOND * away
    return _rebuilt(carbon, numbers, positions, atom, away)


def _pyrrolic(carbon: Structure) -> Structure:
    """N-H across the armchair bay nearest to the middle of its edge."""
    pairs = edge_hydrogens(carbon)["armchair"]
    positions = carbon.positions
    for first, (atom, hydrogen) in enumerate(pairs):
        for other, other_hydrogen in pairs[first + 1 :]:
            across = np.linalg.norm(positions[atom] - positions[other])
            between = np.linalg.norm(positions[hydrogen] - positions[other_hydrogen])
            if abs(across - _BAY_CARBONS) <= _BAY_TOLERANCE and between < _BAY_HYDROGENS:
                return _bridged(carbon, (atom, other), (hydrogen, other_hydrogen))
    raise SpecError("motif: no armchair bay on this flake; pyrrolic N cannot be placed. Choose another size, such as 10,11.5.")


def _bridged(carbon: Structure, atoms: tuple[int, int], hydrogens: tuple[int, int]) -> Structure:
    """N-H between two carbon atoms, whose hydrogens are taken away."""
    positions = carbon.positions
    middle = positions[list(atoms)].mean(axis=0)
    away = positions[list(hydrogens)].mean(axis=0) - middle
    away = away / np.linalg.norm(away)
    nitrogen = middle + _BAY_NITROGEN * away
    numbers = np.concatenate([np.delete(carbon.numbers, hydrogens), [_NITROGEN, _HYDROGEN]])
    placed = np.concatenate([np.delete(positions, hydrogens, axis=0), [nitrogen, nitrogen + NH_BOND * away]])
    return _rebuilt(carbon, numbers, placed, len(numbers) - 2, away)


def _rebuilt(carbon: Structure, numbers: Integers, positions: Floats, atom: int, away: Floats) -> Structure:
    """A carbon of changed atoms, with its site at one of them."""
    x, y, z = (float(value) for value in away)
    return Structure(
        numbers=numbers,
        positions=positions,
        charge=carbon.charge,
        multiplicity=lowest_multiplicity(numbers, carbon.charge),
        labels=carbon.labels,
        parts=np.zeros(len(numbers), dtype=np.int64),
        site=Site(atom, (x, y, z), "edge"),
    )
