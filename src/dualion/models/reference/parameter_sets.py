"""A cell record as PyBaMM parameter values: every parameter that the models read, none inherited from another chemistry.

Fitted parameters may stay open: a name in ``inputs`` becomes an input of the model, which is then built once and solved for any value.
Names are those of study files: ``anode.slope_capacity``, ``cathode.diffusivity``, ``cathode.ocp_shift``, ...

Sign and host: in a half cell the hard carbon is PyBaMM's positive electrode. In a dual-ion cell it is the negative one, and the positive
particle holds the *vacancies* of the anion host (y = 1 - theta), so that it fills on discharge as a cation host does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from dualion.errors import SpecError
from dualion.models.cells import nominal_values
from dualion.models.constants import (
    BRUGGEMAN,
    COULOMB_PER_MAH,
    FARADAY,
    METAL_EXCHANGE_CURRENT,
    REFERENCE_TEMPERATURE,
    SODIUM_MOLAR_VOLUME,
    ZERO_CELSIUS,
)
from dualion.models.reference._pybamm import pybamm
from dualion.models.reference.laws import (
    TRANSFER_COEFFICIENT,
    arrhenius,
    diffusivity_function,
    exchange_function,
    potential_function,
    transport_functions,
)
from dualion.models.reference.plating import plating_values
from dualion.records.cell import Cell, Electrode

#: Inputs of a model that is run at a given voltage: v(t) = start + rate t, from the start of each step.
START_VOLTAGE, SWEEP_RATE = "start voltage [V]", "sweep rate [V.s-1]"
METRE_PER_MICROLITRE_CM2 = 1e-5  # [m] of 1 uL/cm2


@dataclass(frozen=True, slots=True)
class CellParameters:
    """PyBaMM parameter values of a cell with the names that were left open and their nominal values."""

    values: Any
    nominal: Mapping[str, float]


def cell_parameters(cell: Cell, *, inputs: tuple[str, ...] = ()) -> CellParameters:
    """Parameter values of a cell.

    Parameters
    ----------
    cell : Cell
    inputs : tuple of str
        Parameters to leave open; ``series_resistance`` [ohm] and ``transference`` [1] are accepted beside those of the electrodes.

    Returns
    -------
    CellParameters

    Raises
    ------
    SpecError
        A name in ``inputs`` is not a parameter of this cell.
    """
    book = _Book(nominal_values(cell), inputs)
    hosts = {"Positive": ("anode", cell.anode)} if cell.cathode is None else {"Negative": ("anode", cell.anode)}
    if cell.cathode is not None:
        hosts["Positive"] = ("cathode", cell.cathode)
    values: dict[str, Any] = {**_cell_values(cell, book), **_electrolyte_values(cell, book), **_film_values(cell, book)}
    for side, (role, electrode) in hosts.items():
        values |= _electrode_values(side, role, electrode, cell, book)
    if cell.cathode is None:
        values |= {
            "Exchange-current density for lithium metal electrode [A.m-2]": METAL_EXCHANGE_CURRENT,
            "Lithium metal partial molar volume [m3.mol-1]": SODIUM_MOLAR_VOLUME,
            "Negative electrode thickness [m]": 1e-4,  # inactive: the metal is a boundary condition
            "Negative electrode conductivity [S.m-1]": 2.1e7,  # inactive: metallic sodium
        }
    else:
        values |= plating_values(cell, book)
    return CellParameters(pybamm.ParameterValues(values), {name: book.nominal[name] for name in inputs})


@dataclass(frozen=True, slots=True)
class _Book:
    """Nominal values, of which some are left open as inputs of the model."""

    nominal: Mapping[str, float]
    inputs: tuple[str, ...]

    def __post_init__(self) -> None:
        for name in self.inputs:
            if name not in self.nominal:
                raise SpecError(f"{name}: no parameter of this cell. It has {', '.join(sorted(self.nominal))}.")

    def __getitem__(self, name: str) -> Any:
        return pybamm.InputParameter(name) if name in self.inputs else self.nominal[name]

    def get(self, name: str, default: float) -> Any:
        return self[name] if name in self.nominal else default

    def nominal_value(self, name: str, default: float) -> float:
        return self.nominal.get(name, default)


def _cell_values(cell: Cell, book: _Book) -> dict[str, Any]:
    side = float(np.sqrt(cell.area.value * 1e-4))
    kelvin = cell.temperature.value + ZERO_CELSIUS
    return {
        "Electrode height [m]": side,
        "Electrode width [m]": side,
        "Separator thickness [m]": cell.separator.thickness.value * 1e-6,
        "Separator porosity": cell.separator.porosity.value,
        "Separator Bruggeman coefficient (electrolyte)": BRUGGEMAN,
        "Nominal cell capacity [A.h]": cell.current(1.0),
        "Current function [A]": "[input]",
        "Voltage function [V]": lambda time: pybamm.InputParameter(START_VOLTAGE) + pybamm.InputParameter(SWEEP_RATE) * time,
        "Contact resistance [Ohm]": book["series_resistance"],
        "Number of electrodes connected in parallel to make a cell": 1.0,
        "Number of cells connected in series to make a battery": 1.0,
        "Lower voltage cut-off [V]": cell.window[0].value,
        "Upper voltage cut-off [V]": cell.window[1].value,
        "Open-circuit voltage at 0% SOC [V]": cell.window[0].value,  # inactive: no state of charge is used
        "Open-circuit voltage at 100% SOC [V]": cell.window[1].value,  # inactive
        "Reference temperature [K]": REFERENCE_TEMPERATURE,
        "Ambient temperature [K]": kelvin,
        "Initial temperature [K]": kelvin,
    }


def _electrolyte_values(cell: Cell, book: _Book) -> dict[str, Any]:
    transport = cell.electrolyte.transport
    conductivity, diffusivity = transport_functions(transport)
    reservoir = {}
    if cell.reservoir_exchange is not None:
        reservoir = {
            "Reservoir exchange coefficient [m.s-1]": cell.reservoir_exchange.value,
            "Reservoir volume per area [m]": cell.reservoir * METRE_PER_MICROLITRE_CM2,
        }
    return reservoir | {
        "Initial concentration in electrolyte [mol.m-3]": cell.electrolyte.concentration.value * 1e3,
        "Cation transference number": book["transference"],
        "Thermodynamic factor": transport.thermodynamic_factor.value,
        "Electrolyte conductivity [S.m-1]": conductivity,
        "Electrolyte diffusivity [m2.s-1]": diffusivity,
    }


def _film_values(cell: Cell, book: _Book) -> dict[str, Any]:
    if cell.film is None:
        return {}
    energy = cell.film.activation_energy.value

    def resistance(temperature: Any) -> Any:
        return book["film_resistance"] * book["film_growth"] / arrhenius(energy, temperature)

    return {"Film resistance [Ohm]": resistance, "Film capacitance [F]": cell.film.capacitance.value}


def _electrode_values(side: str, role: str, electrode: Electrode, cell: Cell, book: _Book) -> dict[str, Any]:
    lower = side.lower()
    material = electrode.material
    maximum = maximum_concentration(host_capacity(role, electrode, book), material["density"])
    return {
        f"{side} electrode thickness [m]": electrode.thickness,
        f"{side} electrode conductivity [S.m-1]": book[f"{role}.conductivity"],
        f"{side} electrode porosity": book[f"{role}.porosity"],
        f"{side} electrode active material volume fraction": book[f"{role}.active_volume_fraction"],
        f"{side} particle radius [m]": book[f"{role}.particle_radius"] * 1e-6,
        f"{side} particle diffusivity [m2.s-1]": diffusivity_function(role, electrode, book),
        f"{side} electrode Bruggeman coefficient (electrolyte)": BRUGGEMAN,
        f"{side} electrode Bruggeman coefficient (electrode)": 0.0,
        f"{side} electrode charge transfer coefficient": TRANSFER_COEFFICIENT,
        f"{side} electrode OCP entropic change [V.K-1]": 0.0,
        f"Maximum concentration in {lower} electrode [mol.m-3]": maximum,
        f"Initial concentration in {lower} electrode [mol.m-3]": pybamm.InputParameter(f"{role}.initial_fraction") * maximum,
        f"{side} electrode OCP [V]": potential_function(role, electrode, book),
        f"{side} electrode exchange-current density [A.m-2]": exchange_function(role, electrode, cell, book),
    }


def host_capacity(role: str, electrode: Electrode, book: Any) -> Any:
    """Capacity of the whole host, open where its parts are.

    Parameters
    ----------
    role : {"anode", "cathode"}
    electrode : Electrode
    book : mapping-like of str to float or pybamm.InputParameter
        Parameters by name, in the units of their records.

    Returns
    -------
    float or pybamm.Symbol
        [mAh/g]
    """
    if "host_capacity" in electrode.material.parameters:
        return book[f"{role}.host_capacity"]
    parts = [book[f"{role}.{population.name.replace(' ', '_')}_capacity"] for population in electrode.material.populations]
    return sum(parts[1:], parts[0])


def maximum_concentration(capacity: Any, density: float) -> Any:
    """Concentration of a full host, c_max = 3.6 q rho / F.

    Parameters
    ----------
    capacity : float or pybamm.Symbol
        [mAh/g] q, of the whole host.
    density : float
        [g/cm3] rho.

    Returns
    -------
    float or pybamm.Symbol
        [mol/m3]
    """
    return capacity * density * 1e6 * COULOMB_PER_MAH / FARADAY
