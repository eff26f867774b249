"""Names that the ``quantity`` column of ``claims.csv`` may hold, and how closely a produced value must meet a printed one.

Each name has a description and a kind; the kind sets the default tolerance of a comparison. A row's own ``tolerance`` goes first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from dualion import units
from dualion.errors import SpecError, UnitError
from dualion.study.types import Claim

Kind = Literal[
    "capacity", "energy", "retention", "voltage", "resistance", "activation-energy", "share", "area", "peak", "computed-energy", "other"
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Registered:
    """A registered quantity: what it is, and the kind that sets its default tolerance."""

    description: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Tolerance:
    """An amount in a unit of the unit table; ``"relative"`` means a share of the printed value, ``"points"`` per cent points."""

    amount: float
    unit: str


#: Default for each kind; the kinds that are not here ("peak": one instrument step, "other") have none.
DEFAULT_TOLERANCE: Mapping[str, Tolerance] = MappingProxyType(
    {
        "capacity": Tolerance(0.05, "relative"),
        "energy": Tolerance(0.05, "relative"),
        "retention": Tolerance(0.05, "relative"),
        "voltage": Tolerance(0.05, "V"),
        "resistance": Tolerance(0.10, "relative"),
        "activation-energy": Tolerance(3.0, "kJ/mol"),
        "share": Tolerance(5.0, "points"),
        "area": Tolerance(0.05, "relative"),
        "computed-energy": Tolerance(0.1, "eV"),
    }
)

_TABLE: tuple[tuple[str, str, Kind], ...] = (
    # cells and cycling
    ("specific_capacity", "capacity per mass of a named electrode", "capacity"),
    ("plateau_capacity", "capacity below the plateau boundary, with its split rule", "capacity"),
    ("slope_capacity", "capacity above the plateau boundary, with its split rule", "capacity"),
    ("areal_capacity", "capacity per electrode area", "capacity"),
    ("first_cycle_loss", "capacity of the first cycle that does not come back", "capacity"),
    ("plateau_share", "plateau capacity over total capacity", "share"),
    ("plateau_retention", "plateau capacity at one rate over that at another", "retention"),
    ("plateau_difference", "relative difference of two printed plateau capacities", "other"),
    ("capacity_retention", "capacity over that of an earlier cycle or a lower rate", "retention"),
    ("capacity_ratio", "capacity of one cell over that of another", "retention"),
    ("initial_coulombic_efficiency", "capacity given back over capacity taken up in the first cycle", "share"),
    ("coulombic_efficiency", "capacity given back over capacity taken up", "share"),
    ("fade_rate", "capacity lost in a cycle", "other"),
    ("cycle_number", "number of cycles", "other"),
    ("test_duration", "time that a test takes or a curve spans", "other"),
    ("half_cycle_time", "time of one charge or one discharge", "other"),
    ("mean_voltage", "energy over charge, E/Q", "voltage"),
    ("median_voltage", "voltage at half of the charge", "voltage"),
    ("working_voltage", "a cell voltage whose definition the source does not state", "voltage"),
    ("voltage_limit", "cut-off voltage or potential", "voltage"),
    ("plateau_boundary", "potential that parts plateau from slope", "voltage"),
    ("energy_density", "energy per mass on a named basis", "energy"),
    ("power_density", "power per mass on a named basis", "energy"),
    ("power_ratio", "one power density over another", "other"),
    ("specific_current", "current per mass of a named electrode", "other"),
    ("rate_limit", "rate, as a multiple of the declared 1 C, at which something begins", "other"),
    ("negative_to_positive_ratio", "anode capacity over cathode capacity", "other"),
    ("salt_uptake", "salt that leaves the electrolyte at full charge, per area", "other"),
    ("salt_loss", "share of the salt that leaves the electrolyte", "share"),
    ("atoms_per_ion", "host atoms for each stored ion", "other"),
    # impedance, voltammetry, kinetics
    ("series_resistance", "high-frequency resistance", "resistance"),
    ("film_resistance", "resistance of the surface film", "resistance"),
    ("charge_transfer_resistance", "resistance of the charge transfer", "resistance"),
    ("area_specific_resistance", "resistance times electrode area", "resistance"),
    ("ohmic_drop", "current times resistance", "voltage"),
    ("activation_energy", "slope of ln k against 1/T, times -R", "activation-energy"),
    ("rate_ratio", "one rate constant over another", "other"),
    ("diffusion_share", "share of the current that goes with the root of the scan rate", "share"),
    ("capacitive_ratio", "k1/k2 of i = k1 v + k2 v^0.5", "other"),
    ("diffusion_coefficient", "apparent chemical diffusion coefficient", "other"),
    ("peak_potential", "potential of a current peak", "voltage"),
    ("scan_rate", "rate of change of the potential", "other"),
    # structure, surface, composition
    ("bet_area", "specific area by the BET equation", "area"),
    ("pore_size", "pore width", "other"),
    ("closed_pore_volume", "volume of pores that gas does not reach, per mass", "other"),
    ("element_content", "mass fraction of an element", "share"),
    ("element_mass", "mass of an element in a batch", "other"),
    ("species_amount", "amount of a bonded species per mass", "other"),
    ("species_share", "share of a bonded species or hybridisation", "share"),
    ("share_change", "relative change of a share", "other"),
    ("peak_position", "position of a band, line or edge", "peak"),
    ("peak_width", "width of a band or line", "other"),
    ("peak_shift", "movement of a band or line", "other"),
    ("peak_intensity", "height or area of a band or line", "other"),
    ("scattering_vector", "q = 4 pi sin(theta) / wavelength", "peak"),
    ("morphology", "what an image shows", "other"),
    ("correlation", "how two quantities go together", "other"),
    # atomistics
    ("desolvation_time", "time of one desolvation step", "other"),
    ("desolvation_energy", "energy of a named step, before to after", "computed-energy"),
    ("desolvation_barrier", "barrier that a time and a prefactor imply", "computed-energy"),
    ("solvation_number", "solvent molecules around an ion, or per ion", "other"),
    ("coordination_index", "index of a state in an equation of the source", "other"),
    # synthesis and settings
    ("setting", "a choice of the source stated in words", "other"),
    ("viscosity", "of a raw material", "other"),
    ("degree_of_deacetylation", "share of free amine units in chitosan", "other"),
    ("salt_concentration", "of an electrolyte", "other"),
    ("solution_concentration", "of a stock solution", "other"),
    ("solution_volume", "of a stock solution", "other"),
    ("water_volume", "of water", "other"),
    ("batch_mass", "of a raw material", "other"),
    ("zinc_amount", "zinc put into a batch", "other"),
    ("zinc_per_amine", "zinc over free amine units", "other"),
    ("dose_ratio", "amount of one substance over another", "other"),
    ("mass_fraction", "of a solution", "other"),
    ("temperature", "of a step or test", "other"),
    ("heating_rate", "of a furnace", "other"),
    ("cooling_rate", "of a furnace", "other"),
    ("hold_time", "of a step", "other"),
    ("electrode_composition", "masses of active material, binder and conductive carbon", "other"),
    ("mass_loading", "mass per electrode area", "other"),
    ("photon_energy", "of a beam or a spectrum", "other"),
    ("photon_flux", "at the sample", "other"),
    ("wavelength", "of a beam", "other"),
    ("instrument_step", "step between points", "other"),
    ("instrument_resolution", "resolution or bandwidth", "other"),
    ("edge_step", "jump of the absorption at an edge", "other"),
    ("scan_speed", "of a goniometer", "other"),
    ("transmittance", "of a filter", "other"),
    ("acquisition_time", "of a spectrum", "other"),
    ("pressure", "of a discharge", "other"),
    ("discharge_power", "of a discharge", "other"),
    ("plane_wave_cutoff", "kinetic energy of the largest plane wave", "other"),
    ("convergence_threshold", "at which an iteration ends", "other"),
    ("supercell_edge", "of a periodic box", "other"),
    ("k_point_mesh", "points per direction", "other"),
    ("k_spacing", "distance of k-points", "other"),
)

QUANTITIES: Mapping[str, Registered] = MappingProxyType({name: Registered(text, kind) for name, text, kind in _TABLE})


def tolerance(claim: Claim) -> float | None:
    """How far a produced value may lie from a claim and still agree, before its standard error.

    Parameters
    ----------
    claim : Claim
        Its ``tolerance`` column goes first: ``"3 %"`` is relative to the printed value, ``"0.02 V"`` is an amount. For a claim that is
        itself in per cent write ``"5 points"`` for an amount.

    Returns
    -------
    float or None
        In the unit of the claim; None where neither the row nor the kind of its quantity sets one.

    Raises
    ------
    SpecError
        The tolerance cannot be read, or is of another dimension than the claim.

    Examples
    --------
    >>> tolerance(Claim("P001", "specific_capacity", "A", "1 C", "80", 80.0, "mAh/g", "=", "", "Sec 1", "GCD", "measured"))
    4.0
    """
    if claim.value_num is None:
        return None
    chosen = _written(claim) if claim.tolerance else _default(claim.quantity)
    if chosen is None:
        return None
    if chosen.unit == "relative":
        return chosen.amount * abs(claim.value_num)
    try:
        return units.convert(chosen.amount, "%" if chosen.unit == "points" else chosen.unit, claim.unit)
    except UnitError as error:
        raise SpecError(f"{claim.id}, tolerance: {error}") from error


def _default(quantity: str) -> Tolerance | None:
    return DEFAULT_TOLERANCE.get(QUANTITIES[quantity].kind) if quantity in QUANTITIES else None


def _written(claim: Claim) -> Tolerance:
    number, _, unit = claim.tolerance.strip().partition(" ")
    try:
        amount = float(number)
    except ValueError as error:
        raise SpecError(
            f'{claim.id}, tolerance: "{claim.tolerance}" is not a tolerance. Write a text such as "3 %" or "0.02 V".'
        ) from error
    if not unit or amount < 0:
        raise SpecError(f'{claim.id}, tolerance: "{claim.tolerance}" is not a tolerance. Write a text such as "3 %" or "0.02 V".')
    return Tolerance(amount / 100, "relative") if unit == "%" else Tolerance(amount, unit)
