"""Depth profiles: where a signal is level, how uniform it is, and how much sodium a charge is by Faraday's law."""
