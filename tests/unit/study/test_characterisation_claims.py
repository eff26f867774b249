"""The characterisation claims of the bundled study: a verdict each, the file that would settle it, and what arithmetic finds before."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping
from dataclasses import replace
from itertools import permutations
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from scipy import stats

from dualion.errors import SpecError
from dualion.records.measurement import Provenance, Result
from dualion.records.quantity import Flag, Quantity
from dualion.study.characterisation import judged as judging
from dualion.study.characterisation.findings import evaluated
from dualion.study.characterisation.judged import judged, laid
from dualion.study.characterisation.types import Characterisation, Found, stem
from dualion.study.characterisation.verdicts import characterised
from dualion.study.characterisation.written import FILE, characterisation
from dualion.study.load import load, locate
from dualion.study.relations import evaluate
from dualion.study.types import Study, Verdict
from dualion.study.verdicts import assign

TECHNIQUES = {
    "FTIR", "EXAFS", "XANES", "N2 sorption", "SAXS", "XRD", "regression", "EA", "ICP-MS", "NEXAFS", "Raman", "GDOES", "XPS",
}  # fmt: skip


@pytest.fixture(scope="module")
def study() -> Study:
    return load(locate("tang2026"))


@pytest.fixture(scope="module")
def written(study: Study) -> Characterisation:
    return characterisation(study)


@pytest.fixture(scope="module")
def found(study: Study, written: Characterisation) -> Mapping[str, Found]:
    return {one.finding.id: one for one in evaluated(study, written)}


@pytest.fixture(scope="module")
def before(study: Study) -> tuple[Verdict, ...]:
    return assign(study, evaluate(study), (), {})


@pytest.fixture(scope="module")
def after(before: tuple[Verdict, ...], written: Characterisation, found: Mapping[str, Found]) -> Mapping[str, Verdict]:
    return {one.claim: one for one in characterised(before, written, tuple(found.values()))}


def own(study: Study) -> list[str]:
    return [key for key, claim in study.claims.items() if claim.technique in TECHNIQUES and claim.kind != "input"]


def test_every_claim_of_a_technique_has_a_file_that_would_settle_it(study: Study, written: Characterisation) -> None:
    named = [claim for need in written.needs for claim in need.claims]
    assert sorted(named) == sorted(own(study))
    assert len(named) == 31
    assert len(written.needs) == 19


def test_no_verdict_changes(before: tuple[Verdict, ...], after: Mapping[str, Verdict]) -> None:
    assert [(one.claim, one.word, one.reason) for one in before] == [(one.claim, one.word, one.reason) for one in after.values()]


def test_each_verdict_names_instrument_place_and_command(study: Study, written: Characterisation, after: Mapping[str, Verdict]) -> None:
    for key in own(study):
        need = written.need_of(key)
        assert need is not None
        assert after[key].word in ("needs raw data", "differs", "consistent (derived)")
        for part in (need.instrument, need.columns, need.span, *need.files, f"dualion analyse {need.technique} "):
            assert part in after[key].detail, key
    assert "raw/isotherm-mec3.xls, then: dualion analyse sorption raw/isotherm-mec3.xls" in after["P047"].detail


def test_instruments_are_those_of_the_methods_section(written: Characterisation) -> None:
    named = " ".join(need.instrument for need in written.needs)
    for instrument in (
        "ASAP 2020",
        "BL1.3W",
        "MiniFlex600",
        "XploRA PLUS",
        "INVENIO-S",
        "K-Alpha",
        "BL3.2Ua or BL8",
        "BL5.2",
        "Agilent 7700",
    ):
        assert instrument in named


def test_claims_that_no_technique_measures_are_left_as_they_are(before: tuple[Verdict, ...], after: Mapping[str, Verdict]) -> None:
    for one in before:
        if one.claim in ("P070", "P091", "P121"):
            assert after[one.claim] == one


# --- findings: numbers by hand ----------------------------------------------------------------------------------------------------


def test_answers(found: Mapping[str, Found]) -> None:
    words = {key: one.word for key, one in found.items()}
    assert {key for key, word in words.items() if word == "incompatible"} == {"K01", "K10"}
    assert {key for key, word in words.items() if word == "agree"} == {"K11", "K16"}
    assert set(words.values()) == {"incompatible", "agree", "not testable"}
    assert len(words) == 16


def test_pore_volumes(found: Mapping[str, Found]) -> None:
    volume = 22.98977 / 0.968 * 3.6 / 96485.33212  # [cm3/mAh] of sodium
    assert found["K01"].numbers["needed"] == pytest.approx(320 * volume, rel=1e-6)
    assert found["K02"].numbers["needed_mec0"] == pytest.approx(0.146, rel=0.01)
    assert found["K02"].numbers["needed_mec3"] == pytest.approx(0.284, rel=0.01)
    assert found["K02"].numbers["needed_other"] == pytest.approx(0.300, rel=0.01)
    assert found["K01"].numbers["reached"] == pytest.approx(39.13e4 * 1e-7, rel=1e-9)  # [cm2/g] times [cm], half of 2 nm
    # a carbon of the density found has, between walls of graphite, exactly the volume that is left to closed pores
    closed = 1 / found["K02"].numbers["density_graphite"] - 1 / 2.26
    assert closed == pytest.approx(found["K01"].numbers["needed"] - found["K01"].numbers["reached"], rel=1e-9)
    assert found["K02"].numbers["x"] < 0.25


def test_nitrogen(found: Mapping[str, Found]) -> None:
    numbers = found["K10"].numbers
    assert numbers["nitrogen"] == pytest.approx(0.821, abs=5e-4)
    assert numbers["oxidised"] == pytest.approx(0.286, abs=5e-4)
    assert numbers["stored"] / numbers["oxidised"] == pytest.approx(56, abs=0.5)
    assert found["K11"].numbers["n_per_zn"] == pytest.approx(1.15 / 14.007 / (0.00155 / 65.38), rel=1e-9)


def test_four_samples_cannot_be_significant(found: Mapping[str, Found]) -> None:
    """By counting: of all orders of n samples, those whose rank correlation is as far from 0 as a perfect one."""
    for n, name in ((4, "p_4"), (5, "p_5")):
        ranks = [abs(stats.spearmanr(range(n), order).statistic) for order in permutations(range(n))]
        assert found["K12"].numbers[name] == pytest.approx(sum(one > 1 - 1e-9 for one in ranks) / len(ranks))
    assert found["K12"].numbers["p_4"] == pytest.approx(1 / 12)


def test_shares_and_shift(found: Mapping[str, Found]) -> None:
    assert found["K08"].numbers["ratio"] == pytest.approx(1.197, abs=5e-4)
    assert found["K09"].numbers["z_low"] > 2 > found["K09"].numbers["z_high"]
    assert found["K09"].numbers["largest"] == pytest.approx(4.14, abs=5e-3)
    assert (found["K04"].numbers["shift"], found["K04"].numbers["steps"]) == (37, 9.25)
    assert found["K13"].numbers["full"] == pytest.approx(427 * 37.31e-3, rel=1e-3)


def test_findings_stand_as_flags_beside_the_claims(after: Mapping[str, Verdict]) -> None:
    codes = {key: {flag.code for flag in one.flags} for key, one in after.items()}
    assert {key for key, several in codes.items() if "small_n" in several} == {"P058"}
    assert {key for key, several in codes.items() if "n_or_o" in several} == {"P045"}
    assert {key for key, several in codes.items() if "water_overlap" in several} == {"P043a", "P043b", "P044"}
    assert {key for key, several in codes.items() if "raw_share_not_sp2" in several} == {"P068", "P069"}
    severity = {flag.code: flag.severity for one in after.values() for flag in one.flags}
    assert (severity["zn_below_limit"], severity["small_n"]) == ("note", "warning")


def test_a_test_that_turns_turns_the_answer(study: Study, written: Characterisation) -> None:
    claims = {**study.claims, "P047": replace(study.claims["P047"], value="391.3", value_num=391.3)}
    turned = {one.finding.id: one.word for one in evaluated(replace(study, claims=claims), written)}
    assert turned["K01"] == "agree"


# --- files that are laid into the study -------------------------------------------------------------------------------------------


def with_file(study: Study, path: str) -> Study:
    return replace(study, settings={**study.settings, "raw": ({"path": path},)})


def test_a_file_is_known_by_its_place_without_the_ending(study: Study, written: Characterisation) -> None:
    assert stem("raw/xps-mec3.vms") == stem("raw/xps-mec3.xlsx") == "raw/xps-mec3"
    there = laid(with_file(study, "raw/isotherm-mec3.aif"), written)
    assert {name: path.name for name, path in there.items()} == {"raw/isotherm-mec3.xls": "isotherm-mec3.aif"}
    assert laid(with_file(study, "raw/another.aif"), written) == {}
    assert judged(study, written).obtained == ()


def _result(**values: Quantity) -> Result:
    flags = (Flag("range_starts_late", "warning", "x"), Flag("said", "note", "x"))
    return Result("sorption", values, {}, flags, Provenance(("sha256:0",), "sorption", 1, references=("brunauer1938",)))


def test_a_claim_is_judged_by_its_file(study: Study, written: Characterisation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judging, "_analysed", lambda need, name, there: _result(bet_area=Quantity(38.2, "m2/g", 1.2)))
    given = judged(with_file(study, "raw/isotherm-mec3.xls"), written)
    assert [(one.claim, one.origin, one.primary) for one in given.obtained] == [("P047", "analysis", True)]
    assert [flag.code for flag in given.obtained[0].flags] == ["range_starts_late"]
    [verdict] = [one for one in assign(study, evaluate(study), given.obtained, given.failures) if one.claim == "P047"]
    assert verdict.word == "reproduced"
    [verdict] = characterised([verdict], written, ())
    assert "would settle" not in verdict.detail


def test_another_area_differs(study: Study, written: Characterisation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judging, "_analysed", lambda need, name, there: _result(bet_area=Quantity(55.0, "m2/g", 1.2)))
    given = judged(with_file(study, "raw/isotherm-mec3.xls"), written)
    [verdict] = [one for one in assign(study, evaluate(study), given.obtained, given.failures) if one.claim == "P047"]
    assert verdict.word == "differs"


def test_a_raw_share_stands_beside_the_relative_one(study: Study, written: Characterisation, monkeypatch: pytest.MonkeyPatch) -> None:
    """The printed share is called sp2, so the value named sp2 is held against it, and a raw share never reproduces it."""
    made = _result(
        pi_position=Quantity(284.6, "eV", 0.1), sp2_relative_to_reference=Quantity(80.0, "%", 5.0), pi_fraction_raw=Quantity(7.6, "%", 0.3)
    )
    monkeypatch.setattr(judging, "_analysed", lambda need, name, there: made)
    given = judged(with_file(study, "raw/nexafs-mec3.csv"), written)
    assert [(one.claim, one.primary, one.label) for one in given.obtained] == [
        ("P066", True, ""), ("P069", True, ""), ("P069", False, "pi_fraction_raw"),
    ]  # fmt: skip
    [verdict] = [one for one in assign(study, evaluate(study), given.obtained, given.failures) if one.claim == "P069"]
    assert verdict.word == "differs"


def test_a_file_that_no_reader_knows_leaves_its_claim_open(study: Study, written: Characterisation, tmp_path: Path) -> None:
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "isotherm-mec3.xls").write_bytes(b"nothing")
    moved = replace(with_file(study, "raw/isotherm-mec3.xls"), folder=tmp_path)
    given = judged(moved, written)
    assert given.obtained == ()
    assert given.failures["P047"][0] == "solve-error"
    assert given.failures["P047"][1].startswith("isotherm-mec3.xls: start of file: no reader knows what this is. What would do: report")


def lay(copy: Path, files: Mapping[str, Path]) -> None:
    """Put files into the raw folder of a copy of the study, and list them."""
    (copy / "raw").mkdir(exist_ok=True)
    for name, path in files.items():
        shutil.copy(path, copy / name)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        with (copy / "study.toml").open("a", encoding="utf-8") as file:
            file.write(f'\n[[raw]]\npath = "{name}"\nsha256 = "{digest}"\nsource = "another sample"\nlicence = "see its provenance"\n')


@pytest.mark.slow
def test_real_files_of_other_samples_are_analysed_and_judged(shared: Path, tmp_path: Path) -> None:
    """Zinc oxide in the place of the precursor: its shell lies at 1.63 and not at 1.53; diamond-like carbon in the place of MEC3."""
    pytest.importorskip("rexafs")
    copy, data = tmp_path / "copy", shared / "data"
    shutil.copytree(locate("tang2026"), copy)
    files = {"raw/xafs-cs-znac2.xdi": data / "xafs" / "ZnO.xdi", "raw/xafs-foil.xdi": data / "xafs" / "Zn_foil.xdi"}
    files |= {"raw/nexafs-mec3.csv": data / "nexafs" / "DLC_CK_SLRI_BL3.2Ua.csv"}
    lay(copy, files)
    study = load(copy)
    given = judged(study, characterisation(study))
    values = {(one.claim, one.label): one.value.value for one in given.obtained}
    assert values["P045", ""] == pytest.approx(1.626, abs=0.03)
    assert values["P066", ""] == pytest.approx(284.9, abs=0.2)
    assert values["P069", ""] is None  # no reference spectrum
    assert values["P069", "pi_fraction_raw"] == pytest.approx(0.046, abs=0.004)
    verdicts = {one.claim: one for one in assign(study, evaluate(study), given.obtained, given.failures)}
    assert verdicts["P045"].word == "differs"
    assert verdicts["P069"].word == "differs"


def test_a_simulated_file_judges_nothing(study: Study, written: Characterisation, monkeypatch: pytest.MonkeyPatch) -> None:
    simulated = SimpleNamespace(technique="sorption", simulated=True)
    monkeypatch.setattr("dualion.readers.read_all", lambda path, **options: (simulated,))
    given = judged(with_file(study, "raw/isotherm-mec3.xls"), written)
    assert given.obtained == ()
    assert "it is simulated" in given.failures["P047"][1]


def test_a_file_laid_into_a_copy_of_the_study_is_listed_like_any_other(tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(locate("tang2026"), copy)
    (copy / "raw").mkdir()
    (copy / "raw" / "isotherm-mec3.aif").write_bytes(b"data_x")
    with pytest.raises(SpecError, match=r"not listed in study\.toml"):
        load(copy)
    digest = hashlib.sha256(b"data_x").hexdigest()
    listed = f'\n[[raw]]\npath = "raw/isotherm-mec3.aif"\nsha256 = "{digest}"\nsource = "authors"\nlicence = "CC-BY-4.0"\n'
    with (copy / "study.toml").open("a", encoding="utf-8") as file:
        file.write(listed)
    study = load(copy)
    assert set(laid(study, characterisation(study))) == {"raw/isotherm-mec3.xls"}


# --- a file of needs that is wrong ------------------------------------------------------------------------------------------------


def changed(tmp_path: Path, study: Study, old: str, new: str) -> Study:
    text = (study.folder / FILE).read_text(encoding="utf-8")
    assert old in text
    (tmp_path / FILE).write_text(text.replace(old, new, 1), encoding="utf-8")
    return replace(study, folder=tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('technique = "sorption"', 'technique = "sorbtion"', 'Did you mean "sorption"?'),
        ('claims = ["P052"]', 'claims = ["P52"]', 'P52 is not a claim id. Did you mean "P052"?'),
        ('claims = ["P052"]', 'claims = ["P058"]', "stands in need xrd-pristine as well"),
        ('{foil = "raw/xafs-foil.xdi"}', '{foil = "raw/none.xdi"}', 'beside.foil: "raw/none.xdi" is not in files'),
        ("judges = {P047", "judges = {P048", "judges has P048, which is not in claims"),
        ('files = ["raw/isotherm-mec4.xls"]', 'files = ["../isotherm-mec4.xls"]', "leaves the folder"),
        ('files = ["raw/isotherm-mec4.xls"]', 'files = ["isotherm-mec4.xls"]', "is not in the folder raw"),
        ('test = "reached >= needed"', 'test = "reached"', "not a comparison"),
        ('test = "reached >= needed"', 'test = "reached >= wanted"', "wanted"),
        ('expr = "P047 * P049b / 2 / 1000"', 'expr = "P052 * P049b"', "P052 is a statement in words"),
        ("rho_graphite =", "rho_na =", "stands in relations.toml as well"),
        ('lacks = "both patterns', 'lack = "both patterns', 'Did you mean "lacks"?'),
        ("\n[[need]]", "\n[[needs]]", 'Did you mean "need"?'),
    ],
)
def test_a_wrong_file_is_refused(tmp_path: Path, study: Study, old: str, new: str, said: str) -> None:
    with pytest.raises(SpecError) as refused:
        characterisation(changed(tmp_path, study, old, new))
    assert said in str(refused.value)


def test_a_study_without_the_file_has_no_needs(made_up: Any) -> None:
    assert characterisation(made_up.study(made_up.claim("P001"))) == Characterisation()
