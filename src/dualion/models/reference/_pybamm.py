"""The one door through which PyBaMM is imported: telemetry off, version checked, the hooks that we override present."""

from __future__ import annotations

import os
from importlib.metadata import PackageNotFoundError, version

from dualion.errors import MissingDependency, ModelError

os.environ.setdefault("PYBAMM_DISABLE_TELEMETRY", "true")

try:
    import casadi
    import pybamm
    from pybamm.models.submodels.electrolyte_diffusion.base_electrolyte_diffusion import BaseElectrolyteDiffusion
    from pybamm.models.submodels.electrolyte_diffusion.full_diffusion import Full as FullDiffusion
    from pybamm.models.submodels.interface.lithium_plating.plating import Plating as LithiumPlating
    from pybamm.models.submodels.interface.open_circuit_potential.single_ocp import SingleOpenCircuitPotential
    from pybamm.models.submodels.interface.total_interfacial_current import TotalInterfacialCurrent
except ImportError as error:
    raise MissingDependency("pybamm", "cells") from error

#: The series of releases whose names and signatures this package was written against.
SUPPORTED = ((26, 10), (27, 0))

#: Methods that our models override, on the classes that define them. A rename upstream fails here, with one clear message.
HOOKS = (
    (pybamm.lithium_ion.SPMe, "set_total_interface_submodel"),
    (pybamm.lithium_ion.SPMe, "set_open_circuit_potential_submodel"),
    (pybamm.lithium_ion.SPM, "set_electrolyte_concentration_submodel"),
    (FullDiffusion, "set_rhs"),
    (BaseElectrolyteDiffusion, "_get_standard_domain_concentration_variables"),
    (BaseElectrolyteDiffusion, "_get_standard_porosity_times_concentration_variables"),
    (pybamm.lithium_ion.SPM, "set_lithium_plating_submodel"),
    (LithiumPlating, "_get_standard_reaction_variables"),
    (LithiumPlating, "_get_standard_volumetric_current_density_variables"),
    (TotalInterfacialCurrent, "_get_coupled_variables_by_phase_and_domain"),
    (SingleOpenCircuitPotential, "_get_stoichiometry_and_temperature"),
    (SingleOpenCircuitPotential, "_get_standard_ocp_variables"),
    (SingleOpenCircuitPotential, "_alias_ocp_as_equilibrium"),
)


def check_release() -> None:
    """Refuse a PyBaMM outside the supported series, or one that has lost a method that we override.

    Raises
    ------
    ModelError
    """
    try:
        found = tuple(int(part) for part in version("pybamm").split(".")[:2])
    except PackageNotFoundError as error:  # pragma: no cover - a source checkout on the path
        raise MissingDependency("pybamm", "cells") from error
    if not SUPPORTED[0] <= found < SUPPORTED[1]:
        raise ModelError(f'PyBaMM {version("pybamm")} is outside >=26.10,<27. Install it with: pip install "dualion[cells]"')
    for owner, name in HOOKS:
        if not hasattr(owner, name):
            raise ModelError(f"PyBaMM {version('pybamm')}: {owner.__name__} has no method {name}, which dualion overrides.")


check_release()

__all__ = [
    "BaseElectrolyteDiffusion",
    "FullDiffusion",
    "LithiumPlating",
    "SingleOpenCircuitPotential",
    "TotalInterfacialCurrent",
    "casadi",
    "check_release",
    "pybamm",
]
