"""What the cell, protocol and plateau tables of ``study.toml`` may hold, and the files of the folder ``cells/``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, GetCoreSchemaHandler, ValidationInfo, ValidatorFunctionWrapHandler, field_validator
from pydantic_core import CoreSchema, core_schema

from dualion.records.cell import FULL_CELL_BASES, CellKind
from dualion.records.files import ClaimIds, Hint, Measure, Measured, MeasureTable, Strictly, Text, Version, refusal, show

ABSOLUTE_ZERO = -273.15  # [degC]

SODIATION_WORDS = ("desodiated", "fully_sodiated")


class DeclaredTable(Strictly):
    """A word or share that a claim states."""

    value: Any
    claim: ClaimIds = ()
    claims: ClaimIds = ()


@dataclass(frozen=True, slots=True)
class Declared:
    """A word or share that the user declares, with the claims that state it."""

    value: str | float
    claims: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Declaration:
    """Metadata of a field that holds a word or share, plain or in a table with its claim; ``check`` refuses what is not known."""

    check: Callable[[object], str | float]
    table: type[DeclaredTable] = DeclaredTable

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Validate through the table, so that an error inside it names its own key."""
        return core_schema.no_info_wrap_validator_function(self._read, handler.generate_schema(self.table))

    def _read(self, given: Any, handler: ValidatorFunctionWrapHandler) -> Declared:
        filled: DeclaredTable = handler(given if isinstance(given, dict) else {"value": given})
        return Declared(self.check(filled.value), filled.claim + filled.claims)


def _basis_hint(cell: Mapping[str, Any]) -> str:
    return '"anode"' if cell.get("kind") == "half" else "one of " + ", ".join(f'"{basis}"' for basis in FULL_CELL_BASES)


def _basis(value: object) -> str:
    if value not in (*FULL_CELL_BASES, "anode"):
        raise refusal(f"{show(value)} is not known here. Write {_basis_hint({})}.")
    return str(value)


_SODIATION = '"desodiated", "fully_sodiated" or a fraction from 0 to 1'


def _sodiation(value: object) -> str | float:
    if isinstance(value, str) and value in SODIATION_WORDS:
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 1:
        return float(value)
    raise refusal(f"{show(value)} is not known here. Write {_SODIATION}.")


def _two_limits(given: Any) -> Any:
    """A window written as one table is taken apart into its two limits."""
    limits = given.get("value") if isinstance(given, dict) else None
    if not isinstance(limits, list):
        return given
    claims = given.get("claim", given.get("claims", []))
    one_each = isinstance(claims, list) and len(claims) == len(limits)
    rest = {key: value for key, value in given.items() if key not in ("value", "claim", "claims")}
    return [{**rest, "value": value, "claim": claims[index] if one_each else claims} for index, value in enumerate(limits)]


class OneCTable(MeasureTable):
    """A specific current and the mass that it refers to."""

    mass: Literal["anode", "cathode"]


Voltage = Annotated[Measured, Measure("V", "2.5 V")]
Current = Annotated[Measured, Measure("mA/g", "80 mA/g", above=0.0)]
Temperature = Annotated[Measured, Measure("degC", "25 degC", above=ABSOLUTE_ZERO)]
Share = Annotated[Measured, Measure("1", "0.90", above=0.0, at_most=1.0)]


class ElectrodeTable(Strictly):
    """An electrode of a cell."""

    material: Annotated[Text, Hint('a name of the table [material], such as "MEC3"')]
    loading: Annotated[Measured, Measure("mg/cm2", "1.0 mg/cm2", above=0.0)]


class SeparatorTable(Strictly):
    """A separator."""

    thickness: Annotated[Measured, Measure("um", "260 um", above=0.0)]
    porosity: Share


class CellTable(Strictly):
    """A cell of ``study.toml``; what is never guessed has no default."""

    kind: CellKind
    parameters: Annotated[Text, Hint('a path such as "cells/my-cell.toml"')]
    anode: Annotated[ElectrodeTable, Hint('a table such as {material = "MEC3", loading = "1.0 mg/cm2"}')]
    cathode: Annotated[ElectrodeTable | None, Field(validate_default=True)] = None
    electrolyte: Annotated[Text, Hint('a name of the table [electrolyte], such as "half"')]
    separator: Annotated[SeparatorTable, Hint('a table such as {thickness = "260 um", porosity = 0.90}')]
    electrolyte_volume: Annotated[Measured, Measure("uL/cm2", "25.2 uL/cm2", above=0.0)]
    area: Annotated[Measured, Measure("cm2", "1.13 cm2", above=0.0)]
    window: Annotated[tuple[Voltage, Voltage], BeforeValidator(_two_limits), Hint('two limits such as ["0.0001 V", "2.5 V"]')]
    one_c: Annotated[
        Measured,
        Hint('a table such as {value = 80, unit = "mA/g", mass = "cathode"}'),
        Measure("mA/g", "80 mA/g", above=0.0, table=OneCTable),
    ]
    initial_sodiation: Annotated[Declared, Declaration(_sodiation), Hint(_SODIATION)]
    series_resistance: Annotated[Measured, Measure("ohm", "30 ohm", at_least=0.0)]
    mass_basis: Annotated[Declared, Declaration(_basis), Hint(_basis_hint)]
    temperature: Temperature
    assumed: tuple[Text, ...] = ()
    definitions: dict[str, Literal["mean_voltage", "median_voltage", "plateau_voltage"]] = Field(default_factory=dict)
    sensitivity: dict[Literal["series_resistance"], tuple[Annotated[Measured, Measure("ohm", "6 ohm", at_least=0.0)], ...]] = Field(
        default_factory=dict
    )

    @field_validator("cathode")
    @classmethod
    def _cathode(cls, cathode: ElectrodeTable | None, known: ValidationInfo) -> ElectrodeTable | None:
        half = known.data.get("kind", "half") == "half"
        if half and cathode is not None and "kind" in known.data:
            raise refusal("a half cell has no cathode. Remove it, or write another kind.")
        if not half and cathode is None:
            raise refusal('missing. Write a table such as {material = "EG", loading = "2.0 mg/cm2"}.')
        return cathode

    @field_validator("sensitivity")
    @classmethod
    def _once_each(cls, sensitivity: dict[str, tuple[Measured, ...]]) -> dict[str, tuple[Measured, ...]]:
        for key, listed in sensitivity.items():
            twice = [value.written for index, value in enumerate(listed) if value.value in [one.value for one in listed[:index]]]
            if twice:
                raise refusal(f"{key}: {show(twice[0])} stands twice. Remove one.")
        return sensitivity

    @field_validator("window")
    @classmethod
    def _window(cls, window: tuple[Measured, Measured]) -> tuple[Measured, Measured]:
        low, high = window
        if low.value >= high.value:
            raise refusal(f"{show(low.written)} is not below {show(high.written)}. Write the lower limit first.")
        return window

    @field_validator("one_c")
    @classmethod
    def _mass(cls, one_c: Measured, known: ValidationInfo) -> Measured:
        if known.data.get("kind") == "half" and one_c.mass != "anode":
            raise refusal('a half cell has no cathode mass. Write mass = "anode".')
        return one_c

    @field_validator("mass_basis")
    @classmethod
    def _mass_basis(cls, basis: Declared, known: ValidationInfo) -> Declared:
        kind = known.data.get("kind")
        if kind is not None and (kind == "half") != (basis.value == "anode"):
            raise refusal(f"{show(basis.value)} is not a basis of a {kind} cell. Write {_basis_hint(known.data)}.")
        return basis


class CellFile(Strictly):
    """A file of ``cells/``: which materials and which transport functions a cell's model uses."""

    schema_: Annotated[Version, Field(alias="schema"), Hint("schema = 1")]
    anode: Annotated[Text, Hint('a bundled material such as "mec3", or a path such as "materials/my-carbon.toml"')]
    cathode: Text | None = None
    transport: Annotated[Text, Hint('a bundled electrolyte such as "carbonate-assumed", or a path')]


class ProtocolTable(Strictly):
    """A test that a model runs."""

    kind: Literal["rate"] = "rate"
    cell: Text | None = None
    currents: Annotated[tuple[Current, ...], Field(min_length=1)]
    temperature: Temperature | None = None


class PlateauTable(Strictly):
    """How a capacity is split into plateau and slope."""

    rule: Literal["potential", "inflection", "both"]
    boundary: Annotated[Voltage | None, Field(validate_default=True)] = None

    @field_validator("boundary")
    @classmethod
    def _needed(cls, boundary: Measured | None, known: ValidationInfo) -> Measured | None:
        if boundary is None and known.data.get("rule") in ("potential", "both"):
            raise refusal('missing. Write a text such as "0.15 V".')
        return boundary
