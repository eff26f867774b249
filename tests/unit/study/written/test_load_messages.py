"""The messages of the study specification, section 1.5, character for character."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from dualion.errors import SpecError
from dualion.study.load import load, locate


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A copy of the bundled study, to be spoilt."""
    return Path(shutil.copytree(locate("tang2026"), tmp_path / "tang2026"))


def replace(folder: Path, file: str, old: str, new: str, *, count: int = 1) -> None:
    text = (folder / file).read_text(encoding="utf-8")
    assert text.count(old) >= 1, f"{old!r} is not in {file}: the test must be corrected"
    (folder / file).write_text(text.replace(old, new, count), encoding="utf-8")


def in_cell(folder: Path, cell: str, old: str, new: str) -> None:
    """Replace behind the header of one cell."""
    head, mark, tail = (folder / "study.toml").read_text(encoding="utf-8").partition(f"[cell.{cell}]")
    assert old in tail.partition("[cell.")[0], f"{old!r} is not in {cell}"
    (folder / "study.toml").write_text(head + mark + tail.replace(old, new, 1), encoding="utf-8")


def problems(folder: Path) -> tuple[str, ...]:
    with pytest.raises(SpecError) as caught:
        load(folder)
    return caught.value.problems


def test_unknown_key(study: Path) -> None:
    in_cell(study, "mec3-eg", 'mass_basis = "actives"', 'mass_basis = "actives"\nmassbasis = "actives"')
    assert problems(study) == ('study.toml: cell.mec3-eg.massbasis: unknown key. Did you mean "mass_basis"?',)


def test_missing_required_key(study: Path) -> None:
    in_cell(study, "mec3-eg", 'mass_basis = "actives"', "")
    assert problems(study) == (
        (
            'study.toml: cell.mec3-eg.mass_basis: missing. Write one of "cathode", "actives", "actives+salt", '
            '"actives+electrolyte-min", "actives+electrolyte".'
        ),
    )


def test_value_without_unit(study: Path) -> None:
    in_cell(study, "mec3-eg", '{value = 1.0, unit = "mg/cm2", claim = "P031", approximate = true}', "1.0")
    assert problems(study) == ('study.toml: cell.mec3-eg.anode.loading: 1.0 has no unit. Write a text such as "1.0 mg/cm2".',)


def test_wrong_dimension(study: Path) -> None:
    in_cell(study, "mec3-eg", 'area = "1.131 cm2"', 'area = "12 mm"')
    assert problems(study) == ('study.toml: cell.mec3-eg.area: "12 mm" is a length; an area is needed, such as "1.13 cm2".',)


def test_unknown_unit(study: Path) -> None:
    row = next(line for line in (study / "claims.csv").read_text(encoding="utf-8").splitlines() if line.startswith("P070,"))
    replace(study, "claims.csv", row, row.replace("mAh/g", "mAhg-1", 1))
    assert problems(study) == ('claims.csv: row 101 (P070), unit: "mAhg-1" is not in the unit table. Write "mAh/g".',)


def test_c_rate_as_current(study: Path) -> None:
    # the rate test of the full cell is first named by the producer of this cell
    replace(study, "study.toml", 'currents = ["80 mA/g"', 'currents = ["1C"')
    assert problems(study) == (
        (
            'study.toml: protocol.rate_full.currents[0]: "1C" is not a current. Write the current, such as "80 mA/g", '
            "and define 1 C in cell.mec3-eg.one_c."
        ),
    )


@pytest.mark.parametrize("written", ["1 C", "0.1C", "C/10", "C"])
def test_other_c_rates(study: Path, written: str) -> None:
    replace(study, "study.toml", 'currents = ["80 mA/g"', f'currents = ["{written}"')
    assert f'"{written}" is not a current. Write the current' in problems(study)[0]


def test_unknown_claim_id(study: Path) -> None:
    replace(study, "relations.toml", 'expr = "P079 / (P080 / 100)"', 'expr = "P79 / (P080 / 100)"')
    assert problems(study) == ('relations.toml: relation R01, expr: P79 is not a claim id. Did you mean "P079"?',)


def test_quote_not_found(study: Path) -> None:
    lines = (study / "claims.csv").read_text(encoding="utf-8").splitlines()
    marked = [f"{line},{'quote' if index == 0 else ''}" for index, line in enumerate(lines)]
    marked[101] += "a capacity of 427 in all"
    (study / "claims.csv").write_text("\n".join(marked) + "\n", encoding="utf-8")
    (study / "excerpt.md").write_text("We made it. It had a capacity of 427 mAh.\n\nAn end.\n", encoding="utf-8")
    assert problems(study) == (
        (
            "claims.csv: row 101 (P070), quote: not found in excerpt.md after normalisation. Copy the words as printed; "
            'nearest text: "It had a capacity of 427 mAh.".'
        ),
    )
    (study / "excerpt.md").write_text("It had a *capacity* of\n427 in all.\n", encoding="utf-8")
    assert load(study).claims["P070"].quote == "a capacity of 427 in all"


def test_claim_in_both_sets(study: Path) -> None:
    replace(study, "study.toml", 'claims = ["P114", "P115", "P116", "P118", "P119", "P122"]', 'claims = ["P114", "P117"]')
    assert problems(study) == (
        (
            "study.toml: P117 is in calibration.full_cell and in prediction.full_cell. "
            "A number used in a fit cannot be predicted; remove it from one."
        ),
    )


def test_claim_in_a_set_behind_the_calibration(study: Path) -> None:
    """full_cell takes its anode from half_mec3_all: what that was fitted to cannot be predicted either."""
    replace(study, "study.toml", 'claims = ["P114", "P115", "P116", "P118", "P119", "P122"]', 'claims = ["P114", "P077"]')
    assert problems(study) == (
        (
            "study.toml: P077 is in calibration.half_mec3_all and in prediction.full_cell. "
            "A number used in a fit cannot be predicted; remove it from one."
        ),
    )


def test_assumed_value_not_listed(study: Path) -> None:
    in_cell(study, "mec3-eg", '"electrolyte_volume", ', "")
    assert problems(study) == (
        'study.toml: cell.mec3-eg.electrolyte_volume: no claim id beside it and not in "assumed". Name its claim or add it to "assumed".',
    )


MISSING = {
    "one_c": 'missing. Write a table such as {value = 80, unit = "mA/g", mass = "cathode"}.',
    "area": 'missing. Write a text such as "1.13 cm2".',
    "electrolyte_volume": 'missing. Write a text such as "25.2 uL/cm2".',
    "initial_sodiation": 'missing. Write "desodiated", "fully_sodiated" or a fraction from 0 to 1.',
}


@pytest.mark.parametrize("key", MISSING)
def test_what_is_never_guessed(study: Path, key: str) -> None:
    in_cell(study, "mec3-eg", f"\n{key} =", f"\n# {key} =")
    assert problems(study) == (f"study.toml: cell.mec3-eg.{key}: {MISSING[key]}",)


def test_mass_of_one_c_is_never_guessed(study: Path) -> None:
    in_cell(study, "mec3-eg", ', mass = "cathode"}', "}")
    assert problems(study) == ('study.toml: cell.mec3-eg.one_c.mass: missing. Write one of "anode", "cathode".',)


def test_basis_of_a_half_cell(study: Path) -> None:
    in_cell(study, "na-mec3", 'mass_basis = "anode"', "")
    assert problems(study) == ('study.toml: cell.na-mec3.mass_basis: missing. Write "anode".',)


def test_plateau_rule_is_never_guessed(study: Path) -> None:
    replace(study, "study.toml", 'rule = "potential"', "")
    assert problems(study) == ('study.toml: plateau.rule: missing. Write one of "potential", "inflection", "both".',)


@pytest.mark.parametrize("path", ["../cells/mec3-eg.toml", "/etc/passwd", "cells\\\\mec3-eg.toml", "cells/../../x.toml"])
def test_path_leaves_the_folder(study: Path, path: str) -> None:
    replace(study, "study.toml", '"cells/mec3-eg.toml"', f'"{path}"')
    (problem,) = problems(study)
    assert problem == (
        f'study.toml: cell.mec3-eg.parameters: "{path}" leaves the folder. Write a path inside it, such as "cells/my-cell.toml".'
    )


def test_material_path_leaves_the_folder(study: Path) -> None:
    replace(study, "cells/na-mec3.toml", '"mec3"', '"../mec3.toml"')
    assert problems(study) == (
        'cells/na-mec3.toml: anode: "../mec3.toml" leaves the folder. Write a path inside it, such as "cells/my-cell.toml".',
    )


def test_duplicate_id(study: Path) -> None:
    text = (study / "claims.csv").read_text(encoding="utf-8").splitlines()
    (study / "claims.csv").write_text("\n".join([*text, text[101]]) + "\n", encoding="utf-8")
    assert problems(study) == ("claims.csv: row 175 (P070), id: stands in row 101 (P070) as well. Give each claim its own id.",)


def test_a_ratio_without_its_reference(study: Path) -> None:
    replace(study, "study.toml", 'reference = "60 mA/g"\n', "")
    assert problems(study) == (
        'study.toml: producer[3].reference: missing. Write the current that plateau_retention refers to, such as "60 mA/g".',
        (
            'study.toml: calibration.half_mec0.readings.h2: "P080 as plateau ratio" has no reference. '
            'Write reference = "60 mA/g" in the [[producer]] of P080.'
        ),
    )


def test_a_reference_that_the_protocol_does_not_run(study: Path) -> None:
    replace(study, "study.toml", 'reference = "60 mA/g"', 'reference = "80 mA/g"')
    assert problems(study) == (
        (
            'study.toml: producer[3].reference: "80 mA/g" is not a current of protocol.rate_half. '
            'Write one of "30 mA/g", "60 mA/g", "150 mA/g", "300 mA/g", "600 mA/g".'
        ),
    )


def test_dry_pores_name_both_numbers(study: Path) -> None:
    in_cell(study, "mec3-eg", '"25.2 uL/cm2"', '"20 uL/cm2"')
    assert problems(study) == (
        (
            "study.toml: cell.mec3-eg.electrolyte_volume: 20 uL/cm2 does not fill the pores of separator and electrodes, 25.22 uL/cm2. "
            "Write at least 25.22 uL/cm2, or correct thickness, porosity and loading."
        ),
    )


def test_value_that_its_claim_does_not_print(study: Path) -> None:
    in_cell(study, "mec3-eg", '{value = 80, unit = "mA/g"', '{value = 90, unit = "mA/g"')
    assert problems(study) == (
        'study.toml: cell.mec3-eg.one_c: "90 mA/g" is not what P112 says, 80 mA/g. Write the value of the claim, or name another.',
    )


def test_every_problem_of_every_file_is_collected(study: Path) -> None:
    in_cell(study, "mec3-eg", 'area = "1.131 cm2"', 'area = "12 mm"')
    replace(study, "relations.toml", 'expr = "P079 / (P080 / 100)"', 'expr = "P79 / (P080 / 100)"')
    replace(study, "claims.csv", "P001a,viscosity", "P001a,viscosty")
    with pytest.raises(SpecError) as caught:
        load(study)
    lines = str(caught.value).splitlines()
    assert [line.partition(":")[0] for line in lines] == ["study.toml", "claims.csv", "relations.toml"]
    assert lines[1] == 'claims.csv: row 1 (P001a), quantity: "viscosty" is not a registered quantity. Did you mean "viscosity"?'


def test_twenty_problems_are_shown(study: Path) -> None:
    replace(study, "claims.csv", ",input,", ",inputs,", count=25)
    with pytest.raises(SpecError) as caught:
        load(study)
    lines = str(caught.value).splitlines()
    assert len(caught.value.problems) == 25
    assert len(lines) == 21
    assert lines[-1] == "and 5 more"


def test_value_in_another_dimension_than_its_claim(study: Path) -> None:
    in_cell(study, "mec3-eg", 'claim = ["P091", "P092"]', 'claim = ["P031"]')
    (problem,) = problems(study)
    assert problem == (
        'study.toml: cell.mec3-eg.series_resistance: "31.56 ohm" is in another dimension than P031 (mg/cm2). Name the claim that states it.'
    )


def test_bundled_material_that_contradicts_its_claim(study: Path) -> None:
    row = next(line for line in (study / "claims.csv").read_text(encoding="utf-8").splitlines() if line.startswith("P093,"))
    replace(study, "claims.csv", row, row.replace("14.66", "14.67"))
    (problem,) = problems(study)
    assert problem == (
        'materials/mec3.toml: parameter.charge_transfer_resistance: "14.66 ohm" is not what P093 says, 14.67 ohm. '
        "Write the value of the claim, or name another."
    )


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('si-only = ["P052"', 'si-only = ["P056"', "pending.no-raw-file: P056 stands in pending.si-only as well. Give one reason."),
        ('MEC4 = "20 mL"', 'MEC5 = "20 mL"', 'recipe.stock_volume.MEC5: not in [material]. Did you mean "MEC4"?'),
        ('shape_from = "half_mec3_all.plateau_338"', 'shape_from = "half"', 'calibration.half_mec0.shape_from: "half" is not in ['),
        ('shape_from = "half_mec3_all.plateau_338"', 'shape_from = "half_mec3_all.x"', 'calibration.half_mec0.shape_from: "half_mec3_al'),
        ('reference = "60 mA/g"', 'reference = "0.2C"', 'producer[3].reference: "0.2C" is not a current. Write the current, such as "80'),
        ('reference = "60 mA/g"', 'reference = "60 mAh/g"', 'producer[3].reference: "60 mAh/g" is a specific capacity; a specific c'),
        ('reference = "60 mA/g"', 'refrence = "60 mA/g"', 'producer[3].refrence: unknown key. Did you mean "reference"?'),
        ('anode_from = "half_mec0.h2"', 'anode_from = "half_mec0.h4"', 'prediction.mec0_full_cell.anode_from: "half_mec0.h4" is not'),
        ('kind = "dual-ion"', 'kind = "half"', "cell.mec3-eg.cathode: a half cell has no cathode. Remove it, or write another kind."),
        ('cell = "na-mec3"\nrole', 'cell = "na-mec4"\nrole', 'calibration.half_mec3_all.cell: "na-mec4" is not in [cell].'),
        ('anode = {material = "MEC3"', 'anode = {material = "MEC33"', 'cell.na-mec3.anode.material: "MEC33" is not in [material]. Did you'),
        ('readings = {h1 = ["P054"', 'claims = ["P054", "P075"]\nreadings = {h1 = ["P054"', "calibration.half_mec0: neither claims"),
    ],
)  # fmt: skip
def test_names_and_sets(study: Path, old: str, new: str, problem: str) -> None:
    replace(study, "study.toml", old, new)
    assert any(found.startswith(f"study.toml: {problem}") for found in problems(study)), problems(study)
