"""Files that were laid into the study: each read, analysed by the technique of its need, and held against the claims it settles.

A file is known by its place without the ending (``raw/isotherm-mec3``), and must be listed in ``[[raw]]`` of ``study.toml`` like every
other raw file. A file that cannot be read or analysed leaves its claims ``not run`` with the reason; everything else is finished.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from dualion.errors import DualionError, InputError, MissingDependency, ReadError, SpecError
from dualion.records.measurement import Measurement, Result
from dualion.study.characterisation.types import Characterisation, Need, stem
from dualion.study.types import Claim, Obtained, Study


@dataclass(frozen=True, slots=True)
class Judged:
    """What the files say.

    Parameters
    ----------
    obtained : tuple of Obtained
        Values held against claims (primary), and those that stand beside them.
    failures : mapping of str to tuple of two str
        By claim, reason code and detail.
    results : mapping of str to Result
        By file, relative to the study.
    """

    obtained: tuple[Obtained, ...] = ()
    failures: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    results: Mapping[str, Result] = field(default_factory=dict)


def laid(study: Study, written: Characterisation) -> Mapping[str, Path]:
    """Files of needs that are there, by the name under which the need asks for them.

    Parameters
    ----------
    study : Study
    written : Characterisation

    Returns
    -------
    mapping of str to Path
    """
    listed = [row["path"] for row in study.settings.get("raw", ())]
    wanted = {stem(name): name for need in written.needs for name in need.files if "*" not in name}
    return {wanted[stem(path)]: study.folder / path for path in listed if stem(path) in wanted}


def judged(study: Study, written: Characterisation) -> Judged:
    """Analyse the files that are there.

    Parameters
    ----------
    study : Study
    written : Characterisation

    Returns
    -------
    Judged
        Empty where no file of a need is there.
    """
    there = laid(study, written)
    obtained: list[Obtained] = []
    failures: dict[str, tuple[str, str]] = {}
    results: dict[str, Result] = {}
    for need in written.needs:
        for claim in dict.fromkeys((*need.judges, *need.shows)):
            name = need.file_of(claim)
            if name not in there:
                continue
            try:
                if name not in results or results[name].technique != need.technique:
                    results[name] = _analysed(need, name, there)
                obtained += _obtained(study.claims[claim], need, results[name])
            except MissingDependency as problem:
                failures[claim] = ("extra-missing", str(problem))
            except ReadError as problem:
                where = f"{problem.file}: {problem.position}: {problem.reason.rstrip('.')}"
                failures[claim] = ("solve-error", f"{where}. What would do: {need.formats}.")
            except DualionError as problem:
                failures[claim] = ("solve-error", str(problem))
    return Judged(tuple(obtained), failures, results)


def _analysed(need: Need, name: str, there: Mapping[str, Path]) -> Result:
    """Result of the technique on one file, and on those that stand beside it."""
    from dualion.techniques import technique
    from dualion.techniques.row import options_from

    row = technique(need.technique)
    beside = {option: file for option, file in need.beside.items() if file in there and file != name}
    given = {**need.options, **{option: _sample(file) for option, file in beside.items()}}
    options = options_from(row, given, where=f"characterisation.toml: need {need.id}, options")
    return row.analyse([one for file in (name, *beside.values()) for one in _read(need, file, there[file], row.measurement)], options)


def _sample(file: str) -> str:
    """Name of the sample of a file: its own, without the ending."""
    return stem(file).rpartition("/")[2]


def _read(need: Need, name: str, path: Path, wanted: str) -> Sequence[Measurement]:
    """Measurements of a file that the technique can take, under the name of the file."""
    from dualion.readers import read_all
    from dualion.readers.format import Declared

    found = read_all(path, declared=Declared(wanted, need.x_unit, need.y_unit))
    kept = [one for one in found if one.technique == wanted]
    if not kept:
        held = ", ".join(dict.fromkeys(one.technique for one in found))
        raise SpecError(f"{path.name}: it holds {held}, and {need.technique} needs {wanted}. Lay the file that was meant into its place.")
    if any(one.simulated for one in kept):
        raise SpecError(
            f"{path.name}: it is simulated, and a claim is judged by what was measured. Lay the instrument's file into its place."
        )
    return [replace(one, sample=_sample(name)) for one in kept]


def _obtained(claim: Claim, need: Need, result: Result) -> list[Obtained]:
    """The value held against a claim, and the one that stands beside it."""
    made = []
    for table, primary in ((need.judges, True), (need.shows, False)):
        if claim.id not in table:
            continue
        value = table[claim.id]
        if value not in result.values:
            raise InputError(f"{need.technique} gives no {value}. It gives {', '.join(result.values)}.")
        source = result.provenance
        made.append(
            Obtained(
                claim=claim.id,
                quantity=claim.quantity,
                sample=claim.sample,
                condition={},
                value=result.values[value],
                origin="analysis",
                method=need.technique,
                method_version=source.method_version,
                options=source.options,
                inputs=source.inputs,
                calibration=(),
                references=source.references,
                flags=tuple(flag for flag in result.flags if flag.severity != "note"),
                primary=primary,
                label="" if primary else value,
            )
        )
    return made
