"""The trivial predictor and the score of a prediction beside it."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualion.errors import CoverageError, InputError
from dualion.study.cells.predictions import Point, prediction_entry, score, trivial_predictor

#: Full-cell capacities at 1 C and 10 C of the study, and what a line through them against ln i gives at 2, 4, 8, 15, 20 C
CALIBRATION = [(80.0, 97.0), (800.0, 85.0)]
LINE = {160.0: 97 - 12 * math.log10(2), 320.0: 97 - 12 * math.log10(4), 1600.0: 97 - 12 * math.log10(20)}


@pytest.mark.parametrize("current", list(LINE))
def test_line_against_the_logarithm_of_the_current(current: float) -> None:
    assert trivial_predictor(CALIBRATION, current) == pytest.approx(LINE[current], rel=1e-12)


def test_between_and_beyond_the_points_the_nearest_two_count() -> None:
    points = [(1000.0, 50.0), (10.0, 100.0), (100.0, 90.0)]  # 10 per decade, then 40 per decade
    assert trivial_predictor(points, 1.0) == pytest.approx(110.0)
    assert trivial_predictor(points, math.sqrt(10) * 10) == pytest.approx(95.0)
    assert trivial_predictor(points, 100.0) == pytest.approx(90.0)
    assert trivial_predictor(points, math.sqrt(10) * 100) == pytest.approx(70.0)
    assert trivial_predictor(points, 10000.0) == pytest.approx(10.0)


@given(
    st.dictionaries(st.floats(1, 1e4), st.floats(-100, 100), min_size=2, max_size=6).filter(
        lambda points: all(b / a > 1.001 for a, b in zip(sorted(points), sorted(points)[1:], strict=False))
    ),
    st.randoms(use_true_random=False),
)
def test_it_passes_through_its_points_in_any_order(points: dict[float, float], rng: object) -> None:
    rows = list(points.items())
    rng.shuffle(rows)  # type: ignore[attr-defined]
    for current, value in rows:
        assert trivial_predictor(rows, current) == pytest.approx(value, abs=1e-9)


def test_one_point_is_no_line() -> None:
    with pytest.raises(CoverageError, match="needs at least 2 and has 1"):
        trivial_predictor([(80.0, 97.0)], 160.0)


@pytest.mark.parametrize("points", [[(0.0, 1.0), (1.0, 2.0)], [(-1.0, 1.0), (1.0, 2.0)], [(1.0, 1.0), (1.0, 2.0)]])
def test_currents_without_a_line_are_refused(points: list[tuple[float, float]]) -> None:
    with pytest.raises(InputError, match="trivial_predictor"):
        trivial_predictor(points, 10.0)


def _points(model: float, trivial: float | None) -> list[Point]:
    return [Point("P114", 160.0, 94.0, 94.0 + model, trivial and 94.0 + trivial), Point("P115", 320.0, 91.0, 91.0, trivial and 91.0)]


def test_errors_of_model_and_trivial_predictor() -> None:
    found = score(_points(2.0, -1.0), unit="mAh/g")
    assert found.rmse == pytest.approx(math.sqrt(2.0))
    assert found.max_error == pytest.approx(2.0)
    assert found.trivial_rmse == pytest.approx(math.sqrt(0.5))
    assert found.trivial_max_error == pytest.approx(1.0)
    assert found.beats_trivial is False
    assert found.sentence == "The model does not beat the trivial predictor: RMSE 1.41 against 0.707 mAh/g."


def test_a_better_model_says_so_and_a_draw_is_no_win() -> None:
    assert score(_points(0.5, -1.0), unit="mAh/g").sentence.startswith("The model beats the trivial predictor")
    assert score(_points(1.0, -1.0), unit="mAh/g").beats_trivial is False


def test_without_a_trivial_predictor_nothing_is_beaten() -> None:
    points = [*_points(2.0, -1.0)[:1], Point("P077", 300.0, 253.0, 250.0, None)]
    found = score(points, unit="mAh/g")
    assert (found.trivial_rmse, found.trivial_max_error, found.beats_trivial) == (None, None, None)
    assert found.rmse == pytest.approx(math.sqrt((4 + 9) / 2))
    assert "no trivial predictor" in found.sentence


def test_no_points_no_score() -> None:
    with pytest.raises(CoverageError):
        score([], unit="mAh/g")


def test_entry_of_the_results_document() -> None:
    entry = prediction_entry(
        score(_points(2.0, -1.0), unit="mAh/g"), name="full_cell", calibration="full_cell", quantity="specific_capacity", role="calibration"
    )
    assert entry["points"][0] == {"claim": "P114", "current": 160.0, "printed": 94.0, "model": 96.0, "trivial": 93.0}
    assert (entry["name"], entry["unit"], entry["beats_trivial"]) == ("full_cell", "mAh/g", False)
