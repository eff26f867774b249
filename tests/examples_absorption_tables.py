"""Tables of beamlines written here, with the numbers that are in them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from readers_examples import Example


def edge(points: int = 30) -> tuple[list[float], list[float], list[float]]:
    """Photon energy [eV] across the C K-edge, sample current and incident intensity, as printed."""
    energy = np.linspace(275.0, 304.0, points)
    incident = 2.0 - 0.01 * (energy - 275)
    yielded = incident * (0.07 + 0.3 / (1 + np.exp(290 - energy)) + 0.2 * np.exp(-0.5 * ((energy - 285) / 0.8) ** 2))
    return [float(f"{one:.1f}") for one in energy], [float(f"{one:.6f}") for one in yielded], [float(f"{one:.4f}") for one in incident]


def normalised() -> Example:
    energy, signal, _ = edge()
    rows = tuple(f"{one:.1f},{value:.6f}" for one, value in zip(energy, signal, strict=True))
    data = b"\xef\xbb\xbf" + ("\r\n".join(["PE/eV,AbNorm_161116_1251_Is", *rows]) + "\r\n").encode()
    truth = {"photon_energy_electronvolt": energy, "mu": signal}
    return Example("beamline-table", "beamline-normalised", data, "nexafs", truth, flags=("prenormalised",), lines=rows)


def with_incident() -> Example:
    energy, signal, incident = edge()
    rows = tuple(f"{one:.1f}\t{beam:.4f}\t{value:.6f}" for one, value, beam in zip(energy, signal, incident, strict=True))
    data = ("\n".join(["# beamline 3.2", "Energy (eV)\tI0\tTEY", *rows]) + "\n").encode()
    mu = [value / beam for value, beam in zip(signal, incident, strict=True)]
    truth = {"photon_energy_electronvolt": energy, "mu": mu, "intensity_arbitrary": incident}
    return Example("beamline-table", "beamline-i0", data, "nexafs", truth, lines=rows)


#: Every example.
EVERY: tuple[Callable[[], Example], ...] = (normalised, with_incident)
