"""Carbon files: TOML in, ``Carbon`` out, each descriptor with unit, error, standing and source.

A bundled carbon is called by its name (``"mec3"``), another by the path of its file. A descriptor is ``stated`` with the claims that print
it, ``derived``, ``literature``, or ``assumed`` with the reason; its error is required, so that what is recovered can be held against it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, cast

from pydantic import Field, model_validator

from dualion.errors import SpecError
from dualion.records.files import Measure, Measured, Strictly, Text, Version, read_toml, refusal, show, validate
from dualion.records.material_files import is_bundled
from dualion.records.material_schema import ParameterTable
from dualion.records.quantity import Parameter
from dualion.records.validation import did_you_mean
from dualion.study.virtual.carbon import Carbon, SodiumState

_DATA = Path(__file__).parent.parent.parent / "data" / "carbons"
_ALL = 100.0  # [%]


class DescriptorTable(ParameterTable):
    """A descriptor: standing, source and standard error are required."""

    @model_validator(mode="after")
    def _with_error(self) -> DescriptorTable:
        if self.stderr is None:
            raise refusal("no error beside it. Write stderr, in the unit of the value.")
        if self.standing == "stated" and not {"claim", "claims"} & self.model_fields_set:
            raise refusal("stated, and no claim beside it. Write claims = [...], or another standing.")
        return self


def _measure(unit: str, example: str, *, above: float | None = None, at_most: float | None = None) -> Measure:
    at_least = 0.0 if above is None else None
    return Measure(unit, example, above=above, at_least=at_least, at_most=at_most, table=DescriptorTable)


_Area = Annotated[Measured, _measure("m2/g", "39.13 m2/g", above=0.0)]
_Volume = Annotated[Measured, _measure("cm3/g", "0.02 cm3/g", above=0.0)]
_Length = Annotated[Measured, _measure("nm", "0.375 nm", above=0.0)]
_Density = Annotated[Measured, _measure("g/cm3", "1.60 g/cm3", above=0.0)]
_Band = Annotated[Measured, _measure("cm-1", "1590 cm-1", above=0.0)]
_Shift = Annotated[Measured, Measure("cm-1", "-8 cm-1", table=DescriptorTable)]
_Ratio = Annotated[Measured, _measure("1", "1.05", above=0.0)]
_Share = Annotated[Measured, _measure("%", "34.8 %", at_most=_ALL)]
_Content = Annotated[Measured, _measure("wt%", "1.15 wt%", at_most=_ALL)]
_Trace = Annotated[Measured, _measure("ppm", "15.5 ppm")]
_Energy = Annotated[Measured, _measure("eV", "284.6 eV", above=0.0)]
_Distance = Annotated[Measured, _measure("angstrom", "1.53 angstrom", above=0.0)]
_Capacity = Annotated[Measured, _measure("mAh/g", "320 mAh/g")]
_Potential = Annotated[Measured, _measure("V", "0.0001 V")]


class DescriptorsTable(Strictly):
    """Every descriptor of a carbon, with the unit that it is converted to. The last two lines are of its precursor."""

    open_area: _Area
    bet_constant: _Ratio
    open_pore_volume: _Volume
    micropore_width: _Length
    true_density: _Density
    pore_radius: _Length
    d002: _Length
    l_c: _Length
    l_a: _Length
    d_position: _Band
    g_position: _Band
    id_ig_height: _Ratio
    nitrogen_content: _Content
    pyridinic_fraction: _Share
    pyrrolic_fraction: _Share
    oxidised_fraction: _Share
    zinc_content: _Trace
    pi_position: _Energy
    pi_fraction_raw: _Share
    sp2_relative: _Share
    carbonyl_shift: _Shift
    filled_fraction: _Share
    plateau_capacity: _Capacity
    hydroxyl_band: _Band
    mesopore_fraction: _Share | None = None
    edge_energy: _Energy | None = None
    first_shell_position: _Distance | None = None

    @model_validator(mode="after")
    def _one_whole_of_nitrogen(self) -> DescriptorsTable:
        total = self.pyridinic_fraction.value + self.pyrrolic_fraction.value + self.oxidised_fraction.value
        if total > _ALL:
            raise refusal(
                f"pyridinic, pyrrolic and oxidised nitrogen add up to {total:g} %. Write shares of one whole; graphitic is the rest."
            )
        return self


class StateTable(Strictly):
    """A state of charge that is profiled in depth."""

    name: Text
    potential: _Potential
    charge: _Capacity


class CarbonFile(Strictly):
    """A whole carbon file."""

    schema_: Annotated[Version, Field(alias="schema")]
    name: Text
    about: Text
    descriptor: DescriptorsTable
    state: tuple[StateTable, ...] = ()


def bundled_carbons() -> tuple[str, ...]:
    """Names of the carbons that come with dualion."""
    return tuple(sorted(path.stem for path in _DATA.glob("*.toml")))


def load_carbon(reference: str | Path) -> Carbon:
    """Load a carbon.

    Parameters
    ----------
    reference : str or Path
        Name of a bundled carbon, or path of a file.

    Returns
    -------
    Carbon
        Every descriptor in the unit of ``DescriptorsTable``.

    Raises
    ------
    SpecError
        With every problem of the file; or there is no such carbon, or its closed pores would have a negative volume.
    """
    path = _path(reference)
    file = validate(CarbonFile, read_toml(path), file=path.name)
    table = file.descriptor
    written = {name: getattr(table, name) for name in DescriptorsTable.model_fields}
    given = {name: _parameter(measured) for name, measured in written.items() if measured is not None}
    states = tuple(SodiumState(row.name, _parameter(row.potential), _parameter(row.charge)) for row in file.state)
    carbon = Carbon(file.name, file.about, given, states)
    if carbon["closed_pore_volume"] < 0:
        raise SpecError(
            f"{path.name}: descriptor.true_density: {carbon['true_density']:g} g/cm3 is more than that of the walls, "
            f"{carbon['wall_density']:.4g} g/cm3 at d002 {carbon['d002']:g} nm: no volume is left for closed pores. Lower it, or d002."
        )
    return carbon


def _path(reference: str | Path) -> Path:
    if isinstance(reference, Path):
        return reference
    if not is_bundled(reference):
        return Path(reference)
    path = _DATA / f"{reference.lower()}.toml"
    if not path.is_file():
        raise SpecError(f"{show(reference)} is not among the bundled carbons. {did_you_mean(reference, bundled_carbons())}")
    return path


def _parameter(measured: Measured) -> Parameter:
    # standing and source are required in these files: ParameterTable refuses a table without them
    return measured.parameter(standing=measured.standing or "assumed", source=cast(str, measured.source))
