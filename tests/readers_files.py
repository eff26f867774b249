"""Real files of the reference data, shortened so that each can be cut and damaged hundreds of times.

Text keeps its heading and its first rows, Gamry files the first rows of each table; a Neware ``.nda`` is taken out of its zip and keeps its
first bytes, as that of a test which still ran. Files that cannot be shortened are used whole.
"""

from __future__ import annotations

import io
import lzma
import zipfile
from collections.abc import Callable
from pathlib import Path

_ROWS = 120
_NDA_BYTES = 60_000
_XZ_BYTES = 20_000


def _whole(data: bytes) -> bytes:
    return data


def _first_lines(data: bytes) -> bytes:
    return b"".join(data.splitlines(keepends=True)[:_ROWS])


def _first_of_tables(data: bytes) -> bytes:
    kept, since = [], 0
    for line in data.splitlines(keepends=True):
        since = 0 if b"\tTABLE" in line else since + 1
        if not line.startswith(b"\t") or since <= _ROWS // 2:
            kept.append(line)
    return b"".join(kept)


def _first_of_nda(data: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read(archive.namelist()[0])[:_NDA_BYTES]


def _unpacked(data: bytes) -> bytes:
    return _first_lines(lzma.LZMADecompressor().decompress(data, _XZ_BYTES))


#: Path below the reference data, and how it is shortened.
FILES: dict[str, Callable[[bytes], bytes]] = {
    "versastat/exampleDataVersaStudio.par": _whole,
    "versastat/exampleDataParstat.txt": _whole,
    **{f"cv/kirkpsmith_AQDS_20mM_1M_H2SO4_{rate}mVs.DTA.txt": _first_of_tables for rate in (25, 50, 100, 250, 500)},
    **{f"eis-temperature/s04147-{celsius}deg.txt": _whole for celsius in range(140, 201, 10)},
    "biologic/aurora_PEIS.mpr": _whole,
    "neware-export/neware_uio.csv": _first_lines,
    "neware-export/batmo_bdf.csv": _first_lines,
    "neware-export/SINTEF__SLPBA842124HV__2024-10-23__Rate_25degC__Neware__Time_Bug.bdf.csv": _first_lines,
    "sodium/hakadi_static_test_2c-2-1.csv": _first_lines,
    "gitt/ici_discharge.csv": _first_lines,
    "gitt/gitt_discharge.csv.xz": _unpacked,
    "neware/2-1-6_61_07005012.nda.zip": _whole,
    **{f"neware/{name}.nda.zip": _first_of_nda for name in ("nda_v26", "SIM", "SINTEF__G20M7_BTS91", "nda8")},
    "neware/nw4-120-1-6-53.ndax": _whole,
    "neware/test_2.ndax": _whole,
}


def load(shared: Path, name: str) -> bytes:
    """A real file, shortened.

    Parameters
    ----------
    shared : Path
        Folder of the reference data.
    name : str
        One of ``FILES``.

    Returns
    -------
    bytes
    """
    return FILES[name]((shared / "data" / name).read_bytes())
