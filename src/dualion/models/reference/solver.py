"""PyBaMM behind the face of ``engines.Solver``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, cast

from dualion.models.engines import ALL_CHECKS, Check, Detail, Engine
from dualion.models.experiments import Protocol
from dualion.models.outputs import CellResult
from dualion.models.reference.engine import CellModel, Hierarchy
from dualion.models.reference.solve import numerical_error, solve
from dualion.records.cell import Cell


@dataclass(frozen=True, slots=True, eq=False)
class ReferenceSolver:
    """A cell on PyBaMM.

    Parameters
    ----------
    cell : Cell
    engine : {"pybamm-SPM", "pybamm-SPMe", "pybamm-DFN"}
    inputs : tuple of str
        Parameters left open; see ``parameter_sets.cell_parameters``.
    """

    cell: Cell
    engine: Engine
    inputs: tuple[str, ...] = ()
    model: CellModel = field(init=False)

    def __post_init__(self) -> None:
        hierarchy = cast(Hierarchy, self.engine.removeprefix("pybamm-"))
        object.__setattr__(self, "model", CellModel(self.cell, self.inputs, hierarchy))

    def solve(
        self,
        protocol: Protocol,
        *,
        parameters: Mapping[str, float] | None = None,
        check: tuple[Check, ...] = ALL_CHECKS,
        detail: Detail = "all",
        on_fail: Literal["raise", "record"] = "raise",
    ) -> CellResult:
        """Run a protocol from the state in which the cell is built, and check it; see ``reference.solve.solve``."""
        return solve(self.model, protocol, parameters=parameters, check=check, detail=detail, on_fail=on_fail)

    def numerical_error(self, protocol: Protocol, base: CellResult, parameters: Mapping[str, float] | None = None) -> CellResult:
        """A result with its numerical error; see ``reference.solve.numerical_error``."""
        return numerical_error(self.model, protocol, base, parameters or {})
