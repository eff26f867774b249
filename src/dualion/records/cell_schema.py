"""What a cell may hold when a user writes it, as pydantic models: the fields that every cell shares, and the self-contained cell file.

What is never guessed has no default: kind, area, electrolyte volume, window, definition of 1 C, initial sodiation, mass basis.
The JSON Schema (2020-12) of a cell file that ships as ``data/cell.schema.json`` is generated from these models.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field, GetCoreSchemaHandler, ValidationInfo, ValidatorFunctionWrapHandler, field_validator
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from dualion.records.cell import FULL_CELL_BASES, CellKind
from dualion.records.measures import ClaimIds, Measure, Measured, MeasureTable, Number, Strictly, Text, Version, refusal, show
from dualion.records.validation import Hint

ABSOLUTE_ZERO = -273.15  # [degC]

#: Most keys that ``assumed`` may list, several times what a cell has.
MOST_ASSUMED = 100

SODIATION_WORDS = ("desodiated", "fully_sodiated")

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
#: Bounds as pydantic names them where a function stands before the type, and as JSON Schema does.
_KEYWORDS = {"gt": "exclusiveMinimum", "ge": "minimum"}


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


class SaltTable(Strictly):
    """A salt in a solvent, by volume."""

    salt: Text
    concentration: Annotated[Measured, Measure("mol/L", "1 mol/L", above=0.0)]
    solvent: Annotated[dict[str, Annotated[Number, Field(gt=0)]], Field(min_length=1), Hint("a table such as {EC = 1, DMC = 1}")]
    density: Annotated[Measured, Measure("g/mL", "1.23 g/mL", above=0.0)]
    salt_molar_mass: Annotated[Measured, Measure("g/mol", "122.44 g/mol", above=0.0)]


class CellFields(Strictly):
    """The fields of a cell that a study and a cell file write alike; each of them adds its own."""

    example_cathode: ClassVar[str] = "EG"

    kind: CellKind
    anode: Annotated[ElectrodeTable, Hint('a table such as {material = "MEC3", loading = "1.0 mg/cm2"}')]
    cathode: Annotated[ElectrodeTable | None, Field(validate_default=True)] = None
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
    assumed: Annotated[tuple[Text, ...], Field(max_length=MOST_ASSUMED)] = ()

    @field_validator("cathode")
    @classmethod
    def _cathode(cls, cathode: ElectrodeTable | None, known: ValidationInfo) -> ElectrodeTable | None:
        half = known.data.get("kind", "half") == "half"
        if half and cathode is not None and "kind" in known.data:
            raise refusal("a half cell has no cathode. Remove it, or write another kind.")
        if not half and cathode is None:
            raise refusal(f'missing. Write a table such as {{material = "{cls.example_cathode}", loading = "2.0 mg/cm2"}}.')
        return cathode

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


class OwnElectrodeTable(ElectrodeTable):
    """An electrode of a cell file, which names the file of its material."""

    material: Annotated[Text, Hint('a bundled material such as "mec3", or a path such as "materials/my-carbon.toml"')]


class OwnElectrolyteTable(SaltTable):
    """An electrolyte of a cell file, which names the file of its transport functions."""

    transport: Annotated[Text, Hint('a bundled electrolyte such as "carbonate-assumed", or a path')]


class FilmTable(Strictly):
    """A film with its own arc in the impedance."""

    resistance: Annotated[Measured, Measure("ohm", "30 ohm", above=0.0)]
    capacitance: Annotated[Measured, Measure("F", "2 uF", above=0.0)]
    activation_energy: Annotated[Measured, Measure("kJ/mol", "45 kJ/mol", at_least=0.0)]


class PlatingTable(Strictly):
    """Sodium that is plated on the anode."""

    kind: Literal["irreversible", "reversible"]
    exchange_current_density: Annotated[Measured, Measure("A/m2", "0.01 A/m2", above=0.0)]


class CellFile(CellFields):
    """A self-contained cell file."""

    example_cathode: ClassVar[str] = "eg"

    schema_: Annotated[Version, Field(alias="schema"), Hint("schema = 1")]
    name: Annotated[Text, Field(max_length=60), Hint('a text such as "my-cell"')]
    source: Text | None = None
    kind: Literal["half", "dual-ion", "rocking-chair"]
    anode: Annotated[OwnElectrodeTable, Hint('a table such as {material = "mec3", loading = "1.0 mg/cm2"}')]
    cathode: Annotated[OwnElectrodeTable | None, Field(validate_default=True)] = None
    electrolyte: Annotated[OwnElectrolyteTable, Hint("a table [electrolyte] with salt, solvent, concentration, density, ...")]
    film: FilmTable | None = None
    plating: PlatingTable | None = None
    reservoir_exchange: Annotated[Measured, Measure("m/s", "1e-6 m/s", at_least=0.0)] | None = None


class _Writing(GenerateJsonSchema):
    """Besides its table, a value may be written as a text or a number, and a list as what a validator takes apart."""

    def function_wrap_schema(self, schema: core_schema.WrapValidatorFunctionSchema) -> JsonSchemaValue:
        return {"anyOf": [{"type": ["string", "number"]}, super().function_wrap_schema(schema)]}

    def function_before_schema(self, schema: core_schema.BeforeValidatorFunctionSchema) -> JsonSchemaValue:
        inner = super().function_before_schema(schema)
        return {"anyOf": [inner, {"type": ["string", "object"]}]} if inner.get("type") == "array" else inner


def schema_text() -> str:
    """The JSON Schema of a cell file, as it ships; units and what ties the keys to each other are checked by ``load_cell`` alone."""
    written = json.dumps({"$schema": _DIALECT} | CellFile.model_json_schema(schema_generator=_Writing))
    schema = json.loads(written, object_hook=lambda table: {_KEYWORDS.get(key, key): value for key, value in table.items()})
    return json.dumps(schema, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
