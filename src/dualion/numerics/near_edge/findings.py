"""What a near-edge spectrum lacks, what its incident intensity shows, and its components as a table."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from dualion.numerics.near_edge.share import Shares
from dualion.numerics.near_edge.spectrum import DEEP, DIP, Array, incident_dip
from dualion.records.quantity import Flag


def incident_flags(name: str, energy: Array, incident: Array | None) -> tuple[Flag, ...]:
    """What the incident intensity shows, or that it is not there.

    Parameters
    ----------
    name : str
        Of the sample, for messages.
    energy : ndarray, shape (n,)
        [eV]
    incident : ndarray, shape (n,), or None
        In any [unit].
    """
    if incident is None:
        message = f"{name}: no incident intensity is given; the signal is taken as divided by it, and carbon on the optics cannot be seen."
        return (Flag("prenormalised", "warning", message),)
    depth = incident_dip(energy, incident)
    if depth is None or depth < DEEP:
        return ()
    message = (
        f"{name}: the incident intensity dips by {depth:.1%} between {DIP[0]:g} and {DIP[1]:g} eV: carbon on the optics; pi* hangs on it."
    )
    return (Flag("i0_carbon", "warning", message),)


def covers(
    name: str, energy: Array, flags: list[Flag], *, pre_edge: tuple[float, float], normalise_from: float, sigma_range: tuple[float, float]
) -> bool:
    """Whether a spectrum covers its ranges.

    Parameters
    ----------
    name : str
        Of the sample, for messages.
    energy : ndarray, shape (n,)
        [eV] rising.
    flags : list of Flag
        To which ``short_range`` is added: a refusal where the edge cannot be normalised, a warning where an integral ends with the data.
    pre_edge, sigma_range : tuple of two floats
        [eV]
    normalise_from : float
        [eV]
    """
    low, high = float(energy[0]), float(energy[-1])
    step = float(np.median(np.diff(energy)))
    span = f"{name}: the spectrum runs from {low:.1f} to {high:.1f} eV"
    if low > pre_edge[1] - step or high < normalise_from + step or high <= sigma_range[0]:
        wanted = f"the pre-edge from {pre_edge[0]:g} eV and energies above {normalise_from:g} eV are needed"
        flags.append(Flag("short_range", "refusal", f"{span}; {wanted}."))
        return False
    if low > pre_edge[0] + step or high < sigma_range[1] - step:
        message = f"{span}, less than {pre_edge[0]:g} to {sigma_range[1]:g} eV: integrals end with the data."
        flags.append(Flag("short_range", "warning", message))
    return True


def component_table(samples: Sequence[tuple[str, Shares | None]]) -> pl.DataFrame:
    """One row for each component of each sample.

    Parameters
    ----------
    samples : sequence of (str, Shares or None)
        Names and shares.
    """
    rows = [
        {
            "sample": name,
            "component": part.name,
            "centre [eV]": part.centre,
            "centre_stderr [eV]": part.centre_error,
            "width [eV]": part.width,
            "height [1]": part.height,
            "area [eV]": part.area,
            "area_stderr [eV]": part.area_error,
            "integrated_to [eV]": one.upper,
        }
        for name, one in samples
        if one is not None
        for part in one.fit.components
    ]
    words, numbers = ("sample", "component"), ("centre", "centre_stderr", "width", "area", "area_stderr", "integrated_to")
    schema = dict.fromkeys(words, pl.String) | {f"{name} [eV]": pl.Float64 for name in numbers} | {"height [1]": pl.Float64}
    return pl.DataFrame(rows) if rows else pl.DataFrame(schema=schema)
