"""``dualion fit cell``: the whole verb on small tables, the order of a registered prediction, and what cannot be used."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import dualion.models.calibration.rate_fit as rate_fit
from dualion.models.calibration.observe import simulated
from dualion.models.engines import solver
from dualion.models.targets import Target
from dualion.records.cell_files import load_cell
from dualion.store import digest

Cli = Callable[..., Any]

TWO = "anode.slope_capacity,anode.pore_capacity"
RATES = (0.1, 0.2, 0.5, 1.0, 2.0)


@pytest.fixture(scope="module")
def true_values() -> dict[tuple[str, float], float]:
    """What the bundled half cell itself gives."""
    asked = [Target("A", q, 300.0 * rate, 1.0) for q in ("specific_capacity", "plateau_capacity") for rate in RATES]
    found = simulated(solver(load_cell("na-mec3")), asked, parameters={}, boundary=0.15)
    return {(t.quantity, t.specific_current / 300.0): value for t, value in zip(asked, found, strict=True)}


@pytest.fixture
def table(tmp_path: Path, true_values: dict[tuple[str, float], float]) -> Path:
    """Three rows to fit and two to predict."""
    rows = ["rate (C),specific capacity (mAh/g),plateau capacity (mAh/g),use"]
    for rate in RATES:
        total, plateau = (true_values[q, rate] for q in ("specific_capacity", "plateau_capacity"))
        rows.append(f"{rate},{total:.4f},{plateau:.4f},{'fit' if rate < 1 else 'predict'}")
    path = tmp_path / "rates.csv"
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "data.csv"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def fitted(dualion: Cli, table: Path, tmp_path: Path) -> tuple[Path, dict[str, Any]]:
    out = tmp_path / "out"
    ran = dualion("fit", "cell", "na-mec3", str(table), "--parameters", TWO, "--starts", "2", "--out", str(out), "--json")
    assert ran.code == 0, ran.err
    return out, json.loads(ran.out)


@pytest.mark.slow
def test_a_fit_finds_the_truth_and_predicts_what_was_held_out(
    fitted: tuple[Path, dict[str, Any]], true_values: dict[tuple[str, float], float]
) -> None:
    out, document = fitted
    cell = load_cell("na-mec3")
    truth = {f"anode.{p.name}_capacity": p.capacity.value for p in cell.anode.material.populations}
    for row in document["parameters"]:
        assert row["value"] == pytest.approx(truth[row["name"]], rel=2e-3)
        assert row["low"] < truth[row["name"]] < row["high"]
        assert row["verdict"] == "identified"
    assert len(document["predictions"]) == 4
    for row in document["predictions"]:
        expected = true_values[row["quantity"], row["specific_current"] / 300.0]
        assert row["measured"] == pytest.approx(expected, abs=1e-3)
        assert row["value"] == pytest.approx(expected, abs=0.3)
        assert row["low"] <= row["value"] <= row["high"]
    assert document["statistics"]["degrees_of_freedom"] == 4
    assert document["statistics"]["rmse"]["mAh/g"] < 0.05
    assert {"results.json", "prediction.json", "fit.svg", "fit.png", "parameters.csv", "residuals.csv", "profiles.csv"} <= set(
        document["files"]
    )
    assert all((out / name).stat().st_size > 50 for name in document["files"])
    assert len(list(csv.DictReader(io.StringIO((out / "residuals.csv").read_text(encoding="utf-8"))))) == 6


@pytest.mark.slow
def test_the_prediction_carries_a_digest_of_itself(fitted: tuple[Path, dict[str, Any]]) -> None:
    out, document = fitted
    prediction = json.loads((out / "prediction.json").read_text(encoding="utf-8"))
    told = {key: value for key, value in prediction.items() if key != "digest"}
    assert prediction["digest"] == f"sha256:{digest(told)}" == document["prediction_digest"]
    assert {datum["line"] for datum in prediction["fitted_to"]} == {"2", "3", "4"}
    assert {one["line"] for one in prediction["predictions"]} == {"5", "6"}
    assert all("measured" not in one for one in prediction["predictions"])


@pytest.mark.slow
def test_held_out_values_are_read_after_the_prediction_is_on_disk(
    dualion: Cli, table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reader of held-out values finds the prediction already written, and the same bytes at the end."""
    out = tmp_path / "out"
    seen: list[bytes] = []
    reader = rate_fit.held_out

    def watched(*arguments: Any) -> Any:
        seen.append((out / "prediction.json").read_bytes())
        assert not (out / "results.json").exists()
        return reader(*arguments)

    monkeypatch.setattr(rate_fit, "held_out", watched)
    assert dualion("fit", "cell", "na-mec3", str(table), "--parameters", TWO, "--starts", "1", "--out", str(out)).code == 0
    assert seen == [(out / "prediction.json").read_bytes()]


@pytest.mark.slow
def test_what_was_held_out_cannot_touch_the_prediction(dualion: Cli, table: Path, tmp_path: Path) -> None:
    """Other held-out values, even ones that are no numbers, leave the same prediction; the latter are named after it is written."""
    text = table.read_text(encoding="utf-8")
    digests = []
    for number, changed in enumerate((text, text.replace(text.splitlines()[5], "2,12.5,1.5,predict"))):
        table.write_text(changed, encoding="utf-8")
        ran = dualion(
            "fit", "cell", "na-mec3", str(table), "--parameters", TWO, "--starts", "1", "--out", str(tmp_path / str(number)), "--json"
        )
        digests.append(json.loads(ran.out)["prediction_digest"])
    assert digests[0] == digests[1]
    table.write_text(text.replace(text.splitlines()[5], "2,about 240,,predict"), encoding="utf-8")
    ran = dualion("fit", "cell", "na-mec3", str(table), "--parameters", TWO, "--starts", "1", "--out", str(tmp_path / "bad"))
    assert ran.code == 2
    assert 'line 6, column "specific capacity (mAh/g)": "about 240" is not a number' in ran.err
    kept = json.loads((tmp_path / "bad" / "prediction.json").read_text(encoding="utf-8"))
    assert kept["digest"] == digests[0]


@pytest.mark.slow
def test_a_full_cell_by_currents_with_given_errors(dualion: Cli, tmp_path: Path) -> None:
    cell = load_cell("mec3-eg")
    asked = [Target("A", q, c, 1.0) for c in (80.0, 800.0, 1600.0) for q in ("specific_capacity", "mean_voltage")]
    values = simulated(solver(cell), asked, parameters={}, boundary=0.15)
    lines = ["current (mA), specific capacity (Ah/kg), specific capacity sigma (mAh/g), mean voltage (mV)"]
    for number, current in enumerate((80.0, 800.0, 1600.0)):
        capacity, voltage = values[2 * number : 2 * number + 2]
        lines.append(f"{1e3 * cell.current_of(current):.6f}, {capacity:.4f}, 0.5, {1e3 * voltage:.3f}")
    path = written(tmp_path, "\n".join(lines))
    ran = dualion("fit", "cell", "mec3-eg", str(path), "--starts", "2", "--out", str(tmp_path / "out"), "--json")
    assert ran.code == 0, ran.err
    document = json.loads(ran.out)
    found = {row["name"]: row["value"] for row in document["parameters"]}
    assert cell.cathode is not None
    assert found["cathode.host_capacity"] == pytest.approx(cell.cathode.material["host_capacity"], rel=2e-3)
    assert found["cathode.diffusivity"] == pytest.approx(cell.cathode.material["diffusivity"], rel=0.03)
    assert {row["sigma"] for row in document["residuals"] if row["unit"] == "mAh/g"} == {0.5}
    assert {row["sigma"] for row in document["residuals"] if row["unit"] == "V"} == {0.01}
    assert document["predictions"] == []
    assert document["prediction_digest"] is None
    assert "prediction.json" not in document["files"]


GOOD = "rate (C),specific capacity (mAh/g)\n0.1,420\n0.2,400\n0.5,370\n1,320\n2,240\n"
WITH_USE = GOOD.replace("\n", ",\n").replace("mAh/g),", "mAh/g),use")


@pytest.mark.parametrize(
    ("text", "options", "told"),
    [
        (GOOD.replace(" (C)", ""), (), 'line 1: "rate": no unit. Write it in brackets, such as "rate (C)"'),
        (GOOD.replace("(mAh/g)", "(V)"), (), 'line 1: "specific capacity (V)": "V" is a voltage; a specific capacity is needed'),
        (GOOD.replace("specific", "gravimetric"), (), 'line 1: "gravimetric capacity (mAh/g)": not a column of rate data. Write headings'),
        (GOOD.replace("rate (C)", "mean voltage (V)"), (), 'one column must be "rate (C)" or "current (mA/g)"'),
        (GOOD.replace("320", "about 320"), (), 'line 5, column "specific capacity (mAh/g)": "about 320" is not a number'),
        (GOOD.replace("320", "-320"), (), 'line 5, column "specific capacity (mAh/g)": "-320" is not positive'),
        (GOOD.replace("0.2,400", "0,400"), (), 'line 3, column "rate (C)": "0" is not positive'),
        (GOOD.replace("0.2,400", ",400"), (), 'line 3, column "rate (C)": empty'),
        (GOOD, ("--parameters", "anode.porosity"), "anode.porosity: cannot be fitted for na-mec3. Write some of anode.slope_capacity"),
        (GOOD, ("--parameters", "cathode.diffusivity"), "cathode.diffusivity: cannot be fitted for na-mec3"),
        (GOOD, ("--parameters", f"{TWO},anode.pore_capacity"), "a name stands twice"),
        ("\n".join(GOOD.splitlines()[:4]), (), "anode.pore_potential, anode.pore_width needs at least 4 and has 3"),
        (WITH_USE.replace("320,", "320,later"), (), 'column "use": "later" is neither fit nor predict'),
        ("rate (C),specific capacity (mAh/g)\n", (), "no rows below a heading"),
        (GOOD, ("--engine", "comsol"), 'engine: "comsol" is not an engine'),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_named(dualion: Cli, tmp_path: Path, text: str, options: tuple[str, ...], told: str) -> None:
    ran = dualion("fit", "cell", "na-mec3", str(written(tmp_path, text)), "--out", str(tmp_path / "out"), *options)
    assert ran.code == 2
    assert told in ran.err
    assert not (tmp_path / "out").exists()


def test_other_refusals(dualion: Cli, tmp_path: Path) -> None:
    good = str(written(tmp_path, GOOD))
    assert "there is no such file" in dualion("fit", "cell", "na-mec3", str(tmp_path / "absent.csv")).err
    ran = dualion("fit", "cell", "mec3-eg", str(written(tmp_path, GOOD.replace("specific", "plateau"))))
    assert ran.code == 2
    assert "mec3-eg is a full cell, which has no plateau" in ran.err
    foreign = tmp_path / "mine"
    foreign.mkdir()
    (foreign / "notes.txt").write_text("kept", encoding="utf-8")
    ran = dualion("fit", "cell", "na-mec3", good, "--out", str(foreign))
    assert ran.code == 2
    assert [path.name for path in foreign.iterdir()] == ["notes.txt"]


def test_every_problem_of_a_table_is_told_at_once(dualion: Cli, tmp_path: Path) -> None:
    text = GOOD.replace("400", "x").replace("320", "-1")
    ran = dualion("fit", "cell", "na-mec3", str(written(tmp_path, text)), "--json")
    problems = json.loads(ran.out)["error"]["problems"]
    assert len(problems) == 2
    assert "line 3" in problems[0]
    assert "line 5" in problems[1]


@pytest.mark.slow
def test_families_are_compared_on_request(dualion: Cli, tmp_path: Path) -> None:
    path = written(tmp_path, GOOD.replace("rate", "rate").replace("2,240", "2,240\n1.5,275\n0.7,350"))
    ran = dualion("fit", "cell", "na-mec3", str(path), "--families", "--parameters", "F1", "--starts", "2", "--out", str(tmp_path / "o"))
    assert ran.code == 0, ran.err
    document = json.loads((tmp_path / "o" / "results.json").read_text(encoding="utf-8"))
    assert document["statistics"]["families_tried"] == 6
    assert [row["family"] for row in document["families"]] == ["F1", "F2", "F3", "F4", "F5", "F6"]
    assert {row["status"] for row in document["families"]} == {"minimum"}
    assert "Families" in ran.out


@pytest.mark.slow
def test_the_output_does_not_depend_on_the_clock(dualion: Cli, table: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        assert dualion("fit", "cell", "na-mec3", str(table), "--parameters", TWO, "--starts", "1", "--out", str(tmp_path / name)).code == 0
    for path in sorted((tmp_path / "a").iterdir()):
        if path.is_file():
            assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes(), path.name
