"""X-ray absorption: tables of beamlines, XDI, and projects of Athena."""
