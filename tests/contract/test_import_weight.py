"""Importing dualion loads nothing; asking the command line for help loads nothing heavy.
Times are the business of benchmarks/startup.py."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

import dualion

FreshPython = Callable[..., str]

HEAVY = ("numpy", "scipy", "polars", "pandas", "pydantic", "matplotlib", "jinja2", "numba", "pybamm", "h5py", "lmfit", "ase", "fastnda")

LOADED = """
import json, sys
before = set(sys.modules)
{program}
print(json.dumps(sorted(set(sys.modules) - before)))
"""


def loaded_by(fresh_python: FreshPython, program: str) -> set[str]:
    return set(json.loads(fresh_python(LOADED.format(program=program))))


def test_importing_dualion_loads_only_itself(fresh_python: FreshPython) -> None:
    assert loaded_by(fresh_python, "import dualion") == {"dualion"}


def test_light_names_stay_light(fresh_python: FreshPython) -> None:
    modules = loaded_by(fresh_python, "import dualion; dualion.Quantity, dualion.Figure, dualion.convert, dualion.SpecError, dualion.Claim")
    assert "dualion.records.quantity" in modules
    assert not modules & set(HEAVY)


SILENT_HELP = """
import contextlib, io
from dualion.cli.main import main
with contextlib.redirect_stdout(io.StringIO()) as printed:
    assert main(["--help"]) == 0
assert "reproduce" in printed.getvalue()
"""


def test_help_loads_nothing_heavy(fresh_python: FreshPython) -> None:
    modules = loaded_by(fresh_python, SILENT_HELP)
    assert "typer" in modules
    assert not modules & set(HEAVY)


@pytest.mark.parametrize("module", ["dualion.study.load", "dualion.study.relations", "dualion.study.types"])
def test_the_study_needs_no_model_no_figure_and_no_report(fresh_python: FreshPython, module: str) -> None:
    assert not loaded_by(fresh_python, f"import {module}") & {"pybamm", "matplotlib", "jinja2", "typer", "scipy"}


def test_every_public_name_is_there() -> None:
    assert len(dualion.__all__) <= 40
    assert sorted(dualion.__all__) == list(dualion.__all__)
    for name in dualion.__all__:
        assert getattr(dualion, name).__name__ == name
    assert set(dir(dualion)) == {*dualion.__all__, "__version__"}
    assert sorted(name for names in dualion._HOMES.values() for name in names) == list(dualion.__all__)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'dualion' has no attribute 'Battery'"):
        _ = dualion.Battery  # type: ignore[attr-defined]


EVERY_MODULE_OF_ATOMS = """
import pkgutil, dualion.atoms
for one in pkgutil.walk_packages(dualion.atoms.__path__, "dualion.atoms."):
    __import__(one.name)
"""


def test_atoms_load_no_engine(fresh_python: FreshPython) -> None:
    modules = loaded_by(fresh_python, EVERY_MODULE_OF_ATOMS)
    assert "dualion.atoms.search.run" in modules
    assert not {name.partition(".")[0] for name in modules} & {"ase", "tblite", "pyscf", "rdkit", "gpaw", "scipy", "matplotlib"}
