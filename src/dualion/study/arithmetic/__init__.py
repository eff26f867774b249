"""The arithmetic of a study: expressions over claims, rounding intervals, registered quantities, checks without an expression."""
