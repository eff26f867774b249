"""Which claims lie behind a number: what was fitted to them, and what the models took in.

A parameter fitted in one run and used in another carries the first run's calibration with it. A claim that a fit used is never a
prediction of what that fit yields. Source: the specification of the study, section 2.2.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from dualion.records.quantity import Parameter
from dualion.study.types import Obtained, Study


def claims_of(obtained: Obtained) -> tuple[str, ...]:
    """Ids of the claims to which a parameter behind a number was fitted; a remark behind an id (``"P079 as total"``) is dropped."""
    return tuple(text.split()[0] for text in obtained.calibration if text.strip())


def fitted_to(obtained: Obtained, claim: str) -> bool:
    """Whether a parameter behind a number was fitted to a claim."""
    return claim in claims_of(obtained)


def taken_as_input(study: Study) -> frozenset[str]:
    """Measured or claimed numbers of the source that a cell of a producer states as its own, such as a resistance.

    Settings of the source are inputs anyway and are not listed.
    """
    used = {producer.cell for producer in study.producers if producer.cell is not None and producer.cell in study.cells}
    found: set[str] = set()
    for name in used:
        for _, parameter in parameters(study.cells[name]):
            if parameter.standing == "stated":
                found.update(parameter.claims)
    return frozenset(claim for claim in found if claim in study.claims and study.claims[claim].kind != "input")


def parameters(record: Any, prefix: str = "") -> Iterator[tuple[str, Parameter]]:
    """Every parameter in a record, with its dotted path, in the order of the fields.

    Parameters
    ----------
    record : frozen dataclass, mapping, tuple or single value
        Such as a ``Cell``.
    prefix : str
        Path of the record itself.

    Yields
    ------
    tuple of str and Parameter
        Such as ``("anode.material.density", Parameter(...))``.
    """
    if isinstance(record, Parameter):
        yield prefix, record
        return
    if is_dataclass(record):
        inner = [(field.name, getattr(record, field.name)) for field in fields(record)]
    elif isinstance(record, Mapping):
        inner = [(str(key), value) for key, value in record.items()]
    elif isinstance(record, tuple):
        inner = [(str(position), value) for position, value in enumerate(record)]
    else:
        return
    for name, value in inner:
        # a population is known by its name, not by its place
        label = getattr(value, "name", name) if isinstance(record, tuple) else name
        yield from parameters(value, f"{prefix}.{label}" if prefix else label)
