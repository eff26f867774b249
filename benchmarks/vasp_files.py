"""VASP files: the inputs of a state of 99 atoms, and a vasprun.xml of 100 MB and more.

    python benchmarks/vasp_files.py

The large file is a relaxation of 99 atoms as the writer asks for it: electronic steps, positions and forces of many ionic steps, and at
its end eigenvalues, the density of states and its projections. Its reading is done in a process of its own, whose largest memory is
counted as a whole, Python and numpy among it. Times are CPU times, medians of five; exits with 1 where a budget is missed.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from atoms_vasp import built, run_of, vasprun
from dualion.atoms.vasp.inputs import inputs_of

REPEATS = 5
BYTES = 100_000_000  # [byte]
WRITER_BUDGET, READER_BUDGET, MEMORY_BUDGET = 0.2, 10.0, 300.0  # [s], [s], [MB]
BANDS, POINTS, SPINS = 213, 301, 2  # [1] of the eigenvalues and of the density of states
_CHILD = """
import resource, sys, time
from pathlib import Path
from dualion.atoms.vasp.vasprun import read_vasprun
begun = time.process_time()
run = read_vasprun(Path(sys.argv[1]))
spent = time.process_time() - begun
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(spent, peak / (1e6 if sys.platform == "darwin" else 1e3), run.ionic_steps, run.energy, run.complete)
"""


def writer(seconds: list[float]) -> None:
    structure = built("oxN_zz", 3, 1)
    for _ in range(REPEATS):
        begun = time.process_time()
        inputs_of("oxN_zz + Na+(EC)3", structure)
        seconds.append(time.process_time() - begun)


def large(path: Path) -> int:
    """Write a file that is larger than the budget's, and say how many ionic steps it has."""
    inputs = inputs_of("oxN_zz + Na+(EC)3", built("oxN_zz", 3, 1))
    text = vasprun(run_of(inputs, -600.0, steps=1))
    head, _, rest = text.partition(" <calculation>")
    body, _, tail = rest.partition(" </calculation>")
    step = " <calculation>" + body
    electronic = step[step.index("  <scstep>") : step.index("  <structure>")]
    step = step.replace(electronic, electronic * 5)
    last = step.replace("  <eigenvalues>", tables(len(inputs.state.symbols)) + "  <eigenvalues>", 1)
    count = (BYTES - len(last)) // (len(step) + len(" </calculation>\n")) + 1
    with path.open("w", encoding="latin-1") as file:
        file.write(head)
        for _ in range(count):
            file.write(step + " </calculation>\n")
        file.write(last + " </calculation>" + tail)
    return count + 1


def tables(atoms: int) -> str:
    """Eigenvalues and projections of the last ionic step, which the reader passes over."""
    row = "<r>" + "  0.0123" * 9 + " </r>"
    bands = "\n".join(["     <r>   -20.1234    1.0000 </r>"] * (BANDS * SPINS))
    states = "\n".join([f"      {row}"] * (POINTS * SPINS * atoms))
    projected = "\n".join([f"      {row}"] * (BANDS * SPINS * atoms))
    return f"  <eigenvalues>\n{bands}\n  </eigenvalues>\n  <dos>\n{states}\n  </dos>\n  <projected>\n{projected}\n  </projected>\n"


def main() -> int:
    seconds: list[float] = []
    writer(seconds)
    written = statistics.median(seconds)
    print(f"writer, 99 atoms: {written:.4f} s (budget {WRITER_BUDGET:g} s)")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "vasprun.xml"
        steps, size = large(path), path.stat().st_size
        found = [
            subprocess.run([sys.executable, "-c", _CHILD, str(path)], check=True, capture_output=True, text=True).stdout.split()
            for _ in range(REPEATS)
        ]
    spent, peak = statistics.median(float(one[0]) for one in found), max(float(one[1]) for one in found)
    assert all(one[2:] == [str(steps), "-600.0", "True"] for one in found), found[0]
    budgets = f"(budgets {READER_BUDGET:g} s, {MEMORY_BUDGET:g} MB)"
    print(f"vasprun.xml of {size / 1e6:.0f} MB, {steps} ionic steps: {spent:.2f} s, {peak:.0f} MB {budgets}")
    return int(written > WRITER_BUDGET or spent > READER_BUDGET or peak > MEMORY_BUDGET)


if __name__ == "__main__":
    raise SystemExit(main())
