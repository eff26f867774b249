"""Every comparison of a cell, one part after the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dualion.errors import InputError, MissingDependency, SpecError
from dualion.records.cell import Cell
from dualion.records.quantity import Flag
from dualion.study.known_truth.comparison import Comparison
from dualion.study.known_truth.cycling import cycling_comparisons
from dualion.study.known_truth.full_impedance import full_impedance_comparisons
from dualion.study.known_truth.impedance import impedance_comparisons
from dualion.study.known_truth.titration import titration_comparisons
from dualion.study.known_truth.voltammetry import voltammetry_comparisons

Part = Callable[[Cell], tuple[Comparison, ...]]

#: Parts by kind of cell and name, in the order of a report.
PARTS: dict[str, dict[str, Part]] = {
    "half": {
        "cycling": cycling_comparisons,
        "voltammetry": voltammetry_comparisons,
        "titration": titration_comparisons,
        "impedance": impedance_comparisons,
    },
    "dual-ion": {"impedance": full_impedance_comparisons},
}


@dataclass(frozen=True, slots=True)
class KnownTruth:
    """What every method makes of a simulated cell.

    Parameters
    ----------
    cell : str
        Its name.
    comparisons : tuple of Comparison
    flags : tuple of Flag
        Parts that were left out, and why.
    """

    cell: str
    comparisons: tuple[Comparison, ...]
    flags: tuple[Flag, ...] = ()


def known_truth(cell: Cell, *, said: Callable[[int, int, str], None] = lambda done, total, message: None) -> KnownTruth:
    """Simulate the experiments of a cell, analyse them, and put what was found beside what was put in.

    Parameters
    ----------
    cell : Cell
        A half cell: every experiment; a dual-ion cell: its impedance.
    said : callable
        ``said(done, total, message)`` before each part.

    Returns
    -------
    KnownTruth
        A part whose library is absent, or that a method refuses as a whole, is left out with a flag.

    Raises
    ------
    SpecError
        The cell is of another kind.
    """
    parts = PARTS.get(cell.kind)
    if parts is None:
        raise SpecError(f"cell.{cell.name}: a {cell.kind} cell; the comparison takes a half cell or a dual-ion cell, such as na-mec3.")
    found: list[Comparison] = []
    flags: list[Flag] = []
    for place, (name, part) in enumerate(parts.items()):
        said(place, len(parts), name)
        try:
            found += part(cell)
        except (MissingDependency, InputError) as problem:
            flags.append(Flag("not_run", "warning", f"{name}: {problem}"))
    said(len(parts), len(parts), "tables and figures")
    return KnownTruth(cell.name, tuple(found), tuple(flags))
