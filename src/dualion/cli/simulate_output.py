"""What a simulation leaves: a folder with results.json, tables, figures and the simulated measurement, and lines for whoever waits.

The folder is written at once and at the end; clock, host and user are in none of its files, so that the same input gives the same bytes.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from dualion import __version__
from dualion.cli.output import DONE, FAILED, columns_of, emit, say
from dualion.cli.simulate_input import Asked
from dualion.models.runs.measured import digest_of
from dualion.models.runs.summaries import Row, beyond_the_temperatures, once
from dualion.readers.write import to_battery_format
from dualion.records.cell import Cell, Electrode
from dualion.records.figure import Figure
from dualion.records.json import to_plain
from dualion.records.measurement import Measurement
from dualion.records.quantity import Flag, Parameter
from dualion.store import publish

SCHEMA = "dualion/simulation/1"
#: Libraries that the numbers of each engine rest on.
_LIBRARIES = {"fast": ("numpy", "scipy", "numba"), "pybamm": ("numpy", "scipy", "pybamm", "pybammsolvers")}
_SHOWN_DIGITS = 5
#: Verbs that run at other temperatures than that of the cell, and say themselves what must be said of them.
_OWN_TEMPERATURES = ("temperature", "eis")


@dataclass(frozen=True, slots=True)
class Table:
    """Rows with one heading each.

    Parameters
    ----------
    name : str
        Of its file, without ending.
    rows : sequence of dict
    units : mapping of str to str
        Units of the columns that have one.
    """

    name: str
    rows: Sequence[Row]
    units: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Findings:
    """What a verb found.

    Parameters
    ----------
    given : mapping
        Plain data: what was simulated.
    tables : tuple of Table
        The first one is shown.
    shown : tuple of str
        Columns of the first table for people.
    figures : tuple of Figure
    measurements : mapping of str to Measurement
        By name of the file, without ending.
    flags : tuple of Flag
    apart : tuple of str
        Tables too long for the JSON, which names their file.
    """

    given: Mapping[str, Any]
    tables: tuple[Table, ...]
    shown: tuple[str, ...]
    figures: tuple[Figure, ...] = ()
    measurements: Mapping[str, Measurement] = field(default_factory=dict)
    flags: tuple[Flag, ...] = ()
    apart: tuple[str, ...] = ()


def finish(asked: Asked, found: Findings, *, as_json: bool) -> int:
    """Write the folder, and say what is in it.

    Parameters
    ----------
    asked : Asked
    found : Findings
    as_json : bool
        Whether a program reads the output.

    Returns
    -------
    int
        Exit code [1]: 1 where the simulation broke off, and what was computed until then was written.

    Raises
    ------
    StoreError
        The folder cannot be written to.
    """
    from dualion.figures.render import render

    if asked.verb not in _OWN_TEMPERATURES:
        found = replace(found, flags=once([*found.flags, *beyond_the_temperatures(asked.cell, [asked.cell.temperature.value])]))
    files: dict[str, bytes] = {}
    for figure in found.figures:
        files |= {f"{figure.name}.{form}": drawn for form, drawn in render(figure).items()}
    files |= {f"{table.name}.csv": as_csv(table) for table in found.tables}
    files |= {f"{name}.parquet": to_battery_format(measured, "parquet") for name, measured in found.measurements.items()}
    document = _document(asked, found, sorted([*files, "results.json"]))
    files["results.json"] = _json(document)
    publish(asked.out, files, last="results.json")
    if as_json:
        emit({**document, "folder": str(asked.out)})
    else:
        say(_lines(asked, found))
    return FAILED if any(flag.code == "partial" for flag in found.flags) else DONE


def as_csv(table: Table) -> bytes:
    """A table as comma-separated values; headings carry the unit, a number that is not there is empty."""
    text = io.StringIO()
    names = _names(table.rows)
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([f"{name} [{table.units[name]}]" if name in table.units else name for name in names])
    for row in table.rows:
        writer.writerow(["" if row.get(name) is None else row[name] for name in names])
    return text.getvalue().encode()


def provenance(cell: Cell, engine: str, given: Mapping[str, Any], changed: Mapping[str, float]) -> dict[str, Any]:
    """What the numbers of a simulation rest on, as plain data.

    Parameters
    ----------
    cell : Cell
    engine : str
    given : mapping
        What was simulated.
    changed : mapping of str to float
        Parameters that were set, in the units of their records.

    Returns
    -------
    dict
    """
    electrodes = {"anode": cell.anode} | ({} if cell.cathode is None else {"cathode": cell.cathode})
    transport = cell.electrolyte.transport
    return {
        "inputs": f"sha256:{digest_of(cell, given, engine)}",
        "open_circuit_potential": {role: _potential(electrode) for role, electrode in electrodes.items()},
        "transport": {"name": transport.name, "standing": transport.standing, "source": transport.source},
        "area": _parameter(cell.area),
        "mass_basis": cell.mass_basis,
        "loading": {role: _parameter(electrode.loading) for role, electrode in electrodes.items()},
        "one_c": {**_parameter(cell.one_c), "mass": cell.one_c_mass},
        "electrolyte_volume": _parameter(cell.electrolyte_volume),
        "initial_sodiation": cell.initial_sodiation,
        "temperature": _parameter(cell.temperature),
        "window": [_parameter(end) for end in cell.window],
        "assumed": list(cell.assumed),
        "set": dict(changed),
        "software": software(engine),
    }


def software(engine: str) -> dict[str, str]:
    """Version of this program and of each library that the numbers of an engine rest on."""
    found = {"dualion": __version__}
    for library in _LIBRARIES[engine.partition("-")[0]]:
        try:
            found[library] = version(library)
        except PackageNotFoundError:
            found[library] = "unknown"
    return found


def _potential(electrode: Electrode) -> dict[str, Any]:
    material = electrode.material
    standings = sorted({population.potential.standing for population in material.populations})
    form = "table" if material.table is not None else f"{len(material.populations)} populations"
    return {"material": material.name, "standing": material.ocp_standing, "form": form, "standing_of_parameters": standings}


def _parameter(parameter: Parameter) -> dict[str, Any]:
    return {
        "value": parameter.value,
        "unit": parameter.quantity.unit,
        "standing": parameter.standing,
        "source": parameter.source,
    }


def _document(asked: Asked, found: Findings, files: list[str]) -> dict[str, Any]:
    cell = asked.cell
    return {
        "schema": SCHEMA,
        "verb": asked.verb,
        "cell": cell.name,
        "kind": cell.kind,
        "engine": asked.engine,
        "simulated": True,
        "given": dict(found.given),
        "flags": [to_plain(flag) for flag in once(found.flags)],
        "tables": {
            table.name: {"file": f"{table.name}.csv", "units": _units(table)}
            | ({} if table.name in found.apart else {"rows": [dict(row) for row in table.rows]})
            for table in found.tables
        },
        "measurements": {f"{name}.parquet": _described(measured) for name, measured in found.measurements.items()},
        "figures": {figure.name: {"title": figure.title, "finding": figure.finding} for figure in found.figures},
        "provenance": provenance(cell, asked.engine, found.given, asked.changed),
        "files": files,
    }


def _described(measured: Measurement) -> dict[str, Any]:
    """A measurement without its table, which stands in the file."""
    return {
        "technique": measured.technique,
        "sample": measured.sample,
        "source": to_plain(measured.source),
        "conditions": to_plain(dict(measured.conditions)),
        "columns": list(measured.table.columns),
        "rows": measured.table.height,
    }


def _units(table: Table) -> dict[str, str]:
    return {name: table.units[name] for name in _names(table.rows) if name in table.units}


def _names(rows: Sequence[Row]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row))


def _json(document: Mapping[str, Any]) -> bytes:
    import json

    return json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False).encode() + b"\n"


def _lines(asked: Asked, found: Findings) -> list[str]:
    table, names = found.tables[0], set(_names(found.tables[0].rows))
    shown = [name for name in found.shown if name in names]
    heading = tuple(
        f"{name.replace('_', ' ')} [{table.units[name]}]" if table.units.get(name, "1") != "1" else name.replace("_", " ") for name in shown
    )
    rows = [heading, *(tuple(_shown(row.get(name)) for name in shown) for row in table.rows)]
    lines = [f"{asked.cell.name}: {asked.verb}, simulated with {asked.engine}", ""]
    lines += columns_of(rows) if table.rows else ["  Nothing was computed to its end."]
    if found.flags:
        lines += ["", *(f"{flag.severity}: {flag.code}: {flag.message}" for flag in once(found.flags))]
    return [*lines, "", f"Folder: {asked.out}"]


def _shown(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.{_SHOWN_DIGITS}g}" if math.isfinite(value) else "-"
    return str(value)
