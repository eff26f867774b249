"""Structures to text and back, and files of others."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dualion.atoms.building.flake import Cut, flake
from dualion.atoms.building.motifs import motif
from dualion.atoms.building.place import Composition, placed, rotation
from dualion.atoms.building.species import bundled
from dualion.atoms.engines.base import Energy
from dualion.atoms.export import FORMATS, exported, extxyz, graft, poscar, read_structure
from dualion.atoms.structure import Structure
from dualion.errors import DualionError, ReadError, SpecError

BENZENE = Cut(3.0, 3.0, "ring")


@cache
def carbon() -> Structure:
    return motif(flake(Cut(7.5, 7.2, "ring")), "oxN_ac")


def state(seed: int, count: int, *, on_carbon: bool = True) -> Structure:
    ethylene_carbonate = bundled()["EC"]
    composition = Composition(carbon() if on_carbon else None, "Na", (ethylene_carbonate,) * count, 1)
    return placed(composition, np.random.default_rng(seed))


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def same(first: Structure, second: Structure, tolerance: float) -> bool:
    if first.site is not None and second.site is not None:
        sites = (first.site.atom, first.site.mode) == (second.site.atom, second.site.mode)
        sites = sites and np.allclose(first.site.outward, second.site.outward, atol=1e-8)
    else:
        sites = first.site is second.site
    return bool(
        sites
        and np.array_equal(first.numbers, second.numbers)
        and np.array_equal(first.parts, second.parts)
        and (first.charge, first.multiplicity, first.labels) == (second.charge, second.multiplicity, second.labels)
        and np.abs(first.positions - second.positions).max() <= tolerance
    )


# --- round trip ---------------------------------------------------------------------------------------------------------------


@settings(max_examples=10)
@given(st.integers(0, 1000), st.integers(0, 2), st.booleans(), st.sampled_from(sorted(FORMATS)))
def test_reading_gives_the_structure_back_and_writing_it_again_the_bytes(
    tmp_path_factory: pytest.TempPathFactory, seed: int, count: int, on_carbon: bool, form: str
) -> None:
    before = state(seed, count, on_carbon=on_carbon)
    text = exported(before, form)
    after = read_structure(written(tmp_path_factory.mktemp("files"), f"state{FORMATS[form]}", text))
    assert same(before, after, 1.1e-8)
    assert exported(after, form) == text
    assert exported(before, form) == text


def test_the_lines_of_extended_xyz() -> None:
    lines = extxyz(motif(flake(), "oxN_zz")).splitlines()
    assert lines[0] == "68"
    assert lines[1] == (
        'Properties=species:S:1:pos:R:3:part:I:1 charge=0 multiplicity=1 labels="carbon" '
        'site="67 edge 0.00000000 1.00000000 0.00000000" pbc="F F F"'
    )
    assert lines[2].split() == ["C", "-2.45951215", "-5.68000000", "0.00000000", "1"]
    assert "-0.00000000" not in "".join(lines)


@pytest.mark.slow
def test_energy_and_forces_stand_where_ase_reads_them(tmp_path: Path) -> None:
    reader = pytest.importorskip("ase.io", reason="needs the extra [atoms]")
    made = flake(BENZENE)
    forces = np.arange(3.0 * len(made)).reshape(-1, 3) / 7.0
    path = written(tmp_path, "a.extxyz", extxyz(made, Energy(-423.123456789, forces)))
    atoms = reader.read(path)
    assert atoms.get_potential_energy() == pytest.approx(-423.12345679, abs=1e-9)
    assert atoms.get_forces() == pytest.approx(forces, abs=1e-8)
    assert same(read_structure(path), made, 1e-8)


@pytest.mark.slow
@pytest.mark.parametrize("form", sorted(FORMATS))
def test_ase_reads_what_is_written_and_what_ase_writes_is_read(tmp_path: Path, form: str) -> None:
    ase_io = pytest.importorskip("ase.io", reason="needs the extra [atoms]")
    before = state(3, 2)
    atoms = ase_io.read(written(tmp_path, f"a{FORMATS[form]}", exported(before, form)))
    assert atoms.get_chemical_formula() == before.ase().get_chemical_formula()
    distances = np.linalg.norm(before.positions[:, None] - before.positions[None], axis=2)
    assert np.sort(atoms.get_all_distances().ravel()) == pytest.approx(np.sort(distances.ravel()), abs=1e-7)
    bare = type(atoms)(numbers=atoms.numbers, positions=atoms.positions, cell=atoms.cell, pbc=atoms.pbc)
    ase_io.write(tmp_path / f"b{FORMATS[form]}", bare, format="vasp" if form == "poscar" else "extxyz")
    after = read_structure(tmp_path / f"b{FORMATS[form]}", charge=1, multiplicity=1)
    assert sorted(after.labels) == sorted(before.labels)
    for label in set(before.labels):
        sizes = [sorted(len(one.atoms_of(part)) for part in one.part(label)) for one in (before, after)]
        assert sizes[0] == sizes[1]


def test_a_name_with_spaces_and_quotation_marks_comes_back(tmp_path: Path) -> None:
    made = flake(BENZENE)
    named = Structure(made.numbers, made.positions, 0, 1, ('C1=CC"=C C\\C 100%',), made.parts)
    assert read_structure(written(tmp_path, "a.extxyz", extxyz(named))).labels == named.labels


# --- box of a POSCAR ----------------------------------------------------------------------------------------------------------


def test_a_poscar_groups_the_elements_in_the_middle_of_its_box() -> None:
    lines = poscar(state(0, 1)).splitlines()
    assert float(lines[2].split()[0]) == 30.0
    assert (len(lines[5].split()), len(set(lines[5].split()))) == (5, 5)
    places = np.array([[float(value) for value in line.split()[:3]] for line in lines[8:]])
    assert (places.min(axis=0) + places.max(axis=0)) / 2 == pytest.approx(15.0, abs=0.006)
    symbols = [line.split()[3] for line in lines[8:]]
    expected = [name for name, count in zip(lines[5].split(), lines[6].split(), strict=True) for _ in range(int(count))]
    assert symbols == expected


def test_a_long_structure_has_a_larger_box_and_none_has_one_that_is_too_small() -> None:
    long = flake(Cut(26.0, 5.0, "ring"))
    width = float(np.ptp(long.positions[:, 0]))
    edge = float(poscar(long).splitlines()[2].split()[0])
    assert width + 12.0 <= edge < width + 13.0
    with pytest.raises(SpecError, match="box: 10 angstrom do not hold"):
        poscar(long, box=10.0)


def test_other_formats_are_refused() -> None:
    with pytest.raises(SpecError, match=r'"cif" is not a format of structures. Write one of extxyz, poscar'):
        exported(flake(BENZENE), "cif")


# --- files of others ----------------------------------------------------------------------------------------------------------

HYDROGEN = "2\nhydrogen\nH 0 0 0\nH 0 0 0.74\n"
CELL = "c\n1.0\n10 0 0\n0 10 0\n0 0 10\nH\n2\n"


def test_charge_and_multiplicity_must_be_said_once(tmp_path: Path) -> None:
    path = written(tmp_path, "a.xyz", HYDROGEN)
    with pytest.raises(SpecError, match=r"charge: a.xyz does not say it"):
        read_structure(path)
    with pytest.raises(SpecError, match=r"multiplicity: a.xyz does not say it. Give it; 2 is the lowest"):
        read_structure(path, charge=1)
    assert read_structure(path, charge=0, multiplicity=3).multiplicity == 3
    with pytest.raises(SpecError, match="2 does not go with 2 electrons"):
        read_structure(path, charge=0, multiplicity=2)
    said = written(tmp_path, "b.xyz", HYDROGEN.replace("hydrogen", "charge=1 multiplicity=2"))
    assert (read_structure(said).charge, read_structure(said).multiplicity) == (1, 2)
    with pytest.raises(SpecError, match=r"charge: b\.xyz says 1, and 0 is given"):
        read_structure(said, charge=0)


@pytest.mark.parametrize(
    "text",
    [
        CELL + "Direct\n0.95 0.5 0.5\n0.024 0.5 0.5\n",
        CELL + "Selective dynamics\nCartesian\n9.5 5 5 T T T\n0.24 5 5 F F F\n",
        CELL.replace("1.0", "-8000") + "Direct\n0.95 0.5 0.5\n0.987 0.5 0.5\n",
        CELL.replace("1.0", "2.0") + "Cartesian\n9.75 5 5\n0.12 5 5\n",
        CELL.replace("1.0", "2 1 1") + "Cartesian\n9.75 5 5\n0.12 5 5\n",
        CELL.replace("H\n", "H_h/1a2b\n") + "Direct\n0.95 0.5 0.5\n0.024 0.5 0.5\n",
    ],
    ids=["direct", "selective", "volume", "scale", "three-scales", "potential-names"],
)
def test_poscars_of_others_are_put_together_over_the_borders(tmp_path: Path, text: str) -> None:
    found = read_structure(written(tmp_path, "POSCAR", text), charge=0, multiplicity=1)
    assert np.linalg.norm(found.positions[1] - found.positions[0]) == pytest.approx(0.74, abs=1e-9)
    assert found.labels == ("H2",)


@settings(max_examples=5)
@given(st.tuples(*[st.floats(0.0, 1.0)] * 3))
def test_a_cluster_cut_by_the_borders_of_its_cell_is_whole_again(
    tmp_path_factory: pytest.TempPathFactory, shift: tuple[float, float, float]
) -> None:
    before = state(1, 1)
    shares = (before.positions / 30.0 + shift) % 1.0
    order = np.argsort(before.numbers, kind="stable")
    kinds, counts = np.unique(before.numbers, return_counts=True)
    head = f"c\n1\n30 0 0\n0 30 0\n0 0 30\n{' '.join(map(str, kinds))}\n{' '.join(map(str, counts))}\nDirect\n"
    head = head.replace("\n1 6 7 8 11\n", "\nH C N O Na\n")
    path = written(
        tmp_path_factory.mktemp("cells"), "CONTCAR", head + "\n".join(" ".join(map(repr, map(float, shares[i]))) for i in order) + "\n"
    )
    after = read_structure(path, charge=1, multiplicity=1)
    first = np.linalg.norm(before.positions[order][:, None] - before.positions[order][None], axis=2)
    second = np.linalg.norm(after.positions[:, None] - after.positions[None], axis=2)
    assert np.abs(first - second).max() < 1e-8
    assert after.labels == ("carbon", "Na", "EC")


def test_a_periodic_sheet_is_refused(tmp_path: Path) -> None:
    edge = 1.42 * np.sqrt(3.0)
    text = f"graphene\n1.0\n{edge} 0 0\n0 {1.42 * 3} 0\n0 0 15\nC\n4\nDirect\n0 0 0\n0.5 0.16666667 0\n0.5 0.5 0\n0 0.66666667 0\n"
    with pytest.raises(ReadError, match="bonds go on through the borders of its cell"):
        read_structure(written(tmp_path, "POSCAR", text), charge=0, multiplicity=1)


@pytest.mark.parametrize(
    ("name", "text", "line", "said"),
    [
        ("a.xyz", HYDROGEN.replace("H 0 0 0.74", "H 0 0 0.1"), 4, "its atom overlaps with that of line 3"),
        ("a.xyz", HYDROGEN.replace("H 0 0 0\n", "Q 0 0 0\n"), 3, '"Q" is not an element up to Bi'),
        ("a.xyz", HYDROGEN.replace("H 0 0 0\n", "92 0 0 0\n"), 3, '"92" is not an element up to Bi'),
        ("a.xyz", HYDROGEN.replace("0.74", "0,74"), 4, '"0 0 0,74" are not three coordinates'),
        ("a.xyz", HYDROGEN.replace("0.74", "nan"), 4, "are not three coordinates"),
        ("a.xyz", HYDROGEN.replace(" 0.74", ""), 4, '"H 0 0" is not an element with three coordinates'),
        ("a.xyz", HYDROGEN.replace("2\n", "3\n", 1), 5, "is not an element with three coordinates"),
        ("a.xyz", HYDROGEN.replace("2\n", "4\n", 1), 5, "is not an element with three coordinates"),
        ("a.xyz", HYDROGEN.replace("2\n", "1\n", 1), 4, "there is more than the 1 atoms of line 1"),
        ("a.xyz", HYDROGEN.replace("2\n", "two\n", 1), 1, '"two" is not a whole number above 0'),
        ("a.xyz", HYDROGEN.replace("2\n", "99999\n", 1), 1, "99999 atoms are more than 2000"),
        ("a.xyz", HYDROGEN.replace("hydrogen", "Properties=pos:R:3"), 2, "names no species or no pos"),
        ("a.xyz", HYDROGEN.replace("hydrogen", "Properties=species:Q:1"), 2, "does not describe columns"),
        ("a.xyz", HYDROGEN.replace("hydrogen", 'Lattice="1 0 0 0 1"'), 2, "its Lattice is not nine numbers"),
        ("a.xyz", HYDROGEN.replace("hydrogen", 'Lattice="1 0 0 2 0 0 0 0 1"'), 2, "its edges do not span a cell"),
        ("a.xyz", HYDROGEN.replace("hydrogen", "charge=half"), 2, 'charge="half" is not a whole number'),
        ("a.xyz", HYDROGEN.replace("hydrogen", 'site="3 edge 0 1 0"'), 2, "site names atom 3 of 2"),
        ("a.xyz", HYDROGEN.replace("hydrogen", 'site="1 above 0 1 0"'), 2, "is not an atom, basal or edge, and a direction"),
        ("a.xyz", HYDROGEN.replace("hydrogen", 'site="1 edge 0 0 0"'), 2, "is not a direction of length one"),
        ("POSCAR", CELL.replace("H\n", ""), 6, "the elements are not named (an old POSCAR)"),
        ("POSCAR", CELL + "Fractional\n", 8, '"Fractional" is neither Cartesian nor Direct'),
        ("POSCAR", CELL + "Direct\n0 0 0\n", 10, "are not three coordinates"),
        ("POSCAR", CELL.replace("0 10 0", "0 10"), 4, "are not three coordinates"),
        ("POSCAR", CELL.replace("0 10 0", "20 0 0") + "Direct\n", 3, "do not span a cell"),
        ("POSCAR", CELL.replace("1.0", "0"), 2, '"0" is no scale'),
        ("POSCAR", CELL.replace("H\n2", "H\n1 1"), 7, "2 numbers of atoms stand below 1 elements"),
        ("notes.txt", "Dear all,\nhere is the structure\n", 1, "neither the number of atoms of XYZ nor the comment of a POSCAR"),
        ("a.xyz", "\n \n", 1, "the file is empty"),
    ],
)  # fmt: skip
def test_broken_files_are_refused_with_their_line(tmp_path: Path, name: str, text: str, line: int, said: str) -> None:
    with pytest.raises(ReadError) as refused:
        read_structure(written(tmp_path, name, text), charge=0, multiplicity=1)
    assert (refused.value.file, refused.value.position) == (name, f"line {line}")
    assert said in refused.value.reason


def test_parts_that_do_not_fit_their_names_are_refused(tmp_path: Path) -> None:
    text = extxyz(state(0, 1)).replace('labels="carbon Na EC"', 'labels="carbon Na"')
    with pytest.raises(ReadError, match="the atoms do not belong to the 2 parts that labels names"):
        read_structure(written(tmp_path, "a.extxyz", text))


def test_files_that_are_no_text_or_not_there_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.xyz").write_bytes(b"2\nab\n\xff\xfe\x00")
    with pytest.raises(ReadError, match="line 3: it is not text"):
        read_structure(tmp_path / "a.xyz")
    with pytest.raises(ReadError, match="it cannot be opened"):
        read_structure(tmp_path / "nothing.xyz")


@settings(max_examples=40)
@given(st.sampled_from(sorted(FORMATS)), st.integers(0, 2000), st.integers(0, 40), st.text('0123456789.-+eECHNaO \n\t"=:TF%', max_size=12))
def test_whatever_is_damaged_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, form: str, begin: int, removed: int, put_in: str
) -> None:
    text = exported(motif(flake(Cut(5.0, 3.0, "bond")), "graphitic"), form)
    place = begin % len(text)
    path = written(tmp_path_factory.getbasetemp(), f"damaged{FORMATS[form]}", text[:place] + put_in + text[place + removed :])
    try:
        assert len(read_structure(path)) >= 1
    except DualionError as refused:
        assert str(refused).endswith((".", "?"))  # noqa: PT017  the sentence that says what to do


# --- graft --------------------------------------------------------------------------------------------------------------------


def test_a_graft_has_its_site_with_a_direction_of_length_one(tmp_path: Path) -> None:
    made = motif(flake(Cut(5.0, 7.2, "bond")), "pyridinic_ac")
    site = made.site
    assert site is not None
    path = written(tmp_path, "own.xyz", extxyz(made).replace(' site="', ' was="'))
    outward = tuple(7.5 * value for value in site.outward)
    grafted = graft(path, site.atom, outward)
    assert same(grafted, made, 1e-8)
    above = graft(path, site.atom, (0.0, 0.0, -2.0)).site
    assert above is not None
    assert (above.mode, above.outward) == ("basal", (0.0, 0.0, -1.0))


def test_a_graft_that_stands_upright_knows_its_plane(tmp_path: Path) -> None:
    made = flake(Cut(5.0, 7.2, "bond"))
    upright = made.moved(made.positions @ rotation(np.array((1.0, 0.0, 0.0)), np.pi / 2).T)
    path = written(tmp_path, "own.vasp", poscar(upright))
    modes = {}
    for direction in ((0.0, 1.0, 0.0), (0.0, 0.0, 1.0), (1.0, 0.0, 0.0)):
        site = graft(path, 0, direction).site
        assert site is not None
        modes[direction] = site.mode
    assert modes == {(0.0, 1.0, 0.0): "basal", (0.0, 0.0, 1.0): "edge", (1.0, 0.0, 0.0): "edge"}


@pytest.mark.parametrize(
    ("site", "outward", "said"),
    [
        (26, (0, 1, 0), "atom 27 is not among the 26 atoms of own.xyz"),
        (-1, (0, 1, 0), "atom 0 is not among the 26 atoms"),
        (0, (0, 0, 0), "outward: it points nowhere"),
        (0, (float("nan"), 0, 0), "outward: it points nowhere"),
    ],
)
def test_a_graft_without_a_place_is_refused(tmp_path: Path, site: int, outward: tuple[float, float, float], said: str) -> None:
    path = written(tmp_path, "own.xyz", extxyz(flake(Cut(5.0, 7.2, "bond"))))
    with pytest.raises(SpecError, match=said):
        graft(path, site, outward)


def test_a_graft_holds_the_carbon_alone(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"graft: own\.xyz holds carbon, Na, EC"):
        graft(written(tmp_path, "own.xyz", extxyz(state(0, 1))), 0, (0.0, 0.0, 1.0))
