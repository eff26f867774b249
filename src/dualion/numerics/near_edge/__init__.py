"""Near-edge X-ray absorption of carbon: normalisation, integrals, and the fit of step and resonances."""
