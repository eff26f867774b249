"""Scattering: a fit with covariance and 200 bootstrap samples, and a single fit against the same loop around the kernels of sasmodels.

    python benchmarks/scattering_files.py ../shared/data

The peer is scipy's bounded least squares, from the best of our start values, around the compiled kernel ``dab`` of sasmodels with a power
law and a background, with derivatives by differences as a kernel gives none. Medians of processor time on one thread; exits with 1 where a
budget is missed.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import least_squares

from dualion.numerics.scattering.curve_fit import fit_curve
from dualion.numerics.scattering.models import build
from dualion.readers import read
from dualion.techniques import saxs
from dualion.techniques.engines.scattering import debye_bueche

REPEATS = 15
WHOLE_BUDGET, RATIO_BUDGET, COLD_BUDGET = 2.0, 1.0, 2.0  # [s], [1], [s]
_CARBON = "NIST_SRM3600_glassy_carbon_certificate.dat"
_COLD = """
import sys
from dualion.readers import read
from dualion.techniques import saxs
saxs.analyse([read(sys.argv[1])], saxs.Options())
"""


def median(run: Callable[[], Any]) -> float:
    """Median processor time [s] of a run."""
    times = []
    for _ in range(REPEATS):
        begun = time.process_time()
        run()
        times.append(time.process_time() - begun)
    return statistics.median(times)


def peer(q: Any, intensity: Any, error: Any, start: Any) -> Any:
    """The same fit around the kernel of sasmodels: A, B, a, D."""
    kernel = debye_bueche(q)
    unit = 1.0 / (kernel(1.0, 1.0)[0] * (1 + q[0] ** 2) ** 2)  # to a = 1 nm, B = 1

    def residual(p: Any) -> Any:
        A, B, a, D = p
        return (A * q**-4 + B * a * unit * kernel(1.0, a) + D - intensity) / error

    return least_squares(residual, start, bounds=([0, 0, 1e-2, 0], [np.inf, np.inf, 1e3, np.inf]), x_scale=np.maximum(np.abs(start), 1e-3))


def main() -> int:
    (measured,), _ = saxs.synthesise(np.random.default_rng(0), points=300)
    q, intensity, error = (measured.table[name].to_numpy() for name in measured.table.columns)
    options = saxs.Options(rho_skel=2.26, bootstrap=200, q_min=0.3, q_max=6.5)
    whole = median(lambda: saxs.analyse([measured], options))
    print(f"analysis with covariance and 200 bootstrap samples, 300 points: {whole:.3f} s (budget {WHOLE_BUDGET} s)")
    fit = fit_curve(build("m1", q), q, intensity, error)
    start = build("m1", q).starts(q, intensity, error)[0][[0, 2, 3, 4]]
    ours = median(lambda: fit_curve(build("m1", q), q, intensity, error))
    found = peer(q, intensity, error, start)
    theirs = median(lambda: peer(q, intensity, error, start))
    print(
        f"single fit: ours {1e3 * ours:.2f} ms with its grid of starts; peer {1e3 * theirs:.2f} ms; ",
        end="",
    )
    print(f"ratio {ours / theirs:.2f} (budget {RATIO_BUDGET}); chi2 {fit.chi2:.6g} and {2 * found.cost:.6g}")
    path = Path(sys.argv[1]) / "saxs" / _CARBON
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1] / "src")}

    def cold() -> None:
        subprocess.run([sys.executable, "-c", _COLD, str(path)], check=True, env=environment)

    cold()
    first = min(_once(cold) for _ in range(3))
    print(f"one file read and analysed in a new process: {first:.2f} s (budget {COLD_BUDGET} s)")
    carbon = read(path)
    every = median(lambda: saxs.analyse([carbon], saxs.Options(compare=True, bootstrap=0)))
    print(f"all five models of the glassy carbon compared: {every:.3f} s")
    return int(whole > WHOLE_BUDGET or ours / theirs > RATIO_BUDGET or first > COLD_BUDGET)


def _once(run: Callable[[], Any]) -> float:
    begun = time.perf_counter()
    run()
    return time.perf_counter() - begun


if __name__ == "__main__":
    raise SystemExit(main())
