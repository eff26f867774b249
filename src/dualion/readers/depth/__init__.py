"""Depth profiles: what a sputtered crater emits, line by line, against time or depth."""
