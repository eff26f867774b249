"""A cell record as the numbers that the compiled kernel reads.

Particles are divided so that the shells are thin near the surface, where the gradients are. Potentials are tabulated against
z = ln(x / (1 - x)), in which an isotherm is smooth to its very ends; knots are 0.02 apart, and cubics then follow it to 1e-7 V. A
measured potential has its kinks; its knots are closer.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from dualion.errors import SpecError
from dualion.models.cells import nominal_values, with_inputs
from dualion.models.constants import (
    BRUGGEMAN,
    COULOMB_PER_MAH,
    FARADAY,
    GAS_CONSTANT,
    METAL_EXCHANGE_CURRENT,
    REFERENCE_TEMPERATURE,
    ZERO_CELSIUS,
)
from dualion.models.fast import layout
from dualion.models.fast.layout import BESIDE, SCALARS, Array
from dualion.models.fast.memory import ranges
from dualion.models.isotherms import LogitIsotherm, TableIsotherm, isotherm_of
from dualion.models.states import initial_fractions
from dualion.records.cell import Cell, Electrode
from dualion.records.material import Transport

#: Range and knots of the tables against z, ln c, c and x.
_Z_RANGE, _Z_KNOTS, _MEASURED_KNOTS = 16.0, 1601, 25601
_LOG_RANGE, _LOG_KNOTS = (-12.0, 2.0), 351
_SALT_KNOTS, _MOST_SALT = 801, 8.0  # [1], [1] of the initial concentration; beyond it the last value holds
_FILLING_KNOTS = 801

#: How much thinner shells are near the surface: their faces lie at 1 - (1 - k/n)^POWER of the radius.
_POWER = 1.5


@dataclass(frozen=True, slots=True)
class Mesh:
    """Finite volumes: shells of a particle, and cells in the left electrode, the separator and the right electrode [1]."""

    shells: int = 20
    left: int = 20
    separator: int = 20
    right: int = 20

    def finer(self, factor: int) -> Mesh:
        """The mesh with every number multiplied."""
        return Mesh(self.shells * factor, self.left * factor, self.separator * factor, self.right * factor)


#: Where nothing else is asked for.
DEFAULT_MESH = Mesh()


@dataclass(frozen=True, slots=True)
class Table:
    """Values and slopes of a function on an even grid: ``start`` and ``step`` of the argument, shape (n,) each."""

    values: Array
    slopes: Array
    start: float
    step: float

    def times(self, factor: float) -> Table:
        """The function multiplied by a ``factor`` [1]."""
        return Table(self.values * factor, self.slopes * factor, self.start, self.step)


class _Memory:
    """Blocks laid behind one another in a flat array."""

    def __init__(self) -> None:
        self.blocks: list[Array] = []
        self.length = 0

    def place(self, block: Array) -> int:
        """Lay a block; where it begins."""
        begin = self.length
        self.blocks.append(block)
        self.length += block.size
        return begin

    def table(self, table: Table) -> int:
        """Lay a table; where it begins."""
        block = np.empty(layout.TABLE_HEAD + 2 * table.values.size)
        block[layout.START], block[layout.PER_UNIT] = table.start, 1.0 / table.step
        block[layout.LAST] = table.values.size - 1
        block[layout.CONSTANT] = float(np.all(table.values == table.values[0]))
        block[layout.TABLE_HEAD :: 2] = table.values
        block[layout.TABLE_HEAD + 1 :: 2] = table.slopes * table.step
        return self.place(block)

    def field(self, volumes: Array, before: Array, after: Array, diffusivity: Table) -> int:
        """Lay a field and its diffusivity; where it begins."""
        head = np.array([float(volumes.size), float(self.table(diffusivity))])
        return self.place(np.concatenate([head, np.stack([volumes, before, after], axis=1).ravel()]))


def packed(cell: Cell, parameters: Mapping[str, float] | None = None, *, mesh: Mesh = DEFAULT_MESH) -> Array:
    """The numbers of a cell.

    Parameters
    ----------
    cell : Cell
    parameters : mapping of str to float
        Values that take the place of the cell's, in the units of its records; see ``cells.nominal_values``.
    mesh : Mesh

    Returns
    -------
    ndarray
        As ``layout`` says.

    Raises
    ------
    SpecError
        A kind of cell that the engine does not know, or a name that is no parameter of the cell.
    """
    if cell.kind == "symmetric":
        raise SpecError(f'{cell.name}: no model for a cell of kind "symmetric". Write "half", "dual-ion" or "rocking-chair".')
    known = nominal_values(cell)
    for name in parameters or {}:
        if name not in known:
            raise SpecError(f"{cell.name}: {name}: no parameter of this cell. It has {', '.join(sorted(known))}.")
    given = with_inputs(cell, parameters or {})
    kelvin = given.temperature.value + ZERO_CELSIUS
    metal = given.cathode is None
    head = np.zeros(layout.CELL_SIZE)
    memory = _Memory()
    memory.place(head)
    head[layout.LEFT_HOST] = _no_host(memory) if metal else _host(memory, given.anode, given, kelvin, mesh.shells)
    head[layout.RIGHT_HOST] = _host(memory, given.anode if given.cathode is None else given.cathode, given, kelvin, mesh.shells)
    head[layout.METAL], head[layout.METAL_EXCHANGE] = float(metal), METAL_EXCHANGE_CURRENT
    head[layout.THERMAL], head[layout.TEMPERATURE] = GAS_CONSTANT * kelvin / FARADAY, kelvin
    _interfaces(head, given, kelvin, growth=(parameters or {}).get("film_growth", 1.0))
    transference = (parameters or {}).get("transference", given.electrolyte.transport.transference.value)
    _salt(memory, head, given, float(transference), kelvin, mesh)
    return np.concatenate(memory.blocks)


def _interfaces(head: Array, cell: Cell, kelvin: float, *, growth: float) -> None:
    """Resistances and plating."""
    area = cell.area.value * 1e-4  # [m2]
    head[layout.RESISTANCE] = cell.series_resistance.value * area
    if cell.film is not None:
        resistance = growth * cell.film.resistance.value / _arrhenius(1e3 * cell.film.activation_energy.value, kelvin)
        head[layout.FILM_RESISTANCE] = resistance * area
        head[layout.FILM_TIME] = resistance * cell.film.capacitance.value
    if cell.plating is not None:
        head[layout.PLATING] = cell.plating.exchange_current_density.value
        head[layout.STRIPPING] = head[layout.PLATING] if cell.plating.kind == "reversible" else 0.0


def first_state(cell: Cell, record: Array, parameters: Mapping[str, float] | None = None, *, voltage: float | None = None) -> Array:
    """The state in which a cell is built.

    Parameters
    ----------
    cell : Cell
    record : ndarray, shape (n,)
        Its numbers, from ``packed``, each in its own [unit].
    parameters : mapping of str to float
        Values that take the place of the cell's, in the units of its records.
    voltage : float, optional
        [V] of the cell in equilibrium; as assembled where absent.

    Returns
    -------
    ndarray
        As ``layout`` says.

    Raises
    ------
    SpecError
        The cell has no equilibrium at this voltage.
    """
    fractions = initial_fractions(cell, parameters or {}, voltage=voltage)
    anode = fractions["anode.initial_fraction"]
    left, right = (0.0, anode) if cell.cathode is None else (anode, fractions["cathode.initial_fraction"])
    if cell.cathode is not None and cell.cathode.material.ion == "PF6-":
        right = 1.0 - right  # it counts vacancies
    in_left, in_right, in_salt, scalars = ranges(record)
    state = np.zeros(scalars + SCALARS)
    state[in_left], state[in_right], state[in_salt] = left, right, record[layout.INITIAL_SALT]
    state[scalars + BESIDE] = record[layout.INITIAL_SALT]
    return state


def _no_host(memory: _Memory) -> int:
    """A place for what a sheet of metal does not have: a host without cells."""
    field = memory.place(np.zeros(layout.FIELD_HEAD))
    block = np.zeros(layout.HOST_SIZE)
    block[layout.FIELD] = field
    return memory.place(block)


def _constant(value: float) -> Table:
    return Table(np.full(2, value), np.zeros(2), 0.0, 1.0)


def _arrhenius(energy: float, kelvin: float) -> float:
    """Factor [1] of a rate at a temperature against 25 degC; ``energy`` in J/mol."""
    return math.exp(energy / GAS_CONSTANT * (1 / REFERENCE_TEMPERATURE - 1 / kelvin))


def _host(memory: _Memory, electrode: Electrode, cell: Cell, kelvin: float, shells: int) -> int:
    material = electrode.material
    radius = material["particle_radius"] * 1e-6
    anion = material.ion == "PF6-"
    faces = radius * (1.0 - (1.0 - np.arange(shells + 1) / shells) ** _POWER)
    centres = 0.75 * np.diff(faces**4) / np.diff(faces**3)  # of volume
    # conductance of a face: 3 r^2 D / (R^3 distance)
    per_distance = np.concatenate([[0.0], radius**3 / (3.0 * faces[1:] ** 2)])
    diffusivity = _profile(electrode, "diffusivity").times(_arrhenius(1e3 * _parameter(electrode, "diffusivity_activation_energy"), kelvin))
    lowest, highest, potential = _potential(electrode)
    block = np.zeros(layout.HOST_SIZE)
    block[layout.CHARGE] = electrode.host_capacity * electrode.loading.value * 1e1 * COULOMB_PER_MAH  # mAh/g mg/cm2 = 1e-2 Ah/m2
    block[layout.SIGN] = 1.0 if anion else -1.0
    block[layout.CATIONS] = 0.0 if anion else 1.0
    block[layout.ANION_TERM] = 1.0 if anion else 0.0
    block[layout.THIRD] = radius / 3.0
    block[layout.NEAR], block[layout.FAR] = radius - centres[-1], radius - centres[-2]
    block[layout.INTERFACE] = 3.0 * material["active_volume_fraction"] / radius * electrode.thickness
    block[layout.LOWEST], block[layout.HIGHEST] = lowest, highest
    block[layout.FIELD] = memory.field(
        np.diff(faces**3) / radius**3, (centres - faces[:-1]) * per_distance[:-1], (faces[1:] - centres) * per_distance[1:], diffusivity
    )
    rate = _arrhenius(1e3 * _parameter(electrode, "activation_energy"), kelvin)
    block[layout.EXCHANGE] = memory.table(_exchange(electrode, cell).times(rate))
    block[layout.POTENTIAL] = memory.table(potential)
    return memory.place(block)


def _parameter(electrode: Electrode, name: str) -> float:
    return electrode.material[name] if name in electrode.material.parameters else 0.0


def _profile(electrode: Electrode, name: str) -> Table:
    """A parameter against the filling: constant, or straight lines between its points."""
    if name not in electrode.material.profiles:
        return _constant(electrode.material[name])
    profile = electrode.material.profiles[name]
    return _polyline(np.array(profile.fraction), np.array(profile.value), 0.0, 1.0, _FILLING_KNOTS)


def _polyline(x: Array, y: Array, low: float, high: float, knots: int) -> Table:
    """Straight lines between points on an even grid; beyond the points the last value holds."""
    grid = np.linspace(low, high, knots)
    values = np.interp(grid, x, y)
    slopes = np.gradient(values, grid)
    return Table(values, slopes, low, (high - low) / (knots - 1))


def _exchange(electrode: Electrode, cell: Cell) -> Table:
    material = electrode.material
    if "exchange_current_density" in material.profiles:
        return _profile(electrode, "exchange_current_density")
    if "exchange_current_density" in material.parameters:
        return _constant(material["exchange_current_density"])
    interface = 3 * material["active_volume_fraction"] / (material["particle_radius"] * 1e-6) * electrode.thickness
    area = (material["reference_area"] if "reference_area" in material.parameters else cell.area.value) * 1e-4
    resistance = material["charge_transfer_resistance"] * area
    return _constant(GAS_CONSTANT * REFERENCE_TEMPERATURE / (FARADAY * resistance * interface))


def _potential(electrode: Electrode) -> tuple[float, float, Table]:
    """Fillings between which the potential is known, and the potential against z."""
    isotherm = isotherm_of(electrode)
    z = np.linspace(-_Z_RANGE, _Z_RANGE, _Z_KNOTS)
    step = 2 * _Z_RANGE / (_Z_KNOTS - 1)
    if isinstance(isotherm, LogitIsotherm):
        values = _inverted(isotherm, z)
        slopes = _logit_slopes(isotherm, values, z)
        return 0.0, 1.0, Table(values, slopes, -_Z_RANGE, step)
    return _measured(isotherm)


def _inverted(isotherm: LogitIsotherm, z: Array) -> Array:
    """U(z) of logit populations, by bisection and Newton's iteration on ln(x / (1 - x)) between the single populations."""
    q = np.array(isotherm.capacities) / isotherm.size
    middle, width, sign = np.array(isotherm.potentials) + isotherm.shift, np.array(isotherm.widths), isotherm.sign
    alone = middle[:, None] - sign * width[:, None] * z
    low, high = alone.min(axis=0), alone.max(axis=0)
    u = q @ alone
    for _ in range(100):
        e = sign * (u - middle[:, None]) / width[:, None]
        filled = q @ (1.0 / (1.0 + np.exp(np.minimum(e, 700.0))))
        empty = q @ (1.0 / (1.0 + np.exp(np.minimum(-e, 700.0))))
        part = q @ (1.0 / (width[:, None] * (1.0 + np.exp(np.minimum(e, 700.0))) * (1.0 + np.exp(np.minimum(-e, 700.0)))))
        miss = np.log(filled) - np.log(empty) - z  # falls with sign * u
        above = miss * sign > 0.0
        low, high = np.where(above, u, low), np.where(above, high, u)
        slope = -sign * part * (1.0 / filled + 1.0 / empty)
        following = u - miss / slope
        inside = (following >= low) & (following <= high)
        following = np.where(inside, following, 0.5 * (low + high))
        if np.max(np.abs(following - u)) < 1e-14:
            break
        u = following
    return u


def _logit_slopes(isotherm: LogitIsotherm, u: Array, z: Array) -> Array:
    """dU/dz = x (1 - x) / (dx/dU)."""
    q = np.array(isotherm.capacities) / isotherm.size
    middle, width, sign = np.array(isotherm.potentials) + isotherm.shift, np.array(isotherm.widths), isotherm.sign
    e = sign * (u - middle[:, None]) / width[:, None]
    half = np.exp(-0.5 * np.minimum(np.abs(e), 700.0))
    part = -sign * (q @ ((half / (1.0 + half * half)) ** 2 / width[:, None]))
    edge = np.exp(-0.5 * np.abs(z))
    return np.asarray((edge / (1.0 + edge * edge)) ** 2 / part)


def _measured(isotherm: TableIsotherm) -> tuple[float, float, Table]:
    """A measured potential against z; beyond its ends the last value holds, and the engine ends there."""
    z, step = np.linspace(-_Z_RANGE, _Z_RANGE, _MEASURED_KNOTS, retstep=True)
    x = np.array(isotherm.fractions)
    inside = np.clip(1.0 / (1.0 + np.exp(-z)), x[0], x[-1])
    values = np.asarray(isotherm.potential(inside))
    return float(x[0]), float(x[-1]), Table(values, np.gradient(values, z), float(z[0]), float(step))


def _salt(memory: _Memory, head: Array, cell: Cell, transference: float, kelvin: float, mesh: Mesh) -> None:
    transport = cell.electrolyte.transport
    initial = cell.electrolyte.concentration.value * 1e3
    conductivity, diffusivity = _transport(transport, initial, _arrhenius(1e3 * transport.activation_energy.value, kelvin))
    right = cell.anode if cell.cathode is None else cell.cathode
    layers = [
        (0.0, 1.0, 0) if cell.cathode is None else (cell.anode.thickness, cell.anode.material["porosity"], mesh.left),
        (cell.separator.thickness.value * 1e-6, cell.separator.porosity.value, mesh.separator),
        (right.thickness, right.material["porosity"], mesh.right),
    ]
    widths = np.concatenate([np.full(n, thickness / n) for thickness, _, n in layers if n])
    porosity = np.concatenate([np.full(n, eps) for _, eps, n in layers if n])
    half = 0.5 * widths / porosity**BRUGGEMAN
    head[layout.SALT_FIELD] = memory.field(porosity * widths, half, half, diffusivity)
    head[layout.CONDUCTIVITY] = memory.table(conductivity)
    logarithm = np.linspace(*_LOG_RANGE, _LOG_KNOTS)
    factor = transport.thermodynamic_factor.value
    spacing = (_LOG_RANGE[1] - _LOG_RANGE[0]) / (_LOG_KNOTS - 1)
    head[layout.ACTIVITY] = memory.table(Table(factor * logarithm, np.full(_LOG_KNOTS, factor), _LOG_RANGE[0], spacing))
    head[layout.INITIAL_SALT], head[layout.TRANSFERENCE] = initial, transference
    if cell.reservoir_exchange is not None and cell.reservoir > 0.0:
        head[layout.RESERVOIR], head[layout.RESERVOIR_EXCHANGE] = cell.reservoir * 1e-5, cell.reservoir_exchange.value  # uL/cm2 = 1e-5 m
    head[layout.CELLS_LEFT : layout.CELLS_RIGHT + 1] = [n for _, _, n in layers]
    for k, ((thickness, eps, _), end) in enumerate(zip(layers, (3.0, 1.0, 3.0), strict=True)):
        head[layout.PATHS + k] = thickness / eps**BRUGGEMAN / end


def _transport(transport: Transport, initial: float, factor: float) -> tuple[Table, Table]:
    """Conductivity [S/m] and diffusivity [m2/s] against the concentration [mol/m3]."""
    highest = _MOST_SALT * initial
    if transport.table is not None:
        found = []
        for x, y in (transport.table.conductivity, transport.table.diffusivity):
            found.append(_polyline(np.array(x), np.array(y), 0.0, highest, 4 * _SALT_KNOTS).times(factor))
        return found[0], found[1]
    assert transport.conductivity is not None  # the loader holds that there are formulae where there is no table
    assert transport.diffusivity is not None
    c = np.linspace(0.0, highest / 1e3, _SALT_KNOTS)  # [mol/L]
    step = highest / (_SALT_KNOTS - 1)
    (a, b), (d, e) = transport.conductivity, transport.diffusivity
    inside = np.append(np.ones(_SALT_KNOTS - 1), 0.0)
    kappa = Table(factor * a * c * np.exp(-b * c), inside * factor * a * (1 - b * c) * np.exp(-b * c) / 1e3, 0.0, step)
    return kappa, Table(factor * d * np.exp(-e * c), -inside * factor * d * e * np.exp(-e * c) / 1e3, 0.0, step)
