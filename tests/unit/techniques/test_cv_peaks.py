"""Exponents of peak currents against known ones: capacitors, diffusion, two peaks, bent lines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from dualion.errors import CoverageError, InputError, SpecError
from dualion.numerics.voltammetry.scans import Array, triangle
from dualion.records.measurement import Measurement, Result, Source
from dualion.records.quantity import Quantity
from dualion.techniques.cv_peaks import TECHNIQUE, Options, analyse, draw

RATES = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)  # [mV/s]
Law = Callable[[Array, Array, float], Array]  # potential [V], whether up, rate [V/s] -> size of the current [A]


def voltammogram(law: Law, rate: float, *, cycles: int = 2, stated: float | None = None) -> Measurement:
    """A voltammogram at a rate [mV/s] whose current is positive upwards and negative downwards."""
    time, voltage, up = triangle(1e-3 * rate, low=0.0, high=1.0, rows=400, cycles=cycles)
    current = np.where(up, 1.0, -1.0) * law(voltage, up, 1e-3 * rate)
    table = pl.DataFrame({"test_time_second": time, "voltage_volt": voltage, "current_ampere": current})
    source = Source(f"{rate:g}.csv", f"{rate:064.3f}", "test", 1, "simulation")
    return Measurement("cv", table, {"scan_rate": Quantity(rate if stated is None else stated, "mV/s")}, "", source)


def family(law: Law, rates: Sequence[float] = RATES) -> tuple[Measurement, ...]:
    return tuple(voltammogram(law, rate) for rate in rates)


def bell(voltage: Array, centre: float) -> Array:
    return np.exp(-0.5 * ((voltage - centre) / 0.08) ** 2)


def power(b: float, centre: float = 0.5) -> Law:
    return lambda voltage, up, rate: 0.01 * rate**b * bell(voltage, centre)


def codes(result: Result) -> set[str]:
    return {flag.code for flag in result.flags}


def value(result: Result, name: str) -> float:
    found = result.values[name].value
    assert found is not None
    return found


@pytest.mark.parametrize("b", [0.5, 0.75, 1.0])
def test_a_power_of_the_rate_is_found(b: float) -> None:
    result = analyse(family(power(b)), Options())
    for branch in ("anodic", "cathodic"):
        assert value(result, f"b_{branch}_1") == pytest.approx(b, abs=1e-6)
        assert value(result, f"peak_range_{branch}_1") == pytest.approx(0.0, abs=0.1)
        assert value(result, f"peak_shift_{branch}_1") == pytest.approx(0.0, abs=0.1)
    assert result.flags == ()


def test_a_capacitor_has_the_exponent_one() -> None:
    """Pure capacitance with noise: no maximum inside, so the largest current stands for the peak and says so."""
    rng = np.random.default_rng(0)
    result = analyse(family(lambda voltage, up, rate: 0.02 * rate * (1 + 0.005 * rng.standard_normal(voltage.size))), Options())
    for branch in ("anodic", "cathodic"):
        assert value(result, f"b_{branch}_1") == pytest.approx(1.000, abs=0.005)
    assert codes(result) == {"peak_at_edge"}


def test_a_capacitor_behind_a_resistance_is_one_as_well() -> None:
    """R C of 10 mV at the fastest rate: the current reaches C v on each sweep."""
    resistance, capacitance = 100.0, 0.02  # [ohm], [F]

    def charging(voltage: Array, up: Array, rate: float) -> Array:
        since = np.where(up, voltage, 1.0 - voltage)
        return capacitance * rate * (1 - 2 * np.exp(-since / (resistance * capacitance * rate)))

    result = analyse(family(charging), Options(trim=0.05))
    assert value(result, "b_anodic_1") == pytest.approx(1.000, abs=0.005)


def test_the_ohmic_drop_is_taken_off() -> None:
    """Peaks that only a resistance moves stand still on E - i R."""
    resistance = 20.0

    def shifted(voltage: Array, up: Array, rate: float) -> Array:
        height = 0.05 * rate**0.5
        drop = resistance * height * np.where(up, 1, -1)
        return height * bell(voltage - drop, 0.5)  # the peak is where its own drop puts it

    plain, corrected = (analyse(family(shifted), Options(ir_ohm=ohm)) for ohm in (None, resistance))
    assert value(plain, "peak_range_anodic_1") == pytest.approx(1e3 * resistance * 0.05 * (5e-3**0.5 - 1e-4**0.5), rel=0.02)
    assert value(corrected, "peak_range_anodic_1") == pytest.approx(0.0, abs=1.5)
    assert value(corrected, "b_anodic_1") == pytest.approx(0.5, abs=1e-3)


def test_peaks_are_found_in_each_scan() -> None:
    """A peak that wanders by 200 mV: reading all scans at the potential of the first would lose it."""

    def wandering(voltage: Array, up: Array, rate: float) -> Array:
        return 0.01 * rate**0.8 * bell(voltage, 0.6 + 0.1 * np.log10(1e3 * rate))

    result = analyse(family(wandering), Options())
    assert value(result, "b_anodic_1") == pytest.approx(0.8, abs=1e-4)
    assert value(result, "peak_shift_anodic_1") == pytest.approx(100.0, abs=0.1)
    assert value(result, "peak_range_anodic_1") == pytest.approx(100 * np.log10(50), abs=0.2)


def test_two_peaks_have_their_own_exponents() -> None:
    """The lower one overtakes the higher one, and each keeps its name: by rising potential."""

    def both(voltage: Array, up: Array, rate: float) -> Array:
        return 0.01 * rate * bell(voltage, 0.25) + 3e-4 * float(rate**0.5) * bell(voltage, 0.75)

    result = analyse(family(both), Options(peaks=2))
    assert value(result, "b_anodic_1") == pytest.approx(1.0, abs=2e-3)
    assert value(result, "b_anodic_2") == pytest.approx(0.5, abs=2e-3)
    assert set(result.tables["peaks"]["peak"]) == {"anodic_1", "anodic_2", "cathodic_1", "cathodic_2"}


def test_a_bent_line_is_flagged() -> None:
    def mixed(voltage: Array, up: Array, rate: float) -> Array:
        return float(0.03 * rate + 6e-4 * rate**0.5) * bell(voltage, 0.5)

    result = analyse(family(mixed), Options())
    assert codes(result) == {"curved"}
    assert value(result, "curvature_p_anodic_1") < 0.01
    assert 0.5 < value(result, "b_anodic_1") < 1.0


def test_interval_is_that_of_student() -> None:
    rng = np.random.default_rng(4)
    heights = {rate: float(np.exp(0.05 * rng.standard_normal())) for rate in RATES[:4]}
    made = tuple(voltammogram(lambda v, up, r, at=rate: heights[at] * r * bell(v, 0.5), rate) for rate in heights)  # type: ignore[misc]
    b = analyse(made, Options()).values["b_anodic_1"]
    assert b.stderr is not None
    assert b.interval is not None
    assert b.interval[1] - b.interval[0] == pytest.approx(2 * 4.302653 * b.stderr, rel=1e-5)  # two degrees of freedom


def test_several_rates_in_one_file_are_the_same_as_in_several() -> None:
    apart = family(power(0.7))
    time, parts = 0.0, []
    for one in apart:
        table = one.table.with_columns(pl.col("test_time_second") + time)
        last = table["test_time_second"]
        time = last[-1] + (last[-1] - last[-2])
        parts.append(table)
    together = replace(apart[0], table=pl.concat(parts), conditions={})
    in_one, in_many = analyse((together,), Options()), analyse(apart, Options())
    for name, quantity in in_many.values.items():
        if quantity.stderr is not None:
            assert value(in_one, name) == pytest.approx(value(in_many, name), abs=2e-3), name
    assert in_one.tables["scans"].height == 6
    assert in_one.tables["scans"]["stated_rate [mV/s]"].null_count() == 6


def test_the_formation_cycle_is_left_out() -> None:
    made = []
    for rate in RATES:
        one = voltammogram(power(0.5), rate, cycles=3)
        factor = pl.when(pl.int_range(pl.len()) < one.table.height // 3).then(5.0).otherwise(1.0)
        made.append(replace(one, table=one.table.with_columns(pl.col("current_ampere") * factor)))
    default, first_cycle = (analyse(made, Options(cycle=cycle)) for cycle in (None, 1))
    assert default.tables["scans"]["cycle"].to_list() == [2] * 6
    ratio = first_cycle.tables["peaks"]["peak_current [mA]"] / default.tables["peaks"]["peak_current [mA]"]
    assert ratio.to_list() == pytest.approx([5.0] * 12)


class TestRates:
    def test_a_stated_rate_that_is_not_the_measured_one(self) -> None:
        made = [voltammogram(power(0.5), rate, stated=rate * (1.03 if rate == 1.0 else 1.01)) for rate in RATES]
        result = analyse(made, Options())
        assert [flag.message for flag in result.flags if flag.code == "rate_mismatch"] == [
            "1.csv: 1.03 mV/s is stated and 1 mV/s is measured. The measured rate is used."
        ]
        assert value(result, "b_anodic_1") == pytest.approx(0.5, abs=1e-6)

    @pytest.mark.parametrize("count", [1, 2, 3])
    def test_too_few_are_refused_with_their_number(self, count: int) -> None:
        with pytest.raises(CoverageError) as problem:
            analyse(family(power(0.5), RATES[:count]), Options())
        assert (problem.value.needed, problem.value.found) == (4, count)

    def test_the_same_rate_twice_counts_once(self) -> None:
        with pytest.raises(CoverageError, match="needs at least 4 and has 3"):
            analyse((*family(power(0.5), RATES[:3]), voltammogram(power(0.5), 0.101)), Options())

    def test_few_and_narrow_ones_are_flagged(self) -> None:
        assert codes(analyse(family(power(0.5), (1.0, 1.5, 2.0, 3.0)), Options())) == {"few_rates", "narrow_rate_range"}
        assert codes(analyse(family(power(0.5), (1.0, 2.0, 5.0, 10.0, 11.0)), Options())) == set()

    def test_a_peak_of_too_few_rates_is_withheld(self) -> None:
        """It sinks into the other one from the third rate on."""

        def sinking(voltage: Array, up: Array, rate: float) -> Array:
            return 0.01 * rate * (bell(voltage, 0.3) + (bell(voltage, 0.75) if rate < 3e-4 else 0.0))

        result = analyse(family(sinking), Options(peaks=2))
        assert result.values["b_anodic_2"].value is None
        assert value(result, "b_anodic_1") == pytest.approx(1.0, abs=1e-3)
        assert ("few_rates", "refusal") in {(flag.code, flag.severity) for flag in result.flags}
        assert "b is withheld" in draw(result).finding


class TestRefusals:
    @pytest.mark.parametrize(
        "bad",
        [{"window": (1.0, 0.0)}, {"ir_ohm": -1.0}, {"min_rates": 2}, {"peaks": 0}, {"cycle": 0}, {"trim": -0.1}, {"ir_ohm": float("nan")}],
    )
    def test_options_that_mean_nothing(self, bad: dict[str, object]) -> None:
        with pytest.raises(SpecError, match=next(iter(bad))):
            Options(**bad)  # type: ignore[arg-type]

    def test_currents_against_their_sweeps(self) -> None:
        """The sign of the current is turned, as by an instrument that counts reduction positive."""
        turned = [replace(one, table=one.table.with_columns(-pl.col("current_ampere"))) for one in family(lambda v, u, r: r + 0 * v)]
        with pytest.raises(InputError, match="sign of the current"):
            analyse(turned, Options())

    def test_rows_without_a_number_are_left_out_and_said(self) -> None:
        made = list(family(power(0.5)))
        hole = pl.when(pl.int_range(pl.len()).is_in([3, 500, 501])).then(None).otherwise(pl.col("current_ampere"))
        made[2] = replace(made[2], table=made[2].table.with_columns(hole.alias("current_ampere")))
        result = analyse(made, Options())
        (flag,) = result.flags
        assert (flag.code, flag.message[:14]) == ("missing_values", "0.5.csv: 3 row")
        assert value(result, "b_anodic_1") == pytest.approx(0.5, abs=1e-4)

    def test_a_file_without_a_whole_cycle_is_left_out_and_said(self) -> None:
        made = list(family(power(0.5)))
        made[2] = replace(made[2], table=made[2].table.head(300))
        result = analyse(made, Options())
        assert [flag.code for flag in result.flags] == ["incomplete_cycle"]
        assert result.tables["scans"].height == 5
        assert value(result, "b_anodic_1") == pytest.approx(0.5, abs=1e-6)

    def test_a_branch_without_a_current_of_its_own_is_withheld(self) -> None:
        """An irreversible couple: nothing flows back while the potential falls."""
        made = [replace(one, table=one.table.with_columns(pl.col("current_ampere").abs())) for one in family(power(0.5))]
        result = analyse(made, Options())
        assert value(result, "b_anodic_1") == pytest.approx(0.5, abs=1e-6)
        assert result.values["b_cathodic_1"].value is None
        assert [flag.severity for flag in result.flags] == ["refusal"]
        assert "cathodic b is withheld" in draw(result).finding

    def test_a_cycling_file_is_not_one_of_voltammetry(self) -> None:
        time = np.arange(4000.0)
        voltage = 0.1 + 0.9 * np.abs(np.sin(time / 640)) ** 0.3
        table = pl.DataFrame({"test_time_second": time, "voltage_volt": voltage, "current_ampere": np.sign(np.cos(time / 640))})
        with pytest.raises(CoverageError):
            analyse([replace(one, table=table) for one in family(power(0.5))], Options())


def test_its_row_takes_several() -> None:
    assert TECHNIQUE.several
