"""Circuits: what the elements are, their limits and derivatives, and how they are written."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualion.errors import SpecError
from dualion.numerics.impedance.circuits import parse

FREQUENCY = np.geomspace(1e5, 1e-2, 29)
OMEGA = 2 * np.pi * FREQUENCY
ARCS = st.sampled_from(["(R|Q)", "(R|C)", "(RW|Q)", "(RWs|C)", "(RWo|Q)"])
TAILS = st.sampled_from(["", "Q", "W", "Ws", "Wo", "C"])


@pytest.mark.parametrize(
    ("text", "values", "expected"),
    [
        ("R", [3.0], 3.0 + 0j * OMEGA),
        ("L", [2e-6], 1j * OMEGA * 2e-6),
        ("C", [1e-5], 1 / (1j * OMEGA * 1e-5)),
        ("Q", [1e-4, 0.8], 1 / (1e-4 * (1j * OMEGA) ** 0.8)),
        ("W", [7.0], 7 * (1 - 1j) / np.sqrt(OMEGA)),
        ("Ws", [5.0, 2.0], 5 * np.tanh(np.sqrt(2j * OMEGA)) / np.sqrt(2j * OMEGA)),
        ("Wo", [5.0, 2.0], 5 / np.tanh(np.sqrt(2j * OMEGA)) / np.sqrt(2j * OMEGA)),
        ("(R|Q)", [30.0, 1e-5, 0.9], 30 / (1 + 30 * 1e-5 * (1j * OMEGA) ** 0.9)),
        ("(RW|C)", [30.0, 7.0, 1e-6], 1 / (1 / (30 + 7 * (1 - 1j) / np.sqrt(OMEGA)) + 1j * OMEGA * 1e-6)),
        ("R(R|C)", [1.0, 30.0, 1e-6], 1 + 30 / (1 + 30e-6 * 1j * OMEGA)),
    ],
)
def test_elements_are_what_they_are_called(text: str, values: list[float], expected: np.ndarray) -> None:
    assert parse(text).impedance(FREQUENCY, np.array(values)) == pytest.approx(expected, rel=1e-12)


def test_finite_diffusion_has_its_limits() -> None:
    """R_d and Warburg's at either end of a reservoir; R_d / 3 before a capacitance tau_d / R_d where it is closed."""
    low, high = np.array([1e-7]), np.array([1e6])
    short, closed = parse("Ws"), parse("Wo")
    assert short.impedance(low, np.array([5.0, 2.0])) == pytest.approx(5.0, rel=1e-5)
    found = closed.impedance(low, np.array([5.0, 2.0]))[0]
    assert found.real == pytest.approx(5 / 3, rel=1e-5)
    assert found.imag == pytest.approx(-5 / 2 / (2 * np.pi * 1e-7), rel=1e-5)
    warburg = parse("W").impedance(high, np.array([5 / np.sqrt(2 * 2.0)]))
    for one in (short, closed):
        assert one.impedance(high, np.array([5.0, 2.0])) == pytest.approx(warburg, rel=1e-9)


@pytest.mark.parametrize("text", ["LR(R|Q)(R|Q)Q", "R(RW|Q)(R|C)Wo", "RC(RWo|C)Ws", "R(RWs|Q)W"])
def test_derivatives_are_those_of_differences(text: str) -> None:
    circuit = parse(text)
    x = np.random.default_rng(1).normal(size=(3, circuit.size))
    omega, step = np.geomspace(1e-3, 1e3, 21), 1e-6
    z, slopes = circuit.evaluate(omega, x)
    for place in range(circuit.size):
        shift = step * np.eye(circuit.size)[place]
        numeric = (circuit.evaluate(omega, x + shift)[0] - circuit.evaluate(omega, x - shift)[0]) / (2 * step)
        assert slopes[:, :, place] == pytest.approx(numeric, rel=1e-5, abs=1e-8 * np.abs(z).max())


@given(st.lists(ARCS, min_size=1, max_size=3), TAILS, st.booleans())
def test_a_circuit_reads_what_it_writes(arcs: list[str], tail: str, series: bool) -> None:
    text = f"{'R' if series else ''}{''.join(arcs)}{tail}"
    circuit = parse(text)
    assert circuit.text == text
    assert parse("+".join(part for part in text.replace(")", ")+").split("+") if part)).text == text
    assert len(set(circuit.names())) == circuit.size == len(circuit.roles)
    values = np.linspace(0.1, 0.9, circuit.size)
    assert circuit.values(circuit.coordinates(values)) == pytest.approx(values, rel=1e-12)


@given(st.lists(ARCS, min_size=1, max_size=2), TAILS, st.floats(1e-4, 1e4))
def test_the_unit_of_time_does_not_matter(arcs: list[str], tail: str, omega_0: float) -> None:
    circuit = parse(f"LR{''.join(arcs)}{tail}")
    values = np.random.default_rng(2).uniform(0.2, 0.8, circuit.size)
    x = circuit.coordinates(values)
    fixed, picks = circuit.time_powers()
    inner = x + (fixed + picks @ values) * np.log(omega_0)
    expected = circuit.impedance(FREQUENCY, values)
    assert circuit.evaluate(OMEGA / omega_0, inner[None])[0][0] == pytest.approx(expected, rel=1e-9)


def test_names_number_the_arcs() -> None:
    assert parse("(R1|Q1)+(R2|Q2)+Q3").names() == ("R_1", "Q_1", "n_1", "R_2", "Q_2", "n_2", "Q_t", "n_t")
    assert parse("LR(RW|C)Wo").names() == ("L", "R_s", "R_1", "sigma_1", "C_1", "R_d", "tau_d")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "0 parts"),
        ("R(R|Q", "not closed"),
        ("R)", "should begin"),
        ("X(R|Q)", "character 1"),
        ("(R|R)", "an arc is a resistor"),
        ("(R|Q|C)", "an arc is a resistor"),
        ("(R(R|Q)|Q)", "no further brackets"),
        ("RR(R|Q)", "stands 2 times"),
        ("R+", "should begin"),
        ("R" + "(R|Q)" * 12, "13 parts"),
    ],
)
def test_what_is_no_circuit_is_refused(text: str, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        parse(text)
