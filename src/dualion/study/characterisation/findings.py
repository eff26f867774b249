"""What arithmetic says of the characterisation claims before a file is there: numbers, an answer, and a flag on each claim."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from types import MappingProxyType

from dualion.numerics.consistency import Verdict as Answer
from dualion.study.arithmetic.expressions import parse
from dualion.study.characterisation.types import Characterisation, Finding, Found
from dualion.study.types import Study

_SIGNS: Mapping[str, Callable[[float, float], bool]] = MappingProxyType(
    {">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt}
)


def evaluated(study: Study, written: Characterisation) -> tuple[Found, ...]:
    """Evaluate the findings of a study.

    Parameters
    ----------
    study : Study
    written : Characterisation

    Returns
    -------
    tuple of Found
        In the order written.

    Raises
    ------
    SpecError
        An expression has no finite value.
    """
    values = {key: claim.value_num for key, claim in study.claims.items() if claim.value_num is not None}
    values |= {key: one.value for source in (study.assume, written.assume) for key, one in source.items()}
    return tuple(_found(finding, values) for finding in written.findings)


def _found(finding: Finding, values: Mapping[str, float]) -> Found:
    known = dict(values)
    numbers = {}
    for number in finding.numbers:
        numbers[number.name] = known[number.name] = parse(number.expr, known).evaluate(known)
    if finding.test is None:
        return Found(finding, "not testable", numbers)
    left, sign, right = finding.test
    held = _SIGNS[sign](parse(left, known).evaluate(known), parse(right, known).evaluate(known))
    word: Answer = finding.holds if held else finding.fails
    return Found(finding, word, numbers)
