"""Relaxing a structure: a model Hessian, a minimiser that uses it, and what is looked at before a minimum is believed."""
