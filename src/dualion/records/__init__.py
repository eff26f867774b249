"""What things are: quantities, materials, cells, figures. Frozen, checked, without behaviour beyond plain arithmetic."""

from dualion.records.cell import FULL_CELL_BASES, Cell, Electrode, MassBasis, Separator
from dualion.records.figure import Axis, Figure, Panel, Series
from dualion.records.material import Electrolyte, Material, Population, PotentialTable, Transport
from dualion.records.quantity import Flag, Origin, Parameter, Quantity, Standing

__all__ = [
    "FULL_CELL_BASES",
    "Axis",
    "Cell",
    "Electrode",
    "Electrolyte",
    "Figure",
    "Flag",
    "MassBasis",
    "Material",
    "Origin",
    "Panel",
    "Parameter",
    "Population",
    "PotentialTable",
    "Quantity",
    "Separator",
    "Series",
    "Standing",
    "Transport",
]
