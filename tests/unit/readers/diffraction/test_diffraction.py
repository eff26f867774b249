"""Diffraction files: several scans, wavelengths, units, axes that are no 2 theta, and hostile XML."""

from __future__ import annotations

import pytest

import examples_diffraction as examples
from dualion.errors import ReadError
from dualion.readers import read_all_bytes, read_bytes, sniff
from dualion.records.measurement import Measurement
from dualion.records.quantity import Quantity
from dualion.techniques.xrd import Options, analyse


def wavelength(measured: Measurement) -> float:
    """In angstrom."""
    found = measured.conditions["wavelength"]
    assert isinstance(found, Quantity)
    assert found.value is not None
    return 10 * found.value


@pytest.mark.parametrize("make", examples.EVERY)
def test_examples_are_read(make) -> None:  # type: ignore[no-untyped-def]
    example = make()
    measured = read_bytes(example.data)
    assert sniff(example.data).name == measured.source.reader == example.format
    for name, numbers in example.truth.items():
        assert measured.table[name].to_list() == pytest.approx(numbers, rel=1e-9)


@pytest.mark.parametrize(
    ("intended", "expected"),
    [("K-Alpha 1", 1.540598), ("K-Alpha", (1.540598 + 0.5 * 1.544426) / 1.5), ("K-Beta", 1.39225)],
)
def test_the_wavelength_is_that_of_the_intended_line(intended: str, expected: float) -> None:
    text = examples.xrdml_text("1 2 3 4", last=15.5, intended=intended)
    assert wavelength(read_bytes(text.encode())) == pytest.approx(expected, rel=1e-9)


def test_other_files_state_their_lines() -> None:
    mean = (1.540593 + 0.5 * 1.544414) / 1.5
    assert wavelength(read_bytes(examples.ras().data)) == pytest.approx(mean, rel=1e-9)
    assert wavelength(read_bytes(examples.asc().data)) == pytest.approx(1.54056, rel=1e-9)
    assert wavelength(read_bytes(examples.uxd_pairs().data)) == pytest.approx((1.5406 + 0.5 * 1.54439) / 1.5, rel=1e-9)


def test_schema_one_is_not_multiplied_again() -> None:
    """Intensities are corrected already; only counts take the factors of the attenuator."""
    factors = "<beamAttenuationFactors>1 10 10 10</beamAttenuationFactors>"
    for element, expected in (("intensities", [1, 2, 3, 4]), ("counts", [1, 20, 30, 40])):
        text = examples.xrdml_text("1 2 3 4", last=15.5, element=element, extra=factors)
        assert read_bytes(text.encode()).table["intensity_count"].to_list() == expected


def test_an_aborted_scan_is_said_to_be_one() -> None:
    text = examples.xrdml_text("1 2 3 4", last=15.5).replace('scanAxis="Gonio" status="Completed"', 'scanAxis="Gonio" status="Aborted"')
    assert "truncated" in {flag.code for flag in read_bytes(text.encode()).flags}


def test_several_scans_are_several_regions() -> None:
    one = examples.xrdml_text("1 2 3 4", last=15.5)
    begin, end = one.index("    <scan "), one.index("  </xrdMeasurement>\n</")
    text = (one[:end] + one[begin:end].replace("1 2 3 4", "5 6 7 8") + one[end:]).encode()
    found = read_all_bytes(text)
    assert [scan.region for scan in found] == ["scan 1", "scan 2"]
    assert found[1].table["intensity_count"].to_list() == [5, 6, 7, 8]
    assert read_bytes(text, region="scan 2").table.equals(found[1].table)
    with pytest.raises(ReadError, match="scan 1, scan 2"):
        read_bytes(text)


def test_several_blocks_of_a_ras_and_ranges_of_a_uxd() -> None:
    ras = examples.ras_text(["10.0 5.0 1.0", "10.5 6.0 1.0"]).replace("*RAS_DATA_END\r\n", "")
    twice = ras + ras.replace("*RAS_DATA_START\r\n", "").replace("5.0 1.0", "7.0 1.0") + "*RAS_DATA_END\r\n"
    assert [one.table["intensity_count"][0] for one in read_all_bytes(twice.encode())] == [5.0, 7.0]
    uxd = examples.uxd_values().data.decode() + "; Data for range 2\n_STEPCOUNT=3\n_START=40.0\n_COUNTS\n 1 2 3\n"
    second = read_bytes(uxd.encode(), region="range 2")
    assert second.table["two_theta_degree"].to_list() == pytest.approx([40.0, 40.5, 41.0])
    assert second.table["intensity_count"].to_list() == [1, 2, 3]


@pytest.mark.parametrize(
    ("data", "axis"),
    [
        (examples.ras_text(["1.0 5.0 1.0"] * 3, axis="Omega", internal="Omega"), "Omega"),
        (examples.asc_text([1, 2, 3, 4], axis="omega"), "omega"),
        (examples.UXD_HEADER.format(drive="THETA", count=1) + "_2THETACOUNTS\n 10.0 5\n", "THETA"),
        (examples.xrdml_text("1 2").replace('axis="2Theta"', 'axis="Phi"').replace("Gonio", "Phi"), "Phi"),
    ],
)
def test_a_scan_of_another_axis_is_no_pattern(data: str, axis: str) -> None:
    with pytest.raises(ReadError, match=f'moves "{axis}" and not 2 theta'):
        read_bytes(data.encode())


def test_units_are_not_guessed() -> None:
    with pytest.raises(ReadError, match="no unit of an intensity"):
        read_bytes(examples.ras_text(["10.0 5.0 1.0"] * 3, unit="furlong").encode())
    with pytest.raises(ReadError, match="no unit of an intensity"):
        read_bytes(examples.asc_text([1, 2, 3, 4], unit="").encode())
    with pytest.raises(ReadError, match="no unit of an angle"):
        read_bytes(examples.xrdml_text("1 2 3").replace('axis="2Theta" unit="deg"', 'axis="2Theta" unit="mm"').encode())
    radians = examples.xrdml_text("1 2 3", first=0.2, last=0.4).replace('axis="2Theta" unit="deg"', 'axis="2Theta" unit="rad"')
    assert read_bytes(radians.encode()).table["two_theta_degree"][0] == pytest.approx(11.459, abs=1e-3)


def test_rates_are_not_counts() -> None:
    assert "intensity_count_per_second" in read_bytes(examples.asc().data).table.columns
    text = examples.ras_text(["10.0 5.0 1.0"] * 3, unit="cps")
    assert "intensity_count_per_second" in read_bytes(text.encode()).table.columns


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (examples.asc_text([1, 2, 3, 4], count=9), "announces 9"),
        (examples.xrdml_text("1 2 x 4"), "not a number"),
        (examples.xrdml_text("1 2 3 4").replace("<endPosition>25.5", "<endPosition>9e9"), "cannot be"),
        (examples.xrdml_text("1 2 3 4").replace("intensities", "picture"), "neither counts nor intensities"),
        (examples.xrdml_text("1 2", element="counts", extra="<beamAttenuationFactors>1 2 3</beamAttenuationFactors>"), "3 factors"),
        (examples.UXD_HEADER.format(drive="COUPLED", count=2) + "_2THETACOUNTS\n 10.0 5\n 10.5\n\n", "has no intensity"),
    ],
)
def test_what_contradicts_itself_is_refused(data: str, reason: str) -> None:
    with pytest.raises(ReadError, match=reason):
        read_bytes(data.encode())


BOMB = """<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol">
<!ENTITY lol2 "&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;">]><xrdMeasurements>&lol2;</xrdMeasurements>"""
OUTSIDE = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><xrdMeasurements>&e;</xrdMeasurements>'


@pytest.mark.parametrize("data", [BOMB, OUTSIDE, "<xrdMeasurements>" * 5000, "<xrdMeasurements><a></b></xrdMeasurements>"])
def test_hostile_xml_is_refused(data: str) -> None:
    with pytest.raises(ReadError):
        read_bytes(data.encode())


def test_entities_are_refused_by_name() -> None:
    for data in (BOMB, OUTSIDE):
        with pytest.raises(ReadError, match="document type or an entity"):
            read_bytes(data.encode())


def test_a_file_goes_all_the_way_to_a_result() -> None:
    """Written as XRDML with a wavelength, analysed without an option."""
    import numpy as np

    from dualion.techniques.xrd import synthesise

    (made,), truth = synthesise(np.random.default_rng(0), noise=0.0)
    counts = " ".join(f"{one:.3f}" for one in made.table["intensity_count"])
    text = examples.xrdml_text(counts, first=10.0, last=70.0)
    result = analyse((read_bytes(text.encode()),), Options())
    assert result.values["d002"].value == pytest.approx(truth["d002"], rel=1e-3)
    assert "wavelength_assumed" not in {flag.code for flag in result.flags}
