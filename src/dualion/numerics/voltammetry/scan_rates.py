"""Voltammograms of several rates together: the scan that counts for each rate, and what the measured rates say of the stated ones.

One measurement may hold one rate or several, one after the other. The rate is that of the rows; the one that a file states is compared
with it (flag ``rate_mismatch`` beyond 2 %) and not used. Power laws in the rate hang on its range: below a decade that is a warning
(``narrow_rate_range``), and so are four rates or fewer, which leave two degrees of freedom (``few_rates``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from dualion.numerics.voltammetry.scans import Direction, Scan, Sweep, distinct_rates, scans, sweeps, without_ohmic_drop
from dualion.records.measurement import Measurement
from dualion.records.quantity import Flag, Quantity
from dualion.units import convert

COLUMNS = ("test_time_second", "voltage_volt", "current_ampere")
#: How far the measured rate may be from the stated one [1].
RATE_MISMATCH = 0.02
#: Different rates up to which errors are wide, and ratio of the fastest to the slowest below which a power law hangs on little.
FEW_RATES, ONE_DECADE = 4, 10.0
_MILLI = 1e3


@dataclass(frozen=True, slots=True)
class Chosen:
    """A scan and the measurement it comes from."""

    scan: Scan
    measured: Measurement

    @property
    def rate(self) -> float:
        """[mV/s], as measured."""
        return _MILLI * self.scan.rate

    @property
    def stated(self) -> float | None:
        """[mV/s] that the file states; None where it states none."""
        given = self.measured.conditions.get("scan_rate")
        if not isinstance(given, Quantity) or given.value is None or not given.value > 0:
            return None
        return convert(given.value, given.unit, "mV/s")

    def sweep(self, direction: Direction) -> Sweep:
        """Its sweep of a direction."""
        return self.scan.sweep(direction)


def chosen_scans(measurements: Sequence[Measurement], *, cycle: int | None = None) -> tuple[tuple[Chosen, ...], tuple[Flag, ...]]:
    """The scan that counts for each rate of each measurement, and what had to be left out.

    Parameters
    ----------
    measurements : sequence of Measurement
        With the columns ``COLUMNS``.
    cycle : int or None
        Number [1] of the cycle of each rate; the last complete one where None, or the last but one of three or more.

    Returns
    -------
    chosen : tuple of Chosen
        From the slowest to the fastest.
    flags : tuple of Flag
        ``missing_values`` of rows without a number, ``incomplete_cycle`` of files without a whole cycle.

    Raises
    ------
    InputError
        The rows of a measurement are not usable; ``CoverageError`` where they are too few.
    """
    found, flags = [], []
    for measured in measurements:
        columns = measured.table.select(COLUMNS).to_numpy()
        whole = np.isfinite(columns).all(axis=1)
        name = measured.source.file
        if not whole.all():
            dropped = np.count_nonzero(~whole)
            said = f"{name}: {dropped} rows hold no number of time, voltage or current and are left out."
            flags.append(Flag("missing_values", "warning", said))
        time, voltage, current = np.ascontiguousarray(columns[whole].T)
        seen = scans(sweeps(time, voltage, current, where=name), cycle=cycle)
        if not seen:
            flags.append(Flag("incomplete_cycle", "warning", f"{name}: it holds no complete cycle of linear sweeps and is left out."))
        found += [Chosen(scan, measured) for scan in seen]
    return tuple(sorted(found, key=lambda one: (one.scan.rate, one.measured.source.sha256))), tuple(flags)


def corrected(found: Sequence[Chosen], resistance: float) -> tuple[Chosen, ...]:
    """The scans on the potential E - i R.

    Parameters
    ----------
    found : sequence of Chosen
    resistance : float
        [ohm] in series with the electrode.
    """
    return tuple(
        replace(
            one,
            scan=replace(
                one.scan,
                anodic=without_ohmic_drop(one.scan.anodic, resistance),
                cathodic=without_ohmic_drop(one.scan.cathodic, resistance),
            ),
        )
        for one in found
    )


def rate_flags(found: Sequence[Chosen]) -> tuple[Flag, ...]:
    """The flags ``rate_mismatch``, ``few_rates`` and ``narrow_rate_range`` of scans, as far as they hold."""
    flags = []
    for one in found:
        if one.stated is not None and abs(one.rate / one.stated - 1) > RATE_MISMATCH:
            said = f"{one.measured.source.file}: {one.stated:.4g} mV/s is stated and {one.rate:.4g} mV/s is measured."
            flags.append(Flag("rate_mismatch", "warning", f"{said} The measured rate is used."))
    count = distinct_rates([one.rate for one in found])
    if count <= FEW_RATES:
        flags.append(Flag("few_rates", "warning", f"{count} different scan rates: two degrees of freedom or fewer."))
    ratio = max(one.rate for one in found) / min(one.rate for one in found)
    if ratio < ONE_DECADE:
        flags.append(Flag("narrow_rate_range", "warning", f"The scan rates span a factor of {ratio:.3g}, less than a decade."))
    return tuple(flags)


def scan_table(found: Sequence[Chosen]) -> pl.DataFrame:
    """One row for each scan: its file, its rate as measured and as stated, its cycle and how many complete ones there are."""
    return pl.DataFrame(
        {
            "file": [one.measured.source.file for one in found],
            "rate [mV/s]": [one.rate for one in found],
            "stated_rate [mV/s]": pl.Series([one.stated for one in found], dtype=pl.Float64),
            "cycle": [one.scan.cycle for one in found],
            "complete_cycles": [one.scan.cycles for one in found],
        }
    )
