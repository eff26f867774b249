"""Cells and models that are built once for all physical checks; a solve takes tens of milliseconds, a build a few tenths of a second."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any

import pytest

from dualion.models.cells import with_transport, with_values
from dualion.records.cell import Cell
from dualion.records.material_files import load_transport
from dualion.study.load import load, locate
from dualion.study.types import Study

if find_spec("pybamm") is None:  # without the extra [cells] these modules have nothing to import
    collect_ignore_glob = ["test_*.py"]

#: Family F1 of the cell models' specification, 2.5.
F1 = {"anode.slope_capacity": 106.9, "anode.pore_capacity": 547.0, "anode.pore_potential": 0.0106, "anode.pore_width": 0.0253}
#: Dual-ion cell of 3.6.
REFERENCE = {"cathode.host_capacity": 95.905, "cathode.diffusivity": 3.32e-15, "cathode.ocp_shift": -0.0641, "series_resistance": 6.0}


@pytest.fixture(scope="session")
def tang2026() -> Study:
    return load(locate("tang2026"))


@pytest.fixture(scope="session")
def half(tang2026: Study) -> Cell:
    """Na || MEC3 with the isotherm F1."""
    return with_values(tang2026.cells["na-mec3"], F1)


@pytest.fixture(scope="session")
def full(tang2026: Study) -> Cell:
    """MEC3 || EG with the isotherm F1 and the cathode of 3.6."""
    return with_values(tang2026.cells["mec3-eg"], F1 | REFERENCE)


@dataclass
class Models:
    """Built models by cell name, transport and hierarchy, and their cycles by current, for checks that read the same run."""

    cells: dict[str, Cell]
    built: dict[tuple[str, str, str], Any] = field(default_factory=dict)
    runs: dict[tuple[str, str, str, float], Any] = field(default_factory=dict)

    def model(self, kind: str, hierarchy: str = "SPMe", transport: str = "carbonate-assumed") -> Any:
        from dualion.models.reference.engine import CellModel

        key = (kind, hierarchy, transport)
        if key not in self.built:
            self.built[key] = CellModel(with_transport(self.cells[kind], load_transport(transport)), hierarchy=hierarchy)  # type: ignore[arg-type]
        return self.built[key]

    def cycle(self, rate: float, kind: str = "full", hierarchy: str = "SPMe", transport: str = "carbonate-assumed") -> Any:
        """One cycle at a C-rate, without the inventory guard: the checks read the inventories themselves."""
        from dualion.models.experiments import cycle
        from dualion.models.reference.solve import solve

        key = (kind, hierarchy, transport, rate)
        if key not in self.runs:
            model = self.model(kind, hierarchy, transport)
            self.runs[key] = solve(model, cycle(model.cell, rate * model.cell.one_c.value), check=("steps", "extrapolation"))
        return self.runs[key]


@pytest.fixture(scope="session")
def models(half: Cell, full: Cell) -> Models:
    return Models({"half": half, "full": full})


@pytest.fixture(scope="session")
def half_cycle_of() -> Callable[..., Any]:
    """One half cycle as PyBaMM's own solution, for checks that read fields which a result does not keep."""

    def run(model: Any, specific_current: float, *, number: int = 0, rtol: float = 1e-6, atol: float = 1e-8) -> Any:
        from dualion.models.experiments import cycle
        from dualion.models.reference.engine import controls, longest_half_cycle
        from dualion.models.reference.solve import DEFAULT_MESH
        from dualion.models.states import initial_fractions

        step = cycle(model.cell, specific_current).steps[number]
        built = model.built(DEFAULT_MESH, rtol, atol)
        inputs = {**built.nominal, **initial_fractions(model.cell, {}), **controls(step)[1]}
        return built.advance(None, inputs, longest_half_cycle(model.cell, step, {}))

    return run
