"""The same quantity followed over an ordered series of frames."""
