"""Blocks for fits, predictions and energies, to be put into the sections of the cell models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dualion.figures.labels import significant
from dualion.report.blocks import Block, Cell, Column, Details, Paragraph, Table
from dualion.report.marks import origin_text
from dualion.report.values import amount, condition, with_unit

_ROLES = {"calibration": "calibration", "hard-extrapolation": "calibration for a hard extrapolation", "all-points": "fit to all points"}


def fit_blocks(fit: Mapping[str, Any]) -> tuple[Block, ...]:
    """Parameters of a fit with their errors, correlations and residuals.

    Parameters
    ----------
    fit : mapping
        An entry of ``document["fits"]``.

    Returns
    -------
    tuple of Block
    """
    name = fit["name"]
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (row["name"], amount(row["value"], row["unit"], row["stderr"]), "yes" if row["identified"] else "no", row["note"])
        for row in fit["parameters"]
    )
    error = "" if fit["rmse"] is None else f" Root mean square residual {with_unit(significant(fit['rmse'], 3), fit['rmse_unit'] or '1')}."
    note = (
        f"{_ROLES[fit['role']].capitalize()}; fitted to {', '.join(fit['claims'])}; degrees of freedom {fit['degrees_of_freedom']}.{error}"
    )
    columns = (Column("Parameter"), Column("Fitted value", numeric=True), Column("Identified"), Column("Remark"))
    blocks: list[Block] = [Table(f"Fitted parameters, {name}", columns, rows, note), *_flags(fit)]
    inner = [_residuals(fit, name)] + ([_correlation(fit, name)] if fit["correlation"] else [])
    return (*blocks, Details("Residuals and correlations", tuple(inner)))


def _flags(fit: Mapping[str, Any]) -> list[Block]:
    return [Paragraph(flag["message"], "small") for flag in fit["flags"]]


def _residuals(fit: Mapping[str, Any], name: str) -> Block:
    columns = (Column("Claim"), Column("Printed", numeric=True), Column("Fitted model", numeric=True), Column("Residual", numeric=True))
    rows = tuple(
        (
            row["claim"],
            with_unit(significant(row["printed"]), row["unit"]),
            with_unit(significant(row["model"]), row["unit"]),
            significant(row["residual"], 2),
        )
        for row in fit["residuals"]
    )
    return Table(f"Residuals, {name}", columns, rows)


def _correlation(fit: Mapping[str, Any], name: str) -> Block:
    names = [row["name"] for row in fit["parameters"]]
    columns = (Column("Parameter"), *(Column(other, numeric=True) for other in names))
    rows = tuple(
        (own, *("" if value is None else f"{value:+.2f}".replace("-", "−") for value in line))
        for own, line in zip(names, fit["correlation"], strict=True)
    )
    return Table(f"Correlations of the parameters, {name}", columns, rows)


def prediction_blocks(prediction: Mapping[str, Any]) -> tuple[Block, ...]:
    """A prediction set beside the trivial predictor.

    Parameters
    ----------
    prediction : mapping
        An entry of ``document["predictions"]``.

    Returns
    -------
    tuple of Block
    """
    unit = prediction["unit"]
    columns = (
        Column("Claim"),
        Column("Current (mA g⁻¹)", numeric=True),
        Column("Printed", numeric=True),
        Column("Simulated", numeric=True),
        Column("Error", numeric=True),
        Column("Trivial predictor", numeric=True),
    )
    rows = tuple(_point(row, unit) for row in prediction["points"])
    caption = f"Predicted {prediction['quantity'].replace('_', ' ')}, {prediction['name']}, from {prediction['calibration']}"
    return (Paragraph(prediction["sentence"]), Table(caption, columns, rows))


def _point(row: Mapping[str, Any], unit: str) -> tuple[str, ...]:
    printed, model = (with_unit(significant(row[name]), unit) for name in ("printed", "model"))
    trivial = "none" if row["trivial"] is None else with_unit(significant(row["trivial"]), unit)
    return row["claim"], significant(row["current"]), printed, model, significant(row["model"] - row["printed"], 2), trivial


def energy_table(energy: Mapping[str, Any]) -> Table:
    """One discharge on every mass basis, the declared one first.

    Parameters
    ----------
    energy : mapping
        An entry of ``document["energies"]``.

    Returns
    -------
    Table
    """
    columns = (
        Column("Mass basis"),
        Column("Mass per gram of cathode", numeric=True),
        Column("Energy", numeric=True),
        Column("Power", numeric=True),
        Column("Voltage that the printed energy needs", numeric=True),
        Column("Agrees"),
    )
    rows = tuple(
        (row["mass_basis"], *(_amount(row[name]) for name in ("mass", "energy", "power", "needed_voltage")), _agrees(row["agrees"]))
        for row in energy["bases"]
    )
    where = ", ".join(filter(None, (energy["sample"], condition(energy["condition"]), energy["label"], origin_text(energy["origin"]))))
    stated = "" if energy["printed"] is None else f" Printed: {_amount(energy['printed'])}."
    note = f"Capacity {_amount(energy['capacity'])}, mean voltage {_amount(energy['voltage'])}.{stated}"
    return Table(f"Energy on every mass basis: {where}", columns, rows, note)


def _amount(entry: Mapping[str, Any] | None) -> str:
    return "" if entry is None else amount(entry["value"], entry["unit"], entry.get("stderr"))


def _agrees(agrees: bool | None) -> str:
    return "not compared" if agrees is None else ("yes" if agrees else "no")
