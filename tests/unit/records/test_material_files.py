"""Material and electrolyte files."""

from __future__ import annotations

from pathlib import Path

import pytest

from dualion.errors import SpecError
from dualion.records.material_files import (
    BUNDLED_MATERIALS_CITE,
    bundled_materials,
    bundled_transports,
    load_material,
    load_transport,
)
from dualion.study.load import load, locate

PLAIN = """
schema = 1
name = "A"
kind = "hard carbon"
ion = "Na+"
ocp_standing = "assumed"
[parameter]
density = {value = 1600, unit = "kg/m3", standing = "assumed", source = "x"}
active_volume_fraction = {value = 45, unit = "%", standing = "assumed", source = "x"}
porosity = {value = 0.45, standing = "assumed", source = "x"}
particle_radius = {value = 1000, unit = "nm", standing = "assumed", source = "x"}
diffusivity = {value = 1e-9, unit = "cm2/s", standing = "assumed", source = "x"}
conductivity = {value = 0.5, unit = "S/cm", standing = "assumed", source = "x"}
exchange_current_density = {value = 0.4, unit = "mA/cm2", standing = "assumed", source = "x"}
"""

POPULATION = """
[[population]]
name = "slope"
capacity = {value = 0.1, unit = "Ah/g", standing = "assumed", source = "x"}
potential = {value = 300, unit = "mV", standing = "assumed", source = "x"}
width = {value = 0.15, unit = "V", standing = "assumed", source = "x"}
"""

TABLE = """
[table]
fraction = [0.0, 0.5, 1.0]
potential = {value = [2000, 100, 1], unit = "mV"}
source = "digitised"
"""

PROFILE = """
[profile.diffusivity]
fraction = [0.0, 0.3, 1.0]
value = [1e-11, 2e-11, 4e-11]
unit = "cm2/s"
source = "titration"
"""
EXCHANGE = """
[profile.exchange_current_density]
fraction = [0.1, 0.9]
value = [0.01, 0.02]
unit = "mA/cm2"
source = "spectra"
"""
BARE = "\n".join(line for line in PLAIN.splitlines() if not line.startswith(("diffusivity", "exchange_current_density"))) + "\n"

TRANSPORT = """
schema = 1
name = "x"
standing = "assumed"
source = "y"
transference = {value = 0.4, standing = "assumed", source = "z"}
thermodynamic_factor = {value = 1, standing = "assumed", source = "z"}
activation_energy = {value = 0, unit = "kJ/mol", standing = "assumed", source = "z"}
"""
POINTS = """
[table.conductivity]
concentration = {value = [0.5, 1.0], unit = "mol/L"}
value = [7, 9]
unit = "mS/cm"
[table.diffusivity]
concentration = {value = [500, 1000, 2000], unit = "mol/m3"}
value = [4e-6, 3e-6, 2e-6]
unit = "cm2/s"
"""

HOST = 'host_capacity = {value = 300, unit = "mAh/g", standing = "assumed", source = "x"}\n'


def written(folder: Path, text: str) -> Path:
    path = folder / "a.toml"
    path.write_text(text, encoding="utf-8")
    return path


def problems(path: Path) -> tuple[str, ...]:
    with pytest.raises(SpecError) as caught:
        load_material(path)
    return caught.value.problems


def test_every_bundled_file_loads() -> None:
    assert {"eg", "mec0", "mec3", "chayambuka-hc", "nvpf"} <= set(bundled_materials())
    assert {"carbonate-assumed", "chayambuka2022"} <= set(bundled_transports())
    for name in bundled_materials():
        material = load_material(name)
        assert material["density"] > 0
        assert all(parameter.source for parameter in material.parameters.values())
    for name in bundled_transports():
        transport = load_transport(name)
        assert (transport.conductivity is None) == (transport.diffusivity is None) == (transport.table is not None)


def test_bundled_claims_are_those_of_their_study() -> None:
    assert BUNDLED_MATERIALS_CITE == "tang2026"
    assert load_material("mec3").parameters["series_resistance"].claims == ("P091",)


def test_units_are_converted_to_those_of_the_record(tmp_path: Path) -> None:
    material = load_material(written(tmp_path, PLAIN + POPULATION))
    for name, value, unit in (
        ("density", 1.6, "g/cm3"),
        ("active_volume_fraction", 0.45, "1"),
        ("porosity", 0.45, "1"),
        ("particle_radius", 1.0, "um"),
        ("diffusivity", 1e-13, "m2/s"),
        ("conductivity", 50.0, "S/m"),
        ("exchange_current_density", 4.0, "A/m2"),
    ):
        assert material[name] == pytest.approx(value, rel=1e-12)
        assert material.parameters[name].quantity.unit == unit
    (slope,) = material.populations
    assert (slope.capacity.value, slope.capacity.quantity.unit) == (pytest.approx(100.0), "mAh/g")
    assert slope.potential.value == pytest.approx(0.3)


def test_shares_of_a_host_capacity() -> None:
    eg = load_material("eg")
    assert [row.capacity.quantity.unit for row in eg.populations] == ["1", "1", "1"]
    assert sum(row.capacity.value for row in eg.populations) == pytest.approx(1.0, abs=1e-6)


def test_table_of_the_potential(tmp_path: Path) -> None:
    table = load_material(written(tmp_path, PLAIN + HOST + TABLE)).table
    assert table is not None
    assert table.potential == pytest.approx((2.0, 0.1, 0.001))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (PLAIN, "a.toml: neither populations nor a table, or both. Write [[population]] tables, or one [table] of the potential."),
        (
            PLAIN + HOST + TABLE + POPULATION,
            "a.toml: neither populations nor a table, or both. Write [[population]] tables, or one [table]",
        ),
        (PLAIN + TABLE, "a.toml: parameter.host_capacity is missing, and the capacities are shares."),
        (PLAIN + POPULATION + POPULATION, "a.toml: two populations have one name."),
        (PLAIN + HOST + POPULATION.replace('0.1, unit = "Ah/g"', "0.5"), "a.toml: shares of the populations add up to 0.5."),
        (PLAIN + HOST + TABLE.replace("0.5", "1.5"), "a.toml: table.fraction: fractions that do not rise within 0 and 1."),
        (PLAIN + HOST + TABLE.replace("[2000, 100, 1]", "[2000, 100]"), "a.toml: table: 3 fractions and 2 potentials."),
        (
            PLAIN.replace('"kg/m3", standing = "assumed"', '"kg/m3"') + POPULATION,
            'a.toml: parameter.density.standing: missing. Write one of "stated", "derived", "literature", "assumed", "fitted".',
        ),
        (
            PLAIN.replace('"kg/m3", standing = "assumed"', '"kg/m3", standing = "fitted"') + POPULATION,
            "a.toml: parameter.density: fitted, and",
        ),
        (
            PLAIN.replace("exchange_current_density", "exchange_current") + POPULATION,
            'a.toml: parameter.exchange_current: unknown key. Did you mean "ex',
        ),
        (
            PLAIN.replace("kg/m3", "kg/m2") + POPULATION,
            'a.toml: parameter.density: "1600 kg/m2" is a mass loading; a density is needed, such as',
        ),
        (PLAIN.replace("schema = 1", "schema = 2") + POPULATION, "a.toml: schema: 2 is not a version known here. Write schema = 1."),
    ],
)
def test_refusals(tmp_path: Path, text: str, problem: str) -> None:
    assert problems(written(tmp_path, text))[0].startswith(problem)


def test_resistances_need_their_area(tmp_path: Path) -> None:
    text = PLAIN.replace("exchange_current_density", "charge_transfer_resistance").replace('"mA/cm2"', '"ohm"')
    assert problems(written(tmp_path, text + POPULATION)) == (
        "a.toml: parameter: resistances, and no reference_area. Write the electrode area they were measured on.",
    )


def test_unknown_names() -> None:
    with pytest.raises(SpecError) as caught:
        load_material("mec33", written_in="cells/a.toml: anode")
    assert caught.value.problems == ('cells/a.toml: anode: "mec33" is not among the bundled materials. Did you mean "mec3"?',)
    with pytest.raises(SpecError, match='"carbonate" is not among the bundled electrolytes'):
        load_transport("carbonate")


def test_a_path_stays_in_its_folder(tmp_path: Path) -> None:
    (tmp_path / "study").mkdir()
    written(tmp_path, PLAIN + POPULATION)
    with pytest.raises(SpecError, match="leaves the folder"):
        load_material("../a.toml", folder=tmp_path / "study", written_in="cells/a.toml: anode")
    assert load_material("a.toml", folder=tmp_path).name == "A"


def test_profiles(tmp_path: Path) -> None:
    material = load_material(written(tmp_path, BARE + POPULATION + PROFILE + EXCHANGE))
    diffusivity, exchange = material.profiles["diffusivity"], material.profiles["exchange_current_density"]
    assert (diffusivity.fraction, diffusivity.source) == ((0.0, 0.3, 1.0), "titration")
    assert diffusivity.value == pytest.approx((1e-15, 2e-15, 4e-15), rel=1e-12)
    assert exchange.value == pytest.approx((0.1, 0.2), rel=1e-12)
    assert not {"diffusivity", "exchange_current_density"} & set(material.parameters)
    assert load_material("mec3").profiles == {}


def test_parameters_of_interface_and_start(tmp_path: Path) -> None:
    head, kinetics = PLAIN.split("exchange_current_density")
    more = (
        'diffusivity_activation_energy = {value = 30000, unit = "J/mol", standing = "assumed", source = "x"}\n'
        'double_layer_capacity = {value = 20, unit = "uF/cm2", standing = "assumed", source = "x"}\n'
        'initial_fraction = {value = 0, unit = "1", standing = "assumed", source = "x"}\n'
    )
    material = load_material(written(tmp_path, f"{head}exchange_current_density{kinetics}{more}{POPULATION}"))
    found = {name: (material[name], material.parameters[name].quantity.unit) for name in material.parameters}
    assert found["diffusivity_activation_energy"] == (pytest.approx(30), "kJ/mol")
    assert found["double_layer_capacity"] == (pytest.approx(0.2), "F/m2")
    assert found["initial_fraction"] == (0, "1")


def test_what_the_study_states_of_the_interfaces() -> None:
    claims = load(locate("tang2026")).claims
    for name, value, claim in (("mec3", 42.5, "P100"), ("mec0", 51.3, "P101")):
        energy = load_material(name).parameters["activation_energy"]
        assert (energy.value, energy.standing) == (value, "stated")  # no claim: nothing in the study rests on it at 25 degC
        assert (claims[claim].value_num, claims[claim].unit) == (value, "kJ/mol")
    for name in ("mec0", "mec3", "eg"):
        capacity = load_material(name).parameters["double_layer_capacity"]
        assert (capacity.value, capacity.standing) == (0.2, "assumed")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (PLAIN + POPULATION + PROFILE, "a.toml: neither parameter.diffusivity nor profile.diffusivity, or both."),
        (BARE + POPULATION + EXCHANGE, "a.toml: neither parameter.diffusivity nor profile.diffusivity, or both."),
        (BARE + POPULATION + PROFILE, "a.toml: neither parameter.charge_transfer_resistance nor exchange_current_density."),
        (
            PLAIN + POPULATION + EXCHANGE,
            "a.toml: a profile of the exchange current density, and a parameter that says it as well. Write one of them.",
        ),
        (BARE + POPULATION + PROFILE.replace("0.3", "1.3"), "a.toml: profile.diffusivity.fraction: fractions that do not rise within"),
        (BARE + POPULATION + PROFILE.replace("0.3, 1.0", "0.3"), "a.toml: profile.diffusivity: 2 fractions and 3 values. Write as many"),
        (BARE + POPULATION + PROFILE.replace("2e-11", "0.0"), "a.toml: profile.diffusivity: 0.0 is too small. Write values above 0."),
        (BARE + POPULATION + PROFILE.replace('"cm2/s"', '"cm2"'), 'a.toml: profile.diffusivity: "cm2" is an area; a diffusivity is'),
        (BARE + POPULATION + PROFILE.replace('"cm2/s"', '"cm²/s"'), 'a.toml: profile.diffusivity: "cm²/s" is not in the unit table.'),
        (BARE + POPULATION + PROFILE.replace('"titration"', '""'), "a.toml: profile.diffusivity.source: an empty text."),
        (
            BARE + POPULATION + PROFILE.replace("diffusivity", "difusivity"),
            'a.toml: profile.difusivity: unknown key. Did you mean "diffusivity"?',
        ),
        (
            PLAIN + 'initial_fraction = {value = 1.1, standing = "assumed", source = "x"}\n' + POPULATION,
            'a.toml: parameter.initial_fraction: "1.1" is too large. Write at most 1.',
        ),
    ],
)
def test_refused_profiles(tmp_path: Path, text: str, problem: str) -> None:
    assert problems(written(tmp_path, text))[0].startswith(problem)


def test_transport_by_points(tmp_path: Path) -> None:
    table = load_transport(written(tmp_path, TRANSPORT + POINTS)).table
    assert table is not None
    assert table.conductivity == (pytest.approx((500, 1000)), pytest.approx((0.7, 0.9)))
    assert table.diffusivity == (pytest.approx((500, 1000, 2000)), pytest.approx((4e-10, 3e-10, 2e-10)))


FORMULAE = """
conductivity = {prefactor = "2 S L/m/mol", decay = "0.8 L/mol"}
diffusivity = {prefactor = "4e-10 m2/s", decay = "0.4 L/mol"}
"""


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (TRANSPORT, "a.toml: conductivity, diffusivity and table do not fit. Write both functions, or"),
        (TRANSPORT + FORMULAE + POINTS, "a.toml: conductivity, diffusivity and table do not fit."),
        (TRANSPORT + POINTS.partition("[table.diffusivity]")[0], "a.toml: table.diffusivity: missing. Write a table."),
        (TRANSPORT + POINTS.replace("[0.5, 1.0]", "[1.0, 0.5]"), "a.toml: table.conductivity: concentrations that do not rise."),
        (TRANSPORT + POINTS.replace("[7, 9]", "[7, 9, 8]"), "a.toml: table.conductivity: 2 concentrations and 3 values."),
        (TRANSPORT + POINTS.replace('"mS/cm"', '"ohm"'), 'a.toml: table.conductivity: "ohm" is a resistance; a conductivity is needed'),
        (TRANSPORT + POINTS.replace('"mol/L"', '"g/mL"'), 'a.toml: table.conductivity.concentration: "g/mL" is a density; a conc'),
        (TRANSPORT + 'table_set = "Chayambuka2022"' + POINTS, "a.toml: table_set: unknown key."),
    ],
)
def test_refused_transport(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(SpecError) as caught:
        load_transport(written(tmp_path, text))
    assert caught.value.problems[0].startswith(problem)


def test_formulae(tmp_path: Path) -> None:
    transport = load_transport(written(tmp_path, TRANSPORT + FORMULAE))
    assert (transport.conductivity, transport.diffusivity, transport.table) == ((2.0, 0.8), (4e-10, 0.4), None)
