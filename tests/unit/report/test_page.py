from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from dualion.errors import InputError
from dualion.report.blocks import Column, FigureBlock, Page, Paragraph, Section, Table
from dualion.report.marks import MARKS
from dualion.report.page import POLICY, build

VOID = {"meta", "link", "img", "input", "br", "hr", "use", "path"}


class Tree(HTMLParser):
    """Every element with its attributes, its text and the elements around it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[tuple[str, int]] = []
        self.elements: list[tuple[str, dict[str, str], tuple[str, ...], list[str]]] = []
        self.errors: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}, tuple(name for name, _ in self.open), []))
        if tag not in VOID:
            self.open.append((tag, len(self.elements) - 1))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}, tuple(name for name, _ in self.open), []))

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        if not self.open or self.open[-1][0] != tag:
            self.errors.append(f"</{tag}> closes {self.open[-1:]}")
            return
        self.open.pop()

    def handle_data(self, data: str) -> None:
        for _, number in self.open:
            self.elements[number][3].append(data)

    def all(self, *tags: str) -> list[tuple[dict[str, str], str, tuple[str, ...]]]:
        return [(attributes, " ".join("".join(text).split()), around) for tag, attributes, around, text in self.elements if tag in tags]


@pytest.fixture
def tree(page: Page) -> Tree:
    return Tree(build(page))


# --- self-contained -----------------------------------------------------------------------------------------------------------


def test_asks_no_other_file_for_anything(page: Page) -> None:
    html = build(page)
    tree = Tree(html)
    for tag, attributes, _, _ in tree.elements:
        for name in ("src", "href", "xlink:href", "action", "data", "srcset", "poster", "formaction", "background"):
            if name in attributes:
                assert attributes[name].startswith(("#", "data:")), (tag, name, attributes[name])
        assert tag not in {"iframe", "object", "embed", "base", "audio", "video"}
    assert not re.search(r"@import|url\((?!#)", html)
    assert not re.search(r"fetch\(|XMLHttpRequest|WebSocket|sendBeacon|import\(", html)


def test_policy_forbids_every_request(tree: Tree) -> None:
    policies = [attributes["content"] for attributes, _, _ in tree.all("meta") if attributes.get("http-equiv") == "Content-Security-Policy"]
    assert policies == [POLICY]
    assert POLICY.startswith("default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src 'unsafe-inline'")


def test_the_icon_is_in_the_page(tree: Tree) -> None:
    icons = [attributes["href"] for attributes, _, _ in tree.all("link") if attributes["rel"] == "icon"]
    assert len(icons) == 1
    assert icons[0].startswith("data:")


def test_no_script_where_there_is_no_ledger() -> None:
    tree = Tree(build(Page("t", (Section("s", "s", (Paragraph("p"),)),))))
    assert tree.all("script") == []


def test_same_page_same_bytes(page: Page) -> None:
    assert build(page) == build(page)


# --- accessibility ------------------------------------------------------------------------------------------------------------


def test_elements_are_closed_in_order(tree: Tree) -> None:
    assert tree.errors == []
    assert tree.open == []


def test_language_title_and_one_main(tree: Tree) -> None:
    assert tree.all("html")[0][0]["lang"] == "en"
    assert tree.all("title")[0][1] == "plain"
    assert len(tree.all("main")) == 1
    assert len(tree.all("h1")) == 1


def test_headings_come_in_order(tree: Tree) -> None:
    levels = [int(tag[1]) for tag, *_ in tree.elements if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert {2, 3} <= set(levels)


def test_skip_link_is_the_first_link_and_leads_to_the_content(tree: Tree) -> None:
    attributes, text, _ = tree.all("a")[0]
    assert attributes["href"] == "#content"
    assert "Skip" in text
    assert tree.all("main")[0][0]["id"] == "content"


def test_identifiers_are_unique_and_every_link_has_its_place(tree: Tree) -> None:
    identifiers = Counter(attributes["id"] for _, attributes, _, _ in tree.elements if "id" in attributes)
    assert [name for name, count in identifiers.items() if count > 1] == []
    for attributes, _, _ in tree.all("a", "use"):
        target = attributes.get("href", attributes.get("xlink:href", ""))
        assert target.removeprefix("#") in identifiers, target
    for _, attributes, _, _ in tree.elements:
        for name in attributes.get("aria-labelledby", "").split():
            assert name in identifiers


def test_tables_have_caption_and_scopes(tree: Tree) -> None:
    assert len(tree.all("table")) == len(tree.all("caption")) >= 5
    for attributes, text, around in tree.all("th"):
        assert attributes.get("scope") in {"col", "row", "rowgroup"}
        assert ("thead" in around) == (attributes["scope"] == "col")
        assert text
    for _, text, _ in tree.all("caption"):
        assert text


def test_figures_have_an_alternative_and_their_numbers(tree: Tree) -> None:
    drawings = [(attributes, around) for attributes, _, around in tree.all("svg")]
    assert len(drawings) == 3
    for attributes, around in drawings:
        assert attributes["role"] == "img"
        assert attributes["aria-labelledby"]
        assert "figure" in around
    assert len(tree.all("figcaption")) == 3
    numbers = [text for _, text, around in tree.all("td") if "figcaption" in around]
    assert "96.8" in numbers
    assert "0.3" in numbers
    assert not [attributes for attributes, _, _ in tree.all("img") if "alt" not in attributes]


def test_what_scrolls_can_be_reached_by_keyboard(tree: Tree) -> None:
    scrolling = [attributes for attributes, _, _ in tree.all("div") if attributes.get("class") == "scroll"]
    assert scrolling
    for attributes in scrolling:
        assert attributes["tabindex"] == "0"
        assert attributes["role"] == "region"
        assert attributes["aria-label"]
    assert not [attributes for _, attributes, _, _ in tree.elements if int(attributes.get("tabindex", "0")) > 0]


def test_controls_have_labels_and_are_hidden_until_the_script_runs(tree: Tree) -> None:
    controls = [around for _, _, around in tree.all("select", "input")]
    assert len(controls) == 2
    assert all("label" in around for around in controls)
    assert "hidden" in tree.all("form")[0][0]


def test_verdicts_are_shown_by_sign_and_word(tree: Tree) -> None:
    marks = [text for attributes, text, _ in tree.all("span") if attributes.get("class", "").startswith("mark ")]
    assert any("≈" in text and "fitted" in text for text in marks)
    assert len({mark.sign for word, mark in MARKS.items() if word not in ("excluded",)}) == len(MARKS) - 1


def luminance(colour: str) -> float:
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    shares = [channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4 for channel in channels]
    return 0.2126 * shares[0] + 0.7152 * shares[1] + 0.0722 * shares[2]


def test_contrast_of_words_on_what_lies_behind_them(page: Page) -> None:
    colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", build(page)))
    pairs = [(tone, f"{tone}-pale") for tone in ("good", "fitted", "differs", "conflict", "open", "neutral")]
    pairs += [(text, behind) for text in ("ink", "soft", "accent") for behind in ("paper", "ground", "accent-pale")]
    pairs += [("mast-soft", "mast"), ("paper", "mast"), ("paper", "accent"), ("paper", "conflict"), ("paper", "differs"), ("paper", "open")]
    for text, behind in pairs:
        light, dark = sorted((luminance(colours[text]), luminance(colours[behind])), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, (text, behind)


def test_contents_name_every_section(tree: Tree) -> None:
    links = [attributes["href"] for attributes, _, around in tree.all("a") if "nav" in around]
    assert links == ["#first", "#second"]


def test_works_on_paper_and_when_enlarged(page: Page) -> None:
    html = build(page)
    assert "@page { size: A4" in html
    assert "@media print" in html
    assert "user-scalable" not in html
    assert "maximum-scale" not in html


# --- what others wrote ----------------------------------------------------------------------------------------------------------


def test_hostile_words_stay_words(hostile_page: Page) -> None:
    html = build(hostile_page)
    tree = Tree(html)
    assert "<script>alert" not in html
    assert "<img" not in html
    assert len(tree.all("script")) == 1
    assert not [name for _, attributes, _, _ in tree.elements for name in attributes if name.startswith("on")]
    assert tree.errors == []
    assert "<script>alert(1)</script>" in tree.all("h1")[0][1]


def test_a_drawing_that_reaches_outside_is_refused(page: Page) -> None:
    block = next(block for block in page.sections[0].blocks if isinstance(block, FigureBlock))
    for foreign in (
        "<script>1</script>",
        '<image href="https://example.org/x.png"/>',
        '<g onload="x()"></g>',
        '<rect style="fill:url(http://x)"/>',
    ):
        bad = replace(block, svg=block.svg.replace("</svg>", f"{foreign}</svg>"))
        with pytest.raises(InputError, match="outside the page"):
            build(replace(page, sections=(Section("s", "s", (bad,)),)))


def test_nothing_simulated_stands_under_a_name_with_measured(page: Page) -> None:
    tree = Tree(build(page))
    for _, text, _ in tree.all("th", "caption", "h1", "h2", "h3", "summary", "figcaption"):
        if "simulat" in text.lower():
            assert "measured" not in text.lower()


def test_anchors_and_figures_stand_once(page: Page) -> None:
    section = page.sections[0]
    with pytest.raises(InputError, match="stands 2 times"):
        build(replace(page, sections=(section, replace(section, anchor="other"))))
    with pytest.raises(InputError, match="not an anchor"):
        build(replace(page, sections=(replace(page.sections[1], anchor="Two words"),)))


def test_a_row_needs_a_cell_for_each_column() -> None:
    with pytest.raises(InputError, match="row 1 has 1 cells for 2 columns"):
        Table("t", (Column("a"), Column("b")), (("1", "2"), ("3",)))
