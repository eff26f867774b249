"""Spectra of a half cell whose resistances and activation energies are known.

What the model has, at a filling x of the carbon:

    high-frequency limit     series resistance and the electrolyte between the electrodes
    arc of the film          R_film;  in the same decade the interface of the sodium metal, R T / (F i_0 A)
    arc of the reaction      R_ct / (2 sqrt(x (1 - x)))

A two-electrode spectrum has the film and the metal in one arc: their sum is what can be found, and the film alone is what a reader may
take it for. Both stand in the table. The metal's arc also bends the lines of an Arrhenius plot, for it hardly falls with the temperature:
a circuit of two arcs has to put it somewhere. The film's conductance and the reaction's exchange current follow Arrhenius' law in the
model, which is ln (1/R) for the one and ln (T/R) for the other. Needs PyBaMM (extra ``[cells]``).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from dualion.errors import MissingDependency, SpecError
from dualion.models.constants import FARADAY, GAS_CONSTANT, METAL_EXCHANGE_CURRENT, ZERO_CELSIUS
from dualion.models.runs.measured import spectrum_measurement
from dualion.records.cell import Cell, Film
from dualion.records.measurement import Measurement
from dualion.study.known_truth.comparison import Comparison, compared
from dualion.techniques import technique

#: [Hz] twenty points in a decade, from beyond the first arc to before diffusion.
FREQUENCIES = tuple(float(value) for value in np.geomspace(1e6, 5.0, 107))
#: [Hz] at which neither arc nor electrode is felt any more.
BEYOND = 1e9
FILLING = 0.5  # [1] of the whole host
#: [degC] those of the bundled study.
TEMPERATURES = (30.0, 40.0, 50.0, 60.0, 70.0)
#: Two arcs behind a resistance; the constant-phase element takes what diffusion leaves in the window.
CIRCUIT = "R(R|Q)(R|Q)Q"
#: The model's arcs are ideal. What a reader of two arcs takes, and what is there: film, metal, reaction.
TWO_ARCS, THREE_ARCS = "R(R|C)(R|C)C", "R(R|C)(R|C)(R|C)"


def spectra(cell: Cell, *, temperatures: Sequence[float], frequencies: Sequence[float] = FREQUENCIES) -> tuple[Measurement, ...]:
    """Spectra of a half cell at half filling as measurements.

    Parameters
    ----------
    cell : Cell
    temperatures : sequence of float, shape (n,)
        [degC]
    frequencies : sequence of float
        [Hz]

    Returns
    -------
    tuple of Measurement

    Raises
    ------
    MissingDependency
        PyBaMM is not installed.
    """
    try:
        from dualion.models.reference.impedance import ImpedanceModel
    except ImportError as error:
        raise MissingDependency("pybamm", "cells") from error
    model = ImpedanceModel(cell, "SPMe")
    return tuple(
        spectrum_measurement(cell, model.spectrum(filling=FILLING, frequencies=frequencies, temperature=one)) for one in temperatures
    )


def impedance_comparisons(cell: Cell) -> tuple[Comparison, ...]:
    """Resistances and activation energies found, beside those put in.

    Parameters
    ----------
    cell : Cell
        A half cell with a film.

    Returns
    -------
    tuple of Comparison

    Raises
    ------
    SpecError
        The cell has no film.
    """
    if cell.film is None:
        raise SpecError(f"cell.{cell.name}: it has no film, whose arc is compared. Give it one in its file.")
    at_rest = cell.temperature.value
    (measured,) = spectra(cell, temperatures=[at_rest])
    (limit,) = spectra(cell, temperatures=[at_rest], frequencies=[BEYOND])
    row = technique("eis")
    result = row.analyse([measured], row.options(circuit=CIRCUIT))
    film, metal = cell.film.resistance.value, _metal_resistance(cell)
    reaction = cell.anode.material["charge_transfer_resistance"] / (2 * math.sqrt(FILLING * (1 - FILLING)))
    case, rule = f"{at_rest:g} degC, x = {FILLING:g}", f"circuit {CIRCUIT}"
    found = [
        compared(
            result, "series_resistance", limit.table["real_impedance_ohm"][0], case=case, quantity="series and electrolyte", rule=rule
        ),
        compared(result, "arc_1_resistance", film + metal, case=case, quantity="film and metal interface", rule=rule),
        compared(result, "arc_1_resistance", film, case=case, quantity="film alone", rule=rule),
        compared(result, "arc_2_resistance", reaction, case=case, quantity="charge transfer", rule=rule),
    ]
    return (*found, *_activation(cell, cell.film))


def _activation(cell: Cell, film: Film) -> tuple[Comparison, ...]:
    """Activation energies from spectra at several temperatures, by both circuits."""
    row = technique("arrhenius")
    measured = list(spectra(cell, temperatures=TEMPERATURES))
    case = f"{TEMPERATURES[0]:g} to {TEMPERATURES[-1]:g} degC"
    reaction = cell.anode.material["activation_energy"]
    found = []
    for circuit, of_reaction in ((TWO_ARCS, "arc_2"), (THREE_ARCS, "arc_3")):
        result = row.analyse(measured, row.options(circuit=circuit, form="t_over_r", allow_flagged=True))
        for name, truth, quantity, form in (
            ("arc_1_activation_energy_other_form", film.activation_energy.value, "film", "ln (1/R)"),
            (f"{of_reaction}_activation_energy", reaction, "charge transfer", "ln (T/R)"),
        ):
            rule = f"{form}, circuit {circuit}"
            found.append(compared(result, name, truth, case=case, quantity=f"activation energy, {quantity}", rule=rule))
    return tuple(found)


def _metal_resistance(cell: Cell) -> float:
    """[ohm] of the interface of the sodium metal at the temperature of the cell."""
    kelvin = cell.temperature.value + ZERO_CELSIUS
    return GAS_CONSTANT * kelvin / (FARADAY * METAL_EXCHANGE_CURRENT * 1e-4 * cell.area.value)
