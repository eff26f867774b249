"""Options that several verbs share."""

from __future__ import annotations

from typing import Annotated

import typer

JsonOutput = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]
StudyArgument = Annotated[str, typer.Argument(metavar="STUDY", help="Name of a bundled study, or a folder.")]
