"""PyBaMM's way in: dual-ion models and parameter sets by name, once dualion is installed.

    pybamm.Model("DualIonSPMe")                        also DualIonSPM, DualIonDFN
    pybamm.ParameterValues("Tang2026_MEC3_EG")         also Tang2026_MEC3_halfcell, Tang2026_MEC0_halfcell_H1, Tang2026_MEC0_halfcell_H2

Every parameter is a number or a function; nothing is left open. The dual-ion cell starts as assembled, discharged, and its current is
negative: it charges at 1 C of 80 mA/g (graphite). The film is a part of the models with parameters of its own. A half cell starts in
equilibrium at 1.0 V and its current, 1 C of 300 mA/g (carbon), sodiates it; run it with PyBaMM's own models and the options
``"working electrode": "positive"`` and ``"contact resistance": "true"``. These know no film, and its resistance is part of the contact.

MEC0: the article contradicts itself on this carbon, and no set chooses silently. ``H1`` reads 105.8 mAh/g at 1 C as the plateau, as
printed; ``H2`` reads it as the total, and the 33 % beside it as the ratio of the plateaus at 1 C and 0.2 C. Neither describes all data.

References: marquis2019 (SPMe), sulzer2021 (PyBaMM), tang2026 (cells).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dualion.models.cells import with_values
from dualion.models.reference import dualcell
from dualion.models.reference._pybamm import pybamm
from dualion.models.reference.impedance import METAL_DOUBLE_LAYER
from dualion.models.reference.laws import arrhenius
from dualion.models.reference.parameter_sets import cell_parameters
from dualion.models.reference.parts import Part
from dualion.models.states import initial_fractions
from dualion.records.cell import Cell
from dualion.records.cell_files import load_cell
from dualion.records.material import Ion

#: [mAh/g] of slope and pores of MEC0, fitted with the one-table SPMe and the shape of MEC3's populations; errors 1 % and at least 1 mAh/g.
#: h1: plateau 165 at 0.1 C (P054), total 64 at 2 C (P075), plateau 105.8 at 1 C (P079); residuals +24, +6, -31 mAh/g.
#: h2: the same with P079 as total and P080 as ratio 0.33; residuals -0.3, -3.5, +2.4 mAh/g, +0.10.
_MEC0 = {
    "h1": {"anode.slope_capacity": 76.2, "anode.pore_capacity": 319.9},
    "h2": {"anode.slope_capacity": 65.9, "anode.pore_capacity": 279.1},
}
_MEC0_CLAIMS = ("P054", "P075", "P079", "P080")


def tang2026_mec3_halfcell() -> dict[str, Any]:
    """Sodium against MEC3, the hard carbon made with zinc acetate (Tang et al. 2026)."""
    return _half_cell(load_cell("na-mec3"))


def tang2026_mec0_halfcell_h1() -> dict[str, Any]:
    """Sodium against MEC0 (Tang et al. 2026), 105.8 mAh/g at 1 C read as the plateau, as printed."""
    return _half_cell(_mec0("h1"))


def tang2026_mec0_halfcell_h2() -> dict[str, Any]:
    """Sodium against MEC0 (Tang et al. 2026), 105.8 mAh/g at 1 C read as the total."""
    return _half_cell(_mec0("h2"))


def tang2026_mec3_eg() -> dict[str, Any]:
    """MEC3 against expanded graphite (Tang et al. 2026), the dual-ion cell; the potential of the graphite has an assumed shape."""
    cell = load_cell("mec3-eg")
    return _closed(cell, {"Current function [A]": -cell.current(1.0), **_layers(cell)})


class _Nominal:
    """Parameter values of the models where none are given: PyBaMM's default belongs to a lithium-ion cell."""

    @property
    def default_parameter_values(self) -> Any:
        """Those of ``Tang2026_MEC3_EG``."""
        return pybamm.ParameterValues(tang2026_mec3_eg())


class DualIonSPM(_Nominal, dualcell.DualIonSPM):
    """Single particle model of a dual-ion cell with well-mixed salt and a film; ``parts=()`` leaves the film out."""

    def __init__(self, options: Mapping[str, Any] | None = None, *, cathode: Ion = "PF6-", parts: tuple[Part, ...] = ("film",)) -> None:
        super().__init__(dict(options or {}), cathode=cathode, parts=parts)


class DualIonSPMe(_Nominal, dualcell.DualIonSPMe):
    """Single particle model with electrolyte of a dual-ion cell with a film; ``parts=()`` leaves the film out."""

    def __init__(self, options: Mapping[str, Any] | None = None, *, cathode: Ion = "PF6-", parts: tuple[Part, ...] = ("film",)) -> None:
        super().__init__(dict(options or {}), cathode=cathode, parts=parts)


class DualIonDFN(_Nominal, dualcell.DualIonDFN):
    """Doyle-Fuller-Newman model of a dual-ion cell with a film; ``parts=()`` leaves the film out."""

    def __init__(self, options: Mapping[str, Any] | None = None, *, cathode: Ion = "PF6-", parts: tuple[Part, ...] = ("film",)) -> None:
        super().__init__(dict(options or {}), cathode=cathode, parts=parts)


def _mec0(reading: str) -> Cell:
    return with_values(load_cell("na-mec0"), _MEC0[reading], source=f"reading {reading}", claims=_MEC0_CLAIMS)


def _half_cell(cell: Cell) -> dict[str, Any]:
    """Parameters for PyBaMM's own half-cell models, which know no film."""
    contact = cell.series_resistance.value
    closed = _closed(cell, {"Current function [A]": cell.current(1.0), **_layers(cell)})
    if cell.film is not None:
        kelvin = closed["Ambient temperature [K]"]
        contact += cell.film.resistance.value / float(arrhenius(cell.film.activation_energy.value, kelvin).evaluate())
    known = {name: value for name, value in closed.items() if not name.startswith("Film")}
    return {**known, "Contact resistance [Ohm]": contact}


def _layers(cell: Cell) -> dict[str, float]:
    """Double layers, for the options of PyBaMM that ask for them."""
    name = "{} electrode double-layer capacity [F.m-2]"
    anode = cell.anode.material["double_layer_capacity"]
    if cell.cathode is None:
        return {name.format("Negative"): METAL_DOUBLE_LAYER, name.format("Positive"): anode}
    return {name.format("Negative"): anode, name.format("Positive"): cell.cathode.material["double_layer_capacity"]}


def _closed(cell: Cell, given: Mapping[str, float]) -> dict[str, Any]:
    """Parameter values of a cell at its state of assembly, with no input left open."""
    values: dict[str, Any] = {**cell_parameters(cell).values, **given}
    sides = {"anode": "positive"} if cell.cathode is None else {"anode": "negative", "cathode": "positive"}
    for name, fraction in initial_fractions(cell, {}).items():
        side = sides[name.split(".")[0]]
        values[f"Initial concentration in {side} electrode [mol.m-3]"] = (
            fraction * values[f"Maximum concentration in {side} electrode [mol.m-3]"]
        )
    values.pop("Voltage function [V]", None)  # an input of our own runs at a given voltage
    return values
