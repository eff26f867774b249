"""What is typed after ``dualion simulate VERB``, checked before anything is computed: cell, currents, settings, engine, output folder."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dualion.errors import SpecError, StoreError, UnitError
from dualion.models.cells import WITHOUT_RECORD, nominal_values, with_temperature, with_values
from dualion.models.engines import Solver, engine_named, solver
from dualion.models.experiments import Protocol
from dualion.models.states import initial_fractions
from dualion.records.cell import Cell
from dualion.records.cell_files import load_cell
from dualion.records.validation import did_you_mean
from dualion.store.output import MANIFEST
from dualion.units import convert, dimension_name, parse, read_as

#: Temperatures at which the rate constants of the models hold.
TEMPERATURES = (0.0, 70.0)  # [degC]
#: Potentials of a half cell that the table of its isotherm spans.
HALF_CELL_RANGE = (-0.25, 2.8)  # [V] against Na+/Na
#: Units of what ``--set`` may set, where the name of the parameter does not lead to its record.
_UNITS = {"series_resistance": "ohm", "film_resistance": "ohm", "plating_exchange": "A/m2"}

_RATE = re.compile(r"(?P<rate>[0-9.]+(?:[eE][+-]?[0-9]+)?)\s*C|C\s*/\s*(?P<part>[0-9.]+)")
#: How the folder of the blocks of a long run begins, inside the output folder.
RUN = "run-"

_HOW = 'Write "10C", "800 mA/g" or "1.6 mA".'


@dataclass(frozen=True, slots=True)
class Asked:
    """One simulation as it was asked for.

    Parameters
    ----------
    verb : str
    cell : Cell
        With its settings and its temperature.
    engine : str
    out : Path
        A folder that may be written to.
    changed : mapping of str to float
        Parameters that were set, in the units of their records.
    """

    verb: str
    cell: Cell
    engine: str
    out: Path
    changed: Mapping[str, float]

    def solver(self, cell: Cell | None = None) -> Solver:
        """The cell on its engine."""
        return solver(cell or self.cell, engine=self.engine)


def asked(
    verb: str, reference: str, *, engine: str, out: Path | None, temperature: str | None = None, settings: Sequence[str] | None = None
) -> Asked:
    """What was typed, checked.

    Parameters
    ----------
    verb : str
    reference : str
        Name of a bundled cell, or path of a file.
    engine : str
    out : Path or None
    temperature : str or None
    settings : sequence of str or None
        ``NAME=VALUE`` each.

    Returns
    -------
    Asked

    Raises
    ------
    SpecError
        The cell, the engine, the temperature or a setting cannot be used.
    StoreError
        The output folder holds files of others.
    """
    named = engine_named(engine)
    cell = load_cell(reference)
    changed = _settings(cell, settings or ())
    if changed:
        cell = with_values(cell, changed, standing="assumed", source="set for this simulation")
    if temperature is not None:
        cell = with_temperature(cell, celsius(temperature))
    folder = out or Path(f"dualion-{cell.name}-{verb}")
    refuse_foreign(folder, own=RUN if verb == "life" else "")
    return Asked(verb, cell, named, folder, changed)


def refuse_foreign(folder: Path, *, own: str = "") -> None:
    """Refuse a folder that holds files and was not written by dualion; nothing in it is touched.

    Parameters
    ----------
    folder : Path
    own : str
        How the names of what may be in it before it was written begin: the blocks of a run that was ended.

    Raises
    ------
    StoreError
        It is such a folder, or no folder.
    """
    if not folder.exists():
        return
    if not folder.is_dir():
        raise StoreError(f"{folder}: is a file, and a folder is needed. Choose another name with --out.")
    if not (folder / MANIFEST).exists() and any(not (own and path.name.startswith(own)) for path in folder.iterdir()):
        raise StoreError(f"{folder}: holds files that dualion did not write. Choose another folder with --out, or an empty one.")


def specific_current(cell: Cell, text: str) -> float:
    """A rate as specific current.

    Parameters
    ----------
    cell : Cell
    text : str
        Such as ``"10C"`` by the cell's own definition, ``"800 mA/g"`` on the mass of that definition, or ``"1.6 mA"``.

    Returns
    -------
    float
        [mA/g] on the mass that defines 1 C, positive.

    Raises
    ------
    SpecError
        The text has no unit or another, or the rate is not positive.
    """
    written = _RATE.fullmatch(text.strip())
    try:
        if written:
            rate = float(written["rate"]) if written["rate"] else 1 / float(written["part"])
            value = rate * cell.one_c.value
        else:
            number, unit = parse(text)
            if not unit:
                raise SpecError(f'rate: "{text}" has no unit. {_HOW}')
            value = _in_mass(cell, number, unit, text)
    except (UnitError, ValueError, ZeroDivisionError) as error:
        raise SpecError(f'rate: "{text}" is not a rate. {_HOW}') from error
    if not (value > 0 and math.isfinite(value)):
        raise SpecError(f'rate: "{text}" is not positive. {_HOW} The first step follows from the kind of the cell.')
    return value


def specific_currents(cell: Cell, texts: Sequence[str]) -> list[float]:
    """Several rates, one a text or divided by commas [mA/g]; see ``specific_current``."""
    return [specific_current(cell, part) for part in divided(texts)]


def divided(texts: Sequence[str]) -> list[str]:
    """Parts of texts that are divided by commas."""
    return [part for text in texts for part in text.split(",") if part.strip()]


def celsius(text: str) -> float:
    """A temperature [degC] such as ``"40 degC"`` or ``"313.15 K"``, inside what the models hold for.

    Raises
    ------
    SpecError
        No unit, or outside.
    """
    try:
        value = read_as(text, "degC")
    except UnitError as error:
        raise SpecError(f"temperature: {error}") from error
    low, high = TEMPERATURES
    if not low <= value <= high:
        raise SpecError(f"temperature: {value:g} degC is outside {low:g} to {high:g} degC, where the rates of the models hold.")
    return value


def quantity(name: str, text: str, unit: str) -> float:
    """A positive number [unit] of an option such as ``"10 min"``.

    Raises
    ------
    SpecError
        No unit, another dimension, or not positive.
    """
    try:
        value = read_as(text, unit)
    except UnitError as error:
        raise SpecError(f"{name}: {error}") from error
    if not (value > 0 and math.isfinite(value)):
        raise SpecError(f'{name}: "{text}" is not positive. Write a text such as "1 {unit}".')
    return value


def positive(name: str, number: int) -> int:
    """A number that counts something.

    Raises
    ------
    SpecError
        It is less than one.
    """
    if number < 1:
        raise SpecError(f"{name}: {number} is not a number of {name}. Write 1 or more.")
    return number


def window(cell: Cell, low: str | None, high: str | None) -> tuple[float | None, float | None]:
    """Ends of a voltammogram [V], inside what the hosts are known for; None where the cell's own is taken.

    Raises
    ------
    SpecError
        A text is no voltage, or the cell has no equilibrium there.
    """
    found: list[float | None] = []
    for name, text in (("low", low), ("high", high)):
        if text is None:
            found.append(None)
            continue
        try:
            value = read_as(text, "V")
        except UnitError as error:
            raise SpecError(f"{name}: {error}") from error
        if cell.kind != "half":
            initial_fractions(cell, {}, voltage=value)
        elif not HALF_CELL_RANGE[0] <= value <= HALF_CELL_RANGE[1]:
            raise SpecError(
                f"{name}: {value:g} V is outside {HALF_CELL_RANGE[0]:g} to {HALF_CELL_RANGE[1]:g} V against Na+/Na, where the "
                f"open-circuit potential of {cell.anode.material.name} is known. Write a voltage inside."
            )
        found.append(value)
    return found[0], found[1]


def refuse_start(cell: Cell, protocol: Protocol) -> None:
    """Refuse a protocol that begins where the cell has no equilibrium; a solver would give no current there, and no error.

    Raises
    ------
    SpecError
        It does.
    """
    first = protocol.steps[0]
    voltage = getattr(first, "start", getattr(first, "voltage", None))
    if voltage is not None:
        initial_fractions(cell, {}, voltage=voltage)


def _in_mass(cell: Cell, number: float, unit: str, text: str) -> float:
    """[mA/g] of a current or a specific current."""
    dimension = dimension_name(unit)
    if dimension == "a specific current":
        return convert(number, unit, "mA/g")
    if dimension == "a current":
        return convert(number, unit, "A") / cell.current_of(1.0)
    raise SpecError(f'rate: "{text}" is {dimension}; a C-rate, a specific current or a current is needed. {_HOW}')


def _settings(cell: Cell, texts: Sequence[str]) -> dict[str, float]:
    """Parameters to set, in the units of their records."""
    known = {name: value for name, value in nominal_values(cell).items() if name not in WITHOUT_RECORD}
    found, problems = {}, []
    for text in texts:
        name, equals, value = (part.strip() for part in text.partition("="))
        if not equals or name not in known:
            remedy = did_you_mean(name, known) if equals else 'Write NAME=VALUE, such as series_resistance="15 ohm".'
            problems.append(f'set: "{text}" sets no parameter of {cell.name}. {remedy}')
            continue
        try:
            number, unit = parse(value)
            found[name] = convert(number, unit, _unit_of(cell, name)) if unit else number
        except UnitError as error:
            problems.append(f"set: {name}: {error}")
    if problems:
        raise SpecError(problems)
    return found


def _unit_of(cell: Cell, name: str) -> str:
    """Unit of the record behind a name of ``nominal_values``."""
    if name in _UNITS:
        return _UNITS[name]
    role, _, rest = name.partition(".")
    electrode = cell.anode if role == "anode" else cell.cathode
    assert electrode is not None
    if rest in electrode.material.parameters:
        return electrode.material.parameters[rest].quantity.unit
    stem, _, part = rest.rpartition("_")
    population = next(one for one in electrode.material.populations if one.name.replace(" ", "_") == stem)
    return str(getattr(population, part).quantity.unit)
