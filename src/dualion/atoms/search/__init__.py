"""The search for the minimum of every state: starts, sweeps, stopping rule, and the pool that does the work."""
