"""Constants of nature, and the few numbers that both engines must share for their results to be one model's."""

from __future__ import annotations

FARADAY = 96485.33212  # [coulomb/mol] CODATA 2018, exact
GAS_CONSTANT = 8.314462618  # [J/mol/K] CODATA 2018, exact
REFERENCE_TEMPERATURE = 298.15  # [K]
ZERO_CELSIUS = 273.15  # [K]
BRUGGEMAN = 1.5  # [1] tortuosity exponent of porous media, Bruggeman 1935
COULOMB_PER_MAH = 3.6  # [coulomb/mAh]

#: Exchange current of sodium metal, large enough that the counter electrode costs little: 1.5 mV at 2 C and 1 mg/cm2. Assumed.
METAL_EXCHANGE_CURRENT = 100.0  # [A/m2]
SODIUM_MOLAR_VOLUME = 2.38e-5  # [m3/mol] 22.99 g/mol at 0.966 g/cm3

#: Share of the exchange current density that a full or empty host keeps, so that it is no absorbing state.
EXCHANGE_FLOOR = 1e-3

#: Salt concentration below which the logarithm of the cathode potential is cut off.
LEAST_CONCENTRATION = 1e-2  # [mol/m3]

#: Local salt concentration below which a cell counts as starved.
STARVED = 20.0  # [mol/m3]

#: Anode potential of a ``desodiated`` and of a ``fully_sodiated`` host.
DESODIATED_POTENTIAL = 1.2  # [V]
SODIATED_POTENTIAL = 1e-4  # [V]

#: Vacancy fraction of a discharged cathode.
DISCHARGED_VACANCIES = 0.998

#: Potentials that a table of the isotherm spans, beyond all that any protocol visits.
TABLE_RANGE = {"Na+": (-0.25, 2.8), "PF6-": (1.7, 6.0)}  # [V]

#: Start of a half-cell sodiation; the equilibrium capacity above it is added to what is computed.
HALF_CELL_START = 1.0  # [V]
