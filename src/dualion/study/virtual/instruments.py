"""Which technique shows which descriptors: what each is given of a carbon, and which of its results should give them back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from dualion.numerics.composition.shares import atomic_shares
from dualion.study.virtual.carbon import Carbon
from dualion.units import convert


@dataclass(frozen=True, slots=True)
class Truth:
    """What a value of a result should be.

    Parameters
    ----------
    descriptor : str
        Of the carbon.
    value : float
        In ``unit``.
    unit : str
        Of the descriptor; that of the result may be another.
    """

    descriptor: str
    value: float
    unit: str


def _nothing(carbon: Carbon) -> Mapping[str, Any]:
    return {}


@dataclass(frozen=True, slots=True)
class Instrument:
    """A virtual instrument: a technique, what it is given of a carbon, and what it should give back.

    Parameters
    ----------
    name : str
        For people and for ``--technique``: that of the technique, unless it looks at two parts.
    technique : str
        In the registry.
    part : str
        What is looked at, where it is not the carbon itself, such as ``"precursor"``.
    needs : tuple of str
        Descriptors without which there is no signal.
    arguments : callable
        ``(carbon) -> keyword arguments`` of ``synthesise``.
    beside : mapping of str to str
        Samples that are measured beside, such as a reference: name by ``synthesise``, and name that they get.
    options : callable
        ``(carbon) -> options`` of ``analyse``, as they would stand in ``dualion.toml``.
    recovers : callable
        ``(carbon) -> Truth by the name of a value``.
    """

    name: str
    technique: str
    needs: tuple[str, ...]
    arguments: Callable[[Carbon], Mapping[str, Any]]
    recovers: Callable[[Carbon], Mapping[str, Truth]]
    part: str = ""
    beside: Mapping[str, str] = field(default_factory=dict)
    options: Callable[[Carbon], Mapping[str, Any]] = field(default=_nothing)

    def lacks(self, carbon: Carbon) -> tuple[str, ...]:
        """Descriptors that this instrument shows and the carbon does not have."""
        return tuple(name for name in self.needs if name not in carbon)

    def sample(self, carbon: Carbon) -> str:
        """Name of the sample that is looked at."""
        return f"{carbon.name} {self.part}".strip()


def _descriptors(**names: str) -> Callable[[Carbon], Mapping[str, Truth]]:
    """Values of a result that are descriptors of the carbon: value = descriptor."""

    def of(carbon: Carbon) -> Mapping[str, Truth]:
        return {value: Truth(name, carbon[name], carbon.descriptor(name).quantity.unit) for value, name in names.items()}

    return of


def _raman(carbon: Carbon) -> Mapping[str, Any]:
    return {name: carbon[name] for name in ("d_position", "g_position", "id_ig_height")}


def _xafs(carbon: Carbon) -> Mapping[str, Any]:
    return {name: carbon[name] for name in ("edge_energy", "first_shell_position")}


_SPECIES = ("pyridinic_fraction", "pyrrolic_fraction", "graphitic_fraction", "oxidised_fraction")
#: Oxygen of the surface [at%], which no descriptor holds.
_OXYGEN = 5.0
_PERCENT = 100.0
_ANGSTROM = 10.0  # in a nanometre
#: N-H and O-H stretch [cm-1] of chitosan, with which precursors are compared (P043a of tang2026).
_CHITOSAN = 3349.0
#: Where silicon is found on a calibrated axis [cm-1], and the relative error of a charge [1].
_SILICON, _CHARGE_ERROR = 520.5, 0.004


def _xps(carbon: Carbon) -> Mapping[str, Any]:
    nitrogen = carbon["nitrogen_content"]
    surface = atomic_shares({"N": nitrogen, "C": _PERCENT - nitrogen})["N"] * (1 - _OXYGEN / _PERCENT)
    return {name: carbon[name] / _PERCENT for name in _SPECIES} | {"nitrogen_content": surface, "oxygen_content": _OXYGEN}


def _hydroxyl(carbon: Carbon) -> Mapping[str, Truth]:
    shift = Truth("hydroxyl_shift", carbon["hydroxyl_band"] - _CHITOSAN, "cm-1")
    return {**_descriptors(band_position="hydroxyl_band")(carbon), "band_shift": shift}


def _composition(carbon: Carbon) -> Mapping[str, Any]:
    zinc = convert(carbon["zinc_content"], "ppm", "wt%")
    return {"nitrogen_content": carbon["nitrogen_content"], "zinc_content": zinc, "oxidised_fraction": carbon["oxidised_fraction"]}


def _gdoes(carbon: Carbon) -> Mapping[str, Any]:
    charges = [state.charge.value for state in carbon.states if state.charge.value > 0]
    return {"charges": charges, "sei_sodium": 0.0, "sensitivity": 1.0}


def _sodium(carbon: Carbon) -> Mapping[str, Truth]:
    fullest = max(state.sodium_per_carbon for state in carbon.states)
    return {"sodium_ratio": Truth("sodium_per_carbon", fullest, "1")}


def _sorption(carbon: Carbon) -> Mapping[str, Any]:
    return {"bet_area": carbon["open_area"], "bet_c": carbon["bet_constant"], "total_pore_volume": carbon["open_pore_volume"]}


def _xrd(carbon: Carbon) -> Mapping[str, Any]:
    return {name: _ANGSTROM * carbon[name] for name in ("d002", "l_c", "l_a")}


def _nexafs(carbon: Carbon) -> Mapping[str, Any]:
    return {
        "pi_position": carbon["pi_position"],
        "pi_fraction_raw": carbon["pi_fraction_raw"] / _PERCENT,
        "sp2_relative_to_reference": carbon["sp2_relative"] / _PERCENT,
    }


def _saxs(carbon: Carbon) -> Mapping[str, Any]:
    mesopores = carbon["mesopore_fraction"] / _PERCENT if "mesopore_fraction" in carbon else 0.0
    return {
        "porosity": carbon["porosity"],
        "pore_radius": carbon["pore_radius"],
        "skeleton_density": carbon["wall_density"],
        "mesopore_fraction": mesopores,
    }


def _sodiated(carbon: Carbon) -> Mapping[str, Any]:
    return {
        "filled_share": carbon["filled_fraction"] / _PERCENT,
        "porosity": carbon["porosity"],
        "pore_radius": carbon["pore_radius"],
        "skeleton_density": carbon["wall_density"],
    }


INSTRUMENTS: tuple[Instrument, ...] = (
    Instrument(
        name="sorption",
        technique="sorption",
        needs=("open_area", "bet_constant", "open_pore_volume"),
        arguments=_sorption,
        recovers=_descriptors(bet_area="open_area", bet_c="bet_constant", total_pore_volume="open_pore_volume"),
    ),
    Instrument(
        name="pore_sizes",
        technique="pore_sizes",
        needs=("open_pore_volume", "micropore_width"),
        arguments=lambda carbon: {"dft_pore_volume": carbon["open_pore_volume"], "mode_width": carbon["micropore_width"]},
        recovers=_descriptors(dft_pore_volume="open_pore_volume", mode_width="micropore_width"),
        part="as slits",
    ),
    Instrument(
        name="saxs",
        technique="saxs",
        needs=("porosity", "pore_radius", "wall_density"),
        arguments=_saxs,
        recovers=_descriptors(porosity="porosity", pore_volume="total_pore_volume", pore_radius="pore_radius", saxs_area="saxs_area"),
        options=lambda carbon: {"rho_skel": carbon["wall_density"]},
    ),
    Instrument(
        name="sodiation_contrast",
        technique="sodiation_contrast",
        needs=("porosity", "pore_radius", "wall_density", "filled_fraction"),
        arguments=_sodiated,
        recovers=_descriptors(filled_fraction="filled_fraction"),
        part="before and after sodiation",
        options=lambda carbon: {
            "rho_skel": carbon["wall_density"],
            "plateau_capacity": carbon["plateau_capacity"],
            "closed_volume": carbon["closed_pore_volume"],
        },
    ),
    Instrument(
        name="xrd",
        technique="xrd",
        needs=("d002", "l_c", "l_a"),
        arguments=_xrd,
        recovers=_descriptors(d002="d002", l_c="l_c", l_a="l_a"),
    ),
    Instrument(
        name="raman",
        technique="raman",
        needs=("d_position", "g_position", "id_ig_height"),
        arguments=_raman,
        recovers=_descriptors(d_position="d_position", g_position="g_position", id_ig_height="id_ig_height"),
        options=lambda carbon: {"baseline": "linear", "calibration": _SILICON},
    ),
    Instrument(
        name="ftir",
        technique="ftir",
        needs=("hydroxyl_band",),
        arguments=lambda carbon: {"band_position": carbon["hydroxyl_band"], "reference_position": _CHITOSAN},
        recovers=_hydroxyl,
        part="precursor",
        beside={"reference": "chitosan"},
        options=lambda carbon: {"band": [3100.0, 3640.0], "pair": "chitosan"},
    ),
    Instrument(
        name="ftir-carbonate",
        technique="ftir",
        needs=("carbonyl_shift", "coordinated_fraction"),
        arguments=lambda carbon: {"coordinated_fraction": carbon["coordinated_fraction"] / _PERCENT},
        recovers=_descriptors(coordinated_fraction="coordinated_fraction"),
        part="electrolyte",
        beside={"reference": "fresh electrolyte"},
        options=lambda carbon: {"band": [3100.0, 3640.0], "pair": "fresh electrolyte", "carbonate": True},
    ),
    Instrument(
        name="xps",
        technique="xps",
        needs=("nitrogen_content", *_SPECIES),
        arguments=_xps,
        recovers=_descriptors(**{name: name for name in _SPECIES}),
    ),
    Instrument(
        name="nexafs",
        technique="nexafs",
        needs=("pi_position", "pi_fraction_raw", "sp2_relative"),
        arguments=_nexafs,
        recovers=_descriptors(pi_position="pi_position", pi_fraction_raw="pi_fraction_raw", sp2_relative_to_reference="sp2_relative"),
        beside={"reference": "graphite"},
        options=lambda carbon: {"reference": "graphite"},
    ),
    Instrument(
        name="xafs",
        technique="xafs",
        needs=("edge_energy", "first_shell_position"),
        arguments=_xafs,
        recovers=_descriptors(edge_energy="edge_energy", first_shell_position="first_shell_position"),
        part="precursor",
    ),
    Instrument(
        name="composition",
        technique="composition",
        needs=("nitrogen_content", "zinc_content", "oxidised_fraction"),
        arguments=_composition,
        recovers=_descriptors(nitrogen_content="nitrogen_content", zinc_content="zinc_content", oxidised_nitrogen="oxidised_amount"),
    ),
    Instrument(
        name="gdoes",
        technique="gdoes",
        needs=(),
        arguments=_gdoes,
        recovers=_sodium,
        options=lambda carbon: {"calibration": 1.0, "charge_error": _CHARGE_ERROR},
    ),
)
