"""Tables of a spectrum with a line of names: XRD, Raman, FTIR and XPS as people and programs export them.

The line of names is the first that names an abscissa of the list below, and its unit: ``2theta (deg)``, ``Raman shift (cm-1)``,
``wavenumber [1/cm]``, ``binding energy / eV``. A column that names an intensity, an absorbance or a transmittance is the ordinate. A
heading without a unit is an error that says what to write, except where the name is the unit (``absorbance``). Other columns are left out
and named in the flag ``columns_ignored``.
"""

from __future__ import annotations

from dataclasses import dataclass

from dualion.errors import ReadError
from dualion.readers.battery_format import ignored
from dualion.readers.format import Format, Given
from dualion.readers.spectra.meanings import MEANINGS, Meaning, UnknownUnitError, meant
from dualion.readers.tables import measured
from dualion.readers.texts.decoding import beginning, decoded
from dualion.readers.texts.delimited import MOST_COLUMNS, cells, delimiter_of, fields
from dualion.readers.texts.headings import Heading, heading
from dualion.readers.texts.names_line import names_line
from dualion.records.measurement import Measurement

_READER = "plain-spectrum"
_MOST_PREAMBLE = 200  # lines before the names

#: Names of the abscissa, without signs and in lower case, by technique.
_ABSCISSAE = {
    "xrd": ("2theta", "2θ", "twotheta", "2th", "°2theta", "°2θ", "2thetaangle", "angle2theta", "pos", "position2theta"),
    "raman": ("ramanshift", "raman", "shift", "ramanwavenumber"),
    "ftir": ("wavenumber", "wavenumbers", "wavenumbercm1"),
    "xps": ("bindingenergy", "be", "bindingenergye"),
}
_ORDINATES = ("intensity", "int", "counts", "cps", "signal", "absorbance", "abs", "transmittance", "%t", "transmission", "i", "y")
_ERRORS = ("error", "intensityerror", "sigma", "stderr", "uncertainty", "di")


@dataclass(frozen=True, slots=True)
class _Found:
    """The line of names of a table."""

    start: int
    delimiter: str
    headings: tuple[Heading, ...]
    meaning: Meaning
    x: int
    y: int


def _recognises(given: Given) -> bool:
    return _found(beginning(given)) is not None


def _found(text: str) -> _Found | None:
    return names_line(text, _MOST_PREAMBLE, _names_in)


def _names_in(whole: str, start: int) -> _Found | None:
    line = whole.lstrip("#%;! ")
    delimiter = delimiter_of(line)
    if delimiter is None or line.count(delimiter) >= MOST_COLUMNS:
        return None
    headings = tuple(heading(name) for name in fields(line, delimiter))
    for technique, names in _ABSCISSAE.items():
        x = next((at for at, one in enumerate(headings) if one.name in names), None)
        y = next((at for at, one in enumerate(headings) if at != x and one.name in _ORDINATES), None)
        if x is not None and y is not None:
            return _Found(start + len(whole) - len(line), delimiter, headings, MEANINGS[technique], x, y)
    return None


def _read(given: Given) -> Measurement:
    text = decoded(given)
    found = _found(text)
    if found is None:
        raise ReadError(
            given.name,
            "start of file",
            "there is no line with the names of a spectrum",
            'Write one, such as "2theta (deg),intensity (counts)".',
        )
    line = text.count("\n", 0, found.start) + 1
    table = cells(given, text, header=found.start, delimiter=found.delimiter)
    used = {found.x, found.y}
    error = next((at for at, one in enumerate(found.headings) if one.name in _ERRORS and at not in used), None)
    marks = table.marks([at for at in (found.x, found.y, error) if at is not None])
    x, y = (table.numbers(at, marks) for at in (found.x, found.y))
    try:
        columns = meant(found.meaning, x, y, x_unit=_unit(found.headings[found.x], given, line), y_unit=_ordinate(found))
    except UnknownUnitError as problem:
        raise ReadError(
            given.name, f"line {line}", "a heading gives no unit that is known", f"{str(problem)[0].upper()}{str(problem)[1:]}."
        ) from None
    if error is not None and any(name.startswith("intensity") for name in columns):
        columns["intensity_error"] = table.numbers(error, marks)
        used.add(error)
    left = [one.text for at, one in enumerate(found.headings) if at not in used]
    return measured(given, columns, technique=found.meaning.technique, reader=_READER, flags=(*table.flags, *ignored(given, left)))


def _unit(one: Heading, given: Given, line: int) -> str:
    stated = one.written or given.declared.x_unit
    if not stated:
        hint = f'Write the unit into the heading of a copy of the file, such as "{one.text.strip()} (cm-1)", or declare x_unit.'
        raise ReadError(given.name, f'line {line}, column "{one.text[:40]}"', "the heading has no unit", hint)
    return stated


def _ordinate(found: _Found) -> str | None:
    """Unit of the ordinate, or the word that says what it is."""
    one = found.headings[found.y]
    if found.meaning.technique == "ftir":
        return (
            "%" if one.name == "%t" or one.written.strip() == "%" else "absorbance" if one.name.startswith("abs") else one.written or None
        )
    return "cps" if one.name == "cps" else one.written or None


FORMATS = (Format(_READER, "Table of a spectrum with names and units", (".csv", ".txt", ".tsv"), _recognises, _read),)
