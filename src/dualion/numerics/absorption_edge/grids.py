"""Settings that a careful reader could have chosen as well, and the standard error that their spread stands for.

One setting at a time is changed. The values that one kind of setting gives span a range [low, high]; every value in it is as good as
another, so that its standard error is that of a rectangular distribution, (high - low) / (2 sqrt 3) (JCGM 100:2008, 4.3.7). Kinds are
independent, and their variances add.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

#: [eV] at which the polynomial behind the edge begins at the latest, where its range is chosen from the spectrum.
_POST_START = 25.0


@dataclass(frozen=True, slots=True)
class Settings:
    """How a spectrum is reduced; energies are from the edge.

    Parameters
    ----------
    e0 : float or None
        [eV] edge; found where None.
    pre_edge : tuple of two floats or None
        [eV] range of the line before the edge; chosen from the spectrum where None.
    post_edge : tuple of two floats or None
        [eV] range of the polynomial behind it; chosen from the spectrum where None.
    victoreen : int
        Power [1] of the energy that the pre-edge line is fitted with: 0 for a straight line.
    order : int or None
        Degree [1] of the polynomial behind the edge; chosen from the spectrum where None.
    rbkg : float
        [angstrom] below which the Fourier content is background.
    kweight : int
        Power [1] of k, in the fit of the background and in the transform.
    k : tuple of two floats
        [angstrom-1] range of the transform.
    dk : float
        [angstrom-1] width of the sills of its window.
    window : str
        Name of its window.
    """

    e0: float | None = None
    pre_edge: tuple[float, float] | None = None
    post_edge: tuple[float, float] | None = None
    victoreen: int = 0
    order: int | None = None
    rbkg: float = 1.0
    kweight: int = 2
    k: tuple[float, float] = (3.0, 12.0)
    dk: float = 1.0
    window: str = "hanning"


def background_grid(base: Settings, rbkg: tuple[float, float]) -> tuple[Settings, ...]:
    """Settings that differ in the cutoff of the background alone.

    Parameters
    ----------
    base : Settings
    rbkg : tuple of two floats
        [angstrom] lowest and highest cutoff.
    """
    middle = sorted({rbkg[0], (rbkg[0] + base.rbkg) / 2, (rbkg[1] + base.rbkg) / 2, rbkg[1]} - {base.rbkg})
    return tuple(replace(base, rbkg=round(one, 6)) for one in middle)


def transform_grids(base: Settings, *, end: float) -> dict[str, tuple[Settings, ...]]:
    """Settings that differ in the range of k, and in the window of the transform.

    Parameters
    ----------
    base : Settings
    end : float
        [angstrom-1] last k of the data.
    """
    low, high = base.k
    ranges = [(low - 0.5, high), (low + 0.5, high), (low, high - 1.0), (low, min(high + 1.0, end))]
    windows = [name for name in ("hanning", "kaiser", "parzen") if name != base.window]
    return {
        "k range": tuple(replace(base, k=one) for one in ranges if one != base.k and one[1] - one[0] > 1.0),
        "window": (*(replace(base, window=name) for name in windows), replace(base, dk=2 * base.dk if base.dk else 1.0)),
    }


def edge_step_grids(base: Settings, *, first: float, last: float) -> dict[str, tuple[Settings, ...]]:
    """Settings that differ in the line before the edge, and in the polynomial behind it.

    Parameters
    ----------
    base : Settings
        With its ranges stated.
    first, last : float
        [eV] of the data, from the edge.
    """
    pre, post = base.pre_edge or (first, first / 3), base.post_edge or (min(_POST_START, last / 3), last)
    width = pre[1] - pre[0]
    before = [
        replace(base, pre_edge=(pre[0] + width / 3, pre[1])),
        replace(base, pre_edge=(pre[0], pre[1] - width / 3)),
        replace(base, victoreen=base.victoreen + 1),
    ]
    span = post[1] - post[0]
    behind = [replace(base, post_edge=(post[0] + span / 4, post[1])), replace(base, post_edge=(post[0], post[1] - span / 4))]
    if base.order is not None:
        behind.append(replace(base, order=max(base.order - 1, 0)))
    return {"pre-edge": tuple(before), "post-edge": tuple(behind)}


def spread_stderr(kinds: Mapping[str, Sequence[float]], base: float) -> float:
    """Standard error that the spread of values over kinds of settings stands for, in the unit of the values.

    Parameters
    ----------
    kinds : mapping of str to sequence of float
        Values that each kind of setting gives.
    base : float
        In the [unit] of the values, that of the settings themselves.
    """
    widths = [max((*values, base)) - min((*values, base)) for values in kinds.values() if len(values)]
    return math.sqrt(sum((width / 2) ** 2 / 3 for width in widths))
