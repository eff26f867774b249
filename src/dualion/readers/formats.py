"""Every format that can be read: one module for each vendor, in the order in which bytes are held against them, the most specific first."""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module

from dualion.errors import ReadError
from dualion.readers.format import Format, Given
from dualion.readers.guard import recognised

#: Modules of readers, each with its ``FORMATS``.
MODULES = (
    "neware.binary",
    "versastat",
    "gamry",
    "biologic",
    "neware.text",
    "neware.workbook",
    "absorption.xdi",
    "absorption.athena",
    "depth.glow_discharge",
    "descriptors",
    "absorption.beamline_table",
    "jcamp",
    "opus",
    "diffraction.xrdml",
    "diffraction.rigaku",
    "diffraction.bruker",
    "raman.horiba",
    "raman.horiba_xml",
    "raman.renishaw",
    "scattering.nxcansas",
    "scattering.cansas_xml",
    "scattering.columns",
    "adsorption.aif",
    "adsorption.pygaps_json",
    "adsorption.quantachrome",
    "adsorption.belsorp",
    "adsorption.micromeritics",
    "adsorption.three_p",
    "adsorption.table",
    "xps.vamas",
    "xps.casa",
    "xps.avantage",
    "battery_format",
    "plain_impedance",
    "plain_table",
    "spectra.plain",
    "spectra.bare",
)

_BLANK = b"\0 \t\r\n"


@lru_cache(maxsize=1)
def formats() -> tuple[Format, ...]:
    """The table of formats, in the order of recognition."""
    return tuple(one for name in MODULES for one in import_module(f"{__package__}.{name}").FORMATS)


def recognise(given: Given) -> Format:
    """The format of some bytes, by their content.

    Parameters
    ----------
    given : Given
        Out of its archive.

    Returns
    -------
    Format

    Raises
    ------
    ReadError
        No format knows them; the message lists all of them.
    """
    if not given.head.strip(_BLANK) and not given.data.strip(_BLANK):
        raise ReadError(given.name, "start of file", "the file is empty", "Copy or export it anew.")
    for one in formats():
        if recognised(one, given):
            return one
    known = "; ".join(one.title for one in formats())
    hint = f"Known are: {known}. A table of your own needs a line of names with units, such as: time (s), voltage (V), current (mA)."
    raise ReadError(given.name, "start of file", "no reader knows what this is", hint)
