"""Atomic shares of the surface from all regions of one sample, and an upper bound for zinc."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dualion.numerics.photoemission.amounts import FACTORS, Limit, atomic_shares, detection_limit
from dualion.numerics.photoemission.backgrounds import END, shirley
from dualion.numerics.photoemission.region import noise_of
from dualion.numerics.photoemission.spectrum import Region

_SEEN = 3.0  # standard errors of an area below which an element is not counted
_LEAST_ROWS = 20
#: Zn 2p3/2: region in which it is sought [eV], position [eV] and width [eV] of Zn(II), and its sensitivity factor (Scofield 1976).
ZINC, ZINC_POSITION, ZINC_WIDTH, ZINC_FACTOR = (1015.0, 1030.0), 1022.0, 2.0, 18.92
_SECOND_HALF = 1042.0  # [eV] where Zn 2p1/2 would begin; a region that ends below it holds 2p3/2 alone


@dataclass(frozen=True, slots=True)
class Share:
    """One element of the surface.

    Parameters
    ----------
    shell : str
    area, area_stderr : float
        In the [unit] of the intensity times eV.
    factor : float
        [1] sensitivity.
    transmission : float
        [1]
    percent, stderr : float
        [at%]
    """

    shell: str
    area: float
    area_stderr: float
    factor: float
    transmission: float
    percent: float
    stderr: float


def net_area(part: Region) -> tuple[float, float]:
    """Area above a Shirley background and its standard error, both in the unit of the intensity times [eV].

    Parameters
    ----------
    part : Region
    """
    background = shirley(part.energy, part.rate[None])[0]
    step, span = float(np.mean(np.diff(part.energy))), float(np.ptp(part.energy))
    noise = noise_of(part.rate)
    inside = noise * step * np.sqrt(part.energy.size)
    ends = noise * span * np.sqrt(0.5 / max(END / step, 1))
    return float(np.trapezoid(part.rate - background, part.energy)), float(np.hypot(inside, ends))


def surface(regions: Sequence[Region], areas: dict[str, tuple[float, float]]) -> tuple[Share, ...]:
    """Atomic shares of all elements whose line stands above three standard errors.

    Parameters
    ----------
    regions : sequence of Region
        Surveys and Auger lines are passed over, as are shells without a factor.
    areas : dict of str to tuple of two floats
        Areas and standard errors, in the unit of the intensity times [eV], of shells that were fitted; they take precedence.

    Returns
    -------
    tuple of Share
        Empty where there are fewer than two elements.
    """
    counted: dict[str, tuple[float, float, float | None]] = {}
    for part in regions:
        if part.shell not in FACTORS or part.shell in counted or part.energy.size < _LEAST_ROWS:
            continue
        area, error = areas.get(part.shell) or net_area(part)
        if area > _SEEN * error:
            counted[part.shell] = (area, error, part.transmission)
    if len(counted) < 2:
        return ()
    halves = [one.shell for one in regions if one.shell == "Zn 2p" and one.energy.size and one.energy[-1] < _SECOND_HALF]
    known = all(one[2] is not None for one in counted.values())
    transmissions = [float(one[2] or 1.0) if known else 1.0 for one in counted.values()]
    factors = [ZINC_FACTOR if shell in halves else FACTORS[shell] for shell in counted]
    numbers = list(counted.values())
    divisors = [factor * one for factor, one in zip(factors, transmissions, strict=True)]
    percent, stderr = atomic_shares([one[0] for one in numbers], [one[1] for one in numbers], divisors)
    return tuple(
        Share(shell, area, error, factor, transmission, float(share), float(u))
        for (shell, (area, error, _)), factor, transmission, share, u in zip(
            counted.items(), factors, transmissions, percent, stderr, strict=True
        )
    )


@dataclass(frozen=True, slots=True)
class Zinc:
    """What Zn 2p says.

    Parameters
    ----------
    limit : Limit
    percent : float or None
        [at%] upper bound; None where no other element is there.
    """

    limit: Limit
    percent: float | None


def zinc_of(region: Region | None, shares: Sequence[Share]) -> Zinc | None:
    """Upper bound of zinc, or its line; None where there is no region or too few rows.

    Parameters
    ----------
    region : Region or None
    shares : sequence of Share
        Of the other elements [at%].
    """
    if region is None:
        return None
    part = region.within(*ZINC)
    limit = detection_limit(part.energy, part.rate, position=ZINC_POSITION, fwhm=ZINC_WIDTH)
    others = [one for one in shares if one.shell != "Zn 2p"]
    if limit is None or not others:
        return None if limit is None else Zinc(limit, None)
    total = sum(one.area / (one.factor * one.transmission) for one in others)
    transmitted = region.transmission if region.transmission is not None and others[0].transmission != 1.0 else 1.0
    amount = limit.area_limit / (ZINC_FACTOR * transmitted)
    return Zinc(limit, 100 * amount / (total + amount))
