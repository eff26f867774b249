"""What the numbers of different techniques must obey among themselves.

    slope + plateau = total                        to 1e-9 of the total
    energy / charge = mean voltage E/Q             to 1e-6
    R of impedance = iR jump / current             to 30 %, R of the series and of all arcs, jump of the pulses of a titration
    salt depletion <= 100 %                        a discharge cannot hold more ions than the electrolyte had
    capacity q as Na C_x:  x = F / (q M_C)         for a carbon half cell; a number to look at, not a test

F = 26 801.481 mAh/mol (from e and N_A, exact), M_C = 12.011 g/mol (IUPAC 2021 conventional weight).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from dualion.project.analysis import Analysis, Finished
from dualion.project.words import label
from dualion.records.measurement import Result

_FARADAY = 26_801.481  # [mAh/mol]
_CARBON = 12.011  # [g/mol]
_SUM, _MEAN, _JUMP = 1e-9, 1e-6, 0.30  # [1] relative tolerances
_MILLI = 1e3
_SECONDS = 3600.0  # [s] in an hour
_ALL = 100.0  # [%]


@dataclass(frozen=True, slots=True)
class CrossCheck:
    """One relation between numbers.

    Parameters
    ----------
    relation : str
        What must hold.
    about : str
        File or cell.
    found : str
        What the numbers give.
    holds : bool or None
        None where it is a number to look at.
    """

    relation: str
    about: str
    found: str
    holds: bool | None


def crosschecks(analysis: Analysis) -> tuple[CrossCheck, ...]:
    """Every relation that the results of an analysis can be held to.

    Parameters
    ----------
    analysis : Analysis

    Returns
    -------
    tuple of CrossCheck
    """
    found: list[CrossCheck] = []
    kinds = {reading.path: (reading.kind, reading.working) for reading in analysis.readings}
    for one in analysis.finished:
        found += _parts(one)
        found += _mean_voltage(one)
        found += _depletion(one)
        if kinds.get(one.task.paths[0]) == ("half", "anode"):
            found += _stoichiometry(one)
    return (*found, *_jumps(analysis))


def _value(result: Result, name: str) -> float | None:
    quantity = result.values.get(name)
    return None if quantity is None else quantity.value


def _parts(one: Finished) -> Iterator[CrossCheck]:
    total, plateau, slope = (_value(one.result, f"{part}_charge") for part in ("total", "plateau", "slope"))
    if one.task.technique != "plateau" or total is None or plateau is None or slope is None:
        return
    off = abs(slope + plateau - total) / total
    yield CrossCheck("slope and plateau add up to the total", label(one.task), f"off by {off:.1e}", off <= _SUM and plateau <= total)


def _mean_voltage(one: Finished) -> Iterator[CrossCheck]:
    """E/Q of every half cycle against the mean voltage beside it."""
    table = one.result.tables.get("half_cycles")
    names = ("charge [mAh]", "energy [mWh]", "mean_voltage [V]")
    if one.task.technique != "cycling" or table is None or not set(names) <= set(table.columns):
        return
    charge, energy, mean = (table[name].cast(float).to_numpy() for name in names)
    used = np.isfinite(charge) & np.isfinite(energy) & np.isfinite(mean) & (charge > 0)
    if used.any():
        off = float(np.max(np.abs(energy[used] / charge[used] - mean[used])))
        yield CrossCheck("energy over charge is the mean voltage", label(one.task), f"off by at most {off:.1e} V", off <= _MEAN)


def _depletion(one: Finished) -> Iterator[CrossCheck]:
    depletion = _value(one.result, "salt_depletion")
    if one.task.technique == "energy_power" and depletion is not None:
        text = f"{depletion:.3g} % of the salt is taken up"
        yield CrossCheck("the electrolyte holds the ions of the discharge", label(one.task), text, depletion <= _ALL)


def _stoichiometry(one: Finished) -> Iterator[CrossCheck]:
    capacity = _value(one.result, "reversible_capacity")
    if one.task.technique == "cycling" and capacity:
        text = f"{capacity:.4g} mAh/g is NaC{_FARADAY / (capacity * _CARBON):.2f}"
        yield CrossCheck("composition by Faraday's law", label(one.task), text, None)


def _jumps(analysis: Analysis) -> Iterator[CrossCheck]:
    """Resistance of the spectrum of a cell against the jumps at its pulses, where both were measured."""
    for pulses in (one for one in analysis.finished if one.task.technique == "gitt"):
        observed = _jump_resistance(pulses.result)
        for spectrum in (one for one in analysis.finished if one.task.technique == "eis" and one.task.cell == pulses.task.cell):
            expected = _resistance(spectrum.result)
            if observed is not None and expected is not None:
                off = abs(observed - expected) / expected
                text = f"{observed:.4g} ohm of the pulses, {expected:.4g} ohm of {label(spectrum.task)}"
                yield CrossCheck("the jump at a pulse is R of the impedance times the current", pulses.task.cell, text, off <= _JUMP)


def _jump_resistance(result: Result) -> float | None:
    """Median of jump over current [ohm]; of each pulse the current is its charge over its duration."""
    table = result.tables.get("pulses")
    if table is None or table.height == 0:
        return None
    jump = np.abs(table["jump [mV]"].cast(float).to_numpy()) / _MILLI
    current = np.abs(table["pulse_charge [mAh]"].cast(float).to_numpy()) / _MILLI * _SECONDS / table["pulse_duration [s]"].to_numpy()
    ratios = jump[current > 0] / current[current > 0]
    ratios = ratios[np.isfinite(ratios)]
    return float(np.median(ratios)) if ratios.size else None


def _resistance(result: Result) -> float | None:
    """Series resistance and all arcs [ohm] of a single spectrum."""
    arcs = [q.value for name, q in result.values.items() if name.startswith("arc_") and name.endswith("_resistance")]
    series = _value(result, "series_resistance") or 0.0
    return None if not arcs or None in arcs else series + float(sum(value for value in arcs if value is not None))
