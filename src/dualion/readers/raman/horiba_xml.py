"""Horiba LabSpec as XML: a tree of settings and axes (``LSX_Tree``) and the rows of intensity (``LSX_Matrix``).

The names of the elements say nothing; their attribute ``ID`` does. Of each setting there is a name and one or two values, of which the
second is the exact one (a laser of "633 " nm is one of 632.817 nm). Each row of the matrix is a spectrum. The axis must be a shift in cm-1.

References: the identifiers, as established by the readers of RosettaSciIO from files of LabSpec 6.
"""

from __future__ import annotations

import re

import polars as pl

from dualion.errors import ReadError
from dualion.readers.format import Format, Given
from dualion.readers.raman.horiba import conditions_of
from dualion.readers.spectra.units import factor_to
from dualion.readers.tables import measured
from dualion.readers.texts.decoding import Marks, beginning, numbers
from dualion.readers.texts.xml_tree import Element, root_of
from dualion.records.measurement import Measurement

_READER = "horiba-xml"
_ROOT = re.compile(r"<LSX_(?:Tree|Matrix|Data)\b")
_AXES, _NAME, _VALUE, _EXACT, _UNIT, _LIST = "0x7B697861", "0x6D6D616E", "0x7D6C61DB", "0x8736F70", "0x7C696E75", "0x7D6CD4DB"
_SIGNAL, _TITLE = "0x1", "0x6C7469D9"
_MOST_SPECTRA = 5000
_AGAIN = "Export the spectrum anew."


def _recognises(given: Given) -> bool:
    return _ROOT.search(beginning(given)) is not None


def _by_id(element: Element | None, identifier: str) -> Element | None:
    """The child with an identifier."""
    return None if element is None else next((one for one in element.children if one.attributes.get("ID") == identifier), None)


def _words(element: Element | None) -> str:
    return "" if element is None else element.words


def _read(given: Given) -> tuple[Measurement, ...]:
    root = root_of(given)
    tree, matrix = root.first("LSX_Tree"), root.first("LSX_Matrix")
    if tree is None or matrix is None:
        raise ReadError(given.name, "start of file", "there is no LSX_Tree or no LSX_Matrix", _AGAIN)
    axes = next((one for one in tree.within() if one.attributes.get("ID") == _AXES), None)
    shifts = _shifts(given, _by_id(axes, _SIGNAL))
    settings = _settings(tree) | {"Title": _words(_by_id(tree, _TITLE))}
    rows = list(matrix.all("LSX_Row"))
    if not 0 < len(rows) <= _MOST_SPECTRA:
        raise ReadError(given.name, "LSX_Matrix", f"it holds {len(rows)} spectra, and 1 to {_MOST_SPECTRA} are allowed", _AGAIN)
    found = []
    for number, row in enumerate(rows, start=1):
        intensity = _numbers(given, row)
        if len(intensity) != len(shifts):
            reason = f"the row holds {len(intensity)} intensities for {len(shifts)} shifts"
            raise ReadError(given.name, f"line {row.line}", reason, _AGAIN)
        columns = {"raman_shift_per_centimetre": shifts, "intensity_arbitrary": intensity}
        region = f"spectrum {number}" if len(rows) > 1 else ""
        found.append(measured(given, columns, technique="raman", reader=_READER, conditions=conditions_of(settings), region=region))
    return tuple(found)


def _shifts(given: Given, axis: Element | None) -> pl.Series:
    unit, values = _words(_by_id(axis, _UNIT)), _by_id(axis, _LIST)
    if values is None:
        raise ReadError(given.name, "LSX_Tree", "there is no axis of shifts", _AGAIN)
    if factor_to(unit, "cm-1") != 1.0:
        hint = "Export the spectrum with the axis in cm-1."
        raise ReadError(given.name, f"line {values.line}", f'the axis is in "{unit[:20]}" and is no Raman shift in cm-1', hint)
    return _numbers(given, values)


def _numbers(given: Given, element: Element) -> pl.Series:
    place = f"line {element.line}"
    return numbers(given, element.words.split(), where=lambda at: f"{place}, number {at + 1}", marks=Marks())


def _settings(tree: Element) -> dict[str, str]:
    """Settings by name; the exact value where there are two."""
    found = {}
    for element in tree.within():
        name = _by_id(element, _NAME)
        if name is not None:
            value = _words(_by_id(element, _EXACT)) or _words(_by_id(element, _VALUE))
            if name.words in ("Acq. time (s)", "Accumulations"):
                value = _words(_by_id(element, _VALUE)) or value
            found[name.words] = value
    return found


FORMATS = (Format(_READER, "Horiba LabSpec XML", (".xml",), _recognises, _read),)
