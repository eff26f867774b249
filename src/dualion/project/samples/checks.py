"""What the numbers of different techniques on one sample say of each other."""

from __future__ import annotations

from collections.abc import Sequence

from dualion.project.samples.records import Described, SampleCheck


def checks_of(known: Sequence[Described]) -> tuple[SampleCheck, ...]:
    """Every comparison that the numbers of a sample can be held to.

    Parameters
    ----------
    known : sequence of Described

    Returns
    -------
    tuple of SampleCheck
    """
    return ()
