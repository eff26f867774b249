"""Reading a packed cell and its states from Python, without compiling anything for it."""

from __future__ import annotations

from dualion.models.fast.layout import (
    BESIDE,
    CHARGE,
    COUNT,
    FIELD,
    FIELD_HEAD,
    LEFT_HOST,
    PER_CELL,
    RESERVOIR,
    RIGHT_HOST,
    SALT_FIELD,
    VOLUME,
    Array,
)


def ranges(record: Array) -> tuple[slice, slice, slice, int]:
    """Where a state of a cell holds the left filling, the right filling and the salt, and where its scalars begin [1]."""
    left, right, salt = (int(record[at + COUNT]) for at in (_field(record, LEFT_HOST), _field(record, RIGHT_HOST), int(record[SALT_FIELD])))
    return slice(0, left), slice(left, left + right), slice(left + right, left + right + salt), left + right + salt


def held(record: Array, state: Array, side: int) -> float:
    """Charge [coulomb/m2] of what a host holds; ``side`` [1] is ``LEFT_HOST`` or ``RIGHT_HOST``."""
    where = ranges(record)[0 if side == LEFT_HOST else 1]
    filling = float(_volumes(record, _field(record, side)) @ state[where])
    return float(record[int(record[side]) + CHARGE]) * filling


def salt_held(record: Array, state: Array) -> float:
    """Salt in the pores and beside them [mol/m2]."""
    _, _, salt, scalars = ranges(record)
    return float(_volumes(record, int(record[SALT_FIELD])) @ state[salt] + record[RESERVOIR] * state[scalars + BESIDE])


def _field(record: Array, side: int) -> int:
    return int(record[int(record[side]) + FIELD])


def _volumes(record: Array, field: int) -> Array:
    begin = field + FIELD_HEAD + VOLUME
    return record[begin : begin + PER_CELL * int(record[field + COUNT]) : PER_CELL]
