"""Seven impedance spectra fitted and put on an Arrhenius line, Kramers-Kronig tests, and the peer impedance.py from the same start values.

    python benchmarks/impedance_files.py ../shared/data [PYTHON_OF_THE_PEER]

The peer is used where it can be imported, or through another interpreter that has it. Ours fits each spectrum from eight starts, the peer
from one: the first of ours. Times are medians on one thread; exits with 1 where a budget is missed.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from dualion.numerics.impedance.circuit_fit import fit_circuit
from dualion.numerics.impedance.circuits import parse
from dualion.numerics.impedance.kramers_kronig import kramers_kronig
from dualion.numerics.impedance.spectra import spectrum_of
from dualion.readers import read
from dualion.records.cell_record import CellRecord
from dualion.records.quantity import Quantity
from dualion.techniques import arrhenius

REPEATS = 7
BATCH_BUDGET, TEST_BUDGET, RATIO_BUDGET = 2.0, 0.5, 3.0  # [s], [s], [1]
CIRCUIT = "(R|Q)(R|Q)Q"

_PEER = """
import json, sys, time, warnings
import numpy as np
from impedance.models.circuits import CustomCircuit
warnings.simplefilter("ignore")
given = json.load(sys.stdin)
for one in given:
    f, z = np.array(one["f"]), np.array(one["re"]) + 1j * np.array(one["im"])
    times = []
    for _ in range(one["repeats"]):
        circuit = CustomCircuit("p(R1,CPE1)-p(R2,CPE2)-CPE3", initial_guess=one["start"])
        begun = time.perf_counter()
        circuit.fit(f, z, weight_by_modulus=True)
        times.append(time.perf_counter() - begun)
    one["times"], one["values"] = times, [float(v) for v in circuit.parameters_]
json.dump([{"times": one["times"], "values": one["values"]} for one in given], sys.stdout)
"""


def median(run: Callable[[], Any]) -> float:
    """Median time [s] of a run."""
    times = []
    for _ in range(REPEATS):
        begun = time.perf_counter()
        run()
        times.append(time.perf_counter() - begun)
    return statistics.median(times)


def peer(interpreter: str, spectra: list[Any], begins: list[list[float]]) -> list[dict[str, Any]] | None:
    """Times [s] and parameters of the peer, from given starts; None where it cannot be run."""
    given = [
        {"f": list(f), "re": list(z.real), "im": list(z.imag), "start": begin, "repeats": REPEATS}
        for (f, z), begin in zip(spectra, begins, strict=True)
    ]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run([interpreter, "-c", _PEER], input=json.dumps(given), capture_output=True, text=True, check=False, env=environment)
    if done.returncode:
        print(f"the peer did not run: {done.stderr.strip().splitlines()[-1:]}")
        return None
    return list(json.loads(done.stdout))


def main() -> int:
    folder = Path(sys.argv[1]) / "eis-temperature"
    files = [(T, folder / f"s04147-{T}deg.txt") for T in range(140, 201, 10)]
    measured = [replace(read(path), cell=CellRecord(temperature=Quantity(float(T), "degC"))) for T, path in files]
    options = arrhenius.Options(circuit=CIRCUIT, mask="capacitive-only", form="t_over_r", kelvin_offset=273.0)

    def batch() -> None:
        again = [replace(read(path), cell=one.cell) for (_, path), one in zip(files, measured, strict=True)]
        arrhenius.analyse(again, options)

    whole = median(batch)
    print(f"seven files read, fitted from 8 starts each, two activation energies: {whole:.3f} s (budget {BATCH_BUDGET} s)")
    spectra = [(one.frequency, one.impedance) for one in (spectrum_of(m, mask="capacitive-only") for m in measured)]
    test = max(median(lambda one=one: kramers_kronig(*one)) for one in spectra)  # type: ignore[misc]
    print(f"Kramers-Kronig test, slowest of seven: {1e3 * test:.1f} ms (budget {TEST_BUDGET} s)")
    circuit = parse(CIRCUIT)
    fits = [fit_circuit(circuit, *one) for one in spectra]
    ours = [median(lambda one=one: fit_circuit(circuit, *one)) for one in spectra]  # type: ignore[misc]
    missed = whole > BATCH_BUDGET or test > TEST_BUDGET
    interpreter = sys.argv[2] if len(sys.argv) > 2 else sys.executable if find_spec("impedance") else ""
    begins = []
    for one, (f, _) in zip(fits, spectra, strict=True):
        inner, (fixed, picks) = np.array(one.starts[0].begin), circuit.time_powers()
        omega_0 = 2 * np.pi * np.sqrt(f.min() * f.max())
        begins.append([float(v) for v in circuit.values(inner - (fixed + picks @ circuit.values(inner)) * np.log(omega_0))])
    theirs = peer(interpreter, spectra, begins) if interpreter else None
    for place, (T, _) in enumerate(files):
        line = f"{T} degC: ours {1e3 * ours[place]:6.1f} ms, R1 {fits[place].values[0]:.4g}, R2 {fits[place].values[3]:.4g} ohm"
        if theirs is not None:
            time_of_peer = statistics.median(theirs[place]["times"])
            R1, R2 = theirs[place]["values"][0], theirs[place]["values"][3]
            moved = max(abs(a / b - 1) for a, b in zip(theirs[place]["values"], begins[place], strict=True)) > 1e-6
            said = f"{R1:.4g}, {R2:.4g} ohm" if moved else "its start, unchanged"
            line += f"; peer {1e3 * time_of_peer:6.1f} ms, {said}; ratio {ours[place] / time_of_peer:.2f}"
        print(line)
    if theirs is not None:
        ratio = statistics.median(ours) / statistics.median([statistics.median(one["times"]) for one in theirs])
        print(f"ours, 8 starts, over the peer, 1 start: {ratio:.2f} (budget {RATIO_BUDGET})")
        missed = missed or ratio > RATIO_BUDGET
    else:
        print("impedance.py is not here; give the interpreter of an environment that has it.")
    return int(missed)


if __name__ == "__main__":
    raise SystemExit(main())
