"""Pictures of structures: each from above and from the side, several of them on one sheet, with an equal scale.

Atoms are circles in the colours of their elements, all but carbon and hydrogen named; the ion's contacts are dotted. Where no ion is there
yet, an arrow leads from the atom of the site to a dashed ring, the place where it is put.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.patches import Circle

from dualion.atoms.structure import Structure
from dualion.errors import InputError
from dualion.figures.measure import text_width, wrapped
from dualion.figures.palette import INK, MUTED, shade
from dualion.figures.render import Format, saved
from dualion.figures.structure_views import COLOURS, GHOST, NAMES, OTHER, View, views
from dualion.figures.style import FONT_SIZE, LINE_HEIGHT, MM_PER_INCH, POINTS_PER_MM, SETTINGS, TICK_SIZE

WIDTHS: Final = {1: 89.0}  # [mm] of a sheet, by number of structures
_WIDTH = 183.0  # [mm] of a sheet of more
_COLUMNS: Final = {1: 1, 2: 2, 3: 3, 5: 3, 6: 3, 9: 3}
_MOST_COLUMNS = 4
_EDGE, _GUTTER, _ROW_GAP = 3.0, 5.0, 6.0  # [mm]
_BETWEEN = 2.5  # [mm] from the view from above to that from the side
_TITLES = 2.4 * LINE_HEIGHT  # [mm]
_LARGEST_SCALE = 4.4  # [mm per angstrom]
_BAR = 5.0  # [angstrom] scale bar
_LEGEND, _SAMPLE = 4.0, 1.2  # [mm] height of the legend, radius of its circles
_BOND, _CONTACT, _OUTLINE = 1.6, 1.1, 0.55  # [pt]
_RING, _DASHES = 0.9, (0, (2.0, 1.6))  # [pt] of the ring where the ion is put
_PLACE = "place of the ion"
_BASE = 2  # [1] zorder of the lowest layer
_LAYER = 0.3  # [angstrom] atoms nearer than this in depth are drawn together
_FADE = 0.5  # [1] share of white in the farthest atom
_FADE_OVER = 14.0  # [angstrom] depth over which an atom fades so far
_BOND_COLOUR = "#8A93A0"
_UNNAMED = ("C", "H")  # elements that bear no name
_ION_COLOUR = COLOURS["Na"]  # of what is put there
_HEAD = 1.7  # [1] scale of an arrow's head, by the length of a short arrow
_ARROW: Final[dict[str, Any]] = {
    "arrowstyle": "-|>,head_width=0.16,head_length=0.32",
    "color": _ION_COLOUR,
    "lw": 1.3,
    "shrinkA": 0,
    "shrinkB": 0,
}
_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


@dataclass(frozen=True, slots=True)
class Portrait:
    """A structure with the words above it.

    Parameters
    ----------
    structure : Structure
    title : str
        Such as ``"oxN_zz"``.
    note : str
        Stands behind the formula, such as ``"gap 1.15 eV"``.
    """

    structure: Structure
    title: str
    note: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class _Card:
    """A portrait with its views."""

    portrait: Portrait
    above: View
    side: View

    @property
    def width(self) -> float:
        """[angstrom]"""
        return max(view.box[2] - view.box[0] for view in (self.above, self.side))

    @property
    def heights(self) -> tuple[float, float]:
        """Of the view from above and from the side [angstrom]."""
        return self.above.box[3] - self.above.box[1], self.side.box[3] - self.side.box[1]


def sheet(
    portraits: Sequence[Portrait],
    *,
    name: str = "structures",
    title: str = "Structures",
    finding: str = "",
    formats: Sequence[Format] = ("svg", "png"),
) -> dict[str, bytes]:
    """Draw structures on one sheet.

    Parameters
    ----------
    portraits : sequence of Portrait
        At least one.
    name : str
        Of the figure; begins the identifiers in its SVG.
    title, finding : str
        Text alternative of the figure.
    formats : sequence of {"svg", "png", "pdf"}

    Returns
    -------
    dict of str to bytes
        By format. The same structures give the same bytes.

    Raises
    ------
    InputError
        There is nothing to draw.
    """
    if not portraits or any(not len(one.structure) for one in portraits):
        raise InputError(f"{name}: there is no structure to draw. Give at least one that holds atoms.")
    cards = [_Card(one, *views(one.structure)) for one in portraits]
    said = finding or "; ".join(f"{one.title}: {one.structure.formula}{', ' * bool(one.note)}{one.note}" for one in portraits) + "."
    salt = hashlib.sha256(f"{name} {title} {said}".encode()).hexdigest()
    settings: Any = {**SETTINGS, "svg.hashsalt": salt}
    with rc_context(settings):
        canvas, size = _drawn(cards)
        return {form: saved(canvas, form, name=name, title=title, finding=said, size=size) for form in formats}


def _drawn(cards: list[_Card]) -> tuple[Canvas, tuple[float, float]]:
    width = WIDTHS.get(len(cards), _WIDTH)
    columns = _COLUMNS.get(len(cards), _MOST_COLUMNS)
    cell = (width - 2 * _EDGE - (columns - 1) * _GUTTER) / columns
    scale = min(_LARGEST_SCALE, *(cell / card.width for card in cards))
    rows = [cards[start : start + columns] for start in range(0, len(cards), columns)]
    tops = [max(card.heights[0] for card in row) * scale for row in rows]
    sides = [max(card.heights[1] for card in row) * scale for row in rows]
    heights = [_TITLES + above + _BETWEEN + side for above, side in zip(tops, sides, strict=True)]
    legend = _entries(cards, width, scale)
    total = 2 * _EDGE + sum(heights) + _ROW_GAP * len(rows) + _LEGEND * len(legend)
    canvas = Canvas(figsize=(width / MM_PER_INCH, total / MM_PER_INCH))
    axes = canvas.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set_axis_off()
    axes.set_xlim(0.0, width)
    axes.set_ylim(0.0, total)
    top = total - _EDGE
    for row, above, height in zip(rows, tops, heights, strict=True):
        for column, card in enumerate(row):
            middle = _EDGE + column * (cell + _GUTTER) + cell / 2
            _words(axes, card.portrait, middle, top, cell)
            for view, bottom in ((card.above, top - _TITLES - above), (card.side, top - height)):
                centre = (view.box[0] + view.box[2]) / 2
                _view(axes, view, (middle - centre * scale, bottom - view.box[1] * scale), scale)
        top -= height + _ROW_GAP
    _legend(axes, legend, width, scale)
    return canvas, (width, total)


def _words(axes: Axes, portrait: Portrait, middle: float, top: float, width: float) -> None:
    axes.text(middle, top - LINE_HEIGHT * 0.8, portrait.title, ha="center", va="baseline", fontsize=FONT_SIZE, fontweight="bold")
    formula = portrait.structure.formula.translate(_SUBSCRIPTS)
    line = f"{formula} · {portrait.note}" if portrait.note else formula
    shown = wrapped(line, TICK_SIZE, width).split("\n")[0] if text_width(line, TICK_SIZE) > width else line
    axes.text(middle, top - LINE_HEIGHT * 1.75, shown, ha="center", va="baseline", fontsize=TICK_SIZE, color=MUTED)


def _view(axes: Axes, view: View, origin: tuple[float, float], scale: float) -> None:
    """Bonds and atoms in layers, the farthest first, then the way to the place of the ion."""
    places = view.spheres * scale + np.array(origin)
    layers = np.round((view.depth - view.depth.max()) / _LAYER).astype(int)
    symbols = np.array(view.symbols)
    for height, layer in enumerate(sorted(set(layers.tolist()))):
        fade = min(1.0, -layer * _LAYER / _FADE_OVER) * _FADE
        for pairs, colour, width, pattern in (
            (view.bonds, _faded(_BOND_COLOUR, fade), _BOND, "-"),
            (view.contacts, _ION_COLOUR, _CONTACT, (0, (0.1, 2.0))),
        ):
            here = pairs[layers[pairs].min(axis=1) == layer] if len(pairs) else pairs
            if len(here):
                gaps = np.full((len(here), 1, 2), np.nan)  # one line for all bonds of a layer
                x, y = np.concatenate([places[here], gaps], axis=1).reshape(-1, 2).T
                axes.plot(x, y, color=colour, lw=width, ls=pattern, dash_capstyle="round", clip_on=False, zorder=_BASE + 4 * height)
        for symbol in sorted(set(symbols[layers == layer].tolist()), key=_order):
            atoms = np.flatnonzero((layers == layer) & (symbols == symbol))
            radius = float(view.radii[atoms[0]]) * scale
            _spheres(axes, places[atoms], radius, symbol, fade=fade, zorder=_BASE + 4 * height + 1)
    _way(axes, view, origin, scale)


def _order(symbol: str) -> int:
    """Hydrogen below carbon, carbon below the rest."""
    return {"H": 0, "C": 1}.get(symbol, 2)


def _spheres(axes: Axes, places: np.ndarray, radius: float, symbol: str, *, fade: float = 0.0, zorder: int = 2) -> None:
    """Circles of one element with a rim, a light and a name; places and radius in mm."""
    colour, size = _faded(COLOURS.get(symbol, OTHER), fade), 2.0 * radius * POINTS_PER_MM
    x, y = places.T
    dots: Any = {"ls": "none", "marker": "o", "clip_on": False}
    axes.plot(x, y, ms=size, mfc=colour, mec=shade(colour, -0.35), mew=_OUTLINE, zorder=zorder, **dots)
    shift, light = (0.30, 0.34) if symbol in _UNNAMED else (0.48, 0.22)  # beside the name
    axes.plot(x - shift * radius, y + shift * radius, ms=light * size, mfc=shade(colour, 0.42), mew=0.0, zorder=zorder + 1, **dots)
    if symbol not in _UNNAMED:
        points = size * (0.60 if len(symbol) == 1 else 0.50)
        named: Any = {"ha": "center", "va": "center_baseline", "fontsize": points, "fontweight": "bold", "color": "white"}
        for across, upward in places:
            axes.text(across, upward, symbol, zorder=zorder + 2, **named)


def _way(axes: Axes, view: View, origin: tuple[float, float], scale: float) -> None:
    """The ring where the ion is put, and the arrow that leads there."""
    if view.place is None:
        return
    top = _BASE + 10_000
    middle = np.array(view.place) * scale + np.array(origin)
    ring: Any = {"ec": _ION_COLOUR, "lw": _RING, "ls": _DASHES, "clip_on": False, "zorder": top}
    axes.add_patch(Circle((float(middle[0]), float(middle[1])), GHOST * scale, fc="none", **ring))
    if view.arrow is not None:
        begin, end = (np.array(point) * scale + np.array(origin) for point in view.arrow)
        head = min(FONT_SIZE, _HEAD * float(np.linalg.norm(end - begin)) * POINTS_PER_MM)
        axes.annotate("", xy=tuple(end), xytext=tuple(begin), arrowprops=_ARROW | {"mutation_scale": head}, zorder=top)


def _entries(cards: list[_Card], width: float, scale: float) -> list[list[tuple[str, str]]]:
    """Symbol and word of each entry of the legend, in rows that leave room for the scale bar in the last; the ion's symbol is empty."""
    seen = {symbol for card in cards for symbol in card.above.symbols}
    entries = [(symbol, NAMES.get(symbol, symbol)) for symbol in (*COLOURS, *sorted(seen - COLOURS.keys())) if symbol in seen]
    if any(card.above.place is not None for card in cards):
        entries.append(("", _PLACE))
    rows: list[list[tuple[str, str]]] = [[]]
    room = width - 2 * _EDGE
    for entry in entries:
        if rows[-1] and sum(_entry_width(*one) for one in (*rows[-1], entry)) > room:
            rows.append([])
        rows[-1].append(entry)
    if sum(_entry_width(*one) for one in rows[-1]) > room - _BAR * scale:
        rows.append([])
    return rows


def _entry_width(symbol: str, word: str) -> float:
    """[mm]"""
    return text_width(word, TICK_SIZE) + (6.0 if symbol else 12.0)


def _legend(axes: Axes, rows: list[list[tuple[str, str]]], width: float, scale: float) -> None:
    """Elements, the place of the ion, and a scale bar, at the foot."""
    y = _EDGE + 0.5 * LINE_HEIGHT
    for number, row in enumerate(reversed(rows)):
        x, line = _EDGE + _SAMPLE, y + number * _LEGEND
        for symbol, word in row:
            indent = 2.2
            if symbol:
                _spheres(axes, np.array([(x, line)]), _SAMPLE, symbol)
            else:
                indent = 8.4
                axes.annotate("", xy=(x + 3.6, line), xytext=(x - _SAMPLE, line), arrowprops=_ARROW)
                axes.add_patch(Circle((x + 5.6, line), _SAMPLE, fc="none", ec=_ION_COLOUR, lw=_RING, ls=_DASHES))
            axes.text(x + indent, line - 0.9, word, fontsize=TICK_SIZE, va="baseline", color=INK)
            x += _entry_width(symbol, word)
    right = width - _EDGE - 1.0
    axes.plot([right - _BAR * scale, right], [y - 0.6, y - 0.6], color=INK, lw=1.2, solid_capstyle="butt")
    axes.text(right - _BAR * scale / 2, y + 0.4, f"{_BAR:g} Å", fontsize=TICK_SIZE, ha="center", va="baseline", color=INK)


def _faded(colour: str, share: float) -> str:
    """A colour of something farther away."""
    return shade(colour, share) if share > 0.0 else colour
