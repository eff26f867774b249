"""Figure of the reactions at nitrogen as data: oxidation and hydrogenation without and with zinc, a panel for each edge.

Drawn from the document, so that the figure of a stored result is the one that was drawn when it was computed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from dualion.atoms.reactions.document import BARE, CASES, KEPT, NO_ZINC, RELEASED, reaction_rows
from dualion.records.figure import Axis, Figure, Panel, Series

_SPAN: Final = 0.2  # [1] of a category's slot from its middle to each of the two reactions
_REACTIONS: Final = ("oxidation to N–O", "hydrogenation to N–H")
_ENDS: Final = {KEPT: "kept", RELEASED: "released"}
_EDGE: Final = 0.6  # [1] the line of zero ends this far outside the first and the last category
_ROOM: Final = 0.25  # [1] of the range, free above and below it for the numbers
_SUBSCRIPTS: Final = str.maketrans("24", "₂₄")
_WIDE_FROM: Final = 4  # [1] categories from which one panel takes both columns


def reaction_figure(made: Mapping[str, Any]) -> Figure | None:
    """Reaction energies of every edge; None without an energy.

    Parameters
    ----------
    made : mapping
        Of `document.document`.

    Returns
    -------
    Figure or None
    """
    rows = [row for row in reaction_rows(made) if row["energy_eV"] is not None and _is_drawn(row)]
    if not rows:
        return None
    limits = _limits([row["energy_eV"] for row in rows])
    panels, widest = [], 0
    for edge in dict.fromkeys(row["edge"] for row in rows):
        known = {(row["zinc"], row["reaction"]): row["energy_eV"] for row in rows if row["edge"] == edge}
        places = _places(known)
        widest = max(widest, len(places))
        panels.append(_panel(edge, known, places, Axis(f"Reaction energy, {made['level']['method']}", "eV", limits=limits)))
    wide = len(panels) > 1 or widest >= _WIDE_FROM
    return Figure("reactions", "Oxidation against hydrogenation of nitrogen", made["statement"], tuple(panels), 183 if wide else 89)


def _is_drawn(row: Mapping[str, Any]) -> bool:
    """Whether it is one of the two reactions: the binding of zinc is not."""
    return any(row["reaction"] in pair for pair in CASES.values())


def _limits(energies: Sequence[float]) -> tuple[float, float]:
    """Of the axis of energy, the same in all panels [eV]."""
    lowest, highest = min(0.0, *energies), max(0.0, *energies)
    room = _ROOM * (highest - lowest)
    return lowest - room, highest + room


def _places(known: Mapping[tuple[str, str], float]) -> list[tuple[str, str]]:
    """What stands beside each other at an edge: no zinc, then each zinc, kept and released."""
    zincs = dict.fromkeys(zinc for zinc, _ in known)
    listed = [(NO_ZINC, BARE), *((zinc, case) for zinc in zincs if zinc != NO_ZINC for case in _ENDS)]
    return [(zinc, case) for zinc, case in listed if any((zinc, name) in known for name in CASES[case])]


def _panel(edge: str, known: Mapping[tuple[str, str], float], places: Sequence[tuple[str, str]], energy: Axis) -> Panel:
    series = []
    for which, name in enumerate(_REACTIONS):
        points = [
            (place + (2 * which - 1) * _SPAN, known[zinc, CASES[case][which]])
            for place, (zinc, case) in enumerate(places)
            if (zinc, CASES[case][which]) in known
        ]
        labels = tuple(f"{value:+.2f}".replace("-", "−") for _, value in points)
        x, y = tuple(place for place, _ in points), tuple(value for _, value in points)
        series += [Series(name, "simulated", x, y, "atomistic", labels=labels)] if points else []
    zero = Series("the site itself", "limit", (-_EDGE, len(places) - 1 + _EDGE), (0.0, 0.0), "arithmetic")
    return Panel(Axis("", "", categories=tuple(_category(*place) for place in places)), energy, (*series, zero), f"{edge} edge")


def _category(zinc: str, case: str) -> str:
    return "no zinc" if case == BARE else f"{zinc.translate(_SUBSCRIPTS)} {_ENDS[case]}"
