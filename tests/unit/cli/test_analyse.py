"""``dualion analyse``: a folder to a report, one technique to its numbers; what is missing is named with where to give it."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from dualion.records.figure import Figure

Cli = Callable[..., Any]


@pytest.fixture(autouse=True)
def _registered(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The verb is there, and what it writes goes to a folder of its own."""
    monkeypatch.setattr("dualion.report.analysis.files.rendered", undrawn)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DUALION_STORE", raising=False)


def undrawn(figure: Figure) -> dict[str, bytes]:
    """Stands in for a drawing: how figures look is tested elsewhere."""
    return {form: f"<svg><title>{figure.title}</title></svg>".encode() for form in ("svg", "png", "pdf")}


def half_cell(path: Path, *, cycles: int = 4) -> None:
    """Charge and discharge of a half cell at 0.3 mA: 1 h each way, 0.30 mAh, then 0.27 mAh back."""
    time, voltage, current = [], [], []
    clock = 0.0
    for _ in range(cycles):
        for sign, hours in ((-1, 1.0), (1, 0.9)):
            share = np.linspace(0.0, 1.0, 61)
            time += list(clock + 3600 * hours * share)
            voltage += list(1.0 - 0.9 * share if sign < 0 else 0.1 + 0.9 * share)
            current += [0.3e-3 * sign] * 61
            clock += 3600 * hours + 1.0
    pl.DataFrame({"test_time_second": time, "voltage_volt": voltage, "current_ampere": current}).write_csv(path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "raw"
    made.mkdir()
    half_cell(made / "a1.csv")
    (made / "torn.ndax").write_bytes(b"PK\x03\x04 not a zip")
    (made / "empty.csv").write_bytes(b"")
    return made


# --- a folder ---------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def analysed(dualion: Cli, folder: Path) -> Any:
    return dualion("analyse", "raw", "--out", "out", "--workers", "1")


def test_a_folder_gives_a_report_and_one_line_for_each_broken_file(analysed: Any, folder: Path) -> None:
    assert analysed.code == 0, analysed.err
    assert "Errors: 2" in analysed.out
    errors = analysed.out.split("Errors: 2\n")[1].split("\n\n")[0].splitlines()
    assert [line.strip().partition(":")[0] for line in errors] == ["empty.csv", "torn.ndax"]
    assert analysed.out.endswith("Report: out/report.html\n")
    assert Path("out/report.html").read_text().startswith("<!DOCTYPE html>")
    document = json.loads(Path("out/results.json").read_text())
    assert document["schema"] == "dualion/analysis/1"
    assert [file["path"] for file in document["files"]] == ["a1.csv"]
    assert "cycling" in {result["technique"] for result in document["results"]}
    assert sorted(path.name for path in folder.iterdir()) == ["a1.csv", "empty.csv", "torn.ndax"]


def test_without_a_mass_the_report_says_what_one_would_add(analysed: Any) -> None:
    html = Path("out/report.html").read_text()
    assert "missing_mass" in html
    assert "capacities in mAh/g" in html
    assert "dualion analyse --init" in html


def test_json_is_one_object(dualion: Cli, folder: Path) -> None:
    ran = dualion("analyse", "raw", "--out", "out", "--workers", "1", "--json")
    document = json.loads(ran.out)
    assert (ran.code, document["folder"], document["report"]) == (0, "out", "out/report.html")
    assert len(document["problems"]) == 2


def test_where_nothing_can_be_read_the_code_is_2(dualion: Cli, folder: Path) -> None:
    (folder / "a1.csv").unlink()
    ran = dualion("analyse", "raw", "--out", "out", "--workers", "1")
    assert ran.code == 2
    assert "Errors: 2" in ran.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("absent",), "absent: not a folder."),
        (("raw", "--out", "raw"), "--out: raw is the folder of the raw files"),
        (("raw", "other"), '"raw" is not a technique, and only one folder'),
        (("raw", "--mass", "1 mg"), "--mass: is for one technique. For a folder, write it in dualion.toml"),
        (("gitf", "a.csv"), 'Did you mean "gitt"?'),
        (("cyclin",), 'Did you mean "cycling"?'),
        (("cycling", "--init", "raw/a1.csv"), "--init: drafts the dualion.toml of a folder."),
        (("cycling",), "FILE: missing. Write the files to analyse"),
    ],
)
def test_a_wrong_command_says_what_to_write(dualion: Cli, folder: Path, arguments: tuple[str, ...], said: str) -> None:
    ran = dualion("analyse", *arguments)
    assert ran.code == 2
    assert said in ran.err


def test_a_broken_project_file_is_refused_before_anything_is_read(dualion: Cli, folder: Path) -> None:
    (folder / "dualion.toml").write_text('schema = 1\n[cell.a]\nmas = "1 mg"\n')
    ran = dualion("analyse", "raw", "--json")
    assert ran.code == 2
    assert json.loads(ran.out)["error"] == {
        "kind": "SpecError", "problems": ['dualion.toml: cell.a.mas: unknown key. Did you mean "mass"?'],
    }  # fmt: skip


# --- the draft --------------------------------------------------------------------------------------------------------------------


def test_init_writes_a_draft_that_loads_and_never_overwrites(dualion: Cli, folder: Path) -> None:
    ran = dualion("analyse", "raw", "--init", "--workers", "1")
    assert ran.code == 0, ran.err
    text = (folder / "dualion.toml").read_text()
    written = tomllib.loads(text)
    assert [entry["path"] for entry in written["file"]] == ["a1.csv"]
    assert written["cell"] == {"a1": {"sample": "a1"}}
    assert "# charge and discharge (" in text
    assert '# mass = "1.20 mg"' in text
    assert "# could not be read: torn.ndax: " in text
    again = dualion("analyse", "raw", "--init")
    assert again.code == 2
    assert "is there already, and stays as it is" in again.err
    assert (folder / "dualion.toml").read_text() == text
    ran = dualion("analyse", "raw", "--out", "out", "--workers", "1")
    assert ran.code == 0, ran.err


def test_a_filled_draft_gives_capacities_per_gram(dualion: Cli, folder: Path) -> None:
    dualion("analyse", "raw", "--init", "--workers", "1")
    file = folder / "dualion.toml"
    text = file.read_text()
    for key in ("kind = ", "working = ", "mass = "):
        text = text.replace(f"# {key}", key, 1)
    file.write_text(text)
    ran = dualion("analyse", "raw", "--out", "out", "--workers", "1")
    assert ran.code == 0, ran.err
    frame = pl.read_csv("out/results.csv")
    row = frame.filter((pl.col("technique") == "cycling") & (pl.col("unit") == "mAh/g")).to_dicts()[0]
    assert row["value"] == pytest.approx(0.27 / 1.2e-3, rel=0.01)
    assert "missing_mass" not in (row["flags"] or "")


# --- one technique ----------------------------------------------------------------------------------------------------------------


def test_a_technique_prints_values_with_uncertainty_unit_and_flags(dualion: Cli, folder: Path) -> None:
    ran = dualion("analyse", "cycling", "raw/a1.csv", "--mass", "1.2 mg", "--kind", "half", "--working", "anode")
    assert ran.code == 0, ran.err
    lines = ran.out.splitlines()
    assert lines[2].split() == ["quantity", "value", "standard", "error", "unit", "flags"]
    efficiency = next(line for line in lines if "initial_coulombic_efficiency" in line).split()
    assert float(efficiency[1]) == pytest.approx(90.0, abs=0.5)
    assert efficiency[3] == "%"
    assert "Rules" in lines


@pytest.mark.slow
def test_a_technique_as_json_and_as_files(dualion: Cli, folder: Path) -> None:
    ran = dualion("analyse", "cycling", "raw/a1.csv", "--json", "--out", "one")
    document = json.loads(ran.out)
    assert document["technique"] == "cycling"
    assert document["values"]["initial_coulombic_efficiency"]["value"] == pytest.approx(90.0, abs=0.5)
    assert {path.name for path in Path("one").iterdir()} >= {"cycling.json", "cycling.svg", "cycling.png", "cycling.pdf"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--option", "k_stabl=3"), "--option.k_stabl: unknown key."),
        (("--option", "nothing"), '--option: "nothing" is not KEY=VALUE.'),
        (("--mass", "1.2"), 'command line: mass: 1.2 has no unit. Write a text such as "1.2 mg".'),
        (("--mass", "1.2 mg"), "command line: mass: the electrode that it belongs to is not known."),
        (("--cell", 'one_c="1C"'), 'command line: one_c: "1C" is not a current.'),
        (("--kind", "halb"), 'command line: kind: "halb" is not known here. Did you mean "half"?'),
        (("--temperature", "25"), "--temperature: 25 has no unit."),
        (("--temperature", "25 degC", "--temperature", "30 degC"), "--temperature: 2 given for 1 files."),
    ],
)
def test_what_cannot_be_used_is_refused(dualion: Cli, folder: Path, arguments: tuple[str, ...], said: str) -> None:
    ran = dualion("analyse", "cycling", "raw/a1.csv", *arguments)
    assert ran.code == 2
    assert said in ran.err


def test_a_quantity_per_gram_without_a_mass_refuses_and_says_where_to_give_it(dualion: Cli, folder: Path) -> None:
    ran = dualion("analyse", "rate_capability", "raw/a1.csv", "--kind", "half", "--working", "anode")
    assert ran.code == 2
    assert "anode_mass: missing." in ran.err
    assert '--mass "1.2 mg"' in ran.err
    assert "[cell.NAME] of dualion.toml" in ran.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("gitt", "raw/pulses.csv"), '--cell particle_radius="VALUE UNIT"'),
        (("retention", "raw/a1.csv"), "--option n_ref=first"),
        (("rate_capability", "raw/a1.csv"), "Give --kind half"),
    ],
)
def test_what_a_technique_needs_is_named_with_its_option(dualion: Cli, folder: Path, arguments: tuple[str, ...], said: str) -> None:
    seconds = np.arange(0.0, 1200.0)
    pulse = np.where(seconds % 300 < 60, 1e-3, 0.0)
    columns = {"test_time_second": seconds, "voltage_volt": 1.0 + 0.01 * np.cumsum(pulse) + 10 * pulse, "current_ampere": pulse}
    pl.DataFrame(columns).write_csv(folder / "pulses.csv")
    ran = dualion("analyse", *arguments)
    assert ran.code == 2
    assert said in ran.err


def test_a_broken_file_of_a_technique_is_an_error(dualion: Cli, folder: Path) -> None:
    ran = dualion("analyse", "cycling", "raw/torn.ndax", "--json")
    assert ran.code == 2
    assert json.loads(ran.out)["error"]["kind"] == "ReadError"
