"""The reference engine: cell models on PyBaMM (SPM, SPMe, DFN, impedance), the only place that imports it, through ``_pybamm``."""
