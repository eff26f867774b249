"""Checks of a record on reading, and repairs on request."""
