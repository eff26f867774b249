"""A quantity followed over a series of frames: against potential, charge or time, in situ or ex situ.

Every frame is one measurement. The first is fitted with the full recipe of its technique, each later one from the result before it, and a
second pass goes back: where the two passes end at different places, the value depends on the direction, and the frame is flagged
``seed_jump``.

    shift_i         = y_i - y_0
    reversibility   = 1 - |y_end - y_0| / |y_max - y_0|
    hysteresis      = y(rising, V) - y(falling, V)          at equal potential or equal charge
    change points   of piecewise straight lines in V, their number by BIC (Schwarz 1978), for every branch; slopes between them

Potentials come from the electrochemical record by the time stamps of the frames; the offset between the clocks is fitted where the frames
carry a potential of their own, and reported. A frame that was averaged over a time holds a span of potentials, scan rate times acquisition
time: its horizontal error, which also widens the interval of a change point. A reference line (silicon, the metal of a current collector)
that moves is ``drift``; positions are corrected by its shift, intensities by its ratio.

Ex-situ frames are different electrodes: no hysteresis and no reversibility follow from them. Valid where one frame is short against the
change it follows; windows of cells and bands of electrolytes must be left out by ``window``, and intensities also change with focus.

References: Schwarz 1978; Kass and Raftery 1995; Zhang and Siegmund 2007; Levenberg 1944; Marquardt 1963.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl

from dualion.columns import column
from dualion.errors import CoverageError, InputError, SpecError
from dualion.numerics.arrays import curve_from, numbers
from dualion.numerics.series.clock import Offset
from dualion.numerics.series.course import Course, charge_correlation, course, passed_charge
from dualion.numerics.series.findings import findings, frame_table, quantities, region_table
from dualion.numerics.series.frame import FrameFit
from dualion.numerics.series.places import COLUMNS, LABELS, TURNING, UNITS, AxisName, Places, Record, places
from dualion.numerics.series.quantities import Tracking, fit_of, ordinate, tracking
from dualion.numerics.series.reference_line import corrected, drift
from dualion.numerics.series.single_line import Window
from dualion.numerics.series.single_line import track as track_line
from dualion.numerics.series.synthetic_frames import discharge, shifted, spectrum
from dualion.numerics.series.tracking import Array, Tracked, follow
from dualion.numerics.simulated import simulated_source
from dualion.records.figure import Axis, Figure, Panel, Series
from dualion.records.measurement import Curve, Measurement, Result
from dualion.records.quantity import Flag, Quantity
from dualion.techniques.checks import check_words
from dualion.techniques.row import Technique, Truth, carried_flags, check_input, provenance

_RECORD, _CURRENT = ("test_time_second", "voltage_volt"), "current_ampere"
_PRISTINE = "pristine"
_ALIGNED = ("timestamp", "state", "index")
_FRAME = 60.0  # [s] from frame to frame of synthetic series
#: Values that the finding of the figure tells.
_TOLD = re.compile(r"_change_point_\d+$|^reversibility_index$")
_NORMAL = 1.959964  # [1] half-width of a 95 % interval in standard errors


@dataclass(frozen=True, slots=True)
class Options:
    """How a series is followed."""

    technique: str = "raman"  # of the frames
    quantity: str = "g_position"  # what is followed: d_position, band_position, position_002, intensity_at_1.5, line_position, ...
    window: tuple[float, float] | None = None  # [1] in the unit of the abscissa, outside of which a frame is not looked at
    two_pass: bool = True  # go back as well
    reference_line: tuple[float, float] | None = None  # [1] window of a reference line, in the unit of the abscissa
    align: Literal["timestamp", "state", "index"] = "timestamp"  # what orders the frames and gives them their potential
    axis: AxisName = "potential"  # along which change points are looked for
    clock_offset: float | None = None  # [s] to add to the clock of the frames; fitted where absent
    acquisition_time: float = 0.0  # [s] of one frame
    scan_rate: float | None = None  # [V/s] of the potential; from the frames where absent
    branch_split: bool = True  # change points of every branch on its own
    change_point_max: int = 2  # [1] most change points of a branch
    same_electrode: bool | None = None  # whether all frames are of one electrode; by sample names and align where absent

    def __post_init__(self) -> None:
        check_words((("align", self.align, _ALIGNED), ("axis", self.axis, tuple(LABELS))))
        for name, window in (("window", self.window), ("reference_line", self.reference_line)):
            if window is not None and not (math.isfinite(window[0]) and math.isfinite(window[1]) and window[0] < window[1]):
                raise SpecError(f"{name}: {window} is not a window. Write its lower and upper end, such as [1480, 1700].")
        if not (math.isfinite(self.acquisition_time) and self.acquisition_time >= 0):
            raise SpecError(f"acquisition_time: {self.acquisition_time} s is not a time.")
        for name, number in (("clock_offset", self.clock_offset), ("scan_rate", self.scan_rate)):
            if number is not None and not math.isfinite(number):
                raise SpecError(f"{name}: {number} is not a number.")
        if self.change_point_max < 0:
            raise SpecError(f"change_point_max: {self.change_point_max} is negative. Write 0, 1 or 2.")
        tracking(self.technique, self.quantity)


def analyse(measurements: Sequence[Measurement], options: Options) -> Result:
    """Follow a quantity over frames.

    Parameters
    ----------
    measurements : sequence of Measurement
        Frames, and at most one electrochemical record (``test_time_second`` and ``voltage_volt``). The conditions ``frame_time``,
        ``potential``, ``state_of_charge``, ``state`` and ``transfer`` of a frame are read.
    options : Options

    Returns
    -------
    Result

    Raises
    ------
    CoverageError
        There is no frame, or none could be fitted.
    SpecError
        The time of a frame is missing, or this technique has no such quantity.
    InputError
        A frame has no column for the quantity, or there are several records.
    """
    check_input(TECHNIQUE, measurements)
    flags = list(carried_flags(measurements))
    records = [one for one in measurements if all(name in one.table.columns for name in _RECORD)]
    if len(records) > 1:
        raise InputError(f"{records[1].source.file}: a second electrochemical record. Give one that spans all frames.")
    frames = _ordered([one for one in measurements if one not in records], options)
    if not frames:
        raise CoverageError(f"A series of {options.quantity}, in frames,", 1, 0)
    how = tracking(options.technique, options.quantity)
    tracked, unit = _tracked(frames, how, options)
    tracked, moved = _corrected(frames, tracked, how, options)
    if tracked.failed.all():
        raise CoverageError(f"A series of {options.quantity}, in frames that could be fitted,", 1, 0)
    where = _where(frames, records, options, flags)
    unit_of_axis, still = UNITS[options.axis], np.zeros(len(frames))
    found = course(
        where.axis, tracked, span=where.span if options.axis == "potential" else still, split=options.branch_split,
        most=options.change_point_max, one_electrode=_one_electrode(frames, options), turns=options.axis in TURNING,
    )  # fmt: skip
    flags += _holes(frames, how)
    flags += [*findings(found, tracked, what=how.label, axis=options.axis), *_frame_flags(frames, moved)]
    values = quantities(found, tracked, unit=unit, axis=options.axis, axis_unit=unit_of_axis)
    if where.offset is not None:
        values |= _of_record(_record(records[0]), found, tracked, where, where.offset)
    named = {"file": [one.source.file for one in frames], "state": [str(one.conditions.get("state", "")) for one in frames]}
    return Result(
        technique=TECHNIQUE.name,
        values=values,
        curves=_curves(found, Axis(how.label, unit), Axis(LABELS[options.axis], unit_of_axis)),
        flags=tuple(dict.fromkeys(flags)),
        provenance=provenance(TECHNIQUE, measurements, options),
        tables={
            "frames": frame_table(named, where.columns, tracked, unit=unit, branch=found.branch_of, relative=how.kind == "intensity"),
            "regions": region_table(found, unit=unit, axis_unit=unit_of_axis),
        },
    )


def _number(measured: Measurement, name: str) -> float:
    """A condition as a number; NaN where it is not known."""
    given = measured.conditions.get(name)
    return float(given.value) if isinstance(given, Quantity) and given.value is not None else math.nan


def _condition(frames: Sequence[Measurement], name: str) -> Array:
    return np.array([_number(one, name) for one in frames])


def _ordered(frames: Sequence[Measurement], options: Options) -> list[Measurement]:
    """Frames by their time stamps; in the order given for states and indices."""
    if options.align != "timestamp":
        return list(frames)
    nameless = [one.source.file for one in frames if not math.isfinite(_number(one, "frame_time"))]
    if nameless:
        raise SpecError(f'align: {nameless[0]} has no frame_time. Give it, or align = "state" or "index" for frames in their order.')
    return sorted(frames, key=lambda one: (_number(one, "frame_time"), one.source.sha256))


def _tracked(frames: Sequence[Measurement], how: Tracking, options: Options) -> tuple[Tracked, str]:
    """The quantity in every frame, and its unit."""
    fit = fit_of(how)
    arrays, unit = [], ""
    for one in frames:
        x, y, unit = _columns(one, how)
        arrays.append((x, y))
    window = options.window
    first = window if window is not None and how.technique == "ftir" else ()

    def one_frame(frame: tuple[Array, Array], seed: tuple[float, ...]) -> FrameFit:
        x, y = frame
        if window is not None:
            inside = (x >= window[0]) & (x <= window[1])
            x, y = x[inside], y[inside]
        return fit(x, y, quantity=how.quantity, seed=seed)

    return follow(arrays, one_frame, first=first, two_pass=options.two_pass), unit


def _columns(measured: Measurement, how: Tracking) -> tuple[Array, Array, str]:
    """Abscissa and ordinate of a frame, and the unit of the quantity."""
    names = []
    for wanted in (how.x, how.y):
        there = [name for name in wanted if name in measured.table.columns]
        if not there:
            raise InputError(f"{measured.source.file}: no column {' or '.join(wanted)}, which {how.quantity} needs.")
        names.append(there[0])
    x, y = (numbers(measured.table, name) for name in names)
    y = ordinate(names[1], y)
    if how.ratio_to:
        if how.ratio_to not in measured.table.columns:
            raise InputError(f"{measured.source.file}: no column {how.ratio_to}, which {how.quantity} needs.")
        below = numbers(measured.table, how.ratio_to)
        y = y / np.where(below > 0, below, np.nan)
    units = {"x": column(names[0]).unit or "1", "y": column(names[1]).unit or "1"}
    first, _, rest = how.unit.partition(" ")
    unit = units.get(first, first)
    return x, y, (f"{unit} {rest}" if unit != "1" else rest) if rest else unit


def _holes(frames: Sequence[Measurement], how: Tracking) -> list[Flag]:
    """Frames with numbers that are not finite."""
    holes = [one.source.file for one in frames if not all(np.isfinite(numbers).all() for numbers in _columns(one, how)[:2])]
    text = f"{len(holes)} frames hold numbers that are not finite and are not used, such as {holes[0]}." if holes else ""
    return [Flag("missing_values", "warning", text)] if holes else []


def _corrected(frames: Sequence[Measurement], tracked: Tracked, how: Tracking, options: Options) -> tuple[Tracked, str]:
    """The quantity corrected by a reference line, and what that line did, in words; empty where it stood still."""
    if options.reference_line is None:
        return tracked, ""
    line = "line_position" if how.kind == "position" else "line_height"
    window = Window(*options.reference_line)
    arrays = [_columns(one, how)[:2] for one in frames]
    own = follow(arrays, lambda frame, seed: track_line(*frame, quantity=line, seed=seed, window=window), two_pass=False)
    if own.failed[0] or own.failed.all():
        raise SpecError("reference_line: no line stands out in this window in the first frame. Write the window of one.")
    largest = drift(own)
    said = f"The reference line moves by up to {largest:.3g}; the frames are corrected by it." if largest else ""
    return corrected(tracked, own, how.kind), said


def _where(frames: Sequence[Measurement], records: Sequence[Measurement], options: Options, flags: list[Flag]) -> Places:
    """Time, potential, span and charge of every frame."""
    time, potential, charge = (_condition(frames, name) for name in ("frame_time", "potential", "state_of_charge"))
    found, noted = places(
        time, potential, charge, _record(records[0]) if records and options.align == "timestamp" else None, axis=options.axis,
        offset=options.clock_offset, acquisition_time=options.acquisition_time, scan_rate=options.scan_rate,
    )  # fmt: skip
    flags += noted
    return found


def _record(measured: Measurement) -> Record:
    """The rows of an electrochemical record whose numbers are finite, in their order in time."""
    names = [*_RECORD, _CURRENT] if _CURRENT in measured.table.columns else list(_RECORD)
    table = measured.table.select(names).filter(pl.all_horizontal(pl.all().is_finite())).sort(_RECORD[0])
    if table.height < 2:
        raise CoverageError(f"{measured.source.file}: an electrochemical record, in rows,", 2, table.height)
    time, potential = (table[name].to_numpy() for name in _RECORD)
    return Record(time, potential, table[_CURRENT].to_numpy() if _CURRENT in names else None)


def _one_electrode(frames: Sequence[Measurement], options: Options) -> bool:
    """Whether the frames are of one electrode: as stated, or one sample name and an order in time."""
    if options.same_electrode is not None:
        return options.same_electrode
    return len({one.sample for one in frames}) == 1 and options.align != "state"


def _frame_flags(frames: Sequence[Measurement], moved: str) -> list[Flag]:
    flags = [Flag("drift", "warning", moved)] if moved else []
    files = [one.source.file for one in frames if one.conditions.get("transfer") == "air" and one.conditions.get("state") != _PRISTINE]
    if files:
        text = f"{len(files)} frames were transferred in air, such as {files[0]}: sodium reacts with it, and the state may be lost."
        flags.append(Flag("exposed_sample", "warning", text))
    return flags


def _of_record(record: Record, found: Course, tracked: Tracked, where: Places, offset: Offset) -> dict[str, Quantity]:
    """Offset of the clock, and the correlation with the differential capacity where the record has a current."""
    if offset.stderr > 0:
        values = {"clock_offset": Quantity(offset.value, "s", offset.stderr, rule="fitted to the potentials of the frames")}
    else:
        values = {"clock_offset": Quantity(offset.value, "s", rule="no standard error: as stated, or taken as zero")}
    if record.current is None:
        return values
    one = charge_correlation(found, tracked, passed_charge(where.time + offset.value, record.time, record.current), where.potential)
    if one is not None and one.interval is not None:
        rule = "Pearson, |dy/dV| and |dQ/dV| between neighbouring frames, Fisher's interval"
        values["differential_capacity_correlation"] = Quantity(one.r, "1", n=one.n, rule=rule, interval=one.interval)
    return values


def _curves(found: Course, y: Axis, x: Axis) -> dict[str, Curve]:
    """Fitted lines of every branch."""
    curves = {}
    for branch in found.found:
        if branch.lines is not None:
            order = np.argsort(branch.x, kind="stable")
            fitted, error = branch.lines.fitted, branch.lines.fitted_stderr
            curves[f"fitted_{branch.name}"] = curve_from(x, y, branch.x[order], fitted, error)
    if found.hysteresis is not None:
        one = found.hysteresis
        label = Axis(f"Hysteresis of {y.quantity[0].lower()}{y.quantity[1:]}", y.unit)
        curves["hysteresis"] = curve_from(x, label, one.place, one.difference, one.stderr)
    return curves


def draw(result: Result) -> Figure:
    """The quantity of every frame along the axis, each branch with its fitted lines.

    Parameters
    ----------
    result : Result

    Returns
    -------
    Figure
    """
    table, options = result.tables["frames"], result.provenance.options
    along = str(options["axis"])
    value, stderr = (next(name for name in table.columns if name.startswith(f"{word} [")) for word in ("value", "stderr"))
    place = next(name for name in table.columns if name.split(" ")[0] == COLUMNS[along])
    what = tracking(str(options["technique"]), str(options["quantity"])).label
    series = []
    good = table.filter(pl.col(value).is_not_null() & pl.col(place).is_not_null())
    for branch in good["branch"].unique(maintain_order=True):
        rows, name = good.filter(pl.col("branch") == branch), f"{branch or 'frames'}".capitalize()
        error, at = tuple(_NORMAL * one for one in rows[stderr]), tuple(float(one) for one in rows[place])
        series.append(Series(name, "measured", at, tuple(rows[value]), "analysis", sample=branch or "frames", y_error=error))
        line = result.curves.get(f"fitted_{branch}")
        if line is not None:
            series.append(Series(f"{name}, fitted", "fitted", line.x, line.y, "analysis", sample=branch))
    told = [(name.replace("_", " "), one) for name, one in result.values.items() if _TOLD.search(name) and one.value is not None]
    largest = result.values["largest_shift"]
    text = f"{what}: largest shift {largest.value:.3g} ± {largest.stderr or 0.0:.2g} {largest.unit}"
    text += "".join(f", {name} {one.value:.3g}{'' if one.unit == '1' else f' {one.unit}'}" for name, one in told)
    panel = Panel(Axis(LABELS[along], UNITS[along]), Axis(what, largest.unit), tuple(series))
    return Figure("series", f"{what} over the series", f"{text}.", (panel,))


def synthesise(
    rng: np.random.Generator,
    *,
    noise: float = 1.0,
    shift: float = -8.0,
    change_point: float = 0.15,
    shape: Literal["step", "ramp"] = "ramp",
    frames: int = 40,
    drift: float = 0.0,
) -> tuple[tuple[Measurement, ...], Truth]:
    """Raman spectra of a discharge whose G band shifts below a potential, with the silicon line of a reference beside it.

    Parameters
    ----------
    rng : numpy.random.Generator
    noise : float
        [1] multiple of the noise that gives the position of one frame a standard error of 1 cm-1.
    shift : float
        [cm-1] of the G band at the end of the discharge.
    change_point : float
        [V]
    shape : {"step", "ramp"}
        Whether the whole shift sets in at the change point, or grows linearly to the end.
    frames : int
        [1]
    drift : float
        [cm-1] by which the spectrometer moves from the first frame to the last.
    """
    made = []
    potential = discharge(change_point, frames)
    shifts = shifted(potential, shift=shift, change_point=change_point, shape=shape)
    for number, (V, own) in enumerate(zip(potential, shifts, strict=True)):
        x, y = spectrum(rng, noise=noise, shift=float(own), drift=drift * number / max(frames - 1, 1))
        table = pl.DataFrame({"raman_shift_per_centimetre": x, "intensity_arbitrary": y})
        source = simulated_source("series", f"synthetic-raman-{number:02d}.txt", np.append(y, number))
        conditions: dict[str, Quantity | str] = {"frame_time": Quantity(_FRAME * number, "s"), "potential": Quantity(float(V), "V")}
        made.append(Measurement("raman", table, conditions, "synthetic", source))
    return tuple(made), {"falling_shift": shift, "falling_change_point_1": change_point}


TECHNIQUE = Technique(
    name="series",
    title="Series of spectra over potential, charge or time",
    measurement="any",
    needs=(),
    options=Options,
    analyse=analyse,
    draw=draw,
    synthesise=synthesise,
    references=("schwarz1978", "kass1995", "zhang2007", "levenberg1944", "marquardt1963"),
    several=True,
    example=Options(two_pass=False, change_point_max=1),
)
