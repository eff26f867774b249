"""XDI: one scan of X-ray absorption as text, with a header that names the columns (XAS Data Interchange 1.0 and 1.1).

The first line begins with ``# XDI/``. ``# Column.N: name unit`` names each column; a file without these lines is refused, because a row of
numbers does not say what they are. Absorption follows from the columns that are there:

    mutrans, muabs, xmu, mu      the absorption itself
    i0, itrans                   mu = ln(i0 / itrans)                    transmission
    i0, ifluor or mufluor        mu = ifluor / i0                        fluorescence
    itrans, irefer or murefer    mu = ln(itrans / irefer)                the reference foil behind the sample

Each of the channels that a file has is a region of it. Where the absorption is not defined, because an intensity is not positive, the row
has none (``missing_values``). The energy is in eV or keV as the header says, or an angle of the monochromator with its spacing d:
E = h c / (2 d sin theta).

Reference: Ravel & Newville 2016.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence

import polars as pl

from dualion.readers.format import Format, Given
from dualion.readers.spectra.units import factor_to
from dualion.readers.tables import measured
from dualion.readers.texts.blocks import WITHIN_ROW, Block, Text, read_block, text_of, truncated
from dualion.readers.texts.decoding import beginning
from dualion.records.measurement import Measurement
from dualion.records.quantity import Quantity

_READER = "xdi"
_FIRST = re.compile(r"#\s*XDI/\d", re.IGNORECASE)
_FIELD = re.compile(r"#\s*(?P<family>[A-Za-z]\w*)\.(?P<key>\w+)\s*:\s*(?P<value>.*)$")
_COMMENT = ("#", ";", "%")
#: Columns [1] that a scan may have.
_MOST_COLUMNS = 500
_LONGEST_VALUE = 200  # characters of a field of the header that is kept
_PLANCK_LIGHT = 12_398.419843320026  # [eV angstrom] h c, exact (SI 2019)

_ENERGY, _ANGLE = ("energy",), ("angle",)
_DIRECT = ("mutrans", "muabs", "xmu", "mu", "norm")
_INCIDENT, _BEHIND, _REFERENCE, _FLUORESCENCE = ("i0",), ("itrans", "it", "i1"), ("irefer", "iref", "i2"), ("ifluor", "if", "fluor")
#: Fields of the header that are kept, and what we call them.
_KEPT = {
    ("sample", "name"): "title",
    ("sample", "formula"): "formula",
    ("sample", "prep"): "preparation",
    ("sample", "temperature"): "sample_temperature",
    ("element", "symbol"): "element",
    ("element", "edge"): "edge",
    ("facility", "name"): "facility",
    ("beamline", "name"): "instrument",
    ("mono", "name"): "monochromator",
    ("scan", "start_time"): "start_time",
}


def _recognises(given: Given) -> bool:
    first = beginning(given).lstrip().split("\n", 1)[0]
    return _FIRST.match(first) is not None


def _read(given: Given) -> tuple[Measurement, ...]:
    text = text_of(given)
    fields = _fields(text)
    names = _columns(text, fields)
    rows = [at for at, line in enumerate(text.lines) if line.strip() and not line.lstrip().startswith(_COMMENT)]
    if not rows:
        raise text.error(len(text.lines) - 1, "the file has a header and no rows")
    places = {f"column_{at}": at - 1 for at in names}
    block = read_block(text, rows, places, split=str.split, widths=(max(names),), decimal_comma=False)
    energy = _energy(text, names, block, fields)
    conditions: dict[str, Quantity | str] = {
        ours: fields[theirs][:_LONGEST_VALUE] for theirs, ours in _KEPT.items() if fields.get(theirs, "").strip()
    }
    flags = [truncated(WITHIN_ROW)] if block.cut else []
    return tuple(
        measured(
            given,
            {"photon_energy_electronvolt": energy, "mu": mu},
            technique="xafs",
            reader=_READER,
            conditions={**conditions, "channel": channel},
            flags=flags,
            region=region,
        )
        for region, channel, mu in _named(_channels(text, names, block))
    )


def _fields(text: Text) -> dict[tuple[str, str], str]:
    """Fields of the header by family and key, both in lower case; the first of two counts."""
    found: dict[tuple[str, str], str] = {}
    for line in text.lines:
        if line.strip() and not line.lstrip().startswith("#"):
            break
        match = _FIELD.match(line.strip())
        if match:
            found.setdefault((match["family"].casefold(), match["key"].casefold()), match["value"].split("||")[0].strip())
    return found


def _columns(text: Text, fields: Mapping[tuple[str, str], str]) -> dict[int, tuple[str, str]]:
    """Name and unit of each column by its number from 1."""
    found = {}
    for (family, key), value in fields.items():
        if family == "column" and key.isdecimal() and value:
            words = value.split()
            found[int(key)] = (words[0].casefold(), words[1] if len(words) > 1 else "")
    hint = 'Write "# Column.1: energy eV" and its like into the header of a copy of the file.'
    if not found:
        raise text.error(0, "the header does not say what the columns are", hint)
    if sorted(found) != list(range(1, len(found) + 1)) or len(found) > _MOST_COLUMNS:
        raise text.error(0, f"the columns of the header are numbered {', '.join(map(str, sorted(found)[:8]))}", hint)
    return found


def _place(names: Mapping[int, tuple[str, str]], wanted: Sequence[str]) -> int | None:
    return next((at for name in wanted for at in sorted(names) if names[at][0] == name), None)


def _energy(text: Text, names: Mapping[int, tuple[str, str]], block: Block, fields: Mapping[tuple[str, str], str]) -> pl.Series:
    """The photon energy [eV]."""
    at, angle = _place(names, _ENERGY), _place(names, _ANGLE)
    if at is not None:
        unit = names[at][1] or text.given.declared.x_unit or ""
        factor = factor_to(unit, "eV") if unit else None
        if factor is None:
            reason = f'the energy is in "{unit}"' if unit else "the header gives no unit for the energy"
            raise text.error(0, reason, 'Write "# Column.1: energy eV", or declare x_unit = "eV".')
        return block.columns[f"column_{at}"] * factor
    spacing = fields.get(("mono", "d_spacing"), "").split()
    if angle is None:
        raise text.error(0, "no column is the energy", 'Write "# Column.1: energy eV" for the column that holds it.')
    factor = factor_to(names[angle][1], "deg")
    try:
        d = float(spacing[0]) if spacing else math.nan
    except ValueError:
        d = math.nan
    if factor is None or not d > 0:
        raise text.error(
            0, "an angle needs its unit and the spacing of the monochromator", 'Write "# Mono.d_spacing: 3.13555", in angstrom.'
        )
    return _PLANCK_LIGHT / (2 * d * (block.columns[f"column_{angle}"] * factor * (math.pi / 180)).sin())


def _channels(text: Text, names: Mapping[int, tuple[str, str]], block: Block) -> list[tuple[str, pl.Series]]:
    """Every channel of absorption that the columns give."""

    def one(wanted: Sequence[str]) -> pl.Series | None:
        at = _place(names, wanted)
        return None if at is None else block.columns[f"column_{at}"]

    incident, behind, refer, fluor = one(_INCIDENT), one(_BEHIND), one(_REFERENCE), one(_FLUORESCENCE)
    found = []
    direct = one(_DIRECT)
    if direct is not None:
        found.append(("transmission", direct))
    elif incident is not None and behind is not None:
        found.append(("transmission", _logarithm(incident, behind)))
    given = one(("mufluor",))
    if given is not None:
        found.append(("fluorescence", given))
    elif incident is not None and fluor is not None:
        found.append(("fluorescence", _null_where(fluor / incident, incident > 0)))
    foil = one(("murefer",))
    if foil is not None:
        found.append(("reference", foil))
    elif behind is not None and refer is not None:
        found.append(("reference", _logarithm(behind, refer)))
    if not found:
        shown = ", ".join(name for name, _ in names.values())[:_LONGEST_VALUE]
        raise text.error(0, f"no column gives an absorption (there are {shown})", "It needs mutrans, or i0 and itrans, or i0 and ifluor.")
    return found


def _named(channels: Sequence[tuple[str, pl.Series]]) -> list[tuple[str, str, pl.Series]]:
    """Region, channel and absorption; a file with one channel has no regions."""
    return [(channel if len(channels) > 1 else "", channel, mu) for channel, mu in channels]


def _logarithm(before: pl.Series, behind: pl.Series) -> pl.Series:
    """ln(before / behind), null where it is not defined."""
    good = ((before > 0) & (behind > 0)) | ((before < 0) & (behind < 0))
    return _null_where(before / behind, good).log()


def _null_where(values: pl.Series, good: pl.Series) -> pl.Series:
    """The values where they are good, null elsewhere."""
    return values.zip_with(good.fill_null(value=False), pl.Series([None], dtype=pl.Float64).new_from_index(0, len(values))).alias("mu")


FORMATS = (Format(_READER, "XDI, X-ray absorption (.xdi)", (".xdi",), _recognises, _read),)
