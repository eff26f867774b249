"""Why the energy of a run is not used: everything that is looked at before it goes into a difference.

Eq. (1) subtracts numbers of thousands of electronvolts to find tenths. Each run must have converged, must hold the atoms and electrons
that were asked for, and must agree with itself.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np

from dualion.atoms.vasp.poscar import MOST_ATOMS
from dualion.atoms.vasp.potentials import FAMILY
from dualion.atoms.vasp.run import AGREEMENT, Run, potential_name
from dualion.atoms.vasp.state_file import State
from dualion.atoms.vasp.tags import LEVEL, differing
from dualion.records.quantity import Flag

_ELECTRONS: Final = 1e-3  # [1] NELECT is printed with four decimals
_LENGTH: Final = 1e-4  # [angstrom]
_POINT: Final = 1e-6  # [1] of a fractional coordinate
_FORCE: Final = 1e-3  # [1] relative: the printed forces are rounded
_THRESHOLDS: Final = ("EDIFF", "EDIFFG")  # a smaller one of the same kind is welcome
_LARGEST_INPUT: Final = 200 * MOST_ATOMS  # [byte]
_PAW: Final = f"PAW_{FAMILY}"  # first word of the title of a potential
_GAMMA: Final = np.array([[0.0, 0.0, 0.0, 1.0]])


def refusals(run: Run, state: State | None, folder: Path | None = None) -> tuple[Flag, ...]:
    """Flags of a run; those of severity ``refusal`` keep its energy out of every difference.

    Parameters
    ----------
    run : Run
    state : State or None
        What was asked for.
    folder : Path, optional
        Where the inputs are, to see whether they were changed.

    Returns
    -------
    tuple of Flag
    """
    found = [*_finished(run), *_agreeing(run)]
    if state is None:
        found.append(_refused("no_state", "the folder has no dualion.json: charge and composition of its state are not known"))
    else:
        found += [*_as_asked(run, state), *(_changed(state, folder) if folder is not None else ())]
    return tuple(found)


def _refused(code: str, message: str) -> Flag:
    return Flag(code, "refusal", message)


def _finished(run: Run) -> Iterator[Flag]:
    if not run.complete:
        said = f"the file is cut ({run.reason}); the last complete ionic step is {run.ionic_steps}"
        yield _refused("truncated", said)
    if run.energy is None:
        yield _refused("energy_missing", "the last electronic step has no energy")
    limit = run.number("NELM")
    if run.says_converged is False or (run.says_converged is None and limit is None):
        yield _refused("electronic_unconverged", f"the electrons did not converge in {run.electronic_steps} steps")
    elif limit is not None and run.electronic_steps >= limit:
        yield _refused("electronic_unconverged", f"the electrons took all {limit:g} steps that they had (NELM)")
    yield from _relaxed(run)


def _relaxed(run: Run) -> Iterator[Flag]:
    limit, threshold, force = run.number("NSW", 0.0) or 0.0, run.number("EDIFFG"), run.largest_force
    if limit < 1.0 or run.number("IBRION") == -1.0:
        yield _refused("not_relaxed", "a static run (NSW 0): its geometry is no minimum of this method")
        return
    if run.ionic_steps >= limit:
        yield _refused("ionic_unconverged", f"the atoms took all {limit:g} steps that they had (NSW)")
    elif threshold is not None and threshold < 0.0 and (force is None or force > -threshold * (1.0 + _FORCE)):
        said = "no forces are printed" if force is None else f"the largest force is {force:.4f} eV/angstrom"
        yield _refused("ionic_unconverged", f"{said}, and {-threshold:g} was asked for")


def _agreeing(run: Run) -> Iterator[Flag]:
    added, beside = run.added, run.beside
    if added is not None and not run.explained:
        said = (
            f"the free energies of the electronic and the ionic step are {added:+.6f} eV apart, which no term that was asked for explains"
        )
        yield _refused("energy_mismatch", f"{said} (dispersion, multipoles)")
    elif added is not None and abs(added) > AGREEMENT:
        said = f"{added:+.6f} eV that VASP adds once the electrons have converged (dispersion, multipoles) are in the energy"
        if run.corrections:
            yield Flag("added_after_convergence", "note", said)
        else:
            yield Flag("added_after_convergence", "warning", f"{said}; the OUTCAR beside vasprun.xml would say which terms they are")
    if beside is None:
        return
    pairs = ((run.electronic, beside.electronic), (run.ionic_free, beside.ionic_free))
    apart = max((abs(one - other) for one, other in pairs if one is not None and other is not None), default=0.0)
    if apart > AGREEMENT:
        yield _refused("energy_mismatch", f"vasprun.xml and OUTCAR are {apart:.6f} eV apart: they are not of one run")


def _as_asked(run: Run, state: State) -> Iterator[Flag]:
    electrons = run.number("NELECT")
    if electrons is None or abs(electrons - state.electrons) > _ELECTRONS:
        found = "not printed" if electrons is None else f"{electrons:g}"
        yield _refused("wrong_electrons", f"NELECT is {found} and {state.electrons} were asked for: another charge")
    if run.symbols != state.symbols:
        yield _refused("wrong_atoms", "the atoms are not those of the state, or in another order")
    if not np.allclose(run.lattice, state.settings.box * np.eye(3), rtol=0.0, atol=_LENGTH):
        yield _refused("wrong_box", f"the cell is not the cube of {state.settings.box:g} angstrom that was asked for")
    if not same_mesh(run.kpoints, _GAMMA):
        yield _refused("wrong_k_mesh", f"{len(run.kpoints)} k points, and the Γ point alone was asked for")
    for element, title in run.titles:
        name, asked = potential_name(title), state.potentials.get(element, "")
        if title.split()[:1] != [_PAW] or (asked and asked != name):
            yield _refused("wrong_potential", f'{element} has the potential "{title}", and {asked} of {FAMILY} was asked for')
    if run.number("ENCUT") is None:
        yield _refused("wrong_cutoff", "ENCUT is not printed")
    for tag, found, asked in differing(run.tags, state.tags):
        yield _refused(f"wrong_{LEVEL[tag]}", f"{tag} is {found} and {asked} was asked for")
    for tag in _THRESHOLDS:
        threshold, limit = run.number(tag), float(state.tags[tag])
        if threshold is not None and (threshold * limit <= 0.0 or abs(threshold) > abs(limit) * (1.0 + _FORCE)):
            yield _refused("wrong_threshold", f"{tag} is {threshold:g} and {limit:g} was asked for")
    unpaired = run.number("NUPDOWN")
    if "NUPDOWN" in state.tags and unpaired is not None and abs(unpaired - float(state.tags["NUPDOWN"])) > _ELECTRONS:
        yield _refused("wrong_spin", f"NUPDOWN is {unpaired:g} and {state.tags['NUPDOWN']} was asked for")


def _changed(state: State, folder: Path) -> Iterator[Flag]:
    for name, digest in state.sha256.items():
        path = folder / name
        if not path.is_file() or path.stat().st_size > _LARGEST_INPUT:
            continue
        if hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            yield Flag("inputs_changed", "warning", f"{name} is not as it was written; the output is held against what was asked for")


def same_mesh(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether two lists of k points and weights, shape (k, 4) [1], are the same."""
    return one.shape == other.shape and bool(np.allclose(one, other, rtol=0.0, atol=_POINT))
