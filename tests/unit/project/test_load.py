"""Which files of a folder count, and what their names say where nothing else does."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualion.errors import SpecError
from dualion.project.load import load
from dualion.project.names import family, sample_in, scan_rate_in, temperature_in
from dualion.project.roles import stem
from dualion.project.words import duration_text, range_text, slug


def put(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("x")


def test_raw_files_are_found_in_all_folders_in_order(tmp_path: Path) -> None:
    put(tmp_path, "b.nda", "a/z.ndax", "a/c.DTA", "notes.md", "photo.PNG", ".hidden.csv", ".cache/x.csv", "~$open.xlsx")
    project = load(tmp_path)
    assert [role.path for role in project.roles] == ["a/c.DTA", "a/z.ndax", "b.nda"]
    assert project.passed_over == ("notes.md", "photo.PNG")
    assert not project.written


def test_what_dualion_wrote_is_not_read_again(tmp_path: Path) -> None:
    put(tmp_path, "raw.csv", "report/.dualion-manifest.json", "report/results.csv", "store/dualion-store.json", "store/x.csv")
    assert [role.path for role in load(tmp_path).roles] == ["raw.csv"]


def test_a_folder_that_is_none_or_is_empty_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="not a folder"):
        load(tmp_path / "absent")
    with pytest.raises(SpecError, match="holds no files of instruments"):
        load(tmp_path)


def test_links_to_folders_are_not_followed(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    put(inner, "a.csv")
    (inner / "loop").symlink_to(tmp_path)
    assert [role.path for role in load(tmp_path).roles] == ["inner/a.csv"]


def test_files_of_one_series_share_a_cell(tmp_path: Path) -> None:
    put(tmp_path, "eis-140deg.txt", "eis-150deg.txt", "MEC0_cv.par", "MEC3_cv.par", "cv_25mVs.dta", "cv_50mVs.dta")
    roles = {role.path: role for role in load(tmp_path).roles}
    assert roles["eis-140deg.txt"].cell == roles["eis-150deg.txt"].cell
    assert roles["cv_25mVs.dta"].cell == roles["cv_50mVs.dta"].cell
    assert roles["MEC0_cv.par"].cell.name != roles["MEC3_cv.par"].cell.name
    assert roles["MEC3_cv.par"].cell.sample == "MEC3"
    assert (roles["eis-140deg.txt"].temperature, roles["cv_50mVs.dta"].scan_rate) == (140.0, 50.0)
    assert [flag.code for flag in roles["eis-140deg.txt"].flags] == ["cell_from_name", "temperature_from_name"]
    assert roles["MEC0_cv.par"].flags == ()


@pytest.mark.parametrize(
    ("name", "temperature", "rate", "sample"),
    [
        ("s04147-140deg.txt", 140.0, None, None),
        ("MEC3_2C_25C.nda", 25.0, None, "MEC3"),
        ("MEC3_20C.nda", None, None, "MEC3"),
        ("eis_303.15K.z", 30.0, None, None),
        ("x_-10degC.z", -10.0, None, None),
        ("AQDS_20mM_1M_H2SO4_25mVs.DTA.txt", None, 25.0, None),
        ("cv_0.1mV_s-1.par", None, 0.1, None),
        ("cv 0p2 mV s.par", None, 0.2, None),
        ("cv_1V_s.par", None, 1000.0, None),
        ("hakadi_static_test_2c-2-1.csv", None, None, None),
        ("KMEC30.csv", None, None, None),
    ],
)
def test_what_a_name_says(name: str, temperature: float | None, rate: float | None, sample: str | None) -> None:
    assert temperature_in(name) == (None if temperature is None else pytest.approx(temperature))
    assert scan_rate_in(name) == (None if rate is None else pytest.approx(rate))
    assert sample_in(name) == sample


@given(st.text(max_size=60))
def test_any_name_is_understood_or_not_but_never_breaks(name: str) -> None:
    found = temperature_in(name)
    assert found is None or -80.0 <= found <= 1000.0
    rate = scan_rate_in(name)
    assert rate is None or rate == rate
    family(name)
    assert set(slug(name)) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    stem(name or "x")


@pytest.mark.parametrize(
    ("path", "expected"),
    [("raw/cv_25.DTA.txt", "cv_25"), ("nda_v26.nda.zip", "nda_v26"), ("a.b2.csv", "a"), ("v1.25", "v1.25"), ("x", "x")],
)
def test_a_stem_has_no_endings(path: str, expected: str) -> None:
    assert stem(path) == expected


def test_durations_and_ranges_in_words() -> None:
    assert [duration_text(value) for value in (0.5, 90.0, 7200.0, 1.36e6)] == ["0.5 s", "1.5 min", "2 h", "15.7 d"]
    assert range_text(-3e-4, 2.6e-4, "A") == "−300 to 260\xa0µA"
    assert range_text(0.03, 1e6, "Hz") == "30\xa0mHz to 1\xa0MHz"
    assert range_text(0.0, 0.0, "A") == "0 to 0\xa0A"
