"""Figures drawn from data: ``render.render`` turns a ``records.Figure`` into SVG, PNG or PDF.

This module loads nothing; only ``render`` and what it calls import matplotlib. Colours (``palette``) and the words of an axis
(``labels``) are plain Python, and the report uses them too.
"""
