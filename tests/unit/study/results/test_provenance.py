"""Parameters of a cell by path, and the claims behind numbers."""

from __future__ import annotations

from typing import Any

from dualion.records import Population
from dualion.study.results.provenance import claims_of, parameters, taken_as_input


def test_every_parameter_of_a_cell_by_its_path(made_up: Any) -> None:
    found = dict(parameters(made_up.half_cell(film_resistance=made_up.parameter(29.45, "ohm"))))
    assert found["anode.material.parameters.film_resistance"].value == 29.45
    assert found["window.1"].value == 2.5
    assert found["separator.thickness"].quantity.unit == "um"
    assert len(found) == 18  # 3 of the anode, 6 of the electrolyte, 2 of the separator, 7 of the cell


def test_a_population_is_known_by_its_name(made_up: Any) -> None:
    one = made_up.parameter(1.0)
    assert [path for path, _ in parameters((Population("slope", one, one, one),))] == ["slope.capacity", "slope.potential", "slope.width"]


def test_a_remark_behind_an_id_is_dropped(made_up: Any) -> None:
    assert claims_of(made_up.obtained("P001", calibration=("P079 as total", "P080", " "))) == ("P079", "P080")


def test_a_producer_without_a_cell_takes_nothing_in(made_up: Any) -> None:
    cells = {"half": made_up.half_cell(series=made_up.parameter(2.0, "ohm", "stated", ("P001",)))}
    for used in (made_up.producer("P002"), made_up.producer("P002", cell="unknown")):
        assert taken_as_input(made_up.study(made_up.claim("P001"), cells=cells, producers=(used,))) == frozenset()
    assert taken_as_input(made_up.study(made_up.claim("P001"), cells=cells, producers=(made_up.producer(cell="half"),))) == {"P001"}
