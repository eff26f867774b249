"""The numbers of each sample as one table: means of several files, methods kept apart, bounds kept as bounds."""

from __future__ import annotations

import math

import polars as pl
import pytest

from dualion.project.analysis import Finished
from dualion.project.plan import Task
from dualion.project.samples.gathering import DESCRIBING, averaged, described, descriptor_table
from dualion.project.samples.records import Described
from dualion.project.samples.view import side_by_side
from dualion.records.measurement import Provenance, Result
from dualion.records.quantity import Flag, Quantity
from dualion.techniques import NAMES


def of_raman(sample: str, path: str, g_position: float | None, *, stderr: float | None = 0.5) -> Finished:
    values = {"g_position": Quantity(g_position, "cm-1", stderr, rule="lorentz2, arpls"), "unheard_of": Quantity(1.0, "1")}
    flags = (Flag("peak_at_bound", "refusal", "no number"),) if g_position is None else ()
    result = Result("raman", values, {}, flags, Provenance(("sha256:0",), "raman", 1))
    return Finished(Task("raman", (path,), sample, sample), result)


def one(sample: str, name: str, value: float, **more: object) -> Described:
    settings: dict[str, object] = {"stderr": None, "unit": "1", "method": "m", "source": "s"} | more
    return Described(sample, name, value, **settings)  # type: ignore[arg-type]


def test_what_describes_a_sample_is_taken_with_its_origin() -> None:
    (found,) = described([of_raman("MEC3", "a.txt", 1585.0)])
    assert (found.sample, found.name, found.value, found.stderr, found.unit) == ("MEC3", "g_position", 1585.0, 0.5, "cm-1")
    assert found.method == "raman: lorentz2, arpls"
    assert found.paths == ("a.txt",)


def test_what_is_withheld_describes_nothing() -> None:
    assert described([of_raman("MEC3", "a.txt", None)]) == ()


def test_every_describing_technique_exists() -> None:
    assert set(DESCRIBING) <= set(NAMES)


def test_several_spots_of_a_sample_give_their_mean_with_their_scatter() -> None:
    spots = [of_raman("MEC3", f"{place}.txt", value) for place, value in enumerate((1580.0, 1584.0, 1588.0))]
    (found,) = described(spots)
    assert found.value == pytest.approx(1584.0)
    assert found.stderr == pytest.approx(4.0 / math.sqrt(3)), "the scatter is larger than the errors stated"
    assert found.files == 3
    assert found.paths == ("0.txt", "1.txt", "2.txt")
    (close,) = described([of_raman("MEC3", "a", 1584.0), of_raman("MEC3", "b", 1584.1)])
    assert close.stderr == pytest.approx(0.5), "spots that agree by chance do not lower the error"


def test_methods_and_units_are_not_mixed() -> None:
    found = averaged([one("a", "d002", 0.37, unit="nm", method="xrd: raw"), one("a", "d002", 0.36, unit="nm", method="literature")])
    assert [kept.value for kept in found] == [0.37, 0.36]
    assert len(averaged([one("a", "zinc", 1.0, qualifier="<"), one("a", "zinc", 2.0)])) == 2, "a bound is no value"


def test_the_table_is_a_measurement_with_a_digest_of_its_content() -> None:
    rows = [one("a", "bet_area", 39.0, unit="m2/g", stderr=1.0), one("b", "zinc_content", 5.0, unit="ppm", qualifier="<")]
    first, again, other = descriptor_table(rows), descriptor_table(rows), descriptor_table(rows[:1])
    assert first.technique == "descriptors"
    assert first.source.origin == "analysis"
    assert first.source.sha256 == again.source.sha256 != other.source.sha256
    assert first.table["descriptor_qualifier"].to_list() == ["=", "<"]


def test_samples_stand_side_by_side() -> None:
    rows = [
        one("a", "bet_area", 39.0, unit="m2/g", stderr=1.0),
        one("b", "bet_area", 229.0, unit="m2/g"),
        one("b", "d002", 0.37, unit="nm", method="x"),
        one("b", "d002", 0.36, unit="nm", method="y"),
        one("a", "r", 1.0),
    ]
    table = side_by_side(rows)
    assert table.columns == ["sample", "bet_area [m2/g]", "bet_area_stderr [m2/g]", "d002 [nm]", "d002_stderr [nm]", "r", "r_stderr"]
    assert table["bet_area [m2/g]"].to_list() == [39.0, 229.0]
    assert table.filter(pl.col("sample") == "b")["d002 [nm]"].to_list() == [None], "several methods: none is chosen"
