"""A folder in which VASP ran: its outputs, and the state they belong to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from dualion.atoms.engines.base import Energy
from dualion.atoms.structure import Structure, formula
from dualion.atoms.vasp.outcar import read_outcar
from dualion.atoms.vasp.refusals import refusals
from dualion.atoms.vasp.run import Run
from dualion.atoms.vasp.state_file import State, read_state
from dualion.atoms.vasp.vasprun import read_vasprun
from dualion.errors import ReadError
from dualion.records.quantity import Flag

VASPRUN: Final = "vasprun.xml"
OUTCAR: Final = "OUTCAR"


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What became of a state.

    Parameters
    ----------
    folder : Path
    run : Run
    state : State or None
        None where the folder was not written by this package.
    flags : tuple of Flag
        A refusal keeps the energy out of every difference.
    """

    folder: Path
    run: Run
    state: State | None
    flags: tuple[Flag, ...]

    @property
    def usable(self) -> bool:
        """Whether the energy may go into a difference."""
        return not any(flag.severity == "refusal" for flag in self.flags)

    @property
    def name(self) -> str:
        """Name of the state, or the formula of the atoms."""
        if self.state is not None:
            return self.state.name
        return formula(self.run.symbols)

    def structure(self) -> Structure | None:
        """The state where the run left it, order and shift undone; None without a state or with other atoms."""
        if self.state is None or self.state.symbols != self.run.symbols:
            return None
        return self.state.restored(self.run.positions)

    def found(self) -> Energy | None:
        """Energy [eV] and forces [eV/angstrom] in the order of the state; None where they may not be used."""
        if self.state is None or self.run.energy is None or not self.usable:
            return None
        forces = self.run.forces
        return Energy(self.run.energy, forces=None if forces is None else self.state.undone(forces))


def read_outcome(path: Path) -> Outcome:
    """Read a folder, or one output file in it.

    Parameters
    ----------
    path : Path
        A folder with vasprun.xml or OUTCAR, or such a file under any name.

    Returns
    -------
    Outcome

    Raises
    ------
    ReadError
        Neither file is there, or none can be read.
    """
    folder = path if path.is_dir() else path.parent
    run, state = _run(path), read_state(folder)
    return Outcome(folder, run, state, refusals(run, state, folder))


def _run(path: Path) -> Run:
    if path.is_file():
        return read_vasprun(path) if path.suffix.lower() == ".xml" else read_outcar(path)
    if not path.is_dir():
        raise ReadError(str(path), "the path", "there is no such folder or file", "Give a folder in which VASP ran.")
    xml, text = path / VASPRUN, path / OUTCAR
    if xml.is_file():
        run = read_vasprun(xml)
        if not text.is_file():
            return run
        beside = read_outcar(text)
        return replace(run, beside=beside, corrections=beside.corrections, says_converged=beside.says_converged)
    if text.is_file():
        return read_outcar(text)
    raise ReadError(str(path), "the folder", f"it holds neither {VASPRUN} nor {OUTCAR}", "Give a folder in which VASP ran.")
