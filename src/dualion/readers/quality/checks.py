"""Quality checks on ingest: what a careful reader must know of a record before any number is drawn from it.

Nothing is repaired here. Every flag says how many rows it means, where the first of them is (rows are counted from 1), and which repair of
``readers.quality.repairs`` exists. Flags, in the order of the checks:

    missing_values         a time, voltage, current or impedance is no number
    time_reversed          time runs backwards
    time_gap               a step of time is far longer than the log's own
    duplicate_rows         a row stands there twice
    missing_rows           the counter of rows leaves numbers out
    constant_column        a column never changes
    unit_suspect           voltages as large as millivolts, in the whole file or a part; charge off by the factor of a unit
    counter_vs_integral    the step counter and the integral of the current differ by more than 1 %
    sign_suspect           the current contradicts the step labels, or without labels the voltage
    cycle_rule_disagrees   the instrument's cycles, those counted anew by the reader, and our own are not as many

Spectra and curves have checks of their own: ``missing_values``, ``out_of_range`` (a value that the quantity cannot have),
``duplicate_abscissae``, ``reversed_order`` and ``disordered`` (``readers.quality.spectrum_checks``).

The sign is suspect when it contradicts the label in more than 1 % of the rows labelled as charge or discharge; in a file without labels,
when it contradicts the sign of V_end - V_start in more than 10 % of the half cycles of constant current with |V_end - V_start| > 50 mV.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from dualion.readers.quality import charge_checks, row_checks
from dualion.readers.quality.checked_rows import finite_rows, seen
from dualion.readers.quality.spectrum_checks import spectrum_checks
from dualion.records.measurement import ELECTROCHEMICAL, Measurement

#: Codes that the checks own: a second run replaces them.
CODES = (
    "missing_values",
    "time_reversed",
    "time_gap",
    "duplicate_rows",
    "missing_rows",
    "constant_column",
    "unit_suspect",
    "counter_vs_integral",
    "sign_suspect",
    "cycle_rule_disagrees",
    "out_of_range",
    "duplicate_abscissae",
    "reversed_order",
    "disordered",
)
_CHECKS = (*row_checks.CHECKS, *charge_checks.CHECKS)


def check(measured: Measurement) -> Measurement:
    """Add the flags of every check to a measurement; its numbers stay as they are.

    Parameters
    ----------
    measured : Measurement

    Returns
    -------
    Measurement
        With the flags it had, those of earlier checks replaced.
    """
    kept = tuple(flag for flag in measured.flags if flag.code not in CODES)
    with np.errstate(all="ignore"):  # a damaged file holds any numbers; what overflows is told by its flag, not by a warning
        if measured.technique not in ELECTROCHEMICAL:
            return replace(measured, flags=(*kept, *spectrum_checks(measured)))
        whole = finite_rows(measured.table)
        rows = seen(measured, whole)
        found = tuple(row_checks.missing_values(measured.table, whole))
        if rows.table.height > 1:
            found += tuple(flag for one in _CHECKS for flag in one(rows))
    return replace(measured, flags=kept + found)
