"""Imports go downwards only, and heavy libraries are imported where they belong: checked on the syntax tree, without importing.

``make lint`` holds the same contracts with import-linter, through chains of imports as well; this test needs no tool, and shows that
the rule finds what it should.
"""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

MOST_LINES_OF_A_FUNCTION = 40
MOST_LINES_OF_A_FILE = 400

#: Where each library may be imported.
HOMES = {
    "pybamm": "models", "ase": "atoms", "tblite": "atoms", "pyscf": "atoms", "matplotlib": "figures", "typer": "cli", "rich": "cli",
    "jinja2": "report",
}  # fmt: skip


@pytest.fixture(scope="module")
def linter(root: Path) -> dict[str, Any]:
    return dict(tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"])


def ranks(linter: dict[str, Any]) -> dict[str, tuple[int, bool]]:
    """Layer of each part, from the top, and whether parts of that layer may import each other."""
    layers = next(contract for contract in linter["contracts"] if contract["type"] == "layers")["layers"]
    return {re.sub(r"[()\s]", "", name): (rank, ":" in layer) for rank, layer in enumerate(layers) for name in re.split(r"[|:]", layer)}


def imports(tree: ast.AST) -> list[str]:
    """Every module imported anywhere in a file, but not for type checking alone."""
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            node.body = [ast.Pass()]
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found += [f"{node.module}.{alias.name}" for alias in node.names] if node.module == "dualion" else [node.module]
    return found


def violations(part: str, source: str, order: dict[str, tuple[int, bool]]) -> list[str]:
    """Imports of a file of ``part`` that go upwards, sideways or to a library that belongs elsewhere."""
    found = []
    for module in imports(ast.parse(source)):
        top, _, rest = module.partition(".")
        if top in HOMES and HOMES[top] != part:
            found.append(f"{part} imports {top}")
        target = rest.split(".")[0]
        if top != "dualion" or target == part or target not in order:
            continue
        (here, _), (there, siblings) = order[part], order[target]
        if there < here or (there == here and not siblings):
            found.append(f"{part} imports {target}")
    return found


def files(source: Path) -> list[tuple[str, Path]]:
    return [
        (path.relative_to(source).parts[0].removesuffix(".py"), path)
        for path in sorted(source.rglob("*.py"))
        if path != source / "__init__.py"
    ]


def test_no_import_goes_upwards_or_to_a_library_that_belongs_elsewhere(source: Path, linter: dict[str, Any]) -> None:
    order = ranks(linter)
    found = [
        (str(path.relative_to(source)), one) for part, path in files(source) for one in violations(part, path.read_text("utf-8"), order)
    ]
    assert found == []


@pytest.mark.parametrize(
    ("part", "program", "found"),
    [
        ("records", "import dualion.study.types", ["records imports study"]),
        ("records", "from dualion import cli", ["records imports cli"]),
        ("models", "def f():\n    from dualion.atoms.building import flake", ["models imports atoms"]),
        ("models", "import pybamm", []),
        ("study", "import pybamm.models", ["study imports pybamm"]),
        ("study", "def f():\n    import matplotlib.pyplot", ["study imports matplotlib"]),
        ("study", "if TYPE_CHECKING:\n    import matplotlib.pyplot", []),
        ("units", "from dualion.errors import UnitError", []),
        ("cli", "from dualion.study.load import load", []),
        ("report", "from dualion.cli.main import main", ["report imports cli"]),
    ],
)
def test_the_rule_finds_what_it_should(part: str, program: str, found: list[str], linter: dict[str, Any]) -> None:
    assert violations(part, program, ranks(linter)) == found


def test_every_part_has_a_layer(source: Path, linter: dict[str, Any]) -> None:
    assert {part for part, _ in files(source)} <= set(ranks(linter))


def test_the_package_itself_imports_nothing(source: Path) -> None:
    assert imports(ast.parse((source / "__init__.py").read_text("utf-8"))) == ["importlib"]


def test_nothing_is_pickled(source: Path) -> None:
    for _, path in files(source):
        assert not {"pickle", "shelve", "marshal", "dill", "cloudpickle"} & set(imports(ast.parse(path.read_text("utf-8")))), path


def lines_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function without its docstring and decorators."""
    first = function.body[0]
    documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
    docstring = (first.end_lineno or 0) - first.lineno + 1 if documented else 0
    return (function.end_lineno or 0) - function.lineno + 1 - docstring


def test_functions_and_files_are_short(source: Path) -> None:
    long = []
    for path in sorted(source.rglob("*.py")):
        text = path.read_text("utf-8")
        if text.count("\n") > MOST_LINES_OF_A_FILE:
            long.append(f"{path.relative_to(source)}: {text.count(chr(10))} lines")
        functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
        long += [
            f"{path.relative_to(source)}: {one.name}: {lines_of(one)} lines"
            for one in functions
            if lines_of(one) > MOST_LINES_OF_A_FUNCTION
        ]
    assert long == []
