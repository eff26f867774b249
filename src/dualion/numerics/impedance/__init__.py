"""Impedance spectra: circuits and their fit, the Kramers-Kronig test, relaxation times, and Arrhenius lines."""
