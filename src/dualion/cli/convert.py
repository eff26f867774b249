"""``dualion convert``: raw files to Battery Data Format, and those of characterisation to tables with the names of ``dualion.columns``.

A raw file is never touched, and no other file without being told. Each region of a file that holds several becomes a file of its own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dualion.cli.options import AsKind, JsonOutput, XUnit, YUnit, declared_in
from dualion.cli.output import DONE, FAILED, UNUSABLE, complain, emit, say

if TYPE_CHECKING:
    from dualion.readers.format import Declared
    from dualion.readers.write import Form
    from dualion.records.measurement import Measurement

_ARCHIVES = (".zip", ".gz", ".xz")
_OTHER = re.compile(r"[^A-Za-z0-9_.]+")
_ENDINGS = {"csv": ".bdf.csv", "parquet": ".bdf.parquet"}


def convert(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Raw files, also inside a zip, gz or xz.")],
    to: Annotated[str, typer.Option("--to", metavar="FORM", help="csv or parquet.")] = "csv",
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder of the new files.", show_default="this one")] = Path(),
    repair: Annotated[list[str] | None, typer.Option(metavar="WHAT", help="What to mend, by commas; may be repeated.")] = None,
    labels: Annotated[bool, typer.Option("--labels", help='Preferred labels ("Voltage / V") instead of machine names.')] = False,
    replace: Annotated[bool, typer.Option("--replace", help="Replace files of the same name; never one of the given files.")] = False,
    kind: AsKind = None,
    x_unit: XUnit = None,
    y_unit: YUnit = None,
    as_json: JsonOutput = False,
) -> int:
    """Convert raw files to Battery Data Format.

    A file that cannot be read costs one line; the others are converted. Exit code 1 says that some, 2 that all of them failed.
    """
    from dualion.cli.read import repairs_in
    from dualion.errors import SpecError

    if to not in _ENDINGS:
        raise SpecError(f'--to: "{to}" is not a form. Write "csv" or "parquet".')
    form: Form = "csv" if to == "csv" else "parquet"
    repairs = repairs_in(repair)
    _make(out)
    declared = declared_in(kind, x_unit, y_unit)
    done, failed = _all(files, out, form=form, repairs=repairs, declared=declared, labels=labels, replace=replace)
    if as_json:
        emit({"converted": done, "failed": failed})
    else:
        say([f"{one['file']} -> {one['written']}: {one['rows']} rows, {one['format']}{_flags(one)}" for one in done])
    if failed and not as_json:
        complain("ReadError", [one["problem"] for one in failed], as_json=False)
    return DONE if not failed else FAILED if done else UNUSABLE


def _flags(one: dict[str, Any]) -> str:
    return f"; {', '.join(one['flags'])}" if one["flags"] else ""


def _make(out: Path) -> None:
    from dualion.errors import StoreError

    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise StoreError(f"{out}: is no folder and cannot be made ({problem.strerror}). Choose another with --out.") from None


def _all(
    files: Sequence[Path], out: Path, *, form: Form, repairs: Sequence[str], declared: Declared, labels: bool, replace: bool
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """What was converted, and what was not and why."""
    from dualion.cli import progress
    from dualion.errors import DualionError, StoreError
    from dualion.readers import read_all

    done: list[dict[str, Any]] = []
    failed: list[dict[str, Any]] = []
    raw, taken = {path.resolve() for path in files}, set[Path]()
    with progress.shown() as tell:
        for number, path in enumerate(files):
            if len(files) > 1:
                tell(number, len(files), path.name)
            try:
                for measured in read_all(path, declared=declared, repair=repairs):
                    target = out / converted_name(path.name, form, measured)
                    _check_target(target, raw=raw, taken=taken, replace=replace)
                    done.append(_one(measured, path, target, form=form, labels=labels, replace=replace))
                    taken.add(target.resolve())
            except (DualionError, StoreError) as problem:
                failed.append({"file": str(path), "problem": " ".join(str(problem).split())})
    return done, failed


def _one(measured: Measurement, path: Path, target: Path, *, form: Form, labels: bool, replace: bool) -> dict[str, Any]:
    """Write one measurement, and say what was written."""
    from dualion.readers.write import to_battery_format

    _put(target, to_battery_format(measured, form, labels=labels), replace=replace)
    codes = [flag.code for flag in measured.flags if flag.severity != "note"]
    row = {"file": str(path), "written": str(target), "format": measured.source.reader, "rows": measured.table.height}
    return {**row, "corrections": list(measured.corrections), "flags": codes}


def converted_name(name: str, form: str, measured: Measurement) -> str:
    """Name of the converted file: with the ending of the Battery Data Format where it is a measurement of a cell, and with its region.

    Parameters
    ----------
    name : str
        Of the raw file.
    form : str
    measured : Measurement
    """
    from dualion.records.measurement import ELECTROCHEMICAL

    ending = _ENDINGS[form] if measured.technique in ELECTROCHEMICAL else f".{form}"
    region = f"-{_OTHER.sub('-', measured.region).strip('-')}" if measured.region else ""
    stem = Path(name)
    while stem.suffix.lower() in _ARCHIVES:
        stem = stem.with_suffix("")
    stem = stem.with_suffix("") if stem.suffix else stem
    return (stem.with_suffix("") if stem.suffix.lower() == ".bdf" else stem).name + region + ending


def _check_target(target: Path, *, raw: set[Path], taken: set[Path], replace: bool) -> None:
    """Refuse a name under which something would be lost."""
    from dualion.errors import StoreError

    place = target.resolve()
    if place in raw:
        raise StoreError(f"{target}: is one of the given files, and is never replaced. Choose another folder with --out.")
    if place in taken:
        raise StoreError(f"{target}: was just written from another file of that name. Convert them into different folders.")
    if target.is_dir() or (target.is_symlink() and replace):
        raise StoreError(f"{target}: is a folder or a link. Choose another folder with --out.")


def _put(target: Path, data: bytes, *, replace: bool) -> None:
    """Write a file, unless another content is there."""
    from dualion.errors import StoreError
    from dualion.store.files import write_atomic

    if target.exists() and not replace:
        if target.stat().st_size == len(data) and target.read_bytes() == data:
            return
        raise StoreError(f"{target}: is there already and differs. Choose another folder with --out, or allow it with --replace.")
    write_atomic(target, data)
