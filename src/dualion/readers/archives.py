"""A file out of the archive it came in: zip, gzip and xz that hold one file.

Nothing is written to disk, and no name inside an archive is ever used as a path. An archive is refused when it holds more than it says,
more than is allowed, or more than a hundred times its own size; when a member's name leaves its folder; when it holds an archive; and when
it is cut. Formats that are zip files themselves (.ndax, .xlsx) stay as they are and are held to the same limits.
"""

from __future__ import annotations

import io
import lzma
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import PurePosixPath
from typing import Protocol

from dualion.errors import ReadError
from dualion.readers.format import Given

MOST_MEMBERS = 64
#: A workbook has a member for each sheet, and exports have a sheet for each cycle.
MOST_SHEETS = 4096
#: Uncompressed to compressed size [1]; measured data reach 30.
LARGEST_RATIO = 100
#: [byte] of the first block that is asked of an archive: below it no ratio is formed.
_FIRST = 1024 * 1024
_CHUNK = 1024 * 1024  # [byte]
_XZ_MEMORY = 128 * 1024 * 1024  # [byte] dictionary of xz -9 is 64 MiB

_ZIP, _GZIP, _XZ = b"PK\x03\x04", b"\x1f\x8b", b"\xfd7zXZ\x00"
_EMPTY_ZIP = b"PK\x05\x06"
_WORKBOOK = "[Content_Types].xml"
_ENDS_OF_DOCUMENTS = (".ndc",)
_NOT_MEANT = ("__MACOSX/", ".DS_Store", "Thumbs.db")
_ENCRYPTED = 0x1  # flag bit of a member, APPNOTE.TXT 4.4.4
_GZIP_WINDOW = 31  # zlib: 15 bits, and 16 for the header of gzip

_DAMAGE = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError, RuntimeError, ValueError, OSError)
_ONE = "Unpack it, and give the file that is meant."
_AGAIN = "Copy or pack the file anew."
_BOMB = "This is how archives look that are made to fill the memory. If it is meant, unpack it first."


class _Decompressor(Protocol):
    """What the decompressors of gzip and xz have in common."""

    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


def unpacked(given: Given, *, largest: int) -> Given:
    """The file inside an archive; the file itself where it is none.

    Parameters
    ----------
    given : Given
    largest : int
        [byte] most that may come out of it.

    Returns
    -------
    Given
        With the name and the digest of the archive.

    Raises
    ------
    ReadError
        The archive is damaged, holds no file or several, or breaks a limit.
    """
    data = given.data
    if data.startswith((_ZIP, _EMPTY_ZIP)):
        inside = _from_zip(given, largest)
    elif data.startswith(_GZIP):
        inside = _inflated(given, largest, "gzip", lambda: zlib.decompressobj(_GZIP_WINDOW))
    elif data.startswith(_XZ):
        inside = _inflated(given, largest, "xz", lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_MEMORY))
    else:
        return given
    if inside is data:
        return given
    if inside.startswith((_GZIP, _XZ)) or (inside.startswith((_ZIP, _EMPTY_ZIP)) and not _is_document(given, inside, largest)):
        raise ReadError(given.name, "first member", "the archive holds another archive", _ONE)
    return Given(given.name, inside, given.sha256)


def members(given: Given, *, largest: int, wanted: Callable[[str], bool] = bool) -> Iterator[tuple[str, bytes]]:
    """The files of a zip, one after the other, within the limits.

    Parameters
    ----------
    given : Given
    largest : int
        [byte] most that all of them may hold.
    wanted : callable
        ``(name) -> bool``, which of them; all where it is not given.

    Yields
    ------
    tuple of str, bytes
        Name and content.

    Raises
    ------
    ReadError
        The archive is damaged or breaks a limit.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(given.data)) as archive:
            for one in _listed(given, archive, largest):
                if wanted(one.filename):
                    yield one.filename, _member(given, archive, one)
    except _DAMAGE as problem:
        raise ReadError(given.name, "zip", f"the archive is damaged ({problem})", _AGAIN) from None


def _names(given: Given, largest: int) -> list[str]:
    """Names of the files of a zip, within the limits as far as its table of contents says."""
    try:
        with zipfile.ZipFile(io.BytesIO(given.data)) as archive:
            return [one.filename for one in _listed(given, archive, largest)]
    except _DAMAGE as problem:
        raise ReadError(given.name, "zip", f"the archive is damaged ({problem})", _AGAIN) from None


def _from_zip(given: Given, largest: int) -> bytes:
    """The one file of a zip, or the zip where it is a document."""
    names = _names(given, largest)
    if _is_of_document(names):
        return given.data
    meant = [name for name in names if not name.startswith(_NOT_MEANT) and not name.endswith(_NOT_MEANT)]
    if len(meant) != 1:
        shown = ", ".join(sorted(meant)[:4]) + (", ..." if len(meant) > 4 else "")
        raise ReadError(given.name, "zip", f"the archive holds {len(meant)} files" + (f" ({shown})" if meant else ""), _ONE)
    return next(data for _, data in members(given, largest=largest, wanted=lambda name: name == meant[0]))


def _is_document(given: Given, inside: bytes, largest: int) -> bool:
    return _is_of_document(_names(Given(given.name, inside, given.sha256), largest))


def _is_of_document(names: Sequence[str]) -> bool:
    return _WORKBOOK in names or any(name.endswith(_ENDS_OF_DOCUMENTS) for name in names)


def _listed(given: Given, archive: zipfile.ZipFile, largest: int) -> list[zipfile.ZipInfo]:
    """The files of a zip, after its table of contents was checked."""
    listed = [one for one in archive.infolist() if not one.is_dir()]
    names = {one.filename for one in listed}
    most = MOST_SHEETS if _WORKBOOK in names else MOST_MEMBERS
    size = sum(one.file_size for one in listed)
    if len(archive.infolist()) > most:
        raise ReadError(given.name, "zip", f"the archive has {len(archive.infolist())} members, and {most} are allowed", _ONE)
    if len(names) != len(listed):
        raise ReadError(given.name, "zip", "two members of the archive have one name", _AGAIN)
    for one in listed:
        if not _stays_inside(one.filename):
            raise ReadError(given.name, f'member "{one.filename[:80]}"', "its name leaves the archive", _BOMB)
        if one.flag_bits & _ENCRYPTED:
            raise ReadError(given.name, f'member "{one.filename[:80]}"', "it is encrypted", _ONE)
    _allowed(given, size, len(given.data), largest)
    return listed


def _member(given: Given, archive: zipfile.ZipFile, one: zipfile.ZipInfo) -> bytes:
    """One member, which may hold no more and no less than the table of contents says."""
    with archive.open(one) as opened:
        data = opened.read(one.file_size + 1)
    if len(data) != one.file_size:
        reason = f"it holds {len(data)} byte, and the archive says {one.file_size}"
        raise ReadError(given.name, f'member "{one.filename[:80]}"', reason, _AGAIN)
    return data


def _stays_inside(name: str) -> bool:
    parts = PurePosixPath(name.replace("\\", "/")).parts
    return bool(parts) and not name.startswith(("/", "\\")) and ".." not in parts and ":" not in name and "\0" not in name


def _inflated(given: Given, largest: int, kind: str, start: Callable[[], _Decompressor]) -> bytes:
    """The content of a gzip or xz file, streams one after the other, read up to the limits only."""
    out, rest = bytearray(), given.data
    try:
        while rest:
            one = start()
            block = one.decompress(rest, _CHUNK)
            while True:
                out += block
                _allowed(given, len(out), len(given.data), largest)
                if one.eof:
                    break
                fed = getattr(one, "unconsumed_tail", b"")
                block = one.decompress(fed, _CHUNK)
                if not block and not one.eof and not fed:
                    raise ReadError(given.name, f"byte {len(given.data)}", f"the {kind} file is cut", _AGAIN)
            rest = one.unused_data.lstrip(b"\0")
    except (zlib.error, lzma.LZMAError) as problem:
        raise ReadError(given.name, kind, f"the archive is damaged ({problem})", _AGAIN) from None
    return bytes(out)


def _allowed(given: Given, size: int, packed: int, largest: int) -> None:
    if size > largest:
        raise ReadError(given.name, "archive", f"it unpacks to more than {largest} byte", f"If it is meant, allow it with largest={size}.")
    if size > max(_FIRST, LARGEST_RATIO * packed):
        raise ReadError(given.name, "archive", f"it unpacks to more than {LARGEST_RATIO} times its size", _BOMB)
