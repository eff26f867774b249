"""What the cell, protocol and plateau tables of ``study.toml`` may hold, and the files of the folder ``cells/``."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from dualion.records.cell_schema import CellFields, Current, Declared, Temperature, Voltage
from dualion.records.files import Hint, Measure, Measured, Strictly, Text, Version, refusal, show

__all__ = ["CellFile", "CellTable", "Current", "Declared", "PlateauTable", "ProtocolTable", "Temperature"]


class CellTable(CellFields):
    """A cell of ``study.toml``; what is never guessed has no default."""

    parameters: Annotated[Text, Hint('a path such as "cells/my-cell.toml"')]
    electrolyte: Annotated[Text, Hint('a name of the table [electrolyte], such as "half"')]
    definitions: dict[str, Literal["mean_voltage", "median_voltage", "plateau_voltage"]] = Field(default_factory=dict)
    sensitivity: dict[Literal["series_resistance"], tuple[Annotated[Measured, Measure("ohm", "6 ohm", at_least=0.0)], ...]] = Field(
        default_factory=dict
    )

    @field_validator("sensitivity")
    @classmethod
    def _once_each(cls, sensitivity: dict[str, tuple[Measured, ...]]) -> dict[str, tuple[Measured, ...]]:
        for key, listed in sensitivity.items():
            twice = [value.written for index, value in enumerate(listed) if value.value in [one.value for one in listed[:index]]]
            if twice:
                raise refusal(f"{key}: {show(twice[0])} stands twice. Remove one.")
        return sensitivity


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
