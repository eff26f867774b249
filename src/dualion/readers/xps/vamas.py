"""VAMAS files (ISO 14976) of photoelectron spectrometers, with the models that CasaXPS writes into their comments.

Blank lines before the first one, line ends of any kind and any ending of the name are taken as they come; counts that do not fit are
refused. Every block is a measurement of its own, named by its species and transition.

    E_B = h nu - E_K - phi

Photon energy h nu and work function phi are those of the block. Most instruments write kinetic energies above the Fermi level, and a work
function that is not known, or a negative one (Kratos); it is then part of the axis already, and is not taken off. A positive one is taken
off, and the flag ``work_function`` says so. Counts are divided by the time of collection and the number of scans.

Without a photon energy there is no binding energy, and without a time there are only counts (``counts_without_time``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dualion.errors import ReadError
from dualion.readers.format import Format, Given
from dualion.readers.tables import measured
from dualion.readers.texts.decoding import beginning, decoded
from dualion.readers.xps.casa import vendor_conditions
from dualion.readers.xps.vamas_blocks import IDENTIFIER, Block, content_of
from dualion.records.measurement import Measurement
from dualion.records.quantity import Flag, Quantity

_READER, _VERSION = "vamas", 1
_AGAIN = "Export it anew, with a kinetic or binding energy in eV."
_NEUTRALISER = "charge neutraliser"


def _recognises(given: Given) -> bool:
    return beginning(given).lstrip().startswith(IDENTIFIER)


def _read(given: Given) -> tuple[Measurement, ...]:
    content = content_of(given, decoded(given))
    flags = []
    if not content.ended:
        flags.append(
            Flag("truncated", "warning", 'The file lacks its last line "end of experiment"; all values that it announces are there.')
        )
    spectra = [block for block in content.blocks if block.technique.upper() in ("XPS", "UPS")]
    if not spectra:
        found = ", ".join(sorted({block.technique or "none" for block in content.blocks}))
        raise ReadError(given.name, "blocks", f"no block is a photoelectron spectrum; techniques are {found}", "Export spectra of XPS.")
    return tuple(
        _measurement(given, block, region, content.instrument, flags) for block, region in zip(spectra, _regions(spectra), strict=True)
    )


def _regions(blocks: Sequence[Block]) -> list[str]:
    """Names of the regions, each once."""
    names: list[str] = []
    for block in blocks:
        name = " ".join(word for word in (block.species, block.transition) if word) or block.name
        count = sum(1 for one in names if one == name or one.startswith(f"{name} ("))
        names.append(f"{name} ({count + 1})" if count else name)
    return names


def _measurement(given: Given, block: Block, region: str, instrument: str, flags: Sequence[Flag]) -> Measurement:
    energy, own = _binding_energy(given, block, region)
    counts = block.variables[0][2]
    columns: dict[str, Any] = {"binding_energy_electronvolt": energy}
    if block.collection_time is not None and block.collection_time > 0:
        columns["intensity_count_per_second"] = counts / (block.collection_time * block.scans)
    else:
        columns["intensity_arbitrary"] = counts
        message = f"{region}: the file does not say how long it counted; the intensities are counts."
        own.append(Flag("counts_without_time", "note", message))
    return measured(
        given,
        columns,
        technique="xps",
        reader=_READER,
        version=_VERSION,
        conditions=_conditions(block, instrument),
        flags=(*flags, *own),
        region=region,
    )


def _binding_energy(given: Given, block: Block, region: str) -> tuple[Any, list[Flag]]:
    """Binding energies [eV], and what was done to get them."""
    where = f'block "{region[:40]}"'
    if block.abscissa_unit.lower() != "ev":
        raise ReadError(given.name, where, f'its abscissa is in "{block.abscissa_unit[:20]}"', _AGAIN)
    label = block.abscissa.lower()
    if "binding" in label:
        return block.x, []
    if "kinetic" not in label:
        raise ReadError(given.name, where, f'its abscissa "{block.abscissa[:40]}" is no kinetic or binding energy', _AGAIN)
    if block.source_energy is None or not block.source_energy > 0:
        raise ReadError(given.name, where, "it gives kinetic energies and no photon energy", _AGAIN)
    phi = block.work_function
    if phi is not None and phi > 0:
        message = (
            f"{region}: the work function of {phi:g} eV that the file states was taken off; the charge reference shows whether it is due."
        )
        return block.source_energy - block.x - phi, [Flag("work_function", "note", message)]
    return block.source_energy - block.x, []


def _conditions(block: Block, instrument: str) -> dict[str, Quantity | str]:
    """What a block says besides its values."""
    found: dict[str, Quantity | str] = {"instrument": instrument, "title": block.sample, "x_unit": block.abscissa_unit}
    if block.source:
        found["source"] = block.source
    energies = (("photon_energy", block.source_energy), ("pass_energy", block.pass_energy), ("work_function", block.work_function))
    found |= {name: Quantity(value, "eV") for name, value in energies if value is not None}
    if block.collection_time is not None:
        found["dwell_time"] = Quantity(block.collection_time, "s", rule="of one scan")
    found["scans"] = Quantity(float(block.scans), "1")
    for name, _, values in block.variables[1:]:
        if name.lower().startswith("transmission") and np.all(values > 0):
            found["transmission"] = Quantity(float(values.mean()), "1", rule="mean over the region, on the scale of the file")
    for line in block.comment:
        name, _, word = line.partition(":")
        if name.strip().lower() == _NEUTRALISER and word.strip():
            found["neutraliser"] = word.strip().lower()
    return {name: one for name, one in (found | vendor_conditions(block.comment, block.source_energy)).items() if one != ""}


FORMATS = (Format(_READER, "VAMAS, ISO 14976 (.vms, .npl)", (".vms", ".npl", ".vamas"), _recognises, _read, _VERSION),)
