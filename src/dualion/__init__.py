"""Sodium dual-ion batteries with hard-carbon anodes: read, analyse, simulate, and hold published numbers against the data.

Importing ``dualion`` loads nothing but this file. Each public name is loaded from its home when it is first used.
"""

__version__ = "0.1.0"

TYPE_CHECKING = False  # as in typing, whose import would cost more than this whole file
if TYPE_CHECKING:
    from dualion.columns import Column, column
    from dualion.errors import (
        CoverageError,
        DualionError,
        InputError,
        MissingDependency,
        ModelError,
        ReadError,
        SolveError,
        SpecError,
        StoreError,
        UnitError,
    )
    from dualion.readers import read
    from dualion.records.cell import Cell, Electrode, Separator
    from dualion.records.cell_record import CellRecord
    from dualion.records.figure import Axis, Figure, Panel, Series
    from dualion.records.material import Electrolyte, Material
    from dualion.records.measurement import Measurement, Provenance, Result, Source
    from dualion.records.quantity import Flag, Parameter, Quantity
    from dualion.study.types import Claim, Relation, Study, Verdict
    from dualion.techniques import technique
    from dualion.units import convert

__all__ = [
    "Axis",
    "Cell",
    "CellRecord",
    "Claim",
    "Column",
    "CoverageError",
    "DualionError",
    "Electrode",
    "Electrolyte",
    "Figure",
    "Flag",
    "InputError",
    "Material",
    "Measurement",
    "MissingDependency",
    "ModelError",
    "Panel",
    "Parameter",
    "Provenance",
    "Quantity",
    "ReadError",
    "Relation",
    "Result",
    "Separator",
    "Series",
    "SolveError",
    "Source",
    "SpecError",
    "StoreError",
    "Study",
    "UnitError",
    "Verdict",
    "column",
    "convert",
    "read",
    "technique",
]

_HOMES = {
    "dualion.columns": ("Column", "column"),
    "dualion.errors": (
        "CoverageError", "DualionError", "InputError", "MissingDependency", "ModelError", "ReadError", "SolveError", "SpecError",
        "StoreError", "UnitError",
    ),
    "dualion.readers": ("read",),
    "dualion.records.cell": ("Cell", "Electrode", "Separator"),
    "dualion.records.cell_record": ("CellRecord",),
    "dualion.records.figure": ("Axis", "Figure", "Panel", "Series"),
    "dualion.records.material": ("Electrolyte", "Material"),
    "dualion.records.measurement": ("Measurement", "Provenance", "Result", "Source"),
    "dualion.records.quantity": ("Flag", "Parameter", "Quantity"),
    "dualion.study.types": ("Claim", "Relation", "Study", "Verdict"),
    "dualion.techniques": ("technique",),
    "dualion.units": ("convert",),
}  # fmt: skip


def __getattr__(name: str) -> object:
    """Load a public name from its home."""
    for home, names in _HOMES.items():
        if name in names:
            from importlib import import_module

            found: object = getattr(import_module(home), name)
            globals()[name] = found
            return found
    raise AttributeError(f"module 'dualion' has no attribute {name!r}")


def __dir__() -> list[str]:
    """The public names, loaded or not."""
    return sorted([*__all__, "__version__"])
