"""Sweeps, scans, rates and peaks against voltammograms whose every turn is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualion.errors import CoverageError, InputError
from dualion.numerics.voltammetry.peaks import Peak, peaks, tracked
from dualion.numerics.voltammetry.scans import (
    Array,
    Sweep,
    common_grid,
    distinct_rates,
    on_grid,
    scans,
    sweeps,
    triangle,
    without_ohmic_drop,
)


def voltammogram(rate: float = 1e-3, *, cycles: int = 2, rows: int = 200, start: float = 0.0) -> tuple[Array, Array, Array]:
    time, voltage, up = triangle(rate, low=0.0, high=1.0, rows=rows, cycles=cycles)
    current = np.where(up, 1.0, -1.0) * rate
    kept = time >= start / rate
    return time[kept], voltage[kept], current[kept]


class TestSweeps:
    def test_go_up_and_down_in_turn(self) -> None:
        found = sweeps(*voltammogram(cycles=3))
        assert [one.direction for one in found] == ["anodic", "cathodic"] * 3
        assert [one.place for one in found] == list(range(6))
        for one in found:
            assert one.rate == pytest.approx(1e-3, rel=1e-9)
            assert one.span == pytest.approx(1.0, abs=0.02)
            assert (one.sign * one.current[2:-2] > 0).all()  # the turning row belongs to both

    @pytest.mark.parametrize("rate", [1e-4, 5e-3, 0.5])
    def test_rate_does_not_grow_with_noise(self, rate: float) -> None:
        """Where the median of neighbouring rows is 2 % too large and more."""
        time, voltage, current = voltammogram(rate, rows=1800)
        noisy = voltage + 4e-4 * np.random.default_rng(0).standard_normal(voltage.size)
        neighbours = float(np.median(np.abs(np.diff(noisy) / np.diff(time))))
        assert neighbours > 1.02 * rate
        assert [one.rate for one in sweeps(time, noisy, current)] == pytest.approx([rate] * 4, rel=3e-3)

    def test_noise_and_stairs_do_not_end_them(self) -> None:
        time, voltage, current = voltammogram(rows=1000)
        stairs = np.round(voltage / 5e-3) * 5e-3 + 1e-3 * np.random.default_rng(1).standard_normal(voltage.size)
        assert len(sweeps(time, stairs, current)) == 4

    def test_rows_of_a_hold_belong_to_none(self) -> None:
        time, voltage, current = voltammogram(cycles=1, rows=200)
        top = int(np.argmax(voltage))
        held = np.full(500, voltage[top])
        voltage = np.concatenate([voltage[: top + 1], held, voltage[top + 1 :]])
        current = np.concatenate([current[: top + 1], np.zeros(500), current[top + 1 :]])
        time = np.arange(voltage.size) * (time[1] - time[0])
        found = sweeps(time, voltage, current)
        assert [one.direction for one in found] == ["anodic", "cathodic"]
        assert [one.rate for one in found] == pytest.approx([1e-3, 1e-3], rel=1e-6)
        assert max(one.voltage.size for one in found) <= 201

    def test_constant_current_is_no_sweep(self) -> None:
        time = np.linspace(0, 3600, 500)
        voltage = 0.05 + 1.2 * np.exp(-time / 300)  # a sloping region and a plateau
        assert sweeps(time, voltage, np.full(500, -1e-3)) == ()

    @pytest.mark.parametrize("column", ["test_time_second", "voltage_volt", "current_ampere"])
    @pytest.mark.parametrize("bad", [np.nan, np.inf])
    def test_a_bad_number_is_named_with_its_row(self, column: str, bad: float) -> None:
        columns = dict(zip(("test_time_second", "voltage_volt", "current_ampere"), voltammogram(), strict=True))
        columns[column][17] = bad
        with pytest.raises(InputError, match=rf"file.csv: {column}: row 17"):
            sweeps(*columns.values(), where="file.csv")

    def test_time_must_not_go_back(self) -> None:
        time, voltage, current = voltammogram()
        time[100:] -= 50.0 * (time[1] - time[0])
        with pytest.raises(InputError, match="goes back at row 100"):
            sweeps(time, voltage, current)

    def test_a_constant_potential_is_refused(self) -> None:
        with pytest.raises(InputError, match=r"changes by 0\.01 V"):
            sweeps(np.arange(100.0), np.linspace(0, 0.01, 100), np.ones(100))

    def test_few_rows_are_refused_with_their_number(self) -> None:
        with pytest.raises(CoverageError) as problem:
            sweeps(*(column[:7] for column in voltammogram()))
        assert (problem.value.needed, problem.value.found) == (20, 7)


class TestScans:
    @pytest.mark.parametrize(("cycles", "taken"), [(1, 1), (2, 2), (3, 2), (5, 4)])
    def test_the_last_cycle_or_the_last_but_one(self, cycles: int, taken: int) -> None:
        (found,) = scans(sweeps(*voltammogram(cycles=cycles)))
        assert (found.cycle, found.cycles) == (taken, cycles)
        assert found.anodic.place == 2 * (taken - 1)
        assert found.rate == pytest.approx(1e-3)

    def test_a_cycle_can_be_asked_for(self) -> None:
        (found,) = scans(sweeps(*voltammogram(cycles=3)), cycle=1)
        assert (found.cycle, found.anodic.place) == (1, 0)
        with pytest.raises(CoverageError, match="needs at least 4 and has 3"):
            scans(sweeps(*voltammogram(cycles=3)), cycle=4)

    def test_an_incomplete_sweep_belongs_to_no_cycle(self) -> None:
        """From the open-circuit potential in the middle of the window: the first half sweep is left out."""
        (found,) = scans(sweeps(*voltammogram(cycles=2, start=0.4)))
        assert (found.cycle, found.cycles) == (1, 1)
        assert found.cathodic.place == 1
        assert found.anodic.place == 2

    def test_a_file_that_ends_in_a_sweep(self) -> None:
        time, voltage, current = voltammogram(cycles=2)
        (found,) = scans(sweeps(time[:-100], voltage[:-100], current[:-100]))
        assert (found.cycle, found.cycles, found.anodic.place) == (1, 1, 0)

    def test_half_a_cycle_gives_none(self) -> None:
        time, voltage, current = voltammogram(cycles=1)
        assert scans(sweeps(time[:200], voltage[:200], current[:200])) == ()

    def test_several_rates_in_one_file(self) -> None:
        columns = [voltammogram(rate, cycles=3) for rate in (1e-3, 2e-3, 5e-3, 1e-3)]
        ends = np.cumsum([0.0, *(time[-1] + time[1] for time, _, _ in columns)])
        time = np.concatenate([one[0] + end for one, end in zip(columns, ends[:-1], strict=True)])
        found = scans(sweeps(time, *(np.concatenate([one[part] for one in columns]) for part in (1, 2))))
        assert [one.rate for one in found] == pytest.approx([1e-3, 2e-3, 5e-3, 1e-3], rel=1e-9)
        assert [(one.cycle, one.cycles) for one in found] == [(2, 3)] * 4
        assert distinct_rates([one.rate for one in found]) == 3


class TestGrid:
    def test_is_what_all_share_less_ten_millivolt(self) -> None:
        found = sweeps(*voltammogram())
        short = Sweep("anodic", 0, 1e-3, np.linspace(0.2, 0.7, 100), np.ones(100))
        grid = common_grid([found[0], short])
        assert (grid[0], grid[-1], grid.size) == (pytest.approx(0.21), pytest.approx(0.69), 500)
        assert common_grid([found[0], short], window=(0.0, 0.4))[-1] == pytest.approx(0.4)

    def test_a_window_outside_is_refused(self) -> None:
        with pytest.raises(InputError, match=r"window is 2 to 3 V"):
            common_grid(sweeps(*voltammogram()), window=(2.0, 3.0))

    def test_current_is_interpolated_in_both_directions(self) -> None:
        up = Sweep("anodic", 0, 1.0, np.linspace(0, 1, 101), np.linspace(0, 1, 101) ** 2)
        down = Sweep("cathodic", 0, 1.0, up.voltage[::-1], up.current[::-1])
        grid = np.linspace(0.1, 0.9, 77)
        assert on_grid(up, grid) == pytest.approx(grid**2, abs=3e-5)  # a chord of a parabola is off by h2/4
        assert on_grid(down, grid) == pytest.approx(on_grid(up, grid), abs=1e-12)

    def test_ohmic_drop(self) -> None:
        sweep = Sweep("anodic", 0, 1.0, np.linspace(0, 1, 50), np.full(50, 2e-3))
        assert without_ohmic_drop(sweep, 50.0).voltage == pytest.approx(sweep.voltage - 0.1)


def bell(centre: float = 0.55, *, height: float = 1e-3, noise: float = 0.0, direction: str = "anodic") -> Sweep:
    voltage = np.linspace(0, 1, 400)
    rng = np.random.default_rng(0)
    current = height * (np.exp(-0.5 * ((voltage - centre) / 0.08) ** 2) + noise * rng.standard_normal(400))
    if direction == "cathodic":
        return Sweep("cathodic", 0, 1e-3, voltage[::-1], -current[::-1])
    return Sweep("anodic", 0, 1e-3, voltage, current)


class TestPeaks:
    @pytest.mark.parametrize("direction", ["anodic", "cathodic"])
    @given(centre=st.floats(0.2, 0.8))
    def test_of_a_bell_is_its_vertex(self, direction: str, centre: float) -> None:
        (found,) = peaks(bell(centre, direction=direction))
        assert found.voltage == pytest.approx(centre, abs=1e-4)
        assert found.current == pytest.approx(1e-3, rel=2e-3)
        assert not found.at_edge

    def test_noise_does_not_lift_it(self) -> None:
        """The largest of noisy rows is too high; the parabola through them is not."""
        sweep = bell(noise=0.03)
        (found,) = peaks(sweep)
        assert found.current == pytest.approx(1e-3, rel=0.03)
        assert sweep.current.max() > 1.04e-3

    def test_two_of_one_sweep_the_higher_first(self) -> None:
        sweep = bell(0.3)
        both = Sweep("anodic", 0, 1e-3, sweep.voltage, sweep.current + 0.4 * bell(0.75).current)
        assert [one.voltage for one in peaks(both)] == pytest.approx([0.3, 0.75], abs=2e-3)

    def test_a_rising_current_has_none_inside(self) -> None:
        voltage = np.linspace(0, 1, 400)
        (found,) = peaks(Sweep("anodic", 0, 1e-3, voltage, voltage))
        assert found.at_edge
        assert found.voltage == pytest.approx(0.99, abs=0.01)

    def test_no_current_in_its_direction_gives_none(self) -> None:
        sweep = bell()
        assert peaks(Sweep("anodic", 0, 1e-3, sweep.voltage, -sweep.current - 1e-4)) == ()

    def test_a_window_hides_the_others(self) -> None:
        sweep = Sweep("anodic", 0, 1e-3, bell().voltage, bell(0.3).current + 0.4 * bell(0.75).current)
        assert [one.voltage for one in peaks(sweep, window=(0.6, 0.9))] == pytest.approx([0.75], abs=2e-3)

    def test_are_followed_by_their_potential_not_by_their_height(self) -> None:
        def scan(*pairs: tuple[float, float]) -> tuple[Peak, ...]:
            return tuple(Peak(voltage, current, at_edge=False) for voltage, current in pairs)

        slow, middle, fast = scan((0.3, 2.0), (0.8, 1.0)), scan((0.85, 3.0), (0.33, 2.0), (0.1, 0.1)), scan((0.36, 9.0))
        low, high = tracked([slow, middle, fast], 2)
        assert [one.voltage if one else None for one in low] == [0.3, 0.33, 0.36]
        assert [one.voltage if one else None for one in high] == [0.8, 0.85, None]
        assert tracked([(), ()], 1) == ()
