"""What a careful reader must know of a balance of pores, as flags."""

from __future__ import annotations

import re

from dualion.numerics.porosity.balance import TERMS
from dualion.numerics.porosity.budget import Budget, Measured
from dualion.records.quantity import Flag

#: Standard errors beyond which a residual is not zero.
OPEN = 2.0
#: Relative difference of linear and drawn errors from which the linear one does not hold.
NONLINEAR = 0.05
_HELIUM = re.compile(r"\b(helium|he)\b", re.IGNORECASE)
_FLUIDS = re.compile(r"\b(helium|he|xylene|butanol|toluene|benzene|water|ethanol|methanol|nitrogen|argon|n2|ar)\b", re.IGNORECASE)
_SAID = {"total_volume": "total volume (scattering)", "open_volume": "open volume (sorption)", "closed_pore_volume": "density (pycnometry)"}


def findings(terms: Budget, measured: Measured, *, fluid: str, arbitrary: bool) -> list[Flag]:
    """Findings on the terms of a balance.

    Parameters
    ----------
    terms : Budget
    measured : Measured
    fluid : str
        Of pycnometry, where the method of the density does not name it.
    arbitrary : bool
        Whether scattering is known on an arbitrary scale.
    """
    flags = []
    if measured.porosity is None and measured.total_volume is None:
        known = "Scattering is on an arbitrary scale" if arbitrary else "There is no scattering on an absolute scale"
        flags.append(Flag("no_absolute_saxs", "warning", f"{known}: no total volume. Give porosity from intensities in cm-1."))
    if terms.missing:
        names = ", ".join(_SAID[name] for name in terms.missing)
        done = "it is solved for, and the balance is not tested" if terms.solved else "the balance is not tested"
        flags.append(Flag("term_missing", "warning", f"Not measured: {names}; {done}."))
    if terms.withheld:
        text = "phi (1 - phi) exceeds a quarter, or phi is not a share, with the walls of the balance: the total volume is withheld."
        flags.append(Flag("inconsistent_invariant", "refusal", text))
    if measured.spacing is None and terms.skeleton == "graphite":
        flags.append(Flag("no_spacing", "warning", "Only the density of graphite is used for the walls: no layer spacing, or by choice."))
    flags += _closed(terms)
    residual = terms.headline.get("volume_residual")
    beyond = residual is not None and abs(residual.value) > OPEN * residual.linear
    if beyond and residual is not None:
        text = f"The residual {residual.value:.3f} cm3/g exceeds {OPEN:g} of its standard errors ({residual.linear:.3f})."
        flags.append(Flag("balance_open", "warning", text))
    if measured.true_density is not None:
        flags += _fluid(measured.true_density.method, fluid, positive=beyond and residual is not None and residual.value > 0)
    uneven = [name for name, one in terms.headline.items() if one.linear > 0 and abs(one.drawn / one.linear - 1) > NONLINEAR]
    if uneven:
        text = f"Linear and drawn errors differ by more than 5 %: {', '.join(uneven)}. Use the interval of the draws (monte_carlo)."
        flags.append(Flag("nonlinear_propagation", "warning", text))
    return flags


def _closed(terms: Budget) -> list[Flag]:
    flags = []
    negative = [f"{name.replace('_', ' ')} {one.value:.3f}" for name, one in terms.headline.items() if name in TERMS and one.value < 0]
    for which, spreads in terms.by_wall.items():
        closed = spreads.get("closed_pore_volume")
        if closed is not None and closed.value < 0:
            negative.append(f"closed volume {closed.value:.3f} with {which} walls")
    if negative:
        text = f"Below zero: {', '.join(negative)} cm3/g. The walls are denser than assumed, or a term is wrong."
        flags.append(Flag("closed_volume_negative", "warning", text))
    closed = terms.statistical.get("closed_pore_volume")
    spread = terms.systematic.get("closed_pore_volume", 0.0)
    if closed is not None and spread > closed.linear:
        text = (
            f"The choice of the walls moves the closed volume by ±{spread:.3f} cm3/g, more than its statistical error {closed.linear:.3f}."
        )
        flags.append(Flag("skeleton_dominates", "warning", text))
    return flags


def _fluid(method: str, fluid: str, *, positive: bool) -> list[Flag]:
    """What the fluid of pycnometry means for the closed volume."""
    named = fluid or method
    if _HELIUM.search(named):
        seen = " The residual is above zero, as it then would be." if positive else ""
        text = "Helium may enter pores that nitrogen at 77 K does not: the closed volume is a lower bound of what the gas does not reach."
        return [Flag("helium_in_pores", "warning", text + seen)]
    if not fluid and not _FLUIDS.search(method):
        text = "The fluid of pycnometry is not named; closed means closed to it. State fluid, or write it in the method of the density."
        return [Flag("fluid_unknown", "warning", text)]
    return []
