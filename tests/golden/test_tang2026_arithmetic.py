"""The arithmetic of the bundled study: every relation's value and verdict, every derived number to its digits, every row's digest.

The numbers here are those of the study specification, typed in by hand; the program computes its own from claims and assumptions.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from dualion.study.arithmetic.quantities import QUANTITIES
from dualion.study.load import load, locate
from dualion.study.relations import evaluate, recompute
from dualion.study.types import Claim

STUDY = load(locate("tang2026"))
RESULTS = {result.id: result for result in evaluate(STUDY)}
DIGESTS = Path(__file__).with_name("tang2026_claims.sha256")

BAD, DIFFERS, GOOD = "inconsistent in source", "differs", "consistent (derived)"
RAW, NO, YES = "needs raw data", "excluded", "allowed"

#: id, value to four digits (more where four say nothing), unit, verdict
EXPECTED = [
    ("R01", "320.6", "mAh/g", BAD), ("R02", "77.85", "%", BAD), ("R03", "338", "mAh/g", BAD), ("R04", "71.89", "%", DIFFERS),
    ("R05", "34.78", "min", BAD), ("R06", "3.008", "min", GOOD), ("R07", "1.77", "g/g", RAW), ("R08", "256.9", "ohm cm2", DIFFERS),
    ("R09", "39.18", "%", BAD), ("R10", "73.02", "kJ/mol", DIFFERS), ("R11a", "182", "1", DIFFERS), ("R11b", "34.81", "1", DIFFERS),
    ("R12", "5", "mol/mol", DIFFERS), ("R13", "1", "1", BAD), ("R14a", "3", "1", BAD), ("R14b", "20", "mL", BAD),
    ("R15", "1", "1", RAW), ("R16", "absent", "1", RAW), ("R17", "2", "1", RAW), ("R18", "7.61", "%", DIFFERS),
    ("R19", "0.7774", "mAh/m2", RAW), ("R20a", "335", "eV", BAD), ("R20b", "2", "1", RAW), ("R20c", "0", "1", DIFFERS),
    ("R21", "7128", "h", GOOD), ("R22", "0.03718", "%", GOOD), ("R23", "9.217", "1", GOOD), ("R24", "1919", "h", GOOD),
    ("R25", "99.99784", "%", GOOD), ("R26", "23", "1", GOOD), ("R27a", "2.201", "1", GOOD), ("R27b", "1.675", "1", GOOD),
    ("R28", "5.226", "1", GOOD), ("R29a", "0.2836", "cm3/g", GOOD), ("R29b", "0.2995", "cm3/g", GOOD), ("R30", "3200", "mA/g", RAW),
    ("R31", "99.99", "%", GOOD), ("R32", "0.57", "%", GOOD), ("R33", "21", "mAh/g", GOOD), ("R34", "2", "mAh/g", GOOD),
    ("R35", "80.41", "%", GOOD), ("R36", "80.9", "%", GOOD), ("R37", "0.11", "V", GOOD), ("R38", "3.68", "V", GOOD),
    ("R39", "0.03333", "1/angstrom", GOOD), ("R40", "37", "cm-1", GOOD), ("R41", "1.265", "1", GOOD), ("R42", "8.8", "kJ/mol", GOOD),
    ("R43", "179", "mAh/g", GOOD), ("R44", "105.8", "mAh/g", GOOD), ("R45", "14.23", "h", GOOD), ("R46", "3.75", "1", GOOD),
    ("R47", "87.72", "mV", GOOD), ("R48", "0.2857", "mmol/g", GOOD), ("R49", "19.65", "%", GOOD), ("R50", "0.194", "mAh/cm2", GOOD),
    ("R51a", "7.238", "umol/cm2", GOOD), ("R51b", "30.26", "%", GOOD), ("R52a", "2.362", "V", NO), ("R52b", "3.543", "V", YES),
    ("R52c", "4.978", "V", NO), ("R52d", "14.06", "V", NO), ("R52e", "38.29", "V", NO), ("R53", "4.428", "V", YES),
    ("R54", "3.404", "V", YES), ("R55", "99.96", "%", GOOD), ("R56", "1.667", "mmol", GOOD), ("R57", "0.2209", "mol/mol", GOOD),
    ("R58", "139.2", "uL", GOOD), ("R59", "1470", "min", GOOD), ("R60", "15.71", "nm", GOOD),
]  # fmt: skip

#: Expected sides that are computed, to the digits of the specification.
EXPECTED_SIDES = {
    "R05": "72.75", "R06": "2.925", "R07": "1.5", "R08": "80.96", "R10": "58.8", "R11a": "1.907", "R11b": "4.805", "R01": "165",
    "R02": "76", "R03": "320", "R09": "4", "R14a": "4", "R14b": "15", "R15": "4", "R17": "1", "R20a": "330", "R20b": "1", "R20c": "3",
    "R30": "600",
}  # fmt: skip

#: Readings that the specification gives with a number.
READINGS = {
    "R01": ("33.1", "64.1", "54.5"), "R02": ("76.1",), "R03": ("89", "107"), "R04": ("50.6",), "R05": ("35.2", "183"), "R07": ("3.54",),
    "R08": ("48.2", "1.56", "1.62", "1.71"), "R09": ("46.5", "15.5"), "R10": ("74.2", "68.5"), "R11a": ("95.4",), "R11b": ("7.24",),
    "R12": ("7.5",), "R18": ("19.7",), "R24": ("2.12e+03",), "R36": ("74.9", "79.1"), "R39": ("0.209",), "R47": ("31.4",),
    "R51b": ("11.7",), "R57": ("0.168",), "R59": ("1.6e+03",), "R60": ("1.05",),
}  # fmt: skip

#: Claims that receive the verdict; every other relation names none.
NAMED = {
    "R01": "P080", "R02": "P078", "R03": "P055 P076", "R04": "P081", "R05": "P124 P125", "R06": "P126 P127", "R07": "P124",
    "R08": "P121 P122", "R09": "P089", "R10": "P110", "R12": "P109", "R13": "P042", "R14b": "P014 P006a", "R18": "P068 P069",
    "R20a": "P021b P021d", "R21": "P082b P083a P083b", "R31": "P065", "R37": "P086a P086b", "R40": "P043a P043b",
}  # fmt: skip


def test_there_are_71_relations_in_order() -> None:
    assert list(RESULTS) == [row[0] for row in EXPECTED]
    assert len(EXPECTED) == 71


@pytest.mark.parametrize(("key", "value", "unit", "verdict"), EXPECTED, ids=[row[0] for row in EXPECTED])
def test_value_unit_and_verdict(key: str, value: str, unit: str, verdict: str) -> None:
    found = RESULTS[key]
    if value == "absent":
        assert found.value is None
    else:
        digits = max(4, len(value.replace(".", "").lstrip("0")))
        assert f"{found.value:.{digits}g}" == value
    assert (found.unit, found.verdict) == (unit, verdict)


def test_totals() -> None:
    assert Counter(result.verdict for result in RESULTS.values()) == {BAD: 9, DIFFERS: 8, GOOD: 40, RAW: 7, NO: 4, YES: 3}


@pytest.mark.parametrize("key", sorted(EXPECTED_SIDES))
def test_expected_sides(key: str) -> None:
    found = RESULTS[key].expected_value
    assert isinstance(found, float)
    assert f"{found:.4g}" == EXPECTED_SIDES[key]


@pytest.mark.parametrize("key", sorted(READINGS))
def test_readings(key: str) -> None:
    assert tuple(f"{value:.3g}" for _, value in RESULTS[key].readings) == READINGS[key]


def test_no_other_relation_offers_readings() -> None:
    assert {key for key, result in RESULTS.items() if result.readings} == {*READINGS}


def test_claims_that_receive_a_verdict() -> None:
    assert {key: " ".join(result.claims) for key, result in RESULTS.items() if result.claims} == NAMED


def test_the_range_of_r01() -> None:
    assert RESULTS["R01"].range == pytest.approx((315.7, 325.7), abs=0.05)


def test_what_closes_only_at_the_edge_of_rounding_needs_all_of_it() -> None:
    """R53 is allowed because P032 stands for 1.9 to 2.1, and R52b would be allowed without."""
    claims = {key: replace(claim, value="2.00", qualifier="=") if key == "P032" else claim for key, claim in STUDY.claims.items()}
    sharper = {result.id: result.verdict for result in evaluate(replace(STUDY, claims=claims))}
    assert (sharper["R53"], sharper["R52b"]) == (NO, YES)


def test_reasons_of_what_needs_raw_data() -> None:
    assert {key: result.reason for key, result in RESULTS.items() if result.verdict == RAW} == {
        "R07": "basis-not-stated",
        "R15": "needs-experiment",
        "R16": "not-stated",
        "R17": "needs-experiment",
        "R19": "not-stated",
        "R20b": "not-stated",
        "R30": "needs-experiment",
    }
    assert all(result.reason is None for result in RESULTS.values() if result.verdict != RAW)


def test_every_derived_number_recomputes_to_its_digits() -> None:
    found = recompute(STUDY)
    assert len(found) == 87
    assert [result.derived.id for result in found if not result.agrees] == []


@pytest.mark.parametrize("position", range(87), ids=[row.id for row in STUDY.derived])
def test_a_changed_digit_of_a_derived_number_is_noticed(position: int) -> None:
    row = STUDY.derived[position]
    step = 10.0 ** (int(f"{float(row.value):e}".partition("e")[2]) + 1 - row.digits)
    changed = replace(row, value=repr(float(row.value) + 1.1 * step))
    [found] = recompute(replace(STUDY, derived=(changed,)))
    assert not found.agrees


def test_constants_that_are_not_claims_have_a_reason() -> None:
    assert len(STUDY.assume) == 21
    assert all(len(assumption.why) > 3 for assumption in STUDY.assume.values())
    used = " ".join(
        [r.expr or "" for r in STUDY.relations] + [x.expr for r in STUDY.relations for x in r.readings] + [d.expr for d in STUDY.derived]
    )
    assert [name for name in STUDY.assume if name not in used] == []


# --- rows -----------------------------------------------------------------------------------------------------------------------


def digest(claim: Claim) -> str:
    return hashlib.sha256("\t".join((claim.id, claim.value, claim.unit, claim.location)).encode()).hexdigest()


def committed() -> dict[str, str]:
    return {key: sha for sha, key in (line.split("  ") for line in DIGESTS.read_text(encoding="utf-8").splitlines())}


def test_every_row_is_the_one_that_was_checked_against_the_source() -> None:
    assert len(STUDY.claims) == 174
    assert {key: digest(claim) for key, claim in STUDY.claims.items()} == committed()


def test_a_changed_digit_of_a_claim_changes_its_digest() -> None:
    shas = committed()
    for key, claim in STUDY.claims.items():
        if claim.value_num is not None:
            changed = claim.value[:-1] + str((int(claim.value[-1]) + 1) % 10)
            assert digest(replace(claim, value=changed)) != shas[key]


def test_counts_of_claims() -> None:
    numeric = [claim for claim in STUDY.claims.values() if claim.value_num is not None]
    assert len(numeric) == 157
    assert len({key.rstrip("abcde") for key in STUDY.claims}) == 131
    assert all(float(claim.value) == claim.value_num and claim.unit and claim.sample and claim.condition for claim in numeric)
    assert all(claim.location and not claim.quote for claim in STUDY.claims.values())


def test_quantities_are_registered() -> None:
    names = {claim.quantity for claim in STUDY.claims.values()} | {row.quantity for row in STUDY.derived}
    assert names <= set(QUANTITIES)
