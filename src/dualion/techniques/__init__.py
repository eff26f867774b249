"""Measurements to results: one module for each technique, and the table of them.

Other packages add techniques through the entry-point group ``dualion.techniques``; each entry is the name of a technique and leads to its
``TECHNIQUE`` row. A name of our own cannot be taken.
"""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

from dualion.errors import InputError

if TYPE_CHECKING:
    from dualion.techniques.row import Technique

__all__ = ["NAMES", "names", "technique"]

#: Entry-point group of techniques of other packages.
GROUP = "dualion.techniques"

#: Our own techniques, in the order of a report; each is the name of its module.
NAMES = (
    "cycling",
    "rate_capability",
    "retention",
    "plateau",
    "differential_capacity",
    "energy_power",
    "cv_peaks",
    "cv_separation",
    "gitt",
    "gitt_model",
    "ici",
    "eis",
    "relaxation_times",
    "arrhenius",
    "sorption",
    "pore_sizes",
    "saxs",
    "sodiation_contrast",
    "xrd",
    "raman",
    "ftir",
    "xps",
    "nexafs",
    "xafs",
    "gdoes",
    "composition",
    "pore_balance",
    "correlation",
    "series",
)


def names() -> tuple[str, ...]:
    """Names of all techniques, our own first."""
    return (*NAMES, *sorted(entry.name for entry in entry_points(group=GROUP) if entry.name not in NAMES))


@lru_cache(maxsize=64)
def technique(name: str) -> Technique:
    """Row of a technique.

    Parameters
    ----------
    name : str
        Such as ``"gitt"``.

    Returns
    -------
    Technique

    Raises
    ------
    InputError
        There is no such technique; the message offers the nearest name.
    """
    from dualion.techniques.row import Technique

    if name in NAMES:
        found = import_module(f"dualion.techniques.{name}").TECHNIQUE
    else:
        entries = [entry for entry in entry_points(group=GROUP) if entry.name == name]
        if not entries:
            from difflib import get_close_matches

            near = get_close_matches(name, names(), n=1)
            raise InputError(f'"{name}" is not a technique. {f"Did you mean {near[0]}?" if near else "Write one of " + ", ".join(names())}')
        found = entries[0].load()
    if not isinstance(found, Technique):
        raise InputError(f'"{name}": the entry point leads to a {type(found).__name__}, not to a Technique.')
    return found
