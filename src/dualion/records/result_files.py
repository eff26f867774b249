"""A result as files: one JSON document, and each of its tables as parquet and as comma-separated values.

The JSON names the tables and lists their headings; the rows lie beside it, because a life of thousands of cycles is no matter for JSON.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

from dualion.errors import InputError
from dualion.records.json import from_plain, to_plain
from dualion.records.measurement import Result

SCHEMA = "dualion/result/1"


def document(result: Result) -> dict[str, Any]:
    """A result as plain data; of its tables the headings and the number of rows.

    Parameters
    ----------
    result : Result

    Returns
    -------
    dict
    """
    plain = cast(dict[str, Any], to_plain(replace(result, tables={})))
    plain["tables"] = {name: {"columns": table.columns, "rows": table.height} for name, table in result.tables.items()}
    return {"schema": SCHEMA, **plain}


def to_files(result: Result, stem: str) -> dict[str, bytes]:
    """A result as files.

    Parameters
    ----------
    result : Result
    stem : str
        Beginning of every file name.

    Returns
    -------
    dict of str to bytes
        ``STEM.json``, and ``STEM-TABLE.parquet`` and ``STEM-TABLE.csv`` for each table.
    """
    text = json.dumps(document(result), indent=2, ensure_ascii=False, allow_nan=False)
    files = {f"{stem}.json": f"{text}\n".encode()}
    for name, table in result.tables.items():
        buffer = io.BytesIO()
        table.write_parquet(buffer)
        files[f"{stem}-{name}.parquet"] = buffer.getvalue()
        files[f"{stem}-{name}.csv"] = table.write_csv().encode()
    return files


def from_files(files: Mapping[str, bytes], stem: str) -> Result:
    """A result that ``to_files`` wrote.

    Parameters
    ----------
    files : mapping of str to bytes
    stem : str

    Returns
    -------
    Result

    Raises
    ------
    InputError
        A file is missing, or is not of this schema.
    """
    import polars as pl

    absent = f"{stem}.json"
    try:
        plain = json.loads(files[absent])
        if plain.pop("schema", None) != SCHEMA:
            raise InputError(f"{absent}: not of the schema {SCHEMA}. Analyse the measurement again.")
        tables = {}
        for name in plain.pop("tables", {}):
            absent = f"{stem}-{name}.parquet"
            tables[name] = pl.read_parquet(io.BytesIO(files[absent]))
    except KeyError as problem:
        raise InputError(f"{absent}: missing. Keep all files of a result together.") from problem
    return replace(from_plain(Result, plain), tables=tables)
