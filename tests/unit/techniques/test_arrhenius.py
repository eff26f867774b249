"""Activation energies: both forms, errors that are honest, what is refused and what is flagged."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest

from dualion.errors import CoverageError, InputError, SpecError
from dualion.numerics.impedance.arrhenius import GAS_CONSTANT, line
from dualion.numerics.impedance.circuits import parse
from dualion.numerics.impedance.spectra import COLUMNS
from dualion.records.cell_record import CellRecord
from dualion.records.measurement import Measurement, Result, Source
from dualion.records.quantity import Quantity
from dualion.techniques import arrhenius
from dualion.techniques.arrhenius import Options, analyse, draw, synthesise

CELSIUS = np.array([20.0, 30.0, 40.0, 50.0, 60.0, 70.0])
SOURCE = Source("r.csv", "0" * 64, "test", 1)


def resistances(kelvin: Any, energy: float, log_prefactor: float = 13.0) -> Any:
    """[ohm] at temperatures, of an energy [kJ/mol]."""
    return np.exp(energy * 1e3 / (GAS_CONSTANT * kelvin) - log_prefactor)


def table(celsius: Any, ohm: Any, **more: Any) -> Measurement:
    frame = pl.DataFrame({"cell_temperature_celsius": np.asarray(celsius, float), "resistance_ohm": np.asarray(ohm, float), **more})
    return Measurement("eis", frame, {}, "", SOURCE)


def spectrum(celsius: float, *, energies: tuple[float, float] = (45.9, 42.5), seed: int = 0, text: str = "R(R|Q)(R|Q)") -> Measurement:
    kelvin = celsius + 273.15
    first, second = (resistances(kelvin, one, one * 1e3 / (GAS_CONSTANT * 298.15) - math.log(30.0)) for one in energies)
    values = [4.0, first, 2e-6, 0.9, second, 2e-3, 0.85]
    frequency = np.geomspace(1e6, 1e-2, 73)
    z = parse("R(R|Q)(R|Q)").impedance(frequency, np.array(values))
    rng = np.random.default_rng(seed)
    z = z + 0.002 * np.abs(z) * (rng.standard_normal(z.size) + 1j * rng.standard_normal(z.size))
    frame = pl.DataFrame(dict(zip(COLUMNS, (frequency, z.real, z.imag), strict=True)))
    cell = CellRecord(temperature=Quantity(celsius, "degC"))
    return Measurement("eis", frame, {}, "", replace(SOURCE, file=f"{celsius:g}.txt"), cell=cell)


def codes(result: Result) -> set[str]:
    return {flag.code for flag in result.flags}


def value(result: Result, name: str) -> float:
    found = result.values[name].value
    assert found is not None
    return found


def test_an_exact_line_comes_back() -> None:
    result = analyse([table(CELSIUS, resistances(CELSIUS + 273.15, 45.9))], Options(temperature_stderr=0.0))
    assert value(result, "activation_energy") == pytest.approx(45.9, rel=1e-9)
    assert value(result, "activation_energy_electronvolt") == pytest.approx(45.9 / 96.48533212, rel=1e-9)
    assert value(result, "ln_prefactor") == pytest.approx(13.0, rel=1e-9)
    assert value(result, "leave_one_out_low") == pytest.approx(45.9, rel=1e-9)
    assert value(result, "correlation_coefficient") == pytest.approx(-1.0)
    assert "curved" not in codes(result)


def test_the_forms_differ_by_the_mean_temperature() -> None:
    """2.69 kJ/mol at 323 K."""
    celsius = np.array([30.0, 40.0, 50.0, 60.0, 70.0])
    measured = table(celsius, resistances(celsius + 273.15, 45.9))
    one, other = analyse([measured], Options()), analyse([measured], Options(form="t_over_r"))
    assert value(other, "activation_energy") - value(one, "activation_energy") == pytest.approx(2.69, abs=0.02)
    assert value(one, "activation_energy_other_form") == value(other, "activation_energy")
    assert "A in 1/ohm" in (one.values["ln_prefactor"].rule or "")
    assert "A in K/ohm" in (other.values["ln_prefactor"].rule or "")


def test_a_degree_at_one_end_moves_the_energy_by_about_two_percent() -> None:
    kelvin = np.array([303.15, 313.15, 323.15, 333.15, 343.15])
    R = resistances(kelvin, 45.9)
    moved = [line(kelvin + one, R, temperature_stderr=0.0).energy / 45_900 - 1 for one in np.eye(5)]
    assert moved[0] == pytest.approx(0.023, abs=0.003)
    assert moved[-1] == pytest.approx(-0.018, abs=0.003)
    known = line(kelvin, R, temperature_stderr=1.0, draws=20_000)
    assert known.of_temperature / known.energy == pytest.approx(np.linalg.norm(moved), rel=0.03)


def test_weights_are_those_of_the_errors() -> None:
    """Against the textbook formula of a weighted line."""
    rng, kelvin = np.random.default_rng(1), CELSIUS + 273.15
    u = np.array([0.01, 0.05, 0.02, 0.1, 0.02, 0.03])
    R = resistances(kelvin, 45.9) * np.exp(u * rng.standard_normal(6))
    found = line(kelvin, R, relative_error=u, weighted=True, temperature_stderr=0.0)
    peer = np.polyfit(1 / kelvin, -np.log(R), 1, w=1 / u, cov="unscaled")
    assert found.energy == pytest.approx(-peer[0][0] * GAS_CONSTANT, rel=1e-9)
    assert found.log_prefactor == pytest.approx(peer[0][1], rel=1e-9)
    assert found.of_resistance == pytest.approx(np.sqrt(peer[1][0, 0]) * GAS_CONSTANT, rel=1e-6)


def test_scatter_is_that_of_the_textbook() -> None:
    rng, kelvin = np.random.default_rng(2), CELSIUS + 273.15
    R = resistances(kelvin, 45.9) * np.exp(0.05 * rng.standard_normal(6))
    found = line(kelvin, R, temperature_stderr=0.0)
    coefficients, covariance = np.polyfit(1 / kelvin, -np.log(R), 1, cov=True)
    assert found.scatter == pytest.approx(np.sqrt(covariance[0, 0]) * GAS_CONSTANT, rel=1e-6)
    assert found.from_scatter
    assert found.quantile == pytest.approx(2.7764, abs=1e-3)
    correlation = found.covariance[0, 1] / np.sqrt(found.covariance[0, 0] * found.covariance[1, 1])
    assert correlation == pytest.approx(-covariance[0, 1] / np.sqrt(covariance[0, 0] * covariance[1, 1]), rel=1e-6)
    assert coefficients[1] == pytest.approx(found.log_prefactor, rel=1e-9)


@pytest.mark.parametrize("known", [True, False])
def test_intervals_hold_the_truth_at_five_temperatures(known: bool) -> None:
    """303 to 343 K, 45.9 kJ/mol, 1 % noise: 93 % and more."""
    kelvin, hits = np.linspace(303.15, 343.15, 5), 0
    for seed in range(400):
        R = resistances(kelvin, 45.9) * np.exp(0.01 * np.random.default_rng(seed).standard_normal(5))
        found = line(kelvin, R, relative_error=np.full(5, 0.01) if known else None, temperature_stderr=0.0)
        hits += abs(found.energy - 45_900) <= found.quantile * found.stderr
    assert 0.93 <= hits / 400 <= 0.985


def test_curvature_is_seen() -> None:
    kelvin = np.linspace(293.15, 353.15, 8)
    mixed = 1 / (1 / resistances(kelvin, 30.0, 8.0) + 1 / resistances(kelvin, 80.0, 26.3))
    result = analyse([table(kelvin - 273.15, mixed)], Options())
    assert "curved" in codes(result)
    rng = np.random.default_rng(3)
    straight = [line(kelvin, resistances(kelvin, 45.9) * np.exp(0.01 * rng.standard_normal(8))).curvature for _ in range(200)]
    assert np.mean([one is not None and one < 0.05 for one in straight]) == pytest.approx(0.05, abs=0.045)


def test_flags_of_the_range() -> None:
    narrow = analyse([table([30.0, 40.0, 50.0, 60.0, 70.0], resistances(np.arange(30, 71, 10) + 273.15, 45.9))], Options())
    assert codes(narrow) == {"narrow_range"}
    wide = np.array([0.0, 20.0, 40.0, 60.0])
    assert codes(analyse([table(wide, resistances(wide + 273.15, 45.9))], Options())) == set()
    few = analyse([table(wide[:3], resistances(wide[:3] + 273.15, 45.9))], Options(min_temperatures=3))
    assert "few_temperatures" in codes(few)
    assert "curvature_probability" not in few.values


def test_a_chamber_is_not_a_sensor() -> None:
    measured = table(CELSIUS, resistances(CELSIUS + 273.15, 45.9))
    chamber = replace(measured, table=measured.table.rename({"cell_temperature_celsius": "ambient_temperature_celsius"}))
    assert "chamber_temperature" in codes(analyse([chamber], Options()))
    assert "chamber_temperature" not in codes(analyse([measured], Options()))


def test_too_few_temperatures_are_refused_with_both_numbers() -> None:
    with pytest.raises(CoverageError, match="4 and has 3"):
        analyse([table(CELSIUS[:3], resistances(CELSIUS[:3] + 273.15, 45.9))], Options())
    with pytest.raises(CoverageError, match="4 and has 1"):
        analyse([table([25.0] * 6, np.linspace(10, 11, 6))], Options())
    with pytest.raises(CoverageError, match="4 and has 2"):
        analyse([spectrum(25.0), spectrum(35.0)], Options())


def test_spectra_give_one_energy_an_arc() -> None:
    measurements = [spectrum(celsius, seed=k) for k, celsius in enumerate((10.0, 25.0, 40.0, 55.0, 70.0))]
    result = analyse(measurements, Options(circuit="R(R|Q)(R|Q)", temperature_stderr=0.0, n_starts=4))
    for arc, energy in ((1, 45.9), (2, 42.5)):
        found = result.values[f"arc_{arc}_activation_energy"]
        assert found.interval is not None
        assert value(result, f"arc_{arc}_activation_energy") == pytest.approx(energy, rel=0.01)
        assert found.interval[0] - 0.3 < energy < found.interval[1] + 0.3
    assert result.tables["parameters"].height == 35
    assert result.tables["points"]["process"].to_list() == ["arc_1"] * 5 + ["arc_2"] * 5
    assert {"measured", "fitted"} == {series.kind for series in draw(result).panels[0].series}
    shared = analyse(measurements, Options(circuit="R(R|Q)(R|Q)", share_exponents=True, n_starts=4))
    assert value(shared, "arc_1_activation_energy") == pytest.approx(45.9, rel=0.01)


def test_flagged_fits_are_left_out_unless_asked_for() -> None:
    """A second arc that the spectra do not hold is not identified."""
    measurements = [spectrum(celsius, energies=(45.9, 42.5), seed=k) for k, celsius in enumerate((10.0, 30.0, 50.0, 70.0))]
    with pytest.raises(CoverageError, match="usable fit"):
        analyse(measurements, Options(circuit="R(R|Q)(R|Q)(R|Q)Q", n_starts=2))
    result = analyse(measurements, Options(circuit="R(R|Q)(R|Q)(R|Q)Q", allow_flagged=True, n_starts=2))
    assert "from_flagged_fit" in codes(result)
    assert codes(result) & {"identifiability", "bound_hit"}


def test_tables_of_processes_are_kept_apart() -> None:
    def one(name: str, energy: float) -> Measurement:
        return replace(table(CELSIUS, resistances(CELSIUS + 273.15, energy)), conditions={"process": name})

    result = analyse([one("film", 45.9), one("charge_transfer", 42.5)], Options())
    assert value(result, "film_activation_energy") == pytest.approx(45.9)
    assert value(result, "charge_transfer_activation_energy") == pytest.approx(42.5)


def test_the_order_of_files_and_rows_does_not_matter() -> None:
    spectra = [spectrum(celsius, seed=k) for k, celsius in enumerate((10.0, 30.0, 50.0, 70.0))]
    spectra = [replace(one, source=replace(one.source, sha256=f"{k}" * 64)) for k, one in enumerate(spectra)]
    given = Options(circuit="R(R|Q)(R|Q)", n_starts=2)
    assert analyse(spectra, given).values == analyse(spectra[::-1], given).values
    rows = table(CELSIUS, resistances(CELSIUS + 273.15, 45.9) * np.linspace(1, 1.1, 6))
    assert analyse([rows], Options()).values == analyse([replace(rows, table=rows.table.reverse())], Options()).values


def test_rows_that_hold_nothing_are_told() -> None:
    R = resistances(CELSIUS + 273.15, 45.9)
    R[2] = math.nan
    result = analyse([table(CELSIUS, R)], Options())
    assert "rows_left_out" in codes(result)
    assert result.tables["points"].height == 5


def test_what_is_no_input_is_refused() -> None:
    with pytest.raises(InputError, match="resistance_ohm"):
        analyse([replace(spectrum(25.0), table=spectrum(25.0).table.drop(COLUMNS[2]))], Options())
    with pytest.raises(SpecError, match="temperature"):
        analyse([replace(spectrum(25.0), cell=CellRecord())], Options())
    with pytest.raises(SpecError, match="no arc"):
        analyse([spectrum(celsius) for celsius in (0.0, 20.0, 40.0, 60.0)], Options(circuit="RQ", allow_flagged=True))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"form": "r"}, "form"),
        ({"weights": "modulus"}, "weights"),
        ({"min_temperatures": 2}, "min_temperatures"),
        ({"temperature_stderr": -1.0}, "temperature_stderr"),
        ({"kelvin_offset": math.inf}, "kelvin_offset"),
        ({"mask": "x"}, "mask"),
        ({"circuit": "(R"}, "circuit"),
    ],
)
def test_options_that_mean_nothing_are_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        Options(**given)
    with pytest.raises(SpecError, match='"errors"'):
        analyse([table(CELSIUS, resistances(CELSIUS + 273.15, 45.9))], Options(weights="errors"))


def test_the_synthetic_table_has_its_truth() -> None:
    measurements, truth = synthesise(np.random.default_rng(5), noise=1e-6)
    result = analyse(measurements, arrhenius.TECHNIQUE.example_options())
    assert {name: value(result, name) for name in truth} == pytest.approx(dict(truth), rel=1e-4)
