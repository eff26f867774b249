"""The unit of a slope, written with the symbols of the units of its axes."""

from __future__ import annotations

from collections import Counter


def slope_unit(y: str, x: str) -> str:
    """Unit of y divided by that of x, with symbols that stand above and below left out.

    Parameters
    ----------
    y, x : str
        Units of the unit table.

    Examples
    --------
    >>> slope_unit("mAh/g", "m2/g"), slope_unit("mAh/g", "cm-1 nm-3"), slope_unit("1", "nm")
    ('mAh/m2', 'mAh/g/cm-1/nm-3', '1/nm')
    """
    above, below = _parts(y)
    over, under = _parts(x)
    up, down = Counter(above + under), Counter(below + over)
    shared = up & down
    return "/".join([" ".join((up - shared).elements()) or "1", *(down - shared).elements()])


def _parts(unit: str) -> tuple[list[str], list[str]]:
    """Symbols above and below the first stroke."""
    above, *below = unit.split("/")
    return [term for term in above.split() if term != "1"], [term for part in below for term in part.split() if term != "1"]
