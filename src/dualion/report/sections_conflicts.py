"""Conflicts in the source, with their readings side by side, and the relations that hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dualion.figures.labels import significant
from dualion.report.blocks import (
    Block,
    Code,
    Column,
    Conflict,
    Details,
    Link,
    Paragraph,
    ReadingCard,
    Section,
    Strong,
    Subsection,
    Table,
    VerdictMark,
)
from dualion.report.marks import reason_text
from dualion.report.values import span, wanted, with_unit

#: Classes of the relations that fail, in the order of what they say about the source, with the words for it.
_PARTS: tuple[tuple[str, str, str], ...] = (
    ("inconsistent in source", "The text does not agree with itself", "contradictions"),
    ("differs", "Numbers that differ from a stated estimate", "estimates"),
    ("needs raw data", "Not decidable from the text", "undecided"),
)


def conflicts_section(document: Mapping[str, Any]) -> Section:
    """Relations that fail, each with what is computed, what is expected and how it may be read; below them those that hold.

    Parameters
    ----------
    document : mapping
        As ``study.document.build`` gives it.

    Returns
    -------
    Section
    """
    relations = document["relations"]
    known = {claim["id"] for claim in document["claims"]}
    blocks: list[Block] = [Paragraph("Readings are offered; none is chosen.", "lead")]
    for word, title, anchor in _PARTS:
        rows = [row for row in relations if row["verdict"] == word]
        if rows:
            blocks.append(Subsection(title, tuple(_conflict(row, known) for row in rows), anchor))
    hypotheses = [row for row in relations if row["verdict"] in ("allowed", "excluded")]
    if hypotheses:
        lead = Paragraph("A hypothesis gives no verdict to a claim: it is allowed or excluded by what is printed.")
        blocks.append(Subsection("Readings that were tested", (lead, _table("Hypotheses and what they give", hypotheses)), "hypotheses"))
    holding = [row for row in relations if row["verdict"] == "consistent (derived)"]
    if holding:
        table = _table("Relations that hold, and values derived from printed numbers", holding)
        blocks.append(
            Subsection("Arithmetic that closes", (Details(f"{len(holding)} relations", (table,)), *_derived(document)), "closing")
        )
    return Section("Conflicts in the source", "conflicts", tuple(blocks))


def _conflict(row: Mapping[str, Any], known: set[str]) -> Conflict:
    reason = reason_text(row["reason"])
    return Conflict(
        id=row["id"],
        verdict=row["verdict"],
        text=f"{row['text']} Reason: {reason}." if reason else row["text"],
        computed=_computed(row),
        expected=wanted(row),
        claims=_links(row["claims"], known),
        readings=tuple(
            ReadingCard(reading["says"], with_unit(significant(reading["value"]), reading["unit"]), reading["expr"])
            for reading in row["readings"]
        ),
    )


def _links(claims: Sequence[str], known: set[str]) -> tuple[str | Strong | Code | Link, ...]:
    """Claims, each linked to its row of the ledger if it has one."""
    parts: list[str | Strong | Code | Link] = []
    for claim in claims:
        parts += [", "] if parts else []
        parts.append(Link(claim, f"claim-{claim}") if claim in known else claim)
    return tuple(parts)


def _computed(row: Mapping[str, Any]) -> str:
    if row["value"] is None:
        return "absent"
    value = with_unit(significant(row["value"]), row["unit"])
    low, high = row["range"] or (row["value"], row["value"])
    return value if low == high else f"{value} (rounding allows {span(low, high, row['unit'])})"


def _table(caption: str, rows: Sequence[Mapping[str, Any]]) -> Table:
    columns = (Column("Relation"), Column("What it says"), Column("Computed", numeric=True), Column("Expected"), Column("Verdict"))
    cells = tuple(
        (
            row["id"],
            row["text"],
            "absent" if row["value"] is None else with_unit(significant(row["value"]), row["unit"]),
            wanted(row),
            VerdictMark(row["verdict"]),
        )
        for row in rows
    )
    return Table(caption, columns, cells)


def _derived(document: Mapping[str, Any]) -> tuple[Block, ...]:
    rows = document["derived"]
    if not rows:
        return ()
    columns = (Column("Row"), Column("Quantity"), Column("Given", numeric=True), Column("Recomputed", numeric=True), Column("Agrees"))
    cells = tuple(
        (
            row["id"],
            row["quantity"].replace("_", " "),
            with_unit(row["given"], row["unit"]),
            with_unit(significant(row["recomputed"], 5), row["unit"]),
            "yes" if row["agrees"] else "no",
        )
        for row in rows
    )
    agreeing = sum(row["agrees"] for row in rows)
    return (Details(f"{agreeing} of {len(rows)} derived numbers recompute", (Table("Numbers derived from printed ones", columns, cells),)),)
