"""What the instruments wrote, to measurements.

Lazy: importing this loads no reader.
"""
