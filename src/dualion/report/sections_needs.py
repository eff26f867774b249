"""What only raw files could show: figures of the source, and claims, with the file type that would fill them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from dualion.report.blocks import Block, Cell, Column, Paragraph, Section, Subsection, Table, VerdictMark
from dualion.report.marks import reason_text
from dualion.study.characterisation.types import Need
from dualion.study.types import Study

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


def needs_section(document: Mapping[str, Any], study: Study | None = None, needs: Sequence[Need] = ()) -> Section | None:
    """Figures and claims that wait for files.

    Parameters
    ----------
    document : mapping
        As ``study.document.build`` gives it.
    study : Study, optional
        Whose ``[[figure]]`` tables name the figures of the source that need files.
    needs : sequence of Need
        Of the study's ``characterisation.toml``.

    Returns
    -------
    Section or None
        None where nothing waits.
    """
    blocks: list[Block] = []
    tables = () if study is None else study.settings.get("figure", ())
    figures = [(row["source"], row.get("title", ""), row["needs"]) for row in tables if "needs" in row]
    if figures:
        columns = (Column("Figure"), Column("Content"), Column("Status"), Column("What would fill it"))
        rows: tuple[tuple[Cell, ...], ...] = tuple((figure, what, VerdictMark("needs raw data"), files) for figure, what, files in figures)
        blocks.append(Subsection("Figures of the source", (Table("Figures that need raw files", columns, rows),), "raw-figures"))
    files = _settling(document, needs)
    if files:
        columns = (Column("Claims"), Column("Samples and instrument"), Column("File and content"), Column("Command"))
        blocks.append(Subsection("Files that would settle claims", (Table("Files by claim", columns, files),), "raw-files"))
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


def _settling(document: Mapping[str, Any], needs: Sequence[Need]) -> tuple[tuple[Cell, ...], ...]:
    """Files that characterisation.toml names for claims that no value was held against."""
    waiting = {claim["id"] for claim in document["claims"] if claim["obtained"] is None}
    return tuple(
        (
            ", ".join(claim for claim in need.claims if claim in waiting),
            f"{', '.join(need.samples)}; {need.instrument}",
            f"{need.formats}: {need.columns}; {need.span}. Then known: {need.settles}.",
            need.command,
        )
        for need in needs
        if waiting & set(need.claims)
    )


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
