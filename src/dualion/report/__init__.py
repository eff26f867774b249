"""The report: sections made of blocks, built into one self-contained HTML page.

``blocks`` holds what a page is made of, ``page.build`` turns a ``Page`` into HTML, and the ``sections_*`` modules make sections from the
results document of a study.
"""
