"""Cells over thousands of cycles: mechanisms of ageing, direct cycling, a stepper over cycles, and what one retention cannot tell apart."""
