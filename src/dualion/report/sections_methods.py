"""Methods, versions, options, references, licence and attribution of the source."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from dualion.report.blocks import Block, Bullets, Code, Column, Definition, Definitions, Paragraph, Section, Subsection, Table
from dualion.report.marks import MARKS, origin_text
from dualion.report.references import bibliography
from dualion.report.values import name_of

_SOURCE_KEYS = ("citation", "doi", "licence", "changes")


def methods_section(document: Mapping[str, Any], *, references: tuple[str, ...] = ()) -> Section:
    """How the numbers came about and whose they are.

    Parameters
    ----------
    document : mapping
        As ``study.document.build`` gives it.
    references : tuple of str
        Keys to cite beside those of the quantities.

    Returns
    -------
    Section
    """
    cited = {key for held in document["quantities"] for key in held["provenance"]["references"]} | set(references)
    blocks: list[Block] = [_source(document["study"]), _verdicts()]
    methods = _methods(document)
    if methods is not None:
        blocks.append(Subsection("Methods and options", (methods,), "methods-options"))
    blocks.append(Subsection("Software", (_software(document),), "software"))
    if cited:
        blocks.append(Subsection("References", (Bullets(bibliography(cited)),), "references"))
    return Section("Methods, versions, references and licence", "methods", tuple(blocks))


def _source(study: Mapping[str, Any]) -> Subsection:
    items = [Definition("Title", study["title"])]
    words = {"citation": "Source", "doi": "DOI", "licence": "Licence", "changes": "Changes made"}
    items += [Definition(words[key], study[key]) for key in _SOURCE_KEYS if study[key]]
    items.append(Definition("Digest of the study folder", (Code(study["sha256"]),)))
    text = Paragraph("Printed numbers are quoted from the source below with their places in it; no figure or sentence of it is copied.")
    return Subsection("Source and attribution", (text, Definitions(tuple(items))), "source")


def _verdicts() -> Subsection:
    columns = (Column("Verdict"), Column("Sign"), Column("Meaning"))
    rows = tuple((word, mark.sign, mark.meaning) for word, mark in MARKS.items())
    return Subsection("What the verdicts mean", (Table("Verdicts", columns, rows),), "verdicts")


def _methods(document: Mapping[str, Any]) -> Table | None:
    """One row for each method and its options, with the number of values it gave."""
    found: dict[tuple[str, int, str, str], int] = {}
    for held in document["quantities"]:
        source = held["provenance"]
        options = ", ".join(f"{name.replace('_', ' ')} {_plain(value)}" for name, value in sorted(source["options"].items()))
        key = (source["method"], source["method_version"], source["origin"], options or "defaults")
        found[key] = found.get(key, 0) + 1
    if not found:
        return None
    columns = (Column("Method"), Column("Version", numeric=True), Column("Origin"), Column("Options"), Column("Values", numeric=True))
    rows = tuple(
        (name_of(method), str(version), origin_text(origin), options, str(count))
        for (method, version, origin, options), count in found.items()
    )
    return Table("Methods that gave the obtained values", columns, rows)


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, ensure_ascii=False)


def _software(document: Mapping[str, Any]) -> Table:
    rows = tuple((name, version) for name, version in sorted(document["software"].items()))
    return Table("Versions", (Column("Software"), Column("Version")), rows, f"Form of the results: {document['schema']}.")
