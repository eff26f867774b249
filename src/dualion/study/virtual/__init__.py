"""Virtual instruments: one carbon of chosen descriptors gives the signal of every technique, and is analysed back.

What is simulated is called so in every measurement, figure and file. What the analysis finds stands beside what was put in, in units of
the error that the analysis itself states.
"""
