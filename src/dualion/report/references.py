"""Cited works: ``references.bib`` of the package, and its entries as lines of text. A key that is not in it is left as it is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib import resources
from types import MappingProxyType

from dualion.errors import InputError

Entry = Mapping[str, str]

_ENTRY = re.compile(r"@(?P<type>\w+)\s*\{\s*(?P<key>[\w:.-]+)\s*,(?P<fields>.*?)\n\}", re.DOTALL)
_FIELD = re.compile(r"(?P<name>\w+)\s*=\s*\{(?P<value>.*?)\}\s*(?:,|\Z)", re.DOTALL)
_MOST_AUTHORS = 6  # more are shortened to the first and "et al."


def parse(text: str) -> dict[str, Entry]:
    """Read the entries of a BibTeX text whose fields are in braces without braces inside.

    Parameters
    ----------
    text : str

    Returns
    -------
    dict of str to mapping
        Fields by key, in the order of the text.

    Raises
    ------
    InputError
        A key stands twice, or an entry lacks author, title or year.
    """
    entries: dict[str, Entry] = {}
    for found in _ENTRY.finditer(text):
        fields = {field["name"].lower(): " ".join(field["value"].split()) for field in _FIELD.finditer(found["fields"])}
        missing = [name for name in ("author", "title", "year") if not fields.get(name)]
        if found["key"] in entries or missing:
            problem = f"lacks {', '.join(missing)}" if missing else "stands twice"
            raise InputError(f"references.bib: {found['key']} {problem}. Give each work one complete entry.")
        entries[found["key"]] = MappingProxyType(fields | {"type": found["type"].lower()})
    return entries


@lru_cache(maxsize=1)
def cited() -> Mapping[str, Entry]:
    """Every work that the package cites, by key."""
    return MappingProxyType(parse(resources.files("dualion").joinpath("references.bib").read_text(encoding="utf-8")))


def formatted(key: str, entries: Mapping[str, Entry] | None = None) -> str:
    """One work as a line of text.

    Parameters
    ----------
    key : str
    entries : mapping, optional
        Without it, the works that the package cites.

    Returns
    -------
    str
        Authors, title, journal or publisher, volume, pages, year and DOI; the key itself if it is unknown.

    Examples
    --------
    >>> formatted("sulzer2021").startswith("V. Sulzer, S. G. Marquis")
    True
    """
    entry = (cited() if entries is None else entries).get(key)
    if entry is None:
        return key
    published = entry.get("journal") or entry.get("booktitle") or entry.get("publisher") or entry.get("institution", "")
    place = " ".join(filter(None, (published, entry.get("volume", ""))))
    pages = entry.get("pages", "").replace("--", "–")
    source = ", ".join(filter(None, (place, pages)))
    title = entry["title"] if entry["title"].endswith("?") else f"{entry['title']}."
    line = f"{_authors(entry['author'])}. {title} {source} ({entry['year']})."
    return line + (f" doi:{entry['doi']}" if entry.get("doi") else "")


def bibliography(keys: Iterable[str]) -> tuple[str, ...]:
    """Works as lines, each once, in the order of their keys."""
    return tuple(formatted(key) for key in sorted(set(keys)))


def _authors(field: str) -> str:
    names = [_author(name) for name in field.split(" and ")]
    return f"{names[0]} et al" if len(names) > _MOST_AUTHORS else ", ".join(names)


def _author(name: str) -> str:
    """``Surname, First Second`` as ``F. S. Surname``."""
    surname, comma, given = (part.strip() for part in name.partition(","))
    initials = " ".join(f"{part[0]}." for part in given.replace(".", " ").split())
    return f"{initials} {surname}" if comma else surname
