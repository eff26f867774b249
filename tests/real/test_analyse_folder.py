"""A folder of ten mixed files of instruments, two of them broken copies: a report, two lines of errors, exit code 0."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from dualion.cli import main

pytestmark = pytest.mark.slow

WHOLE = (
    "neware-export/neware_uio.csv",
    "neware/nw4-120-1-6-53.ndax",
    "neware/SINTEF__G20M7_BTS91.nda.zip",
    "versastat/exampleDataVersaStudio.par",
    *(f"eis-temperature/s04147-{celsius}deg.txt" for celsius in (140, 150, 160, 170)),
)
BROKEN = ("neware/test_2.ndax", "gitt/gitt_discharge.csv.xz")
PROJECT = """
schema = 1
title = "Ten files"

[cell.uio]
kind = "half"
working = "anode"
mass = {value = 12.0, unit = "mg", stderr = 0.1}

[cell.electrolyte]
area = "1 cm2"

[[file]]
path = "neware_uio.csv"
cell = "uio"
n_ref = 2

[[file]]
path = "s04147-*"
cell = "electrolyte"

[options.eis]
circuit = "(R|Q)(R|Q)Q"

[options.arrhenius]
kelvin_offset = 273.0
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, shared: Path) -> Path:
    made = tmp_path_factory.mktemp("analyse") / "raw"
    made.mkdir()
    for name in WHOLE:
        shutil.copy(shared / "data" / name, made)
    for name in BROKEN:
        whole = (shared / "data" / name).read_bytes()
        (made / Path(name).name).write_bytes(whole[: len(whole) // 3])
    entries = "".join(f'\n[[file]]\npath = "s04147-{t}deg.txt"\ntemperature = "{t} degC"\n' for t in (140, 150, 160, 170))
    (made / "dualion.toml").write_text(PROJECT + entries)
    return made


@pytest.fixture
def analysed(dualion: Callable[..., Any], folder: Path) -> Any:
    out, store = folder.parent / "out", folder.parent / "store"
    return dualion("analyse", str(folder), "--out", str(out), "--store", str(store), "--workers", "2")


def test_ten_files_two_broken(analysed: Any, folder: Path) -> None:
    assert analysed.code == 0, analysed.err
    errors = analysed.out.split("Errors: 2\n")[1].split("\n\n")[0].splitlines()
    assert [line.strip().partition(":")[0] for line in errors] == ["gitt_discharge.csv.xz", "test_2.ndax"]
    out = folder.parent / "out"
    document = json.loads((out / "results.json").read_text())
    assert len(document["files"]) == 8
    assert [problem["technique"] for problem in document["problems"]] == ["", ""]
    html = (out / "report.html").read_text()
    assert html.count("<figure") == len(document["results"])
    for result in document["results"]:
        for form in ("svg", "png", "pdf"):
            assert (out / "figures" / f"{result['name']}.{form}").stat().st_size > 1000
        for name in result["tables"]:
            assert pl.read_parquet(out / "tables" / f"{result['name']}-{name}.parquet").height == result["tables"][name]["rows"]


def test_the_numbers_are_those_of_the_techniques(analysed: Any, folder: Path) -> None:
    rows = pl.read_csv(folder.parent / "out" / "results.csv").to_dicts()
    values = {(row["technique"], Path(row["files"].split()[0]).name, row["quantity"]): row for row in rows}
    efficiency = values["cycling", "neware_uio.csv", "initial_coulombic_efficiency"]
    assert efficiency["value"] == pytest.approx(83.545, abs=0.005)  # electrochemistry specification, section 4
    energy = values["arrhenius", "s04147-140deg.txt", "arc_2_activation_energy_electronvolt"]
    assert energy["value"] == pytest.approx(0.8538, abs=0.02)  # section 10, inverse_r, on all seven temperatures
    assert all(row["value"] is not None or row["flags"] for row in rows)


def test_a_second_run_is_the_same_and_reads_nothing(analysed: Any, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = folder.parent / "out"
    before = {path: path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()}

    def refuse(*_: Any) -> None:
        raise AssertionError("a file was read again")

    monkeypatch.setattr("dualion.project.run.do_file", refuse)
    monkeypatch.setattr("dualion.project.run.do_group", refuse)
    code = main.main(["analyse", str(folder), "--out", str(out), "--store", str(folder.parent / "store"), "--workers", "1"])
    assert code == 0
    assert {path: path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()} == before
