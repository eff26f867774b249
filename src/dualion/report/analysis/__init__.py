"""The report of a folder of raw files, and the files beside it."""
