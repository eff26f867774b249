"""Compositions: mass shares to amounts and atomic shares, with errors; what is left to a hundred per cent."""
