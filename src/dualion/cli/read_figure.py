"""The quick figure of a measurement: what was measured against time, a voltammogram, a spectrum, or whatever lies over its abscissa."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from dualion.columns import column
from dualion.errors import SpecError
from dualion.readers.quality.spectrum_checks import ABSCISSAE
from dualion.records.figure import Axis, Figure, Panel, Series
from dualion.records.measurement import ELECTROCHEMICAL, Measurement

_MOST_POINTS = 2000
_SECONDS_PER_HOUR = 3600.0
_FEW_HOURS = 1.0  # [h] below it the axis is in minutes
_SMALL_CURRENT = 1.0  # [A] below it the axis is in mA
_MILLI = 1e-3
_MOST_PANELS = 2
_OF_SORPTION = ("relative_pressure", "pressure_pascal", "saturation_pressure_pascal")
_FALLING = ("binding_energy_electronvolt", "wavenumber_per_centimetre")
_UNDRAWN = ("intensity_error", "q_resolution")
_QUANTITIES = {
    "q_inverse_nanometre": "Scattering vector",
    "two_theta_degree": "Angle 2θ",
    "raman_shift_per_centimetre": "Raman shift",
    "wavenumber_per_centimetre": "Wavenumber",
    "binding_energy_electronvolt": "Binding energy",
    "photon_energy_electronvolt": "Photon energy",
    "loading_mol_per_kg": "Loading",
    "intensity_per_centimetre": "Intensity",
    "intensity_count": "Intensity",
    "intensity_count_per_second": "Intensity",
    "transmittance_percent": "Transmittance",
    "mu": "Absorption",
    "time_second": "Time",
    "depth_nanometre": "Depth",
}
_AXES_OF_TIME = (("voltage_volt", "Voltage"), ("current_ampere", "Current"))
_NEEDED = {"eis": ("real_impedance_ohm", "imaginary_impedance_ohm"), "cv": ("voltage_volt", "current_ampere")}


def quick_figure(measured: Measurement) -> Figure:
    """A figure for one look at a measurement, of 2000 points at most.

    Parameters
    ----------
    measured : Measurement

    Returns
    -------
    Figure
        Of a long record the extremes of each stretch are kept.
    """
    name = measured.source.file
    table = measured.table
    needed = _NEEDED.get(measured.technique, ())
    if measured.technique == "eis" and set(needed) <= set(table.columns):
        real, imaginary = (table[column].to_numpy() for column in needed)
        axes = Axis("Re Z", "ohm"), Axis("−Im Z", "ohm")
        panels: tuple[Panel, ...] = (_panel(measured, real, -imaginary, axes),)
    elif measured.technique == "cv" and set(needed) <= set(table.columns):
        voltage, current = (table[column].to_numpy() for column in needed)
        scaled, unit = _current(current)
        panels = (_panel(measured, voltage, scaled, (Axis("Potential", "V"), Axis("Current", unit))),)
    elif (abscissa := _abscissa(measured)) is not None:
        panels = _against(measured, abscissa)
    elif "test_time_second" in table.columns:
        panels = _against_time(measured)
    else:
        raise SpecError(f"{name}: {measured.technique} is a table without an abscissa, which is not drawn.")
    finding = f"{name}: {table.height} rows of {measured.source.reader}, as they were read."
    return Figure("read", name, finding, panels, 183 if len(panels) > 1 else 89)


def _abscissa(measured: Measurement) -> str | None:
    """Column over which a measurement of a sample is drawn."""
    known = (*ABSCISSAE.get(measured.technique, ()), *_OF_SORPTION)
    return next((name for name in known if name in measured.table.columns), None) if measured.technique not in ELECTROCHEMICAL else None


def _against(measured: Measurement, abscissa: str) -> tuple[Panel, ...]:
    """The columns of a spectrum that say most; a depth profile has several."""
    table = measured.table
    numbers = [name for name in table.columns if column(name).kind == "number" and name not in (*_UNDRAWN, abscissa, *_OF_SORPTION)]
    x = table[abscissa].to_numpy()
    return tuple(_panel(measured, x, table[name].to_numpy(), (_axis(abscissa), _axis(name))) for name in numbers[:_MOST_PANELS])


def _axis(name: str) -> Axis:
    words = _QUANTITIES.get(name) or name.removesuffix("_arbitrary").replace("_", " ").capitalize()
    return Axis(words, column(name).unit or "1", falling=name in _FALLING)


def _against_time(measured: Measurement) -> tuple[Panel, ...]:
    table = measured.table
    time = table["test_time_second"].to_numpy() / _SECONDS_PER_HOUR
    long = time.size == 0 or np.nanmax(np.append(time, 0.0)) - np.nanmin(np.append(time, 0.0)) > _FEW_HOURS
    axis = Axis("Time", "h") if long else Axis("Time", "min")
    time = time if long else 60 * time
    panels = []
    for name, quantity in _AXES_OF_TIME:
        if name in table.columns:
            values, unit = table[name].to_numpy(), "V"
            if name == "current_ampere":
                values, unit = _current(values)
            panels.append(_panel(measured, time, values, (axis, Axis(quantity, unit))))
    return tuple(panels)


def _current(current: NDArray[np.float64]) -> tuple[NDArray[np.float64], str]:
    """A current in A or mA, and which of them."""
    largest = np.max(np.abs(current[np.isfinite(current)]), initial=0.0)
    return (current, "A") if largest >= _SMALL_CURRENT else (current / _MILLI, "mA")


def _panel(measured: Measurement, x: NDArray[np.float64], y: NDArray[np.float64], axes: tuple[Axis, Axis]) -> Panel:
    good = np.isfinite(x) & np.isfinite(y)
    x, y = x[good], y[good]
    kept = _thinned(y)
    kind, origin = ("simulated", measured.source.origin) if measured.simulated else ("measured", "raw-file")
    label = "simulated" if measured.simulated else "measured"
    points = tuple(float(value) for value in x[kept]), tuple(float(value) for value in y[kept])
    return Panel(axes[0], axes[1], (Series(label, kind, *points, origin),))  # type: ignore[arg-type]


def _thinned(values: NDArray[np.float64]) -> NDArray[np.int64]:
    """Positions of the smallest and the largest value of each of a thousand stretches."""
    if values.size <= _MOST_POINTS:
        return np.arange(values.size)
    edges = np.linspace(0, values.size, _MOST_POINTS // 2 + 1).astype(int)
    found = [low + at for low, high in pairwise(edges.tolist()) for at in _extremes(values[low:high])]
    return np.array(sorted(set(found)), dtype=np.int64)


def _extremes(part: NDArray[np.float64]) -> tuple[int, int]:
    return int(np.argmin(part)), int(np.argmax(part))
