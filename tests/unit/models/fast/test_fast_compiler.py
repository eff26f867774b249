"""Compiled code is kept for the sources it was made of, runs without the interpreter's lock, and says the same as plain Python."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from dualion.models.engines import solver
from dualion.models.experiments import Protocol, cycle, pair_of
from dualion.models.fast import compiler
from dualion.models.outputs import CellResult
from dualion.records.cell import Cell

_PULSE = """
import json
from dataclasses import replace
from dualion.models.experiments import Protocol, pair_of
from dualion.models.fast.packing import Mesh
from dualion.models.fast.solver import FastSolver
from dualion.records.cell_files import load_cell
cell = load_cell("mec3-eg")
charge = pair_of(cell, cell.current(10.0))[0]
run = FastSolver(cell, mesh=Mesh(6, 3, 4, 3)).solve(Protocol("pulse", (replace(charge, duration=60.0),), (0.0,)))
step = run.steps[0]
print(json.dumps({"time": step.time.tolist(), "voltage": step.voltage.tolist(), "totals": dict(step.totals)}))
"""


def _pulse(source: Path, *, plain: bool) -> dict[str, object]:
    environment = {**os.environ, "PYTHONPATH": str(source.parent), "NUMBA_DISABLE_JIT": "1" if plain else "0"}
    done = subprocess.run([sys.executable, "-c", _PULSE], env=environment, capture_output=True, text=True, timeout=300, check=True)
    return dict(json.loads(done.stdout))


@pytest.mark.slow
def test_plain_python_gives_the_numbers_of_the_compiled_code(source: Path) -> None:
    plain, compiled = _pulse(source, plain=True), _pulse(source, plain=False)
    assert len(plain["time"]) == len(compiled["time"]) > 10  # type: ignore[arg-type]
    for name in ("time", "voltage"):
        assert plain[name] == pytest.approx(compiled[name], rel=1e-9)
    for name, value in plain["totals"].items():  # type: ignore[attr-defined]
        assert value == pytest.approx(compiled["totals"][name], rel=1e-9), name  # type: ignore[index]


@pytest.fixture
def copy(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The sources of the engine in another place, where they may change."""
    folder = tmp_path / "models" / "fast"
    shutil.copytree(source / "models" / "fast", folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(source / "models" / "constants.py", folder.parent)
    monkeypatch.setattr(compiler, "__file__", str(folder / "compiler.py"))
    return folder


def test_a_copy_of_the_sources_has_their_digest(copy: Path) -> None:
    there = compiler.sources_digest()
    assert len(there) == 64
    assert there == compiler.sources_digest()


@pytest.mark.parametrize("name", ["kernel.py", "march.py", "step.py", "layout.py", "cycling.py", "entries.py", "../constants.py"])
def test_any_change_of_a_source_changes_the_digest(copy: Path, name: str) -> None:
    before = compiler.sources_digest()
    (copy / name).write_text((copy / name).read_text() + "\n")
    assert compiler.sources_digest() != before


def test_the_kept_code_is_bound_to_the_digest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another digest is another key of the cache, and so another file."""
    from dualion.models.fast import entries

    march, _ = entries._tied(1)
    other, _ = entries._tied(2)
    keys = {one._cache._index_key(None, one.targetctx.codegen()) for one in (march, other, entries.march)}
    assert len(keys) == 3


def test_threads_do_not_disturb_one_another(full: Cell) -> None:
    """Sixteen designs on two threads give the same bytes as one after the other."""
    model = solver(full)
    designs = [{"series_resistance": float(r), "cathode.diffusivity": d} for r in range(1, 9) for d in (2e-15, 4e-15)]

    def run(given: dict[str, float]) -> list[bytes]:
        found = model.solve(cycle(full, 800.0), parameters=given)
        return [array.tobytes() for step in found.steps for array in (step.time, step.voltage, step.salt)]

    alone = [run(given) for given in designs]
    with ThreadPoolExecutor(2) as pool:
        together = list(pool.map(run, designs))
    assert together == alone
    assert len({tuple(one) for one in alone}) == len(designs)


def test_two_runs_give_the_same_bytes(full: Cell) -> None:
    runs = [solver(full).solve(cycle(full, 800.0)) for _ in range(2)]
    for one, other in zip(runs[0].steps, runs[1].steps):
        assert one.voltage.tobytes() == other.voltage.tobytes()
        assert one.totals == other.totals


def test_a_solve_leaves_its_inputs_alone(full: Cell) -> None:
    given = {"series_resistance": 3.0}
    protocol = Protocol("charge", pair_of(full, full.current(10.0))[:1], (800.0,))
    first: Callable[[], CellResult] = lambda: solver(full).solve(protocol, parameters=given)  # noqa: E731
    one, two = first(), first()
    assert given == {"series_resistance": 3.0}
    assert np.array_equal(one.steps[0].voltage, two.steps[0].voltage)
