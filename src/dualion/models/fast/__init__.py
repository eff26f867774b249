"""The fast engine: a compiled single particle model with electrolyte, the default of every verb. It shares no code with PyBaMM."""
