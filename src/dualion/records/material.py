"""Electrode materials and electrolytes: what a cell model must know of them, each number with its standing and source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from dualion.records.quantity import Parameter

#: The ion that a host takes up, and with it the direction of its isotherm.
Ion = Literal["Na+", "PF6-"]


@dataclass(frozen=True, slots=True)
class Population:
    """One kind of site with a logit isotherm: the occupied share is 1 / (1 + exp(+-(U - potential) / width)).

    Parameters
    ----------
    name : str
        Such as ``"slope"`` or ``"pore"``.
    capacity : Parameter
        [mAh/g] of the host, or [1] as a share of the host capacity.
    potential : Parameter
        [V] against Na+/Na, at half filling.
    width : Parameter
        [V]
    """

    name: str
    capacity: Parameter
    potential: Parameter
    width: Parameter


@dataclass(frozen=True, slots=True)
class PotentialTable:
    """A measured or digitised open-circuit potential.

    Parameters
    ----------
    fraction : tuple of float, shape (n,)
        Filled fraction of the host, rising, within 0 and 1.
    potential : tuple of float, shape (n,)
        [V] against Na+/Na.
    source : str
        File, figure or citation key.
    interpolation : {"pchip", "linear"}
        Between the points: a monotone cubic, or straight lines where the source means them so.
    """

    fraction: tuple[float, ...]
    potential: tuple[float, ...]
    source: str
    interpolation: Literal["pchip", "linear"] = "pchip"


@dataclass(frozen=True, slots=True)
class Profile:
    """A parameter that changes with the filling of the host, by points joined with straight lines.

    Parameters
    ----------
    fraction : tuple of float, shape (n,)
        [1] filled fraction of the host, rising, within 0 and 1.
    value : tuple of float, shape (n,)
        In the unit of the parameter.
    source : str
        File, figure or citation key.
    """

    fraction: tuple[float, ...]
    value: tuple[float, ...]
    source: str


@dataclass(frozen=True, slots=True)
class Material:
    """An electrode material.

    Parameters
    ----------
    name : str
    kind : str
        Such as ``"hard carbon"`` or ``"expanded graphite"``.
    ion : {"Na+", "PF6-"}
        What the host takes up.
    populations : tuple of Population
        Empty where ``table`` is given.
    table : PotentialTable or None
    parameters : mapping of str to Parameter
        ``density`` [g/cm3], ``active_volume_fraction`` [1], ``porosity`` [1], ``particle_radius`` [um], ``diffusivity`` [m2/s],
        ``conductivity`` [S/m]; ``host_capacity`` [mAh/g] where the populations are shares or a table is given;
        ``ocp_shift`` [V]; ``series_resistance``, ``film_resistance``, ``charge_transfer_resistance`` [ohm] of an electrode of
        ``reference_area`` [cm2], or ``exchange_current_density`` [A/m2] at half filling; ``activation_energy`` [kJ/mol] of the
        exchange current density, ``diffusivity_activation_energy`` [kJ/mol]; ``double_layer_capacity`` [F/m2] of the interface.
    ocp_standing : str
        Standing of the shape of the open-circuit potential; ``"assumed"`` stamps every voltage computed with it.
    profiles : mapping of str to Profile
        ``diffusivity`` [m2/s] and ``exchange_current_density`` [A/m2] (the factor of 2 sqrt(x (1 - x)) at the initial salt) where they
        change with the filling; they take the place of the parameter of that name.
    """

    name: str
    kind: str
    ion: Ion
    populations: tuple[Population, ...]
    table: PotentialTable | None
    parameters: Mapping[str, Parameter]
    ocp_standing: str
    profiles: Mapping[str, Profile] = field(default_factory=dict)

    def __getitem__(self, name: str) -> float:
        """Value of a parameter, in the unit given above."""
        return self.parameters[name].value


@dataclass(frozen=True, slots=True)
class TransportTable:
    """Measured transport functions by points joined with straight lines.

    Parameters
    ----------
    conductivity : tuple of two tuples
        Concentration [mol/m3], rising, and conductivity [S/m].
    diffusivity : tuple of two tuples
        Concentration [mol/m3], rising, and diffusivity [m2/s].
    """

    conductivity: tuple[tuple[float, ...], tuple[float, ...]]
    diffusivity: tuple[tuple[float, ...], tuple[float, ...]]


@dataclass(frozen=True, slots=True)
class Transport:
    """Transport in the electrolyte as functions of c in mol/L: kappa = a c exp(-b c), D = d exp(-e c); or tables.

    Parameters
    ----------
    name : str
    conductivity : tuple of float or None
        (a [S/m per mol/L], b [L/mol]).
    diffusivity : tuple of float or None
        (d [m2/s], e [L/mol]).
    transference : Parameter
        [1] of the cation.
    thermodynamic_factor : Parameter
        [1] 1 + d ln f / d ln c.
    activation_energy : Parameter
        [kJ/mol] of both functions.
    table : TransportTable or None
        Takes the place of the functions.
    standing, source : str
        Of the functions.
    """

    name: str
    conductivity: tuple[float, float] | None
    diffusivity: tuple[float, float] | None
    transference: Parameter
    thermodynamic_factor: Parameter
    activation_energy: Parameter
    table: TransportTable | None
    standing: str
    source: str


@dataclass(frozen=True, slots=True)
class Electrolyte:
    """A salt in a solvent.

    Parameters
    ----------
    name, salt : str
    solvent : mapping of str to float
        Parts by volume.
    concentration : Parameter
        [mol/L]
    density : Parameter
        [g/mL]
    salt_molar_mass : Parameter
        [g/mol]
    transport : Transport
    """

    name: str
    salt: str
    solvent: Mapping[str, float]
    concentration: Parameter
    density: Parameter
    salt_molar_mass: Parameter
    transport: Transport
