"""The door: ``read``, ``read_bytes``, ``sniff`` and ``known_formats``; and hostile bytes at it."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from dualion import readers
from dualion.errors import ReadError, SpecError
from dualion.readers.format import Given
from dualion.readers.guard import guarded
from dualion.records.measurement import Measurement

PLAIN = b"time (s),voltage (V),current (mA)\n0,3.0,1\n10,3.1,1\n20,3.2,1\n"


def test_a_file_and_its_bytes_are_the_same_measurement(tmp_path: Path) -> None:
    path = tmp_path / "cell.csv"
    path.write_bytes(PLAIN)
    found = readers.read(path)
    assert found.table.equals(readers.read_bytes(PLAIN, "cell.csv").table)
    assert (found.source.file, found.source.sha256, found.source.reader) == ("cell.csv", sha256(PLAIN).hexdigest(), "plain-table")
    assert readers.read(path, name="other").source.file == "other"
    assert path.read_bytes() == PLAIN


def test_the_digest_is_that_of_the_archive() -> None:
    data = gzip.compress(PLAIN)
    found = readers.read_bytes(data, "cell.csv.gz")
    assert (found.table.height, found.source.sha256) == (3, sha256(data).hexdigest())


def test_the_name_is_a_hint_only() -> None:
    assert readers.read_bytes(PLAIN, "cell.mpr").source.reader == "plain-table"
    assert readers.sniff(PLAIN).name == "plain-table"


def test_a_file_of_several_regions_is_read_region_by_region(monkeypatch: pytest.MonkeyPatch) -> None:
    one = next(found for found in readers.known_formats() if found.name == "plain-table")

    def regions(given: Given) -> tuple[Measurement, ...]:
        (whole,) = guarded(one, given)
        return tuple(replace(whole, region=name) for name in ("N1s", "C1s", "C1s", ""))

    monkeypatch.setattr("dualion.readers.formats.recognise", lambda given: replace(one, read=regions))
    assert [found.region for found in readers.read_all_bytes(PLAIN, "x")] == ["N1s", "C1s 1", "C1s 2", "region 1"]
    assert readers.read_bytes(PLAIN, "x", region="c1s 2").region == "C1s 2"
    with pytest.raises(ReadError, match="holds 4 measurements: N1s, C1s 1, C1s 2, region 1"):
        readers.read_bytes(PLAIN, "x")
    with pytest.raises(ReadError, match='there is no region "O1s"'):
        readers.read_bytes(PLAIN, "x", region="O1s")


def test_every_format_is_listed_once() -> None:
    names = [one.name for one in readers.known_formats()]
    assert len(names) == len(set(names))
    assert {"neware-nda", "neware-csv", "neware-xlsx", "bdf-csv", "bdf-parquet", "plain-table"} <= set(names)
    assert all(one.title and one.suffixes and one.version >= 1 for one in readers.known_formats())


def test_a_repair_is_recorded_and_one_that_does_not_exist_is_refused() -> None:
    assert readers.read_bytes(PLAIN, "x", repair=["invert_current"]).table["current_ampere"].to_list() == [-1e-3] * 3
    assert readers.read_bytes(PLAIN, "x", repair=["invert_current"]).corrections
    with pytest.raises(SpecError, match="polish"):
        readers.read_bytes(PLAIN, "x", repair=["polish"])


@pytest.mark.parametrize("path", ["absent.csv", "."])
def test_what_is_no_file_is_a_read_error(path: str, tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="Check the path"):
        readers.read(tmp_path / path)


def test_a_file_that_is_too_large_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "cell.csv"
    path.write_bytes(PLAIN)
    with pytest.raises(ReadError, match=f"it holds {len(PLAIN)} byte, and 10 are allowed"):
        readers.read(path, largest=10)
    assert readers.read(path, largest=len(PLAIN)).table.height == 3


def zipped(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


HOSTILE = {
    "nothing": b"",
    "blanks": b"\n \n\t\n",
    "nul": bytes(5000),
    "noise": bytes(range(256)) * 64,
    "one line": b"time (s),voltage (V)",
    "names only": b"time (s),voltage (V),current (A)\n",
    "a million columns": b"time (s),voltage (V)," + b"x," * 1_000_000 + b"\n" + b"1," * 1_000_002 + b"\n",
    "a million names": ",".join(f"c{n}" for n in range(1_000_000)).encode() + b"\n1\n",
    "a long line": b"1" * 5_000_000,
    "many short lines": b"1\n" * 2_500_000,
    "quotes": b'time (s),voltage (V)\n"1,"2\n"',
    "deep quotes": b"time (s),voltage (V)\n" + b'"' * 1_000_000,
    "utf-16 cut": "time (s),voltage (V)\n1,2\n".encode("utf-16")[:-1],
    "parquet": b"PAR1" + bytes(2000) + b"PAR1",
    "json": json.dumps({"a": [1] * 1000}).encode(),
    "an empty zip": zipped({}),
    "a workbook of nothing": zipped({"[Content_Types].xml": b"", "xl/sharedStrings.xml": b"Voltage(V) Current(A)"}),
    "entities": zipped(
        {"[Content_Types].xml": b"", "xl/sharedStrings.xml": b'<!DOCTYPE x [<!ENTITY a "Voltage(V) Current(A)">]><sst>&a;</sst>'}
    ),
    "a sheet of the whole sky": zipped(
        {
            "[Content_Types].xml": b"",
            "xl/worksheets/sheet1.xml": b'<row r="1"><c r="A1">Voltage(V) Current(A)</c></row><row r="1048576"><c r="XFD1048576"/></row>',
        }
    ),
    "one long text in many cells": zipped(
        {
            "[Content_Types].xml": b"",
            "xl/sharedStrings.xml": b"<si><t>Voltage(V) Current(A)" + bytes(n % 90 + 33 for n in range(30_000)) + b"</t></si>",
            "xl/worksheets/sheet1.xml": b'<c r="A1" t="s"><v>0</v></c>' * 20_000,
        }
    ),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_bytes_are_a_read_error(what: str) -> None:
    with pytest.raises(ReadError) as caught:
        readers.read_bytes(HOSTILE[what], "x")
    assert caught.value.reason
    assert len(str(caught.value)) < 2000


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        ("nothing", "the file is empty"),
        ("noise", "no reader knows what this is"),
        ("names only", "names and no rows"),
        ("entities", "it declares entities"),
        ("a sheet of the whole sky", "spans 1048576 rows and 16384 columns"),
        ("one long text in many cells", "of text"),
    ],
)
def test_the_reason_is_the_true_one(what: str, reason: str) -> None:
    with pytest.raises(ReadError, match=reason):
        readers.read_bytes(HOSTILE[what], "x")


def test_importing_the_door_loads_no_reader(fresh_python: Callable[..., str]) -> None:
    program = "import sys, dualion.readers; print([m for m in sys.modules if m.startswith('dualion.readers.') or m == 'polars'])"
    assert fresh_python(program).strip() == "[]"
