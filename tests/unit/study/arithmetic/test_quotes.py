"""The rule by which a quote is found in an excerpt, on a made-up study."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualion.study.arithmetic.quotes import contains, has_number, normalise

#: Passages of no paper, in the ways that converters write them.
EXCERPT = r"""
The pear carbon has an area of 12.5 m<sup>2</sup> g<sup>-1</sup> and $\sim$ 310 mAh $\text{g}^{-1}$ at 20 $^{\circ}$C.
Its spacing is 3.71 $\AA$ at a wavelength of 1.54 Å; pores of 0.4 – 2 nm give $Q=0.6 \times 10^{4}$.
A **Na‖pear** cell and a pear∥EG cell kept “91.4%” after 12,000 cycles; $\mathrm{Na}^{+} \rightarrow \mathrm{Na}$ needs −0.12 V.
With $R_{\text{ct}}$ of 8.2 $\Omega$, K$\alpha$ lines, a $\pi$–$\sigma$ step, C$\equiv$N, a $\cdot$ b, 7 \% and the baker's loaf.
"""


@pytest.mark.parametrize(
    "quote",
    [
        "12.5 m2 g-1",
        "~310 mAh g-1 at 20 °C",
        "3.71 Å at a wavelength of 1.54 Å",
        "pores of 0.4-2 nm give Q = 0.6 × 104",
        "A Na||pear cell and a pear||EG cell",
        'kept "91.4%" after 12,000 cycles',
        "Na+ → Na needs -0.12 V",
        "With Rct of 8.2 Ω, Kα lines, a π-σ step, C≡N, a·b, 7% and the baker’s loaf",
        "area\nof   12.5",
    ],
)
def test_typesetting_does_not_hide_a_quote(quote: str) -> None:
    assert contains(quote, EXCERPT)


@pytest.mark.parametrize("quote", ["", "  ", "12.6 m2 g-1", "310 mAh kg-1", "pear cell kept", "12.5 M2"])
def test_other_words_are_not_found(quote: str) -> None:
    assert not contains(quote, EXCERPT)


@pytest.mark.parametrize(
    ("value", "quote", "wanted"),
    [
        ("12.5", "an area of 12.5 m2", True),
        ("2.5", "an area of 12.5 m2", False),
        ("12", "an area of 12.5 m2", False),
        ("12000", "after 12,000th", True),
        ("12", "after 12,000 cycles", False),
        ("000", "after 12,000 cycles", False),
        ("2e-4", "a resolution of 2 × 10-4, and", True),
        ("2e-4", r"a resolution of 2 $\times$ $10^{-4}$", True),
        ("2e-4", "a resolution of 2 × 10-3", False),
        ("2e9", "a flux of ~2e9 photons", True),
        ("-40", "at −40 °C", True),
        ("59", "to 59.", True),
        ("0", "MEC0 without any", False),
        ("5.0", "up to 5 mV", False),
    ],
)
def test_a_number_stands_on_its_own(value: str, quote: str, wanted: bool) -> None:
    assert has_number(value, quote) is wanted


def test_wrappers_are_undone_from_the_inside() -> None:
    assert normalise(r"x^{\text{a}_{b}}") == "xab"


@given(st.text(max_size=80))
def test_normalising_twice_changes_nothing_more_than_once_when_no_markup_is_left(text: str) -> None:
    once = normalise(text)
    assert not any(character.isspace() for character in once)
    assert not set(once) & set("$_^{}\\*")
    assert contains(text, f"before {text} after") or not once


@given(st.text(alphabet="abc 123-–", min_size=1, max_size=20), st.text(alphabet="abc 123-–", max_size=20))
def test_a_part_is_found_in_its_whole(part: str, rest: str) -> None:
    assert contains(part, rest + part + rest) or not normalise(part)
