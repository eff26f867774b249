"""Atomistics: the relaxation against a bare loop, the pool, what the search costs beside the engine, and the reading of finished tasks.

    python benchmarks/atoms.py

The peer of a relaxation is the LBFGS of ASE around the calculator of tblite, from the same starts to the same threshold. The loop stops
where the forces are small on its way; ours goes on downhill along what is nearly free, so that the energies where both end are printed
too. Medians of processor time on one thread, but for the pool, which is the time on the wall; exits with 1 where a budget is missed.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any

import numpy as np

from dualion.atoms.building.species import bundled
from dualion.atoms.engines.tblite import Tblite
from dualion.atoms.relax import Relaxed, relax
from dualion.atoms.search.options import Ladder, SearchOptions
from dualion.atoms.search.pool import Shard, do, hired
from dualion.atoms.search.run import run
from dualion.atoms.search.starts import random_start, strips
from dualion.atoms.search.states import State
from dualion.atoms.structure import Structure
from dualion.atoms.tasks import Task, perform, record_of
from dualion.store.tasks import TaskFolder

REPEATS = 5
LOOP_BUDGET, SPEED_UP_BUDGET, OVERHEAD_BUDGET, RESUME_BUDGET, STRIP_BUDGET = 1.05, 0.8, 0.02, 2.0, 0.5  # [1], [1], [1], [s], [1]
FAST_BUDGET = 60.0  # [s]
FMAX = 0.02  # [eV/angstrom]
MAX_STEPS = 500  # [1]
FINISHED, ATOMS = 1000, 99  # [1] tasks of a finished folder, atoms of each
WORKERS = min(2, os.cpu_count() or 1)  # [1]

EC = bundled()["EC"]
BARE = Ladder("bare", None, EC, 3, 0, 1)
ENGINE = Tblite()
#: Pyridine N-oxide [angstrom], to which an ion and a carbonate are added.
OXIDE = (
    "N 0.441 0.794 0.207; C -0.655 1.542 -0.039; C -1.855 0.936 -0.346; C -1.938 -0.449 -0.403; C -0.793 -1.193 -0.147; "
    "C 0.390 -0.552 0.157; H -0.519 2.615 0.023; H -2.723 1.554 -0.540; H -2.873 -0.938 -0.642; H -0.814 -2.275 -0.181; "
    "H 1.318 -1.070 0.367; O 1.550 1.375 0.493"
)


def oxide() -> Ladder:
    """The ladder of one carbonate at pyridine N-oxide."""
    from dualion.atoms.structure import CARBON, SYMBOLS, Site

    rows = [row.split() for row in OXIDE.split(";")]
    numbers = np.array([SYMBOLS.index(row[0]) for row in rows])
    positions = np.array([[float(value) for value in row[1:]] for row in rows])
    outward = positions[11] - positions[0]
    x, y, z = outward / np.linalg.norm(outward)
    carbon = Structure(numbers, positions, 0, 1, (CARBON,), np.zeros(12, dtype=np.int64), Site(11, (float(x), float(y), float(z)), "edge"))
    return Ladder("oxide", carbon, EC, 1, 0, 1)


def start(ladder: Ladder, solvents: int, index: int) -> Structure:
    """A random start of a state."""
    found = random_start(ladder, State(ladder.name, "Na", ("EC",) * solvents, 1), index, 0)
    assert found is not None
    return found


def timed(action: Callable[[], Any]) -> tuple[float, Any]:
    """Processor time [s] of an action, and its result."""
    begun = time.process_time()
    result = action()
    return time.process_time() - begun, result


def loop(structure: Structure) -> tuple[float, int]:
    """Energy [eV] and number of energies [1] where a bare loop ends."""
    from ase.optimize import LBFGS
    from tblite.ase import TBLite

    atoms = structure.ase()
    atoms.calc = TBLite(method="GFN1-xTB", charge=float(structure.charge), multiplicity=structure.multiplicity, verbosity=0)
    optimiser = LBFGS(atoms, logfile=None)
    optimiser.run(fmax=FMAX, steps=MAX_STEPS)
    return float(atoms.get_potential_energy()), optimiser.nsteps + 1


def against_loop() -> bool:
    """Relaxations of five starts each way."""
    ratios, lower = [], []
    for ladder, solvents in ((BARE, 2), (oxide(), 1)):
        for index in range(REPEATS):
            structure = start(ladder, solvents, index)
            bare_time, (bare_energy, energies) = timed(lambda: loop(structure))  # noqa: B023 - called at once
            own_time, ended = timed(lambda: relax(structure, ENGINE, fmax=FMAX, max_steps=MAX_STEPS))  # noqa: B023
            assert ended.energy is not None
            ratios.append(own_time / bare_time)
            lower.append(ended.energy - bare_energy)
            print(
                f"  {ladder.name}, {solvents} EC, start {index}: {own_time:.2f} s in {ended.steps} energies against {bare_time:.2f} s in "
                f"{energies}; ours ends {1000.0 * lower[-1]:+.1f} meV from the loop"
            )
    ratio = statistics.median(ratios)
    print(f"relax / bare loop: {ratio:.2f} (budget {LOOP_BUDGET}); median energy {1000.0 * statistics.median(lower):+.1f} meV")
    return ratio <= LOOP_BUDGET


class Counted(Executor):
    """Does tasks in this process and adds up what they cost."""

    def __init__(self) -> None:
        self.spent = 0.0

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Do it now."""
        future: Future[Any] = Future()
        spent, result = timed(lambda: fn(*args, **kwargs))
        self.spent += spent
        future.set_result(result)
        return future


def beside_engine() -> bool:
    """A search of bare shells, whose relaxations are short: on a flake the share is smaller."""
    executor = Counted()
    options = SearchOptions(starts=2, parents=1, grow=1, shakes=1, max_rounds=1)
    with tempfile.TemporaryDirectory() as root, TaskFolder(Path(root)) as folder:
        whole, _ = timed(lambda: run([BARE], ENGINE, options, cache=folder, executor=executor))
    share = (whole - executor.spent) / executor.spent
    print(f"planner, keys and records / engine: {share:.4f} of {executor.spent:.1f} s (budget {OVERHEAD_BUDGET})")
    return share <= OVERHEAD_BUDGET


def resume() -> bool:
    """A folder of finished tasks read again."""
    rng = np.random.default_rng(0)
    numbers = rng.choice([1, 6, 8], size=ATOMS)
    one = Structure(numbers, np.zeros((ATOMS, 3)), 0, 1 + int(numbers.sum()) % 2, ("carbon",), np.zeros(ATOMS, dtype=np.int64))
    tasks = [Task(one.moved(10.0 * rng.normal(size=(ATOMS, 3))), ENGINE) for _ in range(FINISHED)]
    with tempfile.TemporaryDirectory() as root:
        with TaskFolder(Path(root)) as folder:
            for task in tasks:
                folder.put(task.key, record_of(Relaxed("accepted", task.start, -1.0, 1.0, 0.01, 10)))
        spent = []
        for _ in range(REPEATS):
            with TaskFolder(Path(root)) as folder:
                seconds, _ = timed(lambda: all_of(tasks, folder))
            spent.append(seconds)
    taken = statistics.median(spent)
    print(f"resume of {FINISHED} tasks of {ATOMS} atoms: {taken:.2f} s (budget {RESUME_BUDGET} s)")
    return taken <= RESUME_BUDGET


def all_of(tasks: list[Task], folder: TaskFolder, executor: Executor | None = None, workers: int = 1) -> list[dict[str, Any]]:
    """The records of tasks."""
    chosen = Counted() if executor is None else executor
    return do(tasks, cache=folder, executor=chosen, workers=workers, on_done=lambda *_: None, shard=Shard(), deadline=None)


def strip_against_random() -> bool:
    """Two solvents from strips of three, and at random."""
    parent = min((relax(start(BARE, 3, index), ENGINE) for index in range(2)), key=lambda one: one.energy or 0.0)
    stripped = [timed(lambda: relax(one, ENGINE))[0] for one in strips(parent.structure, "EC") for _ in range(2)]  # noqa: B023
    random = [timed(lambda: relax(start(BARE, 2, index), ENGINE))[0] for index in range(REPEATS)]  # noqa: B023 - called at once
    ratio = statistics.median(stripped) / statistics.median(random)
    print(f"strip / random start: {ratio:.2f} (budget {STRIP_BUDGET})")
    return ratio <= STRIP_BUDGET


def pool() -> bool:
    """Four equal tasks for each worker, on the wall, after the workers have loaded their libraries."""
    structure = start(BARE, 2, 0)
    tasks = [Task(structure, ENGINE, FMAX, MAX_STEPS - number) for number in range(4 * WORKERS)]  # of equal cost, and no two the same
    begun = time.perf_counter()
    for task in tasks:
        perform(task)
    serial = time.perf_counter() - begun
    with tempfile.TemporaryDirectory() as root, TaskFolder(Path(root)) as folder, hired(WORKERS, None) as executor:
        for future in [executor.submit(perform, Task(structure, ENGINE, 1.0, 2)) for _ in range(4 * WORKERS)]:
            future.result()
        begun = time.perf_counter()
        all_of(tasks, folder, executor, WORKERS)
        together = time.perf_counter() - begun
    speed_up = serial / together
    print(f"pool of {WORKERS} workers: speed-up {speed_up:.2f} (budget {SPEED_UP_BUDGET * WORKERS:.1f})")
    return speed_up >= SPEED_UP_BUDGET * WORKERS


def fast_fixture() -> bool:
    """The bare shells 3 to 0 and pyridine N-oxide with an ion and one carbonate, then none, each from one start."""
    ladder = oxide()
    stages = [*((BARE, count) for count in (3, 2, 1, 0)), (ladder, 1), (ladder, 0)]
    spent = timed(lambda: [relax(start(one, count, 0), ENGINE) for one, count in stages])[0]
    spent += timed(lambda: relax(EC.structure(), ENGINE))[0]
    print(f"bare 3->0 and N-oxide 1->0: {spent:.1f} s (budget {FAST_BUDGET:.0f} s)")
    return spent <= FAST_BUDGET


def main() -> int:
    relax(EC.structure(), ENGINE)  # what is loaded and compiled at the first call
    checks = (fast_fixture, against_loop, beside_engine, resume, strip_against_random, pool)
    met = [check() for check in checks]  # each is done, whatever the others say
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
