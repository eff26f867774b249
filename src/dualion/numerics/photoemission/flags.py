"""What a careful reader must know of the components of a region."""

from __future__ import annotations

from collections.abc import Mapping

from dualion.numerics.photoemission.amounts import bulk_share
from dualion.numerics.photoemission.composition import Zinc
from dualion.numerics.photoemission.findings import LEAST_SNR, LOW_SNR, Analysis, Charge
from dualion.numerics.photoemission.region import widths_at_bound
from dualion.records.quantity import Flag, Quantity

_DEGENERATE = 0.05  # [1] by which the background may move the oxidised fraction
_BULK_FACTOR = 2.0  # between surface and bulk
_OXIDISED = "oxidised"


def fit_flags(found: Analysis) -> list[Flag]:
    """Noise, widths at their limits, and whether the background decides on oxidised nitrogen."""
    flags, names = [], [one.name for one in found.fit.recipe.components]
    snr = found.fit.snr
    stand = f"times the noise of a row above the background (fewer than {LOW_SNR:g})"
    if too_noisy(found):
        flags.append(Flag("low_snr", "refusal", f"The lines stand {snr:.1f} {stand}; below {LEAST_SNR:g} fractions are withheld."))
    elif snr < LOW_SNR:
        flags.append(Flag("low_snr", "warning", f"The lines stand {snr:.1f} {stand}."))
    bound = widths_at_bound(found.fit)
    if bound:
        message = f"The width of {', '.join(bound)} stands at an end of its range; the areas depend on where that end is."
        flags.append(Flag("fwhm_bound", "warning", message))
    if _OXIDISED in names and found.moved[names.index(_OXIDISED)] > _DEGENERATE:
        moved = found.moved[names.index(_OXIDISED)]
        message = f"The choice of background moves the oxidised fraction by {moved:.3f}; satellites 3 to 5 eV above the lines do the same."
        flags.append(Flag("oxidised_background_degenerate", "warning", message))
    return flags


def too_noisy(found: Analysis) -> bool:
    """Whether the fractions mean nothing."""
    return not found.fit.snr >= LEAST_SNR


def reference_flags(charge: Charge, *, wanted: bool) -> list[Flag]:
    """Whether the energies have a reference.

    Parameters
    ----------
    charge : Charge
    wanted : bool
        Whether C 1s was to be the reference.
    """
    if charge.found is not None:
        return []
    why = "no C 1s peak was found, so energies are those of the file" if wanted else "energies are those of the file, as asked"
    return [Flag("reference_unknown", "warning", f"The energy scale has no reference: {why}.")]


def zinc_flags(zinc: Zinc | None) -> list[Flag]:
    """Whether zinc is only bounded."""
    if zinc is None or zinc.limit.seen:
        return []
    return [Flag("zn_below_limit", "note", "Zn 2p3/2 does not stand above 3 standard errors of its background; an upper bound is given.")]


def bulk_flags(values: Mapping[str, Quantity], bulk: float | None) -> list[Flag]:
    """Whether surface and bulk have different amounts of nitrogen.

    Parameters
    ----------
    values : mapping of str to Quantity
    bulk : float or None
        [wt%] nitrogen of the bulk.
    """
    found = values.get("surface_nitrogen_content")
    if bulk is None or found is None or not found.value:
        return []
    inside = bulk_share(bulk)
    ratio = found.value / inside
    if 1 / _BULK_FACTOR <= ratio <= _BULK_FACTOR:
        return []
    message = f"Nitrogen is {found.value:.2f} at% of the surface (some 8 nm) and {inside:.2f} at% of the bulk, a factor of {ratio:.2g}."
    return [Flag("xps_vs_ea", "warning", message)]
