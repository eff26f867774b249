"""Battery Data Format (Battery Data Alliance): csv and parquet with machine names (``voltage_volt``) or labels (``Voltage / V``).

Labels with another unit than the format's own (``Test Time / h``) are converted. Step counters of capacity and energy that the format has
given up are left out: whether they are signed and when they begin anew is not said. A parquet file that dualion wrote also holds what the
table cannot say (technique, region, cell, conditions, corrections, flags), and a seal. Tables of characterisation, for which the format has
no names, are written and read under the names of ``dualion.columns``.

Names and labels: Battery Data Format ontology, w3id.org/battery-data-alliance/ontology/battery-data-format.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from dualion.columns import COLUMNS, Column
from dualion.errors import ReadError
from dualion.readers.format import Format, Given
from dualion.readers.parquet import footer
from dualion.readers.parquet import table as parquet_table
from dualion.readers.tables import measured
from dualion.readers.texts.decoding import beginning, decoded
from dualion.readers.texts.delimited import MOST_COLUMNS, Cells, cells, delimiter_of, fields
from dualion.readers.texts.headings import converted, heading
from dualion.readers.write import METADATA, SCHEMA, record_from
from dualion.records.measurement import Measurement
from dualion.records.quantity import Flag, Severity

_VERSION = 1
#: What a table must have: a record of cycling, or a spectrum.
_CYCLING = ("test_time_second", "voltage_volt", "current_ampere")
_SPECTRUM = ("frequency_hertz", "real_impedance_ohm", "imaginary_impedance_ohm")
#: Columns by which a table of characterisation is known, and what it then is; absorption by its energies.
_ABSCISSAE = {
    "q_inverse_nanometre": "saxs",
    "two_theta_degree": "xrd",
    "raman_shift_per_centimetre": "raman",
    "wavenumber_per_centimetre": "ftir",
    "binding_energy_electronvolt": "xps",
    "photon_energy_electronvolt": "xafs",
    "loading_mol_per_kg": "sorption",
    "time_second": "gdoes",
    "descriptor_value": "descriptors",
}
_SOFT = 1000.0  # [eV] below it lie the edges of light elements, measured for their near-edge structure
#: Labels that differ from ours, without their unit, and the columns they mean.
_OTHER_LABELS = {"surface temperature t1": "cell_temperature_celsius", "step record index": "record_index"}
_OTHER_NAMES = {"temperature_t1_celsius": "cell_temperature_celsius"}
_MOST_WORDS = 1000  # kinds of step; more are no kinds
_EXACT = 2.0**53  # largest integer that float64 counts to
_SHOWN = 8  # columns in a message
_AGAIN = "Export or copy the file anew."


@dataclass(frozen=True, slots=True)
class _Place:
    """A column of the file that is one of ours."""

    column: Column
    index: int


def _labels() -> dict[str, Column]:
    bases = {one.bdf.split(" / ")[0].casefold(): one for one in COLUMNS.values() if one.bdf}
    return bases | {label: COLUMNS[name] for label, name in _OTHER_LABELS.items()}


_LABELS = _labels()
_NAMES = dict(COLUMNS) | {name: COLUMNS[ours] for name, ours in _OTHER_NAMES.items()}


def column_of(name: str) -> Column | None:
    """Our column for a machine name or a label of the format, whatever the unit of the label; None where there is none."""
    if name in _NAMES:
        return _NAMES[name]
    base, _, unit = name.rpartition(" / ")
    return _LABELS.get((base if base and unit else name).strip().casefold()) if " / " in name or name in ("Step Type", "Step ID") else None


def _places(given: Given, names: Sequence[str]) -> list[_Place]:
    """Columns of ours among the names of a file."""
    found: dict[str, _Place] = {}
    for index, name in enumerate(names):
        column = column_of(name)
        if column is None:
            continue
        if column.name in found:
            reason = f'"{names[found[column.name].index]}" and "{name}" both are {column.name}'
            raise ReadError(given.name, "headings", reason[:160], "Keep one of them.")
        found[column.name] = _Place(column, index)
    return list(found.values())


def _complete(names: Sequence[str]) -> bool:
    ours = {column.name for column in map(column_of, names) if column is not None}
    return ours.issuperset(_CYCLING) or ours.issuperset(_SPECTRUM) or (len(ours) > 1 and not ours.isdisjoint(_ABSCISSAE))


# --- csv ----------------------------------------------------------------------------------------------------------------------


def _header(text: str) -> tuple[int, str] | None:
    """Where the line of names begins, and its delimiter."""
    start = len(text) - len(text.lstrip("\n \t"))
    end = text.find("\n", start)
    line = text[start : len(text) if end < 0 else end]
    delimiter = delimiter_of(line)
    if delimiter is None or line.count(delimiter) >= MOST_COLUMNS or not _complete(fields(line, delimiter)):
        return None
    return start, delimiter


def _is_csv(given: Given) -> bool:
    return _header(beginning(given)) is not None


def _read_csv(given: Given) -> Measurement:
    text = decoded(given)
    found = _header(text)
    if found is None:
        raise ReadError(given.name, "line 1", "the names of the columns are not those of the Battery Data Format", _AGAIN)
    table = cells(given, text, header=found[0], delimiter=found[1])
    places = _places(given, table.names)
    marks = table.marks([place.index for place in places if place.column.kind != "text"])
    columns: dict[str, pl.Series] = {}
    for place in places:
        name, index = place.column.name, place.index
        if place.column.kind == "text":
            columns[name] = _words(given, name, table.text(index))
        else:
            values = table.numbers(index, marks)
            columns[name] = _in_our_unit(given, place.column, values, table.names[index], table)
    return _measurement(given, columns, table.names, places, reader="bdf-csv", flags=table.flags)


def _in_our_unit(given: Given, column: Column, values: pl.Series, name: str, table: Cells) -> pl.Series:
    if column.kind == "counter":
        return _whole(given, values, name)
    if " / " not in name:
        return values  # a machine name says its unit
    return converted(given, values, heading(name), column.unit, line=table.first_line - 1, example=column.bdf or column.name)


def _whole(given: Given, values: pl.Series, name: str) -> pl.Series:
    """A counter, which must be made of integers."""
    numbers = values.drop_nulls().to_numpy()
    if not np.array_equal(numbers, np.rint(numbers)) or np.any(np.abs(numbers) >= _EXACT):
        raise ReadError(given.name, f'column "{name[:40]}"', "a counter has values that are no integers", _AGAIN)
    return values.cast(pl.Int64)


def _words(given: Given, name: str, values: pl.Series) -> pl.Series:
    if values.n_unique() > _MOST_WORDS:
        raise ReadError(given.name, f'column "{name}"', f"it has more than {_MOST_WORDS} different words", _AGAIN)
    return values


# --- parquet ------------------------------------------------------------------------------------------------------------------


def _is_parquet(given: Given) -> bool:
    """Whether the footer, in which the names stand as they are, has those that a table needs."""
    named = footer(given.data)
    if SCHEMA.encode() in named:
        return True
    return any(all(any(word in named for word in _spellings(name)) for name in needed) for needed in (_CYCLING, _SPECTRUM))


def _spellings(name: str) -> tuple[bytes, ...]:
    label = COLUMNS[name].bdf.split(" / ")[0]
    return name.encode(), f"{label} / ".encode()


def _read_parquet(given: Given) -> Measurement:
    frame, metadata = parquet_table(given)
    names = frame.columns
    if len(names) > MOST_COLUMNS:
        raise ReadError(given.name, "schema", f"the table has {len(names)} columns, and {MOST_COLUMNS} are allowed", _AGAIN)
    if METADATA not in metadata and not _complete(names):
        raise ReadError(given.name, "schema", "its columns are not those of the Battery Data Format", _AGAIN)
    places = _places(given, names)
    columns = {place.column.name: _typed(given, place, frame[names[place.index]]) for place in places}
    read = _measurement(given, columns, names, places, reader="bdf-parquet", flags=())
    return record_from(given, read, metadata[METADATA]) if METADATA in metadata else read


def _typed(given: Given, place: _Place, values: pl.Series) -> pl.Series:
    """A column as stored, in our type and unit."""
    column, name = place.column, values.name
    if column.kind == "text":
        return _words(given, name, values.cast(pl.String))
    if not (values.dtype.is_numeric() or values.null_count() == values.len()):
        raise ReadError(given.name, f'column "{name[:40]}"', f"it holds {values.dtype} where numbers are needed", _AGAIN)
    if column.kind == "counter":
        return values.cast(pl.Int64) if values.dtype.is_integer() else _whole(given, values.cast(pl.Float64), name)
    numbers = values.cast(pl.Float64)
    if " / " not in name:
        return numbers
    return converted(given, numbers, heading(name), column.unit, line=1, example=column.bdf or column.name)


# --- both ---------------------------------------------------------------------------------------------------------------------


def _measurement(
    given: Given,
    columns: Mapping[str, pl.Series],
    names: Sequence[str],
    places: Sequence[_Place],
    *,
    reader: str,
    flags: tuple[Flag, ...],
) -> Measurement:
    used = {place.index for place in places}
    flags += ignored(given, [name for index, name in enumerate(names) if index not in used])
    technique = _technique(columns)
    made = measured(given, pl.DataFrame(dict(columns)), technique=technique, reader=reader, version=_VERSION, flags=flags)
    return replace(made, table=made.table.rechunk())


def ignored(given: Given, names: Sequence[str], severity: Severity = "note") -> tuple[Flag, ...]:
    """A flag on columns that are not read; nothing where there are none."""
    named = [name[:40] for name in names if name.strip()]
    if not named:
        return ()
    shown = ", ".join(named[:_SHOWN]) + (f" and {len(named) - _SHOWN} more" if len(named) > _SHOWN else "")
    return (Flag("columns_ignored", severity, f"{given.name}: not read: {shown}."),)


def _technique(columns: Mapping[str, pl.Series]) -> str:
    """What a table of canonical columns holds."""
    if set(_SPECTRUM) <= set(columns):
        return "eis"
    named = next((technique for name, technique in _ABSCISSAE.items() if name in columns), None)
    if named == "xafs":
        highest = columns["photon_energy_electronvolt"].max()
        return "nexafs" if isinstance(highest, float) and highest < _SOFT else "xafs"
    return named or "gcd"


FORMATS = (
    Format("bdf-parquet", "Battery Data Format (.bdf.parquet)", (".parquet",), _is_parquet, _read_parquet, _VERSION),
    Format("bdf-csv", "Battery Data Format (.bdf.csv)", (".csv", ".bdf"), _is_csv, _read_csv, _VERSION),
)
