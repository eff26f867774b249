"""The state in which a cell is built: how far each host is filled at the start, and where the cell then stands in equilibrium.

A dual-ion cell starts with an empty cathode and an anode at the sodiation that its record states. In a rocking-chair cell all sodium that
moves is in the cathode at first; the anode's sodiation is given as a share of its whole host. A protocol that begins at a voltage starts
from the equilibrium at that voltage: charge q [coulomb] passes from the state of assembly until

    U_cathode(y_0 +- q / Q_p) - U_anode(x_0 + q / Q_n) = V,

without change of the salt, as if the cell had been built so.
"""

from __future__ import annotations

from collections.abc import Mapping

from dualion.errors import SpecError
from dualion.models.cells import with_inputs
from dualion.models.constants import (
    COULOMB_PER_MAH,
    DESODIATED_POTENTIAL,
    DISCHARGED_VACANCIES,
    HALF_CELL_START,
    SODIATED_POTENTIAL,
)
from dualion.models.isotherms import Isotherm, TableIsotherm, isotherm_of
from dualion.records.cell import Cell, Electrode

#: How near to empty or full a host may be at the start.
_EDGE = 1e-9
#: How close the voltage at the start must come to what was asked for.
_ACCURACY = 1e-9  # [V]


def initial_fractions(cell: Cell, parameters: Mapping[str, float], *, voltage: float | None = None) -> dict[str, float]:
    """Filled fraction of each host at the start, as inputs of the model.

    Parameters
    ----------
    cell : Cell
    parameters : mapping of str to float
        Values of open parameters, in the units of their records; those of the isotherms matter here.
    voltage : float, optional
        [V] of the cell in equilibrium at the start; as assembled where absent.

    Returns
    -------
    dict of str to float
        [1] by name of the input; of a cathode that takes up anions the vacancies.

    Raises
    ------
    SpecError
        The cell has no equilibrium at this voltage, or a rocking-chair cell does not say how its hosts are filled.
    """
    present = with_inputs(cell, parameters)
    anode = isotherm_of(present.anode)
    if present.cathode is None:
        return {"anode.initial_fraction": float(anode.fraction(HALF_CELL_START if voltage is None else voltage))}
    found = {"anode.initial_fraction": _anode_fraction(present, anode), "cathode.initial_fraction": _cathode_fraction(present)}
    return found if voltage is None else _at_voltage(present, found, voltage)


def equilibrium_voltage(cell: Cell, fractions: Mapping[str, float]) -> float:
    """Open-circuit voltage of a cell at its initial salt concentration.

    Parameters
    ----------
    cell : Cell
    fractions : mapping of str to float
        [1] as ``initial_fractions`` gives them.

    Returns
    -------
    float
        [V]
    """
    anode = float(isotherm_of(cell.anode).potential(fractions["anode.initial_fraction"]))
    if cell.cathode is None:
        return anode
    held = fractions["cathode.initial_fraction"]
    filled = held if cell.cathode.material.ion == "Na+" else 1 - held
    return float(isotherm_of(cell.cathode).potential(filled)) - anode


def host_charge(electrode: Electrode, cell: Cell) -> float:
    """Charge [coulomb] of a full host of this cell."""
    return electrode.host_capacity * electrode.loading.value * cell.area.value * 1e-3 * COULOMB_PER_MAH


def _anode_fraction(cell: Cell, anode: Isotherm) -> float:
    """[1] sodium in the anode at assembly, of its whole host."""
    if cell.initial_sodiation == "desodiated":
        return float(anode.fraction(DESODIATED_POTENTIAL))
    if cell.initial_sodiation == "fully_sodiated":
        return float(anode.fraction(SODIATED_POTENTIAL))
    share = float(cell.initial_sodiation)
    if cell.kind == "rocking-chair":
        return share
    return max(share * float(anode.fraction(0.0)), float(anode.fraction(DESODIATED_POTENTIAL)))


def _cathode_fraction(cell: Cell) -> float:
    """[1] what the cathode's particles hold at assembly: sodium, or the vacancies of an anion host."""
    assert cell.cathode is not None
    material = cell.cathode.material
    if material.ion == "PF6-":
        return DISCHARGED_VACANCIES
    if "initial_fraction" not in material.parameters:
        raise SpecError(
            f"{cell.name}: {material.name}: initial_fraction is missing. Write how far the cathode holds sodium at assembly, 0 to 1."
        )
    return material["initial_fraction"]


def _at_voltage(cell: Cell, assembled: Mapping[str, float], voltage: float) -> dict[str, float]:
    """The fractions once the charge has passed that brings the cell to a voltage [V] in equilibrium."""
    from scipy.optimize import brentq

    assert cell.cathode is not None
    per_anode, per_cathode = (1 / host_charge(electrode, cell) for electrode in (cell.anode, cell.cathode))
    start_anode, start_cathode = assembled["anode.initial_fraction"], assembled["cathode.initial_fraction"]

    def after(charge: float) -> dict[str, float]:
        """On charge the anode gains sodium, and the cathode loses sodium or vacancies alike."""
        return {
            "anode.initial_fraction": start_anode + charge * per_anode,
            "cathode.initial_fraction": start_cathode - charge * per_cathode,
        }

    emptiest, fullest = _known(cell.anode)
    least, most = _known(cell.cathode)
    lowest = max((emptiest - start_anode) / per_anode, (start_cathode - most) / per_cathode)
    highest = min((fullest - start_anode) / per_anode, (start_cathode - least) / per_cathode)
    ends = [equilibrium_voltage(cell, after(charge)) for charge in (lowest, highest)]
    if not ends[0] <= voltage <= ends[1]:
        raise SpecError(f"{cell.name}: {voltage:g} V is outside the {ends[0]:.3f} V to {ends[1]:.3f} V that the cell has in equilibrium.")
    charge = brentq(lambda q: equilibrium_voltage(cell, after(q)) - voltage, lowest, highest, xtol=_ACCURACY * (highest - lowest))
    return after(charge)


def _known(electrode: Electrode) -> tuple[float, float]:
    """[1] what a particle may hold where its potential is known: all, or what a table spans; of an anion host the vacancies."""
    isotherm = isotherm_of(electrode)
    low, high = (isotherm.fractions[0], isotherm.fractions[-1]) if isinstance(isotherm, TableIsotherm) else (0.0, 1.0)
    low, high = max(low, _EDGE), min(high, 1 - _EDGE)
    return (low, high) if electrode.material.ion == "Na+" else (1 - high, 1 - low)
