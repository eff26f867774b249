"""Steps and states as tables: CSV and parquet for programs, short rows for people."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping
from typing import Any, Final

from dualion.atoms.electrons import signed

_SECONDS: Final = ((1e-12, "ps"), (1e-9, "ns"), (1e-6, "us"), (1e-3, "ms"), (1.0, "s"), (60.0, "min"), (3600.0, "h"), (86400.0, "d"),
                   (31557600.0, "a"))  # fmt: skip
_LONGEST = 1000.0  # [a] a longer time is written as a power of ten
#: Columns of ``steps.csv``: name and where its number stands.
_STEP_COLUMNS: Final = (
    "name", "motif", "flake", "solvent", "solvents_before", "charge", "level", "energy_eV", "low_eV", "high_eV", "delta_before_eV",
    "delta_after_eV", "engine_eV", "numeric_eV", "engine_term_source", "convergence", "conformers_before", "conformers_after",
    "spread_before_eV", "spread_after_eV", "multiplicity_before", "multiplicity_after", "gap_before_eV", "gap_after_eV", "prefactor",
    "temperature_K", "tau_s", "tau_low_s", "tau_high_s", "log10_tau", "log10_tau_low", "log10_tau_high", "flags",
)  # fmt: skip


def step_table(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One row for each step of a document.

    Parameters
    ----------
    document : mapping
        Of `document.document`.

    Returns
    -------
    list of dict
        None where there is no number.
    """
    return [dict(zip(_STEP_COLUMNS, _step_values(step), strict=True)) for step in document["steps"]]


def _step_values(step: Mapping[str, Any]) -> tuple[Any, ...]:
    low, high = step["interval_eV"] or (None, None)
    terms, time = step["interval_terms"] or {}, step["time"] or {}
    shorter, longer = time.get("tau_interval_s", (None, None))
    least, most = time.get("log10_tau_interval", (None, None))
    before, after = (step["search"][which] or {} for which in ("before", "after"))
    return (
        step["name"], step["motif"], step["flake"], step["solvent"], step["solvents_before"], step["charge"], _level(step["level"]),
        step["energy_eV"], low, high, terms.get("delta_before"), terms.get("delta_after"), terms.get("engine"), terms.get("numeric"),
        step["engine_term_source"], step["convergence"], before.get("accepted"), after.get("accepted"), before.get("spread_eV"),
        after.get("spread_eV"), step["multiplicity"]["before"], step["multiplicity"]["after"], step["gap_eV"]["before"],
        step["gap_eV"]["after"], None if not time else str(time["prefactor"]), time.get("temperature_K"), time.get("tau_s"), shorter,
        longer, time.get("log10_tau"), least, most, " ".join(step["flags"]),
    )  # fmt: skip


def steps_csv(document: Mapping[str, Any]) -> str:
    """The steps of a document as CSV, with a heading."""
    text = io.StringIO()
    writer = csv.DictWriter(text, _STEP_COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(step_table(document))
    return text.getvalue()


def state_table(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One row for each state of a document; None where there is no number."""
    return [_state_row(state) for state in document["states"]]


def _state_row(state: Mapping[str, Any]) -> dict[str, Any]:
    search, shell = state["search"], state["coordination"] or {}
    return {
        "name": state["name"],
        "carbon": state["carbon"],
        "flake": state["flake"],
        "ion": state["ion"],
        "solvents": " ".join(f"{name}={count}" for name, count in state["solvents"].items()),
        "charge": state["charge"],
        "multiplicity": state["multiplicity"],
        "key": state["key"],
        "level": _level(state["level"]),
        "engine": f"{state['level']['engine']} {state['level']['version']}",
        "total_eV": state["total_eV"],
        "gap_eV": state["gap_eV"],
        **{name: search[name] for name in ("starts", "accepted", "whole", "discarded")},
        "families": " ".join(search["families"]),
        "convergence": search["convergence"],
        **{name: search[name] for name in ("spread_eV", "second_eV", "opened_eV")},
        "n_bound": shell.get("n_bound"),
        "n_donors": shell.get("n_donors"),
        "nearest": shell.get("nearest"),
        "nearest_angstrom": shell.get("nearest_distance"),
        "file": (state["geometry"] or {}).get("file"),
    }


def states_parquet(document: Mapping[str, Any]) -> bytes:
    """The states of a document as parquet; its columns have the same types whatever is missing."""
    import polars as pl

    words = ("name", "carbon", "flake", "ion", "solvents", "key", "level", "engine", "families", "convergence", "nearest", "file")
    counts = ("charge", "multiplicity", "starts", "accepted", "whole", "discarded", "n_bound", "n_donors")
    rows = state_table(document)
    columns = list(rows[0]) if rows else []
    types = {name: pl.String if name in words else pl.Int64 if name in counts else pl.Float64 for name in columns}
    stream = io.BytesIO()
    pl.DataFrame(rows, schema=types, orient="row").write_parquet(stream)
    return stream.getvalue()


def terminal_rows(document: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """Rows for a terminal, the heading first: step, energy, interval, time with interval, convergence, flags beyond the usual ones."""
    rows: list[tuple[str, ...]] = [("step", "q", "energy (eV)", "interval (eV)", "time", "interval of the time", "search", "flags")]
    for step in document["steps"]:
        if step["energy_eV"] is None:
            cells = ("–", "–", "–", "–")
        else:
            low, high = step["interval_eV"]
            early, late = step["time"]["log10_tau_interval"]
            cells = (
                f"{step['energy_eV']:.2f}",
                f"{low:.2f} to {high:.2f}",
                duration(step["time"]["log10_tau"]),
                f"{duration(early)} to {duration(late)}",
            )
        rows.append((step["name"], signed(step["charge"]), *cells, step["convergence"], _told(step["flags"])))
    return rows


def duration(log10: float) -> str:
    """A time in words of its size: ``"4.0 ns"``, ``"25 s"``, ``"3.6 h"``, ``"1e19 a"``.

    Parameters
    ----------
    log10 : float
        Decimal logarithm of the time in seconds [1].

    Returns
    -------
    str
    """
    year = _SECONDS[-1][0]
    if log10 - math.log10(year) > math.log10(_LONGEST):
        return f"1e{round(log10 - math.log10(year))} a"
    if log10 < math.log10(_SECONDS[0][0]):
        return f"1e{round(log10)} s"
    seconds = 10.0**log10
    unit, name = next(pair for pair in reversed(_SECONDS) if seconds >= pair[0] * (1 - 1e-9))
    return f"{seconds / unit:.2g} {name}" if seconds / unit < 100 else f"{seconds / unit:.0f} {name}"


def _told(flags: list[str]) -> str:
    """Flags that are not said by the other columns, or by every step."""
    said = ("reaction_energy_as_barrier", "search_not_converged", "search_stopped", "no_minimum")
    return " ".join(flag for flag in flags if flag not in said) or "–"


def _level(level: Mapping[str, Any]) -> str:
    """Method, dispersion and basis of a level."""
    from dualion.atoms.engines.base import Level

    return Level(**level).short
