"""Numbers of a result as they are written: rounded where they mean nothing any more, so that the same result is the same bytes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

_DIGITS: Final = 6  # decimals of a difference of energies in eV, and of what has no rule of its own
_TOTAL_DIGITS: Final = 8  # decimals of a total energy in eV
_CLOSURE_DIGITS: Final = 9  # decimals of what must be zero [eV]
_SIGNIFICANT: Final = 6  # digits of a time in s, which spans tens of decades
_BY_NAME: Final = {"total_eV": _TOTAL_DIGITS, "closure_eV": _CLOSURE_DIGITS}
_TIMES: Final = ("tau_s", "tau_interval_s", "prefactor")


def plain(value: Any, name: str = "") -> Any:
    """Plain data with rounded numbers.

    Parameters
    ----------
    value : JSON-able
    name : str
        The key it stands under, which tells its kind: totals keep 1e-8 eV, times six significant digits, everything else 1e-6.

    Returns
    -------
    JSON-able

    Examples
    --------
    >>> plain({"total_eV": -1.23456789012, "energy_eV": (-1e-9,), "tau_s": 123456789.0})
    {'total_eV': -1.23456789, 'energy_eV': [0.0], 'tau_s': 123457000.0}
    """
    if isinstance(value, float):
        if name in _TIMES:
            return float(f"{value:.{_SIGNIFICANT}g}")
        return round(value, _BY_NAME.get(name, _DIGITS)) + 0.0  # no minus before a zero
    if isinstance(value, Mapping):
        return {str(key): plain(inner, str(key)) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(inner, name) for inner in value]
    return value
