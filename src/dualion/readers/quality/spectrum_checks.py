"""Checks of spectra and curves: an abscissa that repeats or runs backwards, values that are none, and values that no sample can give.

Nothing is sorted and no row is left out; each flag says how many rows it means and where the first of them is.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

from dualion.numerics.cycling.row_quality import Array
from dualion.readers.quality.checked_rows import note, warning
from dualion.records.measurement import Measurement
from dualion.records.quantity import Flag

#: Column of the abscissa of each technique.
ABSCISSAE = {
    "saxs": ("q_inverse_nanometre",),
    "xrd": ("two_theta_degree",),
    "raman": ("raman_shift_per_centimetre",),
    "ftir": ("wavenumber_per_centimetre",),
    "xps": ("binding_energy_electronvolt",),
    "nexafs": ("photon_energy_electronvolt",),
    "xafs": ("photon_energy_electronvolt",),
    "gdoes": ("time_second", "depth_nanometre"),
    "spectrum": ("abscissa",),
}
#: Techniques whose abscissa may run either way.
_EITHER_WAY = ("ftir", "xps", "spectrum", "raman")

#: Values outside of which a column cannot be what it is called: lowest, highest, and whether the lowest itself is outside.
RANGES = {
    "q_inverse_nanometre": (0.0, 1e3, True),
    "intensity_per_centimetre": (0.0, np.inf, False),
    "intensity_count": (0.0, np.inf, False),
    "intensity_count_per_second": (0.0, np.inf, False),
    "binding_energy_electronvolt": (0.0, 1500.0, False),
    "relative_pressure": (0.0, 1.02, False),
    "wavenumber_per_centimetre": (0.0, 12_000.0, True),
    "two_theta_degree": (-180.0, 180.0, False),
    "loading_mol_per_kg": (0.0, np.inf, False),
}


def spectrum_checks(measured: Measurement) -> Iterator[Flag]:
    """Flags of a spectrum or curve.

    Parameters
    ----------
    measured : Measurement
    """
    table = measured.table
    yield from _missing(table)
    for name, (lowest, highest, open_below) in RANGES.items():
        if name in table.columns:
            yield from _outside(name, table[name].to_numpy(), lowest, highest, open_below=open_below)
    abscissa = next((name for name in ABSCISSAE.get(measured.technique, ()) if name in table.columns), None)
    if abscissa is not None:
        yield from _order(abscissa, table[abscissa].to_numpy(), either=measured.technique in _EITHER_WAY)


def _missing(table: pl.DataFrame) -> Iterator[Flag]:
    for series in table.get_columns():
        if series.dtype == pl.Float64 and series.name not in ("descriptor_stderr", "intensity_error", "q_resolution"):
            bad = np.flatnonzero(~np.isfinite(series.to_numpy()))
            if bad.size:
                message = f"{series.name}: {bad.size} of {series.len()} rows hold no number, the first in row {int(bad[0]) + 1}."
                yield warning("missing_values", f"{message} Analyses leave them out.")


def _outside(name: str, values: Array, lowest: float, highest: float, *, open_below: bool) -> Iterator[Flag]:
    bad = np.flatnonzero(((values <= lowest) if open_below else (values < lowest)) | (values > highest))
    if bad.size:
        first = int(bad[0])
        message = (
            f"{name}: {bad.size} of {values.size} rows are out of the physical range, the first in row {first + 1} ({values[first]:.6g})."
        )
        yield warning("out_of_range", message)


def _order(name: str, values: Array, *, either: bool) -> Iterator[Flag]:
    """An abscissa that runs backwards, jumps about or repeats."""
    finite = values[np.isfinite(values)]
    if finite.size < 2:
        return
    steps = np.diff(finite)
    repeated = int((np.diff(np.sort(finite)) == 0).sum())
    if repeated:
        yield warning(
            "duplicate_abscissae", f"{name}: {repeated} values stand there more than once. Analyses sort the rows and keep all of them."
        )
    back = int((steps < 0).sum())
    if back == steps.size and not either:
        yield note("reversed_order", f"{name}: the rows run from high to low values. Analyses sort them.")
    elif 0 < back < steps.size and int((steps > 0).sum()) > 0:
        yield warning(
            "disordered",
            f"{name}: the rows change direction {int((np.diff(np.sign(steps[steps != 0])) != 0).sum())} times. Analyses sort them.",
        )
