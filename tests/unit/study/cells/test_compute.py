"""Tasks, run: found in the store, failing alone, and the same in one process or in several. No cell is solved here."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import dualion.study.cells.compute as module
from dualion.errors import FitError, SolveError, SpecError
from dualion.store import Store
from dualion.study.cells.compute import Computed, compute
from dualion.study.cells.plan import Need, Task, plan
from dualion.study.load import load, locate

#: What a worker imports instead of the cell models: a task says in its label what shall become of it.
WORK = """
import os
import time
from dualion.errors import SolveError

def work(task, inherited, engine):
    if task.label == "dies":
        time.sleep(0.3)
        os._exit(9)
    if task.label == "fails":
        raise SolveError(task.name + ": made up\\nand more")
    if task.label == "slow":
        time.sleep(1.0)
    return {"values": {}, "claims": ["P001"], "made": task.name, "current": task.currents[0], "needed": sorted(inherited)}
"""


@pytest.fixture(scope="module")
def template() -> Task:
    return plan(load(locate("tang2026")))[0]


@pytest.fixture
def task(template: Task) -> Callable[..., Task]:
    def build(name: str, *needs: str, label: str = "", **changes: Any) -> Task:
        return replace(template, name=name, label=label or name, needs=tuple(Need(n, "anode") for n in needs), **changes)

    return build


@pytest.fixture
def tree(task: Callable[..., Task]) -> tuple[Task, ...]:
    """Task c needs b, b needs a, and d is alone."""
    return task("a"), task("b", "a"), task("c", "b"), task("d")


@pytest.fixture(autouse=True)
def _without_an_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test here needs one; whether PyBaMM is there, and whether the fast engine is compiled, must not matter."""
    monkeypatch.setattr(module, "find_spec", lambda _: object())
    monkeypatch.setattr(module, "prepare", lambda engine, cell: None)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Tasks that were performed in this process."""
    names: list[str] = []

    def perform(task: Task, inherited: Mapping[str, Any], engine: str) -> dict[str, Any]:
        names.append(task.name)
        if task.label == "fails":
            raise SolveError(f"{task.name}: made up\nand more")
        return {"values": {}, "claims": ["P001"], "made": task.name, "current": task.currents[0], "needed": sorted(inherited)}

    monkeypatch.setattr(module, "perform", perform)
    return names


@pytest.fixture
def in_workers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The same work as a module that a spawned worker can import."""
    folder = tmp_path.parent / f"{tmp_path.name}-work"
    folder.mkdir()
    (folder / "made_up_work.py").write_text(textwrap.dedent(WORK), encoding="utf-8")
    monkeypatch.syspath_prepend(str(folder))
    import made_up_work  # type: ignore[import-not-found]

    monkeypatch.setattr(module, "perform", made_up_work.work)


def _run(tasks: tuple[Task, ...], root: Path, *, workers: int = 1, progress: Any = None) -> Computed:
    return compute(tasks, store=Store(root), workers=workers, on_progress=progress or (lambda *_: None))


def test_every_task_is_done_once_after_what_it_needs(tree: tuple[Task, ...], calls: list[str], tmp_path: Path) -> None:
    found = _run(tree, tmp_path)
    assert sorted(calls) == ["a", "b", "c", "d"]
    assert calls.index("a") < calls.index("b") < calls.index("c")
    assert set(found.outcomes) == {"a", "b", "c", "d"}
    assert found.outcomes["c"]["needed"] == ["b"]
    assert found.failures == {}


def test_progress_counts_to_the_end(tree: tuple[Task, ...], calls: list[str], tmp_path: Path) -> None:
    heard: list[tuple[int, int, str]] = []
    _run(tree, tmp_path, progress=lambda *said: heard.append(said))
    assert heard[0] == (0, 4, "compiling the fast engine (once)")
    assert [done for done, _, _ in heard[1:]] == [1, 2, 3, 4]
    assert {total for _, total, _ in heard} == {4}
    assert {message for _, _, message in heard[1:]} == {"a", "b", "c", "d"}


def test_what_is_stored_is_not_done_again(tree: tuple[Task, ...], calls: list[str], tmp_path: Path) -> None:
    first = _run(tree, tmp_path)
    calls.clear()
    heard: list[int] = []
    again = _run(tree, tmp_path, progress=lambda done, *_: heard.append(done))
    assert calls == []
    assert again == first
    assert heard == [1, 2, 3, 4]


def test_a_changed_task_is_done_again_and_the_others_are_not(tree: tuple[Task, ...], calls: list[str], tmp_path: Path) -> None:
    _run(tree, tmp_path)
    calls.clear()
    changed = (*tree[:3], replace(tree[3], currents=(99.0,)))
    assert _run(changed, tmp_path).outcomes["d"]["current"] == 99.0
    assert calls == ["d"]


def test_a_task_is_done_again_when_what_it_takes_over_has_changed(
    task: Callable[..., Task], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The key holds the cell with the values taken over."""
    fitted = {"value": 500.0}
    done: list[str] = []

    def perform(task: Task, inherited: Mapping[str, Any], engine: str) -> dict[str, Any]:
        done.append(task.name)
        return {"values": {"anode.pore_capacity": fitted["value"]} if task.name == "a" else {}, "claims": ["P001"]}

    monkeypatch.setattr(module, "perform", perform)
    _run((task("a"), task("b", "a")), tmp_path)
    done.clear()
    fitted["value"] = 510.0
    _run((task("a", boundary=0.2), task("b", "a")), tmp_path)
    assert done == ["a", "b"]


def test_another_version_of_the_software_computes_anew(
    tree: tuple[Task, ...], calls: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _run(tree, tmp_path)
    calls.clear()
    monkeypatch.setattr(module, "_software", lambda engine: {engine: "0", "sources": "other"})
    _run(tree, tmp_path)
    assert len(calls) == 4


def test_the_software_is_known_by_versions_and_sources() -> None:
    fast, reference = module._software("fast"), module._software("pybamm-DFN")
    assert set(fast) == {"numba", "numpy", "scipy", "sources"}
    assert set(reference) == {"pybamm", "casadi", "numpy", "scipy", "sources"}
    assert set(fast) | set(reference) == {*module.LIBRARIES, "sources"}
    assert len(fast["sources"]) == 64


def test_each_engine_has_its_own_results(tree: tuple[Task, ...], calls: list[str], tmp_path: Path) -> None:
    _run(tree, tmp_path)
    calls.clear()
    found = compute(tree, store=Store(tmp_path), workers=1, on_progress=lambda *_: None, engine="DFN")
    assert sorted(calls) == ["a", "b", "c", "d"]
    assert found.engine == "pybamm-DFN"


def test_an_engine_that_is_none_is_refused(tree: tuple[Task, ...], tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r'engine: "comsol" is not an engine\. Write one of fast, pybamm-SPM'):
        compute(tree, store=Store(tmp_path), workers=1, on_progress=lambda *_: None, engine="comsol")


def test_a_failure_takes_what_needs_it_and_nothing_else(task: Callable[..., Task], calls: list[str], tmp_path: Path) -> None:
    tasks = (task("a", label="fails"), task("b", "a"), task("c", "b"), task("d"))
    heard: list[tuple[int, int, str]] = []
    found = _run(tasks, tmp_path, progress=lambda *said: heard.append(said))
    assert set(found.outcomes) == {"d"}
    assert found.failures["a"] == ("solve-error", "a: made up")  # one line of it
    assert found.failures["b"] == ("solve-error", "a: a: made up")
    assert found.failures["c"][0] == "solve-error"
    assert "made up" in found.failures["c"][1]
    assert calls.count("b") == calls.count("c") == 0
    assert max(done for done, _, _ in heard) == 4
    assert any(message == "failed: fails" for _, _, message in heard)


def test_a_failure_is_not_stored(task: Callable[..., Task], calls: list[str], tmp_path: Path) -> None:
    _run((task("a", label="fails"), task("d")), tmp_path)
    calls.clear()
    found = _run((task("a"), task("d")), tmp_path)
    assert calls == ["a"]
    assert set(found.outcomes) == {"a", "d"}


def test_a_run_that_was_stopped_goes_on_where_it_was(tree: tuple[Task, ...], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    done: list[str] = []

    def perform(task: Task, inherited: Mapping[str, Any], engine: str) -> dict[str, Any]:
        if len(done) == 2:
            raise KeyboardInterrupt
        done.append(task.name)
        return {"values": {}, "claims": [], "made": task.name}

    monkeypatch.setattr(module, "perform", perform)
    with pytest.raises(KeyboardInterrupt):
        _run(tree, tmp_path)
    first = list(done)
    assert len(first) == 2
    done.clear()
    with pytest.raises(KeyboardInterrupt):
        # two more tasks fit before the next stop, and none of them is one of the first
        _run((*tree, replace(tree[3], name="e", currents=(1.0,))), tmp_path)
    assert not set(done) & set(first)


def test_an_error_of_the_program_is_not_a_failed_task(tree: tuple[Task, ...], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def perform(task: Task, inherited: Mapping[str, Any], engine: str) -> dict[str, Any]:
        raise ZeroDivisionError

    monkeypatch.setattr(module, "perform", perform)
    with pytest.raises(ZeroDivisionError):
        _run(tree, tmp_path)


def test_a_fit_that_fails_is_a_failure_too(task: Callable[..., Task], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def perform(task: Task, inherited: Mapping[str, Any], engine: str) -> dict[str, Any]:
        raise FitError("No start reached a minimum: made up.")

    monkeypatch.setattr(module, "perform", perform)
    assert _run((task("a"),), tmp_path).failures == {"a": ("solve-error", "No start reached a minimum: made up.")}


def test_without_pybamm_every_task_says_what_is_missing(
    tree: tuple[Task, ...], calls: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(module, "find_spec", lambda _: None)
    found = compute(tree, store=Store(tmp_path), workers=1, on_progress=lambda *_: None, engine="pybamm-SPMe")
    assert calls == []
    assert found.outcomes == {}
    assert {reason for reason, _ in found.failures.values()} == {"extra-missing"}
    assert 'pip install "dualion[cells]"' in found.failures["a"][1]
    assert set(_run(tree, tmp_path).outcomes) == {"a", "b", "c", "d"}  # the fast engine does not need it


@pytest.mark.usefixtures("in_workers")
def test_one_process_and_two_workers_give_the_same(tree: tuple[Task, ...], task: Callable[..., Task], tmp_path: Path) -> None:
    tasks = (*tree, task("e", label="fails"), task("f", "e"))
    alone, together = (_run(tasks, tmp_path / str(workers), workers=workers) for workers in (1, 2))
    assert dict(alone.outcomes) == dict(together.outcomes)
    assert dict(alone.failures) == dict(together.failures)
    assert set(alone.outcomes) == {"a", "b", "c", "d"}


@pytest.mark.usefixtures("in_workers")
def test_a_worker_that_is_killed_is_a_solve_error(task: Callable[..., Task], tmp_path: Path) -> None:
    found = _run((task("a", label="dies"), task("b", "a")), tmp_path, workers=2)
    assert found.outcomes == {}
    assert found.failures["a"] == ("solve-error", "a worker process was ended from outside")
    assert found.failures["b"] == ("solve-error", "a: a worker process was ended from outside")


@pytest.mark.slow
@pytest.mark.usefixtures("in_workers")
def test_a_worker_that_is_killed_does_not_end_the_run(task: Callable[..., Task], tmp_path: Path) -> None:
    """What was still waiting is computed."""
    tasks = (task("a", label="dies"), task("b", label="slow"), task("c"), task("d"))
    found = _run(tasks, tmp_path, workers=2)
    assert "a" in found.failures
    assert {"c", "d"} <= set(found.outcomes)


def test_the_real_work_is_only_imported_when_a_task_runs(fresh_python: Callable[..., str]) -> None:
    printed = fresh_python("import sys, dualion.study.cells.compute, dualion.study.cells.findings; print('pybamm' in sys.modules)")
    assert printed.strip() == "False"
