"""Pore widths: a mixture of slits of the kernel, guards of the kernel, and BJH and DH with their artefacts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from dualion.errors import CoverageError, MissingDependency, SpecError
from dualion.numerics.sorption.branches import BRANCHES
from dualion.records.measurement import Measurement, Result
from dualion.records.quantity import Quantity
from dualion.techniques.engines import sorption as engine
from dualion.techniques.pore_sizes import TECHNIQUE, Options, analyse, draw, synthesise

EXAMPLE = TECHNIQUE.example_options()


def codes(result: Result, severity: str | None = None) -> set[str]:
    return {flag.code for flag in result.flags if severity in (None, flag.severity)}


def made(*, mode_width: float = 0.9, mesopore_share: float = 0.2) -> Measurement:
    return synthesise(np.random.default_rng(0), noise=0.0, mode_width=mode_width, mesopore_share=mesopore_share)[0][0]


def with_points(one: Measurement, x: np.ndarray, loading: np.ndarray, branch: str = "adsorption") -> Measurement:
    table = pl.DataFrame({"relative_pressure": x, "loading_mol_per_kg": loading})
    return replace(one, table=table.with_columns(pl.lit(branch).cast(pl.Enum(BRANCHES)).alias("branch")))


class TestKernel:
    def test_is_that_of_the_specification(self) -> None:
        kernel = engine.kernel()
        assert kernel.widths.size == 77
        assert (kernel.widths[0], kernel.widths[-1]) == (0.4, 9.2)
        assert kernel.relative_pressure[0] == 7.65e-7

    @pytest.mark.parametrize(("width", "share"), [(0.9, 0.2), (0.7, 0.0), (1.5, 0.6)])
    def test_two_slits_come_back(self, width: float, share: float) -> None:
        values = analyse([made(mode_width=width, mesopore_share=share)], EXAMPLE).values
        assert values["dft_pore_volume"].value == pytest.approx(0.023, rel=1e-3)
        assert values["dft_micropore_volume"].value == pytest.approx(0.023 * (1 - share), rel=1e-3)
        if share < 0.5:
            assert values["mode_width"].value == pytest.approx(width, abs=0.011)

    def test_the_residual_is_part_of_the_result(self) -> None:
        result = analyse([made()], Options())
        assert {"distribution", "isotherm", "fitted", "residual"} <= set(result.curves)
        assert max(map(abs, result.curves["residual"].y)) < 0.02
        assert "root mean square residual" in (result.values["dft_pore_volume"].rule or "")
        strong = analyse([made()], Options(regularisation=0.3))
        assert max(map(abs, strong.curves["residual"].y)) > max(map(abs, result.curves["residual"].y))

    def test_regularisation_spreads_the_widths(self) -> None:
        spread = [
            (analyse([made()], Options(regularisation=one)).tables["widths"]["pore_volume [cm3/g]"] > 1e-5).sum()
            for one in (1e-6, 1e-3, 3e-2)
        ]
        assert spread == sorted(spread)
        assert spread[0] < spread[-1]

    def test_another_gas_is_refused(self) -> None:
        argon = replace(made(), conditions={"adsorptive": "argon", "temperature": Quantity(87.3 - 273.15, "degC")})
        with pytest.raises(SpecError, match="of argon"):
            analyse([argon], Options())

    def test_another_temperature_is_refused(self) -> None:
        warm = replace(made(), conditions={"adsorptive": "nitrogen", "temperature": Quantity(87.3 - 273.15, "degC")})
        with pytest.raises(SpecError, match="temperature"):
            analyse([warm], Options())

    def test_ten_percent_of_the_method(self) -> None:
        total = analyse([made()], EXAMPLE).values["dft_pore_volume"]
        assert total.value is not None
        assert total.stderr == pytest.approx(np.hypot(0.1, 0.03) * total.value, rel=1e-3)

    def test_a_missing_library_is_named(self, monkeypatch: pytest.MonkeyPatch) -> None:
        one = made()
        monkeypatch.setattr(engine, "find_spec", lambda name: None)
        engine.kernel.cache_clear()
        with pytest.raises(MissingDependency, match="adsorption"):
            analyse([one], Options())
        assert analyse([one], Options(psd_method="dh")).values["mesopore_volume"].value is not None


class TestFlags:
    def test_widths_below_half_a_nanometre_are_extrapolated(self) -> None:
        assert "psd_extrapolated" in codes(analyse([made(mode_width=0.42)], EXAMPLE), "warning")
        assert "psd_extrapolated" not in codes(analyse([made(mode_width=0.9)], EXAMPLE))

    def test_a_late_start_is_told(self) -> None:
        one = made()
        late = replace(one, table=one.table.filter(pl.col("relative_pressure") > 1e-3))
        assert "range_starts_late" in codes(analyse([late], EXAMPLE), "warning")
        assert "range_starts_late" not in codes(analyse([one], EXAMPLE))

    def test_wider_pores_than_the_kernel_has_are_told(self) -> None:
        one = made()
        x, loading = (one.table[name].to_numpy() for name in ("relative_pressure", "loading_mol_per_kg"))
        wide = with_points(one, np.append(x, [0.96, 0.98]), np.append(loading, [2 * loading[-1], 3 * loading[-1]]))
        assert "kernel_exceeded" in codes(analyse([wide], EXAMPLE), "warning")
        assert "kernel_exceeded" not in codes(analyse([wide], replace(EXAMPLE, p_limits=(0.0, 0.8))))
        assert "kernel_exceeded" not in codes(analyse([one], EXAMPLE))

    def test_negative_steps_are_told_and_kept_in_the_table(self) -> None:
        x = np.linspace(0.12, 0.97, 60)
        falls = with_points(made(), x, 10 + 3 * x + 8 * (x > 0.5))
        result = analyse([falls], Options(psd_method="bjh"))
        assert "bjh_negative_clipped" in codes(result, "warning")
        assert (result.tables["widths"]["pore_volume [cm3/g]"] < 0).any()
        assert min(result.curves["distribution"].y) == 0.0

    def test_the_artefact_of_desorption_is_no_pore(self) -> None:
        """A step at p/p0 = 0.45 is a pore of 3.8 nm on the adsorption branch, and the artefact on the other."""
        x = np.linspace(0.12, 0.97, 120)
        one = with_points(made(), x, 5 + x + 6 * (x > 0.455) + 2 * (x > 0.75), "desorption")
        mode = analyse([one], Options(psd_method="dh", branch="desorption")).values["mode_width"]
        assert mode.value is not None
        assert not 3.6 < mode.value < 4.0
        assert "artefact" in (mode.rule or "")

    def test_nothing_above_two_nanometres_is_refused(self) -> None:
        x = np.linspace(0.1, 0.3, 30)
        result = analyse([with_points(made(), x, 10 + 0.1 * x)], Options(psd_method="dh"))
        assert "bjh_no_mesopores" in codes(result, "refusal") or result.values["mode_width"].value is not None

    def test_what_the_kernel_does_not_hold_is_refused(self) -> None:
        few = made()
        with pytest.raises(CoverageError, match="range of pressure"):
            analyse([few], Options(p_limits=(0.5, 0.6)))

    def test_one_isotherm_at_a_time(self) -> None:
        assert "not_used" in codes(analyse([made(), made()], EXAMPLE), "warning")


@pytest.mark.parametrize("wrong", [{"regularisation": -1.0}, {"p_limits": (0.5, 0.1)}, {"temperature": 0.0}, {"fit_relative": -0.1}])
def test_options_are_checked(wrong: dict[str, object]) -> None:
    with pytest.raises(SpecError, match=next(iter(wrong))):
        Options(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("wrong", [{"mesopore_share": 2.0}, {"dft_pore_volume": 0.0}])
def test_what_makes_no_isotherm_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(SpecError, match=next(iter(wrong))):
        synthesise(np.random.default_rng(0), **wrong)  # type: ignore[arg-type]


def test_it_is_drawn() -> None:
    assert [panel.title for panel in draw(analyse([made()], EXAMPLE)).panels] == ["Pore widths", "Isotherm", "Residual"]
    assert [panel.title for panel in draw(analyse([made()], Options(psd_method="dh"))).panels] == ["Pore widths", "Isotherm"]
