"""Zero-point energy, thermal energy and entropy of a minimum, in the harmonic approximation with free rotors at low wavenumbers.

    G = E + ZPE + sum[ h nu / (exp(h nu / kT) - 1) ] + H_trans + H_rot - T (S_vib + S_trans + S_rot + S_el)

A soft mode of a solvate is no harmonic oscillator: its entropy grows without bound as the wavenumber falls. Following Grimme, each mode
is given the mean of an oscillator and of a free rotor of the same wavenumber,

    S_vib = w S_oscillator + (1 - w) S_rotor,    w = 1 / (1 + (100 cm-1 / wavenumber)^4),

the rotor with mu = h / (8 pi^2 nu), reduced by a molecular moment of inertia of 1e-44 kg m2. The energies stay harmonic. Wavenumbers come
from central differences of the forces, translations and rotations projected out. Translation is that of an ideal gas at a pressure or at
the concentration of a solution (Sackur & Tetrode), rotation that of a rigid classical rotor. A carbon that stands for a solid is *held*:
it neither translates nor rotates, so that neither cancels badly in a step.

Valid at a minimum of the engine that gives the forces: a larger force, or an imaginary mode above 50 cm-1, is refused. Anharmonicity and
the entropy of several conformers are left out.

References: Grimme 2012; McQuarrie & Simon 1999.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from dualion.atoms.engines.base import BOLTZMANN, Engine
from dualion.atoms.engines.check import check_structure
from dualion.atoms.structure import Floats, Structure
from dualion.atoms.vibrations import (
    DALTON,
    LIGHT,
    PLANCK,
    STEP,
    forces_of,
    hessian,
    moments_of_inertia,
    standard_masses,
    wavenumbers_of,
)
from dualion.errors import ModelError, SpecError
from dualion.records.quantity import Flag

ROOM = 298.15  # [K]
ROTOR = 100.0  # [cm-1] wavenumber at which a mode is half oscillator, half rotor: Grimme 2012
LARGEST_FORCE = 0.05  # [eV/angstrom] of a minimum that a Hessian may be taken at
LARGEST_IMAGINARY = 50.0  # [cm-1] noise of the differences; above it the structure is no minimum

_PER_BAR = 1e5 * 1e-30 / 1.602176634e-19  # [eV/angstrom3] of one bar
_PER_MOLAR = 6.02214076e23 / 1e27  # [1/angstrom3] of one mol/L
_MEAN_INERTIA = 1e-44 * 1e20 / 1.66053906660e-27  # [g/mol angstrom2] of a molecule: Grimme 2012
_SHARPNESS = 4  # [1] of the change from rotor to oscillator: Grimme 2012
_SOFTEST = 1.0  # [cm-1] given to a mode whose wavenumber is zero


@dataclass(frozen=True, slots=True)
class Gas:
    """Free to move, as an ideal gas.

    Parameters
    ----------
    pressure : float
        [bar]

    Raises
    ------
    SpecError
        The pressure is not above zero.
    """

    pressure: float = 1.0

    def __post_init__(self) -> None:
        if not self.pressure > 0.0:
            raise SpecError(f"pressure: {self.pressure} bar is not above zero. Write 1.")

    def volume(self, temperature: float) -> float:
        """Volume for each molecule [angstrom3], at a temperature [K]."""
        return BOLTZMANN * temperature / (self.pressure * _PER_BAR)


@dataclass(frozen=True, slots=True)
class Solution:
    """Free to move in the volume that a concentration leaves to it.

    Parameters
    ----------
    concentration : float
        [mol/L]

    Raises
    ------
    SpecError
        The concentration is not above zero.
    """

    concentration: float

    def __post_init__(self) -> None:
        if not self.concentration > 0.0:
            raise SpecError(f"concentration: {self.concentration} mol/L is not above zero. Write that of the molecule in its liquid.")

    def volume(self, temperature: float) -> float:
        """Volume for each molecule [angstrom3], at any temperature [K]."""
        return 1.0 / (self.concentration * _PER_MOLAR)


@dataclass(frozen=True, slots=True, eq=False)
class Thermo:
    """What is added to the electronic energy of a minimum.

    Parameters
    ----------
    wavenumbers : array of float, shape (m,)
        Of the vibrations, imaginary ones negative [cm-1].
    temperature : float
        [K]
    zero_point : float
        [eV]
    enthalpy : float
        With the zero-point energy [eV].
    entropy : float
        [eV/K]
    flags : tuple of Flag
    """

    wavenumbers: Floats
    temperature: float
    zero_point: float
    enthalpy: float
    entropy: float
    flags: tuple[Flag, ...] = ()

    @property
    def gibbs(self) -> float:
        """Free energy without the electronic energy [eV]."""
        return self.enthalpy - self.temperature * self.entropy


def harmonic(
    structure: Structure,
    engine: Engine,
    *,
    temperature: float = ROOM,
    state: Gas | Solution | None = None,
    symmetry_number: int = 1,
    step: float = STEP,
) -> Thermo:
    """Zero-point and thermal terms of a relaxed structure.

    Parameters
    ----------
    structure : Structure
        At a minimum of the engine.
    engine : Engine
    temperature : float
        [K]
    state : Gas, Solution or None
        Where the molecule moves freely; None for one that is held, such as a carbon and what it binds.
    symmetry_number : int
        Rotations that leave the molecule as it is, the identity included [1].
    step : float
        Of the central differences [angstrom].

    Returns
    -------
    Thermo

    Raises
    ------
    SpecError
        The structure is not relaxed, or a setting is out of range.
    ConvergenceError
        A field did not become self-consistent.
    ModelError
        An imaginary mode is no noise: the structure is a saddle.
    """
    check_structure(structure)
    session = engine.session(structure)
    force = float(np.linalg.norm(forces_of(session, structure.positions), axis=1).max())
    if force > LARGEST_FORCE:
        raise SpecError(
            f"structure: the largest force on an atom is {force:.2f} eV/angstrom; a Hessian needs a minimum. "
            f"Relax it with the same engine to {LARGEST_FORCE} or below."
        )
    masses = standard_masses(structure.numbers)
    found = wavenumbers_of(hessian(session, structure.positions, step=step), masses, structure.positions)
    return thermo(
        found,
        masses,
        structure.positions,
        temperature=temperature,
        state=state,
        symmetry_number=symmetry_number,
        multiplicity=structure.multiplicity,
    )


def thermo(
    wavenumbers: Floats,
    masses: Floats,
    positions: Floats,
    *,
    temperature: float = ROOM,
    state: Gas | Solution | None = None,
    symmetry_number: int = 1,
    multiplicity: int = 1,
) -> Thermo:
    """Zero-point and thermal terms of given vibrations.

    Parameters
    ----------
    wavenumbers : array of float, shape (m,)
        Imaginary ones negative [cm-1].
    masses : array of float, shape (n,)
        [g/mol]
    positions : array of float, shape (n, 3)
        [angstrom]
    temperature : float
        [K]
    state : Gas, Solution or None
        None for a molecule that is held.
    symmetry_number : int
        [1]
    multiplicity : int
        2S + 1 [1].

    Returns
    -------
    Thermo

    Raises
    ------
    SpecError
        The temperature or the symmetry number is out of range.
    ModelError
        An imaginary mode is no noise.
    """
    if not temperature > 0.0:
        raise SpecError(f"temperature: {temperature} K is not above zero. Write {ROOM}.")
    if symmetry_number < 1:
        raise SpecError(f"symmetry_number: {symmetry_number} is below 1. Write 1 for a molecule without rotations onto itself.")
    real, flags = _real(wavenumbers)
    zero_point = zero_point_energy(real)
    enthalpy = zero_point + vibrational_energy(real, temperature)
    entropy = vibrational_entropy(real, temperature) + BOLTZMANN * math.log(multiplicity)
    if state is not None:
        inertia = moments_of_inertia(masses, positions)
        enthalpy += BOLTZMANN * temperature * (2.5 + 0.5 * np.count_nonzero(inertia))
        entropy += translational_entropy(float(np.sum(masses)), temperature, state.volume(temperature))
        entropy += rotational_entropy(inertia, temperature, symmetry_number)
    return Thermo(np.asarray(wavenumbers, dtype=np.float64), temperature, zero_point, enthalpy, entropy, flags)


def zero_point_energy(wavenumbers: Floats) -> float:
    """Half a quantum for each mode [eV], from wavenumbers [cm-1]."""
    return float(0.5 * PLANCK * LIGHT * np.sum(wavenumbers))


def vibrational_energy(wavenumbers: Floats, temperature: float) -> float:
    """Thermal energy of harmonic modes above their zero point [eV], from wavenumbers [cm-1] at a temperature [K]."""
    quantum = PLANCK * LIGHT * wavenumbers
    return float(np.sum(quantum / np.expm1(quantum / (BOLTZMANN * temperature))))


def vibrational_entropy(wavenumbers: Floats, temperature: float, rotor: float = ROTOR) -> float:
    """Entropy of modes that are oscillators above and free rotors below a wavenumber.

    Parameters
    ----------
    wavenumbers : array of float, shape (m,)
        Above zero [cm-1].
    temperature : float
        [K]
    rotor : float
        Wavenumber at which a mode is half of each; 0 for oscillators only [cm-1].

    Returns
    -------
    float
        [eV/K]
    """
    ratio = PLANCK * LIGHT * wavenumbers / (BOLTZMANN * temperature)
    oscillator = ratio / np.expm1(ratio) - np.log1p(-np.exp(-ratio))
    own = PLANCK / (8.0 * math.pi**2 * LIGHT * wavenumbers) / DALTON
    reduced = own * _MEAN_INERTIA / (own + _MEAN_INERTIA)
    free = 0.5 + 0.5 * np.log(8.0 * math.pi**3 * reduced * DALTON * BOLTZMANN * temperature / PLANCK**2)
    weight = 1.0 / (1.0 + (rotor / wavenumbers) ** _SHARPNESS)
    return BOLTZMANN * float(np.sum(weight * oscillator + (1.0 - weight) * free))


def translational_entropy(mass: float, temperature: float, volume: float) -> float:
    """Entropy of an ideal gas by Sackur and Tetrode.

    Parameters
    ----------
    mass : float
        Of a molecule [g/mol].
    temperature : float
        [K]
    volume : float
        For each molecule [angstrom3].

    Returns
    -------
    float
        [eV/K]
    """
    wave = PLANCK / math.sqrt(2.0 * math.pi * mass * DALTON * BOLTZMANN * temperature)
    return BOLTZMANN * (2.5 + math.log(volume / wave**3))


def rotational_entropy(inertia: Floats, temperature: float, symmetry_number: int) -> float:
    """Entropy of a rigid classical rotor.

    Parameters
    ----------
    inertia : array of float, shape (3,)
        Principal moments; zero where there is no rotation [g/mol angstrom2].
    temperature : float
        [K]
    symmetry_number : int
        [1]

    Returns
    -------
    float
        [eV/K]; 0 for an atom.
    """
    turning = inertia[inertia > 0.0] * DALTON
    if not len(turning):
        return 0.0
    reduced = 8.0 * math.pi**2 * BOLTZMANN * temperature / PLANCK**2 * turning
    states = float(reduced[0]) if len(turning) == 2 else math.sqrt(math.pi * float(np.prod(reduced)))
    return BOLTZMANN * (0.5 * len(turning) + math.log(states / symmetry_number))


def _real(wavenumbers: Floats) -> tuple[Floats, tuple[Flag, ...]]:
    """Wavenumbers above zero, and what was done to them."""
    lowest = float(np.min(wavenumbers, initial=np.inf))
    if lowest < -LARGEST_IMAGINARY:
        raise ModelError(f"the structure is no minimum: a mode has {-lowest:.0f}i cm-1. Move it along that mode and relax it again.")
    if lowest > 0.0:
        return wavenumbers, ()
    count = int(np.count_nonzero(wavenumbers <= 0.0))
    message = (
        f"{count} imaginary mode(s) below {LARGEST_IMAGINARY:.0f} cm-1 were taken as real: noise of the differences, or a soft saddle."
    )
    return np.maximum(np.abs(wavenumbers), _SOFTEST), (Flag("imaginary_taken_as_real", "warning", message),)
