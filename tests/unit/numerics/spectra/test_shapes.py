"""Peak shapes against quadrature and against lmfit."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.integrate import quad

from dualion.numerics.spectra import shapes
from dualion.numerics.spectra.shapes import Array

X = np.linspace(-40.0, 60.0, 401)
SIDES = {"centre": 8.0, "height": 3.0, "fwhm": 5.0}


def area(shape: Callable[[Array], Array]) -> float:
    return float(quad(lambda x: float(shape(np.array(x))), -np.inf, 8.0)[0] + quad(lambda x: float(shape(np.array(x))), 8.0, np.inf)[0])


def test_areas_are_those_of_quadrature() -> None:
    assert shapes.lorentzian_area(3.0, 5.0) == pytest.approx(area(lambda x: shapes.lorentzian(x, **SIDES)), rel=1e-7)
    assert shapes.gaussian_area(3.0, 5.0) == pytest.approx(area(lambda x: shapes.gaussian(x, **SIDES)), rel=1e-7)
    assert shapes.pseudo_voigt_area(3.0, 5.0, 0.3) == pytest.approx(area(lambda x: shapes.pseudo_voigt(x, **SIDES, eta=0.3)), rel=1e-7)


@pytest.mark.parametrize("mixing", [0.0, 0.01, 30.0, 70.0, 100.0])
def test_areas_of_gl_in_both_forms(mixing: float) -> None:
    for form in ("product", "sum"):
        found = area(lambda x, form=form: shapes.gl(x, **SIDES, mixing=mixing, form=form))  # type: ignore[misc]
        assert shapes.gl_area(3.0, 5.0, mixing, form) == pytest.approx(found, rel=1e-7)  # type: ignore[arg-type]


def test_gl_is_gauss_at_nothing_and_lorentz_at_all() -> None:
    for form in ("product", "sum"):
        assert shapes.gl(X, **SIDES, mixing=0.0, form=form) == pytest.approx(shapes.gaussian(X, **SIDES))  # type: ignore[arg-type]
        assert shapes.gl(X, **SIDES, mixing=100.0, form=form) == pytest.approx(shapes.lorentzian(X, **SIDES))  # type: ignore[arg-type]


@pytest.mark.parametrize("inverse_q", [-0.4, -0.1, 0.0, 0.2])
def test_a_fano_peak(inverse_q: float) -> None:
    """Its area above the constant it tends to, as a limit of symmetric windows, and its maximum."""
    half = 1e4
    x = 8.0 + np.linspace(-half, half, 400_001)
    y = shapes.bwf(x, **SIDES, inverse_q=inverse_q) - 3.0 * inverse_q**2
    assert shapes.bwf_area(3.0, 5.0, inverse_q) == pytest.approx(float(np.trapezoid(y, x)), rel=1e-3)
    place, height = shapes.bwf_maximum(8.0, 3.0, 5.0, inverse_q)
    fine = np.linspace(0.0, 16.0, 40_001)
    curve = shapes.bwf(fine, **SIDES, inverse_q=inverse_q)
    assert place == pytest.approx(fine[np.argmax(curve)], abs=5e-4)
    assert height == pytest.approx(curve.max(), rel=1e-8)
    assert height >= 3.0


@pytest.mark.slow
def test_shapes_are_those_of_lmfit() -> None:
    lmfit = pytest.importorskip("lmfit")
    from lmfit.models import BreitWignerModel, GaussianModel, LorentzianModel, PseudoVoigtModel

    assert lmfit.__version__
    sigma = {"lorentz": 2.5, "gauss": 5.0 / (2 * np.sqrt(2 * np.log(2)))}
    lorentz = LorentzianModel().eval(x=X, center=8.0, sigma=sigma["lorentz"], amplitude=shapes.lorentzian_area(3.0, 5.0))
    gauss = GaussianModel().eval(x=X, center=8.0, sigma=sigma["gauss"], amplitude=shapes.gaussian_area(3.0, 5.0))
    assert shapes.lorentzian(X, **SIDES) == pytest.approx(lorentz, rel=1e-9)
    assert shapes.gaussian(X, **SIDES) == pytest.approx(gauss, rel=1e-6, abs=1e-12)
    # lmfit mixes areas and ours mixes heights
    areas = {"lorentz": 0.4 * shapes.lorentzian_area(3.0, 5.0), "gauss": 0.6 * shapes.gaussian_area(3.0, 5.0)}
    whole = sum(areas.values())
    voigt = PseudoVoigtModel().eval(x=X, center=8.0, sigma=2.5, amplitude=whole, fraction=areas["lorentz"] / whole)
    assert shapes.pseudo_voigt(X, **SIDES, eta=0.4) == pytest.approx(voigt, rel=1e-6)
    q = -5.0
    fano = BreitWignerModel().eval(x=X, center=8.0, sigma=5.0, amplitude=3.0 / q**2, q=q)
    assert shapes.bwf(X, **SIDES, inverse_q=1 / q) == pytest.approx(fano, rel=1e-9)
