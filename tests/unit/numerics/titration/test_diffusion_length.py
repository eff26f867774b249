"""Diffusion lengths by hand, and what is missing by name."""

from __future__ import annotations

import pytest

from dualion.errors import SpecError
from dualion.numerics.titration.diffusion_length import slab, sphere
from dualion.records.cell_record import CellRecord
from dualion.records.quantity import Quantity


def test_sphere_of_the_cell_record() -> None:
    found = sphere(CellRecord(particle_radius=Quantity(1.8, "um", stderr=0.09)), None)
    assert found.value == pytest.approx(0.6e-6)
    assert found.relative == pytest.approx(0.05)


def test_radius_of_the_option_counts_first() -> None:
    found = sphere(CellRecord(particle_radius=Quantity(1.8, "um")), 3e-6, 3e-7)
    assert (found.value, found.relative) == pytest.approx((1e-6, 0.1))


def test_missing_radius_is_named() -> None:
    with pytest.raises(SpecError, match="particle_radius: missing"):
        sphere(CellRecord(), None)


def test_slab_from_volume_over_area() -> None:
    """2 mg of 12 g/mol and 6e-6 m3/mol are 1e-9 m3; over 2 cm2, 5 um."""
    cell = CellRecord(kind="half", working="anode", anode_mass=Quantity(2.0, "mg", stderr=0.06), area=Quantity(2.0, "cm2", stderr=0.08))
    found = slab(cell, thickness=None, molar_volume=6e-6, molar_mass=12.0)
    assert found.value == pytest.approx(5e-6)
    assert found.relative == pytest.approx(0.05)


@pytest.mark.parametrize(
    ("cell", "given", "missing"),
    [
        (CellRecord(), {}, "molar_volume"),
        (CellRecord(), {"molar_volume": 6e-6}, "molar_mass"),
        (CellRecord(), {"molar_volume": 6e-6, "molar_mass": 12.0}, "area"),
        (CellRecord(area=Quantity(2.0, "cm2")), {"molar_volume": 6e-6, "molar_mass": 12.0}, "kind"),
        (CellRecord(area=Quantity(2.0, "cm2"), kind="half", working="anode"), {"molar_volume": 6e-6, "molar_mass": 12.0}, "anode_mass"),
    ],
)
def test_what_a_slab_lacks_is_named(cell: CellRecord, given: dict[str, float], missing: str) -> None:
    with pytest.raises(SpecError, match=f"{missing}: missing"):
        slab(cell, thickness=None, **given)
