from __future__ import annotations

from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from dualion.records.figure import Axis, Figure, Panel, Series, SeriesKind
from dualion.records.json import from_plain, to_plain

FINITE = st.floats(allow_nan=False, allow_infinity=False)


@given(st.lists(st.tuples(FINITE, FINITE), max_size=5), st.sampled_from(get_args(SeriesKind)), st.sampled_from([89, 183]))
def test_a_figure_survives_as_plain_data(points: list[tuple[float, float]], kind: SeriesKind, width: int) -> None:
    x, y = tuple(point[0] for point in points), tuple(point[1] for point in points)
    series = Series("MEC3, simulated", kind, x, y, "simulation", sample="MEC3", y_error=y)
    panel = Panel(Axis("Specific capacity", "mAh/g", limits=(0.0, 450.0)), Axis("Rate", "", categories=("1 C", "2 C")), (series,))
    figure = Figure("fig-2a", "Rate capability", "The plateau shrinks with rate.", (panel,), width=width, redraws="Fig. 2a")  # type: ignore[arg-type]
    assert from_plain(Figure, to_plain(figure)) == figure


def test_a_series_is_measured_only_if_it_says_so() -> None:
    assert "measured" in get_args(SeriesKind)
    assert Series("a", "simulated", (), (), "simulation").kind != "measured"
