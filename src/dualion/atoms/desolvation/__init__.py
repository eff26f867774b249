"""Shedding solvents: steps of Eq. (1) with their intervals, times, order of motifs."""
