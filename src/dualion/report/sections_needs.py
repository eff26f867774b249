"""What only raw files could show: figures of the source, and claims, with the file type that would fill them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from dualion.report.blocks import Block, Cell, Column, Paragraph, Section, Subsection, Table, VerdictMark
from dualion.report.marks import reason_text

#: Figures of a source that need raw files: figure, content, file type that would fill it. Specification of the study, section 6.2.
RAW_FIGURES: Mapping[str, tuple[tuple[str, str, str], ...]] = MappingProxyType(
    {
        "tang2026": (
            ("Fig. 1b", "X-ray absorption near the Zn edge", "beamline scan of mu(E): .dat, .xdi, .nor"),
            ("Fig. 1c, d", "extended X-ray absorption fine structure", "beamline scan of mu(E): .dat, .xdi, .prj"),
            ("Fig. 1e–h", "pores and electron micrographs", "isotherm: AIF, .xls of the instrument; images with their scale"),
            ("Fig. 1i", "small-angle scattering", "reduced I(q): NXcanSAS .h5, .dat"),
            ("Fig. 1l", "C K-edge absorption", "beamline scan of yield against photon energy: .dat, .txt"),
            ("Fig. 1m", "photoelectron spectra", "VAMAS .vms, or intensity against binding energy"),
            ("Fig. 2e, 5e", "comparison with the literature", "Tables S6 and S8 of the supporting information"),
            ("Fig. 3b–f", "diffraction, Raman and scattering during cycling", ".xrdml, .xy, .spc, NXcanSAS .h5"),
            ("Fig. 3h", "depth profiles", "table of intensity against sputter time"),
        )
    }
)

#: File type by the technique that a claim names.
_FILES: Mapping[str, str] = MappingProxyType(
    {
        "gcd": "cycler file: .ndax, .nda, .mpr, BDF .csv",
        "cycling": "cycler file: .ndax, .nda, .mpr, BDF .csv",
        "cv": "potentiostat file: .mpr, .mpt, .csv",
        "gitt": "cycler file with relaxations",
        "eis": "impedance file: .mpr, .mpt, .z, .csv",
        "sorption": "isotherm: AIF, .xls of the instrument",
        "saxs": "reduced I(q): NXcanSAS .h5, .dat",
        "xrd": "pattern: .xrdml, .xy, .raw",
        "raman": "spectrum: .spc, .wdf, .txt",
        "ftir": "spectrum: .spc, JCAMP-DX",
        "xps": "VAMAS .vms",
        "nexafs": "beamline scan: .dat",
        "exafs": "beamline scan of mu(E): .dat, .xdi",
    }
)
_RAW_REASONS = ("no-raw-file", "si-only")


def needs_section(document: Mapping[str, Any]) -> Section | None:
    """Figures and claims that wait for files.

    Parameters
    ----------
    document : mapping
        As ``study.document.build`` gives it.

    Returns
    -------
    Section or None
        None where nothing waits.
    """
    blocks: list[Block] = []
    figures = RAW_FIGURES.get(document["study"]["id"], ())
    if figures:
        columns = (Column("Figure"), Column("Content"), Column("Status"), Column("What would fill it"))
        rows: tuple[tuple[Cell, ...], ...] = tuple((figure, what, VerdictMark("needs raw data"), files) for figure, what, files in figures)
        blocks.append(Subsection("Figures of the source", (Table("Figures that need raw files", columns, rows),), "raw-figures"))
    claims = _claims(document)
    if claims:
        columns = (Column("Technique"), Column("Claims"), Column("Why"), Column("What would fill it"))
        blocks.append(Subsection("Claims", (Table("Claims that wait for a file", columns, claims),), "raw-claims"))
    if not blocks:
        return None
    lead = Paragraph(
        "No instrument file was given, so nothing here is drawn or judged. Each row names the file that would fill it.", "lead"
    )
    return Section("Structure and spectroscopy: what is needed", "needs", (lead, *blocks))


def _claims(document: Mapping[str, Any]) -> tuple[tuple[Cell, ...], ...]:
    groups: dict[tuple[str, str], list[str]] = {}
    for claim in document["claims"]:
        if claim["verdict"] == "needs raw data" and claim["reason"] in _RAW_REASONS:
            groups.setdefault((claim["technique"], claim["reason"]), []).append(claim["id"])
    return tuple(
        (
            technique or "not named",
            ", ".join(claims),
            reason_text(reason),
            _file(technique) if reason == "no-raw-file" else "the supporting information, or a raw file",
        )
        for (technique, reason), claims in groups.items()
    )


def _file(technique: str) -> str:
    words = technique.lower()
    return next((files for name, files in _FILES.items() if name in words), "the authors' file of this measurement")
