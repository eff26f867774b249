"""JCAMP-DX written here in every form gives back its numbers; files that contradict themselves are refused or say so."""

from __future__ import annotations

import numpy as np
import pytest

import examples_jcamp as examples
from dualion.errors import ReadError
from dualion.readers import read_all_bytes, read_bytes
from dualion.readers.format import Declared
from dualion.readers.jcamp.blocks import MOST_DEPTH
from dualion.records.measurement import Measurement
from dualion.records.quantity import Quantity

X, Y = examples.band()


def text(form: str = "affn", **changes: str) -> str:
    """A block with words of its header changed."""
    found = examples.block_text(examples.rows_of(X, Y, form))
    for old, new in changes.items():
        label = old.upper().replace("_", " ")
        head, _, rest = found.partition(f"##{label}=")
        found = f"{head}##{label}= {new}\n{rest.partition(chr(10))[2]}"
    return found


def read(data: str | bytes, **declared: str) -> Measurement:
    return read_bytes(data if isinstance(data, bytes) else data.encode(), "file.bin", declared=Declared(**declared))


def codes(measured: Measurement) -> set[str]:
    return {flag.code for flag in measured.flags}


class TestForms:
    @pytest.mark.parametrize("form", list(examples.FORMS))
    def test_gives_back_its_numbers(self, form: str) -> None:
        found = read(text(form))
        assert found.technique == "ftir"
        assert found.table["wavenumber_per_centimetre"].to_numpy() == pytest.approx(np.array(X), abs=1e-9)
        assert found.table["absorbance"].to_numpy() == pytest.approx(np.array(Y) * examples.FACTOR, abs=1e-12)
        assert codes(found) <= {"reversed_order"}

    def test_pairs(self) -> None:
        found = read(examples.pairs().data)
        assert found.table["absorbance"].to_numpy() == pytest.approx(np.array(Y) * examples.FACTOR, abs=1e-12)

    def test_the_letters_are_those_of_the_standard(self) -> None:
        """The line of McDonald & Wilks 1988, section 5.9: 1 to 10 in each form."""
        row = [100, 101, 102, 103, 103, 100, 99]
        assert examples.sqz(row) == "A00A01A02A03A03A00I9"
        assert examples.dif(row) == "A00JJJ%lj"
        assert examples.difdup([100, 101, 102, 103, 104, 104]) == "A00JV%"

    def test_an_exponent_is_none_in_a_squeezed_table(self) -> None:
        head = text(npoints="4", lastx="1788", firsty="0.0055", maxy="0.0058", miny="0.0055").partition("##XYDATA")[0]
        found = read(f"{head}##XYDATA= (X++(Y..Y))\n1800E5E6E7\n1788E8\n##END=\n")
        assert found.table["absorbance"].to_list() == pytest.approx([0.0055, 0.0056, 0.0057, 0.0058])

    def test_a_question_mark_is_a_missing_value(self) -> None:
        found = read(text().replace(f" {Y[20]}", " ?", 1))
        assert np.isnan(found.table["absorbance"][20])
        assert "missing_values" in codes(found)

    def test_comments_and_spellings_of_labels(self) -> None:
        found = read("$$ first\n" + text().replace("##DATA TYPE=", "##data-type =").replace("##NPOINTS=", "##N POINTS ="))
        assert found.table.height == examples.POINTS

    def test_the_header_is_kept(self) -> None:
        found = read(text())
        resolution = found.conditions["resolution"]
        assert isinstance(resolution, Quantity)
        assert (resolution.value, resolution.unit) == (4.0, "cm-1")
        assert found.conditions["title"] == "a band"


class TestContradictions:
    @pytest.mark.parametrize("count", [39, 41, 400])
    def test_a_wrong_number_of_points(self, count: int) -> None:
        with pytest.raises(ReadError, match=f"NPOINTS is {count}"):
            read(text(npoints=str(count)))

    @pytest.mark.parametrize("count", ["", "many", "-3", "2.5", "0", "1e30"])
    def test_a_number_of_points_that_is_none(self, count: str) -> None:
        with pytest.raises(ReadError, match="NPOINTS"):
            read(text(npoints=count))

    def test_a_wrong_checksum(self) -> None:
        rows = examples.rows_of(X, Y, "dif")
        rows[2] = rows[2].replace(examples.sqz([Y[19]]), examples.sqz([Y[19] + 1]), 1)
        with pytest.raises(ReadError, match="checksum"):
            read(examples.block_text(rows))

    @pytest.mark.parametrize("ends", [{"firstx": "1900"}, {"lastx": "1500"}, {"lastx": "1800"}, {"firstx": "x"}, {"firstx": ""}])
    def test_ends_that_disagree_with_the_lines(self, ends: dict[str, str]) -> None:
        with pytest.raises(ReadError):
            read(text(**ends))

    def test_a_lost_and_an_added_point(self) -> None:
        """The number of points is right, and the abscissae of the lines are not."""
        rows = examples.rows_of(X, Y, "affn")
        rows[0], rows[3] = rows[0].rsplit(" ", 3)[0], f"{rows[3]} 1 1 1"
        with pytest.raises(ReadError, match="begins at"):
            read(examples.block_text(rows))

    def test_a_step_that_disagrees(self) -> None:
        found = read(examples.block_text(examples.rows_of(X, Y, "affn"), extra="##DELTAX= -5.0\n"))
        assert "abscissa_disagrees" in codes(found)
        assert found.table["wavenumber_per_centimetre"][-1] == X[-1]

    def test_an_ordinate_that_disagrees(self) -> None:
        assert "ordinate_disagrees" in codes(read(text(maxy="80.1")))
        assert "ordinate_disagrees" not in codes(read(text()))

    @pytest.mark.parametrize("row", ["1800 12 x 13", "1800 1e999", "abc", "1800 12,,a"])
    def test_what_is_no_number(self, row: str) -> None:
        with pytest.raises(ReadError):
            read(examples.block_text([row]))

    def test_a_difference_without_a_value(self) -> None:
        with pytest.raises(ReadError, match="difference"):
            read(examples.block_text(["1800J1J2", "1790A1"]))

    def test_a_count_of_repeats_that_fills_the_memory(self) -> None:
        with pytest.raises(ReadError, match="repeats"):
            read(examples.block_text(["1800A1S99999999999999999"]))

    def test_a_table_of_another_kind(self) -> None:
        with pytest.raises(ReadError, match="form"):
            read(examples.block_text(["1800 1 2"], table="XYDATA= (X++(R..R))"))
        with pytest.raises(ReadError, match="no block holds a spectrum"):
            read(examples.block_text(["1800, 1"], table="PEAK TABLE= (XY..XY)"))


class TestCuts:
    def test_a_cut_block_says_so(self) -> None:
        rows = examples.rows_of(X, Y, "dif")
        found = read(examples.block_text(rows).partition(rows[2])[0] + rows[2][:12])
        assert found.table.height == 20
        assert "truncated" in codes(found)
        assert found.table["absorbance"].to_list() == pytest.approx([value * examples.FACTOR for value in Y[: found.table.height]])

    def test_a_cut_number_is_left_out(self) -> None:
        whole = text()
        last = whole.index("\n##END")
        found = read(whole[: last - 1])
        assert found.table.height == 30
        assert "truncated" in codes(found)


class TestBlocks:
    def test_every_block_is_a_measurement(self) -> None:
        found = read_all_bytes(examples.compound(), "file.bin")
        assert [one.region for one in found] == ["first", "second"]
        assert {one.table.height for one in found} == {examples.POINTS}

    def test_blocks_that_are_missing(self) -> None:
        found = read_all_bytes(examples.compound(blocks=5), "file.bin")
        assert all("truncated" in codes(one) for one in found)
        cut = examples.compound()
        assert "truncated" in codes(read_all_bytes(cut[: cut.rindex(b"##END=")], "file.bin")[0])

    def test_nested_blocks(self) -> None:
        inner = examples.compound(("a", "b")).decode()
        outer = f"##TITLE= outer\n##JCAMP-DX= 4.24\n##DATA TYPE= LINK\n##BLOCKS= 1\n{inner}##END=\n"
        assert [one.region for one in read_all_bytes(outer.encode(), "file.bin")] == ["a", "b"]

    def test_blocks_nested_without_end_are_refused(self) -> None:
        head = "##TITLE= x\n##JCAMP-DX= 4.24\n##DATA TYPE= LINK\n"
        with pytest.raises(ReadError, match="levels"):
            read(head * (MOST_DEPTH + 1))
        with pytest.raises(ReadError):
            read(head * 10_000)


class TestUnits:
    def transmittance(self, unit: str, factor: float) -> str:
        """The table as some transmittance."""
        return text(yunits=unit, yfactor=str(factor), firsty="", maxy="", miny="")

    def test_the_declared_unit_tells_percent_from_a_fraction(self) -> None:
        """The same numbers, from -0.0012 to 0.7988, as percent and as a fraction."""
        percent = read(self.transmittance("% TRANSMITTANCE", 1e-4)).table["transmittance_percent"]
        fraction = read(self.transmittance("TRANSMITTANCE", 1e-4), y_unit="1").table["transmittance_percent"]
        stated = read(self.transmittance("TRANSMITTANCE", 1e-4), y_unit="%").table["transmittance_percent"]
        assert percent.max() == pytest.approx(0.7988)
        assert stated.max() == pytest.approx(0.7988)
        assert fraction.max() == pytest.approx(79.88)

    def test_a_bare_word_is_said_to_be_one(self) -> None:
        fraction = read(self.transmittance("TRANSMITTANCE", 1e-4))
        assert fraction.table["transmittance_percent"].max() == pytest.approx(79.88)
        percent = read(self.transmittance("TRANSMITTANCE", 1e-2))
        assert percent.table["transmittance_percent"].max() == pytest.approx(79.88)
        assert "units_assumed" in codes(fraction) & codes(percent)

    def test_a_range_in_the_header_decides(self) -> None:
        """79.88 % is stated, so numbers up to 0.7988 are fractions, and those up to 79.88 percent."""
        for factor in (1e-4, 1e-2):
            given = self.transmittance("TRANSMITTANCE", factor).replace("##XUNITS", "##INSTRUMENT PARAMETERS= 0.01,79.88 %T\n##XUNITS")
            assert read(given).table["transmittance_percent"].max() == pytest.approx(79.88)

    @pytest.mark.parametrize("unit", ["HZ", "MHZ", "PPM", "SECONDS", "M/Z", ""])
    def test_what_is_not_infrared(self, unit: str) -> None:
        found = read(text(xunits=unit))
        assert found.technique == "spectrum"
        assert "units_not_ir" in codes(found)
        assert found.table["abscissa"].to_list() == X

    @pytest.mark.parametrize("unit", ["1/CM", "cm-1", "CM^-1", "cm⁻¹"])
    def test_spellings_of_wavenumbers(self, unit: str) -> None:
        assert read(text(xunits=unit)).table["wavenumber_per_centimetre"].to_list() == pytest.approx(X)

    def test_micrometres_are_converted(self) -> None:
        rows = ["5.0 1 2 3 4 5 6"]
        head = text(xunits="MICROMETERS", npoints="6", firstx="5.0", lastx="10.0", firsty="", maxy="", miny="").partition("##XYDATA")[0]
        found = read(head + "##XYDATA= (X++(Y..Y))\n" + rows[0] + "\n##END=\n")
        assert found.table["wavenumber_per_centimetre"].to_list()[::5] == pytest.approx([2000.0, 1000.0])
        assert "abscissa_converted" in codes(found)

    def test_raman_keeps_its_name(self) -> None:
        found = read(text(data_type="RAMAN SPECTRUM", yunits="ARBITRARY UNITS"))
        assert found.technique == "raman"
        assert found.table.columns == ["raman_shift_per_centimetre", "intensity_arbitrary"]

    def test_beyond_the_infrared_is_flagged(self) -> None:
        found = read(
            examples.block_text([f"13000{examples.affn(Y)}"]).replace("1800.0", "13000").replace(f"LASTX= {X[-1]}", "LASTX= 12000")
        )
        assert "out_of_range" in codes(found)
