"""Reactions at the nitrogen of several edges, with and without zinc, as one document (schema ``dualion/reactions/1``).

Built from the documents of reaction sets, so that what was stored gives the same as what was computed a moment ago. Geometries stand apart:
every species names its frame in the file of the minima. Nothing of the machine or the clock is in it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any, Final

from dualion.atoms.engines.base import Energy
from dualion.atoms.export import extxyz
from dualion.atoms.structure import CARBON
from dualion.atoms.tasks import structure_from
from dualion.errors import SpecError
from dualion.records.quantity import Flag

SCHEMA: Final = "dualion/reactions/1"
NO_ZINC: Final = "none"
BARE, KEPT, APART, RELEASED = (
    "without zinc",
    "zinc kept by both",
    "zinc kept by the oxide, released by the hydride",
    "zinc released by both",
)
#: Oxidation and hydrogenation that are held against each other.
CASES: Final = {
    BARE: ("oxidation", "hydrogenation"),
    KEPT: ("oxidation, zinc kept", "hydrogenation, zinc kept"),
    APART: ("oxidation, zinc kept", "hydrogenation, zinc released"),
    RELEASED: ("oxidation, zinc released", "hydrogenation, zinc released"),
}
#: Where zinc is in the products of a case, in few words.
AFTERWARDS: Final = {BARE: "–", KEPT: "kept", APART: "kept by N–O", RELEASED: "released"}
_COLUMNS: Final = ("edge", "zinc", "reaction", "equation", "energy_eV", "level")
_BOX: Final = ' pbc="F F F"'  # of the comment line of a frame; the name is put before it
_SEMI_EMPIRICAL: Final = "xTB"  # in the name of a method
_SHARE: Final = (
    "with model ligands on a model flake, without temperature, gas or barrier: a share of oxidised nitrogen, such as the 34.8 % that "
    "Tang et al. (2026) print, cannot be computed from them."
)


def document(sets: Sequence[Mapping[str, Any]], request: Mapping[str, Any], flags: Sequence[Flag] = ()) -> dict[str, Any]:
    """Several sets of reactions as one document.

    Parameters
    ----------
    sets : sequence of mapping
        Of `dualion.atoms.reactions.results.ReactionSet.document`, at one level.
    request : mapping
        What was asked for, as plain data.
    flags : sequence of Flag
        Of the engine.

    Returns
    -------
    dict
        Plain data: energies in eV.

    Raises
    ------
    SpecError
        No set, two levels, or the same edge and zinc twice.
    """
    _check(sets)
    frame_of = {key: number for number, (key, _) in enumerate(_minima(sets), start=1)}
    entries = [_entry(one, frame_of) for one in sets]
    return {
        "schema": SCHEMA,
        "kind": "reactions",
        "origin": "atomistic",
        "level": dict(sets[0]["level"]),
        "request": dict(request),
        "sets": entries,
        "statement": statement(entries),
        "flags": [{"code": flag.code, "severity": flag.severity, "message": flag.message} for flag in flags] + _flags(entries),
        "open_questions": list(dict.fromkeys(question for one in sets for question in one["open_questions"])),
    }


def frames(sets: Sequence[Mapping[str, Any]]) -> str:
    """Every minimum once, as extended XYZ of several frames with a name and an energy each.

    Parameters
    ----------
    sets : sequence of mapping
        Of `dualion.atoms.reactions.results.ReactionSet.document`.

    Returns
    -------
    str
    """
    written = []
    for (where, name), minimum in _minima(sets):
        text = extxyz(structure_from(minimum["structure"]), Energy(minimum["energy_eV"]))
        written.append(text.replace(_BOX, f' name="{" ".join(word for word in (where, name) if word)}"{_BOX}', 1))
    return "".join(written)


def reaction_rows(made: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One row for each reaction; those of the bare site once for each edge.

    Parameters
    ----------
    made : mapping
        Of `document`.

    Returns
    -------
    list of dict
        ``edge``, ``zinc`` (``"none"`` for the bare site), ``reaction``, ``equation``, ``energy_eV`` (None if withheld), ``level``.
    """
    rows: dict[tuple[str, str, str], dict[str, Any]] = {}
    for one in made["sets"]:
        for name, reaction in one["reactions"].items():
            zinc = NO_ZINC if name in CASES[BARE] else one["zinc"]
            values = (one["edge"], zinc, name, reaction["equation"], reaction["energy_eV"], one["level"]["method"])
            rows.setdefault((one["edge"], zinc, name), dict(zip(_COLUMNS, values, strict=True)))
    return list(rows.values())


def reactions_csv(made: Mapping[str, Any]) -> str:
    """The reactions of a document as CSV, with a heading."""
    text = io.StringIO()
    writer = csv.DictWriter(text, _COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(reaction_rows(made))
    return text.getvalue()


def case_rows(made: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Oxidation held against hydrogenation: without zinc, and for every place that zinc may end up in.

    Parameters
    ----------
    made : mapping
        Of `document`.

    Returns
    -------
    list of dict
        ``edge``, ``zinc``, ``case``, ``oxidation_eV``, ``hydrogenation_eV``, ``difference_eV``; None if withheld.
    """
    known = {(row["edge"], row["zinc"], row["reaction"]): row["energy_eV"] for row in reaction_rows(made)}
    rows = []
    for edge, zinc in dict.fromkeys((row["edge"], row["zinc"]) for row in reaction_rows(made)):
        for case, pair in CASES.items():
            if (case == BARE) == (zinc == NO_ZINC):
                oxidation, hydrogenation = (known.get((edge, zinc, name)) for name in pair)
                rows.append({
                    "edge": edge, "zinc": zinc, "case": case, "oxidation_eV": oxidation, "hydrogenation_eV": hydrogenation,
                    "difference_eV": None if oxidation is None or hydrogenation is None else oxidation - hydrogenation,
                })  # fmt: skip
    return rows


def statement(sets: Sequence[Mapping[str, Any]]) -> str:
    """Which reaction is lower at every edge, and by how much, and what does not follow from it.

    Parameters
    ----------
    sets : sequence of mapping
        Sets of a document.

    Returns
    -------
    str
    """
    rows = case_rows({"sets": sets})
    method = sets[0]["level"]["method"]
    kind = f"{method}, a semi-empirical method," if _SEMI_EMPIRICAL in method else method
    said = [_of_edge(edge, [row for row in rows if row["edge"] == edge]) for edge in dict.fromkeys(row["edge"] for row in rows)]
    return " ".join([*said, f"These are electronic energies of {kind} {_SHARE}"])


def _of_edge(edge: str, rows: Sequence[Mapping[str, Any]]) -> str:
    """One sentence on the bare site of an edge, and one on each zinc."""
    bare = next(row for row in rows if row["case"] == BARE)
    if bare["difference_eV"] is None:
        said = [f"{edge.capitalize()} edge without zinc: withheld, for a species has no minimum."]
    else:
        energies = f"oxidation {bare['oxidation_eV']:+.2f} eV, hydrogenation {bare['hydrogenation_eV']:+.2f} eV"
        said = [f"{edge.capitalize()} edge without zinc: {_lower(bare['difference_eV'])} ({energies})."]
    for zinc in dict.fromkeys(row["zinc"] for row in rows if row["case"] != BARE):
        found = {row["case"]: row["difference_eV"] for row in rows if row["zinc"] == zinc}
        said.append(f"With {zinc}: {_kept(found[KEPT], bare['difference_eV'])}; {_released(found[APART], found[RELEASED])}.")
    return " ".join(said)


def _kept(difference: float | None, bare: float | None) -> str:
    if difference is None:
        return "zinc kept by both, withheld"
    text = f"{_lower(difference)} where both keep the zinc"
    if bare is None:
        return text
    shift = difference - bare
    towards = "oxidation" if shift < 0.0 else "hydrogenation"
    turned = "turns the order" if difference * bare < 0.0 else "does not turn the order"
    return f"{text}, which is {abs(shift):.2f} eV towards {towards} and {turned}"


def _released(apart: float | None, both: float | None) -> str:
    first = "withheld" if apart is None else _lower(apart)
    second = "withheld" if both is None else f"the {abs(both):.2f} eV of the bare site, for its binding cancels"
    return f"where the oxide keeps it and the hydride releases it, {first}; where both release it, {second}"


def _lower(difference: float) -> str:
    """Energy of oxidation minus that of hydrogenation, in words."""
    low, high = ("hydrogenation", "oxidation") if difference > 0.0 else ("oxidation", "hydrogenation")
    return f"{low} lies {abs(difference):.2f} eV below {high}"


def _check(sets: Sequence[Mapping[str, Any]]) -> None:
    if not sets:
        raise SpecError("reactions: there is no set. Compute one edge at least.")
    levels = list(dict.fromkeys(str(sorted(one["level"].items())) for one in sets))
    if len(levels) > 1:
        raise SpecError("reactions: the sets are of two levels, whose energies do not go together. Make one document for each.")
    places = [(_edge(one), one["zinc"]) for one in sets]
    if len(set(places)) < len(places):
        raise SpecError("reactions: an edge is there twice with the same zinc. Give each set once.")


def _edge(one: Mapping[str, Any]) -> str:
    return str(one["name"]).rpartition(" @ ")[2]


def _place(one: Mapping[str, Any], species: Mapping[str, Any]) -> str:
    """Edge of a species that holds carbon of the flake; empty for a molecule by itself."""
    return _edge(one) if CARBON in species["structure"]["labels"] else ""


def _minima(sets: Sequence[Mapping[str, Any]]) -> list[tuple[tuple[str, str], Mapping[str, Any]]]:
    """Every species with a minimum once, by edge and name; equal species of several sets have the same starts."""
    found: dict[tuple[str, str], Mapping[str, Any]] = {}
    for one in sets:
        for name, species in one["species"].items():
            if "structure" in species:
                found.setdefault((_place(one, species), name), species)
    return list(found.items())


def _entry(one: Mapping[str, Any], frame_of: Mapping[tuple[str, str], int]) -> dict[str, Any]:
    """A set without its geometries; every species names its frame, counted from 1."""
    species = {}
    for name, found in one["species"].items():
        plain = {key: value for key, value in found.items() if key != "structure"}
        if "structure" in found:
            structure = found["structure"]
            spin = {"charge": structure["charge"], "multiplicity": structure["multiplicity"]}
            plain |= {**spin, "frame": frame_of[_place(one, found), name]}
        species[name] = plain
    return {"edge": _edge(one), **{key: value for key, value in one.items() if key != "open_questions"}, "species": species}


def _flags(entries: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Flags of the sets, each once; one that does not hold for all edges says for which."""
    edges = {one["edge"] for one in entries}
    at: dict[tuple[str, str, str], dict[str, None]] = {}
    for one in entries:
        for flag in one["flags"]:
            at.setdefault((flag["code"], flag["severity"], flag["message"]), {})[one["edge"]] = None
    return [
        {"code": code, "severity": severity, "message": message if set(where) == edges else f"{', '.join(where)}: {message}"}
        for (code, severity, message), where in at.items()
    ]
