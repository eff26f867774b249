"""What might explain MEC0||EG at 4 C: resistance does not, slow transport does, and the verdict is not identified."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dualion.models.calibration.explain import Attempt, Explanation, explain, explanation_figure
from dualion.models.cells import with_values
from dualion.records.cell import Cell
from dualion.records.cell_files import load_cell
from dualion.records.json import from_plain, to_plain

CURRENTS = (80.0, 160.0, 320.0, 800.0)


@pytest.fixture(scope="module")
def cell() -> Cell:
    """The isotherm of the specification, 3.9."""
    return with_values(load_cell("mec0-eg"), {"anode.slope_capacity": 83.0, "anode.pore_capacity": 301.4})


@pytest.fixture(scope="module")
def found(cell: Cell) -> Explanation:
    return explain(cell, 59.0, 320.0, currents=CURRENTS)


def of(found: Explanation, mechanism: str) -> dict[float, Attempt]:
    return {attempt.value: attempt for attempt in found.attempts if attempt.mechanism == mechanism}


@pytest.mark.parametrize(("resistance", "expected"), [(33.0, (94.6, 93.5, 91.1, 82.5)), (58.83, (94.5, 93.4, 90.7, 78.8))])
def test_resistance_alone_leaves_the_capacity(found: Explanation, resistance: float, expected: tuple[float, ...]) -> None:
    """Specification 3.9: 1, 2, 4 and 10 C, within 1.5 mAh/g; the anode falls to about -30 mV at 4 C."""
    attempt = of(found, "resistance")[resistance]
    assert attempt.capacities == pytest.approx(expected, abs=1.5)
    assert attempt.lowest_potential == pytest.approx(-0.03, abs=0.01)
    assert attempt.plated is None


@pytest.mark.parametrize(("diffusivity", "expected"), [(1e-15, 86.6), (3e-16, 72.7), (1e-16, 48.7)])
def test_slow_transport_takes_the_capacity(found: Explanation, diffusivity: float, expected: float) -> None:
    assert of(found, "transport")[diffusivity].capacities[2] == pytest.approx(expected, abs=1.5)


def test_plating_beside_slow_transport(found: Explanation) -> None:
    """Specification 3.9, second cycle at 0.01 A/m2: 59 irreversible with 1.5 % of the sodium plated, 64 reversible with less."""
    lost, kept = of(found, "irreversible plating")[0.01], of(found, "reversible plating")[0.01]
    assert lost.capacities[2] == pytest.approx(59.0, abs=1.5)
    assert lost.plated == pytest.approx(0.015, abs=0.002)
    assert kept.capacities[2] == pytest.approx(64.0, abs=1.5)
    assert kept.plated is not None
    assert 0.002 < kept.plated < 0.008


def test_more_exchange_current_plates_more(found: Explanation) -> None:
    for mechanism in ("irreversible plating", "reversible plating"):
        scan = of(found, mechanism)
        plated = [scan[value].plated for value in sorted(scan)]
        assert plated == sorted(plated)
        assert len(plated) == 5


def test_the_verdict_is_not_identified(found: Explanation) -> None:
    assert found.verdict == "not identified"
    assert found.sufficient == ("transport", "irreversible plating")
    assert "not shown to be the cause" in found.sentence
    assert "Resistance alone gives 91.2 to 91.7" in found.sentence


def test_a_number_beyond_every_scan_is_not_explained(cell: Cell) -> None:
    found = explain(cell, 20.0, 320.0, currents=(), exchange_currents=(1e-4,))
    assert (found.verdict, found.sufficient) == ("not explained", ())
    assert found.currents == (320.0,)


def test_a_run_that_fails_is_a_failed_number(cell: Cell) -> None:
    found = explain(cell, 59.0, 320.0, currents=(), resistances=(5000.0,), diffusivities=(), exchange_currents=())
    failed = of(found, "resistance")[5000.0]
    assert failed.capacities == (None,)
    assert "before any charge has passed" in failed.status
    assert of(found, "resistance")[58.83].status == "done"


def test_the_film_counts_as_resistance(cell: Cell, found: Explanation) -> None:
    """2.67 ohm of contacts and 56.16 of film are tried as 58.83 in series."""
    assert 58.83 in of(found, "resistance")
    bare = replace(with_values(cell, {"series_resistance": 58.83}), film=None)
    again = explain(bare, 59.0, 320.0, currents=(), resistances=(), diffusivities=(), exchange_currents=())
    assert of(again, "resistance")[58.83].capacities[0] == pytest.approx(of(found, "resistance")[58.83].capacities[2], rel=1e-9)


def test_the_figure_shows_every_scan_and_the_printed_number(found: Explanation) -> None:
    figure = explanation_figure(found)
    assert [panel.title for panel in figure.panels] == ["Resistance alone", "Anode diffusivity, 320 mA/g", "Plating, 320 mA/g"]
    for panel in figure.panels:
        assert any(series.y[0] == 59.0 and series.origin == "source-text" for series in panel.series)
        assert all(series.origin in ("simulation", "source-text") for series in panel.series)
    assert figure.finding == found.sentence


def test_an_explanation_is_plain_data(found: Explanation) -> None:
    assert from_plain(Explanation, to_plain(found)) == found
