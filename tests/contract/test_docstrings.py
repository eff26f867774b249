"""Every public name is documented, and every numeric parameter carries its [unit].

A unit is one of the unit table, ``[1]`` for a pure number, ``[unit]`` for that of whatever is handed in, or the words "in the unit of
..." or "in ``name``". A record or function that has a field or argument ``unit`` has said it; so has a mapping from names, whose units
are those of the names. Counts (int) have none.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from dualion.errors import UnitError
from dualion.units import unit

_BRACKETED = re.compile(r"\[([^\[\]]+)\]")
# a parameter whose unit is that of something else says so in these words
_UNIT_OF_ANOTHER = re.compile(r"\b[Ii]n (the |its )?(``\w+``|units? of)|\b[Ii]n its (own )?unit\b|[Uu]nit of the field")
_NUMERIC = re.compile(r"^(?!mapping\b).*\b(float|ndarray|array)\b")
_ENTRY = re.compile(r"(?P<names>\*{0,2}\w+(, \*{0,2}\w+)*) : (?P<type>.+)")

#: Numbers whose unit stands once for the whole record, in the text that introduces them.
SAID_ONCE = {
    ("records/figure.py", "Series", "y_error"): "in the unit of the y axis, as y",
    ("records/figure.py", "Series", "y_upper"): "in the unit of the y axis, as y",
    ("records/figure.py", "Axis", "limits"): "in the unit of the axis",
    ("records/measurement.py", "Curve", "y_stderr"): "in the unit of the y axis, as y",
    ("records/cell.py", "Cell", "initial_sodiation"): "a share",
    ("records/material.py", "PotentialTable", "fraction"): "a share",
    ("study/types.py", "Verdict", "deviation"): "relative",
}

Public = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def public(tree: ast.Module) -> Iterator[tuple[str, Public]]:
    """Public functions, classes and methods of a module, with their qualified names."""
    for node in tree.body:
        if isinstance(node, Public) and not node.name.startswith("_"):
            yield node.name, node
            if isinstance(node, ast.ClassDef):
                for inner in node.body:
                    if isinstance(inner, ast.FunctionDef) and not inner.name.startswith("_"):
                        yield f"{node.name}.{inner.name}", inner


def parameters(docstring: str) -> dict[str, tuple[str, str]]:
    """Entries of the numpy-style section Parameters: name -> (type, description)."""
    sections = re.split(r"\n(\w[\w ]*)\n-{3,}\n", f"\n{docstring}")
    text = dict(zip(sections[1::2], sections[2::2], strict=True)).get("Parameters", "")
    found: dict[str, tuple[str, str]] = {}
    names: list[str] = []
    for line in text.splitlines():
        entry = _ENTRY.fullmatch(line)
        if entry:
            names = [name.strip("* ") for name in entry["names"].split(",")]
            found |= dict.fromkeys(names, (entry["type"], ""))
        elif line.startswith(" "):
            found |= {name: (found[name][0], f"{found[name][1]} {line.strip()}") for name in names}
    return found


def has_unit(text: str) -> bool:
    """Whether a unit of the unit table stands in brackets, or the text says whose unit it is."""
    for bracketed in _BRACKETED.findall(text):
        if bracketed == "unit":
            return True
        try:
            unit(bracketed.split(" per ")[0])
        except UnitError:
            continue
        return True
    return bool(_UNIT_OF_ANOTHER.search(text))


def fields_of(node: Public) -> set[str]:
    """Names of the annotated fields of a class, or of the arguments of a function."""
    if isinstance(node, ast.ClassDef):
        return {one.target.id for one in node.body if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name)}
    return {one.arg for one in [*node.args.args, *node.args.kwonlyargs]}


def without_unit(node: Public, docstring: str) -> list[str]:
    """Numeric parameters of a function or class whose documentation has no unit."""
    documented = parameters(docstring)
    if "unit" in documented or "unit" in fields_of(node):
        return []
    missing = [name for name, (kind, text) in documented.items() if _NUMERIC.search(kind) and not has_unit(f"{kind} {text}")]
    if isinstance(node, ast.FunctionDef):
        arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        numeric = [one.arg for one in arguments if one.annotation is not None and ast.unparse(one.annotation) == "float"]
        if not has_unit(docstring):
            missing += [name for name in numeric if name not in documented]
    return missing


@cache
def modules(source: Path) -> list[tuple[str, ast.Module]]:
    return [(path.relative_to(source).as_posix(), ast.parse(path.read_text("utf-8"))) for path in sorted(source.rglob("*.py"))]


def test_every_public_name_is_documented(source: Path) -> None:
    bare = [name for name, tree in modules(source) if not ast.get_docstring(tree)]
    bare += [f"{name}: {qualified}" for name, tree in modules(source) for qualified, node in public(tree) if not ast.get_docstring(node)]
    assert bare == []


def test_every_numeric_parameter_carries_its_unit(source: Path) -> None:
    missing = [
        f"{name}: {qualified}: {parameter}"
        for name, tree in modules(source)
        for qualified, node in public(tree)
        for parameter in without_unit(node, ast.get_docstring(node) or "")
        if (name, qualified, parameter) not in SAID_ONCE
    ]
    assert missing == []


def test_exceptions_are_still_there(source: Path) -> None:
    known = {(name, qualified) for name, tree in modules(source) for qualified, _ in public(tree)}
    assert {entry[:2] for entry in SAID_ONCE} <= known


DOCUMENTED = '''
def rate(current, mass):
    """Rate.

    Parameters
    ----------
    current : float
        {current}
    mass : float, optional
        Of the electrode [mg].
    """
'''


@pytest.mark.parametrize(
    ("text", "missing"),
    [("Of the cell [mA].", []), ("In ``unit``.", []), ("Of the cell.", ["current"]), ("Of the cell [furlong].", ["current"])],
)
def test_the_rule_finds_what_it_should(text: str, missing: list[str]) -> None:
    node = ast.parse(DOCUMENTED.format(current=text)).body[0]
    assert isinstance(node, ast.FunctionDef)
    assert without_unit(node, ast.get_docstring(node) or "") == missing


def test_an_undocumented_float_is_found() -> None:
    node = ast.parse('def current(self, rate: float) -> float:\n    """Current of a rate."""').body[0]
    assert isinstance(node, ast.FunctionDef)
    assert without_unit(node, "Current of a rate.") == ["rate"]
    assert without_unit(node, "[A] of a rate.") == []
