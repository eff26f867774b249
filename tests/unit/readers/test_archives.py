"""Archives that hold one file are read through; those that lie, overflow, nest or leave their folder are refused."""

from __future__ import annotations

import gzip
import io
import lzma
import struct
import zipfile
from collections.abc import Callable

import pytest

from dualion.errors import ReadError
from dualion.readers.archives import LARGEST_RATIO, MOST_MEMBERS, members, unpacked
from dualion.readers.format import Given

TEXT = b"time (s),voltage (V)\n" + b"".join(b"%d,3.%03d\n" % (n, n) for n in range(500))
LARGEST = 64 * 1024 * 1024


def given(data: bytes) -> Given:
    return Given("x.zip", data, "a" * 64)


def zipped(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def inside(data: bytes, largest: int = LARGEST) -> bytes:
    return unpacked(given(data), largest=largest).data


@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress, lambda data: zipped({"a/b.csv": data})], ids=["gz", "xz", "zip"])
def test_one_file_is_read_through_and_keeps_name_and_digest(pack: Callable[[bytes], bytes]) -> None:
    found = unpacked(given(pack(TEXT)), largest=LARGEST)
    assert found.data == TEXT
    assert (found.name, found.sha256) == ("x.zip", "a" * 64)


@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress])
def test_streams_one_after_the_other_are_one_file(pack: Callable[[bytes], bytes]) -> None:
    assert inside(pack(TEXT) + pack(TEXT)) == TEXT + TEXT


def test_what_is_no_archive_stays_as_it_is() -> None:
    assert inside(TEXT) is TEXT


def test_what_a_mac_adds_is_no_second_file() -> None:
    assert inside(zipped({"b.csv": TEXT, "__MACOSX/._b.csv": b"x", ".DS_Store": b"y"})) == TEXT


@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress, lambda data: zipped({"b.csv": data})], ids=["gz", "xz", "zip"])
def test_a_cut_archive_is_refused_wherever_it_is_cut(pack: Callable[[bytes], bytes]) -> None:
    data = pack(TEXT)
    for length in range(8, len(data), 7):
        with pytest.raises(ReadError):
            inside(data[:length])


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({}, "holds 0 files"),
        ({"a.csv": TEXT, "b.csv": TEXT}, "holds 2 files"),
        ({f"{n}.csv": b"x" for n in range(MOST_MEMBERS + 1)}, "65 members, and 64 are allowed"),
        ({"../a.csv": TEXT}, "its name leaves the archive"),
        ({"/etc/passwd": TEXT}, "its name leaves the archive"),
        ({"..\\a.csv": TEXT}, "its name leaves the archive"),
        ({"C:a.csv": TEXT}, "its name leaves the archive"),
        ({"a.zip": zipped({"b.csv": TEXT})}, "holds another archive"),
        ({"a.csv.gz": gzip.compress(TEXT)}, "holds another archive"),
    ],
)
def test_a_zip_that_is_not_one_file_is_refused(files: dict[str, bytes], reason: str) -> None:
    with pytest.raises(ReadError, match=reason):
        inside(zipped(files))


@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress, lambda data: zipped({"b.csv": data})], ids=["gz", "xz", "zip"])
def test_a_bomb_is_refused_by_its_ratio_and_by_its_size(pack: Callable[[bytes], bytes]) -> None:
    bomb = pack(bytes(4 * 1024 * 1024))
    assert LARGEST_RATIO * len(bomb) < 4 * 1024 * 1024
    with pytest.raises(ReadError, match="unpacks to more than 100 times its size"):
        inside(bomb)
    with pytest.raises(ReadError, match="unpacks to more than 1000 byte"):
        inside(pack(TEXT), largest=1000)


@pytest.mark.parametrize("said", [10, 5000, 2**31])
def test_a_zip_that_lies_about_a_size_is_refused(said: int) -> None:
    data = bytearray(zipped({"b.csv": TEXT}))
    central = data.index(b"PK\x01\x02")
    data[central + 24 : central + 28] = struct.pack("<I", said)
    with pytest.raises(ReadError):
        inside(bytes(data))


def test_a_member_twice_or_encrypted_is_refused() -> None:
    twice = zipped({"a.csv": b"1", "b.csv": b"2"}).replace(b"b.csv", b"a.csv")
    with pytest.raises(ReadError, match="two members of the archive have one name"):
        inside(twice)
    data = bytearray(zipped({"b.csv": TEXT}))
    data[data.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(ReadError, match="it is encrypted"):
        inside(bytes(data))


def test_a_document_that_is_a_zip_stays_whole() -> None:
    book = zipped({"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": b"<workbook/>"})
    assert inside(book) is book
    assert {name for name, _ in members(given(book), largest=LARGEST)} == {"[Content_Types].xml", "xl/workbook.xml"}
    assert inside(zipped({"book.xlsx": book})) == book
