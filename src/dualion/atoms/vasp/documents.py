"""Runs and steps as plain data, in the form of every record of an energy; their origin is a raw file."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np

from dualion.atoms.engines.base import Level
from dualion.atoms.vasp.folder import Outcome
from dualion.atoms.vasp.run import Run, potential_name
from dualion.atoms.vasp.step import Step
from dualion.atoms.vasp.tags import word
from dualion.records.quantity import Flag

SCHEMA: Final = "dualion/atoms/1"
ORIGIN: Final = "raw-file"
_FUNCTIONALS: Final = {"PE": "PBE", "": "as in the potentials"}
_DISPERSION: Final = {0: "none", 12: "d3bj"}
_SMEARING: Final = {-1: "Fermi", 0: "Gaussian"}


def level_of(run: Run) -> Level:
    """The method of a run, whole.

    Parameters
    ----------
    run : Run

    Returns
    -------
    Level
    """
    functional, ivdw = word(run.tags, "GGA"), int(run.number("IVDW", 0.0) or 0.0)
    names = " ".join(potential_name(title) for _, title in run.titles)
    edges = " x ".join(f"{edge:.6g}" for edge in np.linalg.norm(run.lattice, axis=1))
    smearing = int(run.number("ISMEAR", 0.0) or 0.0)
    return Level(
        engine="vasp",
        version=run.program,
        method=_FUNCTIONALS.get(functional, functional),
        basis=f"PAW {run.number('ENCUT') or 0.0:g} eV ({names})",
        grid=f"{word(run.tags, 'PREC').lower()}, {_SMEARING.get(smearing, f'ISMEAR {smearing}')} {run.number('SIGMA') or 0.0:g} eV",
        dispersion=_DISPERSION.get(ivdw, f"IVDW {ivdw}"),
        box=f"{edges} angstrom, periodic, {len(run.kpoints)} k points, IDIPOL {word(run.tags, 'IDIPOL')}",
    )


def flag_document(flag: Flag) -> dict[str, str]:
    """A flag as plain data."""
    return {"code": flag.code, "severity": flag.severity, "message": flag.message}


def outcome_document(one: Outcome) -> dict[str, Any]:
    """What a run gave, as plain data [eV, eV/angstrom]."""
    run, state = one.run, one.state
    return {
        "kind": "state",
        "name": one.name,
        "key": None if state is None else state.key,
        "charge": None if state is None else state.structure.charge,
        "multiplicity": None if state is None else state.structure.multiplicity,
        "level": level_of(run).document(),
        "energy_eV": run.energy,
        "electronic_energy_eV": run.electronic,
        "added_after_convergence_eV": run.added,
        "usable": one.usable,
        "electronic_steps": run.electronic_steps,
        "ionic_steps": run.ionic_steps,
        "largest_force_eV_per_angstrom": run.largest_force,
        "origin": ORIGIN,
        "source": {"file": Path(run.file).name, "sha256": run.sha256, "program": f"VASP {run.program}"},
        "flags": [flag_document(flag) for flag in one.flags],
    }


def step_document(step: Step) -> dict[str, Any]:
    """A step, as plain data; its interval is withheld, because no search stands behind its states."""
    states = {"before": step.before.state, "after": step.after.state, "released": step.released.state}
    return {
        "schema": SCHEMA,
        "kind": "step",
        "name": step.name,
        **{role: None if state is None else state.key for role, state in states.items()},
        "charge": step.charge,
        "level": level_of(step.before.run).document(),
        "energy_eV": step.energy,
        "interval_eV": None,
        "interval_rule": "withheld: each state is one structure, so that the minima of its conformers are not known",
        "origin": ORIGIN,
        "flags": [flag_document(flag) for flag in step.flags],
    }
