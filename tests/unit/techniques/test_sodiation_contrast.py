"""Sodium in pores by contrast: both inversions, and every reason to withhold or to doubt them."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest

from dualion.errors import CoverageError, SpecError
from dualion.numerics.scattering.sodium_filling import contrast_share, full_pore
from dualion.records.measurement import Measurement, Result
from dualion.techniques.sodiation_contrast import Options, analyse, draw, synthesise

KNOWN = Options(rho_skel=2.26)
C = contrast_share(2.26)


def made(seed: int = 0, **truth: Any) -> tuple[Measurement, Measurement]:
    first, second = synthesise(np.random.default_rng(seed), **truth)[0]
    return first, second


def scaled(measured: Measurement, factor: float) -> Measurement:
    names = [name for name in measured.table.columns if name.startswith("intensity")]
    return replace(measured, table=measured.table.with_columns(pl.col(names) * factor))


def arbitrary(measured: Measurement) -> Measurement:
    return replace(measured, table=measured.table.rename({"intensity_per_centimetre": "intensity_arbitrary"}))


def codes(result: Result) -> dict[str, str]:
    return {flag.code: flag.severity for flag in result.flags}


def value(result: Result, name: str) -> float:
    found = result.values[name].value
    assert found is not None, name
    return found


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_both_inversions(share: float) -> None:
    """V'/V = 1 - f (1 - f0) = (1 - c x)^2."""
    result = analyse(made(noise=0.0, filled_share=share), KNOWN)
    ratio = 1 - share * (1 - full_pore(C))
    assert value(result, "pore_ratio") == pytest.approx(ratio, rel=1e-6)
    assert value(result, "filled_fraction") == pytest.approx(share, rel=1e-6)
    assert value(result, "uniform_filling") == pytest.approx((1 - math.sqrt(ratio)) / C, rel=1e-6)
    low, high = result.values["filling"].interval or (0, 0)
    assert low < value(result, "uniform_filling") < value(result, "filled_fraction") < high
    assert value(result, "full_pore_ratio") == pytest.approx(0.348, abs=5e-4)


def test_the_integral_over_the_window_says_nearly_the_same() -> None:
    """It holds the outer surface and the background too, so that it falls less."""
    exact = made(noise=0.0, outer_area=0.0, background=0.0)
    whole = analyse(exact, replace(KNOWN, quantity="window_invariant"))
    assert value(whole, "pore_ratio") == pytest.approx(value(analyse(exact, KNOWN), "pore_ratio"), rel=1e-6)
    assert value(analyse(made(noise=0.0), replace(KNOWN, quantity="window_invariant")), "pore_ratio") > value(whole, "pore_ratio")


def test_less_than_full_pores_is_loss() -> None:
    before, after = made(noise=0.0, filled_share=0.9)
    result = analyse([before, scaled(after, 0.7)], KNOWN)
    assert codes(result)["loss_or_normalisation"] == "refusal"
    assert value(result, "pore_ratio") < full_pore(C)
    for name in ("filled_fraction", "uniform_filling", "filling"):
        assert result.values[name].value is None
    grown = analyse([before, scaled(after, 3.0)], KNOWN)
    assert codes(grown)["loss_or_normalisation"] == "refusal"
    assert "no filling" in draw(grown).finding


def test_arbitrary_intensities_do_not_compare() -> None:
    pair = [arbitrary(one) for one in made()]
    result = analyse(pair, KNOWN)
    assert codes(result)["arbitrary_scale"] == "refusal"
    assert result.values["pore_ratio"].value is None
    assert "withheld" in draw(result).finding
    told = analyse(pair, replace(KNOWN, same_normalisation=True))
    assert "arbitrary_scale" not in codes(told)
    assert value(told, "pore_ratio") == pytest.approx(value(analyse(made(), KNOWN), "pore_ratio"), rel=1e-9)
    mixed = analyse([made()[0], arbitrary(made()[1])], replace(KNOWN, same_normalisation=True))
    assert codes(mixed)["arbitrary_scale"] == "refusal"


def test_ranges_that_are_not_shared() -> None:
    before, after = made()
    short = replace(after, table=after.table.filter(pl.col("q_inverse_nanometre") < 3.0))
    assert codes(analyse([before, short], KNOWN))["arbitrary_scale"] == "warning"
    none = replace(after, table=after.table.filter(pl.col("q_inverse_nanometre") < 0.7))
    with pytest.raises(CoverageError, match="common window"):
        analyse([before, none], KNOWN)


def test_air_reacts_with_sodium() -> None:
    before, after = made()
    exposed = replace(after, conditions={**after.conditions, "transfer": "air"})
    assert codes(analyse([before, exposed], KNOWN))["exposed_sample"] == "warning"
    assert "exposed_sample" not in codes(analyse([before, after], KNOWN))


@pytest.mark.parametrize(("capacity", "volume"), [(165.0, 0.146), (320.0, 0.284), (338.0, 0.300)])
def test_required_volume_against_what_there_is(capacity: float, volume: float) -> None:
    """The pores of the example hold 0.078 cm3/g."""
    result = analyse(made(), replace(KNOWN, plateau_capacity=capacity))
    assert value(result, "required_pore_volume") == pytest.approx(volume, rel=0.01)
    assert codes(result)["filling_alone_insufficient"] == "warning"
    assert "all pores by scattering" in next(flag.message for flag in result.flags if flag.code == "filling_alone_insufficient")


def test_small_charges_fit() -> None:
    assert "filling_alone_insufficient" not in codes(analyse(made(), replace(KNOWN, plateau_capacity=50.0)))
    closed = analyse(made(), replace(KNOWN, plateau_capacity=50.0, closed_volume=0.02))
    assert "closed pores have 0.020" in next(flag.message for flag in closed.flags if flag.code == "filling_alone_insufficient")


def test_a_model_that_does_not_fit_gives_no_ratio() -> None:
    before, after = made(noise=0.005)
    q = after.table["q_inverse_nanometre"]
    bent = after.table.with_columns(pl.col("intensity_per_centimetre") * (1 + 0.5 * (3 * q).sin()))
    result = analyse([before, replace(after, table=bent)], KNOWN)
    assert codes(result)["poor_fit"] == "refusal"
    assert result.values["pore_ratio"].value is None


def test_which_is_the_empty_one() -> None:
    before, after = made()
    assert analyse([after, before], KNOWN).values == analyse([before, after], KNOWN).values
    bare = [replace(one, conditions={}) for one in (before, after)]
    with pytest.raises(SpecError, match='state = "pristine"'):
        analyse(bare, KNOWN)
    assert value(analyse(bare, replace(KNOWN, before="pristine.dat")), "pore_ratio") == value(analyse(made(), KNOWN), "pore_ratio")
    with pytest.raises(SpecError, match="2 of 2"):
        analyse([before, replace(after, conditions={"state": "pristine"})], KNOWN)
    with pytest.raises(CoverageError):
        analyse([before], KNOWN)


def test_several_states_are_listed_and_the_lowest_is_told() -> None:
    before, half = made(filled_share=0.4)
    _, full = made(1, filled_share=0.9)
    named = [replace(one, conditions={**one.conditions, "state": name}) for one, name in ((half, "0.1 V"), (full, "0.0001 V"))]
    result = analyse([named[0], before, named[1]], KNOWN)
    assert result.tables["states"]["state"].to_list() == ["pristine", "0.0001 V", "0.1 V"]
    assert value(result, "filled_fraction") == pytest.approx(0.9, abs=0.15)


def test_density_of_the_walls() -> None:
    light = analyse(made(), replace(KNOWN, rho_skel=2.0))
    assert value(light, "full_pore_ratio") == pytest.approx(0.288, abs=5e-4)
    assert codes(analyse(made(), Options()))["rho_skel_assumed"] == "warning"


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("q_min", 6.0), ("rho_skel", -1.0), ("normalisation_error", 1.5), ("quantity", "V"), ("plateau_capacity", 0.0), ("weights", "q"),
        ("closed_volume", math.nan),
    ],
)  # fmt: skip
def test_options_that_cannot_be(name: str, given: Any) -> None:
    with pytest.raises(SpecError, match=name):
        replace(Options(), **{name: given})
