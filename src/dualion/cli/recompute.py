"""Computing the atomistic results of a study again, by the commands that its list names."""

from __future__ import annotations

import json
import shlex
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from dualion.cli.output import DONE
from dualion.errors import SpecError

if TYPE_CHECKING:
    from dualion.study.desolvation.shipped import Shipped
    from dualion.study.types import Study

WHAT = ("atoms",)


def recomputed(study: Study, folder: Path, what: str) -> tuple[Shipped, ...]:
    """The results of a study, each computed again into a folder of its own, which a stopped run goes on from.

    Parameters
    ----------
    study : Study
    folder : Path
        Where the folders of the results are made.
    what : str
        ``"atoms"``.

    Returns
    -------
    tuple of Shipped

    Raises
    ------
    SpecError
        Nothing of this name can be computed again, or the study brings no such results.
    """
    from dualion.cli.main import app
    from dualion.study.desolvation.shipped import DESOLVATION, shipped

    if what not in WHAT:
        raise SpecError(f'--recompute: "{what}" cannot be computed again. Write {", ".join(WHAT)}.')
    results = shipped(study)
    if not results:
        raise SpecError(f"--recompute: {study.id} brings no atomistic results. Leave the option out.")
    found = []
    for one in results:
        if one.schema == DESOLVATION:
            place = folder / one.name
            arguments = shlex.split(one.command)[1:]
            code = app(args=[*arguments, "--out", str(place)], prog_name="dualion", standalone_mode=False)
            if code not in (None, DONE):
                raise typer.Exit(code)
            one = replace(one, document=json.loads((place / "results.json").read_bytes()))
        found.append(one)
    return tuple(found)
