"""What a hostile or careless folder may hold: unknown keys at any depth, huge tables, deep expressions."""

from __future__ import annotations

import json
import shutil
import time
import tomllib
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dualion.errors import SpecError
from dualion.study.load import load, locate
from dualion.study.relations import evaluate
from dualion.study.written.template import new

HOSTILE_SECONDS = 1.0  # of processor time, so that a busy machine does not count
HOSTILE_BYTES = 100e6


@pytest.fixture
def demo(tmp_path: Path) -> Path:
    """The template: a small study of one half cell, to be spoilt."""
    return new("demo", tmp_path)


def edit(folder: Path, file: str, old: str, new_text: str) -> None:
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text, f"{old!r} is not in {file}"
    (folder / file).write_text(text.replace(old, new_text, 1), encoding="utf-8")


def problems(folder: Path) -> tuple[str, ...]:
    with pytest.raises(SpecError) as caught:
        load(folder)
    return caught.value.problems


def tables(data: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Places of every table in plain data."""
    if isinstance(data, dict):
        yield path
    for key, inner in data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ():
        yield from tables(inner, (*path, key))


def toml(value: Any) -> str:
    """Plain data as an inline TOML value."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {toml(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(toml(inner) for inner in value) + "]"
    return json.dumps(value)


_BUNDLED = locate("tang2026")
_FILES = ("study.toml", "relations.toml", "cells/mec3-eg.toml", "materials/carbon.toml")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundled study with a material file of its own."""
    folder = Path(shutil.copytree(_BUNDLED, tmp_path_factory.mktemp("unknown") / "study"))
    (folder / "materials").mkdir()
    shutil.copy(_BUNDLED.parent.parent / "materials" / "mec3.toml", folder / "materials" / "carbon.toml")
    for name in ("mec3-eg", "na-mec3"):
        edit(folder, f"cells/{name}.toml", '"mec3"', '"materials/carbon.toml"')
    load(folder)
    return folder


@pytest.mark.slow
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(choice=st.data())
def test_an_unknown_key_at_any_depth_is_refused(whole: Path, choice: st.DataObject) -> None:
    name = choice.draw(st.sampled_from(_FILES))
    path = whole / name
    before = path.read_bytes()
    data = tomllib.loads(before.decode())
    place = choice.draw(st.sampled_from(list(tables(data))))
    key = choice.draw(st.sampled_from(["unknown_key", "naem", "x y", "ä"]))
    here = data
    for part in place:
        here = here[part]  # type: ignore[index]
    here[key] = True
    try:
        path.write_text("\n".join(f"{json.dumps(top)} = {toml(value)}" for top, value in data.items()), encoding="utf-8")
        found = problems(whole)
    finally:
        path.write_bytes(before)
    assert all(problem.startswith(name) for problem in found)
    assert any(key in problem or json.dumps(key, ensure_ascii=False) in problem for problem in found)


class TestHostile:
    """Each is refused within a second."""

    def refused(self, folder: Path, problem: str) -> bool:
        """Whether a folder is refused in these words, and in time."""
        start = time.process_time()
        found = problems(folder)
        return time.process_time() - start < HOSTILE_SECONDS and any(line.startswith(problem) for line in found)

    @pytest.mark.slow
    def test_a_million_rows(self, demo: Path) -> None:
        row = "P001,setting,a,b,,,,,,,GCD,input,\n"
        header = (demo / "claims.csv").read_text(encoding="utf-8").splitlines()[0]
        (demo / "claims.csv").write_text(header + "\n" + row * 1_000_000, encoding="utf-8")
        assert self.refused(demo, "claims.csv: more than 100000 rows. Split the study.")
        tracemalloc.start()
        problems(demo)
        assert tracemalloc.get_traced_memory()[1] < HOSTILE_BYTES
        tracemalloc.stop()

    def test_a_large_table(self, demo: Path) -> None:
        with (demo / "claims.csv").open("wb") as file:
            file.truncate(70_000_000)
        assert self.refused(demo, "claims.csv: 70000000 bytes are more than the 67108864 that are read.")

    def test_one_endless_line(self, demo: Path) -> None:
        (demo / "claims.csv").write_bytes(b"a" * 60_000_000)
        assert self.refused(demo, "claims.csv: after row 0: not CSV (a line of 100000 or more characters).")

    def test_not_utf8(self, demo: Path) -> None:
        (demo / "claims.csv").write_bytes(b"id,quantity\n\xff\xfe\n")
        assert self.refused(demo, "claims.csv: not UTF-8")

    def test_no_table(self, demo: Path) -> None:
        (demo / "claims.csv").unlink()
        assert self.refused(demo, "claims.csv: missing.")

    @pytest.mark.parametrize("expression", ["(" * 10_000 + "1" + ")" * 10_000, "-" * 10_000 + "1", "+".join("1" * 10_000), "x" * 500])
    def test_deep_expressions(self, demo: Path, expression: str) -> None:
        edit(demo, "relations.toml", "100 * P007 / P003", expression)
        assert self.refused(demo, "relations.toml: relation R02, expr: ")

    def test_a_huge_power_is_refused_when_it_is_computed(self, demo: Path) -> None:
        edit(demo, "relations.toml", "100 * P007 / P003", "9**9**9**9")
        start = time.process_time()
        with pytest.raises(SpecError, match="not a finite number"):
            evaluate(load(demo))
        assert time.process_time() - start < HOSTILE_SECONDS

    def test_many_unknown_claims(self, demo: Path) -> None:
        names = ", ".join(f'"P{index % 1000:03d}{"abcdefghij"[index // 1000]}"' for index in range(10_000))
        edit(demo, "relations.toml", "claims = []", f"claims = [{names}]")
        start = time.process_time()
        assert len(problems(demo)) == 10_000
        assert time.process_time() - start < 5 * HOSTILE_SECONDS

    def test_no_folder(self, tmp_path: Path) -> None:
        assert self.refused(tmp_path, "study.toml: missing.")
        assert self.refused(tmp_path / "nowhere", '"nowhere": not a folder.')
