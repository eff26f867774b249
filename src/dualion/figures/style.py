"""The one style of all figures: sizes in millimetres and points, line widths, and the settings given to matplotlib."""

from __future__ import annotations

from typing import Any, Final

from dualion.figures.palette import INK

MM_PER_INCH: Final = 25.4
POINTS_PER_MM: Final = 72 / MM_PER_INCH
PNG_DPI: Final = 200

FONT_SIZE: Final = 8.0  # [pt] axis titles, legends, panel titles
TICK_SIZE: Final = 7.0  # [pt] tick labels and labels beside points
LINE_HEIGHT: Final = 3.5  # [mm] of one line of 8 pt text

AXES_HEIGHT: Final = {1: 56.0, 2: 54.0, 3: 46.0}  # [mm] by number of panels side by side
BAR_HEIGHT: Final = 5.0  # [mm] of one category of horizontal bars

SIMULATED_WIDTH: Final = 1.4  # [pt]
FITTED_WIDTH: Final = 0.7  # [pt]
LIMIT_WIDTH: Final = 0.9  # [pt]
MARKER_SIZE: Final = 4.6  # [pt]
DENSE: Final = 80  # [1] points of a series from which on its marks are smaller
SMALLEST_MARKER: Final = 0.35  # [1] of their size, at the least
MARKER_EDGE: Final = 1.1  # [pt]
BAND_ALPHA: Final = 0.18
DASH_LENGTH: Final = 9.0  # [pt] of the short line that stands for one simulated number

MARKERS: Final = ("o", "s", "^", "D", "v", "P", "X")
DASH_EXTRA: Final = 0.6  # [pt] thicker than a line, for it is short
#: Second and third line of one sample. Dashed lines are limits, so neither is plainly dashed.
LINE_PATTERNS: Final[tuple[Any, ...]] = ("-", (0, (6, 1.4, 1.2, 1.4)), (0, (1.2, 1.6)))
LIMIT_PATTERNS: Final = ((0, (4, 2.5)), (0, (2, 2)), (0, (8, 2.5)))

#: Given to ``rc_context``: nothing of it stays behind.
SETTINGS: Final[dict[str, Any]] = {
    "font.family": ["sans-serif"],
    "font.sans-serif": ["DejaVu Sans", "Verdana", "Helvetica", "Arial"],
    "font.size": FONT_SIZE,
    "text.color": INK,
    "text.parse_math": False,
    "axes.unicode_minus": True,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.labelsize": FONT_SIZE,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "figure.dpi": 72,
    "figure.facecolor": "white",
    "hatch.linewidth": 0.6,
    "legend.frameon": False,
    "legend.fontsize": FONT_SIZE,
    "lines.solid_capstyle": "round",
    "lines.scale_dashes": False,
    "path.simplify": True,
    "pdf.fonttype": 42,
    "savefig.bbox": None,
    "savefig.dpi": "figure",
    "savefig.facecolor": "white",
    "svg.fonttype": "none",
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.labelsize": TICK_SIZE,
    "ytick.labelsize": TICK_SIZE,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.pad": 2.0,
    "ytick.major.pad": 2.0,
}
