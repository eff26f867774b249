"""VAMAS: the grammar against another parser, lists of block items, what is refused, and what CasaXPS leaves behind."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

import examples_xps as examples
from dualion.errors import ReadError
from dualion.readers import read_all_bytes, read_bytes, sniff
from dualion.records.measurement import Measurement
from dualion.records.quantity import Quantity

ENERGY, RATE = "binding_energy_electronvolt", "intensity_count_per_second"


def codes(measured: Measurement) -> set[str]:
    return {flag.code for flag in measured.flags}


def number(measured: Measurement, name: str) -> float | None:
    one = measured.conditions[name]
    assert isinstance(one, Quantity)
    return one.value


@pytest.mark.parametrize("example", [make() for make in examples.EVERY], ids=lambda example: example.name)
def test_the_numbers_of_a_file_are_read(example: examples.Example) -> None:
    assert sniff(example.data).name == example.format
    found = read_bytes(example.data)
    assert (found.technique, found.source.reader) == (example.technique, example.format)
    for name, values in example.truth.items():
        assert np.allclose(found.table[name].to_numpy(), np.array(values, dtype=float), rtol=1e-12, atol=1e-9)
    assert codes(found) <= {"reversed_order"}


def test_a_block_as_another_parser_has_it() -> None:
    other = pytest.importorskip("vamas").Vamas(examples.regular().data).blocks[0]
    found = read_bytes(examples.regular().data)
    assert found.table[ENERGY].to_numpy() == pytest.approx(
        other.analysis_source_characteristic_energy - other.x_start - other.x_step * np.arange(15), abs=1e-9
    )
    counts = np.array(other.corresponding_variables[0].y_values)
    assert found.table[RATE].to_numpy() == pytest.approx(counts / (other.signal_collection_time * other.num_scans_to_compile_block))
    assert number(found, "pass_energy") == other.analyzer_pass_energy_or_retard_ratio_or_mass_res
    assert number(found, "transmission") == pytest.approx(np.mean(other.corresponding_variables[1].y_values))


def test_what_a_block_says_besides() -> None:
    found = read_bytes(examples.regular().data)
    assert found.region == "N 1s"
    assert (found.conditions["title"], found.conditions["neutraliser"], found.conditions["source"]) == ("carbon 7", "on", "Al (mono)")
    assert (number(found, "photon_energy"), number(found, "dwell_time"), number(found, "scans")) == (examples.PHOTON, examples.DWELL, 4)


def test_the_model_of_casaxps_is_kept_as_it_is() -> None:
    found = read_bytes(examples.regular().data)
    assert (found.conditions["vendor_name_1"], found.conditions["vendor_shape_1"]) == ("pyridinic", "GL(30)")
    assert number(found, "vendor_position_1") == pytest.approx(examples.PHOTON - 1088.29)
    assert (number(found, "vendor_area_1"), number(found, "vendor_fwhm_1"), number(found, "vendor_rsf_1")) == (512.5, 1.6, 1.8)
    assert found.conditions["vendor_background"] == "Shirley"
    assert (number(found, "vendor_window_low"), number(found, "vendor_window_high")) == pytest.approx((394.0, 408.0))


@pytest.mark.parametrize("mark", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("before", ["", "\n\n", "\r\n \r\n"])
def test_line_ends_and_blank_lines_change_nothing(mark: str, before: str) -> None:
    data = examples.vamas([*examples.head(), *examples.block()], mark=mark, before=before)
    assert read_bytes(data, "x.npl").table.equals(read_bytes(examples.regular().data).table)


class TestWorkFunction:
    """E_B = h nu - E_K - phi, with phi only where it is positive."""

    @staticmethod
    def first(work: str) -> tuple[float, set[str]]:
        found = read_bytes(examples.vamas([*examples.head(), *examples.block(work=work)]))
        return float(found.table[ENERGY][0]), codes(found)

    def test_is_taken_off_and_told(self) -> None:
        energy, raised = self.first("4.5")
        assert energy == pytest.approx(408.0 - 4.5)
        assert "work_function" in raised

    @pytest.mark.parametrize("work", ["-4.5", "0", examples.UNKNOWN])
    def test_is_in_the_axis_already(self, work: str) -> None:
        energy, raised = self.first(work)
        assert energy == pytest.approx(408.0)
        assert "work_function" not in raised

    def test_has_no_part_in_a_binding_energy(self) -> None:
        lines = examples.block(label="Binding Energy", work="4.5")
        assert read_bytes(examples.vamas([*examples.head(), *lines])).table[ENERGY][0] == pytest.approx(examples.PHOTON - 408.0)


def test_regions_have_names_of_their_own() -> None:
    lines = [*examples.head(blocks=3), *examples.block(), *examples.block(), *examples.block("C 1s", species=("C", "1s"))]
    assert [one.region for one in read_all_bytes(examples.vamas(lines))] == ["N 1s", "N 1s (2)", "C 1s"]
    assert read_bytes(examples.vamas(lines), region="C 1s").region == "C 1s"
    with pytest.raises(ReadError, match=r"3 measurements"):
        read_bytes(examples.vamas(lines))


def test_items_that_stay_as_in_the_first_block() -> None:
    """Negative list: items 1 to 7, 14 and 34 stand in the first block only."""
    first, second = examples.block(), examples.block()
    left_out = [first.index("2026") + k for k in range(7)]
    left_out += [first.index(f"{examples.PHOTON}"), first.index("pulse counting") + 1]
    second = [line for k, line in enumerate(second) if k not in left_out]
    lines = [*examples.head(listed=(-9, *range(1, 8), 14, 34), blocks=2), *first, *second]
    found = read_all_bytes(examples.vamas(lines))
    assert found[0].table.equals(found[1].table)
    assert found[0].conditions == found[1].conditions


def test_items_that_are_written_anew() -> None:
    """Positive list: only comment and species of the second block."""
    second = ["C 1s", "carbon 7", "0", "C", *["15", "0", "1"], *[str(k) for k in range(15)]]
    first = examples.block()
    first_names = first.index("Intensity")
    only = [*first[: first_names - 1], "1", *first[first_names : first_names + 2], *first[first_names + 4 :]]
    at = only.index("pulse counting") + 8
    only = [*only[:at], "15", "0", "1", *[str(k) for k in range(15)]]
    found = read_all_bytes(examples.vamas([*examples.head(listed=(2, 8, 29), blocks=2), *only, *second]))
    assert [one.region for one in found] == ["N 1s", "C 1s"]
    assert found[0].table.equals(found[1].table)


def test_without_a_time_there_are_only_counts() -> None:
    found = read_bytes(examples.vamas([*examples.head(), *examples.block(time=examples.UNKNOWN)]))
    assert found.table["intensity_arbitrary"].to_list() == [float(one) for one in examples.n1s()[1]]
    assert "counts_without_time" in codes(found)


def test_other_techniques_are_left_out() -> None:
    lines = [*examples.head(blocks=2), *examples.block("depth", technique="AES dir"), *examples.block()]
    assert [one.region for one in read_all_bytes(examples.vamas(lines))] == ["N 1s"]


class TestRefused:
    @staticmethod
    def reason(lines: list[str], *, end: str = "end of experiment") -> str:
        with pytest.raises(ReadError) as caught:
            read_all_bytes(examples.vamas(lines, end=end), "x.vms")
        return str(caught.value)

    def test_a_count_of_values_that_does_not_divide(self) -> None:
        assert "do not divide" in self.reason([*examples.head(), *examples.block(count=29)])

    @pytest.mark.parametrize("count", [28, 32, 4000])
    def test_a_count_of_values_that_is_wrong(self, count: int) -> None:
        reason = self.reason([*examples.head(), *examples.block(count=count)])
        assert "a count before it is wrong" in reason or "the file ends before them" in reason

    def test_more_blocks_than_there_are(self) -> None:
        assert "ends" in self.reason([*examples.head(blocks=2), *examples.block()])

    def test_fewer_blocks_than_there_are(self) -> None:
        assert "a count before it is wrong" in self.reason([*examples.head(), *examples.block(), *examples.block()])

    def test_a_comment_that_is_longer_than_announced(self) -> None:
        lines = examples.block()
        lines.insert(11, "one line more")
        assert "line " in self.reason([*examples.head(), *lines])

    @pytest.mark.parametrize("count", ["1e9", "-1", "2.5", "nan"])
    def test_a_count_that_is_none(self, count: str) -> None:
        lines = examples.head()
        lines[5] = count
        assert "count" in self.reason([*lines, *examples.block()]) or "finite" in self.reason([*lines, *examples.block()])

    def test_a_map(self) -> None:
        assert "not a spectrum" in self.reason([*examples.head(scan="MAPPING"), *examples.block()])

    def test_kinetic_energy_without_photon_energy(self) -> None:
        assert "no photon energy" in self.reason([*examples.head(), *examples.block(photon=examples.UNKNOWN)])

    def test_an_axis_of_something_else(self) -> None:
        assert "no kinetic or binding energy" in self.reason([*examples.head(), *examples.block(label="Mass")])
        assert 'in "keV"' in self.reason([*examples.head(), *examples.block(unit="keV")])

    def test_values_that_are_not_numbers(self) -> None:
        values = ["1"] * 29
        assert '"x1"' in self.reason([*examples.head(), *examples.block(values=[*values, "x1"])])
        assert "not finite" in self.reason([*examples.head(), *examples.block(values=["nan", *values])])

    def test_no_photoelectron_spectrum_at_all(self) -> None:
        assert "AES dir" in self.reason([*examples.head(), *examples.block(technique="AES dir")])


def test_a_missing_last_line_is_told_and_a_cut_value_refused() -> None:
    lines = [*examples.head(), *examples.block()]
    whole = examples.vamas(lines, end="")
    assert codes(read_bytes(whole)) >= {"truncated"}
    with pytest.raises(ReadError, match="ends before"):
        read_bytes(whole[:-3])


def test_reversed_and_repeated_rows_are_told() -> None:
    values = [word for energy in (1080.0, 1081.0, 1081.0, 1079.0) for word in (str(energy), "10", "1")]
    found = read_bytes(examples.vamas([*examples.head(scan="IRREGULAR"), *examples.block(irregular=True, values=values)]))
    assert "duplicate_abscissae" in codes(found)
    assert found.table.height == 4


def test_energies_out_of_range_are_told() -> None:
    found = read_bytes(examples.vamas([*examples.head(), *examples.block(photon="200")]))
    assert "out_of_range" in codes(found)
    assert isinstance(found.table, pl.DataFrame)
