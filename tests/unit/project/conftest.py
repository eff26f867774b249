"""A folder whose files say what they are, a reader that believes them, and techniques that do what their tests need."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest

from dualion.errors import CoverageError, ReadError, SpecError
from dualion.project.reading import with_role
from dualion.project.roles import Role
from dualion.records.figure import Axis, Figure, Panel, Series
from dualion.records.measurement import Measurement, Result, Source
from dualion.records.quantity import Flag, Quantity
from dualion.techniques import technique
from dualion.techniques.row import Technique, provenance


@dataclass(frozen=True, slots=True)
class Options:
    """Options of a technique that stands in."""

    scale: float = 1.0
    n_ref: int | str | None = None


def result(row: Technique, measurements: Sequence[Measurement], options: Options, *, flags: tuple[Flag, ...] = ()) -> Result:
    """The number of rows of each measurement, times ``scale``; withheld where a flag is a refusal."""
    rows = sum(measured.table.height for measured in measurements)
    withheld = any(flag.severity == "refusal" for flag in flags)
    values = {
        "row_count": Quantity(rows * options.scale, "1", 0.5, n=len(measurements), rule="counted"),
        "specific_capacity": Quantity(None if withheld else 320.0, "mAh/g", None if withheld else 3.0, rule="on anode mass"),
    }
    table = pl.DataFrame({"cycle": [1, 2, 3], "capacity [mAh/g]": [320.0, 310.0, None], "rule": ["fixed", "fixed", "none"]})
    return Result(row.name, values, {}, flags, provenance(row, measurements, options), {"cycles": table})


def draw(result: Result) -> Figure:
    """One point."""
    series = Series("rows", "measured", (1.0,), (result.values["row_count"].value or 0.0,), "raw-file")
    return Figure("rows", "Rows", "There are rows.", (Panel(Axis("Number", "1"), Axis("Rows", "1"), (series,)),))


class Techniques:
    """Techniques that stand in for our own, with what each was called with, and what else they may do."""

    def __init__(self) -> None:
        self.refuse, self.want_mass, self.want_more, self.break_down = refuse, want_mass, want_more, break_down
        self.calls: list[tuple[str, int]] = []
        self.behaviours: dict[str, Callable[[Technique, Sequence[Measurement], Options], Result]] = {}

    def module(self, name: str, kind: str, *, several: bool = False) -> SimpleNamespace:
        def analyse(measurements: Sequence[Measurement], options: Options) -> Result:
            self.calls.append((name, len(measurements)))
            return self.behaviours.get(name, result)(row, measurements, options)

        row = Technique(name, f"Title of {name}", kind, (), Options, analyse, draw, draw, ("sulzer2021",), several=several)
        return SimpleNamespace(TECHNIQUE=row)


_KINDS = {
    "gcd": ("cycling", "rate_capability", "retention", "plateau", "differential_capacity", "energy_power"),
    "cv": ("cv_peaks", "cv_separation"),
    "gitt": ("gitt", "gitt_model"),
    "eis": ("eis", "relaxation_times", "arrhenius"),
}


@pytest.fixture
def techniques(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Stand in for every technique, and for the reader: a file holds its kind of measurement and its number of rows."""
    made = Techniques()
    for kind, names in _KINDS.items():
        for name in names:
            monkeypatch.setitem(sys.modules, f"dualion.techniques.{name}", made.module(name, kind, several=kind == "cv"))
    for module in ("work", "draft"):
        monkeypatch.setattr(f"dualion.project.{module}.read_file", read)
    technique.cache_clear()
    yield made
    technique.cache_clear()


def read(path: Path, role: Role) -> tuple[Measurement, ...]:
    """``gcd 12`` is a charge-discharge file of 12 rows; ``broken`` is one that cannot be read."""
    kind, _, rows = path.read_text().strip().partition(" ")
    if kind == "broken":
        raise ReadError(path.name, "line 1", "the file is damaged", "Export it anew.")
    count = int(rows)
    table = pl.DataFrame({"test_time_second": [float(n) for n in range(count)], "voltage_volt": [0.1 * n for n in range(count)]})
    source = Source(path.name, "0" * 64, "plain", 1)
    flags = (Flag("time_reversed", "warning", "the time runs back once"),) if rows.endswith("!") else ()
    return (with_role(Measurement(kind, table, {}, "", source, flags=flags), role),)


def refuse(row: Technique, measurements: Sequence[Measurement], options: Options) -> Result:
    """A result whose number is withheld."""
    flag = Flag("not_separable", "refusal", "the parts cannot be told apart")
    return result(row, measurements, options, flags=(flag,))


def want_mass(row: Technique, measurements: Sequence[Measurement], options: Options) -> Result:
    raise SpecError("anode_mass: missing. A quantity per gram needs it.")


def want_more(row: Technique, measurements: Sequence[Measurement], options: Options) -> Result:
    raise CoverageError("Scan rates", 4, len(measurements))


def break_down(row: Technique, measurements: Sequence[Measurement], options: Options) -> Result:
    raise ZeroDivisionError("division by zero")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Ten files of four kinds, two of them broken."""
    made = tmp_path / "raw"
    made.mkdir()
    files = {
        "a.csv": "gcd 12", "b.csv": "gcd 7", "cv_1mVs.par": "cv 5", "cv_2mVs.par": "cv 6", "g.csv": "gitt 9", "x.csv": "broken",
        "eis-10degC.z": "eis 3", "eis-20degC.z": "eis 3", "eis-30degC.z": "eis 3", "y.csv": "broken",
    }  # fmt: skip
    for name, text in files.items():
        (made / name).write_text(text)
    return made
