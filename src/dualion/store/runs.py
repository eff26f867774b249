"""A folder for one long run: its blocks in order, each a file that appears complete or not at all.

    run.json                             what the run was asked for, and the digest that ties every block to it and to the software
    block-000001.<sha256, 16>.npz        plain data as JSON beside arrays; the name holds the digest of the content

A run that was ended goes on behind its last block. A folder that holds anything else, or blocks of another run, or a block that is
damaged or missing, is refused and stays as it is. Nothing is ever pickled.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from dualion.errors import StoreError
from dualion.models.ageing.course import Block
from dualion.store.digests import canonical, digest
from dualion.store.entries import pack, unpack
from dualion.store.files import TEMPORARY, write_atomic

MARKER = "run.json"
_SCHEMA = "dualion/run/1"
_BLOCK = re.compile(r"block-(?P<number>\d{6})\.(?P<sha256>[0-9a-f]{16})\.npz")
_PLAIN = "plain.json"  # name of the member that holds what is no array

#: Libraries on whose versions the numbers of a run depend, and the parts of this package whose text they depend on.
_LIBRARIES = ("numpy", "scipy", "numba", "pybamm", "casadi")
_SOURCES = ("models", "records", "numerics")
_PACKAGE = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True, eq=False)
class RunFolder:
    """A folder for one run.

    Parameters
    ----------
    root : Path
        A folder of this very run, an empty folder, or a path where one can be made.
    inputs : JSON-able
        Everything that the blocks depend on but the software, whose versions are added here.

    Raises
    ------
    StoreError
        The folder holds something else, another run, or a damaged one (it stays untouched), or cannot be written to.
    """

    root: Path
    inputs: Mapping[str, Any]

    def __post_init__(self) -> None:
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            names = sorted(name for name in os.listdir(self.root) if not name.startswith(TEMPORARY))
            if MARKER in names:
                self._check_marker()
                self._check_names(names)
            elif names:
                raise StoreError(f"{self.root}: not the folder of a run; it holds {names[0]}. Choose an empty folder.")
            else:
                write_atomic(self.root / MARKER, self._marker())
            for left in self.root.glob(f"{TEMPORARY}*"):  # of a run that was ended: a folder has one writer at a time
                with suppress(OSError):
                    left.unlink()
        except OSError as problem:
            raise StoreError(
                f"{self.root}: cannot be used for a run ({problem.strerror}). Choose a folder that can be written to."
            ) from problem

    def checkpoint(self, block: Block) -> None:
        """Keep a finished block.

        Parameters
        ----------
        block : Block

        Raises
        ------
        StoreError
            A value or an array cannot be stored without pickling, or the folder cannot be written to.
        """
        plain = canonical({"run": self.digest, "number": block.number, "plain": dict(block.plain)})
        if _PLAIN in block.arrays:
            raise StoreError(f"{_PLAIN}: the name is taken by the plain data of a block. Name the array otherwise.")
        packed = pack({**block.arrays, _PLAIN: np.frombuffer(plain, dtype=np.uint8)})
        write_atomic(self.root / f"block-{block.number:06d}.{hashlib.sha256(packed).hexdigest()[:16]}.npz", packed)

    def resume(self) -> tuple[Block, ...]:
        """The blocks that were kept, in order; none of a new run.

        Raises
        ------
        StoreError
            A block is damaged, missing, or not of this run.
        """
        names = sorted(name for name in os.listdir(self.root) if _BLOCK.fullmatch(name))
        return tuple(self._read(name, number) for number, name in enumerate(names, start=1))

    @property
    def digest(self) -> str:
        """SHA-256 of inputs and software, 64 hexadecimal digits."""
        return digest({"schema": _SCHEMA, "inputs": dict(self.inputs), "software": software()})

    def _marker(self) -> bytes:
        return canonical({"schema": _SCHEMA, "digest": self.digest, "inputs": dict(self.inputs), "software": software()}) + b"\n"

    def _check_marker(self) -> None:
        """Refuse the folder of another run, and say in what it differs."""
        path = self.root / MARKER
        try:
            found = json.loads(path.read_bytes())
            schema, inputs, used, tied = found["schema"], dict(found["inputs"]), found["software"], found["digest"]
        except (ValueError, KeyError, TypeError, RecursionError) as problem:
            raise StoreError(f"{path}: damaged, or not written by dualion. Choose another folder, or delete this one.") from problem
        if schema != _SCHEMA:
            raise StoreError(f"{path}: written by another version of dualion. Choose another folder, or delete this one.")
        own = json.loads(canonical(dict(self.inputs)))
        if inputs != own:
            differing = ", ".join(sorted(name for name in inputs.keys() | own.keys() if inputs.get(name) != own.get(name)))
            raise StoreError(
                f"{self.root}: the folder of another run; it differs in {differing}. Choose another folder, or ask for the same run."
            )
        if used != software():
            names = ", ".join(sorted(name for name in software() if not isinstance(used, dict) or used.get(name) != software()[name]))
            raise StoreError(f"{self.root}: the run was begun with other software ({names}). Choose another folder, or delete this one.")
        if tied != self.digest:
            raise StoreError(f"{path}: damaged; it does not fit its own digest. Choose another folder, or delete this one.")

    def _check_names(self, names: list[str]) -> None:
        """Refuse what is no block, and a row of blocks with a gap or a double."""
        blocks = []
        for name in names:
            found = _BLOCK.fullmatch(name)
            if found is None and name != MARKER:
                raise StoreError(f"{self.root}: not the folder of a run; it holds {name}. Choose another folder, or move that file away.")
            if found is not None:
                blocks.append(int(found["number"]))
        for expected, number in enumerate(blocks, start=1):
            if number != expected:
                what = f"block {expected} is missing" if number > expected else f"block {number} is there twice"
                from_here = f"Delete the blocks from {min(number, expected)} on to go on before them"
                raise StoreError(f"{self.root}: {what}. {from_here}, or choose another folder.")

    def _read(self, name: str, number: int) -> Block:
        path = self.root / name
        remedy = "Delete it and the blocks behind it to go on before them, or choose another folder."
        try:
            packed = path.read_bytes()
        except OSError as problem:
            raise StoreError(f"{path}: cannot be read ({problem.strerror}). Choose another folder.") from problem
        found = _BLOCK.fullmatch(name)
        if found is None or hashlib.sha256(packed).hexdigest()[:16] != found["sha256"]:
            raise StoreError(f"{path}: damaged; its content does not fit its name. {remedy}")
        try:
            arrays = unpack(packed)
            content = json.loads(arrays.pop(_PLAIN).tobytes())
            run, own, plain = content["run"], content["number"], dict(content["plain"])
        except (ValueError, KeyError, TypeError, EOFError, OSError, RecursionError, zipfile.BadZipFile) as problem:
            raise StoreError(f"{path}: not a block that dualion wrote. {remedy}") from problem
        if run != self.digest or own != number:
            raise StoreError(f"{path}: block {own} of another run. {remedy}")
        return Block(number, plain, arrays)


@lru_cache(maxsize=1)
def software() -> dict[str, str]:
    """Versions of the libraries and a digest of the sources that the numbers of a run depend on.

    Returns
    -------
    dict of str to str
    """
    found = {}
    for library in _LIBRARIES:
        try:
            found[library] = version(library)
        except PackageNotFoundError:
            found[library] = "absent"
    text = hashlib.sha256()
    for part in _SOURCES:
        for file in sorted((_PACKAGE / part).rglob("*.py")):
            text.update(str(file.relative_to(_PACKAGE)).encode() + file.read_bytes())
    return {**found, "sources": text.hexdigest()}
