"""Bader charges and a density difference against the self-consistent fields that they need, in one run.

The state is pyridine-N-oxide with Na+(EC)1, PBE/def2-SVP on grid 2; the uniform grid has 0.2 angstrom. The fields are solved once, the
analyses several times; what is printed are ratios of processor times, of the median where there are several. Exits with 1 where a budget
is missed. With the argument "shells" it also prints time and peak memory of PBE-D3 single points of Na+(EC)1 to Na+(EC)3.
"""

from __future__ import annotations

import math
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from dualion.atoms.building.place import Composition, placed
from dualion.atoms.building.species import bundled
from dualion.atoms.electronic.bader import bader, partition
from dualion.atoms.electronic.density import density_difference
from dualion.atoms.electronic.example import example
from dualion.atoms.electronic.fragments import fragment, split
from dualion.atoms.engines.pyscf import PySCF
from dualion.atoms.engines.tblite import Tblite
from dualion.atoms.relax import relax

REPEATS = 5
BADER_BUDGET, DIFFERENCE_BUDGET = 0.2, 0.3  # [1]
SPACING = 0.2  # [angstrom]
SHELLS = (1, 2, 3)
_MEGABYTE = 1024.0 if sys.platform == "linux" else 1024.0**2  # of what the system counts in


def timed(task: Callable[[], Any]) -> tuple[Any, float]:
    """A result and its processor time [s]."""
    start = time.process_time()
    result = task()
    return result, time.process_time() - start


def median(task: Callable[[], Any]) -> float:
    """Median processor time [s]."""
    return statistics.median(timed(task)[1] for _ in range(REPEATS))


def analyses() -> bool:
    """Print both ratios; whether they are within their budgets."""
    engine, whole = PySCF(), example()
    oxide, shell = split(whole)
    pieces = (whole, fragment(whole, oxide, charge=0, multiplicity=1), fragment(whole, shell, charge=1, multiplicity=1))
    fields, times = [], []
    for piece in pieces:
        field, taken = timed(partial(engine.field, piece))
        fields.append(field)
        times.append(taken)
        print(f"SCF of {piece.formula}: {taken:.1f} s, {field.mean_field.cycles} cycles")
    charges = median(lambda: bader(fields[0], spacing=SPACING))
    found = partition(fields[0], spacing=SPACING)
    difference = median(lambda: density_difference(*fields, spacing=SPACING, basins=found))
    both = median(lambda: density_difference(*fields, spacing=SPACING))
    rows = (
        ("Bader / its SCF", charges, times[0], BADER_BUDGET),
        ("density difference / its three SCFs", both, sum(times), DIFFERENCE_BUDGET),
        ("density difference, basins known / its three SCFs", difference, sum(times), DIFFERENCE_BUDGET),
    )
    for name, own, base, budget in rows:
        print(f"{name}: {own / base:.3f} ({own:.2f} s of {base:.1f} s; budget {budget})")
    return all(own / base <= budget for _, own, base, budget in rows)


def shell(count: int) -> None:
    """Print time and peak memory of one bare shell, relaxed with GFN1 from two random starts."""
    composition = Composition(None, "Na", (bundled()["EC"],) * count, 1)
    starts = [placed(composition, np.random.default_rng(seed)) for seed in range(2)]
    best = min((relax(start, Tblite(), fmax=0.05) for start in starts), key=lambda one: math.inf if one.energy is None else one.energy)
    structure = best.structure
    session = PySCF().session(structure)
    energy, taken = timed(lambda: session(structure.positions, forces=False))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _MEGABYTE
    print(f"{structure.formula}: PBE-D3/def2-SVP {energy.energy:.4f} eV, {taken:.0f} s, {peak:.0f} MB", flush=True)


def main(arguments: list[str]) -> int:
    """Run what is asked for."""
    if arguments[:1] == ["shell"]:
        shell(int(arguments[1]))
        return 0
    if arguments[:1] == ["shells"]:
        for count in SHELLS:  # each in a process of its own, for its peak of memory
            subprocess.run([sys.executable, __file__, "shell", str(count)], check=True)
    return 0 if analyses() else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
