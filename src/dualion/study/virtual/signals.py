"""What the instruments would show of a carbon: measurements of every technique, simulated and labelled so."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

import numpy as np
import polars as pl

from dualion.errors import InputError, SpecError
from dualion.records.measurement import Measurement
from dualion.records.validation import did_you_mean
from dualion.study.virtual.carbon import Carbon
from dualion.study.virtual.instruments import INSTRUMENTS, Instrument
from dualion.techniques import technique

#: Largest multiple [1] of the usual noise: beyond it the errors of the methods, which grow with it, exceed what is measured.
MOST_NOISE = 3.0
#: Measurements by the name of their instrument, in the order of the instruments.
Signals = Mapping[str, tuple[Measurement, ...]]


def signals(carbon: Carbon, rng: np.random.Generator, *, noise: float = 1.0, names: Sequence[str] = ()) -> Signals:
    """Synthetic measurements of a carbon, by the ``synthesise`` of each technique.

    Parameters
    ----------
    carbon : Carbon
    rng : numpy.random.Generator
        Each instrument draws from a stream of its own, so that leaving some out does not change the others.
    noise : float
        [1] multiple of the noise that each technique takes as usual; 0 gives signals without noise.
    names : sequence of str
        Instruments to use; all that the carbon has descriptors for where empty.

    Returns
    -------
    mapping of str to tuple of Measurement
        By instrument; the sample is the carbon or, of what is not the carbon itself, the carbon with the name of that part.

    Raises
    ------
    SpecError
        There is no such instrument, the carbon lacks what one needs, or the noise is negative or larger than three times the usual.
    """
    if not 0 <= noise <= MOST_NOISE:
        raise SpecError(f"noise: {noise:g} is not a multiple of the usual noise. Write a number from 0 to {MOST_NOISE:g}, such as 1.")
    chosen = tuple(_instrument(name) for name in names) or tuple(one for one in INSTRUMENTS if one.lacks(carbon) == ())
    streams = dict(zip((one.name for one in INSTRUMENTS), rng.spawn(len(INSTRUMENTS)), strict=True))
    for one in chosen:
        if one.lacks(carbon):
            raise SpecError(f"{carbon.name}: no {', '.join(one.lacks(carbon))}, which {one.name} shows. Leave {one.name} out.")
    ordered = [one for one in INSTRUMENTS if one in chosen]
    return MappingProxyType({one.name: _measured(one, carbon, streams[one.name], noise) for one in ordered})


def _instrument(name: str) -> Instrument:
    found = next((one for one in INSTRUMENTS if one.name == name), None)
    if found is None:
        names = [one.name for one in INSTRUMENTS]
        raise SpecError(f'"{name}" is not an instrument. {did_you_mean(name, names)}')
    return found


def _measured(instrument: Instrument, carbon: Carbon, rng: np.random.Generator, noise: float) -> tuple[Measurement, ...]:
    row = technique(instrument.technique)
    usual = inspect.signature(row.synthesise).parameters["noise"].default
    made, _ = row.synthesise(rng, noise=noise * usual, **instrument.arguments(carbon))
    if any(not one.simulated for one in made):
        raise InputError(f"{instrument.technique}: synthesise gave a measurement that does not say it is simulated.")
    own = instrument.sample(carbon)
    return tuple(_named(one, instrument.beside.get(one.sample, own)) for one in made)


def _named(measured: Measurement, sample: str) -> Measurement:
    """A measurement under the name of its sample, in its table as well."""
    table = measured.table
    if "sample_name" in table.columns:
        table = table.with_columns(pl.lit(sample).alias("sample_name"))
    return replace(measured, table=table, sample=sample)


def stream(carbon: Carbon, seed: int) -> np.random.Generator:
    """Random numbers of a carbon: those of another carbon differ, whatever the seed.

    Parameters
    ----------
    carbon : Carbon
    seed : int
        [1]

    Returns
    -------
    numpy.random.Generator
    """
    return np.random.default_rng([seed, *carbon.name.encode()])
