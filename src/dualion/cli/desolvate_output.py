"""What ``dualion desolvate`` writes into its folder, and what it says of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dualion.atoms.electrons import signed
from dualion.cli.output import columns_of

if TYPE_CHECKING:
    from dualion.atoms.search.run import Searched

RESULTS: Final = "results.json"
TASKS: Final = "tasks"
_HIDDEN = ".dualion-"
#: Outcomes of a task that another try may change; a structure that reacted or fell apart would do it again.
_FAILED: Final = ("scf", "unconverged")


def usable(folder: Path) -> None:
    """Refuse a folder that holds something else.

    Raises
    ------
    StoreError
        It is not a folder of this verb, and not empty.
    """
    from dualion.errors import StoreError
    from dualion.store.tasks import MARKER

    if not folder.exists():
        return
    if not folder.is_dir():
        raise StoreError(f"{folder}: is a file. Choose a folder with --out.")
    foreign = sorted(entry.name for entry in folder.iterdir() if not entry.name.startswith(_HIDDEN))
    if foreign and not (folder / TASKS / MARKER).exists() and foreign != [TASKS]:
        raise StoreError(f"{folder}: holds {foreign[0]}, which is not of dualion desolvate. Choose another folder with --out.")


def forget_failed(tasks: Path) -> int:
    """Take away the records of tasks that did not become a minimum within their steps; gives their number [1]."""
    from dualion.store.tasks import TaskFolder

    with TaskFolder(tasks) as kept:
        keys = kept.keys()
        failed = [key for key in keys if (kept.get(key) or {}).get("outcome") in _FAILED]
    for key in failed:
        (tasks / "records" / f"{key}.json").unlink(missing_ok=True)
    return len(failed)


def files(document: Mapping[str, Any], searched: Searched) -> dict[str, bytes]:
    """Everything that is written beside the tasks, by name.

    Parameters
    ----------
    document : mapping
    searched : Searched

    Returns
    -------
    dict of str to bytes
    """
    from dualion.atoms.desolvation.entries import file_of
    from dualion.atoms.desolvation.figures import figures
    from dualion.atoms.desolvation.table import states_parquet, steps_csv
    from dualion.atoms.engines.base import Energy
    from dualion.atoms.export import extxyz
    from dualion.figures.render import render

    found = {"steps.csv": steps_csv(document).encode(), "states.parquet": states_parquet(document)}
    for state, seen in searched.found.items():
        if seen.best is not None:
            found[file_of(state)] = extxyz(seen.best.relaxed.structure, Energy(seen.best.energy)).encode()
    for figure in figures(document):
        drawn = render(figure, formats=("svg", "png", "pdf"))
        found |= {f"figures/{figure.name}.{form}": content for form, content in drawn.items()}
    text = json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False)
    return found | {RESULTS: (text + "\n").encode()}


def lines(document: Mapping[str, Any], folder: Path, count: int) -> list[str]:
    """What is said on a terminal."""
    from dualion.atoms.desolvation.table import terminal_rows

    said = [f"{step['name']}  {step['short']}" for step in document["steps"]]
    orders = [f"{one['step']}, q={signed(one['charge'])}: {one['statement']}" for one in document["rankings"]]
    pairs = [f"  {statement}" for one in document["rankings"] for statement in one["oxidised_against_pristine"]]
    first = [
        f"{one['motif']}, q={signed(one['charge'])}, {one['from']} to {one['to']}, prefactors 1e12 to 1e14 1/s: "
        + str(one["first_step_over_all_prefactors"]["statement"])
        for one in document["ladders"]
        if any(energy is not None for energy in one["steps_eV"].values())
    ]
    notes = [f"{flag['code']}: {flag['message']}" for flag in document["flags"]]
    notes += [] if document["complete"] else ["The time was up: the same command goes on from here."]
    blocks = [columns_of(terminal_rows(document)), said, [*orders, *pairs], first, notes]
    notice = "Times take a reaction energy for a barrier. Intervals are search and method intervals, not standard errors."
    spaced = [line for block in blocks if block for line in (*block, "")]
    return [*spaced, notice, f"{len(document['open_questions'])} open questions stand in {RESULTS}.", f"{count} files: {folder}"]
