"""A study, run: arithmetic, cell models, verdicts, the results document, and the figures as data. Nothing is drawn or written here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Literal

from dualion import __version__
from dualion.models.engines import DEFAULT_ENGINE
from dualion.store import Store
from dualion.study.cells.compute import LIBRARIES, Computed, OnProgress, compute
from dualion.study.cells.findings import findings
from dualion.study.cells.plan import Task, plan
from dualion.study.characterisation.findings import evaluated
from dualion.study.characterisation.judged import judged
from dualion.study.characterisation.verdicts import characterised
from dualion.study.characterisation.written import characterisation
from dualion.study.desolvation.findings import desolvation
from dualion.study.desolvation.shipped import Shipped, shipped
from dualion.study.desolvation.verdicts import computed as with_desolvation
from dualion.study.relations import evaluate, recompute
from dualion.study.results.document import build
from dualion.study.types import RelationResult, Study, Verdict
from dualion.study.verdicts import assign

Skip = Literal["models"]


@dataclass(frozen=True, slots=True)
class StudyRun:
    """What a run found.

    Parameters
    ----------
    study : Study
    document : dict
        The results document, plain data in the form of its schema.
    relations : tuple of RelationResult
    verdicts : tuple of Verdict
    tasks : tuple of Task
    computed : Computed
        What the cell models gave, by task, with the curves that the document does not hold.
    failures : mapping of str to tuple of two str
        For each claim that a computation left open, reason code and detail.
    atoms : tuple of Shipped
        Atomistic results that the study brings.
    """

    study: Study
    document: dict[str, Any]
    relations: tuple[RelationResult, ...]
    verdicts: tuple[Verdict, ...]
    tasks: tuple[Task, ...]
    computed: Computed
    failures: Mapping[str, tuple[str, str]]
    atoms: tuple[Shipped, ...] = ()

    @property
    def counts(self) -> Mapping[str, Mapping[str, int]]:
        """Verdicts by group: predicted, fitted, other, arithmetic. There is no sum."""
        counts: Mapping[str, Mapping[str, int]] = self.document["counts"]
        return counts


def run(
    study: Study,
    *,
    store: Store,
    workers: int,
    on_progress: OnProgress,
    skip: Sequence[Skip] = (),
    engine: str = DEFAULT_ENGINE,
    atoms: tuple[Shipped, ...] | None = None,
) -> StudyRun:
    """Run a study.

    Parameters
    ----------
    study : Study
    store : Store
        Where computed parts are kept and found again.
    workers : int
        [1] processes that compute at once.
    on_progress : callable
        ``on_progress(done, total, message)``.
    skip : sequence of {"models"}
        What to leave out; its claims are ``not run (skipped)``.
    engine : str
        What solves the cell models; see ``models.engines.engine_named``.
    atoms : tuple of Shipped, optional
        Atomistic results in the place of those that the study brings.

    Returns
    -------
    StudyRun

    Raises
    ------
    SpecError
        The study asks for something that cannot be planned, or there is no such engine.
    """
    relations = evaluate(study)
    written = characterisation(study)
    tasks = plan(study)
    if "models" in skip:
        computed = Computed({}, {task.name: ("skipped", "the cell models were left out") for task in tasks})
    else:
        computed = compute(tasks, store=store, workers=workers, on_progress=on_progress, engine=engine)
    found = findings(study, tasks, computed)
    files = judged(study, written)
    atoms = shipped(study) if atoms is None else atoms
    shed = desolvation(study, atoms)
    obtained, failures = (*found.obtained, *files.obtained, *shed.obtained), {**found.failures, **files.failures}
    verdicts = characterised(assign(study, relations, obtained, failures), written, evaluated(study, written))
    verdicts = with_desolvation(verdicts, shed)
    document = build(
        study,
        relations,
        recompute(study),
        obtained,
        verdicts,
        versions=versions(),
        predictions=found.predictions,
        fits=found.fits,
        energies=found.energies,
    )
    return StudyRun(study, document, relations, verdicts, tasks, computed, failures, atoms)


def versions() -> dict[str, str]:
    """Versions of this package and of the libraries behind the numbers.

    Returns
    -------
    dict of str to str
        By name; ``absent`` where a library is not installed.
    """
    found = {"dualion": __version__}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "absent"
    return found
