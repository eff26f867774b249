"""Na || hard-carbon half cell: SPMe and DFN with the hard carbon as working electrode.

The two populations of the host (slope and pore) share one particle and one interface; its potential is the logit isotherm of
``isotherms``. The film of the impedance spectra acts as a resistor in galvanostatic runs and is part of the series resistance.

References: marquis2019 (SPMe), sulzer2021 (PyBaMM).
"""

from __future__ import annotations

from typing import Any

from dualion.models._pybamm import pybamm

_OPTIONS = {"working electrode": "positive", "contact resistance": "true", "calculate discharge energy": "true"}


def half_cell_spme() -> Any:
    """SPMe of a half cell, an unbuilt PyBaMM model."""
    return pybamm.lithium_ion.SPMe(dict(_OPTIONS), name="Na || hard carbon SPMe")


def half_cell_dfn() -> Any:
    """DFN of a half cell, an unbuilt PyBaMM model; the reference for the SPMe."""
    return pybamm.lithium_ion.DFN(dict(_OPTIONS), name="Na || hard carbon DFN")
