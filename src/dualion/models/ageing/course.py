"""The course of a life: what has been cycled so far, the state from which it goes on, and the blocks in which both are kept.

A block holds everything that the next one needs, as plain data and arrays of binary64: a run that was ended goes on from its last block and
gives the same numbers, bit by bit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from dualion.models.ageing.inner import Snapshot
from dualion.models.fast import cycling
from dualion.models.outputs import Array

OnProgress = Callable[[int, int, str], None]
_FAST, _CURVE = "fast.", "curve."


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """A finished part of a run.

    Parameters
    ----------
    number : int
        [1] from 1, without a gap.
    plain : mapping of str to JSON-able
    arrays : mapping of str to ndarray
        In the units of ``fast.cycling``.
    """

    number: int
    plain: Mapping[str, Any]
    arrays: Mapping[str, Array]


Checkpoint = Callable[[Block], None]
Resume = Callable[[], Sequence[Block]]


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """What a stretch of a life gave.

    Parameters
    ----------
    cycles : ndarray, shape (n,)
        [1] numbers of the cycles that were cycled.
    rows : ndarray, shape (n, COLUMNS)
        In the units of ``fast.cycling``.
    snapshot : Snapshot
        At its end.
    curves : mapping of int to mapping of str to ndarray
        By cycle, capacity [mAh/g] and voltage [V].
    ended : str
        Why nothing follows; empty where something does.
    """

    cycles: Array
    rows: Array
    snapshot: Snapshot
    curves: Mapping[int, Mapping[str, Array]]
    ended: str = ""


@dataclass(slots=True, eq=False)
class Course:
    """A life as far as it has come.

    Parameters
    ----------
    snapshot : Snapshot
        From which it goes on.
    done : int
        [1] cycles passed, cycled or stepped over.
    ended : str
        Why nothing follows; empty where something does.
    blocks : int
        [1] kept so far.
    parts : list of Part
    settings : dict of str to int
        [1] what a stepper must remember.
    """

    snapshot: Snapshot
    done: int = 0
    ended: str = ""
    blocks: int = 0
    parts: list[Part] = field(default_factory=list)
    settings: dict[str, int] = field(default_factory=dict)

    @property
    def cycles(self) -> Array:
        """Numbers [1] of the cycles that were cycled, shape (n,)."""
        return np.concatenate([np.zeros(0), *(part.cycles for part in self.parts)])

    @property
    def rows(self) -> Array:
        """Their rows, shape (n, COLUMNS), in the units of ``fast.cycling``."""
        return np.concatenate([np.zeros((0, cycling.COLUMNS)), *(part.rows for part in self.parts)])

    @property
    def curves(self) -> dict[int, Mapping[str, Array]]:
        """Curves by cycle: capacity [mAh/g] and voltage [V]."""
        return {cycle: curve for part in self.parts for cycle, curve in part.curves.items()}

    def add(self, part: Part, done: int, checkpoint: Checkpoint | None) -> None:
        """Take in a part after which so many cycles are done, and have it kept."""
        self._take(part, done)
        if checkpoint is not None:
            checkpoint(self._block(part))

    def take_up(self, blocks: Sequence[Block]) -> None:
        """Go on where blocks that were kept end."""
        for block in blocks:
            self.settings = dict(block.plain["settings"])
            self._take(_part(block), int(block.plain["done"]))

    def _take(self, part: Part, done: int) -> None:
        self.parts.append(part)
        self.snapshot, self.done, self.ended = part.snapshot, done, part.ended
        self.blocks += 1

    def _block(self, part: Part) -> Block:
        arrays = {"cycles": part.cycles, "rows": part.rows, "slow": part.snapshot.slow}
        arrays |= {_FAST + name: values for name, values in part.snapshot.fast.items()}
        arrays |= {f"{_CURVE}{cycle}.{half}": curve for cycle, halves in part.curves.items() for half, curve in halves.items()}
        return Block(self.blocks, {"done": self.done, "ended": part.ended, "settings": dict(self.settings)}, arrays)


def _part(block: Block) -> Part:
    arrays = block.arrays
    fast = {name.removeprefix(_FAST): values for name, values in arrays.items() if name.startswith(_FAST)}
    curves: dict[int, dict[str, Array]] = {}
    for name, values in arrays.items():
        if name.startswith(_CURVE):
            _, cycle, half = name.split(".")
            curves.setdefault(int(cycle), {})[half] = values
    return Part(arrays["cycles"], arrays["rows"], Snapshot(arrays["slow"], fast), curves, str(block.plain["ended"]))
