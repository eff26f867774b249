"""One carbon, all techniques: what joins the results of a sample, and the samples of a folder.

The pore balance runs for each sample that has two of its terms; the correlation over all samples that have both of its descriptors, three
at the least. What is known of a sample from elsewhere stands in ``[sample.NAME.descriptors]`` of ``dualion.toml``, or in a table of
descriptors.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import polars as pl

from dualion.errors import InputError
from dualion.project.analysis import Analysis, Finished
from dualion.project.load import PROJECT_FILE, Project
from dualion.project.plan import Lack, Task
from dualion.project.pool import ERRORS
from dualion.project.pool import described as in_words
from dualion.project.reading import read_file
from dualion.project.samples.checks import checks_of
from dualion.project.samples.gathering import averaged, described, descriptor_table
from dualion.project.samples.records import Described
from dualion.project.work import Problem
from dualion.records.measurement import Measurement
from dualion.techniques import technique
from dualion.techniques.row import options_from

#: Terms of a pore balance by what they see: all pores, the open ones, all but the closed. A sample must have two before it is tried.
TERMS = ({"pore_volume", "porosity"}, {"total_pore_volume", "dft_pore_volume"}, {"true_density"})
#: What a balance also takes: the spacing that scales the walls, both surfaces, and products on an arbitrary scale.
BESIDE = {"d002", "d002_corrected", "saxs_area", "bet_area", "closed_pore_parameter", "pore_invariant"}
FEWEST_TERMS, FEWEST_SAMPLES = 2, 3  # [1]
#: What is held against what where ``[options.correlation]`` does not say it.
X, Y = "closed_pore_parameter", "plateau_capacity"


def with_samples(analysis: Analysis) -> Analysis:
    """An analysis with what joins the techniques of its samples.

    Parameters
    ----------
    analysis : Analysis

    Returns
    -------
    Analysis
        With pore balances and the correlation behind its results, and with every number that describes a sample.
    """
    given = (*_given(analysis.project), *_from_tables(analysis))
    known = averaged((*described(analysis.finished), *given))
    if not known:
        return analysis
    join = _Join(analysis)
    for sample in dict.fromkeys(one.sample for one in known):
        join.balance(sample, [one for one in known if one.sample == sample])
    known = (*known, *described(join.finished))
    join.correlate(known)
    return replace(
        analysis,
        finished=(*analysis.finished, *join.finished),
        problems=(*analysis.problems, *join.problems),
        lacks=(*analysis.lacks, *join.lacks),
        described=known,
        checks=checks_of(known, walls=analysis.project.options.get("saxs", {}).get("rho_skel")),
    )


def _given(project: Project) -> Iterator[Described]:
    for sample, quantities in project.samples.items():
        for name, one in quantities.items():
            if one.value is not None:
                yield Described(sample, name, one.value, one.stderr, one.unit, one.rule or "", PROJECT_FILE)


def _from_tables(analysis: Analysis) -> Iterator[Described]:
    """Rows of the tables of descriptors in the folder."""
    roles = {role.path: role for role in analysis.project.roles}
    for reading in analysis.readings:
        if reading.technique == "descriptors":
            for measured in read_file(analysis.project.folder / reading.path, roles[reading.path]):
                yield from _rows(measured, reading.path)


def _rows(measured: Measurement, path: str) -> Iterator[Described]:
    for row in measured.table.drop_nulls("descriptor_value").iter_rows(named=True):
        words = (row.get("descriptor_unit") or "1", row.get("descriptor_method") or "", row.get("descriptor_source") or path)
        sample, bound = row.get("sample_name") or measured.sample, row.get("descriptor_qualifier") or "="
        yield Described(sample, row["descriptor"], row["descriptor_value"], row.get("descriptor_stderr"), *words, bound, (path,))


class _Join:
    """What the techniques that join others give."""

    def __init__(self, analysis: Analysis) -> None:
        self.project = analysis.project
        self.finished: list[Finished] = []
        self.problems: list[Problem] = []
        self.lacks: list[Lack] = []

    def balance(self, sample: str, known: Sequence[Described]) -> None:
        """The pore balance of one sample."""
        names = {one.name for one in known}
        if sum(bool(names & term) for term in TERMS) >= FEWEST_TERMS:
            taken = [one for one in known if one.name in set().union(*TERMS, BESIDE)]
            self._run("pore_balance", descriptor_table(taken, sample=sample), taken, sample)

    def correlate(self, known: Sequence[Described]) -> None:
        """One descriptor against another over all samples."""
        options = self.project.options.get("correlation", {})
        x, y = options.get("x", X), options.get("y", Y)
        have = {name: {one.sample for one in known if one.name == name} for name in (x, y)}
        both = have[x] & have[y]
        if len(both) >= FEWEST_SAMPLES:
            used = [one for one in known if one.sample in both and one.name in (x, y)]
            self._run("correlation", descriptor_table(known), used, "all samples")
        elif options or (both and len(have[x] | have[y]) > 1):
            found = f"needs {x} and {y} of {FEWEST_SAMPLES} samples and has both of {len(both)}"
            reason = f"{found}: add files, or values in [sample.NAME.descriptors]."
            self.lacks.append(Lack("correlation", _paths(known) or (PROJECT_FILE,), reason))

    def _run(self, name: str, measured: Measurement, known: Sequence[Described], sample: str) -> None:
        row, paths = technique(name), _paths(known) or (PROJECT_FILE,)
        given: Mapping[str, Any] = self.project.options.get(name, {})
        task = Task(name, paths, sample, sample, given, asked=bool(given))
        try:
            options = options_from(row, dict(given), where=f"{PROJECT_FILE}: options.{name}")
            self.finished.append(Finished(task, row.analyse([measured], options)))
        except InputError as problem:
            self.lacks.append(Lack(name, paths, in_words(problem)))
        except ERRORS as problem:
            self.problems.append(Problem(", ".join(paths), name, "", in_words(problem)))


def _paths(known: Sequence[Described]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(path for one in known for path in one.paths))


def side_by_side(known: Sequence[Described]) -> pl.DataFrame:
    """Samples in rows, descriptors in columns.

    Parameters
    ----------
    known : sequence of Described

    Returns
    -------
    polars.DataFrame
        ``sample``, and for each descriptor ``name [unit]`` and ``name_stderr [unit]``; null where a sample lacks it, or has it by several
        methods.
    """
    samples = list(dict.fromkeys(one.sample for one in known))
    columns: dict[str, list[Any]] = {"sample": samples}
    for name in dict.fromkeys(one.name for one in known):
        units = list(dict.fromkeys(one.unit for one in known if one.name == name))
        for unit in units:
            fitting = [[one for one in known if (one.sample, one.name, one.unit) == (sample, name, unit)] for sample in samples]
            ending = "" if unit == "1" else f" [{unit}]"
            columns[f"{name}{ending}"] = [found[0].value if len(found) == 1 else None for found in fitting]
            columns[f"{name}_stderr{ending}"] = [found[0].stderr if len(found) == 1 else None for found in fitting]
    return pl.DataFrame(columns, strict=False)
