"""Sodium that plates on the anode instead of being stored in it.

With eta the potential of the anode against the electrolyte (the metal's own potential is 0 in this reference), k the exchange current
density at the initial salt c0, and n the plated amount per volume of electrode:

    j = k sqrt(c / c0) [s exp(F min(eta, eta_max) / 2 R T) - exp(-F eta / 2 R T)],      dn/dt = -a j / F
    s = 0 (irreversible) or n / (|n| + n0) (reversible)

so that stripping ends as the metal does. ``n0`` is a thousandth of a monolayer on the particles. Above ``eta_max`` = 0.3 V, where a
stripping current would be hundreds of k and nothing is left to strip, its exponential is held: there it would only make the equations
stiff. Each electron of both directions moves one Na+ (s_plus = 1).

The balance of the plated amount is that of PyBaMM's submodel for lithium.
"""

from __future__ import annotations

from typing import Any

from dualion.models.constants import SODIUM_MOLAR_VOLUME
from dualion.models.reference._pybamm import LithiumPlating, pybamm
from dualion.models.reference.laws import TRANSFER_COEFFICIENT, Book
from dualion.records.cell import Cell

#: Potential above which the exponential of stripping is held.
LARGEST_STRIPPING = 0.3  # [V]
#: Thickness of plated sodium below which stripping fades, a thousandth of the 0.37 nm between atoms of the metal.
FADING_THICKNESS = 3.7e-13  # [m]

_EXCHANGE = "Exchange-current density for plating [A.m-2]"
_FADING = "Plated concentration at which stripping fades [mol.m-3]"
#: Scale of the plated amount as a state.
TYPICAL_PLATED = 1.0  # [mol/m3]


class SodiumPlating(LithiumPlating):
    """Plating, and stripping that fades with the metal."""

    def get_coupled_variables(self, variables: dict[str, Any]) -> dict[str, Any]:
        """Current of the reaction from the local potential of the anode."""
        domain, Domain = self.domain_Domain
        eta = variables[f"{Domain} electrode surface potential difference [V]"]
        salt = variables[f"{Domain} electrolyte concentration [mol.m-3]"]
        plated = variables[f"{Domain} lithium plating concentration [mol.m-3]"]
        temperature = variables[f"{Domain} electrode temperature [K]"]
        exchange = pybamm.FunctionParameter(_EXCHANGE, {"Electrolyte concentration [mol.m-3]": pybamm.maximum(salt, 0)})
        slope = TRANSFER_COEFFICIENT * self.param.F / (self.param.R * temperature)
        current = -exchange * pybamm.exp(-slope * eta)
        if getattr(self.options, domain)["lithium plating"] == "reversible":
            share = plated / (pybamm.AbsoluteValue(plated) + pybamm.Parameter(_FADING))
            current = current + exchange * share * pybamm.exp(slope * pybamm.minimum(eta, LARGEST_STRIPPING))
        found = {**self._get_standard_overpotential_variables(eta), **self._get_standard_reaction_variables(current)}
        return {**found, **self._get_standard_volumetric_current_density_variables({**variables, **found})}


def plating_values(cell: Cell, book: Book) -> dict[str, Any]:
    """What PyBaMM reads of plating on the anode of a full cell; empty where the cell has none.

    Parameters
    ----------
    cell : Cell
    book : Book

    Returns
    -------
    dict of str to float or callable
        By PyBaMM's names.
    """
    if cell.plating is None:
        return {}
    salt = cell.electrolyte.concentration.value * 1e3
    material = cell.anode.material
    interface = 3 * material["active_volume_fraction"] / (material["particle_radius"] * 1e-6)  # [1/m]
    return {
        _EXCHANGE: lambda concentration: book["plating_exchange"] * (concentration / salt) ** TRANSFER_COEFFICIENT,
        _FADING: FADING_THICKNESS * interface / SODIUM_MOLAR_VOLUME,
        "Typical plated lithium concentration [mol.m-3]": TYPICAL_PLATED,
        "Lithium plating transfer coefficient": TRANSFER_COEFFICIENT,
        "Initial plated lithium concentration [mol.m-3]": 0.0,
        "Lithium metal partial molar volume [m3.mol-1]": SODIUM_MOLAR_VOLUME,
    }
