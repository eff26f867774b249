"""``dualion recipe``: what to weigh and measure out, for any dose of a recipe."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dualion.cli.options import JsonOutput
from dualion.cli.output import columns_of, emit, say
from dualion.errors import SpecError, UnitError

if TYPE_CHECKING:
    from dualion.study.recipe import Dose

_HEADINGS = (
    "sample", "stock [mL]", "Zn [mmol]", "acetate salt [mg]", "acetate [mmol]", "HCl [uL]", "Zn per NH2 [mol/mol]", "total water [mL]",
)  # fmt: skip


def recipe(
    study: Annotated[str, typer.Option(metavar="STUDY", help="The study whose recipe is taken.")] = "tang2026",
    stock_volume: Annotated[
        list[str] | None,
        typer.Option(metavar="VOLUME", help='Volume of stock solution, such as "6.67 mL"; may be repeated. Default: the samples.'),
    ] = None,
    concentration: Annotated[str | None, typer.Option(metavar="VALUE", help='Of the stock solution, such as "0.25 mol/L".')] = None,
    chitosan: Annotated[str | None, typer.Option(metavar="MASS", help='Mass of chitosan as weighed, such as "1.6 g".')] = None,
    moisture: Annotated[float, typer.Option(min=0.0, max=0.99, help="Mass fraction of water in the chitosan.")] = 0.0,
    water: Annotated[str | None, typer.Option(metavar="VOLUME", help='Water for the chitosan, such as "30 mL".')] = None,
    as_json: JsonOutput = False,
) -> None:
    """Doses, volumes and furnace time of a recipe."""
    from dualion.study.load import load, locate
    from dualion.study.recipe import table
    from dualion.study.recipe.furnace import furnace_steps, furnace_time

    loaded = load(locate(study))
    if "recipe" not in loaded.settings:
        raise SpecError("study.toml: recipe: missing. Write a [recipe] table, or name a study that has one.")
    written = _with_doses(loaded.settings["recipe"], stock_volume or [])
    written = _with_amounts(written, concentration=concentration, chitosan=chitosan, water=water)
    doses, steps = table(written, moisture=moisture), furnace_steps(written)
    times = {"continuous": furnace_time(steps), "stop_after_first_step": furnace_time(steps, stop_after=0)} if steps else {}
    if as_json:
        emit({"study": loaded.id, "moisture": moisture, "doses": _plain(doses), "furnace_time_minute": times})
    else:
        say(_lines(doses, times))


def _with_doses(written: Mapping[str, Any], volumes: list[str]) -> dict[str, Any]:
    for volume in volumes:
        _checked("--stock-volume", volume, "mL")
    return {**written, "stock_volume": {volume: volume for volume in volumes}} if volumes else dict(written)


def _with_amounts(written: dict[str, Any], *, concentration: str | None, chitosan: str | None, water: str | None) -> dict[str, Any]:
    changed = dict(written)
    if concentration is not None:
        changed["stock"] = {**changed.get("stock", {}), "concentration": _checked("--concentration", concentration, "mol/L")}
    if chitosan is not None:
        changed["chitosan"] = {**changed.get("chitosan", {}), "mass": _checked("--chitosan", chitosan, "g")}
    if water is not None:
        changed["water"] = _checked("--water", water, "mL")
    return changed


def _checked(option: str, text: str, unit: str) -> str:
    from dualion.units import read_as

    try:
        value = read_as(text, unit)
    except UnitError as error:
        raise SpecError(f"{option}: {error}") from error
    if not math.isfinite(value):
        raise SpecError(f'{option}: "{text}" is too large to be a number.')
    return text


def _plain(doses: Mapping[str, Dose]) -> dict[str, Any]:
    from dualion.records.json import to_plain

    return {sample: to_plain(dose) for sample, dose in doses.items()}


def _lines(doses: Mapping[str, Dose], times: Mapping[str, float]) -> list[str]:
    rows = [_HEADINGS, *(_row(sample, dose) for sample, dose in doses.items())]
    lines = columns_of(rows, indent=0)
    if times:
        once, twice = times["continuous"], times["stop_after_first_step"]
        lines += [
            "",
            f"Furnace: {once:.0f} min in one go, or {twice:.0f} min and a cooling of unknown rate with a stop after the first step.",
        ]
    return lines


def _row(sample: str, dose: Dose) -> tuple[str, ...]:
    low, high = dose.zinc_per_amine
    return (
        sample, f"{dose.added_water:.2f}", f"{dose.zinc:.4f}", f"{dose.zinc_acetate:.1f}", f"{dose.acetate:.3f}", f"{dose.acid:.1f}",
        f"{low:.3f} to {high:.3f}", f"{dose.total_water:.1f}",
    )  # fmt: skip
