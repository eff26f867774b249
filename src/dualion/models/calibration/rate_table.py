"""Tables of rate data: what a cell gave at each current, which rows are to be fitted, and which are held out.

A table is a CSV with one row for each current. Headings name a quantity and its unit in brackets:

    rate (C) or current (mA/g), current (mA)
    specific capacity (mAh/g), plateau capacity (mAh/g), mean voltage (V), and for each of them optionally its standard error,
    such as specific capacity sigma (mAh/g)
    use: fit (where empty) or predict

The values of rows to be predicted are not read with the others: ``read`` takes from them their current and the word ``predict`` and nothing
else, and ``held_out`` reads their values later, when the prediction has been written down.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from dualion.errors import SpecError, UnitError
from dualion.models.targets import Target
from dualion.records.cell import Cell
from dualion.units import convert

#: Quantities that a table may hold: name of the heading, name of the model's quantity, unit.
QUANTITIES = {
    "specific capacity": ("specific_capacity", "mAh/g"),
    "plateau capacity": ("plateau_capacity", "mAh/g"),
    "mean voltage": ("mean_voltage", "V"),
}
_SIGMA = " sigma"
_HEADING = re.compile(r"(?P<name>[^()]+?)\s*(?:\((?P<unit>[^()]*)\))?\s*")
_USES = ("fit", "predict")
_HOW = (
    'Write headings such as "rate (C)", "current (mA/g)", "specific capacity (mAh/g)", "plateau capacity (mAh/g)", "mean voltage (V)", '
    '"specific capacity sigma (mAh/g)", "use".'
)
#: Rows of a table, at most: more are no rate test.
_MOST_ROWS = 10_000


@dataclass(frozen=True, slots=True)
class Held:
    """A row that is to be predicted: its line in the file, and its current [mA/g] on the mass that defines 1 C."""

    line: int
    specific_current: float


@dataclass(frozen=True, slots=True)
class RateTable:
    """A table whose held-out values have not been read.

    Parameters
    ----------
    path : Path
    quantities : tuple of str
        Names of the model's quantities that the table has a column for.
    targets : tuple of Target
        What is fitted; the claim of each is its place, such as ``"line 3"``.
    held : tuple of Held
    """

    path: Path
    quantities: tuple[str, ...]
    targets: tuple[Target, ...]
    held: tuple[Held, ...]


@dataclass(frozen=True, slots=True)
class _Column:
    """A column: its position, its heading, the quantity (or ``current``, ``rate``, ``use``), whether it holds errors, and its unit."""

    position: int
    heading: str
    name: str
    sigma: bool
    unit: str


def read(path: Path, cell: Cell) -> RateTable:
    """Read a table, but for the values of what is to be predicted.

    Parameters
    ----------
    path : Path
    cell : Cell

    Returns
    -------
    RateTable

    Raises
    ------
    SpecError
        Every problem of the table, each with its line and column.
    """
    lines = _lines(path)
    columns = _columns(path.name, lines[0], cell)
    problems: list[str] = []
    targets: list[Target] = []
    held: list[Held] = []
    for line, cells in enumerate(lines[1:], start=2):
        if not any(text.strip() for text in cells):
            continue
        row = _Row(path.name, line, cells, columns, problems)
        current = row.current(cell)
        if row.use() == "predict":
            held += [] if current is None else [Held(line, current)]
        elif current is not None:
            targets += row.targets(current)
    if not targets and not problems:
        problems.append(f"{path.name}: no row is to be fitted. Leave use empty, or write fit, in some rows.")
    if problems:
        raise SpecError(problems)
    quantities = tuple(dict.fromkeys(c.name for c in columns if c.name in {q for q, _ in QUANTITIES.values()} and not c.sigma))
    return RateTable(path, quantities, tuple(targets), tuple(held))


def held_out(table: RateTable, cell: Cell) -> tuple[Target, ...]:
    """Read the values that were held out.

    Parameters
    ----------
    table : RateTable
    cell : Cell

    Returns
    -------
    tuple of Target
        Of the rows to be predicted, as far as they hold values.

    Raises
    ------
    SpecError
        A value cannot be read, with its line and column.
    """
    lines = _lines(table.path)
    columns = _columns(table.path.name, lines[0], cell)
    problems: list[str] = []
    targets: list[Target] = []
    for held in table.held:
        row = _Row(table.path.name, held.line, lines[held.line - 1] if held.line <= len(lines) else [], columns, problems)
        targets += row.targets(held.specific_current)
    if problems:
        raise SpecError(problems)
    return tuple(targets)


def _lines(path: Path) -> list[list[str]]:
    """Lines of the file as cells; line 1 is the heading."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise SpecError(f"{path.name}: there is no such file. Write the path of a CSV with rate data.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise SpecError(f"{path.name}: cannot be read as text ({error.__class__.__name__}). Save it as CSV in UTF-8.") from error
    lines = list(csv.reader(text.splitlines(), skipinitialspace=True))
    if len(lines) < 2:
        raise SpecError(f"{path.name}: no rows below a heading. {_HOW}")
    if len(lines) > _MOST_ROWS:
        raise SpecError(f"{path.name}: {len(lines)} lines are no rate test. Give one row for each current, not a curve.")
    return lines


def _columns(file: str, headings: Sequence[str], cell: Cell) -> list[_Column]:
    problems: list[str] = []
    columns = [column for n, text in enumerate(headings) if text.strip() and (column := _column(file, n, text.strip(), problems))]
    known = {column.name for column in columns if not column.sigma}
    if not problems:
        if len(known & {"current", "rate"}) != 1:
            problems.append(f'{file}: line 1: one column must be "rate (C)" or "current (mA/g)". {_HOW}')
        if not known & {name for name, _ in QUANTITIES.values()}:
            problems.append(f"{file}: line 1: no column of values. {_HOW}")
        if "plateau_capacity" in known and cell.kind != "half":
            problems.append(f'{file}: line 1: "plateau capacity": {cell.name} is a full cell, which has no plateau. Take the column out.')
        seen = [(column.name, column.sigma) for column in columns]
        problems += [f'{file}: line 1: "{c.heading}" stands twice.' for c in columns if seen.count((c.name, c.sigma)) > 1][:1]
    if problems:
        raise SpecError(problems)
    return columns


def _column(file: str, position: int, text: str, problems: list[str]) -> _Column | None:
    found = _HEADING.fullmatch(text)
    name = " ".join(found["name"].lower().split()) if found else ""
    unit = (found["unit"] or "").strip() if found else ""
    where = f'{file}: line 1: "{text}"'
    sigma = name.endswith(_SIGMA)
    base = name.removesuffix(_SIGMA) if sigma else name
    if base == "use" and not sigma:
        return _Column(position, text, "use", sigma=False, unit="")
    expected = {"rate": "C", "current": "mA/g"}.get(base) if not sigma else None
    quantity, wanted = QUANTITIES.get(base, (base, expected))
    if wanted is None:
        problems.append(f"{where}: not a column of rate data. {_HOW}")
        return None
    if not unit:
        problems.append(f'{where}: no unit. Write it in brackets, such as "{base}{_SIGMA if sigma else ""} ({wanted})".')
        return None
    try:
        convert(1.0, unit, "mA" if base == "current" and "/" not in unit else wanted)
    except UnitError as error:
        problems.append(f"{where}: {error}")
        return None
    return _Column(position, text, quantity, sigma, unit)


class _Row:
    """A line of the table, whose cells are read when they are asked for."""

    def __init__(self, file: str, line: int, cells: Sequence[str], columns: Sequence[_Column], problems: list[str]) -> None:
        self.file, self.line, self.cells, self.columns, self.problems = file, line, cells, columns, problems

    def text(self, column: _Column) -> str:
        return self.cells[column.position].strip() if column.position < len(self.cells) else ""

    def use(self) -> str:
        column = next((c for c in self.columns if c.name == "use"), None)
        word = "fit" if column is None else self.text(column).lower() or "fit"
        if word not in _USES:
            self.problems.append(f'{self.file}: line {self.line}, column "use": "{word}" is neither fit nor predict.')
        return word

    def number(self, column: _Column, unit: str, *, positive: bool) -> float | None:
        text = self.text(column)
        where = f'{self.file}: line {self.line}, column "{column.heading}"'
        if not text:
            return None
        try:
            value = convert(float(text), column.unit, unit)
        except ValueError:
            self.problems.append(f'{where}: "{text}" is not a number.')
            return None
        if not math.isfinite(value) or (positive and not value > 0):
            self.problems.append(f'{where}: "{text}" is not positive. Capacities, voltages, currents and errors are positive numbers.')
            return None
        return value

    def current(self, cell: Cell) -> float | None:
        """[mA/g] on the mass that defines 1 C."""
        column = next(c for c in self.columns if c.name in ("current", "rate"))
        if not self.text(column):
            self.problems.append(f'{self.file}: line {self.line}, column "{column.heading}": empty. Every row needs its current.')
            return None
        if column.name == "rate":
            rate = self.number(column, "C", positive=True)
            return None if rate is None else rate * cell.one_c.value
        if "/" in column.unit:
            return self.number(column, "mA/g", positive=True)
        absolute = self.number(column, "mA", positive=True)
        return None if absolute is None else absolute * 1e-3 / cell.current_of(1.0)

    def targets(self, current: float) -> Iterator[Target]:
        """Values of the row with their errors."""
        for column in self.columns:
            unit = next((unit for name, unit in QUANTITIES.values() if name == column.name), None)
            if unit is None or column.sigma:
                continue
            value = self.number(column, unit, positive=True)
            sigma = next((c for c in self.columns if c.name == column.name and c.sigma), None)
            error = None if sigma is None else self.number(sigma, unit, positive=True)
            if value is not None:
                yield Target(f"line {self.line}", column.name, current, value, error=error)
