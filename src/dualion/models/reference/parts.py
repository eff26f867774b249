"""What half cells and full cells share of their models: inventories, and the parts that a cell may have or not, film and reservoir."""

from __future__ import annotations

from typing import Any, Literal

from dualion.models.reference.film import FilmRC
from dualion.models.reference.inventories import CathodeIon, Inventories
from dualion.models.reference.salt import SaltWithReservoir
from dualion.records.cell import Cell

#: What a model may be built with: a film with its own arc, electrolyte beside the pores.
Part = Literal["film", "reservoir"]

#: Options of every model: a series resistance, and charge and energy among the states.
COMMON_OPTIONS = {"contact resistance": "true", "calculate discharge energy": "true"}


class PartsMixin:
    """Adds inventories, film and reservoir to a PyBaMM model that it is mixed into."""

    parts: tuple[Part, ...] = ()
    cathode: CathodeIon = None

    # what the methods below read of the PyBaMM model that they are mixed into
    submodels: dict[str, Any]
    param: Any
    options: Any
    x_average: bool
    calc_esoh: bool

    def set_electrolyte_concentration_submodel(self) -> None:
        """Let the salt exchange with the electrolyte beside the pores, where there is any."""
        if "reservoir" in self.parts:
            self.submodels["electrolyte diffusion"] = SaltWithReservoir(self.param, self.options, x_average_state=self.x_average)
        else:
            super().set_electrolyte_concentration_submodel()  # type: ignore[misc]

    def set_submodels(self, build: bool) -> None:
        """Add inventories and film to the submodels of the parent."""
        self.submodels["inventories"] = Inventories(self.param, self.options, cathode=self.cathode)
        if "film" in self.parts:
            self.submodels["film"] = FilmRC(self.param, options=self.options)
        super().set_submodels(build)  # type: ignore[misc]

    def build_model(self) -> None:
        """PyBaMM's algebra of states of charge knows one inventory, and this cell has two."""
        self.calc_esoh = False
        super().build_model()  # type: ignore[misc]


def parts_of(cell: Cell) -> tuple[Part, ...]:
    """The parts that a cell's record asks for.

    Parameters
    ----------
    cell : Cell

    Returns
    -------
    tuple of {"film", "reservoir"}
    """
    found: list[Part] = []
    if cell.film is not None:
        found.append("film")
    if cell.reservoir_exchange is not None and cell.reservoir > 0:
        found.append("reservoir")
    return tuple(found)


def options_of(cell: Cell, hierarchy: str, *, mode: str) -> dict[str, Any]:
    """PyBaMM's options for a cell.

    Parameters
    ----------
    cell : Cell
    hierarchy : {"SPM", "SPMe", "DFN"}
    mode : {"current", "voltage"}
        What is given from outside.

    Returns
    -------
    dict of str to str or tuple
    """
    options: dict[str, Any] = {"operating mode": mode}
    if cell.plating is not None and cell.cathode is not None:
        options["lithium plating"] = (cell.plating.kind, "none")
        if hierarchy != "DFN":
            options["surface form"] = "algebraic"
    return options
