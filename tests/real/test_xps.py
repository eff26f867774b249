"""Photoelectron spectra of others: Avantage (hard carbon or graphite), CasaXPS (FeO), Kratos and a VAMAS file that begins with blank lines.

Files: KherveFitting (BSD-3-Clause), FAIRmat pynxtools-xps (Apache-2.0), LG4X and cheminfo/vamas (MIT); see the list of provenance beside
them.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from dualion.numerics.photoemission.model import Component
from dualion.numerics.photoemission.region import Recipe, RegionFit, fit_region
from dualion.readers import read_all, read_bytes
from dualion.records.measurement import Measurement
from dualion.records.quantity import Quantity
from dualion.techniques.xps import Options, analyse

ENERGY, RATE = "binding_energy_electronvolt", "intensity_count_per_second"
#: Vendor values: position [eV], FWHM [eV], area [Hz eV].
CARBON = {
    "C1s sp2 C": (284.53, 0.61, 133358.13),
    "C1s C-C": (284.83, 1.83, 14670.27),
    "C1s C-O-C": (286.03, 1.83, 3542.50),
    "C1s C=O": (288.32, 1.83, 1291.44),
    "C1s Shake up sat": (291.14, 2.62, 9282.29),
}
#: Parameter w over the full width at half height of a GL(30) line in the product form.
NOMINAL = 1 / 0.96122
#: Of the asymmetric line of the vendor, found from the curve of its component, which this form describes within 6e-5 of its height.
TAIL: dict[str, Any] = {"shape": "gl89", "tail": 0.0837, "decay": 0.1868}


@cache
def regions(folder: Path, name: str) -> dict[str, Measurement]:
    return {one.region: one for one in read_all(folder / "xps" / name)}


def codes(measured: Measurement) -> set[str]:
    return {flag.code for flag in measured.flags}


def vendor(measured: Measurement) -> dict[str, tuple[float | None, ...]]:
    """Position, width and area of every component of the vendor, by name."""
    found = {}
    for key, name in measured.conditions.items():
        if key.startswith("vendor_name_"):
            numbers = (measured.conditions[f"vendor_{what}_{key.rsplit('_', 1)[1]}"] for what in ("position", "fwhm", "area"))
            found[str(name)] = tuple(one.value for one in numbers if isinstance(one, Quantity))
    return found


def background(folder: Path, sheet: str) -> np.ndarray:
    """The background that the vendor drew, where it fitted, with rising energies."""
    fastexcel = pytest.importorskip("fastexcel")
    cells = fastexcel.read_excel(folder / "xps" / "Hard_carbon_Thermo.xlsx").load_sheet(sheet, header_row=None, dtypes="string").to_polars()
    at = next(name for name in cells.columns if "Backgnd." in cells[name].to_list())
    both = cells.select(pl.col(cells.columns[0]).cast(pl.Float64, strict=False), pl.col(at).cast(pl.Float64, strict=False)).drop_nulls()
    kept = both.filter(both[at] != 0)
    return kept.sort(cells.columns[0])[at].to_numpy()


def as_the_vendor(name: str, position: float, width: float, group: str, **more: Any) -> Component:
    """A component that keeps the position and the width of the vendor."""
    w = width if "shape" in more else width * NOMINAL
    return Component(name, position, position - 0.005, position + 0.005, 0.005, w, w, group, **more)


def refitted(folder: Path, region: str, components: tuple[Component, ...]) -> RegionFit:
    measured = regions(folder, "Hard_carbon_Thermo.xlsx")[region]
    table = measured.table.sort(ENERGY)
    low, high = (measured.conditions[f"vendor_window_{end}"] for end in ("low", "high"))
    assert isinstance(low, Quantity)
    assert isinstance(high, Quantity)
    assert low.value is not None
    assert high.value is not None
    part = table.filter(pl.col(ENERGY).is_between(low.value - 0.01, high.value + 0.01))
    return fit_region(part[ENERGY].to_numpy(), part[RATE].to_numpy(), Recipe(components), background=background(folder, f"{region} Scan"))


class TestAvantage:
    def test_regions(self, shared: Path) -> None:
        found = regions(shared / "data", "Hard_carbon_Thermo.xlsx")
        assert {name: one.table.height for name, one in found.items()} == {"Survey": 2721, "O1s": 151, "Na1s": 171, "C1s": 191, "CKLL": 501}
        assert found["C1s"].table.row(0) == (298.08, 5951.92)

    def test_labels_contradict_each_other(self, shared: Path) -> None:
        one = regions(shared / "data", "Hard_carbon_Thermo.xlsx")["C1s"]
        (flag,) = (flag for flag in one.flags if flag.code == "label_conflict")
        for word in ("17-Grphit", "CKL1 Scan", "C1s Shake up"):
            assert word in flag.message

    def test_vendor_values_are_exact(self, shared: Path) -> None:
        found = regions(shared / "data", "Hard_carbon_Thermo.xlsx")
        assert vendor(found["C1s"]) == CARBON
        assert vendor(found["O1s"]) == {"O1s C-O, C=O, SiO2": (532.28, 3.0, 8405.28), "O1s Na Auger, OH": (535.2, 3.0, 767.98)}
        assert vendor(found["Na1s"]) == {"Na1s": (1071.88, 2.13, 1119.40)}

    def test_carbon_with_the_model_of_the_vendor(self, shared: Path) -> None:
        """C-C is linked to 0.11 of sp2, as the vendor's areas are; positions, widths and background are the vendor's."""
        shake, single, ether, ketone = (CARBON[f"C1s {name}"] for name in ("Shake up sat", "C-C", "C-O-C", "C=O"))
        fit = refitted(
            shared / "data",
            "C1s",
            (
                as_the_vendor("sp2", 284.53, 0.5864, "sp2", **TAIL),
                as_the_vendor("c_c", single[0], single[1], "c", linked="sp2", ratio=0.11),
                as_the_vendor("c_o_c", ether[0], ether[1], "c"),
                as_the_vendor("c_o", ketone[0], ketone[1], "c"),
                as_the_vendor("shake_up", shake[0], shake[1], "shake_up"),
            ),
        )
        ours = dict(zip(("C1s sp2 C", "C1s C-C", "C1s C-O-C", "C1s C=O", "C1s Shake up sat"), fit.areas, strict=True))
        for name, (_, _, area) in CARBON.items():
            assert ours[name] == pytest.approx(area, rel=0.05), name

    def test_oxygen_with_the_model_of_the_vendor(self, shared: Path) -> None:
        """One width, within 3 % of the vendor's, and positions within 0.1 eV of its."""
        width = {"fwhm_low": 0.97 * 3.0 * NOMINAL, "fwhm_high": 1.03 * 3.0 * NOMINAL}
        two = (Component("c_o", 532.28, 532.18, 532.38, 0.1, **width), Component("auger", 535.2, 535.1, 535.3, 0.1, **width))
        assert refitted(shared / "data", "O1s", two).areas == pytest.approx([8405.28, 767.98], rel=0.05)

    def test_sodium_with_the_model_of_the_vendor(self, shared: Path) -> None:
        assert refitted(shared / "data", "Na1s", (as_the_vendor("na", 1071.88, 2.13, "na"),)).areas == pytest.approx([1119.40], rel=0.05)

    def test_all_regions_through_the_technique(self, shared: Path) -> None:
        found = tuple(regions(shared / "data", "Hard_carbon_Thermo.xlsx").values())
        oxygen = (
            Component("c_o", 532.3, 531.8, 532.8, fwhm_low=2.0, fwhm_high=3.2),
            Component("auger", 535.3, 534.8, 535.8, fwhm_low=2.0, fwhm_high=3.2),
        )
        options = Options(components=oxygen, region="O 1s", window=(527.8, 539.5), background="linear", be_reference="C1s_sp2_284.5")
        result = analyse(found, options)
        assert {"label_conflict", "out_of_range"} <= {flag.code for flag in result.flags}
        assert abs(result.values["charge_shift"].value or 9) < 0.05
        assert result.values["c_o_area"].value == pytest.approx(8405.28, rel=0.05)
        share = result.tables["surface"].filter(pl.col("shell") == "C 1s")["share [at%]"].item()
        assert share == pytest.approx(97.58, abs=1.5)  # the vendor, with factors of its own


class TestCasaXps:
    TABLE = ((709.03, 3.86, 63400.62), (715.73, 7.89, 29867.34), (722.18, 4.73, 42839.74), (730.22, 7.88, 15954.51))

    def test_the_table_of_results_is_exact(self, shared: Path) -> None:
        (found,) = regions(shared / "data", "CasaXPS_FeO_analyzed_results.csv").values()
        values = dict(zip(found.table["descriptor"], found.table["descriptor_value"], strict=True))
        for number, row in enumerate(self.TABLE, start=1):
            assert tuple(values[f"fe_2p_{number}_{name}"] for name in ("position", "fwhm", "area")) == row
        assert values["fe_2p_4_share"] == 10.40

    def test_the_block_holds_its_model(self, shared: Path) -> None:
        one = regions(shared / "data", "CasaXPS_FeO_analyzed.vms")["Fe 2p"]
        assert (one.table.height, one.conditions["vendor_background"]) == (1121, "U 3 Tougaard")
        assert one.table.row(0) == pytest.approx((750.0, 12516.9 / 2))
        areas = [one.conditions[f"vendor_area_{k}"] for k in range(1, 5)]
        assert [area.value for area in areas if isinstance(area, Quantity)] == [63507.374, 35837.064, 49042.126, 17705.155]
        position = one.conditions["vendor_position_1"]
        assert isinstance(position, Quantity)
        assert position.value == pytest.approx(709.04687)

    def test_iron_with_the_background_of_the_vendor(self, shared: Path) -> None:
        """Tougaard background with the vendor's C and D; lines LF(0.54, 10, ...) of the vendor are replaced by lines with a tail."""
        table = regions(shared / "data", "CasaXPS_FeO_analyzed.vms")["Fe 2p"].table.sort(ENERGY)
        part = table.filter(pl.col(ENERGY).is_between(699.85, 749.09))
        tail: dict[str, Any] = {"shape": "gl10", "tail": 0.4, "decay": 0.4}
        satellite: dict[str, Any] = {"shape": "sgl30", "fwhm_low": 7.0, "fwhm_high": 8.0}
        model = (
            Component("fe_3_2", 709.4, 708.5, 710.5, 0.8, 2.0, 4.5, "a", **tail),
            Component("satellite_3_2", 716.0, 715.0, 717.0, 0.5, group="b", **satellite),
            Component("fe_1_2", 722.5, 721.5, 723.9, 0.8, 2.0, 5.5, "c", **tail),
            Component("satellite_1_2", 729.9, 729.0, 731.0, 0.5, group="d", **satellite),
        )
        fit = fit_region(part[ENERGY].to_numpy(), part[RATE].to_numpy(), Recipe(model, background="tougaard"))
        assert fit.areas == pytest.approx([63507.374, 35837.064, 49042.126, 17705.155], rel=0.10)


class TestVamas:
    def test_blank_lines_before_the_first_one(self, shared: Path) -> None:
        found = regions(shared / "data", "LG4X_0-150W_leadingblank.vms")
        assert {name: one.table.height for name, one in found.items()} == {
            "wide": 1206,
            "Ni 2p": 601,
            "O 1s": 251,
            "C 1s": 301,
            "W 4f": 251,
        }
        assert found["C 1s"].conditions["neutraliser"] == "on"
        assert (found["C 1s"].table[ENERGY].min(), found["C 1s"].table[ENERGY].max()) == pytest.approx((270.0, 300.0))

    @pytest.mark.parametrize("name", ["LG4X_0-150W_leadingblank.vms", "kratos_single_sample_N1s.vms"])
    def test_as_another_parser_has_it(self, shared: Path, name: str) -> None:
        other = pytest.importorskip("vamas")
        path = shared / "data" / "xps" / name
        blocks = other.Vamas(path.read_bytes().lstrip()).blocks
        for block, one in zip(blocks, regions(shared / "data", name).values(), strict=True):
            counts = np.array(block.corresponding_variables[0].y_values)
            seconds = block.signal_collection_time * block.num_scans_to_compile_block
            assert one.table[RATE].to_numpy() == pytest.approx(counts / seconds)
            kinetic = block.x_start + block.x_step * np.arange(counts.size)
            assert one.table[ENERGY].to_numpy() == pytest.approx(block.analysis_source_characteristic_energy - kinetic, abs=1e-6)

    def test_kratos_has_a_nitrogen_region(self, shared: Path) -> None:
        nitrogen = regions(shared / "data", "kratos_single_sample_N1s.vms")["N1s"]
        assert nitrogen.table.height == 101
        assert (nitrogen.table[ENERGY].min(), nitrogen.table[ENERGY].max()) == pytest.approx((390.0, 410.0))
        assert nitrogen.conditions["pass_energy"] == Quantity(40.0, "eV")

    def test_line_ends_change_nothing(self, shared: Path) -> None:
        data = (shared / "data" / "xps" / "CasaXPS_FeO_analyzed.vms").read_bytes()
        whole = read_bytes(data).table
        assert read_bytes(data.replace(b"\r\n", b"\r"), "x.npl").table.equals(whole)
        assert read_bytes(b"\n\n" + data.replace(b"\r\n", b"\n"), "x").table.equals(whole)
