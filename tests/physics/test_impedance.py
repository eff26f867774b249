"""Impedance spectra: the reference of 4.6, the film (V18), small signals in time (V19), activation energies (V21), states of rest."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.optimize import least_squares

from dualion.errors import SpecError
from dualion.models.cells import with_values
from dualion.models.constants import FARADAY, GAS_CONSTANT, METAL_EXCHANGE_CURRENT, ZERO_CELSIUS
from dualion.models.isotherms import isotherm_of
from dualion.models.reference._pybamm import pybamm
from dualion.models.reference.impedance import (
    KELVIN_AT_REST,
    METAL_DOUBLE_LAYER,
    SALT_AT_REST,
    ImpedanceModel,
    Spectrum,
    impedance_model,
    spectrum,
)
from dualion.records.cell import Cell
from dualion.records.cell_files import load_cell
from dualion.records.quantity import Parameter, Quantity

pytestmark = pytest.mark.models

F1 = {"anode.slope_capacity": 106.9, "anode.pore_capacity": 547.0, "anode.pore_potential": 0.0106, "anode.pore_width": 0.0253}
SWEEP = np.logspace(5, -2, 351)  # [Hz] fifty in a decade


@pytest.fixture(scope="module")
def carbon() -> Cell:
    """Na || MEC3 with the isotherm F1: 2.11 ohm, film of 29.45 ohm and 2 uF, charge transfer of 14.66 ohm, double layer of 0.2 F/m2."""
    return with_values(load_cell("na-mec3"), F1)


@pytest.fixture(scope="module")
def models(carbon: Cell) -> dict[str, ImpedanceModel]:
    cells = {"half": carbon, "dual-ion": load_cell("mec3-eg"), "rocking-chair": load_cell("hc-nvpf")}
    return {f"{kind} {hierarchy}": ImpedanceModel(cell, hierarchy) for kind, cell in cells.items() for hierarchy in ("SPM", "SPMe", "DFN")}


def _turns(found: Spectrum) -> tuple[list[int], list[int]]:
    """Where the negative imaginary part has its maxima and minima."""
    height = -found.impedance.imag
    inner = range(1, height.size - 1)
    tops = [i for i in inner if height[i] > height[i - 1] and height[i] > height[i + 1]]
    return tops, [i for i in inner if height[i] < height[i - 1] and height[i] < height[i + 1]]


def test_the_half_cell_has_the_two_arcs_of_the_specification(models: dict[str, ImpedanceModel]) -> None:
    """4.6: apexes near 2.5 kHz and 25 Hz, minimum near 160 Hz at 37.2 ohm, low-frequency minimum at 51.8 +- 0.5 ohm."""
    found = models["half SPMe"].spectrum(filling=0.5, frequencies=SWEEP)
    tops, valleys = _turns(found)
    assert found.frequency[tops] == pytest.approx([2500.0, 25.0], rel=0.12)
    assert found.frequency[tops[0]] == pytest.approx(1 / (2 * np.pi * 29.45 * 2e-6), rel=0.03)
    assert found.frequency[valleys[0]] == pytest.approx(160.0, rel=0.1)
    assert found.impedance.real[valleys] == pytest.approx([37.2, 51.8], abs=0.2)
    assert found.voltage == pytest.approx(isotherm_of(models["half SPMe"].cell.anode).potential(0.5), abs=1e-5)


def test_a_plain_resistor_in_place_of_the_film_leaves_one_arc(carbon: Cell, models: dict[str, ImpedanceModel]) -> None:
    """That of the charge transfer; the metal's interface, 2.27 ohm with an arc of half that height, is no match for it."""
    assert carbon.film is not None
    lumped = with_values(replace(carbon, film=None), {"series_resistance": 2.11 + 29.45})
    for found, arcs in (
        (spectrum(lumped, filling=0.5, frequencies=SWEEP), 1),
        (models["half SPMe"].spectrum(filling=0.5, frequencies=SWEEP), 2),
    ):
        tops, _ = _turns(found)
        assert sum(-found.impedance.imag[top] > 3.0 for top in tops) == arcs


@pytest.mark.slow
@pytest.mark.parametrize("hierarchy", ["SPM", "SPMe", "DFN"])
def test_the_film_adds_its_own_circuit_and_nothing_else(carbon: Cell, models: dict[str, ImpedanceModel], hierarchy: Any) -> None:
    """V18: R / (1 + j omega R C) on top of the bare cell, from R at low frequency to nothing at high frequency."""
    frequency = np.logspace(9, -3, 60)
    with_film = models[f"half {hierarchy}"].spectrum(filling=0.5, frequencies=frequency).impedance
    without = spectrum(replace(carbon, film=None), filling=0.5, frequencies=frequency, hierarchy=hierarchy).impedance
    circuit = 29.45 / (1 + 2j * np.pi * frequency * 29.45 * 2e-6)
    assert with_film - without == pytest.approx(circuit, abs=1e-6)
    assert 2.11 + (with_film - without).real[[0, -1]] == pytest.approx([2.11, 2.11 + 29.45], rel=5e-3)


def test_at_high_frequency_contacts_and_electrolyte_are_left(models: dict[str, ImpedanceModel]) -> None:
    """R_s + (L_s / kappa_s + L_p / 3 kappa_p) / A, with kappa(1 mol/L) = 2.05 exp(-0.82) S/m and porosity^1.5."""
    kappa, area = 2.05 * np.exp(-0.82), 1.131e-4
    thickness = 1e-2 / 1e3 / (1.6 * 0.45)  # [m] of the carbon
    expected = 2.11 + (260e-6 / 0.9**1.5 + thickness / 3 / 0.45**1.5) / kappa / area
    found = models["half SPMe"].spectrum(filling=0.5, frequencies=[1e9])
    assert found.impedance[0].real == pytest.approx(expected, rel=5e-3)
    assert abs(found.impedance[0].imag) < 5e-3 * expected


def _in_time(model: ImpedanceModel, found: Spectrum, frequency: float) -> complex:
    """Impedance [ohm] from the voltage under a small sinusoidal current, the last two of six periods."""
    pybamm_model, values = impedance_model(model.cell, model.hierarchy)
    amplitude = 2e-5  # [A] about 1 mV
    values.update({"Current function [A]": lambda time: amplitude * pybamm.sin(2 * np.pi * frequency * time)})
    simulation = pybamm.Simulation(
        pybamm_model,
        parameter_values=values,
        solver=pybamm.IDAKLUSolver(rtol=1e-7, atol=1e-9, options={"dt_max": 0.02 / frequency}),
        var_pts=dict(zip(("x_n", "x_s", "x_p", "r_n", "r_p"), (*model.mesh, model.mesh[3]), strict=True)),
    )
    inputs = {"anode.initial_fraction": found.filling, SALT_AT_REST: found.salt, KELVIN_AT_REST: 298.15}
    if found.cathode_filling is not None:
        inputs["cathode.initial_fraction"] = 1 - found.cathode_filling
    times = np.linspace(4 / frequency, 6 / frequency, 401)
    solution = simulation.solve(np.array([0.0, 6 / frequency]), inputs=inputs, t_interp=times)
    phase = 2 * np.pi * frequency * times
    columns = np.stack([np.sin(phase), np.cos(phase), np.ones_like(times), times - times[0]], axis=1)
    (sine, cosine, *_), *_ = np.linalg.lstsq(columns, np.asarray(solution["Voltage [V]"](times)), rcond=None)
    return complex(-(sine + 1j * cosine) / amplitude)


@pytest.mark.slow
@pytest.mark.parametrize(("cell", "filling"), [("half SPMe", 0.5), ("dual-ion SPMe", 0.15), ("dual-ion DFN", 0.15)])
@pytest.mark.parametrize("frequency", [2500.0, 25.0, 0.5])
def test_a_small_signal_in_time_answers_as_the_spectrum_says(
    models: dict[str, ImpedanceModel], cell: str, filling: float, frequency: float
) -> None:
    """V19: 1 % in modulus, 1 degree."""
    found = models[cell].spectrum(filling=filling, frequencies=[frequency])
    ratio = _in_time(models[cell], found, frequency) / found.impedance[0]
    assert abs(ratio) == pytest.approx(1.0, abs=0.01)
    assert np.degrees(np.angle(ratio)) == pytest.approx(0.0, abs=1.0)


def _circuit(values: Any, frequency: Any, metal: float, metal_capacitance: float) -> Any:
    """R_0, film, the known interface of the metal, and a charge transfer with a diffusion tail beside its double layer."""
    rest, film, film_capacitance, transfer, layer, tail = np.exp(values)
    omega = 2j * np.pi * frequency
    beside = 1 / (1 / (transfer + tail / np.sqrt(omega)) + omega * layer)
    return rest + film / (1 + omega * film * film_capacitance) + metal / (1 + omega * metal * metal_capacitance) + beside


def _resistances(found: Spectrum, area: float) -> tuple[float, float]:
    """Film and charge transfer [ohm] of a spectrum, by least squares of the relative deviation."""
    metal = GAS_CONSTANT * (found.temperature + ZERO_CELSIUS) / FARADAY / METAL_EXCHANGE_CURRENT / area

    def miss(values: Any) -> Any:
        ratio = _circuit(values, found.frequency, metal, METAL_DOUBLE_LAYER * area) / found.impedance - 1
        return np.concatenate([ratio.real, ratio.imag])

    fit = least_squares(miss, np.log([5.0, 15.0, 2e-6, 7.0, 4e-4, 0.3]), x_scale=1.0, xtol=1e-14, ftol=1e-14, gtol=1e-14)
    assert np.sqrt(np.mean(fit.fun**2)) < 5e-3
    return float(np.exp(fit.x[1])), float(np.exp(fit.x[3]))


def test_activation_energies_are_found_again_in_the_spectra(models: dict[str, ImpedanceModel]) -> None:
    """V21: film 45.9, charge transfer 42.5 kJ/mol, from 30 to 70 degC, +- 0.5 kJ/mol; of 1/R of the film and T/R of the reaction."""
    model = models["half SPMe"]
    degrees = np.array([30.0, 40.0, 50.0, 60.0, 70.0])
    frequency = np.logspace(6, 0, 80)
    found = [model.spectrum(filling=0.5, frequencies=frequency, temperature=one) for one in degrees]
    resistances = np.array([_resistances(one, model.cell.area.value * 1e-4) for one in found])
    inverse = 1e3 / (GAS_CONSTANT * (degrees + ZERO_CELSIUS))  # [mol/kJ]
    rates = (1 / resistances[:, 0], (degrees + ZERO_CELSIUS) / resistances[:, 1])  # j0 = R T / (F R_ct a L A)
    slopes = [-np.polyfit(inverse, np.log(rate), 1)[0] for rate in rates]
    assert slopes == pytest.approx([45.9, 42.5], abs=0.5)
    # the resistance alone would give R T less: the 2.7 kJ/mol by which a source that does not say its rate is uncertain
    assert np.polyfit(inverse, np.log(resistances[:, 1]), 1)[0] == pytest.approx(42.5 - 2.7, abs=0.5)


@pytest.mark.parametrize("filling", [0.1, 0.3, 0.9])
def test_the_charge_transfer_grows_towards_empty_and_full(carbon: Cell, filling: float) -> None:
    """R_ct / (2 sqrt(x (1 - x))), read below its arc where diffusion costs nothing (a diffusivity of 1e-9 m2/s)."""
    model = ImpedanceModel(with_values(carbon, {"anode.diffusivity": 1e-9}), "SPM")
    low = [model.spectrum(filling=one, frequencies=[0.1]).impedance[0].real for one in (filling, 0.5)]
    assert low[0] - low[1] == pytest.approx(14.66 * (1 / (2 * np.sqrt(filling * (1 - filling))) - 1), rel=5e-3)


@pytest.mark.parametrize("degrees", [0.0, 70.0])
def test_film_and_transfer_follow_arrhenius_to_the_ends_of_their_range(models: dict[str, ImpedanceModel], degrees: float) -> None:
    """0 and 70 degC against 25 degC: what the resistances of film, charge transfer and metal must differ by at low frequency."""
    model = models["half SPM"]
    low = [model.spectrum(filling=0.5, frequencies=[0.5], temperature=one).impedance[0].real for one in (degrees, 25.0)]
    colder = 1e3 / GAS_CONSTANT * (1 / (degrees + ZERO_CELSIUS) - 1 / 298.15)
    metal = GAS_CONSTANT / FARADAY / METAL_EXCHANGE_CURRENT / 1.131e-4
    expected = 29.45 * np.expm1(45.9 * colder) + metal * (degrees - 25)
    expected += 14.66 * ((degrees + ZERO_CELSIUS) / 298.15 * np.exp(42.5 * colder) - 1)  # R T / F j0, j0 by Arrhenius
    assert low[0] - low[1] == pytest.approx(expected, rel=5e-3)


def test_the_salt_at_rest_is_what_the_anions_have_left(models: dict[str, ImpedanceModel]) -> None:
    """mec3-eg with its anode at 15 %: the charge is in the graphite, and as many anions are gone from 25.2 uL/cm2 of pores."""
    cell = models["dual-ion SPMe"].cell
    found = models["dual-ion SPMe"].spectrum(filling=0.15, frequencies=[1.0])
    size = cell.anode.host_capacity
    start = float(isotherm_of(cell.anode).fraction(1.2))
    charge = (0.15 - start) * size * 1.0 * 3.6e-3  # [coulomb/cm2] on 1 mg/cm2 of carbon
    assert found.cathode_filling == pytest.approx(0.002 + charge / (95.9 * 2.0 * 3.6e-3), rel=1e-9)
    assert found.salt == pytest.approx(1000.0 - charge / FARADAY / (cell.pore_volume * 1e-9), rel=1e-9)
    assert 500.0 < found.salt < 900.0
    # the potential of the graphite carries the salt, twice: -2 R T / F ln(c / c_0)
    bare = isotherm_of(cell.cathode).potential(found.cathode_filling) - isotherm_of(cell.anode).potential(0.15)  # type: ignore[arg-type]
    assert found.voltage - bare == pytest.approx(-0.0513852 * np.log(found.salt / 1000.0), abs=2e-5)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["dual-ion", "rocking-chair"])
def test_single_particles_and_the_full_model_agree_where_the_electrodes_are_thin(models: dict[str, ImpedanceModel], kind: str) -> None:
    """Below the frequencies at which the double layer is charged unevenly in depth."""
    frequency = np.logspace(0, -3, 10)
    filling = 0.15 if kind == "dual-ion" else 0.5
    reduced, full = (models[f"{kind} {hierarchy}"].spectrum(filling=filling, frequencies=frequency) for hierarchy in ("SPMe", "DFN"))
    assert reduced.impedance == pytest.approx(full.impedance, rel=5e-3)
    assert reduced.voltage == pytest.approx(full.voltage, abs=1e-5)


def test_a_guess_that_is_not_at_rest_would_give_another_spectrum(models: dict[str, ImpedanceModel]) -> None:
    """Trap 15: PyBaMM linearises its initial guess; in a full cell's SPMe the potentials it solves for are not yet solved."""
    model = models["dual-ion SPMe"]
    found = model.spectrum(filling=0.15, frequencies=[1.0])
    pybamm_model, values = impedance_model(model.cell, "SPMe")
    raw = pybamm.EISSimulation(pybamm_model, parameter_values=values)
    assert found.cathode_filling is not None
    inputs = {
        "anode.initial_fraction": 0.15,
        "cathode.initial_fraction": 1 - found.cathode_filling,
        SALT_AT_REST: found.salt,
        KELVIN_AT_REST: 298.15,
    }
    other = np.asarray(raw.solve(np.array([1.0]), inputs=inputs)["Impedance [Ohm]"])[0]
    assert abs(other - found.impedance[0]) > 0.5


def test_a_rocking_chair_keeps_its_salt(models: dict[str, ImpedanceModel]) -> None:
    found = models["rocking-chair SPMe"].spectrum(filling=0.5, frequencies=[1.0])
    assert found.salt == 1000.0
    assert found.cathode_filling is not None
    # as assembled, 0.9298 of the carbon's 14540 and 0.2167 of the cathode's 15320 mol/m3; what the one loses the other gains
    moved = (0.9298486932599724 - 0.5) * 14540 * 0.489 * 64
    assert found.cathode_filling == pytest.approx(0.21671018276762402 + moved / (15320 * 0.55 * 68), rel=1e-6)


@pytest.mark.slow
def test_a_reservoir_gives_the_anions_more_to_take(models: dict[str, ImpedanceModel]) -> None:
    cell = models["dual-ion SPMe"].cell
    wet = replace(
        cell,
        electrolyte_volume=Parameter(Quantity(2 * cell.pore_volume, "uL/cm2"), "assumed", "made up"),
        reservoir_exchange=Parameter(Quantity(1e-6, "m/s"), "assumed", "made up"),
    )
    lean, rich = (ImpedanceModel(one).spectrum(filling=0.15, frequencies=[1.0]) for one in (cell, wet))
    assert 1000.0 - rich.salt == pytest.approx(0.5 * (1000.0 - lean.salt), rel=1e-9)


def test_a_cell_with_plating_has_the_spectrum_of_its_hosts(models: dict[str, ImpedanceModel]) -> None:
    from dualion.records.cell import Plating

    model = models["dual-ion SPMe"]
    plating = Plating("reversible", Parameter(Quantity(0.01, "A/m2"), "assumed", "made up"))
    found = spectrum(replace(model.cell, plating=plating), filling=0.15, frequencies=[10.0])
    assert found.impedance == pytest.approx(model.spectrum(filling=0.15, frequencies=[10.0]).impedance, rel=1e-9)


def test_the_same_model_serves_every_state(models: dict[str, ImpedanceModel]) -> None:
    """A state visited between two others leaves no trace."""
    model = models["half SPMe"]
    first = model.spectrum(filling=0.3, frequencies=[10.0]).impedance
    model.spectrum(filling=0.7, frequencies=[1.0], temperature=50.0)
    assert (model.spectrum(filling=0.3, frequencies=[10.0]).impedance == first).all()


def test_a_material_without_double_layer_is_refused(carbon: Cell) -> None:
    parameters = {name: one for name, one in carbon.anode.material.parameters.items() if name != "double_layer_capacity"}
    bare = replace(carbon, anode=replace(carbon.anode, material=replace(carbon.anode.material, parameters=parameters)))
    with pytest.raises(SpecError, match="anode: MEC3: double_layer_capacity is missing"):
        spectrum(bare, filling=0.5, frequencies=[1.0])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"filling": 1.2}, "filling: 1.2 is outside 0.002 to 0.99"),
        ({"filling": float("nan")}, "filling: nan is outside"),
        ({"filling": 0.5, "cathode_filling": 0.5}, "cathode_filling: 0.5 is given, and a half cell has no cathode"),
        ({"filling": 0.5, "temperature": 80.0}, "temperature: 80 degC is outside 0 to 70 degC"),
        ({"filling": 0.5, "frequencies": []}, "frequencies: none"),
        ({"filling": 0.5, "frequencies": [1.0, 0.0]}, "one that is not positive"),
    ],
)
def test_what_has_no_spectrum_is_refused(models: dict[str, ImpedanceModel], given: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        models["half SPMe"].spectrum(**{"frequencies": [1.0], **given})


def test_a_state_that_the_cathode_cannot_balance_is_refused(models: dict[str, ImpedanceModel]) -> None:
    with pytest.raises(SpecError, match=r"cathode_filling: 1\.70.* is outside 0\.002 to 0\.998"):
        models["dual-ion SPMe"].spectrum(filling=0.5, frequencies=[1.0])


def test_a_state_that_takes_more_salt_than_there_is_is_refused(models: dict[str, ImpedanceModel]) -> None:
    cell = models["dual-ion SPMe"].cell
    thin = replace(cell, separator=replace(cell.separator, thickness=Parameter(Quantity(20.0, "um"), "assumed", "made up")))
    with pytest.raises(SpecError, match="does not hold the salt that this state takes"):
        spectrum(thin, filling=0.2, frequencies=[1.0])


def test_an_unknown_member_of_the_hierarchy_is_refused(carbon: Cell) -> None:
    with pytest.raises(SpecError, match="no MPM"):
        spectrum(carbon, filling=0.5, frequencies=[1.0], hierarchy="MPM")  # type: ignore[arg-type]
