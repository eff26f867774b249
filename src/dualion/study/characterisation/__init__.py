"""The characterisation claims of a study: which file would settle each, what arithmetic says before, and what a file that is there says."""
