"""Solvation energies: identities, references of the specification, and what a shell says of itself."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from dualion.atoms.building.place import Composition
from dualion.atoms.building.species import Solvent, bundled, ion_structure
from dualion.atoms.engines.check import single_point
from dualion.atoms.engines.tblite import Tblite
from dualion.atoms.relax import Relaxed
from dualion.atoms.solvation import OPEN_QUESTIONS, References, Solvation, reference_energies, solvate
from dualion.atoms.structure import Structure
from dualion.errors import ConvergenceError, SpecError

GFN1 = Tblite("gfn1")
WATER = Solvent("W", "O", ("O", "H", "H"), (((0.0, 0.0, 0.0), (0.96, 0.0, 0.0), (-0.24, 0.93, 0.0)),), 0)
AMMONIA = Solvent("A", "N", ("N", "H", "H", "H"), (((0.0, 0.0, 0.0), (0.94, 0.0, 0.38), (-0.47, 0.81, 0.38), (-0.47, -0.81, 0.38)),), 0)


def _shells(*compositions: Sequence[Solvent], count: int = 2, charge: int = 1) -> Solvation:
    return solvate([Composition(None, "Na", tuple(solvents), charge) for solvents in compositions], GFN1, count=count)


@pytest.fixture(scope="module")
def water() -> Solvation:
    return _shells((WATER,), (WATER, WATER), (WATER, WATER, AMMONIA), count=1)


def test_solvation_energy_is_minus_the_sum_of_the_steps(water: Solvation) -> None:
    """Section 2.2: from the same records to 1e-9 eV."""
    shell = water.shells[1]
    less = shell.without["W"]
    assert less is not None
    assert less.energy is not None
    one_to_zero = shell.references.rest + shell.references.solvents["W"] - less.energy
    assert shell.solvation == pytest.approx(-(shell.last["W"] + one_to_zero), abs=1e-9)  # type: ignore[operator]
    assert shell.per_ligand == pytest.approx(shell.solvation / 2.0, abs=1e-12)  # type: ignore[operator]


def test_stripped_shell_is_the_smaller_shell(water: Solvation) -> None:
    one, two, _ = water.shells
    assert two.without["W"].energy == pytest.approx(one.best.energy, abs=1e-3)  # type: ignore[union-attr]
    assert one.last["W"] == pytest.approx(-one.solvation, abs=1e-3)  # type: ignore[operator]


def test_each_ligand_binds_more_weakly_than_the_one_before(water: Solvation) -> None:
    one, two, three = water.shells
    assert one.last["W"] > two.last["W"] > 0.0  # type: ignore[operator]
    assert one.solvation > two.solvation > three.solvation  # type: ignore[operator]
    assert set(three.last) == {"A", "W"}
    assert three.name == "Na(A)1(W)2"


def test_sodium_with_one_ec_has_the_binding_energy_of_the_specification() -> None:
    shell = _shells((bundled()["EC"],)).shells[0]
    assert shell.solvation == pytest.approx(-1.711, abs=0.01)
    assert shell.best.energy == pytest.approx(-614.1370, abs=1e-3)  # type: ignore[union-attr]
    assert shell.coordination.n_bound == shell.target == 1  # type: ignore[union-attr]


@pytest.mark.slow
@pytest.mark.parametrize(("count", "total", "last"), [(2, -1231.2670, 1.358), (3, -1848.0386, 1.000)])
def test_ec_shells_have_the_energies_of_the_specification(count: int, total: float, last: float) -> None:
    shell = _shells((bundled()["EC"],) * count, count=3).shells[0]
    assert total - 0.02 < shell.best.energy < total + 0.01  # type: ignore[union-attr, operator]
    assert shell.last["EC"] == pytest.approx(last, abs=0.02)


def test_energies_are_measured_from_ion_and_lowest_conformer() -> None:
    dmc = bundled()["DMC"]
    turned = replace(dmc, conformers=dmc.conformers[::-1])
    composition = Composition(None, "Na", (turned,), 1)
    found = reference_energies([composition], GFN1, lambda several: [_still(one) for one in several])
    assert found.rest == pytest.approx(single_point(ion_structure("Na", np.zeros(3)), GFN1).energy, abs=1e-12)
    assert found.solvents == {"DMC": single_point(dmc.structure(0), GFN1).energy}


def test_neutral_sodium_is_a_state_of_its_own() -> None:
    shell = _shells((WATER,), charge=0).shells[0]
    assert shell.best.structure.multiplicity == 2  # type: ignore[union-attr]
    neutral = Structure(np.array([11]), np.zeros((1, 3)), 0, 2, ("Na",), np.zeros(1, dtype=np.int64))
    assert shell.references.rest == pytest.approx(single_point(neutral, GFN1).energy, abs=1e-9)
    assert -0.6 < shell.solvation < -0.05  # type: ignore[operator]  # an atom binds water by some tenths of an eV, an ion by 1 eV


def test_carbon_belongs_to_the_reference() -> None:
    benzene_like = WATER.structure()  # stands for a carbon: three atoms with a site
    from dualion.atoms.structure import Site

    carbon = replace(benzene_like, labels=("carbon",), site=Site(0, (0.0, 0.0, 1.0), "basal"))
    found = reference_energies([Composition(carbon, "Na", (WATER,), 1)], GFN1, lambda several: [_still(one) for one in several])
    alone = single_point(WATER.structure(), GFN1).energy
    assert found.rest == pytest.approx(alone + single_point(ion_structure("Na", np.zeros(3)), GFN1).energy, abs=1e-9)
    assert found.solvation(found.rest + alone - 0.7, ["W"]) == pytest.approx(-0.7, abs=1e-12)


def _still(structure: Structure, energy: float | None = None, outcome: str = "accepted") -> Relaxed:
    """A structure that is taken for relaxed."""
    value = single_point(structure, GFN1).energy if energy is None else energy
    return Relaxed(outcome, structure, value, 5.0, 0.01, 1)


def _opened(structure: Structure) -> Structure:
    """The last solvent 6 angstrom farther out."""
    last = structure.parts == structure.parts.max()
    positions = structure.positions.copy()
    away = positions[last].mean(axis=0)
    positions[last] += 6.0 * away / np.linalg.norm(away)
    return structure.moved(positions)


def _with_outcomes(*outcomes: tuple[str, float, bool]) -> Solvation:
    """Two waters around sodium whose starts end as told: outcome, energy, whether the shell opened."""
    left = list(outcomes)

    def relaxer(several: Sequence[Structure]) -> list[Relaxed]:
        found = []
        for one in several:
            if len(one.labels) == 3:
                outcome, energy, is_open = left.pop(0)
                found.append(Relaxed(outcome, _opened(one) if is_open else one, energy, 0.3, 0.01, 1))
            else:
                found.append(_still(one))
        return found

    return solvate([Composition(None, "Na", (WATER, WATER), 1)], GFN1, count=len(outcomes), relaxer=relaxer)


def test_a_shell_that_lost_a_ligand_says_so() -> None:
    shell = _with_outcomes(("accepted", -320.0, True), ("accepted", -319.0, True)).shells[0]
    assert shell.document()["coordination_target"] == 2
    assert shell.document()["coordination_relaxed"] == 1
    assert "Built with 2 ligands, 1 are bound after relaxation." in [flag.message for flag in shell.flags]


def test_an_opened_shell_that_lies_lower_is_told_beside_the_whole_one() -> None:
    shell = _with_outcomes(("accepted", -320.0, False), ("accepted", -320.25, True)).shells[0]
    assert shell.best.energy == -320.0  # type: ignore[union-attr]
    codes = {flag.code: flag.message for flag in shell.flags}
    assert "0.25 eV lower" in codes["shell_opened"]
    assert {"search_not_converged", "small_gap"} <= set(codes)


def test_equal_minima_count_once_and_only_accepted_ones_count() -> None:
    outcomes = [("accepted", -320.0, False)] * 2 + [("unconverged", -325.0, False), ("scf", -330.0, False)]
    search = _with_outcomes(*outcomes).shells[0].document()["search"]
    assert (search["starts"], search["accepted"]) == (4, 2)
    assert search["outcomes"] == {"accepted": 2, "scf": 1, "unconverged": 1}
    assert search["spread_eV"] == 0.0


def test_a_shell_without_a_minimum_has_no_energy() -> None:
    shell = _with_outcomes(("unconverged", -320.0, False), ("reacted", -321.0, False)).shells[0]
    assert (shell.best, shell.solvation, shell.per_ligand, shell.last) == (None, None, None, {"W": None})
    assert [(flag.code, flag.severity) for flag in shell.flags] == [("no_minimum", "refusal")]
    assert shell.document()["solvation_energy_eV"] is None


def test_document_says_how_each_energy_came_about(water: Solvation) -> None:
    made = json.loads(json.dumps(water.document(), allow_nan=False))
    assert made["level"]["method"] == "GFN1-xTB"
    assert (made["level"]["fmax"], made["level"]["electronic_temperature"]) == (0.02, 300.0)
    assert made["open_questions"] == list(OPEN_QUESTIONS)
    assert [flag["code"] for flag in made["flags"]] == ["no_power"]
    for shell in made["shells"]:
        assert {"charge", "multiplicity", "gap_eV", "search", "coordination_target", "coordination_relaxed", "structure"} <= set(shell)
        assert None not in (shell["solvation_energy_eV"], shell["gap_eV"], shell["search"]["spread_eV"])
    assert set(made["readings"]) == {
        "most negative total", "least negative total", "strongest per ligand", "weakest per ligand", "weakest last ligand"
    }  # fmt: skip


def test_the_three_readings_of_smallest_name_different_shells(water: Solvation) -> None:
    assert water.readings["most negative total"] == "Na(A)1(W)2"
    assert water.readings["least negative total"] == "Na(W)1"
    assert water.readings["weakest last ligand"] == "Na(A)1(W)2"


def test_gfn2_is_flagged_for_its_bias() -> None:
    found = solvate([Composition(None, "Na", (WATER,), 1)], Tblite("gfn2"), count=1)
    assert "engine_known_bias" in {flag.code for flag in found.flags}


def test_shells_that_cannot_be_compared_are_refused() -> None:
    one, neutral = Composition(None, "Na", (WATER,), 1), Composition(None, "Na", (WATER,), 0)
    with pytest.raises(SpecError, match="several ions, charges or carbons"):
        solvate([one, neutral], GFN1)
    with pytest.raises(SpecError, match="several ions, charges or carbons"):
        solvate([one, replace(one, ion="Li")], GFN1)
    with pytest.raises(SpecError, match="there is no shell"):
        solvate([], GFN1)
    with pytest.raises(SpecError, match="without a solvent"):
        solvate([Composition(None, "Na", (), 1)], GFN1)


def test_a_solvent_that_does_not_relax_alone_stops_the_run() -> None:
    def relaxer(several: Sequence[Structure]) -> list[Relaxed]:
        return [_still(one, -1.0, "unconverged") for one in several]

    with pytest.raises(ConvergenceError, match="W: did not relax to a minimum alone"):
        reference_energies([Composition(None, "Na", (WATER,), 1)], GFN1, relaxer)


def test_references_subtract_every_molecule() -> None:
    assert References(1.0, {"W": -2.0, "A": -3.0}).solvation(-20.0, ["W", "W", "A"]) == pytest.approx(-20.0 - 1.0 + 4.0 + 3.0)
