"""A simulated experiment is a measurement like any other: charge is conserved through its table, and it says that it is simulated."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec

import numpy as np
import polars as pl
import pytest

from dualion.columns import column
from dualion.errors import CoverageError
from dualion.models.cells import with_temperature, with_values
from dualion.models.constants import FARADAY
from dualion.models.engines import solver
from dualion.models.experiments import Protocol, rate_blocks, titration, voltammetry
from dualion.models.outputs import CellResult
from dualion.models.runs.measured import FINEST, LEAST_ROWS, digest_of, measurement, sample_of
from dualion.readers import read_bytes
from dualion.readers.write import to_battery_format
from dualion.records.cell_files import load_cell
from dualion.records.measurement import Measurement
from dualion.records.quantity import Quantity

Simulated = tuple[CellResult, Measurement]


def simulated(name: str, protocol_of: Callable[..., Protocol], *given: object) -> Simulated:
    cell = load_cell(name)
    protocol = protocol_of(cell, *given)
    result = solver(cell).solve(protocol)
    return result, measurement(result, protocol)


def two_cycles(cell: object) -> Protocol:
    return rate_blocks(cell, [100.0], cycles=2)  # type: ignore[arg-type]


def pulses(cell: object) -> Protocol:
    return titration(cell, 30.0, pulse=600.0, rest=1800.0, pulses=5)  # type: ignore[arg-type]


def sweeps(cell: object) -> Protocol:
    return voltammetry(cell, 1e-3, low=None, high=None, cycles=2)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def full_cell() -> Simulated:
    return simulated("mec3-eg", two_cycles)


@pytest.fixture(scope="module")
def half_cell() -> Simulated:
    return simulated("na-mec3", two_cycles)


def last_of_steps(table: pl.DataFrame) -> pl.DataFrame:
    return table.group_by("step_count", maintain_order=True).last()


@pytest.mark.parametrize("name", ["mec3-eg", "na-mec3", "hc-nvpf"])
@pytest.mark.parametrize("protocol", [two_cycles, pulses])
def test_charge_is_conserved_through_the_table(name: str, protocol: Callable[..., Protocol]) -> None:
    result, measured = simulated(name, protocol)
    coulombs = 3600 * last_of_steps(measured.table)["step_net_capacity_ah"].to_numpy()
    hosts = [FARADAY * (step.inventories["host sodium"][1] - step.inventories["host sodium"][0]) for step in result.steps]
    # a half cell gives up sodium as it charges
    assert coulombs == pytest.approx(np.array(hosts) * (-1 if name == "na-mec3" else 1), rel=1e-6, abs=1e-9)


def test_charge_of_sweeps_is_conserved_within_the_resolution_of_the_table() -> None:
    result, measured = simulated("na-mec3", sweeps)
    total = 3600 * last_of_steps(measured.table)["step_net_capacity_ah"].sum()
    host = [result.steps[-1].inventories["host sodium"][1], result.steps[0].inventories["host sodium"][0]]
    passed = 3600 * measured.table["step_net_capacity_ah"].abs().max()
    assert total == pytest.approx(FARADAY * (host[1] - host[0]), abs=2e-3 * passed)
    assert measured.technique == "cv"


def test_energy_of_the_table_is_that_of_the_engine(full_cell: Simulated) -> None:
    result, measured = full_cell
    joules = 3600 * last_of_steps(measured.table)["step_net_energy_wh"].to_numpy()
    assert joules == pytest.approx([step.totals["energy"] for step in result.steps], rel=2e-5)


def test_rows_lie_close_enough_for_an_analysis(full_cell: Simulated, half_cell: Simulated) -> None:
    for result, measured in (full_cell, half_cell):
        assert measured.table["step_count"].value_counts()["count"].min() >= LEAST_ROWS
        inside = measured.table.filter(pl.col("step_time_second") > 0)
        assert (
            inside.select(pl.col("voltage_volt").diff().over("step_count").abs().max()).item() <= 3 * FINEST
        )  # cut evenly in time, where the cubic may bend
        # the engine's own points are among them
        step = result.steps[1]
        own = measured.table.filter(pl.col("step_count") == 2)
        assert np.interp(step.time, own["step_time_second"], own["voltage_volt"]) == pytest.approx(step.voltage, abs=1e-9)


def test_columns_are_canonical_and_of_their_kind(full_cell: Simulated) -> None:
    types = {"number": pl.Float64, "counter": pl.Int64, "text": pl.Enum}
    for name, dtype in full_cell[1].table.schema.items():
        assert isinstance(dtype, types[column(name).kind]), name
    assert full_cell[1].table.null_count().sum_horizontal().item() == 0


def test_time_rises_and_starts_anew_with_each_step(full_cell: Simulated) -> None:
    table = full_cell[1].table
    assert (table["test_time_second"].diff().drop_nulls() >= 0).all()
    first = table.group_by("step_count", maintain_order=True).first()
    assert first["step_time_second"].to_list() == [0.0] * 4
    assert first["cycle_count"].to_list() == [1, 1, 2, 2]
    ends = last_of_steps(table)["step_time_second"].cum_sum().to_list()
    assert first["test_time_second"].to_list() == pytest.approx([0.0, *ends[:-1]])


def test_positive_current_charges_and_directions_are_named(full_cell: Simulated, half_cell: Simulated) -> None:
    for (_, measured), names in ((full_cell, ["charge", "discharge"]), (half_cell, ["sodiation", "desodiation"])):
        for name in names:
            current = measured.table.filter(pl.col("direction") == name)["current_ampere"]
            assert (current > 0).all() == (name in ("charge", "desodiation"))
            assert current.n_unique() == 1
    rests = simulated("na-mec3", pulses)[1].table.filter(pl.col("step_type") == "rest")
    assert rests["current_ampere"].abs().max() == 0.0
    assert rests["direction"].unique().to_list() == ["rest"]


def test_the_voltage_of_a_half_cell_is_the_potential_of_the_carbon(half_cell: Simulated, full_cell: Simulated) -> None:
    table = half_cell[1].table
    assert table["voltage_volt"].equals(table["working_electrode_potential_vs_reference_volt"], check_names=False)
    assert half_cell[1].conditions["reference_electrode"] == "Na+/Na"
    assert table["voltage_volt"].min() == pytest.approx(1e-4, abs=2e-6)
    assert "working_electrode_potential_vs_reference_volt" not in full_cell[1].table.columns


def test_nothing_simulated_is_called_measured(full_cell: Simulated) -> None:
    measured = full_cell[1]
    assert measured.simulated
    assert measured.source.origin == "simulation"
    assert "fast" in measured.source.reader
    assert measured.technique == "gcd"
    assert measured.sample == "MEC3||EG" == sample_of(load_cell("mec3-eg"))


def test_conditions_hold_what_an_analysis_needs(full_cell: Simulated) -> None:
    conditions = full_cell[1].conditions
    assert conditions["active_mass"] == Quantity(2.262, "mg", rule="active mass of EG")
    assert conditions["temperature"] == Quantity(25.0, "degC")
    assert conditions["area"] == Quantity(1.131, "cm2")
    warm = with_temperature(load_cell("mec3-eg"), 40.0)
    result = solver(warm).solve(two_cycles(warm))
    assert measurement(result, two_cycles(warm)).table["cell_temperature_celsius"].unique().to_list() == [40.0]


def test_the_digest_is_that_of_the_inputs(full_cell: Simulated) -> None:
    cell, protocol = load_cell("mec3-eg"), two_cycles(load_cell("mec3-eg"))
    own = full_cell[1].source.sha256
    assert own == digest_of(cell, protocol, "fast") == simulated("mec3-eg", two_cycles)[1].source.sha256
    others = {
        digest_of(with_values(cell, {"series_resistance": 3.0}), protocol, "fast"),
        digest_of(cell, replace(protocol, steps=protocol.steps[:2]), "fast"),
        digest_of(cell, protocol, "pybamm-DFN"),
    }
    assert len(others | {own}) == 4


@pytest.mark.parametrize("protocol", [two_cycles, pulses, sweeps])
def test_a_table_comes_back_from_its_file_as_it_was(protocol: Callable[..., Protocol]) -> None:
    measured = simulated("na-mec3", protocol)[1]
    back = read_bytes(to_battery_format(measured, "parquet"), "measurement.parquet", check=False)
    words = [name for name, dtype in measured.table.schema.items() if isinstance(dtype, pl.Enum)]
    as_words = [pl.col(name).cast(pl.String) for name in words]
    assert back.table.with_columns(as_words).equals(measured.table.with_columns(as_words))
    assert back.simulated
    assert (back.technique, back.sample, back.cell) == (measured.technique, measured.sample, measured.cell)
    assert dict(back.conditions).items() >= dict(measured.conditions).items()


def test_a_result_cut_short_keeps_the_steps_that_were_done(full_cell: Simulated) -> None:
    result, measured = full_cell
    protocol = two_cycles(result.cell)
    cut = measurement(replace(result, steps=result.steps[:3]), protocol)
    assert cut.table.equals(measured.table.head(cut.table.height))
    with pytest.raises(CoverageError, match="needs at least 1 and has 0"):
        measurement(replace(result, steps=()), protocol)


@pytest.mark.models
@pytest.mark.slow
@pytest.mark.skipif(find_spec("pybamm") is None, reason="needs the extra [cells]")
def test_both_engines_write_the_same_kind_of_table(full_cell: Simulated) -> None:
    cell = load_cell("mec3-eg")
    result = solver(cell, engine="pybamm-SPMe").solve(two_cycles(cell))
    other, own = measurement(result, two_cycles(cell)), full_cell[1]
    assert other.table.schema == own.table.schema
    assert other.source.sha256 != own.source.sha256
    ends, same = (last_of_steps(one.table)["step_net_capacity_ah"].to_numpy() for one in (other, own))
    assert ends == pytest.approx(same, rel=5e-4)


@pytest.mark.models
@pytest.mark.slow
@pytest.mark.skipif(find_spec("pybamm") is None, reason="needs the extra [cells]")
def test_a_spectrum_is_a_measurement_too() -> None:
    from dualion.models.reference.impedance import spectrum
    from dualion.models.runs.measured import spectrum_measurement

    cell = load_cell("na-mec3")
    found = spectrum(cell, filling=0.5, frequencies=[1e5, 1e3, 1.0])
    measured = spectrum_measurement(cell, found)
    assert measured.technique == "eis"
    assert measured.simulated
    assert measured.table["imaginary_impedance_ohm"].max() < 0  # capacitive
    assert measured.table["real_impedance_ohm"].to_list() == pytest.approx(found.impedance.real.tolist())
    assert measured.conditions["anode_filling"] == Quantity(0.5, "1", rule="of the whole host")
    assert read_bytes(to_battery_format(measured, "parquet"), "measurement.parquet").table.equals(measured.table)
