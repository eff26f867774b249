"""Outputs of VASP runs as a small grammar writes them: vasprun.xml and OUTCAR of whatever a test wants them to say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import groupby
from pathlib import Path

import numpy as np

from dualion.atoms.building.flake import flake
from dualion.atoms.building.motifs import motif
from dualion.atoms.building.place import Composition, placed
from dualion.atoms.building.species import bundled
from dualion.atoms.structure import Floats, Structure
from dualion.atoms.vasp.inputs import Inputs, inputs_of
from dualion.atoms.vasp.settings import Settings

REACHED = "------------------------ aborting loop because EDIFF is reached ----------------------------------------"


@cache
def built(motif_name: str | None, solvents: int, charge: int, *, ion: str = "Na", seed: int = 1) -> Structure:
    """A random start of a state."""
    carbon = None if motif_name is None else motif(flake(), motif_name)
    return placed(Composition(carbon, ion, (bundled()["EC"],) * solvents, charge), np.random.default_rng(seed))


@dataclass(frozen=True)
class IonicStep:
    """One ionic step: positions in the cell [angstrom], free energy and energy at zero broadening of each electronic step [eV]."""

    positions: Floats
    forces: Floats
    electronic: tuple[tuple[float, float], ...]
    ionic_free: float
    converged: bool = True
    after: str = ""  # lines of an OUTCAR between the electrons and the forces


@dataclass(frozen=True)
class Output:
    """A run."""

    symbols: tuple[str, ...]
    titles: dict[str, str]
    box: float
    steps: tuple[IonicStep, ...]
    tags: dict[str, str] = field(default_factory=dict)
    kpoints: tuple[tuple[float, float, float, float], ...] = ((0.0, 0.0, 0.0, 1.0),)
    finished: bool = True

    def tagged(self, **tags: str) -> Output:
        """The run with other tags."""
        return replace(self, tags=self.tags | tags)


def run_of(inputs: Inputs, energy: float, *, steps: int = 2, moved: Floats | None = None, added: float = 0.0) -> Output:
    """The converged output of some inputs, relaxed to ``moved`` (in the order of the structure) [angstrom]."""
    state = inputs.state
    end = state.in_cell() if moved is None else (moved + state.shift)[list(state.order)]
    tags = {"NELM": "60", "LREAL": "T", "PREC": "accura", "IBRION": "2"}
    tags |= {key: value.replace(".TRUE.", "T").replace(".FALSE.", "F") for key, value in state.tags.items() if key not in ("LREAL", "PREC")}
    small = np.full_like(end, 0.001)
    path = []
    for index in range(steps):
        share = (index + 1) / steps
        here = state.in_cell() * (1.0 - share) + end * share
        last = energy + 0.5 * (1.0 - share)
        electronic = ((last + 1.0, last + 1.002), (last - 0.002, last - 0.001), (last - 0.001, last))
        path.append(IonicStep(here, small if share == 1.0 else 100.0 * small, electronic, last - 0.001 + added))
    titles = {element: f"PAW_PBE {name} 08Apr2002" for element, name in state.potentials.items()}
    return Output(state.symbols, titles, state.settings.box, tuple(path), tags)


def vasprun(output: Output) -> str:
    """Text of a vasprun.xml."""
    lines = ['<?xml version="1.0" encoding="ISO-8859-1"?>', "<modeling>", " <generator>"]
    lines += ['  <i name="program" type="string">vasp </i>', '  <i name="version" type="string">6.4.2  </i>', " </generator>", " <incar>"]
    asked = ("SYSTEM", "IVDW", "GGA")
    lines += [f'  <i type="string" name="{key}">{value}</i>' for key, value in output.tags.items() if key in asked]
    lines += [" </incar>", " <kpoints>", '  <varray name="kpointlist" >']
    lines += [f"   <v>{x:17.8f}{y:17.8f}{z:17.8f} </v>" for x, y, z, _ in output.kpoints]
    lines += [
        "  </varray>",
        '  <varray name="weights" >',
        *(f"   <v>{w:17.8f} </v>" for *_, w in output.kpoints),
        "  </varray>",
        " </kpoints>",
    ]
    lines += [" <parameters>", '  <separator name="electronic" >']
    names = {"ENCUT": "ENMAX"}
    lines += [f'   <i name="{names.get(key, key)}">{value}</i>' for key, value in output.tags.items() if key not in asked]
    lines += ["  </separator>", " </parameters>", " <atominfo>", '  <array name="atoms" >', "   <set>"]
    lines += [f"    <rc><c>{symbol} </c><c>   1</c></rc>" for symbol in output.symbols]
    lines += ["   </set>", "  </array>", '  <array name="atomtypes" >', "   <set>"]
    for element, atoms in groupby(output.symbols):
        lines.append(f"    <rc><c>{len(list(atoms))}</c><c>{element}</c><c>1.0</c><c>1.0</c><c>  {output.titles[element]}   </c></rc>")
    lines += ["   </set>", "  </array>", " </atominfo>", ' <structure name="initialpos" >', *_places(output, output.steps[0].positions)]
    lines += [" </structure>"]
    for step in output.steps:
        lines += _calculation(output, step)
    lines += [' <structure name="finalpos" >', *_places(output, output.steps[-1].positions), " </structure>"]
    return "\n".join([*lines, "</modeling>"] if output.finished else lines) + "\n"


def _places(output: Output, positions: Floats) -> list[str]:
    lattice = [f"    <v>{' '.join(f'{output.box if i == j else 0.0:16.8f}' for j in range(3))} </v>" for i in range(3)]
    rows = [f"   <v>{x:17.12f} {y:17.12f} {z:17.12f} </v>" for x, y, z in positions / output.box]
    return [
        "  <crystal>",
        '   <varray name="basis" >',
        *lattice,
        "   </varray>",
        "  </crystal>",
        '  <varray name="positions" >',
        *rows,
        "  </varray>",
    ]


def _calculation(output: Output, step: IonicStep) -> list[str]:
    lines = [" <calculation>"]
    for free, zero in step.electronic:
        lines += [
            "  <scstep>",
            "   <energy>",
            f'    <i name="e_fr_energy">{free:16.8f} </i>',
            f'    <i name="e_wo_entrp">{zero:16.8f} </i>',
        ]
        lines += [f'    <i name="e_0_energy">{zero:16.8f} </i>', "   </energy>", "  </scstep>"]
    lines += ["  <structure>", *_places(output, step.positions), "  </structure>", '  <varray name="forces" >']
    lines += [f"   <v>{x:16.8f} {y:16.8f} {z:16.8f} </v>" for x, y, z in step.forces]
    lines += ["  </varray>", "  <energy>", f'   <i name="e_fr_energy">{step.ionic_free:16.8f} </i>']
    # what some versions of VASP write here: the energy under the name of another, and the entropy under its own
    lines += ['   <i name="e_wo_entrp">      0.00000000 </i>', '   <i name="e_0_energy">     -0.00100000 </i>', "  </energy>"]
    lines += ["  <eigenvalues>", "   <array>", "    <set>", "     <r>  -20.1  1.0 </r>", "    </set>", "   </array>", "  </eigenvalues>"]
    return [*lines, "  <dos>", '   <i name="efermi">-3.0</i>', "  </dos>", " </calculation>"]


def outcar(output: Output) -> str:
    """Text of an OUTCAR."""
    blocks = [(element, len(list(atoms))) for element, atoms in groupby(output.symbols)]
    lines = [" vasp.6.4.2 20Jul23 (build) gamma-only", " INCAR:"]
    lines += [f"   TITEL  = {output.titles[element]}" for element, _ in blocks]
    lines += [f"   ions per type =          {' '.join(str(count) for _, count in blocks)}"]
    lines += [f"   {key} = {value}" for key, value in output.tags.items() if key not in ("SYSTEM", "IVDW")]
    lattice = [" ".join(f"{output.box if i == j else 0.0:13.9f}" for j in range(3)) + "  0.0 0.0 0.0" for i in range(3)]
    lines += ["      direct lattice vectors                 reciprocal lattice vectors", *lattice, ""]
    lines += [
        " k-points in reciprocal lattice and weights: Gamma",
        *(" ".join(f"{x:12.8f}" for x in point) for point in output.kpoints),
        "",
    ]
    for number, step in enumerate(output.steps, 1):
        lines += _iterations(number, step)
        lines += ["      direct lattice vectors                 reciprocal lattice vectors", *lattice, ""]
        lines += [" POSITION                                       TOTAL-FORCE (eV/Angst)", " " + 83 * "-"]
        lines += [
            " ".join(f"{value:12.5f}" for value in place) + " ".join(f"{value:14.6f}" for value in force)
            for place, force in zip(step.positions, step.forces, strict=True)
        ]
        lines += [
            " " + 83 * "-",
            "  FREE ENERGIE OF THE ION-ELECTRON SYSTEM (eV)",
            f"  free  energy   TOTEN  = {step.ionic_free:18.8f} eV",
            "",
        ]
        lines += [f"  energy  without entropy={step.ionic_free:18.8f}  energy(sigma->0) ={step.ionic_free:18.8f}"]
    return "\n".join([*lines, " General timing and accounting informations for this job:"] if output.finished else lines) + "\n"


def _iterations(number: int, step: IonicStep) -> list[str]:
    lines = []
    for count, (free, zero) in enumerate(step.electronic, 1):
        lines += [f"----------------------------------------- Iteration {number:4d}({count:4d})  ------------------------------------"]
        lines += [f"  free energy    TOTEN  = {free:18.8f} eV", ""]
        lines += [f"  energy without entropy ={zero:18.8f}  energy(sigma->0) ={zero:18.8f}"]
    return [*lines, *([REACHED] if step.converged else []), *step.after.splitlines()]


def folder_of(path: Path, inputs: Inputs, output: Output | None = None, files: Sequence[str] = ("vasprun.xml",)) -> Path:
    """A folder with inputs, and with what VASP made of them."""
    path.mkdir(parents=True, exist_ok=True)
    for name, content in inputs.files.items():
        (path / name).write_bytes(content)
    if output is not None:
        for name in files:
            (path / name).write_text(vasprun(output) if name == "vasprun.xml" else outcar(output), encoding="latin-1")
    return path


def small(solvents: int, charge: int = 1, *, ion: str = "Na", settings: Settings | None = None, name: str | None = None) -> Inputs:
    """Inputs of a bare shell, which is quick to write."""
    shell = f"{ion}+(EC){solvents}" if ion else "EC"
    return inputs_of(name or shell, built(None, solvents, charge, ion=ion), settings or Settings())
