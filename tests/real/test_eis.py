"""Impedance of real files against published fits: a solid electrolyte at seven temperatures, and a VersaSTAT spectrum."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dualion.numerics.impedance.kramers_kronig import kramers_kronig
from dualion.numerics.impedance.spectra import COLUMNS
from dualion.readers import read
from dualion.records.cell_record import CellRecord
from dualion.records.measurement import Measurement, Result
from dualion.records.quantity import Quantity
from dualion.techniques import arrhenius, eis, relaxation_times

CIRCUIT = "(R1|Q1)+(R2|Q2)+Q3"
CELSIUS = tuple(range(140, 201, 10))
#: Peer's activation energies [eV] and their standard errors, as printed.
PEER = {"arc_1": (0.5869, 0.0163), "arc_2": (0.8919, 0.0025)}


@pytest.fixture(scope="module")
def spectra(shared: Path) -> list[Measurement]:
    folder = shared / "data" / "eis-temperature"
    found = [read(folder / f"s04147-{degrees}deg.txt") for degrees in CELSIUS]
    return [replace(one, cell=CellRecord(temperature=Quantity(float(T), "degC"))) for one, T in zip(found, CELSIUS, strict=True)]


@pytest.fixture(scope="module")
def peer(shared: Path) -> dict[str, list[float]]:
    """Parameters and standard errors of the published batch fit, one list for each line of its tables."""
    text = (shared / "data" / "eis-temperature" / "peer_Batch_EISfit_Report.txt").read_text(encoding="utf-8")
    found: dict[str, list[float]] = {"R1": [], "R2": [], "stderr R1": [], "stderr R2": [], "chi": []}
    for name, value, stderr in re.findall(r"^(R[12]) =\s+(\S+)\s+(\S+)\s+\S+$", text, flags=re.MULTILINE):
        found[name].append(float(value))
        found[f"stderr {name}"].append(float(stderr))
    found["chi"] = [float(value) for value in re.findall(r"^Chi-squared: (\S+)", text, flags=re.MULTILINE)]
    assert {name: len(values) for name, values in found.items()} == dict.fromkeys(found, 7)
    return found


@pytest.fixture(scope="module")
def fitted(spectra: list[Measurement]) -> Result:
    return eis.analyse(spectra, eis.Options(circuit=CIRCUIT, mask="capacitive-only"))


def value(result: Result, name: str) -> float:
    found = result.values[name].value
    assert found is not None
    return found


@pytest.mark.parametrize(("arc", "column"), [(1, "R1"), (2, "R2")])
def test_fourteen_resistances_are_those_of_the_published_fit(fitted: Result, peer: dict[str, list[float]], arc: int, column: str) -> None:
    found = [value(fitted, f"spectrum_{number}_arc_{arc}_resistance") for number in range(1, 8)]
    assert found == pytest.approx(peer[column], rel=5e-4)
    errors = [fitted.values[f"spectrum_{number}_arc_{arc}_resistance"].stderr for number in range(1, 8)]
    assert errors == pytest.approx(peer[f"stderr {column}"], rel=0.02)


def test_the_minimum_is_the_same_and_no_start_is_returned(fitted: Result, peer: dict[str, list[float]]) -> None:
    starts = fitted.tables["starts"]
    least = [starts.filter(starts["spectrum"] == number)["chi_squared"].min() for number in range(1, 8)]
    assert least == pytest.approx(peer["chi"], rel=1e-4)
    codes = {flag.code for flag in fitted.flags}
    assert not codes & {"not_converged", "start_value_returned", "bound_hit", "identifiability", "kk_failed"}
    assert "arc_outside_window" in codes  # the first arc leaves 1 MHz at 190 and 200 degC


@pytest.mark.parametrize(("form", "energies"), [("t_over_r", (0.5869, 0.8919)), ("inverse_r", (0.5488, 0.8538))])
def test_activation_energies_are_those_of_the_published_analysis(
    spectra: list[Measurement], form: arrhenius.Form, energies: tuple[float, float]
) -> None:
    options = arrhenius.Options(circuit=CIRCUIT, mask="capacitive-only", form=form, kelvin_offset=273.0)
    result = arrhenius.analyse(spectra, options)
    for arc, energy in zip(PEER, energies, strict=True):
        assert value(result, f"{arc}_activation_energy_electronvolt") == pytest.approx(energy, abs=1e-3)
    codes = {flag.code for flag in result.flags}
    assert {"narrow_range", "chamber_temperature"} <= codes
    assert not codes & {"curved", "from_flagged_fit", "spectrum_left_out"}


def test_the_scatter_about_the_lines_is_that_of_the_published_analysis(spectra: list[Measurement]) -> None:
    options = arrhenius.Options(circuit=CIRCUIT, mask="capacitive-only", form="t_over_r", kelvin_offset=273.0)
    errors = arrhenius.analyse(spectra, options).tables["errors"]
    for arc, (_, stderr) in PEER.items():
        row = errors.filter((errors["process"] == arc) & (errors["form"] == "t_over_r"))
        assert row["scatter [kJ/mol]"][0] / 96.485 == pytest.approx(stderr, abs=1e-4)


def test_the_versastat_spectrum_passes_with_twelve_elements_and_not_with_eight(shared: Path) -> None:
    measured = read(shared / "data" / "versastat" / "exampleDataVersaStudio.par")
    f, real, imaginary = (measured.table[name].to_numpy() for name in COLUMNS)
    twelve, eight, chosen = (kramers_kronig(f, real + 1j * imaginary, elements=count) for count in (12, 8, None))
    assert twelve.worst == pytest.approx(0.0088, abs=5e-5)
    assert twelve.rms == pytest.approx(0.0030, abs=5e-5)
    assert eight.worst == pytest.approx(0.057, abs=5e-4)
    assert (twelve.valid, eight.valid, chosen.valid) == (True, False, True)
    assert 12 <= chosen.elements <= 24
    assert chosen.worst <= 0.01
    assert chosen.rms <= 0.0035


def test_the_inductive_points_of_the_versastat_spectrum_are_left_out(shared: Path) -> None:
    measured = read(shared / "data" / "versastat" / "exampleDataVersaStudio.par")
    result = eis.analyse([measured], eis.Options(circuit="R(R|Q)(R|Q)W"))
    left = result.tables["left_out"]
    assert left["reason"].to_list() == ["inductive tail"] * 2
    assert left["frequency [Hz]"].to_list() == [1e5, 77426.37]
    assert "kk_failed" not in {flag.code for flag in result.flags}


def test_relaxation_times_lie_where_the_arcs_are(spectra: list[Measurement], fitted: Result) -> None:
    """The greatest peak before the tail, which begins beyond 10 ms, has the time constant of the greater arc within a factor of 1.5."""
    for number in (1, 3, 5):
        result = relaxation_times.analyse([spectra[number - 1]], relaxation_times.Options(capacitance=True))
        peaks = result.tables["peaks"]
        best = peaks.filter(peaks["time_constant [s]"] < 1e-2).sort("resistance [ohm]", descending=True)
        arc = value(fitted, f"spectrum_{number}_arc_2_time_constant")
        assert abs(np.log(best["time_constant [s]"][0] / arc)) < np.log(1.5)


def test_direct_current_rows_of_a_parstat_file_are_no_points(shared: Path) -> None:
    measured = read(shared / "data" / "versastat" / "exampleDataParstat.txt")
    result = eis.analyse([measured], eis.Options(circuit="LR(R|Q)", mask="none"))
    assert result.tables["residuals"].height == 31
    assert result.tables["left_out"]["reason"].unique().to_list() == ["row without an impedance"]
    assert result.tables["left_out"].height == 781
