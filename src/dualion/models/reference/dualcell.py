"""Hard carbon || graphite dual-ion cell: SPM, SPMe and DFN in which the cathode takes up the anion; and its rocking-chair limit.

Salt balance with s_plus = Na+ released per electron in the anodic direction (anode 1, cathode 0):

    d(eps c)/dt = div(B D_e grad c) - i_e . grad(t_plus)/F + (s_plus - t_plus) a j / F

Integrated over the cell on charge the salt falls by |i|/F whatever t_plus is: the electrolyte is an active material. The SPM keeps that
balance with one concentration for all pores; PyBaMM's own SPM holds the salt constant and is wrong for a dual-ion cell.

A cathode that takes up Na+ (``cathode="Na+"``) has s_plus = 1 and no salt in its potential: the same code is a sodium-ion cell then.
Sodium that plates on the anode is a side reaction with s_plus = 1. With it the single particle models solve for the potential of the
anode ("surface form"), because the plating current takes part of what passes.

Public variables beside PyBaMM's: ``Total sodium [mol]``, ``Total PF6 [mol]``, ``PF6 in positive electrode [mol]``, ``Plated sodium [mol]``,
``Salt in electrolyte [mol]``, ``Mean salt concentration [mol.m-3]``. ``Total lithium [mol]`` has no meaning here.

References: marquis2019 (SPMe), sulzer2021 (PyBaMM).
"""

from __future__ import annotations

from typing import Any

from dualion.models.reference._pybamm import pybamm
from dualion.models.reference.cathode import AnionHostInterface, AnionPotential
from dualion.models.reference.parts import COMMON_OPTIONS, Part, PartsMixin
from dualion.models.reference.plating import SodiumPlating
from dualion.models.reference.salt import WellMixedSalt
from dualion.records.material import Ion

#: Na+ released per electron of the anodic reaction, by what a cathode takes up; and the weight of the salt in its potential.
S_PLUS: dict[Ion, float] = {"PF6-": 0.0, "Na+": 1.0}
WEIGHT: dict[Ion, float] = {"PF6-": 1.0, "Na+": 0.0}


class DualIonMixin(PartsMixin):
    """What turns a rocking-chair model of PyBaMM into a dual-ion one. ``s_plus`` 1 and ``weight`` 0 turn it back."""

    s_plus: float
    weight: float

    def _set_host(self, cathode: Ion, parts: tuple[Part, ...], *, s_plus: float | None, weight: float | None) -> None:
        self.cathode, self.parts = cathode, parts
        self.s_plus = S_PLUS[cathode] if s_plus is None else s_plus
        self.weight = WEIGHT[cathode] if weight is None else weight

    def set_total_interface_submodel(self) -> None:
        """Let the main reaction of the cathode release ``s_plus`` cations per electron."""
        self.submodels["total interface"] = AnionHostInterface(self.param, "lithium-ion", self.options, s_plus=self.s_plus)

    def set_open_circuit_potential_submodel(self) -> None:
        """Give the cathode the concentration term of an anion host."""
        super().set_open_circuit_potential_submodel()  # type: ignore[misc]
        self.submodels["positive primary open-circuit potential"] = AnionPotential(
            self.param, "positive", "lithium-ion main", self.options, "primary", x_average=self.x_average, weight=self.weight
        )

    def set_lithium_plating_submodel(self) -> None:
        """Let stripping end with the metal."""
        super().set_lithium_plating_submodel()  # type: ignore[misc]
        if self.options.negative["lithium plating"] != "none":
            averaged = self.options["x-average side reactions"] == "true"
            self.submodels["negative primary lithium plating"] = SodiumPlating(self.param, "negative", averaged, self.options)


class DualIonSPM(DualIonMixin, pybamm.lithium_ion.SPM):
    """Single particle model of a dual-ion cell with well-mixed salt, for sweeps and ageing."""

    def __init__(
        self,
        options: dict[str, Any] | None = None,
        *,
        cathode: Ion = "PF6-",
        parts: tuple[Part, ...] = (),
        s_plus: float | None = None,
        weight: float | None = None,
        build: bool = True,
    ) -> None:
        self._set_host(cathode, parts, s_plus=s_plus, weight=weight)
        super().__init__(_averaged(options), name="Dual-ion SPM", build=build)

    def set_electrolyte_concentration_submodel(self) -> None:
        """One concentration in all pores, which the reactions change."""
        volume = "reservoir" if "reservoir" in self.parts else "pores alone"
        self.submodels["electrolyte diffusion"] = WellMixedSalt(self.param, self.options, volume=volume)


class DualIonSPMe(DualIonMixin, pybamm.lithium_ion.SPMe):
    """Single particle model with electrolyte of a dual-ion cell."""

    def __init__(
        self,
        options: dict[str, Any] | None = None,
        *,
        cathode: Ion = "PF6-",
        parts: tuple[Part, ...] = (),
        s_plus: float | None = None,
        weight: float | None = None,
        build: bool = True,
    ) -> None:
        self._set_host(cathode, parts, s_plus=s_plus, weight=weight)
        super().__init__(_averaged(options), name="Dual-ion SPMe", build=build)


class DualIonDFN(DualIonMixin, pybamm.lithium_ion.DFN):
    """Doyle-Fuller-Newman model of a dual-ion cell; the reference for the SPMe."""

    def __init__(
        self,
        options: dict[str, Any] | None = None,
        *,
        cathode: Ion = "PF6-",
        parts: tuple[Part, ...] = (),
        s_plus: float | None = None,
        weight: float | None = None,
        build: bool = True,
    ) -> None:
        self._set_host(cathode, parts, s_plus=s_plus, weight=weight)
        super().__init__({**COMMON_OPTIONS, **(options or {})}, name="Dual-ion DFN", build=build)


def _averaged(options: dict[str, Any] | None) -> dict[str, Any]:
    """Options of a single particle model: side reactions are averaged as the main one is."""
    return {**COMMON_OPTIONS, "x-average side reactions": "true", **(options or {})}
