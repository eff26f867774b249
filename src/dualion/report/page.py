"""A page to HTML: one file that asks no other for anything, readable without scripts, on paper and with a keyboard."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from dualion.errors import InputError
from dualion.report.blocks import Block, Details, FigureBlock, FigureRow, Ledger, Page, Subsection, VerdictMark
from dualion.report.marks import mark_of, origin_text, reason_text
from dualion.report.numbers import number_tables

#: Forbids every request; styles and the filter script are in the page.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

_ANCHOR = re.compile(r"[a-z][a-z0-9-]*$")
_PREAMBLE = re.compile(r"^\s*<\?xml[^>]*\?>\s*")
_TAG = re.compile(r"<[^>]*>")
#: What no element of a drawing may hold: scripts, handlers, references that leave the page.
_FOREIGN = re.compile(r"<script|<foreignObject|\son[a-z]+\s*=|(?:href|src)\s*=\s*[\"'](?!#)|url\((?!#)|@import", re.IGNORECASE)
_BLANK_LINES = re.compile(r"\n\s*\n+")


def build(page: Page) -> str:
    """Build a page.

    Parameters
    ----------
    page : Page

    Returns
    -------
    str
        HTML, the same for the same page.

    Raises
    ------
    InputError
        An anchor is not usable or not unique, a figure stands twice in the page, or a drawing would ask for something outside it.
    """
    _check(page)
    environment = _environment()
    html = environment.get_template("page.html").render(page=page, policy=POLICY, ledger=_has_ledger(page))
    return _BLANK_LINES.sub("\n", html).strip() + "\n"


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("dualion.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
    )
    environment.filters |= {"kind": _kind, "drawing": _drawing, "mark": mark_of, "origin": origin_text, "reason": reason_text}
    environment.globals |= {"number_tables": number_tables, "verdict_mark": VerdictMark, "verdicts_of": _verdicts_of}
    return environment


def _kind(block: object) -> str:
    return type(block).__name__


def _verdicts_of(ledger: Ledger) -> tuple[str, ...]:
    return tuple(dict.fromkeys(row.verdict for row in ledger.rows))


def _drawing(block: FigureBlock) -> Markup:
    """A drawing as it goes into the page. It comes from ``figures.render``, which escapes what it is given."""
    if any(_FOREIGN.search(tag[0]) for tag in _TAG.finditer(block.svg)):
        raise InputError(f"{block.figure.name}: the drawing refers to something outside the page. Draw it with dualion.figures.render.")
    return Markup(_PREAMBLE.sub("", block.svg).strip())  # checked above


def _check(page: Page) -> None:
    anchors = [section.anchor for section in page.sections]
    blocks = [block for section in page.sections for block in _walk(section.blocks)]
    anchors += [block.anchor for block in blocks if isinstance(block, Subsection) and block.anchor]
    anchors += [block.figure.name for block in blocks if isinstance(block, FigureBlock)]
    for name, count in Counter(anchors).items():
        if not _ANCHOR.match(name):
            raise InputError(f'"{name}" is not an anchor. Write lower-case letters, digits and hyphens.')
        if count > 1:
            raise InputError(f'"{name}" stands {count} times in the page. Give each section and figure a name of its own.')


def _walk(blocks: Iterable[Block]) -> Iterator[Block]:
    for block in blocks:
        yield block
        if isinstance(block, Subsection | Details):
            yield from _walk(block.blocks)
        elif isinstance(block, FigureRow):
            yield from block.figures


def _has_ledger(page: Page) -> bool:
    return any(isinstance(block, Ledger) for section in page.sections for block in _walk(section.blocks))
