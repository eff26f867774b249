"""Records as plain data and back, by their type hints.

``to_plain`` turns a record into dictionaries, lists, text and numbers that JSON can hold; ``from_plain`` builds the same record
again. For every record r of plain fields, ``from_plain(type(r), to_plain(r)) == r``. Nothing is guessed: an unknown key, a missing
one, a number where a text is due or a value that is not finite is refused, with the path that leads to it.
"""

from __future__ import annotations

import math
import numbers
import types
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import lru_cache
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from dualion.errors import InputError

Record = TypeVar("Record")

#: What JSON can hold.
Plain = None | bool | int | float | str | list["Plain"] | dict[str, "Plain"]


def to_plain(record: object) -> Plain:
    """Turn a record into what JSON can hold.

    Parameters
    ----------
    record : object
        A dataclass, or text, numbers, mappings and sequences of them.

    Returns
    -------
    Plain
        Dictionaries in the order of the fields, lists, text, numbers, None.

    Raises
    ------
    InputError
        A number is not finite, a key is not text, or something else (an array, a frame, a path) stands in the record.

    Examples
    --------
    >>> from dualion.records.quantity import Flag
    >>> to_plain(Flag("apparent", "note", "on a plateau"))
    {'code': 'apparent', 'severity': 'note', 'message': 'on a plateau'}
    """
    return _plain(record, type(record).__name__)


def _plain(value: object, path: str) -> Plain:
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, numbers.Integral):
        return int(value)
    if isinstance(value, numbers.Real):
        return _finite(float(value), path)
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name), f"{path}.{field.name}") for field in fields(value)}
    if isinstance(value, Mapping):
        return {_text(key, path): _plain(item, f"{path}.{key}") for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return [_plain(item, f"{path}[{position}]") for position, item in enumerate(value)]
    raise InputError(f"{path}: {type(value).__name__} is not plain data. Store arrays and frames beside the record.")


def _text(key: object, path: str) -> str:
    if not isinstance(key, str):
        raise InputError(f"{path}: the key {key!r} is not text.")
    return key


def _finite(number: float, path: str) -> float:
    if not math.isfinite(number):
        raise InputError(f"{path}: {number} is not finite. Withhold the number (None) and raise a flag.")
    return number


def from_plain(record: type[Record], data: object) -> Record:
    """Build a record from plain data.

    Parameters
    ----------
    record : type
        A dataclass, or a type made of them such as ``tuple[Flag, ...]``.
    data : object
        As ``to_plain`` gives it, or as a JSON reader does.

    Returns
    -------
    record
        Lists become tuples where the type says so.

    Raises
    ------
    InputError
        The data do not have this form; the message names the path.

    Examples
    --------
    >>> from dualion.records.quantity import Flag
    >>> from_plain(Flag, {"code": "apparent", "severity": "note", "message": ""}).severity
    'note'
    """
    return cast(Record, _built(record, data, getattr(record, "__name__", str(record))))


def _built(hint: Any, data: Any, path: str) -> Any:
    origin = get_origin(hint)
    if hint is Any or hint is object:
        return data
    if origin is Union or isinstance(hint, types.UnionType):
        return _built_one_of(get_args(hint), data, path)
    if origin is Literal:
        if not any(data == word and type(data) is type(word) for word in get_args(hint)):
            raise _unexpected(path, " or ".join(repr(word) for word in get_args(hint)), data)
        return data
    if isinstance(hint, type) and is_dataclass(hint):
        return _built_record(hint, data, path)
    if origin is tuple:
        return _built_tuple(get_args(hint), data, path)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {key: _built(get_args(hint)[1], item, f"{path}.{key}") for key, item in _mapping(data, path).items()}
    if isinstance(origin, type) and issubclass(origin, Sequence):
        return _built_tuple((get_args(hint)[0], Ellipsis), data, path)
    return _built_scalar(hint, data, path)


def _built_scalar(hint: Any, data: Any, path: str) -> Any:
    if hint is None or hint is type(None):
        if data is not None:
            raise _unexpected(path, "nothing", data)
        return None
    if hint is float and isinstance(data, int | float) and not isinstance(data, bool):
        return _finite(float(data), path)
    if hint in (str, bool) and isinstance(data, hint):
        return data
    if hint is int and isinstance(data, int) and not isinstance(data, bool):
        return data
    raise _unexpected(path, getattr(hint, "__name__", str(hint)), data)


def _built_one_of(hints: tuple[Any, ...], data: Any, path: str) -> Any:
    problems = []
    # an exact match first: 1 stays an int where a float would also do
    for hint in sorted(hints, key=lambda hint: hint is not type(data)):
        try:
            return _built(hint, data, path)
        except InputError as problem:
            problems.append(problem)
    records = [problem for hint, problem in zip(hints, problems, strict=True) if is_dataclass(hint)]
    if len(records) == 1 and isinstance(data, Mapping):
        raise records[0]
    raise _unexpected(path, " or ".join(getattr(hint, "__name__", str(hint)) for hint in hints), data)


def _built_tuple(hints: tuple[Any, ...], data: Any, path: str) -> tuple[Any, ...]:
    items = _list(data, path)
    if len(hints) == 2 and hints[1] is Ellipsis:
        hints = (hints[0],) * len(items)
    if len(items) != len(hints):
        raise InputError(f"{path}: {len(hints)} items are expected and {len(items)} are given.")
    return tuple(_built(hint, item, f"{path}[{position}]") for position, (hint, item) in enumerate(zip(hints, items, strict=True)))


def _built_record(record: Any, data: Any, path: str) -> Any:
    given = _mapping(data, path)
    known, hints = {field.name: field for field in fields(record)}, _hints(record)
    if unknown := sorted(set(given) - set(known)):
        raise InputError(f"{path}.{unknown[0]}: unknown key.")
    if missing := [name for name, field in known.items() if name not in given and _required(field)]:
        raise InputError(f"{path}.{missing[0]}: missing.")
    return record(**{name: _built(hints[name], item, f"{path}.{name}") for name, item in given.items()})


def _required(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


@lru_cache(maxsize=256)
def _hints(record: Any) -> dict[str, Any]:
    return get_type_hints(record)


def _mapping(data: Any, path: str) -> Mapping[str, Any]:
    if not isinstance(data, Mapping):
        raise _unexpected(path, "a table of keys", data)
    return data


def _list(data: Any, path: str) -> Sequence[Any]:
    if not isinstance(data, list | tuple):
        raise _unexpected(path, "a list", data)
    return data


def _unexpected(path: str, expected: str, data: object) -> InputError:
    shown = repr(data)
    return InputError(f"{path}: {shown if len(shown) <= 60 else shown[:57] + '...'} is not {expected}.")
