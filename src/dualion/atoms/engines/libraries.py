"""The optional libraries of the atoms room, imported when they are first needed."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from dualion.errors import MissingDependency

#: Extra that installs each library.
EXTRAS = {"ase": "atoms", "tblite": "atoms", "rdkit": "atoms", "pyscf": "dft", "dftd3": "dft"}


def library(name: str) -> Any:
    """Import an optional library, or say how to install it.

    Parameters
    ----------
    name : str
        Module, such as ``"tblite.interface"``.

    Returns
    -------
    module

    Raises
    ------
    MissingDependency
        The library is not installed.
    """
    try:
        return import_module(name)
    except ImportError as problem:
        root = name if name in EXTRAS else name.split(".")[0]
        raise MissingDependency(root, EXTRAS.get(root, "atoms")) from problem


def ase() -> Any:
    """The package ASE."""
    return library("ase")
