"""What the electrons of a structure say: density differences, charges of basins, projected densities of states."""
