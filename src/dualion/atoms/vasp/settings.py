"""What a VASP run is asked to do: the tags of its INCAR, and what they cost.

PBE at 450 eV in a cubic cell with the Γ point alone, as the study of Tang et al. (2026) states it; the tags that it leaves open are those
of this package. The count of plane waves is that of wave vectors below the cutoff in a cell of volume V,

    N = V k^3 / (6 π²),   k = sqrt(2 m E_cut) / ħ ,

and the orbitals take 16 bytes for each plane wave, band and spin; a binary for the Γ point alone holds half of them.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from dualion.atoms.structure import Structure
from dualion.atoms.vasp.potentials import potential_of, valence
from dualion.errors import SpecError

VARIANTS: Final = ("none", "d3bj")
SPINS: Final = ("fixed", "free")
CUTOFF: Final = 450.0  # [eV] Tang et al. 2026
BOX: Final = 30.0  # [angstrom] edge of the cubic cell, Tang et al. 2026
_D3BJ: Final = "12"  # IVDW of D3 with Becke-Johnson damping
_WAVE_VECTOR: Final = 0.51231672  # [angstrom-1 eV-1/2] sqrt(2 m_e) / ħ, CODATA 2018
_BYTES: Final = 16  # [byte] of one complex number in double precision
_LARGEST_BOX: Final = 200.0  # [angstrom] a cell beyond this is a slip of the unit
_HIGHEST_CUTOFF: Final = 3000.0  # [eV]


@dataclass(frozen=True, slots=True)
class Settings:
    """What is asked beside the structure.

    Parameters
    ----------
    box : float
        Edge of the cubic cell [angstrom].
    cutoff : float
        Of the plane waves [eV].
    variant : str
        ``"none"`` without dispersion, as the study, or ``"d3bj"``.
    spin : str
        ``"fixed"`` at the multiplicity of the structure, or ``"free"``.
    potentials : mapping of str to str
        Element to potential, where it is not the usual one.
    """

    box: float = BOX
    cutoff: float = CUTOFF
    variant: str = "none"
    spin: str = "fixed"
    potentials: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not 0.0 < self.box <= _LARGEST_BOX:
            raise SpecError(f"--box: {self.box:g} is not the edge of a cell. Write a length above 0 and up to {_LARGEST_BOX:g} angstrom.")
        if not 0.0 < self.cutoff <= _HIGHEST_CUTOFF:
            raise SpecError(f"--cutoff: {self.cutoff:g} is not a cutoff. Write an energy above 0 and up to {_HIGHEST_CUTOFF:g} eV.")
        if self.variant not in VARIANTS:
            raise SpecError(f'--variant: "{self.variant}" is not a treatment of dispersion. Write one of {", ".join(VARIANTS)}.')
        if self.spin not in SPINS:
            raise SpecError(f'--spin: "{self.spin}" is not a treatment of spin. Write one of {", ".join(SPINS)}.')


@dataclass(frozen=True, slots=True)
class Cost:
    """Size of a run.

    Parameters
    ----------
    plane_waves : int
        [1]
    bands : int
        Of each spin, as VASP chooses them by itself [1].
    gigabytes : float
        Of the orbitals, of each spin [1], in units of 10^9 bytes; half of it with the binary for the Γ point alone.
    """

    plane_waves: int
    bands: int
    gigabytes: float


def valence_electrons(structure: Structure, potentials: Mapping[str, str]) -> int:
    """NELECT: valence electrons of the atoms less the charge [1].

    Parameters
    ----------
    structure : Structure
    potentials : mapping of str to str
        Element to potential, where it is not the usual one.

    Returns
    -------
    int

    Raises
    ------
    SpecError
        An element has no potential, or the charge takes away more than the valence electrons.
    """
    counts = Counter(structure.symbols)
    total = sum(count * valence(element, potential_of(element, potentials)) for element, count in counts.items())
    if structure.charge > total:
        raise SpecError(f"charge: {structure.charge:+d} takes away more than the {total} valence electrons. Write a smaller charge.")
    return total - structure.charge


def tags_of(name: str, structure: Structure, settings: Settings) -> dict[str, str]:
    """Tags of the INCAR in their order.

    Parameters
    ----------
    name : str
        Of the state.
    structure : Structure
        Its charge and multiplicity count.
    settings : Settings

    Returns
    -------
    dict of str to str
    """
    electrons = valence_electrons(structure, settings.potentials)
    tags = {
        "SYSTEM": name,
        "ENCUT": f"{settings.cutoff:g}",
        "PREC": "Accurate",
        "GGA": "PE",
        "ISPIN": "2",
        "EDIFF": "1E-5",
        "EDIFFG": "-0.01",
        "IBRION": "2",
        "NSW": "300",
        "ISMEAR": "0",
        "SIGMA": "0.05",
        "ISYM": "0",
        "LASPH": ".TRUE.",
        "LREAL": "Auto",
        "NELECT": f"{electrons}",
    }
    if settings.spin == "fixed":
        tags["NUPDOWN"] = f"{structure.multiplicity - 1}"
    # a state without charge and dipole moment is corrected by nothing, and all terms of a step are treated alike
    tags |= {"IDIPOL": "4", "LDIPOL": ".TRUE."}
    if settings.variant == "d3bj":
        tags["IVDW"] = _D3BJ
    return tags | {"LAECHG": ".TRUE.", "LORBIT": "11", "LWAVE": ".FALSE."}


def plane_waves(box: float, cutoff: float) -> int:
    """Plane waves of a cubic cell at the Γ point [1].

    Parameters
    ----------
    box : float
        Edge [angstrom].
    cutoff : float
        [eV]

    Returns
    -------
    int
    """
    largest = _WAVE_VECTOR * math.sqrt(cutoff)
    return round((box * largest) ** 3 / (6.0 * math.pi**2))


def bands_of(electrons: int, atoms: int) -> int:
    """Bands that VASP takes where none are asked for, before it rounds up to its processes [1].

    Parameters
    ----------
    electrons, atoms : int
        [1]

    Returns
    -------
    int
    """
    return max((electrons + 2) // 2 + max(atoms // 2, 3), math.ceil(0.6 * electrons))


def cost(structure: Structure, settings: Settings) -> Cost:
    """Plane waves, bands and memory of a state.

    Parameters
    ----------
    structure : Structure
    settings : Settings

    Returns
    -------
    Cost
    """
    waves = plane_waves(settings.box, settings.cutoff)
    bands = bands_of(valence_electrons(structure, settings.potentials), len(structure))
    return Cost(waves, bands, waves * bands * _BYTES / 1e9)
