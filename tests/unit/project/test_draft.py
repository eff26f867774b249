"""The draft of a ``dualion.toml``: it loads as it stands, with every key taken out of its comment too, and hides nothing that it saw."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dualion.errors import SpecError, StoreError
from dualion.project.draft import draft, write_draft
from dualion.project.load import load
from dualion.project.reading import Reading
from dualion.project.roles import CellEntry, Role
from dualion.project.schema import ProjectFile
from dualion.records.files import validate


def test_a_draft_lists_every_file_with_what_it_is_and_what_to_fill_in(folder: Path, techniques: Any) -> None:
    told: list[tuple[int, int]] = []
    path = write_draft(folder, on_progress=lambda done, total, message: told.append((done, total)))
    text = path.read_text()
    written = tomllib.loads(text)
    assert [entry["path"] for entry in written["file"]] == [
        "a.csv", "b.csv", "cv_1mVs.par", "cv_2mVs.par", "eis-10degC.z", "eis-20degC.z", "eis-30degC.z", "g.csv",
    ]  # fmt: skip
    assert written["file"][4] == {"path": "eis-10degC.z", "cell": "eis", "temperature": "10 degC"}
    assert written["file"][2]["scan_rate"] == "1 mV/s"
    assert "# charge and discharge (plain), 12 rows, 11 s" in text
    assert "# could not be read: x.csv: line 1: the file is damaged." in text
    assert '# particle_radius = "1.8 um"' in text
    assert "# [options.gitt]" in text
    assert told[-1] == (10, 10)


def test_a_draft_loads_and_gives_the_roles_it_was_made_from(folder: Path, techniques: Any) -> None:
    before = {role.path: (role.temperature, role.scan_rate) for role in load(folder).roles}
    write_draft(folder)
    project = load(folder)
    assert project.written
    assert {role.path: (role.temperature, role.scan_rate) for role in project.roles} == before


def test_every_key_of_a_cell_may_be_taken_out_of_its_comment(folder: Path, techniques: Any) -> None:
    text = write_draft(folder).read_text()
    cell = text.split("[cell.a]\n")[1].split("\n\n")[0]
    keys = [line[2:] for line in cell.splitlines() if line.startswith("# ") and " = " in line]
    assert len(keys) > 8
    for key in keys:
        needs = 'kind = "half"\nworking = "anode"\n' if re.match("mass", key) else ""
        assert validate(ProjectFile, tomllib.loads(f"schema = 1\n[cell.a]\n{needs}{key}\n"), file="dualion.toml").cell["a"]


def test_cells_of_like_names_keep_apart_and_simulated_files_say_so() -> None:
    names = ("a b", "a-b", "ü")
    found = [
        (Role(f"{name}.csv", CellEntry(name, name)), Reading(f"{name}.csv", "gcd", "x", 1, "0", 3, (), simulated=True)) for name in names
    ]
    text = draft(found, title="t" * 300)
    file = validate(ProjectFile, tomllib.loads(text), file="dualion.toml")
    assert [entry.cell for entry in file.file] == ["a-b", "a-b-2", "cell"]
    assert text.count("# charge and discharge, simulated (x), 3 rows") == 3
    assert len(file.title or "") == 120


def test_a_draft_never_overwrites(folder: Path, techniques: Any) -> None:
    (folder / "dualion.toml").write_text("schema = 1\n")
    with pytest.raises(SpecError, match="is there already, and stays as it is"):
        write_draft(folder)
    assert (folder / "dualion.toml").read_text() == "schema = 1\n"


def test_a_folder_that_cannot_be_written_to_is_a_store_error(folder: Path, techniques: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, data: bytes) -> None:
        raise StoreError(f"{path}: cannot be written (no space left). Choose another folder, or free space in this one.")

    monkeypatch.setattr("dualion.project.draft.write_atomic", full)
    with pytest.raises(StoreError, match="cannot be written"):
        write_draft(folder)


@settings(max_examples=30)
@given(st.text(min_size=1, max_size=40).filter(lambda text: "\0" not in text and not any(0xD800 <= ord(one) < 0xE000 for one in text)))
def test_any_name_of_a_file_is_written_such_that_it_loads(name: str) -> None:
    role = Role(name, CellEntry(name, name), temperature=25.0)
    reading = Reading(name, "eis", "plain", 1, "0" * 64, 3, ("frequency_hertz",), (("frequency_hertz", 0.1, 10.0),), 5.0)
    text = draft([(role, reading)], title=name)
    file = validate(ProjectFile, tomllib.loads(text), file="dualion.toml")
    assert file.file[0].path == name
    assert file.file[0].cell in file.cell
