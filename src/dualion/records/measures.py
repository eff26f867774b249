"""Field types for what users write: a value with its unit, as a text or as a table.

    loading = "1.0 mg/cm2"
    loading = {value = 1.0, unit = "mg/cm2", stderr = 0.1, claim = "P031", approximate = true}

A field of a pydantic model states the unit it is converted to: ``Annotated[Measured, Measure("mg/cm2", example="1.0 mg/cm2")]``.
A bare number is accepted for a dimensionless field only. Every refusal is worded as section 1.5 of the study specification has it.
"""

from __future__ import annotations

import difflib
import json
import math
import re
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, GetCoreSchemaHandler, Strict, ValidatorFunctionWrapHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from dualion.errors import UnitError
from dualion.records.quantity import Parameter, Quantity, Standing
from dualion.units import compatible, convert, dimension_name, parse, unit

#: Longest text that is read as a value or a unit; longer ones are refused before any pattern runs over them.
LONGEST_VALUE = 100

#: Longest piece of a user's text that a message repeats.
LONGEST_SHOWN = 60

#: The one version of these files so far.
FIRST_VERSION = 1

#: Units that a misspelt one is compared with.
COMMON_UNITS = (
    "mAh/g", "mAh/cm2", "mAh", "Ah", "mA/g", "mA/cm2", "A/m2", "mA", "A", "mg/cm2", "g/cm3", "g/mL", "g/mol", "mol/L", "mol", "mmol",
    "Wh/kg", "W/kg", "kJ/mol", "eV", "V", "mV", "ohm", "ohm cm2", "S/m", "S/cm", "m2/s", "cm2/s", "m2/g", "cm3/g", "cm2", "mm", "um", "nm",
    "angstrom", "uL/cm2", "uL", "mL", "L", "mg", "g", "degC", "K", "degC/min", "mV/s", "min", "h", "s", "%", "wt%", "at%", "ppm", "1",
    "cm-1", "1/nm", "1/angstrom", "mPa s", "Hz", "cycle",
)  # fmt: skip

_SPELLINGS = str.maketrans({
    "\u00b5": "u", "\u03bc": "u", "\u00c5": "angstrom", "\u212b": "angstrom", "\u03a9": "ohm", "\u2126": "ohm", "\u2103": "degC",
    "\u00b0": "deg", "\u2212": "-", "\u2013": "-", "\u207b": "-", "\u00b7": " ", "\u22c5": " ", "^": "", "\u2070": "0", "\u00b9": "1",
    "\u00b2": "2", "\u00b3": "3", "\u2074": "4", "\u2075": "5", "\u2076": "6", "\u2077": "7", "\u2078": "8", "\u2079": "9",
})  # fmt: skip
_C_RATE = re.compile(r"\s*(\d{1,6}(\.\d{0,6})?)?\s*C\s*(/\s*\d{1,6}(\.\d{0,6})?)?\s*")
_CLOSENESS = 0.6  # share of matching characters from which difflib's match is offered


def show(value: object) -> str:
    """A value as TOML would write it, on one line and shortened."""
    if isinstance(value, (bool, str)):
        text = json.dumps(value, ensure_ascii=False)
    elif isinstance(value, dict):
        text = "a table"
    elif isinstance(value, list):
        text = "a list"
    else:
        text = str(value) if not isinstance(value, int) or abs(value) < 10**LONGEST_SHOWN else "a number of too many digits"
    return text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 4] + '..."'


def quoted(words: tuple[str, ...] | list[str]) -> str:
    """Words in quotes, with commas between them."""
    return ", ".join(f'"{word}"' for word in words)


def refusal(problem: str, *, kind: str = "spec") -> PydanticCustomError:
    """An error for a validator to raise; ``problem`` is the whole text behind the key, remedy included."""
    return PydanticCustomError(kind, "{problem}", {"problem": problem})


def nearest_unit(text: str) -> str | None:
    """The unit of the table that a misspelt unit most likely means, None where none is near.

    Examples
    --------
    >>> nearest_unit("mAhg-1"), nearest_unit("Å"), nearest_unit("ml")
    ('mAh/g', 'angstrom', 'mL')
    """
    plain = text[:LONGEST_VALUE].translate(_SPELLINGS).strip()
    try:
        return unit(plain).text if plain else None
    except (UnitError, ArithmeticError):
        same_letters = [known for known in COMMON_UNITS if known.casefold() == plain.casefold()]
        near = same_letters or difflib.get_close_matches(plain, COMMON_UNITS, 1, _CLOSENESS)
        return near[0] if near else None


def unknown_unit(text: str, *, example: str = "mAh/g") -> str:
    """Problem and remedy for a unit that is not in the table; ``example`` stands in where no unit is near."""
    return f'{show(text)} is not in the unit table. Write "{nearest_unit(text) or example}".'


def _number(value: Any) -> float:
    """A finite number from a TOML integer or float."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise refusal(f"{show(value)} is not a number. Write a number without quotes.")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise refusal(f"{show(value)} is not finite. Write a finite number.")
    return number


def _one_or_more(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


#: A finite number; a text or a boolean is refused.
Number = Annotated[float, BeforeValidator(_number)]

#: A text that says something.
Text = Annotated[str, Strict(), Field(min_length=1)]

#: One claim id, or a list of them.
ClaimIds = Annotated[tuple[Text, ...], BeforeValidator(_one_or_more)]


def _version(value: Any) -> Any:
    if value != FIRST_VERSION or not isinstance(value, int) or isinstance(value, bool):
        raise refusal(f"{show(value)} is not a version known here. Write schema = {FIRST_VERSION}.")
    return value


#: Version of a file's own form.
Version = Annotated[Literal[1], BeforeValidator(_version)]


class Strictly(BaseModel):
    """Base of every model of what users write: unknown keys are refused, and the result is frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class MeasureTable(Strictly):
    """A value with its unit, written as a table."""

    value: Number
    unit: Annotated[str, Strict(), Field(max_length=LONGEST_VALUE)] | None = None
    stderr: Annotated[Number, Field(ge=0)] | None = None
    claim: ClaimIds = ()
    claims: ClaimIds = ()
    approximate: Annotated[bool, Strict()] = False
    standing: Standing | None = None
    source: Text | None = None


@dataclass(frozen=True, slots=True)
class Measured:
    """A value as a user wrote it, converted to the unit of its field.

    Parameters
    ----------
    value, stderr : float, float or None
        In ``unit``.
    unit : str
        Unit of the field.
    claims : tuple of str
        Ids of the claims that state it.
    approximate : bool
        Whether the source says so.
    standing, source : str or None
        Where the user wrote them.
    mass : str or None
        The mass that a specific current refers to.
    written : str
        Value and unit as written.
    """

    value: float
    unit: str
    stderr: float | None
    claims: tuple[str, ...]
    approximate: bool
    standing: Standing | None
    source: str | None
    mass: str | None
    written: str

    def parameter(self, *, standing: Standing, source: str) -> Parameter:
        """As a parameter of a model, with what it rests on."""
        text = f"{source} (approximate)" if self.approximate else source
        return Parameter(Quantity(self.value, self.unit, self.stderr), standing, text, self.claims)


@dataclass(frozen=True, slots=True)
class Measure:
    """Metadata of a field that holds a value with a unit.

    Parameters
    ----------
    unit : str
        The unit it is converted to; ``"1"`` accepts a bare number.
    example : str
        A text that would be right, for the messages.
    above, at_least, at_most : float or None
        [unit] Bounds, the first one exclusive.
    alternative : str or None
        A second unit that is accepted and kept, such as ``"1"`` for a share.
    table : type
        What a table may hold.
    """

    unit: str
    example: str
    above: float | None = None
    at_least: float | None = None
    at_most: float | None = None
    alternative: str | None = None
    table: type[MeasureTable] = MeasureTable

    @property
    def hint(self) -> str:
        """What to write where the field is missing."""
        return f"a number such as {self.example}" if self.unit == "1" else f'a text such as "{self.example}"'

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Validate through the table, so that an error inside it names its own key."""
        return core_schema.no_info_wrap_validator_function(self._read, handler.generate_schema(self.table))

    def _read(self, given: Any, handler: ValidatorFunctionWrapHandler) -> Measured:
        filled: MeasureTable = handler(self._as_table(given))
        written_unit = "1" if filled.unit is None and "1" in (self.unit, self.alternative) else filled.unit
        bare = str(given["value"]) if isinstance(given, dict) else str(given)
        if not written_unit:
            raise refusal(self._without_unit(bare))
        written = bare if filled.unit is None or isinstance(given, str) else f"{bare} {filled.unit}"
        target = self._target(written_unit, written=written)
        value = convert(filled.value, written_unit, target)
        self._check(value, written=written)
        stderr = None if filled.stderr is None else filled.stderr * unit(written_unit).factor / unit(target).factor
        claims = filled.claim + filled.claims
        mass: str | None = getattr(filled, "mass", None)
        return Measured(value, target, stderr, claims, filled.approximate, filled.standing, filled.source, mass, written.strip())

    def _as_table(self, given: Any) -> dict[str, Any]:
        if isinstance(given, dict):
            return given
        if isinstance(given, (int, float)) and not isinstance(given, bool):
            if "1" not in (self.unit, self.alternative):
                raise refusal(self._without_unit(show(given)))
            return {"value": given}
        if not isinstance(given, str) or len(given) > LONGEST_VALUE:
            raise refusal(f"{show(given)} is not a value with a unit. Write {self.hint}.")
        if compatible(self.unit, "mA/g") and _C_RATE.fullmatch(given):
            raise refusal(f'{show(given)} is not a current. Write the current, such as "{self.example}".', kind="c_rate")
        try:
            value, written_unit = parse(given)
        except (UnitError, ArithmeticError):
            raise refusal(self._unreadable(given)) from None
        return {"value": value, "unit": written_unit} if written_unit else {"value": value}

    def _unreadable(self, given: str) -> str:
        number = re.match(r"\s{0,9}[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", given)
        if number is None:
            return f"{show(given)} does not start with a number. Write {self.hint}."
        return unknown_unit(given[number.end() :].strip(), example=self.unit)

    def _without_unit(self, bare: str) -> str:
        return f'{bare} has no unit. Write a text such as "{bare.strip()} {self.unit}".'

    def _target(self, written_unit: str, *, written: str) -> str:
        try:
            if self.alternative is not None and compatible(written_unit, self.alternative):
                return self.alternative
            if compatible(written_unit, self.unit):
                return self.unit
        except (UnitError, ArithmeticError):
            raise refusal(unknown_unit(written_unit, example=self.unit)) from None
        needed = dimension_name(self.unit)
        example = self.example if self.unit == "1" else f'"{self.example}"'
        raise refusal(f"{show(written)} is {dimension_name(written_unit)}; {needed} is needed, such as {example}.")

    def _check(self, value: float, *, written: str) -> None:
        behind = "" if self.unit == "1" else f" {self.unit}"
        if not math.isfinite(value):
            raise refusal(f"{show(written)} is not finite. Write a finite number.")
        if self.above is not None and value <= self.above:
            raise refusal(f"{show(written)} is too small. Write more than {self.above:g}{behind}.")
        if self.at_least is not None and value < self.at_least:
            raise refusal(f"{show(written)} is too small. Write at least {self.at_least:g}{behind}.")
        if self.at_most is not None and value > self.at_most:
            raise refusal(f"{show(written)} is too large. Write at most {self.at_most:g}{behind}.")
