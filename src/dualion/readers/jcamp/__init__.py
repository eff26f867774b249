"""JCAMP-DX: infrared and other spectra as labelled text, in all its forms of compression, and files of linked blocks.

A file is one block or holds several; each block with a spectrum is a measurement whose region is the title of the block. Counts, checksums
and abscissae are held against the header: what contradicts is refused, or kept with a flag where the header alone is at fault.

The package jcamp reads most of these files too; it prints a failed check and gives the numbers nevertheless, so the decoder is our own.

Reference: McDonald & Wilks 1988; Grasselli 1991.
"""

from __future__ import annotations

import re

from dualion.readers.format import Format, Given
from dualion.readers.jcamp.axes import conditions, spectrum
from dualion.readers.jcamp.blocks import Block, blocks_of
from dualion.readers.jcamp.tables import has_points, points
from dualion.readers.tables import measured
from dualion.readers.texts.blocks import Text, text_of, truncated
from dualion.readers.texts.decoding import beginning
from dualion.records.measurement import Measurement

_NAME = "jcamp-dx"
_FIRST = re.compile(r"\s*(?:\$\$[^\n]*\n\s*)*##\s*TITLE\s*=", re.IGNORECASE)
_VERSION = re.compile(r"^\s*##\s*JCAMP[-_ ]?(?:DX|CS)\s*=", re.IGNORECASE | re.MULTILINE)


def _recognises(given: Given) -> bool:
    text = beginning(given)
    return _FIRST.match(text) is not None and _VERSION.search(text) is not None


def _read(given: Given) -> tuple[Measurement, ...]:
    text = text_of(given)
    outer = blocks_of(text)
    found = [one for block in outer for one in _leaves(block) if has_points(one)]
    if not found:
        kinds = sorted({one.text("DATATYPE") or "no data type" for block in outer for one in _leaves(block)})
        hint = "Spectra are read from ##XYDATA= and ##XYPOINTS=; export the file as one of them."
        raise text.error(0, f"no block holds a spectrum ({', '.join(kinds)[:80]})", hint)
    several = len(found) > 1 or any(block.linked for block in outer)
    cut = _lacks_blocks(outer)
    return tuple(_measured(given, text, block, region=block.text("TITLE") if several else "", cut=cut) for block in found)


def _leaves(block: Block) -> list[Block]:
    """A block and those within, in the order of the file."""
    return [block, *(leaf for child in block.children for leaf in _leaves(child))]


def _lacks_blocks(outer: tuple[Block, ...]) -> str:
    """What is missing of a file of several blocks; empty where nothing is."""
    for block in outer:
        announced = re.match(r"\d+", block.text("BLOCKS"))
        if announced and block.linked and int(announced[0]) != len(block.children):
            return f"The file announces {announced[0]} blocks and holds {len(block.children)}."
    linked = [block for block in outer if block.linked]
    return "The file of linked blocks has no end." if any(not block.ended for block in linked) else ""


def _measured(given: Given, text: Text, block: Block, *, region: str, cut: str) -> Measurement:
    table = points(text, block)
    found = spectrum(given, block, table.x, table.y)
    flags = [*table.flags, *found.flags]
    if cut and not any(flag.code == "truncated" for flag in flags):
        flags.append(truncated(cut))
    return measured(
        given, found.columns, technique=found.technique, reader=_NAME, conditions=conditions(block), flags=flags, region=region
    )  # fmt: skip


FORMATS = (Format(_NAME, "JCAMP-DX spectrum (.jdx, .dx)", (".jdx", ".dx", ".jcm", ".jcamp"), _recognises, _read),)
