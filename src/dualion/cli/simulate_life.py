"""``dualion simulate life``: thousands of cycles with ageing, in a run folder that a killed run goes on from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from dualion.cli import progress
from dualion.cli.simulate_input import RUN, Asked
from dualion.cli.simulate_output import Findings, Table, finish
from dualion.errors import SolveError, SpecError
from dualion.models.ageing.explain import OBSERVABLES, Explanation, explain
from dualion.models.ageing.life import LifeResult, life, life_inputs
from dualion.models.ageing.mechanisms import Mechanisms, check, plain
from dualion.models.ageing.rows import UNITS
from dualion.models.runs.drawings import life_figure
from dualion.models.runs.summaries import Row, beyond_the_data, once
from dualion.records.quantity import Flag
from dualion.records.validation import did_you_mean
from dualion.store.digests import digest
from dualion.store.runs import RunFolder, software

if TYPE_CHECKING:
    from dualion.models.ageing.life import Method
    from dualion.models.ageing.mechanisms import SiteLaw

#: Digits of the digest of settings and software that name the folder of the blocks of a run, inside the output folder.
RUN_DIGITS = 12
METHODS = ("direct", "stepper")
SITE_LAWS = ("constant", "proportional", "per-cycle")
#: Cycles that people are shown, of a life of any length.
_SHOWN_CYCLES = 12

LIFE_UNITS = {**UNITS, "retention": "%", "retention_from_cycle_2": "%", "relative_to": "1"}


@dataclass(frozen=True, slots=True)
class Ageing:
    """Mechanisms as they were typed; None where the default is taken.

    Parameters
    ----------
    site_loss : float or None
        [1/s] or, with the law per cycle, [1].
    site_law : str
    coulombic_efficiency : float or None
        [%] of both electrodes.
    anode_share, cathode_share : float or None
        [1] of the charge.
    film_growth, film_exponent, film_per_charge : float or None
        [1], [1], [cm2/mAh].
    """

    site_loss: float | None
    site_law: str
    coulombic_efficiency: float | None
    anode_share: float | None
    cathode_share: float | None
    film_growth: float | None
    film_exponent: float | None
    film_per_charge: float | None

    def mechanisms(self) -> Mechanisms:
        """The mechanisms.

        Raises
        ------
        SpecError
            There is no such law, an efficiency is given beside a share, or a rate is out of range.
        """
        if self.site_law not in SITE_LAWS:
            raise SpecError(f'site-law: "{self.site_law}" is not a law. {did_you_mean(self.site_law, SITE_LAWS)}')
        given = {
            name: value
            for name in ("site_loss", "anode_share", "cathode_share", "film_growth", "film_exponent", "film_per_charge")
            if (value := getattr(self, name)) is not None
        }
        if self.coulombic_efficiency is not None:
            if given.keys() & {"anode_share", "cathode_share"}:
                raise SpecError("coulombic-efficiency: given beside a share of one electrode. Write the efficiency or the shares.")
            if not 0 < self.coulombic_efficiency <= 100:
                raise SpecError(f"coulombic-efficiency: {self.coulombic_efficiency:g} % is not within 0 and 100. Write such as 99.99.")
            given |= dict.fromkeys(("anode_share", "cathode_share"), 1 - self.coulombic_efficiency / 100)
        return Mechanisms(site_law=cast("SiteLaw", self.site_law), **given)


def life_of(
    asked: Asked, current: float, cycles: int, method: str, ageing: Ageing, beside: tuple[Path | None, float | None], *, as_json: bool
) -> int:
    """Cycle a cell as it ages, and write what came of it.

    Parameters
    ----------
    asked : Asked
    current : float
        [mA/g] on the mass that defines 1 C.
    cycles : int
    method : {"direct", "stepper"}
    ageing : Ageing
    beside : tuple of Path or None, and float or None
        Folder of the blocks, inside the output folder where None; retention [%] to be explained, if any.
    as_json : bool
        Whether a program reads the output.

    Returns
    -------
    int
        Exit code [1].
    """
    if method not in METHODS:
        raise SpecError(f'method: "{method}" is not a method. {did_you_mean(method, METHODS)}')
    resume, retention = beside
    if retention is not None and not 0 < retention < 100:
        raise SpecError(f"explain: {retention:g} % is not within 0 and 100. Write the share that is left, such as 80.6.")
    way, mechanisms = cast("Method", method), ageing.mechanisms()
    check(asked.cell, mechanisms)
    inputs = life_inputs(asked.cell, specific_current=current, cycles=cycles, mechanisms=mechanisms, engine=asked.engine, method=way)
    blocks = RunFolder(resume or asked.out / f"{RUN}{digest({'inputs': inputs, 'software': software()})[:RUN_DIGITS]}", inputs)
    broken: tuple[Flag, ...] = ()
    with progress.shown() as on_progress:
        try:
            result = life(
                asked.cell, specific_current=current, cycles=cycles, mechanisms=mechanisms, engine=asked.engine, method=way,
                checkpoint=blocks.checkpoint, resume=blocks.resume, on_progress=on_progress,
            )  # fmt: skip
        except SolveError as error:
            if not isinstance(error.partial, LifeResult):
                raise
            result, broken = error.partial, (Flag("partial", "refusal", str(error)),)
        found = _findings(asked, result, broken)
        if retention is not None:
            told = explain(
                asked.cell, specific_current=current, cycles=cycles, retention=retention, engine=asked.engine, on_progress=on_progress
            )
            found = _explained(found, told)
    return finish(asked, found, as_json=as_json)


def _explained(found: Findings, told: Explanation) -> Findings:
    """The findings with the single mechanisms that leave a retention."""
    units = {name.replace(" ", "_"): unit for name, (unit, _) in OBSERVABLES.items()}
    rows: list[Row] = [
        {
            "mechanism": one.name,
            "parameter": one.symbol,
            "rate": one.rate,
            "retention": one.retention,
            **{name.replace(" ", "_"): value for name, value in one.observed.items()},
        }
        for one in told.candidates
    ]
    names = " and ".join([", ".join(one.name for one in told.candidates[:-1]), told.candidates[-1].name]) if len(rows) > 1 else ""
    flags = found.flags
    if len(rows) > 1:
        message = f"{told.retention:g} % after {told.cycles} cycles are reached by {names}, each alone: the number names no cause."
        flags = (*flags, Flag("not_identified", "warning", message))
    return replace(
        found,
        given={**found.given, "explained_retention": told.retention, "told_apart_by": {pair: list(by) for pair, by in told.apart.items()}},
        tables=(*found.tables, Table("mechanisms", rows, {**units, "retention": "%"})),
        flags=flags,
    )


def _findings(asked: Asked, result: LifeResult, broken: tuple[Flag, ...]) -> Findings:
    cell = asked.cell
    if not result.table or not result.table["cycle"].size:
        return Findings(_given(result), (Table("cycles", (), LIFE_UNITS),), (), flags=once([*result.flags, *broken]))
    retention = result.retention()
    later = result.retention(2) if retention.size > 1 else retention
    columns: dict[str, list[Any]] = {name: column.tolist() for name, column in result.table.items()}
    columns |= {"retention": retention.tolist(), "retention_from_cycle_2": later.tolist()}
    rows: list[Row] = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    shown = [rows[n] for n in np.unique(np.round(np.geomspace(1, len(rows), _SHOWN_CYCLES)).astype(int)) - 1]
    assumed = Flag("assumed", "note", f"The rates of ageing are {result.mechanisms.standing}: {result.mechanisms.source}.")
    flags = once([*result.flags, *broken, *beyond_the_data(cell, [result.specific_current]), assumed])
    return Findings(
        given=_given(result),
        tables=(Table("summary", shown, LIFE_UNITS), Table("cycles", rows, LIFE_UNITS)),
        shown=("cycle", "discharge_capacity", "retention", "coulombic_efficiency", "mean_discharge_voltage", "sites", "film_factor",
               "least_salt", "lowest_anode_potential"),
        figures=(life_figure(result),),
        flags=flags,
        apart=("cycles",),
    )  # fmt: skip


def _given(result: LifeResult) -> Mapping[str, Any]:
    found: dict[str, Any] = {
        "specific_current": result.specific_current,
        "rate": result.specific_current / result.cell.one_c.value,
        "cycles": result.cycles,
        "method": result.method,
        "mechanisms": plain(result.mechanisms),
        "inner_solves": result.inner_solves,
        "refused_steps": result.refused,
    }
    if result.check is not None:
        found["against_direct"] = {"cycles": result.check.cycles, "largest_difference_of_retention": result.check.difference}
    return found
