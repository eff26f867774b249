"""The verdict on every claim: what the arithmetic of the source says, what a producer gave, what was fitted.

The first of these that holds is the verdict:

    inconsistent in source   a relation of class arithmetic, own-equation or wording fails and names the claim
    input                    a setting of the source
    fitted                   the claim is in the calibration of the number held against it, or the models take it as an input
    reproduced | differs     a producer that was not fitted to it gives a value; or, without a value, a physics relation fails
    consistent (derived)     no value, and every relation that names the claim holds
    not run                  a producer exists and gave no value
    needs raw data           everything else

A produced x with standard error s agrees with a printed v if |x - v| <= max(t, w) + 2 s, with t the tolerance and w the half-width of
the rounding; ``<``, ``>``, ``min`` and ``max`` are one-sided. If s > |v| / 2 the agreement could not have failed: needs raw data
(no-power). Source: the specification of the study, sections 2.1 to 2.3.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dualion import units
from dualion.errors import SpecError, UnitError
from dualion.records.quantity import Flag
from dualion.study.arithmetic.quantities import tolerance
from dualion.study.arithmetic.rounding import agrees, half_width
from dualion.study.results.provenance import claims_of, fitted_to, taken_as_input
from dualion.study.types import VERDICTS, Claim, Obtained, RelationResult, Study, Verdict, VerdictWord

POWERLESS = 0.5  # of |v|: an agreement with a larger standard error could not have failed

#: Why a claim needs raw data, in words.
REASONS: Mapping[str, str] = {
    "no-raw-file": "not decidable from the text: it takes the instrument's own file",
    "si-only": "not decidable from the text: the number is in the supporting information only",
    "not-stated": "not decidable from the text: a value it depends on is not stated",
    "basis-not-stated": "not decidable from the text: the mass it refers to is not stated",
    "needs-experiment": "not decidable from the text: it takes new samples or tests",
    "no-power": "not decidable: the standard error is so large that the agreement could not have failed",
    "qualitative": "not decidable by a number: it is a statement in words",
}
_NOT_RUN: Mapping[str, str] = {
    "extra-missing": "an optional library is not installed",
    "solve-error": "the computation did not finish",
    "skipped": "it was not asked for, or gave no value",
}
_SOURCES: Mapping[str, str] = {
    "source-text": "the text",
    "source-figure": "the digitised figure",
    "raw-file": "the raw file",
    "analysis": "the analysis",
    "simulation": "the simulation",
    "atomistic": "the atomistic calculation",
    "arithmetic": "the arithmetic",
}


@dataclass(frozen=True, slots=True)
class _Comparison:
    """A produced value held against a printed one, both in the unit of the claim."""

    position: int
    obtained: Obtained
    value: float
    stderr: float
    printed: float
    allowed: float
    agreed: bool

    @property
    def powerless(self) -> bool:
        return self.stderr > POWERLESS * abs(self.printed)


@dataclass(frozen=True, slots=True)
class _Case:
    """A claim with everything that bears on it."""

    claim: Claim
    compared: _Comparison | None
    calibrated: bool
    taken: bool
    relations: tuple[RelationResult, ...]
    expected: bool
    failure: tuple[str, str] | None
    pending: str | None


def assign(
    study: Study, relations: Sequence[RelationResult], obtained: Sequence[Obtained], failures: Mapping[str, tuple[str, str]]
) -> tuple[Verdict, ...]:
    """Give every claim its verdict.

    Parameters
    ----------
    study : Study
    relations : sequence of RelationResult
        Evaluated.
    obtained : sequence of Obtained
        What the producers gave. A verdict rests on the primary one of a claim; alternatives give none.
    failures : mapping of str to tuple of two str
        For claims whose producer failed: reason code (``extra-missing``, ``solve-error``, ``skipped``) and one sentence.

    Returns
    -------
    tuple of Verdict
        One for each claim, in the order of the claims.

    Raises
    ------
    SpecError
        A declared prediction rests on a fit to itself, two primary values are held against one claim, a value is held against no claim
        of the study, or its unit is of another dimension.
    """
    primary = _primary(study, obtained)
    _check_predictions(study, obtained, primary)
    conflicts = {claim for result in relations if result.verdict == "inconsistent in source" for claim in result.claims}
    taken = taken_as_input(study)
    produced = {claim for producer in study.producers for claim in producer.claims}
    calibrated = {claim for position in primary.values() for claim in claims_of(obtained[position])}
    failed = _withheld(obtained) | dict(failures)
    verdicts = []
    for claim in study.claims.values():
        compared = _compare(claim, primary[claim.id], obtained) if claim.id in primary else None
        expected = claim.value_num is not None and (claim.id in produced or claim.id in failed)
        case = _Case(
            claim=claim,
            compared=compared,
            # without a value of its own a claim is fitted if any fit used it, unless its producer failed
            calibrated=fitted_to(compared.obtained, claim.id) if compared else claim.id in calibrated and not expected,
            taken=claim.id in taken,
            relations=tuple(result for result in relations if claim.id in result.claims),
            expected=expected,
            failure=failed.get(claim.id),
            pending=study.pending.get(claim.id),
        )
        verdicts.append(_verdict(case, conflicts))
    return tuple(verdicts)


def counts(
    study: Study, verdicts: Sequence[Verdict], relations: Sequence[RelationResult], obtained: Sequence[Obtained]
) -> dict[str, dict[str, int]]:
    """How many claims have which verdict: predicted, fitted and other claims apart, and the relations by theirs.

    Parameters
    ----------
    study : Study
    verdicts : sequence of Verdict
    relations : sequence of RelationResult
    obtained : sequence of Obtained

    Returns
    -------
    dict of str to dict of str to int
        ``predicted``: claims held against a value that was not fitted to them, and declared predictions that were not run; ``fitted``:
        claims that a fit or a model took in; ``other``: claims without a value; ``arithmetic``: relations. There is no sum over the groups.
    """
    declared = {claim for prediction in study.predictions for claim in prediction.claims}
    groups: dict[str, Counter[str]] = {"predicted": Counter(), "fitted": Counter(), "other": Counter()}
    for verdict in verdicts:
        held = None if verdict.obtained is None else obtained[verdict.obtained]
        if verdict.word == "fitted" or (held is not None and fitted_to(held, verdict.claim)):
            group = "fitted"
        elif held is not None or (verdict.claim in declared and verdict.word == "not run"):
            group = "predicted"
        else:
            group = "other"
        groups[group][verdict.word] += 1
    ordered: dict[str, dict[str, int]] = {name: {word: found[word] for word in VERDICTS if found[word]} for name, found in groups.items()}
    arithmetic = Counter(result.verdict for result in relations)
    ordered["arithmetic"] = {word: arithmetic[word] for word in sorted(arithmetic)}
    return ordered


# --- what is held against what ------------------------------------------------------------------------------------------------


def _primary(study: Study, obtained: Sequence[Obtained]) -> dict[str, int]:
    """Position of the value on which each claim's verdict rests; a withheld value is none."""
    found: dict[str, int] = {}
    problems = []
    for position, quantity in enumerate(obtained):
        if quantity.claim is None:
            continue
        if quantity.claim not in study.claims:
            problems.append(f"obtained[{position}]: {quantity.claim} is not a claim of {study.id}. Name one of its claims.")
        elif quantity.primary and quantity.value.value is not None:
            if quantity.claim in found:
                problems.append(f"obtained[{position}]: {quantity.claim} has two primary values. Mark all but one as alternatives.")
            found[quantity.claim] = position
    if problems:
        raise SpecError(problems)
    return found


def _withheld(obtained: Sequence[Obtained]) -> dict[str, tuple[str, str]]:
    """Claims whose producer ran and refused to give a number, with its own words."""
    refused = {}
    for quantity in obtained:
        if quantity.claim is not None and quantity.primary and quantity.value.value is None:
            messages = [flag.message for flag in quantity.flags if flag.severity == "refusal"]
            refused[quantity.claim] = ("skipped", messages[0] if messages else "")
    return refused


def _check_predictions(study: Study, obtained: Sequence[Obtained], primary: Mapping[str, int]) -> None:
    problems = [
        f"study.toml: prediction.{prediction.name}: {claim} is predicted by {obtained[primary[claim]].method} with parameters that were "
        f"fitted to it. A number used in a fit cannot be predicted; remove it from the prediction or fit to others."
        for prediction in study.predictions
        for claim in prediction.claims
        if claim in primary and fitted_to(obtained[primary[claim]], claim)
    ]
    if problems:
        raise SpecError(problems)


def _compare(claim: Claim, position: int, obtained: Sequence[Obtained]) -> _Comparison | None:
    quantity = obtained[position].value
    if claim.value_num is None or quantity.value is None:
        return None
    try:
        value = units.convert(quantity.value, quantity.unit, claim.unit)
        zero = units.convert(0.0, quantity.unit, claim.unit)  # a standard error is a difference: the zero of a scale drops out
        stderr = abs(units.convert(quantity.stderr or 0.0, quantity.unit, claim.unit) - zero)
    except UnitError as problem:
        raise SpecError(f"{claim.id}: the value of {obtained[position].method} cannot be held against it: {problem}") from problem
    allowed = max(tolerance(claim) or 0.0, half_width(claim)) + 2 * stderr
    agreed = agrees(claim, value, allowed=allowed)
    return _Comparison(position, obtained[position], value, stderr, claim.value_num, allowed, agreed)


# --- one claim ----------------------------------------------------------------------------------------------------------------


def _verdict(case: _Case, conflicts: set[str]) -> Verdict:
    word, reason, detail = _decide(case)
    compared = case.compared
    deviation = None
    if compared is not None and compared.printed != 0:
        deviation = (compared.value - compared.printed) / compared.printed
    return Verdict(
        claim=case.claim.id,
        word=word,
        reason=reason,
        obtained=None if compared is None else compared.position,
        deviation=deviation,
        allowed=None if compared is None else compared.allowed,
        relations=tuple(result.id for result in case.relations),
        flags=_flags(compared, conflicts),
        detail=detail,
    )


def _decide(case: _Case) -> tuple[VerdictWord, str | None, str]:
    """The word, the reason code and the sentence, by the order of precedence."""
    bearing = [result for result in case.relations if result.kind != "hypothesis"]
    conflict = [result.id for result in bearing if result.verdict == "inconsistent in source"]
    refuted = [result.id for result in bearing if result.verdict == "differs"]
    if conflict:
        return "inconsistent in source", None, f"The text does not agree with itself ({', '.join(conflict)})."
    if case.claim.kind == "input":
        return "input", None, "A setting of the source: used, not tested."
    if case.calibrated or case.taken:
        return "fitted", None, _fitted_detail(case)
    if case.compared is not None:
        return _judge(case.claim, case.compared)
    if refuted:
        return "differs", None, f"It differs from the stated estimate ({', '.join(refuted)})."
    if bearing and all(result.verdict == "consistent (derived)" for result in bearing):
        return "consistent (derived)", None, f"Every relation that names it holds ({', '.join(result.id for result in bearing)})."
    if case.expected:
        reason, detail = case.failure or ("skipped", "")
        return "not run", reason, detail or f"Not computed: {_NOT_RUN.get(reason, reason)}."
    return _open(case, bearing)


def _open(case: _Case, bearing: Sequence[RelationResult]) -> tuple[VerdictWord, str | None, str]:
    undecided = [result for result in bearing if result.verdict == "needs raw data" and result.reason]
    default = "qualitative" if case.claim.value_num is None else "no-raw-file"
    reason = case.pending or (undecided[0].reason if undecided else None) or default
    because = f" ({', '.join(result.id for result in undecided)})" if undecided else ""
    return "needs raw data", reason, _sentence(f"{REASONS.get(reason, f'not decidable from the text: {reason}')}{because}")


def _judge(claim: Claim, compared: _Comparison) -> tuple[VerdictWord, str | None, str]:
    source = _SOURCES[compared.obtained.origin]
    if compared.obtained.calibration:
        source += ", fitted to other numbers only,"
    gives = f"{source} gives {_number(compared.value, claim)}"
    if not compared.agreed:
        return "differs", None, _sentence(f"{gives}, which differs from the printed value by more than {_number(compared.allowed, claim)}")
    if compared.powerless:
        return "needs raw data", "no-power", _sentence(REASONS["no-power"])
    return "reproduced", None, _sentence(f"{gives}, within {_number(compared.allowed, claim)} of the printed value")


def _fitted_detail(case: _Case) -> str:
    if case.compared is None:
        return "The models take it as an input." if case.taken else "A parameter of the models was fitted to it."
    residual = _number(case.compared.value - case.compared.printed, case.claim)
    if not case.calibrated:
        return f"The models take it as an input; the value obtained lies {residual} from it."
    return f"A parameter behind the value obtained was fitted to it; the residual is {residual}."


def _flags(compared: _Comparison | None, conflicts: set[str]) -> tuple[Flag, ...]:
    if compared is None:
        return ()
    flags = []
    if compared.obtained.value.stderr is None:
        flags.append(Flag("no_uncertainty", "note", "The value obtained has no standard error; it was compared with none."))
    used = sorted(conflicts.intersection(claims_of(compared.obtained)))
    if used:
        message = f"A parameter behind the value obtained was fitted to a number that the source contradicts ({', '.join(used)})."
        flags.append(Flag("calibrated_on_conflict", "warning", message))
    return tuple(flags)


def _number(value: float, claim: Claim) -> str:
    return f"{value:.4g}" if claim.unit in ("", "1") else f"{value:.4g} {claim.unit}"


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."
