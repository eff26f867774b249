"""Arrays in, arrays out: no files, no units, no printing."""
