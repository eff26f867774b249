"""The synthesis as data: doses of any recipe, the furnace, and the table that a study prints."""

from dualion.study.recipe.doses import (
    FACTORS,
    Dose,
    acetate_amount,
    acid_concentration,
    acid_volume,
    amine_amount,
    factors,
    stock_volumes,
    table,
    total_water,
    zinc_acetate_mass,
    zinc_amount,
    zinc_per_amine,
)
from dualion.study.recipe.furnace import FurnaceStep, furnace_steps, furnace_time

__all__ = [
    "FACTORS",
    "Dose",
    "FurnaceStep",
    "acetate_amount",
    "acid_concentration",
    "acid_volume",
    "amine_amount",
    "factors",
    "furnace_steps",
    "furnace_time",
    "stock_volumes",
    "table",
    "total_water",
    "zinc_acetate_mass",
    "zinc_amount",
    "zinc_per_amine",
]
