"""Open, closed and inaccessible pores of one gram of a porous carbon, balanced from scattering, sorption and density."""
