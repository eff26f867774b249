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

SiteLoss = Annotated[
    float | None, typer.Option("--site-loss", metavar="K", help="Loss of cathode sites [1/s] at 10C.", show_default="2.95e-8")
]
SiteLaw = Annotated[str, typer.Option("--site-law", metavar="LAW", help="constant, proportional (to what is left) or per-cycle.")]
Efficiency = Annotated[
    float | None,
    typer.Option("--coulombic-efficiency", metavar="CE", help="Of both electrodes [%]; the rest is parasitic charge.", show_default="100"),
]
AnodeShare = Annotated[
    float | None, typer.Option("--anode-share", metavar="A", help="Share of the charge bound in the interphase.", show_default="0")
]
CathodeShare = Annotated[
    float | None, typer.Option("--cathode-share", metavar="B", help="Share of the charge that loses anions.", show_default="0")
]
FilmGrowth = Annotated[
    float | None, typer.Option("--film-growth", metavar="K", help="Film resistance 1 + K n^M after n cycles.", show_default="0")
]
FilmExponent = Annotated[
    float | None, typer.Option("--film-exponent", metavar="M", help="Exponent of the film's growth.", show_default="0.5")
]
FilmPerCharge = Annotated[
    float | None, typer.Option("--film-per-charge", metavar="G", help="Growth of the film with the interphase [cm2/mAh].", show_default="0")
]
ResumeOption = Annotated[
    Path | None,
    typer.Option("--resume", metavar="DIR", help="Folder of the blocks of the run.", show_default="in the output folder"),
]
ExplainOption = Annotated[
    float | None,
    typer.Option(
        "--explain", metavar="R", help="Also seek the single mechanisms that leave this retention [%] after all cycles (about 20 s)."
    ),
]
MethodOption = Annotated[str, typer.Option("--method", metavar="NAME", help="direct (every cycle) or stepper.")]
