"""Scattering curves of the reference data: what their readers and models must give. File, quantity, reference, ours."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from dualion.numerics.scattering.invariant import guinier
from dualion.readers.format import Declared, Given
from dualion.readers.formats import recognise
from dualion.readers.guard import guarded
from dualion.records.measurement import Measurement, Result
from dualion.techniques.saxs import Options, analyse, draw

CARBON, SPHERE = "NIST_SRM3600_glassy_carbon_certificate.dat", "sphere_80.txt"
WINDOW = Options(q_min=0.4, q_max=2.475, bootstrap=0)
WHOLE = replace(WINDOW, q_min=0.05)


def read(shared: Path, name: str, **declared: str) -> Measurement:
    given = Given(name, (shared / "data" / "saxs" / name).read_bytes(), "0" * 64, Declared(**declared))
    (one,) = guarded(recognise(given), given)
    return one


@pytest.fixture
def carbon(shared: Path) -> Measurement:
    return read(shared, CARBON)


def codes(result: Result) -> dict[str, str]:
    return {flag.code: flag.severity for flag in result.flags}


def value(result: Result, name: str) -> float:
    found = result.values[name].value
    assert found is not None, name
    return found


def row(result: Result, model: str) -> dict[str, object]:
    return result.tables["models"].filter(pl.col("model") == model).to_dicts()[0]


def parameter(result: Result, name: str) -> float:
    return float(result.tables["parameters"].filter(pl.col("parameter") == name)["value"][0])


class TestGlassyCarbon:
    """NIST SRM 3600."""

    def test_columns(self, carbon: Measurement) -> None:
        table = carbon.table
        assert table.columns == ["q_inverse_nanometre", "intensity_per_centimetre", "intensity_error"]
        assert table.height == 59
        assert table["q_inverse_nanometre"].min() == pytest.approx(0.0828, abs=1e-4)
        assert table["q_inverse_nanometre"].max() == pytest.approx(2.474, abs=1e-4)
        assert table["intensity_error"][0] == pytest.approx(0.901092)

    def test_teubner_strey_is_accepted(self, carbon: Measurement) -> None:
        result = analyse([carbon], replace(WINDOW, model="teubner_strey"))
        assert value(result, "domain_spacing") == pytest.approx(5.45, abs=0.05)
        assert value(result, "correlation_length") == pytest.approx(0.887, abs=0.02)
        assert value(result, "reduced_chi_squared") < 0.1
        assert value(result, "background") >= 0
        assert row(result, "teubner_strey")["accepted"] == "yes"
        assert codes(result) == {"rho_skel_assumed": "warning"}

    @pytest.mark.parametrize(("options", "misfit", "x"), [(WINDOW, 16.6, 0.292), (WHOLE, 13.1, 0.306)])
    def test_debye_bueche_is_refused_with_the_reason(self, carbon: Measurement, options: Options, misfit: float, x: float) -> None:
        result = analyse([carbon], options)
        assert value(result, "reduced_chi_squared") == pytest.approx(misfit, rel=0.01)
        assert value(result, "composition_product") == pytest.approx(x, abs=0.001)
        assert codes(result)["poor_fit"] == codes(result)["inconsistent_invariant"] == "refusal"
        assert result.values["porosity"].value is None
        assert result.values["closed_pore_parameter"].value is None
        assert row(result, "m1")["accepted"] == "no"
        assert "poor fit" in str(row(result, "m1")["reason"])
        assert "exceeds 1/4" in str(row(result, "m1")["reason"])
        assert "poor_fit" in draw(result).finding

    @pytest.mark.slow
    def test_the_comparison_prefers_teubner_strey(self, carbon: Measurement) -> None:
        result = analyse([carbon], replace(WINDOW, model="auto"))
        table = result.tables["models"]
        assert table.filter(pl.col("chosen") == "yes")["model"].to_list() == ["teubner_strey"]
        assert table.filter(pl.col("accepted") == "no")["model"].to_list() == ["m1", "saurel"]
        assert row(result, "teubner_strey")["delta_bic"] == 0

    def test_a_free_exponent_is_no_surface(self, carbon: Measurement) -> None:
        result = analyse([carbon], replace(WHOLE, model="teubner_strey", exponent="free"))
        assert value(result, "power_law_exponent") == pytest.approx(0.78, abs=0.01)
        assert value(result, "domain_spacing") == pytest.approx(5.42, abs=0.01)
        assert value(result, "correlation_length") == pytest.approx(0.911, abs=0.002)
        assert value(result, "reduced_chi_squared") == pytest.approx(0.14, abs=0.005)
        assert codes(result)["slope_not_porod"] == "warning"

    def test_an_unbounded_background_is_a_trap(self, carbon: Measurement) -> None:
        """It goes to -14.5 cm-1, and the misfit to next to nothing."""
        result = analyse([carbon], replace(WHOLE, model="teubner_strey", exponent="free", d_bound=None))
        assert value(result, "background") == pytest.approx(-14.5, abs=0.1)
        assert value(result, "reduced_chi_squared") < 0.04
        assert value(analyse([carbon], replace(WHOLE, model="teubner_strey", exponent="free")), "background") == 0

    def test_beaucage(self, carbon: Measurement) -> None:
        """The reference divides by the number of points: chi^2 / N = 2.2."""
        result = analyse([carbon], replace(WHOLE, model="beaucage"))
        assert parameter(result, "R_g") == pytest.approx(0.975, abs=0.005)
        assert row(result, "beaucage")["chi2_over_n"] == pytest.approx(2.2, rel=0.02)

    @pytest.mark.slow
    def test_spheres(self, carbon: Measurement) -> None:
        """Without a background, as in the reference; chi^2 / N = 1.42."""
        result = analyse([carbon], replace(WHOLE, model="spheres", background="none"))
        assert value(result, "pore_radius") == pytest.approx(0.93, rel=0.05)
        assert value(result, "radius_width") == pytest.approx(0.36, rel=0.05)
        assert value(result, "hard_sphere_fraction") == pytest.approx(0.067, rel=0.05)
        assert row(result, "spheres")["chi2_over_n"] == pytest.approx(1.42, rel=0.05)

    def test_the_invariant_is_mostly_a_tail(self, carbon: Measurement) -> None:
        result = analyse([carbon], replace(WHOLE, model="teubner_strey", exponent="free", invariant=True))
        assert value(result, "last_slope") == pytest.approx(-2.9, abs=0.05)
        assert value(result, "invariant_extrapolated_fraction") > 0.5
        assert result.values["invariant_total"].value is None
        assert codes(result)["tail_extrapolation"] == "refusal"

    @pytest.mark.parametrize(("density", "data", "total"), [(2.26, 0.084, 0.21), (1.8, 0.142, None)])
    def test_fractions_of_the_invariant(self, carbon: Measurement, density: float, data: float, total: float | None) -> None:
        """With its tail the lighter wall leads to phi (1 - phi) above 1/4."""
        from dualion.numerics.scattering import two_phases
        from dualion.numerics.scattering.contrast import contrast
        from dualion.numerics.scattering.invariant import invariant

        q, intensity, error = (carbon.table[name].to_numpy() for name in carbon.table.columns)
        found = invariant(q, intensity, error)

        def porosity(amount: float) -> float | None:
            return two_phases.porosity(two_phases.composition_of_invariant(amount, contrast(density)))

        assert porosity(found.data) == pytest.approx(data, abs=0.001)
        whole = porosity(found.total)
        assert whole is None if total is None else whole == pytest.approx(total, abs=0.01)


class TestSphere:
    def test_radius(self, shared: Path) -> None:
        curve = read(shared, SPHERE, x_unit="1/angstrom")
        assert curve.table.height == 99
        q, intensity = (curve.table[name].to_numpy() for name in ("q_inverse_nanometre", "intensity_arbitrary"))
        found = guinier(q, intensity, 0.03 * intensity)
        assert found is not None
        assert 10 * math.sqrt(5 / 3) * found.radius == pytest.approx(80, abs=1)

    def test_first_minimum(self, shared: Path) -> None:
        curve = read(shared, SPHERE, x_unit="1/angstrom")
        q, intensity = (curve.table[name].to_numpy() for name in ("q_inverse_nanometre", "intensity_arbitrary"))
        minimum = int(np.flatnonzero((intensity[1:-1] < intensity[:-2]) & (intensity[1:-1] < intensity[2:]))[0]) + 1
        assert q[minimum] / 10 == pytest.approx(0.0566, abs=1e-4)
        assert q[minimum] / 10 == pytest.approx(4.4934 / 80, abs=0.00101)


class TestOneCurveInTwoFormats:
    def test_equal(self, shared: Path) -> None:
        """66 points each. The XML states 1/cm, the HDF5 file "Counts" for the same numbers: only the first has an absolute scale."""
        hdf5, xml = read(shared, "33837rear_NXcanSAS.h5"), read(shared, "33837rear_CanSAS1D.xml")
        assert hdf5.table.height == xml.table.height == 66
        assert hdf5.table["q_inverse_nanometre"][0] == pytest.approx(0.0416)
        for name in ("q_inverse_nanometre", "intensity_error"):
            assert hdf5.table[name].to_numpy() == pytest.approx(xml.table[name].to_numpy(), rel=1e-5)
        assert hdf5.table["intensity_arbitrary"].to_numpy() == pytest.approx(xml.table["intensity_per_centimetre"].to_numpy(), rel=1e-5)
        assert hdf5.conditions["title"] == xml.conditions["title"] == "MH4_5deg_16T_SLOW"

    def test_counts_have_no_absolute_scale(self, shared: Path) -> None:
        result = analyse([read(shared, "33837rear_NXcanSAS.h5")], replace(WINDOW, q_min=0.1, q_max=2.0))
        assert codes(result)["arbitrary_scale"] == "warning"
        assert "porosity" not in result.values

    def test_neutrons_give_no_porosity(self, shared: Path) -> None:
        result = analyse([read(shared, "33837rear_CanSAS1D.xml")], replace(WINDOW, q_min=0.1, q_max=2.0))
        assert "neutron_contrast" in codes(result)
        assert "porosity" not in result.values
