"""The results document of a study: everything that was found, as plain data, in the same bytes for the same input.

``build`` makes the document, ``serialise`` its bytes, ``ledger_csv`` one row for each claim. Keys are sorted, lists stay in the order of
the files; a float has 12 significant digits if it is arithmetic and 6 if a solver gave it. No clock, host, user or path is in it.
Source: the specification of the study, section 6.4.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dualion.numerics.rounding import ARITHMETIC_DIGITS, SOLVER_DIGITS, rounded
from dualion.records.cell import Cell
from dualion.records.quantity import Flag
from dualion.store import write_atomic
from dualion.study.results.provenance import claims_of, parameters
from dualion.study.results.schema import SCHEMA, schema_text, validate
from dualion.study.types import Claim, Obtained, RelationResult, Study, Verdict
from dualion.study.verdicts import counts

if TYPE_CHECKING:
    from dualion.study.relations import DerivedResult

#: Plain data that the run has already put into the form of the schema.
Entries = Sequence[Mapping[str, Any]]

_SOLVED = ("simulation", "atomistic", "analysis")
_NO_STDERR: Mapping[str, str] = {
    "source-text": "the source prints no error",
    "source-figure": "no error was given with the digitised curve",
    "raw-file": "a single value of one file",
    "analysis": "the method gives none for this value",
    "simulation": "a deterministic model; the errors of its parameters were not propagated to this value",
    "atomistic": "a deterministic calculation; the error of its method is not known here",
    "arithmetic": "the rounding of the printed numbers was not propagated to this value",
}
LEDGER_COLUMNS = (
    "id", "quantity", "sample", "condition", "printed", "value_num", "unit", "qualifier", "tolerance", "location", "technique", "kind",
    "verdict", "reason", "obtained", "stderr", "obtained_unit", "origin", "method", "mass_basis", "calibration", "difference",
    "allowed_difference", "deviation", "allowed", "relations", "flags", "detail",
)  # fmt: skip

__all__ = ["LEDGER_COLUMNS", "SCHEMA", "build", "files", "ledger_csv", "schema_text", "serialise", "write"]


def build(
    study: Study,
    relations: Sequence[RelationResult],
    derived: Sequence[DerivedResult],
    obtained: Sequence[Obtained],
    verdicts: Sequence[Verdict],
    *,
    versions: Mapping[str, str],
    predictions: Entries = (),
    fits: Entries = (),
    energies: Entries = (),
) -> dict[str, Any]:
    """Put everything that was found into one document.

    Parameters
    ----------
    study : Study
    relations : sequence of RelationResult
    derived : sequence of DerivedResult
    obtained : sequence of Obtained
        In the order to which the verdicts refer.
    verdicts : sequence of Verdict
        In the order of the claims.
    versions : mapping of str to str
        Of the software, by name.
    predictions, fits, energies : sequence of mappings
        Plain data in the form of ``PredictionForm``, ``FitForm`` and ``EnergyForm``.

    Returns
    -------
    dict
        Plain data; checked against the schema.

    Raises
    ------
    SpecError
        Something does not have the form of the schema.
    InputError
        A float is not finite.
    """
    document = {
        "schema": SCHEMA,
        "study": {name: getattr(study, name) for name in ("id", "title", "citation", "doi", "licence", "changes", "sha256")},
        "software": dict(versions),
        "quantities": [_quantity(entry) for entry in obtained],
        "claims": [_claim(study.claims[verdict.claim], verdict, obtained) for verdict in verdicts],
        "relations": rounded([_relation(result) for result in relations], ARITHMETIC_DIGITS),
        "derived": rounded([_derived(result) for result in derived], ARITHMETIC_DIGITS),
        "fits": rounded(list(fits), SOLVER_DIGITS),
        "predictions": rounded(list(predictions), SOLVER_DIGITS),
        "energies": [rounded(entry, _digits(entry.get("origin", "simulation"))) for entry in energies],
        "assumptions": rounded(_assumptions(study), ARITHMETIC_DIGITS),
        "counts": counts(study, verdicts, relations, obtained),
    }
    validate(document)
    return document


def serialise(document: dict[str, Any]) -> bytes:
    """Bytes of ``results.json``; the same for the same document.

    Raises
    ------
    SpecError
        The document does not have the form of the schema.
    """
    validate(document)
    return (json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n").encode("utf-8")


def files(document: dict[str, Any]) -> dict[str, bytes]:
    """``results.json`` and ``ledger.csv`` by name, ready to be published with the report.

    Raises
    ------
    SpecError
        The document does not have the form of the schema.
    """
    return {"results.json": serialise(document), "ledger.csv": ledger_csv(document).encode("utf-8")}


def write(document: dict[str, Any], folder: Path) -> None:
    """Write ``results.json`` and ``ledger.csv`` into a folder that exists, each at once or not at all.

    Raises
    ------
    SpecError
        The document does not have the form of the schema; nothing was written.
    StoreError
        The folder cannot be written to.
    """
    for name, content in files(document).items():
        write_atomic(folder / name, content)


def ledger_csv(document: Mapping[str, Any]) -> str:
    """One row for each claim, with the columns of ``LEDGER_COLUMNS``; lists are separated by blanks, line ends are ``\\n``."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, LEDGER_COLUMNS, lineterminator="\n")
    writer.writeheader()
    for claim in document["claims"]:
        held = None if claim["obtained"] is None else document["quantities"][claim["obtained"]]
        printed = claim["printed"]
        row = {name: claim[name] for name in LEDGER_COLUMNS if name in claim and name not in ("relations", "flags", "obtained")}
        row |= {"printed": printed["value"]} | {name: printed[name] for name in ("value_num", "unit", "qualifier", "tolerance")}
        row["relations"] = " ".join(claim["relations"])
        row["flags"] = " ".join(flag["code"] for flag in [*claim["flags"], *(held["flags"] if held else [])])
        if held is not None:
            source = held["provenance"]
            row |= {"obtained": held["value"], "stderr": held["stderr"], "obtained_unit": held["unit"], "mass_basis": held["mass_basis"]}
            row |= {"origin": source["origin"], "method": source["method"], "calibration": " ".join(source["calibration"])}
        writer.writerow(row)
    return buffer.getvalue()


# --- the parts ----------------------------------------------------------------------------------------------------------------


def _digits(origin: str) -> int:
    return SOLVER_DIGITS if origin in _SOLVED else ARITHMETIC_DIGITS


def _flags(flags: Sequence[Flag]) -> list[dict[str, str]]:
    return [{"code": flag.code, "severity": flag.severity, "message": flag.message} for flag in flags]


def _quantity(entry: Obtained) -> dict[str, Any]:
    digits = _digits(entry.origin)
    said = [flag.message for flag in entry.flags if flag.code == "no_uncertainty"]
    settings = dict(entry.options)
    return {
        "id": entry.claim,
        "quantity": entry.quantity,
        "sample": entry.sample,
        "condition": rounded(entry.condition, ARITHMETIC_DIGITS),
        "value": rounded(entry.value.value, digits),
        "unit": entry.value.unit,
        "stderr": rounded(entry.value.stderr, digits),
        "n": entry.value.n,
        "rule": entry.value.rule,
        "mass_basis": entry.mass_basis,
        "no_stderr_reason": None if entry.value.stderr is not None else (said[0] if said else _NO_STDERR[entry.origin]),
        "provenance": {
            "origin": entry.origin,
            "method": entry.method,
            "method_version": entry.method_version,
            "options": rounded({name: value for name, value in settings.items() if name != "seed"}, ARITHMETIC_DIGITS),
            "inputs": list(entry.inputs),
            "calibration": list(claims_of(entry)),
            "references": list(entry.references),
            "seed": settings.get("seed"),
        },
        "flags": _flags(entry.flags),
        "primary": entry.primary,
        "label": entry.label,
    }


def _claim(claim: Claim, verdict: Verdict, obtained: Sequence[Obtained]) -> dict[str, Any]:
    digits = ARITHMETIC_DIGITS if verdict.obtained is None else _digits(obtained[verdict.obtained].origin)
    size = abs(claim.value_num or 0.0)
    numbers = {
        "deviation": verdict.deviation,
        "allowed": verdict.allowed / size if verdict.allowed is not None and size else None,
        "difference": verdict.deviation * claim.value_num if verdict.deviation is not None and claim.value_num is not None else None,
        "allowed_difference": verdict.allowed,
    }
    printed = {name: getattr(claim, name) for name in ("value", "value_num", "unit", "qualifier", "tolerance")}
    return {
        **{name: getattr(claim, name) for name in ("id", "quantity", "sample", "condition", "location", "technique", "kind")},
        "printed": printed,
        "quote": claim.quote or None,
        "verdict": verdict.word,
        "reason": verdict.reason,
        "obtained": verdict.obtained,
        **rounded(numbers, digits),
        "relations": list(verdict.relations),
        "flags": _flags(verdict.flags),
        "detail": verdict.detail,
    }


def _relation(result: RelationResult) -> dict[str, Any]:
    plain = ("id", "value", "range", "expected", "expected_value", "unit", "result", "verdict", "reason", "claims", "text")
    return {
        **{name: getattr(result, name) for name in plain},
        "class": result.kind,
        "readings": [
            {"expr": reading.expr, "says": reading.says, "unit": reading.unit, "value": value} for reading, value in result.readings
        ],
    }


def _derived(result: DerivedResult) -> dict[str, Any]:
    row = result.derived
    given = {"id": row.id, "quantity": row.quantity, "expr": row.expr, "given": row.value, "unit": row.unit}
    return {**given, "recomputed": float(result.value), "agrees": result.agrees}


def _assumptions(study: Study) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {"where": "relations", "name": row.name, "value": row.value, "unit": row.unit, "why": row.why} for row in study.assume.values()
    ]
    for name, cell in study.cells.items():
        found.extend(_cell_assumptions(f"cell.{name}", cell))
    return found


def _cell_assumptions(where: str, cell: Cell) -> list[dict[str, Any]]:
    """Every assumed parameter, and every key that the study lists as assumed and that is no parameter."""
    found = [
        {"where": where, "name": path, "value": entry.quantity.value, "unit": entry.quantity.unit, "why": entry.source}
        for path, entry in parameters(cell)
        if entry.standing == "assumed"
    ]
    listed = [str(entry["name"]) for entry in found]
    for key in cell.assumed:
        if any(path == key or path.startswith(f"{key}.") for path in listed):
            continue
        value = getattr(cell, key.replace(".", "_"), None)
        plain = value if isinstance(value, (str, float)) else None
        found.append({"where": where, "name": key, "value": plain, "unit": None, "why": "the source does not state it"})
    return found
