"""From pydantic's errors to one line each: ``FILE: KEY: problem. Remedy.`` (study specification, section 1.5).

Every error of a file is collected. The field at which an error lies is looked up in the model, so that an unknown key is answered
with the nearest known one and a missing key with what to write there.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from dualion.errors import SpecError
from dualion.records.measures import LONGEST_SHOWN, Measure, quoted, show

M = TypeVar("M", bound=BaseModel)
Location = tuple[int | str, ...]

#: Number of errors of one file for which the nearest word is looked up; a hostile file has more.
MOST_SUGGESTIONS = 100

#: Number of candidates above which only those of similar length and the same first letter are compared.
MANY_CANDIDATES = 1000

#: Error types raised by this package's own validators, whose text is problem and remedy already.
OWN_KINDS = ("spec", "c_rate")
_CLOSENESS = 0.6  # share of matching characters from which difflib's match is offered
_PLAIN_KEY = re.compile(rf"[^\s\x00-\x1f\x7f\"']{{1,{LONGEST_SHOWN}}}(?: [^\s\x00-\x1f\x7f\"']{{1,{LONGEST_SHOWN}}}){{0,3}}")


@dataclass(frozen=True, slots=True)
class Hint:
    """Metadata of a field: what to write where it is missing, as a text or from the table that lacks it."""

    text: str | Callable[[Mapping[str, Any]], str]

    def of(self, table: Any) -> str:
        """The hint for one table."""
        return self.text if isinstance(self.text, str) else self.text(table if isinstance(table, dict) else {})


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that a misspelt one most likely means, None where none is near.

    Examples
    --------
    >>> nearest("massbasis", ["mass_basis", "area"])
    'mass_basis'
    """
    candidates = list(known)
    if len(word) > LONGEST_SHOWN:
        return None
    if len(candidates) > MANY_CANDIDATES:
        candidates = [other for other in candidates if other[:1] == word[:1] and abs(len(other) - len(word)) <= 2][:MANY_CANDIDATES]
    plain = {other.casefold(): other for other in candidates}
    if word.casefold() in plain:
        return plain[word.casefold()]
    near = difflib.get_close_matches(word, candidates, 1, _CLOSENESS)
    return near[0] if near else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Remedy for a misspelt word: the nearest known one, or the list of them."""
    known = list(known)
    near = nearest(word, known)
    if near is not None:
        return f'Did you mean "{near}"?'
    if not known:
        return "Remove it."
    return f"Write one of {quoted(known[:12])}{', ...' if len(known) > 12 else ''}, or remove it."


def key_path(location: Sequence[int | str]) -> str:
    """A location as it is printed: ``protocol.rate_full.currents[0]``."""
    path = ""
    for part in location:
        if part == "[key]":
            continue
        if isinstance(part, int):
            path += f"[{part}]"
        else:
            plain = part if _PLAIN_KEY.fullmatch(part) else show(part)
            path += f".{plain}" if path else plain
    return path


def validate(
    model: type[M],
    data: object,
    *,
    file: str,
    within: str = "",
    remedies: Mapping[str, Callable[[Location, Any], str]] | None = None,
) -> M:
    """Check what a user wrote against a pydantic model.

    Parameters
    ----------
    model : type
        With ``extra="forbid"``.
    data : object
        Plain data, as read from TOML.
    file : str
        Name of the file, for the messages.
    within : str
        Which part of the file ``data`` is, such as ``"relation R01"``; empty for all of it.
    remedies : mapping of str to callable, optional
        Problem and remedy for an error type, from its location and the whole data, where they depend on another key.

    Returns
    -------
    model

    Raises
    ------
    SpecError
        With one line for each error.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        found = error.errors(include_url=False)
    raise SpecError(_lines(found, model, data, file=file, within=within, remedies=remedies or {}))


def _lines(
    found: list[ErrorDetails],
    model: type[BaseModel],
    data: object,
    *,
    file: str,
    within: str,
    remedies: Mapping[str, Callable[[Location, Any], str]],
) -> list[str]:
    """One line for each error."""
    lines = []
    for number, details in enumerate(found):
        key = key_path(details["loc"])
        if details["type"] in remedies:
            problem = remedies[details["type"]](details["loc"], data)
        else:
            problem = _problem(details, model, suggest=number < MOST_SUGGESTIONS)
        where = ": ".join(part for part in (file, ", ".join(part for part in (within, key) if part)) if part)
        lines.append(f"{where}: {problem}")
    return lines


def _problem(details: ErrorDetails, model: type[BaseModel], *, suggest: bool) -> str:
    """Problem and remedy of one error."""
    kind, given, context = details["type"], show(details["input"]), details.get("ctx", {})
    name = str(details["loc"][-1]) if details["loc"] else ""
    if kind == "missing":
        return f"missing. Write {_hint(_annotation(model, details['loc']), details['input'])}."
    if kind == "extra_forbidden":
        known = list(_fields(_annotation(model, details["loc"][:-1]))) if suggest else []
        return f"unknown key. {did_you_mean(name, known)}"
    if kind == "literal_error":
        words = [str(word) for word in get_args(_bare(_annotation(model, details["loc"])))]
        near = nearest(details["input"], words) if isinstance(details["input"], str) and suggest else None
        listed = quoted(words) if all(not word.isdigit() for word in words) else ", ".join(words)
        choice = f'Did you mean "{near}"?' if near else f"Write {'one of ' if len(words) > 1 else ''}{listed}."
        return f"{given} is not known here. {choice}"
    if kind in _WORDINGS:
        return _WORDINGS[kind].format(given=given, **context)
    return details["msg"] if kind in OWN_KINDS else f"{details['msg'].rstrip('.')}. Correct it."


_TEXT = "{given} is not a text. Write it in quotes."
_TABLE = "{given} is not a table. Write a table, such as {{key = value}}."
_LIST = "{given} is not a list. Write it in square brackets."
#: Problem and remedy by pydantic's error type; the braces are pydantic's context.
_WORDINGS: dict[str, str] = {
    "string_type": _TEXT,
    "string_too_short": "an empty text. Write something, or remove the key.",
    "string_too_long": "{given} is too long. Write at most {max_length} characters.",
    "string_pattern_mismatch": "{given} does not have the form needed. Write it as the pattern {pattern} says.",
    "model_type": _TABLE,
    "dict_type": _TABLE,
    "model_attributes_type": _TABLE,
    "tuple_type": _LIST,
    "list_type": _LIST,
    "bool_type": "{given} is neither true nor false. Write true or false.",
    "int_type": "{given} is not a whole number. Write a whole number without quotes.",
    "int_from_float": "{given} is not a whole number. Write a whole number.",
    "greater_than": "{given} is too small. Write more than {gt:g}.",
    "greater_than_equal": "{given} is too small. Write at least {ge:g}.",
    "less_than": "{given} is too large. Write less than {lt:g}.",
    "less_than_equal": "{given} is too large. Write at most {le:g}.",
    "too_short": "{actual_length} given. Write at least {min_length}.",
    "too_long": "{actual_length} given. Write at most {max_length}.",
}


def _fields(annotation: Any) -> dict[str, FieldInfo]:
    """Fields of the table that an annotation describes, by the key that a user writes."""
    model = _model(annotation)
    return {} if model is None else {info.alias or name: info for name, info in model.model_fields.items()}


def _model(annotation: Any) -> type[BaseModel] | None:
    for extra in _metadata(annotation):
        if isinstance(extra, Measure):
            return extra.table
        held = getattr(extra, "table", None)
        if isinstance(held, type) and issubclass(held, BaseModel):
            return held
    bare = _bare(annotation)
    return bare if isinstance(bare, type) and issubclass(bare, BaseModel) else None


def _metadata(annotation: Any) -> list[Any]:
    """Metadata of an annotation, from the outermost ``Annotated`` inwards and through ``| None``."""
    if isinstance(annotation, FieldInfo):
        return [*annotation.metadata, *_metadata(annotation.annotation)]
    if get_origin(annotation) is Annotated:
        inner, *extras = get_args(annotation)
        return [*extras, *_metadata(inner)]
    if get_origin(annotation) in (Union, UnionType):
        return [extra for member in get_args(annotation) for extra in _metadata(member)]
    return []


def _bare(annotation: Any) -> Any:
    """The type behind ``Annotated`` and ``| None``."""
    if isinstance(annotation, FieldInfo):
        return _bare(annotation.annotation)
    if get_origin(annotation) is Annotated:
        return _bare(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return next((_bare(member) for member in get_args(annotation) if member is not NoneType), None)
    return annotation


def _annotation(root: Any, location: Sequence[int | str]) -> Any:
    """Annotation or field at a location of a model; None where the model has nothing there."""
    here: Any = root
    for depth, part in enumerate(location):
        fields = _fields(here)
        if fields:
            here = fields.get(str(part))
            continue
        origin, inner = get_origin(_bare(here)), get_args(_bare(here))
        if origin is dict:
            if "[key]" in location[depth + 1 : depth + 2]:
                return inner[0]
            here = inner[1]
        elif origin in (tuple, list):
            here = inner[0] if inner[-1] is Ellipsis or not isinstance(part, int) else inner[min(part, len(inner) - 1)]
        else:
            return None
    return here


def _hint(annotation: Any, table: Any) -> str:
    """What to write where a field is missing."""
    for extra in _metadata(annotation):
        if isinstance(extra, Hint):
            return extra.of(table)
        if isinstance(extra, Measure):
            return extra.hint
    bare = _bare(annotation)
    if get_origin(bare) is Literal:
        words = get_args(bare)
        if len(words) > 1:
            return f"one of {quoted(words)}"
        return json.dumps(words[0])
    if (isinstance(bare, type) and issubclass(bare, (BaseModel, dict))) or get_origin(bare) is dict:
        return "a table"
    if get_origin(bare) in (tuple, list):
        return "a list"
    return "a number" if bare is float else "a text"
