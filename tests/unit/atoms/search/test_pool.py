"""Tasks of a wave: each once, in their order, by whoever comes first; what a deadline, a kill and a dead worker leave behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dualion
from atoms_landscape import CO, Here, Landscape, Sleepy
from atoms_molecules import molecule
from dualion.atoms.search.pool import THREADS, Shard, TimeUp, do, hired
from dualion.atoms.tasks import MemoryCache, SinglePoint, Task, perform
from dualion.errors import ConvergenceError, ModelError, SpecError
from dualion.store.tasks import TaskFolder

PACKAGE = os.pathsep.join([str(Path(dualion.__file__).parents[1]), str(Path(__file__).parents[3])])


def _task(index: int, engine: Any = None) -> Task:
    start = molecule(f"Na 0 0 0; O {2.3 + 0.05 * index} 0 0; C {3.5 + 0.05 * index} 0.1 0", 1, 1, ("Na", "CO"), (1, 2))
    return Task(start, Landscape() if engine is None else engine, fmax=0.5)


def _do(tasks: list[Any], executor: Any, cache: Any = None, **settings: Any) -> list[dict[str, Any]]:
    given = {"workers": 1, "on_done": lambda key, record: None, "shard": Shard(), "deadline": None, **settings}
    return do(tasks, cache=MemoryCache() if cache is None else cache, executor=executor, **given)


def _without_time(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{key: value for key, value in record.items() if key != "cpu_s"} for record in records]


def test_records_come_in_the_order_of_the_tasks_and_each_is_computed_once() -> None:
    tasks, told, executor, cache = [_task(index) for index in (3, 0, 3, 2)], list[str](), Here(), MemoryCache()
    records = _do(tasks, executor, cache, on_done=lambda key, record: told.append(key))
    assert _without_time(records) == _without_time([perform(task) for task in tasks])
    assert executor.submitted == 3
    assert sorted(told) == sorted({task.key for task in tasks})
    again = Here()
    assert _do(tasks, again, cache, on_done=lambda key, record: told.append(key)) == records
    assert (again.submitted, len(told)) == (0, 3)


def test_relaxations_and_single_points_go_together() -> None:
    tasks = [_task(0), SinglePoint(_task(0).start, Landscape())]
    relaxed, single = _do(tasks, Here())
    assert relaxed["energy_eV"] <= single["energy_eV"]


def test_shares_are_disjoint_and_complete() -> None:
    keys = [_task(index).key for index in range(40)]
    owned = [[key for key in keys if Shard(index, 3).owns(key)] for index in (1, 2, 3)]
    assert sorted(key for own in owned for key in own) == sorted(keys)
    assert all(owned)
    assert all(Shard().owns(key) for key in keys)


def test_the_own_share_comes_first_and_the_rest_is_not_left() -> None:
    tasks, order = [_task(index) for index in range(8)], list[str]()
    share = Shard(2, 3)
    _do(tasks, Here(), shard=share, on_done=lambda key, record: order.append(key))
    own = sum(share.owns(task.key) for task in tasks)
    assert 0 < own < 8
    assert len(order) == 8
    assert all(share.owns(key) for key in order[: min(own, 2)])


@pytest.mark.parametrize(("index", "count"), [(0, 1), (2, 1), (-1, 3), (1, 0)])
def test_a_share_that_is_none_is_refused(index: int, count: int) -> None:
    with pytest.raises(SpecError, match=f"shard: {index}/{count} is not a share"):
        Shard(index, count)


class Elsewhere(MemoryCache):
    """A cache in which another process is at work on a task, and ends it after a few looks."""

    def __init__(self, key: str, record: dict[str, Any], looks: int) -> None:
        super().__init__()
        self.key, self.record, self.looks = key, record, looks

    def get(self, key: str) -> dict[str, Any] | None:
        if key == self.key:
            self.looks -= 1
            if self.looks < 0:
                self.put(key, self.record)
        return super().get(key)

    def claim(self, key: str) -> bool:
        return key != self.key and super().claim(key)


def test_it_waits_for_what_another_process_works_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dualion.atoms.search.pool._LOOK", 0.01)
    tasks = [_task(0), _task(1)]
    cache, executor = Elsewhere(tasks[0].key, {"outcome": "theirs"}, 3), Here()
    records = _do(tasks, executor, cache)
    assert records[0] == {"outcome": "theirs"}
    assert executor.submitted == 1
    late = Elsewhere(tasks[0].key, {}, 10**6)
    with pytest.raises(TimeUp):
        _do(tasks, Here(), late, deadline=time.time() + 0.3)
    assert late.get(tasks[1].key) is not None


class Stubborn(Here):
    """An executor whose tasks never end, or whose processes are gone."""

    def __init__(self, outcome: Callable[[int], BaseException | None], refuse_from: int = 10**6) -> None:
        super().__init__()
        self.outcome, self.refuse_from = outcome, refuse_from

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        if self.submitted >= self.refuse_from:
            raise BrokenProcessPool("the pool is broken")
        problem = self.outcome(self.submitted)
        if problem is None:
            return super().submit(fn, *args, **kwargs)
        self.submitted += 1
        future: Future[Any] = Future()
        if not isinstance(problem, TimeoutError):
            future.set_exception(problem)
        return future


class Claims(MemoryCache):
    """A cache that knows what is held."""

    def __init__(self) -> None:
        super().__init__()
        self.held: set[str] = set()

    def claim(self, key: str) -> bool:
        taken = super().claim(key)
        self.held |= {key} if taken else set()
        return taken

    def release(self, key: str) -> None:
        self.held.discard(key)


def test_the_deadline_leaves_finished_records_alone() -> None:
    tasks, cache = [_task(index) for index in range(4)], Claims()
    endless = Stubborn(lambda number: None if number == 0 else TimeoutError())
    with pytest.raises(TimeUp):
        _do(tasks, endless, cache, workers=2, deadline=time.time() + 0.2)
    assert [cache.get(task.key) is not None for task in tasks] == [True, False, False, False]
    assert not cache.held
    assert len(_do(tasks, Here(), cache, deadline=time.time() + 60.0)) == 4  # it goes on where it ended


def test_a_deadline_that_has_passed_reads_what_is_there() -> None:
    tasks, cache = [_task(0)], MemoryCache()
    first = _do(tasks, Here(), cache)
    assert _do(tasks, Here(), cache, deadline=time.time() - 1.0) == first


@pytest.mark.parametrize("refuse_from", [0, 1, 10**6])
def test_workers_that_are_gone_are_an_error_that_says_what_to_do(refuse_from: int) -> None:
    tasks, cache = [_task(index) for index in range(4)], Claims()
    gone = Stubborn(lambda number: BrokenProcessPool("gone") if number else None, refuse_from)
    with pytest.raises(ModelError, match=r"ended from outside.* Run the same command again to go on"):
        _do(tasks, gone, cache)
    assert not cache.held
    assert sum(cache.get(task.key) is not None for task in tasks) == min(gone.submitted, 1) * (refuse_from > 1)


def test_what_was_finished_beside_a_dead_worker_is_kept() -> None:
    tasks, cache = [_task(index) for index in range(2)], Claims()
    both = sorted(tasks, key=lambda task: task.key)
    fatal = Stubborn(lambda number: BrokenProcessPool("gone") if number == 0 else None)
    with pytest.raises(ModelError):
        _do(both, fatal, cache)  # the task with the lower key is the lost one
    assert (cache.get(both[0].key), cache.get(both[1].key) is not None) == (None, True)


def test_workers_that_ended_at_the_deadline_are_no_error() -> None:
    gone = Stubborn(lambda number: BrokenProcessPool("gone"))
    with pytest.raises(TimeUp):
        _do([_task(0)], gone, deadline=time.time())
    refusing = Stubborn(lambda number: None, refuse_from=0)
    with pytest.raises(TimeUp):
        _do([_task(0)], refusing, deadline=time.time())


def test_an_error_of_a_task_is_told_and_gives_its_claims_back() -> None:
    cache = Claims()
    failing = Stubborn(lambda number: ConvergenceError("the third task") if number == 2 else None)
    with pytest.raises(ConvergenceError, match="the third task"):
        _do([_task(index) for index in range(4)], failing, cache)
    assert not cache.held


# --- processes ----------------------------------------------------------------------------------------------------------------


def _threads() -> list[str | None]:
    return [os.environ.get(name) for name in THREADS]


@pytest.mark.slow
def test_workers_give_what_one_process_gives_with_one_thread_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(THREADS[0], "7")
    monkeypatch.delenv(THREADS[1], raising=False)
    before, tasks = _threads(), [_task(index) for index in range(6)]
    with hired(2, None) as executor:
        assert executor.submit(_threads).result() == ["1", "1", "1"]
        records = _do(tasks, executor, workers=2)
    assert _threads() == before
    assert _without_time(records) == _without_time(_do(tasks, Here()))


@pytest.mark.slow
def test_a_deadline_ends_real_workers_in_the_middle_of_their_tasks(tmp_path: Path) -> None:
    tasks = [_task(0), *[_task(index, Sleepy(60.0)) for index in (1, 2)]]
    deadline = time.time() + 5.0
    with TaskFolder(tmp_path) as folder:
        with hired(1, deadline) as executor, pytest.raises(TimeUp):
            _do(tasks, executor, folder, workers=1, deadline=deadline)
        assert set(folder.keys()) <= {tasks[0].key}  # a busy machine may not have come to the first
        assert not list((tmp_path / "claims").iterdir())
        executor.shutdown(wait=True)  # the worker ends by itself
        assert time.time() - deadline < 40.0  # and does not sleep for its minute


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL there")
def test_a_worker_that_was_killed_is_an_error(tmp_path: Path) -> None:
    tasks = [_task(index, Sleepy(60.0)) for index in range(3)]
    with TaskFolder(tmp_path) as folder:
        with hired(1, None) as executor:
            process = executor.submit(os.getpid).result()
            executor.submit(_kill_soon, process)
            with pytest.raises(ModelError, match="ended from outside"):
                _do(tasks, executor, folder, workers=1)
        assert folder.keys() == ()
        assert folder.claim(tasks[0].key)


def _kill_soon(process: int) -> None:
    time.sleep(0.3)
    os.kill(process, signal.SIGKILL)


@pytest.mark.slow
def test_an_error_leaves_nothing_running() -> None:
    overlapping = _task(0).start.moved(0.1 * _task(0).start.positions)
    tasks = [_task(1, Sleepy(60.0)), Task(overlapping, Landscape())]
    begun = time.monotonic()
    with pytest.raises(SpecError, match="overlap"), hired(2, None) as executor:
        _do(tasks, executor, workers=2)
    executor.shutdown(wait=True)
    assert time.monotonic() - begun < 50.0  # the sleeper was not waited for


#: Says the process ids of its worker and then waits for a task that takes a minute.
ORPHAN = """
import os
from dualion.atoms.search.pool import hired
import time
if __name__ == "__main__":
    with hired(1, None) as executor:
        print(executor.submit(os.getpid).result(), flush=True)
        executor.submit(time.sleep, 60.0).result()
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL there")
def test_a_worker_ends_when_the_process_that_started_it_is_gone(tmp_path: Path) -> None:
    script = tmp_path / "orphan.py"
    script.write_text(ORPHAN)
    parent = subprocess.Popen([sys.executable, str(script)], env={**os.environ, "PYTHONPATH": PACKAGE}, stdout=-1, text=True)
    assert parent.stdout is not None
    worker = int(parent.stdout.readline())
    assert _alive(worker)
    parent.kill()
    parent.communicate()
    end = time.monotonic() + 20.0
    while _alive(worker) and time.monotonic() < end:
        time.sleep(0.1)
    assert not _alive(worker)


def _alive(process: int) -> bool:
    """Whether a process runs; one that has ended and was not yet asked for its code does not."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in ("Z", "X")


def test_the_solvent_of_these_tasks_is_that_of_the_landscape() -> None:
    assert np.linalg.norm(_task(0).start.positions[2] - _task(0).start.positions[1]) == pytest.approx(
        np.linalg.norm(np.array(CO.conformers[0][1])), abs=0.01
    )
