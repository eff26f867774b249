"""A cell: electrodes, electrolyte, separator, and the definitions without which its numbers mean nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from dualion.records.material import Electrolyte, Material
from dualion.records.quantity import Parameter

CellKind = Literal["half", "dual-ion", "rocking-chair", "symmetric"]

#: The five mass bases of a full cell, from the lightest to the heaviest, and that of a half cell.
FULL_CELL_BASES = ("cathode", "actives", "actives+salt", "actives+electrolyte-min", "actives+electrolyte")
MassBasis = Literal["cathode", "actives", "actives+salt", "actives+electrolyte-min", "actives+electrolyte", "anode"]

#: ``desodiated``: the host at 1.2 V; ``fully_sodiated``: at 0.0001 V; a number: that share of the capacity above 0 V.
InitialSodiation = Literal["desodiated", "fully_sodiated"] | float


@dataclass(frozen=True, slots=True)
class Electrode:
    """An electrode: its material and the active mass on its area.

    Parameters
    ----------
    material : Material
    loading : Parameter
        [mg/cm2] of active material.
    """

    material: Material
    loading: Parameter

    @property
    def thickness(self) -> float:
        """[m] from loading, density and active volume fraction."""
        return 1e-2 * self.loading.value / 1e3 / (self.material["density"] * self.material["active_volume_fraction"])

    @property
    def host_capacity(self) -> float:
        """[mAh/g] of the whole host: the size of its isotherm, not a capacity that can be measured."""
        if "host_capacity" in self.material.parameters:
            return self.material["host_capacity"]
        return sum(population.capacity.value for population in self.material.populations)


@dataclass(frozen=True, slots=True)
class Separator:
    """A separator: ``thickness`` [um] and ``porosity`` [1]."""

    thickness: Parameter
    porosity: Parameter


@dataclass(frozen=True, slots=True)
class Film:
    """A film with its own arc in the impedance: a resistance beside a capacitance, in series with everything else.

    Parameters
    ----------
    resistance : Parameter
        [ohm] of the whole electrode at 25 degC.
    capacitance : Parameter
        [F] of the whole electrode.
    activation_energy : Parameter
        [kJ/mol] of its conductance.
    """

    resistance: Parameter
    capacitance: Parameter
    activation_energy: Parameter


@dataclass(frozen=True, slots=True)
class Plating:
    """Sodium that is plated on the anode instead of stored in it.

    Parameters
    ----------
    kind : {"irreversible", "reversible"}
        ``"reversible"``: what was plated is stripped again.
    exchange_current_density : Parameter
        [A/m2] at the initial salt concentration.
    """

    kind: Literal["irreversible", "reversible"]
    exchange_current_density: Parameter


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell. In a half cell the hard carbon is the ``anode`` and works against sodium metal; there is no ``cathode``.

    Parameters
    ----------
    name : str
    kind : {"half", "dual-ion", "rocking-chair", "symmetric"}
    anode : Electrode
    cathode : Electrode or None
    electrolyte : Electrolyte
    separator : Separator
    electrolyte_volume : Parameter
        [uL/cm2] all electrolyte in the cell.
    area : Parameter
        [cm2]
    window : tuple of two Parameter
        [V] lower and upper cut-off.
    one_c : Parameter
        [mA/g] the current that the source calls 1 C.
    one_c_mass : {"anode", "cathode"}
        The mass it refers to.
    series_resistance : Parameter
        [ohm] everything that acts as a plain resistor: contacts, electrolyte outside the pores, films.
    initial_sodiation : "desodiated", "fully_sodiated" or float
    mass_basis : str
        The basis on which the source's energies are compared.
    temperature : Parameter
        [degC]
    assumed : tuple of str
        Keys whose values the source does not state.
    film : Film or None
        None where the series resistance holds it.
    plating : Plating or None
        None where the anode takes whatever it is given.
    reservoir_exchange : Parameter or None
        [m/s] between the pores of the separator and the electrolyte beside them; None where that takes no part.
    """

    name: str
    kind: CellKind
    anode: Electrode
    cathode: Electrode | None
    electrolyte: Electrolyte
    separator: Separator
    electrolyte_volume: Parameter
    area: Parameter
    window: tuple[Parameter, Parameter]
    one_c: Parameter
    one_c_mass: Literal["anode", "cathode"]
    series_resistance: Parameter
    initial_sodiation: InitialSodiation
    mass_basis: MassBasis
    temperature: Parameter
    assumed: tuple[str, ...] = ()
    film: Film | None = None
    plating: Plating | None = None
    reservoir_exchange: Parameter | None = None

    @property
    def pore_volume(self) -> float:
        """[uL/cm2] of separator and electrode pores."""
        electrodes = [self.anode] if self.cathode is None else [self.anode, self.cathode]
        pores = self.separator.thickness.value * 1e-6 * self.separator.porosity.value
        pores += sum(electrode.thickness * electrode.material["porosity"] for electrode in electrodes)
        return pores * 1e5

    @property
    def reservoir(self) -> float:
        """[uL/cm2] of electrolyte beside the pores."""
        return max(self.electrolyte_volume.value - self.pore_volume, 0.0)

    def current(self, rate: float) -> float:
        """[A] of a C-rate by this cell's own definition of 1 C."""
        return self.current_of(rate * self.one_c.value)

    def current_of(self, specific_current: float) -> float:
        """[A] of a specific current [mA/g] on the mass that defines 1 C."""
        electrode = self.anode if self.one_c_mass == "anode" or self.cathode is None else self.cathode
        return 1e-6 * specific_current * electrode.loading.value * self.area.value
