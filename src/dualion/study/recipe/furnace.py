"""Time of a furnace programme: ramps at a rate, then holds.

    t = sum over the steps of |to - from| / rate + hold

Valid where the furnace keeps to its rate; a natural cooling given as a rate is taken at that rate throughout.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dualion.errors import SpecError
from dualion.study.recipe.amounts import amount

ROOM_TEMPERATURE = 25.0  # [degC]


@dataclass(frozen=True, slots=True)
class FurnaceStep:
    """To a temperature [degC] at a rate [degC/min], then hold [min]."""

    to: float
    rate: float
    hold: float = 0.0


def furnace_time(steps: Sequence[FurnaceStep], *, start: float = ROOM_TEMPERATURE, stop_after: int | None = None) -> float:
    """Time of a furnace programme: |to - from| / rate + hold, summed.

    Parameters
    ----------
    steps : sequence of FurnaceStep
        In order.
    start : float
        Temperature before the first step [degC].
    stop_after : int, optional
        Position of a step after which the furnace cools to ``start`` and begins anew; that cooling, whose rate is unknown, is not
        counted. None for a programme without a stop.

    Returns
    -------
    float
        [min]

    Raises
    ------
    SpecError
        A rate that is not positive, or ``stop_after`` is no step.

    Examples
    --------
    >>> furnace_time([FurnaceStep(700, 5, 300), FurnaceStep(25, 1)])
    1110.0
    """
    if stop_after is not None and not 0 <= stop_after < len(steps):
        raise SpecError(f"recipe.furnace: there is no step {stop_after} to stop after. Write a number from 0 to {len(steps) - 1}.")
    total, here = 0.0, start
    for position, step in enumerate(steps):
        if step.rate <= 0 or step.hold < 0:
            raise SpecError(f"recipe.furnace[{position}]: rate {step.rate} degC/min, hold {step.hold} min. Write a rate above 0.")
        total += abs(step.to - here) / step.rate + step.hold
        here = start if position == stop_after else step.to
    return total


def furnace_steps(recipe: Mapping[str, Any]) -> tuple[FurnaceStep, ...]:
    """Furnace programme of a ``[recipe]`` table.

    Raises
    ------
    SpecError
        A value cannot be read.
    """
    return tuple(
        FurnaceStep(
            to=amount(step, "to", "degC", path=key),
            rate=amount(step, "rate", "degC/min", path=key),
            hold=amount(step, "hold", "min", path=key) if "hold" in step else 0.0,
        )
        for key, step in ((f"study.toml: recipe.furnace[{position}]", step) for position, step in enumerate(recipe.get("furnace", ())))
    )
