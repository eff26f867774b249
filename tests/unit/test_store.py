"""The store and the output folder: kills, concurrent writers, damage, and what they refuse."""

from __future__ import annotations

import json
import math
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import dualion
from dualion.errors import StoreError
from dualion.store import Store, canonical, digest, publish, write_atomic
from dualion.store import files as store_files
from dualion.store import output as store_output
from dualion.store.files import TEMPORARY
from dualion.store.output import MANIFEST

PACKAGE = str(Path(dualion.__file__).parents[1])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
ARRAYS = st.dictionaries(
    st.text(st.characters(codec="ascii", categories=("L", "N")), min_size=1, max_size=8),
    hnp.arrays(hnp.floating_dtypes(sizes=(32, 64)) | hnp.integer_dtypes() | hnp.boolean_dtypes(), hnp.array_shapes(min_side=0, max_side=4)),
    max_size=3,
)


def _python(code: str, *arguments: str) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "PYTHONPATH": PACKAGE}
    return subprocess.Popen([sys.executable, "-c", code, *arguments], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def _visible(folder: Path) -> dict[str, bytes]:
    """Content of every file that is not a part of dualion's own bookkeeping."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and not name.startswith(".dualion-"):
            found[name] = path.read_bytes()
    return found


# --- canonical form -----------------------------------------------------------------------------------------------------------


def test_canonical_form_is_written_down() -> None:
    assert canonical({"b": 1.0, "a": [True, None, "ä"], "c": 1e-20}) == b'{"a":[true,null,"\\u00e4"],"b":1.0,"c":1e-20}'
    # fixed: a change would make every store useless without anybody noticing
    assert digest({"a": 1}) == "015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862"


def test_order_of_keys_does_not_matter_but_types_do() -> None:
    assert canonical({"a": 1, "b": 2}) == canonical({"b": 2, "a": 1})
    assert len({canonical(1), canonical(1.0), canonical("1"), canonical(True), canonical([1])}) == 5
    assert canonical((1, 2)) == canonical([1, 2])


@given(JSON)
def test_canonical_form_reads_back(value: Any) -> None:
    assert json.loads(canonical(value)) == value
    assert canonical(json.loads(canonical(value))) == canonical(value)


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ({"a": [0.0, math.nan]}, r"value\.a\[1\]"),
        (math.inf, "value"),
        ({"a": {1: 2}}, r"value\.a: the key 1"),
        ({"a": object()}, r"value\.a: object"),
        (np.arange(3), "value: ndarray"),
        (b"bytes", "value: bytes"),
    ],
)
def test_what_has_no_json_form_is_refused_with_its_place(value: Any, place: str) -> None:
    with pytest.raises(StoreError, match=place):
        canonical(value)


def test_a_cycle_is_refused() -> None:
    cycle: list[Any] = []
    cycle.append(cycle)
    with pytest.raises(StoreError, match="without cycles"):
        canonical(cycle)


# --- entries ------------------------------------------------------------------------------------------------------------------


@pytest.mark.slow
@settings(max_examples=50)
@given(value=JSON.filter(lambda value: value is not None), arrays=ARRAYS)
def test_entries_read_back(value: Any, arrays: dict[str, Any]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder))
        key = store.key("round-trip", {"n": 1})
        assert store.get(key) is None
        assert store.arrays(key) is None
        store.put(key, value, arrays)
        assert store.get(key) == value
        found = store.arrays(key)
        assert found is not None
        assert sorted(found) == sorted(arrays)
        for name, array in arrays.items():
            assert found[name].dtype == array.dtype
            np.testing.assert_array_equal(found[name], array)


def test_the_key_depends_on_task_and_inputs(tmp_path: Path) -> None:
    store = Store(tmp_path)
    keys = {store.key("fit", {"a": 1}), store.key("fit", {"a": 2}), store.key("rate", {"a": 1})}
    assert len(keys) == 3
    assert store.key("fit", {"a": 1, "b": 2}) == Store(tmp_path).key("fit", {"b": 2, "a": 1})


def test_a_later_entry_replaces_an_earlier_one(tmp_path: Path) -> None:
    store = Store(tmp_path)
    key = store.key("fit", {})
    store.put(key, {"v": 1}, {"x": np.arange(3)})
    store.put(key, {"v": 2})
    assert store.get(key) == {"v": 2}
    assert store.arrays(key) == {}


def test_the_same_entry_has_the_same_bytes(tmp_path: Path) -> None:
    arrays = {"b": np.linspace(0, 1, 50), "a": np.arange(4)}
    for name in ("one", "two"):
        store = Store(tmp_path / name)
        store.put(store.key("fit", {"a": 1}), {"v": 0.1}, arrays)
        arrays = dict(reversed(arrays.items()))
    assert _visible(tmp_path / "one") == _visible(tmp_path / "two")


def test_none_and_objects_are_refused(tmp_path: Path) -> None:
    store = Store(tmp_path)
    key = store.key("fit", {})
    with pytest.raises(StoreError, match="None cannot be told"):
        store.put(key, None)
    with pytest.raises(StoreError, match="x: an array of objects would need pickling"):
        store.put(key, {}, {"x": np.array([{}], dtype=object)})
    assert store.get(key) is None


def _damaged(data: bytes, way: str) -> bytes:
    if way == "truncated":
        return data[: len(data) // 2]
    if way == "empty":
        return b""
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]


@pytest.mark.parametrize("way", ["truncated", "empty", "one bit"])
@pytest.mark.parametrize("suffix", [".json", ".npz"])
def test_a_damaged_entry_is_absent_and_moved_aside(tmp_path: Path, suffix: str, way: str) -> None:
    store = Store(tmp_path)
    key = store.key("fit", {})
    store.put(key, {"v": [1.0, 2.0]}, {"x": np.arange(100.0)})
    (file,) = (tmp_path / "entries").glob(f"*{suffix}")
    file.write_bytes(_damaged(file.read_bytes(), way))
    assert store.get(key) is None
    assert store.arrays(key) is None
    assert [path.name for path in (tmp_path / "entries").glob("*.damaged")] == [f"{key}.json.damaged"]
    store.put(key, {"v": 3}, {"x": np.arange(100.0)})
    assert store.get(key) == {"v": 3}
    np.testing.assert_array_equal((store.arrays(key) or {})["x"], np.arange(100.0))


@given(st.data())
@settings(max_examples=40)
def test_any_single_changed_byte_is_seen(data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder))
        key = store.key("fit", {})
        store.put(key, {"v": 0.5, "text": "abc"})
        (file,) = (Path(folder) / "entries").glob("*.json")
        raw = bytearray(file.read_bytes())
        place = data.draw(st.integers(0, len(raw) - 2))  # the last byte is the line end
        raw[place] = data.draw(st.integers(0, 255).filter(lambda byte: byte != raw[place]))
        file.write_bytes(bytes(raw))
        assert store.get(key) in (None, {"v": 0.5, "text": "abc"})  # the same value in another notation is no damage


def test_an_entry_under_a_false_key_is_absent(tmp_path: Path) -> None:
    store = Store(tmp_path)
    first, second = store.key("fit", {"a": 1}), store.key("fit", {"a": 2})
    store.put(first, {"v": 1})
    entries = tmp_path / "entries"
    (entries / f"{first}.json").rename(entries / f"{second}.json")
    assert store.get(second) is None


def test_abandoned_files_go_and_fresh_ones_stay(tmp_path: Path) -> None:
    Store(tmp_path)
    old, fresh = tmp_path / "entries" / f"{TEMPORARY}1-a", tmp_path / "entries" / f"{TEMPORARY}2-b"
    for file in (old, fresh):
        file.write_bytes(b"half")
    long_ago = time.time() - 2 * 86400
    os.utime(old, (long_ago, long_ago))
    Store(tmp_path)
    assert not old.exists()
    assert fresh.exists()


# --- roots --------------------------------------------------------------------------------------------------------------------


def test_a_foreign_folder_is_refused_untouched(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(StoreError, match=r"not a dualion store; it holds thesis\.txt\. Choose an empty folder"):
        Store(tmp_path)
    assert os.listdir(tmp_path) == ["thesis.txt"]


def test_a_store_of_another_version_is_refused(tmp_path: Path) -> None:
    Store(tmp_path)
    (tmp_path / "dualion-store.json").write_text('{"schema":"dualion/store/99"}')
    with pytest.raises(StoreError, match="another version"):
        Store(tmp_path)
    assert "99" in (tmp_path / "dualion-store.json").read_text()


def test_a_file_is_no_root(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for root in (tmp_path / "file", tmp_path / "file" / "store"):
        with pytest.raises(StoreError, match="Choose a folder that can be written to"):
            Store(root)


def test_a_root_that_cannot_be_written_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By a failing write, because the owner of a machine may write anywhere."""
    store = Store(tmp_path / "old")
    key = store.key("fit", {})
    store.put(key, {"v": 1})

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store_files, "write_flushed", full)
    with pytest.raises(StoreError, match=r"No space left on device.*Choose another folder, or free space"):
        Store(tmp_path / "new")
    with pytest.raises(StoreError, match="No space left"):
        store.put(key, {"v": 2})
    assert store.get(key) == {"v": 1}


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "results.json"
    write_atomic(target, b"old")

    def broken(*_: Any) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "replace", broken)
    with pytest.raises(StoreError, match="Input/output error"):
        write_atomic(target, b"new")
    assert _visible(tmp_path) == {"results.json": b"old"}
    assert os.listdir(tmp_path) == ["results.json"]


def test_a_missing_folder_says_so(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="No such file or directory"):
        write_atomic(tmp_path / "absent" / "results.json", b"new")


# --- several processes --------------------------------------------------------------------------------------------------------

WRITER = """
import sys
from pathlib import Path
import numpy as np
from dualion.store import Store
store, me = Store(Path(sys.argv[1])), float(sys.argv[2])
key = store.key("shared", {"a": 1})
for step in range(40):
    store.put(key, {"writer": me}, {"x": np.full(2000, me)})
    value, arrays = store.get(key), store.arrays(key)
    assert value is not None and value["writer"] in (1.0, 2.0, 3.0), value
    assert arrays is not None and len(set(arrays["x"])) == 1, arrays
"""


@pytest.mark.slow
def test_processes_may_make_one_store_and_write_one_key(tmp_path: Path) -> None:
    writers = [_python(WRITER, str(tmp_path / "store"), str(number)) for number in (1, 2, 3)]
    for writer in writers:
        _, errors = writer.communicate(timeout=120)
        assert writer.returncode == 0, errors.decode()
    store = Store(tmp_path / "store")
    assert not list((tmp_path / "store").rglob("*.damaged"))
    assert store.get(store.key("shared", {"a": 1})) is not None


PUBLISHER = """
import itertools, sys
from pathlib import Path
from dualion.store import publish
folder = Path(sys.argv[1])
print("ready", flush=True)
for n in itertools.count(int(sys.argv[2])):
    mark = str(n % 7).encode()
    files = {f"figures/{i}.svg": mark * 20000 for i in range(6 + n % 3)}
    publish(folder, {"report.html": mark * 200000, "results.json": mark * 1000, **files}, last="report.html")
"""


def _kill_at_random(code: str, *arguments: str, rng: random.Random) -> None:
    process = _python(code, *arguments)
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(rng.uniform(0.0, 0.06))
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
@pytest.mark.slow
def test_a_kill_leaves_a_complete_report_and_the_next_run_mends_the_folder(tmp_path: Path) -> None:
    folder, rng = tmp_path / "out", random.Random(7)
    publish(folder, {"report.html": b"0" * 200000, "results.json": b"0" * 1000}, last="report.html")
    (folder / "notes.txt").write_text("mine")
    for round_ in range(12):
        _kill_at_random(PUBLISHER, str(folder), str(round_ * 1000), rng=rng)
        for name, content in _visible(folder).items():
            assert name == "notes.txt" or len(set(content)) == 1, f"{name} is a mixture"
        assert len((folder / "report.html").read_bytes()) == 200000
    last = {"report.html": b"end", "results.json": b"end"}
    publish(folder, last, last="report.html")
    assert _visible(folder) == {**last, "notes.txt": b"mine"}
    assert sorted(os.listdir(folder)) == sorted([MANIFEST, "notes.txt", "report.html", "results.json"])


STORER = """
import itertools, sys
from pathlib import Path
import numpy as np
from dualion.store import Store
store = Store(Path(sys.argv[1]))
key = store.key("killed", {})
print("ready", flush=True)
for n in itertools.count():
    store.put(key, {"n": n, "text": str(n) * 20000}, {"x": np.full(20000, n)})
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
@pytest.mark.slow
def test_a_kill_leaves_the_last_complete_entry(tmp_path: Path) -> None:
    rng = random.Random(11)
    store = Store(tmp_path)
    key = store.key("killed", {})
    store.put(key, {"n": 0, "text": "0" * 20000}, {"x": np.full(20000, 0)})
    for _ in range(8):
        _kill_at_random(STORER, str(tmp_path), rng=rng)
        value, arrays = store.get(key), store.arrays(key)
        assert value is not None
        assert arrays is not None
        assert value["text"] == str(value["n"]) * 20000
        assert set(arrays["x"]) == {value["n"]}


def test_every_interruption_of_a_publication_is_survived(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stop at the first rename, at the second, and so on: the report is the old one or the new one, and the next run succeeds."""

    class Killed(BaseException):
        pass

    old = {"report.html": b"old", "results.json": b"old", "figures/a.svg": b"old", "figures/b.svg": b"old"}
    new = {"report.html": b"new", "results.json": b"new", "figures/a.svg": b"new", "figures/c.svg": b"new"}
    replace = os.replace
    for stop in range(8):
        folder = tmp_path / str(stop)
        publish(folder, old, last="report.html")
        done = [0]

        def counted(source: Any, target: Any, *, stop: int = stop, done: list[int] = done) -> None:
            if done[0] == stop:
                raise Killed
            done[0] += 1
            replace(source, target)

        with monkeypatch.context() as patch:
            patch.setattr(os, "replace", counted)
            try:
                publish(folder, new, last="report.html")
            except Killed:
                found = _visible(folder)
                if found["report.html"] == b"new":  # the report came last: everything else is there
                    assert all(found[name] == b"new" for name in new)
        third = {"report.html": b"third", "figures/c.svg": b"third"}
        publish(folder, third, last="report.html")
        assert _visible(folder) == third


# --- output folders -----------------------------------------------------------------------------------------------------------


def test_stale_files_go_and_others_stay(tmp_path: Path) -> None:
    publish(tmp_path / "out", {"report.html": b"1", "figures/a.svg": b"a", "figures/old/b.svg": b"b"}, last="report.html")
    (tmp_path / "out" / "figures" / "mine.svg").write_bytes(b"mine")
    publish(tmp_path / "out", {"report.html": b"2"}, last="report.html")
    assert _visible(tmp_path / "out") == {"report.html": b"2", "figures/mine.svg": b"mine"}
    assert not (tmp_path / "out" / "figures" / "old").exists()


def test_a_stale_file_that_was_changed_stays(tmp_path: Path) -> None:
    publish(tmp_path, {"report.html": b"1", "a.svg": b"a", "b.svg": b"b"}, last="report.html")
    (tmp_path / "a.svg").write_bytes(b"touched up by hand")
    publish(tmp_path, {"report.html": b"2"}, last="report.html")
    assert _visible(tmp_path) == {"report.html": b"2", "a.svg": b"touched up by hand"}


def test_a_file_of_somebody_else_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "results.json").write_bytes(b"mine")
    with pytest.raises(StoreError, match=r"results\.json: was not written by dualion"):
        publish(tmp_path, {"report.html": b"1", "results.json": b"2"}, last="report.html")
    assert os.listdir(tmp_path) == ["results.json"]
    assert _visible(tmp_path) == {"results.json": b"mine"}


def test_a_file_that_holds_the_same_is_adopted(tmp_path: Path) -> None:
    (tmp_path / "results.json").write_bytes(b"2")
    publish(tmp_path, {"report.html": b"1", "results.json": b"2"}, last="report.html")
    assert _visible(tmp_path) == {"report.html": b"1", "results.json": b"2"}


def test_a_second_publication_writes_the_same_bytes(tmp_path: Path) -> None:
    files = {"report.html": b"1", "figures/a.svg": b"a"}
    publish(tmp_path, files, last="report.html")
    manifest = (tmp_path / MANIFEST).read_bytes()
    publish(tmp_path, files, last="report.html")
    assert (tmp_path / MANIFEST).read_bytes() == manifest
    assert _visible(tmp_path) == files


def test_the_last_file_must_be_one_of_them(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r'"report\.html" is not among the files'):
        publish(tmp_path / "out", {"results.json": b""}, last="report.html")
    assert not (tmp_path / "out").exists()


def test_a_manifest_that_cannot_be_understood_is_named(tmp_path: Path) -> None:
    (tmp_path / MANIFEST).write_text("{")
    with pytest.raises(StoreError, match=r"dualion-manifest\.json: cannot be understood"):
        publish(tmp_path, {"report.html": b"1"}, last="report.html")


def test_a_full_disk_leaves_the_old_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(tmp_path, {"report.html": b"old", "a.svg": b"old"}, last="report.html")

    def full(path: Path, data: bytes) -> None:
        if path.name == "report.html":
            raise OSError(28, "No space left on device")
        path.write_bytes(data)

    monkeypatch.setattr(store_output, "write_flushed", full)
    with pytest.raises(StoreError, match="No space left on device"):
        publish(tmp_path, {"report.html": b"new", "a.svg": b"new"}, last="report.html")
    assert _visible(tmp_path) == {"report.html": b"old", "a.svg": b"old"}
    assert sorted(os.listdir(tmp_path)) == [MANIFEST, "a.svg", "report.html"]
