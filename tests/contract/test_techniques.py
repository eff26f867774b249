"""What every technique promises, over all rows of the table: honest errors, no silent number, the same result twice, axes with units.

The truth is that of each technique's own ``synthesise``; seeds 0, 1, 2, ... are fixed here.
"""

from __future__ import annotations

import dataclasses
import inspect
import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cache, lru_cache
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from dualion.columns import COLUMNS
from dualion.errors import CoverageError, DualionError, InputError, SpecError
from dualion.records.cell_record import CellRecord
from dualion.records.figure import Figure
from dualion.records.json import from_plain, to_plain
from dualion.records.measurement import ELECTROCHEMICAL, TECHNIQUES, Measurement, Result
from dualion.records.quantity import Flag, Quantity
from dualion.records.result_files import document, from_files, to_files
from dualion.techniques import GROUP, NAMES, names
from dualion.techniques.row import Technique, options_from
from dualion.units import unit

FEW_SEEDS, LEAST_OF_FEW = 20, 16
SEEDS, COVERED = 200, (0.89, 0.99)
MANY_SEEDS, COVERED_BY_MANY = 2000, (0.935, 0.965)
NORMAL = 1.959964  # [1] half-width of a 95 % interval in standard errors
SEVERITIES = ("warning", "refusal")
#: A technique that follows a quantity over frames takes measurements of any kind.
ANY = "any"
WITHOUT_ERROR = re.compile(r"no standard error: |\ba count\b")
NEVER_LOADED = ("matplotlib", "pandas", "pybamm", "galvani", "yadg", "impedance", "pyimpspec")
#: Techniques whose twenty seeds take longer than a fast test may; their two hundred belong to the slow part as those of all others.
COSTLY = ("series", "raman", "xps", "relaxation_times", "nexafs", "cv_separation", "gitt_model", "eis", "pore_balance")
#: Techniques whose library brings pandas, which never leaves its adapter.
ON_PYGAPS = tuple(name for name in ("pore_sizes",) if name in NAMES)
#: Words of headings that need a unit, and words of pure numbers.
MEASURED = {"voltage", "potential", "current", "time", "duration", "capacity", "charge", "energy", "power", "rate", "resistance"}
MEASURED |= {"frequency", "temperature", "mass", "diffusivity", "radius", "capacitance", "impedance", "start", "end", "slope"}
PURE = {"fraction", "ratio", "share", "efficiency", "retention", "relative", "log", "r2", "exponent", "over", "ln", "cycle", "cycles", "c"}
HEADING = re.compile(r"(?P<name>[A-Za-z][A-Za-z0-9_]*)(?: \[(?P<unit>[^\]]+)\])?")


def technique(name: str) -> Technique:
    """Row of a technique, as its module or its entry point has it."""
    if name in NAMES:
        own: Technique = import_module(f"dualion.techniques.{name}").TECHNIQUE
        return own
    (entry,) = entry_points(group=GROUP, name=name)
    other: Technique = entry.load()
    return other


@pytest.fixture(params=names())
def row(request: pytest.FixtureRequest) -> Technique:
    """One row of the table of techniques."""
    return technique(request.param)


@cache
def made(name: str, seed: int, factor: float = 1.0) -> tuple[tuple[Measurement, ...], Mapping[str, float]]:
    """Synthetic measurements and their truth, with the default noise times a factor."""
    row = technique(name)
    noise = inspect.signature(row.synthesise).parameters["noise"].default
    return row.synthesise(np.random.default_rng(seed), noise=factor * noise)


@lru_cache(maxsize=64)
def analysed(name: str, seed: int, factor: float = 1.0) -> Result:
    row = technique(name)
    return row.analyse(made(name, seed, factor)[0], row.example_options())


def interval(quantity: Quantity) -> tuple[float, float]:
    """The 95 % interval of a quantity."""
    if quantity.interval is not None:
        return quantity.interval
    assert quantity.value is not None, f"withheld: {quantity}"
    assert quantity.stderr is not None, f"neither interval nor stderr: {quantity}"
    return quantity.value - NORMAL * quantity.stderr, quantity.value + NORMAL * quantity.stderr


def hits(row: Technique, seeds: int) -> dict[str, int]:
    """How many of the seeds have an interval that holds the truth, for each truth value."""
    found: dict[str, int] = {}
    for seed in range(seeds):
        noise = inspect.signature(row.synthesise).parameters["noise"].default
        measurements, truth = row.synthesise(np.random.default_rng(seed), noise=noise)
        values = row.analyse(measurements, row.example_options()).values
        for name, true in truth.items():
            withheld = values[name].value is None
            low, high = (math.inf, -math.inf) if withheld else interval(values[name])
            found[name] = found.get(name, 0) + (low <= true <= high)
    return found


class TestRow:
    """What stands in the table."""

    def test_names_what_it_takes(self, row: Technique) -> None:
        assert row is technique(row.name)
        assert row.title
        assert row.measurement in (*TECHNIQUES, ANY)
        assert set(row.needs) <= set(COLUMNS)
        assert row.version >= 1

    def test_says_its_method(self, row: Technique) -> None:
        said = inspect.getdoc(inspect.getmodule(row.analyse)) or ""
        assert len(said.splitlines()) >= 8, "the docstring of the module is its methods section"
        assert re.search(r"\d{4}", said), "it cites nobody"

    def test_references_are_in_the_list(self, row: Technique, source: Path) -> None:
        keys = set(re.findall(r"^@\w+\{([^,]+),", (source / "references.bib").read_text(encoding="utf-8"), flags=re.MULTILINE))
        assert row.references
        assert set(row.references) - keys == set()

    def test_is_described(self, row: Technique, root: Path) -> None:
        page = (root / "docs" / "techniques.md").read_text(encoding="utf-8")
        assert re.search(rf"^## {re.escape(row.name)}$", page, flags=re.MULTILINE), "docs/techniques.md lacks its section"


class TestOptions:
    def test_every_field_has_a_default_and_its_unit(self, row: Technique) -> None:
        settings = row.options.__dataclass_params__  # type: ignore[attr-defined]
        assert settings.frozen
        assert hasattr(row.options, "__slots__")
        text = inspect.getsource(row.options)
        for field in dataclasses.fields(row.options):
            if re.search(r"\b(float|int)\b", str(field.type)) and "str" not in str(field.type):
                assert re.search(rf"^    {field.name}: .+  # .*\[.+\]", text, flags=re.MULTILINE), (
                    f"{field.name}: no comment with its [unit]"
                )

    @pytest.mark.parametrize("which", ["default", "example"])
    def test_survive_json(self, row: Technique, which: str) -> None:
        options = row.options() if which == "default" else row.example_options()
        plain = json.loads(json.dumps(to_plain(options)))
        assert from_plain(row.options, plain) == options
        assert options_from(row, plain, where="here") == options

    def test_refuse_what_is_not_a_number(self, row: Technique) -> None:
        options = row.options()
        for field in dataclasses.fields(row.options):
            if isinstance(getattr(options, field.name), float):
                with pytest.raises(SpecError, match=field.name):
                    replace(options, **{field.name: math.nan})

    def test_unknown_ones_are_refused(self, row: Technique) -> None:
        with pytest.raises(SpecError, match="no_such_option"):
            options_from(row, {"no_such_option": 1}, where="here")


class TestTruth:
    def test_is_made_the_same_twice(self, row: Technique) -> None:
        first, second = (row.synthesise(np.random.default_rng(3)) for _ in range(2))
        assert dict(first[1]) == dict(second[1])
        assert first[1]
        for one, other in zip(first[0], second[0], strict=True):
            assert one.table.equals(other.table)
            assert one.source == other.source
            assert one.source.origin == "simulation"
            assert one.source.reader == f"dualion synthesise {row.name}"
            assert row.measurement in (one.technique, ANY)
            assert one.table.height > 0

    def test_another_seed_is_another_file(self, row: Technique) -> None:
        digests = [{one.source.sha256 for one in made(row.name, seed)[0]} for seed in (0, 1)]
        assert digests[0].isdisjoint(digests[1])
        assert len(digests[0]) == len(made(row.name, 0)[0])

    @pytest.mark.parametrize(
        "row", [pytest.param(name, marks=pytest.mark.slow if name in COSTLY else ()) for name in names()], indirect=True
    )
    def test_intervals_of_few_seeds(self, row: Technique) -> None:
        found = hits(row, FEW_SEEDS)
        assert {name: count for name, count in found.items() if count < LEAST_OF_FEW} == {}

    @pytest.mark.slow
    def test_intervals_are_honest(self, row: Technique) -> None:
        found = {name: count / SEEDS for name, count in hits(row, SEEDS).items()}
        assert {name: share for name, share in found.items() if not COVERED[0] <= share <= COVERED[1]} == {}

    @pytest.mark.thorough
    def test_intervals_of_many_seeds(self, row: Technique) -> None:
        found = {name: count / MANY_SEEDS for name, count in hits(row, MANY_SEEDS).items()}
        assert {name: share for name, share in found.items() if not COVERED_BY_MANY[0] <= share <= COVERED_BY_MANY[1]} == {}

    def test_less_noise_gives_smaller_errors(self, row: Technique) -> None:
        def width(factor: float, name: str) -> float:
            ends = [interval(analysed(row.name, seed, factor).values[name]) for seed in range(3)]
            return float(np.median([high - low for low, high in ends]))

        for name in made(row.name, 0)[1]:
            assert 0 < width(0.1, name) < width(1.0, name), name


class TestResult:
    def test_carries_its_provenance(self, row: Technique) -> None:
        result = analysed(row.name, 0)
        assert result.technique == row.name
        assert result.provenance.method == row.name
        assert result.provenance.method_version == row.version
        assert result.provenance.inputs == tuple(f"sha256:{one.source.sha256}" for one in made(row.name, 0)[0])
        assert result.provenance.references == row.references
        assert from_plain(row.options, json.loads(json.dumps(dict(result.provenance.options)))) == row.example_options()

    def test_its_own_truth_is_not_refused(self, row: Technique) -> None:
        """What a technique makes for itself, it can analyse."""
        result = analysed(row.name, 0)
        assert [flag for flag in result.flags if flag.severity == "refusal"] == []

    def test_every_quantity_has_a_unit_and_an_error_or_the_reason_why_not(self, row: Technique) -> None:
        for name, quantity in analysed(row.name, 0).values.items():
            assert re.fullmatch(r"[a-z][a-z0-9_]*", name), name
            unit(quantity.unit)
            if quantity.value is not None and quantity.stderr is None and quantity.interval is None:
                assert WITHOUT_ERROR.search(quantity.rule or ""), f"{name}: no stderr, and its rule does not say why"

    def test_headings_carry_units(self, row: Technique) -> None:
        for table, frame in analysed(row.name, 0).tables.items():
            for heading, dtype in frame.schema.items():
                found = HEADING.fullmatch(heading)
                assert found, f"{table}: {heading!r} is not `name` or `name [unit]`"
                unit(found["unit"] or "1")
                assert found["unit"] is None or dtype.is_numeric(), f"{table}: {heading!r}: words have no unit"
                said = set(found["name"].split("_"))
                assert found["unit"] or not dtype.is_float() or said & PURE or not said & MEASURED, f"{table}: {heading!r} lacks its unit"

    def test_curves_carry_units(self, row: Technique) -> None:
        for name, curve in analysed(row.name, 0).curves.items():
            for axis in (curve.x_axis, curve.y_axis):
                assert axis.quantity, name
                unit(axis.unit)
            assert all(map(math.isfinite, (*curve.x, *curve.y))), name

    def test_survives_its_files(self, row: Technique) -> None:
        result = analysed(row.name, 0)
        again = from_files(to_files(result, "result"), "result")
        assert replace(again, tables={}) == replace(plain_tuples(result), tables={})
        assert set(again.tables) == set(result.tables)
        for name, table in result.tables.items():
            assert again.tables[name].equals(table), name

    def test_same_input_same_result(self, row: Technique) -> None:
        first, second = (row.analyse(made(row.name, 1)[0], row.example_options()) for _ in range(2))
        assert to_files(first, "one") == to_files(second, "one")

    def test_inputs_are_left_alone(self, row: Technique) -> None:
        measurements = made(row.name, 2)[0]
        before = [(one.table.clone(), dict(one.conditions), one.flags) for one in measurements]
        row.analyse(measurements, row.example_options())
        for one, (table, conditions, flags) in zip(measurements, before, strict=True):
            assert one.table.equals(table)
            assert (dict(one.conditions), one.flags) == (conditions, flags)

    def test_order_does_not_matter(self, row: Technique) -> None:
        if not row.several:
            return
        turned = row.analyse(made(row.name, 0)[0][::-1], row.example_options())
        assert turned.values == analysed(row.name, 0).values
        assert set(turned.flags) == set(analysed(row.name, 0).flags)

    def test_flags_of_files_are_carried(self, row: Technique) -> None:
        flag = Flag("truncated", "warning", "The file ends in the middle of a row.")
        flagged = tuple(replace(one, flags=(*one.flags, flag)) for one in made(row.name, 0)[0])
        result = row.analyse(flagged, row.example_options())
        assert result.flags.count(flag) == 1
        assert result.values == analysed(row.name, 0).values


def plain_tuples(result: Result) -> Result:
    """A result whose options are as JSON has them."""
    options = json.loads(json.dumps(dict(result.provenance.options)))
    return replace(result, provenance=replace(result.provenance, options=options), values=dict(result.values), curves=dict(result.curves))


@pytest.mark.slow
def test_another_process_gives_the_same(fresh_python: Callable[..., str]) -> None:
    """In all techniques at once: nothing hangs on the order of hashes or on what was computed before."""
    program = """
import inspect, json, sys
import numpy as np
from dualion.records.result_files import document
from dualion.techniques import technique
found = {}
for name in sys.argv[2:]:
    row = technique(name)
    measurements, _ = row.synthesise(np.random.default_rng(0))
    found[name] = document(row.analyse(measurements, row.example_options()))
print(json.dumps([found, sorted(set(sys.argv[1].split()) & set(sys.modules))]))
"""
    there, loaded = json.loads(fresh_python(program, " ".join(NEVER_LOADED), *(name for name in names() if name not in ON_PYGAPS)))
    assert loaded == [], "an analysis needs no extra and draws nothing"
    there |= json.loads(fresh_python(program, "", *ON_PYGAPS))[0]
    here = {name: json.loads(json.dumps(document(analysed(name, 0)))) for name in names()}
    assert [name for name in names() if there[name] != here[name]] == []


def test_the_door_stays_open(fresh_python: Callable[..., str]) -> None:
    """The function that finds a technique is not hidden by the module of its name once a technique is loaded."""
    program = "import dualion.techniques.cv_peaks; from dualion.techniques import technique; print(technique('gitt').name)"
    assert fresh_python(program).strip() == "gitt"


# ---------------------------------------------------------------------------------------------------------------- bad input
def spoilt(measured: Measurement, how: str, column: str = "") -> Measurement:
    """A measurement with a fault."""
    table = measured.table
    if how == "nan":
        table = table.with_columns(pl.lit(math.nan).cast(table[column].dtype).alias(column))
    elif how == "infinite":
        middle = table.height // 2
        table = table.with_columns(pl.when(pl.int_range(pl.len()) == middle).then(math.inf).otherwise(pl.col(column)).alias(column))
    elif how == "missing":
        table = table.with_columns(pl.lit(None).cast(table[column].dtype).alias(column))
    elif how == "constant":
        table = pl.concat([table.head(1)] * table.height)
    else:
        table = table.head(int(how))
    return replace(measured, table=table)


def numbers(row: Technique) -> list[str]:
    """The columns of numbers that a technique needs, or those it is given where it takes one of several."""
    return [column for column in row.needs or made(row.name, 0)[0][0].table.columns if COLUMNS[column].kind == "number"]


def faults(row: Technique) -> Iterator[tuple[str, str]]:
    yield from (("0", ""), ("1", ""), ("3", ""), ("constant", ""))
    yield from ((how, column) for column in numbers(row) for how in ("nan", "missing", "infinite"))


def outcome(row: Technique, measurements: tuple[Measurement, ...]) -> Result | None:
    """The result, or None where it was refused with a typed error."""
    try:
        return row.analyse(measurements, row.example_options())
    except DualionError:
        return None


class TestBadInput:
    def test_never_gives_a_silent_number(self, row: Technique) -> None:
        known, values = set(analysed(row.name, 0).flags), analysed(row.name, 0).values
        silent = []
        for how, column in faults(row):
            result = outcome(row, tuple(spoilt(one, how, column) for one in made(row.name, 0)[0]))
            untouched = how == "infinite" and result is not None and result.values == values  # no number hangs on that row
            if result is not None and not untouched and not any(flag.severity in SEVERITIES for flag in set(result.flags) - known):
                silent.append(f"{how} {column}".strip())
        assert ", ".join(silent) == ""

    def test_one_bad_measurement_is_not_hidden(self, row: Technique) -> None:
        if not row.several:
            return
        measurements = made(row.name, 0)[0]
        known = set(analysed(row.name, 0).flags)
        column = numbers(row)[0]
        for how in ("0", "nan"):
            result = outcome(row, (spoilt(measurements[0], how, column), *measurements[1:]))
            assert result is None or any(flag.severity in SEVERITIES for flag in set(result.flags) - known), how

    def test_a_missing_column_is_named(self, row: Technique) -> None:
        for column in row.needs:
            lacking = tuple(replace(one, table=one.table.drop(column)) for one in made(row.name, 0)[0])
            with pytest.raises(InputError, match=column):
                row.analyse(lacking, row.example_options())

    def test_without_a_mass_nothing_is_per_gram(self, row: Technique) -> None:
        if row.measurement not in ELECTROCHEMICAL:
            return  # the mass of a sample is in its table: a loading in mol/kg, a content in wt%
        unknown = tuple(replace(one, cell=CellRecord(), conditions={}) for one in made(row.name, 0)[0])
        result = outcome(row, unknown)
        if result is not None:
            units = {name: quantity.unit for name, quantity in result.values.items() if quantity.value is not None}
            for table in result.tables.values():
                units |= {heading: heading for heading in table.columns if table[heading].null_count() < table.height}
            assert [name for name, unit in units.items() if re.search(r"/k?g\b", unit)] == []

    def test_no_measurement_is_refused(self, row: Technique) -> None:
        with pytest.raises(CoverageError):
            row.analyse((), row.example_options())


# ------------------------------------------------------------------------------------------------------------------ figures
def flaws(figure: Figure) -> list[str]:
    """What a figure lacks: a name, a title, a finding of one sentence, panels, axes with quantity and unit; or that it cannot be drawn."""
    from dualion.figures.render import render

    axes = [axis for panel in figure.panels for axis in (panel.x, panel.y)]
    held = {
        "name": re.fullmatch(r"[a-z][a-z0-9-]*", figure.name) is not None,
        "title": bool(figure.title),
        "the finding is one sentence": re.fullmatch(r"(?![a-z][a-z\s]).+[.]", figure.finding, flags=re.DOTALL) is not None,
        "panels": bool(figure.panels),
        "quantities": all(axis.quantity for axis in axes),
        "units": all((axis.categories is not None) if axis.unit == "" else unit(axis.unit) for axis in axes),
        "drawing": render(figure, formats=("svg",))["svg"].startswith(b"<"),
    }
    return [name for name, holds in held.items() if not holds]


class TestFigure:
    def test_of_a_result(self, row: Technique) -> None:
        assert flaws(row.draw(analysed(row.name, 0))) == []

    def test_is_made_of_the_result_alone(self, row: Technique) -> None:
        result = analysed(row.name, 0)
        again = from_files(to_files(result, "result"), "result")
        assert to_plain(row.draw(again)) == to_plain(row.draw(result))

    @pytest.mark.slow
    def test_of_flagged_results(self, row: Technique) -> None:
        """Of noise that no method survives, of spoilt files, and of files with flags."""
        drawn = 0
        found: list[Any] = [outcome(row, made(row.name, seed, factor)[0]) for seed in range(2) for factor in (10.0, 100.0)]
        found += [outcome(row, tuple(spoilt(one, how, column) for one in made(row.name, 0)[0])) for how, column in faults(row)]
        flag = Flag("truncated", "warning", "The file ends in the middle of a row.")
        found.append(replace(analysed(row.name, 0), flags=(flag,)))
        for result in found:
            if result is not None:
                assert flaws(row.draw(result)) == []
                drawn += 1
        assert drawn > 0
