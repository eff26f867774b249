"""Which factors vary together in a set of samples, and which further samples would part them.

The table is centred (only differences between samples can be assigned to anything) and each factor is scaled to unit length:

    X = (x - mean) / |x - mean|,      rank = number of singular values above 1e-9 of the largest,      condition = s_max / s_min

Two factors vary together if their correlation |r| exceeds 0.99. n factors need rank n, hence at least n - rank further samples;
that many suffice when each changes one factor alone against the control.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from dualion.errors import SpecError

SAME = 0.99  # |r| above which two factors vary together
_NEGLIGIBLE = 1e-9  # of the largest singular value, or of the largest level

Table = Mapping[str, Mapping[str, float]]

#: How factors are called in a sentence, where it is not their name with spaces.
LABELS: Mapping[str, str] = MappingProxyType({"zn": "Zn", "hcl": "HCl"})

#: What to add so that a factor of a zinc-acetate recipe changes alone.
ALONE: Mapping[str, str] = MappingProxyType(
    {"zn": "zinc chloride without acetate", "acetate": "sodium acetate without Zn", "hcl": "HCl without either"}
)


@dataclass(frozen=True, slots=True)
class Confounding:
    """Which factors a set of samples can tell apart.

    Parameters
    ----------
    rank : int
        Number of factors, or combinations of them, that vary independently.
    condition_number : float
        [1] of the centred and scaled table; infinite where the rank is below the number of factors.
    groups : tuple of tuple of str
        Factors that vary together, two or more in each group.
    sentence : str
        What follows for a reader.
    suggestion : str
        The smallest set of further samples that parts the factors, in words; empty where none is needed.
    further : mapping of str to mapping of str to float
        The same samples with their levels, to be added to the table.
    """

    rank: int
    condition_number: float
    groups: tuple[tuple[str, ...], ...]
    sentence: str
    suggestion: str
    further: Table


def confounding(table: Table, *, labels: Mapping[str, str] = LABELS, alone: Mapping[str, str] = ALONE) -> Confounding:
    """Rank, condition number and groups of a sample table.

    Parameters
    ----------
    table : mapping of str to mapping of str to float
        Level of each factor in each sample; every sample has the same factors, each in a unit of its own.
    labels, alone : mapping of str to str
        For each factor, its name in sentences, and the sample that changes it alone.

    Raises
    ------
    SpecError
        Fewer than two samples, no factor, a level that is not finite, or samples with different factors.

    Examples
    --------
    >>> confounding({"A0": {"zn": 0, "acid": 0}, "A1": {"zn": 1, "acid": 2}, "A2": {"zn": 2, "acid": 4}}).groups
    (('zn', 'acid'),)
    """
    factors = _factors(table)
    levels = _levels(table, factors)
    scaled = _scaled(levels)
    rank = _rank(scaled)
    sizes = np.linalg.svd(scaled, compute_uv=False)
    groups = _groups(scaled, factors)
    further = _further(levels, factors, rank=rank, alone=alone)
    return Confounding(
        rank=rank,
        condition_number=float(sizes[0] / sizes[-1]) if rank == len(factors) else math.inf,
        groups=groups,
        sentence=_sentence(groups, rank, factors, _span(tuple(table)), labels=labels),
        suggestion=f"To part them, add: {'; '.join(further)}." if further else "",
        further=further,
    )


def _factors(table: Table) -> tuple[str, ...]:
    rows = list(table.values())
    if len(rows) < 2 or not rows[0]:
        raise SpecError("confounding: two samples and one factor are the least that can be compared. Add samples or factors.")
    factors = tuple(rows[0])
    for sample, row in table.items():
        if set(row) != set(factors):
            odd = sorted(set(row) ^ set(factors))
            raise SpecError(f"confounding: {sample} differs from the first sample in {', '.join(odd)}. Give every sample the same factors.")
    return factors


def _levels(table: Table, factors: Sequence[str]) -> npt.NDArray[np.float64]:
    levels = np.array([[float(row[factor]) for factor in factors] for row in table.values()])
    if not np.all(np.isfinite(levels)):
        raise SpecError("confounding: a level is not a finite number. Write a number for each factor of each sample.")
    return levels


def _scaled(levels: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Centred columns of unit length; a factor that does not vary stays zero."""
    centred = levels - levels.mean(axis=0)
    length = np.linalg.norm(centred, axis=0)
    varies = length > _NEGLIGIBLE * np.abs(levels).max(axis=0, initial=0.0)
    scaled: npt.NDArray[np.float64] = np.where(varies, centred / np.where(varies, length, 1.0), 0.0)
    return scaled


def _rank(scaled: npt.NDArray[np.float64]) -> int:
    sizes = np.linalg.svd(scaled, compute_uv=False)
    return int(np.sum(sizes > _NEGLIGIBLE * max(sizes[0], _NEGLIGIBLE)))


def _groups(scaled: npt.NDArray[np.float64], factors: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    together = np.abs(scaled.T @ scaled) > SAME
    left, groups = list(range(len(factors))), []
    while left:
        group, pending = [], [left.pop(0)]
        while pending:
            here = pending.pop()
            group.append(here)
            joined = [other for other in left if together[here, other]]
            pending.extend(joined)
            left = [other for other in left if other not in joined]
        if len(group) > 1:
            groups.append(tuple(factors[position] for position in sorted(group)))
    return tuple(groups)


def _further(levels: npt.NDArray[np.float64], factors: Sequence[str], *, rank: int, alone: Mapping[str, str]) -> Table:
    """Change one factor at a time against the control, as often as the rank still grows: no smaller set can reach full rank."""
    largest = np.abs(levels).max(axis=0)
    control = levels[np.argmin(np.sum(np.abs(levels) / np.where(largest > 0, largest, 1.0), axis=1))]
    further: dict[str, dict[str, float]] = {}
    for position, factor in enumerate(factors):
        if rank == len(factors):
            break
        sample = control.copy()
        sample[position] = _other_level(levels[:, position], control[position])
        grown = _rank(_scaled(np.vstack([levels, sample])))
        if grown > rank:
            name = alone.get(factor, f"{factor.replace('_', ' ')} changed alone")
            further[name] = {key: float(level) for key, level in zip(factors, sample, strict=True)}
            levels, rank = np.vstack([levels, sample]), grown
    return further


def _other_level(levels: npt.NDArray[np.float64], control: float) -> float:
    """The level of the table that is farthest from the control's; twice it, or one, for a factor that never varies."""
    farthest = float(levels[np.argmax(np.abs(levels - control))])
    if farthest != control:
        return farthest
    return 2 * control if control else 1.0


def _sentence(groups: Sequence[Sequence[str]], rank: int, factors: Sequence[str], samples: str, *, labels: Mapping[str, str]) -> str:
    if groups:
        return " ".join(
            f"{_begun(_listed([labels.get(name, name.replace('_', ' ')) for name in group]))} vary together in {samples}: "
            "no difference between these samples can be assigned to one of them."
            for group in groups
        )
    names = _begun(_listed([labels.get(name, name.replace("_", " ")) for name in factors]))
    if rank < len(factors):
        return f"{names} are not independent in {samples}: their effects cannot all be told apart."
    return f"{names} vary independently in {samples}." if rank > 1 else f"{names} varies in {samples}."


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _begun(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def _span(samples: Sequence[str]) -> str:
    """``MEC0-MEC4`` for samples numbered in a row, otherwise their names."""
    parts = [re.fullmatch(r"(.*?)(\d+)", sample) for sample in samples]
    stems = {part[1] for part in parts if part}
    numbers = [int(part[2]) for part in parts if part]
    in_a_row = len(stems) == 1 and len(numbers) == len(samples) and numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    return f"{samples[0]}-{samples[-1]}" if in_a_row and len(samples) > 2 else _listed(samples)
