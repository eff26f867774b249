"""Small-angle scattering of carbons: contrast, laws of the curve, their fit, invariants, and what sodium in the pores does to it."""
