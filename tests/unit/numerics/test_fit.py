"""Least squares from many starts: truth recovered, errors against the closed form, and everything a reader must be told."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from dualion.errors import CoverageError, DualionError, FitError, SolveError
from dualion.numerics.fit import PRIOR, FreeParameter, fit, propagated

Array = NDArray[np.float64]

SLOPE = FreeParameter("slope", "V", -5.0, 5.0)
OFFSET = FreeParameter("offset", "V", -10.0, 10.0)
AT = np.linspace(0.0, 1.0, 6)


def _line(slope: float = 1.3, offset: float = -2.0, sigma: float = 0.1) -> Callable[[Array], Array]:
    data = slope * AT + offset
    return lambda p: (p[0] * AT + p[1] - data) / sigma


@pytest.mark.slow
@given(st.floats(-4, 4), st.floats(-8, 8))
def test_a_line_is_found(slope: float, offset: float) -> None:
    found = fit(_line(slope, offset), [SLOPE, OFFSET], starts=1, refine=1)
    assert found.values == pytest.approx((slope, offset), abs=1e-6)
    assert np.abs(found.residuals).max() < 1e-5
    assert found.degrees_of_freedom == 4
    assert found.at_bound == (False, False)
    assert found.identified == (True, True)


def test_the_covariance_is_that_of_the_closed_form() -> None:
    """C = (J^T J + 12 I)^-1 in the unit box, scaled to units."""
    found = fit(_line(sigma=0.5), [SLOPE, OFFSET], starts=2)
    widths = np.array([10.0, 20.0])
    jacobian = np.stack([AT, np.ones_like(AT)], axis=1) / 0.5 * widths
    covariance = np.linalg.inv(jacobian.T @ jacobian + 12.0 * np.eye(2)) * np.outer(widths, widths)
    assert np.array(found.covariance) == pytest.approx(covariance, rel=1e-6)
    assert found.stderr == pytest.approx(tuple(np.sqrt(np.diag(covariance))), rel=1e-6)
    expected = covariance[0, 1] / math.sqrt(covariance[0, 0] * covariance[1, 1])
    assert (found.correlation[0][1], found.correlation[1][0]) == pytest.approx((expected, expected), rel=1e-6)
    assert [found.correlation[k][k] for k in (0, 1)] == pytest.approx([1.0, 1.0])
    assert found.singular_values == pytest.approx(tuple(np.linalg.svd(jacobian, compute_uv=False)), rel=1e-6)


def test_with_good_data_the_prior_does_not_matter() -> None:
    """With sigma 1e-3 the errors are those of ordinary least squares."""
    found = fit(_line(sigma=1e-3), [SLOPE, OFFSET], starts=2)
    jacobian = np.stack([AT, np.ones_like(AT)], axis=1) / 1e-3
    assert np.array(found.covariance) == pytest.approx(np.linalg.inv(jacobian.T @ jacobian), rel=1e-5)


def test_without_any_data_on_a_parameter_its_error_is_that_of_its_bounds() -> None:
    """A flat prior between -10 and 10 has the standard error 20/sqrt(12), and the parameter is not identified."""
    found = fit(lambda p: np.array([p[0] - 1.0, 2 * (p[0] - 1.0)]), [SLOPE, OFFSET], starts=2)
    assert found.values[0] == pytest.approx(1.0, abs=1e-6)
    assert found.stderr[1] == pytest.approx(20 / math.sqrt(PRIOR), rel=1e-6)
    assert found.identified == (True, False)
    assert found.singular_values[1] == pytest.approx(0.0, abs=1e-9)


def test_an_error_never_exceeds_the_box() -> None:
    found = fit(lambda p: np.array([1e-6 * p[0], 1e-6 * p[1]]), [SLOPE, OFFSET], starts=2)
    assert found.stderr[0] <= 10 / math.sqrt(PRIOR) * (1 + 1e-9)
    assert found.stderr[1] <= 20 / math.sqrt(PRIOR) * (1 + 1e-9)


def test_a_curve_is_found() -> None:
    """An exponential a exp(-b t) has one minimum."""
    data = 2.0 * np.exp(-3.0 * AT)
    free = [FreeParameter("a", "1", 0.1, 10.0), FreeParameter("b", "1", 0.1, 10.0)]
    found = fit(lambda p: (p[0] * np.exp(-p[1] * AT) - data) / 0.01, free, starts=4)
    assert found.values == pytest.approx((2.0, 3.0), rel=1e-4)
    assert max(abs(r) for r in found.residuals) < 1e-2


def test_the_lowest_of_several_minima_is_kept() -> None:
    """A sine vanishes in every period; a second, weak datum chooses one."""
    free = [FreeParameter("x", "1", -10.0, 10.0)]
    found = fit(lambda p: np.array([10 * math.sin(p[0] / 2 - 0.5), 0.1 * (p[0] - 1.0)]), free, starts=16, refine=4)
    assert found.values[0] == pytest.approx(1.0, abs=1e-3)
    ends = {round(start.end[0], 1) for start in found.starts}
    assert len(ends) > 1  # other minima were seen


def test_a_parameter_known_to_an_order_of_magnitude() -> None:
    """On the log scale a diffusivity of 3e-15 is found between 1e-18 and 1e-12, and its error is relative."""
    free = [FreeParameter("D", "m2/s", 1e-18, 1e-12, "log")]
    found = fit(lambda p: np.array([10 * (math.log(p[0]) - math.log(3e-15)), 0.0]), free, starts=4)
    assert found.values[0] == pytest.approx(3e-15, rel=1e-5)
    assert found.stderr[0] == pytest.approx(3e-15 * 0.1, rel=0.01)
    assert found.identified == (True,)


@given(st.sampled_from(["linear", "log"]), st.floats(0.01, 0.99))
def test_coordinates_and_values_are_each_others_inverse(scale: str, coordinate: float) -> None:
    free = FreeParameter("x", "1", 2e-3, 5.0, scale)  # type: ignore[arg-type]
    assert free.inside(free.value(coordinate)) == pytest.approx(coordinate, abs=1e-12)
    step = 1e-6
    assert free.slope(coordinate) == pytest.approx((free.value(coordinate + step) - free.value(coordinate - step)) / (2 * step), rel=1e-6)
    assert (free.inside(2e-3), free.inside(5.0)) == (pytest.approx(0.0, abs=1e-12), pytest.approx(1.0, abs=1e-12))


def test_a_bound_that_is_hit_is_said_and_not_called_identified() -> None:
    """The data want 7; the bounds end at 5."""
    found = fit(lambda p: np.array([10 * (p[0] - 7.0), 10 * (p[1] - 1.0)]), [SLOPE, OFFSET], starts=4)
    assert found.values == pytest.approx((5.0, 1.0), abs=1e-2)
    assert found.at_bound == (True, False)
    assert found.identified == (False, True)


def test_pairs_that_the_data_do_not_tell_apart_are_named() -> None:
    """Only the sum is measured."""
    free = [FreeParameter(name, "1", -5.0, 5.0) for name in ("a", "b", "c")]
    found = fit(lambda p: np.array([100 * (p[0] + p[1] - 1), 100 * (p[0] + p[1] - 1), 10 * p[2]]), free, starts=2)
    ((first, second, value),) = found.strong_correlations()
    assert (first, second) == ("a", "b")
    assert value == pytest.approx(-1.0, abs=1e-3)
    assert found.values[0] + found.values[1] == pytest.approx(1.0, abs=1e-6)
    assert found.identified == (False, False, True)


def test_independent_parameters_are_not_named() -> None:
    found = fit(lambda p: np.array([p[0] - 1, p[1] + 2]), [SLOPE, OFFSET], starts=2)
    assert found.strong_correlations() == ()
    assert found.degrees_of_freedom == 0


def test_fewer_data_than_parameters_are_refused() -> None:
    with pytest.raises(CoverageError, match="needs at least 2 and has 1"):
        fit(lambda p: np.array([p[0] + p[1]]), [SLOPE, OFFSET], starts=2)


def test_when_every_start_fails_each_says_why() -> None:
    def broken(_: Array) -> Array:
        raise SolveError("half cycle 1: made up")

    with pytest.raises(FitError, match="No start reached a minimum: half cycle 1: made up; half cycle 1: made up"):
        fit(broken, [SLOPE, OFFSET], starts=2)


def test_a_start_that_fails_is_kept_and_the_others_go_on() -> None:
    def half_broken(p: Array) -> Array:
        if p[0] < 0:
            raise SolveError("no solution for a negative slope")
        return _line()(p)

    found = fit(half_broken, [SLOPE, OFFSET], starts=8)
    assert found.values == pytest.approx((1.3, -2.0), abs=1e-5)
    failed = [start for start in found.starts if start.cost == float("inf")]
    assert failed
    assert all(start.status == "no solution for a negative slope" for start in failed)
    assert all(start.begin == start.end for start in failed)


def test_an_error_that_is_nobodys_purpose_is_not_swallowed() -> None:
    def faulty(_: Array) -> Array:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fit(faulty, [SLOPE], starts=1)
    assert not issubclass(ZeroDivisionError, DualionError)


def test_every_start_is_listed_with_where_it_began_and_ended() -> None:
    found = fit(_line(), [SLOPE, OFFSET], starts=8, refine=2)
    screened, refined = found.starts[:8], found.starts[8:]
    assert len({start.begin for start in screened}) == 8
    assert all(-5 <= start.begin[0] <= 5 and -10 <= start.begin[1] <= 10 for start in screened)
    assert [start.begin for start in screened] == [start.begin for start in fit(_line(0.5, 1.0), [SLOPE, OFFSET], starts=8).starts[:8]]
    assert all(start.status == "minimum" for start in found.starts)
    assert 1 <= len(refined) <= 2
    # they all end at the same place, so one refinement is enough
    assert len(refined) == 1


def test_starts_are_screened_on_the_cheap_limit_and_refined_on_the_full_one() -> None:
    """The limit is off by 0.5; its evaluations are not counted, and its minimum is not the result."""
    calls = {"full": 0, "cheap": 0}

    def full(p: Array) -> Array:
        calls["full"] += 1
        return _line(1.3, -2.0)(p)

    def cheap(p: Array) -> Array:
        calls["cheap"] += 1
        return _line(1.8, -2.5)(p)

    found = fit(full, [SLOPE, OFFSET], cheap=cheap, starts=8)
    assert found.values == pytest.approx((1.3, -2.0), abs=1e-5)
    assert found.evaluations == calls["full"] < calls["cheap"]
    assert found.starts[0].end == pytest.approx((1.8, -2.5), abs=1e-4)


def test_a_begin_is_refined_first_and_without_any_screening() -> None:
    found = fit(_line(), [SLOPE, OFFSET], begin=[(0.0, 0.0)], starts=0)
    (start,) = found.starts
    assert start.begin == pytest.approx((0.0, 0.0), abs=1e-12)
    assert found.values == pytest.approx((1.3, -2.0), abs=1e-5)


def test_the_same_fit_twice_is_the_same_fit() -> None:
    data = 2.0 * np.exp(-3.0 * AT) + 0.1 * np.sin(9 * AT)
    free = [FreeParameter("a", "1", 0.1, 10.0), FreeParameter("b", "1", 0.1, 10.0, "log")]

    def residual(p: Array) -> Array:
        return np.asarray((p[0] * np.exp(-p[1] * AT) - data) / 0.05)

    assert fit(residual, free) == fit(residual, free)
    assert fit(residual, free).starts[0] != fit(residual, free, seed=1).starts[0]


def test_the_error_of_a_prediction() -> None:
    assert propagated(np.array([3.0, 4.0]), ((1.0, 0.0), (0.0, 1.0))) == pytest.approx(5.0)
    assert propagated(np.array([1.0, 1.0]), ((1.0, -1.0), (-1.0, 1.0))) == 0.0
    assert propagated(np.array([1.0, -1.0]), ((1.0, -1.0), (-1.0, 1.0))) == pytest.approx(2.0)


@given(st.lists(st.floats(-3, 3), min_size=6, max_size=6))
def test_noise_moves_the_values_by_their_errors(noise: list[float]) -> None:
    """The step to the minimum is linear in the noise: never more than the norm of the noise times the largest error."""
    disturbed = np.array(noise)
    found = fit(lambda p: _line(sigma=0.1)(p) + disturbed, [SLOPE, OFFSET], starts=1, refine=1)
    jacobian = np.stack([AT, np.ones_like(AT)], axis=1) / 0.1
    expected = np.array([1.3, -2.0]) - np.linalg.lstsq(jacobian, disturbed, rcond=None)[0]
    assert found.values == pytest.approx(tuple(expected), abs=1e-5)


def test_a_descent_that_was_cut_short_is_no_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    """A curved valley with one step to walk it: nothing that stopped on the way is reported."""
    monkeypatch.setattr("dualion.numerics.fit.MOST_STEPS", 1)
    free = [FreeParameter("a", "1", -2.0, 2.0), FreeParameter("b", "1", -1.0, 3.0)]
    with pytest.raises(FitError, match="stopped after 1 steps"):
        fit(lambda p: np.array([1e4 * (p[1] - p[0] ** 2), 1 - p[0]]), free, starts=4)
