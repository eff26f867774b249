"""What an instrument wrote, and what an analysis made of it.

A ``Measurement`` is a table of canonical columns with everything needed to understand it; a ``Result`` is named quantities, each with
unit, uncertainty and rule, and the provenance that makes them repeatable. Clock, host and user are in neither: the same input gives
the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from dualion.columns import column
from dualion.errors import InputError
from dualion.records.cell_record import CellRecord
from dualion.records.figure import Axis
from dualion.records.quantity import Flag, Origin, Quantity

if TYPE_CHECKING:
    import polars

#: What a measurement of a cell can be, in a word: cycling, voltammetry, titration, impedance, rest.
ELECTROCHEMICAL = ("gcd", "cv", "gitt", "eis", "ocv")
#: What a measurement of a sample can be.
CHARACTERISATION = ("sorption", "saxs", "xrd", "raman", "ftir", "xps", "nexafs", "xafs", "gdoes")
#: All of them, with values given by hand, and columns of which nothing is known.
TECHNIQUES = (*ELECTROCHEMICAL, *CHARACTERISATION, "descriptors", "spectrum")

#: Conditions with a fixed name and unit; no unit for words.
CONDITIONS = MappingProxyType({
    "temperature": "degC",
    "scan_rate": "mV/s",
    "state": "",  # "pristine", or in words
    "potential": "V",  # of the electrode against Na+/Na when the sample was taken, or the frame recorded
    "potential_span": "V",  # that passed while the frame was recorded
    "cycles": "1",
    "state_of_charge": "%",
    "charge": "mAh/g",
    "transfer": "",  # "air" or "inert"
    "frame_time": "s",
    "wavelength": "nm",  # of X-rays
    "laser_wavelength": "nm",
    "photon_energy": "eV",
    "pass_energy": "eV",
    "resolution": "cm-1",
    "incidence_angle": "deg",
    "adsorptive": "",
    "mass": "g",
})  # fmt: skip

# names of the polars types that a column of each kind may have
_TYPES_OF_KIND = {"number": ("Float64",), "counter": ("Int64",), "text": ("Enum", "String", "Categorical")}


@dataclass(frozen=True, slots=True)
class Source:
    """Where a measurement comes from.

    Parameters
    ----------
    file : str
        Name of the file, without its folder.
    sha256 : str
        Digest of its bytes.
    reader : str
        Name of the reader, or of the model that simulated it.
    reader_version : int
    origin : str
        ``"raw-file"``, ``"source-figure"`` for a digitised curve, or ``"simulation"``. Nothing simulated is called measured.
    """

    file: str
    sha256: str
    reader: str
    reader_version: int
    origin: Origin = "raw-file"


@dataclass(frozen=True, slots=True)
class Measurement:
    """A table of canonical columns, and what is known about it.

    Parameters
    ----------
    technique : str
        One of ``TECHNIQUES``, such as ``"gcd"`` or ``"saxs"``.
    table : polars.DataFrame
        Canonical columns: numbers as float64, counters as 64-bit integers, text as enumerations.
    conditions : mapping of str to Quantity or str
        Temperature, wavelength, state of the sample, ... by the names that ``CONDITIONS`` lists, and others that a file has.
    sample : str
    source : Source
    corrections : tuple of str
        What has been done to the numbers since they were read, in order.
    flags : tuple of Flag
        What the reader and the checks found: ``truncated``, ``time_reversed``, ``sign_suspect``, ...
    cell : CellRecord
        Masses, area and kind of the cell, as far as they are known.
    region : str
        Which part of its file it is, such as ``"N1s"``; empty where the file holds one measurement.

    Raises
    ------
    InputError
        A column is not canonical, or has another type than its kind asks for.
    """

    technique: str
    table: polars.DataFrame
    conditions: Mapping[str, Quantity | str]
    sample: str
    source: Source
    corrections: tuple[str, ...] = ()
    flags: tuple[Flag, ...] = ()
    cell: CellRecord = field(default_factory=CellRecord)
    region: str = ""

    def __post_init__(self) -> None:
        for name, dtype in self.table.schema.items():
            allowed = _TYPES_OF_KIND[column(name).kind]
            if type(dtype).__name__ not in allowed and str(dtype) not in allowed:
                raise InputError(f"{self.source.file}: {name}: its type is {dtype}; {' or '.join(allowed)} is needed.")

    @property
    def simulated(self) -> bool:
        """Whether a model wrote it."""
        return self.source.origin == "simulation"


@dataclass(frozen=True, slots=True)
class Curve:
    """A curve that an analysis gives, such as a fitted line or a distribution.

    Parameters
    ----------
    x_axis, y_axis : Axis
        Quantity and unit.
    x, y : tuple of float, shape (n,)
        In the units of the axes.
    y_stderr : tuple of float, shape (n,), or None
        Standard error of ``y``.

    Raises
    ------
    InputError
        The lengths differ.
    """

    x_axis: Axis
    y_axis: Axis
    x: tuple[float, ...]
    y: tuple[float, ...]
    y_stderr: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        lengths = {len(self.x), len(self.y), len(self.x if self.y_stderr is None else self.y_stderr)}
        if len(lengths) > 1:
            raise InputError(f"Curve {self.y_axis.quantity}: x, y and y_stderr have the lengths {sorted(lengths)}.")


@dataclass(frozen=True, slots=True)
class Provenance:
    """What makes a result repeatable.

    Parameters
    ----------
    inputs : tuple of str
        Digests of every input, ``"sha256:..."``.
    method : str
        Technique or model.
    method_version : int
        Raised whenever the method gives another number.
    options : mapping
        Plain data.
    software : mapping of str to str
        Version of each library that the numbers depend on.
    references : tuple of str
        Keys of ``references.bib``.
    seed : int or None
    """

    inputs: tuple[str, ...]
    method: str
    method_version: int
    options: Mapping[str, Any] = field(default_factory=dict)
    software: Mapping[str, str] = field(default_factory=dict)
    references: tuple[str, ...] = ()
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """Named quantities and curves, with what a careful reader must know of them.

    Parameters
    ----------
    technique : str
    values : mapping of str to Quantity
    curves : mapping of str to Curve
    flags : tuple of Flag
    provenance : Provenance
    tables : mapping of str to polars.DataFrame
        Such as one row for each cycle. A heading is a name with its unit, ``"specific_capacity [mAh/g]"``; without unit for words, counters
        and pure numbers.

    Raises
    ------
    InputError
        A value is withheld, and no flag of severity ``refusal`` says why.
    """

    technique: str
    values: Mapping[str, Quantity]
    curves: Mapping[str, Curve]
    flags: tuple[Flag, ...]
    provenance: Provenance
    tables: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        refused = any(flag.severity == "refusal" for flag in self.flags)
        withheld = [name for name, quantity in self.values.items() if quantity.value is None]
        if withheld and not refused:
            raise InputError(f"Result.values.{withheld[0]}: withheld, and no flag of severity refusal says why.")
