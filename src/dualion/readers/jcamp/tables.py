"""The numbers of a block, held against what its header says of them.

``XYDATA=(X++(Y..Y))``: abscissae run evenly from FIRSTX to LASTX over NPOINTS; those at the beginning of each line serve as a check. A line
may be off by a step, as some programs count; beyond that the table is refused. Pairs (``(XY..XY)``) are read as they stand. Counts must
agree: a block without its end gives the points before the cut with the flag ``truncated``, and everything else is refused. Where FIRSTY,
MAXY, MINY, DELTAX or the lines disagree with the table, a warning says so (``ordinate_disagrees``, ``abscissa_disagrees``).
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dualion.errors import ReadError
from dualion.readers.jcamp.blocks import Block, Record
from dualion.readers.jcamp.ordinates import MOST_POINTS, Table, decode, forms
from dualion.readers.texts.blocks import Text, truncated
from dualion.records.quantity import Flag

Array = NDArray[np.float64]

#: Steps [1] by which the abscissa of a line may be off.
_STEPS = 1.5
#: Relative difference that rounding of a printed number explains.
_ROUNDING = 1e-6

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[Ee][+-]?\d+)?")
_EVEN, _PAIRS = "(X++(Y..Y))", "(XY..XY)"
_LABELS = ("XYDATA", "XYPOINTS")


@dataclass(frozen=True, slots=True)
class Points:
    """Abscissae and ordinates, in the units of the block [XUNITS, YUNITS], shape (n,) each, and what is to be said of them."""

    x: Array
    y: Array
    flags: tuple[Flag, ...]


def has_points(block: Block) -> bool:
    """Whether a block holds a spectrum."""
    return any(label in block.records for label in _LABELS)


def points(text: Text, block: Block) -> Points:
    """The spectrum of a block.

    Parameters
    ----------
    text : Text
    block : Block

    Returns
    -------
    Points

    Raises
    ------
    ReadError
        A number is missing or wrong, or the table and its header contradict each other.
    """
    label = next(one for one in _LABELS if one in block.records)
    record = block.records[label]
    form = re.sub(r"\s+", "", record.text).upper()
    if form not in (_EVEN, _PAIRS):
        raise text.error(record.line, f'the table has the form "{record.text[:40]}"', f"Export the spectrum as ##XYDATA= {_EVEN}.")
    rows, cut = _whole_rows(text, block, record)
    found = _even(text, block, rows, cut=cut) if form == _EVEN else _pairs(text, block, rows, cut=cut)
    return Points(found.x, found.y, (*found.flags, *_ordinate_flags(block, found)))


def _whole_rows(text: Text, block: Block, record: Record) -> tuple[Sequence[tuple[int, str]], bool]:
    """Lines of a table, without one that the end of the file may have cut, and whether the block lacks its end."""
    rows = record.rows
    if rows and not text.ended and rows[-1][0] == len(text.lines) - 1:
        rows = rows[:-1]
    return rows, not block.ended


def _even(text: Text, block: Block, rows: Sequence[tuple[int, str]], *, cut: bool) -> Points:
    """Points of equal distance."""
    count = _count(text, block)
    first, last = _ends(text, block, count)
    step = (last - first) / (count - 1) if count > 1 else 0.0
    problem: ReadError | None = None
    for form in forms(rows):
        try:
            table = decode(text, rows, form)
            _hold_count(text, block, len(table.ordinates), count, cut=cut)
            flags = _abscissa_flags(text, block, table, first, step)
        except ReadError as error:
            problem = problem or error
            continue
        y = np.array(table.ordinates) * _factor(text, block, "YFACTOR")
        return Points(np.linspace(first, last, count)[: y.size], y, (*flags, *_cut_flags(y.size, count)))
    raise problem or text.error(block.line, "the table is empty")


def _pairs(text: Text, block: Block, rows: Sequence[tuple[int, str]], *, cut: bool) -> Points:
    """Points whose abscissae are written."""
    count = _count(text, block)
    x, y = list[float](), list[float]()
    for line, row in rows:
        written = [one for one in re.split(r"[,;\s]+", row) if one]
        bad = next((one for one in written if _NUMBER.fullmatch(one) is None and one != "?"), None)
        if bad is not None or len(written) % 2 or "?" in written[::2]:
            raise text.error(line, f'"{bad[:40]}" is no number' if bad is not None else "a pair lacks one of its numbers")
        x += [float(one) for one in written[::2]]
        y += [math.nan if one == "?" else float(one) for one in written[1::2]]
    if not np.isfinite(x).all() or np.isinf(y).any():
        raise text.error(block.line, "a number is too large")
    _hold_count(text, block, len(x), count, cut=cut)
    scaled = np.array(x) * _factor(text, block, "XFACTOR")
    flags = list(_cut_flags(len(x), count))
    if len(x) == count and "FIRSTX" in block.records and "LASTX" in block.records:
        first, last = _ends(text, block, count)
        if not (_agree(block.text("FIRSTX"), first, scaled[0]) and _agree(block.text("LASTX"), last, scaled[-1])):
            message = f"FIRSTX and LASTX are {first:g} and {last:g}, and the pairs run from {scaled[0]:g} to {scaled[-1]:g}."
            flags.append(Flag("abscissa_disagrees", "warning", message))
    return Points(scaled, np.array(y) * _factor(text, block, "YFACTOR"), tuple(flags))


def _count(text: Text, block: Block) -> int:
    """How many points the header announces."""
    written = block.text("NPOINTS")
    number = _NUMBER.match(written)
    if number is None or not float(number[0]).is_integer() or not 1 <= float(number[0]) <= MOST_POINTS:
        place = block.records["NPOINTS"].line if "NPOINTS" in block.records else block.line
        told = f'NPOINTS is "{written[:20]}"' if written else "NPOINTS is missing"
        raise text.error(place, told, "A table of points must say how many there are. Export it anew.")
    return int(float(number[0]))


def _ends(text: Text, block: Block, count: int) -> tuple[float, float]:
    """First and last abscissa."""
    first = _stated(text, block, "FIRSTX")
    last = _stated(text, block, "LASTX")
    step = _stated(text, block, "DELTAX")
    if last is None and first is not None and step is not None:
        last = first + step * (count - 1)
    if first is None or last is None:
        raise text.error(block.line, "FIRSTX or LASTX is missing", "Without them the abscissae are not known. Export the spectrum anew.")
    if count > 1 and first == last:
        raise text.error(block.line, f"FIRSTX and LASTX are both {first:g}")
    return first, last


def _stated(text: Text, block: Block, label: str) -> float | None:
    record = block.records.get(label)
    if record is None or not record.text:
        return None
    found = _NUMBER.match(record.text.replace(",", ".", 1) if record.text.count(",") == 1 else record.text)
    if found is None or not math.isfinite(float(found[0])):
        raise text.error(record.line, f'{label} is "{record.text[:40]}"')
    return float(found[0])


def _factor(text: Text, block: Block, label: str) -> float:
    factor = _stated(text, block, label)
    if factor == 0:
        raise text.error(block.records[label].line, f"{label} is 0")
    return 1.0 if factor is None else factor


def _hold_count(text: Text, block: Block, found: int, count: int, *, cut: bool) -> None:
    if found == 0:
        raise text.error(block.line, "the table is empty", "Copy or export the file anew.")
    if found > count or (found < count and not cut):
        where = block.records["NPOINTS"].line
        raise text.error(
            where, f"NPOINTS is {count}, and the table holds {found}", "Points are missing or were added. Export the file anew."
        )


def _cut_flags(found: int, count: int) -> tuple[Flag, ...]:
    return () if found == count else (truncated(f"The block announces {count} points and holds {found}."),)


def _abscissa_flags(text: Text, block: Block, table: Table, first: float, step: float) -> tuple[Flag, ...]:
    """Hold the abscissae of the lines, and DELTAX, against FIRSTX and LASTX."""
    factor = _factor(text, block, "XFACTOR")
    worst = 0.0
    for line, written, index, decimals in table.abscissae:
        off = abs(written * factor - (first + step * index))
        printed = abs(factor) * 10.0**-decimals
        if off > max(_STEPS * abs(step), 0.0) + printed:
            reason = f"the line begins at {written * factor:g}, and FIRSTX, LASTX and the points before it give {first + step * index:g}"
            raise text.error(line, reason, "Points are missing or were added, or FIRSTX or LASTX is wrong. Export the file anew.")
        if off > 0.5 * abs(step) + printed:
            worst = max(worst, off)
    told = []
    if worst:
        told.append(f"The abscissae of lines are up to {worst:.3g} off those that follow from FIRSTX and LASTX")
    delta = _stated(text, block, "DELTAX")
    if delta is not None and abs(delta - step) > max(10.0 ** -_decimals(block.text("DELTAX")), _ROUNDING * abs(step)):
        told.append(f"DELTAX is {delta:g}, and (LASTX - FIRSTX) / (NPOINTS - 1) is {step:.6g}")
    return (Flag("abscissa_disagrees", "warning", f"{'; '.join(told)}. FIRSTX and LASTX were taken."),) if told else ()


def _ordinate_flags(block: Block, found: Points) -> tuple[Flag, ...]:
    """Hold FIRSTY, MAXY and MINY against the table."""
    y = found.y[np.isfinite(found.y)]
    if y.size == 0 or any(flag.code == "truncated" for flag in found.flags):
        return ()
    told = []
    for label, value in (("FIRSTY", float(found.y[0])), ("MAXY", float(y.max())), ("MINY", float(y.min()))):
        written = _NUMBER.match(block.text(label))
        if written and math.isfinite(value) and not _agree(written[0], float(written[0]), value):
            told.append(f"{label} is {written[0]} and the table has {value:.6g}")
    return (Flag("ordinate_disagrees", "warning", f"{'; '.join(told)}. The table was taken."),) if told else ()


def _agree(written: str, stated: float, value: float) -> bool:
    """Whether a value is the printed one, within one unit of its last digit."""
    mantissa, _, exponent = written.strip().upper().partition("E")
    unit = 10.0 ** (-_decimals(mantissa) + (int(exponent) if re.fullmatch(r"[+-]?\d{1,3}", exponent) else 0))
    return abs(stated - value) <= unit + _ROUNDING * abs(stated)


def _decimals(number: str) -> int:
    found = _NUMBER.match(number.strip())
    return (
        len(found[0].partition(".")[2])
        if found and "E" not in found[0].upper()
        else (len(number.strip().partition(".")[2]) if found else 0)
    )
