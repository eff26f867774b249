"""Reduced small-angle scattering: NXcanSAS, canSAS XML, and columns of text with a line of names."""
