"""Every verb of ``dualion simulate``: what it leaves, what it says, and what it refuses."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from dualion.cli import simulate_life
from dualion.errors import SolveError
from dualion.readers import read
from dualion.records.cell_files import load_cell

Cli = Callable[..., Any]

HALF_CELL = "na-mec3"
FULL_CELL = "mec3-eg"
CYCLER_COLUMNS = {"test_time_second", "voltage_volt", "current_ampere", "step_count", "step_type", "direction", "step_net_capacity_ah"}
#: What every document says about what its numbers rest on.
PROVENANCE = {
    "inputs", "open_circuit_potential", "transport", "area", "mass_basis", "loading", "one_c", "electrolyte_volume", "initial_sodiation",
    "temperature", "window", "assumed", "set", "software",
}  # fmt: skip
PNG = b"\x89PNG"


@pytest.fixture
def simulate(dualion: Cli, tmp_path: Path) -> Cli:
    """Run a verb into a folder of its own; gives what was printed and the document that was written."""

    def run(verb: str, cell: str, *arguments: str, out: Path | None = None) -> Any:
        folder = out or tmp_path / verb
        ran = dualion("simulate", verb, cell, *arguments, "--out", str(folder))
        assert ran.code == 0, ran.err
        return json.loads((folder / "results.json").read_text(encoding="utf-8")), folder, ran.out

    return run


@pytest.fixture
def cell_file(tmp_path: Path, source: Path) -> Callable[..., str]:
    """The bundled full cell as a file of the user, with texts replaced."""

    def write(*replaced: tuple[str, str], name: str = "own") -> str:
        text = (source / "data" / "cells" / f"{FULL_CELL}.toml").read_text(encoding="utf-8").replace(f'"{FULL_CELL}"', f'"{name}"')
        for old, new in replaced:
            assert old in text, old
            text = text.replace(old, new)
        path = tmp_path / f"{name}.toml"
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write


def rows_of(document: dict[str, Any], table: str) -> list[dict[str, Any]]:
    return list(document["tables"][table]["rows"])


def codes(document: dict[str, Any]) -> set[str]:
    return {flag["code"] for flag in document["flags"]}


def column(folder: Path, name: str, heading: str) -> list[float]:
    with (folder / name).open(encoding="utf-8", newline="") as file:
        return [float(row[heading]) for row in csv.DictReader(file)]


# --- cycle ----------------------------------------------------------------------------------------------------------------------------


def test_cycle_leaves_figure_tables_json_and_a_measurement(simulate: Cli) -> None:
    document, folder, printed = simulate("cycle", FULL_CELL, "--rate", "10C", "--cycles", "2")
    files = {path.name for path in folder.iterdir() if not path.name.startswith(".")}
    assert files == {"cycle.png", "cycle.svg", "cycles.csv", "steps.csv", "measurement.parquet", "results.json"} == set(document["files"])
    assert (folder / "cycle.png").read_bytes().startswith(PNG)
    assert b"<svg" in (folder / "cycle.svg").read_bytes()
    assert document["provenance"].keys() == PROVENANCE
    assert document["provenance"]["one_c"]["mass"] == "cathode"
    assert document["provenance"]["open_circuit_potential"]["cathode"]["standing"] == "assumed"
    assert {"dualion", "numba", "numpy"} <= document["provenance"]["software"].keys()
    discharge = rows_of(document, "steps")[1]
    assert discharge["specific_current"] == pytest.approx(800.0)
    # the same cell on PyBaMM's SPMe gives 87.06 mAh/g and 3.9219 V
    assert discharge["specific_capacity"] == pytest.approx(87.06, abs=0.05)
    assert discharge["mean_voltage"] == pytest.approx(3.9219, abs=1e-3)
    assert 0 < discharge["capacity_error"] < 0.05
    assert codes(document) == {"extrapolated"}
    assert "87.055" in printed
    assert f"Folder: {folder}" in printed


def test_the_csv_holds_what_the_json_holds_with_units(simulate: Cli) -> None:
    document, folder, _ = simulate("cycle", HALF_CELL)
    capacities = column(folder, "steps.csv", "specific_capacity [mAh/g]")
    assert capacities == [row["specific_capacity"] for row in rows_of(document, "steps")]
    assert document["tables"]["steps"]["units"]["mean_voltage"] == "V"


def test_the_measurement_is_canonical_and_labelled_simulated(simulate: Cli) -> None:
    document, folder, _ = simulate("cycle", HALF_CELL)
    described = document["measurements"]["measurement.parquet"]
    frame = read(folder / "measurement.parquet").table
    assert described["source"]["origin"] == "simulation"
    assert described["rows"] == frame.height
    assert set(frame.columns) >= CYCLER_COLUMNS


def test_the_same_input_gives_the_same_bytes(simulate: Cli, tmp_path: Path) -> None:
    _, first, _ = simulate("cycle", HALF_CELL, out=tmp_path / "a")
    _, second, _ = simulate("cycle", HALF_CELL, out=tmp_path / "b")
    for name in ("results.json", "steps.csv", "measurement.parquet", "cycle.svg", "cycle.png"):
        assert (first / name).read_bytes() == (second / name).read_bytes(), name


def test_json_is_one_object_with_the_folder(dualion: Cli, tmp_path: Path) -> None:
    ran = dualion("simulate", "cycle", HALF_CELL, "--json", "--out", str(tmp_path / "x"))
    document = json.loads(ran.out)
    assert ran.code == 0
    assert document["simulated"] is True
    assert document["folder"] == str(tmp_path / "x")


@pytest.mark.slow
def test_a_rate_is_written_in_three_ways(simulate: Cli, tmp_path: Path) -> None:
    current = 1e3 * load_cell(FULL_CELL).current(2.0)  # [mA]
    written = ("2C", "160 mA/g", f"{current!r} mA", "C/0.5")
    found = [rows_of(simulate("cycle", FULL_CELL, "--rate", rate, out=tmp_path / str(n))[0], "steps") for n, rate in enumerate(written)]
    assert [rows[1]["specific_current"] for rows in found] == pytest.approx([160.0] * len(written), rel=1e-12)
    assert [rows[1]["specific_capacity"] for rows in found] == pytest.approx([found[0][1]["specific_capacity"]] * len(written), rel=1e-9)


@pytest.mark.slow
def test_a_setting_and_a_temperature_act_and_are_told(simulate: Cli, tmp_path: Path) -> None:
    base, _, _ = simulate("cycle", FULL_CELL, "--rate", "10C")
    more, _, _ = simulate("cycle", FULL_CELL, "--rate", "10C", "--set", "series_resistance=50 mohm", out=tmp_path / "r")
    warm, _, _ = simulate("cycle", FULL_CELL, "--rate", "10C", "--temperature", "333.15 K", out=tmp_path / "t")
    assert more["provenance"]["set"] == {"series_resistance": 0.05}
    assert warm["provenance"]["temperature"]["value"] == pytest.approx(60.0)
    before, less, hot = (rows_of(one, "steps")[1]["mean_voltage"] for one in (base, more, warm))
    drop = 2.06 * load_cell(FULL_CELL).current(10.0)  # 2.11 ohm less 0.05 ohm
    assert less - before == pytest.approx(drop, rel=0.15)  # the cut-off comes later as well
    assert hot > before + 0.05


def test_a_run_that_breaks_off_keeps_what_was_computed_and_is_1(dualion: Cli, tmp_path: Path) -> None:
    ran = dualion("simulate", "cycle", FULL_CELL, "--rate", "1000C", "--out", str(tmp_path / "x"))
    document = json.loads((tmp_path / "x" / "results.json").read_text(encoding="utf-8"))
    assert ran.code == 1
    assert "refusal: partial" in ran.out
    assert codes(document) == {"partial", "extrapolated"}


# --- rate -----------------------------------------------------------------------------------------------------------------------------


def test_rate_runs_blocks_and_returns_to_the_first(simulate: Cli) -> None:
    document, folder, printed = simulate("rate", HALF_CELL)
    rows = rows_of(document, "rates")
    assert [row["c_rate"] for row in rows] == pytest.approx([0.1, 0.2, 0.5, 1.0, 2.0, 0.1])
    assert rows[-1]["recovery"] == pytest.approx(100.0, abs=0.01)
    assert all(row["specific_capacity_spread"] < 1e-3 for row in rows)
    assert all(0 < row["capacity_error"] < 0.05 for row in rows)
    # blocks after the first start from 2.5 V, isolated cycles from 1 V: the difference is what the host holds between the two
    assert all(0.5 < row["continuous_minus_isolated"] < 1.5 for row in rows)
    first = [row for row in rows_of(document, "steps") if row["cycle"] == 1 and row["direction"] == "sodiation"]
    assert first[0]["total_capacity"] == pytest.approx(414.0, abs=1.5)  # SPMe of the specification, 2.4
    assert read(folder / "measurement.parquet").table["cycle_count"].max() == 30
    assert "recovery" in printed


@pytest.mark.slow
def test_isolated_cycles_are_labelled_so(simulate: Cli) -> None:
    document, folder, printed = simulate("rate", HALF_CELL, "--isolated", "--rate", "0.1C,0.2C,0.5C", "--rate", "1C,2C")
    totals = [row["total_capacity"] for row in rows_of(document, "rates")]
    assert totals == pytest.approx([414, 404, 375, 325, 234], abs=1.5)  # SPMe of the specification, 2.4
    assert document["given"]["mode"] == "isolated"
    assert "isolated" in codes(document)
    assert "isolated" in printed
    assert (folder / "measurement-0.5C.parquet").is_file()


def test_a_rate_beyond_the_data_is_a_flag_and_no_error(simulate: Cli) -> None:
    document, _, _ = simulate("rate", FULL_CELL, "--rate", "1C,20C", "--cycles", "2")
    (flag,) = (flag for flag in document["flags"] if flag["code"] == "extrapolated")
    assert "3200 mA/g" in flag["message"]
    within, _, _ = simulate("cycle", FULL_CELL, "--rate", "3C")
    assert codes(within) == set()


def test_a_starved_cell_ends_with_a_flag_and_no_error(simulate: Cli, cell_file: Callable[..., str]) -> None:
    lean = cell_file(('thickness = "260 um"', 'thickness = "20 um"'), ('"25.2 uL/cm2"', '"3.7 uL/cm2"'), name="lean")
    document, _, _ = simulate("cycle", lean, "--rate", "5C", "--cycles", "2")
    rows = rows_of(document, "steps")
    assert "salt_limited" in codes(document)
    assert rows[1]["least_salt"] < 20.0
    # all salt is 3.7 uL/cm2 of 1 mol/L over 2 mg/cm2
    assert rows[0]["specific_capacity"] < 3.7e-6 * 96485.33 / 3.6 / 2.0 * 1e3
    assert rows[0]["sodium_drift"] == pytest.approx(0.0, abs=1e-11)


# --- cv, gitt, temperature ------------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_cv_gives_the_peaks_of_the_specification(simulate: Cli) -> None:
    document, folder, _ = simulate("cv", HALF_CELL, "--sweep-rate", "0.1 mV/s, 1 mV/s", "--sweep-rate", "5 mV/s", "--high", "1.2 V")
    rows = [row for row in rows_of(document, "peaks") if row["cycle"] == 2]
    anodic = [row for row in rows if row["direction"] == "desodiation"]
    assert [row["peak_voltage"] for row in anodic] == pytest.approx([0.110, 0.212, 0.581], abs=3e-3)
    assert [row["charge_in"] for row in anodic] == pytest.approx([236, 122, 81], rel=0.01)
    assert {row["at_edge"] for row in rows if row["direction"] == "sodiation"} == {"yes"}
    assert "unbalanced_sweeps" not in codes(document)
    assert read(folder / "measurement-0.1mVs.parquet").table["step_type"].unique().to_list() == ["sweep"]


def test_gitt_ends_at_the_cutoff_and_judges_its_formula(simulate: Cli) -> None:
    document, _, _ = simulate("gitt", HALF_CELL, "--rate", "C/2", "--pulse", "20 min", "--rest", "1 h")
    rows = rows_of(document, "pulses")
    assert len(rows) < document["given"]["pulses"]
    relaxed = [row["relaxed_after"] for row in rows]
    assert relaxed == sorted(relaxed, reverse=True)
    # pulses far longer than R^2/D = 10 s: the formula is off by about two orders of magnitude, and says so
    assert all(row["ratio"] < 0.05 for row in rows[1:])
    assert "apparent" in codes(document)


def test_temperature_follows_the_activation_energies(simulate: Cli) -> None:
    document, folder, _ = simulate("temperature", FULL_CELL, "--temperature", "0 degC,25 degC", "--temperature", "60 degC", "--rate", "10C")
    rows = rows_of(document, "temperatures")
    assert [row["temperature"] for row in rows] == [0.0, 25.0, 60.0]
    cold, mild, warm = (row["specific_capacity"] for row in rows)
    assert cold < 0.8 * mild < warm
    assert "extrapolated" in codes(document)
    assert (folder / "measurement-10C-60degC.parquet").is_file()


# --- life -----------------------------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_life_goes_on_where_it_was_stopped(dualion: Cli, simulate: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, whole_folder, printed = simulate("life", FULL_CELL, "--cycles", "450", out=tmp_path / "whole")
    assert "retention" in printed
    assert whole["tables"]["cycles"]["file"] == "cycles.csv"
    folder, kept = tmp_path / "stopped", simulate_life.RunFolder.checkpoint

    def stopping(self: Any, block: Any) -> None:
        kept(self, block)
        if block.number == 1:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(simulate_life.RunFolder, "checkpoint", stopping)
        assert dualion("simulate", "life", FULL_CELL, "--cycles", "450", "--out", str(folder)).code == 130
    assert not (folder / "results.json").exists()
    _, resumed, _ = simulate("life", FULL_CELL, "--cycles", "450", out=folder)
    assert (resumed / "cycles.csv").read_bytes() == (whole_folder / "cycles.csv").read_bytes()


@pytest.mark.slow
def test_life_loses_sites_and_salt_as_told(simulate: Cli, tmp_path: Path) -> None:
    sites, folder, _ = simulate("life", FULL_CELL, "--cycles", "40", "--site-law", "per-cycle", "--site-loss", "0.001")
    share = column(folder, "cycles.csv", "sites [1]")
    assert share[-1] == pytest.approx(1 - 40 * 0.001, rel=1e-9)
    salt, _, _ = simulate("life", FULL_CELL, "--cycles", "40", "--site-loss", "0", "--coulombic-efficiency", "99.9", out=tmp_path / "salt")
    last = rows_of(salt, "summary")[-1]
    assert last["coulombic_efficiency"] == pytest.approx(0.999, abs=1e-4)
    assert last["lost_anions"] > 0
    assert "assumed" in codes(sites)


@pytest.mark.slow
def test_one_retention_is_reached_by_several_mechanisms(simulate: Cli) -> None:
    document, _, _ = simulate("life", FULL_CELL, "--cycles", "300", "--explain", "90")
    rows = rows_of(document, "mechanisms")
    assert len(rows) >= 2
    assert [row["retention"] for row in rows] == pytest.approx([90.0] * len(rows), abs=0.02)
    assert "not_identified" in codes(document)
    assert "residual salt" in document["given"]["told_apart_by"]["loss of sites / loss of salt"]


@pytest.mark.slow
def test_ten_thousand_cycles_keep_four_fifths(simulate: Cli) -> None:
    document, folder, _ = simulate("life", FULL_CELL, "--cycles", "10000", "--rate", "10C")
    retention = column(folder, "cycles.csv", "retention [%]")
    assert len(retention) == 10000
    assert 75 < retention[-1] < 83
    assert max(abs(value) for value in column(folder, "cycles.csv", "sodium_drift [1]")) < 1e-8
    assert document["given"]["method"] == "direct"


# --- eis ------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.models
@pytest.mark.slow
@pytest.mark.skipif(find_spec("pybamm") is None, reason="needs the extra [cells]")
def test_eis_writes_a_measurement_for_each_spectrum(simulate: Cli) -> None:
    document, folder, _ = simulate("eis", HALF_CELL, "--state", "x=0.5", "--temperature", "25 degC,60 degC", "--highest", "1000 kHz")
    cool, warm = rows_of(document, "spectra")
    assert document["engine"] == "pybamm-SPMe"
    assert cool["low_frequency_resistance"] == pytest.approx(52.4, abs=1.0)
    assert warm["low_frequency_resistance"] < 0.5 * cool["low_frequency_resistance"]
    frame = read(folder / "measurement-1.parquet").table
    assert frame["imaginary_impedance_ohm"].min() == pytest.approx(-16.0, abs=1.0)
    assert document["measurements"]["measurement-2.parquet"]["technique"] == "eis"


@pytest.mark.parametrize("verb", [("eis", HALF_CELL), ("cycle", HALF_CELL, "--engine", "pybamm")])
def test_without_pybamm_the_extra_is_named(dualion: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verb: tuple[str, ...]) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "pybamm" or name.startswith("dualion.models.reference")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pybamm", None)
    ran = dualion("simulate", *verb, "--out", str(tmp_path / "x"))
    assert ran.code == 2
    assert "dualion[cells]" in ran.err
    assert not (tmp_path / "x").exists()


# --- bad input ------------------------------------------------------------------------------------------------------------------------

BAD = {
    "an unknown cell": (("cycle", "mec3-ge"), 'Did you mean "mec3-eg"?'),
    "a missing file": (("cycle", "./nowhere.toml"), "nowhere.toml: missing"),
    "a rate without unit": (("cycle", FULL_CELL, "--rate", "10"), '"10" has no unit. Write "10C"'),
    "a rate of zero": (("cycle", FULL_CELL, "--rate", "0C"), '"0C" is not positive'),
    "a rate of nothing": (("cycle", FULL_CELL, "--rate", "C/0"), '"C/0" is not a rate'),
    "negative cycles": (("cycle", FULL_CELL, "--cycles", "-3"), "cycles: -3 is not a number of cycles"),
    "an unknown engine": (("cycle", FULL_CELL, "--engine", "comsol"), '"comsol" is not an engine. Write one of fast'),
    "an unknown parameter": (("cycle", FULL_CELL, "--set", "anode.diffusivty=1"), 'Did you mean "anode.diffusivity"?'),
    "a parameter of another unit": (("cycle", FULL_CELL, "--set", "series_resistance=3 V"), "a resistance is needed"),
    "a setting without a value": (("cycle", FULL_CELL, "--set", "series_resistance"), "Write NAME=VALUE"),
    "a voltage for a rate": (("rate", FULL_CELL, "--rate", "10 V"), '"10 V" is a voltage'),
    "one bad rate of many": (("rate", FULL_CELL, "--rate", "1C,2C,fast"), '"fast" is not a rate'),
    "blocks of no cycle": (("rate", FULL_CELL, "--cycles", "0"), "Write 1 or more"),
    "a window outside the host": (("cv", HALF_CELL, "--high", "3 V"), "3 V is outside -0.25 to 2.8 V"),
    "a window without equilibrium": (("cv", FULL_CELL, "--high", "40 V"), "40 V is outside"),
    "a window upside down": (("cv", HALF_CELL, "--low", "1 V", "--high", "0.5 V"), "1 V is not below 0.5 V"),
    "a sweep rate without unit": (("cv", HALF_CELL, "--sweep-rate", "0.1"), "sweep-rate: 0.1 has no unit"),
    "no pulse": (("gitt", HALF_CELL, "--pulse", "0 s"), 'pulse: "0 s" is not positive'),
    "a rest in volts": (("gitt", HALF_CELL, "--rest", "1 V"), "rest: "),
    "no pulses": (("gitt", HALF_CELL, "--pulses", "0"), "Write 1 or more"),
    "an engine without spectra": (("eis", FULL_CELL, "--engine", "fast"), '"fast" gives no spectra'),
    "a state beyond full": (("eis", FULL_CELL, "--state", "2"), "2 is not between 0 and 1"),
    "a state that is none": (("eis", FULL_CELL, "--state", "half"), '"half" is not a state of charge'),
    "frequencies upside down": (("eis", FULL_CELL, "--lowest", "1 kHz", "--highest", "1 Hz"), "lowest: 1000 Hz is not below 1 Hz"),
    "a temperature without unit": (("temperature", FULL_CELL, "--temperature", "40"), "40 has no unit"),
    "a temperature beyond the rates": (("temperature", FULL_CELL, "--temperature", "200 degC"), "outside 0 to 70 degC"),
    "a life of a half cell": (("life", HALF_CELL), "Give a dual-ion cell"),
    "a life by no method": (("life", FULL_CELL, "--method", "stper"), 'Did you mean "stepper"?'),
    "an efficiency above one": (("life", FULL_CELL, "--coulombic-efficiency", "101"), "not within 0 and 100"),
    "an efficiency and a share": (("life", FULL_CELL, "--coulombic-efficiency", "99", "--anode-share", "0.1"), "or the shares"),
    "a retention above all": (("life", FULL_CELL, "--explain", "120"), "explain: 120 % is not within 0 and 100"),
    "an unknown law": (("life", FULL_CELL, "--site-law", "linear"), '"linear" is not a law'),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD)
def test_bad_input_is_2_with_a_remedy_and_writes_nothing(dualion: Cli, tmp_path: Path, what: str) -> None:
    arguments, message = BAD[what]
    folder = tmp_path / "x"
    ran = dualion("simulate", *arguments, "--out", str(folder))
    assert ran.code == 2, ran.err
    assert message in ran.err
    assert "Unexpected" not in ran.err
    assert ran.out == ""
    assert not folder.exists()


@pytest.mark.parametrize("verb", ["cycle", "rate", "life", "cv", "gitt", "eis", "temperature"])
@pytest.mark.parametrize("key", ["electrolyte_volume", "initial_sodiation", "mass_basis"])
def test_a_cell_without_what_is_never_guessed_is_refused(dualion: Cli, tmp_path: Path, source: Path, verb: str, key: str) -> None:
    lines = (source / "data" / "cells" / f"{FULL_CELL}.toml").read_text(encoding="utf-8").splitlines()
    path = tmp_path / "own.toml"
    path.write_text("\n".join(line for line in lines if not line.startswith(key)), encoding="utf-8")
    ran = dualion("simulate", verb, str(path), "--out", str(tmp_path / "x"))
    assert ran.code == 2
    assert f"own.toml: {key}: " in ran.err
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("verb", ["cycle", "rate", "life", "cv", "gitt", "eis", "temperature"])
def test_a_folder_of_others_is_refused_and_untouched(dualion: Cli, tmp_path: Path, verb: str) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "notes.txt").write_text("keep", encoding="utf-8")
    ran = dualion("simulate", verb, FULL_CELL, "--out", str(folder))
    assert ran.code == 2
    assert "holds files that dualion did not write" in ran.err
    assert [(path.name, path.read_text(encoding="utf-8")) for path in folder.iterdir()] == [("notes.txt", "keep")]


def test_a_file_where_a_folder_is_needed_is_refused(dualion: Cli, tmp_path: Path) -> None:
    (tmp_path / "x").write_text("keep", encoding="utf-8")
    ran = dualion("simulate", "cycle", HALF_CELL, "--out", str(tmp_path / "x"))
    assert ran.code == 2
    assert "is a file, and a folder is needed" in ran.err


@pytest.mark.slow
def test_a_folder_of_dualion_is_written_anew(simulate: Cli, tmp_path: Path) -> None:
    simulate("rate", HALF_CELL, "--rate", "1C", "--isolated", out=tmp_path / "x")
    document, folder, _ = simulate("cycle", HALF_CELL, out=tmp_path / "x")
    assert document["verb"] == "cycle"
    assert not (folder / "rates.csv").exists()


@pytest.mark.parametrize("content", ["foreign", "damaged"])
def test_a_resume_folder_of_others_is_refused_and_untouched(dualion: Cli, simulate: Cli, tmp_path: Path, content: str) -> None:
    folder = tmp_path / "blocks"
    if content == "foreign":
        folder.mkdir()
        (folder / "thesis.docx").write_bytes(b"mine")
    else:
        simulate("life", FULL_CELL, "--cycles", "20", "--resume", str(folder), out=tmp_path / "first")
        (block,) = folder.glob("block-*")
        block.write_bytes(block.read_bytes()[:-100])
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    ran = dualion("simulate", "life", FULL_CELL, "--cycles", "20", "--resume", str(folder), "--out", str(tmp_path / "x"))
    assert ran.code == 2
    assert "hoose another folder" in ran.err or "hoose an empty folder" in ran.err
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_what_a_failed_life_had_done_is_kept(dualion: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = simulate_life.life

    def failing(*given: Any, **options: Any) -> Any:
        raise SolveError("cycle 31 did not end", real(*given, **{**options, "cycles": 30, "checkpoint": None, "resume": None}))

    monkeypatch.setattr(simulate_life, "life", failing)
    ran = dualion("simulate", "life", FULL_CELL, "--cycles", "60", "--out", str(tmp_path / "x"))
    document = json.loads((tmp_path / "x" / "results.json").read_text(encoding="utf-8"))
    assert ran.code == 1
    assert "partial" in codes(document)
    assert len(column(tmp_path / "x", "cycles.csv", "cycle [1]")) == 30


def test_help_of_simulate_names_every_verb(dualion: Cli) -> None:
    assert all(verb in dualion("simulate", "--help").out for verb in ("cycle", "rate", "life", "cv", "gitt", "eis", "temperature"))
