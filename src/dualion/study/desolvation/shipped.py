"""Results of atomistic computations that lie in a study folder, with what is needed to compute them again.

atoms/set.toml          one [[result]] for each document: its file, the geometries, the command that recomputes it, machine-hours
atoms/NAME.json         a document of the schema dualion/atoms/1, or of dualion/reactions/1
atoms/NAME.extxyz.gz    the reported minima
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dualion.errors import SpecError
from dualion.records.files import read_toml

if TYPE_CHECKING:
    from dualion.study.types import Study

FOLDER, SET = "atoms", "set.toml"
DESOLVATION, REACTIONS = "dualion/atoms/1", "dualion/reactions/1"
LARGEST = 20 * 1024**2  # [byte] of a document or of its geometries, unpacked
_FIELDS = {"name", "schema", "title", "file", "command", "machine_hours"}


@dataclass(frozen=True, slots=True)
class Shipped:
    """One result of an atomistic computation.

    Parameters
    ----------
    name, title : str
    schema : str
    document : mapping
        Plain data.
    command : str
        That computes it again.
    machine_hours : float
        Of one core [h].
    frames : str
        File of the geometries, relative to the folder of the study; empty for none.
    """

    name: str
    title: str
    schema: str
    document: Mapping[str, Any]
    command: str
    machine_hours: float
    frames: str = ""


def shipped(study: Study) -> tuple[Shipped, ...]:
    """Results that lie in the folder of a study, in the order of its list.

    Parameters
    ----------
    study : Study

    Returns
    -------
    tuple of Shipped
        Empty where the study brings none.

    Raises
    ------
    SpecError
        A file is missing, damaged, or not of the schema that the list names.
    """
    listed = study.folder / FOLDER / SET
    if not listed.is_file():
        return ()
    return tuple(_one(study, index, table) for index, table in enumerate(read_toml(listed).get("result", ())))


def geometries(study: Study, one: Shipped) -> str:
    """Text of the geometries of a result in extended xyz.

    Parameters
    ----------
    study : Study
    one : Shipped

    Returns
    -------
    str

    Raises
    ------
    SpecError
        The file is missing, damaged or too large.
    """
    path = study.folder / one.frames
    try:
        with gzip.open(path, "rb") as file:
            found = file.read(LARGEST + 1)
    except (OSError, EOFError) as problem:
        raise SpecError(f"{one.frames}: the geometries cannot be read ({problem}). Compute them again: {one.command}") from problem
    if len(found) > LARGEST:
        raise SpecError(f"{one.frames}: larger than {LARGEST} bytes. Leave out what is not a reported minimum.")
    return found.decode("utf-8")


def _one(study: Study, index: int, table: Mapping[str, Any]) -> Shipped:
    where = f"{FOLDER}/{SET}: result[{index}]"
    missing = sorted(_FIELDS - table.keys())
    if missing:
        raise SpecError(f"{where}: {missing[0]} is missing. Write {', '.join(sorted(_FIELDS))}.")
    name = f"{FOLDER}/{table['file']}"
    try:
        document = json.loads((study.folder / name).read_bytes())
    except (OSError, ValueError) as problem:
        raise SpecError(f"{name}: cannot be read as a result. Compute it again: {table['command']}") from problem
    if not isinstance(document, dict) or document.get("schema") != table["schema"]:
        raise SpecError(f"{name}: not a result of the schema {table['schema']}. Compute it again: {table['command']}")
    frames = f"{FOLDER}/{table['frames']}" if "frames" in table else ""
    return Shipped(table["name"], table["title"], table["schema"], document, table["command"], float(table["machine_hours"]), frames)
