"""Amounts of salt, sodium and anion in a cell, as variables that are checked after every solve.

    sodium:   salt + Na in the hosts + plated Na      constant in a full cell
    anion:    salt + PF6 in the cathode               constant

``Salt in electrolyte [mol]`` counts pores and reservoir, ``Mean salt concentration [mol.m-3]`` is that over their volume. PyBaMM's own
average over regions of unlike porosity is another number, and its ``Total lithium [mol]`` adds vacancies to sodium.
"""

from __future__ import annotations

from typing import Any, Literal

from dualion.models.reference._pybamm import pybamm

#: What the particles of the cathode hold: vacancies of an anion host, sodium, or there is no cathode.
CathodeIon = Literal["PF6-", "Na+"] | None


class Inventories(pybamm.BaseSubModel):
    """Amounts [mol] of the whole cell."""

    def __init__(self, param: Any, options: Any, *, cathode: CathodeIon) -> None:
        super().__init__(param, options=options)
        self.cathode = cathode

    def get_coupled_variables(self, variables: dict[str, Any]) -> dict[str, Any]:
        """Salt region by region and beside the pores, then what the hosts hold, then the sums that stay constant."""
        salt, volume = self._electrolyte(variables)
        variables = variables | {"Salt in electrolyte [mol]": salt, "Mean salt concentration [mol.m-3]": salt / volume}
        if self.cathode is None:
            return variables | {"Sodium in carbon [mol]": variables["Total lithium in primary phase in positive electrode [mol]"]}
        sodium = variables["Total lithium in primary phase in negative electrode [mol]"]
        plated = variables["Loss of lithium to negative lithium plating [mol]"]
        stored = variables["Total lithium in primary phase in positive electrode [mol]"]
        variables = variables | {"Sodium in negative electrode [mol]": sodium, "Plated sodium [mol]": plated}
        if self.cathode == "Na+":
            return variables | {
                "Sodium in positive electrode [mol]": stored,
                "Total sodium [mol]": sodium + plated + stored + salt,
                "Total PF6 [mol]": salt,
            }
        positive = self.param.p
        anions = positive.prim.epsilon_s_av * positive.L * self.param.A_cc * positive.prim.c_max - stored
        return variables | {
            "PF6 in positive electrode [mol]": anions,
            "Total sodium [mol]": sodium + plated + salt,
            "Total PF6 [mol]": anions + salt,
        }

    def _electrolyte(self, variables: dict[str, Any]) -> tuple[Any, Any]:
        """Amount [mol] of salt and volume [m3] of electrolyte."""
        regions = {"Negative electrode": self.param.n, "Separator": self.param.s, "Positive electrode": self.param.p}
        salt, volume = 0.0, 0.0
        for region in self.options.whole_cell_domains:
            name = region.capitalize()
            thickness = regions[name].L
            salt = salt + thickness * pybamm.x_average(variables[f"{name} porosity times concentration [mol.m-3]"])
            volume = volume + thickness * pybamm.x_average(variables[f"{name} porosity"])
        if "Reservoir salt concentration [mol.m-3]" in variables:
            beside = pybamm.Parameter("Reservoir volume per area [m]")
            salt = salt + beside * variables["Reservoir salt concentration [mol.m-3]"]
            volume = volume + beside
        return self.param.A_cc * salt, self.param.A_cc * volume
