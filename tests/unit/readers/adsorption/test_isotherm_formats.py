"""Formats of isotherms: units and bases, branches, traps of their grammar, and hostile forms of each."""

from __future__ import annotations

import io
import json
import re
import zipfile

import polars as pl
import pytest

import examples_adsorption as examples
from dualion.errors import ReadError
from dualion.numerics.sorption.gases import MOLAR_VOLUME_STP
from dualion.readers import read_all_bytes, read_bytes
from dualion.readers.adsorption.loadings import loading_factor
from dualion.readers.format import Given
from dualion.records.quantity import Quantity

GIVEN = Given("x", b"", "")


def factor(written: str, **settings: object) -> float:
    return loading_factor(GIVEN, "here", written, **({"adsorptive": "N2", "mass": None} | settings))  # type: ignore[arg-type]


class TestLoadings:
    @pytest.mark.parametrize(
        ("written", "expected"),
        [
            ("mmol/g", 1.0),
            ("mmol g-1", 1.0),
            ("mol/kg", 1.0),
            ("umol/mg", 1.0),
            ("ml(STP) g-1", 1e3 / MOLAR_VOLUME_STP),
            ("cm³/g STP", 1e3 / MOLAR_VOLUME_STP),
            ("cm3(STP)/g", 1e3 / MOLAR_VOLUME_STP),
            ("cm3 (STP) g⁻¹", 1e3 / MOLAR_VOLUME_STP),
            ("cc/g @ STP", 1e3 / MOLAR_VOLUME_STP),
            ("mg/g", 1 / 28.014),
            ("wt%", 10 / 28.014),
        ],
    )
    def test_a_unit_and_its_basis(self, written: str, expected: float) -> None:
        assert factor(written) == pytest.approx(expected, rel=1e-12)

    def test_a_total_needs_the_mass(self) -> None:
        assert factor("cc", mass=0.05, standard=True) == pytest.approx(factor("cc/g", standard=True) / 0.05)
        with pytest.raises(ReadError, match="mass is not given"):
            factor("cc", standard=True)

    def test_a_volume_without_its_state_is_refused(self) -> None:
        with pytest.raises(ReadError, match=r"state is not declared.*3\.53"):
            factor("cm3/g")

    @pytest.mark.parametrize("written", ["", "furlong", "mmol/m2", "mmol/cm3", "STP"])
    def test_what_is_no_loading_is_refused(self, written: str) -> None:
        with pytest.raises(ReadError):
            factor(written)

    def test_a_mass_of_an_unknown_gas_has_no_amount(self) -> None:
        with pytest.raises(ReadError, match="molar mass"):
            factor("mg/g", adsorptive="phlogiston")


class TestInformationFile:
    def test_a_short_row_in_the_middle_is_refused_with_its_line(self) -> None:
        text = examples.aif().data.decode()
        row = examples.aif().lines[3]
        with pytest.raises(ReadError, match=r"line \d+: this row has 2 fields instead of 3"):
            read_bytes(text.replace(row, " ".join(row.split()[:2])).encode())

    def test_a_short_last_row_is_left_out_and_told(self) -> None:
        example = examples.aif()
        row = example.lines[-1]
        measured = read_bytes(example.data.decode().replace(row, " ".join(row.split()[:2])).encode())
        assert measured.table.height == example.rows - 1
        assert "truncated" in {flag.code for flag in measured.flags}

    def test_units_are_never_guessed(self) -> None:
        text = examples.aif().data.decode()
        for name in ("_units_pressure kPa", "_units_loading 'ml(STP) g-1'"):
            with pytest.raises(ReadError, match=name.split(" ", maxsplit=1)[0]):
                read_bytes(text.replace(name, "").encode())
        with pytest.raises(ReadError, match="not declared"):
            read_bytes(text.replace("ml(STP) g-1", "ml g-1").encode())

    def test_relative_pressures_and_degrees_celsius(self) -> None:
        text = examples.aif().data.decode().replace("_units_pressure kPa", "_units_pressure relative")
        text = text.replace("_exptl_temperature 77.355", "_exptl_temperature -195.795").replace(
            "_units_temperature K", "_units_temperature C"
        )
        measured = read_bytes(text.encode())
        assert measured.table["relative_pressure"][0] == 0.00112
        assert measured.conditions["temperature"] == Quantity(-195.795, "degC")

    def test_several_blocks_are_several_regions(self) -> None:
        data = examples.aif().data
        found = read_all_bytes(data + data.replace(b"data_example", b"data_other"))
        assert [one.region for one in found] == ["example", "other"]
        assert found[0].table.equals(found[1].table)

    def test_what_is_not_said_is_told(self) -> None:
        text = examples.aif().data.decode().replace("_exptl_adsorptive N2\n", "")
        assert "not_stated" in {flag.code for flag in read_bytes(text.encode()).flags}

    def test_a_text_without_end_is_refused(self) -> None:
        with pytest.raises(ReadError, match="has no end"):
            read_bytes(examples.aif().data.replace(b"\n;\n", b"\n", 1))


class TestPygaps:
    def test_a_volume_of_gas_at_the_bath_is_refused(self) -> None:
        with pytest.raises(ReadError, match="volume_gas"):
            read_bytes(examples.pygaps_json().data.replace(b'"molar"', b'"volume_gas"'))

    def test_a_volume_of_sample_is_refused(self) -> None:
        with pytest.raises(ReadError, match="material_basis"):
            read_bytes(examples.pygaps_json().data.replace(b'"mass"', b'"volume"'))

    def test_relative_pressure(self) -> None:
        data = examples.pygaps_json().data.replace(b'"absolute"', b'"relative"')
        assert read_bytes(data).table["relative_pressure"][0] == pytest.approx(1.12e-5)

    def test_a_name_twice_is_refused(self) -> None:
        with pytest.raises(ReadError, match="twice"):
            read_bytes(examples.pygaps_json().data.replace(b'"loading_unit": "mmol",', b'"loading_unit": "mmol", "loading_unit": "mol",'))

    def test_numbers_that_are_none(self) -> None:
        held = json.loads(examples.pygaps_json().data)
        held["isotherm_data"][2]["loading"] = None
        measured = read_bytes(json.dumps(held).encode())
        assert "missing_values" in {flag.code for flag in measured.flags}
        held["isotherm_data"][2]["loading"] = "many"
        with pytest.raises(ReadError, match="point 3, loading"):
            read_bytes(json.dumps(held).encode())


class TestReports:
    def test_branches_turn_at_the_highest_pressure(self) -> None:
        for example in (examples.quantachrome(), examples.micromeritics()):
            branch = read_bytes(example.data).table["branch"].cast(pl.String).to_list()
            assert branch == ["adsorption"] * 12 + ["desorption"] * 4

    def test_the_printed_area_is_kept_with_its_source(self) -> None:
        printed = read_bytes(examples.micromeritics().data).conditions["vendor_bet_area"]
        assert isinstance(printed, Quantity)
        assert (printed.value, printed.unit) == (39.13, "m2/g")
        assert "printed in the report of 3Flex" in (printed.rule or "")

    def test_keys_may_stand_directly_behind_values(self) -> None:
        text = examples.quantachrome().data.decode().replace("carbon 7            Filename:", "carbon 7Filename:")
        assert read_bytes(text.encode()).conditions["title"] == "carbon 7"

    def test_latin_1_is_read(self) -> None:
        data = examples.quantachrome().data.replace(b"CellType:", "Temp.: 30 °C".encode("latin-1"))
        assert read_bytes(data).table.height == 16

    def test_without_its_mass_a_volume_is_no_loading(self) -> None:
        with pytest.raises(ReadError, match="mass is not given"):
            read_bytes(examples.quantachrome().data.replace(b"Sample Weight:", b"Sample Wait:"))

    def test_hidden_and_other_sheets_are_passed_over(self) -> None:
        rows = examples.micromeritics_rows()
        data = examples.workbook({"Notes": [["Isotherm Tabular Report", "="], ["Quantity Adsorbed", 1.0]], "Sheet1": rows})
        assert read_bytes(data).table.equals(read_bytes(examples.micromeritics().data).table)

    def test_a_formula_is_read_by_its_value(self) -> None:
        data = examples.micromeritics().data
        packed, out = zipfile.ZipFile(io.BytesIO(data)), io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            for name in packed.namelist():
                content = packed.read(name).decode()
                archive.writestr(name, re.sub(r'(<c r="F2\d">)<v>', r"\1<f>SUM(1;2)</f><v>", content))
        assert read_bytes(out.getvalue()).table.equals(read_bytes(data).table)

    def test_a_workbook_that_would_fill_the_memory_is_refused(self) -> None:
        data = examples.micromeritics().data
        packed, out = zipfile.ZipFile(io.BytesIO(data)), io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            for name in packed.namelist():
                content = (
                    packed.read(name).decode().replace("</sheetData>", '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>')
                )
                archive.writestr(name, content)
        with pytest.raises(ReadError, match="rows and"):
            read_bytes(out.getvalue())

    def test_words_among_numbers_are_refused(self) -> None:
        rows = examples.micromeritics_rows()
        rows[12][3] = "much"
        with pytest.raises(ReadError, match='"much" is not a number'):
            read_bytes(examples.workbook({"Sheet1": rows}))

    def test_other_columns_in_desorption_are_refused(self) -> None:
        text = examples.belsorp_dat().data.decode()
        at = text.rindex("Vd/ml")
        with pytest.raises(ReadError, match="other columns"):
            read_bytes((text[:at] + "Vx/ml" + text[at + 5 :]).encode())

    def test_a_belsorp_table_without_its_end_is_told(self) -> None:
        example = examples.belsorp_dat()
        end = example.ends[-1]
        assert "truncated" in {flag.code for flag in read_bytes(example.data[:end]).flags}


class TestTable:
    def test_a_loading_without_unit_is_refused(self) -> None:
        with pytest.raises(ReadError, match="the heading has no unit"):
            read_bytes(examples.table().data.replace(b" (cm3(STP)/g)", b""))

    def test_a_volume_without_its_state_is_refused(self) -> None:
        with pytest.raises(ReadError, match="not declared"):
            read_bytes(examples.table().data.replace(b"cm3(STP)/g", b"cm3/g"))

    def test_pressures_out_of_range_are_told(self) -> None:
        row = examples.table().lines[11]
        changed = examples.table().data.replace(row.encode(), row.replace("0.8900", "1.8900").encode())
        assert "out_of_range" in {flag.code for flag in read_bytes(changed).flags}

    def test_a_word_that_is_no_branch_is_refused(self) -> None:
        with pytest.raises(ReadError, match="no branch"):
            read_bytes(examples.table().data.replace(b",des\n", b",down\n", 1))

    def test_columns_twice_and_units_of_heads(self) -> None:
        with pytest.raises(ReadError, match="two columns"):
            read_bytes(examples.table().data.replace(b"p/p0,loading (cm3(STP)/g),branch", b"p/p0,loading (cm3(STP)/g),p/p0"))
        with pytest.raises(ReadError, match="temperature"):
            read_bytes(examples.table().data.replace(b"77.355 K", b"77.355"))

    def test_absolute_pressures(self) -> None:
        text = "# adsorptive: N2\npressure (torr);saturation pressure (kPa);uptake (mmol/g)\n"
        text += "".join(f"{76.0 * at:.2f};101.325;{at}.5\n" for at in range(1, 8))
        measured = read_bytes(text.encode())
        assert measured.table["relative_pressure"].to_list() == pytest.approx([0.1 * at for at in range(1, 8)])
