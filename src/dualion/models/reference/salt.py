"""The salt of a cell: in the pores, and in the electrolyte beside them.

Beside the pores stands what the cell holds of electrolyte and the pores do not, well mixed, v_r per area. It exchanges with the pores of
the separator:

    v_r dc_r/dt = -k_r (c_r - cbar_s),        eps_s dc/dt |_s += k_r (c_r - cbar_s) / L_s

with cbar_s the mean over the separator. k_r -> infinity makes it more pore volume; k_r = 0 leaves it dead.

Well-mixed salt, for the single particle model: one concentration in all pores,

    v_p dc/dt = sum_k L_k S_k / F - k_r (c - c_r)

with v_p the pore volume per area and S_k the mean source of cations in electrode k, s_plus a j summed over its reactions. Migration moves
salt from one place to another and drops out, and with it the transference number. In a dual-ion cell A v_p dc/dt = I / F.
"""

from __future__ import annotations

from typing import Any

from dualion.models.reference._pybamm import BaseElectrolyteDiffusion, FullDiffusion, pybamm

_RESERVOIR = "Reservoir salt concentration [mol.m-3]"


def _reservoir_state() -> dict[str, Any]:
    return {_RESERVOIR: pybamm.Variable(_RESERVOIR, scale=pybamm.Parameter("Initial concentration in electrolyte [mol.m-3]"))}


def _into_pores(variables: dict[str, Any], concentration: Any) -> Any:
    """Salt [mol/m2/s] that the reservoir gives to pores at a mean concentration [mol/m3]."""
    return pybamm.Parameter("Reservoir exchange coefficient [m.s-1]") * (variables[_RESERVOIR] - concentration)


def _reservoir_volume() -> Any:
    return pybamm.Parameter("Reservoir volume per area [m]")


class SaltWithReservoir(FullDiffusion):
    """Salt along the cell, exchanging with a well-mixed reservoir at the separator."""

    def get_fundamental_variables(self) -> dict[str, Any]:
        """Salt in the pores, and the concentration beside them."""
        return {**super().get_fundamental_variables(), **_reservoir_state()}

    def set_rhs(self, variables: dict[str, Any]) -> None:
        """Balance in the pores with the exchange spread over the separator, and balance of the reservoir."""
        super().set_rhs(variables)
        amount, porosity = variables["Separator porosity times concentration [mol.m-3]"], variables["X-averaged separator porosity"]
        flux = _into_pores(variables, pybamm.x_average(amount) / porosity)
        here = {"separator": pybamm.PrimaryBroadcast(flux / self.param.s.L, "separator")}
        regions = self.options.whole_cell_domains
        sources = [here.get(region, pybamm.FullBroadcast(0, region, "current collector")) for region in regions]
        pores = variables["Porosity times concentration [mol.m-3]"]
        self.rhs[pores] = self.rhs[pores] + pybamm.concatenation(*sources)
        self.rhs[variables[_RESERVOIR]] = -flux / _reservoir_volume()

    def set_initial_conditions(self, variables: dict[str, Any]) -> None:
        """The same salt everywhere."""
        super().set_initial_conditions(variables)
        self.initial_conditions[variables[_RESERVOIR]] = self.param.c_e_init


class WellMixedSalt(BaseElectrolyteDiffusion):
    """One salt concentration in all pores of a cell with two porous electrodes; ``reservoir`` or ``pores alone``."""

    def __init__(self, param: Any, options: Any, *, volume: str) -> None:
        super().__init__(param, options)
        self.volume = volume

    def get_fundamental_variables(self) -> dict[str, Any]:
        """The concentration, the same in every region."""
        mean = pybamm.Variable(
            "X-averaged electrolyte concentration [mol.m-3]",
            domain="current collector",
            bounds=(0, float("inf")),
            scale=self.param.c_e_init_av,
        )
        regions = {region: pybamm.PrimaryBroadcast(mean, region) for region in self.options.whole_cell_domains}
        variables = self._get_standard_domain_concentration_variables(regions)
        variables |= {
            "Electrolyte concentration [mol.m-3]": pybamm.concatenation(*regions.values()),
            "X-averaged electrolyte concentration [mol.m-3]": mean,
        }
        still = pybamm.FullBroadcastToEdges(0, self.options.whole_cell_domains, "current collector")
        variables |= self._get_standard_flux_variables(still)
        return variables | (_reservoir_state() if self.volume == "reservoir" else {})

    def get_coupled_variables(self, variables: dict[str, Any]) -> dict[str, Any]:
        """Amount in each region, which the inventories add up."""
        amounts = {}
        for region in self.options.whole_cell_domains:
            concentration = variables[f"{region.split()[0].capitalize()} electrolyte concentration [mol.m-3]"]
            amounts[region] = variables[f"{region.capitalize()} porosity"] * concentration
        return variables | self._get_standard_porosity_times_concentration_variables(amounts)

    def set_rhs(self, variables: dict[str, Any]) -> None:
        """What the reactions of both electrodes leave in the pores, and the exchange with the reservoir."""
        mean = variables["X-averaged electrolyte concentration [mol.m-3]"]
        sides = {"negative": self.param.n, "positive": self.param.p}
        gained, volume = 0, self.param.s.L * variables["X-averaged separator porosity"]
        for side, electrode in sides.items():
            gained = gained + electrode.L * variables[f"Sum of x-averaged {side} electrode electrolyte reaction source terms [A.m-3]"]
            volume = volume + electrode.L * variables[f"X-averaged {side} electrode porosity"]
        gained = gained / self.param.F
        if self.volume == "reservoir":
            flux = _into_pores(variables, mean)
            gained = gained + flux
            self.rhs[variables[_RESERVOIR]] = -flux / _reservoir_volume()
        self.rhs[mean] = gained / volume

    def set_initial_conditions(self, variables: dict[str, Any]) -> None:
        """The initial concentration, also beside the pores."""
        self.initial_conditions[variables["X-averaged electrolyte concentration [mol.m-3]"]] = self.param.c_e_init
        if self.volume == "reservoir":
            self.initial_conditions[variables[_RESERVOIR]] = self.param.c_e_init
