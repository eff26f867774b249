"""Material and electrolyte files: TOML in, ``Material`` and ``Transport`` out, each number with its standing and source.

A bundled file is called by its name (``"mec3"``, ``"carbonate-assumed"``), a file of a study folder by its path in that folder
(``"materials/my-carbon.toml"``).
"""

from __future__ import annotations

import re
from pathlib import Path

from dualion.errors import SpecError
from dualion.records.files import inside, read_toml, show, validate
from dualion.records.material import Material, Population, PotentialTable, Profile, Transport, TransportTable
from dualion.records.material_schema import MaterialFile, ParametersTable, PotentialFile, ProfilesTable, TransportFile, TransportTables
from dualion.records.measures import Measured
from dualion.records.quantity import Parameter
from dualion.records.validation import did_you_mean
from dualion.units import convert

_DATA = Path(__file__).parent.parent / "data"
_BUNDLED_NAME = re.compile(r"[\w-]{1,60}")

#: The study whose claims the bundled materials cite.
BUNDLED_MATERIALS_CITE = "tang2026"


def bundled_materials() -> tuple[str, ...]:
    """Names of the materials that come with dualion."""
    return _names(_DATA / "materials")


def bundled_transports() -> tuple[str, ...]:
    """Names of the electrolytes whose transport comes with dualion."""
    return _names(_DATA / "electrolytes")


def is_bundled(reference: str) -> bool:
    """Whether a reference is a name, not a path."""
    return _BUNDLED_NAME.fullmatch(reference) is not None


def load_material(reference: str | Path, *, folder: Path | None = None, written_in: str = "") -> Material:
    """Load an electrode material.

    Parameters
    ----------
    reference : str or Path
        Name of a bundled material, or path of a file.
    folder : Path, optional
        Study folder that a path is relative to and must not leave.
    written_in : str
        File and key that name the material, for the message where there is none.

    Returns
    -------
    Material
        Every parameter in the unit of the record's docstring.

    Raises
    ------
    SpecError
        With every problem of the file.
    """
    path, name = _find(reference, "materials", folder=folder, written_in=written_in)
    file = validate(MaterialFile, read_toml(path, name=name), file=name)
    populations = tuple(
        Population(row.name, _parameter(row.capacity), _parameter(row.potential), _parameter(row.width)) for row in file.population
    )
    table = None if file.table is None else _table(file.table)
    return Material(
        name=file.name,
        kind=file.kind,
        ion=file.ion,
        populations=populations,
        table=table,
        parameters=_parameters(file.parameter),
        ocp_standing=file.ocp_standing,
        profiles=_profiles(file.profile),
    )


def load_transport(reference: str | Path, *, folder: Path | None = None, written_in: str = "") -> Transport:
    """Load the transport functions of an electrolyte.

    Parameters
    ----------
    reference : str or Path
        Name of a bundled electrolyte, or path of a file.
    folder : Path, optional
        Study folder that a path is relative to and must not leave.
    written_in : str
        File and key that name the electrolyte, for the message where there is none.

    Returns
    -------
    Transport

    Raises
    ------
    SpecError
        With every problem of the file.
    """
    path, name = _find(reference, "electrolytes", folder=folder, written_in=written_in)
    file = validate(TransportFile, read_toml(path, name=name), file=name)
    conductivity, diffusivity = file.conductivity, file.diffusivity
    return Transport(
        name=file.name,
        conductivity=None if conductivity is None else (conductivity.prefactor.value, conductivity.decay.value),
        diffusivity=None if diffusivity is None else (diffusivity.prefactor.value, diffusivity.decay.value),
        transference=_parameter(file.transference),
        thermodynamic_factor=_parameter(file.thermodynamic_factor),
        activation_energy=_parameter(file.activation_energy),
        table=None if file.table is None else _points(file.table),
        standing=file.standing,
        source=file.source,
    )


def _names(folder: Path) -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in folder.glob("*.toml")))


def _find(reference: str | Path, kind: str, *, folder: Path | None, written_in: str) -> tuple[Path, str]:
    """Path of a file, and its name in messages."""
    if isinstance(reference, Path):
        return reference, reference.name
    if is_bundled(reference):
        path = _DATA / kind / f"{reference}.toml"
        if not path.is_file():
            where = f"{written_in}: " if written_in else ""
            remedy = did_you_mean(reference, _names(_DATA / kind))
            raise SpecError(f"{where}{show(reference)} is not among the bundled {kind}. {remedy}")
        return path, f"{kind}/{reference}.toml"
    if folder is None:
        return Path(reference), Path(reference).name
    file, _, key = written_in.partition(": ")
    return inside(folder, reference, file=file or kind, key=key or "path"), reference


def _parameter(measured: Measured) -> Parameter:
    # standing and source are required in these files: ParameterTable refuses a table without them
    return measured.parameter(standing=measured.standing or "assumed", source=measured.source or "")


def _parameters(table: ParametersTable) -> dict[str, Parameter]:
    given = ((name, getattr(table, name)) for name in ParametersTable.model_fields)
    return {name: _parameter(measured) for name, measured in given if measured is not None}


def _table(table: PotentialFile) -> PotentialTable:
    volts = tuple(convert(value, table.potential.unit, "V") for value in table.potential.value)
    return PotentialTable(table.fraction, volts, table.source, table.interpolation)


def _profiles(table: ProfilesTable) -> dict[str, Profile]:
    given = ((name, getattr(table, name)) for name in ProfilesTable.model_fields)
    return {name: Profile(points.fraction, points.value, points.source) for name, points in given if points is not None}


def _points(tables: TransportTables) -> TransportTable:
    conductivity, diffusivity = tables.conductivity, tables.diffusivity
    return TransportTable((conductivity.concentration.value, conductivity.value), (diffusivity.concentration.value, diffusivity.value))
