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
    assert {"eg", "mec0", "mec3"} <= set(bundled_materials())
    assert {"carbonate-assumed", "chayambuka2022"} <= set(bundled_transports())
    for name in bundled_materials():
        material = load_material(name)
        assert material["density"] > 0
        assert all(parameter.source for parameter in material.parameters.values())
    for name in bundled_transports():
        transport = load_transport(name)
        assert (transport.conductivity is None) == (transport.table_set is not None)


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
        (PLAIN + HOST + TABLE.replace("0.5", "1.5"), "a.toml: table: fractions that do not rise within 0 and 1."),
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


def test_functions_or_table_set(tmp_path: Path) -> None:
    head = 'schema = 1\nname = "x"\nstanding = "assumed"\nsource = "y"\n'
    rest = "".join(f'{name} = {{value = 1, unit = "{unit}", standing = "assumed", source = "z"}}\n'
                   for name, unit in (("transference", "1"), ("thermodynamic_factor", "1"), ("activation_energy", "kJ/mol")))  # fmt: skip
    path = tmp_path / "a.toml"
    path.write_text(head + rest, encoding="utf-8")
    with pytest.raises(SpecError, match="Write both functions, or the table set alone"):
        load_transport(path)
    path.write_text(head + 'table_set = "Chayambuka2022"\n' + rest, encoding="utf-8")
    assert load_transport(path).table_set == "Chayambuka2022"
