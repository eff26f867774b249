"""BPX 1.x, the Battery Parameter eXchange: cells written as valid files, and read back.

BPX knows one ion, two hosts of it and no film, reservoir or mass. Its standard fields therefore describe what they can: anode,
electrolyte and separator of any cell, and the cathode of a rocking-chair cell. The host of an anion has no place in them and is left out
(``Model`` is then ``Partial``), so that no other program takes it for a host of cations. Everything else stands in the block
``dualion`` of ``User-defined``: host ions, the cations s_plus that each reaction releases per electron, the convention of vacancies, the
shift of the potential, reservoir, film, masses, and the whole record, from which the cell is rebuilt without loss.

    k = 2 jhat / F        BPX: j0 = F k sqrt(c / c_0) sqrt(x (1 - x));  here: j0 = jhat 2 sqrt(x (1 - x)) sqrt(c / c_0)
    x_min, x_max          anode at 1.2 V and 0.0001 V; in a rocking-chair cell where the open-circuit voltage meets the window

Valid for one material in each electrode and both transfer coefficients 1/2. Words can stand in ``User-defined`` only under the key
``description``; elsewhere BPX reads text as a formula.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from dualion.errors import InputError, SpecError
from dualion.models.constants import (
    BRUGGEMAN,
    DESODIATED_POTENTIAL,
    FARADAY,
    REFERENCE_TEMPERATURE,
    SODIATED_POTENTIAL,
    TABLE_RANGE,
    ZERO_CELSIUS,
)
from dualion.models.isotherms import Isotherm, TableIsotherm, isotherm_of
from dualion.models.reference.bpx_ordinary import Beside, Imported, read_ordinary
from dualion.models.reference.parameter_sets import cell_parameters, maximum_concentration
from dualion.models.states import initial_fractions
from dualion.records.cell import Cell, Electrode
from dualion.records.json import from_plain, to_plain

#: Version of the standard whose fields are written.
BPX_VERSION = "1.0.0"
#: Version of the block ``dualion``.
SCHEMA_VERSION = 1

#: Points that are added to a table whose own are joined by a curve.
_BETWEEN = 401
#: Relative difference at which a field of a marked file counts as changed: rounding of other machines stays below it.
_ROUNDING = 1e-9

_WHAT = (
    "{kind} cell, written by dualion. What BPX has no field for stands in User-defined: ions, masses, film, reservoir. Outer surface and "
    "volume are those of the layers, without a case."
)
_VACANCIES = (
    "The positive host takes up the anion of the salt. Its particle holds the vacancies y = 1 - theta, which rise on discharge; its "
    "potential is U(theta, c) = U_0(theta) - 2 R T / F (1 + dlnf/dlnc) ln(c / c_0)."
)
_CATIONS = "Both hosts take up the cation; particles hold what they took up, and no potential depends on the salt."


def export_bpx(cell: Cell) -> dict[str, Any]:
    """A cell as a BPX 1.x object.

    Parameters
    ----------
    cell : Cell

    Returns
    -------
    dict
        What ``json.dump`` writes and the package ``bpx`` accepts.

    Examples
    --------
    >>> from dualion.records.cell_files import load_cell
    >>> export_bpx(load_cell("mec3-eg"))["Header"]["Model"]
    'Partial'
    """
    cations = cell.cathode is not None and cell.cathode.material.ion == "Na+"
    low, high = _limits(cell)
    electrodes = {"Negative electrode": _electrode(cell, "anode", cell.anode, low[0], high[0])}
    if cations:
        assert cell.cathode is not None
        electrodes["Positive electrode"] = _electrode(cell, "cathode", cell.cathode, high[1], low[1])
    kelvin = cell.temperature.value + ZERO_CELSIUS
    return {
        "Header": {
            "BPX": BPX_VERSION,
            "Title": cell.name,
            "Description": _WHAT.format(kind=cell.kind),
            "Model": "DFN" if cations else "Partial",
        },
        "Parameterisation": {
            "Cell": _whole(cell),
            "Electrolyte": _electrolyte(cell),
            **electrodes,
            "Separator": {
                "Thickness [m]": cell.separator.thickness.value * 1e-6,
                "Porosity": cell.separator.porosity.value,
                "Transport efficiency": cell.separator.porosity.value**BRUGGEMAN,
            },
            "User-defined": {"dualion": _block(cell)},  # a text beside it stops PyBaMM from reading the file
        },
        "State": {
            "Initial conditions": {
                "Initial temperature [K]": kelvin,
                "Initial electrolyte concentration [mol.m-3]": cell.electrolyte.concentration.value * 1e3,
            },
            "Thermal environment": {"Ambient temperature [K]": kelvin},
        },
    }


def marked(data: Mapping[str, Any]) -> bool:
    """Whether a BPX object carries the block ``dualion``."""
    return _block_of(data) is not None


def import_bpx(data: Mapping[str, Any], beside: Beside | None = None) -> Imported:
    """A BPX object as a cell: exactly the one that was exported, or a rocking-chair cell from an ordinary file.

    Parameters
    ----------
    data : mapping
        As a JSON reader gives it.
    beside : Beside, optional
        What an ordinary file does not say: salt, masses, electrolyte volume, initial sodiation, mass basis. Not read where the block
        ``dualion`` says it.

    Returns
    -------
    Imported
        The cell, and flags for what was lost on the way.

    Raises
    ------
    SpecError
        It is not BPX 1.x, lacks a part, was changed after dualion wrote it, or something was not told beside it.
    """
    return Imported(read_marked(data), ()) if marked(data) else read_ordinary(data, beside or Beside())


def read_marked(data: Mapping[str, Any]) -> Cell:
    """The cell of a BPX object that dualion wrote, exactly as it was.

    Parameters
    ----------
    data : mapping
        As ``export_bpx`` gives it, or as a JSON reader does.

    Returns
    -------
    Cell

    Raises
    ------
    SpecError
        The block is missing, broken or of another version, or a standard field was changed since and no longer agrees with it.
    """
    where = 'Parameterisation.User-defined["dualion"]'
    block = _block_of(data)
    if block is None:
        raise SpecError(f"{where}: missing. This file was not written by dualion, or lost its block; import it as an ordinary one.")
    if block.get("schema version") != SCHEMA_VERSION:
        raise SpecError(
            f"{where}: schema version {block.get('schema version')!r} is not {SCHEMA_VERSION}. Write the file again with this release."
        )
    try:
        cell = from_plain(Cell, json.loads(block["record"]["description"]))
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise SpecError(f"{where}: no record of the cell ({type(error).__name__}). Write the file again.") from None
    except InputError as error:
        raise SpecError(f"{where}: record: {error} Write the file again.") from None
    changed = list(_differences(export_bpx(cell), data, ""))
    if changed:
        raise SpecError(
            [f"{path}: not what dualion wrote there. Change the cell, not the BPX file, and write it again." for path in changed]
        )
    return cell


def _block_of(data: Mapping[str, Any]) -> Mapping[str, Any] | None:
    found: Any = data
    for key in ("Parameterisation", "User-defined", "dualion"):
        found = found.get(key) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else None


def _differences(expected: Any, found: Any, path: str) -> Iterator[str]:
    """Paths at which two objects differ by more than rounding."""
    if isinstance(expected, Mapping) and isinstance(found, Mapping):
        for key in [*expected, *(key for key in found if key not in expected)]:
            yield from _differences(expected.get(key), found.get(key), f"{path}.{key}" if path else str(key))
    elif isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        for index, (one, other) in enumerate(zip(expected, found, strict=True)):
            yield from _differences(one, other, f"{path}[{index}]")
    elif isinstance(expected, int | float) and isinstance(found, int | float):
        if not math.isclose(expected, found, rel_tol=_ROUNDING, abs_tol=0.0):
            yield path
    elif expected != found:
        yield path


def _limits(cell: Cell) -> tuple[tuple[float, float], tuple[float, float]]:
    """Fillings of anode and cathode [1] at the lower and at the upper end of use."""
    anode = isotherm_of(cell.anode)
    if cell.cathode is None or cell.cathode.material.ion != "Na+":
        reach = _reach(anode)
        ends = [float(anode.fraction(min(max(potential, reach[0]), reach[1]))) for potential in (DESODIATED_POTENTIAL, SODIATED_POTENTIAL)]
        return (ends[0], 0.0), (ends[1], 0.0)
    return _window(cell, anode, isotherm_of(cell.cathode))


def _reach(isotherm: Isotherm) -> tuple[float, float]:
    """Potentials [V] between which an isotherm of Na+ is known."""
    _, potentials = isotherm.table(*TABLE_RANGE["Na+"])
    return float(np.min(potentials)), float(np.max(potentials))


def _window(cell: Cell, anode: Isotherm, cathode: Isotherm) -> tuple[tuple[float, float], tuple[float, float]]:
    """Fillings of both hosts of a rocking-chair cell where its open-circuit voltage meets the window, or a table ends."""
    assert cell.cathode is not None
    start = initial_fractions(cell, {})
    sites = [electrode.host_capacity * electrode.loading.value for electrode in (cell.anode, cell.cathode)]
    sodium = start["anode.initial_fraction"] * sites[0] + start["cathode.initial_fraction"] * sites[1]
    (xs, _), (ys, _) = anode.table(*TABLE_RANGE["Na+"]), cathode.table(*TABLE_RANGE["Na+"])
    lowest = max(xs[0], (sodium - ys[-1] * sites[1]) / sites[0])
    highest = min(xs[-1], (sodium - ys[0] * sites[1]) / sites[0])
    x = np.linspace(lowest, highest, 2001)  # half a thousandth of the host
    y = np.clip((sodium - x * sites[0]) / sites[1], ys[0], ys[-1])
    inside = (cathode.potential(y) - anode.potential(x) >= cell.window[0].value) & (
        cathode.potential(y) - anode.potential(x) <= cell.window[1].value
    )
    if not inside.any():
        raise SpecError(
            f"{cell.name}: no state of the two hosts lies within the window. Check window, initial_sodiation and initial_fraction."
        )
    first, last = np.flatnonzero(inside)[[0, -1]]
    return (float(x[first]), float(y[first])), (float(x[last]), float(y[last]))


def _whole(cell: Cell) -> dict[str, Any]:
    """What belongs to no layer."""
    area = cell.area.value * 1e-4
    layers = [electrode.thickness for electrode in (cell.anode, cell.cathode) if electrode is not None]
    return {
        "Electrode area [m2]": area,
        "External surface area [m2]": 2 * area,
        "Volume [m3]": area * (cell.separator.thickness.value * 1e-6 + sum(layers)),
        "Number of electrode pairs connected in parallel to make a cell": 1,
        "Lower voltage cut-off [V]": cell.window[0].value,
        "Upper voltage cut-off [V]": cell.window[1].value,
        "Nominal cell capacity [A.h]": cell.current(1.0),
        "Reference temperature [K]": REFERENCE_TEMPERATURE,
    }


def _electrode(cell: Cell, role: str, electrode: Electrode, least: float, most: float) -> dict[str, Any]:
    material = electrode.material
    isotherm = isotherm_of(electrode)
    maximum = maximum_concentration(electrode.host_capacity, material["density"])
    radius = material["particle_radius"] * 1e-6
    x, potential = _points(isotherm)
    profile = material.profiles.get("diffusivity")
    found = {
        "Thickness [m]": electrode.thickness,
        "Porosity": material["porosity"],
        "Transport efficiency": material["porosity"] ** BRUGGEMAN,
        "Conductivity [S.m-1]": material["conductivity"],
        "Minimum stoichiometry": least,
        "Maximum stoichiometry": most,
        "Maximum concentration [mol.m-3]": maximum,
        "Particle radius [m]": radius,
        "Surface area per unit volume [m-1]": 3 * material["active_volume_fraction"] / radius,
        "Diffusivity [m2.s-1]": material["diffusivity"] if profile is None else _table(profile.fraction, profile.value),
        "OCP [V]": _table(x, potential),
        "Entropic change coefficient [V.K-1]": 0.0,
        "Reaction rate constant [mol.m-2.s-1]": 2 * _middle_exchange(cell, role, maximum) / FARADAY,
    }
    energies = {"diffusivity_activation_energy": "Diffusivity", "activation_energy": "Reaction rate constant"}
    for name, quantity in energies.items():
        if name in material.parameters:
            found[f"{quantity} activation energy [J.mol-1]"] = material[name] * 1e3
    return found


def _points(isotherm: Isotherm) -> tuple[Any, Any]:
    """Filling [1] and potential [V], dense enough for the straight lines by which other programs join them."""
    x, potential = isotherm.table(*TABLE_RANGE["Na+"])
    if isinstance(isotherm, TableIsotherm) and isotherm.interpolation == "pchip":
        x = np.union1d(x, np.linspace(x[0], x[-1], _BETWEEN))
        potential = isotherm.potential(x)
    return x, potential


def _middle_exchange(cell: Cell, role: str, maximum: float) -> float:
    """[A/m2] exchange current density at half filling and initial salt, by the function that the models read."""
    side = "Negative" if role == "anode" and cell.cathode is not None else "Positive"
    function = cell_parameters(cell).values[f"{side} electrode exchange-current density [A.m-2]"]
    found = function(cell.electrolyte.concentration.value * 1e3, 0.5 * maximum, maximum, REFERENCE_TEMPERATURE)
    return float(np.asarray(found.evaluate() if hasattr(found, "evaluate") else found).item())


def _electrolyte(cell: Cell) -> dict[str, Any]:
    """Transport functions of c in mol/m3, as formulae in x or as tables."""
    transport = cell.electrolyte.transport
    conductivity: Any
    diffusivity: Any
    if transport.table is not None:
        conductivity, diffusivity = _table(*transport.table.conductivity), _table(*transport.table.diffusivity)
    else:
        assert transport.conductivity is not None  # the loader holds that there are formulae where there is no table
        assert transport.diffusivity is not None
        (prefactor, decay), (fastest, slowing) = transport.conductivity, transport.diffusivity
        conductivity = f"{prefactor!r} * (x / 1000) * exp(-{decay!r} * (x / 1000))"
        diffusivity = f"{fastest!r} * exp(-{slowing!r} * (x / 1000))"
    energy = transport.activation_energy.value * 1e3
    return {
        "Cation transference number": transport.transference.value,
        "Diffusivity [m2.s-1]": diffusivity,
        "Diffusivity activation energy [J.mol-1]": energy,
        "Conductivity [S.m-1]": conductivity,
        "Conductivity activation energy [J.mol-1]": energy,
    }


def _table(x: Any, y: Any) -> dict[str, list[float]]:
    return {"x": [float(value) for value in x], "y": [float(value) for value in y]}


def _block(cell: Cell) -> dict[str, Any]:
    sides = {"negative": cell.anode} | ({} if cell.cathode is None else {"positive": cell.cathode})
    anions = cell.cathode is not None and cell.cathode.material.ion == "PF6-"
    block: dict[str, Any] = {
        "schema version": SCHEMA_VERSION,
        "kind": _words(cell.kind),
        "host ion": {side: _words(electrode.material.ion) for side, electrode in sides.items()},
        "s_plus": {side: 1 if electrode.material.ion == "Na+" else 0 for side, electrode in sides.items()},
        "vacancy convention": _words(_VACANCIES if anions else _CATIONS),
        "OCP shift [V]": {
            side: electrode.material["ocp_shift"] if "ocp_shift" in electrode.material.parameters else 0.0
            for side, electrode in sides.items()
        },
        "thermodynamic factor": cell.electrolyte.transport.thermodynamic_factor.value,
        "electrolyte": {
            "all [uL.cm-2]": cell.electrolyte_volume.value,
            "pores [uL.cm-2]": cell.pore_volume,
            "reservoir [uL.cm-2]": cell.reservoir,
        },
        "series resistance [Ohm]": cell.series_resistance.value,
        "mass basis": {
            **_words(cell.mass_basis),
            "active mass [mg.cm-2]": {side: electrode.loading.value for side, electrode in sides.items()},
            "electrolyte density [g.mL-1]": cell.electrolyte.density.value,
            "salt molar mass [g.mol-1]": cell.electrolyte.salt_molar_mass.value,
        },
        "provenance": _words("standing and source stand beside each number of the record"),
        "record": _words(json.dumps(to_plain(cell), ensure_ascii=False, allow_nan=False)),
    }
    if cell.reservoir_exchange is not None:
        block["electrolyte"]["reservoir exchange [m.s-1]"] = cell.reservoir_exchange.value
    if cell.film is not None:
        block["film"] = {
            "resistance [Ohm]": cell.film.resistance.value,
            "capacitance [F]": cell.film.capacitance.value,
            "activation energy [J.mol-1]": cell.film.activation_energy.value * 1e3,
        }
    return block


def _words(text: str) -> dict[str, str]:
    return {"description": text}
