"""Equations of sorption on isotherms whose truth is known, and the STP trap."""

from __future__ import annotations

import math

import numpy as np
import pytest

from dualion.numerics.sorption import bet, mesopores, tplot
from dualion.numerics.sorption.dubinin import dubinin
from dualion.numerics.sorption.gases import GAS_CONSTANT, MOLAR_VOLUME_STP, gas, saturation_pressure
from dualion.numerics.sorption.kernel import Kernel, pore_widths

NITROGEN = gas("N2")
X = np.linspace(0.01, 0.3, 30)


def bet_loading(x: np.ndarray, monolayer: float, c: float) -> np.ndarray:
    return monolayer * c * x / ((1 - x) * (1 + (c - 1) * x))


class TestBet:
    @pytest.mark.parametrize(("monolayer", "c"), [(0.4, 150.0), (11.4, 373.0), (2.0, 30.0)])
    def test_known_monolayer_and_c(self, monolayer: float, c: float) -> None:
        line = bet.fit_window(X, bet_loading(X, monolayer, c), 0, X.size)
        assert line is not None
        assert line.monolayer == pytest.approx(monolayer, rel=1e-9)
        assert line.c == pytest.approx(c, rel=1e-6)
        assert line.correlation == pytest.approx(1.0, abs=1e-12)
        assert line.pressure_theory == pytest.approx(1 / (math.sqrt(c) + 1))
        assert line.pressure_measured == pytest.approx(line.pressure_theory, rel=0.02)
        assert line.consistent

    def test_noise_of_one_percent(self) -> None:
        rng = np.random.default_rng(1)
        found = [bet.fit_window(X, bet_loading(X, 2.0, 100.0) * (1 + 0.01 * rng.standard_normal(X.size)), 0, X.size) for _ in range(200)]
        pulls = [(one.monolayer - 2.0) / one.monolayer_stderr for one in found if one is not None]
        assert len(pulls) == 200
        assert np.std(pulls) == pytest.approx(1.0, abs=0.25)

    def test_window_ends_beside_the_maximum(self) -> None:
        loading = np.where(X <= 0.15, bet_loading(X, 2.0, 100.0), float(bet_loading(np.array([0.15]), 2.0, 100.0)[0]))
        begin, end = bet.standard_range(X, loading)
        assert X[end - 2] <= 0.15 < X[end - 1]
        assert X[begin] >= bet.BEGIN * X[end - 1]

    def test_no_line_where_nothing_changes(self) -> None:
        assert bet.fit_window(np.full(9, 0.1), np.linspace(1.0, 2.0, 9), 0, 9) is None
        flat = bet.fit_window(X, X / (1 - X), 0, X.size)  # no monolayer at all: C = 1
        assert flat is None or not flat.linear
        assert bet.fit_window(X, bet_loading(X, 1.0, 50.0), 0, 2) is None

    def test_admissible_windows_agree_on_a_true_isotherm(self) -> None:
        windows = bet.admissible(X, bet_loading(X, 2.0, 50.0))
        assert len(windows) > 20
        assert {round(one.monolayer, 9) for one in windows} == {2.0}


def test_dubinin_line_returns_its_volume_and_energy() -> None:
    x = np.geomspace(1e-6, 0.1, 25)
    energy, volume = 7.0, 0.35
    potential = -GAS_CONSTANT * 77.355 * np.log(x)
    for exponent in (2.0, 2.5):
        found = dubinin(x, volume * np.exp(-((potential / 1e3 / energy) ** exponent)), temperature=77.355, exponent=exponent)
        assert found is not None
        assert (found.volume, found.energy) == pytest.approx((volume, energy), rel=1e-9)
    assert dubinin(x[:2], x[:2], temperature=77.0) is None
    assert dubinin(x, np.full(x.size, 0.3)[::-1] / (1 + x), temperature=77.0) is None


class TestThickness:
    def test_of_the_equations(self) -> None:
        x = np.array([0.5])
        assert tplot.thickness("harkins-jura", x)[0] == pytest.approx(math.sqrt(0.1399 / (0.034 + math.log10(2))))
        assert tplot.thickness("halsey", x)[0] == pytest.approx(0.354 * (5 / math.log(2)) ** (1 / 3))
        assert tplot.thickness("carbon-black", x)[0] == pytest.approx(0.6425)

    def test_line_returns_area_and_volume(self) -> None:
        t = np.linspace(0.3, 0.8, 40)
        line = tplot.t_line(t, 0.2 + 1e-3 * 25.0 * t, (0.43, 0.64))
        assert line is not None
        assert (line.area, line.volume) == pytest.approx((25.0, 0.2), rel=1e-9)
        assert tplot.t_line(t, t, (5.0, 6.0)) is None


class TestMesopores:
    def test_kelvin_radius(self) -> None:
        radius = mesopores.kelvin_radius(np.array([0.5]), temperature=77.355, branch="desorption")
        assert radius[0] == pytest.approx(0.4153 / math.log10(2), rel=0.01)  # the usual 4.15 angstrom / log10(p0/p)

    @pytest.mark.parametrize("method", ["dh", "bjh"])
    def test_a_step_is_a_pore(self, method: str) -> None:
        """Pores of one width empty at one pressure: their width and volume come back."""
        x = np.linspace(0.3, 0.95, 200)
        width, volume = 6.0, 0.5
        pore = 2 * (mesopores.kelvin_radius(x, temperature=77.355, branch="desorption") + tplot.thickness("harkins-jura", x))
        film = volume * (1 - (1 - 2 * tplot.thickness("harkins-jura", x) / width) ** 2)
        found = mesopores.mesopores(x, np.where(pore >= width, volume, film), temperature=77.355, branch="desorption", method=method)
        assert found.widths[np.argmax(found.volumes)] == pytest.approx(width, abs=0.15)
        assert found.volumes[found.widths > 5].sum() == pytest.approx(volume, rel=0.05)


class TestKernel:
    def test_mixture_of_two_pores(self) -> None:
        x = np.geomspace(1e-6, 0.9, 60)
        widths = np.linspace(0.4, 4.0, 19)
        kernel = Kernel(x, widths, 30 / (1 + (widths[None, :] ** 4 * 1e-4) / x[:, None]))
        truth = np.zeros(widths.size)
        truth[[3, 12]] = (0.2, 0.1)
        found = pore_widths(kernel, x[5:-5], kernel.at(x[5:-5]) @ truth, regularisation=0.0)
        assert found.volumes == pytest.approx(truth, abs=1e-6)
        assert np.abs(found.residual).max() < 1e-8
        smooth = pore_widths(kernel, x, kernel.at(x) @ truth, regularisation=1e-2)
        assert smooth.volumes.sum() == pytest.approx(0.3, rel=0.03)
        assert (smooth.volumes > 1e-4).sum() > 2
        assert smooth.volumes.min() >= 0


class TestGases:
    def test_the_factor_of_the_trap(self) -> None:
        """A volume of gas at 77 K taken for one at 0 degC: the factor that the readers and the adapter keep out."""
        assert NITROGEN is not None
        assert 273.15 / NITROGEN.boiling_point == pytest.approx(3.53, abs=0.005)
        assert pytest.approx(GAS_CONSTANT * 273.15 / 101_325 * 1e6, rel=1e-9) == MOLAR_VOLUME_STP

    def test_saturation_pressure_near_the_boiling_point(self) -> None:
        assert NITROGEN is not None
        assert saturation_pressure(NITROGEN, 77.355) == 101_325.0
        assert saturation_pressure(NITROGEN, 78.0) == pytest.approx(109_100, rel=0.005)  # NIST webbook
