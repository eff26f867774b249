"""Na || hard-carbon half cell: SPM, SPMe and DFN with the hard carbon as working electrode.

The two populations of the host (slope and pore) share one particle and one interface; its potential is the logit isotherm of
``isotherms``. The metal is a boundary condition. Salt is only passed on: what the carbon takes up the metal gives.

References: marquis2019 (SPMe), sulzer2021 (PyBaMM).
"""

from __future__ import annotations

from typing import Any

from dualion.models.reference._pybamm import pybamm
from dualion.models.reference.parts import COMMON_OPTIONS, Part, PartsMixin

_OPTIONS = {**COMMON_OPTIONS, "working electrode": "positive"}


class HalfCellSPM(PartsMixin, pybamm.lithium_ion.SPM):
    """Single particle model of a half cell; without the drop in the electrolyte, for screening below 1 C."""

    def __init__(self, options: dict[str, Any] | None = None, *, parts: tuple[Part, ...] = (), build: bool = True) -> None:
        self.parts = tuple(part for part in parts if part != "reservoir")  # its salt is constant
        super().__init__({**_OPTIONS, "x-average side reactions": "true", **(options or {})}, name="Na || hard carbon SPM", build=build)


class HalfCellSPMe(PartsMixin, pybamm.lithium_ion.SPMe):
    """Single particle model with electrolyte of a half cell."""

    def __init__(self, options: dict[str, Any] | None = None, *, parts: tuple[Part, ...] = (), build: bool = True) -> None:
        self.parts = parts
        super().__init__({**_OPTIONS, **(options or {})}, name="Na || hard carbon SPMe", build=build)


class HalfCellDFN(PartsMixin, pybamm.lithium_ion.DFN):
    """Doyle-Fuller-Newman model of a half cell; the reference for the SPMe."""

    def __init__(self, options: dict[str, Any] | None = None, *, parts: tuple[Part, ...] = (), build: bool = True) -> None:
        self.parts = parts
        super().__init__({**_OPTIONS, **(options or {})}, name="Na || hard carbon DFN", build=build)
