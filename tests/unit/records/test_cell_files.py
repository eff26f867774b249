"""Cell files: the bundled cells against the study and the published set, standings, and what is refused."""

from __future__ import annotations

import json
import time
import tomllib
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from importlib.util import find_spec
from pathlib import Path

import jsonschema
import numpy as np
import pytest

from dualion.errors import SpecError
from dualion.records.cell import Cell
from dualion.records.cell_files import bundled_cells, load_cell
from dualion.records.cell_schema import schema_text
from dualion.records.json import from_plain, to_plain
from dualion.records.material import Profile
from dualion.records.material_files import load_material
from dualion.records.quantity import Parameter
from dualion.study.load import load, locate

FARADAY = 96485.33212  # [coulomb/mol]
TANG = ("na-mec0", "na-mec3", "mec0-eg", "mec3-eg")
HOSTILE_SECONDS = 1.0

PLAIN = """
schema = 1
name = "mine"
kind = "dual-ion"
anode = {material = "mec3", loading = "1.0 mg/cm2"}
cathode = {material = "eg", loading = "2.0 mg/cm2"}
separator = {thickness = "0.26 mm", porosity = "90 %"}
electrolyte_volume = "25.2 uL/cm2"
area = "1.131 cm2"
window = ["2.0 V", "4800 mV"]
one_c = {value = 80, unit = "mA/g", mass = "cathode"}
initial_sodiation = 0.1
series_resistance = "2.11 ohm"
mass_basis = "actives"
temperature = "25 degC"
[electrolyte]
salt = "NaPF6"
solvent = {EC = 1, DMC = 1}
concentration = "1 mol/L"
density = "1.23 g/mL"
salt_molar_mass = "167.95 g/mol"
transport = "carbonate-assumed"
"""
HALF = (
    PLAIN.replace('"dual-ion"', '"half"')
    .replace('cathode = {material = "eg", loading = "2.0 mg/cm2"}\n', "")
    .replace('mass = "cathode"', 'mass = "anode"')
    .replace('"actives"', '"anode"')
)
FILM = '[film]\nresistance = "29.45 ohm"\ncapacitance = "2 uF"\nactivation_energy = "45.9 kJ/mol"\n'


def written(folder: Path, text: str) -> Path:
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return path


def with_keys(text: str, keys: str) -> str:
    return text.replace("[electrolyte]", f"{keys}\n[electrolyte]")


def problems(path: Path) -> tuple[str, ...]:
    with pytest.raises(SpecError) as caught:
        load_cell(path)
    return caught.value.problems


def parameters(record: object, key: str = "") -> Iterator[tuple[str, Parameter]]:
    """Every parameter of a record with its path."""
    if isinstance(record, Parameter):
        yield key, record
    elif is_dataclass(record):
        for field in fields(record):
            yield from parameters(getattr(record, field.name), f"{key}.{field.name}")
    elif isinstance(record, dict):
        for name, inner in record.items():
            yield from parameters(inner, f"{key}.{name}")
    elif isinstance(record, tuple):
        for index, inner in enumerate(record):
            yield from parameters(inner, f"{key}.{index}")


class TestBundled:
    def test_names(self) -> None:
        assert set(bundled_cells()) == {*TANG, "hc-nvpf"}
        assert [load_cell(name).name for name in bundled_cells()] == list(bundled_cells())

    @pytest.mark.parametrize("name", TANG)
    def test_the_cells_of_the_study_in_every_number(self, name: str) -> None:
        own, study = load_cell(name), load(locate("tang2026")).cells[name]
        assert own.film is not None
        # contacts and film are one resistance in the study
        total = own.series_resistance.value + own.film.resistance.value
        assert total == pytest.approx(study.series_resistance.value, rel=1e-12)
        lumped = replace(own, series_resistance=study.series_resistance, film=None)
        found, expected = dict(parameters(lumped)), dict(parameters(study))
        assert len(expected) >= 34
        assert {key: one.quantity for key, one in found.items()} == {key: one.quantity for key, one in expected.items()}
        assert {key: one.claims for key, one in found.items()} == {key: one.claims for key, one in expected.items()}
        assert {key: one.standing for key, one in found.items()} == {key: one.standing for key, one in expected.items()}
        for key in ("kind", "one_c_mass", "initial_sodiation", "mass_basis", "plating", "reservoir_exchange"):
            assert getattr(own, key) == getattr(study, key)
        assert own.electrolyte.solvent == study.electrolyte.solvent
        assert own.electrolyte.transport == study.electrolyte.transport

    @pytest.mark.parametrize(
        ("name", "contacts", "film", "energy"),
        [
            ("na-mec3", (2.11, "P091"), (29.45, "P092"), (45.9, "P098")),
            ("na-mec0", (2.67, "P094"), (56.16, "P095"), (58.8, "P099")),
            ("mec3-eg", (2.11, "P091"), (29.45, "P092"), (45.9, "P098")),
            ("mec0-eg", (2.67, "P094"), (56.16, "P095"), (58.8, "P099")),
        ],
    )
    def test_the_film_is_that_of_the_spectra(
        self, name: str, contacts: tuple[float, str], film: tuple[float, str], energy: tuple[float, str]
    ) -> None:
        cell = load_cell(name)
        claims = load(locate("tang2026")).claims
        assert cell.film is not None
        for parameter, (value, claim), unit in (
            (cell.series_resistance, contacts, "ohm"),
            (cell.film.resistance, film, "ohm"),
            (cell.film.activation_energy, energy, "kJ/mol"),
        ):
            assert parameter.value == value == claims[claim].value_num
            assert (parameter.quantity.unit, parameter.standing, parameter.claims) == (unit, "stated", (claim,))
        assert (cell.film.capacitance.value, cell.film.capacitance.standing) == (pytest.approx(2e-6, rel=1e-12), "assumed")

    def test_every_number_has_a_source(self) -> None:
        for name in bundled_cells():
            assert all(parameter.source for _, parameter in parameters(load_cell(name)))

    def test_plain_data_and_back(self) -> None:
        for name in bundled_cells():
            cell = load_cell(name)
            assert from_plain(Cell, json.loads(json.dumps(to_plain(cell)))) == cell

    def test_every_file_obeys_the_schema_that_ships(self) -> None:
        """After a change of the form: write ``schema_text()`` to the file."""
        data = locate("tang2026").parents[1]
        shipped = (data / "cell.schema.json").read_text(encoding="utf-8")
        assert shipped == schema_text()
        validator = jsonschema.Draft202012Validator(json.loads(shipped))
        validator.check_schema(json.loads(shipped))
        for name in bundled_cells():
            validator.validate(tomllib.loads((data / "cells" / f"{name}.toml").read_text(encoding="utf-8")))
        for spoilt in ("massbasis = 1", "name = 1", "area = true"):
            assert not validator.is_valid({**tomllib.loads(PLAIN), **tomllib.loads(spoilt)})
        assert validator.is_valid(tomllib.loads(PLAIN))


class TestRockingChair:
    """hc-nvpf against the numbers of Chayambuka et al. 2022."""

    def test_concentrations(self) -> None:
        cell = load_cell("hc-nvpf")
        assert cell.cathode is not None
        for electrode, full, start in ((cell.anode, 14540, 13520), (cell.cathode, 15320, 3320)):
            maximum = 3.6e6 * electrode.host_capacity * electrode.material["density"] / FARADAY
            assert maximum == pytest.approx(full, rel=1e-12)
            filled = cell.initial_sodiation if electrode is cell.anode else electrode.material["initial_fraction"]
            assert filled * maximum == pytest.approx(start, rel=1e-12)  # type: ignore[operator]

    def test_geometry(self) -> None:
        cell = load_cell("hc-nvpf")
        assert cell.cathode is not None
        for electrode, values in ((cell.anode, (64e-6, 0.489, 0.51, 3.48, 256)), (cell.cathode, (68e-6, 0.55, 0.23, 0.59, 50))):
            names = ("active_volume_fraction", "porosity", "particle_radius", "conductivity")
            assert (electrode.thickness, *(electrode.material[name] for name in names)) == pytest.approx(values, rel=1e-12)
        assert (cell.separator.thickness.value, cell.separator.porosity.value, cell.area.value) == (25, 0.55, 2.54)
        assert [limit.value for limit in cell.window] == [2.0, 4.2]
        assert cell.current(1.0) == pytest.approx(3e-3, rel=1e-12)
        assert cell.reservoir == pytest.approx(0, abs=1e-12)

    @pytest.mark.models
    def test_functions_of_the_published_set(self) -> None:
        if find_spec("pybamm") is None:
            pytest.skip("needs the extra [cells]")
        from dualion.models.reference._pybamm import pybamm

        values = pybamm.ParameterValues("Chayambuka2022")

        def at(name: str, *arguments: float) -> float:
            return float(np.asarray(values.evaluate(values[name](*map(pybamm.Scalar, arguments)))).item())

        cell = load_cell("hc-nvpf")
        assert cell.cathode is not None
        salt, kelvin = 700.0, 298.15
        for side, electrode, full in (("Negative", cell.anode, 14540.0), ("Positive", cell.cathode, 15320.0)):
            material = electrode.material
            assert material.table is not None
            for x in np.linspace(0.22, 0.99, 45):
                potential = np.interp(x, material.table.fraction, material.table.potential)
                assert potential == pytest.approx(at(f"{side} electrode OCP [V]", x), abs=1e-9)
                diffusivity = interpolated(material.profiles["diffusivity"], x)
                assert diffusivity == pytest.approx(at(f"{side} particle diffusivity [m2.s-1]", x, kelvin), rel=1e-7)
                exchange = interpolated(material.profiles["exchange_current_density"], x) * 2 * np.sqrt(x * (1 - x) * salt / 1e3)
                published = at(f"{side} electrode exchange-current density [A.m-2]", salt, x * full, full, kelvin)
                assert exchange == pytest.approx(published, rel=1e-7)
        table = cell.electrolyte.transport.table
        assert table is not None
        for c in np.linspace(150, 2000, 40):
            assert np.interp(c, *table.conductivity) == pytest.approx(at("Electrolyte conductivity [S.m-1]", c, kelvin), rel=1e-12)
            assert np.interp(c, *table.diffusivity) == pytest.approx(at("Electrolyte diffusivity [m2.s-1]", c, kelvin), rel=1e-12)


def interpolated(profile: Profile, fraction: float) -> float:
    return float(np.interp(fraction, profile.fraction, profile.value))


class TestStandings:
    def test_a_bare_number_is_stated_by_the_file(self, tmp_path: Path) -> None:
        cell = load_cell(written(tmp_path, PLAIN))
        assert (cell.area.value, cell.area.standing, cell.area.source) == (1.131, "stated", "mine.toml")

    def test_the_source_of_the_file_stands_in(self, tmp_path: Path) -> None:
        text = PLAIN.replace('name = "mine"', 'name = "mine"\nsource = "a thesis"')
        cell = load_cell(written(tmp_path, text.replace('"1.131 cm2"', '{value = 1.131, unit = "cm2", claim = "P1", approximate = true}')))
        assert (cell.area.source, cell.area.claims) == ("a thesis (approximate)", ("P1",))

    def test_what_the_user_wrote_beside_the_value(self, tmp_path: Path) -> None:
        area = '{value = 1.131, unit = "cm2", standing = "derived", source = "12 mm disc", stderr = 0.02}'
        cell = load_cell(written(tmp_path, PLAIN.replace('"1.131 cm2"', area)))
        assert (cell.area.standing, cell.area.source, cell.area.quantity.stderr) == ("derived", "12 mm disc", pytest.approx(0.02))

    def test_assumed_keys_and_tables(self, tmp_path: Path) -> None:
        listed = 'assumed = ["separator", "window.1", "one_c.mass", "electrolyte.density", "film"]'
        cell = load_cell(written(tmp_path, with_keys(PLAIN, listed) + FILM))
        assert cell.film is not None
        assert (cell.separator.thickness.standing, cell.separator.porosity.standing) == ("assumed", "assumed")
        assert [limit.standing for limit in cell.window] == ["stated", "assumed"]
        assert (cell.electrolyte.density.standing, cell.electrolyte.concentration.standing) == ("assumed", "stated")
        assert cell.film.capacitance.standing == "assumed"
        assert cell.assumed == ("separator", "window.1", "one_c.mass", "electrolyte.density", "film")

    def test_units_are_converted_to_those_of_the_record(self, tmp_path: Path) -> None:
        plating = '[plating]\nkind = "reversible"\nexchange_current_density = "1 uA/cm2"\n'
        cell = load_cell(written(tmp_path, with_keys(PLAIN, 'reservoir_exchange = "0.1 mm/h"') + FILM + plating))
        assert (cell.separator.thickness.value, cell.separator.porosity.value) == pytest.approx((260, 0.9))
        assert cell.window[1].value == pytest.approx(4.8)
        assert cell.initial_sodiation == 0.1
        assert cell.film is not None
        assert cell.film.capacitance.value == pytest.approx(2e-6)
        assert cell.plating is not None
        assert (cell.plating.kind, cell.plating.exchange_current_density.value) == ("reversible", pytest.approx(0.01))
        assert cell.reservoir_exchange is not None
        assert cell.reservoir_exchange.value == pytest.approx(1e-4 / 3600)

    def test_a_half_cell_without_options(self, tmp_path: Path) -> None:
        cell = load_cell(written(tmp_path, HALF))
        assert (cell.kind, cell.cathode, cell.film, cell.plating, cell.reservoir_exchange) == ("half", None, None, None, None)
        assert cell.electrolyte.name == "NaPF6 in EC/DMC"


class TestFiles:
    def test_a_material_beside_the_file(self, tmp_path: Path) -> None:
        source = Path(locate("tang2026").parents[1] / "materials" / "mec0.toml").read_text(encoding="utf-8")
        (tmp_path / "materials").mkdir()
        (tmp_path / "materials" / "own.toml").write_text(source.replace('"MEC0"', '"own"'), encoding="utf-8")
        cell = load_cell(written(tmp_path, PLAIN.replace('"mec3"', '"materials/own.toml"')))
        assert cell.anode.material == replace(load_material("mec0"), name="own")
        assert load_cell(str(tmp_path / "mine.toml")) == cell

    def test_a_path_stays_in_the_folder_of_the_file(self, tmp_path: Path) -> None:
        (tmp_path / "cells").mkdir()
        path = written(tmp_path / "cells", PLAIN.replace('"mec3"', '"../own.toml"'))
        assert problems(path)[0].startswith('mine.toml: anode.material: "../own.toml" leaves the folder.')

    def test_unknown_names(self, tmp_path: Path) -> None:
        with pytest.raises(SpecError) as caught:
            load_cell("mec3eg")
        assert caught.value.problems == ('"mec3eg" is not among the bundled cells. Did you mean "mec3-eg"?',)
        assert problems(written(tmp_path, PLAIN.replace('"carbonate-assumed"', '"carbonate-asumed"'))) == (
            (
                'mine.toml: electrolyte.transport: "carbonate-asumed" is not among the bundled electrolytes. '
                'Did you mean "carbonate-assumed"?'
            ),
        )

    def test_a_missing_file(self, tmp_path: Path) -> None:
        assert problems(tmp_path / "none.toml") == ("none.toml: missing. Write a file of this name that you may read.",)


NEVER_GUESSED = {
    "electrolyte_volume": 'Write a text such as "25.2 uL/cm2".',
    "initial_sodiation": 'Write "desodiated", "fully_sodiated" or a fraction from 0 to 1.',
    "mass_basis": 'Write one of "cathode", "actives", "actives+salt", "actives+electrolyte-min", "actives+electrolyte".',
    "area": 'Write a text such as "1.13 cm2".',
    "one_c": 'Write a table such as {value = 80, unit = "mA/g", mass = "cathode"}.',
}


class TestRefusals:
    @pytest.mark.parametrize("key", NEVER_GUESSED)
    def test_what_is_never_guessed(self, tmp_path: Path, key: str) -> None:
        text = "\n".join(line for line in PLAIN.splitlines() if not line.startswith(f"{key} ="))
        assert problems(written(tmp_path, text)) == (f"mine.toml: {key}: missing. {NEVER_GUESSED[key]}",)

    def test_dry_pores(self, tmp_path: Path) -> None:
        # 260 um x 0.9, 13.89 um x 0.45 and 23.81 um x 0.5: 25.22 uL/cm2
        assert problems(written(tmp_path, PLAIN.replace("25.2 uL", "20 uL"))) == (
            (
                "mine.toml: electrolyte_volume: 20 uL/cm2 does not fill the pores of separator and electrodes, 25.22 uL/cm2. "
                "Write at least 25.22 uL/cm2, or correct thickness, porosity and loading."
            ),
        )
        for share, refused in ((0.9899, True), (0.9901, False)):
            path = written(tmp_path, PLAIN.replace("25.2 uL", f"{share * (23.4 + 0.625 + 2 / 2.1 / 0.4 * 0.5):.6f} uL"))
            if refused:
                assert "does not fill the pores" in problems(path)[0]
            else:
                assert load_cell(path).reservoir == 0

    def test_excess_electrolyte_is_allowed(self, tmp_path: Path) -> None:
        cell = load_cell(written(tmp_path, PLAIN.replace("25.2 uL", "40 uL")))
        assert cell.reservoir == pytest.approx(40 - cell.pore_volume, rel=1e-12)
        assert cell.reservoir_exchange is None

    @pytest.mark.parametrize(
        ("text", "problem"),
        [
            (with_keys(PLAIN, 'massbasis = "actives"'), 'massbasis: unknown key. Did you mean "mass_basis"?'),
            (
                with_keys(PLAIN, FILM.replace("[film]", "").replace("\n", ", ").strip(", ").join(("film = {", ", resistence = 1}"))),
                'film.resistence: unknown key. Did you mean "resistance"?',
            ),
            (PLAIN.replace('"1.131 cm2"', "1.131"), 'area: 1.131 has no unit. Write a text such as "1.131 cm2".'),
            (PLAIN.replace('"1.131 cm2"', '"12 mm"'), 'area: "12 mm" is a length; an area is needed, such as "1.13 cm2".'),
            (PLAIN.replace('{value = 80, unit = "mA/g", mass = "cathode"}', '"1C"'), 'one_c: "1C" is not a current.'),
            (
                PLAIN.replace('"dual-ion"', '"symmetric"'),
                'kind: "symmetric" is not known here. Write one of "half", "dual-ion", "rocking-chair".',
            ),
            (PLAIN.replace("initial_sodiation = 0.1", "initial_sodiation = 1.1"), "initial_sodiation: 1.1 is not known here. Write"),
            (PLAIN.replace('["2.0 V", "4800 mV"]', '["4.8 V", "2.0 V"]'), 'window: "4.8 V" is not below "2.0 V".'),
            (with_keys(HALF, 'cathode = {material = "eg", loading = "2 mg/cm2"}'), "cathode: a half cell has no cathode."),
            (HALF.replace('"half"', '"dual-ion"'), 'cathode: missing. Write a table such as {material = "eg", loading = "2.0 mg/cm2"}.'),
            (PLAIN.replace('"actives"', '"anode"'), 'mass_basis: "anode" is not a basis of a dual-ion cell.'),
            (with_keys(PLAIN, 'plating = {kind = "partly"}'), 'plating.kind: "partly" is not known here. Write one of'),
            (with_keys(PLAIN, 'reservoir_exchange = "1 m2/s"'), 'reservoir_exchange: "1 m2/s" is a diffusivity; a velocity is needed'),
            (with_keys(PLAIN, 'assumed = ["areas"]'), 'assumed[0]: "areas" is not a value of this cell. Did you mean "area"?'),
            (with_keys(PLAIN, 'assumed = ["film.resistance"]'), 'assumed[0]: "film.resistance" is not a value of this cell.'),
            (
                with_keys(PLAIN, 'assumed = ["area"]').replace('"1.131 cm2"', '{value = 1.131, unit = "cm2", claim = "P1"}'),
                'area: P1 beside it, and listed in "assumed". Remove one of them.',
            ),
            (PLAIN.replace("schema = 1", ""), "schema: missing. Write schema = 1."),
            (
                PLAIN.replace('"dual-ion"', '"rocking-chair"'),
                'cathode.material: "EG" takes up PF6-, and the cathode of a rocking-chair cell takes up Na+.',
            ),
            (PLAIN.replace('"eg"', '"nvpf"'), 'cathode.material: "NVPF" takes up Na+, and the cathode of a dual-ion cell takes up PF6-.'),
            (PLAIN.replace('"mec3"', '"eg"'), 'anode.material: "EG" takes up PF6-. Name a material that takes up Na+.'),
            (
                PLAIN.replace('"dual-ion"', '"rocking-chair"').replace('"eg"', '"mec0"'),
                'cathode.material: "MEC0" has no initial_fraction, and a rocking-chair cell starts with sodium in its cathode.',
            ),
        ],
    )
    def test_what_is_wrong_and_what_to_write(self, tmp_path: Path, text: str, problem: str) -> None:
        assert problems(written(tmp_path, text))[0].startswith(f"mine.toml: {problem}")

    def test_every_problem_at_once(self, tmp_path: Path) -> None:
        text = PLAIN.replace('"1.131 cm2"', "1.131").replace('"actives"', '"active"').replace("density =", "densty =")
        found = problems(written(tmp_path, text))
        assert [line.split(": ")[1] for line in found] == ["area", "mass_basis", "electrolyte.density", "electrolyte.densty"]

    @pytest.mark.parametrize(
        "text",
        [
            PLAIN + "x = " + "[" * 100_000,
            with_keys(PLAIN, "assumed = [" + '"nowhere",' * 100_000 + "]"),
            PLAIN + "\n".join(f"k{number} = 1" for number in range(60_000)),
            with_keys(PLAIN, "window = [" + '"1 V",' * 100_000 + "]").replace('window = ["2.0 V", "4800 mV"]\n', ""),
        ],
    )
    def test_a_hostile_file_is_refused_at_once(self, tmp_path: Path, text: str) -> None:
        path = written(tmp_path, text)
        start = time.perf_counter()
        assert problems(path)
        assert time.perf_counter() - start < HOSTILE_SECONDS
