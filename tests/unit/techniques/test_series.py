"""Series of frames: the Raman series of the specification, every flag and option, and the quantities of other techniques."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

import numpy as np
import polars as pl
import pytest

from dualion.errors import CoverageError, InputError, SpecError
from dualion.numerics.series.quantities import TRACKINGS, fit_of
from dualion.records.measurement import Measurement, Result, Source
from dualion.records.quantity import Quantity
from dualion.techniques.series import Options, analyse, draw, synthesise

#: G alone in its window: fast, and good for all that does not hang on the fit.
LINE = Options(quantity="line_position", window=(1500.0, 1680.0), two_pass=False)


def raman(seed: int = 0, *, shape: Literal["step", "ramp"] = "ramp", **more: Any) -> list[Measurement]:
    return list(synthesise(np.random.default_rng(seed), shape=shape, **more)[0])


def codes(found: Result) -> set[str]:
    return {flag.code for flag in found.flags}


def message(found: Result, code: str) -> str:
    (one,) = [flag.message for flag in found.flags if flag.code == code]
    return one


def value(found: Result, name: str) -> float:
    number = found.values[name].value
    assert number is not None, name
    return number


def conditions(measured: Measurement, **changed: Quantity | str | None) -> Measurement:
    kept = {name: one for name, one in (dict(measured.conditions) | changed).items() if one is not None}
    return replace(measured, conditions=kept)


@pytest.mark.parametrize("seed", [0, 1])
def test_raman_series_of_the_specification(seed: int) -> None:
    """G shifted by -8 cm-1 below 0.15 V, noise 1 cm-1, 40 frames: change point within 0.02 V, shift within 0.5 cm-1, passes agree."""
    found = analyse(raman(seed, shape="step"), Options())
    frames = found.tables["frames"]
    assert frames.height == 40
    assert 0.7 < float(np.median(frames["stderr [cm-1]"].to_numpy())) < 1.4
    assert value(found, "falling_change_points") == 1
    assert value(found, "falling_change_point_1") == pytest.approx(0.15, abs=0.02)
    assert value(found, "falling_shift") == pytest.approx(-8.0, abs=0.5)
    assert np.abs((frames["forward [cm-1]"] - frames["backward [cm-1]"]).to_numpy()).max() < 0.01
    assert not {"seed_jump", "frame_failed", "drift"} & codes(found)


@pytest.mark.slow
def test_the_specification_holds_over_seeds() -> None:
    """In nine of ten seeds: five sixths is what 20 frames on each side at 1 cm-1 allow for half a wavenumber."""
    near = [analyse(raman(seed, shape="step"), Options(two_pass=False)) for seed in range(60)]
    places = [one.values["falling_change_point_1"].value or 0.0 for one in near]
    assert np.mean(np.abs(np.array(places) - 0.15) <= 0.02) > 0.9
    assert np.mean([abs(value(one, "falling_shift") + 8) <= 0.5 for one in near]) > 0.75


def test_without_noise_the_truth_comes_back() -> None:
    found = analyse(raman(noise=0.0), Options())
    assert value(found, "falling_change_point_1") == pytest.approx(0.15, rel=1e-3)
    assert value(found, "falling_shift") == pytest.approx(-8.0, rel=1e-3)
    regions = found.tables["regions"]
    assert regions["slope [cm-1/V]"].to_list() == pytest.approx([8 / (0.15 - 1e-4), 0.0], abs=0.05)
    assert value(found, "end_shift") == pytest.approx(-8.0, rel=1e-3)


def test_a_frame_that_fails_is_named_and_passed_over() -> None:
    frames = raman()
    flat = frames[7].table.with_columns(pl.lit(300.0).alias("intensity_arbitrary"))
    found = analyse([*frames[:7], replace(frames[7], table=flat), *frames[8:]], LINE)
    assert "1 of 40 frames: 7" in message(found, "frame_failed")
    assert found.tables["frames"]["failed"].to_list().index(True) == 7
    assert found.tables["frames"]["value [cm-1]"][7] is None
    assert value(found, "falling_change_point_1") == pytest.approx(0.15, abs=0.06)


def test_a_result_that_depends_on_the_direction(monkeypatch: pytest.MonkeyPatch) -> None:
    from dualion.numerics.series.frame import FrameFit

    def track(x: Any, y: Any, *, quantity: str, seed: tuple[float, ...]) -> FrameFit:
        return FrameFit(1590.0 if not seed or seed[0] == 1.0 else 1595.0, 0.5, (1.0,) if not seed else (seed[0] + 0.5,))

    monkeypatch.setattr("dualion.techniques.series.fit_of", lambda how: track)
    found = analyse(raman(), Options())
    assert "seed_jump" in codes(found)
    assert any(found.tables["frames"]["seed_jump"].to_list())
    assert "seed_jump" not in codes(analyse(raman(), Options(two_pass=False)))


def test_a_spectrometer_that_moves_is_corrected_by_silicon() -> None:
    moved = raman(drift=5.0, noise=0.3)
    plain = analyse(moved, replace(LINE, quantity="g_position", window=None))
    found = analyse(moved, replace(LINE, quantity="g_position", window=None, reference_line=(480.0, 560.0)))
    assert message(found, "drift").startswith("The reference line moves by up to 5")
    assert value(found, "falling_shift") == pytest.approx(-8.0, abs=0.6)
    assert value(plain, "falling_shift") > -5.0
    still = analyse(raman(noise=0.3), replace(LINE, reference_line=(480.0, 560.0)))
    assert "drift" not in codes(still)
    with pytest.raises(SpecError, match="reference_line"):
        analyse(raman(), replace(LINE, reference_line=(1000.0, 1020.0)))


def test_ex_situ_frames_are_different_electrodes() -> None:
    ex_situ = [replace(one, sample=f"electrode {number}") for number, one in enumerate(raman())]
    for frames, options in ((ex_situ, LINE), (raman(), replace(LINE, align="state"))):
        found = analyse(frames, options)
        (flag,) = [one for one in found.flags if one.code == "ex_situ_different_samples"]
        assert flag.severity == "refusal"
        assert found.values["hysteresis"].value is None
        assert found.values["reversibility_index"].value is None
        assert "all_change_point_1" in found.values
    assert "ex_situ_different_samples" not in codes(analyse(raman(), replace(LINE, align="state", same_electrode=True)))


@pytest.mark.parametrize("count", [1, 3])
def test_too_few_states(count: int) -> None:
    found = analyse(raman()[:: 40 // count][:count], LINE)
    (flag,) = [one for one in found.flags if one.code == "too_few_states"]
    assert flag.severity == "refusal"
    assert found.values["change_points"].value is None
    assert found.values["first_value"].value == pytest.approx(1590, abs=5)
    assert draw(found).panels
    four = analyse(raman()[::10], LINE)
    assert "too_few_states" not in codes(four)
    assert "branch_too_short" in codes(four)


def test_sodium_reacts_with_air() -> None:
    frames = raman()
    exposed = [conditions(one, transfer="air", state="pristine" if number == 0 else "sodiated") for number, one in enumerate(frames)]
    assert message(analyse(exposed, LINE), "exposed_sample").startswith("39 frames")
    inert = [conditions(one, transfer="inert") for one in frames]
    assert "exposed_sample" not in codes(analyse(inert, LINE))


def test_a_frame_that_lasts_has_a_horizontal_error() -> None:
    """Scan rate times acquisition time, over the square root of 12 in the error of a change point."""
    short, long = (analyse(raman(), replace(LINE, acquisition_time=time, scan_rate=1e-3)) for time in (0.0, 120.0))
    assert long.tables["frames"]["potential_span [V]"].to_list() == pytest.approx([0.12] * 40)
    errors = [found.values["falling_change_point_1"].stderr or 0.0 for found in (short, long)]
    assert errors[1] == pytest.approx(np.hypot(errors[0], 0.12 / np.sqrt(12)), rel=1e-6)
    own = analyse(raman(), replace(LINE, acquisition_time=60.0)).tables["frames"]
    steps = np.abs(np.gradient(own["potential [V]"].to_numpy(), own["frame_time [s]"].to_numpy())) * 60
    assert own["potential_span [V]"].to_numpy() == pytest.approx(steps)


def there_and_back(seed: int = 0, *, lag: float = 0.0, back: float = 1.0) -> list[Measurement]:
    """A discharge and the charge behind it, on which the band comes back by a share ``back``, ``lag`` higher at equal potential."""
    rng, frames = np.random.default_rng(seed), []
    potential = np.concatenate([np.linspace(1.5, 0.0, 21), np.linspace(0.075, 1.5, 20)])
    for number, V in enumerate(potential):
        deep = -8 * (1 - V / 1.5)
        centre = 1590 + (deep if number <= 20 else -8 * (1 - back) + back * deep + lag)
        x = np.arange(1480.0, 1700.0, 4.0)
        y = 300 + 1000 / (1 + ((x - centre) / 30) ** 2) + 5 * rng.standard_normal(x.size)
        given = {"frame_time": Quantity(100.0 * number, "s"), "potential": Quantity(float(V), "V")}
        given["state_of_charge"] = Quantity(100 * (1 - float(V) / 1.5), "%")
        table = pl.DataFrame({"raman_shift_per_centimetre": x, "intensity_arbitrary": y})
        frames.append(Measurement("raman", table, given, "cell", Source(f"{number}.txt", f"{number:064d}", "test", 1)))
    return frames


WHOLE = Options(quantity="line_position", two_pass=False)


def test_hysteresis_at_equal_potential_and_charge() -> None:
    for axis in ("potential", "state_of_charge"):
        found = analyse(there_and_back(lag=2.0), replace(WHOLE, axis=axis))  # type: ignore[arg-type]
        assert abs(value(found, "hysteresis")) == pytest.approx(2.0, abs=0.1)
        assert {"falling", "rising"} == set(found.tables["frames"]["branch"].to_list())
    assert value(analyse(there_and_back(), WHOLE), "hysteresis") == pytest.approx(0.0, abs=0.1)


@pytest.mark.parametrize("back", [1.0, 0.5, 0.0])
def test_reversibility(back: float) -> None:
    found = analyse(there_and_back(back=back), WHOLE).values["reversibility_index"]
    assert found.value == pytest.approx(back, abs=0.03)


def test_branches_may_stay_together() -> None:
    found = analyse(there_and_back(), replace(WHOLE, branch_split=False))
    assert set(found.tables["frames"]["branch"].to_list()) == {"all"}
    assert "all_shift" in found.values


def test_axes_without_turns() -> None:
    for axis, unit in (("time", "s"), ("index", "1")):
        found = analyse(there_and_back(), replace(WHOLE, axis=axis))  # type: ignore[arg-type]
        assert value(found, "all_change_point_1") == pytest.approx(20 * (100 if unit == "s" else 1), rel=0.02)
        assert found.values["all_change_point_1"].unit == unit
        assert draw(found).panels[0].x.unit == unit


def record(*, late: float = 0.0) -> Measurement:
    time = np.linspace(0.0, 4000.0, 401)
    voltage = np.interp(time, [0, 2000, 4000], [1.5, 0.0, 1.5])
    table = pl.DataFrame({"test_time_second": time + late, "voltage_volt": voltage, "current_ampere": np.where(time < 2000, -1e-3, 1e-3)})
    return Measurement("gcd", table, {}, "cell", Source("cell.csv", "f" * 64, "test", 1))


def test_potentials_come_from_the_record_by_time_stamps() -> None:
    found = analyse([record(late=250.0), *there_and_back()], WHOLE)
    offset = found.values["clock_offset"]
    assert offset.value == pytest.approx(250.0, abs=1.0)
    assert value(found, "frames") == 41
    bare = [conditions(one, potential=None) for one in there_and_back()]
    unchecked = analyse([record(), *bare], WHOLE)
    assert "clock_unchecked" in codes(unchecked)
    assert unchecked.tables["frames"]["potential [V]"][20] == pytest.approx(0.0, abs=1e-9)
    stated = analyse([record(late=250.0), *bare], replace(WHOLE, clock_offset=250.0))
    assert "clock_unchecked" not in codes(stated)
    assert stated.tables["frames"]["potential [V]"].to_list() == pytest.approx(unchecked.tables["frames"]["potential [V]"].to_list())
    late = analyse([record(), *bare], replace(WHOLE, clock_offset=500.0))
    assert "frame_without_place" in codes(late)


def test_shifts_follow_the_charge() -> None:
    """Correlation of |dy/dV| with |dQ/dV|: a band that shifts where the charge goes in."""
    time, rng = np.linspace(0.0, 4000.0, 801), np.random.default_rng(0)
    V = np.interp(time, [0, 1000, 4000], [1.5, 0.15, 0.0])
    table = pl.DataFrame({"test_time_second": time, "voltage_volt": V, "current_ampere": np.full(time.size, -1e-3)})
    cell = Measurement("gcd", table, {}, "cell", Source("cell.csv", "e" * 64, "test", 1))
    frames = []
    for number, at in enumerate(np.linspace(0, 4000, 33)):
        x = np.arange(1480.0, 1700.0, 4.0)
        y = 300 + 1000 / (1 + ((x - 1590 + 8 * at / 4000) / 30) ** 2) + rng.standard_normal(x.size)
        given = {"frame_time": Quantity(float(at), "s"), "potential": Quantity(float(np.interp(at, time, V)), "V")}
        spectrum = pl.DataFrame({"raman_shift_per_centimetre": x, "intensity_arbitrary": y})
        frames.append(Measurement("raman", spectrum, given, "cell", Source(f"{number}.txt", f"{number:064d}", "test", 1)))
    found = analyse([cell, *frames], WHOLE).values["differential_capacity_correlation"]
    assert found.value is not None
    assert found.value > 0.9
    assert found.interval is not None


def test_what_is_missing_is_asked_for() -> None:
    frames = raman()
    with pytest.raises(SpecError, match=r'frame_time.*align = "state"'):
        analyse([conditions(one, frame_time=None) for one in frames], LINE)
    with pytest.raises(InputError, match="second electrochemical record"):
        analyse([record(), record(), *frames], LINE)
    with pytest.raises(CoverageError, match="frames"):
        analyse([record()], LINE)
    with pytest.raises(InputError, match="no column"):
        analyse([replace(frames[0], table=frames[0].table.drop("intensity_arbitrary"))], LINE)
    empty = [replace(one, table=one.table.with_columns(pl.lit(1.0).alias("intensity_arbitrary"))) for one in frames]
    with pytest.raises(CoverageError, match="could be fitted"):
        analyse(empty, LINE)


@pytest.mark.parametrize(
    "wrong",
    [
        {"align": "time"}, {"axis": "voltage"}, {"window": (2.0, 1.0)}, {"reference_line": (1.0, 1.0)}, {"acquisition_time": -1.0},
        {"scan_rate": np.nan}, {"change_point_max": -1}, {"quantity": "h_position"}, {"technique": "xrd"},
    ],
)  # fmt: skip
def test_wrong_options_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(SpecError, match="quantity" if "technique" in wrong else next(iter(wrong))):
        Options(**wrong)


def test_every_quantity_has_its_fit() -> None:
    for one in TRACKINGS:
        assert callable(fit_of(one)), one.quantity


def frames_of(columns: Any, technique: str, count: int = 12) -> list[Measurement]:
    """Frames whose columns follow the share [1] of the discharge that has passed."""
    return [
        Measurement(
            technique, pl.DataFrame(columns(number / (count - 1))),
            {"frame_time": Quantity(60.0 * number, "s"), "potential": Quantity(1.5 - 1.4 * number / (count - 1), "V")}, "cell",
            Source(f"{number}.txt", f"{number:064d}", "test", 1),
        )
        for number in range(count)
    ]  # fmt: skip


def test_carbonyl_of_an_electrolyte() -> None:
    """C=O moves to lower wavenumber on discharge: 1773 to 1765 cm-1."""
    x = np.arange(1700.0, 1850.0, 1.0)
    frames = frames_of(
        lambda s: {"wavenumber_per_centimetre": x, "absorbance": 0.5 * np.exp(-(((x - 1773 + 8 * s) / 12) ** 2)) + 1e-4 * np.sin(7 * x)},
        "ftir",
    )
    found = analyse(frames, Options(technique="ftir", quantity="band_position", window=(1730.0, 1810.0)))
    assert value(found, "end_shift") == pytest.approx(-8.0, abs=0.5)
    assert found.values["end_shift"].unit == "cm-1"
    through = [
        replace(one, table=one.table.select("wavenumber_per_centimetre", transmittance_percent=100 * 10 ** -pl.col("absorbance")))
        for one in frames
    ]
    again = analyse(through, Options(technique="ftir", quantity="band_position", window=(1730.0, 1810.0)))
    assert value(again, "end_shift") == pytest.approx(value(found, "end_shift"), abs=1e-6)


def test_reflection_of_layers() -> None:
    """(002) loses intensity on discharge, without a shift."""
    x = np.arange(14.0, 60.0, 0.1)
    rng = np.random.default_rng(0)
    frames = frames_of(
        lambda s: {
            "two_theta_degree": x,
            "intensity_count": 200 + 2e4 / x + 1000 * (1 - 0.4 * s) / (1 + ((x - 24.0) / 3.0) ** 2) + 3 * rng.standard_normal(x.size),
        },
        "xrd", 6,
    )  # fmt: skip
    height = analyse(frames, Options(technique="xrd", quantity="intensity_002", two_pass=False))
    assert value(height, "end_shift") / value(height, "first_value") == pytest.approx(-0.4, abs=0.1)
    assert height.tables["frames"]["relative_value"][5] == pytest.approx(0.6, abs=0.1)
    place = analyse(frames, Options(technique="xrd", quantity="position_002", two_pass=False))
    assert "relative_value" not in place.tables["frames"].columns
    assert place.values["end_shift"].unit == "deg"
    assert abs(value(place, "end_shift")) < 0.3


def test_scattering_of_pores() -> None:
    """B a falls by a third where the contrast does; the intensity at 1.5 nm-1 with it."""
    q = np.geomspace(0.4, 6.0, 80)
    frames = frames_of(
        lambda s: {
            "q_inverse_nanometre": q,
            "intensity_per_centimetre": 0.2 * q**-4 + (1 - s / 3) * 30 * 0.4**4 / (1 + (0.4 * q) ** 2) ** 2 + 0.01,
        },
        "saxs", 6,
    )  # fmt: skip
    pores = analyse(frames, Options(technique="saxs", quantity="closed_pore_parameter", two_pass=False))
    assert value(pores, "first_value") == pytest.approx(12.0, rel=0.05)
    assert value(pores, "end_shift") == pytest.approx(-4.0, rel=0.1)
    assert pores.values["end_shift"].unit == "cm-1 nm-3"
    at = analyse(frames, Options(technique="saxs", quantity="intensity_at_1.5", two_pass=False))
    assert at.values["first_value"].unit == "cm-1"
    assert value(at, "first_value") == pytest.approx(0.2 * 1.5**-4 + 30 * 0.4**4 / (1 + 0.36) ** 2 + 0.01, rel=0.02)


def test_sodium_of_depth_profiles() -> None:
    """Sodium over carbon, 2 % behind the transient."""
    t, rng = np.arange(0.0, 60.0, 0.25), np.random.default_rng(0)
    frames = frames_of(
        lambda s: {
            "time_second": t,
            "sodium_signal": (0.5 + s) * (1 + 3 * np.exp(-t / 3)) * (1 + 0.01 * rng.standard_normal(t.size)),
            "carbon_signal": 1.0 + 0.01 * rng.standard_normal(t.size),
        },
        "gdoes",
    )  # fmt: skip
    found = analyse(frames, Options(technique="gdoes", quantity="sodium_ratio"))
    assert value(found, "first_value") == pytest.approx(0.5, rel=0.02)
    assert value(found, "end_shift") == pytest.approx(1.0, rel=0.02)


def test_intensities_are_corrected_by_the_ratio_of_a_line() -> None:
    """A lamp that fades by half is not a band that does."""
    x = np.arange(480.0, 1801.0, 5.0)
    shape = 300 + 1000 / (1 + ((x - 1590) / 30) ** 2) + 4000 / (1 + ((x - 520.5) / 8) ** 2)
    frames = frames_of(
        lambda s: {
            "raman_shift_per_centimetre": x,
            "intensity_arbitrary": (1 - s / 2) * shape + np.sin(x),
        },
        "raman",
    )  # fmt: skip
    plain = Options(quantity="line_height", window=(1480.0, 1700.0), two_pass=False)
    assert value(analyse(frames, plain), "end_shift") == pytest.approx(-500, abs=5)
    found = analyse(frames, replace(plain, reference_line=(480.0, 560.0)))
    assert value(found, "end_shift") == pytest.approx(0.0, abs=5)
    assert "drift" in codes(found)
