"""Options that several verbs share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from dualion.readers.format import Declared

JsonOutput = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]
#: What a file does not say itself.
AsKind = Annotated[
    str | None, typer.Option("--as", metavar="KIND", help="What a file without a heading holds: xrd, raman, ftir, saxs, ...")
]
XUnit = Annotated[str | None, typer.Option("--x-unit", metavar="UNIT", help='Unit of its first column, such as "1/angstrom".')]
YUnit = Annotated[str | None, typer.Option("--y-unit", metavar="UNIT", help='Unit of its second column, such as "1/cm" or "absorbance".')]
StudyArgument = Annotated[str, typer.Argument(metavar="STUDY", help="Name of a bundled study, or a folder.")]


def declared_in(kind: str | None, x_unit: str | None, y_unit: str | None) -> Declared:
    """What the command line states of a file.

    Raises
    ------
    SpecError
        It is no kind of measurement.
    """
    from dualion.errors import SpecError
    from dualion.readers.format import Declared
    from dualion.records.measurement import TECHNIQUES
    from dualion.records.validation import did_you_mean

    if kind is not None and kind not in TECHNIQUES:
        raise SpecError(f'--as: "{kind}" is not a kind of measurement. {did_you_mean(kind, TECHNIQUES)}')
    return Declared(kind, x_unit, y_unit)
