"""Raman files: headers, units, decimal commas, maps and series, reversed order, and hostile forms."""

from __future__ import annotations

import pytest

import examples_raman as examples
from dualion.errors import ReadError
from dualion.readers import read_all_bytes, read_bytes, sniff
from dualion.readers.format import Declared
from dualion.records.measurement import Measurement
from dualion.records.quantity import Quantity


def number(measured: Measurement, name: str) -> float:
    found = measured.conditions[name]
    assert isinstance(found, Quantity)
    assert found.value is not None
    return found.value


def codes(measured: Measurement) -> set[str]:
    return {flag.code for flag in measured.flags}


@pytest.mark.parametrize("make", examples.EVERY)
def test_examples_are_read(make) -> None:  # type: ignore[no-untyped-def]
    example = make()
    measured = read_bytes(example.data)
    assert sniff(example.data).name == measured.source.reader == example.format
    assert set(example.flags) <= codes(measured)
    for name, numbers in example.truth.items():
        assert measured.table[name].to_list() == pytest.approx(numbers, rel=1e-9)


def test_the_header_gives_laser_and_times() -> None:
    new, old, tree = (read_bytes(make().data) for make in (examples.horiba, examples.horiba_comma, examples.horiba_xml))
    assert [number(one, "laser_wavelength") for one in (new, old, tree)] == [532.0, 632.817, 632.817]
    assert [number(one, "frame_time") for one in (new, old, tree)] == [30.0, 10.0, 8.0]
    assert new.conditions["title"] == tree.conditions["title"] == "MEC3"
    assert new.conditions["grating"] == "600 (500nm)"


def test_negative_shifts_are_not_cropped() -> None:
    for make in (examples.horiba, examples.horiba_comma, examples.horiba_xml):
        assert read_bytes(make().data).table["raman_shift_per_centimetre"].min() == pytest.approx(-95.0)


@pytest.mark.parametrize("unit", ["nm", "eV", "µm"])
def test_an_axis_that_is_no_shift_is_refused(unit: str) -> None:
    x, y = examples.spectrum()
    rows = [f"{one}\t{value}" for one, value in zip(x, y, strict=True)]
    text = "\n".join([*examples.horiba_header(unit=unit), *rows]) + "\n"
    tree = examples.horiba_xml_text([y], x, unit=unit)
    for data in (text, tree):
        with pytest.raises(ReadError, match="no Raman shift"):
            read_bytes(data.encode())
    with pytest.raises(ReadError, match="is declared"):
        read_bytes(examples.renishaw().data, declared=Declared(x_unit=unit))


def test_a_declared_unit_is_not_assumed() -> None:
    assert "units_assumed" in codes(read_bytes(examples.renishaw().data))
    assert "units_assumed" not in codes(read_bytes(examples.renishaw().data, declared=Declared(x_unit="1/cm")))
    assert "units_assumed" not in codes(read_bytes(examples.horiba_comma().data, declared=Declared(x_unit="cm-1")))


def test_a_map_is_a_region_for_each_place() -> None:
    x, y = examples.spectrum()
    head = "\t\t" + "\t".join(map(str, x))
    places = [(0.0, 0.0), (0.0, 2.5), (1.0, 0.0)]
    rows = ["\t".join(map(str, [*place, *(one + 10 * k for one in y)])) for k, place in enumerate(places)]
    data = ("\n".join([*examples.horiba_header(), head, *rows]) + "\n").encode()
    found = read_all_bytes(data)
    assert [one.region for one in found] == ["at 0, 0", "at 0, 2.5", "at 1, 0"]
    assert found[2].table["intensity_arbitrary"].to_list() == pytest.approx([one + 20 for one in y])
    assert found[2].table["raman_shift_per_centimetre"].to_list() == pytest.approx(x)
    with pytest.raises(ReadError, match="3 measurements"):
        read_bytes(data)


def test_a_series_of_renishaw_is_a_region_for_each_time() -> None:
    x, y = examples.spectrum(12)
    rows = [f"{time}\t{one}\t{value + time}" for time in (0, 60) for one, value in zip(x, y, strict=True)]
    found = read_all_bytes(("\n".join(["#Time\t\t#Wave\t\t#Intensity", *rows]) + "\n").encode())
    assert [one.region for one in found] == ["at 0", "at 60"]
    assert found[1].table["intensity_arbitrary"][0] == pytest.approx(y[0] + 60)


def test_rows_of_a_tree_are_regions() -> None:
    x, y = examples.spectrum()
    found = read_all_bytes(examples.horiba_xml_text([y, y[::-1]], x).encode())
    assert [one.region for one in found] == ["spectrum 1", "spectrum 2"]
    assert found[1].table["intensity_arbitrary"][0] == pytest.approx(y[-1])


def test_the_order_of_the_file_is_kept() -> None:
    shifts = read_bytes(examples.renishaw().data).table["raman_shift_per_centimetre"]
    assert shifts.is_sorted(descending=True)


def test_repeated_and_missing_values_are_told() -> None:
    x, y = examples.spectrum()
    x[5] = x[4]
    rows = [f"{one}\t{'NaN' if k == 9 else value}" for k, (one, value) in enumerate(zip(x, y, strict=True))]
    measured = read_bytes(("\n".join(["#Wave\t\t#Intensity", *rows]) + "\n").encode())
    assert measured.table.height == len(x)
    assert {"duplicate_abscissae", "missing_values"} <= codes(measured)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("\n".join(examples.horiba_header()) + "\n", "no rows of numbers"),
        ("\n".join([*examples.horiba_header(), "1.0\t2.0", "1.5\t2.0\t3.0", "2.0\t2.0"]) + "\n", "3 fields instead of 2"),
        ("\n".join([*examples.horiba_header(), "1.0\t2.0", "1.5\tabc", "2.0\t2.0"]) + "\n", "not a number"),
        (examples.horiba_xml_text([[1.0, 2.0]], [1.0, 2.0, 3.0]), "2 intensities for 3 shifts"),
        (examples.horiba_xml_text([], [1.0, 2.0]), "holds 0 spectra"),
        (examples.horiba_xml_text([[1.0]], [1.0]).replace("LSX_Matrix", "LSX_Other"), "no LSX_Matrix"),
        ("#Wave\t\t#Intensity\n", "no rows of numbers"),
        ('<!DOCTYPE x [<!ENTITY e "e">]><LSX_Data><LSX_Tree>&e;</LSX_Tree></LSX_Data>', "document type or an entity"),
    ],
)
def test_what_is_damaged_is_refused(data: str, reason: str) -> None:
    with pytest.raises(ReadError, match=reason):
        read_bytes(data.encode())
