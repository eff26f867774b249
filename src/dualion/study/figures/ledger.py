"""Figures of the ledger: what was obtained against what is printed, and by how much relations fail."""

from __future__ import annotations

from dualion.records.figure import Axis, Figure, Panel, Series
from dualion.study.run import StudyRun

_GROUPS = {"predicted": ("reproduced", "differs"), "fitted": ("fitted",), "in conflict in the source": ("inconsistent in source",)}


def parity_figure(run: StudyRun) -> Figure | None:
    """Obtained over printed for every compared claim, with the error of what was obtained."""
    shown = {verdict for verdicts in _GROUPS.values() for verdict in verdicts}
    compared = [
        claim
        for claim in run.document["claims"]
        if claim["obtained"] is not None and claim["printed"]["value_num"] and claim["verdict"] in shown
    ]
    if not compared:
        return None
    places = {claim["id"]: float(position) for position, claim in enumerate(compared)}
    series = []
    for words, verdicts in _GROUPS.items():
        own = [claim for claim in compared if claim["verdict"] in verdicts]
        if own:
            entries = [run.document["quantities"][claim["obtained"]] for claim in own]
            printed = [claim["printed"]["value_num"] for claim in own]
            ratios = tuple(entry["value"] / value for entry, value in zip(entries, printed, strict=True))
            errors = tuple(1.96 * (entry["stderr"] or 0.0) / abs(value) for entry, value in zip(entries, printed, strict=True))
            series.append(Series(words, "simulated", tuple(places[c["id"]] for c in own), ratios, "simulation", y_error=errors))
    last = len(compared) - 1.0
    series.append(Series("equal", "limit", (0.0, last), (1.0, 1.0), "arithmetic"))
    judged = [claim for claim in compared if claim["verdict"] in ("reproduced", "differs")]
    agree = [claim for claim in judged if claim["verdict"] == "reproduced"]
    words = "agree within their tolerance and two standard errors; fitted ones are not counted"
    finding = f"Of {len(judged)} predicted claims, {len(agree)} {words}."
    ids = Axis("Claim", "", categories=tuple(claim["id"] for claim in compared))
    panel = Panel(ids, Axis("Obtained over printed", "1"), tuple(series))
    return Figure("parity", "Every compared claim: obtained over printed", finding, (panel,), 183)


def conflicts_figure(run: StudyRun) -> Figure | None:
    """How far each failing relation with a numeric expectation is from it, as a factor."""
    failing = []
    for relation in run.relations:
        expected = relation.expected_value
        if relation.result == "fails" and relation.value and isinstance(expected, float) and expected and relation.value / expected > 0:
            failing.append((relation.id, relation.value / expected))
    if not failing:
        return None
    x, y = tuple(map(float, range(len(failing)))), tuple(ratio for _, ratio in failing)
    limit = Series("as expected", "limit", (0.0, len(failing) - 1.0), (1.0, 1.0), "arithmetic")
    panel = Panel(
        Axis("Relation", "", categories=tuple(name for name, _ in failing)),
        Axis("Computed over expected", "1", scale="log"),
        (Series("computed from the printed numbers", "bar", x, y, "arithmetic"), limit),
    )
    worst = max(failing, key=lambda entry: max(entry[1], 1 / entry[1]))
    factor = max(worst[1], 1 / worst[1])
    finding = f"{len(failing)} relations between printed numbers fail with a number; {worst[0]} is off by a factor of {factor:.3g}."
    return Figure("conflict-chart", "Relations that do not hold", finding, (panel,), 183)
