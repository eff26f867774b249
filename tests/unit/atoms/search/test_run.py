"""Whole searches: the same result by any number of workers and shares, after a stop, and from a folder; the steps of real shells."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

import pytest

import dualion
from atoms_landscape import Here, Landscape, ladder, summary
from dualion.atoms.building.species import bundled
from dualion.atoms.desolvation.steps import steps
from dualion.atoms.search.options import Ladder, SearchOptions
from dualion.atoms.search.pool import Shard
from dualion.atoms.search.run import Searched, run
from dualion.atoms.search.states import State
from dualion.errors import SpecError
from dualion.store.digests import canonical
from dualion.store.tasks import TaskFolder

SOME = SearchOptions(starts=3, parents=1, grow=2, shakes=1, max_rounds=1)
PACKAGE = os.pathsep.join([str(Path(dualion.__file__).parents[1]), str(Path(__file__).parents[3])])

#: Runs one share of a search in a folder and writes what was found to a file.
SHARE = """
import sys
from pathlib import Path
from concurrent.futures import ThreadPoolExecutor
from dualion.atoms.search.pool import Shard
from dualion.atoms.search.run import run
from dualion.store.tasks import TaskFolder
from atoms_landscape import Here, Landscape, ladder, summary
from dualion.atoms.search.options import SearchOptions
index, count, root, out = int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]), Path(sys.argv[4])
with TaskFolder(root) as folder:
    options = SearchOptions(starts=3, parents=1, grow=2, shakes=1, max_rounds=1)
    found = run([ladder(3)], Landscape(), options, cache=folder, executor=Here(), shard=Shard(index, count))
out.write_bytes(summary(found))
"""


def _run(top: int = 3, **settings: Any) -> Searched:
    given = {"executor": Here(), **settings}
    return run([ladder(top)], Landscape(), SOME, **given)


@pytest.fixture(scope="module")
def alone() -> bytes:
    return summary(_run())


def test_a_search_gives_the_same_bytes_again_and_from_a_folder(tmp_path: Path, alone: bytes) -> None:
    assert summary(_run()) == alone
    with TaskFolder(tmp_path) as folder:
        assert summary(_run(cache=folder)) == alone
        again = Here()
        assert summary(_run(cache=folder, executor=again)) == alone
        assert again.submitted == 0
    records = [json.loads(path.read_bytes())["record"] for path in (tmp_path / "records").glob("*.json")]
    assert {record["outcome"] for record in records} == {"accepted"}


@pytest.mark.parametrize("after", [2, 20])
def test_a_search_that_was_stopped_goes_on_to_the_same_bytes(tmp_path: Path, alone: bytes, after: int) -> None:
    class Killed(Here):
        def submit(self, *args: Any, **kwargs: Any) -> Any:
            if self.submitted >= after:
                raise KeyboardInterrupt
            return super().submit(*args, **kwargs)

    with TaskFolder(tmp_path) as folder:
        with pytest.raises(KeyboardInterrupt):
            _run(cache=folder, executor=Killed())
        kept = len(folder.keys())
        assert 0 < kept <= after
    rest = Here()
    with TaskFolder(tmp_path) as folder:
        assert summary(_run(cache=folder, executor=rest)) == alone
        assert rest.submitted == len(folder.keys()) - kept


def test_a_budget_stops_cleanly_and_nothing_is_extrapolated(alone: bytes) -> None:
    class Slow(Here):
        def submit(self, *args: Any, **kwargs: Any) -> Any:
            time.sleep(0.02)
            return super().submit(*args, **kwargs)

    stopped = _run(executor=Slow(), deadline=time.time() + 0.15)
    assert stopped.stopped
    assert not any(found.converged for state, found in stopped.found.items() if state.solvents and state.ion)
    flags = [{flag.code for flag in step.flags} for step in steps(stopped)]
    assert flags[-1] >= {"no_minimum", "search_stopped"}  # 1->0 was not reached
    assert steps(stopped)[-1].energy is None
    full = _run()
    assert not full.stopped
    assert summary(full) == alone


def test_steps_close_to_the_difference_of_the_ends() -> None:
    found = _run()
    ladder_steps = steps(found)
    energies = {state: one.best.energy for state, one in found.found.items() if one.best is not None}
    top, bottom = State("bare", "Na", ("CO",) * 3, 1), State("bare", "Na", (), 1)
    released = energies[State("", "", ("CO",), 0)]
    values = [step.energy for step in ladder_steps]
    assert [step.name for step in ladder_steps] == ["CO 3->2 @ bare", "CO 2->1 @ bare", "CO 1->0 @ bare"]
    assert all(value is not None for value in values)
    assert sum(value for value in values if value is not None) == pytest.approx(energies[bottom] + 3 * released - energies[top], abs=1e-9)


def test_progress_never_exceeds_the_plan_and_ends_with_what_was_done() -> None:
    told = list[tuple[int, int, str]]()
    found = _run(on_progress=lambda done, planned, message: told.append((done, planned, message)))
    assert all(0 <= done <= planned for done, planned, _ in told)
    assert (
        told[-1][0] == max(done for done, _, _ in told) <= 1 + sum(len(one.tried) for one in found.found.values())
    )  # the ion alone is a fragment and no state
    assert any(message.startswith("sweep 1: 3 starts of Na+(CO)3") for _, _, message in told)
    assert any("Na+(CO)3: random, -" in message and "eV" in message for _, _, message in told)


def test_what_cannot_be_run_is_refused() -> None:
    with pytest.raises(SpecError, match="workers: 0 is not a number"):
        _run(workers=0)
    with pytest.raises(SpecError, match="ladders: none is given"):
        run([], Landscape(), executor=Here())


@pytest.mark.slow
def test_two_workers_give_the_bytes_of_none(alone: bytes) -> None:
    assert summary(_run(executor=None, workers=2)) == alone


@pytest.mark.thorough
@pytest.mark.parametrize("workers", [1, 4])
def test_any_number_of_workers_gives_the_bytes_of_none(alone: bytes, workers: int) -> None:
    assert summary(_run(executor=None, workers=workers)) == alone


@pytest.mark.slow
def test_three_shares_at_once_give_the_bytes_of_one(tmp_path: Path, alone: bytes) -> None:
    environment = {**os.environ, "PYTHONPATH": PACKAGE}
    shares = [
        subprocess.Popen(
            [sys.executable, "-c", SHARE, str(index), "3", str(tmp_path / "tasks"), str(tmp_path / f"{index}.json")], env=environment
        )
        for index in (1, 2, 3)
    ]
    assert [share.wait(timeout=300) for share in shares] == [0, 0, 0]
    assert [(tmp_path / f"{index}.json").read_bytes() == alone for index in (1, 2, 3)] == [True, True, True]
    assert not list((tmp_path / "tasks" / "claims").iterdir())
    kept = len(list((tmp_path / "tasks" / "records").glob("*.json")))
    assert kept == len({tried[0] for state in json.loads(alone) for tried in state["tried"]})


def test_the_bytes_tell_apart_what_differs(alone: bytes) -> None:
    other = run([ladder(3)], Landscape(), SearchOptions(starts=3, parents=1, grow=2, shakes=1, max_rounds=1, seed=1), executor=Here())
    assert summary(other) != alone
    assert canonical(json.loads(alone)) == alone


# --- real shells --------------------------------------------------------------------------------------------------------------


def _shells(method: str, executor: Executor) -> list[float]:
    from dualion.atoms.engines.tblite import Tblite

    options = SearchOptions(starts=3, parents=1, grow=0, shakes=0, max_rounds=0)
    found = run([Ladder("bare", None, bundled()["EC"], 3, 0, 1)], Tblite(method), options, executor=executor)
    values = [found.found[State("bare", "Na", ("EC",) * count, 1)].best for count in range(4)]
    assert all(one is not None for one in values)
    energies = [one.energy for one in values if one is not None]
    released = found.found[State("", "", ("EC",), 0)].best
    assert released is not None
    return [*energies, released.energy]


def _steps(found: list[float], totals: tuple[float, ...]) -> list[float]:
    """Steps from one solvent up, of shells that lie nowhere above the known totals."""
    *shells, released = found
    for energy, total in zip(shells[1:], totals, strict=True):
        assert energy <= total + 0.02
    return [shells[count - 1] + released - shells[count] for count in (1, 2, 3)]


@pytest.mark.slow
def test_bare_shells_of_the_first_method_from_random_starts() -> None:
    pytest.importorskip("tblite", reason="the extra [atoms] is not installed")
    steps = _steps(_shells("gfn1", Here()), (-614.1370, -1231.2670, -1848.0386))
    assert steps == sorted(steps, reverse=True)  # each further solvent is bound less
    assert steps == pytest.approx((1.711, 1.358, 1.000), abs=0.01)


@pytest.mark.thorough
def test_bare_shells_of_the_second_method_from_random_starts() -> None:
    pytest.importorskip("tblite", reason="the extra [atoms] is not installed")
    steps = _steps(_shells("gfn2", Here()), (-559.5597, -1123.9679, -1688.1432))
    assert steps == sorted(steps, reverse=True)
    # two and three solvents end 0.055 and 0.105 eV below the totals of the specification, whose steps are 1.973, 1.502 and 1.269 eV
    assert steps == pytest.approx((1.973, 1.557, 1.318), abs=0.01)


def test_a_share_of_one_is_everything() -> None:
    executor = Here()
    first, second = _run(shard=Shard(1, 1)), _run(shard=Shard(2, 3), executor=executor)
    assert summary(first) == summary(second)  # a share says what comes first, not what is done
