"""In-plane size of graphitic domains from the ratio of the D to the G band, by the relation that was chosen.

    tuinstra-koenig      L_a = C / (I_D / I_G),  C = (-12.6 + 0.033 lambda / nm) nm       heights, L_a > 2 nm, 400 to 700 nm
    cancado2006          L_a = 2.4e-10 nm^-3 lambda^4 / (A_D / A_G)                        areas, L_a > 2 nm
    ferrari-robertson    I_D / I_G = C' L_a^2,  C' = 0.55 nm^-2                            heights, L_a < 2 nm
    width                FWHM_G = a + b / L_a                                              a and b as given

lambda is the wavelength of the laser; without it there is no L_a. The first two and the third run in opposite directions: the same ratio
belongs to two sizes, and only another method, such as X-ray diffraction, tells which branch a carbon is on.

References: tuinstra1970, knight1989, matthews1999 (C), cancado2006, ferrari2000 (C').
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from dualion.numerics.spectra.intervals import factor_interval
from dualion.records.quantity import Flag, Quantity

Relation = Literal["tuinstra-koenig", "cancado2006", "ferrari-robertson", "width"]

#: What each relation takes: the ratio of heights or of areas, or the width of G.
TAKES: Mapping[Relation, str] = MappingProxyType(
    {"tuinstra-koenig": "height", "cancado2006": "area", "ferrari-robertson": "height", "width": "width"}
)
#: [nm], [1] of Matthews et al. 1999; [nm-3] of Cancado et al. 2006; [nm-2] of Ferrari and Robertson 2000.
MATTHEWS, CANCADO, FERRARI = (-12.6, 0.033), 2.4e-10, 0.55
#: [nm] where the branches meet, and wavelengths [nm] between which C was found.
BRANCHES_MEET, MATTHEWS_RANGE = 2.0, (400.0, 700.0)
#: [nm] size by X-ray diffraction below which the branch is open.
SMALL = 2.5
_FOURTH = 4


def lateral_size(relation: Relation, ratio: float, *, laser: float) -> float:
    """L_a [nm] from the ratio of D to G.

    Parameters
    ----------
    relation : {"tuinstra-koenig", "cancado2006", "ferrari-robertson"}
    ratio : float
        [1] of heights or of areas, as the relation takes it.
    laser : float
        Wavelength of the laser [nm].

    Examples
    --------
    >>> round(lateral_size("tuinstra-koenig", 1.0, laser=532.0), 2), round(lateral_size("cancado2006", 1.0, laser=532.0), 1)
    (4.96, 19.2)
    """
    if relation == "tuinstra-koenig":
        return (MATTHEWS[0] + MATTHEWS[1] * laser) / ratio
    if relation == "cancado2006":
        return CANCADO * laser**_FOURTH / ratio
    return math.sqrt(ratio / FERRARI)


def power_of_ratio(relation: Relation) -> float:
    """Derivative [1] of ln L_a with respect to the logarithm of the ratio."""
    return 0.5 if relation == "ferrari-robertson" else -1.0


def lateral_quantity(
    relation: Relation,
    values: Mapping[str, Quantity],
    *,
    measure: str,
    laser: float | None,
    constants: tuple[float, float] | None = None,
) -> tuple[Quantity, tuple[Flag, ...]]:
    """L_a with the error of the ratio, or why there is none.

    Parameters
    ----------
    relation : str
    values : mapping of str to Quantity
        With ``id_ig_height``, ``id_ig_area`` [1] and ``g_fwhm`` [cm-1].
    measure : {"height", "area"}
        Of the ratio that is meant.
    laser : float or None
        Wavelength of the laser [nm].
    constants : tuple of two floats or None
        a [cm-1] and b [cm-1 nm] of the relation of the width.
    """
    takes = TAKES[relation]
    none = Quantity(None, "nm", rule=relation)
    if laser is None:
        message = "L_a needs the wavelength of the laser, which neither the file nor laser_nm gives. Set laser_nm in nm."
        return none, (Flag("laser_unknown", "refusal", message),)
    if takes in ("height", "area") and takes != measure:
        message = f'{relation} was made for the ratio of {takes}s, and measure is "{measure}". Set measure = "{takes}".'
        return none, (Flag("area_height_mixed", "refusal", message),)
    source = values["g_fwhm"] if takes == "width" else values[f"id_ig_{takes}"]
    value, stderr = source.value, source.stderr or 0.0
    if not value:
        return none, ()
    if takes == "width":
        a, b = constants or (math.nan, math.nan)
        if not value > a:
            message = f"G is {value:.0f} cm-1 wide and no wider than a = {a:g} cm-1 of a large crystal: the relation gives no size."
            return none, (Flag("no_size", "refusal", message),)
        size, relative = b / (value - a), stderr / (value - a)
    else:
        size = lateral_size(relation, value, laser=laser)
        relative = abs(power_of_ratio(relation)) * stderr / value
    how = "width of G" if takes == "width" else f"ratio of {takes}s"
    rule = f"{relation}, {how}, {laser:g} nm; the error of the relation is not in it"
    return Quantity(size, "nm", size * relative, rule=rule, interval=factor_interval(size, relative)), _branch(relation, size)


def _branch(relation: Relation, size: float) -> tuple[Flag, ...]:
    """A warning where L_a lies on the other branch than its relation."""
    wrong = size > BRANCHES_MEET if relation == "ferrari-robertson" else size < BRANCHES_MEET
    if relation == "width" or not wrong:
        return ()
    message = f"{relation} gives {size:.2f} nm, where the other branch holds: the ratio alone does not tell L_a."
    return (Flag("la_branch_ambiguous", "warning", message),)


def branch_of(scherrer: float | None) -> tuple[Flag, ...]:
    """A warning where L_a by X-ray diffraction is so small that either branch may hold.

    Parameters
    ----------
    scherrer : float or None
        L_a by X-ray diffraction [nm].
    """
    if scherrer is None or scherrer >= SMALL:
        return ()
    message = f"L_a by X-ray diffraction is {scherrer:g} nm: below 2.5 nm a ratio may rise or fall with L_a."
    return (Flag("la_branch_ambiguous", "warning", message),)
