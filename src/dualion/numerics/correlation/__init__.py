"""Two descriptors of a few samples against each other: lines, correlations, exact p values, and what one sample more or less changes."""
