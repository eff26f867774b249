"""What ``dualion vasp`` prints of inputs that were written and of runs that were read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dualion.atoms.electrons import signed
from dualion.cli.output import columns_of
from dualion.errors import ReadError

if TYPE_CHECKING:
    from dualion.atoms.vasp.folder import Outcome
    from dualion.atoms.vasp.inputs import Inputs
    from dualion.atoms.vasp.step import Step
    from dualion.records.quantity import Flag

WRITE_SCHEMA = "dualion/vasp-write/1"
READ_SCHEMA = "dualion/vasp-read/1"
RESULTS = "results.json"
_DIGITS = 8  # [1] of an energy in eV


def written_document(written: Inputs, folder: Path) -> dict[str, Any]:
    """Inputs that were written, as plain data."""
    from dualion.atoms.vasp.documents import flag_document

    state, cost = written.state, written.cost
    return {
        "schema": WRITE_SCHEMA,
        "name": state.name,
        "key": state.key,
        "formula": state.structure.formula,
        "charge": state.structure.charge,
        "multiplicity": state.structure.multiplicity,
        "electrons": state.electrons,
        "potentials": state.potentials,
        "tags": dict(state.tags),
        "box_angstrom": state.settings.box,
        "plane_waves": cost.plane_waves,
        "bands": cost.bands,
        "orbitals_gigabytes_per_spin": round(cost.gigabytes, 3),
        "flags": [flag_document(flag) for flag in written.flags],
        "files": sorted(written.files),
        "folder": str(folder),
    }


def written_lines(written: Inputs, folder: Path) -> list[str]:
    """Inputs that were written, with what they cost."""
    state, cost = written.state, written.cost
    structure = state.structure
    rows = [
        ("composition", f"{structure.formula}, {len(structure)} atoms"),
        ("charge", f"q = {signed(structure.charge)}, 2S+1 = {structure.multiplicity}"),
        ("electrons", f"NELECT = {state.electrons}"),
        ("potentials", f"{' '.join(state.potentials.values())} (PBE PAW)"),
        ("cell", f"cubic, {state.settings.box:g} angstrom, the Γ point alone"),
        ("dispersion", state.settings.variant),
        ("plane waves", f"about {cost.plane_waves / 1e3:.0f} thousand below {state.settings.cutoff:g} eV"),
        ("memory", f"about {cost.gigabytes:.1f} GB of orbitals for each spin ({cost.bands} bands)"),
    ]
    return [
        state.name,
        *columns_of(rows),
        *(f"{flag.severity}: {flag.message}" for flag in written.flags),
        "",
        "Use the Γ-only binary (vasp_gam): it holds half of these orbitals and gives the same energy.",
        "POTCAR is yours to add: join your licensed potentials in the order of POTCAR.spec.",
        f"{len(written.files)} files: {folder}",
    ]


def _energy(value: float | None) -> str:
    return "no energy" if value is None else f"{value:.{_DIGITS}f} eV"


def read_lines(paths: Sequence[Path], outcomes: Sequence[Outcome | ReadError], mixed: Sequence[Flag]) -> list[str]:
    """One line for each run, and below them what was found wrong."""
    rows, said = [], []
    for path, one in zip(paths, outcomes, strict=True):
        if isinstance(one, ReadError):
            rows.append((str(path), "", "", "unreadable"))
            said.append(f"{path}: unreadable: {one.reason}.")
            continue
        rows.append((str(path), one.name, _energy(one.run.energy), "usable" if one.usable else "not usable"))
        said += [f"{path}: {flag.code}: {flag.message}." for flag in one.flags]
    said += [f"all: {flag.code}: {flag.message}." for flag in mixed]
    return [*columns_of(rows), *said]


def step_lines(step: Step) -> list[str]:
    """The energy of a step, with everything that it depends on."""
    from dualion.atoms.vasp.documents import level_of

    level, state = level_of(step.before.run), step.before.state
    spin = "" if state is None else f", 2S+1={state.structure.multiplicity}"
    said = f"{level.method}, {level.basis}, q={signed(step.charge)}{spin}, dispersion {level.dispersion}, {level.box}"
    return ["", f"{step.name}: {step.energy:.3f} eV (interval withheld, one structure for each state; VASP {level.version}, {said})"]


def read_document(
    paths: Sequence[Path], outcomes: Sequence[Outcome | ReadError], mixed: Sequence[Flag], step: Step | None
) -> dict[str, Any]:
    """Runs and their step, as plain data."""
    from dualion.atoms.vasp.documents import flag_document, outcome_document, step_document

    runs: list[dict[str, Any]] = []
    for path, one in zip(paths, outcomes, strict=True):
        if isinstance(one, ReadError):
            runs.append({"path": str(path), "error": str(one)})
        else:
            runs.append({"path": str(path), **outcome_document(one)})
    return {
        "schema": READ_SCHEMA,
        "origin": "raw-file",
        "runs": runs,
        "flags": [flag_document(flag) for flag in mixed],
        "step": None if step is None else step_document(step),
    }


def read_files(document: dict[str, Any], outcomes: Sequence[Outcome]) -> dict[str, bytes]:
    """The same as files: results, and each state of ours where its run left it, in its own order and place."""
    from dualion.atoms.export import extxyz

    files = {}
    for one in outcomes:
        structure = one.structure()
        if one.state is not None and structure is not None:
            files[f"frames/{one.state.key}.extxyz"] = extxyz(structure, one.found()).encode("utf-8")
    # the same runs give the same bytes, wherever they lie
    runs = [{key: value for key, value in run.items() if key != "path"} for run in document["runs"]]
    text = json.dumps({**document, "runs": runs}, indent=2, ensure_ascii=False, allow_nan=False)
    return files | {RESULTS: f"{text}\n".encode()}
