"""Tables of beamlines: photon energy and signals under headings such as ``PE/eV,AbNorm_161116_1251_Is``.

The headings say what each column is: the photon energy with its unit, the incident intensity (``I0``, ``mesh``), and one or more signals:
``TEY`` (total electron yield), ``PEY`` (partial), ``AEY`` (Auger), ``Is`` (sample current, which is a total electron yield), ``TFY`` and
``PFY`` (fluorescence). A signal whose heading says that it is normalised is taken as it is, with the flag ``prenormalised``; another is
divided by the incident intensity where there is one, which is then kept beside it as ``intensity_arbitrary``. Each signal is a measurement;
where there are several, their headings are the regions. Transmission tables (``I0``, ``It``) give ln(I0 / It).

Below 1 keV a table is a near-edge spectrum (``nexafs``), above it X-ray absorption (``xafs``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from dualion.readers.format import Format, Given
from dualion.readers.tables import measured
from dualion.readers.texts.blocks import WITHIN_ROW, Text, read_block, text_of, truncated
from dualion.readers.texts.decoding import beginning
from dualion.records.measurement import Measurement
from dualion.records.quantity import Flag, Quantity

_NAME = "beamline-table"
#: [eV] from which an edge is of the hard or tender X-rays.
_XAFS_FROM = 1000.0
_KILO = 1e3
#: Rows [1] before the last that show how many decimals there are.
_ROWS_TO_TELL = 8
#: Lines [1] before the heading.
_MOST_COMMENTS = 200

_ENERGY = re.compile(
    r"(?:(?:mono|ring|photon)[\s_-]*)?(?:pe|energy|photon[\s_-]*energy|h[vν]|e)\s*[/_(\[\s]\s*(?P<unit>k?ev)\s*[)\]]?", re.IGNORECASE
)
_WORD = re.compile(r"[A-Za-z]+\d*")
_INCIDENT = ("i0", "io", "izero", "mesh", "monitor")
_TRANSMITTED = ("it", "itrans", "i1")
_CHANNELS = {
    "tey": "total electron yield",
    "is": "total electron yield",
    "drain": "total electron yield",
    "pey": "partial electron yield",
    "aey": "Auger electron yield",
    "tfy": "fluorescence yield",
    "pfy": "fluorescence yield",
    "fy": "fluorescence yield",
}
_NORMALISED = re.compile(r"norm", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Heading:
    """The line of names: its number [1], names, separator, place [1] of the energy, and factor [1] to eV."""

    line: int
    names: tuple[str, ...]
    separator: str | None
    energy: int
    factor: float

    def split(self, line: str) -> list[str]:
        """Fields of a line."""
        return [field.strip() for field in line.strip().split(self.separator)]


def _heading(lines: list[str]) -> _Heading | None:
    """The line of names; None where there is none."""
    for number, written in enumerate(lines[:_MOST_COMMENTS]):
        line = written.strip().lstrip("#").strip()
        for separator in ("\t", ";", ",", None):
            names = tuple(name.strip().strip('"') for name in line.split(separator))
            energies = [(at, match) for at, name in enumerate(names) if (match := _ENERGY.fullmatch(name))]
            if len(energies) == 1 and any(_role(name) not in ("", "energy") for name in names):
                at, match = energies[0]
                return _Heading(number, names, separator, at, _KILO if match["unit"].lower() == "kev" else 1.0)
    return None


def _role(name: str) -> str:
    """What a column is: ``energy``, ``incident``, ``transmitted``, ``normalised``, ``signal``, or nothing."""
    if _ENERGY.fullmatch(name):
        return "energy"
    words = [word.lower() for word in _WORD.findall(name.replace("_", " "))]
    if _NORMALISED.search(name):
        return "normalised"
    if any(word in _CHANNELS for word in words):
        return "signal"
    if any(word in _INCIDENT for word in words):
        return "incident"
    return "transmitted" if any(word in _TRANSMITTED for word in words) else ""


def _channel(name: str) -> str:
    words = [word.lower() for word in _WORD.findall(name.replace("_", " "))]
    return next((_CHANNELS[word] for word in words if word in _CHANNELS), "")


def _recognises(given: Given) -> bool:
    heading = _heading(beginning(given).split("\n"))
    return heading is not None and bool(_signals(heading))


def _signals(heading: _Heading) -> list[int]:
    """Columns that are spectra of their own."""
    roles = [_role(name) for name in heading.names]
    found = [at for at, role in enumerate(roles) if role in ("signal", "normalised")]
    return found or ([roles.index("transmitted")] if "transmitted" in roles and "incident" in roles else [])


def _read(given: Given) -> tuple[Measurement, ...]:
    text = text_of(given)
    heading = _heading(list(text.lines))
    if heading is None or not _signals(heading):
        raise text.error(0, "there is no line of names with a photon energy in eV and a signal")
    columns, cut = _columns(text, heading)
    energy = heading.factor * columns[heading.energy]
    roles = [_role(name) for name in heading.names]
    incidents = [at for at, role in enumerate(roles) if role == "incident"]
    if len(incidents) > 1:
        raise text.error(heading.line, f"{len(incidents)} columns are the incident intensity", "Leave one of them in the file.")
    incident = columns[incidents[0]] if incidents else None
    signals = _signals(heading)
    finite = energy[np.isfinite(energy)]
    technique = "xafs" if finite.size and float(np.median(finite)) >= _XAFS_FROM else "nexafs"
    found = []
    for at in signals:
        table, flags = _spectrum(roles[at], columns[at], incident)
        conditions: dict[str, Quantity | str] = {"heading": heading.names[at]}
        channel = "transmission" if roles[at] == "transmitted" else _channel(heading.names[at])
        conditions |= {"channel": channel} if channel else {}
        region = heading.names[at] if len(signals) > 1 else ""
        if cut:
            flags.append(truncated(WITHIN_ROW))
        table = {"photon_energy_electronvolt": energy, **table}
        found.append(measured(given, table, technique=technique, reader=_NAME, conditions=conditions, flags=flags, region=region))
    return tuple(found)


def _columns(text: Text, heading: _Heading) -> tuple[list[np.ndarray], bool]:
    """All columns that have a part, by their place; the others are empty."""
    places = {str(at): at for at, name in enumerate(heading.names) if _role(name)}
    rows = [row for row in range(heading.line + 1, len(text.lines)) if not text.lines[row].lstrip().startswith("#")]
    width = len(heading.names)
    text = text if text.ended or not _last_is_whole(text, heading, rows) else replace(text, ended=True)
    block = read_block(text, rows, places, split=heading.split, widths=(width,), decimal_comma=heading.separator != ",")
    empty = np.zeros(0)
    numbers = {int(name): series.cast(pl.Float64).fill_null(float("nan")).to_numpy() for name, series in block.columns.items()}
    return [numbers.get(at, empty) for at in range(width)], block.cut


def _last_is_whole(text: Text, heading: _Heading, rows: list[int]) -> bool:
    """Whether the last line, which has no end, shows that nothing of it is missing: no row has more decimals in its last field."""
    fields = [heading.split(text.lines[row]) for row in rows if text.lines[row].strip()]
    *before, last = [field[-1].partition(".")[2] for field in fields if len(field) == len(heading.names)] or [""]
    return bool(fields) and len(fields[-1]) == len(heading.names) and last.isdigit() and len(before) >= _ROWS_TO_TELL and (
        len(last) == max(map(len, before))
    )  # fmt: skip


def _spectrum(role: str, signal: np.ndarray, incident: np.ndarray | None) -> tuple[dict[str, np.ndarray], list[Flag]]:
    """Absorption of one signal, and the incident intensity beside it."""
    if role == "normalised":
        message = "The heading says that the signal is normalised: the incident intensity is not in the file and cannot be checked."
        return {"mu": signal}, [Flag("prenormalised", "warning", message)]
    if incident is None:
        return {"mu": signal}, []
    beam = np.where(incident > 0, incident, np.nan)  # no beam, no number
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        mu = np.log(beam / np.where(signal > 0, signal, np.nan)) if role == "transmitted" else signal / beam
    return {"mu": mu, "intensity_arbitrary": incident}, []


FORMATS = (Format(_NAME, "Beamline table (photon energy, signals)", (".csv", ".txt", ".dat"), _recognises, _read),)
