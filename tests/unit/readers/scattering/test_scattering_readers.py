"""Scattering curves from bytes: units as stated or declared, several curves, and hostile files."""

from __future__ import annotations

import importlib.util
import io
import random
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from dualion.errors import ReadError
from dualion.readers.format import Declared, Format, Given
from dualion.readers.guard import guarded, recognised
from dualion.readers.scattering import cansas_xml, columns, nxcansas
from dualion.records.measurement import Measurement

FORMATS = (*nxcansas.FORMATS, *cansas_xml.FORMATS, *columns.FORMATS)


def load(name: str) -> ModuleType:
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, Path(__file__).parents[3] / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


examples = load("examples_scattering")


def format_of(given: Given) -> Format:
    return next(one for one in FORMATS if recognised(one, given))


def read_all(data: bytes, **declared: str) -> tuple[Measurement, ...]:
    given = Given("curve", data, "0" * 64, Declared(**declared))
    return guarded(format_of(given), given)


def read(data: bytes, **declared: str) -> Measurement:
    (one,) = read_all(data, **declared)
    return one


def known(data: bytes) -> bool:
    return any(recognised(one, Given("curve", data, "0" * 64)) for one in FORMATS)


@pytest.mark.parametrize("make", examples.EVERY, ids=lambda make: make.__name__)
def test_an_example_gives_its_numbers(make: Callable[[], Any]) -> None:
    example = make()
    measured = read(example.data)
    assert measured.source.reader == example.format
    assert measured.technique == "saxs"
    assert measured.region == ""
    assert set(measured.table.columns) == set(example.truth)
    for name, values in example.truth.items():
        assert measured.table[name].to_list() == pytest.approx(values, rel=1e-6), name


class TestColumns:
    ROWS = "0.1 10.0 0.5\n0.2 5.0 0.2\n0.3 2.0 0.1\n"

    def test_a_factor_of_ten_is_never_guessed(self) -> None:
        """The unit of q has no default: a factor of ten is one of 10^4 in a Porod constant."""
        with pytest.raises(ReadError, match=r'x_unit = "1/angstrom" or "1/nm"'):
            read(f"q I dI\n{self.ROWS}".encode())
        assert read(f"q I dI\n{self.ROWS}".encode(), x_unit="1/angstrom").table["q_inverse_nanometre"][0] == pytest.approx(1.0)
        assert read(f"q I dI\n{self.ROWS}".encode(), x_unit="1/nm").table["q_inverse_nanometre"][0] == pytest.approx(0.1)

    def test_what_the_file_states_is_not_overruled(self) -> None:
        measured = read(f"# q (nm^-1) I (1/cm) err\n{self.ROWS}".encode(), x_unit="1/angstrom", y_unit="a.u.")
        assert measured.table["q_inverse_nanometre"][0] == pytest.approx(0.1)
        assert "intensity_per_centimetre" in measured.table.columns

    def test_a_declaration_is_kept(self) -> None:
        measured = read(b"<X> <Y>\n0.1 10.0\n0.2 5.0\n0.3 2.0\n", x_unit="1/nm")
        assert measured.flags[0].code == "declared"
        assert 'x_unit = "1/nm"' in measured.flags[0].message

    def test_columns_named_x_and_y_may_be_another_spectrum(self) -> None:
        assert read(b"<X> <Y>\n100 1\n200 2\n300 3\n", measurement="raman").table.columns == [
            "raman_shift_per_centimetre",
            "intensity_arbitrary",
        ]

    @pytest.mark.parametrize(("written", "factor"), [("1/A", 10.0), ("A^-1", 10.0), ("Å⁻¹", 10.0), ("1/nm", 1.0), ("nm-1", 1.0)])
    def test_spellings_of_units(self, written: str, factor: float) -> None:
        measured = read(f"q ({written}), I (1/cm), dI\n0.1, 10.0, 0.5\n0.2, 5.0, 0.2\n0.3, 2.0, 0.1\n".encode())
        assert measured.table["q_inverse_nanometre"].to_list() == pytest.approx([0.1 * factor, 0.2 * factor, 0.3 * factor])

    @pytest.mark.parametrize("unit", ["1/cm", "cm^-1", "1/cm/sr", "cm-1 sr-1"])
    def test_an_absolute_scale(self, unit: str) -> None:
        assert "intensity_per_centimetre" in read(f"q[1/nm] I[{unit}] dI\n{self.ROWS}".encode()).table.columns

    def test_an_expanded_uncertainty_is_divided(self) -> None:
        measured = read(f"# q(1/nm) I(1/cm) U(k=2)\n{self.ROWS}".encode())
        assert measured.table["intensity_error"].to_list() == pytest.approx([0.25, 0.1, 0.05])

    def test_the_standard_error_goes_before_the_expanded_one(self) -> None:
        measured = read(b"# q(1/nm) I(1/cm) U(k=2) u_c\n0.1 10 1.0 0.5\n0.2 5 0.4 0.2\n0.3 2 0.2 0.1\n")
        assert measured.table["intensity_error"].to_list() == pytest.approx([0.5, 0.2, 0.1])

    def test_the_resolution_is_in_the_unit_of_q(self) -> None:
        measured = read(b"q(1/A) I(1/cm) dI dQ\n0.1 10 1.0 0.01\n0.2 5 0.4 0.02\n0.3 2 0.2 0.03\n")
        assert measured.table["q_resolution"].to_list() == pytest.approx([0.1, 0.2, 0.3])

    def test_two_columns_of_errors_are_no_guess(self) -> None:
        with pytest.raises(ReadError, match="stands there 2 times"):
            read(b"q(1/A) I(1/cm) dI dI\n0.1 10 1.0 0.01\n0.2 5 0.4 0.02\n0.3 2 0.2 0.03\n")

    @pytest.mark.parametrize(
        "text", ["q(mAh) I(mA)\n1 2\n3 4\n", "Q,voltage\n1,2\n3,4\n", "x\n1\n2\n", "time (s),current (A)\n1,2\n", "q I\n", "1 2\n3 4\n"]
    )
    def test_other_tables_are_left_to_others(self, text: str) -> None:
        assert not known(text.encode())

    def test_a_cut_file_says_so(self) -> None:
        example = examples.columns_with_a_comment()
        measured = read(example.data[:-9])
        assert [flag.code for flag in measured.flags] == ["truncated"]
        assert measured.table.height == example.rows - 1

    def test_an_odd_row_is_named(self) -> None:
        with pytest.raises(ReadError, match="line 4"):
            read(b"q(1/A) I(1/cm) dI\n0.1 10 1.0\n0.2 5 0.4\n0.3 2\n0.4 1 0.1\n")


class TestXml:
    def test_entities_are_refused(self) -> None:
        bomb = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
        data = examples.xml().replace(b"<SASroot", bomb + b"<SASroot", 1)
        with pytest.raises(ReadError, match="entity"):
            read(data)

    def test_nothing_outside_is_opened(self, tmp_path: Path) -> None:
        secret = tmp_path / "secret.txt"
        secret.write_text("secret")
        outside = f'<!DOCTYPE x [<!ENTITY s SYSTEM "{secret.as_uri()}">]>'.encode()
        data = examples.xml(more="<Run>&s;</Run>").replace(b"<SASroot", outside + b"<SASroot", 1)
        with pytest.raises(ReadError) as caught:
            read(data)
        assert "secret" not in str(caught.value)

    def test_a_document_may_not_be_endlessly_deep(self) -> None:
        with pytest.raises(ReadError, match="more than 40 within each other"):
            read(b"<SASroot>" + b"<a>" * 100_000)

    def test_a_cut_document_is_refused(self) -> None:
        data = examples.xml()
        for cut in range(80, len(data) - 12, 37):
            with pytest.raises(ReadError):
                read(data[:cut])

    def test_several_curves(self) -> None:
        entry = examples.xml().split(b"<SASroot")[1].split(b">", 1)[1].rpartition(b"</SASroot>")[0]
        both = examples.xml().replace(b"</SASroot>", entry.replace(b"'one'", b"'two'") + b"</SASroot>")
        assert [one.region for one in read_all(both)] == ["one", "two"]

    def test_mixed_units_are_refused(self) -> None:
        with pytest.raises(ReadError, match="units 1/A, 1/nm"):
            read(examples.xml().replace(b'<Q unit="1/A">', b'<Q unit="1/nm">', 1))

    def test_a_missing_unit_may_be_declared(self) -> None:
        data = examples.xml(unit="")
        with pytest.raises(ReadError, match="x_unit"):
            read(data)
        assert read(data, x_unit="1/A").table["q_inverse_nanometre"][0] == pytest.approx(0.4)

    def test_a_row_without_intensity_is_named(self) -> None:
        data = examples.xml()
        start = data.index(b"<I unit")
        with pytest.raises(ReadError, match="no I"):
            read(data[:start] + data[data.index(b"</I>") + 4 :])


def edited(change: Callable[[Any], None]) -> bytes:
    """The example as HDF5, changed."""
    import h5py

    written = io.BytesIO(examples.hdf5())
    with h5py.File(written, "r+") as file:
        change(file)
    return written.getvalue()


class TestHdf5:
    DATA = "sasentry01/sasdata01"

    @pytest.mark.slow
    def test_compressed_chunks(self) -> None:
        assert read(examples.hdf5(chunks=True)).table.equals(read(examples.hdf5()).table)

    @pytest.mark.slow
    def test_a_loop_of_links_ends(self) -> None:
        import h5py

        def loop(file: Any) -> None:
            file[f"{self.DATA}/again"] = h5py.SoftLink("/sasentry01")
            file["sasentry01/round"] = h5py.SoftLink("/sasentry01/round")
            file["sasentry01/self"] = file["sasentry01"]

        assert read(edited(loop)).table.height == 14

    @pytest.mark.slow
    @pytest.mark.parametrize("where", ["sasentry01/out", "sasentry01/sasdata01/out"])
    def test_links_to_other_files_are_refused(self, where: str, tmp_path: Path) -> None:
        import h5py

        def out(file: Any) -> None:
            file[where] = h5py.ExternalLink(str(tmp_path / "other.h5"), "/I")

        with pytest.raises(ReadError, match="link to another file"):
            read(edited(out))

    @pytest.mark.slow
    def test_data_in_other_files_are_refused(self, tmp_path: Path) -> None:
        place = tmp_path / "raw.bin"
        place.write_bytes(bytes(8 * 14))

        def out(file: Any) -> None:
            group = file[self.DATA]
            del group["Idev"]
            group.create_dataset("Idev", (14,), "f8", external=[(str(place), 0, 8 * 14)])

        with pytest.raises(ReadError, match="in another file"):
            read(edited(out))

    @pytest.mark.slow
    @pytest.mark.parametrize(("shape", "chunk", "word"), [((10**12,), (10**6,), "it claims 1000000000000"), ((10**5,), (10**8,), "chunks")])
    def test_huge_claims_are_refused(self, shape: tuple[int], chunk: tuple[int], word: str) -> None:
        def huge(file: Any) -> None:
            group = file[self.DATA]
            del group["Idev"]
            group.create_dataset("Idev", shape, "f8", chunks=chunk, maxshape=(None,))

        with pytest.raises(ReadError, match=word):
            read(edited(huge))

    @pytest.mark.slow
    def test_a_detector_image_is_refused(self) -> None:
        def image(file: Any) -> None:
            group = file[self.DATA]
            del group["I"]
            group["I"] = np.ones((4, 5))

        with pytest.raises(ReadError, match="average the detector image"):
            read(edited(image))

    @pytest.mark.slow
    def test_a_missing_unit_may_be_declared(self) -> None:
        def silent(file: Any) -> None:
            del file[f"{self.DATA}/Q"].attrs["units"]

        with pytest.raises(ReadError, match="x_unit"):
            read(edited(silent))
        assert read(edited(silent), x_unit="1/nm").table["q_inverse_nanometre"][0] == pytest.approx(0.04)

    @pytest.mark.slow
    def test_several_curves(self) -> None:
        def two(file: Any) -> None:
            file.copy("sasentry01", "sasentry02")

        assert [one.region for one in read_all(edited(two))] == ["sasentry01/sasdata01", "sasentry02/sasdata01"]

    def test_a_cut_file_is_refused_at_once(self) -> None:
        data = examples.hdf5()
        for cut in (*range(9, 2000, 97), len(data) - 1):
            given = Given("curve", data[:cut], "0" * 64)
            with pytest.raises(ReadError):
                guarded(nxcansas.FORMATS[0], given)

    def test_other_hdf5_is_left_to_others(self) -> None:
        import h5py

        written = io.BytesIO()
        with h5py.File(written, "w") as file:
            file["x"] = [1.0]
        assert not known(written.getvalue())

    @pytest.mark.slow
    def test_damage_never_gets_out(self) -> None:
        """Some of these never return inside the decoding library; the child is ended."""
        rng, data = random.Random(1), examples.hdf5()
        outcomes = []
        for _ in range(20):
            changed = bytearray(data)
            for _ in range(rng.choice((1, 4, 16))):
                changed[rng.randrange(48, len(changed))] = rng.randrange(256)
            given = Given("curve", bytes(changed), "0" * 64)
            try:
                outcomes.append(guarded(nxcansas.FORMATS[0], given)[0].table.height)
            except ReadError as error:
                outcomes.append(error.reason)
        assert all(one == 14 or isinstance(one, str) for one in outcomes)


def height_or_position(given: Given) -> int | str:
    """Rows, or where the reader stopped."""
    found = next((one for one in FORMATS if recognised(one, given)), None)
    try:
        return "unknown" if found is None else guarded(found, given)[0].table.height
    except ReadError as error:
        return error.position


def test_damaged_text_never_gets_out() -> None:
    rng = random.Random(2)
    for make in (examples.columns_with_a_comment, examples.columns_with_tabs, examples.cansas_xml):
        data = make().data
        for _ in range(60):
            changed = bytearray(data)
            for _ in range(rng.choice((1, 4))):
                changed[rng.randrange(len(changed))] = rng.randrange(256)
            assert height_or_position(Given("curve", bytes(changed), "0" * 64))
