"""Energy and power on five mass bases, beside the printed ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dualion.records.cell import FULL_CELL_BASES
from dualion.records.figure import Axis, Figure, Panel, Series
from dualion.study.figures.tools import leading_task, rows_of
from dualion.study.run import StudyRun

#: Short names of the bases, for an axis.
BASIS_WORDS = {
    "cathode": "cathode",
    "actives": "both actives",
    "actives+salt": "+ salt",
    "actives+electrolyte-min": "+ least electrolyte",
    "actives+electrolyte": "+ all electrolyte",
}


def energies_figure(run: StudyRun) -> Figure | None:
    """Each printed energy as a line across the energies on five bases, one panel for each printed energy."""
    entries = [entry for entry in run.document["energies"] if entry["printed"] is not None]
    if not entries:
        return None
    claims = tuple(dict.fromkeys(entry["claim"] for entry in entries))
    panels = tuple(_bases_panel([entry for entry in entries if entry["claim"] == claim]) for claim in claims)
    words = []
    for entry in entries:
        bases = ", ".join(BASIS_WORDS[basis] for basis in entry["agreeing"]) or "no basis"
        words.append(f"{entry['claim']} ({entry['printed']['value']:g} Wh/kg), {entry['label']}: {bases}")
    return Figure("energy-bases", "Energy density on five mass bases", f"Bases that agree by the rules: {'; '.join(words)}.", panels, 183)


def _bases_panel(entries: list[Mapping[str, Any]]) -> Panel:
    series = []
    for entry in entries:
        by_basis = {basis["mass_basis"]: basis["energy"]["value"] for basis in entry["bases"]}
        x, y = tuple(map(float, range(len(FULL_CELL_BASES)))), tuple(by_basis[basis] for basis in FULL_CELL_BASES)
        series.append(Series(entry["label"], "simulated", x, y, "simulation"))
    printed = entries[0]["printed"]["value"]
    series.append(Series(f"printed, {printed:g} Wh/kg", "limit", (0.0, len(FULL_CELL_BASES) - 1.0), (printed, printed), "source-text"))
    bases = Axis("Mass basis", "", categories=tuple(BASIS_WORDS[basis] for basis in FULL_CELL_BASES))
    current = entries[0]["condition"]["current"]
    title = f"{entries[0]['claim']}, {current['value']:g} {current['unit']}"
    return Panel(bases, Axis("Energy density", "Wh/kg", scale="log", limits=(10.0, 600.0)), tuple(series), title)


def ragone_figure(run: StudyRun) -> Figure | None:
    """Energy against power of the first dual-ion cell on five bases, with the printed pairs."""
    cell = next((name for name, record in run.study.cells.items() if record.kind == "dual-ion"), None)
    task = None if cell is None else leading_task(run, cell)
    if cell is None or task is None:
        return None
    rows = [row for row in rows_of(run, task) if row["energies"]]
    series = [
        Series(
            BASIS_WORDS[basis],
            "simulated",
            tuple(r["powers"][basis] for r in rows),
            tuple(r["energies"][basis] for r in rows),
            "simulation",
        )
        for basis in FULL_CELL_BASES
    ]
    pairs = _printed_pairs(run, cell)
    if pairs:
        x, y = zip(*pairs, strict=True)
        series.append(Series("printed, basis not stated", "printed", tuple(x), tuple(y), "source-text"))
    top, low = rows[0]["energies"]["cathode"], rows[0]["energies"]["actives+electrolyte"]
    at = f"{rows[0]['specific_current']:g} mA/g"
    finding = f"Simulated at {at}: {top:.0f} Wh/kg on the cathode alone, {low:.0f} Wh/kg with the electrolyte in the cell."
    axes = Axis("Power density", "W/kg", scale="log"), Axis("Energy density", "Wh/kg", scale="log")
    return Figure("energy-power", f"Energy and power of {cell} on five mass bases", finding, (Panel(*axes, tuple(series)),), 89)


def _printed_pairs(run: StudyRun, cell: str) -> list[tuple[float, float]]:
    by_current: dict[float, dict[str, float]] = {}
    for producer in run.study.producers:
        if producer.cell == cell and producer.quantity in ("energy_density", "power_density"):
            for claim, current in producer.currents.items():
                value = run.study.claims[claim].value_num
                if value is not None:
                    by_current.setdefault(current, {})[producer.quantity] = value
    return [(pair["power_density"], pair["energy_density"]) for pair in by_current.values() if len(pair) == 2]
