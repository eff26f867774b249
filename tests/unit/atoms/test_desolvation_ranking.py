"""An order of motifs only where it is decided: each condition alone refuses it and is named."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dualion.atoms.desolvation.intervals import ENGINE_ON_CARBON
from dualion.atoms.desolvation.ranking import CHARGE, DIFFERENCE, FLAKE, SEARCH, RankedStep, rank
from dualion.errors import SpecError
from dualion.store.digests import canonical

ENERGIES = st.floats(-3.0, 3.0)
UNCERTAINTIES = st.floats(0.0, 1.0)


def _step(motif: str, energy: float, **changed: Any) -> RankedStep:
    """A step that may be ranked: converged, relaxed at DFT, the same at both charges and on two flakes."""
    known = {"delta_before": 0.02, "delta_after": 0.02, "engine_uncertainty": 0.1, "converged": True, "dft_relaxed": True}
    both = {"charge_energies": {1: energy, 0: energy - 0.3}, "flakes": {"C50H18": energy, "C40H16": energy + 0.1}}
    return RankedStep(motif, energy, **{**known, **both, **changed})


def test_three_motifs_that_are_far_apart_have_an_order() -> None:
    found = rank([_step("b", 1.0), _step("c", 1.2), _step("a", 0.8)])
    assert found.motifs == ("a", "b", "c")
    assert found.total
    assert found.lowest == "a"
    assert found.flags == ()
    assert [(pair.lower, pair.higher) for pair in found.ordered] == [("a", "b"), ("a", "c"), ("b", "c")]
    assert found.statement == "The order is decided: a < b < c."
    assert found.pairs[0].statement == "a lies below b by 0.20 eV (uncertainty 0.03 eV)."


@pytest.mark.parametrize(("difference", "decided"), [(0.05 + 1e-9, True), (0.05 - 1e-9, False)])
def test_a_difference_decides_only_beyond_its_uncertainty(difference: float, decided: bool) -> None:
    # of the lower one the state before, of the higher one the state after: 0.03 and 0.04 make 0.05
    low = _step("low", 1.0, delta_before=0.03, delta_after=9.0)
    high = _step("high", 1.0 + difference, delta_before=9.0, delta_after=0.04)
    (pair,) = rank([low, high]).pairs
    assert pair.uncertainty == pytest.approx(0.05, abs=1e-12)
    assert pair.decided is decided
    assert pair.failed == (() if decided else (DIFFERENCE,))


@pytest.mark.parametrize(
    ("relaxed", "uncertainty"), [((True, True), 0.1), ((True, False), 0.5), ((False, True), 0.5), ((False, False), 0.5)]
)
def test_the_method_cancels_only_between_motifs_that_dft_relaxed(relaxed: tuple[bool, bool], uncertainty: float) -> None:
    low = _step("low", 1.0, delta_before=0.0, engine_uncertainty=0.3, dft_relaxed=relaxed[0])
    high = _step("high", 1.2, delta_after=0.0, engine_uncertainty=0.4, dft_relaxed=relaxed[1])
    (pair,) = rank([low, high]).pairs
    assert pair.uncertainty == pytest.approx(uncertainty, abs=1e-12)
    assert pair.decided is (relaxed == (True, True))


@pytest.mark.parametrize(
    ("changed", "failed", "words"),
    [
        ({"converged": False}, SEARCH, "the search has not converged for high"),
        ({"charge_energies": {1: 1.2, 0: 0.6}}, CHARGE, r"the sign is another one for q=0"),
        ({"charge_energies": {1: 1.2, 0: 0.7}}, CHARGE, "the sign is another one"),  # equal is no sign
        ({"charge_energies": {1: 1.2}}, CHARGE, r"a second charge is not known for both \(only q=\+1 is\)"),
        ({"charge_energies": {}}, CHARGE, r"\(none is\)"),
        ({"flakes": {"C50H18": 1.2, "C40H16": 1.0}}, FLAKE, "the sign is another one for C40H16"),
        ({"flakes": {"C50H18": 1.2}}, FLAKE, r"a second flake or site is not known for both \(only C50H18 is\)"),
        ({"flakes": {"C50H18": 1.2, "C38H16": 1.3}}, FLAKE, "a second flake or site is not known"),
        ({"dft_relaxed": False, "engine_uncertainty": 0.4}, DIFFERENCE, "does not exceed its uncertainty of 0.41 eV"),
    ],
)
def test_each_condition_alone_refuses_the_order_and_is_named(changed: dict[str, Any], failed: str, words: str) -> None:
    found = rank([_step("low", 1.0), _step("high", 1.2, **changed)])
    (pair,) = found.pairs
    assert pair.failed == (failed,)
    assert re.search(words, pair.statement)
    assert "not decidable" in pair.statement
    assert found.lowest is None
    assert [(flag.code, flag.severity) for flag in found.flags] == [("not_decidable", "refusal")]


def test_every_failed_condition_is_named() -> None:
    (pair,) = rank([_step("low", 1.0, converged=False, charge_energies={}), _step("high", 1.01, converged=False, flakes={})]).pairs
    assert pair.failed == (DIFFERENCE, SEARCH, CHARGE, FLAKE)
    assert len(pair.reasons) == 4
    assert "converged for low and high" in pair.statement


def test_a_set_with_an_undecidable_pair_has_a_partial_order() -> None:
    found = rank([_step("pristine", 1.03), _step("oxN_zz", 0.80), _step("graphitic", 1.04)])
    assert not found.total
    assert found.lowest == "oxN_zz"
    assert [(pair.lower, pair.higher) for pair in found.undecidable] == [("pristine", "graphitic")]
    assert found.statement == ("2 of 3 pairs of motifs are decided (only oxN_zz < pristine, oxN_zz < graphitic); oxN_zz is the lowest.")


def test_motifs_of_the_embedded_engine_alone_are_never_ordered_by_a_quarter_of_an_electronvolt() -> None:
    alone = {"engine_uncertainty": ENGINE_ON_CARBON, "dft_relaxed": False}
    found = rank([_step("pristine", 1.03, **alone), _step("oxN_zz", 0.80, **alone)])
    assert found.ordered == ()
    assert found.statement == "0 of 1 pairs of motifs are decided (none); no motif can be called the lowest."
    canonical(found.document())


MOTIFS = st.lists(st.tuples(ENERGIES, UNCERTAINTIES, UNCERTAINTIES, UNCERTAINTIES, st.booleans(), st.booleans()), min_size=2, max_size=6)


@settings(max_examples=50)
@given(MOTIFS)
def test_what_is_decided_is_an_order_and_does_not_depend_on_the_sequence(
    given_steps: list[tuple[float, float, float, float, bool, bool]],
) -> None:
    steps = [_step(f"m{number}", energy, delta_before=before, delta_after=after, engine_uncertainty=engine, converged=done, dft_relaxed=dft)
             for number, (energy, before, after, engine, done, dft) in enumerate(given_steps)]  # fmt: skip
    found = rank(steps)
    below = {(pair.lower, pair.higher) for pair in found.ordered}
    assert below == {(pair.lower, pair.higher) for pair in rank(steps[::-1]).ordered}
    assert all((first, last) in below for first, middle in below for other, last in below if middle == other)
    assert len(found.pairs) == len(list(combinations(steps, 2)))
    for pair in found.ordered:
        assert pair.difference > pair.uncertainty


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"energy": math.nan}, "not finite"),
        ({"charge_energies": {1: 1.0, 0: math.inf}}, "charge_energies: an energy is not finite"),
        ({"charge_energies": {1: 1.1, 0: 1.2}}, "charge_energies: the energy 1.0 eV is not among them"),
        ({"flakes": {"C50H18": 2.0}}, "flakes: the energy 1.0 eV is not among them"),
        ({"delta_before": -0.1}, "delta_before"),
        ({"engine_uncertainty": math.nan}, "engine_uncertainty"),
    ],
)
def test_a_step_that_cannot_be_ranked_is_refused(changed: dict[str, Any], words: str) -> None:
    with pytest.raises(SpecError, match=f"^pristine: .*{words}"):
        replace(_step("pristine", 1.0), **changed)


def test_a_ranking_needs_two_different_motifs() -> None:
    with pytest.raises(SpecError, match="at least two motifs, and there are 1"):
        rank([_step("pristine", 1.0)])
    with pytest.raises(SpecError, match="pristine is there twice"):
        rank([_step("pristine", 1.0), _step("pristine", 1.2)])
