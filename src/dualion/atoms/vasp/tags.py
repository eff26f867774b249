"""Tags that change an energy, and when two values of one are the same.

VASP writes one value in several ways: ``.TRUE.`` and ``T``, ``Accurate`` and ``accura``, ``450`` and ``450.00000000``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

#: Tags by what they are of.
LEVEL: Final[Mapping[str, str]] = {
    "ENCUT": "cutoff",
    "GGA": "functional",
    "LHFCALC": "functional",
    "LMETAGGA": "functional",
    "IVDW": "dispersion",
    "ISPIN": "spin",
    "ISMEAR": "smearing",
    "SIGMA": "smearing",
    "PREC": "grid",
    "LASPH": "aspherical_terms",
    "LREAL": "projectors",
    "IDIPOL": "multipoles",
    "LDIPOL": "multipoles",
    "PSTRESS": "pressure",
    "EFIELD": "field",
    "LDAU": "functional",
    "LUSE_VDW": "functional",
    "LSORBIT": "spin",
    "LSOL": "solvation",
}
#: What it means that a tag is absent.
_ABSENT: Final = dict.fromkeys(("LASPH", "LHFCALC", "LMETAGGA", "LDIPOL", "LDAU", "LUSE_VDW", "LSORBIT", "LSOL"), "F") | dict.fromkeys(
    ("IVDW", "IDIPOL", "PSTRESS", "EFIELD"), "0"
)
_LOGICAL: Final = {"TRUE": "T", "FALSE": "F"}
_UNSET: Final = "--"
_PRECISION_LETTERS: Final = 4  # [1] one file writes "accura", the other "accurate"
_AUTOMATIC: Final = frozenset(("A", "AUTO", "T"))  # LREAL = Auto is printed as T
_CLOSE: Final = 1e-5  # [1] relative


def word(tags: Mapping[str, str], tag: str) -> str:
    """Value of a tag in one way of writing; what its absence means where it is absent, empty where that means nothing."""
    text = tags.get(tag, "").strip().strip(".").upper()
    text = _LOGICAL.get(text, text)
    if not text or text == _UNSET:
        return _ABSENT.get(tag, "")
    return text[:_PRECISION_LETTERS] if tag == "PREC" else text


def differing(one: Mapping[str, str], other: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """Tags of a level whose values differ: the tag, and its value in each; one that says nothing is passed over."""
    for tag in LEVEL:
        mine, theirs = word(one, tag), word(other, tag)
        if mine and theirs and not _same(tag, mine, theirs):
            yield tag, mine, theirs


def _same(tag: str, one: str, other: str) -> bool:
    if one == other or (tag == "LREAL" and {one, other} <= _AUTOMATIC):
        return True
    try:
        return abs(float(one) - float(other)) <= _CLOSE * max(abs(float(one)), abs(float(other)))
    except ValueError:
        return False
