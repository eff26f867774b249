"""A carbon as physical characterisation sees it: descriptors, each with unit, error, standing and source.

Consistency inside a carbon is computed, never typed twice. With rho the true density (of the carbon without open pores), d002 the layer
spacing, V_o the open pore volume, and graphite (2.26 g/cm3, 0.3354 nm) as the measure of a wall,

    rho_wall = 2.26 * 0.3354 / d002,      V_c = 1 / rho - 1 / rho_wall,      V_t = V_o + V_c,      phi = V_t rho_wall / (1 + V_t rho_wall)

are the density of the walls, the closed, the total pore volume and the porosity that scattering sees. Graphitic nitrogen is what the other
three species leave. The amount of sodium is that of the charge: n = Q / F.

References: Liu, Xue & Dahn 1996; Ruike et al. 1994; Tang et al. 2026.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from dualion.numerics.atomic_weights import ATOMIC_WEIGHTS
from dualion.numerics.composition.shares import amount
from dualion.numerics.consistency import FILLED_PORE, MILLIAMPERE_HOURS
from dualion.numerics.porosity.skeleton import scaled_density
from dualion.records.quantity import Parameter, Quantity

_MILLI = 1e-3
#: [cm-1] by which C=O of ethylene carbonate on sodium stands below the free one (10 to 25 in the literature).
SPLITTING = 18.0


@dataclass(frozen=True, slots=True)
class SodiumState:
    """A state of charge at which the carbon is profiled in depth.

    Parameters
    ----------
    name : str
        Such as ``"discharged to 0.0001 V"``.
    potential : Parameter
        [V] against Na+/Na.
    charge : Parameter
        [mAh/g] stored by then.
    """

    name: str
    potential: Parameter
    charge: Parameter

    @property
    def sodium_per_carbon(self) -> float:
        """[1] atoms of sodium for each of carbon."""
        return _MILLI * self.charge.value / MILLIAMPERE_HOURS * ATOMIC_WEIGHTS["C"]


@dataclass(frozen=True, slots=True)
class Carbon:
    """A carbon by what characterisation measures of it.

    ``records.material.Material`` holds what a cell model must know of an electrode (isotherm, kinetics, particle); this record holds
    structure, surface and composition. The two meet in the name of the sample and in the plateau capacity; neither is computed from the
    other, for no law is known that would.

    Parameters
    ----------
    name : str
        Of the sample, such as ``"MEC3"``.
    about : str
        One sentence: where it comes from.
    given : mapping of str to Parameter
        Descriptors as they were put in, by the names and in the units of ``carbon_files.DescriptorsTable``.
    states : tuple of SodiumState
        In the order of discharge.
    """

    name: str
    about: str
    given: Mapping[str, Parameter]
    states: tuple[SodiumState, ...] = ()

    def __getitem__(self, name: str) -> float:
        """Value of a given or derived descriptor, in its unit."""
        return self.descriptor(name).value

    def __contains__(self, name: str) -> bool:
        return name in self.given or (name in _DERIVED and all(one in self.given for one in _DERIVED[name].needs))

    def descriptor(self, name: str) -> Parameter:
        """A descriptor, given or derived, with its error and standing.

        Parameters
        ----------
        name : str

        Returns
        -------
        Parameter

        Raises
        ------
        KeyError
            The carbon does not have it.
        """
        return self.given[name] if name in self.given else _DERIVED[name].of(self)

    @property
    def derived(self) -> Mapping[str, Parameter]:
        """Descriptors that follow from those given."""
        return {name: rule.of(self) for name, rule in _DERIVED.items() if name in self}


@dataclass(frozen=True, slots=True)
class _Rule:
    """How a descriptor follows from others; errors are those of the inputs, to first order."""

    unit: str
    needs: tuple[str, ...]
    says: str
    compute: Callable[..., float]

    def of(self, carbon: Carbon) -> Parameter:
        inputs = [carbon.given[name] for name in self.needs]
        numbers = [one.value for one in inputs]
        value = self.compute(*numbers)
        raised = [
            [*numbers[:place], numbers[place] + (one.quantity.stderr or 0.0), *numbers[place + 1 :]] for place, one in enumerate(inputs)
        ]
        stderr = math.hypot(*(self.compute(*moved) - value for moved in raised))
        claims = tuple(dict.fromkeys(claim for one in inputs for claim in one.claims))
        return Parameter(Quantity(value, self.unit, stderr), "derived", self.says, claims)


def _closed(true_density: float, d002: float) -> float:
    return 1 / true_density - 1 / scaled_density(d002)


def _total(open_pore_volume: float, true_density: float, d002: float) -> float:
    return open_pore_volume + _closed(true_density, d002)


def _porosity(open_pore_volume: float, true_density: float, d002: float) -> float:
    filled = _total(open_pore_volume, true_density, d002) * scaled_density(d002)
    return filled / (1 + filled)


_PER_NANOMETRE = 1e3  # [m2/g] of 1 nm-1 / (g/cm3)
_DENSITIES = ("true_density", "d002")
_SPECIES = ("pyridinic_fraction", "pyrrolic_fraction", "oxidised_fraction")
_DERIVED: Mapping[str, _Rule] = {
    "wall_density": _Rule("g/cm3", ("d002",), "2.26 * 0.3354 / d002", scaled_density),
    "closed_pore_volume": _Rule("cm3/g", _DENSITIES, "1 / true_density - 1 / wall_density", _closed),
    "total_pore_volume": _Rule("cm3/g", ("open_pore_volume", *_DENSITIES), "open_pore_volume + closed_pore_volume", _total),
    "porosity": _Rule("1", ("open_pore_volume", *_DENSITIES), "V rho / (1 + V rho), V the total pore volume, rho of the walls", _porosity),
    "saxs_area": _Rule(
        "m2/g",
        ("open_pore_volume", *_DENSITIES, "pore_radius"),
        "4 phi / (a rho of the walls), a = pore_radius / sqrt(10)",
        lambda gas, density, spacing, radius: (
            _PER_NANOMETRE * 4 * _porosity(gas, density, spacing) / (radius / math.sqrt(10) * scaled_density(spacing))
        ),
    ),
    "graphitic_fraction": _Rule("%", _SPECIES, "100 - the other three species", lambda *others: 100 - sum(others)),
    "coordinated_fraction": _Rule(
        "%", ("carbonyl_shift",), "-carbonyl_shift over the 18 cm-1 between free and coordinated", lambda shift: -100 * shift / SPLITTING
    ),
    "nitrogen_amount": _Rule("mmol/g", ("nitrogen_content",), "nitrogen_content / 14.007 g/mol", lambda n: amount("N", n)),
    "oxidised_amount": _Rule(
        "mmol/g",
        ("nitrogen_content", "oxidised_fraction"),
        "nitrogen_amount * oxidised_fraction",
        lambda n, share: amount("N", n) * share / 100,
    ),
    "required_pore_volume": _Rule(
        "cm3/g", ("plateau_capacity",), "plateau_capacity over the charge of bulk sodium, 1128 mAh/cm3", lambda q: q / FILLED_PORE
    ),
}

#: Names of the descriptors that are computed.
DERIVED_NAMES = tuple(_DERIVED)
