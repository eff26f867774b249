"""A folder of raw files: its ``dualion.toml``, the roles of its files, and their analysis."""
