"""Arithmetic that a study file may write: parsed to a tree of permitted nodes, never handed to ``eval``.

An expression is made of numbers, names (claim ids, assumptions), the constants below, ``+ - * / **``, parentheses, and the functions
``exp ln sqrt min max abs``. It has at most 400 characters and is at most 40 levels deep. Everything is computed in float64, so that a
huge power overflows at once instead of growing; a value that is not finite is an error, never a number.

Constants: SI brochure, 9th edition (2019): ``F`` [coulomb/mol], ``R`` [J/(mol K)], ``kB`` [J/K], ``h`` [J s]; ``mAh`` = F/3.6, the
charge of one mole of electrons [mAh/mol]; ``pi``.
"""

from __future__ import annotations

import ast
import difflib
import math
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache, reduce
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from dualion.errors import SpecError

LONGEST = 400  # [characters]
DEEPEST = 40  # [levels of the tree]

_ELEMENTARY_CHARGE = 1.602176634e-19  # [coulomb], exact
_AVOGADRO = 6.02214076e23  # [1/mol], exact
_BOLTZMANN = 1.380649e-23  # [J/K], exact
_PLANCK = 6.62607015e-34  # [J s], exact
_FARADAY = _ELEMENTARY_CHARGE * _AVOGADRO  # [coulomb/mol]
_COULOMB_PER_MAH = 3.6

CONSTANTS: Mapping[str, float] = MappingProxyType(
    {
        "F": _FARADAY,
        "R": _BOLTZMANN * _AVOGADRO,
        "kB": _BOLTZMANN,
        "h": _PLANCK,
        "mAh": _FARADAY / _COULOMB_PER_MAH,
        "pi": math.pi,
    }
)

Array = npt.NDArray[np.float64]
Number = Array | np.float64

_ONE_ARGUMENT = {"exp": np.exp, "ln": np.log, "sqrt": np.sqrt, "abs": np.abs}
_MANY_ARGUMENTS = {"min": np.minimum, "max": np.maximum}
FUNCTIONS: tuple[str, ...] = (*_ONE_ARGUMENT, *_MANY_ARGUMENTS)

_OPERATORS: dict[type[ast.operator], Any] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: np.divide,
    ast.Pow: np.power,
}
_CLAIM_LIKE = re.compile(r"([PC])(\d{1,3})([a-z]?)$")


@dataclass(frozen=True, slots=True)
class Expression:
    """A checked expression.

    Parameters
    ----------
    text : str
        As written.
    names : tuple of str
        Claims and assumptions it reads, in order of first appearance; constants are not among them.
    root : ast.expr
        Its tree, of permitted nodes only.
    """

    text: str
    names: tuple[str, ...]
    root: ast.expr

    def evaluate(self, values: Mapping[str, float]) -> float:
        """Value of the expression.

        Parameters
        ----------
        values : mapping of str to float
            One number for each of ``names``; others are ignored.

        Returns
        -------
        float

        Raises
        ------
        SpecError
            A name has no number, or the result is not finite (division by zero, overflow, root or logarithm of a negative number).

        Examples
        --------
        >>> parse("100 * P1 / b", {"P1", "b"}).evaluate({"P1": 1.0, "b": 4.0})
        25.0
        """
        return float(self.sweep({name: np.float64(values[name]) for name in self.names if name in values}))

    def sweep(self, values: Mapping[str, Number]) -> Number:
        """Value at many points at once.

        Parameters
        ----------
        values : mapping of str to ndarray, shape (N,)
            One array, or one number, for each of ``names``.

        Returns
        -------
        ndarray, shape (N,), or a number where no name is given as an array

        Raises
        ------
        SpecError
            As for ``evaluate``.
        """
        missing = [name for name in self.names if name not in values]
        if missing:
            raise SpecError([f"{name} has no number, and {self.text} needs one. Name a claim with a number." for name in missing])
        with np.errstate(all="ignore"):
            found = _value(self.root, values)
        if not np.all(np.isfinite(found)):
            raise SpecError(
                f"{self.text} is not a finite number with these values. Look for a division by zero, a power that is too large, "
                "or a root or logarithm of a negative number."
            )
        return found


def parse(text: str, names: Collection[str]) -> Expression:
    """Check an expression and keep its tree.

    Parameters
    ----------
    text : str
        At most 400 characters, at most 40 levels deep.
    names : collection of str
        Claim ids and assumptions that it may name.

    Returns
    -------
    Expression

    Raises
    ------
    SpecError
        It is too long or too deep, is not an expression, holds something that is not permitted, or names something unknown. The
        message has no file and no key: the caller, who knows them, writes them before it.

    Examples
    --------
    >>> parse("P070 / (0.1 * P057)", {"P057", "P070"}).names
    ('P070', 'P057')
    """
    root, used = _tree(text)
    found = tuple(name for name in used if name not in CONSTANTS)
    unknown = [name for name in found if name not in names]
    if unknown:
        raise SpecError([_unknown(name, names) for name in unknown])
    return Expression(text, found, root)


@lru_cache(maxsize=4096)
def _tree(text: str) -> tuple[ast.expr, tuple[str, ...]]:
    # length first: the parser itself is slow, and recursive, on hostile text
    if len(text) > LONGEST:
        raise SpecError(f"an expression of {len(text)} characters; at most {LONGEST} are read. Split it into several relations.")
    try:
        root = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError) as error:
        raise SpecError(f'"{text}" is not an expression. Write numbers, names, + - * / **, parentheses and functions.') from error
    used: dict[str, None] = {}
    pending: list[tuple[ast.expr, int]] = [(root, 1)]
    while pending:
        node, depth = pending.pop()
        if depth > DEEPEST:
            raise SpecError(f"an expression deeper than {DEEPEST} levels. Split it into several relations.")
        if isinstance(node, ast.Name):
            used.setdefault(node.id)
        # last part first, so that the leftmost is looked at next and names come in order of appearance
        pending.extend((part, depth + 1) for part in reversed(_parts(node)))
    return root, tuple(used)


def _parts(node: ast.expr) -> tuple[ast.expr, ...]:
    """Operands of a permitted node; anything else is refused here."""
    match node:
        case ast.Constant(value=value) if isinstance(value, int | float) and not isinstance(value, bool):
            try:
                finite = math.isfinite(float(value))
            except OverflowError:
                finite = False
            if not finite:
                raise SpecError("a number that is too large for a float. Write a smaller one.")
            return ()
        case ast.Name():
            return ()
        case ast.UnaryOp(op=ast.UAdd() | ast.USub(), operand=operand):
            return (operand,)
        case ast.BinOp(left=left, op=operator, right=right) if type(operator) in _OPERATORS:
            return (left, right)
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name in FUNCTIONS:
            if any(isinstance(argument, ast.Starred) for argument in arguments):
                raise SpecError(f"{name} with a starred argument. Write its arguments one by one.")
            if name in _ONE_ARGUMENT and len(arguments) != 1:
                raise SpecError(f"{name} takes one argument and has {len(arguments)}. Write {name}(x).")
            if name in _MANY_ARGUMENTS and len(arguments) < 2:
                raise SpecError(f"{name} takes two or more arguments and has {len(arguments)}. Write {name}(x, y).")
            return tuple(arguments)
        case ast.Call(func=ast.Name(id=name)):
            raise SpecError(f"{name} is not a function here. Use one of {', '.join(FUNCTIONS)}.")
    raise SpecError(
        f'"{ast.unparse(node)}" is not permitted in an expression. Use numbers, names, + - * / **, parentheses and {", ".join(FUNCTIONS)}.'
    )


def _value(node: ast.expr, values: Mapping[str, Number]) -> Number:
    match node:
        case ast.Constant(value=value):
            return np.float64(value)  # type: ignore[arg-type]
        case ast.Name(id=name):
            return np.float64(CONSTANTS[name]) if name in CONSTANTS else values[name]
        case ast.UnaryOp(op=operator, operand=operand):
            found = _value(operand, values)
            return -found if isinstance(operator, ast.USub) else found
        case ast.BinOp(left=left, op=operator, right=right):
            combined: Number = _OPERATORS[type(operator)](_value(left, values), _value(right, values))
            return combined
        case ast.Call(func=ast.Name(id=name), args=arguments):
            parts = [_value(argument, values) for argument in arguments]
            called: Number = _ONE_ARGUMENT[name](parts[0]) if name in _ONE_ARGUMENT else reduce(_MANY_ARGUMENTS[name], parts)
            return called
    raise SpecError(f"{ast.dump(node)} is not permitted in an expression.")


def _unknown(name: str, names: Collection[str]) -> str:
    form = _CLAIM_LIKE.match(name)
    candidates = [*names, *CONSTANTS]
    # P79 stands for P079: padding is a better guess than likeness
    near = [padded] if form and (padded := f"{form[1]}{int(form[2]):03d}{form[3]}") in names else []
    near = near or difflib.get_close_matches(name, candidates, n=1)
    what = "a claim id" if form else "a claim id, an assumption or a constant"
    remedy = f'Did you mean "{near[0]}"?' if near else "Name a claim of claims.csv or add it to [assume]."
    return f"{name} is not {what}. {remedy}"
