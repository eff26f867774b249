"""XDI scans and Athena projects written here, with the numbers that are in them."""

from __future__ import annotations

import gzip
import json
import math
from collections.abc import Callable

import numpy as np

from readers_examples import Example


def edge(points: int = 30) -> tuple[list[float], list[float], list[float]]:
    """Photon energy [eV] across an edge, incident and transmitted counts, as printed."""
    energy = np.linspace(9600.0, 9715.0, points)
    incident = 1e5 - 10 * (energy - 9600)
    behind = incident * np.exp(-0.3 - 0.9 / (1 + np.exp((9660 - energy) / 2)))
    return (
        [float(f"{one:.3f}") for one in energy],
        [float(f"{one:.2f}") for one in incident],
        [float(f"{one:.2f}") for one in behind],
    )


HEAD = (
    "# XDI/1.0 GSE/1.0",
    "# Column.1: energy eV",
    "# Column.2: i0 counts",
    "# Column.3: itrans counts",
    "# Element.symbol: Zn",
    "# Element.edge: K",
    "# Sample.name: zinc in carbon",
    "# Mono.d_spacing: 3.13477",
    "#---",
    "#  energy  i0  itrans",
)


def transmission() -> Example:
    energy, incident, behind = edge()
    rows = tuple(f"  {e:.3f}  {i:.2f}  {t:.2f}" for e, i, t in zip(energy, incident, behind, strict=True))
    data = ("\n".join([*HEAD, *rows]) + "\n").encode()
    mu = [math.log(i / t) for i, t in zip(incident, behind, strict=True)]
    return Example("xdi", "xdi-transmission", data, "xafs", {"photon_energy_electronvolt": energy, "mu": mu}, lines=rows)


def given_in_kiloelectronvolt() -> Example:
    energy, incident, behind = edge()
    mu = [round(math.log(i / t), 6) for i, t in zip(incident, behind, strict=True)]
    rows = tuple(f"{e / 1000:.6f}\t{m:.6f}" for e, m in zip(energy, mu, strict=True))
    head = ("# XDI/1.1", "# Column.1: energy keV", "# Column.2: mutrans", "#-----")
    data = ("\r\n".join([*head, *rows]) + "\r\n").encode()
    return Example("xdi", "xdi-kilo", data, "xafs", {"photon_energy_electronvolt": energy, "mu": mu}, lines=rows)


def athena(*groups: tuple[str, dict[str, str], list[float], list[float]], ended: bool = True) -> str:
    """A project of Perl lists: label, settings, x and y of each group."""
    parts = ["# Athena project file -- Demeter version 0.9.26\n# This file created at 2020-01-01T00:00:00\n# Using Demeter 0.9.26\n\n"]
    for number, (label, settings, x, y) in enumerate(groups):
        words = {"label": label, "annotation": "it\\'s; (a) \\\\ test", **settings}
        arguments = ",".join(f"'{key}','{value}'" for key, value in words.items())
        lists = "\n".join(f"@{name} = ({','.join(repr(f'{one:.6f}') for one in values)});" for name, values in (("x", x), ("y", y)))
        parts.append(f"$old_group = 'grp{number}';\n@args = ({arguments},'titles',['a','b']);\n{lists}\n[record]   # create object\n\n")
    return "".join(parts) + ("@journal = ('none');\n\n1;\n\n# Local Variables:\n# End:\n" if ended else "")


def spectrum() -> tuple[list[float], list[float]]:
    """Energy [eV] and absorption, as printed."""
    energy, incident, behind = edge(12)
    return energy, [round(math.log(i / t), 6) for i, t in zip(incident, behind, strict=True)]


def project() -> Example:
    energy, mu = spectrum()
    text = athena(
        ("Zn in C", {"is_xmu": "1", "bkg_z": "Zn", "bkg_eshift": "0.45"}, energy, mu), ("chi", {"is_chi": "1"}, [0.05, 0.1], [1.0, 2.0])
    )
    truth = {"photon_energy_electronvolt": energy, "mu": mu}
    flags = ("energy_shift_not_applied", "groups_left_out")
    return Example("athena-project", "athena-perl", gzip.compress(text.encode(), mtime=0), "xafs", truth, flags=flags)


def project_in_json() -> Example:
    energy, mu = spectrum()
    group = {
        "args": {"label": "Zn in C", "is_xmu": 1, "bkg_eshift": "0"},
        "x": [f"{one:.6f}" for one in energy],
        "y": [f"{one:.6f}" for one in mu],
    }
    text = json.dumps({"_____header1": "# Athena project file -- Demeter version 0.9.26", "abcde": group}, indent=1)
    return Example("athena-project", "athena-json", text.encode(), "xafs", {"photon_energy_electronvolt": energy, "mu": mu})


#: Every example.
EVERY: tuple[Callable[[], Example], ...] = (transmission, given_in_kiloelectronvolt, project, project_in_json)
