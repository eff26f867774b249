"""Whatever is typed or handed in: exit code 2, a message, no traceback, quickly."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Cli = Callable[..., Any]
LONGEST = 2.0  # [s] for any refusal, on a busy machine


def refused(dualion: Cli, *arguments: str) -> str:
    start = time.perf_counter()
    ran = dualion(*arguments)
    assert time.perf_counter() - start < LONGEST
    assert ran.code == 2, (ran.code, ran.err)
    assert ran.out == ""
    assert "Traceback" not in ran.err
    assert "Unexpected" not in ran.err
    assert ran.err.strip()
    return str(ran.err)


@pytest.mark.parametrize(
    "name", ["../evil", "/etc/evil", "a/b", "", ".", "..", "-", "a b", "x" * 200, "a\nb", "a\x00b", "ünï", "con\u202ename"]
)
def test_a_name_that_leaves_the_folder_is_refused(dualion: Cli, tmp_path: Path, name: str) -> None:
    message = refused(dualion, "study", "new", "--folder", str(tmp_path), "--", name)
    assert "not a name of a study" in message
    assert list(tmp_path.iterdir()) == []
    assert not (tmp_path.parent / "evil").exists()


def test_an_existing_folder_is_not_written_into(dualion: Cli, tmp_path: Path) -> None:
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "mine.txt").write_text("keep", encoding="utf-8")
    assert "exists already" in refused(dualion, "study", "new", "demo", "--folder", str(tmp_path))
    assert [path.name for path in (tmp_path / "demo").iterdir()] == ["mine.txt"]


def test_a_file_in_the_way_is_refused(dualion: Cli, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert "cannot be written" in refused(dualion, "study", "new", "demo", "--folder", str(tmp_path / "file"))


@pytest.mark.parametrize("verb", [("study", "check"), ("reproduce",)])
@pytest.mark.parametrize("study", ["tang2062", "no/such/folder", "/dev/null", "\x00", "x" * 5000])
def test_a_study_that_is_not_there(dualion: Cli, verb: tuple[str, ...], study: str) -> None:
    refused(dualion, *verb, study)


def test_a_folder_that_is_no_study_is_not_read_through(dualion: Cli, tmp_path: Path) -> None:
    with (tmp_path / "large.bin").open("wb") as file:
        file.truncate(3 * 2**30)  # sparse: takes no room, and many seconds to read
    assert "study.toml" in refused(dualion, "study", "check", str(tmp_path))


def test_a_misspelt_study_is_offered(dualion: Cli) -> None:
    assert "tang2026" in refused(dualion, "study", "check", "tang2062")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe\x00\x01",
        b"schema = 1",
        b"schema = 99\n[study]\nid = 'x'\n",
        b"[study\nid = 1",
        b"a = " + b"[" * 5000,
        b"x = 1\nx = 2",
        b"study = 3",
        b"\x00" * 100,
    ],
    ids=["empty", "not utf-8", "only schema", "schema 99", "open bracket", "deep", "twice", "number", "nul"],
)
def test_a_broken_study_file(dualion: Cli, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "study.toml").write_bytes(content)
    assert "study.toml" in refused(dualion, "study", "check", str(tmp_path))


@pytest.mark.parametrize(
    ("option", "text", "says"),
    [
        ("--stock-volume", "6.67", "has no unit"),
        ("--stock-volume", "6.67 g", "is a mass; a volume is needed"),
        ("--stock-volume", "some mL", "does not start with a number"),
        ("--stock-volume", "nan mL", "does not start with a number"),
        ("--stock-volume", "-1 mL", "below 0"),
        ("--stock-volume", "5 furlong", "not in the unit table"),
        ("--concentration", "0.25", "has no unit"),
        ("--concentration", "0.25 g/L", "a concentration is needed"),
        ("--chitosan", "0 g", "no free amine"),
        ("--chitosan", "1.6 mL", "a mass is needed"),
        ("--water", "30 K", "a volume is needed"),
        ("--moisture", "1.5", "--moisture"),
        ("--moisture", "wet", "--moisture"),
        ("--study", "nobody2020", "nobody2020"),
    ],
)
def test_a_dose_that_cannot_be_read(dualion: Cli, option: str, text: str, says: str) -> None:
    assert says in refused(dualion, "recipe", f"{option}={text}")


@pytest.mark.parametrize("workers", ["0", "-1", "two", "1.5"])
def test_workers_are_counted_from_one(dualion: Cli, workers: str) -> None:
    assert "--workers" in refused(dualion, "reproduce", "tang2026", f"--workers={workers}")


def test_a_recipe_that_overflows_is_refused_or_finite(dualion: Cli) -> None:
    ran = dualion("recipe", "--stock-volume", "1e400 mL", "--json")
    assert ran.code == 2
    assert "Infinity" not in ran.out
