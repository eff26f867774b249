"""What came of a folder: files, results, problems, and the samples behind them."""

from __future__ import annotations

from dataclasses import dataclass

from dualion.project.load import Project
from dualion.project.plan import Lack, Task
from dualion.project.reading import Reading
from dualion.project.samples.records import Described, SampleCheck
from dualion.project.work import Problem
from dualion.records.measurement import Result


@dataclass(frozen=True, slots=True)
class Finished:
    """A task with its result."""

    task: Task
    result: Result


@dataclass(frozen=True, slots=True)
class Analysis:
    """What came of a folder.

    Parameters
    ----------
    project : Project
    readings : tuple of Reading
        Files that were read, in the order of their paths.
    finished : tuple of Finished
        In the order of the files; what takes several comes behind what takes one.
    problems : tuple of Problem
        Files that could not be read, and techniques that broke.
    lacks : tuple of Lack
        Techniques that did not run for want of something.
    described : tuple of Described
        Every number that describes a sample, from all techniques.
    checks : tuple of SampleCheck
        What the numbers of different techniques say of each other, by sample.
    """

    project: Project
    readings: tuple[Reading, ...]
    finished: tuple[Finished, ...]
    problems: tuple[Problem, ...]
    lacks: tuple[Lack, ...]
    described: tuple[Described, ...] = ()
    checks: tuple[SampleCheck, ...] = ()

    @property
    def unreadable(self) -> tuple[Problem, ...]:
        """Files that could not be read."""
        return tuple(problem for problem in self.problems if not problem.technique)
