"""Hard carbon || graphite dual-ion cell: SPMe and DFN in which the cathode takes up the anion.

Salt balance with s_plus = Na+ released per electron in the anodic direction (anode 1, cathode 0):

    d(eps c)/dt = div(B D_e grad c) - i_e . grad(t_plus)/F + (s_plus - t_plus) a j / F

Integrated over the cell on charge the salt falls by |i|/F whatever t_plus is: the electrolyte is an active material.

Potential of the anion host in the Na/Na+ reference of phi_e:

    U(theta, c) = U_0(theta) - (2 R T / F) TDF ln(c / c_0)          (constant TDF)

Depletion on charge raises it: +35.6 mV at half the salt, 25 degC. The anode has no such term in this reference.

Public variables beside PyBaMM's: ``Total sodium [mol]``, ``Total PF6 [mol]``, ``PF6 in positive electrode [mol]``,
``Salt in electrolyte [mol]``, ``Mean salt concentration [mol.m-3]``. ``Total lithium [mol]`` has no meaning here.

References: marquis2019 (SPMe), sulzer2021 (PyBaMM).
"""

from __future__ import annotations

from typing import Any

from dualion.models._pybamm import SingleOpenCircuitPotential, TotalInterfacialCurrent, pybamm
from dualion.models.parameter_sets import LEAST_CONCENTRATION

_OPTIONS = {"contact resistance": "true", "calculate discharge energy": "true"}


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


class Inventories(pybamm.BaseSubModel):
    """Amounts of salt, sodium and PF6 in the cell, as variables that are checked after every solve."""

    def get_coupled_variables(self, variables: dict[str, Any]) -> dict[str, Any]:
        """Salt [mol] region by region (a mean over regions of unlike porosity would be wrong), then what the hosts hold."""
        param = self.param
        regions = {"Negative electrode": param.n, "Separator": param.s, "Positive electrode": param.p}
        salt, volume = 0.0, 0.0
        for region, side in regions.items():
            salt = salt + param.A_cc * side.L * pybamm.x_average(variables[f"{region} porosity times concentration [mol.m-3]"])
            volume = volume + param.A_cc * side.L * pybamm.x_average(variables[f"{region} porosity"])
        sodium = variables["Total lithium in primary phase in negative electrode [mol]"]
        sites = param.p.prim.epsilon_s_av * param.p.L * param.A_cc * param.p.prim.c_max
        anions = sites - variables["Total lithium in primary phase in positive electrode [mol]"]
        variables.update(
            {
                "Salt in electrolyte [mol]": salt,
                "Mean salt concentration [mol.m-3]": salt / volume,
                "Sodium in negative electrode [mol]": sodium,
                "PF6 in positive electrode [mol]": anions,
                "Total sodium [mol]": sodium + salt,
                "Total PF6 [mol]": anions + salt,
            }
        )
        return variables


class DualIonMixin:
    """What turns a rocking-chair model of PyBaMM into a dual-ion one. ``s_plus`` 1 and ``weight`` 0 turn it back."""

    s_plus: float = 0.0
    weight: float = 1.0

    # what the methods below read of the PyBaMM model that they are mixed into
    submodels: dict[str, Any]
    param: Any
    options: Any
    x_average: bool

    def set_total_interface_submodel(self) -> None:
        """Let the main reaction of the cathode release ``s_plus`` cations per electron."""
        self.submodels["total interface"] = AnionHostInterface(self.param, "lithium-ion", self.options, s_plus=self.s_plus)

    def set_open_circuit_potential_submodel(self) -> None:
        """Give the cathode the concentration term of an anion host."""
        super().set_open_circuit_potential_submodel()  # type: ignore[misc]
        self.submodels["positive primary open-circuit potential"] = AnionPotential(
            self.param, "positive", "lithium-ion main", self.options, "primary", x_average=self.x_average, weight=self.weight
        )

    def set_submodels(self, build: bool) -> None:
        """Add the inventories to the submodels of the parent."""
        self.submodels["inventories"] = Inventories(self.param, options=self.options)
        super().set_submodels(build)  # type: ignore[misc]


class DualIonSPMe(DualIonMixin, pybamm.lithium_ion.SPMe):
    """Single particle model with electrolyte of a dual-ion cell."""

    def __init__(self, options: dict[str, str] | None = None, *, s_plus: float = 0.0, weight: float = 1.0, build: bool = True) -> None:
        self.s_plus, self.weight = s_plus, weight
        super().__init__({**_OPTIONS, **(options or {})}, name="Dual-ion SPMe", build=build)


class DualIonDFN(DualIonMixin, pybamm.lithium_ion.DFN):
    """Doyle-Fuller-Newman model of a dual-ion cell; the reference for the SPMe."""

    def __init__(self, options: dict[str, str] | None = None, *, s_plus: float = 0.0, weight: float = 1.0, build: bool = True) -> None:
        self.s_plus, self.weight = s_plus, weight
        super().__init__({**_OPTIONS, **(options or {})}, name="Dual-ion DFN", build=build)
