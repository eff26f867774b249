"""Atoms: how a solvated ion sheds its solvent at a doped carbon, with an interval on every energy."""
