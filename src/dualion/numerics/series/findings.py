"""What a series says: its quantities, its tables, and what a careful reader must know of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import hypot

import numpy as np
import polars as pl

from dualion.numerics.correlation.slope_unit import slope_unit
from dualion.numerics.series.course import FEWEST_STATES, Course
from dualion.numerics.series.tracking import Array, Tracked
from dualion.numerics.student import interval
from dualion.records.quantity import Flag, Quantity

#: Frames that are named in a message.
_SHOWN = 8


def quantities(found: Course, tracked: Tracked, *, unit: str, axis: str, axis_unit: str) -> dict[str, Quantity]:
    """Quantities of a series, by name.

    Parameters
    ----------
    found : Course
    tracked : Tracked
    unit : str
        Of the quantity.
    axis, axis_unit : str
        Name and unit of the axis.
    """
    good = np.flatnonzero(~tracked.failed)
    first, last = int(good[0]), int(good[-1])
    value, stderr = tracked.value, tracked.stderr
    away = value[good] - value[first]
    most = int(good[int(np.argmax(np.abs(away)))])
    values = {
        "frames": Quantity(float(value.size), "1", rule="a count"),
        "frames_failed": Quantity(float(tracked.failed.sum()), "1", rule="a count"),
        "first_value": Quantity(float(value[first]), unit, float(stderr[first]), rule="of the first frame that was fitted"),
        "largest_shift": Quantity(
            float(value[most] - value[first]), unit, hypot(float(stderr[most]), float(stderr[first])), rule="of one frame from the first"
        ),
        "end_shift": Quantity(
            float(value[last] - value[first]),
            unit,
            hypot(float(stderr[last]), float(stderr[first])),
            rule="of the last frame from the first",
        ),
    }
    if found.too_few:
        return values | {"change_points": Quantity(None, "1", rule=f"{FEWEST_STATES} states are needed")}
    values |= _of_branches(found, unit, axis, axis_unit)
    if not found.one_electrode:
        return values | {
            "reversibility_index": Quantity(None, "1", rule="the frames are of different electrodes"),
            "hysteresis": Quantity(None, unit, rule="the frames are of different electrodes"),
        }
    if found.reversibility is not None:
        index, error = found.reversibility
        rule = "1 - |y_end - y_0| / |y_max - y_0| of frames"
        if error > 0:
            values["reversibility_index"] = Quantity(index, "1", error, rule=rule)
        else:
            values["reversibility_index"] = Quantity(index, "1", rule=f"{rule}; no standard error: the last frame is the furthest one")
    if found.hysteresis is not None:
        one = found.hysteresis
        rule = f"rising minus falling at equal {axis.replace('_', ' ')}, mean of {one.place.size} places"
        values["hysteresis"] = Quantity(one.mean, unit, one.mean_stderr, rule=rule)
    return values


def _of_branches(found: Course, unit: str, axis: str, axis_unit: str) -> dict[str, Quantity]:
    values = {}
    for branch in found.found:
        lines = branch.lines
        if lines is None:
            continue
        kind = f"{lines.points[0].kind}, BIC" if lines.points else "one line, BIC"
        shift, error = branch.sign * lines.difference, lines.difference_stderr
        rule = f"fitted lines ({kind}) against {axis.replace('_', ' ')}, end of the branch minus its beginning"
        ends = interval(shift, error, lines.freedom)
        values[f"{branch.name}_shift"] = Quantity(shift, unit, error, branch.x.size, rule, ends)
        values[f"{branch.name}_change_points"] = Quantity(float(len(lines.points)), "1", rule="a count, by BIC")
        for number, one in enumerate(lines.points, start=1):
            rule = f"{one.kind}, BIC; interval of the profile of the residuals"
            name = f"{branch.name}_change_point_{number}"
            values[name] = Quantity(one.place, axis_unit, one.stderr, branch.x.size, rule, one.interval)
        for number, (slope, slope_error) in enumerate(zip(lines.slopes, lines.slope_stderr, strict=True), start=1):
            name, per = f"{branch.name}_slope_{number}", slope_unit(unit, axis_unit)
            error_or_none = slope_error if slope_error > 0 else None
            rule = f"of region {number}, {kind}" + ("" if error_or_none else "; no standard error: level by the choice of lines")
            values[name] = Quantity(slope, per, error_or_none, rule=rule)
    return values


def findings(found: Course, tracked: Tracked, *, what: str, axis: str) -> list[Flag]:
    """Findings on the frames and the course of a series.

    Parameters
    ----------
    found : Course
    tracked : Tracked
    what : str
        Label of the quantity.
    axis : str
    """
    flags = []
    if tracked.failed.any():
        text = f"{what} could not be fitted in {int(tracked.failed.sum())} of {tracked.failed.size} frames: {_some(tracked.failed)}."
        flags.append(Flag("frame_failed", "warning", text))
    if tracked.jumped.any():
        text = f"{what} depends on the direction of the pass in frames {_some(tracked.jumped)}; half the difference is in their errors."
        flags.append(Flag("seed_jump", "warning", text))
    missing = ~tracked.failed & ~np.isin(np.arange(tracked.value.size), found.usable)
    if missing.any():
        flags.append(Flag("frame_without_place", "warning", f"No {axis.replace('_', ' ')} is known of frames {_some(missing)}."))
    if found.too_few:
        text = (
            f"{found.usable.size} states; {FEWEST_STATES} are needed for change points, hysteresis and reversibility, which are withheld."
        )
        return [*flags, Flag("too_few_states", "refusal", text)]
    if not found.one_electrode:
        text = (
            "The frames are of different electrodes: differences between them are also those of samples; no hysteresis, no reversibility."
        )
        flags.append(Flag("ex_situ_different_samples", "refusal", text))
    short = [branch.name for branch in found.found if branch.lines is None]
    if short:
        flags.append(Flag("branch_too_short", "warning", f"Too few places for change points: {', '.join(short)}."))
    if found.one_electrode and found.reversibility is None:
        flags.append(Flag("no_shift", "note", "No frame differs from the first by more than twice their errors: no reversibility index."))
    return flags


def frame_table(
    named: Mapping[str, Sequence[str]], places: Mapping[str, Array], tracked: Tracked, *, unit: str, branch: Sequence[str], relative: bool
) -> pl.DataFrame:
    """One row for each frame.

    Parameters
    ----------
    named : mapping of str to sequence of str
        Columns of words.
    places : mapping of str to array, shape (n,)
        Times, potentials and the like in the [unit] of their heading.
    tracked : Tracked
    unit : str
        Of the quantity.
    branch : sequence of str
    relative : bool
        Whether to give values relative to the first frame as well, as for intensities.
    """
    first = tracked.value[~tracked.failed][0] if (~tracked.failed).any() else np.nan
    table = pl.DataFrame(
        {
            "frame": np.arange(tracked.value.size),
            **{name: list(words) for name, words in named.items()},
            "branch": list(branch),
            **places,
            f"value [{unit}]": tracked.value,
            f"stderr [{unit}]": tracked.stderr,
            f"shift [{unit}]": tracked.value - first,
            f"forward [{unit}]": tracked.forward,
            f"backward [{unit}]": tracked.backward,
            **({"relative_value": tracked.value / first} if relative and first != 0 else {}),
            "failed": tracked.failed,
            "seed_jump": tracked.jumped,
        }
    )
    return table.with_columns(pl.col(pl.Float64).fill_nan(None))


def region_table(found: Course, *, unit: str, axis_unit: str) -> pl.DataFrame:
    """One row for each region between change points of each branch.

    Parameters
    ----------
    found : Course
    unit, axis_unit : str
        Of the quantity and of the axis.
    """
    per = slope_unit(unit, axis_unit)
    rows = []
    for branch in found.found:
        if branch.lines is not None:
            edges = branch.lines.edges
            for number, (slope, error) in enumerate(zip(branch.lines.slopes, branch.lines.slope_stderr, strict=True)):
                rows.append((branch.name, edges[number], edges[number + 1], slope, error))
    names = ("branch", f"low [{axis_unit}]", f"high [{axis_unit}]", f"slope [{per}]", f"slope_stderr [{per}]")
    return pl.DataFrame(rows, schema={names[0]: pl.String, **dict.fromkeys(names[1:], pl.Float64)}, orient="row")


def _some(mask: np.ndarray) -> str:
    places = [str(int(one)) for one in np.flatnonzero(mask)]
    shown = ", ".join(places[:_SHOWN])
    return f"{shown} and {len(places) - _SHOWN} more" if len(places) > _SHOWN else shown
