"""A small made-up results document, a study beside it, and a page with every kind of block."""

from __future__ import annotations

from typing import Any

import pytest

from dualion.figures.render import render
from dualion.records import Axis, Figure, Panel, Series
from dualion.report.blocks import (
    Bullets,
    Callout,
    Code,
    Column,
    Conflict,
    Definition,
    Definitions,
    Details,
    FigureBlock,
    FigureRow,
    Finding,
    Ledger,
    LedgerRow,
    Link,
    Page,
    Paragraph,
    ReadingCard,
    Section,
    Stack,
    Strong,
    Subsection,
    Table,
    VerdictMark,
)

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&"


def flag(message: str, severity: str = "warning") -> dict[str, str]:
    return {"code": "a_flag", "severity": severity, "message": message}


def quantity(claim: str, value: float, **change: Any) -> dict[str, Any]:
    provenance = {
        "origin": "simulation",
        "method": "dual_ion",
        "method_version": 1,
        "options": {"mesh": 40},
        "inputs": [],
        "calibration": ["X1"],
        "references": ["sulzer2021", "marquis2019"],
        "seed": None,
    }
    return {
        "id": claim,
        "quantity": "specific_capacity",
        "sample": "A||B",
        "condition": {"current": {"value": 80, "unit": "mA/g"}},
        "value": value,
        "unit": "mAh/g",
        "stderr": 1.2,
        "n": None,
        "rule": None,
        "mass_basis": "cathode",
        "no_stderr_reason": None,
        "provenance": provenance,
        "flags": [],
        "primary": True,
        "label": "",
    } | change


def claim(name: str, verdict: str, **change: Any) -> dict[str, Any]:
    printed = {"value": "90", "value_num": 90.0, "unit": "mAh/g", "qualifier": "=", "tolerance": ""}
    return {
        "id": name,
        "quantity": "specific_capacity",
        "sample": "A||B",
        "condition": "1 C",
        "printed": printed,
        "location": "Sec 1",
        "technique": "GCD",
        "kind": "measured",
        "quote": None,
        "verdict": verdict,
        "reason": None,
        "obtained": None,
        "deviation": None,
        "allowed": None,
        "difference": None,
        "allowed_difference": None,
        "relations": [],
        "flags": [],
        "detail": "",
    } | change


def relation(name: str, kind: str, verdict: str, **change: Any) -> dict[str, Any]:
    return {
        "id": name,
        "class": kind,
        "value": 320.606,
        "range": [315.7, 325.7],
        "expected": "<= 165",
        "expected_value": 165.0,
        "unit": "mAh/g",
        "result": "fails",
        "verdict": verdict,
        "reason": None,
        "claims": ["X3"],
        "readings": [],
        "text": f"What {name} says.",
    } | change


@pytest.fixture
def document() -> dict[str, Any]:
    readings = [
        {"expr": "100 * X3 / X1", "says": "first reading", "value": 33.06, "unit": "%"},
        {"expr": "X3 * X1", "says": "second reading", "value": 54.45, "unit": "mAh/g"},
    ]
    return {
        "schema": "dualion/results/1",
        "study": {
            "id": "made-up",
            "title": "A made-up study",
            "citation": "Nobody, J. None 1, 1 (2020)",
            "doi": "10.0/x",
            "licence": "CC-BY-4.0",
            "changes": "none",
            "sha256": "ab" * 32,
        },
        "software": {"dualion": "0.0.0"},
        "quantities": [
            quantity("X1", 90.3),
            quantity("X2", 126.9),
            quantity("X2", 99.0, primary=False, label="initial sodiation 1", stderr=None, no_stderr_reason="none"),
        ],
        "claims": [
            claim("X1", "fitted", obtained=0, deviation=0.00333, allowed=0.05),
            claim(
                "X2",
                "differs",
                obtained=1,
                deviation=0.41,
                allowed=0.05,
                detail="Too much.",
                flags=[flag("Beware."), flag("aside", "note")],
            ),
            claim("X3", "inconsistent in source", relations=["R01"]),
            claim("X4", "needs raw data", reason="no-raw-file", technique="EIS"),
            claim(
                "X5",
                "needs raw data",
                reason="qualitative",
                printed={"value": "better", "value_num": None, "unit": "", "qualifier": "", "tolerance": ""},
            ),
        ],
        "relations": [
            relation("R01", "arithmetic", "inconsistent in source", readings=readings),
            relation("R02", "physics", "differs", range=None),
            relation("R03", "design", "needs raw data", reason="needs-experiment", value=None, range=None, expected="initial sodiation"),
            relation(
                "R04",
                "hypothesis",
                "allowed",
                expected="in 3 .. 4, tol 0.05",
                expected_value=[3.0, 4.0],
                unit="V",
                value=3.5,
                range=[3.4, 3.6],
            ),
            relation("R05", "arithmetic", "consistent (derived)", result="holds"),
        ],
        "derived": [{"id": "C1", "quantity": "ratio", "expr": "X1 / X3", "given": "1.00", "recomputed": 1.0, "unit": "1", "agrees": True}],
        "fits": [
            {
                "name": "full",
                "cell": "a-b",
                "reading": None,
                "role": "calibration",
                "claims": ["X1"],
                "rmse": 0.31,
                "rmse_unit": "mAh/g",
                "parameters": [
                    {"name": "host_capacity", "value": 112.3, "unit": "mAh/g", "stderr": 1.2, "identified": True, "note": ""},
                    {"name": "diffusivity", "value": 2.3e-14, "unit": "m2/s", "stderr": None, "identified": False, "note": "flat"},
                ],
                "correlation": [[1.0, -0.43], [-0.43, 1.0]],
                "degrees_of_freedom": 0,
                "starts": 4,
                "singular_values": [1.0, 0.2],
                "residuals": [{"claim": "X1", "printed": 90.0, "model": 90.3, "residual": 0.3, "unit": "mAh/g"}],
                "flags": [flag("Not identified.")],
            }
        ],
        "predictions": [
            {
                "name": "full",
                "calibration": "full",
                "role": "calibration",
                "quantity": "specific_capacity",
                "unit": "mAh/g",
                "rmse": 0.9,
                "max_error": 1.4,
                "trivial_rmse": None,
                "trivial_max_error": None,
                "beats_trivial": False,
                "sentence": "It does not beat interpolation.",
                "points": [{"claim": "X2", "current": 160.0, "printed": 90.0, "model": 126.9, "trivial": None}],
            }
        ],
        "energies": [
            {
                "claim": None,
                "label": "",
                "sample": "A||B",
                "condition": {},
                "origin": "simulation",
                "printed": {"value": 222, "unit": "Wh/kg"},
                "capacity": {"value": 94.0, "unit": "mAh/g"},
                "voltage": {"value": 3.5, "unit": "V"},
                "agreeing": ["actives"],
                "bases": [
                    {
                        "mass_basis": "actives",
                        "mass": {"value": 1.5, "unit": "g/g"},
                        "energy": {"value": 219.3, "unit": "Wh/kg"},
                        "power": None,
                        "needed_voltage": {"value": 3.54, "unit": "V"},
                        "agrees": True,
                    }
                ],
            }
        ],
        "assumptions": [
            {"where": "relations", "name": "rho_e", "value": 1.23, "unit": "g/mL", "why": "a guess"},
            {"where": "cell.a-b", "name": "initial_sodiation", "value": "desodiated", "unit": None, "why": "the source does not state it"},
            {"where": "cell.a-b", "name": "separator", "value": None, "unit": None, "why": "not given"},
        ],
        "counts": {
            "predicted": {"differs": 1},
            "fitted": {"fitted": 1},
            "other": {"inconsistent in source": 1, "needs raw data": 2},
            "arithmetic": {"inconsistent in source": 1, "differs": 1, "consistent (derived)": 1, "needs raw data": 1, "allowed": 1},
        },
    }


def a_figure(name: str = "fig-one", *, text: str = "Rate") -> Figure:
    panel = Panel(
        Axis("Specific current", "mA/g", scale="log"),
        Axis("Specific capacity", "mAh/g"),
        (
            Series(f"{text}, printed", "printed", (80.0, 160.0), (97.0, 94.0), "source-text", "MEC3"),
            Series(f"{text}, simulated", "simulated", (80.0, 160.0), (96.8, 94.6), "simulation", "MEC3", y_error=(0.3, 0.5)),
        ),
    )
    return Figure(name, text, f"Finding of {text}.", (panel,), redraws="Fig. 5c")


def block_of(figure: Figure) -> FigureBlock:
    return FigureBlock(figure, render(figure, formats=("svg",))["svg"].decode())


def a_page(text: str = "plain") -> Page:
    """A page with every kind of block, all of whose words are ``text``."""
    runs = (text, Strong(text), Code(text), Link(text, "second"))
    rows = ((text, VerdictMark("fitted")), (runs, Stack(VerdictMark(text, 3), text)))
    ledger = Ledger(
        text,
        (
            LedgerRow(
                "P1",
                *[text] * 9,
                verdict="differs",
                reason=text,
                detail=text,
                quote=text,
                alternatives=(text,),
                relations=(text,),
                flags=(text,),
            ),
        ),
    )
    blocks = (
        Paragraph(runs, "lead"),
        Table(text, (Column(text), Column(text, numeric=True)), rows, text),
        block_of(a_figure("fig-one", text=text)),
        FigureRow((block_of(a_figure("fig-two", text=text)), block_of(a_figure("fig-three", text=text)))),
        ledger,
        Callout(text, (Finding(runs, text, "conflict"),)),
        Definitions((Definition(text, runs, (VerdictMark("reproduced", 4),)),)),
        Conflict("R1", "differs", text, text, text, (Link(text, "claim-P1"), text), (ReadingCard(text, text, text),)),
        Bullets((text, runs)),
        Details(text, (Paragraph(text, "small"),)),
        Subsection(text, (Paragraph(text),), "part"),
    )
    return Page(text, (Section(text, "first", blocks), Section(text, "second", (Paragraph(text),))), subtitle=runs, footer=(text,))


@pytest.fixture
def page() -> Page:
    return a_page()


@pytest.fixture
def hostile_page() -> Page:
    return a_page(HOSTILE)
