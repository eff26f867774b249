"""Options that the verbs of ``dualion simulate`` share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

CellArgument = Annotated[str, typer.Argument(metavar="CELL", help="Name of a bundled cell, or path of a cell TOML.")]
EngineOption = Annotated[
    str, typer.Option("--engine", metavar="NAME", help="fast, pybamm (its SPMe), pybamm-SPM, pybamm-SPMe or pybamm-DFN.")
]
ImpedanceEngine = Annotated[str, typer.Option("--engine", metavar="NAME", help="pybamm-SPM, pybamm-SPMe or pybamm-DFN.")]
OutOption = Annotated[Path | None, typer.Option("--out", metavar="DIR", help="Output folder.", show_default="dualion-CELL-VERB")]
TemperatureOption = Annotated[
    str | None, typer.Option("--temperature", metavar="T", help='Such as "40 degC"; 0 to 70 degC.', show_default="the cell's own")
]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help='Set a parameter: series_resistance="15 ohm", cathode.diffusivity=1e-15 (in the unit of its record). May be repeated.',
    ),
]
RateOption = Annotated[
    list[str] | None,
    typer.Option("--rate", metavar="RATE", help='Such as 10C (by the cell\'s own 1C), "800 mA/g" or "1.6 mA". Several: repeat, or commas.'),
]
OneRateOption = Annotated[str, typer.Option("--rate", metavar="RATE", help='Such as 10C (by the cell\'s own 1C), "800 mA/g" or "1.6 mA".')]
