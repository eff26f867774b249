"""Numbers of a sample, and what they say of each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Standing = Literal["agree", "tension", "incompatible", "not testable"]


@dataclass(frozen=True, slots=True)
class Described:
    """One number of one sample.

    Parameters
    ----------
    sample, name : str
    value : float
        In ``unit``, its [unit].
    stderr : float or None
        One standard error, in the same [unit].
    unit, method, source, qualifier : str
        As in a table of descriptors.
    paths : tuple of str
        Files that it rests on.
    files : int
        [1] How many values it is the mean of.
    """

    sample: str
    name: str
    value: float
    stderr: float | None
    unit: str
    method: str
    source: str
    qualifier: str = "="
    paths: tuple[str, ...] = ()
    files: int = 1


@dataclass(frozen=True, slots=True)
class SampleCheck:
    """One comparison of two techniques on one sample.

    Parameters
    ----------
    sample, name : str
        What is compared, such as ``"xps_vs_ea"``.
    standing : {"agree", "tension", "incompatible", "not testable"}
    z : float or None
        [1] Difference in units of its standard error.
    text : str
        The numbers, or what is missing, in words.
    """

    sample: str
    name: str
    standing: Standing
    z: float | None
    text: str
