"""Formulae of BPX as arithmetic: numbers, x, + - * / **, exp, tanh, cosh, and nothing else.

The package ``bpx`` runs a formula as a Python program. A file that came from elsewhere is never run here: its text is parsed, every node
of the tree is one of those above or the whole is refused, and the tree is evaluated on arrays.
"""

from __future__ import annotations

import ast
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dualion.errors import SpecError

Array = NDArray[np.float64]

#: Longest formula that is read.
_LONGEST_FORMULA = 10_000
_FUNCTIONS = {"exp": np.exp, "tanh": np.tanh, "cosh": np.cosh}
_OPERATORS = {ast.Add: np.add, ast.Sub: np.subtract, ast.Mult: np.multiply, ast.Div: np.divide, ast.Pow: np.power}


def formula(text: str, x: Array) -> Array:
    """Values of a BPX formula.

    Parameters
    ----------
    text : str
        Arithmetic of ``x``.
    x : ndarray, shape (n,)
        In the unit of its variable: [1] filling, or concentration [mol/m3].

    Returns
    -------
    ndarray, shape (n,)
        In the unit of the quantity.

    Raises
    ------
    SpecError
        Anything but numbers, x, + - * / **, exp, tanh, cosh, or a value that is not finite.

    Examples
    --------
    >>> formula("2 * x + exp(0)", np.array([0.5]))
    array([2.])
    """
    shown = text if len(text) <= 60 else f"{text[:57]}..."
    if len(text) > _LONGEST_FORMULA:
        raise SpecError(f"formula {shown!r}: more than {_LONGEST_FORMULA} characters. Write a table.")
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of Python's own reader; what it doubts is refused below
            tree = ast.parse(text.strip(), mode="eval").body
            values = np.broadcast_to(np.asarray(_value(tree, x), dtype=float), x.shape)
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError, OverflowError):
        raise SpecError(f"formula {shown!r}: not arithmetic of x. Write numbers, x, + - * / **, exp, tanh, cosh.") from None
    if not np.isfinite(values).all():
        raise SpecError(f"formula {shown!r}: no finite value at x = {x[~np.isfinite(values)][0]:g}. Write a formula that has one.")
    return np.array(values)


def _value(node: ast.expr, x: Array) -> Any:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
        return np.float64(node.value)
    if isinstance(node, ast.Name) and node.id == "x":
        return x
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        inner = _value(node.operand, x)
        return -inner if isinstance(node.op, ast.USub) else inner
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        return _OPERATORS[type(node.op)](_value(node.left, x), _value(node.right, x))
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in _FUNCTIONS
        and len(node.args) == 1
        and not node.keywords
    ):
        return _FUNCTIONS[node.func.id](_value(node.args[0], x))
    raise ValueError("not arithmetic")
