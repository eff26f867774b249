"""How wrong is it: every method on a simulated experiment whose answer is known.

A cell model gives the voltage, the current or the impedance of a cell whose capacities, diffusivity, resistances and activation energies
were put in. The techniques analyse the simulated measurements as they would real ones, and what they find stands beside what was put in.
What they miss is a property of the method, not of an instrument: there is no noise. How far the model is from a real cell is another
question.
"""
