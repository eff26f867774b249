"""A commented study folder to start from: a half cell of a user's own hard carbon."""

from __future__ import annotations

import re
from pathlib import Path

from dualion.errors import SpecError
from dualion.records.files import show
from dualion.study.written.folder import bundled

_TEMPLATE = Path(__file__).parents[2] / "data" / "templates" / "study"

#: The name in the template that the user's own replaces.
_PLACEHOLDER = "my-study"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,59}")


def new(name: str, folder: Path) -> Path:
    """Write a commented study folder that loads and runs.

    Parameters
    ----------
    name : str
        Of the study and of its folder: letters, digits, ``-`` and ``_``.
    folder : Path
        Where it is written.

    Returns
    -------
    Path
        ``folder / name``.

    Raises
    ------
    SpecError
        The name cannot be used, a file or folder of this name exists, or the folder cannot be written.
    """
    if not _NAME.fullmatch(name):
        raise SpecError(f"{show(name)}: not a name of a study. Write letters, digits, - and _, at most 60.")
    if name in bundled():
        raise SpecError(f"{show(name)}: a study of this name comes with dualion. Choose another name.")
    target = folder / name
    try:
        target.mkdir(parents=True)
        for source in sorted(path for path in _TEMPLATE.rglob("*") if path.is_file()):
            path = target / source.relative_to(_TEMPLATE)
            path.parent.mkdir(exist_ok=True)
            text = source.read_text(encoding="utf-8").replace(_PLACEHOLDER, name)
            path.write_text(text, encoding="utf-8", newline="\n")
    except FileExistsError:
        raise SpecError(f"{show(name)}: exists already, and nothing is overwritten. Choose another name, or remove it.") from None
    except OSError as error:
        raise SpecError(f"{show(name)}: cannot be written ({error.strerror}). Choose a folder that you may write to.") from None
    return target
