from __future__ import annotations

import re

import pytest

from dualion.errors import InputError
from dualion.report.references import bibliography, cited, formatted, parse

PLACES = {
    "article": {"journal", "volume", "pages"},
    "book": {"publisher"},
    "incollection": {"booktitle", "publisher"},
    "techreport": {"institution"},
}


def test_every_entry_is_complete_and_has_a_doi_or_says_that_none_is_known() -> None:
    assert {"tang2026", "chayambuka2022", "marquis2019", "sulzer2021"} <= set(cited())
    for key, entry in cited().items():
        assert re.fullmatch(r"[a-z]+\d{4}[a-z]?", key)
        assert key.endswith(entry["year"])
        known = entry.get("doi", "")
        assert re.fullmatch(r"10\.\d{4,}/\S+", known) or entry.get("note") == "no DOI known" or (entry["type"] == "book" and not known), key
        place = PLACES[entry["type"]]
        if entry.get("journal") == "arXiv":
            place = {"pages"}
        assert {"author", "title", *place} <= set(entry), key


def test_an_entry_is_one_line() -> None:
    assert formatted("chayambuka2022") == (
        "K. Chayambuka, G. Mulder, D. L. Danilov, P. H. L. Notten. Physics-based modeling of sodium-ion batteries part II. Model and "
        "validation. Electrochimica Acta 404, 139764 (2022). doi:10.1016/j.electacta.2021.139764"
    )
    assert "A3693–A3706 (2019)" in formatted("marquis2019")
    assert "Wiley (2005)" in formatted("barsoukov2005")


def test_many_authors_are_shortened_and_unknown_keys_left() -> None:
    assert formatted("tang2026").startswith("B. Tang et al. Ion-Mediated")
    assert formatted("nobody1900") == "nobody1900"


def test_bibliography_is_sorted_and_without_doubles() -> None:
    lines = bibliography(["sulzer2021", "marquis2019", "sulzer2021"])
    assert len(lines) == 2
    assert lines[0].startswith("S. G. Marquis")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("@article{a2000,\n author = {A, B},\n year = {2000}\n}", "lacks title"),
        ("@book{a2000,\n author = {A},\n title = {T},\n year = {2000}\n}\n" * 2, "stands twice"),
    ],
)
def test_incomplete_entries_are_refused(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse(text)
