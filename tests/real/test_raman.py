"""Two carbon spectra and silicon of one spectrometer: reference values of the specification."""

from __future__ import annotations

from pathlib import Path

import pytest

from dualion.readers import read
from dualion.readers.format import Declared
from dualion.records.measurement import Measurement, Result
from dualion.techniques.raman import Options, analyse


def spectrum(shared: Path, name: str) -> Measurement:
    return read(shared / "data" / "raman" / f"{name}.txt", declared=Declared(measurement="raman"))


def value(result: Result, name: str) -> float:
    found = result.values[name].value
    assert found is not None
    return found


def test_files_are_read_whole_with_negative_shifts(shared: Path) -> None:
    first = {"testDW38C_pos1": -94.68189, "testDW38C_pos2": -94.68189, "Si_spectrum01": -95.79080}
    for name, begin in first.items():
        table = spectrum(shared, name).table
        assert table.height == 1600
        assert table["raman_shift_per_centimetre"][0] == pytest.approx(begin, abs=1e-4)
        assert (table["raman_shift_per_centimetre"] < 0).sum() > 30


def test_ranges_over_the_standard_grid(shared: Path) -> None:
    """One carbon spectrum gives ratios of 0.83 to 1.28 (heights) and 1.45 to 3.03 (areas), G at 1578 to 1588, D at 1343 to 1346 cm-1.

    The four-band fits put D up to 1.3 cm-1 lower than 1343 on two of the baselines.
    """
    result = analyse((spectrum(shared, "testDW38C_pos1"),), Options())
    ends = [value(result, f"id_ig_{name}") for name in ("height_lowest", "height_highest", "area_lowest", "area_highest")]
    assert ends == pytest.approx([0.83, 1.28, 1.45, 3.03], abs=0.05)
    grid = result.tables["sensitivity"]
    assert grid.height == 8
    assert grid["g_position [cm-1]"].is_between(1577.5, 1588.5).all()
    assert grid["d_position [cm-1]"].is_between(1341.5, 1346.5).all()
    two = grid.filter(grid["model"] == "lorentz2")
    assert two["d_position [cm-1]"].is_between(1342.5, 1346.5).all()


@pytest.mark.parametrize("name", ["testDW38C_pos1", "testDW38C_pos2"])
def test_a_carbon_is_flagged_as_it_should_be(shared: Path, name: str) -> None:
    result = analyse((spectrum(shared, name),), Options(la_relation="tuinstra-koenig"))
    codes = {flag.code for flag in result.flags}
    assert {"ratio_sensitive", "no_calibration", "laser_unknown"} <= codes
    assert result.values["l_a"].value is None
    assert 1577.5 <= value(result, "g_position") <= 1588.5
    for measure in ("height", "area"):
        stderr = result.values[f"id_ig_{measure}"].stderr
        assert stderr is not None
        assert stderr > 0.15 * value(result, f"id_ig_{measure}")


def test_silicon_calibrates(shared: Path) -> None:
    """Its highest point is at 519.9, its vertex at 521.2 cm-1: 0.7 cm-1 are to be taken off."""
    silicon = analyse((spectrum(shared, "Si_spectrum01"),), Options())
    assert value(silicon, "silicon_maximum") == pytest.approx(519.9, abs=0.05)
    assert value(silicon, "silicon_position") == pytest.approx(521.2, abs=0.3)
    assert value(silicon, "axis_shift") == pytest.approx(-0.7, abs=0.3)
    carbon = spectrum(shared, "testDW38C_pos1")
    plain, shifted = (analyse((carbon,), Options(calibration=one)) for one in (None, value(silicon, "silicon_position")))
    assert value(shifted, "g_position") - value(plain, "g_position") == pytest.approx(-0.7, abs=0.1)
    assert "no_calibration" not in {flag.code for flag in shifted.flags}
