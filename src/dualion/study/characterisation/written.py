"""``characterisation.toml`` of a study folder: its form, and its ties to claims and techniques."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import Field, model_validator

from dualion.errors import SpecError
from dualion.numerics.consistency import Verdict as Answer
from dualion.records.files import ClaimIds, Hint, Strictly, Text, Version, did_you_mean, inside, read_toml, refusal, validate
from dualion.study.arithmetic.expressions import parse
from dualion.study.characterisation.types import Characterisation, Finding, Need, Number
from dualion.study.types import Study
from dualion.study.written.assemble import assumptions
from dualion.study.written.consistency import unknown_claim
from dualion.study.written.folder import RAW_FOLDER
from dualion.study.written.schema_tables import AssumeTable

#: Its name in the folder of a study; a study without one has no needs and no findings.
FILE = "characterisation.toml"

#: Signs of a test.
SIGNS = (">=", "<=", ">", "<")

_TEST = re.compile(r"(?P<left>[^<>=]{1,200}?)\s*(?P<sign>>=|<=|>|<)\s*(?P<right>[^<>=]{1,200})")
_Code = Annotated[Text, Field(pattern=r"^[a-z][a-z0-9_]{1,60}$"), Hint('a code such as "small_n"')]
_Id = Annotated[Text, Field(pattern=r"^[A-Za-z][A-Za-z0-9-]{1,40}$"), Hint('a name such as "isotherm-mec3"')]
_Path = Annotated[Text, Hint('a path such as "raw/isotherm-mec3.xls"')]


class NeedTable(Strictly):
    """Files that settle claims."""

    id: _Id
    claims: Annotated[ClaimIds, Field(min_length=1)]
    technique: Text
    samples: Annotated[tuple[Text, ...], Field(min_length=1)]
    instrument: Text
    files: Annotated[tuple[_Path, ...], Field(min_length=1)]
    formats: Text
    columns: Text
    range: Text
    settles: Text
    judges: dict[str, Text] = Field(default_factory=dict)
    shows: dict[str, Text] = Field(default_factory=dict)
    of: dict[str, Text] = Field(default_factory=dict)
    beside: dict[str, Text] = Field(default_factory=dict)
    options: dict[str, Any] = Field(default_factory=dict)
    x_unit: Text | None = None
    y_unit: Text | None = None

    @model_validator(mode="after")
    def _own_claims_and_files(self) -> NeedTable:
        for name, table in (("judges", self.judges), ("shows", self.shows), ("of", self.of)):
            for claim in table:
                if claim not in self.claims:
                    raise refusal(f"{name} has {claim}, which is not in claims. Add it there, or remove it here.")
        for key, file in (
            *((f"of.{one}", name) for one, name in self.of.items()),
            *((f"beside.{one}", name) for one, name in self.beside.items()),
        ):
            if file not in self.files:
                raise refusal(f'{key}: "{file}" is not in files. Write one of them.')
        return self


class NumberTable(Strictly):
    """A number of a finding."""

    name: Annotated[Text, Field(pattern=r"^[a-z][a-z0-9_]{0,40}$")]
    expr: Text
    unit: Text
    says: Text


class FindingTable(Strictly):
    """What arithmetic says of claims."""

    id: _Id
    code: _Code
    asks: Text
    claims: Annotated[ClaimIds, Field(min_length=1)]
    numbers: tuple[NumberTable, ...] = ()
    test: Text | None = None
    holds: Answer = "agree"
    fails: Answer = "not testable"
    lacks: str = ""
    text: Text

    @model_validator(mode="after")
    def _tested_or_lacking(self) -> FindingTable:
        if (self.test is None) == (not self.lacks):
            raise refusal("neither test nor lacks, or both. Write what is tested, or what is missing for a test.")
        if self.test is not None and _TEST.fullmatch(self.test) is None:
            raise refusal('test: not a comparison. Write such as "reached >= needed".')
        return self


class CharacterisationFile(Strictly):
    """A whole ``characterisation.toml``."""

    schema_: Annotated[Version, Field(alias="schema"), Hint("schema = 1")]
    assume: dict[str, AssumeTable] = Field(default_factory=dict)
    need: tuple[NeedTable, ...] = ()
    finding: tuple[FindingTable, ...] = ()


def characterisation(study: Study) -> Characterisation:
    """Needs and findings of a study.

    Parameters
    ----------
    study : Study

    Returns
    -------
    Characterisation
        Empty where the folder has no ``characterisation.toml``.

    Raises
    ------
    SpecError
        With every problem of the file.
    """
    path = study.folder / FILE
    if not path.is_file():
        return Characterisation()
    file = validate(CharacterisationFile, read_toml(path), file=FILE)
    problems = [*_need_problems(file, study), *_finding_problems(file, study)]
    if problems:
        raise SpecError(tuple(dict.fromkeys(problems)))
    return Characterisation(
        needs=tuple(_need(table) for table in file.need),
        findings=tuple(_finding(table) for table in file.finding),
        assume=assumptions(file.assume),
    )


def _need(table: NeedTable) -> Need:
    return Need(
        id=table.id,
        claims=table.claims,
        technique=table.technique,
        samples=table.samples,
        instrument=table.instrument,
        files=table.files,
        formats=table.formats,
        columns=table.columns,
        span=table.range,
        settles=table.settles,
        judges=table.judges,
        shows=table.shows,
        of=table.of,
        beside=table.beside,
        options=table.options,
        x_unit=table.x_unit,
        y_unit=table.y_unit,
    )


def _finding(table: FindingTable) -> Finding:
    written = None if table.test is None else _TEST.fullmatch(table.test)
    return Finding(
        id=table.id,
        code=table.code,
        asks=table.asks,
        claims=table.claims,
        numbers=tuple(Number(one.name, one.expr, one.unit, one.says) for one in table.numbers),
        test=None if written is None else (written["left"].strip(), written["sign"], written["right"].strip()),
        holds=table.holds,
        fails=table.fails,
        lacks=table.lacks,
        text=table.text,
    )


def _need_problems(file: CharacterisationFile, study: Study) -> Iterator[str]:
    from dualion.techniques import names

    seen: dict[str, str] = {}
    for index, table in enumerate(file.need):
        where = f"{FILE}: need[{index}]"
        if table.technique not in names():
            yield f'{where}.technique: "{table.technique}" is not a technique. {did_you_mean(table.technique, names())}'
        yield from _unknown(table.claims, study, f"{where}.claims")
        for claim in table.claims:
            if claim in seen:
                yield f"{where}.claims: {claim} stands in need {seen[claim]} as well. Name it in one."
            seen[claim] = table.id
        for name in table.files:
            try:
                inside(study.folder, name.replace("*", "x"), file=FILE, key=f"need[{index}].files")
            except SpecError as error:
                yield from error.problems
            if not name.startswith(f"{RAW_FOLDER}/"):
                yield f'{where}.files: "{name}" is not in the folder {RAW_FOLDER}. Write such as "{RAW_FOLDER}/{name}".'


def _finding_problems(file: CharacterisationFile, study: Study) -> Iterator[str]:
    known: Mapping[str, Any] = {**study.claims, **study.assume, **file.assume}
    doubled = [name for name in file.assume if name in study.assume]
    yield from (f"{FILE}: assume.{name}: stands in relations.toml as well. Remove one." for name in doubled)
    for index, table in enumerate(file.finding):
        where = f"{FILE}: finding[{index}]"
        yield from _unknown(table.claims, study, f"{where}.claims")
        names = dict.fromkeys(known)
        for number in table.numbers:
            yield from _unreadable(number.expr, names, study, f"{where}.numbers.{number.name}")
            names[number.name] = None
        written = None if table.test is None else _TEST.fullmatch(table.test)
        for side in () if written is None else (written["left"], written["right"]):
            yield from _unreadable(side.strip(), names, study, f"{where}.test")


def _unknown(claims: tuple[str, ...], study: Study, where: str) -> Iterator[str]:
    for claim in claims:
        if claim not in study.claims:
            yield f"{where}: {unknown_claim(claim, study.claims)}"


def _unreadable(expr: str, names: Mapping[str, Any], study: Study, where: str) -> Iterator[str]:
    """Problems of an expression: its form, and names that have no number."""
    try:
        used = parse(expr, names).names
    except SpecError as error:
        yield from (f"{where}: {problem}" for problem in error.problems)
        return
    words = [name for name in used if name in study.claims and study.claims[name].value_num is None]
    yield from (f"{where}: {name} is a statement in words. Name a claim with a number." for name in words)
