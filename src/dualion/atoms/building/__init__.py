"""Building structures: flakes and their nitrogen, solvents and ions, and how they are put together."""
