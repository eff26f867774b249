"""The gap gate: flakes that a closed shell describes, told from polyradicals.

A flake with long zigzag edges has half-filled states at them. Its gap nearly closes, a closed-shell calculation is wrong about it, and
every energy that is computed on it. A flake whose gap, at the geometry as built, is below 0.5 eV is refused unless open shells are
allowed; the levels of its search then have ``spin="scan"``.

The gate asks the engine: one formula can be several flakes with different gaps, so there is no table of formulas here.
"""

from __future__ import annotations

from typing import Final

from dualion.atoms.building.flake import Cut, flake
from dualion.atoms.engines.base import Engine
from dualion.atoms.engines.check import single_point
from dualion.atoms.structure import Structure
from dualion.errors import OpenShellFlake, SpecError

SMALLEST_GAP = 0.5  # [eV] assumed: flakes below it are open-shell candidates
#: Cuts that pass the gate with GFN1-xTB and GFN2-xTB, the default first (a test computes their gaps).
ACCEPTED: Final = (Cut(10.0, 11.5, "ring"), Cut(7.5, 11.5, "bond"), Cut(12.5, 7.25, "ring"), Cut(15.0, 7.25, "bond"))


def gate(carbon: Structure, engine: Engine, *, allow_open_shell: bool = False) -> float:
    """Gap of a carbon between the highest occupied and the lowest empty orbital, refused where it is too small.

    Parameters
    ----------
    carbon : Structure
        A flake at its built geometry, or a carbon of the user.
    engine : Engine
        Gives the gap.
    allow_open_shell : bool
        Take an open-shell carbon all the same. Both spins must then be looked at: use ``spin="scan"`` in its levels.

    Returns
    -------
    float
        [eV]

    Raises
    ------
    OpenShellFlake
        The gap is below 0.5 eV; names flakes that are accepted.
    SpecError
        The engine gives no gap, or the atoms or the multiplicity cannot be computed.
    ConvergenceError
        The engine found no self-consistent field.
    """
    gap = single_point(carbon, engine).gap
    if gap is None:
        raise SpecError(f"engine: {engine.level.short} gives no gap of {carbon.formula}. Use gfn1 for the gate.")
    if gap < SMALLEST_GAP and not allow_open_shell:
        choices = "; ".join(f"--size {cut.width:g},{cut.height:g} --centre {cut.centre} ({flake(cut).formula})" for cut in ACCEPTED)
        raise OpenShellFlake(
            f"carbon: {carbon.formula} has a gap of {gap:.2f} eV ({engine.level.short}); below {SMALLEST_GAP:g} eV it is an open shell. "
            f"Choose another flake: {choices}. Or take it with --allow-open-shell, and scan its spin."
        )
    return gap
