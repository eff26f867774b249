"""One carbon, all techniques: the numbers of a sample side by side, and what only they can say together."""
