"""Infrared bands: baseline, position, width and area; the carbonyl doublet of ethylene carbonate; frames of a series."""
