"""``dualion read``: what it says of a file, its JSON, its figure, and what it refuses."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Cli = Callable[..., Any]

CYCLES = "time (s),voltage (V),current (mA),cycle,odd\n" + "".join(
    f"{n}.5,3.{n % 10}25,{(-1) ** (n // 20)}.0,{1 + n // 40},x\n" for n in range(80)
)
SPECTRUM = "frequency_hertz,real_impedance_ohm,imaginary_impedance_ohm\n1000,1,0.1\n100,2,-1\n10,3,-0.5\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "cell.csv"
    path.write_text(CYCLES, encoding="utf-8")
    return path


def test_it_says_what_the_file_is(dualion: Cli, file: Path) -> None:
    ran = dualion("read", str(file))
    assert ran.code == 0
    lines = ran.out.splitlines()
    assert lines[0] == "cell.csv: table of time, voltage and current (.csv, .txt, .tsv), gcd"
    assert lines[1] == "80 rows, 2 cycles counted by the instrument"
    row = next(line.split() for line in lines if "voltage_volt" in line)
    assert row == ["voltage_volt", "V", "3.025", "3.925", "0"]
    assert "  note columns_ignored: cell.csv: not read: odd." in lines
    assert file.read_text(encoding="utf-8") == CYCLES


def test_json_has_format_rows_columns_cycles_span_and_warnings(dualion: Cli, file: Path) -> None:
    said = json.loads(dualion("read", str(file), "--json").out)
    assert (said["format"], said["technique"], said["rows"], said["cycle_count"]) == ("plain-table", "gcd", 80, 2)
    assert [one["name"] for one in said["columns"]] == ["test_time_second", "voltage_volt", "current_ampere", "cycle_count"]
    assert said["span"]["test_time_second"] == [0.5, 79.5]
    assert said["span"]["current_ampere"] == [-1e-3, 1e-3]
    assert {flag["code"] for flag in said["flags"]} >= {"columns_ignored"}
    assert not [one for one in said["warnings"] if one.startswith("columns_ignored")]  # a note is no warning
    assert len(said["sha256"]) == 64


def test_a_repair_is_made_and_told(dualion: Cli, file: Path) -> None:
    said = json.loads(dualion("read", str(file), "--repair", "invert_current", "--json").out)
    assert len(said["corrections"]) == 1
    assert said["span"]["current_ampere"] == [-1e-3, 1e-3]
    ran = dualion("read", str(file), "--repair", "invert_curent")
    assert ran.code == 2
    assert ran.err == '--repair: "invert_curent" is not a repair. Did you mean "invert_current"?\n'


@pytest.mark.parametrize("text", [CYCLES, SPECTRUM], ids=["cycles", "spectrum"])
@pytest.mark.parametrize("ending", [".svg", ".PNG"])
def test_a_figure_is_drawn(dualion: Cli, tmp_path: Path, text: str, ending: str) -> None:
    file, out = tmp_path / "x.csv", tmp_path / f"look{ending}"
    file.write_text(text, encoding="utf-8")
    ran = dualion("read", str(file), "--plot", str(out))
    assert (ran.code, ran.out.splitlines()[-1]) == (0, f"Drawn: {out}")
    assert out.read_bytes().startswith((b"<?xml", b"<svg", b"\x89PNG"))


def test_a_figure_replaces_nothing(dualion: Cli, file: Path) -> None:
    assert dualion("read", str(file), "--plot", str(file.with_suffix(".txt"))).code == 2
    out = file.with_suffix(".svg")
    out.write_text("mine", encoding="utf-8")
    ran = dualion("read", str(file), "--plot", str(out))
    assert (ran.code, out.read_text(encoding="utf-8")) == (2, "mine")
    assert "is there already" in ran.err


def test_a_long_record_is_thinned_and_keeps_its_extremes() -> None:
    import numpy as np

    from dualion.cli.read_figure import quick_figure
    from dualion.readers.format import Given
    from dualion.readers.tables import measured

    time = np.arange(50_000.0)
    voltage = np.sin(time / 7000)
    voltage[12_345] = 9.0
    made = measured(Given("x", b"", ""), {"test_time_second": time, "voltage_volt": voltage}, technique="ocv", reader="odd")
    (panel,) = quick_figure(made).panels
    (series,) = panel.series
    assert len(series.x) <= 2000
    assert max(series.y) == 9.0
    assert min(series.y) == float(voltage.min())
    assert (panel.x.unit, series.kind, series.origin) == ("h", "measured", "raw-file")


@pytest.mark.parametrize(
    ("content", "reason"), [(b"", "the file is empty"), (b"\x00\x01", "no reader knows what this is"), (None, "there is no such file")]
)
def test_what_cannot_be_read_is_one_line_and_code_2(dualion: Cli, tmp_path: Path, content: bytes | None, reason: str) -> None:
    file = tmp_path / "x.csv"
    if content is not None:
        file.write_bytes(content)
    ran = dualion("read", str(file))
    assert (ran.code, ran.out, len(ran.err.splitlines())) == (2, "", 1)
    assert reason in ran.err
    said = json.loads(dualion("read", str(file), "--json").out)
    assert said["error"]["kind"] == "ReadError"
