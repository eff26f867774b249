"""X-ray absorption: truth, references, every flag, the engine called directly, and what happens without it."""

from __future__ import annotations

import math
import sys
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from dualion.errors import CoverageError, DualionError, InputError, MissingDependency, SpecError
from dualion.numerics.absorption_edge.grids import Settings
from dualion.numerics.absorption_edge.spectra import Recipe, absorption, scan
from dualion.records.measurement import Measurement, Result
from dualion.techniques import xafs
from dualion.techniques.engines import absorption as engine

pytest.importorskip("rexafs")


def measured(recipe: Recipe | None = None, *, noise: float = 0.0, last: float = 13.5, title: str = "sample", seed: int = 0) -> Measurement:
    """A spectrum of a recipe."""
    (one,), _ = xafs.synthesise(np.random.default_rng(seed), noise=0)
    recipe = recipe or Recipe()
    energy = scan(recipe.edge, last=last)
    mu = absorption(energy, recipe) + noise * np.random.default_rng(seed).standard_normal(energy.size)
    table = pl.DataFrame({"photon_energy_electronvolt": energy, "mu": mu})
    return replace(one, table=table, conditions={"title": title}, sample="", source=replace(one.source, file=f"{title}.xdi"))


def analysed(*measurements: Measurement, **options: object) -> Result:
    return xafs.analyse(measurements, xafs.Options(**options))  # type: ignore[arg-type]


def codes(result: Result) -> set[str]:
    return {flag.code for flag in result.flags}


def value(result: Result, name: str) -> float:
    found = result.values[name].value
    assert found is not None
    return found


class TestTruth:
    @pytest.mark.parametrize("shell", [1.4, 1.53, 1.95])
    @pytest.mark.parametrize("edge", [9660.0, 9663.5])
    def test_without_noise_the_truth_comes_back(self, shell: float, edge: float) -> None:
        measurements, truth = xafs.synthesise(
            np.random.default_rng(0), noise=0, first_shell_position=shell, edge_energy=edge, edge_step=0.9
        )
        result = analysed(*measurements)
        for name, true in truth.items():
            assert value(result, name) == pytest.approx(true, rel=5e-3), name
        assert value(result, "edge_energy") == pytest.approx(edge, abs=0.3)

    def test_the_white_line_is_above_the_edge_and_is_not_e0(self) -> None:
        result = analysed(measured(Recipe(white_line=0.8, step=0.9)))
        assert value(result, "white_line_energy") - value(result, "edge_energy") > 2.0
        assert value(result, "white_line_height") > 1.3

    def test_the_grid_of_settings_is_stored(self) -> None:
        table = analysed(measured()).tables["settings"]
        kinds = table["kind"].to_list()
        assert kinds[0] == "base"
        assert {"smoothing", "pre-edge", "post-edge", "rbkg", "k range", "window"} <= set(kinds)
        cutoffs = table.filter(pl.col("kind") == "rbkg")["rbkg [angstrom]"].to_list()
        assert cutoffs == [0.8, 0.9, 1.1, 1.2]

    def test_errors_are_those_of_the_specification(self) -> None:
        """E0 within 0.3 to 0.5 eV; R to some hundredths of an angstrom."""
        (one,), _ = xafs.synthesise(np.random.default_rng(1))
        result = analysed(one)
        assert 0.3 <= (result.values["edge_energy"].stderr or 0) <= 0.5
        assert 0.002 <= (result.values["first_shell_position"].stderr or 0) <= 0.03


class TestReferences:
    EDGES = (("sample", 9661.5), ("Zn foil", 9660.0), ("acetate", 9663.0))

    def made(self) -> list[Measurement]:
        return [measured(Recipe(edge=edge), title=title) for title, edge in self.EDGES]

    def test_an_edge_between_two_references(self) -> None:
        result = analysed(*self.made(), references=("Zn foil", "acetate"))
        assert value(result, "edge_shift_zn_foil") == pytest.approx(1.5, abs=0.26)
        assert value(result, "edge_shift_acetate") == pytest.approx(-1.5, abs=0.26)
        assert value(result, "edge_position") == pytest.approx(0.5, abs=0.1)
        assert value(result, "difference_zn_foil") > 0.5
        assert set(result.curves) >= {"difference_zn_foil", "difference_acetate"}

    def test_a_foil_calibrates_all_energies(self) -> None:
        plain = analysed(self.made()[0])
        result = analysed(*self.made()[:2], foil="Zn foil", foil_energy=9659.0)
        assert value(result, "energy_shift") == pytest.approx(-1.0, abs=0.15)
        moved = value(result, "edge_energy") - value(plain, "edge_energy")
        assert moved == pytest.approx(value(result, "energy_shift"), abs=1e-6)
        assert (result.values["edge_energy"].stderr or 0) < (plain.values["edge_energy"].stderr or 0)
        assert result.values["first_shell_position"].value == pytest.approx(value(plain, "first_shell_position"), abs=1e-6)

    def test_order_of_the_measurements_does_not_matter(self) -> None:
        one = analysed(*self.made(), references=("Zn foil", "acetate"))
        other = analysed(*self.made()[::-1], references=("Zn foil", "acetate"))
        assert one.values == other.values

    def test_names_that_are_not_there(self) -> None:
        with pytest.raises(SpecError, match=r'references: "copper" names 0 of the measurements.*Zn foil'):
            analysed(*self.made(), references=("copper",))

    def test_two_samples_are_one_too_many(self) -> None:
        with pytest.raises(SpecError, match="2 measurements are neither the foil nor a reference"):
            analysed(*self.made(), references=("Zn foil",))


class TestFlags:
    def test_always_without_phase_correction(self) -> None:
        result = analysed(measured())
        (flag,) = [flag for flag in result.flags if flag.code == "no_phase_correction"]
        assert "0.4 to 0.5" in flag.message

    @pytest.mark.parametrize(("shell", "raised"), [(1.53, True), (1.63, True), (2.15, False)])
    def test_nitrogen_or_oxygen(self, shell: float, raised: bool) -> None:
        assert ("n_or_o" in codes(analysed(measured(Recipe(shell=shell))))) == raised

    @pytest.mark.parametrize(("step", "raised"), [(0.85, False), (0.4, True), (2.5, True)])
    def test_edge_step(self, step: float, raised: bool) -> None:
        assert ("edge_step_out_of_range" in codes(analysed(measured(Recipe(step=step))))) == raised

    def test_noise(self) -> None:
        quiet, loud = analysed(measured(noise=0.0005)), analysed(measured(noise=0.02))
        assert "noise_limited" not in codes(quiet)
        assert "noise_limited" in codes(loud)
        assert value(loud, "signal_end") < 12 <= value(quiet, "signal_end")

    def test_sensitive_to_the_background(self) -> None:
        """A shell so close that the background takes a part of it moves with the cutoff of the background."""
        near = analysed(measured(Recipe(shell=1.2)), shell=(0.9, 3.2))
        assert "rbkg_sensitive" in codes(near)
        assert value(near, "rbkg_range") > 0.03
        assert "rbkg_sensitive" not in codes(analysed(measured(Recipe(shell=2.1))))

    def test_a_short_scan_has_an_edge_and_no_shell(self) -> None:
        result = analysed(measured(last=4.5))
        assert result.values["first_shell_position"].value is None
        assert {flag.code for flag in result.flags if flag.severity == "refusal"} == {"short_range"}
        assert value(result, "edge_energy") == pytest.approx(9662.0, abs=0.5)

    def test_a_range_of_k_behind_the_data_is_cut(self) -> None:
        result = analysed(measured(last=10.5))
        assert "k_range_cut" in codes(result)
        assert value(result, "first_shell_position") == pytest.approx(1.53, abs=0.03)

    def test_no_peak_in_the_range_of_the_shell(self) -> None:
        result = analysed(measured(), shell=(1.3, 1.35))
        assert result.values["first_shell_position"].value is None
        assert "no_shell" in codes(result)
        assert xafs.draw(result).finding.endswith("no first shell.")


class TestRows:
    def test_any_order_of_rows(self) -> None:
        one = measured(noise=0.001)
        turned = replace(one, table=one.table.reverse())
        assert analysed(turned).values == analysed(one).values

    def test_rows_that_repeat_or_lack_a_number(self) -> None:
        one = measured(noise=0.001)
        doubled = replace(one, table=pl.concat([one.table, one.table[100:110]]))
        assert "duplicate_abscissae" in codes(analysed(doubled))
        holed = one.table.with_columns(pl.when(pl.int_range(pl.len()) == 150).then(None).otherwise(pl.col("mu")).alias("mu"))
        assert "missing_values" in codes(analysed(replace(one, table=holed)))

    def test_too_few_rows(self) -> None:
        one = measured()
        with pytest.raises(CoverageError, match="at least 30"):
            analysed(replace(one, table=one.table[:20]))

    def test_a_constant_is_no_spectrum(self) -> None:
        one = measured()
        with pytest.raises(InputError, match="same at all energies"):
            analysed(replace(one, table=one.table.with_columns(pl.lit(1.0).alias("mu"))))

    @pytest.mark.parametrize("part", [slice(0, 60), slice(250, None)])
    def test_one_side_of_the_edge_gives_no_silent_number(self, part: slice) -> None:
        one = measured()
        try:
            result = analysed(replace(one, table=one.table[part]))
        except DualionError:
            return
        assert any(flag.severity in ("warning", "refusal") for flag in result.flags)


class TestOptions:
    @pytest.mark.parametrize(
        ("options", "said"),
        [
            ({"k": (12.0, 3.0)}, "k:"),
            ({"window": "square"}, "window:"),
            ({"kweight": 5}, "kweight:"),
            ({"rbkg": -1.0}, "rbkg:"),
            ({"rbkg_range": (-0.5, 1.0)}, "rbkg_range"),
            ({"pre_edge_model": "cubic"}, "pre_edge_model:"),
            ({"e0": math.inf}, "e0:"),
            ({"energy_error": -0.1}, "energy_error:"),
            ({"edge_step_range": (1.0, math.nan)}, "edge_step_range:"),
        ],
    )
    def test_refused(self, options: dict[str, object], said: str) -> None:
        with pytest.raises(SpecError, match=said):
            xafs.Options(**options)  # type: ignore[arg-type]

    @pytest.mark.parametrize("window", ["kaiser", "parzen", "welch", "sine"])
    def test_every_window_finds_the_shell(self, window: str) -> None:
        assert value(analysed(measured(), window=window), "first_shell_position") == pytest.approx(1.53, abs=0.02)

    @pytest.mark.parametrize("kweight", [1, 2, 3])
    def test_every_weight_finds_the_shell(self, kweight: int) -> None:
        result = analysed(measured(), kweight=kweight)
        assert value(result, "first_shell_position") == pytest.approx(1.53, abs=0.03)
        assert result.values["first_shell_height"].unit == f"angstrom-{kweight + 1}"

    def test_ranges_and_models_before_and_behind_the_edge(self) -> None:
        for options in ({"pre_edge_model": "victoreen"}, {"pre_edge": (-140.0, -40.0), "post_edge": (80.0, 600.0)}):
            assert value(analysed(measured(), **options), "edge_step") == pytest.approx(0.85, rel=0.03)

    def test_a_given_edge_is_taken(self) -> None:
        assert value(analysed(measured(), e0=9663.0), "edge_energy") == pytest.approx(9663.0)


class TestEngine:
    def test_it_is_rexafs(self) -> None:
        """The adapter gives to the last digit what the library gives when it is called directly."""
        import rexafs

        one = measured(noise=0.001)
        energy, mu = one.table["photon_energy_electronvolt"].to_numpy(), one.table["mu"].to_numpy()
        direct = rexafs.Spectrum(energy, mu)
        direct.set_background_method(rexafs.AUTOBK(rbkg=1.0, kweight=2))
        direct.set_fft(rexafs.XrayFFTF(kmin=3.0, kmax=12.0, kweight=2, dk=1.0, window="Hanning"))
        direct.fft()
        normal, fine = engine.reduced(energy, mu, Settings())
        assert normal.e0 == direct.e0()
        assert np.array_equal(fine.magnitude, direct.chir_mag())
        assert np.array_equal(fine.chi, direct.chi())
        curve = analysed(one).curves["transform"]
        assert curve.y == tuple(direct.chir_mag().tolist())

    def test_without_it_the_extra_is_named(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "rexafs", None)
        with pytest.raises(MissingDependency, match=r"dualion\[xafs\]"):
            analysed(measured())

    def test_its_errors_are_ours(self) -> None:
        with pytest.raises(DualionError, match="rexafs"):
            engine.normalised(np.array([1.0, 1.0, 2.0]), np.array([1.0, 2.0, 3.0]), Settings())


def test_the_figure_shows_the_edge_beside_its_references() -> None:
    pair = [measured(), measured(Recipe(edge=9660.0), title="Zn foil")]
    figure = xafs.draw(analysed(*pair, references=("Zn foil",)))
    near, shells = figure.panels
    assert [series.name for series in near.series] == ["sample", "zn foil"]
    assert max(near.series[0].x) - min(near.series[0].x) < 85
    assert shells.y.unit == "angstrom-3"
