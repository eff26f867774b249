"""Tables of descriptors and of compositions, with the numbers that are in them."""

from __future__ import annotations

from collections.abc import Callable

from readers_examples import Example


def _data(*lines: str, end: str = "\n") -> tuple[bytes, tuple[str, ...]]:
    """A table, and its rows as they are written."""
    return (end.join(lines) + end).encode(), lines[1:]


def long_table() -> Example:
    data, rows = _data(
        "sample,quantity,value,uncertainty,unit,method,source,qualifier",
        "MEC3,bet_area,39.13,1.20,m2/g,Rouquerol,paper,=",
        "MEC3,zinc,0.00155,0.00010,wt%,ICP-MS,paper,=",
        "MEC0,zinc,0.00010,,wt%,ICP-MS,paper,<",
    )
    truth = {"descriptor_value": [39.13, 0.00155, 0.0001], "descriptor_stderr": [1.2, 0.0001, None]}
    return Example("descriptor-table", "descriptors-long", data, "descriptors", truth, flags=("below_detection_limit",), lines=rows)


def other_order() -> Example:
    data, rows = _data("unit;value;quantity;u;sample", "m² g⁻¹;39,13;bet_area;1,2;MEC3", "nm;0,3751;d002;0,005;MEC3", end="\r\n")
    truth = {"descriptor_value": [39.13, 0.3751], "descriptor_stderr": [1.2, 0.005]}
    return Example("descriptor-table", "descriptors-comma", data, "descriptors", truth, lines=rows)


def composition() -> Example:
    data, rows = _data(
        "element,value,unit,method,u,detection_limit",
        "N,1.150,wt%,EA,0.050,0.100",
        "Zn,15.500,ppm,ICP-MS,0.800,0.100",
        "S,n.d.,wt%,EA,,0.100",
        "Fe,0.050,ppm,ICP-MS,0.010,0.100",
    )
    truth = {"descriptor_value": [1.15, 15.5, 0.1, 0.1], "descriptor_stderr": [0.05, 0.8, None, 0.01]}
    return Example("descriptor-table", "composition-long", data, "descriptors", truth, flags=("below_detection_limit",), lines=rows)


def side_by_side() -> Example:
    data, rows = _data("Sample\tC (wt%)\tH (wt%)\tN (wt%)", "MEC0\t95.10\t0.40\t1.20", "MEC3\t94.20\t<0.30\t1.15")
    truth = {"descriptor_value": [95.1, 0.4, 1.2, 94.2, 0.3, 1.15]}
    return Example("descriptor-table", "composition-wide", data, "descriptors", truth, flags=("below_detection_limit",), lines=rows)


#: Every example.
EVERY: tuple[Callable[[], Example], ...] = (long_table, other_order, composition, side_by_side)
