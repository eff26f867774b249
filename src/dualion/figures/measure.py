"""Width of text, from the metrics of the bundled font: layout needs it before anything is drawn."""

from __future__ import annotations

from functools import lru_cache

from matplotlib.font_manager import FontProperties, findfont, get_font

from dualion.figures.style import POINTS_PER_MM

_DOTS_PER_UNIT = 64  # FreeType counts in 1/64 of a dot; at 72 dpi a dot is a point


@lru_cache(maxsize=4096)
def text_width(text: str, size: float) -> float:
    """Width [mm] of the longest line of a text at a font size [pt]."""
    if "\n" in text:
        return max(text_width(line, size) for line in text.split("\n"))
    if not text:
        return 0.0
    font = get_font(_font_path())
    font.set_size(size, 72)
    font.set_text(text)
    width, _ = font.get_width_height()
    return float(width) / _DOTS_PER_UNIT / POINTS_PER_MM


@lru_cache(maxsize=1)
def _font_path() -> str:
    return str(findfont(FontProperties(family="DejaVu Sans")))


def wrapped(text: str, size: float, width: float) -> str:
    """A text broken at spaces so that its lines are at most ``width`` [mm] wide, where spaces allow it."""
    lines: list[str] = []
    for word in text.split(" "):
        if lines and text_width(f"{lines[-1]} {word}", size) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return "\n".join(lines)
