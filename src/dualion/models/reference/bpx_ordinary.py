"""An ordinary BPX 1.x object as a rocking-chair cell: what the standard says, and what must be told beside it.

    rho = m / (L eps_s)          density from the loading m told beside, thickness L and volume fraction eps_s = a R / 3
    q = F c_max / (3.6 rho)      capacity of the whole host
    jhat = F k / 2               exchange current density at half filling and initial salt

Formulae become tables. Values at another reference temperature are moved to 25 degC by their activation energy. What a record cannot hold
becomes a flag.
"""

from __future__ import annotations

import copy
import math
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dualion.errors import MissingDependency, SpecError
from dualion.models.constants import BRUGGEMAN, COULOMB_PER_MAH, FARADAY, GAS_CONSTANT, REFERENCE_TEMPERATURE, ZERO_CELSIUS
from dualion.models.reference.bpx_formula import formula
from dualion.records.cell import Cell, Electrode, InitialSodiation, MassBasis, Separator
from dualion.records.cell_files import dry_pores
from dualion.records.material import Electrolyte, Material, PotentialTable, Profile, Transport, TransportTable
from dualion.records.quantity import Flag, Parameter, Quantity

#: Points at which a formula of the filling is tabulated, and one of the concentration.
FILLING_POINTS, CONCENTRATION_POINTS = 1001, 401
#: Salt concentrations between which transport formulae are tabulated.
CONCENTRATIONS = (1.0, 4000.0)  # [mol/m3]
#: Fillings between which formulae are tabulated: logarithms have no value at 0 and 1.
FILLINGS = (1e-4, 1 - 1e-4)

#: Relative difference at which two descriptions of one quantity disagree.
_AGREE = 0.01

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Beside:
    """What a BPX file does not say and no cell can do without. None stands for what was not told, and is refused.

    Parameters
    ----------
    salt : str or None
        Such as ``"NaPF6"``; the standard does not name the ion.
    salt_molar_mass : float or None
        [g/mol]
    electrolyte_density : float or None
        [g/mL]
    electrolyte_volume : float or None
        [uL/cm2] all electrolyte in the cell.
    anode_loading, cathode_loading : float or None
        [mg/cm2] of active material.
    initial_sodiation : "desodiated", "fully_sodiated", float or None
        ``"desodiated"``: the least filling of the anode in the file; ``"fully_sodiated"``: the greatest; a number [1]: the filling.
    mass_basis : str or None
    """

    salt: str | None = None
    salt_molar_mass: float | None = None
    electrolyte_density: float | None = None
    electrolyte_volume: float | None = None
    anode_loading: float | None = None
    cathode_loading: float | None = None
    initial_sodiation: InitialSodiation | None = None
    mass_basis: MassBasis | None = None


@dataclass(frozen=True, slots=True)
class Imported:
    """A cell read from a BPX object, with what a careful reader must know of it."""

    cell: Cell
    flags: tuple[Flag, ...]


def read_ordinary(data: Mapping[str, Any], beside: Beside) -> Imported:
    """A rocking-chair cell from a BPX object.

    Parameters
    ----------
    data : mapping
        As a JSON reader gives it.
    beside : Beside

    Returns
    -------
    Imported

    Raises
    ------
    SpecError
        It is not BPX 1.x, lacks a part, holds what no record can, or something was not told beside it.
    """
    parsed = _parsed(data)
    _refuse_what_is_missing(parsed.parameterisation, beside)
    reader = _Reader(parsed, beside, parsed.header.title or "BPX", [])
    cell = reader.cell()
    if problems := dry_pores(cell):
        raise SpecError(problems)
    return Imported(cell, tuple(reader.flags))


def _parsed(data: Mapping[str, Any]) -> Any:
    """The object as the package ``bpx`` reads it, after its formulae were found to be arithmetic."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the libraries that bpx imports
            import bpx
            from pydantic import ValidationError
    except ImportError as error:
        raise MissingDependency("bpx", "cells") from error
    plain = copy.deepcopy(dict(data))
    version = (plain.get("Header") or {}).get("BPX") if isinstance(plain.get("Header"), Mapping) else None
    if not str(version).startswith("1."):
        raise SpecError(f"Header.BPX: {version!r} is not a version 1. Write the file again with BPX 1.")
    for text in _formulae(plain.get("Parameterisation")):
        formula(text, np.array([0.5]))  # bpx would run it to check its value
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that stoichiometries and cut-offs differ: the window is that of the cut-offs
            return bpx.parse_bpx_obj(plain, convert_legacy=False)
    except ValidationError as error:
        problems = [f"{'.'.join(map(str, one['loc'])) or 'all'}: {one['msg']}. See the BPX standard." for one in error.errors()]
        raise SpecError(problems) from None
    except (TypeError, ValueError, AttributeError, KeyError, RecursionError) as error:
        raise SpecError(f"not a BPX object ({type(error).__name__}). See the BPX standard.") from None


def _formulae(part: Any) -> Iterator[str]:
    """Every text that BPX takes for a formula."""
    if isinstance(part, str):
        yield part
    elif isinstance(part, Mapping):
        for key, inner in part.items():
            if key != "description":
                yield from _formulae(inner)


def _refuse_what_is_missing(given: Any, beside: Beside) -> None:
    problems = [
        f"Parameterisation.{name}: missing. A cell needs it; write it in the file."
        for name, key in (
            ("Cell", "cell"),
            ("Electrolyte", "electrolyte"),
            ("Negative electrode", "negative_electrode"),
            ("Separator", "separator"),
        )
        if getattr(given, key, None) is None
    ]
    if getattr(given, "positive_electrode", None) is None:
        problems.append(
            "Parameterisation.Positive electrode: missing. BPX has no host of anions: if the cell is dual-ion, its cathode stands in the "
            'User-defined block "dualion", which this file does not have. Export the cell again.'
        )
    for side in ("negative_electrode", "positive_electrode"):
        electrode = getattr(given, side, None)
        if electrode is not None and not hasattr(electrode, "ocp"):
            problems.append(
                f"Parameterisation.{side.replace('_', ' ').capitalize()}: a blend, and one material is read. Give one material."
            )
    problems += [
        f"{one.name}: not told, and BPX does not say it. Write Beside({one.name}=...)."
        for one in fields(beside)
        if getattr(beside, one.name) is None
    ]
    if beside.salt is not None and not beside.salt.startswith("Na"):
        problems.append(f'salt: "{beside.salt}" is no salt of sodium, and hosts are of Na+ here. Give a sodium cell.')
    if problems:
        raise SpecError(problems)


@dataclass(frozen=True, slots=True)
class _Reader:
    """A parsed BPX object being turned into a cell; what gets lost is added to ``flags``."""

    parsed: Any
    beside: Beside
    name: str
    flags: list[Flag]

    @property
    def reference(self) -> float:
        """[K]"""
        return float(self.parsed.parameterisation.cell.reference_temperature or REFERENCE_TEMPERATURE)

    def cell(self) -> Cell:
        given, beside = self.parsed.parameterisation, self.beside
        area = given.cell.electrode_area * 1e4 * given.cell.number_of_electrodes
        share = self._share_of_charge(given.negative_electrode)
        cathode = self._electrode("cathode", given.positive_electrode, beside.cathode_loading)
        positive = given.positive_electrode
        start = positive.maximum_stoichiometry - share * (positive.maximum_stoichiometry - positive.minimum_stoichiometry)
        parameters = {**cathode.material.parameters, "initial_fraction": self._derived(start, "1", "as sodiated as the anode")}
        conditions = getattr(self.parsed.state, "initial_conditions", None)
        kelvin = getattr(conditions, "initial_temperature", None) or self.reference
        least, most = given.negative_electrode.minimum_stoichiometry, given.negative_electrode.maximum_stoichiometry
        return Cell(
            name=self.name,
            kind="rocking-chair",
            anode=self._electrode("anode", given.negative_electrode, beside.anode_loading),
            cathode=replace(cathode, material=replace(cathode.material, parameters=parameters)),
            electrolyte=self._electrolyte(given.electrolyte, getattr(conditions, "initial_electrolyte_concentration", None)),
            separator=Separator(self._stated(given.separator.thickness * 1e6, "um"), self._stated(given.separator.porosity, "1")),
            electrolyte_volume=self._told(beside.electrolyte_volume, "uL/cm2"),
            area=self._stated(area, "cm2"),
            window=(self._stated(given.cell.lower_voltage_cutoff, "V"), self._stated(given.cell.upper_voltage_cutoff, "V")),
            one_c=self._derived(
                1e6 * given.cell.nominal_cell_capacity / (cathode.loading.value * area), "mA/g", "nominal capacity in one hour"
            ),
            one_c_mass="cathode",
            series_resistance=Parameter(Quantity(0.0, "ohm"), "assumed", "BPX has no contact resistance"),
            initial_sodiation=least + share * (most - least),
            mass_basis=beside.mass_basis or "actives",
            temperature=self._stated(kelvin - ZERO_CELSIUS, "degC"),
            assumed=("series_resistance",),
        )

    def _share_of_charge(self, anode: Any) -> float:
        """State of charge [1] at the start, from the filling of the anode that was told."""
        told = self.beside.initial_sodiation
        if isinstance(told, str):
            return 0.0 if told == "desodiated" else 1.0
        assert told is not None
        least, most = anode.minimum_stoichiometry, anode.maximum_stoichiometry
        if not least <= told <= most:
            raise SpecError(
                f"initial_sodiation: {told:g} is not between {least:g} and {most:g}, the fillings of this anode. Write one between."
            )
        return float((told - least) / (most - least))

    def _electrode(self, role: str, given: Any, loading: float | None) -> Electrode:
        assert loading is not None
        fraction = given.surface_area_per_unit_volume * given.particle_radius / 3
        density = loading * 1e-2 / 1e3 / (given.thickness * fraction)  # [g/cm3]
        capacity = FARADAY * given.maximum_concentration / (COULOMB_PER_MAH * density * 1e6)
        exchange = 0.5 * FARADAY * given.reaction_rate_constant * self._at_room(given.reaction_rate_constant_activation_energy)
        self._flag_what_is_left_out(role, given)
        parameters = {
            "density": self._derived(density, "g/cm3", "loading over thickness and volume fraction"),
            "active_volume_fraction": self._derived(fraction, "1", "surface area times radius over 3"),
            "porosity": self._stated(given.porosity, "1"),
            "particle_radius": self._stated(given.particle_radius * 1e6, "um"),
            "conductivity": self._stated(given.conductivity, "S/m"),
            "host_capacity": self._derived(capacity, "mAh/g", "F c_max / (3.6 density)"),
            "exchange_current_density": self._derived(exchange, "A/m2", "F k / 2"),
            "activation_energy": self._energy(given.reaction_rate_constant_activation_energy),
            "diffusivity_activation_energy": self._energy(given.diffusivity_activation_energy),
        }
        factor = self._at_room(given.diffusivity_activation_energy)
        grid = np.linspace(*FILLINGS, FILLING_POINTS)
        x, y = self._points(given.diffusivity, grid)
        profiles = {}
        if np.ptp(y) == 0:
            parameters["diffusivity"] = self._stated(float(y[0]) * factor, "m2/s")
        else:
            profiles["diffusivity"] = Profile(tuple(x), tuple(y * factor), self.name)
        x, y = self._points(given.ocp, grid)
        table = PotentialTable(tuple(x), tuple(y), self.name, "pchip" if isinstance(given.ocp, str) else "linear")
        material = Material(f"{self.name} {role}", "host of sodium", "Na+", (), table, parameters, "stated", profiles)
        return Electrode(material, self._told(loading, "mg/cm2"))

    def _flag_what_is_left_out(self, role: str, given: Any) -> None:
        """Entropy and hysteresis have no place in a record; transport in pores follows from the porosity."""
        left = {"dudt": "entropic change", "ocp_lith": "hysteresis", "ocp_delith": "hysteresis", "gamma_hys": "hysteresis"}
        for word in sorted({word for key, word in left.items() if getattr(given, key, None) not in (None, 0)}):
            self.flags.append(Flag("left_out", "warning", f"{role}: the {word} of its potential is not modelled and was left out."))
        self._flag_efficiency(role, given)

    def _flag_efficiency(self, part: str, given: Any) -> None:
        here = given.porosity**BRUGGEMAN
        if abs(given.transport_efficiency - here) > _AGREE * here:
            message = f"{part}: the transport efficiency {given.transport_efficiency:.4g} is taken as porosity^1.5 = {here:.4g}."
            self.flags.append(Flag("transport_efficiency", "warning", message))

    def _electrolyte(self, given: Any, concentration: float | None) -> Electrolyte:
        beside = self.beside
        self._flag_efficiency("separator", self.parsed.parameterisation.separator)
        if concentration is None:
            raise SpecError("State.Initial conditions.Initial electrolyte concentration [mol.m-3]: missing. Write it in the file.")
        energies = (given.conductivity_activation_energy or 0.0, given.diffusivity_activation_energy or 0.0)
        if abs(energies[0] - energies[1]) > _AGREE * max(energies):
            message = f"electrolyte: one activation energy serves both functions; {energies[0]:g} J/mol of the conductivity was taken."
            self.flags.append(Flag("one_activation_energy", "warning", message))
        grid = np.linspace(*CONCENTRATIONS, CONCENTRATION_POINTS)
        pairs = []
        for function, energy in ((given.conductivity, energies[0]), (given.diffusivity, energies[1])):
            x, y = self._points(function, grid)
            pairs.append((tuple(x), tuple(y * self._at_room(energy))))
        transport = Transport(
            name=self.name,
            conductivity=None,
            diffusivity=None,
            transference=self._stated(given.cation_transference_number, "1"),
            thermodynamic_factor=Parameter(Quantity(1.0, "1"), "assumed", "BPX has none"),
            activation_energy=self._energy(energies[0]),
            table=TransportTable(*pairs),
            standing="stated",
            source=self.name,
        )
        density, molar = self._told(beside.electrolyte_density, "g/mL"), self._told(beside.salt_molar_mass, "g/mol")
        return Electrolyte(self.name, beside.salt or "", {}, self._stated(concentration / 1e3, "mol/L"), density, molar, transport)

    def _points(self, given: Any, grid: Array) -> tuple[Array, Array]:
        """A number, formula or table of BPX as points with rising x."""
        if isinstance(given, str):
            return grid, formula(given, grid)
        if isinstance(given, int | float):
            return grid[[0, -1]], np.full(2, float(given))
        x, first = np.unique(np.asarray(given.x, dtype=float), return_index=True)
        y = np.asarray(given.y, dtype=float)[first]
        if x.size < 2 or not (np.isfinite(x).all() and np.isfinite(y).all()):
            raise SpecError(f"{self.name}: a table of {x.size} finite points. Write at least two.")
        return x, y

    def _at_room(self, energy: float | None) -> float:
        """Factor that moves a value from the file's reference temperature to 25 degC."""
        return math.exp((energy or 0.0) / GAS_CONSTANT * (1 / self.reference - 1 / REFERENCE_TEMPERATURE))

    def _energy(self, energy: float | None) -> Parameter:
        return self._stated((energy or 0.0) / 1e3, "kJ/mol")

    def _stated(self, value: float, unit: str) -> Parameter:
        return Parameter(Quantity(float(value), unit), "stated", self.name)

    def _derived(self, value: float, unit: str, how: str) -> Parameter:
        return Parameter(Quantity(float(value), unit), "derived", f"{self.name}: {how}")

    def _told(self, value: float | None, unit: str) -> Parameter:
        assert value is not None  # refused before
        return Parameter(Quantity(float(value), unit), "stated", "told beside the BPX file")
