"""The ledger: every claim with its printed value, what was obtained, the verdict and the reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dualion.report.blocks import Ledger, LedgerRow, Paragraph, Section
from dualion.report.marks import origin_text, reason_text
from dualion.report.values import SPACE, amount, condition, name_of, percent, printed


def ledger_section(document: Mapping[str, Any]) -> Section:
    """All claims in the order of the study's file.

    Parameters
    ----------
    document : mapping
        As ``study.document.build`` gives it.

    Returns
    -------
    Section
    """
    others = _alternatives(document)
    rows = tuple(_row(claim, document, others.get(claim["id"], ())) for claim in document["claims"])
    lead = (
        "Each claim stands with the value that the source prints and its place in it. A deviation is (obtained − printed) over printed; "
        "below it is the largest one that still agrees. The same rows are in ledger.csv."
    )
    return Section("Ledger of all claims", "ledger", (Paragraph(lead), Ledger(f"{len(rows)} claims and their verdicts", rows)))


def _row(claim: Mapping[str, Any], document: Mapping[str, Any], alternatives: tuple[str, ...]) -> LedgerRow:
    held = None if claim["obtained"] is None else document["quantities"][claim["obtained"]]
    flags = [flag for flag in (*claim["flags"], *(held["flags"] if held else ())) if flag["message"] not in claim["detail"]]
    return LedgerRow(
        claim=claim["id"],
        quantity=name_of(claim["quantity"]),
        sample=claim["sample"],
        condition=claim["condition"],
        printed=printed(claim),
        location=claim["location"],
        obtained="" if held is None else amount(held["value"], held["unit"], held["stderr"]),
        origin="" if held is None else _origin(held),
        deviation="" if claim["deviation"] is None else percent(claim["deviation"]),
        allowed="" if claim["allowed"] is None else f"allowed ±{percent(claim['allowed']).lstrip('+')}",
        verdict=claim["verdict"],
        reason=reason_text(claim["reason"]),
        detail=claim["detail"],
        quote=claim["quote"] or "",
        alternatives=alternatives,
        relations=tuple(claim["relations"]),
        flags=tuple(dict.fromkeys(flag["message"] for flag in flags if flag["severity"] != "note")),
    )


def _origin(held: Mapping[str, Any]) -> str:
    """Origin, method and mass basis of an obtained value; the reason where it has no error."""
    source = held["provenance"]
    words = [origin_text(source["origin"]), name_of(source["method"])]
    if held["mass_basis"]:
        words.append(f"per mass of {held['mass_basis']}")
    if held["stderr"] is None and held["value"] is not None:
        words.append(f"no error: {held['no_stderr_reason']}")
    return ", ".join(words)


def _alternatives(document: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """What other readings and assumptions give, by claim."""
    found: dict[str, list[str]] = {}
    for held in document["quantities"]:
        if held["id"] is not None and not held["primary"]:
            label = held["label"] or condition(held["condition"]) or name_of(held["provenance"]["method"])
            text = f"{label}: {amount(held['value'], held['unit'], held['stderr'])}"
            found.setdefault(held["id"], []).append(f"{text}{SPACE}({origin_text(held['provenance']['origin'])})")
    return {claim: tuple(texts) for claim, texts in found.items()}
