"""A folder of simulated files: one parquet for each measurement, what was put in, and a ``dualion.toml``.

``dualion analyse FOLDER`` then shows the carbon as it would show a measured one, with every number marked as simulated.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from dualion.readers.write import to_battery_format
from dualion.study.virtual.carbon import Carbon
from dualion.study.virtual.instruments import INSTRUMENTS
from dualion.study.virtual.signals import Signals
from dualion.techniques import technique

#: What was put in; the analysis leaves it out.
TRUTH_FILE = "put-in.csv"
PROJECT_FILE = "dualion.toml"
#: Descriptors that no signal shows, and the sample view needs.
KNOWN = ("true_density", "plateau_capacity")
_OTHER = re.compile(r"[^a-z0-9]+")
_DIGITS = 12


def folder_files(carbon: Carbon, found: Signals, *, seed: int, noise: float) -> dict[str, bytes]:
    """Files of the folder of a carbon.

    Parameters
    ----------
    carbon : Carbon
    found : mapping of str to tuple of Measurement
        Of ``signals``.
    seed : int
        [1] with which they were drawn.
    noise : float
        [1] of the usual noise.

    Returns
    -------
    dict of str to bytes
        By name; the same signals give the same bytes.
    """
    files, rows = {}, []
    for name, measurements in found.items():
        for place, measured in enumerate(measurements, start=1):
            part = "" if len(measurements) == 1 else f"-{_slug(measured.region) or f'{place:02d}'}"
            file = f"{_slug(carbon.name)}-{_slug(name)}{part}.parquet"
            files[file] = to_battery_format(measured, "parquet")
            rows += ["", "[[file]]", f'path = "{file}"', f'sample = "{measured.sample}"', *_techniques(name)]
    files[TRUTH_FILE] = _truth(carbon).encode()
    files[PROJECT_FILE] = _project(carbon, found, rows, seed=seed, noise=noise).encode()
    return files


def _techniques(name: str) -> list[str]:
    """The technique of a file, where others take such a file as well."""
    instrument = next(one for one in INSTRUMENTS if one.name == name)
    kind = technique(instrument.technique).measurement
    shared = [one for one in INSTRUMENTS if technique(one.technique).measurement == kind and one.technique != instrument.technique]
    return [f'techniques = ["{instrument.technique}"]'] if shared else []


def _slug(text: str) -> str:
    return _OTHER.sub("-", text.lower()).strip("-")


def _truth(carbon: Carbon) -> str:
    """Descriptors with their errors and standings, as a csv."""
    lines = ["descriptor,value,stderr,unit,standing,source"]
    for name, one in {**carbon.given, **carbon.derived}.items():
        error = "" if one.quantity.stderr is None else f"{one.quantity.stderr:.{_DIGITS}g}"
        source = one.source.replace('"', "'")
        lines.append(f'{name},{one.value:.{_DIGITS}g},{error},{one.quantity.unit},{one.standing},"{source}"')
    return "\n".join(lines) + "\n"


def _project(carbon: Carbon, found: Signals, rows: Sequence[str], *, seed: int, noise: float) -> str:
    lines = [
        f"# Signals of {carbon.name}, simulated with seed {seed} and {noise:g} of the usual noise: nothing here was measured.",
        "schema = 1",
        f'title = "{carbon.name}, simulated"',
        "",
        "[[file]]                         # what was put in: for comparison, not for analysis",
        f'path = "{TRUTH_FILE}"',
        "skip = true",
        "",
        f"[sample.{carbon.name}.descriptors]     # what a pycnometer and a cell would give: no signal here shows it",
        *(_known(carbon, name) for name in KNOWN),
    ]
    return "\n".join([*lines, *_options(carbon, found), *rows]) + "\n"


def _known(carbon: Carbon, name: str) -> str:
    one = carbon.descriptor(name).quantity
    return f'{name} = {{value = {one.value!r}, unit = "{one.unit}", stderr = {one.stderr!r}, method = "put in", source = "virtual carbon"}}'


def _options(carbon: Carbon, found: Signals) -> list[str]:
    """Options of each technique, by its first instrument; a reference is left out where two instruments would share it."""
    lines: list[str] = []
    for name in dict.fromkeys(one.technique for one in INSTRUMENTS if one.name in found):
        instrument, *others = (one for one in INSTRUMENTS if one.technique == name and one.name in found)
        shared = instrument.beside.values() if others else ()
        options = {key: value for key, value in instrument.options(carbon).items() if value not in shared}
        if options:
            lines += ["", f"[options.{name}]", *(f"{key} = {_toml(value)}" for key, value in options.items())]
    return lines


def _toml(value: object) -> str:
    if isinstance(value, (tuple, list)):
        return f"[{', '.join(_toml(one) for one in value)}]"
    if isinstance(value, float):
        return f"{value:.{_DIGITS}g}"
    return f'"{value}"' if isinstance(value, str) else str(value).lower()
