"""What is known of the cell behind a measurement. A field that is None is not known, and is never guessed.

"Discharge" is a property of the cell, "sodiation" one of the electrode. Which of the two a current means follows from the kind of the
cell and from which electrode is the working one:

    half cell, carbon works                    I > 0 desodiation           I < 0 sodiation
    half cell, anion host works (ion PF6-)     I > 0 anion insertion       I < 0 anion removal
    half cell, sodium cathode works            I > 0 desodiation           I < 0 sodiation
    full cells and symmetric cells             I > 0 charge                I < 0 discharge

Positive current charges the cell. A mass of 0, and the 1 that some programs write where nobody gave one, count as missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from dualion.errors import InputError, SpecError
from dualion.records.cell import CellKind
from dualion.records.quantity import Quantity

Role = Literal["anode", "cathode"]
Ion = Literal["sodium", "anion"]

#: Where a mass is given, for messages.
WHERE = "Give it in dualion.toml, as an option of the command, or as Measurement.cell"


@dataclass(frozen=True, slots=True)
class CellRecord:
    """The cell record of a measurement.

    Parameters
    ----------
    kind : {"half", "dual-ion", "rocking-chair", "symmetric"} or None
    working : {"anode", "cathode"} or None
        Role of the working material of a half cell: hard carbon is an anode material.
    ion : {"sodium", "anion"}
        What the working material of a half cell takes up.
    anode_mass, cathode_mass : Quantity or None
        [mg] of active material. In a half cell the one of the working material.
    area : Quantity or None
        [cm2] of the electrodes.
    one_c : Quantity or None
        [mA/g] the current that is called 1 C.
    one_c_mass : {"anode", "cathode"} or None
        The mass it refers to.
    electrolyte_volume : Quantity or None
        [uL] all electrolyte in the cell.
    electrolyte_density : Quantity or None
        [g/mL]
    salt_concentration : Quantity or None
        [mol/L]
    salt_molar_mass : Quantity or None
        [g/mol]
    particle_radius : Quantity or None
        [um] of the working material.
    temperature : Quantity or None
        [degC]
    reference_electrode : str
        Such as ``"Na+/Na"``; empty for a two-electrode full cell.

    Raises
    ------
    InputError
        A quantity is in another unit, or not positive; a mass of 0 must be left out.
    """

    kind: CellKind | None = None
    working: Role | None = None
    ion: Ion = "sodium"
    anode_mass: Quantity | None = None
    cathode_mass: Quantity | None = None
    area: Quantity | None = None
    one_c: Quantity | None = None
    one_c_mass: Role | None = None
    electrolyte_volume: Quantity | None = None
    electrolyte_density: Quantity | None = None
    salt_concentration: Quantity | None = None
    salt_molar_mass: Quantity | None = None
    particle_radius: Quantity | None = None
    temperature: Quantity | None = None
    reference_electrode: str = ""

    def __post_init__(self) -> None:
        for name, unit in UNITS.items():
            given: Quantity | None = getattr(self, name)
            if given is None:
                continue
            if given.unit != unit:
                raise InputError(f'CellRecord.{name}: "{given.unit}" is not its unit. Convert it to "{unit}".')
            if given.value is None or (name != "temperature" and not given.value > 0):
                raise InputError(f"CellRecord.{name}: {given.value} is not a positive number. Leave out what is not known.")

    @property
    def working_role(self) -> Role | None:
        """The electrode whose mass capacities refer to: the working one of a half cell, the cathode of a full cell."""
        if self.kind == "half":
            return self.working
        return None if self.kind is None else "cathode"

    def mass_of(self, role: Role) -> Quantity:
        """[mg] of active material of an electrode.

        Raises
        ------
        SpecError
            It is not known.
        """
        found = self.anode_mass if role == "anode" else self.cathode_mass
        if found is None:
            raise SpecError(f"{role}_mass: missing. A quantity per gram needs it. {WHERE}.")
        return found

    def working_mass(self) -> tuple[Role, Quantity]:
        """Role and active mass [mg] of the electrode that capacities refer to.

        Raises
        ------
        SpecError
            The kind of the cell, the working electrode of a half cell, or the mass is not known.
        """
        if self.kind is None:
            raise SpecError(f'kind: missing. Write one of "half", "dual-ion", "rocking-chair", "symmetric". {WHERE}.')
        role = self.working_role
        if role is None:
            raise SpecError(f'working: missing. Write "anode" or "cathode", the role of the working material. {WHERE}.')
        return role, self.mass_of(role)

    def directions(self) -> tuple[str, str]:
        """Words of the column ``direction`` for I > 0 and for I < 0; ``charge`` and ``discharge`` where more is not known."""
        if self.kind != "half" or self.working is None:
            return "charge", "discharge"
        return ("anion_insertion", "anion_removal") if self.ion == "anion" else ("desodiation", "sodiation")


#: Unit of each quantity of a cell record.
UNITS = {
    "anode_mass": "mg",
    "cathode_mass": "mg",
    "area": "cm2",
    "one_c": "mA/g",
    "electrolyte_volume": "uL",
    "electrolyte_density": "g/mL",
    "salt_concentration": "mol/L",
    "salt_molar_mass": "g/mol",
    "particle_radius": "um",
    "temperature": "degC",
}
