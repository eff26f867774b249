"""Measurements as Battery Data Format: csv and parquet, which ``dualion.readers.read`` reads back to the same numbers.

Columns have the format's machine names, or its preferred labels; what the format has no name for keeps ours. The counters of capacity and
energy that the format has given up (``step_capacity_ah``, ``step_energy_wh``) are never written: ours are the signed ones. The numbers
are written with all their digits. A parquet file also holds a JSON text with what the table cannot say, and a
seal by which damage is found.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Literal

import polars as pl

from dualion.columns import column
from dualion.errors import InputError, ReadError, SpecError
from dualion.readers.format import Given
from dualion.readers.parquet import sealed
from dualion.records.cell_record import CellRecord
from dualion.records.json import from_plain, to_plain
from dualion.records.measurement import Measurement, Source
from dualion.records.quantity import Flag, Quantity

Form = Literal["csv", "parquet"]

#: Key of the JSON text in the metadata of a parquet file.
METADATA = "dualion"
#: Condition under which the source of a converted file is told.
CONVERTED = "converted_from"
#: First words of that text.
SCHEMA = "dualion/measurement/1"
_AGAIN = "Convert the original file anew."


@dataclass(frozen=True, slots=True)
class Record:
    """What the table of a measurement does not say."""

    schema: str
    technique: str
    sample: str
    source: Source
    corrections: tuple[str, ...] = ()
    flags: tuple[Flag, ...] = ()
    conditions: dict[str, Quantity | str] = field(default_factory=dict)
    cell: CellRecord = field(default_factory=CellRecord)
    region: str = ""


def to_battery_format(measured: Measurement, form: Form = "csv", *, labels: bool = False) -> bytes:
    """A measurement as Battery Data Format.

    A spectrum without time, voltage and current is written under the format's names as well; it lacks the columns that the format requires.

    Parameters
    ----------
    measured : Measurement
    form : {"csv", "parquet"}
    labels : bool
        Preferred labels (``Voltage / V``) in place of machine names (``voltage_volt``).

    Returns
    -------
    bytes
        The same measurement gives the same bytes.

    Raises
    ------
    SpecError
        Another form, or a simulated measurement as csv, which could not say so.
    InputError
        A number is infinite.
    """
    if form not in ("csv", "parquet"):
        raise SpecError(f'form: "{form}" is not known. Write "csv" or "parquet".')
    if form == "csv" and measured.simulated:
        raise SpecError(f"{measured.source.file}: it is simulated, and a csv cannot say so. Write parquet.")
    table = _finite(measured)
    named = table.rename({name: column(name).bdf or name for name in table.columns}) if labels else table
    if form == "csv":
        return named.write_csv(line_terminator="\n").encode()
    record = Record(
        SCHEMA,
        measured.technique,
        measured.sample,
        measured.source,
        measured.corrections,
        measured.flags,
        dict(measured.conditions),
        measured.cell,
        measured.region,
    )
    text = json.dumps(to_plain(record), ensure_ascii=False, allow_nan=False, sort_keys=True)
    return sealed(named, {METADATA: text})


def record_from(given: Given, read: Measurement, text: str) -> Measurement:
    """A measurement as it was before it was written.

    Parameters
    ----------
    given : Given
        The parquet file.
    read : Measurement
        Its table.
    text : str
        The JSON text in its metadata.

    Returns
    -------
    Measurement
        Its source is this file; where it came from before is among the conditions.

    Raises
    ------
    ReadError
        The text is not one of ours.
    """
    try:
        record = from_plain(Record, json.loads(text))
    except (ValueError, InputError) as problem:
        raise ReadError(given.name, "metadata", f"it is not what dualion writes ({str(problem)[:120]})", _AGAIN) from None
    if record.schema != SCHEMA:
        raise ReadError(
            given.name, "metadata", f'"{record.schema[:40]}" is another version', f"{_AGAIN[:-1]}, with this version of dualion."
        )
    before = record.source
    told = f"{before.file} (sha256 {before.sha256}), read as {before.reader} {before.reader_version}"
    return replace(
        read,
        technique=record.technique,
        sample=record.sample,
        source=replace(read.source, origin=before.origin),
        corrections=record.corrections,
        flags=record.flags,
        conditions={CONVERTED: told, **record.conditions},
        cell=record.cell,
        region=record.region,
    )


def _finite(measured: Measurement) -> pl.DataFrame:
    """The table with null for NaN."""
    table = measured.table.with_columns(pl.col(pl.Float64).fill_nan(None))
    for name, kind in table.schema.items():
        if kind == pl.Float64 and table[name].is_infinite().any():
            raise InputError(f"{measured.source.file}: {name}: it holds an infinite number, which is no measured value.")
    return table
