"""The analysis of a folder: plan, errors that cost one line, the store."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dualion.errors import SpecError
from dualion.project.analysis import Analysis
from dualion.project.findings import grouped, notices, tidy
from dualion.project.load import load
from dualion.project.run import run
from dualion.project.words import task_names
from dualion.records.json import to_plain
from dualion.store import Store


def analysis_of(folder: Path, store: Path, **options: Any) -> Analysis:
    return run(load(folder), store=Store(store), **options)


def done(analysis: Analysis) -> set[tuple[str, tuple[str, ...]]]:
    return {(finished.task.technique, finished.task.paths) for finished in analysis.finished}


# --- plan -------------------------------------------------------------------------------------------------------------------------


def test_without_a_project_file_what_needs_no_cell_runs(folder: Path, tmp_path: Path, techniques: Any) -> None:
    analysis = analysis_of(folder, tmp_path / "store")
    each = {(name, (path,)) for path in ("a.csv", "b.csv") for name in ("cycling", "rate_capability", "differential_capacity")}
    spectra = tuple(f"eis-{t}degC.z" for t in (10, 20, 30))
    each |= {("relaxation_times", (path,)) for path in spectra}
    each |= {("gitt", ("g.csv",))}
    together = {(name, ("cv_1mVs.par", "cv_2mVs.par")) for name in ("cv_peaks", "cv_separation")} | {("eis", spectra)}
    assert done(analysis) == each | together
    lacking = {name for name, _, _ in grouped(analysis.lacks)}
    assert lacking == {"plateau", "retention", "energy_power", "arrhenius"}


def test_the_kind_of_cell_and_a_reference_cycle_bring_more(folder: Path, tmp_path: Path, techniques: Any) -> None:
    (folder / "dualion.toml").write_text(
        'schema = 1\n[cell.h]\nkind = "half"\nworking = "anode"\n[cell.f]\nkind = "dual-ion"\n'
        '[[file]]\npath = "a.csv"\ncell = "h"\nn_ref = 3\n[[file]]\npath = "b.csv"\ncell = "f"\n'
        '[[file]]\npath = "g.csv"\ntechniques = ["gitt", "gitt_model"]\n'
    )
    analysis = analysis_of(folder, tmp_path / "store")
    found = done(analysis)
    assert {("plateau", ("a.csv",)), ("retention", ("a.csv",)), ("energy_power", ("b.csv",)), ("gitt_model", ("g.csv",))} <= found
    assert ("plateau", ("b.csv",)) not in found
    retention = next(one for one in analysis.finished if one.task.technique == "retention")
    assert retention.result.provenance.options["n_ref"] == 3


def test_options_of_the_cell_go_before_those_of_the_project(folder: Path, tmp_path: Path, techniques: Any) -> None:
    (folder / "dualion.toml").write_text(
        'schema = 1\n[options.cycling]\nscale = 2.0\n[cell.h.options.cycling]\nscale = 3.0\n[[file]]\npath = "a.csv"\ncell = "h"\n'
    )
    analysis = analysis_of(folder, tmp_path / "store")
    counts = {one.task.paths[0]: one.result.values["row_count"].value for one in analysis.finished if one.task.technique == "cycling"}
    assert counts == {"a.csv": 36.0, "b.csv": 14.0}


# --- errors -----------------------------------------------------------------------------------------------------------------------


def test_a_broken_file_costs_one_line(folder: Path, tmp_path: Path, techniques: Any) -> None:
    analysis = analysis_of(folder, tmp_path / "store")
    assert [problem.line for problem in analysis.problems] == [
        "x.csv: line 1: the file is damaged. Export it anew.",
        "y.csv: line 1: the file is damaged. Export it anew.",
    ]
    assert len(analysis.readings) == 8


def test_a_technique_that_breaks_costs_one_line_and_the_others_go_on(folder: Path, tmp_path: Path, techniques: Any) -> None:
    techniques.behaviours = {
        "rate_capability": techniques.break_down,
        "differential_capacity": techniques.want_mass,
        "cv_separation": techniques.want_more,
    }
    analysis = analysis_of(folder, tmp_path / "store")
    broke = [problem for problem in analysis.problems if problem.technique]
    assert [(problem.path, problem.technique) for problem in broke] == [("a.csv", "rate_capability"), ("b.csv", "rate_capability")]
    assert "unexpected ZeroDivisionError: division by zero. This is a defect" in broke[0].line
    reasons = {name: (reason, paths) for name, reason, paths in grouped(analysis.lacks)}
    assert reasons["differential_capacity"] == ("anode_mass: missing. A quantity per gram needs it.", ("a.csv", "b.csv"))
    assert reasons["cv_separation"][0] == "Scan rates needs at least 4 and has 2."
    assert ("cycling", ("a.csv",)) in done(analysis)


def test_a_file_that_cannot_be_opened_costs_one_line(folder: Path, tmp_path: Path, techniques: Any, monkeypatch: Any) -> None:
    project = load(folder)
    (folder / "a.csv").unlink()
    analysis = run(project, store=Store(tmp_path / "store"))
    assert analysis.problems[0].path == "a.csv"
    assert "cannot be opened" in analysis.problems[0].line


# --- the store --------------------------------------------------------------------------------------------------------------------


def test_a_second_run_computes_nothing_and_finds_the_same(folder: Path, tmp_path: Path, techniques: Any) -> None:
    techniques.behaviours = {"cv_separation": techniques.refuse}
    first = analysis_of(folder, tmp_path / "store")
    assert techniques.calls
    techniques.calls.clear()
    told: list[tuple[int, int]] = []
    second = analysis_of(folder, tmp_path / "store", on_progress=lambda done, total, message: told.append((done, total)))
    assert techniques.calls == []
    assert told[-1] == (13, 13)
    names = task_names(one.task for one in first.finished)
    assert tidy(second, names).equals(tidy(first, names))
    assert [to_plain(one) for one in second.readings] == [to_plain(one) for one in first.readings]
    assert (second.problems, second.lacks) == (first.problems, first.lacks)


def test_another_option_computes_its_technique_alone(folder: Path, tmp_path: Path, techniques: Any) -> None:
    file = folder / "dualion.toml"
    file.write_text("schema = 1\n")
    analysis_of(folder, tmp_path / "store")
    techniques.calls.clear()
    file.write_text("schema = 1\n[options.gitt]\nscale = 2.0\n")
    analysis = analysis_of(folder, tmp_path / "store")
    assert techniques.calls == [("gitt", 1)]
    assert next(one for one in analysis.finished if one.task.technique == "gitt").result.values["row_count"].value == 18.0


def test_other_bytes_compute_their_file_alone(folder: Path, tmp_path: Path, techniques: Any) -> None:
    analysis_of(folder, tmp_path / "store")
    techniques.calls.clear()
    (folder / "g.csv").write_text("gitt 11")
    analysis_of(folder, tmp_path / "store")
    assert techniques.calls == [("gitt", 1)]


def test_a_damaged_entry_is_computed_anew(folder: Path, tmp_path: Path, techniques: Any) -> None:
    first = analysis_of(folder, tmp_path / "store")
    for entry in (tmp_path / "store" / "entries").glob("project.analysis-*.npz"):
        entry.write_bytes(b"damaged")
    second = analysis_of(folder, tmp_path / "store")
    names = task_names(one.task for one in first.finished)
    assert tidy(second, names).equals(tidy(first, names))


# --- findings ---------------------------------------------------------------------------------------------------------------------


def test_what_a_reader_must_see_first_comes_in_order_of_weight(folder: Path, tmp_path: Path, techniques: Any) -> None:
    techniques.behaviours = {"cv_separation": techniques.refuse}
    found = notices(analysis_of(folder, tmp_path / "store"))
    assert [one.weight for one in found] == ["broken", "withheld", "missing", "warning"]
    assert found[0].title == "2 of 10 files could not be read"
    assert found[1].title == "not_separable: cv"
    assert "Wh/kg" in found[2].text
    assert found[3].title.startswith("temperature_from_name: ")


def test_every_number_stands_in_one_table_with_the_flags_of_its_result(folder: Path, tmp_path: Path, techniques: Any) -> None:
    techniques.behaviours = {"cv_separation": techniques.refuse}
    analysis = analysis_of(folder, tmp_path / "store")
    frame = tidy(analysis, task_names(one.task for one in analysis.finished))
    assert frame.height == 2 * len(analysis.finished)
    row = frame.filter((frame["technique"] == "cv_separation") & (frame["quantity"] == "specific_capacity")).to_dicts()[0]
    assert (row["value"], row["unit"], row["flags"]) == (None, "mAh/g", "not_separable")
    row = frame.filter((frame["technique"] == "gitt") & (frame["quantity"] == "row_count")).to_dicts()[0]
    assert (row["value"], row["low95"], row["high95"]) == (9.0, pytest.approx(9 - 0.98), pytest.approx(9 + 0.98))


def test_names_of_results_are_unique() -> None:
    from dualion.project.plan import Task

    tasks = [Task("gitt_model", (path,), "c", "s") for path in ("a/x y.csv", "b/x-y.csv", "Ünï.csv")]
    assert task_names(tasks) == ("gitt-model-x-y", "gitt-model-x-y-2", "gitt-model-n")


def test_an_analysis_is_plain_data(folder: Path, tmp_path: Path, techniques: Any) -> None:
    analysis = analysis_of(folder, tmp_path / "store")
    assert json.loads(json.dumps(to_plain(analysis.readings)))[0]["path"] == "a.csv"


def test_a_folder_without_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SpecError):
        load(tmp_path)
