"""Athena projects (.prj): spectra with their settings, as lists of Perl or as JSON, packed by gzip.

A project begins with a comment ``# Athena project file``, or holds it in a JSON object. Each group has a list ``@args`` of names and
values, and lists ``@x`` and ``@y``: energy [eV] and absorption of a group with ``is_xmu``, ``is_xanes`` or ``is_nor``, k and chi of one
with ``is_chi``, which is left out with a note. Only quoted texts and numbers between brackets are read; nothing of a project is executed.

Groups are regions by their label. The energies are as they were measured: the shift of a group, ``bkg_eshift``, is not added but told
(condition ``energy_shift``, flag ``energy_shift_not_applied``).

Reference: Ravel & Newville 2005.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from dualion.errors import ReadError
from dualion.readers.format import Format, Given
from dualion.readers.tables import measured
from dualion.readers.texts.decoding import beginning, decoded
from dualion.records.measurement import Measurement
from dualion.records.quantity import Flag, Quantity

_READER = "athena-project"
_TITLE = "Athena project file"
_STATEMENT = re.compile(r"[ \t]*(?:my[ \t]+)?(?P<sigil>[@$])(?P<name>\w+)[ \t]*=[ \t]*")
#: A quoted text, a number, a separator or the end of a list. No part can match in two ways, so that no text makes it slow.
_TOKEN = re.compile(
    r"\s*(?:'(?P<single>(?:[^'\\]|\\.)*)'|\"(?P<double>(?:[^\"\\]|\\.)*)\"|(?P<plain>[-+]?[0-9.][-+0-9.eE]*|undef)|(?P<sign>=>|[,()\[\];]))",
    re.DOTALL,
)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_MOST_GROUPS = 1000
_AGAIN = "Save the project from Athena anew."
_OF_ENERGY = ("is_xmu", "is_xanes", "is_nor", "is_xmudat")
#: Settings of a group that are kept, and what we call them; energies in eV.
_KEPT = {"bkg_z": "element", "fft_edge": "edge", "source": "origin", "beamline": "instrument"}


@dataclass(slots=True)
class _Group:
    """A group of a project: settings, and lists as texts; ``line`` [1] where it begins."""

    line: int
    settings: dict[str, str]
    x: list[str]
    y: list[str]


def _recognises(given: Given) -> bool:
    start = beginning(given)[:2000].lstrip()
    first = start.split("\n", 1)[0]
    return (first.startswith("#") and _TITLE in first) or (start.startswith("{") and f"# {_TITLE}" in start)


def _read(given: Given) -> tuple[Measurement, ...]:
    text = decoded(given)
    is_json = text.lstrip().startswith("{")
    groups = list(_of_json(given, text) if is_json else _of_perl(given, text))
    if len(groups) > _MOST_GROUPS:
        raise ReadError(given.name, "end of file", f"it holds {len(groups)} groups, and {_MOST_GROUPS} are allowed", _AGAIN)
    kept = [one for one in groups if _is_energy(one)]
    left = len(groups) - len(kept)
    if not kept:
        raise ReadError(given.name, "end of file", f"none of its {len(groups)} groups holds mu against energy", _AGAIN)
    flags = [Flag("groups_left_out", "note", f"{left} of {len(groups)} groups hold no mu(E), such as chi(k).")] if left else []
    if not is_json and "\n1;" not in text:
        flags.append(Flag("truncated", "warning", "The project has no end: groups may be missing. Copy it again."))
    return tuple(_measurement(given, one, flags, alone=len(kept) == 1) for one in kept)


def _measurement(given: Given, one: _Group, flags: Sequence[Flag], *, alone: bool) -> Measurement:
    label = one.settings.get("label", "").strip() or one.settings.get("file", "").strip() or "group"
    where = f"line {one.line}, group {label[:40]}"
    if len(one.x) != len(one.y):
        raise ReadError(given.name, where, f"it has {len(one.x)} energies and {len(one.y)} absorptions", _AGAIN)
    energy, mu = (_numbers(given, values, where) for values in (one.x, one.y))
    conditions: dict[str, Quantity | str] = {"title": label}
    conditions |= {ours: one.settings[theirs] for theirs, ours in _KEPT.items() if one.settings.get(theirs, "").strip()}
    said = list(flags)
    shift = _number(one.settings.get("bkg_eshift", ""))
    if shift:
        conditions["energy_shift"] = Quantity(shift, "eV", rule="as Athena has it; not applied")
        message = f"Athena shifts {label} by {shift:g} eV; the energies here are as measured."
        said.append(Flag("energy_shift_not_applied", "note", message))
    return measured(
        given,
        {"photon_energy_electronvolt": energy, "mu": mu},
        technique="xafs",
        reader=_READER,
        conditions=conditions,
        flags=said,
        region="" if alone else label,
    )


def _is_energy(one: _Group) -> bool:
    """Whether a group holds absorption against energy."""
    said = one.settings.get("datatype", "")
    if said:
        return said in ("xmu", "xanes", "norm", "xmudat")
    return any(one.settings.get(name, "0") not in ("", "0") for name in _OF_ENERGY)


def _numbers(given: Given, values: Sequence[str], where: str) -> pl.Series:
    series = pl.Series(values, dtype=pl.String).str.strip_chars().cast(pl.Float64, strict=False)
    if series.null_count():
        wrong = values[int(series.is_null().arg_max() or 0)]
        raise ReadError(given.name, where, f'"{wrong[:40]}" is not a number', _AGAIN)
    return series


def _number(text: str) -> float:
    """A number of the settings; 0 where there is none."""
    try:
        value = float(text)
    except ValueError:
        return 0.0
    return value if abs(value) < float("inf") else 0.0


def _of_json(given: Given, text: str) -> Iterator[_Group]:
    try:
        whole = json.loads(text)
    except json.JSONDecodeError as problem:
        raise ReadError(given.name, f"line {problem.lineno}", "the JSON is damaged", _AGAIN) from None
    for name, one in whole.items():
        if isinstance(one, Mapping) and isinstance(one.get("args"), Mapping):
            settings = {str(key): str(value) for key, value in one["args"].items() if isinstance(value, str | int | float)}
            yield _Group(1, {"label": str(name), **settings}, _texts(one.get("x")), _texts(one.get("y")))


def _texts(given: Any) -> list[str]:
    return [str(one) for one in given] if isinstance(given, list) else []


def _of_perl(given: Given, text: str) -> Iterator[_Group]:
    """Groups of a project of Perl lists; each begins with its name and ends with [record]."""
    current: _Group | None = None
    at, line = 0, 1
    while at < len(text):
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        found = _STATEMENT.match(text, at, end)
        if found and found["sigil"] == "@" and current is not None and found["name"] in ("args", "x", "y"):
            values, end = _list(given, text, found.end(), line)
            if found["name"] == "args":
                current.settings.update(zip(values[::2], values[1::2], strict=False))
            else:
                setattr(current, found["name"], values)
        elif found and found["sigil"] == "$" and found["name"] == "old_group":
            if current is not None and current.x:
                raise ReadError(given.name, f"line {current.line}", "a group does not end with [record]", _AGAIN)
            current = _Group(line, {}, [], [])
        elif text.startswith("[record]", at) and current is not None:
            yield current
            current = None
        line += text.count("\n", at, end) + 1
        at = end + 1


def _list(given: Given, text: str, at: int, line: int) -> tuple[list[str], int]:
    """The members of a list of Perl, and where its statement ends; lists inside it are passed over with an empty text for each."""
    found: list[str] = []
    depth = 0
    while True:
        token = _TOKEN.match(text, at)
        if token is None:
            raise ReadError(given.name, f"line {line}", "a list is damaged, or is cut off", _AGAIN)
        at = token.end()
        sign = token["sign"]
        if sign in ("(", "["):
            depth += 1
            if depth == 2:
                found.append("")
        elif sign in (")", "]"):
            depth -= 1
        elif sign == ";":
            if depth:
                raise ReadError(given.name, f"line {line}", "a list is damaged, or is cut off", _AGAIN)
            return found, at
        elif sign is None and depth == 1:
            found.append(_text(token))


def _text(token: re.Match[str]) -> str:
    quoted = token["single"] if token["single"] is not None else token["double"]
    if quoted is not None:
        return _ESCAPED.sub(r"\1", quoted) if "\\" in quoted else quoted
    return "" if token["plain"] == "undef" else token["plain"]


FORMATS = (Format(_READER, "Athena project (.prj)", (".prj",), _recognises, _read),)
