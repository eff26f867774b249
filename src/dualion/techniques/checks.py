"""What the options of several techniques check alike; each gives one line for each problem, or raises at the first."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence

from dualion.errors import SpecError


def unknown_words(words: Iterable[tuple[str, str, Collection[str]]]) -> list[str]:
    """Options that name none of what is known.

    Parameters
    ----------
    words : iterable of tuple
        Name of the option, its word, and the words that are known.
    """
    return [f'{name}: "{word}" is not known. Write one of {", ".join(known)}.' for name, word, known in words if word not in known]


def check_words(words: Iterable[tuple[str, str, Collection[str]]]) -> None:
    """Refuse the first option that names none of what is known.

    Parameters
    ----------
    words : iterable of tuple
        As of ``unknown_words``.

    Raises
    ------
    SpecError
        A word is not known.
    """
    for problem in unknown_words(words):
        raise SpecError(problem)


def not_positive(options: object, *names: str) -> list[str]:
    """Numbers among the options that are given and are zero, negative or not finite.

    Parameters
    ----------
    options : object
    *names : str
        Fields whose values are numbers, or None where they are left out.
    """
    given = ((name, getattr(options, name)) for name in names)
    return [f"{name}: {value} is not a positive number." for name, value in given if value is not None and not 0 < value < math.inf]


def negative(options: object, *names: str) -> list[str]:
    """Numbers among the options that are negative or not finite.

    Parameters
    ----------
    options : object
    *names : str
        Fields whose values are numbers.
    """
    given = ((name, getattr(options, name)) for name in names)
    return [f"{name}: {value} is not a number of 0 or more." for name, value in given if not 0 <= value < math.inf]


def check_numbers(options: object, where: str, *, positive: Sequence[str], from_zero: Sequence[str]) -> None:
    """Refuse the first number among the options that is not positive or, of others, is negative.

    Parameters
    ----------
    options : object
    where : str
        Name of the technique, before the names of the fields in the message.
    positive : sequence of str
        Fields whose values are positive, or None where they are left out.
    from_zero : sequence of str
        Fields whose values are zero or more.

    Raises
    ------
    SpecError
        A number is neither.
    """
    for name in positive:
        given = getattr(options, name)
        if given is not None and not (math.isfinite(given) and given > 0):
            raise SpecError(f"{where}.{name}: {given} is not a positive number. Give one, or leave the key out.")
    for name in from_zero:
        given = getattr(options, name)
        if not (math.isfinite(given) and given >= 0):
            raise SpecError(f"{where}.{name}: {given} is negative or not finite. Give a number from 0.")
