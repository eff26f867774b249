"""The section on desolvation: computed steps with their intervals, what may be said of the order, and the command that repeats it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dualion.atoms.desolvation.table import duration
from dualion.atoms.electrons import signed
from dualion.atoms.reactions.document import reaction_rows
from dualion.figures.labels import significant
from dualion.report.blocks import Block, Code, Column, FigureBlock, FigureRow, Paragraph, Section, Subsection, Table
from dualion.study.desolvation.shipped import DESOLVATION, REACTIONS, Shipped

_WIDE = 100  # figures of this width and more, in mm, stand alone
_AGAIN = "dft="  # beginning of the name of a variant that another method gave
_LEAD = (
    "Eq. (1) of the source on own geometries: lowest minima found of each state, one level and one charge in every difference. The "
    "interval is one of search and method, not a standard error; it grows where a search has not converged and where no DFT of the same "
    "states is there. Times put the reaction energy in the place of a barrier."
)


def desolvation_section(results: Sequence[Shipped], figures: Sequence[FigureBlock]) -> Section | None:
    """Section on the results of atomistic computations; None where the study brings none.

    Parameters
    ----------
    results : sequence of Shipped
    figures : sequence of FigureBlock

    Returns
    -------
    Section or None
    """
    if not results:
        return None
    narrow = [figure for figure in figures if figure.figure.width < _WIDE]
    blocks: list[Block] = [Paragraph(_LEAD, "lead"), *(figure for figure in figures if figure.figure.width >= _WIDE)]
    blocks += [FigureRow(tuple(narrow[first : first + 2])) for first in range(0, len(narrow), 2)]
    for one in results:
        inner = _steps(one) if one.schema == DESOLVATION else _reactions(one) if one.schema == REACTIONS else []
        hours = f"{significant(one.machine_hours, 2)} machine-hours of one core. Computed again by: "
        inner.append(Paragraph((hours, Code(one.command)), "small"))
        blocks.append(Subsection(one.title, tuple(inner), f"atoms-{one.name}"))
    questions = dict.fromkeys(question for one in results for question in one.document.get("open_questions", ()))
    if questions:
        rows = tuple((str(number), question) for number, question in enumerate(questions, start=1))
        table = Table("What these results leave open", (Column("No."), Column("Question")), rows)
        blocks.append(Subsection("Open questions", (table,), "atoms-open"))
    return Section("Desolvation, computed", "desolvation", tuple(blocks))


def _steps(one: Shipped) -> list[Block]:
    again = any(name.startswith(_AGAIN) for step in one.document["steps"] for name in step["variants"])
    columns = (
        Column("Step"), Column("q", numeric=True), Column("Energy / eV", numeric=True),
        *((Column("With DFT / eV", numeric=True),) if again else ()),
        Column("Interval / eV"), Column("Time"), Column("Conformers"), Column("Search"), Column("Flags"),
    )  # fmt: skip
    rows = tuple(_row(step, again=again) for step in one.document["steps"])
    level = one.document["level"]
    note = (
        f"{level['method']} ({level['engine']} {level['version']}), dispersion {level['dispersion']}, no box, electronic temperature "
        f"{level['electronic_temperature']:g} K. Conformers: accepted minima before and after the step."
    )
    found: list[Block] = [Table(one.title, columns, rows, note)]
    for ranking in one.document["rankings"]:
        against = " ".join(ranking["oxidised_against_pristine"])
        found.append(Paragraph(f"{ranking['step']}, q={signed(ranking['charge'])}. {ranking['statement']} {against}"))
    rerank = one.document.get("rerank")
    found += [
        Paragraph(f"{ladder['motif']}, q={signed(ladder['charge'])}. {ladder['first_step_over_all_prefactors']['statement']}")
        for ladder in one.document["ladders"]
        if ladder["from"] - ladder["to"] > 1
        and not rerank  # what is computed again is a part of a ladder, which has a first step of its own
    ]
    if rerank:
        found.append(Paragraph(str(rerank.get("statement", "")), "small"))
    return found


def _row(step: Mapping[str, Any], *, again: bool) -> tuple[str, ...]:
    flags = ", ".join(step["flags"])
    dft = next((value for name, value in step["variants"].items() if name.startswith(_AGAIN) and value is not None), None)
    beside = ("" if dft is None else f"{dft:.3f}",) if again else ()
    if step["energy_eV"] is None:
        return (step["name"], signed(step["charge"]), "withheld", *beside, "", "", "", step["convergence"], flags)
    low, high = step["interval_eV"]
    ends = step["time"]["log10_tau_interval"]
    before, after = step["search"]["before"], step["search"]["after"]
    return (
        step["name"],
        signed(step["charge"]),
        f"{step['energy_eV']:.3f}",
        *beside,
        f"{low:.2f} to {high:.2f}",
        f"{duration(ends[0])} to {duration(ends[1])}",
        f"{before['accepted']}, {after['accepted']}",
        step["convergence"],
        flags,
    )


def _reactions(one: Shipped) -> list[Block]:
    columns = (Column("Edge"), Column("Zinc"), Column("Reaction"), Column("Equation"), Column("Energy / eV", numeric=True))
    rows = tuple(
        (
            row["edge"],
            row["zinc"],
            row["reaction"],
            row["equation"],
            "withheld" if row["energy_eV"] is None else f"{row['energy_eV']:+.2f}",
        )
        for row in reaction_rows(one.document)
    )
    level = one.document["level"]
    note = (
        f"{level['method']} ({level['engine']} {level['version']}), electronic energies of relaxed minima against water and hydrogen. "
        "N* is the pyridinic nitrogen; a negative energy is downhill."
    )
    return [Table(one.title, columns, rows, note), Paragraph(one.document["statement"])]
