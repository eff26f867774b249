"""The contract of the readers of characterisation: known by content, truth as written, and only ``ReadError`` escapes, whatever the bytes.

Examples are written in ``tests/examples_*.py``; real files come from the reference data. A file may hold several regions.
"""

from __future__ import annotations

import gzip
import importlib
import random
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from dualion.readers import read_all_bytes, sniff
from dualion.records.measurement import CHARACTERISATION, Measurement
from readers_damage import damaged, places
from readers_limits import outcomes

TESTS = Path(__file__).parents[1]
ROOMS = sorted(path.stem for path in TESTS.glob("examples_*.py"))
EXAMPLES = [make() for room in ROOMS for make in importlib.import_module(room).EVERY]
BY_NAME = {"argvalues": EXAMPLES, "ids": [example.name for example in EXAMPLES]}

FEW, CUTS, MANY_CUTS = 6, 64, 400
FEW_DAMAGES, DAMAGES, MANY_DAMAGES = 6, 200, 2000
#: Real files; the largest are shortened to their first bytes.
FOLDERS = ("adsorption", "saxs", "xrd", "raman", "ftir", "xps", "nexafs", "xafs")
NO_MEASUREMENT = ("octcarb_waxsexample_result.csv",)
LONGEST = 160_000  # [byte]
#: Formats that are decoded in a process of their own.
COSTLY = ("nxcansas",)
GZIP = b"\x1f\x8b"


def real_files(shared: Path) -> list[Path]:
    return [path for folder in FOLDERS for path in sorted((shared / "data" / folder).iterdir()) if path.name not in NO_MEASUREMENT]


def said(found: tuple[Measurement, ...]) -> bool:
    """Whether something says that the file is cut, or not what it should be."""
    return any(flag.severity != "note" for one in found for flag in one.flags)


def is_beginning(part: pl.DataFrame, whole: pl.DataFrame) -> bool:
    names = [name for name in part.columns if name in whole.columns]
    return part.height <= whole.height and all(part[name].cast(whole[name].dtype).equals(whole[name].head(part.height)) for name in names)


def broken_law(example: Any, cuts: list[int]) -> list[str]:
    """Cuts that are neither refused, nor flagged, nor as long as the whole file and the same."""
    whole = outcomes(example.data)
    if whole is None:
        return [f"{example.name}: the whole file is refused"]
    flags = {flag.code for one in whole for flag in one.flags}
    broken = []
    for cut in cuts:
        part = outcomes(example.data[:cut])
        new = part is not None and any(flag.severity != "note" and flag.code not in flags for one in part for flag in one.flags)
        if part is not None and not new and (how := _breach(example, whole, part, cut)):
            broken.append(f"{example.name} cut at byte {cut} of {len(example.data)}: {how}")
    return broken


def _breach(example: Any, whole: tuple[Measurement, ...], part: tuple[Measurement, ...], cut: int) -> str:
    """What is wrong with a cut file about which nothing new is said."""
    if part[0].source.reader != example.format:
        return f"read as {part[0].source.reader} without a word"
    if len(part) != len(whole):
        return "regions are lost in silence"
    if not all(is_beginning(one.table, other.table) for one, other in zip(part, whole, strict=True)):
        return "other numbers"
    kept = sum(end <= cut for end in example.ends) if example.lines else whole[0].table.height
    return "rows are lost in silence" if part[0].table.height < kept else ""


@pytest.mark.parametrize("example", **BY_NAME)
def test_an_example_is_known_and_gives_its_numbers(example: Any) -> None:
    found = outcomes(example.data)
    assert found is not None
    first = found[0]
    assert first.source.reader == example.format == sniff(example.data, "x.nda").name
    assert first.technique == example.technique
    assert first.source.origin == "raw-file"
    for name, numbers in example.truth.items():
        expected = np.array([np.nan if one is None or isinstance(one, str) else one for one in numbers], dtype=float)
        if any(isinstance(one, str) for one in numbers):
            assert first.table[name].cast(pl.String).to_list() == list(numbers), name
        else:
            np.testing.assert_allclose(first.table[name].cast(pl.Float64).to_numpy(), expected, rtol=1e-9, atol=1e-12, err_msg=name)
    assert set(example.flags) <= {flag.code for flag in first.flags}


@pytest.mark.parametrize("example", **BY_NAME)
def test_the_same_bytes_give_the_same_measurements(example: Any) -> None:
    first, second = (read_all_bytes(example.data, "x") for _ in range(2))
    for one, other in zip(first, second, strict=True):
        assert one.table.equals(other.table)
        assert (one.conditions, one.flags, one.region) == (other.conditions, other.flags, other.region)


@pytest.mark.parametrize("example", **BY_NAME)
def test_an_archive_is_opened_and_one_within_another_is_not(example: Any) -> None:
    """Some formats are compressed themselves: packed once more they are an archive within an archive."""
    found = outcomes(gzip.compress(example.data, mtime=0))
    if example.data[:2] == GZIP:
        assert found is None
    else:
        whole = outcomes(example.data)
        assert found is not None
        assert whole is not None
        assert all(one.table.equals(other.table) for one, other in zip(found, whole, strict=True))


@pytest.mark.parametrize("example", **BY_NAME)
def test_a_cut_example_is_never_silently_short(example: Any) -> None:
    size = len(example.data)
    assert broken_law(example, sorted({*places(size, FEW, 0), size - 2, size - 1})) == []


@pytest.mark.parametrize(
    "example", [pytest.param(one, id=one.name, marks=pytest.mark.slow if one.name in COSTLY else ()) for one in EXAMPLES]
)
def test_a_damaged_example(example: Any) -> None:
    """Whatever the damage: refused in words, or a sound measurement; ``outcomes`` fails on anything else."""
    rng = random.Random(4)
    found = [outcomes(damaged(example.data, rng)) for _ in range(FEW_DAMAGES)]
    refused, read = sum(one is None for one in found), sum(one is not None for one in found)
    assert refused + read == FEW_DAMAGES


@pytest.mark.slow
@pytest.mark.parametrize("example", **BY_NAME)
def test_a_cut_example_at_many_places(example: Any) -> None:
    size = len(example.data)
    assert broken_law(example, sorted({*places(size, CUTS, 1), *range(max(0, size - 120), size, 2)})) == []


@pytest.mark.slow
@pytest.mark.parametrize("example", **BY_NAME)
def test_an_example_damaged_in_many_ways(example: Any) -> None:
    """Damage is found, or gives a measurement that is sound; most of it changes what is read or is refused."""
    rng = random.Random(5)
    whole = outcomes(example.data)
    assert whole is not None
    told = 0
    for _ in range(DAMAGES):
        found = outcomes(damaged(example.data, rng))
        told += found is None or len(found) != len(whole) or any(not a.table.equals(b.table) for a, b in zip(found, whole)) or said(found)
    assert told > DAMAGES // 10


@pytest.mark.slow
def test_real_files_cut_and_damaged(shared: Path) -> None:
    refused = read = 0
    for path in real_files(shared):
        data = path.read_bytes()[:LONGEST]
        rng = random.Random(6)
        for variant in (*(data[:cut] for cut in places(len(data), CUTS, 2)), *(damaged(data, rng) for _ in range(DAMAGES))):
            found = outcomes(variant)
            refused, read = refused + (found is None), read + (found is not None)
    assert refused > 100, "some damage is found"
    assert read > 100, "some damage is no matter"


def test_every_kind_of_characterisation_has_an_example() -> None:
    assert set(CHARACTERISATION) <= {example.technique for example in EXAMPLES}


@pytest.mark.thorough
@pytest.mark.parametrize("example", **BY_NAME)
def test_an_example_damaged_in_thousands_of_ways(example: Any) -> None:
    rng = random.Random(7)
    found = [outcomes(damaged(example.data, rng)) for _ in range(MANY_DAMAGES)]
    assert sum(one is None for one in found) + sum(one is not None for one in found) == MANY_DAMAGES


@pytest.mark.thorough
@pytest.mark.parametrize("example", **BY_NAME)
def test_an_example_cut_at_every_byte(example: Any) -> None:
    assert broken_law(example, places(len(example.data), MANY_CUTS, 8)) == []
