"""Cells with some of their parameters set anew: by a fit, or for a scenario."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from dualion.errors import SpecError
from dualion.records.cell import Cell, Electrode
from dualion.records.material import Population, Transport
from dualion.records.quantity import Parameter, Standing

_PARTS = ("capacity", "potential", "width")


def with_values(
    cell: Cell, values: Mapping[str, float], *, standing: Standing = "fitted", source: str = "", claims: tuple[str, ...] = ()
) -> Cell:
    """The cell with named parameters set.

    Parameters
    ----------
    cell : Cell
    values : mapping of str to float
        By name, such as ``anode.pore_capacity`` [mAh/g], ``cathode.diffusivity`` [m2/s], ``series_resistance`` [ohm]; in the units
        of the records.
    standing : str
        Of the new values.
    source : str
        What set them.
    claims : tuple of str
        For fitted values, the claims they were fitted to.

    Returns
    -------
    Cell

    Raises
    ------
    SpecError
        A name is not a parameter of this cell.
    """

    def renewed(parameter: Parameter, value: float) -> Parameter:
        return Parameter(replace(parameter.quantity, value=float(value), stderr=None), standing, source or parameter.source, claims)

    left = dict(values)
    electrodes: dict[str, Electrode | None] = {"anode": cell.anode, "cathode": cell.cathode}
    for role, electrode in electrodes.items():
        if electrode is None:
            continue
        material = electrode.material
        populations = []
        for population in material.populations:
            stem = f"{role}.{population.name.replace(' ', '_')}"
            parts = {part: getattr(population, part) for part in _PARTS}
            new = {part: renewed(parts[part], left.pop(f"{stem}_{part}")) for part in _PARTS if f"{stem}_{part}" in left}
            populations.append(Population(population.name, **{**parts, **new}))
        own = {name: renewed(p, left.pop(f"{role}.{name}")) for name, p in material.parameters.items() if f"{role}.{name}" in left}
        material = replace(material, populations=tuple(populations), parameters={**material.parameters, **own})
        electrodes[role] = replace(electrode, material=material)
    resistance = cell.series_resistance
    if "series_resistance" in left:
        resistance = renewed(resistance, left.pop("series_resistance"))
    if left:
        raise SpecError(f"{cell.name}: {', '.join(left)}: no parameter of this cell.")
    anode = electrodes["anode"]
    assert anode is not None
    return replace(cell, anode=anode, cathode=electrodes["cathode"], series_resistance=resistance)


def with_transport(cell: Cell, transport: Transport) -> Cell:
    """The cell with another set of transport functions in its electrolyte.

    Parameters
    ----------
    cell : Cell
    transport : Transport

    Returns
    -------
    Cell
    """
    return replace(cell, electrolyte=replace(cell.electrolyte, transport=transport))
