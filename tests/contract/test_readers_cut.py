"""Files that are cut or damaged anywhere: a ``ReadError`` or a measurement, and never a silently short one.

The law of a cut text file. What is read is the beginning of what the whole file gives. Without the flag ``truncated`` it holds every row
whose line lies before the cut; and where the file says how many rows it has, it holds all of them.
"""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import readers_examples as examples
import readers_files as files
import readers_limits as limits
from dualion.records.measurement import Measurement
from readers_damage import damaged, places

TESTS = Path(__file__).parents[1]

EXAMPLES = [make() for make in examples.EVERY]
BY_NAME = {"argvalues": EXAMPLES, "ids": [example.name for example in EXAMPLES]}
FAST_BY_NAME = {"argvalues": examples.parameters(EXAMPLES)}
#: Text among the real files: of these the beginning must be read.
REAL_TEXTS = [name for name in files.FILES if not name.endswith((".zip", ".ndax", ".mpr"))]

FEW, CUTS, MANY_CUTS = 4, 64, 200
DAMAGES, MANY_DAMAGES = 200, 2000

Outcome = Callable[[bytes], Measurement | None]


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    """Read under a limit of time: a measurement, or None for a ``ReadError``."""
    read: Outcome = limits.outcome
    return read


def said(measured: Measurement) -> bool:
    """Whether the measurement says that its file is cut."""
    return any(flag.code == "truncated" for flag in measured.flags)


def is_beginning(part: pl.DataFrame, whole: pl.DataFrame) -> bool:
    """Whether the rows are the first ones of the whole, in the columns that both have."""
    names = [name for name in part.columns if name in whole.columns]
    return part.height <= whole.height and all(
        part[name].cast(whole[name].dtype).equals(whole[name].head(part.height), null_equal=True) for name in names
    )


def broken_law(example: Any, cuts: list[int], outcome: Outcome) -> list[str]:
    """Where the law of a cut file does not hold, and how."""
    whole = outcome(example.data)
    if whole is None:
        return [f"{example.name}: the whole file is refused"]
    broken = []
    for cut in cuts:
        part = outcome(example.data[:cut])
        if part is not None and (how := _breach(example, whole, part, cut)):
            broken.append(f"{example.name} cut at byte {cut} of {len(example.data)}: {example.data[max(0, cut - 40) : cut]!r}: {how}")
    return broken


def _breach(example: Any, whole: Measurement, part: Measurement, cut: int) -> str:
    if part.source.reader != example.format and not said(part) and part.table.height:
        return f"read as {part.source.reader}"
    if said(part) and part.technique != whole.technique:
        return ""  # such as the open-circuit curve before a spectrum
    if not is_beginning(part.table, whole.table):
        return "other numbers"
    if said(part):
        return ""
    if part.table.height < sum(end <= cut for end in example.ends):
        return "rows are lost in silence"
    counted = example.counted or not example.ends
    return "the file says how many rows it has" if counted and part.table.height != whole.table.height else ""


@pytest.mark.parametrize("example", **FAST_BY_NAME)
def test_a_cut_example_is_never_silently_short(example: Any, outcome: Outcome) -> None:
    tail = range(max(0, len(example.data) - 2), len(example.data))
    assert broken_law(example, sorted({*places(len(example.data), FEW, 0), *tail}), outcome) == []


@pytest.mark.slow
@pytest.mark.parametrize("example", **BY_NAME)
def test_a_cut_example_at_many_places(example: Any, outcome: Outcome) -> None:
    """At every other byte of the last rows and of what stands behind them, and at 64 other places."""
    size = len(example.data)
    first = example.ends[-3] if example.ends else size - 100
    assert broken_law(example, sorted({*places(size, CUTS, 1), *range(first, min(first + 250, size), 2)}), outcome) == []


@pytest.mark.thorough
@pytest.mark.parametrize("example", **BY_NAME)
def test_an_example_cut_at_every_byte(example: Any, outcome: Outcome) -> None:
    assert broken_law(example, list(range(len(example.data))), outcome) == []


def broken_by_real(name: str, shared: Path, count: int, seed: int, outcome: Outcome) -> list[str]:
    """Cuts of a real file of text that give other numbers, or fewer rows without a word."""
    data = files.load(shared, name)
    whole, broken = outcome(data), []
    for cut in places(len(data), count, seed):
        part = outcome(data[:cut])
        if part is None or whole is None or name not in REAL_TEXTS:
            continue
        behind = outcome(data[: data.rfind(b"\n", 0, cut) + 1])
        kept = said(part) or (behind is not None and part.table.height >= behind.table.height)
        if not (kept and is_beginning(part.table, whole.table)):
            broken.append(f"{name} cut at byte {cut}")
    return broken


@pytest.mark.slow
@pytest.mark.parametrize("name", files.FILES)
def test_a_cut_real_file(name: str, shared: Path, outcome: Outcome) -> None:
    assert broken_by_real(name, shared, CUTS, 2, outcome) == []


@pytest.mark.thorough
@pytest.mark.parametrize("name", files.FILES)
def test_a_real_file_cut_at_many_places(name: str, shared: Path, outcome: Outcome) -> None:
    assert broken_by_real(name, shared, MANY_CUTS, 3, outcome) == []


# --- damage ------------------------------------------------------------------------------------------------------------------------


def damage(data: bytes, count: int, seed: int, outcome: Outcome) -> int:
    """How many damaged variants were refused or read soundly: ``outcome`` fails on anything else."""
    rng = random.Random(seed)
    found = [outcome(damaged(data, rng)) for _ in range(count)]
    return sum(one is None for one in found) + sum(one is not None for one in found)


@pytest.mark.parametrize("example", **FAST_BY_NAME)
def test_a_damaged_example(example: Any, outcome: Outcome) -> None:
    assert damage(example.data, FEW, 4, outcome) == FEW


@pytest.mark.slow
@pytest.mark.parametrize("example", **BY_NAME)
def test_an_example_damaged_in_many_ways(example: Any, outcome: Outcome) -> None:
    assert damage(example.data, DAMAGES, 5, outcome) == DAMAGES


@pytest.mark.slow
@pytest.mark.parametrize("name", files.FILES)
def test_a_damaged_real_file(name: str, shared: Path, outcome: Outcome) -> None:
    assert damage(files.load(shared, name), DAMAGES, 6, outcome) == DAMAGES


def damage_members(data: bytes, count: int, seed: int, outcome: Outcome) -> int:
    """Damage what is inside an archive, and pack it again with right check sums; how many were refused or read soundly."""
    rng, held = random.Random(seed), 0
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    for _ in range(count):
        name = rng.choice([name for name, content in members.items() if content])
        content = members[name]
        kind = rng.random()
        changed = {name: damaged(content, rng)} if kind < 0.7 else {name: content[: rng.randrange(len(content))]} if kind < 0.9 else {}
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
            for other in members:
                if other != name or changed:
                    archive.writestr(other, changed.get(other, members[other]))
        found = outcome(packed.getvalue())
        held += (found is None) + (found is not None)
    return held


ARCHIVES = ("neware-xlsx", "neware/nw4-120-1-6-53.ndax")


def archive_of(name: str, shared: Path) -> bytes:
    return files.load(shared, name) if "/" in name else bytes(next(one.data for one in EXAMPLES if one.name == name))


@pytest.mark.slow
@pytest.mark.parametrize("name", ARCHIVES)
def test_damaged_members_of_archives(name: str, shared: Path, outcome: Outcome) -> None:
    assert damage_members(archive_of(name, shared), DAMAGES, 9, outcome) == DAMAGES


PAGE = 4096  # [byte] of a member of an .ndax


@pytest.mark.slow
@pytest.mark.parametrize("member", ["data.ndc", "data_runInfo.ndc", "data_step.ndc"])
def test_an_ndax_whose_members_do_not_end_together_is_never_silent(member: str, shared: Path, outcome: Outcome) -> None:
    """One member is cut between two pages, which leaves every page whole and every check sum right."""
    with zipfile.ZipFile(io.BytesIO(files.load(shared, "neware/nw4-120-1-6-53.ndax"))) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    pages = len(members[member]) // PAGE
    for kept in sorted({*range(1, pages, max(1, pages // 6)), pages - 2, pages - 1}):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
            for name, content in members.items():
                archive.writestr(name, content[: kept * PAGE] if name == member else content)
        part = outcome(packed.getvalue())
        assert part is None or said(part), f"{member} cut to {kept} of {pages} pages"


@pytest.mark.thorough
@pytest.mark.parametrize("name", ARCHIVES)
def test_members_of_archives_damaged_in_thousands_of_ways(name: str, shared: Path, outcome: Outcome) -> None:
    assert damage_members(archive_of(name, shared), MANY_DAMAGES, 10, outcome) == MANY_DAMAGES


@pytest.mark.thorough
@pytest.mark.parametrize("example", **BY_NAME)
def test_an_example_damaged_in_thousands_of_ways(example: Any, outcome: Outcome) -> None:
    assert damage(example.data, MANY_DAMAGES, 7, outcome) == MANY_DAMAGES


@pytest.mark.thorough
@pytest.mark.parametrize("name", files.FILES)
def test_a_real_file_damaged_in_thousands_of_ways(name: str, shared: Path, outcome: Outcome) -> None:
    assert damage(files.load(shared, name), MANY_DAMAGES, 8, outcome) == MANY_DAMAGES
