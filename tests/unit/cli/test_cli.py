from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

import dualion as package
from dualion import errors
from dualion.cli import output, progress
from dualion.cli.main import main

Cli = Callable[..., Any]


@dataclass
class Outcome:
    """Stands in for what a run gives back."""

    counts: dict[str, dict[str, int]]
    failures: dict[str, tuple[str, str]]
    predictions: list[dict[str, Any]]
    folder: Path
    report: Path


@dataclass
class Engine:
    """Stands in for the run itself: notes what it is called with, and gives or raises what it is told to."""

    failures: dict[str, tuple[str, str]] = field(default_factory=dict)
    error: BaseException | None = None
    called: dict[str, Any] = field(default_factory=dict)

    def reproduce(self, study: Any, **options: Any) -> Outcome:
        self.called = {"study": study, **options}
        if self.error is not None:
            raise self.error
        options["on_progress"](1, 2, "half cell")
        options["on_progress"](1, 2, "half cell")
        options["on_progress"](2, 2, "report")
        counts = {"predicted": {"reproduced": 5, "differs": 2}, "fitted": {"fitted": 9}, "arithmetic": {"consistent (derived)": 40}}
        point = {"claim": "P114", "current": 160.0, "printed": 94.0, "model": 95.7, "trivial": 93.4}
        prediction = {"name": "full", "calibration": "all", "quantity": "specific_capacity", "unit": "mAh/g", "points": [point]}
        prediction["sentence"] = "The model does not beat the trivial predictor."
        return Outcome(counts, self.failures, [prediction], options["out"], options["out"] / "report.html")


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Engine:
    made = Engine()
    monkeypatch.setattr("dualion.cli.reproduce._run", made.reproduce)
    monkeypatch.delenv("DUALION_STORE", raising=False)
    return made


# --- the program itself ---------------------------------------------------------------------------------------------------------


def test_version(dualion: Cli) -> None:
    ran = dualion("--version")
    assert (ran.code, ran.out) == (0, f"dualion {package.__version__}\n")


@pytest.mark.parametrize("arguments", [("--help",), (), ("study",), ("study", "--help"), ("reproduce", "--help"), ("recipe", "--help")])
def test_help_is_printed_and_no_error(dualion: Cli, arguments: tuple[str, ...]) -> None:
    ran = dualion(*arguments)
    assert ran.code == 0
    assert ran.out.startswith("Usage: dualion")
    assert ran.err == ""


def test_help_names_every_verb_and_the_exit_codes(dualion: Cli) -> None:
    ran = dualion("--help")
    assert all(verb in ran.out for verb in ("reproduce", "recipe", "study", "--version", "completion"))
    assert "0 done, 1 a computation failed, 2" in ran.out


def test_every_verb_has_json(dualion: Cli) -> None:
    for verb in (("reproduce",), ("recipe",), ("study", "list"), ("study", "check"), ("study", "new")):
        assert "--json" in dualion(*verb, "--help").out, verb


def test_shell_completion_is_offered(dualion: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_DUALION_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", "dualion re")
    monkeypatch.setenv("COMP_CWORD", "1")
    with pytest.raises(SystemExit):
        dualion()
    # the completion is written before the program ends


@pytest.mark.parametrize("arguments", [("repoduce", "x"), ("study", "chek"), ("reproduce",), ("study", "check", "a", "b"), ("--colour",)])
def test_a_wrong_command_is_2_and_says_what_to_try(dualion: Cli, arguments: tuple[str, ...]) -> None:
    ran = dualion(*arguments)
    assert ran.code == 2
    assert ran.out == ""
    assert ran.err.endswith("Try: dualion --help\n")


def test_a_wrong_command_as_json(dualion: Cli) -> None:
    ran = dualion("study", "chek", "--json")
    error = json.loads(ran.out)["error"]
    assert ran.code == 2
    assert error["kind"] == "UsageError"
    assert "check" in error["problems"][0]


# --- errors and exit codes --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "code", "problems"),
    [
        (errors.SpecError(["one.", "two."]), 2, ["one.", "two."]),
        (errors.UnitError('"x" is not in the unit table.'), 2, ['"x" is not in the unit table.']),
        (errors.MissingDependency("pybamm", "cells"), 2, ['pybamm is not installed. Install it with: pip install "dualion[cells]"']),
        (errors.StoreError("the store is locked"), 2, ["the store is locked"]),
        (errors.SolveError("no voltage at step 2"), 1, ["no voltage at step 2"]),
        (errors.FitError("no minimum"), 1, ["no minimum"]),
    ],
)
def test_errors_raised_on_purpose(dualion: Cli, engine: Engine, error: errors.DualionError, code: int, problems: list[str]) -> None:
    engine.error = error
    ran = dualion("reproduce", "tang2026")
    assert (ran.code, ran.out, ran.err.splitlines()) == (code, "", problems)
    ran = dualion("reproduce", "tang2026", "--json")
    assert ran.code == code
    assert json.loads(ran.out) == {"error": {"kind": type(error).__name__, "problems": problems}}


def test_json_gives_every_problem_and_people_get_twenty(dualion: Cli, engine: Engine) -> None:
    engine.error = errors.SpecError([f"problem {position}." for position in range(30)])
    assert dualion("reproduce", "tang2026").err.splitlines()[-1] == "and 10 more"
    assert len(json.loads(dualion("reproduce", "tang2026", "--json").out)["error"]["problems"]) == 30


def test_an_unexpected_error_is_one_line_and_says_how_to_report(dualion: Cli, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    engine.error = ZeroDivisionError("division by zero")
    monkeypatch.delenv("DUALION_TRACEBACK", raising=False)
    ran = dualion("reproduce", "tang2026")
    assert ran.code == 1
    assert ran.err.count("\n") == 1
    assert "Unexpected ZeroDivisionError: division by zero" in ran.err
    assert "DUALION_TRACEBACK=1" in ran.err
    monkeypatch.setenv("DUALION_TRACEBACK", "1")
    with pytest.raises(ZeroDivisionError):
        main(["reproduce", "tang2026"])


def test_control_c_is_130_and_says_that_nothing_is_lost(dualion: Cli, engine: Engine) -> None:
    engine.error = KeyboardInterrupt()
    ran = dualion("reproduce", "tang2026")
    assert ran.code == 130
    assert "goes on from there" in ran.err


# --- reproduce --------------------------------------------------------------------------------------------------------------------


def test_reproduce_prints_the_groups_apart_and_where_the_report_lies(dualion: Cli, engine: Engine) -> None:
    ran = dualion("reproduce", "tang2026", "--workers", "2")
    assert ran.code == 0
    lines = ran.out.splitlines()
    assert lines[-1] == f"Report: {Path('dualion-tang2026/report.html')}"
    assert "  reproduced  5" in lines
    assert "  differs     2" in lines
    assert [line for line in lines if line.startswith(("Predicted", "Fitted", "Arithmetic"))] == [
        "Predicted: computed without having been fitted to",
        "Fitted, or taken in as input: agreement is no evidence",
        "Arithmetic: relations between the printed numbers",
    ]
    # reproduced and fitted are never summed
    counts = [line.split()[-1] for line in lines if re.fullmatch(r"  [a-z ()]+ +\d+", line)]
    assert counts == ["5", "2", "9", "40"]
    assert "Specific capacity [mAh/g] of full, calibrated as all" in lines
    assert next(line.split() for line in lines if "P114" in line) == ["P114", "160", "94", "95.7", "+1.7", "93.4"]
    assert "  The model does not beat the trivial predictor." in lines
    assert engine.called["study"].id == "tang2026"
    assert engine.called["out"] == Path("dualion-tang2026")
    assert engine.called["store"] == Path(".dualion-store")
    assert (engine.called["workers"], engine.called["skip"]) == (2, ())


def test_reproduce_passes_its_options(dualion: Cli, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DUALION_STORE", str(tmp_path / "kept"))
    dualion("reproduce", "tang2026", "--out", str(tmp_path / "out"), "--skip-models")
    assert engine.called["out"] == tmp_path / "out"
    assert engine.called["store"] == tmp_path / "kept"
    assert engine.called["skip"] == ("models",)
    assert engine.called["workers"] >= 1


def test_reproduce_as_json(dualion: Cli, engine: Engine) -> None:
    engine.failures = {"P120": ("solve-error", "the voltage left its window"), "P064": ("extra-missing", "no extra")}
    ran = dualion("reproduce", "tang2026", "--json")
    document = json.loads(ran.out)
    assert ran.code == 1
    assert document["counts"]["predicted"] == {"reproduced": 5, "differs": 2}
    assert document["failures"]["P120"] == {"reason": "solve-error", "detail": "the voltage left its window"}
    assert document["report"].endswith("report.html")


def test_a_failed_solve_is_1_and_a_missing_extra_is_0(dualion: Cli, engine: Engine) -> None:
    engine.failures = {"P120": ("extra-missing", 'pip install "dualion[cells]"')}
    assert dualion("reproduce", "tang2026").code == 0
    engine.failures = {"P120": ("solve-error", "the voltage left its window")}
    ran = dualion("reproduce", "tang2026")
    assert ran.code == 1
    assert "  P120  the voltage left its window" in ran.out.splitlines()


def test_progress_is_plain_lines_where_there_is_no_terminal(dualion: Cli, engine: Engine) -> None:
    assert dualion("reproduce", "tang2026").err.splitlines() == ["[1/2] half cell", "[2/2] report"]


def test_progress_is_a_bar_on_a_terminal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    with progress.shown() as on_progress:
        on_progress(1, 3, "half cell [red]MEC3[/red]")
    assert "1/3" in capsys.readouterr().err


# --- study and recipe -------------------------------------------------------------------------------------------------------------


def test_study_list(dualion: Cli) -> None:
    ran = dualion("study", "list")
    assert ran.code == 0
    assert any(line.startswith("tang2026  Ion-Mediated") for line in ran.out.splitlines())
    assert [study["id"] for study in json.loads(dualion("study", "list", "--json").out)["studies"]] == [
        line.split()[0] for line in ran.out.splitlines()
    ]


def test_study_check_counts_and_lists_conflicts(dualion: Cli) -> None:
    document = json.loads(dualion("study", "check", "tang2026", "--json").out)
    totals = document["relations"]["totals"]
    assert document["claims"] == 174
    assert totals == {
        "allowed": 3,
        "consistent (derived)": 40,
        "differs": 8,
        "excluded": 4,
        "inconsistent in source": 9,
        "needs raw data": 7,
    }
    assert document["derived"] == {"total": 87, "agreeing": 87, "disagreeing": []}
    ran = dualion("study", "check", "tang2026")
    assert ran.code == 0
    assert "174 claims, 71 relations, 87 derived numbers of which 87 recompute" in ran.out
    assert "R01 (P080): 320.6 mAh/g; expected <= " in ran.out
    conflicts = [result for result in document["relations"]["results"] if result["verdict"] not in ("allowed", "consistent (derived)")]
    assert len(conflicts) == 9 + 8 + 7 + 4
    assert ran.out.count("      reading: ") == sum(len(result["readings"]) for result in conflicts) >= 10


def test_study_new_makes_a_folder_that_checks(dualion: Cli, tmp_path: Path) -> None:
    ran = dualion("study", "new", "demo", "--folder", str(tmp_path))
    assert ran.code == 0
    assert f"dualion study check {tmp_path / 'demo'}" in ran.out
    checked = json.loads(dualion("study", "check", str(tmp_path / "demo"), "--json").out)
    assert checked["study"] == "demo"
    assert checked["claims"] >= 3
    assert sum(checked["relations"]["totals"].values()) >= 2
    assert checked["derived"]["agreeing"] == checked["derived"]["total"] >= 1


def test_study_new_as_json(dualion: Cli, tmp_path: Path) -> None:
    document = json.loads(dualion("study", "new", "demo", "--folder", str(tmp_path), "--json").out)
    assert document["study"] == "demo"
    assert sorted(document["files"]) == sorted(
        path.relative_to(tmp_path / "demo").as_posix() for path in (tmp_path / "demo").rglob("*") if path.is_file()
    )


def test_recipe_of_the_samples(dualion: Cli) -> None:
    doses = json.loads(dualion("recipe", "--json").out)["doses"]
    assert list(doses) == ["MEC0", "MEC1", "MEC2", "MEC3", "MEC4"]
    assert doses["MEC3"]["zinc"] == pytest.approx(1.6675, rel=1e-12)
    assert doses["MEC4"]["acid"] == pytest.approx(417.5, abs=0.05)
    row = next(line for line in dualion("recipe").out.splitlines() if line.startswith("MEC3"))
    assert row.split() == ["MEC3", "6.67", "1.6675", "366.0", "3.335", "139.2", "0.168", "to", "0.221", "36.7"]


def test_recipe_of_any_dose(dualion: Cli) -> None:
    ran = dualion("recipe", "--stock-volume", "10 mL", "--stock-volume", "0.01 L", "--concentration", "0.5 mol/L", "--json")
    doses = json.loads(ran.out)["doses"]
    assert list(doses) == ["10 mL", "0.01 L"]
    assert doses["10 mL"]["zinc"] == pytest.approx(5.0, rel=1e-12)
    assert doses["0.01 L"]["acid"] == pytest.approx(doses["10 mL"]["acid"], rel=1e-12)
    dry = json.loads(dualion("recipe", "--stock-volume", "10 mL", "--chitosan", "0.8 g", "--water", "15 mL", "--json").out)["doses"][
        "10 mL"
    ]
    moist = json.loads(dualion("recipe", "--stock-volume", "10 mL", "--moisture", "0.5", "--json").out)["doses"]["10 mL"]
    # half the chitosan, or chitosan that is half water: the same amine
    assert dry["zinc_per_amine"] == pytest.approx(moist["zinc_per_amine"], rel=1e-12)
    assert dry["total_water"] == pytest.approx(25.0, rel=1e-12)


def test_furnace_time(dualion: Cli) -> None:
    times = json.loads(dualion("recipe", "--json").out)["furnace_time_minute"]
    assert times == {"continuous": 1470.0, "stop_after_first_step": 1605.0}


# --- tables -----------------------------------------------------------------------------------------------------------------------


def test_columns_are_aligned_words_left_numbers_right() -> None:
    assert output.columns_of([("a", "1"), ("long", "-23")]) == ["  a       1", "  long  -23"]
