"""A film with its own arc in the impedance: a resistance beside a capacitance, in series with the cell.

    C_f dV_f/dt = I - V_f / R_f(T),      V = V_cell - I R_s - V_f            (I > 0 on discharge)

At constant current it is a resistor after a few R_f C_f, some 0.1 ms; in an impedance spectrum it is an arc with its apex at
1 / (2 pi R_f C_f). The temperature dependence of R_f is among the parameter values. A cell at rest has V_f = 0; what a step starts from is
the engine's choice.
"""

from __future__ import annotations

from typing import Any

from dualion.models.reference._pybamm import pybamm

#: Every name under which PyBaMM keeps the voltage at the terminals.
_VOLTAGES = ("Voltage expression [V]", "Terminal voltage [V]", "Voltage [V]")


class FilmRC(pybamm.BaseSubModel):
    """A film between the cell and its terminals, before whatever reads the voltage: cut-offs, voltage control, energy."""

    def get_fundamental_variables(self) -> dict[str, Any]:
        """The overvoltage of the film, one state."""
        return {"Film overvoltage [V]": pybamm.Variable("Film overvoltage [V]")}

    def get_coupled_variables(self, variables: dict[str, Any]) -> dict[str, Any]:
        """Take the overvoltage off the voltage once the electrodes have set it; until then PyBaMM tries again later."""
        temperature = variables["Volume-averaged cell temperature [K]"]
        before = {name: variables[name] for name in (*_VOLTAGES, "Contact overpotential [V]")}
        overvoltage = variables["Film overvoltage [V]"]
        after = {name: before[name] - overvoltage for name in _VOLTAGES}
        after["Film resistance [Ohm]"] = pybamm.FunctionParameter("Film resistance [Ohm]", {"Temperature [K]": temperature})
        return {**variables, **after}

    def set_rhs(self, variables: dict[str, Any]) -> None:
        """Charge of the capacitance."""
        overvoltage = variables["Film overvoltage [V]"]
        through = overvoltage / variables["Film resistance [Ohm]"]
        self.rhs = {overvoltage: (variables["Current [A]"] - through) / pybamm.Parameter("Film capacitance [F]")}

    def set_initial_conditions(self, variables: dict[str, Any]) -> None:
        """At rest."""
        self.initial_conditions = {variables["Film overvoltage [V]"]: pybamm.Scalar(0)}
