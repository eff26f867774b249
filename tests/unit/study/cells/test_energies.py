"""One discharge on all mass bases, beside a printed energy."""

from __future__ import annotations

from typing import Any

import pytest

from dualion.errors import InputError
from dualion.numerics.masses.mass_bases import CellMass
from dualion.records import FULL_CELL_BASES
from dualion.study.cells.energies import energy_entry

CELL = CellMass(
    ratio=0.5, stored_capacity=97.0, salt_molar_mass=167.95, electrolyte_density=1.23, concentration=1.0,
    electrolyte_volume=23.92, cathode_loading=2.0,
)  # fmt: skip


def _entry(voltage: float, **changes: Any) -> dict[str, Any]:
    plain = {"declared": "actives", "sample": "A", "condition": {}, "origin": "simulation", "label": "2 C", "current": 160.0}
    return energy_entry(94.0, voltage, CELL, **(plain | changes))


def test_the_declared_basis_comes_first_and_none_is_missing() -> None:
    found = [row["mass_basis"] for row in _entry(3.9)["bases"]]
    assert found[0] == "actives"
    assert sorted(found) == sorted(FULL_CELL_BASES)


def test_every_agreeing_basis_is_listed(made_up: Any) -> None:
    printed = made_up.claim("P124", "222", quantity="energy_density", unit="Wh/kg")
    agreeing = _entry(3.543, printed=printed)
    assert agreeing["agreeing"] == ["actives"]
    assert [row["agrees"] for row in agreeing["bases"]] == [True, False, False, False, False]
    assert agreeing["bases"][0]["energy"]["value"] == pytest.approx(222.0, abs=0.1)
    assert agreeing["bases"][0]["power"]["value"] == pytest.approx(377.9, abs=0.1)
    assert agreeing["bases"][0]["needed_voltage"]["value"] == pytest.approx(3.543, abs=0.001)
    none = _entry(3.93, printed=printed)
    assert none["agreeing"] == []


def test_without_a_printed_energy_nothing_is_said_to_agree() -> None:
    found = _entry(3.9, current=None)
    assert found["agreeing"] is None
    assert {row["agrees"] for row in found["bases"]} == {None}
    assert {row["power"] for row in found["bases"]} == {None}
    assert {row["needed_voltage"] for row in found["bases"]} == {None}


def test_the_declared_basis_is_one_of_the_five() -> None:
    with pytest.raises(InputError, match='"anode" is not a mass basis of a full cell'):
        _entry(3.9, declared="anode")
