"""The form of ``results.json``: every key, its type, what it may not be. Nothing else may be written.

The JSON Schema (2020-12) that ships as ``data/results.schema.json`` is generated from these models. The form changes only with its
number in ``SCHEMA``. Source: the specification of the study, section 6.4.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, ValidationError, model_validator

from dualion import units
from dualion.errors import SpecError, UnitError
from dualion.records.cell import MassBasis
from dualion.records.quantity import Origin, Severity
from dualion.study.types import RelationClass, RelationWord, VerdictWord

SCHEMA = "dualion/results/1"
_DIALECT = "https://json-schema.org/draft/2020-12/schema"  # the name of the dialect; nothing is fetched

Role = Literal["calibration", "hard-extrapolation", "all-points"]


def _known(text: str) -> str:
    try:
        units.unit(text)
    except UnitError as problem:
        raise ValueError(str(problem)) from problem
    return text


Unit = Annotated[str, AfterValidator(_known)]


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class FlagForm(_Form):
    """Something that a careful reader must know."""

    code: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    severity: Severity
    message: str


class AmountForm(_Form):
    """A number with its unit."""

    value: float | None
    unit: Unit
    stderr: float | None = None


class StudyForm(_Form):
    """Which study, and its content by digest."""

    id: str
    title: str
    citation: str
    doi: str
    licence: str
    changes: str
    sha256: str


class ProvenanceForm(_Form):
    """Where a number comes from."""

    origin: Origin
    method: str
    method_version: int
    options: dict[str, JsonValue]
    inputs: list[str]
    calibration: list[str]
    references: list[str]
    seed: int | None


class QuantityForm(_Form):
    """What a producer gave; ``id`` is the claim it is held against."""

    id: str | None
    quantity: str
    sample: str
    condition: dict[str, JsonValue]
    value: float | None
    unit: Unit
    stderr: float | None
    n: int | None
    rule: str | None
    mass_basis: MassBasis | None
    no_stderr_reason: str | None
    provenance: ProvenanceForm
    flags: list[FlagForm]
    primary: bool
    label: str

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.value is None and not any(flag.severity == "refusal" for flag in self.flags):
            raise ValueError("a withheld value needs a flag of severity refusal")
        if (self.stderr is None) != (self.no_stderr_reason is not None):
            raise ValueError("either a standard error or the reason why there is none")
        if self.quantity in ("energy_density", "power_density") and self.mass_basis is None:
            raise ValueError("an energy or a power per mass needs a mass basis")
        return self


class PrintedForm(_Form):
    """A number as the source prints it; a statement in words has no number and no unit."""

    value: str
    value_num: float | None
    unit: str
    qualifier: Literal["=", "~", "<", ">", "min", "max", ""]
    tolerance: str

    @model_validator(mode="after")
    def _unit_known(self) -> Self:
        if self.value_num is not None:
            _known(self.unit)
        return self


class ClaimForm(_Form):
    """A claim with its verdict.

    ``deviation`` and ``allowed`` are relative to the printed value, ``difference`` and ``allowed_difference`` in its unit.
    """

    id: str
    quantity: str
    sample: str
    condition: str
    printed: PrintedForm
    location: str
    technique: str
    kind: str
    quote: str | None
    verdict: VerdictWord
    reason: str | None
    obtained: int | None
    deviation: float | None
    allowed: float | None
    difference: float | None
    allowed_difference: float | None
    relations: list[str]
    flags: list[FlagForm]
    detail: str


class ReadingForm(_Form):
    """One way to read a contradiction."""

    expr: str
    says: str
    value: float
    unit: Unit


class RelationForm(_Form):
    """A relation, evaluated."""

    id: str
    class_: RelationClass = Field(alias="class")
    value: float | None
    range: list[float] | None = Field(min_length=2, max_length=2)
    expected: str
    expected_value: float | list[float] | None
    unit: Unit
    result: Literal["holds", "fails", "derived"]
    verdict: RelationWord
    reason: str | None
    claims: list[str]
    readings: list[ReadingForm]
    text: str


class DerivedForm(_Form):
    """A number derived from claims, as given and as recomputed."""

    id: str
    quantity: str
    expr: str
    given: str
    recomputed: float
    unit: Unit
    agrees: bool


class ParameterForm(_Form):
    """A fitted parameter."""

    name: str
    value: float | None
    unit: Unit
    stderr: float | None
    identified: bool
    note: str
    interval: list[float | None] | None = Field(default=None, min_length=2, max_length=2)


class ResidualForm(_Form):
    """A claim of a fit and what the fitted model gives; ``residual`` is model - printed."""

    claim: str
    printed: float
    model: float
    residual: float
    unit: Unit


class StartForm(_Form):
    """One start of a fit and where it ended."""

    start: list[float]
    end: list[float] | None
    rmse: float | None
    status: str


class FitForm(_Form):
    """A fit: parameters with errors and correlations, residuals, what is not identified."""

    name: str
    cell: str
    reading: str | None
    role: Role
    claims: list[str]
    parameters: list[ParameterForm]
    correlation: list[list[float | None]]
    rmse: float | None
    rmse_unit: Unit | None = None
    degrees_of_freedom: int
    residuals: list[ResidualForm]
    starts: int | list[StartForm]
    singular_values: list[float]
    flags: list[FlagForm]

    @model_validator(mode="after")
    def _square(self) -> Self:
        size = len(self.parameters)
        if self.correlation and (len(self.correlation) != size or any(len(row) != size for row in self.correlation)):
            raise ValueError(f"correlation: must have {size} rows of {size}, or none")
        return self


class PointForm(_Form):
    """A predicted claim, beside the trivial predictor."""

    claim: str
    current: float
    printed: float
    model: float
    trivial: float | None


class PredictionForm(_Form):
    """A prediction set of one quantity with its errors."""

    name: str
    calibration: str
    role: Role
    quantity: str
    unit: Unit
    points: list[PointForm]
    rmse: float
    max_error: float
    trivial_rmse: float | None
    trivial_max_error: float | None
    beats_trivial: bool | None
    sentence: str


class BasisForm(_Form):
    """Energy and power on one mass basis; ``needed_voltage`` is what the printed energy would take."""

    mass_basis: MassBasis
    mass: AmountForm
    energy: AmountForm
    power: AmountForm | None
    needed_voltage: AmountForm | None
    agrees: bool | None


class EnergyForm(_Form):
    """One discharge on all mass bases, the declared one first; ``agreeing`` lists every basis that agrees with the printed energy."""

    claim: str | None
    label: str
    sample: str
    condition: dict[str, JsonValue]
    origin: Origin
    printed: AmountForm | None
    capacity: AmountForm
    voltage: AmountForm
    bases: list[BasisForm]
    agreeing: list[MassBasis] | None


class AssumptionForm(_Form):
    """A value that the source does not state; ``where`` is the relations or a cell."""

    where: str
    name: str
    value: float | str | None
    unit: Unit | None
    why: str


class CountsForm(_Form):
    """Counts by verdict. There is no sum: fitted and reproduced are never added."""

    predicted: dict[VerdictWord, int]
    fitted: dict[VerdictWord, int]
    other: dict[VerdictWord, int]
    arithmetic: dict[RelationWord, int]


class Results(_Form):
    """The results document of a study."""

    schema_: Literal["dualion/results/1"] = Field(alias="schema")
    study: StudyForm
    software: dict[str, str]
    quantities: list[QuantityForm]
    claims: list[ClaimForm]
    relations: list[RelationForm]
    derived: list[DerivedForm]
    fits: list[FitForm]
    predictions: list[PredictionForm]
    energies: list[EnergyForm]
    assumptions: list[AssumptionForm]
    counts: CountsForm

    @model_validator(mode="after")
    def _positions(self) -> Self:
        for claim in self.claims:
            held = claim.obtained
            if held is not None and (not 0 <= held < len(self.quantities) or self.quantities[held].id != claim.id):
                raise ValueError(f"claims: {claim.id}: obtained {held} is not a quantity of this claim")
        return self


def validate(document: dict[str, Any]) -> None:
    """Check a results document.

    Raises
    ------
    SpecError
        A key is missing, unknown or of another type; a unit is not in the table; a number is not finite.
    """
    try:
        Results.model_validate(document)
    except ValidationError as problem:
        lines = [
            f"results.json: {'.'.join(str(part) for part in error['loc']) or 'document'}: {error['msg']}." for error in problem.errors()
        ]
        raise SpecError(lines) from problem


def schema_text() -> str:
    """The JSON Schema of a results document, as it ships."""
    schema = {"$schema": _DIALECT} | Results.model_json_schema(by_alias=True)
    return json.dumps(schema, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
