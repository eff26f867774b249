"""Cells and models that are built once for all physical checks; a solve takes tens of milliseconds, a build a few tenths of a second."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from typing import Any

import pytest

from dualion.models.cells import with_transport, with_values
from dualion.records.cell import Cell, Film, Plating
from dualion.records.material_files import load_transport
from dualion.records.quantity import Parameter, Quantity
from dualion.study.load import load, locate
from dualion.study.types import Study

if find_spec("pybamm") is None:  # without the extra [cells] these modules have nothing to import
    collect_ignore_glob = ["test_*.py"]

#: Family F1 of the cell models' specification, 2.5.
F1 = {"anode.slope_capacity": 106.9, "anode.pore_capacity": 547.0, "anode.pore_potential": 0.0106, "anode.pore_width": 0.0253}
#: Dual-ion cell of 3.6.
REFERENCE = {"cathode.host_capacity": 95.905, "cathode.diffusivity": 3.32e-15, "cathode.ocp_shift": -0.0641, "series_resistance": 6.0}
#: MEC0 || EG of 3.9.
MEC0 = {
    "anode.slope_capacity": 83.0,
    "anode.pore_capacity": 301.4,
    "anode.pore_potential": 0.0106,
    "anode.pore_width": 0.0253,
    "cathode.host_capacity": 95.905,
    "cathode.diffusivity": 3.32e-15,
    "cathode.ocp_shift": -0.0641,
    "series_resistance": 58.8,
    "anode.diffusivity": 2e-16,
}


def assumed(value: float, unit: str) -> Parameter:
    """A parameter for a test."""
    return Parameter(Quantity(value, unit), "assumed", "made up")


#: Film of MEC3: 29.45 ohm, with its arc near 2.7 kHz.
FILM = Film(assumed(29.45, "ohm"), assumed(2e-6, "F"), assumed(45.9, "kJ/mol"))


@pytest.fixture(scope="session")
def parameter() -> Callable[[float, str], Parameter]:
    return assumed


@pytest.fixture(scope="session")
def film() -> Film:
    return FILM


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

    def model(self, kind: str, hierarchy: str = "SPMe", transport: str = "") -> Any:
        """Of a cell by name, with its own transport or another set."""
        from dualion.models.reference.engine import CellModel

        key = (kind, hierarchy, transport)
        if key not in self.built:
            cell = with_transport(self.cells[kind], load_transport(transport)) if transport else self.cells[kind]
            self.built[key] = CellModel(cell, hierarchy=hierarchy)  # type: ignore[arg-type]
        return self.built[key]

    def cycle(self, rate: float, kind: str = "full", hierarchy: str = "SPMe", transport: str = "") -> Any:
        """One cycle at a C-rate, without the inventory guard: the checks read the inventories themselves."""
        from dualion.models.experiments import cycle
        from dualion.models.reference.solve import solve

        key = (kind, hierarchy, transport, rate)
        if key not in self.runs:
            model = self.model(kind, hierarchy, transport)
            self.runs[key] = solve(model, cycle(model.cell, rate * model.cell.one_c.value), check=("steps", "extrapolation"))
        return self.runs[key]


@pytest.fixture(scope="session")
def models(tang2026: Study, half: Cell, full: Cell) -> Models:
    """The reference cells, and the same with a film, a reservoir, a tenth of the salt's diffusivity, or an anode that plates."""
    cells = {"half": half, "full": full}
    for name in ("half", "full"):
        cells[f"{name} lumped"] = with_values(cells[name], {"series_resistance": 31.56})
        cells[f"{name} film"] = with_values(replace(cells[name], film=FILM), {"series_resistance": 2.11})
    more = assumed(full.pore_volume + 10, "uL/cm2")
    cells["reservoir"] = replace(full, electrolyte_volume=more, reservoir_exchange=assumed(1e-6, "m/s"))
    slow = replace(full.electrolyte.transport, diffusivity=(4e-11, 0.45))
    cells["slow salt"] = with_transport(full, slow)
    slow_anode = with_values(tang2026.cells["mec0-eg"], MEC0)
    for kind in ("irreversible", "reversible"):
        cells[kind] = replace(slow_anode, plating=Plating(kind, assumed(0.01, "A/m2")))  # type: ignore[arg-type]
    return Models(cells)


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
