"""Readers of potentiostat files on real files, against the numbers printed in them and the reference values of the specification."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from dualion.errors import ReadError
from dualion.readers import read, sniff

EIS_POINTS = {140: 42, 150: 42, 160: 42, 170: 41, 180: 41, 190: 41, 200: 40}  # lines of each file less its three of heading
CV_ROWS = {25: 7202, 50: 7202, 100: 3602, 250: 7202, 500: 7202}  # lines that begin with a tab and a whole number

CURVES = {25: 3, 50: 3, 100: 2, 250: 3, 500: 3}


def codes(flags: tuple[object, ...]) -> set[str]:
    return {getattr(flag, "code", "") for flag in flags}


def test_versastudio_spectrum(shared: Path) -> None:
    path = shared / "data" / "versastat" / "exampleDataVersaStudio.par"
    assert sniff(path.read_bytes()).name == "versastat-par"
    measured = read(path)
    table = measured.table
    assert measured.technique == "eis"
    assert table.height == 61
    assert table.row(0, named=True)["frequency_hertz"] == 1e5
    assert table["frequency_hertz"][-1] == 0.02154435
    assert table["real_impedance_ohm"][0] == 55.31571
    assert table["imaginary_impedance_ohm"][0] == 4.575431
    assert (table["imaginary_impedance_ohm"] > 0).sum() == 2  # the inductive end, 1e5 and 7.7e4 Hz
    assert table["step_count"].unique().to_list() == [1]
    assert measured.conditions["comment"] == "エクスペリメントのコメントを入力"
    assert "truncated" not in codes(measured.flags)


def test_parstat_export(shared: Path) -> None:
    measured = read(shared / "data" / "versastat" / "exampleDataParstat.txt")
    table = measured.table
    assert measured.source.reader == "parstat-text"
    assert table.height == 812
    spectrum = table.drop_nulls("frequency_hertz")
    assert spectrum.height == 31
    assert spectrum["frequency_hertz"].max() == pytest.approx(1e4, rel=1e-6)
    assert spectrum["frequency_hertz"].min() == 10
    assert spectrum["real_impedance_ohm"][0] == pytest.approx(-4.98162804e-4, rel=1e-8)
    assert spectrum["imaginary_impedance_ohm"][0] == pytest.approx(0.0175143480, rel=1e-8)
    assert table.group_by("step_count").len().sort("step_count").rows() == [(1, 781), (2, 31)]
    direct = table.filter(table["step_count"] == 1)
    assert direct["frequency_hertz"].null_count() == direct["real_impedance_ohm"].null_count() == 781
    assert not codes(measured.flags) & {"truncated", "missing_values"}


@pytest.mark.parametrize("rate", CV_ROWS)
def test_gamry_voltammograms(shared: Path, rate: int) -> None:
    path = shared / "data" / "cv" / f"kirkpsmith_AQDS_20mM_1M_H2SO4_{rate}mVs.DTA.txt"
    measured = read(path)
    table = measured.table
    assert measured.technique == "cv"
    assert table.height == CV_ROWS[rate]
    assert table["record_index"].to_list() == list(range(CV_ROWS[rate]))
    assert table["cycle_count"].unique(maintain_order=True).to_list() == list(range(1, CURVES[rate] + 1))
    assert measured.conditions["scan_rate"].value == pytest.approx(rate, rel=1e-5)
    time, voltage = table["test_time_second"].to_numpy(), table["voltage_volt"].to_numpy()
    sweep = slice(10, 1790)  # within the first way up
    assert 1e3 * np.polyfit(time[sweep], voltage[sweep], 1)[0] == pytest.approx(rate, rel=0.002)
    # oxidation on the way up is positive
    up = np.diff(voltage, prepend=voltage[0]) > 0
    assert table["current_ampere"].to_numpy()[up].max() > 1e-4
    first = next(line for line in path.read_text().split("\n") if line.startswith("\t0\t")).split("\t")
    assert table.row(0, named=True)["current_ampere"] == float(first[4])
    assert "truncated" not in codes(measured.flags)


@pytest.mark.parametrize("celsius", EIS_POINTS)
def test_plain_spectra_at_seven_temperatures(shared: Path, celsius: int) -> None:
    path = shared / "data" / "eis-temperature" / f"s04147-{celsius}deg.txt"
    measured = read(path)
    assert measured.source.reader == "plain-impedance"
    assert measured.table.height == EIS_POINTS[celsius]
    printed = np.loadtxt(path, skiprows=3)
    np.testing.assert_array_equal(measured.table.to_numpy(), printed)
    assert measured.table["frequency_hertz"][0] == 1e6
    assert (measured.table["imaginary_impedance_ohm"] < 0).all()
    assert not codes(measured.flags) & {"truncated", "impedance_sign", "units_assumed"}


def test_reports_of_peers_are_no_spectra(shared: Path) -> None:
    for path in (shared / "data" / "eis-temperature").glob("peer_*.txt"):
        with pytest.raises(ReadError):
            read(path)


@pytest.mark.parametrize(("name", "points", "technique"), [("cellpy_biol", 23_561, "gcd"), ("aurora_PEIS", 244, "eis")])
def test_biologic_binaries(shared: Path, name: str, points: int, technique: str) -> None:
    path = shared / "data" / "biologic" / f"{name}.mpr"
    assert sniff(path.read_bytes()).name == "biologic-mpr"
    if find_spec("galvani") is None:
        with pytest.raises(ReadError, match="pip install galvani"):
            read(path)
        pytest.skip("galvani is not installed")
    measured = read(path)
    assert measured.table.height == points
    assert measured.technique == technique
