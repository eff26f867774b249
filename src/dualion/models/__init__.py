"""Continuum models of the Na || hard-carbon half cell and of the hard carbon || graphite dual-ion cell.

PyBaMM is imported by the modules that need it and by nothing else: ``import dualion.models`` works without it.
"""
