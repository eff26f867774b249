"""Reading structures from files: extended XYZ, plain XYZ and POSCAR, written by dualion or by others."""
