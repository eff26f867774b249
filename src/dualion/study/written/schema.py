"""What ``study.toml`` may hold, as pydantic models; the tables of cells, protocols and the plateau are in ``schema_cells``."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from dualion.records.files import ClaimIds, Hint, Measure, Measured, Number, Strictly, Text, Version, refusal, show
from dualion.study.written.schema_cells import CellTable, Current, PlateauTable, ProtocolTable, Temperature

#: Why a claim needs raw data.
ReasonCode = Literal["no-raw-file", "si-only", "not-stated", "basis-not-stated", "needs-experiment", "no-power", "qualitative"]

#: How a calibration may read a number whose meaning the source leaves open.
READINGS = ("total", "plateau", "total ratio", "plateau ratio")

#: Longest identifier of a study.
LONGEST_NAME = 60
_DATUM = re.compile(rf"[PC]\d{{3}}[a-z]?( as ({'|'.join(READINGS)}))?")
_FIT = re.compile(r"(anode|cathode)\.[a-z_]{1,60}")


def _datum(given: Any) -> Any:
    if isinstance(given, str) and not _DATUM.fullmatch(given):
        if " " in given:
            raise refusal(f'{show(given)} is not a datum. Write a claim id, alone or as in "P079 as total" ({", ".join(READINGS)}).')
        raise refusal(f'{show(given)} is not a claim id. Write P, three digits and perhaps a letter, such as "P079".')
    return given


def _parameter_name(given: Any) -> Any:
    if isinstance(given, str) and not _FIT.fullmatch(given):
        raise refusal(f'{show(given)} is not a parameter. Write electrode and name, such as "anode.pore_capacity".')
    return given


def _hexadecimal(given: Any) -> Any:
    if isinstance(given, str) and not re.fullmatch(r"[0-9a-f]{64}", given):
        raise refusal(f"{show(given)} is not a SHA-256. Write its 64 characters, 0 to 9 and a to f.")
    return given


def _with_currents(given: Any) -> Any:
    """A plain list of claims becomes a table without currents; they are those of the protocol, in order."""
    if not isinstance(given, list):
        return given
    for index, claim in enumerate(given):
        if not isinstance(claim, str):
            raise refusal(f"entry {index}, {show(claim)}, is not a text. Write a claim id in quotes.")
        if claim in given[:index]:
            raise refusal(f"{show(claim)} stands twice. Remove one.")
    return dict.fromkeys(given)


Datum = Annotated[Text, BeforeValidator(_datum)]
Data = Annotated[tuple[Datum, ...], Field(min_length=1)]
Amount = Annotated[Measured, Measure("mL", "15 mL", at_least=0.0)]


class StudyTable(Strictly):
    """Which source the study is of, and under which licence."""

    id: Annotated[Text, Field(max_length=LONGEST_NAME, pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")]
    title: Text
    citation: str = ""
    doi: str = ""
    licence: Annotated[Text, Hint('a text such as "CC-BY-4.0"')]
    changes: str = ""
    kind: Literal["paper", "own data"] = "paper"


class MaterialTable(Strictly):
    """A material that the source names."""

    role: Literal["anode", "cathode"]
    kind: Annotated[Text, Hint('a text such as "hard carbon"')]
    bet_area: Annotated[Measured, Measure("m2/g", "39.13 m2/g", above=0.0)] | None = None


class ElectrolyteTable(Strictly):
    """A salt in a solvent, by volume."""

    salt: Text
    concentration: Annotated[Measured, Measure("mol/L", "1 mol/L", above=0.0)]
    solvent: Annotated[dict[str, Annotated[Number, Field(gt=0)]], Field(min_length=1), Hint("a table such as {EC = 1, DMC = 1}")]
    density: Annotated[Measured, Measure("g/mL", "1.23 g/mL", above=0.0)]
    salt_molar_mass: Annotated[Measured, Measure("g/mol", "122.44 g/mol", above=0.0)]


class ProducerTable(Strictly):
    """Which analysis or model yields which claims."""

    claims: Annotated[
        dict[str, Current | None], BeforeValidator(_with_currents), Field(min_length=1), Hint('a table such as {P070 = "30 mA/g"}')
    ]
    by: Annotated[Text, Hint('a name such as "half_cell" or "dual_ion"'), Field(pattern=r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?$")]
    cell: Text | None = None
    protocol: Text | None = None
    quantity: Annotated[Text, Hint('a name such as "specific_capacity"')]
    reference: Current | None = None


class CalibrationTable(Strictly):
    """A set of claims to which named parameters are fitted."""

    cell: Text
    role: Literal["calibration", "hard-extrapolation", "all-points"] = "calibration"
    claims: Data | None = None
    readings: Annotated[dict[str, Data], Field(min_length=1)] | None = None
    fits: Annotated[tuple[Annotated[Text, BeforeValidator(_parameter_name)], ...], Field(min_length=1), Hint("a list of parameters")]
    anode_from: Text | None = None
    shape_from: Text | None = None

    @model_validator(mode="after")
    def _one_kind_of_data(self) -> CalibrationTable:
        if (self.claims is None) == (self.readings is None):
            raise refusal("neither claims nor readings, or both. Write one of them.")
        for name, data in self.sets.items():
            where = "claims" if self.readings is None else f"readings.{name}"
            if len(set(data)) < len(data):
                raise refusal(f"{where} names a claim twice. Remove one.")
            if len(data) < len(self.fits):
                raise refusal(f"{where} has {len(data)} data for {len(self.fits)} parameters. Name more claims, or fit fewer parameters.")
        return self

    @property
    def sets(self) -> dict[str, tuple[str, ...]]:
        """Data by reading; a plain list is the one reading ``"claims"``."""
        return dict(self.readings) if self.readings is not None else {"claims": self.claims or ()}


class PredictionTable(Strictly):
    """Claims that a calibration is asked to predict."""

    claims: Annotated[ClaimIds, Field(min_length=1)]
    from_: Annotated[Text, Field(alias="from"), Hint("the name of a calibration")]
    anode_from: Text | None = None


class ChitosanTable(Strictly):
    """The raw material of a batch."""

    mass: Annotated[Measured, Measure("g", "1.6 g", above=0.0)]
    deacetylation: tuple[Number, Number]


class StockTable(Strictly):
    """A stock solution."""

    solute: Text
    concentration: Annotated[Measured, Measure("mol/L", "0.25 mol/L", above=0.0)]
    volume: Amount


class AcidTable(Strictly):
    """The acid that is added."""

    mass_fraction: Annotated[Measured, Measure("1", "0.37", above=0.0, at_most=1.0)]
    density: Annotated[Measured, Measure("g/mL", "1.18 g/mL", above=0.0)]
    per_zn: Annotated[Number, Field(ge=0)]


def _duration(given: Any) -> Any:
    """A time may be a word such as ``overnight``; anything that begins like a number is one."""
    return None if isinstance(given, str) and re.match(r"[a-z]", given) else given


class StepTable(Strictly):
    """A step of the synthesis."""

    do: Text
    time: Annotated[Annotated[Measured, Measure("min", "120 min", above=0.0)] | None, BeforeValidator(_duration)] = None
    temperature: Temperature | None = None


class FurnaceTable(Strictly):
    """A step of the furnace: to a temperature at a rate, then hold."""

    to: Temperature
    rate: Annotated[Measured, Measure("degC/min", "5 degC/min", above=0.0)]
    hold: Annotated[Measured, Measure("min", "120 min", at_least=0.0)] | None = None


class RecipeTable(Strictly):
    """The synthesis as data."""

    chitosan: ChitosanTable
    water: Amount
    stock: StockTable
    stock_volume: dict[str, Amount]
    hcl: AcidTable
    step: tuple[StepTable, ...] = ()
    furnace: tuple[FurnaceTable, ...] = ()


class FigureTable(Strictly):
    """A figure of the source: what draws it anew, or the files that would."""

    source: Annotated[Text, Hint('a text such as "Fig. 2a"')]
    draws: Literal["rate", "curves", "plateau", "samples", "pore-volume", "shares", "arrhenius"] | None = None
    cells: tuple[Text, ...] = ()
    claims: tuple[Text, ...] = ()
    currents: tuple[Current, ...] = ()
    title: Text | None = None
    needs: Text | None = None

    @model_validator(mode="after")
    def _drawn_or_needed(self) -> FigureTable:
        if (self.draws is None) == (self.needs is None):
            raise refusal("neither draws nor needs, or both. Write what draws it, or which files would.")
        if self.draws is not None and not self.cells and not self.claims:
            raise refusal("draws something and names no cells or claims. Name what is drawn.")
        return self


class RawTable(Strictly):
    """An instrument file of the folder ``raw/``."""

    path: Annotated[Text, Hint('a path such as "raw/rate_test.ndax"')]
    sha256: Annotated[Text, BeforeValidator(_hexadecimal), Hint("the SHA-256 of the file, 64 characters")]
    source: Annotated[Text, Hint("where the file comes from")]
    licence: Annotated[Text, Hint('a text such as "CC-BY-4.0"')]


class StudyFile(Strictly):
    """``study.toml``."""

    schema_: Annotated[Version, Field(alias="schema"), Hint("schema = 1")]
    study: Annotated[StudyTable, Hint("a table [study] with id, title and licence")]
    material: dict[str, MaterialTable] = Field(default_factory=dict)
    electrolyte: dict[str, ElectrolyteTable] = Field(default_factory=dict)
    cell: dict[str, CellTable] = Field(default_factory=dict)
    protocol: dict[str, ProtocolTable] = Field(default_factory=dict)
    plateau: Annotated[PlateauTable, Hint('a table such as rule = "potential", boundary = "0.15 V"')]
    producer: tuple[ProducerTable, ...] = ()
    calibration: dict[str, CalibrationTable] = Field(default_factory=dict)
    prediction: dict[str, PredictionTable] = Field(default_factory=dict)
    pending: dict[ReasonCode, tuple[Text, ...]] = Field(default_factory=dict)
    recipe: RecipeTable | None = None
    figure: tuple[FigureTable, ...] = ()
    raw: tuple[RawTable, ...] = ()
