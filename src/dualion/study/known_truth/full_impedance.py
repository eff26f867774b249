"""Spectra of a dual-ion cell whose resistances and activation energies are known.

A dual-ion cell has no sodium metal, so that the film of the anode has an arc of its own. What the model has, at a filling x of the carbon,
with the salt at c where the cell began with c_0:

    high-frequency limit       series resistance and the electrolyte between the electrodes
    arc of the film            R_film
    arc of the graphite        faster than the carbon; it belongs to no resistance that was put in as such
    arc of the reaction        R_ct / (2 sqrt(x (1 - x))) sqrt(c_0 / c)

The exchange current of the carbon goes with the root of the salt, and charging takes salt out of the electrolyte: a resistance read at half
charge is larger than that of the fresh cell. Needs PyBaMM (extra ``[cells]``).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from dualion.errors import MissingDependency, SpecError
from dualion.models.runs.impedance_states import filling_at
from dualion.models.runs.measured import spectrum_measurement
from dualion.records.cell import Cell
from dualion.records.measurement import Measurement
from dualion.study.known_truth.comparison import Comparison, compared
from dualion.study.known_truth.impedance import BEYOND, TEMPERATURES
from dualion.techniques import technique

if TYPE_CHECKING:
    from dualion.models.reference.impedance import ImpedanceModel

#: [Hz] twenty points in a decade: before the film, to where diffusion begins.
FREQUENCIES = tuple(float(value) for value in np.geomspace(1e5, 1.0, 101))
STATE = "0.5"  # [1] of the charge that the cell takes up
CIRCUIT = "R(R|C)(R|C)(R|C)Q"
_MILLI = 1e-3  # mol/m3 to mol/L


def full_impedance_comparisons(cell: Cell) -> tuple[Comparison, ...]:
    """Resistances and activation energies found in a dual-ion cell, beside those put in.

    Parameters
    ----------
    cell : Cell
        A dual-ion cell with a film.

    Returns
    -------
    tuple of Comparison

    Raises
    ------
    SpecError
        The cell has no film.
    MissingDependency
        PyBaMM is not installed.
    """
    if cell.film is None:
        raise SpecError(f"cell.{cell.name}: it has no film, whose arc is compared. Give it one in its file.")
    try:
        from dualion.models.reference.impedance import ImpedanceModel
    except ImportError as error:
        raise MissingDependency("pybamm", "cells") from error
    model, filling, at_rest = ImpedanceModel(cell, "SPMe"), filling_at(cell, STATE), cell.temperature.value
    spectrum = model.spectrum(filling=filling, frequencies=FREQUENCIES, temperature=at_rest)
    limit = model.spectrum(filling=filling, frequencies=[BEYOND], temperature=at_rest).impedance.real[0]
    salt = math.sqrt(cell.electrolyte.concentration.value / (_MILLI * spectrum.salt))
    reaction = cell.anode.material["charge_transfer_resistance"] / (2 * math.sqrt(filling * (1 - filling))) * salt
    row = technique("eis")
    result = row.analyse([spectrum_measurement(cell, spectrum)], row.options(circuit=CIRCUIT))
    case, rule = f"{at_rest:g} degC, half charged", f"circuit {CIRCUIT}"
    truths = (
        ("series_resistance", float(limit), "series and electrolyte"),
        ("arc_1_resistance", cell.film.resistance.value, "film"),
        ("arc_3_resistance", reaction, "charge transfer of the anode"),
    )
    found = [compared(result, name, truth, case=case, quantity=quantity, rule=rule) for name, truth, quantity in truths]
    return (*found, *_activation(cell, _series(model, cell, filling)))


def _series(model: ImpedanceModel, cell: Cell, filling: float) -> list[Measurement]:
    spectra = (model.spectrum(filling=filling, frequencies=FREQUENCIES, temperature=one) for one in TEMPERATURES)
    return [spectrum_measurement(cell, one) for one in spectra]


def _activation(cell: Cell, measured: Sequence[Measurement]) -> tuple[Comparison, ...]:
    """Activation energies of film and reaction."""
    row, case = technique("arrhenius"), f"{TEMPERATURES[0]:g} to {TEMPERATURES[-1]:g} degC"
    result = row.analyse(measured, row.options(circuit=CIRCUIT, form="t_over_r"))
    film = cell.film.activation_energy.value if cell.film is not None else math.nan
    truths = (
        ("arc_1_activation_energy_other_form", film, "film", "ln (1/R)"),
        ("arc_3_activation_energy", cell.anode.material["activation_energy"], "charge transfer of the anode", "ln (T/R)"),
    )
    found = []
    for name, truth, quantity, form in truths:
        rule = f"{form}, circuit {CIRCUIT}"
        found.append(compared(result, name, truth, case=case, quantity=f"activation energy, {quantity}", rule=rule))
    return tuple(found)
