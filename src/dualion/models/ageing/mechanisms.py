"""What changes slowly as a cell is cycled, and how fast. Every rate is assumed: no source states one.

    sites        dz/dt = -K (|i| / i_ref)^p            (constant), or K z in place of K (proportional), or K for each cycle
    parasitic    each charge Q binds a Q of sodium in the interphase of the anode, and loses b Q of anions at the cathode
    film         R / R_0 = 1 + k n^m + g s             after n cycles, with s the charge bound in the interphase

z is the share of the sites of the cathode that are left. A reduction at the anode takes up sodium that stays in the interphase; an
oxidation at the cathode is closed by one anion per electron, which is lost. With one coulombic efficiency on both electrodes,
a = b = 1 - CE, and salt is lost one for one. With a alone no PF6 is lost: it stays in the cathode, which slips. Plating is a part of the
cell, not of this record.

Valid as bookkeeping over cycles: no mechanism here knows the potential or the temperature at which it runs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Literal, get_args

import numpy as np

from dualion.errors import SpecError
from dualion.models.constants import COULOMB_PER_MAH
from dualion.models.fast import cycling
from dualion.models.outputs import Array
from dualion.records.cell import Cell
from dualion.records.quantity import Standing

SiteLaw = Literal["constant", "proportional", "per-cycle"]
_LAWS = ", ".join(get_args(SiteLaw))

#: Gives about 22 % loss in 10,000 cycles at 10 C, the order of magnitude that is published. Assumed, not fitted.
SITE_LOSS = 2.95e-8  # [1/s]
#: C-rate at which the rate constant of the site loss is given, and how the loss follows the current.
REFERENCE_RATE, SITE_EXPONENT = 10.0, 1.0  # [1]
#: Growth of a layer that is limited by transport through itself.
FILM_EXPONENT = 0.5  # [1]
_CM2_PER_M2 = 1e4


@dataclass(frozen=True, slots=True)
class Mechanisms:
    """Rates of the slow changes of a cell.

    Parameters
    ----------
    site_loss : float
        [1/s] K at the reference rate; with the law ``"per-cycle"`` [1] of all sites in a cycle.
    site_law : {"constant", "proportional", "per-cycle"}
    site_exponent : float
        [1] p.
    reference_rate : float
        [1] C-rate at which ``site_loss`` holds, by the cell's own definition of 1 C.
    anode_share, cathode_share : float
        [1] of the charge that goes into the interphase (a), and that loses anions (b).
    film_growth, film_exponent : float
        [1] k and m.
    film_per_charge : float
        [cm2/mAh] g.
    standing : str
        Of all these numbers.
    source : str
        Where they come from.

    Raises
    ------
    SpecError
        A number is out of its range.
    """

    site_loss: float = SITE_LOSS
    site_law: SiteLaw = "constant"
    site_exponent: float = SITE_EXPONENT
    reference_rate: float = REFERENCE_RATE
    anode_share: float = 0.0
    cathode_share: float = 0.0
    film_growth: float = 0.0
    film_exponent: float = FILM_EXPONENT
    film_per_charge: float = 0.0
    standing: Standing = "assumed"
    source: str = "no source states a mechanism of ageing with a rate"

    def __post_init__(self) -> None:
        problems = [] if self.site_law in get_args(SiteLaw) else [f'site_law: "{self.site_law}" is none. Write one of {_LAWS}.']
        problems += [
            f"{name}: {getattr(self, name):g} is no rate. Write a number that is not negative, 0 for none."
            for name in _RATES
            if not (math.isfinite(getattr(self, name)) and getattr(self, name) >= 0.0)
        ]
        problems += [
            f"{name}: {getattr(self, name):g} leaves no charge to store. Write 1 - CE, such as 4e-4."
            for name in ("anode_share", "cathode_share")
            if getattr(self, name) >= 1.0
        ]
        if not 0.0 < self.reference_rate < math.inf:
            problems.append(f"reference_rate: {self.reference_rate:g} is not a C-rate. Write a positive number, such as 10.")
        if not 0.0 < self.film_exponent <= 1.0:
            problems.append(f"film_exponent: {self.film_exponent:g} is not within 0 and 1. Write 0.5 for a layer in its own way.")
        if problems:
            raise SpecError([f"mechanisms: {problem}" for problem in problems])

    @property
    def acts(self) -> bool:
        """Whether anything changes at all."""
        return any(getattr(self, name) > 0.0 for name in ("site_loss", "anode_share", "cathode_share", "film_growth", "film_per_charge"))

    def film_factor(self, cycles: float, bound: float) -> float:
        """What the resistance of the film is multiplied with.

        Parameters
        ----------
        cycles : float
            [1]
        bound : float
            [coulomb/m2] in the interphase.

        Returns
        -------
        float
            [1]
        """
        grown = self.film_growth * cycles**self.film_exponent if self.film_growth > 0.0 and cycles > 0.0 else 0.0
        return 1.0 + self._film_per_coulomb * bound + grown

    @property
    def _film_per_coulomb(self) -> float:
        """[m2/coulomb]"""
        return self.film_per_charge / (_CM2_PER_M2 * COULOMB_PER_MAH)

    def laws(self, cell: Cell, specific_current: float) -> Array:
        """The laws as the compiled cycles read them, see ``fast.cycling``.

        Parameters
        ----------
        cell : Cell
        specific_current : float
            [mA/g] on the mass that defines 1 C.

        Returns
        -------
        ndarray
            Shape (LAWS,), rates on one square metre.
        """
        found = np.zeros(cycling.LAWS)
        if self.site_law == "per-cycle":
            found[cycling.SITES_PER_CYCLE] = self.site_loss
        else:
            rate = specific_current / cell.one_c.value
            found[cycling.SITES_PER_SECOND] = self.site_loss * (rate / self.reference_rate) ** self.site_exponent
        found[cycling.PROPORTIONAL] = float(self.site_law == "proportional")
        found[cycling.ANODE_SHARE], found[cycling.CATHODE_SHARE] = self.anode_share, self.cathode_share
        found[cycling.FILM_RATE], found[cycling.FILM_EXPONENT] = self.film_growth, self.film_exponent
        found[cycling.FILM_PER_CHARGE] = self._film_per_coulomb
        return found


_RATES = ("site_loss", "site_exponent", "anode_share", "cathode_share", "film_growth", "film_per_charge")

#: No change at all: a cell that is cycled for its own sake.
NONE = Mechanisms(site_loss=0.0)


def plain(mechanisms: Mechanisms) -> dict[str, float | str]:
    """Every number of the mechanisms by name, as JSON can hold it.

    Parameters
    ----------
    mechanisms : Mechanisms

    Returns
    -------
    dict of str to float or str
    """
    return {field.name: getattr(mechanisms, field.name) for field in fields(mechanisms)}


def check(cell: Cell, mechanisms: Mechanisms) -> None:
    """Refuse what a cell has no place for.

    Parameters
    ----------
    cell : Cell
    mechanisms : Mechanisms

    Raises
    ------
    SpecError
        The cell is not a dual-ion cell, or has no film that could grow.
    """
    problems = []
    if cell.kind != "dual-ion":
        problems.append(f'{cell.name}: only dual-ion cells age here, and this one is of kind "{cell.kind}". Give a dual-ion cell.')
    if cell.film is None and (mechanisms.film_growth > 0.0 or mechanisms.film_per_charge > 0.0):
        problems.append(f"{cell.name}: there is no film that could grow. Add [film] to the cell, or set the growth of the film to 0.")
    if problems:
        raise SpecError(problems)
