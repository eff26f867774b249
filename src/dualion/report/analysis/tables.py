"""Tables of the report of an analysis: the numbers of a result, many results side by side, and the first rows of a result's own tables.

A number of a flagged result never stands without the codes of its flags.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import polars as pl

from dualion.figures.labels import plain_number
from dualion.project.findings import interval, weighty
from dualion.project.roles import stem
from dualion.records.measurement import Result
from dualion.records.quantity import Flag, Quantity
from dualion.report.analysis.words import breakable, cell_text, codes_of, column_title, headed, interval_text, number
from dualion.report.blocks import Block, Cell, Code, Column, Details, Link, Paragraph, Stack, Strong, Table, Text
from dualion.report.values import name_of

#: Numbers that a comparison shows first, by the ends of their names; then those that all results have.
_HEADLINES = (
    "discharge_capacity", "reversible_capacity", "specific_capacity", "initial_coulombic_efficiency", "plateau_capacity", "retention",
    "series_resistance", "arc_1_resistance", "arc_2_resistance", "arc_3_resistance", "diffusivity", "activation_energy", "mean_voltage",
)  # fmt: skip
#: Values of one result that stand for several spectra: ``spectrum_2_arc_1_resistance``.
_SERIES = re.compile(r"(?P<word>spectrum)_(?P<number>\d+)_(?P<name>.+)")

#: How a flag says that it is about one of them.
_NAMED = re.compile(r"(?P<word>spectrum) (?P<number>\d+):")

_MOST_VALUES = 12  # [1] numbers of a result that stand open
_MOST_COMPARED = 4  # [1] numbers that a comparison shows, so that it is not wider than the page
_MOST_TABLES = 2  # [1] tables of a result that are shown; of the others the names of their files
_MOST_ROWS = 12  # [1] rows of a table in the page
_MOST_COLUMNS = 6  # [1] columns of a table in the page


def numbers(result: Result, label: str, paths: Sequence[str]) -> list[Block]:
    """The numbers of a result; a long list is folded, several spectra stand side by side.

    Parameters
    ----------
    result : Result
    label : str
        What it is about.
    paths : sequence of str
        Its files.

    Returns
    -------
    list of Block
    """
    series = _series(result)
    if not series:
        return _listed(result, label, most=_MOST_VALUES)
    rows = []
    for (word, place), values in series.items():
        own = [flag for flag in weighty(result.flags) if _concerns(flag, word, place)]
        rows.append((stem(paths[place - 1]) if place <= len(paths) else f"{word} {place}", values, codes_of(own)))
    count = len(result.values)
    return [comparison(f"{len(rows)} spectra of {label}", rows), Details(f"All {count} numbers", tuple(_listed(result, label, most=count)))]


def _concerns(flag: Flag, word: str, place: int) -> bool:
    """Whether a flag is about one of several spectra, or about all of them."""
    named = _NAMED.match(flag.message)
    return named is None or (named["word"], int(named["number"])) == (word, place)


def _series(result: Result) -> dict[tuple[str, int], dict[str, Quantity]]:
    """Values of each spectrum of a result; empty where it is about one thing."""
    found: dict[tuple[str, int], dict[str, Quantity]] = {}
    for name, quantity in result.values.items():
        if match := _SERIES.fullmatch(name):
            found.setdefault((match["word"], int(match["number"])), {})[match["name"]] = quantity
    return found if len(found) > 1 else {}


def _listed(result: Result, label: str, *, most: int) -> list[Block]:
    """One number a row; what none of them has is no column."""
    values = result.values
    if not values:
        return []
    columns = [Column("Quantity and rule"), Column("Value", numeric=True)]
    cells: list[tuple[Cell, ...]] = [(Stack(name_of(name), one.rule or ""), number(one)) for name, one in values.items()]
    if any(interval(one) for one in values.values()):
        columns.append(Column("95 % interval", numeric=True))
        cells = [(*row, interval_text(one)) for row, one in zip(cells, values.values(), strict=True)]
    if any(one.n is not None for one in values.values()):
        columns.append(Column("n", numeric=True))
        cells = [(*row, "" if one.n is None else str(one.n)) for row, one in zip(cells, values.values(), strict=True)]
    if codes := codes_of(weighty(result.flags)):
        columns.append(Column("Flags"))
        cells = [(*row, codes) for row in cells]
    blocks: list[Block] = [Table(f"Numbers of {label}", tuple(columns), tuple(cells[:most]))]
    if rest := cells[most:]:
        blocks.append(Details(f"{len(rest)} further numbers", (Table(f"Further numbers of {label}", tuple(columns), tuple(rest)),)))
    return blocks


def comparison(title: str, found: Sequence[tuple[str, Mapping[str, Quantity], str]], *, note: Text = "") -> Table:
    """Numbers that most have, one thing a row.

    Parameters
    ----------
    title : str
    found : sequence of tuple of str, mapping of str to Quantity and str
        What a row is about, its numbers, and the codes of its flags.
    note : Text
        Below the table.

    Returns
    -------
    Table
    """
    counts: dict[tuple[str, str], int] = {}
    for _, values, _ in found:
        for name, given in values.items():
            counts[name, given.unit] = counts.get((name, given.unit), 0) + 1
    most = max(counts.values(), default=0)
    common = [key for key, count in counts.items() if count == most]
    first = [key for end in _HEADLINES for key in common if key[0].endswith(end)]
    chosen = list(dict.fromkeys([*first, *common]))[:_MOST_COMPARED]
    flagged = any(codes for _, _, codes in found)
    columns = (Column(""), *(Column(headed(*key), numeric=True) for key in chosen), *([Column("Flags")] if flagged else []))
    rows: list[tuple[Cell, ...]] = []
    for label, values, codes in found:
        shown = [number(values[name], unit=False) if name in values else "–" for name, _ in chosen]
        rows.append((breakable(label), *shown, *([codes] if flagged else [])))
    return Table(title, columns, tuple(rows), note)


def own_tables(result: Result, name: str, label: str) -> tuple[Block, ...]:
    """The first rows of each table of a result, folded; all of them lie beside the report.

    Parameters
    ----------
    result : Result
    name : str
        Of the result, with which the names of its files begin.
    label : str
        What it is about.

    Returns
    -------
    tuple of Block
    """
    filled = [(key, frame) for key, frame in result.tables.items() if frame.height]
    if not filled:
        return ()
    blocks: list[Block] = []
    for key, frame in filled[:_MOST_TABLES]:
        blocks.append(_table(frame, f"tables/{name}-{key}", f"{name_of(key).capitalize()} of {label}"))
    if others := filled[_MOST_TABLES:]:
        runs: list[str | Strong | Code | Link] = ["Further tables: "]
        for place, (key, frame) in enumerate(others):
            runs += [", " if place else "", Code(f"tables/{name}-{key}.csv"), f" ({_row_count(frame)})"]
        blocks.append(Paragraph((*runs, "."), "small"))
    shown = ", ".join(f"{name_of(key)} ({_row_count(frame)})" for key, frame in filled)
    return (Details(f"Tables: {shown}", tuple(blocks)),)


def _row_count(frame: pl.DataFrame) -> str:
    return f"{plain_number(frame.height)} row{'' if frame.height == 1 else 's'}"


def _table(frame: pl.DataFrame, stem: str, caption: str) -> Table:
    some = frame.head(_MOST_ROWS)[:, :_MOST_COLUMNS]
    numeric = [place > 0 and some[heading].dtype.is_numeric() for place, heading in enumerate(some.columns)]  # the first one heads its row
    columns = tuple(Column(column_title(heading), numeric=one) for heading, one in zip(some.columns, numeric, strict=True))
    rows = tuple(tuple(cell_text(value) for value in row) for row in some.iter_rows())
    cut = [
        f"{some.height} of {frame.height} rows" if frame.height > some.height else "",
        f"{some.width} of {frame.width} columns" if frame.width > some.width else "",
    ]
    shown = " and ".join(filter(None, cut))
    note = (f"{shown}; all in " if shown else "In ", Code(f"{stem}.csv"), ", and beside it as parquet.")
    return Table(caption, columns, rows, note)
