"""Verdicts with what was computed of desolvation.

A value held against a claim has gone through the rules of every verdict already. Here a claim that is a statement in words gets the
reason that the computation gives it, and its sentence; no word becomes more favourable.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dualion.study.desolvation.findings import Desolvation
from dualion.study.types import Verdict
from dualion.study.verdicts import REASONS


def computed(verdicts: Sequence[Verdict], found: Desolvation) -> tuple[Verdict, ...]:
    """Verdicts with the findings of the computation.

    Parameters
    ----------
    verdicts : sequence of Verdict
    found : Desolvation

    Returns
    -------
    tuple of Verdict
        In the same order.
    """
    return tuple(_one(verdict, found) for verdict in verdicts)


def _one(verdict: Verdict, found: Desolvation) -> Verdict:
    reason = found.reasons.get(verdict.claim)
    if reason is not None and verdict.word == "needs raw data":
        said = REASONS[reason]
        verdict = replace(verdict, reason=reason, detail=f"{said[0].upper()}{said[1:]}.")
    more = found.said.get(verdict.claim)
    return verdict if more is None else replace(verdict, detail=f"{verdict.detail} {more}")
