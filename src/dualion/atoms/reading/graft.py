"""A carbon of the user, with the place where the ion is put."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from dualion.atoms.building.place import plane_normal
from dualion.atoms.reading.structure import read_structure
from dualion.atoms.structure import CARBON, Site, Structure
from dualion.errors import SpecError

_SHORTEST = 1e-6  # [1] a direction shorter than this points nowhere
_STEEP = np.cos(np.deg2rad(45.0))  # a direction nearer to the normal of the plane than to the plane belongs to a basal site


def graft(
    path: Path | str,
    site: int,
    outward: tuple[float, float, float],
    *,
    charge: int | None = None,
    multiplicity: int | None = None,
) -> Structure:
    """A carbon of the user.

    Parameters
    ----------
    path : Path or str
        Extended XYZ, XYZ or POSCAR that holds the carbon alone.
    site : int
        Index of the atom that the ion is put next to, counted from 0 [1].
    outward : tuple of float
        Direction from it to the ion, of any length [1]: away from the carbon in its plane for an edge, along the normal for a basal site.
    charge : int, optional
        Total charge [e], where the file does not say it.
    multiplicity : int, optional
        2S + 1 [1], where the file does not say it.

    Returns
    -------
    Structure

    Raises
    ------
    ReadError
        The file is broken; names the line.
    SpecError
        No such atom, no direction, more than one part, or charge and multiplicity are missing.
    """
    read = read_structure(path, charge=charge, multiplicity=multiplicity)
    name = Path(path).name
    if len(read.labels) != 1:
        raise SpecError(f"graft: {name} holds {', '.join(read.labels)}. Leave the carbon alone in it.")
    if not 0 <= site < len(read):
        raise SpecError(f"site: atom {site + 1} is not among the {len(read)} atoms of {name}. Write 1 to {len(read)}.")
    direction = np.array(outward, dtype=np.float64)
    length = float(np.linalg.norm(direction))
    if not np.isfinite(length) or length < _SHORTEST:
        raise SpecError("outward: it points nowhere. Write three numbers, such as 0,1,0.")
    away = direction / length
    mode = "basal" if abs(float(away @ plane_normal(read, site))) > _STEEP else "edge"
    x, y, z = (float(value) for value in away)
    return replace(read, labels=(CARBON,), site=Site(site, (x, y, z), mode))
