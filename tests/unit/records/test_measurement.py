from __future__ import annotations

import polars as pl
import pytest

from dualion.errors import InputError
from dualion.records.figure import Axis
from dualion.records.measurement import Curve, Measurement, Provenance, Result, Source
from dualion.records.quantity import Flag, Quantity

SOURCE = Source("cell.csv", "0" * 64, "generic", 1)
TABLE = pl.DataFrame(
    {"test_time_second": [0.0, 1.0], "voltage_volt": [3.0, 2.9], "cycle_count": [1, 1], "direction": ["sodiation", "sodiation"]},
    schema_overrides={"direction": pl.Enum(["sodiation", "desodiation"])},
)


def measured(table: pl.DataFrame, source: Source = SOURCE) -> Measurement:
    return Measurement("gcd", table, {"temperature": Quantity(25.0, "degC")}, "MEC3", source)


def test_a_table_of_canonical_columns_is_taken() -> None:
    assert measured(TABLE).table.height == 2
    assert not measured(TABLE).simulated
    assert measured(TABLE.with_columns(pl.col("direction").cast(pl.String))).sample == "MEC3"


def test_nothing_simulated_is_called_measured() -> None:
    assert measured(TABLE, Source("none", "0" * 64, "half_cell", 1, origin="simulation")).simulated


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (TABLE.rename({"voltage_volt": "voltage_v"}), 'Did you mean "voltage_volt"'),
        (TABLE.with_columns(pl.col("voltage_volt").cast(pl.Float32)), "cell.csv: voltage_volt: its type is Float32; Float64 is needed"),
        (TABLE.with_columns(pl.col("cycle_count").cast(pl.Float64)), "cycle_count: its type is Float64; Int64 is needed"),
        (TABLE.with_columns(direction=pl.lit(1)), "direction: its type is Int32; Enum or String or Categorical is needed"),
    ],
)
def test_another_column_or_type_is_refused(table: pl.DataFrame, message: str) -> None:
    with pytest.raises(InputError, match=message):
        measured(table)


def test_a_withheld_value_needs_a_refusal() -> None:
    withheld = {"diffusivity": Quantity(None, "m2/s")}
    provenance = Provenance((), "gitt", 1)
    with pytest.raises(InputError, match=r"values\.diffusivity: withheld"):
        Result("gitt", withheld, {}, (Flag("apparent", "warning", "on a plateau"),), provenance)
    refusal = Flag("not_separable", "refusal", "the two arcs overlap")
    assert Result("gitt", withheld, {}, (refusal,), provenance).flags == (refusal,)


def test_a_curve_has_as_many_x_as_y() -> None:
    time, voltage = Axis("Time", "s"), Axis("Voltage", "V")
    with pytest.raises(InputError, match=r"Curve Voltage: .* lengths \[1, 2\]"):
        Curve(time, voltage, (0.0, 1.0), (3.0,))
    with pytest.raises(InputError, match="lengths"):
        Curve(time, voltage, (0.0, 1.0), (3.0, 2.9), (0.1,))
