from __future__ import annotations

import json

import polars as pl
import pytest

from dualion.errors import InputError
from dualion.records.measurement import Provenance, Result
from dualion.records.quantity import Flag, Quantity
from dualion.records.result_files import document, from_files, to_files

TABLE = pl.DataFrame({"cycle": [1, 2], "charge_capacity [mAh/g]": [427.0, None], "rule": ["fixed", "fixed"]})
RESULT = Result(
    "cycling",
    {"capacity": Quantity(427.0, "mAh/g", stderr=0.1, interval=(426.0, 428.5))},
    {},
    (Flag("integrated", "note", "no counter"),),
    Provenance(("sha256:0",), "cycling", 1),
    {"cycles": TABLE},
)


def test_a_result_comes_back_from_its_files() -> None:
    files = to_files(RESULT, "one")
    assert sorted(files) == ["one-cycles.csv", "one-cycles.parquet", "one.json"]
    back = from_files(files, "one")
    assert back.tables["cycles"].equals(TABLE)
    assert document(back) == document(RESULT)
    assert back.values == RESULT.values


def test_the_json_names_headings_and_rows_but_holds_no_rows() -> None:
    plain = json.loads(to_files(RESULT, "one")["one.json"])
    assert plain["tables"] == {"cycles": {"columns": TABLE.columns, "rows": 2}}


def test_a_missing_table_is_named() -> None:
    files = to_files(RESULT, "one")
    del files["one-cycles.parquet"]
    with pytest.raises(InputError, match=r"one-cycles\.parquet: missing"):
        from_files(files, "one")


def test_another_schema_is_refused() -> None:
    with pytest.raises(InputError, match="schema"):
        from_files({"one.json": b"{}"}, "one")
