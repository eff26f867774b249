"""Text to columns: encodings, delimiters, numbers, headings with units, blocks of rows, clocks."""
