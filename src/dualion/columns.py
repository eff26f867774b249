"""Canonical columns of a measurement: one name, one unit and one sign for each measured quantity.

Names of cycler and impedance columns are the machine names of the Battery Data Format (BDF, Battery Data Alliance) where it has
one; its preferred label and the label of PyBaMM's variable stand beside them. Numbers are float64 in the column's unit, counters
are 64-bit integers, and text is an enumeration.

Signs. Positive current charges the cell (as in the BDF); PyBaMM's current is positive on discharge, and is turned at the edge.
The imaginary part of an impedance is negative where the cell is capacitive.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from dualion.errors import InputError

Kind = Literal["number", "counter", "text"]


@dataclass(frozen=True, slots=True)
class Column:
    """A canonical column.

    Parameters
    ----------
    name : str
        Machine name, with the unit spelt out at its end.
    symbol : str
        As in an equation or on an axis.
    unit : str
        A unit of the unit table; ``"1"`` if dimensionless, ``""`` for text and for arbitrary units.
    kind : {"number", "counter", "text"}
        float64, 64-bit integer, or one of a few words.
    sign : str
        What a positive value means, where that is a convention; else empty.
    bdf : str
        Preferred label of the Battery Data Format; empty where it has none.
    pybamm : str
        Name of PyBaMM's variable; empty where it has none.
    pybamm_factor : float
        [1] by which PyBaMM's value is multiplied to give ours, beyond the conversion of units.
    """

    name: str
    symbol: str
    unit: str
    kind: Kind = "number"
    sign: str = ""
    bdf: str = ""
    pybamm: str = ""
    pybamm_factor: float = 1.0


_CYCLER = (
    Column("test_time_second", "t", "s", bdf="Test Time / s", pybamm="Time [s]"),
    Column("voltage_volt", "U", "V", bdf="Voltage / V", pybamm="Voltage [V]"),
    Column(
        "current_ampere",
        "I",
        "A",
        sign="positive current charges the cell",
        bdf="Current / A",
        pybamm="Current [A]",
        pybamm_factor=-1.0,
    ),
    Column("unix_time_second", "t", "s", bdf="Unix Time / s"),
    Column("step_time_second", "t", "s", bdf="Step Time / s"),
    Column("record_index", "i", "1", kind="counter", bdf="Record Index / 1"),
    Column("cycle_count", "N", "1", kind="counter", bdf="Cycle Count / 1"),
    Column("cycle_count_auto", "N", "1", kind="counter", sign="counted anew by the reader, from the order of the steps"),
    Column("step_count", "n", "1", kind="counter", bdf="Step Count / 1"),
    Column("step_index", "n", "1", kind="counter", bdf="Step Index / 1"),
    Column("step_id", "n", "1", kind="counter", bdf="Step ID"),
    Column("step_type", "", "", kind="text", bdf="Step Type"),
    Column("ambient_temperature_celsius", "T", "degC", bdf="Ambient Temperature / degC", pybamm="Ambient temperature [C]"),
    Column("cell_temperature_celsius", "T", "degC", pybamm="Cell temperature [C]"),
    Column("step_net_capacity_ah", "Q", "Ah", sign="charge put in since the step began", bdf="Step Net Capacity / Ah"),
    Column("step_net_energy_wh", "E", "Wh", sign="energy put in since the step began", bdf="Step Net Energy / Wh"),
    Column(
        "working_electrode_potential_vs_reference_volt",
        "E",
        "V",
        sign="against the reference electrode named with the measurement",
    ),
    Column("cycle_index", "N", "1", kind="counter", sign="by dualion's own segmentation"),
    Column("half_cycle", "n", "1", kind="counter", sign="by dualion's own segmentation"),
    Column("source_row", "i", "1", kind="counter"),
    Column("direction", "", "", kind="text"),
)

_IMPEDANCE = (
    Column("frequency_hertz", "f", "Hz", bdf="Frequency / Hz"),
    Column("real_impedance_ohm", "Re Z", "ohm", bdf="Real Impedance / ohm"),
    Column("imaginary_impedance_ohm", "Im Z", "ohm", sign="negative where the cell is capacitive", bdf="Imaginary Impedance / ohm"),
    Column("resistance_ohm", "R", "ohm"),
    Column("resistance_stderr_ohm", "u(R)", "ohm", sign="one standard error"),
)

#: Elements whose lines a depth profile may have.
ELEMENTS = ("sodium", "carbon", "oxygen", "nitrogen", "zinc", "fluorine", "phosphorus", "hydrogen", "copper", "aluminium")

_CHARACTERISATION = (
    Column("pressure_pascal", "p", "Pa"),
    Column("saturation_pressure_pascal", "p0", "Pa"),
    Column("relative_pressure", "p/p0", "1"),
    Column("loading_mol_per_kg", "n", "mol/kg"),
    Column("branch", "", "", kind="text"),
    Column("q_inverse_nanometre", "q", "nm-1"),
    Column("q_resolution", "dq", "nm-1"),
    Column("two_theta_degree", "2 theta", "deg"),
    Column("wavenumber_per_centimetre", "nu", "cm-1"),
    Column("raman_shift_per_centimetre", "d nu", "cm-1", sign="positive on the Stokes side"),
    Column("binding_energy_electronvolt", "E_B", "eV"),
    Column("photon_energy_electronvolt", "E", "eV"),
    Column("mu", "mu", ""),
    Column("time_second", "t", "s"),
    Column("depth_nanometre", "z", "nm", sign="into the sample"),
    Column("intensity_per_centimetre", "I", "cm-1"),
    Column("intensity_count", "I", "1"),
    Column("intensity_count_per_second", "I", "Hz"),
    Column("intensity_arbitrary", "I", ""),
    Column("intensity_error", "dI", "", sign="one standard error, in the unit of the intensity"),
    Column("transmittance_percent", "T", "%"),
    Column("absorbance", "A", "1", sign="decadic"),
    Column("abscissa", "x", "", sign="not named by the file, and not declared"),
    Column("ordinate", "y", "", sign="not named by the file, and not declared"),
    *(Column(f"{element}_signal", "I", "", sign="intensity of a line of the element, on an arbitrary scale") for element in ELEMENTS),
)

_DESCRIPTORS = (
    Column("sample_name", "", "", kind="text"),
    Column("descriptor", "", "", kind="text", sign="name of a quantity of the sample"),
    Column("descriptor_value", "x", "", sign="in the unit of its row"),
    Column("descriptor_stderr", "u(x)", "", sign="one standard error, in the unit of its row"),
    Column("descriptor_unit", "", "", kind="text"),
    Column("descriptor_method", "", "", kind="text"),
    Column("descriptor_source", "", "", kind="text"),
    Column("descriptor_qualifier", "", "", kind="text", sign='"=", or "<" and ">" for a bound'),
)

#: Every canonical column by its name.
COLUMNS = MappingProxyType({column.name: column for column in (*_CYCLER, *_IMPEDANCE, *_CHARACTERISATION, *_DESCRIPTORS)})

#: Words of the column ``direction``: what happens at the working electrode, or to the cell where that is not known.
DIRECTIONS = ("sodiation", "desodiation", "anion_insertion", "anion_removal", "charge", "discharge", "rest")

_SUGGESTIONS = 1


def column(name: str) -> Column:
    """Look up a canonical column.

    Parameters
    ----------
    name : str
        Machine name, such as ``"voltage_volt"``.

    Returns
    -------
    Column

    Raises
    ------
    InputError
        There is no such column; the message offers the nearest name.

    Examples
    --------
    >>> column("current_ampere").sign
    'positive current charges the cell'
    """
    found = COLUMNS.get(name)
    if found is None:
        from difflib import get_close_matches

        near = get_close_matches(name, COLUMNS, n=_SUGGESTIONS)
        hint = f' Did you mean "{near[0]}"?' if near else " The canonical names are in dualion.columns."
        raise InputError(f'"{name}" is not a canonical column.{hint}')
    return found


def by_label(label: str) -> Column | None:
    """The column with this name, Battery Data Format label or PyBaMM name; None where no column has it.

    Examples
    --------
    >>> by_label("Voltage / V").name
    'voltage_volt'
    """
    return _BY_LABEL.get(label)


def _labelled(columns: Iterable[Column]) -> dict[str, Column]:
    return {label: one for one in columns for label in (one.name, one.bdf, one.pybamm) if label}


_BY_LABEL = _labelled(COLUMNS.values())
