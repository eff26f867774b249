"""What is installed: every data file is in the wheel, and the wheel is small."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

LARGEST = 3 * 1024**2  # [byte]

BUILD = "import os, sys, setuptools.build_meta as backend; os.chdir(sys.argv[1]); print(backend.build_wheel(sys.argv[2]))"


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy, out = tmp_path_factory.mktemp("project"), tmp_path_factory.mktemp("wheel")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(root / name, copy)
    shutil.copytree(root / "src" / "dualion", copy / "src" / "dualion", ignore=shutil.ignore_patterns("__pycache__"))
    done = subprocess.run([sys.executable, "-c", BUILD, str(copy), str(out)], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return next(out.glob("*.whl"))


def test_every_file_of_the_package_is_in_the_wheel(wheel: Path, source: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if name.startswith("dualion/")}
    there = {
        f"dualion/{path.relative_to(source).as_posix()}" for path in source.rglob("*") if path.is_file() and "__pycache__" not in path.parts
    }
    assert packed == there


def test_the_wheel_is_small_and_has_the_version_and_the_command(wheel: Path) -> None:
    import dualion

    assert wheel.stat().st_size < LARGEST
    assert wheel.name == f"dualion-{dualion.__version__}-py3-none-any.whl"
    with zipfile.ZipFile(wheel) as archive:
        entry = next(name for name in archive.namelist() if name.endswith("entry_points.txt"))
        assert "dualion = dualion.cli.main:main" in archive.read(entry).decode()
        assert any(name.endswith("LICENSE") for name in archive.namelist())
