"""Cells held against numbers: targets simulated, parameters fitted and profiled, rate data read, explanations weighed."""
