"""Spectra and curves as text: columns with headings that carry units, and columns without any heading."""
