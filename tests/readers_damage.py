"""Cuts and damages of files, drawn from seeds."""

from __future__ import annotations

import random


def places(size: int, count: int, seed: int) -> list[int]:
    """Positions [byte] in a file, rising."""
    rng = random.Random(seed)
    return sorted(rng.sample(range(size), min(count, size)))


def damaged(data: bytes, rng: random.Random) -> bytes:
    """One to four bytes changed, lost, added or moved; the first bytes, which name the format, as often as all others."""
    changed = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(min(len(changed), 256) if rng.random() < 0.3 else len(changed))
        kind = rng.randrange(6)
        if kind == 0:
            changed[at] ^= 1 << rng.randrange(8)
        elif kind == 1:
            changed[at] = rng.randrange(256)
        elif kind == 2:
            del changed[at]
        elif kind == 3:
            changed.insert(at, rng.choice(b"\0\n\r\t,;.-0\xff"))
        elif kind == 4:
            length = rng.randrange(1, 200)
            changed[at : at + length] = changed[at : at + length][::-1]
        else:
            length = rng.randrange(1, 2000)
            changed[at:at] = changed[at : at + length]
    return bytes(changed)
