"""Checks of a study that have no expression: they count or compare what ``study.toml`` and the relation declare, never a typed-in outcome.

====================  ==========================================================  ==================================
check                 found                                                       expected
====================  ==========================================================  ==================================
``count``             distinct amounts in ``of``                                  non-zero entries of ``recipe.stock_volume``
``confounding``       rank of the ``factors`` over the ``samples``                number of ``factors``
``not-stated``        nothing, if ``key`` is listed as ``assumed``                a stated value
``same``              distinct tables or texts in ``of``                          1
``term``              ``terms`` whose ``printed`` equals ``right``                number of ``terms``
====================  ==========================================================  ==================================
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from dualion.errors import SpecError
from dualion.study import recipe
from dualion.study.confounding import confounding
from dualion.study.recipe.amounts import converted, entry
from dualion.study.types import Check

#: What each check reads from its relation.
ARGUMENTS: Mapping[Check, tuple[str, ...]] = {
    "count": ("of", "location"),
    "confounding": ("factors", "samples"),
    "not-stated": ("key",),
    "same": ("of",),
    "term": ("terms",),
}


@dataclass(frozen=True, slots=True)
class Found:
    """What a check found.

    Parameters
    ----------
    value : float or None
        [1] a count or a rank; None for a value that the source does not state.
    wanted : float or None
        [1] what it is held against.
    expected : str
        The same in words.
    """

    value: float | None
    wanted: float | None
    expected: str

    @property
    def holds(self) -> bool:
        """Whether the two are equal."""
        return self.value is not None and self.value == self.wanted


def check(kind: Check, arguments: Mapping[str, Any], settings: Mapping[str, Any]) -> Found:
    """Run one check.

    Parameters
    ----------
    kind : {"confounding", "count", "same", "not-stated", "term"}
        Which.
    arguments : mapping
        What the relation declares.
    settings : mapping
        The content of ``study.toml``.

    Returns
    -------
    Found

    Raises
    ------
    SpecError
        An argument is missing, or names something that is not in ``study.toml``.
    """
    for name in ARGUMENTS[kind]:
        if name not in arguments:
            raise SpecError(f'{name}: missing. The check "{kind}" reads {", ".join(ARGUMENTS[kind])}.')
    return _CHECKS[kind](arguments, settings)


def _count(arguments: Mapping[str, Any], settings: Mapping[str, Any]) -> Found:
    # 1 mL and 1000 uL are one dose, whatever their conversion leaves in the last bit
    doses = {f"{converted(text, 'mL', path='of'):.12g}" for text in arguments["of"]}
    volumes = recipe.stock_volumes(_recipe(settings))
    wanted = sum(volume > 0 for volume in volumes.values())
    return Found(float(len(doses)), float(wanted), f"= {wanted}")


def _confounding(arguments: Mapping[str, Any], settings: Mapping[str, Any]) -> Found:
    table = recipe.factors(_recipe(settings))
    factors, samples = arguments["factors"], arguments["samples"]
    for name, known, key in [(f, recipe.FACTORS, "factors") for f in factors] + [(s, tuple(table), "samples") for s in samples]:
        if name not in known:
            raise SpecError(f'{key}: "{name}" is not in the recipe. {_remedy(name, known)}')
    rank = confounding({sample: {factor: table[sample][factor] for factor in factors} for sample in samples}).rank
    return Found(float(rank), float(len(factors)), f"= {len(factors)}")


def _not_stated(arguments: Mapping[str, Any], settings: Mapping[str, Any]) -> Found:
    path = str(arguments["key"]).split(".")
    # the table that lists what was assumed may lie more than one level above the key, as for one_c.mass
    for depth in range(len(path) - 1, 0, -1):
        table = _at(settings, path[:depth])
        if isinstance(table, Mapping) and "assumed" in table:
            key = ".".join(path[depth:])
            stated = key not in table["assumed"]
            if stated and path[depth] not in table:
                raise SpecError(f'key: "{arguments["key"]}" is not in study.toml. {_remedy(path[depth], tuple(table))}')
            return Found(1.0 if stated else None, 1.0, key.replace("_", " "))
    raise SpecError(f'key: "{arguments["key"]}" is in no table of study.toml that lists what was assumed. Write such as "cell.NAME.KEY".')


def _same(arguments: Mapping[str, Any], settings: Mapping[str, Any]) -> Found:
    distinct: list[Any] = []
    for text in arguments["of"]:
        meant = _meant(str(text), settings)
        if meant not in distinct:
            distinct.append(meant)
    return Found(float(len(distinct)), 1.0, "= 1")


def _term(arguments: Mapping[str, Any], settings: Mapping[str, Any]) -> Found:
    terms = arguments["terms"]
    right = sum(entry(term, "printed", path="terms") == entry(term, "right", path="terms") for term in terms)
    return Found(float(right), float(len(terms)), f"= {len(terms)}")


_CHECKS: dict[Check, Callable[[Mapping[str, Any], Mapping[str, Any]], Found]] = {
    "count": _count,
    "confounding": _confounding,
    "not-stated": _not_stated,
    "same": _same,
    "term": _term,
}


def _recipe(settings: Mapping[str, Any]) -> Mapping[str, Any]:
    if not settings.get("recipe"):
        raise SpecError("study.toml: recipe: missing. Write the recipe that this check reads.")
    written: Mapping[str, Any] = settings["recipe"]
    return written


def _meant(text: str, settings: Mapping[str, Any]) -> Any:
    """A key path of ``study.toml`` stands for what lies there, any other text for itself."""
    path = text.split(".")
    if path[0] not in settings:
        return text
    found = _at(settings, path)
    if found is None:
        above = _at(settings, path[:-1])
        raise SpecError(f'of: "{text}" is not in study.toml. {_remedy(path[-1], tuple(above) if isinstance(above, Mapping) else ())}')
    return found


def _at(settings: Mapping[str, Any], path: list[str]) -> Any:
    here: Any = settings
    for key in path:
        if not isinstance(here, Mapping) or key not in here:
            return None
        here = here[key]
    return here


def _remedy(name: str, known: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f'Did you mean "{near[0]}"?' if near else f"Write one of {', '.join(known)}." if known else "Write a key that is there."
