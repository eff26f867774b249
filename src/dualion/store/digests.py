"""One byte string, and one digest, for each JSON-able value."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from typing import Any

from dualion.errors import StoreError


def canonical(value: Any) -> bytes:
    """One byte string for each JSON-able value: keys sorted, no spaces, floats by ``repr``, ASCII.

    Parameters
    ----------
    value : JSON-able
        None, bool, int, finite float, str, and lists, tuples and mappings with text keys of these. A tuple is written as a list.

    Returns
    -------
    bytes

    Raises
    ------
    StoreError
        A value has no JSON form, a float is not finite, a key is not text, or the nesting is too deep.

    Examples
    --------
    >>> canonical({"b": 1.0, "a": (True, None)})
    b'{"a":[true,null],"b":1.0}'
    """
    try:
        return json.dumps(_plain(value, "value"), sort_keys=True, separators=(",", ":"), allow_nan=False).encode("ascii")
    except (RecursionError, ValueError) as problem:
        raise StoreError(f"value: cannot be written as JSON ({problem}). Store plain, finite values without cycles.") from problem


def _plain(value: Any, where: str) -> Any:
    """The value as plain JSON types; json.dumps alone would turn the keys 1 and "1" into one."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise StoreError(f"{where}: {value} has no JSON form. Store None for a number that is withheld.")
        return float(value)
    if isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, str):
                raise StoreError(f"{where}: the key {key!r} is not text. Use text keys.")
        return {key: _plain(inner, f"{where}.{key}") for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner, f"{where}[{position}]") for position, inner in enumerate(value)]
    raise StoreError(f"{where}: {type(value).__name__} has no JSON form. Convert it to plain values, or store it as an array.")


def digest(value: Any) -> str:
    """SHA-256 of the canonical form of a JSON-able value, 64 hexadecimal digits.

    Raises
    ------
    StoreError
        The value has no canonical form.
    """
    return hashlib.sha256(canonical(value)).hexdigest()
