"""Where a simulated measurement comes from: no file, and a digest of the numbers that were drawn."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

from dualion.records.measurement import Source


def simulated_source(technique: str, file: str, *drawn: NDArray[Any], truth: Mapping[str, float] | None = None) -> Source:
    """The source of a measurement that a technique makes for itself.

    Parameters
    ----------
    technique : str
        Name of the technique, such as ``"eis"``.
    file : str
        Name that a file of such numbers would have.
    drawn : ndarray
        Arrays in any [unit] whose bytes, one array after the other, tell this measurement from others.
    truth : mapping of str to float or None
        What the numbers were made with, in the units of the result; it is digested before them, with the name of the technique.

    Examples
    --------
    >>> import numpy as np
    >>> one = simulated_source("eis", "synthetic-eis.csv", np.zeros(2))
    >>> one.reader, one.origin, one.sha256[:8]
    ('dualion synthesise eis', 'simulation', '374708ff')
    """
    digest = hashlib.sha256()
    if truth is not None:
        digest.update(json.dumps({"technique": technique, "truth": dict(truth)}, sort_keys=True).encode())
    for array in drawn:
        digest.update(array.tobytes())
    return Source(file, digest.hexdigest(), f"dualion synthesise {technique}", 1, origin="simulation")
