"""Loading a study folder: records, standings, digests, and what is refused."""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dualion.errors import SpecError
from dualion.study.cells.plan import plan
from dualion.study.load import bundled, load, locate
from dualion.study.types import claim_of, reading_of
from dualion.study.written.folder import LARGEST_FOLDER
from dualion.study.written.template import new

HOSTILE_SECONDS = 1.0


@pytest.fixture
def demo(tmp_path: Path) -> Path:
    """The template: a small study of one half cell, to be spoilt."""
    return new("demo", tmp_path)


def edit(folder: Path, file: str, old: str, new_text: str) -> None:
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text, f"{old!r} is not in {file}"
    (folder / file).write_text(text.replace(old, new_text, 1), encoding="utf-8")


def problems(folder: Path) -> tuple[str, ...]:
    with pytest.raises(SpecError) as caught:
        load(folder)
    return caught.value.problems


class TestBundled:
    def test_counts(self) -> None:
        study = load(locate("tang2026"))
        assert (len(study.claims), len(study.relations), len(study.derived), len(study.cells)) == (174, 71, 87, 4)

    def test_standings(self) -> None:
        cell = load(locate("tang2026")).cells["mec3-eg"]
        assert (cell.area.standing, cell.area.claims) == ("assumed", ())
        assert (cell.one_c.standing, cell.one_c.claims, cell.one_c_mass) == ("stated", ("P112",), "cathode")
        assert cell.anode.loading.source == "claim P031 (approximate)"
        assert cell.series_resistance.claims == ("P091", "P092")
        assert cell.electrolyte.density.standing == "assumed"
        assert cell.anode.material.parameters["film_resistance"].standing == "stated"

    def test_window_halves_have_their_own_standing(self) -> None:
        low, high = load(locate("tang2026")).cells["na-mec3"].window
        assert (low.value, low.standing) == (0.0001, "stated")
        assert (high.value, high.standing) == (2.5, "assumed")

    def test_producers_know_their_currents(self) -> None:
        study = load(locate("tang2026"))
        currents = {claim: value for producer in study.producers if producer.by == "dual_ion" for claim, value in producer.currents.items()}
        assert currents["P113"] == 80.0
        assert currents["P119"] == 1600.0

    def test_sets(self) -> None:
        study = load(locate("tang2026"))
        sets = {calibration.name: calibration for calibration in study.calibrations}
        assert sets["full_cell"].readings == {"claims": ("P113", "P117", "P121")}
        assert sets["half_mec0"].claims == ("P054", "P075", "P079", "P080")
        assert sets["half_mec0"].shape_from == "half_mec3_all.plateau_338"
        assert list(sets["half_mec3_all"].readings) == ["plateau_338", "plateau_320"]
        assert sets["full_cell_low_rate"].role == "hard-extrapolation"
        assert {prediction.name: prediction.anode_from for prediction in study.predictions}["mec0_full_cell"] == "half_mec0.h2"
        assert study.pending["P052"] == "si-only"
        assert study.definitions == {"P121": "mean_voltage", "P122": "median_voltage"}
        assert study.plateau is not None
        assert study.plateau.boundary == 0.15

    def test_a_ratio_knows_its_reference(self) -> None:
        study = load(locate("tang2026"))
        (ratio,) = [producer for producer in study.producers if producer.quantity == "plateau_retention"]
        assert (ratio.claims, ratio.currents, ratio.reference) == (("P080",), {"P080": 300.0}, 60.0)
        assert all(producer.reference is None for producer in study.producers if producer is not ratio)

    def test_sensitivity(self) -> None:
        cells = load(locate("tang2026")).settings["cell"]
        assert cells["mec3-eg"]["sensitivity"] == {"series_resistance": ["1 ohm", "6 ohm", "15 ohm"]}
        assert all("sensitivity" not in table for name, table in cells.items() if name != "mec3-eg")

    def test_data_with_a_reading(self) -> None:
        assert (claim_of("P079 as total"), reading_of("P079 as total")) == ("P079", "total")
        assert (claim_of("P079"), reading_of("P079")) == ("P079", "")

    def test_settings_are_plain_data(self) -> None:
        assert json.dumps(load(locate("tang2026")).settings)

    def test_nothing_heavy_is_imported(self) -> None:
        code = (
            "import sys; from dualion.study.load import load, locate; load(locate('tang2026'));"
            "print([m for m in ('pybamm', 'matplotlib', 'jinja2', 'scipy', 'polars', 'numba') if m in sys.modules])"
        )
        assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.strip() == "[]"


class TestLocate:
    def test_bundled(self) -> None:
        assert "tang2026" in bundled()
        assert (locate("tang2026") / "study.toml").is_file()

    def test_path(self, demo: Path) -> None:
        assert locate(str(demo)) == demo
        assert locate(str(demo / "study.toml")) == demo

    @pytest.mark.parametrize("name", ["tang2025", "tang-2026"])
    def test_near(self, name: str) -> None:
        with pytest.raises(SpecError) as caught:
            locate(name)
        assert caught.value.problems == (f'"{name}": neither a bundled study nor a folder. Did you mean "tang2026"?',)

    @pytest.mark.parametrize("name", ["", "zzz", "x" * 10_000, "a\0b"])
    def test_far(self, name: str) -> None:
        with pytest.raises(SpecError, match="neither a bundled study nor a folder"):
            locate(name)


class TestDigest:
    def test_same_content_same_digest(self, demo: Path, tmp_path: Path) -> None:
        copy = shutil.copytree(demo, tmp_path / "elsewhere")
        assert load(copy).sha256 == load(demo).sha256

    def test_content_names_and_places_count(self, demo: Path) -> None:
        seen = {load(demo).sha256}
        (demo / "README.md").write_text("other", encoding="utf-8")
        seen.add(load(demo).sha256)
        (demo / "README.md").rename(demo / "READ.md")
        seen.add(load(demo).sha256)
        (demo / "READ.md").rename(demo / "cells" / "READ.md")
        seen.add(load(demo).sha256)
        assert len(seen) == 4

    def test_results_and_hidden_files_do_not(self, demo: Path) -> None:
        before = load(demo).sha256
        (demo / "dualion-demo").mkdir()
        (demo / "dualion-demo" / "results.json").write_text("{}", encoding="utf-8")
        (demo / ".notes").write_text("x", encoding="utf-8")
        assert load(demo).sha256 == before

    def test_link_out(self, demo: Path, tmp_path: Path) -> None:
        (tmp_path / "secret").mkdir()
        (demo / "raw").symlink_to(tmp_path / "secret")
        (demo / "cells" / "x.toml").symlink_to(tmp_path / "nowhere")
        assert problems(demo) == (
            "cells/x.toml: a link that leaves the folder. Put a copy of the file in its place.",
            "raw: a link that leaves the folder. Put a copy of the file in its place.",
        )

    def test_links_in_a_circle(self, demo: Path) -> None:
        (demo / "a").symlink_to(demo / "b")
        (demo / "b").symlink_to(demo / "a")
        start = time.process_time()
        with contextlib.suppress(SpecError):  # a link that names nothing is no file of the study
            load(demo)
        assert time.process_time() - start < HOSTILE_SECONDS

    def test_a_folder_without_a_study_is_not_read(self, tmp_path: Path) -> None:
        with (tmp_path / "large.bin").open("wb") as file:
            file.truncate(20 * LARGEST_FOLDER)
        start = time.process_time()
        assert problems(tmp_path) == ("study.toml: missing. Name a study folder, or write one with: dualion study new NAME",)
        assert time.process_time() - start < HOSTILE_SECONDS

    def test_a_folder_of_that_name_is_no_study_either(self, tmp_path: Path) -> None:
        (tmp_path / "study.toml").mkdir()
        assert problems(tmp_path) == ("study.toml: missing. Name a study folder, or write one with: dualion study new NAME",)

    def test_too_much_is_counted_and_not_read(self, demo: Path) -> None:
        with (demo / "large.bin").open("wb") as file:
            file.truncate(LARGEST_FOLDER + 1)
        start = time.process_time()
        assert problems(demo) == ('"demo": its files hold more than 2 GiB. Move what is not part of the study elsewhere.',)
        assert time.process_time() - start < HOSTILE_SECONDS

    def test_large_raw_files_are_not_read_either(self, demo: Path) -> None:
        (demo / ".hidden").mkdir()
        with (demo / ".hidden" / "large.bin").open("wb") as file:
            file.truncate(LARGEST_FOLDER + 1)
        with (demo / "study.toml").open("a", encoding="utf-8") as file:
            file.write(TestRaw.ROW.format("0" * 64).replace("raw/a.csv", ".hidden/large.bin"))
        start = time.process_time()
        assert problems(demo) == ('"demo": its files hold more than 2 GiB. Move what is not part of the study elsewhere.',)
        assert time.process_time() - start < HOSTILE_SECONDS

    @pytest.mark.parametrize("kind", ["files", "folders"])
    def test_too_many(self, demo: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("dualion.study.written.folder.MOST_ENTRIES", 30)
        load(demo)
        for index in range(30):
            path = demo / f"x{index}"
            path.mkdir() if kind == "folders" else path.write_bytes(b"")
        assert problems(demo) == ('"demo": more than 30 files and folders. Move what is not part of the study elsewhere.',)

    def test_an_empty_folder_does_not_count(self, demo: Path) -> None:
        before = load(demo).sha256
        (demo / "curves").mkdir()
        assert load(demo).sha256 == before


class TestRaw:
    ROW = '\n[[raw]]\npath = "raw/a.csv"\nsha256 = "{}"\nsource = "our cycler"\nlicence = "CC0-1.0"\n'

    def with_file(self, demo: Path, sha256: str) -> Path:
        (demo / "raw").mkdir()
        (demo / "raw" / "a.csv").write_text("x", encoding="utf-8")
        with (demo / "study.toml").open("a", encoding="utf-8") as file:
            file.write(self.ROW.format(sha256))
        return demo

    def test_right(self, demo: Path) -> None:
        assert load(self.with_file(demo, hashlib.sha256(b"x").hexdigest())).settings["raw"][0]["source"] == "our cycler"

    def test_sha256_mismatch(self, demo: Path) -> None:
        (problem,) = problems(self.with_file(demo, "0" * 64))
        right = hashlib.sha256(b"x").hexdigest()
        assert problem == f"study.toml: raw[0].sha256: raw/a.csv has {right}. Put the file back that was meant, or write its sum."

    def test_no_sha256(self, demo: Path) -> None:
        assert problems(self.with_file(demo, "abc"))[0] == (
            'study.toml: raw[0].sha256: "abc" is not a SHA-256. Write its 64 characters, 0 to 9 and a to f.'
        )

    def test_not_listed(self, demo: Path) -> None:
        self.with_file(demo, hashlib.sha256(b"x").hexdigest())
        (demo / "raw" / "b.csv").write_text("y", encoding="utf-8")
        (demo / "raw" / "a.csv").unlink()
        assert problems(demo) == (
            'study.toml: raw[0].path: "raw/a.csv" cannot be read (No such file or directory). Put the file there.',
            "raw/b.csv: not listed in study.toml. Add a [[raw]] table with path, sha256, source and licence to study.toml.",
        )


class TestOwnData:
    def test_location_is_free(self, demo: Path) -> None:
        edit(demo, "claims.csv", "lab book page 1", "")
        assert load(demo).claims["P001"].location == ""
        edit(demo, "study.toml", 'kind = "own data"', 'kind = "paper"')
        assert 'claims.csv: row 1 (P001), location: missing. Write the section or caption, such as "Sec 3.2; Fig 2a".' in problems(demo)

    def test_a_paper_needs_claims_or_assumptions(self, demo: Path) -> None:
        edit(demo, "study.toml", 'kind = "own data"', 'kind = "paper"')
        assert any(problem.startswith("study.toml: cell.my-half-cell.area: no claim id beside it") for problem in problems(demo))

    def test_other_literature_stands_in_for_a_claim(self, demo: Path) -> None:
        edit(demo, "study.toml", 'source = "12 mm punch"', 'standing = "literature", source = "smith2020"')
        area = load(demo).cells["my-half-cell"].area
        assert (area.standing, area.source) == ("literature", "smith2020")

    def test_claims_of_a_bundled_material_are_not_those_of_another_study(self, demo: Path) -> None:
        edit(demo, "cells/my-half-cell.toml", '"materials/my-carbon.toml"', '"mec3"')
        edit(demo, "study.toml", "my-carbon = {role", "MEC3 = {role")
        edit(demo, "study.toml", 'anode = {material = "my-carbon"', 'anode = {material = "MEC3"')
        material = load(demo).cells["my-half-cell"].anode.material
        assert all(not parameter.claims for parameter in material.parameters.values())
        assert material.parameters["series_resistance"].source == "tang2026 (tang2026: P091)"


#: What is replaced by what, and how the message begins behind the name of the file.
REFUSALS = {
    "study.toml": [
        ('P006 = ', 'P016 = ', 'producer[0].claims: P016 is not a claim id. Did you mean "P006"?'),
        ('"P003", "P004", "P005"]', '"P003", "P4", "P005"]', 'calibration.low_rate.claims[1]: "P4" is not a claim id. Write'),
        ('["P006", "P007"]', '["P006", "P07"]', 'prediction.high_rate.claims: P07 is not a claim id. Did you mean "P007"?'),
        ('claim = "P001"', 'claim = "P0011"', 'cell.my-half-cell.one_c: "P0011" is not a claim id. Did you mean "P001"?'),
        ('P007 = "600 mA/g"', 'P007 = "500 mA/g"', 'producer[0].claims.P007: "500 mA/g" is not a current of protocol.rate.'),
        ('from = "low_rate"', 'from = "lowrate"', 'prediction.high_rate.from: "lowrate" is not in [calibration]. Did you'),
        ('from = "low_rate"', 'from = "low_rate.h1"', 'prediction.high_rate.from: "low_rate.h1" is not in [calibration]. Did'),
        ('protocol = "rate"', 'protocol = "rat"', 'producer[0].protocol: "rat" is not in [protocol]. Did you mean "rate"?'),
        ('"anode.slope_capacity"', '"anode.slop_capacity"', 'calibration.low_rate.fits[0]: "anode.slop_capacity" is not a p'),
        ('by = "half_cell"', 'by = "dual_ion"', 'producer[0].by: "dual_ion" does not simulate a half cell. Write "half_cell".'),
        ('"P003", "P004", "P005"]', '"P003"]', 'calibration.low_rate: claims has 1 data for 2 parameters. Name more cl'),
        ('assumed = ["separator"]', 'assumed = ["seperator"]', 'cell.my-half-cell.assumed[0]: "seperator" is not a value of a cell.'),
        ('assumed = ["separator"]', 'assumed = ["separator", "one_c"]', 'cell.my-half-cell.one_c: P001 beside it, and listed in'),
        ('electrolyte = "half"', 'electrolyte = "haf"', 'cell.my-half-cell.electrolyte: "haf" is not in [electrolyte]. Did you'),
        ('[{value = 0.005', '[{value = 3', 'cell.my-half-cell.window: "3 V" is not below "2.5 V". Write the lower limit'),
        ('"desodiated"', '1.5', 'cell.my-half-cell.initial_sodiation: 1.5 is not known here. Write "desodiated", "fully_'),
        ('boundary = "0.15 V"', '', 'plateau.boundary: missing. Write a text such as "0.15 V".'),
        ('mass_basis = "anode"', 'mass_basis = "actives"', 'cell.my-half-cell.mass_basis: "actives" is not a basis of a half'),
        ('protocol = "rate"  ', 'reference = "45 mA/g"\nprotocol = "rate"  ', 'producer[0].reference: "45 mA/g" is not a current of'),
        ('"specific_capacity"', '"capacity_retention"', 'producer[0].reference: missing. Write the current that capacity_retention '),
        ('"specific_capacity"', '"plateau_retention"', 'producer[0].reference: missing. Write the current that plateau_retention r'),
        ('"P004", "P005"]', '"P005 as total ratio"]', 'calibration.low_rate.claims: "P005 as total ratio" has no reference. Wri'),
        ('[plateau]', '[plateau', 'line 53: not TOML'),
    ],
    "cells/my-half-cell.toml": [
        ('anode = "', 'cathode = "eg"\nanode = "', 'cathode: cell.my-half-cell of study.toml is a half'),
        ('"materials/my-carbon.toml"', '"mec3"', 'anode: "mec3" is the material "MEC3", and study'),
        ('carbonate-assumed', 'carbonate', 'transport: "carbonate" is not among the bundled elec'),
    ],
    "materials/my-carbon.toml": [
        ('porosity', 'porosty', 'parameter.porosity: missing. Write a number such as 0.45.'),
        ('source = "impedance at 100 kHz"', 'source = "x", claims = ["P099"]', 'parameter.series_'),
    ],
    "relations.toml": [
        ('P003 - P004', 'P003 - P04', 'relation R01, expr: P04 is not a claim id. Did you mean "P004"?'),
        ('{">=" = 0}', '{"=>" = 0}', 'relation R01, expect.=>: unknown key. Did you mean "'),
        ('{">=" = "kept"}', '{">=" = "kep"}', 'relation R02, expect.">=": kep is not a claim id, an assumption or a'),
        ('claims = []', 'claims = ["P9"]', 'relation R01, claims: P9 is not a claim id.'),
        ('id = "R02"', 'id = "R01"', 'relation R01, id: stands in another relation as well.'),
        ('id = "R02"\n', '', 'relation[1], id: missing. Write a text.'),
        ('class = "physics"', 'class = "design"', 'relation R02: reason is missing, and class is "design".'),
        ('kept = ', 'R = ', 'assume: "R" cannot name a constant here.'),
    ],
    "claims.csv": [
        ('P002,', 'P2,', 'row 2 (P2), id: "P2" is not a claim id. Write P, three digits and perhaps a letter, such as "P079".'),
        ('P002,', 'C002,', 'row 2 (C002), id: "C002" is a derived number. Write it in derived.csv.'),
        ('318,318', '318,319', 'row 3 (P003), value_num: "319" is not the printed value "318". Write 318.'),
        ('318,318', '318,', 'row 3 (P003), value_num: missing. Write 318.'),
        ('318,318,mAh/g', '318,318,', 'row 3 (P003), unit: missing. A number needs it; write a unit of the unit table, "1" if'),
        ('my-carbon,sodiation at 30 mA/g', ',sodiation at 30 mA/g', 'row 3 (P003), sample: missing. A number needs it'),
        ('318,318', 'high,318', 'row 3 (P003), value_num: "318" stands beside "high", which is not a number. Leave it empty.'),
        ('3 %', 'three', 'row 6 (P006), tolerance: "three" is not a tolerance.'),
        ('P006,', 'P006,,', 'row 6 (P006): 14 fields, and the header has 13. Quote texts that hold a comma.'),
        ('id,quantity', 'id,quantty', 'column "quantty": unknown. Did you mean "quantity"?'),
        ('GCD,measured', 'GCD,\x00', 'after row 2: not CSV (a NUL).'),
        ('"note: free', '"note": free', 'after row 6: not CSV'),
    ],
}  # fmt: skip


@pytest.mark.parametrize(("file", "case"), [(file, case) for file, cases in REFUSALS.items() for case in cases])
def test_refusals(demo: Path, file: str, case: tuple[str, str, str]) -> None:
    old, new_text, problem = case
    edit(demo, file, old, new_text)
    assert any(found.startswith(f"{file}: {problem}") for found in problems(demo)), problems(demo)


def test_a_claim_is_compared_in_any_unit(demo: Path) -> None:
    edit(demo, "study.toml", 'value = 1.2, unit = "mg/cm2"', 'value = 12, unit = "g/m2"')
    assert load(demo).cells["my-half-cell"].anode.loading.value == pytest.approx(1.2)


def test_a_cell_file_that_is_not_there(demo: Path) -> None:
    edit(demo, "study.toml", '"cells/my-half-cell.toml"', '"cells/other.toml"')
    assert problems(demo) == ("cells/other.toml: missing. Write a file of this name that you may read.",)


def test_every_file_is_checked_when_one_is_broken(demo: Path) -> None:
    edit(demo, "study.toml", "[plateau]", "[plateau")
    edit(demo, "relations.toml", "tol = 0", "toll = 0")
    edit(demo, "claims.csv", "318,318", "318,319")
    assert [problem.partition(":")[0] for problem in problems(demo)] == ["study.toml", "claims.csv", "relations.toml"]


def test_a_plain_list_takes_the_currents_in_order(demo: Path) -> None:
    plain = 'claims = {P003 = "30 mA/g", P004 = "60 mA/g", P005 = "150 mA/g", P006 = "300 mA/g", P007 = "600 mA/g"}'
    edit(demo, "study.toml", plain, 'claims = ["P003", "P004", "P005", "P006", "P007"]')
    assert load(demo).producers[0].currents == {"P003": 30.0, "P004": 60.0, "P005": 150.0, "P006": 300.0, "P007": 600.0}
    edit(demo, "study.toml", 'claims = ["P003", ', "claims = [")
    assert problems(demo)[0] == (
        "study.toml: producer[0].claims: 4 claims, and protocol.rate has 5 currents. "
        'Write as many, or a table such as {P070 = "30 mA/g"}.'
    )  # fmt: skip


def test_an_empty_study_file_is_reported(demo: Path) -> None:
    (demo / "study.toml").write_text("# nothing yet\n", encoding="utf-8")
    assert problems(demo) == (
        "study.toml: schema: missing. Write schema = 1.",
        "study.toml: study: missing. Write a table [study] with id, title and licence.",
        'study.toml: plateau: missing. Write a table such as rule = "potential", boundary = "0.15 V".',
    )


def test_a_reference_in_another_unit(demo: Path) -> None:
    edit(demo, "study.toml", 'protocol = "rate"  ', 'reference = "0.06 A/g"\nprotocol = "rate"  ')
    assert load(demo).producers[0].reference == pytest.approx(60.0)


SENSITIVITY = 'temperature = {value = 25, unit = "degC", source = "climate chamber"}'


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        (
            "{contact_resistance = []}",
            'sensitivity.contact_resistance: "contact_resistance" is not known here. Did you mean "series_resistance"?',
        ),
        ('{series_resistance = "6 ohm"}', 'sensitivity.series_resistance: "6 ohm" is not a list. Write it in square brackets.'),
        ("{series_resistance = [6]}", 'sensitivity.series_resistance[0]: 6 has no unit. Write a text such as "6 ohm".'),
        (
            '{series_resistance = ["1 ohm", "6 V"]}',
            'sensitivity.series_resistance[1]: "6 V" is a voltage; a resistance is needed, such as "6 ohm".',
        ),
        ('{series_resistance = ["-1 ohm"]}', 'sensitivity.series_resistance[0]: "-1 ohm" is too small. Write at least 0 ohm.'),
        ('{series_resistance = ["6 ohm", "6.0 ohm"]}', 'sensitivity: series_resistance: "6.0 ohm" stands twice. Remove one.'),
        ("[]", "sensitivity: a list is not a table."),
    ],
)
def test_sensitivity_refused(demo: Path, written: str, problem: str) -> None:
    edit(demo, "study.toml", SENSITIVITY, f"{SENSITIVITY}\nsensitivity = {written}")
    (found,) = problems(demo)
    assert found.startswith(f"study.toml: cell.my-half-cell.{problem}")


def test_sensitivity_as_text_or_table(demo: Path) -> None:
    edit(demo, "study.toml", SENSITIVITY, f'{SENSITIVITY}\nsensitivity = {{series_resistance = ["6 ohm", {{value = 15, unit = "ohm"}}]}}')
    edit(demo, "study.toml", 'from = "low_rate"', 'from = "all"')
    edit(demo, "study.toml", "[calibration.low_rate]", '[calibration.all]\nrole = "all-points"')
    resistances = [task.cell.series_resistance.value for task in plan(load(demo))]
    assert resistances == [8.0, 6.0, 15.0]


def test_a_window_in_one_table(demo: Path) -> None:
    text = '[{value = 0.005, unit = "V", source = "cycler schedule"}, {value = 2.5, unit = "V", source = "cycler schedule"}]'
    edit(demo, "study.toml", text, '{value = [5, 2500], unit = "mV", source = "cycler schedule"}')
    low, high = load(demo).cells["my-half-cell"].window
    assert (low.value, high.value) == (pytest.approx(0.005), pytest.approx(2.5))


def test_a_declared_word_may_name_its_claim(demo: Path) -> None:
    edit(demo, "study.toml", 'initial_sodiation = "desodiated"', 'initial_sodiation = {value = "desodiated", claim = "P001"}')
    assert load(demo).cells["my-half-cell"].initial_sodiation == "desodiated"
    edit(demo, "study.toml", '{value = "desodiated", claim = "P001"}', '{value = "desodiated", claim = "P01"}')
    assert problems(demo) == ('study.toml: cell.my-half-cell.initial_sodiation: P01 is not a claim id. Did you mean "P001"?',)


def test_calibrations_that_lead_back_to_themselves(demo: Path) -> None:
    edit(demo, "study.toml", "[prediction.high_rate]", 'anode_from = "low_rate"\n[prediction.high_rate]')
    assert problems(demo) == (
        "study.toml: calibration.low_rate: its anode_from or shape_from leads back to itself. Name another calibration.",
    )  # fmt: skip
