"""X-ray absorption edges: where an edge is, what a white line is, how far the noise lets one see, and what choices of settings cost."""
