"""Raman spectra written here in the dialects of each program, with the numbers that are in them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from readers_examples import Example


def spectrum(points: int = 30) -> tuple[list[float], list[float]]:
    """Raman shift [cm-1], negative at its start, and intensity."""
    x = np.linspace(-95.0, 1804.75, points)
    y = 570 + 80 * np.exp(-0.5 * ((x - 1345) / 60) ** 2) + 90 * np.exp(-0.5 * ((x - 1590) / 40) ** 2)
    return [float(f"{one:.4f}") for one in x], [float(f"{one:.3f}") for one in y]


def horiba_header(*, unit: str = "1/cm", laser: str = "532 nm_Edge") -> list[str]:
    """Lines of LabSpec 6."""
    return [
        *(
            "#Acq. time (s)=\t10",
            "#Accumulations=\t3",
            "#Range (cm-1)=\t-95...1800",
            "#Spike filter=\tOff",
            "#Detector temperature (°C)=\t-60.4",
        ),
        *("#Instrument=\tLabRAM HR Evol", "#Detector=\tSynapse EM", "#Objective=\tx50_LWD", "#Grating=\t600 (500nm)", "#ND Filter=\t10%"),
        *(
            f"#Laser=\t{laser}",
            "#Title=\tMEC3",
            "#AxisType[0]=\tIntens",
            "#AxisUnit[0]=\tCnt",
            "#AxisType[1]=\tSpectr",
            f"#AxisUnit[1]=\t{unit}",
        ),
    ]


def horiba() -> Example:
    x, y = spectrum()
    rows = tuple(f"{one:.4f}\t{value:.3f}" for one, value in zip(x, y, strict=True))
    data = ("\r\n".join([*horiba_header(), *rows]) + "\r\n").encode()
    return Example("horiba-text", "horiba", data, "raman", {"raman_shift_per_centimetre": x, "intensity_arbitrary": y}, lines=rows)


def horiba_comma() -> Example:
    """An older header, without unit of the axis, and decimal commas."""
    x, y = spectrum()
    rows = tuple(f"{one:.4f}\t{value:.3f}".replace(".", ",") for one, value in zip(x, y, strict=True))
    head = ["#Acq. time (s)=5", "#Accumulations=2", "#Laser (nm)=632,817", "#Grating=1800"]
    data = ("\n".join([*head, *rows]) + "\n").encode()
    truth = {"raman_shift_per_centimetre": x, "intensity_arbitrary": y}
    return Example("horiba-text", "horiba-comma", data, "raman", truth, flags=("units_assumed",), lines=rows)


def horiba_xml_text(rows: Sequence[Sequence[float]], x: Sequence[float], *, unit: str = "1/cm") -> str:
    matrix = "\n".join(f'  <LSX_Row Size="{len(row)}">{" ".join(map(str, row))} </LSX_Row>' for row in rows)
    return f"""<?xml version="1.0" encoding="utf-8"?>
<LSX_Data Version="1.1">
 <LSX_Tree Format="9" ID="0x0" Size="4">
  <LSX Format="7" ID="0x6C7469D9">MEC3</LSX>
  <LSX Format="9" ID="0x6C62D4D9" Size="1">
   <LSX Format="9" ID="0x8716361" Size="3">
    <LSX Format="9" ID="0x6D7361DE" Size="4"><LSX Format="7" ID="0x6D6D616E">Laser (nm)</LSX>
     <LSX Format="7" ID="0x7D6C61DB">633 </LSX><LSX Format="5" ID="0x8736F70">632.817</LSX></LSX>
    <LSX Format="9" ID="0x1" Size="2"><LSX Format="7" ID="0x6D6D616E">Acq. time (s)</LSX><LSX Format="7" ID="0x7D6C61DB">2</LSX></LSX>
    <LSX Format="9" ID="0x2" Size="2"><LSX Format="7" ID="0x6D6D616E">Accumulations</LSX><LSX Format="7" ID="0x7D6C61DB">4</LSX></LSX>
   </LSX>
  </LSX>
  <LSX Format="9" ID="0x7A74D9D6" Size="1">
   <LSX Format="9" ID="0x7B697861" Size="2">
    <LSX Format="9" ID="0x0" Size="2"><LSX Format="7" ID="0x6D707974">Intens</LSX><LSX Format="7" ID="0x7C696E75">Cnt</LSX></LSX>
    <LSX Format="9" ID="0x1" Size="3"><LSX Format="7" ID="0x6D707974">Spectr</LSX><LSX Format="7" ID="0x7C696E75">{unit}</LSX>
     <LSX Format="6" ID="0x7D6CD4DB" Size="{len(x)}">{" ".join(map(str, x))} </LSX></LSX>
   </LSX>
  </LSX>
 </LSX_Tree>
 <LSX_Matrix>
{matrix}
 </LSX_Matrix>
</LSX_Data>
"""


def horiba_xml() -> Example:
    x, y = spectrum()
    data = horiba_xml_text([y], x).encode()
    return Example("horiba-xml", "horiba-xml", data, "raman", {"raman_shift_per_centimetre": x, "intensity_arbitrary": y}, counted=True)


def renishaw() -> Example:
    """From high to low shifts."""
    x, y = (one[::-1] for one in spectrum())
    rows = tuple(f"{one:.6f}\t{value:.6f}" for one, value in zip(x, y, strict=True))
    data = ("\r\n".join(["#Wave\t\t#Intensity", *rows]) + "\r\n").encode()
    truth = {"raman_shift_per_centimetre": x, "intensity_arbitrary": y}
    return Example("renishaw-text", "renishaw", data, "raman", truth, flags=("units_assumed",), lines=rows)


#: Every example.
EVERY: tuple[Callable[[], Example], ...] = (horiba, horiba_comma, horiba_xml, renishaw)
