"""Units as they are written in files of spectra, and their factors to ours.

The same unit has many spellings (``1/A``, ``A^-1``, ``Å⁻¹``, ``Angstrom-1``); a letter may mean two things, and which of them follows from
the quantity: ``A`` is an ångström where a length or a wavevector is meant. What is not in the lists is not guessed.
"""

from __future__ import annotations

import math
import re
import unicodedata
from functools import lru_cache

from dualion.errors import UnitError
from dualion.readers.texts.headings import known_unit
from dualion.units import compatible, unit

_ANGSTROM = r"(?:a|å|ang|angstroms?|ångströms?)"
_NANOMETRE = r"(?:nm|nanomet(?:er|re)s?)"
_CENTIMETRE = r"(?:cm|centimet(?:er|re)s?)"
_NOTHING = r"(?:a\.?u\.?|arb\.?(?:units?)?\.?|counts?|cts|1|-|none|norm(?:alised|alized)?\.?)"


def _inverse(name: str) -> str:
    return rf"(?:1/{name}|{name}(?:\^|\*\*)?\(?-1\)?|/{name})"


#: Spellings, without spaces and in lower case, of each of our units; the factor brings them to it.
_SPELLINGS: dict[str, tuple[tuple[str, float], ...]] = {
    "nm-1": ((_inverse(_NANOMETRE), 1.0), (_inverse(_ANGSTROM), 10.0), (_inverse("um"), 1e-3), (_inverse("m"), 1e-9)),
    "cm-1": (
        (_inverse(_CENTIMETRE), 1.0),
        (rf"(?:1/{_CENTIMETRE}/sr|1/\({_CENTIMETRE}[*·.]?sr\)|{_CENTIMETRE}\^?-1[*·.]?sr\^?-1|1/{_CENTIMETRE}1/sr|/{_CENTIMETRE}/sr)", 1.0),
        (_inverse("m"), 1e-2),
        (_inverse(_NANOMETRE), 1e7),
        (_inverse("mm"), 10.0),
    ),
    "nm": ((_NANOMETRE, 1.0), (_ANGSTROM, 0.1), ("(?:um|microns?|micromet(?:er|re)s?)", 1e3), ("m|met(?:er|re)s?", 1e9), ("pm", 1e-3)),
    "deg": ((r"(?:°|deg\.?|degrees?|°?2(?:-?theta|θ|th\.?)(?:°|deg\.?)?|deg\.?2(?:theta|th))", 1.0), ("rad|radians?", 180 / math.pi)),
    "eV": (("ev|electron-?volts?", 1.0), ("kev", 1e3), ("mev", 1e-3)),
    "%": (("%|percent|pct", 1.0), ("fraction|1", 100.0)),
    "1": ((_NOTHING, 1.0), ("%|percent", 1e-2)),
    "Pa": (
        *(("(?:pa|pascals?)", 1.0), ("hpa|mbar", 1e2), ("kpa", 1e3), ("bar", 1e5)),
        *(("atm", 101_325.0), ("torr|mmhg", 101_325.0 / 760)),
    ),
    "g": (("g|grams?", 1.0), ("mg", 1e-3), ("kg", 1e3)),
}  # fmt: skip

_SUPERSCRIPTS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
_MINUS = str.maketrans("−–‐", "---")


@lru_cache(maxsize=512)
def factor_to(written: str, target: str) -> float | None:
    """Factor [1] that brings numbers in a written unit to a unit of ours.

    Parameters
    ----------
    written : str
        As in the file, such as ``"1/A"`` or ``"Å⁻¹"``.
    target : str
        Unit of the unit table, such as ``"nm-1"``.

    Returns
    -------
    float or None
        None where the spelling is not known for this quantity.

    Examples
    --------
    >>> factor_to("1/A", "nm-1"), factor_to("Å⁻¹", "nm-1"), factor_to("A", "nm"), factor_to("furlong", "nm")
    (10.0, 10.0, 0.1, None)
    """
    plain = unicodedata.normalize("NFKC", written.translate(_SUPERSCRIPTS)).translate(_MINUS).replace("μ", "u")
    plain = re.sub(r"\s+", "", plain).casefold().strip("[]{}<>")
    for spelling, factor in _SPELLINGS.get(target, ()):
        if re.fullmatch(spelling, plain):
            return factor
    named = known_unit(written) or written.strip()
    try:
        if not compatible(named, target):
            return None
        source, wanted = unit(named), unit(target)
    except UnitError:
        return None
    return source.factor / wanted.factor if source.offset == wanted.offset else None
