"""Cell files: TOML in, ``Cell`` out, each number with its standing and source.

A cell file is self-contained but for its materials and the transport functions of its electrolyte, which are bundled names
(``"mec3"``, ``"carbonate-assumed"``) or paths relative to the file. A number rests on the first of

1. the key stands in ``assumed``: assumed;
2. ``claim`` or ``standing`` and ``source`` beside the value;
3. neither: stated, by the ``source`` of the file, or by the file itself.

The electrolyte must fill the pores of separator and electrodes within 1 %. What exceeds them lies beside the pores: it is weighed, but
takes no part in any balance of salt unless ``reservoir_exchange`` says how fast it exchanges with the separator.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from pydantic import BaseModel

from dualion.errors import SpecError
from dualion.records.cell import Cell, Electrode, Film, InitialSodiation, MassBasis, Plating, Separator
from dualion.records.cell_schema import CellFile, Declared, OwnElectrodeTable
from dualion.records.files import read_toml, show, validate
from dualion.records.material import Electrolyte, Ion
from dualion.records.material_files import is_bundled, load_material, load_transport
from dualion.records.measures import Measured
from dualion.records.quantity import Parameter
from dualion.records.validation import did_you_mean

_BUNDLED = Path(__file__).parent.parent / "data" / "cells"

#: Relative shortfall of the electrolyte against the pores that is still rounding.
PORE_TOLERANCE = 0.01

#: What the cathode of each kind of cell takes up.
_CATHODE_IONS: dict[str, Ion] = {"dual-ion": "PF6-", "rocking-chair": "Na+"}

_NOT_STATED = "not stated by the source"


def bundled_cells() -> tuple[str, ...]:
    """Names of the cells that come with dualion."""
    return tuple(sorted(path.stem for path in _BUNDLED.glob("*.toml")))


def load_cell(reference: str | Path) -> Cell:
    """Load a cell.

    Parameters
    ----------
    reference : str or Path
        Name of a bundled cell, or path of a file.

    Returns
    -------
    Cell
        Every parameter in the unit of the record's docstring.

    Raises
    ------
    SpecError
        With the problems of the cell file, or else of the first of its materials and its electrolyte that has any.

    Examples
    --------
    >>> load_cell("mec3-eg").area.value
    1.131
    """
    path, name = _find(reference)
    file = validate(CellFile, read_toml(path, name=name), file=name)
    _refuse_unknown_assumptions(file, name)
    cell = _cell(file, _Numbers(name, file.source or name, file.assumed), path.parent)
    problems = [*_wrong_hosts(cell), *filter(None, [dry_pores(cell)])]
    if problems:
        raise SpecError([f"{name}: {problem}" for problem in problems])
    return cell


def _cell(file: CellFile, numbers: _Numbers, folder: Path) -> Cell:
    separator, cathode, exchange = file.separator, file.cathode, file.reservoir_exchange
    return Cell(
        name=file.name,
        kind=file.kind,
        anode=_electrode(file.anode, "anode", numbers, folder),
        cathode=None if cathode is None else _electrode(cathode, "cathode", numbers, folder),
        electrolyte=_electrolyte(file, numbers, folder),
        separator=Separator(numbers(separator.thickness, "separator.thickness"), numbers(separator.porosity, "separator.porosity")),
        electrolyte_volume=numbers(file.electrolyte_volume, "electrolyte_volume"),
        area=numbers(file.area, "area"),
        window=(numbers(file.window[0], "window.0"), numbers(file.window[1], "window.1")),
        one_c=numbers(file.one_c, "one_c"),
        one_c_mass="cathode" if file.one_c.mass == "cathode" else "anode",
        series_resistance=numbers(file.series_resistance, "series_resistance"),
        initial_sodiation=cast(InitialSodiation, file.initial_sodiation.value),
        mass_basis=cast(MassBasis, file.mass_basis.value),
        temperature=numbers(file.temperature, "temperature"),
        assumed=file.assumed,
        film=_film(file, numbers),
        plating=_plating(file, numbers),
        reservoir_exchange=None if exchange is None else numbers(exchange, "reservoir_exchange"),
    )


def dry_pores(cell: Cell) -> str | None:
    """What is wrong, and what to write, where the electrolyte of a cell does not fill its pores within 1 %; None where it does."""
    given, pores = cell.electrolyte_volume.value, cell.pore_volume
    if given >= pores * (1 - PORE_TOLERANCE):
        return None
    return (
        f"electrolyte_volume: {given:.4g} uL/cm2 does not fill the pores of separator and electrodes, "
        f"{pores:.4g} uL/cm2. Write at least {pores:.4g} uL/cm2, or correct thickness, porosity and loading."
    )


@dataclass(frozen=True, slots=True)
class _Numbers:
    """Values of one file as parameters, by the order of the module's docstring."""

    file: str
    source: str
    assumed: tuple[str, ...]

    def __call__(self, measured: Measured, key: str) -> Parameter:
        parts = key.split(".")
        if any(".".join(parts[:depth]) in self.assumed for depth in range(1, len(parts) + 1)):
            return measured.parameter(standing="assumed", source=measured.source or _NOT_STATED)
        standing = measured.standing or "stated"
        return measured.parameter(standing=standing, source=measured.source or (_NOT_STATED if standing == "assumed" else self.source))


def _find(reference: str | Path) -> tuple[Path, str]:
    """Path of a cell file, and its name in messages."""
    if isinstance(reference, Path) or not is_bundled(reference):
        path = Path(reference)
        return path, path.name
    path = _BUNDLED / f"{reference}.toml"
    if not path.is_file():
        raise SpecError(f"{show(reference)} is not among the bundled cells. {did_you_mean(reference, bundled_cells())}")
    return path, f"cells/{reference}.toml"


def _refuse_unknown_assumptions(file: CellFile, name: str) -> None:
    """Every entry of ``assumed`` is a value of this cell or a table of values, and none of them has a claim."""
    claims = dict(_keys(file))
    tables = {".".join(key.split(".")[:depth]) for key in claims for depth in range(1, key.count(".") + 1)}
    known = [*claims, *sorted(tables), "one_c.mass"]
    problems = []
    for index, key in enumerate(file.assumed):
        if key not in known:
            problems.append(f"{name}: assumed[{index}]: {show(key)} is not a value of this cell. {did_you_mean(key, known)}")
        elif claims.get(key):
            problems.append(f'{name}: {key}: {claims[key][0]} beside it, and listed in "assumed". Remove one of them.')
    if problems:
        raise SpecError(problems)


def _keys(part: object, key: str = "") -> Iterator[tuple[str, tuple[str, ...]]]:
    """Key path of every value with a unit, word or share in a validated file, with its claims."""
    if isinstance(part, Measured | Declared):
        yield key, part.claims
    elif isinstance(part, BaseModel):
        for name in type(part).model_fields:
            yield from _keys(getattr(part, name), f"{key}.{name}" if key else name)
    elif isinstance(part, tuple):
        for index, inner in enumerate(part):
            yield from _keys(inner, f"{key}.{index}")


def _electrode(table: OwnElectrodeTable, role: str, numbers: _Numbers, folder: Path) -> Electrode:
    material = load_material(table.material, folder=folder, written_in=f"{numbers.file}: {role}.material")
    return Electrode(material, numbers(table.loading, f"{role}.loading"))


def _electrolyte(file: CellFile, numbers: _Numbers, folder: Path) -> Electrolyte:
    table = file.electrolyte
    return Electrolyte(
        name=f"{table.salt} in {'/'.join(table.solvent)}",
        salt=table.salt,
        solvent=dict(table.solvent),
        concentration=numbers(table.concentration, "electrolyte.concentration"),
        density=numbers(table.density, "electrolyte.density"),
        salt_molar_mass=numbers(table.salt_molar_mass, "electrolyte.salt_molar_mass"),
        transport=load_transport(table.transport, folder=folder, written_in=f"{numbers.file}: electrolyte.transport"),
    )


def _film(file: CellFile, numbers: _Numbers) -> Film | None:
    film = file.film
    if film is None:
        return None
    return Film(
        numbers(film.resistance, "film.resistance"),
        numbers(film.capacitance, "film.capacitance"),
        numbers(film.activation_energy, "film.activation_energy"),
    )


def _plating(file: CellFile, numbers: _Numbers) -> Plating | None:
    plating = file.plating
    if plating is None:
        return None
    return Plating(plating.kind, numbers(plating.exchange_current_density, "plating.exchange_current_density"))


def _wrong_hosts(cell: Cell) -> Iterator[str]:
    """Materials that do not take up what the kind of cell asks of them."""
    if cell.anode.material.ion != "Na+":
        yield f"anode.material: {show(cell.anode.material.name)} takes up PF6-. Name a material that takes up Na+."
    if cell.cathode is None:
        return
    material, needed = cell.cathode.material, _CATHODE_IONS[cell.kind]
    if material.ion != needed:
        yield (
            f"cathode.material: {show(material.name)} takes up {material.ion}, and the cathode of a {cell.kind} cell takes up {needed}. "
            "Name another material, or write another kind."
        )
    elif cell.kind == "rocking-chair" and "initial_fraction" not in material.parameters:
        yield (
            f"cathode.material: {show(material.name)} has no initial_fraction, and a rocking-chair cell starts with sodium in its cathode. "
            "Write parameter.initial_fraction in the file of the material."
        )
