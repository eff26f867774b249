"""What was checked, in five lines, and the three weightiest findings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dualion.figures.labels import significant
from dualion.report.blocks import Callout, Code, Definition, Definitions, Finding, Paragraph, Section, VerdictMark
from dualion.report.values import percent, printed, wanted, with_unit

FINDINGS_SHOWN = 3


def summary_section(document: Mapping[str, Any], *, findings: Sequence[Finding] = ()) -> Section:
    """Summary of a results document. Predicted, fitted and arithmetic are counted apart and never added.

    Parameters
    ----------
    document : mapping
        As ``study.document.build`` gives it.
    findings : sequence of Finding
        The weightiest ones, where the caller knows better than ``weightiest``.

    Returns
    -------
    Section
    """
    counts = document["counts"]
    shown = tuple(findings)[:FINDINGS_SHOWN] or weightiest(document)
    lines = (
        Definition("Checked", _checked(document)),
        Definition(
            "Predicted", "Claims held against a number that was computed without having been fitted to them.", _marks(counts["predicted"])
        ),
        Definition("Fitted", "Claims that a fit or a model took in. Agreement here is no evidence.", _marks(counts["fitted"])),
        Definition("Not computed", "Settings, checks by arithmetic alone, and what the text cannot decide.", _marks(counts["other"])),
        Definition("Arithmetic", "Relations that the printed numbers must obey among themselves.", _marks(counts["arithmetic"])),
    )
    blocks = (Definitions(lines), Callout("The weightiest findings", shown)) if shown else (Definitions(lines),)
    return Section("What was checked", "summary", (*blocks, _legend()))


def _checked(document: Mapping[str, Any]) -> str:
    study = document["study"]
    numeric = sum(claim["printed"]["value_num"] is not None for claim in document["claims"])
    source = study["citation"] or study["title"]
    return (
        f"{len(document['claims'])} claims of {source}, {numeric} of them numbers; {len(document['relations'])} relations "
        f"between them; {sum(row['agrees'] for row in document['derived'])} of {len(document['derived'])} derived numbers recompute."
    )


def _marks(counts: Mapping[str, int]) -> tuple[VerdictMark, ...]:
    return tuple(VerdictMark(word, count) for word, count in counts.items() if count)


def _legend() -> Paragraph:
    text = (
        "“Inconsistent in source” says that the text does not agree with itself, “differs” that a number differs from what was computed "
        "or from a stated estimate, “needs raw data” that the text cannot decide. No total mixes fitted and reproduced claims."
    )
    return Paragraph(text, "small")


def weightiest(document: Mapping[str, Any]) -> tuple[Finding, ...]:
    """Three findings: the first contradiction of the text, the largest miss of a prediction, and how the predictions fared.

    Relations stand in order of weight, so contradictions fill the places for which nothing was computed.
    """
    contradictions = [_contradiction(row) for row in document["relations"] if row["verdict"] == "inconsistent in source"]
    computed = [finding for finding in (_largest_miss(document), _prediction(document)) if finding is not None]
    found = [*contradictions[: FINDINGS_SHOWN - len(computed)], *computed]
    return tuple(found[:FINDINGS_SHOWN])


def _contradiction(row: Mapping[str, Any]) -> Finding:
    value = "" if row["value"] is None else with_unit(significant(row["value"]), row["unit"])
    return Finding(
        (row["text"],),
        ("The text does not agree with itself (", Code(row["id"]), f"): computed {value}, expected {wanted(row)}."),
        "conflict",
    )


def _largest_miss(document: Mapping[str, Any]) -> Finding | None:
    """The predicted claim that differs most."""
    missed = [claim for claim in document["claims"] if claim["verdict"] == "differs" and claim["deviation"] is not None]
    if not missed:
        return None
    claim = max(missed, key=lambda row: abs(row["deviation"]))
    held = document["quantities"][claim["obtained"]]
    title = f"{claim['sample']}: {claim['quantity'].replace('_', ' ')} is printed as {printed(claim)} and computed as {_value(held)}."
    return Finding(
        (title,), ("The largest miss among the predictions (", Code(claim["id"]), f"), {percent(claim['deviation'])}."), "differs"
    )


def _value(held: Mapping[str, Any]) -> str:
    return with_unit(significant(held["value"]), held["unit"])


def _prediction(document: Mapping[str, Any]) -> Finding | None:
    """The declared prediction set with the most claims, in the words of its score."""
    declared = [row for row in document["predictions"] if row["role"] == "calibration"] or list(document["predictions"])
    if not declared:
        return None
    row = max(declared, key=lambda entry: len(entry["points"]))
    text = ("Prediction set ", Code(row["name"]), f", {len(row['points'])} claims.")
    return Finding((row["sentence"],), text, "good" if row["beats_trivial"] else "differs")
