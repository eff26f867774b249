"""The fast engine against closed forms, a particle coded beside it, and limits of the model (V9, V12 to V18, V23)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from dualion.models.cells import with_values
from dualion.models.constants import FARADAY
from dualion.models.engines import solver
from dualion.models.experiments import HalfCycle, Protocol, Step, cycle, pair_of
from dualion.models.fast.packing import Mesh
from dualion.models.fast.solver import FastSolver
from dualion.models.isotherms import isotherm_of
from dualion.models.outputs import CellResult, StepResult, working_mass
from dualion.records.cell import Cell, Electrode, Film
from dualion.records.quantity import Parameter, Quantity

DIFFUSIVITY = 2.6e-10  # [m2/s] constant, for the closed forms


def _assumed(value: float, unit: str) -> Parameter:
    return Parameter(Quantity(value, unit), "assumed", "made up")


def _separated(cell: Cell, thickness: float, porosity: float) -> Cell:
    return replace(cell, separator=replace(cell.separator, thickness=_assumed(thickness, "um"), porosity=_assumed(porosity, "1")))


def _thin(electrode: Electrode) -> Electrode:
    """The same mass at a hundred times the density: an electrode that is a plane to the salt."""
    parameters = {**electrode.material.parameters, "density": _assumed(100 * electrode.material["density"], "g/cm3")}
    return replace(electrode, material=replace(electrode.material, parameters=parameters))


def _plane(cell: Cell, thickness: float, transference: float) -> Cell:
    """A separator of constant diffusivity between two planes."""
    transport = replace(cell.electrolyte.transport, diffusivity=(DIFFUSIVITY, 0.0), transference=_assumed(transference, "1"), table=None)
    assert cell.cathode is not None
    thin = replace(cell, anode=_thin(cell.anode), cathode=_thin(cell.cathode), electrolyte=replace(cell.electrolyte, transport=transport))
    return _separated(thin, thickness, 0.9)


def run(cell: Cell, *steps: Step, **more: object) -> CellResult:
    return FastSolver(cell, **more).solve(Protocol("test", steps, (0.0,) * len(steps)))  # type: ignore[arg-type]


def host_charge(electrode: Electrode | None, cell: Cell) -> float:
    """[coulomb] of a full host."""
    assert electrode is not None
    return electrode.host_capacity * electrode.loading.value * cell.area.value * 1e-3 * 3.6


# --- V9: the particle


def _shells(diffusivity: float, flux: Callable[[float], float], start: float, radius: float, times: np.ndarray, shells: int) -> np.ndarray:
    """Mean and surface filling of a sphere of equal shells, by a stiff integrator; ``flux`` is du/dr times D at the surface [m/s]."""
    faces = np.linspace(0.0, radius, shells + 1)
    volumes, inner = np.diff(faces**3) / 3, faces[1:-1] ** 2 / (radius / shells)

    def change(t: float, u: np.ndarray) -> np.ndarray:
        through = diffusivity * inner * np.diff(u)
        return np.asarray((np.append(through, radius**2 * flux(t)) - np.insert(through, 0, 0.0)) / volumes)

    found = solve_ivp(change, (0.0, times[-1]), np.full(shells, start), "BDF", t_eval=times, rtol=1e-10, atol=1e-12)
    width = radius / shells
    last = found.y[-1] + 0.5 * width * flux(0.0) / diffusivity
    curve = (found.y[-1] - found.y[-2]) / width - flux(0.0) / diffusivity  # of the gradient, over one width
    mean = volumes @ found.y / volumes.sum()
    return np.stack([mean, last + 0.125 * width * curve], axis=0)


def test_the_filling_is_that_of_a_particle_of_anions(full: Cell) -> None:
    """V9: D d(theta)/dr = j / F c_max at the surface, by another discretisation and integrator; means to 1e-6, surfaces to 1e-4."""
    cell, rate = full, 10.0
    assert cell.cathode is not None
    material = cell.cathode.material
    step = replace(pair_of(cell, cell.current(rate))[0], cutoff=9.0, duration=250.0)
    found = run(cell, step, mesh=Mesh(160, 4, 8, 4), tolerance=1e-7).steps[0]
    radius = material["particle_radius"] * 1e-6
    per_second = cell.current(rate) / host_charge(cell.cathode, cell)
    times = np.linspace(50.0, 250.0, 5)
    mean, surface = _shells(material["diffusivity"], lambda _: per_second * radius / 3, 0.002, radius, times, 400)
    moved = found.inventories["host PF6"]
    assert moved[1] * FARADAY / host_charge(cell.cathode, cell) == pytest.approx(mean[-1], abs=1e-6)
    assert np.interp(times, found.time, found.traces["cathode_filling"]) == pytest.approx(surface, abs=1e-4)
    assert surface[-1] - mean[-1] > 0.03


def test_the_surface_approaches_the_quasi_steady_profile(full: Cell) -> None:
    """After R^2 / D the surface is ahead of the mean by R (dx/dt) R / 15 D, to 1e-6."""
    cell = with_values(full, {"cathode.diffusivity": 2e-14})
    step = replace(pair_of(cell, cell.current(1.0))[0], cutoff=9.0, duration=600.0)
    found = run(cell, step, mesh=Mesh(320, 4, 8, 4), tolerance=1e-7).steps[0]
    per_second = cell.current(1.0) / host_charge(cell.cathode, cell)
    ahead = found.traces["cathode_filling"][-1] - (0.002 + per_second * 600.0)
    assert ahead == pytest.approx(per_second * 1e-12 / 15 / 2e-14, abs=1e-6)


# --- V12, V13: equilibrium


@pytest.mark.slow
def test_a_thousandth_of_a_c_follows_the_open_circuit_voltage(full: Cell) -> None:
    """V12: within 1 mV away from the ends, the shift of the cathode with the salt included."""
    charge, discharge = solver(full).solve(cycle(full, 0.08)).steps
    anode, cathode = isotherm_of(full.anode), isotherm_of(full.cathode)  # type: ignore[arg-type]
    volume = full.pore_volume * 1e-5 * full.area.value * 1e-4
    for step, start in ((charge, 0.0), (discharge, charge.totals["charge"])):
        moved = start + step.half_cycle.current * step.time
        x = charge.inventories["host sodium"][0] * FARADAY / host_charge(full.anode, full) + moved / host_charge(full.anode, full)
        theta = 0.002 + moved / host_charge(full.cathode, full)
        salt = 1.0 - moved / FARADAY / (1000.0 * volume)
        inside = (theta > 0.03) & (theta < 0.97)
        shift = 2 * 8.314462618 * 298.15 / FARADAY * np.log(salt[inside])
        expected = np.asarray(cathode.potential(theta[inside])) - np.asarray(anode.potential(x[inside])) - shift
        assert inside.sum() > 20
        assert step.voltage[inside] == pytest.approx(expected, abs=1e-3)


@pytest.mark.slow
def test_a_half_cell_at_a_thousandth_of_a_c_gives_all_above_zero(half: Cell) -> None:
    """V12: Q(0) of the isotherm within 0.2 %, and the open-circuit voltage on the way."""
    sodiation = solver(half).solve(cycle(half, 0.3)).steps[0]
    isotherm = isotherm_of(half.anode)
    total = sodiation.capacity(working_mass(half)) + isotherm.capacity_above(1.0)
    assert total == pytest.approx(isotherm.capacity_above(0.0), rel=2e-3)
    assert total == pytest.approx(424.0, abs=1.0)
    filling = sodiation.time * abs(sodiation.half_cycle.current) / host_charge(half.anode, half) + float(isotherm.fraction(1.0))
    assert sodiation.voltage == pytest.approx(np.asarray(isotherm.potential(filling)), abs=1e-3)


@pytest.mark.parametrize("rate", [1e-3, 0.1, 1.0, 10.0])
def test_the_voltage_of_a_fresh_cell_moves_one_way(full: Cell, half: Cell, rate: float) -> None:
    """Also in the first steps after the current is switched on, where only the surfaces move."""
    for cell in (full, half):
        for step in pair_of(cell, cell.current(rate)):
            found = run(cell, *((step,) if step.direction in ("charge", "sodiation") else pair_of(cell, cell.current(rate)))).steps[-1]
            sign = 1.0 if found.half_cycle.current > 0 else -1.0
            assert np.diff(sign * found.voltage).min() > -1e-5


@pytest.mark.slow
def test_there_and_back_at_a_thousandth_of_a_c(full: Cell) -> None:
    """V13: the charge that brought the cell up brings it back, within 1e-4 in both fillings."""
    charge, discharge = pair_of(full, full.current(1e-3))
    first = run(full, charge).steps[0]
    back = run(full, charge, replace(discharge, cutoff=0.0, duration=first.time[-1])).steps[1]
    assert back.time[-1] == pytest.approx(first.time[-1], rel=1e-9)
    for name, electrode in (("host sodium", full.anode), ("host PF6", full.cathode)):
        begun, ended = first.inventories[name][0], back.inventories[name][1]
        assert (ended - begun) * FARADAY / host_charge(electrode, full) == pytest.approx(0.0, abs=1e-4)
    assert back.traces["cathode_filling"][-1] == pytest.approx(0.002, abs=1e-4)


# --- V14, V15: salt


@pytest.mark.parametrize("transference", [0.2, 0.8], ids=["anode", "cathode"])
def test_the_salt_at_an_electrode_falls_with_the_root_of_time(full: Cell, transference: float) -> None:
    """V14: c0 - 2 tau i / F sqrt(t / (pi eps D_eff)) within 1 %; tau = 1 - t_plus at the anode, t_plus at the cathode."""
    cell, rate = _plane(full, 4000.0, transference), 10.0
    step = replace(pair_of(cell, cell.current(rate))[0], duration=200.0)
    found = run(cell, step, mesh=Mesh(20, 4, 2000, 4), tolerance=1e-5).steps[0]
    effective = 0.9**1.5 * DIFFUSIVITY
    current = step.current / (cell.area.value * 1e-4)  # [A/m2]
    assert found.time[-1] < 0.02 * 0.9 * (4e-3) ** 2 / (4 * effective)
    late = found.time > 60.0  # earlier the plane is not thin
    fall = 2 * 0.8 * current / FARADAY * np.sqrt(found.time[late] / (np.pi * 0.9 * effective))
    ends = np.unique(found.time[late])
    assert ends.size > 4
    last = 1000.0 - found.salt[-1, 0]
    assert last == pytest.approx(fall[-1], rel=0.01)
    assert last > 100.0


@pytest.mark.parametrize("transference", [0.42, 0.5])
def test_the_quasi_steady_profile_is_a_parabola(full: Cell, transference: float) -> None:
    """V15: c(x) - c(0) = i / (F D_eff) ((1 - t) x - x^2 / 2 L), within 1 % of the span."""
    cell = _plane(full, 260.0, transference)
    found = run(cell, replace(pair_of(cell, cell.current(1.0))[0], duration=2400.0), mesh=Mesh(20, 4, 60, 4)).steps[0]
    position, salt = found.profile["position"][4:64] - cell.anode.thickness, found.profile["salt"][4:64]
    length, effective = 260e-6, 0.9**1.5 * DIFFUSIVITY
    current = found.half_cycle.current / (cell.area.value * 1e-4)
    shape = current / (FARADAY * effective) * ((1 - transference) * position - position**2 / (2 * length))
    span = float(np.ptp(shape))
    assert span > 2.0
    assert salt - salt[0] == pytest.approx(shape - shape[0], abs=0.01 * span)
    if transference == 0.5:
        assert salt == pytest.approx(salt[::-1], abs=0.01 * span)


def test_the_salt_left_does_not_hang_on_the_transference(full: Cell) -> None:
    """V6: the salt taken up is i / F whatever its split."""
    left = []
    for transference in (0.2, 0.42, 0.8):
        found = FastSolver(full).solve(
            Protocol("x", (replace(pair_of(full, full.current(1.0))[0], duration=3000.0),), (0.0,)),
            parameters={"transference": transference},
        )
        left.append(found.steps[0].inventories["salt"][1])
    assert left == pytest.approx([left[0]] * 3, rel=1e-9)


# --- V16, V17: little electrolyte


LEAN = [(60.0, 0.9, 92.1, 81.5), (25.0, 0.45, 39.1, 34.9), (260.0, 0.9, 94.8, 86.3)]


@pytest.mark.parametrize(("thickness", "porosity", "slow", "fast"), LEAN)
def test_a_lean_cell_gives_what_its_salt_allows(full: Cell, thickness: float, porosity: float, slow: float, fast: float) -> None:
    """V16: the table of 3.8 within 0.3 mAh/g, and never more than the salt in the pores of separator and electrodes."""
    cell = _separated(full, thickness, porosity)
    mass = working_mass(cell)
    salt = FARADAY * 1000.0 * cell.pore_volume * 1e-5 / 3.6 / 20.0
    for rate, expected in ((1.0, slow), (10.0, fast)):
        found = solver(cell).solve(cycle(cell, 80 * rate))
        assert found.steps[1].capacity(mass) == pytest.approx(expected, abs=0.3)
        assert all(step.capacity(mass) < salt for step in found.steps)
        assert [step.ended for step in found.steps] == ["cutoff", "cutoff"]
    assert salt == pytest.approx({60.0: 96.7, 25.0: 39.4, 260.0: 338.0}[thickness], abs=0.5)


@pytest.mark.parametrize("rate", [1.0, 10.0])
def test_a_reservoir_has_two_limits(full: Cell, rate: float) -> None:
    """V17: without exchange it is not there; ever faster exchange comes to an end, within 0.05 mAh/g."""
    lean = _separated(full, 60.0, 0.9)
    mass, beside = working_mass(lean), 2.0  # [uL/cm2]

    def capacity(cell: Cell) -> float:
        return solver(cell).solve(cycle(cell, 80 * rate)).steps[1].capacity(mass)

    filled = replace(lean, electrolyte_volume=_assumed(lean.pore_volume + beside, "uL/cm2"))
    none, dead = capacity(lean), capacity(replace(filled, reservoir_exchange=_assumed(0.0, "m/s")))
    assert dead == pytest.approx(none, abs=1e-6)
    assert capacity(filled) == pytest.approx(none, abs=1e-6)
    exchanges = [capacity(replace(filled, reservoir_exchange=_assumed(k, "m/s"))) for k in (1e-7, 1e-6, 1e-4, 1e-2, 1.0)]
    assert np.all(np.diff(exchanges) > -1e-4)
    assert exchanges[-1] > none + 1.0
    assert exchanges[-1] == pytest.approx(exchanges[-2], abs=0.05)


def test_a_quick_reservoir_is_pore_volume(full: Cell) -> None:
    """V17: in a cell whose salt is even (fast diffusion), exchange without limit and a wider separator store the same salt."""
    even = replace(full.electrolyte.transport, diffusivity=(4e-6, 0.45))
    cell = replace(_separated(full, 60.0, 0.5), electrolyte=replace(full.electrolyte, transport=even))
    cell = replace(cell, electrolyte_volume=_assumed(cell.pore_volume + 2.4, "uL/cm2"), reservoir_exchange=_assumed(1e-2, "m/s"))
    # 60 um at 0.5 with 24 um beside them: porosity 0.9 at a thickness that conducts as before
    conducting = replace(even, conductivity=(even.conductivity[0] * (0.5 / 0.9) ** 1.5, even.conductivity[1]))  # type: ignore[index]
    wide = replace(_separated(cell, 60.0, 0.9), electrolyte=replace(cell.electrolyte, transport=conducting), reservoir_exchange=None)
    wide = replace(wide, electrolyte_volume=_assumed(wide.pore_volume, "uL/cm2"))
    quick, pores = (run(one, pair_of(one, one.current(1.0))[0]).steps[0] for one in (cell, wide))
    assert quick.inventories["salt"][0] == pytest.approx(pores.inventories["salt"][0], rel=1e-12)
    assert quick.capacity(working_mass(cell)) == pytest.approx(pores.capacity(working_mass(cell)), abs=0.05)
    assert quick.totals["least_salt"] == pytest.approx(pores.totals["least_salt"], rel=0.01)  # the electrodes conduct a little less


# --- V18: the film


def test_a_film_is_a_resistor_at_constant_current(half: Cell) -> None:
    """V18: 29.45 ohm with 2 uF and 2.11 ohm, or 31.56 ohm: the same charge within 1e-6."""
    film = Film(_assumed(29.45, "ohm"), _assumed(2e-6, "F"), _assumed(45.9, "kJ/mol"))
    apart = replace(half, series_resistance=_assumed(2.11, "ohm"), film=film)
    assert half.series_resistance.value == pytest.approx(31.56)
    for rate in (0.2, 1.0):
        one, other = (solver(cell).solve(cycle(cell, 300 * rate)) for cell in (half, apart))
        for a, b in zip(one.steps, other.steps):
            assert b.charge == pytest.approx(a.charge, rel=1e-6)
            assert b.totals["energy"] == pytest.approx(a.totals["energy"], rel=1e-5)


def test_a_film_charges_with_its_own_time(full: Cell) -> None:
    """The overvoltage is i R (1 - exp(-t / R C)) at constant current, and exp(-t / R C) at rest."""
    from dualion.models.experiments import Rest

    film = Film(_assumed(20.0, "ohm"), _assumed(2.0, "F"), _assumed(0.0, "kJ/mol"))
    cell = replace(full, film=film)
    current = cell.current(1.0)
    pulse, rest = run(cell, HalfCycle("charge", current, 4.8, duration=60.0), Rest(120.0)).steps
    settled = current * 20.0
    assert pulse.traces["film"] == pytest.approx(settled * (1 - np.exp(-pulse.time / 40.0)), abs=1e-12)
    assert rest.traces["film"] == pytest.approx(pulse.traces["film"][-1] * np.exp(-rest.time / 40.0), abs=1e-12)


# --- V23: the well-mixed limit


@pytest.mark.models
@pytest.mark.slow
@pytest.mark.skipif(find_spec("pybamm") is None, reason="needs PyBaMM")
@pytest.mark.parametrize("rate", [1.0, 10.0])
def test_well_mixed_salt_is_the_model_without_its_profile(full: Cell, rate: float) -> None:
    """V23: with ten thousand times the diffusivity, and kappa as well, the single particle model: 0.1 mAh/g, 1 mV."""
    transport = full.electrolyte.transport
    assert transport.diffusivity is not None
    mixed = replace(transport, diffusivity=(transport.diffusivity[0] * 1e4, transport.diffusivity[1]), conductivity=(2.05e4, 0.82))
    cell = replace(full, electrolyte=replace(full.electrolyte, transport=mixed))
    fast = FastSolver(cell, mesh=Mesh().finer(2), tolerance=1e-5).solve(cycle(cell, 80 * rate))
    single = solver(full, engine="pybamm-SPM").solve(cycle(full, 80 * rate))
    mass = working_mass(full)
    one: StepResult
    for one, other in zip(fast.steps, single.steps):
        assert one.capacity(mass) == pytest.approx(other.capacity(mass), abs=0.1)
        assert one.mean_voltage() == pytest.approx(other.mean_voltage(), abs=1e-3)
