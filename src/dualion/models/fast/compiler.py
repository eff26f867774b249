"""How the kernel is compiled, and how the compiled code is kept between processes.

Only the entries of ``entries`` are kept on disk, each with all that it calls. Their code is bound to a digest of every source that is
in it: numba itself looks at the one file in which a function stands, and would go on with old code after a change in another.
``NUMBA_DISABLE_JIT=1`` runs everything in plain Python, a thousand times slower, for looking into it.
"""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from numba import njit

#: For the functions inside: compiled with what calls them.
compiled = njit(nogil=True, error_model="numpy")

#: For the entries: kept on disk.
kept = njit(nogil=True, error_model="numpy", cache=True)


def sources_digest() -> str:
    """Digest of every source file that compiled code is made of.

    Returns
    -------
    str
    """
    here = Path(__file__).parent
    text = sha256()
    for file in (*sorted(here.glob("*.py")), here.parent / "constants.py"):
        text.update(file.read_bytes())
    return text.hexdigest()
