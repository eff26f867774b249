"""Diffraction scans written here in the grammar of each instrument, with the numbers that are in them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from readers_examples import Example

STEP = 0.5  # [deg]


def scan(points: int = 24) -> tuple[list[float], list[int]]:
    """Angle [deg] and counts of a broad reflection on a falling background."""
    x = 14.0 + STEP * np.arange(points)
    y = np.round(300 + 900 * np.exp(-0.2 * (x - 14)) + 800 * np.exp(-0.5 * ((x - 24) / 3) ** 2)).astype(int)
    return x.tolist(), y.tolist()


def xrdml_text(
    values: str, *, first: float = 14.0, last: float = 25.5, element: str = "intensities", extra: str = "", intended: str = "K-Alpha"
) -> str:
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<xrdMeasurements xmlns="http://www.xrdml.com/XRDMeasurement/1.5" status="Completed">
  <sample type="To be analyzed"><id>MEC3</id><name/></sample>
  <xrdMeasurement measurementType="Scan" status="Completed">
    <usedWavelength intended="{intended}">
      <kAlpha1 unit="Angstrom">1.5405980</kAlpha1><kAlpha2 unit="Angstrom">1.5444260</kAlpha2>
      <kBeta unit="Angstrom">1.3922500</kBeta><ratioKAlpha2KAlpha1>0.5000</ratioKAlpha2KAlpha1>
    </usedWavelength>
    <scan appendNumber="0" mode="Continuous" scanAxis="Gonio" status="Completed">
      <dataPoints>
        <positions axis="2Theta" unit="deg"><startPosition>{first}</startPosition><endPosition>{last}</endPosition></positions>
        <positions axis="Omega" unit="deg"><commonPosition>7.0</commonPosition></positions>
        <commonCountingTime unit="seconds">10.160</commonCountingTime>{extra}
        <{element} unit="counts">{values}</{element}>
      </dataPoints>
    </scan>
  </xrdMeasurement>
</xrdMeasurements>
"""


def xrdml() -> Example:
    x, y = scan()
    data = xrdml_text(" ".join(map(str, y)), last=x[-1]).encode()
    return Example("xrdml", "xrdml", data, "xrd", {"two_theta_degree": x, "intensity_count": y}, counted=True)


def xrdml_attenuated() -> Example:
    """Schema 2: counts, to be multiplied by the factors of the attenuator; positions as a list."""
    x, y = scan(12)
    factors = [1.0] * 6 + [10.0] * 6
    listed = f"<listPositions>{' '.join(map(str, x))}</listPositions>"
    text = xrdml_text(
        " ".join(map(str, y)),
        element="counts",
        intended="K-Alpha 1",
        extra=f"<beamAttenuationFactors>{' '.join(map(str, factors))}</beamAttenuationFactors>",
    )
    text = text.replace("<startPosition>14.0</startPosition><endPosition>25.5</endPosition>", listed)
    truth = {"two_theta_degree": x, "intensity_count": [one * factor for one, factor in zip(y, factors, strict=True)]}
    return Example("xrdml", "xrdml-attenuated", text.encode(), "xrd", truth, counted=True)


RAS_HEADER = """*RAS_DATA_START
*RAS_HEADER_START
*DISP_UNIT_Y "counts"
*FILE_SAMPLE "MEC3"
*HW_XG_WAVE_LENGTH_ALPHA1 "1.540593"
*HW_XG_WAVE_LENGTH_ALPHA2 "1.544414"
*HW_XG_WAVE_LENGTH_UNIT "Å"
*MEAS_DATA_COUNT "{count}"
*MEAS_SCAN_AXIS_X "{axis}"
*MEAS_SCAN_AXIS_X_INTERNAL "{internal}"
*MEAS_SCAN_UNIT_X "deg"
*MEAS_SCAN_UNIT_Y "{unit}"
*RAS_HEADER_END
*RAS_INT_START
"""


def ras_text(rows: Sequence[str], *, axis: str = "Theta/2-Theta", internal: str = "TwoThetaTheta", unit: str = "counts") -> str:
    head = RAS_HEADER.format(count=len(rows), axis=axis, internal=internal, unit=unit)
    return head.replace("\n", "\r\n") + "\r\n".join(rows) + "\r\n*RAS_INT_END\r\n*RAS_DATA_END\r\n"


def ras() -> Example:
    x, y = scan()
    factor = [1.0 if k < 12 else 2.5 for k in range(len(x))]
    rows = tuple(f"{one:.4f} {value:.4f} {times:.4f}" for one, value, times in zip(x, y, factor, strict=True))
    truth = {"two_theta_degree": x, "intensity_count": [value * times for value, times in zip(y, factor, strict=True)]}
    return Example("rigaku-ras", "ras", ras_text(rows).encode(), "xrd", truth, counted=True, lines=rows)


def asc_text(values: Sequence[int], *, count: int | None = None, unit: str = "cps", axis: str = "2theta/theta") -> str:
    lines = [", ".join(map(str, values[at : at + 4])) for at in range(0, len(values), 4)]
    head = [
        *("*TYPE\t\t=  Raw", "*CLASS\t\t=  ASCII CLASS", "*SAMPLE\t\t=  MEC3", "*GROUP_COUNT\t=  1", f"*SCAN_AXIS\t=  {axis}"),
        *("*XRAY_CHAR\t=  K-ALPHA1", "*WAVE_LENGTH1\t=  1.54056", "*WAVE_LENGTH2\t=  1.5444", "*XUNIT\t\t=  deg.", f"*YUNIT\t\t=  {unit}"),
        *("*BEGIN", "*GROUP\t\t=  0", "*START\t\t=  14", f"*STOP\t\t=  {14 + STEP * (len(values) - 1):g}", f"*STEP\t\t=  {STEP}"),
        f"*COUNT\t\t=  {len(values) if count is None else count}",
    ]
    return "\r\n".join([*head, *lines, "*END", "*EOF", ""])


def asc() -> Example:
    x, y = scan()
    truth = {"two_theta_degree": x, "intensity_count_per_second": y}
    return Example("rigaku-asc", "asc", asc_text(y).encode(), "xrd", truth, counted=True)


UXD_HEADER = """; C:\\DATA\\mec3.raw converted
_FILEVERSION=1
_SAMPLE='MEC3'
_WL_UNIT='A'
_WL1=1.540600
_WL2=1.544390
_WLRATIO=0.500000
; Data for range 1
_DRIVE='{drive}'
_STEPTIME=1.000000
_STEPSIZE=0.500000
_START=14.000000
_STEPCOUNT={count}
"""


def uxd_pairs() -> Example:
    x, y = scan()
    rows = tuple(f"   {one:.4f}       {value}" for one, value in zip(x, y, strict=True))
    text = UXD_HEADER.format(drive="COUPLED", count=len(rows)) + "_2THETACOUNTS\n" + "\n".join(rows) + "\n"
    return Example("bruker-uxd", "uxd", text.encode(), "xrd", {"two_theta_degree": x, "intensity_count": y}, counted=True, lines=rows)


def uxd_values() -> Example:
    """Intensities alone, several in a line."""
    x, y = scan()
    lines = ["   " + "   ".join(map(str, y[at : at + 8])) for at in range(0, len(y), 8)]
    text = UXD_HEADER.format(drive="COUPLED", count=len(y)) + "_CPS\n" + "\n".join(lines) + "\n"
    truth = {"two_theta_degree": x, "intensity_count_per_second": y}
    return Example("bruker-uxd", "uxd-values", text.encode(), "xrd", truth, counted=True)


#: Every example.
EVERY: tuple[Callable[[], Example], ...] = (xrdml, xrdml_attenuated, ras, asc, uxd_pairs, uxd_values)
