"""Parameters of a cell, set anew: what changes, what it then rests on, and that nothing else moves."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dualion.errors import SpecError
from dualion.models.cells import with_transport, with_values
from dualion.records.cell import Cell
from dualion.records.material_files import load_transport
from dualion.study.results.provenance import parameters
from dualion.study.types import Study


def _changed(before: Cell, after: Cell) -> set[str]:
    old, new = dict(parameters(before)), dict(parameters(after))
    assert old.keys() == new.keys()
    return {path for path in old if old[path] != new[path]}


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("anode.slope_capacity", "anode.material.populations.slope.capacity"),
        ("anode.pore_potential", "anode.material.populations.pore.potential"),
        ("anode.pore_width", "anode.material.populations.pore.width"),
        ("anode.diffusivity", "anode.material.parameters.diffusivity"),
        ("cathode.host_capacity", "cathode.material.parameters.host_capacity"),
        ("cathode.second_stage_potential", "cathode.material.populations.second stage.potential"),
        ("cathode.ocp_shift", "cathode.material.parameters.ocp_shift"),
        ("series_resistance", "series_resistance"),
    ],
)
def test_one_name_changes_one_parameter(tang2026: Study, name: str, path: str) -> None:
    cell = tang2026.cells["mec3-eg"]
    after = with_values(cell, {name: 0.0123}, source="a fit", claims=("P113", "P117"))
    assert _changed(cell, after) == {path}
    parameter = dict(parameters(after))[path]
    assert parameter.value == 0.0123
    assert (parameter.standing, parameter.source, parameter.claims) == ("fitted", "a fit", ("P113", "P117"))
    assert parameter.quantity.unit == dict(parameters(cell))[path].quantity.unit


def test_what_is_not_a_parameter_stays(tang2026: Study) -> None:
    cell = tang2026.cells["mec3-eg"]
    after = with_values(cell, {"anode.pore_capacity": 500.0, "cathode.diffusivity": 1e-15}, source="a fit")
    assert replace(after, anode=cell.anode, cathode=cell.cathode) == cell
    assert [p.name for p in after.anode.material.populations] == ["slope", "pore"]
    assert with_values(cell, {}) == cell


def test_a_scenario_is_not_called_a_fit(tang2026: Study) -> None:
    cell = tang2026.cells["mec3-eg"]
    after = with_values(cell, {"series_resistance": 15.0}, standing="assumed")
    assert (after.series_resistance.standing, after.series_resistance.claims) == ("assumed", ())
    assert after.series_resistance.source == cell.series_resistance.source


def test_the_error_of_the_old_value_is_not_that_of_the_new_one(tang2026: Study) -> None:
    cell = tang2026.cells["na-mec3"]
    known = replace(cell.series_resistance, quantity=replace(cell.series_resistance.quantity, stderr=0.5))
    after = with_values(replace(cell, series_resistance=known), {"series_resistance": 30.0})
    assert after.series_resistance.quantity.stderr is None


@pytest.mark.parametrize("name", ["anode.plateau_capacity", "cathode.diffusivity", "pore_capacity", "anode.pore", "area", ""])
def test_an_unknown_name_is_refused(tang2026: Study, name: str) -> None:
    """A half cell has no cathode; a misspelt population is not passed over."""
    with pytest.raises(SpecError, match="no parameter of this cell"):
        with_values(tang2026.cells["na-mec3"], {"anode.pore_capacity": 500.0, name: 1.0})


def test_another_transport_changes_the_electrolyte_alone(full: Cell) -> None:
    after = with_transport(full, load_transport("chayambuka2022"))
    assert after.electrolyte.transport.name == "chayambuka2022"
    assert after.electrolyte.transport.table is not None
    assert after.electrolyte.concentration == full.electrolyte.concentration
    assert replace(after, electrolyte=full.electrolyte) == full
