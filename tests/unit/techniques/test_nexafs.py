"""Carbon edges: every flag is provoked, and the raw share never passes for an sp2 fraction."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from dualion.errors import CoverageError, InputError, SpecError
from dualion.numerics.near_edge.synthetic import carbon_edge
from dualion.records.measurement import Measurement, Result, Source
from dualion.records.quantity import Flag, Quantity
from dualion.techniques.nexafs import MAGIC_ANGLE, TECHNIQUE, Options, analyse, draw, synthesise

ENERGY = np.arange(270.0, 332.0, 0.2)
INCIDENT = 2.0 - 2e-3 * (ENERGY - 270)


def measured(
    sample: str = "one",
    *,
    height: float = 1.5,
    energy: np.ndarray = ENERGY,
    incident: np.ndarray | None = INCIDENT,
    angle: float | None = MAGIC_ANGLE,
    shift: float = 0.0,
) -> Measurement:
    columns = {"photon_energy_electronvolt": energy, "mu": 0.1 + 0.3 * carbon_edge(energy, height=height, position=284.9, shift=shift)}
    if incident is not None:
        columns["intensity_arbitrary"] = np.interp(energy, ENERGY, incident)
    conditions = {} if angle is None else {"incidence_angle": Quantity(angle, "deg")}
    return Measurement("nexafs", pl.DataFrame(columns), conditions, sample, Source(f"{sample}.csv", "0" * 64, "test", 1))


def codes(result: Result) -> set[str]:
    return {flag.code for flag in result.flags}


def refusals(result: Result) -> set[str]:
    return {flag.code for flag in result.flags if flag.severity == "refusal"}


def value(result: Result, name: str) -> float:
    found = result.values[name].value
    assert found is not None
    return found


class TestNames:
    @pytest.mark.parametrize("name", ["sp2", "sp2_fraction", "SP2 content"])
    def test_the_raw_share_is_no_sp2_fraction(self, name: str) -> None:
        found = analyse([measured()], Options(share_name=name))
        assert found.values["sp2_fraction"].value is None
        assert "raw_share_not_sp2" in refusals(found)
        assert value(found, "pi_fraction_raw") > 0

    def test_without_reference_nothing_is_relative(self) -> None:
        found = analyse([measured()], Options())
        assert found.values["sp2_relative_to_reference"].value is None
        assert refusals(found) == {"no_reference"}
        assert "sp2_fraction" not in found.values

    def test_with_a_reference_it_is(self) -> None:
        found = analyse([measured("carbon", height=1.2), measured("HOPG", height=1.6)], Options(reference="HOPG"))
        quantity = found.values["sp2_relative_to_reference"]
        assert quantity.value == pytest.approx(1.2 / 1.6, rel=2e-3)
        assert quantity.stderr == pytest.approx(0.05, rel=0.05)
        assert refusals(found) == set()

    def test_a_reference_that_is_not_there_is_asked_for(self) -> None:
        with pytest.raises(SpecError, match="HOPG"):
            analyse([measured()], Options(reference="HOPG"))
        with pytest.raises(SpecError, match="reference"):
            analyse([measured("HOPG")], Options(reference="HOPG"))


class TestFlags:
    def test_geometry_of_the_reference(self) -> None:
        for angle, flagged in ((None, True), (90.0, True), (54.0, False)):
            found = analyse([measured("carbon"), measured("HOPG", angle=angle)], Options(reference="HOPG"))
            assert ("reference_geometry_unknown" in codes(found)) is flagged

    def test_a_signal_without_incident_intensity(self) -> None:
        assert "prenormalised" in codes(analyse([measured(incident=None)], Options()))
        assert "prenormalised" not in codes(analyse([measured()], Options()))
        told = replace(measured(incident=None), flags=(Flag("prenormalised", "warning", "by the reader"),))
        assert [flag.message for flag in analyse([told], Options()).flags if flag.code == "prenormalised"] == ["by the reader"]

    def test_carbon_on_the_optics(self) -> None:
        dipped = INCIDENT * (1 - 0.1 * np.exp(-0.5 * ((ENERGY - 285) / 1) ** 2))
        assert "i0_carbon" in codes(analyse([measured(incident=dipped)], Options()))
        assert "i0_carbon" not in codes(analyse([measured()], Options()))

    def test_upper_limits_that_differ(self) -> None:
        short = measured("short", energy=ENERGY[ENERGY <= 318])
        found = analyse([short, measured("HOPG")], Options(reference="HOPG"))
        assert found.values["sp2_relative_to_reference"].value is None
        assert {"dE_mismatch"} <= refusals(found)
        assert "short_range" in codes(found)
        pair = analyse([short, measured("long")], Options())
        assert pair.values["short_over_long_pi_fraction_ratio"].value is None
        assert "dE_mismatch" in refusals(pair)
        equal = analyse([short, measured("HOPG")], Options(reference="HOPG", sigma_range=(288.6, 317.0)))
        assert "dE_mismatch" not in codes(equal)
        assert value(equal, "sp2_relative_to_reference") == pytest.approx(1.0, abs=2e-3)

    def test_a_range_too_short_to_normalise(self) -> None:
        for energy in (ENERGY[ENERGY < 310], ENERGY[ENERGY > 282]):
            found = analyse([measured(energy=energy)], Options())
            assert found.values["pi_fraction_raw"].value is None
            assert "short_range" in refusals(found)
            draw(found)

    def test_the_step_is_undetermined_where_it_is_blurred(self) -> None:
        sharp = measured()
        assert "step_undetermined" not in codes(analyse([sharp], Options()))
        window = np.hanning(41) / np.hanning(41).sum()
        mu = np.convolve(np.pad(sharp.table["mu"].to_numpy(), 40, mode="edge"), window, mode="same")[40:-40]
        blurred = replace(sharp, table=sharp.table.with_columns(mu=pl.Series(mu)))
        assert "step_undetermined" in codes(analyse([blurred], Options()))
        assert "step_undetermined" not in codes(analyse([blurred], Options(step_ev=290.4)))

    def test_what_is_no_edge_is_withheld(self) -> None:
        flat = replace(measured(), table=measured().table.with_columns(mu=pl.lit(1.0)))
        found = analyse([flat], Options())
        assert found.values["pi_position"].value is None
        assert "no_edge" in refusals(found)

    def test_missing_values_and_columns(self) -> None:
        holed = measured().table.with_columns(mu=pl.when(pl.int_range(pl.len()) == 100).then(float("nan")).otherwise(pl.col("mu")))
        assert "missing_values" in codes(analyse([replace(measured(), table=holed)], Options()))
        with pytest.raises(InputError, match="mu"):
            analyse([replace(measured(), table=measured().table.drop("mu"))], Options())
        with pytest.raises(CoverageError):
            analyse([replace(measured(), table=measured().table.head(20))], Options())


class TestValues:
    def test_fit_and_window_stand_side_by_side(self) -> None:
        found = analyse([measured()], Options())
        assert value(found, "pi_fraction_window") == pytest.approx(value(found, "pi_fraction_raw"), rel=0.05)
        assert "283.5 to 320 eV" in (found.values["pi_fraction_raw"].rule or "")
        assert found.tables["components"].height == 7

    def test_the_upper_limit_changes_the_raw_share(self) -> None:
        """320 against 327.5 eV: some 15 %."""
        ways = [value(analyse([measured()], Options(sigma_range=(288.6, upper))), "pi_fraction_raw") for upper in (320.0, 327.5)]
        assert 0.80 < ways[1] / ways[0] < 0.88

    def test_the_energy_scale_is_an_option(self) -> None:
        plain, moved = (analyse([measured()], Options(energy_shift=shift)) for shift in (0.0, -0.3))
        assert value(plain, "pi_position") - value(moved, "pi_position") == pytest.approx(0.3, abs=0.01)
        assert "shifted by -0.3 eV" in (moved.values["pi_position"].rule or "")

    def test_arctan_is_another_model(self) -> None:
        ways = [value(analyse([measured()], Options(step=step)), "pi_fraction_raw") for step in ("erf", "arctan")]  # type: ignore[arg-type]
        assert ways[0] != pytest.approx(ways[1], rel=1e-3)

    def test_the_ratio_of_two_samples_has_an_interval(self) -> None:
        """The paper's 7.61 over 6.36: a ratio is better known than either share."""
        (first, _), _ = synthesise(np.random.default_rng(1), pi_fraction_raw=0.0636)
        (other, _), _ = synthesise(np.random.default_rng(2), pi_fraction_raw=0.0761)
        found = analyse([replace(first, sample="MEC0"), replace(other, sample="MEC3")], Options())
        ratio = found.values["mec3_over_mec0_pi_fraction_ratio"]
        assert ratio.interval is not None
        assert ratio.interval[0] < 1.1965 < ratio.interval[1]
        assert ratio.interval[1] - ratio.interval[0] < 0.06

    def test_rows_in_any_order(self) -> None:
        turned = replace(measured(), table=measured().table.reverse())
        assert analyse([turned], Options()).values == analyse([measured()], Options()).values


@pytest.mark.parametrize(
    "wrong",
    [
        {"pre_edge": (281.0, 275.0)},
        {"pi_range": (283.5, float("nan"))},
        {"sigma_range": (0.0, 1.0)},
        {"pi_range": (289.0, 291.0)},
        {"step": "linear"},
        {"step_ev": 285.0},
        {"normalise_from": float("nan")},
        {"energy_shift": float("inf")},
        {"energy_error": -0.1},
        {"method_error": float("nan")},
        {"share_name": "graphite"},
    ],
)
def test_options_that_are_none(wrong: dict[str, object]) -> None:
    with pytest.raises(SpecError, match=next(iter(wrong))):
        Options(**wrong)  # type: ignore[arg-type]


def test_without_noise_the_truth_comes_back() -> None:
    measurements, truth = synthesise(np.random.default_rng(0), noise=0.0)
    found = analyse(measurements, TECHNIQUE.example_options())
    for name, true in truth.items():
        assert value(found, name) == pytest.approx(true, rel=1e-3)
