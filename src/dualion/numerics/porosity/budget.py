"""Terms of the balance of pores with their errors, for every density of the walls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import hypot

import numpy as np

from dualion.numerics.porosity.balance import TERMS, Array, Inputs, balance, missing
from dualion.numerics.porosity.propagation import Spread, propagate
from dualion.numerics.porosity.skeleton import Skeleton, Wall, wall


@dataclass(frozen=True, slots=True)
class Error:
    """A measured number.

    Parameters
    ----------
    value, stderr : float
        In its [unit].
    method : str
    """

    value: float
    stderr: float
    method: str = ""


@dataclass(frozen=True, slots=True)
class Measured:
    """What is known of one sample; None for what is not.

    Parameters
    ----------
    porosity : Error or None
        [1]
    total_volume, open_volume : Error or None
        [cm3/g] by scattering and by sorption.
    true_density : Error or None
        [g/cm3]
    spacing : Error or None
        d002 [nm]
    scattering_area, sorption_area : Error or None
        [m2/g]
    spacing_counts : bool
        Whether the error of the spacing is propagated.
    """

    porosity: Error | None = None
    total_volume: Error | None = None
    open_volume: Error | None = None
    true_density: Error | None = None
    spacing: Error | None = None
    scattering_area: Error | None = None
    sorption_area: Error | None = None
    spacing_counts: bool = False


@dataclass(frozen=True, slots=True)
class Budget:
    """Terms of the balance, by name, in cm3/g and m2/g.

    Parameters
    ----------
    skeleton : str
        Walls of the headline.
    headline, statistical : mapping of str to Spread
        With all errors, and without the choice of the walls.
    systematic : mapping of str to float
        Half of what the choice between the walls changes, in the [unit] of the term.
    by_wall : mapping of str to mapping
        The terms with each density of the walls, with statistical errors.
    densities : mapping of str to float
        Of the walls [g/cm3].
    solved, missing, withheld : tuple of str
        Terms that were solved for, that were not measured, and that are not possible with these walls.
    """

    skeleton: Skeleton
    headline: Mapping[str, Spread]
    statistical: Mapping[str, Spread]
    systematic: Mapping[str, float]
    by_wall: Mapping[str, Mapping[str, Spread]]
    densities: Mapping[str, float]
    solved: tuple[str, ...]
    missing: tuple[str, ...]
    withheld: tuple[str, ...]


def budget(measured: Measured, *, skeleton: Skeleton, contrast_density: float | None, draws: int, seed: int) -> Budget:
    """All terms with their errors.

    Parameters
    ----------
    measured : Measured
    skeleton : {"both", "graphite", "scaled"}
        Without a layer spacing, ``"both"`` becomes graphite.
    contrast_density : float or None
        [g/cm3] of the walls in the contrast of the porosity.
    draws, seed : int
        [1]

    Returns
    -------
    Budget

    Raises
    ------
    InputError
        The walls are to be scaled, and no spacing is known or it is not positive.
    """
    spacing = measured.spacing
    if skeleton == "both" and spacing is None:
        skeleton = "graphite"
    kinds: tuple[Skeleton, ...] = ("graphite", "scaled") if skeleton == "both" else (skeleton,)
    value = None if spacing is None else spacing.value
    error = spacing.stderr if spacing is not None and measured.spacing_counts else 0.0
    main = wall(value, error, skeleton)
    given = _inputs(measured, contrast_density)

    def spreads(one: Wall) -> dict[str, Spread]:
        return _propagated(measured, given, one, draws, seed)

    by_wall: dict[str, Mapping[str, Spread]] = {kind: spreads(wall(value, error, kind)) for kind in kinds}
    statistical = spreads(replace(main, spread=0.0))
    headline = spreads(main)
    systematic = {}
    if skeleton == "both":
        both = [name for name in headline if name in by_wall["graphite"] and name in by_wall["scaled"]]
        systematic = {name: abs(by_wall["graphite"][name].value - by_wall["scaled"][name].value) / 2 for name in both}
    absent = missing(given)
    known = [name for name in TERMS if name not in absent]
    return Budget(
        skeleton=skeleton,
        headline=headline,
        statistical=statistical,
        systematic=systematic,
        by_wall=by_wall,
        densities={kind: wall(value, 0.0, kind).density for kind in kinds},
        solved=tuple(name for name in absent if name in headline),
        missing=absent,
        withheld=tuple(name for name in known if name not in headline),
    )


def _inputs(measured: Measured, contrast_density: float | None) -> Inputs:
    def value(one: Error | None) -> float | None:
        return None if one is None else one.value

    return Inputs(
        porosity=value(measured.porosity), contrast_density=contrast_density, total_volume=value(measured.total_volume),
        open_volume=value(measured.open_volume), true_density=value(measured.true_density), wall_volume=0.0,
        scattering_area=value(measured.scattering_area), sorption_area=value(measured.sorption_area),
    )  # fmt: skip


def _replaced(given: Inputs, numbers: Mapping[str, Array]) -> Inputs:
    def of(name: str) -> Array | None:
        return numbers.get(name)

    return Inputs(
        porosity=of("porosity"), contrast_density=given.contrast_density, total_volume=of("total_volume"), open_volume=of("open_volume"),
        true_density=of("true_density"), wall_volume=numbers["wall_volume"], scattering_area=of("scattering_area"),
        sorption_area=of("sorption_area"),
    )  # fmt: skip


def _propagated(measured: Measured, given: Inputs, walls: Wall, draws: int, seed: int) -> dict[str, Spread]:
    """Errors of all terms with one kind of walls, whose choice counts as an error of theirs."""
    names = ("porosity", "total_volume", "open_volume", "true_density", "scattering_area", "sorption_area")
    known = {name: getattr(measured, name) for name in names if getattr(measured, name) is not None}
    values = {name: one.value for name, one in known.items()} | {"wall_volume": walls.volume}
    errors = {name: one.stderr for name, one in known.items()} | {"wall_volume": hypot(walls.stderr, walls.spread)}

    def terms(numbers: Mapping[str, Array]) -> Mapping[str, Array]:
        found = balance(_replaced(given, numbers))
        size = max(np.size(one) for one in numbers.values())
        return {name: np.broadcast_to(one, (size,)) for name, one in found.items()}

    return propagate(terms, values, errors, draws=draws, seed=seed)
