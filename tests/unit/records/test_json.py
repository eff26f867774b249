from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualion.errors import InputError
from dualion.records.figure import Axis
from dualion.records.json import from_plain, to_plain
from dualion.records.measurement import Curve, Provenance, Result
from dualion.records.quantity import Flag, Parameter, Quantity

FINITE = st.floats(allow_nan=False, allow_infinity=False)
TEXT = st.text(max_size=8)
QUANTITIES = st.builds(
    Quantity,
    value=FINITE,
    unit=st.sampled_from(["V", "mAh/g", "1"]),
    stderr=st.none() | FINITE,
    n=st.none() | st.integers(1, 99),
    rule=st.none() | TEXT,
)
FLAGS = st.builds(Flag, code=TEXT, severity=st.sampled_from(["note", "warning", "refusal"]), message=TEXT)
CURVES = st.lists(FINITE, max_size=4).map(lambda y: Curve(Axis("Time", "s"), Axis("Voltage", "V"), tuple(y), tuple(y)))
RESULTS = st.builds(
    Result,
    technique=TEXT,
    values=st.dictionaries(TEXT, QUANTITIES, max_size=3),
    curves=st.dictionaries(TEXT, CURVES, max_size=2),
    flags=st.lists(FLAGS, max_size=3).map(tuple),
    provenance=st.builds(
        Provenance,
        inputs=st.lists(TEXT, max_size=2).map(tuple),
        method=TEXT,
        method_version=st.integers(1, 9),
        options=st.dictionaries(TEXT, FINITE | TEXT | st.none(), max_size=3),
        software=st.dictionaries(TEXT, TEXT, max_size=2),
        seed=st.none() | st.integers(0, 2**63),
    ),
)


@given(RESULTS)
def test_a_result_survives_json_bit_for_bit(result: Result) -> None:
    text = json.dumps(to_plain(result), allow_nan=False)
    assert from_plain(Result, json.loads(text)) == result


@dataclass(frozen=True, slots=True)
class Mixed:
    """Every kind of field that our records have."""

    either: float | tuple[float, float] | None
    pair: tuple[str, int]
    choice: Literal["a", "b"] | float
    many: tuple[tuple[Flag, float], ...]
    table: Mapping[str, str | tuple[str, str]]
    listed: Sequence[int] = ()
    anything: Any = None
    on: bool = False
    defaults: Mapping[str, float] = field(default_factory=dict)


@pytest.mark.parametrize(
    "record",
    [
        Mixed(1.0, ("x", 2), "a", (), {}),
        Mixed((1.0, 2.0), ("x", 2), 0.5, ((Flag("c", "note", "m"), 3.0),), {"k": "v", "l": ("v", "w")}, on=True),
        Mixed(None, ("", 0), "b", (), {}, listed=(1, 2), anything={"deep": [1, None, "x"]}, defaults={"a": 1.0}),
    ],
)
def test_every_kind_of_field_survives(record: Mixed) -> None:
    assert from_plain(Mixed, json.loads(json.dumps(to_plain(record)))) == record


def test_a_tuple_of_records_is_a_type_too() -> None:
    flags = (Flag("a", "note", ""), Flag("b", "refusal", "why"))
    assert from_plain(tuple[Flag, ...], to_plain(flags)) == flags


def test_numbers_of_numpy_become_plain_ones() -> None:
    plain = to_plain({"a": np.float64(0.1), "b": np.int64(3)})
    assert plain == {"a": 0.1, "b": 3}
    assert isinstance(plain, dict)
    assert [type(value) for value in plain.values()] == [float, int]


def test_whole_numbers_are_read_where_a_float_is_due() -> None:
    read = from_plain(Quantity, {"value": 3, "unit": "V"})
    assert read == Quantity(3.0, "V")
    assert type(read.value) is float


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ({"a": math.nan}, r"dict\.a: nan is not finite"),
        ((1.0, math.inf), r"tuple\[1\]: inf is not finite"),
        ({1: "x"}, r"the key 1 is not text"),
        ({"file": Path("x")}, r"dict\.file: .*Path is not plain data"),
        ({"y": np.zeros(2)}, r"dict\.y: ndarray is not plain data"),
        (b"bytes", r"bytes is not plain data"),
        (Flag, r"type is not plain data"),
    ],
)
def test_what_json_cannot_hold_is_refused(record: object, message: str) -> None:
    with pytest.raises(InputError, match=message):
        to_plain(record)


GOOD = {"quantity": {"value": 1.0, "unit": "V"}, "standing": "stated", "source": "Sec 1"}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({**GOOD, "standing": "guessed"}, r"Parameter\.standing: 'guessed' is not 'stated' or"),
        ({**GOOD, "colour": 1}, r"Parameter\.colour: unknown key"),
        ({"quantity": GOOD["quantity"], "standing": "stated"}, r"Parameter\.source: missing"),
        ({**GOOD, "quantity": {"value": "1", "unit": "V"}}, r"Parameter\.quantity\.value: '1' is not float or NoneType"),
        ({**GOOD, "quantity": {"value": True, "unit": "V"}}, r"quantity\.value: True is not"),
        ({**GOOD, "quantity": {"value": math.nan, "unit": "V"}}, r"quantity\.value: nan is not"),
        ({**GOOD, "quantity": {"value": 1.0, "unit": "V", "n": 1.5}}, r"quantity\.n: 1\.5 is not int or NoneType"),
        ({**GOOD, "quantity": [1.0, "V"]}, r"Parameter\.quantity: \[1\.0, 'V'\] is not a table of keys"),
        ({**GOOD, "claims": "P001"}, r"Parameter\.claims: 'P001' is not a list"),
        ({**GOOD, "claims": [1]}, r"Parameter\.claims\[0\]: 1 is not str"),
        (None, r"Parameter: None is not a table of keys"),
        ({**GOOD, "source": ["long"] * 40}, r"\.\.\. is not str"),
    ],
)
def test_data_of_another_form_are_refused_with_their_path(data: object, message: str) -> None:
    with pytest.raises(InputError, match=message):
        from_plain(Parameter, data)


def test_a_pair_has_two_items() -> None:
    with pytest.raises(InputError, match=r"Mixed\.pair: 2 items are expected and 3 are given"):
        from_plain(Mixed, {"either": None, "pair": ["x", 1, 2], "choice": "a", "many": [], "table": {}})


def test_a_problem_inside_an_optional_record_names_its_own_path() -> None:
    @dataclass(frozen=True)
    class Holder:
        """Holds a flag, or nothing."""

        flag: Flag | None = None

    Holder.__annotations__ = {"flag": Flag | None}
    with pytest.raises(InputError, match=r"Holder\.flag\.severity: 'loud' is not"):
        from_plain(Holder, {"flag": {"code": "a", "severity": "loud", "message": ""}})
    assert from_plain(Holder, {"flag": None}) == Holder()
