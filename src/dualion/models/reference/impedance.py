"""Impedance spectra of half cells and full cells, at any state of charge and at 0 to 70 degC.

The model, with double layers at its interfaces and the film as R_f || C_f, is linearised at rest:

    (j omega M - J) dy = b di,        Z(omega) = -dV / di

M is the mass matrix, J the Jacobian of rates and balances at the state y_0, i the discharge current. A host at the filling x has the
charge-transfer resistance

    R_ct(x, T) = R_ct(1/2, T_0) / (2 sqrt(x (1 - x)) sqrt(c / c_0)) exp[E / R (1 / T - 1 / T_0)]

so that state of charge, salt and temperature are part of every spectrum. The state is one of rest: fillings as asked for, no overpotential,
no film overvoltage, and the salt that anions in the cathode have left,

    c = c_0 - n (theta - theta_0) / v,        n sites of the cathode [mol], v electrolyte volume

Both electrodes of a full cell follow from the filling of its anode by the charge that passed since assembly, unless the cathode's is given
as well. Valid for small signals without side reactions: plating is left out. The metal of a half cell has the exchange current of the
models and an assumed double layer.

References: sulzer2021 (PyBaMM).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dualion.errors import SolveError, SpecError
from dualion.models.constants import FARADAY, GAS_CONSTANT, TABLE_RANGE, ZERO_CELSIUS
from dualion.models.isotherms import isotherm_of
from dualion.models.reference._pybamm import pybamm
from dualion.models.reference.engine import Hierarchy, Mesh, cell_model
from dualion.models.reference.parameter_sets import cell_parameters
from dualion.models.states import equilibrium_voltage, host_charge, initial_fractions
from dualion.records.cell import Cell, Electrode

Array = NDArray[np.float64]

#: Temperatures of the models' Arrhenius laws.
TEMPERATURES = (0.0, 70.0)  # [degC]
#: Double layer of sodium metal, as that of the hosts. Assumed.
METAL_DOUBLE_LAYER = 0.2  # [F/m2]

#: How near to empty or full a host may be: beyond, PyBaMM bends its potential by more than a microvolt, and by 1 V at the end.
_EDGE = 2e-3
#: How far the voltage of the linearised state may lie from the equilibrium of the hosts.
_AT_REST = 1e-5  # [V]
#: Steps in which a state of rest must be found, and the change [V, A] at which it is.
_STEPS, _SETTLED = 20, 1e-11

#: Inputs of the models behind a spectrum.
SALT_AT_REST, KELVIN_AT_REST = "salt at rest [mol.m-3]", "temperature at rest [K]"


@dataclass(frozen=True, slots=True, eq=False)
class Spectrum:
    """An impedance spectrum of a cell at rest.

    Parameters
    ----------
    frequency : ndarray, shape (n,)
        [Hz]
    impedance : ndarray of complex, shape (n,)
        [ohm] of the whole cell.
    filling : float
        [1] of the anode, of its whole host.
    cathode_filling : float or None
        [1] of the cathode, sodium or anions; None in a half cell.
    salt : float
        [mol/m3] in the electrolyte.
    temperature : float
        [degC]
    voltage : float
        [V] at rest.
    hierarchy : {"SPM", "SPMe", "DFN"}
    """

    frequency: Array
    impedance: NDArray[np.complex128]
    filling: float
    cathode_filling: float | None
    salt: float
    temperature: float
    voltage: float
    hierarchy: Hierarchy


def spectrum(
    cell: Cell,
    *,
    filling: float,
    frequencies: Sequence[float] | Array,
    cathode_filling: float | None = None,
    temperature: float | None = None,
    hierarchy: Hierarchy = "SPMe",
) -> Spectrum:
    """One impedance spectrum of a cell; ``ImpedanceModel`` builds once for many.

    Parameters
    ----------
    cell : Cell
    filling : float
        [1] of the anode, of its whole host.
    frequencies : sequence of float
        [Hz]
    cathode_filling : float, optional
        [1] of the cathode, sodium or anions; by the charge passed since assembly where absent.
    temperature : float, optional
        [degC] that of the cell where absent.
    hierarchy : {"SPM", "SPMe", "DFN"}

    Returns
    -------
    Spectrum

    Raises
    ------
    SpecError
        A material has no double-layer capacity, or there is no such state of the cell.

    Examples
    --------
    >>> from dualion.records.cell_files import load_cell
    >>> found = spectrum(load_cell("na-mec3"), filling=0.5, frequencies=[1e5, 1.0])
    >>> bool(abs(found.impedance[1]) > abs(found.impedance[0]))
    True
    """
    model = ImpedanceModel(cell, hierarchy)
    return model.spectrum(filling=filling, frequencies=frequencies, cathode_filling=cathode_filling, temperature=temperature)


@dataclass(slots=True, eq=False)
class ImpedanceModel:
    """A cell's linearised model, built at the first spectrum and used for every state of charge and temperature.

    Parameters
    ----------
    cell : Cell
    hierarchy : {"SPM", "SPMe", "DFN"}
    mesh : tuple of int
        [1] cells in anode, separator, cathode, and shells in a particle.
    """

    cell: Cell
    hierarchy: Hierarchy = "SPMe"
    mesh: Mesh = (20, 20, 20, 20)
    _built: _Built | None = field(default=None, init=False, repr=False)

    def spectrum(
        self,
        *,
        filling: float,
        frequencies: Sequence[float] | Array,
        cathode_filling: float | None = None,
        temperature: float | None = None,
    ) -> Spectrum:
        """The impedance at one state of rest.

        Parameters
        ----------
        filling : float
            [1] of the anode, of its whole host.
        frequencies : sequence of float
            [Hz]
        cathode_filling : float, optional
            [1] of the cathode, sodium or anions; by the charge passed since assembly where absent.
        temperature : float, optional
            [degC] that of the cell where absent.

        Returns
        -------
        Spectrum

        Raises
        ------
        SpecError
            A material has no double-layer capacity, or there is no such state of the cell.
        """
        frequency = _frequencies(frequencies)
        degrees = self.cell.temperature.value if temperature is None else temperature
        if not TEMPERATURES[0] <= degrees <= TEMPERATURES[1]:
            raise SpecError(f"temperature: {degrees:g} degC is outside 0 to 70 degC, where the rates of the models hold. Write one inside.")
        held, salt = _state_at_rest(self.cell, filling, cathode_filling)
        inputs = {**held, SALT_AT_REST: salt, KELVIN_AT_REST: degrees + ZERO_CELSIUS}
        if self._built is None:
            self._built = _build(self.cell, self.hierarchy, self.mesh)
        state = self._built.rest(inputs)
        voltage = self._built.voltage(state, inputs)
        _refuse_unrest(self.cell, held, voltage)
        return Spectrum(
            frequency=frequency,
            impedance=self._built.impedance(state, frequency, inputs),
            filling=filling,
            cathode_filling=_filled(self.cell, held),
            salt=salt,
            temperature=degrees,
            voltage=voltage + _salt_in_the_potential(self.cell, salt, degrees),
            hierarchy=self.hierarchy,
        )


def impedance_model(cell: Cell, hierarchy: Hierarchy) -> tuple[Any, Any]:
    """The PyBaMM model behind a spectrum and its parameter values, for runs in time beside it.

    Parameters
    ----------
    cell : Cell
    hierarchy : {"SPM", "SPMe", "DFN"}

    Returns
    -------
    tuple of pybamm.BaseModel and pybamm.ParameterValues
        Their inputs are the fillings of the hosts, the salt [mol/m3] and the temperature [K] at rest.

    Raises
    ------
    SpecError
        A material has no double-layer capacity, or the hierarchy has no such member.
    """
    quiet = replace(cell, plating=None)  # a side reaction is not at rest
    layers = {"Positive": _double_layer("anode", cell.anode), "Negative": METAL_DOUBLE_LAYER}
    if cell.cathode is not None:
        layers = {"Negative": _double_layer("anode", cell.anode), "Positive": _double_layer("cathode", cell.cathode)}
    values = dict(cell_parameters(quiet).values)
    values |= {f"{side} electrode double-layer capacity [F.m-2]": layer for side, layer in layers.items()}
    values |= {"Initial concentration in electrolyte [mol.m-3]": pybamm.InputParameter(SALT_AT_REST)}
    values |= dict.fromkeys(("Ambient temperature [K]", "Initial temperature [K]"), pybamm.InputParameter(KELVIN_AT_REST))
    return cell_model(quiet, hierarchy, options={"surface form": "differential"}), pybamm.ParameterValues(values)


@dataclass(frozen=True, slots=True, eq=False)
class _Built:
    """PyBaMM's simulation of spectra, and its guess of the state at rest as an expression of the inputs."""

    simulation: Any
    guess: Any

    def rest(self, inputs: dict[str, float]) -> Array:
        """The state at rest: what the model solves for, solved; PyBaMM linearises its guess as it stands."""
        from scipy.sparse import csc_matrix
        from scipy.sparse.linalg import spsolve

        model = self.simulation.built_model
        if getattr(model, "rhs_algebraic_eval", None) is None:
            pybamm.BaseSolver().set_up(model, inputs=inputs)
        given, solved = list(inputs.values()), slice(model.len_rhs, None)
        state = np.array(self.guess.evaluate(0, inputs=inputs), dtype=float).ravel()
        for _ in range(_STEPS):
            residual = np.asarray(model.rhs_algebraic_eval(0, state, given)).ravel()[solved]
            slopes = csc_matrix(model.jac_rhs_algebraic_eval(0, state, given).sparse())[solved, solved]
            change = np.atleast_1d(spsolve(slopes, residual))
            state[solved] -= change
            if np.abs(change).max() < _SETTLED:
                return state
        raise SolveError(f"no state of rest was found in {_STEPS} steps. Check fillings and potentials.")

    def voltage(self, state: Array, inputs: dict[str, float]) -> float:
        """[V] of a state."""
        expression = self.simulation.built_model.get_processed_variable("Voltage [V]")
        return float(np.asarray(expression.evaluate(0, state[:, np.newaxis], inputs=inputs)).item())

    def impedance(self, state: Array, frequency: Array, inputs: dict[str, float]) -> NDArray[np.complex128]:
        """[ohm] of the model linearised at a state."""
        self.simulation.built_model.concatenated_initial_conditions = pybamm.Vector(state)
        found = self.simulation.solve(frequency, inputs=inputs)["Impedance [Ohm]"]
        return np.asarray(found, dtype=np.complex128)


def _build(cell: Cell, hierarchy: Hierarchy, mesh: Mesh) -> _Built:
    model, values = impedance_model(cell, hierarchy)
    points = dict(zip(("x_n", "x_s", "x_p", "r_n", "r_p"), (*mesh, mesh[3]), strict=True))
    simulation = pybamm.EISSimulation(model, parameter_values=values, var_pts=points)
    simulation.build()
    return _Built(simulation, simulation.built_model.concatenated_initial_conditions)


def _double_layer(role: str, electrode: Electrode) -> float:
    if "double_layer_capacity" not in electrode.material.parameters:
        raise SpecError(
            f"{role}: {electrode.material.name}: double_layer_capacity is missing, without which a spectrum has no arc of the charge "
            'transfer. Write parameter.double_layer_capacity, such as "0.2 F/m2", in the file of the material.'
        )
    return electrode.material["double_layer_capacity"]


def _frequencies(given: Sequence[float] | Array) -> Array:
    frequency = np.atleast_1d(np.asarray(given, dtype=float))
    if frequency.ndim != 1 or not frequency.size or not np.isfinite(frequency).all() or frequency.min() <= 0:
        raise SpecError("frequencies: none, or one that is not positive. Write frequencies in Hz, such as 1e5 to 1e-2.")
    return frequency


def _state_at_rest(cell: Cell, filling: float, cathode_filling: float | None) -> tuple[dict[str, float], float]:
    """What the particles of both hosts hold [1], as inputs of the model, and the salt [mol/m3]."""
    _refuse_beyond(cell.name, "filling", filling, cell.anode)
    salt = cell.electrolyte.concentration.value * 1e3
    if cell.cathode is None:
        if cathode_filling is not None:
            raise SpecError(f"{cell.name}: cathode_filling: {cathode_filling:g} is given, and a half cell has no cathode. Leave it out.")
        return {"anode.initial_fraction": filling}, salt
    start = initial_fractions(cell, {})
    anions = cell.cathode.material.ion == "PF6-"
    sites = host_charge(cell.cathode, cell)  # [coulomb]
    if cathode_filling is None:
        passed = (filling - start["anode.initial_fraction"]) * host_charge(cell.anode, cell)
        held = start["cathode.initial_fraction"] - passed / sites
    else:
        held = 1 - cathode_filling if anions else cathode_filling
    _refuse_beyond(cell.name, "cathode_filling", 1 - held if anions else held, cell.cathode)
    if anions:
        volume = cell.pore_volume + (0.0 if cell.reservoir_exchange is None else cell.reservoir)  # [uL/cm2]
        salt -= (start["cathode.initial_fraction"] - held) * sites / FARADAY / (volume * 1e-9 * cell.area.value)
    if salt <= 0:
        raise SpecError(
            f"{cell.name}: the electrolyte does not hold the salt that this state takes. Give more electrolyte, or a lower filling."
        )
    return {"anode.initial_fraction": filling, "cathode.initial_fraction": held}, salt


def _refuse_beyond(cell: str, name: str, filling: float, electrode: Electrode) -> None:
    """Refuse a filling at which the potential of the host is not known."""
    fractions, _ = isotherm_of(electrode).table(*TABLE_RANGE[electrode.material.ion])
    low, high = max(float(fractions[0]), _EDGE), min(float(fractions[-1]), 1 - _EDGE)
    if not low <= filling <= high:
        raise SpecError(
            f"{cell}: {name}: {filling:.6g} is outside {low:.6g} to {high:.6g}, where the potential of {electrode.material.name} is known. "
            "Write a filling inside."
        )


def _filled(cell: Cell, held: dict[str, float]) -> float | None:
    if cell.cathode is None:
        return None
    return 1 - held["cathode.initial_fraction"] if cell.cathode.material.ion == "PF6-" else held["cathode.initial_fraction"]


def _refuse_unrest(cell: Cell, held: dict[str, float], voltage: float) -> None:
    """The voltage of the state must be that of the hosts in equilibrium; a spectrum of another state looks no different."""
    expected = equilibrium_voltage(cell, held)
    if abs(voltage - expected) > _AT_REST:
        raise SolveError(
            f"{cell.name}: the state to be linearised stands at {voltage:.6f} V, and its hosts are in equilibrium at {expected:.6f} V. "
            "Choose fillings away from the ends of the hosts."
        )


def _salt_in_the_potential(cell: Cell, salt: float, degrees: float) -> float:
    """[V] by which the salt at rest moves the potential of an anion host; the model refers it to the salt at its start."""
    if cell.cathode is None or cell.cathode.material.ion != "PF6-":
        return 0.0
    factor = 2 * cell.electrolyte.transport.thermodynamic_factor.value * GAS_CONSTANT * (degrees + ZERO_CELSIUS) / FARADAY
    return -factor * float(np.log(salt / (cell.electrolyte.concentration.value * 1e3)))
