from __future__ import annotations

import json
import pickle
import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest

from dualion.atoms.engines import registry
from dualion.atoms.engines.ase_any import AseEngine
from dualion.atoms.engines.gpaw import PAPER_BOX, Gpaw
from dualion.atoms.engines.registry import NAMES, available, engine_flags, engine_named
from dualion.atoms.engines.tblite import Tblite
from dualion.atoms.engines.xtb_binary import XtbBinary
from dualion.errors import MissingDependency, SpecError

TBLITE = pytest.mark.skipif(find_spec("tblite") is None, reason="the extra [atoms] is not installed")


@TBLITE
@pytest.mark.parametrize("name", ["gfn1", "gfn2"])
def test_the_embedded_engine(name: str) -> None:
    assert engine_named(name) == Tblite(name)


@pytest.mark.skipif(find_spec("pyscf") is None, reason="the extra [dft] is not installed")
def test_pyscf_with_its_basis() -> None:
    from dualion.atoms.engines.pyscf import PySCF

    assert engine_named("pyscf") == engine_named("pyscf:def2-svp") == PySCF(basis="def2-svp")
    assert engine_named("pyscf:def2-TZVP") == PySCF(basis="def2-tzvp")
    with pytest.raises(SpecError, match='"def3-svp" is not known'):
        engine_named("pyscf:def3-svp")


def test_the_program_xtb(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "which", lambda name: f"/somewhere/{name}")
    assert engine_named("xtb") == XtbBinary("gfn1")
    assert engine_named("xtb:gfn2") == XtbBinary("gfn2")
    with pytest.raises(SpecError, match='"gfn7" is not a method of xtb'):
        engine_named("xtb:gfn7")


def test_gpaw_with_its_box(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "find_spec", lambda name: object())
    assert engine_named("gpaw:lcao-dzp@24x24x16") == Gpaw("lcao-dzp", (24.0, 24.0, 16.0))
    assert engine_named("gpaw:pw450") == Gpaw("pw450", PAPER_BOX)
    with pytest.raises(SpecError, match=r"needs the one box of all states. Write such as gpaw:lcao-dzp@24x24x16"):
        engine_named("gpaw:lcao-dzp")
    with pytest.raises(SpecError, match="gives each state another grid"):
        engine_named("gpaw:lcao-dzp@vacuum4")


def test_any_calculator_of_ase_with_its_settings(tmp_path: Path) -> None:
    pytest.importorskip("ase", reason="the extra [atoms] is not installed")
    level = {"version": "3", "method": "Lennard-Jones", "basis": "none", "grid": "none", "dispersion": "in method"}
    content = {"arguments": {}, "charge": None, "spin": None, "spin_as": "multiplicity", "box": None}
    path = tmp_path / "settings.json"
    path.write_text(json.dumps(content | {"level": level | {"electronic_temperature": 0, "accuracy": 1}}), encoding="utf-8")
    engine = engine_named(f"ase:ase.calculators.lj.LennardJones@{path}")
    assert isinstance(engine, AseEngine)
    assert engine.level.method.startswith("Lennard-Jones")
    for name in ("ase:ase.calculators.lj.LennardJones", "ase:", "ase:@settings.json", "ase:ase.calculators.lj.LennardJones@"):
        with pytest.raises(SpecError, match=r"names no calculator or no settings. Write ase:module.Class@settings.json"):
            engine_named(name)


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("gfn3", 'Did you mean "gfn[12]"'),
        ("gnf2", 'Did you mean "gfn2"'),
        ("GFN1", 'Did you mean "gfn1"'),
        ("pyscff", 'Did you mean "pyscf"'),
        ("tblite", "Write one of gfn1, gfn2, pyscf"),
        ("", "Write one of gfn1, gfn2, pyscf"),
        ("gfn1:fast", 'Did you mean "gfn1"|Write one of gfn1'),
        ("gfn1@300", 'Did you mean "gfn1"|Write one of gfn1'),
    ],
)
def test_a_misspelt_name_gets_a_remedy(name: str, remedy: str) -> None:
    with pytest.raises(SpecError, match=rf'"{name}" is not an engine. ({remedy})'):
        engine_named(name)


@pytest.mark.parametrize("name", ["gfn1:cpcm", "gfn1@cpcm=89.6", "gfn2:alpb(water)", "gfn1:ddx", "xtb:gbsa"])
def test_trap_a_continuum_is_refused_with_a_sentence(name: str) -> None:
    with pytest.raises(SpecError, match=r"asks for the continuum \w+, which is not offered: it does not know ethylene carbonate"):
        engine_named(name)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("gfn1", r'tblite is not installed. Install it with: pip install "dualion\[atoms\]"'),
        ("pyscf", r'pyscf is not installed. Install it with: pip install "dualion\[dft\]"'),
        ("gpaw:pw450", r"GPAW is not installed. Install it with: CC=g\+\+ pip install gpaw gpaw-data"),
        ("ase:a.B@c.json", r'ase is not installed. Install it with: pip install "dualion\[atoms\]"'),
    ],
)
def test_what_is_not_installed_is_refused_when_it_is_named(monkeypatch: pytest.MonkeyPatch, name: str, message: str) -> None:
    monkeypatch.setattr(registry, "find_spec", lambda package: None)
    with pytest.raises(MissingDependency, match=message):
        engine_named(name)


def test_the_program_that_is_not_there_is_refused_when_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "which", lambda name: None)
    with pytest.raises(MissingDependency, match=r"xtb is not installed. Install it .* on the PATH"):
        engine_named("xtb")


@TBLITE
def test_only_gfn2_carries_the_flag_of_its_bias() -> None:
    assert engine_flags(Tblite("gfn1")) == ()
    flag = engine_flags(Tblite("gfn2"))[0]
    assert (flag.code, flag.severity) == ("engine_known_bias", "warning")
    assert "ethylene carbonate" in flag.message


def test_the_table_says_what_is_there_and_how_to_get_the_rest() -> None:
    rows = {row.name: row for row in available()}
    assert set(rows) <= set(NAMES)
    assert {name.partition(":")[0] for name in rows} == {name.partition(":")[0] for name in NAMES}
    for name, package in (("gfn1", "tblite"), ("pyscf", "pyscf"), ("gpaw:pw450", "gpaw"), ("ase:module.Class", "ase")):
        assert bool(rows[name].found) == (find_spec(package) is not None)
    assert bool(rows["xtb"].found) == (shutil.which("xtb") is not None)
    assert all("nstall" in row.install for row in rows.values())


@TBLITE
def test_a_name_in_two_processes_is_one_engine() -> None:
    assert pickle.loads(pickle.dumps(engine_named("gfn2"))) == engine_named("gfn2")
