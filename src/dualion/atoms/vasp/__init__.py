"""VASP without VASP: its inputs are written and its outputs read, for which no licence and no potential file is needed."""
