"""What stands where in a validated ``study.toml``: every value with its key path, and what a value rests on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from dualion.records.files import Measured
from dualion.records.quantity import Parameter, Standing
from dualion.study.written.schema_cells import CellTable, Declared

Value = Measured | Declared

#: Keys of a cell whose values the source states or the user assumes, in the order of the messages; one_c.mass goes with one_c.
CELL_VALUES = (
    "anode.loading",
    "cathode.loading",
    "separator.thickness",
    "separator.porosity",
    "electrolyte_volume",
    "area",
    "window.0",
    "window.1",
    "one_c",
    "initial_sodiation",
    "series_resistance",
    "mass_basis",
    "temperature",
)

#: Every key that ``assumed`` may list: the values, the mass of 1 C, and tables as a whole.
ASSUMABLE = (*CELL_VALUES, "one_c.mass", "anode", "cathode", "separator", "window")

_SOURCE_OF_AN_ASSUMPTION = "not stated by the source"


def values(part: object, key: str = "") -> Iterator[tuple[str, Value]]:
    """Every value with a unit or a claim in a validated part, with its key path as messages print it."""
    if isinstance(part, Measured | Declared):
        yield key, part
    elif isinstance(part, BaseModel):
        for name, info in type(part).model_fields.items():
            yield from values(getattr(part, name), _joined(key, info.alias or name))
    elif isinstance(part, Mapping):
        for name, inner in part.items():
            yield from values(inner, _joined(key, str(name)))
    elif isinstance(part, tuple):
        for index, inner in enumerate(part):
            yield from values(inner, f"{key}[{index}]")


def _joined(key: str, name: str) -> str:
    return f"{key}.{name}" if key else name


def at(cell: CellTable, key: str) -> Value | None:
    """Value of a cell at a key such as ``window.0``; None where the cell has no such part."""
    here: Any = cell
    for name in key.split("."):
        if here is None:
            return None
        here = here[int(name)] if name.isdigit() else getattr(here, name)
    return here if isinstance(here, Measured | Declared) else None


def is_assumed(key: str, assumed: tuple[str, ...]) -> bool:
    """Whether a key, or a table that holds it, is listed."""
    parts = key.split(".")
    return any(".".join(parts[:depth]) in assumed for depth in range(1, len(parts) + 1))


def is_documented(value: Value, *, own: bool) -> bool:
    """Whether a value names its claim, or a source that stands in for one: other literature, a formula, or the user's own record."""
    if value.claims:
        return True
    if isinstance(value, Declared):
        return own
    return value.source is not None and (own or value.standing in ("literature", "derived"))


def cell_parameter(cell: CellTable, key: str) -> Parameter:
    """Value of a cell as a parameter: stated where a claim stands beside it, else what the user wrote, else assumed."""
    measured = at(cell, key)
    assert isinstance(measured, Measured)  # the caller names keys that the model requires
    if is_assumed(key, cell.assumed):
        return measured.parameter(standing="assumed", source=measured.source or _SOURCE_OF_AN_ASSUMPTION)
    return parameter(measured, otherwise="stated")


def parameter(measured: Measured, *, otherwise: Standing) -> Parameter:
    """A value as a parameter; ``otherwise`` is its standing where neither a claim nor the user says."""
    if measured.claims:
        plural = "s" if len(measured.claims) > 1 else ""
        source = measured.source or f"claim{plural} {', '.join(measured.claims)}"
        return measured.parameter(standing=measured.standing or "stated", source=source)
    standing = measured.standing or otherwise
    return measured.parameter(standing=standing, source=measured.source or _SOURCE_OF_AN_ASSUMPTION)
