"""A stepper over cycles: a few cycles at a time are cycled, the hundreds between them are stepped over.

The slow state z (sites, bound and lost charge, plated charge) changes by G(z) in a cycle. G comes from an inner solve of two cycles: the
first, in which nothing slow changes, lets the fast state settle; the second gives G and a row of the table. Heun's method on the map
z_(n+1) = z_n + G(z_n), exact for any h where G is linear in n:

    z* = z + h G(z),      z_(n+h) = z + (h+1)/2 G(z) + (h-1)/2 G(z*),      e = max_k (h-1)/2 |G_k(z*) - G_k(z)| / s_k .

A step is taken where e is within the tolerance and the outputs bend little between the points, so that what is interpolated holds. It is
refused, and shortened, where an inner solve fails or a flag changes; where it has shrunk to the length of an inner solve, the cell is
cycled.
The film follows from cycles and bound charge by its law, without a step.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from dualion.models.ageing.course import Checkpoint, Course, OnProgress, Part
from dualion.models.ageing.direct import stretch
from dualion.models.ageing.inner import PLATED, Inner, Snapshot, Target
from dualion.models.ageing.rows import flags_of_row, living
from dualion.models.fast import cycling
from dualion.models.outputs import Array

#: Error of a step in the slow state [1], of charges as shares of the first discharge.
TOLERANCE = 1e-4
#: How far an output may bend away from a straight line between two points [1], as a share of its first value.
BEND = 5e-4
#: Cycles of an inner solve.
INNER = 2
#: Longest step as a share of the life.
_LONGEST = 0.1
_SAFETY, _SHRINK, _GROW = 0.9, 0.2, 2.0
#: Most cycles in a row where steps are refused.
_MOST_DIRECT = 64


#: What of the slow state is stepped: sites [1], bound, lost and plated charge [coulomb/m2].
_STEPPED = [cycling.SITES, cycling.BOUND, cycling.LOST, PLATED]


@dataclass(frozen=True, slots=True, eq=False)
class _Probe:
    """An inner solve: the settled state with its salt [mol/m2], the row of the cycle that follows, and what that cycle changed."""

    settled: Snapshot
    salt: float
    row: Array
    after: Snapshot

    @property
    def change(self) -> Array:
        """Of the slow state in a cycle, shape (4,)."""
        return self.after.slow[_STEPPED] - self.settled.slow[_STEPPED]


@dataclass(slots=True, eq=False)
class Stepper:
    """A life of so many cycles, stepped over.

    Parameters
    ----------
    inner : Inner
    course : Course
        Goes on in place.
    last : int
        [1]
    tolerance : float
        [1]
    curves_at : collection of int
        [1] cycles whose curves are wanted; the next one that is cycled stands for each.
    checkpoint, on_progress : callable, optional
    """

    inner: Inner
    course: Course
    last: int
    tolerance: float = TOLERANCE
    curves_at: Collection[int] = ()
    checkpoint: Checkpoint | None = None
    on_progress: OnProgress | None = None

    def run(self) -> None:
        """Step on to the last cycle, and have each step kept."""
        kept = self.course.settings
        for name, value in (("length", 0), ("direct", INNER), ("wall", 0), ("solves", 0), ("refused", 0)):
            kept.setdefault(name, value)
        while self.course.done < self.last and not self.course.ended:
            if self.course.done + 1 < self.last and (self._length() <= INNER or not self._step()):
                self._cycle()
            elif self.course.done + 1 == self.last:
                self._finish()
            if self.on_progress is not None:
                self.on_progress(self.course.done, self.last, f"{self.course.done} of {self.last} cycles")

    def _length(self) -> int:
        """[1] of the next step: no longer than what is left, than a share of the life, than half the way to where a flag has changed."""
        kept, done = self.course.settings, self.course.done
        longest = [kept["length"], self.last - 1 - done, max(INNER, int(_LONGEST * self.last))]
        if kept["wall"] > done:
            longest.append((kept["wall"] - done) // 2)
        return min(longest)

    def _cycle(self) -> None:
        """Cycle some cycles, and try steps again from there."""
        kept, done = self.course.settings, self.course.done
        count = min(kept["direct"], self.last - done)
        part = stretch(self.inner, self.course.snapshot, done, count, curves_at=self.curves_at)
        kept["length"], kept["direct"] = 2 * INNER, min(2 * kept["direct"], _MOST_DIRECT)
        if kept["wall"] <= done + part.cycles.size:
            kept["wall"] = 0
        self.course.add(part, done + part.cycles.size, self.checkpoint)

    def _finish(self) -> None:
        """The last cycle, after a settling one."""
        probe = self._probe(self.course.snapshot)
        if probe is None:
            self._cycle()
        else:
            self._keep(probe, probe.after, self.last)

    def _probe(self, snapshot: Snapshot | None) -> _Probe | None:
        """An inner solve; None where it did not come to its end."""
        if snapshot is None:
            return None
        self.course.settings["solves"] += 1
        rest, settled = self.inner.run(snapshot, 1, ageing=False)
        if living(rest) < 1:
            return None
        table, after = self.inner.run(settled, 1)
        if living(table) < 1:
            return None
        return _Probe(settled, float(rest[0, cycling.SALT_LEFT_OVER]), table[0], after)

    def _step(self) -> bool:
        """One step, shortened until it holds; False where it would be no longer than an inner solve."""
        kept, course = self.course.settings, self.course
        first = self._probe(course.snapshot)
        while first is not None and (h := self._length()) > INNER:
            slow = first.settled.slow[_STEPPED]
            second = self._probe(self._moved(first, slow + h * first.change, course.done + h, first.salt + h * _salt_change(first)))
            if second is None or flags_of_row(second.row) != flags_of_row(first.row):
                kept["wall"], kept["length"] = course.done + h, h // 2
            else:
                error = self._error(first, second, h)
                wanted = int(h * min(_GROW, max(_SHRINK, _SAFETY / np.sqrt(max(error, 1e-12)))))
                there = slow + 0.5 * (h + 1) * first.change + 0.5 * (h - 1) * second.change
                arrived = self._moved(second, there, course.done + h, second.salt)
                if error <= 1.0 and arrived is not None:
                    kept["length"], kept["direct"] = max(wanted, INNER + 1), INNER
                    self._keep(first, arrived, course.done + h)
                    return True
                kept["length"] = min(wanted, h - 1)
            kept["refused"] += 1
        return False

    def _moved(self, probe: _Probe, slow: Array, cycles: int, salt: float) -> Snapshot | None:
        """The settled state of an inner solve at another slow state, after so many cycles [1] and with so much salt [mol/m2]."""
        sites, bound, lost, plated = (float(value) for value in slow)
        return self.inner.moved(probe.settled, Target(cycles, sites, bound, lost, plated, salt))

    def _error(self, first: _Probe, second: _Probe, h: int) -> float:
        """Of a step, as a share of what is tolerated."""
        charge = self.course.rows[0, cycling.DISCHARGED]
        scales = np.array([1.0, charge, charge, charge])
        stepped = 0.5 * (h - 1) * np.max(np.abs(second.change - first.change) / scales) / self.tolerance
        # curvature from the last row that was cycled, this one and the next
        gap = self.course.done + 1 - self.course.cycles[-1]
        outputs = np.array([_outputs(row) for row in (self.course.rows[-1], first.row, second.row)])
        bend = 2.0 * np.abs((outputs[2] - outputs[1]) / h - (outputs[1] - outputs[0]) / gap) / (h + gap)
        return float(max(stepped, np.max(h * h / 8.0 * bend / np.abs(_outputs(self.course.rows[0]))) / BEND))

    def _keep(self, probe: _Probe, snapshot: Snapshot, done: int) -> None:
        """Keep the row of an inner solve, and a state to go on from after so many cycles."""
        cycle = self.course.done + 1
        last = self.course.cycles[-1] if self.course.cycles.size else 0
        wanted = any(last < at <= cycle for at in self.curves_at)
        curves = {cycle: self.inner.curve(probe.settled)} if wanted else {}
        self.course.add(Part(np.array([float(cycle)]), probe.row[np.newaxis], snapshot, curves), done, self.checkpoint)


def _salt_change(probe: _Probe) -> float:
    """[mol/m2] in a cycle, at the end of a discharge."""
    return float(probe.row[cycling.SALT_LEFT_OVER]) - probe.salt


def _outputs(row: Array) -> Array:
    """What of a row must not bend between two points: discharge [coulomb/m2] and its mean voltage [V]."""
    return np.array([row[cycling.DISCHARGED], abs(row[cycling.DISCHARGE_ENERGY]) / row[cycling.DISCHARGED]])
