"""Scattering from measurement to result: values, refusals, every flag, and the comparison of models."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest

from dualion.errors import CoverageError, InputError, MissingDependency, SpecError
from dualion.numerics.scattering import two_phases
from dualion.numerics.scattering.contrast import contrast
from dualion.numerics.scattering.synthetic import Carbon
from dualion.records.measurement import Measurement, Result, Source
from dualion.techniques.engines import scattering
from dualion.techniques.saxs import TECHNIQUE, Options, analyse, draw, synthesise

KNOWN = Options(rho_skel=2.26, bootstrap=0)
Q = np.geomspace(0.3, 6.5, 120)


def made(seed: int = 0, **truth: Any) -> Measurement:
    return synthesise(np.random.default_rng(seed), **truth)[0][0]


def measurement(intensity: Any, q: Any = Q, *, error: Any = None, absolute: bool = True, **known: Any) -> Measurement:
    name = "intensity_per_centimetre" if absolute else "intensity_arbitrary"
    columns = {"q_inverse_nanometre": np.asarray(q), name: np.asarray(intensity)}
    columns["intensity_error"] = 0.03 * np.abs(intensity) if error is None else error
    return Measurement("saxs", pl.DataFrame(columns), known, "", Source("curve.dat", "0" * 64, "test", 1))


def codes(result: Result) -> dict[str, str]:
    return {flag.code: flag.severity for flag in result.flags}


def value(result: Result, name: str) -> float:
    found = result.values[name].value
    assert found is not None, name
    return found


def test_known_porosity_is_recovered() -> None:
    """Porosity 0.15: phi (1 - phi) = 0.1275 within 1 %."""
    result = analyse([made(noise=0.0)], KNOWN)
    assert value(result, "composition_product") == pytest.approx(0.1275, rel=1e-6)
    assert value(result, "porosity") == pytest.approx(0.15, rel=1e-6)
    noisy = [value(analyse([made(seed, scale_error=0.0, density_error=0.0)], KNOWN), "composition_product") for seed in range(8)]
    assert np.mean(noisy) == pytest.approx(0.1275, rel=0.01)
    assert codes(result) == {"errors_assumed": "note"}


def test_identities_hold_between_the_values() -> None:
    result = analyse([made()], KNOWN)
    B, a = value(result, "pore_amplitude"), value(result, "correlation_length")
    assert value(result, "closed_pore_parameter") == pytest.approx(B * a, rel=1e-9)
    assert value(result, "pore_invariant") == pytest.approx(math.pi * B * a / 4, rel=1e-9)
    assert value(result, "zero_angle_intensity") == pytest.approx(B * a**4, rel=1e-9)
    assert value(result, "guinier_radius") == pytest.approx(math.sqrt(6) * a, rel=1e-9)
    assert value(result, "pore_radius") == pytest.approx(math.sqrt(10) * a, rel=1e-9)
    phi = value(result, "porosity")
    assert value(result, "composition_product") == pytest.approx(phi * (1 - phi), rel=1e-9)
    assert value(result, "pore_volume") == pytest.approx(phi / (2.26 * (1 - phi)), rel=1e-9)
    assert value(result, "saxs_area") == pytest.approx(1000 * 4 * phi / (a * 2.26), rel=1e-9)
    outer = value(result, "power_law_amplitude") / (2e-21 * math.pi * contrast(2.26) ** 2)
    assert value(result, "total_area") == pytest.approx(value(result, "saxs_area") + 1000 * outer / (2.26 * (1 - phi)), rel=1e-9)


def test_one_density_gives_contrast_and_mass() -> None:
    """A skeletal density that contradicts the contrast cannot be given: both follow from the same number."""
    heavy, light = (analyse([made(noise=0.0)], replace(KNOWN, rho_skel=density)) for density in (2.26, 2.02))
    assert value(light, "composition_product") / value(heavy, "composition_product") == pytest.approx((2.26 / 2.02) ** 2, rel=1e-9)
    phi = value(light, "porosity")
    assert value(light, "pore_volume") == pytest.approx(phi / (2.02 * (1 - phi)), rel=1e-9)


def test_error_of_the_porosity_counts_scale_and_density() -> None:
    """u(x) / x = sqrt(u(Ba)^2 + u(scale)^2 + (2 u(rho))^2), and the density counts in the volume once more."""
    exact = made(noise=0.0)
    result = analyse([exact], replace(KNOWN, scale_error=0.05, rho_skel_error=0.02))
    x, volume = result.values["composition_product"], result.values["pore_volume"]
    assert x.stderr == pytest.approx(0.1275 * math.hypot(0.05, 0.04), rel=1e-3)
    slope = 0.1275 * two_phases.porosity_slope(0.1275)
    assert result.values["porosity"].stderr == pytest.approx(slope * math.hypot(0.05, 0.04), rel=1e-3)
    by_phi = slope / (0.15 * 0.85)
    assert volume.stderr == pytest.approx(value(result, "pore_volume") * math.hypot(0.05 * by_phi, 0.02 * (1 + 2 * by_phi)), rel=1e-3)
    assert analyse([exact], replace(KNOWN, scale_error=0.0, rho_skel_error=0.0)).values["porosity"].stderr == pytest.approx(0.0, abs=1e-9)


class TestFlags:
    def test_arbitrary_scale(self) -> None:
        table = made().table.rename({"intensity_per_centimetre": "intensity_arbitrary"})
        result = analyse([replace(made(), table=table)], KNOWN)
        assert codes(result) == {"arbitrary_scale": "warning"}
        assert not {"porosity", "pore_volume", "saxs_area", "composition_product"} & set(result.values)
        assert result.values["closed_pore_parameter"].unit == "nm-3"
        assert value(result, "closed_pore_parameter") == pytest.approx(value(analyse([made()], KNOWN), "closed_pore_parameter"), rel=1e-9)
        told = analyse([replace(made(), table=table)], replace(KNOWN, absolute=True))
        assert "porosity" in told.values
        assert "porosity" not in analyse([made()], replace(KNOWN, absolute=False)).values

    def test_assumed_density(self) -> None:
        assert codes(analyse([made()], Options(bootstrap=0))) == {"rho_skel_assumed": "warning"}

    def test_inconsistent_invariant_is_withheld_and_never_nan(self) -> None:
        table = made().table.with_columns(pl.col("intensity_per_centimetre", "intensity_error") * 2.5)
        result = analyse([replace(made(), table=table)], KNOWN)
        assert codes(result) == {"inconsistent_invariant": "refusal"}
        assert value(result, "composition_product") > 0.25
        for name in ("porosity", "pore_volume", "saxs_area", "pore_chord", "wall_chord", "total_area"):
            assert result.values[name].value is None
        assert value(result, "closed_pore_parameter") > 0
        assert result.tables["models"]["accepted"].to_list() == ["no"]
        assert "exceeds 1/4" in result.tables["models"]["reason"][0]

    def test_poor_fit_withholds_what_it_says_of_pores(self) -> None:
        result = analyse([measurement(20 * np.exp(-((Q - 1.5) ** 2)) + 0.1)], KNOWN)
        assert codes(result)["poor_fit"] == "refusal"
        assert result.values["closed_pore_parameter"].value is None
        assert result.values["pore_radius"].value is None
        assert value(result, "correlation_length") > 0
        assert "refused: poor_fit" in draw(result).finding

    def test_background_at_bound(self) -> None:
        """Without the bound it would be negative, and take up what the model lacks."""
        clean = Carbon(0.15, 1.2, 5.0, 0.0, 2.26).intensity(Q) - 0.02
        result = analyse([measurement(clean)], KNOWN)
        assert "background_at_bound" in codes(result)
        assert value(result, "background") == 0
        free = analyse([measurement(clean)], replace(KNOWN, d_bound=None))
        assert value(free, "background") == pytest.approx(-0.02, rel=1e-3)
        assert "background_at_bound" not in codes(free)

    def test_slope_not_porod(self) -> None:
        clean = 5 * Q**-2.2 + Carbon(0.15, 1.2, 0.0, 0.02, 2.26).intensity(Q)
        result = analyse([measurement(clean)], replace(KNOWN, exponent="free"))
        assert value(result, "power_law_exponent") == pytest.approx(2.2, rel=1e-3)
        assert codes(result)["slope_not_porod"] == "warning"
        bounded = analyse([measurement(clean)], replace(KNOWN, exponent="porod"))
        assert "slope_not_porod" in codes(bounded)
        assert "slope_not_porod" not in codes(analyse([made()], KNOWN))

    def test_tail_extrapolation(self) -> None:
        result = analyse([made()], replace(KNOWN, invariant=True))
        assert codes(result)["tail_extrapolation"] == "refusal"
        assert result.values["invariant_total"].value is None
        assert value(result, "invariant_data") > 0
        q = np.geomspace(0.02, 60.0, 400)
        whole = measurement(Carbon(0.15, 1.2, 0.0, 0.0, 2.26).intensity(q), q, error=0.01 * Carbon(0.15, 1.2, 0.0, 0.0, 2.26).intensity(q))
        found = analyse([whole], replace(KNOWN, invariant=True, q_min=0.02, q_max=60))
        assert value(found, "invariant_total") == pytest.approx(value(found, "pore_invariant"), rel=3e-3)
        assert "tail_extrapolation" not in codes(found)

    def test_mesopores_are_told(self) -> None:
        """A series like that of the study: only the last carbon has mesopores."""
        radii = (0.95, 1.02, 1.10, 1.20, 1.00)
        fractions = (0.10, 0.12, 0.14, 0.16, 0.08)
        found = []
        for at, (radius, fraction) in enumerate(zip(radii, fractions, strict=True)):
            meso = 0.05 if at == 4 else 0.0
            result = analyse([made(at, pore_radius=radius, porosity=fraction, mesopore_fraction=meso)], KNOWN)
            found.append("open_pores_included" in codes(result))
        assert found == [False, False, False, False, True]

    def test_correlation(self) -> None:
        q = np.geomspace(0.4, 2.0, 80)
        clean = Carbon(0.15, 1.2, 1.0, 0.5, 2.26).intensity(q)
        result = analyse([measurement(clean, q)], replace(KNOWN, q_max=2.0))
        assert abs(value(result, "amplitude_length_correlation")) > 0.995
        assert codes(result)["correlation"] == "warning"

    @pytest.mark.parametrize(("radius", "window"), [(0.4, (0.4, 6.0)), (12.0, (0.4, 6.0))])
    def test_knee_outside_window(self, radius: float, window: tuple[float, float]) -> None:
        clean = Carbon(0.15, radius, 0.0, 0.0, 2.26).intensity(Q)
        assert "knee_outside_window" in codes(analyse([measurement(clean)], replace(KNOWN, q_min=window[0], q_max=window[1])))
        assert "knee_outside_window" not in codes(analyse([made()], KNOWN))

    def test_reflection_in_window(self) -> None:
        q = np.geomspace(0.4, 12.0, 120)
        clean = Carbon(0.15, 1.2, 5.0, 0.02, 2.26).intensity(q)
        assert "reflection_in_window" in codes(analyse([measurement(clean, q)], replace(KNOWN, q_max=12.0)))

    def test_neutrons_have_another_contrast(self) -> None:
        result = analyse([replace(made(), conditions={"radiation": "Spallation Neutron Source"})], KNOWN)
        assert codes(result) == {"neutron_contrast": "warning"}
        assert "porosity" not in result.values
        assert value(result, "closed_pore_parameter") > 0

    def test_rows_that_cannot_be_used(self) -> None:
        table = made().table
        bad = pl.concat([table, table.head(3).with_columns(pl.lit(-0.1).alias("q_inverse_nanometre")), table.head(2) * math.nan])
        result = analyse([replace(made(), table=bad)], KNOWN)
        assert codes(result) == {"missing_values": "warning", "out_of_range": "warning"}
        assert result.values == analyse([made()], KNOWN).values

    def test_order_of_rows_does_not_matter(self) -> None:
        assert analyse([replace(made(), table=made().table.reverse())], KNOWN).values == analyse([made()], KNOWN).values


class TestModels:
    @pytest.mark.slow
    def test_the_comparison_finds_what_was_put_in(self) -> None:
        result = analyse([made(3)], replace(KNOWN, compare=True, model="auto"))
        table = result.tables["models"]
        assert set(table["model"]) == {"m1", "saurel", "teubner_strey", "beaucage", "spheres"}
        assert set(table.columns) >= {"model", "chi2r", "bic", "accepted", "reason"}
        best = table.filter(pl.col("accepted") == "yes").sort("bic")["model"][0]
        assert best == "m1" == table.filter(pl.col("chosen") == "yes")["model"][0]
        assert value(result, "closed_pore_parameter") == pytest.approx(value(analyse([made(3)], KNOWN), "closed_pore_parameter"))

    def test_a_model_that_cannot_be_computed_is_listed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def absent(_: Any) -> None:
            raise MissingDependency("sasmodels", "scattering")

        monkeypatch.setattr(scattering, "hard_spheres", absent)
        table = analyse([made()], replace(KNOWN, compare=True)).tables["models"]
        row = table.filter(pl.col("model") == "spheres")
        assert row["accepted"][0] == "no"
        assert "dualion[scattering]" in row["reason"][0]
        with pytest.raises(MissingDependency):
            analyse([made()], replace(KNOWN, model="spheres"))

    @pytest.mark.slow
    def test_no_model_describes_a_comb(self) -> None:
        comb = measurement(10 + 9 * np.sin(12 * Q), error=np.full(Q.size, 0.05))
        result = analyse([comb], replace(KNOWN, model="auto"))
        assert set(result.tables["models"]["accepted"]) == {"no"}
        assert codes(result)["poor_fit"] == "refusal"

    def test_teubner_strey(self) -> None:
        from dualion.numerics.scattering.models import build

        clean = build("teubner_strey", Q).intensity(Q, np.array([0.05, 4.0, 170.0, 5.4, 0.9, 0.3]))
        result = analyse([measurement(clean)], replace(KNOWN, model="teubner_strey"))
        assert value(result, "domain_spacing") == pytest.approx(5.4, rel=1e-4)
        assert value(result, "correlation_length") == pytest.approx(0.9, rel=1e-4)
        assert value(result, "closed_pore_parameter") == pytest.approx(170 * 0.9, rel=1e-4)

    @pytest.mark.slow
    def test_models_of_one_curve_that_are_not_told_apart(self) -> None:
        result = analyse([made(3)], replace(KNOWN, compare=True))
        table = result.tables["models"].filter(pl.col("accepted") == "yes")
        near = table.filter((pl.col("bic") - table["bic"][0]).abs() < 6).height > 1
        assert ("models_not_told_apart" in codes(result)) == near

    @pytest.mark.slow
    def test_hard_spheres_are_recovered(self) -> None:
        from dualion.numerics.scattering.models import build, spheres_term

        model = build("spheres", Q, term=spheres_term(scattering.hard_spheres(Q), Q))
        clean = model.intensity(Q, np.array([2.0, 4.0, 300.0, 1.1, 0.25, 0.12, 0.05]))
        result = analyse([measurement(clean)], replace(KNOWN, model="spheres"))
        assert value(result, "pore_radius") == pytest.approx(1.1, rel=1e-2)
        assert value(result, "hard_sphere_fraction") == pytest.approx(0.12, rel=2e-2)
        assert "porosity" not in result.values


class TestEngine:
    """The adapter against the program called directly."""

    def test_hard_spheres(self) -> None:
        from sasmodels.core import load_model
        from sasmodels.direct_model import call_kernel

        law = scattering.hard_spheres(Q)
        model = load_model("sphere@hardsphere", dtype="double", platform="dll")
        parameters = {
            "scale": 3.0, "background": 0.0, "sld": 1.0, "sld_solvent": 0.0, "radius": 11.0, "radius_pd": 0.2, "radius_pd_n": 80,
            "radius_pd_nsigma": 3.0, "volfraction": 0.1,
        }  # fmt: skip
        direct = call_kernel(model.make_kernel([Q / 10]), parameters)
        assert law(Q, np.array([3.0, 1.1, 0.2, 0.1]))[0] == pytest.approx(direct, rel=1e-12)

    def test_debye_bueche(self) -> None:
        from dualion.numerics.scattering.laws import dab

        ours = dab(Q, np.array([1.0, 0.4]))[0]
        theirs = scattering.debye_bueche(Q)(1.0, 0.4)
        assert ours / ours[0] == pytest.approx(theirs / theirs[0], rel=1e-10)

    def test_derivatives(self) -> None:
        law, at = scattering.hard_spheres(Q), np.array([3.0, 1.1, 0.2, 0.1])
        _, slopes = law(Q, at)
        step = np.array([0.0, 1e-4, 0.0, 0.0])
        numeric = (law(Q, at + step)[0] - law(Q, at - step)[0]) / 2e-4
        assert slopes[:, 1] == pytest.approx(numeric, rel=1e-3, abs=1e-4 * np.abs(numeric).max())

    def test_kernels_are_kept_in_a_cache(self, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("SAS_DLL_PATH", raising=False)
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
        monkeypatch.setattr("sys.platform", "linux")
        assert scattering.cache_folder() == tmp_path / "dualion" / "sasmodels"
        (tmp_path / "file").write_text("")
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
        assert scattering.cache_folder().name.startswith("dualion-sasmodels-")
        monkeypatch.setenv("SAS_DLL_PATH", str(tmp_path / "named"))
        assert scattering.cache_folder() == tmp_path / "named"


class TestInput:
    @pytest.mark.parametrize(
        ("name", "given"),
        [
            ("q_min", -1.0), ("q_max", 0.1), ("rho_skel", 0.0), ("n", math.inf), ("scale_error", 2.0), ("rho_skel_error", -0.1),
            ("model", "dab"), ("exponent", "4"), ("weights", "1/I"), ("background", "linear"), ("bootstrap", 1), ("d_bound", math.nan),
            ("chi2_limit", 0.0), ("relative_error", 0.0), ("electrons", 0.0),
        ],
    )  # fmt: skip
    def test_options_that_cannot_be(self, name: str, given: Any) -> None:
        with pytest.raises(SpecError, match=name.split("_", maxsplit=1)[0]):
            replace(Options(), **{name: given})

    def test_a_window_without_data(self) -> None:
        with pytest.raises(CoverageError, match="window 8 to 9 nm-1"):
            analyse([made()], replace(KNOWN, q_min=8.0, q_max=9.0))

    def test_no_intensity(self) -> None:
        with pytest.raises(InputError, match="intensity_per_centimetre or intensity_arbitrary"):
            analyse([replace(made(), table=made().table.select("q_inverse_nanometre"))], KNOWN)

    def test_several_curves(self) -> None:
        with pytest.raises(SpecError, match="sodiation_contrast"):
            analyse([made(), made(1)], KNOWN)

    def test_errors_that_are_not_stated(self) -> None:
        result = analyse([replace(made(), table=made().table.drop("intensity_error"))], KNOWN)
        assert codes(result) == {"errors_assumed": "note"}
        stated = analyse([made()], KNOWN).values["closed_pore_parameter"]
        assert result.values["closed_pore_parameter"].stderr == pytest.approx(stated.stderr, rel=0.2)

    @pytest.mark.parametrize("weights", ["relative", "unit"])
    def test_weights(self, weights: Any) -> None:
        result = analyse([made(noise=0.0)], replace(KNOWN, weights=weights))
        assert value(result, "porosity") == pytest.approx(0.15, rel=1e-6)


def test_bootstrap_stands_beside_the_covariance() -> None:
    result = analyse([made()], replace(KNOWN, bootstrap=200))
    row = result.tables["parameters"].filter(pl.col("parameter") == "B a")
    assert row["bootstrap_stderr"][0] == pytest.approx(row["stderr"][0], rel=0.15)
    assert row["low"][0] < row["value"][0] < row["high"][0]
    covariance = result.tables["covariance"].filter((pl.col("first") == "B") & (pl.col("second") == "a"))
    B, a = result.values["pore_amplitude"], result.values["correlation_length"]
    assert B.stderr is not None
    assert a.stderr is not None
    assert covariance["covariance"][0] == pytest.approx(covariance["correlation"][0] * B.stderr * a.stderr, rel=1e-9)
    assert TECHNIQUE.example.bootstrap > 0
    again = analyse([made()], replace(KNOWN, bootstrap=200))
    assert again.tables["parameters"].equals(result.tables["parameters"])
