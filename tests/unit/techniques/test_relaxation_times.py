"""Relaxation times: peaks of known resistance and time constant, the choice of lambda, and spectra that are refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest

from dualion.errors import CoverageError, SpecError
from dualion.numerics.impedance.circuits import parse
from dualion.numerics.impedance.relaxation import distribution
from dualion.numerics.impedance.spectra import COLUMNS
from dualion.records.measurement import Measurement, Result
from dualion.techniques.relaxation_times import Options, analyse, draw, synthesise

FREQUENCY = np.geomspace(1e6, 1e-2, 81)


def made(seed: int = 0, **truth: float) -> Measurement:
    return synthesise(np.random.default_rng(seed), **truth)[0][0]


def with_impedance(measured: Measurement, z: Any) -> Measurement:
    return replace(measured, table=pl.DataFrame(dict(zip(COLUMNS, (FREQUENCY, z.real, z.imag), strict=True))))


def codes(result: Result) -> set[str]:
    return {flag.code for flag in result.flags}


def value(result: Result, name: str) -> float:
    found = result.values[name].value
    assert found is not None
    return found


@pytest.mark.parametrize("basis", ["gaussian", "linear"])
@pytest.mark.parametrize("rule", ["gcv", "l-curve"])
def test_peaks_come_back_by_either_basis_and_rule(basis: Any, rule: Any) -> None:
    measurements, truth = synthesise(np.random.default_rng(1), noise=0.1)
    result = analyse(measurements, Options(basis=basis, rule=rule))
    for name, expected in truth.items():
        assert value(result, name) == pytest.approx(expected, rel=3e-3)
    assert value(result, "peak_count") == 2
    assert codes(result) == set()


def test_the_distribution_of_a_depressed_arc_is_the_known_one() -> None:
    """gamma(ln tau) = R / 2 pi sin(n pi) / (cosh(n ln tau/tau_0) + cos(n pi)) of an arc (R|Q); Fuoss & Kirkwood 1941."""
    R, tau, n = 50.0, 1e-2, 0.8
    z = 3.0 + parse("(R|Q)").impedance(FREQUENCY, np.array([R, tau**n / R, n]))
    found = distribution(FREQUENCY, z, regularisation=1e-5)
    u = found.log_time - np.log(tau)
    expected = R / (2 * np.pi) * np.sin((1 - n) * np.pi) / (np.cosh(n * u) - np.cos((1 - n) * np.pi))
    near = np.abs(u) < 5
    assert np.max(np.abs(found.gamma - expected)[near]) < 0.06 * expected.max()
    assert found.peaks[0].resistance == pytest.approx(R, rel=0.01)
    assert found.peaks[0].log_time == pytest.approx(np.log(tau), abs=0.02)
    assert found.resistance == pytest.approx(3.0, abs=0.1)


def test_the_sum_is_the_resistance_between_the_ends() -> None:
    measured = made(2, noise=0.1)
    result = analyse([measured], Options())
    real = measured.table[COLUMNS[1]].to_numpy()
    assert value(result, "polarisation_resistance") == pytest.approx(real[-1] - real[0], rel=3e-3)
    parts = value(result, "peak_1_resistance") + value(result, "peak_2_resistance")
    assert parts == pytest.approx(value(result, "polarisation_resistance"), rel=1e-3)


def test_nothing_is_negative() -> None:
    result = analyse([made(3, noise=3.0)], Options(kk_limit=0.1))
    assert min(result.curves["distribution"].y) >= 0


def test_lambda_is_the_one_of_the_least_score() -> None:
    result = analyse([made(4)], Options())
    scores = result.tables["regularisation"]
    best = scores.filter(pl.col("score") == pl.col("score").min())["regularisation"][0]
    assert f"lambda = {best:.3g} by gcv" in (result.values["peak_1_resistance"].rule or "")
    given = analyse([made(4)], Options(regularisation=1e-3))
    assert "lambda = 0.001 given" in (given.values["peak_1_resistance"].rule or "")
    assert given.tables["regularisation"].height == 0


def test_more_noise_is_smoothed_more() -> None:
    def chosen(noise: float) -> float:
        z = made(5, noise=noise).table
        found = distribution(FREQUENCY, z[COLUMNS[1]].to_numpy() + 1j * z[COLUMNS[2]].to_numpy())
        return found.regularisation

    assert chosen(0.05) < chosen(1.0) < chosen(5.0)


def test_a_spectrum_that_changes_is_refused() -> None:
    measured = made(6, noise=0.1)
    z = measured.table[COLUMNS[1]].to_numpy() + 1j * measured.table[COLUMNS[2]].to_numpy()
    result = analyse([with_impedance(measured, z * np.linspace(1, 1.1, z.size))], Options())
    assert [flag.severity for flag in result.flags if flag.code == "kk_failed"] == ["refusal"]
    assert all(quantity.value is None for name, quantity in result.values.items() if name != "kramers_kronig_residual")
    assert result.curves == {}
    assert "withheld" in draw(result).finding


def test_a_tail_runs_out_of_the_window_unless_it_is_taken_out() -> None:
    z = parse("R(R|Q)C").impedance(FREQUENCY, np.array([5.0, 20.0, 1e-5, 0.95, 0.2]))
    rng = np.random.default_rng(7)
    z = z * (1 + 1e-3 * (rng.standard_normal(z.size) + 1j * rng.standard_normal(z.size)))
    measured = with_impedance(made(7), z)
    open_end, taken = (analyse([measured], Options(capacitance=given)) for given in (False, True))
    assert {"peak_at_edge", "poor_fit"} <= codes(open_end)
    assert codes(taken) == set()
    assert value(taken, "polarisation_resistance") == pytest.approx(20.0, rel=0.01)
    assert taken.tables["peaks"]["resistance [ohm]"].max() == pytest.approx(20.0, rel=0.03)


def test_an_inductance_is_taken_out() -> None:
    z = parse("LR(R|Q)").impedance(FREQUENCY, np.array([1e-6, 5.0, 20.0, 1e-4, 0.95]))
    found = distribution(FREQUENCY, z, inductance=True)
    assert found.total == pytest.approx(20.0, rel=0.01)
    assert np.sqrt(np.mean(np.abs(found.residuals) ** 2)) < 2e-3


def test_one_spectrum_at_a_time() -> None:
    with pytest.raises(SpecError, match="2 spectra"):
        analyse([made(8), made(9)], Options())
    with pytest.raises(CoverageError, match="6 and has 4"):
        analyse([replace(made(8), table=made(8).table.head(4))], Options())


@pytest.mark.parametrize(
    "given", [{"basis": "x"}, {"rule": "x"}, {"regularisation": 0.0}, {"kk_limit": -1.0}, {"mask": "x"}, {"window": (2.0, 2.0)}]
)
def test_options_that_mean_nothing_are_refused(given: dict[str, Any]) -> None:
    with pytest.raises(SpecError, match=next(iter(given))):
        Options(**given)
