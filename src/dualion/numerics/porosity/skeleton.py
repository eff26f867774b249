"""Density of the walls of a carbon: that of graphite, or scaled by its layer spacing.

    rho = 2.26 g/cm3                                    graphite
    rho = 2.26 g/cm3 * 0.3354 nm / d002                 the same layers, further apart

Both are bounds of what is not known: layers further apart have fewer atoms in a volume; edges, defects, H, N and O lower it further. The
middle of the two specific volumes is taken, and half their difference is the systematic error of that choice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from dualion.errors import InputError

Skeleton = Literal["both", "graphite", "scaled"]
SKELETONS: tuple[Skeleton, ...] = ("both", "graphite", "scaled")

#: Density and layer spacing of graphite (specification of characterisation, section 4).
GRAPHITE_DENSITY, GRAPHITE_SPACING = 2.26, 0.3354  # [g/cm3], [nm]


@dataclass(frozen=True, slots=True)
class Wall:
    """Specific volume of the walls.

    Parameters
    ----------
    volume : float
        [cm3/g]
    stderr : float
        [cm3/g] one standard error, of the layer spacing.
    spread : float
        [cm3/g] half the difference between the two densities; 0 where one was chosen.
    """

    volume: float
    stderr: float
    spread: float

    @property
    def density(self) -> float:
        """In g/cm3."""
        return 1 / self.volume


def scaled_density(spacing: float) -> float:
    """Density [g/cm3] of graphite whose layers are further apart.

    Parameters
    ----------
    spacing : float
        d002 [nm].

    Raises
    ------
    InputError
        The spacing is not positive.

    Examples
    --------
    >>> round(scaled_density(0.375), 2)
    2.02
    """
    if not spacing > 0:
        raise InputError(f"d002: {spacing} nm is not a layer spacing. Give one such as 0.375 nm.")
    return GRAPHITE_DENSITY * GRAPHITE_SPACING / spacing


def wall(spacing: float | None, spacing_stderr: float, skeleton: Skeleton) -> Wall:
    """Specific volume of the walls by a choice of their density.

    Parameters
    ----------
    spacing : float or None
        d002 [nm]; needed unless the choice is graphite.
    spacing_stderr : float
        [nm]; 0 where it is not to count.
    skeleton : {"both", "graphite", "scaled"}

    Returns
    -------
    Wall

    Raises
    ------
    InputError
        The spacing is needed and not there, or not positive.
    """
    graphite = 1 / GRAPHITE_DENSITY
    if skeleton == "graphite":
        return Wall(graphite, 0.0, 0.0)
    if spacing is None:
        raise InputError('d002: the density of the walls is scaled by it. Give d002 [nm], or skeleton = "graphite".')
    scaled = 1 / scaled_density(spacing)
    stderr = scaled * spacing_stderr / spacing
    if skeleton == "scaled":
        return Wall(scaled, stderr, 0.0)
    return Wall((graphite + scaled) / 2, stderr / 2, abs(scaled - graphite) / 2)
