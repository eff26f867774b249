"""C K-edge of diamond-like carbon (beamline SLRI BL3.2Ua) against reference values."""

from __future__ import annotations

from pathlib import Path

import pytest

from dualion.readers import read
from dualion.records.measurement import Measurement, Result
from dualion.techniques.nexafs import Options, analyse


@pytest.fixture(scope="module")
def carbon(shared: Path) -> Measurement:
    return read(shared / "data" / "nexafs" / "DLC_CK_SLRI_BL3.2Ua.csv")


@pytest.fixture(scope="module")
def result(carbon: Measurement) -> Result:
    return analyse([carbon], Options())


def test_rows_and_range(carbon: Measurement) -> None:
    energy = carbon.table["photon_energy_electronvolt"]
    assert (carbon.technique, carbon.table.height, energy[0], energy[-1]) == ("nexafs", 251, 270.7, 320.7)
    assert "prenormalised" in {flag.code for flag in carbon.flags}
    assert "truncated" not in {flag.code for flag in carbon.flags}  # the last row has no line end, and is whole


def test_position_of_pi(result: Result) -> None:
    assert result.values["pi_position"].value == pytest.approx(284.9, abs=0.2)


def test_raw_share_by_fit_and_window(result: Result) -> None:
    assert result.values["pi_fraction_raw"].value == pytest.approx(0.046, abs=0.004)
    assert result.values["pi_fraction_window"].value == pytest.approx(0.047, abs=0.004)


def test_the_step_is_undetermined(result: Result) -> None:
    assert "step_undetermined" in {flag.code for flag in result.flags}


def test_sp2_is_refused(carbon: Measurement, result: Result) -> None:
    assert result.values["sp2_relative_to_reference"].value is None
    assert "no_reference" in {flag.code for flag in result.flags}
    asked = analyse([carbon], Options(share_name="sp2"))
    assert asked.values["sp2_fraction"].value is None
    assert "raw_share_not_sp2" in {flag.code for flag in asked.flags if flag.severity == "refusal"}
