"""Zn K-edge scans of the XAS data library against reference values, the library called directly, and a published edge energy."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from dualion.readers import read
from dualion.records.measurement import Measurement, Result
from dualion.techniques import xafs

pytest.importorskip("rexafs")

#: file: rows, E0 [eV], position of the first shell [angstrom].
REFERENCE = {
    "Zn_foil.xdi": (526, 9660.9, 2.332),
    "ZnO.xdi": (526, 9664.5, 1.626),
    "zn_znse_rt.xdi": (469, 9663.8, 2.148),
}


@cache
def load(folder: Path, name: str) -> Measurement:
    return read(folder / "data" / "xafs" / name)


@cache
def analysed(folder: Path, name: str) -> Result:
    return xafs.analyse((load(folder, name),), xafs.Options())


def value(result: Result, name: str) -> float:
    found = result.values[name].value
    assert found is not None
    return found


@pytest.mark.parametrize("name", REFERENCE)
def test_reference_values(name: str, shared: Path) -> None:
    rows, edge, shell = REFERENCE[name]
    assert load(shared, name).table.height == rows
    result = analysed(shared, name)
    assert value(result, "edge_energy") == pytest.approx(edge, abs=0.5)
    assert value(result, "first_shell_position") == pytest.approx(shell, abs=0.03)


@pytest.mark.parametrize(("name", "columns"), [("Zn_foil.xdi", (0, 3, 4)), ("ZnO.xdi", (0, 1, 2)), ("zn_znse_rt.xdi", (0, 2, 3))])
def test_columns_of_the_header_against_numpy(name: str, columns: tuple[int, int, int], shared: Path) -> None:
    energy, incident, behind = np.loadtxt(shared / "data" / "xafs" / name, usecols=columns, unpack=True)
    table = load(shared, name).table
    assert table["photon_energy_electronvolt"].to_numpy() == pytest.approx(energy)
    assert table["mu"].to_numpy() == pytest.approx(np.log(incident / behind), abs=1e-12)


@pytest.mark.parametrize("name", REFERENCE)
def test_the_library_called_directly(name: str, shared: Path) -> None:
    import rexafs

    table = load(shared, name).table
    direct = rexafs.Spectrum(table["photon_energy_electronvolt"].to_numpy(), table["mu"].to_numpy())
    direct.set_background_method(rexafs.AUTOBK(rbkg=1.0, kweight=2))
    direct.set_fft(rexafs.XrayFFTF(kmin=3.0, kmax=12.0, kweight=2, dk=1.0, window="Hanning")).fft()
    result = analysed(shared, name)
    assert value(result, "edge_energy") == direct.e0()
    assert result.curves["transform"].y == tuple(direct.chir_mag().tolist())


def test_the_foil_against_the_absolute_edge_energy(shared: Path) -> None:
    """Kraft et al. 1996: the first inflection of zinc metal is at 9660.76 eV; this beamline is not calibrated to it."""
    edge = analysed(shared, "Zn_foil.xdi").values["edge_energy"]
    assert edge.value == pytest.approx(9660.76, abs=2 * (edge.stderr or 0))


def test_the_foil_against_its_crystal(shared: Path) -> None:
    """Six neighbours at 2.665 and six at 2.913 angstrom: their mean less 0.4 to 0.5 is where |chi(R)| is highest."""
    shell = value(analysed(shared, "Zn_foil.xdi"), "first_shell_position")
    assert 0.4 - 0.03 <= (2.665 + 2.913) / 2 - shell <= 0.5 + 0.03


def test_flags_of_each_file(shared: Path) -> None:
    codes = {name: {flag.code for flag in analysed(shared, name).flags} for name in REFERENCE}
    assert all({"edge_step_out_of_range", "no_phase_correction"} <= some for some in codes.values())
    assert {name for name, some in codes.items() if "n_or_o" in some} == {"ZnO.xdi"}
    assert {name for name, some in codes.items() if "rbkg_sensitive" in some} == {"ZnO.xdi"}
    assert not any("noise_limited" in some for some in codes.values())


def test_white_lines_are_not_edges(shared: Path) -> None:
    for name in REFERENCE:
        result = analysed(shared, name)
        assert 2 < value(result, "white_line_energy") - value(result, "edge_energy") < 12
    assert value(analysed(shared, "ZnO.xdi"), "white_line_height") > 1.8


def test_an_oxide_lies_above_its_metal(shared: Path) -> None:
    """Both of one beamline on one day, so that their shift needs no calibration: 3.6 eV by larch."""
    scans = [load(shared, name) for name in ("ZnO.xdi", "Zn_foil.xdi")]
    result = xafs.analyse(scans, xafs.Options(foil="Zn foil", references=("Zn_foil.xdi",)))
    assert value(result, "edge_shift_zn_foil_xdi") == pytest.approx(9664.5 - 9660.9, abs=0.5)
    assert value(result, "energy_shift") == pytest.approx(9660.76 - 9660.9, abs=0.1)
    assert result.values["edge_energy"].stderr == pytest.approx(0.2, abs=0.1)


def test_an_oversmoothed_derivative_moves_the_edge(shared: Path) -> None:
    """The smoothings of the grid move the edges by less than 0.7 eV; the spread is in the error."""
    table = analysed(shared, "ZnO.xdi").tables["settings"]
    edges = [one for one in table["edge_energy [eV]"].to_list() if one is not None]
    assert 0.1 < max(edges) - min(edges) < 0.7
