"""Calibrations with the profile of each parameter: how far the data let it go when the others follow.

Standard errors are local, and those of ``numerics.fit`` count the bounds as knowledge. A profile asks the data alone: a parameter whose
95 % interval meets a bound is unidentified, however small its standard error may be. Profiles also find minima that the starts missed; the
calibration then begins again from there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dualion.errors import FitError
from dualion.models.calibration.fitting import CellFit, calibrate, residual_of
from dualion.models.engines import DEFAULT_ENGINE, solver
from dualion.models.targets import Target
from dualion.numerics.profile import LEAST_POINTS, Profile, profile
from dualion.records.cell import Cell

#: How often a calibration begins again from a lower minimum that a profile found.
_MOST_RETURNS = 3


@dataclass(frozen=True, slots=True)
class ProfiledFit:
    """A calibration with the profile of each of its parameters, in their order.

    ``returns`` [1] is how often a profile found a lower minimum, from which the calibration then began again.
    """

    found: CellFit
    profiles: tuple[Profile, ...]
    returns: int


def profiled(
    cell: Cell,
    targets: Sequence[Target],
    names: Sequence[str],
    *,
    boundary: float,
    starts: int = 16,
    engine: str = DEFAULT_ENGINE,
    points: int = LEAST_POINTS,
    scale_errors: bool = False,
    on_progress: Callable[[int, int, str], None] | None = None,
) -> ProfiledFit:
    """Calibrate a cell and profile every parameter.

    Parameters
    ----------
    cell : Cell
    targets : sequence of Target
    names : sequence of str
        Parameters to fit.
    boundary : float
        [V] against Na+/Na, between plateau and slope.
    starts : int
        [1] scrambled starts.
    engine : str
        See ``engines.engine_named``.
    points : int
        [1] of a profile, at least.
    scale_errors : bool
        Whether the errors of the data are multiplied until the residuals are as large as they say.
    on_progress : callable, optional
        ``on_progress(done, total, message)``.

    Returns
    -------
    ProfiledFit

    Raises
    ------
    SpecError, CoverageError
        From ``fitting.calibrate``.
    FitError
        No start reached a minimum, or profiles find lower minima without end.
    """
    residual = residual_of(solver(cell, engine=engine, inputs=tuple(names)), targets, names, boundary=boundary)
    total = len(names) + 1
    tell = on_progress or (lambda done, total, message: None)
    tell(0, total, f"fitting {', '.join(names)}")
    found = calibrate(cell, targets, names, boundary=boundary, starts=starts, engine=engine)
    for returns in range(_MOST_RETURNS + 1):
        scale = (found.fit.error_scale or 1.0) if scale_errors else 1.0
        profiles: list[Profile] = []
        for held, name in enumerate(names):
            tell(1 + held, total, f"profile of {name}")
            profiles.append(profile(residual, found.fit, held, points=points, scale=scale))
            if profiles[-1].lower_end is not None:
                break
        lower = profiles[-1].lower_end
        if lower is None:
            tell(total, total, "profiles")
            return ProfiledFit(found, tuple(profiles), returns)
        begin = dict(zip(names, lower, strict=True))
        found = calibrate(cell, targets, names, boundary=boundary, begin=[begin], starts=starts, engine=engine)
    raise FitError(f"{', '.join(names)}: after {_MOST_RETURNS} returns a profile still finds a lower minimum. Fit fewer parameters.")
