"""What a fit leaves: the prediction, written first; then results.json, tables, and the figure. The same input gives the same bytes."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from dualion.cli.output import columns_of, emit, say
from dualion.models.calibration.families import FamilyFit
from dualion.models.calibration.profiles import ProfiledFit
from dualion.models.calibration.rate_fit import Computed, RateFit
from dualion.models.calibration.rate_table import QUANTITIES, RateTable
from dualion.models.targets import Target
from dualion.numerics.fit import Fit
from dualion.numerics.profile import Profile
from dualion.numerics.rounding import SOLVER_DIGITS, rounded
from dualion.records.cell import Cell
from dualion.records.figure import Axis, Figure, Panel, Series
from dualion.store import digest, publish

SCHEMA, PREDICTION_SCHEMA = "dualion/fit/1", "dualion/prediction/1"
PREDICTION = "prediction.json"
_TITLES = {quantity: title.capitalize() for title, (quantity, _) in QUANTITIES.items()}
_UNITS = dict(QUANTITIES.values())

Rows = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Asked:
    """One fit as it was asked for."""

    cell: Cell
    engine: str
    table: RateTable
    out: Path


def register(asked: Asked, found: ProfiledFit, predictions: Sequence[Computed]) -> None:
    """Write the prediction with its digest, before the held-out values are read.

    Parameters
    ----------
    asked : Asked
    found : ProfiledFit
    predictions : sequence of Computed

    Raises
    ------
    StoreError
        The folder cannot be written to.
    """
    publish(asked.out, {PREDICTION: _json(prediction_document(asked, found, predictions))}, last=PREDICTION)


def prediction_document(asked: Asked, found: ProfiledFit, predictions: Sequence[Computed]) -> dict[str, Any]:
    """The prediction as plain data: nothing in it depends on the clock, and its digest is that of everything else in it."""
    told = {
        "schema": PREDICTION_SCHEMA,
        "cell": asked.cell.name,
        "engine": asked.engine,
        "data": asked.table.path.name,
        "fitted_to": [_datum(target) for target in found.found.targets],
        "parameters": dict(found.found.values),
        "predictions": [_prediction(one) for one in predictions],
    }
    told = rounded(told, SOLVER_DIGITS)
    return {**told, "digest": f"sha256:{digest(told)}"}


def finish(asked: Asked, found: RateFit, tried: Sequence[FamilyFit], *, as_json: bool) -> None:
    """Write the folder and say what is in it.

    Parameters
    ----------
    asked : Asked
    found : RateFit
    tried : sequence of FamilyFit
        Families that were fitted beside.
    as_json : bool
        Whether a program reads the output.

    Raises
    ------
    StoreError
        The folder cannot be written to.
    """
    from dualion.figures.render import render

    figure = fit_figure(asked, found)
    tables = {
        "parameters": _parameters(found.profiled),
        "residuals": _residuals(found.profiled),
        "predictions": _predictions(found),
        "profiles": [row for one in found.profiled.profiles for row in _profile(one)],
        "families": [_family(one) for one in tried],
    }
    files = {f"{figure.name}.{form}": drawn for form, drawn in render(figure).items()}
    files |= {f"{name}.csv": _csv(rows) for name, rows in tables.items() if rows}
    if asked.table.held:
        files[PREDICTION] = _json(prediction_document(asked, found.profiled, found.predictions))
    document = _document(asked, found, tables, [*files, "results.json"])
    files["results.json"] = _json(document)
    publish(asked.out, files, last="results.json")
    if as_json:
        emit({**document, "folder": str(asked.out)})
    else:
        say(_lines(asked, found, tables, document))


def _document(asked: Asked, found: RateFit, tables: Mapping[str, Rows], files: Sequence[str]) -> dict[str, Any]:
    fit = found.profiled.found.fit
    registered = prediction_document(asked, found.profiled, found.predictions)["digest"] if asked.table.held else None
    return {
        "schema": SCHEMA,
        "cell": asked.cell.name,
        "engine": asked.engine,
        "data": {"file": asked.table.path.name, "sha256": sha256(asked.table.path.read_bytes()).hexdigest()},
        "prediction_digest": registered,
        "statistics": rounded(_statistics(found.profiled, len(tables["families"])), SOLVER_DIGITS),
        "parameters": tables["parameters"],
        "correlation": rounded([list(row) for row in fit.correlation], 4),
        "warnings": _warnings(found.profiled),
        "residuals": tables["residuals"],
        "predictions": tables["predictions"],
        "profiles": tables["profiles"],
        "families": tables["families"],
        "starts": rounded([_start(one) for one in fit.starts], SOLVER_DIGITS),
        "files": sorted(files),
    }


def _statistics(found: ProfiledFit, families: int) -> dict[str, Any]:
    fit = found.found.fit
    units = dict.fromkeys(target.unit for target in found.found.targets)
    return {
        "sum_of_squares": fit.cost,
        "data": len(fit.residuals),
        "degrees_of_freedom": fit.degrees_of_freedom,
        "aicc": fit.aicc,
        "rmse": {unit: found.found.rmse(unit) for unit in units},
        "error_scale": fit.error_scale,
        "singular_values": list(fit.singular_values),
        "families_tried": max(families, 1),
        "evaluations": fit.evaluations,
        "returns_from_profiles": found.returns,
    }


def _parameters(found: ProfiledFit) -> Rows:
    fit = found.found.fit
    rows: Rows = []
    for (name, value), one, error, at_bound in zip(found.found.values.items(), found.profiles, fit.stderr, fit.at_bound, strict=True):
        row = {
            "name": name, "value": value, "unit": one.parameter.unit, "stderr": error, "low": one.low, "high": one.high,
            "verdict": one.verdict, "note": "at its bound" if at_bound else "",
        }  # fmt: skip
        rows.append(rounded(row, SOLVER_DIGITS))
    return rows


def _residuals(found: ProfiledFit) -> Rows:
    rows: Rows = []
    for target, model in zip(found.found.targets, found.found.model, strict=True):
        rows.append(rounded({**_datum(target), "model": model, "residual": model - target.value}, SOLVER_DIGITS))
    return rows


def _predictions(found: RateFit) -> Rows:
    measured = {(t.claim, t.quantity): t for t in found.held_out}
    rows: Rows = []
    for one in found.predictions:
        seen = measured.get((one.target.claim, one.target.quantity))
        value = None if seen is None else seen.value
        rows.append(rounded({**_prediction(one), "measured": value, "error": None if value is None else one.value - value}, SOLVER_DIGITS))
    return rows


def _datum(target: Target) -> dict[str, Any]:
    return {
        "line": target.claim.removeprefix("line "), "quantity": target.quantity, "specific_current": target.specific_current,
        "value": target.value, "sigma": target.sigma, "unit": target.unit,
    }  # fmt: skip


def _prediction(one: Computed) -> dict[str, Any]:
    return {
        "line": one.target.claim.removeprefix("line "), "quantity": one.target.quantity, "specific_current": one.target.specific_current,
        "value": one.value, "low": one.low, "high": one.high, "unit": one.target.unit,
    }  # fmt: skip


def _profile(one: Profile) -> Rows:
    name = one.parameter.name
    return [
        rounded({"parameter": name, "value": p.value, "rise": p.rise if p.rise < float("inf") else None, "status": p.status}, SOLVER_DIGITS)
        for p in one.points
    ]


def _family(one: FamilyFit) -> dict[str, Any]:
    fit: Fit | None = None if one.found is None else one.found.fit
    row = {
        "family": one.family.name, "parameters": len(one.family.frees), "status": one.status,
        "sum_of_squares": None if fit is None else fit.cost, "rmse": None if one.found is None else one.found.rmse("mAh/g"),
        "degrees_of_freedom": None if fit is None else fit.degrees_of_freedom, "aicc": None if fit is None else fit.aicc,
    }  # fmt: skip
    return dict(rounded(row, SOLVER_DIGITS))


def _start(one: Any) -> dict[str, Any]:
    return {"begin": list(one.begin), "end": list(one.end), "cost": one.cost if one.cost < float("inf") else None, "status": one.status}


def _warnings(found: ProfiledFit) -> list[str]:
    fit = found.found.fit
    told = [
        f"{one.parameter.name} is unidentified: its 95 % interval meets a bound." for one in found.profiles if one.verdict != "identified"
    ]
    told += [f"{first} and {second} are correlated by {r:.3f}." for first, second, r in fit.strong_correlations()]
    if fit.degrees_of_freedom <= 0:
        told.append("As many parameters as data: the fit itself tests nothing.")
    return told


def fit_figure(asked: Asked, found: RateFit) -> Figure:
    """Data, fitted line with its band, and predictions, one panel for each quantity."""
    panels = []
    current = Axis("Specific current", "mA/g", scale="log")
    for quantity, line in found.lines.items():
        fitted = [t for t in found.profiled.found.targets if t.quantity == quantity]
        held = [t for t in found.held_out if t.quantity == quantity]
        predicted = [one for one in found.predictions if one.target.quantity == quantity]
        x = tuple(one.target.specific_current for one in line)
        low, high = tuple(one.low for one in line), tuple(one.high for one in line)
        series = [Series("95 % of the fit", "band", x, low, "simulation", y_upper=high)] if len(line) > 1 else []
        series.append(Series("fitted", "fitted", x, tuple(one.value for one in line), "simulation"))
        series += [_marks("measured, fitted to", fitted)] if fitted else []
        series += [_marks("measured, held out", held)] if held else []
        if predicted:
            at, values = tuple(o.target.specific_current for o in predicted), tuple(o.value for o in predicted)
            series.append(Series("predicted", "simulated", at, values, "simulation", labels=tuple(f"{v:.4g}" for v in values)))
        panels.append(Panel(current, Axis(_TITLES[quantity], _UNITS[quantity]), tuple(series)))
    return Figure(
        "fit", f"{asked.cell.name} fitted to {asked.table.path.name}", _finding(found), tuple(panels), 183 if len(panels) > 1 else 89
    )


def _marks(name: str, targets: Sequence[Target]) -> Series:
    errors = tuple(1.96 * t.sigma for t in targets)  # half-width of a 95 % interval
    return Series(name, "measured", tuple(t.specific_current for t in targets), tuple(t.value for t in targets), "raw-file", y_error=errors)


def _finding(found: RateFit) -> str:
    free = [one.parameter.name for one in found.profiled.profiles if one.verdict != "identified"]
    told = f"{len(found.profiled.found.targets)} data fitted by {len(found.profiled.profiles)} parameters"
    told += f", of which unidentified: {', '.join(free)}." if free else ", all identified."
    misses = [abs(row["error"]) for row in _predictions(found) if row["error"] is not None and row["unit"] == "mAh/g"]
    return told + (f" Held-out capacities are missed by at most {max(misses):.3g} mAh/g." if misses else "")


def _lines(asked: Asked, found: RateFit, tables: Mapping[str, Rows], document: Mapping[str, Any]) -> list[str]:
    lines = [f"{asked.cell.name} fitted to {asked.table.path.name} with the engine {asked.engine}", ""]
    rows = [("parameter", "value", "95 % from", "to", "verdict")]
    for row in tables["parameters"]:
        low, high = ("bound" if row[end] is None else f"{row[end]:.4g}" for end in ("low", "high"))
        rows.append((f"{row['name']} [{row['unit']}]", f"{row['value']:.5g}", low, high, row["verdict"]))
    lines += [*columns_of(rows), "", *document["warnings"]]
    told = document["statistics"]
    rmse = ", ".join(f"{value:.3g} {unit}" for unit, value in told["rmse"].items())
    aicc = "none" if told["aicc"] is None else f"{told['aicc']:.4g}"
    lines += [f"RMSE {rmse}; degrees of freedom {told['degrees_of_freedom']}; AICc {aicc}; families tried {told['families_tried']}"]
    if tables["predictions"]:
        table: list[Sequence[str]] = [("line", "quantity", "mA/g", "predicted", "95 % from", "to", "measured", "error")]
        table += [_told(row) for row in tables["predictions"]]
        lines += ["", f"Predicted before the held-out values were read, {document['prediction_digest']}", *columns_of(table)]
    if tables["families"]:
        rows = [("family", "RMSE", "dof", "AICc", "status")]
        for row in tables["families"]:
            numbers = ("" if row[k] is None else f"{row[k]:.4g}" for k in ("rmse", "degrees_of_freedom", "aicc"))
            rows.append((row["family"], *numbers, row["status"]))
        lines += ["", "Families", *columns_of(rows)]
    return [*lines, "", f"Results: {asked.out / 'results.json'}"]


def _told(row: Mapping[str, Any]) -> tuple[str, ...]:
    """A prediction as text."""
    numbers = (row[name] for name in ("specific_current", "value", "low", "high", "measured", "error"))
    return row["line"], row["quantity"], *("" if number is None else f"{number:.4g}" for number in numbers)


def _csv(rows: Rows) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def _json(document: Mapping[str, Any]) -> bytes:
    import json

    return json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False).encode() + b"\n"
