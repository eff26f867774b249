"""Athena projects: groups, settings, damage, and Perl that nobody runs."""

from __future__ import annotations

import gzip
import json

import pytest

from dualion.errors import ReadError
from dualion.readers import read_all_bytes, read_bytes
from dualion.records.quantity import Quantity

GROUP = (
    "$old_group = '{name}';\n@args = ('label','{label}','is_xmu','1','bkg_eshift','{shift}');\n"
    "@x = ('1.0','2.0','3.0');\n@y = ({y});\n[record]   #\n\n"
)
HEAD, END = "# Athena project file -- Demeter version 0.9.26\n# Using Demeter\n\n", "@journal = ('');\n\n1;\n"


def project(*labels: str, shift: str = "0", y: str = "'0.1','0.2','0.3'", head: str = HEAD, end: str = END) -> bytes:
    groups = "".join(GROUP.format(name=f"g{number}", label=label, shift=shift, y=y) for number, label in enumerate(labels))
    return (head + groups + end).encode()


def test_groups_are_regions() -> None:
    found = read_all_bytes(gzip.compress(project("Zn foil", "ZnO")), "p.prj")
    assert [one.region for one in found] == ["Zn foil", "ZnO"]
    assert found[0].table["photon_energy_electronvolt"].to_list() == [1.0, 2.0, 3.0]
    assert found[1].table["mu"].to_list() == [0.1, 0.2, 0.3]
    assert {one.technique for one in found} == {"xafs"}


def test_one_group_needs_no_choice() -> None:
    found = read_bytes(project("Zn foil"), "p.prj")
    assert found.region == ""
    assert found.conditions["title"] == "Zn foil"


def test_a_region_is_chosen_by_its_label() -> None:
    assert read_bytes(project("Zn foil", "ZnO"), "p.prj", region="ZnO").conditions["title"] == "ZnO"


def test_a_shift_is_told_and_not_added() -> None:
    found = read_bytes(project("Zn foil", shift="0.75"), "p.prj")
    assert found.table["photon_energy_electronvolt"][0] == 1.0
    assert found.conditions["energy_shift"] == Quantity(0.75, "eV", rule="as Athena has it; not applied")
    assert "energy_shift_not_applied" in {flag.code for flag in found.flags}


def test_quotes_brackets_and_backslashes_in_texts() -> None:
    found = read_bytes(project(r"it\'s (a) [b]; @x = 1 \\ end"), "p.prj")
    assert found.conditions["title"] == r"it's (a) [b]; @x = 1 \ end"


def test_lists_over_several_lines_and_plain_numbers() -> None:
    found = read_bytes(project("a", y="\n 0.1,\n 2e-1,\n '0.3',\n"), "p.prj")
    assert found.table["mu"].to_list() == [0.1, 0.2, 0.3]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (project("a", y="'0.1','0.2'"), "3 energies and 2 absorptions"),
        (project("a", y="'0.1','0.2','x'"), "not a number"),
        (project("a", y="system('rm -r .')"), "a list is damaged"),
        (project("a", y="'0.1','0.2"), "a list is damaged"),
        (HEAD.encode() + END.encode(), "none of its 0 groups"),
        (project("a").replace(b"[record]", b"#"), "none of its 0 groups"),
    ],
)
def test_damage_is_refused(data: bytes, said: str) -> None:
    with pytest.raises(ReadError, match=said):
        read_bytes(data, "p.prj")


def test_chi_alone_is_no_absorption() -> None:
    with pytest.raises(ReadError, match="none of its 1 groups"):
        read_bytes(project("a").replace(b"is_xmu", b"is_chi"), "p.prj")


def test_a_project_without_its_end_is_told() -> None:
    found = read_all_bytes(project("a", "b", end=""), "p.prj")
    assert all("truncated" in {flag.code for flag in one.flags} for one in found)


def test_json_of_newer_versions() -> None:
    group = {"args": {"label": "a", "is_xanes": "1"}, "x": ["1.0", "2.0"], "y": ["0.1", 0.2]}
    text = json.dumps(
        {
            "_____header1": "# Athena project file -- Demeter version 0.9.27",
            "g1": group,
            "g2": {**group, "args": {"label": "b", "is_xmu": 1}},
        }
    )
    assert [one.region for one in read_all_bytes(text.encode(), "p.prj")] == ["a", "b"]
    with pytest.raises(ReadError, match="JSON"):
        read_bytes(text[:-4].encode(), "p.prj")


@pytest.mark.slow
def test_a_bomb_is_refused() -> None:
    """Decompression is bounded: 64 MB of one sign come from a file of 60 kB."""
    bomb = gzip.compress(HEAD.encode() + b"#" * 64_000_000)
    with pytest.raises(ReadError, match="times"):
        read_bytes(bomb, "p.prj")


@pytest.mark.parametrize("text", ["'" + "\\'" * 50_000, "[" * 50_000, "'a'," * 50_000, " " * 50_000])
def test_long_lists_do_not_hang(text: str) -> None:
    with pytest.raises(ReadError):
        read_bytes(project("a", y=text).replace(b"[record]", b""), "p.prj")
