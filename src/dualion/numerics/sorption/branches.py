"""One branch of a measured isotherm, sorted and cleaned: relative pressure, loading, adsorptive and temperature."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualion.errors import CoverageError, InputError, SpecError
from dualion.numerics.sorption.gases import GASES, Gas, gas, saturation_pressure
from dualion.records.measurement import Measurement
from dualion.records.quantity import Flag, Quantity
from dualion.units import convert

Array = NDArray[np.float64]

BRANCHES = ("adsorption", "desorption")
#: [K] by which the temperature may differ from those at which the adsorptive is used.
_NEAR = 2.0
#: [K] from the boiling point within which the saturation pressure is computed.
_COMPUTED = 5.0
#: Relative pressure [1] below which an isotherm must begin for its micropores to be seen.
LATE = 1e-4
_KELVIN_IN_NAME = re.compile(r"(?<![0-9.])(\d{2,3}(?:\.\d+)?)[ _]?K(?![A-Za-z])")


@dataclass(frozen=True, slots=True)
class Branch:
    """A branch of an isotherm.

    Parameters
    ----------
    x : ndarray, shape (n,)
        [1] relative pressure between 0 and 1, rising.
    loading : ndarray, shape (n,)
        [mol/kg], positive.
    gas : Gas
    temperature : float
        [K]
    flags : tuple of Flag
        What was found on the way.
    """

    x: Array
    loading: Array
    gas: Gas
    temperature: float
    flags: tuple[Flag, ...]

    @property
    def volume(self) -> Array:
        """[cm3/g] of liquid, shape (n,)."""
        return np.asarray(1e-3 * self.gas.liquid_volume * self.loading)


def branch_of(measured: Measurement, name: str, *, adsorptive: str | None, temperature: float | None, least: int) -> Branch:
    """A branch of a measured isotherm.

    Parameters
    ----------
    measured : Measurement
    name : {"adsorption", "desorption"}
    adsorptive : str or None
        Where the file does not say it.
    temperature : float or None
        [K] where the file does not say it.
    least : int
        Fewest points [1] it must have.

    Returns
    -------
    Branch

    Raises
    ------
    SpecError
        Adsorptive or temperature is not known, or no saturation pressure can be had.
    InputError
        A column is missing.
    CoverageError
        Too few points.
    """
    used, bath = _gas_of(measured, adsorptive), _temperature_of(measured, temperature)
    x, flags = _relative_pressure(measured, used, bath)
    loading = measured.table["loading_mol_per_kg"].to_numpy()
    finite = np.isfinite(x) & np.isfinite(loading)
    flags = [*_conflicts(measured, used, bath), *flags]
    if not finite.all():
        message = f"{int((~finite).sum())} of {finite.size} rows have no pressure or no loading and were left out."
        flags.append(Flag("missing_values", "warning", message))
    of_branch = _is_branch(measured.table, np.where(finite, x, -np.inf), name)
    usable = finite & of_branch & (x > 0) & (x < 1) & (loading > 0)
    pressures, places = np.unique(x[usable], return_inverse=True)
    if pressures.size < least:
        raise CoverageError(f"{measured.source.file}: the {name} branch, in points at different pressures,", least, int(pressures.size))
    amount = np.bincount(places, loading[usable]) / np.bincount(places)
    if np.ptp(amount) <= 0:
        raise InputError(f"{measured.source.file}: loading_mol_per_kg: it is the same at all pressures. Check the column.")
    return Branch(pressures, amount, used, bath, tuple(flags))


def branch_if_any(measured: Measurement, name: str, *, adsorptive: str | None, temperature: float | None) -> Branch | None:
    """A branch that is only shown; None where the measurement has not two usable points of it.

    Parameters
    ----------
    measured, name, adsorptive, temperature
        As of ``branch_of``; the temperature in [K].
    """
    try:
        return branch_of(measured, name, adsorptive=adsorptive, temperature=temperature, least=2)
    except InputError:
        return None


def others_not_used(measurements: Sequence[Measurement]) -> tuple[Flag, ...]:
    """A warning that names the measurements behind the first, where there are any."""
    if len(measurements) < 2:
        return ()
    names = ", ".join(one.source.file for one in measurements[1:])
    return (Flag("not_used", "warning", f"One isotherm is analysed at a time; not used: {names}."),)


def _gas_of(measured: Measurement, stated: str | None) -> Gas:
    name = measured.conditions.get("adsorptive", stated)
    known = ", ".join(one.name for one in GASES)
    if not isinstance(name, str) or not name:
        raise SpecError(f'adsorptive: {measured.source.file} does not say it. Give one of {known}, such as adsorptive = "nitrogen".')
    found = gas(name)
    if found is None:
        raise SpecError(f'adsorptive: "{name}" of {measured.source.file} is not known. Known are {known}.')
    return found


def _temperature_of(measured: Measurement, stated: float | None) -> float:
    found = measured.conditions.get("temperature")
    if isinstance(found, Quantity) and found.value is not None:
        return convert(found.value, found.unit, "K")
    if stated is None:
        raise SpecError(f"temperature: {measured.source.file} does not say it. Give that of the bath in K, such as temperature = 77.355.")
    return stated


def _relative_pressure(measured: Measurement, used: Gas, bath: float) -> tuple[Array, list[Flag]]:
    table = measured.table
    if "relative_pressure" in table.columns:
        return table["relative_pressure"].to_numpy(), []
    if "pressure_pascal" not in table.columns:
        raise InputError(f"{measured.source.file}: no column relative_pressure or pressure_pascal. Give a measurement with one of them.")
    pressure = table["pressure_pascal"].to_numpy()
    if "saturation_pressure_pascal" in table.columns:
        saturation = table["saturation_pressure_pascal"].to_numpy()
        return np.asarray(pressure / np.where(saturation > 0, saturation, np.nan)), []
    if abs(bath - used.boiling_point) > _COMPUTED:
        reason = f"saturation pressure: {measured.source.file} has none, and that of {used.name} is not known here at {bath:g} K."
        raise SpecError(f"{reason} Give a table with relative pressures.")
    p0 = saturation_pressure(used, bath)
    message = f"The file gives no saturation pressure; {p0:.0f} Pa of {used.name} at {bath:g} K was taken."
    return np.asarray(pressure / p0), [Flag("saturation_pressure_computed", "note", message)]


def _is_branch(table: pl.DataFrame, x: Array, name: str) -> NDArray[np.bool_]:
    if "branch" in table.columns:
        return np.asarray((table["branch"].cast(pl.String) == name).fill_null(value=False).to_numpy())
    rising = np.arange(x.size) <= int(np.argmax(x)) if x.size else np.zeros(0, dtype=bool)
    return rising if name == "adsorption" else ~rising


def _conflicts(measured: Measurement, used: Gas, bath: float) -> list[Flag]:
    """Where adsorptive, temperature and the name of the file do not go together."""
    found = []
    if min(abs(bath - one) for one in used.baths) > _NEAR:
        usual = ", ".join(f"{one:g}" for one in used.baths)
        found.append(f"{used.name} is adsorbed at {usual} K, and the file says {bath:g} K")
    in_name = _KELVIN_IN_NAME.search(measured.source.file)
    if in_name and abs(float(in_name[1]) - bath) > _NEAR:
        found.append(f"the name of the file says {in_name[1]} K, and its content {bath:g} K")
    return [Flag("adsorptive_temperature_conflict", "warning", f"{one[0].upper()}{one[1:]}; check the metadata.") for one in found]
