"""Step energies from three runs, and everything that forbids one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from atoms_vasp import Output, built, folder_of, run_of, small
from dualion.atoms.vasp.documents import level_of, outcome_document, step_document
from dualion.atoms.vasp.folder import Outcome, read_outcome
from dualion.atoms.vasp.inputs import Inputs, inputs_of
from dualion.atoms.vasp.settings import Settings
from dualion.atoms.vasp.step import mixed_potentials, step_energy
from dualion.errors import ReadError, SpecError

BEFORE, AFTER, RELEASED = -1848.038612345, -1231.26701234, -615.77211111
Change = Callable[[Output], Output]


@dataclass(frozen=True)
class Case:
    """Folders of a step whose runs a test may change."""

    folder: Path

    def outcome(
        self,
        role: str,
        *,
        change: Change = lambda output: output,
        settings: Settings | None = None,
        charge: int = 1,
        files: tuple[str, ...] = ("vasprun.xml",),
    ) -> Outcome:
        solvents, ion, energy = {"before": (3, "Na", BEFORE), "after": (2, "Na", AFTER), "released": (1, "", RELEASED)}[role]
        inputs = small(solvents, charge if ion else 0, ion=ion, settings=settings)
        return read_outcome(folder_of(self.folder / role, inputs, change(run_of(inputs, energy)), files))

    def three(self) -> list[Outcome]:
        return [self.outcome(role) for role in ("before", "after", "released")]


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return Case(tmp_path)


def codes(outcome: Outcome) -> set[str]:
    return {flag.code for flag in outcome.flags if flag.severity == "refusal"}


def test_the_step_energy_is_that_of_equation_1(case: Case) -> None:
    step = step_energy(*case.three())
    assert step.energy == pytest.approx(AFTER + RELEASED - BEFORE, abs=1e-8)
    assert (step.name, step.charge) == ("EC 3->2 @ bare", 1)
    assert [flag.code for flag in step.flags] == ["one_structure_per_state"]


def test_a_step_on_a_carbon_is_named_by_it(case: Case) -> None:
    outcomes = []
    for solvents, energy in ((2, -5000.0), (1, -4384.0)):
        inputs = inputs_of(f"oxN_zz + Na+(EC){solvents}", built("oxN_zz", solvents, 1))
        outcomes.append(read_outcome(folder_of(case.folder / str(solvents), inputs, run_of(inputs, energy))))
    step = step_energy(*outcomes, case.outcome("released"))
    assert step.name == "EC 2->1 @ oxN_zz"
    assert step.energy == pytest.approx(-4384.0 + RELEASED + 5000.0, abs=1e-8)


def test_records_carry_level_origin_and_source(case: Case) -> None:
    outcomes = case.three()
    record, run = step_document(step_energy(*outcomes)), outcome_document(outcomes[0])
    assert (record["schema"], record["kind"], record["origin"], record["interval_eV"]) == ("dualion/atoms/1", "step", "raw-file", None)
    assert record["before"] == outcomes[0].state.key  # type: ignore[union-attr]
    level = record["level"]
    assert (level["engine"], level["version"], level["method"], level["dispersion"]) == ("vasp", "6.4.2", "PBE", "none")
    assert level["basis"] == "PAW 450 eV (C H O Na_pv)"
    assert level["box"] == "30 x 30 x 30 angstrom, periodic, 1 k points, IDIPOL 4"
    assert (run["name"], run["charge"], run["usable"], run["energy_eV"]) == ("Na+(EC)3", 1, True, pytest.approx(BEFORE, abs=1e-8))
    assert len(run["source"]["sha256"]) == 64


@pytest.mark.parametrize(
    ("tags", "code"),
    [
        ({"NELECT": "79"}, "wrong_electrons"),
        ({"ENCUT": "400"}, "wrong_cutoff"),
        ({"IVDW": "12"}, "wrong_dispersion"),
        ({"GGA": "RP"}, "wrong_functional"),
        ({"LHFCALC": "T"}, "wrong_functional"),
        ({"ISPIN": "1"}, "wrong_spin"),
        ({"NUPDOWN": "2"}, "wrong_spin"),
        ({"LDIPOL": "F"}, "wrong_multipoles"),
        ({"SIGMA": "0.2"}, "wrong_smearing"),
        ({"PSTRESS": "1.0"}, "wrong_pressure"),
        ({"EFIELD": "0.1"}, "wrong_field"),
        ({"EDIFF": "1E-4"}, "wrong_threshold"),
        ({"EDIFFG": "-0.05"}, "wrong_threshold"),
        ({"EDIFFG": "0.001"}, "wrong_threshold"),
        ({"NELM": "3"}, "electronic_unconverged"),
        ({"NSW": "2"}, "ionic_unconverged"),
        ({"EDIFFG": "-0.001"}, "ionic_unconverged"),
        ({"NSW": "0"}, "not_relaxed"),
        ({"IBRION": "-1"}, "not_relaxed"),
    ],
)
def test_a_run_that_is_not_as_asked_is_refused(case: Case, tags: dict[str, str], code: str) -> None:
    outcome = case.outcome("before", change=lambda output: output.tagged(**tags))
    assert codes(outcome) == {code}
    with pytest.raises(SpecError, match=rf"before .*: {code}: "):
        step_energy(outcome, case.outcome("after"), case.outcome("released"))


POTASSIUM = {"K": "PAW_PBE K_pv 1"}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda output: replace(output, box=28.0), "wrong_box"),
        (lambda output: replace(output, kpoints=((0.25, 0.0, 0.0, 1.0),)), "wrong_k_mesh"),
        (lambda output: replace(output, kpoints=((0.0, 0.0, 0.0, 0.5), (0.5, 0.0, 0.0, 0.5))), "wrong_k_mesh"),
        (lambda output: replace(output, titles=output.titles | {"Na": "PAW_PBE Na 08Apr2002"}), "wrong_potential"),
        (lambda output: replace(output, titles=output.titles | {"C": "PAW C 22Mar2012"}), "wrong_potential"),
        (
            lambda output: replace(output, symbols=(*output.symbols[:-1], "K"), titles=output.titles | {"K": "PAW_PBE K_pv 1"}),
            "wrong_atoms",
        ),
        (lambda output: replace(output, finished=False), "truncated"),
    ],
)
def test_a_run_of_something_else_is_refused(case: Case, change: Change, code: str) -> None:
    outcome = case.outcome("after", change=change)
    assert code in codes(outcome)
    with pytest.raises(SpecError, match=rf"after .*: {code}: "):
        step_energy(case.outcome("before"), outcome, case.outcome("released"))


@pytest.mark.parametrize(
    ("role", "settings", "charge", "said"),
    [
        ("after", Settings(cutoff=500.0), 1, "ENCUT is 450 in before and 500 in after"),
        ("after", Settings(variant="d3bj"), 1, "IVDW is 0 in before and 12 in after"),
        ("released", Settings(box=25.0), 0, "the cell of released is not that of before"),
        ("after", Settings(potentials={"Na": "Na"}), 1, "Na is computed with PAW_PBE Na_pv .* and PAW_PBE Na "),
        ("after", None, 0, r"the charge is \+1 before and \+0 after"),
    ],
)
def test_runs_of_different_levels_form_no_step(case: Case, role: str, settings: Settings | None, charge: int, said: str) -> None:
    outcomes = {one: case.outcome(one) for one in ("before", "after", "released")}
    outcomes[role] = case.outcome(role, settings=settings, charge=charge)
    assert not codes(outcomes[role])
    with pytest.raises(SpecError, match=said):
        step_energy(**outcomes)


def test_a_step_balances_its_atoms(case: Case) -> None:
    before, after, released = case.three()
    with pytest.raises(SpecError, match=r"C9H12NaO9 is not C9H12NaO9 \+ C3H4O3"):
        step_energy(before, before, released)
    with pytest.raises(SpecError, match="the released molecule has the charge"):
        step_energy(before, released, after)


def test_several_problems_are_said_at_once(case: Case) -> None:
    outcome = case.outcome("before", change=lambda output: replace(output, finished=False).tagged(NELECT="70", NSW="1"))
    with pytest.raises(SpecError) as caught:
        step_energy(outcome, case.outcome("after"), case.outcome("released"))
    assert len(caught.value.problems) == 3


def test_dispersion_that_vasp_adds_at_the_end_is_in_the_energy(case: Case) -> None:
    settings, added = Settings(variant="d3bj"), -0.4123
    inputs = small(2, settings=settings)
    outcome = read_outcome(folder_of(case.folder / "d3", inputs, run_of(inputs, AFTER, added=added)))
    assert outcome.usable
    assert [(flag.code, flag.severity) for flag in outcome.flags] == [("added_after_convergence", "warning")]
    assert outcome.run.energy == pytest.approx(AFTER + added, abs=1e-8)
    assert level_of(outcome.run).dispersion == "d3bj"


@pytest.mark.parametrize(("added", "mismatch"), [(5e-5, False), (-5e-5, False), (2e-4, True), (-2e-4, True)])
def test_energies_of_one_run_agree(case: Case, added: float, mismatch: bool) -> None:
    inputs = small(2)
    off = run_of(inputs, AFTER, added=added).tagged(IDIPOL="0", LDIPOL="F")
    outcome = read_outcome(folder_of(case.folder / "off", inputs, off))
    assert ("energy_mismatch" in codes(outcome)) is mismatch
    assert outcome.run.energy == pytest.approx(AFTER, abs=1e-8)


def test_vasprun_and_outcar_are_held_against_each_other(case: Case) -> None:
    both = ("vasprun.xml", "OUTCAR")
    assert case.outcome("after", files=both).usable
    inputs = small(2)
    folder_of(case.folder / "after", inputs, run_of(inputs, AFTER + 0.01), ("OUTCAR",))
    outcome = read_outcome(case.folder / "after")
    assert codes(outcome) == {"energy_mismatch"}
    assert any("0.010000 eV apart" in flag.message for flag in outcome.flags)


def test_the_relaxed_state_comes_back_in_its_own_order(case: Case) -> None:
    inputs = small(2)
    start = inputs.state.structure
    moved = start.positions + np.random.default_rng(2).normal(0.0, 0.1, start.positions.shape)
    outcome = read_outcome(folder_of(case.folder / "moved", inputs, run_of(inputs, AFTER, moved=moved)))
    back = outcome.structure()
    assert back is not None
    assert (back.symbols, back.labels) == (start.symbols, ("Na", "EC", "EC"))
    np.testing.assert_allclose(back.positions, moved, atol=1e-9)


def test_forces_come_back_in_the_order_of_the_state(case: Case) -> None:
    inputs = small(2)
    output = run_of(inputs, AFTER)
    forces = np.random.default_rng(8).normal(0.0, 0.001, output.steps[-1].forces.shape)
    last = replace(output.steps[-1], forces=forces[list(inputs.state.order)])
    outcome = read_outcome(folder_of(case.folder / "forces", inputs, replace(output, steps=(*output.steps[:-1], last))))
    found = outcome.found()
    assert found is not None
    assert found.energy == pytest.approx(AFTER, abs=1e-8)
    np.testing.assert_allclose(found.forces, forces, atol=1e-8)
    assert case.outcome("after", change=lambda output: output.tagged(NSW="1")).found() is None


@pytest.mark.parametrize(("printed", "severity", "code"), [(-0.4, "note", "added_after_convergence"), (-0.3, "refusal", "energy_mismatch")])
def test_the_outcar_says_which_terms_vasp_added(case: Case, printed: float, severity: str, code: str) -> None:
    inputs = small(2, settings=Settings(variant="d3bj"))
    output = run_of(inputs, AFTER, added=-0.4)
    last = replace(output.steps[-1], after=f"  IVDW =   12\n  Edisp (eV)    {printed:.5f}")
    output = replace(output, steps=(*output.steps[:-1], last))
    outcome = read_outcome(folder_of(case.folder / "said", inputs, output, ("vasprun.xml", "OUTCAR")))
    assert [(flag.code, flag.severity) for flag in outcome.flags] == [(code, severity)]


def test_a_run_of_others_is_reported_and_refused(case: Case) -> None:
    inputs: Inputs = small(2)
    folder = folder_of(case.folder / "foreign", inputs, run_of(inputs, AFTER))
    (folder / "dualion.json").unlink()
    outcome = read_outcome(folder)
    assert outcome.run.energy == pytest.approx(AFTER, abs=1e-8)
    assert (outcome.name, codes(outcome), outcome.structure()) == ("C6H8NaO6", {"no_state"}, None)
    with pytest.raises(SpecError, match="no_state"):
        step_energy(case.outcome("before"), outcome, case.outcome("released"))


def test_a_stricter_threshold_is_welcome(case: Case) -> None:
    assert case.outcome("before", change=lambda output: output.tagged(EDIFF="1E-7", EDIFFG="-0.005")).usable


def test_changed_inputs_are_a_warning(case: Case) -> None:
    inputs = small(2)
    folder = folder_of(case.folder / "changed", inputs, run_of(inputs, AFTER))
    (folder / "INCAR").write_bytes(inputs.files["INCAR"] + b"NCORE = 8\n")
    outcome = read_outcome(folder)
    assert [(flag.code, flag.severity) for flag in outcome.flags] == [("inputs_changed", "warning")]
    assert outcome.usable


def test_a_study_with_two_potentials_of_one_element_is_refused(case: Case) -> None:
    outcomes = case.three()
    assert not mixed_potentials(outcomes)
    outcomes.append(case.outcome("after", settings=Settings(potentials={"Na": "Na"})))
    assert [(flag.code, flag.severity) for flag in mixed_potentials(outcomes)] == [("mixed_potentials", "refusal")]


def test_a_folder_without_output_is_refused(case: Case) -> None:
    folder = folder_of(case.folder / "empty", small(1))
    with pytest.raises(ReadError, match=r"neither vasprun\.xml nor OUTCAR"):
        read_outcome(folder)
    with pytest.raises(ReadError, match="no such folder"):
        read_outcome(folder / "absent")
