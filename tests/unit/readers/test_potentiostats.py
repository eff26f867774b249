"""VersaSTAT, Gamry, BioLogic and plain impedance files written here give back the numbers that are in them."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dualion.errors import ReadError
from dualion.readers import read_bytes, sniff
from dualion.records.measurement import Measurement

_SPEC = spec_from_file_location("readers_examples", Path(__file__).parents[2] / "readers_examples.py")
assert _SPEC is not None
assert _SPEC.loader is not None
examples = sys.modules.setdefault("readers_examples", module_from_spec(_SPEC))
_SPEC.loader.exec_module(examples)

MADE = [make() for make in examples.POTENTIOSTATS]


def read(data: bytes | str) -> Measurement:
    return read_bytes(data if isinstance(data, bytes) else data.encode(), "file.bin", check=False)


def codes(measured: Measurement) -> list[str]:
    return [flag.code for flag in measured.flags]


@pytest.mark.parametrize("example", MADE, ids=lambda example: example.name)
def test_the_numbers_of_a_file_are_read(example: Any) -> None:
    assert sniff(example.data).name == example.format
    measured = read(example.data)
    assert measured.technique == example.technique
    assert measured.table.height == example.rows
    for name, wanted in example.truth.items():
        found = measured.table[name].to_list()
        assert [value is None for value in found] == [value is None for value in wanted], name
        np.testing.assert_allclose(
            [v for v in found if v is not None], [v for v in wanted if v is not None], rtol=2e-7, atol=1e-12, err_msg=name
        )
    assert set(example.flags) <= set(codes(measured))
    assert "truncated" not in codes(measured)


# --- VersaSTAT ----------------------------------------------------------------------------------------------------------------


def par() -> str:
    return str(examples.par_voltammogram().data.decode())


def test_a_par_says_what_was_done() -> None:
    measured = read(par())
    assert measured.conditions["scan_rate"].value == pytest.approx(10)
    assert measured.conditions["start_local_time"] == "Thursday, July 19, 2018 9:40:30 AM"
    assert measured.conditions["comment"] == "陰極 µA 試験"
    assert measured.cell.area is None  # 1 cm2 is what the program writes where nobody gave one
    assert "active_mass" not in measured.conditions


def test_a_par_with_mass_and_area_states_them() -> None:
    measured = read(par().replace("Mass (g)=0", "Mass (g)=0.0025").replace("(cm2)=1\n", "(cm2)=1.54\n"))
    assert measured.conditions["active_mass"].value == pytest.approx(2.5)
    assert measured.cell.area.value == 1.54


def test_the_width_of_a_par_follows_the_rows_not_the_definition() -> None:
    twice = par().replace("AC Amplitude\n", "AC Amplitude, 0\n")
    assert read(twice).table.equals(read(par()).table)


def test_a_par_in_shift_jis_reads_the_same() -> None:
    data = par().replace("µ", "μ").encode("cp932")
    assert read(data).conditions["comment"] == "陰極 μA 試験"
    assert read(data).table.equals(read(par()).table)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("</Segment2>\n", "</Segmint2>\n", "<Segment2> is not closed before </Segmint2>"),
        ("I(A), Elapsed", "E(V), Elapsed", "stands there 2 times"),
        ("I(A), Elapsed", "I(mA), Elapsed", "there is no column I\\(A\\)"),
        ("\n0,1,", "\n0;1,", "this row has 23 fields instead of 24"),
        (",0.01,", ",0.o1,", '"0.o1" is not a number'),
    ],
)
def test_a_damaged_par_is_refused_with_its_line(old: str, new: str, words: str) -> None:
    assert old in par()
    with pytest.raises(ReadError, match=words) as refused:
        read(par().replace(old, new, 1))
    assert "line " in refused.value.position


@pytest.mark.parametrize(("old", "new"), [("<Segment3>", "<Sigment3>"), ("</DockingLayout>", "</DockungLayout>")])
def test_a_par_with_a_damaged_section_is_flagged(old: str, new: str) -> None:
    assert codes(read(par().replace(old, new))) == ["truncated"]


def test_a_par_with_fewer_segments_than_announced_is_flagged() -> None:
    whole = par()
    start = whole.index("<Segment3>")
    assert codes(read(whole[:start])) == ["truncated"]
    assert codes(read(whole[:start].replace("Segments=3", "Segments=2"))) == []


@pytest.mark.parametrize("name", ["Frequency(Hz)", "Z Real", "Z Imag"])
def test_a_spectrum_without_one_of_its_columns_is_no_record_of_cycling(name: str) -> None:
    with pytest.raises(ReadError, match=r"no (column|segment)"):
        read(examples.par_spectrum().data.replace(name.encode(), b"Something else"))


@pytest.mark.parametrize("name", ["freq/Hz", "Re(Z)/Ohm", "-Im(Z)/Ohm"])
def test_a_mpt_spectrum_without_one_of_its_columns_is_refused(name: str) -> None:
    with pytest.raises(ReadError, match="there is no column"):
        read(examples.mpt_spectrum().data.replace(name.encode(), b"Something else"))


def test_a_par_in_binary_form_says_what_to_do() -> None:
    whole = par()
    with pytest.raises(ReadError, match="Save New Data to Binary File"):
        read(whole[: whole.index("<Segment1>")].replace("<Experiment>", "<Experiment>\nDataFormat=Binary"))


# --- Gamry --------------------------------------------------------------------------------------------------------------------


def dta(**options: bool) -> str:
    return str(examples.dta_voltammogram(**options).data.decode("latin-1"))


def test_a_dta_says_what_was_done() -> None:
    measured = read(dta())
    assert measured.conditions["scan_rate"].value == 10
    assert measured.conditions["electrode_area"].value == 2
    assert measured.cell.area.value == 2
    assert measured.conditions["start_local_time"] == "10/16/2018 11:26:39"


def test_a_dta_of_another_current_convention_is_flagged() -> None:
    assert codes(read(dta().replace("CONVENTION\tIQUANT\t1", "CONVENTION\tIQUANT\t0"))) == ["current_convention"]


def test_a_dta_in_another_unit_is_refused() -> None:
    with pytest.raises(ReadError, match='"mA" is not a unit'):
        read(dta().replace("V vs. Ref.\tA\t", "V vs. Ref.\tmA\t", 1))


def test_a_dta_with_lost_rows_is_flagged() -> None:
    lines = dta().split("\r\n")
    at = next(at for at, line in enumerate(lines) if line.startswith("\t5\t"))
    assert codes(read("\r\n".join(lines[:at] + lines[at + 1 :]))) == ["truncated"]
    lines = dta(counted=False).split("\r\n")
    at = next(at for at, line in enumerate(lines) if line.startswith("\t5\t"))
    assert 5 not in read("\r\n".join(lines[:at] + lines[at + 1 :])).table["record_index"].to_list()


def test_a_stopped_experiment_is_flagged() -> None:
    lines = examples.dta_spectrum().data.decode("latin-1").split("\r\n")
    stopped = [*lines[:-5], "EXPERIMENTABORTED\tTOGGLE\tT\tExperiment Aborted", ""]
    assert codes(read("\r\n".join(stopped))) == ["truncated", "experiment_stopped"]


# --- BioLogic -----------------------------------------------------------------------------------------------------------------


def test_a_mpt_says_what_was_done() -> None:
    measured = read(examples.mpt_voltammogram().data)
    assert measured.conditions["scan_rate"].value == 10
    assert (measured.conditions["active_mass"].value, measured.conditions["active_mass"].unit) == (pytest.approx(2.5), "mg")
    assert measured.cell.area is None  # 0.001 cm2 is what the program writes where nobody gave one


def test_the_current_of_a_mpt_without_its_column_is_what_was_asked_for() -> None:
    text = examples.mpt_cycling(comma=False).data.decode("latin-1")
    without = text.replace("control/mA", "control/V/mA").replace("\tI/mA\t", "\tP/W\t")
    assert read(without.encode("latin-1")).table["current_ampere"].to_list() == examples.cycling()[2]
    with pytest.raises(ReadError, match="I/mA"):
        read(without.replace("control/V/mA", "control").encode("latin-1"))


def test_a_cell_with_reference_electrode_has_voltage_and_potential() -> None:
    text = examples.mpt_cycling(comma=False).data.decode("latin-1").replace("control/mA\tEwe/V", "Ewe-Ece/V\tEwe/V")
    table = read(text.encode("latin-1")).table
    assert table["working_electrode_potential_vs_reference_volt"].to_list() == examples.cycling()[1]
    assert table["voltage_volt"].to_list() != examples.cycling()[1]


@pytest.mark.parametrize("count", ["3", "999999", "x"])
def test_a_mpt_with_a_wrong_count_of_header_lines_is_refused(count: str) -> None:
    lines = examples.mpt_cycling().data.split(b"\r\n")
    lines[1] = f"Nb header lines : {count}".encode()
    with pytest.raises(ReadError, match="line "):
        read(b"\r\n".join(lines))


def test_a_mpt_with_both_marks_is_no_guess() -> None:
    with pytest.raises(ReadError, match="is not a number"):
        read(examples.mpt_cycling().data.replace(b"1,8500000", b"1.85.0000", 1))


# --- BioLogic binary, with a stand-in for the package ---------------------------------------------------------------------------

MPR = (
    b"BIO-LOGIC MODULAR FILE\x1a".ljust(48) + b"\0" * 4 + b"MODULE" + b"VMP Set   " + b"VMP settings".ljust(25) + b"\x0a\0\0\0" + b"\0" * 4
)


def mpr(technique: int) -> bytes:
    return MPR + b"03.15.17" + bytes([technique]) + b"\0" * 100


@pytest.fixture
def galvani(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Stand in for the package with one that gives some columns."""

    def install(**columns: list[float]) -> None:
        names = [name.replace("__", "/") for name in columns]
        data = np.array(list(zip(*columns.values())), dtype=[(name, "<f4" if name == "Ewe/V" else "<f8") for name in names])
        package, module = types.ModuleType("galvani"), types.ModuleType("galvani.BioLogic")
        module.MPRfile = lambda stream: types.SimpleNamespace(data=data, get_flag=lambda name: np.ones(len(data)))  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "galvani", package)
        monkeypatch.setitem(sys.modules, "galvani.BioLogic", module)
        monkeypatch.setattr("importlib.util.find_spec", lambda name, *rest: object() if name == "galvani" else None)

    return install


def test_a_mpr_without_the_package_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    from dualion.readers import biologic
    from dualion.readers.format import Given

    monkeypatch.setattr("importlib.util.find_spec", lambda name, *rest: None)
    with pytest.raises(ReadError, match="pip install galvani"):
        biologic.FORMATS[1].read(Given("a.mpr", mpr(6), "0" * 64))


def test_a_mpr_is_read_with_the_package(galvani: Callable[..., None]) -> None:
    from dualion.readers import biologic
    from dualion.readers.format import Given

    galvani(time__s=[0, 1, 2], Ewe__V=[0.1, 0.2, 0.3], I__mA=[1, 1, -1], half__cycle=[0, 0, 1])
    measured = biologic.FORMATS[1].read(Given("a.mpr", mpr(6), "0" * 64))
    assert measured.technique == "cv"
    assert measured.table["current_ampere"].to_list() == [1e-3, 1e-3, -1e-3]
    np.testing.assert_allclose(measured.table["voltage_volt"].to_numpy(), [0.1, 0.2, 0.3], rtol=1e-7)


def test_a_spectrum_of_a_mpr_has_its_sign_turned(galvani: Callable[..., None]) -> None:
    from dualion.readers import biologic
    from dualion.readers.format import Given

    galvani(**{"freq__Hz": [100.0, 10.0], "Re(Z)__Ohm": [1.0, 2.0], "-Im(Z)__Ohm": [0.5, 0.7], "time__s": [0, 1]})
    measured = biologic.FORMATS[1].read(Given("a.mpr", mpr(0x1D), "0" * 64))
    assert measured.technique == "eis"
    assert measured.table["imaginary_impedance_ohm"].to_list() == [-0.5, -0.7]


# --- plain spectra -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("heading", "mark", "sign", "scale"),
    [
        ("Frequency (Hz);Z' (Ohm);Z'' (Ohm)", ";", 1, (1, 1)),
        ("freq/Hz\tRe(Z)/Ohm\t-Im(Z)/Ohm", "\t", -1, (1, 1)),
        ("f [kHz],Zreal [mΩ],Zimag [mΩ]", ",", 1, (1e3, 1e-3)),
        ("# Frequency_Hz Z_real_ohm -Z_imag_ohm", " ", 0, (1, 1)),
        ("omega (rad/s)\tZ′ (kOhm)\t−Z″ (kOhm)", "\t", -1, (1 / (2 * np.pi), 1e3)),
        ("f(Hz)  ReZ(ohm)  ImZ(ohm)", "  ", 1, (1, 1)),
        ('"Freq (Hz)","Zre (ohms)","Zim (ohms)"', ",", 1, (1, 1)),
        ("Freq/Hz, Z'/ohm, Z\"/ohm", ", ", 1, (1, 1)),
        ("Frequency (Hz)\tZ' (Ω)\t-Z'' (Ω)", "\t", -1, (1, 1)),
        ("Frequency[MHz]\tRe Z [kΩ]\tIm Z [kΩ]", "\t", 1, (1e6, 1e3)),
    ],
)
def test_headings_of_spectra(heading: str, mark: str, sign: int, scale: tuple[float, float]) -> None:
    frequency, real, imaginary = examples.spectrum()
    rows = "".join(f"{f}{mark}{a}{mark}{b}\n" for f, a, b in zip(frequency, real, imaginary))
    if sign == 0:  # no unit can be told from such names
        with pytest.raises(ReadError):
            read(f"made by hand\n{heading}\n{rows}")
        return
    table = read(f"made by hand\n{heading}\n{rows}").table
    np.testing.assert_allclose(table["frequency_hertz"].to_numpy(), np.multiply(frequency, scale[0]), rtol=1e-12)
    np.testing.assert_allclose(table["real_impedance_ohm"].to_numpy(), np.multiply(real, scale[1]), rtol=1e-12)
    np.testing.assert_allclose(table["imaginary_impedance_ohm"].to_numpy(), np.multiply(imaginary, scale[1] * sign), rtol=1e-12)


def test_a_turned_sign_is_said() -> None:
    measured = read(examples.plain("f/Hz\tZ'/ohm\t-Z''/ohm", minus=True).data)
    assert [(flag.code, flag.severity) for flag in measured.flags] == [("impedance_sign", "note")]


def test_a_sign_that_contradicts_its_heading_stays_and_is_said() -> None:
    whole = examples.plain("f/Hz\tZ'/ohm\tZ''/ohm", minus=True)
    measured = read(whole.data)
    assert [(flag.code, flag.severity) for flag in measured.flags] == [("impedance_sign", "warning")]
    assert (measured.table["imaginary_impedance_ohm"] > 0).all()


def test_a_heading_without_units_is_said() -> None:
    assert codes(read(examples.plain("f\tZ'\tZ''").data)) == ["units_assumed"]


def test_an_areal_impedance_is_refused() -> None:
    with pytest.raises(ReadError, match="ohm cm2"):
        read(examples.plain("f/Hz\tZ' (ohm cm2)\tZ'' (ohm cm2)").data)


def test_units_below_the_names() -> None:
    example = examples.plain("f\tZ'\tZ''\nkHz\tohm\tohm")
    measured = read(example.data)
    assert measured.flags == ()
    np.testing.assert_allclose(measured.table["frequency_hertz"].to_numpy(), np.multiply(example.truth["frequency_hertz"], 1e3))


def test_decimal_commas_of_a_plain_table() -> None:
    example = examples.plain()
    assert read(example.data.replace(b".", b",").replace(b"Freq,", b"Freq.")).table.equals(read(example.data).table)


def test_evenly_spaced_times_are_no_spectrum() -> None:
    assert read("".join(f"{at}\t3.{at}\t-0.1\n" for at in range(1, 30))).technique == "spectrum"  # columns of which nothing is known


def test_a_zview_file_with_fewer_points_than_it_says_is_flagged() -> None:
    for old in (False, True):
        lines = examples.zview(old=old).data.split(b"\r\n")
        assert codes(read(b"\r\n".join([*lines[:-4], b""]))) == ["truncated"]


def test_an_older_zview_file() -> None:
    example = examples.zview(old=True)
    older = example.data.replace(b"ZPlotW Data File: Version 3.2c", b"Z60W Data File: Version 1.1").replace(b"Freq(Hz)", b"Freq (Hz)")
    assert read(older).table.equals(read(example.data).table)
