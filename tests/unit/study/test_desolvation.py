"""Claims on desolvation held against made-up results, and against those that come with the study."""

from __future__ import annotations

import gzip
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from atoms_desolvation import searched
from dualion.atoms.desolvation.document import document
from dualion.atoms.engines.check import single_point
from dualion.atoms.engines.tblite import Tblite
from dualion.atoms.export import read_structure
from dualion.errors import SpecError
from dualion.study.desolvation.findings import desolvation
from dualion.study.desolvation.shipped import DESOLVATION, Shipped, geometries, shipped
from dualion.study.desolvation.verdicts import computed
from dualion.study.load import load, locate
from dualion.study.relations import evaluate
from dualion.study.types import Study, Verdict
from dualion.study.verdicts import assign


def made(steps: dict[tuple[str, int], list[float]], *, top: int, name: str = "made-up") -> Shipped:
    found, asked = searched(steps, top=top)
    return Shipped(name, name, DESOLVATION, document(found, asked), "dualion desolvate --motif bare", 0.1)


@pytest.fixture(scope="module")
def study() -> Study:
    return load(locate("tang2026"))


def verdict_of(study: Study, results: list[Shipped], claim: str) -> Verdict:
    found = desolvation(study, results)
    verdicts = computed(assign(study, evaluate(study), found.obtained, {}), found)
    return next(verdict for verdict in verdicts if verdict.claim == claim)


BARE = {("bare", 1): [0.6, 0.7, 0.9, 1.0, 1.36, 1.71]}
MOTIFS = {("pristine", 1): [1.0], ("oxN_zz", 1): [0.9]}


def test_without_results_nothing_is_said(study: Study) -> None:
    found = desolvation(study, [])
    assert (found.obtained, dict(found.said), dict(found.reasons)) == ((), {}, {})


def test_the_time_of_the_step_is_held_against_its_claim_and_has_no_power(study: Study) -> None:
    verdict = verdict_of(study, [made(BARE, top=6)], "P110")
    assert (verdict.word, verdict.reason) == ("needs raw data", "no-power")
    assert "reaction energies in the place of barriers" in verdict.detail
    assert "R10" in verdict.relations


def test_a_step_that_takes_no_time_at_all_differs(study: Study) -> None:
    verdict = verdict_of(study, [made({("bare", 1): [0.05, 0.05, 0.1, 0.1, 1.36, 1.71]}, top=6)], "P110")
    assert verdict.word == "differs"


def test_three_readings_of_the_solvation_energy(study: Study) -> None:
    verdict = verdict_of(study, [made(BARE, top=6)], "P109")
    total = -sum(BARE["bare", 1])
    assert verdict.word == "differs"  # by the composition of the electrolyte, R12
    for reading in (f"{total:.2f} eV in all", f"{total / 6:.2f} eV for each ligand", f"{-BARE['bare', 1][0]:.2f} eV for the last one"):
        assert reading in verdict.detail


def test_the_order_of_the_motifs_is_not_taken_from_the_source(study: Study) -> None:
    verdict = verdict_of(study, [made(MOTIFS, top=3)], "P111")
    assert (verdict.word, verdict.reason) == ("needs raw data", "no-power")
    assert "not decidable" in verdict.detail


def test_every_step_stands_for_itself_with_its_interval(study: Study) -> None:
    found = desolvation(study, [made(MOTIFS, top=3)])
    steps = [one for one in found.obtained if one.claim is None]
    assert [one.sample for one in steps] == ["pristine", "oxN_zz"]
    assert all(one.value.stderr is None and one.value.interval is not None and one.origin == "atomistic" for one in steps)


def test_a_result_of_another_schema_or_without_a_command_is_refused(study: Study, tmp_path: Path) -> None:
    folder = tmp_path / "atoms"
    folder.mkdir()
    (folder / "steps.json").write_text(json.dumps({"schema": "another"}))
    row = '[[result]]\nname = "a"\ntitle = "a"\nschema = "dualion/atoms/1"\nfile = "steps.json"\nmachine_hours = 1.0\n'
    (folder / "set.toml").write_text(row)
    there = replace(study, folder=tmp_path)
    with pytest.raises(SpecError, match="command is missing"):
        shipped(there)
    (folder / "set.toml").write_text(f'{row}command = "dualion desolvate"\n')
    with pytest.raises(SpecError, match="not a result of the schema dualion/atoms/1"):
        shipped(there)
    (folder / "steps.json").write_text("{")
    with pytest.raises(SpecError, match="Compute it again: dualion desolvate"):
        shipped(there)


def test_geometries_that_are_damaged_or_too_large_are_refused(study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = Shipped("a", "a", DESOLVATION, {}, "dualion desolvate", 1.0, "a.extxyz.gz")
    there = replace(study, folder=tmp_path)
    packed = gzip.compress(b"1\n\nH 0 0 0\n", mtime=0)
    (tmp_path / "a.extxyz.gz").write_bytes(packed[:-6])
    with pytest.raises(SpecError, match="cannot be read"):
        geometries(there, one)
    (tmp_path / "a.extxyz.gz").write_bytes(packed)
    assert geometries(there, one) == "1\n\nH 0 0 0\n"
    monkeypatch.setattr("dualion.study.desolvation.shipped.LARGEST", 4)
    with pytest.raises(SpecError, match="larger than"):
        geometries(there, one)


# --- the results that come with the study -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def results(study: Study) -> dict[str, Shipped]:
    return {one.name: one for one in shipped(study)}


def steps(one: Shipped) -> dict[tuple[str, int, int], Any]:
    return {(step["motif"], step["solvents_before"], step["charge"]): step for step in one.document["steps"]}


def test_the_bare_ladder_reproduces_the_anchors_and_rises(results: dict[str, Shipped]) -> None:
    """GFN1-xTB anchors of the specification of atomistics, section 3.2."""
    energies = [steps(results["bare"])["bare", before, 1]["energy_eV"] for before in range(6, 0, -1)]
    assert energies[3:] == pytest.approx([1.000, 1.358, 1.711], abs=0.01)
    assert energies == sorted(energies)


def test_density_functional_theory_of_the_bare_shells(results: dict[str, Shipped]) -> None:
    """PBE-D3(BJ)/def2-SVP anchors of the specification of atomistics, section 3.2, on geometries of our own."""
    found = [steps(results["bare-dft"])["bare", before, 1]["variants"]["dft=single-point"] for before in (3, 2, 1)]
    assert found == pytest.approx([1.056, 1.421, 1.702], abs=0.03)


def test_the_result_set_is_whole(results: dict[str, Shipped]) -> None:
    charged, neutral = steps(results["motifs"]), steps(results["neutral"])
    six = ("pristine", "graphitic", "pyridinic_zz", "pyrrolic", "oxN_zz", "oxN_ac")
    assert {(motif, 3, 1) for motif in six} | {(motif, before, 1) for motif in ("pristine", "oxN_zz") for before in (4, 2)} == set(charged)
    assert {(motif, 3, 0) for motif in ("pristine", "oxN_zz")} == set(neutral)
    for step in (*charged.values(), *neutral.values()):
        assert step["convergence"] in ("converged", "not converged", "stopped, not converged")
        assert step["interval_eV"][0] < step["energy_eV"] < step["interval_eV"][1]
    assert all(one.document["open_questions"] and one.machine_hours > 0 for one in results.values())


def frames(study: Study, one: Shipped) -> list[str]:
    """Each frame of a file in extended xyz."""
    lines, found = geometries(study, one).splitlines(keepends=True), []
    while lines:
        count = int(lines[0]) + 2
        found.append("".join(lines[:count]))
        lines = lines[count:]
    return found


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "state"), [("bare", "Na+(EC)3"), ("motifs", "oxN_zz + Na+(EC)3"), ("motifs", "graphitic + Na+(EC)2")], ids=lambda one: one
)
def test_an_energy_is_that_of_its_geometry(study: Study, results: dict[str, Shipped], tmp_path: Path, name: str, state: str) -> None:
    pytest.importorskip("tblite.interface", reason="the extra [atoms] is not installed")
    total = next(entry["total_eV"] for entry in results[name].document["states"] if entry["name"] == state)
    held = [frame for frame in frames(study, results[name]) if abs(float(frame.split("energy=")[1].split()[0]) - total) < 1e-6]
    assert len(held) == 1
    (tmp_path / "state.extxyz").write_text(held[0])
    structure = read_structure(tmp_path / "state.extxyz")
    assert single_point(structure, Tblite("gfn1")).energy == pytest.approx(total, abs=1e-4)


def test_the_geometries_are_small(study: Study, results: dict[str, Shipped]) -> None:
    assert sum((study.folder / one.frames).stat().st_size for one in results.values() if one.frames) <= 2 * 1024**2


def test_a_copy_of_the_study_keeps_its_results(study: Study, tmp_path: Path) -> None:
    shutil.copytree(study.folder, tmp_path / "copy")
    assert [one.document for one in shipped(replace(study, folder=tmp_path / "copy"))] == [one.document for one in shipped(study)]
