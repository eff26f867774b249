from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from atoms_molecules import ethylene_carbonate, molecule
from dualion.atoms.engines.base import BOLTZMANN
from dualion.atoms.engines.tblite import Tblite
from dualion.atoms.relax import relax
from dualion.atoms.thermo import (
    ROOM,
    Gas,
    Solution,
    harmonic,
    rotational_entropy,
    thermo,
    translational_entropy,
    vibrational_energy,
    vibrational_entropy,
    zero_point_energy,
)
from dualion.atoms.vibrations import moments_of_inertia, standard_masses
from dualion.errors import ModelError, SpecError

JOULE = 96485.33212  # [J/mol] of one eV
WATER = np.array([1594.75, 3657.05, 3755.93])  # [cm-1] fundamentals, Shimanouchi 1972
WATER_PLACES = np.array([[0.0, 0.0, 0.0], [0.9572, 0.0, 0.0], [-0.23999, 0.92663, 0.0]])  # [angstrom] 0.9572, 104.52 degrees
WATER_MASSES = np.array([15.999, 1.008, 1.008])
HYDROGEN = molecule("H 0 0 0; H 0 0 0.7414", labels=("H2",))
VAPOUR = molecule("O 0 0 0; H 0.9572 0 0; H -0.23999 0.92663 0", labels=("H2O",))
MODES = np.array([12.0, 40.0, 99.0, 101.0, 250.0, 1600.0, 3000.0])


def no_positions() -> tuple[np.ndarray, np.ndarray]:
    return np.array([39.948]), np.zeros((1, 3))


def test_entropy_of_argon_is_that_of_codata() -> None:
    found = thermo(np.array([]), *no_positions(), state=Gas())
    assert found.entropy * JOULE == pytest.approx(154.846, abs=0.003)  # J/(mol K), Cox, Wagman & Medvedev 1989
    assert found.enthalpy * JOULE == pytest.approx(6197.0, abs=1.0)  # J/mol above 0 K, the same


def test_entropy_and_enthalpy_of_water_vapour_are_those_of_codata() -> None:
    found = thermo(WATER, WATER_MASSES, WATER_PLACES, state=Gas(), symmetry_number=2)
    assert found.entropy * JOULE == pytest.approx(188.835, abs=0.2)
    assert (found.enthalpy - found.zero_point) * JOULE == pytest.approx(9905.0, abs=20.0)


def test_entropy_of_nitrogen_is_that_of_codata() -> None:
    places = np.array([[0.0, 0.0, 0.0], [0.0, 0.0, 1.0977]])
    found = thermo(np.array([2329.9]), np.array([14.007, 14.007]), places, state=Gas(), symmetry_number=2)
    assert found.entropy * JOULE == pytest.approx(191.609, abs=0.1)


def test_a_triplet_has_the_entropy_of_its_spin() -> None:
    singlet, triplet = (thermo(np.array([]), *no_positions(), multiplicity=number) for number in (1, 3))
    assert triplet.entropy - singlet.entropy == pytest.approx(BOLTZMANN * np.log(3.0))


def test_parts_agree_with_another_program() -> None:
    chemistry = pytest.importorskip("ase.thermochemistry", reason="the extra [atoms] is not installed")
    ase = pytest.importorskip("ase", reason="the extra [atoms] is not installed")
    atoms = ase.Atoms("OH2", positions=WATER_PLACES, masses=WATER_MASSES)
    quanta = [float(one) for one in WATER / 8065.54394]  # cm-1 to eV
    theirs = chemistry.IdealGasThermo(quanta, geometry="nonlinear", potentialenergy=0.0, atoms=atoms, symmetrynumber=2, spin=0)
    temperature = 400.0
    ours = thermo(WATER, WATER_MASSES, WATER_PLACES, temperature=temperature, state=Gas(0.5), symmetry_number=2)
    assert ours.enthalpy == pytest.approx(theirs.get_enthalpy(temperature, verbose=False), abs=1e-5)
    free = ours.entropy + vibrational_entropy(WATER, temperature, rotor=0.0) - vibrational_entropy(WATER, temperature)
    assert free == pytest.approx(theirs.get_entropy(temperature, 0.5e5, verbose=False), rel=1e-5)


def test_the_rotor_interpolation_agrees_with_another_program() -> None:
    chemistry = pytest.importorskip("ase.thermochemistry", reason="the extra [atoms] is not installed")
    inertia = 1e-44 * 1e20 / 1.66053906660e-27  # [g/mol angstrom2] as Grimme took it for every molecule
    for mode in MODES:
        theirs = chemistry.RRHOMode(mode / 8065.54394, inertia, tau=100.0).get_entropy(ROOM, contributions=False)
        assert vibrational_entropy(np.array([mode]), ROOM) == pytest.approx(theirs, rel=1e-5)


def test_soft_modes_stop_at_the_rotor_and_stiff_ones_stay_oscillators() -> None:
    soft = [vibrational_entropy(np.array([mode]), ROOM) for mode in (1e-4, 1e-3)]
    harmonic_soft = [vibrational_entropy(np.array([mode]), ROOM, rotor=0.0) for mode in (1e-4, 1e-3)]
    assert harmonic_soft[0] - harmonic_soft[1] == pytest.approx(BOLTZMANN * np.log(10.0), rel=1e-3)  # grows without bound
    assert 0.0 < soft[0] - soft[1] < 0.1 * BOLTZMANN  # the moment of inertia of the molecule is the limit
    assert vibrational_entropy(np.array([1000.0]), ROOM) == pytest.approx(
        vibrational_entropy(np.array([1000.0]), ROOM, rotor=0.0), rel=2e-2
    )


def test_energy_of_modes_has_its_limits() -> None:
    assert zero_point_energy(np.array([8065.54394])) == pytest.approx(0.5, rel=1e-6)
    assert vibrational_energy(np.array([1.0]), 5000.0) == pytest.approx(BOLTZMANN * 5000.0, rel=1e-3)
    assert vibrational_energy(np.array([3000.0]), 50.0) < 1e-12
    assert vibrational_entropy(np.array([3000.0]), 50.0, rotor=0.0) < 1e-12


def test_standard_states_differ_by_their_volume() -> None:
    masses, places = standard_masses(ethylene_carbonate().numbers), ethylene_carbonate().positions
    gas = thermo(MODES, masses, places, state=Gas())
    dilute = thermo(MODES, masses, places, state=Gas(0.1))
    liquid = thermo(MODES, masses, places, state=Solution(15.0))
    kelvin = BOLTZMANN * ROOM
    assert dilute.gibbs - gas.gibbs == pytest.approx(kelvin * np.log(0.1))
    assert liquid.gibbs - gas.gibbs == pytest.approx(kelvin * np.log(15.0 * 24.790), abs=1e-5)  # L/mol at 1 bar, 298.15 K
    assert liquid.enthalpy == gas.enthalpy


def test_a_held_structure_has_vibrations_only() -> None:
    masses, places = standard_masses(ethylene_carbonate().numbers), ethylene_carbonate().positions
    held, gas = thermo(MODES, masses, places), thermo(MODES, masses, places, state=Gas())
    assert held.entropy == pytest.approx(vibrational_entropy(MODES, ROOM))
    assert held.enthalpy == pytest.approx(zero_point_energy(MODES) + vibrational_energy(MODES, ROOM))
    inertia = moments_of_inertia(masses, places)
    moving = translational_entropy(float(masses.sum()), ROOM, Gas().volume(ROOM)) + rotational_entropy(inertia, ROOM, 1)
    assert gas.entropy - held.entropy == pytest.approx(moving)
    assert gas.enthalpy - held.enthalpy == pytest.approx(4.0 * BOLTZMANN * ROOM)


def test_a_small_imaginary_mode_is_flagged_and_a_large_one_is_refused() -> None:
    noisy = thermo(np.array([-20.0, 300.0]), *no_positions())
    assert [flag.code for flag in noisy.flags] == ["imaginary_taken_as_real"]
    assert noisy.entropy == pytest.approx(thermo(np.array([20.0, 300.0]), *no_positions()).entropy)
    assert thermo(np.array([20.0, 300.0]), *no_positions()).flags == ()
    assert np.isfinite(thermo(np.array([0.0]), *no_positions()).gibbs)
    with pytest.raises(ModelError, match=r"no minimum: a mode has 120i cm-1"):
        thermo(np.array([-120.0, 300.0]), *no_positions())


def test_settings_out_of_range_are_refused() -> None:
    for temperature in (0.0, -1.0, float("nan")):
        with pytest.raises(SpecError, match=r"temperature: .* is not above zero"):
            thermo(MODES, *no_positions(), temperature=temperature)
    with pytest.raises(SpecError, match="symmetry_number: 0 is below 1"):
        thermo(MODES, *no_positions(), symmetry_number=0)
    with pytest.raises(SpecError, match="pressure: 0 bar is not above zero"):
        Gas(0)
    with pytest.raises(SpecError, match=r"concentration: -1.0 mol/L is not above zero"):
        Solution(-1.0)


def test_a_relaxed_molecule_of_the_embedded_engine() -> None:
    pytest.importorskip("tblite", reason="the extra [atoms] is not installed")
    minimum = relax(VAPOUR, Tblite(), fmax=0.01).structure
    found = harmonic(minimum, Tblite(), state=Gas(), symmetry_number=2)
    assert found.flags == ()
    assert found.wavenumbers == pytest.approx(WATER, rel=0.12)  # GFN1 bends 10 % too softly
    assert found.zero_point == pytest.approx(0.575, rel=0.05)  # [eV] measured, with anharmonicity
    assert found.entropy * JOULE == pytest.approx(188.835, abs=0.5)


@pytest.mark.slow
def test_vibrations_agree_with_another_program(tmp_path: object) -> None:
    pytest.importorskip("tblite", reason="the extra [atoms] is not installed")
    pytest.importorskip("ase", reason="the extra [atoms] is not installed")
    from ase.calculators.calculator import Calculator
    from ase.vibrations import Vibrations

    minimum = relax(ethylene_carbonate(), Tblite(), fmax=0.005).structure
    session = Tblite().session(minimum)

    class Ours(Calculator):
        implemented_properties = ("energy", "forces")

        def calculate(self, *given: object, **more: object) -> None:
            super().calculate(*given, **more)
            found = session(self.atoms.positions)
            self.results = {"energy": found.energy, "forces": found.forces}

    atoms = minimum.ase()
    atoms.calc = Ours()
    theirs = Vibrations(atoms, name=f"{tmp_path}/modes", delta=0.01)
    theirs.run()
    expected = np.sort(np.real(theirs.get_frequencies()))[6:]
    found = harmonic(minimum, Tblite())
    assert len(found.wavenumbers) == 24
    assert found.wavenumbers == pytest.approx(expected, abs=2.0)


def test_a_structure_that_is_no_minimum_is_refused() -> None:
    pytest.importorskip("tblite", reason="the extra [atoms] is not installed")
    stretched = HYDROGEN.moved(HYDROGEN.positions * 1.2)
    with pytest.raises(SpecError, match=r"the largest force on an atom is .* a Hessian needs a minimum"):
        harmonic(stretched, Tblite())
    with pytest.raises(SpecError, match="multiplicity: 2 does not go with 2 electrons"):
        harmonic(replace(HYDROGEN, multiplicity=2), Tblite())
