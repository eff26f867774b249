"""How a verdict is shown: a sign, its word, a colour, and what it means. Never by colour alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from dualion.report.blocks import Tone


@dataclass(frozen=True, slots=True)
class Mark:
    """Sign, colour and meaning of a verdict."""

    sign: str
    tone: Tone
    meaning: str


MARKS: Mapping[str, Mark] = MappingProxyType(
    {
        "reproduced": Mark("✓", "good", "computed without having been fitted to it, and it agrees"),
        "differs": Mark("≠", "differs", "differs from what was computed, or from a stated estimate"),
        "fitted": Mark("≈", "fitted", "a parameter was fitted to it: agreement is no evidence"),
        "inconsistent in source": Mark("✗", "conflict", "the text does not agree with itself"),
        "consistent (derived)": Mark("=", "good", "the arithmetic that names it holds"),
        "input": Mark("→", "neutral", "a setting of the source: used, not tested"),
        "not run": Mark("–", "open", "something could compute it, but did not run"),
        "needs raw data": Mark("…", "open", "not decidable from the text"),
        "excluded": Mark("✗", "neutral", "this reading cannot be"),
        "allowed": Mark("○", "neutral", "this reading can be"),
    }
)
_UNKNOWN = Mark("?", "neutral", "")

#: Origin of a number in words; nothing simulated is ever called measured.
ORIGINS: Mapping[str, str] = MappingProxyType(
    {
        "source-text": "printed in the source",
        "source-figure": "digitised from a figure of the source",
        "raw-file": "from an instrument file",
        "analysis": "analysis of instrument files",
        "simulation": "simulation",
        "atomistic": "atomistic computation",
        "arithmetic": "arithmetic on printed numbers",
    }
)

REASONS: Mapping[str, str] = MappingProxyType(
    {
        "no-raw-file": "needs the instrument file",
        "si-only": "stands only in the supporting information",
        "not-stated": "not stated in the text",
        "basis-not-stated": "its basis is not stated",
        "needs-experiment": "needs new samples or tests",
        "no-power": "the uncertainty is too large for a test",
        "qualitative": "a statement in words",
        "extra-missing": "an optional library is not installed",
        "solve-error": "the model did not solve",
        "skipped": "left out on request",
    }
)


def mark_of(word: str) -> Mark:
    """Mark of a verdict; a question mark for a word that is none."""
    return MARKS.get(word, _UNKNOWN)


def origin_text(origin: str) -> str:
    """Origin of a number in words."""
    return ORIGINS.get(origin, origin)


def reason_text(reason: str | None) -> str:
    """Reason code in words; empty where there is none."""
    return "" if reason is None else REASONS.get(reason, reason)
