"""Mass shares of elements, their amounts in a gram and their atomic shares.

    n_i = 10 w_i / M_i  [mmol/g],         x_i = (w_i / M_i) / sum_j (w_j / M_j)

with w in wt% and M in g/mol. An element by difference has what the others leave of 100 wt%, and their errors. Errors are independent from
element to element and go through to first order.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from dualion.numerics.atomic_weights import ATOMIC_WEIGHTS

_WHOLE = 100.0
#: [mmol/g] of 1 wt% of an element of 1 g/mol.
_AMOUNT = 10.0


@dataclass(frozen=True, slots=True)
class Content:
    """Mass share of an element.

    Parameters
    ----------
    share : float
        [wt%]; the bound where it is one.
    stderr : float or None
        [wt%]; None where it is not known.
    bound : bool
        Whether the element is below its detection limit, and the share is that.
    by_difference : bool
        Whether it is what the others leave.
    method : str
    """

    share: float
    stderr: float | None
    bound: bool = False
    by_difference: bool = False
    method: str = ""


def with_difference(contents: Mapping[str, Content], element: str) -> dict[str, Content]:
    """Contents with one element as what the others leave of the whole; bounds count as nothing.

    Parameters
    ----------
    contents : mapping of str to Content
        By symbol.
    element : str
        Symbol of the one by difference.
    """
    others = {name: one for name, one in contents.items() if name != element and not one.bound}
    errors = [one.stderr for one in others.values()]
    u = None if any(one is None for one in errors) else math.hypot(*(one or 0.0 for one in errors))
    rest = _WHOLE - math.fsum(one.share for one in others.values())
    return {**contents, element: Content(rest, u, by_difference=True, method="difference")}


def amount(symbol: str, share: float) -> float:
    """Amount [mmol/g] of a mass share.

    Parameters
    ----------
    symbol : str
    share : float
        [wt%]

    Examples
    --------
    >>> round(amount("N", 1.15), 3)
    0.821
    """
    return _AMOUNT * share / ATOMIC_WEIGHTS[symbol]


def share_of_amount(symbol: str, millimoles: float) -> float:
    """Mass share [wt%] of an amount.

    Parameters
    ----------
    symbol : str
    millimoles : float
        [mmol/g]
    """
    return millimoles * ATOMIC_WEIGHTS[symbol] / _AMOUNT


def atomic_shares(shares: Mapping[str, float]) -> dict[str, float]:
    """Atomic shares [at%] of mass shares.

    Parameters
    ----------
    shares : mapping of str to float
        [wt%] by symbol.

    Examples
    --------
    >>> {name: round(one, 2) for name, one in atomic_shares({"C": 27.29, "O": 72.71}).items()}
    {'C': 33.33, 'O': 66.67}
    """
    amounts = {name: share / ATOMIC_WEIGHTS[name] for name, share in shares.items()}
    whole = math.fsum(amounts.values())
    return {name: _WHOLE * one / whole for name, one in amounts.items()}


def total(contents: Mapping[str, Content]) -> float:
    """Sum [wt%] of the contents that are no bounds.

    Parameters
    ----------
    contents : mapping of str to Content
    """
    return math.fsum(one.share for one in contents.values() if not one.bound)


def propagated(contents: Mapping[str, Content], compute: Callable[[Mapping[str, float]], float]) -> tuple[float, float | None]:
    """A value that follows from the mass shares, and its standard error in its unit; None where an error is not known.

    Parameters
    ----------
    contents : mapping of str to Content
        By symbol; one by difference follows the others.
    compute : callable
        Mass shares [wt%] by symbol to the value.
    """
    kept = {name: one for name, one in contents.items() if not one.bound}
    left = next((name for name, one in kept.items() if one.by_difference), None)

    def moved(name: str, by: float) -> float:
        shares = {other: one.share for other, one in kept.items()}
        shares[name] += by
        if left is not None and name != left:
            shares[left] -= by
        return compute(shares)

    value = compute({name: one.share for name, one in kept.items()})
    parts = []
    for name, one in kept.items():
        if name == left:
            continue
        sensitive = moved(name, _STEP * max(one.share, 1e-9)) != value
        if one.stderr is None:
            if sensitive:
                return value, None
            continue
        parts.append((moved(name, one.stderr) - moved(name, -one.stderr)) / 2)
    return value, math.hypot(*parts) if parts else None


#: Relative step [1] by which it is seen whether a value depends on a content.
_STEP = 1e-6
