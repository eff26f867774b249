"""Pulses of a titration of 985,000 rows: ours against ``ampworks.gitt.extract_params`` in one run, without the loading of the file.

    python benchmarks/gitt_files.py FILE [RADIUS]

FILE is the peer's ``gitt_discharge.csv``, also as ``.csv.xz``; RADIUS is in m. The peer needs pandas, which dualion does not have: give a
Python that has ampworks 0.1.0 in the variable AMPWORKS_PYTHON, or install it beside dualion. Without it only our own time is printed. Runs
are taken in turn; the ratio of the medians is printed. Exits with 1 where the budget is missed, and with 2 where there is no peer.
"""

from __future__ import annotations

import importlib.util
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import IO

import polars as pl

from dualion.readers import read
from dualion.records.measurement import Measurement, Result
from dualion.techniques import gitt

REPEATS = 5
LEAST_RATIO = 10.0
RADIUS = 1.8e-6  # [m]

# the peer reads parquet or csv once, then answers each line with the seconds of one extraction and its median
_PEER = """
import sys, time
import ampworks, pandas
data = ampworks.Dataset(pandas.read_csv(sys.argv[1]))
print("ready", flush=True)
for _ in sys.stdin:
    start = time.perf_counter()
    found = ampworks.gitt.extract_params(data, float(sys.argv[2]))
    print(time.perf_counter() - start, found["Ds"].median(), len(found), flush=True)
"""


def peer_python() -> str | None:
    """A Python that has ampworks; None where there is none."""
    given = os.environ.get("AMPWORKS_PYTHON")
    if given:
        found = subprocess.run([given, "-c", "import ampworks"], capture_output=True, check=False)
        return given if found.returncode == 0 else None
    return sys.executable if importlib.util.find_spec("ampworks") else None


def ours(measured: Measurement, radius: float) -> tuple[float, Result]:
    """Time [s] of one analysis: pulses, lines, rests, errors, flags, medians, tables and curves."""
    start = time.perf_counter()
    result = gitt.analyse((measured,), gitt.Options(particle_radius=radius))
    return time.perf_counter() - start, result


def main(arguments: list[str]) -> int:
    if not arguments:
        print(__doc__)
        return 2
    path, radius = Path(arguments[0]), float(arguments[1]) if len(arguments) > 1 else RADIUS
    measured = read(path)
    ours(measured, radius)  # the first sets it up
    python = peer_python()
    if python is None:
        times = [ours(measured, radius)[0] for _ in range(REPEATS)]
        print(f"{'dualion, pulses of the titration':44}{1e3 * statistics.median(times):9.1f} ms")
        print("ampworks is missing: set AMPWORKS_PYTHON to a Python that has ampworks 0.1.0")
        return 2
    peer = subprocess.Popen([python, "-c", _PEER, str(path), str(radius)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert peer.stdin is not None
    assert peer.stdout is not None
    with peer, peer.stdin:
        assert peer.stdout.readline().strip() == "ready"
        turns = [(ours(measured, radius), asked(peer.stdin, peer.stdout)) for _ in range(REPEATS + 1)][1:]  # the first sets the peer up
    mine, theirs = (statistics.median(times) for times in zip(*((own[0], other[0]) for own, other in turns), strict=True))
    return report(measured.table, turns[-1][0][1], mine, theirs, turns[-1][1][1:])


def asked(questions: IO[str], answers: IO[str]) -> tuple[float, float, float]:
    """Seconds, median [m2/s] and pulses of one extraction of the peer."""
    questions.write("\n")
    questions.flush()
    seconds, median, count = (float(word) for word in answers.readline().split())
    return seconds, median, count


def report(table: pl.DataFrame, result: Result, mine: float, theirs: float, peer: tuple[float, float]) -> int:
    """Print both times [s], what both found, and their ratio."""
    found = result.values["median_diffusivity"].value or 0.0
    print(f"{f'dualion, {table.height} rows':44}{1e3 * mine:9.1f} ms   {result.values['pulses'].value:g} pulses, median {found:.4g} m2/s")
    print(f"{'ampworks.gitt.extract_params':44}{1e3 * theirs:9.1f} ms   {peer[1]:g} pulses, median {peer[0]:.4g} m2/s")
    ratio = theirs / mine
    print(f"{'ratio':44}{ratio:9.1f}      budget {LEAST_RATIO:g}   {'kept' if ratio >= LEAST_RATIO else 'MISSED'}")
    return int(ratio < LEAST_RATIO)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
