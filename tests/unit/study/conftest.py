"""Made-up studies: a few claims, relations and produced values, with everything else at a plain default."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from dualion.records import Cell, Electrode, Electrolyte, Material, Parameter, Quantity, Separator, Transport
from dualion.study.types import Assumption, Claim, Obtained, Prediction, Producer, RelationResult, Study


def claim(name: str, value: str | float = "100", **changes: Any) -> Claim:
    """A measured capacity of 100 mAh/g unless told otherwise; text without digits is a statement in words."""
    text = str(value)
    number = float(text) if text.replace(".", "").replace("-", "").isdigit() else None
    plain = {
        "id": name, "quantity": "specific_capacity", "sample": "A", "condition": "1 C", "value": text, "value_num": number,
        "unit": "mAh/g" if number is not None else "", "qualifier": "=" if number is not None else "", "tolerance": "",
        "location": "Sec 3.2", "technique": "GCD", "kind": "measured",
    }  # fmt: skip
    return Claim(**(plain | changes))


def obtained(name: str | None, value: float | None = 100.0, **changes: Any) -> Obtained:
    """A simulated capacity with a standard error of 1 mAh/g and no calibration."""
    unit, stderr = changes.pop("unit", "mAh/g"), changes.pop("stderr", 1.0)
    plain = {
        "claim": name, "quantity": "specific_capacity", "sample": "A", "condition": {"current": {"value": 80.0, "unit": "mA/g"}},
        "value": Quantity(value, unit, stderr=None if value is None else stderr), "origin": "simulation", "method": "dual_ion",
        "method_version": 1, "options": {}, "inputs": (), "calibration": (), "references": ("made-up",),
    }  # fmt: skip
    return Obtained(**(plain | changes))


_WORDS = {
    ("arithmetic", "fails"): "inconsistent in source", ("own-equation", "fails"): "inconsistent in source",
    ("wording", "fails"): "inconsistent in source", ("physics", "fails"): "differs", ("design", "fails"): "needs raw data",
    ("hypothesis", "fails"): "excluded", ("hypothesis", "holds"): "allowed",
}  # fmt: skip


def relation(name: str, kind: str, result: str, claims: tuple[str, ...], **changes: Any) -> RelationResult:
    plain = {
        "id": name, "kind": kind, "value": 1.5, "range": (1.4, 1.6), "expected": "= 1", "expected_value": 1.0, "unit": "1",
        "result": result, "verdict": _WORDS.get((kind, result), "consistent (derived)"), "reason": None, "claims": claims,
        "readings": (), "text": "made up",
    }  # fmt: skip
    return RelationResult(**(plain | changes))


def study(*claims: Claim, **changes: Any) -> Study:
    plain = {
        "id": "made-up", "title": "A made-up study", "citation": "nobody, nowhere", "doi": "", "licence": "CC0-1.0", "changes": "none",
        "folder": Path("a-folder-that-no-result-may-name"), "sha256": "0" * 64, "claims": {row.id: row for row in claims}, "assume": {},
        "relations": (), "derived": (), "cells": {}, "producers": (), "calibrations": (), "predictions": (), "pending": {}, "settings": {},
    }  # fmt: skip
    return Study(**(plain | changes))


def parameter(value: float, unit: str = "1", standing: str = "stated", claims: tuple[str, ...] = ()) -> Parameter:
    return Parameter(Quantity(value, unit), standing, "made up", claims)  # type: ignore[arg-type]


def half_cell(name: str = "half", *, series: Parameter | None = None, **material: Parameter) -> Cell:
    """A half cell whose material has the given parameters."""
    one = parameter(1.0)
    carbon = Material("A", "hard carbon", "Na+", (), None, {"density": parameter(1.6, "g/cm3", "assumed"), **material}, "assumed")
    transport = Transport("t", (1.0, 1.0), (1.0, 1.0), one, one, one, None, "assumed", "made up")
    salt = parameter(1.0, "mol/L", claims=("P003",))
    return Cell(
        name=name, kind="half", anode=Electrode(carbon, parameter(1.0, "mg/cm2")), cathode=None,
        electrolyte=Electrolyte("e", "NaClO4", {"EC": 1.0}, salt, parameter(1.23, "g/mL"), parameter(122.44, "g/mol"), transport),
        separator=Separator(parameter(260.0, "um", "assumed"), parameter(0.9, "1", "assumed")),
        electrolyte_volume=parameter(24.1, "uL/cm2", "assumed"), area=parameter(1.131, "cm2"),
        window=(parameter(0.0001, "V"), parameter(2.5, "V")), one_c=parameter(300.0, "mA/g"), one_c_mass="anode",
        series_resistance=series or parameter(1.0, "ohm", "assumed"), initial_sodiation="desodiated", mass_basis="anode",
        temperature=parameter(25.0, "degC"), assumed=("separator", "electrolyte_volume", "initial_sodiation"),
    )  # fmt: skip


def producer(*claims: str, cell: str | None = None) -> Producer:
    return Producer(claims=claims, by="half_cell", cell=cell, protocol=None, quantity="specific_capacity")


@pytest.fixture
def made_up() -> Any:
    """The factories of this file, by name."""
    table: dict[str, Callable[..., Any]] = {
        "claim": claim, "obtained": obtained, "relation": relation, "study": study, "parameter": parameter, "half_cell": half_cell,
        "producer": producer, "prediction": Prediction, "assumption": Assumption,
    }  # fmt: skip
    return SimpleNamespace(**table)
