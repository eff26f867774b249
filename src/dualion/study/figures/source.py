"""Figures that follow from printed numbers by arithmetic alone."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from dualion.records.figure import Axis, Figure, Panel, Series
from dualion.study.figures.tools import redrawn
from dualion.study.run import StudyRun
from dualion.study.types import Claim

_SODIUM_CAPACITY = 96485.33212 / 3.6 / 22.98977  # [mAh/g] of metallic sodium: F / M
_SODIUM_DENSITY = 0.968  # [g/cm3] at 25 degC
_GAS_CONSTANT = 8.314462618  # [J/mol/K]
_KELVIN = 273.15


def pore_volume_figure(run: StudyRun, table: Mapping[str, Any], name: str) -> Figure | None:
    """Closed-pore volume that each printed plateau needs, if all of it is bulk sodium in pores."""
    claims = [run.study.claims[claim] for claim in table["claims"]]
    density = _SODIUM_CAPACITY * _SODIUM_DENSITY  # [mAh/cm3]
    volumes = [(_number(claim), _number(claim) / density, claim) for claim in claims]
    series = [
        Series(f"{claim.sample}, {claim.id}", "printed", (volume,), (plateau,), "arithmetic", sample=claim.sample)
        for plateau, volume, claim in volumes
    ]
    top = 1.15 * max(volume for _, volume, _ in volumes)
    series.append(Series("bulk sodium fills all pores", "limit", (0.0, top), (0.0, top * density), "arithmetic"))
    plateau, volume, claim = max(volumes, key=lambda entry: entry[0])
    finding = (
        f"{claim.sample}'s plateau of {plateau:g} mAh/g needs at least {volume:.2f} cm3/g of closed pores "
        "if it is bulk sodium; a smaller measured volume would refute that."
    )
    x, y = Axis("Least closed-pore volume", "cm3/g", limits=(0.0, top)), Axis("Plateau capacity", "mAh/g", limits=(0.0, top * density))
    return Figure(name, table.get("title", "Pore volume"), finding, (Panel(x, y, tuple(series)),), 89, redrawn(run, table))


def shares_figure(run: StudyRun, table: Mapping[str, Any], name: str) -> Figure | None:
    """Printed diffusion-controlled shares, with the curve that i = k1 v + k2 sqrt(v) draws through the first of each sample."""
    claims = [run.study.claims[claim] for claim in table["claims"]]
    rates = {claim.id: _scan_rate(claim) for claim in claims}
    grid = tuple(0.1 * 50 ** (step / 60) for step in range(61))
    series: list[Series] = []
    misses = []
    for sample in dict.fromkeys(claim.sample for claim in claims):
        own = [claim for claim in claims if claim.sample == sample]
        share, rate = _number(own[0]) / 100, rates[own[0].id]
        ratio = (1 / share - 1) / math.sqrt(rate)  # k1/k2
        curve = tuple(100 / (1 + ratio * math.sqrt(v)) for v in grid)
        series.append(Series(f"{sample}, constant k1/k2", "fitted", grid, curve, "arithmetic", sample=sample))
        x, y = tuple(rates[claim.id] for claim in own), tuple(_number(claim) for claim in own)
        series.append(Series(f"{sample}, printed", "printed", x, y, "source-text", sample=sample))
        misses += [(sample, _number(c), 100 / (1 + ratio * math.sqrt(rates[c.id])), rates[c.id]) for c in own[1:]]
    finding = "; ".join(f"{s}: printed {p:g} % at {v:g} mV/s, constant coefficients give {e:.0f} %" for s, p, e, v in misses)
    x_axis, y_axis = Axis("Scan rate", "mV/s", scale="log"), Axis("Diffusion-controlled share", "%", limits=(0.0, 100.0))
    return Figure(name, table.get("title", "Shares"), finding + ".", (Panel(x_axis, y_axis, tuple(series)),), 89, redrawn(run, table))


def arrhenius_figure(run: StudyRun, table: Mapping[str, Any], name: str) -> Figure | None:
    """Arrhenius lines with the printed activation energies, relative to 30 degC: the source prints no intercept."""
    claims = [run.study.claims[claim] for claim in table["claims"]]
    grid = [30.0, 40.0, 50.0, 60.0, 70.0]  # [degC] the range of the source
    reference = 1 / (grid[0] + _KELVIN)
    panels = []
    groups: dict[str, list[Claim]] = {}
    for claim in claims:
        groups.setdefault(_process(claim), []).append(claim)
    for process_name, own in groups.items():
        series = []
        for claim in own:
            inverse = tuple(1000 / (t + _KELVIN) for t in grid)
            change = tuple(-1e3 * _number(claim) / _GAS_CONSTANT * (value / 1000 - reference) for value in inverse)
            series.append(
                Series(f"{claim.sample}, {claim.value} {claim.unit}", "fitted", inverse, change, "arithmetic", sample=claim.sample)
            )
        panels.append(Panel(Axis("1000 / T", "1/K"), Axis("ln(k / k at 30 °C)", "1"), tuple(series), process_name))
    lowest = min(claims, key=_number)
    finding = (
        f"Slopes of the printed activation energies; the lowest is {lowest.sample}'s {lowest.value} {lowest.unit}. "
        "Pre-factors are not in the text."
    )
    return Figure(name, table.get("title", "Arrhenius"), finding, tuple(panels), 183, redrawn(run, table))


def _process(claim: Claim) -> str:
    text = f"{claim.quantity} {claim.condition}".lower()
    return "SEI film" if "film" in text or "sei" in text else "Active material"


def _scan_rate(claim: Claim) -> float:
    """[mV/s] from the condition of a claim."""
    words = claim.condition.replace(",", " ").split()
    return float(words[words.index("mV/s") - 1])


def _number(claim: Claim) -> float:
    assert claim.value_num is not None  # the figure tables name numbers only
    return claim.value_num
