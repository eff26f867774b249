"""The command ``dualion``.

Exit codes: 0 done; 1 a computation failed, and everything else was finished; 2 what was given cannot be used, or a library or the
store is missing; 130 stopped from the keyboard. With ``--json`` every verb prints one JSON object on standard output, and an error is
``{"error": {"kind": ..., "problems": [...]}}``.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

import dualion
from dualion.cli import (
    analyse,
    carbon,
    compare,
    convert,
    desolvate,
    electronic,
    fit,
    read,
    recipe,
    reproduce,
    simulate,
    solvate,
    study,
    synthesise,
    vasp,
)
from dualion.cli.output import FAILED, INTERRUPTED, UNUSABLE, complain, exit_code_of, problems_of
from dualion.errors import DualionError

_TRACEBACK_VARIABLE = "DUALION_TRACEBACK"
_ABOUT = "Sodium dual-ion batteries with hard-carbon anodes: every published number held against data, arithmetic and physics."
_EXIT_CODES = "Exit codes: 0 done, 1 a computation failed, 2 the input cannot be used."

app = typer.Typer(name="dualion", help=_ABOUT, epilog=_EXIT_CODES, rich_markup_mode=None, pretty_exceptions_enable=False)
app.command(name="reproduce")(reproduce.reproduce)
app.command(name="analyse")(analyse.analyse)
app.command(name="read")(read.read)
app.command(name="convert")(convert.convert)
app.command(name="recipe")(recipe.recipe)
app.command(name="compare")(compare.compare)
app.command(name="synthesise")(synthesise.synthesise)
app.command(name="solvate")(solvate.solvate)
app.command(name="desolvate")(desolvate.desolvate)
app.add_typer(carbon.app, name="carbon")
app.add_typer(electronic.app, name="electronic")
app.add_typer(fit.app, name="fit")
app.add_typer(simulate.app, name="simulate")
app.add_typer(study.app, name="study")
app.add_typer(vasp.app, name="vasp")


def _print_version(asked: bool) -> None:
    if asked:
        print(f"dualion {dualion.__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")] = False,
) -> None:
    if context.invoked_subcommand is None:
        print(context.get_help())


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments : sequence of str, optional
        Without the name of the program; those of the process where None.

    Returns
    -------
    int
        Exit code [1].
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    as_json = "--json" in given
    try:
        code = app(args=given, prog_name="dualion", standalone_mode=False)
    except DualionError as error:
        complain(type(error).__name__, problems_of(error) if as_json else str(error).splitlines(), as_json=as_json)
        return exit_code_of(error)
    except typer.TyperException as error:
        complain("UsageError", [f"{error.format_message()} Try: dualion --help"], as_json=as_json)
        return UNUSABLE
    except (KeyboardInterrupt, typer.Abort):
        return _interrupted()
    except Exception as error:
        if os.environ.get(_TRACEBACK_VARIABLE):
            raise
        complain(type(error).__name__, [_defect(error)], as_json=as_json)
        return FAILED
    if code == INTERRUPTED:
        return _interrupted()
    return code if isinstance(code, int) else 0


def _interrupted() -> int:
    print("Stopped. What was done is in the store: the same command goes on from there.", file=sys.stderr)
    return INTERRUPTED


def _defect(error: Exception) -> str:
    return (
        f"Unexpected {type(error).__name__}: {error}. This is a defect of dualion {dualion.__version__}. "
        f"Please report it with the command and its traceback, which {_TRACEBACK_VARIABLE}=1 shows."
    )


if __name__ == "__main__":
    sys.exit(main())
