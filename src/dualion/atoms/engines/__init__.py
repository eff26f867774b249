"""Engines behind one protocol: a level, sessions, energies and forces."""
