"""What the analysis finds of a carbon in its own signals, beside what was put in, in units of the error that it states."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from dualion.errors import InputError
from dualion.records.measurement import Measurement, Result
from dualion.records.quantity import Quantity
from dualion.study.virtual.carbon import Carbon
from dualion.study.virtual.instruments import INSTRUMENTS, Instrument
from dualion.techniques import technique
from dualion.techniques.row import options_from
from dualion.units import convert

#: Half of a 95 % interval in standard errors.
_WIDTH = 1.96


@dataclass(frozen=True, slots=True)
class Recovery:
    """One descriptor, put in and found.

    Parameters
    ----------
    instrument, descriptor : str
    value : str
        Name of the value in the result of the technique.
    unit : str
    truth : float
        In ``unit``.
    found : float or None
        In ``unit``; None where it is withheld.
    stderr : float or None
        Standard error that the analysis states, or a quarter of its 95 % interval [unit].
    interval : tuple of two floats, or None
        95 % interval that the analysis states, or 1.96 standard errors to both sides [unit].
    flags : tuple of str
        Codes of the warnings and refusals of the result.
    """

    instrument: str
    descriptor: str
    value: str
    unit: str
    truth: float
    found: float | None
    stderr: float | None
    interval: tuple[float, float] | None = None
    flags: tuple[str, ...] = ()

    @property
    def z(self) -> float | None:
        """[1] standard errors by which the value found lies off; None where it is withheld or has no error."""
        if self.found is None or not self.stderr:
            return None
        return (self.found - self.truth) / self.stderr

    @property
    def inside(self) -> bool | None:
        """Whether the truth lies in the 95 % interval; None where there is none."""
        return None if self.interval is None else self.interval[0] <= self.truth <= self.interval[1]


def analysed(carbon: Carbon, measurements: Sequence[Measurement]) -> Mapping[str, Result]:
    """Results of the instruments whose measurements are there.

    Parameters
    ----------
    carbon : Carbon
        Whose conditions an instrument needs for its options.
    measurements : sequence of Measurement
        As ``signals`` gives them, or as they were read back from files.

    Returns
    -------
    mapping of str to Result
        By instrument.
    """
    results = {}
    for instrument in INSTRUMENTS:
        row = technique(instrument.technique)
        own = [
            one
            for one in measurements
            if one.technique == row.measurement and one.sample in (instrument.sample(carbon), *instrument.beside.values())
        ]
        if own:
            options = options_from(row, dict(instrument.options(carbon)), where=instrument.name)
            results[instrument.name] = row.analyse(own, options)
    return results


def recovered(carbon: Carbon, measurements: Sequence[Measurement], *, results: Mapping[str, Result] | None = None) -> tuple[Recovery, ...]:
    """Every descriptor that the signals show, found beside put in.

    Parameters
    ----------
    carbon : Carbon
    measurements : sequence of Measurement
    results : mapping of str to Result, optional
        Of ``analysed``, where it ran before.

    Returns
    -------
    tuple of Recovery
        In the order of the instruments.

    Raises
    ------
    InputError
        A technique does not give a value that it is asked for.
    """
    found = analysed(carbon, measurements) if results is None else results
    return tuple(one for name in found for one in compared(carbon, _named(name), found[name]))


def _named(name: str) -> Instrument:
    return next(one for one in INSTRUMENTS if one.name == name)


def compared(carbon: Carbon, instrument: Instrument, result: Result) -> tuple[Recovery, ...]:
    """Descriptors of one instrument, found beside put in.

    Parameters
    ----------
    carbon : Carbon
    instrument : Instrument
    result : Result

    Returns
    -------
    tuple of Recovery
    """
    codes = tuple(dict.fromkeys(flag.code for flag in result.flags if flag.severity != "note"))
    rows = []
    for name, truth in instrument.recovers(carbon).items():
        if name not in result.values:
            raise InputError(f"{instrument.technique} gives no {name}. It gives {', '.join(result.values)}.")
        found = result.values[name]
        stderr, interval = _errors(found)
        wanted = convert(truth.value, truth.unit, found.unit)
        rows.append(Recovery(instrument.name, truth.descriptor, name, found.unit, wanted, found.value, stderr, interval, codes))
    return tuple(rows)


def _errors(found: Quantity) -> tuple[float | None, tuple[float, float] | None]:
    """Standard error and 95 % interval, each from the other where one is not stated."""
    stderr, interval = found.stderr, found.interval
    if stderr is None and interval is not None:
        stderr = (interval[1] - interval[0]) / (2 * _WIDTH)
    if interval is None and stderr is not None and found.value is not None:
        interval = (found.value - _WIDTH * stderr, found.value + _WIDTH * stderr)
    return stderr, interval


def as_table(rows: Sequence[Recovery]) -> pl.DataFrame:
    """One row for each descriptor.

    Parameters
    ----------
    rows : sequence of Recovery, length n

    Returns
    -------
    polars.DataFrame, n rows
    """
    schema = {"instrument": pl.String, "descriptor": pl.String, "value": pl.String, "unit": pl.String}
    numbers = dict.fromkeys(("put_in", "found", "stderr", "z"), pl.Float64)
    made = [
        {
            "instrument": one.instrument,
            "descriptor": one.descriptor,
            "value": one.value,
            "unit": one.unit,
            "put_in": one.truth,
            "found": one.found,
            "stderr": one.stderr,
            "z": one.z,
            "inside": one.inside,
            "flags": " ".join(one.flags),
        }
        for one in rows
    ]
    return pl.DataFrame(made, schema={**schema, **numbers, "inside": pl.Boolean, "flags": pl.String})
