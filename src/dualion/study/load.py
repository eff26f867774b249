"""A study folder in, a checked ``Study`` out; every problem of every file is collected and raised at once.

study.toml       what the study is of, materials, cells, protocols, producers, calibration and prediction sets
claims.csv       one published number a row
relations.toml   arithmetic the numbers must obey (optional)
derived.csv      numbers that follow from claims (optional)
excerpt.md       passages that quotes come from (optional)
cells/           material and transport of each cell's model
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from dualion.errors import SpecError
from dualion.records.cell import Cell
from dualion.records.files import read_text, read_toml, show, validate
from dualion.records.validation import Location
from dualion.study.types import Assumption, Claim, Derived, Relation, Study
from dualion.study.written import assemble, consistency
from dualion.study.written.folder import STUDY_FILE, bundled, digest, locate, raw_problems, require_study
from dualion.study.written.schema import StudyFile
from dualion.study.written.schema_tables import RelationsFile, RelationTable
from dualion.study.written.tables import Claims, read_claims, read_derived

__all__ = ["bundled", "load", "locate"]

T = TypeVar("T")

LARGEST_EXCERPT = 1024**2  # [byte]

#: Characters of the passage that a message shows where a quote is not found.
LONGEST_PASSAGE = 80


def load(path: Path) -> Study:
    """Load and check a study folder.

    Parameters
    ----------
    path : Path
        The folder, as ``locate`` gives it.

    Returns
    -------
    Study

    Raises
    ------
    SpecError
        With every problem of every file; where there is no ``study.toml``, with that alone, and nothing else is read.
    """
    require_study(path)
    problems: list[str] = []
    sha256 = _kept(problems, lambda: digest(path)) or ""
    written = _kept(problems, lambda: read_toml(path / STUDY_FILE))
    settings = written or {}
    spec = (
        None if written is None else _kept(problems, lambda: validate(StudyFile, settings, file=STUDY_FILE, remedies={"c_rate": _c_rate}))
    )
    claims = read_claims(path / "claims.csv", paper=_is_paper(settings))
    problems += claims.problems
    arithmetic = _arithmetic(path, claims, problems)
    problems += _quotes(path / "excerpt.md", claims)
    cells = _cells(spec, path, claims, problems)
    if problems or spec is None:
        raise SpecError(tuple(dict.fromkeys(problems)))
    return _study(spec, path, sha256=sha256, settings=settings, claims=claims, arithmetic=arithmetic, cells=cells)


@dataclass(frozen=True, slots=True)
class _Arithmetic:
    """What ``relations.toml`` and ``derived.csv`` hold."""

    assume: Mapping[str, Assumption]
    relations: tuple[Relation, ...]
    derived: tuple[Derived, ...]


def _study(
    spec: StudyFile,
    path: Path,
    *,
    sha256: str,
    settings: Mapping[str, Any],
    claims: Claims,
    arithmetic: _Arithmetic,
    cells: Mapping[str, Cell],
) -> Study:
    return Study(
        id=spec.study.id,
        title=spec.study.title,
        citation=spec.study.citation,
        doi=spec.study.doi,
        licence=spec.study.licence,
        changes=spec.study.changes,
        folder=path,
        sha256=sha256,
        claims=claims.records,
        assume=arithmetic.assume,
        relations=arithmetic.relations,
        derived=arithmetic.derived,
        cells=cells,
        producers=assemble.producers(spec),
        calibrations=assemble.calibrations(spec),
        predictions=assemble.predictions(spec),
        pending=assemble.pending(spec),
        settings=settings,
        protocols=assemble.protocols(spec),
        plateau=assemble.plateau(spec),
        definitions=assemble.definitions(spec),
        kind=spec.study.kind,
    )


def _arithmetic(path: Path, claims: Claims, problems: list[str]) -> _Arithmetic:
    """Constants, relations and derived numbers; expressions are looked at where every name that they may use is known."""
    assume, relations = _relations(path / "relations.toml", claims, problems)
    derived = _kept(problems, lambda: read_derived(path / "derived.csv")) or ()
    if claims.rows and assume is not None:
        problems += _expressions(relations, derived, claims, assume)
    return _Arithmetic(assume or {}, relations, derived)


def _cells(spec: StudyFile | None, path: Path, claims: Claims, problems: list[str]) -> Mapping[str, Cell]:
    """Cells, once everything that ties ``study.toml`` to the other files has been looked at."""
    if spec is None:
        return {}
    cells = assemble.cells(spec, path)
    problems += [*cells.problems, *raw_problems(spec.raw, path)]
    problems += consistency.names(spec) + consistency.assumed(spec) + consistency.overlaps(spec)
    problems += consistency.fitted_parameters(spec, cells.records)
    if claims.rows:
        problems += consistency.claim_ids(spec, claims.rows) + consistency.stated_values(spec, claims.records)
        problems += consistency.materials(cells.records, cells.files, claims.records, claims.rows)
    return cells.records


def _kept(problems: list[str], step: Callable[[], T]) -> T | None:
    """Result of a step, or None with its problems kept."""
    try:
        return step()
    except SpecError as error:
        problems.extend(error.problems)
        return None


def _is_paper(settings: Mapping[str, Any]) -> bool:
    study = settings.get("study")
    return not (isinstance(study, dict) and study.get("kind") == "own data")


def _c_rate(location: Location, settings: Any) -> str:
    """Problem and remedy for a C-rate that stands where a current is needed."""
    here, table = settings, settings
    for depth, part in enumerate(location):
        here = here[part]
        table = here if depth == 1 else table
    problem = f'{show(here)} is not a current. Write the current, such as "80 mA/g"'
    if location[0] == "cell":
        return f"{problem}."
    producers = settings.get("producer")
    using = (
        [row for row in producers if isinstance(row, dict) and row.get("protocol") == location[1]] if isinstance(producers, list) else []
    )
    named = [row.get("cell") for row in (table, *using) if isinstance(row, dict)]
    cell = next((name for name in named if isinstance(name, str)), "NAME")
    return f"{problem}, and define 1 C in cell.{cell}.one_c."


def _relations(path: Path, claims: Claims, problems: list[str]) -> tuple[dict[str, Assumption] | None, tuple[Relation, ...]]:
    """Constants (None where they cannot be known) and relations; the claims that a relation gives its verdict to are looked up."""
    if not path.exists():
        return {}, ()
    data = _kept(problems, lambda: read_toml(path))
    if data is None:
        return None, ()
    file = _kept(problems, lambda: validate(RelationsFile, data, file=path.name))
    rows = data.get("relation", [])
    found: dict[str, Relation] = {}
    for index, row in enumerate(rows if isinstance(rows, list) else []):
        name = row.get("id") if isinstance(row, dict) else None
        place = f"relation {name}" if isinstance(name, str) and name.isalnum() else f"relation[{index}]"
        table = _kept(problems, lambda row=row, place=place: validate(RelationTable, row, file=path.name, within=place))  # type: ignore[misc]
        if table is None:
            continue
        if table.id in found:
            problems.append(f"{path.name}: {place}, id: stands in another relation as well. Give each relation its own id.")
        if claims.rows:
            unknown = [claim for claim in table.claims if claim not in claims.rows]
            problems += [f"{path.name}: {place}, claims: {consistency.unknown_claim(claim, claims.rows)}" for claim in unknown]
        found[table.id] = assemble.relation(table)
    return None if file is None else assemble.assumptions(file.assume), tuple(found.values())


def _expressions(
    relations: tuple[Relation, ...], derived: tuple[Derived, ...], claims: Claims, assume: Mapping[str, Assumption]
) -> list[str]:
    """Problems of every expression: its form, and the names in it, which must have a number."""
    from dualion.study.arithmetic.expressions import parse

    names = {*claims.rows, *assume}
    written: list[tuple[str, str]] = []
    for relation in relations:
        place = f"relations.toml: relation {relation.id}"
        written += [] if relation.expr is None else [(f"{place}, expr", relation.expr)]
        for sign, side in relation.expect.items():
            written += [(f'{place}, expect."{sign}"', text) for text in ((side,) if isinstance(side, str) else side)]
        written += [(f"{place}, readings[{index}].expr", reading.expr) for index, reading in enumerate(relation.readings)]
    written += [(f"derived.csv: {row.id}, expr", row.expr) for row in derived]
    problems = []
    for place, text in written:
        try:
            used = parse(text, names).names
        except SpecError as error:
            problems += [f"{place}: {problem}" for problem in error.problems]
            continue
        in_words = [name for name in used if name in claims.records and claims.records[name].value_num is None]
        problems += [f"{place}: {name} is a statement in words. Name a claim with a number." for name in in_words]
    return problems


def _quotes(path: Path, claims: Claims) -> list[str]:
    """Quotes that are not in the excerpt; without an excerpt quotes are not looked up."""
    quoted = [claim for claim in claims.records.values() if claim.quote]
    if not path.exists() or not quoted:
        return []
    from dualion.study.arithmetic.quotes import normalise

    try:
        excerpt = read_text(path, largest=LARGEST_EXCERPT)
    except SpecError as error:
        return list(error.problems)
    text = normalise(excerpt)
    missing = [claim for claim in quoted if normalise(claim.quote) not in text]
    passages = [" ".join(passage.split()) for passage in re.split(r"(?<=[.;])\s|\n\s*\n", excerpt) if passage.strip()]
    return [
        f"claims.csv: {claims.rows[claim.id]}, quote: not found in {path.name} after normalisation. "
        f'Copy the words as printed; nearest text: "{_nearest_passage(claim, passages)}".'
        for claim in missing
    ]


def _nearest_passage(claim: Claim, passages: list[str]) -> str:
    """The passage that shares most words with a quote, shortened."""
    words = set(re.findall(r"\w+", claim.quote.casefold()))
    best = max(passages, key=lambda passage: len(words & set(re.findall(r"\w+", passage.casefold()))), default="")
    return best if len(best) <= LONGEST_PASSAGE else best[: LONGEST_PASSAGE - 3] + "..."
