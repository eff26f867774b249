"""The contract of every reader: known by content, the same bytes give the same table, canonical columns; and every hostile form of a file
gives a measurement or a ``ReadError``, never other numbers."""

from __future__ import annotations

import io
import json
import os
import re
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from functools import cache
from hashlib import sha256
from importlib import import_module
from itertools import product
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import readers_examples as examples
import readers_files as files
import readers_limits as limits
from dualion.errors import ReadError
from dualion.readers import known_formats, read, read_bytes, sniff
from dualion.readers.format import Format
from dualion.records.measurement import Measurement

TESTS = Path(__file__).parents[1]

EXAMPLES = [make() for make in examples.EVERY]
#: Examples of the readers of characterisation, which have a contract of their own.
OF_SAMPLES = [make() for path in sorted(TESTS.glob("examples_*.py")) for make in import_module(path.stem).EVERY]
TEXTS = [example for example in EXAMPLES if example.lines]
BY_NAME = {"argvalues": examples.parameters(EXAMPLES)}
TEXTS_BY_NAME = {"argvalues": examples.parameters(TEXTS)}

#: Formats that cannot be written here: files of instruments stand for them.
ONLY_REAL = {
    "neware-nda": "neware/nda_v26.nda.zip",
    "neware-ndax": "neware/nw4-120-1-6-53.ndax",
    "biologic-mpr": "biologic/aurora_PEIS.mpr",
}
WIDE = 1_000_000  # columns
MEMORY = 512 * 1024  # [KiB] resident

#: Examples whose fields are divided by commas, or whose format knows points only.
WITHOUT_DECIMAL_COMMAS = {
    *("par-spectrum", "par-voltammogram", "par-cycling", "zview-old", "plain-minus"),
    *("neware-csv", "bdf-csv", "bdf-labels"),
}

Outcome = Callable[[bytes], Measurement | None]


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    """Read under a limit of time: a measurement, or None for a ``ReadError``."""
    read: Outcome = limits.outcome
    return read


def texts_of(example: Any) -> str:
    return str(example.data.decode(example.encoding))


def is_same(measured: Measurement | None, example: Any) -> bool:
    """Whether a file was read, by the reader of the example, to the table of the example."""
    return measured is not None and measured.source.reader == example.format and measured.table.equals(table_of(example.name))


@cache
def table_of(name: str) -> pl.DataFrame:
    """The table of an example."""
    return next(plainly(example.data).table for example in EXAMPLES if example.name == name)


def plainly(data: bytes) -> Measurement:
    return read_bytes(data, "file", check=False)


# --- the contract ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("one", known_formats(), ids=lambda one: one.name)
def test_every_format_has_a_row_and_a_file(one: Format, shared: Path) -> None:
    assert re.fullmatch(r"[a-z0-9-]+", one.name)
    assert one.title
    assert one.version >= 1
    assert all(re.fullmatch(r"(\.[a-z0-9]+)+", suffix) for suffix in one.suffixes)
    if one.name in ONLY_REAL:
        assert sniff(files.load(shared, ONLY_REAL[one.name])) is one
    else:
        assert any(example.format == one.name for example in (*EXAMPLES, *OF_SAMPLES))


def test_names_of_formats_are_their_own() -> None:
    names = [one.name for one in known_formats()]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_an_example_is_known_by_its_content(example: Any, outcome: Outcome, tmp_path: Path) -> None:
    measured = outcome(example.data)
    assert measured is not None
    assert measured.source.reader == example.format == sniff(example.data, "x.nda").name
    assert measured.technique == example.technique
    assert measured.table.height == example.rows
    assert measured.source.sha256 == sha256(example.data).hexdigest()
    assert measured.source.origin == "raw-file"
    path = tmp_path / "cell.xls"
    path.write_bytes(example.data)
    again = read(path)
    assert again.table.equals(measured.table)
    assert again.flags == measured.flags
    assert again.source.file == "cell.xls"
    for name, wanted in example.truth.items():
        found = [value for value in measured.table[name].to_list() if value is not None]
        assert found == pytest.approx([value for value in wanted if value is not None], rel=1e-6, abs=1e-9), name


@pytest.mark.slow
@pytest.mark.parametrize("name", files.FILES)
def test_a_real_file_reads_the_same_twice(name: str, shared: Path, outcome: Outcome) -> None:
    data = files.load(shared, name)
    first, second = outcome(data), outcome(bytes(bytearray(data)))
    assert (first is None) == (second is None)
    if first is not None and second is not None:
        assert first.table.equals(second.table)
        assert (first.flags, first.conditions, first.source) == (second.flags, second.conditions, second.source)
        assert first.source.sha256 == sha256(data).hexdigest()


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/New_York"])
def test_the_zone_of_the_computer_changes_nothing(zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    example = next(example for example in EXAMPLES if example.format == "neware-csv")
    here = plainly(example.data)
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        assert plainly(example.data).table.equals(here.table)
    finally:
        monkeypatch.undo()
        time.tzset()


# --- hostile text -----------------------------------------------------------------------------------------------------------------


def _encoded(text: str, encoding: str) -> bytes | None:
    try:
        return text.encode(encoding)
    except UnicodeEncodeError:
        return None


@pytest.mark.parametrize("example", **TEXTS_BY_NAME)
def test_encodings_change_no_number(example: Any) -> None:
    text = texts_of(example)
    for encoding in ("utf-8-sig", "utf-16", "utf-16-be", "latin-1", "cp932", "gb18030"):
        data = _encoded(text, encoding) or _encoded("".join(sign for sign in text if ord(sign) < 128), encoding)
        assert data is not None
        assert is_same(plainly(b"\xfe\xff" + data if encoding == "utf-16-be" else data), example), encoding


@pytest.mark.parametrize("example", **TEXTS_BY_NAME)
def test_line_ends_and_blank_first_lines_change_no_number(example: Any) -> None:
    lines = texts_of(example).replace("\r\n", "\n").split("\n")
    for end in ("\r\n", "\n", "\r"):
        for blank in (0, 3):
            assert is_same(plainly((end * blank + end.join(lines)).encode(example.encoding)), example), f"{blank} x {end!r}"


@pytest.mark.parametrize("example", **TEXTS_BY_NAME)
def test_decimal_commas_give_the_same_numbers_or_an_error(example: Any, outcome: Outcome) -> None:
    """Refused where commas divide the fields, or where the format knows points only; the same numbers everywhere else."""
    text = texts_of(example)
    for line in example.lines:
        text = text.replace(line, re.sub(r"(?<=\d)\.(?=\d)", ",", line))
    measured = outcome(text.encode(example.encoding))
    assert (measured is None) is (example.name in WITHOUT_DECIMAL_COMMAS)
    assert measured is None or is_same(measured, example)


@pytest.mark.parametrize("example", **TEXTS_BY_NAME)
def test_thousands_separators_give_the_same_numbers(example: Any, outcome: Outcome) -> None:
    text = texts_of(example)
    for line in example.lines:
        text = text.replace(line, re.sub(r"(?<![\d.,:-])(\d{1,3})(\d{3})(?=\.\d)", r"\1,\2", line))
    assert is_same(outcome(text.encode(example.encoding)), example)


@pytest.mark.parametrize("example", **TEXTS_BY_NAME)
def test_what_is_no_number_is_null_or_an_error(example: Any, outcome: Outcome) -> None:
    """A number of the middle row is replaced, each in turn: the other numbers stay."""
    line = example.lines[len(example.lines) // 2]
    whole = table_of(example.name)
    found = list(re.finditer(r"[-+]?\d+[.,]\d+(?:[Ee][-+]\d+)?", line))
    assert found
    for place, word in product(found[:2], ("--", "#DIV/0!", "1e999", "twelve")):
        damaged = line[: place.start()] + word + line[place.end() :]
        measured = outcome(texts_of(example).replace(line, damaged, 1).encode(example.encoding))
        if measured is None:
            continue
        assert measured.table.height == whole.height
        for name in set(measured.table.columns) & set(whole.columns) - {"step_count"}:
            differing = measured.table[name].ne_missing(whole[name])
            assert measured.table[name].filter(differing).drop_nulls().is_empty(), f"{name} with {word}"


@pytest.mark.parametrize("example", **TEXTS_BY_NAME)
def test_whole_numbers_among_others_change_nothing(example: Any, outcome: Outcome) -> None:
    """Zeros behind the point are left out, so that columns begin with whole numbers and go on with others."""
    text = texts_of(example)
    for line in example.lines:
        text = text.replace(line, re.sub(r"(\d)[.,]0+(?=[\s;,Ee]|$)", r"\1", line) if "," not in line else line, 1)
    assert is_same(outcome(text.encode(example.encoding)), example)


@pytest.mark.parametrize("example", **TEXTS_BY_NAME)
def test_a_column_twice_is_no_guess(example: Any, outcome: Outcome) -> None:
    """A wanted column stands there a second time, with other numbers: refused, or read from neither place in silence."""
    if example.name in ("plain-bare",):
        return
    mark = "\t" if "\t" in example.lines[0].strip() else (";" if ";" in example.lines[0] else ",")
    text = texts_of(example).replace("\r\n", "\n")
    first = text.index(example.lines[0])
    heading = text[:first].rstrip("\n").split("\n")[-2 if example.format == "gamry-dta" else -1]
    if example.format == "zview":
        return  # its columns have fixed places
    names = heading.removeprefix("Definition=").strip("\t").split(mark)
    wanted = next(name for name in names if re.match(r"\s*(E\(V\)|Vf|Freq|f/|freq|Ewe/V|[Vv]oltage|Voltage / V|Potential)", name.strip()))
    doubled = text.replace(heading, heading.rstrip("\t") + mark + wanted, 1)
    for line in example.lines:
        doubled = doubled.replace(line, line.rstrip("\t") + mark + "7.25", 1)
    measured = outcome(doubled.encode(example.encoding))
    if measured is not None:
        assert measured.table.select(example.truth.keys()).equals(table_of(example.name).select(example.truth.keys()))
        assert measured.flags


@pytest.mark.parametrize("example", **TEXTS_BY_NAME)
def test_an_unknown_column_changes_no_number(example: Any, outcome: Outcome) -> None:
    if example.name == "plain-bare" or example.format in ("zview", "gamry-dta", "versastat-par"):
        return  # their columns have fixed places or other lines between
    mark = "\t" if "\t" in example.lines[0].strip() else (";" if ";" in example.lines[0] else ",")
    text = texts_of(example).replace("\r\n", "\n")
    heading = text[: text.index(example.lines[0])].rstrip("\n").split("\n")[-1]
    more = text.replace(heading, heading.rstrip("\t") + mark + "Zauberwert", 1)
    for line in example.lines:
        more = more.replace(line, line.rstrip("\t") + mark + "7.25", 1)
    assert is_same(outcome(more.encode(example.encoding)), example)


@pytest.mark.parametrize("example", **TEXTS_BY_NAME)
def test_zero_bytes_in_a_text_are_refused(example: Any, outcome: Outcome) -> None:
    for at in (0, len(example.data) // 2, len(example.data)):
        assert outcome(example.data[:at] + b"\0" * 7 + example.data[at:]) is None


@pytest.mark.parametrize(
    "data", [b"", b"\n\n \t\n", b"\0" * 4096, b"\xff" * 4096, b"PK\x03\x04", b"PAR1", b"EXPLAIN\n", b"\x1f\x8b\x08", b"a"]
)
def test_next_to_nothing_is_refused(data: bytes, outcome: Outcome) -> None:
    assert outcome(data) is None


@pytest.mark.parametrize(
    "first",
    [
        "",
        "time (s);voltage (V)",
        "test_time_second",
        "DataPoint",
        "Definition=Segment #",
        "Potential (V)",
        "EXPLAIN\nTAG\tCV\nCURVE\tTABLE\n\tPt",
    ],
)
def test_a_million_columns(first: str, outcome: Outcome) -> None:
    for mark in (",", "\t"):
        heading = mark.join([first, *(f"c{at}" for at in range(WIDE // 10))]) if mark == "\t" else first + mark * WIDE
        assert outcome(f"{heading}\n{mark.join(['1'] * 9)}\n".encode()) is None


@pytest.mark.parametrize(
    "word", ["z;", "[z", "im ", "f(", "Z'/", "((z", "f,Z',Z'',", "1,", "E+", "Loop 0 ", "<Segment1>\n", "CURVE1\tTABLE\n"]
)
def test_a_word_repeated_without_end_takes_no_time(word: str, outcome: Outcome) -> None:
    assert outcome((word * 300_000).encode()) is None


LAUGHS = (
    '<?xml version="1.0"?>\n<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    + "".join(f'<!ENTITY {chr(99 + at)} "{f"&{chr(98 + at)};" * 10}">' for at in range(9))
    + "]>\n<x>&k;</x>\n"
)


def test_entities_are_not_expanded(shared: Path, outcome: Outcome) -> None:
    assert outcome(LAUGHS.encode()) is None
    original = files.load(shared, ONLY_REAL["neware-ndax"])
    with zipfile.ZipFile(io.BytesIO(original)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    changed = {name: LAUGHS.encode() if name.endswith(".xml") else content for name, content in members.items()}
    outcome(zipped(changed))
    # and in a workbook
    sheet = LAUGHS.replace("<x>", "<worksheet><sheetData><row><c><v>").replace("</x>", "</v></c></row></sheetData></worksheet>")
    outcome(
        zipped({"[Content_Types].xml": LAUGHS.encode(), "xl/workbook.xml": LAUGHS.encode(), "xl/worksheets/sheet1.xml": sheet.encode()})
    )


# --- counters ---------------------------------------------------------------------------------------------------------------------


def test_repeated_steps_and_wrapping_counters_lose_no_row(outcome: Outcome) -> None:
    example = next(example for example in EXAMPLES if example.format == "neware-csv")
    lines = texts_of(example).splitlines()
    repeated = [lines[0], *(re.sub(r"^(\d+),1,\d+,", r"\1,1,1,", line) for line in lines[1:])]
    wrapped = [lines[0], *(re.sub(r"^(\d+),1,", lambda found: f"{int(found[1]) % 7},{int(found[1]) % 3},", line) for line in lines[1:])]
    for changed in (repeated, wrapped):
        measured = outcome(("\n".join(changed) + "\n").encode())
        assert measured is not None
        assert measured.table.height == example.rows
        assert measured.table["voltage_volt"].equals(plainly(example.data).table["voltage_volt"])


# --- archives -----------------------------------------------------------------------------------------------------------------------


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return written.getvalue()


@pytest.mark.parametrize("example", **BY_NAME)
def test_an_example_in_a_zip_reads_the_same(example: Any, outcome: Outcome) -> None:
    packed = zipped({"folder/some name.dat": example.data})
    measured = outcome(packed)
    assert measured is not None
    assert measured.table.equals(outcome(example.data).table)  # type: ignore[union-attr]
    assert measured.source.sha256 == sha256(packed).hexdigest()


def _hostile_zips() -> Iterator[tuple[str, bytes]]:
    example = EXAMPLES[0].data
    yield "nested", zipped({"a.zip": zipped({"b.zip": zipped({"c.par": example})})})
    yield "bomb", zipped({"a.csv": b"0" * 50_000_000})
    yield "bomb in a bomb", zipped({"a.zip": zipped({"a.csv": b"0" * 20_000_000})})
    yield "out of the folder", zipped({"../../a.par": example})
    yield "absolute", zipped({"/etc/a.par": example})
    yield "drive", zipped({"C:\\a.par": example})
    yield "many", zipped({f"{at}.par": example for at in range(65)})
    yield "two", zipped({"a.par": example, "b.par": example})
    yield "none", zipped({})
    whole = zipped({"a.par": example}, zipfile.ZIP_STORED)
    size = len(example).to_bytes(4, "little")
    yield "lying", whole.replace(size, (len(example) - 100).to_bytes(4, "little"))
    yield "lying more", whole.replace(size, (2**31).to_bytes(4, "little"))
    yield "cut", whole[:-30]
    yield "damaged", whole.replace(b"VersaStudio", b"VersaStudia", 1)


HOSTILE_ZIPS = dict(_hostile_zips())


@pytest.mark.parametrize("kind", HOSTILE_ZIPS)
def test_a_hostile_zip_is_refused(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ReadError):
        read_bytes(HOSTILE_ZIPS[kind], "a.zip")
    assert list(tmp_path.iterdir()) == []


# --- memory -----------------------------------------------------------------------------------------------------------------------

READ_ALL = """
import json, re, sys
from pathlib import Path
from dualion.errors import DualionError
from dualion.readers import read_all
peaks = {}
for path in sys.argv[1:]:
    try:
        read_all(path)
    except DualionError:
        pass
    # ru_maxrss of a child begins with that of the process that started it; this does not
    peaks[Path(path).name] = int(re.search(r"VmHWM:\\s*(\\d+) kB", Path("/proc/self/status").read_text())[1])
print(json.dumps(peaks))
"""


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the peak is read from /proc")
def test_every_format_stays_within_its_memory(fresh_python: Callable[..., str], tmp_path: Path) -> None:
    """The peak only grows from file to file, so the last one speaks for all; whole real files where they are."""
    for at, example in enumerate((*EXAMPLES, *OF_SAMPLES)):
        (tmp_path / f"{at:03d}").write_bytes(example.data)
    (tmp_path / "wide").write_bytes(b"," * WIDE + b"\n" + b"1,2,3\n" * 1000)
    (tmp_path / "bomb").write_bytes(HOSTILE_ZIPS["bomb"])
    reference = TESTS.parents[1] / "shared" / "data"
    named = [reference / name for name in files.FILES]
    named += [
        path
        for folder in ("adsorption", "saxs", "xrd", "raman", "ftir", "xps", "nexafs", "xafs")
        for path in (reference / folder).glob("*")
    ]
    real = [path for path in named if path.is_file() and path.stat().st_size < 4_000_000]
    peaks = json.loads(fresh_python(READ_ALL, *map(str, sorted(tmp_path.iterdir())), *map(str, real)))
    assert max(peaks.values()) < MEMORY, peaks
    assert os.path.basename(str(real[-1])) in peaks if real else True


OTHER_TYPES = {
    "integers": ({"test_time_second": [0, 1], "voltage_volt": [1, 2], "current_ampere": [0, 0]}, []),
    "words": ({"test_time_second": ["0", "1"], "voltage_volt": ["a", "b"], "current_ampere": ["0", "0"]}, None),
    "lists": ({"test_time_second": [[0.0], [1.0]], "voltage_volt": [1.0, 2.0], "current_ampere": [0.0, 0.0]}, None),
    "no numbers": (
        {"test_time_second": [0.0, None], "voltage_volt": [1.0, float("nan")], "current_ampere": [float("inf"), 0.0]},
        ["missing_values"],
    ),
    "no rows": ({"test_time_second": [], "voltage_volt": [], "current_ampere": []}, None),
}


@pytest.mark.slow
@pytest.mark.parametrize(("columns", "flags"), OTHER_TYPES.values(), ids=OTHER_TYPES)
def test_parquet_of_other_types_is_read_or_refused(columns: dict[str, Any], flags: list[str] | None, outcome: Outcome) -> None:
    """Integers are numbers; words, lists and nothing are refused; what is no number is flagged. ``None``: refused."""
    written = io.BytesIO()
    pl.DataFrame(columns).write_parquet(written)
    measured = outcome(written.getvalue())
    assert (None if measured is None else [flag.code for flag in measured.flags]) == flags
