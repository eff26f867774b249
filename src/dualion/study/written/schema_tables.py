"""What ``relations.toml``, ``claims.csv`` and ``derived.csv`` may hold, as pydantic models."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator, model_validator

from dualion.errors import UnitError
from dualion.records.files import ClaimIds, Hint, Number, Strictly, Text, Version, did_you_mean, refusal, show, unknown_unit
from dualion.records.measures import LONGEST_VALUE
from dualion.study.arithmetic.checks import ARGUMENTS
from dualion.study.arithmetic.expressions import CONSTANTS, FUNCTIONS
from dualion.study.arithmetic.quantities import QUANTITIES
from dualion.study.arithmetic.quotes import has_number
from dualion.study.types import Check, RelationClass
from dualion.study.written.schema import ReasonCode
from dualion.units import unit

#: Most characters of a printed value, and of a quote.
LONGEST_PRINTED = 200
LONGEST_QUOTE = 120

_RELATION_ID = re.compile(r"R\d{1,4}[a-z]?")
_CLAIM_ID = re.compile(r"P\d{3}[a-z]?")
_DERIVED_ID = re.compile(r"C\d{3}[a-z]?")
_NAME = re.compile(r"[A-Za-z_]\w{0,59}", re.ASCII)
_PRINTED_NUMBER = re.compile(r"[+-]?(\d{1,3}(,\d{3})+|\d+)?(\.\d*)?([eE][+-]?\d{1,3})?")


def printed_number(text: str) -> float | None:
    """Number that a printed value stands for, None where it is words.

    Examples
    --------
    >>> printed_number("10,000"), printed_number("5.0"), printed_number("8-10")
    (10000.0, 5.0, None)
    """
    if len(text) > LONGEST_VALUE or not any(character.isdigit() for character in text) or not _PRINTED_NUMBER.fullmatch(text):
        return None
    try:
        return float(text.replace(",", ""))
    except ValueError:
        return None


def _known_unit(given: Any) -> Any:
    if isinstance(given, str) and given:
        try:
            if len(given) > LONGEST_VALUE:
                raise UnitError(given[:LONGEST_VALUE])
            unit(given)
        except (UnitError, ArithmeticError):
            raise refusal(unknown_unit(given)) from None
    return given


def _expression(given: Any) -> Any:
    """A bare number is an expression as well."""
    return repr(given) if isinstance(given, (int, float)) and not isinstance(given, bool) and abs(given) < float("inf") else given


KnownUnit = Annotated[Text, BeforeValidator(_known_unit)]
ExpressionText = Annotated[Text, BeforeValidator(_expression)]


class AssumeTable(Strictly):
    """A constant that is in no claim, with its reason."""

    value: Number
    unit: KnownUnit
    why: Annotated[Text, Hint("the reason, such as its source")]


class ExpectTable(Strictly):
    """The expected side of a relation, under one sign."""

    equal: Annotated[ExpressionText | None, Field(alias="=")] = None
    below: Annotated[ExpressionText | None, Field(alias="<")] = None
    at_most: Annotated[ExpressionText | None, Field(alias="<=")] = None
    above: Annotated[ExpressionText | None, Field(alias=">")] = None
    at_least: Annotated[ExpressionText | None, Field(alias=">=")] = None
    within: Annotated[tuple[ExpressionText, ExpressionText] | None, Field(alias="in")] = None

    @property
    def sides(self) -> dict[str, str | tuple[str, str]]:
        """Expressions by sign."""
        given = {info.alias or name: getattr(self, name) for name, info in ExpectTable.model_fields.items()}
        return {sign: side for sign, side in given.items() if side is not None}

    @model_validator(mode="after")
    def _one_sign(self) -> ExpectTable:
        if len(self.sides) > 1:
            raise refusal(f"{', '.join(self.sides)} at once. Write one sign, or in = [low, high].")
        return self


class ReadingTable(Strictly):
    """One way to read a contradiction."""

    expr: ExpressionText
    says: Text
    unit: KnownUnit


class TermTable(Strictly):
    """A term as printed, and the right one."""

    printed: Text
    right: Text


class RelationTable(Strictly):
    """Arithmetic that the numbers must obey, or a check of what is declared."""

    id: Text
    class_: Annotated[RelationClass, Field(alias="class")]
    expr: ExpressionText | None = None
    check: Check | None = None
    expect: ExpectTable = ExpectTable()
    tol: Annotated[Number, Field(ge=0)] = 0.0
    unit: KnownUnit = "1"
    claims: ClaimIds = ()
    readings: tuple[ReadingTable, ...] = ()
    text: Annotated[Text, Hint("one sentence that says what the relation means")]
    reason: ReasonCode | None = None
    of: tuple[Text, ...] | None = None
    location: Text | None = None
    key: Text | None = None
    factors: tuple[Text, ...] | None = None
    samples: tuple[Text, ...] | None = None
    terms: tuple[TermTable, ...] | None = None

    @field_validator("id")
    @classmethod
    def _id(cls, given: str) -> str:
        if not _RELATION_ID.fullmatch(given):
            raise refusal(f'{show(given)} is not a relation id. Write R, digits and perhaps a letter, such as "R01".')
        return given

    @model_validator(mode="after")
    def _complete(self) -> RelationTable:
        if (self.expr is None) == (self.check is None):
            raise refusal("neither expr nor check, or both. Write one of them.")
        if self.class_ == "design" and self.reason is None:
            raise refusal('reason is missing, and class is "design". Write a reason code such as "not-stated".')
        if self.check is None:
            return self
        for name in ARGUMENTS[self.check]:
            if getattr(self, name) is None:
                raise refusal(f'{name} is missing. The check "{self.check}" reads {", ".join(ARGUMENTS[self.check])}.')
        return self

    @property
    def arguments(self) -> dict[str, Any]:
        """What a check reads, as plain data."""
        names = ("of", "location", "key", "factors", "samples")
        plain = {name: getattr(self, name) for name in names if getattr(self, name) is not None}
        return plain if self.terms is None else {**plain, "terms": tuple(term.model_dump() for term in self.terms)}


class RelationsFile(Strictly):
    """``relations.toml``; each relation is checked by itself, so that its messages name its id."""

    schema_: Annotated[Version, Field(alias="schema"), Hint("schema = 1")]
    assume: dict[str, AssumeTable] = Field(default_factory=dict)
    relation: tuple[Any, ...] = ()

    @field_validator("assume")
    @classmethod
    def _names(cls, assume: dict[str, AssumeTable]) -> dict[str, AssumeTable]:
        for name in assume:
            if name in CONSTANTS or name in FUNCTIONS or not _NAME.fullmatch(name) or _CLAIM_ID.fullmatch(name):
                raise refusal(f"{show(name)} cannot name a constant here. Write letters, digits and _, and no name that expressions know.")
        return assume


class ClaimRow(Strictly):
    """A row of ``claims.csv``, every field as text."""

    id: str
    quantity: str
    value: Annotated[str, Field(min_length=1, max_length=LONGEST_PRINTED)]
    value_num: str
    unit: Annotated[str, BeforeValidator(_known_unit)]
    sample: str
    condition: str
    qualifier: Literal["=", "~", "<", ">", "min", "max", ""]
    tolerance: str = ""
    location: str
    technique: str
    kind: Literal["input", "measured", "claim", "theory", "check"]
    note: str = ""
    software_use: str = ""
    quote: Annotated[str, Field(max_length=LONGEST_QUOTE)] = ""

    @field_validator("id")
    @classmethod
    def _id(cls, given: str) -> str:
        if _DERIVED_ID.fullmatch(given):
            raise refusal(f"{show(given)} is a derived number. Write it in derived.csv.")
        if not _CLAIM_ID.fullmatch(given):
            raise refusal(f'{show(given)} is not a claim id. Write P, three digits and perhaps a letter, such as "P079".')
        return given

    @field_validator("quantity")
    @classmethod
    def _registered(cls, given: str) -> str:
        if given not in QUANTITIES:
            raise refusal(f"{show(given)} is not a registered quantity. {did_you_mean(given, QUANTITIES)}")
        return given

    @field_validator("value_num")
    @classmethod
    def _as_printed(cls, given: str, known: ValidationInfo) -> str:
        value = known.data.get("value", "")
        printed = printed_number(value)
        if printed is None:
            if given and value:
                raise refusal(f"{show(given)} stands beside {show(value)}, which is not a number. Leave it empty.")
            return given
        if not given:
            raise refusal(f"missing. Write {value.replace(',', '')}.")
        if printed_number(given) != printed:
            raise refusal(f"{show(given)} is not the printed value {show(value)}. Write {value.replace(',', '')}.")
        return given

    @field_validator("unit", "sample", "condition", "qualifier")
    @classmethod
    def _with_a_number(cls, given: str, known: ValidationInfo) -> str:
        if not given and printed_number(known.data.get("value", "")) is not None:
            what = {"unit": 'a unit of the unit table, "1" if dimensionless', "qualifier": '"=", "~", "<", ">", "min" or "max"'}
            raise refusal(f"missing. A number needs it; write {what.get(known.field_name or '', 'a text')}.")
        return given

    @field_validator("quote")
    @classmethod
    def _prints_the_number(cls, given: str, known: ValidationInfo) -> str:
        value = known.data.get("value", "")
        if given and printed_number(value) not in (None, 0.0) and not has_number(value, given):
            raise refusal(f"does not hold {show(value)}. Copy the words that print the number.")
        return given


class DerivedRow(Strictly):
    """A row of ``derived.csv``, every field as text."""

    id: str
    quantity: str
    expr: Text
    value: str
    unit: Annotated[str, Field(min_length=1), BeforeValidator(_known_unit)]
    digits: str

    @field_validator("id")
    @classmethod
    def _id(cls, given: str) -> str:
        if not _DERIVED_ID.fullmatch(given):
            raise refusal(f'{show(given)} is not an id of a derived number. Write C, three digits and perhaps a letter, such as "C001".')
        return given

    @field_validator("value")
    @classmethod
    def _number(cls, given: str) -> str:
        if printed_number(given) is None:
            raise refusal(f"{show(given)} is not a number. Write a number.")
        return given

    @field_validator("digits")
    @classmethod
    def _whole(cls, given: str) -> str:
        if not re.fullmatch(r"\d{1,2}", given):
            raise refusal(f"{show(given)} is not a number of digits. Write a whole number such as 4.")
        return given
