"""Folders of atomistic tasks: one winner of a claim, locks left over, damage, kills, and what they refuse."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import dualion
from dualion.errors import StoreError
from dualion.store import tasks
from dualion.store.digests import canonical
from dualion.store.files import TEMPORARY
from dualion.store.tasks import MARKER, STALE, TaskFolder

PACKAGE = str(Path(dualion.__file__).parents[1])
KEY, OTHER = "a1" * 32, "0f" * 32
RECORD = {"outcome": "accepted", "energy_eV": -615.77209123, "positions": [[0.1, 1e-20, -3.0]], "gap": None}

#: Waits for the folder "go", so that all begin at once, then claims each key and says which ones it got.
RACE = """
import sys, time
from pathlib import Path
from dualion.store.tasks import TaskFolder
root, go, keys = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:]
folder = TaskFolder(root)
print("ready", flush=True)
while not go.exists():
    time.sleep(0.001)
print(" ".join(key for key in keys if folder.claim(key)), flush=True)
sys.stdin.read()
"""
HOLD = """
import sys
from pathlib import Path
from dualion.store.tasks import TaskFolder
folder = TaskFolder(Path(sys.argv[1]))
print(folder.claim(sys.argv[2]), flush=True)
sys.stdin.read()
"""
PUT = """
import sys
from pathlib import Path
from dualion.store.tasks import TaskFolder
folder = TaskFolder(Path(sys.argv[1]))
print("ready", flush=True)
while True:
    for number in range(200):
        folder.put(f"{number:064x}", {"number": number, "padding": [number] * 5000})
"""


def _python(code: str, *arguments: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": PACKAGE}
    return subprocess.Popen([sys.executable, "-c", code, *arguments], env=environment, stdin=-1, stdout=-1, text=True)


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def _kill(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


def _race(root: Path, keys: list[str], processes: int = 4) -> list[list[str]]:
    """What each of several processes got that claim the same keys at the same time; they end before it returns."""
    running = [_python(RACE, str(root), str(root / "go"), *keys) for _ in range(processes)]
    try:
        assert [_line(one) for one in running] == ["ready"] * processes
        (root / "go").touch()
        return [_line(one).split() for one in running]
    finally:
        for one in running:
            _kill(one)


def _lock(root: Path, key: str = KEY) -> Path:
    return root / "claims" / f"{key}.lock"


def _leave(root: Path, key: str, **changed: object) -> None:
    """A lock that another process left, of this place and this very process unless it says otherwise."""
    owner = {"pid": os.getpid(), "place": tasks._place(), "token": "f" * 32, **changed}
    _lock(root, key).write_bytes(canonical(owner))


@pytest.fixture
def ended() -> int:
    """Id of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


# --- records ------------------------------------------------------------------------------------------------------------------


def test_records_come_back(tmp_path: Path) -> None:
    with TaskFolder(tmp_path / "deep" / "tasks") as folder:
        assert folder.get(KEY) is None
        folder.put(KEY, RECORD)
        folder.put(KEY, RECORD)
        folder.put(OTHER, {})
    with TaskFolder(tmp_path / "deep" / "tasks") as folder:
        assert folder.get(KEY) == RECORD
        assert folder.get(OTHER) == {}
        assert folder.keys() == (OTHER, KEY)


def test_the_same_record_has_the_same_bytes(tmp_path: Path) -> None:
    for name, record in (("one", RECORD), ("two", dict(reversed(RECORD.items())))):
        TaskFolder(tmp_path / name).put(KEY, record)
    first, second = ((tmp_path / name / "records" / f"{KEY}.json").read_bytes() for name in ("one", "two"))
    assert first == second
    assert json.loads(first).keys() == {"schema", "key", "sha256", "record"}


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(path.read_bytes()[:-20]),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(b"[" * 100_000),
        lambda path: path.write_bytes(path.read_bytes().replace(b"-615.77209123", b"-615.77209124")),
        lambda path: path.write_bytes(path.with_name(f"{OTHER}.json").read_bytes()),
        lambda path: path.write_bytes(b'{"key":"x","record":{"a":NaN},"sha256":""}'),
        lambda path: path.write_bytes(b"[]"),
        lambda path: path.write_bytes(b"\xff\xfe"),
    ],
    ids=["cut", "empty", "nested", "another number", "another key", "not a number", "a list", "no text"],
)
def test_a_damaged_record_is_moved_aside_and_counts_as_absent(tmp_path: Path, damage: Callable[[Path], int]) -> None:
    folder = TaskFolder(tmp_path)
    folder.put(KEY, RECORD)
    folder.put(OTHER, RECORD)
    path = tmp_path / "records" / f"{KEY}.json"
    damage(path)
    left = path.read_bytes()
    assert folder.get(KEY) is None
    assert not path.exists()
    assert path.with_name(f"{KEY}.json.damaged").read_bytes() == left
    assert folder.keys() == (OTHER,)
    folder.put(KEY, RECORD)
    assert folder.get(KEY) == RECORD


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {1: 2}, object()])
def test_what_has_no_json_form_is_refused_and_leaves_nothing(tmp_path: Path, value: object) -> None:
    folder = TaskFolder(tmp_path)
    with pytest.raises(StoreError, match=r"value\.record\.energy"):
        folder.put(KEY, {"energy": value})
    assert list((tmp_path / "records").iterdir()) == []


@pytest.mark.parametrize(
    "name", ["", "a", KEY.upper(), KEY + "0", KEY + "\n", "../" + "a" * 61, "a" * 63 + "/", "\0" * 64, "ä" * 64, "é" + KEY, "٣" * 64]
)
def test_a_hostile_key_is_refused(tmp_path: Path, name: str) -> None:
    folder = TaskFolder(tmp_path / "tasks")
    for act in (folder.get, folder.claim, folder.release, lambda key: folder.put(key, RECORD)):
        with pytest.raises(StoreError, match="64 hexadecimal digits"):
            act(name)
    assert sorted(path.name for path in tmp_path.rglob("*")) == sorted(["tasks", MARKER, "records", "claims"])


def test_keys_lists_records_only(tmp_path: Path) -> None:
    folder = TaskFolder(tmp_path)
    folder.put(KEY, RECORD)
    for name in ("notes.json", f"{OTHER}.json.damaged", f"{TEMPORARY}1-2", f"{OTHER}.txt"):
        (tmp_path / "records" / name).write_bytes(b"{}")
    assert folder.keys() == (KEY,)


# --- the folder ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["notes.txt", "records", "claims", "dualion-store.json", ".hidden"])
def test_a_folder_that_holds_something_else_is_refused_and_untouched(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"mine")
    with pytest.raises(StoreError, match=f"not a folder of tasks; it holds {name}"):
        TaskFolder(tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {name: b"mine"}


@pytest.mark.parametrize("marker", [b'{"schema":"dualion/atoms-tasks/2"}', b"", b"[" * 100_000, b"\xff"])
def test_the_folder_of_another_version_is_refused_and_untouched(tmp_path: Path, marker: bytes) -> None:
    (tmp_path / MARKER).write_bytes(marker)
    with pytest.raises(StoreError, match="another version"):
        TaskFolder(tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {MARKER: marker}


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "tasks").write_bytes(b"mine")
    with pytest.raises(StoreError, match="Choose a folder that can be written to"):
        TaskFolder(tmp_path / "tasks")
    assert (tmp_path / "tasks").read_bytes() == b"mine"


def test_what_killed_processes_left_is_cleared_after_a_day(tmp_path: Path) -> None:
    TaskFolder(tmp_path)
    old, young = tmp_path / "records" / f"{TEMPORARY}1-2", tmp_path / "claims" / f"{KEY}.0123456789abcdef.guard"
    for path, age in ((old, 90_000.0), (young, 80_000.0)):
        path.touch()
        os.utime(path, (time.time() - age,) * 2)
    TaskFolder(tmp_path)
    assert not old.exists()
    assert young.exists()


# --- claims -------------------------------------------------------------------------------------------------------------------


def test_a_claim_excludes_others_until_it_is_released(tmp_path: Path) -> None:
    with TaskFolder(tmp_path) as first, TaskFolder(tmp_path) as second:
        assert first.claim(KEY)
        assert not second.claim(KEY)
        assert second.claim(OTHER)
        second.release(KEY)  # not its own
        assert not second.claim(KEY)
        first.release(KEY)
        first.release(KEY)
        assert second.claim(KEY)
        assert not first.claim(KEY)


def test_a_task_that_is_done_is_given_to_nobody(tmp_path: Path) -> None:
    with TaskFolder(tmp_path) as first, TaskFolder(tmp_path) as second:
        assert first.claim(KEY)
        first.put(KEY, RECORD)
        first.release(KEY)
        assert not second.claim(KEY)
        assert not first.claim(KEY)
        assert list((tmp_path / "claims").iterdir()) == []
        (tmp_path / "records" / f"{KEY}.json").write_bytes(b"damaged")
        assert second.get(KEY) is None  # moved aside
        assert second.claim(KEY)


def test_closing_gives_the_claims_back_and_ends_the_thread(tmp_path: Path) -> None:
    before = threading.active_count()
    with TaskFolder(tmp_path) as folder:
        assert folder.claim(KEY)
        assert folder.claim(OTHER)
        assert threading.active_count() == before + 1
    assert threading.active_count() == before
    assert list((tmp_path / "claims").iterdir()) == []
    with pytest.raises(StoreError, match="closed"):
        folder.claim(KEY)


def test_a_lock_tells_nothing_of_the_machine(tmp_path: Path) -> None:
    folder = TaskFolder(tmp_path)
    assert folder.claim(KEY)
    owner = json.loads(_lock(tmp_path).read_bytes())
    assert owner.keys() == {"pid", "place", "token"}
    assert len(owner["place"]) == 64
    assert set(owner["place"]) <= set("0123456789abcdef")
    folder.close()


def test_a_lock_is_taken_over_only_when_it_was_not_touched_for_ten_minutes(tmp_path: Path) -> None:
    now = [0.0]
    folder = TaskFolder(tmp_path, clock=lambda: now[0])
    for place in (tasks._place(), "0" * 64):  # a process of this place that is alive, and one of another
        _leave(tmp_path, KEY, place=place)
        touched = _lock(tmp_path).stat().st_mtime
        now[0] = touched + STALE - 1.0
        assert not folder.claim(KEY)
        now[0] = touched + STALE + 1.0
        assert folder.claim(KEY)
        assert [path.name for path in (tmp_path / "claims").iterdir()] == [f"{KEY}.lock"]
        folder.release(KEY)


def test_the_age_is_measured_by_the_clock_of_the_file_system(tmp_path: Path) -> None:
    folder = TaskFolder(tmp_path)
    _leave(tmp_path, KEY, place="0" * 64)
    assert not folder.claim(KEY)
    os.utime(_lock(tmp_path), (time.time() - STALE - 60.0,) * 2)
    assert folder.claim(KEY)
    assert [path.name for path in (tmp_path / "claims").iterdir()] == [f"{KEY}.lock"]
    folder.close()


@pytest.mark.skipif(sys.platform == "win32", reason="process ids cannot be asked for without harm there")
def test_the_lock_of_a_process_that_ended_here_is_stale_at_once(tmp_path: Path, ended: int) -> None:
    folder = TaskFolder(tmp_path)
    _leave(tmp_path, KEY, pid=ended)
    _leave(tmp_path, OTHER, pid=ended, place="0" * 64)  # the same number means another process elsewhere
    assert folder.claim(KEY)
    assert not folder.claim(OTHER)
    folder.close()


@pytest.mark.parametrize("content", [b"", b'{"pid":', b"[1]", b'{"pid":"x","place":"y"}', b'{"pid":-1,"place":"y","token":""}'])
def test_a_lock_that_was_cut_waits_for_its_age(tmp_path: Path, content: bytes) -> None:
    now = [0.0]
    folder = TaskFolder(tmp_path, clock=lambda: now[0])
    _lock(tmp_path).write_bytes(content)
    assert not folder.claim(KEY)
    now[0] = _lock(tmp_path).stat().st_mtime + STALE + 1.0
    assert folder.claim(KEY)
    folder.close()


@pytest.mark.skipif(sys.platform == "win32", reason="process ids cannot be asked for without harm there")
def test_a_take_over_that_was_killed_half_way_is_taken_over_too(tmp_path: Path, ended: int, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = TaskFolder(tmp_path)
    _leave(tmp_path, KEY, pid=ended)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(tasks.os, "replace", killed)
        patch.setattr(TaskFolder, "_removed", lambda *_: None)
        with pytest.raises(KeyboardInterrupt):
            folder.claim(KEY)
    (guard,) = (tmp_path / "claims").glob("*.guard")
    second = TaskFolder(tmp_path)
    assert not second.claim(KEY)  # its taker is alive
    guard.write_bytes(canonical({"pid": ended, "place": tasks._place(), "token": "e" * 32}))
    assert second.claim(KEY)
    assert list((tmp_path / "claims").glob("*.guard")) == []
    second.close()


def test_the_thread_touches_what_is_held_and_lets_go_of_what_was_taken_over(tmp_path: Path) -> None:
    with TaskFolder(tmp_path, heartbeat=0.01) as folder:
        assert folder.claim(KEY)
        os.utime(_lock(tmp_path), (1.0, 1.0))
        assert folder.claim(OTHER)
        _leave(tmp_path, OTHER)
        os.utime(_lock(tmp_path, OTHER), (1.0, 1.0))
        end = time.monotonic() + 10.0
        while (_lock(tmp_path).stat().st_mtime == 1.0 or folder._held != {KEY}) and time.monotonic() < end:
            time.sleep(0.005)
        assert _lock(tmp_path).stat().st_mtime > 1.0
        assert _lock(tmp_path, OTHER).stat().st_mtime == 1.0
        assert folder._held == {KEY}
        folder.release(OTHER)
        assert _lock(tmp_path, OTHER).exists()


# --- several processes --------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_exactly_one_process_wins_each_claim(tmp_path: Path) -> None:
    TaskFolder(tmp_path)
    keys = [f"{number:064x}" for number in range(300)]
    won = _race(tmp_path, keys)
    assert sorted(key for own in won for key in own) == keys
    assert not list((tmp_path / "claims").glob("*.guard"))


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="process ids cannot be asked for without harm there")
def test_exactly_one_process_takes_over_each_stale_lock(tmp_path: Path, ended: int) -> None:
    TaskFolder(tmp_path)
    keys = [f"{number:064x}" for number in range(300)]
    for number, key in enumerate(keys):
        _leave(tmp_path, key, **({"pid": ended} if number % 2 else {"place": "0" * 64}))
        os.utime(_lock(tmp_path, key), (1.0, 1.0))
    won = _race(tmp_path, keys)
    assert sorted(key for own in won for key in own) == keys
    assert {path.name for path in (tmp_path / "claims").iterdir()} == {f"{key}.lock" for key in keys}


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL there")
def test_the_claim_of_a_killed_process_is_free_at_once(tmp_path: Path) -> None:
    folder = TaskFolder(tmp_path)
    process = _python(HOLD, str(tmp_path), KEY)
    assert _line(process) == "True"
    assert not folder.claim(KEY)
    _kill(process)
    assert process.returncode == -signal.SIGKILL
    assert folder.claim(KEY)
    folder.close()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL there")
def test_a_kill_in_the_middle_of_writing_leaves_no_half_record(tmp_path: Path) -> None:
    seen = set()
    for seed in range(4):
        process = _python(PUT, str(tmp_path))
        assert _line(process) == "ready"
        time.sleep(random.Random(seed).uniform(0.01, 0.2))
        _kill(process)
        folder = TaskFolder(tmp_path)
        kept = folder.keys()
        for key in kept:
            assert folder.get(key) == {"number": int(key, 16), "padding": [int(key, 16)] * 5000}
            seen.add(key)
        assert not list((tmp_path / "records").glob("*.damaged"))
    assert seen
