"""Which techniques run on which files, and what must be given for those that do not.

    gcd     cycling, rate_capability, differential_capacity; plateau for a half cell of a carbon; retention with a reference cycle;
            energy_power for a full cell
    cv      cv_peaks, cv_separation on all scan rates of a cell
    gitt    gitt; gitt_model on request
    eis     relaxation_times; eis, in one go where the spectra of a cell have a temperature each, so that all get the same circuit;
            arrhenius on the same spectra, from four temperatures on
    sorption, saxs, xrd, raman, ftir, nexafs, xafs   each file alone; sodiation_contrast where SAXS files of a sample have states
    xps     all regions of a sample, from one file or from several; gdoes: all states of a sample
    descriptors   composition

Files are of one cell, or of one sample, where ``dualion.toml`` says so. Techniques that a ``[[file]]`` names replace these. What joins the
techniques of a sample, and the samples, is in ``project.samples``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import Any

from dualion.project.load import PROJECT_FILE, Project
from dualion.project.reading import Reading
from dualion.project.roles import Role
from dualion.records.measurement import CHARACTERISATION
from dualion.techniques import technique

#: Techniques that run on each file of a kind of measurement.
EACH = {
    "gcd": ("cycling", "rate_capability", "differential_capacity"),
    "gitt": ("gitt",),
    "eis": ("relaxation_times",),
    "sorption": ("sorption", "pore_sizes"),
    "saxs": ("saxs",),
    "xrd": ("xrd",),
    "raman": ("raman",),
    "ftir": ("ftir",),
    "nexafs": ("nexafs",),
    "xafs": ("xafs",),
    "descriptors": ("composition",),
}
#: Techniques that run once on all files of a cell and a kind of measurement.
TOGETHER = {
    "cv": ("cv_peaks", "cv_separation"),
    "eis": ("eis", "arrhenius"),
    "saxs": ("sodiation_contrast",),
    "xps": ("xps",),
    "gdoes": ("gdoes",),
}

#: Technique that takes files of a cell together only where they are a series of temperatures.
_SERIES = "eis"
#: Options that name the spectra of another sample which a technique needs beside those of its own.
_REFERENCES = {"ftir": ("pair",), "nexafs": ("reference",), "xafs": ("references", "foil")}
#: Technique that compares states of a sample, and runs where there are at least two.
_STATES = "sodiation_contrast"

#: Options of the fit of spectra that hold for activation energies too, where those have none of their own.
_SHARED = ("circuit", "arcs", "tail", "mask", "window", "share_exponents")

#: [1] Fewest temperatures for which an activation energy is tried unasked; the technique says what fewer mean.
FEWEST_TEMPERATURES = 4

FULL_CELLS = ("dual-ion", "rocking-chair")


@dataclass(frozen=True, slots=True)
class Task:
    """One technique on one file, or on several of one cell.

    Parameters
    ----------
    technique : str
    paths : tuple of str
        Relative to the folder.
    cell, sample : str
    options : mapping
        Plain data, as ``options_from`` takes them.
    asked : bool
        Whether the user names the technique.
    region : str
        Part of the file that it is about; empty for all of it.
    """

    technique: str
    paths: tuple[str, ...]
    cell: str
    sample: str
    options: Mapping[str, Any] = field(default_factory=dict)
    asked: bool = False
    region: str = ""

    @property
    def key(self) -> tuple[str, tuple[str, ...], str]:
        """What tells it from every other task of a run."""
        return self.technique, self.paths, self.region


@dataclass(frozen=True, slots=True)
class Lack:
    """A technique that did not run, and what would make it run.

    Parameters
    ----------
    technique : str
    paths : tuple of str
    reason : str
        A sentence that says what to give, or what there is too little of.
    """

    technique: str
    paths: tuple[str, ...]
    reason: str


def options_of(project: Project, role: Role, name: str) -> dict[str, Any]:
    """Options of a technique for a file: those of the project, over them those of its cell, over them those of the file itself."""
    merged = {**project.options.get(name, {}), **role.cell.options.get(name, {})}
    if name == "arrhenius":
        merged = {key: value for key, value in options_of(project, role, _SERIES).items() if key in _SHARED} | merged
    return merged | ({"n_ref": role.n_ref} if name == "retention" and role.n_ref is not None else {})


def file_tasks(project: Project, role: Role, reading: Reading) -> tuple[tuple[Task, ...], tuple[Lack, ...]]:
    """Techniques that run on one file alone.

    Parameters
    ----------
    project : Project
    role : Role
    reading : Reading

    Returns
    -------
    tuple of tuple of Task and tuple of Lack
    """
    lacks: list[Lack] = []
    if role.techniques is not None:
        names = [name for name in role.techniques if not _together(name)]
    else:
        names = list(EACH.get(reading.technique, ()))
        if reading.technique == "gcd":
            more, lacks = _conditional(project, role, reading)
            names += more
    asked = role.techniques is not None
    names = [name for name in names if not _named_references(project, role, name)]
    tasks = [_task(project, (role,), name, asked=asked) for name in names]
    if len(reading.regions) > 1:
        tasks = [replace(task, region=region) for task in tasks for region in _regions(task.technique, reading)]
    if reading.technique == "spectrum":
        reason = f'two columns without names: write measurement = "raman" (or xrd, ftir, xps, nexafs, xafs, saxs) in {_file(project)}.'
        lacks = [*lacks, Lack("spectrum", (role.path,), reason)]
    return tuple(tasks), tuple(lacks)


def _named_references(project: Project, role: Role, name: str) -> tuple[str, ...]:
    """Samples or files that the options of a technique name as its references."""
    options = options_of(project, role, name)
    given = [options.get(key) for key in _REFERENCES.get(name, ())]
    return tuple(one for entry in given for one in ((entry,) if isinstance(entry, str) else entry or ()) if one)


def _regions(name: str, reading: Reading) -> Iterator[str]:
    """Regions of a file that a technique runs on, each alone."""
    wanted = technique(name).measurement
    return (region for region, kind in reading.regions if kind == wanted)


def _conditional(project: Project, role: Role, reading: Reading) -> tuple[list[str], list[Lack]]:
    """Techniques of a charge-discharge file that need to know the cell, or a reference cycle."""
    names, lacks = [], []
    path, kind = (role.path,), reading.kind
    if kind == "half" and reading.working == "anode":
        names.append("plateau")
    elif kind is None:
        lacks.append(Lack("plateau", path, f'needs a half cell: write kind = "half" and working = "anode" in {_cell(project, role)}.'))
    if "n_ref" in options_of(project, role, "retention"):
        names.append("retention")
    else:
        lacks.append(Lack("retention", path, f'has no default reference: write n_ref = "first" (or a cycle number) in {_file(project)}.'))
    if kind in FULL_CELLS:
        names.append("energy_power")
    elif kind is None:
        where = f'{_cell(project, role)} kind = "dual-ion" (or "rocking-chair"), anode_mass and cathode_mass'
        lacks.append(Lack("energy_power", path, f"needs a full cell and its masses: write in {where}."))
    if reading.titration:
        lacks.append(Lack("gitt", path, f'the pulses and rests look like a titration: write measurement = "gitt" in {_file(project)}.'))
    return names, lacks


def _cell(project: Project, role: Role) -> str:
    return f"{PROJECT_FILE}, [cell.{role.cell.name}]," if project.written else f"{PROJECT_FILE} ([cell.NAME])"


def _file(project: Project) -> str:
    return f"its [[file]] of {PROJECT_FILE}"


def group_tasks(project: Project, roles: Sequence[Role], readings: Mapping[str, Reading]) -> tuple[tuple[Task, ...], tuple[Lack, ...]]:
    """Techniques that run on all files of one cell and one kind of measurement.

    Parameters
    ----------
    project : Project
    roles : sequence of Role
    readings : mapping of str to Reading
        By path; files that could not be read are not in it.

    Returns
    -------
    tuple of tuple of Task and tuple of Lack
    """
    tasks, lacks = list(_with_references(project, roles, readings)), []
    for kind, members in _groups(roles, readings):
        paths = tuple(role.path for role in members)
        for name in _wanted(kind, members):
            asked = [role for role in members if role.techniques is not None and name in role.techniques]
            if name == "arrhenius" and not asked and (found := _temperatures(members, readings)) < FEWEST_TEMPERATURES:
                if found > 1:
                    reason = f"needs {FEWEST_TEMPERATURES} temperatures and has {found}: write temperature at each file, or measure more."
                    lacks.append(Lack(name, paths, reason))
                continue
            wanted = tuple(asked) or members
            if name == _STATES and not asked and len({readings[role.path].state for role in wanted} - {""}) < 2:
                continue
            parts = [(role,) for role in wanted] if _alone(name, wanted, readings) else [wanted]
            tasks += [_task(project, part, name, asked=bool(asked)) for part in parts]
    return tuple(tasks), tuple(lacks)


def _with_references(project: Project, roles: Sequence[Role], readings: Mapping[str, Reading]) -> Iterator[Task]:
    """Each file of a kind together with the references that its technique's options name."""
    for name in _REFERENCES:
        kind = technique(name).measurement
        of_kind = [role for role in roles if role.path in readings and readings[role.path].technique == kind]
        for role in of_kind:
            named = _named_references(project, role, name)
            wanted = role.techniques is None or name in role.techniques
            beside = [other for other in of_kind if _is_named(other, readings[other.path], named)]
            if named and wanted and role not in beside:
                yield _task(project, (role, *beside), name, asked=role.techniques is not None)


def _is_named(role: Role, reading: Reading, named: Sequence[str]) -> bool:
    return bool({reading.sample or role.cell.sample, role.path, PurePosixPath(role.path).name} & set(named))


def _groups(roles: Sequence[Role], readings: Mapping[str, Reading]) -> Iterator[tuple[str, tuple[Role, ...]]]:
    found: dict[tuple[str, str], list[Role]] = {}
    for role in roles:
        if role.path in readings:
            kind = readings[role.path].technique
            shared = readings[role.path].sample or role.cell.sample if kind in CHARACTERISATION else role.cell.name
            found.setdefault((shared, kind), []).append(role)
    for (_, kind), members in found.items():
        yield kind, tuple(members)


def _wanted(kind: str, members: Sequence[Role]) -> list[str]:
    """Techniques for a group: the usual ones where a file names none, and those that its files name."""
    names = list(TOGETHER.get(kind, ())) if any(role.techniques is None for role in members) else []
    named = [name for role in members for name in role.techniques or () if _together(name)]
    return list(dict.fromkeys([*names, *named]))


def _temperatures(members: Sequence[Role], readings: Mapping[str, Reading]) -> int:
    return len({readings[role.path].temperature for role in members} - {None})


def _alone(name: str, members: Sequence[Role], readings: Mapping[str, Reading]) -> bool:
    """Whether files that may belong together do not: spectra without a temperature each, regions that stand in two files."""
    if name == _SERIES:
        return _temperatures(members, readings) < len(members)
    return name == "xps" and not _distinct(members, readings)


def _distinct(members: Sequence[Role], readings: Mapping[str, Reading]) -> bool:
    """Whether no region stands in two files, so that all of them belong to one measurement of the sample."""
    regions = [region for role in members for region, _ in readings[role.path].regions]
    return len(set(regions)) == len(regions) and all(readings[role.path].regions for role in members)


def _together(name: str) -> bool:
    return any(name in usual for usual in TOGETHER.values()) or technique(name).several


def _task(project: Project, roles: Sequence[Role], name: str, *, asked: bool) -> Task:
    options: dict[str, Any] = {}
    for role in roles:
        options |= options_of(project, role, name)
    first = roles[0].cell
    return Task(name, tuple(role.path for role in roles), first.name, first.sample, options, asked)
