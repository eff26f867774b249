"""Impedance spectra from measurement to result: masks, verdicts, areas, choice of the circuit, and the simulated cells."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest

from dualion.errors import CoverageError, SpecError
from dualion.numerics.impedance.circuits import parse
from dualion.numerics.impedance.spectra import COLUMNS
from dualion.records.cell_record import CellRecord
from dualion.records.measurement import Measurement, Result, Source
from dualion.records.quantity import Quantity
from dualion.techniques.eis import TECHNIQUE, Options, analyse, draw, synthesise

GIVEN = Options(circuit="R(R|Q)(R|Q)")


def measurement(z: Any, frequency: Any, **known: Any) -> Measurement:
    columns = (np.asarray(frequency), np.real(z), np.imag(z))
    return Measurement("eis", pl.DataFrame(dict(zip(COLUMNS, columns, strict=True))), {}, "", Source("z.txt", "0" * 64, "test", 1), **known)


def made(seed: int = 0, **truth: float) -> Measurement:
    return synthesise(np.random.default_rng(seed), **truth)[0][0]


def codes(result: Result) -> set[str]:
    return {flag.code for flag in result.flags}


def value(result: Result, name: str) -> float:
    found = result.values[name].value
    assert found is not None
    return found


def test_values_are_those_that_were_put_in() -> None:
    measurements, truth = synthesise(np.random.default_rng(1), noise=0.01)
    result = analyse(measurements, GIVEN)
    for name, expected in truth.items():
        assert value(result, name) == pytest.approx(expected, rel=1e-3)
    assert value(result, "total_arc_resistance") == pytest.approx(90.0, rel=1e-4)
    assert value(result, "arc_1_capacitance") == pytest.approx(1e-4 / 30, rel=1e-3)
    assert value(result, "misfit") == pytest.approx(0.003, rel=0.2)
    assert codes(result) <= {"points_left_out"}


def test_areas_multiply_resistances_with_their_own_error() -> None:
    cell = CellRecord(area=Quantity(1.131, "cm2", stderr=0.0226))
    result = analyse([replace(made(2), cell=cell)], GIVEN)
    plain, specific = result.values["arc_1_resistance"], result.values["arc_1_resistance_area_specific"]
    assert specific.unit == "ohm cm2"
    assert specific.value == pytest.approx(value(result, "arc_1_resistance") * 1.131)
    assert plain.stderr is not None
    relative = math.hypot(plain.stderr / value(result, "arc_1_resistance"), 0.0226 / 1.131)
    assert specific.stderr == pytest.approx(value(result, "arc_1_resistance") * 1.131 * relative, rel=1e-6)
    assert not any("area" in name for name in analyse([replace(made(2), cell=CellRecord())], GIVEN).values)


def test_the_inductive_tail_is_left_out_and_listed() -> None:
    circuit = parse("LR(R|Q)(R|Q)")
    values = np.array([2e-6, 5.0, 30.0, 2e-5, 0.9, 60.0, 1e-3, 0.9])
    frequency = np.geomspace(1e-2, 1e6, 81)
    z = circuit.impedance(frequency, values)
    result = analyse([measurement(z, frequency)], replace(GIVEN, mask="inductive-tail"))
    left = result.tables["left_out"]
    assert left.height == int((z.imag > 0).sum()) > 3
    assert set(left["reason"]) == {"inductive tail"}
    assert "points_left_out" in codes(result)
    assert value(result, "arc_2_resistance") == pytest.approx(60.0, rel=0.02)
    whole = analyse([measurement(z, frequency)], Options(circuit="LR(R|Q)(R|Q)", mask="none"))
    assert value(whole, "inductance") == pytest.approx(2e-6, rel=1e-5)
    assert whole.tables["left_out"].height == 0


def test_a_window_and_bad_rows_are_listed_with_their_reasons() -> None:
    table = made(3).table
    spoilt = table.with_columns(pl.when(pl.int_range(pl.len()) == 40).then(math.nan).otherwise(pl.col(COLUMNS[1])).alias(COLUMNS[1]))
    result = analyse([replace(made(3), table=spoilt)], replace(GIVEN, window=(1e-1, 1e6)))
    reasons = result.tables["left_out"]["reason"].value_counts(sort=True)
    assert dict(reasons.iter_rows()) == {"outside the window": 10, "not a usable number": 1}
    assert {"points_left_out", "rows_left_out"} <= codes(result)


def test_the_circuit_is_chosen_aloud() -> None:
    result = analyse([made(4)], Options(n_starts=2))
    assert "circuit_chosen" in codes(result)
    table = result.tables["circuits"]
    assert table.height == 9
    assert table.filter(pl.col("chosen"))["circuit"].to_list() == ["R(R|Q)(R|Q)"]
    assert "circuits" not in analyse([made(4)], GIVEN).tables
    one = analyse([made(4)], Options(arcs=2, tail="none"))
    assert value(one, "arc_2_resistance") == pytest.approx(60.0, rel=0.02)


def test_a_cell_that_changes_fails_the_test_and_says_so() -> None:
    measured = made(5, noise=0.1)
    drift = np.linspace(1, 1.1, measured.table.height)
    changed = measured.table.with_columns(*(pl.col(name) * drift for name in COLUMNS[1:]))
    assert "kk_failed" in codes(analyse([replace(measured, table=changed)], GIVEN))
    assert "kk_failed" not in codes(analyse([measured], GIVEN))


def test_points_that_fail_are_left_out_when_asked() -> None:
    measured = made(6, noise=0.3)
    factor = np.where(np.arange(measured.table.height) == 40, 1.1, 1.0)
    spoilt = measured.table.with_columns(*(pl.col(name) * factor for name in COLUMNS[1:]))
    kept, dropped = (analyse([replace(measured, table=spoilt)], replace(GIVEN, drop_kk=drop)) for drop in (False, True))
    assert kept.tables["left_out"].height == 0
    assert kept.tables["kramers_kronig"].filter(pl.col("fails")).height == dropped.tables["left_out"].height >= 1
    assert "fails the Kramers-Kronig test" in dropped.tables["left_out"]["reason"].to_list()
    assert value(dropped, "misfit") < 0.5 * value(kept, "misfit")


def test_a_fit_that_did_not_converge_is_withheld(monkeypatch: pytest.MonkeyPatch) -> None:
    from dualion.numerics.impedance import circuit_fit

    descend = circuit_fit.descend
    monkeypatch.setattr(circuit_fit, "descend", lambda *given, **more: descend(*given, **{**more, "most": 1}))
    result = analyse([made(7)], GIVEN)
    assert "not_converged" in codes(result)
    assert result.values["arc_1_resistance"].value is None
    assert result.values["kramers_kronig_residual"].value is not None
    assert "withheld" in draw(result).finding


def test_a_start_is_never_returned_as_a_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    from dualion.numerics.impedance import circuit_fit

    truth = np.array([5.0, 30.0, 1e-4**0.9 / 30, 0.9, 60.0, 1e-2**0.85 / 60, 0.85])
    circuit = parse("R(R|Q)(R|Q)")

    def start(given: Any, omega: Any, impedance: Any, *, count: int, seed: int) -> Any:
        """Starts at the truth, in the unit of time of the fit."""
        omega_0 = 2 * np.pi * np.sqrt(1e6 * 1e-2)
        fixed, picks = circuit.time_powers()
        return np.tile(circuit.coordinates(truth) + (fixed + picks @ truth) * np.log(omega_0), (count, 1))

    monkeypatch.setattr(circuit_fit, "starts_of", start)
    result = analyse([made(8, noise=0.0)], GIVEN)
    assert "start_value_returned" in codes(result)
    assert result.values["arc_1_resistance"].value is None


def test_several_spectra_are_told_apart_and_may_share_exponents() -> None:
    measurements = [made(9, arc_1_resistance=30.0), made(10, arc_1_resistance=15.0)]
    result = analyse(measurements, replace(GIVEN, share_exponents=True))
    assert value(result, "spectrum_1_arc_1_resistance") == pytest.approx(30.0, rel=0.02)
    assert value(result, "spectrum_2_arc_1_resistance") == pytest.approx(15.0, rel=0.02)
    assert value(result, "spectrum_1_arc_1_exponent") == value(result, "spectrum_2_arc_1_exponent")
    assert result.tables["parameters"]["spectrum"].to_list() == [1] * 7 + [2] * 7
    assert len(draw(result).panels[0].series) == 4


def test_relative_errors_take_the_place_of_weights() -> None:
    narrow, wide = (analyse([made(11)], replace(GIVEN, relative_error=error)).values["arc_1_resistance"].stderr for error in (0.003, 0.006))
    assert narrow is not None
    assert wide == pytest.approx(2 * narrow, rel=1e-6)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"circuit": "R(R|X)"}, "circuit"),
        ({"arcs": 0}, "arcs"),
        ({"tail": "Z"}, "tail"),
        ({"weights": "none"}, "weights"),
        ({"mask": "all"}, "mask"),
        ({"window": (1.0, 1.0)}, "window"),
        ({"capacitance": "mine"}, "capacitance"),
        ({"kk_limit": 0.0}, "kk_limit"),
        ({"kk_elements": 0}, "kk_elements"),
        ({"n_starts": 0}, "n_starts"),
        ({"relative_error": -1.0}, "relative_error"),
    ],
)
def test_options_that_mean_nothing_are_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        Options(**given)


def test_too_few_points_are_refused_with_both_numbers() -> None:
    with pytest.raises(CoverageError, match="6 and has 5"):
        analyse([replace(made(12), table=made(12).table.head(5))], GIVEN)
    with pytest.raises(CoverageError, match="6 and has 1"):
        analyse([replace(made(12), table=pl.concat([made(12).table.head(1)] * 10))], GIVEN)


def test_the_row_names_its_columns() -> None:
    assert TECHNIQUE.needs == COLUMNS


@pytest.mark.slow
@pytest.mark.models
def test_the_simulated_dual_ion_cell_gives_back_its_resistances() -> None:
    """MEC3 against graphite at half charge: contacts and electrolyte, film, and charge transfer at the salt that is left, within 3 %.

    R_ct = R_ct(1/2) / (2 sqrt(x (1 - x)) sqrt(c / c_0)); the second arc is that of the graphite.
    """
    pytest.importorskip("pybamm")
    from dualion.models.reference.impedance import ImpedanceModel
    from dualion.models.runs.impedance_states import filling_at
    from dualion.models.runs.measured import spectrum_measurement
    from dualion.records.cell_files import load_cell

    cell = load_cell("mec3-eg")
    model = ImpedanceModel(cell)
    found = model.spectrum(filling=filling_at(cell, "0.5"), frequencies=np.geomspace(1e5, 1e-2, 71))
    ohmic = model.spectrum(filling=found.filling, frequencies=[1e9]).impedance[0].real
    x, salt = found.filling, found.salt / (1e3 * cell.electrolyte.concentration.value)
    transfer = cell.anode.material["charge_transfer_resistance"] / (2 * math.sqrt(x * (1 - x) * salt))
    result = analyse([spectrum_measurement(cell, found)], Options(circuit="R(R|C)(R|C)(R|C)Q", window=(1.0, 1e5)))
    assert value(result, "series_resistance") == pytest.approx(ohmic, rel=0.01)
    assert value(result, "arc_1_resistance") == pytest.approx(29.45, rel=0.01)
    assert value(result, "arc_3_resistance") == pytest.approx(transfer, rel=0.015)
    assert not codes(result) & {"not_converged", "bound_hit", "identifiability", "kk_failed"}


@pytest.mark.slow
@pytest.mark.models
def test_the_simulated_half_cell_holds_the_arc_of_its_metal_in_that_of_the_film() -> None:
    """Both have apexes near 2.5 kHz: what comes back is their sum, 29.45 + 2.27 ohm, and the charge transfer by itself."""
    pytest.importorskip("pybamm")
    from dualion.models.constants import FARADAY, GAS_CONSTANT, METAL_EXCHANGE_CURRENT
    from dualion.models.reference.impedance import spectrum
    from dualion.models.runs.measured import spectrum_measurement
    from dualion.records.cell_files import load_cell

    cell = load_cell("na-mec3")
    found = spectrum(cell, filling=0.5, frequencies=np.geomspace(1e5, 1e-2, 71))
    result = analyse([spectrum_measurement(cell, found)], Options(circuit="R(R|C)(R|C)W", window=(1.0, 1e5)))
    metal = GAS_CONSTANT * 298.15 / (FARADAY * METAL_EXCHANGE_CURRENT * cell.area.value * 1e-4)
    assert metal == pytest.approx(2.27, abs=0.01)
    assert value(result, "arc_1_resistance") == pytest.approx(29.45 + metal, rel=0.01)
    assert value(result, "arc_2_resistance") == pytest.approx(14.66, rel=0.01)
