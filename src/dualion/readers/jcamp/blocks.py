"""The labelled records of a JCAMP-DX file, and the blocks they form.

A record is ``##LABEL= text`` with the lines behind it. A label is told by its letters and digits alone: spaces, hyphens, slashes and
underscores in it mean nothing. A block runs from ``##TITLE=`` to ``##END=``; a block of the data type LINK holds further blocks, which may
again. What stands behind ``$$`` is a comment.

Reference: McDonald & Wilks 1988.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from dualion.readers.texts.blocks import Text

#: Blocks within blocks: a file of linked blocks has two levels.
MOST_DEPTH = 8
#: Blocks of one file.
MOST_BLOCKS = 10_000

_RECORD = re.compile(r"\s*##(?P<label>[^=]*)=(?P<text>.*)")
_IGNORED = re.compile(r"[\s\-/_]+")
_COMMENT = "$$"


@dataclass(frozen=True, slots=True)
class Record:
    """One labelled record.

    Parameters
    ----------
    line : int
        [1] of its label, counted from zero.
    text : str
        Behind the equals sign, without comment.
    rows : tuple of (int, str)
        The lines behind it that are not empty: number [1] and text without comment.
    """

    line: int
    text: str
    rows: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Block:
    """One block: its records by label, the blocks within, and whether it has its end.

    Parameters
    ----------
    line : int
        [1] of its title, counted from zero.
    records : mapping of str to Record
        By plain label; the first of each.
    children : tuple of Block
    ended : bool
    """

    line: int
    records: Mapping[str, Record]
    children: tuple[Block, ...]
    ended: bool

    def text(self, *labels: str) -> str:
        """Text of the first of some labels that is there; empty where none is."""
        return next((self.records[one].text for one in labels if one in self.records), "")

    @property
    def linked(self) -> bool:
        """Whether it only holds other blocks."""
        return self.text("DATATYPE").upper() == "LINK" or bool(self.children)


@dataclass(slots=True)
class _Open:
    """A block whose end was not met yet."""

    line: int
    records: dict[str, Record] = field(default_factory=dict)
    children: list[Block] = field(default_factory=list)

    def closed(self, *, ended: bool) -> Block:
        return Block(self.line, self.records, tuple(self.children), ended)


def blocks_of(text: Text) -> tuple[Block, ...]:
    """The outer blocks of a file.

    Parameters
    ----------
    text : Text

    Returns
    -------
    tuple of Block
        One, unless several stand one behind the other.

    Raises
    ------
    ReadError
        Blocks are nested too deeply, there are too many, or an end has no beginning.
    """
    found: list[Block] = []
    open_blocks: list[_Open] = []
    count = 0
    for label, record in _records(text):
        if label == "TITLE":
            count += 1
            if len(open_blocks) == MOST_DEPTH or count > MOST_BLOCKS:
                limit = f"{MOST_DEPTH} levels" if len(open_blocks) == MOST_DEPTH else f"{MOST_BLOCKS} blocks"
                raise text.error(record.line, f"the file has more than {limit}", "An ##END= may be missing. Export the spectra one by one.")
            open_blocks.append(_Open(record.line, {label: record}))
        elif not open_blocks:
            raise text.error(record.line, f"##{label}= stands outside of any block", "A block begins with ##TITLE=.")
        elif label == "END":
            _close(open_blocks, found, ended=True)
        else:
            open_blocks[-1].records.setdefault(label, record)
    while open_blocks:
        _close(open_blocks, found, ended=False)
    return tuple(found)


def _close(open_blocks: list[_Open], found: list[Block], *, ended: bool) -> None:
    done = open_blocks.pop().closed(ended=ended)
    (open_blocks[-1].children if open_blocks else found).append(done)


def _records(text: Text) -> list[tuple[str, Record]]:
    """Every record with its plain label, in order."""
    found: list[tuple[str, Record]] = []
    label, line, head, rows = "", 0, "", list[tuple[int, str]]()
    for number, written in enumerate(text.lines):
        kept = written.split(_COMMENT, 1)[0].rstrip()
        match = _RECORD.match(kept)
        if match is None:
            if label and kept.strip():
                rows.append((number, kept.strip()))
            continue
        if label:
            found.append((label, Record(line, head, tuple(rows))))
        label, line, head, rows = _IGNORED.sub("", match["label"]).upper() or "COMMENT", number, match["text"].strip(), []
    if label:
        found.append((label, Record(line, head, tuple(rows))))
    return found
