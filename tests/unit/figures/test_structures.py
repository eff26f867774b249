"""Pictures of structures."""

from __future__ import annotations

import itertools
import re
import struct
from xml.etree import ElementTree

import numpy as np
import pytest

from dualion.atoms.building.flake import Cut, flake
from dualion.atoms.building.motifs import MOTIFS, motif
from dualion.atoms.building.place import Composition, ion_position, placed, rotation
from dualion.atoms.building.species import bundled
from dualion.atoms.structure import Site, Structure
from dualion.errors import InputError
from dualion.figures.structure_views import COLOURS, GHOST, NAMES, View, views
from dualion.figures.structures import Portrait, sheet

SVG = "{http://www.w3.org/2000/svg}"
SMALL = Cut(7.5, 3.0, "ring")  # anthracene: zigzag in the middle, armchair at its ends
#: Full deficiency, Machado, Oliveira & Fernandes 2009, table 1.
DEFICIENCIES = {
    "none": np.eye(3),
    "protanopia": np.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]),
    "deuteranopia": np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]),
    "tritanopia": np.array([[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]),
}
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
WHITE = np.array([0.9505, 1.0, 1.089])


def portrait(kind: str, note: str = "") -> Portrait:
    return Portrait(motif(flake(SMALL), kind), kind, note)


def shell(kind: str | None, count: int) -> Structure:
    carbon = None if kind is None else motif(flake(), kind)
    return placed(Composition(carbon, "Na", (bundled()["EC"],) * count, 1), np.random.default_rng(2))


def words(svg: bytes) -> list[str]:
    return [(element.text or "").strip() for element in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def lab(colour: str, matrix: np.ndarray) -> np.ndarray:
    channels = np.array([int(colour[start : start + 2], 16) for start in (1, 3, 5)]) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    ratio = TO_XYZ @ np.clip(matrix @ linear, 0, 1) / WHITE
    f = np.where(ratio > 0.008856, np.cbrt(ratio), 7.787 * ratio + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


# --- views --------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", MOTIFS)
def test_the_place_of_the_ion_is_drawn_where_the_ion_is_put(kind: str) -> None:
    made = motif(flake(), kind)
    above, side = views(made)
    assert made.site is not None
    path = ion_position(made, 1) - made.positions[made.site.atom]
    across = int(made.site.mode == "edge" and abs(made.site.outward[1]) > abs(made.site.outward[0]))
    for view, axes in ((above, [0, 1]), (side, [across, 2])):
        assert np.array(view.place) - view.spheres[made.site.atom] == pytest.approx(path[axes], abs=1e-9)


@pytest.mark.parametrize("kind", MOTIFS)
def test_an_arrow_touches_neither_its_atoms_nor_the_ring(kind: str) -> None:
    made = motif(flake(), kind)
    assert made.site is not None
    above, side = views(made)
    assert (above.arrow is None) == (made.site.mode == "basal")  # it points at the reader
    for view in (above, side):
        if view.arrow is None:
            continue
        begin, end, place = (np.array(point) for point in (*view.arrow, view.place))
        assert np.linalg.norm(end - place) >= GHOST
        assert np.linalg.norm(begin - view.spheres[made.site.atom]) >= view.radii[made.site.atom]
        assert (end - begin) @ (place - begin) > 0.0


def test_above_and_side_are_turned_by_a_quarter() -> None:
    made = shell(None, 2)
    above, side = views(made)
    assert above.spheres[:, 0] == pytest.approx(side.spheres[:, 0])
    assert side.depth == pytest.approx(-above.spheres[:, 1])
    assert above.depth == pytest.approx(side.spheres[:, 1])


def test_a_picture_does_not_depend_on_how_a_sheet_lies() -> None:
    made = flake(SMALL)
    turn = rotation(np.array((1.0, 0.0, 0.0)), 1.1)
    moved = Structure(made.numbers, made.positions @ turn.T + 4.0, 0, 1, made.labels, made.parts, None)
    above, side = views(moved)
    assert np.ptp(side.spheres[:, 1]) == pytest.approx(0.0, abs=1e-9)
    drawn, lying = (np.linalg.norm(x[:, None] - x[None], axis=2) for x in (above.spheres, made.positions[:, :2]))
    assert drawn == pytest.approx(lying, abs=1e-9)


def test_bonds_and_contacts() -> None:
    above, _ = views(shell("pristine", 2))
    assert len(above.bonds) == (50 * 3 + 18) // 2 + 2 * 10  # of C50H18, and of two rings of ethylene carbonate
    pairs = {(above.symbols[first], above.symbols[second]) for first, second in above.contacts}
    assert pairs == {("Na", "O")}
    assert len(above.contacts) >= 2
    assert above.place is None


def test_the_box_holds_everything() -> None:
    def check(view: View) -> None:
        left, bottom, right, top = view.box
        points = np.array([*view.spheres, view.place or view.spheres[0], *(view.arrow or [])])
        low, high = points.min(axis=0), points.max(axis=0)
        assert left < low[0]
        assert bottom < low[1]
        assert high[0] < right
        assert high[1] < top

    for view in views(motif(flake(), "oxN_zz")):
        check(view)


# --- colours ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("deficiency", DEFICIENCIES)
def test_elements_of_the_study_can_be_told_apart(deficiency: str) -> None:
    matrix = DEFICIENCIES[deficiency]
    for first, second in itertools.combinations(("H", "C", "N", "O", "Na", "Zn"), 2):
        distance = float(np.linalg.norm(lab(COLOURS[first], matrix) - lab(COLOURS[second], matrix)))
        assert distance > 20, (deficiency, first, second, distance)


def test_white_letters_can_be_read_on_the_elements_of_the_study() -> None:
    for symbol in ("N", "O", "Na", "Zn"):
        channels = np.array([int(COLOURS[symbol][start : start + 2], 16) for start in (1, 3, 5)]) / 255
        linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
        assert 1.05 / (float(TO_XYZ[1] @ linear) + 0.05) >= 3
    assert set(NAMES) == set(COLOURS)


# --- sheet --------------------------------------------------------------------------------------------------------------------


def test_titles_formulas_and_the_motif_are_written() -> None:
    found = words(sheet([portrait("oxN_zz", "gap 1.15 eV")], formats=("svg",))["svg"])
    for word in ("oxN_zz", "C₁₃H₉NO · gap 1.15 eV", "hydrogen", "carbon", "nitrogen", "oxygen", "place of the ion", "5 Å"):
        assert word in found
    assert found.count("N") == found.count("O") == 3  # above, from the side, in the legend


@pytest.mark.slow
def test_the_same_structures_give_the_same_bytes() -> None:
    first, second = (sheet([portrait("pyridinic_zz")], formats=("svg", "png", "pdf")) for _ in range(2))
    assert first == second
    assert first["png"].startswith(b"\x89PNG")
    assert first["pdf"].startswith(b"%PDF")
    assert not re.search(rb"CreationDate|20[0-9]{2}-[0-9]{2}-", first["svg"] + first["pdf"])


@pytest.mark.slow
@pytest.mark.parametrize(("count", "width"), [(1, 89), (2, 183), (4, 183)])
def test_a_sheet_is_as_wide_as_other_figures(count: int, width: int) -> None:
    files = sheet([portrait("pristine")] * count, formats=("svg", "png"))
    assert ElementTree.fromstring(files["svg"]).get("width") == f"{width}mm"
    assert struct.unpack(">I", files["png"][16:20])[0] == pytest.approx(width / 25.4 * 200, abs=1.5)


@pytest.mark.slow
def test_nothing_is_drawn_over_the_border() -> None:
    canvas = ElementTree.fromstring(sheet([portrait(kind) for kind in MOTIFS if kind != "pyrrolic"], formats=("svg",))["svg"])
    _, _, width, height = (float(number) for number in str(canvas.get("viewBox")).split())
    used = [(float(str(one.get("x"))), float(str(one.get("y")))) for one in canvas.iter(f"{SVG}use")]
    assert len(used) > 8 * 2 * 23
    assert all(0.0 < x < width and 0.0 < y < height for x, y in used)


def test_finding_is_the_text_alternative() -> None:
    svg = sheet([portrait("graphitic", "gap 0.60 eV")], name="carbons", title="Carbons", formats=("svg",))["svg"].decode()
    assert '<desc id="carbons-desc">graphitic: C13H10N, gap 0.60 eV.</desc>' in svg


@pytest.mark.slow
def test_shells_are_drawn_without_an_arrow() -> None:
    found = words(sheet([Portrait(shell(None, 4), "Na(EC)4"), Portrait(shell("oxN_zz", 3), "oxN_zz")], formats=("svg",))["svg"])
    assert {"Na", "sodium"} <= set(found)
    assert "place of the ion" not in found


def test_nothing_to_draw_is_refused() -> None:
    empty = Structure(np.empty(0, dtype=np.int64), np.empty((0, 3)), 0, 1, (), np.empty(0, dtype=np.int64))
    for portraits in ([], [Portrait(empty, "empty")]):
        with pytest.raises(InputError, match="there is no structure to draw"):
            sheet(portraits)


def test_a_site_may_be_that_of_one_atom() -> None:
    lone = Structure(np.array([11]), np.zeros((1, 3)), 1, 1, ("Na",), np.zeros(1, dtype=np.int64), Site(0, (0.0, 0.0, 1.0), "basal"))
    assert views(lone)[0].place is None
    assert "Na" in words(sheet([Portrait(lone, "ion")], formats=("svg",))["svg"])
