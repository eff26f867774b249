"""What makes a cathode one that takes up anions: the salt that its reaction moves, and the salt in its potential.

Per electron in the anodic direction the cathode releases s_plus Na+: 1 for a Na+ host, 0 for a PF6- host, which takes up an anion instead.
Its potential in the Na/Na+ reference of phi_e is

    U(theta, c) = U_0(theta) - (2 R T / F) TDF ln(c / c_0)          (constant TDF)

Depletion on charge raises it: +35.6 mV at half the salt, 25 degC. The anode has no such term in this reference.
"""

from __future__ import annotations

from typing import Any

from dualion.models.constants import LEAST_CONCENTRATION
from dualion.models.reference._pybamm import SingleOpenCircuitPotential, TotalInterfacialCurrent, pybamm


class AnionHostInterface(TotalInterfacialCurrent):
    """Reactions at the interfaces, of which the main one of the cathode releases ``s_plus`` cations per electron instead of 1."""

    def __init__(self, param: Any, chemistry: str, options: Any, *, s_plus: float) -> None:
        super().__init__(param, chemistry, options)
        self.s_plus = s_plus

    def _get_coupled_variables_by_phase_and_domain(self, variables: dict[str, Any], domain: str, phase_name: str) -> dict[str, Any]:
        variables = super()._get_coupled_variables_by_phase_and_domain(variables, domain, phase_name)
        if domain != "positive":
            return variables
        main = variables[f"Positive electrode {phase_name}volumetric interfacial current density [A.m-3]"]
        excess = (1 - self.s_plus) * main
        local = f"Sum of positive electrode {phase_name}electrolyte reaction source terms [A.m-3]"
        averaged = f"Sum of x-averaged positive electrode {phase_name}electrolyte reaction source terms [A.m-3]"
        variables[local] = variables[local] - excess
        variables[averaged] = variables[averaged] - pybamm.x_average(excess)
        return variables


class AnionPotential(SingleOpenCircuitPotential):
    """Open-circuit potential of the cathode with the concentration term of an anion host, ``weight`` 1 (0 switches it off)."""

    def __init__(self, *args: Any, weight: float, **options: Any) -> None:
        super().__init__(*args, **options)
        self.weight = weight

    def get_coupled_variables(self, variables: dict[str, Any]) -> dict[str, Any]:
        """Add the term to the surface potential (local or averaged salt) and to the bulk potential (mean salt of the cell)."""
        sto_surf, sto_bulk, temperature, temperature_bulk = self._get_stoichiometry_and_temperature(variables)
        if sto_surf.domain == ["positive electrode"]:
            local = variables["Positive electrolyte concentration [mol.m-3]"]
        else:
            local = variables["X-averaged positive electrolyte concentration [mol.m-3]"]
        salt = variables["Mean salt concentration [mol.m-3]"]
        surface = self.phase_param.U(sto_surf, temperature) + self._term(local, temperature)
        bulk = self.phase_param.U(sto_bulk, temperature_bulk) + self._term(salt, temperature_bulk)
        variables.update(self._get_standard_ocp_variables(surface, bulk, self.phase_param.dUdT(sto_surf)))
        self._alias_ocp_as_equilibrium(variables)
        return variables

    def _term(self, concentration: Any, temperature: Any) -> Any:
        initial = self.param.c_e_init_av
        ratio = pybamm.maximum(concentration, LEAST_CONCENTRATION) / initial
        factor = self.param.thermodynamic_factor(initial, temperature)  # constant; a function of c would need its integral
        return -self.weight * 2 * self.param.R * temperature / self.param.F * factor * pybamm.log(ratio)
