"""The split of currents: exact mixtures come back, a film behind a resistance is refused, and nothing is cut to 0-100 %."""

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
from dualion.techniques.cv_separation import Options, analyse, draw, synthesise

RATES = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)  # [mV/s]
GAS_CONSTANT, FARADAY, TEMPERATURE = 8.314462618, 96485.33212, 298.15
CURRENT = pl.col("current_ampere")


def measurement(rate: float, time: Array, voltage: Array, current: Array) -> Measurement:
    table = pl.DataFrame({"test_time_second": time, "voltage_volt": voltage, "current_ampere": current})
    source = Source(f"{rate:g}.csv", f"{rate:064.3f}", "test", 1, "simulation")
    return Measurement("cv", table, {"scan_rate": Quantity(rate, "mV/s")}, "", source)


def mixture(
    surface: Callable[[Array], Array], diffusion: Callable[[Array], Array], rates: Sequence[float] = RATES, noise: float = 0.0
) -> tuple[Measurement, ...]:
    """k1 v + k2 v^1/2 with k1 [F] and k2 [(A2 s/V)^0.5] of the potential; noise [1] relative to the largest current."""
    rng = np.random.default_rng(0)
    made = []
    for rate in rates:
        time, voltage, up = triangle(1e-3 * rate, low=0.0, high=1.0, rows=400, cycles=2)
        size = surface(voltage) * 1e-3 * rate + diffusion(voltage) * np.sqrt(1e-3 * rate)
        size = size + noise * size.max() * rng.standard_normal(size.size)
        made.append(measurement(rate, time, voltage, np.where(up, size, -size)))
    return tuple(made)


def bell(voltage: Array) -> Array:
    return 0.3 + np.exp(-0.5 * ((voltage - 0.5) / 0.1) ** 2)


def known(share: float, noise: float = 0.0) -> tuple[Measurement, ...]:
    """A mixture whose surface share at 1 mV/s is ``share`` [1]."""
    k1 = 0.02 * share / (1 - share) / np.sqrt(1e-3)
    return mixture(lambda v: k1 * bell(v), lambda v: 0.02 * bell(v), noise=noise)


def film(resistance: float, *, diffusion_time: float = 400.0, rates: Sequence[float] = RATES) -> tuple[tuple[Measurement, ...], Array]:
    """A reversible film with linear diffusion and a double layer behind a series resistance [ohm]; with its share of double-layer charge.

    The potential E of the interface and the filling s of the surface obey s = 1/(1 + exp(F (E - 0.5 V)/(4 RT))); implicit
    steps in time, all rates at once. 1.44 coulomb (0.4 mAh), L^2/D = ``diffusion_time`` [s], 20 mF.
    """
    charge, capacitance, nodes, rows = 1.44, 0.02, 40, 400
    width = 4 * GAS_CONSTANT * TEMPERATURE / FARADAY
    speeds = 1e-3 * np.asarray(rates)
    steps = 1.0 / (speeds * rows)  # [s], one for each rate
    laplace = nodes**2 * (np.diag(np.full(nodes - 1, 1.0), 1) + np.diag(np.full(nodes - 1, 1.0), -1) - 2 * np.eye(nodes))
    laplace[0, 0] = laplace[-1, -1] = -(nodes**2)
    inverse = np.stack([np.linalg.inv(np.eye(nodes) - step / diffusion_time * laplace) for step in steps])
    _, applied, _ = triangle(1.0, low=0.0, high=1.0, rows=rows, cycles=2)

    def filling(potential: Array) -> Array:
        return 1 / (1 + np.exp((potential - 0.5) / width))

    potential = np.zeros(speeds.size)
    inside = np.tile(filling(np.zeros(1)), (speeds.size, nodes))
    gain = inverse[:, 0, 0] * nodes * steps / charge  # surface filling for each ampere that is put in
    currents, stored = np.zeros((speeds.size, applied.size)), np.zeros((speeds.size, applied.size))
    for row in range(1, applied.size):
        before = np.einsum("rij,rj->ri", inverse, inside)
        new = potential.copy()
        for _ in range(30):
            surface = filling(new)
            faradaic = -(surface - before[:, 0]) / gain  # positive where the film is emptied
            residual = new + resistance * (capacitance * (new - potential) / steps + faradaic) - applied[row]
            slope = 1 + resistance * (capacitance / steps + surface * (1 - surface) / width / gain)
            change = np.clip(residual / slope, -width, width)
            new = new - change
            if np.abs(change).max() < 1e-12:
                break
        faradaic = -(filling(new) - before[:, 0]) / gain
        stored[:, row] = capacitance * (new - potential) / steps
        currents[:, row] = stored[:, row] + faradaic
        inside = before - inverse[:, :, 0] * (nodes * steps / charge * faradaic)[:, None]
        potential = new
    half = applied.size // 2
    share = np.abs(stored[:, half:]).sum(axis=1) / np.abs(currents[:, half:]).sum(axis=1)
    times = [np.arange(applied.size) * step for step in steps]
    return tuple(measurement(rate, time, applied, current) for rate, time, current in zip(rates, times, currents, strict=True)), share


def codes(result: Result) -> set[str]:
    return {flag.code for flag in result.flags}


def shares(result: Result, branch: str = "anodic") -> list[float | None]:
    return [result.values[f"surface_share_{branch}_{place}"].value for place in range(1, result.tables["scans"].height + 1)]


class TestMixtures:
    @pytest.mark.parametrize("share", [0.05, 0.3, 0.7, 0.95])
    def test_a_known_share_comes_back(self, share: float) -> None:
        result = analyse(known(share, noise=0.003), Options())
        for branch in ("anodic", "cathodic"):
            found = shares(result, branch)[3]  # at 1 mV/s
            assert found == pytest.approx(100 * share, abs=1.0)
            assert result.values[f"wrong_sign_{branch}"].value == pytest.approx(0.0, abs=0.2)
        assert result.flags == ()

    def test_without_noise_it_is_exact_at_every_rate(self) -> None:
        result = analyse(known(0.3), Options())
        roots = np.sqrt(RATES)
        assert shares(result) == pytest.approx((100 * 0.3 * roots / (0.3 * roots + 0.7)).tolist(), rel=1e-6)
        table = result.tables["shares"]
        assert (table["surface_share [%]"] + table["diffusion_share [%]"]).to_list() == pytest.approx([100.0] * 12)
        assert table["surface_share_by_law [%]"].to_list() == pytest.approx(table["surface_share [%]"].to_list(), rel=1e-6)
        assert max(result.curves["r2_anodic"].y) == pytest.approx(1.0)

    @pytest.mark.parametrize(("surface", "diffusion", "share"), [(0.5, 0.0, 100.0), (0.0, 0.02, 0.0)])
    def test_one_part_alone(self, surface: float, diffusion: float, share: float) -> None:
        """Of a capacitor k2 is noise about 0 with either sign, which speaks against nothing."""
        result = analyse(mixture(lambda v: surface * bell(v), lambda v: diffusion * bell(v), noise=0.001), Options())
        assert result.flags == ()
        assert shares(result)[-1] == pytest.approx(share, abs=1.0)
        assert shares(result, "cathodic")[0] == pytest.approx(share, abs=1.0)

    def test_the_window_takes_its_own_share(self) -> None:
        """A surface part below 0.4 V alone: all of the share lies there."""
        made = mixture(lambda v: 0.5 * (v < 0.4), lambda v: 0.02 * bell(v) + 0.01)
        whole, plateau, slope = (analyse(made, Options(window=window)) for window in (None, (0.0, 0.38), (0.42, 1.0)))
        low, high = (shares(one)[-1] for one in (slope, plateau))
        assert low == pytest.approx(0.0, abs=1e-6)
        assert low < shares(whole)[-1] < high  # type: ignore[operator]
        grid = np.linspace(0.01, 0.38, 4000)
        surface, root = 0.5 * 5e-3, np.sqrt(5e-3)
        assert high == pytest.approx(100 * surface / (surface + root * float(np.mean(0.02 * bell(grid) + 0.01))), rel=0.01)

    def test_intervals_hold_the_truth_and_follow_student(self) -> None:
        measurements, truth = synthesise(np.random.default_rng(5))
        result = analyse(measurements, Options())
        for name, true in truth.items():
            quantity = result.values[name]
            assert quantity.interval is not None
            assert quantity.stderr is not None
            half = 0.5 * (quantity.interval[1] - quantity.interval[0])
            assert 2.5 < half / quantity.stderr < 2.776446  # Student's t at four degrees of freedom, or a little less
            assert abs(true - quantity.value) < 3 * half  # type: ignore[operator]

    def test_one_file_of_several_rates(self) -> None:
        apart = known(0.4)
        time, parts = 0.0, []
        for one in apart:
            parts.append(one.table.with_columns(pl.col("test_time_second") + time))
            last = parts[-1]["test_time_second"]
            time = last[-1] + (last[-1] - last[-2])
        together = replace(apart[0], table=pl.concat(parts), conditions={})
        assert shares(analyse((together,), Options())) == pytest.approx(shares(analyse(apart, Options())), abs=0.2)

    def test_the_seed_makes_the_error(self) -> None:
        measurements, _ = synthesise(np.random.default_rng(5))
        first, same, other = (analyse(measurements, Options(seed=seed)) for seed in (0, 0, 1))
        assert first.values == same.values
        errors = [one.values["surface_share_anodic_1"].stderr for one in (first, other)]
        assert errors[0] != errors[1]
        assert errors[0] == pytest.approx(errors[1], rel=0.25)
        assert first.provenance.seed == 0


class TestFilm:
    """Series resistance, film diffusion and double layer: the split must not be had."""

    @pytest.mark.parametrize("resistance", [20.0, 50.0, 100.0])
    def test_is_refused_behind_a_resistance(self, resistance: float) -> None:
        made, share = film(resistance)
        assert 0.001 < share.min() < share.max() < 0.10
        result = analyse(made, Options())
        for branch in ("anodic", "cathodic"):
            assert set(shares(result, branch)) == {None}
            assert any(flag.code == "not_separable" and branch in flag.message and flag.severity == "refusal" for flag in result.flags)

    def test_a_thin_film_is_all_surface_until_a_resistance_moves_its_peak(self) -> None:
        """Diffusion in 0.5 s: the current goes with v, and the split has it so; with 20 ohm the peak moves by 0.36 V."""
        free, _ = film(0.0, diffusion_time=0.5)
        assert shares(analyse(free, Options())) == pytest.approx([100.0] * 6, abs=1.0)
        behind, _ = film(20.0, diffusion_time=0.5)
        assert "not_separable" in codes(analyse(behind, Options()))

    def test_charge_of_the_film_is_conserved(self) -> None:
        """The simulation that refuses: over a cycle from equilibrium the film gives back what it takes."""
        (slow, *_), _ = film(0.5)
        time, current = slow.table["test_time_second"].to_numpy(), slow.table["current_ampere"].to_numpy()
        half = time.size // 2
        step = time[1] - time[0]
        assert abs(current[half:].sum()) * step < 0.01 * np.abs(current[half:]).sum() * step
        assert np.clip(current[half:], 0, None).sum() * step == pytest.approx(1.44 + 0.02, rel=0.03)

    def test_unchecked_least_squares_would_give_nonsense(self) -> None:
        made, share = film(100.0)
        result = analyse(made, Options(max_misfit=10.0, max_wrong_sign=1.0, max_peak_shift=10.0))
        k1 = np.asarray(result.curves["k1_anodic"].y)
        current = np.asarray(result.curves["current_anodic"].y)  # [mA] at 5 mV/s
        net = 1e3 * 5e-3 * k1.sum() / current.sum()
        assert net < -0.2
        assert share[-1] > 0

    def test_correction_with_the_true_resistance_mends_the_shift(self) -> None:
        made, _ = film(100.0)
        plain, corrected = (analyse(made, Options(ir_ohm=ohm)).values["peak_range_anodic"].value for ohm in (None, 100.0))
        assert plain is not None
        assert corrected is not None
        assert corrected < 0.5 * plain


class TestRefusals:
    def test_three_rates_give_no_share(self) -> None:
        result = analyse(known(0.4)[:3], Options())
        assert codes(result) == {"not_separable", "few_rates", "narrow_rate_range"}
        assert shares(result) == [None] * 3
        assert "3 different scan rates, and 4 are needed" in next(flag.message for flag in result.flags if flag.code == "not_separable")
        assert set(result.curves) == {"current_anodic", "current_cathodic"}
        assert "not separable" in draw(result).finding

    def test_a_moving_peak(self) -> None:
        def wandering(rate: float) -> Measurement:
            time, voltage, up = triangle(1e-3 * rate, low=0.0, high=1.0, rows=400, cycles=2)
            size = 1e-4 * np.sqrt(rate) * (1 + np.exp(-0.5 * ((voltage - 0.5 - 0.05 * np.log10(rate)) / 0.3) ** 2))
            return measurement(rate, time, voltage, np.where(up, size, -size))

        made = [wandering(rate) for rate in RATES]
        result = analyse(made, Options(max_wrong_sign=1.0))
        message = next(flag.message for flag in result.flags if flag.code == "not_separable")
        assert "the peak moves by 84.9 mV, and 59 mV are allowed" in message
        assert "not_separable" not in codes(analyse(made, Options(max_wrong_sign=1.0, max_peak_shift=0.1)))

    def test_a_branch_without_a_peak_is_judged_by_the_other(self) -> None:
        """An exact mixture whose current rises to the end of the sweep, beside a branch whose peak moves."""

        def half_hidden(rate: float) -> Measurement:
            time, voltage, up = triangle(1e-3 * rate, low=0.0, high=1.0, rows=400, cycles=2)
            rising = (1e-3 * rate + 0.02 * np.sqrt(1e-3 * rate)) * (1.2 - voltage)
            moving = 1e-4 * np.sqrt(rate) * (1 + np.exp(-0.5 * ((voltage - 0.5 - 0.1 * np.log10(rate)) / 0.1) ** 2))
            return measurement(rate, time, voltage, np.where(up, moving, -rising))

        result = analyse([half_hidden(rate) for rate in RATES], Options(max_wrong_sign=1.0, max_misfit=1.0))
        assert shares(result, "cathodic") == [None] * 6
        assert "peak_range_cathodic" not in result.values
        message = next(flag.message for flag in result.flags if flag.code == "not_separable" and "cathodic" in flag.message)
        assert "the peak of the other branch moves by 170 mV" in message

    def test_a_wrong_sign(self) -> None:
        """k1 runs against the branch over 30 % of the potentials, with residuals of nought."""
        made = mixture(lambda v: np.where(v < 0.305, -0.05, 0.5), lambda v: 0.02 * bell(v) + 0.02)
        result = analyse(made, Options())
        assert result.values["wrong_sign_anodic"].value == pytest.approx(0.30, abs=0.01)
        assert shares(result) == [None] * 6
        assert shares(analyse(made, Options(nnls=True))) == [None] * 6  # holding the sign does not hide it
        assert None not in shares(analyse(made, Options(max_wrong_sign=0.35)))

    def test_a_misfit(self) -> None:
        """Currents that go with a power of 0.2 of the rate are no sum of the powers 1 and 1/2."""
        made = [replace(one, table=one.table.with_columns(CURRENT * (1 + 0.3 * (place % 2)))) for place, one in enumerate(known(0.4))]
        result = analyse(made, Options())
        misfit = result.values["misfit_anodic"].value
        assert misfit is not None
        assert misfit > 0.05
        assert shares(result) == [None] * 6
        assert "not_separable" not in codes(analyse(made, Options(max_misfit=1.1 * misfit)))

    def test_one_branch_is_refused_alone(self) -> None:
        made = [
            replace(one, table=one.table.with_columns(pl.when(CURRENT < 0).then(CURRENT * (1 + 0.3 * (place % 2))).otherwise(CURRENT)))
            for place, one in enumerate(known(0.4))
        ]
        result = analyse(made, Options())
        assert shares(result, "cathodic") == [None] * 6
        assert None not in shares(result, "anodic")

    def test_shares_are_never_cut(self) -> None:
        """|k1| v over |i| beyond 100 % where k2 runs the other way, and no bound was set."""
        made = mixture(lambda v: 0.5 + 0 * v, lambda v: -0.004 + 0 * v)
        result = analyse(made, Options(max_wrong_sign=1.0))
        found = shares(result)[-1]
        assert found == pytest.approx(100 * 0.5 * 5e-3 / (0.5 * 5e-3 - 0.004 * np.sqrt(5e-3)), rel=1e-3)

    def test_no_cycle_no_result(self) -> None:
        half = [replace(one, table=one.table.head(400)) for one in known(0.4)]
        with pytest.raises(CoverageError, match="complete cycles"):
            analyse(half, Options())

    def test_a_window_outside_the_data(self) -> None:
        with pytest.raises(InputError, match="window"):
            analyse(known(0.4), Options(window=(2.0, 3.0)))

    @pytest.mark.parametrize(
        "bad",
        [
            {"min_rates": 3},
            {"window": (0.2, 0.1)},
            {"ir_ohm": -1.0},
            {"points": 3},
            {"bootstrap": 1},
            {"cycle": 0},
            {"max_misfit": float("nan")},
            {"stated_diffusion": ((0.1, 82.0),)},
        ],
    )
    def test_options_that_mean_nothing(self, bad: dict[str, object]) -> None:
        with pytest.raises(SpecError, match=next(iter(bad))):
            Options(**bad)  # type: ignore[arg-type]


class TestLaw:
    def test_stated_shares_of_the_paper_do_not_follow_their_own_law(self) -> None:
        """82 % at 0.1 mV/s and 4 % at 5 mV/s: one ratio k1/k2 gives 39.2 %."""
        result = analyse(known(0.4), Options(stated_diffusion=((0.1, 0.82), (5.0, 0.04))))
        (flag,) = result.flags
        assert flag.code == "share_vs_rate_inconsistent"
        assert "gives 0.392 at 5 mV/s" in flag.message

    def test_stated_shares_that_follow_it(self) -> None:
        assert analyse(known(0.4), Options(stated_diffusion=((0.1, 0.86), (5.0, 0.465)))).flags == ()


class TestOhmicCorrection:
    def test_takes_the_drop_off_and_widens_the_error(self) -> None:
        """Scans of a known share whose potential was read before the drop: E + i R."""
        resistance = 5.0
        dropped = pl.col("voltage_volt") + resistance * CURRENT
        made = [replace(one, table=one.table.with_columns(dropped)) for one in known(0.4, noise=0.003)]
        plain, corrected = (analyse(made, Options(ir_ohm=ohm)) for ohm in (None, resistance))
        assert shares(corrected)[3] == pytest.approx(40.0, abs=1.0)
        errors = [one.values["surface_share_anodic_4"].stderr for one in (plain, corrected)]
        spread = 0.5 * abs(shares(plain)[3] - shares(corrected)[3])  # type: ignore[operator]
        assert errors[1] > spread
