"""``dualion.toml``: what it may hold, what is refused, and the cell records and roles that follow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dualion.errors import SpecError
from dualion.project.load import load
from dualion.project.roles import Role
from dualion.records.quantity import Quantity

FULL = """
schema = 1
title = "Two cells"

[cell.half-1]
sample = "MEC3"
kind = "half"
working = "anode"
mass = {value = 1.2, unit = "mg", stderr = 0.01}
area = "1.131 cm2"
one_c = "300 mA/g"
particle_radius = "1.8 um"

[cell.full]
kind = "dual-ion"
area = "1.131 cm2"
anode_loading = "1.0 mg/cm2"
cathode_loading = {value = 2.0, unit = "mg/cm2", stderr = 0.1}
one_c = {value = 80, unit = "mA/g", mass = "cathode"}
electrolyte = {salt = "NaPF6", volume = "0.08 mL", concentration = "1 mol/L", density = "1.23 g/mL", salt_molar_mass = "167.95 g/mol"}
temperature = "25 degC"

[[file]]
path = "raw/*.csv"
cell = "half-1"
repair = ["fix_sign"]

[[file]]
path = "raw/b.csv"
temperature = "303.15 K"
n_ref = "first"

[[file]]
path = "full.csv"
cell = "full"
scan_rate = "0.1 mV/s"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "raw").mkdir()
    for name in ("raw/a.csv", "raw/b.csv", "full.csv", "other.csv"):
        (tmp_path / name).write_text("1,2,3")
    return tmp_path


def written(folder: Path, text: str) -> Any:
    (folder / "dualion.toml").write_text(text)
    return load(folder)


def roles(folder: Path, text: str = FULL) -> dict[str, Role]:
    return {role.path: role for role in written(folder, text).roles}


# --- what is taken ----------------------------------------------------------------------------------------------------------------


def test_a_half_cell_takes_the_mass_of_its_working_electrode(folder: Path) -> None:
    cell = roles(folder)["raw/a.csv"].cell
    assert cell.sample == "MEC3"
    role, mass = cell.record.working_mass()
    assert (role, mass.value, mass.unit, mass.stderr) == ("anode", 1.2, "mg", 0.01)
    assert cell.record.directions() == ("desodiation", "sodiation")
    assert cell.record.one_c_mass == "anode"
    assert cell.record.particle_radius == Quantity(1.8, "um", rule="as given: 1.8 um")


def test_loading_times_area_is_a_mass_with_the_error_of_the_loading(folder: Path) -> None:
    record = roles(folder)["full.csv"].cell.record
    assert record.mass_of("anode").value == pytest.approx(1.131)
    cathode = record.mass_of("cathode")
    assert cathode.value == pytest.approx(2.262)
    assert cathode.stderr == pytest.approx(2.262 * 0.05)
    assert record.electrolyte_volume is not None
    assert record.electrolyte_volume.value == pytest.approx(80.0)
    assert record.one_c_mass == "cathode"


def test_a_later_entry_overrides_what_it_says_and_no_more(folder: Path) -> None:
    found = roles(folder)
    first, second = found["raw/a.csv"], found["raw/b.csv"]
    assert (first.repair, first.temperature, first.n_ref) == (("fix_sign",), None, None)
    assert (second.repair, second.n_ref) == (("fix_sign",), "first")
    assert second.temperature == pytest.approx(30.0)


def test_the_temperature_of_the_cell_holds_for_its_files(folder: Path) -> None:
    role = roles(folder)["full.csv"]
    assert role.temperature == 25.0
    assert role.scan_rate == pytest.approx(0.1)


def test_a_file_without_an_entry_is_read_as_a_cell_of_its_own(folder: Path) -> None:
    role = roles(folder)["other.csv"]
    assert role.cell.name == "other"
    assert role.cell.record.kind is None


def test_skipped_files_are_passed_over(folder: Path) -> None:
    project = written(folder, 'schema = 1\n[[file]]\npath = "raw/*"\nskip = true\n')
    assert [role.path for role in project.roles] == ["full.csv", "other.csv"]
    assert project.passed_over == ("raw/a.csv", "raw/b.csv")


# --- what is refused --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[cell.a]\nmas = "1 mg"', 'cell.a.mas: unknown key. Did you mean "mass"?'),
        ('[cell.a]\nkind = "halv"', 'cell.a.kind: "halv" is not known here. Did you mean "half"?'),
        ('[cell.a]\narea = "12 mm"', 'cell.a.area: "12 mm" is a length; an area is needed, such as "1.131 cm2".'),
        ('[cell.a]\nworking = "anode"\nmass = "0 mg"', 'cell.a.mass: "0 mg" is too small. Write more than 0 mg.'),
        ('[cell.a]\nworking = "anode"\nmass = 1.2', 'cell.a.mass: 1.2 has no unit. Write a text such as "1.2 mg".'),
        ('[cell.a]\nmass = "1 mg"', 'cell.a.mass: the electrode that it belongs to is not known. Write working = "anode" or "cathode"'),
        (
            '[cell.a]\nkind = "dual-ion"\nmass = "1 mg"',
            "cell.a.mass: a dual-ion cell has two electrodes. Write anode_mass and cathode_mass.",
        ),
        ('[cell.a]\nkind = "dual-ion"\nworking = "anode"', "cell.a.working: a dual-ion cell has two working electrodes. Remove it."),
        ('[cell.a]\nanode_loading = "1 mg/cm2"', 'cell.a.anode_loading: without an area it gives no mass. Write area = "1.131 cm2"'),
        ('[cell.a]\narea = "1 cm2"\nanode_mass = "1 mg"\nanode_loading = "1 mg/cm2"', "cell.a.anode_loading: beside anode_mass"),
        ('[cell.a]\none_c = "1C"', 'cell.a.one_c: "1C" is not a current.'),
        ('[[file]]\npath = "raw/c.csv"', 'file[0].path: "raw/c.csv" matches no file of the folder. Did you mean "raw/'),
        ('[[file]]\npath = "*.nda"', 'file[0].path: "*.nda" matches no file of the folder. Correct the pattern'),
        ('[[file]]\npath = "../*"', 'file[0].path: "../*" matches no file of the folder.'),
        (
            '[[file]]\npath = "full.csv"\ncell = "hal"\n[cell.half]\n',
            'file[0].cell: "hal" is not a cell of this file. Did you mean "half"?',
        ),
        ('[[file]]\npath = "full.csv"\ntechniques = ["git"]', 'file[0].techniques[0]: "git" is not a technique. Did you mean "gitt"?'),
        ('[[file]]\npath = "full.csv"\nmeasurement = "giit"', 'file[0].measurement: "giit" is not known here. Did you mean "gitt"?'),
        ('[[file]]\npath = "full.csv"\nn_ref = 0', "file[0].n_ref: not a reference cycle. Write a cycle number such as 4"),
        ("[options.gitt]\nsqrt_windo = [1, 60]", 'options.gitt.sqrt_windo: unknown key. Did you mean "sqrt_window"?'),
        ("[options.gittt]\n", 'options.gittt: "gittt" is not a technique. Did you mean "gitt"?'),
        ('[cell.a.options.gitt]\ngeometry = "cube"', "cell.a.options.gitt"),
        ("schema = 2", "line 2: not TOML"),
    ],
)
def test_what_breaks_a_rule_is_refused_with_its_key_and_what_to_write(folder: Path, text: str, said: str) -> None:
    with pytest.raises(SpecError) as caught:
        written(folder, f"schema = 1\n{text}\n")
    assert any(line.startswith("dualion.toml: ") and said in line for line in caught.value.problems), caught.value.problems


def test_every_problem_is_named_at_once(folder: Path) -> None:
    with pytest.raises(SpecError) as caught:
        written(folder, 'schema = 1\n[cell.a]\nkind = "x"\narea = "1 g"\n[cell.b]\nwho = 1\n')
    assert len(caught.value.problems) == 3


def test_a_project_file_without_a_version_is_refused(folder: Path) -> None:
    with pytest.raises(SpecError, match=r"dualion.toml: schema: missing. Write schema = 1\."):
        written(folder, 'title = "x"\n')
