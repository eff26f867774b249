"""One isotherm analysed, against the sequence of pyGAPS calls that gives the same numbers; and the cold run of one file.

    python benchmarks/sorption_files.py ../shared/data

Areas and volumes: BET, t-plot, Dubinin-Radushkevich, without pore widths; then the pore widths by the kernel. Times are medians on one
thread, the import of pyGAPS apart. Exits with 1 where the ratio is missed.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

from dualion.readers import read
from dualion.records.quantity import Quantity
from dualion.techniques import pore_sizes, sorption
from dualion.techniques.engines import sorption as engine

REPEATS = 15
RATIO_BUDGET, COLD_BUDGET = 2.0, 2.0  # [1], [s]
FILE = "adsorption/Takeda5A_N2_77K.json"
COLD = """
import sys
from dualion.readers import read
from dualion.techniques import technique
one = technique(sys.argv[2])
one.analyse([read(sys.argv[1])], one.options())
assert "pygaps" not in sys.modules and "pandas" not in sys.modules
"""


def median(work: Callable[[], object]) -> float:
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main(folder: str) -> int:
    warnings.simplefilter("ignore")
    path = Path(folder) / FILE
    one = read(path)
    temperature = one.conditions["temperature"]
    assert isinstance(temperature, Quantity)
    assert temperature.value is not None
    curve = sorption.analyse([one], sorption.Options()).curves["adsorption"]
    there = engine.Isotherm(curve.x, curve.y, "nitrogen", temperature.value + 273.15)
    engine.bet_area(there)  # imports pyGAPS

    def peer() -> None:
        engine.bet_area(there)
        engine.tplot_areas(there, "harkins-jura", (0.43, 0.64))
        engine.dubinin_volume(there)

    ours = median(lambda: sorption.analyse([one], sorption.Options(thickness="harkins-jura")))
    theirs = median(peer)
    print(
        f"areas and volumes   {1e3 * ours:8.2f} ms   pyGAPS {1e3 * theirs:8.2f} ms   ratio {ours / theirs:.2f} (at most {RATIO_BUDGET:g})"
    )
    slits, peers = median(lambda: pore_sizes.analyse([one], pore_sizes.Options())), median(lambda: engine.kernel_volume(there))
    print(f"pore widths         {1e3 * slits:8.2f} ms   pyGAPS {1e3 * peers:8.2f} ms   ratio {slits / peers:.2f}")
    cold = []
    for name in ("sorption", "pore_sizes"):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", COLD, str(path), name], check=True)
        cold.append(time.perf_counter() - start)
        print(f"cold, {name:13} {cold[-1]:8.2f} s    (at most {COLD_BUDGET:g})")
    return int(ours / theirs > RATIO_BUDGET or max(cold) > COLD_BUDGET)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
