"""What ``dualion.toml`` may hold, as pydantic models: the cells and samples behind the files, the files, and options of techniques.

    schema = 1

    [cell.a1]                        # a cell, by a name of your own
    sample = "MEC3"
    kind = "half"
    working = "anode"
    mass = "1.20 mg"                 # or loading = "1.06 mg/cm2" beside the area
    area = "1.131 cm2"
    one_c = "300 mA/g"

    [sample.MEC3.descriptors]        # what is known of a sample from elsewhere; a name, a value and where it is from
    true_density = {value = 1.80, stderr = 0.02, unit = "g/cm3", method = "helium"}

    [[file]]                         # one or more files, by path or pattern
    path = "cycler/a1_*.ndax"
    cell = "a1"

    [[file]]                         # a file that does not say what it holds
    path = "MEC3_raman.txt"
    sample = "MEC3"
    measurement = "raman"
    laser_wavelength = "532 nm"

    [options.gitt]                   # options of a technique, for all cells; [cell.a1.options.gitt] for one
    sqrt_window = [1, 60]

Nothing is guessed: what is not written is not known, and what needs it refuses and says so. An unknown key is refused with the nearest
known one. A later ``[[file]]`` that matches a file overrides what an earlier one says of it, key by key.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, Strict, ValidationInfo, field_validator

from dualion.errors import UnitError
from dualion.records.cell import CellKind
from dualion.records.cell_record import Ion, Role
from dualion.records.files import Hint, Measure, Measured, MeasureTable, Number, Strictly, Text, Version, refusal
from dualion.units import unit

#: What a file can hold, in the words of ``Measurement.technique``.
MeasurementKind = Literal[
    "gcd", "cv", "gitt", "eis", "ocv", "sorption", "saxs", "xrd", "raman", "ftir", "xps", "nexafs", "xafs", "gdoes", "descriptors"
]

_ABSOLUTE_ZERO = -273.15  # [degC]

_Mass = Annotated[Measured, Measure("mg", "1.20 mg", above=0.0)]
_Loading = Annotated[Measured, Measure("mg/cm2", "1.0 mg/cm2", above=0.0)]
_Temperature = Annotated[Measured, Measure("degC", "25 degC", above=_ABSOLUTE_ZERO)]
#: Tables of options by technique; each is checked by the technique itself.
_Options = dict[str, dict[str, Any]]


class OneCurrentTable(MeasureTable):
    """A specific current, and the mass that it refers to."""

    mass: Role | None = None


class ElectrolyteTable(Strictly):
    """The electrolyte of a cell, as far as it is known."""

    salt: Text | None = None
    volume: Annotated[Measured, Measure("uL", "80 uL", above=0.0)] | None = None
    concentration: Annotated[Measured, Measure("mol/L", "1 mol/L", above=0.0)] | None = None
    density: Annotated[Measured, Measure("g/mL", "1.23 g/mL", above=0.0)] | None = None
    salt_molar_mass: Annotated[Measured, Measure("g/mol", "167.95 g/mol", above=0.0)] | None = None


class CellTable(Strictly):
    """A cell: what a reader of its numbers must know, as far as it is known."""

    sample: Text | None = None
    kind: CellKind | None = None
    working: Role | None = None
    ion: Ion | None = None
    area: Annotated[Measured, Measure("cm2", "1.131 cm2", above=0.0)] | None = None
    mass: _Mass | None = None
    anode_mass: _Mass | None = None
    cathode_mass: _Mass | None = None
    loading: _Loading | None = None
    anode_loading: _Loading | None = None
    cathode_loading: _Loading | None = None
    one_c: Annotated[Measured, Measure("mA/g", "300 mA/g", above=0.0, table=OneCurrentTable)] | None = None
    one_c_mass: Role | None = None
    electrolyte: Annotated[ElectrolyteTable, Hint('a table such as {salt = "NaPF6", volume = "80 uL"}')] | None = None
    particle_radius: Annotated[Measured, Measure("um", "1.8 um", above=0.0)] | None = None
    temperature: _Temperature | None = None
    reference_electrode: Text | None = None
    options: _Options = Field(default_factory=dict)

    @field_validator("working")
    @classmethod
    def _working(cls, working: Role | None, known: ValidationInfo) -> Role | None:
        if working is not None and known.data.get("kind") not in (None, "half"):
            raise refusal(f"a {known.data['kind']} cell has two working electrodes. Remove it.")
        return working

    @field_validator("mass", "loading")
    @classmethod
    def _of_the_working_material(cls, given: Measured | None, known: ValidationInfo) -> Measured | None:
        if given is None:
            return None
        if known.data.get("kind") not in (None, "half"):
            name = known.field_name
            raise refusal(f"a {known.data['kind']} cell has two electrodes. Write anode_{name} and cathode_{name}.")
        if known.data.get("working") is None:
            raise refusal('the electrode that it belongs to is not known. Write working = "anode" or "cathode" beside it.')
        return given

    @field_validator("loading", "anode_loading", "cathode_loading")
    @classmethod
    def _with_an_area(cls, given: Measured | None, known: ValidationInfo) -> Measured | None:
        if given is None:
            return None
        mass = str(known.field_name).replace("loading", "mass")
        if known.data.get(mass) is not None:
            raise refusal(f"beside {mass}, which says the same. Remove one of them.")
        if known.data.get("area") is None:
            raise refusal('without an area it gives no mass. Write area = "1.131 cm2" beside it.')
        return given

    @field_validator("one_c_mass")
    @classmethod
    def _one_mass(cls, role: Role | None, known: ValidationInfo) -> Role | None:
        one_c = known.data.get("one_c")
        if role is not None and one_c is not None and one_c.mass not in (None, role):
            raise refusal(f'one_c says mass = "{one_c.mass}". Remove one of them.')
        return role


def _count_or_word(value: object) -> object:
    if isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool) and value > 0):
        return value
    raise refusal('not a reference cycle. Write a cycle number such as 4, or "first", "max" or "after_formation(3)".')


class DescriptorTable(Strictly):
    """A quantity of a sample that is known from elsewhere."""

    value: Number
    unit: Text
    stderr: Annotated[Number, Field(ge=0)] | None = None
    method: Text | None = None
    source: Text | None = None

    @field_validator("unit")
    @classmethod
    def _known(cls, given: str) -> str:
        try:
            unit(given)
        except UnitError as problem:
            raise refusal(f"{problem} Write such as g/cm3 or mAh/g.") from None
        return given


class SampleTable(Strictly):
    """A sample: what is known of it beside what its files give."""

    descriptors: dict[str, DescriptorTable] = Field(default_factory=dict)


class FileTable(Strictly):
    """One or more files: what they are, to which cell or sample they belong, what is to be done with them."""

    path: Annotated[Text, Hint('a path or pattern such as "cycler/a1_*.ndax"')]
    cell: Text | None = None
    sample: Text | None = None
    measurement: MeasurementKind | None = None
    x_unit: Text | None = None
    y_unit: Text | None = None
    state: Text | None = None
    transfer: Literal["air", "inert"] | None = None
    potential: Annotated[Measured, Measure("V", "0.05 V")] | None = None
    potential_span: Annotated[Measured, Measure("V", "0.02 V", at_least=0.0)] | None = None
    charge: Annotated[Measured, Measure("mAh/g", "300 mAh/g")] | None = None
    state_of_charge: Annotated[Measured, Measure("%", "50 %")] | None = None
    frame_time: Annotated[Measured, Measure("s", "120 s")] | None = None
    wavelength: Annotated[Measured, Measure("nm", "0.15406 nm", above=0.0)] | None = None
    laser_wavelength: Annotated[Measured, Measure("nm", "532 nm", above=0.0)] | None = None
    techniques: tuple[Text, ...] | None = None
    temperature: _Temperature | None = None
    scan_rate: Annotated[Measured, Measure("mV/s", "0.1 mV/s", above=0.0)] | None = None
    repair: tuple[Text, ...] | None = None
    n_ref: int | str | None = None
    skip: Annotated[bool, Strict()] | None = None

    @field_validator("sample")
    @classmethod
    def _of_the_cell(cls, given: str | None, known: ValidationInfo) -> str | None:
        if given is not None and known.data.get("cell") is not None:
            raise refusal("the cell of this file has a sample. Remove it, or write it in the table of the cell.")
        return given

    @field_validator("n_ref", mode="before")
    @classmethod
    def _reference_cycle(cls, value: object) -> object:
        return None if value is None else _count_or_word(value)


class ProjectFile(Strictly):
    """A whole ``dualion.toml``."""

    schema_: Annotated[Version, Field(alias="schema"), Hint("schema = 1")]
    title: Annotated[Text, Field(max_length=120)] | None = None
    cell: dict[str, CellTable] = Field(default_factory=dict)
    sample: dict[str, SampleTable] = Field(default_factory=dict)
    file: tuple[FileTable, ...] = ()
    options: _Options = Field(default_factory=dict)
