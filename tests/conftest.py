"""Fixtures for every test: folders of the project, the command line in this process, a fresh Python."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import settings

# the same examples on every run and machine, and no clock
settings.register_profile("dualion", deadline=None, derandomize=True)
settings.load_profile("dualion")

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def root() -> Path:
    """Folder of the project."""
    return ROOT


@pytest.fixture(scope="session")
def source() -> Path:
    """Folder of the package."""
    return ROOT / "src" / "dualion"


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder of the reference data beside the project; the test is skipped where it is absent."""
    folder = ROOT.parent / "shared"
    if not (folder / "reference").is_dir():
        pytest.skip("the reference data (../shared) are not beside this checkout")
    return folder


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str


@pytest.fixture
def dualion(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Run the command line in this process."""
    from dualion.cli.main import main

    def run(*arguments: str) -> Ran:
        capsys.readouterr()
        code = main(arguments)
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    return run


@pytest.fixture(scope="session")
def fresh_python() -> Callable[..., str]:
    """Run a program in a fresh Python without the variables of this one, and return what it prints."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("COV_", "COVERAGE_"))}
    environment["PYTHONPATH"] = str(ROOT / "src")

    def run(program: str, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", program, *arguments], env=environment, capture_output=True, text=True, timeout=60, check=True
        )
        return done.stdout

    return run
