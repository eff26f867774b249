"""Raman spectra as the spectrometers wrote them."""
