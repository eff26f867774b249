"""Whether a quoted passage stands in a text, whatever its typesetting.

Both sides are reduced alike: ``<sub>``/``<sup>`` tags and ``*`` dropped; ``\\text{}``, ``\\mathrm{}``, ``_{}`` and ``^{}`` unwrapped; the
few TeX symbols below turned into characters; ``$ _ ^ { } \\`` dropped; all dashes and the minus sign to ``-``; curly quotes to straight
ones; both double-bar characters to ``||``; all white space removed. Then ``quote in excerpt``.
"""

from __future__ import annotations

import re

_TAGS = re.compile(r"</?su[bp]>")
_WRAPPED = re.compile(r"(?:\\text|\\mathrm|_|\^)\{([^{}]*)\}")
_DROPPED = re.compile(r"[$_^{}\\]")
_SPACE = re.compile(r"\s+")

# TeX command -> character; not followed by a letter, so that \sim is not found in \simeq
_SYMBOLS = {
    "AA": "Å", "alpha": "α", "times": "×", "cdot": "·", "pi": "π", "sigma": "σ", "sim": "~", "circ": "°", "Omega": "Ω",
    "parallel": "||", "rightarrow": "→", "equiv": "≡",
}  # fmt: skip
_TEX = re.compile(r"\\(" + "|".join(_SYMBOLS) + r")(?![A-Za-z])")

_CHARACTERS = str.maketrans(
    {
        **dict.fromkeys("‐‑‒–—―−", "-"),
        **dict.fromkeys("‘’‚‛", "'"),
        **dict.fromkeys("“”„‟", '"'),
        **dict.fromkeys("∥‖", "||"),
        "*": None,
    }
)


def normalise(text: str) -> str:
    """Reduce a text to what its typesetting does not change.

    Parameters
    ----------
    text : str
        Markdown with HTML tags or TeX, or plain.

    Returns
    -------
    str
        Without white space.

    Examples
    --------
    >>> normalise(r"39.13 m<sup>2</sup> g$^{-1}$") == normalise("39.13 m2 g−1")
    True
    """
    return _SPACE.sub("", _plain(text))


def contains(quote: str, excerpt: str) -> bool:
    """Whether a quote stands in an excerpt, both normalised. An empty quote stands nowhere."""
    wanted = normalise(quote)
    return bool(wanted) and wanted in normalise(excerpt)


def has_number(value: str, quote: str) -> bool:
    """Whether a quote prints a number, as a number of its own.

    Parameters
    ----------
    value : str
        As printed, such as ``"5.0"``, ``"10000"`` (also found as ``10,000``) or ``"2e-4"`` (also found as ``2 × 10-4``).
    quote : str
        The passage.
    """
    forms = {value}
    if re.fullmatch(r"\d{4,}", value):
        forms.add(f"{int(value):,}")
    power = re.fullmatch(r"(-?[\d.]+)[eE]([+-]?\d+)", value)
    if power:
        forms.add(f"{power[1]} × 10{int(power[2])}")
    text = _plain(quote)
    return any(_standing_alone(form, text) for form in forms)


def _standing_alone(number: str, text: str) -> bool:
    loose = r"\s*".join(re.escape(part) for part in number.split())
    return re.search(rf"(?<![\w.])(?<!\d,){loose}(?!\d|\.\d|,\d{{3}})", text) is not None


def _plain(text: str) -> str:
    text = _TAGS.sub("", text)
    while True:  # from the inside out: \text{} may stand in ^{}
        unwrapped = _WRAPPED.sub(r"\1", text)
        if unwrapped == text:
            break
        text = unwrapped
    text = _TEX.sub(lambda found: _SYMBOLS[found[1]], text).replace("\\%", "%")
    return _DROPPED.sub("", text).translate(_CHARACTERS)
