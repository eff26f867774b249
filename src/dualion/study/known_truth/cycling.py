"""Cycles of a half cell, of which the model knows the charge below each potential.

Two truths stand beside what is found. The model's own count of the charge that passed below 0.15 V is what a rule of capacity at a fixed
potential should give back: reading the file, finding the half cycles and interpolating the crossing must not lose any of it. The plateau of
the open-circuit potential, which the host holds whatever the current, is what a chemist means: what the rules miss of it at a rate is
ohmic drop, kinetics and diffusion.
"""

from __future__ import annotations

from collections.abc import Sequence

from dualion.models.engines import solver
from dualion.models.experiments import rate_blocks
from dualion.models.isotherms import isotherm_of
from dualion.models.runs.measured import measurement
from dualion.models.runs.summaries import number, step_rows
from dualion.records.cell import Cell
from dualion.study.known_truth.comparison import Comparison, compared
from dualion.techniques import technique

#: [1] of 1 C, those of the bundled study.
RATES = (0.1, 0.2, 0.5, 1.0, 2.0)
BOUNDARY = 0.15  # [V] tang2026
#: [1] of each rate; the second one stands in the table, after the first has begun from the empty carbon.
CYCLES = 2
#: Names of the plateau by each rule in the results.
RULES = {"fixed": "plateau_capacity", "ir_corrected": "plateau_capacity_ir_corrected", "inflection": "plateau_capacity_inflection"}


def cycling_comparisons(cell: Cell, *, rates: Sequence[float] = RATES) -> tuple[Comparison, ...]:
    """Capacities, plateaus and mean potentials found, beside those of the model.

    Parameters
    ----------
    cell : Cell
        A half cell.
    rates : sequence of float, shape (n,)
        [1] of 1 C.

    Returns
    -------
    tuple of Comparison
    """
    held = held_below(cell, BOUNDARY)
    found: list[Comparison] = []
    for rate in rates:
        protocol = rate_blocks(cell, [rate * cell.one_c.value], cycles=CYCLES)
        solved = solver(cell).solve(protocol)
        truth = step_rows(solved, protocol, boundary=BOUNDARY)[-1]
        measured = measurement(solved, protocol)
        case = f"{rate:g}C, desodiation"
        row = technique("cycling")
        result = row.analyse([measured], row.options())
        for name, key, quantity in (
            ("reversible_capacity", "specific_capacity", "capacity"),
            ("mean_desodiation_voltage", "mean_voltage", "mean potential"),
        ):
            found.append(compared(result, name, number(truth, key), case=case, quantity=quantity, rule="counter"))
        row = technique("plateau")
        result = row.analyse([measured], row.options(boundary=BOUNDARY, cycle=CYCLES, resistance=_resistance(cell)))
        counted = number(truth, "plateau_capacity")
        found.append(compared(result, RULES["fixed"], counted, case=case, quantity="charge below 0.15 V", rule="fixed"))
        found += [
            compared(result, name, held, case=case, quantity="plateau of the open-circuit potential", rule=rule)
            for rule, name in RULES.items()
            if name in result.values
        ]
    return tuple(found)


def held_below(cell: Cell, potential: float) -> float:
    """[mAh/g] that the carbon holds in equilibrium between the lower end of the window and a potential.

    Parameters
    ----------
    cell : Cell
    potential : float
        [V] against Na+/Na.

    Returns
    -------
    float
    """
    isotherm = isotherm_of(cell.anode)
    return cell.anode.host_capacity * float(isotherm.fraction(cell.window[0].value) - isotherm.fraction(potential))


def _resistance(cell: Cell) -> float:
    """[ohm] that a chemist would take from a spectrum: contacts, film, charge transfer at half filling."""
    film = 0.0 if cell.film is None else cell.film.resistance.value
    return cell.series_resistance.value + film + cell.anode.material["charge_transfer_resistance"]
