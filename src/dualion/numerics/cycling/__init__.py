"""Records of cyclers: half cycles, cycles, steps, masks, plateaus, rate blocks, fade, dQ/dV, and synthetic records."""
