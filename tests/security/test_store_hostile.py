"""What a hostile store or output folder may not do: run code, leave the folder, follow a link out of it."""

from __future__ import annotations

import hashlib
import io
import json
import os
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dualion.errors import StoreError
from dualion.store import Store, canonical, digest, publish
from dualion.store.output import MANIFEST


class _Trap:
    """Unpickling it makes a file."""

    def __init__(self, path: Path) -> None:
        self.path = str(path)

    def __reduce__(self) -> tuple[Any, ...]:
        return (open, (self.path, "w"))


def _plant(store: Store, root: Path, packed: bytes) -> str:
    """An entry whose digests are right and whose arrays are the given bytes."""
    key = store.key("planted", {})
    sha256 = hashlib.sha256(packed).hexdigest()
    content = {"key": key, "value": {"v": 1}, "arrays": sha256}
    (root / "entries" / f"{key}.{sha256[:16]}.npz").write_bytes(packed)
    (root / "entries" / f"{key}.json").write_bytes(canonical({"content": content, "sha256": digest(content)}))
    return key


def _npz_with_objects(trap: _Trap) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, x=np.array([trap], dtype=object))
    return buffer.getvalue()


def _zip_with_raw_pickle(trap: _Trap) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("x.npy", pickle.dumps(trap))
    return buffer.getvalue()


@pytest.mark.parametrize("form", ["npz with objects", "zip with a pickle", "bare pickle", "no zip"])
def test_planted_arrays_are_never_unpickled(tmp_path: Path, form: str) -> None:
    trap = _Trap(tmp_path / "sprung")
    store = Store(tmp_path / "store")
    packed = {
        "npz with objects": _npz_with_objects(trap),
        "zip with a pickle": _zip_with_raw_pickle(trap),
        "bare pickle": pickle.dumps(trap),
        "no zip": b"PK\x03\x04 and then nothing",
    }[form]
    key = _plant(store, tmp_path / "store", packed)
    assert not any(isinstance(array, np.ndarray) for array in (store.arrays(key) or {}).values())
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize("key", ["../../etc/passwd", "fit-" + "0" * 63, "fit-" + "g" * 64, "", "Fit-" + "0" * 64, "a/b-" + "0" * 64])
def test_keys_of_another_form_reach_no_file(tmp_path: Path, key: str) -> None:
    store = Store(tmp_path)
    for use in (store.get, store.arrays, lambda key: store.put(key, {"v": 1})):
        with pytest.raises(StoreError, match="was not made by this store"):
            use(key)


@pytest.mark.parametrize("task", ["../fit", "", "Fit", "a/b", "a" * 65, "fit\n"])
def test_task_names_of_another_form_are_refused(tmp_path: Path, task: str) -> None:
    with pytest.raises(StoreError, match="is not a task name"):
        Store(tmp_path).key(task, {})


def test_an_entry_that_points_elsewhere_is_damaged(tmp_path: Path) -> None:
    secret = tmp_path / "secret.npz"
    secret.write_bytes(b"secret")
    store = Store(tmp_path / "store")
    key = store.key("planted", {})
    content = {"key": key, "value": {"v": 1}, "arrays": "../../secret"}
    (tmp_path / "store" / "entries" / f"{key}.json").write_bytes(canonical({"content": content, "sha256": digest(content)}))
    assert store.get(key) is None


@pytest.mark.parametrize("raw", [b"[" * 100_000, b'{"content":' * 5000, b"\xff\xfe", b"null", b"[]", b"1e999", b'{"content":1,"sha256":2}'])
def test_any_bytes_are_an_absent_entry(tmp_path: Path, raw: bytes) -> None:
    store = Store(tmp_path)
    key = store.key("planted", {})
    (tmp_path / "entries" / f"{key}.json").write_bytes(raw)
    assert store.get(key) is None


@pytest.mark.parametrize(
    "name", ["../out.html", "/tmp/out.html", "a/../../b", "a\\b", "C:out", "", ".", "a//b", MANIFEST, ".dualion-x/a", "a\0b"]
)
def test_published_names_stay_inside(tmp_path: Path, name: str) -> None:
    with pytest.raises(StoreError, match="is not a path inside the folder"):
        publish(tmp_path / "out", {"report.html": b"1", name: b"2"}, last="report.html")
    assert os.listdir(tmp_path) == []


def test_a_linked_sub_folder_is_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    out = tmp_path / "out"
    out.mkdir()
    (out / "figures").symlink_to(outside)
    with pytest.raises(StoreError, match="figures: is a link"):
        publish(out, {"report.html": b"1", "figures/a.svg": b"2"}, last="report.html")
    assert os.listdir(outside) == []


def test_a_linked_target_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "mine").write_bytes(b"mine")
    out = tmp_path / "out"
    out.mkdir()
    (out / "report.html").symlink_to(tmp_path / "mine")
    with pytest.raises(StoreError, match="was not written by dualion"):
        publish(out, {"report.html": b"1"}, last="report.html")
    assert (tmp_path / "mine").read_bytes() == b"mine"


@pytest.mark.parametrize("name", ["../victim.txt", "link/victim.txt"])
def test_a_planted_manifest_removes_nothing_outside(tmp_path: Path, name: str) -> None:
    out, victim = tmp_path / "out", tmp_path / "victim.txt"
    out.mkdir()
    victim.write_bytes(b"mine")
    (out / "link").symlink_to(tmp_path)
    planted = {"schema": "dualion/published/1", "files": {name: [hashlib.sha256(b"mine").hexdigest()]}}
    (out / MANIFEST).write_text(json.dumps(planted))
    publish(out, {"report.html": b"1"}, last="report.html")
    assert victim.read_bytes() == b"mine"


def test_a_linked_staging_folder_is_not_emptied(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "keep.txt").write_bytes(b"mine")
    out = tmp_path / "out"
    out.mkdir()
    (out / ".dualion-staging-0").symlink_to(outside)
    publish(out, {"report.html": b"1"}, last="report.html")
    assert (outside / "keep.txt").read_bytes() == b"mine"
