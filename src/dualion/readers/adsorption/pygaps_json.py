"""Isotherms in the JSON of pyGAPS: ``isotherm_data`` with pressure, loading and branch, and the units by their names.

The loading must have a molar basis, a mass basis, or volumes at 0 degC and 101325 Pa (``cm3(STP)``); the basis ``volume_gas`` of pyGAPS is
the volume of gas at the temperature of the bath, 3.53 times smaller for nitrogen at 77 K, and is refused. So is a material basis that is no
mass.

Reference: Iacomi & Llewellyn 2019.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from dualion.errors import ReadError
from dualion.numerics.sorption.branches import BRANCHES
from dualion.readers.adsorption.building import LOADING, PRESSURE, RELATIVE, Said, isotherm, pressure_factor
from dualion.readers.adsorption.loadings import loading_factor
from dualion.readers.format import Format, Given
from dualion.readers.texts.decoding import beginning, decoded
from dualion.records.measurement import Measurement

_READER = "pygaps-json"
_MARK = re.compile(r'"isotherm_data"\s*:')
_BRANCH = {"ads": BRANCHES[0], "des": BRANCHES[1], 0: BRANCHES[0], 1: BRANCHES[1]}
_GAS_HINT = "Convert the isotherm in pyGAPS to the molar basis: isotherm.convert_loading(basis_to='molar', unit_to='mmol')."


def _recognises(given: Given) -> bool:
    text = beginning(given)
    return text.lstrip().startswith("{") and _MARK.search(text) is not None


def _read(given: Given) -> Measurement:
    try:
        held = json.loads(decoded(given), object_pairs_hook=lambda pairs: _once(given, pairs))
    except json.JSONDecodeError as problem:
        reason = f"the JSON is damaged ({problem.msg})"
        raise ReadError(given.name, f"line {problem.lineno}, column {problem.colno}", reason, "Copy or export the file anew.") from None
    if not isinstance(held, dict) or not isinstance(held.get("isotherm_data"), list):
        raise ReadError(given.name, "isotherm_data", "it is no list of points", "Export the isotherm anew; a fitted model has no points.")
    said = _said(given, held)
    points: Sequence[Any] = held["isotherm_data"]
    columns = {name: _column(given, points, name) for name in ("pressure", "loading")}
    branch = [_branch(given, at, one) for at, one in enumerate(points)]
    loading = columns["loading"] * _loading_factor(given, held, said)
    mode = held.get("pressure_mode", "absolute")
    if mode == "absolute":
        factor = pressure_factor(given, "pressure_unit", str(held.get("pressure_unit") or ""))
        return isotherm(given, {PRESSURE: columns["pressure"] * factor, LOADING: loading}, said, reader=_READER, branch=branch)
    if mode not in ("relative", "relative%"):
        raise ReadError(given.name, "pressure_mode", f'"{str(mode)[:40]}" is not known', 'Write "absolute" or "relative".')
    relative = columns["pressure"] / (100.0 if mode == "relative%" else 1.0)
    return isotherm(given, {RELATIVE: relative, LOADING: loading}, said, reader=_READER, branch=branch)


def _once(given: Given, pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose names stand there once each."""
    names = [name for name, _ in pairs]
    twice = next((name for name in names if names.count(name) > 1), None) if len(set(names)) < len(names) else None
    if twice is not None:
        raise ReadError(given.name, f'"{twice[:40]}"', "this name stands there twice", "Leave one of them in the file.")
    return dict(pairs)


def _loading_factor(given: Given, held: Mapping[str, Any], said: Said) -> float:
    basis, unit = str(held.get("loading_basis", "")), str(held.get("loading_unit") or "")
    material, per = str(held.get("material_basis", "")), str(held.get("material_unit") or "")
    if basis in ("volume_gas", "volume_liquid"):
        raise ReadError(given.name, "loading_basis", f'"{basis}" is a volume at the temperature of the bath, not an amount', _GAS_HINT)
    if material != "mass":
        raise ReadError(
            given.name, "material_basis", f'"{material[:40]}" is no mass of sample', "Convert it in pyGAPS to the basis of mass."
        )
    if basis in ("fraction", "percent"):
        return loading_factor(given, "loading_basis", "%" if basis == "percent" else "fraction", adsorptive=said.adsorptive, mass=None)
    if basis not in ("molar", "mass"):
        raise ReadError(given.name, "loading_basis", f'"{basis[:40]}" is not known', _GAS_HINT)
    return loading_factor(given, "loading_unit", f"{unit}/{per}", adsorptive=said.adsorptive, mass=None)


def _column(given: Given, points: Sequence[Any], name: str) -> pl.Series:
    values: list[float | None] = []
    for at, one in enumerate(points):
        value = one.get(name) if isinstance(one, dict) else None
        if isinstance(value, bool) or not isinstance(value, int | float | None):
            raise ReadError(given.name, f"point {at + 1}, {name}", f"{str(value)[:40]!r} is not a number", "Export the file anew.")
        values.append(None if value is None or not math.isfinite(value) else float(value))
    return pl.Series(name, values, dtype=pl.Float64)


def _branch(given: Given, at: int, one: Any) -> str:
    written = one.get("branch", "ads") if isinstance(one, dict) else "ads"
    if not isinstance(written, str | int) or written not in _BRANCH:
        raise ReadError(given.name, f"point {at + 1}, branch", f"{str(written)[:40]!r} is no branch", 'Write "ads" or "des".')
    return _BRANCH[written]


def _said(given: Given, held: Mapping[str, Any]) -> Said:
    temperature, unit = held.get("temperature"), held.get("temperature_unit", "K")
    if temperature is not None and (isinstance(temperature, bool) or not isinstance(temperature, int | float)):
        raise ReadError(given.name, "temperature", f"{str(temperature)[:40]!r} is not a number", "Correct it in the file.")
    if unit not in ("K", "°C"):
        raise ReadError(given.name, "temperature_unit", f'"{str(unit)[:40]}" is not known', "Write K.")
    kelvin = None if temperature is None else float(temperature) + (273.15 if unit == "°C" else 0.0)
    words = {name: str(held.get(name) or "") for name in ("adsorbate", "material", "instrument")}
    return Said(words["adsorbate"], kelvin, None, words["material"], words["instrument"])


FORMATS = (Format(_READER, "Isotherm of pyGAPS (.json)", (".json",), _recognises, _read),)
