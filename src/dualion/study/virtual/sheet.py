"""The signals of one or more carbons side by side: one panel for each instrument."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dualion.records.figure import Axis, Figure, Panel, Series
from dualion.records.measurement import Measurement
from dualion.records.quantity import Quantity
from dualion.study.virtual.signals import Signals

Array = npt.NDArray[np.float64]

#: Most points of a line: more are not seen.
MOST_POINTS = 1500


@dataclass(frozen=True, slots=True)
class _View:
    """How the signals of an instrument are drawn.

    Parameters
    ----------
    title : str
    x, y : Axis
    column_x, column_y : tuple of str
        Canonical columns, the first one that is there.
    over : str
        Column that the signal is divided by; empty for none.
    scaled : bool
        Whether the signal is drawn from 0 at its least to 1 at its largest value: an arbitrary scale.
    region : str
        Of measurements of several regions, the one that is drawn; empty for all.
    apart : str
        Condition of which one measurement each is drawn; empty for all.
    window : tuple of two floats, or None
        Of x, in its [unit].
    """

    title: str
    x: Axis
    y: Axis
    column_x: tuple[str, ...]
    column_y: tuple[str, ...]
    over: str = ""
    scaled: bool = False
    region: str = ""
    apart: str = ""
    window: tuple[float, float] | None = None


_SIGNAL = Axis("Signal, from least to largest", "1")
_VIEWS: Mapping[str, _View] = {
    "sorption": _View(
        "Nitrogen sorption",
        Axis("Relative pressure", "1", "log"),
        Axis("Amount adsorbed", "mmol/g"),
        ("relative_pressure",),
        ("loading_mol_per_kg",),
    ),
    "saxs": _View(
        "SAXS",
        Axis("q", "nm-1", "log"),
        Axis("Intensity", "cm-1", "log"),
        ("q_inverse_nanometre",),
        ("intensity_per_centimetre", "intensity_arbitrary"),
    ),
    "xrd": _View("XRD", Axis("2θ", "deg"), _SIGNAL, ("two_theta_degree",), ("intensity_count", "intensity_arbitrary"), scaled=True),
    "raman": _View(
        "Raman",
        Axis("Raman shift", "cm-1"),
        _SIGNAL,
        ("raman_shift_per_centimetre", "wavenumber_per_centimetre"),
        ("intensity_arbitrary",),
        scaled=True,
    ),
    "ftir": _View(
        "FTIR of the precursor",
        Axis("Wavenumber", "cm-1", falling=True),
        Axis("Absorbance", "1"),
        ("wavenumber_per_centimetre",),
        ("absorbance", "transmittance_percent"),
        window=(3000.0, 3800.0),
    ),
    "xps": _View(
        "XPS, N 1s",
        Axis("Binding energy", "eV", falling=True),
        _SIGNAL,
        ("binding_energy_electronvolt",),
        ("intensity_count_per_second", "intensity_count"),
        scaled=True,
        region="N 1s",
    ),
    "nexafs": _View("C K-edge", Axis("Photon energy", "eV"), _SIGNAL, ("photon_energy_electronvolt",), ("mu",), scaled=True),
    "xafs": _View(
        "Zn K-edge of the precursor", Axis("Photon energy", "eV"), Axis("Absorption", "1"), ("photon_energy_electronvolt",), ("mu",)
    ),
    "gdoes": _View(
        "GDOES of each state",
        Axis("Time", "s"),
        Axis("Signal of Na over that of C", "1"),
        ("time_second",),
        ("sodium_signal",),
        over="carbon_signal",
        apart="charge",
    ),
}


def sheet(carbons: Mapping[str, Signals]) -> Figure:
    """One panel for each instrument, with the signals of every carbon.

    Parameters
    ----------
    carbons : mapping of str to mapping
        Signals by the name of the carbon.

    Returns
    -------
    Figure
    """
    panels = []
    for name, view in _VIEWS.items():
        series = [one for carbon, found in carbons.items() for one in _series(carbon, found.get(name, ()), view)]
        if series:
            panels.append(Panel(view.x, view.y, tuple(series), view.title))
    called = " and ".join(carbons)
    finding = f"Simulated signals of {called} in {len(panels)} techniques; nothing here was measured."
    return Figure(
        f"signals-{'-'.join(one.lower() for one in carbons)}", f"Signals of {called}, simulated", finding, tuple(panels), width=183
    )


def _series(carbon: str, measurements: Sequence[Measurement], view: _View) -> list[Series]:
    return [
        Series(f"{carbon}, simulated", "simulated", *_points(measured, view), "simulation", sample=carbon)
        for measured in _drawn([one for one in measurements if one.sample.startswith(carbon)], view)
    ]


def _drawn(measurements: Sequence[Measurement], view: _View) -> tuple[Measurement, ...]:
    """Measurements of the region, one for each value of the condition that tells them apart."""
    own = [one for one in measurements if view.region in ("", one.region)]
    if not view.apart:
        return tuple(own)
    first: dict[Quantity | str | None, Measurement] = {}
    for one in own:
        first.setdefault(one.conditions.get(view.apart), one)
    return tuple(first.values())


def _points(measured: Measurement, view: _View) -> tuple[tuple[float, ...], tuple[float, ...]]:
    x, y = _column(measured, view.column_x), _column(measured, view.column_y)
    if view.over:
        y = y / _column(measured, (view.over,))
    kept = np.isfinite(x) & np.isfinite(y)
    kept &= (x > 0 if view.x.scale == "log" else True) & (y > 0 if view.y.scale == "log" else True)
    if view.window is not None:
        kept &= (x >= view.window[0]) & (x <= view.window[1])
    x, y = x[kept], y[kept]
    if view.scaled:
        y = (y - y.min()) / (y.max() - y.min())
    step = max(1, -(-x.size // MOST_POINTS))
    return tuple(x[::step].tolist()), tuple(y[::step].tolist())


def _column(measured: Measurement, names: Sequence[str]) -> Array:
    """The first of the columns that is there."""
    name = next(name for name in names if name in measured.table.columns)
    return measured.table[name].to_numpy().astype(np.float64)
