"""Titrations made with a known diffusivity: straight in sqrt(t), of a sphere, and of the hard carbon of Chayambuka et al. 2022."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
import pytest
from scipy.interpolate import PchipInterpolator

from dualion.errors import CoverageError, InputError, SpecError
from dualion.numerics.titration.sphere import march, shells
from dualion.numerics.titration.train import Train, pulse_train, simulated
from dualion.records.cell_record import CellRecord
from dualion.records.material_files import load_material
from dualion.records.measurement import Measurement, Source
from dualion.records.quantity import Quantity
from dualion.techniques.gitt import TECHNIQUE, Options, analyse, draw, synthesise

RADIUS = 5.0  # [um]
FARADAY, GAS_CONSTANT, TEMPERATURE = 96485.33, 8.314463, 298.15  # [C/mol], [J/mol/K], [K]


def measured(table: pl.DataFrame, cell: CellRecord | None = None) -> Measurement:
    source = Source("titration.csv", "0" * 64, "test", 1)
    return Measurement("gitt", table, {}, "", source, cell=cell or CellRecord(particle_radius=Quantity(RADIUS, "um")))


def straight(
    diffusivity: float, *, pulses: int = 12, tau: float = 600.0, change: float = -12e-3, drift: float = 0.0, rows: int = 121
) -> pl.DataFrame:
    """Pulses whose voltage is a straight line of sqrt(t), as Weppner and Huggins ask for, with a jump of 30 mV and relaxed rests.

    ``drift`` [V/h] is that of every rest at its end.
    """
    length = RADIUS * 1e-6 / 3
    slope = 2 / math.sqrt(math.pi * diffusivity) * length * change / tau  # dE/dsqrt(t)
    time, voltage, current = [np.linspace(0, 3600, 37)], [np.full(37, 1.0)], [np.zeros(37)]
    now, at_rest = 3600.0, 1.0
    for _ in range(pulses):
        since = tau * np.linspace(0, 1, rows) ** 2
        time.append(now + since)
        voltage.append(at_rest - 0.03 + slope * np.sqrt(since))
        current.append(np.full(rows, -1e-3))
        now, at_rest = now + tau, at_rest + change
        rest = np.linspace(0, 7200, 73)
        time.append(now + rest)
        voltage.append(at_rest + drift * (rest - 7200) / 3600)
        current.append(np.zeros(73))
        now += 7200
    columns = {"test_time_second": time, "voltage_volt": voltage, "current_ampere": current}
    return pl.DataFrame({name: np.concatenate(parts) for name, parts in columns.items()})


def of_sphere(rate: float, **changes: float) -> pl.DataFrame:
    """Pulses of a sphere with D/R^2 = ``rate``, without noise, with rests until nothing moves."""
    train = Train(
        rate=rate, pulses=12, pulse=600.0, rest=1.0 / rate, before=3600.0, change=-12e-3, voltage=1.0, current=-1e-4, resistance=100.0,
        pulse_rows=601, rest_rows=101,
    )  # fmt: skip
    return pulse_train(np.random.default_rng(0), replace(train, **changes), noise=0.0)


# --- the closed form --------------------------------------------------------------------------------------------------------


def test_straight_pulses_give_back_their_diffusivity_in_both_forms() -> None:
    result = analyse((measured(straight(3e-16)),), Options())
    table = result.tables["pulses"]
    assert table["diffusivity [m2/s]"].to_numpy() == pytest.approx(np.full(12, 3e-16), rel=1e-6)
    assert table["two_point_diffusivity [m2/s]"].to_numpy() == pytest.approx(np.full(12, 3e-16), rel=1e-6)
    assert table["jump [mV]"].to_numpy() == pytest.approx(np.full(12, -30.0), rel=1e-6)
    assert result.values["median_diffusivity"].value == pytest.approx(3e-16, rel=1e-6)
    assert result.values["two_point_over_slope"].value == pytest.approx(1, rel=1e-6)
    assert result.flags == ()


def test_titration_in_the_other_direction_gives_the_same() -> None:
    down = straight(3e-16)
    up = down.with_columns(voltage_volt=2 - pl.col("voltage_volt"), current_ampere=-pl.col("current_ampere"))
    found = [analyse((measured(table),), Options()).values["median_diffusivity"].value for table in (down, up)]
    assert found[0] == pytest.approx(found[1], rel=1e-9)


def test_slab_of_a_third_of_the_radius_gives_the_same() -> None:
    table = straight(3e-16)
    slab = analyse((measured(table),), Options(geometry="slab", thickness=RADIUS * 1e-6 / 3))
    assert slab.values["median_diffusivity"].value == pytest.approx(3e-16, rel=1e-6)


def test_slab_from_mass_volume_and_area() -> None:
    cell = CellRecord(kind="half", working="anode", anode_mass=Quantity(2.0, "mg"), area=Quantity(6.0, "cm2"))
    options = Options(geometry="slab", molar_volume=6e-6, molar_mass=12.0)  # 1e-9 m3 over 6e-4 m2: RADIUS/3
    assert analyse((measured(straight(3e-16), cell),), options).values["median_diffusivity"].value == pytest.approx(3e-16, rel=1e-6)


def test_the_radius_enters_squared_with_its_error() -> None:
    table = straight(3e-16)
    one = analyse((measured(table),), Options(particle_radius=5e-6)).values["median_diffusivity"]
    other = analyse((measured(table),), Options(particle_radius=10e-6, particle_radius_stderr=1e-6)).values["median_diffusivity"]
    assert one.value is not None
    assert one.stderr is not None
    assert other.value == pytest.approx(4 * one.value, rel=1e-9)
    assert other.stderr == pytest.approx(4 * one.value * math.hypot(0.2, one.stderr / one.value), rel=1e-6)
    assert other.interval is not None
    assert other.interval[0] > 0


def test_error_of_a_pulse_is_twice_those_of_its_parts() -> None:
    """Without noise only the floor of 0.1 mV of each rest is left: 2 sqrt(2) 0.1/12."""
    table = analyse((measured(straight(3e-16)),), Options()).tables["pulses"]
    assert table["relative_error_without_length"].to_numpy() == pytest.approx(np.full(12, 2 * math.sqrt(2) * 0.1 / 12), rel=1e-3)


@pytest.mark.parametrize("rate", [1e-7, 1e-6, 1e-5])
def test_curvature_of_a_sphere_lowers_the_result_as_the_methods_section_says(rate: float) -> None:
    result = analyse((measured(of_sphere(rate)),), Options())
    found = result.values["median_diffusivity"].value
    assert found is not None
    # rows are even in sqrt(t): the middle of the window is that of sqrt(t)
    middle = ((1 + math.sqrt(60)) / 2) ** 2
    assert 1 - found / (rate * (RADIUS * 1e-6) ** 2) == pytest.approx(2 * math.sqrt(math.pi * rate * middle), rel=0.15)


def test_pseudo_open_circuit_curve_goes_through_the_rests() -> None:
    result = analyse((measured(straight(3e-16)),), Options())
    curve = result.curves["pseudo_ocv"]
    assert curve.y == pytest.approx([1 - 12e-3 * k for k in range(13)])
    table = result.tables["pseudo_ocv"]
    assert (tuple(table["charge [mAh]"]), tuple(table["voltage_at_rest [V]"])) == (curve.x, curve.y)
    assert curve.x == pytest.approx([-k * 600 / 3600 for k in range(13)])  # 1 mA: mAh
    assert result.values["highest_voltage_at_rest"].value == pytest.approx(1.0)
    assert result.values["lowest_voltage_at_rest"].value == pytest.approx(1 - 12 * 12e-3)


@pytest.mark.slow
def test_intervals_hold_the_truth() -> None:
    inside = 0
    for seed in range(60):
        given, truth = synthesise(np.random.default_rng(seed))
        interval = analyse(given, TECHNIQUE.example_options()).values["median_diffusivity"].interval
        assert interval is not None
        inside += interval[0] <= truth["median_diffusivity"] <= interval[1]
    assert 52 <= inside <= 60


# --- flags ------------------------------------------------------------------------------------------------------------------


def codes(table: pl.DataFrame, **options: float) -> list[set[str]]:
    found = analyse((measured(table),), Options(**options)).tables["pulses"]
    return [set(text.split()) for text in found["flags"]]


def test_change_within_the_noise_is_apparent_and_leaves_no_median() -> None:
    result = analyse((measured(straight(3e-16, change=-4e-4)),), Options())  # below 5 times 0.1 mV
    assert result.values["median_diffusivity"].value is None
    assert {flag.code: flag.severity for flag in result.flags} == {"apparent": "warning", "no_diffusivity": "refusal"}
    assert draw(result).finding == "No pulse gives a diffusivity that is not apparent (apparent, no_diffusivity)."
    assert draw(result).panels


def test_noise_of_the_rests_counts_where_it_is_larger() -> None:
    table = straight(3e-16)  # changes of 12 mV
    noise = np.where(table["current_ampere"].to_numpy() == 0, 4e-3 * np.random.default_rng(2).standard_normal(table.height), 0.0)
    assert all("apparent" in one for one in codes(table.with_columns(pl.col("voltage_volt") + noise)))


def test_plateau_is_judged_by_the_charge_of_one_unit() -> None:
    """12 pulses of 8 mV are 0.096 V over the titration; over ten times its charge, 0.96 V."""
    assert all("apparent" in one for one in codes(straight(3e-16, change=-8e-3), plateau_slope=0.1))
    assert not any("apparent" in one for one in codes(straight(3e-16, change=-8e-3), full_capacity=20.0))


def test_apparent_pulses_are_in_no_median() -> None:
    steep, flat = straight(3e-16, pulses=8, change=-20e-3), straight(9e-16, pulses=5, change=-4e-4)
    last = float(steep["test_time_second"][-1])
    flat = flat.with_columns(pl.col("test_time_second") + last, pl.col("voltage_volt") + float(steep["voltage_volt"][-1]) - 1.0)
    result = analyse((measured(pl.concat((steep, flat))),), Options())
    assert result.values["pulses"].value == 13
    assert result.values["apparent_pulses"].value == 5
    assert result.values["median_diffusivity"].n == 8
    assert result.values["median_diffusivity"].value == pytest.approx(3e-16, rel=1e-6)


def test_drifting_rests_are_flagged() -> None:
    assert all("not_relaxed" in one for one in codes(straight(3e-16, drift=3e-3)))
    assert not any("not_relaxed" in one for one in codes(straight(3e-16, drift=3e-4)))


def test_long_pulses_are_flagged_and_stay() -> None:
    """0.1 L^2/D is 600 s at 4.6e-16 m2/s."""
    assert not any("tau_too_long" in one for one in codes(straight(4.5e-16)))
    result = analyse((measured(straight(4.8e-16)),), Options())
    assert result.values["tau_too_long_pulses"].value == result.values["median_diffusivity"].n == 12


def test_bent_pulses_are_flagged() -> None:
    table = straight(3e-16)
    time = table["test_time_second"].to_numpy()
    bent = np.where(table["current_ampere"].to_numpy() != 0, 1e-3 * ((time - 3600) % 7800), 0.0)
    assert all("poor_sqrt_t" in one for one in codes(table.with_columns(pl.col("voltage_volt") + bent)))


def test_straight_pulses_have_a_median_of_their_own() -> None:
    table = straight(3e-16)
    time = table["test_time_second"].to_numpy()
    bent = np.where((table["current_ampere"].to_numpy() != 0) & (time > 40000), 1e-3 * ((time - 3600) % 7800), 0.0)
    values = analyse((measured(table.with_columns(pl.col("voltage_volt") + bent)),), Options()).values
    assert values["median_diffusivity_straight"].n == 5
    assert values["median_diffusivity_straight"].value == pytest.approx(3e-16, rel=1e-6)
    assert values["median_diffusivity"].n == 12


def test_sparse_pulses_have_no_diffusivity() -> None:
    result = analyse((measured(straight(3e-16, rows=9)),), Options())
    assert result.tables["pulses"]["diffusivity [m2/s]"].null_count() == 12
    assert {flag.code for flag in result.flags if flag.severity == "refusal"} == {"no_diffusivity"}
    assert result.values["few_points_pulses"].value == 12


def test_rows_that_are_not_finite_are_told() -> None:
    table = straight(3e-16).with_columns(
        pl.when(pl.int_range(pl.len()) % 50 == 7).then(float("nan")).otherwise(pl.col("voltage_volt")).alias("voltage_volt")
    )
    result = analyse((measured(table),), Options())
    assert [flag.code for flag in result.flags] == ["rows_left_out"]
    assert result.values["median_diffusivity"].value == pytest.approx(3e-16, rel=1e-3)


# --- what the user must give ------------------------------------------------------------------------------------------------


def test_missing_radius_is_named() -> None:
    with pytest.raises(SpecError, match="particle_radius: missing"):
        analyse((measured(straight(3e-16), CellRecord()),), Options())


def test_no_pulse_between_rests_is_told() -> None:
    table = straight(3e-16, pulses=1).head(100)
    with pytest.raises(CoverageError, match=r"at least 1 and has 0"):
        analyse((measured(table),), Options())


def test_two_titrations_are_refused() -> None:
    one = measured(straight(3e-16))
    with pytest.raises(InputError, match="takes one titration"):
        analyse((one, one), Options())


@pytest.mark.parametrize(
    "given",
    [
        {"geometry": "cube"},
        {"particle_radius": 0.0},
        {"particle_radius": float("nan")},
        {"particle_radius_stderr": -1e-7},
        {"sqrt_window": (60.0, 1.0)},
        {"sqrt_window": (1.0, float("inf"))},
        {"k_noise": -5.0},
        {"plateau_slope": float("nan")},
    ],
)
def test_options_that_mean_nothing_are_refused(given: dict[str, float]) -> None:
    with pytest.raises(SpecError, match=next(iter(given))):
        Options(**given)


# --- hard carbon ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class HardCarbon:
    """A titration of one particle at C/100 in pulses of half an hour, with the mean filling before and after each pulse."""

    table: pl.DataFrame
    filling: np.ndarray
    cell: CellRecord

    @property
    def middle(self) -> np.ndarray:
        return (self.filling[1:] + self.filling[:-1]) / 2


MATERIAL = load_material("chayambuka-hc")
POTENTIAL = PchipInterpolator(MATERIAL.table.fraction, MATERIAL.table.potential)
HOURS, TAU, REST = 100.0, 1800.0, 4 * 3600.0  # [h] of the whole filling, [s], [s]
CAPACITY = 100.0  # [mAh] of the whole filling, at 1 mA


def profile(name: str, x: np.ndarray) -> np.ndarray:
    found = MATERIAL.profiles[name]
    return np.interp(x, found.fraction, found.value)


def overpotential(surface: np.ndarray, flux: float) -> np.ndarray:
    """2 RT/F arsinh(j / 2 i0), with i0 = the profile times 2 sqrt(x (1 - x)), c_max of the article."""
    j = FARADAY * 14540.0 * flux * MATERIAL["particle_radius"] * 1e-6 / 3  # [A/m2]
    i0 = profile("exchange_current_density", surface) * 2 * np.sqrt(surface * (1 - surface))
    return 2 * GAS_CONSTANT * TEMPERATURE / FARADAY * np.arcsinh(j / (2 * i0))


def hard_carbon(begin: float, pulses: int) -> HardCarbon:
    """Sodiation from a filling ``begin`` on: U_n, D_n and k_n of the article in a sphere of its radius."""
    shape, radius = shells(30), MATERIAL["particle_radius"] * 1e-6
    flux, x = 1 / (3600 * HOURS), np.full(30, begin)
    roots = np.linspace(0, 1, 61)[1:] ** 2
    time, voltage, current, filling = [np.array([0.0, 600, 1200])], [np.full(3, POTENTIAL(begin))], [np.zeros(3)], [begin]
    now = 1200.0
    for _ in range(pulses):
        for duration, on in ((TAU, 1.0), (REST, 0.0)):
            surface, x = march(
                shape,
                x,
                diffusion_rate=lambda at: profile("diffusivity", at) / radius**2,
                flux=on * flux,
                times=duration * roots,
                tolerance=1e-7,
            )
            time.append(now + duration * roots)
            voltage.append(POTENTIAL(surface) - overpotential(surface, on * flux))
            current.append(np.full(roots.size, -on * 1e-3))
            now += duration
        filling.append(float(x @ shape.volumes))
    columns = {"test_time_second": time, "voltage_volt": voltage, "current_ampere": current}
    table = pl.DataFrame({name: np.concatenate(parts) for name, parts in columns.items()})
    cell = CellRecord(particle_radius=Quantity(MATERIAL["particle_radius"], "um"))
    return HardCarbon(table, np.array(filling), cell)


@pytest.mark.slow
def test_hard_carbon_gives_its_diffusivity_within_30_percent_on_the_slope() -> None:
    """From 0.5 V to 0.1 V, beyond the dip of k_n below x = 0.15, where kinetics spoil the slope of a pulse."""
    made = hard_carbon(0.15, 54)
    table = analyse((measured(made.table, made.cell),), Options(full_capacity=CAPACITY)).tables["pulses"]
    ratio = table["diffusivity [m2/s]"].to_numpy() / profile("diffusivity", made.middle)
    assert (np.abs(ratio - 1) < 0.30).all()
    assert not any("apparent" in text for text in table["flags"])


def test_hard_carbon_on_its_plateau_is_apparent() -> None:
    made = hard_carbon(0.58, 44)
    result = analyse((measured(made.table, made.cell),), Options(full_capacity=CAPACITY))
    true_slope = np.abs(np.diff(POTENTIAL(made.filling)) / np.diff(made.filling))
    flagged = np.array(["apparent" in text for text in result.tables["pulses"]["flags"]])
    assert flagged[true_slope < 0.098].all()
    assert not flagged[true_slope > 0.102].any()
    assert flagged.mean() > 0.9
    # and rightly: the numbers there are off by more than a factor of three
    ratio = result.tables["pulses"]["diffusivity [m2/s]"].to_numpy() / profile("diffusivity", made.middle)
    assert np.median(np.abs(np.log(ratio[flagged]))) > math.log(3)


@pytest.mark.slow
def test_whole_hard_carbon_is_apparent_on_its_plateau_and_not_on_its_slope() -> None:
    """By default x counts the charge of the titration, here 0.96 of the whole filling."""
    made = hard_carbon(0.02, 192)
    table = analyse((measured(made.table, made.cell),), Options()).tables["pulses"]
    flagged = np.array(["apparent" in text for text in table["flags"]])
    x, potential = made.middle, POTENTIAL(made.middle)
    assert flagged[((x > 0.59) & (x < 0.79)) | ((x > 0.89) & (x < 0.955))].all()
    assert not flagged[potential > 0.085].any()
    assert 0.2 < flagged.mean() < 0.4


def test_simulated_titration_says_so() -> None:
    given, _ = synthesise(np.random.default_rng(0))
    assert given[0].simulated
    again = simulated(given[0].table, given[0].cell.particle_radius or Quantity(1.0, "um"), name="gitt", truth={})
    assert again.source.sha256 != given[0].source.sha256  # another truth, another digest
