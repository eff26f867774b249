"""Shapes of peaks, baselines, spikes, and the fit of peaks to spectra."""
