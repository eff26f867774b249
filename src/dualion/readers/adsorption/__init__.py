"""Isotherms as instruments and programs write them: loading in mol/kg from the declared unit and basis, and both branches."""
