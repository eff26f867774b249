"""Scattering curves in the grammar of each format, with numbers of our own; what a reader must give stands beside them."""

from __future__ import annotations

import importlib.util
import io
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

Numbers = list[float]


def _base() -> ModuleType:
    """The module with the class of examples; the folder of tests is no package."""
    name = "readers_examples"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


def curve(points: int = 14) -> tuple[Numbers, Numbers, Numbers]:
    """Columns q [nm-1], intensity [cm-1] and error of 20 q^-4 + 8 / (1 + 0.16 q^2)^2, as printed with six digits."""
    q = np.geomspace(0.4, 6.0, points)
    intensity = 20 * q**-4 + 8 / (1 + 0.16 * q**2) ** 2
    return tuple([float(f"{one:.5e}") for one in column] for column in (q, intensity, 0.03 * intensity))  # type: ignore[return-value]


def _truth(q: Numbers, intensity: Numbers, error: Numbers, *, absolute: bool = True) -> dict[str, Numbers]:
    name = "intensity_per_centimetre" if absolute else "intensity_arbitrary"
    return {"q_inverse_nanometre": q, name: intensity, "intensity_error": error}


def columns_with_a_comment() -> Any:
    """Certificate style: a comment with units, errors and expanded uncertainty; q in inverse ångström."""
    q, intensity, error = curve()
    lines = [f"{a / 10:.6e} {b:.5e} {c:.5e} {2 * c:.5e}" for a, b, c in zip(q, intensity, error, strict=True)]
    data = "\n".join(["# q(1/A) I(1/cm/sr) u_c U(k=2)", *lines]) + "\n"
    return _base().Example(
        "scattering-columns", "scattering-comment", data.encode(), "saxs", _truth(q, intensity, error), lines=tuple(lines)
    )


def columns_with_tabs() -> Any:
    """A table with units in brackets, on an arbitrary scale."""
    q, intensity, error = curve()
    lines = [f"{a:.5e}\t{b:.5e}\t{c:.5e}" for a, b, c in zip(q, intensity, error, strict=True)]
    data = "\n".join(["Q [nm^-1]\tI [a.u.]\tdI", *lines]) + "\n"
    return _base().Example(
        "scattering-columns", "scattering-tabs", data.encode(), "saxs", _truth(q, intensity, error, absolute=False), lines=tuple(lines)
    )


def xml(*, unit: str = "1/A", more: str = "") -> bytes:
    """A canSAS1D document."""
    q, intensity, error = curve()
    rows = "\n".join(
        f'<Idata><Q unit="{unit}">{a / 10:.6e}</Q><I unit="1/cm">{b:.5e}</I><Idev unit="1/cm">{c:.5e}</Idev></Idata>'
        for a, b, c in zip(q, intensity, error, strict=True)
    )
    head = '<?xml version="1.0"?>\n<SASroot version="1.1" xmlns="urn:cansas1d:1.1">'
    body = f"<SASentry name='one'><Title>carbon</Title><Run>7</Run>\n<SASdata>\n{rows}\n</SASdata>{more}\n</SASentry>"
    return f"{head}\n{body}\n</SASroot>\n".encode()


def cansas_xml() -> Any:
    """canSAS1D 1.1."""
    return _base().Example("cansas1d", "cansas1d", xml(), "saxs", _truth(*curve()))


def hdf5(*, chunks: bool = False) -> bytes:
    """An NXcanSAS file."""
    import h5py

    q, intensity, error = curve()
    written = io.BytesIO()
    with h5py.File(written, "w") as file:
        entry = file.create_group("sasentry01")
        entry.attrs.update({"NX_class": "NXentry", "canSAS_class": "SASentry", "version": "1.1"})
        entry["title"] = "carbon"
        data = entry.create_group("sasdata01")
        data.attrs.update({"NX_class": "NXdata", "canSAS_class": "SASdata", "signal": "I", "I_axes": "Q", "Q_indices": np.array([0])})
        settings = {"chunks": (7,), "compression": "gzip"} if chunks else {}
        for name, values, unit in (("Q", [one / 10 for one in q], "1/angstrom"), ("I", intensity, "1/cm"), ("Idev", error, "1/cm")):
            data.create_dataset(name, data=values, **settings).attrs["units"] = unit
        data["I"].attrs["uncertainties"] = "Idev"
    return written.getvalue()


def nxcansas() -> Any:
    """NXcanSAS 1.1."""
    return _base().Example("nxcansas", "nxcansas", hdf5(), "saxs", _truth(*curve()))


EVERY = (columns_with_a_comment, columns_with_tabs, cansas_xml, nxcansas)
