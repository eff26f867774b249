"""The recipe as doses, times and a warning about what its samples cannot tell apart."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from dualion.figures.labels import significant
from dualion.report.blocks import Block, Callout, Column, Finding, Paragraph, Section, Subsection, Table
from dualion.report.values import with_unit
from dualion.study.confounding import confounding
from dualion.study.recipe import Dose, factors, table
from dualion.study.recipe.furnace import furnace_steps, furnace_time
from dualion.study.types import Study

_MINUTES_PER_HOUR = 60
_HOTTEST_FIRST_STEP = 0  # the step after which the text leaves open whether the furnace cools down

_LINES: tuple[tuple[str, str, Callable[[Dose], str]], ...] = (
    ("Zinc", "mmol", lambda dose: significant(dose.zinc)),
    ("Zinc acetate dihydrate", "mg", lambda dose: significant(dose.zinc_acetate)),
    ("Acetate", "mmol", lambda dose: significant(dose.acetate)),
    ("Hydrochloric acid", "uL", lambda dose: significant(dose.acid)),
    (
        "Zinc per amine, highest to lowest deacetylation",
        "mol/mol",
        lambda dose: " to ".join(significant(share, 3) for share in dose.zinc_per_amine),
    ),
    ("Stock solution", "mL", lambda dose: significant(dose.added_water)),
    ("Total water", "mL", lambda dose: significant(dose.total_water)),
)


def recipe_section(study: Study) -> Section | None:
    """Doses of every sample, furnace time and confounding of a study with a ``[recipe]``.

    Parameters
    ----------
    study : Study

    Returns
    -------
    Section or None
        None for a study without a recipe.
    """
    recipe = study.settings.get("recipe")
    if not recipe or "stock_volume" not in recipe:
        return None
    doses = table(recipe)
    blocks: list[Block] = [_warning(recipe), _doses(doses)]
    if recipe.get("furnace"):
        blocks.append(_furnace(recipe))
    note = "Any other dose: dualion recipe --help."
    return Section("Recipe, calculators and what they cannot tell apart", "recipe", (*blocks, Paragraph(note, "small")))


def _warning(recipe: Mapping[str, Any]) -> Block:
    found = confounding(factors(recipe))
    number = "unbounded" if math.isinf(found.condition_number) else significant(found.condition_number, 3)
    text = (
        f"Rank {found.rank} of {len(next(iter(factors(recipe).values())))} factors, condition number {number}. {found.suggestion}".strip()
    )
    return Callout("What these samples cannot tell apart", (Finding(found.sentence, text, "conflict" if found.groups else "good"),))


def _doses(doses: Mapping[str, Dose]) -> Table:
    columns = (Column("Per batch"), *(Column(sample, numeric=True) for sample in doses))
    rows = tuple((f"{name} ({_unit(unit)})", *(value(dose) for dose in doses.values())) for name, unit, value in _LINES)
    note = (
        "Arithmetic on the printed recipe. Moisture of the chitosan is not given and is taken as zero; the density of the acid is assumed."
    )
    return Table("Doses for each sample", columns, rows, note)


def _unit(unit: str) -> str:
    return with_unit("", unit).strip()


def _furnace(recipe: Mapping[str, Any]) -> Subsection:
    steps = furnace_steps(recipe)
    straight = furnace_time(steps)
    lines = [f"{significant(straight)} min ({significant(straight / _MINUTES_PER_HOUR, 3)} h) if one step follows the other without a stop"]
    if len(steps) > 1:
        stopped = furnace_time(steps, stop_after=_HOTTEST_FIRST_STEP)
        lines.append(f"{significant(stopped)} min and one more cooling of unknown rate if the furnace cools down after its first step")
    columns = (Column("Step"), Column("To (°C)", numeric=True), Column("Rate (°C min⁻¹)", numeric=True), Column("Hold (min)", numeric=True))
    rows = tuple(
        (str(number), significant(step.to), significant(step.rate), significant(step.hold)) for number, step in enumerate(steps, start=1)
    )
    text = Paragraph(f"Time in the furnace: {'; '.join(lines)}.")
    return Subsection("Furnace", (text, Table("Furnace programme", columns, rows)), "furnace")
