"""Words for people: what a file is, how long it lasts, what it spans; and names for files and places in a page."""

from __future__ import annotations

import re
from collections.abc import Iterable

from dualion.columns import COLUMNS
from dualion.project.plan import Task
from dualion.project.reading import Reading
from dualion.project.roles import stem
from dualion.records.measurement import ELECTROCHEMICAL
from dualion.techniques import technique

#: Kinds of measurement in words.
KINDS = {
    "gcd": "charge and discharge",
    "cv": "cyclic voltammetry",
    "gitt": "titration (GITT)",
    "eis": "impedance",
    "ocv": "open circuit",
    "sorption": "gas sorption",
    "saxs": "small-angle X-ray scattering",
    "xrd": "X-ray diffraction",
    "raman": "Raman spectrum",
    "ftir": "infrared spectrum",
    "xps": "photoelectron spectrum",
    "nexafs": "near-edge absorption",
    "xafs": "X-ray absorption",
    "gdoes": "depth profile (GDOES)",
    "descriptors": "table of quantities",
    "spectrum": "columns without names",
}
#: Columns whose ranges are written with a prefix of their unit.
_SCALED = ("voltage_volt", "current_ampere", "frequency_hertz")
#: Prefixes of the units of ranges with the factor that each stands for, the largest first.
_PREFIXES = (("M", 1e6), ("k", 1e3), ("", 1.0), ("m", 1e-3), ("µ", 1e-6), ("n", 1e-9))
_DAY, _HOUR, _MINUTE = 86_400.0, 3600.0, 60.0  # [s]
_OTHER = re.compile(r"[^a-z0-9]+")
_LONGEST_NAME = 60  # [1] characters
_SPACE = "\xa0"  # keeps a number and its unit on one line
_FAR = 1e-3  # [1] ratio of two ends of a range below which each has its own prefix


def kind_text(kind: str) -> str:
    """A kind of measurement in words."""
    return KINDS.get(kind, kind)


def what_text(reading: Reading) -> str:
    """What a file holds; nothing simulated is called measured."""
    return kind_text(reading.technique) + (", simulated" if reading.simulated else "")


def duration_text(seconds: float) -> str:
    """A duration [s] in the largest unit that fits.

    Examples
    --------
    >>> duration_text(90.0), duration_text(7200.0), duration_text(1.36e6)
    ('1.5 min', '2 h', '15.7 d')
    """
    for unit, length in (("d", _DAY), ("h", _HOUR), ("min", _MINUTE)):
        if seconds >= length:
            return f"{seconds / length:.3g} {unit}"
    return f"{seconds:.3g} s"


def range_texts(reading: Reading) -> tuple[str, ...]:
    """Duration and ranges of a file, in words."""
    texts = [] if reading.duration is None else [duration_text(reading.duration)]
    for name, low, high in reading.ranges:
        unit = COLUMNS[name].unit
        texts.append(range_text(low, high, unit) if name in _SCALED else _plain_range(low, high, unit))
    if reading.state:
        texts.append(reading.state)
    if len(reading.regions) > 1:
        texts.append(f"{len(reading.regions)} regions")
    return tuple(texts)


def range_text(low: float, high: float, unit: str) -> str:
    """A range from ``low`` to ``high`` [unit], with the prefix that its larger end asks for, or one for each end where they lie far apart.

    Examples
    --------
    >>> range_text(-3e-4, 2.6e-4, "A"), range_text(0.03, 1e6, "Hz"), range_text(1.75, 2.895, "V")
    ('−300 to 260\xa0µA', '30\xa0mHz to 1\xa0MHz', '1.75 to 2.895\xa0V')
    """
    if 0 < low < _FAR * high:
        return f"{_scaled(low, low, unit)} to {_scaled(high, high, unit)}"
    largest = max(abs(low), abs(high))
    return f"{_scaled(low, largest, '').rstrip(_SPACE)} to {_scaled(high, largest, unit)}"


def _plain_range(low: float, high: float, unit: str) -> str:
    return f"{low:.5g} to {high:.5g}".replace("-", "−") + (f"{_SPACE}{unit}" if unit else "")


def _scaled(value: float, largest: float, unit: str) -> str:
    prefix, factor = _prefix(largest)
    return f"{value / factor + 0.0:.4g}{_SPACE}{prefix if unit else ''}{unit}".replace("-", "−")


def _prefix(size: float) -> tuple[str, float]:
    """Prefix under which a size reads as a number from 1 on; none for nothing."""
    if size == 0:
        return "", 1.0
    return next((one for one in _PREFIXES if abs(size) >= one[1]), _PREFIXES[-1])


def spans(reading: Reading) -> str:
    """What a file is, in a line."""
    return f"{what_text(reading)} ({reading.reader}), {reading.rows} rows, {', '.join(range_texts(reading))}".rstrip(", ")


def slug(text: str) -> str:
    """A text as part of a file name and an anchor: lower-case letters, digits and hyphens."""
    return _OTHER.sub("-", text.lower()).strip("-")[:_LONGEST_NAME].strip("-")


def task_names(tasks: Iterable[Task]) -> tuple[str, ...]:
    """A name for each task, each once: the technique and the file, or the cell where it takes several.

    Examples
    --------
    >>> task_names([Task("gitt_model", ("raw/A1.csv",), "a1", "A1")])
    ('gitt-model-a1',)
    """
    used: set[str] = set()
    names = []
    for task in tasks:
        first = "-".join(filter(None, (slug(task.technique), slug(label(task)))))
        name, number = first, 2
        while name in used:
            name, number = f"{first}-{number}", number + 1
        used.add(name)
        names.append(name)
    return tuple(names)


def label(task: Task) -> str:
    """What a task is about: its file and region, or its cell or sample where it takes several."""
    if len(task.paths) > 1:
        return task.sample if technique(task.technique).measurement not in ELECTROCHEMICAL else task.cell
    return f"{stem(task.paths[0])}, {task.region}" if task.region else stem(task.paths[0])
