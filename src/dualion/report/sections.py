"""Sections of a report from a results document, in the order in which they stand in the page.

The sections of the cell models belong between ``conflicts_section`` and ``needs_section``; ``sections_fits`` has blocks for them.
"""

from dualion.report.sections_assumptions import assumptions_section
from dualion.report.sections_conflicts import conflicts_section
from dualion.report.sections_fits import energy_table, fit_blocks, prediction_blocks
from dualion.report.sections_ledger import ledger_section
from dualion.report.sections_methods import methods_section
from dualion.report.sections_needs import needs_section
from dualion.report.sections_recipe import recipe_section
from dualion.report.sections_summary import summary_section, weightiest

__all__ = [
    "assumptions_section",
    "conflicts_section",
    "energy_table",
    "fit_blocks",
    "ledger_section",
    "methods_section",
    "needs_section",
    "prediction_blocks",
    "recipe_section",
    "summary_section",
    "weightiest",
]
