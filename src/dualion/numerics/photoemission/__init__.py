"""Photoelectron spectra: line shapes, backgrounds, the model of components, its fit, and what the components amount to."""
