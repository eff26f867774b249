"""What a material file and an electrolyte file may hold, as pydantic models."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, Field, Strict, model_validator

from dualion.errors import UnitError
from dualion.records.material import Ion
from dualion.records.measures import (
    LONGEST_VALUE,
    Measure,
    Measured,
    MeasureTable,
    Number,
    Strictly,
    Text,
    Version,
    refusal,
    show,
    unknown_unit,
)
from dualion.records.quantity import Standing
from dualion.records.validation import Hint
from dualion.units import compatible, convert, dimension_name

#: Shares of the host capacity add up to 1 within this.
SHARES_TOLERANCE = 1e-6

#: Most points of a table or profile, more than any curve of a host needs.
MOST_POINTS = 100_000


class ParameterTable(MeasureTable):
    """A parameter of a model: standing and source are required, and a fitted one names the claims it was fitted to."""

    standing: Annotated[Standing, Hint('one of "stated", "derived", "literature", "assumed", "fitted"')]
    source: Annotated[Text, Hint('where the number comes from, such as "data sheet" or "as MEC3"')]

    @model_validator(mode="after")
    def _fitted_to_named_claims(self) -> ParameterTable:
        if self.standing == "fitted" and not {"claim", "claims"} & self.model_fields_set:
            raise refusal("fitted, and no claims beside it. Write claims = [...], or claims = [] if it was fitted to data of no study.")
        return self


Fraction = Annotated[Measured, Measure("1", "0.45", above=0.0, at_most=1.0, table=ParameterTable)]
Resistance = Annotated[Measured, Measure("ohm", "30 ohm", at_least=0.0, table=ParameterTable)]


class ParametersTable(Strictly):
    """Every parameter of an electrode material, with the unit that it is converted to.

    ``MaterialFile`` requires those of the diffusivity and the kinetics where no profile takes their place.
    """

    density: Annotated[Measured, Measure("g/cm3", "1.6 g/cm3", above=0.0, table=ParameterTable)]
    active_volume_fraction: Fraction
    porosity: Fraction
    particle_radius: Annotated[Measured, Measure("um", "1.0 um", above=0.0, table=ParameterTable)]
    diffusivity: Annotated[Measured, Measure("m2/s", "1e-13 m2/s", above=0.0, table=ParameterTable)] | None = None
    conductivity: Annotated[Measured, Measure("S/m", "50 S/m", above=0.0, table=ParameterTable)]
    host_capacity: Annotated[Measured, Measure("mAh/g", "96 mAh/g", above=0.0, table=ParameterTable)] | None = None
    ocp_shift: Annotated[Measured, Measure("V", "0.0 V", table=ParameterTable)] | None = None
    reference_area: Annotated[Measured, Measure("cm2", "1.131 cm2", above=0.0, table=ParameterTable)] | None = None
    series_resistance: Resistance | None = None
    film_resistance: Resistance | None = None
    charge_transfer_resistance: Annotated[Measured, Measure("ohm", "30 ohm", above=0.0, table=ParameterTable)] | None = None
    exchange_current_density: Annotated[Measured, Measure("A/m2", "4 A/m2", above=0.0, table=ParameterTable)] | None = None
    activation_energy: Annotated[Measured, Measure("kJ/mol", "30 kJ/mol", at_least=0.0, table=ParameterTable)] | None = None
    diffusivity_activation_energy: Annotated[Measured, Measure("kJ/mol", "30 kJ/mol", at_least=0.0, table=ParameterTable)] | None = None
    double_layer_capacity: Annotated[Measured, Measure("F/m2", "0.2 F/m2", above=0.0, table=ParameterTable)] | None = None
    initial_fraction: Annotated[Measured, Measure("1", "0.22", at_least=0.0, at_most=1.0, table=ParameterTable)] | None = None

    @model_validator(mode="after")
    def _kinetics(self) -> ParametersTable:
        given = (self.series_resistance, self.film_resistance, self.charge_transfer_resistance)
        if any(given) and self.reference_area is None:
            raise refusal("resistances, and no reference_area. Write the electrode area they were measured on.")
        return self


class PopulationTable(Strictly):
    """A population of sites; its capacity is in mAh/g of the host, or a share of the host capacity."""

    name: Annotated[Text, Field(max_length=40)]
    capacity: Annotated[Measured, Measure("mAh/g", "250 mAh/g", above=0.0, alternative="1", table=ParameterTable)]
    potential: Annotated[Measured, Measure("V", "0.30 V", table=ParameterTable)]
    width: Annotated[Measured, Measure("V", "0.15 V", above=0.0, table=ParameterTable)]


Series = Annotated[tuple[Number, ...], Field(min_length=2, max_length=MOST_POINTS)]


def _fractions(fraction: tuple[float, ...]) -> tuple[float, ...]:
    if not _rise(fraction) or fraction[0] < 0 or fraction[-1] > 1:
        raise refusal("fractions that do not rise within 0 and 1. Sort them, each once.")
    return fraction


def _rise(series: tuple[float, ...]) -> bool:
    return all(first < second for first, second in pairwise(series))


def _as_many(first: tuple[float, ...], second: tuple[float, ...], *, names: tuple[str, str]) -> None:
    if len(first) != len(second):
        raise refusal(f"{len(first)} {names[0]} and {len(second)} {names[1]}. Write as many of each.")


Fractions = Annotated[Series, AfterValidator(_fractions)]


class PotentialSeries(Strictly):
    """Potentials with their unit, against Na+/Na."""

    value: Series
    unit: Literal["V", "mV"]


class PotentialFile(Strictly):
    """An open-circuit potential by points."""

    fraction: Fractions
    potential: PotentialSeries
    source: Text
    interpolation: Literal["pchip", "linear"] = "pchip"

    @model_validator(mode="after")
    def _paired(self) -> PotentialFile:
        _as_many(self.fraction, self.potential.value, names=("fractions", "potentials"))
        return self


class SeriesTable(Strictly):
    """Numbers that share a unit."""

    value: Series
    unit: Annotated[str, Strict(), Field(max_length=LONGEST_VALUE)]


S = TypeVar("S", bound=SeriesTable)


def _positive_in(target: str) -> Callable[[S], S]:
    """A check that converts a series to a unit and refuses what is not above zero."""

    def converted(series: S) -> S:
        try:
            fits = compatible(series.unit, target)
        except (UnitError, ArithmeticError):
            raise refusal(unknown_unit(series.unit, example=target)) from None
        if not fits:
            needed = dimension_name(target)
            raise refusal(f'{show(series.unit)} is {dimension_name(series.unit)}; {needed} is needed, such as "{target}".')
        low = min(series.value)
        if low <= 0:
            raise refusal(f"{show(low)} is too small. Write values above 0.")
        return series.model_copy(update={"value": tuple(convert(value, series.unit, target) for value in series.value), "unit": target})

    return converted


class ProfileTable(SeriesTable):
    """A parameter by points of the filled fraction."""

    fraction: Fractions
    source: Text

    @model_validator(mode="after")
    def _paired(self) -> ProfileTable:
        _as_many(self.fraction, self.value, names=("fractions", "values"))
        return self


class ProfilesTable(Strictly):
    """Parameters that change with the filling of the host."""

    diffusivity: Annotated[ProfileTable, AfterValidator(_positive_in("m2/s"))] | None = None
    exchange_current_density: Annotated[ProfileTable, AfterValidator(_positive_in("A/m2"))] | None = None


class MaterialFile(Strictly):
    """A material file."""

    schema_: Annotated[Version, Field(alias="schema"), Hint("schema = 1")]
    name: Text
    kind: Annotated[Text, Hint('a text such as "hard carbon"')]
    ion: Ion
    ocp_standing: Standing
    parameter: ParametersTable
    population: tuple[PopulationTable, ...] = ()
    table: PotentialFile | None = None
    profile: ProfilesTable = ProfilesTable()

    @model_validator(mode="after")
    def _once_each(self) -> MaterialFile:
        if (self.parameter.diffusivity is None) == (self.profile.diffusivity is None):
            raise refusal("neither parameter.diffusivity nor profile.diffusivity, or both. Write one of them.")
        given = (self.parameter.charge_transfer_resistance, self.parameter.exchange_current_density, self.profile.exchange_current_density)
        if not any(given):
            raise refusal("neither parameter.charge_transfer_resistance nor exchange_current_density. Write one of them.")
        if self.profile.exchange_current_density is not None and any(given[:2]):
            raise refusal("a profile of the exchange current density, and a parameter that says it as well. Write one of them.")
        return self

    @model_validator(mode="after")
    def _potential(self) -> MaterialFile:
        if (self.table is None) == (not self.population):
            raise refusal("neither populations nor a table, or both. Write [[population]] tables, or one [table] of the potential.")
        names = [population.name for population in self.population]
        if len(set(names)) < len(names):
            raise refusal("two populations have one name. Name each differently.")
        units = {population.capacity.unit for population in self.population}
        if len(units) > 1:
            raise refusal("capacities of the populations are partly shares, partly mAh/g. Write all of them alike.")
        if (self.table is not None or units == {"1"}) and self.parameter.host_capacity is None:
            raise refusal('parameter.host_capacity is missing, and the capacities are shares. Write a value such as "96 mAh/g".')
        total = sum(population.capacity.value for population in self.population)
        if units == {"1"} and abs(total - 1) > SHARES_TOLERANCE:
            raise refusal(f"shares of the populations add up to {total:g}. Write shares that add up to 1.")
        return self


class ConductivityTable(Strictly):
    """kappa = prefactor c exp(-decay c)."""

    prefactor: Annotated[Measured, Measure("S L/m/mol", "2.05 S L/m/mol", above=0.0)]
    decay: Annotated[Measured, Measure("L/mol", "0.82 L/mol", at_least=0.0)]


class DiffusivityTable(Strictly):
    """D = prefactor exp(-decay c)."""

    prefactor: Annotated[Measured, Measure("m2/s", "4e-10 m2/s", above=0.0)]
    decay: Annotated[Measured, Measure("L/mol", "0.45 L/mol", at_least=0.0)]


class PointsTable(SeriesTable):
    """A transport function by points of the concentration."""

    concentration: Annotated[SeriesTable, AfterValidator(_positive_in("mol/m3"))]

    @model_validator(mode="after")
    def _paired(self) -> PointsTable:
        _as_many(self.concentration.value, self.value, names=("concentrations", "values"))
        if not _rise(self.concentration.value):
            raise refusal("concentrations that do not rise. Sort them, each once.")
        return self


class TransportTables(Strictly):
    """Both transport functions by points."""

    conductivity: Annotated[PointsTable, AfterValidator(_positive_in("S/m"))]
    diffusivity: Annotated[PointsTable, AfterValidator(_positive_in("m2/s"))]


class TransportFile(Strictly):
    """An electrolyte file: two functions of the concentration, as formulae or by points."""

    schema_: Annotated[Version, Field(alias="schema"), Hint("schema = 1")]
    name: Text
    standing: Standing
    source: Text
    conductivity: ConductivityTable | None = None
    diffusivity: DiffusivityTable | None = None
    table: TransportTables | None = None
    transference: Annotated[Measured, Measure("1", "0.42", above=0.0, at_most=1.0, table=ParameterTable)]
    thermodynamic_factor: Annotated[Measured, Measure("1", "1.0", above=0.0, table=ParameterTable)]
    activation_energy: Annotated[Measured, Measure("kJ/mol", "15 kJ/mol", at_least=0.0, table=ParameterTable)]

    @model_validator(mode="after")
    def _functions(self) -> TransportFile:
        functions = (self.conductivity is not None) + (self.diffusivity is not None)
        if functions != (2 if self.table is None else 0):
            raise refusal(
                "conductivity, diffusivity and table do not fit. Write both functions, or [table.conductivity] and [table.diffusivity]."
            )
        return self
