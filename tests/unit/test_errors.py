from __future__ import annotations

import inspect
import pickle
import re

import pytest

from dualion import errors
from dualion.cli.output import exit_code_of

ALL = [one for _, one in inspect.getmembers(errors, inspect.isclass) if issubclass(one, Exception)]


def test_the_tree_is_the_one_drawn_at_the_top() -> None:
    drawn: dict[str, int] = {}
    parents: list[str] = []
    tree: dict[str, str] = {}
    for line in (errors.__doc__ or "").splitlines():
        found = re.match(r"    ([|' -]*)([A-Z]\w+)", line)
        if found:
            depth = len(found[1]) // 3
            parents = [*parents[:depth], found[2]]
            drawn[found[2]] = depth
            tree[found[2]] = parents[-2] if depth else "Exception"
    assert tree == {one.__name__: one.__bases__[0].__name__ for one in ALL}


@pytest.mark.parametrize("error", ALL, ids=lambda one: one.__name__)
def test_exit_code_is_1_for_models_and_2_for_the_rest(error: type[errors.DualionError]) -> None:
    arguments = {
        errors.ReadError: ("a.csv", "line 1", "empty"),
        errors.CoverageError: ("fit", 3, 1),
        errors.MissingDependency: ("pybamm", "cells"),
    }
    raised = error(*arguments.get(error, ("what went wrong",)))
    assert exit_code_of(raised) == (1 if issubclass(error, errors.ModelError) else 2)


def test_read_error_names_file_position_reason_and_hint() -> None:
    error = errors.ReadError("a.nda", "byte 0x40", "not a record", "Export it anew.")
    assert str(error) == "a.nda: byte 0x40: not a record. Export it anew."
    assert str(errors.ReadError("a.nda", "line 2", "empty")) == "a.nda: line 2: empty."


def test_spec_error_shows_twenty_problems_and_counts_the_rest() -> None:
    error = errors.SpecError([f"problem {position}" for position in range(23)])
    lines = str(error).splitlines()
    assert lines[:2] == ["problem 0", "problem 1"]
    assert lines[19:] == ["problem 19", "and 3 more"]
    assert len(error.problems) == 23
    assert str(errors.SpecError("one")) == "one"
    assert "more" not in str(errors.SpecError(["x"] * 20))


def test_coverage_error_names_the_numbers() -> None:
    error = errors.CoverageError("An Arrhenius fit", 3, 2)
    assert str(error) == "An Arrhenius fit needs at least 3 and has 2."
    assert (error.needed, error.found) == (3, 2)


def test_missing_dependency_names_the_command_that_installs_it() -> None:
    assert str(errors.MissingDependency("pybamm", "cells")).endswith('Install it with: pip install "dualion[cells]"')


def test_solve_error_keeps_what_was_computed() -> None:
    assert errors.PartialSolutionError("stopped at step 3", partial=[1, 2]).partial == [1, 2]
    assert errors.SolveError("no start").partial is None


@pytest.mark.parametrize(
    "error",
    [
        errors.SpecError(["first", "second"]),
        errors.ReadError("a.nda", "byte 0x40", "not a record", "Export it anew."),
        errors.CoverageError("fit", 3, 1),
        errors.MissingDependency("gpaw", "", "Install it yourself."),
        errors.SolveError("stopped", partial=2.0),
    ],
    ids=lambda one: type(one).__name__,
)
def test_an_error_comes_back_whole_from_a_worker_process(error: errors.DualionError) -> None:
    back = pickle.loads(pickle.dumps(error))
    assert (type(back), str(back), vars(back)) == (type(error), str(error), vars(error))
