"""What a reader of an analysis must see first, and every number of it in one table.

Statements use the vocabulary of the flags: nothing is said in other words than those of the technique that found it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

import polars as pl

from dualion.project.analysis import Analysis, Finished
from dualion.project.plan import Lack
from dualion.project.words import label
from dualion.records.quantity import Flag, Quantity

Weight = Literal["broken", "withheld", "missing", "warning"]

_NORMAL = 1.96  # [1] standard errors to each side of a 95 % interval
_NO_MASS = "missing_mass"  # said once, with what masses would add
_MOST_NAMED = 4  # [1] files or cells that a sentence names

#: What a mass adds, by technique.
MASS_ADDS = {
    "cycling": "capacities in mAh/g and true C-rates",
    "rate_capability": "capacities in mAh/g at currents in mA/g",
    "plateau": "plateau and slope capacity in mAh/g",
    "differential_capacity": "differential capacity in mAh/g/V",
    "energy_power": "Wh/kg and W/kg on five mass bases",
    "gitt": "the check of plateaus by composition",
}


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing that a reader must see first.

    Parameters
    ----------
    weight : {"broken", "withheld", "missing", "warning"}
    title, text : str
    """

    weight: Weight
    title: str
    text: str


def notices(analysis: Analysis) -> tuple[Notice, ...]:
    """What a reader must see first, in order of weight.

    Parameters
    ----------
    analysis : Analysis

    Returns
    -------
    tuple of Notice
    """
    return (*_broken(analysis), *_flagged(analysis, "refusal"), *_missing(analysis), *_flagged(analysis, "warning"))


def _broken(analysis: Analysis) -> list[Notice]:
    unread = analysis.unreadable
    found = []
    if unread:
        total = len(unread) + len(analysis.readings)
        found.append(Notice("broken", f"{len(unread)} of {total} files could not be read", _named(problem.path for problem in unread)))
    failed = [problem for problem in analysis.problems if problem.technique]
    if failed:
        title = f"{len(failed)} {'analysis' if len(failed) == 1 else 'analyses'} broke off"
        found.append(Notice("broken", title, _named(f"{problem.technique} of {problem.path}" for problem in failed)))
    return found


def _flagged(analysis: Analysis, severity: str) -> list[Notice]:
    """One notice for each code of a severity, with where it was raised."""
    places: dict[str, list[str]] = {}
    messages: dict[str, str] = {}
    for finished in analysis.finished:
        for flag in finished.result.flags:
            if flag.severity == severity and flag.code != _NO_MASS:
                places.setdefault(flag.code, []).append(label(finished.task))
                messages.setdefault(flag.code, flag.message)
    for reading in analysis.readings:
        for flag in reading.flags:
            if flag.severity == severity and flag.code not in places:
                places[flag.code] = [reading.path]
                messages[flag.code] = flag.message
    weight: Weight = "withheld" if severity == "refusal" else "warning"
    return [Notice(weight, f"{code}: {_named(dict.fromkeys(where))}", messages[code]) for code, where in places.items()]


def _missing(analysis: Analysis) -> list[Notice]:
    """What giving masses would add."""
    without = list(dict.fromkeys(finished.task.technique for finished in analysis.finished if _lacks_mass(finished)))
    without += [lack.technique for lack in analysis.lacks if "mass" in lack.reason and lack.technique not in without]
    adds = [MASS_ADDS[name] for name in dict.fromkeys(without) if name in MASS_ADDS]
    if not adds:
        return []
    where = "in [cell.NAME] of dualion.toml" + ("" if analysis.project.written else ", which dualion analyse --init drafts")
    return [Notice("missing", f"Masses {where} would add", "; ".join(adds) + ".")]


def _lacks_mass(finished: Finished) -> bool:
    return any(flag.code == _NO_MASS for flag in finished.result.flags)


def _named(names: Iterable[str]) -> str:
    listed = list(names)
    return ", ".join(listed[:_MOST_NAMED]) + (f" and {len(listed) - _MOST_NAMED} more" if len(listed) > _MOST_NAMED else "")


def weighty(flags: Iterable[Flag]) -> tuple[Flag, ...]:
    """Flags without which a number must not be printed: warnings and refusals."""
    return tuple(flag for flag in flags if flag.severity != "note")


def interval(quantity: Quantity) -> tuple[float, float] | None:
    """95 % interval of a quantity, in its unit; None where it has no uncertainty."""
    if quantity.interval is not None or quantity.value is None or quantity.stderr is None:
        return quantity.interval
    half = _NORMAL * quantity.stderr
    return quantity.value - half, quantity.value + half


def grouped(lacks: Iterable[Lack]) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    """Techniques that did not run with what they need, each reason once, and the files it holds for."""
    found: dict[tuple[str, str], list[str]] = {}
    for lack in lacks:
        reason = lack.reason
        for path in lack.paths:
            reason = reason.removeprefix(f"{path.rpartition('/')[2]}: ")
        found.setdefault((lack.technique, reason), []).extend(lack.paths)
    return tuple((name, reason, tuple(dict.fromkeys(paths))) for (name, reason), paths in found.items())


_TIDY: dict[str, Any] = {
    "result": pl.String, "technique": pl.String, "cell": pl.String, "sample": pl.String, "files": pl.String, "quantity": pl.String,
    "value": pl.Float64, "unit": pl.String, "stderr": pl.Float64, "low95": pl.Float64, "high95": pl.Float64, "n": pl.Int64,
    "rule": pl.String, "flags": pl.String,
}  # fmt: skip


def tidy(analysis: Analysis, names: Iterable[str]) -> pl.DataFrame:
    """Every number of an analysis, one a row.

    Parameters
    ----------
    analysis : Analysis
    names : iterable of str
        Name of each result, in the order of ``analysis.finished``.

    Returns
    -------
    polars.DataFrame
        result, technique, cell, sample, files, quantity, value, unit, stderr, low95, high95, n, rule, flags. ``stderr`` and the ends
        of the 95 % interval are in ``unit``; ``flags`` are the codes of warnings and refusals of the result.
    """
    rows = []
    for name, finished in zip(names, analysis.finished, strict=True):
        task, flags = finished.task, " ".join(dict.fromkeys(flag.code for flag in weighty(finished.result.flags)))
        for quantity, given in finished.result.values.items():
            low, high = interval(given) or (None, None)
            lead = (name, task.technique, task.cell, task.sample, " ".join(task.paths))
            rows.append((*lead, quantity, given.value, given.unit, given.stderr, low, high, given.n, given.rule or "", flags))
    return pl.DataFrame(rows, schema=_TIDY, orient="row")
