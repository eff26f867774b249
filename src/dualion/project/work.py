"""What a worker process does: read a file and run the techniques on it, or run one technique on the files of a cell.

Each technique answers for itself. What it needs and was not given, or too few data, is a lack; what went wrong is a problem; both are one
line, and the other techniques go on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from dualion.errors import InputError, ReadError
from dualion.project.load import PROJECT_FILE, Project
from dualion.project.plan import Lack, Task, file_tasks
from dualion.project.pool import ERRORS, described
from dualion.project.reading import Reading, read_file, reading_of
from dualion.project.roles import Role
from dualion.records.measurement import Measurement, Result
from dualion.records.result_files import to_files
from dualion.techniques import technique
from dualion.techniques.row import options_from

#: Beginning of the files of a result, until it gets a name of its own.
STEM = "result"

#: Remedy for a file that no reader knows, instead of a list of everything that can be read.
_UNKNOWN = f"Export it as text with names and units in its first line, or leave it out with skip = true in {PROJECT_FILE}."


@dataclass(frozen=True, slots=True)
class Problem:
    """What went wrong, in one line.

    Parameters
    ----------
    path : str
        File, relative to the folder; several are divided by commas.
    technique : str
        Empty where the file could not be read.
    position : str
        Where in the file, such as ``"line 12"``.
    reason, remedy : str
    """

    path: str
    technique: str
    position: str
    reason: str
    remedy: str = ""

    @property
    def line(self) -> str:
        """All of it."""
        where = ": ".join(part for part in (self.path, self.technique, self.position) if part)
        return f"{where}: {self.reason.rstrip('.')}." + (f" {self.remedy}" if self.remedy else "")


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of a task: the files of its result, or why there is none.

    Parameters
    ----------
    task : Task
    files : mapping of str to bytes
        Of ``records.result_files``; empty where there is no result.
    lack : str
        What must be given, or what there is too little of.
    problem : str
        What went wrong.
    """

    task: Task
    files: Mapping[str, bytes] = field(default_factory=dict)
    lack: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class FileJob:
    """A file to read, and the techniques to run on it: those that follow from what it is, or the ones given."""

    project: Project
    role: Role
    tasks: tuple[Task, ...] | None = None


@dataclass(frozen=True, slots=True)
class FileDone:
    """A file that was looked at."""

    path: str
    reading: Reading | None
    attempts: tuple[Attempt, ...] = ()
    lacks: tuple[Lack, ...] = ()
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class GroupJob:
    """A technique to run on several files."""

    project: Project
    roles: tuple[Role, ...]
    task: Task


def do_file(job: FileJob) -> FileDone:
    """Read a file and run its techniques.

    Parameters
    ----------
    job : FileJob

    Returns
    -------
    FileDone
        Always: a file that cannot be read is a problem in it.
    """
    role = job.role
    try:
        measured = read_file(job.project.folder / role.path, role)
        reading = reading_of(measured, role.path)
    except ERRORS as problem:
        return FileDone(role.path, None, problem=unreadable(role.path, problem))
    planned, lacks = file_tasks(job.project, role, reading)
    wanted = planned if job.tasks is None else job.tasks
    return FileDone(role.path, reading, tuple(attempt(task, measurements_of(task, measured)) for task in wanted), lacks)


def measurements_of(task: Task, measured: Sequence[Measurement]) -> tuple[Measurement, ...]:
    """The regions of files that a task is about.

    Parameters
    ----------
    task : Task
    measured : sequence of Measurement

    Returns
    -------
    tuple of Measurement
        That of its region; without one, those of the kind that its technique takes, or all where none is of it, so that the technique
        itself says what it needs.
    """
    if task.region:
        return tuple(one for one in measured if one.region == task.region)
    kind = technique(task.technique).measurement
    return tuple(one for one in measured if one.technique == kind) or tuple(measured)


def do_group(job: GroupJob) -> Attempt:
    """Run a technique on the files of a cell.

    Parameters
    ----------
    job : GroupJob

    Returns
    -------
    Attempt
    """
    measured = [one for role in job.roles for one in read_file(job.project.folder / role.path, role)]
    return attempt(job.task, measurements_of(job.task, measured))


def attempt(task: Task, measurements: Sequence[Measurement]) -> Attempt:
    """Run a technique, come what may.

    Parameters
    ----------
    task : Task
    measurements : sequence of Measurement

    Returns
    -------
    Attempt
    """
    try:
        files = to_files(analysed(task, measurements), STEM)
    except InputError as problem:
        return Attempt(task, lack=described(problem))
    except ERRORS as problem:
        return Attempt(task, problem=described(problem))
    return Attempt(task, files)


def analysed(task: Task, measurements: Sequence[Measurement]) -> Result:
    """Result of a technique on measurements.

    Parameters
    ----------
    task : Task
    measurements : sequence of Measurement

    Raises
    ------
    DualionError
        As the technique does.
    """
    row = technique(task.technique)
    options = options_from(row, dict(task.options), where=f"{PROJECT_FILE}: options.{task.technique}")
    return row.analyse(measurements, options)


def unreadable(path: str, problem: BaseException) -> Problem:
    """A problem from what a reader raised."""
    if isinstance(problem, ReadError):
        hint = _UNKNOWN if problem.hint.startswith("Known are") else problem.hint
        return Problem(path, "", problem.position, problem.reason, hint)
    return Problem(path, "", "", described(problem))
