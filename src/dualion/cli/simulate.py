"""``dualion simulate VERB CELL``: every experiment of a study on a simulated cell, with figure, table, JSON and simulated measurement."""

from __future__ import annotations

from typing import Annotated

import typer

from dualion.cli.options import JsonOutput
from dualion.cli.simulate_options import (
    AnodeShare,
    CathodeShare,
    CellArgument,
    Efficiency,
    EngineOption,
    ExplainOption,
    FilmExponent,
    FilmGrowth,
    FilmPerCharge,
    ImpedanceEngine,
    MethodOption,
    OneRateOption,
    OutOption,
    RateOption,
    ResumeOption,
    SetOption,
    SiteLaw,
    SiteLoss,
    TemperatureOption,
)

_ABOUT = "Simulate an experiment on a cell; writes a folder with figure, tables, JSON and the simulated measurement."

app = typer.Typer(name="simulate", help=_ABOUT, no_args_is_help=True, rich_markup_mode=None)


@app.command()
def cycle(
    cell: CellArgument,
    rate: OneRateOption = "1C",
    cycles: Annotated[int, typer.Option("--cycles", metavar="N", help="How many.")] = 1,
    temperature: TemperatureOption = None,
    settings: SetOption = None,
    engine: EngineOption = "fast",
    out: OutOption = None,
    as_json: JsonOutput = False,
) -> None:
    """Charge and discharge at one rate: capacities, voltages, energies, salt, anode potential, inventories, losses."""
    from dualion.cli.simulate_input import asked, positive, specific_current
    from dualion.cli.simulate_runs import cycles_of

    given = asked("cycle", cell, engine=engine, out=out, temperature=temperature, settings=settings)
    raise typer.Exit(cycles_of(given, specific_current(given.cell, rate), positive("cycles", cycles), as_json=as_json))


@app.command()
def rate(
    cell: CellArgument,
    rates: RateOption = None,
    cycles: Annotated[int, typer.Option("--cycles", metavar="N", help="Cycles in each block.")] = 5,
    isolated: Annotated[bool, typer.Option("--isolated", help="One cycle a rate, each from the state of assembly; labelled so.")] = False,
    temperature: TemperatureOption = None,
    settings: SetOption = None,
    engine: EngineOption = "fast",
    out: OutOption = None,
    as_json: JsonOutput = False,
) -> None:
    """Rate capability as one continuous sequence of blocks, the first rate again at the end, isolated cycles beside it."""
    from dualion.cli.simulate_input import asked, positive
    from dualion.cli.simulate_runs import rates_of, rates_or_default

    given = asked("rate", cell, engine=engine, out=out, temperature=temperature, settings=settings)
    currents = rates_or_default(given.cell, rates, with_return=not isolated)
    raise typer.Exit(rates_of(given, currents, positive("cycles", cycles), "isolated" if isolated else "continuous", as_json=as_json))


@app.command()
def life(
    cell: CellArgument,
    rate: OneRateOption = "10C",
    cycles: Annotated[int, typer.Option("--cycles", metavar="N", help="How many.")] = 10000,
    method: MethodOption = "direct",
    site_loss: SiteLoss = None,
    site_law: SiteLaw = "constant",
    coulombic_efficiency: Efficiency = None,
    anode_share: AnodeShare = None,
    cathode_share: CathodeShare = None,
    film_growth: FilmGrowth = None,
    film_exponent: FilmExponent = None,
    film_per_charge: FilmPerCharge = None,
    explain: ExplainOption = None,
    resume: ResumeOption = None,
    temperature: TemperatureOption = None,
    settings: SetOption = None,
    engine: EngineOption = "fast",
    out: OutOption = None,
    as_json: JsonOutput = False,
) -> None:
    """Thousands of cycles with ageing: capacity, efficiency, retention; a run that was stopped goes on where it was."""
    from dualion.cli.simulate_input import asked, positive, specific_current
    from dualion.cli.simulate_life import Ageing, life_of

    given = asked("life", cell, engine=engine, out=out, temperature=temperature, settings=settings)
    current, count = specific_current(given.cell, rate), positive("cycles", cycles)
    shares = coulombic_efficiency, anode_share, cathode_share
    ageing = Ageing(site_loss, site_law, *shares, film_growth, film_exponent, film_per_charge)
    raise typer.Exit(life_of(given, current, count, method, ageing, (resume, explain), as_json=as_json))


@app.command()
def cv(
    cell: CellArgument,
    sweep_rate: Annotated[
        list[str] | None,
        typer.Option("--sweep-rate", metavar="RATE", help='Such as "0.1 mV/s". Several: repeat, or commas.', show_default="0.1 mV/s"),
    ] = None,
    low: Annotated[
        str | None, typer.Option("--low", metavar="V", help='Lower voltage, such as "2.65 V".', show_default="the window")
    ] = None,
    high: Annotated[
        str | None, typer.Option("--high", metavar="V", help='Upper voltage, such as "4.8 V".', show_default="the window")
    ] = None,
    cycles: Annotated[int, typer.Option("--cycles", metavar="N", help="Cycles at each sweep rate.")] = 2,
    temperature: TemperatureOption = None,
    settings: SetOption = None,
    engine: EngineOption = "fast",
    out: OutOption = None,
    as_json: JsonOutput = False,
) -> None:
    """Cyclic voltammetry at one or several sweep rates: peaks, their potentials, charges of the sweeps."""
    from dualion.cli.simulate_input import asked, positive, window
    from dualion.cli.simulate_runs import sweep_rates, voltammograms_of

    given = asked("cv", cell, engine=engine, out=out, temperature=temperature, settings=settings)
    swept = sweep_rates(sweep_rate or ["0.1 mV/s"])
    raise typer.Exit(voltammograms_of(given, swept, window(given.cell, low, high), positive("cycles", cycles), as_json=as_json))


@app.command()
def gitt(
    cell: CellArgument,
    rate: OneRateOption = "0.1C",
    pulse: Annotated[str, typer.Option("--pulse", metavar="TIME", help='Duration of a pulse, such as "10 min".')] = "10 min",
    rest: Annotated[str, typer.Option("--rest", metavar="TIME", help='Duration of a rest, such as "1 h".')] = "1 h",
    pulses: Annotated[int, typer.Option("--pulses", metavar="N", help="At most; the titration ends at the cut-off.")] = 100,
    temperature: TemperatureOption = None,
    settings: SetOption = None,
    engine: EngineOption = "fast",
    out: OutOption = None,
    as_json: JsonOutput = False,
) -> None:
    """Titration by pulses and rests: relaxed voltages, and the apparent diffusion coefficient beside the one put in."""
    from dualion.cli.simulate_input import asked, positive, quantity, specific_current
    from dualion.cli.simulate_runs import titration_of

    given = asked("gitt", cell, engine=engine, out=out, temperature=temperature, settings=settings)
    times = quantity("pulse", pulse, "s"), quantity("rest", rest, "s")
    raise typer.Exit(titration_of(given, specific_current(given.cell, rate), times, positive("pulses", pulses), as_json=as_json))


@app.command()
def eis(
    cell: CellArgument,
    state: Annotated[
        list[str] | None,
        typer.Option(
            "--state", metavar="STATE", help='State of charge: 0.5 or "50 %", "4.1 V", or x=0.5 of the anode\'s host. Several: commas.'
        ),
    ] = None,
    temperatures: Annotated[
        list[str] | None,
        typer.Option("--temperature", metavar="T", help='Such as "40 degC". Several: repeat, or commas.', show_default="the cell's own"),
    ] = None,
    highest: Annotated[str, typer.Option("--highest", metavar="F", help="Highest frequency.")] = "100 kHz",
    lowest: Annotated[str, typer.Option("--lowest", metavar="F", help="Lowest frequency.")] = "0.01 Hz",
    points: Annotated[int, typer.Option("--points", metavar="N", help="Frequencies in a decade.")] = 20,
    settings: SetOption = None,
    engine: ImpedanceEngine = "pybamm-SPMe",
    out: OutOption = None,
    as_json: JsonOutput = False,
) -> None:
    """Impedance spectra at states of charge and temperatures; needs PyBaMM (extra "cells")."""
    from dualion.cli.simulate_input import asked, positive
    from dualion.cli.simulate_spectra import frequencies, spectra_of

    given = asked("eis", cell, engine=engine, out=out, settings=settings)
    grid = frequencies(highest, lowest, positive("points", points))
    raise typer.Exit(spectra_of(given, state or ["0.5"], temperatures or [], grid, as_json=as_json))


@app.command()
def temperature(
    cell: CellArgument,
    temperatures: Annotated[
        list[str] | None,
        typer.Option("--temperature", metavar="T", help='Such as "0 degC". Several: repeat, or commas.', show_default="0, 25, 40, 60 degC"),
    ] = None,
    rates: RateOption = None,
    settings: SetOption = None,
    engine: EngineOption = "fast",
    out: OutOption = None,
    as_json: JsonOutput = False,
) -> None:
    """Isolated cycles at several temperatures and rates; every rate constant follows its activation energy."""
    from dualion.cli.simulate_input import asked, celsius, divided
    from dualion.cli.simulate_runs import rates_or_default, temperatures_of

    given = asked("temperature", cell, engine=engine, out=out, settings=settings)
    degrees = [celsius(text) for text in divided(temperatures or ["0 degC,25 degC,40 degC,60 degC"])]
    raise typer.Exit(temperatures_of(given, rates_or_default(given.cell, rates or ["1C,10C"], with_return=False), degrees, as_json=as_json))
