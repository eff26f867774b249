"""What is done with a simulation: rate tests, sweeps of designs, titrations, voltammograms, summaries, figures, simulated measurements."""
