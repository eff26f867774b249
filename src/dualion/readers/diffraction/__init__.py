"""X-ray diffraction patterns as the diffractometers wrote them."""
