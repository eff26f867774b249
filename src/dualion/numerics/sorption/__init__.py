"""Adsorption isotherms as arrays: BET and its window, t-plot, Dubinin plots, mesopores, pore widths from a kernel."""
