"""Balance of pores from tables of descriptors: every flag, every option, what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

from dualion.errors import CoverageError, SpecError
from dualion.records.measurement import Measurement, Result, Source
from dualion.techniques.pore_balance import Options, analyse, draw, synthesise

#: A sample whose balance closes with walls of graphite: 0.15 cm3/g of pores, of which 0.03 open.
PHI, DENSITY = 0.15 / (0.15 + 1 / 2.26), 1 / (0.12 + 1 / 2.26)
CLOSING = {
    "porosity": (PHI, 0.005, "1", "M1"), "total_pore_volume": (0.03, 0.003, "cm3/g", "N2 at p/p0 0.95"),
    "true_density": (DENSITY, 0.02, "g/cm3", "xylene"), "d002": (0.375, 0.002, "nm", "raw"),
    "saxs_area": (700.0, 40.0, "m2/g", ""), "bet_area": (39.13, 1.0, "m2/g", ""),
}  # fmt: skip
Row = tuple[float, float | None, str, str]


def table(rows: dict[str, Row] | list[tuple[str, Row]], *, sample: str = "MEC3", qualifier: str = "=") -> Measurement:
    given = list(rows.items()) if isinstance(rows, dict) else rows
    frame = pl.DataFrame(
        {
            "sample_name": [sample] * len(given),
            "descriptor": [name for name, _ in given],
            "descriptor_value": [row[0] for _, row in given],
            "descriptor_stderr": pl.Series([row[1] for _, row in given], dtype=pl.Float64),
            "descriptor_unit": [row[2] for _, row in given],
            "descriptor_method": [row[3] for _, row in given],
            "descriptor_qualifier": [qualifier] * len(given),
        }
    )
    return Measurement("descriptors", frame, {}, sample, Source("table.csv", "0" * 64, "test", 1))


def result(changed: dict[str, Row | None] | None = None, options: Options | None = None) -> Result:
    rows: dict[str, Any] = {name: row for name, row in (CLOSING | (changed or {})).items() if row is not None}
    return analyse([table(rows)], options or Options())


def codes(found: Result) -> set[str]:
    return {flag.code for flag in found.flags}


def value(found: Result, name: str) -> float:
    number = found.values[name].value
    assert number is not None, name
    return number


GRAPHITE = Options(skeleton="graphite")


def test_a_balance_that_closes() -> None:
    found = result(options=GRAPHITE)
    assert value(found, "total_volume") == pytest.approx(0.15, rel=1e-9)
    assert value(found, "closed_pore_volume") == pytest.approx(0.12, rel=1e-9)
    assert value(found, "volume_residual") == pytest.approx(0.0, abs=1e-9)
    assert value(found, "inaccessible_area") == pytest.approx(660.87)
    assert codes(found) == {"no_spacing"}


def test_numbers_of_the_specification() -> None:
    """1.80 +- 0.02 g/cm3 and 0.375 nm: 0.113 +- 0.006 with graphite, 0.061 d-scaled, both printed."""
    found = analyse([table({"true_density": (1.80, 0.02, "g/cm3", "butanol"), "d002": (3.75, None, "angstrom", "")})], Options())
    assert value(found, "closed_pore_volume_graphite") == pytest.approx(0.113, rel=0.01)
    assert found.values["closed_pore_volume_graphite"].stderr == pytest.approx(0.006, abs=5e-4)
    assert value(found, "closed_pore_volume_scaled") == pytest.approx(0.061, rel=0.01)
    assert value(found, "skeletal_density_scaled") == pytest.approx(2.02, rel=0.01)
    assert value(found, "skeleton_spread") == pytest.approx((0.1131 - 0.0608) / 2, abs=1e-4)
    assert {"skeleton_dominates", "no_absolute_saxs", "term_missing"} <= codes(found)
    assert "closed_volume_negative" not in codes(found)


def test_denser_than_its_walls() -> None:
    """2.00 g/cm3 with layers at 0.390 nm: -0.015 cm3/g (d-scaled), said and not hidden."""
    found = result({"true_density": (2.00, 0.02, "g/cm3", "xylene"), "d002": (0.390, 0.002, "nm", "")})
    assert value(found, "closed_pore_volume_scaled") == pytest.approx(-0.015, abs=5e-4)
    assert "closed_volume_negative" in codes(found)


def test_a_balance_that_does_not_close() -> None:
    found = result({"total_pore_volume": (0.08, 0.004, "cm3/g", "N2")}, GRAPHITE)
    assert "balance_open" in codes(found)
    assert value(found, "volume_residual") == pytest.approx(-0.05, rel=1e-6)
    assert abs(value(found, "volume_residual_z")) > 2
    assert "balance_open" not in codes(result(options=GRAPHITE))


@pytest.mark.parametrize(
    ("changed", "solved", "true"),
    [
        ({"porosity": None}, "total_volume", 0.15),
        ({"total_pore_volume": None}, "open_volume", 0.03),
        ({"true_density": None}, "closed_pore_volume", 0.12),
    ],
)
def test_a_missing_term_is_solved_for_and_says_so(changed: dict[str, Row | None], solved: str, true: float) -> None:
    found = result(changed, GRAPHITE)
    assert value(found, solved) == pytest.approx(true, rel=1e-6)
    assert "solved for" in (found.values[solved].rule or "")
    assert "term_missing" in codes(found)
    assert "volume_residual" not in found.values
    assert ("no_absolute_saxs" in codes(found)) == ("porosity" in changed)


def test_an_arbitrary_scale_is_no_volume() -> None:
    found = result({"porosity": None, "closed_pore_parameter": (3.0, 0.1, "1", "M1")}, GRAPHITE)
    (flag,) = [one for one in found.flags if one.code == "no_absolute_saxs"]
    assert "arbitrary scale" in flag.message


@pytest.mark.parametrize(
    ("method", "fluid", "code"), [("He pycnometry", "", "helium_in_pores"), ("pycnometer", "helium", "helium_in_pores")]
)
def test_helium(method: str, fluid: str, code: str) -> None:
    density = (DENSITY, 0.02, "g/cm3", method)
    assert code in codes(result({"true_density": density}, Options(fluid=fluid)))
    assert code not in codes(result(options=Options()))


def test_helium_that_enters_leaves_a_residual() -> None:
    found = result({"true_density": (2.15, 0.01, "g/cm3", "helium")}, GRAPHITE)
    (flag,) = [one for one in found.flags if one.code == "helium_in_pores"]
    assert "above zero" in flag.message
    assert "balance_open" in codes(found)


def test_the_fluid_is_named() -> None:
    density = (DENSITY, 0.02, "g/cm3", "pycnometer")
    assert "fluid_unknown" in codes(result({"true_density": density}))
    assert "fluid_unknown" not in codes(result({"true_density": density}, Options(fluid="butanol")))


def test_walls() -> None:
    both, graphite, scaled = (result(options=Options(skeleton=kind)) for kind in ("both", "graphite", "scaled"))
    ends = [value(one, "closed_pore_volume") for one in (graphite, scaled)]
    assert value(both, "closed_pore_volume") == pytest.approx(sum(ends) / 2)
    assert "closed_pore_volume_graphite" in both.values
    assert "closed_pore_volume_graphite" not in graphite.values
    assert "no_spacing" in codes(result({"d002": None}))
    with pytest.raises(Exception, match="d002"):
        result({"d002": None}, Options(skeleton="scaled"))


def test_contrast_and_walls_agree_unless_told_otherwise() -> None:
    scaled = Options(skeleton="scaled")
    as_it_is = result(options=Options(skeleton="scaled", contrast_density=None))
    assert value(as_it_is, "total_volume") == pytest.approx(PHI / (1 - PHI) / 2.0213, rel=1e-3)
    assert value(result(options=scaled), "total_volume") > 1.2 * value(as_it_is, "total_volume")


def test_an_invariant_that_cannot_be_withholds_the_volume() -> None:
    found = result({"porosity": (0.48, 0.01, "1", "")}, Options(skeleton="scaled"))
    assert found.values["total_volume"].value is None
    assert "inconsistent_invariant" in codes(found)
    assert draw(found).panels


def test_both_ways_of_propagating() -> None:
    linear, drawn = (result(options=Options(skeleton="graphite", propagation=how)) for how in ("linear", "monte_carlo"))
    for name in ("total_volume", "closed_pore_volume", "volume_residual", "inaccessible_area"):
        first, second = linear.values[name], drawn.values[name]
        assert second.stderr == pytest.approx(first.stderr, rel=0.05)
        assert second.interval is not None
    wide = {"true_density": (1.8, 0.5, "g/cm3", "xylene")}
    assert "nonlinear_propagation" in codes(result(wide, GRAPHITE))


def test_defaults_of_errors_are_said() -> None:
    bare: dict[str, Row | None] = {name: (row[0], None, row[2], row[3]) for name, row in CLOSING.items()}
    found = result(bare, GRAPHITE)
    (flag,) = [one for one in found.flags if one.code == "stderr_assumed"]
    assert flag.severity == "warning"
    assert found.values["open_volume"].stderr == pytest.approx(0.003)
    assert found.values["closed_pore_volume"].stderr == pytest.approx(0.02 / DENSITY**2, rel=1e-6)


def test_the_other_open_volume_and_spacing_are_chosen() -> None:
    more = {"dft_pore_volume": (0.05, 0.005, "cm3/g", "DFT"), "d002_corrected": (0.36, 0.002, "nm", "LP f2")}
    assert value(result(more), "open_volume") == pytest.approx(0.03)
    assert value(result(more, Options(open_volume="dft_pore_volume")), "open_volume") == pytest.approx(0.05)
    assert value(result(more, Options(spacing="d002_corrected")), "skeletal_density_scaled") == pytest.approx(2.26 * 0.3354 / 0.36)


def test_several_values_need_a_choice() -> None:
    rows = [*CLOSING.items(), ("true_density", (2.0, 0.02, "g/cm3", "helium"))]
    with pytest.raises(SpecError, match=r"choices.true_density: MEC3 has true_density 2 times"):
        analyse([table(rows)], Options())
    found = analyse([table(rows)], Options(choices={"true_density": "xylene"}))
    assert "choice_made" in codes(found)
    assert value(found, "closed_pore_volume_graphite") == pytest.approx(0.12)


def test_several_samples_need_a_name() -> None:
    tables = [table(CLOSING), table({**CLOSING, "total_pore_volume": (0.01, 0.001, "cm3/g", "")}, sample="MEC0")]
    with pytest.raises(SpecError, match="sample: the tables hold MEC0, MEC3"):
        analyse(tables, Options())
    assert value(analyse(tables, Options(sample="MEC0")), "open_volume") == pytest.approx(0.01)
    with pytest.raises(SpecError, match='no "MEC9"'):
        analyse(tables, Options(sample="MEC9"))


def test_bounds_are_no_terms() -> None:
    limit = table({"total_pore_volume": (0.05, None, "cm3/g", "")}, qualifier="<")
    rest = table({name: row for name, row in CLOSING.items() if name != "total_pore_volume"})
    found = analyse([limit, rest], GRAPHITE)
    assert "bound_not_used" in codes(found)
    assert "solved for" in (found.values["open_volume"].rule or "")


def test_nothing_to_balance() -> None:
    with pytest.raises(CoverageError, match="terms"):
        analyse([table({"d002": (0.37, 0.01, "nm", "")})], Options())


@pytest.mark.parametrize(
    "wrong",
    [
        {"skeleton": "diamond"}, {"spacing": "d100"}, {"open_volume": "bet"}, {"propagation": "guess"}, {"density_stderr": -1.0},
        {"contrast_density": 0.0}, {"draws": 3}, {"choices": {"mass": "x"}},
    ],
)  # fmt: skip
def test_wrong_options_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(SpecError, match=next(iter(wrong))):
        Options(**wrong)


def test_a_chosen_material_comes_back() -> None:
    """Without noise, whatever the material."""
    for closed, opened, spacing in ((0.05, 0.10, 0.36), (0.20, 0.01, 0.39)):
        made, truth = synthesise(np.random.default_rng(0), noise=0.0, closed_pore_volume=closed, open_volume=opened, d002=spacing)
        found = analyse(made, Options())
        for name, true in truth.items():
            assert value(found, name) == pytest.approx(true, rel=1e-9), name


def test_figure_shows_both_walls() -> None:
    figure = draw(result())
    assert {series.name for series in figure.panels[0].series} == {"Walls of the balance", "Walls of graphite", "Walls scaled by d002"}
