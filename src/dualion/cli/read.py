"""``dualion read``: one look at a raw file: what it is, what it holds, and what is suspicious about it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dualion.cli.options import AsKind, JsonOutput, XUnit, YUnit, declared_in
from dualion.cli.output import columns_of, emit, say

if TYPE_CHECKING:
    from dualion.records.measurement import Measurement

_SCHEMA = "dualion/read/1"
_FORMS = (".svg", ".png", ".pdf")
_SPANS = ("test_time_second", "voltage_volt", "current_ampere", "frequency_hertz")
_WARNINGS = ("warning", "refusal")


def read(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A raw file, also inside a zip, gz or xz.")],
    plot: Annotated[Path | None, typer.Option(metavar="OUT", help="Draw it into a new .svg, .png or .pdf.")] = None,
    repair: Annotated[list[str] | None, typer.Option(metavar="WHAT", help="What to mend, by commas; may be repeated.")] = None,
    region: Annotated[str | None, typer.Option(metavar="NAME", help="One region of a file that holds several, such as N1s.")] = None,
    kind: AsKind = None,
    x_unit: XUnit = None,
    y_unit: YUnit = None,
    as_json: JsonOutput = False,
) -> None:
    """Say what a raw file is: format, columns, span, cycles, and everything suspicious. The file stays as it is."""
    from dualion.readers import read as read_one
    from dualion.readers import read_all

    if plot is not None:
        check_plot(plot)
    declared, repairs = declared_in(kind, x_unit, y_unit), repairs_in(repair)
    if region is not None or plot is not None:
        found: tuple[Measurement, ...] = (read_one(file, region=region, declared=declared, repair=repairs),)
    else:
        found = read_all(file, declared=declared, repair=repairs)
    drawn = None if plot is None else _draw(found[0], plot)
    if as_json:
        others = {"regions": [document(measured) for measured in found]} if len(found) > 1 else {}
        emit({**document(found[0]), **others, "figure": drawn})
        return
    for number, measured in enumerate(found):
        say([*([""] if number else []), *lines(measured)])
    if drawn:
        say([f"Drawn: {drawn}"])


def repairs_in(given: list[str] | None) -> tuple[str, ...]:
    """Names of repairs, one a text or divided by commas, each of which exists.

    Raises
    ------
    SpecError
        One does not.
    """
    names = tuple(part.strip() for text in given or () for part in text.split(",") if part.strip())
    if names:
        from dualion.errors import SpecError
        from dualion.readers.quality.repairs import REPAIRS
        from dualion.records.validation import did_you_mean

        for name in names:
            if name not in REPAIRS:
                raise SpecError(f'--repair: "{name}" is not a repair. {did_you_mean(name, REPAIRS)}')
    return names


def check_plot(plot: Path) -> None:
    """Refuse a figure that would not be drawn, before the file is read.

    Raises
    ------
    SpecError
        Its ending is not that of a figure.
    StoreError
        A file of that name is there.
    """
    from dualion.errors import SpecError, StoreError

    if plot.suffix.lower() not in _FORMS:
        raise SpecError(f'--plot: "{plot}" does not end with {" or ".join(_FORMS)}.')
    if plot.exists():
        raise StoreError(f"{plot}: is there already. Move it away, or choose another name with --plot.")


def _draw(measured: Measurement, plot: Path) -> str:
    from dualion.cli.read_figure import quick_figure
    from dualion.figures.render import Format, render
    from dualion.store.files import write_atomic

    forms: dict[str, Format] = {".svg": "svg", ".png": "png", ".pdf": "pdf"}
    form = forms[plot.suffix.lower()]
    write_atomic(plot, render(quick_figure(measured), formats=(form,))[form])
    return str(plot)


def document(measured: Measurement) -> dict[str, Any]:
    """What a measurement is, as plain data.

    Parameters
    ----------
    measured : Measurement

    Returns
    -------
    dict
    """
    from dualion.records.json import to_plain

    source = measured.source
    return {
        "schema": _SCHEMA,
        "file": source.file,
        "sha256": source.sha256,
        "format": source.reader,
        "title": _title(source.reader),
        "reader_version": source.reader_version,
        "origin": source.origin,
        "technique": measured.technique,
        "region": measured.region,
        "rows": measured.table.height,
        "columns": _columns(measured),
        "cycle_count": cycles(measured),
        "span": {one["name"]: [one["minimum"], one["maximum"]] for one in _columns(measured) if one["name"] in _SPANS},
        "conditions": to_plain(dict(measured.conditions)),
        "corrections": list(measured.corrections),
        "flags": to_plain(measured.flags),
        "warnings": [f"{flag.code}: {flag.message}" for flag in measured.flags if flag.severity in _WARNINGS],
    }


def cycles(measured: Measurement) -> int | None:
    """How many cycles the instrument counted; None where it counted none."""
    if "cycle_count" not in measured.table.columns:
        return None
    return int(measured.table["cycle_count"].drop_nulls().n_unique())


def _columns(measured: Measurement) -> list[dict[str, Any]]:
    from dualion.columns import column

    rows = []
    for name in measured.table.columns:
        values, kind = measured.table[name], column(name).kind
        missing = values.null_count()
        row: dict[str, Any] = {"name": name, "unit": column(name).unit, "minimum": None, "maximum": None}
        if kind == "number":
            finite = values.filter(values.is_finite())
            missing = values.len() - finite.len()
            row |= {"minimum": finite.min(), "maximum": finite.max()}
        elif kind == "counter":
            row |= {"minimum": values.min(), "maximum": values.max()}
        rows.append({**row, "missing": missing})
    return rows


def _title(reader: str) -> str:
    from dualion.readers import known_formats

    return next((one.title for one in known_formats() if one.name == reader), reader)


def lines(measured: Measurement) -> list[str]:
    """What a measurement is, for people.

    Parameters
    ----------
    measured : Measurement

    Returns
    -------
    list of str
    """
    counted = cycles(measured)
    region = f", region {measured.region}" if measured.region else ""
    what = f"{measured.source.file}: {_title(measured.source.reader)}, {measured.technique}{region}"
    rows = f"{measured.table.height} rows" + (f", {counted} cycles counted by the instrument" if counted is not None else "")
    table = [("column", "unit", "smallest", "largest", "missing")]
    table += [
        (one["name"], one["unit"] or "-", _number(one["minimum"]), _number(one["maximum"]), str(one["missing"]))
        for one in _columns(measured)
    ]
    said = [what, rows, "", *columns_of(table)]
    told = [f"  {name}: {_condition(value)}" for name, value in measured.conditions.items()]
    said += ["", "Conditions", *told] if told else []
    said += ["", "Corrections", *(f"  {one}" for one in measured.corrections)] if measured.corrections else []
    flags = [f"  {flag.severity} {flag.code}: {flag.message}" for flag in measured.flags]
    return [*said, "", *(["What is suspicious, and what to know", *flags] if flags else ["Nothing suspicious was found."])]


def _number(value: float | int | None) -> str:
    if value is None:
        return "-"
    return str(value) if isinstance(value, int) else f"{value:.7g}"


def _condition(value: Any) -> str:
    if isinstance(value, str):
        return value
    return f"{value.value:g} {value.unit}" + (f" ({value.rule})" if value.rule else "")
