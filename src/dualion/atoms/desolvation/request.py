"""What a user asks for, in words, as carbons and ladders: each word understood or refused."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final

from dualion.atoms.building.flake import CENTRES, Cut, flake
from dualion.atoms.building.gate import SMALLEST_GAP, gate
from dualion.atoms.building.motifs import MOTIFS, motif, motif_name
from dualion.atoms.building.species import Solvent
from dualion.atoms.desolvation.times import Prefactor, attempts
from dualion.atoms.engines.base import Engine
from dualion.atoms.engines.registry import engine_named
from dualion.atoms.search.options import MOST_SOLVENTS, Ladder
from dualion.atoms.search.states import BARE
from dualion.atoms.structure import Structure
from dualion.errors import SpecError
from dualion.records.quantity import Flag
from dualion.records.validation import nearest

#: The six motifs of the study, and the shell alone.
ALL: Final = ("bare", "pristine", "graphitic", "pyridinic_zz", "pyrrolic", "oxN_zz", "oxN_ac")
GRAFT: Final = "graft"  # name of a carbon of the user
RERANKS: Final = ("none", "single-point", "relax")
SECOND: Final = "pyscf"  # PBE-D3(BJ)/def2-SVP, which computes the lowest minima again
_LARGEST_CHARGE = 3  # [e] beyond it a shell of one ion is no subject of this package
_LADDER = re.compile(r"\s*(?P<motif>[^:]+?)\s*:\s*(?P<top>\d{1,3})\s*-\s*(?P<bottom>\d{1,3})\s*(:\s*(?P<charge>[+-]?\d{1,3})\s*)?")
_STEP = re.compile(r"\s*(\d{1,3})\s*(?:-|->|→|to)\s*(\d{1,3})\s*")


@dataclass(frozen=True, slots=True, eq=False)
class Carbon:
    """A carbon on which a ladder stands, or none for the shell alone.

    Parameters
    ----------
    name : str
        Of its ladders: the motif, with the flake behind an ``@`` for a second flake.
    motif : str
        ``"bare"`` for the shell alone, ``"graft"`` for a carbon of the user.
    flake : str
        Size and centre, such as ``"10x11.5-ring"``; empty where there is none.
    structure : Structure or None
    gap : float or None
        Of the flake without a motif, or of the user's carbon [eV].
    """

    name: str
    motif: str
    flake: str = ""
    structure: Structure | None = None
    gap: float | None = None

    @property
    def flags(self) -> tuple[Flag, ...]:
        """``spin_not_scanned`` where the gap asks for a look at both spins."""
        if self.gap is None or self.gap >= SMALLEST_GAP:
            return ()
        said = f"{self.name}: the gap of the carbon is {self.gap:.2f} eV; only the lowest multiplicity was computed"
        return (Flag("spin_not_scanned", "warning", said),)


def motifs_written(written: Sequence[str]) -> tuple[str, ...]:
    """The motifs that words mean.

    Parameters
    ----------
    written : sequence of str
        Each a motif or several between commas, ``"bare"`` for the shell alone, ``"all"`` for the six of the study and the shell alone.

    Returns
    -------
    tuple of str
        Each once, in the order written.

    Raises
    ------
    SpecError
        No such motif.

    Examples
    --------
    >>> motifs_written(["bare,oxidised-zigzag", "pristine"])
    ('bare', 'oxN_zz', 'pristine')
    """
    found: list[str] = []
    for word in (word.strip() for one in written for word in one.split(",")):
        if word.lower() == "all":
            found += ALL
        elif word.lower() == BARE:
            found.append(BARE)
        elif not word:
            raise SpecError(f"motif: a name is empty. Write one of bare, {', '.join(MOTIFS)}, or all.")
        elif near := nearest(word.lower(), (BARE, "all")):
            raise SpecError(f'motif: "{word}" is not a motif. Did you mean "{near}"?')
        else:
            found.append(motif_name(word))
    return tuple(dict.fromkeys(found))


def rungs(step: str | None, top: int | None, bottom: int | None) -> tuple[int, int]:
    """Most and fewest solvents of the ladders that are asked for.

    Parameters
    ----------
    step : str, optional
        One step, such as ``"3-2"``.
    top, bottom : int, optional
        Ends of a ladder [1]; 6 and 0 unless given.

    Returns
    -------
    tuple of two int

    Raises
    ------
    SpecError
        It is no step, or no ladder, or both are given.
    """
    if step is None:
        high, low = MOST_SOLVENTS if top is None else top, 0 if bottom is None else bottom
        what, such = f"--from {high} --to {low}", "a larger number first, such as --from 6 --to 0"
    else:
        if top is not None or bottom is not None:
            raise SpecError("--step: it cannot stand beside --from and --to. Write one step, or a ladder.")
        found = _STEP.fullmatch(step)
        if found is None:
            raise SpecError(f'--step: "{step}" is not a step. Write the solvents before and after it, such as 3-2.')
        high, low = int(found[1]), int(found[2])
        most, fewest = max(high, low, 1), min(high, low)
        ladder = f", or --from {most} --to {fewest} for a ladder" if most - fewest > 1 else ""
        what, such = f"--step {step}", f"{most}-{most - 1}{ladder}"
        if high - low != 1:
            raise SpecError(f"{what}: a step takes one solvent away. Write {such}.")
    if not 0 <= low < high:
        raise SpecError(f"{what}: this is not a ladder. Write {such}.")
    if high > MOST_SOLVENTS:
        raise SpecError(f"{what}: {high} solvents do not fit around one ion. Begin with at most {MOST_SOLVENTS}.")
    return high, low


@dataclass(frozen=True, slots=True)
class OwnLadder:
    """A ladder that one motif has for itself.

    Parameters
    ----------
    motif : str
    top, bottom : int
        Most and fewest solvents [1].
    charge : int or None
        Total charge [e]; that of the others where it is None.
    """

    motif: str
    top: int
    bottom: int
    charge: int | None


def ladders_written(written: Sequence[str]) -> tuple[OwnLadder, ...]:
    """Ladders that motifs have for themselves.

    Parameters
    ----------
    written : sequence of str
        Such as ``"pristine:4-1"`` or, with a total charge, ``"pristine:3-2:0"``.

    Returns
    -------
    tuple of OwnLadder

    Raises
    ------
    SpecError
        A word cannot be read, names no motif, or is no ladder.

    Examples
    --------
    >>> ladders_written(["oxidised-zigzag:4-1", "pristine:3-2:0"])
    (OwnLadder(motif='oxN_zz', top=4, bottom=1, charge=None), OwnLadder(motif='pristine', top=3, bottom=2, charge=0))
    """
    found = []
    for word in written:
        read = _LADDER.fullmatch(word)
        if read is None:
            raise SpecError(
                f'--ladder: "{word}" is not a ladder. Write MOTIF:FROM-TO, or with a charge MOTIF:FROM-TO:Q, such as pristine:4-1.'
            )
        names = motifs_written([read["motif"]])
        if len(names) > 1:
            raise SpecError(f'--ladder: "{word}" means several motifs. Write one for each.')
        top, bottom = rungs(None, int(read["top"]), int(read["bottom"]))
        charge = None if read["charge"] is None else charges_checked([int(read["charge"])])[0]
        found.append(OwnLadder(names[0], top, bottom, charge))
    return tuple(found)


def charges_checked(charges: Sequence[int]) -> tuple[int, ...]:
    """Total charges, each once [e].

    Parameters
    ----------
    charges : sequence of int
        [e]

    Returns
    -------
    tuple of int

    Raises
    ------
    SpecError
        One is out of range.
    """
    for charge in charges:
        if abs(charge) > _LARGEST_CHARGE:
            raise SpecError(f"--charge: {charge:+d} is not a charge of this system. Write -{_LARGEST_CHARGE} to +{_LARGEST_CHARGE}.")
    return tuple(dict.fromkeys(charges))


def prefactor_written(written: str) -> Prefactor:
    """The prefactor that a word means [1/s].

    Parameters
    ----------
    written : str
        ``"kT/h"``, or a positive number.

    Returns
    -------
    "kT/h" or float

    Raises
    ------
    SpecError
        It is neither.
    """
    if written.strip().lower() == "kt/h":
        return "kT/h"
    try:
        number: Prefactor = float(written)
    except ValueError:
        raise SpecError(f'--prefactor: "{written}" is not a rate. Write kT/h, or a positive number in 1/s, such as 1e13.') from None
    attempts(number)
    return number


def cuts_written(sizes: Sequence[str], centres: Sequence[str]) -> tuple[Cut, ...]:
    """The flakes that are asked for.

    Parameters
    ----------
    sizes : sequence of str
        Such as ``"10,11.5"``, in angstrom; the default flake unless given.
    centres : sequence of str
        One for each size, or one for all.

    Returns
    -------
    tuple of Cut

    Raises
    ------
    SpecError
        A size cannot be read, or sizes and centres do not fit.
    """
    default = Cut()
    given = tuple(sizes) or (f"{default.width:g},{default.height:g}",)
    middles = tuple(centres) or (default.centre,)
    if len(middles) not in (1, len(given)):
        raise SpecError(f"--centre: {len(middles)} for {len(given)} sizes. Write one of {' and '.join(CENTRES)} for each, or one for all.")
    cuts = []
    for size, centre in zip(given, middles * (len(given) // len(middles)), strict=True):
        try:
            width, height = (float(word) for word in size.split(","))
        except ValueError:
            raise SpecError(f'--size: "{size}" cannot be read. Write two lengths in angstrom, such as 10,11.5.') from None
        cuts.append(Cut(width, height, centre))
    if len({cut.name for cut in cuts}) < len(cuts):
        raise SpecError("--size: a flake is there twice. Give each once.")
    return tuple(cuts)


def carbons(
    motifs: Sequence[str],
    cuts: Sequence[Cut],
    *,
    engine: Engine,
    allow_open_shell: bool = False,
    graft: Structure | None = None,
) -> tuple[Carbon, ...]:
    """The carbons on which ladders stand, each through the gap gate.

    Parameters
    ----------
    motifs : sequence of str
    cuts : sequence of Cut
        Flakes; motifs on the second and further ones are named with their flake.
    engine : Engine
        Gives the gaps.
    allow_open_shell : bool
        Take an open-shell carbon all the same.
    graft : Structure, optional
        A carbon of the user.

    Returns
    -------
    tuple of Carbon

    Raises
    ------
    SpecError
        A flake has no place for a motif, or nothing is asked for.
    OpenShellFlake
        A gap is too small.
    """
    found = [Carbon(BARE, BARE)] if BARE in motifs else []
    if graft is not None:
        found.append(Carbon(GRAFT, GRAFT, "", graft, gate(graft, engine, allow_open_shell=allow_open_shell)))
    kinds = [name for name in motifs if name != BARE]
    for number, cut in enumerate(cuts if kinds else ()):
        sheet = flake(cut)
        built = [(kind, motif(sheet, kind)) for kind in kinds]
        gap = gate(sheet, engine, allow_open_shell=allow_open_shell)
        for kind, structure in built:
            found.append(Carbon(f"{kind}@{cut.name}" if number else kind, kind, cut.name, structure, gap))
    if not found:
        raise SpecError(f"--motif: none is given. Write one or more of bare, {', '.join(MOTIFS)}, or all.")
    return tuple(found)


def ladders(
    bases: Sequence[Carbon],
    solvent: Solvent,
    *,
    top: int,
    bottom: int,
    charges: Sequence[int],
    own: Sequence[OwnLadder] = (),
    shared: Sequence[str] | None = None,
) -> tuple[Ladder, ...]:
    """A ladder for each carbon and charge, then those that motifs have for themselves.

    Parameters
    ----------
    bases : sequence of Carbon
    solvent : Solvent
    top, bottom : int
        Most and fewest solvents [1].
    charges : sequence of int
        Total charges [e]: each is a search of its own.
    own : sequence of OwnLadder
    shared : sequence of str, optional
        Motifs that have the common ladder; all unless given.

    Returns
    -------
    tuple of Ladder
    """
    found = [
        Ladder(base.name, base.structure, solvent, top, bottom, charge)
        for charge, base in product(charges, bases)
        if shared is None or base.motif in shared
    ]
    for one, base in product(own, bases):
        if base.motif == one.motif:
            found += [
                Ladder(base.name, base.structure, solvent, one.top, one.bottom, charge)
                for charge in (charges if one.charge is None else (one.charge,))
            ]
    return tuple(found)


def second_engine(how: str) -> Engine | None:
    """The engine that computes the lowest minima again; None where that is not asked for.

    Parameters
    ----------
    how : str
        ``"none"``, ``"single-point"`` or ``"relax"``.

    Returns
    -------
    Engine or None

    Raises
    ------
    SpecError
        There is no such way.
    MissingDependency
        The library for it is not installed.
    """
    if how not in RERANKS:
        raise SpecError(f'--rerank: "{how}" is not a way to compute minima again. Write one of {", ".join(RERANKS)}.')
    return None if how == "none" else engine_named(SECOND)
