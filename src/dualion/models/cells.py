"""Cells with some of their parameters set anew: by a fit, or for a scenario."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from dualion.errors import SpecError
from dualion.records.cell import Cell, Electrode
from dualion.records.material import Population, Transport
from dualion.records.quantity import Parameter, Quantity, Standing

_PARTS = ("capacity", "potential", "width")

#: What a model leaves open though no record holds it: the transport number is one of a set, growth of the film is a cell's history.
WITHOUT_RECORD = frozenset({"transference", "film_growth"})


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
    resistance, film, plating = cell.series_resistance, cell.film, cell.plating
    if "series_resistance" in left:
        resistance = renewed(resistance, left.pop("series_resistance"))
    if film is not None and "film_resistance" in left:
        film = replace(film, resistance=renewed(film.resistance, left.pop("film_resistance")))
    if plating is not None and "plating_exchange" in left:
        plating = replace(plating, exchange_current_density=renewed(plating.exchange_current_density, left.pop("plating_exchange")))
    if left:
        raise SpecError(f"{cell.name}: {', '.join(left)}: no parameter of this cell.")
    anode = electrodes["anode"]
    assert anode is not None
    return replace(cell, anode=anode, cathode=electrodes["cathode"], series_resistance=resistance, film=film, plating=plating)


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


def with_temperature(cell: Cell, celsius: float) -> Cell:
    """The cell at another temperature; everything in it that has an activation energy follows.

    Parameters
    ----------
    cell : Cell
    celsius : float
        [degC]

    Returns
    -------
    Cell
    """
    return replace(cell, temperature=Parameter(Quantity(float(celsius), "degC"), "assumed", "chosen for a simulation"))


def nominal_values(cell: Cell) -> dict[str, float]:
    """Every parameter of a cell that may be left open.

    Parameters
    ----------
    cell : Cell

    Returns
    -------
    dict of str to float
        By name, in the unit of its record; ``film_growth`` [1] is what the resistance of the film is multiplied with, 1 for a new cell.
    """
    found = {"series_resistance": cell.series_resistance.value, "transference": cell.electrolyte.transport.transference.value}
    if cell.film is not None:
        found |= {"film_resistance": cell.film.resistance.value, "film_growth": 1.0}
    if cell.plating is not None:
        found["plating_exchange"] = cell.plating.exchange_current_density.value
    for role, electrode in (("anode", cell.anode), ("cathode", cell.cathode)):
        if electrode is None:
            continue
        for name, parameter in electrode.material.parameters.items():
            found[f"{role}.{name}"] = parameter.value
        for population in electrode.material.populations:
            stem = f"{role}.{population.name.replace(' ', '_')}"
            found |= {
                f"{stem}_capacity": population.capacity.value,
                f"{stem}_potential": population.potential.value,
                f"{stem}_width": population.width.value,
            }
    return found


def with_inputs(cell: Cell, parameters: Mapping[str, float]) -> Cell:
    """The cell whose records hold the values of those open parameters that they have a place for."""
    places = nominal_values(cell).keys() - WITHOUT_RECORD
    return with_values(cell, {name: value for name, value in parameters.items() if name in places})
