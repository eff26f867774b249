"""Every row of the bundled study against the table of printed values, and every quote of that table against the paper.

The paper and the table lie beside the project in ``../shared/reference``; where they are absent, digests of the rows are tested in
``tests/golden``.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from dualion.study.arithmetic.quotes import contains, has_number, normalise
from dualion.study.load import load, locate
from dualion.study.types import Claim

REFERENCE = Path(__file__).resolve().parents[2].parent / "shared" / "reference"

pytestmark = pytest.mark.skipif(not REFERENCE.is_dir(), reason="needs the paper and its table of values in ../shared/reference")

LONGEST_RUN = 5  # words of ours that may stand in a row in the paper as well


@pytest.fixture(scope="module")
def claims() -> Mapping[str, Claim]:
    return load(locate("tang2026")).claims


@pytest.fixture(scope="module")
def source() -> dict[str, dict[str, str]]:
    with (REFERENCE / "paper_values.csv").open(encoding="utf-8", newline="") as lines:
        return {row["id"]: row for row in csv.DictReader(lines)}


@pytest.fixture(scope="module")
def paper() -> str:
    return (REFERENCE / "paper.md").read_text(encoding="utf-8")


def differences(claim: Claim, row: Mapping[str, str]) -> list[str]:
    """Columns in which a claim is not what the table of printed values holds; words may be ours."""
    number = float(row["value_num"]) if row["value_num"] else None
    pairs = {
        "value": (claim.value, row["value"] if number is not None else claim.value),
        "value_num": (claim.value_num, number),
        "unit": (claim.unit, row["unit"]),
        "qualifier": (claim.qualifier, row["qualifier"]),
        "location": (claim.location, row["location"]),
        "sample": (claim.sample, row["sample"]),
        "technique": (claim.technique, row["technique"]),
        "kind": (claim.kind, row["kind"]),
    }
    return [column for column, (ours, theirs) in pairs.items() if ours != theirs]


def test_every_printed_row_is_there_and_no_other(claims: Mapping[str, Claim], source: dict[str, dict[str, str]]) -> None:
    assert list(claims) == [key for key in source if key.startswith("P")]
    assert len(claims) == 174


def test_every_row_is_as_printed(claims: Mapping[str, Claim], source: dict[str, dict[str, str]]) -> None:
    assert {key: found for key, claim in claims.items() if (found := differences(claim, source[key]))} == {}


def test_any_changed_digit_is_noticed(claims: Mapping[str, Claim], source: dict[str, dict[str, str]]) -> None:
    changed = 0
    for key, claim in claims.items():
        if claim.value_num is None:
            continue
        for position, character in enumerate(claim.value):
            if character.isdigit():
                value = claim.value[:position] + str((int(character) + 1) % 10) + claim.value[position + 1 :]
                assert differences(replace(claim, value=value), source[key]), f"{key}: {value}"
                assert differences(replace(claim, value=value, value_num=float(value)), source[key]), f"{key}: {value}"
                changed += 1
    assert changed > 157


@pytest.mark.parametrize("column", ["unit", "qualifier", "location", "kind"])
def test_any_changed_column_is_noticed(claims: Mapping[str, Claim], source: dict[str, dict[str, str]], column: str) -> None:
    for key, claim in claims.items():
        changed = {"unit": replace(claim, unit="x"), "qualifier": replace(claim, qualifier="?")}
        changed |= {"location": replace(claim, location=claim.location + "9"), "kind": replace(claim, kind="x")}
        assert differences(changed[column], source[key]) == [column]


def test_every_quote_of_the_table_stands_in_the_paper(source: dict[str, dict[str, str]], paper: str) -> None:
    excerpt = normalise(paper)
    printed = {key: row for key, row in source.items() if key.startswith("P")}
    assert len(printed) == 174
    assert [key for key, row in printed.items() if not row["quote"] or normalise(row["quote"]) not in excerpt] == []


def test_every_printed_number_stands_in_its_quote(claims: Mapping[str, Claim], source: dict[str, dict[str, str]]) -> None:
    numeric = {key: claim for key, claim in claims.items() if claim.value_num is not None}
    assert len(numeric) == 157
    absent = [key for key, claim in numeric.items() if not has_number(claim.value, source[key]["quote"])]
    assert absent == ["P010"]  # a zero stated in words
    assert contains("without adding", source["P010"]["quote"])


def test_a_quote_with_a_changed_word_is_not_found(source: dict[str, dict[str, str]], paper: str) -> None:
    excerpt = normalise(paper)
    for key, row in source.items():
        if key.startswith("P"):
            assert normalise(row["quote"][:-3] + "#" + row["quote"][-3:]) not in excerpt


def test_derived_rows_are_those_of_the_table(source: dict[str, dict[str, str]]) -> None:
    derived = {row.id: (row.value, row.unit) for row in load(locate("tang2026")).derived}
    assert derived == {key: (row["value"], row["unit"]) for key, row in source.items() if key.startswith("C")}


def test_no_words_of_the_paper_are_kept(claims: Mapping[str, Claim], paper: str) -> None:
    """No run of six words of a file of ours stands in the paper, but for its title, which the citation needs."""
    folder = locate("tang2026")
    title = load(folder).title
    text = normalise(paper).replace(normalise(title), "").lower()
    copied = []
    for file in sorted(folder.rglob("*")):
        if file.suffix in {".csv", ".toml", ".md"}:
            for line in file.read_text(encoding="utf-8").replace(title, "").splitlines():
                words = line.split()
                runs = (words[start : start + LONGEST_RUN + 1] for start in range(len(words) - LONGEST_RUN))
                copied += [f"{file.name}: {' '.join(run)}" for run in runs if normalise(" ".join(run)).lower() in text]
    assert copied == []
    assert all(len(claim.value) < 60 and claim.quote == "" for claim in claims.values())
