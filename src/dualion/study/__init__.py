"""A study: a paper's or a cell's numbers, the arithmetic they must obey, the models that yield them, and the verdict on each."""
