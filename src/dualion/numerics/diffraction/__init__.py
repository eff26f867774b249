"""X-ray diffraction of disordered carbons: angles and distances, corrections of intensity, the pattern and its fit."""
