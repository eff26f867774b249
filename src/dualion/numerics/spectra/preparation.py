"""Rows of a spectrum that can be fitted: finite, in rising order."""

from __future__ import annotations

import numpy as np

from dualion.numerics.spectra.terms import Array
from dualion.records.quantity import Flag


def finite_rising(x: Array, y: Array, *others: Array) -> tuple[tuple[Array, ...], tuple[Flag, ...]]:
    """Rows in which x and y are numbers, by rising x.

    Parameters
    ----------
    x, y : ndarray, shape (n,)
        In any [unit].
    others : ndarray, shape (n,)
        Further columns, in any [unit].

    Returns
    -------
    tuple of tuple of ndarray, shape (m,), and tuple of Flag
        The columns, and ``missing_values`` where rows were left out.
    """
    good = np.isfinite(x) & np.isfinite(y)
    order = np.flatnonzero(good)[np.argsort(x[good], kind="stable")]
    columns = tuple(one[order] for one in (x, y, *others))
    if good.all():
        return columns, ()
    message = f"{int((~good).sum())} of {good.size} rows hold no number and were left out."
    return columns, (Flag("missing_values", "warning", message),)
