"""Pulses and interruptions of a current: finding and reading them, diffusion in a sphere, and synthetic trains of pulses."""
