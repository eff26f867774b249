"""Functions of the compiled kernel against what they stand for: tables, diffusion, surfaces, the two reactions of an anode, sources."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.optimize import brentq, fsolve

from dualion.models.constants import EXCHANGE_FLOOR, FARADAY, GAS_CONSTANT, LEAST_CONCENTRATION, STARVED
from dualion.models.fast import layout
from dualion.models.fast.kernel import (
    FADING_PLATE,
    anode_state,
    diffuse,
    equilibrium,
    exchange_current,
    look_up,
    rates,
    reaction_sources,
    surface,
    voltage,
)
from dualion.models.isotherms import isotherm_of
from dualion.records.cell import Cell, Plating
from dualion.records.quantity import Parameter, Quantity

THETA = GAS_CONSTANT * 298.15 / FARADAY


# --- tables


def test_a_table_follows_its_function_and_its_slope(table: Any) -> None:
    """Cubics through values and slopes: within h^4 max|f''''| / 384 of the function, h^3 sqrt(3) / 216 of its slope."""
    grid = np.linspace(-1.0, 2.0, 61)
    p = table(np.sin(3 * grid), 3 * np.cos(3 * grid), -1.0, grid[1] - grid[0])
    x = np.linspace(-1.0, 2.0, 997)
    found = np.array([look_up(p, 0, v) for v in x])
    h = grid[1] - grid[0]
    assert np.abs(found[:, 0] - np.sin(3 * x)).max() < 1.01 * h**4 * 81 / 384
    assert np.abs(found[:, 1] - 3 * np.cos(3 * x)).max() < 1.01 * h**3 * 81 * math.sqrt(3) / 216
    assert np.array([look_up(p, 0, v)[0] for v in grid]) == pytest.approx(np.sin(3 * grid), abs=1e-14)


def test_beyond_its_ends_a_table_goes_on_straight(table: Any) -> None:
    grid = np.linspace(0.0, 1.0, 11)
    p = table(grid**2, 2 * grid, 0.0, 0.1)
    assert look_up(p, 0, -0.5) == pytest.approx((0.0, 0.0), abs=1e-15)
    assert look_up(p, 0, 1.5) == pytest.approx((2.0, 2.0), rel=1e-14)
    assert look_up(p, 0, 1e6) == pytest.approx((1 + 2 * (1e6 - 1), 2.0), rel=1e-12)


def test_a_constant_table_is_constant_everywhere(table: Any) -> None:
    p = table(np.full(2, 3.5), np.zeros(2), 0.0, 1.0)
    assert [look_up(p, 0, x) for x in (-9.0, 0.3, 1e9)] == [(3.5, 0.0)] * 3


# --- diffusion


def _solve(field: Any, base: np.ndarray, guess: np.ndarray, dh: float, source: np.ndarray, scale: float = 1.0) -> tuple[np.ndarray, bool]:
    u = guess.copy()
    return u, bool(diffuse(field.p, field.at, base, u, 0, dh, source, scale, np.zeros((3, base.size))))


@pytest.mark.parametrize("dh", [1e-6, 1e-2, 1.0, 1e4])
def test_a_linear_stage_solves_the_dense_system(field: Any, dh: float) -> None:
    one = field(lambda u: 0.3 + 0 * u, lambda u: 0 * u)
    rng = np.random.default_rng(1)
    base, source = rng.uniform(0.2, 0.8, 12), rng.normal(size=12) * 1e-2
    jumps = np.diff(np.eye(12), axis=0)
    matrix = np.diag(one.volumes / dh) + jumps.T @ np.diag(one.conductances(base)) @ jumps
    truth = np.linalg.solve(matrix, one.volumes / dh * base + source)
    found, good = _solve(one, base, base, dh, source)
    assert good
    assert found == pytest.approx(truth, rel=1e-10)


def test_a_nonlinear_stage_solves_the_same_finite_volumes(field: Any) -> None:
    """D falls to a seventh over the range; the iteration ends where the next correction is below 1e-8 of the scale."""
    one = field(lambda u: 0.3 * np.exp(-2 * u), lambda u: -0.6 * np.exp(-2 * u))
    rng = np.random.default_rng(2)
    base, source = rng.uniform(0.1, 0.9, 12), rng.normal(size=12) * 2e-2
    for dh in (1e-3, 0.1, 3.0):
        truth = fsolve(lambda u, dh=dh: one.volumes * (u - base) / dh - one.change(u, source), base, xtol=1e-13)
        assert one.volumes * (truth - base) / dh == pytest.approx(one.change(truth, source), abs=1e-10)
        found, good = _solve(one, base, base, dh, source)
        assert good
        assert found == pytest.approx(truth, abs=1e-8)


def test_a_stage_conserves_whether_or_not_it_converges(field: Any) -> None:
    """Every iterate does: also from a wild guess with a diffusivity that jumps by a factor of a million."""
    steep = field(
        lambda u: 1e-3 + 1e3 / (1 + np.exp(-(u - 0.5) / 0.01)),
        lambda u: 1e3 / 0.01 * np.exp(-np.abs(u - 0.5) / 0.01) / (1 + np.exp(-np.abs(u - 0.5) / 0.01)) ** 2,
    )
    rng = np.random.default_rng(3)
    failed = 0
    for _ in range(40):
        base, guess, source = rng.uniform(0.3, 0.7, 12), rng.uniform(0.0, 1.0, 12), rng.normal(size=12) * 1e-2
        found, good = _solve(steep, base, guess, 0.3, source)
        failed += not good
        size = np.abs(found).max() + 1.0
        assert one_sum(steep.volumes, found - base) == pytest.approx(0.3 * source.sum(), abs=1e-11 * size)
    assert failed > 0  # or this says nothing of an iteration that did not converge


def one_sum(volumes: np.ndarray, change: np.ndarray) -> float:
    return math.fsum((volumes * change).tolist())


def test_rates_are_those_of_the_finite_volumes(field: Any) -> None:
    one = field(lambda u: 0.3 * np.exp(-2 * u), lambda u: -0.6 * np.exp(-2 * u))
    rng = np.random.default_rng(4)
    u, source, out = rng.uniform(0.1, 0.9, 12), rng.normal(size=12), np.zeros(12)
    rates(one.p, one.at, u, 0, source, out)
    assert out * one.volumes == pytest.approx(one.change(u, source), rel=1e-11, abs=1e-12)


# --- surfaces


def test_the_surface_is_second_order(full: Cell) -> None:
    """A smooth profile with a known gradient at the surface, as means over the shells: the error falls with the square of their width."""
    from dualion.models.fast.packing import Mesh, packed
    from dualion.models.fast.step import places

    def value(r: np.ndarray) -> np.ndarray:
        return 0.4 + 0.2 * np.sin(2 * r)

    errors = []
    for shells in (10, 20, 40, 80):
        p = packed(full, mesh=Mesh(shells=shells))
        host = int(p[layout.RIGHT_HOST])
        first = int(places(p)[0])
        field = int(p[host + layout.FIELD])
        diffusivity = look_up(p, int(p[field + layout.DIFFUSIVITY]), 0.5)[0]
        volumes = p[field + layout.FIELD_HEAD :: layout.PER_CELL][:shells]
        faces = np.concatenate([[0.0], np.cbrt(np.cumsum(volumes))])
        assert faces[-1] == pytest.approx(1.0, abs=1e-12)
        state = np.zeros(first + shells)
        for k in range(shells):
            r = np.linspace(faces[k], faces[k + 1], 401)
            state[first + k] = np.trapezoid(value(r) * r**2, r) / np.trapezoid(r**2, r)
        radius = 3 * p[host + layout.THIRD]
        gradient = 0.4 * math.cos(2.0) / radius  # d value / dr at the surface
        oxidation = gradient * p[host + layout.CHARGE] * diffusivity / (p[host + layout.THIRD] * p[host + layout.SIGN])
        errors.append(abs(surface(p, host, state, first, oxidation) - float(value(np.array(1.0)))))
    orders = np.log2(np.array(errors[:-1]) / np.array(errors[1:]))
    assert orders.min() > 1.8
    assert errors[1] < 1e-4


# --- potentials and kinetics


def test_a_potential_is_that_of_the_isotherm_up_to_its_very_ends(dual_ion: Any, half_cell: Any) -> None:
    """Logit populations from a filling of 1e-6 to 1 - 1e-6, within a tenth of a microvolt of the potential that gives this filling."""
    for one, place, electrode in (
        (dual_ion, layout.LEFT_HOST, dual_ion.cell.anode),
        (dual_ion, layout.RIGHT_HOST, dual_ion.cell.cathode),
        (half_cell, layout.RIGHT_HOST, half_cell.cell.anode),
    ):
        host = int(one.p[place])
        potential = np.linspace(-1.0, 7.0, 40001)
        filling = np.asarray(isotherm_of(electrode).fraction(potential))
        inside = (filling > 1e-6) & (filling < 1 - 1e-6)
        assert inside.sum() > 5000
        found = np.array([equilibrium(one.p, host, x) for x in filling[inside]])
        assert np.abs(found - potential[inside]).max() < 1e-7


def test_exchange_keeps_a_floor_and_follows_the_root_of_the_salt(dual_ion: Any) -> None:
    host = int(dual_ion.p[layout.RIGHT_HOST])
    assert exchange_current(dual_ion.p, host, 0.5, 1.0) == pytest.approx(4.0, rel=1e-12)
    assert exchange_current(dual_ion.p, host, 0.2, 0.25) == pytest.approx(4.0 * 2 * math.sqrt(0.16) * 0.5, rel=1e-12)
    for x in (0.0, 1.0, -0.1, 1.1):
        assert exchange_current(dual_ion.p, host, x, 1.0) == pytest.approx(4.0 * EXCHANGE_FLOOR, rel=1e-12)


def _plating(cell: Cell, kind: str, exchange: float) -> Cell:
    return replace(cell, plating=Plating(kind, Parameter(Quantity(exchange, "A/m2"), "assumed", "made up")))  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["irreversible", "reversible"])
@pytest.mark.parametrize("exchange", [1e-4, 0.01, 1.0, 50.0])
def test_intercalation_and_plating_share_the_current(full: Cell, pack: Any, kind: str, exchange: float) -> None:
    """Both Butler-Volmer laws at one potential, by root finding: a = 1/2, salt^1/2, stripping that fades with what is plated."""
    one = pack(_plating(full, kind, exchange))
    host, interface = int(one.p[layout.LEFT_HOST]), one.p[int(one.p[layout.LEFT_HOST]) + layout.INTERFACE]
    for filling in (0.02, 0.5, 0.97):
        for concentration in (LEAST_CONCENTRATION, 40.0, 1000.0):
            for current in (-30.0, 0.0, 2.0, 60.0):
                for plated in (0.0, 0.3, 200.0):
                    salt = concentration / 1000.0
                    u, j0 = equilibrium(one.p, host, filling), exchange_current(one.p, host, filling, salt)
                    k = exchange * math.sqrt(salt)
                    strip = k * plated / (plated + FADING_PLATE) if kind == "reversible" else 0.0

                    def parts(potential: float, u: float = u, j0: float = j0, k: float = k, strip: float = strip) -> tuple[float, float]:
                        stored = 2 * j0 * math.sinh((potential - u) / (2 * THETA))
                        return stored, strip * math.exp(potential / (2 * THETA)) - k * math.exp(-potential / (2 * THETA))

                    truth = brentq(lambda e, parts=parts, i=current: sum(parts(e)) + i / interface, -3.0, 4.0, xtol=1e-14)
                    potential, equilibrated, plating = anode_state(one.p, filling, concentration, current, plated)
                    assert potential == pytest.approx(truth, abs=1e-10)
                    assert equilibrated == u
                    assert plating == pytest.approx(interface * parts(truth)[1], rel=1e-8, abs=1e-10 * (1 + abs(current)))


def test_plating_of_no_rate_is_no_plating(full: Cell, pack: Any, dual_ion: Any) -> None:
    one = pack(_plating(full, "reversible", 1e-30))
    for i in (-20.0, 3.0, 40.0):
        with_it, without = anode_state(one.p, 0.3, 800.0, i, 5.0), anode_state(dual_ion.p, 0.3, 800.0, i, 5.0)
        assert with_it[:2] == pytest.approx(without[:2], abs=1e-12)
        assert abs(with_it[2]) < 1e-20
        assert without[2] == 0.0


# --- sources of salt


def _sources(one: Any, i: float, salt: np.ndarray | None = None) -> np.ndarray:
    state = one.state.copy()
    if salt is not None:
        state[one.salt : one.scalars] = salt
    out = np.full(one.scalars - one.salt, np.nan)
    reaction_sources(one.p, state, one.salt, i, out)
    return out


@pytest.mark.slow
def test_both_electrodes_of_a_dual_ion_cell_take_salt_on_charge(dual_ion: Any) -> None:
    """1 - t_plus at the anode, t_plus at the cathode, i / F in all; evenly over the pores, none in the separator."""
    out, i, t = _sources(dual_ion, 16.0), 16.0, 0.42
    assert out[:20].sum() == pytest.approx(-(1 - t) * i / FARADAY, rel=1e-13)
    assert not out[20:40].any()
    assert out[40:].sum() == pytest.approx(-t * i / FARADAY, rel=1e-13)
    assert np.ptp(out[:20]) == np.ptp(out[40:]) == 0.0
    assert _sources(dual_ion, -16.0) == pytest.approx(-out, rel=1e-14)


@pytest.mark.slow
def test_a_half_cell_moves_salt_from_the_metal_to_the_carbon(half_cell: Any) -> None:
    """Sodium reduced at one end is released at the other: the sum is zero, and the metal takes its share out of the first cell."""
    out, i, t = _sources(half_cell, 3.0), 3.0, 0.42
    assert out[0] == pytest.approx(-(1 - t) * i / FARADAY, rel=1e-13)
    assert out[-20:].sum() == pytest.approx((1 - t) * i / FARADAY, rel=1e-13)
    assert abs(out.sum()) < 1e-18


def test_a_rocking_chair_cell_keeps_its_salt(rocking_chair: Any) -> None:
    out, i, t = _sources(rocking_chair, 10.0), 10.0, rocking_chair.p[layout.TRANSFERENCE]
    assert out[:20].sum() == pytest.approx(-(1 - t) * i / FARADAY, rel=1e-13)
    assert abs(out.sum()) < 1e-17


def test_a_starved_electrode_reacts_where_salt_is_left(dual_ion: Any) -> None:
    """The total stays; a cell's share falls with its salt below the threshold, and an empty cell gives nothing."""
    salt = np.full(60, 500.0)
    salt[:10] = STARVED * np.linspace(0.0, 0.9, 10)
    out, even = _sources(dual_ion, 16.0, salt), _sources(dual_ion, 16.0)
    assert out.sum() == pytest.approx(even.sum(), rel=1e-13)
    assert out[1:10] / out[19] == pytest.approx(salt[1:10] / STARVED, rel=1e-12)
    assert out[0] == 0.0
    assert out[40:] == pytest.approx(even[40:], rel=1e-14)


def test_a_starved_electrode_takes_up_salt_everywhere(dual_ion: Any) -> None:
    salt = np.full(60, 500.0)
    salt[:10] = 0.5
    assert _sources(dual_ion, -16.0, salt) == pytest.approx(_sources(dual_ion, -16.0), rel=1e-14)


def test_an_electrode_without_any_salt_still_sums_up(dual_ion: Any) -> None:
    out = _sources(dual_ion, 16.0, np.zeros(60))
    assert np.isfinite(out).all()
    assert out.sum() == pytest.approx(-16.0 / FARADAY, rel=1e-13)


# --- the voltage


def test_at_rest_the_voltage_is_that_of_the_hosts_and_the_salt(dual_ion: Any) -> None:
    """U_cathode(theta) - 2 R T / F ln(c / c0) - U_anode(x): half of the salt raises it by 35.6 mV."""
    cell, parts, found = dual_ion.cell, np.zeros(layout.PARTS_SIZE), []
    for salt in (1000.0, 500.0):
        seen = np.array([0.2, 0.6, salt, salt, salt])
        found.append(voltage(dual_ion.p, seen, 0.0, 0.0, 0.0, parts))
    bare = float(isotherm_of(cell.cathode).potential(0.6)) - float(isotherm_of(cell.anode).potential(0.2))
    assert found[0] == pytest.approx(bare, abs=2e-6)
    assert found[1] - found[0] == pytest.approx(0.0356, abs=5e-5)
    assert found[1] - found[0] == pytest.approx(2 * THETA * math.log(2.0), abs=1e-9)


def test_the_parts_of_the_voltage_are_the_equations(dual_ion: Any) -> None:
    """Each of them computed by hand at a charge of 20 C."""
    one, i = dual_ion, 32.0
    seen, parts = np.array([0.2, 0.6, 700.0, 850.0, 650.0]), np.zeros(layout.PARTS_SIZE)
    total = voltage(one.p, seen, i, 0.03, 0.0, parts)
    left, right = int(one.p[layout.LEFT_HOST]), int(one.p[layout.RIGHT_HOST])
    kappa = [2.05 * c * math.exp(-0.82 * c) for c in (0.7, 0.85, 0.65)]
    layers = ((one.cell.anode.thickness, 0.45, 3), (260e-6, 0.9, 1), (one.cell.cathode.thickness, 0.5, 3))
    ohmic = sum(length / eps**1.5 / part / k for (length, eps, part), k in zip(layers, kappa))
    eta = [
        2 * THETA * math.asinh(0.5 * i / one.p[host + layout.INTERFACE] / exchange_current(one.p, host, x, salt))
        for host, x, salt in ((right, 0.6, 0.65), (left, 0.2, 0.7))
    ]
    assert parts[layout.ELECTROLYTE] == pytest.approx(i * ohmic, rel=1e-6)
    assert parts[layout.REACTION] == pytest.approx(sum(eta), rel=1e-10)
    assert parts[layout.CONCENTRATION] == pytest.approx(2 * THETA * 0.58 * math.log(650 / 700), rel=1e-9)
    assert parts[layout.SERIES] == pytest.approx(i * 6.0 * 1.131e-4, rel=1e-12)
    assert parts[layout.FILM_PART] == 0.03
    assert parts[layout.ANODE_POTENTIAL] == pytest.approx(equilibrium(one.p, left, 0.2) - eta[1], abs=1e-12)
    assert total == pytest.approx(parts[: layout.ANODE_POTENTIAL].sum(), abs=1e-14)
