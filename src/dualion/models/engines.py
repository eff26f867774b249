"""The engines by name, behind one face: the compiled SPMe, and the SPM, SPMe and DFN of PyBaMM."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Protocol, get_args

from dualion.errors import SpecError
from dualion.models import experiments
from dualion.models.outputs import CellResult
from dualion.records.cell import Cell

Check = Literal["steps", "inventory", "extrapolation"]
Detail = Literal["all", "voltage", "last voltage", "ends"]
Engine = Literal["fast", "pybamm-SPM", "pybamm-SPMe", "pybamm-DFN"]

ALL_CHECKS: tuple[Check, ...] = get_args(Check)
ENGINES: tuple[Engine, ...] = get_args(Engine)

#: Where nothing else is asked for.
DEFAULT_ENGINE: Engine = "fast"
#: Other names of engines.
_ALIASES = {"pybamm": "pybamm-SPMe", "SPM": "pybamm-SPM", "SPMe": "pybamm-SPMe", "DFN": "pybamm-DFN"}


class Solver(Protocol):
    """A cell on an engine."""

    @property
    def cell(self) -> Cell:
        """The cell."""

    @property
    def engine(self) -> str:
        """Name of the engine."""

    def solve(
        self,
        protocol: experiments.Protocol,
        *,
        parameters: Mapping[str, float] | None = None,
        check: tuple[Check, ...] = ALL_CHECKS,
        detail: Detail = "all",
        on_fail: Literal["raise", "record"] = "raise",
    ) -> CellResult:
        """Run a protocol from the state in which the cell is built, and check it."""

    def numerical_error(
        self, protocol: experiments.Protocol, base: CellResult, parameters: Mapping[str, float] | None = None
    ) -> CellResult:
        """A result with its numerical error: the larger difference to a finer mesh and to a tighter tolerance."""


def engine_named(name: str) -> Engine:
    """The engine of a name.

    Parameters
    ----------
    name : str
        One of ``ENGINES``, or ``pybamm``, ``SPM``, ``SPMe``, ``DFN``.

    Returns
    -------
    str

    Raises
    ------
    SpecError
        There is no such engine.
    """
    found = _ALIASES.get(name, name)
    for engine in ENGINES:
        if engine == found:
            return engine
    raise SpecError(f'engine: "{name}" is not an engine. Write one of {", ".join(ENGINES)}.')


def solver(cell: Cell, *, engine: str = DEFAULT_ENGINE, inputs: tuple[str, ...] = ()) -> Solver:
    """A cell on an engine.

    Parameters
    ----------
    cell : Cell
    engine : str
        See ``engine_named``.
    inputs : tuple of str
        Parameters that change from solve to solve; PyBaMM builds its model with them open, the fast engine takes any at any time.

    Returns
    -------
    Solver

    Raises
    ------
    SpecError
        There is no such engine.
    MissingDependency
        PyBaMM is asked for and not installed.
    """
    name = engine_named(engine)
    if name == "fast":
        from dualion.models.fast.solver import FastSolver

        return FastSolver(cell)
    from dualion.models.reference.solver import ReferenceSolver

    return ReferenceSolver(cell, name, inputs)
