from __future__ import annotations

from dataclasses import replace

import pytest

from dualion.records.cell import FULL_CELL_BASES, Cell, Electrode, Separator
from dualion.records.json import from_plain, to_plain
from dualion.records.material import Electrolyte, Material, Population, Transport
from dualion.records.quantity import Parameter, Quantity


def number(value: float, unit: str) -> Parameter:
    return Parameter(Quantity(value, unit), "assumed", "made up for this test")


CARBON = Material(
    name="carbon",
    kind="hard carbon",
    ion="Na+",
    populations=(
        Population("slope", number(150, "mAh/g"), number(0.5, "V"), number(0.15, "V")),
        Population("pore", number(330, "mAh/g"), number(0.06, "V"), number(0.02, "V")),
    ),
    table=None,
    parameters={"density": number(1.6, "g/cm3"), "active_volume_fraction": number(0.5, "1"), "porosity": number(0.4, "1")},
    ocp_standing="assumed",
)
GRAPHITE = replace(
    CARBON,
    name="graphite",
    ion="PF6-",
    parameters={
        "density": number(2.0, "g/cm3"),
        "active_volume_fraction": number(0.5, "1"),
        "porosity": number(0.4, "1"),
        "host_capacity": number(110, "mAh/g"),
    },
)
TRANSPORT = Transport(
    "plain", (1.0, 0.5), (3e-10, 0.1), number(0.4, "1"), number(1.0, "1"), number(15, "kJ/mol"), None, "assumed", "made up"
)
ELECTROLYTE = Electrolyte("full", "NaPF6", {"EC": 1.0}, number(1, "mol/L"), number(1.23, "g/mL"), number(167.95, "g/mol"), TRANSPORT)
CELL = Cell(
    name="full",
    kind="dual-ion",
    anode=Electrode(CARBON, number(1.0, "mg/cm2")),
    cathode=Electrode(GRAPHITE, number(2.0, "mg/cm2")),
    electrolyte=ELECTROLYTE,
    separator=Separator(number(260, "um"), number(0.9, "1")),
    electrolyte_volume=number(25.2, "uL/cm2"),
    area=number(1.131, "cm2"),
    window=(number(2.0, "V"), number(4.8, "V")),
    one_c=number(80, "mA/g"),
    one_c_mass="cathode",
    series_resistance=number(31.56, "ohm"),
    initial_sodiation="desodiated",
    mass_basis="actives",
    temperature=number(25, "degC"),
)


def test_thickness_from_loading_and_density() -> None:
    # 1 mg/cm2 = 0.01 kg/m2 over 1600 kg/m3 and half of the volume: 12.5 um
    assert CELL.anode.thickness == pytest.approx(12.5e-6, rel=1e-12)


def test_host_capacity_is_the_sum_of_the_populations_or_the_parameter() -> None:
    assert CELL.anode.host_capacity == pytest.approx(480, rel=1e-12)
    assert CELL.cathode is not None
    assert CELL.cathode.host_capacity == pytest.approx(110, rel=1e-12)


def test_current_of_one_c_follows_the_mass_that_defines_it() -> None:
    # 80 mA/g on 2 mg/cm2 and 1.131 cm2
    assert CELL.current(1.0) == pytest.approx(80e-3 * 2.0e-3 * 1.131, rel=1e-12)
    assert CELL.current(20) == pytest.approx(20 * CELL.current(1), rel=1e-12)
    assert replace(CELL, one_c_mass="anode").current(1.0) == pytest.approx(80e-3 * 1.0e-3 * 1.131, rel=1e-12)


def test_a_half_cell_counts_its_only_electrode() -> None:
    half = replace(CELL, kind="half", cathode=None, one_c=number(300, "mA/g"))
    assert half.current(1.0) == pytest.approx(300e-3 * 1e-3 * 1.131, rel=1e-12)
    assert half.pore_volume < CELL.pore_volume


def test_pore_volume() -> None:
    # separator 260 um x 0.9 = 23.4 uL/cm2, anode 12.5 um x 0.4 = 0.5, cathode 20 um x 0.4 = 0.8
    assert CELL.pore_volume == pytest.approx(23.4 + 0.5 + 0.8, rel=1e-12)


def test_five_bases_from_the_lightest_to_the_heaviest() -> None:
    assert len(FULL_CELL_BASES) == 5
    assert FULL_CELL_BASES[0] == "cathode"


@pytest.mark.parametrize("sodiation", ["desodiated", "fully_sodiated", 0.5, 1.0])
def test_a_cell_survives_as_plain_data(sodiation: str | float) -> None:
    cell = replace(CELL, initial_sodiation=sodiation, assumed=("area",))  # type: ignore[arg-type]
    assert from_plain(Cell, to_plain(cell)) == cell
