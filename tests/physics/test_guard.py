"""V24: every way in which a solve is known to go wrong in silence, provoked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import dualion.models.reference.engine as engine
import dualion.models.reference.reading as reading
import dualion.models.reference.solve as guard
from dualion.errors import ExtrapolationError, InventoryError, PartialSolutionError, SolveError, SpecError
from dualion.models.cells import with_values
from dualion.models.experiments import cycle, voltammetry
from dualion.models.isotherms import isotherm_of
from dualion.models.outputs import CellResult, StepResult
from dualion.models.reference._pybamm import pybamm
from dualion.models.reference.engine import CellModel, captured_log
from dualion.models.reference.solve import solve
from dualion.records.cell import Cell
from dualion.records.material import PotentialTable

pytestmark = pytest.mark.models


@pytest.fixture
def altered(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Alter what is read of each half cycle from the ``number``-th on."""

    def install(change: Callable[[StepResult], StepResult], number: int = 1) -> None:
        seen = {"steps": 0}

        def read(*arguments: Any) -> StepResult:
            seen["steps"] += 1
            result = reading.read(*arguments)
            return change(result) if seen["steps"] >= number else result

        monkeypatch.setattr(guard, "read", read)

    return install


@pytest.mark.parametrize("rtol", [1e-8, 9e-8, 2e-4, 0.0, -1e-6, float("nan")])
def test_a_tolerance_that_is_known_to_fail_is_refused(models: Any, rtol: float) -> None:
    model = models.model("full")
    with pytest.raises(SpecError, match=r"rtol: .* is outside 1e-07 to 0\.0001"):
        solve(model, cycle(model.cell, 80.0), rtol=rtol)


@pytest.mark.parametrize("rtol", [1e-7, 1e-4])
@pytest.mark.slow
def test_within_its_range_the_tolerance_does_not_matter(models: Any, rtol: float) -> None:
    model = models.model("full")
    found = solve(model, cycle(model.cell, 800.0), rtol=rtol, atol=rtol / 100)
    assert found.steps[1].charge == pytest.approx(models.cycle(10.0).steps[1].charge, rel=1e-3)


@pytest.mark.slow
def test_a_half_cycle_that_stops_early_is_not_a_capacity(models: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trap 2: half of the charge, and no event."""
    monkeypatch.setattr(guard, "longest_half_cycle", lambda *_: 1800.0)
    model = models.model("full")
    with pytest.raises(
        PartialSolutionError, match=r"half cycle 1 \(charge at 80 mA/g\): ended on final time at 4\.\d+ V instead of 4\.8 V"
    ) as caught:
        solve(model, cycle(model.cell, 80.0))
    assert isinstance(caught.value.partial, CellResult)
    assert caught.value.partial.steps == ()


def test_an_early_stop_is_seen_where_only_the_ends_are_read(models: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "longest_half_cycle", lambda *_: 1800.0)
    model = models.model("full")
    for detail in ("voltage", "ends"):
        with pytest.raises(PartialSolutionError, match=r"instead of 4\.8 V"):
            solve(model, cycle(model.cell, 80.0), detail=detail)  # type: ignore[arg-type]


def test_what_was_computed_until_then_is_kept(models: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = models.cycle(1.0).steps[0].charge
    lengths = iter([1e5, 600.0])
    monkeypatch.setattr(guard, "longest_half_cycle", lambda *_: next(lengths))
    model = models.model("full")
    with pytest.raises(PartialSolutionError, match="half cycle 2") as caught:
        solve(model, cycle(model.cell, 80.0))
    (charge,) = caught.value.partial.steps
    assert charge.step.direction == "charge"
    assert charge.charge == pytest.approx(whole, rel=1e-6)


@pytest.mark.parametrize("miss", [2e-3, -2e-3])
def test_an_event_at_the_wrong_voltage_is_not_believed(models: Any, altered: Callable[..., None], miss: float) -> None:
    altered(lambda result: replace(result, voltage=np.append(result.voltage[:-1], result.voltage[-1] + miss)))
    model = models.model("full")
    with pytest.raises(PartialSolutionError, match=r"at 4\.\d+ V instead of 4\.8 V"):
        solve(model, cycle(model.cell, 80.0))


def test_an_end_within_a_millivolt_is_believed(models: Any, altered: Callable[..., None]) -> None:
    altered(lambda result: replace(result, voltage=np.append(result.voltage[:-1], result.voltage[-1] + 5e-4)))
    model = models.model("full")
    assert len(solve(model, cycle(model.cell, 80.0)).steps) == 2


def test_a_half_cycle_without_charge_is_no_result(models: Any, altered: Callable[..., None]) -> None:
    """Trap 9: zero current for the rest of the run, and no error."""
    altered(lambda result: replace(result, time=np.zeros_like(result.time)), number=2)
    model = models.model("full")
    with pytest.raises(PartialSolutionError, match="half cycle 2"):
        solve(model, cycle(model.cell, 80.0))


@pytest.mark.slow
def test_a_solution_that_breaks_off_is_not_a_result(full: Cell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trap 4: a solver that is told to go on after a failure returns what it has, with no error."""

    def lenient(precision: engine.Precision, mode: str) -> Any:
        options = {"num_steps_no_progress": 60, "t_no_progress": 1e9, "silence_sundials_errors": True}
        return pybamm.IDAKLUSolver(rtol=precision.rtol, atol=precision.atol, on_failure="ignore", options=options)

    monkeypatch.setattr(engine, "_solver", lenient)
    with pytest.raises(PartialSolutionError, match=r"half cycle 1 \(charge at 80 mA/g\): ended on failure at \d\.\d+ V instead of 4\.8 V"):
        solve(CellModel(full), cycle(full, 80.0))


@pytest.mark.slow
def test_a_mean_over_a_few_points_is_not_believed(models: Any, altered: Callable[..., None]) -> None:
    """Trap 6: integrals over few points are wrong by up to 0.1 V; each attempt is told."""

    def thin(result: StepResult) -> StepResult:
        few = slice(None, None, result.time.size // 8)
        return replace(
            result, time=np.append(result.time[few], result.time[-1]), voltage=np.append(result.voltage[few], result.voltage[-1])
        )

    altered(thin)
    model = models.model("full")
    with pytest.raises(SolveError, match=r"points do not settle its mean voltage, \d\.\d{4} or \d\.\d{4} V"):
        solve(model, cycle(model.cell, 80.0))


def test_an_empty_host_that_cannot_react_is_found_out(half: Cell, full: Cell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trap 9: without the floor of the exchange current an empty host stays empty through a sweep, and the solver finds nothing wrong."""
    import dualion.models.reference.laws as laws

    def lenient(precision: engine.Precision, mode: str) -> Any:
        return pybamm.IDAKLUSolver(rtol=precision.rtol, atol=precision.atol, on_extrapolation="ignore")

    monkeypatch.setattr(laws, "EXCHANGE_FLOOR", 0.0)
    monkeypatch.setattr(engine, "_solver", lenient)
    monkeypatch.setattr(guard, "initial_fractions", lambda *_, **__: {"anode.initial_fraction": 0.0})
    with pytest.raises(PartialSolutionError, match="no current has passed") as caught:
        solve(CellModel(half, hierarchy="DFN"), voltammetry(half, 1e-3, high=1.2, cycles=1))
    assert "sweep from 1.2 V to 0.0001 V at 1 mV/s" in str(caught.value)


def test_the_floor_is_what_keeps_it_reacting(half: Cell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "initial_fractions", lambda *_, **__: {"anode.initial_fraction": 1e-4})
    run = solve(CellModel(half), voltammetry(half, 1e-3, high=1.2, cycles=1), detail="voltage")
    assert abs(run.steps[0].totals["charge"]) > 0.3


@pytest.mark.parametrize("role", ["anode", "cathode"])
def test_a_host_fuller_than_full_is_an_extrapolation(models: Any, altered: Callable[..., None], role: str) -> None:
    name = f"{role}_filling"
    altered(lambda result: replace(result, traces={**result.traces, name: result.traces[name] + 1.0}))
    model = models.model("full")
    with pytest.raises(ExtrapolationError, match=rf"{name} from \d.* to \d"):
        solve(model, cycle(model.cell, 80.0))


def test_salt_below_zero_is_an_extrapolation(models: Any, altered: Callable[..., None]) -> None:
    altered(lambda result: replace(result, salt=result.salt - 720.0))
    model = models.model("full")
    with pytest.raises(ExtrapolationError, match=r"the salt concentration at -\d+\.?\d* mol/m3"):
        solve(model, cycle(model.cell, 80.0))
    assert solve(model, cycle(model.cell, 80.0), check=("steps", "inventory")).steps  # the check is what raised


@pytest.mark.parametrize(
    ("name", "share", "message"),
    [
        ("sodium", 1e-7, "sodium drifts by"),
        ("PF6", -1e-7, "PF6 drifts by"),
        ("salt", 1e-5, "salt changes by"),
        ("host sodium", 1e-5, "host sodium changes by"),
    ],
)
def test_an_inventory_that_does_not_close_is_an_error(
    models: Any, altered: Callable[..., None], name: str, share: float, message: str
) -> None:
    def leak(result: StepResult) -> StepResult:
        start, end = result.inventories[name]
        return replace(result, inventories={**result.inventories, name: (start, end * (1 + share))})

    altered(leak)
    model = models.model("full")
    with pytest.raises(InventoryError, match=message):
        solve(model, cycle(model.cell, 80.0))
    assert solve(model, cycle(model.cell, 80.0), check=("steps", "extrapolation")).steps


@pytest.mark.slow
def test_a_half_cell_that_loses_sodium_is_an_error(models: Any, altered: Callable[..., None]) -> None:
    def leak(result: StepResult) -> StepResult:
        start, end = result.inventories["host sodium"]
        return replace(result, inventories={**result.inventories, "host sodium": (start, end * (1 + 1e-5))})

    altered(leak)
    model = models.model("half")
    with pytest.raises(InventoryError, match="host sodium changes by"):
        solve(model, cycle(model.cell, 300.0))


@pytest.fixture(scope="module")
def beyond_the_table(full: Cell) -> SolveError:
    """What is raised for a cathode whose measured potential ends where the host is half full."""
    assert full.cathode is not None
    isotherm = isotherm_of(full.cathode)
    fraction = np.concatenate([np.geomspace(1e-4, 0.02, 40), np.linspace(0.03, 0.5, 60)])
    table = PotentialTable(tuple(fraction), tuple(np.asarray(isotherm.potential(fraction)) + 0.0641), "made up")
    short = replace(full, cathode=replace(full.cathode, material=replace(full.cathode.material, populations=(), table=table)))
    with pytest.raises(SolveError) as caught:
        solve(CellModel(short), cycle(short, 80.0))
    return caught.value


def test_a_table_that_ends_too_early_does_not_give_a_capacity(beyond_the_table: SolveError) -> None:
    assert "cathode potential" in str(beyond_the_table)
    assert isinstance(beyond_the_table.partial, CellResult)


def test_a_table_that_ends_too_early_is_called_an_extrapolation(beyond_the_table: SolveError) -> None:
    assert isinstance(beyond_the_table, ExtrapolationError)


def test_what_pybamm_only_logs_is_read() -> None:
    before = list(pybamm.logger.handlers)
    with captured_log() as log:
        pybamm.logger.warning("a made-up warning")
        pybamm.logger.info("nothing")
    assert log == ["a made-up warning"]
    assert pybamm.logger.handlers == before


def test_a_log_line_goes_into_the_message(models: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def short(*_: Any) -> float:
        pybamm.logger.warning("a made-up warning")
        return 1800.0

    monkeypatch.setattr(guard, "longest_half_cycle", short)
    model = models.model("full")
    with pytest.raises(PartialSolutionError, match=r"The solver logged: a made-up warning"):
        solve(model, cycle(model.cell, 80.0))


def test_a_model_is_built_once(models: Any) -> None:
    model = models.model("full")
    mesh = guard.DEFAULT_MESH
    assert model.built(mesh, 1e-6, 1e-8) is model.built(mesh, 1e-6, 1e-8)
    assert model.built(mesh, 1e-6, 1e-8) is not model.built(mesh, 1e-5, 1e-8)


def test_a_run_does_not_change_the_next_one(models: Any) -> None:
    """The state of a solver is not carried over: the same run twice, another in between."""
    model = models.model("full")
    first = solve(model, cycle(model.cell, 800.0))
    solve(model, cycle(model.cell, 80.0))
    again = solve(model, cycle(model.cell, 800.0))
    for one, two in zip(first.steps, again.steps, strict=True):
        assert np.array_equal(one.voltage, two.voltage)
        assert one.inventories == two.inventories


@pytest.mark.slow
def test_the_error_of_the_mesh_is_kept_where_a_tighter_tolerance_fails(models: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import dualion.models.reference.solve as module

    model = models.model("full")
    protocol = cycle(model.cell, 80.0)
    base, real = solve(model, protocol), module.solve

    def refusing(*arguments: Any, **options: Any) -> Any:
        if options.get("rtol") == 1e-7:
            raise SolveError("made up")
        return real(*arguments, **options)

    monkeypatch.setattr(module, "solve", refusing)
    found = module.numerical_error(model, protocol, base, {})
    assert [flag.code for flag in found.flags] == ["tolerance_not_tested"]
    assert 0 < found.error[1]["capacity"] < 1e-3


def test_a_cut_off_that_is_passed_before_the_start_is_named(full: Cell) -> None:
    """Half a volt of resistance too much; a tighter tolerance would not help, so the ladder is not climbed."""
    cell = with_values(full, {"series_resistance": 50_000.0})
    with pytest.raises(PartialSolutionError, match=r"beyond 4\.8 V before any charge has passed") as caught:
        solve(CellModel(cell), cycle(cell, 80.0))
    assert "rtol" not in str(caught.value)
