"""Lines with errors in both coordinates, against published values, another program, a direct minimisation and laws."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.stats import linregress

from dualion.errors import CoverageError, InputError
from dualion.numerics.lines import deming_line, ols_line, york_line

#: Pearson's points with York's weights, on which lines with errors in both coordinates are compared since York 1966.
X = np.array([0.0, 0.9, 1.8, 2.6, 3.3, 4.4, 5.2, 6.1, 6.5, 7.4])
Y = np.array([5.9, 5.4, 4.4, 4.6, 3.5, 3.7, 2.8, 2.8, 2.4, 1.5])
U_X = 1 / np.sqrt([1000, 1000, 500, 800, 200, 80, 60, 20, 1.8, 1])
U_Y = 1 / np.sqrt([1, 1.8, 4, 8, 20, 20, 70, 70, 100, 500])


class TestPublished:
    def test_pearson_with_york_weights(self) -> None:
        """York et al. 2004, table II: slope, intercept, their errors and the reduced sum of squares."""
        line = york_line(X, Y, U_X, U_Y, errors="stated")
        assert line.slope == pytest.approx(-0.480533, abs=1e-6)
        assert line.intercept == pytest.approx(5.479910, abs=1e-6)
        assert line.slope_stderr == pytest.approx(0.057985, abs=1e-6)
        assert line.intercept_stderr == pytest.approx(0.294971, abs=1e-6)
        assert line.chi2 / 8 == pytest.approx(1.4833, abs=1e-4)


class TestAgainstOthers:
    def test_least_squares_of_scipy(self) -> None:
        ours, theirs = ols_line(X, Y), linregress(X, Y)
        assert ours.slope == pytest.approx(theirs.slope, rel=1e-12)
        assert ours.intercept == pytest.approx(theirs.intercept, rel=1e-12)
        assert ours.slope_stderr == pytest.approx(theirs.stderr, rel=1e-10)
        assert ours.intercept_stderr == pytest.approx(theirs.intercept_stderr, rel=1e-10)
        assert ours.freedom == 8

    @pytest.mark.parametrize("r", [-0.6, 0.0, 0.7])
    def test_the_minimum_of_the_sum_of_squares(self, r: float) -> None:
        def squares(p: np.ndarray) -> float:
            a, b = p
            return float(((Y - a - b * X) ** 2 / (U_Y**2 + b**2 * U_X**2 - 2 * b * r * U_X * U_Y)).sum())

        line = york_line(X, Y, U_X, U_Y, r, errors="stated")
        found = minimize(squares, (5.5, -0.5), method="Nelder-Mead", options={"xatol": 1e-10, "fatol": 1e-12, "maxiter": 4000})
        assert (line.intercept, line.slope) == pytest.approx(found.x, rel=1e-5)
        assert line.chi2 == pytest.approx(found.fun, rel=1e-9)


class TestLaws:
    def test_without_errors_in_x_it_is_least_squares(self) -> None:
        ours, plain = deming_line(X, Y, 0.0, 0.3), ols_line(X, Y)
        assert (ours.slope, ours.intercept, ours.slope_stderr) == pytest.approx((plain.slope, plain.intercept, plain.slope_stderr))

    def test_exchange_of_axes_gives_the_inverse(self) -> None:
        there, back = deming_line(X, Y, 0.2, 0.3), deming_line(Y, X, 0.3, 0.2)
        assert back.slope == pytest.approx(1 / there.slope, rel=1e-9)
        assert back.intercept == pytest.approx(-there.intercept / there.slope, rel=1e-9)

    def test_only_ratios_of_errors_matter_where_they_follow_from_residuals(self) -> None:
        one, other = deming_line(X, Y, U_X, U_Y), deming_line(X, Y, 7 * U_X, 7 * U_Y)
        assert (one.slope, one.slope_stderr) == pytest.approx((other.slope, other.slope_stderr), rel=1e-9)
        stated = deming_line(X, Y, U_X, U_Y, errors="stated")
        assert one.slope_stderr == pytest.approx(stated.slope_stderr * math.sqrt(stated.chi2 / 8), rel=1e-9)

    def test_intervals_are_those_of_t(self) -> None:
        line = ols_line(X, Y)
        low, high = line.slope_interval
        assert (high - low) / 2 == pytest.approx(2.306004 * line.slope_stderr, rel=1e-5)  # t at 8 degrees of freedom
        stated = york_line(X, Y, U_X, U_Y, errors="stated")
        low, high = stated.intercept_interval
        assert (high - low) / 2 == pytest.approx(1.959964 * stated.intercept_stderr, rel=1e-5)

    def test_the_line_is_best_known_at_its_middle(self) -> None:
        line = ols_line(X, Y)
        value, least = line.at(float(X.mean()))
        assert value == pytest.approx(Y.mean())
        assert least < line.at(0.0)[1]
        assert line.at(0.0)[1] == pytest.approx(line.intercept_stderr)

    @pytest.mark.slow
    def test_intervals_hold_the_truth(self) -> None:
        rng, held = np.random.default_rng(0), 0
        true = np.linspace(0, 10, 6)
        for _ in range(600):
            line = deming_line(true + 0.2 * rng.standard_normal(6), 1 + 2 * true + 0.4 * rng.standard_normal(6), 0.2, 0.4)
            held += line.slope_interval[0] <= 2 <= line.slope_interval[1]
        assert 0.92 <= held / 600 <= 0.98


class TestRefused:
    def test_too_few_points(self) -> None:
        with pytest.raises(CoverageError, match="3 and has 2"):
            ols_line([0, 1], [0, 1])
        assert york_line([0, 1], [0, 2], 0.1, 0.1, errors="stated").slope == pytest.approx(2)

    @pytest.mark.parametrize(
        ("x", "y", "u_x", "u_y", "said"),
        [
            ([1, 1, 1], [1, 2, 3], 0.1, 0.1, "one place"),
            ([1, 2, math.nan], [1, 2, 3], 0.1, 0.1, "not finite"),
            ([1, 2, 3], [1, 2, 3], -0.1, 0.1, "u_x"),
            ([1, 2, 3], [1, 2, 3], 0.0, [0.1, 0.0, 0.1], "no error in x and none in y"),
            ([1, 2, 3], [1, 2], 0.1, 0.1, "shapes"),
            ([1, 2, 3], [1, 2, 3], [0.1, 0.2], 0.1, "u_x"),
        ],
    )
    def test_bad_points(self, x: list[float], y: list[float], u_x: float, u_y: float, said: str) -> None:
        with pytest.raises(InputError, match=said):
            york_line(x, y, u_x, u_y)

    def test_a_correlation_of_one(self) -> None:
        with pytest.raises(InputError, match="correlation"):
            york_line(X, Y, U_X, U_Y, 1.0)
