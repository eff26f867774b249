"""Zn K-edge scans: one reduction beside one call of rexafs, and the whole analysis with its grid of settings, read from the file.

    python benchmarks/absorption_files.py ../shared/data

Times are medians on one thread, in one run; exits with 1 where the ratio misses its budget.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import rexafs

from dualion.numerics.absorption_edge.grids import Settings
from dualion.readers import read
from dualion.techniques import xafs
from dualion.techniques.engines.absorption import reduced

REPEATS = 41
RATIO_BUDGET = 2.0  # [1]
FILES = ("Zn_foil.xdi", "ZnO.xdi", "zn_znse_rt.xdi")


def median(run: Callable[[], Any]) -> float:
    """Median time [s] of a run."""
    times = []
    for _ in range(REPEATS):
        begun = time.perf_counter()
        run()
        times.append(time.perf_counter() - begun)
    return statistics.median(times)


def direct(energy: np.ndarray, mu: np.ndarray) -> None:
    """The same reduction by the library alone, with what it gives."""
    spectrum = rexafs.Spectrum(energy, mu)
    spectrum.set_background_method(rexafs.AUTOBK(rbkg=1.0, kweight=2))
    spectrum.set_fft(rexafs.XrayFFTF(kmin=3.0, kmax=12.0, kweight=2, dk=1.0, window="Hanning")).fft()
    _ = spectrum.e0(), spectrum.norm(), spectrum.k(), spectrum.chi(), spectrum.r(), spectrum.chir_mag()


def main() -> int:
    folder = Path(sys.argv[1]) / "xafs"
    missed = False
    for name in FILES:
        measured = read(folder / name)
        energy, mu = (measured.table[column].to_numpy() for column in ("photon_energy_electronvolt", "mu"))
        theirs, ours = median(lambda e=energy, m=mu: direct(e, m)), median(lambda e=energy, m=mu: reduced(e, m, Settings()))  # type: ignore[misc]
        whole = median(lambda path=folder / name: xafs.analyse((read(path),), xafs.Options()))  # type: ignore[misc]
        missed = missed or ours / theirs > RATIO_BUDGET
        print(
            f"{name}: rexafs {1e3 * theirs:.2f} ms; adapter {1e3 * ours:.2f} ms, ratio {ours / theirs:.2f} (budget {RATIO_BUDGET:g}); "
            f"file read and analysed over 20 settings {1e3 * whole:.1f} ms"
        )
    return int(missed)


if __name__ == "__main__":
    raise SystemExit(main())
