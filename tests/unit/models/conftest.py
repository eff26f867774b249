"""Cells for the models: those of the bundled study, with the values behind the specification's reference tables."""

from __future__ import annotations

import pytest

from dualion.models.cells import with_values
from dualion.records.cell import Cell
from dualion.study.load import load, locate
from dualion.study.types import Study

#: Family F1 of the cell models' specification, 2.5.
F1 = {"anode.slope_capacity": 106.9, "anode.pore_capacity": 547.0, "anode.pore_potential": 0.0106, "anode.pore_width": 0.0253}
#: Dual-ion cell of 3.6.
REFERENCE = {"cathode.host_capacity": 95.905, "cathode.diffusivity": 3.32e-15, "cathode.ocp_shift": -0.0641, "series_resistance": 6.0}


@pytest.fixture(scope="session")
def tang2026() -> Study:
    return load(locate("tang2026"))


@pytest.fixture(scope="session")
def half(tang2026: Study) -> Cell:
    """Na || MEC3 with the isotherm F1."""
    return with_values(tang2026.cells["na-mec3"], F1)


@pytest.fixture(scope="session")
def full(tang2026: Study) -> Cell:
    """MEC3 || EG with the isotherm F1 and the cathode of 3.6."""
    return with_values(tang2026.cells["mec3-eg"], F1 | REFERENCE)
