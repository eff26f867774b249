"""What can be run, bundled or imported is described in ``docs``: every verb, option, study, material, transport and model."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest

from dualion.records.material_files import bundled_materials, bundled_transports
from dualion.study.load import bundled
from dualion.techniques import NAMES

PAGES = ("accuracy.md", "atoms.md", "cli.md", "data.md", "index.md", "models.md", "study.md", "techniques.md")


def page(root: Path, name: str) -> str:
    return (root / "docs" / name).read_text(encoding="utf-8")


def headings(text: str) -> list[str]:
    return re.findall(r"^#+ (.+)$", re.sub(r"```.*?```", "", text, flags=re.DOTALL), flags=re.MULTILINE)


def verbs() -> Iterator[tuple[str, Any]]:
    """Every verb of the command line with its click command, such as ``study check``."""
    import typer.main

    from dualion.cli.main import app

    def walk(command: Any, name: str) -> Iterator[tuple[str, Any]]:
        inner = getattr(command, "commands", {})
        if not inner:
            yield name, command
        for verb, one in inner.items():
            yield from walk(one, f"{name} {verb}".strip())

    yield from walk(typer.main.get_command(app), "")


def test_there_are_verbs() -> None:
    assert {"reproduce", "recipe", "study list", "study check", "study new"} <= {name for name, _ in verbs()}


@pytest.mark.parametrize("verb", [name for name, _ in verbs()])
def test_every_verb_has_its_section(root: Path, verb: str) -> None:
    text = page(root, "cli.md")
    assert verb in headings(text)
    assert f"| `dualion {verb}" in text, "not in the table of verbs"


@pytest.mark.parametrize("verb", [name for name, _ in verbs()])
def test_every_option_is_named(root: Path, verb: str) -> None:
    text = page(root, "cli.md")
    section = text.partition(f"\n## {verb}\n")[2].partition("\n## ")[0]
    options = {name for parameter in dict(verbs())[verb].params for name in parameter.opts if name.startswith("--")}
    common = {"--help", "--json"}
    assert {name for name in options - common if not re.search(rf"{name}(?![\w-])", section)} == set()
    assert "--json" in text


def test_every_section_is_a_verb_or_common(root: Path) -> None:
    assert set(headings(page(root, "cli.md"))) - {name for name, _ in verbs()} == {"The command line", "Exit codes", "JSON"}


@pytest.mark.parametrize("name", [*bundled(), *bundled_materials(), *bundled_transports()])
def test_every_bundled_thing_is_named(root: Path, name: str) -> None:
    assert any(re.search(rf"`{re.escape(name)}`", page(root, one)) for one in PAGES), name


def test_every_model_is_described(root: Path, source: Path) -> None:
    """Every module and every room of the models, each once."""
    table = page(root, "models.md").partition("## Where what is")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", table, flags=re.MULTILINE)
    said = [name for names in rows for name in re.findall(r"\w+", names)]
    entries = (source / "models").iterdir()
    assert sorted(said) == sorted(path.stem for path in entries if not path.stem.startswith("_"))


def test_only_the_reference_engine_needs_pybamm(root: Path, source: Path) -> None:
    """Nothing else imports it when it is loaded, but for the module that ages cells on it."""
    folder = source / "models"
    found = set()
    for path in folder.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        imported = [str(node.module) for node in tree.body if isinstance(node, ast.ImportFrom)]
        if path.parent.name != "reference" and any(name.startswith("dualion.models.reference") for name in imported):
            found.add(path.relative_to(folder).as_posix())
    assert found == {"ageing/reference_inner.py"}
    assert "| `reference` | " in page(root, "models.md")


@pytest.mark.parametrize("name", PAGES)
def test_every_link_leads_somewhere(root: Path, name: str) -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page(root, name))
    assert [link for link in links if not (root / "docs" / link).exists()] == []


def test_every_page_is_listed(root: Path) -> None:
    assert sorted(path.name for path in (root / "docs").glob("*.md")) == sorted(PAGES)
    listed = page(root, "index.md")
    assert [name for name in PAGES if name != "index.md" and f"({name})" not in listed] == []


def test_the_numbers_of_the_models_page_are_those_of_the_source(root: Path) -> None:
    pytest.importorskip("pybamm")
    from dualion.models import constants, isotherms, targets
    from dualion.models.reference import guard
    from dualion.numerics import fit

    text = page(root, "models.md")
    said = {
        f"{guard.CUTOFF_TOLERANCE * 1e3:g} mV": guard.CUTOFF_TOLERANCE,
        f"{isotherms.TABLE_POINTS} knots": isotherms.TABLE_POINTS,
        f"in equilibrium at {constants.DESODIATED_POTENTIAL:g} V": constants.DESODIATED_POTENTIAL,
        f"equilibrium at {constants.HALF_CELL_START:.1f} V": constants.HALF_CELL_START,
        f"of {constants.METAL_EXCHANGE_CURRENT:g} A/m2": constants.METAL_EXCHANGE_CURRENT,
        f"below {constants.STARVED:g} mol/m3": constants.STARVED,
        f"+ {fit.PRIOR:g} I)^-1": fit.PRIOR,
        f"beyond {fit.STRONG_CORRELATION:g}": fit.STRONG_CORRELATION,
        f"central differences of {100 * fit.DIFFERENCE_STEP:g} %": fit.DIFFERENCE_STEP,
        f"{100 * targets.CAPACITY_SIGMA:g} % of a capacity": targets.CAPACITY_SIGMA,
        f"{100 * constants.DISCHARGED_VACANCIES:g} % vacancies": constants.DISCHARGED_VACANCIES,
    }
    assert [words for words in said if words not in " ".join(text.split())] == []
    assert f"{guard.DRIFT_TOLERANCE:.0e}".replace("e-0", "e-") in text
    for tolerance in guard.TRANSFER_TOLERANCE.values():
        assert f"{tolerance:.0e}".replace("e-0", "e-") in text


@pytest.mark.slow
@pytest.mark.models
def test_the_example_of_the_models_page_runs(root: Path, fresh_python: Callable[..., str]) -> None:
    pytest.importorskip("pybamm")
    own, plugged = re.findall(r"```python\n(.*?)```", page(root, "models.md"), flags=re.DOTALL)
    rows = [[float(word) for word in line.split()] for line in fresh_python(own).splitlines()]
    assert [row[0] for row in rows] == [1.0, 10.0]
    assert all(row[1] > 80 and row[3] > 600 for row in rows)
    if not entry_points(group="pybamm_models", name="DualIonDFN"):
        pytest.skip("the project is on the path and not installed: PyBaMM does not see its entry points")
    assert fresh_python(plugged) == ""


def _sections(text: str) -> dict[str, str]:
    parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_every_technique_has_its_section_in_order(root: Path) -> None:
    assert tuple(_sections(page(root, "techniques.md"))) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_every_option_of_a_technique_is_described_with_its_default(root: Path, name: str) -> None:
    """A row for each option, with what it means; numbers and words as they are in the code."""
    from dataclasses import fields

    from dualion.techniques import technique

    section = _sections(page(root, "techniques.md"))[name]
    rows = {row[0]: row[1:] for row in re.findall(r"^\| `(\w+)` \| (.*) \| (.*) \|$", section, flags=re.MULTILINE)}
    options = fields(technique(name).options)
    assert list(rows) == [one.name for one in options]
    for one in options:
        meaning, default = rows[one.name]
        assert len(meaning) > 3, one.name
        if isinstance(one.default, str | int | float) and not isinstance(one.default, bool):
            assert default == (f"{one.default:g}" if isinstance(one.default, float) else str(one.default)), one.name


@pytest.mark.parametrize("name", NAMES)
def test_every_technique_is_shown_as_a_command(root: Path, name: str) -> None:
    assert f"dualion analyse {name} " in _sections(page(root, "techniques.md"))[name]


def test_every_format_check_and_repair_is_named(root: Path) -> None:
    from dualion.readers.formats import formats
    from dualion.readers.quality.checks import CODES
    from dualion.readers.quality.repairs import REPAIRS

    text = page(root, "data.md")
    wanted = [*(one.name for one in formats()), *CODES, *REPAIRS]
    assert [name for name in wanted if f"`{name}`" not in text] == []
