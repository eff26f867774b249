"""Arithmetic that the numbers of a study must obey: each relation evaluated with the rounding of what was printed.

Every claim stands for v - w, v or v + w (``rounding``). With at most seven claims a side is evaluated at every combination and ranges
from the least to the largest value; with more, at first order: f(v) ± sum of |f(.., v_i + w_i, ..) - f(.., v_i - w_i, ..)|/2. A relation
holds if its range can satisfy the range of its expected side, widened by ``tol`` at both ends:

    = and in: the two ranges meet;     < and <=: the least value is below the largest expected;     > and >=: the reverse.

Holding or derived gives ``consistent (derived)``; failing gives a verdict by class. A hypothesis is allowed or excluded.

The order of the verdicts decides between relations that give different ones to a claim. It does not decide between two that both leave
the claim open for different reasons; such a pair is refused where the reason would be the verdict's.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Literal

import numpy as np

from dualion.errors import SpecError
from dualion.records.files import show
from dualion.study.arithmetic.checks import check
from dualion.study.arithmetic.expressions import Array, Expression, Number, parse
from dualion.study.arithmetic.rounding import half_width
from dualion.study.results.provenance import taken_as_input
from dualion.study.types import Check, Derived, Reading, Relation, RelationClass, RelationResult, RelationWord, Study

MOST_COMBINED = 7  # claims; 3^7 = 2187 combinations
_SLACK = 1e-9  # of the last printed digit: a tie such as 1.6675 may round either way

Range = tuple[float, float]
Result = Literal["holds", "fails", "derived"]

_FAILED: Mapping[RelationClass, RelationWord] = MappingProxyType(
    {
        "arithmetic": "inconsistent in source",
        "own-equation": "inconsistent in source",
        "wording": "inconsistent in source",
        "physics": "differs",
        "design": "needs raw data",
        "hypothesis": "excluded",
    }
)

#: Whether a range can satisfy an expected range.
_SATISFIES: Mapping[str, Callable[[Range, Range], bool]] = MappingProxyType(
    {
        "=": lambda found, wanted: found[0] <= wanted[1] and found[1] >= wanted[0],
        "in": lambda found, wanted: found[0] <= wanted[1] and found[1] >= wanted[0],
        "<=": lambda found, wanted: found[0] <= wanted[1],
        "<": lambda found, wanted: found[0] < wanted[1],
        ">=": lambda found, wanted: found[1] >= wanted[0],
        ">": lambda found, wanted: found[1] > wanted[0],
    }
)
SIGNS: tuple[str, ...] = tuple(_SATISFIES)


@dataclass(frozen=True, slots=True)
class DerivedResult:
    """A derived number, recomputed: its value, and whether that rounds to what is written."""

    derived: Derived
    value: float
    agrees: bool


@dataclass(frozen=True, slots=True)
class _Side:
    value: float
    range: Range


@dataclass(frozen=True, slots=True)
class _Inputs:
    """Numbers of a study: printed and assumed values, and the half-width of each printed one."""

    values: Mapping[str, float]
    widths: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What a relation gave, before its class decides what follows."""

    value: float | None
    range: Range | None
    expected: str
    expected_value: float | Range | None
    result: Result


def evaluate(study: Study) -> tuple[RelationResult, ...]:
    """Evaluate every relation of a study.

    Parameters
    ----------
    study : Study
        Loaded.

    Returns
    -------
    tuple of RelationResult
        In the order of ``study.relations``.

    Raises
    ------
    SpecError
        Relations that cannot be evaluated, and pairs that leave a claim open for two reasons; all of them, one line each.
    """
    inputs = _inputs(study)
    results: list[RelationResult] = []
    problems: list[str] = []
    for relation in study.relations:
        try:
            outcome = _checked(relation, relation.check, study) if relation.check else _computed(relation, inputs)
            readings = tuple((reading, _side(reading.expr, inputs).value) for reading in relation.readings)
            results.append(_result(relation, outcome, readings))
        except SpecError as error:
            problems.extend(f"relations.toml: relation {relation.id}: {problem}" for problem in error.problems)
    problems += _two_reasons(study, results)
    if problems:
        raise SpecError(problems)
    return tuple(results)


def recompute(study: Study) -> tuple[DerivedResult, ...]:
    """Recompute every derived number of a study from printed and assumed values.

    Returns
    -------
    tuple of DerivedResult
        In the order of ``study.derived``; one agrees if it lies within half of its last given digit.

    Raises
    ------
    SpecError
        Numbers that cannot be recomputed, all of them, one line each.
    """
    values = _inputs(study).values
    results: list[DerivedResult] = []
    problems: list[str] = []
    for row in study.derived:
        try:
            value = parse(row.expr, values).evaluate(values)
            results.append(DerivedResult(row, value, _rounds_to(value, float(row.value), row.digits)))
        except SpecError as error:
            problems.extend(f"derived.csv: {row.id}, expr: {problem}" for problem in error.problems)
    if problems:
        raise SpecError(problems)
    return tuple(results)


def _two_reasons(study: Study, results: Sequence[RelationResult]) -> list[str]:
    """Claims that would need raw data for two reasons, with nothing in the order of the verdicts or in the study to choose one."""
    open_in: dict[str, list[RelationResult]] = {}
    for result in results:
        for claim in result.claims if result.verdict == "needs raw data" else ():
            open_in.setdefault(claim, []).append(result)
    pairs = {claim: (found[0], next((one for one in found if one.reason != found[0].reason), None)) for claim, found in open_in.items()}
    problems = []
    for claim, (first, other) in pairs.items():
        if other is not None and not _is_decided(study, claim, results):
            where = f"relations.toml: relation {other.id}, claims"
            reasons = f"needs raw data for the reason {show(other.reason)}, and in relation {first.id} for {show(first.reason)}"
            remedy = "Remove it from one, or name it under one reason in [pending] of study.toml."
            problems.append(f"{where}: {claim} {reasons}. {remedy}")
    return problems


def _is_decided(study: Study, claim: str, results: Sequence[RelationResult]) -> bool:
    """Whether something that goes before gives a claim its verdict, or the study its reason."""
    row = study.claims[claim]
    if row.kind == "input" or claim in study.pending or claim in taken_as_input(study):
        return True
    if row.value_num is not None and any(claim in producer.claims for producer in study.producers):
        return True
    return any(claim in result.claims and result.verdict in ("inconsistent in source", "differs") for result in results)


def _inputs(study: Study) -> _Inputs:
    values = {key: claim.value_num for key, claim in study.claims.items() if claim.value_num is not None}
    widths = {key: half_width(study.claims[key]) for key in values}
    return _Inputs(values | {key: assumption.value for key, assumption in study.assume.items()}, widths)


def _computed(relation: Relation, inputs: _Inputs) -> _Outcome:
    if relation.expr is None:
        raise SpecError("neither expr nor check. Write one of them.")
    side = _side(relation.expr, inputs)
    if not relation.expect:
        return _Outcome(side.value, side.range, "-", None, "derived")
    if len(relation.expect) > 1:
        raise SpecError(f"expect: {', '.join(relation.expect)} at once. Write one sign, or in = [low, high].")
    [(sign, written)] = relation.expect.items()
    wanted = [_side(text, inputs) for text in ((written,) if isinstance(written, str) else written)]
    reach = (wanted[0].range[0], wanted[-1].range[1])
    holds = _SATISFIES[sign](side.range, _widened(reach, relation.tol))
    shown = f"{sign} {' .. '.join(f'{end.value:.4g}' for end in wanted)}" + (f", tol {relation.tol:g}" if relation.tol else "")
    value = wanted[0].value if len(wanted) == 1 else (wanted[0].value, wanted[-1].value)
    return _Outcome(side.value, side.range, shown, value, "holds" if holds else "fails")


def _checked(relation: Relation, kind: Check, study: Study) -> _Outcome:
    found = check(kind, relation.arguments, study.settings)
    exact = None if found.value is None else (found.value, found.value)
    return _Outcome(found.value, exact, found.expected, found.wanted, "holds" if found.holds else "fails")


def _result(relation: Relation, outcome: _Outcome, readings: tuple[tuple[Reading, float], ...]) -> RelationResult:
    verdict = _verdict(relation.kind, outcome.result)
    return RelationResult(
        id=relation.id,
        kind=relation.kind,
        value=outcome.value,
        range=outcome.range,
        expected=outcome.expected,
        expected_value=outcome.expected_value,
        unit=relation.unit,
        result=outcome.result,
        verdict=verdict,
        reason=relation.reason if verdict == "needs raw data" else None,
        claims=relation.claims,
        readings=readings,
        text=relation.text,
    )


def _verdict(kind: RelationClass, result: Result) -> RelationWord:
    if result == "fails":
        return _FAILED[kind]
    return "allowed" if kind == "hypothesis" else "consistent (derived)"


def _side(text: str, inputs: _Inputs) -> _Side:
    """Value and range of an expression."""
    expression = parse(text, inputs.values)
    value = expression.evaluate(inputs.values)
    moving = [name for name in expression.names if inputs.widths.get(name)]
    if not moving:
        return _Side(value, (value, value))
    if len(moving) > MOST_COMBINED:
        spread = _first_order(expression, moving, inputs)
        return _Side(value, (value - spread, value + spread))
    steps = _combinations(len(moving))
    found = expression.sweep(_moved(expression, moving, steps, inputs))
    return _Side(value, (float(np.min(found)), float(np.max(found))))


def _first_order(expression: Expression, moving: Sequence[str], inputs: _Inputs) -> float:
    steps = np.vstack([np.eye(len(moving)), -np.eye(len(moving))])
    up, down = np.split(np.broadcast_to(expression.sweep(_moved(expression, moving, steps, inputs)), len(steps)), 2)
    return float(np.sum(np.abs(up - down)) / 2)


def _moved(expression: Expression, moving: Sequence[str], steps: Array, inputs: _Inputs) -> dict[str, Number]:
    """Inputs at v + step * w; ``steps`` has one column for each name that moves."""
    columns = {name: steps[:, position] * inputs.widths[name] for position, name in enumerate(moving)}
    return {name: inputs.values[name] + columns.get(name, np.float64(0.0)) for name in expression.names}


@lru_cache(maxsize=MOST_COMBINED + 1)
def _combinations(count: int) -> Array:
    """Every combination of -1, 0 and 1, shape (3^count, count)."""
    return np.array(list(itertools.product((-1.0, 0.0, 1.0), repeat=count)))


def _widened(reach: Range, tol: float) -> Range:
    low, high = reach
    return low - tol * abs(low), high + tol * abs(high)


def _rounds_to(value: float, written: float, digits: int) -> bool:
    if written == 0:
        return value == 0
    last_digit = 10.0 ** (math.floor(math.log10(abs(written))) + 1 - digits)
    return abs(value - written) <= (0.5 + _SLACK) * last_digit
