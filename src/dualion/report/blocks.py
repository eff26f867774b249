"""What a page is made of. Blocks hold words and data; how they look is the business of the templates.

Text is plain text: every character is escaped. A text of several runs is a tuple of plain strings and of ``Strong``, ``Code`` and ``Link``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from dualion.errors import InputError
from dualion.records import Figure

Tone = Literal["good", "fitted", "differs", "conflict", "open", "neutral"]


@dataclass(frozen=True, slots=True)
class Strong:
    """Words that carry weight."""

    text: str


@dataclass(frozen=True, slots=True)
class Code:
    """An identifier, an expression or a command."""

    text: str


@dataclass(frozen=True, slots=True)
class Link:
    """A link to a place in the same page; ``anchor`` without ``#``. A page links to no other host."""

    text: str
    anchor: str


Text = str | tuple["str | Strong | Code | Link", ...]


@dataclass(frozen=True, slots=True)
class VerdictMark:
    """A verdict, shown by sign, word and colour; ``count`` where it stands for several claims."""

    word: str
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Stack:
    """A table cell of two lines: what matters, and below it what it needs."""

    main: Text | VerdictMark
    detail: Text = ""


Cell = str | tuple[str | Strong | Code | Link, ...] | VerdictMark | Stack


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph; ``lead`` opens a section, ``small`` is a remark."""

    text: Text
    tone: Literal["plain", "lead", "small"] = "plain"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its heading and whether it holds numbers."""

    title: str
    numeric: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table. The first cell of each row is the row's heading.

    Parameters
    ----------
    caption : str
    columns : tuple of Column
    rows : tuple of tuple of Cell
    note : Text
        Below the table.

    Raises
    ------
    InputError
        A row has another number of cells than there are columns.
    """

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: Text = ""

    def __post_init__(self) -> None:
        for number, row in enumerate(self.rows):
            if len(row) != len(self.columns):
                raise InputError(f"Table {self.caption!r}: row {number} has {len(row)} cells for {len(self.columns)} columns.")


@dataclass(frozen=True, slots=True)
class FigureBlock:
    """A figure with its drawing. Its numbers are put into a table beside it.

    Parameters
    ----------
    figure : Figure
    svg : str
        As ``figures.render`` gives it, decoded.
    note : Text
        Below the finding.
    """

    figure: Figure
    svg: str
    note: Text = ""


@dataclass(frozen=True, slots=True)
class FigureRow:
    """Figures of one column side by side where there is room."""

    figures: tuple[FigureBlock, ...]


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One claim with its verdict.

    Parameters
    ----------
    claim, quantity, sample, condition, location : str
    printed : str
        Value and unit as printed, with its qualifier.
    obtained, origin : str
        Value with error and unit, and where it comes from; empty where there is none.
    deviation, allowed : str
    verdict : str
    reason, detail, quote : str
    alternatives : tuple of str
        What other readings or assumptions give.
    relations : tuple of str
        That name the claim.
    flags : tuple of str
        What a careful reader must know, in words.
    """

    claim: str
    quantity: str
    sample: str
    condition: str
    printed: str
    location: str
    obtained: str
    origin: str
    deviation: str
    allowed: str
    verdict: str
    reason: str = ""
    detail: str = ""
    quote: str = ""
    alternatives: tuple[str, ...] = ()
    relations: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ledger:
    """The table of all claims, with filters where scripts run."""

    caption: str
    rows: tuple[LedgerRow, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding: a sentence that says it, and what it rests on."""

    title: Text
    text: Text = ""
    tone: Tone = "neutral"


@dataclass(frozen=True, slots=True)
class Callout:
    """A few findings that a reader must not miss, in order of weight."""

    title: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Definition:
    """A term, its text, and the verdicts counted in it."""

    term: str
    text: Text
    marks: tuple[VerdictMark, ...] = ()


@dataclass(frozen=True, slots=True)
class Definitions:
    """A list of terms."""

    items: tuple[Definition, ...]


@dataclass(frozen=True, slots=True)
class ReadingCard:
    """One way to read a contradiction: what it says, what it gives, how."""

    says: str
    value: str
    expression: str = ""


@dataclass(frozen=True, slots=True)
class Conflict:
    """A relation that does not hold, with the readings that would explain it side by side. None is chosen.

    Parameters
    ----------
    id, verdict, text : str
    computed, expected : str
        The two sides that do not meet.
    claims : tuple of Link or str
        The claims that it names.
    readings : tuple of ReadingCard
    """

    id: str
    verdict: str
    text: str
    computed: str
    expected: str
    claims: tuple[str | Strong | Code | Link, ...] = ()
    readings: tuple[ReadingCard, ...] = ()


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list of short texts."""

    items: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Details:
    """Blocks that are closed at first, under a summary."""

    summary: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Subsection:
    """A part of a section, with a heading of its own."""

    title: str
    blocks: tuple[Block, ...]
    anchor: str = ""


Block = (
    Paragraph | Table | FigureBlock | FigureRow | Ledger | Callout | Definitions | Conflict | Bullets | Details | Subsection
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page with its heading and its place in the contents.

    Parameters
    ----------
    title : str
    anchor : str
        Letters, digits and hyphens; unique in the page.
    blocks : tuple of Block
    """

    title: str
    anchor: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """A whole report.

    Parameters
    ----------
    title : str
    subtitle : Text
        Such as the source that was checked.
    sections : tuple of Section
    footer : tuple of Text
        One paragraph each.
    lang : str
    """

    title: str
    sections: tuple[Section, ...]
    subtitle: Text = ""
    footer: tuple[Text, ...] = ()
    lang: str = "en"
