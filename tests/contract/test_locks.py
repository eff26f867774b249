"""The locks: every requirement pinned and hashed, nothing of the machine they were made on, nothing missing."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

LOCKS = ("requirements.lock", "requirements-dev.lock")
PYTHONS = ("3.11.0", "3.12.0", "3.13.0")
_HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


@pytest.fixture(scope="module")
def project(root: Path) -> dict[str, Any]:
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))


def entries(path: Path) -> list[str]:
    """Logical lines of a lock: each requirement with its hashes."""
    return [line for line in path.read_text(encoding="utf-8").replace("\\\n", " ").splitlines() if line.strip()]


def problems(lines: list[str]) -> list[str]:
    """What is wrong with each line of a lock."""
    found = []
    for line in lines:
        requirement, *hashes = re.split(r"\s+(?=--)", line.strip())
        if not hashes or not all(_HASH.fullmatch(one) for one in hashes):
            found.append(f"not hashed: {line[:60]}")
        if not re.fullmatch(r"[A-Za-z0-9_.-]+==[A-Za-z0-9_.!+-]+( ; .+)?", requirement):
            found.append(f"not pinned by name: {line[:60]}")
        if re.search(r"https?:|file:|\s@\s|/|#|^-", requirement):
            found.append(f"an address, a path or a comment: {line[:60]}")
    return found


def pins(path: Path) -> dict[str, list[Requirement]]:
    parsed = [Requirement(re.split(r"\s+--hash", line)[0].strip()) for line in entries(path)]
    named: dict[str, list[Requirement]] = {}
    for requirement in parsed:
        named.setdefault(canonicalize_name(requirement.name), []).append(requirement)
    return named


def applicable(pinned: list[Requirement], python: str) -> list[Version]:
    environment = {
        "python_version": python.rpartition(".")[0], "python_full_version": python, "sys_platform": "linux", "platform_system": "Linux",
        "platform_python_implementation": "CPython", "implementation_name": "cpython", "platform_machine": "x86_64", "os_name": "posix",
    }  # fmt: skip
    return [Version(next(iter(one.specifier)).version) for one in pinned if one.marker is None or one.marker.evaluate(environment)]


@pytest.mark.parametrize("lock", LOCKS)
def test_every_line_is_pinned_hashed_and_without_an_address(root: Path, lock: str) -> None:
    lines = entries(root / lock)
    assert len(lines) > 100
    assert problems(lines) == []


@pytest.mark.parametrize(
    "line",
    [
        "numpy==2.4.6",
        "numpy>=2 --hash=sha256:" + "0" * 64,
        "numpy==2.4.6 --hash=md5:" + "0" * 32,
        "--index-url https://example.org/simple",
        "--find-links wheels",
        "-e .",
        "numpy @ file:///tmp/numpy.whl --hash=sha256:" + "0" * 64,
        "# made with a tool in /tmp",
    ],
)
def test_a_bad_line_is_found(line: str) -> None:
    assert problems([line])


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("lock", LOCKS)
def test_every_dependency_of_the_project_is_locked_at_a_version_it_allows(
    root: Path, project: dict[str, Any], lock: str, python: str
) -> None:
    extras = project["project"]["optional-dependencies"]
    wanted = list(project["project"]["dependencies"])
    for extra, requirements in extras.items():
        if extra != "dev" or lock == "requirements-dev.lock":
            wanted += [one for one in requirements if not one.startswith("dualion[")]
    locked = pins(root / lock)
    for text in wanted:
        requirement = Requirement(text)
        versions = applicable(locked.get(canonicalize_name(requirement.name), []), python)
        assert len(versions) == 1, f"{requirement.name} for Python {python}: {versions}"
        assert versions[0] in requirement.specifier, f"{requirement} has {versions[0]}"


def test_the_build_back_end_is_locked(root: Path, project: dict[str, Any]) -> None:
    for text in project["build-system"]["requires"]:
        requirement = Requirement(text)
        for lock in LOCKS:
            assert all(version in requirement.specifier for version in applicable(pins(root / lock)[requirement.name], "3.11.0"))


def test_both_locks_have_the_same_versions(root: Path) -> None:
    base, dev = (pins(root / lock) for lock in LOCKS)
    assert {name: [str(one) for one in base[name]] for name in base} == {name: [str(one) for one in dev[name]] for name in base}


def test_the_extra_all_has_every_extra_that_users_choose(project: dict[str, Any]) -> None:
    extras = project["project"]["optional-dependencies"]
    named = set(Requirement(extras["all"][0]).extras)
    assert named == set(extras) - {"all", "dev", "build"}


def test_no_dependency_of_the_gpl_family(root: Path) -> None:
    assert not set(pins(root / "requirements.lock")) & {"galvani", "yadg", "pyimpspec", "rampy", "mcsas3", "xrayutilities"}
