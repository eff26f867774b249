"""What the numbers of different techniques on one sample say of each other: the comparisons of ``numerics.consistency`` that they allow.

A comparison of which the sample has no number is left out; one that lacks a number is *not testable*, and says which. A number that a
sample has by several methods is taken from the technique that the comparison names, or is not taken.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dualion.errors import UnitError
from dualion.numerics import consistency
from dualion.numerics.consistency import Check, Value
from dualion.project.samples.gathering import DESCRIBING
from dualion.project.samples.records import Described, SampleCheck
from dualion.units import convert

#: [g/cm3] Density of the walls that scattering takes unless told otherwise, which has no error of its own.
_WALLS = 2.26
#: A comparison that lacks more than this many numbers [1] is not worth a line.
_MOST_LACKING = 1


def checks_of(known: Sequence[Described], *, walls: float | None = None) -> tuple[SampleCheck, ...]:
    """Every comparison that the numbers of the samples can be held to.

    Parameters
    ----------
    known : sequence of Described
    walls : float or None
        [g/cm3] density of the walls that scattering was told to take; that of graphite where None.

    Returns
    -------
    tuple of SampleCheck
        Sample by sample.
    """
    found, density = [], Value(walls or _WALLS, 0.0)
    for sample in dict.fromkeys(one.sample for one in known):
        numbers = _Numbers(tuple(one for one in known if one.sample == sample and one.qualifier == "="))
        found += [SampleCheck(sample, one.name, one.verdict, one.z, one.detail) for one in _checks(numbers, density)]
    return tuple(found)


def _checks(of: _Numbers, density: Value) -> Iterator[Check]:
    pores, capacity = of("pore_volume", "cm3/g", "saxs"), of("plateau_capacity", "mAh/g")
    open_volume, closed = of("total_pore_volume", "cm3/g"), of("closed_pore_volume", "cm3/g")
    yield from _where(consistency.pore_balance(pores, open_volume, closed), pores, open_volume, closed)
    spacing = of("d002", "nm", "xrd")
    yield from _where(consistency.spacing_and_walls(spacing, density), spacing)
    raman, diffraction = of("l_a", "nm", "raman"), of("l_a", "nm", "xrd")
    yield from _where(consistency.lateral_sizes(raman, diffraction), raman)
    surface, bulk = of("surface_nitrogen_content", "at%", "xps"), of("nitrogen_atomic_share", "at%", "composition")
    yield from _where(consistency.surface_and_bulk_nitrogen(surface, bulk), surface, bulk)
    oxidised = of("oxidised_nitrogen", "mmol/g")
    yield from _where(consistency.nitrogen_and_sodium(oxidised, capacity), oxidised)
    volume = closed if closed.known else pores
    yield from _where(consistency.plateau_and_pores(capacity, volume), capacity, volume)


def _where(check: Check, *given: Value) -> Iterator[Check]:
    lacking = sum(not one.known for one in given)
    if lacking <= _MOST_LACKING and lacking < len(given):
        yield check


@dataclass(frozen=True, slots=True)
class _Numbers:
    """The numbers of one sample."""

    known: tuple[Described, ...]

    def __call__(self, name: str, unit: str, technique: str = "") -> Value:
        """A number in a unit, by a technique where one is named; unknown where there is none, or several."""
        named = [one for one in self.known if one.name == name]
        chosen = [one for one in named if one.method.partition(":")[0] == technique] if technique else named
        given = [one for one in named if one.method.partition(":")[0] not in DESCRIBING]  # by hand, not by another technique
        chosen = chosen or given
        if len(chosen) != 1:
            return Value(None, None)
        one = chosen[0]
        try:
            factor = convert(1.0, one.unit, unit)
        except UnitError:
            return Value(None, None)
        return Value(one.value * factor, None if one.stderr is None else one.stderr * factor, one.source)
