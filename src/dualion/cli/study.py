"""``dualion study list | check | new``: study folders, without any model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dualion.cli.options import JsonOutput, StudyArgument
from dualion.cli.output import columns_of, emit, say

if TYPE_CHECKING:
    from dualion.study.characterisation.types import Found
    from dualion.study.relations import DerivedResult
    from dualion.study.types import RelationResult, Study

app = typer.Typer(help="Study folders: list, check, begin a new one.")

# printed one by one; what is consistent or allowed is only counted
_CONFLICTS = ("inconsistent in source", "differs", "excluded", "needs raw data")


@app.callback(invoke_without_command=True)
def _root(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        print(context.get_help())


@app.command(name="list")
def list_studies(as_json: JsonOutput = False) -> None:
    """The studies that come with dualion."""
    from dualion.study.load import bundled, locate

    titles = {name: _title(locate(name)) for name in bundled()}
    if as_json:
        emit({"studies": [{"id": name, "title": title} for name, title in titles.items()]})
    else:
        say(columns_of(list(titles.items()), indent=0))


def _title(folder: Path) -> str:
    import tomllib

    return str(tomllib.loads((folder / "study.toml").read_text(encoding="utf-8"))["study"]["title"])


@app.command()
def check(study: StudyArgument, as_json: JsonOutput = False) -> None:
    """Load a study and do all its arithmetic; no model.

    Evaluates the relations between its numbers and recomputes the numbers derived from them. A conflict in a source is a finding, not
    an error: the exit code is 0.
    """
    from dualion.study.characterisation.findings import evaluated
    from dualion.study.characterisation.written import characterisation
    from dualion.study.load import load, locate
    from dualion.study.relations import evaluate, recompute

    loaded = load(locate(study))
    relations, derived = evaluate(loaded), recompute(loaded)
    written = characterisation(loaded)
    findings = evaluated(loaded, written)
    if as_json:
        told = [{"id": one.finding.id, "code": one.finding.code, "answer": one.word, "asks": one.finding.asks} for one in findings]
        emit({**_document(loaded, relations, derived), "needs": len(written.needs), "findings": told})
    else:
        say([*_report(loaded, relations, derived), *_characterised(findings, len(written.needs))])


def _document(study: Study, relations: Sequence[RelationResult], derived: Sequence[DerivedResult]) -> dict[str, Any]:
    from dualion.records.json import to_plain

    return {
        "study": study.id,
        "sha256": study.sha256,
        "claims": len(study.claims),
        "relations": {"totals": _totals(relations), "results": [to_plain(result) for result in relations]},
        "derived": {
            "total": len(derived),
            "agreeing": sum(one.agrees for one in derived),
            "disagreeing": [{"id": one.derived.id, "printed": one.derived.value, "value": one.value} for one in derived if not one.agrees],
        },
    }


def _characterised(findings: Sequence[Found], needs: int) -> list[str]:
    """What arithmetic says of the claims of characterisation, and how many files would settle them."""
    if not (findings or needs):
        return []
    rows = [(one.finding.id, one.word, one.finding.asks) for one in findings]
    return ["", f"Characterisation: {needs} files would settle claims; what arithmetic says before they are there", *columns_of(rows)]


def _totals(relations: Sequence[RelationResult]) -> dict[str, int]:
    found = Counter(result.verdict for result in relations)
    return {verdict: found[verdict] for verdict in sorted(found)}


def _report(study: Study, relations: Sequence[RelationResult], derived: Sequence[DerivedResult]) -> list[str]:
    agreeing = sum(one.agrees for one in derived)
    lines = [
        study.title,
        f"{len(study.claims)} claims, {len(relations)} relations, {len(derived)} derived numbers of which {agreeing} recompute",
        *(f"  {one.derived.id}: {one.derived.value} {one.derived.unit} recomputes to {one.value:.6g}" for one in derived if not one.agrees),
    ]
    if relations:
        lines += ["", "Relations", *columns_of([(verdict, str(number)) for verdict, number in _totals(relations).items()])]
    for verdict in _CONFLICTS:
        if found := [result for result in relations if result.verdict == verdict]:
            lines += ["", verdict[0].upper() + verdict[1:], *(line for result in found for line in _conflict(result))]
    return lines


def _conflict(result: RelationResult) -> list[str]:
    import textwrap

    named = f" ({', '.join(result.claims)})" if result.claims else ""
    reason = f" [{result.reason}]" if result.reason else ""
    value = "" if result.value is None else f" {_amount(result.value, result.unit)}; expected {result.expected}."
    lines = textwrap.wrap(f"{result.id}{named}{reason}:{value} {result.text}", width=120, initial_indent="  ", subsequent_indent="      ")
    lines += [f"      reading: {_amount(value, reading.unit)}, {reading.says}" for reading, value in result.readings]
    return lines


def _amount(value: float, unit: str) -> str:
    return f"{value:.4g}" if unit in ("", "1") else f"{value:.4g} {unit}"


@app.command()
def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the study, and of its folder.")],
    folder: Annotated[Path, typer.Option(metavar="DIR", help="Where its folder is made.")] = Path(),
    as_json: JsonOutput = False,
) -> None:
    """Begin a study folder that explains every key.

    It loads and checks as it is.
    """
    from dualion.study.written import template

    made = template.new(name, folder)
    written = sorted(path.relative_to(made).as_posix() for path in made.rglob("*") if path.is_file())
    if as_json:
        emit({"study": name, "folder": str(made), "files": written})
    else:
        say([f"Made {made} with {', '.join(written)}.", f"Try: dualion study check {made}"])
