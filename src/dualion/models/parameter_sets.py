"""A cell record as PyBaMM parameter values: every parameter that the models read, none inherited from another chemistry.

Fitted parameters may stay open: a name in ``inputs`` becomes an input of the model, which is then built once and solved for any value.
Names are those of study files: ``anode.slope_capacity``, ``cathode.diffusivity``, ``cathode.ocp_shift``, ...

Sign and host: in a half cell the hard carbon is PyBaMM's positive electrode. In a dual-ion cell it is the negative one, and the positive
particle holds the *vacancies* of the anion host (y = 1 - theta), so that it fills on discharge as a cation host does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from dualion.errors import SpecError
from dualion.models._pybamm import pybamm
from dualion.models.isotherms import TRACED_STEPS, isotherm_of, logit_potential
from dualion.records.cell import Cell, Electrode
from dualion.records.material import Transport

FARADAY = 96485.33212  # [coulomb/mol] CODATA 2018, exact
GAS_CONSTANT = 8.314462618  # [J/mol/K] CODATA 2018, exact
REFERENCE_TEMPERATURE = 298.15  # [K]
BRUGGEMAN = 1.5  # [1] tortuosity exponent of porous media, Bruggeman 1935
COULOMB_PER_MAH = 3.6  # [coulomb/mAh]

#: Exchange current of sodium metal, large enough that the counter electrode costs little: 1.5 mV at 2 C and 1 mg/cm2. Assumed.
METAL_EXCHANGE_CURRENT = 100.0  # [A/m2]
SODIUM_MOLAR_VOLUME = 2.38e-5  # [m3/mol] 22.99 g/mol at 0.966 g/cm3

#: Share of the exchange current density that a full or empty host keeps, so that it is no absorbing state.
EXCHANGE_FLOOR = 1e-3

#: Salt concentration below which the logarithm of the cathode potential is cut off.
LEAST_CONCENTRATION = 1e-2  # [mol/m3]

#: Anode potential of a ``desodiated`` and of a ``fully_sodiated`` host.
DESODIATED_POTENTIAL = 1.2  # [V]
SODIATED_POTENTIAL = 1e-4  # [V]

#: Vacancy fraction of a discharged cathode.
DISCHARGED_VACANCIES = 0.998

#: Potentials that a table of the isotherm spans, beyond all that any protocol visits.
TABLE_RANGE = {"Na+": (-0.25, 2.8), "PF6-": (1.7, 6.0)}  # [V]

#: Start of a half-cell sodiation; the equilibrium capacity above it is added to what is computed.
HALF_CELL_START = 1.0  # [V]


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
    values: dict[str, Any] = {**_cell_values(cell, book), **_electrolyte_values(cell, book)}
    for side, (role, electrode) in hosts.items():
        values |= _electrode_values(side, role, electrode, cell, book)
    if cell.cathode is None:
        values |= {
            "Exchange-current density for lithium metal electrode [A.m-2]": METAL_EXCHANGE_CURRENT,
            "Lithium metal partial molar volume [m3.mol-1]": SODIUM_MOLAR_VOLUME,
            "Negative electrode thickness [m]": 1e-4,  # inactive: the metal is a boundary condition
            "Negative electrode conductivity [S.m-1]": 2.1e7,  # inactive: metallic sodium
        }
    return CellParameters(pybamm.ParameterValues(values), {name: book.nominal[name] for name in inputs})


def nominal_values(cell: Cell) -> dict[str, float]:
    """Every parameter of a cell that may be left open.

    Parameters
    ----------
    cell : Cell

    Returns
    -------
    dict of str to float
        By name, in the unit of its record.
    """
    found = {"series_resistance": cell.series_resistance.value, "transference": cell.electrolyte.transport.transference.value}
    for role, electrode in (("anode", cell.anode), ("cathode", cell.cathode)):
        if electrode is None:
            continue
        for name, parameter in electrode.material.parameters.items():
            found[f"{role}.{name}"] = parameter.value
        for population in electrode.material.populations:
            stem = f"{role}.{population.name.replace(' ', '_')}"
            found |= {
                f"{stem}_capacity": population.capacity.value,
                f"{stem}_potential": population.potential.value,
                f"{stem}_width": population.width.value,
            }
    return found


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


def _cell_values(cell: Cell, book: _Book) -> dict[str, Any]:
    side = float(np.sqrt(cell.area.value * 1e-4))
    kelvin = cell.temperature.value + 273.15
    return {
        "Electrode height [m]": side,
        "Electrode width [m]": side,
        "Separator thickness [m]": cell.separator.thickness.value * 1e-6,
        "Separator porosity": cell.separator.porosity.value,
        "Separator Bruggeman coefficient (electrolyte)": BRUGGEMAN,
        "Nominal cell capacity [A.h]": cell.current(1.0),
        "Current function [A]": "[input]",
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
    conductivity, diffusivity = _transport_functions(transport)
    return {
        "Initial concentration in electrolyte [mol.m-3]": cell.electrolyte.concentration.value * 1e3,
        "Cation transference number": book["transference"],
        "Thermodynamic factor": transport.thermodynamic_factor.value,
        "Electrolyte conductivity [S.m-1]": conductivity,
        "Electrolyte diffusivity [m2.s-1]": diffusivity,
    }


def _transport_functions(transport: Transport) -> tuple[Callable[..., Any], Callable[..., Any]]:
    if transport.table_set is not None:
        tables = pybamm.ParameterValues(transport.table_set)
        return tables["Electrolyte conductivity [S.m-1]"], tables["Electrolyte diffusivity [m2.s-1]"]
    assert transport.conductivity is not None  # the loader holds that there are formulae where there is no table
    assert transport.diffusivity is not None
    (prefactor, decay), (diffusivity, slowing) = transport.conductivity, transport.diffusivity

    def conductivity_of(concentration: Any, temperature: Any) -> Any:
        return prefactor * concentration / 1e3 * pybamm.exp(-decay * concentration / 1e3) * _arrhenius(transport, temperature)

    def diffusivity_of(concentration: Any, temperature: Any) -> Any:
        return diffusivity * pybamm.exp(-slowing * concentration / 1e3) * _arrhenius(transport, temperature)

    return conductivity_of, diffusivity_of


def _arrhenius(transport: Transport, temperature: Any) -> Any:
    energy = 1e3 * transport.activation_energy.value
    return pybamm.exp(energy / GAS_CONSTANT * (1 / REFERENCE_TEMPERATURE - 1 / temperature))


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
        f"{side} particle diffusivity [m2.s-1]": book[f"{role}.diffusivity"],
        f"{side} electrode Bruggeman coefficient (electrolyte)": BRUGGEMAN,
        f"{side} electrode Bruggeman coefficient (electrode)": 0.0,
        f"{side} electrode charge transfer coefficient": 0.5,
        f"{side} electrode OCP entropic change [V.K-1]": 0.0,
        f"Maximum concentration in {lower} electrode [mol.m-3]": maximum,
        f"Initial concentration in {lower} electrode [mol.m-3]": pybamm.InputParameter(f"{role}.initial_fraction") * maximum,
        f"{side} electrode OCP [V]": _potential_function(role, electrode, book),
        f"{side} electrode exchange-current density [A.m-2]": _exchange_function(role, electrode, cell, book),
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


def _potential_function(role: str, electrode: Electrode, book: _Book) -> Callable[[Any], Any]:
    material = electrode.material
    shift = book.get(f"{role}.ocp_shift", 0.0)
    isotherm = isotherm_of(electrode)
    sign = +1 if material.ion == "Na+" else -1

    def filled(stoichiometry: Any) -> Any:
        """The vacancies of an anion host are what the particle holds."""
        return stoichiometry if sign > 0 else 1 - stoichiometry

    names = [f"{role}.{p.name.replace(' ', '_')}_{part}" for part in ("capacity", "potential", "width") for p in material.populations]
    if not set(names) & set(book.inputs):
        fractions, potentials = isotherm.table(*TABLE_RANGE[material.ion])
        nominal = book.nominal.get(f"{role}.ocp_shift", 0.0)  # the table has it; the open one takes its place
        knots = pybamm.Interpolant
        return lambda sto: shift - nominal + knots(fractions, potentials, filled(sto), f"{role} potential", interpolator="pchip")

    pieces = [book[name] for name in names]

    def traced(fraction: Any, *populations: Any) -> Any:
        return logit_potential(fraction, *populations, sign=sign, steps=TRACED_STEPS)

    return lambda sto: shift + pybamm.Function(traced, filled(sto), *pieces, name=f"function ({role} potential)")


def _exchange_function(role: str, electrode: Electrode, cell: Cell, book: _Book) -> Callable[..., Any]:
    """j0 = jhat 2 sqrt(x (1 - x)) sqrt(c / c0), floored; symmetric, so that it holds for ions and for vacancies."""
    material = electrode.material
    if "exchange_current_density" in material.parameters:
        middle = book[f"{role}.exchange_current_density"]
    else:
        interface = 3 * material["active_volume_fraction"] / (material["particle_radius"] * 1e-6) * electrode.thickness
        area = material.parameters["reference_area"].value * 1e-4 if "reference_area" in material.parameters else cell.area.value * 1e-4
        resistance = book[f"{role}.charge_transfer_resistance"] * area
        middle = GAS_CONSTANT * REFERENCE_TEMPERATURE / (FARADAY * resistance * interface)
    energy = 1e3 * book.get(f"{role}.activation_energy", 0.0)
    salt = cell.electrolyte.concentration.value * 1e3

    def exchange(concentration: Any, surface: Any, maximum: Any, temperature: Any) -> Any:
        filled = surface / maximum
        shape = 2 * filled**0.5 * (1 - filled) ** 0.5
        rate = pybamm.exp(energy / GAS_CONSTANT * (1 / REFERENCE_TEMPERATURE - 1 / temperature))
        return middle * rate * pybamm.maximum(shape, EXCHANGE_FLOOR) * (concentration / salt) ** 0.5

    return exchange
