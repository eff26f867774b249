"""``dualion convert``: one file for each, nothing lost, one line for each that cannot be read."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dualion.cli.convert import converted_name
from dualion.readers import read
from dualion.readers.format import Given
from dualion.readers.tables import measured

Cli = Callable[..., Any]

#: A measurement of a cell, and one of a sample.
KINDS = (("ocv", "voltage_volt"), ("xps", "binding_energy_electronvolt"))
TABLE = "time (s),voltage (V),current (mA)\n0.5,3.0,1.0\n1.5,3.1,1.0\n2.5,3.2,1.0\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.csv").write_text(TABLE, encoding="utf-8")
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress(TABLE.encode()))
    (tmp_path / "bad.csv").write_text("nothing here\n", encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_each_file_becomes_one_with_the_same_numbers(dualion: Cli, folder: Path, form: str) -> None:
    ran = dualion("convert", str(folder / "a.csv"), str(folder / "b.csv.gz"), "--to", form, "--out", str(folder / "new"))
    assert ran.code == 0
    assert sorted(path.name for path in (folder / "new").iterdir()) == [f"a.bdf.{form}", f"b.bdf.{form}"]
    for name, raw in (("a", "a.csv"), ("b", "b.csv.gz")):
        assert read(folder / "new" / f"{name}.bdf.{form}").table.equals(read(folder / raw).table)
    assert (folder / "a.csv").read_text(encoding="utf-8") == TABLE


def test_one_bad_file_costs_one_line(dualion: Cli, folder: Path) -> None:
    ran = dualion("convert", *(str(folder / name) for name in ("a.csv", "bad.csv")), "--out", str(folder / "new"))
    assert ran.code == 1
    assert [line for line in ran.err.splitlines() if "bad.csv:" in line and "no reader knows" in line]
    assert (folder / "new" / "a.bdf.csv").exists()
    assert dualion("convert", str(folder / "bad.csv"), "--out", str(folder / "new")).code == 2


def test_json_lists_what_was_written_and_what_was_not(dualion: Cli, folder: Path) -> None:
    ran = dualion(
        "convert", str(folder / "a.csv"), str(folder / "bad.csv"), "--out", str(folder / "new"), "--repair", "invert_current", "--json"
    )
    said = json.loads(ran.out)
    assert [Path(one["written"]).name for one in said["converted"]] == ["a.bdf.csv"]
    assert said["converted"][0]["rows"] == 3
    assert len(said["converted"][0]["corrections"]) == 1
    assert [Path(one["file"]).name for one in said["failed"]] == ["bad.csv"]
    assert read(folder / "new" / "a.bdf.csv").table["current_ampere"].to_list() == [-1e-3] * 3


def test_labels_are_an_option(dualion: Cli, folder: Path) -> None:
    dualion("convert", str(folder / "a.csv"), "--labels", "--out", str(folder))
    assert (folder / "a.bdf.csv").read_text(encoding="utf-8").startswith("Test Time / s,Voltage / V,Current / A\n")


def test_a_given_file_is_never_replaced(dualion: Cli, folder: Path) -> None:
    first = folder / "a.bdf.csv"
    dualion("convert", str(folder / "a.csv"), "--out", str(folder))
    before = first.read_bytes()
    ran = dualion("convert", str(first), "--repair", "invert_current", "--replace", "--out", str(folder))
    assert (ran.code, first.read_bytes()) == (2, before)
    assert "is one of the given files" in ran.err


def test_another_file_is_replaced_only_when_it_is_said(dualion: Cli, folder: Path) -> None:
    target = folder / "a.bdf.csv"
    target.write_text("mine", encoding="utf-8")
    ran = dualion("convert", str(folder / "a.csv"), "--out", str(folder))
    assert (ran.code, target.read_text(encoding="utf-8")) == (2, "mine")
    assert "is there already and differs" in ran.err
    assert dualion("convert", str(folder / "a.csv"), "--replace", "--out", str(folder)).code == 0
    assert dualion("convert", str(folder / "a.csv"), "--out", str(folder)).code == 0  # the same content again


def test_two_files_of_one_name_do_not_overwrite_each_other(dualion: Cli, folder: Path) -> None:
    other = folder / "other"
    other.mkdir()
    (other / "a.csv").write_text(TABLE.replace("3.0", "3.5"), encoding="utf-8")
    ran = dualion("convert", str(folder / "a.csv"), str(other / "a.csv"), "--replace", "--out", str(folder / "new"))
    assert ran.code == 1
    assert "was just written from another file" in ran.err
    assert read(folder / "new" / "a.bdf.csv").table["voltage_volt"][0] == 3.0


@pytest.mark.parametrize(
    "arguments", [("--to", "xls"), ("--repair", "polish"), ("--out", "a.csv/x")], ids=["unknown form", "unknown repair", "no folder"]
)
def test_what_cannot_be_done_is_refused_before_anything_is_written(dualion: Cli, folder: Path, arguments: tuple[str, str]) -> None:
    option, value = arguments
    value = str(folder / value) if option == "--out" else value
    ran = dualion("convert", str(folder / "a.csv"), option, value)
    assert ran.code == 2
    assert ran.err
    assert sorted(path.name for path in folder.iterdir()) == ["a.csv", "b.csv.gz", "bad.csv"]


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("cell-07.nda.zip", "cell-07.bdf.csv"),
        ("x.bdf.parquet", "x.bdf.csv"),
        ("gitt.csv.xz", "gitt.bdf.csv"),
        ("noending", "noending.bdf.csv"),
        ("a.b.DTA.txt", "a.b.DTA.bdf.csv"),
    ],
)
def test_names(name: str, made: str) -> None:
    cell, spectrum = (measured(Given(name, b"", "0" * 64), {x: [1.0]}, technique=kind, reader="odd") for kind, x in KINDS)
    assert converted_name(name, "csv", cell) == made
    assert converted_name(name, "csv", spectrum) == made.replace(".bdf", "")
    assert converted_name(name, "csv", replace(spectrum, region="N 1s/2")) == made.replace(".bdf", "-N-1s-2")
