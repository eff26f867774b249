"""Fits of terms: derivatives, known truth, bounds, and lmfit on the same data."""

from __future__ import annotations

import numpy as np
import pytest

from dualion.errors import CoverageError
from dualion.numerics.spectra.fitting import TermFit, fit_terms
from dualion.numerics.spectra.terms import PARAMETERS, Array, Shape, Term, evaluated

X = np.linspace(900.0, 1900.0, 401)
VALUES: dict[Shape, tuple[float, ...]] = {
    "lorentz": (1350.0, 2.0, 100.0),
    "gauss": (1500.0, 1.0, 80.0),
    "pseudo_voigt": (1590.0, 3.0, 60.0, 0.4),
    "bwf": (1580.0, 2.0, 50.0, -0.2),
    "line": (1.0, 0.01),
    "parabola": (1.0, 0.01, 2e-5),
    "tail": (2.0, 0.01, 0.5),
}


@pytest.mark.parametrize("shape", PARAMETERS)
def test_derivatives_are_those_of_differences(shape: Shape) -> None:
    at = np.array(VALUES[shape])
    term = Term("one", shape, tuple(at), tuple(at), tuple(at), anchor=1000.0)
    _, slopes = evaluated(term, X, at)
    for k, value in enumerate(at):
        step = np.zeros_like(at)
        step[k] = 1e-5 * abs(value)
        difference = (evaluated(term, X, at + step)[0] - evaluated(term, X, at - step)[0]) / (2 * step[k])
        assert slopes[k] == pytest.approx(difference, rel=1e-5, abs=1e-6 * np.abs(difference).max())


def two_bands(noise: float, seed: int = 0) -> tuple[Array, tuple[Term, ...]]:
    rng = np.random.default_rng(seed)
    terms = (
        Term("D", "lorentz", (1340.0, 0.8, 150.0), (1290.0, 0.0, 10.0), (1400.0, 9.0, 400.0)),
        Term("G", "lorentz", (1590.0, 0.8, 80.0), (1540.0, 0.0, 10.0), (1630.0, 9.0, 300.0)),
        Term("baseline", "line", (0.0, 0.0), (-9.0, -0.1), (9.0, 0.1), anchor=1400.0),
    )
    truth = ((1352.0, 1.1, 170.0), (1586.0, 1.0, 75.0), (0.3, 1e-4))
    y = sum(evaluated(term, X, np.array(values))[0] for term, values in zip(terms, truth, strict=True))
    return np.asarray(y + noise * rng.standard_normal(X.size)), terms


def test_the_truth_is_found_without_noise() -> None:
    y, terms = two_bands(0.0)
    fit = fit_terms(X, y, terms)
    assert fit.converged
    assert fit.values == pytest.approx([1352.0, 1.1, 170.0, 1586.0, 1.0, 75.0, 0.3, 1e-4], rel=1e-6)
    assert fit.at_bound == ()
    assert fit.rms < 1e-8


def test_errors_are_those_of_many_draws() -> None:
    """Scatter of the position and of the width of G over 60 draws, against the stated errors; 60 draws know it to 9 %."""
    fits = [fit_terms(X, *two_bands(0.05, seed)) for seed in range(60)]
    for name in ("centre", "fwhm"):
        scatter = np.std([fit.value("G", name) for fit in fits], ddof=1)
        assert scatter == pytest.approx(np.median([fit.stderr("G", name) for fit in fits]), rel=0.3)


def test_a_parameter_on_its_bound_is_named_and_has_no_error() -> None:
    y, (d, g, line) = two_bands(0.01)
    held = Term("G", "lorentz", g.start, (1590.0, 0.0, 10.0), g.high)
    fit = fit_terms(X, y, (d, held, line))
    assert fit.at_bound == ("G centre",)
    assert fit.value("G", "centre") == pytest.approx(1590.0, abs=1e-3)
    assert fit.stderr("G", "centre") == 0.0
    assert fit.stderr("G", "fwhm") > 0.0


def test_weights_move_the_fit_to_the_better_points() -> None:
    """A spoilt half with a hundredth of the weight does not matter."""
    y, terms = two_bands(0.0)
    spoilt = np.where(X > 1700, y + 0.5, y)
    weights = np.where(X > 1700, 1e-4, 1.0)
    free, weighed = fit_terms(X, spoilt, terms), fit_terms(X, spoilt, terms, weights=weights)
    assert abs(free.value("G", "fwhm") - 75.0) > 1.0
    assert weighed.value("G", "fwhm") == pytest.approx(75.0, abs=0.01)


def test_the_variance_of_a_ratio_knows_of_correlations() -> None:
    y, terms = two_bands(0.02)
    fit = fit_terms(X, y, terms)
    d, g = (fit.value(name, "height") for name in ("D", "G"))
    alone = (fit.stderr("D", "height") / d) ** 2 + (fit.stderr("G", "height") / g) ** 2
    both = fit.covariance[fit.place("D", "height"), fit.place("G", "height")]
    ratio = fit.variance([("D", "height", 1 / d), ("G", "height", -1 / g)])
    assert ratio == pytest.approx(alone - 2 * both / (d * g), rel=1e-9)


def test_too_few_points_are_refused() -> None:
    y, terms = two_bands(0.0)
    with pytest.raises(CoverageError, match=r"9 and has 8"):
        fit_terms(X[:8], y[:8], terms)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_lmfit_finds_the_same(seed: int) -> None:
    """Values, standard errors and correlations of the same model on the same data."""
    pytest.importorskip("lmfit")
    from lmfit.models import LinearModel, LorentzianModel

    y, terms = two_bands(0.03, seed)
    ours: TermFit = fit_terms(X, y, terms)
    model = LorentzianModel(prefix="d_") + LorentzianModel(prefix="g_") + LinearModel()
    start = model.make_params(d_center=1340, d_sigma=75, d_amplitude=180, g_center=1590, g_sigma=40, g_amplitude=100, slope=0, intercept=0)
    theirs = model.fit(y, start, x=X)
    for name in ("D", "G"):
        for parameter, other in (("centre", "center"), ("height", "height"), ("fwhm", "fwhm")):
            found = theirs.params[f"{name.lower()}_{other}"]
            assert ours.value(name, parameter) == pytest.approx(found.value, rel=2e-5)
            assert ours.stderr(name, parameter) == pytest.approx(found.stderr, rel=0.01)
    assert ours.value("baseline", "slope") == pytest.approx(theirs.params["slope"].value, abs=1e-7)
