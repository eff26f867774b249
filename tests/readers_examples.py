"""Files written here in the grammar of each instrument, with the numbers that are in them.

Every example is short, so that it can be cut at each byte. ``truth`` holds what a reader must give: canonical columns, null where the file
has no number.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
import pytest

Numbers = Sequence[float | None]


@dataclass(frozen=True)
class Example:
    """A file, and what is in it.

    Parameters
    ----------
    format : str
        Name of the format that must recognise it.
    name : str
        Of the example; not of the format's usual ending.
    data : bytes
    technique : str
    truth : mapping of str to sequence of float or None, shape (n,)
    counted : bool
        Whether the file says how many rows it has, so that every cut within the rows must be found.
    flags : tuple of str
        Codes that the reader must raise.
    lines : tuple of str, shape (n,)
        The rows as they are written, in order; empty for a binary file.
    """

    format: str
    name: str
    data: bytes
    technique: str
    truth: Mapping[str, Numbers]
    counted: bool = False
    flags: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()

    @property
    def rows(self) -> int:
        """How many rows the file has."""
        return len(next(iter(self.truth.values())))

    @property
    def ends(self) -> list[int]:
        """Positions behind each row, its line end among them; empty for a binary file."""
        ends, at = [], 0
        for line in self.lines:
            row = line.encode(self.encoding)
            at = self.data.index(row, at) + len(row)
            at += 2 if self.data[at : at + 2] == b"\r\n" else 1
            ends.append(at)
        return ends

    @property
    def encoding(self) -> str:
        """Of the text."""
        return "latin-1" if self.format in ("gamry-dta", "biologic-mpt") else "utf-8"


def _rounded(values: Iterable[float], form: str) -> list[float]:
    """As printed and read again."""
    return [float(format(value, form)) for value in values]


def spectrum(points: int = 13) -> tuple[list[float], list[float], list[float]]:
    """Frequency, real and imaginary part of 5 ohm and (20 ohm, 1 mF) in parallel, six significant digits."""
    frequency = np.logspace(4, -2, points)
    impedance = 5 + 20 / (1 + 2j * np.pi * frequency * 20 * 1e-3)
    return _rounded(frequency, ".5e"), _rounded(impedance.real, ".5e"), _rounded(impedance.imag, ".5e")


def voltammogram(points: int = 24) -> tuple[list[float], list[float], list[float]]:
    """Time, voltage and current of a triangle at 10 mV/s over 0.1 V on 0.02 F with a leak of 50 ohm."""
    time = np.arange(points, dtype=float)
    voltage = 0.1 * (1 - np.abs((time / 10) % 2 - 1))
    current = 0.02 * 0.01 * np.where((time / 10) % 2 < 1, 1, -1) + voltage / 50
    return _rounded(time, ".2f"), _rounded(voltage, ".5e"), _rounded(current, ".5e")


def cycling(points: int = 20) -> tuple[list[float], list[float], list[float]]:
    """Time, voltage and current of a discharge and a charge at 2 mA."""
    time = 30.0 * np.arange(points)
    half = points // 2
    discharging = np.arange(points) < half
    voltage = np.where(discharging, 2.0 - 0.15 * np.arange(points), 0.65 + 0.15 * (np.arange(points) - half))
    return _rounded(time, ".2f"), _rounded(voltage, ".5f"), [-0.002 if down else 0.002 for down in discharging]


PAR_COLUMNS = (
    "Segment #, Point #, E(V), I(A), Elapsed Time(s), ADC Sync Input(V), Current Range, Status, E Applied(V), Frequency(Hz), E Real, "
    "E Imag, I Real, I Imag, Z Real, Z Imag, E2 Status, E2(V), E2 Real, E2 Imag, Z2 Real, Z2 Imag, ActionId, AC Amplitude"
)


def _par_row(
    segment: int, point: int, volt: float, ampere: float, second: float, hertz: float = 0, real: float = 0, imaginary: float = 0
) -> str:
    return (
        f"{segment},{point},{volt:g},{ampere:g},{second:g},0.002,5,53,0,{hertz:.7g},0,0,0,0,{real:.7g},{imaginary:.7g},0,0,0,0,0,0,21,0.02"
    )


def _par(actions: Sequence[str], segments: Sequence[Sequence[str]], *, one_more: bool = True, rest: bool = True) -> bytes:
    """A .par: actions, segments, and what the program writes behind them."""
    definition = f"Definition={PAR_COLUMNS}{', 0' if one_more else ''}"
    parts = ["<Application>\nName=VersaStudio\nVersion=2.52.3.0\n</Application>\n", "<Action0>\nMass (g)=0\nSegments=0\nName=Common\n"]
    parts[-1] += "Working Electrode Area (cm2)=1\nComment=陰極 µA 試験\n</Action0>\n"
    parts.append("<Instrument>\nType=VersaSTAT4\nSN=1\n</Instrument>\n")
    parts.append("<Experiment>\nTimeAcquired=9:40:30 AM\nDateAcquired=Thursday, July 19, 2018\n</Experiment>\n")
    parts += [f"<Action{at}>\n{action}\n</Action{at}>\n" for at, action in enumerate(actions, 1)]
    parts += [
        f"<Segment{at}>\nType=2\nVersion=3\n{definition}\n" + "\n".join(rows) + f"\n</Segment{at}>\n" for at, rows in enumerate(segments, 1)
    ]
    if rest:
        parts.append('<DockingLayout>\n<?xml version="1.0" encoding="utf-16"?>\n<Panes Count="1">\n</Panes>\n</DockingLayout>\n')
    return "\n".join(parts).encode("utf-8")


def par_spectrum() -> Example:
    frequency, real, imaginary = spectrum()
    rows = [_par_row(0, at, 0, -3e-6, at + 0.5, *row) for at, row in enumerate(zip(frequency, real, imaginary))]
    truth = {"frequency_hertz": frequency, "real_impedance_ohm": real, "imaginary_impedance_ohm": imaginary, "step_count": [1] * len(rows)}
    data = _par(["Segments=1\nName=Potentiostatic EIS"], [rows])
    return Example("versastat-par", "par-spectrum", data, "eis", truth, counted=True, lines=tuple(rows))


def par_voltammogram() -> Example:
    """Three segments in three blocks."""
    time, volt, ampere = voltammogram()
    parts = np.array_split(np.arange(len(time)), 3)
    rows = [[_par_row(at, point, volt[row], ampere[row], time[row]) for point, row in enumerate(part)] for at, part in enumerate(parts)]
    steps = [at + 1 for at, part in enumerate(parts) for _ in part]
    truth = {"test_time_second": time, "voltage_volt": volt, "current_ampere": ampere, "step_count": steps}
    action = "Scan Rate (V/s)=0.01\nSegments=3\nName=Cyclic Voltammetry (Multiple Cycles)"
    lines = tuple(line for part in rows for line in part)
    return Example("versastat-par", "par-voltammogram", _par([action], rows, one_more=False), "cv", truth, counted=True, lines=lines)


def par_cycling() -> Example:
    """Two segments in one block."""
    time, volt, ampere = cycling()
    half = len(time) // 2
    rows = [_par_row(int(at >= half), at % half, volt[at], ampere[at], time[at]) for at in range(len(time))]
    truth = {
        "test_time_second": time,
        "voltage_volt": volt,
        "current_ampere": ampere,
        "step_count": [1 + (at >= half) for at in range(len(time))],
    }
    actions = ["Current (A)=-0.002\nSegments=1\nName=Constant Current", "Current (A)=0.002\nSegments=1\nName=Constant Current"]
    return Example("versastat-par", "par-cycling", _par(actions, [rows]), "gcd", truth, counted=True, lines=tuple(rows))


def parstat() -> Example:
    """Direct current, then a spectrum."""
    time, volt, ampere = cycling()
    frequency, real, imaginary = spectrum()
    lines = ["Potential (V)\tCurrent (A)\tElapsed Time (s)\tFrequency (Hz)\tZre (ohms)\tZim (ohms)\t|Vac| (V)\t|Iac| (A)\t"]
    lines += [f"{volt[at]!r}\t{ampere[at]!r}\t{time[at]!r}\t0\t0\t0\t0\t0\t" for at in range(len(time))]
    lines += [
        f"3.5\t0.0245\t{700 + at}\t{row[0]!r}\t{row[1]!r}\t{row[2]!r}\t0.0045\t0.229\t"
        for at, row in enumerate(zip(frequency, real, imaginary))
    ]
    none = [None] * len(time)
    truth = {
        "test_time_second": [*time, *(700.0 + np.arange(len(frequency)))],
        "frequency_hertz": [*none, *frequency],
        "real_impedance_ohm": [*none, *real],
        "imaginary_impedance_ohm": [*none, *imaginary],
        "step_count": [1] * len(time) + [2] * len(frequency),
    }
    return Example("parstat-text", "parstat", ("\n".join(lines) + "\n").encode(), "eis", truth, lines=tuple(lines[1:]))


def _dta(tag: str, header: Sequence[str], tables: Sequence[tuple[str, str, str, Sequence[str]]]) -> bytes:
    lines = ["EXPLAIN", f"TAG\t{tag}", "DATE\tLABEL\t10/16/2018\tDate", "TIME\tLABEL\t11:26:39\tTime", "NOTES\tNOTES\t1\t&Notes...", "\t"]
    lines += ["PSTAT\tPSTAT\tREF600-1\tPotentiostat", *header, "CONVENTION\tIQUANT\t1\tCurrent Convention"]
    for name, names, units, rows in tables:
        lines += [name, names, units, *rows]
    return ("\r\n".join(lines) + "\r\n").encode("latin-1")


def dta_voltammogram(*, counted: bool = True, comma: bool = False) -> Example:
    """Two cycles and the last point."""
    time, volt, ampere = voltammogram(25)
    parts = [range(12), range(12, 24), range(24, 25)]

    def row(at: int) -> str:
        numbers = f"{time[at]:g}\t{volt[at]:.5E}\t{ampere[at]:.5E}\t0.00000E+000"
        return f"\t{at}\t{numbers.replace('.', ',') if comma else numbers}\t10\t..........."

    tables = [
        (
            f"CURVE{at}\tTABLE" + (f"\t{len(part)}" if counted else ""),
            "\tPt\tT\tVf\tIm\tVu\tIERange\tOver",
            "\t#\ts\tV vs. Ref.\tA\tV\t#\tbits",
            [row(one) for one in part],
        )
        for at, part in enumerate(parts, 1)
    ]
    header = [
        "SCANRATE\tQUANT\t1.00000E+001\t&Scan Rate (mV/s)",
        "CYCLES\tIQUANT\t3\tC&ycles (#)",
        "AREA\tQUANT\t2.00000E+000\t&Area (cm^2)",
    ]
    cycles = [at for at, part in enumerate(parts, 1) for _ in part]
    truth = {"test_time_second": time, "voltage_volt": volt, "current_ampere": ampere, "cycle_count": cycles}
    name = "dta-voltammogram" + ("" if counted else "-uncounted") + ("-comma" if comma else "")
    lines = tuple(row(at) for at in range(len(time)))
    return Example("gamry-dta", name, _dta("CV", header, tables), "cv", truth, counted=counted, lines=lines)


def dta_spectrum() -> Example:
    frequency, real, imaginary = spectrum()
    rest = [f"\t{at}\t{0.25 * at:g}\t5.9E-002\t..........a" for at in range(4)]
    rows = [
        f"\t{at}\t{at + 1}\t{f!r}\t{a!r}\t{b!r}\t1\t12\t-1.2E-006\t0.34\t9" for at, (f, a, b) in enumerate(zip(frequency, real, imaginary))
    ]
    tables = [
        ("OCVCURVE\tTABLE\t4", "\tPt\tT\tVf\tOver", "\t#\ts\tV vs. Ref.\tbits", rest),
        (
            "ZCURVE\tTABLE",
            "\tPt\tTime\tFreq\tZreal\tZimag\tZsig\tZphz\tIdc\tVdc\tIERange",
            "\t#\ts\tHz\tohm\tohm\tV\t°\tA\tV\t#",
            rows,
        ),
    ]
    header = [
        "FREQINIT\tQUANT\t1.00000E+004\tInitial",
        "FREQFINAL\tQUANT\t1.00000E-002\tFinal",
        "PTSPERDEC\tQUANT\t2.00000E+000\tPoints/&decade",
    ]
    truth = {"frequency_hertz": frequency, "real_impedance_ohm": real, "imaginary_impedance_ohm": imaginary}
    return Example("gamry-dta", "dta-spectrum", _dta("EISPOT", header, tables), "eis", truth, counted=True, lines=tuple(rows))


def dta_rest() -> Example:
    rows = [f"\t{at}\t{0.25 * at:g}\t{0.3 + 0.01 * at:.5E}\t..........a" for at in range(12)]
    tables = [("CURVE\tTABLE\t12", "\tPt\tT\tVf\tOver", "\t#\ts\tV vs. Ref.\tbits", rows)]
    tables = [("OCVCURVE\tTABLE\t12", *tables[0][1:])]
    truth = {"test_time_second": [0.25 * at for at in range(12)], "current_ampere": [0.0] * 12}
    return Example("gamry-dta", "dta-rest", _dta("CORPOT", [], tables), "ocv", truth, counted=True, lines=tuple(rows))


def _mpt(title: str, settings: Sequence[str], names: str, rows: Sequence[str], *, loops: bool, comma: bool) -> bytes:
    head = ["", title, "", "Acquisition started on : 02/04/2018 10:02:46", "Device : SP-150 (SN 1)", "Electrode surface area : 0.001 cm²"]
    head += ["Characteristic mass : 2.500 mg", *settings]
    if loops:
        head += ["Number of loops : 1", f"Loop 0 from point number 0 to {len(rows) - 1}"]
    written = [row.replace(".", ",") for row in rows] if comma else rows
    lines = ["EC-Lab ASCII FILE", f"Nb header lines : {len(head) + 4}                          ", *head, "", names, *written]
    return ("\r\n".join(lines) + "\r\n").encode("latin-1")


def mpt_cycling(*, comma: bool = True, loops: bool = True) -> Example:
    time, volt, ampere = cycling()
    half = len(time) // 2
    charge = [0.002 * 30 / 3600 * (at % half) * (1 if at >= half else -1) for at in range(len(time))]
    charge = _rounded(charge, ".8e")
    names = "mode\tox/red\terror\tcontrol changes\tNs changes\tcounter inc.\tNs\ttime/s\tcontrol/mA\tEwe/V\tI/mA\t"
    names += "Q charge/discharge/mA.h\thalf cycle\tcycle number\t"
    rows = []
    for at, charging in enumerate(time_index >= half for time_index in range(len(time))):
        signs = f"1\t{int(charging)}\t0\t0\t0\t0\t{int(charging)}"
        numbers = f"{time[at]:.15E}\t{ampere[at] * 1e3:.7E}\t{volt[at]:.7E}\t{ampere[at] * 1e3:.7E}\t{charge[at] * 1e3:.15E}"
        rows.append(f"{signs}\t{numbers}\t{int(charging)}\t{1:.15E}")
    truth = {
        "test_time_second": time,
        "voltage_volt": volt,
        "current_ampere": ampere,
        "step_net_capacity_ah": charge,
        "cycle_count": [1] * len(time),
        "step_id": [int(at >= half) for at in range(len(time))],
    }
    data = _mpt("Galvanostatic Cycling with Potential Limitation", ["Ns                  0"], names, rows, loops=loops, comma=comma)
    lines = tuple(row.replace(".", ",") if comma else row for row in rows)
    return Example("biologic-mpt", "mpt-cycling" + ("-comma" if comma else ""), data, "gcd", truth, counted=loops, lines=lines)


def mpt_spectrum() -> Example:
    frequency, real, imaginary = spectrum()
    names = "freq/Hz\tRe(Z)/Ohm\t-Im(Z)/Ohm\t|Z|/Ohm\tPhase(Z)/deg\ttime/s\t<Ewe>/V\t<I>/mA\tCs/µF\tcycle number\tI Range\t"
    rows = [
        f"{f:.7E}\t{a:.7E}\t{-b:.7E}\t{abs(complex(a, b)):.7E}\t-1\t{at / 2:.15E}\t1.2E+000\t-4.8E-002\t4.0E+002\t{1:.15E}\t11"
        for at, (f, a, b) in enumerate(zip(frequency, real, imaginary))
    ]
    truth = {"frequency_hertz": frequency, "real_impedance_ohm": real, "imaginary_impedance_ohm": imaginary}
    data = _mpt(
        "Potentio Electrochemical Impedance Spectroscopy", ["Mode                Single sine"], names, rows, loops=False, comma=False
    )
    return Example("biologic-mpt", "mpt-spectrum", data, "eis", truth, lines=tuple(rows))


def mpt_voltammogram() -> Example:
    time, volt, ampere = voltammogram()
    names = "mode\tox/red\terror\ttime/s\tcontrol/V\tEwe/V\t<I>/mA\tcycle number\t"
    rows = [f"2\t1\t0\t{time[at]:.15E}\t{volt[at]:.7E}\t{volt[at]:.7E}\t{ampere[at] * 1e3:.7E}\t{1:.15E}" for at in range(len(time))]
    settings = ["dE/dt               10.000", "dE/dt unit          mV/s"]
    truth = {"test_time_second": time, "voltage_volt": volt, "current_ampere": ampere}
    data = _mpt("Cyclic Voltammetry", settings, names, rows, loops=False, comma=False)
    return Example("biologic-mpt", "mpt-voltammogram", data, "cv", truth, lines=tuple(rows))


def zview(*, old: bool = False) -> Example:
    frequency, real, imaginary = spectrum()
    mark = ", " if old else "\t"
    numbers = [("%.6E", f"{at + 2.5:.6E}", row) for at, row in enumerate(zip(frequency, real, imaginary))]
    rows = [
        mark.join([f"{f:.6E}", "1.0000E-02", "0.0000E+00", time, f"{a:.5E}", f"{b:.5E}", "0.0000E+00", "0", "3"])
        for _, time, (f, a, b) in numbers
    ]
    if old:
        head = ['"ZPlotW Data File: Version 3.2c"', '"Raw Data"', '"Frequency"', "0,3,0,1,300000,0.005", str(len(rows))]
        head.append("\"  Freq(Hz)    Ampl     Bias   Time(Sec)   Z'(a)    Z''(b)    GD   Err   Range\"")
    else:
        head = ["ZPLOT2 ASCII", "  Measured Data, ZPlot:       3.2c", f"  Data Points:                {len(rows)}"]
        head += ["  Freq(Hz)\tAmpl\tBias\tTime(Sec)\tZ'(a)\tZ''(b)\tGD\tErr\tRange", "End Comments"]
    truth = {"frequency_hertz": frequency, "real_impedance_ohm": real, "imaginary_impedance_ohm": imaginary}
    data = ("\r\n".join([*head, *rows]) + "\r\n").encode()
    return Example("zview", "zview-old" if old else "zview", data, "eis", truth, counted=True, lines=tuple(rows))


def plain(
    heading: str = "   Freq.[Hz]   \tZs'[ohm]  \tZs''[ohm]", *, mark: str = "\t", minus: bool = False, name: str = "plain"
) -> Example:
    frequency, real, imaginary = spectrum()
    sign = -1 if minus else 1
    rows = [f" {f:.5e}{mark} {a:.5e}{mark}{sign * b:.5e}" for f, a, b in zip(frequency, real, imaginary)]
    truth = {"frequency_hertz": frequency, "real_impedance_ohm": real, "imaginary_impedance_ohm": imaginary}
    head = ["sample 7, 140 degC ", "Fixed value(s) :  AC Volt  [Vrms]=3.5000e-02  ", heading] if heading else []
    flags = ("impedance_sign",) if minus or not heading else ()
    return Example("plain-impedance", name, ("\n".join([*head, *rows]) + "\n").encode(), "eis", truth, flags=flags, lines=tuple(rows))


def _cycler() -> tuple[list[float], list[float], list[float], list[str], list[int]]:
    """Rest, discharge and charge: time, voltage, current, step labels, step indices."""
    time, volt, ampere = cycling()
    labels = ["CC DChg" if current < 0 else "CC Chg" for current in ampere]
    return (
        [0.0, 30.0, *(30.0 + value for value in time[1:])],
        [2.0, *volt],
        [0.0, *ampere],
        ["Rest", *labels],
        [1, *(2 + (one == "CC Chg") for one in labels)],
    )


def neware_csv() -> Example:
    time, volt, ampere, labels, steps = _cycler()
    head = "DataPoint,Cycle Index,Step Index,Step Type,Time,Cumulative Time,Current(A),Voltage(V),Capacity(Ah),Energy(Wh),Date"
    rows, since = [], 0.0
    for at, second in enumerate(time):
        since = time[at] if at and steps[at] != steps[at - 1] else since
        clock = [f"{int(value) // 3600:02d}:{int(value) // 60 % 60:02d}:{value % 60:02.0f}" for value in (second - since, second)]
        charge = f"{abs(ampere[at]) * (second - since) / 3600:.8f}"
        date = f"2022-05-18 {16 + int(second) // 3600:02d}:{int(second) // 60 % 60:02d}:{second % 60:02.0f}"
        rows.append(f"{at + 1},1,{steps[at]},{labels[at]},{clock[0]},{clock[1]},{ampere[at]:.8f},{volt[at]:.5f},{charge},{0:.8f},{date}")
    truth = {"test_time_second": time, "voltage_volt": volt, "current_ampere": ampere, "step_index": steps, "cycle_count": [1] * len(time)}
    return Example("neware-csv", "neware-csv", ("\n".join([head, *rows]) + "\n").encode(), "gcd", truth, lines=tuple(rows))


_CONTENT = (
    '<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
    '<Override PartName="/xl/worksheets/sheet1.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
    "</Types>"
)
_RELATIONS = (
    '<?xml version="1.0" encoding="UTF-8"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}" Target="{target}"/>'
    "</Relationships>"
)
_BOOK = (
    '<?xml version="1.0" encoding="UTF-8"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
    '<sheets><sheet name="record" sheetId="1" r:id="rId1"/></sheets></workbook>'
)


def _cell(word: str) -> str:
    try:
        return f"<c><v>{float(word)!r}</v></c>"
    except ValueError:
        return f'<c t="inlineStr"><is><t>{word}</t></is></c>'


def neware_xlsx() -> Example:
    """The table of the csv export in a workbook; the workbook format is that of ECMA-376."""
    table = neware_csv()
    rows = "".join(f"<row>{''.join(map(_cell, line.split(',')))}</row>" for line in table.data.decode().splitlines())
    sheet = '<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    members = {
        "[Content_Types].xml": _CONTENT,
        "_rels/.rels": _RELATIONS.format(kind="officeDocument", target="xl/workbook.xml"),
        "xl/workbook.xml": _BOOK,
        "xl/_rels/workbook.xml.rels": _RELATIONS.format(kind="worksheet", target="worksheets/sheet1.xml"),
        "xl/worksheets/sheet1.xml": f"{sheet}<sheetData>{rows}</sheetData></worksheet>",
    }
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return Example("neware-xlsx", "neware-xlsx", written.getvalue(), "gcd", table.truth)


def bdf_csv(*, labels: bool = False) -> Example:
    time, volt, ampere, _, steps = _cycler()
    head = (
        "Test Time / h,Voltage / V,Current / A,Cycle Count / 1,Step Index / 1"
        if labels
        else "test_time_second,voltage_volt,current_ampere,cycle_count,step_index"
    )
    rows = [f"{second / 3600 if labels else second:.9f},{volt[at]:.5f},{ampere[at]:.6f},1,{steps[at]}" for at, second in enumerate(time)]
    truth = {"voltage_volt": volt, "current_ampere": ampere, "step_index": steps}
    name = "bdf-labels" if labels else "bdf-csv"
    return Example("bdf-csv", name, ("\n".join([head, *rows]) + "\n").encode(), "gcd", truth, lines=tuple(rows))


def bdf_parquet() -> Example:
    time, volt, ampere, _, steps = _cycler()
    truth = {"test_time_second": time, "voltage_volt": volt, "current_ampere": ampere, "step_index": steps}
    written = io.BytesIO()
    pl.DataFrame(truth).write_parquet(written)
    return Example("bdf-parquet", "bdf-parquet", written.getvalue(), "gcd", truth)


def plain_table() -> Example:
    time, volt, ampere, *_ = _cycler()
    rows = [f"{second:.2f};{volt[at]:.5f};{ampere[at] * 1e3:.4f}" for at, second in enumerate(time)]
    truth = {"test_time_second": time, "voltage_volt": volt, "current_ampere": ampere}
    data = ("\n".join(["time (s);voltage (V);current (mA)", *rows]) + "\n").encode()
    return Example("plain-table", "plain-table", data, "gcd", truth, lines=tuple(rows))


#: Every example of the readers of potentiostats.
POTENTIOSTATS: tuple[Callable[[], Example], ...] = (
    par_spectrum,
    par_voltammogram,
    par_cycling,
    parstat,
    dta_voltammogram,
    lambda: dta_voltammogram(counted=False),
    lambda: dta_voltammogram(comma=True),
    dta_spectrum,
    dta_rest,
    mpt_cycling,
    lambda: mpt_cycling(comma=False, loops=False),
    mpt_spectrum,
    mpt_voltammogram,
    zview,
    lambda: zview(old=True),
    plain,
    lambda: plain("f/Hz, Z'/ohm, -Z''/ohm", mark=",", minus=True, name="plain-minus"),
    lambda: plain("", minus=True, name="plain-bare"),
)

#: And those of cyclers and of tables.
EVERY: tuple[Callable[[], Example], ...] = (
    *POTENTIOSTATS,
    neware_csv,
    neware_xlsx,
    bdf_csv,
    lambda: bdf_csv(labels=True),
    bdf_parquet,
    plain_table,
)


def _first_of_its_format(made: Sequence[Example]) -> set[str]:
    return {next(one.name for one in made if one.format == name) for name in {one.format for one in made}}


def parameters(made: Sequence[Example]) -> list[Any]:
    """Examples for a test: the first of each format is fast, the others belong to the slow part."""
    fast = _first_of_its_format(made)
    return [pytest.param(one, id=one.name, marks=() if one.name in fast else pytest.mark.slow) for one in made]
