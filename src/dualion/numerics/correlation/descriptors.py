"""Descriptors of samples from a table of them: one number with its error, unit, method and source in each row.

Numbers that cannot be used (not finite, a negative error) and bounds are set aside with a word, never silently; where a sample has the same
descriptor twice, the user chooses. Rows that are alike in everything count once.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl

from dualion.errors import SpecError
from dualion.records.quantity import Flag
from dualion.units import convert

#: Columns that a table of descriptors must have, and those that it may have.
NEEDED = ("sample_name", "descriptor", "descriptor_value", "descriptor_unit")
FURTHER = ("descriptor_stderr", "descriptor_method", "descriptor_source", "descriptor_qualifier")
#: Samples whose names are shown in a message.
_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Descriptor:
    """One number of one sample.

    Parameters
    ----------
    sample, name : str
    value : float
        In ``unit``, its [unit].
    stderr : float or None
        One standard error in the same [unit]; None where none was given.
    unit : str
        A unit of the unit table.
    method, source : str
        How it was found, and the file or text that has it.
    qualifier : str
        ``"="``, or ``"<"`` and ``">"`` for a bound.
    """

    sample: str
    name: str
    value: float
    stderr: float | None
    unit: str
    method: str = ""
    source: str = ""
    qualifier: str = "="

    @property
    def label(self) -> str:
        """Value, unit, method and source, for a message."""
        said = "; ".join(part for part in (self.method, self.source) if part)
        return f"{self.value:g} {self.unit}" + (f" ({said})" if said else "")


def read_descriptors(table: pl.DataFrame) -> tuple[tuple[Descriptor, ...], tuple[Flag, ...]]:
    """Descriptors of a table that can be used, and what was set aside.

    Parameters
    ----------
    table : polars.DataFrame
        The columns ``NEEDED``, and those of ``FURTHER`` that are known.

    Returns
    -------
    descriptors : tuple of Descriptor
        In the order of the table, alike rows once.
    flags : tuple of Flag
        ``missing_values`` for numbers that are not there or not finite.
    """
    found: dict[Descriptor, None] = {}
    bad: list[str] = []
    for row in table.iter_rows(named=True):
        value, stderr = row["descriptor_value"], row.get("descriptor_stderr")
        where = f"{row['sample_name']} {row['descriptor']}"
        if value is None or not math.isfinite(value) or not row["sample_name"] or not row["descriptor"]:
            bad.append(where)
            continue
        if stderr is not None and not (math.isfinite(stderr) and stderr >= 0):
            bad.append(f"the error of {where}")
            stderr = None
        words = {name: row.get(f"descriptor_{name}") or "" for name in ("unit", "method", "source", "qualifier")}
        one = Descriptor(row["sample_name"], row["descriptor"], float(value), stderr, **words)
        found.setdefault(replace(one, unit=one.unit or "1", qualifier=one.qualifier or "="))
    return tuple(found), (Flag("missing_values", "warning", f"Not a finite number, and not used: {_some(bad)}."),) if bad else ()


def read_tables(tables: Iterable[pl.DataFrame]) -> tuple[list[Descriptor], list[Flag]]:
    """Descriptors of several tables and what was set aside, in their order.

    Parameters
    ----------
    tables : iterable of polars.DataFrame
        As for ``read_descriptors``.

    Returns
    -------
    list of Descriptor, list of Flag
    """
    descriptors: list[Descriptor] = []
    flags: list[Flag] = []
    for table in tables:
        found, bad = read_descriptors(table)
        descriptors += found
        flags += bad
    return descriptors, flags


def choose(descriptors: Sequence[Descriptor], name: str, *, unit: str | None, choice: str, option: str) -> dict[str, Descriptor]:
    """The one value of a descriptor for each sample that has it.

    Parameters
    ----------
    descriptors : sequence of Descriptor
    name : str
    unit : str or None
        Into which the values are converted; that of the first where None.
    choice : str
        Text that the method or the source of the wanted value contains; looked at only where a sample has several.
    option : str
        Where the user states the choice, for the message.

    Returns
    -------
    dict of str to Descriptor
        By sample, in the order of the table.

    Raises
    ------
    SpecError
        A sample has several values and ``choice`` does not single one out.
    UnitError
        A value has another dimension.
    """
    by_sample: dict[str, list[Descriptor]] = {}
    for one in descriptors:
        if one.name == name:
            by_sample.setdefault(one.sample, []).append(one)
    found, open_ones = {}, []
    for sample, several in by_sample.items():
        fitting = several if len(several) == 1 else [one for one in several if choice and choice in f"{one.method}\n{one.source}"]
        if len(fitting) == 1:
            found[sample] = in_unit(fitting[0], unit or several[0].unit)
        else:
            values = ", ".join(one.label for one in several)
            said = f'"{choice}" is in {len(fitting)} of them' if choice else "none is chosen"
            open_ones.append(
                f"{option}: {sample} has {name} {len(several)} times: {values}; {said}. "
                "Write a text that only the method or source of one has."
            )
    if open_ones:
        raise SpecError(open_ones)
    return found if unit or not found else _alike(found)


def in_unit(one: Descriptor, unit: str) -> Descriptor:
    """A descriptor in another unit of its dimension."""
    if one.unit == unit:
        return one
    factor = convert(1.0, one.unit, unit) - convert(0.0, one.unit, unit)
    stderr = None if one.stderr is None else one.stderr * factor
    return replace(one, value=convert(one.value, one.unit, unit), stderr=stderr, unit=unit)


def alternatives(descriptors: Sequence[Descriptor], taken: Mapping[str, Descriptor], name: str, unit: str) -> tuple[str, ...]:
    """What was not taken where a sample has a descriptor several times, in words."""
    found = []
    for one in descriptors:
        mine = taken.get(one.sample)
        if one.name == name and mine is not None and in_unit(one, unit) != mine:
            found.append(f"{one.sample} {one.label} beside {mine.label}")
    return tuple(found)


def _alike(found: Mapping[str, Descriptor]) -> dict[str, Descriptor]:
    """All values in the unit of the first sample."""
    unit = next(iter(found.values())).unit
    return {sample: in_unit(one, unit) for sample, one in found.items()}


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_SHOWN])
    return f"{shown} and {len(names) - _SHOWN} more" if len(names) > _SHOWN else shown
