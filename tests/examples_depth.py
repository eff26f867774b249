"""Depth profiles in the manner of several programs, with the numbers that are in them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from readers_examples import Example


def profile(points: int = 24) -> tuple[list[float], list[float], list[float]]:
    """Time [s] and the signals of sodium and carbon [V], as printed."""
    time = 0.5 * np.arange(points)
    sodium, carbon = 0.8 * (1 + 2 * np.exp(-time / 2)), 4 + 0.02 * time
    return [float(f"{one:.2f}") for one in time], [float(f"{one:.4f}") for one in sodium], [float(f"{one:.4f}") for one in carbon]


def with_head() -> Example:
    time, sodium, carbon = profile()
    head = ("# GDOES export", "# Sample: MEC3", "# Pressure: 200 Pa", "# Power: 20 W", "# Charge: 120 mAh/g", "# Transfer: inert")
    rows = tuple(f"{t:.2f},{s:.4f},{c:.4f}" for t, s, c in zip(time, sodium, carbon, strict=True))
    data = ("\n".join([*head, "Time (s),Na 589 (V),C 156 (V)", *rows]) + "\n").encode()
    return Example(
        "glow-discharge", "gdoes-head", data, "gdoes", {"time_second": time, "sodium_signal": sodium, "carbon_signal": carbon}, lines=rows
    )


def with_commas() -> Example:
    time, sodium, carbon = profile()
    rows = tuple(f"{t:.2f};{1000 * s:.1f};{1000 * c:.1f}".replace(".", ",") for t, s, c in zip(time, sodium, carbon, strict=True))
    data = ("\r\n".join(["Probe;MEC3", "Druck;650 Pa", "Zeit [s];Na [mV];C [mV]", *rows]) + "\r\n").encode("latin-1")
    return Example(
        "glow-discharge", "gdoes-comma", data, "gdoes", {"time_second": time, "sodium_signal": sodium, "carbon_signal": carbon}, lines=rows
    )


def with_tabs() -> Example:
    time, sodium, carbon = profile()
    rows = tuple(f"{t / 60:.6f}\t{s:.4f}\t{s:.4f}\t{c:.4f}\t1.0000" for t, s, c in zip(time, sodium, carbon, strict=True))
    data = ("\n".join(["Power = 35 W", "Time (min)\tNa I 589.592 nm\tNa I 588.995 nm\tC I 165.701 nm\tLi 670", *rows]) + "\n").encode()
    truth = {"time_second": [60 * float(f"{t / 60:.6f}") for t in time], "sodium_signal": sodium, "carbon_signal": carbon}
    return Example("glow-discharge", "gdoes-tab", data, "gdoes", truth, flags=("columns_ignored",), lines=rows)


#: Every example.
EVERY: tuple[Callable[[], Example], ...] = (with_head, with_commas, with_tabs)
