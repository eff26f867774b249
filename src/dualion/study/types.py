"""What a study is: claims, the arithmetic they must obey, what produces them, and the verdict on each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from dualion.records.cell import Cell
from dualion.records.quantity import Flag, Origin, Quantity

RelationClass = Literal["arithmetic", "own-equation", "wording", "physics", "design", "hypothesis"]
Check = Literal["confounding", "count", "same", "not-stated", "term"]
VerdictWord = Literal[
    "inconsistent in source", "input", "fitted", "reproduced", "differs", "consistent (derived)", "not run", "needs raw data"
]  # fmt: skip
RelationWord = Literal["inconsistent in source", "differs", "consistent (derived)", "needs raw data", "excluded", "allowed"]

#: Order of precedence, first wins.
VERDICTS: tuple[VerdictWord, ...] = (
    "inconsistent in source", "input", "fitted", "reproduced", "differs", "consistent (derived)", "not run", "needs raw data",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Claim:
    """One published number (or statement) with its place in the source.

    Parameters
    ----------
    value : str
        As printed, digits kept; its rounding interval comes from it.
    value_num : float or None
        None for a statement in words.
    unit : str
        ``"1"`` if dimensionless, ``""`` for a statement in words.
    qualifier : str
        ``=``, ``~``, ``<``, ``>``, ``min``, ``max`` or empty.
    tolerance : str
        Such as ``"3 %"`` or ``"0.02 V"``; empty for the default of its kind.
    """

    id: str
    quantity: str
    sample: str
    condition: str
    value: str
    value_num: float | None
    unit: str
    qualifier: str
    tolerance: str
    location: str
    technique: str
    kind: str
    note: str = ""
    software_use: str = ""
    quote: str = ""


@dataclass(frozen=True, slots=True)
class Assumption:
    """A constant that is in no claim, with its reason."""

    name: str
    value: float
    unit: str
    why: str


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read a contradiction. Readings are offered; none is chosen."""

    expr: str
    says: str
    unit: str


@dataclass(frozen=True, slots=True)
class Relation:
    """Arithmetic that the numbers of a study must obey.

    ``expect`` maps ``<=``, ``=``, ``<``, ``>``, ``>=`` to an expression, or ``in`` to a pair of them; empty for a derived value.
    ``arguments`` holds what a check without an expression reads (``of``, ``location``, ``key``, ``factors``, ``samples``, ``terms``).
    """

    id: str
    kind: RelationClass
    expr: str | None
    check: Check | None
    expect: Mapping[str, str | tuple[str, str]]
    tol: float
    unit: str
    claims: tuple[str, ...]
    readings: tuple[Reading, ...]
    text: str
    reason: str | None
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RelationResult:
    """A relation, evaluated: its value, the range that rounding allows, the expected side, what follows."""

    id: str
    kind: RelationClass
    value: float | None
    range: tuple[float, float] | None
    expected: str
    expected_value: float | tuple[float, float] | None
    unit: str
    result: Literal["holds", "fails", "derived"]
    verdict: RelationWord
    reason: str | None
    claims: tuple[str, ...]
    readings: tuple[tuple[Reading, float], ...]
    text: str


@dataclass(frozen=True, slots=True)
class Derived:
    """A number derived from claims, with the expression it recomputes from and the digits it is given to."""

    id: str
    quantity: str
    expr: str
    value: str
    unit: str
    digits: int


@dataclass(frozen=True, slots=True)
class Producer:
    """Which analysis or model yields which claims.

    ``currents`` maps a claim to the specific current [mA/g] at which it was measured; empty for a producer without a protocol.
    ``reference`` [mA/g] is the current to which a ratio refers.
    """

    claims: tuple[str, ...]
    by: str
    cell: str | None
    protocol: str | None
    quantity: str
    currents: Mapping[str, float] = field(default_factory=dict)
    reference: float | None = None


@dataclass(frozen=True, slots=True)
class Protocol:
    """A test that a model runs: ``currents`` [mA/g] in the order run, ``temperature`` [degC] (None: that of the cell)."""

    name: str
    kind: Literal["rate"]
    cell: str | None
    currents: tuple[float, ...]
    temperature: float | None


@dataclass(frozen=True, slots=True)
class Plateau:
    """How a capacity is split into plateau and slope: by ``boundary`` [V], by the inflection, or by both side by side."""

    rule: Literal["potential", "inflection", "both"]
    boundary: float | None
    claims: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Calibration:
    """A set of claims to which named parameters are fitted; several sets where the text has several readings.

    Parameters
    ----------
    fits : tuple of str
        Such as ``"anode.pore_capacity"`` (population ``pore``) or ``"cathode.diffusivity"`` (parameter of the material).
    readings : mapping of str to tuple of str
        Claims as written, such as ``"P079"`` or ``"P079 as total"``; the one reading of a plain ``claims`` list is called ``"claims"``.
    anode_from, shape_from : str or None
        Calibration whose anode, or whose position and width of the pore population, is used; ``NAME`` (its first reading)
        or ``NAME.reading``.
    """

    name: str
    cell: str
    fits: tuple[str, ...]
    readings: Mapping[str, tuple[str, ...]]
    role: Literal["calibration", "hard-extrapolation", "all-points"]
    anode_from: str | None = None
    shape_from: str | None = None

    @property
    def claims(self) -> tuple[str, ...]:
        """Ids of every claim of every reading, once each, in the order written."""
        return tuple(dict.fromkeys(claim_of(datum) for data in self.readings.values() for datum in data))


def claim_of(datum: str) -> str:
    """Claim id of a datum of a calibration: ``"P079"`` of ``"P079 as total"``."""
    return datum.split(" ", 1)[0]


def reading_of(datum: str) -> str:
    """How a datum of a calibration is read: ``"total"`` of ``"P079 as total"``, empty for a plain claim."""
    return datum.partition(" as ")[2]


@dataclass(frozen=True, slots=True)
class Prediction:
    """Claims that a calibration is asked to predict; ``anode_from`` (``NAME`` or ``NAME.reading``) replaces its anode."""

    name: str
    claims: tuple[str, ...]
    calibration: str
    anode_from: str | None = None


@dataclass(frozen=True, slots=True)
class Obtained:
    """What a producer gave: a quantity with everything that says where it came from.

    Parameters
    ----------
    claim : str or None
        The claim it is held against; None for a result that stands for itself.
    calibration : tuple of str
        Every claim to which a parameter behind this number was fitted.
    primary : bool
        Whether the verdict rests on it; alternatives (other readings, other assumptions) are shown beside it.
    label : str
        Which run, reading or assumption, in words.
    """

    claim: str | None
    quantity: str
    sample: str
    condition: Mapping[str, Any]
    value: Quantity
    origin: Origin
    method: str
    method_version: int
    options: Mapping[str, Any]
    inputs: tuple[str, ...]
    calibration: tuple[str, ...]
    references: tuple[str, ...]
    flags: tuple[Flag, ...] = ()
    mass_basis: str | None = None
    primary: bool = True
    label: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The verdict on one claim.

    Parameters
    ----------
    reason : str or None
        Reason code of ``needs raw data`` and ``not run``.
    obtained : int or None
        Position in the list of obtained quantities on which it rests.
    deviation : float or None
        (obtained - printed) / printed.
    allowed : float or None
        Largest deviation that agrees, in the unit of the claim: max(tolerance, rounding) + 2 standard errors.
    relations : tuple of str
        Relations that name the claim.
    flags : tuple of Flag
        Such as ``calibrated_on_conflict`` or ``no_uncertainty``.
    detail : str
        One sentence for the reader.
    """

    claim: str
    word: VerdictWord
    reason: str | None
    obtained: int | None
    deviation: float | None
    allowed: float | None
    relations: tuple[str, ...]
    flags: tuple[Flag, ...] = ()
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Study:
    """A loaded and checked study folder.

    Parameters
    ----------
    folder : Path
        Where it lies; never part of a result.
    sha256 : str
        Digest of all its files, names and contents.
    settings : mapping
        The validated content of ``study.toml`` as plain data, for what has no field of its own (recipe, definitions, materials).
    pending : mapping of str to str
        Reason code for claims that nothing in this study can yield.
    protocols : mapping of str to Protocol
    plateau : Plateau or None
    definitions : mapping of str to str
        Which of several definitions a claim is held against, such as ``{"P121": "mean_voltage"}``.
    kind : {"paper", "own data"}
    """

    id: str
    title: str
    citation: str
    doi: str
    licence: str
    changes: str
    folder: Path
    sha256: str
    claims: Mapping[str, Claim]
    assume: Mapping[str, Assumption]
    relations: tuple[Relation, ...]
    derived: tuple[Derived, ...]
    cells: Mapping[str, Cell]
    producers: tuple[Producer, ...]
    calibrations: tuple[Calibration, ...]
    predictions: tuple[Prediction, ...]
    pending: Mapping[str, str]
    settings: Mapping[str, Any]
    protocols: Mapping[str, Protocol] = field(default_factory=dict)
    plateau: Plateau | None = None
    definitions: Mapping[str, str] = field(default_factory=dict)
    kind: Literal["paper", "own data"] = "paper"
