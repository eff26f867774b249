"""Infrared spectra written here in the grammar of JCAMP-DX, in all its forms, and of OPUS, with the numbers that are in them."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

from readers_examples import Example

FACTOR = 1e-4  # [1] of the ordinates
POINTS = 40
_ON_A_LINE = 10


def band(points: int = POINTS) -> tuple[list[float], list[int]]:
    """Wavenumbers [cm-1] from 1800 down by 4, and a band of absorbance in steps of 1e-4 with a foot of equal and of negative values."""
    x = 1800.0 - 4.0 * np.arange(points)
    y = np.round(8000 * np.exp(-0.5 * ((x - 1720) / 12) ** 2) - 12).astype(int)
    return x.tolist(), y.tolist()


def affn(values: Sequence[int]) -> str:
    return "".join(f" {value}" for value in values)


def pac(values: Sequence[int]) -> str:
    return "".join(f"{value:+d}" for value in values)


def fix(values: Sequence[int]) -> str:
    return "".join(f"{value:8d}" for value in values)


def _letter(value: int, zero_up: str, down: str) -> str:
    digits = str(abs(value))
    first = int(digits[0])
    return (down[first - 1] if value < 0 else zero_up[first]) + digits[1:]


def sqz(values: Sequence[int]) -> str:
    return "".join(_letter(value, "@ABCDEFGHI", "abcdefghi") for value in values)


def dif(values: Sequence[int]) -> str:
    steps = [after - before for before, after in pairwise(values)]
    return sqz(values[:1]) + "".join(_letter(step, "%JKLMNOPQR", "jklmnopqr") for step in steps)


def difdup(values: Sequence[int]) -> str:
    """Differences, runs of one difference shortened."""
    steps = [after - before for before, after in pairwise(values)]
    written, at = sqz(values[:1]), 0
    while at < len(steps):
        run = 1
        while at + run < len(steps) and steps[at + run] == steps[at]:
            run += 1
        written += _letter(steps[at], "%JKLMNOPQR", "jklmnopqr")
        if run > 1:
            digits = str(run)
            written += "STUVWXYZs"[int(digits[0]) - 1] + digits[1:]
        at += run
    return written


FORMS: dict[str, Callable[[Sequence[int]], str]] = {"affn": affn, "pac": pac, "fix": fix, "sqz": sqz, "dif": dif, "difdup": difdup}


def rows_of(x: Sequence[float], y: Sequence[int], form: str) -> list[str]:
    """Lines of a table (X++(Y..Y)); those of differences begin with the last value of the line before."""
    checked = form in ("dif", "difdup")
    rows = []
    for start in range(0, len(y), _ON_A_LINE):
        first = start - 1 if checked and start else start
        rows.append(f"{x[first]:g}{FORMS[form](y[first : start + _ON_A_LINE])}")
    if checked:
        rows.append(f"{x[-1]:g}{sqz(y[-1:])}")
    return rows


def block_text(
    rows: Sequence[str], *, title: str = "a band", extra: str = "", count: int = POINTS, table: str = "XYDATA= (X++(Y..Y))"
) -> str:
    """A block of the spectrum of ``band``."""
    x, y = band()
    head = (
        f"##TITLE= {title}\n##JCAMP-DX= 4.24 $$ written for a test\n##DATA TYPE= INFRARED SPECTRUM\n##ORIGIN= dualion\n##OWNER= dualion\n"
        f"##RESOLUTION= 4\n{extra}##XUNITS= 1/CM\n##YUNITS= ABSORBANCE\n##XFACTOR= 1.0\n"
        f"##YFACTOR= {FACTOR}\n##FIRSTX= {x[0]}\n##LASTX= {x[-1]}\n##NPOINTS= {count}\n"
        f"##FIRSTY= {y[0] * FACTOR:.4f}\n##MAXY= {max(y) * FACTOR:.4f}\n##MINY= {min(y) * FACTOR:.4f}\n##{table}\n"
    )
    return head + "\n".join(rows) + "\n##END=\n"


def _truth() -> dict[str, list[float]]:
    x, y = band()
    return {"wavenumber_per_centimetre": x, "absorbance": [float(value) * FACTOR for value in y]}


def jcamp(form: str) -> Example:
    """One block in one form."""
    return Example("jcamp-dx", f"jcamp-{form}", block_text(rows_of(*band(), form)).encode(), "ftir", _truth(), counted=False)


def pairs() -> Example:
    x, y = band()
    rows = ["; ".join(f"{x[at]:g}, {y[at]}" for at in range(start, min(start + 4, len(x)))) for start in range(0, len(x), 4)]
    return Example("jcamp-dx", "jcamp-pairs", block_text(rows, table="XYPOINTS= (XY..XY)").encode(), "ftir", _truth())


def compound(titles: Sequence[str] = ("first", "second"), *, blocks: int | None = None) -> bytes:
    """Linked blocks of one spectrum; no Example, as it gives several measurements."""
    head = f"##TITLE= linked\n##JCAMP-DX= 4.24\n##DATA TYPE= LINK\n##BLOCKS= {len(titles) if blocks is None else blocks}\n"
    rows = rows_of(*band(), "difdup")
    return (head + "".join(block_text(rows, title=title) for title in titles) + "##END=\n").encode()


def _parameter(key: str, value: float | str) -> bytes:
    """One parameter of an OPUS block: its key, the code of its type, its length in words of two bytes, its value."""
    if isinstance(value, int):
        kind, written = 0, struct.pack("<i", value)
    elif isinstance(value, float):
        kind, written = 1, struct.pack("<d", value)
    else:
        raw = value.encode("latin-1") + b"\0"
        kind, written = 2, raw + b"\0" * (-len(raw) % 4)
    return key.encode() + b"\0" + struct.pack("<hh", kind, len(written) // 2) + written


def _parameters(values: dict[str, float | str]) -> bytes:
    raw = b"".join(_parameter(key, value) for key, value in values.items()) + b"END\0" + struct.pack("<hh", 0, 0)
    return raw + b"\0" * (-len(raw) % 4)


def _kind(*numbers: int) -> int:
    """Type of a block: six numbers of 2, 2, 6, 7, 2 and 3 bits."""
    return sum(number << shift for number, shift in zip(numbers, (0, 2, 4, 10, 17, 19), strict=True))


def opus_bytes(kinds: Sequence[int] = (4,), *, unit: str = "WN", points: int | None = None) -> bytes:
    """An OPUS file with a spectrum of each kind: 4 absorbance, 5 transmittance as a fraction."""
    x, y = band()
    blocks: list[tuple[int, bytes]] = []
    for kind in kinds:
        values = np.array(y) * FACTOR
        values = (10**-values if kind == 5 else values).astype("<f4")
        status: dict[str, float | str] = {"DPF": 1, "NPT": len(y) if points is None else points, "FXV": x[0], "LXV": x[-1], "CSF": 1.0}
        status |= {"MXY": float(values.max()), "MNY": float(values.min()), "DXU": unit}
        blocks.append((_kind(3, 3, 0, kind, 0, 0), values.tobytes()))
        blocks.append((_kind(3, 3, 1, kind, 0, 0), _parameters(status)))
    blocks.append((_kind(0, 0, 3, 0, 0, 0), _parameters({"RES": 4.0, "SNM": "a band"})))
    start, most = 24, len(blocks) + 4
    at = start + 12 * most
    directory = struct.pack("<iii", _kind(0, 0, 0, 13, 0, 0), 3 * most, start)
    body = b""
    for code, raw in blocks:
        directory += struct.pack("<iii", code, len(raw) // 4, at + len(body))
        body += raw
    directory += b"\0" * (12 * most - len(directory))
    return b"\n\n\xfe\xfe" + struct.pack("<diii", 920622.0, start, most, len(blocks) + 1) + directory + body


def opus() -> Example:
    x, y = band()
    stored = (np.array(y) * FACTOR).astype("<f4").astype(float)
    return Example(
        "bruker-opus", "opus", opus_bytes(), "ftir", {"wavenumber_per_centimetre": x, "absorbance": stored.tolist()}, counted=True
    )


#: Every example.
EVERY: tuple[Callable[[], Example], ...] = (
    *(lambda form=form: jcamp(form) for form in FORMS),  # type: ignore[misc]
    pairs,
    opus,
)
