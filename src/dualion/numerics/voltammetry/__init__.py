"""Cyclic voltammograms: scans and branches, peaks, rates, and the split of currents by the rate."""
