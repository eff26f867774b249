"""Quantities that can be followed over a series, and which fit gives each.

Every fit is the function ``track(x, y, *, quantity, seed) -> FrameFit`` of the room that knows the technique; it is looked up by name when
it is needed, so that a series of one technique does not load the mathematics of all.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from dualion.errors import SpecError
from dualion.numerics.series.frame import FrameFit

Array = NDArray[np.float64]
Fit = Callable[..., FrameFit]

_PERCENT = 100.0

#: Intensity at a scattering vector that is part of the name [nm-1].
_AT = re.compile(r"intensity_at_\d+(\.\d+)?$")


@dataclass(frozen=True, slots=True)
class Tracking:
    """How a quantity of a technique is followed.

    Parameters
    ----------
    technique : str
        Of the measurements.
    quantity : str
    room : str
        Module that has ``track``.
    x, y : tuple of str
        Canonical columns, the first that is there counts.
    unit : str
        Unit of the quantity; ``"x"`` for that of the abscissa, ``"y"`` for that of the ordinate, with a factor behind it or not.
    label : str
        For people.
    kind : {"position", "intensity"}
        How a reference line corrects it: a position by the shift of the line, an intensity by its ratio.
    ratio_to : str
        Column that the ordinate is divided by; empty where it is not.
    """

    technique: str
    quantity: str
    room: str
    x: tuple[str, ...]
    y: tuple[str, ...]
    unit: str
    label: str
    kind: Literal["position", "intensity"]
    ratio_to: str = ""


_RAMAN = (("raman_shift_per_centimetre",), ("intensity_arbitrary", "intensity_count"))
_FTIR = (("wavenumber_per_centimetre",), ("absorbance", "transmittance_percent", "intensity_arbitrary"))
_XRD = (("two_theta_degree",), ("intensity_count", "intensity_count_per_second", "intensity_arbitrary"))
_SAXS = (("q_inverse_nanometre",), ("intensity_per_centimetre", "intensity_arbitrary"))
_LINE = "dualion.numerics.series.single_line"

#: Abscissae of all techniques in which a single line can be followed, and their ordinates.
_ANY_X = (
    "raman_shift_per_centimetre", "wavenumber_per_centimetre", "two_theta_degree", "q_inverse_nanometre", "binding_energy_electronvolt",
    "photon_energy_electronvolt", "abscissa",
)  # fmt: skip
_ANY_Y = (
    "intensity_arbitrary", "intensity_count", "intensity_count_per_second", "absorbance", "intensity_per_centimetre", "mu", "ordinate",
)  # fmt: skip

#: Every quantity that can be followed.
TRACKINGS = (
    Tracking("raman", "g_position", "dualion.numerics.spectra.track", *_RAMAN, "x", "G position", "position"),
    Tracking("raman", "d_position", "dualion.numerics.spectra.track", *_RAMAN, "x", "D position", "position"),
    Tracking("raman", "g_intensity", "dualion.numerics.spectra.track", *_RAMAN, "1", "G intensity", "intensity"),
    Tracking("ftir", "band_position", "dualion.numerics.bands.track", *_FTIR, "x", "Band position", "position"),
    Tracking("xrd", "position_002", "dualion.numerics.diffraction.track", *_XRD, "x", "(002) position", "position"),
    Tracking("xrd", "intensity_002", "dualion.numerics.diffraction.track", *_XRD, "1", "(002) intensity", "intensity"),
    Tracking("saxs", "closed_pore_parameter", "dualion.numerics.scattering.tracking", *_SAXS, "y nm-3", "Pore parameter", "intensity"),
    Tracking("saxs", "intensity_at_Q", "dualion.numerics.scattering.tracking", *_SAXS, "y", "Intensity at Q", "intensity"),
    Tracking(
        "gdoes", "sodium_ratio", "dualion.numerics.series.signal_ratio", ("time_second", "depth_nanometre"), ("sodium_signal",), "1",
        "Sodium ratio", "intensity", "carbon_signal",
    ),
    Tracking("any", "line_position", _LINE, _ANY_X, _ANY_Y, "x", "Line position", "position"),
    Tracking("any", "line_height", _LINE, _ANY_X, _ANY_Y, "y", "Line height", "intensity"),
)  # fmt: skip


def tracking(technique: str, quantity: str) -> Tracking:
    """How a quantity of a technique is followed.

    Parameters
    ----------
    technique : str
        Of the measurements, or ``"any"``.
    quantity : str
        Such as ``"g_position"``, or ``"intensity_at_1.5"`` with Q in nm-1.

    Raises
    ------
    SpecError
        There is no such quantity.
    """
    for one in TRACKINGS:
        if one.technique in (technique, "any") and one.quantity == _AT.sub("intensity_at_Q", quantity):
            return replace(one, quantity=quantity)
    known = ", ".join(one.quantity for one in TRACKINGS if one.technique in (technique, "any"))
    raise SpecError(f'quantity: "{quantity}" cannot be followed in measurements of {technique}. Write one of {known}.')


def fit_of(one: Tracking) -> Fit:
    """The function that fits one frame.

    Raises
    ------
    SpecError
        This installation has no fit for it.
    """
    try:
        found: Fit = import_module(one.room).track
    except (ImportError, AttributeError) as problem:
        raise SpecError(f'quantity: "{one.quantity}" of {one.technique} has no fit here. Write line_position with a window.') from problem
    return found


def ordinate(name: str, values: Array) -> Array:
    """Values of a column as they are fitted: the decadic absorbance [1] of a transmittance, all others as they are.

    Parameters
    ----------
    name : str
        Of the column.
    values : array, shape (n,)
        In the [unit] of the column; a transmittance that is not positive becomes NaN.
    """
    if name != "transmittance_percent":
        return values
    return -np.log10(np.where(values > 0, values, np.nan) / _PERCENT)
