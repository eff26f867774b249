"""What every technique is made of: one module, one row.

A technique turns measurements into a result by one method. Its module reads like a methods section and holds

    Options       frozen dataclass; every field has a default, and its unit in a comment
    analyse       (measurements, options) -> Result
    draw          (result) -> Figure
    synthesise    (rng, *, noise, **truth) -> (measurements, truth)
    TECHNIQUE     one row, below

One technique never imports another; what they share is in ``numerics``. Numbers that the data cannot carry are withheld (a quantity
whose value is None) with a flag of severity ``refusal``. Exceptions are for two things: what the user must give (``SpecError``) and
fewer data than the method needs (``CoverageError``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from types import MappingProxyType
from typing import Any, cast

from dualion.errors import CoverageError, InputError, SpecError
from dualion.records.figure import Figure
from dualion.records.json import to_plain
from dualion.records.measurement import Measurement, Provenance, Result
from dualion.records.quantity import Flag, Quantity

#: Values of a result that are known beforehand, by name, in the units of the result.
Truth = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Technique:
    """One row of the table of techniques.

    Parameters
    ----------
    name : str
        Of its module and of its verb, such as ``"gitt"``.
    title : str
        For people, such as ``"Galvanostatic intermittent titration"``.
    measurement : str
        The technique of the measurements it takes: ``"gcd"``, ``"cv"``, ``"gitt"``, ``"eis"``.
    needs : tuple of str
        Canonical columns that must be there.
    options : type
        Its ``Options``.
    analyse, draw, synthesise : callable
    references : tuple of str
        Keys of ``references.bib``.
    version : int
        Raised whenever the method gives another number.
    several : bool
        Whether one result needs several measurements, such as one for each scan rate.
    example : object
        Options with which its own synthetic data are analysed; ``options()`` where None.
    libraries : tuple of str
        What its numbers rest on besides dualion.
    """

    name: str
    title: str
    measurement: str
    needs: tuple[str, ...]
    options: type
    analyse: Callable[[Sequence[Measurement], Any], Result]
    draw: Callable[[Result], Figure]
    synthesise: Callable[..., tuple[tuple[Measurement, ...], Truth]]
    references: tuple[str, ...]
    version: int = 1
    several: bool = False
    example: Any = None
    libraries: tuple[str, ...] = ("numpy", "scipy", "polars")

    def example_options(self) -> Any:
        """Options with which its own synthetic data are analysed."""
        return self.options() if self.example is None else self.example


def check_input(technique: Technique, measurements: Sequence[Measurement], *, rows: int = 1) -> None:
    """Refuse measurements that a technique cannot work on, before it starts.

    Parameters
    ----------
    technique : Technique
    measurements : sequence of Measurement
    rows : int
        Fewest rows [1] that each must have.

    Raises
    ------
    CoverageError
        There is no measurement, or one has too few rows.
    InputError
        A column is missing.
    """
    if not measurements:
        raise CoverageError(f"{technique.title}: the technique, in measurements,", 1, 0)
    for measured in measurements:
        absent = [name for name in technique.needs if name not in measured.table.columns]
        if absent:
            raise InputError(
                f"{measured.source.file}: no column {absent[0]}, which {technique.name} needs. "
                f"Give a measurement with {', '.join(technique.needs)}."
            )
        if measured.table.height < rows:
            raise CoverageError(f"{measured.source.file}: {technique.name}, in rows,", rows, measured.table.height)


def carried_flags(measurements: Sequence[Measurement]) -> tuple[Flag, ...]:
    """Flags of the measurements, each once: what a reader found holds for every number that follows from the file."""
    return tuple(dict.fromkeys(flag for measured in measurements for flag in measured.flags))


def provenance(technique: Technique, measurements: Sequence[Measurement], options: Any, *, seed: int | None = None) -> Provenance:
    """What makes a result of a technique repeatable.

    Parameters
    ----------
    technique : Technique
    measurements : sequence of Measurement
    options : object
        Its options.
    seed : int or None
        Of a method that draws numbers.
    """
    return Provenance(
        inputs=tuple(f"sha256:{measured.source.sha256}" for measured in measurements),
        method=technique.name,
        method_version=technique.version,
        options=cast(dict[str, Any], to_plain(options)),
        software=dict(_software(technique.libraries)),
        references=technique.references,
        seed=seed,
    )


def prefixes(samples: Sequence[str]) -> list[str]:
    """What stands before the names of the values of each sample; nothing where there is one.

    Parameters
    ----------
    samples : sequence of str, shape (n,)

    Examples
    --------
    >>> prefixes(["MEC 3", "MEC-3", "0 V"]), prefixes(["MEC3"])
    (['mec_3_1_', 'mec_3_2_', 's_0_v_'], [''])
    """
    if len(samples) == 1:
        return [""]
    words = [re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") or "sample" for name in samples]
    words = [word if word[0].isalpha() else f"s_{word}" for word in words]
    return [f"{word}_{words[: at + 1].count(word)}_" if words.count(word) > 1 else f"{word}_" for at, word in enumerate(words)]


def finding_of(values: Mapping[str, Quantity], endings: tuple[str, ...], *, otherwise: str) -> str:
    """One sentence of the values whose names have one of some endings.

    Parameters
    ----------
    values : mapping of str to Quantity
    endings : tuple of str
    otherwise : str
        What is said where there is none, without a capital and a full stop.

    Examples
    --------
    >>> finding_of({"pi_position": Quantity(284.6, "eV", 0.1)}, ("position",), otherwise="nothing was found")
    'Pi position 284.6 eV, standard error 0.1 eV.'
    """
    said = []
    for name, one in values.items():
        if name.endswith(endings):
            label, unit = name.replace("_", " "), "" if one.unit == "1" else f" {one.unit}"
            number = "" if one.value is None else f"{one.value:.4g}{unit}, standard error {one.stderr or 0:.2g}{unit}"
            said.append(f"{label} {number}" if number else f"{label} is withheld")
    text = "; ".join(said) or otherwise
    return f"{text[0].upper()}{text[1:]}."


def options_from(technique: Technique, given: Mapping[str, Any], *, where: str) -> Any:
    """Options of a technique from plain data, as they stand in ``dualion.toml`` or on the command line.

    Parameters
    ----------
    technique : Technique
    given : mapping
        Lists become tuples.
    where : str
        For messages, such as ``"dualion.toml: options.gitt"``.

    Raises
    ------
    SpecError
        An unknown key, or a value the options refuse.
    """
    from dualion.records.json import from_plain
    from dualion.records.validation import did_you_mean

    known = [one.name for one in fields(technique.options)]
    for name in given:
        if name not in known:
            raise SpecError(f"{where}.{name}: unknown key. {did_you_mean(name, known) or 'Known are ' + ', '.join(known) + '.'}")
    try:
        return from_plain(technique.options, dict(given))
    except SpecError:
        raise
    except InputError as problem:
        raise SpecError(f"{where}: {problem}") from problem


@lru_cache(maxsize=32)
def _software(libraries: tuple[str, ...]) -> Mapping[str, str]:
    """Versions of dualion and of libraries; reading them from the metadata of packages costs milliseconds."""
    found = {}
    for library in ("dualion", *libraries):
        try:
            found[library] = version(library)
        except PackageNotFoundError:
            found[library] = "unknown"
    return MappingProxyType(found)
