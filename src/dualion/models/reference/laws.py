"""What the models read as functions: potentials, exchange currents and diffusivities of hosts, transport in the electrolyte.

Every rate follows Arrhenius from its value at T0 = 298.15 K:

    k(T) = k(T0) exp[E / R (1 / T0 - 1 / T)]

Exchange current of a host, with x its filled fraction, c / c0 the salt, alpha the anodic transfer coefficient (1/2 in the models):

    Na+ host:    j0 = jhat 2 [c / c0 (1 - x)]^alpha x^(1 - alpha)
    PF6- host:   j0 = jhat 2 [c / c0 (1 - x)]^(1 - alpha) x^alpha

The exponents swap because the anodic reaction of an anion host takes up the ion instead of releasing it. jhat is the value at half filling
and initial salt. A floor keeps an empty or full host from becoming an absorbing state.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from dualion.models.constants import (
    EXCHANGE_FLOOR,
    FARADAY,
    GAS_CONSTANT,
    REFERENCE_TEMPERATURE,
    TABLE_RANGE,
)
from dualion.models.isotherms import TRACED_STEPS, TableIsotherm, isotherm_of, logit_potential
from dualion.models.reference._pybamm import pybamm
from dualion.records.cell import Cell, Electrode
from dualion.records.material import Ion, Profile, Transport

#: Symmetric charge transfer.
TRANSFER_COEFFICIENT = 0.5


class Book(Protocol):
    """Parameters of a cell by name: numbers, or inputs of the model where they were left open."""

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names that were left open."""

    def nominal_value(self, name: str, default: float) -> float:
        """The number of a parameter in the [unit] of its record, whether open or not."""

    def __getitem__(self, name: str) -> Any: ...

    def get(self, name: str, default: float) -> Any:
        """The parameter in the [unit] of its record, or a default where the cell does not have it."""


def arrhenius(energy: Any, temperature: Any) -> Any:
    """Factor on a rate at a temperature.

    Parameters
    ----------
    energy : float or pybamm.Symbol
        [kJ/mol] activation energy.
    temperature : float or pybamm.Symbol
        [K]

    Returns
    -------
    pybamm.Symbol
        [1] 1 at 25 degC.
    """
    return pybamm.exp(1e3 * energy / GAS_CONSTANT * (1 / REFERENCE_TEMPERATURE - 1 / temperature))


def transport_functions(transport: Transport) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Conductivity [S/m] and diffusivity [m2/s] of an electrolyte as functions of concentration [mol/m3] and temperature [K].

    Parameters
    ----------
    transport : Transport

    Returns
    -------
    tuple of two callables
    """
    energy = transport.activation_energy.value
    if transport.table is not None:
        pairs = (("conductivity", transport.table.conductivity), ("diffusivity", transport.table.diffusivity))
        first, second = (_tabulated(name, *pair, energy=energy) for name, pair in pairs)
        return first, second
    assert transport.conductivity is not None  # the loader holds that there are formulae where there is no table
    assert transport.diffusivity is not None
    (prefactor, decay), (diffusivity, slowing) = transport.conductivity, transport.diffusivity

    def conductivity_of(concentration: Any, temperature: Any) -> Any:
        return prefactor * concentration / 1e3 * pybamm.exp(-decay * concentration / 1e3) * arrhenius(energy, temperature)

    def diffusivity_of(concentration: Any, temperature: Any) -> Any:
        return diffusivity * pybamm.exp(-slowing * concentration / 1e3) * arrhenius(energy, temperature)

    return conductivity_of, diffusivity_of


def _tabulated(name: str, concentrations: tuple[float, ...], values: tuple[float, ...], *, energy: float) -> Callable[..., Any]:
    def function(concentration: Any, temperature: Any) -> Any:
        table = pybamm.Interpolant(
            np.asarray(concentrations), np.asarray(values), concentration, f"electrolyte {name}", interpolator="linear"
        )
        return table * arrhenius(energy, temperature)

    return function


def potential_function(role: str, electrode: Electrode, book: Book) -> Callable[[Any], Any]:
    """Equilibrium potential [V] of a host as a function of what its particles hold, vacancies in an anion host.

    A table where every population is fixed; a traced iteration where one of them is an input of the model.

    Parameters
    ----------
    role : {"anode", "cathode"}
    electrode : Electrode
    book : Book

    Returns
    -------
    callable
    """
    material = electrode.material
    shift = book.get(f"{role}.ocp_shift", 0.0)
    isotherm = isotherm_of(electrode)
    sign = +1 if material.ion == "Na+" else -1
    names = [f"{role}.{p.name.replace(' ', '_')}_{part}" for part in ("capacity", "potential", "width") for p in material.populations]
    if not set(names) & set(book.inputs):
        fractions, potentials = isotherm.table(*TABLE_RANGE[material.ion])
        nominal = book.nominal_value(f"{role}.ocp_shift", 0.0)  # the table has it; the open one takes its place
        interpolation = isotherm.interpolation if isinstance(isotherm, TableIsotherm) else "pchip"
        knots = pybamm.Interpolant
        name = f"{role} potential"
        return lambda sto: shift - nominal + knots(fractions, potentials, filled(material.ion, sto), name, interpolator=interpolation)

    pieces = [book[name] for name in names]

    def traced(fraction: Any, *populations: Any) -> Any:
        return logit_potential(fraction, *populations, sign=sign, steps=TRACED_STEPS)

    return lambda sto: shift + pybamm.Function(traced, filled(material.ion, sto), *pieces, name=f"function ({role} potential)")


def filled(ion: Ion, stoichiometry: Any) -> Any:
    """Filled fraction [1] of a host whose particles hold ``stoichiometry`` [1]: sodium, or the vacancies of an anion host."""
    return stoichiometry if ion == "Na+" else 1 - stoichiometry


def exchange_shape(fraction: Any, salt: Any, *, ion: Ion, anodic: float = TRANSFER_COEFFICIENT) -> Any:
    """Exchange current density of a host, over its value at half filling and initial salt.

    Parameters
    ----------
    fraction : array-like or pybamm.Symbol
        [1] filled.
    salt : array-like or pybamm.Symbol
        [1] concentration over the initial one.
    ion : {"Na+", "PF6-"}
    anodic : float
        [1] anodic transfer coefficient; the cathodic one is the rest to 1.

    Returns
    -------
    array-like or pybamm.Symbol
        [1]
    """
    uptake = anodic if ion == "Na+" else 1 - anodic  # exponent of what an ion needs to enter: salt and an empty site
    return salt**uptake * (2 * fraction ** (1 - uptake) * (1 - fraction) ** uptake)


def exchange_function(role: str, electrode: Electrode, cell: Cell, book: Book) -> Callable[..., Any]:
    """Exchange current density [A/m2] of a host as a function of salt, surface and maximum concentration [mol/m3], temperature [K].

    Parameters
    ----------
    role : {"anode", "cathode"}
    electrode : Electrode
    cell : Cell
    book : Book

    Returns
    -------
    callable
    """
    material = electrode.material
    energy = book.get(f"{role}.activation_energy", 0.0)
    salt = cell.electrolyte.concentration.value * 1e3
    profile = material.profiles.get("exchange_current_density")
    middle = None if profile is not None else _middle_exchange(role, electrode, cell, book)

    def exchange(concentration: Any, surface: Any, maximum: Any, temperature: Any) -> Any:
        stoichiometry = surface / maximum
        fraction = filled(material.ion, stoichiometry)
        prefactor = middle if profile is None else _along(profile, fraction, f"{role} exchange current")
        shape = pybamm.maximum(exchange_shape(stoichiometry, 1, ion="Na+"), EXCHANGE_FLOOR)  # symmetric: vacancies will do
        return prefactor * arrhenius(energy, temperature) * shape * (concentration / salt) ** TRANSFER_COEFFICIENT

    return exchange


def _middle_exchange(role: str, electrode: Electrode, cell: Cell, book: Book) -> Any:
    """[A/m2] at half filling and initial salt, as given or as it follows from the charge-transfer resistance of an electrode."""
    material = electrode.material
    if "exchange_current_density" in material.parameters:
        return book[f"{role}.exchange_current_density"]
    interface = 3 * material["active_volume_fraction"] / (material["particle_radius"] * 1e-6) * electrode.thickness
    area = material.parameters["reference_area"].value * 1e-4 if "reference_area" in material.parameters else cell.area.value * 1e-4
    resistance = book[f"{role}.charge_transfer_resistance"] * area
    return GAS_CONSTANT * REFERENCE_TEMPERATURE / (FARADAY * resistance * interface)


def diffusivity_function(role: str, electrode: Electrode, book: Book) -> Any:
    """Diffusivity [m2/s] in the particles of a host: a number, or a function of what they hold [1] and temperature [K].

    Parameters
    ----------
    role : {"anode", "cathode"}
    electrode : Electrode
    book : Book

    Returns
    -------
    float, pybamm.Symbol or callable
    """
    material = electrode.material
    profile = material.profiles.get("diffusivity")
    if profile is None and "diffusivity_activation_energy" not in material.parameters:
        return book[f"{role}.diffusivity"]
    energy = book.get(f"{role}.diffusivity_activation_energy", 0.0)

    def diffusivity(stoichiometry: Any, temperature: Any) -> Any:
        fraction = filled(material.ion, stoichiometry)
        value = book[f"{role}.diffusivity"] if profile is None else _along(profile, fraction, f"{role} diffusivity")
        return value * arrhenius(energy, temperature)

    return diffusivity


def _along(profile: Profile, fraction: Any, name: str) -> Any:
    """A parameter at a filled fraction [1]: straight lines between the points, constant beyond the first and the last."""
    inside = pybamm.maximum(pybamm.minimum(fraction, profile.fraction[-1]), profile.fraction[0])
    return pybamm.Interpolant(np.asarray(profile.fraction), np.asarray(profile.value), inside, name, interpolator="linear")
