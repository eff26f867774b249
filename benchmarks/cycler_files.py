"""Files of a cycler read, checked and summarised, against fastnda's bare read of the same file in one run.

Ours is everything a report needs: ``dualion.readers.read`` with digest and quality checks, then every step, cycle, plateau and energy by
``cycling.analyse`` and ``plateau.analyse``. Theirs is ``fastnda.read`` alone. The two are taken in turn, the best of each counts, and the
peak memory is that of a process of its own. Exits with 1 where a budget is missed.
"""

from __future__ import annotations

import gc
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import fastnda

from dualion.readers import read
from dualion.records.cell_record import CellRecord
from dualion.techniques import cycling, plateau

REPEATS = 25
TIME_BUDGET, MEMORY_BUDGET = 2.0, 2.0  # [1] times the bare read
DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "neware"
#: Potential [V] that stands for the boundary of a plateau in files that are not of a hard carbon.
BOUNDARIES = {"nda_v26.nda.zip": 2.2, "test_2.ndax": 3.2}
CELL = CellRecord(kind="half", working="anode")

# ru_maxrss of a child begins with that of its parent, the peak of its own memory map does not
_PEAK = """
from pathlib import Path
import resource
status = Path("/proc/self/status")
own = [line.split()[1] for line in status.read_text().splitlines() if line.startswith("VmHWM")] if status.exists() else []
print(own[0] if own else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""
_BARE = f"import sys, fastnda\nfastnda.read(sys.argv[1])\n{_PEAK}"
_OURS = f"import sys\nsys.path.insert(0, sys.argv[3])\nimport cycler_files\ncycler_files.summary(sys.argv[1], float(sys.argv[2]))\n{_PEAK}"


def summary(path: str, boundary: float) -> tuple[int, int, int]:
    """Read a file and summarise it; rows, steps and cycles."""
    measured = replace(read(path), cell=CELL)
    cycles = cycling.analyse((measured,), cycling.Options())
    plateau.analyse((measured,), plateau.Options(boundary=boundary, lower_boundary=boundary - 0.05))
    return measured.table.height, cycles.tables["steps"].height, cycles.tables["cycles"].height


def timed(job: Callable[[], object]) -> float:
    """Time [s] of a job, on a swept heap."""
    gc.collect()
    start = time.perf_counter()
    job()
    return time.perf_counter() - start


def peak(program: str, *arguments: str) -> float:
    """Peak memory [MB] of a program in a process of its own."""
    done = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=True)
    return float(done.stdout.split()[-1]) / 1024


def unpacked(name: str, folder: str) -> str:
    """Path of a file, taken out of its archive where it is in one."""
    if not name.endswith(".zip"):
        return str(DATA / name)
    with zipfile.ZipFile(DATA / name) as archive:
        return archive.extract(archive.namelist()[0], folder)


def compared(name: str, folder: str) -> bool:
    """Print one file; whether both budgets are kept."""
    path, boundary = unpacked(name, folder), BOUNDARIES[name]
    rows, steps, cycles = summary(path, boundary)
    fastnda.read(path)
    pairs = [(timed(lambda: summary(path, boundary)), timed(lambda: fastnda.read(path))) for _ in range(REPEATS)]
    ours, theirs = (min(times) for times in zip(*pairs, strict=True))
    memory, bare = peak(_OURS, path, str(boundary), str(Path(__file__).parent)), peak(_BARE, path)
    print(f"{Path(path).name}: {rows} rows, {steps} steps, {cycles} cycles")
    print(f"  read, checks, steps, cycles, plateau, energy {1e3 * ours:8.1f} ms {memory:8.0f} MB")
    print(f"  fastnda.read alone                           {1e3 * theirs:8.1f} ms {bare:8.0f} MB")
    print(f"  ratio (budget {TIME_BUDGET:g} and {MEMORY_BUDGET:g})                     {ours / theirs:8.2f}    {memory / bare:8.2f}")
    return ours / theirs <= TIME_BUDGET and memory / bare <= MEMORY_BUDGET


def main() -> int:
    if not DATA.is_dir():
        print(f"the reference data are not beside this checkout: {DATA}")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        kept = [compared(name, folder) for name in BOUNDARIES]
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
