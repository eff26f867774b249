"""Every error that dualion raises on purpose.

    DualionError
    |- InputError              what the user gave cannot be used
    |  |- ReadError            a file: name, position, reason, hint
    |  |- UnitError            a unit that is not in the table, or of another dimension
    |  |- SpecError            a study, cell or design file, or an argument; may hold several problems
    |  |  '- OpenShellFlake    a flake whose gap is so small that it may be an open shell
    |  '- CoverageError        fewer data than the method needs; names the number
    |- ModelError              the input was fine, the computation was not
    |  |- FitError
    |  |- PlacementError       atoms could not be placed
    |  |- SolveError           a cell model did not solve; carries what was computed
    |  |  |- PartialSolutionError   it stopped before its protocol ended
    |  |  |- ExtrapolationError     it left the table of a measured function
    |  |  '- InventoryError         charge, sodium, anion or salt do not balance
    |  '- ConvergenceError
    |- MissingDependency       an optional library is absent; names the extra that brings it
    '- StoreError              the store or a run folder cannot be used

A message says what is wrong, where, and what to do. The command line ends with 2 for an InputError, a MissingDependency or a
StoreError, and with 1 for a ModelError.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

MOST_PROBLEMS_SHOWN = 20


class DualionError(Exception):
    """Base of every error raised on purpose."""


class InputError(DualionError):
    """What the user gave cannot be used."""


class ReadError(InputError):
    """A file could not be read.

    Parameters
    ----------
    file : str
        Name of the file.
    position : str
        Where in it, such as ``"line 12"`` or ``"byte 0x40"``.
    reason : str
        What is wrong there.
    hint : str
        What to do about it.
    """

    def __init__(self, file: str, position: str, reason: str, hint: str = "") -> None:
        self.file, self.position, self.reason, self.hint = file, position, reason, hint
        super().__init__(f"{file}: {position}: {reason}." + (f" {hint}" if hint else ""))

    def __reduce__(self) -> tuple[Any, ...]:
        """Errors come back whole from a worker process."""
        return type(self), (self.file, self.position, self.reason, self.hint)


class UnitError(InputError):
    """A unit is not in the table, or has another dimension than the one needed."""


class SpecError(InputError):
    """A file or argument that the user writes breaks a rule; one line ``FILE: KEY: problem. Remedy.`` for each problem.

    Parameters
    ----------
    problems : str or sequence of str
        One line each. At most 20 are shown, then ``and N more``.
    """

    def __init__(self, problems: str | Sequence[str]) -> None:
        self.problems: tuple[str, ...] = (problems,) if isinstance(problems, str) else tuple(problems)
        shown = list(self.problems[:MOST_PROBLEMS_SHOWN])
        if len(self.problems) > MOST_PROBLEMS_SHOWN:
            shown.append(f"and {len(self.problems) - MOST_PROBLEMS_SHOWN} more")
        super().__init__("\n".join(shown))


class OpenShellFlake(SpecError):
    """A flake whose gap is so small that it may be an open shell."""


class CoverageError(InputError):
    """Fewer data than the method needs.

    Parameters
    ----------
    method : str
        The method, and what it needs.
    needed, found : int
        How many data it needs, and how many there are.
    """

    def __init__(self, method: str, needed: int, found: int) -> None:
        self.method, self.needed, self.found = method, needed, found
        super().__init__(f"{method} needs at least {needed} and has {found}.")

    def __reduce__(self) -> tuple[Any, ...]:
        """Errors come back whole from a worker process."""
        return type(self), (self.method, self.needed, self.found)


class ModelError(DualionError):
    """The input was fine; the computation was not."""


class FitError(ModelError):
    """A fit did not reach a minimum that can be reported."""


class PlacementError(ModelError):
    """Atoms or molecules could not be placed without overlap."""


class SolveError(ModelError):
    """A cell model did not solve.

    Parameters
    ----------
    message : str
        What failed, at which step, and what was tried.
    partial : object, optional
        What had been computed until then.
    """

    def __init__(self, message: str, partial: Any = None) -> None:
        self.partial = partial
        super().__init__(message)


class PartialSolutionError(SolveError):
    """The solver stopped before the protocol ended."""


class ExtrapolationError(SolveError):
    """The solver left the range of a tabulated function."""


class InventoryError(SolveError):
    """Charge, sodium, anion or salt do not balance within the tolerance."""


class ConvergenceError(ModelError):
    """An iteration ended without meeting its criterion."""


class MissingDependency(DualionError):
    """An optional library is not installed.

    Parameters
    ----------
    library : str
        The library that was looked for.
    extra : str
        The extra that installs it; empty for a program that no extra brings.
    remedy : str
        How such a program is installed.
    """

    def __init__(self, library: str, extra: str, remedy: str = "") -> None:
        self.library, self.extra, self.remedy = library, extra, remedy
        how = remedy or f'Install it with: pip install "dualion[{extra}]"'
        super().__init__(f"{library} is not installed. {how}")

    def __reduce__(self) -> tuple[Any, ...]:
        """Errors come back whole from a worker process."""
        return type(self), (self.library, self.extra, self.remedy)


class StoreError(DualionError):
    """The store or a run folder cannot be used as it is."""
