"""The ladder of the guarded solve: what is tried again, in which order, what is told of it, and what is not tried again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

import dualion.models.reference.reading as reading
import dualion.models.reference.solve as guard
from dualion.errors import ExtrapolationError, SolveError
from dualion.models.experiments import cycle, voltammetry
from dualion.models.outputs import CellResult, StepResult
from dualion.models.reference._pybamm import pybamm
from dualion.models.reference.engine import Built
from dualion.models.reference.solve import solve

pytestmark = pytest.mark.models


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[int]]:
    """Let the solver fail at given calls, counted from 1; the list returned holds every call that was made."""
    sound = Built.advance

    def install(*at: int, message: str = "IDA_CONV_FAIL: made up\nmore") -> list[int]:
        calls: list[int] = []

        def advance(self: Built, solution: Any, inputs: Any, longest: float, *, film: float | None = None) -> Any:
            calls.append(len(calls) + 1)
            if len(calls) in at or not at:
                raise pybamm.SolverError(message)
            return sound(self, solution, inputs, longest, film=film)

        monkeypatch.setattr(Built, "advance", advance)
        return calls

    return install


def test_a_failure_of_the_solver_is_tried_again_and_told(models: Any, failing: Callable[..., list[int]]) -> None:
    """Trap 4 on the second half cycle: the whole protocol is run again at a tenth of the tolerance."""
    expected = models.cycle(10.0).steps[1].charge
    calls = failing(2)
    model = models.model("full")
    found = solve(model, cycle(model.cell, 800.0))
    assert len(calls) == 4
    (attempt,) = found.attempts
    assert attempt.startswith("SPMe, rtol 1e-06, mesh 20/20/20/20: mec3-eg, half cycle 2 (discharge at 800 mA/g): IDA_CONV_FAIL: made up")
    assert "more" not in attempt
    assert found.steps[1].charge == pytest.approx(expected, rel=1e-4)


@pytest.mark.slow
def test_the_last_rung_has_more_shells(models: Any, failing: Callable[..., list[int]]) -> None:
    failing(1, 2, 3)
    model = models.model("full")
    found = solve(model, cycle(model.cell, 800.0))
    assert len(found.attempts) == 3
    assert found.attempts[1].startswith("SPMe, rtol 1e-07, mesh 20/20/20/20: ")
    assert found.attempts[2].startswith(
        "SPMe, rtol 1e-06, mesh 20/20/20/20, steps of at most 0.949 s: "
    )  # 1/500 of 1.1 times 95.905 mAh/g at 800 mA/g
    assert found.mesh == (20, 20, 20, 40)


@pytest.mark.slow
def test_short_steps_are_tried_before_a_finer_mesh(models: Any, failing: Callable[..., list[int]]) -> None:
    expected = models.cycle(10.0).steps[1].charge
    failing(1, 2)
    model = models.model("full")
    found = solve(model, cycle(model.cell, 800.0), detail="ends")
    assert len(found.attempts) == 2
    assert found.mesh == (20, 20, 20, 20)
    assert found.steps[1].charge == pytest.approx(expected, rel=1e-4)


@pytest.mark.slow
def test_the_last_rung_of_a_dfn_is_the_spme_and_says_so(models: Any, failing: Callable[..., list[int]]) -> None:
    """Never silent: hierarchy, flag and attempts all tell."""
    expected = models.cycle(10.0).steps[1].charge
    failing(1, 2, 3, 4)
    model = models.model("full", "DFN")
    found = solve(model, cycle(model.cell, 800.0))
    assert found.hierarchy == "SPMe"
    assert len(found.attempts) == 4
    assert all(attempt.startswith("DFN, ") for attempt in found.attempts)
    (flag,) = found.flags
    assert (flag.code, flag.severity) == ("spme_instead_of_dfn", "warning")
    assert found.steps[1].charge == pytest.approx(expected, rel=1e-9)


@pytest.mark.slow
def test_a_sweep_is_tried_again_at_a_looser_tolerance(models: Any, failing: Callable[..., list[int]]) -> None:
    """7.2: a tight tolerance is what fails a slow sweep; the third rung holds the steps to 1/500 of it."""
    failing(1, 2)
    model = models.model("half")
    found = solve(model, voltammetry(model.cell, 1e-3, high=1.2, cycles=1), detail="voltage")
    assert found.attempts[0].startswith("SPMe, rtol 1e-05, mesh 20/20/20/20: na-mec3, step 1 (sweep from 1.2 V to 0.0001 V at 1 mV/s)")
    assert found.attempts[1].startswith("SPMe, rtol 0.0001, mesh 20/20/20/20: ")
    assert len(found.attempts) == 2
    expected = solve(model, voltammetry(model.cell, 1e-3, high=1.2, cycles=1), detail="voltage")
    assert found.steps[1].currents.max() == pytest.approx(expected.steps[1].currents.max(), rel=5e-3)


def test_when_every_rung_fails_each_is_named(models: Any, failing: Callable[..., list[int]]) -> None:
    calls = failing()
    model = models.model("full")
    with pytest.raises(
        SolveError, match=r"every attempt failed.*rtol 1e-06.*\| SPMe, rtol 1e-07.*\| SPMe, rtol 1e-06, mesh 20/20/20/40"
    ) as caught:
        solve(model, cycle(model.cell, 80.0))
    assert len(calls) == 4
    assert isinstance(caught.value.partial, CellResult)


@pytest.mark.slow
def test_a_sweep_records_a_failure_and_goes_on(models: Any, failing: Callable[..., list[int]]) -> None:
    failing(2, 4, 6, 8)  # each rung fails on the discharge
    model = models.model("full")
    found = solve(model, cycle(model.cell, 800.0), on_fail="record")
    assert [step.step.direction for step in found.steps] == ["charge"]
    flag = found.flags[-1]
    assert (flag.code, flag.severity) == ("partial", "refusal")
    assert "every attempt failed" in flag.message


def test_a_broken_balance_is_not_tried_again(models: Any, failing: Callable[..., list[int]], monkeypatch: pytest.MonkeyPatch) -> None:
    def without_salt(*arguments: Any) -> StepResult:
        result = reading.read(*arguments)
        return replace(result, salt=result.salt - 720.0)

    calls = failing(99)
    monkeypatch.setattr(guard, "read", without_salt)
    model = models.model("full")
    with pytest.raises(ExtrapolationError):
        solve(model, cycle(model.cell, 80.0))
    assert len(calls) == 1


def test_the_word_extrapolation_of_the_solver_is_understood(models: Any, failing: Callable[..., list[int]]) -> None:
    failing(message="extrapolation occurred for ['D_e']")
    model = models.model("full")
    with pytest.raises(ExtrapolationError, match="extrapolation occurred"):
        solve(model, cycle(model.cell, 80.0))
