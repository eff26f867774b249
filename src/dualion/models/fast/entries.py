"""The compiled entries: one step of a protocol, and many cycles. The first call of each compiles it, or finds it kept on disk."""

from __future__ import annotations

from typing import Any

from dualion.models.fast import cycling as _cycling
from dualion.models.fast import march as _march
from dualion.models.fast.compiler import kept, sources_digest

# a closed-over value is part of the key under which numba keeps the code: it ties the code to every source in it
_STAMP = int(sources_digest()[:12], 16)


def _tied(stamp: int) -> tuple[Any, Any]:
    @kept
    def march(p, state, control, rows, tally):  # type: ignore[no-untyped-def]
        assert stamp >= 0
        return _march.march(p, state, control, rows, tally)

    @kept
    def cycle_on(p, state, slow, laws, current, low, high, film, boundary, tolerance, table):  # type: ignore[no-untyped-def]
        assert stamp >= 0
        return _cycling.cycle_on(p, state, slow, laws, current, low, high, film, boundary, tolerance, table)

    return march, cycle_on


#: ``march.march`` and ``cycling.cycle_on``, kept on disk.
march, cycle_on = _tied(_STAMP)


def prepare() -> None:
    """Compile both entries, or load them where they are kept: what the first call of each would do."""
    from numba import float64

    vector, matrix = float64[::1], float64[:, ::1]
    if hasattr(march, "compile"):  # not where numba is switched off
        march.compile((vector, vector, vector, matrix, vector))
        cycle_on.compile((vector, vector, vector, vector, *[float64] * 6, matrix))
