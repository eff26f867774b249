"""What a cell becomes in memory: tables against their records, geometry, temperature, and names that are no parameters."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from dualion.errors import SpecError
from dualion.models.cells import with_temperature, with_transport
from dualion.models.constants import FARADAY, GAS_CONSTANT
from dualion.models.fast import layout
from dualion.models.fast.cycling import mean_filling, salt_amount
from dualion.models.fast.kernel import equilibrium, look_up
from dualion.models.fast.packing import Mesh, first_state, packed
from dualion.models.fast.step import places
from dualion.models.isotherms import isotherm_of
from dualion.records.cell import Cell, Electrode
from dualion.records.material_files import load_transport


def test_a_finer_mesh_multiplies_every_number() -> None:
    assert Mesh(5, 6, 7, 8).finer(3) == Mesh(15, 18, 21, 24)


@pytest.mark.parametrize("mesh", [Mesh(), Mesh(7, 3, 5, 4), Mesh(2, 1, 1, 1)])
def test_volumes_add_up_to_the_cell(full: Cell, mesh: Mesh) -> None:
    """Shells fill the particle, cells hold the salt of all pores, hosts the capacity of their active mass."""
    p = packed(full, mesh=mesh)
    state = first_state(full, p)
    right, _, scalars = (int(place) for place in places(p))
    assert state.size == 2 * mesh.shells + mesh.left + mesh.separator + mesh.right + layout.SCALARS
    assert salt_amount(p, state) == pytest.approx(1000.0 * full.pore_volume * 1e-5, rel=1e-12)
    state[:] = 1.0
    for place, first, electrode in ((layout.LEFT_HOST, 0, full.anode), (layout.RIGHT_HOST, right, full.cathode)):
        assert electrode is not None
        host = int(p[place])
        assert mean_filling(p, state, host, first) == pytest.approx(1.0, abs=1e-13)
        assert p[host + layout.CHARGE] == pytest.approx(electrode.host_capacity * electrode.loading.value * 1e-3 * 3.6 * 1e4, rel=1e-12)
        assert p[host + layout.INTERFACE] == pytest.approx(3 * electrode.material["active_volume_fraction"] * electrode.thickness / 1e-6)
    assert scalars == state.size - layout.SCALARS


def test_a_half_cell_has_a_sheet_of_metal_on_its_left(half: Cell) -> None:
    p = packed(half, mesh=Mesh(7, 3, 5, 4))
    assert p[layout.METAL] == 1.0
    assert places(p)[0] == 0
    assert list(p[layout.CELLS_LEFT : layout.CELLS_RIGHT + 1]) == [0, 5, 4]


@pytest.mark.parametrize("name", ["carbonate-assumed", "chayambuka2022"])
def test_transport_is_that_of_the_record(full: Cell, name: str) -> None:
    """Formulae within 1e-7 of themselves, straight lines between points within 0.1 % (their corners are rounded)."""
    transport = load_transport(name)
    p = packed(with_transport(full, transport))
    tables = int(p[layout.CONDUCTIVITY]), int(p[int(p[layout.SALT_FIELD]) + layout.DIFFUSIVITY])
    for c in np.linspace(1.0, 3900.0, 777):
        if transport.table is None:
            assert transport.conductivity is not None
            assert transport.diffusivity is not None
            (a, b), (d, e), m = transport.conductivity, transport.diffusivity, c / 1e3
            truth, rel = (a * m * math.exp(-b * m), d * math.exp(-e * m)), 1e-6
        else:
            truth = tuple(float(np.interp(c, *points)) for points in (transport.table.conductivity, transport.table.diffusivity))
            rel = 1e-3
        assert [look_up(p, at, c)[0] for at in tables] == pytest.approx(truth, rel=rel)


def test_transport_stays_positive_however_much_salt_there_is(full: Cell) -> None:
    """A diffusivity below zero would gather salt instead of spreading it."""
    p = packed(full)
    for at in (int(p[layout.CONDUCTIVITY]), int(p[int(p[layout.SALT_FIELD]) + layout.DIFFUSIVITY])):
        assert min(look_up(p, at, c)[0] for c in np.linspace(100.0, 12000.0, 239)) > 0.0


def _electrodes(rocking_chair: Any) -> list[tuple[int, Electrode]]:
    return [
        (int(rocking_chair.p[layout.LEFT_HOST]), rocking_chair.cell.anode),
        (int(rocking_chair.p[layout.RIGHT_HOST]), rocking_chair.cell.cathode),
    ]


def test_a_measured_potential_is_that_of_its_table(rocking_chair: Any) -> None:
    """Within 5 mV, also on its steps but for its very ends, and 0.5 mV in the root mean square."""
    for host, electrode in _electrodes(rocking_chair):
        isotherm = isotherm_of(electrode)
        low, high = rocking_chair.p[host + layout.LOWEST], rocking_chair.p[host + layout.HIGHEST]
        x = np.linspace(low, high, 5003)[1:-1]
        error = np.array([equilibrium(rocking_chair.p, host, v) for v in x]) - np.asarray(isotherm.potential(x))
        assert np.sqrt(np.mean(error**2)) < 5e-4
        assert np.abs(error[2:-2]).max() < 5e-3


def test_profiles_are_straight_lines_between_their_points(rocking_chair: Any) -> None:
    p = rocking_chair.p
    for host, electrode in _electrodes(rocking_chair):
        tables = {
            "diffusivity": int(p[int(p[host + layout.FIELD]) + layout.DIFFUSIVITY]),
            "exchange_current_density": int(p[host + layout.EXCHANGE]),
        }
        for name, at in tables.items():
            profile = electrode.material.profiles[name]
            for x in np.linspace(0.0, 1.0, 1237):
                assert look_up(p, at, x)[0] == pytest.approx(float(np.interp(x, profile.fraction, profile.value)), rel=0.01)


@pytest.mark.parametrize("celsius", [0.0, 25.0, 60.0])
def test_every_rate_follows_its_activation_energy(full: Cell, celsius: float) -> None:
    p, warm = packed(with_temperature(full, celsius)), packed(full)
    kelvin = celsius + 273.15

    def factor(energy: float) -> float:
        return math.exp(energy * 1e3 / GAS_CONSTANT * (1 / 298.15 - 1 / kelvin))

    assert p[layout.THERMAL] == pytest.approx(GAS_CONSTANT * kelvin / FARADAY, rel=1e-14)
    for place, energy in ((layout.LEFT_HOST, 42.5), (layout.RIGHT_HOST, 30.0)):
        ratio = [look_up(one, int(one[int(one[place]) + layout.EXCHANGE]), 0.5)[0] for one in (p, warm)]
        assert ratio[0] / ratio[1] == pytest.approx(factor(energy), rel=1e-12)
    for at in (lambda one: int(one[layout.CONDUCTIVITY]), lambda one: int(one[int(one[layout.SALT_FIELD]) + layout.DIFFUSIVITY])):
        assert look_up(p, at(p), 800.0)[0] / look_up(warm, at(warm), 800.0)[0] == pytest.approx(factor(15.0), rel=1e-9)


def test_a_parameter_takes_the_place_of_the_record(full: Cell) -> None:
    given = {"series_resistance": 9.0, "cathode.diffusivity": 1e-15, "transference": 0.3, "anode.pore_capacity": 500.0}
    p = packed(full, given)
    assert p[layout.RESISTANCE] == pytest.approx(9.0 * 1.131e-4, rel=1e-14)
    assert p[layout.TRANSFERENCE] == 0.3
    assert look_up(p, int(p[int(p[int(p[layout.RIGHT_HOST]) + layout.FIELD]) + layout.DIFFUSIVITY]), 0.5)[0] == pytest.approx(1e-15)
    assert p[int(p[layout.LEFT_HOST]) + layout.CHARGE] == pytest.approx((106.9 + 500.0) * 1e-3 * 3.6 * 1e4)


def test_growth_of_the_film_multiplies_its_resistance() -> None:
    """``film_growth`` is one of the parameters of a cell with a film, for both engines."""
    from dualion.records.cell_files import load_cell

    cell = load_cell("mec3-eg")
    new, grown = packed(cell, {"film_growth": 1.0}), packed(cell, {"film_growth": 3.0})
    assert grown[layout.FILM_RESISTANCE] == pytest.approx(3 * new[layout.FILM_RESISTANCE], rel=1e-14)


def test_a_name_that_is_no_parameter_is_refused(full: Cell) -> None:
    with pytest.raises(SpecError, match="series_resistence"):
        packed(full, {"series_resistence": 9.0})


def test_a_symmetric_cell_is_refused(full: Cell) -> None:
    with pytest.raises(SpecError, match="symmetric"):
        packed(replace(full, kind="symmetric"))
