"""OPUS files written here in their binary grammar give back their numbers; cut and contradictory ones are refused."""

from __future__ import annotations

import sys

import numpy as np
import pytest

import examples_jcamp as examples
from dualion.errors import MissingDependency, ReadError
from dualion.readers import read_all_bytes, read_bytes, sniff
from dualion.records.quantity import Quantity

pytest.importorskip("brukeropus")

X, Y = examples.band()
ABSORBANCE = np.array(Y) * examples.FACTOR
TRANSMITTANCE, ATR, SINGLE_CHANNEL = 5, 16, 1


def test_gives_back_its_numbers() -> None:
    found = read_bytes(examples.opus_bytes(), "file.bin")
    assert (found.technique, found.source.reader) == ("ftir", "bruker-opus")
    assert found.table["wavenumber_per_centimetre"].to_numpy() == pytest.approx(np.array(X))
    assert found.table["absorbance"].to_numpy() == pytest.approx(ABSORBANCE, abs=1e-7)
    resolution = found.conditions["resolution"]
    assert isinstance(resolution, Quantity)
    assert (resolution.value, found.conditions["title"]) == (4.0, "a band")


def test_several_results_are_regions_and_transmittance_is_percent() -> None:
    found = {one.region: one for one in read_all_bytes(examples.opus_bytes((4, TRANSMITTANCE)), "file.bin")}
    assert set(found) == {"absorbance", "transmittance"}
    assert found["transmittance"].table["transmittance_percent"].to_numpy() == pytest.approx(100 * 10**-ABSORBANCE, rel=1e-6)


def test_atr_is_told() -> None:
    assert read_bytes(examples.opus_bytes((ATR,)), "file.bin").conditions["geometry"] == "ATR"


def test_single_channels_are_no_result() -> None:
    with pytest.raises(ReadError, match="no result spectrum"):
        read_bytes(examples.opus_bytes((SINGLE_CHANNEL,)), "file.bin")


def test_every_cut_is_refused() -> None:
    whole = examples.opus_bytes()
    for end in range(4, len(whole)):
        with pytest.raises(ReadError):
            read_bytes(whole[:end], "file.bin")


def test_more_points_than_values_are_refused() -> None:
    with pytest.raises(ReadError):
        read_bytes(examples.opus_bytes(points=41), "file.bin")


def test_extremes_that_disagree_are_flagged() -> None:
    data = bytearray(examples.opus_bytes())
    first = data.index(ABSORBANCE[20].astype("<f4").tobytes())
    data[first : first + 4] = np.float32(5.0).tobytes()
    found = read_bytes(bytes(data), "file.bin")
    assert "ordinate_disagrees" in {flag.code for flag in found.flags}


def test_another_axis_is_not_infrared() -> None:
    found = read_bytes(examples.opus_bytes(unit="SEC"), "file.bin")
    assert found.technique == "spectrum"
    assert "units_not_ir" in {flag.code for flag in found.flags}
    assert read_bytes(examples.opus_bytes(unit="MI"), "file.bin").table["wavenumber_per_centimetre"][0] == pytest.approx(1e4 / X[0])


def test_names_the_extra_where_the_package_is_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("brukeropus")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "brukeropus", None)
    assert sniff(examples.opus_bytes()).name == "bruker-opus"
    with pytest.raises(MissingDependency, match=r"dualion\[io\]"):
        read_bytes(examples.opus_bytes(), "file.bin")
