"""Verdicts that say which file would settle a claim, and carry what arithmetic found of it.

No verdict changes: what is added is a sentence behind those that need raw data, and flags.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dualion.records.quantity import Flag
from dualion.study.characterisation.types import Characterisation, Found
from dualion.study.types import Verdict

#: Verdicts that a file could still change.
OPEN = ("needs raw data", "differs", "consistent (derived)")


def characterised(verdicts: Sequence[Verdict], written: Characterisation, found: Sequence[Found]) -> tuple[Verdict, ...]:
    """Verdicts with the files that would settle them and the findings that bear on them.

    Parameters
    ----------
    verdicts : sequence of Verdict
    written : Characterisation
    found : sequence of Found
        Of ``findings.evaluated``.

    Returns
    -------
    tuple of Verdict
        In the same order, each with the same word and reason.
    """
    return tuple(_with_flags(_with_file(verdict, written), found) for verdict in verdicts)


def _with_file(verdict: Verdict, written: Characterisation) -> Verdict:
    need = written.need_of(verdict.claim)
    if need is None or verdict.word not in OPEN or verdict.obtained is not None:
        return verdict
    return replace(verdict, detail=f"{verdict.detail} {need.sentence}")


def _with_flags(verdict: Verdict, found: Sequence[Found]) -> Verdict:
    flags = tuple(
        Flag(one.finding.code, "note" if one.word == "agree" else "warning", one.sentence)
        for one in found
        if verdict.claim in one.finding.claims
    )
    return replace(verdict, flags=(*verdict.flags, *flags)) if flags else verdict
