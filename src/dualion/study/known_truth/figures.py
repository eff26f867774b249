"""What was found over what was put in, as a figure."""

from __future__ import annotations

from collections.abc import Sequence

from dualion.records.figure import Axis, Figure, Panel, Series
from dualion.study.known_truth.comparison import Comparison

_LEAST, _MOST = 0.01, 5.0  # [1] ratios that the axis shows
_COARSE = 10.0  # [%] from which a miss is said without decimals


def truth_figure(comparisons: Sequence[Comparison], *, cell: str) -> Figure:
    """Diffusivities against those put in, and plateaus against the rate; where there is neither, every quantity by its name.

    Parameters
    ----------
    comparisons : sequence of Comparison
    cell : str
        Its name, for the title.

    Returns
    -------
    Figure
    """
    diffusivity = [one for one in comparisons if one.quantity == "diffusivity" and one.found is not None]
    plateau = [one for one in comparisons if one.quantity.startswith("plateau of") and one.found is not None]
    panels = []
    if diffusivity:
        panels.append(
            Panel(
                Axis("Diffusivity put in", "m2/s", "log"),
                Axis("Diffusivity found over put in", "1", "log", limits=(_LEAST, _MOST)),
                (*_ratios(diffusivity, [one.truth for one in diffusivity]), _one([one.truth for one in diffusivity])),
                "Titration",
            )
        )
    if plateau:
        rates = [float(one.case.partition("C")[0]) for one in plateau]
        panels.append(
            Panel(
                Axis("Rate", "C", "log"),
                Axis("Plateau found over put in", "1", limits=(0.0, 1.2)),
                (*_ratios(plateau, rates), _one(rates)),
                "Plateau of the open-circuit potential",
            )
        )
    if not panels:
        panels.append(_by_name([one for one in comparisons if one.found is not None and one.truth]))
    return Figure(f"known-truth-{cell}", f"Found over put in, {cell}", _finding(comparisons), tuple(panels), width=183)


def _by_name(rows: Sequence[Comparison]) -> Panel:
    """One point for each quantity."""
    names = tuple(f"{one.quantity}, {one.case}" for one in rows)
    places = tuple(float(place) for place in range(len(rows)))
    ratios = tuple((one.found or 0.0) / one.truth for one in rows)
    found = Series("found over put in, simulated", "simulated", ratios, places, "simulation")
    line = Series("found = put in", "limit", (1.0, 1.0), (-0.5, len(rows) - 0.5), "arithmetic")
    return Panel(Axis("Found over put in", "1"), Axis("Quantity", "", categories=names), (found, line))


def _ratios(rows: Sequence[Comparison], x: Sequence[float]) -> tuple[Series, ...]:
    """One series for each rule."""
    series = []
    for rule in dict.fromkeys(one.rule for one in rows):
        kept = [(place, one.found / one.truth) for place, one in zip(x, rows, strict=True) if one.rule == rule and one.found is not None]
        series.append(Series(f"{rule}, simulated", "simulated", tuple(a for a, _ in kept), tuple(b for _, b in kept), "simulation"))
    return tuple(series)


def _one(x: Sequence[float]) -> Series:
    """The line on which found equals put in."""
    return Series("found = put in", "limit", (min(x), max(x)), (1.0, 1.0), "arithmetic")


def _finding(comparisons: Sequence[Comparison]) -> str:
    worst = max((one for one in comparisons if one.miss is not None), key=lambda one: abs(one.miss or 0.0), default=None)
    if worst is None:
        return "No method gave a number."
    what = f"{worst.quantity} ({worst.rule})"
    miss = f"{worst.miss:+.{0 if abs(worst.miss or 0.0) >= _COARSE else 1}f} %"
    charges = "; whole charges are read without loss" if any(one.quantity == "capacity" for one in comparisons) else ""
    return f"The largest miss is {miss}, of the {what} at {worst.case}{charges}."
