"""One palette: a sample has the same colour in every figure.

The six colours of the samples are at least 15 apart in CIELAB (CIE 1976 colour difference) for normal vision and for full
deuteranopia, protanopia and tritanopia in the simulation of Machado, Oliveira & Fernandes (IEEE Trans. Vis. Comput. Graph. 15, 1291,
2009), and each has a contrast of at least 3:1 on white (WCAG 2.2, 1.4.11). A test holds both.
"""

from __future__ import annotations

import hashlib
import re

#: Text and axes.
INK = "#1F2937"
#: Limits and whatever must stay behind the data.
MUTED = "#6B7280"

SAMPLE_COLOURS: dict[str, str] = {
    "MEC0": "#8A909C",
    "MEC1": "#2A62D9",
    "MEC2": "#1F9E63",
    "MEC3": "#D9730D",
    "MEC4": "#A347AE",
    "EG": "#101B4D",
}

#: For samples that the table does not name, and for series without a sample.
OTHER_COLOURS: tuple[str, ...] = ("#00788A", "#5E1F2B", "#5A5A00", "#B8476B")

_SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_BARS = re.compile(r"\s*(?:\|\||‖|∥)\s*")


def electrodes_of(sample: str) -> tuple[str, ...]:
    """Electrodes named in a sample: ``("MEC3", "EG")`` of ``"MEC₃ ‖ EG"``."""
    return tuple(_BARS.split(sample.translate(_SUBSCRIPTS).strip()))


def is_known(sample: str) -> bool:
    """Whether the palette has a colour for one of the electrodes of a sample."""
    return any(electrode in SAMPLE_COLOURS for electrode in electrodes_of(sample))


def colour_of(sample: str) -> str:
    """Colour of a sample; a cell has the colour of its first electrode that the palette knows.

    Parameters
    ----------
    sample : str
        Such as ``"MEC3"``, ``"MEC3||EG"``, ``"Na||MEC0"``. An unknown one takes a colour of the rest, by a digest of its name.

    Returns
    -------
    str
        Such as ``"#D9730D"``.

    Examples
    --------
    >>> colour_of("MEC3||EG") == colour_of("MEC3")
    True
    """
    for electrode in electrodes_of(sample):
        if electrode in SAMPLE_COLOURS:
            return SAMPLE_COLOURS[electrode]
    digest = hashlib.sha256(sample.encode()).digest()
    return OTHER_COLOURS[digest[0] % len(OTHER_COLOURS)]


def shade(colour: str, amount: float) -> str:
    """Mix a colour with white (``amount`` [1] above 0, up to 1) or with black (below 0, down to -1)."""
    target = 255 if amount > 0 else 0
    channels = (int(colour[position : position + 2], 16) for position in (1, 3, 5))
    return "#" + "".join(f"{round(channel + (target - channel) * abs(amount)):02X}" for channel in channels)


def ramp(colour: str, count: int) -> tuple[str, ...]:
    """Shades of one colour from dark to light, for many curves of one sample.

    Parameters
    ----------
    colour : str
    count : int
        Number of shades.

    Returns
    -------
    tuple of str, shape (count,)
    """
    if count == 1:
        return (colour,)
    darkest, lightest = -0.55, 0.40  # the lightest keeps about 2:1 on white, the darkest stays apart from INK
    step = (lightest - darkest) / (count - 1)
    return tuple(shade(colour, darkest + position * step) for position in range(count))
