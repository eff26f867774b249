"""Relations: ranges from rounding, signs, classes, checks; on made-up studies, and as properties on the bundled one."""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dualion.errors import SpecError
from dualion.study.load import load, locate
from dualion.study.relations import evaluate, recompute
from dualion.study.types import Assumption, Claim, Derived, Producer, Reading, Relation, RelationClass, RelationResult, Study
from dualion.units import unit

SETTINGS: dict[str, Any] = {
    "electrolyte": {"a": {"salt": "X", "solvent": {"EC": 1}}, "b": {"solvent": {"EC": 1}, "salt": "X"}, "c": {"salt": "Y"}},
    "cell": {
        "one": {
            "area": "1 cm2",
            "initial_sodiation": "desodiated",
            "one_c": {"mass": "anode"},
            "assumed": ["initial_sodiation", "one_c.mass"],
        }
    },
    "recipe": {
        "chitosan": {"mass": "1 g", "deacetylation": [0.8, 1.0]},
        "water": "30 mL",
        "stock": {"concentration": "0.25 mol/L"},
        "stock_volume": {"A0": "0 mL", "A1": "1 mL", "A2": "2 mL"},
        "hcl": {"mass_fraction": 0.37, "density": "1.18 g/mL"},
    },
}  # fmt: skip


def claim(key: str, value: str, qualifier: str = "=") -> Claim:
    return Claim(key, "specific_capacity", "A", "1 C", value, float(value), "mAh/g", qualifier, "", "Sec 1", "GCD", "measured")


def relation(expr: str | None = None, expect: Mapping[str, Any] | None = None, **changes: Any) -> Relation:
    plain = Relation("R01", "arithmetic", expr, None, expect or {}, 0.0, "1", (), (), "text", None)
    return replace(plain, **changes)


def study(*relations: Relation, claims: Mapping[str, str], assume: Mapping[str, float] | None = None, **changes: Any) -> Study:
    printed = {key: claim(key, text.lstrip("~"), "~" if text.startswith("~") else "=") for key, text in claims.items()}
    assumed = {key: Assumption(key, number, "1", "why") for key, number in (assume or {}).items()}
    made = Study("made-up", "", "", "", "", "", Path(), "", printed, assumed, relations, (), {}, (), (), (), {}, SETTINGS)
    return replace(made, **changes)


def outcome(expr: str, expect: Mapping[str, Any], claims: Mapping[str, str], **changes: Any) -> RelationResult:
    return evaluate(study(relation(expr, expect, **changes), claims=claims))[0]


@pytest.mark.parametrize(
    ("sign", "wanted", "holds"),
    [
        ("=", "10.4", True), ("=", "10.6", False), ("=", "9.4", False),
        ("<=", "9.6", True), ("<=", "9.5", True), ("<=", "9.4", False), ("<", "9.6", True), ("<", "9.5", False),
        (">=", "10.5", True), (">=", "10.6", False), (">", "10.4", True), (">", "10.5", False),
        ("in", ("10.5", "12"), True), ("in", ("10.6", "12"), False), ("in", ("8", "9.5"), True), ("in", ("8", "9.4"), False),
    ],
)  # fmt: skip
def test_a_relation_holds_if_rounding_lets_it(sign: str, wanted: Any, holds: bool) -> None:
    # 10 stands for 9.5 to 10.5; the expected sides here are numbers without a range
    assert outcome("P001", {sign: wanted}, {"P001": "10"}).result == ("holds" if holds else "fails")


def test_both_sides_have_a_range() -> None:
    assert outcome("P001", {"=": "P002"}, {"P001": "10", "P002": "11"}).result == "holds"
    assert outcome("P001", {"=": "P002"}, {"P001": "10.0", "P002": "11.0"}).result == "fails"


def test_tol_widens_the_expected_side_at_both_ends() -> None:
    assert outcome("8.9", {"=": "10"}, {}, tol=0.1).result == "fails"
    assert outcome("9.1", {"=": "10"}, {}, tol=0.1).result == "holds"
    assert outcome("-10.9", {"=": "-10"}, {}, tol=0.1).result == "holds"
    assert outcome("2.2", {"in": ("1", "2")}, {}, tol=0.1).result == "holds"
    assert outcome("2.3", {"in": ("1", "2")}, {}, tol=0.1).result == "fails"


def test_range_comes_from_every_combination() -> None:
    # the least value of (x - y)^2 lies inside, where x - y = 0, and the largest at a corner
    found = outcome("(P001 - P002) ** 2", {}, {"P001": "10", "P002": "10"})
    assert found.value == 0
    assert found.range == pytest.approx((0.0, 1.0))


def test_seven_claims_are_combined_and_eight_are_summed_at_first_order() -> None:
    claims = {f"P00{n}": str(10 + n) for n in range(8)}
    seven = outcome(" * ".join(list(claims)[:7]), {}, claims)
    corners = [float(text) for text in list(claims.values())[:7]]
    low = high = 1.0
    for value in corners:
        low, high = low * (value - 0.5), high * (value + 0.5)
    assert seven.range == pytest.approx((low, high), rel=1e-12)

    eight = outcome(" + ".join(claims), {}, claims)
    assert eight.range == pytest.approx((sum(range(10, 18)) - 4.0, sum(range(10, 18)) + 4.0), rel=1e-12)
    product = outcome(" * ".join(claims), {}, claims)
    central = 1.0
    for text in claims.values():
        central *= float(text)
    spread = sum(central * 0.5 / float(text) for text in claims.values())
    assert product.range == pytest.approx((central - spread, central + spread), rel=1e-12)


def test_approximate_claims_have_wider_ranges() -> None:
    assert outcome("P001", {}, {"P001": "~338"}).range == pytest.approx((338 - 3.38, 338 + 3.38))


@pytest.mark.parametrize(
    ("kind", "held", "failed"),
    [
        ("arithmetic", "consistent (derived)", "inconsistent in source"),
        ("own-equation", "consistent (derived)", "inconsistent in source"),
        ("wording", "consistent (derived)", "inconsistent in source"),
        ("physics", "consistent (derived)", "differs"),
        ("design", "consistent (derived)", "needs raw data"),
        ("hypothesis", "allowed", "excluded"),
    ],
)
def test_the_class_decides_what_follows(kind: RelationClass, held: str, failed: str) -> None:
    first, second = evaluate(
        study(
            relation("1", {"=": "1"}, kind=kind, reason="not-stated"), relation("1", {"=": "2"}, kind=kind, reason="not-stated"), claims={}
        )
    )
    assert (first.verdict, second.verdict) == (held, failed)
    assert first.reason is None
    assert second.reason == ("not-stated" if kind == "design" else None)


def test_without_an_expectation_a_value_is_derived() -> None:
    found = evaluate(study(relation("2 * a", unit="g"), claims={}, assume={"a": 3.0}))[0]
    assert (found.value, found.range, found.expected, found.expected_value) == (6.0, (6.0, 6.0), "-", None)
    assert (found.result, found.verdict, found.unit) == ("derived", "consistent (derived)", "g")


def test_expected_is_shown_with_its_number_and_tol() -> None:
    found = outcome("1", {"<=": "P001 / 3"}, {"P001": "10"}, tol=0.03)
    assert found.expected == "<= 3.333, tol 0.03"
    assert found.expected_value == pytest.approx(10 / 3)
    assert outcome("1", {"in": ("P001", "20")}, {"P001": "10"}).expected == "in 10 .. 20"


def test_readings_are_evaluated_and_none_is_chosen() -> None:
    readings = (Reading("P001 / 2", "half", "mAh/g"), Reading("P001 * 2", "twice", "mAh/g"))
    found = outcome("P001", {"=": "1"}, {"P001": "10"}, readings=readings)
    assert [(reading.says, value) for reading, value in found.readings] == [("half", 5.0), ("twice", 20.0)]
    assert found.result == "fails"


# --- checks ---------------------------------------------------------------------------------------------------------------------


def checked(check: str, **arguments: Any) -> RelationResult:
    return evaluate(study(relation(check=check, kind="design", reason="not-stated", arguments=arguments), claims={}))[0]


@pytest.mark.parametrize(
    ("check", "arguments", "value", "wanted", "result"),
    [
        ("count", {"of": ["1 mL", "2 mL"], "location": "Sec 1"}, 2, 2, "holds"),
        ("count", {"of": ["1 mL"], "location": "Sec 1"}, 1, 2, "fails"),
        ("count", {"of": ["1 mL", "1000 uL"], "location": "Sec 1"}, 1, 2, "fails"),
        ("confounding", {"factors": ["zn"], "samples": ["A0", "A1", "A2"]}, 1, 1, "holds"),
        ("confounding", {"factors": ["zn", "hcl"], "samples": ["A0", "A1", "A2"]}, 1, 2, "fails"),
        ("not-stated", {"key": "cell.one.initial_sodiation"}, None, 1, "fails"),
        ("not-stated", {"key": "cell.one.one_c.mass"}, None, 1, "fails"),
        ("not-stated", {"key": "cell.one.area"}, 1, 1, "holds"),
        ("same", {"of": ["electrolyte.a", "electrolyte.b"]}, 1, 1, "holds"),
        ("same", {"of": ["electrolyte.a", "electrolyte.c"]}, 2, 1, "fails"),
        ("same", {"of": ["BL1.2", "BL3"], "location": "Sec 1"}, 2, 1, "fails"),
        ("same", {"of": ["BL3", "BL3"], "location": "Sec 1"}, 1, 1, "holds"),
        ("term", {"terms": [{"printed": "a", "right": "a"}, {"printed": "b", "right": "c"}]}, 1, 2, "fails"),
        ("term", {"terms": [{"printed": "a", "right": "a"}]}, 1, 1, "holds"),
    ],
)
def test_checks_read_what_is_declared(check: str, arguments: dict[str, Any], value: float | None, wanted: float, result: str) -> None:
    found = checked(check, **arguments)
    assert (found.value, found.expected_value, found.result) == (value, wanted, result)
    assert found.range == (None if value is None else (value, value))


@pytest.mark.parametrize(
    ("check", "arguments", "message"),
    [
        ("count", {"of": ["1 mL"]}, 'location: missing. The check "count" reads of, location.'),
        ("count", {"of": ["1 g"], "location": "Sec 1"}, 'R01: of: "g" is a mass; a volume is needed'),
        ("confounding", {"factors": ["zinc"], "samples": ["A0", "A1"]}, 'factors: "zinc" is not in the recipe.'),
        ("confounding", {"factors": ["zn"], "samples": ["A0", "B1"]}, 'samples: "B1" is not in the recipe. Write one of A0, A1, A2.'),
        ("not-stated", {"key": "cell.one.aera"}, 'key: "cell.one.aera" is not in study.toml. Did you mean "area"?'),
        ("not-stated", {"key": "cell.two.area"}, "is in no table of study.toml that lists what was assumed"),
        ("same", {"of": ["electrolyte.a", "electrolyte.d"]}, 'of: "electrolyte.d" is not in study.toml.'),
        ("term", {"terms": [{"printed": "a"}]}, "R01: terms.right: missing"),
    ],
)
def test_a_check_that_reads_nothing_is_an_error(check: str, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError) as caught:
        checked(check, **arguments)
    assert str(caught.value).startswith("relations.toml: relation R01: ")
    assert message in str(caught.value)


# --- errors, derived numbers ----------------------------------------------------------------------------------------------------


def test_every_relation_that_cannot_be_evaluated_is_reported() -> None:
    bad = [relation("P001 / 0"), relation("P002", id="R02"), relation(id="R03"), relation("1", {"<": "2", ">": "0"}, id="R04")]
    with pytest.raises(SpecError) as caught:
        evaluate(study(*bad, claims={"P001": "1"}))
    assert [line.split(":")[1].strip() for line in caught.value.problems] == [f"relation R0{n}" for n in (1, 2, 3, 4)]


def test_a_pole_within_rounding_is_an_error_and_not_a_number() -> None:
    with pytest.raises(SpecError, match="not a finite number"):
        outcome("1 / (P001 - P002)", {}, {"P001": "10", "P002": "11"})


@pytest.mark.parametrize(
    ("expr", "value", "digits", "agrees"),
    [
        ("P001 / 3", "3.33", 3, True), ("P001 / 3", "3.34", 3, False), ("P001 / 3", "3.333", 3, True), ("P001 / 3", "3.3", 3, False),
        ("0.29954", "0.3", 3, True), ("0.2994", "0.3", 3, False), ("0.25 * 6.67", "1.667", 4, True), ("0.25 * 6.67", "1.668", 4, True),
        ("4.54e-6", "4.5e-06", 2, True), ("4.56e-6", "4.5e-06", 2, False), ("0", "0", 1, True), ("-257.4", "-257", 3, True),
    ],
)  # fmt: skip
def test_a_derived_number_agrees_to_its_digits(expr: str, value: str, digits: int, agrees: bool) -> None:
    row = Derived("C001", "specific_capacity", expr, value, "1", digits)
    [found] = recompute(study(claims={"P001": "10"}, derived=(row,)))
    assert found.agrees is agrees
    assert found.derived is row


def test_a_derived_number_that_cannot_be_computed_is_named() -> None:
    rows = (Derived("C001", "", "1 / 0", "1", "1", 1), Derived("C002", "", "P9", "1", "1", 1))
    with pytest.raises(SpecError) as caught:
        recompute(study(claims={}, derived=rows))
    assert [line.split(",")[0] for line in caught.value.problems] == ["derived.csv: C001", "derived.csv: C002"]


# --- properties on the bundled study --------------------------------------------------------------------------------------------

TANG = load(locate("tang2026"))
HELD = {result.id: result for result in evaluate(TANG)}
TESTED = [relation for relation in TANG.relations if relation.expect]
WORD = re.compile(r"[A-Za-z_]\w*")


def words(relation: Relation) -> set[str]:
    ends = itertools.chain.from_iterable([value] if isinstance(value, str) else value for value in relation.expect.values())
    return set(WORD.findall(" ".join([relation.expr or "", *ends, *(reading.expr for reading in relation.readings)])))


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(TESTED), st.floats(0, 3), st.floats(0, 3))
def test_loosening_tol_never_turns_holds_into_fails(relation: Relation, first: float, second: float) -> None:
    tight, loose = sorted((first, second))
    results = [evaluate(replace(TANG, relations=(replace(relation, tol=tol),)))[0].result for tol in (tight, loose)]
    assert results != ["holds", "fails"]


def test_some_failing_relation_holds_with_a_large_tol() -> None:
    loose = replace(TANG, relations=tuple(replace(relation, tol=1e6) for relation in TESTED))
    assert {result.result for result in evaluate(loose)} == {"holds"}


@pytest.mark.parametrize("name", sorted(TANG.assume))
def test_changing_an_assumption_moves_exactly_the_relations_that_name_it(name: str) -> None:
    old = TANG.assume[name]
    changed = replace(TANG, assume={**TANG.assume, name: replace(old, value=1.07 * old.value)})
    numbers = {
        result.id: (result.value, result.range, result.expected_value, [value for _, value in result.readings])
        for result in evaluate(changed)
    }
    before = {key: (r.value, r.range, r.expected_value, [value for _, value in r.readings]) for key, r in HELD.items()}
    moved = {key for key in numbers if numbers[key] != before[key]}
    assert moved == {relation.id for relation in TANG.relations if name in words(relation)}


#: Relations whose expressions hold no number with a dimension: neither a constant of nature nor a literal such as 60 mA/g.
WITH_DIMENSION = {"R10", "R11a", "R11b", "R19", "R21", "R26", "R28", "R29a", "R29b", "R47", "R51a", "R51b", "R52c", "R52d", "R55", "R59"}
COHERENT = tuple(relation for relation in TANG.relations if relation.expr and relation.id not in WITH_DIMENSION)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(-2, 2), min_size=7, max_size=7))
def test_relations_do_not_depend_on_the_units_of_their_inputs(powers: list[int]) -> None:
    """Every base unit is made 10^k times smaller; claims and assumptions change with their dimensions, results with theirs."""
    powers[4] = 0  # a Celsius temperature has an offset

    def shift(text: str) -> int:
        return int(sum(k * exponent for k, exponent in zip(powers, unit(text).dimension, strict=True)))

    claims = {
        key: c
        if c.value_num is None or c.unit == "degC"
        else replace(c, value=str(v := Decimal(c.value).scaleb(shift(c.unit))), value_num=float(v))
        for key, c in TANG.claims.items()
    }
    assume = {key: replace(a, value=a.value * 10.0 ** shift(a.unit)) for key, a in TANG.assume.items()}
    results = evaluate(replace(TANG, claims=claims, assume=assume, relations=COHERENT))
    for result in results:
        before = HELD[result.id]
        assert (result.result, result.verdict) == (before.result, before.verdict)
        assert result.value is not None
        assert before.value is not None
        assert result.value == pytest.approx(before.value * 10.0 ** shift(before.unit), rel=1e-9)


def test_recipe_checks_do_not_depend_on_units() -> None:
    table = TANG.settings["recipe"]
    other = {
        **table,
        "stock_volume": {sample: f"{float(text.split()[0]) / 1000} L" for sample, text in table["stock_volume"].items()},
        "stock": {**table["stock"], "concentration": "0.25 mmol/mL"},
    }
    found = evaluate(replace(TANG, settings={**TANG.settings, "recipe": other}))
    assert found == tuple(HELD.values())


def test_the_whole_evaluation_is_fast() -> None:
    start = time.perf_counter()
    evaluate(TANG)
    recompute(TANG)
    assert time.perf_counter() - start < 0.5


def test_evaluation_is_deterministic_and_leaves_the_study_alone() -> None:
    assert evaluate(TANG) == tuple(HELD.values())
    assert list(HELD) == [relation.id for relation in TANG.relations]


def test_a_check_of_a_recipe_needs_one() -> None:
    count = relation(check="count", kind="wording", arguments={"of": ["1 mL"], "location": "Sec 1"})
    with pytest.raises(SpecError, match="recipe: missing"):
        evaluate(study(count, claims={}, settings={}))


def _design(name: str, reason: str, **changes: Any) -> Relation:
    """A relation that fails and leaves P001 open for a reason."""
    return relation("P001", {"=": "11"}, id=name, kind="design", reason=reason, claims=("P001",), **changes)


class TestTwoReasons:
    """The order of the verdicts chooses between words; between two reasons of one word nothing does."""

    PAIR = (_design("R01", "not-stated"), _design("R02", "needs-experiment"))

    def test_refused(self) -> None:
        with pytest.raises(SpecError) as caught:
            evaluate(study(*self.PAIR, claims={"P001": "10.0"}))
        (problem,) = caught.value.problems
        assert problem == (
            'relations.toml: relation R02, claims: P001 needs raw data for the reason "needs-experiment", '
            'and in relation R01 for "not-stated". Remove it from one, or name it under one reason in [pending] of study.toml.'
        )

    def test_one_reason_twice_is_one_reason(self) -> None:
        same = (_design("R01", "not-stated"), _design("R02", "not-stated"))
        assert [result.verdict for result in evaluate(study(*same, claims={"P001": "10.0"}))] == ["needs raw data"] * 2

    def test_a_relation_that_holds_has_no_say(self) -> None:
        holds = replace(self.PAIR[1], expect={"=": "10.0"})
        assert len(evaluate(study(self.PAIR[0], holds, claims={"P001": "10.0"}))) == 2

    @pytest.mark.parametrize("kind", ["arithmetic", "own-equation", "wording", "physics"])
    def test_a_stronger_verdict_decides(self, kind: RelationClass) -> None:
        stronger = relation("P001", {"=": "11"}, id="R03", kind=kind, claims=("P001",))
        assert len(evaluate(study(*self.PAIR, stronger, claims={"P001": "10.0"}))) == 3

    def test_a_hypothesis_does_not(self) -> None:
        hypothesis = relation("P001", {"=": "11"}, id="R03", kind="hypothesis", claims=("P001",))
        with pytest.raises(SpecError, match="needs raw data for the reason"):
            evaluate(study(*self.PAIR, hypothesis, claims={"P001": "10.0"}))

    def test_the_study_may_choose(self) -> None:
        chosen = study(*self.PAIR, claims={"P001": "10.0"}, pending={"P001": "not-stated"})
        assert len(evaluate(chosen)) == 2

    def test_a_producer_or_a_setting_is_not_left_open(self) -> None:
        made = Producer(("P001",), "half_cell", None, None, "specific_capacity")
        assert len(evaluate(study(*self.PAIR, claims={"P001": "10.0"}, producers=(made,)))) == 2
        setting = study(*self.PAIR, claims={"P001": "10.0"})
        assert len(evaluate(replace(setting, claims={"P001": replace(setting.claims["P001"], kind="input")}))) == 2
