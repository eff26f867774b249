"""Folders of runs: kept block by block, taken up after a kill to the same numbers, and refused where they are not what was asked for."""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import dualion
from dualion.errors import StoreError
from dualion.models.ageing.course import Block
from dualion.models.ageing.life import LifeResult, life, life_inputs
from dualion.models.ageing.mechanisms import Mechanisms
from dualion.records.cell_files import load_cell
from dualion.store import runs
from dualion.store.files import TEMPORARY
from dualion.store.runs import MARKER, RunFolder

PACKAGE = str(Path(dualion.__file__).parents[1])
INPUTS = {"task": "life", "cycles": 10, "mechanisms": {"site_loss": 2.95e-8}}


def block(number: int) -> Block:
    numbers = np.random.default_rng(number).standard_normal((3, 4))
    return Block(
        number, {"done": 3 * number, "ended": "", "settings": {"length": number}}, {"rows": numbers, "fast.state": numbers[0] * 1e-300}
    )


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """A folder with three blocks."""
    folder = RunFolder(tmp_path / "run", INPUTS)
    for number in (1, 2, 3):
        folder.checkpoint(block(number))
    return tmp_path / "run"


def test_blocks_come_back_bit_by_bit(kept: Path) -> None:
    found = RunFolder(kept, INPUTS).resume()
    assert [one.number for one in found] == [1, 2, 3]
    for one in found:
        expected = block(one.number)
        assert one.plain == expected.plain
        assert one.arrays.keys() == expected.arrays.keys()
        assert all(one.arrays[name].tobytes() == expected.arrays[name].tobytes() for name in one.arrays)


def test_a_new_run_has_no_blocks(tmp_path: Path) -> None:
    assert RunFolder(tmp_path / "deep" / "run", INPUTS).resume() == ()
    marker = json.loads((tmp_path / "deep" / "run" / MARKER).read_bytes())
    assert marker["inputs"] == INPUTS
    assert set(marker["software"]) >= {"numpy", "numba", "sources"}


def test_nothing_is_pickled(kept: Path) -> None:
    for path in kept.glob("block-*.npz"):
        with np.load(path, allow_pickle=False) as archive:
            assert all(not archive[name].dtype.hasobject for name in archive.files)


def test_what_an_ended_writer_left_is_swept_away(kept: Path) -> None:
    (kept / f"{TEMPORARY}123-abc").write_bytes(b"half a block")
    assert len(RunFolder(kept, INPUTS).resume()) == 3
    assert not list(kept.glob(f"{TEMPORARY}*"))


@pytest.mark.parametrize(
    ("inputs", "named"),
    [
        ({**INPUTS, "cycles": 11}, "differs in cycles"),
        ({**INPUTS, "engine": "fast"}, "differs in engine"),
        ({"task": "life"}, "differs in cycles, mechanisms"),
    ],
)
def test_another_run_is_refused_and_left_alone(kept: Path, inputs: dict[str, object], named: str) -> None:
    before = content(kept)
    with pytest.raises(StoreError, match=rf"another run; it {named}. Choose another folder, or ask for the same run"):
        RunFolder(kept, inputs)
    assert content(kept) == before


def test_other_software_is_refused_and_named(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before, used = content(kept), runs.software()
    monkeypatch.setattr(runs, "software", lambda: {**used, "numba": "0.0.1", "sources": "0" * 64})
    with pytest.raises(StoreError, match=r"begun with other software \(numba, sources\). Choose another folder, or delete this one"):
        RunFolder(kept, INPUTS)
    assert content(kept) == before


@pytest.mark.parametrize("name", ["notes.txt", "block-1.npz", "data"])
def test_a_foreign_folder_is_refused_and_left_alone(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"mine")
    with pytest.raises(StoreError, match=rf"not the folder of a run; it holds {name}. Choose an empty folder"):
        RunFolder(tmp_path, INPUTS)
    assert content(tmp_path) == {name: b"mine"}


def test_a_foreign_file_among_the_blocks_is_refused(kept: Path) -> None:
    (kept / "notes.txt").write_bytes(b"mine")
    before = content(kept)
    with pytest.raises(StoreError, match=r"it holds notes.txt. Choose another folder, or move that file away"):
        RunFolder(kept, INPUTS)
    assert content(kept) == before


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "run").write_bytes(b"mine")
    with pytest.raises(StoreError, match="cannot be used for a run"):
        RunFolder(tmp_path / "run", INPUTS)
    assert (tmp_path / "run").read_bytes() == b"mine"


@pytest.mark.parametrize("damage", [b"", b"{", b'{"schema": "dualion/run/1"}', b"[]", b'"text"'])
def test_a_damaged_marker_is_refused(kept: Path, damage: bytes) -> None:
    (kept / MARKER).write_bytes(damage)
    before = content(kept)
    with pytest.raises(StoreError, match=r"run.json: damaged, or not written by dualion. Choose another folder, or delete this one"):
        RunFolder(kept, INPUTS)
    assert content(kept) == before


def test_a_marker_of_another_version_or_with_another_digest_is_refused(kept: Path) -> None:
    marker = json.loads((kept / MARKER).read_bytes())
    for change, said in (({"schema": "dualion/run/0"}, "another version"), ({"digest": "0" * 64}, "does not fit its own digest")):
        (kept / MARKER).write_text(json.dumps({**marker, **change}), encoding="ascii")
        with pytest.raises(StoreError, match=said):
            RunFolder(kept, INPUTS)


@pytest.mark.parametrize("at", [0, 100, -1])
def test_a_flipped_bit_is_found(kept: Path, at: int) -> None:
    path = sorted(kept.glob("block-000002.*"))[0]
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(bytes(data))
    before = content(kept)
    with pytest.raises(StoreError, match=r"block-000002.*damaged; its content does not fit its name. Delete it and the blocks behind it"):
        RunFolder(kept, INPUTS).resume()
    assert content(kept) == before


def test_half_a_block_is_found(kept: Path) -> None:
    path = sorted(kept.glob("block-000003.*"))[0]
    path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(StoreError, match=r"block-000003.*damaged"):
        RunFolder(kept, INPUTS).resume()


def test_a_missing_block_and_a_double_one_are_found(kept: Path) -> None:
    second = sorted(kept.glob("block-000002.*"))[0]
    data = second.read_bytes()
    second.unlink()
    with pytest.raises(StoreError, match=r"block 2 is missing. Delete the blocks from 2 on"):
        RunFolder(kept, INPUTS)
    second.write_bytes(data)
    (kept / "block-000002.0123456789abcdef.npz").write_bytes(data)
    with pytest.raises(StoreError, match=r"block 2 is there twice"):
        RunFolder(kept, INPUTS)


def _renamed(folder: Path, data: bytes, number: int) -> Path:
    path = folder / f"block-{number:06d}.{hashlib.sha256(data).hexdigest()[:16]}.npz"
    path.write_bytes(data)
    return path


def test_a_block_of_another_run_is_refused(kept: Path, tmp_path: Path) -> None:
    other = RunFolder(tmp_path / "other", {**INPUTS, "cycles": 99})
    other.checkpoint(block(1))
    (foreign,) = (tmp_path / "other").glob("block-*")
    _renamed(kept, foreign.read_bytes(), 4)
    with pytest.raises(StoreError, match="block 1 of another run"):
        RunFolder(kept, INPUTS).resume()


@pytest.mark.parametrize("data", [b"", b"not a zip", b"PK\x05\x06" + b"\0" * 18])
def test_a_block_that_dualion_did_not_write_is_refused(kept: Path, data: bytes) -> None:
    _renamed(kept, data, 4)
    with pytest.raises(StoreError, match=r"block-000004.*not a block that dualion wrote"):
        RunFolder(kept, INPUTS).resume()


def test_what_has_no_place_in_a_block_is_refused(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run", INPUTS)
    with pytest.raises(StoreError, match="pickling"):
        folder.checkpoint(Block(1, {}, {"rows": np.array([object()])}))
    with pytest.raises(StoreError, match="has no JSON form"):
        folder.checkpoint(Block(1, {"x": float("nan")}, {}))
    with pytest.raises(StoreError, match="is taken"):
        folder.checkpoint(Block(1, {}, {"plain.json": np.zeros(1)}))
    assert folder.resume() == ()


# --- a life that is killed ----------------------------------------------------------------------------------------------------

RUN = """
import sys
from pathlib import Path
from dualion.models.ageing.life import life, life_inputs
from dualion.models.ageing.mechanisms import Mechanisms
from dualion.records.cell_files import load_cell
from dualion.store.runs import RunFolder
cell, method = load_cell("mec3-eg"), sys.argv[2]
given = dict(specific_current=800.0, cycles=int(sys.argv[3]), method=method, mechanisms=Mechanisms(anode_share=1e-4, film_growth=0.01))
folder = RunFolder(Path(sys.argv[1]), life_inputs(cell, **given))
life(cell, checkpoint=folder.checkpoint, resume=folder.resume, checked_cycles=0, **given)
print("done", flush=True)
"""
MECHANISMS = Mechanisms(anode_share=1e-4, film_growth=0.01)


def _whole(method: str, cycles: int) -> LifeResult:
    return life(load_cell("mec3-eg"), specific_current=800.0, cycles=cycles, method=method, mechanisms=MECHANISMS, checked_cycles=0)  # type: ignore[arg-type]


def _taken_up(folder: Path, method: str, cycles: int) -> LifeResult:
    cell = load_cell("mec3-eg")
    inputs = life_inputs(cell, specific_current=800.0, cycles=cycles, method=method, mechanisms=MECHANISMS)  # type: ignore[arg-type]
    run = RunFolder(folder, inputs)
    return life(
        cell, specific_current=800.0, cycles=cycles, method=method, mechanisms=MECHANISMS, checked_cycles=0,  # type: ignore[arg-type]
        checkpoint=run.checkpoint, resume=run.resume,
    )  # fmt: skip


def _same(one: LifeResult, other: LifeResult) -> bool:
    tables = one.table.keys() == other.table.keys() and all(one.table[name].tobytes() == other.table[name].tobytes() for name in one.table)
    curves = one.curves.keys() == other.curves.keys() and all(
        one.curves[n][half].tobytes() == other.curves[n][half].tobytes() for n in one.curves for half in ("charge", "discharge")
    )
    return tables and curves


def _killed(folder: Path, method: str, cycles: int, *, blocks: int, delay: float) -> int:
    """Kill a run once it has kept so many blocks and a moment has passed; how many it had kept then."""
    environment = {**os.environ, "PYTHONPATH": PACKAGE}
    process = subprocess.Popen([sys.executable, "-c", RUN, str(folder), method, str(cycles)], env=environment, stdout=subprocess.PIPE)
    begun = len(list(folder.glob("block-*"))) if folder.exists() else 0
    while process.poll() is None and len(list(folder.glob("block-*"))) < begun + blocks:
        time.sleep(0.0005)
    time.sleep(delay)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    return len(list(folder.glob("block-*")))


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
@pytest.mark.parametrize(("method", "cycles"), [("direct", 1_000), ("stepper", 1_000)])
def test_v26_a_killed_life_goes_on_to_the_same_numbers(tmp_path: Path, method: str, cycles: int) -> None:
    """Killed four times on its way, at moments that fall into blocks and into their writing."""
    moments = random.Random(7)
    folder = tmp_path / "run"
    counts = [_killed(folder, method, cycles, blocks=1, delay=moments.uniform(0.0, 0.03)) for _ in range(4)]
    assert counts == sorted(counts)
    assert counts[0] >= 1
    whole = _whole(method, cycles)
    assert _same(_taken_up(folder, method, cycles), whole)
    assert _same(_taken_up(folder, method, cycles), whole)  # a finished run is read, not run


@pytest.mark.parametrize("method", ["direct", "stepper"])
@pytest.mark.slow
def test_a_life_cut_anywhere_goes_on_to_the_same_numbers(tmp_path: Path, method: str) -> None:
    """As V26, with every number of blocks that a kill could leave."""
    cycles = 450
    whole = _taken_up(tmp_path / "whole", method, cycles)
    assert _same(whole, _whole(method, cycles))
    names = sorted(path.name for path in (tmp_path / "whole").glob("block-*"))
    assert len(names) >= 3
    for left in range(len(names)):
        folder = tmp_path / f"cut-{left}"
        folder.mkdir()
        for name in [MARKER, *names[:left]]:
            (folder / name).write_bytes((tmp_path / "whole" / name).read_bytes())
        assert _same(_taken_up(folder, method, cycles), whole)
        assert content(folder) == content(tmp_path / "whole")
