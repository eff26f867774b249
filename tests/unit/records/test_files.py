"""TOML with limits, validation with one line for each error, and values with units."""

from __future__ import annotations

import gc
import os
import time
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from dualion.errors import SpecError
from dualion.records.files import (
    ClaimIds,
    Hint,
    Measure,
    Measured,
    Number,
    Strictly,
    Text,
    did_you_mean,
    inside,
    read_text,
    read_toml,
    validate,
)
from dualion.records.measures import COMMON_UNITS, nearest_unit
from dualion.units import unit

HOSTILE_SECONDS = 1.0


class Part(Strictly):
    loading: Annotated[Measured, Measure("mg/cm2", "1.0 mg/cm2", above=0.0)]
    share: Annotated[Measured, Measure("1", "0.9", above=0.0, at_most=1.0)] | None = None
    warmth: Annotated[Measured, Measure("degC", "25 degC", above=-273.15)] | None = None


class Whole(Strictly):
    name: Text
    word: Literal["one", "two"] = "one"
    number: Annotated[Number, Field(ge=0)] = 0.0
    claims: ClaimIds = ()
    part: dict[str, Part] = Field(default_factory=dict)
    listed: tuple[Part, ...] = ()
    from_: Annotated[str, Field(alias="from"), Hint("the name of a calibration")] = ""


def messages(model: type[Any], data: object, **keywords: Any) -> tuple[str, ...]:
    with pytest.raises(SpecError) as caught:
        validate(model, data, file="f.toml", **keywords)
    return caught.value.problems


def loading(written: object) -> Measured:
    return validate(Part, {"loading": written}, file="f.toml").loading


class TestMeasure:
    def test_text(self) -> None:
        assert loading("1.5 mg/cm2").value == 1.5

    def test_conversion(self) -> None:
        found = loading("10 g/m2")
        assert found.value == pytest.approx(1.0, rel=1e-12)
        assert (found.unit, found.written) == ("mg/cm2", "10 g/m2")

    def test_table(self) -> None:
        found = loading({"value": 10, "unit": "g/m2", "stderr": 1, "claim": "P1", "claims": ["P2"], "approximate": True, "source": "scale"})
        assert found.stderr == pytest.approx(0.1, rel=1e-12)
        assert found.claims == ("P1", "P2")
        parameter = found.parameter(standing="stated", source="claim P1")
        assert parameter.value == pytest.approx(1.0)
        assert parameter.source == "claim P1 (approximate)"

    def test_offset_does_not_touch_a_standard_error(self) -> None:
        data = {"loading": "1 mg/cm2", "warmth": {"value": 300, "unit": "K", "stderr": 2}}
        warmth = validate(Part, data, file="f.toml").warmth
        assert warmth is not None
        assert warmth.value == pytest.approx(26.85)
        assert warmth.stderr == pytest.approx(2.0)

    def test_share_may_be_bare_or_in_per_cent(self) -> None:
        for written in (0.9, "90 %", "0.9", {"value": 0.9}):
            share = validate(Part, {"loading": "1 mg/cm2", "share": written}, file="f.toml").share
            assert share is not None
            assert share.value == pytest.approx(0.9)

    @pytest.mark.parametrize(
        ("written", "problem"),
        [
            (1.0, '1.0 has no unit. Write a text such as "1.0 mg/cm2".'),
            (1, '1 has no unit. Write a text such as "1 mg/cm2".'),
            ("1.0", '1.0 has no unit. Write a text such as "1.0 mg/cm2".'),
            ({"value": 1.0}, '1.0 has no unit. Write a text such as "1.0 mg/cm2".'),
            ("12 mm", '"12 mm" is a length; a mass loading is needed, such as "1.0 mg/cm2".'),
            ({"value": 12, "unit": "mm"}, '"12 mm" is a length; a mass loading is needed, such as "1.0 mg/cm2".'),
            ("1 mgcm-2", '"mgcm-2" is not in the unit table. Write "mg/cm2".'),
            ({"value": 1, "unit": "mgcm-2"}, '"mgcm-2" is not in the unit table. Write "mg/cm2".'),
            ("about 1", '"about 1" does not start with a number. Write a text such as "1.0 mg/cm2".'),
            ("0 mg/cm2", '"0 mg/cm2" is too small. Write more than 0 mg/cm2.'),
            (True, 'true is not a value with a unit. Write a text such as "1.0 mg/cm2".'),
            ([], 'a list is not a value with a unit. Write a text such as "1.0 mg/cm2".'),
        ],
    )
    def test_refusals(self, written: object, problem: str) -> None:
        assert messages(Part, {"loading": written}) == (f"f.toml: loading: {problem}",)

    @pytest.mark.parametrize(
        ("table", "key", "problem"),
        [
            ({"value": 1, "unti": "mg/cm2", "unit": "mg/cm2"}, "loading.unti", 'unknown key. Did you mean "unit"?'),
            ({"value": "1", "unit": "mg/cm2"}, "loading.value", '"1" is not a number. Write a number without quotes.'),
            ({"value": float("nan"), "unit": "mg/cm2"}, "loading.value", "nan is not finite. Write a finite number."),
            ({"value": 10**400, "unit": "mg/cm2"}, "loading.value", "a number of too many digits is not finite. Write a finite number."),
            ({"unit": "mg/cm2"}, "loading.value", "missing. Write a number."),
            ({"value": 1, "unit": "mg/cm2", "stderr": -1}, "loading.stderr", "-1 is too small. Write at least 0."),
        ],
    )
    def test_an_error_in_a_table_names_its_own_key(self, table: dict[str, object], key: str, problem: str) -> None:
        assert messages(Part, {"loading": table}) == (f"f.toml: {key}: {problem}",)

    @pytest.mark.parametrize(
        "written", ["1 " + "m" * 5000, "1" + " " * 100_000 + "mm", "9" * 1000, "1e999 mg/cm2", "1 (m)^-99999", "1 cm99999"]
    )
    def test_hostile_text(self, written: str) -> None:
        start = time.process_time()
        (message,) = messages(Part, {"loading": written})
        assert time.process_time() - start < HOSTILE_SECONDS
        assert len(message) < 300

    @given(st.sampled_from(COMMON_UNITS))
    def test_every_suggested_unit_is_in_the_table(self, text: str) -> None:
        assert unit(text).text == text

    @pytest.mark.parametrize(
        ("wrong", "right"),
        [("mAhg-1", "mAh/g"), ("mAh g⁻¹", "mAh g-1"), ("µm", "um"), ("Å", "angstrom"), ("ml", "mL"), ("Ω", "ohm"), ("°C", "degC")],
    )
    def test_nearest_unit(self, wrong: str, right: str) -> None:
        assert nearest_unit(wrong) == right


class TestValidate:
    def test_every_error_is_collected_in_order(self) -> None:
        data = {"name": 3, "word": "tow", "number": "x", "part": {"a b": {}}, "listed": [{"loading": "1 mg/cm2", "sahre": 1}], "nme": 1}
        assert messages(Whole, data) == (
            "f.toml: name: 3 is not a text. Write it in quotes.",
            'f.toml: word: "tow" is not known here. Did you mean "two"?',
            'f.toml: number: "x" is not a number. Write a number without quotes.',
            'f.toml: part.a b.loading: missing. Write a text such as "1.0 mg/cm2".',
            'f.toml: listed[0].sahre: unknown key. Did you mean "share"?',
            'f.toml: nme: unknown key. Did you mean "name"?',
        )

    def test_part_of_a_file(self) -> None:
        assert messages(Whole, {"name": "x", "form": ""}, within="relation R01") == (
            'f.toml: relation R01, form: unknown key. Did you mean "from"?',
        )

    def test_a_list_where_a_table_is_needed(self) -> None:
        assert messages(Whole, []) == ("f.toml: a list is not a table. Write a table, such as {key = value}.",)

    def test_a_message_is_one_line_whatever_the_key(self) -> None:
        (message,) = messages(Whole, {"name": "x", "a\nb\0" + "c" * 500: 1})
        assert "\n" not in message
        assert len(message) < 300

    @pytest.mark.slow
    def test_many_errors_are_quick(self) -> None:
        """The time grows with their number, not with its square: a ratio, so that a busy or slow machine does not count."""

        def seconds(count: int) -> float:
            data = {"name": "x", **{f"k{index}": 1 for index in range(count)}}
            gc.collect()
            gc.disable()  # its time goes with everything else that lives in the process
            try:
                start = time.process_time()
                assert len(messages(Whole, data)) == count
                return time.process_time() - start
            finally:
                gc.enable()

        few = min(seconds(5_000) for _ in range(3))
        assert min(seconds(50_000) for _ in range(2)) < 4 * 10 * few

    def test_did_you_mean_without_a_near_word(self) -> None:
        assert did_you_mean("xyz", ["aaa", "bbb"]) == 'Write one of "aaa", "bbb", or remove it.'
        assert did_you_mean("xyz", []) == "Remove it."

    def test_frozen(self) -> None:
        whole = validate(Whole, {"name": "x", "claims": "P1"}, file="f.toml")
        assert whole.claims == ("P1",)
        with pytest.raises(ValueError, match="frozen"):
            whole.name = "y"


class TestReading:
    def test_plain(self, tmp_path: Path) -> None:
        (tmp_path / "a.toml").write_bytes(b"\xef\xbb\xbfa = 1\r\nb = [0.1, 0.2]\r\n")
        assert read_toml(tmp_path / "a.toml") == {"a": 1, "b": [0.1, 0.2]}

    def test_long_lists_of_numbers_are_no_dotted_keys(self, tmp_path: Path) -> None:
        (tmp_path / "a.toml").write_text("a = [" + ", ".join(["-0.125e-3"] * 500) + "]\n", encoding="utf-8")
        assert len(read_toml(tmp_path / "a.toml")["a"]) == 500

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (b"a = 1\nb = \n", "a.toml: line 2: not TOML (invalid value). Correct this line."),
            (b"a = 1\na = 2\n", "a.toml: line 2: not TOML (cannot overwrite a value). Correct this line."),
            (b'a = "', "a.toml: line 1: not TOML (unterminated string). Correct this line."),
            (b"a = 1\nb = 'x\0y'\n", "a.toml: line 2: holds a NUL. Save the file as plain text."),
            (b"a = 1\nb = '\xff'\n", "a.toml: line 2: not UTF-8. Save the file as UTF-8."),
            (b"a = 2026-02-31\n", "a.toml: line 1: not TOML (invalid date or datetime). Correct this line."),
            (b"a = " + b"[" * 10_000, "a.toml: tables or lists are nested too deeply. Write it flatter."),
            (b".".join([b"a"] * 100_000) + b" = 1", "a.toml: line 1: a key of more than 32 parts. Write a shorter one."),
            (
                b"[" + b".".join([b"1"] * 100_000) + b"]",
                "a.toml: line 1: a key of more than 32 parts. Write a shorter one.",
            ),
            (b"a=1\n" * 60_000, "a.toml: more than 50000 keys. Write a smaller file."),
            (b"a" * 4_000_000, "a.toml: line 1: not TOML (expected '=' after a key in a key/value pair). Correct this line."),
            (b"#" * 5_000_000, "a.toml: 5000000 bytes are more than the 4194304 that are read. Write a smaller file."),
        ],
    )
    def test_hostile(self, tmp_path: Path, content: bytes, message: str) -> None:
        (tmp_path / "a.toml").write_bytes(content)
        start = time.process_time()
        with pytest.raises(SpecError) as caught:
            read_toml(tmp_path / "a.toml")
        assert time.process_time() - start < HOSTILE_SECONDS
        assert caught.value.problems == (message,)

    def test_missing(self, tmp_path: Path) -> None:
        with pytest.raises(SpecError, match="missing"):
            read_toml(tmp_path / "x.toml", name="study.toml")

    def test_folder(self, tmp_path: Path) -> None:
        with pytest.raises(SpecError, match="not a file"):
            read_text(tmp_path, largest=10)

    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this system")
    def test_a_pipe_is_not_waited_for(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "a.toml")
        with pytest.raises(SpecError, match="not a file"):
            read_toml(tmp_path / "a.toml")


class TestInside:
    def test_inside(self, tmp_path: Path) -> None:
        assert inside(tmp_path, "cells/a.toml", file="f.toml", key="k") == tmp_path / "cells" / "a.toml"

    @pytest.mark.parametrize("path", ["..", "../a", "a/../../b", "/a", "C:/a", "a\\b", "", " ", "a\0b"])
    def test_outside(self, tmp_path: Path, path: str) -> None:
        with pytest.raises(SpecError, match=r"^f\.toml: k: .* leaves the folder\. Write a path inside it"):
            inside(tmp_path, path, file="f.toml", key="k")

    def test_link_out(self, tmp_path: Path) -> None:
        (tmp_path / "study").mkdir()
        (tmp_path / "secret.toml").write_text("a = 1", encoding="utf-8")
        (tmp_path / "study" / "a.toml").symlink_to(tmp_path / "secret.toml")
        with pytest.raises(SpecError, match="leaves the folder"):
            inside(tmp_path / "study", "a.toml", file="f.toml", key="k")
