"""Bruker OPUS: result spectra of the binary files ``.0``, ``.1``, ... by the package brukeropus.

A file is a directory of blocks. Spectra of absorbance, transmittance, ATR, reflectance and Kubelka-Munk are measurements, each with its
data block and the block of parameters that belongs to it (NPT points from FXV to LXV, factor CSF); their region is the name of the kind
where there are several. Transmittance is stored as a fraction and given in percent. Single channels, interferograms and phases are passed
over. The package passes over blocks that it cannot read; here every block must lie within the file, and a spectrum without parameters, or
with fewer values than points, is refused.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dualion.errors import MissingDependency, ReadError
from dualion.readers.format import Format, Given
from dualion.readers.tables import measured
from dualion.records.measurement import Measurement
from dualion.records.quantity import Flag, Quantity

Array = NDArray[np.float64]

_NAME = "bruker-opus"
_MAGIC = b"\n\n\xfe\xfe"
_HEADER = struct.Struct("<4sdiii")
_ENTRY = struct.Struct("<iii")
_MOST_BLOCKS = 4096
_MOST_POINTS = 20_000_000
_WORD = 4  # [byte]
_MICROMETRES = 1e4  # [cm-1 um] wavenumber times wavelength
_PERCENT = 100.0
#: Relative to the range of a spectrum: rounding of 32-bit floats, and how far smoothing may have moved an extreme.
_SINGLE = 1e-4
_ATR = 16
#: Kind of a result block (fourth number of its type): region, canonical column, factor.
_KINDS: Mapping[int, tuple[str, str, float]] = {
    4: ("absorbance", "absorbance", 1.0),
    5: ("transmittance", "transmittance_percent", _PERCENT),
    6: ("Kubelka-Munk", "intensity_arbitrary", 1.0),
    12: ("reflectance", "intensity_arbitrary", 1.0),
    15: ("log reflectance", "intensity_arbitrary", 1.0),
    _ATR: ("ATR", "absorbance", 1.0),
}
_HINT = "Copy the file from the spectrometer anew."
_WORDS = (("title", "snm"), ("instrument", "ins"), ("sample_form", "sfm"), ("accessory", "acc"))


def _recognises(given: Given) -> bool:
    return given.data.startswith(_MAGIC)


def _read(given: Given) -> tuple[Measurement, ...]:
    try:
        from brukeropus.file.block import pair_data_and_status_blocks
        from brukeropus.file.directory import FileDirectory
    except ImportError:
        raise MissingDependency("brukeropus", "io") from None
    _check_directory(given)
    directory = FileDirectory(given.data)
    bad = [block for block in directory.parse_error_blocks if block.is_data() or block.is_data_status()]
    if bad:
        raise ReadError(given.name, f"byte {bad[0].start}", f"the block {bad[0].get_label()} is damaged", _HINT)
    header = [block.data for block in directory.blocks if block.is_sm_param() and isinstance(block.data, dict)]
    parameters = {key: value for data in header for key, value in data.items()}
    wanted = [block for block in directory.blocks if block.is_data() and block.type[3] in _KINDS and block.type[4] == 0]
    if not wanted:
        reason = "it holds no result spectrum, only single channels, interferograms or text"
        raise ReadError(given.name, "directory", reason, "Save the absorbance or transmittance in OPUS with the file.")
    unsaid = [block for block in directory.blocks if block.is_data_status() and not isinstance(block.data.get("npt"), int)]
    if unsaid:
        raise ReadError(given.name, f"byte {unsaid[0].start}", "the parameters of a spectrum lack the number of points (NPT)", _HINT)
    pairs = {id(data): status.data for data, status in pair_data_and_status_blocks(list(directory.blocks))}
    found = []
    for block in wanted:
        if id(block) not in pairs:
            raise ReadError(
                given.name, f"byte {block.start}", f"the {block.get_label()} has no parameters, or fewer values than points", _HINT
            )
        region = _KINDS[block.type[3]][0] if len(wanted) > 1 else ""
        found.append(_measured(given, block, pairs[id(block)], parameters, region))
    return tuple(found)


def _check_directory(given: Given) -> None:
    """Every block of the directory lies within the file."""
    data = given.data
    if len(data) < _HEADER.size:
        raise ReadError(given.name, "header", "the file is cut", _HINT)
    _, _, start, most, count = _HEADER.unpack_from(data)
    if not (_HEADER.size <= start <= len(data) and 0 < count <= most <= _MOST_BLOCKS and start + count * _ENTRY.size <= len(data)):
        raise ReadError(given.name, "header", "its directory does not lie within the file", _HINT)
    for number in range(count):
        kind, size, at = _ENTRY.unpack_from(data, start + number * _ENTRY.size)
        if kind and not (0 < at <= at + _WORD * size <= len(data)):
            reason = f"block {number + 1} of {count} ends at byte {at + _WORD * size}, and the file at byte {len(data)}"
            raise ReadError(given.name, f"directory, block {number + 1}", reason, f"The file is cut. {_HINT}")


def _measured(given: Given, block: Any, status: Mapping[str, Any], parameters: Mapping[str, Any], region: str) -> Measurement:
    """One spectrum."""
    _, name, factor = _KINDS[block.type[3]]
    x, y = _points(given, block, status)
    flags = list(_extremes(y, status))
    unit = str(status.get("dxu", ""))
    conditions: dict[str, Quantity | str] = {ours: str(parameters[key]) for ours, key in _WORDS if parameters.get(key)}
    resolution = parameters.get("res")
    if isinstance(resolution, int | float) and np.isfinite(resolution) and resolution > 0:
        conditions["resolution"] = Quantity(float(resolution), "cm-1", rule="stated in the file (RES)")
    if block.type[3] == _ATR:
        conditions["geometry"] = "ATR"
    columns = {"wavenumber_per_centimetre": x, name: factor * y}
    technique = "ftir"
    if unit == "MI" and bool((x > 0).all()):
        columns["wavenumber_per_centimetre"] = _MICROMETRES / x
        flags.append(Flag("abscissa_converted", "note", "The file is in micrometres; wavenumbers are 10 000 divided by them."))
    elif unit != "WN":
        technique, columns = "spectrum", {"abscissa": x, "ordinate": y}
        message = f'The unit of the abscissa is "{unit}", which is none of an infrared spectrum; the columns are as they were written.'
        flags.append(Flag("units_not_ir", "warning", message))
    return measured(given, columns, technique=technique, reader=_NAME, conditions=conditions, flags=flags, region=region)


def _points(given: Given, block: Any, status: Mapping[str, Any]) -> tuple[Array, Array]:
    """Abscissae and ordinates of a block as its parameters say."""
    where = f"byte {block.start}, {block.get_label()}"
    count, first, last, factor = (status.get(key) for key in ("npt", "fxv", "lxv", "csf"))
    if not isinstance(count, int) or not 1 <= count <= _MOST_POINTS:
        raise ReadError(given.name, where, f"the number of points (NPT) is {count}", _HINT)
    numbers = [one for one in (first, last, factor) if isinstance(one, int | float) and np.isfinite(one)]
    if len(numbers) < 3 or (count > 1 and first == last) or factor == 0:
        raise ReadError(given.name, where, f"FXV, LXV and CSF are {first}, {last} and {factor}", _HINT)
    values = np.asarray(block.data, dtype=float)
    if status.get("dpf", 1) not in (1, 2) or values.size < count:
        raise ReadError(given.name, where, f"it announces {count} points and holds {values.size}", _HINT)
    y = float(numbers[2]) * (values[-count:] if block.is_compact_data() else values[:count])
    if status.get("dpf", 1) == 2:
        y = float(numbers[2]) * np.frombuffer(given.data, dtype="<i4", count=count, offset=block.start).astype(float)
    return np.linspace(float(numbers[0]), float(numbers[1]), count), y


def _extremes(y: Array, status: Mapping[str, Any]) -> tuple[Flag, ...]:
    """Hold the stated extremes against the table."""
    finite = y[np.isfinite(y)]
    if finite.size == 0:
        return ()
    room = _SINGLE * max(float(np.ptp(finite)), float(np.abs(finite).max()))
    told = [
        f"{key.upper()} is {stated:.6g} and the table has {value:.6g}"
        for key, value in (("mny", float(finite.min())), ("mxy", float(finite.max())))
        if isinstance(stated := status.get(key), int | float) and not abs(stated - value) <= room
    ]
    return (Flag("ordinate_disagrees", "warning", f"{'; '.join(told)}. The table was taken."),) if told else ()


FORMATS = (Format(_NAME, "Bruker OPUS (.0, .1, ...)", (".0", ".1", ".2"), _recognises, _read),)
