"""Samples that have two descriptors, as points with errors."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dualion.errors import CoverageError, SpecError
from dualion.numerics.correlation.coefficients import FEWEST, pearson
from dualion.numerics.correlation.descriptors import Descriptor, alternatives, choose
from dualion.numerics.correlation.small_samples import Array, Points
from dualion.records.quantity import Flag


@dataclass(frozen=True, slots=True)
class Coordinate:
    """One of the two descriptors.

    Parameters
    ----------
    axis : {"x", "y"}
    name : str
        Of the descriptor.
    choice : str
        Text in the method or source of the value to take, where a sample has several.
    relative_error : float or None
        [1] for samples without a standard error.
    """

    axis: str
    name: str
    choice: str = ""
    relative_error: float | None = None


@dataclass(frozen=True, slots=True)
class Pairs:
    """Samples that have both descriptors, in the order of their names.

    Parameters
    ----------
    samples : tuple of str, length n
    points : Points
    units : tuple of two str
        Of x and of y.
    """

    samples: tuple[str, ...]
    points: Points
    units: tuple[str, str]

    def without(self, names: Collection[str]) -> Pairs:
        """Those that are not named."""
        mask = np.array([name not in names for name in self.samples], dtype=bool)
        p = self.points
        kept = tuple(name for name in self.samples if name not in names)
        return Pairs(kept, Points(p.x[mask], p.y[mask], p.u_x[mask], p.u_y[mask]), self.units)


def paired(
    descriptors: Sequence[Descriptor], present: Collection[str], coordinates: tuple[Coordinate, Coordinate], *, exact_x: bool
) -> tuple[Pairs, tuple[Flag, ...]]:
    """Both descriptors of every sample that has them, as equalities with errors.

    Parameters
    ----------
    descriptors : sequence of Descriptor
    present : collection of str
        Names of all descriptors in the tables, usable or not.
    coordinates : tuple of two Coordinate
        x and y.
    exact_x : bool
        Whether the line needs no errors.

    Returns
    -------
    pairs : Pairs
    flags : tuple of Flag
        ``bound_not_used``, ``choice_made``, ``sample_without_pair``.

    Raises
    ------
    CoverageError
        Fewer than three samples have both.
    SpecError
        A descriptor is nowhere, a choice between values is open, or an error is missing.
    """
    flags: list[Flag] = []
    across, up = (_taken(descriptors, present, one, flags) for one in coordinates)
    x, y = coordinates
    names = tuple(sorted(set(across) & set(up)))
    lone = sorted(set(across) ^ set(up))
    if lone:
        flags.append(Flag("sample_without_pair", "note", f"Only one of {x.name} and {y.name} is known of {', '.join(lone)}."))
    if len(names) < FEWEST:
        raise CoverageError(f"A line of {y.name} against {x.name}, in samples with both,", FEWEST, len(names))
    errors = [_errors(taken, names, one, exact_x=exact_x) for taken, one in ((across, x), (up, y))]
    values = [np.array([taken[name].value for name in names]) for taken in (across, up)]
    return Pairs(names, Points(*values, *errors), (across[names[0]].unit, up[names[0]].unit)), tuple(flags)


def varying_together(descriptors: Sequence[Descriptor], pairs: Pairs, apart_from: Collection[str], *, beyond: float) -> tuple[str, ...]:
    """Other descriptors that follow x over the samples, each with its correlation, in words.

    Parameters
    ----------
    descriptors : sequence of Descriptor
    pairs : Pairs
    apart_from : collection of str
        Descriptors that are not looked at.
    beyond : float
        Correlation [1] from which one is named.
    """
    x = dict(zip(pairs.samples, pairs.points.x, strict=True))
    found = []
    for name in sorted({one.name for one in descriptors} - set(apart_from)):
        own = {one.sample: one.value for one in descriptors if one.name == name and one.sample in x}
        here, there = np.array([x[one] for one in sorted(own)]), np.array([own[one] for one in sorted(own)])
        if len(own) >= FEWEST and np.ptp(here) > 0 and np.ptp(there) > 0:
            r = pearson(here, there).r
            if abs(r) > beyond:
                found.append(f"{name} (r = {r:.2f})")
    return tuple(found)


def _taken(descriptors: Sequence[Descriptor], present: Collection[str], wanted: Coordinate, flags: list[Flag]) -> dict[str, Descriptor]:
    """One value for each sample; bounds and values that were not chosen become flags."""
    name = wanted.name
    if name not in present:
        raise SpecError(f'{wanted.axis}: no sample has "{name}". There are {", ".join(sorted(present)) or "none"}.')
    equal = [one for one in descriptors if one.qualifier == "="]
    bounds = [f"{one.sample} {one.qualifier} {one.label}" for one in descriptors if one.name == name and one.qualifier != "="]
    if bounds:
        flags.append(Flag("bound_not_used", "warning", f"{name}: a bound is no point of a line: {', '.join(bounds)}."))
    taken = choose(equal, name, unit=None, choice=wanted.choice, option=f"{wanted.axis}_choice")
    beside = alternatives(equal, taken, name, next(iter(taken.values())).unit) if taken else ()
    if beside:
        flags.append(Flag("choice_made", "note", f"{name}: not taken, by choice: {'; '.join(beside)}."))
    return taken


def _errors(taken: Mapping[str, Descriptor], names: Sequence[str], wanted: Coordinate, *, exact_x: bool) -> Array:
    """Standard errors of one coordinate; those that are not known must be stated, except for ordinary least squares."""
    found = []
    for name in names:
        one = taken[name]
        error = one.stderr
        if error is None and wanted.relative_error is not None:
            error = wanted.relative_error * abs(one.value)
        if error is None and not exact_x:
            raise SpecError(
                f"{wanted.axis}_relative_error: {name} has no standard error of {one.name}, which the line needs. "
                f'Give descriptor_stderr, {wanted.axis}_relative_error such as 0.05, or line = "ols".'
            )
        found.append(error or 0.0)
    return np.array(found)
