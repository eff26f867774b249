"""How a cell lies in memory for the compiled kernel: one flat array of numbers, in SI units on one square metre of electrode.

A block begins with its numbers and with the places (indices into the same array) of the blocks it refers to. A flat array is what a
compiled function takes without a cost for each call, and what a thread can be handed whole.

Currents are densities i = I/A [A/m2], positive as they charge the cell: then the right electrode is oxidised and the left one reduced.
In a full cell the left electrode is the anode (hard carbon) and the right one the cathode. In a half cell the left one is a sheet of sodium
and the right one the carbon.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

# --- the cell; places of its blocks first
LEFT_HOST, RIGHT_HOST, SALT_FIELD, CONDUCTIVITY, ACTIVITY = 0, 1, 2, 3, 4
#: Whether the left electrode is a sheet of sodium, and its exchange current density [A/m2].
METAL, METAL_EXCHANGE = 5, 6
#: R T / F [V], series resistance [ohm m2], film resistance [ohm m2], its time R C [s].
THERMAL, RESISTANCE, FILM_RESISTANCE, FILM_TIME = 7, 8, 9, 10
#: Exchange current densities of plating and of stripping [A/m2]; 0 where there is none.
PLATING, STRIPPING = 11, 12
#: Salt: initial concentration [mol/m3], transference number [1], volume beside the pores that takes part [m], its exchange [m/s].
INITIAL_SALT, TRANSFERENCE, RESERVOIR, RESERVOIR_EXCHANGE = 13, 14, 15, 16
#: Cells of the salt in the left electrode (0 for metal), the separator and the right electrode.
CELLS_LEFT, CELLS_SEPARATOR, CELLS_RIGHT = 17, 18, 19
#: Thickness over transport efficiency in each of the three [m], a third of it in an electrode.
PATHS = 20
#: Temperature [K].
TEMPERATURE = 23
CELL_SIZE = 24

# --- a host, from its place on
#: Charge of the full host [coulomb/m2]; change of its filling under oxidation: -1 for Na+, +1 for PF6-; Na+ released per electron of
#: oxidation; 1 where its potential moves with the salt as that of an anion host.
CHARGE, SIGN, CATIONS, ANION_TERM = 0, 1, 2, 3
#: A third of the particle radius; distances of the last centre and the one before from the surface [m].
THIRD, NEAR, FAR = 4, 5, 6
#: Surface of the particles per surface of the electrode.
INTERFACE = 7
#: Fillings between which the potential is known.
LOWEST, HIGHEST = 8, 9
#: Places of the field, of the exchange current density [A/m2] over 2 sqrt(x (1 - x)) against the filling, and of the potential [V] against
#: ln(x / (1 - x)).
FIELD, EXCHANGE, POTENTIAL = 10, 11, 12
HOST_SIZE = 13

# --- a field: number of cells, place of its diffusivity, then for each cell its volume and the resistances to its two faces
COUNT, DIFFUSIVITY = 0, 1
FIELD_HEAD, PER_CELL = 2, 3
VOLUME, BEFORE, AFTER = 0, 1, 2

# --- a table: first argument, knots per unit of the argument, last knot, whether it is constant; then value and slope (per knot) of each
START, PER_UNIT, LAST, CONSTANT = 0, 1, 2, 3
TABLE_HEAD = 4

# --- a state: left and right filling, salt [mol/m3], then these
BESIDE, PLATED, FILM = 0, 1, 2  # concentration beside the pores [mol/m3], plated charge [coulomb/m2], film overvoltage [V]
SCALARS = 3

# --- what is observed of a state: surface fillings, mean salt of the left electrode (or at the metal), separator and right electrode
LEFT, RIGHT, SALT_LEFT, SALT_SEPARATOR, SALT_RIGHT = 0, 1, 2, 3, 4
OBSERVED = 5

# --- parts of the voltage [V], then the anode's potential against the electrolyte
EQUILIBRIUM, REACTION, CONCENTRATION, ELECTROLYTE, SERIES, FILM_PART, ANODE_POTENTIAL = range(7)
PARTS_SIZE = 7
