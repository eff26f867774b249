"""The results document: its form, its bytes, its ledger."""

from __future__ import annotations

import csv
import io
import json
import math
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dualion.errors import InputError, SpecError
from dualion.numerics.masses.mass_bases import CellMass
from dualion.records import Flag
from dualion.study.cells.energies import energy_entry
from dualion.study.cells.predictions import Point, prediction_entry, score
from dualion.study.relations import DerivedResult
from dualion.study.results import document as documents
from dualion.study.results.document import LEDGER_COLUMNS, SCHEMA, build, files, ledger_csv, schema_text, serialise, write
from dualion.study.types import Derived, Reading
from dualion.study.verdicts import assign

THIRD = 1.0 / 3.0
FIT = {
    "name": "full_cell",
    "cell": "half",
    "reading": None,
    "role": "calibration",
    "claims": ["P001"],
    "parameters": [{"name": "host", "value": 95.9 + THIRD, "unit": "mAh/g", "stderr": 0.5, "identified": True, "note": ""}],
    "correlation": [[1.0]],
    "rmse": 0.1,
    "degrees_of_freedom": 0,
    "residuals": [{"claim": "P001", "printed": 97.0, "model": 96.9, "residual": -0.1, "unit": "mAh/g"}],
    "starts": 16,
    "singular_values": [3.0],
    "flags": [{"code": "no_freedom", "severity": "note", "message": "As many data as parameters."}],
}
CELL = CellMass(
    ratio=0.5, stored_capacity=97.0, salt_molar_mass=167.95, electrolyte_density=1.23, concentration=1.0,
    electrolyte_volume=23.92, cathode_loading=2.0,
)  # fmt: skip


ENERGY: dict[str, Any] = {"declared": "actives", "sample": "A", "condition": {}, "origin": "simulation", "label": "2 C"}


@pytest.fixture
def parts(made_up: Any) -> dict[str, Any]:
    """Everything that ``build`` takes, of a study with every kind of row."""
    energy = made_up.claim("P124", "222", quantity="energy_density", unit="Wh/kg")
    study = made_up.study(
        made_up.claim("P001", "97"),
        made_up.claim("P002", "82"),
        made_up.claim("P003", "falls", condition="a, b"),
        made_up.claim("P010", "0", kind="input"),
        energy,
        assume={"T": made_up.assumption("T", 298.15, "K", "25 degC")},
        cells={"half": made_up.half_cell()},
        predictions=(made_up.prediction("full_cell", ("P002",), "full_cell"),),
    )
    relations = [
        made_up.relation(
            "R01", "arithmetic", "fails", ("P124",), value=THIRD, readings=((Reading("P001 / 2", "half of it", "mAh/g"), 48.5 + 1e-14),)
        ),
        made_up.relation("R02", "physics", "derived", (), value=None, range=None, expected="-", expected_value=None),
        made_up.relation("R03", "hypothesis", "holds", (), expected_value=(3.68, 4.05)),
    ]
    obtained = [
        made_up.obtained("P001", 96.9, calibration=("P001",)),
        made_up.obtained("P002", 81.4 + THIRD, calibration=("P001",), options={"seed": 7, "mesh": (20, 20)}, label="main"),
        made_up.obtained("P002", 80.0, primary=False, label="initial sodiation 1"),
        made_up.obtained(None, None, flags=(Flag("salt_limited", "refusal", "The salt ended first."),)),
        made_up.obtained(None, 0.1 + 0.2, origin="arithmetic", stderr=None),
        made_up.obtained("P124", 240.0, quantity="energy_density", unit="Wh/kg", mass_basis="actives"),
    ]
    points = [Point("P002", 1200.0, 82.0, 81.4, 83.0)]
    return {
        "study": study,
        "relations": relations,
        "derived": [DerivedResult(Derived("C001", "capacity_ratio", "100 * P002 / P001", "84.5", "%", 3), 84.536, agrees=True)],
        "obtained": obtained,
        "verdicts": assign(study, relations, obtained, {}),
        "versions": {"dualion": "1.0.0"},
        "fits": [FIT],
        "predictions": [
            prediction_entry(
                score(points, unit="mAh/g"), name="full_cell", calibration="full_cell", quantity="specific_capacity", role="calibration"
            )
        ],
        "energies": [energy_entry(94.0, 3.9 + THIRD, CELL, printed=energy, current=160.0, **ENERGY)],
    }


@pytest.fixture
def document(parts: dict[str, Any]) -> dict[str, Any]:
    return build(**parts)


# --- schema -------------------------------------------------------------------------------------------------------------------


def test_the_schema_that_ships_is_the_generated_one() -> None:
    """After a change of the form: raise its number, then write ``schema_text()`` to the file."""
    shipped = (Path(documents.__file__).parents[2] / "data" / "results.schema.json").read_text(encoding="utf-8")
    assert shipped == schema_text()
    assert json.loads(shipped)["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def _objects(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        if schema.get("type") == "object" and "properties" in schema:
            yield schema
        for inner in schema.values():
            yield from _objects(inner)
    elif isinstance(schema, list):
        for inner in schema:
            yield from _objects(inner)


def test_no_object_of_the_schema_takes_unknown_keys() -> None:
    found = list(_objects(json.loads(schema_text())))
    assert len(found) >= 20
    assert all(row["additionalProperties"] is False for row in found)


def test_the_document_validates_against_the_shipped_schema(document: dict[str, Any]) -> None:
    jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed")
    validator = jsonschema.Draft202012Validator(json.loads(schema_text()))
    validator.check_schema(json.loads(schema_text()))
    plain = json.loads(serialise(document))
    assert list(validator.iter_errors(plain)) == []
    assert list(validator.iter_errors({**plain, "extra": 1})) != []


def _paths(value: Any, here: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Paths of all mappings whose keys the schema fixes."""
    free = {"condition", "options", "software", "predicted", "fitted", "other", "arithmetic", "current"}
    if isinstance(value, dict):
        if not here or here[-1] not in free:
            yield here
        for key, inner in value.items():
            yield from _paths(inner, (*here, key))
    elif isinstance(value, list):
        for position, inner in enumerate(value):
            yield from _paths(inner, (*here, position))


def test_an_unknown_key_is_refused_at_any_depth(document: dict[str, Any]) -> None:
    tried = 0
    for path in list(_paths(document)):
        changed = json.loads(json.dumps(document))
        inner = changed
        for part in path:
            inner = inner[part]
        inner["unheard_of"] = 1
        with pytest.raises(SpecError, match="unheard_of"):
            serialise(changed)
        tried += 1
    assert tried > 60


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("quantities", 0, "unit"), "mAhg-1", "not in the unit table"),
        (("quantities", 0, "value"), "96.9", "valid number"),
        (("quantities", 0, "value"), math.nan, "finite number"),
        (("quantities", 0, "value"), None, "refusal"),
        (("quantities", 0, "stderr"), None, "reason why there is none"),
        (("quantities", 0, "stderr"), math.inf, "finite number"),
        (("quantities", 5, "mass_basis"), None, "needs a mass basis"),
        (("quantities", 0, "provenance", "origin"), "measured", "source-text"),
        (("claims", 0, "verdict"), "wrong", "inconsistent in source"),
        (("claims", 0, "obtained"), 1, "obtained 1 is not a quantity of this claim"),
        (("claims", 0, "obtained"), 99, "obtained 99 is not a quantity of this claim"),
        (("claims", 0, "printed", "unit"), "", "not in the unit table"),
        (("counts", "predicted", "total"), 3, "inconsistent in source"),
        (("fits", 0, "parameters", 0, "unit"), "furlong", "not in the unit table"),
        (("fits", 0, "correlation"), [[1.0], [0.0]], "1 rows of 1"),
        (("schema",), "dualion/results/2", "dualion/results/1"),
    ],
)
def test_what_breaks_the_form_is_refused(document: dict[str, Any], path: tuple[Any, ...], value: Any, message: str) -> None:
    inner: Any = document
    for part in path[:-1]:
        inner = inner[part]
    inner[path[-1]] = value
    with pytest.raises(SpecError, match=message) as caught:
        serialise(document)
    assert all(line.startswith("results.json: ") for line in caught.value.problems)


def test_a_fit_that_is_not_in_form_stops_the_build(parts: dict[str, Any]) -> None:
    with pytest.raises(SpecError, match=r"results\.json: fits\.0\.role"):
        build(**(parts | {"fits": [FIT | {"role": "prediction"}]}))
    with pytest.raises(InputError, match="not finite"):
        build(**(parts | {"fits": [FIT | {"rmse": math.nan}]}))


# --- content ------------------------------------------------------------------------------------------------------------------


def test_a_claim_says_what_was_printed_obtained_and_allowed(document: dict[str, Any]) -> None:
    (row,) = [claim for claim in document["claims"] if claim["id"] == "P002"]
    assert row["printed"] == {"value": "82", "value_num": 82.0, "unit": "mAh/g", "qualifier": "=", "tolerance": ""}
    assert (row["verdict"], row["obtained"]) == ("reproduced", 1)
    assert row["difference"] == pytest.approx(-0.266667, rel=1e-5)
    assert row["allowed_difference"] == pytest.approx(0.05 * 82 + 2)
    assert row["deviation"] == pytest.approx(row["difference"] / 82, rel=1e-5)
    assert row["allowed"] == pytest.approx(row["allowed_difference"] / 82, rel=1e-5)
    assert document["quantities"][1]["provenance"]["seed"] == 7
    assert document["quantities"][1]["provenance"]["options"] == {"mesh": [20, 20]}
    assert document["quantities"][1]["provenance"]["calibration"] == ["P001"]


def test_alternatives_stand_beside_the_primary_value(document: dict[str, Any]) -> None:
    found = [(row["primary"], row["label"], row["value"]) for row in document["quantities"] if row["id"] == "P002"]
    assert found == [(True, "main", 81.7333), (False, "initial sodiation 1", 80.0)]


def test_solver_results_have_six_digits_and_arithmetic_twelve(document: dict[str, Any]) -> None:
    assert document["quantities"][1]["value"] == 81.7333
    assert document["quantities"][4]["value"] == 0.3
    assert document["relations"][0]["value"] == 0.333333333333
    assert document["relations"][0]["readings"][0]["value"] == 48.5
    assert document["fits"][0]["parameters"][0]["value"] == 96.2333
    assert document["energies"][0]["voltage"]["value"] == 4.23333


def test_a_number_without_an_error_says_why(document: dict[str, Any]) -> None:
    for row in document["quantities"]:
        assert (row["stderr"] is None) == bool(row["no_stderr_reason"])


def test_assumptions_of_relations_and_cells_are_listed_once(document: dict[str, Any]) -> None:
    rows = {(row["where"], row["name"]): row for row in document["assumptions"]}
    assert len(rows) == len(document["assumptions"])
    assert rows["relations", "T"] == {"where": "relations", "name": "T", "value": 298.15, "unit": "K", "why": "25 degC"}
    assert rows["cell.half", "separator.thickness"]["value"] == 260.0
    assert rows["cell.half", "initial_sodiation"]["value"] == "desodiated"
    assert ("cell.half", "separator") not in rows  # its parts are listed
    assert ("cell.half", "area") not in rows  # stated


def test_counts_have_no_total(document: dict[str, Any]) -> None:
    assert document["counts"] == {
        "predicted": {"inconsistent in source": 1, "reproduced": 1},
        "fitted": {"fitted": 1},
        "other": {"input": 1, "needs raw data": 1},
        "arithmetic": {"allowed": 1, "consistent (derived)": 1, "inconsistent in source": 1},
    }


# --- bytes --------------------------------------------------------------------------------------------------------------------


def test_the_same_input_gives_the_same_bytes(parts: dict[str, Any]) -> None:
    first = files(build(**parts))
    shuffled = parts | {"versions": dict(reversed(parts["versions"].items())), "fits": [dict(reversed(FIT.items()))]}
    assert files(build(**shuffled)) == first
    assert sorted(first) == ["ledger.csv", "results.json"]


def test_keys_are_sorted_and_lines_end_with_a_line_feed(document: dict[str, Any]) -> None:
    raw = serialise(document)
    assert raw.endswith(b"}\n")
    assert b"\r" not in raw
    assert b"NaN" not in raw
    assert b"Infinity" not in raw
    assert list(json.loads(raw)) == sorted(document)
    assert json.loads(raw)["schema"] == SCHEMA


def test_nothing_of_this_machine_is_in_it(parts: dict[str, Any]) -> None:
    text = b"".join(files(build(**parts)).values()).decode()
    for secret in (str(parts["study"].folder), os.getcwd(), str(Path.home()), os.uname().nodename if hasattr(os, "uname") else "\0"):
        assert len(secret) < 3 or secret not in text


def test_the_input_is_unchanged(parts: dict[str, Any]) -> None:
    before = json.dumps(parts["fits"]), json.dumps(parts["energies"]), repr(parts["obtained"])
    build(**parts)
    assert (json.dumps(parts["fits"]), json.dumps(parts["energies"]), repr(parts["obtained"])) == before


def test_written_files_are_those_bytes_and_a_bad_document_writes_none(document: dict[str, Any], tmp_path: Path) -> None:
    write(document, tmp_path)
    assert (tmp_path / "results.json").read_bytes() == serialise(document)
    assert (tmp_path / "ledger.csv").read_bytes() == ledger_csv(document).encode()
    document["extra"] = 1
    with pytest.raises(SpecError):
        write(document, tmp_path / "other")
    assert not (tmp_path / "other").exists()


# --- ledger -------------------------------------------------------------------------------------------------------------------


def test_the_ledger_has_one_row_for_each_claim(document: dict[str, Any]) -> None:
    rows = list(csv.DictReader(io.StringIO(ledger_csv(document))))
    assert [row["id"] for row in rows] == [claim["id"] for claim in document["claims"]]
    assert tuple(rows[0]) == LEDGER_COLUMNS
    by_id = {row["id"]: row for row in rows}
    assert by_id["P002"]["obtained"] == "81.7333"
    assert by_id["P002"]["origin"] == "simulation"
    assert by_id["P002"]["calibration"] == "P001"
    assert by_id["P003"]["condition"] == "a, b"
    assert by_id["P003"]["printed"] == "falls"
    assert by_id["P003"]["reason"] == "qualitative"
    assert by_id["P003"]["obtained"] == ""
    assert by_id["P124"]["relations"] == "R01"
    assert by_id["P124"]["mass_basis"] == "actives"
    assert by_id["P124"]["verdict"] == "inconsistent in source"


# --- weight -------------------------------------------------------------------------------------------------------------------


def test_no_heavy_library_is_loaded_with_it() -> None:
    code = (
        "import sys, dualion.study.results.document, dualion.study.cells.energies\n"
        "print([name for name in ('pybamm', 'matplotlib', 'jinja2') if name in sys.modules])"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(documents.__file__).parents[3])}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
