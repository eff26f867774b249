"""The analysis of a folder: from the store what was done before, the rest in worker processes, each result kept as soon as it is there.

Files first, each read once for all its techniques; then what needs several files of a cell. The outcome does not depend on the number of
workers, nor on what the store already had.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from hashlib import file_digest, sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from dualion.project.analysis import Analysis, Finished
from dualion.project.load import Project
from dualion.project.plan import Lack, Task, file_tasks, group_tasks
from dualion.project.pool import perform
from dualion.project.reading import Reading
from dualion.project.roles import Role
from dualion.project.samples.view import with_samples
from dualion.project.work import STEM, Attempt, FileDone, FileJob, GroupJob, Problem, do_file, do_group
from dualion.records.json import from_plain, to_plain
from dualion.records.result_files import from_files
from dualion.store import Store
from dualion.techniques import technique

OnProgress = Callable[[int, int, str], None]

#: Libraries whose versions a stored result depends on, and parts of this package whose text it depends on.
_LIBRARIES = ("numpy", "scipy", "polars", "fastnda", "lmfit", "pybaselines", "pygaps", "sasmodels", "rexafs", "vamas", "jcamp")
_SOURCES = ("readers", "techniques", "numerics", "records", "project")
_PACKAGE = Path(__file__).parents[1]


def run(project: Project, *, store: Store, workers: int = 1, on_progress: OnProgress = lambda done, total, message: None) -> Analysis:
    """Analyse a folder.

    Parameters
    ----------
    project : Project
    store : Store
        Where results are kept, found again by the bytes of the files, the options and the versions of the methods.
    workers : int
        [1] processes.
    on_progress : callable
        ``on_progress(done, total, message)``.

    Returns
    -------
    Analysis
    """
    state = _Run(project, store, workers, on_progress, len(project.roles))
    for role in project.roles:
        state.digest(role)
    state.do_files()
    tasks, lacks = group_tasks(project, project.roles, state.readings)
    state.lacks += lacks
    state.total += len(tasks)
    state.do_groups(tasks)
    return with_samples(state.outcome(tasks))


@dataclass(slots=True)
class _Run:
    """What is done so far."""

    project: Project
    store: Store
    workers: int
    on_progress: OnProgress
    total: int
    done: int = 0
    digests: dict[str, str] = field(default_factory=dict)
    readings: dict[str, Reading] = field(default_factory=dict)
    planned: dict[str, tuple[Task, ...]] = field(default_factory=dict)
    attempts: dict[tuple[str, tuple[str, ...], str], Attempt] = field(default_factory=dict)
    problems: dict[str, Problem] = field(default_factory=dict)
    lacks: list[Lack] = field(default_factory=list)

    def digest(self, role: Role) -> None:
        try:
            with (self.project.folder / role.path).open("rb") as file:
                self.digests[role.path] = file_digest(file, "sha256").hexdigest()
        except OSError as problem:
            self.problems[role.path] = Problem(role.path, "", "", f"cannot be opened ({problem.strerror})", "Check its permissions.")

    # --- files --------------------------------------------------------------------------------------------------------------------

    def do_files(self) -> None:
        """Every file, from the store or read anew."""
        jobs = [job for role in self.project.roles if role.path in self.digests and (job := self.file_job(role)) is not None]
        for job, ended in perform(do_file, jobs, workers=self.workers):
            path = job.role.path
            outcome = ended.made or FileDone(path, None, problem=Problem(path, "", "", ended.problem))
            self.keep_file(job, outcome, store=ended.made is not None)
            self.advance(path)

    def file_job(self, role: Role) -> FileJob | None:
        """What is left to do for a file; None where the store has all of it."""
        found = self.store.get(self.reading_key(role))
        if found is None:
            return FileJob(self.project, role)
        if "problem" in found:
            self.problems[role.path] = from_plain(Problem, found["problem"])
            self.advance(role.path)
            return None
        reading = from_plain(Reading, found["reading"])
        tasks, lacks = file_tasks(self.project, role, reading)
        self.note(role, reading, tasks, lacks)
        left = tuple(task for task in tasks if not self.from_store(task, (role,)))
        if not left:
            self.advance(role.path)
            return None
        return FileJob(self.project, role, left)

    def keep_file(self, job: FileJob, outcome: FileDone, *, store: bool) -> None:
        role = job.role
        key = self.reading_key(role)
        if outcome.reading is None:
            problem = outcome.problem or Problem(role.path, "", "", "was not read")
            self.problems[role.path] = problem
            if store:
                self.store.put(key, {"problem": to_plain(problem)})
            return
        self.store.put(key, {"reading": to_plain(outcome.reading)})
        if role.path not in self.readings:
            tasks, _ = file_tasks(self.project, role, outcome.reading)
            self.note(role, outcome.reading, tasks, outcome.lacks)
        for attempt in outcome.attempts:
            self.keep(attempt, (role,))

    def note(self, role: Role, reading: Reading, tasks: tuple[Task, ...], lacks: Iterable[Lack]) -> None:
        self.readings[role.path] = reading
        self.planned[role.path] = tasks
        self.lacks += lacks

    # --- several files ------------------------------------------------------------------------------------------------------------

    def do_groups(self, tasks: Sequence[Task]) -> None:
        """Every task on several files, from the store or anew."""
        roles = {role.path: role for role in self.project.roles}
        jobs = []
        for task in tasks:
            members = tuple(roles[path] for path in task.paths)
            if self.from_store(task, members):
                self.advance(f"{task.technique}: {task.cell}")
            else:
                jobs.append(GroupJob(self.project, members, task))
        for job, ended in perform(do_group, jobs, workers=self.workers):
            self.keep(ended.made or Attempt(job.task, problem=ended.problem), job.roles, store=ended.made is not None)
            self.advance(f"{job.task.technique}: {job.task.cell}")

    # --- the store ----------------------------------------------------------------------------------------------------------------

    def reading_key(self, role: Role) -> str:
        return self.store.key("project.reading", {"file": self.digests[role.path], "role": _plain_role(role), "software": software()})

    def task_key(self, task: Task, roles: Sequence[Role]) -> str:
        inputs = [[self.digests[role.path], _plain_role(role)] for role in roles]
        row = technique(task.technique)
        asked = {"technique": task.technique, "version": row.version, "options": to_plain(task.options), "inputs": inputs}
        asked |= {"region": task.region} if task.region else {}
        return self.store.key("project.analysis", {**asked, "software": software()})

    def from_store(self, task: Task, roles: Sequence[Role]) -> bool:
        """Whether the store has what came of a task."""
        key = self.task_key(task, roles)
        found = self.store.get(key)
        if found is None:
            return False
        arrays = self.store.arrays(key)
        if arrays is None or set(arrays) != set(found["files"]):
            return False
        files = {name: arrays[name].tobytes() for name in found["files"]}
        self.attempts[task.key] = Attempt(task, files, found["lack"], found["problem"])
        return True

    def keep(self, attempt: Attempt, roles: Sequence[Role], *, store: bool = True) -> None:
        self.attempts[attempt.task.key] = attempt
        if store:
            value = {"files": list(attempt.files), "lack": attempt.lack, "problem": attempt.problem}
            arrays = {name: np.frombuffer(content, dtype=np.uint8) for name, content in attempt.files.items()}
            self.store.put(self.task_key(attempt.task, roles), value, arrays)

    # --- the end ------------------------------------------------------------------------------------------------------------------

    def advance(self, message: str) -> None:
        self.done += 1
        self.on_progress(self.done, self.total, message)

    def outcome(self, group: Sequence[Task]) -> Analysis:
        order = [role.path for role in self.project.roles]
        finished, problems, lacks = [], [self.problems[path] for path in order if path in self.problems], list(self.lacks)
        for task in [*(task for path in order for task in self.planned.get(path, ())), *group]:
            attempt = self.attempts[task.key]
            if attempt.files:
                finished.append(Finished(task, from_files(attempt.files, STEM)))
            elif attempt.problem:
                problems.append(Problem(", ".join(task.paths), task.technique, "", attempt.problem))
            else:
                lacks.append(Lack(task.technique, task.paths, attempt.lack))
        ranked = sorted(lacks, key=lambda lack: (order.index(lack.paths[0]), lack.technique))
        readings = tuple(self.readings[path] for path in order if path in self.readings)
        return Analysis(self.project, readings, tuple(finished), tuple(problems), tuple(ranked))


def _plain_role(role: Role) -> Any:
    """A role without the options of its cell, which count for the technique they belong to."""
    return to_plain(replace(role, cell=replace(role.cell, options={})))


@lru_cache(maxsize=1)
def software() -> dict[str, str]:
    """Versions of the libraries, and a digest of our own sources: a stored result is never older than the code that reads it."""
    found = {}
    for library in _LIBRARIES:
        try:
            found[library] = version(library)
        except PackageNotFoundError:
            found[library] = "absent"
    text = sha256()
    for part in _SOURCES:
        for file in sorted((_PACKAGE / part).rglob("*.py")):
            text.update(str(file.relative_to(_PACKAGE)).encode() + file.read_bytes())
    return {**found, "sources": text.hexdigest()}
