"""What ``characterisation.toml`` of a study folder says: needs and findings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from dualion.numerics.consistency import Verdict as Answer
from dualion.study.types import Assumption

#: Techniques that take one file.
_ONE_FILE = ("sorption", "pore_sizes", "saxs", "xrd", "raman")


@dataclass(frozen=True, slots=True)
class Need:
    """Files that settle claims, and the technique that judges by them.

    Parameters
    ----------
    id : str
    claims : tuple of str
    technique : str
        Name in the registry.
    samples : tuple of str
    instrument : str
    files : tuple of str
        Where each is laid, relative to the folder of the study; another ending that a reader knows is as good. A ``*`` stands for frames.
    formats, columns, span : str
        What can be read, what the file must hold, and over which range.
    settles : str
        What is known then.
    judges, shows : mapping of str to str
        By claim, the value of the result that is held against it, or stands beside it.
    of : mapping of str to str
        By claim, the file that holds its sample, where there are several.
    beside : mapping of str to str
        By option of the technique, the file that is analysed with the others where it is there, such as a reference or a foil.
    options : mapping
        Of the technique.
    x_unit, y_unit : str or None
        What is stated of columns without units.
    """

    id: str
    claims: tuple[str, ...]
    technique: str
    samples: tuple[str, ...]
    instrument: str
    files: tuple[str, ...]
    formats: str
    columns: str
    span: str
    settles: str
    judges: Mapping[str, str] = field(default_factory=dict)
    shows: Mapping[str, str] = field(default_factory=dict)
    of: Mapping[str, str] = field(default_factory=dict)
    beside: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    x_unit: str | None = None
    y_unit: str | None = None

    def file_of(self, claim: str) -> str:
        """The file that holds the sample of a claim."""
        return self.of.get(claim, self.files[0])

    @property
    def command(self) -> str:
        """The command that judges by the files; one for each, where the technique takes one file."""
        together = (self.files,) if self.technique not in _ONE_FILE else tuple((file,) for file in self.files)
        return "; ".join(f"dualion analyse {self.technique} {' '.join(files)}" for files in together)

    @property
    def sentence(self) -> str:
        """Which file, from which instrument, with what in it, laid where, and the command that judges by it."""
        many = len(self.files) > 1 or "*" in self.files[0]
        return (
            f"{'Files' if many else 'File'} that would settle it: {', '.join(self.samples)}, {self.instrument} ({self.formats}); "
            f"{self.columns}; {self.span}. Lay {'them' if many else 'it'} into the study as {', '.join(self.files)}, then: {self.command}"
        )


def stem(path: str) -> str:
    """A path without the ending of its file, by which a file that is there is recognised: ``"raw/isotherm-mec3"``."""
    plain = PurePosixPath(path)
    return plain.with_suffix("").as_posix()


@dataclass(frozen=True, slots=True)
class Number:
    """A number of a finding: its expression, and what it is."""

    name: str
    expr: str
    unit: str
    says: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What arithmetic says of claims before a file is there.

    Parameters
    ----------
    id : str
    code : str
        Of the flag that the claims carry.
    asks : str
        The question.
    claims : tuple of str
    numbers : tuple of Number
        Each may use those before it.
    test : tuple of three str, or None
        Left side, sign and right side.
    holds, fails : Answer
        The answer if the test holds or fails; without a test the answer is ``not testable``.
    lacks : str
        What is missing for an answer, where there is no test.
    text : str
    """

    id: str
    code: str
    asks: str
    claims: tuple[str, ...]
    numbers: tuple[Number, ...]
    test: tuple[str, str, str] | None
    holds: Answer
    fails: Answer
    lacks: str
    text: str


@dataclass(frozen=True, slots=True)
class Found:
    """A finding, evaluated: its answer and its numbers."""

    finding: Finding
    word: Answer
    numbers: Mapping[str, float]

    @property
    def sentence(self) -> str:
        """The answer with the numbers behind it."""
        shown = [f"{one.says}: {self.numbers[one.name]:.3g}{_behind(one.unit)}" for one in self.finding.numbers]
        lacks = f" Missing: {self.finding.lacks}." if self.finding.lacks else ""
        return f"{self.finding.asks} {self.word.capitalize()}. {self.finding.text}{lacks}{' ' if shown else ''}{'; '.join(shown)}"


def _behind(unit: str) -> str:
    return "" if unit == "1" else f" {unit}"


@dataclass(frozen=True, slots=True)
class Characterisation:
    """Needs and findings of a study; both empty where its folder says nothing."""

    needs: tuple[Need, ...] = ()
    findings: tuple[Finding, ...] = ()
    assume: Mapping[str, Assumption] = field(default_factory=dict)

    def need_of(self, claim: str) -> Need | None:
        """The need that names a claim."""
        return next((need for need in self.needs if claim in need.claims), None)
