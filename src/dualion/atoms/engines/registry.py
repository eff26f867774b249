"""Engines by name, what each needs, and what a careful reader must know of it.

    gfn1, gfn2                  GFN-xTB by tblite, the embedded engine
    pyscf, pyscf:def2-tzvp      PBE-D3(BJ) in a Gaussian basis; def2-svp where none is named
    xtb, xtb:gfn2               GFN-xTB by the program xtb
    gpaw:lcao-dzp@24x24x16      PBE-D3(BJ) by GPAW in one box for all terms [angstrom]
    gpaw:pw450                  the same in plane waves; 30 x 30 x 30 where no box is named
    ase:module.Class@FILE.json  any calculator of ASE, its settings in full in a file (see `ase_any`)

An engine that is not installed is refused when it is named, with what to install.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from shutil import which

from dualion.atoms.engines.base import Engine
from dualion.errors import MissingDependency, SpecError
from dualion.records.quantity import Flag
from dualion.records.validation import nearest

NAMES = ("gfn1", "gfn2", "pyscf", "pyscf:def2-svp", "pyscf:def2-tzvp", "xtb", "xtb:gfn2", "gpaw:lcao-dzp", "gpaw:pw450", "ase:module.Class")
_CONTINUUM = ("alpb", "cosmo", "cpcm", "ddx", "gb", "gbe", "gbsa", "pcm", "smd")

_KNOWN_BIAS = Flag(
    "engine_known_bias",
    "warning",
    "GFN2-xTB binds sodium to ethylene carbonate with two oxygens, and lies 0.1 to 0.3 eV above PBE-D3(BJ)/def2-SVP in each step.",
)


@dataclass(frozen=True, slots=True)
class Available:
    """One row of the table of engines.

    Parameters
    ----------
    name : str
        As `engine_named` takes it.
    role : str
        What it is for.
    found : str
        Version of what is installed, empty where it is absent.
    install : str
        How to install it.
    """

    name: str
    role: str
    found: str
    install: str


def engine_named(name: str) -> Engine:
    """The engine that a name stands for.

    Parameters
    ----------
    name : str
        One of `NAMES`, with a basis, a box or a file of settings where it takes one.

    Returns
    -------
    Engine

    Raises
    ------
    SpecError
        There is no such engine, or what stands behind its name cannot be used.
    MissingDependency
        It is not installed.

    Examples
    --------
    >>> engine_named("gfn1")
    Tblite(method='gfn1', accuracy=1.0, electronic_temperature=300.0)
    """
    kind, _, rest = name.strip().partition(":")
    kind, at, box = kind.partition("@")
    if (asked := _continuum(f"{box} {rest}")) and kind in ("gfn1", "gfn2", "xtb"):
        raise SpecError(
            f'engine: "{name}" asks for the continuum {asked}, which is not offered: it does not know ethylene carbonate, and a shell of '
            f'solvents is counted one by one here. Write "{kind}".'
        )
    make = _MAKERS.get(kind)
    if make is None or at or (rest and kind in ("gfn1", "gfn2")):
        near = nearest(name, NAMES)
        raise SpecError(
            f'engine: "{name}" is not an engine. '
            + (f'Did you mean "{near}"?' if near and near != name else f"Write one of {', '.join(NAMES)}.")
        )
    return make(kind, rest)


def engine_flags(engine: Engine) -> tuple[Flag, ...]:
    """What a careful reader must know of every energy of an engine."""
    return (_KNOWN_BIAS,) if engine.level.method == "GFN2-xTB" else ()


def available() -> tuple[Available, ...]:
    """The table of engines: what each is for, whether it is there, and how to install it."""
    from dualion.atoms.engines import gpaw, xtb_binary

    xtb = which("xtb")
    atoms, dft = 'pip install "dualion[atoms]"', 'pip install "dualion[dft]"'
    return (
        Available("gfn1", "search and ladder, the default", _version("tblite"), atoms),
        Available("gfn2", "the same with a known bias, flagged", _version("tblite"), atoms),
        Available("pyscf", "density functional theory of bare shells; densities, charges, orbitals", _version("pyscf"), dft),
        Available("xtb", "accelerator: optimiser in internal coordinates", xtb_binary.version_of(xtb) if xtb else "", xtb_binary.INSTALL),
        Available("gpaw:lcao-dzp", "screening by density functional theory", _version("gpaw"), gpaw.INSTALL),
        Available("gpaw:pw450", "the method of the paper", _version("gpaw"), gpaw.INSTALL),
        Available("ase:module.Class", "any other calculator, its settings in full", _version("ase"), atoms),
    )


def absent(program: str, install: str) -> MissingDependency:
    """The error for a program that no extra of this package brings."""
    return MissingDependency(program, "", install)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _continuum(text: str) -> str:
    words = text.replace("@", " ").replace("=", " ").replace(":", " ").replace("(", " ").replace(",", " ").casefold().split()
    return next((word for word in words if word in _CONTINUUM), "")


def _tblite(kind: str, rest: str) -> Engine:
    from dualion.atoms.engines.tblite import Tblite

    if find_spec("tblite") is None:
        raise MissingDependency("tblite", "atoms")
    return Tblite(kind)


def _pyscf(kind: str, rest: str) -> Engine:
    from dualion.atoms.engines.pyscf import PySCF

    if find_spec("pyscf") is None:
        raise MissingDependency("pyscf", "dft")
    return PySCF(basis=rest.casefold()) if rest else PySCF()


def _xtb(kind: str, rest: str) -> Engine:
    from dualion.atoms.engines.xtb_binary import INSTALL, XtbBinary

    engine = XtbBinary(rest or "gfn1")
    if which(engine.executable) is None:
        raise absent("xtb", INSTALL)
    return engine


def _gpaw(kind: str, rest: str) -> Engine:
    from dualion.atoms.engines.gpaw import INSTALL, Gpaw, box_in

    mode, _, box = rest.partition("@")
    engine = Gpaw(mode, box_in(mode, box))
    if find_spec("gpaw") is None:
        raise absent("GPAW", INSTALL)
    return engine


def _ase(kind: str, rest: str) -> Engine:
    from dualion.atoms.engines.ase_any import ase_engine

    calculator, at, file = rest.partition("@")
    if not calculator or not at or not file:
        raise SpecError(
            f'engine: "ase:{rest}" names no calculator or no settings. Write ase:module.Class@settings.json; the file states all settings.'
        )
    if find_spec("ase") is None:
        raise MissingDependency("ase", "atoms")
    return ase_engine(calculator, Path(file))


_MAKERS: dict[str, Callable[[str, str], Engine]] = {
    "gfn1": _tblite,
    "gfn2": _tblite,
    "pyscf": _pyscf,
    "xtb": _xtb,
    "gpaw": _gpaw,
    "ase": _ase,
}
