"""BPX: valid files, exact round trips, ordinary files, and everything that must be refused."""

from __future__ import annotations

import copy
import json
import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from dualion.errors import SpecError
from dualion.models.constants import FARADAY
from dualion.models.isotherms import isotherm_of
from dualion.models.reference._pybamm import pybamm
from dualion.models.reference.bpx import Beside, export_bpx, import_bpx, marked
from dualion.models.reference.bpx_formula import formula
from dualion.records.cell import Cell, Film, Plating
from dualion.records.cell_files import bundled_cells, load_cell
from dualion.records.quantity import Parameter, Quantity

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of the libraries that bpx imports
    import bpx

pytestmark = pytest.mark.models

#: What was known of hc-nvpf beside its BPX file.
BESIDE = Beside(
    salt="NaPF6",
    salt_molar_mass=167.95,
    electrolyte_density=1.3,
    electrolyte_volume=6.203,
    anode_loading=5.00736,
    cathode_loading=11.968,
    initial_sodiation=0.9298486932599724,
    mass_basis="actives",
)


def _assumed(value: float, unit: str) -> Parameter:
    return Parameter(Quantity(value, unit), "assumed", "made up")


def _read(cell: Cell) -> dict[str, Any]:
    """As a file holds it."""
    found: dict[str, Any] = json.loads(json.dumps(export_bpx(cell), allow_nan=False))
    return found


@pytest.fixture(scope="module")
def ordinary() -> dict[str, Any]:
    """The rocking-chair cell without dualion's block: a file that anyone could have written."""
    data = _read(load_cell("hc-nvpf"))
    del data["Parameterisation"]["User-defined"]
    return data


@pytest.mark.parametrize("name", bundled_cells())
def test_every_cell_is_valid_and_comes_back_exactly(name: str) -> None:
    cell = load_cell(name)
    data = _read(cell)
    parsed = bpx.parse_bpx_obj(copy.deepcopy(data), convert_legacy=False)
    assert parsed.header.bpx.startswith("1.")
    assert marked(data)
    found = import_bpx(data)
    assert found.cell == cell
    assert found.flags == ()


def test_film_plating_and_reservoir_come_back_too() -> None:
    cell = replace(
        load_cell("mec3-eg"),
        film=Film(_assumed(30.0, "ohm"), _assumed(2e-6, "F"), _assumed(46.0, "kJ/mol")),
        plating=Plating("irreversible", _assumed(0.01, "A/m2")),
        electrolyte_volume=_assumed(60.0, "uL/cm2"),
        reservoir_exchange=_assumed(1e-7, "m/s"),
        initial_sodiation=0.1,
    )
    data = _read(cell)
    bpx.parse_bpx_obj(copy.deepcopy(data), convert_legacy=False)
    block = data["Parameterisation"]["User-defined"]["dualion"]
    assert block["film"]["activation energy [J.mol-1]"] == 46000.0
    assert block["electrolyte"]["reservoir [uL.cm-2]"] == pytest.approx(60.0 - cell.pore_volume)
    assert import_bpx(data).cell == cell


def test_an_anion_host_is_never_given_out_as_a_host_of_cations() -> None:
    """No standard field holds the graphite; the block says what it is and where its salt goes."""
    data = _read(load_cell("mec3-eg"))
    assert data["Header"]["Model"] == "Partial"
    assert "Positive electrode" not in data["Parameterisation"]
    block = data["Parameterisation"]["User-defined"]["dualion"]
    assert block["host ion"] == {"negative": {"description": "Na+"}, "positive": {"description": "PF6-"}}
    assert block["s_plus"] == {"negative": 1, "positive": 0}
    assert "vacancies" in block["vacancy convention"]["description"]
    assert block["OCP shift [V]"]["positive"] == load_cell("mec3-eg").cathode.material["ocp_shift"]  # type: ignore[union-attr]


def test_the_standard_fields_describe_the_anode() -> None:
    """MEC3: c_max of 654 mAh/g at 1.6 g/cm3, a = 3 eps / R, k = 2 jhat / F of a 14.66 ohm charge transfer, U(x) as a table."""
    cell = load_cell("mec3-eg")
    electrode = _read(cell)["Parameterisation"]["Negative electrode"]
    assert electrode["Maximum concentration [mol.m-3]"] == pytest.approx(654.0 * 1.6 * 3600 / FARADAY * 1e3, rel=1e-9)
    assert electrode["Surface area per unit volume [m-1]"] == pytest.approx(1.35e6)
    interface = 1.35e6 * electrode["Thickness [m]"] * 1.131e-4  # [m2]
    exchange = 0.0256926 / (14.66 * interface)
    assert electrode["Reaction rate constant [mol.m-2.s-1]"] == pytest.approx(2 * exchange / FARADAY, rel=1e-5)
    assert electrode["Reaction rate constant activation energy [J.mol-1]"] == 42500.0
    table = electrode["OCP [V]"]
    assert np.interp(0.5, table["x"], table["y"]) == pytest.approx(isotherm_of(cell.anode).potential(0.5), abs=1e-4)
    assert (np.diff(table["x"]) > 0).all()
    assert electrode["Maximum stoichiometry"] == pytest.approx(float(isotherm_of(cell.anode).fraction(1e-4)))


def test_transport_is_written_as_a_formula_that_means_the_same() -> None:
    cell = load_cell("mec3-eg")
    electrolyte = _read(cell)["Parameterisation"]["Electrolyte"]
    assert formula(electrolyte["Conductivity [S.m-1]"], np.array([1000.0]))[0] == pytest.approx(2.05 * np.exp(-0.82), rel=1e-12)
    assert formula(electrolyte["Diffusivity [m2.s-1]"], np.array([500.0]))[0] == pytest.approx(4e-10 * np.exp(-0.225), rel=1e-12)
    assert electrolyte["Diffusivity activation energy [J.mol-1]"] == 15000.0


@pytest.mark.filterwarnings("ignore")  # PyBaMM says which fields of the standard it sets itself
def test_pybamm_reads_the_rocking_chair_file_and_runs_it() -> None:
    """Its own reader, its own SPMe: at rest the open-circuit voltage of the fillings that the file gives for a full cell."""
    cell = load_cell("hc-nvpf")
    data = _read(cell)
    values = pybamm.ParameterValues.create_from_bpx_obj(copy.deepcopy(data))
    values["Current function [A]"] = 0.0
    found = pybamm.Simulation(pybamm.lithium_ion.SPMe(), parameter_values=values).solve(np.array([0.0, 1.0]))
    anode, cathode = (data["Parameterisation"][side] for side in ("Negative electrode", "Positive electrode"))
    assert cell.cathode is not None
    expected = isotherm_of(cell.cathode).potential(cathode["Minimum stoichiometry"]) - isotherm_of(cell.anode).potential(
        anode["Maximum stoichiometry"]
    )
    assert float(found["Voltage [V]"].entries[-1]) == pytest.approx(float(expected), abs=5e-3)  # straight lines between its points
    assert values["Nominal cell capacity [A.h]"] == pytest.approx(0.003, rel=1e-6)


def test_an_ordinary_file_is_a_rocking_chair_cell(ordinary: dict[str, Any]) -> None:
    """Told what BPX leaves out, the cell is the one that was written, number by number."""
    cell = load_cell("hc-nvpf")
    found, flags = (read := import_bpx(ordinary, BESIDE)).cell, read.flags
    assert flags == ()
    assert found.kind == "rocking-chair"
    assert found.cathode is not None
    assert cell.cathode is not None
    for old, new in ((cell.anode, found.anode), (cell.cathode, found.cathode)):
        assert new.thickness == pytest.approx(old.thickness, rel=1e-12)
        assert new.host_capacity * new.loading.value == pytest.approx(old.host_capacity * old.loading.value, rel=1e-12)
        assert new.material["density"] == pytest.approx(old.material["density"], rel=1e-6)
        assert isotherm_of(new).potential(0.6) == pytest.approx(isotherm_of(old).potential(0.6), abs=1e-12)
        assert new.material.profiles["diffusivity"].value == old.material.profiles["diffusivity"].value
    assert found.area.value == pytest.approx(2.54)
    assert found.current(1.0) == pytest.approx(0.003, rel=1e-9)
    assert found.pore_volume == pytest.approx(cell.pore_volume, rel=1e-9)
    assert found.electrolyte.transport.table == cell.electrolyte.transport.table
    assert found.initial_sodiation == pytest.approx(0.9298486932599724)
    # as charged as the anode: the state of charge of the file's own limits
    assert found.cathode.material["initial_fraction"] == pytest.approx(0.2167, abs=2e-3)
    assert [found.electrolyte_volume.source, found.electrolyte_volume.standing] == ["told beside the BPX file", "stated"]
    assert "series_resistance" in found.assumed


def test_a_table_that_is_a_curve_is_written_densely() -> None:
    """Other programs join points by straight lines: the curve must lie within a millivolt of them."""
    cell = load_cell("hc-nvpf")
    table = replace(cell.anode.material.table, interpolation="pchip")  # type: ignore[type-var]
    curved = replace(cell, anode=replace(cell.anode, material=replace(cell.anode.material, table=table)))
    written = _read(curved)["Parameterisation"]["Negative electrode"]["OCP [V]"]
    x = np.linspace(0.05, 0.95, 777)
    assert np.interp(x, written["x"], written["y"]) == pytest.approx(isotherm_of(curved.anode).potential(x), abs=1e-3)
    assert import_bpx(_read(curved)).cell == curved


def test_the_exchange_current_is_the_one_at_half_filling(ordinary: dict[str, Any]) -> None:
    cell = load_cell("hc-nvpf")
    profile = cell.anode.material.profiles["exchange_current_density"]
    found = import_bpx(ordinary, BESIDE).cell.anode.material["exchange_current_density"]
    assert found == pytest.approx(float(np.interp(0.5, profile.fraction, profile.value)), rel=1e-6)


def _set(path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(data: dict[str, Any]) -> None:
        *parts, last = path.split("/")
        for part in parts:
            data = data[part]
        data[last] = value

    return change


def test_values_at_another_reference_temperature_are_moved_to_25_degC(ordinary: dict[str, Any]) -> None:
    data = copy.deepcopy(ordinary)
    base = import_bpx(data, BESIDE).cell
    _set("Parameterisation/Cell/Reference temperature [K]", 308.15)(data)
    _set("Parameterisation/Negative electrode/Diffusivity [m2.s-1]", 1e-15)(data)
    _set("Parameterisation/Negative electrode/Diffusivity activation energy [J.mol-1]", 30000.0)(data)
    _set("Parameterisation/Negative electrode/Reaction rate constant activation energy [J.mol-1]", 50000.0)(data)
    found = import_bpx(data, BESIDE).cell.anode.material
    assert found["diffusivity"] == pytest.approx(1e-15 * np.exp(-30000 / 8.314462618 * (1 / 298.15 - 1 / 308.15)), rel=1e-9)
    slower = np.exp(-50000 / 8.314462618 * (1 / 298.15 - 1 / 308.15))
    assert found["exchange_current_density"] == pytest.approx(base.anode.material["exchange_current_density"] * slower, rel=1e-9)
    assert (found["diffusivity_activation_energy"], found["activation_energy"]) == (30.0, 50.0)


def test_formulae_become_tables(ordinary: dict[str, Any]) -> None:
    data = copy.deepcopy(ordinary)
    _set("Parameterisation/Negative electrode/OCP [V]", "1.0 - 0.9 * x + 0.05 * exp(-30 * x)")(data)
    _set("Parameterisation/Electrolyte/Conductivity [S.m-1]", "1e-3 * x - 2e-7 * x**2")(data)
    found = import_bpx(data, BESIDE).cell
    assert isotherm_of(found.anode).potential(0.3) == pytest.approx(0.73 + 0.05 * np.exp(-9), abs=1e-6)
    assert found.electrolyte.transport.table is not None
    assert np.interp(1000.0, *found.electrolyte.transport.table.conductivity) == pytest.approx(0.8, abs=1e-4)


@pytest.mark.parametrize(
    ("path", "value", "code", "words"),
    [
        ("Separator/Transport efficiency", 0.2, "transport_efficiency", "separator: the transport efficiency 0.2 is taken as"),
        ("Negative electrode/Entropic change coefficient [V.K-1]", 1e-4, "left_out", "anode: the entropic change"),
        ("Positive electrode/OCP hysteresis decay constant", 0.1, "left_out", "cathode: the hysteresis"),
        ("Electrolyte/Conductivity activation energy [J.mol-1]", 9e3, "one_activation_energy", "9000 J/mol of the conductivity"),
    ],
)
def test_what_a_record_cannot_hold_is_flagged(ordinary: dict[str, Any], path: str, value: float, code: str, words: str) -> None:
    data = copy.deepcopy(ordinary)
    _set(f"Parameterisation/{path}", value)(data)
    (flag,) = import_bpx(data, BESIDE).flags
    assert (flag.code, flag.severity) == (code, "warning")
    assert words in flag.message


@pytest.mark.parametrize("name", list(Beside.__dataclass_fields__))
def test_what_bpx_does_not_say_must_be_told(ordinary: dict[str, Any], name: str) -> None:
    with pytest.raises(SpecError, match=f"^{name}: not told, and BPX does not say it"):
        import_bpx(ordinary, replace(BESIDE, **{name: None}))


def test_all_that_is_missing_is_said_at_once(ordinary: dict[str, Any]) -> None:
    with pytest.raises(SpecError) as caught:
        import_bpx(ordinary)
    assert len(caught.value.problems) == len(Beside.__dataclass_fields__)


def test_a_dual_ion_file_without_its_block_has_no_cathode() -> None:
    data = _read(load_cell("mec3-eg"))
    del data["Parameterisation"]["User-defined"]["dualion"]
    with pytest.raises(SpecError, match=r"Positive electrode: missing\. BPX has no host of anions"):
        import_bpx(data, BESIDE)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_set("Header/BPX", "0.4.0"), "Header.BPX: '0.4.0' is not a version 1"),
        (_set("Header", None), "Header.BPX: None is not a version 1"),
        (lambda data: data["Parameterisation"].pop("Electrolyte"), r"Parameterisation.Electrolyte|Electrolyte: Field required"),
        (_set("Parameterisation/Cell/Electrode area [m2]", "large"), "formula 'large': not arithmetic of x"),
        (_set("Parameterisation/Cell/Colour", 1.0), "Colour: Extra inputs are not permitted"),
        (_set("Parameterisation/Negative electrode/OCP [V]", "exit(1)"), r"formula 'exit\(1\)': not arithmetic of x"),
        (_set("Parameterisation/Negative electrode/OCP [V]", "1 / (x - x)"), "no finite value at x = 0.5"),
        (_set("Parameterisation/Negative electrode/OCP [V]", {"x": [0.5], "y": [1.0]}), "a table of 1 finite points"),
        (_set("Parameterisation", []), "Input should be a valid dictionary"),
        (lambda data: data.pop("State"), "Initial electrolyte concentration .* missing"),
    ],
)
def test_what_is_not_bpx_is_refused(ordinary: dict[str, Any], change: Callable[[dict[str, Any]], Any], message: str) -> None:
    data = copy.deepcopy(ordinary)
    change(data)
    with pytest.raises(SpecError, match=message):
        import_bpx(data, BESIDE)


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"salt": "LiPF6"}, 'salt: "LiPF6" is no salt of sodium'),
        ({"initial_sodiation": 0.99}, "initial_sodiation: 0.99 is not between"),
        ({"electrolyte_volume": 5.0}, "electrolyte_volume: 5 uL/cm2 does not fill the pores"),
    ],
)
def test_what_was_told_must_fit(ordinary: dict[str, Any], told: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        import_bpx(ordinary, replace(BESIDE, **told))


@pytest.mark.parametrize(("word", "end"), [("desodiated", "Minimum stoichiometry"), ("fully_sodiated", "Maximum stoichiometry")])
def test_the_presets_are_the_ends_that_the_file_gives(ordinary: dict[str, Any], word: Any, end: str) -> None:
    found = import_bpx(ordinary, replace(BESIDE, initial_sodiation=word)).cell
    assert found.initial_sodiation == pytest.approx(ordinary["Parameterisation"]["Negative electrode"][end])
    other = "Maximum stoichiometry" if end.startswith("Minimum") else "Minimum stoichiometry"
    assert found.cathode is not None
    assert found.cathode.material["initial_fraction"] == pytest.approx(ordinary["Parameterisation"]["Positive electrode"][other])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_set("Parameterisation/Negative electrode/Porosity", 0.5), "Parameterisation.Negative electrode.Porosity: not what dualion wrote"),
        (_set("Parameterisation/User-defined/dualion/s_plus/positive", 1), "s_plus.positive: not what dualion wrote"),
        (_set("Parameterisation/User-defined/dualion/schema version", 2), "schema version 2 is not 1"),
        (_set("Parameterisation/User-defined/dualion/record", {"description": "{"}), "no record of the cell"),
        (_set("Parameterisation/User-defined/dualion/record", {"description": "{}"}), "record: Cell.name: missing"),
        (_set("Parameterisation/User-defined/dualion/record", 1.0), "no record of the cell"),
        (_set("Parameterisation/Positive electrode", {}), "Positive electrode: not what dualion wrote"),
    ],
)
def test_a_marked_file_that_was_changed_is_refused(change: Callable[[dict[str, Any]], Any], message: str) -> None:
    data = _read(load_cell("mec3-eg"))
    change(data)
    with pytest.raises(SpecError, match=message):
        import_bpx(data)


def test_rounding_of_another_machine_is_no_change() -> None:
    data = _read(load_cell("mec3-eg"))
    table = data["Parameterisation"]["Negative electrode"]["OCP [V]"]
    table["y"] = [value * (1 + 1e-14) for value in table["y"]]
    assert import_bpx(data).cell == load_cell("mec3-eg")


HOSTILE = (
    "__import__('os')", "x.real", "[x]", "exp(x, x)", "exp(x, out=x)", "x if x else 1", "lambda: x", "y", "True", "'a'", "1j", "x +",
    "x" * 20000, "(" * 300 + "x" + ")" * 300, "-" * 5000 + "x", "9**9**9**9",
)  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_only_arithmetic_is_read(text: str) -> None:
    with pytest.raises(SpecError, match="formula"):
        formula(text, np.array([0.5]))


def test_arithmetic_is_read_as_it_is_written() -> None:
    x = np.array([0.2, 0.7])
    assert formula("-2**2 + 3 * x / 4 - tanh(x) ** 2 + cosh(+x)", x) == pytest.approx(-4 + 0.75 * x - np.tanh(x) ** 2 + np.cosh(x))
    assert formula("0.25", x) == pytest.approx([0.25, 0.25])
